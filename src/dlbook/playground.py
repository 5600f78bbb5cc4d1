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

from dlbook import _checks

FIELD = 28
"""How many pixels the network's images have on each side."""

CLASSES = 10
"""How many digits there are."""

BOX = 20
"""How many pixels the longer side of a digit gets, as the makers of MNIST did it."""

FAINTEST, DARKEST = 1e-290, 1e290
"""The range of ink of which means and sums can be taken without leaving that of float64."""

SMALLEST = float(np.finfo(np.float32).tiny)
"""The smallest scale of `quantise`, and the smallest float32 that has all its digits."""

LARGEST = 127 * float(np.finfo(np.float32).max)
"""The largest number that `quantise` takes, since its scale is a float32."""


def quantise(matrix: ArrayLike) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix as whole numbers of one byte, and a scale for each of its columns.

    Parameters
    ----------
    matrix : array_like of real numbers, shape (inputs, outputs)
        The weights of a dense layer, at most 4e40 from zero.

    Returns
    -------
    codes : numpy.ndarray of int8, shape (inputs, outputs)
        Whole numbers from -127 to 127.
    scales : numpy.ndarray of float32, shape (outputs,)
        ``codes * scales`` differs from `matrix` by half a scale at most.

    Raises
    ------
    TypeError
        If `matrix` does not hold real numbers.
    ValueError
        If `matrix` has not two axes, is empty, or holds a number that is not finite or too large
        for the scale.

    Notes
    -----
    Explained on the page `playground`. A column of zeros gets the scale 1. No scale is below
    1.2e-38: a smaller float32 has fewer digits, and not every processor calculates with it.
    """
    (W,) = _checks.fitting({"matrix": (matrix, "inputs outputs")})
    W = W.astype(np.float64)
    if not np.abs(W).max() <= LARGEST:
        raise ValueError(
            f"matrix: expected numbers of at most {LARGEST:.1e}. Received: {np.abs(W).max()}"
        )
    largest = np.abs(W).max(axis=0)
    scales = np.where(largest > 0, np.maximum(largest / 127, SMALLEST), 1).astype(np.float32)
    return np.rint(W / scales).astype(np.int8), scales


def to_field(drawing: ArrayLike) -> NDArray[np.float64]:
    """Bring a drawing into the form of MNIST's digits.

    The part that holds ink is scaled so that its longer side has 20 pixels, each the mean of
    the area that it covers. Then it is put into a field of 28×28 pixels so that its centre of
    mass comes to the middle.

    Parameters
    ----------
    drawing : array_like of real numbers, shape (height, width)
        The ink of each point, up to 1e290; 0 is none, and less than 1e-290 counts as none.

    Returns
    -------
    numpy.ndarray of float64, shape (28, 28)
        The ink of each pixel, in the units of the drawing; all zeros if there is no ink.

    Raises
    ------
    TypeError
        If `drawing` does not hold real numbers.
    ValueError
        If `drawing` has not two axes, or holds a number that is below 0, too large or not finite.

    Notes
    -----
    Explained on the page `playground`; after Y. LeCun's description of MNIST.
    """
    ink = _checks.numbers("drawing", drawing).astype(np.float64)
    if ink.ndim != 2:
        raise ValueError(f"drawing: expected shape (height, width). Received: shape {ink.shape}")
    if (ink < 0).any():
        raise ValueError(f"drawing: expected no number below 0. Received: {ink.min()}")
    if (ink > DARKEST).any():
        raise ValueError(f"drawing: expected no number above {DARKEST}. Received: {ink.max()}")
    ink[ink < FAINTEST] = 0
    field = np.zeros((FIELD, FIELD))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return field
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
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


@_checks.IN_SILENCE
def pixel_votes(
    weights: Sequence[ArrayLike], image: ArrayLike, winner: int, rival: int
) -> NDArray[np.float64]:
    """Return how much each pixel speaks for one class rather than another.

    The two scores are those before the softmax. A pixel's vote is its ink times the gradient of
    ``score[winner] - score[rival]``, which is exact as long as no unit changes sides at zero.

    Parameters
    ----------
    weights : sequence of array_like of real numbers
        ``W1``, ``b1``, ``W2`` and ``b2`` of a network with relu between its two dense layers.
    image : array_like of real numbers, shape (inputs,)
        The ink of each pixel.
    winner : int
        The class that votes above zero speak for, from 0.
    rival : int
        The class that votes below zero speak for, from 0.

    Returns
    -------
    numpy.ndarray of float64, shape (inputs,)
        The votes; infinite where float64 cannot hold the number.

    Raises
    ------
    TypeError
        If weights or image are not real numbers, or a class is no whole number.
    ValueError
        If shapes do not fit, a number is not finite, or there is no class of this number.

    Notes
    -----
    Explained on the page `playground`.
    """
    W1, b1, W2, _ = _network(weights)
    (x,) = _checks.fitting({"image": (image, f"{len(W1)}")})
    winner = _checks.whole_number("winner", winner, least=0, most=W2.shape[1] - 1)
    rival = _checks.whole_number("rival", rival, least=0, most=W2.shape[1] - 1)
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
    weights : sequence of array_like of real numbers
        ``W1``, ``b1``, ``W2`` and ``b2`` of a network with 784 inputs and at most 10 classes.
        Both matrices are quantised.
    images : array_like of int, shape (n, 28, 28)
        Images to choose from: grey levels from 0 to 255.
    labels : array_like of int, shape (n,)
        The class of each image, from 0 to 9.
    answers : array_like of int, shape (m,)
        What the network said to a whole test set, from 0 to 9, for comparison.

    Returns
    -------
    str
        A ``script`` element that holds JSON and that no browser runs.

    Raises
    ------
    TypeError
        If weights are not real numbers, or images, labels or answers not whole numbers.
    ValueError
        If shapes do not fit, or a number is out of its range.

    Notes
    -----
    Used on the page `playground`.
    """
    network = _network(weights)
    if len(network[0]) != FIELD**2 or len(network[3]) > CLASSES:
        raise ValueError(
            f"weights: expected {FIELD**2} inputs and at most {CLASSES} classes. "
            f"Received: shapes {[part.shape for part in network]}"
        )
    pictures = _checks.whole_numbers("images", images, least=0, most=255)
    if pictures.ndim != 3 or pictures.shape[1:] != (FIELD, FIELD):
        raise ValueError(
            f"images: expected shape (n, {FIELD}, {FIELD}). Received: shape {pictures.shape}"
        )
    _, classes = _checks.examples(pictures, labels)
    classes = _checks.whole_numbers("labels", classes, least=0, most=CLASSES - 1)
    said = _checks.class_labels("answers", answers)
    said = _checks.whole_numbers("answers", said, least=0, most=CLASSES - 1)
    layers = []
    for W, b in zip(network[::2], network[1::2], strict=True):
        codes, scales = quantise(W)
        layers.append(
            {
                "outputs": codes.shape[1],
                "codes": _base64(codes),
                "scales": _base64(scales),
                "biases": _base64(b.astype(np.float32)),
            }
        )
    data: dict[str, Any] = {
        "layers": layers,
        "images": _base64(pictures.astype(np.uint8)),
        "labels": "".join(map(str, classes.tolist())),
        "answers": "".join(map(str, said.tolist())),
    }
    text = json.dumps(data, separators=(",", ":"))
    return f'<script type="application/json" id="playground-data">{text}</script>'


def _network(weights: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    """Return W1, b1, W2 and b2 as arrays of float64; raise unless they fit together."""
    given = enumerate(_checks.parts(weights))
    parts = [_checks.numbers(f"weights[{k}]", part).astype(np.float64) for k, part in given]
    _checks.two_layers(parts)
    return parts


def _base64(array: NDArray[Any]) -> str:
    """Return the bytes of an array, lowest byte first, as text."""
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode("ascii")
