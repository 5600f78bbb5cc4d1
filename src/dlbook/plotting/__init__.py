"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package but its checks
of arguments.
"""

from dlbook.plotting.bugs import agreement, rival_losses
from dlbook.plotting.costs import cost_growth, exponents, race
from dlbook.plotting.digits import class_probabilities, digits, layer_stack
from dlbook.plotting.evaluation import (
    confident_mistakes,
    confusion_matrix,
    learning_curves,
    sampling_spread,
)
from dlbook.plotting.geometry import (
    area_by_cutting,
    class_regions,
    folded_grids,
    moved_grids,
    unfolded_classes,
    vector_sum,
)
from dlbook.plotting.gradients import (
    descent_curves,
    gradient_field,
    marked_curves,
    saddle,
    step_sizes,
    surface_paths,
    tangent,
)
from dlbook.plotting.graphs import (
    chain,
    computation_graph,
    small_network,
    tape,
    there_and_back,
    two_paths,
)
from dlbook.plotting.hinges import curve_panels, errors_by_size, hinge_sum
from dlbook.plotting.losses import bar_stages, curves, curves_below, fitted_lines
from dlbook.plotting.operations import broadcasting, equation, matrix_product
from dlbook.plotting.signs import signed_images, weight_images
from dlbook.plotting.speed import epoch_race, time_shares
from dlbook.plotting.summary import training_loop
from dlbook.plotting.tensors import crops, digit, number_grids, picked_entries, tensor_axes
from dlbook.plotting.training import (
    batch_losses,
    compared_accuracies,
    four_steps,
    losses_of_ways,
    sums_in_orders,
    way_back,
)
from dlbook.plotting.units import angle_and_shadow, enlarged_unit, on_and_off
from dlbook.plotting.weights import sizes_by_layer, sum_histogram
from dlbook.plotting.workers import data_parallel_step, ring_rounds, scaling, step_times

__all__ = [
    "agreement",
    "angle_and_shadow",
    "area_by_cutting",
    "bar_stages",
    "batch_losses",
    "broadcasting",
    "chain",
    "class_probabilities",
    "class_regions",
    "compared_accuracies",
    "computation_graph",
    "confident_mistakes",
    "confusion_matrix",
    "cost_growth",
    "crops",
    "curve_panels",
    "curves",
    "curves_below",
    "data_parallel_step",
    "descent_curves",
    "digit",
    "digits",
    "enlarged_unit",
    "epoch_race",
    "equation",
    "errors_by_size",
    "exponents",
    "fitted_lines",
    "folded_grids",
    "four_steps",
    "gradient_field",
    "hinge_sum",
    "layer_stack",
    "learning_curves",
    "losses_of_ways",
    "marked_curves",
    "matrix_product",
    "moved_grids",
    "number_grids",
    "on_and_off",
    "picked_entries",
    "race",
    "ring_rounds",
    "rival_losses",
    "saddle",
    "sampling_spread",
    "scaling",
    "signed_images",
    "sizes_by_layer",
    "small_network",
    "step_sizes",
    "step_times",
    "sum_histogram",
    "sums_in_orders",
    "surface_paths",
    "tangent",
    "tape",
    "tensor_axes",
    "there_and_back",
    "time_shares",
    "training_loop",
    "two_paths",
    "unfolded_classes",
    "vector_sum",
    "way_back",
    "weight_images",
]
