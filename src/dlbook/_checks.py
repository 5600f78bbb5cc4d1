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
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name}: expected a number. Received: {value!r}")
    number = float(value)
    if math.isfinite(number) and least <= number <= most and above < number < below:
        return number
    bounds = {"at least": least, "above": above, "at most": most, "below": below}
    wanted = [f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound)]
    raise ValueError(
        f"{name}: expected a finite number {' and '.join(wanted)}. Received: {value!r}"
    )


def class_labels(name: str, labels: ArrayLike) -> NDArray[Any]:
    """Return `labels` as an array; raise unless they are whole numbers, one for each example."""
    array = np.asarray(labels)
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: expected whole numbers, the classes of the examples. "
            f"Received: dtype {array.dtype}"
        )
    if array.ndim != 1:
        raise ValueError(
            f"{name}: expected shape (n,), one class for each example. "
            f"Received: shape {array.shape}"
        )
    return array


def examples(
    images: ArrayLike, labels: ArrayLike, *, names: tuple[str, str] = ("images", "labels")
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return images and their labels as arrays; raise unless there is one label for each image."""
    x, y = np.asarray(images), class_labels(names[1], labels)
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"{names[0]}: expected at least one example. Received: shape {x.shape}")
    if len(x) != len(y):
        raise ValueError(
            f"{names[1]}: expected as many as there are {names[0]}, {len(x)}. Received: {len(y)}"
        )
    return x, y
