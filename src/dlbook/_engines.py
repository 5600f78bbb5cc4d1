"""Where variables and gradients come from: TensorFlow, or the book's own tape.

An engine is a module with `Variable` and `GradientTape`.
"""

import importlib
from typing import Any


def tensorflow() -> Any:
    """Return TensorFlow, imported at first use: networks on our own engine never need it."""
    return importlib.import_module("tensorflow")


def engine_of(model: object) -> Any:
    """Return the engine that the model's variables come from; TensorFlow if it does not say."""
    engine = getattr(model, "engine", None)
    return tensorflow() if engine is None else engine


def average_loss(engine: Any, labels: Any, predictions: Any) -> Any:
    """Return the mean cross-entropy of a batch of probabilities, as a scalar of the engine."""
    if engine.__name__ == "tensorflow":
        losses = engine.keras.losses.sparse_categorical_crossentropy(labels, predictions)
        return engine.reduce_mean(losses)
    return engine.mean(engine.sparse_categorical_crossentropy(labels, predictions))
