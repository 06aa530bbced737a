"""KerasFileEditor: what weights a file holds, whether a model fits it, and changes to them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.io.durable import replacing
from caudal.keras.saving import archive
from caudal.keras.saving.hdf5 import Group, reading, refused, write_array
from caudal.keras.saving.tree import walk

_Tree = dict[str, Any]
_VARIABLES = "vars"
_DEEPEST = 100


class KerasFileEditor:
    """The weights of a ``.keras`` or ``.weights.h5`` file, as nested dicts that may be changed.

    ``weights_dict`` holds objects by name and in them arrays by number: those of ``layers/dense``
    are ``weights_dict["layers"]["dense"]["0"]`` and ``["1"]``. The file stays as it is; `save`
    writes another. An object is named by its path, or by its last name where only one has it.

    Raises:
        InvalidArgumentError: another kind of file.
        DataLossError: the file is damaged, or made to do harm.
    """

    def __init__(self, filepath: Any) -> None:
        path = os.fspath(filepath)
        self.filepath = path
        self.metadata: Any = None
        self.config: Any = None
        self.weights_dict: _Tree = {}
        if path.endswith(".keras"):
            with archive.reading_archive(path) as opened, opened.weights() as root:
                self.metadata = opened.json(archive.METADATA)
                self.config = opened.json(archive.CONFIG)
                self._read(root)
        elif path.endswith(".weights.h5"):
            with reading(path) as root:
                self._read(root)
        else:
            raise InvalidArgumentError(
                "KerasFileEditor: expected a file that ends in .keras or .weights.h5, received "
                "{path!r}.",
                path=path,
            )

    def _read(self, root: Group) -> None:
        found = {(*_names(group.path), name): group.read(name) for group, name in root.arrays()}
        for path in sorted(found, key=lambda path: [_by_number(part) for part in path]):
            if len(path) > _DEEPEST:
                raise refused(root.file, "/".join(path), "it is nested too deeply")
            place: Any = self.weights_dict
            for part in path[:-1]:
                if part != _VARIABLES and isinstance(place, dict):
                    place = place.setdefault(part, {})
            if not isinstance(place, dict) or path[-1] in place:
                raise refused(root.file, "/".join(path), "an array and a group have one name")
            place[path[-1]] = found[path]

    # --- looking --------------------------------------------------------------------------------

    def summary(self) -> None:
        """Prints the objects with the shapes and dtypes of their weights."""
        print(f"Keras model file {self.filepath!r}")
        if isinstance(self.metadata, dict):
            version, date = (self.metadata.get(key, "?") for key in ("keras_version", "date_saved"))
            print(f"Saved with Keras {version} - date: {date}")
        print("Weights structure")
        for line in _lines(self.weights_dict):
            print(line)

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Prints where the file and a model differ.

        Returns ``{"status": "success" or "error", "error_count": ..., "match_count": ...}``; an
        object, and each of its weights, matches or is one error.
        """
        wanted = dict(_shapes_of(reference_model))
        held = dict(_shapes_in(self.weights_dict))
        errors: list[str] = []
        matches = 0
        for path in [*wanted, *(path for path in held if path not in wanted)]:
            if path not in held or path not in wanted:
                errors.append(_absence(f"Object {path}", path in held))
                continue
            matches += 1
            model, file = wanted[path], held[path]
            for name in [*model, *(name for name in file if name not in model)]:
                if name not in file or name not in model:
                    errors.append(_absence(f"Weight {path}/{name}", name in file))
                elif model[name] != file[name]:
                    errors.append(
                        f"Weight {path}/{name} has shape {file[name]} in the saved file and "
                        f"{model[name]} in the reference model"
                    )
                else:
                    matches += 1
        for error in errors:
            print(f"...{error}")
        fits = "is not" if errors else "is"
        print(f"The saved file {fits} compatible with the reference model: {matches} matches,")
        print(f"{len(errors)} errors.")
        status = "error" if errors else "success"
        return {"status": status, "error_count": len(errors), "match_count": matches}

    # --- changing -------------------------------------------------------------------------------

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Gives an object another last name.

        Raises:
            InvalidArgumentError: no such object, several of that name, or one has the new name.
        """
        parent, name = self._find(object_name)
        if "/" in new_name or not new_name or new_name in parent:
            raise InvalidArgumentError(
                "rename_object: the new name must have no '/' and be free, received {name!r}.",
                name=new_name,
            )
        items = [(new_name if key == name else key, value) for key, value in parent.items()]
        parent.clear()
        parent.update(items)

    def delete_object(self, object_name: str) -> None:
        """Removes an object with all that is in it."""
        parent, name = self._find(object_name)
        del parent[name]

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Adds an object at a path; what it stands in must be there."""
        *before, name = _names(object_path)
        parent = self.weights_dict
        for part in before:
            if not isinstance(parent.get(part), dict):
                raise _unknown(object_path)
            parent = parent[part]
        parent[name] = _arrays(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Removes one weight of an object."""
        place = self._object(object_name)
        if isinstance(place.get(weight_name, {}), dict):
            raise InvalidArgumentError(
                "Weight {weight!r} not found in object {name!r}. Weights found: {known}.",
                weight=weight_name,
                name=object_name,
                known=[name for name, value in place.items() if not isinstance(value, dict)],
            )
        del place[weight_name]

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Adds weights to an object, or replaces them."""
        self._object(object_name).update(_arrays(weights))

    def save(self, filepath: Any) -> None:
        """Writes the weights into a ``.weights.h5`` file, which `load_weights` reads.

        Raises:
            InvalidArgumentError: another suffix.
        """
        path = os.fspath(filepath)
        if not path.endswith(".weights.h5"):
            raise InvalidArgumentError(
                "Invalid `filepath` argument: expected a `.weights.h5` extension. Received: "
                "filepath={path}",
                path=path,
            )
        with replacing(path) as target, h5py.File(target, "w") as file:
            for place, arrays in _objects(self.weights_dict):
                group = file.create_group("/".join([place, _VARIABLES]).strip("/"))
                for name, array in arrays.items():
                    write_array(group, name, array)

    resave_weights = save

    def _find(self, name: str) -> tuple[_Tree, str]:
        """The dict that holds an object, and its key there."""
        *before, last = _names(name)
        found = [
            (parent, last)
            for path, parent in _containers(self.weights_dict)
            if isinstance(parent.get(last), dict) and (not before or path == before)
        ]
        if not found:
            raise _unknown(name)
        if len(found) > 1:
            raise InvalidArgumentError(
                "Several objects are named {name!r}; give the whole path.", name=name
            )
        return found[0]

    def _object(self, name: str) -> _Tree:
        parent, key = self._find(name)
        found: _Tree = parent[key]
        return found


def _unknown(name: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        "Object {name!r} does not appear in the file. Use `editor.summary()` to list all objects.",
        name=name,
    )


def _names(path: Any) -> list[str]:
    return [part for part in str(path).split("/") if part]


def _by_number(name: str) -> tuple[int, int, str]:
    return (0, int(name), "") if name.isdecimal() and len(name) < 10 else (1, 0, name)


def _arrays(weights: Any) -> _Tree:
    if not isinstance(weights, dict):
        raise InvalidArgumentError(
            "Argument `weights` should be a dict of arrays by name, received {weights!r}.",
            weights=weights,
        )
    found = {str(name): np.asarray(value) for name, value in weights.items()}
    for name, array in found.items():
        if array.dtype.kind not in "fiub" or "/" in name:
            raise InvalidArgumentError(
                "The weight {name!r} must be an array of numbers, received dtype {dtype}.",
                name=name,
                dtype=array.dtype,
            )
    return found


def _containers(tree: _Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[list[str], _Tree]]:
    """Every dict with its path."""
    yield list(path), tree
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _containers(value, (*path, name))


def _objects(tree: _Tree) -> Iterator[tuple[str, _Tree]]:
    """Every object that has weights of its own, by its path."""
    for path, place in _containers(tree):
        arrays = {name: value for name, value in place.items() if not isinstance(value, dict)}
        if arrays:
            yield "/".join(path), arrays


def _shapes_in(tree: _Tree) -> Iterator[tuple[str, _Tree]]:
    for path, arrays in _objects(tree):
        yield path, {name: array.shape for name, array in arrays.items()}


def _shapes_of(model: Any) -> Iterator[tuple[str, _Tree]]:
    """The same for what a model would write."""
    for path, node in walk(model):
        store: _Tree = {}
        node.save_own_variables(store)
        if store:
            yield path, {name: tuple(np.shape(value)) for name, value in store.items()}


def _absence(what: str, in_file: bool) -> str:
    there, here = "reference model", "saved file"
    there, here = (here, there) if in_file else (there, here)
    return f"{what} is in the {there} and missing from the {here}"


def _lines(tree: _Tree, indent: str = "  ") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield f"{indent}> {name}"
            yield from _lines(value, indent + "    ")
        else:
            yield f"{indent}{name}: shape={value.shape}, dtype={value.dtype}"
