"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.digits import class_probabilities, digits, layer_stack
from dlbook.plotting.gradients import (
    descent_curves,
    gradient_field,
    marked_curves,
    saddle,
    step_sizes,
    surface_paths,
    tangent,
)
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
    "cost_growth",
    "crops",
    "descent_curves",
    "digit",
    "digits",
    "gradient_field",
    "layer_stack",
    "marked_curves",
    "matrix_product",
    "number_grids",
    "race",
    "saddle",
    "step_sizes",
    "surface_paths",
    "tangent",
    "tensor_axes",
]
