"""Dense layers and stacks are held against Keras' own."""

import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlbook import NaiveDense, NaiveSequential, autodiff

pytestmark = pytest.mark.numeric


def two_layers():
    return NaiveSequential(
        [
            NaiveDense(784, 512, activation=tf.nn.relu, seed=1),
            NaiveDense(512, 10, activation=tf.nn.softmax, seed=2),
        ]
    )


def test_weights_have_the_shapes_types_and_first_values_of_the_book():
    layer = NaiveDense(784, 512, activation=tf.nn.relu, seed=0)
    W, b = layer.weights
    assert W is layer.W
    assert b is layer.b
    assert tuple(W.shape) == (784, 512)
    assert tuple(b.shape) == (512,)
    assert W.dtype == b.dtype == tf.float32
    values = W.numpy()
    # Of 401,408 numbers all are above 0.001 with the probability 0.99**401408, which is none; the
    # standard error of their mean is 0.1 / sqrt(12 * 401408) = 4.6e-5, and 1e-3 is 20 times that.
    assert 0 <= values.min() < 0.001
    assert 0.099 < values.max() <= 0.1
    assert abs(values.mean() - 0.05) < 1e-3
    np.testing.assert_array_equal(b.numpy(), 0)


def test_output_equals_that_of_keras_with_the_same_weights(rng):
    model = two_layers()
    oracle = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    oracle.set_weights([weight.numpy() for weight in model.weights])
    x = rng.uniform(size=(5, 784)).astype("float32")
    np.testing.assert_allclose(model(x), oracle(x), rtol=1e-5, atol=1e-7)


def test_without_activation_the_layer_is_affine(rng):
    layer = NaiveDense(3, 2, activation=None, seed=0)
    layer.b.assign([1.0, -1.0])
    x = rng.normal(size=(4, 3)).astype("float32")
    np.testing.assert_allclose(layer(x), x @ layer.W.numpy() + [1, -1], rtol=1e-5, atol=1e-6)


def test_a_stack_has_the_weights_of_its_layers_in_order():
    model = two_layers()
    assert len(model.layers) == 2
    assert len(model.weights) == 4
    assert [tuple(w.shape) for w in model.weights] == [(784, 512), (512,), (512, 10), (10,)]
    assert model.weights[2] is model.layers[1].W


def test_a_seed_fixes_the_first_weights():
    one, two, other = (NaiveDense(4, 3, None, seed=seed).W.numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_without_a_seed_the_global_one_counts():
    kernels = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        kernels.append([NaiveDense(4, 3, None).W.numpy() for _ in range(2)])
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0][0], kernels[0][1])


def test_without_a_seed_hardly_two_layers_are_alike():
    # Of 100 seeds below 2**31, two are equal with a chance of 100**2 / 2 / 2**31, 2 in a million.
    keras.utils.set_random_seed(7)
    assert len({NaiveDense(2, 2, None).W.numpy().tobytes() for _ in range(100)}) == 100


def test_glorot_weights_have_the_limit_of_the_paper():
    values = NaiveDense(300, 200, None, initializer="glorot_uniform", seed=0).W.numpy()
    assert values.dtype == np.float32
    limit = np.sqrt(6 / 500)
    # Of 60,000 numbers none is above 0.99 of the limit with the probability 0.99**60000, which is
    # none; the standard error of the mean is limit / sqrt(3 * 60000), a quarter of 0.01 * limit.
    assert abs(values).max() <= limit
    assert abs(values).max() > 0.99 * limit
    assert abs(values.mean()) < 0.01 * limit


def test_a_keras_initializer_can_be_used():
    initializer = keras.initializers.HeNormal(seed=3)
    layer = NaiveDense(4, 3, None, initializer=initializer)
    np.testing.assert_array_equal(layer.W.numpy(), keras.initializers.HeNormal(seed=3)((4, 3)))


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: NaiveDense(0, 1, None), ValueError, "input_size: .*at least 1. Received: 0"),
        (lambda: NaiveDense(1, 2.5, None), TypeError, "output_size: .*Received: 2.5"),
        (lambda: NaiveDense(1, 1, "relu"), TypeError, "activation: .*Received: 'relu'"),
        (lambda: NaiveDense(1, 1, None, initializer="he"), ValueError, "initializer: .*'he'"),
        (
            lambda: NaiveDense(1, 1, None, initializer=lambda shape: np.ones(3)),
            ValueError,
            r"initializer: .*\(1, 1\).*Received: shape \(3,\)",
        ),
        (
            lambda: NaiveDense(3, 1, None)(np.ones((2, 4), "float32")),
            ValueError,
            r"inputs: expected shape \(batch, 3\). Received: shape \(2, 4\)",
        ),
        (
            lambda: NaiveDense(3, 1, None)(np.ones((2, 3, 4), "float32")),
            ValueError,
            r"inputs: .*Received: shape \(2, 3, 4\)",
        ),
        (lambda: NaiveSequential([]), ValueError, "^layers: .*one layer. Received: none$"),
        (
            lambda: NaiveDense(2**40, 2**41, None),
            ValueError,
            f"^input_size: expected .* an array can be made. Received: {2**40}, times {2**41}$",
        ),
        (lambda: NaiveSequential([abs]), TypeError, r"layers\[0\]: expected a layer"),
        (lambda: NaiveSequential([NaiveDense]), TypeError, r"layers\[0\]: .*NaiveDense, a class"),
        (lambda: NaiveSequential(3), TypeError, "layers: expected a sequence.*Received: 3"),
        (lambda: NaiveDense(1, 1, None, engine=np), TypeError, "engine: expected a module with"),
        (lambda: NaiveDense(1, 1, None, engine="tensorflow"), TypeError, "engine: .*'tensorflow'"),
        (lambda: NaiveDense(1, 1, None, seed=-1), ValueError, "seed: .*Received: -1"),
        (lambda: NaiveDense(1, 1, None)([1.0]), ValueError, r"inputs: .*Received: shape \(1,\)"),
    ],
)
def test_wrong_input_is_refused_by_name(build, error, message):
    with pytest.raises(error, match=message):
        build()


@pytest.mark.parametrize(
    "engine",
    [tf.compat.v2, tf.compat.v1, keras, np, types.SimpleNamespace(__name__="tensorflow"), "numpy"],
)
def test_another_module_than_the_two_engines_is_refused_at_once(engine):
    with pytest.raises(TypeError, match="engine: .*tensorflow or dlbook.autodiff. Received: "):
        NaiveDense(2, 1, None, engine=engine)


def test_the_two_engines_are_taken():
    for engine in (tf, autodiff):
        assert NaiveDense(2, 1, None, engine=engine, seed=0).engine is engine
    assert NaiveDense(2, 1, None, seed=0).engine is sys.modules["tensorflow"]


def test_layers_of_different_engines_are_refused():
    ours = NaiveDense(3, 2, autodiff.softmax, engine=autodiff)
    with pytest.raises(
        ValueError,
        match=r"^layers: expected the same engine in all layers\. "
        r"Received: \['dlbook.autodiff', 'tensorflow'\]$",
    ):
        NaiveSequential([NaiveDense(4, 3, None), ours])


def test_a_layer_of_keras_has_no_say_in_the_engine():
    stack = NaiveSequential([keras.layers.Dense(3), NaiveDense(3, 2, None, seed=0)])
    assert stack.engine is tf
    assert stack(np.ones((2, 4), "float32")).shape == (2, 2)


def test_what_an_array_could_hold_but_no_memory_is_an_error_of_memory():
    with pytest.raises(MemoryError):
        NaiveDense(1, 2**60 - 1, None)


def test_a_layer_that_stands_twice_has_its_weights_once():
    twice, last = NaiveDense(3, 3, None, seed=0), NaiveDense(3, 2, None, seed=1)
    model = NaiveSequential([twice, NaiveSequential([twice]), last])
    wanted = [twice.W, twice.b, last.W, last.b]
    for found in (model.weights, model.trainable_weights):
        assert len(found) == 4
        assert all(weight is other for weight, other in zip(found, wanted, strict=True))


def test_layers_stacks_and_weights_can_be_left_out_of_training():
    first, second, third = (NaiveDense(3, 3, None, seed=seed) for seed in range(3))
    first.trainable = False
    third.b = tf.Variable(third.b, trainable=False)
    inner = NaiveSequential([second])
    model = NaiveSequential([first, inner, third])
    assert len(model.weights) == 6
    assert [id(weight) for weight in model.trainable_weights] == [
        id(weight) for weight in (second.W, second.b, third.W)
    ]
    inner.trainable = False
    assert model.trainable_weights[0] is third.W
    assert len(model.trainable_weights) == 1
    model.trainable = False
    assert model.trainable_weights == []
