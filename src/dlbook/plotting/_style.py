"""The one style of the book's figures.

Figures have a transparent ground and dark ink.
In the dark theme the site's style sheet inverts their lightness and keeps their hues,
so that one picture suits both themes.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbook.plotting._inputs import check_kinds

P = ParamSpec("P")

INK = "#24292f"
MUTED = "#6e7781"
GRID = "#d0d7de"
BLUE = "#0969da"
ORANGE = "#bc4c00"
GREEN = "#1a7f37"
PURPLE = "#8250df"
PINK = "#bf3989"

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, PINK)
"""Line colours in their order, each with a contrast of at least 4.5:1 on white."""

LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
"""Line styles in the same order, so that no reader needs the colours to tell lines apart."""

LETTERS = 9
"""The size of all letters in points: 12 pixels of a page where a figure is shown in full size."""

WIDTH = 4.6
"""The width of every figure in inches.

Images shrink with the page's column. At this width letters are still 9 pixels high on a phone
390 pixels wide, so that nothing need be larger than `LETTERS` to be read there.
"""

STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": LETTERS,
    "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=LINE_STYLES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": LETTERS,
    "figure.constrained_layout.use": True,
    "figure.dpi": 200,
    "figure.facecolor": "none",
    "figure.figsize": (WIDTH, 3.2),
    "font.size": LETTERS,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "image.cmap": "gray_r",
    "legend.fontsize": LETTERS,
    "legend.frameon": False,
    "legend.title_fontsize": LETTERS,
    "lines.linewidth": 1.8,
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": LETTERS,
    "ytick.color": INK,
    "ytick.labelsize": LETTERS,
}
"""Matplotlib's settings for every figure of the book."""


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the book's style, and leave the reader's own Matplotlib settings alone.

    Arguments of another kind than annotated are refused. The figure is taken out of pyplot's
    list of open figures: a notebook shows it once, as the value of its cell, and a long script
    does not collect them. Nor does a figure stay there that was begun and refused.
    """
    check = check_kinds(draw)

    @functools.wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> Figure:
        check(*args, **kwargs)
        before = plt.get_fignums()
        try:
            with plt.rc_context(STYLE):
                figure = draw(*args, **kwargs)
        finally:
            for number in set(plt.get_fignums()).difference(before):
                plt.close(number)
        plt.close(figure)
        return figure

    return in_style


def own_axes(ax: Axes | None, *, height: float = 3.2, width: float = WIDTH) -> Axes:
    """Return `ax`, or the axes of a new figure of the given size in inches."""
    return plt.subplots(figsize=(width, height))[1] if ax is None else ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure that holds `ax`, be it in a sub-figure or not."""
    figure = ax.get_figure()
    if figure is None:
        raise ValueError("ax: expected axes that belong to a figure. Received: removed axes")
    return figure.figure  # the whole one; Matplotlib 3.9 has no get_figure(root=True)


def without_ticks(ax: Axes) -> None:
    """Hide ticks, grid and frame of `ax`, as a picture wants it."""
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
