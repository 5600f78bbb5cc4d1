"""Each example figure draws what it drew when somebody last looked at it.

Whether a figure can be read is for `test_figures.py`, and what it shows for the tests of its
module. These here notice whatever else changes: a width, a place, an order, a default. If a change
is meant, `python tests/drawings.py` writes the descriptions anew.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dlbook import plotting
from drawings import FOLDER, alike, described, differences
from test_figures import EXAMPLES

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_figure_draws_what_it_drew(name):
    found = [line for draw in EXAMPLES[name] for line in described(draw())]
    expected = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert differences(found, expected) == []


def test_there_is_a_description_of_each_figure_and_no_other():
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(plotting.__all__)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("at 0.1234 5", "at 0.1235 5", True),
        ("at 0.1234 5", "at 0.1237 5", False),
        ("at -0.5", "at 0.5", False),
        ("at 0", "at 4e-07", False),
        ("width 1.8", "width 1.9", False),
        ("colour #242920ff", "colour #242930ff", False),
        ("text w2", "text w3", False),
        ("(5: 1 to 2, 500‰ 7‰)", "(5: 1 to 2, 501‰ 8‰)", True),
        ("(5: 1 to 2, 500‰ 7‰)", "(5: 1 to 2, 502‰ 7‰)", False),
        ("(5: 1 to 2, 5‰ 7‰)", "(6: 1 to 2, 5‰ 7‰)", False),
    ],
)
def test_numbers_may_differ_by_their_rounding_and_words_not_at_all(one, other, same):
    assert alike(one, other) == alike(other, one) == same
    assert (differences([one], [other]) == []) == same


def changed(draw, change):
    """Which lines differ after a change of a figure."""
    before = described(draw())
    figure = draw()
    change(figure.axes[0])
    return differences(described(figure), before)


def small():
    figure, ax = plt.subplots(figsize=(3, 2))
    ax.plot([0, 1, 2], [1, 3, 2], label="a", marker="o")
    ax.add_patch(plt.Rectangle((0, 0), 1, 1))
    ax.scatter([0, 1], [2, 3])
    ax.imshow(np.eye(2), extent=(0, 1, 0, 1), aspect="auto")
    ax.annotate("", xy=(1, 1), xytext=(0, 0), arrowprops={"arrowstyle": "->"})
    ax.text(1, 1, "word")
    ax.legend()
    plt.close(figure)
    return figure


@pytest.mark.parametrize(
    "change",
    [
        lambda ax: ax.figure.set_size_inches(3, 2.1),
        lambda ax: ax.set_xlim(0, 5),
        lambda ax: ax.set_ylabel("y"),
        lambda ax: ax.set_title("title"),
        lambda ax: ax.set_title("title", loc="left"),
        lambda ax: ax.set_xticks([0, 1]),
        lambda ax: ax.tick_params(labelsize=5),
        lambda ax: ax.spines["top"].set_visible(False),
        lambda ax: ax.lines[0].set_data([0, 1, 2], [1, 3, 2.5]),
        lambda ax: ax.lines[0].set_linestyle("--"),
        lambda ax: ax.lines[0].set_linewidth(2.5),
        lambda ax: ax.lines[0].set_marker("s"),
        lambda ax: ax.lines[0].set_zorder(7),
        lambda ax: ax.lines[0].set_clip_on(False),
        lambda ax: ax.patches[0].set_alpha(0.5),
        lambda ax: ax.patches[0].set_width(1.1),
        lambda ax: ax.patches[0].set_hatch("//"),
        lambda ax: ax.collections[0].set_sizes([9]),
        lambda ax: ax.collections[0].set_offsets([[0, 1], [1, 3]]),
        lambda ax: ax.images[0].set_clim(0, 2),
        lambda ax: ax.images[0].set_data(1 - np.eye(2)),
        lambda ax: ax.texts[0].arrow_patch.set_linewidth(3),
        lambda ax: ax.texts[0].arrow_patch.set_arrowstyle("->", head_length=1),
        lambda ax: ax.texts[1].set_text("words"),
        lambda ax: ax.texts[1].set_weight("bold"),
        lambda ax: ax.texts[1].set_va("top"),
        lambda ax: ax.legend(loc="lower left", ncols=2),
        lambda ax: ax.legend(frameon=False),
        lambda ax: ax.set_axis_off(),
    ],
)
def test_whatever_changes_is_noticed(change):
    assert changed(small, change)
    assert not changed(small, lambda ax: None)
