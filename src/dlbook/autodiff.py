"""Reverse-mode automatic differentiation over NumPy arrays, in the open.

With this module you can:

- keep weights in a `Variable`, and calculate with it as with an array;
- record a calculation on a `GradientTape`, and read it as data: ``tape.operations``;
- walk the tape backwards and get the gradient of the result for every weight;
- take second derivatives: open a tape around a tape;
- add an operation of your own: decorate a function of arrays with `differentiable`;
- check all this against finite differences: `numerical_gradient`.

It is used like TensorFlow's tape:

>>> import numpy as np
>>> W, b = Variable(np.ones((2, 3))), Variable(np.zeros(3))
>>> with GradientTape() as tape:
...     loss = sum(np.ones((2, 2)) @ W + b)
>>> tape.gradient(loss, [W, b])[1]
<Tensor shape=(3,) dtype=float64 value=[2. 2. 2.]>

An operation on a `Variable` or a `Tensor` gives a `Tensor`; on plain arrays it gives a plain
array, and leaves no trace on any tape. Dtypes follow NumPy: float32 stays float32, also next to
a Python number. Each vector-Jacobian product below is written with the operations of this very
module. So the backward pass runs on plain arrays, at the speed of NumPy; and only if another
tape is recording does it run on tensors, which makes the gradient itself differentiable.

The page `autodiff` walks through the code. Its ancestors are Autograd [1]_ and the
survey of Baydin et al. [2]_.

References
----------
.. [1] D. Maclaurin, D. Duvenaud, R. P. Adams, "Autograd: effortless gradients in NumPy", ICML
   2015 AutoML workshop; its teaching version is https://github.com/mattjj/autodidact.
.. [2] A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind, "Automatic differentiation
   in machine learning: a survey", JMLR 18, 2018.
"""

# ruff: noqa: ARG001, ARG005 - vector-Jacobian products all take the same arguments

import functools
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import EllipsisType
from typing import Any, NoReturn

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks

Array = NDArray[Any]
Axis = int | tuple[int, ...] | None


@dataclass(slots=True, eq=False, repr=False)
class Operation:
    """One line of the tape: what ran, on what, and how to go back.

    Parameters
    ----------
    name : str
        The name of the function, for example ``"matmul"``.
    inputs : tuple
        What went in: variables and tensors, and constant arrays or numbers.
    output : Tensor
        What came out.
    values : tuple
        The arguments of the function: the arrays of `inputs`, then others.
    options : dict
        The keyword arguments.
    vjps : tuple of callable or None
        The vector-Jacobian product for each input.
    """

    name: str
    inputs: tuple[Any, ...]
    output: "Tensor"
    values: tuple[Any, ...]
    options: dict[str, Any]
    vjps: tuple[Callable[..., Any] | None, ...]

    def __str__(self) -> str:
        inputs = ", ".join(f"{getattr(x, 'name', None) or ''}{np.shape(x)}" for x in self.inputs)
        return f"{self.name}: {inputs} -> {self.output.shape}"

    def __repr__(self) -> str:
        return f"<Operation {self}>"


def differentiable(
    *vjps: Callable[..., Any] | None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function of arrays one of tensors, which tapes record.

    Parameters
    ----------
    *vjps : callable or None
        For each of the first positional arguments its vector-Jacobian product: a function of
        ``(g, out, *arguments)`` that returns the gradient for this argument, given the gradient
        `g` of the function's output `out`. It may have the broadcast shape: the tape sums it
        back. None if there is no gradient for this argument, for example for labels.

    Returns
    -------
    callable
        The decorator.

    Notes
    -----
    Explained on the page `autodiff`. For second derivatives, write the products with the
    operations of this module.

    Examples
    --------
    >>> @differentiable(lambda g, out, x: 2 * g * x)
    ... def square(x, /):
    ...     return x * x
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        name, count = function.__name__, len(vjps)

        @functools.wraps(function)
        def operation(*arguments: Any, **options: Any) -> Any:
            values = (*map(_value, arguments[:count]), *arguments[count:])
            result = function(*values, **options)
            if not any(isinstance(x, Tensor) for x in arguments[:count]):
                return result
            output = Tensor(result)
            if _recording.tapes and output.dtype.kind == "f":
                inputs = tuple(
                    x if isinstance(x, Tensor) else value
                    for x, value in zip(arguments[:count], values, strict=False)
                )
                record = Operation(name, inputs, output, values, options, vjps)
                for tape in _recording.tapes:
                    tape._record(record)
            return output

        return operation

    return decorate


# The operations. Each function sees plain arrays; above it stands its vector-Jacobian product
# for each input: g is the gradient of the output, `out` the output.


@differentiable(lambda g, out, x, y: g, lambda g, out, x, y: g)
def add(x: Array, y: Array, /) -> Any:
    """Return ``x + y``."""
    return x + y


@differentiable(lambda g, out, x, y: g, lambda g, out, x, y: -g)
def subtract(x: Array, y: Array, /) -> Any:
    """Return ``x - y``."""
    return x - y


@differentiable(lambda g, out, x, y: g * y, lambda g, out, x, y: g * x)
def multiply(x: Array, y: Array, /) -> Any:
    """Return ``x * y``, element by element."""
    return x * y


@differentiable(lambda g, out, x, y: g / y, lambda g, out, x, y: -g * out / y)
def divide(x: Array, y: Array, /) -> Any:
    """Return ``x / y``."""
    return x / y


@differentiable(
    lambda g, out, x, y: g * y * x ** (y - (y != 0)),  # not 0 · x⁻¹, which fails at x = 0
    lambda g, out, x, y: g * out * log(x * (x > 0) + (x <= 0)),  # 0 where x ≤ 0
)
def power(x: Array, y: Array, /) -> Any:
    """Return ``x ** y``, element by element."""
    return x**y


@differentiable(lambda g, out, x: -g)
def negative(x: Array, /) -> Any:
    """Return ``-x``."""
    return -x


@differentiable(lambda g, out, x: g * out)
def exp(x: Array, /) -> Any:
    """Return e to the power of each entry."""
    return np.exp(x)


@differentiable(lambda g, out, x: g / x)
def log(x: Array, /) -> Any:
    """Return the natural logarithm of each entry."""
    return np.log(x)


@differentiable(lambda g, out, x: g * (1 - out * out))
def tanh(x: Array, /) -> Any:
    """Return the hyperbolic tangent of each entry."""
    return np.tanh(x)


@differentiable(lambda g, out, x: g * (out * (1 - out)))
def sigmoid(x: Array, /) -> Any:
    """Return ``1 / (1 + exp(-x))`` for each entry, without overflow."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


@differentiable(lambda g, out, x: g * (out > 0))
def relu(x: Array, /) -> Any:
    """Replace negative entries by 0; the gradient is 0 at 0."""
    return np.maximum(x, 0)


@differentiable(lambda g, out, x, low, high: g * ((x >= low) & (x <= high)))
def clip(x: Array, /, low: float, high: float) -> Any:
    """Move entries outside of `low` to `high` to the nearer end; their gradient is 0."""
    return np.clip(x, low, high)


@differentiable(lambda g, out, x, dtype: g)
def astype(x: Array, /, dtype: Any) -> Any:
    """Convert the entries to another dtype."""
    return x.astype(dtype)


@differentiable(lambda g, out, x, shape: reshape(g, x.shape))
def reshape(x: Array, /, shape: int | Sequence[int]) -> Any:
    """Arrange the entries in another shape; one length may be -1, for what is left."""
    return np.reshape(x, shape)


@differentiable(lambda g, out, x, shape: g)
def broadcast_to(x: Array, /, shape: Sequence[int]) -> Any:
    """Repeat the entries along new axes and axes of length 1, to fill `shape`."""
    return np.broadcast_to(x, shape)


@differentiable(
    lambda g, out, x, axes=None: transpose(
        g, None if axes is None else tuple(np.argsort([axis % out.ndim for axis in axes]))
    )
)
def transpose(x: Array, /, axes: Sequence[int] | None = None) -> Any:
    """Put the axes in the order `axes`; reverse them if it is None."""
    return np.transpose(x, axes)


@differentiable(lambda g, out, x, axis1, axis2: swapaxes(g, axis1, axis2))
def swapaxes(x: Array, /, axis1: int, axis2: int) -> Any:
    """Exchange two axes."""
    return np.swapaxes(x, axis1, axis2)


@differentiable(lambda g, out, x, index: _put(g, index, x.shape))
def getitem(x: Array, /, index: Any) -> Any:
    """Return ``x[index]``, for every index that NumPy takes."""
    return x[index]


@differentiable(lambda g, out, x, index, shape: getitem(g, index))
def _put(x: Array, /, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of `shape` with `x` added at `index`: `getitem` turned round."""
    total = np.zeros(shape, x.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, int | slice | EllipsisType | None) for part in parts):
        total[index] = x
    else:
        np.add.at(total, parts, x)  # an array may name an entry more than once
    return total


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Any:
    """Join tensors along an axis, along which alone their lengths may differ."""
    before = (slice(None),) * normalize_axis_index(axis, np.ndim(tensors[0]))
    ends = np.cumsum([0, *(np.shape(x)[axis] for x in tensors)]).tolist()
    parts = [(*before, slice(start, stop)) for start, stop in pairwise(ends)]

    @differentiable(*(lambda g, *_, part=part: getitem(g, part) for part in parts))
    def concatenate(*arrays: Array) -> Any:
        return np.concatenate(arrays, axis)

    return concatenate(*tensors)


def _kept(x: Array, axis: Axis) -> tuple[int, ...]:
    """Return the shape that `x` has after a sum over `axis` with ``keepdims=True``."""
    gone = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    return tuple(1 if k in gone else n for k, n in enumerate(x.shape))


def _sum_vjp(g: Any, out: Any, x: Any, axis: Axis = None, **_: Any) -> Any:
    """Repeat the gradient of each sum for all its terms."""
    return broadcast_to(reshape(g, _kept(x, axis)), x.shape)


def _mean_vjp(g: Any, out: Any, x: Any, axis: Axis = None, **_: Any) -> Any:
    """Share out the gradient of each mean among its terms, if there are any."""
    return _sum_vjp(g / (x.size // (out.size or 1) or 1), out, x, axis)


def _max_vjp(g: Any, out: Any, x: Any, axis: Axis = None, **_: Any) -> Any:
    """Share out the gradient of each maximum equally among the entries that attain it."""
    largest = x == reshape(out, _kept(x, axis))
    count = np.sum(largest, axis=axis, keepdims=True, dtype=x.dtype.type)
    return reshape(g, _kept(x, axis)) * (largest / count)


@differentiable(_sum_vjp)
def sum(x: Array, /, axis: Axis = None, *, keepdims: bool = False) -> Any:  # noqa: A001
    """Add up the entries along an axis, several, or all (None)."""
    return np.sum(x, axis=axis, keepdims=keepdims)


@differentiable(_mean_vjp)
def mean(x: Array, /, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Return the mean of the entries along an axis, several, or all (None)."""
    return np.mean(x, axis=axis, keepdims=keepdims)


@differentiable(_max_vjp)
def max(x: Array, /, axis: Axis = None, *, keepdims: bool = False) -> Any:  # noqa: A001
    """Return the largest entry along an axis, several, or all (None); ties share the gradient."""
    return np.max(x, axis=axis, keepdims=keepdims)


def _matmul_vjp_x(g: Any, out: Any, x: Any, y: Any) -> Any:
    """Return ``g @ yᵀ``; a vector is taken as one row or one column."""
    if y.ndim == 1:
        return g[..., None] * y
    if x.ndim == 1:
        return (y @ g[..., None])[..., 0]
    return g @ swapaxes(y, -1, -2)


def _matmul_vjp_y(g: Any, out: Any, x: Any, y: Any) -> Any:
    """Return ``xᵀ @ g``; a vector is taken as one row or one column."""
    if x.ndim == 1:
        return g * x if y.ndim == 1 else x[:, None] * g[..., None, :]
    if y.ndim == 1:
        return (swapaxes(x, -1, -2) @ g[..., None])[..., 0]
    return swapaxes(x, -1, -2) @ g


@differentiable(_matmul_vjp_x, _matmul_vjp_y)
def matmul(x: Array, y: Array, /) -> Any:
    """Return the matrix product ``x @ y``, of vectors, matrices, or stacks of matrices."""
    return x @ y


def _shifted(x: Array, axis: int) -> Any:
    """Subtract the largest entry along an axis: softmax stays the same, and exp is at most 1."""
    x = np.asarray(x, np.result_type(x, np.float16))  # whole numbers become floats
    return x - np.max(x, axis, keepdims=True, initial=-np.inf)


@differentiable(lambda g, out, x, axis=-1: out * (g - sum(g * out, axis, keepdims=True)))
def softmax(x: Array, /, axis: int = -1) -> Any:
    """Turn numbers into probabilities along an axis: ``exp(x) / sum(exp(x))``."""
    powers = np.exp(_shifted(x, axis))
    return powers / np.sum(powers, axis, keepdims=True)


@differentiable(lambda g, out, x, axis=-1: g - exp(out) * sum(g, axis, keepdims=True))
def log_softmax(x: Array, /, axis: int = -1) -> Any:
    """Return the logarithm of `softmax`, exact where that would round to 0."""
    shifted = _shifted(x, axis)
    total = np.sum(np.exp(shifted), axis, keepdims=True)
    return shifted - np.log(np.maximum(total, 1))  # below 1 only if there is nothing to add


EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1 by the cross-entropy, as Keras keeps them."""


def _crossentropy_vjp(
    g: Any, out: Any, labels: Any, predictions: Any, *, from_logits: bool = False
) -> Any:
    """Compare the probabilities with what is right: 1 for the label, 0 for the others."""
    right = np.asarray(labels)[..., None] == np.arange(predictions.shape[-1])
    if from_logits:
        return g[..., None] * (softmax(predictions) - right)
    p = clip(predictions, EPSILON, 1 - EPSILON)
    inside = p == predictions
    return g[..., None] * (inside / sum(p, -1, keepdims=True) - (right & inside) / p)


@differentiable(None, _crossentropy_vjp)
def sparse_categorical_crossentropy(
    labels: Array, predictions: Array, /, *, from_logits: bool = False
) -> Any:
    """Return minus the logarithm of the probability that each example gives to its label.

    Parameters
    ----------
    labels : array_like of int, shape (...)
        The right classes, from 0.
    predictions : array_like of float, shape (..., classes)
        What the network says: probabilities, or with `from_logits` numbers before softmax.
    from_logits : bool, default False
        Apply softmax here, which loses no precision. Otherwise probabilities are clipped to
        1e-7 from 0 and 1, then divided by their sum, as Keras does.

    Returns
    -------
    Tensor of float, shape (...)
        The loss of each example.

    Raises
    ------
    TypeError
        If the labels are not whole numbers.
    ValueError
        If there is not one label for each example, or a label is not one of the classes.

    Notes
    -----
    Used on the page `backpropagation`.
    """
    labels, classes = np.asarray(labels), np.shape(predictions)[-1]
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels: expected whole numbers. Received: dtype {labels.dtype}")
    if labels.shape != predictions.shape[:-1]:
        raise ValueError(
            f"labels: expected shape {predictions.shape[:-1]}, one class for each example. "
            f"Received: shape {labels.shape}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(
            f"labels: expected whole numbers from 0 to {classes - 1}. "
            f"Received: values from {labels.min()} to {labels.max()}"
        )
    if from_logits:
        logarithms = log_softmax(predictions)
    else:
        p = np.clip(predictions, EPSILON, 1 - EPSILON)
        logarithms = np.log(p / np.sum(p, -1, keepdims=True))
    return -np.take_along_axis(logarithms, labels[..., None], -1)[..., 0]


def _swapped(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operation with its arguments exchanged."""
    return lambda self, other: operation(other, self)


def _compared(comparison: Callable[..., Any]) -> Callable[..., Any]:
    """Return the comparison for tensors; it gives plain arrays."""
    return lambda self, other: comparison(self.value, _value(other))


class Tensor:
    """An array whose operations a `GradientTape` can record.

    Parameters
    ----------
    value : array_like of real numbers, any shape
        The entries. An array is kept, not copied, and its dtype stays.
    name : str, optional
        What to call it in a picture of the computation graph.

    Attributes
    ----------
    value : numpy.ndarray
        The entries.
    name : str or None
        The name.

    Raises
    ------
    TypeError
        If `value` does not hold real numbers.

    Notes
    -----
    Operators are element by element and broadcast, as NumPy's do; ``@`` is the matrix product.
    Comparisons give plain arrays of bool. NumPy's own functions refuse a tensor, rather than
    lose its trace: take the function of the same name from this module.
    """

    __slots__ = ("name", "value")
    __array_ufunc__ = None  # makes `array + tensor` come to Tensor.__radd__
    __hash__ = None  # type: ignore[assignment] # == compares entries, as in NumPy

    def __init__(self, value: ArrayLike, *, name: str | None = None) -> None:
        self.value: Array = np.asarray(value)
        self.name = name
        if self.value.dtype.kind not in "fiub":
            raise TypeError(f"value: expected real numbers. Received: dtype {self.value.dtype}")

    def numpy(self) -> Any:
        """Return the entries: a NumPy array, or a NumPy scalar if the shape is ``()``."""
        return self.value[()]

    shape = property(lambda self: self.value.shape, doc="The length of each axis.")
    dtype = property(lambda self: self.value.dtype, doc="The NumPy dtype of the entries.")
    ndim = property(lambda self: self.value.ndim, doc="The rank: the number of axes.")
    size = property(lambda self: self.value.size, doc="The number of entries.")
    T = property(lambda self: transpose(self), doc="The tensor with its axes reversed.")

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return (
            f"<{type(self).__name__}{name} shape={self.shape} dtype={self.dtype} "
            f"value={self.value}>"
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __format__(self, specification: str) -> str:
        return format(self.numpy(), specification) if specification else repr(self)

    def __float__(self) -> float:
        return float(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    __getitem__ = getitem
    __neg__ = negative
    __add__, __radd__ = add, _swapped(add)
    __sub__, __rsub__ = subtract, _swapped(subtract)
    __mul__, __rmul__ = multiply, _swapped(multiply)
    __truediv__, __rtruediv__ = divide, _swapped(divide)
    __pow__, __rpow__ = power, _swapped(power)
    __matmul__, __rmatmul__ = matmul, _swapped(matmul)

    __eq__, __ne__ = _compared(np.equal), _compared(np.not_equal)
    __lt__, __le__ = _compared(np.less), _compared(np.less_equal)
    __gt__, __ge__ = _compared(np.greater), _compared(np.greater_equal)


class Variable(Tensor):
    """A tensor that can be given new entries: a weight.

    Every active tape watches it as soon as an operation uses it.

    Parameters
    ----------
    initial_value : array_like of float, any shape
        The first entries, copied. Their dtype stays.
    name : str, optional
        What to call it in a picture of the computation graph.

    Raises
    ------
    TypeError
        If `initial_value` does not hold real numbers.

    Notes
    -----
    Explained on the page `autodiff`. The methods that assign return the variable. They
    put a new array in the place of the old one, which tapes may still need.
    """

    __slots__ = ()

    def __init__(self, initial_value: ArrayLike, *, name: str | None = None) -> None:
        super().__init__(np.array(_value(initial_value)), name=name)

    def assign(self, value: Any) -> "Variable":
        """Take over the entries of `value`, which has the variable's shape."""
        return self._replace(np.array(self._fitting(value)))

    def assign_add(self, delta: Any) -> "Variable":
        """Add `delta`, of the variable's shape, to the entries."""
        return self._replace(self.value + self._fitting(delta))

    def assign_sub(self, delta: Any) -> "Variable":
        """Subtract `delta`, of the variable's shape, from the entries."""
        delta = self._fitting(delta)
        # As TensorFlow does, in place if nobody else holds the entries: not a tape, nor a view.
        # Then 2 counts the variable and the call that counts.
        if sys.getrefcount(self.value) == 2:
            np.subtract(self.value, delta, out=self.value, casting="same_kind")
            return self
        return self._replace(self.value - delta)

    def _fitting(self, value: Any) -> Any:
        """Return the entries of `value`; raise unless it has the variable's shape."""
        value = _value(value)
        if np.shape(value) != self.shape:
            raise ValueError(
                f"value: expected the variable's shape {self.shape}. Received: {np.shape(value)}"
            )
        return value

    def _replace(self, value: Any) -> "Variable":
        self.value = np.asarray(value).astype(self.dtype, casting="same_kind", copy=False)
        return self

    def __iadd__(self, other: Any) -> NoReturn:  # type: ignore[misc]
        raise TypeError(
            "variable: expected assign, assign_add or assign_sub. Received: +=, -= or such"
        )

    __isub__ = __imul__ = __itruediv__ = __iadd__


class _Recording(threading.local):
    """The tapes that are recording, the innermost last; each thread has its own."""

    def __init__(self) -> None:
        self.tapes: list[GradientTape] = []


_recording = _Recording()


class GradientTape:
    """Record operations as they run, to walk back over them for gradients.

    Parameters
    ----------
    persistent : bool, default False
        Allow more than one call of `gradient`.

    Attributes
    ----------
    operations : list of Operation
        What was recorded, in the order in which it ran: the computation graph as data.

    Notes
    -----
    Used like ``tf.GradientTape``. A tape within a tape gives second derivatives. Explained on
    the page `autodiff`.

    Examples
    --------
    >>> x = Variable(0.0)
    >>> with GradientTape() as tape:
    ...     y = 2 * x + 3
    >>> float(tape.gradient(y, x))
    2.0
    >>> tape.operations
    [<Operation multiply: (), () -> ()>, <Operation add: (), () -> ()>]
    """

    def __init__(self, *, persistent: bool = False) -> None:
        self.operations: list[Operation] = []
        self._persistent = persistent
        self._watched: dict[int, Tensor] = {}  # by id; it holds the tensor, so the id stays taken
        self._used = False

    def __enter__(self) -> "GradientTape":
        if self in _recording.tapes:
            raise RuntimeError("tape: expected one that is not recording. Received: an active tape")
        _recording.tapes.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self in _recording.tapes:
            _recording.tapes.remove(self)

    def watch(self, tensor: Any) -> None:
        """Record what happens to `tensor`: a `Tensor`, or nested lists, tuples, dicts of them.

        Raises
        ------
        TypeError
            If it is no tensor of a floating-point dtype. Wrap an array first: ``Tensor(array)``.
        """
        for x in _leaves(tensor):
            _check_tensor("tensor", x)
            self._watched[id(x)] = x

    def _record(self, operation: Operation) -> None:
        """Write the operation down if it uses something that is watched."""
        for x in operation.inputs:
            if isinstance(x, Variable):
                self._watched[id(x)] = x
        if any(id(x) in self._watched for x in operation.inputs):
            self.operations.append(operation)
            self._watched[id(operation.output)] = operation.output

    def gradient(self, target: Tensor, sources: Any) -> Any:
        """Return the gradient of `target` for each of the `sources`.

        Parameters
        ----------
        target : Tensor of float, any shape
            What to differentiate, mostly a loss. If it is no scalar, its entries are summed:
            the result is the gradient of their sum, as in TensorFlow.
        sources : Tensor or Variable of float, or nested lists, tuples and dicts of them
            What to differentiate for.

        Returns
        -------
        the structure of `sources`
            For each source a `Tensor` of its shape and dtype, or None if the target does not
            depend on it in a way that this tape saw.

        Raises
        ------
        RuntimeError
            If the tape has been used and is not persistent, or if a variable was assigned to
            before a tape around this one could record its gradient.
        TypeError
            If the target or a source is no tensor of a floating-point dtype.
        """
        if self._used and not self._persistent:
            raise RuntimeError(
                "tape: expected GradientTape(persistent=True) for more than one call of gradient. "
                "Received: a second call"
            )
        _check_tensor("target", target)
        needed = set()
        for source in _leaves(sources):
            _check_tensor("sources", source)
            if id(source) in self._watched:
                needed.add(id(source))
        if not self._persistent:
            self.__exit__()
        self._used = True

        # Forwards: keep what depends on a source. Nothing else needs a gradient.
        operations = []
        for operation in self.operations:
            if any(id(x) in needed for x in operation.inputs):
                needed.add(id(operation.output))
                operations.append(operation)
        # Backwards: hand the gradient of each output on, and add up what meets.
        ones: Any = np.ones_like(target.value)
        gradients = {id(target): Tensor(ones) if _recording.tapes else ones}
        for operation in reversed(operations):
            g = gradients.get(id(operation.output))
            if g is not None:
                for x, share in _backward(operation, g, needed):
                    known = gradients.get(id(x))
                    gradients[id(x)] = share if known is None else known + share
        return _map(lambda x: _as_tensor(gradients.get(id(x))), sources)


def _backward(operation: Operation, g: Any, needed: set[int]) -> Iterator[Any]:
    """Yield each input that needs a gradient, with its share of `g`."""
    output: Any = operation.output.value
    values = operation.values
    if _recording.tapes:  # they shall record this too, so it runs on tensors
        output, values = operation.output, _with_tensors(operation)
    for x, vjp in zip(operation.inputs, operation.vjps, strict=True):
        if id(x) in needed and vjp is not None:
            share = vjp(g, output, *values, **operation.options)
            yield x, _undo_broadcasting(share, x)


def _undo_broadcasting(g: Any, x: Tensor) -> Any:
    """Sum over the axes along which `x` was repeated; keep its dtype."""
    if g.shape != x.shape:
        lengths = (1,) * (g.ndim - x.ndim) + x.shape
        repeated = [k for k, n in enumerate(lengths) if n != g.shape[k]]
        g = reshape(sum(g, tuple(repeated)), x.shape)
    return g if g.dtype == x.dtype else astype(g, x.dtype)


def _with_tensors(operation: Operation) -> tuple[Any, ...]:
    """Return the arguments of an operation, with tensors where `values` has their arrays."""
    for x, value in zip(operation.inputs, operation.values, strict=False):
        if isinstance(x, Variable) and x.value is not value:
            raise RuntimeError(
                f"variable {x.name or ''}: expected no assignment between its use and the "
                "gradient, while another tape records. Received: a new value"
            )
    return operation.inputs + operation.values[len(operation.inputs) :]


def numerical_gradient(
    function: Callable[[NDArray[np.float64]], Any], x: Any, *, step: float = 1e-6
) -> NDArray[np.float64]:
    """Return the gradient of a function by central finite differences.

    Each entry is moved a step up and a step down, so it takes two calls of the function for
    each: a check for the tape, and no way to train.

    Parameters
    ----------
    function : callable
        Takes an array of float64 of the shape of `x`, and returns a scalar.
    x : array_like of float, any shape
        Where to take the gradient. It stays as it is.
    step : float, default 1e-6
        How far to move, above 0.

    Returns
    -------
    numpy.ndarray of float64, the shape of `x`
        ``(function(x + step) - function(x - step)) / (2 * step)`` for each entry.

    Raises
    ------
    TypeError
        If `step` is no number.
    ValueError
        If `step` is not finite and above 0, or `function` does not return a scalar.

    Notes
    -----
    Used on the page `backpropagation`.

    Examples
    --------
    >>> numerical_gradient(lambda x: sum(x**2), [1.0, 2.0]).round(6)
    array([2., 4.])
    """
    step = _checks.real_number("step", step, above=0)
    centre = np.asarray(_value(x), dtype=np.float64)
    gradient = np.empty_like(centre)

    def moved(index: tuple[int, ...], by: float) -> Any:
        point = centre.copy()
        point[index] += by
        result = _value(function(point))
        if np.ndim(result):
            raise ValueError(f"function: expected a scalar. Received: shape {result.shape}")
        return result

    for index in np.ndindex(centre.shape):
        gradient[index] = (moved(index, step) - moved(index, -step)) / (2 * step)
    return gradient


def _value(x: Any) -> Any:
    """Return the array of a tensor; arrays and numbers as they are; of lists, an array."""
    if isinstance(x, Tensor):
        return x.value
    return x if isinstance(x, (np.ndarray, np.generic, int, float)) else np.asarray(x)


def _as_tensor(gradient: Any) -> Tensor | None:
    """Return a gradient as a tensor; None, for no gradient, stays None."""
    return gradient if gradient is None or isinstance(gradient, Tensor) else Tensor(gradient)


def _check_tensor(name: str, x: Any) -> None:
    """Raise unless `x` is a tensor that can have a gradient."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: expected a Variable or a Tensor. Received: {type(x).__name__}")
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: expected a floating-point dtype. Received: {x.dtype}")


def _map(function: Callable[[Any], Any], structure: Any) -> Any:
    """Apply a function to each leaf of nested lists, tuples and dicts, and keep the structure."""
    if isinstance(structure, dict):
        return {key: _map(function, part) for key, part in structure.items()}
    if isinstance(structure, list | tuple):
        parts = [_map(function, part) for part in structure]
        named = hasattr(structure, "_fields")
        return type(structure)(*parts) if named else type(structure)(parts)
    return function(structure)


def _leaves(structure: Any) -> list[Any]:
    """Return the leaves of nested lists, tuples and dicts, in order."""
    leaves: list[Any] = []
    _map(leaves.append, structure)
    return leaves
