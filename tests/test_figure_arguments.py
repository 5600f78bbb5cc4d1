"""Every figure refuses a bad argument in words, whichever argument it is.

Each first example of `test_figures.py` is drawn again, with one of its arguments spoilt: an array
gets seven axes or none of its numbers, a whole number becomes another thing, a list loses or gains
an entry. The error must name an argument, what was expected and what came. So a new figure is
checked as soon as it has an example. What a figure rightly takes stands in `TAKEN`, with a reason.
"""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dlbook import plotting
from test_figures import EXAMPLES

SEVEN = np.ones((1,) * 7)

ANY = "it draws any number of them"
FIRST = "positions count from 0"
UNJOINED = "a graph may have nodes without edges"
SHAPE = "a result may have any shape"
UNMARKED = "a curve may have any number of marks, or none"

# Name, argument and how it was spoilt: why that is no mistake.
TAKEN = {
    ("class_probabilities", "label", "0"): FIRST,
    ("computation_graph", "nodes", "longer"): UNJOINED,
    ("computation_graph", "nodes", "empty, in it, in it"): SHAPE,
    ("computation_graph", "nodes", "longer, in it, in it"): SHAPE,
    ("computation_graph", "edges", "empty"): UNJOINED,
    ("curve_panels", "marks", "empty, in it"): UNMARKED,
    ("enlarged_unit", "sizes", "longer"): ANY,
    ("epoch_race", "ours", "empty"): "no contestant need be ours",
    ("epoch_race", "ours", "longer"): "a name twice is as good as once",
    ("marked_curves", "points", "empty, in it"): UNMARKED,
    ("marked_curves", "points", "longer, in it"): UNMARKED,
    ("matrix_product", "row", "0"): FIRST,
    ("matrix_product", "column", "0"): FIRST,
    ("tape", "lines", "longer"): ANY,
}

# Name and argument: why another one is blamed for its seven axes.
ANOTHER_BLAMED = {
    ("agreement", "oracle"): "it may have any shape, and the other must have the same",
}


def arguments(name: str) -> dict[str, Any]:
    """Return what the first example gives to its figure, and the defaults, by name."""
    given: list[inspect.BoundArguments] = []

    def recorder(*args: Any, **kwargs: Any) -> None:
        given.append(signature.bind(*args, **kwargs))
        raise StopIteration

    signature = inspect.signature(getattr(plotting, name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plotting, name, recorder)
        with pytest.raises(StopIteration):
            EXAMPLES[name][0]()
    given[0].apply_defaults()
    return dict(given[0].arguments)


@cache
def hints(name: str) -> dict[str, Any]:
    """Return the annotations of a figure's arguments."""
    return get_type_hints(getattr(plotting, name))


def numbers(value: Any) -> bool:
    """Tell whether a value makes an array of numbers."""
    try:
        return np.asarray(value).dtype.kind in "iuf"
    except ValueError:  # rows of several lengths
        return False


def spoilt(value: Any, *, counts: bool = False) -> Iterator[tuple[str, Any]]:
    """Give bad values in the place of `value`, each with a word for how it was spoilt.

    If it `counts`, only whole numbers make sense.
    """
    yield "no kind", object()
    if counts:
        yield from (("bool", True), ("text", "1"), ("2.5", 2.5), ("0", 0), ("-1", -1))
    elif isinstance(value, (int, float)):
        yield from (("text", "1"), ("nan", float("nan")))
    elif isinstance(value, Mapping):
        yield "empty", {}
        key, first = next(iter(value.items()))
        yield from ((f"{how}, in it", {**value, key: bad}) for how, bad in spoilt(first))
    elif numbers(value) and not isinstance(value, tuple):
        if np.ndim(value):
            yield "empty", np.asarray(value)[:0]
        yield "7 axes", SEVEN
    elif isinstance(value, (list, tuple)) and value:
        yield "empty", type(value)()
        yield "longer", type(value)([*value, value[0]])
        whole = next((k for k, entry in enumerate(value) if not isinstance(entry, str)), 0)
        for how, bad in spoilt(value[whole]):
            yield f"{how}, in it", type(value)([*value[:whole], bad, *value[whole + 1 :]])


ARGUMENTS = {name: arguments(name) for name in EXAMPLES}
BAD = {
    (name, argument, how): bad
    for name, given in ARGUMENTS.items()
    for argument, value in given.items()
    for how, bad in spoilt(value, counts=hints(name)[argument] in (int, int | None))
}
each = pytest.mark.parametrize("case", [pytest.param(case, id="-".join(case)) for case in BAD])


def drawn(case: tuple[str, str, str]) -> None:
    """Draw a figure with one argument spoilt."""
    name, argument, _ = case
    getattr(plotting, name)(**ARGUMENTS[name] | {argument: BAD[case]})


@each
def test_a_spoilt_argument_is_refused_in_words(case):
    name, argument, how = case
    if case in TAKEN:
        drawn(case)
        return
    with pytest.raises((TypeError, ValueError)) as refusal:
        drawn(case)
    message = str(refusal.value)
    blamed = re.match(r"(\w+)\b.*: expected .*Received: ", message, re.DOTALL)
    assert blamed, message
    # What has too many axes is blamed itself; of two lists that do not fit, either may be.
    itself = "7 axes" in how and (name, argument) not in ANOTHER_BLAMED
    assert blamed[1] in ({argument} if itself else ARGUMENTS[name]), message


def test_every_exception_is_one_of_the_cases():
    assert set(TAKEN) - set(BAD) == set()


@pytest.mark.parametrize(("name", "argument"), ANOTHER_BLAMED)
def test_another_argument_is_still_blamed(name, argument):
    with pytest.raises(ValueError, match=rf"^(?!{argument}\b)\w+: expected"):
        drawn((name, argument, "7 axes"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_arguments_are_good_before_they_are_spoilt(name):
    getattr(plotting, name)(**ARGUMENTS[name])
