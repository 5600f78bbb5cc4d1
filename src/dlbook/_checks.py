"""Checks of arguments that several modules make in the same words."""

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def whole_number(name: str, value: object, *, least: int) -> int:
    """Return `value` as an int; raise unless it is a whole number of at least `least`."""
    message = f"{name}: expected a whole number of at least {least}. Received: {value!r}"
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(message)
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(message) from None
    if number < least:
        raise ValueError(message)
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
        raise TypeError(f"{name}: expected a number. Received: {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isfinite(number) and least <= number <= most and above < number < below:
        return number
    bounds = {"at least": least, "above": above, "at most": most, "below": below}
    wanted = [f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound)]
    raise ValueError(
        f"{name}: expected a finite number {' and '.join(wanted)}. Received: {value!r}"
    )


def flag(name: str, value: object) -> bool:
    """Return `value` as a bool; raise unless it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False. Received: {value!r}")
    return bool(value)


def choice(name: str, value: object, choices: tuple[int, ...]) -> None:
    """Raise unless `value` is one of some whole numbers."""
    if not isinstance(value, (int, np.integer)) or value not in choices:
        *first, last = map(str, choices)
        raise ValueError(f"{name}: expected {', '.join(first)} or {last}. Received: {value!r}")


def pair(name: str, value: Any) -> tuple[Any, Any]:
    """Return `value`; raise unless it is a tuple or list of images and labels."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(
            f"{name}: expected a pair, (images, labels). Received: {type(value).__name__}"
        )
    return value[0], value[1]


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
    if tuple(value.shape) != tuple(weight.shape):
        raise ValueError(
            f"{name}: expected the weight's shape {tuple(weight.shape)}. "
            f"Received: {tuple(value.shape)}"
        )


def array(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as an array; raise if they make none."""
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(
            f"{name}: expected rows of the same length. Received: {values!r}"
        ) from None


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
    x = array(names[0], images)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"{names[0]}: expected at least one example. Received: shape {x.shape}")
    y = class_labels(names[1], labels)
    if len(x) != len(y):
        raise ValueError(
            f"{names[1]}: expected as many as there are {names[0]}, {len(x)}. Received: {len(y)}"
        )
    return x, y
