"""More expressions over the tf namespace: images, files, strings, matrices, signals.

golden_more.json holds what TensorFlow 2.21 makes of them, as for cases.py.
"""

import numpy as np

rng = np.random.default_rng(11)
X = rng.uniform(size=(2, 7, 5, 3)).astype("float32").round(3)
Y = (X + rng.normal(size=X.shape) * 0.05).clip(0, 1).astype("float32").round(3)
U = rng.integers(0, 256, (6, 9, 3)).astype("uint8")
G = rng.uniform(size=(4, 6, 1)).astype("float32").round(3)
BIG = rng.uniform(size=(1, 24, 24, 2)).astype("float32").round(2)
LARGER = (BIG * 0.9 + 0.03).astype("float32")
H = np.array([[[0, 0, 0], [1, 1, 1], [0.5, 0.2, 0.2], [0.2, 0.7, 0.7], [0.1, 0.1, 0.9]]], "float32")

_METHODS = "bilinear nearest bicubic area lanczos3 lanczos5 gaussian mitchellcubic".split()
CASES = [
    f"tf.image.resize({image}, {size}, {method!r}, antialias={antialias})"
    for image in ("X", "U")
    for size in ([3, 4], [11, 13])
    for method in _METHODS
    for antialias in (False, True)
]
CASES += [
    "tf.image.resize(X, (7, 5))",
    "tf.image.resize(X, tf.constant([4, 4]))",
    "tf.image.resize(U, (20, 20), preserve_aspect_ratio=True)",
    "tf.image.resize(U, (5, 20), preserve_aspect_ratio=True)",
    "tf.image.resize(G, (2, 2), method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)",
    "tf.image.resize(np.float64(X), (3, 3))",
    "tf.image.resize(np.float64(X), (3, 3), 'nearest')",
    "tf.image.resize_with_pad(X, 9, 9)",
    "tf.image.resize_with_pad(U, 4, 9)",
    "tf.image.resize_with_pad(U, 9, 4, method='nearest')",
    "tf.image.resize_with_pad(U, 8, 8, antialias=True)",
    "tf.image.resize_with_crop_or_pad(X, 4, 9)",
    "tf.image.resize_with_crop_or_pad(U, 9, 4)",
    "tf.image.crop_to_bounding_box(U, 1, 2, 3, 4)",
    "tf.image.pad_to_bounding_box(X, 1, 2, 10, 10)",
    "tf.image.central_crop(X, 0.5)",
    "tf.image.central_crop(U, 0.3)",
    "tf.image.central_crop(U, 1.0)",
    "tf.image.flip_left_right(U)",
    "tf.image.flip_up_down(X)",
    "tf.image.transpose(U)",
    *[f"tf.image.rot90({x}, {k})" for x in ("U", "X") for k in (0, 1, 2, 3, 5)],
    *[f"tf.image.rgb_to_{k}(X)" for k in ("grayscale", "hsv", "yuv", "yiq")],
    *[f"tf.image.{k}_to_rgb(X)" for k in ("hsv", "yuv", "yiq")],
    "tf.image.rgb_to_grayscale(U)",
    "tf.image.rgb_to_hsv(H)",
    "tf.image.grayscale_to_rgb(tf.constant(G))",
    "tf.image.adjust_brightness(X, 0.2)",
    "tf.image.adjust_brightness(U, -0.1)",
    "tf.image.adjust_contrast(X, 1.7)",
    "tf.image.adjust_contrast(U, 2.0)",
    "tf.image.adjust_saturation(X, 1.6)",
    "tf.image.adjust_saturation(U, 0.4)",
    "tf.image.adjust_hue(X, 0.3)",
    "tf.image.adjust_hue(U, -0.4)",
    "tf.image.adjust_gamma(X, 0.5, 2)",
    "tf.image.adjust_gamma(U, 1.5)",
    "tf.image.per_image_standardization(X)",
    "tf.image.per_image_standardization(U)",
    *[
        f"tf.image.convert_image_dtype({x}, tf.{kind}, saturate={saturate})"
        for x, kinds in (
            ("U", "float32 float16 uint16 int32 uint8"),
            ("X", "uint8 int16 float64"),
            ("np.int32(U) * 3000000", "uint8 float32"),
            ("np.int16(U)", "uint8"),
        )
        for kind in kinds.split()
        for saturate in (False, True)
    ],
    "tf.image.convert_image_dtype([[-0.5, 1.5]], tf.uint8, saturate=True)",
    *[
        f"tf.image.extract_patches(X, [1, {k}, 2, 1], [1, {s}, 1, 1], [1, {r}, 1, 1], {p!r})"
        for k, s, r in ((3, 1, 1), (2, 3, 1), (2, 2, 2))
        for p in ("VALID", "SAME")
    ],
    "tf.image.psnr(X, Y, 1.0)",
    "tf.image.psnr(U, np.roll(U, 1, 0), 255)",
    "tf.image.ssim(BIG, LARGER, 1.0)",
    "tf.image.ssim(BIG, LARGER, 1.0, filter_size=5, k1=0.02, return_index_map=True)",
    "tf.image.ssim(U, 255 - U, 255, filter_size=3)",
    "tf.image.ssim_multiscale(BIG, LARGER, 1.0, power_factors=(0.4, 0.6), filter_size=6)",
    "tf.image.total_variation(tf.constant(X))",
    "tf.image.total_variation(tf.constant(G))",
    "tf.image.image_gradients(tf.constant(X))",
    "tf.image.sobel_edges(tf.constant(X))",
    "tf.image.decode_png(tf.image.encode_png(U))",
    "tf.image.decode_png(tf.image.encode_png(U[:, :, :1]))",
    "tf.image.decode_png(tf.image.encode_png(U[:, :, :1]), channels=3)",
    "tf.image.decode_png(tf.image.encode_png(np.uint16(U[:, :, :1]) * 200), dtype=tf.uint16)",
    "tf.image.decode_png(tf.image.encode_png(U), channels=4)",
    "tf.image.decode_image(tf.image.encode_png(U), dtype=tf.float32)",
    "tf.shape(tf.image.decode_jpeg(tf.image.encode_jpeg(U), channels=1))",
    "tf.image.is_jpeg(tf.image.encode_jpeg(U))",
    "tf.image.extract_jpeg_shape(tf.image.encode_jpeg(U))",
]

GRADIENTS = [
    ("tf.image.resize(x, (3, 4))", "X"),
    ("tf.image.resize(x, (9, 3), 'bicubic')", "X"),
    ("tf.image.per_image_standardization(x)", "X"),
    ("tf.image.total_variation(x)", "X"),
    ("tf.image.ssim(x, LARGER, 1.0)", "BIG"),
    ("tf.image.extract_patches(x, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], 'VALID')", "X"),
]
CASES += [
    "tf.strings.lower(['AbC', 'É'])",
    "tf.strings.lower('É', encoding='utf-8')",
    "tf.strings.upper('aé', encoding='utf-8')",
    "tf.strings.split('a  b c ')",
    "tf.strings.split('a,,b', sep=',')",
    "tf.strings.split('a,b,c', sep=',', maxsplit=1)",
    "tf.strings.split(['a b', 'c d']).to_tensor()"
    " if hasattr(tf, 'RaggedTensor') else tf.strings.split(['a b', 'c d'])",
    r"tf.strings.regex_replace('a1b22', '[0-9]+', r'<\0>')",
    "tf.strings.regex_replace('a1b22', '([0-9])', 'x', replace_global=False)",
    r"tf.strings.regex_replace(['ab-cd'], '(.)-(.)', r'\2-\1')",
    "tf.strings.regex_full_match(['abc', 'ab'], 'a.c')",
    "tf.strings.substr(['hello', 'abc'], 1, 2)",
    "tf.strings.substr('hello', -3, 2)",
    "tf.strings.substr(['hello', 'abc'], [1, 0], [2, 1])",
    "tf.strings.substr('éab', 0, 1, unit='UTF8_CHAR')",
    "tf.strings.to_number(['1.5', 'nan', 'inf', ' 3 ', '1e3'])",
    "tf.strings.to_number(['12', '-7'], tf.int32)",
    "tf.strings.as_string([1.5, 2, 1e10, float('nan'), float('inf'), 1e-5])",
    "tf.strings.as_string([1, 2], width=4, fill='0')",
    "tf.strings.as_string([1.5, 2], precision=2)",
    "tf.strings.as_string([1.5, 2], scientific=True)",
    "tf.strings.as_string([1.5, 2], shortest=True)",
    "tf.strings.as_string([True, False])",
    "tf.strings.as_string([1 + 2j])",
    "tf.strings.as_string([-1.5], width=9, precision=1)",
    "tf.strings.to_hash_bucket_fast([b'x' * n for n in range(0, 200)], 1000003)",
    "tf.strings.to_hash_bucket_fast(['Hello', 'TensorFlow', '2.x'], 3)",
    "tf.strings.join(['a', ['b', 'c']], separator='-')",
    "tf.strings.join(['a', 'b'])",
    "tf.strings.reduce_join([['a', 'b'], ['c', 'd']])",
    "tf.strings.reduce_join([['a', 'b'], ['c', 'd']], axis=-1, separator='+', keepdims=True)",
    "tf.strings.reduce_join([['a', 'b'], ['c', 'd']], axis=[1, 0])",
    "tf.strings.reduce_join([['a', 'b'], ['c', 'd']], 0)",
    "tf.strings.length(['é', 'abc'])",
    "tf.strings.length(['é', 'abc'], unit='UTF8_CHAR')",
    "tf.strings.format('x={} y={}', (tf.constant([1.5, 2.0]), 's'))",
    "tf.strings.format('{}', tf.range(10))",
    "tf.strings.strip([' a\\n', 'b c '])",
    "tf.strings.bytes_split('abc')",
    "tf.strings.unicode_decode('aé', 'UTF-8')",
    "tf.strings.unicode_split('aé', 'UTF-8')",
    "tf.strings.unicode_encode([97, 233], 'UTF-8')",
    "tf.strings.unicode_transcode('aé', 'UTF-8', 'UTF-16-BE')",
    "tf.strings.ngrams(['a', 'b', 'c'], 2)",
    "tf.strings.ngrams(['a', 'b', 'c'], [1, 2], separator='_')",
    "tf.io.decode_raw('abcd', tf.uint8)",
    "tf.io.decode_raw(['abcd', 'efgh'], tf.int16)",
    "tf.io.decode_raw('abcd', tf.int16, little_endian=False)",
    "tf.io.decode_raw(['ab', 'abcd'], tf.uint8, fixed_length=3)",
    "tf.io.decode_csv(['1,2.5,a', '4,,\"b,c\"'], [0, 1.0, ''])",
    "tf.io.decode_csv('1;2', [[0], [0]], field_delim=';')",
    "tf.io.decode_csv('1,NA', [0, 7], na_value='NA')",
    "tf.io.decode_csv('1,2,3', [0, 1], select_cols=[0, 2])",
    "tf.io.encode_base64(['hello?>', 'a'])",
    "tf.io.encode_base64('hello', pad=True)",
    "tf.io.decode_base64('aGVsbG8_Pg')",
    "tf.io.serialize_tensor([1, 2])",
    "tf.io.serialize_tensor([['a'], ['bc']])",
    "tf.io.serialize_tensor([True])",
    "tf.io.serialize_tensor(tf.zeros([2, 0], tf.float16))",
    "tf.io.serialize_tensor(tf.constant(3, tf.int64))",
    "tf.io.parse_tensor(tf.io.serialize_tensor(X), tf.float32)",
    "tf.io.parse_tensor(tf.io.serialize_tensor([['a'], ['bc']]), tf.string)",
]

M = rng.normal(size=(2, 3, 3)).astype("float32").round(2) + 2 * np.eye(3, dtype="float32")
D = (M @ M.transpose(0, 2, 1) + np.eye(3)).astype("float32")
R = rng.normal(size=(2, 3, 2)).astype("float32").round(2)
T = rng.normal(size=(5, 3)).astype("float32").round(2)
S = rng.normal(size=(2, 40)).astype("float32").round(2)
C = (rng.normal(size=(2, 3, 5)) + 1j * rng.normal(size=(2, 3, 5))).astype("complex64")
CASES += [
    "tf.linalg.inv(M)",
    "tf.linalg.inv(M, adjoint=True)",
    "tf.linalg.det(M)",
    "tf.linalg.slogdet(M)[1]",
    "tf.linalg.slogdet(-M).sign",
    "tf.linalg.logdet(D)",
    "tf.linalg.solve(M, R)",
    "tf.linalg.solve(M, R, adjoint=True)",
    "tf.linalg.triangular_solve(M, R)",
    "tf.linalg.triangular_solve(M, R, lower=False)",
    "tf.linalg.triangular_solve(M, R, adjoint=True)",
    "tf.linalg.triangular_solve(M[0], R)",
    "tf.linalg.cholesky(D)",
    "tf.linalg.cholesky_solve(tf.linalg.cholesky(D), R)",
    "tf.linalg.lstsq(T, T[:, :2])",
    "tf.linalg.lstsq(T, T[:, :2], l2_regularizer=0.3)",
    "tf.linalg.lstsq(np.ascontiguousarray(T.T), T[:3, :2], l2_regularizer=0.1)",
    "tf.abs(tf.linalg.qr(T).r)",
    "tf.abs(tf.linalg.qr(T, full_matrices=True)[0][:, :3])",
    "tf.matmul(*tf.linalg.qr(M))",
    "tf.linalg.svd(T)[0]",
    "tf.linalg.svd(T, compute_uv=False)",
    "tf.abs(tf.linalg.svd(T)[2])",
    "tf.shape(tf.linalg.svd(T, full_matrices=True)[1])",
    "tf.linalg.eigh(D)[0]",
    "tf.abs(tf.linalg.eigh(D)[1])",
    "tf.linalg.eigvalsh(D)",
    "tf.reduce_sum(tf.linalg.eigvals(M), -1)",
    "tf.linalg.expm(M / 3)",
    "tf.linalg.expm(2 * M)",
    "tf.linalg.pinv(T)",
    "tf.linalg.matrix_rank(T[:, [0, 0, 1]])",
    "tf.signal.fft(C)",
    "tf.signal.ifft(C)",
    "tf.signal.fft2d(C)",
    "tf.signal.ifft2d(C)",
    "tf.signal.fft3d(C)",
    "tf.signal.rfft(S)",
    "tf.signal.rfft(S, [13])",
    "tf.signal.rfft(S, fft_length=[64])",
    "tf.signal.rfft2d(X[:, :, :, 0])",
    "tf.signal.irfft(C)",
    "tf.signal.irfft(C, [9])",
    "tf.signal.irfft(C, [4])",
    "tf.signal.irfft2d(C)",
    "tf.signal.irfft(tf.signal.rfft(S))",
    "tf.signal.fftshift(S)",
    "tf.signal.ifftshift(T, axes=[0])",
    "tf.signal.frame(S, 7, 4)",
    "tf.signal.frame(S, 7, 4, pad_end=True, pad_value=3)",
    "tf.signal.frame(X, 3, 2, axis=1)",
    "tf.signal.overlap_and_add(tf.signal.frame(S, 7, 4), 4)",
    *[
        f"tf.signal.{k}_window({n}, periodic={p})"
        for k in ("hann", "hamming")
        for n in (1, 8, 9)
        for p in (True, False)
    ],
    "tf.signal.kaiser_window(7, beta=5.0)",
    "tf.signal.vorbis_window(8)",
    "tf.abs(tf.signal.stft(S, 9, 4))",
    "tf.signal.stft(S, 8, 4, fft_length=12, window_fn=tf.signal.hamming_window, pad_end=True)",
    "tf.signal.stft(S, 8, 4, window_fn=None)",
    "tf.signal.linear_to_mel_weight_matrix(6, 33, 8000, 80.0, 3600.0)",
]
GRADIENTS += [
    ("tf.linalg.inv(x)", "M"),
    ("tf.linalg.det(x)", "M"),
    ("tf.linalg.slogdet(x)[1]", "M"),
    ("tf.linalg.logdet(x)", "D"),
    ("tf.linalg.solve(x, R)", "M"),
    ("tf.linalg.solve(M, x)", "R"),
    ("tf.linalg.triangular_solve(x, R)", "M"),
    ("tf.linalg.cholesky(x)", "D"),
    ("tf.linalg.lstsq(x, T[:, :2])", "T"),
    ("tf.linalg.eigh(x)[0]", "D"),
    ("tf.matmul(*tf.linalg.qr(x))", "T"),
    ("tf.linalg.svd(x)[0]", "T"),
    ("tf.linalg.expm(x)", "M / 3"),
    ("tf.linalg.pinv(x)", "T"),
    ("tf.abs(tf.signal.rfft(x))", "S"),
    ("tf.signal.irfft(tf.signal.rfft(x))", "S"),
    ("tf.abs(tf.signal.stft(x, 9, 4))", "S"),
    ("tf.signal.frame(x, 7, 4)", "S"),
]

WAVE = rng.uniform(-1.1, 1.1, size=(7, 2)).astype("float32").round(2)
_PAIRS = "tf.lookup.KeyValueTensorInitializer(['a', 'b', 'c'], tf.constant([0, 1, 2], tf.int64))"
CASES += [
    "tf.audio.encode_wav(WAVE, 8000)",
    "tf.audio.decode_wav(tf.audio.encode_wav(WAVE, 8000))[0]",
    "tf.audio.decode_wav(tf.audio.encode_wav(WAVE, 8000)).sample_rate",
    "tf.audio.decode_wav(tf.audio.encode_wav(WAVE, 8000), desired_channels=1).audio",
    "tf.audio.decode_wav(tf.audio.encode_wav(WAVE, 8000), desired_samples=4)[0]",
    "tf.audio.decode_wav(tf.audio.encode_wav(WAVE, 8000), 1, 9)[0]",
    f"tf.lookup.StaticHashTable({_PAIRS}, -1).lookup(tf.constant([['c', 'x'], ['a', 'b']]))",
    f"tf.lookup.StaticHashTable({_PAIRS}, -1).size()",
    f"tf.lookup.StaticVocabularyTable({_PAIRS}, 5).lookup(tf.constant(['c', 'x', 'zz', 'q']))",
    f"tf.lookup.StaticVocabularyTable({_PAIRS}, 5).size()",
]
