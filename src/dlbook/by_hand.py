"""Backpropagation of the two-layer network, written by hand in NumPy: no tape, no framework.

With this module you can:

- compute the loss of a batch and the gradient of every weight: `gradients`;
- train for one step: `train_step`.

The network is ``softmax(relu(x @ W1 + b1) @ W2 + b2)``, and its loss the mean cross-entropy. Each
line of the backward pass is one formula of the page `four-ways`. The chain rule was applied on
paper; change the network, and you must go back to your paper. That is what a tape is for.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks

Array = NDArray[np.floating]
Gradients = tuple[float, list[Array]]


def _refusing_infinity(compute: Callable[..., Gradients]) -> Callable[..., Gradients]:
    """Let a function of x, labels and weights raise if its loss or gradients are not finite."""

    @functools.wraps(compute)
    def checked(x: ArrayLike, labels: ArrayLike, weights: Sequence[ArrayLike]) -> Gradients:
        with np.errstate(over="ignore", invalid="ignore"):  # the error says it in our words
            loss, steps = compute(x, labels, weights)
        if not all(map(math.isfinite, (loss, *map(_largest, steps)))):
            raise ValueError(
                "weights: expected finite numbers that give a finite loss and finite gradients. "
                f"Received: weights that give the loss {loss}"
            )
        return loss, steps

    return checked


@_refusing_infinity
def gradients(x: ArrayLike, labels: ArrayLike, weights: Sequence[ArrayLike]) -> Gradients:
    """Return the loss of a batch, and its gradient for each weight.

    Parameters
    ----------
    x : array_like of real numbers, shape (batch, inputs)
        The inputs, one row for each example; at least one. With float32 all is float32.
    labels : array_like of int, shape (batch,)
        The class of each example, from 0.
    weights : sequence of array_like of real numbers
        ``[W1, b1, W2, b2]``, of shapes (inputs, hidden), (hidden,), (hidden, classes) and
        (classes,). Whole numbers become float64.

    Returns
    -------
    loss : float
        The mean cross-entropy of the batch. It is computed from the numbers before softmax, so
        no probability needs to be clipped.
    gradients : list of numpy.ndarray of float
        The gradient of the loss for each of the weights, of its shape.

    Raises
    ------
    TypeError
        If inputs or weights are not real numbers, or the labels not whole numbers.
    ValueError
        If shapes do not fit, a label is not one of the classes, the inputs are not finite, or the
        weights are such that the loss or a gradient is not.

    Notes
    -----
    Derived on the page `four-ways`.

    Examples
    --------
    >>> weights = [np.eye(2), np.zeros(2), np.eye(2), np.zeros(2)]
    >>> loss, (dW1, db1, dW2, db2) = gradients(np.ones((1, 2)), [0], weights)
    >>> round(loss, 4), db2.tolist()
    (0.6931, [-0.5, 0.5])
    """
    x, labels, weights = _fitting(x, labels, weights)
    W1, b1, W2, b2 = weights
    examples = np.arange(len(x))
    # Forwards: keep what the way back needs.
    h = x @ W1
    h += b1
    np.maximum(h, 0, out=h)
    z = h @ W2
    z += b2
    z -= z.max(axis=1, keepdims=True)
    p = np.exp(z)
    total = p.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - z[examples, labels])
    p /= total
    # Backwards: one line for each formula.
    dz = p
    dz[examples, labels] -= 1
    dz /= len(x)
    dW2 = h.T @ dz
    db2 = dz.sum(axis=0)
    da = dz @ W2.T
    da *= h > 0
    dW1 = x.T @ da
    db1 = da.sum(axis=0)
    return float(loss), [dW1, db1, dW2, db2]


def train_step(
    x: ArrayLike, labels: ArrayLike, weights: Sequence[Array], *, learning_rate: float = 1e-3
) -> float:
    """Move the weights one step of plain gradient descent, in place.

    Parameters
    ----------
    x : array_like of real numbers, shape (batch, inputs)
        The inputs, one row for each example; at least one.
    labels : array_like of int, shape (batch,)
        The class of each example, from 0.
    weights : sequence of numpy.ndarray of float
        ``[W1, b1, W2, b2]``, of the shapes that `gradients` takes. Their entries change.
    learning_rate : float, default 0.001
        The step size, above 0.

    Returns
    -------
    float
        The loss of the batch before the step.

    Raises
    ------
    TypeError
        If a weight is no array of floats, the inputs are not real numbers, the labels not whole
        numbers, or `learning_rate` is no number.
    ValueError
        If a weight is read-only, shapes do not fit, a label is not one of the classes, the
        inputs, the loss or a gradient are not finite, or `learning_rate` is not above 0 or makes
        weights that are not finite. No weight has moved then.

    Notes
    -----
    Used on the page `four-ways`.
    """
    learning_rate = _checks.real_number("learning_rate", learning_rate, above=0)
    _check_writeable(_checks.parts(weights))
    loss, steps = gradients(x, labels, weights)
    with np.errstate(over="ignore"):
        for step in steps:
            step *= learning_rate  # in place: a kernel is large, and nobody needs its gradient now
    for weight, step in zip(weights, steps, strict=True):
        if not _largest(weight) + _largest(step) <= float(np.finfo(weight.dtype).max):
            raise ValueError(
                "learning_rate: expected a number that leaves all weights finite. "
                f"Received: {learning_rate}"
            )
    for weight, step in zip(weights, steps, strict=True):
        weight -= step
    return loss


def _fitting(
    x: ArrayLike, labels: ArrayLike, weights: Sequence[ArrayLike]
) -> tuple[Array, NDArray[np.integer], list[Array]]:
    """Return all as arrays; raise unless examples, labels and weights fit together."""
    given = enumerate(_checks.parts(weights))
    parts = [_floats(f"weights[{k}]", part) for k, part in given]
    inputs, classes = _checks.two_layers(parts)
    rows = _floats("x", x)
    if rows.ndim != 2 or rows.shape[1] != inputs:
        raise ValueError(f"x: expected shape (batch, {inputs}). Received: {rows.shape}")
    _, classified = _checks.examples(rows, labels, names=("x", "labels"))
    classified = _checks.whole_numbers("labels", classified, least=0, most=classes - 1)
    if not math.isfinite(_largest(rows)):
        raise ValueError("x: expected finite numbers. Received: infinity or NaN among them")
    return rows, classified, parts


def _floats(name: str, values: ArrayLike) -> Array:
    """Return real numbers as an array of floats: whole numbers become float64."""
    array = _checks.numbers(name, values, finite=False)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _largest(array: Array) -> float:
    """Return the largest absolute value: infinity or NaN if there is one, and without a copy."""
    return float(np.maximum(array.max(), -array.min()))


def _check_writeable(weights: Sequence[Any]) -> None:
    """Raise unless all weights are arrays of floats that can be changed."""
    for k, weight in enumerate(weights):
        floating = isinstance(weight, np.ndarray) and weight.dtype.kind == "f"
        if not floating or isinstance(weight, np.ma.MaskedArray):
            kind = weight.dtype if isinstance(weight, np.ndarray) else type(weight).__name__
            raise TypeError(f"weights[{k}]: expected an array of floats. Received: {kind}")
        if not weight.flags.writeable:
            raise ValueError(
                f"weights[{k}]: expected an array that can be changed. Received: a read-only one"
            )
