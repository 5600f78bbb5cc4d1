"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.bugs import agreement, rival_losses
from dlbook.plotting.costs import cost_growth, exponents, race
from dlbook.plotting.digits import class_probabilities, digits, layer_stack
from dlbook.plotting.evaluation import confident_mistakes, confusion_matrix, learning_curves
from dlbook.plotting.geometry import (
    class_regions,
    folded_grids,
    moved_grids,
    unfolded_classes,
    vector_sum,
)
from dlbook.plotting.graphs import chain, computation_graph, small_network, tape
from dlbook.plotting.operations import broadcasting, equation, matrix_product
from dlbook.plotting.speed import epoch_race, time_shares
from dlbook.plotting.summary import training_loop
from dlbook.plotting.tensors import crops, digit, number_grids, tensor_axes

__all__ = [
    "agreement",
from dlbook.plotting.training import (
    batch_losses,
    compared_accuracies,
    losses_of_ways,
    training_loop,
    way_back,
    weight_images,
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
    "batch_losses",
    "broadcasting",
    "chain",
    "class_probabilities",
    "class_regions",
    "computation_graph",
    "confident_mistakes",
    "confusion_matrix",
    "compared_accuracies",
    "cost_growth",
    "crops",
    "descent_curves",
    "digit",
    "digits",
    "epoch_race",
    "equation",
    "exponents",
    "folded_grids",
    "layer_stack",
    "learning_curves",
    "losses_of_ways",
    "gradient_field",
    "layer_stack",
    "marked_curves",
    "matrix_product",
    "moved_grids",
    "number_grids",
    "race",
    "rival_losses",
    "small_network",
    "tape",
    "saddle",
    "step_sizes",
    "surface_paths",
    "tangent",
    "tensor_axes",
    "time_shares",
    "training_loop",
    "unfolded_classes",
    "vector_sum",
    "training_loop",
    "way_back",
    "weight_images",
]
