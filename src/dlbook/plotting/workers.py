"""Figures of a training on many workers."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import FuncFormatter, LogLocator
from numpy.typing import ArrayLike

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
    figure_of,
    own_axes,
    styled,
    without_ticks,
)

MARKERS = "osD^v"


def _box(ax: Axes, x: float, y: float, text: str, *, colour: str, width: float = 1.5) -> None:
    """Draw a rounded box with a text around a point."""
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - 0.2), width, 0.4, boxstyle="round,pad=0.06",
            facecolor="none", edgecolor=colour, linewidth=1.5,
        )
    )  # fmt: skip
    ax.text(x, y, text, ha="center", va="center", color=INK)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color=MUTED))


@styled
def data_parallel_step(
    sizes: ArrayLike, gradients: ArrayLike, *, learning_rate: float = 0.1, ax: Axes | None = None
) -> Figure:
    """Draw a training step on several workers: split, gradients, sum, the same step for all.

    Parameters
    ----------
    sizes : array_like of int, shape (workers,)
        How many examples each worker gets, 0 or more; two to four workers.
    gradients : array_like of float, shape (workers,)
        What each worker brings for one weight, already divided by the size of the whole batch.
    learning_rate : float, default 0.1
        What the sum is multiplied by.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    counts = array("sizes", sizes, "workers")
    check_range("sizes", counts, least=0)
    parts = array("gradients", gradients, "workers")
    if len(parts) != len(counts) or not 2 <= len(counts) <= 4:
        raise ValueError(
            "gradients: expected one for each of two to four workers. "
            f"Received: {len(parts)} for {len(counts)}"
        )
    ax = own_axes(ax, height=3.4)
    widest = {2: 1.2, 3: 1.85, 4: 2.16}[len(counts)]
    places = np.linspace(-widest, widest, len(counts))
    width = min(1.9, float(np.diff(places).min()) - 0.18)  # boxes are 0.12 wider, with room between
    _box(ax, 0, 3, f"batch of {counts.sum():.0f} examples", colour=BLUE, width=2.6)
    for k, (place, count, part) in enumerate(zip(places, counts, parts, strict=True)):
        _box(ax, place, 2, f"worker {k}\n{count:.0f} examples", colour=GREEN, width=width)
        _box(ax, place, 0, f"worker {k}\n$w$ − {learning_rate:g} · {parts.sum():g}", colour=GREEN,
             width=width)  # fmt: skip
        _arrow(ax, (0.4 * place, 2.74), (place, 2.28))
        _arrow(ax, (place, 1.72), (0.4 * place, 1.28))
        _arrow(ax, (0.4 * place, 0.74), (place, 0.28))
        # Beside the arrow, further off where the arrow is flat.
        aside = np.sign(place) * (0.06 + 0.15 * abs(place))
        ax.text(0.7 * place + aside, 1.5, f"{part:g}", color=ORANGE,
                ha="left" if place > 0 else "right", va="center")  # fmt: skip
    total = " + ".join(f"{part:g}" for part in parts)
    wide = 3.2 if len(counts) == 2 else 4.4
    _box(ax, 0, 1, f"all-reduce: {total} = {parts.sum():g}", colour=ORANGE, width=wide)
    ax.set(xlim=(-2.9, 2.9), ylim=(-0.4, 3.4))
    without_ticks(ax)
    return figure_of(ax)


@styled
def ring_rounds(workers: int, *, ax: Axes | None = None) -> Figure:
    """Draw which piece each worker of a ring has summed after each round of an all-reduce.

    Parameters
    ----------
    workers : int
        How many workers stand in the ring, from 2 to 6.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: a row for each round, a block for each worker, and in it a cell for each piece
        with the number of workers whose part it holds.
    """
    n = _checks.whole_number("workers", workers, least=2, most=6)
    held = np.ones((n, n), int)  # of whose parts the sum of each piece is, for each worker
    rounds = [held.copy()]
    for step in range(2 * (n - 1)):
        new = held.copy()
        for worker in range(n):
            piece = (worker - step) % n if step < n - 1 else (worker + 1 - (step - n + 1)) % n
            to = (worker + 1) % n
            new[to, piece] = held[worker, piece] + (held[to, piece] if step < n - 1 else 0)
        held = new
        rounds.append(held.copy())
    ax = own_axes(ax, height=0.7 + 0.36 * len(rounds))
    for row, counts in enumerate(rounds):
        for worker in range(n):
            for piece in range(n):
                left, whole = worker * (n + 1) + piece, counts[worker, piece] == n
                ax.add_patch(
                    FancyBboxPatch(
                        (left + 0.08, row - 0.36), 0.84, 0.72, boxstyle="square,pad=0",
                        facecolor=GREEN if whole else "none", edgecolor=MUTED, linewidth=0.8,
                    )
                )  # fmt: skip
                colour = "white" if whole else INK
                count = f"{counts[worker, piece]}"
                ax.text(left + 0.5, row, count, ha="center", va="center", color=colour)
    ax.set(
        xlim=(-0.2, n * (n + 1) - 0.8), ylim=(len(rounds) - 0.5, -0.5), ylabel="rounds",
        yticks=range(len(rounds)), xticks=[k * (n + 1) + n / 2 for k in range(n)],
        xticklabels=[f"worker {k}" for k in range(n)],
    )  # fmt: skip
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    return figure_of(ax)


@styled
def step_times(
    sizes: ArrayLike,
    measured: Mapping[str, ArrayLike],
    predicted: Mapping[str, ArrayLike],
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw how long a step takes against the size of its batch, measured and by a model.

    Parameters
    ----------
    sizes : array_like of int, shape (n,)
        The batch sizes, at least 1.
    measured : mapping of str to array_like of float, shape (n,)
        Milliseconds for each batch size, above 0, for each number of workers; at most five.
    predicted : mapping of str to array_like of float, shape (n,)
        What a model says, for the same entries.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with points for measurements and lines for the model.
    """
    x = array("sizes", sizes, "n")
    check_range("sizes", x, least=1)
    check_most("measured", measured, len(COLOURS))
    check_keys("predicted", predicted, list(measured))
    ax = own_axes(ax)
    for k, name in enumerate(measured):
        points = array(f"measured[{name!r}]", measured[name], "n")
        line = array(f"predicted[{name!r}]", predicted[name], "n")
        _checks.fitting({"sizes": (x, "n"), f"measured[{name!r}]": (points, "n")})
        _checks.fitting({"sizes": (x, "n"), f"predicted[{name!r}]": (line, "n")})
        check_range(f"measured[{name!r}]", points, above=0)
        check_range(f"predicted[{name!r}]", line, above=0)
        colour = COLOURS[k]
        ax.plot(x, points, MARKERS[k], color=colour, linestyle="none", label=name)
        ax.plot(x, line, color=colour, linestyle=LINE_STYLES[k], linewidth=1.2, label="_model")
    ax.set(xscale="log", yscale="log", xlabel="examples in a batch", ylabel="milliseconds a step")
    ax.set_xticks(x, [f"{size:g}" for size in x])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.minorticks_off()
    title = "points: measured, lines: model"
    ax.legend(title=title, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=min(3, len(measured)))
    return figure_of(ax)


@styled
def scaling(
    workers: ArrayLike, gains: Mapping[str, ArrayLike], *, ax: Axes | None = None
) -> Figure:
    """Draw how many times as fast a training gets with more workers.

    Parameters
    ----------
    workers : array_like of int, shape (n,)
        Numbers of workers, at least 1.
    gains : mapping of str to array_like of float, shape (n,)
        How many times as fast, above 0, for each case; at most four.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with a dashed line where N workers would be N times as fast.
    """
    x = array("workers", workers, "n")
    check_range("workers", x, least=1)
    check_most("gains", gains, len(COLOURS) - 1)
    ax = own_axes(ax)
    ax.plot(x, x, color=MUTED, linestyle="--", linewidth=1.2, label="as many times as workers")
    for k, (name, values) in enumerate(gains.items()):
        y = array(f"gains[{name!r}]", values, "n")
        _checks.fitting({"workers": (x, "n"), f"gains[{name!r}]": (y, "n")})
        check_range(f"gains[{name!r}]", y, above=0)
        ax.plot(x, y, marker=MARKERS[k], color=COLOURS[k], linestyle=LINE_STYLES[k], label=name)
    ax.set(xscale="log", yscale="log", xlabel="workers", ylabel="times as fast as one")
    ax.set_xticks(x, [f"{count:,.0f}" for count in x])
    ax.minorticks_off()
    ax.legend()
    return figure_of(ax)
