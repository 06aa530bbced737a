"""Whether real TensorFlow loads and serves what Caudal writes.

Two steps, each with the Python that has the library::

    python tools/check_saved_models.py write FOLDER      # Caudal
    python tools/check_saved_models.py check FOLDER      # TensorFlow 2.21

The first writes a SavedModel for each case of tests/saved_model/test_keras.py, and one with a
function for each sample of each op record, with inputs and results beside them. The second calls
all of them, the models also at another batch size through a session, as servers do.
"""

import os
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).parent.parent


def write(folder):
    import caudal as tf

    sys.path.insert(0, str(ROOT / "tests" / "saved_model"))
    import test_graph_table
    import test_keras
    import text_cases

    for name, make in text_cases.CASES.items():
        model, xs = make()
        kept = {
            f"x{i}": [x.encode() for x in a.ravel()] if a.dtype == object else a
            for i, a in enumerate(xs)
        }
        kept |= {f"s{i}": a.shape for i, a in enumerate(xs)}
        given = [tf.constant(x) for x in xs]
        y = model(given[0] if len(given) == 1 else given).numpy()
        plain = name.replace(" ", "_").replace(",", "")
        model.export(folder / plain, verbose=False)
        np.savez(folder / f"{plain}.npz", y0=y.astype("S") if y.dtype == object else y, **kept)
    for name, (make, shapes) in test_keras.CASES.items():
        model = make()
        xs = [test_keras.numbers(3, *shape) for shape in shapes]
        ys = tf.nest.flatten(model(xs[0] if len(xs) == 1 else xs))
        plain = name.replace(" ", "_")
        model.export(folder / plain, verbose=False)
        arrays = {f"x{i}": x for i, x in enumerate(xs)}
        np.savez(folder / f"{plain}.npz", **arrays, **{f"y{i}": y for i, y in enumerate(ys)})
    write_records(folder, tf, test_graph_table)


def write_records(folder, tf, test_graph_table):
    from caudal.errors import UnimplementedError
    from caudal.ops import TABLE
    from caudal.saved_model.exported import candidates, export

    class Records(tf.Module):
        pass

    def bound(op, params):
        return tf.function(lambda *xs: op(*xs, **params))

    records, data = Records(), {}
    for name in sorted(set(test_graph_table.WRITERS) & set(TABLE)):
        for i, (arrays, params) in enumerate(test_graph_table.samples(name)):
            expected = TABLE[name].evaluate(*arrays, **params)
            if not arrays or isinstance(expected, tuple) or name in test_graph_table.INDEXED:
                continue
            function = bound(TABLE[name], params)
            function(*map(tf.constant, arrays))
            try:
                for one in candidates(function):
                    export("probe", one)
            except UnimplementedError:
                continue
            setattr(records, f"{name}_{i}", function)
            data |= {f"{name}_{i}:x{k}": array for k, array in enumerate(arrays)}
            data[f"{name}_{i}:y0"] = expected
    tf.saved_model.save(records, folder / "records")
    np.savez(folder / "records.arrays.npz", **data)


def apart(a, b):
    """The largest difference; of texts 1 where one differs."""
    if b.dtype.kind == "S":
        return float((np.asarray(a).astype("S") != b).any())
    return np.abs(a - b).max() if a.dtype == b.dtype else 1.0


def check(folder):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    wrong = 0
    for path in sorted(folder.glob("*.npz")):
        if path.name == "records.arrays.npz":
            continue
        data = np.load(path)
        xs = [data[key] for key in sorted(data) if key[0] == "x"]
        shapes = [data[key] for key in sorted(data) if key[0] == "s"]
        xs = [
            x.astype(object).reshape(s) if x.dtype.kind == "S" else x
            for x, s in zip(xs, shapes or [x.shape for x in xs], strict=True)
        ]
        ys = [data[key] for key in sorted(data) if key[0] == "y"]
        where = str(path.with_suffix(""))
        loaded = tf.saved_model.load(where)
        given = [tf.constant(x) for x in xs]
        found = loaded.serve(given[0] if len(given) == 1 else given)
        found = [y.numpy() for y in tf.nest.flatten(found)]
        worst = max(apart(a, b) for a, b in zip(found, ys, strict=True))
        with tf.compat.v1.Session(graph=tf.Graph()) as session:
            graph = tf.compat.v1.saved_model.load(session, ["serve"], where)
            signature = graph.signature_def["serving_default"]
            names = sorted(signature.inputs)
            feed = {
                signature.inputs[n].name: np.tile(x, (2,) + (1,) * (x.ndim - 1))
                for n, x in zip(names, xs, strict=True)
            }
            served = session.run(
                [signature.outputs[n].name for n in sorted(signature.outputs)], feed
            )
        for a, b in zip(served, ys, strict=True):
            worst = max(worst, apart(a, np.tile(b, (2,) + (1,) * (b.ndim - 1))))
        wrong += worst > 1e-5
        print(f"{path.stem}: largest difference {worst:.2g}")
    wrong += check_records(folder, tf)
    print("wrong:", wrong)
    return int(wrong > 0)


def check_records(folder, tf):
    records, data = (
        tf.saved_model.load(str(folder / "records")),
        np.load(folder / "records.arrays.npz"),
    )
    wrong, count = 0, 0
    for key in (name for name in data.files if name.endswith(":y0")):
        name = key.removesuffix(":y0")
        xs = [data[k] for k in sorted(data.files) if k.startswith(f"{name}:x")]
        count += 1
        try:
            found = getattr(records, name)(*map(tf.constant, xs)).numpy()
        except tf.errors.InvalidArgumentError as error:
            # Indices outside: Caudal's records leave them out, TensorFlow raises.
            if not any(text in str(error) for text in ("does not index", "empty output")):
                print(name, error)
                wrong += 1
            continue
        expected = data[key]
        if expected.dtype.kind == "V":
            found, expected = np.asarray(found).view(np.uint16), expected.view(np.uint16)
        if found.dtype != expected.dtype or not np.allclose(
            found, expected, rtol=1e-4, atol=1e-5, equal_nan=True
        ):
            print(name, "differs")
            wrong += 1
    print(f"records: {count} samples")
    return wrong


if __name__ == "__main__":
    step, target = sys.argv[1], pathlib.Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    sys.exit(write(target) if step == "write" else check(target))
