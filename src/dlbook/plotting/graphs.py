"""Figures of computation graphs, and of what flows along them forwards and backwards."""

from collections.abc import Sequence
from itertools import count, pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks
from dlbook.plotting._cells import cell_axes
from dlbook.plotting._inputs import array, check_count, check_range
from dlbook.plotting._style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    WIDTH,
    figure_of,
    own_axes,
    styled,
    without_ticks,
)

BOXES: dict[str, dict[str, Any]] = {
    "operation": {"boxstyle": "round,pad=0.4,rounding_size=0.9", "edgecolor": INK, "lw": 1.2},
    "variable": {"boxstyle": "square,pad=0.4", "edgecolor": BLUE, "lw": 2.8},
    "constant": {"boxstyle": "square,pad=0.4", "edgecolor": MUTED, "lw": 1.2, "linestyle": "--"},
    "result": {"boxstyle": "square,pad=0.4", "edgecolor": "none"},
}
"""The frame of each kind of node: told apart by form, thickness and dashes, not colour alone."""


@styled
def computation_graph(
    nodes: Sequence[tuple[str, str, tuple[int, ...]]],
    edges: Sequence[tuple[int, int]],
    *,
    forward: Sequence[str] | None = None,
    backward: Sequence[str] | None = None,
) -> Figure:
    """Draw a computation graph from top to bottom, the last result at the foot.

    Operations have round corners, variables a thick frame, constants a dashed one.

    Parameters
    ----------
    nodes : sequence of (label, kind, shape)
        What to draw; `kind` is ``"operation"``, ``"variable"``, ``"constant"`` or, without a
        frame, ``"result"``. The shape of a scalar is left out.
    edges : sequence of (int, int)
        For each arrow the position in `nodes` of its start, then of its end. A node stands
        before the nodes that use it.
    forward, backward : sequence of str, optional
        For each edge what to write to its left or above it, with a small arrow in the direction
        of the edge, and to its right or below it, with a small arrow against it.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    _check_graph(nodes, edges)
    for name, texts in (("forward", forward), ("backward", backward)):
        check_count(name, edges if texts is None else texts, len(edges), "one for each edge")
    rows, columns = _layout(len(nodes), edges)
    left, right = min(columns), max(columns)
    step = min(2.2, WIDTH / (right - left + 1))
    # In inches, so that letters and boxes keep their proportions.
    points = [
        ((column - (left + right) / 2) * step, 0.78 * row)
        for row, column in zip(rows, columns, strict=True)
    ]
    top, foot = 0.78 * min(rows) - 0.4, 0.78 * max(rows) + 0.4
    ax = own_axes(None, height=foot - top)
    without_ticks(ax)
    ax.set(xlim=(-WIDTH / 2, WIDTH / 2), ylim=(foot, top))
    boxes = []
    for point, (label, kind, shape) in zip(points, nodes, strict=True):
        text = label.replace("categorical_", "categorical_\n") + (f"\n{shape}" if shape else "")
        frame = {"facecolor": "none"} | BOXES[kind]
        written = ax.text(*point, text, ha="center", va="center", bbox=frame)
        boxes.append(written.get_bbox_patch())
    for k, (a, b) in enumerate(edges):
        (x0, y0), (x1, y1) = points[a], points[b]
        bend = "angle,angleA=90,angleB=0,rad=6" if x0 != x1 and y0 != y1 else "arc3"
        arrow = {"arrowstyle": "-|>", "color": MUTED, "lw": 1.2, "connectionstyle": bend}
        arrow |= {"patchA": boxes[a], "patchB": boxes[b], "shrinkA": 1, "shrinkB": 1}
        ax.annotate("", xy=(x1, y1), xytext=(x0, y0), arrowprops=arrow)
        heads = "↓↑" if x0 == x1 else "→←" if x0 < x1 else "←→"
        if forward is not None:
            _beside(ax, points[a], points[b], f"{heads[0]} {forward[k]}", GREEN, side=-1)
        if backward is not None:
            _beside(ax, points[a], points[b], f"{heads[1]} {backward[k]}", ORANGE, side=1)
    return figure_of(ax)


def _check_graph(nodes: Sequence[tuple[Any, ...]], edges: Sequence[tuple[int, int]]) -> None:
    """Raise unless there are nodes of known kinds, and edges from a node to a later one."""
    check_range("nodes, their number", len(nodes), least=1)
    for k, (_, kind, _) in enumerate(nodes):
        if kind not in BOXES:
            raise ValueError(f"nodes[{k}]: expected a kind of {list(BOXES)}. Received: {kind!r}")
    for k, (start, end) in enumerate(edges):
        if not 0 <= start < end < len(nodes):
            raise ValueError(
                f"edges[{k}]: expected two of {len(nodes)} nodes, the first before the second. "
                f"Received: {(start, end)}"
            )


def _beside(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    text: str,
    colour: str,
    *,
    side: int,
) -> None:
    """Write to the left of an arrow down or over one that goes sideways; else right or under."""
    look: dict[str, Any] = {"color": colour}
    if start[0] == end[0]:
        look |= {"ha": "right" if side < 0 else "left", "va": "center"}
        ax.text(end[0] + 0.08 * side, end[1] - 0.39, text, **look)
    else:
        look |= {"ha": "center", "va": "bottom" if side < 0 else "top"}
        ax.text((start[0] + end[0]) / 2, end[1] + 0.06 * side, text, **look)


def _layout(size: int, edges: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Return the row and the column of each node."""
    inputs: list[list[int]] = [[] for _ in range(size)]
    for start, end in edges:
        inputs[end].append(start)
    for sources in inputs:  # what was calculated comes from above, what joins it from the side
        sources.sort(key=lambda node: not inputs[node])
    rows = _rows(inputs)
    return rows, _columns(inputs, rows)


def _rows(inputs: Sequence[Sequence[int]]) -> list[int]:
    """Return the row of each node, as low as its users allow; results stand in row 0."""
    rows = [0] * len(inputs)
    for end in reversed(range(len(inputs))):  # a node stands before its users
        for k, source in enumerate(inputs[end]):
            above = k == 0 or bool(inputs[source])
            rows[source] = min(rows[source], rows[end] - above)
    return rows


def _columns(inputs: Sequence[Sequence[int]], rows: Sequence[int]) -> list[int]:
    """Return the column of each node.

    Each node owns a lane: its column, from its own row down to its lowest user. Arrows go down
    in the lane, then sideways into the user.
    """
    columns: dict[int, int] = {}
    taken: set[tuple[int, int]] = set()

    def place(node: int, last: int, wanted: int) -> None:
        """Give the node the free lane nearest to `wanted`, where alone it may end over `last`."""
        columns_nearest_first = (wanted + sign * k for k in count() for sign in (1, -1))
        for column in columns_nearest_first:  # pragma: no branch - they do not end
            lane = {(row, column) for row in range(rows[node], last + (column != wanted))}
            if lane and not lane & taken:
                columns[node] = column
                taken.update(lane)
                return

    for result in set(range(len(rows))).difference(*inputs):
        place(result, rows[result] + 1, 0)
    for node in sorted(range(len(rows)), key=lambda node: -rows[node]):
        for source in inputs[node]:
            if source not in columns:
                place(source, rows[node], columns[node])
    return [columns[node] for node in range(len(rows))]


@styled
def chain(
    names: Sequence[str], steps: Sequence[str], values: Sequence[float], factors: Sequence[float]
) -> Figure:
    """Draw a chain of functions: values forwards above, products of derivatives back below.

    Parameters
    ----------
    names : sequence of str
        The name of each value, from the input to the result.
    steps : sequence of str
        The function between two values, one fewer than values.
    values : sequence of float
        The numbers of the forward pass.
    factors : sequence of float
        The derivative of each function at its input.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("names, their number", len(names), least=1)
    check_count("steps", steps, len(names) - 1, "one between each of names and the next")
    check_count("values", values, len(names), "one for each of names")
    check_count("factors", factors, len(steps), "one for each of steps")
    products = [1.0]
    for factor in reversed(factors):
        products.insert(0, products[0] * factor)
    ax = own_axes(None, height=2.5)
    without_ticks(ax)
    small: dict[str, Any] = {"ha": "center", "va": "center"}
    for k, (name, value, product) in enumerate(zip(names, values, products, strict=True)):
        frame = {"boxstyle": "circle,pad=0.35", "facecolor": "none", "edgecolor": INK}
        ax.text(k, 0, name, ha="center", va="center", bbox=frame)
        ax.text(k, 0.8, _number(value), color=GREEN, **small)
        ax.text(k, -0.8, _number(product), color=ORANGE, **small)
    for k, (step, factor) in enumerate(zip(steps, factors, strict=True)):
        for y, start, end, colour, text in (
            (0.8, 0.3, 0.7, GREEN, step),
            (-0.8, 0.7, 0.3, ORANGE, f"× {_number(factor)}"),
        ):
            look = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", xy=(k + end, y), xytext=(k + start, y), arrowprops=look)
            ax.text(k + 0.5, y + (0.36 if y > 0 else -0.36), text, color=colour, **small)
    ax.text(-0.3, 1.75, "forwards: values", color=GREEN, va="center")
    last = len(steps) + 0.3
    text = "backwards: derivatives of the last value"
    ax.text(last, -1.75, text, color=ORANGE, va="center", ha="right")
    ax.set(xlim=(-0.4, len(steps) + 0.4), ylim=(-2, 2))
    return figure_of(ax)


def _number(value: float) -> str:
    """Write three digits of a number, with a real minus sign."""
    return f"{value:.3g}".replace("-", "−")


@styled
def small_network(
    names: Sequence[Sequence[str]], weights: Sequence[ArrayLike], labels: Sequence[ArrayLike]
) -> Figure:
    """Draw the units of a small dense network and the weight on each connection.

    Parameters
    ----------
    names : sequence of sequence of str
        The names of the units, layer by layer from the left.
    weights : sequence of array_like, shape (units, units of the next layer)
        The weights between each layer and the next.
    labels : sequence of array_like of str
        The name of each weight, in the shapes of `weights`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    sizes = [len(layer) for layer in names]
    check_range("names, the sizes of its layers", [len(sizes), *sizes], least=1)
    for name, given in (("weights", weights), ("labels", labels)):
        check_count(name, given, len(names) - 1, "one between each layer and the next")
    for k, (before, after) in enumerate(pairwise(sizes)):
        array(f"weights[{k}]", weights[k], f"{before} {after}")
        words = _checks.array(f"labels[{k}]", labels[k])
        if words.shape != (before, after):
            raise ValueError(
                f"labels[{k}]: expected shape {(before, after)}. Received: shape {words.shape}"
            )
        if not all(isinstance(text, str) for text in words.flat):
            raise TypeError(f"labels[{k}]: expected texts. Received: dtype {words.dtype}")
    ax = own_axes(None, height=1.35 * max(len(layer) for layer in names))
    without_ticks(ax)
    frame = {"boxstyle": "circle,pad=0.45", "facecolor": "none", "edgecolor": INK}
    places: dict[tuple[int, int], tuple[float, float]] = {}
    boxes = {}
    for k, layer in enumerate(names):
        for i, name in enumerate(layer):
            places[k, i] = (2.0 * k, 1.3 * ((len(layer) - 1) / 2 - i))
            text = ax.text(*places[k, i], name, ha="center", va="center", bbox=frame)
            boxes[k, i] = text.get_bbox_patch()
    for k, (matrix, texts) in enumerate(zip(weights, labels, strict=True)):
        for (i, j), weight in np.ndenumerate(np.asarray(matrix)):
            start, end = places[k, i], places[k + 1, j]
            arrow = {"arrowstyle": "-|>", "color": MUTED, "shrinkA": 1, "shrinkB": 2}
            arrow |= {"patchA": boxes[k, i], "patchB": boxes[k + 1, j]}
            ax.annotate("", xy=end, xytext=start, arrowprops=arrow)
            # Near the start, where connections to different units have parted but not crossed;
            # over those from the upper half, under those from the lower.
            direction = np.subtract(end, start)
            across = np.array([-direction[1], direction[0]]) / np.hypot(*direction)
            place = start + 0.31 * direction + (0.11 if start[1] >= 0 else -0.11) * across
            angle = float(np.degrees(np.arctan2(direction[1], direction[0])))
            label = f"{np.asarray(texts)[i, j]} = {weight:.2f}"
            look: dict[str, Any] = {
                "ha": "center",
                "va": "center",
                "rotation": angle,
                "rotation_mode": "anchor",
            }
            ax.text(place[0], place[1], label, color=BLUE, **look)
    half = 0.6 * max(len(layer) for layer in names)
    ax.set(xlim=(-0.35, 2 * len(names) - 1.65), ylim=(-half, half), aspect="equal")
    return figure_of(ax)


@styled
def two_paths(
    names: Sequence[str], values: Sequence[float], rates: Sequence[float], *, step: float
) -> Figure:
    """Draw how one number moves a product by two paths, and the rectangle that shows the sum.

    Parameters
    ----------
    names : (str, str, str, str)
        The number, the two numbers that are computed from it, and their product.
    values : (float, float)
        The two numbers, above 0: the width and the height of the rectangle.
    rates : (float, float)
        How fast each of the two grows with the first number, above 0.
    step : float
        How far the first number is moved in the drawing, above 0.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: on the left the two paths with their derivatives; on the right the rectangle
        with the strip that each path adds, and the corner that neither accounts for.
    """
    check_count("names", names, 4, "one for each number")
    for name, pair in (("values", values), ("rates", rates)):
        check_count(name, pair, 2, "one for each path")
        check_range(name, pair, above=0)
    check_range("step", step, above=0)
    figure, (paths, area) = plt.subplots(1, 2, figsize=(WIDTH, 2.9), width_ratios=[1.15, 1])
    without_ticks(paths)
    places = [(0.0, 0.0), (1.2, 0.8), (1.2, -0.8), (2.4, 0.0)]
    frame = {"boxstyle": "circle,pad=0.35", "facecolor": "none", "edgecolor": INK}
    boxes = []
    for name, place in zip(names, places, strict=True):
        text = paths.text(*place, name, ha="center", va="center", bbox=frame)
        boxes.append(text.get_bbox_patch())
    (width, height), colours = values, (BLUE, ORANGE)
    for k, (rate, other, colour) in enumerate(
        zip(rates, (height, width), colours, strict=True), start=1
    ):
        side = 1 if k == 1 else -1
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 1, "shrinkB": 1}
        arrow["linestyle"] = "-" if k == 1 else "--"
        for start, end, factor in ((0, k, rate), (k, 3, other)):
            ends = {"patchA": boxes[start], "patchB": boxes[end]}
            paths.annotate("", xy=places[end], xytext=places[start], arrowprops=arrow | ends)
            x, y = np.add(places[start], places[end]) / 2 + (0, 0.3 * side)
            paths.text(x, y, f"× {_number(factor)}", ha="center", va="center", color=colour)
        product = f"{_number(rate)} · {_number(other)} = {_number(rate * other)}"
        paths.text(1.2, 1.4 * side, product, ha="center", va="center", color=colour)
    paths.set(xlim=(-0.3, 2.7), ylim=(-1.65, 1.65))

    without_ticks(area)
    across, up = rates[0] * step, rates[1] * step
    for corner, size, colour, hatch in (
        ((0, 0), (width, height), INK, ""),
        ((width, 0), (across, height), BLUE, "////"),
        ((0, height), (width, up), ORANGE, "\\\\\\\\"),
        ((width, height), (across, up), MUTED, ""),
    ):
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": colour, "hatch": hatch}
        look["lw"] = 1.4
        area.add_patch(Rectangle(corner, *size, **look))
    area.text(width / 2, height / 2, names[3], ha="center", va="center")
    area.text(width / 2, -0.05 * height, names[1], ha="center", va="top")
    area.text(-0.03 * width, height / 2, names[2], ha="right", va="center")
    pad = 0.12 * (width + across)
    area.set(xlim=(-pad, width + across + 0.2 * pad), ylim=(-0.2 * height, height + up + 0.1))
    area.set(aspect="equal")
    return figure


@styled
def tape(lines: Sequence[str]) -> Figure:
    """Draw a tape: its lines in their order, written downwards and read upwards.

    Parameters
    ----------
    lines : sequence of str
        What stands on the tape, one text for each operation.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("lines, their number", len(lines), least=1)
    last = len(lines) - 1
    ax = own_axes(None, height=0.5 * len(lines) + 0.5)
    without_ticks(ax)
    for k, line in enumerate(lines):
        ax.add_patch(Rectangle((0, k - 0.5), 1, 1, facecolor="none", edgecolor=MUTED, lw=1.2))
        ax.text(0.03, k, f"{k}", va="center", color=MUTED)
        ax.text(0.1, k, line, va="center")
    for x, start, end, text, colour in (
        (-0.06, -0.4, last + 0.4, "written forwards", GREEN),
        (1.06, last + 0.4, -0.4, "read backwards", ORANGE),
    ):
        look = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", xy=(x, end), xytext=(x, start), arrowprops=look)
        side = "left" if x < 0 else "right"
        ax.text(x, -0.75, text, color=colour, ha=side, va="bottom")
    ax.set(xlim=(-0.1, 1.1), ylim=(last + 0.6, -1.3))
    return figure_of(ax)


@styled
def there_and_back(
    names: Sequence[str],
    values: Sequence[ArrayLike],
    gradients: Sequence[ArrayLike | None],
    steps: Sequence[str],
) -> Figure:
    """Draw the tables of a small network: values forwards on top, gradients backwards below.

    Parameters
    ----------
    names : sequence of str
        The name of each table, from the input to the scores.
    values : sequence of array_like, shape (batch, width)
        The tables of the forward pass.
    gradients : sequence of array_like of the same shape, or None
        The gradient of the loss with respect to each table; None where nobody needs it.
    steps : sequence of str
        What leads from each table to the next: one fewer than tables.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. Entries are rounded to two digits after the point.
    """
    check_range("names, their number", len(names), least=1)
    check_count("values", values, len(names), "one for each of names")
    check_count("gradients", gradients, len(names), "one for each of names")
    check_count("steps", steps, len(names) - 1, "one between each of names and the next")
    tables: list[NDArray[Any]] = []
    for k, value in enumerate(values):
        rows = len(tables[0]) if tables else "batch"
        tables.append(array(f"values[{k}]", value, f"{rows} width"))
    backs = [
        None
        if gradient is None
        else array(f"gradients[{k}]", gradient, "{} {}".format(*table.shape))
        for k, (gradient, table) in enumerate(zip(gradients, tables, strict=True))
    ]
    batch, gap = len(tables[0]), 0.7
    columns = WIDER * sum(table.shape[1] for table in tables) + gap * (len(tables) - 1)
    back = batch + 2.2  # where the lower row of tables begins
    ax = cell_axes(columns, back + batch + 1)
    left = 0.0
    for k, (name, table, gradient) in enumerate(zip(names, tables, backs, strict=True)):
        width = WIDER * table.shape[1]
        for top, entries, title, colour in (
            (1.0, table, name, GREEN),
            (back + 1, gradient, f"d{name}", ORANGE),
        ):
            if entries is None:
                continue
            _small_cells(ax, entries, (left, top), colour)
            ax.text(left + width / 2, top - 0.4, title, ha="center", va="center", color=colour)
            if k:
                look: dict[str, Any] = {"arrowstyle": "-|>", "color": colour, "lw": 1.6}
                look["mutation_scale"] = 8  # a head that leaves something of the line
                ends = [left - gap + 0.08, left - 0.08]
                forwards = top == 1.0
                if forwards or backs[k - 1] is not None:
                    start, end = ends if forwards else reversed(ends)
                    middle = top + batch / 2
                    ax.annotate("", xy=(end, middle), xytext=(start, middle), arrowprops=look)
        if k:
            text = steps[k - 1]
            ax.text(left - gap / 2, 1 + batch + 0.5, text, ha="center", va="center")
        left += width + gap
    return figure_of(ax)


WIDER = 1.3
"""How wide the cells of small tables are for a height of 1: numbers such as –0.25 stand in them."""


def _small_cells(
    ax: Axes, table: NDArray[np.floating], corner: tuple[float, float], colour: str
) -> None:
    """Draw a table with two digits after the point, its upper left corner at `corner`."""
    for (i, j), value in np.ndenumerate(table):
        place = (corner[0] + WIDER * j, corner[1] + i)
        ax.add_patch(Rectangle(place, WIDER, 1, facecolor="none", edgecolor=colour, lw=1))
        text = f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"
        ax.text(
            place[0] + WIDER / 2,
            place[1] + 0.5,
            text.replace("-", "\N{EN DASH}"),  # shorter than a minus sign: cells are narrow
            ha="center",
            va="center",
        )
