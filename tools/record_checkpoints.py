"""Records small checkpoints with real TensorFlow, for tests/train/test_checkpoint_golden.py.

Run with a Python that has TensorFlow 2.21 and Keras 3.15: ``python tools/record_checkpoints.py``.
"""

import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).parent.parent
FILES = ROOT / "tests" / "train" / "files"
sys.path.insert(0, str(ROOT / "tests" / "train"))

import checkpoint_cases as cases  # noqa: E402


def record_models():
    for name, case in cases.CASES.items():
        keras.utils.set_random_seed(7)
        model = case.make(keras)
        model.fit(case.inputs, case.targets, epochs=2, verbose=0)
        checkpoint = tf.train.Checkpoint(
            model=model, optimizer=model.optimizer, step=tf.Variable(7)
        )
        checkpoint.save(FILES / name / "saved")
        (FILES / name / "checkpoint").unlink()
        slots = [np.asarray(variable).ravel() for variable in model.optimizer.variables]
        np.savez(
            FILES / name / "expected.npz",
            outputs=model.predict(case.inputs, verbose=0),
            optimizer=np.concatenate(slots),
        )


def record_modules():
    """Variables of every dtype, lists, dicts and modules inside one another."""
    module = cases.make_module(tf)
    tf.train.Checkpoint(net=module, step=tf.Variable(3)).save(FILES / "module" / "saved")
    tf.train.Checkpoint(module).write(FILES / "root" / "written")


def record_manager():
    """The state file of a manager that has kept one and deleted one."""
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    manager = tf.train.CheckpointManager(checkpoint, FILES / "manager", max_to_keep=2)
    for _ in range(3):
        manager.save()


def record_names():
    """A checkpoint of TensorFlow 1: no graph of objects, tensors by the variables' names."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.get_variable("a", initializer=[1.0, 2.0])
        tf.compat.v1.get_variable("scope/b", initializer=[[3]])
        session.run(tf.compat.v1.global_variables_initializer())
        saver = tf.compat.v1.train.Saver()
        saver.save(session, str(FILES / "names" / "model"), 5, write_meta_graph=False)


if __name__ == "__main__":
    record_models()
    record_modules()
    record_manager()
    record_names()
