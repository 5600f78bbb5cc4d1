"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.bugs import agreement, rival_losses
from dlbook.plotting.digits import class_probabilities, digits, layer_stack
from dlbook.plotting.summary import training_loop
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
    "agreement",
    "broadcasting",
    "class_probabilities",
    "cost_growth",
    "crops",
    "digit",
    "digits",
    "layer_stack",
    "matrix_product",
    "number_grids",
    "race",
    "rival_losses",
    "tensor_axes",
    "training_loop",
]
