"""The page playground: small weights, drawings in MNIST's form, votes of pixels."""

import base64
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dlbook import playground
from dlbook.datasets import mnist

pytestmark = pytest.mark.numeric

FLOATS = st.floats(-1e3, 1e3, width=32, allow_subnormal=False)
# Codes are rounded to the nearest, so half a scale away at most; but the scale itself is rounded to
# float32, by half an eps of 1.2e-7, which counts 127 times where the code is 127.
HALF = 0.5 + 127 * np.finfo(np.float32).eps
SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)


@pytest.fixture(scope="module")
def test_images():
    return mnist.load_data()[1][0]


@pytest.fixture
def network(rng):
    shapes = [(784, 9), (9,), (9, 10), (10,)]
    return [rng.normal(size=shape) for shape in shapes]


repeatable = settings(deadline=None, derandomize=True)


@repeatable
@given(arrays.arrays(np.float32, SHAPES, elements=FLOATS))
def test_codes_times_scales_come_within_half_a_scale(matrix):
    codes, scales = playground.quantise(matrix)
    assert codes.dtype == np.int8
    assert scales.shape == (matrix.shape[1],)
    assert np.all(np.abs(codes * scales.astype(float) - matrix) <= scales * HALF)


@pytest.mark.parametrize("size", [5e-324, 1e-45, 1e-42, 1e-38, 1e-36, 1e30, 4e40])
def test_codes_times_scales_come_within_half_a_scale_for_tiny_and_huge_numbers(size, rng):
    matrix = rng.uniform(-size, size, (5, 4))
    codes, scales = playground.quantise(matrix)
    assert (scales >= np.finfo(np.float32).tiny).all()
    assert np.all(np.abs(codes * scales.astype(float) - matrix) <= scales * HALF)


def test_the_largest_weight_of_each_column_uses_the_whole_range():
    codes, scales = playground.quantise([[1, 0], [-4, 0], [2, 0]])
    assert codes[:, 0].tolist() == [32, -127, 64]
    assert codes[:, 1].tolist() == [0, 0, 0]
    np.testing.assert_allclose(scales, [4 / 127, 1], rtol=np.finfo(np.float32).eps)


def test_the_largest_number_that_has_a_scale_is_taken():
    codes, scales = playground.quantise([[-playground.LARGEST]])
    assert (codes, scales) == ([[-127]], [np.finfo(np.float32).max])


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([1.0, 2.0], r"^matrix: expected shape \(inputs, outputs\). Received: shape \(2,\)$"),
        (np.zeros((0, 3)), "^matrix: expected shape .* Received: shape \\(0, 3\\)$"),
        ([[np.nan]], "^matrix: expected finite numbers. Received: nan among them$"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        playground.quantise(matrix)


# A mean of grey levels up to 255 is off by some 20 eps (2e-16) of that: 1e-12. What a wrong pixel
# or a drawing in another place would change is whole grey levels. The place is rounded to whole
# pixels, but no centre of the first 500 test digits is within 2e-4 of where that changes.
LEVEL = 1e-9


def test_the_digits_of_mnist_are_in_the_form_already(test_images):
    for image in test_images[:500].astype(float):
        np.testing.assert_allclose(playground.to_field(image), image, rtol=0, atol=LEVEL)


@pytest.mark.parametrize("factor", [2, 5])
def test_a_larger_copy_gives_the_same_field(test_images, factor):
    for image in test_images[:20].astype(float):
        large = np.kron(image, np.ones((factor, factor)))
        np.testing.assert_allclose(
            playground.to_field(large), playground.to_field(image), rtol=0, atol=LEVEL
        )


@repeatable
@given(
    arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40)),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_the_place_of_the_drawing_does_not_matter(drawing, below, right):
    field = playground.to_field(drawing)
    padded = np.pad(drawing, ((below, 3), (right, 1)))
    # What is cut out is the same array in the same order in memory, so every digit is the same.
    np.testing.assert_array_equal(playground.to_field(padded), field)
    assert field.shape == (28, 28)
    assert field.max() <= drawing.max() + LEVEL
    assert bool(field.any()) == bool(drawing.any())
    rows = np.flatnonzero(field.any(axis=1))
    assert len(rows) == 0 or rows[-1] - rows[0] < 20


def test_the_centre_of_mass_comes_to_the_middle():
    drawing = np.zeros((60, 60))
    drawing[5:45, 10:14] = 1
    drawing[41:45, 10:30] = 1
    field = playground.to_field(drawing)
    centres = [axis @ np.arange(28) / field.sum() for axis in (field.sum(1), field.sum(0))]
    assert np.abs(np.array(centres) - 14).max() <= 0.5 + LEVEL


def test_a_drawing_stays_within_the_field_where_its_centre_cannot_come_to_the_middle():
    drawing = np.full((20, 20), 1e-6)
    drawing[0, 0] = 1
    field = playground.to_field(drawing)
    np.testing.assert_allclose(field[8:, 8:], drawing, rtol=0, atol=LEVEL)
    assert not field[:8].any()
    assert not field[:, :8].any()


@pytest.mark.parametrize("turn", [np.asarray, np.transpose])
def test_a_thin_line_has_one_pixel_across(turn):
    field = turn(playground.to_field(turn(np.ones((1, 200)))))
    assert np.flatnonzero(field.any(axis=1)).tolist() == [14]
    np.testing.assert_allclose(field[14, 5:25], 1, rtol=0, atol=LEVEL)


def test_the_faintest_ink_counts_and_less_does_not():
    faintest = playground.FAINTEST
    drawing = [[faintest, np.nextafter(faintest, 0)]]
    # One point with ink fills the whole box of 20 by 20 pixels.
    assert (playground.to_field(drawing) > 0).sum() == 20 * 20


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (np.zeros(3), r"^drawing: expected shape \(height, width\). Received: shape \(3,\)$"),
        ([[0.0, -1.0]], "^drawing: expected no number below 0. Received: -1.0$"),
    ],
)
def test_what_is_no_drawing_is_refused(drawing, message):
    with pytest.raises(ValueError, match=message):
        playground.to_field(drawing)


def scores(weights, x):
    W1, b1, W2, b2 = weights
    return np.maximum(x @ W1 + b1, 0) @ W2 + b2


def test_votes_are_ink_times_the_slope_by_finite_differences(network, rng):
    x = rng.random(784)
    W1, b1, W2, _ = network
    # Between the corners of relu the scores are straight lines, so a long step is as good as a
    # short one, and its rounding errors weigh less. No unit comes to its corner on the way.
    distance = 1e-3
    assert np.abs(x @ W1 + b1).min() > 2 * distance * np.abs(W1).max()
    # Sums of 784 and of 9 products, each off by half an eps of the sum of the sizes.
    sizes = (x @ np.abs(W1) + np.abs(b1)) @ np.abs(W2)
    bound = 793 * np.finfo(float).eps * sizes.max() / distance
    assert bound < 1e-6
    votes = playground.pixel_votes(network, x, 3, 8)
    for pixel in rng.integers(784, size=10):
        step = np.zeros(784)
        step[pixel] = distance
        up, down = scores(network, x + step), scores(network, x - step)
        slope = ((up[3] - up[8]) - (down[3] - down[8])) / (2 * distance)
        assert votes[pixel] == pytest.approx(x[pixel] * slope, rel=0, abs=bound)


def test_votes_and_biases_add_up_to_the_difference_of_the_scores(network, rng):
    x = rng.random(784)
    W1, b1, W2, b2 = network
    fires = x @ W1 + b1 > 0
    biases = (b1 * fires) @ (W2[:, 3] - W2[:, 8]) + b2[3] - b2[8]
    z = scores(network, x)
    # As above: sums of 784 and 9 products, twice.
    sizes = (x @ np.abs(W1) + np.abs(b1)) @ np.abs(W2) + np.abs(b2)
    bound = 2 * 793 * np.finfo(float).eps * sizes.max()
    total = playground.pixel_votes(network, x, 3, 8).sum() + biases
    assert total == pytest.approx(z[3] - z[8], rel=0, abs=bound)


def test_the_packed_network_can_be_unpacked(network, test_images):
    html = playground.to_html(network, test_images[:2], [7, 2], [7, 2, 1])
    text = re.fullmatch(r"<script [^>]*json[^>]*>(.*)</script>", html)[1]
    data = json.loads(text)
    assert text == json.dumps(data, separators=(",", ":"))
    first, second = data["layers"]
    assert (first["outputs"], second["outputs"]) == (9, 10)
    codes = np.frombuffer(base64.b64decode(first["codes"]), "i1").reshape(784, 9)
    scales = np.frombuffer(base64.b64decode(first["scales"]), "<f4")
    assert (np.abs(codes * scales.astype(float) - network[0]) <= scales * HALF).all()
    biases = np.frombuffer(base64.b64decode(first["biases"]), "<f4")
    np.testing.assert_array_equal(biases, network[1].astype(np.float32))
    images = np.frombuffer(base64.b64decode(data["images"]), "u1").reshape(2, 28, 28)
    np.testing.assert_array_equal(images, test_images[:2])
    assert (data["labels"], data["answers"]) == ("72", "721")


@pytest.mark.parametrize("shape", [(2, 28, 27), (2, 27, 28), (2, 784), (1, 2, 28, 28)])
def test_images_of_another_shape_are_not_packed(network, shape):
    with pytest.raises(ValueError, match=r"^images: expected shape \(n, 28, 28\). Received"):
        playground.to_html(network, np.zeros(shape, int), [7, 2], [7])
