"""Records caudal/strings/scripts.npz: the script of every code point, as real TensorFlow has it.

    /work/venvs/peers/bin/python tools/record_unicode_scripts.py

Runs of code points of one script: where each begins, and ICU's number of the script.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

PLACE = Path(__file__).parent.parent / "caudal" / "strings" / "scripts.npz"


def main():
    codes = tf.strings.unicode_script(np.arange(0x110000, dtype=np.int32)).numpy()
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1])
    np.savez_compressed(PLACE, starts=starts.astype(np.int32), codes=codes[starts].astype(np.uint8))


if __name__ == "__main__":
    main()
