"""Checks of arguments that several modules make in the same words.

Every refusal names the argument, what was expected, and what came.
"""

import math
import operator
from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

IN_SILENCE = np.errstate(over="ignore", invalid="ignore")
"""Decorates functions that look at their results themselves, or document what is infinite."""

LONGEST = 200
"""How many characters of a refused value a message shows."""


def shown(value: object) -> str:
    """Return `value` as a message shows it: as Python writes it, cut if that is long."""
    try:
        text = repr(value)
    except Exception:  # a whole number of 5,000 digits, or an object half made
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def whole_number(name: str, value: object, *, least: int, most: int | None = None) -> int:
    """Return `value` as an int; raise unless it is a whole number from `least` to `most`."""
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"

    def message() -> str:
        return f"{name}: expected a whole number {bounds}. Received: {shown(value)}"

    if isinstance(value, (bool, np.bool_)):
        raise TypeError(message())
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(message()) from None
    if number < least or (most is not None and number > most):
        raise ValueError(message())
    return number


def real_number(
    name: str,
    value: Any,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> float:
    """Return `value` as a float; raise unless it is a finite number within the bounds."""
    kinds = int, float, np.integer, np.floating
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, kinds):
        raise TypeError(f"{name}: expected a number. Received: {shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isfinite(number) and least <= number <= most and above < number < below:
        return number
    bounds = {"at least": least, "above": above, "at most": most, "below": below}
    wanted = [f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound)]
    expected = " ".join(["a finite number", " and ".join(wanted)]).rstrip()
    raise ValueError(f"{name}: expected {expected}. Received: {shown(value)}")


def flag(name: str, value: object) -> bool:
    """Return `value` as a bool; raise unless it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False. Received: {shown(value)}")
    return bool(value)


def choice(name: str, value: object, choices: tuple[int, ...]) -> None:
    """Raise unless `value` is one of some whole numbers."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value not in choices:
        *first, last = map(str, choices)
        raise ValueError(f"{name}: expected {', '.join(first)} or {last}. Received: {shown(value)}")


def pair(name: str, value: Any, parts: str) -> tuple[Any, Any]:
    """Return `value`; raise unless it is a tuple or list of two parts, which are named so."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{name}: expected a pair, ({parts}). Received: {type(value).__name__}")
    return value[0], value[1]


def sized(name: str, value: Any, parts: str) -> None:
    """Raise unless `value` is a list or such, which has a length and can be gone through twice."""
    if not isinstance(value, Sized) or not isinstance(value, Iterable):
        raise TypeError(f"{name}: expected a list of {parts}. Received: {type(value).__name__}")


def every(name: str, value: Any, parts: str) -> list[Any]:
    """Return a list of all that `value` gives; raise if nothing can go through it."""
    if not isinstance(value, Iterable):
        raise TypeError(f"{name}: expected a list of {parts}. Received: {type(value).__name__}")
    return list(value)


def generator(name: str, seed: object) -> np.random.Generator:
    """Return a generator of random numbers; raise unless `seed` is one, a whole number or None."""
    if seed is None or isinstance(seed, np.random.Generator):
        return np.random.default_rng(seed)
    return np.random.default_rng(whole_number(name, seed, least=0))


def network(name: str, value: Any) -> None:
    """Raise unless `value` is a layer or a model: callable, with weights, and not a class."""
    if isinstance(value, type) or not callable(value) or not hasattr(value, "weights"):
        kind = value.__name__ + ", a class" if isinstance(value, type) else type(value).__name__
        raise TypeError(f"{name}: expected a layer or model, with weights. Received: {kind}")


def gradient(name: str, value: Any, weight: Any) -> None:
    """Raise unless there is a gradient, of the shape of its weight."""
    if value is None:
        raise ValueError(
            f"{name}: expected a tensor. Received: None; the loss does not depend on this weight"
        )
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        raise TypeError(f"{name}: expected a tensor. Received: {shown(value)}")
    if tuple(value.shape) != tuple(weight.shape):
        raise ValueError(
            f"{name}: expected the weight's shape {tuple(weight.shape)}. "
            f"Received: {tuple(value.shape)}"
        )


def array(name: str, values: Any) -> NDArray[Any]:
    """Return `values` as an array; raise if they make none, or have a mask that would be lost."""
    listed = isinstance(values, (list, tuple))
    if any(isinstance(part, np.ma.MaskedArray) for part in (values if listed else [values])):
        raise TypeError(
            f"{name}: expected an array without a mask, for example that of its filled() method. "
            f"Received: {'one in a ' * listed}{type(values).__name__}"
        )
    try:
        result = np.asarray(values)
    except (ValueError, OverflowError) as error:
        wanted = "rows of the same length" if listed else "an array"
        kind = ValueError if listed else TypeError
        raise kind(f"{name}: expected {wanted}. Received: {shown(values)}") from error
    if result.dtype == object and result.ndim == 0:
        raise TypeError(f"{name}: expected an array. Received: {type(values).__name__}")
    return result


def numbers(name: str, values: ArrayLike, *, finite: bool = True) -> NDArray[Any]:
    """Return `values` as an array; raise unless they are real numbers, and finite if asked."""
    result = array(name, values)
    if result.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected real numbers. Received: dtype {result.dtype}")
    if finite and not np.isfinite(result).all():
        strange = result[~np.isfinite(result)].flat[0]
        raise ValueError(f"{name}: expected finite numbers. Received: {strange} among them")
    return result


def plain_numbers(name: str, values: Any) -> None:
    """Raise if `values` is an array or a list, but does not hold real numbers; tensors may pass."""
    if isinstance(values, np.ndarray) or not hasattr(values, "dtype"):
        numbers(name, values, finite=False)


def whole_numbers(name: str, values: ArrayLike, *, least: int, most: int) -> NDArray[Any]:
    """Return `values` as an array; raise unless they are whole numbers from `least` to `most`."""
    result = array(name, values)
    if result.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected whole numbers. Received: dtype {result.dtype}")
    if result.size and not least <= result.min() <= result.max() <= most:
        raise ValueError(
            f"{name}: expected whole numbers from {least} to {most}. "
            f"Received: values from {result.min()} to {result.max()}"
        )
    return result


def fitting(
    wanted: Mapping[str, tuple[ArrayLike, str]], *, finite: bool = True
) -> list[NDArray[Any]]:
    """Return arrays of real numbers; raise unless their shapes are those wanted.

    For each argument `wanted` has its values and the names of its axes, or lengths, between
    blanks: ``{"images": (images, "n height width"), "labels": (labels, "n")}``. What has the
    same name must have the same length, at least 1.
    """
    lengths: dict[str, int] = {}
    results = []
    for name, (values, axes) in wanted.items():
        result, axis_names = numbers(name, values, finite=False), axes.split()
        known = [str(lengths.get(axis, axis)) for axis in axis_names]
        own = lengths | {axis: int(axis) for axis in axis_names if axis.isdigit()}
        pairs = zip(axis_names, result.shape, strict=False)
        fits = all(own.setdefault(axis, length) == length for axis, length in pairs)
        if not fits or result.ndim != len(known) or not result.size:
            shape = f"({', '.join(known)}{',' * (len(known) == 1)})"
            empty = "" if result.size else ", not empty"
            raise ValueError(
                f"{name}: expected shape {shape}{empty}. Received: shape {result.shape}"
            )
        lengths.update(zip(axis_names, result.shape, strict=True))
        results.append(numbers(name, result, finite=finite))
    return results


def mapping(name: str, value: object) -> None:
    """Raise unless `value` is a mapping that is not empty, as a dict is."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name}: expected a mapping. Received: {type(value).__name__}")
    if not value:
        raise ValueError(f"{name}: expected at least one entry. Received: none")


def parts(weights: Any) -> Sequence[Any]:
    """Return `weights`; raise unless it is a list or tuple."""
    if not isinstance(weights, (list, tuple)):
        raise TypeError(
            f"weights: expected a list, [W1, b1, W2, b2]. Received: {type(weights).__name__}"
        )
    return weights


def two_layers(weights: Sequence[NDArray[Any]]) -> tuple[int, int]:
    """Return how many inputs and classes a network has; raise unless its weights fit together."""
    shapes = [weight.shape for weight in weights]
    if [len(shape) for shape in shapes] != [2, 1, 2, 1]:
        raise ValueError(
            "weights: expected [W1, b1, W2, b2], a matrix and a vector for each layer. "
            f"Received: shapes {shapes}"
        )
    (inputs, hidden), _, (_, classes), _ = shapes
    expected = [(inputs, hidden), (hidden,), (hidden, classes), (classes,)]
    if shapes != expected:
        raise ValueError(f"weights: expected shapes {expected}. Received: {shapes}")
    if not inputs * hidden * classes:
        raise ValueError(f"weights: expected no axis of length 0. Received: shapes {shapes}")
    return inputs, classes


def class_labels(name: str, labels: ArrayLike) -> NDArray[Any]:
    """Return `labels` as an array; raise unless they are whole numbers, one for each example."""
    classes = array(name, labels)
    if classes.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: expected whole numbers, the classes of the examples. "
            f"Received: dtype {classes.dtype}"
        )
    if classes.ndim != 1:
        raise ValueError(
            f"{name}: expected shape (n,), one class for each example. "
            f"Received: shape {classes.shape}"
        )
    return classes


def examples(
    images: ArrayLike, labels: ArrayLike, *, names: tuple[str, str] = ("images", "labels")
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return images and their labels as arrays; raise unless there is one label for each image."""
    x = numbers(names[0], images, finite=False)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"{names[0]}: expected at least one example. Received: shape {x.shape}")
    y = class_labels(names[1], labels)
    if len(x) != len(y):
        raise ValueError(
            f"{names[1]}: expected as many as there are {names[0]}, {len(x)}. Received: {len(y)}"
        )
    return x, y
