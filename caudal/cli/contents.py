"""What a model file holds, read by the readers that load models; nothing is built or run."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from caudal.errors import NotFoundError
from caudal.keras.saving import archive
from caudal.keras.saving.checkpoint_weights import find_checkpoint
from caudal.keras.saving.hdf5 import Group, damaged, reading
from caudal.keras.saving.safetensors_file import read_header
from caudal.keras.saving.saved_model_folder import keras_description
from caudal.onnx.reading import arrays, described, read_onnx
from caudal.saved_model.folder import VARIABLES, contains_saved_model, read_model
from caudal.train.bundle import BundleReader, shard_name
from caudal.train.object_graph import GRAPH_KEY

_PIECE = 1 << 20
# As for loading: packed arrays may unpack to four times the file and some spare.
_SPARE = 64 << 20
_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_SHARD = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")


@dataclass
class Weight:
    """An array in a file: its name, what it is, and the first digits of its bytes' SHA-256."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    digest: str

    @property
    def count(self) -> int:
        """The number of elements."""
        count = 1
        for extent in self.shape:
            count *= extent
        return count


@dataclass
class Contents:
    """What a file holds.

    model: the configuration, where there is one. stem: where the weights of its layers stand,
    and ``by_name``, whether under the layers' names.
    """

    format: str
    size: int
    facts: list[tuple[str, str]] = field(default_factory=list)
    model: Any = None
    weights: list[Weight] = field(default_factory=list)
    stem: str = ""
    by_name: bool = False


def read_contents(path: str) -> Contents:
    """What a model file or folder holds.

    Raises:
        NotFoundError: there is nothing there that can be opened, or no model in it.
        DataLossError: it is damaged, made to do harm, or of another format.
    """
    try:
        return _reader(path)(path)
    except OSError as error:
        if error.errno is None:
            raise
        raise NotFoundError(
            "{path}: cannot be read: {reason}", path=path, reason=error.strerror
        ) from error


def _reader(path: str) -> Callable[[str], Contents]:
    if os.path.isdir(path):
        return _folder
    if os.path.isfile(path) and not _SHARD.search(path):
        with open(path, "rb") as file:
            start = file.read(9)
        if start.startswith(b"PK"):
            return _archive
        if start.startswith(b"\x89HDF\r\n\x1a\n"):
            return _hdf5
        if start[8:] == b"{":
            return _safetensors
        if path.endswith(".onnx"):
            return _onnx
        raise damaged(path, "/", "it is no .keras, HDF5, safetensors or ONNX file")
    if os.path.isfile(f"{_SHARD.sub('', path)}.index"):
        return _checkpoint
    raise NotFoundError("{path}: there is no such file, folder or checkpoint.", path=path)


def _digest(pieces: Iterable[Any]) -> str:
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()[:12]


def _of_array(array: np.ndarray[Any, Any]) -> str:
    if array.dtype == object:
        return _digest(array.reshape(-1).tolist())
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return _digest([little.reshape(-1).view(np.uint8).data])


def _order(weight: Weight) -> list[Any]:
    """Sorts by name, numbers in it as numbers."""
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in re.split(r"(\d+)", weight.name)]


# --- HDF5 -----------------------------------------------------------------------------------------


def _tree(root: Group) -> list[Weight]:
    found = []
    for group, name in root.arrays():
        if group.nbytes(name) > 4 * root.size + _SPARE:
            raise damaged(root.file, group.member(name), "it unpacks to far more than the file")
        array = group.read(name)
        found.append(
            Weight(group.member(name).lstrip("/"), array.shape, array.dtype.name, _of_array(array))
        )
    return sorted(found, key=_order)


def _archive(path: str) -> Contents:
    with archive.reading_archive(path) as opened, opened.weights() as root:
        metadata, config = opened.json(archive.METADATA), opened.json(archive.CONFIG)
        found = Contents("Keras 3 archive (.keras)", opened.size, model=config, stem="layers/")
        found.weights = _tree(root)
    if isinstance(metadata, dict):
        found.facts = [
            (title, str(metadata[key]))
            for title, key in (("Keras", "keras_version"), ("Saved", "date_saved"))
            if key in metadata
        ]
    return found


def _hdf5(path: str) -> Contents:
    with reading(path) as root:
        found = Contents("Keras 3 weights (.weights.h5)", root.size, stem="layers/")
        found.model = root.json("model_config")
        old = root.group("model_weights") if found.model is not None else root
        if found.model is not None:
            found.format, found.by_name = "Keras 2 model (.h5)", True
            found.stem = "model_weights/"
        elif root.names("layer_names"):
            found.format = "Keras 2 weights (.h5)"
        for title, key in (("Keras", "keras_version"), ("Backend", "backend")):
            text = root.text(key) or (old.text(key) if old is not None else None)
            if text:
                found.facts.append((title, text))
        found.weights = _tree(root)
    return found


# --- other files ----------------------------------------------------------------------------------


def _safetensors(path: str) -> Contents:
    header, start = read_header(path)
    found = Contents("safetensors weights", os.stat(path).st_size)
    with open(path, "rb") as file:
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            sizes = (min(_PIECE, end - place) for place in range(begin, end, _PIECE))
            digest = _digest(file.read(size) for size in sizes)
            found.weights.append(Weight(name, tuple(entry["shape"]), entry["dtype"], digest))
    found.weights.sort(key=_order)
    return found


def _onnx(path: str) -> Contents:
    held = read_onnx(path)
    found = Contents("ONNX", os.stat(path).st_size)
    found.facts = [
        ("Producer", f"{held.producer_name} {held.producer_version}".strip()),
        (
            "Operators",
            ", ".join(f"{one.domain or 'ai.onnx'} {one.version}" for one in held.opset_import),
        ),
    ]
    for title, values in (("Input", held.graph.input), ("Output", held.graph.output)):
        found.facts += [(title, described(value)) for value in values]
    counts = Counter(node.op_type for node in held.graph.node)
    found.facts.append(("Nodes", ", ".join(f"{op} {n}" for op, n in sorted(counts.items()))))
    for name, array in arrays(held, path):
        found.weights.append(Weight(name, array.shape, array.dtype.name, _of_array(array)))
    found.weights.sort(key=_order)
    return found


def _checkpoint(path: str) -> Contents:
    bundle = BundleReader(_SHARD.sub("", path))
    files = [bundle.file]
    files += [shard_name(bundle.prefix, i, bundle.num_shards) for i in range(bundle.num_shards)]
    objects = GRAPH_KEY in bundle
    found = Contents(
        f"TensorFlow {2 if objects else 1} checkpoint",
        sum(os.stat(file).st_size for file in files if os.path.isfile(file)),
        [("Files", ", ".join(map(os.path.basename, files)))] if len(files) < 9 else [],
    )
    found.weights = _bundle(bundle)
    return found


def _bundle(bundle: BundleReader) -> list[Weight]:
    found = []
    for key, entry in bundle.entries.items():
        if key == GRAPH_KEY:
            continue
        digest = "in slices" if entry.sliced else _of_array(bundle.read(key))
        name = key.removesuffix(_SUFFIX)
        found.append(Weight(name, tuple(entry.shape), bundle.dtype(key).name, digest))
    return sorted(found, key=_order)


# --- folders --------------------------------------------------------------------------------------


def _folder(path: str) -> Contents:
    inside = os.path.join(path, "model.keras")
    if contains_saved_model(path):
        return _saved_model(path, inside)
    for name in (inside, os.path.join(path, "model.weights.h5")):
        if os.path.isfile(name):
            return _reader(name)(name)
    latest = find_checkpoint(path)
    # The file `checkpoint` may name any path.
    if latest is None or os.path.realpath(path) != os.path.dirname(os.path.realpath(latest)):
        raise NotFoundError("{path}: the folder holds no model and no checkpoint.", path=path)
    return _checkpoint(latest)


def _saved_model(path: str, inside: str) -> Contents:
    graph = read_model(path).meta_graphs[0]
    size = sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(path)
        for name in names
    )
    found = Contents("SavedModel", size)
    found.facts = [
        ("TensorFlow", graph.meta_info_def.tensorflow_version),
        ("Tags", ", ".join(graph.meta_info_def.tags)),
        ("Functions", str(len(graph.graph_def.library.function))),
    ]
    for name, signature in sorted(graph.signature_def.items()):
        arguments, results = sorted(signature.inputs), sorted(signature.outputs)
        text = f"{name}({', '.join(arguments)}) -> {', '.join(results)}"
        found.facts.append(("Signature", text))
    found.facts += [("Asset", asset.filename) for asset in graph.asset_file_def]
    prefix = os.path.join(path, VARIABLES, VARIABLES)
    if os.path.isfile(f"{prefix}.index"):
        found.weights = _bundle(BundleReader(prefix))
    if os.path.isfile(inside):
        kept = _archive(inside)
        found.facts.append(("Beside it", f"model.keras: {kept.format}"))
        found.facts += kept.facts
        found.model, found.stem, found.weights = kept.model, kept.stem, kept.weights
        return found
    described = keras_description(path)
    if isinstance(described, dict) and isinstance(described.get("config"), dict):
        found.model = described
        found.facts.append(("Keras", str(described.get("keras_version", "2"))))
    return found
