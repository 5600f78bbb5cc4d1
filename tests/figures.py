"""What a reader sees of a figure, measured: letters, what covers what, what is cut, colours.

A figure is drawn with the Agg renderer, and every text that was really drawn is measured: labels
of ticks and axes, titles, entries of legends, notes. All places are in pixels of that drawing.

The site shows a figure as an image in the page's column. On a narrow screen the image shrinks
with its letters; it never grows. In the dark theme the style sheet turns its colours.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle
from matplotlib.text import Annotation, Text

from dlbook.plotting import _style

CSS_INCH = 96
"""How many pixels of a web page make an inch."""

PADDING = 0.1
"""The inches that Matplotlib leaves around what it saves with a tight box (savefig.pad_inches)."""

COLUMN = {390: 342, 1280: 704}
"""How wide an image can be, in pixels, in windows of these widths.

Measured in Chromium: on a phone of 390 pixels the column is 358 wide, on a desktop of 1,280
pixels 720, and a cell's output has 8 on each side of the image.
"""

PALETTE = frozenset(
    to_rgba(colour)[:3]
    for colour in (_style.INK, _style.MUTED, _style.GRID, *_style.COLOURS, "white", "#f6f8fa")
)
"""The colours of figures; the last one is the ground of a sheet of paper."""

PAGE = {"light": (1.0, 1.0, 1.0), "dark": (18 / 255,) * 3}
"""The ground of a page in both themes, #fff and #121212, behind the figure's transparent one."""

SLACK = 0.6
"""Boxes that share less than so many pixels of a page do not overlap: nobody sees it."""


@dataclass(frozen=True, eq=False)
class Words:
    """A text that was drawn: the artist, what it says, and the corners of its box."""

    artist: Text
    text: str
    corners: np.ndarray

    def __repr__(self) -> str:
        return repr(self.text)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure that was drawn, and the texts that came out."""

    figure: Figure
    words: list[Words]

    @property
    def pixel(self) -> float:
        """How many pixels of the drawing make one of a page."""
        return self.figure.dpi / CSS_INCH


# Drawing.


def drawn(figure: Figure) -> Drawing:
    """Draw a figure; find the texts that came out, in the order of drawing."""
    artists: list[Text] = []
    draw = Text.draw

    def recorded(self: Text, *args: Any, **kwargs: Any) -> None:
        artists.append(self)
        draw(self, *args, **kwargs)

    laid_out(figure)
    with patch.object(Text, "draw", recorded):
        laid_out(figure)
    written = [text for text in dict.fromkeys(artists) if text.get_visible() and _letters(text)]
    words = [Words(text, text.get_text(), _corners(text)) for text in written]
    sheets = [*_sheets(figure)]
    return Drawing(figure, [each for each in words if _covered(each, sheets) < 1])


def _sheets(figure: Figure) -> Iterator[Patch]:
    """Go through the patches that let nothing through."""
    for ax in all_axes(figure):
        yield from (sheet for sheet in ax.patches if sheet.get_facecolor()[3] == 1)


def _covered(words: Words, sheets: Iterable[Patch]) -> float:
    """Return how much of a text lies under sheets that are drawn over it, from 0 to 1."""
    over = [
        sheet
        for sheet in sheets
        if sheet.axes is words.artist.axes and sheet.get_zorder() > words.artist.get_zorder()
    ]
    start, along, up = words.corners[0], *(words.corners[[1, 3]] - words.corners[0])
    shares = [(x, y) for x in np.linspace(0.05, 0.95, 9) for y in np.linspace(0.15, 0.85, 5)]
    places = [start + x * along + y * up for x, y in shares]
    return float(np.mean([any(sheet.contains_point(p) for sheet in over) for p in places]))


def laid_out(figure: Figure) -> None:
    """Draw a figure, so that all in it has its place."""
    FigureCanvasAgg(figure).draw()


def _letters(text: Text) -> str:
    """Return what a text says, without the blanks around it."""
    return text.get_text().strip()


def _corners(text: Text) -> np.ndarray:
    """Return the corners of the box around a text, which turns with the text."""
    around = Text.get_window_extent(text)  # of the words alone, not of a note's arrow
    angle = text.get_rotation()
    if angle:
        text.set_rotation(0)
        flat = Text.get_window_extent(text)
        text.set_rotation(angle)
    else:
        flat = around
    turn = np.radians(angle)
    halves = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [flat.width / 2, flat.height / 2]
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    middle = [(around.x0 + around.x1) / 2, (around.y0 + around.y1) / 2]
    return halves @ rotation + middle


# Letters.


def letter_sizes(drawing: Drawing, window: int) -> dict[str, float]:
    """Return the size in pixels of each text, as a page shows it in a window of that width."""
    scale = min(1.0, COLUMN[window] / shown_width(drawing))
    return {
        words.text: words.artist.get_fontsize() / 72 * CSS_INCH * scale for words in drawing.words
    }


def shown_width(drawing: Drawing) -> float:
    """Return the width in pixels of a page at which a figure is shown if there is room."""
    return (drawing.figure.get_tightbbox().width + 2 * PADDING) * CSS_INCH


# What covers what.


def overlaps(drawing: Drawing) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes overlap."""
    slack = SLACK * drawing.pixel
    return [
        (one.text, other.text)
        for one, other in combinations(drawing.words, 2)
        if _depth(one.corners, other.corners) > slack
    ]


def _depth(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far two rectangles must be moved to come apart; below 0 if they are.

    Rectangles are apart if and only if they are so along one of their sides.
    """
    depth = np.inf
    for box in (one, other):
        for side in (box[1] - box[0], box[2] - box[1]):
            axis = side / (np.hypot(*side) or 1)
            a, b = one @ axis, other @ axis
            depth = min(depth, a.max() - b.min(), b.max() - a.min())
    return depth


def crossed(drawing: Drawing) -> list[tuple[str, str]]:
    """Return which texts a line, an arrow, a point or a frame runs through, and which it is."""
    marks = list(_marks(drawing.figure))
    found = {}
    for words in drawing.words:
        box = _shrunk(words.corners, 1.5 * drawing.pixel)
        for artist, strokes in marks:
            if artist is not words.artist.get_bbox_patch() and any(
                _crosses(stroke, box) for stroke in strokes
            ):
                found[words.text, _named(artist)] = None
    return list(found)


def _shrunk(corners: np.ndarray, by: float) -> np.ndarray:
    """Return a box without its rim, where there are no letters, only the room for them."""
    middle = corners.mean(axis=0)
    sides = np.array([np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[1]))])
    along = (corners[1] - corners[0]) / (sides[0] or 1)
    frame = np.array([along, [-along[1], along[0]]])
    kept = np.maximum(sides - 2 * by, 0.1) / np.maximum(sides, 0.1)
    return ((corners - middle) @ frame.T * kept) @ frame + middle


def _crosses(stroke: np.ndarray, box: np.ndarray) -> bool:
    """Tell whether a stroke of straight pieces meets the inside of a box."""
    if not len(stroke):
        return False
    along, up = box[1] - box[0], box[3] - box[0]
    frame = np.linalg.inv(np.array([along, up]))  # the box becomes the unit square
    points = (stroke - box[0]) @ frame
    if len(points) == 1:
        return bool(np.all((points > 0) & (points < 1)))
    parts = (_within_unit_square(a, b) for a, b in pairwise(points))
    return any(low < high for low, high in parts)


def _within_unit_square(start: np.ndarray, end: np.ndarray) -> tuple[float, float]:
    """Return from which to which share of its length a straight piece lies in the unit square."""
    low, high = 0.0, 1.0
    for a, b in zip(start, end, strict=True):
        if a == b:
            if not 0 < a < 1:
                return 1.0, 0.0
            continue
        enter, leave = sorted(((0 - a) / (b - a), (1 - a) / (b - a)))
        low, high = max(low, enter), min(high, leave)
    return low, high


def _marks(figure: Figure) -> Iterator[tuple[Artist, list[np.ndarray]]]:
    """Go through lines, points, arrows and edges: each with its strokes, cut at its axes."""
    for ax in all_axes(figure):
        view = ax.get_window_extent()
        for artist in _drawn_artists(ax):
            strokes = _strokes(artist)
            if artist.get_clip_on():
                strokes = [piece for stroke in strokes for piece in _inside(stroke, view)]
            yield artist, strokes
        for text in ax.texts:
            frame = text.get_bbox_patch()
            if frame is not None and text.get_visible():
                yield frame, _strokes(frame)
            arrow = getattr(text, "arrow_patch", None)
            if arrow is not None:
                yield arrow, _strokes(arrow)


def _drawn_artists(ax: Axes) -> list[Artist]:
    """Return what axes show besides ticks, texts, grids and pictures."""
    artists = [*ax.lines, *ax.patches, *ax.collections]
    return [artist for artist in artists if artist.get_visible() and _is_seen(artist)]


def _is_seen(artist: Artist) -> bool:
    """Tell whether a patch has an edge or a ground, and a line or a collection anything at all."""
    if isinstance(artist, Patch):
        return artist.get_edgecolor()[3] > 0 or artist.get_facecolor()[3] > 0
    if isinstance(artist, Line2D):
        return bool(len(artist.get_xydata()))
    return True


def _strokes(artist: Artist) -> list[np.ndarray]:
    """Return the lines of an artist in pixels; a point is a stroke of length 1."""
    if isinstance(artist, Line2D):
        points = artist.get_transform().transform(np.asarray(artist.get_xydata(), dtype=float))
        whole = points[np.all(np.isfinite(points), axis=1)]
        strokes = [] if artist.get_linestyle() == "None" else _pieces(points)
        if artist.get_marker() not in ("None", "", None):
            reach = artist.get_markersize() / 2 / 72 * artist.figure.dpi
            strokes += [_ring(point, reach) for point in whole[_marked_points(artist)]]
        return strokes
    if isinstance(artist, Patch):
        path = artist.get_transform().transform_path(artist.get_path())
        return [np.asarray(polygon) for polygon in path.to_polygons(closed_only=False)]
    if isinstance(artist, PathCollection):
        offsets = artist.get_offset_transform().transform(np.asarray(artist.get_offsets()))
        scale = artist.figure.dpi / 72
        reach = np.sqrt(artist.get_sizes().max()) / 2 * scale
        return [_ring(point, reach) for point in offsets]
    if isinstance(artist, LineCollection):
        transform = artist.get_transform()
        return [transform.transform(segment) for segment in artist.get_segments()]
    return []


def _marked_points(line: Line2D) -> slice:
    """Return which points of a line carry a marker."""
    every = line.get_markevery()
    if isinstance(every, tuple):
        return slice(every[0], None, every[1])
    return slice(None, None, every)


def _ring(middle: np.ndarray, reach: float) -> np.ndarray:
    """Return a cross as large as a marker, which lies within it whatever its form."""
    return middle + reach * np.array([[-1, 0], [1, 0], [0, 0], [0, -1], [0, 1]])


def _pieces(points: np.ndarray) -> list[np.ndarray]:
    """Part a line where it has places that are not finite."""
    finite = np.all(np.isfinite(points), axis=1)
    starts = np.flatnonzero(np.diff(finite.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(finite.astype(int), append=0) == -1) + 1
    return [points[start:end] for start, end in zip(starts, ends, strict=True)]


def _inside(stroke: np.ndarray, view: Any) -> list[np.ndarray]:
    """Return the straight pieces of a stroke, each cut at the edges of the view."""
    corner, size = np.array([view.x0, view.y0]), np.array([view.width, view.height])
    unit = (stroke - corner) / size
    if len(stroke) == 1:
        return [stroke] if np.all((unit > 0) & (unit < 1)) else []
    ends = ((a, b, _within_unit_square(a, b)) for a, b in pairwise(unit))
    return [
        np.array([a + low * (b - a), a + high * (b - a)]) * size + corner
        for a, b, (low, high) in ends
        if low < high
    ]


def _named(artist: Artist) -> str:
    """Return what to call an artist in a report."""
    kind = type(artist).__name__
    if isinstance(artist, Line2D):
        kind = "points" if artist.get_linestyle() == "None" else "line"
    label = str(artist.get_label() or "")
    return kind if label in ("", "None") or label.startswith("_") else f"{kind} {label}"


# What is cut.


def cut_off(drawing: Drawing) -> list[str]:
    """Return the texts that reach over the edge of the figure or under a sheet, or are missing.

    Matplotlib leaves out a note whose point lies outside the axes.
    """
    figure, texts = drawing.figure, drawing.words
    slack = SLACK * drawing.pixel
    low, high = np.zeros(2) - slack, np.array(figure.bbox.size) + slack
    over = [
        words.text for words in texts if np.any(words.corners < low) or np.any(words.corners > high)
    ]
    sheets = [*_sheets(figure)]
    half = [words.text for words in texts if _covered(words, sheets) > 0]
    written = [text for ax in all_axes(figure) for text in ax.texts if isinstance(text, Annotation)]
    missing = [note for note in written if _letters(note) and not note._check_xy()]
    return over + half + [text.get_text() for text in missing]


def clipped(drawing: Drawing) -> list[str]:
    """Return what has points outside its axes, where they are not seen."""
    found = {}
    for ax in all_axes(drawing.figure):
        if hasattr(ax, "get_zlim"):
            continue
        view = ax.get_window_extent()
        slack = SLACK * drawing.pixel
        low = np.array([view.x0, view.y0]) - slack
        high = np.array([view.x1, view.y1]) + slack
        for artist in _drawn_artists(ax):
            if not artist.get_clip_on():
                continue
            points = _places(artist)
            if np.any(points < low) or np.any(points > high):
                found[_named(artist)] = None
    return list(found)


def _places(artist: Artist) -> np.ndarray:
    """Return the points of an artist in pixels, without the reach of markers."""
    if isinstance(artist, Line2D):
        points = artist.get_transform().transform(np.asarray(artist.get_xydata(), dtype=float))
    elif isinstance(artist, Rectangle):
        # A bar starts at 0, which has no place on a logarithmic axis.
        corners = artist.get_patch_transform().transform(artist.get_path().vertices)
        scales = (artist.axes.get_xscale(), artist.axes.get_yscale())
        has_place = [corners[:, k] > 0 for k, scale in enumerate(scales) if scale == "log"]
        kept = np.all(has_place, axis=0) if has_place else slice(None)
        points = artist.get_data_transform().transform(corners[kept])
    elif isinstance(artist, PathCollection):
        points = artist.get_offset_transform().transform(np.asarray(artist.get_offsets()))
    else:
        strokes = _strokes(artist)
        points = np.concatenate(strokes) if strokes else np.zeros((0, 2))
    return points[np.all(np.isfinite(points), axis=1)]


def all_axes(figure: Figure) -> list[Axes]:
    """Return all visible axes of a figure, those of its parts too."""
    return [ax for ax in figure.findobj(Axes) if ax.get_visible()]


# Colours.


def foreign_colours(drawing: Drawing) -> list[str]:
    """Return what has a colour that is not of the book's palette, at whatever transparency."""
    found = {}
    for words in drawing.words:
        if to_rgba(words.artist.get_color())[:3] not in PALETTE:
            found[words.text] = None
    for artist in _coloured(drawing.figure):
        for colour in _colours(artist):
            if colour[3] > 0 and tuple(colour[:3]) not in PALETTE:
                found[_named(artist)] = None
    return list(found)


def _coloured(figure: Figure) -> Iterator[Artist]:
    """Go through all artists of axes and legends whose colours were chosen."""
    for ax in all_axes(figure):
        yield from _drawn_artists(ax)
        for text in ax.texts:
            yield from filter(None, (text.get_bbox_patch(), getattr(text, "arrow_patch", None)))
        yield from (spine for spine in ax.spines.values() if spine.get_visible())
    for legend in figure.findobj(Legend):
        yield from (handle for handle in legend.legend_handles if handle is not None)


def _colours(artist: Artist) -> Iterable[tuple[float, ...]]:
    """Return the colours of an artist, as red, green, blue and opacity."""
    if isinstance(artist, Line2D):
        return [to_rgba(artist.get_color())]
    if isinstance(artist, Patch):
        shown = artist.get_linewidth() > 0 or artist.get_hatch()
        edge = [to_rgba(artist.get_edgecolor())] if shown else []
        return [*edge, to_rgba(artist.get_facecolor())]
    if isinstance(artist, Collection) and artist.get_array() is None:
        # A surface in space is shaded by its slope.
        if type(artist).__name__ == "Poly3DCollection":
            return []
        return [tuple(row) for row in (*artist.get_facecolor(), *artist.get_edgecolor())]
    return []


def contrasts(drawing: Drawing, theme: str) -> dict[str, float]:
    """Return for each text its contrast with the ground behind it, as WCAG defines it."""
    patches = [
        (artist, ax.get_window_extent())
        for ax in all_axes(drawing.figure)
        for artist in sorted(_drawn_artists(ax), key=lambda artist: artist.get_zorder())
        if isinstance(artist, Patch) and not isinstance(artist, FancyArrowPatch)
    ]
    result: dict[str, float] = {}
    for words in drawing.words:
        ground = np.array(PAGE[theme])
        middle = words.corners.mean(axis=0)
        for artist, view in patches:
            seen = not artist.get_clip_on() or view.contains(*middle)
            if seen and artist.contains_point(middle):
                *colour, opacity = to_rgba(artist.get_facecolor())
                ground = opacity * in_theme(colour, theme) + (1 - opacity) * ground
        ink = in_theme(to_rgba(words.artist.get_color())[:3], theme)
        ratio = contrast(ink, ground)
        result[words.text] = min(ratio, result.get(words.text, np.inf))
    return result


def contrast(one: Iterable[float], other: Iterable[float]) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Iterable[float]) -> float:
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    values = np.fromiter(colour, float)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def in_theme(colour: Iterable[float], theme: str) -> np.ndarray:
    """Return how a figure's colour looks in a theme: the dark one turns it by a filter.

    Chromium shows the colours of the palette just so, rounded to 255ths.
    """
    values = np.fromiter(colour, float)
    if theme == "light":
        return values
    amount = dark_filter()
    values = amount - (2 * amount - 1) * values  # invert(amount)
    # hue-rotate(180deg) of the W3C's filter effects: luminance stays, colour turns to its opposite
    luminance = np.array([0.213, 0.715, 0.072])
    return np.clip(2 * (luminance @ values) - values, 0, 1)


@cache
def dark_filter() -> float:
    """Return by how much the style sheet inverts figures in the dark theme."""
    sheet = Path(__file__).parents[1] / "docs" / "_static" / "book.css"
    found = re.findall(
        r"filter: invert\((0\.\d+)\) hue-rotate\(180deg\)", sheet.read_text(encoding="utf-8")
    )
    if len(found) != 1:
        raise ValueError(f"book.css: expected one filter of figures. Received: {found}")
    return float(found[0])
