"""Writes caudal/assets/digits.npz from scikit-learn's copy of the UCI digits.

    python tools/make_digits.py [FOLDER]

The archive's bytes depend on nothing but the data: fixed time stamps, fixed order.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

ASSETS = Path(__file__).resolve().parent.parent / "caudal" / "assets"


def main(folder: Path = ASSETS) -> None:
    digits = load_digits()
    arrays = {"x": digits.images.astype(np.uint8), "y": digits.target.astype(np.uint8)}
    assert arrays["x"].shape == (1797, 8, 8) and arrays["x"].max() == 16
    with zipfile.ZipFile(folder / "digits.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1998, 7, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, buffer.getvalue())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
