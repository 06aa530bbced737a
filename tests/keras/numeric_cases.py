"""Calls of keras.ops's matrices, spectra, patches and pictures; tools/record_keras_cases.py.

Each is ``case(k)`` -> a nest of arrays, with ``k`` the keras module. Imports neither framework.
"""

from typing import Any

import numpy as np
from mask_cases import values


def mixed(shape: tuple, number: int) -> np.ndarray:
    """Numbers between -2 and 2 that make matrices of full rank."""
    places = np.arange(1, 1 + int(np.prod(shape)), dtype="float64")
    return (2 * np.sin(places**2 * 0.37 + number)).astype("float32").reshape(shape)


_X = mixed((2, 3, 3), 0)
NAMES = {
    "np": np,
    "m": _X,
    "p": _X @ _X.transpose(0, 2, 1) + np.eye(3, dtype="float32"),
    "h": _X + 3 * np.eye(3, dtype="float32"),
    "w": mixed((4, 3), 1),
    "v": mixed((2, 3), 2),
    "b": mixed((2, 3, 2), 3),
    "s": values((2, 16), 4),
    "t": values((2, 4, 8), 5),
    "u": values((2, 4, 8), 6),
    "c": values((1, 2, 5, 6), 7),
    "i": np.array([[12, -18, 0], [7, 5, 100]], "int32"),
    "j": np.array([[18, 24, 9], [0, 0, 75]], "int32"),
    "n": np.array([[1.0, np.nan, 3.0, 7.0], [np.nan, 2.0, np.nan, 9.0]], "float32"),
    "q": values((2, 7, 5, 3), 8),
    "r": np.abs(values((2, 6, 7, 3), 9)) / 2,
    "d": values((1, 5, 6, 7, 2), 10),
}
CALLS = """
o.cholesky(p)|o.cholesky(p, upper=True)|o.cholesky_inverse(o.cholesky(p))|o.det(m)|o.slogdet(m)
o.logdet(p)|o.inv(m)|o.pinv(w)|o.matrix_rank(w)|o.matrix_rank(m[:, :1] * m[:, :, :1])|o.eigh(p)[0]
o.abs(o.qr(w)[1])|o.abs(o.qr(w, mode="complete")[0])|o.svd(m, compute_uv=False)|o.svd(w)[1]
o.abs(o.svd(w)[0][:, :3])|o.abs(o.svd(m, full_matrices=False)[2])|o.solve(m, b)|o.solve(m[0], v[0])
o.solve_triangular(h, b, lower=True)|o.solve_triangular(h, b)
o.lstsq(w, w[:, 0])|o.lstsq(w, w[:, :2])|o.linalg.inv(p)
o.jvp(lambda x: x * x, (o.array(v),), (o.array(v),))
o.fft((t, u))|o.fft2((t, u))|o.ifft2((t, u))|o.rfft(s)|o.rfft(s, 20)|o.rfft(s, 11)
o.irfft(o.rfft(s))|o.irfft((t, u))|o.irfft((t, u), 10)|o.stft(s, 6, 3, 8)|o.stft(s, 4, 2, 4, None)
o.stft(s, 6, 3, 8, "hamming", False)|o.stft(s, 4, 2, 8, np.ones(4, "float32"))
o.istft(o.stft(s, 6, 3, 8), 6, 3, 8)|o.istft(o.stft(s, 6, 2, 8), 6, 2, 8, length=14)
o.istft(o.stft(s, 8, 2, 8, "hann", False), 8, 2, 8, None, "hann", False)
o.view_as_real(o.polar(o.abs(t), u))|o.view_as_real(o.view_as_complex(o.stack([t, u], -1)))
o.unfold(c, 2)|o.unfold(c, (3, 2), dilation=(1, 2), padding=1, stride=2)
o.fold(o.unfold(c, 2), (5, 6), 2)|o.fold(o.unfold(c, 3, 1, 1, 2), (5, 6), 3, 1, 1, 2)
o.adaptive_average_pool(o.array(q), 2)|o.adaptive_average_pool(o.array(q), (3, 4))
o.adaptive_max_pool(o.array(q), (3, 2))
o.adaptive_max_pool(o.array(q[:, :, 0]), 3)
o.adaptive_average_pool(o.array(c), (2, 4), data_format="channels_first")
o.gcd(i, j)|o.lcm(i, j)|o.i0(t * 3)|o.nanmedian(n)|o.nanmedian(n, 1)|o.nanquantile(n, 0.3, 1)
o.nanquantile(n, [0.1, 0.6], 1)|o.nanpercentile(n, 40, axis=1, keepdims=True)
o.nanquantile(n, 0.4, 1, "lower")|o.nanquantile(n, 0.4, 1, "nearest")
o.rearrange(q, "b h w c -> b (h w) c")|o.rearrange(t, "b (x y) c -> y b (c x)", x=2)
"""


IMAGES = """
o.image.rgb_to_hsv(r)|o.image.hsv_to_rgb(r)|o.image.hsv_to_rgb(o.image.rgb_to_hsv(r[0]))
o.image.extract_patches(q, 2)|o.image.extract_patches(q, (3, 2), strides=2, padding="same")
o.image.extract_patches(q, 2, strides=1, dilation_rate=2)|o.image.extract_patches(q[0], 2)
o.image.extract_patches_3d(d, 2)|o.image.extract_patches_3d(d, (2, 3, 2), strides=2)
o.image.gaussian_blur(q)|o.image.gaussian_blur(q, (5, 3), (0.5, 2.0))|o.image.sobel_edges(r)
o.image.pad_images(q, 1, 2, target_height=9, target_width=8)|o.image.pad_images(q[0], 1, 2, 3, 0)
o.image.pad_images(c, 1, 2, 0, 1, data_format="channels_first")
o.image.map_coordinates(w, np.float32([[0.5, 2.2], [1.1, -0.4]]), 1)
o.image.map_coordinates(w, np.float32([[0.5, 2.2], [1.1, 3.4]]), 0, "nearest")
o.image.map_coordinates(w, np.float32([[1.5, 4.2], [1.1, 3.4]]), 1, "reflect")
o.image.map_coordinates(w, np.float32([[-1.5, 4.2], [1.1, 3.4]]), 1, "wrap")
o.image.map_coordinates(w, np.float32([[-1.5, 2.2], [1.1, 1.4]]), 1, "mirror")
o.image.map_coordinates(w, np.float32([[-1.5, 4.2], [1.1, 3.4]]), 1, "constant", 7.0)
o.image.ssim(np.tile(r, (1, 2, 2, 1)), np.tile(r[:, ::-1], (1, 2, 2, 1)))
"""


def _case(text: str) -> Any:
    def case(k: Any) -> list:
        found = eval(text, {"o": k.ops, **NAMES})
        return [np.asarray(leaf) for leaf in k.tree.flatten(found)]

    return case


def _cases(text: str) -> dict[str, Any]:
    calls = [one for line in text.split("\n") for one in line.split("|") if one]
    return {call: _case(call) for call in calls}


CASES = _cases(CALLS + IMAGES)
