"""Small tensors drawn as cells with their numbers, for several figures."""

from collections.abc import Collection, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from dlbook.plotting._style import INK, MUTED, WIDTH, own_axes, without_ticks

SIDE = 0.5
"""The largest side of a cell in inches."""


def cell_axes(columns: float, rows: float) -> Axes:
    """Return axes in which a cell is a square of side 1, and y grows downwards."""
    side = min(WIDTH / columns, SIDE)
    ax = own_axes(None, height=side * rows)
    without_ticks(ax)
    ax.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    return ax


def draw_cells(
    ax: Axes,
    matrix: NDArray[np.number],
    corner: tuple[float, float],
    *,
    ground: str = "none",
    level: float = 2,
    marked: Mapping[tuple[int, int], str] | None = None,
    virtual: Collection[tuple[int, int]] = (),
) -> None:
    """Draw `matrix` as square cells with its numbers, its upper left corner at `corner`.

    The places in `marked` get a frame and a tint of their colour, those in `virtual` a dashed
    frame. Places are pairs of row and column.
    """
    marked = marked or {}
    left, top = corner
    plain = [place for place in np.ndindex(matrix.shape) if place not in marked]
    # Marked cells come last, so that their frames lie on top.
    for i, j in [*plain, *marked]:
        colour = marked.get((i, j), MUTED)
        is_virtual = (i, j) in virtual
        cell = Rectangle(
            (left + j, top + i),
            1,
            1,
            facecolor=(colour, 0.14) if (i, j) in marked else ground,
            edgecolor=colour,
            linestyle="--" if is_virtual else "-",
            linewidth=1.8 if (i, j) in marked else 1,
            zorder=level,
        )
        ax.add_patch(cell)
        ax.text(
            left + j + 0.5,
            top + i + 0.5,
            number(matrix[i, j]),
            ha="center",
            va="center",
            color=MUTED if is_virtual else INK,
            zorder=level + 1,
        )


def number(value: float) -> str:
    """Return `value` as text, with the sign that books print for minus."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
