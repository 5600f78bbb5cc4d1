"""Figures of what a dot product means: angles, shadows, and one unit of a network."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, ConnectionPatch
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks
from dlbook.plotting._inputs import array, check_range
from dlbook.plotting._style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    MUTED,
    ORANGE,
    WIDTH,
    figure_of,
    own_axes,
    styled,
    without_ticks,
)
from dlbook.plotting.signs import SIGNS

SHOWN = 7
"""How many units of a large layer are drawn, the middle one as dots."""

Floats = NDArray[np.float64]


@styled
def angle_and_shadow(a: ArrayLike, b: ArrayLike) -> Figure:
    """Draw two vectors of the plane, with the triangle that they span, and one's shadow.

    Parameters
    ----------
    a, b : array_like, shape (2,)
        The vectors, not zero and not the same. The left panel has their difference and the angle
        between them, the right one the shadow that `a` throws on the line of `b`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    a, b = array("a", a, "2").astype(float), array("b", b, "2").astype(float)
    check_range("a, its length", np.hypot(*a), above=0)
    check_range("b, its length", np.hypot(*b), above=0)
    check_range("b, its distance from a", np.hypot(*(b - a)), above=0)
    origin, foot = np.zeros(2), (a @ b) / (b @ b) * b
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.9), sharex=True, sharey=True)
    for ax in (left, right):
        _arrow(ax, origin, b, BLUE)
        _arrow(ax, origin, a, ORANGE)
        _beside(ax, "a", a / 2, a, ORANGE, away_from=b)
        _beside(ax, "b", b * 0.8, b, BLUE, away_from=a)
    left.plot(*np.array([b, a]).T, color=GREEN, linestyle="--")
    _beside(left, "a − b", (a + b) / 2, a - b, GREEN, away_from=-a - b)
    start, end = sorted(np.degrees(np.arctan2([a[1], b[1]], [a[0], b[0]])))
    if end - start > 180:
        start, end = end, start + 360
    reach = 0.3 * min(np.hypot(*a), np.hypot(*b))
    left.add_patch(Arc((0, 0), 2 * reach, 2 * reach, theta1=start, theta2=end, color=INK))
    middle = np.radians((start + end) / 2)
    left.text(
        *1.45 * reach * np.array([np.cos(middle), np.sin(middle)]), "θ", ha="center", va="center"
    )
    right.plot(*np.array([a, foot]).T, color=MUTED, linestyle=":")
    right.plot(
        *np.array([origin, foot]).T, color=GREEN, linewidth=5, alpha=0.6, solid_capstyle="butt"
    )
    right.annotate(
        "shadow of a",
        xy=foot * 0.6,
        xytext=foot * 0.6 + np.array([0.25, -1.0]),
        color=GREEN,
        arrowprops={"arrowstyle": "-", "color": GREEN, "shrinkB": 4},
    )
    left.set_title("the angle between them")
    right.set_title("one's shadow on the other")
    corners = np.array([origin, a, b, foot])
    low, high = corners.min(axis=0) - 0.8, corners.max(axis=0) + 0.6
    left.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    for ax in (left, right):
        ax.set(aspect="equal", xlabel="x")
    left.set_ylabel("y")
    return figure


@styled
def on_and_off(
    weights: ArrayLike, bias: float, points: ArrayLike, *, ax: Axes | None = None
) -> Figure:
    """Draw one unit with two inputs: its line, its "on" side and its "off" side.

    Parameters
    ----------
    weights : array_like, shape (2,)
        The weights w of the unit, not both zero.
    bias : float
        Its bias b. The line is where w · x + b = 0.
    points : array_like, shape (n, 2)
        Points to mark, each with the number that the unit gives after relu.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    w = array("weights", weights, "2").astype(float)
    check_range("weights, the size of both", np.hypot(*w), above=0)
    points = array("points", points, "n 2").astype(float)
    foot = -bias / (w @ w) * w
    along = np.array([-w[1], w[0]]) / np.hypot(*w)
    ax = own_axes(ax, height=3.9)
    corners = np.vstack([points, foot, foot + w, np.zeros(2)])
    low, high = corners.min(axis=0) - 0.8, corners.max(axis=0) + 0.8
    far = np.hypot(*(high - low))
    border = np.array([foot - far * along, foot + far * along])
    beyond = border[::-1] + far * w / np.hypot(*w)
    ax.fill(*np.vstack([border, beyond]).T, color=BLUE, alpha=0.1, linewidth=0)
    ax.plot(*border.T, color=INK, linestyle="--", label="w · x + b = 0")
    for level in range(1, 10):  # where the unit says |w|, 2|w| and so on: one step apart
        ax.plot(*(border + level * w / np.hypot(*w)).T, color=BLUE, linestyle="-", linewidth=0.6)
    _arrow(ax, foot, foot + w, BLUE)
    _beside(ax, "w", foot + w / 2, w, BLUE, away_from=along)
    for point in points:
        value = w @ point + bias
        is_on = value > 0
        ax.plot(
            *point,
            marker="o" if is_on else "s",
            markersize=7,
            linestyle="none",
            color=BLUE if is_on else MUTED,
            fillstyle="full" if is_on else "none",
        )
        # The arrow and its line leave each point free on the side that w points away from.
        ax.annotate(f"{max(value, 0):g}", point, (-5, -4), textcoords="offset points", ha="right",
                    va="top")  # fmt: skip
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set(xlabel="first input", ylabel="second input")
    ax.text(0.98, 0.98, "on", transform=ax.transAxes, ha="right", va="top", color=BLUE)
    ax.text(0.02, 0.02, "off", transform=ax.transAxes, ha="left", va="bottom", color=MUTED)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1))
    return figure_of(ax)


@styled
def enlarged_unit(
    image: ArrayLike, weights: ArrayLike, bias: float, *, sizes: Sequence[int] = (784, 512, 10)
) -> Figure:
    """Draw a network as units and connections, and below it one hidden unit at work, enlarged.

    Parameters
    ----------
    image : array_like, shape (height, width)
        What the network looks at.
    weights : array_like, shape (height, width)
        The weights of the enlarged unit, one for each pixel.
    bias : float
        Its bias.
    sizes : sequence of int, default (784, 512, 10)
        How many units each layer has, at least 1, in three layers or more. Of large layers only
        some are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    image, weights = (
        values.astype(float)
        for values in _checks.fitting(
            {"image": (image, "height width"), "weights": (weights, "height width")}
        )
    )
    check_range("sizes, their number", len(sizes), least=3)
    check_range("sizes", sizes, least=1)
    figure = plt.figure(figsize=(WIDTH, 4.9))
    parts: Any = figure.subfigures(2, 1, height_ratios=(2.6, 2.3))
    above, below = parts
    ax = above.subplots()
    unit = _network(ax, sizes)
    panels = below.subplots(1, 4, width_ratios=(1, 1, 1, 1.15))
    products = image * weights
    total = products.sum() + bias
    names = ("pixels x", "weights w", "products")
    for panel, values, name in zip(panels, (image, weights, products), names, strict=False):
        limit = np.abs(values).max() or 1.0
        panel.imshow(values, cmap=SIGNS, vmin=-limit, vmax=limit)
        without_ticks(panel)
        panel.spines[:].set(visible=True, linewidth=0.6)
        panel.set_title(name)
    for panel, sign in zip(panels, "×=", strict=False):
        panel.text(1.09, 0.5, sign, transform=panel.transAxes, ha="center", va="center")
    last = panels[-1]
    without_ticks(last)
    last.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    lines = (
        ("add up:", _number(products.sum()), INK),
        ("bias b:", _number(bias), INK),
        ("sum:", _number(total), INK),
        ("relu:", _number(max(total, 0)), BLUE),
    )
    for k, (name, number, colour) in enumerate(lines):
        height = 0.88 - 0.25 * k
        last.text(0.02, height, name, va="center", color=MUTED)
        last.text(1.04, height, number, va="center", ha="right", color=colour)
    for panel, x in ((panels[0], 0), (last, 1)):
        line = ConnectionPatch(
            unit, (x, 1.16), ax.transData, panel.transAxes, color=BLUE, linestyle=":", linewidth=1.2
        )
        figure.add_artist(line)
    return figure


def _network(ax: Axes, sizes: Sequence[int]) -> tuple[float, float]:
    """Draw units and connections from left to right; return the place of the marked unit."""
    without_ticks(ax)
    layers: list[list[tuple[float, float]]] = []
    for k, size in enumerate(sizes):
        count = min(size, SHOWN)
        heights = np.arange(count) - (count - 1) / 2
        layers.append([(2.4 * k, -height) for height in heights])
    chosen = (1, max(min(sizes[1], SHOWN) - 2, 0))

    def drawn(layer: int, unit: int) -> bool:
        return sizes[layer] <= SHOWN or unit != SHOWN // 2

    for k in range(len(sizes) - 1):
        for i, start in enumerate(layers[k]):
            for j, end in enumerate(layers[k + 1]):
                if not (drawn(k, i) and drawn(k + 1, j)):
                    continue
                marked = (k + 1, j) == chosen
                look: dict[str, Any] = {"color": BLUE if marked else GRID}
                look |= {"linewidth": 1.5 if marked else 0.6, "zorder": 1.5 if marked else 1}
                ax.plot(*np.array([start, end]).T, linestyle="-", **look)
    for k, layer in enumerate(layers):
        for i, place in enumerate(layer):
            if not drawn(k, i):
                ax.text(*place, "⋮", ha="center", va="center", color=MUTED)
                continue
            marked = (k, i) == chosen
            ax.plot(
                *place,
                marker="o",
                markersize=13 if marked else 9,
                linestyle="none",
                zorder=3,
                markerfacecolor=BLUE if marked else "white",
                markeredgecolor=BLUE if marked else MUTED,
            )
        kind = "pixels" if k == 0 else "outputs" if k == len(layers) - 1 else "hidden units"
        ax.text(2.4 * k, SHOWN / 2 + 0.3, f"{sizes[k]} {kind}", ha="center", va="bottom")
    ax.set(xlim=(-0.9, 2.4 * (len(sizes) - 1) + 0.9), ylim=(-SHOWN / 2, SHOWN / 2 + 1.2))
    return layers[chosen[0]][chosen[1]]


def _number(value: float) -> str:
    """Return `value` with two digits after the point and the sign that books print for minus."""
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")


def _arrow(ax: Axes, start: Floats, end: Floats, colour: str) -> None:
    """Draw an arrow from `start` to `end`."""
    look = {"arrowstyle": "-|>", "color": colour, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=tuple(end), xytext=tuple(start), arrowprops=look)


def _beside(
    ax: Axes, text: str, place: Floats, along: Floats, colour: str, *, away_from: Floats
) -> None:
    """Write `text` beside the middle of an arrow, on the side that is away from a vector."""
    aside = np.array([-along[1], along[0]]) / np.hypot(*along)
    if aside @ away_from > 0:
        aside = -aside
    x, y = place + 0.22 * aside
    side = "center" if abs(aside[0]) < 0.3 else "right" if aside[0] < 0 else "left"
    ax.text(x, y, text, color=colour, ha=side, va="center")
