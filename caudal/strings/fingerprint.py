"""FarmHash's Fingerprint64 (farmhashna; Pike and Alakuijala, 2014), which hash buckets follow."""

from __future__ import annotations

_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_MASK = (1 << 64) - 1


def _word(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 8], "little")


def _half(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 4], "little")


def _turn(x: int, by: int) -> int:
    return ((x >> by) | (x << (64 - by))) & _MASK


def _mix(x: int) -> int:
    return x ^ (x >> 47)


def _two(u: int, v: int, mul: int) -> int:
    a = ((u ^ v) * mul) & _MASK
    a ^= a >> 47
    b = ((v ^ a) * mul) & _MASK
    b ^= b >> 47
    return (b * mul) & _MASK


def _short(s: bytes) -> int:
    n = len(s)
    if n >= 8:
        mul = (_K2 + n * 2) & _MASK
        a = (_word(s, 0) + _K2) & _MASK
        b = _word(s, n - 8)
        c = (_turn(b, 37) * mul + a) & _MASK
        d = ((_turn(a, 25) + b) * mul) & _MASK
        return _two(c, d, mul)
    if n >= 4:
        mul = (_K2 + n * 2) & _MASK
        return _two(n + (_half(s, 0) << 3), _half(s, n - 4), mul)
    if n:
        y = (s[0] + (s[n >> 1] << 8)) & 0xFFFFFFFF
        z = (n + (s[n - 1] << 2)) & 0xFFFFFFFF
        return (_mix((y * _K2 ^ z * _K0) & _MASK) * _K2) & _MASK
    return _K2


def _middle(s: bytes) -> int:
    """17 to 32 bytes."""
    n = len(s)
    mul = (_K2 + n * 2) & _MASK
    a = (_word(s, 0) * _K1) & _MASK
    b = _word(s, 8)
    c = (_word(s, n - 8) * mul) & _MASK
    d = (_word(s, n - 16) * _K2) & _MASK
    first = (_turn((a + b) & _MASK, 43) + _turn(c, 30) + d) & _MASK
    return _two(first, (a + _turn((b + _K2) & _MASK, 18) + c) & _MASK, mul)


def _long(s: bytes) -> int:
    """33 to 64 bytes."""
    n = len(s)
    mul = (_K2 + n * 2) & _MASK
    a = (_word(s, 0) * _K2) & _MASK
    b = _word(s, 8)
    c = (_word(s, n - 8) * mul) & _MASK
    d = (_word(s, n - 16) * _K2) & _MASK
    y = (_turn((a + b) & _MASK, 43) + _turn(c, 30) + d) & _MASK
    z = _two(y, (a + _turn((b + _K2) & _MASK, 18) + c) & _MASK, mul)
    e = (_word(s, 16) * mul) & _MASK
    f = _word(s, 24)
    g = ((y + _word(s, n - 32)) * mul) & _MASK
    h = ((z + _word(s, n - 24)) * mul) & _MASK
    first = (_turn((e + f) & _MASK, 43) + _turn(g, 30) + h) & _MASK
    return _two(first, (e + _turn((f + a) & _MASK, 18) + g) & _MASK, mul)


def _weak(s: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_word(s, at + 8 * i) for i in range(4))
    a = (a + w) & _MASK
    b = _turn((b + a + z) & _MASK, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _turn(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


def fingerprint64(s: bytes) -> int:
    """The 64-bit fingerprint of some bytes.

    >>> fingerprint64(b"Hello") % 1000
    151
    """
    n = len(s)
    if n <= 64:
        return _short(s) if n <= 16 else _middle(s) if n <= 32 else _long(s)
    seed = 81
    x, y = seed, (seed * _K1 + 113) & _MASK
    z = (_mix((y * _K2 + 113) & _MASK) * _K2) & _MASK
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(s, 0)) & _MASK
    end = ((n - 1) // 64) * 64
    at = 0
    while at < end:
        x, y, z, v, w = _block(s, at, x, y, z, v, w)
        at += 64
    return _tail(s, n - 64, (n - 1) & 63, x, y, z, v, w)


_Pair = tuple[int, int]


def _block(
    s: bytes, at: int, x: int, y: int, z: int, v: _Pair, w: _Pair
) -> tuple[int, int, int, _Pair, _Pair]:
    x = (_turn((x + y + v[0] + _word(s, at + 8)) & _MASK, 37) * _K1) & _MASK
    y = (_turn((y + v[1] + _word(s, at + 48)) & _MASK, 42) * _K1) & _MASK
    x ^= w[1]
    y = (y + v[0] + _word(s, at + 40)) & _MASK
    z = (_turn((z + w[0]) & _MASK, 33) * _K1) & _MASK
    v = _weak(s, at, (v[1] * _K1) & _MASK, (x + w[0]) & _MASK)
    w = _weak(s, at + 32, (z + w[1]) & _MASK, (y + _word(s, at + 16)) & _MASK)
    return z, y, x, v, w


def _tail(s: bytes, at: int, rest: int, x: int, y: int, z: int, v: _Pair, w: _Pair) -> int:
    mul = (_K1 + ((z & 0xFF) << 1)) & _MASK
    w = ((w[0] + rest) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x = (_turn((x + y + v[0] + _word(s, at + 8)) & _MASK, 37) * mul) & _MASK
    y = (_turn((y + v[1] + _word(s, at + 48)) & _MASK, 42) * mul) & _MASK
    x ^= (w[1] * 9) & _MASK
    y = (y + v[0] * 9 + _word(s, at + 40)) & _MASK
    z = (_turn((z + w[0]) & _MASK, 33) * mul) & _MASK
    v = _weak(s, at, (v[1] * mul) & _MASK, (x + w[0]) & _MASK)
    w = _weak(s, at + 32, (z + w[1]) & _MASK, (y + _word(s, at + 16)) & _MASK)
    x, z = z, x
    first = (_two(v[0], w[0], mul) + _mix(y) * _K0 + z) & _MASK
    return _two(first, (_two(v[1], w[1], mul) + x) & _MASK, mul)
