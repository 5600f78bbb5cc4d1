"""Tensor operations written out as loops, to show what NumPy does in one call.

Each function takes NumPy arrays of real numbers and returns what NumPy returns for the same
operation: the same values, the same dtype. They are slow on purpose; the pages
`tensor-operations` and `dot-products` time them against NumPy.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

RealArray = NDArray[Any]


def naive_relu(x: RealArray) -> RealArray:
    """Replace every negative entry of a matrix by zero, one entry at a time.

    Parameters
    ----------
    x : numpy.ndarray of a real dtype, shape (rows, columns)
        The matrix. It stays as it is.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        The same as ``np.maximum(x, 0)``, in value and dtype.

    Raises
    ------
    TypeError
        If `x` is not an array of real numbers.
    ValueError
        If `x` is not of rank 2.

    Notes
    -----
    Explained on the page `tensor-operations`.

    Examples
    --------
    >>> naive_relu(np.array([[4, 17, -2]]))
    array([[ 4, 17,  0]])
    """
    _check_array("x", x, rank=2)
    result = np.empty(x.shape, dtype=np.result_type(x, 0))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            # Asked this way, NaN stays NaN and -0.0 becomes 0.0.
            result[i, j] = 0 if x[i, j] <= 0 else x[i, j]
    return result


def naive_add(x: RealArray, y: RealArray) -> RealArray:
    """Add two matrices of the same shape, one entry at a time.

    Parameters
    ----------
    x, y : numpy.ndarray of a real dtype, shape (rows, columns)
        The matrices. They stay as they are.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        The same as ``x + y``, in value and dtype.

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If an argument is not of rank 2, or the shapes differ.

    Notes
    -----
    Explained on the page `tensor-operations`.

    Examples
    --------
    >>> naive_add(np.array([[1, 2]]), np.array([[0.5, 0.5]]))
    array([[1.5, 2.5]])
    """
    _check_array("x", x, rank=2)
    _check_array("y", y, rank=2)
    _check_shape("y", y, x.shape)
    result = np.empty(x.shape, dtype=np.result_type(x, y))
    with _wrap_around(result.dtype):
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                result[i, j] = x[i, j] + y[i, j]
    return result


def naive_add_matrix_and_vector(x: RealArray, y: RealArray) -> RealArray:
    """Add a vector to every row of a matrix: the simplest case of broadcasting.

    Parameters
    ----------
    x : numpy.ndarray of a real dtype, shape (rows, columns)
        The matrix. It stays as it is.
    y : numpy.ndarray of a real dtype, shape (columns,)
        The vector. It stays as it is.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        The same as ``x + y``, in value and dtype.

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If `x` is not of rank 2, `y` is not of rank 1, or `y` has not one entry for each
        column of `x`.

    Notes
    -----
    Explained on the page `tensor-operations`.

    Examples
    --------
    >>> naive_add_matrix_and_vector(np.array([[1, 2], [3, 4]]), np.array([10, 20]))
    array([[11, 22],
           [13, 24]])
    """
    _check_array("x", x, rank=2)
    _check_array("y", y, rank=1)
    _check_shape("y", y, x.shape[1:])
    result = np.empty(x.shape, dtype=np.result_type(x, y))
    with _wrap_around(result.dtype):
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                result[i, j] = x[i, j] + y[j]
    return result


def naive_vector_dot(x: RealArray, y: RealArray) -> Any:
    """Multiply two vectors entry by entry and add up the products.

    Parameters
    ----------
    x, y : numpy.ndarray of a real dtype, shape (n,)
        The vectors. They stay as they are.

    Returns
    -------
    numpy scalar
        The same as ``np.dot(x, y)``, in value (up to rounding) and dtype.

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If an argument is not of rank 1, or the lengths differ.

    Notes
    -----
    Explained on the page `dot-products`.

    Examples
    --------
    >>> int(naive_vector_dot(np.array([1, 2, 3]), np.array([4, 5, 6])))
    32
    """
    _check_array("x", x, rank=1)
    _check_array("y", y, rank=1)
    _check_shape("y", y, x.shape)
    dtype = np.result_type(x, y)
    # Like NumPy, add up float16 in float32: half precision would lose the sum.
    wide = np.result_type(dtype, np.float32) if dtype == np.float16 else dtype
    x, y = x.astype(wide, copy=False), y.astype(wide, copy=False)
    total = wide.type(0)
    with _wrap_around(wide):
        for i in range(x.shape[0]):
            total += x[i] * y[i]
    return dtype.type(total)


def naive_matrix_vector_dot(x: RealArray, y: RealArray) -> RealArray:
    """Multiply a matrix with a vector: one dot product for each row.

    Parameters
    ----------
    x : numpy.ndarray of a real dtype, shape (rows, columns)
        The matrix. It stays as it is.
    y : numpy.ndarray of a real dtype, shape (columns,)
        The vector. It stays as it is.

    Returns
    -------
    numpy.ndarray, shape (rows,)
        The same as ``np.dot(x, y)``, in value (up to rounding) and dtype.

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If `x` is not of rank 2, `y` is not of rank 1, or `y` has not one entry for each
        column of `x`.

    Notes
    -----
    Explained on the page `dot-products`.

    Examples
    --------
    >>> naive_matrix_vector_dot(np.array([[1, 2], [3, 4], [10, 0]]), np.array([3, -1]))
    array([ 1,  5, 30])
    """
    _check_array("x", x, rank=2)
    _check_array("y", y, rank=1)
    _check_shape("y", y, x.shape[1:])
    result = np.empty(x.shape[0], dtype=np.result_type(x, y))
    for i in range(x.shape[0]):
        result[i] = naive_vector_dot(x[i, :], y)
    return result


def naive_matrix_dot(x: RealArray, y: RealArray) -> RealArray:
    """Multiply two matrices: one dot product for each row of `x` and column of `y`.

    Parameters
    ----------
    x : numpy.ndarray of a real dtype, shape (rows, inner)
        The left matrix. It stays as it is.
    y : numpy.ndarray of a real dtype, shape (inner, columns)
        The right matrix. It stays as it is.

    Returns
    -------
    numpy.ndarray, shape (rows, columns)
        The same as ``np.dot(x, y)``, in value (up to rounding) and dtype.

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If an argument is not of rank 2, or `y` has not one row for each column of `x`.

    Notes
    -----
    Explained on the page `dot-products`.

    Examples
    --------
    >>> naive_matrix_dot(np.array([[1, 2], [3, 4]]), np.array([[0, 1], [1, 0]]))
    array([[2, 1],
           [4, 3]])
    """
    _check_array("x", x, rank=2)
    _check_array("y", y, rank=2)
    _check_shape("y", y, (x.shape[1], y.shape[1]))
    result = np.empty((x.shape[0], y.shape[1]), dtype=np.result_type(x, y))
    for i in range(x.shape[0]):
        for j in range(y.shape[1]):
            result[i, j] = naive_vector_dot(x[i, :], y[:, j])
    return result


def _check_array(name: str, value: object, *, rank: int) -> None:
    """Raise unless `value` is a NumPy array of real numbers with `rank` axes."""
    # These two have rules of their own for the same operations.
    if not isinstance(value, np.ndarray) or isinstance(value, (np.ma.MaskedArray, np.matrix)):
        raise TypeError(f"{name}: expected a NumPy array. Received: {type(value).__name__}")
    if value.dtype.kind not in "biuf":
        raise TypeError(
            f"{name}: expected real numbers (bool, integer or float). Received: dtype {value.dtype}"
        )
    if value.ndim != rank:
        raise ValueError(
            f"{name}: expected an array of rank {rank}. "
            f"Received: rank {value.ndim}, shape {value.shape}"
        )


def _check_shape(name: str, value: RealArray, shape: tuple[int, ...]) -> None:
    """Raise unless `value` has the `shape` that goes with the argument before it."""
    if value.shape != shape:
        raise ValueError(f"{name}: expected shape {shape} to go with x. Received: {value.shape}")


def _wrap_around(dtype: np.dtype[Any]) -> AbstractContextManager[Any]:
    """Let integers wrap around in silence, as they do in NumPy's own loops over arrays."""
    return nullcontext() if dtype.kind == "f" else np.errstate(over="ignore")
