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
array, and leaves no trace on any tape. A list that holds tensors counts as one tensor, their
`stack`. Dtypes follow NumPy: float32 stays float32, also next to a Python number.

A trace is never lost silently, and nobody's memory changes behind their back. While a tape
follows a tensor, whatever would make a plain array of it raises `TypeError`: NumPy's functions,
``float()``, another tensor made from it. The way out is `Tensor.numpy`. The arrays that a tensor
or a gradient gives out are read-only, and a tape copies the plain arrays that it needs later.

Infinity and NaN go as they go in NumPy, which warns of them unless ``np.errstate`` says otherwise:
``softmax([inf, 1.0])`` is NaN, and so is the gradient of what was calculated from it.

Each vector-Jacobian product below is written with the operations of this very
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, NoReturn

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import ArrayLike, NDArray

from dlbook import _arrays, _checks
from dlbook._arrays import Array, recording

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
        The decorator. The function that it gives takes tensors for these first arguments, also
        by keyword or as defaults, and refuses a tensor that a tape follows for any other.

    Raises
    ------
    TypeError
        If a product is neither a function nor None, or what stands below the decorator is none.

    Notes
    -----
    Explained on the page `autodiff`. For second derivatives, write the products with the
    operations of this module. Function and products get read-only arrays, and should return
    new ones, or views of what they got.

    Examples
    --------
    >>> @differentiable(lambda g, out, x: 2 * g * x)
    ... def square(x, /):
    ...     return x * x
    """
    _arrays.check_products(vjps)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        _arrays.check_function(function)
        name, count = function.__name__, len(vjps)

        @functools.wraps(function)
        def operation(*arguments: Any, **options: Any) -> Any:
            if len(arguments) < count:
                arguments, options = _arrays.completed(function, count, arguments, options)
            inputs, others = tuple([_packed(x) for x in arguments[:count]]), arguments[count:]
            tapes = [tape for tape in recording.tapes if any(map(tape._follows, inputs))]
            if tapes:  # what they keep must not change later
                inputs = tuple(x if isinstance(x, Tensor) else _arrays.constant(x) for x in inputs)
            if recording.tapes and (others or options):
                others, options = _arrays.apply(_arrays.constant, (others, options))
            values = tuple([_arrays.value(x) for x in inputs]) + others
            result = function(*values, **options)
            if not any(isinstance(x, Tensor) for x in inputs):
                return result
            output = _as_tensor(result)
            if tapes and output.dtype.kind == "f":
                record = Operation(name, inputs, output, values, options, vjps)
                for tape in tapes:
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


def _power_vjp(g: Any, out: Any, x: Any, y: Any) -> Any:
    """Return ``g * y * x ** (y - 1)``, and 0 where that is 0 times infinity."""
    if np.any(y == 0):
        least = np.finfo(out.dtype).tiny
        x = where((-least < x) & (x < least) & (y == 0), 1, x)
    return g * y * x ** (y - out.dtype.type(1))


@differentiable(
    _power_vjp,
    lambda g, out, x, y: _masked(g * out, x > 0) * log(where(x > 0, x, 1)),  # 0 where x ≤ 0
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


@differentiable(lambda g, out, x: _masked(g, out > 0))
def relu(x: Array, /) -> Any:
    """Replace negative entries by 0; the gradient is 0 at 0."""
    return np.maximum(x, 0)


@differentiable(lambda g, out, x, low, high: _masked(g, out == x))
def clip(x: Array, /, low: ArrayLike | None, high: ArrayLike | None) -> Any:
    """Move entries outside of `low` to `high` to the nearer end; their gradient is 0."""
    return np.clip(x, low, high)


@differentiable(lambda g, out, x, mask: _masked(g, mask))
def _masked(x: Array, /, mask: Any) -> Any:
    """Return ``x * mask``, and 0 also where something infinite is masked out."""
    return x * mask if np.isfinite(x).all() else np.where(mask, x, 0)


@differentiable(
    None,
    lambda g, out, condition, x, y: _masked(g, condition != 0),
    lambda g, out, condition, x, y: _masked(g, condition == 0),
)
def where(condition: Array, x: Array, y: Array, /) -> Any:
    """Take the entries of `x` where the condition is true, and those of `y` elsewhere."""
    return np.where(condition, x, y)


@differentiable(lambda g, out, x, dtype: g)
def astype(x: Array, /, dtype: Any) -> Any:
    """Convert the entries to another dtype."""
    return np.asarray(x).astype(dtype)


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
        g, None if axes is None else tuple(np.argsort(normalize_axis_tuple(axes, out.ndim)))
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
    tensors = tuple(map(_packed, _checks.every("tensors", tensors, "tensors")))
    if not tensors:
        raise ValueError("tensors: expected at least one. Received: none")
    before = (slice(None),) * normalize_axis_index(axis, np.ndim(tensors[0]))

    def share(k: int) -> Callable[..., Any]:
        def vjp(g: Any, out: Any, *arrays: Any) -> Any:
            start, stop = np.cumsum([0, *(x.shape[axis] for x in arrays)])[k : k + 2].tolist()
            return getitem(g, (*before, slice(start, stop)))

        return vjp

    @differentiable(*map(share, range(len(tensors))))
    def concatenate(*arrays: Array) -> Any:
        return np.concatenate(arrays, axis)

    return concatenate(*tensors)


def stack(tensors: Sequence[Any]) -> Any:
    """Join tensors of one shape along a new first axis."""
    parts = map(_packed, _checks.every("tensors", tensors, "tensors"))
    return concatenate([reshape(x, (1, *np.shape(x))) for x in parts])


def _kept(x: Array, axis: Axis) -> tuple[int, ...]:
    """Return the shape that `x` has after a sum over `axis` with ``keepdims=True``."""
    gone = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    return tuple(1 if k in gone else n for k, n in enumerate(x.shape))


def _sum_vjp(g: Any, out: Any, x: Any, axis: Axis = None, **_: Any) -> Any:
    """Repeat the gradient of each sum for all its terms."""
    return broadcast_to(reshape(g, _kept(x, axis)), x.shape)


def _number(n: Any, dtype: np.dtype[Any]) -> Any:
    """Return counts as floats for dividing; float16 could not hold more than 2,048 exactly."""
    return np.asarray(n, np.result_type(dtype, np.float32))[()]


def _mean_vjp(g: Any, out: Any, x: Any, axis: Axis = None, **_: Any) -> Any:
    """Share out the gradient of each mean among its terms, if there are any."""
    return _sum_vjp(g / _number(x.size // (out.size or 1) or 1, g.dtype), out, x, axis)


def _max_vjp(g: Any, out: Any, x: Any, axis: Axis = None, **_: Any) -> Any:
    """Share out the gradient of each maximum equally among the entries that attain it."""
    largest = (x == reshape(out, _kept(x, axis))) | (x != x)  # nan is the largest, if there is one
    count = _number(np.sum(largest, axis=axis, keepdims=True), g.dtype)
    return _masked(reshape(g, _kept(x, axis)) / count, largest)


@differentiable(_sum_vjp)
def sum(x: Array, /, axis: Axis = None, *, keepdims: bool = False) -> Any:  # noqa: A001
    """Add up the entries along an axis, several, or all (None); those of float16 in float32."""
    if np.asarray(x).dtype.char == "e":  # float16
        return np.sum(x, axis=axis, keepdims=keepdims, dtype=np.float32).astype(x.dtype)
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
    if x is None:  # of which NumPy would make NaN
        raise TypeError("x: expected numbers. Received: None")
    x = np.asarray(x, np.result_type(x, np.float32))  # sums of float16 lose too much
    return x - np.max(x, axis, keepdims=True, initial=-np.inf)


@differentiable(lambda g, out, x, axis=-1: out * (g - sum(g * out, axis, keepdims=True)))
def softmax(x: Array, /, axis: int = -1) -> Any:
    """Turn numbers into probabilities along an axis: ``exp(x) / sum(exp(x))``."""
    powers = np.exp(_shifted(x, axis))
    result = powers / np.sum(powers, axis, keepdims=True)
    return result.astype(np.result_type(x, np.float16), copy=False)


@differentiable(lambda g, out, x, axis=-1: g - exp(out) * sum(g, axis, keepdims=True))
def log_softmax(x: Array, /, axis: int = -1) -> Any:
    """Return the logarithm of `softmax`, exact where that would round to 0."""
    shifted = _shifted(x, axis)
    total = np.sum(np.exp(shifted), axis, keepdims=True)
    result = shifted - np.log(np.maximum(total, 1))  # below 1 only if there is nothing to add
    return result.astype(np.result_type(x, np.float16), copy=False)


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
        If the labels are not whole numbers, or the predictions are no real numbers.
    ValueError
        If there is not one label for each example, or a label is not one of the classes.

    Notes
    -----
    Used on the page `backpropagation`.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    classes = predictions.shape[-1] if predictions.ndim else 0
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels: expected whole numbers. Received: dtype {labels.dtype}")
    if classes == 0:
        raise ValueError(
            "predictions: expected shape (..., classes), at least one of them. "
            f"Received: shape {predictions.shape}"
        )
    _checks.numbers("predictions", predictions, finite=False)
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
    if _checks.flag("from_logits", from_logits):
        logarithms = log_softmax(predictions)
    else:
        p = np.clip(predictions, EPSILON, 1 - EPSILON)
        logarithms = np.log(p / sum(p, -1, keepdims=True))
    return -np.take_along_axis(logarithms, labels[..., None], -1)[..., 0]


def _swapped(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operation with its arguments exchanged."""
    return lambda self, other: operation(other, self)


def _compared(comparison: Callable[..., Any]) -> Callable[..., Any]:
    """Return the comparison for tensors; it gives plain arrays."""
    return lambda self, other: comparison(self.value, _arrays.apply(_arrays.value, other))


class Tensor(_arrays.Entries):
    """An array whose operations a `GradientTape` can record.

    Parameters
    ----------
    value : array_like of real numbers, any shape
        The entries, copied. Their dtype stays.
    name : str, optional
        What to call it in a picture of the computation graph.

    Attributes
    ----------
    value : numpy.ndarray
        The entries, read-only.
    name : str or None
        The name.

    Raises
    ------
    TypeError
        If `value` does not hold real numbers, or holds a tensor that a tape follows.

    Notes
    -----
    Operators are element by element and broadcast, as NumPy's do; ``@`` is the matrix product.
    Comparisons give plain arrays of bool, and functions of NumPy that have no derivative, such
    as ``np.argmax``, plain arrays too. The others raise `TypeError` rather than lose the trace:
    ufuncs such as ``np.exp`` always, the rest while a tape follows the tensor, as ``np.asarray``
    and ``float`` do then. Take the function of the same name from this module, or `numpy`.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment] # == compares entries, as in NumPy

    T = property(lambda self: transpose(self), doc="The tensor with its axes reversed.")

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
    put a new array in the place of the old one, which tapes may still need. No tape records
    this: for it, as in TensorFlow, the variable begins with its new entries.
    """

    __slots__ = ()

    def __init__(self, initial_value: ArrayLike, *, name: str | None = None) -> None:
        super().__init__(initial_value, name=name)

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
            self.value.flags.writeable = True
            try:
                np.subtract(self.value, delta, out=self.value)
            finally:
                self.value.flags.writeable = False
            return self
        return self._replace(self.value - delta)

    def _fitting(self, value: Any) -> Any:
        """Return the entries of `value`; raise unless it has the variable's shape and kind."""
        value = _arrays.plain(_arrays.apply(_arrays.value, value))
        value = _checks.numbers("value", value, finite=False)
        if not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"value: expected numbers that the variable's dtype {self.dtype} can hold. "
                f"Received: dtype {value.dtype}"
            )
        if value.shape != self.shape:
            raise ValueError(
                f"value: expected the variable's shape {self.shape}. Received: {value.shape}"
            )
        return value

    def _replace(self, value: Any) -> "Variable":
        value = np.asarray(value).astype(self.dtype, copy=False)
        self.value = _arrays.read_only(value)
        return self

    def __iadd__(self, other: Any) -> NoReturn:  # type: ignore[misc]
        raise TypeError(
            "variable: expected assign, assign_add or assign_sub. Received: +=, -= or such"
        )

    __isub__ = __imul__ = __itruediv__ = __iadd__


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
        self._persistent = _checks.flag("persistent", persistent)
        self._watched: dict[int, Tensor] = {}  # by id; it holds the tensor, so the id stays taken
        self._used = False

    def __enter__(self) -> "GradientTape":
        if self in recording.tapes:
            raise RuntimeError("tape: expected one that is not recording. Received: an active tape")
        recording.tapes.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self in recording.tapes:
            recording.tapes.remove(self)

    def watch(self, tensor: Any) -> None:
        """Record what happens to `tensor`: a `Tensor`, or nested lists, tuples, dicts of them.

        Raises
        ------
        TypeError
            If it is no tensor of a floating-point dtype. Wrap an array first: ``Tensor(array)``.
        """
        for x in _arrays.leaves(tensor):
            _check_tensor("tensor", x)
            self._watched[id(x)] = x

    def _follows(self, x: Any) -> bool:
        """Tell whether `x` is watched, as every variable is once it is used."""
        return id(x) in self._watched or isinstance(x, Variable)

    def _record(self, operation: Operation) -> None:
        """Write down an operation on something watched, and watch its output."""
        for x in (*operation.inputs, operation.output):
            if isinstance(x, Variable) or x is operation.output:
                self._watched[id(x)] = x
        self.operations.append(operation)

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
            depend on it in a way that this tape saw. Its entries are read-only.

        Raises
        ------
        RuntimeError
            If the tape has been used and is not persistent, or if a variable was assigned to
            before a tape around this one could record its gradient.
        TypeError
            If the target or a source is no tensor of a floating-point dtype.
        ValueError
            If a vector-Jacobian product returns something of another shape than its input.
        """
        if self._used and not self._persistent:
            raise RuntimeError(
                "tape: expected GradientTape(persistent=True) for more than one call of gradient. "
                "Received: a second call"
            )
        _check_tensor("target", target)
        needed = set()
        for source in _arrays.leaves(sources):
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
        gradients = {id(target): Tensor(ones) if recording.tapes else ones}
        for operation in reversed(operations):
            g = gradients.get(id(operation.output))
            if g is not None:
                for x, share in _backward(operation, g, needed):
                    known = gradients.get(id(x))
                    gradients[id(x)] = share if known is None else known + share
        return _arrays.apply(lambda x: _as_tensor(gradients.get(id(x))), sources)


def _backward(operation: Operation, g: Any, needed: set[int]) -> Iterator[Any]:
    """Yield each input that needs a gradient, with its share of `g`."""
    output: Any = operation.output.value
    values = operation.values
    if recording.tapes:  # they shall record this too, so it runs on tensors
        output, values = operation.output, _with_tensors(operation)
    for x, vjp in zip(operation.inputs, operation.vjps, strict=True):
        if id(x) in needed and vjp is not None:
            share = _arrays.fixed(vjp(g, output, *values, **operation.options))
            yield x, _arrays.fixed(_undo_broadcasting(share, x))


def _undo_broadcasting(g: Any, x: Tensor) -> Any:
    """Sum over the axes along which `x` was repeated; keep its dtype."""
    if g.shape != x.shape:
        lengths = (1,) * (g.ndim - x.ndim) + x.shape
        repeated = [k for k, (n, m) in enumerate(zip(lengths, g.shape, strict=False)) if n != m]
        if len(lengths) > g.ndim or any(lengths[k] != 1 for k in repeated):
            raise ValueError(
                f"vector-Jacobian product: expected the shape {x.shape} of its input, or one that "
                f"this was broadcast to. Received: shape {g.shape}"
            )
        g = reshape(sum(g, tuple(repeated)), x.shape)
    return g if g.dtype == x.dtype else astype(g, x.dtype)


def _with_tensors(operation: Operation) -> tuple[Any, ...]:
    """Return the arguments of an operation, with tensors where `values` has their arrays."""
    for x, value in zip(operation.inputs, operation.values, strict=False):
        if isinstance(x, Variable) and x.value is not value:
            which = f"variable {x.name}" if x.name else "variable"
            raise RuntimeError(
                f"{which}: expected no assignment between its use and the gradient, "
                "while another tape records. Received: a new value"
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
        Takes an array of float64 of the shape of `x`, and returns a scalar. It must calculate
        in float64 throughout: float32 rounds such small steps away.
    x : array_like of finite float, any shape
        Where to take the gradient. It stays as it is.
    step : float, default 1e-6
        How far to move an entry between -1 and 1, above 0. A larger entry is moved by `step`
        times its size, since floating-point numbers lie farther apart there.

    Returns
    -------
    numpy.ndarray of float64, the shape of `x`
        ``(function(up) - function(down)) / (up - down)`` for each entry. The rounding of the
        function's results, about 1e-16 of their size, is divided by ``up - down`` as well.

    Raises
    ------
    TypeError
        If `step` or the result of `function` is no real number, `x` does not hold real numbers,
        or `function` cannot be called.
    ValueError
        If `step` is not finite and above 0 or does not move an entry, if `x` is not finite, or
        if `function` does not return a scalar.

    Notes
    -----
    Used on the page `backpropagation`.

    Examples
    --------
    >>> numerical_gradient(lambda x: sum(x**2), [1.0, 2.0]).round(6)
    array([2., 4.])
    """
    if not callable(function):
        raise TypeError(f"function: expected a function. Received: {type(function).__name__}")
    step = _checks.real_number("step", step, above=0)
    centre = _checks.numbers("x", _arrays.apply(_arrays.value, x)).astype(np.float64)
    gradient = np.empty_like(centre)

    def at(index: tuple[int, ...], entry: float) -> Any:
        point = centre.copy()
        point[index] = entry
        result = np.asarray(_arrays.apply(_arrays.value, function(point)))
        if result.ndim:
            raise ValueError(f"function: expected a scalar. Received: shape {result.shape}")
        if result.dtype.kind not in "iuf":
            raise TypeError(f"function: expected a real number. Received: {_checks.shown(result)}")
        return result

    for index in np.ndindex(centre.shape):
        entry = float(centre[index])
        by = step * (abs(entry) if abs(entry) > 1 else 1.0)
        up, down = entry + by, entry - by
        if not 0 < up - down < np.inf:
            raise ValueError(f"step: expected one that moves {entry}. Received: {step}")
        gradient[index] = (at(index, up) - at(index, down)) / (
            up - down
        )  # as far as it really went
    return gradient


def _as_tensor(array: Any) -> Any:
    """Return a tensor with these very entries, not copied; a tensor and None as they are."""
    if array is None or isinstance(array, Tensor):
        return array
    tensor = Tensor.__new__(Tensor)
    tensor.value, tensor.name = _arrays.fixed(array), None
    return tensor


def _packed(x: Any) -> Any:
    """Return an argument as a tensor, an array, a number or None: of a list make one."""
    if type(x) is np.ndarray or x is None or isinstance(x, (Tensor, int, float, np.generic)):
        return x
    if isinstance(x, (list, tuple)) and any(isinstance(leaf, Tensor) for leaf in _arrays.leaves(x)):
        return stack(x)
    return _arrays.numbers(x)


def _check_tensor(name: str, x: Any) -> None:
    """Raise unless `x` is a tensor that can have a gradient."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: expected a Variable or a Tensor. Received: {type(x).__name__}")
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: expected a floating-point dtype. Received: {x.dtype}")
