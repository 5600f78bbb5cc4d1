"""What it takes to bring a trained network into a web page, and a drawing before the network.

With this module you can:

- store a matrix of weights in one byte for each: `quantise`;
- bring a drawing into the form of MNIST's digits: `to_field`;
- say which pixels spoke for a class, and which against it: `pixel_votes`;
- pack a network and some images into an element of a web page: `to_html`.

The script ``docs/_static/explore/playground.js`` does the same as `to_field` and `pixel_votes`
in the reader's browser. The page `playground` explains them.
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FIELD = 28
"""How many pixels the network's images have on each side."""

BOX = 20
"""How many pixels the longer side of a digit gets, as the makers of MNIST did it."""


def quantise(matrix: ArrayLike) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix as whole numbers of one byte, and a scale for each of its columns.

    Parameters
    ----------
    matrix : array_like of real numbers, shape (inputs, outputs)
        The weights of a dense layer.

    Returns
    -------
    codes : numpy.ndarray of int8, shape (inputs, outputs)
        Whole numbers from -127 to 127.
    scales : numpy.ndarray of float32, shape (outputs,)
        ``codes * scales`` differs from `matrix` by half a scale at most.

    Raises
    ------
    ValueError
        If `matrix` has not two axes, is empty, or holds a number that is not finite.

    Notes
    -----
    Explained on the page `playground`. A column of zeros gets the scale 1.
    """
    W = np.asarray(matrix, dtype=np.float32)
    if W.ndim != 2 or W.size == 0:
        raise ValueError(f"matrix: expected shape (inputs, outputs). Received: shape {W.shape}")
    if not np.isfinite(W).all():
        raise ValueError("matrix: expected finite numbers. Received: infinity or NaN")
    largest = np.abs(W).max(axis=0)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(W / scales).clip(-127, 127).astype(np.int8), scales


def to_field(drawing: ArrayLike) -> NDArray[np.float64]:
    """Bring a drawing into the form of MNIST's digits.

    The part that holds ink is scaled so that its longer side has 20 pixels, each the mean of
    the area that it covers. Then it is put into a field of 28×28 pixels so that its centre of
    mass comes to the middle.

    Parameters
    ----------
    drawing : array_like of real numbers, shape (height, width)
        The ink of each point; 0 is none.

    Returns
    -------
    numpy.ndarray of float64, shape (28, 28)
        The ink of each pixel, in the units of the drawing; all zeros if there is no ink.

    Raises
    ------
    ValueError
        If `drawing` has not two axes, or holds a number below 0.

    Notes
    -----
    Explained on the page `playground`; after Y. LeCun's description of MNIST.
    """
    ink = np.asarray(drawing, dtype=np.float64)
    if ink.ndim != 2:
        raise ValueError(f"drawing: expected shape (height, width). Received: shape {ink.shape}")
    if (ink < 0).any():
        raise ValueError(f"drawing: expected no number below 0. Received: {ink.min()}")
    field = np.zeros((FIELD, FIELD))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return field
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = BOX / max(ink.shape)
    height, width = (max(1, int(side * factor + 0.5)) for side in ink.shape)
    small = _means(height, ink.shape[0]) @ ink @ _means(width, ink.shape[1]).T
    top = _start(small.sum(axis=1))
    left = _start(small.sum(axis=0))
    field[top : top + height, left : left + width] = small
    return field


def _means(parts: int, length: int) -> NDArray[np.float64]:
    """Return the matrix that turns `length` numbers into `parts` means of equal stretches."""
    edges = np.linspace(0, length, parts + 1)
    points = np.arange(length)
    until = np.minimum(edges[1:, None], points + 1)
    shares: NDArray[np.float64] = np.maximum(until - np.maximum(edges[:-1, None], points), 0)
    return shares * (parts / length)


def _start(masses: NDArray[np.float64]) -> int:
    """Return where a stretch of masses begins if its centre shall be in the middle."""
    # As in MNIST, the middle is the pixel with the number 14, counted from 0.
    centre = (masses @ np.arange(len(masses))) / masses.sum()
    return int(min(max(np.floor(FIELD / 2 - centre + 0.5), 0), FIELD - len(masses)))


def pixel_votes(
    weights: Sequence[ArrayLike], image: ArrayLike, winner: int, rival: int
) -> NDArray[np.float64]:
    """Return how much each pixel speaks for one class rather than another.

    The two scores are those before the softmax. A pixel's vote is its ink times the gradient of
    ``score[winner] - score[rival]``, which is exact as long as no unit changes sides at zero.

    Parameters
    ----------
    weights : sequence of array_like
        ``W1``, ``b1``, ``W2`` and ``b2`` of a network with relu between its two dense layers.
    image : array_like of real numbers, shape (inputs,)
        The ink of each pixel.
    winner : int
        The class that votes above zero speak for.
    rival : int
        The class that votes below zero speak for.

    Returns
    -------
    numpy.ndarray of float64, shape (inputs,)
        The votes.

    Notes
    -----
    Explained on the page `playground`.
    """
    W1, b1, W2, _ = (np.asarray(part, dtype=np.float64) for part in weights)
    x = np.asarray(image, dtype=np.float64)
    fires = x @ W1 + b1 > 0
    gradient = W1 @ (fires * (W2[:, winner] - W2[:, rival]))
    votes: NDArray[np.float64] = x * gradient
    return votes


def to_html(
    weights: Sequence[ArrayLike], images: ArrayLike, labels: ArrayLike, answers: ArrayLike
) -> str:
    """Pack a network and some images into an element that a script of the page can read.

    Parameters
    ----------
    weights : sequence of array_like
        ``W1``, ``b1``, ``W2`` and ``b2``. Both matrices are quantised.
    images : array_like of uint8, shape (n, 28, 28)
        Images to choose from.
    labels : array_like of int, shape (n,)
        The class of each image, from 0 to 9.
    answers : array_like of int
        What the network said to a whole test set, from 0 to 9, for comparison.

    Returns
    -------
    str
        A ``script`` element that holds JSON and that no browser runs.

    Notes
    -----
    Used on the page `playground`.
    """
    layers = []
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        codes, scales = quantise(W)
        layers.append(
            {
                "inputs": codes.shape[0],
                "outputs": codes.shape[1],
                "codes": _base64(codes),
                "scales": _base64(scales),
                "biases": _base64(np.asarray(b, dtype="<f4")),
            }
        )
    data: dict[str, Any] = {
        "layers": layers,
        "images": _base64(np.asarray(images, dtype=np.uint8)),
        "labels": "".join(str(int(label)) for label in np.asarray(labels)),
        "answers": "".join(str(int(answer)) for answer in np.asarray(answers)),
    }
    text = json.dumps(data, separators=(",", ":"))
    return f'<script type="application/json" id="playground-data">{text}</script>'


def _base64(array: NDArray[Any]) -> str:
    """Return the bytes of an array, lowest byte first, as text."""
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode("ascii")
