"""Where the tape meets Python and NumPy: what a tensor is for them, and what may be an argument."""

import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks

Array = NDArray[Any]


class _Recording(threading.local):
    """The tapes that are recording, the innermost last; each thread has its own."""

    def __init__(self) -> None:
        self.tapes: list[Any] = []


recording = _Recording()

# fmt: off
QUERIES = {
    np.all, np.allclose, np.any, np.argmax, np.argmin, np.argpartition, np.argsort, np.argwhere,
    np.array2string, np.array_equal, np.array_equiv, np.array_repr, np.array_str, np.can_cast,
    np.common_type, np.count_nonzero, np.digitize, np.empty_like, np.flatnonzero, np.iscomplex,
    np.iscomplexobj, np.isclose, np.isin, np.isneginf, np.isposinf, np.isreal, np.isrealobj,
    np.lexsort, np.may_share_memory, np.min_scalar_type, np.nanargmax, np.nanargmin, np.ndim,
    np.nonzero, np.ones_like, np.result_type, np.save, np.savetxt, np.savez, np.searchsorted,
    np.shape, np.shares_memory, np.size, np.zeros_like,
}
"""The functions of NumPy, ufuncs apart, whose results have no derivative, or have 0."""
# fmt: on


def apply(function: Callable[[Any], Any], structure: Any) -> Any:
    """Apply a function to each leaf of nested lists, tuples and dicts, and keep the structure."""
    if isinstance(structure, dict):
        return {key: apply(function, part) for key, part in structure.items()}
    if isinstance(structure, list | tuple):
        parts = [apply(function, part) for part in structure]
        named = hasattr(structure, "_fields")
        return type(structure)(*parts) if named else type(structure)(parts)
    return function(structure)


def leaves(structure: Any) -> list[Any]:
    """Return the leaves of nested lists, tuples and dicts, in order."""
    found: list[Any] = []
    apply(found.append, structure)
    return found


class Entries:
    """The entries of a tensor, which can be read in many ways, and changed in none.

    What would make plain numbers of them without saying so is refused while a tape follows the
    tensor, so that no trace is lost. `numpy` says so.
    """

    __slots__ = ("name", "value")
    __array_ufunc__ = None  # makes `array + tensor` come to the tensor's __radd__

    def __init__(self, value: ArrayLike, *, name: str | None = None) -> None:
        self.value: Array = read_only(np.array(_checks.array("value", plain(value))))
        self.name = name

    def numpy(self) -> Any:
        """Return the entries: a read-only array, or a NumPy scalar if the shape is ``()``."""
        return self.value[()]

    shape = property(lambda self: self.value.shape, doc="The length of each axis.")
    dtype = property(lambda self: self.value.dtype, doc="The NumPy dtype of the entries.")
    ndim = property(lambda self: self.value.ndim, doc="The rank: the number of axes.")
    size = property(lambda self: self.value.size, doc="The number of entries.")

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return (
            f"<{type(self).__name__}{name} shape={self.shape} dtype={self.dtype} "
            f"value={self.value}>"
        )

    def __format__(self, specification: str) -> str:
        return format(self.numpy(), specification) if specification else repr(self)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))  # type: ignore[index] # of the subclass

    def __float__(self) -> float:
        check_trace(self, "a float")
        return float(self.value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        check_trace(self, "a plain array")
        return np.array(self.value.view(), dtype=dtype, copy=copy)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function not in QUERIES:
            for x in leaves((arguments, options)):
                check_trace(x, f"an argument of {function.__module__}.{function.__name__}")
        arguments, options = apply(value, (arguments, options))
        return function(*arguments, **options)

    def __reduce__(self) -> Any:  # for copy and pickle
        return functools.partial(type(self), name=self.name), (np.asarray(self),)


def value(x: Any) -> Any:
    """Return the array of a tensor; anything else as it is."""
    return x.value if isinstance(x, Entries) else x


def check_trace(x: Any, as_what: str) -> None:
    """Raise if a tape that is recording follows `x`: as something else it has no trace."""
    if not isinstance(x, Entries) or x.dtype.kind != "f":
        return
    if any(tape._follows(x) for tape in recording.tapes):
        raise TypeError(
            "tensor: expected operations of dlbook.autodiff while a tape follows it, or .numpy() "
            f"to go on without its trace. Received: it as {as_what}"
        )


def constant(x: Any) -> Any:
    """Return a read-only copy of an array, or of a tensor unless a tape follows it."""
    return read_only(np.array(x)) if isinstance(x, (np.ndarray, Entries)) else x


def plain(x: Any) -> Any:
    """Return `x`; raise if it is an array whose operators mean something else."""
    if isinstance(x, (np.matrix, np.ma.MaskedArray)):
        raise TypeError(f"argument: expected a plain array. Received: {type(x).__name__}")
    return x


def numbers(x: Any) -> Array:
    """Return lists and other array_likes as an array; raise if they are no numbers."""
    array = _checks.array("argument", plain(x))
    if array.dtype.kind not in "fiubc":
        raise TypeError(f"argument: expected numbers. Received: {type(x).__name__}")
    return array


def read_only(array: Array) -> Array:
    """Return the array, after nobody can change it through this object."""
    if array.dtype.kind not in "fiub":
        raise TypeError(f"value: expected real numbers. Received: dtype {array.dtype}")
    array.flags.writeable = False
    return array


def fixed(x: Any) -> Any:
    """Return a tensor as it is, and an array or number as an array that is read-only."""
    return x if isinstance(x, Entries) else read_only(np.asarray(x).view())


def check_products(vjps: tuple[Any, ...]) -> None:
    """Raise unless all vector-Jacobian products are functions or None."""
    if not all(vjp is None or callable(vjp) for vjp in vjps):
        raise TypeError(f"vjps: expected functions or None. Received: {_checks.shown(vjps)}")


def check_function(function: Any) -> None:
    """Raise unless the decorator has been given a function: it has its products before."""
    if not callable(function) or not hasattr(function, "__name__"):
        raise TypeError(
            "function: expected one below @differentiable(...), which has the vector-Jacobian "
            f"products in its parentheses. Received: {type(function).__name__}"
        )


def completed(
    function: Callable[..., Any], count: int, arguments: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments with all of the first `count`: those by keyword, and defaults."""
    signature = inspect.signature(function)
    first = list(signature.parameters.values())[:count]
    if len(first) < count or any(p.kind > p.POSITIONAL_OR_KEYWORD for p in first):
        raise TypeError(
            f"{function.__name__}: expected an argument for each of its {count} vector-Jacobian "
            f"products. Received: {len(arguments)}"
        )
    given = signature.bind(*arguments, **options).arguments
    others = {name: x for name, x in options.items() if all(name != p.name for p in first)}
    return tuple(given.get(p.name, p.default) for p in first), others
