"""``keras.backend``: convolutions, poolings, losses, activations, recurrence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import control, image, math, nn, ops
from caudal.array import movement
from caudal.array.arguments import dims
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor, is_tensor_like
from caudal.keras.backend.tensors import cast, clip
from caudal.keras.engine.policy import epsilon
from caudal.keras.layers import arguments, recurrence
from caudal.keras.losses import probabilistic
from caudal.keras.ops import alignment, networks


def _tensor(x: Any) -> Any:
    return x if isinstance(x, Tensor) else convert_to_tensor(x)


# --- activations ------------------------------------------------------------------------------


def relu(x: Any, alpha: float = 0.0, max_value: Any = None, threshold: float = 0.0) -> Any:
    """x above the threshold, at most ``max_value``; below it ``alpha * (x - threshold)``."""
    from caudal.keras import activations

    return activations.relu(_tensor(x), alpha, max_value, threshold)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, ``alpha * (exp(x) - 1)`` below."""
    x = _tensor(x)
    return math.maximum(x, cast(0.0, x.dtype)) + alpha * math.expm1(
        math.minimum(x, cast(0.0, x.dtype))
    )


def softmax(x: Any, axis: int = -1) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis."""
    return nn.softmax(x, axis=axis)


def softplus(x: Any) -> Any:
    """``log(1 + exp(x))``."""
    return math.softplus(x)


def softsign(x: Any) -> Any:
    """``x / (1 + abs(x))``."""
    return math.softsign(x)


def hard_sigmoid(x: Any) -> Any:
    """``0.2 * x + 0.5``, kept between 0 and 1."""
    return clip(_tensor(x) * 0.2 + 0.5, 0.0, 1.0)


def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Zeros at random with probability ``level``; the others grow by ``1 / (1 - level)``."""
    return nn.dropout(x, rate=level, noise_shape=noise_shape, seed=seed)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """x divided by its norm along axes."""
    return math.l2_normalize(x, axis=axis)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether the target of each row is among its k greatest predictions."""
    return math.in_top_k(targets, predictions, k)


def batch_normalization(
    x: Any,
    mean: Any,
    var: Any,
    beta: Any,
    gamma: Any,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Any:
    """``(x - mean) / sqrt(var + epsilon) * gamma + beta``."""
    return nn.batch_normalization(x, mean, var, beta, gamma, epsilon)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """x plus a bias of one value a channel, or one for each place behind the batch axis."""
    x, bias = _tensor(x), _tensor(bias)
    rank = len(x.shape)
    if len(bias.shape) not in (1, rank - 1):
        raise ShapeError(
            "keras.backend.bias_add: expected a bias with 1 or {rank} axes, received shape "
            "{shape}.",
            rank=rank - 1,
            shape=dims(bias),
        )
    first = arguments.data_format(data_format) == "channels_first" and rank > 2
    extents = dims(bias)
    if len(extents) == 1:
        wide = (extents[0], *(1,) * (rank - 2)) if first else (*(1,) * (rank - 2), extents[0])
    else:
        wide = (extents[-1], *extents[:-1]) if first else extents
    return x + movement.reshape(bias, (1, *wide))


# --- losses -----------------------------------------------------------------------------------


def _probability(output: Any) -> Any:
    output = _tensor(output)
    return clip(output, epsilon(), 1.0 - epsilon())


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """``-target * log(output) - (1 - target) * log(1 - output)``, element by element."""
    output, from_logits = probabilistic.recover_logits("binary_crossentropy", output, from_logits)
    target = cast(target, output.dtype)
    if from_logits:
        return nn.sigmoid_cross_entropy_with_logits(target, output)
    p = _probability(output)
    small = epsilon()
    return -(target * math.log(p + small) + (1.0 - target) * math.log(1.0 - p + small))


def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    """`binary_crossentropy` times ``(1 - p of the right class) ** gamma``."""
    output = _tensor(output)
    target = cast(target, output.dtype)
    p = math.sigmoid(output) if from_logits else output
    right = target * p + (1.0 - target) * (1.0 - p)
    found = math.pow(1.0 - right, gamma) * binary_crossentropy(target, p)
    if apply_class_balancing:
        found = found * (target * alpha + (1.0 - target) * (1.0 - alpha))
    return found


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """``-sum(target * log(output))`` along an axis."""
    return networks.categorical_crossentropy(target, output, from_logits, axis)


def categorical_focal_crossentropy(
    target: Any,
    output: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Any:
    """``-sum(alpha * (1 - output) ** gamma * target * log(output))`` along an axis."""
    output = _tensor(output)
    target = cast(target, output.dtype)
    p = nn.softmax(output, axis=axis) if from_logits else output
    p = _probability(p / math.reduce_sum(p, axis=axis, keepdims=True))
    weight = math.pow(1.0 - p, gamma) * _tensor(alpha)
    return math.reduce_sum(-target * math.log(p) * weight, axis=axis)


def sparse_categorical_crossentropy(
    target: Any,
    output: Any,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | None = None,
) -> Any:
    """``-log(output[target])`` of integer classes."""
    return probabilistic.sparse_categorical_crossentropy(
        _tensor(target), _tensor(output), from_logits, ignore_class, axis
    )


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """The CTC loss of each row, ``(batch, 1)``; the last class is the blank.

    y_true: labels (batch, labels). y_pred: probabilities (batch, steps, classes). The lengths,
    (batch, 1), say how many steps and labels of each row count.
    """
    logits = math.log(_tensor(y_pred) + epsilon())
    counts, steps = (movement.reshape(cast(x, "int32"), [-1]) for x in (label_length, input_length))
    labels = cast(y_true, "int32")
    found = nn.ctc_loss(labels, logits, counts, steps, logits_time_major=False, blank_index=-1)
    return movement.expand_dims(found, 1)


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Any], Any]:
    """The likeliest labels of probabilities (batch, steps, classes); the last class is the blank.

    Returns:
        (labels of each path (batch, steps), int64, -1 behind their end; scores (batch, paths)).
    """
    probabilities = _tensor(y_pred)
    logits = math.log(probabilities + epsilon())
    found, scores = alignment.ctc_decode(
        logits,
        cast(input_length, "int32"),
        "greedy" if greedy else "beam_search",
        beam_width,
        top_paths,
        mask_index=probabilities.shape[-1] - 1,
    )
    return [cast(labels, "int64") for labels in movement.unstack(found)], scores


# --- convolutions and poolings ----------------------------------------------------------------


def conv1d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """The convolution of sequences with a kernel (window, in, out); padding may be 'causal'."""
    if arguments.padding_name(padding, causal=True) == "causal":
        first = arguments.data_format(data_format) == "channels_first"
        reach = dilation_rate if isinstance(dilation_rate, int) else dilation_rate[0]
        x = arguments.pad_left(_tensor(x), reach * (dims(_tensor(kernel))[0] - 1), first)
        padding = "valid"
    return networks.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """The convolution of images with a kernel (height, width, in, out)."""
    return networks.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Any:
    """The convolution of volumes with a kernel (depth, height, width, in, out)."""
    return networks.conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """The transposed convolution with a kernel (height, width, out, in)."""
    return nn.conv_transpose(
        _tensor(x),
        kernel,
        output_shape,
        arguments.integers(strides, 2, "strides"),
        arguments.padding_name(padding).upper(),
        arguments.tensorflow_format(arguments.data_format(data_format), 2),
        dilations=arguments.integers(dilation_rate, 2, "dilation_rate"),
    )


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Each channel with its own kernels (height, width, in, multiplier)."""
    return networks.depthwise_conv(
        x, depthwise_kernel, strides, padding, data_format, dilation_rate
    )


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """`depthwise_conv2d`, then a convolution (1, 1, in * multiplier, out)."""
    return networks.separable_conv(
        x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate
    )


def _pool(
    x: Any, pool_size: Any, strides: Any, padding: str, data_format: str | None, mode: str
) -> Any:
    if mode not in ("max", "avg"):
        raise InvalidArgumentError(
            "keras.backend: expected pool_mode 'max' or 'avg', received {mode!r}.", mode=mode
        )
    fold = networks.max_pool if mode == "max" else networks.average_pool
    return fold(x, pool_size, strides, padding, data_format)


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The maximum ('max') or mean ('avg') of each window of images."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The maximum ('max') or mean ('avg') of each window of volumes."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


# --- sizes ------------------------------------------------------------------------------------


def _padded(x: Any, pads: Any, data_format: str | None) -> Any:
    first = arguments.data_format(data_format) == "channels_first"
    inner = [tuple(pair) for pair in pads]
    return movement.pad(_tensor(x), [(0, 0), *([(0, 0), *inner] if first else [*inner, (0, 0)])])


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Zeros before and after the steps of (batch, steps, features)."""
    return movement.pad(_tensor(x), [(0, 0), tuple(padding), (0, 0)])


def spatial_2d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Zeros around images."""
    return _padded(x, padding, data_format)


def spatial_3d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Zeros around volumes."""
    return _padded(x, padding, data_format)


def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str,
    interpolation: str = "nearest",
) -> Any:
    """Images that many times as large, by 'nearest', 'bilinear' or another method."""
    first = arguments.data_format(data_format) == "channels_first"
    x = _tensor(x)
    if first:
        x = movement.transpose(x, [0, 2, 3, 1])
    _, height, width, _ = dims(x)
    if interpolation == "nearest":
        x = movement.repeat(movement.repeat(x, height_factor, axis=1), width_factor, axis=2)
    else:
        x = image.resize(x, (height * height_factor, width * width_factor), interpolation)
    return movement.transpose(x, [0, 3, 1, 2]) if first else x


def resize_volumes(
    x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str
) -> Any:
    """Each element of volumes repeated along the three spatial axes."""
    start = 2 if arguments.data_format(data_format) == "channels_first" else 1
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), start):
        x = movement.repeat(x, factor, axis=axis)
    return x


# --- control ----------------------------------------------------------------------------------


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """The first where the condition holds, else the second; functions are called.

    A scalar condition chooses one of them, another one chooses element by element (or row by row).

    >>> switch([True, False], [1.0, 2.0], [3.0, 4.0]).numpy().tolist()
    [1.0, 4.0]
    """
    condition = cast(condition, "bool")

    def value(branch: Any) -> Any:
        return _tensor(branch() if callable(branch) and not is_tensor_like(branch) else branch)

    if not condition.shape:
        return control.cond(
            condition, lambda: value(then_expression), lambda: value(else_expression)
        )
    first, second = value(then_expression), value(else_expression)
    extra = len(first.shape) - len(condition.shape)
    if extra > 0:
        condition = movement.reshape(condition, (*dims(condition), *(1,) * extra))
    return ops.select(condition, first, second)


def map_fn(fn: Callable[..., Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """``fn`` of each element of the first axis, stacked."""
    return control.map_fn(fn, elems, dtype=dtype)


def foldl(
    fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None
) -> Any:
    """``fn(fn(initializer, first), second)`` and so on."""
    return control.foldl(fn, elems, initializer)


def foldr(
    fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None
) -> Any:
    """`foldl` from the last element to the first."""
    return control.foldr(fn, elems, initializer)


def rnn(
    step_function: Callable[..., Any],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    """Runs ``step_function(input of a step, states) -> (output, states)`` over time.

    Returns:
        (last output, all outputs (batch, time, ...) or only the last one, last states).
    """
    if time_major:
        raise UnimplementedError(
            "keras.backend.rnn: time_major=True is not implemented; transpose the inputs."
        )

    def step(x: Any, states: Any) -> Any:
        return step_function(x, [*states, *(constants or [])])

    last, outputs, states = recurrence.scan(
        step,
        inputs,
        list(initial_states),
        mask=mask,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
        keep_all=True,
    )
    if not return_all_outputs:
        outputs = movement.expand_dims(last, 1)
    return last, outputs, list(states)
