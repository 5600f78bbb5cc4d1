"""List the works of the bibliography by the names and years that the pages cite them by."""

from collections.abc import Iterable, Iterator

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


def cited_as(entry: Entry) -> str:
    """Return how the pages cite a work: "LeCun et al., 1998"."""
    people = entry.persons["author"]
    # Rich names are those without LaTeX's braces and accents.
    parts = ((*person.rich_prelast_names, *person.rich_last_names) for person in people)
    first, *others = (" ".join(map(str, names)) for names in parts)
    names = first if not others else f"{first} and {others[0]}"
    return f"{names if len(others) < 2 else f'{first} et al.'}, {entry.fields['year']}"


class AuthorYear(BaseLabelStyle):
    """Name the works of the bibliography as the pages cite them."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        yield from map(cited_as, sorted_entries)


class BookStyle(PlainStyle):
    """pybtex's plain style, with names in the place of its numbers."""

    default_label_style = AuthorYear


def setup(app: Sphinx) -> dict[str, bool]:
    register_plugin("pybtex.style.formatting", "book", BookStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
