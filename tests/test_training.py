"""The training loop is held against Keras' own, and its errors say what is wrong."""

import copy
import functools
import gc
import itertools
import math
import os
import pickle
import re
import subprocess
import sys
import threading
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlbook import (
    NaiveDense,
    NaiveSequential,
    _compiled,
    _engines,
    autodiff,
    evaluate,
    fit,
    one_training_step,
    optimizers,
    update_weights,
)

pytestmark = pytest.mark.numeric


def small_model(seed=0, inputs=6, classes=3):
    return NaiveSequential(
        [
            NaiveDense(inputs, 5, tf.nn.relu, initializer="glorot_uniform", seed=seed),
            NaiveDense(5, classes, tf.nn.softmax, initializer="glorot_uniform", seed=seed + 1),
        ]
    )


def keras_twin(model):
    twin = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    twin.set_weights(values_of(model))
    return twin


def values_of(model):
    return [weight.numpy() for weight in model.weights]


@pytest.fixture
def data(rng):
    return rng.normal(size=(250, 6)).astype("float32"), rng.integers(0, 3, size=250)


def test_one_step_is_one_step_of_gradient_descent(data):
    images, labels = data[0][:32], data[1][:32]
    model = small_model()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, model(images)))
    gradients = tape.gradient(loss, model.weights)
    expected = [w - 1e-3 * g.numpy() for w, g in zip(values_of(model), gradients, strict=True)]
    returned = one_training_step(model, images, labels)
    assert float(returned) == pytest.approx(float(loss), rel=1e-6)
    for value, wanted in zip(values_of(model), expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-6, atol=1e-8)


def test_update_moves_each_weight_against_its_gradient():
    weights = [tf.Variable([1.0, 2.0]), tf.Variable(3.0)]
    update_weights([tf.constant([10.0, -20.0]), tf.constant(0.0)], weights)
    np.testing.assert_allclose(weights[0], [0.99, 2.02], rtol=1e-6)
    assert float(weights[1]) == 3.0
    update_weights([tf.constant([1.0, 1.0]), tf.constant(1.0)], weights, learning_rate=0.5)
    np.testing.assert_allclose(weights[0], [0.49, 1.52], rtol=1e-6)
    assert float(weights[1]) == 2.5


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam"])
def test_fit_with_a_keras_optimizer_equals_keras_fit(data, name):
    images, labels = data
    model = small_model()
    twin = keras_twin(model)
    history = fit(
        model, images, labels, epochs=3, batch_size=32,
        optimizer=getattr(keras.optimizers, name)(learning_rate=0.01), verbose=0,
    )  # fmt: skip
    twin.compile(
        getattr(keras.optimizers, name)(learning_rate=0.01), "sparse_categorical_crossentropy"
    )
    expected = twin.fit(images, labels, epochs=3, batch_size=32, shuffle=False, verbose=0)
    np.testing.assert_allclose(history["loss"], expected.history["loss"], rtol=1e-4)
    for value, wanted in zip(values_of(model), twin.get_weights(), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-3, atol=1e-4)


def test_learning_rate_is_that_of_sgd(data):
    by_hand, by_keras = small_model(), small_model()
    fit(by_hand, *data, epochs=1, learning_rate=0.05, verbose=0)
    fit(by_keras, *data, epochs=1, optimizer=keras.optimizers.SGD(0.05), verbose=0)
    for value, wanted in zip(values_of(by_hand), values_of(by_keras), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-7)


def test_batch_size_counts(data):
    for batch_size, batches in ((128, 2), (50, 5), (60, 5), (1000, 1)):
        history = fit(small_model(), *data, epochs=2, batch_size=batch_size, verbose=0)
        assert len(history["batch_loss"]) == 2 * batches
        assert len(history["loss"]) == 2


def test_loss_of_an_epoch_is_the_mean_over_its_examples(data):
    history = fit(small_model(), *data, epochs=1, batch_size=100, verbose=0)
    sizes = [100, 100, 50]
    assert history["loss"][0] == pytest.approx(np.average(history["batch_loss"], weights=sizes))


def test_validation_data_is_measured_after_each_epoch_and_not_learned(data):
    images, labels = data
    with_it, without = small_model(), small_model()
    validation = images[:40], labels[:40]
    history = fit(with_it, images, labels, 3, verbose=0, validation_data=validation)
    fit(without, images, labels, 3, verbose=0)
    assert len(history["val_loss"]) == len(history["val_accuracy"]) == 3
    assert (history["val_loss"][-1], history["val_accuracy"][-1]) == evaluate(with_it, *validation)
    for value, wanted in zip(values_of(with_it), values_of(without), strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_shuffling_with_a_seed_is_repeatable_and_changes_the_path(data):
    def trained(**how):
        model = small_model()
        fit(model, *data, epochs=2, batch_size=16, learning_rate=0.1, verbose=0, **how)
        return values_of(model)

    one, two = trained(shuffle=True, seed=5), trained(shuffle=True, seed=5)
    for value, wanted in zip(one, two, strict=True):
        np.testing.assert_array_equal(value, wanted)
    assert not np.array_equal(one[0], trained()[0])
    assert not np.array_equal(one[0], trained(shuffle=True, seed=6)[0])


def test_evaluate_equals_keras_and_does_not_depend_on_its_batches(data):
    images, labels = data
    model = small_model()
    twin = keras_twin(model)
    twin.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    expected = twin.evaluate(images, labels, verbose=0)
    for batch_size in (1, 32, 1024):
        result = evaluate(model, images, labels, batch_size=batch_size)
        np.testing.assert_allclose([result.loss, result.accuracy], expected, rtol=1e-5)


def test_log_has_the_form_of_the_book(data, capsys):
    fit(small_model(), *data, epochs=2, batch_size=1)
    lines = capsys.readouterr().out.splitlines()
    patterns = [f"Epoch {e}" if b is None else rf"loss at batch {b}: \d+\.\d\d"
                for e in (0, 1) for b in (None, 0, 100, 200)]  # fmt: skip
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line)


def test_verbose_0_is_silent(data, capfd):
    fit(small_model(), *data, epochs=2, verbose=0, validation_data=data)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_verbose_1_shows_a_progress_bar_with_losses(data, capsys):
    history = fit(small_model(), *data, epochs=2, verbose=1, validation_data=data)
    out = capsys.readouterr().out
    assert "Epoch 1/1" in out
    assert "2/2" in out
    assert f"loss: {history['loss'][-1]:.4f}" in out
    assert f"val_accuracy: {history['val_accuracy'][-1]:.4f}" in out


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_training_and_saves_the_weights(data, bad, run_eagerly):
    images, labels = data
    images = images.copy()
    images[70] = bad
    spoiled, reference = small_model(), small_model()
    how = {"batch_size": 32, "verbose": 0, "run_eagerly": run_eagerly}
    with pytest.raises(FloatingPointError, match="at batch 2 of epoch 0.*nan"):
        fit(spoiled, images, labels, epochs=2, **how)
    fit(reference, images[:64], labels[:64], epochs=1, **how)
    for value, wanted in zip(values_of(spoiled), values_of(reference), strict=True):
        np.testing.assert_array_equal(value, wanted)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_step_too_large_stops_training(data, run_eagerly):
    with pytest.raises(
        FloatingPointError,
        match=r"^loss at batch \d+ of epoch \d+: expected a finite number. Received: nan. "
        "Training stopped; the weights are those before this batch. A smaller learning rate, or "
        "inputs from 0 to 1, may help.$",
    ):
        fit(small_model(), *data, 50, learning_rate=1e30, verbose=0, run_eagerly=run_eagerly)


def classic_model(**how):
    return NaiveSequential(
        [
            NaiveDense(784, 512, activation=tf.nn.relu, seed=1, **how),
            NaiveDense(512, 10, activation=tf.nn.softmax, seed=2, **how),
        ]
    )


@pytest.mark.parametrize(
    "how",
    [
        dict(),
        dict(learning_rate=0.05),
        dict(shuffle=True, seed=3),
        dict(optimizer=lambda: keras.optimizers.SGD(0.01, momentum=0.9)),
        dict(optimizer=lambda: keras.optimizers.Adam()),
    ],
    ids=["plain", "larger step", "shuffled", "momentum", "Adam"],
)
def test_compiled_losses_equal_those_of_the_eager_loop(mnist, how):
    images, labels = (array[: 100 * 128] for array in mnist[0])
    losses = []
    for run_eagerly in (True, False):
        made = {key: value() if key == "optimizer" else value for key, value in how.items()}
        history = fit(
            classic_model(), images, labels, 1, verbose=0, run_eagerly=run_eagerly, **made
        )
        losses.append(history["batch_loss"])
    assert len(losses[0]) == 100
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


def test_a_second_fit_takes_up_where_the_first_one_ended(data):
    twice, once = small_model(), small_model()
    fit(twice, *data, 2, verbose=0)
    fit(twice, *data, 3, verbose=0)
    fit(once, *data, 5, verbose=0)
    for value, wanted in zip(values_of(twice), values_of(once), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-6)


@pytest.mark.parametrize("place", ["aligned", "4 bytes on", "read-only", "reversed", "columns"])
def test_images_may_lie_anywhere_in_memory_and_stay_as_they_are(data, place):
    x, y = data
    expected = fit(small_model(), x.tolist(), y, 2, 8, learning_rate=0.1, verbose=0)["batch_loss"]
    given = _engines.aligned(x.shape, x.dtype)
    if place == "4 bytes on":
        given = _engines.aligned((x.size + 1,), x.dtype)[1:].reshape(x.shape)
    elif place == "reversed":
        given = given[::-1]
    elif place == "columns":
        given = np.asfortranarray(given)
    given[:] = x
    given.flags.writeable = place != "read-only"
    losses = fit(small_model(), given, y, 2, 8, learning_rate=0.1, verbose=0)["batch_loss"]
    assert losses == expected
    assert np.array_equal(given, x)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", ">i4", "int64", "uint64"])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_labels_may_have_any_dtype_of_whole_numbers(data, dtype, run_eagerly):
    x, y = data
    how = {"learning_rate": 0.1, "verbose": 0, "run_eagerly": run_eagerly}
    expected = fit(small_model(), x, y, 1, 100, **how)
    assert fit(small_model(), x, y.astype(dtype), 1, 100, **how) == expected


def set_activation(model):
    model.layers[0].activation = tf.nn.tanh


def set_weight(model):
    model.layers[1].W = tf.Variable(model.layers[1].W * 2)


def set_layer(model):
    model.layers[0] = NaiveDense(6, 5, tf.nn.sigmoid, seed=8)


@pytest.mark.parametrize("change", [set_activation, set_weight, set_layer])
def test_a_model_that_was_changed_is_not_trained_with_its_old_graph(data, change):
    compiled, eager = small_model(), small_model()
    for model, run_eagerly in ((compiled, False), (eager, True)):
        fit(model, *data, 1, verbose=0, run_eagerly=run_eagerly)
        change(model)
        fit(model, *data, 2, learning_rate=0.1, verbose=0, run_eagerly=run_eagerly)
    for value, wanted in zip(values_of(compiled), values_of(eager), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("setting", [("momentum", 0.9), ("nesterov", True), ("clipnorm", 0.01)])
def test_an_optimizer_that_was_changed_does_not_train_with_its_old_settings(data, setting):
    compiled, eager = small_model(), small_model()
    for model, run_eagerly in ((compiled, False), (eager, True)):
        optimizer = keras.optimizers.SGD(0.1, momentum=0.5)
        how = {"optimizer": optimizer, "verbose": 0, "run_eagerly": run_eagerly}
        fit(model, *data, 1, **how)
        setattr(optimizer, *setting)
        fit(model, *data, 2, **how)
    for value, wanted in zip(values_of(compiled), values_of(eager), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-6)


def trained_both_ways(make, data, epochs=2, **how):
    """The losses of an eager and of a compiled training, each of a model that `make` makes."""
    return [
        fit(make(), *data, epochs, 50, verbose=0, run_eagerly=run_eagerly, **how)["batch_loss"]
        for run_eagerly in (True, False)
    ]


# Eager and compiled steps add up in another order, so their losses differ by rounding: some
# hundred additions of eps = 1.2e-7 at most, carried on over some ten steps. What a graph does not
# see is a hundred times as large in these tests, and each test says so.
AS_EAGER = {"rtol": 1e-5, "atol": 1e-6}


class Leaky:
    """An activation with an attribute."""

    slope = 0.0

    def __call__(self, x):
        return tf.maximum(self.slope * x, x)


class Scaled(NaiveDense):
    """A layer of a reader's own."""

    scale = 1.0

    def __call__(self, inputs):
        return super().__call__(inputs) * self.scale


class Own:
    """A model of a reader's own, with the name that an earlier version of `fit` looked for."""

    parts = ()

    def __init__(self):
        self.stack, self.slope = small_model(), 0.0
        self.stack.layers[0].activation = lambda x: tf.maximum(self.slope * x, x)
        self.weights = self.stack.weights

    def __call__(self, inputs):
        return self.stack(inputs)


def activated(activation):
    model = small_model()
    model.layers[0].activation = activation
    return model


def closure():
    slope = 0.0

    def change():
        nonlocal slope
        slope = 0.9

    return activated(lambda x: tf.maximum(slope * x, x)), change


def dictionary():
    table = {"slope": 0.0}
    model = activated(lambda x: tf.maximum(table["slope"] * x, x))
    return model, lambda: table.update(slope=0.9)


def default():
    def activation(x, slope=0.0):
        return tf.maximum(slope * x, x)

    return activated(activation), lambda: setattr(activation, "__defaults__", (0.9,))


def instance():
    activation = Leaky()
    return activated(activation), lambda: setattr(activation, "slope", 0.9)


def subclass():
    first = Scaled(6, 5, tf.nn.relu, initializer="glorot_uniform", seed=0)
    model = NaiveSequential([first, small_model().layers[1]])
    return model, lambda: setattr(first, "scale", 3.0)


def nested():
    inner, outer = small_model().layers
    model = NaiveSequential([NaiveSequential([inner]), outer])
    return model, lambda: setattr(inner, "activation", tf.nn.tanh)


def own_model():
    model = Own()
    return model, lambda: setattr(model, "slope", 0.9)


def frozen():
    model = small_model()
    return model, lambda: setattr(model.layers[0], "trainable", False)


def longer():
    model = small_model()
    return model, lambda: model.layers.insert(0, NaiveDense(6, 6, tf.nn.tanh, seed=3))


@pytest.mark.parametrize(
    "make",
    [closure, dictionary, default, instance, subclass, nested, own_model, frozen, longer],
)
def test_a_compiled_training_sees_what_changed_between_two_fits(data, make):
    how = {"batch_size": 50, "learning_rate": 0.1, "verbose": 0}
    losses, ends = [], []
    for run_eagerly in (True, False):
        model, change = make()
        fit(model, *data, 1, run_eagerly=run_eagerly, **how)
        kept = values_of(model)
        change()
        losses.append(fit(model, *data, 2, run_eagerly=run_eagerly, **how)["batch_loss"])
        ends.append(values_of(model))
        assert np.array_equal(ends[-1][0], kept[0]) == (make is frozen)
    unchanged, _ = make()
    without = fit(unchanged, *data, 3, run_eagerly=True, **how)["batch_loss"][5:]
    np.testing.assert_allclose(losses[1], losses[0], **AS_EAGER)
    assert not np.allclose(losses[0], without, rtol=1e-3), "the change is large enough to be seen"


GLOBAL_SLOPE = 0.0


def test_a_compiled_training_sees_a_changed_global(data, monkeypatch):
    losses = []
    for run_eagerly in (True, False):
        monkeypatch.setattr(sys.modules[__name__], "GLOBAL_SLOPE", 0.0)
        model = small_model()
        model.layers[0].activation = lambda x: tf.maximum(GLOBAL_SLOPE * x, x)
        how = {"batch_size": 50, "learning_rate": 0.1, "verbose": 0, "run_eagerly": run_eagerly}
        fit(model, *data, 1, **how)
        monkeypatch.setattr(sys.modules[__name__], "GLOBAL_SLOPE", 0.9)
        losses.append(fit(model, *data, 1, **how)["batch_loss"])
    np.testing.assert_allclose(losses[1], losses[0], **AS_EAGER)


def test_equal_settings_a_new_learning_rate_and_a_fresh_model_compile_nothing(data):
    images, labels = data

    def compiled(model, batch_size=int("300"[:2]), **how):
        before = len(_compiled._programs)
        fit(model, images, labels, 1, batch_size, verbose=0, **how)
        return len(_compiled._programs) - before

    model = small_model()
    compiled(model, learning_rate=0.1)
    assert compiled(model, learning_rate=float("0.1")) == 0
    assert compiled(model, int("30"), learning_rate=float("0.2")) == 0
    assert compiled(copy.deepcopy(model), learning_rate=0.1) == 0
    assert sum(compiled(small_model(seed)) for seed in range(6)) == 0
    compiled(model, optimizer=keras.optimizers.Adam(0.01))
    assert compiled(small_model(), optimizer=keras.optimizers.Adam(0.02)) == 0
    # What makes other operations is compiled.
    assert compiled(model, optimizer=keras.optimizers.Adam(0.01, beta_1=0.5)) == 1
    model.layers[0].activation = tf.nn.elu
    assert compiled(model) == 1


def test_layers_that_call_functions_of_tensorflow_share_a_program_if_the_functions_agree(data):
    """The functions that a graph calls have other names each time; what they do decides."""

    def compiled(*activations):
        model = small_model()
        inner = [NaiveDense(6, 6, activation, seed=3) for activation in activations]
        model.layers = [*inner, *model.layers]
        before = len(_compiled._programs)
        fit(model, *data, 1, 50, verbose=0)
        return len(_compiled._programs) - before

    def gentle():
        return tf.function(lambda x: tf.nn.tanh(0.53 * x))

    shared = gentle()
    compiled(shared, shared)
    assert compiled(*[gentle()] * 2) == 0
    assert compiled(*[tf.function(lambda x: tf.nn.tanh(0.54 * x))] * 2) == 1


def test_a_new_learning_rate_is_not_that_of_the_program_compiled_before(data):
    rates = [0.3, 0.1, 0.03]
    for rate in rates:
        eager, compiled = trained_both_ways(small_model, data, learning_rate=rate)
        np.testing.assert_allclose(compiled, eager, **AS_EAGER)


def test_many_fresh_models_bring_no_warning(data, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(7):
            model = small_model(seed)
            model.layers[0].activation = [tf.nn.relu, tf.nn.tanh][seed % 2]
            fit(model, *data, 1, 50, verbose=0)
    # TensorFlow says this in its log: "5 out of the last 5 calls to ... triggered tf.function
    # retracing".
    assert "tf.function" not in caplog.text


def test_a_trained_model_is_given_back_to_memory(data):
    model = small_model()
    fit(model, *data, 1, 50, verbose=0)
    kept = weakref.ref(model)
    del model
    gc.collect()
    assert kept() is None


def drawing(rng):
    return lambda x: x * rng.uniform(0.5, 1.5)


def counting(numbers):
    return lambda x: x * (1 + next(numbers))


@pytest.mark.parametrize(
    "activation",
    [drawing(np.random.default_rng(0)), counting(itertools.count())],
    ids=["random", "counter"],
)
def test_a_model_whose_python_code_gives_other_operations_each_time_is_refused(data, activation):
    model = small_model()
    model.layers[0].activation = activation
    before = values_of(model)
    with pytest.raises(ValueError, match="expected the same operations for each batch.*eagerly"):
        fit(model, *data, 1, 50, verbose=0)
    for value, wanted in zip(values_of(model), before, strict=True):
        np.testing.assert_array_equal(value, wanted)
    fit(model, *data, 1, 50, verbose=0, run_eagerly=True)


def test_a_learning_rate_that_counts_calls_is_refused_compiled(data):
    steps = itertools.count(1)
    optimizer = keras.optimizers.SGD(lambda: 0.1 / next(steps))
    with pytest.raises(ValueError, match="expected the same operations for each batch"):
        fit(small_model(), *data, 1, 50, optimizer=optimizer, verbose=0)


@tf.custom_gradient
def no_graph(x):
    if not tf.executing_eagerly():
        raise NotImplementedError("eager only")
    return x, lambda g: g


@tf.custom_gradient
def no_xla(x):
    return tf.ensure_shape(tf.numpy_function(np.tanh, [x], tf.float32), x.shape), lambda g: g


@tf.custom_gradient
def no_shape(x):
    return tf.numpy_function(np.tanh, [x], tf.float32), lambda g: g


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (no_graph, "expected operations of TensorFlow.*eager only; run_eagerly=True"),
        (no_shape, "expected operations of TensorFlow.*unknown rank.*run_eagerly=True"),
        (no_xla, "expected operations that XLA can compile.*run_eagerly=True"),
    ],
)
def test_a_model_of_which_no_program_can_be_made_is_refused_in_words(data, activation, message):
    model = small_model()
    model.layers[0].activation = activation
    before = values_of(model)
    with pytest.raises(TypeError, match=message):
        fit(model, *data, 1, 50, verbose=0)
    for value, wanted in zip(values_of(model), before, strict=True):
        np.testing.assert_array_equal(value, wanted)
    fit(model, *data, 1, 50, verbose=0, run_eagerly=True)


def test_what_a_layer_refuses_while_a_program_is_made_is_said_in_its_own_words(data):
    model = small_model()
    # A single example, with which fit tries the model, passes; a batch does not.
    model.layers[0].activation = lambda x: x if x.shape[0] == 1 else x[:, :4]
    with pytest.raises(ValueError, match=r"^inputs: expected shape \(batch, 5\)"):
        fit(model, *data, 1, 50, verbose=0)


def test_a_model_may_ask_a_tensor_in_an_if(data):
    def make():
        model = small_model()
        model.layers[0].activation = lambda x: x if tf.reduce_mean(x) > 0 else -x
        return model

    eager, compiled = trained_both_ways(make, data, learning_rate=0.1)
    np.testing.assert_allclose(compiled, eager, **AS_EAGER)


def shared_model(engine=tf):
    """A layer that stands twice, and its Keras twin."""
    softmax = tf.nn.softmax if engine is tf else autodiff.softmax
    how = {"initializer": "glorot_uniform", "engine": engine}
    twice = NaiveDense(6, 6, engine.tanh, seed=3, **how)
    return NaiveSequential([twice, twice, NaiveDense(6, 3, softmax, seed=4, **how)])


OPTIMIZERS = ["SGD", "Adagrad", "RMSprop", "Adam"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_layer_that_stands_twice_moves_once_by_the_sum_as_in_keras(data, name):
    images, labels = data
    model = shared_model()
    assert len(model.weights) == len(model.trainable_weights) == 4
    twice, last = keras.layers.Dense(6, "tanh"), keras.layers.Dense(3, "softmax")
    inputs = keras.Input((6,))
    twin = keras.Model(inputs, last(twice(twice(inputs))))
    twin.set_weights(values_of(model))
    twin.compile(getattr(keras.optimizers, name)(0.01), "sparse_categorical_crossentropy")
    wanted = twin.fit(images, labels, 50, 2, shuffle=False, verbose=0).history["loss"]
    ways = [
        (shared_model(), {"optimizer": getattr(keras.optimizers, name)(0.01)}),
        (shared_model(), {"optimizer": getattr(optimizers, name)(0.01)}),
        (shared_model(autodiff), {"optimizer": getattr(optimizers, name)(0.01)}),
    ]
    if name == "SGD":
        ways += [(shared_model(engine), {"learning_rate": 0.01}) for engine in (tf, autodiff)]
    for model, how in ways:
        # Keras rounds in another order; a step of twice the size shows in the third digit.
        found = fit(model, images, labels, 2, 50, verbose=0, **how)["loss"]
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_a_weight_that_is_given_twice_is_refused():
    w = tf.Variable([1.0, 2.0])
    for optimizer in (None, optimizers.SGD(), keras.optimizers.SGD()):
        with pytest.raises(ValueError, match=r"weights: .*once.*weights\[1\] is weights\[0\]"):
            update_weights([tf.ones(2), tf.ones(2)], [w, w], optimizer=optimizer)
    np.testing.assert_array_equal(w, [1, 2])


def frozen_layer(model):
    model.layers[0].trainable = False
    return model, [0, 1]


def frozen_keras_layer(_):
    first = keras.layers.Dense(5, "relu", kernel_initializer=keras.initializers.HeNormal(seed=1))
    first.trainable = False
    first.build((None, 6))
    return NaiveSequential([first, small_model().layers[1]]), [0, 1]


def frozen_weight(model):
    model.layers[1].W = tf.Variable(model.layers[1].W, trainable=False)
    return model, [2]


@pytest.mark.parametrize("freeze", [frozen_layer, frozen_keras_layer, frozen_weight])
@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("rule", [None, "keras", "own"])
def test_weights_that_shall_not_learn_are_left_alone(data, freeze, run_eagerly, rule):
    optimizer = {"keras": keras.optimizers.Adam(0.1), "own": optimizers.Adam(0.1)}.get(rule)
    model, frozen = freeze(small_model())
    before = values_of(model)
    fit(model, *data, 1, 50, optimizer=optimizer, verbose=0, run_eagerly=run_eagerly)
    for k, (value, old) in enumerate(zip(values_of(model), before, strict=True)):
        assert np.array_equal(value, old) == (k in frozen)


@pytest.mark.parametrize("optimizer", [None, optimizers.Adam(0.1)])
def test_on_the_own_engine_a_frozen_layer_is_left_alone(data, optimizer):
    model = shared_model(autodiff)
    model.layers[0].trainable = False
    before = [weight.numpy().copy() for weight in model.weights]
    fit(model, *data, 1, 50, optimizer=optimizer, verbose=0)
    for k, (weight, old) in enumerate(zip(model.weights, before, strict=True)):
        assert np.array_equal(weight.numpy(), old) == (k < 2)


def test_a_model_with_nothing_to_learn_is_refused(data):
    model = small_model()
    model.trainable = False
    with pytest.raises(ValueError, match="model: expected weights that may learn. Received: 4"):
        fit(model, *data, 1, verbose=0)


def by_fit(model, data, optimizer):
    fit(model, *data, 1, optimizer=optimizer, verbose=0)


def by_step(model, data, optimizer):
    one_training_step(model, data[0][:8], data[1][:8], optimizer=optimizer)


def by_update(model, data, optimizer):
    update_weights(values_of(model), model.weights, optimizer=optimizer)


WAYS = pytest.mark.parametrize("train", [by_fit, by_step, by_update])


@WAYS
@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1.0),
        lambda: keras.optimizers.SGD(0.1, loss_scale_factor=1024.0),
    ],
)
def test_an_optimizer_that_scales_the_loss_is_refused(data, make, train):
    model = small_model()
    before = values_of(model)
    with pytest.raises(ValueError, match="optimizer: expected one that takes the gradients of"):
        train(model, data, make())
    for value, wanted in zip(values_of(model), before, strict=True):
        np.testing.assert_array_equal(value, wanted)


NAMES = sorted(
    name
    for name, kind in vars(keras.optimizers).items()
    if isinstance(kind, type)
    and issubclass(kind, keras.optimizers.Optimizer)
    and name not in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
)


@pytest.mark.parametrize("name", NAMES)
def test_every_optimizer_of_keras_trains_as_keras_does_or_is_refused(data, name):
    images, labels = data
    model = small_model()
    before = values_of(model)
    twin = keras_twin(model)
    optimizer = getattr(keras.optimizers, name)(learning_rate=0.01)
    if name == "Muon":
        for _ in range(2):  # the first refusal leaves nothing that lets it pass
            with pytest.raises(TypeError, match="optimizer: .*Received: Muon, which asks more"):
                fit(model, images, labels, 1, optimizer=optimizer, verbose=0)
        for value, wanted in zip(values_of(model), before, strict=True):
            np.testing.assert_array_equal(value, wanted)
        return
    found = fit(model, images, labels, 2, 50, optimizer=optimizer, verbose=0)["loss"]
    # Eagerly, since a graph of Keras forgets what ScheduleFreeAdamW notes of the first weights.
    again = getattr(keras.optimizers, name)(learning_rate=0.01)
    twin.compile(again, "sparse_categorical_crossentropy", run_eagerly=True)
    wanted = twin.fit(images, labels, 50, 2, shuffle=False, verbose=0).history["loss"]
    # Rules that divide by the root of small squares multiply rounding, as Lion's sign does.
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_averaged_weights_are_those_that_keras_ends_with(data):
    images, labels = data
    model = small_model()
    twin = keras_twin(model)

    def average():
        return keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)

    fit(model, images, labels, 2, 50, optimizer=average(), verbose=0)
    twin.compile(average(), "sparse_categorical_crossentropy")
    twin.fit(images, labels, 50, 2, shuffle=False, verbose=0)
    for value, wanted in zip(values_of(model), twin.get_weights(), strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-6)


class Lookup:
    """A model whose gradient for the second of three weights is sparse."""

    def __init__(self):
        rng = np.random.default_rng(5)
        self.W, self.table, self.b = (
            tf.Variable(rng.normal(size=shape).astype("float32"))
            for shape in ((6, 3), (4, 3), (3,))
        )
        self.weights = [self.W, self.table, self.b]

    def __call__(self, inputs):
        inputs = tf.convert_to_tensor(inputs)
        rows = tf.cast(inputs[:, 0] > 0, tf.int32)
        return tf.nn.softmax(inputs @ self.W + self.picked(rows) + self.b)

    def picked(self, rows):
        return tf.gather(self.table, rows)


class DenseLookup(Lookup):
    """The same, written so that the gradient is dense."""

    def picked(self, rows):
        return tf.one_hot(rows, 4) @ self.table


@pytest.mark.parametrize("name", [None, *OPTIMIZERS])
@pytest.mark.parametrize("package", [keras.optimizers, optimizers])
def test_sparse_gradients_move_weights_as_dense_ones_do(data, name, package):
    ends = []
    for make, run_eagerly in ((DenseLookup, True), (Lookup, True), (Lookup, False)):
        model = make()
        optimizer = name and getattr(package, name)(0.01)
        how = {"optimizer": optimizer, "verbose": 0, "run_eagerly": run_eagerly}
        fit(model, *data, 1, 50, **how)
        ends.append(values_of(model))
    for one, two, three in zip(*ends, strict=True):
        np.testing.assert_allclose(two, one, **AS_EAGER)
        np.testing.assert_allclose(three, one, **AS_EAGER)


def some_weights(engine):
    return [engine.Variable(np.full(2, k, "float32")) for k in (1.0, 2.0, 3.0)]


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ([1.0, 1.0], TypeError, r"gradients\[1\]: expected a tensor. Received: \[1.0, 1.0\]"),
        (1.0, TypeError, r"gradients\[1\]: expected a tensor. Received: 1.0"),
        (np.ones(2, "complex64"), TypeError, r"gradients\[1\]: expected real numbers.*complex64"),
        (np.array(["a", "b"]), TypeError, r"gradients\[1\]: expected real numbers.*dtype <U1"),
        (np.ones(3, "float32"), ValueError, r"gradients\[1\]: .*shape \(2,\). Received: \(3,\)"),
        (None, ValueError, r"gradients\[1\]: .*Received: None"),
    ],
)
@pytest.mark.parametrize("engine", [tf, autodiff])
@pytest.mark.parametrize("make", [lambda: None, optimizers.Adam, keras.optimizers.Adam])
def test_a_gradient_that_cannot_be_applied_moves_no_weight(bad, error, message, engine, make):
    weights = some_weights(engine)
    good = np.ones(2, "float32")
    if make is keras.optimizers.Adam and engine is autodiff:
        pytest.skip("an optimizer of Keras moves variables of TensorFlow")
    with pytest.raises(error, match=message):
        update_weights([good, bad, good], weights, optimizer=make())
    for k, weight in enumerate(weights):
        np.testing.assert_array_equal(weight.numpy(), k + 1)


@pytest.mark.parametrize("engine", [tf, autodiff])
@pytest.mark.parametrize("make", [lambda: None, lambda: optimizers.SGD(0.001)])
@pytest.mark.parametrize("dtype", ["float64", "float16", "int32"])
def test_gradients_of_another_dtype_of_real_numbers_are_converted(engine, make, dtype):
    weights = some_weights(engine)
    tensor = tf.constant if engine is tf else np.asarray
    update_weights([tensor(np.full(2, 4, dtype))] * 3, weights, optimizer=make())
    for k, weight in enumerate(weights):
        assert weight.numpy().dtype == np.float32
        np.testing.assert_allclose(weight.numpy(), k + 1 - 0.004, rtol=1e-6)


class Stumbles(keras.optimizers.Adam):
    """Adam that fails at its third weight in its second step."""

    calls, what = 0, RuntimeError

    def update_step(self, gradient, variable, learning_rate):
        self.calls += 1
        if self.calls == 7:
            raise self.what("stumbled")
        super().update_step(gradient, variable, learning_rate)


class StumblesToo(optimizers.Adam):
    """The same for the package's own."""

    calls, what = 0, RuntimeError

    def movement(self, gradient, memory):
        self.calls += 1
        movement = super().movement(gradient, memory)
        if self.calls == 7:
            raise self.what("stumbled")
        return movement


@pytest.mark.parametrize("kind", [Stumbles, StumblesToo])
@pytest.mark.parametrize("what", [RuntimeError, KeyboardInterrupt])
def test_an_update_that_is_broken_off_leaves_weights_and_optimizer_as_they_were(data, kind, what):
    images, labels = data
    how = {"batch_size": 50, "verbose": 0, "run_eagerly": True}
    broken, whole = small_model(), small_model()
    optimizer, undisturbed = kind(0.01), kind.__base__(0.01)
    optimizer.what = what
    with pytest.raises(what, match="stumbled"):
        fit(broken, images, labels, 1, optimizer=optimizer, **how)
    fit(whole, images[:50], labels[:50], 1, optimizer=undisturbed, **how)
    for value, wanted in zip(values_of(broken), values_of(whole), strict=True):
        np.testing.assert_array_equal(value, wanted)
    # Both go on the same way, so the optimizer's memory is that of one step too.
    for model, rule in ((broken, optimizer), (whole, undisturbed)):
        fit(model, images[50:100], labels[50:100], 1, optimizer=rule, **how)
    for value, wanted in zip(values_of(broken), values_of(whole), strict=True):
        np.testing.assert_array_equal(value, wanted)


class Refuses(autodiff.Variable):
    """A weight whose assignments can be made to fail."""

    __slots__ = ("stubborn",)

    def assign_add(self, delta):
        if self.stubborn:
            raise KeyboardInterrupt
        return super().assign_add(delta)

    def assign_sub(self, delta):
        if self.stubborn:
            raise KeyboardInterrupt
        return super().assign_sub(delta)


@pytest.mark.parametrize("make", [lambda: None, lambda: optimizers.SGD(0.1, momentum=0.9)])
def test_an_interruption_between_two_weights_leaves_both_as_they_were(make):
    weights = [autodiff.Variable([1.0]), Refuses([2.0])]
    weights[1].stubborn = False
    optimizer = make()
    update_weights([np.ones(1)] * 2, weights, optimizer=optimizer)
    before = [float(weight[0]) for weight in weights]
    weights[1].stubborn = True
    with pytest.raises(KeyboardInterrupt):
        update_weights([np.ones(1)] * 2, weights, optimizer=optimizer)
    assert [float(weight[0]) for weight in weights] == before
    assert optimizer is None or optimizer.iterations == 1


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("learning_rate", math.nan, "optimizer.learning_rate: .*Received: .*nan"),
        ("learning_rate", math.inf, "optimizer.learning_rate: .*Received: .*inf"),
        ("learning_rate", -5.0, "optimizer.learning_rate: .*at least 0. Received: .*-5"),
        ("momentum", 2.0, "optimizer.momentum: .*at most 1. Received: 2.0"),
        ("momentum", math.nan, "optimizer.momentum: .*Received: nan"),
        ("momentum", "x", "optimizer.momentum: expected a number. Received: 'x'"),
        ("clipnorm", -1.0, "optimizer.clipnorm: .*at least 0. Received: -1.0"),
        ("weight_decay", -0.1, "optimizer.weight_decay: .*Received: -0.1"),
    ],
)
@WAYS
def test_bad_settings_of_a_keras_optimizer_are_refused_before_a_weight_moves(
    data, setting, value, message, train
):
    model, optimizer = small_model(), keras.optimizers.SGD(0.1)
    before = values_of(model)
    setattr(optimizer, setting, value)
    with pytest.raises((TypeError, ValueError), match=message):
        train(model, data, optimizer)
    for after, wanted in zip(values_of(model), before, strict=True):
        np.testing.assert_array_equal(after, wanted)


@pytest.mark.parametrize("backend", ["jax, which is not there", "legacy"])
def test_own_optimizers_need_no_keras(backend):
    code = """
import sys
sys.modules["keras"] = sys.modules["tf_keras"] = None  # an import of them fails
import numpy as np, tensorflow as tf
from dlbook import NaiveDense, NaiveSequential, fit, optimizers
for optimizer in (None, optimizers.SGD(), optimizers.Adam()):
    model = NaiveSequential([NaiveDense(4, 3, tf.nn.softmax, seed=0)])
    fit(model, np.ones((8, 4)), np.arange(8) % 3, 2, 4, optimizer=optimizer, verbose=0)
print("trained")
"""
    setting = {"legacy": {"TF_USE_LEGACY_KERAS": "1"}}.get(backend, {"KERAS_BACKEND": "no_such"})
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **setting}
    )
    assert run.stdout.endswith("trained\n"), run.stderr


def test_an_optimizer_of_keras_for_the_own_engine_is_refused(data):
    with pytest.raises(TypeError, match="optimizer: expected one of dlbook.optimizers.*SGD of"):
        fit(shared_model(autodiff), *data, 1, optimizer=keras.optimizers.SGD(), verbose=0)


def test_an_optimizer_of_keras_on_another_backend_is_refused(data, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    model = small_model()
    with pytest.raises(
        TypeError, match="^optimizer: expected one of Keras on TensorF.*SGD of .*n jax"
    ):
        fit(model, *data, 1, optimizer=keras.optimizers.SGD(), verbose=0)


def test_inside_of_a_tf_function_fit_and_evaluate_are_refused(data):
    model = small_model()
    for call in (lambda: fit(model, *data, 1, verbose=0), lambda: evaluate(model, *data)):
        with pytest.raises(RuntimeError, match="expected a call from plain Python.*tf.function"):
            tf.function(call)()


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("optimizer", [None, "keras"])
def test_inside_of_a_tf_function_a_step_is_the_same_step(data, jit_compile, optimizer):
    images, labels = data[0][:50], data[1][:50]
    losses = []
    for compile_it in (False, True):
        model = small_model()
        how = {"learning_rate": 0.1}
        if optimizer:
            how = {"optimizer": keras.optimizers.Adam(0.01)}
            how["optimizer"].build(model.weights)

        def step(x, y, model=model, how=how):
            return one_training_step(model, x, y, **how)

        step = tf.function(step, jit_compile=jit_compile) if compile_it else step
        losses.append([float(step(tf.constant(images), tf.constant(labels))) for _ in range(4)])
    np.testing.assert_allclose(losses[1], losses[0], **AS_EAGER)
    assert losses[0][3] < losses[0][0]


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_tape_of_the_caller_does_not_disturb(data, run_eagerly):
    how = {"batch_size": 50, "learning_rate": 0.1, "verbose": 0, "run_eagerly": run_eagerly}
    within, without = small_model(), small_model()
    with tf.GradientTape() as tape:
        history = fit(within, *data, 2, **how)
        x = tf.constant(3.0)
        tape.watch(x)
        y = x * x
    assert float(tape.gradient(y, x)) == 6.0
    assert history == fit(without, *data, 2, **how)


@pytest.mark.parametrize("rule", [None, "keras", "own"])
def test_models_in_several_threads_train_as_they_do_one_after_the_other(data, rule):
    make = {"keras": keras.optimizers.Adam, "own": optimizers.Adam}.get(rule, lambda: None)

    def train(model):
        fit(model, *data, 2, 50, optimizer=make(), shuffle=True, seed=1, verbose=0)

    alone, together = ([small_model(seed) for seed in range(3)] for _ in range(2))
    for model in alone:
        train(model)
    threads = [threading.Thread(target=train, args=[model]) for model in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        for value, wanted in zip(values_of(other), values_of(one), strict=True):
            np.testing.assert_array_equal(value, wanted)


def test_layers_of_mixed_precision_train_as_in_keras(data):
    images, labels = data

    def layers():
        first = keras.initializers.GlorotUniform(seed=7)
        how = {"dtype": "mixed_float16", "kernel_initializer": first}
        return [keras.layers.Dense(5, "relu", **how), keras.layers.Dense(3, "softmax", **how)]

    twin = keras.Sequential([keras.Input((6,)), *layers()])
    twin.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    # Without a factor for the loss, which Keras adds by itself for mixed precision.
    twin.optimizer = keras.optimizers.SGD(0.1)
    wanted = twin.fit(images, labels, 50, 2, shuffle=False, verbose=0).history["loss"]
    for run_eagerly in (False, True):
        model = NaiveSequential(layers())
        how = {"optimizer": keras.optimizers.SGD(0.1), "verbose": 0, "run_eagerly": run_eagerly}
        train = functools.partial(fit, model, images, labels, 2, 50, **how)
        found = train() if run_eagerly else compiles_or_refuses_half_precision(train)
        if found:
            # Half precision has 11 bits: rounding of 2**-11 in each probability, averaged over 50.
            np.testing.assert_allclose(found["loss"], wanted, rtol=2e-3)


def test_a_layer_with_slots_can_be_trained(data):
    class Slotted:
        __slots__ = ("W",)

        def __init__(self):
            self.W = tf.Variable(tf.zeros((6, 3)))

        weights = property(lambda self: [self.W])

        def __call__(self, inputs):
            return tf.nn.softmax(inputs @ self.W)

    eager, compiled = trained_both_ways(
        lambda: NaiveSequential([Slotted()]), data, learning_rate=0.1
    )
    np.testing.assert_allclose(compiled, eager, **AS_EAGER)
    assert eager[-1] < eager[0]


def test_a_trained_model_on_the_own_engine_can_be_pickled(data):
    model = shared_model(autodiff)
    fit(model, *data, 1, 50, verbose=0)
    twin = pickle.loads(pickle.dumps(model))
    assert twin.layers[0] is twin.layers[1]
    np.testing.assert_array_equal(twin.weights[0].numpy(), model.weights[0].numpy())


def test_a_trained_model_can_be_copied(data):
    model = small_model()
    fit(model, *data, 1, verbose=0)
    twin = copy.deepcopy(model)
    fit(twin, *data, 1, verbose=0)
    assert not np.array_equal(values_of(twin)[0], values_of(model)[0])


def test_a_model_of_ones_own_can_be_trained(data):
    class Linear:
        def __init__(self):
            self.W = tf.Variable(tf.zeros((6, 3)))
            self.weights = [self.W]

        def __call__(self, inputs):
            return tf.nn.softmax(inputs @ self.W)

    history = fit(Linear(), *data, 5, learning_rate=0.1, verbose=0)
    assert history["loss"][0] > history["loss"][-1]


@functools.cache
def half_precision_compiles():
    """Tell whether XLA can compile float16 for this processor; older ones have no F16C."""
    probe = tf.function(lambda x: tf.cast(tf.cast(x, tf.float16) * 2, x.dtype), jit_compile=True)
    try:
        return bool(probe(tf.ones(3))[0] == 2)
    except tf.errors.InternalError:
        return False


def compiles_or_refuses_half_precision(train):
    """Return what a training in float16 gives; without F16C, see that it refuses in words."""
    if half_precision_compiles():
        return train()
    with pytest.raises(TypeError, match="model and optimizer: .* for this processor.*F16C"):
        train()
    return None


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_a_model_may_compute_in_another_precision(data, dtype):
    class Linear:
        def __init__(self):
            self.W = tf.Variable(tf.zeros((6, 3)))
            self.weights = [self.W]

        def __call__(self, inputs):
            return tf.nn.softmax(tf.cast(inputs @ self.W, dtype))

    how = {"learning_rate": 0.1, "verbose": 0}
    eager = fit(Linear(), *data, 1, 32, run_eagerly=True, **how)["batch_loss"]
    if dtype == "float64":
        compiled = fit(Linear(), *data, 1, 32, **how)["batch_loss"]
        np.testing.assert_allclose(compiled, eager, rtol=1e-5)
    elif compiled := compiles_or_refuses_half_precision(lambda: fit(Linear(), *data, 1, 32, **how)):
        np.testing.assert_allclose(compiled["batch_loss"], eager, rtol=1e-2)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_batch_size_may_be_a_small_integer_of_numpy(data, run_eagerly):
    how = {"verbose": 0, "run_eagerly": run_eagerly}
    history = fit(small_model(), *data, 1, np.uint8(100), **how)
    assert history == fit(small_model(), *data, 1, 100, **how)
    assert type(history["loss"][0]) is float


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_weights_that_are_not_finite_are_not_passed_over(data, run_eagerly):
    images, model = data[0].copy(), small_model()
    # relu hides this from the loss, but not from the gradient: 0 · ∞ is NaN.
    model.layers[0].W.assign(np.full((6, 5), 0.1))
    images[-1, 0] = -np.inf
    with pytest.raises(
        FloatingPointError,
        match="^weights after epoch 0: expected finite numbers. Received: NaN or infinite ones, "
        r"though all losses were finite\. Are there infinite numbers in the images\?$",
    ):
        fit(model, images, data[1], 1, verbose=0, run_eagerly=run_eagerly)


def own_engine_model(**how):
    return NaiveSequential(
        [
            NaiveDense(784, 512, autodiff.relu, seed=1, engine=autodiff, **how),
            NaiveDense(512, 10, autodiff.softmax, seed=2, engine=autodiff, **how),
        ]
    )


def test_own_tape_gives_the_losses_and_the_accuracy_of_tensorflow(mnist):
    (images, labels), test = mnist
    how = {"initializer": "glorot_uniform"}
    ours, theirs = own_engine_model(**how), classic_model(**how)
    history = fit(ours, images, labels, 1, learning_rate=0.1, verbose=0)
    expected = fit(theirs, images, labels, 1, learning_rate=0.1, verbose=0)
    np.testing.assert_allclose(history["batch_loss"], expected["batch_loss"], rtol=1e-3)
    assert evaluate(ours, *test).accuracy == pytest.approx(
        evaluate(theirs, *test).accuracy, abs=0.003
    )


def test_own_engine_needs_no_tensorflow():
    code = """
import sys
import numpy as np
from dlbook import NaiveDense, NaiveSequential, autodiff, evaluate, fit
model = NaiveSequential([NaiveDense(4, 3, autodiff.softmax, engine=autodiff)])
fit(model, np.ones((8, 4)), np.arange(8) % 3, 2)
evaluate(model, np.ones((8, 4)), np.arange(8) % 3)
print("tensorflow" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("False\n")


X, Y = np.zeros((8, 6), "float32"), np.arange(8) % 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (dict(labels=Y[:7]), ValueError, "labels: expected as many as there are images, 8. .*7"),
        (dict(images=X[:0], labels=Y[:0]), ValueError, "images: expected at least one example"),
        (dict(labels=Y + 1), ValueError, "labels: .*from 0 to 2.*Received: values from 1 to 3"),
        (dict(labels=Y - 1), ValueError, "labels: .*from 0 to 2.*Received: values from -1 to 1"),
        (dict(labels=Y * 1.0), TypeError, "labels: expected whole numbers.*float64"),
        (dict(labels=np.eye(3)[Y]), TypeError, "labels: expected whole numbers"),
        (dict(labels=Y[:, None]), ValueError, r"labels: expected shape \(n,\)"),
        (dict(labels=list("abcabcab")), TypeError, "labels: expected whole numbers"),
        (dict(images=X.astype("uint8")), TypeError, "images: .*prepare_images.*uint8"),
        (dict(images=X[:, :5]), ValueError, r"images: .*inputs: expected shape \(batch, 6\)"),
        (dict(images=X[:, None]), ValueError, r"images: .*Received: shape \(8, 1, 6\)"),
        (dict(images=X[:, 0]), ValueError, r"images: .*inputs: expected shape \(batch, 6\)"),
        (dict(images=[[1.0], [1.0, 2.0]]), ValueError, "images: expected rows of the same length"),
        (dict(images=[], labels=[]), ValueError, "images: expected at least one example"),
        (dict(model=None), TypeError, "model: expected a layer or model.*NoneType"),
        (dict(model=NaiveSequential), TypeError, "model: .*NaiveSequential, a class"),
        (
            dict(model=NaiveSequential([NaiveDense(6, 3, np.tanh)])),
            TypeError,
            "model: expected tensors of tensorflow. Received: ndarray",
        ),
        (dict(shuffle="no"), TypeError, "shuffle: expected True or False. Received: 'no'"),
        (dict(run_eagerly=1), TypeError, "run_eagerly: expected True or False. Received: 1"),
        (dict(seed=-1), ValueError, "seed: expected a whole number of at least 0. Received: -1"),
        (dict(seed=2.5), TypeError, "seed: expected a whole number.*Received: 2.5"),
        (dict(verbose=np.array([1, 2])), ValueError, "verbose: expected 0, 1 or 2"),
        (dict(batch_size=0), ValueError, "batch_size: .*at least 1. Received: 0"),
        (dict(batch_size=1.5), TypeError, "batch_size: .*Received: 1.5"),
        (dict(epochs=0), ValueError, "epochs: .*at least 1. Received: 0"),
        (dict(epochs="2"), TypeError, "epochs: .*Received: '2'"),
        (dict(verbose=3), ValueError, "verbose: expected 0, 1 or 2. Received: 3"),
        (dict(learning_rate=0), ValueError, "learning_rate: .*above 0. Received: 0"),
        (dict(learning_rate=math.nan), ValueError, "learning_rate: .*Received: nan"),
        (dict(learning_rate="big"), TypeError, "learning_rate: .*Received: 'big'"),
        (dict(learning_rate=1, optimizer=keras.optimizers.SGD()), ValueError, "learning_rate: "),
        (dict(learning_rate=10**400), ValueError, "learning_rate: expected a finite number"),
        (dict(learning_rate=np.complex64(1 + 1j)), TypeError, "learning_rate: "),
        (dict(optimizer="adam"), TypeError, "optimizer: .*Received: 'adam'"),
        (dict(optimizer=keras.optimizers.Adam), TypeError, "optimizer: .*Received: <class"),
        (dict(validation_data=3), TypeError, "validation_data: expected a pair.*Received: int"),
        (dict(validation_data=(X,)), TypeError, "validation_data: expected a pair"),
        (dict(validation_data=(X[:, :5], Y)), ValueError, r"validation_data\[0\]: .*the model"),
        (
            dict(validation_data=(X, Y[:2])),
            ValueError,
            r"validation_data\[1\]: expected as many .*8. Received: 2",
        ),
        (dict(validation_data=(X, Y + 9)), ValueError, r"validation_data\[1\]: .*from 0 to 2"),
    ],
)
def test_wrong_input_is_refused_before_training(arguments, error, message):
    model = small_model()
    before = values_of(model)
    given = {"model": model, "images": X, "labels": Y, "epochs": 1, "verbose": 0}
    with pytest.raises(error, match=message):
        fit(**given | arguments)
    for value, wanted in zip(values_of(model), before, strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_input_that_was_refused_does_not_bind_the_optimizer_to_the_model(data):
    optimizer = keras.optimizers.Adam()
    with pytest.raises(TypeError, match="validation_data"):
        fit(small_model(), *data, 1, optimizer=optimizer, validation_data=3, verbose=0)
    fit(small_model(), *data, 1, optimizer=optimizer, verbose=0)


def test_gradients_that_do_not_fit_the_weights_are_refused():
    weights = [tf.Variable(1.0), tf.Variable(2.0)]
    with pytest.raises(ValueError, match="gradients: expected one for each of 2 weights"):
        update_weights([tf.constant(1.0)], weights)
    with pytest.raises(ValueError, match=r"gradients\[1\]: .*Received: None"):
        update_weights([tf.constant(1.0), None], weights)
    with pytest.raises(ValueError, match=r"gradients\[1\]: .*weight's shape \(\).*\(1,\)"):
        update_weights([tf.constant(1.0), tf.constant([1.0])], weights)
    assert [float(weight) for weight in weights] == [1.0, 2.0]


@pytest.mark.parametrize("labels", [[0.9, 1.9], [True, False]])
def test_a_step_refuses_labels_that_are_not_whole_numbers(data, labels):
    with pytest.raises(TypeError, match="labels: expected whole numbers"):
        one_training_step(small_model(), data[0][:2], labels)


def test_the_classic_run_gives_the_numbers_of_the_book(mnist, capsys):
    (train_images, train_labels), (test_images, test_labels) = mnist
    model = NaiveSequential(
        [
            NaiveDense(input_size=28 * 28, output_size=512, activation=tf.nn.relu, seed=1),
            NaiveDense(input_size=512, output_size=10, activation=tf.nn.softmax, seed=2),
        ]
    )
    untrained = model(train_images[:128]).numpy()[np.arange(128), train_labels[:128]]
    fit(model, train_images, train_labels, epochs=10, batch_size=128)
    losses = [float(x) for x in re.findall(r"loss at batch \d+: (.*)", capsys.readouterr().out)]
    assert len(losses) == 10 * 5
    # The first loss depends much on the seed (2.8 to 10.4 over a thousand), so it is calculated
    # here from the untrained probabilities; the log has two digits.
    assert losses[0] == pytest.approx(-np.log(untrained.clip(1e-7)).mean(), abs=0.0051)
    # The end depends little on it: over twelve seeds 0.73 to 0.76, and an accuracy of 0.813 to
    # 0.822. The bounds are more than seven times as far apart, for other processors' rounding.
    assert 0.6 < losses[-1] < 0.9
    predictions = np.argmax(model(test_images), axis=1)
    assert 0.78 < np.mean(predictions == test_labels) < 0.85


def test_a_gradient_of_another_kind_of_number_is_refused_and_one_of_other_floats_is_not():
    message = r"gradients\[0\]: expected the weight's dtype float32, or other real numbers"
    for gradient in (tf.constant([True]), tf.constant([1j]), np.array([True])):
        with pytest.raises(TypeError, match=message):
            update_weights([gradient], [tf.Variable([1.0])])
    weight = autodiff.Variable(np.ones(1, np.float32))
    update_weights([autodiff.Tensor(np.array([0.5]))], [weight], learning_rate=0.5)
    assert (weight.dtype, weight.numpy().tolist()) == (np.float32, [0.75])


def test_where_there_is_a_gpu_an_array_is_copied_to_it(monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [f"/device:{kind}:0"])
    array = np.arange(4.0)
    tensor = _engines.to_device(array)
    array[:] = 9
    assert tensor.numpy().tolist() == [0, 1, 2, 3]
