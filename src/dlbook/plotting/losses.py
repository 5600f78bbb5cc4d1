"""Figures of scores, losses and slopes, and of lines that are fitted to points."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks
from dlbook.plotting._inputs import array, check_count, check_most, check_range, over
from dlbook.plotting._style import (
    BLUE,
    COLOURS,
    INK,
    LINE_STYLES,
    MUTED,
    ORANGE,
    WIDTH,
    figure_of,
    own_axes,
    styled,
)

PLACES = {
    (7, 5): ("left", "bottom"),
    (-7, -5): ("right", "top"),
    (7, -5): ("left", "top"),
    (-7, 5): ("right", "bottom"),
    (12, 3): ("left", "center"),
    (12, -3): ("left", "center"),
    (-12, 3): ("right", "center"),
    (-12, -3): ("right", "center"),
    (18, 0): ("left", "center"),
    (-18, 0): ("right", "center"),
}
"""Where the name of a point may stand: so many points of type away, and the side it begins at."""


@styled
def bar_stages(stages: Mapping[str, ArrayLike], names: Sequence[str]) -> Figure:
    """Draw the same classes as bars in several panels side by side, one for each stage.

    Parameters
    ----------
    stages : mapping of str to array_like of shape (n,)
        The title of each panel and the value of each class. Each value stands beside its bar.
    names : sequence of str, length n
        The classes, from above, each with a name of its own.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("names, their number", len(names), least=1)
    check_count("names", set(names), len(names), "each another one")
    bars_of = {
        title: array(f"stages[{title!r}]", values, f"{len(names)}").astype(float)
        for title, values in stages.items()
    }
    height = 0.8 + 0.45 * len(names)
    figure, axes = plt.subplots(1, len(stages), figsize=(WIDTH, height), sharey=True, squeeze=False)
    for ax, (title, values) in zip(axes.flat, bars_of.items(), strict=True):
        bars = ax.barh(list(names), values, color=BLUE, height=0.6)
        labels = [f"{value:.3g}".replace("-", "\N{MINUS SIGN}") for value in values]
        ax.bar_label(bars, labels, padding=3)
        ax.axvline(0, color=MUTED, linewidth=0.8, linestyle="-")
        ax.margins(x=0.35)
        ax.set(title=title, xticks=[])
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)
    axes[0, 0].invert_yaxis()  # for all panels, which share it
    return figure


@styled
def curves(
    x: ArrayLike,
    ys: Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    scales: tuple[str, str] = ("linear", "linear"),
    limits: tuple[float, float] | None = None,
    points: Sequence[tuple[float, float, str]] = (),
    upright: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw several curves over the same x, and name them above.

    Parameters
    ----------
    x : array_like, shape (n,)
        Where the curves are known.
    ys : mapping of str to array_like of shape (n,)
        The name of each curve, at most five, and its values; what is not finite is left out.
    xlabel, ylabel : str
        The labels of the axes.
    scales : tuple of str, optional
        "linear" or "log" for the x axis and for the y axis.
    limits : tuple of float, optional
        The lowest and the highest value of the y axis. On a logarithmic one both are above 0.
    points : sequence of (x, y, name), optional
        Points to mark, each with its name beside it where no curve runs: to the right and above,
        or, if something is in the way there, in one of `PLACES`.
    upright : float, optional
        Where a thin line stands upright.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x = array("x", x, "n")
    check_most("ys", ys, len(COLOURS))
    lines = over("ys", ys, x)
    for k, scale in enumerate(scales):
        if scale not in ("linear", "log"):
            raise ValueError(f"scales[{k}]: expected 'linear' or 'log'. Received: {scale!r}")
    if limits is not None:
        check_range("limits, the highest less the lowest", limits[1] - limits[0], above=0)
        check_range("limits", limits, above=0 if scales[1] == "log" else -np.inf)
    ax = own_axes(ax, height=3.4)
    _draw(ax, x, lines)
    if upright is not None:
        ax.axvline(upright, color=MUTED, linewidth=0.9, linestyle="-", zorder=1)
    for left, height, _ in points:
        ax.plot(left, height, "o", color=INK, zorder=4)
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale=scales[0], yscale=scales[1])
    if limits is not None:
        ax.set_ylim(limits)
    _name_above(figure_of(ax), ax, len(ys))
    _name_points(ax, points)
    return figure_of(ax)


@styled
def curves_below(
    x: ArrayLike, panels: Mapping[str, Mapping[str, ArrayLike]], *, xlabel: str
) -> Figure:
    """Draw panels one below the other over the same x, with the same names in each.

    Parameters
    ----------
    x : array_like, shape (n,)
        Where the curves are known.
    panels : mapping of str to mapping of str to array_like of shape (n,)
        The label of each panel's y axis, and its curves by name, at most five; what is not finite
        is left out. All panels have the same names, in the same order.
    xlabel : str
        The label of the x axis.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x = array("x", x, "n")
    names = list(next(iter(panels.values())))
    check_most("panels, the curves of each", names, len(COLOURS))
    for ylabel, ys in panels.items():
        if list(ys) != names:
            raise ValueError(
                f"panels[{ylabel!r}]: expected the curves {names}. Received: {list(ys)}"
            )
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(WIDTH, 2.2 * len(panels) + 0.4), sharex=True, squeeze=False
    )
    for ax, (ylabel, ys) in zip(axes.flat, panels.items(), strict=True):
        _draw(ax, x, over(f"panels[{ylabel!r}]", ys, x))
        ax.set(ylabel=ylabel)
    axes[-1, 0].set_xlabel(xlabel)
    _name_above(figure, axes[0, 0], len(axes[0, 0].lines))
    return figure


@styled
def fitted_lines(
    x: ArrayLike,
    y: ArrayLike,
    lines: Mapping[str, tuple[float, float]],
    *,
    names: tuple[str, str] = ("x", "y"),
) -> Figure:
    """Draw the same points with a line in each panel, two in a row, and the errors of the line.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The points.
    lines : mapping of str to (slope, start)
        The title of each panel, and its line by its slope and its height at x = 0.
    names : tuple of str, optional
        The labels of the axes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y = _checks.fitting({"x": (x, "n"), "y": (y, "n")})
    rows = -(-len(lines) // 2)
    figure, axes = plt.subplots(
        rows, 2, figsize=(WIDTH, 2.4 * rows), sharex=True, sharey=True, squeeze=False
    )
    ends = np.array([x.min() - 0.2, x.max() + 0.2])
    for ax, (title, (slope, start)) in zip(axes.flat, lines.items(), strict=False):
        ax.vlines(x, y, slope * x + start, color=ORANGE, linestyle=":", linewidth=2)
        ax.plot(ends, slope * ends + start, color=BLUE)
        ax.plot(x, y, "o", color=INK)
        ax.set(title=title, xlabel=names[0], ylabel=names[1])
        ax.label_outer()
    for ax in axes.flat[len(lines) :]:
        ax.set_visible(False)
    return figure


def _draw(ax: Axes, x: NDArray[Any], ys: Mapping[str, NDArray[Any]]) -> None:
    """Draw each curve in a colour and a line style of its own."""
    for k, (name, values) in enumerate(ys.items()):
        style: dict[str, Any] = {"color": COLOURS[k], "linestyle": LINE_STYLES[k]}
        ax.plot(x, values, **style, label=name)


def _name_points(ax: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Write beside each point its name, in the first of `PLACES` that no line of `ax` crosses."""
    if not points:
        return
    figure_of(ax).draw_without_rendering()  # lays the axes out, so that places are known
    lines = [line.get_transform().transform_path(line.get_path()) for line in ax.lines]
    for left, height, name in points:
        note = ax.annotate(name, (left, height), (0, 0), textcoords="offset points", color=INK)
        for place, (across, up) in PLACES.items():
            note.set(position=place, ha=across, va=up)
            box = note.get_window_extent()
            if not any(line.intersects_bbox(box, filled=False) for line in lines):
                break
        else:
            place, (across, up) = next(iter(PLACES.items()))
            note.set(position=place, ha=across, va=up)


def _name_above(figure: Figure, ax: Axes, count: int) -> None:
    """Name the curves of `ax` above the figure, if there is more than one."""
    if count > 1:
        handles, labels = ax.get_legend_handles_labels()
        columns = 3 if max(map(len, labels)) < 14 else 2
        figure.legend(handles, labels, loc="outside upper center", ncols=columns, handlelength=3)
