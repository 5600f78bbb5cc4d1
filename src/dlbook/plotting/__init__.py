"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.digits import class_probabilities, digits, layer_stack
from dlbook.plotting.evaluation import confident_mistakes, confusion_matrix, learning_curves
from dlbook.plotting.tensors import (
    broadcasting,
    cost_growth,
    crops,
    digit,
    matrix_product,
    number_grids,
    race,
    tensor_axes,
)

__all__ = [
    "broadcasting",
    "class_probabilities",
    "confident_mistakes",
    "confusion_matrix",
    "cost_growth",
    "crops",
    "digit",
    "digits",
    "layer_stack",
    "learning_curves",
    "matrix_product",
    "number_grids",
    "race",
    "tensor_axes",
]
