"""The naive loops are held against NumPy."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlbook import ops

pytestmark = pytest.mark.numeric

REAL_DTYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "longdouble"),
]

ORACLES = {
    "naive_relu": (lambda x: np.maximum(x, 0), [(3, 4)]),
    "naive_add": (np.add, [(3, 4), (3, 4)]),
    "naive_add_matrix_and_vector": (np.add, [(3, 4), (4,)]),
    "naive_vector_dot": (np.dot, [(4,), (4,)]),
    "naive_matrix_vector_dot": (np.dot, [(3, 4), (4,)]),
    "naive_matrix_dot": (np.dot, [(3, 4), (4, 2)]),
}


def random_array(rng, dtype, shape):
    """Small numbers of both signs, where the dtype has signs.

    All are multiples of 1/4 up to 9/4, or whole numbers up to 9. So products are multiples of 1/16
    and sums of four of them at most 324, or 20.25 in sixteenths: every dtype here holds them
    without rounding, and results are compared digit by digit.
    """
    values = rng.integers(-9, 10, size=shape)
    if np.dtype(dtype).kind == "u":
        values = abs(values)
    return (values / 4 if np.dtype(dtype).kind == "f" else values).astype(dtype)


@pytest.mark.parametrize("dtype", REAL_DTYPES)
@pytest.mark.parametrize("name", ORACLES)
def test_result_equals_numpys_in_value_and_dtype(name, dtype, rng):
    oracle, shapes = ORACLES[name]
    arguments = [random_array(rng, dtype, shape) for shape in shapes]
    expected = oracle(*arguments)
    result = getattr(ops, name)(*arguments)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("name", [name for name in ORACLES if name != "naive_relu"])
@pytest.mark.parametrize("first", REAL_DTYPES)
@pytest.mark.parametrize(
    "second", ["bool", "int8", "uint8", "int64", "uint64", "float16", "float32"]
)
def test_mixed_dtypes_are_promoted_as_numpy_does(name, first, second, rng):
    oracle, (shape, other) = ORACLES[name]
    x, y = random_array(rng, first, shape), random_array(rng, second, other)
    expected = oracle(x, y)
    result = getattr(ops, name)(x, y)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("name", ORACLES)
def test_arguments_stay_as_they_were(name, rng):
    _, shapes = ORACLES[name]
    arguments = [random_array(rng, "float64", shape) for shape in shapes]
    before = [argument.copy() for argument in arguments]
    for argument in arguments:
        argument.flags.writeable = False
    result = getattr(ops, name)(*arguments)
    for argument, copy in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(argument, copy)
        assert not np.shares_memory(result, argument)


def assert_same_product(x, y):
    """Compare two ways to add up products: each is off by n half eps of the sum of their sizes.

    Numbers too small to have all digits lose up to the smallest number of float64 in each product.
    """
    n, size = x.shape[1], np.abs(x) @ np.abs(y)
    bound = (n + 1) * (np.finfo(float).eps * size + np.finfo(float).tiny)
    assert (np.abs(ops.naive_matrix_dot(x, y) - x @ y) <= bound).all()


@pytest.mark.parametrize("order", ["C", "F"])
def test_views_and_memory_order_do_not_matter(order, rng):
    x = np.asarray(rng.normal(size=(6, 8)), order=order)[::2, ::-2]
    y = np.asarray(rng.normal(size=(4, 5)), order=order)
    assert_same_product(x, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_values_go_through_relu_as_in_numpy(dtype):
    x = np.array([[np.nan, np.inf, -np.inf, -0.0, 0.0, -1.5, 2.5]], dtype=dtype)
    result = ops.naive_relu(x)
    np.testing.assert_array_equal(result, np.maximum(x, 0))
    # Of -0.0 and 0 NumPy returns the one or the other, depending on the processor; we return 0.
    assert not np.signbit(result[0, 1:]).any()


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # NumPy warns of inf - inf, too
def test_special_values_go_through_sums_as_in_numpy():
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0])
    x, y = np.meshgrid(special, special)
    result, expected = ops.naive_add(x, y), x + y
    np.testing.assert_array_equal(result, expected)
    is_number = ~np.isnan(expected)  # the sign of NaN means nothing
    np.testing.assert_array_equal(np.signbit(result)[is_number], np.signbit(expected)[is_number])
    for left in special:
        for right in special:
            pair = np.array([left, 1.0]), np.array([right, 1.0])
            np.testing.assert_array_equal(ops.naive_vector_dot(*pair), np.dot(*pair))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64"])
def test_integers_wrap_around_in_silence(dtype):
    largest = np.iinfo(dtype).max
    x = np.full((2, 2), largest, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(ops.naive_add(x, x), x + x)
        np.testing.assert_array_equal(ops.naive_add_matrix_and_vector(x, x[0]), x + x[0])
        np.testing.assert_array_equal(ops.naive_matrix_dot(x, x), x @ x)


def test_float_overflow_warns_as_in_numpy():
    x = np.full((1, 1), np.finfo("float64").max)
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert np.isinf(ops.naive_add(x, x)).all()


def test_integer_plus_float_is_not_truncated():
    result = ops.naive_add(np.array([[1, 2]]), np.array([[0.5, 0.25]]))
    np.testing.assert_array_equal(result, [[1.5, 2.25]])


def test_half_precision_sums_keep_numpys_precision():
    # Whole numbers up to 2**24 are exact in float32, in which NumPy adds up, and 4096 in float16.
    ones = np.ones(4096, dtype="float16")
    assert ops.naive_vector_dot(ones, ones) == np.dot(ones, ones) == 4096
    # 1 + 2**-11 lies in the middle between two numbers of float16 and goes to the even one, 1. What
    # is added last would tip it the other way, and is lost in float32, but not in float64.
    x, y = (np.array([1, 2.0**-11, 2.0**-14], "float16"), np.array([1, 1, 2.0**-14], "float16"))
    assert ops.naive_vector_dot(x, y) == np.dot(x, y) == 1


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("naive_relu", [(0, 3)]),
        ("naive_add", [(2, 0), (2, 0)]),
        ("naive_add_matrix_and_vector", [(0, 3), (3,)]),
        ("naive_vector_dot", [(0,), (0,)]),
        ("naive_matrix_vector_dot", [(3, 0), (0,)]),
        ("naive_matrix_dot", [(3, 0), (0, 2)]),
        ("naive_matrix_dot", [(0, 2), (2, 0)]),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_empty_arrays_give_numpys_result(name, shapes, dtype):
    arguments = [np.empty(shape, dtype=dtype) for shape in shapes]
    expected = ORACLES[name][0](*arguments)
    result = getattr(ops, name)(*arguments)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


numbers = st.floats(-1e3, 1e3)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(data=st.data(), sizes=st.tuples(*[st.integers(0, 6)] * 3))
def test_matrix_product_equals_numpys_for_any_sizes(data, sizes):
    rows, inner, columns = sizes
    x = data.draw(hnp.arrays("float64", (rows, inner), elements=numbers))
    y = data.draw(hnp.arrays("float64", (inner, columns), elements=numbers))
    assert_same_product(x, y)


WRONG = [
    ("naive_relu", (np.ones(3),), ValueError, "x: expected an array of rank 2. Received: rank 1"),
    ("naive_relu", ([[1.0]],), TypeError, "x: expected a NumPy array. Received: list"),
    ("naive_relu", (np.ma.ones((1, 1)),), TypeError, "x: .*Received: MaskedArray"),
    ("naive_relu", (np.ones((1, 1), complex),), TypeError, "x: .*Received: dtype complex128"),
    ("naive_relu", (np.ones((1, 1), object),), TypeError, "x: .*Received: dtype object"),
    ("naive_relu", (np.array([["1"]]),), TypeError, "x: .*Received: dtype <U1"),
    ("naive_relu", (np.zeros((1, 1), "m8[s]"),), TypeError, "x: .*Received: dtype timedelta64"),
    ("naive_add", (np.ones((2, 3)), np.ones((3, 2))), ValueError, r"y: expected shape \(2, 3\)"),
    ("naive_add", (np.ones((2, 3)), np.ones((1, 3))), ValueError, r"y: .*Received: \(1, 3\)"),
    ("naive_add", (np.ones((2, 3)), 1.0), TypeError, "y: expected a NumPy array. Received: float"),
    ("naive_add", (np.ones((2, 3)), np.ones(3)), ValueError, "y: expected an array of rank 2"),
    ("naive_add_matrix_and_vector", (np.ones((2, 3)), np.ones(2)), ValueError, r"y: .*\(3,\)"),
    ("naive_add_matrix_and_vector", (np.ones((2, 3)), np.ones(1)), ValueError, r"y: .*\(3,\)"),
    ("naive_add_matrix_and_vector", (np.ones(3), np.ones(3)), ValueError, "x: .*rank 2"),
    ("naive_vector_dot", (np.ones(2), np.ones(3)), ValueError, r"y: .*Received: \(3,\)"),
    ("naive_vector_dot", (np.ones((2, 2)), np.ones(2)), ValueError, "x: .*rank 1"),
    ("naive_vector_dot", (np.float64(1), np.ones(1)), TypeError, "x: expected a NumPy array"),
    ("naive_matrix_vector_dot", (np.ones((2, 3)), np.ones(2)), ValueError, r"y: .*\(3,\)"),
    ("naive_matrix_dot", (np.ones((2, 3)), np.ones((2, 3))), ValueError, r"y: .*\(3, 3\)"),
    ("naive_matrix_dot", (np.ones((2, 3)), np.ones((3, 2), complex)), TypeError, "y: .*complex"),
]


@pytest.mark.parametrize(("name", "arguments", "error", "message"), WRONG)
def test_wrong_input_is_refused_by_name(name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(ops, name)(*arguments)


def test_wrong_input_is_refused_under_python_o_too():
    code = "import numpy as np; from dlbook import naive_relu; naive_relu(np.ones(3))"
    run = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True)
    assert run.returncode != 0
    assert "ValueError: x: expected an array of rank 2" in run.stderr
