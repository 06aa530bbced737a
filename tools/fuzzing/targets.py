"""The readers, each with small files that it reads well and a way to damage them."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import caudal as tf
from caudal import hub, keras
from fuzzing import containers as c
from fuzzing.mutations import damaged, damaged_json, damaged_message
from fuzzing.tars import damaged_tar, packed_tar

Files = dict[str, bytes]
Damage = Callable[[random.Random, bytes, bytes], bytes]
WHOLE = Path(__file__).parents[2]


@dataclass
class Target:
    """A reader: ``damage`` by the ends of files' names, ``read`` takes the folder they are in."""

    name: str
    seeds: list[Files]
    damage: dict[str, Damage]
    read: Callable[[Path, Files], Any]
    share: int

    def mutated(self, rng: random.Random) -> Files:
        """A seed with one of its files damaged."""
        files = dict(rng.choice(self.seeds))
        ends = [end for end in self.damage if any(name.endswith(end) for name in files)]
        end = rng.choice(ends)
        name = rng.choice([name for name in files if name.endswith(end)])
        others = [seed[name] for seed in self.seeds if name in seed]
        files[name] = self.damage[end](rng, files[name], rng.choice(others))
        if len(files) > 1 and rng.random() < 0.02:
            del files[rng.choice(list(files))]
        return files


def _message(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return damaged_message(rng, data)


def _json(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return damaged_json(rng, data)


# --- seeds ----------------------------------------------------------------------------------------


def _models() -> list[Any]:
    row = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="relu")], name="r")
    row.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"])
    x = keras.Input((4, 4, 1), name="x")
    y = keras.layers.Conv2D(1, 2, name="c")(x)
    y = keras.layers.BatchNormalization(name="n")(keras.layers.MaxPooling2D(name="p")(y))
    y = keras.layers.Dense(1, name="d")(keras.layers.Flatten(name="f")(y))
    graph = keras.Model(x, keras.layers.Add(name="a")([y, y]), name="g")
    words = keras.Sequential(
        [keras.Input((3,)), keras.layers.Embedding(4, 2), keras.layers.GRU(1)], name="w"
    )
    return [row, graph, words]


def _with_assets(files: Files) -> Files:
    """The vocabulary as Keras keeps it: in a member of its own, not in the configuration."""
    members = c.unpacked(files["m.keras"])
    config = json.loads(members["config.json"])
    config["config"]["layers"][1]["config"]["vocabulary"] = None
    members["config.json"] = json.dumps(config).encode()
    members["assets/layers/string_lookup/vocabulary.txt"] = b"a\nb"
    return {"m.keras": c.packed(members)}


def _saved(model: Any, name: str, save: Callable[[str], Any], scratch: Path) -> Files:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    save(str(scratch / name))
    return {
        str(path.relative_to(scratch)): path.read_bytes()
        for path in sorted(scratch.rglob("*"))
        if path.is_file()
    }


class _Module(tf.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.v = tf.Variable([1.0, 2.0])

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32)])
    def __call__(self, x: Any) -> Any:
        return tf.reduce_sum(x * self.v) + 1.0


# --- readers --------------------------------------------------------------------------------------


def _load(folder: Path, name: str) -> Any:
    return keras.models.load_model(str(folder / name))


def _one(folder: Path, files: Files) -> Any:
    return _load(folder, next(iter(files)))


def _inspect(folder: Path, files: Files) -> Any:
    from caudal.cli.inspect import inspect

    with contextlib.redirect_stdout(io.StringIO()):
        inspect(str(folder / next(iter(files)).split("/")[0]))


def _model_targets(scratch: Path) -> list[Target]:
    models = _models()
    archives = [_saved(m, "m.keras", m.save, scratch) for m in models]
    tokens = keras.layers.StringLookup(vocabulary=["a", "b"], name="t")
    looked_up = keras.Sequential([keras.Input((1,), dtype="string"), tokens], name="l")
    archives.append(_with_assets(_saved(looked_up, "m.keras", looked_up.save, scratch)))
    wholes = [_saved(m, "m.h5", m.save, scratch) for m in models]
    trees = [_saved(m, "m.weights.h5", m.save_weights, scratch) for m in models]
    olds = [_saved(m, "o.h5", m.save_weights, scratch) for m in models]
    plain = [_saved(m, "m.safetensors", m.save_weights, scratch) for m in models]
    # Small enough not to slow the reader down: a reader of weights looks into one model.
    first = models[0]

    def weights(folder: Path, files: Files) -> None:
        first.load_weights(str(folder / next(iter(files))))

    def by_name(folder: Path, files: Files) -> None:
        first.load_weights(str(folder / "o.h5"), by_name=True, skip_mismatch=True)

    def from_json(folder: Path, files: Files) -> None:
        keras.models.model_from_json(files["config"].decode("utf-8", "surrogateescape"))

    def checkpoint(folder: Path, files: Files) -> None:
        first.load_weights(str(folder / "c"))

    configs = [{"config": m.to_json().encode()} for m in models]
    # Keras 2's ways to say the same.
    configs.append({"config": (WHOLE / "tools/fuzzing/keras2.json").read_bytes()})
    checkpoints = [_saved(first, "c", first.save_weights, scratch)]
    found = [
        Target(".keras", archives, {".keras": c.damaged_zip}, _one, 15),
        Target(".h5 model", wholes, {".h5": c.damaged_hdf5}, _one, 15),
        Target(".weights.h5", trees, {".h5": c.damaged_hdf5}, weights, 25),
        Target("old .h5 weights", olds, {".h5": c.damaged_hdf5}, weights, 10),
        Target("old .h5 weights by name", olds, {".h5": c.damaged_hdf5}, by_name, 10),
        Target("safetensors", plain, {".safetensors": c.damaged_safetensors}, weights, 60),
        Target("model_from_json", configs, {"config": _json}, from_json, 25),
        Target(
            "checkpoint into a model",
            checkpoints,
            {".index": c.damaged_table, "": damaged},
            checkpoint,
            30,
        ),
    ]
    damage: dict[str, Damage] = {
        ".keras": c.damaged_zip,
        ".h5": c.damaged_hdf5,
        ".safetensors": c.damaged_safetensors,
        ".index": c.damaged_table,
        ".json": _json,
        ".pb": _message,
    }
    folders = [{f"m/{k}": v for k, v in _module_files(scratch).items()}]
    seeds = [*archives[:2], *wholes[:2], *trees[:1], *plain[:1], *folders]
    found.append(Target("caudal inspect", seeds, damage, _inspect, 20))
    found += _parts_targets(models, damage, archives[:2] + trees[:2], scratch)
    return found


def _parts_targets(
    models: list[Any], damage: dict[str, Damage], whole: list[Files], scratch: Path
) -> list[Target]:
    first, name = models[0], "s.weights.json"

    def save_shards(path: str) -> None:
        first.save_weights(path, max_shard_size=1e-9)

    shards = [_saved(first, name, save_shards, scratch)]
    folders = [_saved(m, "f", partial(m.save, zipped=False), scratch) for m in models]

    def from_shards(folder: Path, files: Files) -> None:
        first.load_weights(str(folder / name))

    def from_folder(folder: Path, files: Files) -> None:
        keras.models.load_model(str(folder / "f"))

    def edited(folder: Path, files: Files) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            editor = keras.saving.KerasFileEditor(str(folder / next(iter(files))))
            editor.summary()
            editor.compare(first)

    return [
        Target("weights in several files", shards, damage, from_shards, 10),
        Target("open folder", folders, damage, from_folder, 10),
        Target("KerasFileEditor", whole, damage, edited, 10),
    ]


def _module_files(scratch: Path) -> Files:
    files = _saved(_Module(), "s", lambda path: tf.saved_model.save(_Module(), path), scratch)
    return {name.removeprefix("s/"): data for name, data in files.items()}


def _folder_targets(scratch: Path) -> list[Target]:
    module = _module_files(scratch)
    dense = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    exported = _saved(dense, "s", lambda path: dense.export(path, verbose=False), scratch)
    seeds = [module, {name.removeprefix("s/"): data for name, data in exported.items()}]
    recorded = WHOLE / "tests/saved_model/files"
    for name in ("mlp", "texts", "recurrent"):
        folder = recorded / name
        seeds.append(
            {
                str(path.relative_to(folder)): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file()
            }
        )

    def saved_model(folder: Path, files: Files) -> None:
        tf.saved_model.load(str(folder))

    def keras_folder(folder: Path, files: Files) -> None:
        keras.models.load_model(str(folder))

    damage: dict[str, Damage] = {".pb": _message, ".index": c.damaged_table}
    kept = [seed for seed in seeds if "keras_metadata.pb" in seed] or seeds
    value = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]), w=tf.Variable(b"text"), n=tf.Variable(3))
    bundle = _saved(value, "c", lambda path: value.write(path), scratch)
    bundle["checkpoint"] = b'model_checkpoint_path: "c"\nall_model_checkpoint_paths: "c"\n'

    def restore(folder: Path, files: Files) -> None:
        names = tf.train.list_variables(str(folder / "c"))
        for name, _ in names:
            tf.train.load_variable(str(folder / "c"), name)
        value.restore(str(folder / "c"))

    def state(folder: Path, files: Files) -> None:
        tf.train.latest_checkpoint(str(folder))

    return [
        Target("SavedModel", seeds, {".pb": _message, ".index": c.damaged_table}, saved_model, 15),
        Target("SavedModel of Keras", kept, damage, keras_folder, 10),
        Target("checkpoint", [bundle], {".index": c.damaged_table, "00001": damaged}, restore, 50),
        Target("checkpoint state file", [bundle], {"checkpoint": damaged}, state, 30),
    ]


def _hub_targets(scratch: Path) -> list[Target]:
    tar = packed_tar(_module_files(scratch))
    small = packed_tar({"a/b": b"text", "saved_model.pb": b""})
    seeds = [{"m.tar": tar}, {"m.tar": small}, {"m.tar": gzip.compress(small, 1, mtime=0)}]

    def resolve(folder: Path, files: Files) -> None:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        os.environ["TFHUB_CACHE_DIR"] = str(folder / "cache")
        found = Path(hub.resolve(str(folder / "m.tar")))
        for path in found.rglob("*"):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise AssertionError(f"{path} is neither a file nor a folder")

    return [Target("module of TensorFlow Hub", seeds, {".tar": damaged_tar}, resolve, 20)]


def _data_targets() -> list[Target]:
    example = tf.train.Example(
        features=tf.train.Features(
            feature={
                "a": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -2, 300])),
                "b": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, 2.0])),
                "c": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"text", b""])),
            }
        )
    ).SerializeToString()
    steps = [tf.train.Feature(int64_list=tf.train.Int64List(value=[n])) for n in range(3)]
    lists_of = {"s": tf.train.FeatureList(feature=steps)}
    sequence = tf.train.SequenceExample(
        feature_lists=tf.train.FeatureLists(feature_list=lists_of)
    ).SerializeToString()
    spec = {
        "a": tf.io.FixedLenFeature([3], tf.int64, default_value=[0, 0, 0]),
        "b": tf.io.VarLenFeature(tf.float32),
        "c": tf.io.FixedLenSequenceFeature([], tf.string, allow_missing=True),
    }
    in_lists = {"s": tf.io.FixedLenSequenceFeature([1], tf.int64)}
    tensors = [
        bytes(tf.io.serialize_tensor(tf.constant(value)).numpy())
        for value in ([1.5, 2.0], [[1, 2], [3, 4]], [b"ab", b""], [True])
    ]
    dtypes = {kind.as_datatype_enum: kind for kind in (tf.float32, tf.int32, tf.string, tf.bool)}

    def parse(folder: Path, files: Files) -> None:
        data = files["x"]
        tf.io.parse_single_example(data, spec)

    def message(folder: Path, files: Files) -> None:
        found = tf.train.Example.FromString(files["x"])
        repr(found)
        found.SerializeToString()

    def lists(folder: Path, files: Files) -> None:
        tf.io.parse_single_sequence_example(files["x"], sequence_features=in_lists)

    def tensor(folder: Path, files: Files) -> None:
        data = files["x"]
        tf.io.parse_tensor(data, dtypes.get(data[1] if data[1:] else 0, tf.float32))

    return [
        Target("Example", [{"x": example}], {"": _message}, message, 150),
        Target("parse_single_example", [{"x": example}], {"": _message}, parse, 120),
        Target("SequenceExample", [{"x": sequence}], {"": _message}, lists, 50),
        Target("parse_tensor", [{"x": data} for data in tensors], {"": _message}, tensor, 60),
        *_record_targets(example),
    ]


def _record_targets(example: bytes) -> list[Target]:
    buffer = io.BytesIO()
    for record in (example, b"", b"x" * 40):
        buffer.write(_framed(record))
    plain = buffer.getvalue()
    seeds: list[Files] = [
        {"r": plain},
        {"r.gz": gzip.compress(plain, mtime=0)},
        {"r.zz": zlib.compress(plain)},
    ]
    kinds = {"r": "", "r.gz": "GZIP", "r.zz": "ZLIB"}

    def records(folder: Path, files: Files) -> None:
        (name,) = files
        for record in tf.data.TFRecordDataset(str(folder / name), kinds[name]):
            record.numpy()

    def lines(folder: Path, files: Files) -> None:
        (name,) = files
        for line in tf.data.TextLineDataset(str(folder / name), kinds[name]).take(50):
            line.numpy()

    def packed(rng: random.Random, data: bytes, other: bytes) -> bytes:
        if rng.random() < 0.5:
            return damaged(rng, data, other)
        pack: Any = gzip.compress if data[:2] == b"\x1f\x8b" else zlib.compress
        return bytes(pack(c.damaged_records(rng, plain)))

    damage: dict[str, Damage] = {"r": c.damaged_records, ".gz": packed, ".zz": packed}
    return [
        Target("TFRecord", seeds, damage, records, 120),
        Target("TextLineDataset", seeds, damage, lines, 20),
        Target("decode_csv", [{"x": b'1,2.5,"a,b"'}], {"": damaged}, _decode_csv, 30),
    ]


def _framed(record: bytes) -> bytes:
    from caudal.io.crc import masked_crc

    length = len(record).to_bytes(8, "little")
    head = length + masked_crc(length).to_bytes(4, "little")
    return head + record + masked_crc(record).to_bytes(4, "little")


def _decode_csv(folder: Path, files: Files) -> None:
    tf.io.decode_csv([files["x"]], [[0], [0.0], [""]])


def _media_targets() -> list[Target]:
    from PIL import Image

    pixels = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    pictures = [Image.fromarray(pixels), Image.fromarray(pixels).convert("P")]
    pictures += [Image.fromarray(pixels[:, :, 0]), Image.fromarray(pixels).convert("1")]
    deep = Image.fromarray(np.arange(25, dtype=np.uint16).reshape(5, 5))
    alpha = Image.fromarray(np.dstack([pixels, pixels[:, :, :1]]))

    def encoded(images: list[Any], kind: str, **options: Any) -> list[Files]:
        found = []
        for image in images:
            buffer = io.BytesIO()
            image.save(buffer, kind, **options)
            found.append({"x": buffer.getvalue()})
        return found

    gifs = encoded(pictures[1:3], "GIF")
    gifs += encoded(pictures[1:2], "GIF", save_all=True, append_images=pictures[2:3])
    jpegs = encoded([pictures[0], pictures[2]], "JPEG")
    jpegs += encoded(pictures[:1], "JPEG", progressive=True)
    sound = [{"x": bytes(tf.audio.encode_wav(tf.constant([[0.5], [-1.0]]), 8000).numpy())}]

    def reader(decode: Callable[[bytes], Any]) -> Callable[[Path, Files], Any]:
        return lambda folder, files: decode(files["x"])

    webp = encoded([pictures[0], alpha], "WEBP")
    plain: dict[str, Damage] = {"": c.damaged_chunks}
    pngs = encoded([*pictures, deep, alpha], "PNG")
    every = [*pngs, *jpegs, *gifs, *encoded(pictures[:1], "BMP"), *webp]
    return [
        Target("decode_png", pngs, {"": c.damaged_png}, reader(tf.io.decode_png), 35),
        Target("decode_jpeg", jpegs, plain, reader(tf.io.decode_jpeg), 30),
        Target("decode_gif", gifs, plain, reader(tf.io.decode_gif), 20),
        Target("decode_bmp", encoded(pictures, "BMP"), plain, reader(tf.io.decode_bmp), 30),
        Target("decode_image", every, plain, reader(tf.io.decode_image), 20),
        Target("decode_wav", sound, plain, reader(tf.audio.decode_wav), 40),
    ]


def all_targets(scratch: Path) -> list[Target]:
    """Every reader; ``scratch`` is a folder for the time while the seeds are made."""
    found = [
        *_model_targets(scratch),
        *_folder_targets(scratch),
        *_hub_targets(scratch),
        *_data_targets(),
        *_media_targets(),
    ]
    shutil.rmtree(scratch, ignore_errors=True)
    return found


def write(folder: Path, files: Files) -> None:
    """Makes a folder hold these files and nothing else."""
    wanted = {str(folder / name) for name in files}
    for root, _, names in os.walk(folder):
        for name in names:
            if os.path.join(root, name) not in wanted:
                os.unlink(os.path.join(root, name))
    for name, data in files.items():
        path = folder / name
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        path.write_bytes(data)


def dump(files: Files) -> bytes:
    """One input as bytes of a JSON file (Latin-1 strings)."""
    return json.dumps({name: data.decode("latin-1") for name, data in files.items()}).encode()
