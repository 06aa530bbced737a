"""`caudal inspect` and `caudal convert`: every format, and files that are none."""

import json
import zipfile

import h5py
import numpy as np
import pytest

from caudal import keras
from caudal.cli import main


@pytest.fixture
def model():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, activation="relu", name="hidden"),
            keras.layers.Dense(2, name="top"),
        ]
    )
    model.compile("sgd", "mse")
    return model


def digests(text):
    """The hashes in a printed table of weights."""
    rows = [line.split() for line in text.split("SHA-256")[1].splitlines()]
    return {row[-1] for row in rows if row and len(row[-1]) == 12}


NAMES = ("m.keras", "m.h5", "m.weights.h5", "m.safetensors", "m.ckpt", "folder")


def test_every_format_is_written_inspected_and_holds_the_same_bytes(model, tmp_path, capsys):
    source = tmp_path / "source.keras"
    model.save(source)
    wanted = {np_digest(weight) for weight in model.get_weights()}
    for name in NAMES:
        assert main(["convert", str(source), str(tmp_path / name)]) == 0
        capsys.readouterr()
        assert main(["inspect", str(tmp_path / name)]) == 0
        printed = capsys.readouterr().out
        assert wanted <= digests(printed), printed
        if name in ("m.keras", "m.h5", "folder"):
            (row,) = [line for line in printed.splitlines() if line.startswith("  hidden ")]
            assert "units=3" in row and "activation=relu" in row and row.split()[-1] == "15"
            assert keras_outputs(tmp_path / name) == keras_outputs(source)


def np_digest(array):
    import hashlib

    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:12]


def keras_outputs(path):
    return (
        keras.models.load_model(path)(np.arange(8, dtype="float32").reshape(2, 4)).numpy().tolist()
    )


def test_weights_alone_need_a_model(model, tmp_path, capsys):
    whole, weights, out = (str(tmp_path / n) for n in ("m.keras", "w.safetensors", "out.h5"))
    model.save(whole)
    model.set_weights([array + 1 for array in model.get_weights()])
    model.save_weights(weights)
    assert main(["convert", weights, out]) == 1
    assert "--model" in capsys.readouterr().err
    assert main(["convert", weights, out, "--model", whole]) == 0
    for ours, theirs in zip(
        keras.models.load_model(out).get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_convert_to_onnx(model, tmp_path, capsys):
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    model.save(tmp_path / "m.keras")
    assert main(["convert", str(tmp_path / "m.keras"), str(tmp_path / "m.onnx")]) == 0
    held = onnx.load(tmp_path / "m.onnx").graph.initializer
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in held}
    capsys.readouterr()
    assert main(["inspect", str(tmp_path / "m.onnx")]) == 0
    printed = capsys.readouterr().out
    assert {np_digest(weight) for weight in model.get_weights()} <= digests(printed)
    assert "float(n0, 4)" in printed and "MatMul 2" in printed
    for name, weight in zip(("hidden/kernel", "hidden/bias"), model.get_weights(), strict=False):
        np.testing.assert_array_equal(arrays[name], weight)


def test_convert_refuses(model, tmp_path, capsys):
    whole = str(tmp_path / "m.keras")
    model.save(whole)
    for target, text in (
        ("m.keras", "exists already"),
        ("m.tflite", "suffix"),
    ):
        assert main(["convert", whole, str(tmp_path / target)]) == 1
        assert text in capsys.readouterr().err
    assert main(["convert", whole, whole, "--force"]) == 1
    assert "both IN and OUT" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "none.h5"), str(tmp_path / "x.keras")]) == 1
    assert "no such file" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


def rewritten(path, config):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_inspect_builds_and_imports_nothing(model, tmp_path, capsys):
    path = tmp_path / "m.keras"
    model.save(path)
    layer = {
        "module": "os",
        "class_name": "system\x1b[31m",
        "config": {"name": "x", "units": 10**15},
    }
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    rewritten(path, config)
    assert main(["inspect", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "units=1000000000000000" in printed and "\x1b" not in printed
    assert "system\\x1b[31m" in printed


@pytest.mark.parametrize(
    "config", [[], {"class_name": "Sequential"}, {"class_name": 1, "config": 2}]
)
def test_inspect_refuses_other_configurations(model, tmp_path, capsys, config):
    path = tmp_path / "m.keras"
    model.save(path)
    rewritten(path, config)
    assert main(["inspect", str(path)]) == 1
    assert "does not describe a model" in capsys.readouterr().err


def test_inspect_refuses_other_onnx_files(model, tmp_path, capsys):
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    model.export(tmp_path / "m.onnx", verbose=False)
    whole = onnx.load(tmp_path / "m.onnx")

    def changed(name, change):
        copy = onnx.ModelProto()
        copy.CopyFrom(whole)
        change(copy.graph.initializer[0])
        (tmp_path / name).write_bytes(copy.SerializeToString())

    def elsewhere(tensor):
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")

    changed("huge.onnx", lambda tensor: tensor.dims.extend([1 << 40]))
    changed("other.onnx", elsewhere)
    changed("short.onnx", lambda tensor: tensor.dims.extend([3]))
    (tmp_path / "text.onnx").write_bytes(b"no model at all")
    (tmp_path / "empty.onnx").write_bytes(b"")
    for name in ("huge", "other", "short", "text", "empty"):
        assert main(["inspect", str(tmp_path / f"{name}.onnx")]) == 1
        assert f"{name}.onnx" in capsys.readouterr().err


def test_inspect_refuses_files(model, tmp_path, capsys):
    cut = tmp_path / "cut.keras"
    model.save(cut)
    cut.write_bytes(cut.read_bytes()[:-30])
    other = tmp_path / "text.keras"
    other.write_text("no model at all")
    (tmp_path / "empty").mkdir()
    linked = tmp_path / "linked.weights.h5"
    with h5py.File(linked, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    claims = tmp_path / "claims.safetensors"
    header = b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'
    claims.write_bytes(len(header).to_bytes(8, "little") + header)
    index = tmp_path / "bad.index"
    index.write_bytes(b"x" * 100)
    for path in (cut, other, tmp_path / "empty", linked, claims, index, tmp_path / "absent"):
        assert main(["inspect", str(path)]) == 1
        error = capsys.readouterr().err
        assert error.startswith("caudal: ") and path.name.removesuffix(".index") in error
