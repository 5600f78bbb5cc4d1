"""Movements of space: translation, rotation, scaling, shear, and all that they combine to.

With this module you can:

- move points: `translation`, `rotation`, `scaling` and `shear` make an `AffineMap`, which is
  called with points;
- make any other affine map from a matrix and a vector: ``AffineMap(W, b)``;
- say what a map does to areas: ``AffineMap.determinant``;
- turn two maps into one: `compose`;
- draw squared paper to watch all this: `grid`.

Points are rows: an array of shape ``(n, d)``, or ``(..., d)``, holds points of d coordinates.
The page `geometry` draws what each of them does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks

Floats = NDArray[np.float64]

SAMPLES = 10
"""How many steps a line of `grid` takes from one crossing to the next."""

MOST_SQUARES = 100
"""The largest `half_width` of a `grid`: it has 800,000 points, and more squares nobody sees."""


@dataclass(frozen=True, eq=False)
class AffineMap:
    """An affine map: it moves each point x to ``W @ x + b``.

    It may also change the number of coordinates, as a dense layer does.

    Parameters
    ----------
    matrix : array_like of real numbers, shape (d_out, d_in)
        Called W. Column k is where the k-th basis vector goes, if b is zero.
    vector : array_like of real numbers, shape (d_out,)
        Called b: added to every point. It is where the origin goes.

    Raises
    ------
    TypeError
        If `matrix` or `vector` does not hold real numbers.
    ValueError
        If a shape does not fit, or a number is not finite; also when the map is called with
        points of another number of coordinates than d_in, or with points that are not finite.

    Notes
    -----
    Explained on the page `geometry`. The map keeps read-only copies of both arrays, as float64;
    so does a copy of it, and a map that was pickled.

    Examples
    --------
    >>> move = AffineMap([[2, 0], [0, 1]], [1, 0])
    >>> move([[1, 1], [0, 3]])
    array([[3., 1.],
           [1., 3.]])
    """

    matrix: Floats
    vector: Floats

    def __init__(self, matrix: ArrayLike, vector: ArrayLike) -> None:
        W, b = _numbers("matrix", matrix, rank=2), _numbers("vector", vector, rank=1)
        if len(b) != len(W):
            raise ValueError(
                f"vector: expected shape ({len(W)},), one number for each row of matrix. "
                f"Received: shape {b.shape}"
            )
        # A frozen dataclass lets nobody assign its fields, not even itself.
        object.__setattr__(self, "matrix", W)
        object.__setattr__(self, "vector", b)

    def __reduce__(self) -> tuple[Callable[..., "AffineMap"], tuple[Floats, Floats]]:
        # NumPy forgets in copies and pickles that an array is read-only: build the map anew.
        return type(self), (self.matrix, self.vector)

    @_checks.IN_SILENCE
    def __call__(self, points: ArrayLike) -> Floats:
        """Move points.

        Parameters
        ----------
        points : array_like of real numbers, shape (..., d_in)
            The points, one in each row. They stay as they are.

        Returns
        -------
        numpy.ndarray of float64, shape (..., d_out)
            Where they go; infinite where float64 cannot hold the number.
        """
        x = _real("points", points)
        inputs = self.matrix.shape[1]
        if x.ndim == 0 or x.shape[-1] != inputs:
            raise ValueError(
                f"points: expected shape (..., {inputs}), as the map takes. "
                f"Received: shape {x.shape}"
            )
        # Points are rows: W @ x for each is x @ W.T for all.
        return x @ self.matrix.T + self.vector

    @property
    @_checks.IN_SILENCE
    def determinant(self) -> float:
        """What areas (or volumes) are multiplied by; below zero if the map also mirrors."""
        outputs, inputs = self.matrix.shape
        if outputs != inputs:
            raise ValueError(
                "matrix: expected as many rows as columns, since no other matrix has a "
                f"determinant. Received: shape {self.matrix.shape}"
            )
        return float(np.linalg.det(self.matrix))


@_checks.IN_SILENCE
def compose(outer: AffineMap, inner: AffineMap) -> AffineMap:
    """Return the one map that does what two maps do: first `inner`, then `outer`.

    Parameters
    ----------
    outer : AffineMap
        The map applied last.
    inner : AffineMap
        The map applied first.

    Returns
    -------
    AffineMap
        The map that moves x to ``outer(inner(x))``.

    Raises
    ------
    TypeError
        If an argument is no map.
    ValueError
        If `inner` gives another number of coordinates than `outer` takes, or float64 cannot hold
        the numbers of both maps together.

    Notes
    -----
    Explained on the page `geometry`.

    Examples
    --------
    >>> compose(outer=translation([1, 0]), inner=scaling([2, 2]))([1, 1])
    array([3., 2.])
    """
    for name, affine in (("outer", outer), ("inner", inner)):
        if not isinstance(affine, AffineMap):
            raise TypeError(f"{name}: expected an AffineMap. Received: {affine!r}")
    outputs, inputs = inner.matrix.shape[0], outer.matrix.shape[1]
    if outputs != inputs:
        raise ValueError(
            f"inner: expected a map to {inputs} coordinates, which is what outer takes. "
            f"Received: a map to {outputs} coordinates"
        )
    sizes = [np.abs(inner.matrix), np.abs(inner.vector)]
    if not all(np.isfinite(np.abs(outer.matrix) @ size).all() for size in sizes):
        raise ValueError(
            "inner: expected a map whose numbers times those of outer fit into float64. "
            f"Received: {inner}"
        )
    matrix = outer.matrix @ inner.matrix
    vector = outer.matrix @ inner.vector + outer.vector
    return AffineMap(matrix, vector)


def translation(vector: ArrayLike) -> AffineMap:
    """Return the map that shifts every point by the same vector.

    Parameters
    ----------
    vector : array_like of real numbers, shape (d,)
        How far along each axis.

    Returns
    -------
    AffineMap
        The map from x to ``x + vector``.

    Notes
    -----
    Explained on the page `geometry`.
    """
    vector = _numbers("vector", vector, rank=1)
    return AffineMap(np.eye(len(vector)), vector)


def rotation(angle: float) -> AffineMap:
    """Return the map that turns the plane around the origin.

    Parameters
    ----------
    angle : float
        In radians, counter-clockwise.

    Returns
    -------
    AffineMap
        The map of points of the plane.

    Notes
    -----
    Explained on the page `geometry`.

    Examples
    --------
    >>> rotation(np.pi / 2)([1, 0]).round(3)
    array([0., 1.])
    """
    angle = float(_numbers("angle", angle, rank=0))
    cosine, sine = math.cos(angle), math.sin(angle)
    return AffineMap([[cosine, -sine], [sine, cosine]], [0, 0])


def scaling(factors: ArrayLike) -> AffineMap:
    """Return the map that stretches space along its axes.

    Parameters
    ----------
    factors : array_like of real numbers, shape (d,)
        What each coordinate is multiplied by: a number from 0 to 1 shrinks, a negative number
        also mirrors.

    Returns
    -------
    AffineMap
        The map from x to ``factors * x``.

    Notes
    -----
    Explained on the page `geometry`.
    """
    factors = _numbers("factors", factors, rank=1)
    return AffineMap(np.diag(factors), np.zeros(len(factors)))


def shear(factor: float) -> AffineMap:
    """Return the map that pushes the plane sideways, the more the higher up.

    Parameters
    ----------
    factor : float
        How far a point of height 1 moves to the right.

    Returns
    -------
    AffineMap
        The map from (x, y) to ``(x + factor * y, y)``.

    Notes
    -----
    Explained on the page `geometry`.
    """
    factor = float(_numbers("factor", factor, rank=0))
    return AffineMap([[1.0, factor], [0.0, 1.0]], [0, 0])


def grid(half_width: int) -> Floats:
    """Return squared paper around the origin, as points along its lines.

    Parameters
    ----------
    half_width : int
        How many squares there are from the origin to each edge, from 1 to 100.

    Returns
    -------
    numpy.ndarray of float64, shape (lines, points, 2)
        The lines: first those that go up, from left to right, then those that go to the right,
        from the lowest to the highest. Each square has side 1.

    Raises
    ------
    TypeError
        If `half_width` is not a whole number.
    ValueError
        If `half_width` is below 1 or above 100.

    Notes
    -----
    Used on the page `geometry`.
    """
    half_width = _checks.whole_number("half_width", half_width, least=1, most=MOST_SQUARES)
    squares = 2 * half_width
    fixed = np.arange(-half_width, half_width + 1)
    running = np.linspace(-half_width, half_width, SAMPLES * squares + 1)
    right = np.stack(np.meshgrid(running, fixed), axis=-1)
    return np.concatenate([right[..., ::-1], right])


def _real(name: str, values: ArrayLike) -> Floats:
    """Return `values` as an array of float64; raise unless they are finite real numbers."""
    array = _checks.array(name, values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected real numbers. Received: dtype {array.dtype}")
    with np.errstate(over="ignore"):  # of numbers that are too large for float64
        floats = array.astype(np.float64, copy=False)
    if not np.isfinite(floats).all():
        raise ValueError(
            f"{name}: expected finite numbers. Received: {_checks.shown(array.tolist())}"
        )
    return floats


def _numbers(name: str, values: ArrayLike, *, rank: int) -> Floats:
    """Return a read-only copy of `values`; raise unless finite, of this rank, and not empty."""
    array = _real(name, values).copy()
    if array.ndim != rank or array.size == 0:
        kind = {0: "one number", 1: "a vector, shape (d,)", 2: "a matrix, shape (d_out, d_in)"}
        raise ValueError(f"{name}: expected {kind[rank]}. Received: shape {array.shape}")
    array.flags.writeable = False
    return array
