"""WAV files of 16-bit PCM samples."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np

from caudal.array.arguments import as_tensor, dims, static, static_int
from caudal.errors import CaudalError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.strings.arguments import objects, string_of


class DecodeWav(NamedTuple):
    """Samples in [-1, 1), float32 `[samples, channels]`, and their number a second, int32."""

    audio: Any
    sample_rate: Any


def _damaged(data: bytes, reason: str) -> CaudalError:
    return InvalidArgumentError(
        "decode_wav: expected a WAV file of 16-bit PCM samples, received {count} bytes: {reason}.",
        count=len(data),
        reason=reason,
    )


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The file's chunks by name, up to the samples."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise _damaged(data, f"they begin with {data[:12]!r}")
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data) and b"data" not in found:
        name, (size,) = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])
        if at + 8 + size > len(data):
            raise _damaged(data, f"the chunk {name!r} at byte {at} ends beyond the file")
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def decode_wav(
    contents: Any, desired_channels: Any = -1, desired_samples: Any = -1, name: str | None = None
) -> DecodeWav:
    """The samples of a WAV file.

    ``desired_channels`` leaves channels out, or repeats the last; ``desired_samples`` cuts the end
    off, or adds zeros.
    """
    data = string_of("decode_wav", contents)
    chunks = _chunks(data)
    form, samples = chunks.get(b"fmt ", b""), chunks.get(b"data")
    if len(form) < 16 or samples is None:
        raise _damaged(data, "there is no 'fmt ' or no 'data' chunk")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if kind not in (1, 0xFFFE) or bits != 16 or not channels:
        raise _damaged(data, f"format {kind}, {bits} bits, {channels} channels")
    if rate >= 1 << 31:
        raise _damaged(data, f"{rate} samples a second are no int32")
    count = len(samples) // (2 * channels)
    whole = np.frombuffer(samples, "<i2", count * channels).reshape(count, channels)
    audio = whole.astype(np.float32) / np.float32(32768)
    wanted = static_int(desired_channels, "decode_wav: desired_channels")
    if wanted > 0:
        audio = audio[:, np.minimum(np.arange(wanted), channels - 1)]
    length = static_int(desired_samples, "decode_wav: desired_samples")
    if length >= 0:
        audio = audio[:length]
        audio = np.pad(audio, ((0, length - len(audio)), (0, 0)))
    return DecodeWav(convert_to_tensor(audio), convert_to_tensor(np.int32(rate)))


def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> Tensor:
    """The bytes of a WAV file with float samples `[samples, channels]`."""
    if isinstance(audio, np.ndarray) and audio.dtype.kind == "f":
        audio = audio.astype(np.float32)  # as every op of one dtype does with arrays
    x = as_tensor(audio)
    if len(x.shape) != 2 or x.dtype.name != "float32":
        raise InvalidArgumentError(
            "encode_wav: expected float32 [samples, channels], received {dtype} of shape {shape}.",
            dtype=x.dtype.name,
            shape=dims(x),
        )
    rate = static_int(sample_rate, "encode_wav: sample_rate")
    if not 0 < rate < 2**32:
        raise InvalidArgumentError(
            "encode_wav: expected a sample_rate above 0 of 32 bits, received {rate}.", rate=rate
        )
    channels = dims(x)[1]
    values = static(x, "encode_wav") * np.float32(32768)
    body = np.clip(np.rint(values), -32768, 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    head = b"WAVE" + b"fmt " + struct.pack("<I", 16) + form
    head += b"data" + struct.pack("<I", len(body))
    return objects([b"RIFF" + struct.pack("<I", len(head) + len(body)) + head + body], ())
