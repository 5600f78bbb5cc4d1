"""Affine maps do what geometry says: properties over many maps and points."""

import copy
import dataclasses
import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlbook import NaiveDense, autodiff, geometry
from dlbook.geometry import AffineMap, compose, rotation, scaling, shear, translation

pytestmark = pytest.mark.numeric

# Each result below takes at most three maps of four coordinates: some thirty operations, each
# off by half an eps (1.1e-16) of the sizes that `assert_close` adds up. That is 3e-15; the bound
# leaves a factor of 300, and a wrong term would be off by about the size itself.
PRECISION = 1e-12

repeatable = settings(deadline=None, derandomize=True, max_examples=60)

numbers = st.floats(-100, 100, allow_subnormal=False)
angles = st.floats(-10, 10, allow_subnormal=False)
dimensions = st.integers(1, 4)


def vectors(size):
    return arrays(np.float64, size, elements=numbers)


def affine_maps(inputs, outputs):
    return st.builds(AffineMap, vectors((outputs, inputs)), vectors(outputs))


@st.composite
def chains(draw, *, length, square=False):
    """Maps that fit one after the other, first to last, and points for the first."""
    sizes = [draw(dimensions)] * (length + 1)
    if not square:
        sizes = draw(st.lists(dimensions, min_size=length + 1, max_size=length + 1))
    maps = [draw(affine_maps(*pair)) for pair in pairwise(sizes)]
    return *maps, draw(vectors((3, sizes[0])))


def assert_close(actual, expected, *maps, points=0.0):
    """Hold two results against each other, relative to the sizes of what went in."""
    size = 1 + np.abs(points).max()
    for each in maps:
        size = each.matrix.shape[1] * np.abs(each.matrix).max() * size + np.abs(each.vector).max()
        size += 1
    np.testing.assert_allclose(actual, expected, rtol=0, atol=PRECISION * size)


@repeatable
@given(chains(length=1))
def test_a_map_moves_each_point_to_matrix_times_point_plus_vector(chain):
    move, points = chain
    expected = [move.matrix @ point + move.vector for point in points]
    assert_close(move(points), expected, move, points=points)


@repeatable
@given(chains(length=2))
def test_the_composition_does_first_the_inner_then_the_outer_map(chain):
    inner, outer, points = chain
    composed = compose(outer, inner)
    assert composed.matrix.shape == (len(outer.vector), inner.matrix.shape[1])
    assert_close(composed(points), outer(inner(points)), inner, outer, points=points)


@repeatable
@given(chains(length=3))
def test_composition_is_associative(chain):
    first, second, third, _ = chain
    left = compose(compose(third, second), first)
    right = compose(third, compose(second, first))
    assert_close(left.matrix, right.matrix, first, second, third)
    assert_close(left.vector, right.vector, first, second, third)


def test_a_map_is_equal_to_itself_alone_and_can_be_a_key():
    """Entries of two maps may be compared; whether all are equal is no question for ``==``."""
    one, other = rotation(30), rotation(30)
    assert one == one
    assert one != other
    assert {one: 1, other: 2}[one] == 1


@repeatable
@given(chains(length=1))
def test_the_identity_changes_no_map(chain):
    move, _ = chain
    outputs, inputs = move.matrix.shape
    for same in (
        compose(move, scaling(np.ones(inputs))),
        compose(translation(np.zeros(outputs)), move),
    ):
        np.testing.assert_array_equal(same.matrix, move.matrix)
        np.testing.assert_array_equal(same.vector, move.vector)


@repeatable
@given(chains(length=2, square=True))
def test_the_determinant_of_a_composition_is_the_product_of_the_determinants(chain):
    inner, outer, _ = chain
    # No determinant is larger than this. Elimination may let errors grow eightfold (2**3), in n**3
    # = 64 operations: 512 half eps, 6e-14 of it.
    largest = np.prod([np.linalg.norm(m.matrix) ** len(m.matrix) for m in (inner, outer)])
    product = outer.determinant * inner.determinant
    error = abs(compose(outer, inner).determinant - product)
    assert error <= PRECISION * (1 + largest)


@repeatable
@given(vectors((2, 2)))
def test_the_determinant_of_a_2x2_matrix_is_ad_minus_bc(matrix):
    (a, b), (c, d) = matrix
    determinant = AffineMap(matrix, [0, 0]).determinant
    # Both products are at most 1e4, and off by few eps of that.
    assert math.isclose(determinant, a * d - b * c, abs_tol=PRECISION * 1e4)


@repeatable
@given(vectors((2, 2)), vectors(2))
def test_the_determinant_is_the_signed_area_of_the_moved_unit_square(matrix, vector):
    move = AffineMap(matrix, vector)
    x, y = move([[0, 0], [1, 0], [1, 1], [0, 1]]).T
    area = np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2  # the shoelace formula
    # Places reach 300 along each axis, so their products 1e5, and eight of them meet.
    assert math.isclose(move.determinant, area, abs_tol=PRECISION * 1e6)


@repeatable
@given(angles, vectors((4, 2)))
def test_rotations_preserve_lengths_and_distances(angle, points):
    moved = rotation(angle)(points)
    assert_close(np.linalg.norm(moved, axis=1), np.linalg.norm(points, axis=1), points=points)
    before = np.linalg.norm(points[1:] - points[:-1], axis=1)
    assert_close(np.linalg.norm(moved[1:] - moved[:-1], axis=1), before, points=points)


@repeatable
@given(angles)
def test_rotations_have_determinant_1(angle):
    assert math.isclose(rotation(angle).determinant, 1, rel_tol=PRECISION)


@repeatable
@given(angles, vectors((4, 2)))
def test_a_rotation_turns_complex_numbers_by_the_angle(angle, points):
    turned = (points[:, 0] + 1j * points[:, 1]) * np.exp(1j * angle)
    assert_close(rotation(angle)(points), np.stack([turned.real, turned.imag], 1), points=points)


@repeatable
@given(angles, angles)
def test_two_rotations_are_the_rotation_by_the_sum_of_the_angles(first, second):
    composed = compose(rotation(second), rotation(first))
    assert_close(composed.matrix, rotation(first + second).matrix, composed)


@repeatable
@given(angles, vectors(2))
def test_shifting_there_and_back_around_a_rotation_moves_its_centre(angle, centre):
    around = compose(translation(centre), compose(rotation(angle), translation(-centre)))
    assert_close(around(centre), centre, around, points=centre)


@repeatable
@given(dimensions.flatmap(lambda d: st.tuples(vectors(d), vectors((3, d)))))
def test_a_translation_adds_its_vector(vector_and_points):
    vector, points = vector_and_points
    np.testing.assert_array_equal(translation(vector)(points), points + vector)
    assert translation(vector).determinant == 1


@repeatable
@given(dimensions.flatmap(lambda d: st.tuples(vectors(d), vectors((3, d)))))
def test_a_scaling_multiplies_each_coordinate_and_volumes_by_the_product(factors_and_points):
    factors, points = factors_and_points
    np.testing.assert_array_equal(scaling(factors)(points), points * factors)
    # NumPy takes logarithms, of 4 · 709 at most: off by 3e-13. Tiny products have fewer digits.
    assert math.isclose(
        scaling(factors).determinant, np.prod(factors), rel_tol=PRECISION, abs_tol=1e-300
    )


@repeatable
@given(numbers, numbers, numbers)
def test_a_shear_moves_a_point_sideways_in_proportion_to_its_height(factor, x, y):
    # A processor that multiplies and adds at once rounds once, others twice.
    assert_close(shear(factor)([x, y]), [x + factor * y, y], shear(factor), points=np.array([x, y]))
    assert shear(factor).determinant == 1


@repeatable
@given(numbers)
def test_the_opposite_map_undoes_translation_rotation_and_shear(number):
    for back, move in (
        (translation([-number, 1]), translation([number, -1])),
        (rotation(-number), rotation(number)),
        (shear(-number), shear(number)),
    ):
        same = compose(back, move)
        assert_close(same.matrix, np.eye(2), same)
        np.testing.assert_array_equal(same.vector, [0, 0])


@repeatable
@given(chains(length=1), st.floats(0, 1))
def test_a_point_between_two_points_stays_between_them(chain, share):
    move, points = chain
    start, end = points[:2]
    between = share * start + (1 - share) * end
    expected = share * move(start) + (1 - share) * move(end)
    assert_close(move(between), expected, move, points=points)


@repeatable
@given(chains(length=1))
def test_one_point_or_any_stack_of_points_moves_as_a_list_of_points_does(chain):
    move, points = chain
    moved = move(points)
    stack = np.broadcast_to(points, (2, *points.shape))
    assert move(stack).shape == (2, *moved.shape)
    assert_close(move(stack), np.stack([moved, moved]), move, points=points)
    assert_close(move(points[0]), moved[0], move, points=points)
    assert move(points[:0]).shape == (0, len(move.vector))


def test_arrays_inside_cannot_be_changed_from_outside():
    W, b = np.eye(2), np.zeros(2)
    move = AffineMap(W, b)
    W[0, 0] = b[0] = 7
    np.testing.assert_array_equal(move([1, 1]), [1, 1])
    for array in (move.matrix, move.vector):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    with pytest.raises(dataclasses.FrozenInstanceError):
        move.vector = b


class Named(AffineMap):
    """A map of one's own."""


@pytest.mark.parametrize("kind", [AffineMap, Named])
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        dataclasses.replace,
        *(
            lambda move, protocol=protocol: pickle.loads(pickle.dumps(move, protocol))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_a_copy_of_a_map_is_equal_of_its_kind_and_as_read_only(copied, kind):
    move = kind([[2, 1], [0, 3]], [1, -1])
    again = copied(move)
    assert type(again) is kind
    np.testing.assert_array_equal(again([[1, 1], [0, 2]]), move([[1, 1], [0, 2]]))
    for array, original in ((again.matrix, move.matrix), (again.vector, move.vector)):
        assert not np.shares_memory(array, original)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_a_map_inside_of_a_copied_structure_stays_read_only():
    (again,) = copy.deepcopy([rotation(1)])
    assert not again.matrix.flags.writeable


def test_a_determinant_too_large_for_float64_is_infinite():
    assert scaling([1e200, -1e200]).determinant == -math.inf


def test_what_comes_out_can_be_changed_and_leaves_points_and_map_alone():
    points = np.zeros((2, 2))
    for move in (translation([0, 0]), scaling([1, 1])):
        move(points)[:] = 5
        np.testing.assert_array_equal(points, np.zeros((2, 2)))
        np.testing.assert_array_equal(move.vector, [0, 0])


def test_whole_numbers_and_float32_give_float64():
    for points in ([[1, 2]], np.ones((1, 2), dtype=np.float32)):
        assert rotation(1)(points).dtype == np.float64


def test_dense_layers_without_activation_are_affine_maps_that_compose(rng):
    first, second = (
        NaiveDense(inputs, outputs, None, seed=inputs, engine=autodiff)
        for inputs, outputs in ((5, 3), (3, 4))
    )
    second.b.assign([1, 2, 3, 4])
    outer, inner = (
        AffineMap(np.transpose(layer.W.numpy()), layer.b.numpy()) for layer in (second, first)
    )
    x = rng.normal(size=(6, 5)).astype(np.float32)
    # Sums of eight products and biases up to 4, once in float32 and once in float64: off by 12
    # half eps of float32 (6e-8) of the sum of the sizes.
    sizes = np.abs(x) @ np.abs(inner.matrix.T) @ np.abs(outer.matrix.T) + np.abs(outer.vector)
    apart = np.abs(compose(outer, inner)(x) - second(first(x)).numpy())
    assert (apart <= 12 * np.finfo(np.float32).eps / 2 * sizes).all()


def test_a_grid_holds_the_lines_of_squared_paper():
    lines = geometry.grid(2)
    assert lines.shape == (10, 41, 2)
    upright, level = lines[:5], lines[5:]
    for k, height in enumerate(range(-2, 3)):
        assert (upright[k, :, 0] == height).all()
        assert (level[k, :, 1] == height).all()
    np.testing.assert_array_equal(upright[0, :, 1], np.linspace(-2, 2, 41))
    np.testing.assert_array_equal(level[0, :, 0], np.linspace(-2, 2, 41))


@repeatable
@given(st.integers(1, 12))
def test_every_crossing_of_a_grid_is_among_its_points(half_width):
    points = {tuple(point) for point in geometry.grid(half_width).reshape(-1, 2).tolist()}
    assert {(0, 0), (1, 0), (0, 1), (1, 1), (-half_width, half_width)} <= points


NOT_MAPS = [
    ([[1, 0], [0, 1]], [0, 0, 0], ValueError, r"vector: expected shape \(2,\)"),
    ([1, 0], [0, 0], ValueError, r"matrix: expected a matrix.* Received: shape \(2,\)"),
    ([[1, 0], [0, 1]], 0, ValueError, r"vector: expected a vector.* Received: shape \(\)"),
    (np.ones((0, 2)), [], ValueError, r"matrix: .* Received: shape \(0, 2\)"),
    ([[1, 0], [0]], [0, 0], ValueError, "matrix: expected rows of the same length"),
    ([["a", "b"]], [0], TypeError, "matrix: expected real numbers. Received: dtype <U1"),
    ([[1j, 1]], [0], TypeError, "matrix: expected real numbers. Received: dtype complex"),
    ([[True, False]], [0], TypeError, "matrix: expected real numbers. Received: dtype bool"),
    ([[1, 0]], [np.nan], ValueError, r"vector: expected finite numbers. Received: \[nan\]"),
]


@pytest.mark.parametrize(("matrix", "vector", "error", "message"), NOT_MAPS)
def test_what_is_no_affine_map_raises(matrix, vector, error, message):
    with pytest.raises(error, match=message):
        AffineMap(matrix, vector)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: translation([[1, 2]]), r"vector: expected a vector"),
        (lambda: rotation([1, 2]), r"angle: expected one number. Received: shape \(2,\)"),
        (lambda: rotation(math.inf), "angle: expected finite numbers. Received: inf"),
        (lambda: scaling(2), r"factors: expected a vector, shape \(d,\). Received: shape \(\)"),
        (lambda: shear(math.nan), "factor: expected finite numbers. Received: nan"),
        (lambda: rotation(1)([1, 2, 3]), r"points: expected shape \(\.\.\., 2\)"),
        (lambda: rotation(1)(5), r"points: expected .* Received: shape \(\)"),
        (lambda: rotation(1)([[1, 2], [3]]), "points: expected rows of the same length"),
        (lambda: AffineMap([[1, 2]], [0]).determinant, r"matrix: expected as many rows as col"),
        (
            lambda: compose(outer=rotation(1), inner=scaling([1, 1, 1])),
            "inner: expected a map to 2 coordinates, .* Received: a map to 3 coordinates",
        ),
        (lambda: geometry.grid(0), "half_width: expected a whole number from 1 to 100. Rec.* 0"),
    ],
)
def test_bad_values_raise_and_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call", [lambda: shear("1"), lambda: scaling([None]), lambda: rotation(1)(["a", "b"]),
             lambda: geometry.grid(1.5), lambda: compose(rotation(1), 4)]
)  # fmt: skip
def test_wrong_types_raise_type_error(call):
    with pytest.raises(TypeError, match=r": expected .* Received: "):
        call()


def test_importing_geometry_loads_neither_tensorflow_nor_matplotlib():
    import subprocess
    import sys

    code = "import dlbook.geometry, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "matplotlib"} & set(run.stdout.split())
