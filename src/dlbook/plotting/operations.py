"""Figures of operations on tensors: what goes in, what comes out, and which entries meet."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dlbook import _checks
from dlbook.plotting._cells import cell_axes, draw_cells, number
from dlbook.plotting._inputs import check_count, check_range, tensor
from dlbook.plotting._style import BLUE, GREEN, MUTED, ORANGE, figure_of, styled


@styled
def equation(parts: Sequence[ArrayLike | str], names: Sequence[str]) -> Figure:
    """Draw a calculation from left to right: arrays as cells, and the signs between them.

    Parameters
    ----------
    parts : sequence of (array_like of rank 1 or 2, or str)
        The arrays and signs in reading order. A vector is drawn as a column.
    names : sequence of str
        What to write under each array, one for each in order. The last is the result; its
        cells are tinted.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    signs = {k: part for k, part in enumerate(parts) if isinstance(part, str)}
    arrays = {
        k: tensor(f"parts[{k}]", part, (1, 2)) for k, part in enumerate(parts) if k not in signs
    }
    check_range("parts, the number of arrays", len(arrays), least=1)
    check_count("names", names, len(arrays), "one for each array")
    tables = {k: array.reshape((len(array), -1)) for k, array in arrays.items()}
    widths = [
        tables[k].shape[1] if k in tables else 0.7 + 0.3 * max(map(len, signs[k].split("\n")))
        for k in range(len(parts))
    ]
    rows = max(len(table) for table in tables.values())
    ax = cell_axes(sum(widths), rows + 1.1)
    name_of = dict(zip(tables, names, strict=True))
    left = 0.0
    for k, width in enumerate(widths):
        middle = left + width / 2
        if k in signs:
            ax.text(middle, rows / 2, signs[k], ha="center", va="center")
        else:
            table = tables[k]
            places = np.ndindex(table.shape) if k == max(tables) else ()
            corner = (left, (rows - len(table)) / 2)
            draw_cells(ax, table, corner, marked=dict.fromkeys(places, GREEN))
            ax.text(middle, rows + 0.6, name_of[k], ha="center", va="center", color=MUTED)
        left += width
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
    x, y = _checks.fitting({"x": (x, "rows inner"), "y": (y, "inner columns")})
    _checks.whole_number("row", row, least=0, most=len(x) - 1)
    _checks.whole_number("column", column, least=0, most=y.shape[1] - 1)
    product = x @ y
    inner, columns = y.shape
    left, top = inner + 1.0, inner + 1.0
    ax = cell_axes(left + columns + 3.2, top + len(x) + 1.3)
    draw_cells(ax, x, (0, top), marked={(row, k): BLUE for k in range(inner)})
    draw_cells(ax, y, (left, 0), marked={(k, column): ORANGE for k in range(inner)})
    draw_cells(ax, product, (left, top), marked={(row, column): GREEN})
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
    entry = number(product[row, column])
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
    x, y = _checks.fitting({"x": (x, "rows columns"), "y": (y, "columns")})
    rows, columns = x.shape
    step = columns + 1.0
    ax = cell_axes(3 * step - 1, rows + 2.1)
    stretched = np.broadcast_to(y, x.shape)
    draw_cells(ax, x, (0, 1))
    copies = {(i, j) for i in range(1, rows) for j in range(columns)}
    first = {(0, j): BLUE for j in range(columns)}
    draw_cells(ax, stretched, (step, 1), marked=first, virtual=copies)
    draw_cells(ax, x + y, (2 * step, 1))
    for k, sign in enumerate("+="):
        ax.text((k + 1) * step - 0.5, 1 + rows / 2, sign, ha="center", va="center")
    heads = [f"x {x.shape}", f"y {y.shape}", f"x + y {x.shape}"]
    for k, head in enumerate(heads):
        ax.text(k * step + columns / 2, 0.4, head, ha="center", va="center")
    ax.plot([], [], color=BLUE, label="stored once")
    ax.plot([], [], color=MUTED, linestyle="--", label="virtual copy")
    ax.legend(loc="lower center", ncols=2, borderaxespad=0)
    return figure_of(ax)


def _factor(value: float) -> str:
    """Return `value` as it stands in a product: a negative one in parentheses."""
    return f"({number(value)})" if value < 0 else number(value)
