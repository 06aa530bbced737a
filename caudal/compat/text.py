"""`tf.compat.as_bytes` and its like."""

from __future__ import annotations

from typing import Any

from caudal.errors import DTypeError


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Text as bytes; bytes as they are.

    >>> as_bytes("ñ")
    b'\\xc3\\xb1'
    """
    if isinstance(bytes_or_text, bytes | bytearray):
        return bytes(bytes_or_text)
    return _checked(bytes_or_text, str).encode(encoding)  # type: ignore[no-any-return]


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Bytes as text; text as it is.

    >>> as_text(b"abc")
    'abc'
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    return _checked(bytes_or_text, bytes).decode(encoding)  # type: ignore[no-any-return]


as_str = as_text


def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """As `as_text`; other values as ``str`` gives them."""
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise DTypeError(
            "expected text or bytes, received {received!r}.", received=type(value).__name__
        )
    return value
