"""Crafted and damaged SavedModels: refused with an error, nothing run, nothing outside opened."""

from __future__ import annotations

import pathlib
import random
import shutil
import time

import numpy as np
import pytest

import caudal as tf
from caudal.errors import CaudalError, PermissionDeniedError
from caudal.saved_model.messages import SavedModel

FILES = pathlib.Path(__file__).parent / "files"


@pytest.fixture
def change(tmp_path):
    """Copies a recorded model and changes its message; gives the folder."""

    def apply(name, edit):
        folder = tmp_path / name
        shutil.copytree(FILES / name, folder, dirs_exist_ok=True)
        path = folder / "saved_model.pb"
        model = SavedModel.FromString(path.read_bytes())
        edit(model.meta_graphs[0])
        path.write_bytes(model.SerializeToString())
        return folder

    return apply


def main_function(graph):
    """The function that `serve` calls."""
    functions = graph.graph_def.library.function
    return next(one for one in functions if one.signature.name.startswith("__inference___call__"))


def add_node(graph, op, **attributes):
    function = main_function(graph)
    node = function.node_def.add(name="evil", op=op)
    for key, value in attributes.items():
        node.attr[key].s = value
    function.control_ret["evil"] = "evil"


@pytest.mark.parametrize("op", ["PyFunc", "EagerPyFunc", "ReadFile", "WriteFile", "RestoreV2"])
def test_python_and_files_are_refused(change, op):
    folder = change("mlp", lambda graph: add_node(graph, op, token=b"pyfunc_0"))
    with pytest.raises(PermissionDeniedError, match=f"'evil' of .* is a {op}"):
        tf.saved_model.load(folder)


def test_an_unknown_op_is_named_with_its_node_and_function(change):
    folder = change("mlp", lambda graph: add_node(graph, "FancyOp"))
    with pytest.raises(NotImplementedError, match=r"'evil' of .* is the op 'FancyOp'"):
        tf.saved_model.load(folder)


@pytest.mark.parametrize("name", ["../saved_model.pb", "/etc/passwd", "../../x", "missing", ""])
def test_assets_stay_in_the_folder(change, name):
    def edit(graph):
        for asset in graph.asset_file_def:
            asset.filename = name

    folder = change("module", edit)
    with pytest.raises(CaudalError, match=r"outside of the model|is missing"):
        tf.saved_model.load(folder)


def test_an_asset_that_is_a_link_out_of_the_folder(change, tmp_path):
    folder = change("module", lambda graph: None)
    secret = tmp_path / "secret.txt"
    secret.write_text("x\n")
    asset = next((folder / "assets").iterdir())
    asset.unlink()
    asset.symlink_to(secret)
    with pytest.raises(PermissionDeniedError, match="outside"):
        tf.saved_model.load(folder)


def test_a_vocabulary_by_its_path(change):
    """The file of a table is an asset, never a text in the graph."""

    def edit(graph):
        for number, node in enumerate(graph.object_graph_def.nodes):
            if node.WhichOneof("kind") == "asset":
                constant = graph.graph_def.node.add(name=f"path_{number}", op="Const")
                constant.attr["value"].tensor.dtype = 7
                constant.attr["value"].tensor.string_val.append(b"/etc/passwd")
                node.constant.operation = f"path_{number}"

    with pytest.raises(PermissionDeniedError, match="no asset"):
        tf.saved_model.load(change("module", edit))


def test_a_function_that_calls_itself(change):
    def edit(graph):
        function = main_function(graph)
        node = function.node_def.add(name="again", op="PartitionedCall")
        node.attr["f"].func.name = function.signature.name
        function.control_ret["again"] = "again"

    with pytest.raises(CaudalError, match="calls itself"):
        tf.saved_model.load(change("mlp", edit))


def test_a_node_that_needs_itself(change):
    def edit(graph):
        function = main_function(graph)
        node = function.node_def.add(name="circle", op="Identity", input=["circle:output:0"])
        function.control_ret["circle"] = node.name

    with pytest.raises(CaudalError, match="depends on itself"):
        tf.saved_model.load(change("mlp", edit))


@pytest.mark.parametrize("place", ['output"0', "-1", "", "9" * 5000, "product:x"])
def test_outputs_that_are_no_numbers(change, place):
    def edit(graph):
        function = main_function(graph)
        key = next(iter(function.ret))
        function.ret[key] = f"{function.ret[key].split(':')[0]}:{place}"

    with pytest.raises(CaudalError, match="which it lacks"):
        tf.saved_model.load(change("mlp", edit))


def test_a_small_constant_that_claims_to_be_huge(change):
    def edit(graph):
        function = main_function(graph)
        node = function.node_def.add(name="bomb", op="Const")
        node.attr["dtype"].type = 1
        tensor = node.attr["value"].tensor
        tensor.dtype = 1
        tensor.float_val.append(1.0)
        tensor.tensor_shape.dim.add(size=1 << 40)
        function.control_ret["bomb"] = "bomb"

    with pytest.raises(MemoryError, match="is refused"):
        tf.saved_model.load(change("mlp", edit))


@pytest.mark.parametrize("number", [-1, 10**6])
def test_objects_that_are_not_there(change, number):
    def edit(graph):
        graph.object_graph_def.nodes[0].children.add(node_id=number, local_name="ghost")

    found = None
    try:
        found = tf.saved_model.load(change("mlp", edit))
    except CaudalError as error:
        assert "object" in str(error)
    assert found is None or not hasattr(found, "ghost")


def test_a_variable_of_another_shape(change):
    def edit(graph):
        for node in graph.object_graph_def.nodes:
            if node.WhichOneof("kind") == "variable" and len(node.variable.shape.dim) == 2:
                node.variable.shape.dim[0].size += 1

    with pytest.raises(CaudalError, match="damaged"):
        tf.saved_model.load(change("mlp", edit))


@pytest.mark.parametrize("name", ["mlp", "texts", "module"])
def test_damaged_files_end_in_errors(tmp_path, name):
    rng = random.Random(name)
    folder = tmp_path / name
    shutil.copytree(FILES / name, folder)
    path = folder / "saved_model.pb"
    whole = path.read_bytes()
    for turn in range(40):
        data = bytearray(whole)
        if turn % 2:
            del data[rng.randrange(len(data)) :]
        for _ in range(3):
            if data:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(data))
        start = time.process_time()
        try:
            tf.saved_model.load(folder)
        except CaudalError as error:
            assert str(error)
        assert time.process_time() - start < 5


def test_the_folder_without_its_variables(tmp_path):
    shutil.copytree(FILES / "mlp", tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "variables")
    with pytest.raises(CaudalError, match="has no value in the checkpoint"):
        tf.saved_model.load(tmp_path / "m")


def test_a_failed_save_leaves_the_old_model(tmp_path, monkeypatch):
    import os

    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
    model.export(tmp_path / "m", verbose=False)
    x = tf.constant([[1.0, 2.0]])
    before = model(x).numpy()
    model.set_weights([weight + 1 for weight in model.get_weights()])

    def fail(*args):
        raise OSError(28, "No space left on device")

    for function in ("replace", "fsync"):
        with monkeypatch.context() as patch:
            patch.setattr(os, function, fail)
            with pytest.raises(OSError, match="No space left"):
                model.export(tmp_path / "m", verbose=False)
        found = tf.saved_model.load(tmp_path / "m").serve(x).numpy()
        np.testing.assert_array_equal(found, before)
