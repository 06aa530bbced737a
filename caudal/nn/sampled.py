"""Losses over very many classes, of which a few are sampled: for training only."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, floating, scalar, static_int
from caudal.array.movement import concat
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor, stop_gradient
from caudal.framework.matmul import matmul
from caudal.ir.dtypes import int64
from caudal.nn.lookup import embedding_lookup
from caudal.nn.losses import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
)
from caudal.random.candidates import log_uniform_candidate_sampler


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str = "nce_loss",
) -> Any:
    """The noise-contrastive estimate of each example's loss, [batch] (Gutmann, Hyvärinen 2010).

    Args:
        weights: [classes, dim].
        biases: [classes].
        labels: [batch, num_true] integers.
        inputs: [batch, dim].
        num_sampled: how many classes to sample for the batch.
        num_classes: how many there are.
        num_true: how many true classes an example has.
        sampled_values: what a ``candidate_sampler`` gave; by default the log-uniform one is asked.
        remove_accidental_hits: whether a sampled class that is a true one is left out.
        name: not used.
    """
    logits, targets = _sampled(
        "nce_loss",
        weights,
        biases,
        labels,
        inputs,
        (num_sampled, num_classes, num_true),
        sampled_values,
        remove_accidental_hits,
        None,
    )
    losses = sigmoid_cross_entropy_with_logits(targets, logits)
    return ops.reduce_sum(losses, axes=(1,))


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: Any = None,
    name: str = "sampled_softmax_loss",
) -> Any:
    """The softmax loss over the true and a few sampled classes, [batch] (Jean et al. 2014).

    Arguments as of `nce_loss`; ``seed`` is that of the sampler.
    """
    logits, targets = _sampled(
        "sampled_softmax_loss",
        weights,
        biases,
        labels,
        inputs,
        (num_sampled, num_classes, num_true),
        sampled_values,
        remove_accidental_hits,
        seed,
    )
    return softmax_cross_entropy_with_logits(stop_gradient(targets), logits)


def _sampled(
    what: str,
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    counts: tuple[Any, Any, Any],
    sampled_values: Any,
    remove_hits: bool,
    seed: Any,
) -> tuple[Any, Any]:
    """Logits and targets [batch, num_true + num_sampled], less the classes' log expectations."""
    x = floating(what, inputs, complex_too=False)
    table = concat(weights, 0) if isinstance(weights, list | tuple) else weights
    true = cast_to(as_tensor(labels), int64)
    num_true = static_int(counts[2], what + ": num_true")
    if len(dims(x)) != 2 or dims(true) != (dims(x)[0], num_true):
        raise ShapeError(
            "{what}: expected inputs [batch, dim] and labels [batch, {num_true}], received shapes "
            "{inputs} and {labels}.",
            what=what,
            num_true=num_true,
            inputs=dims(x),
            labels=dims(true),
        )
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(
            true, num_true, counts[0], True, counts[1], seed=seed
        )
    sampled, true_count, sampled_count = (stop_gradient(part) for part in sampled_values)
    sampled = cast_to(sampled, int64)
    batch, dim = dims(x)
    wide = ops.reshape(x, shape=(batch, 1, dim))
    own = ops.reduce_sum(ops.mul(embedding_lookup(table, true), wide), axes=(2,))
    own = ops.add(own, embedding_lookup(biases, true))
    others = matmul(x, embedding_lookup(table, sampled), transpose_b=True)
    others = ops.add(others, embedding_lookup(biases, sampled))
    if remove_hits:
        number = dims(sampled)[0]
        hit = ops.equal(
            ops.reshape(true, shape=(batch, num_true, 1)),
            ops.reshape(sampled, shape=(1, 1, number)),
        )
        least = scalar(np.finfo(np.float32).min, others)
        others = ops.select(ops.reduce_or(hit, axes=(1,)), ops.add(others, least), others)
    own = ops.sub(own, ops.log(cast_to(true_count, own.dtype)))
    others = ops.sub(others, ops.log(cast_to(sampled_count, others.dtype)))
    targets = np.zeros((batch, num_true + dims(others)[1]), x.dtype.np_dtype)
    targets[:, :num_true] = 1 / num_true
    return concat([own, others], 1), convert_to_tensor(targets)
