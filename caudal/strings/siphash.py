"""SipHash-2-4 (Aumasson and Bernstein, 2012): a hash with a key, for buckets with a salt."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)


def _turn(x: int, by: int) -> int:
    return ((x << by) | (x >> (64 - by))) & _MASK


def _round(a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
    a = (a + b) & _MASK
    c = (c + d) & _MASK
    b = _turn(b, 13) ^ a
    d = _turn(d, 16) ^ c
    a = _turn(a, 32)
    c = (c + b) & _MASK
    a = (a + d) & _MASK
    b = _turn(b, 17) ^ c
    d = _turn(d, 21) ^ a
    return a, b, _turn(c, 32), d


def siphash(text: bytes, key: tuple[int, int]) -> int:
    """The 64-bit hash of a text under a key of two 64-bit numbers.

    >>> text = bytes(range(15))  # the example of the paper's appendix
    >>> hex(siphash(text, (0x0706050403020100, 0x0F0E0D0C0B0A0908)))
    '0xa129ca6149be45e5'
    """
    first, second = (part & _MASK for part in key)
    a, b, c, d = (
        start ^ part for start, part in zip(_START, (first, second, first, second), strict=True)
    )
    whole = len(text) // 8 * 8
    last = int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56
    words = [int.from_bytes(text[i : i + 8], "little") for i in range(0, whole, 8)]
    for word in [*words, last]:
        d ^= word
        for _ in range(2):
            a, b, c, d = _round(a, b, c, d)
        a ^= word
    c ^= 0xFF
    for _ in range(4):
        a, b, c, d = _round(a, b, c, d)
    return a ^ b ^ c ^ d
