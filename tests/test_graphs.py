"""The computation graph holds what the tape recorded, and its figures show it without overlaps."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from dlbook import autodiff, graphs, plotting
from dlbook.autodiff import GradientTape, Tensor, Variable
from dlbook.plotting import _style
from dlbook.plotting.graphs import _layout

repeatable = settings(deadline=None, derandomize=True, max_examples=100)


def two_layers():
    x = Tensor(np.ones((5, 4)), name="images")
    W1, b1 = Variable(np.ones((4, 3)), name="W1"), Variable(np.zeros(3), name="b1")
    W2, b2 = Variable(np.ones((3, 2)), name="W2"), Variable(np.zeros(2), name="b2")
    with GradientTape() as tape:
        p = autodiff.softmax(autodiff.relu(x @ W1 + b1) @ W2 + b2)
        autodiff.mean(autodiff.sparse_categorical_crossentropy(np.zeros(5, int), p))
    return graphs.computation_graph(tape.operations)


def test_the_graph_of_the_network_has_its_operations_weights_and_shapes():
    nodes, edges = two_layers()
    named = {f"{a.label}>{b.label}" for a, b in ((nodes[i], nodes[j]) for i, j in edges)}
    assert {"images>matmul", "W1>matmul", "relu>matmul", "W2>matmul", "b1>add", "b2>add"} <= named
    assert [node.label for node in nodes if node.kind == "variable"] == ["W1", "b1", "W2", "b2"]
    assert [node.label for node in nodes if node.kind == "constant"] == ["images", "constant"]
    assert nodes[-1] == ("mean", "operation", ())
    assert {node.label: node.shape for node in nodes}["softmax"] == (5, 2)
    assert len(edges) == 3 * 2 + 2 * 2 + 3


def test_a_tensor_is_one_node_however_often_it_is_used():
    w = Variable(3.0, name="w")
    with GradientTape() as tape:
        _ = w * w + w
    nodes, edges = graphs.computation_graph(tape.operations)
    assert [node.label for node in nodes] == ["w", "multiply", "add"]
    assert edges == [(0, 1), (0, 1), (1, 2), (0, 2)]


def test_equal_numbers_are_different_constants():
    w = Variable(3.0)
    with GradientTape() as tape:
        _ = 2 * w + 2
    nodes, _ = graphs.computation_graph(tape.operations)
    assert [node.label for node in nodes] == ["2", "variable", "multiply", "2", "add"]


def test_operations_may_come_one_by_one():
    def operations():
        for _ in range(3):  # each is forgotten, and the next may take its place in memory
            with GradientTape() as tape:
                _ = Variable(np.ones(5)) * 2
            yield from tape.operations

    nodes, edges = graphs.computation_graph(operations())
    assert [node.label for node in nodes] == ["variable", "2", "multiply"] * 3
    assert edges == [(0, 2), (1, 2), (3, 5), (4, 5), (6, 8), (7, 8)]


def test_an_empty_tape_gives_an_empty_graph():
    assert graphs.computation_graph([]) == ([], [])


@st.composite
def trees(draw):
    """Graphs in which each node is used once at most, in the order of a tape."""
    size = draw(st.integers(2, 12))
    free, edges = [0], []
    for node in range(1, size):
        count = draw(st.integers(0, min(3, len(free))))
        used = draw(st.permutations(free))[:count]
        edges += [(start, node) for start in sorted(used)]
        free = [n for n in free if n not in used] + [node]
    return size, edges


@repeatable
@given(tree=trees())
def test_no_two_boxes_share_a_place_and_all_stand_at_or_above_their_users(tree):
    size, edges = tree
    rows, columns = _layout(size, edges)
    assert len(set(zip(rows, columns, strict=True))) == size
    for start, end in edges:
        assert rows[start] <= rows[end]
        assert (rows[start], columns[start]) != (rows[end], columns[end])


@repeatable
@given(tree=trees())
def test_no_arrow_goes_down_through_a_box(tree):
    size, edges = tree
    rows, columns = _layout(size, edges)
    boxes = set(zip(rows, columns, strict=True))
    for start, end in edges:
        lowest = rows[end] + (columns[start] != columns[end])
        lane = {(row, columns[start]) for row in range(rows[start] + 1, lowest)}
        assert not lane & boxes


def test_a_node_that_is_used_far_below_keeps_its_lane_free():
    # f = (x w + b) w, as on the page: w stands beside the first product and is used by the last.
    edges = [(0, 2), (1, 2), (2, 4), (3, 4), (4, 5), (1, 5)]
    rows, columns = _layout(6, edges)
    assert rows == [-3, -2, -2, -1, -1, 0]
    assert columns[0] == columns[2] == columns[4] == columns[5] == 0
    assert {columns[1], columns[3]} == {1, -1}


def test_the_figure_shows_every_label_shape_and_arrow():
    nodes, edges = two_layers()
    figure = plotting.computation_graph(nodes, edges)
    (ax,) = figure.axes
    shown = [text.get_text() for text in ax.texts]
    for text in ("W1\n(4, 3)", "matmul\n(5, 3)", "softmax\n(5, 2)", "mean"):
        assert text in shown
    assert sum(hasattr(text, "arrow_patch") for text in ax.texts) == len(edges)


def test_kinds_of_nodes_are_told_apart_without_colour():
    kinds = ["operation", "variable", "constant"]
    figure = plotting.computation_graph([(kind, kind, ()) for kind in kinds], [])
    frames = [text.get_bbox_patch() for text in figure.axes[0].texts]
    looks = [
        (type(f.get_boxstyle()).__name__, f.get_linewidth(), f.get_linestyle()) for f in frames
    ]
    for one, other in itertools.combinations(looks, 2):
        assert one != other


def test_texts_beside_the_arrows_stand_where_they_belong():
    nodes = [("a", "variable", ()), ("b", "variable", ()), ("add", "operation", ())]
    figure = plotting.computation_graph(
        nodes, [(0, 2), (1, 2)], forward=["2", "3"], backward=["7", "8"]
    )
    at = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert at["↓ 2"][0] < at["↑ 7"][0]  # beside the arrow that goes down
    assert at["← 3"][1] < at["→ 8"][1]  # over and under the one that comes from the right
    colours = {text.get_text(): to_hex(text.get_color()) for text in figure.axes[0].texts}
    assert colours["↓ 2"] == _style.GREEN
    assert colours["→ 8"] == _style.ORANGE


def overlapping(figure, texts):
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    return [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if one and other and a.overlaps(b)
    ]


def test_no_texts_overlap_in_the_figures_of_the_pages():
    values = [0.8, 0.64, 0.92, 0.715, 0.335]
    factors = [1.6, 3, 0.204, -1.4]
    for figure in (
        plotting.computation_graph(*two_layers()),
        plotting.chain(list("xuvpL"), ["x²", "3u − 1", "σ(v)", "−ln p"], values, factors),
        plotting.two_paths(["x", "u", "v", "f"], [4, 3], [2, 1], step=0.5),
        plotting.tape(["matmul: x(2, 3), W(3, 4) -> (2, 4)", "sum: (2, 4) -> ()"]),
    ):
        assert overlapping(figure, figure.axes[0].texts) == []


def test_the_chain_multiplies_its_factors_from_the_right():
    figure = plotting.chain(["x", "u", "y"], ["f", "g"], [1.0, 2.0, -6.0], [4.0, -0.5])
    shown = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert shown["−2"][0] == 0
    assert shown["−0.5"][0] == 1
    assert {"−6", "× 4", "× −0.5", "f", "g"} <= set(shown)
    with pytest.raises(ValueError, match="steps: expected 1 entry, one between"):
        plotting.chain(["x", "y"], ["f", "g"], [1.0, 2.0], [1.0])


def test_a_tape_shows_its_lines_downwards():
    figure = plotting.tape(["first", "second"])
    (ax,) = figure.axes
    at = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert at["first"] == 0
    assert at["second"] == 1
    assert ax.yaxis_inverted()


def test_a_small_network_writes_each_weight_on_its_connection():
    W, names = [[0.5, 0.25]], [["w1", "w2"]]
    figure = plotting.small_network([["in"], ["h1", "h2"]], [W], [names])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"in", "h1", "h2", "w1 = 0.50", "w2 = 0.25"} <= set(texts)


def test_two_paths_show_their_products_and_the_strips_that_they_add():
    figure = plotting.two_paths(["x", "u", "v", "f"], [4, 3], [2, 1], step=0.5)
    paths, area = figure.axes
    shown = {text.get_text() for text in paths.texts}
    assert {"x", "u", "v", "f", "2 · 3 = 6", "1 · 4 = 4"} <= shown
    rectangles = [
        (*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in area.patches
    ]
    assert rectangles == [(0, 0, 4, 3), (4, 0, 1, 3), (0, 3, 4, 0.5), (4, 3, 1, 0.5)]
    assert overlapping(figure, [*paths.texts, *area.texts]) == []


def test_tables_stand_over_their_gradients_and_show_every_entry():
    tables = [[[1.0, 2.0], [3.0, 0.0]], [[4.0], [-5.0]], [[0.126], [7.0]]]
    gradients = [None, [[0.5], [-0.25]], [[8.0], [9.0]]]
    figure = plotting.there_and_back(["X", "A", "Z"], tables, gradients, ["W", "relu"])
    (ax,) = figure.axes
    shown = [text.get_text() for text in ax.texts]
    assert {"X", "A", "Z", "dA", "dZ", "W", "relu", "–5", "0.13", "–0.25"} <= set(shown)
    assert "dX" not in shown
    assert len(ax.patches) == 4 + 2 * 2 + 2 * 2
    place = {text.get_text(): text.get_position() for text in ax.texts}
    assert place["A"][0] == place["dA"][0]
    assert place["A"][1] < place["dA"][1]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 3, "two forwards, one back"
    assert overlapping(figure, ax.texts) == []
