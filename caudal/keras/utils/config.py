"""Config: settings by name, with a check for names that were misspelt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from caudal.errors import InvalidArgumentError, MissingNameError, NotFoundError, did_you_mean


class Config:
    """A dict whose entries are attributes too; it can be frozen.

    >>> config = Config(rate=0.1)
    >>> config.units = 8
    >>> config["units"], config.as_dict()
    (8, {'rate': 0.1, 'units': 8})
    """

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_frozen", False)
        object.__setattr__(self, "_config", {})
        self.update(**kwargs)

    def freeze(self) -> None:
        """From now on nothing can be changed."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Entries can be changed again."""
        object.__setattr__(self, "_frozen", False)

    def _change(self, name: str) -> dict[str, Any]:
        if self._frozen:
            raise InvalidArgumentError(
                "Config: cannot change {name!r}, this config is frozen.", name=name
            )
        entries: dict[str, Any] = self._config
        return entries

    @property
    def frozen(self) -> bool:
        """Whether nothing can be changed."""
        return bool(self._frozen)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several entries: of dicts, and by keyword."""
        for name, value in {
            **{k: v for part in args for k, v in dict(part).items()},
            **kwargs,
        }.items():
            self._change(name)[name] = value

    def pop(self, *args: Any) -> Any:
        """Take an entry out: its name, and perhaps what to return where there is none."""
        if len(args) == 1:
            self[args[0]]
        return self._change(args[0]).pop(*args)

    def get(self, keyname: str, value: Any = None) -> Any:
        """An entry, or ``value``."""
        return self._config.get(keyname, value)

    def keys(self) -> Any:
        """The names."""
        return self._config.keys()

    def values(self) -> Any:
        """The values."""
        return self._config.values()

    def items(self) -> Any:
        """The names with their values."""
        return self._config.items()

    def as_dict(self) -> dict[str, Any]:
        """The entries as a dict."""
        return dict(self._config)

    def to_json(self) -> str:
        """The entries as JSON."""
        return json.dumps(self._config)

    def __getitem__(self, name: str) -> Any:
        if name not in self._config:
            raise NotFoundError(
                "Config has no entry {name!r}.{hint}",
                name=name,
                hint=did_you_mean(name, list(self._config)),
            )
        return self._config[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except NotFoundError as error:
            raise MissingNameError(error.template, **error.fields) from None

    def __setitem__(self, name: str, value: Any) -> None:
        self._change(name)[name] = value

    def __setattr__(self, name: str, value: Any) -> None:
        self._change(name)[name] = value

    def __delattr__(self, name: str) -> None:
        self.pop(name)

    def __contains__(self, name: object) -> bool:
        return name in self._config

    def __iter__(self) -> Iterator[str]:
        return iter(self._config)

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"
