"""Figures of curves made of straight pieces: hinges, their sums, and what they fall short of."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator
from numpy.typing import ArrayLike

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


@styled
def hinge_sum(x: ArrayLike, hinges: Mapping[str, ArrayLike], start: float) -> Figure:
    """Draw some hinges, and beside them the curve that they and a constant add up to.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Where the hinges are known.
    hinges : mapping of str to array_like of float, shape (n,)
        The value of each hinge there, by name. At most five. What is not finite is left out.
    start : float
        The constant.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x = array("x", x, "n")
    check_most("hinges", hinges, len(COLOURS))
    lines = over("hinges", hinges, x)
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    total = np.full(len(x), float(start))
    looks = list(zip(COLOURS, LINE_STYLES, strict=True))[: len(lines)]
    for (name, values), (colour, style) in zip(lines.items(), looks, strict=True):
        left.plot(x, values, color=colour, linestyle=style, label=name)
        total += values
    right.plot(x, total, color=INK, linestyle="-", linewidth=2.2)
    left.set(title="the hinges", xlabel="x")
    right.set(title=f"{start:g} and their sum", xlabel="x")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@styled
def curve_panels(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    *,
    target: ArrayLike | None = None,
    marks: Sequence[ArrayLike] | None = None,
) -> Figure:
    """Draw curves, each in a panel of its own, and in all of them the curve that they aim at.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Where the curves are known.
    curves : mapping of str to array_like of float, shape (n,)
        The curves. Each gets a panel, with its name on top. What is not finite is left out.
    target : array_like of float, shape (n,), optional
        What they aim at; what is not finite is left out.
    marks : sequence of array_like of float, optional
        For each curve some places on the x axis, or none, marked at the foot of its panel.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x = array("x", x, "n")
    panels = over("curves", curves, x)
    if target is not None:
        target = array("target", target, f"{len(x)}", finite=False)
    if marks is not None:
        check_count("marks", marks, len(curves), "one for each curve")
        marks = [
            array(f"marks[{k}]", places, "n") if np.size(places) else np.zeros(0)
            for k, places in enumerate(marks)
        ]
    rows = -(-len(curves) // 2)
    size = (WIDTH, 0.5 + 1.8 * rows)
    figure, axes = plt.subplots(rows, 2, figsize=size, sharex=True, sharey=True, squeeze=False)
    for k, (ax, (name, values)) in enumerate(zip(axes.flat, panels.items(), strict=False)):
        if target is not None:
            ax.plot(x, target, color=ORANGE, linestyle="--", linewidth=1.4, label="target")
        ax.plot(x, values, color=BLUE, linestyle="-", linewidth=1.6, label="hinges")
        if marks is not None:
            look: dict[str, Any] = {"marker": "^", "linestyle": "none", "markersize": 5}
            ax.plot(
                marks[k],
                np.zeros(np.size(marks[k])),
                color=MUTED,
                transform=ax.get_xaxis_transform(),
                clip_on=False,
                label="where they bend",
                **look,
            )
        ax.set_title(name)
    for ax in axes[-1]:
        ax.set_xlabel("x")
    for ax in list(axes.flat)[len(curves) :]:
        ax.set_visible(False)
    if target is not None or marks is not None:
        handles, names = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=3)
    return figure


@styled
def errors_by_size(
    sizes: Sequence[int],
    built: ArrayLike,
    trained: ArrayLike,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw how far curves of hinges are from their target: built by hand, and trained.

    Both axes are logarithmic.

    Parameters
    ----------
    sizes : sequence of int
        The numbers of hinges, at least 1.
    built : array_like of float, shape (sizes,)
        The error of the curve built by hand with so many hinges, more than 0.
    trained : array_like of float, shape (sizes, runs)
        The errors of trained networks, one for each run, more than 0.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, built, trained = _checks.fitting(
        {"sizes": (sizes, "sizes"), "built": (built, "sizes"), "trained": (trained, "sizes runs")}
    )
    check_range("sizes", x, least=1)
    check_range("built", built, above=0)
    check_range("trained", trained, above=0)
    ax = own_axes(ax, height=3.5)
    ax.plot(x, built, color=INK, linestyle="--", marker="s", label="built, evenly spaced")
    many = np.repeat(x, trained.shape[1])
    ax.plot(
        many,
        trained.ravel(),
        color=BLUE,
        linestyle="none",
        marker="o",
        fillstyle="none",
        label="trained, one run each",
    )
    ax.set(xscale="log", yscale="log", xlabel="hinges", ylabel="typical error")
    ax.xaxis.set_major_locator(FixedLocator(list(x)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=2)
    return figure_of(ax)
