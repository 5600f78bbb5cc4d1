"""Figures of tensors: what they hold, how long their axes are, and parts of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from dlbook import _checks
from dlbook.plotting._cells import cell_axes, draw_cells
from dlbook.plotting._inputs import array, check_count, check_most, check_range, tensor
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
    without_ticks,
)

SHEET = "#f6f8fa"
"""The ground of a sheet that covers the one behind it."""

SHIFT = 0.86
"""How far, in cells, the next sheet of a stack lies behind the one before it."""


@styled
def digit(image: ArrayLike, *, ax: Axes | None = None) -> Figure:
    """Draw one digit with the numbers of its rows and columns.

    Parameters
    ----------
    image : array_like, shape (height, width)
        Grey levels; 0 is drawn as the page's ground, the largest value as ink.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    image = array("image", image, "height width")
    ax = own_axes(ax, height=3.6)
    ax.imshow(image)
    ax.grid(visible=False)
    ax.spines[:].set_visible(True)
    height, width = image.shape
    ax.set(
        xlabel="column (axis 1)",
        ylabel="row (axis 0)",
        xticks=[*range(0, width - 2, 7), width - 1],
        yticks=[*range(0, height - 2, 7), height - 1],
    )
    return figure_of(ax)


@styled
def crops(image: ArrayLike, windows: Mapping[str, tuple[slice, slice]]) -> Figure:
    """Draw an image with windows outlined on it, and what each window shows.

    Parameters
    ----------
    image : array_like, shape (height, width)
        Grey levels; 0 is drawn as the page's ground, the largest value as ink.
    windows : mapping of str to (slice of rows, slice of columns)
        The windows by name, at most four. Ends may be negative or left out, as in NumPy.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: the whole image first, then one picture for each window.
    """
    image = array("image", image, "height width")
    check_most("windows", windows, 4)
    for name, window in windows.items():
        check_range(f"windows[{name!r}], its rows and columns", image[window].shape, least=1)
    count = 1 + len(windows)
    figure, axes = plt.subplots(1, count, figsize=(WIDTH, WIDTH / count + 0.35), squeeze=False)
    whole, *parts = axes.flat
    for ax in axes.flat:
        without_ticks(ax)
        ax.spines[:].set_visible(True)
    whole.imshow(image)
    whole.set_title("image")
    looks = zip(parts, windows.items(), COLOURS, LINE_STYLES[:4], strict=False)
    for ax, (name, window), colour, line_style in looks:
        ax.imshow(image[window], vmin=image.min(), vmax=image.max())
        ax.set_title(name)
        (top, bottom, _), (left, right, _) = (
            part.indices(length) for part, length in zip(window, image.shape, strict=True)
        )
        look: dict[str, Any] = {"edgecolor": colour, "linestyle": line_style, "linewidth": 2}
        outline = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, **look)
        whole.add_patch(outline)
        ax.spines[:].set(**look)
    return figure


@styled
def number_grids(arrays: Sequence[ArrayLike], names: Sequence[str]) -> Figure:
    """Draw small tensors side by side as cells with their numbers, and the shape under each.

    Parameters
    ----------
    arrays : sequence of array_like of rank 0 to 3
        The tensors. A tensor of rank 3 becomes a stack of sheets, index 0 in front.
    names : sequence of str
        What to write over each.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("arrays, their number", len(arrays), least=1)
    check_count("names", names, len(arrays), "one for each of arrays")
    stacks = [tensor(f"arrays[{k}]", values, range(4)) for k, values in enumerate(arrays)]
    sheets = [stack.reshape((-1, *np.atleast_2d(stack).shape[-2:])) for stack in stacks]
    behind = [SHIFT * (len(sheet) - 1) for sheet in sheets]
    # A column of cells is narrower than the words over it.
    columns = [sheet.shape[2] + back for sheet, back in zip(sheets, behind, strict=True)]
    slots = [max(width, 0.24 * len(name)) for width, name in zip(columns, names, strict=True)]
    rows = max(sheet.shape[1] + back for sheet, back in zip(sheets, behind, strict=True))
    ax = cell_axes(sum(slots) + len(slots) - 1, rows + 2.1)
    left = 0.0
    for k, (slot, width) in enumerate(zip(slots, columns, strict=True)):
        start = left + (slot - width) / 2
        top = 1 + rows - sheets[k].shape[1]
        for back in reversed(range(len(sheets[k]))):
            corner = (start + SHIFT * back, top - SHIFT * back)
            draw_cells(ax, sheets[k][back], corner, ground=SHEET, level=2 * (len(sheets[k]) - back))
        ax.text(left + slot / 2, top - behind[k] - 0.5, names[k], ha="center", va="center")
        shape = str(stacks[k].shape)
        ax.text(left + slot / 2, 1 + rows + 0.6, shape, ha="center", va="center", color=MUTED)
        left += slot + 1
    return figure_of(ax)


@styled
def picked_entries(matrix: ArrayLike, rows: ArrayLike, columns: ArrayLike) -> Figure:
    """Draw which entries of a matrix two lists of positions pick, and what comes out.

    Parameters
    ----------
    matrix : array_like, shape (height, width)
        The tensor that is picked from.
    rows, columns : array_like of int, shape (n,)
        Positions from 0; the k-th of both lists give the k-th entry of the result. Each row
        is named at most once, since its pair stands beside it.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: the matrix with its picked cells marked, the pair of positions beside each
        row, and the result.
    """
    matrix = array("matrix", matrix, "height width")
    height, width = matrix.shape
    rows, columns = _checks.fitting({"rows": (rows, "n"), "columns": (columns, "n")})
    rows = _checks.whole_numbers("rows", rows, least=0, most=height - 1)
    columns = _checks.whole_numbers("columns", columns, least=0, most=width - 1)
    check_count("rows", np.unique(rows), len(rows), "each another one")
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    ax = cell_axes(width + 7.5, height + 1.0)
    draw_cells(ax, matrix, (0, 1), marked=dict.fromkeys(pairs, ORANGE))
    for i, j in pairs:
        style = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.2}
        ax.annotate("", xy=(width + 5.6, 1.5 + i), xytext=(width + 3.3, 1.5 + i), arrowprops=style)
        ax.text(width + 1.8, 1.5 + i, f"({i}, {j})", ha="center", va="center", color=ORANGE)
    result = matrix[rows, columns]
    picked = {(i, 0): value for (i, _), value in zip(pairs, result, strict=True)}
    for place, value in picked.items():
        cell = np.array([[value]])
        draw_cells(ax, cell, (width + 5.9, 1 + place[0]), marked={(0, 0): GREEN})
    heads = ((width / 2, "matrix"), (width + 1.8, "positions"), (width + 6.4, "result"))
    for middle, word in heads:
        ax.text(middle, 0.45, word, ha="center", va="center")
    return figure_of(ax)


@styled
def tensor_axes(images: ArrayLike) -> Figure:
    """Draw images as a stack of sheets, with an arrow for each of the three axes.

    Parameters
    ----------
    images : array_like, shape (n, height, width)
        Grey levels. A handful is enough; the first one lies in front.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    images = array("images", images, "n height width")
    count, height, width = images.shape
    ax = own_axes(None, height=2.6)
    without_ticks(ax)
    shift = 0.5 * width
    depth = shift * (count - 1)
    for back in reversed(range(count)):
        left, top = shift * back, -0.3 * shift * back
        level = 2 * (count - back)
        extent = (left, left + width, top + height, top)
        ax.imshow(images[back], extent=extent, vmin=0, vmax=images.max(), zorder=level)
        frame = Rectangle((left, top), width, height, fill=False, edgecolor=INK, zorder=level + 1)
        ax.add_patch(frame)
    gap = 0.09 * height
    _arrow(ax, (-gap, 0), (-gap, height), BLUE)
    _arrow(ax, (0, height + gap), (width, height + gap), ORANGE)
    far = (width + gap + depth, height + gap / 2 - 0.3 * depth)
    _arrow(ax, (width + gap, height + gap / 2), far, GREEN)
    beside: dict[str, Any] = {"ha": "right", "va": "center", "rotation": 90, "color": BLUE}
    ax.text(-1.6 * gap, height / 2, f"axis 1: {height} rows", **beside)
    under: dict[str, Any] = {"ha": "center", "va": "top", "color": ORANGE}
    ax.text(width / 2, height + 1.6 * gap, f"axis 2: {width} columns", **under)
    middle = (width + depth / 2 + 2.4 * gap, height + gap - 0.15 * depth)
    ax.text(*middle, "axis 0: images", ha="left", va="center", color=GREEN)
    ax.set(
        xlim=(-4 * gap, width + depth + 3 * gap),
        ylim=(height + 4 * gap, -0.3 * depth - gap),
        aspect="equal",
    )
    return figure_of(ax)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw an arrow from `start` to `end`, in data coordinates."""
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=end, xytext=start, arrowprops=style)
