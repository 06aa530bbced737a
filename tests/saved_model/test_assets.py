"""Files that belong to a SavedModel."""

import os

import pytest

import caudal as tf


class Holder(tf.Module):
    def __init__(self, *paths):
        super().__init__()
        self.first = tf.saved_model.Asset(paths[0])
        self.others = [tf.saved_model.Asset(path) for path in paths[1:]]


@pytest.fixture
def paths(tmp_path):
    found = []
    for folder, text in (("a", "so"), ("b", "long"), ("c", "farewell")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "words.txt"
        path.write_text(text)
        found.append(str(path))
    return found


def content(asset):
    with open(asset.asset_path.numpy(), encoding="utf-8") as file:
        return file.read()


def test_files_are_copied(paths, tmp_path):
    holder = Holder(*paths, paths[0])
    assert holder.first.asset_path.numpy() == paths[0].encode()
    tf.saved_model.save(holder, tmp_path / "m")
    assert sorted(os.listdir(tmp_path / "m" / "assets")) == [
        "words.txt",
        "words.txt_1",
        "words.txt_2",
    ]
    for path in paths:
        os.unlink(path)
    loaded = tf.saved_model.load(tmp_path / "m")
    assert content(loaded.first) == "so"
    assert [content(asset) for asset in loaded.others] == ["long", "farewell", "so"]
    assert str(tmp_path / "m") in os.fsdecode(loaded.first.asset_path.numpy())
    tf.saved_model.save(loaded, tmp_path / "again")
    assert content(tf.saved_model.load(tmp_path / "again").others[1]) == "farewell"
    loaded.first, loaded.others[0] = loaded.others[0], loaded.first
    tf.saved_model.save(loaded, tmp_path / "m")
    swapped = tf.saved_model.load(tmp_path / "m")
    assert (content(swapped.first), content(swapped.others[0])) == ("long", "so")


@pytest.mark.parametrize("kind", ["absent", "folder"])
def test_a_file_that_is_not_there(kind, paths, tmp_path):
    (tmp_path / "folder").mkdir()
    tf.saved_model.save(Holder(paths[0]), tmp_path / "m")
    before = (tmp_path / "m" / "saved_model.pb").read_bytes()
    with pytest.raises(tf.errors.NotFoundError, match=kind):
        tf.saved_model.save(Holder(paths[0], str(tmp_path / kind)), tmp_path / "m")
    assert (tmp_path / "m" / "saved_model.pb").read_bytes() == before


def test_a_path_must_be_one():
    with pytest.raises(TypeError):
        tf.saved_model.Asset(3)
