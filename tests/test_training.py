"""The training loop is held against Keras' own, and its errors say what is wrong."""

import copy
import math
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlbook import (
    NaiveDense,
    NaiveSequential,
    _engines,
    autodiff,
    evaluate,
    fit,
    one_training_step,
    update_weights,
)


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
    with pytest.raises(FloatingPointError, match="loss at batch .* of epoch"):
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


def test_a_model_and_an_optimizer_that_stay_the_same_keep_their_graph(data):
    model, optimizer = small_model(), keras.optimizers.Adam()
    fit(model, *data, 1, optimizer=optimizer, verbose=0)
    _, graph = model._graph
    fit(model, *data, 1, optimizer=optimizer, verbose=0)
    assert model._graph[1] is graph


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


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_a_model_may_compute_in_another_precision(data, dtype):
    class Linear:
        def __init__(self):
            self.W = tf.Variable(tf.zeros((6, 3)))
            self.weights = [self.W]

        def __call__(self, inputs):
            return tf.nn.softmax(tf.cast(inputs @ self.W, dtype))

    how = {"learning_rate": 0.1, "verbose": 0}
    compiled = fit(Linear(), *data, 1, 32, **how)["batch_loss"]
    eager = fit(Linear(), *data, 1, 32, run_eagerly=True, **how)["batch_loss"]
    np.testing.assert_allclose(compiled, eager, rtol=1e-5 if dtype == "float64" else 1e-2)


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
    with pytest.raises(FloatingPointError, match="weights after epoch 0: expected finite"):
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


def test_layers_of_different_engines_are_refused():
    with pytest.raises(ValueError, match="layers: expected the same engine"):
        NaiveSequential(
            [NaiveDense(4, 3, None), NaiveDense(3, 2, autodiff.softmax, engine=autodiff)]
        )


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
            NaiveDense(input_size=28 * 28, output_size=512, activation=tf.nn.relu),
            NaiveDense(input_size=512, output_size=10, activation=tf.nn.softmax),
        ]
    )
    fit(model, train_images, train_labels, epochs=10, batch_size=128)
    losses = [float(x) for x in re.findall(r"loss at batch \d+: (.*)", capsys.readouterr().out)]
    assert len(losses) == 10 * 5
    assert 3 < losses[0] < 9
    assert losses[-1] < 1
    predictions = np.argmax(model(test_images), axis=1)
    assert 0.78 < np.mean(predictions == test_labels) < 0.88
