"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.digits import class_probabilities, digits, layer_stack
from dlbook.plotting.graphs import chain, computation_graph, small_network, tape
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
    "chain",
    "class_probabilities",
    "computation_graph",
    "cost_growth",
    "crops",
    "digit",
    "digits",
    "layer_stack",
    "matrix_product",
    "number_grids",
    "race",
    "small_network",
    "tape",
    "tensor_axes",
]
