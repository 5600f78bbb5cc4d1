"""What `fit` and its parts are given: examples, a step size, an optimizer; checked."""

import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks, _engines, _strategies, _updates

LEARNING_RATE = 1e-3
"""The step size of plain gradient descent where none is given."""

RANGES: dict[str, dict[str, float]] = {
    "learning_rate": {"least": 0},
    "momentum": {"least": 0, "most": 1},
    "rho": {"least": 0, "most": 1},
    "beta_1": {"least": 0, "below": 1},
    "beta_2": {"least": 0, "below": 1},
    "epsilon": {"least": 0},
    "weight_decay": {"least": 0},
    "clipnorm": {"least": 0},
    "clipvalue": {"least": 0},
    "global_clipnorm": {"least": 0},
    "ema_momentum": {"least": 0, "most": 1},
}
"""The settings that an optimizer of Keras does not check when they are changed later."""


def step_size(learning_rate: float | None, optimizer: Any) -> float:
    """Return the step size of plain gradient descent; raise if what was given makes no sense."""
    if optimizer is not None:
        if learning_rate is not None:
            raise ValueError(
                "learning_rate: expected None when an optimizer is given; it has its own"
            )
        _check_optimizer(optimizer)
    if learning_rate is None:
        return LEARNING_RATE
    return _checks.real_number("learning_rate", learning_rate, above=0)


def context(model: Any) -> None:
    """Raise if `fit` or `evaluate` is called where TensorFlow would not run it step by step."""
    if not _engines.is_tensorflow(_engines.engine_of(model)):
        return
    if not _engines.tensorflow().executing_eagerly():
        raise RuntimeError(
            "fit and evaluate: expected a call from plain Python. Received: one inside of a "
            "tf.function or graph; put one_training_step there"
        )
    _strategies.strategy_of(model)  # raises if the model and the place of the call do not fit


def checked_examples(
    model: Any,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    names: tuple[str, str] = ("images", "labels"),
) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Return examples that the model can take, as arrays, and the number of its outputs.

    Raises an error if the model cannot take them.
    """
    _checks.network("model", model)
    x, y = _checks.examples(images, labels, names=names)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{names[0]}: expected floating-point numbers, as "
            "dlbook.datasets.mnist.prepare_images returns them. "
            f"Received: dtype {x.dtype}"
        )
    context(model)
    x = x.astype(np.float32, copy=False)
    try:
        outputs = model(x[:1])
    except ValueError as error:
        raise ValueError(f"{names[0]}: the model does not take them: {error}") from error
    if len(outputs.shape) != 2:
        raise ValueError(
            f"{names[0]}: expected a shape of which the model makes (n, classes), mostly "
            f"(n, inputs). Received: shape {x.shape}"
        )
    engine = _engines.engine_of(model)
    if not isinstance(outputs, engine.Tensor):
        raise TypeError(
            f"model: expected tensors of {engine.__name__}. Received: {type(outputs).__name__}; "
            "do all activations come from there?"
        )
    classes = outputs.shape[-1]
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"{names[1]}: expected whole numbers from 0 to {classes - 1}, for a model with "
            f"{classes} outputs. Received: values from {y.min()} to {y.max()}"
        )
    return x, y, classes


def check_batch(model: Any, images: Any, labels: Any) -> None:
    """Raise unless the model is one, and arrays hold numbers; models and losses see to the rest."""
    _checks.network("model", model)
    if isinstance(images, np.ndarray):  # a model of Keras may take lists and dicts of arrays
        _checks.plain_numbers("images_batch", images)
    _checks.plain_numbers("labels_batch", labels)


def bind(optimizer: Any, model: Any) -> None:
    """Raise if there is nothing to train, or nothing with which the optimizer could train it.

    An optimizer of Keras makes its variables here, before the first step.
    """
    weights = _updates.trainable_weights(model)
    if not weights:
        raise ValueError(
            f"model: expected weights that may learn. Received: {len(model.weights)} weights, "
            "none of them trainable"
        )
    if not _updates.is_of_keras(optimizer):
        return
    name = type(optimizer).__name__
    if not _engines.is_tensorflow(_engines.engine_of(model)):
        raise TypeError(
            "optimizer: expected one of dlbook.optimizers, since the model is on dlbook.autodiff. "
            f"Received: {name} of Keras"
        )
    backend = sys.modules["keras"].backend.backend()
    if backend != "tensorflow":
        raise TypeError(
            "optimizer: expected one of Keras on TensorFlow, or of dlbook.optimizers. "
            f"Received: {name} of Keras on {backend}"
        )
    strategy = _strategies.strategy_of(model)
    _strategies.check_optimizer(strategy, optimizer)
    if optimizer.built:
        return
    try:
        with _strategies.scope(strategy):
            optimizer.build(weights)
    except AttributeError as error:
        optimizer.built = False
        raise TypeError(
            "optimizer: expected one that can move variables of TensorFlow. "
            f"Received: {name}, which asks more of them: {error}"
        ) from error


def finish(optimizer: Any, model: Any) -> None:
    """Let an optimizer of Keras that averages weights put the averages in their place."""
    if _updates.is_of_keras(optimizer):
        optimizer.finalize_variable_values(_updates.trainable_weights(model))


def _check_optimizer(optimizer: Any) -> None:
    """Raise unless it is an optimizer whose settings make sense and that leaves the loss alone."""
    if isinstance(optimizer, type) or not hasattr(optimizer, "apply_gradients"):
        raise TypeError(
            "optimizer: expected an optimizer of Keras or of dlbook.optimizers. "
            f"Received: {optimizer!r}"
        )
    scalers = "loss_scale_factor", "initial_scale", "get_scaled_loss"
    for one in (optimizer, *getattr(optimizer, "optimizers", ())):
        if any(getattr(one, name, None) is not None for name in scalers):
            raise ValueError(
                "optimizer: expected one that takes the gradients of the loss itself. "
                f"Received: {type(one).__name__} with a factor for the loss, which is not "
                "multiplied by one here"
            )
    # Those of dlbook.optimizers check their settings when they are set; in a graph, those of
    # Keras are no numbers.
    if not _updates.is_of_keras(optimizer) or not _engines.tensorflow().executing_eagerly():
        return
    for name, bounds in RANGES.items():
        value = getattr(optimizer, name, None)
        if value is not None and not isinstance(value, bool):
            _checks.real_number(f"optimizer.{name}", _number(value), **bounds)


def _number(value: Any) -> Any:
    """Return a setting as a number where it is one; a variable holds one."""
    return np.asarray(value)[()] if hasattr(value, "numpy") else value
