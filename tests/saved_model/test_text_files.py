"""SavedModels as text: saved_model.pbtxt."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.cli import main
from caudal.errors import DataLossError
from caudal.keras import layers
from caudal.saved_model.folder import read_model, write_as_text

FILES = Path(__file__).parent / "files"


def test_a_file_of_tensorflow():
    """TensorFlow's text spells enumerations, and has fields that Caudal does not know."""
    loaded = tf.saved_model.load(FILES / "text")
    x = tf.constant([1.0, 2.0])
    assert loaded(x)["y"].numpy().tolist() == [4.0, 7.0]
    assert loaded.signatures["serving_default"](x=x)["y"].numpy().tolist() == [4.0, 7.0]
    loaded.slope.assign(1.0)
    assert loaded(x)["y"].numpy().tolist() == [2.0, 3.0]


@pytest.mark.parametrize("name", ["mlp", "recurrent", "module", "texts"])
def test_text_and_bytes_are_the_same(name, tmp_path):
    folder = tmp_path / name
    shutil.copytree(FILES / name, folder)
    before = read_model(folder)
    write_as_text(str(folder))
    assert not (folder / "saved_model.pb").exists()
    assert tf.saved_model.contains_saved_model(folder)
    assert read_model(folder).meta_graphs[0].signature_def == before.meta_graphs[0].signature_def
    tf.saved_model.load(folder)


def test_convert_writes_text(tmp_path, capsys):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    whole = str(tmp_path / "m.keras")
    assert main(["convert", whole, str(tmp_path / "folder"), "--text"]) == 0
    x = np.ones((2, 3), "float32")
    (found,) = (
        tf.saved_model.load(tmp_path / "folder").signatures["serving_default"](tf.constant(x))
    ).values()
    np.testing.assert_allclose(found.numpy(), model(x).numpy(), rtol=1e-6)
    assert main(["convert", whole, str(tmp_path / "m.h5"), "--text"]) == 1
    assert "--text" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        b"saved_model_schema_version: one",
        b"meta_graphs { " * 3000,
        b"\xff\xfe\x00",
        b"meta_graphs { graph_def { node { attr { key: 1 } } } }",
        b"meta_graphs { asset_file_def { tensor_info { dtype: DT_NOTHING } } }",
        b"",
    ],
)
def test_damaged_text(text, tmp_path):
    (tmp_path / "saved_model.pbtxt").write_bytes(text)
    with pytest.raises(DataLossError, match=r"saved_model\.pbtxt"):
        tf.saved_model.load(tmp_path)
