"""Each attack on a configuration, in every format that holds one; what fuzzing found."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import (
    CaudalError,
    DataLossError,
    DTypeError,
    InvalidArgumentError,
    PermissionDeniedError,
    ResourceExhaustedError,
)
from caudal.keras import layers
from caudal.keras.saving.marshalled import dump_lambda
from caudal.saved_model.messages import KerasMetadata

FORMATS = ("keras", "h5", "json", "saved_model")


def row():
    return keras.Sequential([keras.Input((3,)), layers.Dense(2, name="d")], name="row")


def load(kind, folder, change, **options):
    """Loads a model whose configuration was changed."""
    model = row()
    path = folder / f"m.{kind}"
    if kind == "saved_model":
        model.export(path, verbose=False)
        config = json.loads(model.to_json())
        change(config["config"]["layers"])
        noted = KerasMetadata()
        text = json.dumps({"class_name": "Sequential", "config": config["config"]})
        noted.nodes.add(node_path="root", metadata=text)
        (path / "keras_metadata.pb").write_bytes(noted.SerializeToString())
    elif kind == "json":
        config = json.loads(model.to_json())
        change(config["config"]["layers"])
        return keras.models.model_from_json(json.dumps(config))
    elif kind == "h5":
        model.save(path)
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            change(config["config"]["layers"])
            file.attrs["model_config"] = json.dumps(config)
    else:
        model.save(path)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        config = json.loads(members["config.json"])
        change(config["config"]["layers"])
        members["config.json"] = json.dumps(config).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    return keras.models.load_model(path, **options)


def layer(name, **config):
    return {"module": "keras.layers", "class_name": name, "config": {"name": "evil", **config}}


def function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


@pytest.fixture(params=FORMATS)
def kind(request):
    return request.param


@pytest.mark.parametrize("form", ["keras", "h5", "json"])
def test_an_unchanged_model_is_read(form, tmp_path):
    assert load(form, tmp_path, lambda entries: None).name == "row"


def test_marshalled_code(kind, tmp_path):
    """CVE-2024-3660, CVE-2025-9905 (.h5 files)."""
    marker = tmp_path / "ran"
    path = str(marker)
    code = dump_lambda(lambda x: (__import__("pathlib").Path(path).touch(), x)[1])
    code["config"]["closure"] = [path]
    with pytest.raises(InvalidArgumentError, match="safe_mode=False"):
        load(kind, tmp_path, lambda entries: entries.append(layer("Lambda", function=code)))
    assert not marker.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),  # CVE-2025-1550
        ("keras.utils", "get_file"),  # CVE-2025-8747
        ("keras.models", "load_model"),
        ("keras.config", "enable_unsafe_deserialization"),  # CVE-2025-9906
        ("keras.layers", "TFSMLayer"),
        ("builtins", "exec"),
        ("antigravity", "fly"),
    ],
)
def test_functions_that_configurations_must_not_name(kind, tmp_path, module, name):
    before = set(sys.modules)
    entry = layer("Lambda", function=function(module, name), arguments={"x": 1})
    with pytest.raises(DTypeError, match="Could not locate"):
        load(kind, tmp_path, lambda entries: entries.append(entry))
    assert "antigravity" not in set(sys.modules) - before


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.layers", "TorchModuleWrapper"),  # CVE-2025-49655
        ("keras.layers", "JaxLayer"),
        ("keras.callbacks", "CSVLogger"),
        ("subprocess", "Popen"),
        ("antigravity", "Fly"),
    ],
)
def test_classes_that_configurations_must_not_name(kind, tmp_path, module, name):
    entry = {"module": module, "class_name": name, "config": {"args": ["id"], "module": "gASV"}}
    with pytest.raises(DTypeError, match="Could not locate"):
        load(kind, tmp_path, lambda entries: entries.append(entry))
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_a_vocabulary_by_path(kind, tmp_path, name):
    """CVE-2025-12058."""
    secret = tmp_path / "secret.txt"
    secret.write_text("1\n2\n")
    for path in (str(secret), "http://localhost:1/x"):
        entry = layer(name, vocabulary=path)
        with pytest.raises(PermissionDeniedError, match="not opened"):
            load(kind, tmp_path, lambda entries, entry=entry: entries.append(entry))


def test_a_vocabulary_by_path_in_the_program(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n")
    found = layers.StringLookup(vocabulary=str(path))
    assert found.get_vocabulary() == ["[UNK]", "a", "b"]
    with pytest.raises(CaudalError, match="No such file"):
        layers.StringLookup(vocabulary=str(tmp_path / "none.txt"))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidArgumentError, match="UTF-8"):
        layers.StringLookup(vocabulary=str(path))


def test_a_folder_in_a_configuration(kind, tmp_path):
    entry = layer("TFSMLayer", filepath=str(tmp_path), call_endpoint="serve")
    with pytest.raises(CaudalError, match="safe_mode=False"):
        load(kind, tmp_path, lambda entries: entries.append(entry))


@pytest.mark.parametrize(
    "entry",
    [
        layer("Dense", units=10**12),
        layer("Embedding", input_dim=10**9, output_dim=10**6),
        layer("Conv1D", filters=10**9, kernel_size=10**6),
    ],
)
def test_architectures_that_need_all_memory(kind, tmp_path, entry):
    def change(entries):
        if entry["class_name"] == "Conv1D":
            entries.append(layer("Reshape", target_shape=[2, 1]))
        entries.append({**entry, "config": {**entry["config"], "name": "bomb"}})

    with pytest.raises(ResourceExhaustedError, match="budget"):
        load(kind, tmp_path, change)


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a/../../b"])
def test_names_of_layers_are_no_paths(kind, tmp_path, name):
    """CVE-2026-12479."""
    (tmp_path / "in" / "side").mkdir(parents=True)
    before = sorted(tmp_path.parent.iterdir())
    try:
        model = load(
            kind, tmp_path / "in" / "side", lambda e: e[-1]["config"].__setitem__("name", name)
        )
    except CaudalError:
        return
    model.save(tmp_path / "in" / "side" / "again.keras")
    keras.models.load_model(tmp_path / "in" / "side" / "again.keras")
    assert sorted(tmp_path.parent.iterdir()) == before
    assert [item.name for item in (tmp_path / "in").iterdir()] == ["side"]


def test_code_is_refused_where_nothing_is_said(tmp_path):
    """CVE-2026-12481: `from_config` and `deserialize` outside of any loading."""
    config = {"name": "l", "function": dump_lambda(lambda x: x)}
    entry = {"class_name": "Lambda", "config": config}
    for call in (
        lambda: layers.Lambda.from_config(config),
        lambda: layers.deserialize(entry),
        lambda: keras.Sequential.from_config({"name": "s", "layers": [entry]}),
        lambda: keras.saving.deserialize_keras_object(entry),
    ):
        with pytest.raises(InvalidArgumentError, match="safe_mode=False"):
            call()


# --- what tools/fuzz_readers.py found -------------------------------------------------------------

TEXTS = [
    "3",
    '"Dense"',
    "[]",
    '{"class_name": {}, "config": {}}',
    '{"class_name": "Functional", "config": {"name": "f", "trainable": true}}',
    '{"class_name": "Sequential", "config": {"layers": [{"name": "x"}]}}',
    '{"class_name": "Sequential", "config": {"layers": 0.5}}',
    '{"class_name": "Functional", "config": {"layers": ["x"], "input_layers": []}}',
    '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": '
    '{"units": "__tensor__"}}]}}',
    '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": '
    '{"units": 1, "kernel_initializer": {"class_name": "VarianceScaling", "config": 3}}}]}}',
    '{"class_name": "Dense", "config": {"units": 2}}',
    '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": '
    '{"units": 1, "dtype": {"class_name": "DTypePolicy", "config": {"relu": 1}}}}]}}',
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_that_describe_no_model(text):
    with pytest.raises(CaudalError):
        keras.models.model_from_json(text)


# A reader that hangs or dies must not take pytest with it.
READ = """
import sys
from caudal import keras
from caudal.errors import DataLossError
try:
    keras.models.load_model(sys.argv[1])
except DataLossError as error:
    print(error)
"""


def damaged_h5(how):
    """A whole-model file whose texts are damaged."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = "{}"
        file.attrs["more"] = "x" * 9000
    data = bytearray(buffer.getvalue())
    if how == "type":
        assert b"\x19\x01" in data
        return bytes(data).replace(b"\x19\x01", b"\x19\x09")
    at = data.index(b"GCOL")
    while at >= 0:
        # The first object: index 0, no size; or so large that its size overflows.
        index, size = (0, 0) if how == "no size" else (1, 2**64 - 16)
        data[at + 16 : at + 18] = index.to_bytes(2, "little")
        data[at + 24 : at + 32] = size.to_bytes(8, "little")
        at = data.find(b"GCOL", at + 1)
    return bytes(data)


@pytest.mark.parametrize("how", ["type", "no size", "overflow"])
@pytest.mark.parametrize("inside", [False, True])
def test_texts_of_hdf5_that_hang_or_kill_the_library(tmp_path, how, inside):
    path = tmp_path / "m.h5"
    path.write_bytes(damaged_h5(how))
    if inside:
        model = row()
        model.save(tmp_path / "m.keras")
        with zipfile.ZipFile(tmp_path / "m.keras") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["model.weights.h5"] = path.read_bytes()
        path = tmp_path / "m.keras"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    run = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=120
    )
    if inside:
        # The texts are never read; the weights are missing.
        assert "expected" in run.stderr or path.name in run.stdout + run.stderr
        assert run.returncode >= 0
    else:
        assert run.returncode == 0 and path.name in run.stdout, run.stderr


def gif(width, height, frames):
    head = b"GIF87a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\x80\0\0"
    head += bytes(6)
    for left, size in frames:
        head += b"," + b"".join(n.to_bytes(2, "little") for n in (left, 0, size, size)) + b"\0"
        head += b"\x02\x02\x44\x01\0"
    return head + b";"


def test_pictures_that_claim_too_much():
    with pytest.raises(InvalidArgumentError, match="at most"):
        tf.io.decode_gif(gif(6936, 6939, [(0, 1)]))
    with pytest.raises(InvalidArgumentError, match="damaged"):
        tf.io.decode_gif(gif(1, 1, [(0, 1), (5, 9)]))
    with pytest.raises(InvalidArgumentError, match="damaged"):
        tf.io.decode_gif(gif(2, 2, [(0, 1), (0, 1)])[:-9])


def test_a_sound_of_too_many_samples_a_second():
    data = bytearray(tf.audio.encode_wav(tf.constant([[0.5]]), 8000).numpy())
    data[24:28] = b"\xff\xff\xff\xff"
    with pytest.raises(InvalidArgumentError, match="samples a second"):
        tf.audio.decode_wav(bytes(data))


def test_checksums_of_large_archives(tmp_path):
    """Beyond 4 MB the checksum is compared while the weights are read."""
    model = keras.Sequential([keras.Input((1100,)), layers.Dense(1100)])
    path = tmp_path / "m.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        info = archive.getinfo("model.weights.h5")
    again = keras.models.load_model(path)
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    data = bytearray(path.read_bytes())
    data[info.header_offset + 4_000_000] ^= 16
    path.write_bytes(data)
    before = [weight.copy() for weight in again.get_weights()]
    with pytest.raises(DataLossError, match=r"m\.keras.*model\.weights\.h5.*checksum"):
        keras.models.load_model(path)
    with pytest.raises(DataLossError, match="checksum"):
        again.load_weights(path)
    for one, value in zip(before, again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, value)


@pytest.mark.parametrize("listing", [3, [], {"weight_map": 0.5}, {"weight_map": {"/vars": 0.5}}])
def test_listings_that_name_no_files(tmp_path, listing):
    path = tmp_path / "m.weights.json"
    path.write_text(json.dumps(listing))
    with pytest.raises(DataLossError, match=r"m\.weights\.json"):
        row().load_weights(path)


def test_the_editor_reads_what_is_odd(tmp_path, capsys):
    path = tmp_path / "m.weights.h5"
    with h5py.File(path, "w") as file:
        file["a/vars/0"] = np.zeros(2)
        file[f"a/vars/{'9' * 5000}"] = np.zeros(2)
    assert len(keras.saving.KerasFileEditor(path).weights_dict["a"]) == 2
    with h5py.File(path, "r+") as file:
        file["a/b/c"] = np.zeros(2)
        file["a/vars/b"] = np.zeros(2)
    with pytest.raises(DataLossError, match="one name"):
        keras.saving.KerasFileEditor(path)
    model = row()
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name, data in {**members, "metadata.json": b"{}"}.items():
            archive.writestr(name, data)
    keras.saving.KerasFileEditor(tmp_path / "m.keras").summary()
    assert "Saved with Keras ? - date: ?" in capsys.readouterr().out
