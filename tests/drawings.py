"""What the example figures draw, told in lines that can be compared.

``python tests/drawings.py`` writes ``tests/drawings/*.txt`` anew. Look at the pictures that have
changed, and at the difference of the files, before you commit it.

A line stands for one artist: its kind, and what it has that others of its kind do not have.
Numbers have four digits. Of a long row of numbers there are only its shape, its least and greatest,
and two means: the plain one, and one with weights that rise from 0 to 1, which tells of the order.
The means are given in thousandths of the number that is farthest from 0.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch
from matplotlib.text import Text
from matplotlib.ticker import LogLocator

sys.path.insert(0, str(Path(__file__).parent))

from figures import all_axes, laid_out

FOLDER = Path(__file__).parent / "drawings"
SHORT = 12
"""So many numbers are written out."""
NUMBER = re.compile(r"(?<![#\w.])(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)(‰?)")
USUAL = {
    "Text": {"over 3", "size 9", "font normal normal sans-serif", "spacing 1.2"},
    "Line2D": {"over 2", "size 6", "width 1.8"},
    "Patch": {"over 1", "bend Arc3 {'rad': 0.0}"},
    "": {"over 0", "smoothing auto"},
}
"""What is not told, since nearly all artists of a kind have it."""


def number(value: float, beside: float = 1e-6) -> str:
    """Write a number with four digits; zero if it is a millionth of those beside it."""
    return "0" if abs(value) <= 1e-6 * beside else f"{value:.4g}"


def row(values: Any) -> str:
    """Write numbers, or, if they are many, what they have in common."""
    values = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)
    flat = values.ravel()
    if not flat.size:
        return "none"
    finite = np.where(np.isfinite(flat), flat, 0)
    farthest = np.abs(finite).max() or 1
    if flat.size <= SHORT:
        return " ".join(number(value, farthest) for value in flat)
    rising = np.linspace(0, 1, flat.size)
    means = [1000 * one.mean() / farthest for one in (finite, finite * rising)]
    shape = "×".join(map(str, values.shape))
    ends = f"{number(np.nanmin(flat), farthest)} to {number(np.nanmax(flat), farthest)}"
    return f"({shape}: {ends}, {means[0]:.0f}‰ {means[1]:.0f}‰)"


def colour(value: Any) -> str:
    """Write a colour with its opacity, or several."""
    if isinstance(value, str) and value.lower() == "none":
        return "none"
    if np.ndim(value) == 2:
        words = dict.fromkeys(to_hex(each, keep_alpha=True) for each in value)
        return (" ".join(words) or "none") if len(words) <= SHORT else row(value)
    return to_hex(value, keep_alpha=True)


def told(artist: Artist) -> dict[str, Any]:
    """Return what is to be told of an artist, by kind of property."""
    facts: dict[str, Any] = {
        "over": number(artist.get_zorder()),
        "clip": artist.get_clip_on(),
        "label": "" if str(artist.get_label()).startswith("_") else artist.get_label(),
    }
    if isinstance(artist, Line2D):
        facts |= {
            "x": row(artist.get_xdata(orig=False)),
            "y": row(artist.get_ydata(orig=False)),
            "colour": colour(artist.get_color()),
            "alpha": artist.get_alpha(),
            "width": number(artist.get_linewidth()),
            "style": artist.get_linestyle(),
            "dashes": row(artist._dash_pattern[1] or ()) if artist.is_dashed() else "",
            "marker": str(artist.get_marker()),
            "size": number(artist.get_markersize()),
            "face": colour(artist.get_markerfacecolor()) if artist.get_marker() != "None" else "",
            "every": artist.get_markevery(),
        }
    elif isinstance(artist, Text):
        x, y = artist.get_position()
        box, arrow = artist.get_bbox_patch(), getattr(artist, "arrow_patch", None)
        facts |= {
            "text": repr(artist.get_text()) if artist.get_text() else "",
            "at": f"{number(x)} {number(y)}",
            "toward": row(getattr(artist, "xy", ())),
            "aligned": f"{artist.get_ha()} {artist.get_va()}",
            "colour": colour(artist.get_color()),
            "alpha": artist.get_alpha(),
            "size": number(artist.get_fontsize()),
            "font": f"{artist.get_weight()} {artist.get_style()} {artist.get_family()[0]}",
            "turned": number(artist.get_rotation()),
            # Matplotlib called it 1.2 before it called it normal.
            "spacing": str(artist._linespacing).replace("normal", "1.2"),
            "box": "" if box is None else f"{kind_of(box.get_boxstyle())} {listed(box)}",
            "arrow": "" if arrow is None else listed(arrow),
        }
    elif isinstance(artist, Patch):
        arrow = hasattr(artist, "get_arrowstyle")
        path = artist.get_path()
        if not arrow:
            path = artist.get_patch_transform().transform_path(path)
        # Where the box of a text is, depends on its letters.
        of_text = isinstance(artist, FancyBboxPatch) and artist.axes is None
        facts |= {
            "at": "" if arrow or of_text else row(path.vertices),
            "edge": colour(artist.get_edgecolor()),
            "face": colour(artist.get_facecolor()),
            "width": number(artist.get_linewidth()),
            "style": artist.get_linestyle(),
            "hatch": artist.get_hatch(),
            "head": kind_of(artist.get_arrowstyle()) if arrow else "",
            "bend": kind_of(artist.get_connectionstyle()) if arrow else "",
            "scale": number(artist.get_mutation_scale()) if arrow else "",
            "gaps": f"{artist.shrinkA} {artist.shrinkB}" if arrow else "",
        }
    elif isinstance(artist, Collection):
        paths = [path.vertices for path in artist.get_paths()[:400]]
        facts |= {
            "at": row(np.ma.filled(artist.get_offsets(), np.nan)),
            "paths": f"{len(paths)}: " + row(np.concatenate(paths) if paths else ()),
            "edge": colour(artist.get_edgecolor()),
            "face": colour(artist.get_facecolor()),
            "width": row(artist.get_linewidth()),
            "sizes": row(getattr(artist, "get_sizes", tuple)()),
            "values": "" if artist.get_array() is None else row(artist.get_array()),
            "scale": "" if artist.get_array() is None else row(artist.get_clim()),
            "map": "" if artist.get_array() is None else named(artist.get_cmap()),
            "alpha": None if np.ndim(artist.get_alpha()) else artist.get_alpha(),
        }
    elif isinstance(artist, AxesImage):
        facts |= {
            "values": row(artist.get_array()),
            "in": row(artist.get_extent()),
            "scale": row(artist.get_clim()),
            "map": named(artist.get_cmap()),
            # Matplotlib called it antialiased before it called it auto.
            "smoothing": artist.get_interpolation().replace("antialiased", "auto"),
            "alpha": None if np.ndim(artist.get_alpha()) else artist.get_alpha(),
        }
    return facts


def named(colours: Any) -> str:
    """Return the name of a colour map, if somebody has named it."""
    return colours.name.replace("from_list", "").replace("unnamed", "")


def kind_of(style: Any) -> str:
    """Write the style of an arrow, and the numbers in it."""
    facts = {name: value for name, value in sorted(vars(style).items()) if value}
    return f"{type(style).__name__} {facts}"


def listed(artist: Artist) -> str:
    """Write a line about an artist; what is as usual is left out."""
    facts = {name: str(value) for name, value in told(artist).items()}
    clipped = facts.pop("clip") == "True"
    kind = type(artist).__name__ + ("" if clipped else " unclipped")
    usual = {"None", "", "False", "none", "solid", "-", "0"}
    words = [f"{name} {value}" for name, value in facts.items() if value not in usual]
    known = set().union(*(USUAL.get(each.__name__, USUAL[""]) for each in type(artist).__mro__))
    return f"{kind} " + "; ".join(word for word in words if word not in known)


def axis(axis: Any, name: str) -> Iterator[str]:
    """Tell of an axis: its range, scale and label, and what its ticks say."""
    label = axis.get_label()
    yield f"  {name} from {row(axis.get_view_interval())}, {axis.get_scale()}" + (
        f", label {label.get_text()!r} {colour(label.get_color())} {number(label.get_fontsize())}"
        if label.get_text()
        else ""
    )
    low, high = sorted(axis.get_view_interval())
    ticks = [
        tick
        for tick in axis.get_major_ticks()
        if low - 1e-9 <= tick.get_loc() <= high + 1e-9 and tick.get_visible()
    ]
    if isinstance(axis.get_major_locator(), LogLocator):
        # Which powers of ten have room, each version of Matplotlib decides anew.
        yield f"    ticks at powers of {number(axis.get_major_locator()._base)}"
    elif ticks:
        words = [tick.label1.get_text() for tick in ticks if tick.label1.get_visible()]
        first = ticks[0].label1
        letters = f"{colour(first.get_color())} {number(first.get_fontsize())}"
        lines = f"{number(ticks[0].tick1line.get_markersize())}"
        yield (
            f"    ticks at {row([tick.get_loc() for tick in ticks])}: {words}, {letters} "
            f"turned {number(first.get_rotation())}, lines {lines}, "
            f"grid {ticks[0].gridline.get_visible()}"
        )


def described(figure: Figure) -> list[str]:
    """Tell what a figure draws, a line for each artist, in the order in which they were added."""
    laid_out(figure)
    lines = [f"figure of {row(figure.get_size_inches())} inches"]
    for part in (figure, *figure.subfigs):
        own = (*part.texts, *part.artists, *part.patches, *part.lines)
        lines += [f"  {listed(artist)}" for artist in own]
    for ax in all_axes(figure):
        lines.append(f"axes, aspect {ax.get_aspect()}, shown {ax.axison}")
        for name, title in (("left", ax._left_title), ("", ax.title), ("right", ax._right_title)):
            if title.get_text():
                lines.append(f"  title {name} {listed(title)}")
        if ax.axison:
            for name in ("x", "y", "z"):
                if hasattr(ax, f"{name}axis"):
                    lines += axis(getattr(ax, f"{name}axis"), name)
        spines = getattr(ax, "spines", {})
        shown = {name: spine for name, spine in spines.items() if spine.get_visible()}
        if shown and ax.axison:
            edge = {(colour(s.get_edgecolor()), number(s.get_linewidth())) for s in shown.values()}
            lines.append(f"  frame {' '.join(shown)}: {sorted(edge)}")
        children = [child for child in ax.get_children() if child not in set(spines.values())]
        lines += [f"  {listed(child)}" for child in children if worth_telling(child, ax)]
    for legend in figure.findobj(match=lambda artist: type(artist).__name__ == "Legend"):
        words = [text.get_text() for text in legend.get_texts()]
        where = f"{legend._loc} {legend._ncols}"
        size = {number(text.get_fontsize()) for text in legend.get_texts()}
        lines.append(
            f"legend {words} at {where}, {sorted(size)}, title {legend.get_title().get_text()!r}, "
            f"frame {legend.get_frame_on()}"
        )
        lines += [f"  {listed(handle)}" for handle in legend.legend_handles if handle is not None]
    return lines


def worth_telling(artist: Artist, ax: Axes) -> bool:
    """Tell whether a child of axes is seen, and not told of elsewhere."""
    titles = (ax.title, ax._left_title, ax._right_title, ax.patch)
    kinds = (Line2D, Text, Patch, Collection, AxesImage)
    if artist in titles or not artist.get_visible() or not isinstance(artist, kinds):
        return False
    return not isinstance(artist, Text) or bool(artist.get_text() or artist.arrow_patch)


def differences(found: list[str], expected: list[str]) -> list[str]:
    """Return the lines in which two descriptions differ by more than roundings.

    Both numbers were rounded to four digits, so equal ones may differ by one in the last of them,
    which is a thousandth of the number at most. Means are whole thousandths, and may differ by one.
    """
    if len(found) != len(expected):
        return [f"{len(found)} lines in place of {len(expected)}", *set(found) ^ set(expected)]
    return [
        f"{one}\n  in place of\n{other}"
        for one, other in zip(found, expected, strict=True)
        if not alike(one, other)
    ]


def alike(one: str, other: str) -> bool:
    """Tell whether two lines say the same, but for the last digits of their numbers."""
    if one == other:
        return True
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(
        close(float(a), float(b), 1 if unit else 0.001 * abs(float(a)))
        for (a, unit), (b, _) in pairs
    )


def close(one: float, other: float, unit: float) -> bool:
    """Tell whether two numbers that were rounded differ by one unit at most."""
    return abs(one - other) <= 1.001 * unit


def main() -> None:
    """Write the descriptions of all examples."""
    from test_figures import EXAMPLES

    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, examples in EXAMPLES.items():
        lines = [line for draw in examples for line in described(draw())]
        (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
