"""``tf.audio``: WAV files."""

from caudal.audio.wav import decode_wav, encode_wav
from caudal.namespaces import strict

__all__ = ["decode_wav", "encode_wav"]

__getattr__ = strict(__name__)
