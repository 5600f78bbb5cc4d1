"""Figures of what operations cost: running times, and how they grow with size."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MultipleLocator, NullFormatter

from dlbook.plotting._inputs import check_keys, check_most, check_range
from dlbook.plotting._style import (
    BLUE,
    COLOURS,
    INK,
    MUTED,
    ORANGE,
    figure_of,
    own_axes,
    styled,
)

MARKERS = ("o", "s", "^", "D", "v")


@styled
def race(seconds: Mapping[str, float], *, ax: Axes | None = None) -> Figure:
    """Draw running times as bars on a logarithmic axis, each with its value.

    Parameters
    ----------
    seconds : mapping of str to float
        The time of each runner in seconds, more than 0; the first is drawn on top. At most five.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_most("seconds", seconds, len(COLOURS))
    times = list(seconds.values())
    check_range("seconds", times, above=0)
    ax = own_axes(ax, height=0.9 + 0.5 * len(seconds))
    bars = ax.barh(list(seconds), times, color=COLOURS[: len(times)], height=0.55)
    hatches = ("//", "", "..", "xx", "--")[: len(times)]
    for bar, hatch in zip(bars, hatches, strict=True):
        bar.set(hatch=hatch, edgecolor="white", linewidth=0)
    with_unit = EngFormatter("s")
    # Down to nanoseconds, which readers know: 0.35 ns and not 350 ps.
    prefixes = with_unit.ENG_PREFIXES
    with_unit.ENG_PREFIXES = {power: prefixes[power] for power in prefixes if power >= -9}
    ax.bar_label(bars, [with_unit(float(f"{time:.3g}")) for time in times], padding=4)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(with_unit)
    ax.set(xlabel="time", xlim=(min(times) / 10, max(times) * 8))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    return figure_of(ax)


@styled
def cost_growth(
    seconds: Mapping[str, Mapping[int, float]],
    exponents: Mapping[str, float],
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw how running times grow with size, beside lines of the expected slopes.

    Both axes are logarithmic, so that a cost of size to the power p is a line of slope p.

    Parameters
    ----------
    seconds : mapping of str to (mapping of int to float)
        For each piece of work, at most five, its time in seconds at each size, both more than 0.
    exponents : mapping of str to float
        The expected exponent of each; its line goes through the measurement at the last size.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_most("seconds", seconds, len(COLOURS))
    check_keys("exponents", exponents, seconds)
    for name, times in seconds.items():
        check_range(f"seconds[{name!r}]", [*times, *times.values()], above=0)
    ax = own_axes(ax, height=4.4)
    looks = list(zip(COLOURS, MARKERS, strict=True))[: len(seconds)]
    for (name, times), (colour, marker) in zip(seconds.items(), looks, strict=True):
        sizes = np.array(list(times), dtype=float)
        heights = np.array(list(times.values()))
        exponent = exponents[name]
        label = f"{name}: $n^{{{exponent:g}}}$" if exponent != 1 else f"{name}: $n$"
        ax.plot(sizes, heights, color=colour, marker=marker, linestyle="none", label=label)
        expected = heights[-1] * (sizes / sizes[-1]) ** exponent
        ax.plot(sizes, expected, color=colour, linestyle="--", linewidth=1.2)
    ax.plot([], [], color=MUTED, linestyle="--", linewidth=1.2, label="expected slope")
    ax.set(xscale="log", yscale="log", xlabel="size n", ylabel="seconds")
    ax.xaxis.set_minor_formatter(NullFormatter())
    columns = 1 if len(seconds) < 3 else 2
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=columns, columnspacing=1)
    return figure_of(ax)


@styled
def exponents(
    expected: Mapping[str, float],
    measured: Mapping[str, Mapping[str, float]],
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw the exponents with which costs grow: measured ones beside the expected one.

    Parameters
    ----------
    expected : mapping of str to float
        The expected exponent of each operation; the first is drawn on top.
    measured : mapping of str to (mapping of str to float)
        For each way to compute, at most two, the measured exponent of every operation.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_most("measured", measured, 2)
    for way, values in measured.items():
        check_keys(f"measured[{way!r}]", values, expected)
    ax = own_axes(ax, height=1.3 + 0.42 * len(expected))
    places = np.arange(len(expected))
    goals = list(expected.values())
    line: dict[str, Any] = {"color": MUTED, "linewidth": 2.5}
    ax.vlines(goals, places - 0.38, places + 0.38, label="expected", **line)
    looks = [(BLUE, "o", -0.14), (ORANGE, "s", 0.14)][: len(measured)]
    for (way, values), (colour, marker, shift) in zip(measured.items(), looks, strict=True):
        slopes = [values[name] for name in expected]
        ax.plot(slopes, places + shift, color=colour, marker=marker, linestyle="none", label=way)
    ax.set_yticks(places, list(expected), color=INK)
    ax.set(xlabel="exponent p of the cost $n^p$", xlim=(0, max(goals) + 1))
    ax.xaxis.set_major_locator(MultipleLocator(1))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1), ncols=3, columnspacing=1)
    return figure_of(ax)
