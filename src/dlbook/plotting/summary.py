"""The figure of the summary: the whole training loop in one picture."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from dlbook.plotting._inputs import check_count, check_range
from dlbook.plotting._style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    figure_of,
    own_axes,
    styled,
    without_ticks,
)

HALF_WIDTH, HALF_HEIGHT = 0.82, 0.42
"""Half the size of a box; boxes stand 2.4 apart."""


@styled
def training_loop(
    forward: Sequence[str], back: Sequence[str], *, result: str = "", ax: Axes | None = None
) -> Figure:
    """Draw a training loop: a row of boxes to the right, and under it the way back.

    Parameters
    ----------
    forward : sequence of str
        The texts of the upper boxes, from left to right; at least two.
    back : sequence of str
        The texts of the lower boxes, in the order of the way back, from right to left; one
        fewer. The first stands under the last upper box; from the last an arrow leads up.
    result : str, optional
        What the loop is for, written under the first upper box.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("forward, their number", len(forward), least=2)
    check_count("back", back, len(forward) - 1, "one fewer than forward")
    ax = own_axes(ax, height=2.0)
    without_ticks(ax)
    last = len(forward) - 1
    for k, text in enumerate(forward):
        _box(ax, (2.4 * k, 0), text, BLUE if k else GREEN)
    for k, text in enumerate(back):
        _box(ax, (2.4 * (last - k), -1.9), text, ORANGE)
    for k in range(last):
        _arrow(ax, (2.4 * k + HALF_WIDTH, 0), (2.4 * (k + 1) - HALF_WIDTH, 0))
    for k in range(len(back) - 1):
        _arrow(ax, (2.4 * (last - k) - HALF_WIDTH, -1.9), (2.4 * (last - k - 1) + HALF_WIDTH, -1.9))
    for column, start, end in ((last, 0, -1.9), (last - len(back) + 1, -1.9, 0)):
        toward = 1 if end > start else -1
        _arrow(
            ax,
            (2.4 * column, start + toward * HALF_HEIGHT),
            (2.4 * column, end - toward * HALF_HEIGHT),
        )
    ax.text(0, -1.9, result, ha="center", va="center", color=MUTED)
    ax.set(xlim=(-1, 2.4 * last + 1), ylim=(-2.45, 0.55), aspect="equal")
    return figure_of(ax)


def _box(ax: Axes, centre: tuple[float, float], text: str, colour: str) -> None:
    """Draw a box with rounded corners and its text."""
    x, y = centre
    corner = (x - HALF_WIDTH, y - HALF_HEIGHT)
    size = (2 * HALF_WIDTH, 2 * HALF_HEIGHT)
    style = "round,pad=0,rounding_size=0.12"
    box = FancyBboxPatch(
        corner, *size, boxstyle=style, facecolor=(colour, 0.1), edgecolor=colour, lw=1.6
    )
    ax.add_patch(box)
    ax.text(x, y, text, ha="center", va="center", color=INK)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow from `start` to `end`, in data coordinates."""
    style = {"arrowstyle": "-|>", "color": INK, "lw": 1.4, "shrinkA": 2, "shrinkB": 2}
    ax.annotate("", xy=end, xytext=start, arrowprops=style)
