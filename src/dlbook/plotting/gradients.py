"""Figures of slopes, gradients, and the paths that optimizers take downhill."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks
from dlbook.plotting._inputs import array, check_keys, check_most, check_range
from dlbook.plotting._style import (
    BLUE,
    COLOURS,
    GREEN,
    INK,
    LINE_STYLES,
    MUTED,
    ORANGE,
    WIDTH,
    figure_of,
    own_axes,
    styled,
)

LOOKS: tuple[dict[str, Any], ...] = tuple(
    {"color": colour, "linestyle": line, "marker": marker}
    for colour, line, marker in zip(
        (*COLOURS, INK), (*LINE_STYLES, "-"), ("o", "s", "^", "D", "v", "x"), strict=True
    )
)
"""Colour, line and marker of each line, in their order: one more than the book's five."""

LEVELS = 12
"""How many contour lines a surface has; they lie closer together near its lowest point."""


MARKS = 12
"""About how many markers a long line has."""

MANY = 1000
"""A path of more steps is drawn as a thin line, or it would be a blot."""


@styled
def tangent(
    x: ArrayLike,
    y: ArrayLike,
    point: tuple[float, float],
    slope: float,
    *,
    step: float,
    ax: Axes | None = None,
) -> Figure:
    """Draw a curve, its tangent at a point, and the gap between both a step further.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The curve, x in rising order.
    point : tuple of float
        Where the tangent touches the curve.
    slope : float
        The slope of the tangent.
    step : float
        How far from the point, along x, the gap is drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y = _checks.fitting({"x": (x, "n"), "y": (y, "n")})
    check_range("x, the steps between its numbers", np.diff(x), above=0)
    ax = own_axes(ax, height=3.4)
    x_0, y_0 = point
    there, curve = x_0 + step, float(np.interp(x_0 + step, x, y))
    ends = np.array([x_0 - 1.1 * step, x_0 + 1.1 * step])
    ax.plot(x, y, color=BLUE, label="f(x)")
    label = f"tangent, slope {slope:g}".replace("-", "\N{MINUS SIGN}")
    ax.plot(ends, y_0 + slope * (ends - x_0), color=ORANGE, linestyle="--", label=label)
    ax.plot([there, there], [y_0 + slope * step, curve], color=GREEN, linestyle=":", linewidth=3)
    middle = (y_0 + slope * step + curve) / 2
    ax.annotate("error", (there, middle), xytext=(8, 2), textcoords="offset points", color=GREEN,
                va="center")  # fmt: skip
    ax.plot(x_0, y_0, "o", color=INK)
    ax.set(xlabel="x", ylabel="f(x)")
    ax.legend(loc="best")
    return figure_of(ax)


@styled
def gradient_field(
    x: ArrayLike,
    y: ArrayLike,
    heights: ArrayLike,
    points: ArrayLike,
    gradients: ArrayLike,
    path: ArrayLike,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw a surface as contour lines, its gradient as arrows, and a path downhill.

    Parameters
    ----------
    x, y : array_like, shapes (n,) and (m,)
        The grid.
    heights : array_like, shape (m, n)
        The height of the surface over each point of the grid.
    points : array_like, shape (k, 2)
        Where the arrows stand.
    gradients : array_like, shape (k, 2)
        The gradient at each of these points; all arrows are shortened alike.
    path : array_like, shape (steps + 1, 2)
        The points of the path, from its start.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y, heights = _surface(x, y, heights)
    points, gradients = _checks.fitting(
        {"points": (points, "k 2"), "gradients": (gradients, "k 2")}
    )
    path = array("path", path, "steps 2", finite=False)
    ax = own_axes(ax, height=2.9)
    _contours(ax, x, y, heights)
    # Arrows near the edge point over it, and are not cut there.
    ax.quiver(*points.T, *gradients.T, color=BLUE, angles="xy", width=0.006, zorder=2,
              clip_on=False, in_layout=False)  # fmt: skip
    _path(ax, path, 1, label="path of the descent", markersize=5)
    ax.plot([], [], color=BLUE, marker=r"$\rightarrow$", linestyle="none", markersize=14,
            label="gradient")  # fmt: skip
    _weight_axes(ax)
    ax.set_aspect("equal")  # or the arrows would not stand at right angles to the lines
    figure_of(ax).legend(loc="outside upper center", ncols=2)
    return figure_of(ax)


@styled
def step_sizes(
    x: ArrayLike, y: ArrayLike, heights: ArrayLike, paths: Mapping[str, ArrayLike]
) -> Figure:
    """Draw paths on the same surface one below the other, one panel for each.

    Parameters
    ----------
    x, y : array_like, shapes (n,) and (m,)
        The grid.
    heights : array_like, shape (m, n)
        The height of the surface over each point of the grid.
    paths : mapping of str to array_like of shape (steps + 1, 2)
        The title of each panel and its path. What leaves the grid is cut off.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y, heights = _surface(x, y, heights)
    paths = _paths(paths, "steps 2")
    figure, axes = plt.subplots(
        len(paths), 1, figsize=(WIDTH, 1.9 * len(paths)), sharex=True, squeeze=False
    )
    for k, (ax, (title, path)) in enumerate(zip(axes.flat, paths.items(), strict=True)):
        _contours(ax, x, y, heights)
        _path(ax, path, k)
        _weight_axes(ax)
        ax.label_outer()
        ax.set(title=title, xlim=_ends(x), ylim=_ends(y))
    return figure


@styled
def surface_paths(
    x: ArrayLike,
    y: ArrayLike,
    heights: ArrayLike,
    paths: Mapping[str, ArrayLike],
    *,
    names: tuple[str, str] = ("weight 0", "weight 1"),
    ax: Axes | None = None,
) -> Figure:
    """Draw several paths on one surface, which is drawn as contour lines.

    Parameters
    ----------
    x, y : array_like, shapes (n,) and (m,)
        The grid.
    heights : array_like, shape (m, n)
        The height of the surface over each point of the grid.
    paths : mapping of str to array_like of shape (steps + 1, 2)
        The name of each path and its points. What leaves the grid is cut off, and a long path
        has a marker only at every so many points.
    names : tuple of str, optional
        The labels of the axes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y, heights = _surface(x, y, heights)
    paths = _paths(paths, "steps 2")
    ax = own_axes(ax, height=3.9)
    _contours(ax, x, y, heights)
    for k, (name, path) in enumerate(paths.items()):
        steps = len(np.asarray(path))
        thin = {"linewidth": 0.4} if steps > MANY else {}
        _path(ax, path, k, label=name, markevery=max(1, steps // MARKS), **thin)
    _weight_axes(ax, names)
    ax.set(xlim=_ends(x), ylim=_ends(y))
    _legend_above(ax, list(paths))
    return figure_of(ax)


@styled
def descent_curves(
    losses: Mapping[str, ArrayLike],
    *,
    xlabel: str = "step",
    ylabel: str = "loss",
    ax: Axes | None = None,
) -> Figure:
    """Draw how losses fall, on a logarithmic axis.

    Parameters
    ----------
    losses : mapping of str to array_like of shape (steps + 1,)
        The name of each run and its loss before the first step and after each step, above 0.
    xlabel, ylabel : str, optional
        The labels of the axes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_most("losses", losses, len(LOOKS))
    for name, values in losses.items():
        run = array(f"losses[{name!r}]", values, "steps", finite=False)
        check_range(
            f"losses[{name!r}], the largest", np.max(run, where=run > 0, initial=0), above=0
        )
    ax = own_axes(ax, height=3.6)
    for k, (name, values) in enumerate(losses.items()):
        every = max(1, len(np.asarray(values)) // MARKS)
        ax.plot(values, **LOOKS[k], markevery=(k * every // len(losses), every),
                markersize=5, label=name)  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log")
    _legend_above(ax, list(losses))
    return figure_of(ax)


@styled
def marked_curves(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    points: Mapping[str, Sequence[tuple[float, float, str]]],
) -> Figure:
    """Draw curves in panels, two in a row, with points that have names.

    Parameters
    ----------
    curves : mapping of str to (x, y), each array_like of shape (n,)
        The title of each panel and its curve.
    points : mapping of str to sequence of (x, y, name)
        For each title the points to mark. A name that starts with ``^`` stands over its point,
        others stand below.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_keys("points", points, curves)
    for title, (x, y) in curves.items():
        _checks.fitting({f"curves[{title!r}][0]": (x, "n"), f"curves[{title!r}][1]": (y, "n")})
    rows = -(-len(curves) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(WIDTH, 2.3 * rows), squeeze=False)
    for ax, (title, (x, y)) in zip(axes.flat, curves.items(), strict=False):
        ax.plot(x, y, color=BLUE)
        for left, height, name in points[title]:
            ax.plot(left, height, "o", color=ORANGE)
            above = name.startswith("^")
            ax.annotate(name.removeprefix("^"), (left, height), color=INK, ha="center",
                        va="bottom" if above else "top", xytext=(0, 6 if above else -6),
                        textcoords="offset points")  # fmt: skip
        ax.set_title(title)
        ax.margins(x=0.16, y=0.28)
        ax.set(xticks=[], yticks=[])
    for ax in axes.flat[len(curves) :]:
        ax.set_visible(False)
    return figure


@styled
def saddle(
    x: ArrayLike, y: ArrayLike, heights: ArrayLike, paths: Mapping[str, ArrayLike]
) -> Figure:
    """Draw a surface in space, with paths that lie on it.

    Parameters
    ----------
    x, y : array_like, shapes (n,) and (m,)
        The grid.
    heights : array_like, shape (m, n)
        The height of the surface over each point of the grid.
    paths : mapping of str to array_like of shape (steps + 1, 3)
        The name of each path and its points: two weights and the height.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y, heights = _surface(x, y, heights)
    paths = _paths(paths, "steps 3")
    figure = plt.figure(figsize=(WIDTH, 4.2))
    ax: Any = figure.add_subplot(projection="3d", computed_zorder=False)
    grid = np.meshgrid(np.asarray(x), np.asarray(y))
    ax.plot_surface(*grid, np.asarray(heights), color=MUTED, alpha=0.18, linewidth=0, zorder=1)
    ax.plot_wireframe(*grid, np.asarray(heights), color=MUTED, linewidth=0.5,
                      rcount=13, ccount=13, zorder=2)  # fmt: skip
    for k, (name, path) in enumerate(paths.items()):
        style = LOOKS[k] | {"markersize": 5, "markevery": 3, "zorder": 3}
        ax.plot(*np.asarray(path).T, **style, label=name)
    ax.set(xlabel="weight 0", ylabel="weight 1", zlabel="loss", xticks=[], yticks=[], zticks=[])
    ax.set_box_aspect(None, zoom=1.15)
    ax.view_init(elev=35, azim=120)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set(facecolor="none", edgecolor=MUTED)
        axis.labelpad = -8
    figure.legend(loc="outside upper center", ncols=1)
    return figure


def _surface(x: ArrayLike, y: ArrayLike, heights: ArrayLike) -> list[NDArray[Any]]:
    """Return a grid and the heights over it as arrays; raise unless they make a surface."""
    surface = _checks.fitting({"x": (x, "n"), "y": (y, "m"), "heights": (heights, "m n")})
    check_range("heights, the numbers of rows and columns", surface[2].shape, least=2)
    check_range(
        "heights, the difference of the highest and the lowest", np.ptp(surface[2]), above=0
    )
    return surface


def _paths(paths: Mapping[str, ArrayLike], axes: str) -> dict[str, NDArray[Any]]:
    """Return paths as arrays; raise if there are too many, or one has other axes."""
    check_most("paths", paths, len(LOOKS))
    return {
        name: array(f"paths[{name!r}]", path, axes, finite=False) for name, path in paths.items()
    }


def _legend_above(ax: Axes, names: list[str]) -> None:
    """Name the lines above the axes, in as many columns as there is room for."""
    columns = 3 if max(map(len, names)) < 11 else 2
    figure_of(ax).legend(loc="outside upper center", ncols=columns, handlelength=3.2)


def _contours(ax: Axes, x: ArrayLike, y: ArrayLike, heights: ArrayLike) -> None:
    """Draw a surface as contour lines, closer together near its lowest point."""
    heights = np.asarray(heights)
    low, high = heights.min(), heights.max()
    levels = low + (high - low) * (np.arange(1, LEVELS + 1) / (LEVELS + 1)) ** 2
    ax.contour(x, y, heights, levels=levels, colors=MUTED, linewidths=0.6, linestyles="solid",
               zorder=1)  # fmt: skip
    ax.grid(visible=False)


def _path(ax: Axes, path: ArrayLike, k: int, **style: Any) -> None:
    """Draw a path in the style of line number `k`, with a ring around its start."""
    points: NDArray[Any] = np.asarray(path)
    style = {"markersize": 4.5, "linewidth": 1.5, "zorder": 3} | style
    ax.plot(*points.T, **LOOKS[k], **style)
    ax.plot(*points[0], "o", markersize=10, markerfacecolor="none", color=INK, zorder=4)


def _weight_axes(ax: Axes, names: tuple[str, str] = ("weight 0", "weight 1")) -> None:
    """Name the axes, and close the frame of a map."""
    ax.set(xlabel=names[0], ylabel=names[1])
    ax.spines[:].set_visible(True)


def _ends(values: ArrayLike) -> tuple[float, float]:
    """Return the first and the last of `values`, as limits of an axis."""
    array = np.asarray(values)
    return float(array[0]), float(array[-1])
