"""Backpropagation by hand, held against TensorFlow's tape, ours, and finite differences."""

import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from dlbook import NaiveDense, NaiveSequential, autodiff, by_hand, one_training_step

pytestmark = pytest.mark.numeric


def network(rng, inputs=5, hidden=7, classes=3, dtype=np.float64):
    shapes = [(inputs, hidden), (hidden,), (hidden, classes), (classes,)]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def batch(rng, size=4, inputs=5, classes=3, dtype=np.float64):
    return rng.normal(size=(size, inputs)).astype(dtype), rng.integers(0, classes, size)


def tensorflows(x, labels, weights):
    W1, b1, W2, b2 = variables = [tf.Variable(weight) for weight in weights]
    with tf.GradientTape() as tape:
        logits = tf.nn.relu(x @ W1 + b1) @ W2 + b2
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(losses)
    return float(loss), [gradient.numpy() for gradient in tape.gradient(loss, variables)]


def rounding(x, weights):
    """Bounds of the rounding errors of the loss and of the gradients, in float64.

    A logit is a sum of as many products as there are inputs and hidden units, each off by half an
    eps of the sum of their sizes. Probabilities and their logarithms are off by at most twice as
    much, and a few eps of their own. Gradients are means over the batch of such errors times what
    they are multiplied with. Relu's corner does not matter: no sum of these tests is within
    rounding of 0.
    """
    W1, b1, W2, b2 = map(np.abs, weights)
    hidden = np.abs(x) @ W1 + b1
    logits = hidden @ W2 + b2
    count = sum(W1.shape) + W2.shape[1] + len(x) + 8
    loss = count * np.finfo(np.float64).eps * (1 + 2 * logits.max())
    return loss, loss * (1 + hidden.max()) * (1 + np.abs(x).max()) * (1 + W2.sum(axis=1).max())


def assert_same(x, labels, weights, expected_loss, expected):
    """Compare loss and gradients by hand with others."""
    loss, gradients = by_hand.gradients(x, labels, weights)
    of_loss, of_gradients = rounding(x, weights)
    assert loss == pytest.approx(expected_loss, rel=0, abs=of_loss)
    for gradient, right in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, right, rtol=0, atol=of_gradients)


def from_the_corner(x, weights):
    """Return how far the sums that go into relu stay from 0."""
    return np.abs(x @ weights[0] + weights[1]).min()


sizes = st.integers(1, 6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), sizes, sizes, sizes, sizes)
def test_loss_and_gradients_are_tensorflows(seed, size, inputs, hidden, classes):
    rng = np.random.default_rng(seed)
    weights = network(rng, inputs, hidden, classes)
    x, labels = batch(rng, size, inputs, classes)
    assert_same(x, labels, weights, *tensorflows(x, labels, weights))
    assert max(rounding(x, weights)) < 1e-7, "far below what a wrong formula would give"


def test_gradients_are_those_of_finite_differences(rng):
    weights = network(rng)
    x, labels = batch(rng)
    _, gradients = by_hand.gradients(x, labels, weights)
    # Moved by a step, a loss changes by the gradient times the step, and is rounded; the third
    # derivative, which counts with the square of the step, is below 100 here.
    step = 1e-5
    bound = 2 * rounding(x, weights)[0] / step + 100 * step**2
    assert from_the_corner(x, weights) > 10 * step * np.abs(x).max(), "relu is straight on the way"
    for k, gradient in enumerate(gradients):

        def loss(weight, k=k):
            return by_hand.gradients(x, labels, [*weights[:k], weight, *weights[k + 1 :]])[0]

        expected = autodiff.numerical_gradient(loss, weights[k], step=step)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=bound)


def test_huge_logits_give_a_finite_loss_and_gradient(rng):
    W1, b1, W2, b2 = network(rng)
    x, labels = batch(rng)
    weights = [W1 * 1e4, b1, W2, b2]
    expected_loss, expected = tensorflows(x, labels, weights)
    assert expected_loss > 1_000, "the probabilities round to 0 and 1"
    assert_same(x, labels, weights, expected_loss, expected)
    # Hidden units are some 1e4, and so are their gradients.
    assert rounding(x, weights)[1] < 1e-4 * max(np.abs(gradient).max() for gradient in expected)


def test_everything_stays_float32(rng):
    weights = network(rng, dtype=np.float32)
    x, labels = batch(rng, dtype=np.float32)
    _, gradients = by_hand.gradients(x, labels, weights)
    assert {gradient.dtype for gradient in gradients} == {np.dtype(np.float32)}
    by_hand.train_step(x, labels, weights, learning_rate=np.float64(0.1))
    assert {weight.dtype for weight in weights} == {np.dtype(np.float32)}


def test_gradients_changes_none_of_its_arguments(rng):
    weights = network(rng)
    x, labels = batch(rng)
    before = [array.copy() for array in (x, labels, *weights)]
    by_hand.gradients(x, labels, weights)
    for array, kept in zip((x, labels, *weights), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_a_step_moves_the_weights_in_place_against_the_gradient(rng):
    weights = network(rng)
    x, labels = batch(rng)
    before = [weight.copy() for weight in weights]
    expected_loss, gradients = by_hand.gradients(x, labels, weights)
    same_arrays = list(weights)
    assert by_hand.train_step(x, labels, weights, learning_rate=0.25) == expected_loss
    for weight, array, old, gradient in zip(weights, same_arrays, before, gradients, strict=True):
        assert weight is array
        # A multiplication and a subtraction, in float64: with or without rounding in between.
        np.testing.assert_allclose(weight, old - 0.25 * gradient, rtol=0, atol=1e-14)


def test_the_default_step_size_is_a_thousandth(rng):
    x, labels = batch(rng)
    ours, expected = network(np.random.default_rng(1)), network(np.random.default_rng(1))
    by_hand.train_step(x, labels, ours)
    by_hand.train_step(x, labels, expected, learning_rate=0.001)
    for weight, right in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(weight, right)


def test_a_weight_may_be_as_large_as_its_dtype_allows():
    # Its unit does not fire, so it has no gradient and the sum of the two is just that number.
    largest = np.finfo(np.float32).max
    weights = [np.zeros((1, 1)), np.array([-1.0]), np.array([[largest, 0]]), np.zeros(2)]
    weights = [weight.astype(np.float32) for weight in weights]
    by_hand.train_step(np.ones((1, 1), np.float32), [0], weights, learning_rate=1.0)
    assert weights[2].tolist() == [[largest, 0]]


def test_whole_numbers_and_floats_mix():
    weights = [np.eye(2, dtype=int), [0.5, 0.25], np.eye(2, dtype=int), [0, 0]]
    whole = by_hand.gradients([[1, 2]], [0], weights)
    floats = by_hand.gradients([[1.0, 2.0]], [0], [np.asarray(part, float) for part in weights])
    assert whole[0] == floats[0]
    for gradient, right in zip(whole[1], floats[1], strict=True):
        np.testing.assert_array_equal(gradient, right)


@pytest.mark.parametrize("entry", [np.nan, np.inf])
def test_inputs_that_are_not_finite_are_refused(rng, entry):
    x, labels = batch(rng)
    x[1, 2] = entry
    message = "^x: expected finite numbers. Received: infinity or NaN among them$"
    with pytest.raises(ValueError, match=message):
        by_hand.gradients(x, labels, network(rng))


def test_ten_steps_are_those_of_the_training_loop(rng):
    layers = [
        NaiveDense(5, 7, tf.nn.relu, initializer="glorot_uniform", seed=rng),
        NaiveDense(7, 3, tf.nn.softmax, initializer="glorot_uniform", seed=rng),
    ]
    model = NaiveSequential(layers)
    weights = [weight.numpy() for weight in model.weights]
    for _ in range(10):
        x, labels = batch(rng, dtype=np.float32)
        # Where a unit is within rounding of relu's corner, both ways may part. None is.
        assert from_the_corner(x, weights) > 1e-4
        expected = one_training_step(model, x, labels, learning_rate=0.1)
        loss = by_hand.train_step(x, labels, weights, learning_rate=0.1)
        # Over 150 seeds the largest difference of such a run was 2.4e-7, two eps of float32; the
        # median 1.1e-7. This is 40 times the largest; without one step it would be 1e-2.
        assert loss == pytest.approx(float(expected), rel=1e-5)


def test_a_step_writes_into_arrays_of_any_order_in_memory(rng):
    plain = network(rng)
    x, labels = batch(rng)
    odd = []
    for weight in plain:
        wide = np.zeros([2 * n for n in weight.shape], ">f8")
        odd.append(wide[tuple(slice(None, None, -2) for _ in weight.shape)])
        odd[-1][...] = weight
    by_hand.train_step(x, labels, plain, learning_rate=0.25)
    by_hand.train_step(x.tolist(), labels.tolist(), odd, learning_rate=0.25)
    for weight, expected in zip(odd, plain, strict=True):
        # BLAS may add up a product of another order in memory in another order: sums of at most
        # seven terms, so a few eps (2.2e-16) of their size, which is below 10.
        np.testing.assert_allclose(weight, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("last", [{"x": np.nan}, {"weight": "read-only"}, {"learning_rate": 1e308}])
def test_a_step_that_cannot_be_taken_moves_no_weight(rng, last):
    weights = network(rng)
    x, labels = batch(rng)
    x[-1, -1] = last.get("x", 1)
    weights[3].flags.writeable = "weight" not in last
    before = [weight.copy() for weight in weights]
    with pytest.raises(ValueError, match=r"(x|weights\[3\]|learning_rate): expected "):
        by_hand.train_step(x * 1e3, labels, weights, learning_rate=last.get("learning_rate", 0.1))
    for weight, kept in zip(weights, before, strict=True):
        np.testing.assert_array_equal(weight, kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y, w: (x, y, w[:3]), "weights: expected [W1, b1, W2, b2]"),
        (lambda x, y, w: (x, y, [w[0], w[3], w[2], w[3]]), "weights: expected shapes"),
        (lambda x, y, w: (x[:, :4], y, w), "x: expected shape (batch, 5). Received: (4, 4)"),
        (lambda x, y, w: (x[0], y, w), "x: expected shape (batch, 5). Received: (5,)"),
        (lambda x, y, w: (x[:0], y[:0], w), "x: expected at least one example"),
        (lambda x, y, w: (x, y[:3], w), "labels: expected as many as there are x, 4"),
        (lambda x, y, w: (x, y + 3, w), "labels: expected whole numbers from 0 to 2"),
        (lambda x, y, w: (x, y - 3, w), "labels: expected whole numbers from 0 to 2"),
    ],
)
def test_what_does_not_fit_is_named(rng, change, message):
    arguments = change(*batch(rng), network(rng))
    with pytest.raises(ValueError, match=re.escape(message)):
        by_hand.gradients(*arguments)
    with pytest.raises(ValueError, match=re.escape(message)):
        by_hand.train_step(*arguments)


def test_labels_are_whole_numbers(rng):
    x, labels = batch(rng)
    with pytest.raises(TypeError, match="labels: expected whole numbers"):
        by_hand.gradients(x, labels.astype(float), network(rng))


@pytest.mark.parametrize("learning_rate", [0, -0.1, float("nan")])
def test_the_step_size_is_above_zero(rng, learning_rate):
    with pytest.raises(ValueError, match="learning_rate: expected a finite number above 0"):
        by_hand.train_step(*batch(rng), network(rng), learning_rate=learning_rate)
