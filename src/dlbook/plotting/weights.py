"""Figures of first weights: how large the numbers are from layer to layer."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dlbook.plotting._inputs import array, check_most, check_range
from dlbook.plotting._style import BLUE, COLOURS, INK, LINE_STYLES, MUTED, ORANGE, WIDTH, styled

MARKERS = ("o", "s", "^", "D", "v")
"""Marks of the lines, so that each is known where the lines lie close together."""


@styled
def sizes_by_layer(forward: Mapping[str, ArrayLike], backward: Mapping[str, ArrayLike]) -> Figure:
    """Draw how large the numbers of each layer are on the way forward and on the way back.

    Parameters
    ----------
    forward : mapping of str to (array_like of float, shape (layers,))
        For each way to draw the first weights, at most five, the size of the numbers that each
        layer gives, above 0; the first entry belongs to the input.
    backward : mapping of str to (array_like of float, shape (layers,))
        For the same ways the size of the gradient with respect to the same numbers, above 0.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: two panels, one under the other, with logarithmic axes. The layers are
        counted from 0, the input.

    Raises
    ------
    ValueError
        If the two mappings do not hold the same ways, or more than five, or if a size is not
        above 0.
    """
    check_most("forward", forward, len(COLOURS))
    if list(forward) != list(backward):
        raise ValueError(f"backward: expected the ways {list(forward)}. Received: {list(backward)}")
    figure, panels = plt.subplots(2, 1, figsize=(WIDTH, 5.0), sharex=True)
    for ax, argument, ways, title in zip(
        panels,
        ("forward", "backward"),
        (forward, backward),
        ("forward: numbers", "backward: gradients"),
        strict=True,
    ):
        looks = zip(ways.items(), COLOURS, LINE_STYLES, MARKERS, strict=False)
        for (name, sizes), colour, line_style, marker in looks:
            sizes = array(f"{argument}[{name!r}]", sizes, "layers").astype(float)
            check_range(f"{argument}[{name!r}]", sizes, above=0)
            ax.plot(
                np.arange(len(sizes)), sizes, label=name, color=colour, ls=line_style,
                marker=marker, markersize=4,
            )  # fmt: skip
        ax.set(yscale="log", ylabel="size")
        ax.set_title(title, loc="left")
    panels[0].legend(ncols=2, loc="lower left")
    panels[1].set(xlabel="layer")
    panels[1].xaxis.get_major_locator().set_params(integer=True)
    return figure


@styled
def sum_histogram(sums: ArrayLike) -> Figure:
    """Draw how often each value of a sum comes up, and what relu leaves of it.

    Parameters
    ----------
    sums : array_like of float, shape (n,)
        The sums, below and above 0.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: a bar for each value; those that relu cuts off are hatched and pale.
    """
    sums = array("sums", sums, "n").astype(float)
    values, counts = np.unique(sums, return_counts=True)
    figure, ax = plt.subplots(figsize=(WIDTH, 2.4))
    width = 0.8 * (np.diff(values).min() if len(values) > 1 else 1.0)
    for kept, colour, hatch, label in (
        (values > 0, BLUE, "", "kept by relu"),
        (values <= 0, ORANGE, "//", "set to 0 by relu"),
    ):
        bars = ax.bar(values[kept], counts[kept], width=width, color=colour, label=label)
        for bar in bars:
            bar.set(hatch=hatch, edgecolor="white", linewidth=0)
    spread = np.sqrt(np.mean(np.square(sums)))
    ax.axvline(-spread, color=MUTED, ls="--", lw=1.2)
    ax.axvline(spread, color=MUTED, ls="--", lw=1.2)
    ax.text(spread, counts.max() * 1.08, f" ±{spread:.2f}", color=INK, va="bottom")
    ax.set(xlabel="sum", ylabel="how often", ylim=(0, counts.max() * 1.3))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return figure
