"""How weights move: all of them, each once, or none."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dlbook import _checks, _engines


class AllOrNone:
    """Give the variables their old values back if something goes wrong in the `with` block.

    An update moves one weight after the other. An error at the third, or Ctrl-C, would leave two
    that have moved and others that have not: a network that nobody has asked for.

    Parameters
    ----------
    variables : iterable of Variable
        What the block may change.
    """

    def __init__(self, variables: Iterable[Any]) -> None:
        self.variables = list(variables)

    def __enter__(self) -> None:
        # While TensorFlow makes a graph, nothing moves and there are no values to keep.
        tensorflow = sys.modules.get("tensorflow")
        eager = tensorflow is None or tensorflow.executing_eagerly()
        self.before = [np.asarray(variable) for variable in self.variables if eager]

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            for variable, value in zip(self.variables, self.before, strict=False):
                variable.assign(value)


def trainable_weights(part: Any) -> list[Any]:
    """Return the weights of a model or layer that shall learn, each once."""
    if not getattr(part, "trainable", True):
        return []
    weights = part.trainable_weights if hasattr(part, "trainable_weights") else part.weights
    return each_once(weight for weight in weights if getattr(weight, "trainable", True))


def each_once(things: Iterable[Any]) -> list[Any]:
    """Return the things without those that have come before; equal ones are not the same."""
    return list({id(thing): thing for thing in things}.values())


def fitting_gradients(gradients: Sequence[Any], weights: Sequence[Any]) -> list[Any]:
    """Return gradients that can be applied, dense and of the weights' dtypes.

    Raises
    ------
    ValueError
        If there are not as many gradients as weights, a weight comes twice, or a gradient is None
        or of another shape than its weight.
    TypeError
        If these are no lists, a gradient is no tensor of real numbers, or a weight no variable.
    """
    _checks.sized("gradients", gradients, "tensors")
    _checks.sized("weights", weights, "variables")
    if len(gradients) != len(weights):
        raise ValueError(
            f"gradients: expected one for each of {len(weights)} weights. "
            f"Received: {len(gradients)}"
        )
    first: dict[int, int] = {}
    for k, weight in enumerate(weights):
        if not hasattr(weight, "assign_sub"):
            raise TypeError(f"weights[{k}]: expected a Variable. Received: {type(weight).__name__}")
        if first.setdefault(id(weight), k) != k:
            raise ValueError(
                "weights: expected each one once, with the sum of its gradients. "
                f"Received: weights[{k}] is weights[{first[id(weight)]}]"
            )
    return [
        _fitting(f"gradients[{k}]", gradient, weight)
        for k, (gradient, weight) in enumerate(zip(gradients, weights, strict=True))
    ]


def variables_of(optimizer: Any) -> list[Any]:
    """Return what an optimizer keeps in variables: one of Keras does, ours has plain arrays."""
    return list(getattr(optimizer, "variables", ()))


def is_of_keras(optimizer: Any) -> bool:
    """Tell whether an optimizer comes from Keras, without importing it."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(optimizer, keras.optimizers.Optimizer)


def variable_of(weight: Any) -> Any:
    """Return the variable of TensorFlow that a weight of Keras holds, or the weight itself."""
    value = getattr(weight, "value", weight)
    return weight if callable(value) else value


def _fitting(name: str, gradient: Any, weight: Any) -> Any:
    """Return a gradient, dense and of the weight's dtype; raise if that cannot be."""
    _checks.gradient(name, gradient, weight)
    _checks.plain_numbers(name, gradient)
    wanted, given = (getattr(x.dtype, "name", str(x.dtype)) for x in (weight, gradient))
    if given != wanted and not given.startswith(("float", "bfloat", "int", "uint")):
        raise TypeError(
            f"{name}: expected the weight's dtype {wanted}, or other real numbers. "
            f"Received: dtype {given}"
        )
    if type(gradient).__name__ == "IndexedSlices":  # of rows that tf.gather has picked
        gradient = _engines.tensorflow().convert_to_tensor(gradient)
    if given == wanted:
        return gradient
    if isinstance(gradient, (np.ndarray, np.generic)):
        return gradient.astype(wanted)
    if type(gradient).__module__.startswith("tensorflow"):
        return _engines.tensorflow().cast(gradient, wanted)
    return gradient
