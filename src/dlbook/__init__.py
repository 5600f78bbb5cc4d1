"""The mathematical building blocks of neural networks, as small readable code.

Every public name of the package can be imported from here.
Importing ``dlbook`` itself loads neither TensorFlow nor Matplotlib:
a name that needs one of them loads it when you first use it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlbook.batches import BatchGenerator
    from dlbook.checkpoints import Checkpoints
    from dlbook.layers import NaiveDense, NaiveSequential
    from dlbook.ops import (
        naive_add,
        naive_add_matrix_and_vector,
        naive_matrix_dot,
        naive_matrix_vector_dot,
        naive_relu,
        naive_vector_dot,
    )
    from dlbook.training import evaluate, fit, one_training_step, update_weights

_HOME = {
    "BatchGenerator": "batches",
    "Checkpoints": "checkpoints",
    "NaiveDense": "layers",
    "NaiveSequential": "layers",
    "evaluate": "training",
    "fit": "training",
    "naive_add": "ops",
    "naive_add_matrix_and_vector": "ops",
    "naive_matrix_dot": "ops",
    "naive_matrix_vector_dot": "ops",
    "naive_relu": "ops",
    "naive_vector_dot": "ops",
    "one_training_step": "training",
    "update_weights": "training",
}

__all__ = [
    "BatchGenerator",
    "Checkpoints",
    "NaiveDense",
    "NaiveSequential",
    "evaluate",
    "fit",
    "naive_add",
    "naive_add_matrix_and_vector",
    "naive_matrix_dot",
    "naive_matrix_vector_dot",
    "naive_relu",
    "naive_vector_dot",
    "one_training_step",
    "update_weights",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("dlbook")
    if name not in _HOME:
        raise AttributeError(f"module 'dlbook' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dlbook.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
