"""Every figure of the book can be read: no letter is covered, cut, too small, or hard to see.

`EXAMPLES` calls each public function as the pages do, with numbers of the size that they have
there. What is drawn is measured by `figures.py`; the figures at the end are bad on purpose and
show that each measure finds what it is for.
"""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

sys.path.insert(0, str(Path(__file__).parent))

from dlbook import plotting
from dlbook.geometry import AffineMap, grid, rotation, scaling
from dlbook.plotting import _style
from figures import (
    COLUMN,
    PAGE,
    Drawing,
    clipped,
    contrast,
    contrasts,
    crossed,
    cut_off,
    drawn,
    foreign_colours,
    in_theme,
    letter_sizes,
    overlaps,
    shown_width,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, size=(54, 28, 28)).astype(np.uint8)
SIGNED = RNG.normal(size=(10, 28, 28))
LABELS = np.arange(54) % 10
STEPS = np.arange(101)
PAPER = grid(2)
BOWL_X, BOWL_Y = np.linspace(-4, 4, 81), np.linspace(-2.2, 2.2, 45)
BOWL = np.add.outer(3 * BOWL_Y**2, BOWL_X**2) / 2
WALK = np.array([[-3.5, 1.7]]) * np.array([[0.9, 0.7]]) ** np.arange(31)[:, None]


def fresh() -> np.random.Generator:
    """Random numbers that are the same in whatever order the examples are drawn."""
    return np.random.default_rng(1)


def falling(start: float, end: float, count: int) -> np.ndarray:
    """A loss that falls, as losses do: steeply at first."""
    return end + (start - end) * np.exp(-4 * np.arange(count) / count)


def spiral(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two spirals of points, and their classes."""
    labels = np.arange(n) % 2
    turn = np.linspace(0.5, 3, n) * np.pi
    angle = turn + np.pi * labels
    return np.stack([turn * np.cos(angle), turn * np.sin(angle)], axis=1) / 3, labels


def network_graph():
    """The graph of the network of the first page, as its tape tells it."""
    nodes = [
        ("images", "constant", (128, 784)),
        ("W1", "variable", (784, 512)),
        ("matmul", "operation", (128, 512)),
        ("b1", "variable", (512,)),
        ("add", "operation", (128, 512)),
        ("relu", "operation", (128, 512)),
        ("W2", "variable", (512, 10)),
        ("matmul", "operation", (128, 10)),
        ("b2", "variable", (10,)),
        ("add", "operation", (128, 10)),
        ("softmax", "operation", (128, 10)),
        ("labels", "constant", (128,)),
        ("sparse_categorical_crossentropy", "operation", (128,)),
        ("mean", "operation", ()),
    ]
    edges = [(0, 2), (1, 2), (2, 4), (3, 4), (4, 5), (5, 7), (6, 7), (7, 9), (8, 9), (9, 10)]
    return nodes, [*edges, (11, 12), (10, 12), (12, 13)]


def product_graph():
    """The graph of f = (x w + b) w, with what flows along its edges."""
    nodes = [
        ("x", "constant", ()),
        ("w", "variable", ()),
        ("multiply", "operation", ()),
        ("b", "variable", ()),
        ("add", "operation", ()),
        ("multiply", "operation", ()),
        ("f", "result", ()),
    ]
    edges = [(0, 2), (1, 2), (2, 4), (3, 4), (4, 5), (1, 5), (5, 6)]
    forward = ["2", "4", "8", "−5", "3", "4", "12"]
    return nodes, edges, forward, ["16", "8", "4", "4", "4", "3", "1"]


def graph_with_flow() -> Figure:
    nodes, edges, forward, backward = product_graph()
    return plotting.computation_graph(nodes, edges, forward=forward, backward=backward)


def curve_of_hinges() -> Figure:
    x = np.linspace(0, 2, 50)
    names = ("4, built", "4, trained", "8, built", "8, trained")
    panels = {name: np.sin(3 * x) + 0.1 * k for k, name in enumerate(names)}
    marks = [np.linspace(0, 2, 4 + 4 * (k > 1)) for k in range(4)]
    return plotting.curve_panels(x, panels, target=np.sin(3 * x), marks=marks)


def two_classes() -> Figure:
    points, labels = spiral(200)
    steps = {name: points * k for k, name in enumerate(("input", "layers 1, 2", "layers 3, 4"), 1)}
    steps["layers 5, 6"] = points + 3
    papers = [grid(3) * k for k in (1, 2, 3)] + [grid(3) + 3]
    return plotting.unfolded_classes(
        steps, labels, papers, [[1, 0.5, 0], [1, 2, 1], [0, 1, 0.2], [1, 1, -6]]
    )


def regions() -> Figure:
    points, labels = spiral(200)
    field = np.stack(np.meshgrid(np.linspace(-3.3, 3.3, 40), np.linspace(-3.3, 3.3, 40)), axis=-1)
    return plotting.class_regions(points, labels, field, 1 / (1 + np.exp(-3 * field[..., 0])))


def folded() -> Figure:
    paper = rotation(0.4)(grid(2))
    part = 2 * (paper[..., 1] < 0) + (paper[..., 0] < 0)
    names = ["x > 0, y > 0", "x < 0, y > 0", "x > 0, y < 0", "x < 0, y < 0"]
    steps = {"before relu": paper, "after relu": np.maximum(paper, 0)}
    return plotting.folded_grids(steps, part, names)


def four_determinants() -> Figure:
    small = grid(1)
    matrices = {
        "3": [[3, 0], [0, 1]],
        "1": [[1, 1], [0, 1]],
        "−1": [[-1, 0], [0, 1]],
        "0": [[1, 2], [0.5, 1]],
    }
    return plotting.moved_grids(
        small, {f"det = {name}": AffineMap(W, [0, 0])(small) for name, W in matrices.items()}
    )


def field_of_gradients() -> Figure:
    x, y = np.linspace(-4, 4, 81), np.linspace(-2, 2, 41)
    points = np.array([(a, b) for a in np.arange(-3.5, 4) for b in np.arange(-1.6, 2, 0.8)])
    heights = np.add.outer(3 * y**2, x**2) / 2
    return plotting.gradient_field(x, y, heights, points, points * [1, 3], WALK)


def three_step_sizes() -> Figure:
    steps = {
        f"step {step:g}": np.array([[-3.5, 1.7]])
        * (1 - step * np.array([1, 3])) ** np.arange(11)[:, None]
        for step in (0.05, 0.3, 0.7)
    }
    return plotting.step_sizes(BOWL_X, BOWL_Y, BOWL, steps)


def five_paths(names: tuple[str, ...]) -> Figure:
    x, y = np.linspace(-4.6, 2, 81), np.linspace(-1.1, 1.1, 61)
    paths = {
        name: np.array([[-4, 1]])
        * np.array([[0.9 - 0.1 * k, 0.5 - 0.3 * k]]) ** np.arange(60)[:, None]
        for k, name in enumerate(names)
    }
    return plotting.surface_paths(x, y, np.add.outer(30 * y**2, x**2) / 2, paths)


def four_minima() -> Figure:
    x, unit, edge = np.linspace(-2.2, 2.1, 200), np.linspace(-1, 1, 101), np.linspace(1, 2, 50)

    def valleys(x):
        return x**4 / 4 - 2 * x**2 + 0.5 * x

    return plotting.marked_curves(
        {
            "zero slope": (x, valleys(x)),
            "zero slope, no minimum": (unit, unit**3),
            "minimum at a kink": (unit, abs(unit)),
            "minimum at the edge": (edge, edge**2),
        },
        {
            "zero slope": [
                (-2.06, valleys(-2.06), "global"),
                (0.13, valleys(0.13), "^maximum"),
                (1.93, valleys(1.93), "local"),
            ],
            "zero slope, no minimum": [(0, 0, "neither")],
            "minimum at a kink": [(0, 0, "no slope")],
            "minimum at the edge": [(1, 1, "slope 2")],
        },
    )


def two_trails() -> Figure:
    x = np.linspace(-1.2, 1.2, 41)
    steps = np.linspace(1.1, 0.02, 20)
    on_line = np.stack([0 * steps, steps, steps**2], axis=1)
    beside = np.stack([0.01 + (1.1 - steps) ** 3 / 2, steps, steps**2], axis=1)
    beside[:, 2] = beside[:, 1] ** 2 - beside[:, 0] ** 2
    trails = {"start on the line: stops": on_line, "start 0.01 beside it: gets away": beside}
    return plotting.saddle(x, x, np.add.outer(x**2, -(x**2)), trails)


def mazur() -> Figure:
    return plotting.small_network(
        [["i1", "i2"], ["h1", "h2"], ["o1", "o2"]],
        [[[0.15, 0.25], [0.20, 0.30]], [[0.40, 0.50], [0.45, 0.55]]],
        [[["w1", "w3"], ["w2", "w4"]], [["w5", "w7"], ["w6", "w8"]]],
    )


def tables_there_and_back() -> Figure:
    values = [
        [[1, 2], [3, 0]],
        [[1, 1, 3], [3, -3, 1]],
        [[1, 1, 3], [3, 0, 1]],
        [[4, 4], [6, 4]],
    ]
    gradients = [
        None,
        [[-0.25, -0.5, 0.25], [0.44, 0, -0.44]],
        [[-0.25, -0.5, 0.25], [0.44, 0.88, -0.44]],
        [[-0.25, 0.25], [0.44, -0.44]],
    ]
    steps = ["$W_1, b_1$", "relu", "$W_2, b_2$"]
    return plotting.there_and_back(list("XAHZ"), values, gradients, steps)


def four_ways() -> Figure:
    names = ["by hand", "our tape", "TensorFlow", "Keras, fit"]
    losses = np.tile(falling(2.3, 0.8, 100), (4, 1))
    noise = np.abs(fresh().normal(size=(100, 4))) * [0, 1, 1, 1]
    differences = {"float32": 1e-8 * noise, "float64": 1e-17 * noise}
    return plotting.losses_of_ways(names, losses, differences, {"float32": 2e-7, "float64": 4e-16})


def curves_of_losses() -> Figure:
    score = np.linspace(-8, 8, 321)
    q = 1 / (1 + np.exp(-score))
    return plotting.curves_below(
        score,
        {
            "loss": {"cross-entropy": -np.log(q), "squared error": (1 - q) ** 2},
            "slope": {"cross-entropy": q - 1, "squared error": -2 * q * (1 - q) ** 2},
        },
        xlabel="score of the right class",
    )


def heated() -> Figure:
    temperatures = np.geomspace(0.1, 30, 100)
    z = np.exp(np.array([2, 1, -1])[:, None] / temperatures)
    shares = dict(zip(("cat", "dog", "bird"), z / z.sum(axis=0), strict=True))
    return plotting.curves(
        temperatures,
        shares,
        xlabel="temperature",
        ylabel="probability",
        scales=("log", "linear"),
        upright=1,
    )


def two_losses() -> Figure:
    p = np.linspace(0.01, 1, 200)
    return plotting.curves(
        p,
        {"surprise −ln p": -np.log(p), "squared error (1 − p)²": (1 - p) ** 2},
        xlabel="probability of the right class",
        ylabel="loss",
        points=[(0.26, 1.35, "dog")],
    )


def factors() -> Figure:
    sizes = np.linspace(0, 0.75, 151)
    return plotting.curves(
        sizes,
        {"curvature 3": abs(1 - 3 * sizes), "curvature 1": abs(1 - sizes)},
        xlabel="step size",
        ylabel="share of the distance left",
        points=[(0.5, 0.5, "best for both")],
        upright=2 / 3,
    )


def first_layers() -> Figure:
    layers = np.arange(11)
    ways = {"0.1": 1.7, "√(2/n)": 1.0, "√(1/n)": 0.64, "0.01": 0.25}
    forward = {name: factor**layers for name, factor in ways.items()}
    return plotting.sizes_by_layer(forward, {name: size[::-1] for name, size in forward.items()})


GROWTH = {
    "loops, vector dot": {10: 4e-6, 40: 1.5e-5, 160: 6e-5},
    "loops, add": {10: 1e-4, 20: 3e-4, 40: 1.2e-3},
    "loops, matrix dot": {10: 1e-3, 20: 8e-3, 40: 6e-2},
    "NumPy, add": {200: 2e-5, 400: 8e-5, 800: 4e-4},
    "NumPy, matrix dot": {200: 4e-4, 400: 3e-3, 800: 2.2e-2},
}
OPERATIONS = {
    "relu": 2,
    "add": 2,
    "matrix + vector": 2,
    "vector dot": 1,
    "matrix · vector": 2,
    "matrix dot": 3,
}
RACE = {
    "matrix products": 0.05,
    "by hand": 0.09,
    "our tape": 0.11,
    "fit, compiled": 0.13,
    "TensorFlow": 0.2,
    "fit, eager": 0.9,
}
SHARES = {
    name: {"matrix products": 0.5, "interpreter and dispatch": 0.3 * k, "the rest": 0.2}
    for k, name in enumerate(RACE)
}
LAYERS = ["$X$", "$A$", "$H$", "$Z$", "$L$"]

EXAMPLES: dict[str, list[Callable[[], Figure]]] = {
    "agreement": [lambda: plotting.agreement(SIGNED[0] / 100, SIGNED[1] / 100)],
    "angle_and_shadow": [lambda: plotting.angle_and_shadow([1, 3], [4, 2])],
    "area_by_cutting": [lambda: plotting.area_by_cutting([[3, 1], [1, 2]])],
    "bar_stages": [
        lambda: plotting.bar_stages(
            {
                "score z": [2, 1, -1],
                "exp(z)": [7.389, 2.718, 0.3679],
                "share p": [0.705, 0.259, 0.0351],
            },
            ["cat", "dog", "bird"],
        )
    ],
    "batch_losses": [
        lambda: plotting.batch_losses(falling(4.5, 0.7, 900) + fresh().normal(size=900) / 10, 90),
        lambda: plotting.batch_losses(falling(2.3, 0.7, 79), 79, window=10),
    ],
    "broadcasting": [lambda: plotting.broadcasting([[1, 2, 3], [4, 5, 6]], [10, 20, 30])],
    "chain": [
        lambda: plotting.chain(
            list("xuvpL"),
            ["x²", "3u − 1", "σ(v)", "−ln p"],
            [0.8, 0.64, 0.92, 0.715, 0.335],
            [1.6, 3, 0.204, -1.4],
        )
    ],
    "class_probabilities": [
        lambda: plotting.class_probabilities(
            [1e-6, 1e-9, 1e-5, 3e-4, 1e-10, 1e-7, 1e-12, 0.999, 1e-7, 1e-5], label=7
        )
    ],
    "class_regions": [regions],
    "compared_accuracies": [
        lambda: plotting.compared_accuracies(
            [
                f"{size}, {sign}, {loss}"
                for size in ("small", "large")
                for sign in ("positive", "centred")
                for loss in ("clipped", "not clipped")
            ],
            fresh().uniform(0.1, 0.95, size=(8, 3)),
        )
    ],
    "computation_graph": [lambda: plotting.computation_graph(*network_graph()), graph_with_flow],
    "confident_mistakes": [
        lambda: plotting.confident_mistakes(
            IMAGES[:8], LABELS[:8], np.eye(10)[(LABELS[:8] + 1) % 10] * 0.9998 + 1e-5
        )
    ],
    "confusion_matrix": [
        lambda: plotting.confusion_matrix(
            fresh().integers(0, 40, size=(10, 10)) + np.diag([1100] * 10)
        )
    ],
    "cost_growth": [
        lambda: plotting.cost_growth(GROWTH, dict(zip(GROWTH, (1, 2, 3, 2, 3), strict=True)))
    ],
    "crops": [
        lambda: plotting.crops(
            IMAGES[0], {"bottom right": (slice(14, None),) * 2, "middle": (slice(7, -7),) * 2}
        )
    ],
    "curve_panels": [curve_of_hinges],
    "curves": [heated, two_losses, factors],
    "curves_below": [curves_of_losses],
    "data_parallel_step": [
        lambda: plotting.data_parallel_step([64, 64], [0.3, 0.5]),
        lambda: plotting.data_parallel_step([32] * 4, [0.25, 0.5, 0.125, 0.25]),
    ],
    "descent_curves": [
        lambda: plotting.descent_curves(
            {
                name: 300 * np.exp(-np.arange(61) / (10 + 3 * k))
                for k, name in enumerate(
                    ("momentum", "Nesterov", "Adagrad", "RMSprop", "Adam", "plain")
                )
            }
        )
    ],
    "digit": [lambda: plotting.digit(IMAGES[0])],
    "digits": [
        lambda: plotting.digits(IMAGES[:10], LABELS[:10]),
        lambda: plotting.digits(IMAGES[:10], predictions=LABELS[:10]),
        lambda: plotting.digits(IMAGES[:10], LABELS[:10], [*LABELS[:8], 3, 3]),
        lambda: plotting.digits(IMAGES, LABELS, (LABELS + 1) % 10, columns=6),
    ],
    "enlarged_unit": [lambda: plotting.enlarged_unit(np.abs(SIGNED[0]), SIGNED[1], -5.34)],
    "epoch_race": [lambda: plotting.epoch_race(RACE)],
    "equation": [
        lambda: plotting.equation(
            [
                [[1, 2], [3, 4], [10, 0]],
                "·",
                [3, -1],
                "=",
                [1, 5, 30],
                "+",
                [3, 12, -32],
                "=",
                [4, 17, -2],
                "relu\n→",
                [4, 17, 0],
            ],
            ["W", "x", "W · x", "b", "W · x + b", "output"],
        )
    ],
    "errors_by_size": [
        lambda: plotting.errors_by_size(
            [4, 8, 16, 32], [0.24, 0.06, 0.015, 0.004], np.geomspace(0.3, 0.01, 24).reshape(4, 6)
        )
    ],
    "exponents": [
        lambda: plotting.exponents(
            OPERATIONS,
            {way: {name: p - 0.1 for name, p in OPERATIONS.items()} for way in ("loops", "NumPy")},
        )
    ],
    "fitted_lines": [
        lambda: plotting.fitted_lines(
            [0, 1, 2, 3],
            [1, 2.2, 3.9, 5],
            {"start": (0, 0), "step 1": (1.2, 0.6), "step 2": (1.4, 0.8), "step 3": (1.4, 0.9)},
            names=("day", "height in cm"),
        )
    ],
    "folded_grids": [folded],
    "four_steps": [
        lambda: plotting.four_steps(
            [
                "next batch",
                "forward:\nprobabilities, loss",
                "backward:\ngradients",
                "update:\nnew weights",
            ]
        )
    ],
    "gradient_field": [field_of_gradients],
    "hinge_sum": [
        lambda: plotting.hinge_sum(
            [-1, 0, 1, 2, 3],
            {
                "2 relu(x)": [0, 0, 2, 4, 6],
                "−3 relu(x − 1)": [0, 0, 0, -3, -6],
                "relu(x − 2)": [0, 0, 0, 0, 1],
            },
            1.0,
        )
    ],
    "layer_stack": [
        lambda: plotting.layer_stack(
            [784, 512, 10],
            ["grey levels", "features", "probabilities"],
            ["dense\nrelu", "dense\nsoftmax"],
        )
    ],
    "learning_curves": [
        lambda: plotting.learning_curves(
            {
                "loss": {"training": falling(0.3, 0.01, 20), "validation": falling(0.3, 0.06, 20)},
                "accuracy": {
                    "training": 1 - falling(0.1, 0, 20),
                    "validation": 1 - falling(0.1, 0.02, 20),
                },
            },
            marked_epoch=4,
        ),
        lambda: plotting.learning_curves(
            {
                "validation loss": {
                    name: falling(0.9, 0.3 + k / 10, 20)
                    for k, name in enumerate(("plain", "dropout", "weight decay"))
                }
            }
        ),
    ],
    "losses_of_ways": [four_ways],
    "marked_curves": [four_minima],
    "matrix_product": [
        lambda: plotting.matrix_product(
            [[1, 2], [3, 4], [10, 0]], [[3, 1, 0], [-1, 2, 5]], row=1, column=0
        )
    ],
    "moved_grids": [
        lambda: plotting.moved_grids(PAPER, {"translation by [2, 1]": PAPER + np.array([2, 1])}),
        lambda: plotting.moved_grids(
            grid(1),
            {
                "scaling by [1.5, 0.5]": scaling([1.5, 0.5])(grid(1)),
                "shear by 1": AffineMap([[1, 1], [0, 1]], [0, 0])(grid(1)),
            },
        ),
        four_determinants,
    ],
    "number_grids": [
        lambda: plotting.number_grids(
            [12, [3, 6, 7], [[1, 2, 3], [4, 5, 6]], np.arange(12).reshape(2, 2, 3)],
            ["scalar", "vector", "matrix", "rank 3"],
        ),
        lambda: plotting.number_grids(
            [[[1, 2], [3, 4], [10, 0]], [[1, 3, 10], [2, 4, 0]], [[1, 2, 3], [4, 10, 0]]],
            ["x", "x.T", "x.reshape((2, 3))"],
        ),
        lambda: plotting.number_grids(
            [[[4], [1], [3], [4], [2]], np.eye(5)[[4, 1, 3, 4, 2]]], ["codes", "one-hot"]
        ),
    ],
    "on_and_off": [
        lambda: plotting.on_and_off([4, 2], -10, [[1, 3], [2, 1], [3, 1], [4, 3], [1, 1]])
    ],
    "picked_entries": [
        lambda: plotting.picked_entries([[1, 7, 2], [8, 0, 1], [3, 2, 5]], [0, 1, 2], [1, 2, 2])
    ],
    "race": [
        lambda: plotting.race({"loops": 1.83, "NumPy": 0.00312}),
        lambda: plotting.race(
            {"count": 2e-8, "read two": 9e-8, "add": 1.1e-7, "write": 1.4e-7, "NumPy": 4e-10}
        ),
    ],
    "ring_rounds": [lambda: plotting.ring_rounds(4)],
    "rival_losses": [
        lambda: plotting.rival_losses(
            {"wrong": falling(2.3, 0.5, 200), "mended": falling(2.3, 0.4, 200)}
        )
    ],
    "saddle": [two_trails],
    "sampling_spread": [
        lambda: plotting.sampling_spread(
            0.9821 + 0.00133 * fresh().normal(size=2000), 0.9821, 0.00133
        )
    ],
    "scaling": [
        lambda: plotting.scaling(
            [1, 8, 64, 1024],
            {
                "batch of 128": [1, 1.3, 1.2, 0.4],
                "batch of 8,192": [1, 6, 9, 1.5],
                "128 for each worker": [1, 3, 20, 60],
            },
        )
    ],
    "signed_images": [
        lambda: plotting.signed_images(SIGNED, [f"class {k}" for k in range(10)], columns=5),
        lambda: plotting.signed_images(SIGNED[:2], ["a sheet", "the field"], columns=2),
        lambda: plotting.signed_images(SIGNED[:3], ["the image", "votes", "unit 123"]),
    ],
    "sizes_by_layer": [first_layers],
    "small_network": [mazur],
    "step_sizes": [three_step_sizes],
    "step_times": [
        lambda: plotting.step_times(
            [16, 32, 64, 128, 256, 512],
            {"1 worker": [2, 2.5, 3, 5, 9, 16], "2 workers": [60, 62, 61, 66, 70, 80]},
            {"1 worker": [1.8, 2.4, 3.2, 5, 9, 17], "2 workers": [60, 61, 62, 64, 68, 76]},
        )
    ],
    "sum_histogram": [
        lambda: plotting.sum_histogram([-3, -2, -2, -1, -1, -1, -1, 0, 0, 1, 1, 1, 1, 2, 2, 3])
    ],
    "sums_in_orders": [lambda: plotting.sums_in_orders(1.5e-7 * fresh().normal(size=1000), 2e-8)],
    "surface_paths": [
        lambda: plotting.surface_paths(BOWL_X, BOWL_Y, BOWL, {"step 0.1, 30 steps": WALK}),
        lambda: five_paths(("momentum", "Nesterov", "Adagrad", "RMSprop", "Adam")),
        lambda: five_paths(("batch size 1", "batch size 32", "batch size 1024")),
    ],
    "tangent": [
        lambda: plotting.tangent(
            np.linspace(-1, 3.4, 200), (np.linspace(-1, 3.4, 200) - 1) ** 2, (2, 1), 2, step=1
        )
    ],
    "tape": [
        lambda: plotting.tape(
            [
                "matmul: x(2, 3), W(3, 4) -> (2, 4)",
                "add: (2, 4), b(4,) -> (2, 4)",
                "relu: (2, 4) -> (2, 4)",
                "sum: (2, 4) -> ()",
            ]
        )
    ],
    "tensor_axes": [lambda: plotting.tensor_axes(IMAGES[:5])],
    "there_and_back": [tables_there_and_back],
    "time_shares": [
        lambda: plotting.time_shares({name: SHARES[name] for name in list(SHARES)[1:]})
    ],
    "training_loop": [
        lambda: plotting.training_loop(
            ["data\nx, y", "layers\nx W + b", "predictions\np", "loss\nL(p, y)"],
            ["gradients\n∂L/∂W", "optimizer\nstep", "weights\nW, b"],
            result="repeat for\neach batch",
        )
    ],
    "two_paths": [lambda: plotting.two_paths(["x", "u", "v", "f"], [4, 3], [2, 1], step=0.4)],
    "unfolded_classes": [two_classes],
    "vector_sum": [lambda: plotting.vector_sum([3, 1], [1, 2])],
    "way_back": [
        lambda: plotting.way_back(
            LAYERS,
            ["$W_1, b_1$", "relu", "$W_2, b_2$", "softmax,\ncross-entropy"],
            ["$dW_1, db_1$", "$dA$", "$dH$,\n$dW_2, db_2$", "$dZ$"],
        )
    ],
    "weight_images": [lambda: plotting.weight_images(SIGNED.reshape(10, -1).T / 10, range(10))],
}


CUT_ON_PURPOSE = {
    # Lines without an end, and the half of the plane on one side of them.
    "on_and_off": {"line", "line w · x + b = 0", "Polygon"},
    "unfolded_classes": {"line straight cut"},
    # A descent that diverges leaves the map, which the caption says.
    "step_sizes": {"line"},
}

CASES = [(name, k) for name, calls in EXAMPLES.items() for k in range(len(calls))]


@cache
def example(name: str, k: int) -> Drawing:
    """Draw an example once for all tests, which only read it."""
    return drawn(EXAMPLES[name][k]())


each_example = pytest.mark.parametrize(("name", "k"), CASES)


def test_every_public_figure_has_an_example():
    assert sorted(EXAMPLES) == sorted(plotting.__all__)


@each_example
def test_no_text_lies_on_another(name, k):
    assert overlaps(example(name, k)) == []


@each_example
def test_no_line_runs_through_a_text(name, k):
    assert crossed(example(name, k)) == []


@each_example
def test_no_text_is_cut_off(name, k):
    assert cut_off(example(name, k)) == []


@each_example
def test_all_that_is_drawn_lies_in_its_axes(name, k):
    assert set(clipped(example(name, k))) == CUT_ON_PURPOSE.get(name, set())


@each_example
def test_colours_are_those_of_the_book(name, k):
    assert foreign_colours(example(name, k)) == []


@each_example
@pytest.mark.parametrize("theme", PAGE)
def test_every_text_stands_out_from_its_ground(theme, name, k):
    # What WCAG 2.2 asks of text at level AA, success criterion 1.4.3.
    weak = {
        text: ratio for text, ratio in contrasts(example(name, k), theme).items() if ratio < 4.5
    }
    assert weak == {}


@each_example
@pytest.mark.parametrize("window", COLUMN)
def test_letters_are_9_to_12_pixels_high(window, name, k):
    sizes = letter_sizes(example(name, k), window)
    # Indices and exponents are smaller, as in any formula. 12 is exact but for its roundings.
    assert {text: size for text, size in sizes.items() if not 9 <= size <= 12 + 1e-9} == {}


@pytest.mark.parametrize("theme", PAGE)
@pytest.mark.parametrize("colour", [_style.INK, _style.MUTED, *_style.COLOURS])
def test_each_colour_of_the_palette_stands_out_in_both_themes(colour, theme):
    ink = in_theme(plt.matplotlib.colors.to_rgb(colour), theme)
    assert contrast(ink, PAGE[theme]) >= 4.5


# Bad figures: what the measures are for, and what they leave alone.


@pytest.fixture
def ax():
    """Axes from 0 to 10 in both directions, in a figure without any layout."""
    figure = Figure(figsize=(_style.WIDTH, 3), dpi=200)
    ax = figure.add_axes((0.15, 0.2, 0.8, 0.7))
    ax.set(xlim=(0, 10), ylim=(0, 10))
    return ax


def seen(ax) -> Drawing:
    return drawn(ax.figure)


def test_texts_are_found_wherever_they_stand(ax):
    ax.set(
        xlabel="along", ylabel="up", title="head", xticks=[0, 20], xticklabels=["tick", "outside"]
    )
    ax.set(xlim=(-1, 10), yticks=[])
    ax.plot([1, 2], [1, 2], label="line")
    ax.legend()
    ax.annotate("note", (5, 5))
    ax.text(3, 3, "hidden", visible=False)
    ax.text(3, 3, " ")
    ax.figure.text(0.01, 0.01, "foot")
    texts = [words.text for words in seen(ax).words]
    assert sorted(texts) == ["along", "foot", "head", "line", "note", "tick", "up"]


def test_a_text_on_another_is_found(ax):
    ax.text(5, 5, "one")
    ax.text(5.2, 5.1, "other")
    ax.text(5, 8, "far")
    assert overlaps(seen(ax)) == [("one", "other")]


def test_crowded_labels_of_an_axis_are_found(ax):
    ax.set_xticks([1, 1.5], ["1,000,000", "1,500,000"])
    assert overlaps(seen(ax)) == [("1,000,000", "1,500,000")]


def test_slanted_texts_beside_each_other_do_not_overlap(ax):
    # Their upright boxes overlap by far.
    for x in (2, 4):
        ax.text(x, 5, "a long slanted text", rotation=60, rotation_mode="anchor")
    first, second = (words.artist for words in seen(ax).words if "long" in words.text)
    assert first.get_window_extent().overlaps(second.get_window_extent())
    assert overlaps(seen(ax)) == []
    ax.text(2.1, 5.2, "a long slanted text", rotation=60, rotation_mode="anchor")
    assert len(overlaps(seen(ax))) == 1


def test_a_text_under_a_sheet_is_not_there_and_a_half_covered_one_is_cut(ax):
    ax.add_patch(Rectangle((4, 4), 2, 2, facecolor="white", zorder=8))
    ax.text(5, 5, "a", ha="center", va="center", zorder=3)
    ax.text(6.5, 5, "half covered", ha="center", va="center", zorder=3)
    ax.text(5, 5, "b", ha="center", va="center", zorder=9)
    assert overlaps(seen(ax)) == []
    assert "a" not in [words.text for words in seen(ax).words]
    assert cut_off(seen(ax)) == ["half covered"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.plot([0, 10], [5, 5.2], label="it"),
        lambda ax: ax.plot([1, 5, 9], [1, 5, 1], "o", label="it"),
        lambda ax: ax.scatter([5], [5], label="it"),
        lambda ax: ax.axvline(5, label="it"),
        lambda ax: ax.vlines([5], 0, 10, label="it"),
        lambda ax: ax.annotate("", (9, 5), (1, 5), arrowprops={"arrowstyle": "->", "label": "it"}),
        lambda ax: ax.add_patch(Rectangle((5, 1), 2, 8, fill=False, label="it")),
        lambda ax: ax.text(6, 5, "x", bbox={"boxstyle": "circle,pad=2", "label": "it"}),
    ],
)
def test_whatever_runs_through_a_text_is_found(ax, draw):
    ax.text(5, 5, "text", ha="center", va="center")
    assert crossed(seen(ax)) == []
    draw(ax)
    ((text, name),) = [pair for pair in crossed(seen(ax)) if pair[0] == "text"]
    assert text == "text"
    assert name.endswith("it")


def test_what_passes_by_or_is_cut_before_it_reaches_a_text_is_left_alone(ax):
    ax.text(5, 5, "text", ha="center", va="center", bbox={"boxstyle": "round"})
    ax.plot([0, 10], [6, 6])
    ax.plot([4, np.nan, 6], [5, np.nan, 5])
    ax.plot([1, 9], [5, 5], "o", markevery=2)
    ax.plot([-5, 15], [-10, 10], clip_on=True)  # runs through the label of the axis but for the cut
    ax.add_patch(Rectangle((1, 1), 8, 8, fill=False))  # around it
    ax.set_xlabel("label")
    ax.hist([5, 5], facecolor="none", edgecolor="none")
    assert crossed(seen(ax)) == []


def test_texts_over_the_edge_of_the_figure_are_found(ax):
    ax.text(9.5, 5, "too far right")
    ax.text(5, 5, "inside")
    assert cut_off(seen(ax)) == ["too far right"]


def test_a_note_to_a_place_outside_the_axes_is_missed(ax):
    ax.annotate("nowhere", (12, 5), (5, 5))
    assert cut_off(seen(ax)) == ["nowhere"]


def test_what_leaves_its_axes_is_found(ax):
    ax.plot([1, 5], [5, 11], label="curve")
    ax.plot([5, 12], [5, 5], "o", label="dots")
    ax.scatter([-1], [5], label="cloud")
    ax.vlines([5], 1, 30, label="upright")
    ax.bar([5], [20])
    ax.plot([1, 9], [1, 9], label="inside")
    ax.plot([5, 5], [0, -1], clip_on=False, label="on purpose")
    assert sorted(clipped(seen(ax))) == [
        "LineCollection upright", "PathCollection cloud", "Rectangle", "line curve", "points dots",
    ]  # fmt: skip


def test_a_bar_on_a_logarithmic_axis_starts_where_it_can(ax):
    ax.set(yscale="log", ylim=(0.1, 100))
    ax.bar([2, 5], [1, 50])
    assert clipped(seen(ax)) == []
    ax.bar([8], [500])
    assert clipped(seen(ax)) == ["Rectangle"]


def test_colours_of_others_are_found_at_any_transparency(ax):
    with plt.rc_context(_style.STYLE):
        ax = Figure().add_subplot()
        ax.plot([1, 2], [1, 2], color=_style.BLUE, alpha=0.3, label="ours")
        ax.plot([1, 2], [1, 2], color="red", label="red")
        ax.bar([1], [1], facecolor=(_style.GREEN, 0.5), edgecolor="black")
        ax.scatter([1], [1], color="C7", label="grey")
        ax.text(1, 1, "black", color="black")
        ax.text(1, 2, "ours", bbox={"facecolor": "yellow"})
    found = foreign_colours(seen(ax))
    assert found == ["black", "line red", "Rectangle", "PathCollection grey", "FancyBboxPatch"]


def test_weak_texts_are_found_in_the_theme_where_they_are_weak(ax):
    ax.text(1, 8, "pale", color="#999999")
    ax.text(1, 6, "ink", color=_style.INK)
    ax.add_patch(Rectangle((0, 0), 10, 2, facecolor=(_style.ORANGE, 0.6)))
    ax.text(1, 1, "on orange", color=_style.INK)
    light, dark = (contrasts(seen(ax), theme) for theme in ("light", "dark"))
    assert light["pale"] < 3 < dark["pale"] < 4.5
    assert min(light["ink"], dark["ink"]) > 7
    assert dark["on orange"] < 4.5 < light["on orange"]


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (1, 1, 1)) == 21
    grey = (0x76 / 255,) * 3  # the palest grey that WCAG's own examples allow on white
    assert 4.5 < contrast(grey, (1, 1, 1)) < 4.6
    assert contrast(grey, grey) == 1


def test_the_dark_theme_turns_lightness_and_keeps_hues():
    # Roundings of a few operations on numbers up to 1.
    near = {"rtol": 0, "atol": 1e-14}
    np.testing.assert_allclose(in_theme((1, 1, 1), "dark"), [0.07] * 3, **near)
    np.testing.assert_allclose(in_theme((0, 0, 0), "dark"), [0.93] * 3, **near)
    for colour in _style.COLOURS:
        rgb = plt.matplotlib.colors.to_rgb(colour)
        turned = in_theme(rgb, "dark")
        assert turned.argmax() == np.argmax(rgb)
        assert turned.argmin() == np.argmin(rgb)
        assert tuple(in_theme(rgb, "light")) == rgb


def test_letters_shrink_with_the_image_and_never_grow(ax):
    ax.set(xticks=[], yticks=[], position=(0.2, 0.2, 0.6, 0.6))
    ax.text(5, 5, "text", fontsize=9)
    assert letter_sizes(seen(ax), 1280) == {"text": 12}
    assert shown_width(seen(ax)) < COLUMN[390]
    assert letter_sizes(seen(ax), 390) == {"text": 12}
    ax.figure.set_size_inches(9, 3)
    width = shown_width(seen(ax))
    # 60 % of 9 inches, and a tenth of an inch on both sides; frames are a point or two wide.
    assert width == pytest.approx(96 * (0.6 * 9 + 0.2), abs=3)
    assert letter_sizes(seen(ax), 390)["text"] == 12 * COLUMN[390] / width < 9
