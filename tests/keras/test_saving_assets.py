"""Files in .keras archives: vocabularies of real Keras, and what a program's layers keep."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import CaudalError
from caudal.keras import layers
from caudal.keras.saving import archive

FILES = Path(__file__).parent / "files"
GOLDEN = np.load(FILES / "golden_assets.npz")
GIVEN = {
    "words": tf.constant([["hola cruel"], ["mundo nada"]]),
    "numbers": [tf.constant([[10, 5], [20, 30]], tf.int64), tf.constant([[0.5], [9.0]])],
}


@pytest.mark.parametrize("name", GIVEN)
def test_files_of_keras_and_back(name, tmp_path):
    model = keras.models.load_model(FILES / f"{name}.keras")
    model.save(tmp_path / "again.keras")
    model.save(tmp_path / "again.h5")
    for path in (FILES / f"{name}.keras", tmp_path / "again.keras", tmp_path / "again.h5"):
        found = keras.models.load_model(path)(GIVEN[name])
        for i, y in enumerate(found):
            expected = GOLDEN[f"{name}/{i}"]
            assert y.numpy().dtype == expected.dtype
            np.testing.assert_allclose(y.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_vocabularies_come_with_weights():
    model = keras.models.load_model(FILES / "words.keras")
    for layer in (model.get_layer("bags"), model.get_layer("whole")):
        layer.set_vocabulary(["other"], *([[1.0]] if layer.name == "bags" else []))
    with pytest.raises(ValueError, match="once"):
        model.get_layer("whole").set_vocabulary(["a", "a"])
    expected = keras.models.load_model(FILES / "words.keras").get_layer("whole").get_vocabulary()
    assert expected == ["[UNK]", "hola mundo", "adios mundo cruel"]


@keras.saving.register_keras_serializable("assets")
class Noted(layers.Layer):
    """A program's own layer that keeps a file, in a folder of its own too."""

    note = "nothing"

    def call(self, inputs):
        return inputs

    def save_assets(self, dir_path):
        os.makedirs(Path(dir_path) / "deep")
        (Path(dir_path) / "deep" / "note.txt").write_text(self.note)

    def load_assets(self, dir_path):
        self.note = (Path(dir_path) / "deep" / "note.txt").read_text()


def noted():
    return keras.Sequential([keras.Input((2,)), Noted(), keras.Sequential([Noted()])])


def test_a_programs_own_assets(tmp_path):
    model = noted()
    model.layers[0].note, model.layers[1].layers[0].note = "first", "second"
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as file:
        assert "assets/layers/noted/deep/note.txt" in file.namelist()
    again = keras.models.load_model(tmp_path / "m.keras")
    assert (again.layers[0].note, again.layers[1].layers[0].note) == ("first", "second")
    other = noted()
    other.load_weights(tmp_path / "m.keras")
    assert other.layers[0].note == "first"


def rewritten(source, target, change):
    with zipfile.ZipFile(source) as file:
        members = {info.filename: file.read(info) for info in file.infolist()}
    change(members)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)


VOCABULARY = "assets/layers/string_lookup/vocabulary.txt"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda m: m.update({"assets/../../evil.txt": b"x"}), "leads out"),
        (lambda m: m.update({VOCABULARY: b"\xff\xfe"}), "assets"),
        (lambda m: m.update({VOCABULARY: b"a\na"}), "once"),
        (lambda m: m.update({VOCABULARY: b"a\n" * 1000}), "more than"),
    ],
)
def test_bad_assets(change, text, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_MOST_ASSETS", 1000)
    rewritten(FILES / "words.keras", tmp_path / "m.keras", change)
    with pytest.raises(CaudalError) as found:
        keras.models.load_model(tmp_path / "m.keras")
    assert text in str(found.value)
    assert not list(tmp_path.parent.glob("evil.txt"))


def test_many_packed_assets_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_SPARE", 1000)
    zeros = {f"assets/layers/string_lookup/{i}.txt": b"0" * 200_000 for i in range(9)}
    rewritten(FILES / "words.keras", tmp_path / "m.keras", lambda m: m.update(zeros))
    with pytest.raises(CaudalError, match="claim to unpack"):
        keras.models.load_model(tmp_path / "m.keras")


def test_a_save_that_fails_leaves_the_old_file(tmp_path):
    model = noted()
    model.save(tmp_path / "m.keras")
    before = (tmp_path / "m.keras").read_bytes()
    model.layers[0].note = None
    with pytest.raises(TypeError):
        model.save(tmp_path / "m.keras")
    assert (tmp_path / "m.keras").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]
