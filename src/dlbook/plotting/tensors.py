"""Figures of tensors, of operations on them, and of what these operations cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

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

SHIFT = 0.72
"""How far, in cells, the next sheet of a stack lies behind the one before it."""

MARKERS = ("o", "s", "^", "D", "v")


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
    image = np.asarray(image)
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
    image = np.asarray(image)
    count = 1 + len(windows)
    figure, axes = plt.subplots(1, count, figsize=(WIDTH, WIDTH / count + 0.35), squeeze=False)
    whole, *parts = axes.flat
    for ax in axes.flat:
        without_ticks(ax)
        ax.spines[:].set_visible(True)
    whole.imshow(image)
    whole.set_title("image", fontsize=10)
    looks = zip(parts, windows.items(), COLOURS, LINE_STYLES[:4], strict=False)
    for ax, (name, window), colour, line_style in looks:
        ax.imshow(image[window], vmin=image.min(), vmax=image.max())
        ax.set_title(name, fontsize=10)
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
    stacks = [np.asarray(array) for array in arrays]
    sheets = [stack.reshape((-1, *np.atleast_2d(stack).shape[-2:])) for stack in stacks]
    behind = [SHIFT * (len(sheet) - 1) for sheet in sheets]
    # A column of cells is narrower than the words over it.
    columns = [sheet.shape[2] + back for sheet, back in zip(sheets, behind, strict=True)]
    slots = [max(width, 0.3 * len(name)) for width, name in zip(columns, names, strict=True)]
    rows = max(sheet.shape[1] + back for sheet, back in zip(sheets, behind, strict=True))
    ax = _cell_axes(sum(slots) + len(slots) - 1, rows + 2.6)
    left = 0.0
    for k, (slot, width) in enumerate(zip(slots, columns, strict=True)):
        start = left + (slot - width) / 2
        top = 1.4 + rows - sheets[k].shape[1]
        for back in reversed(range(len(sheets[k]))):
            corner = (start + SHIFT * back, top - SHIFT * back)
            _draw_cells(
                ax, sheets[k][back], corner, ground=SHEET, level=2 * (len(sheets[k]) - back)
            )
        ax.text(left + slot / 2, top - behind[k] - 0.5, names[k], ha="center", va="center")
        shape = str(stacks[k].shape)
        ax.text(left + slot / 2, 1.4 + rows + 0.6, shape, ha="center", va="center", color=MUTED)
        left += slot + 1
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
    images = np.asarray(images)
    count, height, width = images.shape
    ax = own_axes(None, height=3.3)
    without_ticks(ax)
    shift = 0.3 * width
    depth = shift * (count - 1)
    for back in reversed(range(count)):
        left, top = shift * back, -shift * 0.6 * back
        level = 2 * (count - back)
        extent = (left, left + width, top + height, top)
        ax.imshow(images[back], extent=extent, vmin=0, vmax=images.max(), zorder=level)
        frame = Rectangle((left, top), width, height, fill=False, edgecolor=INK, zorder=level + 1)
        ax.add_patch(frame)
    gap = 0.09 * height
    _arrow(ax, (-gap, 0), (-gap, height), BLUE)
    _arrow(ax, (0, height + gap), (width, height + gap), ORANGE)
    far = (width + gap + depth, height + gap / 2 - 0.6 * depth)
    _arrow(ax, (width + gap, height + gap / 2), far, GREEN)
    beside: dict[str, Any] = {"ha": "right", "va": "center", "rotation": 90, "color": BLUE}
    ax.text(-1.6 * gap, height / 2, f"axis 1: {height} rows", **beside)
    under: dict[str, Any] = {"ha": "center", "va": "top", "color": ORANGE}
    ax.text(width / 2, height + 1.6 * gap, f"axis 2: {width} columns", **under)
    middle = (width + depth / 2 + 2.4 * gap, height + gap - 0.3 * depth)
    ax.text(*middle, "axis 0: images", ha="left", va="center", color=GREEN)
    ax.set(
        xlim=(-4 * gap, width + depth + 3 * gap),
        ylim=(height + 4 * gap, -0.6 * depth - gap),
        aspect="equal",
    )
    return figure_of(ax)


@styled
def matrix_product(x: ArrayLike, y: ArrayLike, *, row: int = 0, column: int = 0) -> Figure:
    """Draw two matrices and their product, and how one entry of the product comes about.

    Parameters
    ----------
    x : array_like, shape (rows, inner)
        The left matrix, drawn beside the product.
    y : array_like, shape (inner, columns)
        The right matrix, drawn over the product.
    row, column : int, default 0
        The entry of the product to explain.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y = np.asarray(x), np.asarray(y)
    product = x @ y
    inner, columns = y.shape
    left, top = inner + 1.0, inner + 1.0
    ax = _cell_axes(left + columns + 3.2, top + len(x) + 1.6)
    _draw_cells(ax, x, (0, top), marked={(row, k): BLUE for k in range(inner)})
    _draw_cells(ax, y, (left, 0), marked={(k, column): ORANGE for k in range(inner)})
    _draw_cells(ax, product, (left, top), marked={(row, column): GREEN})
    path: dict[str, Any] = {"color": MUTED, "linestyle": ":", "linewidth": 1.6}
    ax.plot([inner, left], [top + row + 0.5] * 2, **path)
    ax.plot([left + column + 0.5] * 2, [inner, top], **path)
    ax.text(inner / 2, top - 0.5, f"x {x.shape}", ha="center", va="center", color=BLUE)
    beside = left + columns + 0.4
    ax.text(beside, inner / 2, f"y {y.shape}", va="center", color=ORANGE)
    name = f"product\n{product.shape}"
    ax.text(beside, top + len(x) / 2, name, va="center", color=GREEN)
    pairs = zip(x[row], y[:, column], strict=True)
    sum_of_products = " + ".join(f"{_factor(a)} · {_factor(b)}" for a, b in pairs)
    entry = _number(product[row, column])
    text = f"row {row} meets column {column}: {sum_of_products} = {entry}"
    ax.text(0, top + len(x) + 0.9, text, va="center")
    return figure_of(ax)


@styled
def broadcasting(x: ArrayLike, y: ArrayLike) -> Figure:
    """Draw how a vector is stretched over the rows of a matrix that it is added to.

    Parameters
    ----------
    x : array_like, shape (rows, columns)
        The matrix.
    y : array_like, shape (columns,)
        The vector. Its copies, which exist only in thought, get dashed cells.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    x, y = np.asarray(x), np.asarray(y)
    rows, columns = x.shape
    step = columns + 1.0
    ax = _cell_axes(3 * step - 1, rows + 2.9)
    stretched = np.broadcast_to(y, x.shape)
    _draw_cells(ax, x, (0, 1))
    copies = {(i, j) for i in range(1, rows) for j in range(columns)}
    first = {(0, j): BLUE for j in range(columns)}
    _draw_cells(ax, stretched, (step, 1), marked=first, virtual=copies)
    _draw_cells(ax, x + y, (2 * step, 1))
    for k, sign in enumerate("+="):
        ax.text((k + 1) * step - 0.5, 1 + rows / 2, sign, ha="center", va="center", fontsize=14)
    heads = [f"x {x.shape}", f"y {y.shape}", f"x + y {x.shape}"]
    for k, head in enumerate(heads):
        ax.text(k * step + columns / 2, 0.4, head, ha="center", va="center")
    ax.plot([], [], color=BLUE, label="stored once")
    ax.plot([], [], color=MUTED, linestyle="--", label="virtual copy")
    ax.legend(loc="lower center", ncols=2)
    return figure_of(ax)


@styled
def race(seconds: Mapping[str, float], *, ax: Axes | None = None) -> Figure:
    """Draw running times as bars on a logarithmic axis, each with its value.

    Parameters
    ----------
    seconds : mapping of str to float
        The time of each runner in seconds, more than 0; the first is drawn on top.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    ax = own_axes(ax, height=1.9)
    times = list(seconds.values())
    bars = ax.barh(list(seconds), times, color=COLOURS[: len(times)], height=0.55)
    for bar, hatch in zip(bars, ("//", "", "..", "xx", "--"), strict=False):
        bar.set(hatch=hatch, edgecolor=SHEET, linewidth=0)
    ax.bar_label(bars, [f"{time:.2g} s" for time in times], padding=4)
    ax.set_xscale("log")
    ax.set(xlabel="seconds", xlim=(min(times) / 10, max(times) * 8))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    return figure_of(ax)


@styled
def cost_growth(
    sizes: ArrayLike,
    seconds: Mapping[str, ArrayLike],
    exponents: Mapping[str, float],
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw how running times grow with size, beside lines of the expected slopes.

    Both axes are logarithmic, so that a cost of size to the power p is a line of slope p.

    Parameters
    ----------
    sizes : array_like, shape (n,)
        The sizes at which was measured, more than 0.
    seconds : mapping of str to array_like of shape (n,)
        The time at each size for each piece of work, more than 0.
    exponents : mapping of str to float
        The expected exponent of each; its line goes through the measurement at the last size.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    ax = own_axes(ax, height=4.2)
    sizes = np.asarray(sizes, dtype=float)
    for (name, times), colour, marker in zip(seconds.items(), COLOURS, MARKERS, strict=False):
        times = np.asarray(times, dtype=float)
        exponent = exponents[name]
        label = f"{name}, expected $n^{{{exponent:g}}}$"
        ax.plot(sizes, times, color=colour, marker=marker, linestyle="none", label=label)
        expected = times[-1] * (sizes / sizes[-1]) ** exponent
        ax.plot(sizes, expected, color=colour, linestyle="--", linewidth=1.2)
    ax.plot([], [], color=MUTED, linestyle="--", linewidth=1.2, label="expected slope")
    ax.set(xscale="log", yscale="log", xlabel="size n", ylabel="seconds")
    ax.set_xlim(sizes[0] / 1.15, sizes[-1] * 1.15)
    ax.xaxis.set_major_locator(FixedLocator(list(sizes)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.legend(loc="upper left", fontsize=9.5, handletextpad=0.4)
    low, high = ax.get_ylim()
    ax.set_ylim(low, high * 60)
    return figure_of(ax)


def _cell_axes(columns: float, rows: float) -> Axes:
    """Return axes in which a cell is a square of side 1, and y grows downwards."""
    side = min(WIDTH / columns, 0.5)
    ax = own_axes(None, height=side * rows)
    without_ticks(ax)
    ax.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    return ax


def _draw_cells(
    ax: Axes,
    matrix: NDArray[np.number],
    corner: tuple[float, float],
    *,
    ground: str = "none",
    level: float = 2,
    marked: Mapping[tuple[int, int], str] | None = None,
    virtual: frozenset[tuple[int, int]] | set[tuple[int, int]] = frozenset(),
) -> None:
    """Draw `matrix` as square cells with its numbers, its upper left corner at `corner`."""
    marked = marked or {}
    left, top = corner
    plain = [place for place in np.ndindex(matrix.shape) if place not in marked]
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
        ink = MUTED if is_virtual else INK
        centre = (left + j + 0.5, top + i + 0.5)
        ax.text(
            *centre, _number(matrix[i, j]), ha="center", va="center", color=ink, zorder=level + 1
        )


def _number(value: float) -> str:
    """Return `value` as text, with the sign that books print for minus."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def _factor(value: float) -> str:
    """Return `value` as it stands in a product: a negative one in parentheses."""
    return f"({_number(value)})" if value < 0 else _number(value)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw an arrow from `start` to `end`, in data coordinates."""
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=end, xytext=start, arrowprops=style)
