"""The tape is held against TensorFlow's tape and against finite differences."""

import contextlib
import copy
import gc
import itertools
import math
import os
import pickle
import subprocess
import sys
import threading
import weakref
from typing import NamedTuple

# TensorFlow's start-up chatter helps nobody here.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlbook import _arrays, autodiff
from dlbook.autodiff import GradientTape, Tensor, Variable

pytestmark = pytest.mark.numeric

repeatable = settings(deadline=None, derandomize=True, max_examples=30)
seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
full_shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)
two_shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=3)


def normal(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def weighted_gradients(engine, function, arrays):
    """Gradients of Σ weights · function, so that no mistake hides behind a gradient of ones."""
    total = engine.sum if engine is autodiff else engine.reduce_sum
    variables = [engine.Variable(array) for array in arrays]
    with engine.GradientTape() as tape:
        output = function(*variables)
        weights = np.cos(np.arange(math.prod(output.shape))).reshape(tuple(output.shape))
        loss = total(output * weights)
    gradients = tape.gradient(loss, variables)
    return output.numpy(), [np.asarray(tf.convert_to_tensor(g)) for g in gradients]


def numerical_gradients(function, arrays):
    def loss_of(k):
        def loss(x):
            output = function(*arrays[:k], x, *arrays[k + 1 :])
            return np.sum(output * np.cos(np.arange(output.size)).reshape(output.shape))

        return loss

    return [autodiff.numerical_gradient(loss_of(k), x) for k, x in enumerate(arrays)]


def assert_same(ours, theirs, *arrays, finite_differences=True):
    """Values and gradients of `ours` equal TensorFlow's, and gradients finite differences."""
    output, gradients = weighted_gradients(autodiff, ours, arrays)
    expected_output, expected = weighted_gradients(tf, theirs, arrays)
    np.testing.assert_allclose(output, expected_output, rtol=1e-6, atol=1e-12, strict=True)
    for array, gradient, wanted in zip(arrays, gradients, expected, strict=True):
        assert gradient.shape == array.shape
        assert gradient.dtype == array.dtype
        np.testing.assert_allclose(gradient, wanted, rtol=1e-6, atol=1e-10, strict=True)
    if finite_differences:
        for gradient, wanted in zip(gradients, numerical_gradients(ours, arrays), strict=True):
            np.testing.assert_allclose(gradient, wanted, rtol=1e-5, atol=1e-5)


# Operations, element by element


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda x, y: x + y, tf.add),
        (lambda x, y: x - y, tf.subtract),
        (lambda x, y: x * y, tf.multiply),
        (lambda x, y: x / (y * y + 0.5), lambda x, y: x / (y * y + 0.5)),
        (lambda x, y: (x * x + 0.1) ** y, lambda x, y: (x * x + 0.1) ** y),
    ],
    ids=["add", "subtract", "multiply", "divide", "power"],
)
@repeatable
@given(shapes=two_shapes, seed=seeds)
def test_arithmetic_with_broadcasting_equals_tensorflow(ours, theirs, shapes, seed):
    assert_same(ours, theirs, *normal(seed, *shapes.input_shapes))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda x: -x, tf.negative),
        (autodiff.exp, tf.exp),
        (lambda x: autodiff.log(x * x + 0.1), lambda x: tf.math.log(x * x + 0.1)),
        (autodiff.tanh, tf.tanh),
        (autodiff.sigmoid, tf.sigmoid),
        (autodiff.relu, tf.nn.relu),
        (lambda x: autodiff.clip(x, -0.5, 0.5), lambda x: tf.clip_by_value(x, -0.5, 0.5)),
        (lambda x: x**3, lambda x: x**3),
        (lambda x: (x * x + 0.1) ** -0.5, lambda x: (x * x + 0.1) ** -0.5),
        (lambda x: 3 - x, lambda x: 3 - x),
        (lambda x: 3 / (x * x + 0.5), lambda x: 3 / (x * x + 0.5)),
        (lambda x: 3**x, lambda x: 3**x),
    ],
    ids=[
        *("negative", "exp", "log", "tanh", "sigmoid", "relu", "clip", "cube"),
        *("inverse-root", "number-minus", "number-over", "number-to-the-power"),
    ],
)
@repeatable
@given(shape=shapes, seed=seeds)
def test_functions_of_one_array_equal_tensorflow(ours, theirs, shape, seed):
    assert_same(ours, theirs, *normal(seed, shape))


def test_relu_has_gradient_zero_at_zero():
    x = Variable([-1.0, 0.0, 1.0])
    with GradientTape() as tape:
        y = autodiff.relu(x)
    np.testing.assert_array_equal(tape.gradient(y, x), [0, 0, 1])


def test_sigmoid_is_exact_and_silent_far_from_zero():
    x = np.array([-700.0, -40.0, 40.0, 800.0])
    expected = [np.exp(-700.0), np.exp(-40.0), 1, 1]
    np.testing.assert_allclose(autodiff.sigmoid(x), expected, rtol=1e-12)


@pytest.mark.parametrize("exponent", [0, 1, 2, 2.0, 3])
def test_power_has_the_right_gradient_at_zero(exponent):
    x = Variable([0.0, 2.0])
    with GradientTape() as tape:
        y = x**exponent
    expected = [1.0 if exponent == 1 else 0.0, exponent * 2.0 ** (exponent - 1)]
    np.testing.assert_array_equal(tape.gradient(y, x), expected)


def test_gradient_for_an_exponent_is_zero_where_the_base_is_not_positive_as_in_tensorflow():
    assert_same(
        lambda y: np.array([-2.0, 0.0, 2.0]) ** y,
        lambda y: np.array([-2.0, 0.0, 2.0]) ** y,
        np.array([2.0, 2.0, 2.0]),
        finite_differences=False,
    )


# Matrix products


def tensorflow_matmul(x, y):
    """TensorFlow's matmul knows no vectors, so make them matrices first."""
    vector_x, vector_y = len(x.shape) == 1, len(y.shape) == 1
    z = tf.matmul(x[None, :] if vector_x else x, y[:, None] if vector_y else y)
    z = z[..., 0] if vector_y else z
    return (z[..., 0] if vector_y else z[..., 0, :]) if vector_x else z


@settings(repeatable, max_examples=150)
@given(
    shapes=hnp.mutually_broadcastable_shapes(
        signature=np.matmul.signature, min_side=0, max_side=3, max_dims=2
    ),
    seed=seeds,
)
def test_matrix_product_of_every_rank_equals_tensorflow(shapes, seed):
    assert_same(lambda x, y: x @ y, tensorflow_matmul, *normal(seed, *shapes.input_shapes))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((3,), (4, 3, 2)),
        ((4, 2, 3), (3,)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((4, 2, 3), (3, 2)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
        ((0,), (0,)),
    ],
)
def test_matrix_product_of_ranks_that_readers_will_try(left, right):
    assert_same(lambda x, y: x @ y, tensorflow_matmul, *normal(1, left, right))


# Sums, means, maxima


@st.composite
def reductions(draw, shapes):
    shape = draw(shapes)
    axes = st.integers(-len(shape), len(shape) - 1)
    some = st.lists(axes, unique_by=lambda axis: axis % len(shape)).map(tuple)
    axis = draw(st.one_of(st.none(), axes, some) if shape else st.sampled_from([None, ()]))
    return shape, axis, draw(st.booleans())


@repeatable
@given(how=reductions(shapes), seed=seeds)
def test_sum_equals_tensorflow_along_every_axis_and_of_nothing(how, seed):
    shape, axis, keepdims = how
    assert_same(
        lambda x: autodiff.sum(x, axis, keepdims=keepdims),
        lambda x: tf.reduce_sum(x, axis, keepdims=keepdims),
        *normal(seed, shape),
    )


@pytest.mark.parametrize("name", ["mean", "max"])
@repeatable
@given(how=reductions(full_shapes), seed=seeds)
def test_mean_and_max_equal_tensorflow_along_every_axis(name, how, seed):
    shape, axis, keepdims = how
    ours, theirs = getattr(autodiff, name), getattr(tf, f"reduce_{name}")
    assert_same(
        lambda x: ours(x, axis, keepdims=keepdims),
        lambda x: theirs(x, axis, keepdims=keepdims),
        *normal(seed, shape),
    )


@repeatable
@given(how=reductions(full_shapes), seed=seeds)
def test_ties_share_the_gradient_of_max_as_in_tensorflow(how, seed):
    shape, axis, keepdims = how
    x = np.random.default_rng(seed).integers(0, 2, shape).astype(np.float64)
    assert_same(
        lambda x: autodiff.max(x, axis, keepdims=keepdims),
        lambda x: tf.reduce_max(x, axis, keepdims=keepdims),
        x,
        finite_differences=False,
    )


@pytest.mark.parametrize("name", ["mean", "max"])
def test_mean_and_max_take_empty_arrays_along_an_axis_that_is_not_empty(name):
    ours, theirs = getattr(autodiff, name), getattr(tf, f"reduce_{name}")
    assert_same(lambda x: ours(x, 1), lambda x: theirs(x, 1), np.empty((0, 3)))


def test_the_mean_of_nothing_is_nan_as_in_numpy_and_its_gradient_is_empty():
    x = Variable(np.empty((0, 3)))
    with pytest.warns(RuntimeWarning), GradientTape() as tape:
        y = autodiff.mean(x, axis=0)
    assert np.isnan(y.numpy()).all()
    assert tape.gradient(y, x).shape == (0, 3)


# Softmax and cross-entropy


@st.composite
def shapes_and_axes(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    return shape, draw(st.integers(-len(shape), len(shape) - 1))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@repeatable
@given(how=shapes_and_axes(), seed=seeds)
def test_softmax_and_its_logarithm_equal_tensorflow_along_every_axis(name, how, seed):
    shape, axis = how
    ours, theirs = getattr(autodiff, name), getattr(tf.nn, name)
    assert_same(lambda x: ours(x, axis), lambda x: theirs(x, axis), *normal(seed, shape))


def test_softmax_stays_finite_for_large_numbers_and_takes_whole_numbers():
    np.testing.assert_allclose(autodiff.softmax(np.array([1e4, 1e4, 0])), [0.5, 0.5, 0])
    np.testing.assert_allclose(autodiff.log_softmax(np.array([0.0, 1e4])), [-1e4, 0])
    rows = np.array([[0.0, 0.0], [1e4, 1e4]])  # each is shifted by its own largest number
    np.testing.assert_allclose(autodiff.softmax(rows), np.full((2, 2), 0.5))
    np.testing.assert_allclose(autodiff.log_softmax(rows), np.full((2, 2), -np.log(2)))
    np.testing.assert_allclose(autodiff.softmax([3, 3]), [0.5, 0.5])
    np.testing.assert_allclose(autodiff.softmax(np.array([0, 0], dtype=np.uint8)), [0.5, 0.5])


def keras_crossentropy(labels, *, from_logits):
    return lambda x: keras.losses.sparse_categorical_crossentropy(
        labels, x, from_logits=from_logits
    )


def our_crossentropy(labels, *, from_logits):
    return lambda x: autodiff.sparse_categorical_crossentropy(labels, x, from_logits=from_logits)


@st.composite
def examples(draw):
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4))
    classes = draw(st.integers(1, 5))
    labels = draw(
        hnp.arrays(draw(hnp.integer_dtypes()), shape, elements=st.integers(0, classes - 1))
    )
    return labels, normal(draw(seeds), (*shape, classes))[0]


@repeatable
@given(example=examples())
def test_crossentropy_from_logits_equals_keras(example):
    labels, logits = example
    how = {"from_logits": True}
    assert_same(our_crossentropy(labels, **how), keras_crossentropy(labels, **how), logits)


@repeatable
@given(example=examples())
def test_crossentropy_from_probabilities_equals_keras_even_if_they_do_not_add_up_to_one(example):
    labels, x = example
    how = {"from_logits": False}
    x = 1 / (1 + np.exp(-x))
    assert_same(our_crossentropy(labels, **how), keras_crossentropy(labels, **how), x)


def test_crossentropy_clips_probabilities_and_their_gradient_as_keras_does():
    labels = np.array([0, 1, 0, 2, 1])
    p = [[1, 0, 0], [1, 0, 0], [1e-7, 1 - 1e-7, 0], [1e-8, 0.5, 0.5 - 1e-8], [-0.1, 1.2, 0]]
    how = {"from_logits": False}
    ours, theirs = our_crossentropy(labels, **how), keras_crossentropy(labels, **how)
    assert_same(ours, theirs, np.array(p), finite_differences=False)
    assert_same(ours, theirs, np.array(p, dtype=np.float32), finite_differences=False)


def test_crossentropy_from_logits_stays_finite_where_probabilities_round_to_zero():
    logits = Variable([[0.0, 2000.0]])
    with GradientTape() as tape:
        loss = autodiff.sparse_categorical_crossentropy([0], logits, from_logits=True)
    np.testing.assert_array_equal(loss, [2000])
    np.testing.assert_array_equal(tape.gradient(loss, logits), [[-1, 1]])


def test_crossentropy_of_a_sure_mistake_has_no_gradient_in_half_precision_either():
    p = np.array([[1, 0, 0.5]], np.float16)
    ours, theirs = Variable(p), tf.Variable(p)
    with GradientTape() as tape:
        loss = autodiff.sparse_categorical_crossentropy([1], ours)
    with tf.GradientTape() as their_tape:
        their_loss = keras.losses.sparse_categorical_crossentropy(np.array([1]), theirs)
    np.testing.assert_allclose(
        tape.gradient(loss, ours), their_tape.gradient(their_loss, theirs), rtol=1e-2
    )


@pytest.mark.parametrize("dtype", [">f8", "<f8", ">f4"])
def test_max_has_a_gradient_in_either_byte_order(dtype):
    x = Variable(np.array([1, 3, 3], dtype))
    with GradientTape() as tape:
        largest = autodiff.max(x)
    np.testing.assert_array_equal(tape.gradient(largest, x), [0, 0.5, 0.5])


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0.0, 1.0], TypeError, "labels: expected whole numbers. Received: dtype float64"),
        ([0], ValueError, r"labels: expected shape \(2,\).*Received: shape \(1,\)"),
        ([0, 3], ValueError, "labels: expected whole numbers from 0 to 2. Received: .* 0 to 3"),
        ([-1, 0], ValueError, "labels: expected whole numbers from 0 to 2. Received: .* -1 to 0"),
    ],
)
def test_crossentropy_refuses_labels_that_make_no_sense(labels, error, message):
    with pytest.raises(error, match=message):
        autodiff.sparse_categorical_crossentropy(labels, np.full((2, 3), 1 / 3))


# Shapes and indices


def tensorflow_pick(function):
    """Any rearrangement of entries, by gathering what NumPy does to their positions."""

    def pick(x):
        positions = np.arange(math.prod(x.shape)).reshape(tuple(x.shape))
        return tf.gather(tf.reshape(x, [-1]), function(positions))

    return pick


@st.composite
def indexed(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3))
    basic = hnp.basic_indices(shape, allow_newaxis=True)
    arrays = hnp.integer_array_indices(shape)  # they repeat entries
    masks = hnp.arrays(bool, shape)
    return shape, draw(st.one_of(basic, arrays, masks))


@settings(repeatable, max_examples=100)
@given(how=indexed(), seed=seeds)
def test_indexing_equals_tensorflow_and_adds_up_what_is_named_twice(how, seed):
    shape, index = how
    assert_same(lambda x: x[index], tensorflow_pick(lambda p: p[index]), *normal(seed, shape))


@pytest.mark.parametrize(
    "index", [[0, 0, 1], ([0, 0], slice(None)), Tensor([1, 1]), np.int64(1), (..., -1), None]
)
def test_indices_of_every_kind_are_taken(index):
    plain = np.asarray(index) if isinstance(index, Tensor) else index
    assert_same(lambda x: x[index], tensorflow_pick(lambda p: p[plain]), *normal(1, (2, 3)))


@repeatable
@given(shape=shapes, seed=seeds, data=st.data())
def test_reshape_and_transpose_equal_tensorflow(shape, seed, data):
    axes = data.draw(st.one_of(st.none(), st.permutations(range(len(shape))).map(tuple)))
    negative = data.draw(st.booleans())
    if axes is not None and negative:
        axes = tuple(axis - len(shape) for axis in axes)
    new = data.draw(st.permutations(shape))
    x = normal(seed, shape)
    assert_same(
        lambda x: autodiff.transpose(x, axes), tensorflow_pick(lambda p: p.transpose(axes)), *x
    )
    assert_same(lambda x: autodiff.reshape(x, new), lambda x: tf.reshape(x, new), *x)


def test_short_spellings_of_reshape_and_transpose_work():
    x = normal(1, (2, 3))
    assert_same(lambda x: autodiff.reshape(x, -1), lambda x: tf.reshape(x, [-1]), *x)
    assert_same(lambda x: autodiff.transpose(x), tf.transpose, *x)
    assert Variable(x[0]).T.shape == (3, 2)


@st.composite
def joints(draw):
    shape = list(draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    rank = axis % len(shape)
    return axis, [(*shape[:rank], length, *shape[rank + 1 :]) for length in lengths]


@repeatable
@given(joint=joints(), seed=seeds)
def test_concatenation_equals_tensorflow(joint, seed):
    axis, shapes = joint
    assert_same(
        lambda *x: autodiff.concatenate(x, axis),
        lambda *x: tf.concat(x, axis),
        *normal(seed, *shapes),
    )


def test_concatenation_along_an_axis_that_is_not_there_is_refused_as_in_numpy():
    for tensors, axis in [([Variable(1.0), Variable(2.0)], 0), ([Variable([1.0])], 1)]:
        with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
            autodiff.concatenate(tensors, axis)


# Networks


class Network(NamedTuple):
    inputs: np.ndarray
    labels: np.ndarray
    weights: list
    activations: list
    loss: str


def random_network(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, size=rng.integers(2, 6))
    weights = []
    for rows, columns in itertools.pairwise(sizes):
        weights += [rng.normal(size=(rows, columns)), rng.normal(size=columns)]
    batch = rng.integers(1, 6)
    return Network(
        rng.normal(size=(batch, sizes[0])),
        rng.integers(0, sizes[-1], batch),
        weights,
        list(rng.choice(["relu", "tanh", "sigmoid", "softmax"], len(sizes) - 1)),
        str(rng.choice(["probabilities", "logits", "squares"])),
    )


def our_loss(network, weights):
    x = network.inputs
    for W, b, activation in zip(weights[::2], weights[1::2], network.activations, strict=True):
        x = getattr(autodiff, activation)(x @ W + b)
    if network.loss == "squares":
        return autodiff.mean((x - 0.5) ** 2)
    logits = network.loss == "logits"
    x = x if logits else autodiff.softmax(x)
    return autodiff.mean(
        autodiff.sparse_categorical_crossentropy(network.labels, x, from_logits=logits)
    )


def tensorflow_loss(network, weights):
    x = tf.constant(network.inputs)
    for W, b, activation in zip(weights[::2], weights[1::2], network.activations, strict=True):
        x = getattr(tf.nn, activation)(x @ W + b)
    if network.loss == "squares":
        return tf.reduce_mean((x - 0.5) ** 2)
    logits = network.loss == "logits"
    x = x if logits else tf.nn.softmax(x)
    return tf.reduce_mean(
        keras.losses.sparse_categorical_crossentropy(network.labels, x, from_logits=logits)
    )


def test_gradients_of_200_random_networks_equal_tensorflow_and_finite_differences():
    for seed in range(200):
        network = random_network(seed)
        ours = [Variable(array) for array in network.weights]
        with GradientTape() as tape:
            loss = our_loss(network, ours)
        gradients = tape.gradient(loss, ours)
        theirs = [tf.Variable(array) for array in network.weights]
        with tf.GradientTape() as tensorflow_tape:
            expected_loss = tensorflow_loss(network, theirs)
        expected = tensorflow_tape.gradient(expected_loss, theirs)
        np.testing.assert_allclose(float(loss), float(expected_loss), rtol=1e-9)
        for gradient, wanted in zip(gradients, expected, strict=True):
            scale = np.max(np.abs(wanted), initial=0)
            np.testing.assert_allclose(gradient, wanted, rtol=1e-6, atol=1e-9 * scale)
        numerical = autodiff.numerical_gradient(
            lambda W, network=network: our_loss(network, [W, *network.weights[1:]]), ours[0]
        )
        np.testing.assert_allclose(gradients[0], numerical, rtol=1e-5, atol=1e-7)


def test_matt_mazurs_worked_example_gives_the_digits_that_it_publishes():
    inputs, targets = np.array([0.05, 0.10]), np.array([0.01, 0.99])
    W1, W2 = Variable([[0.15, 0.25], [0.20, 0.30]]), Variable([[0.40, 0.50], [0.45, 0.55]])

    def outputs():
        return autodiff.sigmoid(autodiff.sigmoid(inputs @ W1 + 0.35) @ W2 + 0.60)

    def error():
        return 0.5 * autodiff.sum((targets - outputs()) ** 2)

    assert f"{outputs()[0]:.8f}" == "0.75136507"
    assert f"{outputs()[1]:.9f}" == "0.772928465"
    with GradientTape() as tape:
        loss = error()
    assert f"{loss:.9f}" == "0.298371109"
    for W, gradient in zip([W1, W2], tape.gradient(loss, [W1, W2]), strict=True):
        W.assign_sub(0.5 * gradient)
    published = [
        (W1[0, 0], "0.149780716"),
        (W1[1, 0], "0.19956143"),
        (W1[0, 1], "0.24975114"),
        (W1[1, 1], "0.29950229"),
        (W2[0, 0], "0.35891648"),
        (W2[1, 0], "0.408666186"),
        (W2[0, 1], "0.511301270"),
        (W2[1, 1], "0.561370121"),
    ]
    for weight, digits in published:
        assert f"{weight:.{len(digits) - 2}f}" == digits
    assert f"{error():.9f}" == "0.291027774"  # the article's 0.291027924 is a slip


def test_the_small_examples_of_the_book_come_out():
    x = Variable(0.0)
    with GradientTape() as tape:
        y = 2 * x + 3
    assert float(tape.gradient(y, x)) == 2

    x = Variable(np.zeros((2, 2)))
    with GradientTape() as tape:
        y = 2 * x + 3
    np.testing.assert_array_equal(tape.gradient(y, x), [[2, 2], [2, 2]])

    W, b, x = Variable(np.ones((2, 2))), Variable(np.zeros(2)), np.array([[1.0, 2.0], [3.0, 4.0]])
    with GradientTape() as tape:
        y = x @ W + b
    for_W, for_b = tape.gradient(y, [W, b])
    np.testing.assert_array_equal(for_W, [[4, 4], [6, 6]])
    np.testing.assert_array_equal(for_b, [2, 2])


# Second derivatives

SMOOTH = {
    "arithmetic": lambda ad, x: x * x * x / (x + 5.0) - 2 / x,
    "power": lambda ad, x: (x * x) ** 1.5 + (x * x) ** x,
    "functions": lambda ad, x: ad.exp(ad.tanh(x)) + ad.sigmoid(x),
    "relu": lambda ad, x: (ad.relu(x) if ad is autodiff else tf.nn.relu(x)) ** 3,
}


@pytest.mark.parametrize("function", SMOOTH.values(), ids=SMOOTH)
def test_second_derivatives_equal_tensorflow(function):
    array = np.array([-1.5, -0.5, 0.3, 2.0])
    results = []
    for engine in (autodiff, tf):
        x = engine.Variable(array)
        with engine.GradientTape() as outer:
            with engine.GradientTape() as inner:
                y = function(engine, x)
            first = inner.gradient(y, x)
        results.append(outer.gradient(first, x).numpy())
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)


def _log_of_sums(x):
    return autodiff.log(autodiff.sum(x * x, axis=0)) * autodiff.mean(x, axis=(0, 1))


TWICE = {
    "sums": _log_of_sums,
    "max": lambda x: autodiff.max(x, axis=1) ** 2,
    "softmax": lambda x: autodiff.softmax(x) ** 2,
    "log_softmax": lambda x: autodiff.log_softmax(x, axis=0) ** 2,
    "logits": lambda x: autodiff.sparse_categorical_crossentropy([0, 2], x, from_logits=True),
    "probabilities": lambda x: autodiff.sparse_categorical_crossentropy([0, 2], x * x / 20),
    "matmul": lambda x: x @ x.T @ x,
    "vectors": lambda x: (x[0] @ x[1]) ** 2 + x @ x[0] @ x,
    "stacks": lambda x: autodiff.reshape(x, (3, 1, 2)) @ x,
    "indices": lambda x: x[[0, 0, 1], 1:] ** 3 * x[None, 0, :1],
    "join": lambda x: autodiff.concatenate([x, x * x, np.ones((1, 3))]) ** 2,
    "clip": lambda x: autodiff.clip(x, -1, 1) ** 3,
    "broadcast": lambda x: (x[:1] + x) ** 3 + autodiff.broadcast_to(x[0], (2, 3)) ** 2,
    "dtype": lambda x: autodiff.astype(x, np.longdouble) ** 3,
}


@pytest.mark.parametrize("function", TWICE.values(), ids=TWICE)
def test_a_tape_around_a_tape_equals_finite_differences_of_the_gradient(function):
    def gradient(x):
        x = Variable(x)
        with GradientTape() as tape:
            y = function(x)
        return tape.gradient(y, x).numpy()

    array = np.array([[0.5, -1.25, 2.0], [1.5, 0.25, -0.75]])
    direction = np.array([[1.0, 2.0, -1.0], [0.5, -2.0, 3.0]])
    x = Variable(array)
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = function(x)
        along = autodiff.sum(inner.gradient(y, x) * direction)
    expected = autodiff.numerical_gradient(lambda x: np.sum(gradient(x) * direction), array)
    np.testing.assert_allclose(outer.gradient(along, x), expected, rtol=1e-5, atol=1e-6)


def test_a_persistent_tape_that_still_runs_gives_second_derivatives_by_itself():
    x = Variable(2.0)
    with GradientTape(persistent=True) as tape:
        y = x**4
        first = tape.gradient(y, x)
    assert float(tape.gradient(first, x)) == 48


def test_a_derivative_of_any_order_comes_from_as_many_tapes():
    x = Variable(2.0)
    with GradientTape() as a:
        with GradientTape() as b:
            with GradientTape() as c:
                y = x**4
            first = c.gradient(y, x)
        second = b.gradient(first, x)
    assert float(a.gradient(second, x)) == 48


# What the tape promises


def test_sources_of_any_structure_give_gradients_of_the_same_structure():
    class Pair(NamedTuple):
        left: Variable
        right: Variable

    a, b, c = Variable(1.0), Variable(2.0), Variable(3.0)
    sources = {"a": a, "rest": [(b, c), Pair(a, [b])]}
    with GradientTape() as tape:
        y = a * b * c
    gradients = tape.gradient(y, sources)
    assert list(gradients) == ["a", "rest"]
    (for_b, for_c), pair = gradients["rest"]
    assert isinstance(gradients["rest"][0], tuple)
    assert isinstance(pair, Pair)
    assert isinstance(gradients["a"], Tensor)
    assert [float(g) for g in (gradients["a"], for_b, for_c, *pair.right)] == [6, 3, 2, 3]


def test_a_source_that_the_target_does_not_depend_on_has_gradient_none():
    x, other, late = Variable(1.0), Variable(2.0), Variable(3.0)
    with GradientTape() as tape:
        y = x * 2
        _ = other * 2
    z = y * late
    assert tape.gradient(y, [x, other, late])[1:] == [None, None]
    assert tape.operations[0].output is y
    assert z.shape == ()


def test_a_target_that_is_not_scalar_is_summed():
    x = Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        y = x**2
        total = autodiff.sum(y)
    np.testing.assert_array_equal(tape.gradient(y, x), tape.gradient(total, x))


def test_the_gradient_of_a_source_for_itself_is_one():
    x = Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = x * 3
    np.testing.assert_array_equal(tape.gradient(y, y), [1, 1])


def test_gradients_for_results_on_the_way_are_there_too():
    x = Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = x * 3
        z = y * y
    for_x, for_y = tape.gradient(z, [x, y])
    np.testing.assert_array_equal(for_y, [6, 12])
    np.testing.assert_array_equal(for_x, [18, 36])


def test_a_tensor_is_recorded_only_when_it_is_watched():
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    with GradientTape() as tape:
        tape.watch([x])
        z = x * y
    for_x, for_y = tape.gradient(z, (x, y))
    np.testing.assert_array_equal(for_x, [3, 4])
    assert for_y is None


def test_nothing_is_recorded_outside_of_the_tape_or_of_constants():
    x = Variable(1.0)
    with GradientTape() as tape:
        y = x * 2
        _ = autodiff.exp(np.ones(3)) * Tensor(2.0)
    _ = y * 2
    assert [operation.name for operation in tape.operations] == ["multiply"]


def test_operations_on_plain_arrays_give_plain_arrays():
    assert type(autodiff.relu(np.array([-1.0, 1.0]))) is np.ndarray
    assert type(autodiff.mean(np.array([-1.0, 1.0]))) is np.float64
    assert type(autodiff.concatenate([np.ones(2), np.ones(1)])) is np.ndarray


def test_a_persistent_tape_can_be_asked_again():
    x = Variable(3.0)
    with GradientTape(persistent=True) as tape:
        y = x * x
        z = y * y
    assert [float(tape.gradient(t, x)) for t in (y, z, y)] == [6, 108, 6]


def test_a_used_tape_refuses_a_second_call():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(
        RuntimeError,
        match=r"^tape: expected GradientTape\(persistent=True\) for more than one call of "
        "gradient. Received: a second call$",
    ):
        tape.gradient(y, x)


def test_the_gradient_may_be_taken_while_the_tape_runs_which_ends_its_recording():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
        gradient = tape.gradient(y, x)
        _ = x * 3
    assert float(gradient) == 6
    assert len(tape.operations) == 1


def test_a_tape_that_runs_cannot_be_entered_again():
    tape = GradientTape()
    with (
        tape,
        pytest.raises(
            RuntimeError,
            match="^tape: expected one that is not recording. Received: an active tape$",
        ),
    ):
        tape.__enter__()
    x = Variable(3.0)
    with tape:
        y = x * x
    assert float(tape.gradient(y, x)) == 6


@pytest.mark.parametrize(
    ("target", "source", "message"),
    [
        (2.0, Variable(1.0), "target: expected a Variable or a Tensor. Received: float"),
        (np.ones(2), Variable(1.0), "target: expected a Variable or a Tensor. Received: ndarray"),
        (Tensor(1), Variable(1.0), "target: expected a floating-point dtype. Received: int64"),
        (Tensor(1.0), Variable(1), "sources: expected a floating-point dtype. Received: int64"),
        (Tensor(1.0), [np.ones(2)], "sources: expected a Variable or a Tensor. Received: ndarray"),
        (Tensor(1.0), {"W": None}, "sources: expected a Variable or a Tensor. Received: NoneType"),
    ],
)
def test_plain_mistakes_in_the_arguments_of_gradient_are_refused(target, source, message):
    with GradientTape() as tape:
        pass
    with pytest.raises(TypeError, match=message):
        tape.gradient(target, source)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (np.ones(2), "tensor: expected a Variable or a Tensor. Received: ndarray"),
        (Tensor([1, 2]), "tensor: expected a floating-point dtype. Received: int64"),
    ],
)
def test_only_tensors_of_float_can_be_watched(tensor, message):
    with GradientTape() as tape, pytest.raises(TypeError, match=message):
        tape.watch(tensor)


def test_the_tape_remembers_what_a_variable_was_when_it_was_used():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
        x.assign(100.0)
        z = y + x * x
    assert float(tape.gradient(z, x)) == 206


@pytest.mark.parametrize(("name", "which"), [("x", "variable x"), (None, "variable")])
def test_a_change_that_would_spoil_a_second_derivative_is_refused(name, which):
    x = Variable(3.0, name=name)
    with GradientTape():
        with GradientTape() as inner:
            y = x * x
        x.assign(100.0)
        with pytest.raises(
            RuntimeError,
            match=f"^{which}: expected no assignment between its use and the gradient, "
            "while another tape records. Received: a new value$",
        ):
            inner.gradient(y, x)


@pytest.mark.parametrize("recorded", [False, True])
def test_products_run_on_tensors_if_another_tape_records_them(recorded):
    kinds = []

    def noted(g, out, x):
        kinds.extend(map(type, (g, out, x)))
        return g

    same = autodiff.differentiable(noted)(lambda x: x + 0)
    x = Variable(3.0)
    with GradientTape() if recorded else contextlib.nullcontext():
        with GradientTape() as inner:
            y = same(x)
        inner.gradient(y, x)
    assert [issubclass(kind, Tensor) for kind in kinds] == [recorded] * 3


def test_only_what_the_sources_need_is_calculated():
    def never(*_):
        raise AssertionError("nobody asked for this gradient")

    @autodiff.differentiable(lambda g, out, x, y: g * y, never)
    def product(x, y, /):
        return x * y

    x, y = Variable(2.0), Variable(3.0)
    with GradientTape() as tape:
        z = product(x, y) + product(x, Tensor(4.0)) + product(x, 5.0)
        _ = product(y, x)
    assert float(tape.gradient(z, x)) == 12


def test_the_example_of_differentiable_works():
    @autodiff.differentiable(lambda g, out, x: 2 * g * x)
    def square(x, /):
        return x * x

    assert_same(square, tf.square, *normal(1, (2, 3)))


def test_each_thread_has_its_own_tapes():
    x = Variable(3.0)
    with GradientTape() as tape:
        thread = threading.Thread(target=lambda: x * x)
        thread.start()
        thread.join()
    assert tape.operations == []


def test_a_tape_is_freed_as_soon_as_nobody_holds_it():
    gc.disable()
    try:
        x = Variable(3.0)
        with GradientTape() as tape:
            y = x * x
        tape.gradient(y, x)
        ghost = weakref.ref(tape)
        del tape
        assert ghost() is None
    finally:
        gc.enable()


def test_the_recorded_operations_are_the_computation_graph():
    x = np.ones((5, 4), dtype=np.float32)
    W, b = Variable(np.ones((4, 3), dtype=np.float32), name="W"), Variable(np.zeros(3), name="b")
    with GradientTape() as tape:
        h = autodiff.relu(x @ W + b)
        loss = autodiff.mean(autodiff.sparse_categorical_crossentropy([0] * 5, autodiff.softmax(h)))
    names = ["matmul", "add", "relu", "softmax", "sparse_categorical_crossentropy", "mean"]
    assert [operation.name for operation in tape.operations] == names
    matmul, add, relu, *_, mean = tape.operations
    np.testing.assert_array_equal(matmul.inputs[0], x)
    assert matmul.inputs[1] is W
    assert add.inputs[0] is matmul.output
    assert add.inputs[1] is b
    assert relu.output is h
    assert mean.output is loss
    assert [operation.output.shape for operation in tape.operations] == [
        *[(5, 3)] * 4,
        (5,),
        (),
    ]
    assert str(matmul) == "matmul: (5, 4), W(4, 3) -> (5, 3)"
    assert repr(matmul) == f"<Operation {matmul}>"
    tape.gradient(loss, W)
    assert len(tape.operations) == 6


# No trace is lost silently


def gradients(function, *arrays, engine=autodiff):
    variables = [engine.Variable(array) for array in arrays]
    with engine.GradientTape() as tape:
        output = function(*variables)
    return [None if g is None else g.numpy() for g in tape.gradient(output, variables)]


LISTS = {
    "list": (lambda a, b: a * autodiff.sum([a, b]), lambda a, b: a * (a + b)),
    "tuple": (lambda a, b: autodiff.mean((a, b, 3.0)) ** 2, lambda a, b: ((a + b + 3) / 3) ** 2),
    "nested": (
        lambda a, b: autodiff.sum(Tensor([[1.0, 2], [3, 4]]) * [[a, 2.0], (b, a * b)]),
        lambda a, b: a + 4 + 3 * b + 4 * a * b,
    ),
    "left of an operator": (
        lambda a, b: ([a, b] @ Tensor([2.0, 3.0])) ** 2,
        lambda a, b: (2 * a + 3 * b) ** 2,
    ),
    "right of an operator": (lambda a, b: autodiff.sum(b / [a, b]), lambda a, b: b / a + b / b),
    "reshape": (lambda a, b: autodiff.reshape([a, b, a], (3, 1))[2, 0] * b, lambda a, b: a * b),
    "joined": (
        lambda a, b: autodiff.concatenate([[a, b], np.ones(1), [b]]) @ np.array([1.0, 2, 3, 4]),
        lambda a, b: a + 6 * b,
    ),
    "stacked": (lambda a, b: autodiff.max(autodiff.stack([a, b])) ** 2, lambda a, b: b**2 + 0 * a),
    "softmax": (
        lambda a, b: autodiff.softmax([a, b])[0],
        lambda a, b: tf.exp(a) / (tf.exp(a) + tf.exp(b)),
    ),
    "crossentropy": (
        lambda a, b: autodiff.sparse_categorical_crossentropy(1, [a, b], from_logits=True),
        lambda a, b: tf.math.log(tf.exp(a) + tf.exp(b)) - b,
    ),
    "where": (
        lambda a, b: autodiff.sum(autodiff.where([a > b, True], [a, b], a)),
        lambda a, b: a + b,
    ),
}


@pytest.mark.parametrize(("ours", "theirs"), LISTS.values(), ids=LISTS)
def test_a_list_that_holds_tensors_is_one_tensor(ours, theirs):
    found, expected = gradients(ours, 1.5, 2.0), gradients(theirs, 1.5, 2.0, engine=tf)
    expected = [0 if g is None else g for g in expected]
    np.testing.assert_allclose(found, expected, rtol=1e-6)  # TensorFlow's variables are float32


def test_lists_of_arrays_give_second_derivatives_and_keep_shapes():
    x, y = Variable([1.0, 2.0]), Variable([[3.0, 4.0]])
    with GradientTape() as outer:
        with GradientTape() as inner:
            z = autodiff.sum(autodiff.multiply([x, x * x], [y[0], [5.0, x[0]]]))
        first = inner.gradient(z, x)  # of x·y + 5·x₀² + x₁²·x₀
    np.testing.assert_array_equal(first, [3 + 10 + 4, 4 + 2 * 2 * 1])
    np.testing.assert_array_equal(outer.gradient(first, x), [10 + 4, 4 + 2])


LOSSES = {
    "Tensor": Tensor,
    "Tensor of a list": lambda t: Tensor([t, t]),
    "Variable": Variable,
    "Variable of a nested list": lambda t: Variable([[t], [t]]),
    "np.array": lambda t: np.array([t, t]),
    "np.asarray": np.asarray,
    "dtype": lambda t: np.asarray(t, dtype=np.float32),
    "an entry": lambda t: np.zeros((3, 3)).__setitem__(0, t),
    "full": lambda t: np.full((3, 3), t),
    "method": lambda t: np.ones(3).dot(t),
    "float": lambda t: float(t[0]),
    "math": lambda t: math.sqrt(t[0]),
    "deepcopy": copy.deepcopy,
    "clip": lambda t: autodiff.clip(np.ones(3), t, 2),
    "random": lambda t: np.random.default_rng(0).normal(t),
}


@pytest.mark.parametrize("function", LOSSES.values(), ids=LOSSES)
def test_what_would_lose_a_trace_is_refused_while_a_tape_follows_the_tensor(function):
    x = Variable([1.0, 2.0, 3.0])
    with GradientTape():
        with pytest.raises(TypeError, match="tensor: expected operations of dlbook.autodiff"):
            function(x)
        t = x * 2
        with pytest.raises(TypeError, match="tensor: expected operations of dlbook.autodiff"):
            function(t)
        function(t.numpy())
        if function is not LOSSES["clip"]:  # whose limits are plain numbers in any case
            function(Tensor([1.0, 2.0, 3.0]))  # which nobody follows


@pytest.mark.parametrize(
    "wrong", [lambda a, b: {a, b}, lambda a, b: (x for x in (a, b)), lambda a, b: {"a": a}.values()]
)
def test_containers_that_make_no_array_are_refused(wrong):
    class Number(float):
        """Can be put into a set."""

    with pytest.raises(TypeError, match="argument: expected an array. Received: (set|gen|dict)"):
        autodiff.sum(wrong(Number(1), Number(2)))


METADATA = {"bmat", "dtype", "finfo", "isscalar", "issubdtype", "iterable", "printoptions"}
METADATA |= {"promote_types"}


@pytest.mark.parametrize("module", [np, np.linalg, np.fft], ids=["numpy", "linalg", "fft"])
@pytest.mark.filterwarnings("ignore")
def test_every_function_of_numpy_refuses_a_followed_tensor_or_answers_a_question(module):
    queries = METADATA | {function.__name__ for function in _arrays.QUERIES}
    tried = 0
    for name, function in sorted(vars(module).items()):
        kind = isinstance(function, type) and issubclass(function, (BaseException, np.generic))
        if name.startswith("_") or not callable(function) or kind or name in {"test", "info"}:
            continue
        for arguments in (lambda t: (t,), lambda t: (t, t), lambda t: (t, 0), lambda t: ([t, t],)):
            x = Variable([1.0, 2.0, 3.0])
            with GradientTape():
                t = x * 2
                try:
                    result = function(*arguments(t))
                except Exception:
                    tried += 1
                    continue
            if not any(isinstance(part, Tensor) for part in _arrays.leaves(result)):
                assert name in queries, f"{module.__name__}.{name} lost the trace"
    assert tried > 10


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda t: np.linalg.norm(t), "numpy.linalg.norm"),
        (lambda t: np.stack([t, t]), "numpy.stack"),
        (lambda t: np.mean(t), "numpy.mean"),
        (lambda t: np.where([True, False], t, 0), "numpy.where"),
        (lambda t: np.einsum("i,i", t, np.ones(2)), "numpy.einsum"),
        (lambda t: np.copyto(np.zeros(2), t), "numpy.copyto"),
    ],
)
def test_the_refusal_names_the_function_of_numpy(function, name):
    x = Variable([3.0, 4.0])
    with GradientTape(), pytest.raises(TypeError, match=f"Received: it as an argument of {name}$"):
        function(x)
    function(x)  # now nobody records


@pytest.mark.parametrize(
    "function",
    [
        lambda t: np.add.reduce(t),
        lambda t: np.add.at(np.ones(2), [0, 1], t),
        lambda t: np.exp(np.ones(2), out=t),
        lambda t: np.add(1, 2, where=t),
        lambda t: np.multiply.outer(t, t),
    ],
)
def test_ufuncs_and_their_methods_refuse_a_tensor(function):
    with pytest.raises(TypeError):
        function(Tensor([1.0, 2.0]))


def test_questions_without_a_derivative_are_answered():
    x = Variable([[1.0, 3.0], [4.0, 2.0]])
    with GradientTape():
        t = x * 2
        assert (np.shape(t), np.ndim(t), np.size(t)) == ((2, 2), 2, 4)
        assert np.argmax(t, axis=1).tolist() == [1, 0]
        assert np.argsort(t[0]).tolist() == [0, 1]
        assert np.allclose(t, [[2, 6], [8, 4]])
        assert np.array_equal(t, x.numpy() * 2)
        assert (t == [x, x]).shape == (2, 2, 2)
        np.testing.assert_array_equal(np.zeros_like(t), np.zeros((2, 2)))
        assert f"{t[0, 0]:.1f}" == "2.0"
        assert bool(t[0, 0])


def test_a_plain_array_takes_no_tensor_in_place():
    x, plain = Variable([1.0, 2.0]), np.ones(2)
    with GradientTape(), pytest.raises(TypeError, match="does not support ufuncs"):
        plain += x * x
    np.testing.assert_array_equal(plain, [1, 1])


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", [np.matrix, np.ma.masked_array])
def test_arrays_whose_operators_mean_something_else_are_refused(kind):
    odd, t = kind([[1.0, 2.0], [3.0, 4.0]]), Tensor(np.eye(2))
    for wrong in (
        *(lambda: odd * t, lambda: t * odd, lambda: odd @ t, lambda: t + odd),
        *(lambda: autodiff.sum(odd), lambda: Tensor(odd), lambda: Variable(np.eye(2)).assign(odd)),
    ):
        with pytest.raises(TypeError, match="argument: expected a plain array. Received: [mM]a"):
            wrong()


# Arguments of differentiable functions


@autodiff.differentiable(lambda g, out, x, y: g * y, lambda g, out, x, y: g * x)
def scaled(x, y=3.0):
    return x * y


@autodiff.differentiable(lambda g, out, x, y, *, times=1: g * times, lambda g, out, x, y, **_: g)
def shifted(x, y=None, *, times=1):
    return x * times + (0 if y is None else y)


def test_differentiable_arguments_may_have_defaults_and_come_by_keyword():
    for function, expected in [
        (lambda x, y: scaled(x), [3, None]),
        (lambda x, y: scaled(x=x), [3, None]),
        (lambda x, y: scaled(x, y=y), [5, 2]),
        (lambda x, y: scaled(y=y, x=x), [5, 2]),
        (lambda x, y: scaled(y=x, x=y), [5, 2]),
        (lambda x, y: scaled(2.0, y=[x, y]), [2, 2]),
        (lambda x, y: shifted(x), [1, None]),
        (lambda x, y: shifted(x, times=4), [4, None]),
        (lambda x, y: shifted(y=y, times=4, x=x), [4, 1]),
    ]:
        assert gradients(function, 2.0, 5.0) == expected


def test_a_differentiable_function_refuses_what_it_could_not_go_back_from():
    @autodiff.differentiable(lambda g, out, x: g, lambda g, out, x: g)
    def single(x):
        return x * 2

    @autodiff.differentiable(lambda g, out, x: g, lambda g, out, x: g)
    def keyword(x, *, y=1.0):
        return x * y

    @autodiff.differentiable(lambda g, out, *xs: g, lambda g, out, *xs: g)
    def several(*xs):
        return xs[0] * 2

    @autodiff.differentiable(lambda g, out, x, factor: g * factor)
    def constant(x, factor):
        return x * factor

    x = Variable([1.0, 2.0])
    for function in (single, keyword, several):
        with pytest.raises(TypeError, match=f"{function.__name__}: expected an argument for each"):
            function(x)
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        scaled()
    with GradientTape() as tape:
        with pytest.raises(TypeError, match="tensor: expected operations of dlbook.autodiff"):
            constant(x, x)
        with pytest.raises(TypeError, match="tensor: expected operations of dlbook.autodiff"):
            constant(x, factor=x)
        y = constant(x, factor=Tensor(3.0))
    np.testing.assert_array_equal(tape.gradient(y, x), [3, 3])


@pytest.mark.parametrize(("share", "shape"), [(1.0, r"\(\)"), (np.ones(2), r"\(2,\)")])
def test_a_product_of_a_wrong_shape_is_refused(share, shape):
    @autodiff.differentiable(lambda g, out, x: share)
    def wrong(x):
        return x * 2

    x = Variable([1.0, 2.0, 3.0])
    with GradientTape() as tape:
        y = wrong(x)
    with pytest.raises(ValueError, match=rf"expected the shape \(3,\).*Received: shape {shape}"):
        tape.gradient(y, x)


@pytest.mark.parametrize("limits", [(0, None), (None, 0.5), (-1, 1), (np.zeros(3), None), (1, 2)])
def test_clip_with_open_ends_equals_tensorflow(limits):
    low = limits[0] if limits[0] is not None else -np.inf
    high = limits[1] if limits[1] is not None else np.inf
    assert_same(
        lambda x: autodiff.clip(x, *limits),
        lambda x: tf.clip_by_value(x, tf.constant(low, tf.float64), tf.constant(high, tf.float64)),
        np.array([-0.25, 0.25, 1.5]),
    )


@pytest.mark.parametrize("kind", ["bool", "int8", "uint8", "int64", "uint64", "float64"])
def test_exponents_of_every_kind_have_the_right_first_and_second_derivative(kind):
    exponents = np.array([0, 1, 0, 1] if kind == "bool" else [0, 1, 2, 3]).astype(kind)
    n = exponents.astype(float)
    x = Variable(np.full((3, 4), [[0.0], [2.0], [-2.0]]))
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = x**exponents
        first = inner.gradient(y, x)
    second = outer.gradient(first, x)
    np.testing.assert_array_equal(y, x.numpy() ** n)
    np.testing.assert_array_equal(first, np.where(n, n * x.numpy() ** np.maximum(n - 1, 0), 0))
    expected = np.where(n > 1, n * (n - 1) * x.numpy() ** np.maximum(n - 2, 0), 0)
    np.testing.assert_array_equal(second, expected)


@pytest.mark.parametrize(
    ("dtype", "x"), [(np.float64, 1e-310), (np.float32, 1e-40), (np.float16, 1e-7)]
)
def test_a_power_of_zero_has_gradient_zero_where_its_inverse_is_infinite(dtype, x):
    for y in (0, np.array([0], dtype)):
        (g,) = gradients(lambda x, y=y: x**y, np.array([x, -x, 0, 2], dtype))
        np.testing.assert_array_equal(g, [0, 0, 0, 0])


def test_a_base_of_minus_infinity_has_gradient_zero_for_its_exponent():
    y = Variable([2.0, 3.0])
    with np.errstate(invalid="raise"), GradientTape() as tape:
        z = np.array([-np.inf, -np.inf]) ** y
    np.testing.assert_array_equal(tape.gradient(z, y), [0, 0])


def test_odd_arguments_of_concatenate_and_crossentropy_are_refused_in_words():
    with pytest.raises(ValueError, match="tensors: expected at least one. Received: none"):
        autodiff.concatenate([])
    with pytest.raises(ValueError, match="must match|same number of dimensions"):
        autodiff.concatenate([Variable(np.ones((2, 3))), Variable(np.ones(2))], axis=1)
    with pytest.raises(ValueError, match=r"predictions: expected shape \(..., classes\)"):
        autodiff.sparse_categorical_crossentropy(0, 0.5)


def test_transpose_takes_a_single_axis():
    assert_same(lambda x: autodiff.transpose(x, 0), lambda x: tf.transpose(x), np.ones(3))


# Special points


def second_derivatives(function, *arrays):
    """The Hessian of a scalar function of scalars, in the order rows first."""
    rows = []
    for row in range(len(arrays)):
        variables = [Variable(array) for array in arrays]
        with GradientTape() as outer:
            with GradientTape() as inner:
                y = function(*variables)
            first = inner.gradient(y, variables[row])
        rows.append([0 if g is None else float(g) for g in outer.gradient(first, variables)])
    return rows


@pytest.mark.parametrize("x", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("y", [0.0, 1.0, 2.0, -1.0, 0.5])
def test_all_second_derivatives_of_a_power_have_their_closed_form_in_both_orders(x, y):
    log = math.log(x)
    mixed = x ** (y - 1) * (1 + y * log)
    expected = [[y * (y - 1) * x ** (y - 2), mixed], [mixed, x**y * log**2]]
    found = second_derivatives(lambda x, y: x**y, x, y)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)  # a few roundings


SPECIAL = {
    "relu at 0": (lambda x, y: autodiff.relu(x) * y, 0.0, 2.0, [[0, 0], [0, 0]]),
    "relu squared": (lambda x, y: autodiff.relu(x) ** 2 * y, 0.0, 2.0, [[0, 0], [0, 0]]),
    "relu at 1": (lambda x, y: autodiff.relu(x) ** 2 * y, 1.0, 2.0, [[4, 2], [2, 0]]),
    "clip at its end": (lambda x, y: autodiff.clip(x, 0, 1) ** 2 * y, 1.0, 2.0, [[4, 2], [2, 0]]),
    "tie of max": (lambda x, y: autodiff.max([x, y]) ** 2, 3.0, 3.0, [[0.5, 0.5], [0.5, 0.5]]),
    "square at 0": (lambda x, y: x**2 * y, 0.0, 3.0, [[6, 0], [0, 0]]),
    "cube at 0": (lambda x, y: x**3 + y**3, 0.0, 0.0, [[0, 0], [0, 0]]),
    "power 0 and 1": (lambda x, y: x**0 * y**1 * x, 0.0, 0.0, [[0, 1], [1, 0]]),
    "product at 0": (lambda x, y: x * y * x, 0.0, 0.0, [[0, 0], [0, 0]]),
    "where": (lambda x, y: autodiff.where(x > 0, x * y, y * y), 0.0, 3.0, [[0, 0], [0, 2]]),
    "where of a root": (
        lambda x, y: autodiff.where(x > 0, x, 1) ** 0.5 * y,
        *(0.0, 3.0, [[0, 0], [0, 0]]),
    ),
    "softmax of equals": (
        lambda x, y: autodiff.log(autodiff.softmax([x, y]))[0],
        *(1.0, 1.0, [[-0.25, 0.25], [0.25, -0.25]]),
    ),
    "clipped probability": (
        lambda x, y: autodiff.sparse_categorical_crossentropy(0, [x, y]),
        *(0.0, 0.5, [[0, 0], [0, -1 / (0.5 + 1e-7) ** 2]]),
    ),
}


@pytest.mark.parametrize(("function", "x", "y", "expected"), SPECIAL.values(), ids=SPECIAL)
def test_second_derivatives_at_special_points_have_their_closed_form(function, x, y, expected):
    np.testing.assert_allclose(second_derivatives(function, x, y), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_nothing_comes_from_an_infinite_slope_behind_a_flat_piece():
    x = np.array([-1.0, 4.0])  # the root has an infinite slope at 0
    for flat, theirs in [
        (autodiff.relu, tf.nn.relu),
        (lambda x: autodiff.clip(x, 0, 9), lambda x: tf.clip_by_value(x, 0, 9)),
        (lambda x: autodiff.where(x > 0, x, 0), lambda x: tf.where(x > 0, x, 0)),
        (lambda x: autodiff.max([x, [0.0, 0.0]], axis=0), lambda x: tf.maximum(x, 0)),
    ]:
        found = gradients(lambda x, flat=flat: flat(x) ** 0.5, x)
        np.testing.assert_array_equal(found, [[0, 0.25]])
        expected = gradients(lambda x, theirs=theirs: theirs(x) ** 0.5, x, engine=tf)
        np.testing.assert_array_equal(found, np.nan_to_num(expected))  # one of them is nan


def test_the_gradient_of_a_maximum_that_is_nan_goes_to_the_nan():
    (g,) = gradients(lambda x: autodiff.max(x, axis=1), np.array([[1.0, np.nan], [1.0, 2.0]]))
    np.testing.assert_array_equal(g, [[0, 1], [0, 1]])


# Who owns memory


def test_gradients_cannot_change_each_other_or_anything_else():
    w, b = Variable(np.ones(3)), Variable(np.zeros(3))
    with GradientTape(persistent=True) as tape:
        loss = autodiff.sum((w + b) ** 2)
    first, second = tape.gradient(loss, [w, b])
    for tensor in (first, second, w, loss, tape.operations[0].output):
        for array in (tensor.value, np.asarray(tensor), np.atleast_1d(tensor.value)):
            with pytest.raises(ValueError, match="read-only"):
                array *= 10
    own = first.numpy().copy()
    own *= 10
    np.testing.assert_array_equal(second, [2, 2, 2])
    w.assign([5.0, 5.0, 5.0])
    b.assign_sub([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(first, [2, 2, 2])
    np.testing.assert_array_equal(tape.gradient(loss, b), [2, 2, 2])


def test_the_entries_of_a_weight_cannot_be_changed_behind_its_back():
    w = Variable(np.ones(3))
    view = w.numpy()
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 99
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True
    np.array(w)[0] = 99  # a copy
    assert w.assign_sub([1.0, 1.0, 1.0]) is w
    np.testing.assert_array_equal(view, [1, 1, 1])
    np.testing.assert_array_equal(w, [0, 0, 0])
    del view
    with pytest.raises(
        TypeError, match="value: expected numbers that the variable's dtype int64 can hold"
    ):
        Variable([1, 2]).assign_sub([0.5, 0.5])
    for again in (copy.deepcopy(w), copy.copy(w), pickle.loads(pickle.dumps(w))):
        assert (type(again), again.name) == (Variable, None)
        with pytest.raises(ValueError, match="read-only"):
            again.numpy()[0] = 99
        again.assign_add([7.0, 7.0, 7.0])
    np.testing.assert_array_equal(w, [0, 0, 0])


@pytest.mark.parametrize("held", [False, True])
def test_a_weight_that_was_moved_is_as_closed_as_before(held):
    w = Variable(np.ones(3))
    view = w.numpy() if held else None
    place = w.value.ctypes.data
    w.assign_sub([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(w, [0, -1, -2])
    assert not w.value.flags.writeable
    # What nobody else holds is changed where it is, as TensorFlow does: that needs no new memory.
    assert (w.value.ctypes.data == place) != held
    assert view is None or view.tolist() == [1, 1, 1]


@pytest.mark.parametrize("entry", [np.nan, np.inf, -np.inf])
def test_a_weight_can_become_infinite_or_no_number(entry):
    for change in ("assign", "assign_add", "assign_sub"):
        w = Variable([1.0])
        getattr(w, change)([entry])
        assert not np.isfinite(w.value).any()


def test_tensors_have_entries_of_their_own():
    array = np.ones(2)
    x = Tensor(array)
    array[:] = 5
    np.testing.assert_array_equal(x, [1, 1])
    assert array.flags.writeable


@pytest.mark.parametrize("twice", [False, True])
def test_what_went_into_an_operation_may_be_changed_afterwards(twice):
    x, index, labels = np.ones(3), np.array([0, 2]), np.array([1])
    low, mask, columns = np.zeros(3), np.array([True, False, True]), [0, 1]
    w = Variable([0.5, 0.25, 2.0])
    with contextlib.ExitStack() as stack:
        if twice:
            stack.enter_context(GradientTape())
        tape = stack.enter_context(GradientTape())
        parts = [
            *(w * x, x / w, x @ w, w**x, w[index], w[columns], w[mask], x + w),
            *(autodiff.clip(w, low, 1), autodiff.where(mask, w, x * w)),
            autodiff.sparse_categorical_crossentropy(labels, w[None], from_logits=True),
        ]
        total = sum(autodiff.sum(part) for part in parts)
        x[:], index[:], labels[:], low[:], mask[:], columns[:] = 5, 1, 0, 9, False, [2, 2]
        found = tape.gradient(total, w)
    v = np.array([0.5, 0.25, 2.0])
    p = np.exp(v) / np.exp(v).sum()
    expected = 1 - 1 / v**2 + 1 + 1 + [1, 0, 1] + np.array([1, 1, 0]) + [1, 0, 1] + 1
    expected = expected + [1, 1, 0] + 1 + p - [0, 1, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert x.flags.writeable


def test_a_product_that_changes_what_it_gets_is_stopped():
    def greedy(g, out, x):
        g *= 2
        return g

    @autodiff.differentiable(greedy)
    def double(x):
        return x * 2

    x, b = Variable([1.0, 2.0]), Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = (double(x) + b) * 3
    with pytest.raises(ValueError, match="read-only"):
        tape.gradient(y, [x, b])


# Counts that float16 cannot hold


@pytest.mark.parametrize("axis", [0, None])
def test_counts_are_right_in_half_precision(axis):
    n = 5000  # float16 knows whole numbers up to 2,048, then every second, then every fourth
    x = Variable(np.ones((n, 3), np.float16))
    bias, scale = Variable(np.zeros(3, np.float16)), Variable(np.float16(1))
    terms = n if axis == 0 else 3 * n
    with GradientTape(persistent=True) as tape:
        largest, mean = autodiff.max(x, axis), autodiff.mean(x, axis)
        total = autodiff.sum(x + bias, axis) / 64
        shares = autodiff.softmax(autodiff.reshape(x, (-1, 1)) * scale, axis=0)
        logarithms = autodiff.log_softmax(x, axis=0)
    eps = np.finfo(np.float16).eps  # one rounding in normal numbers; 1/15,000 is below them
    half = 2.0**-25  # half a step between the smallest
    close = {"rtol": eps, "atol": half}
    np.testing.assert_allclose(tape.gradient(largest, x), np.full((n, 3), 1 / terms), **close)
    np.testing.assert_allclose(tape.gradient(mean, x), np.full((n, 3), 1 / terms), **close)
    np.testing.assert_allclose(tape.gradient(total, bias), np.full(3, n / 64), rtol=2 * eps)
    np.testing.assert_allclose(total, terms / 64, rtol=2 * eps)
    np.testing.assert_allclose(shares, 1 / (3 * n), **close)
    np.testing.assert_allclose(logarithms, -math.log(n), rtol=eps)
    assert {t.dtype for t in (largest, mean, total, shares, logarithms)} == {np.dtype(np.float16)}


def test_the_mean_of_more_entries_than_float16_can_count_has_a_gradient():
    n = 100_000
    (g,) = gradients(lambda x: autodiff.mean(x) * 64, np.ones(n, np.float16))
    np.testing.assert_allclose(g, 64 / n, rtol=2 * np.finfo(np.float16).eps)


def test_the_mean_of_more_entries_than_float32_can_count_has_an_exact_gradient():
    x = Variable(np.zeros(2**24 + 1))
    with GradientTape() as tape:
        mean = autodiff.mean(x)
    assert tape.gradient(mean, x).value[-1] == 1 / (2**24 + 1)


# The step of finite differences


@pytest.mark.parametrize("entry", [0.0, 1e-300, 1e-12, 0.5, 1.0, -7.0, 1.1e10, -1e100, 1e307])
def test_finite_differences_divide_by_the_distance_really_moved(entry):
    # A product rounds by half a unit, 2**-53 of it; of the difference of two, divided by 2 · step,
    # that leaves at most 2**-53 / 1e-6 = 1.2e-10.
    assert autodiff.numerical_gradient(lambda x: 3 * x.sum(), [entry])[0] == pytest.approx(3, 2e-10)


def test_finite_differences_suit_the_size_of_each_entry():
    x = np.array([3.0, 1e8, -2e9, 1e-9, 0.0])
    found = autodiff.numerical_gradient(
        lambda x: np.sum(x[:3] ** 2 / [1, 1e8, 1e9]) + x[3] * x[4], x
    )
    # The sum, of about 4e9, rounds by up to 2.4e-7 in each of five operations, over steps of 1e-6
    # and 1e2: so the small entries cannot be seen beside it, which the docstring says.
    np.testing.assert_allclose(found[1:3], [2, -4], atol=5 * 4.8e-7 / 1e2)
    x = np.array([3.0, 1e-9, 0.0])
    found = autodiff.numerical_gradient(lambda x: np.sum(x**2) + x[1] * x[2], x)
    np.testing.assert_allclose(found, [6, 2e-9, 1e-9], atol=9 * 2.0**-52 / 1e-6)


@pytest.mark.parametrize(
    ("x", "step", "message"),
    [
        ([np.nan], 1e-6, "x: expected finite numbers. Received: nan"),
        ([np.inf], 1e-6, "x: expected finite numbers. Received: inf"),
        ([1.0], 1e-17, "step: expected one that moves 1.0. Received: 1e-17"),
        ([1.7e308], 0.5, "step: expected one that moves 1.7e[+]308. Received: 0.5"),
    ],
)
def test_finite_differences_refuse_what_cannot_be_moved(x, step, message):
    with pytest.raises(ValueError, match=message):
        autodiff.numerical_gradient(np.sum, x, step=step)


# Tensors and variables


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_operation_changes_the_dtype_of_floats(dtype):
    x = Variable(np.array([[0.25, 0.5], [0.125, 0.75]], dtype=dtype))
    with GradientTape() as tape:
        results = [
            *(2 * x, x + 1.5, 1 - x, x / 3, 1 / x, x**2, x**0.5, x**x, -x, x @ x, x[0], x[[0, 0]]),
            *(getattr(autodiff, f)(x) for f in ("exp", "log", "tanh", "sigmoid", "relu")),
            *(getattr(autodiff, f)(x) for f in ("sum", "mean", "max", "softmax", "log_softmax")),
            autodiff.sparse_categorical_crossentropy([0, 1], x),
            autodiff.sparse_categorical_crossentropy([0, 1], x, from_logits=True),
            autodiff.concatenate([x, x]),
            autodiff.clip(x, 0, 0.5),
        ]
        total = autodiff.sum(results[0])
        for result in results:
            total = total + autodiff.sum(result)
    assert {result.dtype for result in results} == {np.dtype(dtype)}
    assert tape.gradient(total, x).dtype == dtype


def test_mixed_dtypes_follow_numpy_and_gradients_have_the_dtype_of_their_source():
    x, y = Variable(np.ones(3, dtype=np.float32)), Variable(np.ones(3))
    with GradientTape() as tape:
        z = x * y * np.arange(3)
    assert z.dtype == np.float64
    assert [g.dtype for g in tape.gradient(z, [x, y])] == [np.float32, np.float64]


def test_no_temporary_of_float64_is_made_from_float32(monkeypatch):
    def refuse(x, dtype):
        raise AssertionError(f"a gradient had to be converted to {dtype}")

    monkeypatch.setattr(autodiff, "astype", refuse)
    network = random_network(5)._replace(loss="probabilities")
    network = network._replace(inputs=network.inputs.astype(np.float32))
    weights = [Variable(array.astype(np.float32)) for array in network.weights]
    with GradientTape() as tape:
        loss = our_loss(network, weights)
    assert {g.dtype for g in tape.gradient(loss, weights)} == {np.dtype(np.float32)}


def test_plain_arrays_on_the_left_leave_the_work_to_the_tensor():
    x, W = np.arange(4.0).reshape(2, 2), Variable(np.eye(2))
    for result, expected in [
        (x + W, x + np.eye(2)),
        (x - W, x - np.eye(2)),
        (x * W, x * np.eye(2)),
        (x / (W + 1), x / (np.eye(2) + 1)),
        (x**W, x ** np.eye(2)),
        (x @ W, x),
        (np.float64(2) * W, 2 * np.eye(2)),
        ([1.0, 2.0] * W, [1.0, 2.0] * np.eye(2)),
    ]:
        assert isinstance(result, Tensor)
        np.testing.assert_array_equal(result, expected)


def test_comparisons_give_plain_arrays():
    x, y = Tensor([1.0, 2.0, 3.0]), Variable([2.0, 2.0, 2.0])
    for result, expected in [
        (x == y, [False, True, False]),
        (x != y, [True, False, True]),
        (x < y, [True, False, False]),
        (x <= 2, [True, True, False]),
        (x > np.full(3, 2), [False, False, True]),
        (np.full(3, 2) <= x, [False, True, True]),
    ]:
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, expected)


def test_functions_of_numpy_refuse_a_tensor_rather_than_lose_its_trace():
    with pytest.raises(TypeError, match="does not support ufuncs"):
        np.exp(Tensor([1.0]))


def test_a_tensor_reads_like_an_array():
    x = Tensor(np.arange(6, dtype=np.float32).reshape(2, 3), name="x")
    assert (x.shape, x.dtype, x.ndim, x.size, len(x)) == ((2, 3), np.float32, 2, 6, 2)
    assert [row.shape for row in x] == [(3,), (3,)]
    assert x.numpy() is not None
    assert np.asarray(x, dtype=int).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.argmax(x, axis=1).tolist() == [2, 2]
    scalar = Tensor(2.5)
    assert (float(scalar), bool(scalar), f"{scalar:.2f}") == (2.5, True, "2.50")
    assert type(scalar.numpy()) is np.float64
    assert math.isfinite(scalar)
    assert repr(scalar) == f"{scalar}" == "<Tensor shape=() dtype=float64 value=2.5>"
    assert repr(Variable([1.0], name="b")) == "<Variable 'b' shape=(1,) dtype=float64 value=[1.]>"
    with pytest.raises(TypeError):
        iter(scalar)


@pytest.mark.parametrize("value", ["abc", [1j], [None], [[{"a": 1}]]])
def test_only_real_numbers_make_a_tensor(value):
    for kind in (Tensor, Variable):
        with pytest.raises(TypeError, match="value: expected real numbers. Received: dtype"):
            kind(value)


def test_assignments_mean_what_they_mean_in_tensorflow():
    ours = Variable(np.ones(3, dtype=np.float32))
    theirs = tf.Variable(np.ones(3, dtype=np.float32))
    for variable in (ours, theirs):
        variable.assign(np.array([1.0, 2.0, 3.0]))
        variable.assign_add(np.ones(3, dtype=np.float32))
        variable.assign_sub(np.full(3, 0.25, dtype=np.float32))
    np.testing.assert_array_equal(ours, theirs.numpy())
    assert ours.dtype == np.float32
    assert ours.assign_sub(ours * 0.5) is ours
    np.testing.assert_array_equal(ours, theirs.numpy() / 2)


def test_a_variable_keeps_entries_of_its_own():
    array = np.ones(2)
    x = Variable(array)
    array[:] = 5
    np.testing.assert_array_equal(x, [1, 1])
    before = x.numpy()
    x.assign_sub(array)
    np.testing.assert_array_equal(before, [1, 1])
    x.assign(array)
    array[:] = 7
    np.testing.assert_array_equal(x, [5, 5])
    y = Variable(x)
    x.assign_add([1.0, 1.0])
    np.testing.assert_array_equal(y, [5, 5])


def test_assignments_of_a_wrong_shape_or_dtype_are_refused():
    x = Variable(np.ones(3))
    for wrong in (np.ones(2), np.ones((3, 1)), 1.0):
        with pytest.raises(ValueError, match=r"value: expected the variable's shape \(3,\)"):
            x.assign(wrong)
    for change in (x.assign_add, x.assign_sub):
        for wrong in (np.ones((2, 3)), np.ones(1), 1.0):
            with pytest.raises(ValueError, match=r"value: expected the variable's shape \(3,\)"):
                change(wrong)
    with pytest.raises(
        TypeError, match="value: expected numbers that the variable's dtype int64 can hold"
    ):
        Variable([1, 2]).assign([0.5, 0.5])


def test_augmented_assignment_is_refused_as_it_would_replace_the_variable():
    x = Variable(1.0)
    with pytest.raises(
        TypeError,
        match="^variable: expected assign, assign_add or assign_sub. Received: [+]=, -= or such$",
    ):
        x += 1
    with pytest.raises(TypeError, match="variable: expected assign"):
        x -= 1
    assert isinstance(x, Variable)


# Finite differences


def test_numerical_gradient_is_close_to_the_true_one():
    x = np.array([[1.0, -2.0], [0.5, 3.0]], dtype=np.float32)
    gradient = autodiff.numerical_gradient(lambda x: np.sum(x**3), x)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-8)
    gradient = autodiff.numerical_gradient(lambda x: autodiff.sum(Variable(x) ** 3), Variable(x))
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-8)
    assert autodiff.numerical_gradient(lambda x: 0.0, np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("entry", "reached"),
    [(0.0, (0.25, -0.25)), (-1.0, (-0.75, -1.25)), (1.5, (1.875, 1.125)), (-4.0, (-3.0, -5.0))],
)
def test_the_step_of_a_numerical_gradient_grows_with_an_entry_above_one(entry, reached):
    asked = []

    def function(x):
        asked.append(x[0])
        return 0.0

    autodiff.numerical_gradient(function, [entry], step=0.25)
    assert tuple(asked) == reached


def test_numerical_gradient_refuses_what_is_no_function():
    with pytest.raises(TypeError, match="^function: expected a function. Received: ndarray$"):
        autodiff.numerical_gradient(np.ones(2), [1.0])


def test_numerical_gradient_refuses_a_bad_step_and_a_result_that_is_not_scalar():
    with pytest.raises(ValueError, match="step: expected a finite number above 0. Received: 0"):
        autodiff.numerical_gradient(np.sum, [1.0], step=0)
    with pytest.raises(ValueError, match=r"function: expected a scalar. Received: shape \(1,\)"):
        autodiff.numerical_gradient(lambda x: x, [1.0])


def test_a_tape_takes_no_new_tensor_for_one_that_it_watches():
    # A tensor may get the address, and so the id, of one that is gone: the tape has to keep it.
    with GradientTape() as tape:
        for k in range(10):
            tape.watch(Tensor([float(k)]))
            Tensor([1.0]) * 2
        assert tape.operations == []


def test_the_module_needs_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys, dlbook.autodiff;"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'matplotlib')))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )
