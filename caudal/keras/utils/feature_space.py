"""FeatureSpace: the columns of a table as numbers for a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from caudal.array import movement
from caudal.data import Dataset
from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras import layers
from caudal.keras import numeric as n
from caudal.keras.engine.input_layer import Input
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.encodings import encode, host
from caudal.keras.utils.feature_columns import Cross, Feature, written


class FeatureSpace(Layer):
    """Encodes tables: a dict of columns becomes one vector a row, or a dict of vectors.

    Args:
        features: for each column its kind: "float", "float_normalized", "float_rescaled",
            "float_discretized", "integer_categorical", "string_categorical", "integer_hashed",
            "string_hashed", or what the methods of these names return.
        output_mode: "concat" (one vector) or "dict".
        crosses: pairs (or more) of names, or what `cross` returns.
        crossing_dim: buckets of a cross.
        hashing_dim: buckets of a hashed column.
        num_discretization_bins: bins of a discretized column.
        name: of the space.

    Call `adapt` on a `tf.data.Dataset` of dicts first; then call the space on dicts of arrays, or
    map it over a dataset. The work is done on the host.

    >>> space = FeatureSpace({"size": "float", "kind": "string_categorical"})
    >>> data = {"size": [1.5, 2.5], "kind": ["a", "b"]}
    >>> space.adapt(Dataset.from_tensor_slices(data))
    >>> space(data).shape
    TensorShape([2, 4])
    """

    @classmethod
    def cross(cls, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """A cross of columns with its number of buckets."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A column for a layer of one's own."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers as they are."""
        return Feature("float32", layers.Identity(name=_named(name, "float_preprocessor")), "float")

    @classmethod
    def float_rescaled(
        cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None
    ) -> Feature:
        """``number * scale + offset``."""
        own = _named(name, "float_rescaled")
        return Feature("float32", layers.Rescaling(scale, offset, name=own), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers with mean 0 and variance 1."""
        return Feature(
            "float32", layers.Normalization(axis=-1, name=_named(name, "float_normalized")), "float"
        )

    @classmethod
    def float_discretized(
        cls,
        num_bins: int | None,
        bin_boundaries: Any = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The bins of numbers."""
        layer = layers.Discretization(
            num_bins=num_bins, bin_boundaries=bin_boundaries, name=_named(name, "float_discretized")
        )
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Integers by their place in a vocabulary."""
        layer = layers.IntegerLookup(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            name=_named(name, "integer_categorical"),
        )
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Strings by their place in a vocabulary."""
        layer = layers.StringLookup(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            name=_named(name, "string_categorical"),
        )
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Strings by the buckets of their hashes."""
        own = _named(name, "string_hashed")
        return Feature("string", layers.Hashing(num_bins, name=own), output_mode)

    @classmethod
    def integer_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Integers by the buckets of their hashes."""
        own = _named(name, "integer_hashed")
        return Feature("int32", layers.Hashing(num_bins, name=own), output_mode)

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        if not features:
            raise InvalidArgumentError("The `features` argument cannot be None or empty.")
        if output_mode not in ("concat", "dict"):
            raise InvalidArgumentError(
                "Invalid value for argument `output_mode`. Expected one of ('concat', 'dict'). "
                "Received: output_mode={mode!r}",
                mode=output_mode,
            )
        super().__init__(name=name or "feature_space")
        self.output_mode = output_mode
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features = {key: self._feature(key, value) for key, value in features.items()}
        self.crosses = [self._cross(value) for value in crosses or ()]
        self.preprocessors = {key: one.preprocessor for key, one in self.features.items()}
        self.crossers = {
            one.name: layers.HashedCrossing(one.crossing_dim, name=one.name) for one in self.crosses
        }
        self._adapted = not self._to_adapt()

    def _feature(self, name: str, value: Any) -> Feature:
        if isinstance(value, Feature):
            return value
        if isinstance(value, dict):
            return Feature(**value.get("config", value))
        arguments: dict[str, dict[str, Any]] = {
            "float": {},
            "float_normalized": {},
            "float_rescaled": {},
            "float_discretized": {"num_bins": self.num_discretization_bins},
            "integer_categorical": {},
            "string_categorical": {},
            "integer_hashed": {"num_bins": self.hashing_dim},
            "string_hashed": {"num_bins": self.hashing_dim},
        }
        if value not in arguments:
            raise InvalidArgumentError(
                "FeatureSpace: the kind of feature {name!r} must be one of {known} or a Feature, "
                "received {value!r}.{hint}",
                name=name,
                known=list(arguments),
                value=value,
                hint=did_you_mean(str(value), list(arguments)),
            )
        made: Feature = getattr(self, value)(name=name, **arguments[value])
        return made

    def _cross(self, value: Any) -> Cross:
        if isinstance(value, dict):
            value = Cross(**value.get("config", value))
        cross = value if isinstance(value, Cross) else Cross(value, self.crossing_dim)
        for key in cross.feature_names:
            if key not in self.features:
                raise InvalidArgumentError(
                    "All features included in the crosses must be present in the `features` dict. "
                    "Received crosses={names} and features {known}.",
                    names=cross.feature_names,
                    known=list(self.features),
                )
        return cross

    # --- adapting -----------------------------------------------------------------------------

    def _to_adapt(self) -> list[str]:
        """The columns whose layers learn from data."""
        found = []
        for key, feature in self.features.items():
            layer = feature.preprocessor
            bins = getattr(layer, "bin_boundaries", None) is not None
            given = getattr(layer, "_given", None) is not None
            if hasattr(layer, "adapt") and not (bins or given or _has_vocabulary(layer)):
                found.append(key)
        return found

    def adapt(self, dataset: Any) -> None:
        """Let the layers see the data: a `tf.data.Dataset` of dicts, batched or not, or a dict.

        Raises:
            InvalidArgumentError: something else, or a column is missing.
        """
        if isinstance(dataset, dict):
            dataset = Dataset.from_tensor_slices(dataset)
        if not isinstance(dataset, Dataset):
            raise InvalidArgumentError(
                "`adapt()` can only be called on a tf.data.Dataset or a dict of arrays. Received "
                "instead: {kind}",
                kind=type(dataset).__name__,
            )
        wanted = self._to_adapt()
        columns: dict[str, list[Any]] = {key: [] for key in wanted}
        for element in dataset.as_numpy_iterator():
            for key in wanted:
                if not isinstance(element, Mapping) or key not in element:
                    raise InvalidArgumentError(
                        "FeatureSpace.adapt: the dataset has no column {name!r}.", name=key
                    )
                columns[key].append(np.atleast_1d(np.asarray(element[key])))
        for key, parts in columns.items():
            values = np.concatenate(parts)
            values = values.reshape(-1, 1) if values.ndim == 1 else values
            self.preprocessors[key].adapt(_typed(values, self.features[key].dtype))
        self._adapted = True
        if self.output_mode == "concat":
            modes = {key: one.output_mode for key, one in self.features.items()}
            modes |= {one.name: one.output_mode for one in self.crosses}
            for key, mode in modes.items():
                if mode == "int":
                    raise _not_encoded(key)

    # --- encoding -----------------------------------------------------------------------------

    def __call__(self, data: Mapping[str, Any]) -> Any:
        """The encoded rows of a dict of columns, or the one row of a dict of values.

        Raises:
            InvalidArgumentError: `adapt` has not been called, or a column is missing.
        """
        if not self._adapted:
            raise InvalidArgumentError(
                "You need to call `.adapt(dataset)` on the FeatureSpace before you can start "
                "using it."
            )
        missing = [key for key in self.features if key not in data]
        if missing:
            raise InvalidArgumentError(
                "FeatureSpace: the data lack the columns {missing}; received {received}.",
                missing=missing,
                received=list(data),
            )
        columns, single = {}, False
        for key, feature in self.features.items():
            value = _typed(data[key], feature.dtype)
            single = len(value.shape) == 0
            columns[key] = value.reshape(-1, 1) if value.ndim < 2 else value
        # In the order of their names, as in Keras; crosses see what the layers made of columns.
        read = {key: self.features[key].preprocessor(columns[key]) for key in sorted(columns)}
        encoded = {
            key: _as_output(value, self.features[key].output_mode, self._width(key))
            for key, value in read.items()
        }
        for cross in self.crosses:
            ids = self.crossers[cross.name]([read[key] for key in cross.feature_names])
            encoded[cross.name] = _as_output(ids, cross.output_mode, cross.crossing_dim)
        if self.output_mode == "dict":
            return {key: _row(value, single) for key, value in encoded.items()}
        for key, value in encoded.items():
            if not value.dtype.is_floating:
                raise _not_encoded(key)
        return _row(movement.concat(list(encoded.values()), axis=-1), single)

    def _width(self, key: str) -> int:
        """How many classes a column has."""
        layer = self.features[key].preprocessor
        if isinstance(layer, layers.Discretization):
            return len(layer.bin_boundaries) + 1
        if hasattr(layer, "vocabulary_size"):
            return int(layer.vocabulary_size())
        return int(getattr(layer, "num_bins", 1))

    # --- the functional API -------------------------------------------------------------------

    def get_inputs(self) -> dict[str, Any]:
        """Symbolic inputs for the columns, by name."""
        if "_inputs" not in vars(self):
            self._inputs = {
                key: Input((1,), dtype=feature.dtype, name=key)
                for key, feature in self.features.items()
            }
        return self._inputs

    def get_encoded_features(self) -> Any:
        """What a call with `get_inputs` gives, to build models on.

        A model from these tensors takes encoded rows and is compiled. One from `get_inputs` takes
        the columns; call it, because strings are encoded outside of compiled programs.

        Raises:
            InvalidArgumentError: `adapt` has not been called.
        """
        if not self._adapted:
            raise InvalidArgumentError(
                "FeatureSpace: call adapt() on data before get_encoded_features()."
            )
        if "_symbols" not in vars(self):
            self._symbols = _Encoding(self, name=self.name)(self.get_inputs())
        return self._symbols

    def _encoded_spec(self) -> Any:
        features = {key: (one.output_mode, self._width(key)) for key, one in self.features.items()}
        crosses = {one.name: (one.output_mode, one.crossing_dim) for one in self.crosses}
        every = features | crosses
        widths = {key: width if mode == "one_hot" else 1 for key, (mode, width) in every.items()}
        if self.output_mode == "concat":
            return KerasTensor((None, sum(widths.values())), "float32")
        return {
            key: KerasTensor((None, width), "int64" if every[key][0] == "int" else "float32")
            for key, width in widths.items()
        }

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            "features": {key: written(one) for key, one in self.features.items()},
            "output_mode": self.output_mode,
            "crosses": [written(one) for one in self.crosses],
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FeatureSpace:
        """A space from ``get_config``'s answer, still to be adapted."""
        return cls(**config)

    # --- files --------------------------------------------------------------------------------

    def save(self, filepath: Any) -> None:
        """Saves the space as a ``.keras`` file, which `keras.models.load_model` reads.

        Raises:
            InvalidArgumentError: another suffix.
        """
        from caudal.keras.saving.api import save_model

        if not str(filepath).endswith(".keras"):
            raise InvalidArgumentError(
                "Invalid `filepath` argument: expected a `.keras` extension. Received: "
                "filepath={path}",
                path=filepath,
            )
        save_model(self, filepath)

    def get_build_config(self) -> dict[str, Any] | None:
        """What the columns' layers were built with; None before `adapt`."""
        if not self._adapted:
            return None
        return {key: one.get_build_config() or {} for key, one in self.preprocessors.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the columns' layers of an adapted space; their state is in the file, too."""
        for key, layer in self.preprocessors.items():
            layer.build_from_config(config.get(key) or {})
        self._adapted = True


class _Encoding(layers.Layer):  # type: ignore[misc]
    """A space as a layer on symbolic inputs."""

    def __init__(self, space: FeatureSpace, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        object.__setattr__(self, "space", space)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The encoded rows."""
        return self.space({key: host(self.name, value) for key, value in inputs.items()})

    def compute_output_spec(self, inputs: Any) -> Any:
        """Their shapes."""
        return self.space._encoded_spec()


def _named(name: str | None, start: str) -> str | None:
    return name if name is None else f"{name}_{start}"


def _has_vocabulary(layer: Any) -> bool:
    config = layer.get_config() if hasattr(layer, "vocabulary_size") else {}
    return config.get("vocabulary") is not None


def _typed(value: Any, dtype: str) -> np.ndarray[Any, Any]:
    array = value.numpy() if hasattr(value, "numpy") else value
    if dtype == "string":
        return np.asarray(convert_to_tensor(array).numpy(), object)
    return np.asarray(array).astype(as_dtype(dtype).np_dtype)


def _as_output(value: Any, mode: str, width: int) -> Any:
    if mode == "one_hot":
        return encode(convert_to_tensor(value), "multi_hot", width, "float32")
    if mode == "float":
        return n.cast(n.tensor(value), "float32")
    return convert_to_tensor(value)


def _row(value: Any, single: bool) -> Any:
    return movement.squeeze(value, [0]) if single else value


def _not_encoded(name: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        "Cannot concatenate features because feature {name!r} has not been encoded: its "
        "output_mode is 'int'. Consider using `output_mode='dict'`.",
        name=name,
    )
