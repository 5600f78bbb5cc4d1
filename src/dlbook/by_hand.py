"""Backpropagation of the two-layer network, written by hand in NumPy: no tape, no framework.

With this module you can:

- compute the loss of a batch and the gradient of every weight: `gradients`;
- train for one step: `train_step`.

The network is ``softmax(relu(x @ W1 + b1) @ W2 + b2)``, and its loss the mean cross-entropy. Each
line of the backward pass is one formula of the page `four-ways`. The chain rule was applied on
paper; change the network, and you must go back to your paper. That is what a tape is for.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks

Array = NDArray[np.floating]


def gradients(x: Array, labels: ArrayLike, weights: Sequence[Array]) -> tuple[float, list[Array]]:
    """Return the loss of a batch, and its gradient for each weight.

    Parameters
    ----------
    x : numpy.ndarray of float, shape (batch, inputs)
        The inputs, one row for each example; at least one. With float32 all is float32.
    labels : array_like of int, shape (batch,)
        The class of each example, from 0.
    weights : sequence of numpy.ndarray of float
        ``[W1, b1, W2, b2]``, of shapes (inputs, hidden), (hidden,), (hidden, classes) and
        (classes,).

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
        If the labels are not whole numbers.
    ValueError
        If shapes do not fit, or a label is not one of the classes.

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
    labels = _fitting_labels(x, labels, weights)
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
    x: Array, labels: ArrayLike, weights: Sequence[Array], *, learning_rate: float = 1e-3
) -> float:
    """Move the weights one step of plain gradient descent, in place.

    Parameters
    ----------
    x : numpy.ndarray of float, shape (batch, inputs)
        The inputs, one row for each example; at least one.
    labels : array_like of int, shape (batch,)
        The class of each example, from 0.
    weights : sequence of numpy.ndarray of float
        ``[W1, b1, W2, b2]``, as `gradients` takes them. Their entries change.
    learning_rate : float, default 0.001
        The step size, above 0.

    Returns
    -------
    float
        The loss of the batch before the step.

    Raises
    ------
    TypeError
        If the labels are not whole numbers, or `learning_rate` is no number.
    ValueError
        If shapes do not fit, a label is not one of the classes, or `learning_rate` is not above
        0.

    Notes
    -----
    Used on the page `four-ways`.
    """
    learning_rate = _checks.real_number("learning_rate", learning_rate, above=0)
    loss, steps = gradients(x, labels, weights)
    for weight, step in zip(weights, steps, strict=True):
        step *= learning_rate  # in place: a kernel is large, and nobody needs its gradient now
        weight -= step
    return loss


def _fitting_labels(x: Array, labels: ArrayLike, weights: Sequence[Array]) -> NDArray[np.integer]:
    """Return the labels as an array; raise unless examples, labels and weights fit together."""
    shapes = [np.shape(weight) for weight in weights]
    if [len(shape) for shape in shapes] != [2, 1, 2, 1]:
        raise ValueError(
            "weights: expected [W1, b1, W2, b2], a matrix and a vector for each layer. "
            f"Received: shapes {shapes}"
        )
    (inputs, hidden), _, (_, classes), _ = shapes
    expected = [(inputs, hidden), (hidden,), (hidden, classes), (classes,)]
    if shapes != expected:
        raise ValueError(f"weights: expected shapes {expected}. Received: {shapes}")
    if x.ndim != 2 or x.shape[1] != inputs:
        raise ValueError(f"x: expected shape (batch, {inputs}). Received: {x.shape}")
    _, classified = _checks.examples(x, labels, names=("x", "labels"))
    if not 0 <= classified.min() <= classified.max() < classes:
        raise ValueError(
            f"labels: expected whole numbers from 0 to {classes - 1}. "
            f"Received: values from {classified.min()} to {classified.max()}"
        )
    return classified
