"""Hashes of strings: MurmurHash64A (Appleby) and SipHash-2-4 (Aumasson and Bernstein, 2012)."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_MURMUR = 0xC6A4A7935BD1E995
# The seed of TensorFlow's buckets.
_SEED = 0xDECAFCAFFE


def murmur_hash(text: bytes, seed: int = _SEED) -> int:
    """MurmurHash64A of the bytes."""
    whole = len(text) // 8 * 8
    found = seed ^ (len(text) * _MURMUR & _MASK)
    for at in range(0, whole, 8):
        word = int.from_bytes(text[at : at + 8], "little") * _MURMUR & _MASK
        word = (word ^ word >> 47) * _MURMUR & _MASK
        found = (found ^ word) * _MURMUR & _MASK
    if whole < len(text):
        found = (found ^ int.from_bytes(text[whole:], "little")) * _MURMUR & _MASK
    found = (found ^ found >> 47) * _MURMUR & _MASK
    return found ^ found >> 47


def _turn(x: int, by: int) -> int:
    return (x << by | x >> (64 - by)) & _MASK


def _round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & _MASK
    v[2] = (v[2] + v[3]) & _MASK
    v[1] = _turn(v[1], 13) ^ v[0]
    v[3] = _turn(v[3], 16) ^ v[2]
    v[0] = _turn(v[0], 32)
    v[2] = (v[2] + v[1]) & _MASK
    v[0] = (v[0] + v[3]) & _MASK
    v[1] = _turn(v[1], 17) ^ v[2]
    v[3] = _turn(v[3], 21) ^ v[0]
    v[2] = _turn(v[2], 32)


def sip_hash(text: bytes, key: int, second: int) -> int:
    """SipHash-2-4 of the bytes under a key of two 64-bit words."""
    key, second = key & _MASK, second & _MASK
    v = [
        key ^ 0x736F6D6570736575,
        second ^ 0x646F72616E646F6D,
        key ^ 0x6C7967656E657261,
        second ^ 0x7465646279746573,
    ]
    whole = len(text) // 8 * 8
    words = [int.from_bytes(text[at : at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(text[whole:], "little") | (len(text) & 255) << 56)
    for word in words:
        v[3] ^= word
        _round(v)
        _round(v)
        v[0] ^= word
    v[2] ^= 255
    for _ in range(4):
        _round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]
