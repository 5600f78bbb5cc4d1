"""Figures of what training costs."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlbook.plotting._inputs import check_keys, check_most, check_range
from dlbook.plotting._style import BLUE, COLOURS, GREEN, MUTED, figure_of, own_axes, styled


@styled
def epoch_race(
    seconds: Mapping[str, float],
    *,
    ours: tuple[str, ...] = ("our tape", "fit, eager", "fit, compiled"),
    ax: Axes | None = None,
) -> Figure:
    """Draw how long each contestant takes, as bars, each with its ratio to the first.

    Parameters
    ----------
    seconds : mapping of str to float
        The time of each contestant in seconds, more than 0. The first is the floor: a line marks
        it, and the others are compared with it.
    ours : tuple of str, optional
        The contestants of this book; their bars are hatched.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("seconds", list(seconds.values()), above=0)
    ax = own_axes(ax, height=0.8 + 0.36 * len(seconds))
    floor = next(iter(seconds.values()))
    names = sorted(seconds, key=lambda name: seconds[name])
    times = np.array([seconds[name] for name in names])
    bars = ax.barh(names, times, color=BLUE, height=0.6)
    for bar, name in zip(bars, names, strict=True):
        if name in ours:
            bar.set(facecolor=GREEN, hatch="//", edgecolor="white", linewidth=0)
    ax.bar_label(bars, [f"{time / floor:.2f} ×" for time in times], padding=4)
    ax.axvline(floor, color=MUTED, linestyle="--", linewidth=1.2, zorder=3)
    ax.set(xlabel="seconds", xlim=(0, times.max() * 1.2))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    return figure_of(ax)


@styled
def time_shares(parts: Mapping[str, Mapping[str, float]], *, ax: Axes | None = None) -> Figure:
    """Draw where the time of each program goes, as bars in parts.

    Parameters
    ----------
    parts : mapping of str to (mapping of str to float)
        For each program the milliseconds of each part of one step, 0 or more. All programs have
        the same parts, at most five.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    names = list(parts)
    kinds = list(dict.fromkeys(kind for shares in parts.values() for kind in shares))
    for name, shares in parts.items():
        check_most(f"parts[{name!r}]", shares, len(COLOURS))
        check_keys(f"parts[{name!r}]", shares, kinds)
        check_range(f"parts[{name!r}]", list(shares.values()), least=0)
    ax = own_axes(ax, height=1.3 + 0.45 * len(parts))
    left = np.zeros(len(names))
    for kind, colour, hatch in zip(kinds, COLOURS, ("", "//", "..", "xx", "--"), strict=False):
        widths = np.array([parts[name][kind] for name in names])
        bars = ax.barh(names, widths, left=left, color=colour, height=0.6, label=kind)
        for bar in bars:
            bar.set(hatch=hatch, edgecolor="white", linewidth=0)
        left += widths
    ax.set(xlabel="milliseconds for a step")
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.28), ncols=2)
    return figure_of(ax)
