"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.digits import class_probabilities, digits, layer_stack
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
from dlbook.plotting.training import (
    batch_losses,
    compared_accuracies,
    losses_of_ways,
    training_loop,
    way_back,
    weight_images,
)

__all__ = [
    "batch_losses",
    "broadcasting",
    "class_probabilities",
    "compared_accuracies",
    "cost_growth",
    "crops",
    "digit",
    "digits",
    "layer_stack",
    "losses_of_ways",
    "matrix_product",
    "number_grids",
    "race",
    "tensor_axes",
    "training_loop",
    "way_back",
    "weight_images",
]
