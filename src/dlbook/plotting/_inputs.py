"""Checks of what the figures are given: a figure either shows all of it, or refuses in words.

Kinds are read from the annotations of a function by `check_kinds`, which `styled` calls; shapes,
numbers and lengths a function checks itself, by the functions below and those of
``dlbook._checks``.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks


def check_kinds(function: Callable[..., Any]) -> Callable[..., None]:
    """Return a function of the same arguments that raises unless they are of the kinds annotated.

    Of arrays the function itself looks at shapes and numbers.
    """
    signature, hints = inspect.signature(function), get_type_hints(function)

    def check(*args: Any, **kwargs: Any) -> None:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            _check_kind(name, value, hints[name])

    return check


def _check_kind(name: str, value: Any, wanted: Any) -> None:
    """Raise unless `value` is of the kind `wanted`, an annotation."""
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType) and NoneType in parts:
        if value is not None:
            _check_kind(name, value, Union[tuple(part for part in parts if part is not NoneType)])  # noqa: UP007
    elif origin in (Union, UnionType):  # array_like
        _checks.array(name, value)
    elif origin is Mapping:
        _checks.mapping(name, value)
        for key, entry in value.items():
            _check_kind(f"{name}, key {key!r}", key, parts[0])
            _check_kind(f"{name}[{key!r}]", entry, parts[1])
    elif origin in (Sequence, tuple):
        _check_series(name, value)
        kinds = parts if origin is tuple and Ellipsis not in parts else parts[:1] * len(value)
        if len(value) != len(kinds):
            raise ValueError(f"{name}: expected {_entries(len(kinds))}. Received: {len(value)}")
        for k, (entry, kind) in enumerate(zip(value, kinds, strict=True)):
            _check_kind(f"{name}[{k}]", entry, kind)
    else:
        SIMPLE[wanted](name, value)


def _check_series(name: str, value: Any) -> None:
    """Raise unless `value` can be gone through as often as wanted, and has a length."""
    is_series = hasattr(value, "__len__") and hasattr(value, "__iter__")
    # Arrays and tensors have the methods above even if they hold a single number.
    is_scalar = not isinstance(value, tuple) and getattr(value, "shape", None) == ()
    if not is_series or is_scalar or isinstance(value, (str, bytes, Mapping, np.ma.MaskedArray)):
        raise TypeError(f"{name}: expected a list. Received: {type(value).__name__}")


def _check_instance(kind: type) -> Callable[[str, Any], None]:
    """Return a check that a value is an instance of `kind`."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, kind):
            raise TypeError(
                f"{name}: expected type {kind.__name__}. Received: {_checks.shown(value)}"
            )

    return check


def _check_number(name: str, value: Any) -> None:
    """Raise unless `value` is one finite number."""
    if _checks.numbers(name, value).ndim:
        raise ValueError(f"{name}: expected one number. Received: shape {np.shape(value)}")


SIMPLE: dict[Any, Callable[[str, Any], Any]] = {
    str: _check_instance(str),
    slice: _check_instance(slice),
    Axes: _check_instance(Axes),
    int: lambda name, value: _check_number(name, _checks.whole_number(name, value, least=-(2**63))),
    float: _check_number,
    ArrayLike: _checks.array,  # a name of its own since NumPy 2.5; before, a union, as above
}
"""What is checked of the kinds that have no parts."""


def _entries(count: int) -> str:
    """Return "1 entry", "2 entries" and so on."""
    return f"{count} {'entry' if count == 1 else 'entries'}"


def check_count(name: str, value: Any, count: int, why: str) -> None:
    """Raise unless `value` has so many entries; `why` says what they belong to."""
    if len(value) != count:
        raise ValueError(f"{name}: expected {_entries(count)}, {why}. Received: {len(value)}")


def check_most(name: str, value: Any, most: int) -> None:
    """Raise if `value` has more entries than there are looks to tell them apart."""
    if len(value) > most:
        raise ValueError(f"{name}: expected at most {most} entries. Received: {len(value)}")


def check_keys(
    name: str, value: Mapping[str, Any], keys: Sequence[str] | Mapping[str, Any]
) -> None:
    """Raise unless `value` has all of these keys."""
    missing = [key for key in keys if key not in value]
    if missing:
        raise ValueError(f"{name}: expected the keys {list(keys)}. Received: none for {missing}")


def check_range(
    name: str, values: ArrayLike, *, least: float = -np.inf, above: float = -np.inf,
    most: float = np.inf
) -> None:  # fmt: skip
    """Raise unless all numbers are within bounds."""
    numbers = np.asarray(values)
    if not np.all((numbers >= least) & (numbers > above) & (numbers <= most)):
        bounds = {"at least": least, "above": above, "at most": most}
        wanted = [f"{word} {bound:g}" for word, bound in bounds.items() if np.isfinite(bound)]
        raise ValueError(
            f"{name}: expected numbers {' and '.join(wanted)}. "
            f"Received: values from {np.min(numbers)} to {np.max(numbers)}"
        )


def array(name: str, values: ArrayLike, axes: str, *, finite: bool = True) -> NDArray[Any]:
    """Return real numbers as an array; raise unless its axes are as in `_checks.fitting`."""
    return _checks.fitting({name: (values, axes)}, finite=finite)[0]


def over(name: str, curves: Mapping[str, ArrayLike], x: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return curves as arrays; raise unless each has a value for each of `x`.

    What is not finite is a gap in a curve.
    """
    return {
        key: array(f"{name}[{key!r}]", values, f"{len(x)}", finite=False).astype(float)
        for key, values in curves.items()
    }


def classes(name: str, values: ArrayLike, count: int, *, most: int = 2**62) -> NDArray[np.integer]:
    """Return classes as an array; raise unless there are `count`, each from 0 to `most`."""
    labels = _checks.array(name, values)
    labels = _checks.class_labels(name, labels + 0 if labels.dtype == bool else labels)
    check_count(name, labels, count, "one for each example")
    return _checks.whole_numbers(name, labels, least=0, most=most)


def tensor(name: str, values: ArrayLike, ranks: Sequence[int]) -> NDArray[Any]:
    """Return real numbers as an array; raise unless it has entries and one of these ranks."""
    result = _checks.numbers(name, values)
    if result.ndim not in ranks or not result.size:
        raise ValueError(
            f"{name}: expected an array with entries, of rank {ranks[0]} to {ranks[-1]}. "
            f"Received: shape {result.shape}"
        )
    return result
