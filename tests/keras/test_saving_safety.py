"""Crafted files: what each must not be able to do, for every format that is read."""

from __future__ import annotations

import io
import json
import os
import pathlib
import random
import time
import zipfile

import h5py
import numpy as np
import pytest

from caudal import keras
from caudal.errors import (
    CaudalError,
    DataLossError,
    DTypeError,
    InvalidArgumentError,
    ResourceExhaustedError,
)
from caudal.keras import layers

FILES = pathlib.Path(__file__).parent / "files"
KERAS, H5, WEIGHTS = (FILES / f"sequential.{s}" for s in ("keras", "h5", "weights.h5"))


def members(path: pathlib.Path = KERAS) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: pathlib.Path, content: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> str:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return str(path)


def with_config(path: pathlib.Path, change) -> str:
    """A .keras file or an .h5 file (by the path) whose configuration was changed."""
    if path.suffix == ".keras":
        content = members()
        config = json.loads(content["config.json"])
        change(config)
        content["config.json"] = json.dumps(config).encode()
        return pack(path, content)
    path.write_bytes(H5.read_bytes())
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)
    return str(path)


def first_dense(config):
    return next(item for item in config["config"]["layers"] if item["class_name"] == "Dense")


def lambda_entry(marker: pathlib.Path):
    from caudal.keras.saving.marshalled import dump_lambda

    def make(path):
        return lambda x: (__import__("pathlib").Path(path).touch(), x)[1]

    function = dump_lambda(make(str(marker)))
    return {"class_name": "Lambda", "config": {"name": "evil", "function": function}}


@pytest.fixture(params=["m.keras", "m.h5"])
def path(request, tmp_path) -> pathlib.Path:
    return tmp_path / request.param


class TestConfigurations:
    def test_marshalled_code_needs_safe_mode_off_in_that_very_call(self, path, tmp_path):
        marker = tmp_path / "ran"

        def change(config):
            config["config"]["layers"].append(lambda_entry(marker))

        file = with_config(path, change)
        with pytest.raises(InvalidArgumentError, match="safe_mode=False"):
            keras.models.load_model(file)
        assert not marker.exists()
        keras.models.load_model(file, safe_mode=False)
        assert marker.exists()
        marker.unlink()
        with pytest.raises(InvalidArgumentError, match="safe_mode=False"):
            keras.models.load_model(file)
        assert not marker.exists()

    @pytest.mark.parametrize(
        ("module", "name"),
        [
            ("os", "system"),
            ("subprocess", "Popen"),
            ("keras.utils", "get_file"),
            ("keras.models", "load_model"),
            ("keras.callbacks", "CSVLogger"),
            ("builtins", "eval"),
            ("caudal.io.durable", "replacing"),
            ("evil_module", "Evil"),
        ],
    )
    @pytest.mark.parametrize("function", [False, True])
    def test_names_resolve_in_a_closed_list(
        self, path, tmp_path, monkeypatch, module, name, function
    ):
        (tmp_path / "evil_module.py").write_text("raise SystemExit('imported')\n")
        monkeypatch.syspath_prepend(str(tmp_path))

        def change(config):
            entry = {"module": module, "class_name": name, "config": {"name": "x"}}
            if function:
                entry = {"module": module, "class_name": "function", "config": name}
            first_dense(config)["config"]["kernel_initializer"] = entry

        with pytest.raises(DTypeError, match="Could not locate"):
            keras.models.load_model(with_config(path, change))

    def test_a_configuration_that_asks_for_too_much_memory(self, path):
        def change(config):
            first_dense(config)["config"]["units"] = 10**12

        with pytest.raises(ResourceExhaustedError, match="budget"):
            keras.models.load_model(with_config(path, change))

    def test_an_embedding_bomb(self, path):
        def change(config):
            entry = {"class_name": "Embedding", "config": {"input_dim": 10**9, "output_dim": 4096}}
            config["config"]["layers"].append(entry)

        with pytest.raises(ResourceExhaustedError, match="budget"):
            keras.models.load_model(with_config(path, change))

    def test_a_metric_bomb(self, tmp_path):
        def change(config):
            config["compile_config"]["metrics"] = [
                {"class_name": "AUC", "config": {"num_thresholds": 10**10}}
            ]

        with pytest.raises(ResourceExhaustedError):
            keras.models.load_model(with_config(tmp_path / "m.keras", change))

    @pytest.mark.parametrize("value", [None, 3, [], {}, "Dense", {"class_name": 3, "config": {}}])
    def test_nonsense_names_the_file(self, tmp_path, value):
        content = members()
        content["config.json"] = json.dumps(value).encode()
        with pytest.raises(CaudalError, match=r"m\.keras"):
            keras.models.load_model(pack(tmp_path / "m.keras", content))

    def test_nesting_without_end(self, tmp_path):
        content = members()
        content["config.json"] = b"[" * 100_000
        with pytest.raises(DataLossError, match=r"m\.keras.*config\.json"):
            keras.models.load_model(pack(tmp_path / "m.keras", content))


class TestArchives:
    @pytest.mark.parametrize("name", ["../out.txt", "/etc/x", "assets/../../x", "a\\b", "more.py"])
    def test_members_that_lead_outside_or_do_not_belong(self, tmp_path, name):
        file = pack(tmp_path / "m.keras", {**members(), name: b"x"})
        with pytest.raises(DataLossError, match="refused"):
            keras.models.load_model(file)

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_members_of_one_name(self, tmp_path):
        file = pack(tmp_path / "m.keras", members())
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("config.json", b"{}")
        with pytest.raises(DataLossError, match="two members"):
            keras.models.load_model(file)

    def test_overlapping_members(self, tmp_path):
        data = bytearray(pathlib.Path(pack(tmp_path / "m.keras", members())).read_bytes())
        second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
        data[second + 42 : second + 46] = (0).to_bytes(4, "little")
        (tmp_path / "m.keras").write_bytes(data)
        with pytest.raises(DataLossError, match=r"m\.keras"):
            keras.models.load_model(tmp_path / "m.keras")

    def test_a_bomb(self, tmp_path):
        content = members()
        content["config.json"] = b" " * (300 << 20)
        file = pack(tmp_path / "m.keras", content, zipfile.ZIP_DEFLATED)
        with pytest.raises(ResourceExhaustedError, match=r"config\.json"):
            keras.models.load_model(file)

    def test_a_missing_member(self, tmp_path):
        content = members()
        del content["model.weights.h5"]
        with pytest.raises(DataLossError, match=r"model\.weights\.h5"):
            keras.models.load_model(pack(tmp_path / "m.keras", content))

    def test_packed_members_are_read(self, tmp_path):
        file = pack(tmp_path / "m.keras", members(), zipfile.ZIP_DEFLATED)
        assert keras.models.load_model(file).name == "row"

    def test_a_wrong_checksum(self, tmp_path):
        data = bytearray(KERAS.read_bytes())
        data[len(data) - 2000] ^= 1
        (tmp_path / "m.keras").write_bytes(data)
        with pytest.raises(DataLossError, match=r"m\.keras.*model\.weights\.h5"):
            keras.models.load_model(tmp_path / "m.keras")


def tampered(kind: str, tmp_path: pathlib.Path, change) -> str:
    """A file of one of the formats whose first kernel's parent group was changed."""
    source = H5 if kind == "h5" else WEIGHTS
    buffer = io.BytesIO(source.read_bytes())
    with h5py.File(buffer, "r+") as file:
        if kind == "h5":
            change(_kernel_group(file), "kernel")
        else:
            change(file["layers/dense/vars"], "0")
    path = tmp_path / {"h5": "m.h5", "weights": "m.weights.h5", "keras": "m.keras"}[kind]
    if kind == "keras":
        return pack(path, {**members(), "model.weights.h5": buffer.getvalue()})
    path.write_bytes(buffer.getvalue())
    return str(path)


def _kernel_group(file):
    layer = file["model_weights/first"]
    name = layer.attrs["weight_names"][0]
    return layer[name].parent


@pytest.mark.parametrize("kind", ["keras", "h5", "weights"])
class TestHdf5:
    def load(self, kind, file):
        if kind == "weights":
            keras.models.load_model(KERAS).load_weights(file)
        else:
            keras.models.load_model(file)

    def refused(self, kind, tmp_path, change, match="refused"):
        file = tampered(kind, tmp_path, change)
        with pytest.raises(DataLossError, match=match):
            self.load(kind, file)

    def test_soft_and_external_links(self, kind, tmp_path):
        secret = tmp_path / "secret.h5"
        with h5py.File(secret, "w") as file:
            file["x"] = np.zeros((4, 3), "float32")

        def external(group, key):
            del group[key]
            group[key] = h5py.ExternalLink(str(secret), "/x")

        def soft(group, key):
            group.move(key, "/elsewhere")
            group[key] = h5py.SoftLink("/elsewhere")

        self.refused(kind, tmp_path, external, "ExternalLink")
        self.refused(kind, tmp_path, soft, "SoftLink")

    def test_external_and_virtual_datasets(self, kind, tmp_path):
        secret = tmp_path / "secret.bin"
        secret.write_bytes(b"s" * 48)

        def external(group, key):
            del group[key]
            group.create_dataset(key, (4, 3), "float32", external=[(str(secret), 0, 48)])

        def virtual(group, key):
            del group[key]
            layout = h5py.VirtualLayout((4, 3), "float32")
            layout[:] = h5py.VirtualSource(str(secret), "x", (4, 3))
            group.create_virtual_dataset(key, layout)

        self.refused(kind, tmp_path, external, "read other files")
        self.refused(kind, tmp_path, virtual, "read other files")

    def test_weights_that_claim_more_than_they_hold(self, kind, tmp_path):
        def unwritten(group, key):
            del group[key]
            group.create_dataset(key, (10**6, 10**6), "float32", chunks=(1000, 1000))

        self.refused(kind, tmp_path, unwritten, "claims")

    def test_objects_are_no_weights(self, kind, tmp_path):
        def pickled(group, key):
            del group[key]
            group.create_dataset(key, (4, 3), h5py.string_dtype())

        self.refused(kind, tmp_path, pickled, "not weights")

    def test_another_shape(self, kind, tmp_path):
        def wide(group, key):
            del group[key]
            group[key] = np.zeros((4, 5), "float32")

        file = tampered(kind, tmp_path, wide)
        with pytest.raises(InvalidArgumentError, match="shape"):
            self.load(kind, file)

    def test_every_truncation_is_noticed(self, kind, tmp_path):
        source = {"keras": KERAS, "h5": H5, "weights": WEIGHTS}[kind]
        data = source.read_bytes()
        for size in (0, 1, 7, 8, 100, 2048, len(data) // 2, len(data) - 1):
            path = tmp_path / source.name
            path.write_bytes(data[:size])
            with pytest.raises(DataLossError, match=source.name.replace(".", r"\.")):
                self.load(kind, str(path))

    @pytest.mark.filterwarnings("ignore")
    def test_flipped_bits_end_in_our_errors(self, kind, tmp_path):
        source = {"keras": KERAS, "h5": H5, "weights": WEIGHTS}[kind]
        rng = random.Random(7)
        path = tmp_path / source.name
        for _ in range(60):
            data = bytearray(source.read_bytes())
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            path.write_bytes(data)
            start = time.process_time()
            try:
                self.load(kind, str(path))
            except CaudalError as error:
                assert str(error)
            assert time.process_time() - start < 5


class TestWriting:
    @pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.weights.h5", "folder"])
    def test_a_failed_save_leaves_the_old_file(self, tmp_path, monkeypatch, name):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        save = model.save_weights if "weights" in name else model.save
        save(tmp_path / name)
        inner = tmp_path / name / "model.keras" if name == "folder" else tmp_path / name
        before = inner.read_bytes()
        names = sorted(item.name for item in inner.parent.iterdir())
        model.set_weights([weight + 1 for weight in model.get_weights()])
        for function in ("replace", "fsync"):

            def fail(*args):
                raise OSError(28, "No space left on device")

            with monkeypatch.context() as patch:
                patch.setattr(os, function, fail)
                with pytest.raises(OSError, match="No space left"):
                    save(tmp_path / name)
            assert inner.read_bytes() == before
            assert sorted(item.name for item in inner.parent.iterdir()) == names
        save(tmp_path / name)
        assert inner.read_bytes() != before

    def test_no_such_folder_is_made_and_no_such_file_is_said(self, tmp_path):
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        model.save(tmp_path / "a" / "b" / "m.keras")
        with pytest.raises(ValueError, match="File not found"):
            keras.models.load_model(tmp_path / "none.keras")
