"""Figures of space as it is moved, folded and un-crumpled."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import MultipleLocator
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks
from dlbook.plotting._inputs import array, check_count, check_most, check_range, classes
from dlbook.plotting._style import (
    BLUE,
    COLOURS,
    GREEN,
    GRID,
    INK,
    LINE_STYLES,
    MUTED,
    ORANGE,
    PURPLE,
    WIDTH,
    figure_of,
    own_axes,
    styled,
)

LETTER_F = np.array(
    [(0.3, 0.15), (0.3, 0.85), (0.75, 0.85), (0.3, 0.85), (0.3, 0.52), (0.62, 0.52)]
)
"""An F in the unit square, drawn in one stroke: seen in a mirror, it is no F any more."""

MARKERS = ("o", "^")

LEGEND: dict[str, Any] = {"handletextpad": 0.3, "markerscale": 2}


@styled
def vector_sum(first: ArrayLike, second: ArrayLike, *, ax: Axes | None = None) -> Figure:
    """Draw the sum of two vectors of the plane: the second arrow starts where the first ends.

    Parameters
    ----------
    first, second : array_like, shape (2,)
        The vectors.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    a, b = array("first", first, "2").astype(float), array("second", second, "2").astype(float)
    ax = own_axes(ax, height=3.3)
    origin = np.zeros(2)
    for start, end, colour, name in (
        (origin, a, BLUE, "a"),
        (a, a + b, ORANGE, "b"),
        (origin, a + b, GREEN, "a + b"),
    ):
        _arrow(ax, start, end, colour)
        along = end - start
        aside = np.array([-along[1], along[0]]) / (np.linalg.norm(along) or 1) * 0.28
        if name != "a + b":
            aside = -aside
        numbers = ", ".join(f"{value:g}".replace("-", "\N{MINUS SIGN}") for value in along)
        x, y = (start + end) / 2 + aside
        side = "right" if aside[0] < 0 else "left"
        ax.text(x, y, f"{name} = ({numbers})", color=colour, ha=side, va="center")
    _plane(ax, [np.array([origin, a, a + b])], margin=0.5)
    left, right = ax.get_xlim()
    ax.set_xlim(left - 0.5, right + 1.8)
    return figure_of(ax)


@styled
def moved_grids(before: ArrayLike, after: Mapping[str, ArrayLike]) -> Figure:
    """Draw squared paper, and where affine maps move it, with what becomes of the unit square.

    Parameters
    ----------
    before : array_like, shape (lines, points, 2)
        The lines of the paper. Among the points are the origin and the ends of the two basis
        vectors.
    after : mapping of str to array_like of shape (lines, points, 2)
        The same points, moved, for one map or more. Each gets a panel, with its name on top.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    named = {f"after[{name!r}]": (points, "lines points 2") for name, points in after.items()}
    arrays = _checks.fitting({"before": (before, "lines points 2")} | named)
    before, *others = (points.astype(float) for points in arrays)
    moved = dict(zip(after, others, strict=True))
    axes = _panels(len(moved), height=3.5 if len(moved) == 1 else 2.75)
    for ax, (name, points) in zip(axes, moved.items(), strict=True):
        _lines(ax, before, color=GRID, linewidth=0.8)
        _lines(ax, points, color=PURPLE, linewidth=0.9, alpha=0.55)
        _unit_square(ax, before, before, quiet=True)
        _unit_square(ax, before, points)
        ax.set_title(name)
        _plane(ax, [before, *moved.values()], margin=0.3)
        ax.label_outer()
    return figure_of(axes[0])


@styled
def folded_grids(grids: Mapping[str, ArrayLike], parts: ArrayLike, names: Sequence[str]) -> Figure:
    """Draw squared paper before and after a fold, with the parts told apart by line and colour.

    Parameters
    ----------
    grids : mapping of str to array_like of shape (lines, points, 2)
        Where the points of the paper are at each step. Each gets a panel, with its name on top.
    parts : array_like of int, shape (lines, points)
        To which part of the paper each point belongs, from 0.
    names : sequence of str
        What to call the parts, at most five.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("names, their number", len(names), least=1)
    check_most("names", names, len(COLOURS))
    named = {f"grids[{name!r}]": (points, "lines points 2") for name, points in grids.items()}
    *arrays, parts = _checks.fitting(named | {"parts": (parts, "lines points")})
    parts = _checks.whole_numbers("parts", parts + 0, least=0, most=len(names) - 1)
    check_count("names", names, len(np.unique(parts)), "one for each part that has points")
    steps = {name: points.astype(float) for name, points in zip(grids, arrays, strict=True)}
    axes = _panels(len(steps), height=3.2)
    for ax, (name, points) in zip(axes, steps.items(), strict=True):
        ax.axhline(0, color=MUTED, linewidth=0.8, linestyle="-")
        ax.axvline(0, color=MUTED, linewidth=0.8, linestyle="-")
        for part in range(len(names)):
            inside = parts == part
            # One point more on each side, so that the parts meet.
            inside[:, 1:] |= parts[:, :-1] == part
            inside[:, :-1] |= parts[:, 1:] == part
            shown = np.where(inside[..., None], points, np.nan)
            look: dict[str, Any] = {"color": COLOURS[part], "linestyle": LINE_STYLES[part]}
            # One stroke for all lines: NaN lifts the pen.
            stroke = np.pad(shown, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan)
            ax.plot(*stroke.reshape(-1, 2).T, linewidth=1.4, **look)
            if np.ptp(points[parts == part], axis=0).max() == 0:
                ax.plot(*points[parts == part][0], marker="o", markersize=8, **look)
        ax.set_title(name)
        _plane(ax, list(steps.values()), margin=0.4)
        ax.label_outer()
    looks = zip(names, COLOURS, LINE_STYLES, strict=False)
    handles = [Line2D([], [], label=name, color=c, linestyle=s) for name, c, s in looks]  # type: ignore[arg-type]
    figure = figure_of(axes[0])
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


@styled
def area_by_cutting(matrix: ArrayLike, *, ax: Axes | None = None) -> Figure:
    """Draw what a matrix makes of the unit square, in a rectangle that is cut into pieces.

    Parameters
    ----------
    matrix : array_like, shape (2, 2)
        The a, b and c, d of the matrix, all above 0 and with a d larger than b c. Its columns
        are the sides of the parallelogram; the rectangle around it has the sides a + b, c + d.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. Each piece that must be taken away from the rectangle is labelled with its
        area.
    """
    matrix = array("matrix", matrix, "2 2").astype(float)
    check_range("matrix", matrix, above=0)
    (a, b), (c, d) = matrix
    check_range("matrix, its determinant", a * d - b * c, above=0)
    ax = own_axes(ax, height=3.7)
    rectangles = [
        [(a, 0), (a + b, 0), (a + b, c), (a, c)],
        [(0, d), (b, d), (b, c + d), (0, c + d)],
    ]
    flat = [[(0, 0), (a, 0), (a, c)], [(b, d), (b, c + d), (a + b, c + d)]]
    steep = [[(a, c), (a + b, c), (a + b, c + d)], [(0, 0), (b, d), (0, d)]]
    looks = ((rectangles, MUTED, "b c"), (flat, BLUE, "½ a c"), (steep, ORANGE, "½ b d"))
    for pieces, colour, area in looks:
        for piece in pieces:
            look: dict[str, Any] = {
                "facecolor": (colour, 0.12),
                "edgecolor": colour,
                "linewidth": 1,
            }
            ax.add_patch(Polygon(piece, **look))
            x, y = np.mean(piece, axis=0)
            ax.text(x, y, area, ha="center", va="center")
    whole = [(0, 0), (a, c), (a + b, c + d), (b, d)]
    ax.add_patch(Polygon(whole, facecolor=(GREEN, 0.25), edgecolor=GREEN, linewidth=2))
    ax.text((a + b) / 2, (c + d) / 2, "?", ha="center", va="center")
    for name, x, y in (("(a, c)", a, c), ("(b, d)", b, d)):
        ax.plot(x, y, marker="o", color=GREEN, markersize=5, zorder=3)
        offset = (-8, 4) if name == "(a, c)" else (8, -12)
        side = "right" if name == "(a, c)" else "left"
        ax.annotate(name, (x, y), offset, textcoords="offset points", ha=side)
    ax.set(xlim=(-0.15, a + b + 0.15), ylim=(-0.15, c + d + 0.15), aspect="equal")
    ax.set_xticks([0, a, a + b], ["0", "a", "a + b"])
    ax.set_yticks([0, d, c + d], ["0", "d", "c + d"])
    ax.grid(visible=False)
    return figure_of(ax)


@styled
def unfolded_classes(
    points: Mapping[str, ArrayLike],
    labels: ArrayLike,
    papers: Sequence[ArrayLike],
    cuts: Sequence[ArrayLike],
) -> Figure:
    """Draw two classes of points after each step of a network, on the paper they were drawn on.

    Parameters
    ----------
    points : mapping of str to array_like of shape (n, 2)
        Where the points are after each step. Each gets a panel, with its name on top.
    labels : array_like of int, shape (n,)
        The class of each point, 0 or 1.
    papers : sequence of array_like of shape (lines, points, 2)
        Where the squared paper is after each step.
    cuts : sequence of array_like of shape (3,)
        For each step a straight line: the a, b and c of a x + b y + c = 0.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    named = {f"points[{name!r}]": (place, "n 2") for name, place in points.items()}
    places = [place.astype(float) for place in _checks.fitting(named)]
    labels = classes("labels", labels, len(places[0]), most=1)
    check_count("papers", papers, len(points), "one for each step")
    check_count("cuts", cuts, len(points), "one for each step")
    sheets = [array(f"papers[{k}]", p, "lines points 2") for k, p in enumerate(papers)]
    lines = [array(f"cuts[{k}]", cut, "3").astype(float) for k, cut in enumerate(cuts)]
    for k, line in enumerate(lines):
        check_range(f"cuts[{k}], the size of (a, b)", np.hypot(*line[:2]), above=0)
    axes = _panels(len(points), height=2.75)
    steps = zip(axes, points, places, sheets, lines, strict=True)
    for ax, name, place, paper, cut in steps:
        _lines(ax, paper, color=GRID, linewidth=0.7)
        _two_classes(ax, place, labels)
        low, high = place.min(axis=0), place.max(axis=0)
        margin = 0.08 * (high - low)
        (left, bottom), (right, top) = low - margin, high + margin
        _cut(ax, cut, (left, right), (bottom, top))
        ax.set(xlim=(left, right), ylim=(bottom, top), title=name)
        ax.grid(visible=False)
        ax.locator_params(nbins=5)
    figure = figure_of(axes[0])
    for ax in axes[-2:]:
        ax.set_xlabel("first coordinate")
    for ax in axes[::2]:
        ax.set_ylabel("second coordinate")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, **LEGEND)
    return figure


@styled
def class_regions(
    points: ArrayLike,
    labels: ArrayLike,
    field: ArrayLike,
    probabilities: ArrayLike,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw what a network says about each place of the plane, and points of two classes on it.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        The points.
    labels : array_like of int, shape (n,)
        The class of each point, 0 or 1.
    field : array_like, shape (rows, columns, 2)
        Places in rows and columns that cover the plane.
    probabilities : array_like, shape (rows, columns)
        The probability of class 1 at each place, 0 to 1.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    field, values = _checks.fitting(
        {"field": (field, "rows columns 2"), "probabilities": (probabilities, "rows columns")}
    )
    check_range("field, the numbers of rows and columns", values.shape, least=2)
    check_range("probabilities", values, least=0, most=1)
    points = array("points", points, "n 2")
    labels = classes("labels", labels, len(points), most=1)
    ax = own_axes(ax, height=4.4)
    x, y = np.moveaxis(field, -1, 0)
    colours = [(BLUE, 0.14), (ORANGE, 0.14)]
    ax.contourf(x, y, values, levels=[0, 0.5, 1], colors=colours, hatches=["", ".."])
    if values.min() < 0.5 < values.max():
        ax.contour(x, y, values, levels=[0.5], colors=[INK], linewidths=1.5)
    _two_classes(ax, points, labels)
    ax.set(xlabel="x", ylabel="y", aspect="equal")
    ax.grid(visible=False)
    figure = figure_of(ax)
    figure.legend(loc="outside lower center", ncols=2, **LEGEND)
    return figure


def _panels(count: int, *, height: float) -> list[Axes]:
    """Return axes for `count` panels in at most two columns; `height` is that of a row."""
    columns = min(count, 2)
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, height * rows), squeeze=False, layout="compressed"
    )
    for ax in axes.flat[count:]:
        figure.delaxes(ax)
    return list(axes.flat[:count])


def _plane(ax: Axes, shown: Sequence[NDArray[np.floating]], *, margin: float) -> None:
    """Let `ax` show all of `shown` in the same scale along both axes."""
    places = np.concatenate([points.reshape(-1, 2) for points in shown])
    (left, bottom), (right, top) = places.min(axis=0) - margin, places.max(axis=0) + margin
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xlabel="x", ylabel="y")
    step = 1 if max(right - left, top - bottom) < 7 else 2
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MultipleLocator(step))
    ax.grid(visible=False)


def _lines(ax: Axes, lines: NDArray[np.floating], **look: Any) -> None:
    """Draw lines of shape (lines, points, 2)."""
    ax.add_collection(LineCollection(list(lines), linestyle="-", zorder=0.5, **look))


def _arrow(ax: Axes, start: NDArray[Any], end: NDArray[Any], colour: str) -> None:
    """Draw an arrow from `start` to `end`."""
    style = {"arrowstyle": "-|>", "color": colour, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=tuple(end), xytext=tuple(start), arrowprops=style, zorder=4)


def _unit_square(
    ax: Axes, before: NDArray[np.floating], after: NDArray[np.floating], *, quiet: bool = False
) -> None:
    """Draw what became of the unit square, of the F in it and of the basis vectors."""
    paper, places = before.reshape(-1, 2), after.reshape(-1, 2)
    corners = [(0, 0), (1, 0), (0, 1)]
    nearest = [np.argmin(np.abs(paper - corner).sum(axis=1)) for corner in corners]
    origin, right, up = places[nearest]
    square = origin + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) @ [right - origin, up - origin]
    letter = origin + LETTER_F @ [right - origin, up - origin]
    if quiet:
        ax.add_patch(Polygon(square, facecolor="none", edgecolor=MUTED, linestyle="--", lw=1.2))
        ax.plot(*letter.T, color=MUTED, linestyle="-", linewidth=1)
        return
    ax.add_patch(Polygon(square, facecolor=(GREEN, 0.25), edgecolor=GREEN, lw=1.2, zorder=3))
    ax.plot(*letter.T, color=INK, linestyle="-", linewidth=1.6, zorder=3)
    _arrow(ax, origin, right, BLUE)
    _arrow(ax, origin, up, ORANGE)


def _two_classes(ax: Axes, points: NDArray[np.floating], labels: NDArray[Any]) -> None:
    """Draw points of class 0 and class 1 with their own colours and markers."""
    for label, (colour, marker) in enumerate(zip((BLUE, ORANGE), MARKERS, strict=True)):
        x, y = points[labels == label].T
        name = f"class {label}"
        ax.scatter(x, y, s=9, color=colour, marker=marker, label=name, linewidth=0)


def _cut(
    ax: Axes,
    line: NDArray[np.floating],
    horizontal: tuple[float, float],
    vertical: tuple[float, float],
) -> None:
    """Draw the line a x + b y + c = 0 across the box with these limits."""
    a, b, c = line
    middle = np.array([sum(horizontal), sum(vertical)]) / 2
    normal = np.array([a, b])
    foot = middle - normal * (normal @ middle + c) / (normal @ normal)
    along = np.array([-b, a]) / np.hypot(a, b)
    ends = foot + np.outer([-1, 1], along) * np.hypot(np.ptp(horizontal), np.ptp(vertical))
    ax.plot(*ends.T, color=INK, linestyle="--", linewidth=1.5, label="straight cut")
