"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.costs import cost_growth, exponents, race
from dlbook.plotting.digits import class_probabilities, digits, layer_stack
from dlbook.plotting.operations import broadcasting, equation, matrix_product
from dlbook.plotting.playground import signed_images
from dlbook.plotting.speed import epoch_race, time_shares
from dlbook.plotting.tensors import crops, digit, number_grids, tensor_axes

__all__ = [
    "broadcasting",
    "class_probabilities",
    "cost_growth",
    "crops",
    "digit",
    "digits",
    "epoch_race",
    "equation",
    "exponents",
    "layer_stack",
    "matrix_product",
    "number_grids",
    "race",
    "signed_images",
    "tensor_axes",
    "time_shares",
]
