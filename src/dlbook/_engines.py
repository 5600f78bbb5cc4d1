"""Where variables and gradients come from: TensorFlow, or the book's own tape.

An engine is one of two modules with `Variable` and `GradientTape`.
"""

import functools
import importlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = "tensorflow", "dlbook.autodiff"
"""The modules that can be an engine."""

ALIGNMENT = 64
"""TensorFlow's tensors begin at multiples of so many bytes."""


@functools.cache  # which also hides the import from TensorFlow when it makes a graph
def by_name(name: str) -> Any:
    """Return the engine with this module name, imported at first use."""
    return importlib.import_module(name)


def tensorflow() -> Any:
    """Return TensorFlow: networks on our own engine never need it."""
    return by_name("tensorflow")


def engine_of(model: object) -> Any:
    """Return the engine that the model's variables come from; TensorFlow if it does not say."""
    engine = getattr(model, "engine", None)
    return tensorflow() if engine is None else checked(engine)


def checked(engine: Any) -> Any:
    """Return `engine`; raise unless it is one of the two that layers and training know."""
    if getattr(engine, "__name__", None) not in NAMES or engine is not by_name(engine.__name__):
        raise TypeError(
            "engine: expected a module with Variable and GradientTape, tensorflow or "
            f"dlbook.autodiff. Received: {engine!r}"
        )
    return engine


def is_tensorflow(engine: Any) -> bool:
    """Tell whether an engine is TensorFlow."""
    return bool(engine.__name__ == "tensorflow")


def aligned(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array without values that begins where TensorFlow reads it without a copy."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    first = -memory.ctypes.data % ALIGNMENT
    values: NDArray[Any] = memory[first : first + size].view(dtype).reshape(shape)
    return values


def to_device(array: NDArray[Any]) -> Any:
    """Return a tensor with the values of an array, where TensorFlow computes by default.

    The tensor may share the array's memory: it is for reading while the array stays as it is.
    """
    tf = tensorflow()
    if tf.config.list_logical_devices("GPU"):
        return tf.constant(array)
    # New memory comes from the system in small pages, which can take longer than half an epoch.
    in_place = array.flags.c_contiguous and array.flags.writeable and array.dtype.isnative
    if array.ctypes.data % ALIGNMENT or not in_place:
        copy = aligned(array.shape, array.dtype.newbyteorder("="))
        np.copyto(copy, array)
        array = copy
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def average_loss(engine: Any, labels: Any, predictions: Any) -> Any:
    """Return the mean cross-entropy of a batch of probabilities, as a scalar of the engine."""
    if is_tensorflow(engine):
        return engine.reduce_mean(losses(labels, predictions))
    return engine.mean(engine.sparse_categorical_crossentropy(labels, predictions))


def losses(labels: Any, predictions: Any) -> Any:
    """Return the cross-entropy of each example of a batch of TensorFlow's probabilities."""
    tf = tensorflow()
    # What keras.losses.sparse_categorical_crossentropy computes eagerly. In a graph that
    # function looks for the softmax and goes back to its inputs, so that eager and compiled
    # losses differ wherever a probability is near 0.
    clipped = tf.clip_by_value(predictions, 1e-7, 1 - 1e-7)
    # TensorFlow 2.18, compiled, clips NaN to a number, so that nobody would notice it.
    clipped = tf.where(tf.math.is_nan(predictions), predictions, clipped)
    logarithms = tf.math.log(clipped)
    labels = tf.convert_to_tensor(labels)
    if not labels.dtype.is_integer:
        raise TypeError(f"labels: expected whole numbers. Received: dtype {labels.dtype.name}")
    labels = tf.cast(labels, tf.int64)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logarithms)
