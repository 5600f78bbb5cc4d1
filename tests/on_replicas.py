"""What `tests/test_strategies.py` runs in a process of its own, which has three devices.

The devices must be there before TensorFlow begins, so they cannot be made in the tests' process.
Each function below is one case; it is given a function that makes things in the right scope.
"""

import functools
import json
import sys
import tempfile
from contextlib import nullcontext

import keras
import numpy as np
import tensorflow as tf

from dlbook import (
    NaiveDense,
    NaiveSequential,
    _updates,
    evaluate,
    fit,
    one_training_step,
    optimizers,
)
from dlbook.checkpoints import Checkpoints
from noise import Noise

REPLICAS = 3
RNG = np.random.default_rng(20260101)
DATA = RNG.normal(size=(250, 6)).astype("float32"), RNG.integers(0, 3, size=250)
SPOILED = DATA[0].copy(), DATA[1]
SPOILED[0][70] = np.nan
HOW = {"verbose": 0, "batch_size": 32, "learning_rate": 0.1}


def small_model():
    return NaiveSequential(
        [
            NaiveDense(6, 5, tf.nn.relu, initializer="glorot_uniform", seed=0),
            NaiveDense(5, 3, tf.nn.softmax, initializer="glorot_uniform", seed=1),
        ]
    )


def keras_model():
    layers = [
        keras.Input((6,)),
        keras.layers.Dense(5, "relu", kernel_initializer=keras.initializers.GlorotUniform(1)),
        keras.layers.Dense(3, "softmax", kernel_initializer=keras.initializers.GlorotUniform(2)),
    ]
    return keras.Sequential(layers)


def shared_model():
    twice = NaiveDense(6, 6, tf.nn.tanh, initializer="glorot_uniform", seed=2)
    last = NaiveDense(6, 3, tf.nn.softmax, initializer="glorot_uniform", seed=3)
    return NaiveSequential([twice, twice, last])


def frozen_model():
    model = small_model()
    model.layers[0].trainable = False
    return model


class Lookup:
    """A model whose gradient for one of its weights is sparse."""

    def __init__(self):
        rng = np.random.default_rng(5)
        shapes = (6, 3), (4, 3)
        self.W, self.table = (tf.Variable(rng.normal(size=s).astype("float32")) for s in shapes)
        self.weights = [self.W, self.table]

    def __call__(self, inputs):
        inputs = tf.convert_to_tensor(inputs)
        rows = tf.gather(self.table, tf.cast(inputs[:, 0] > 0, tf.int32))
        return tf.nn.softmax(inputs @ self.W + rows)


def noisy_model():
    return NaiveSequential([Noise(), *small_model().layers])


def stream():
    return tf.data.Dataset.from_tensor_slices(DATA)


def trained(make=small_model, data=DATA, *, optimizer=None, **how):
    """The losses of a training, the weights that it ends with, and how the replicas differ."""
    how = HOW | {"epochs": 2} | how
    model = make()
    if optimizer is not None:
        how |= {"optimizer": optimizer(), "learning_rate": None}
    try:
        history = fit(model, *data, **how)
    except FloatingPointError as error:
        history = {"error": str(error)}
    weights = [_updates.variable_of(weight) for weight in model.weights]
    copies = [getattr(weight, "values", [weight]) for weight in weights]
    spread = max(
        float(np.max(np.abs(copy.numpy() - values[0].numpy())))
        for values in copies
        for copy in values
    )
    ends = [values[0].numpy().tolist() for values in copies]
    return {"history": history, "weights": ends, "spread": spread, "copies": len(copies[0])}


def by_steps(**how):
    model = small_model()
    images, labels = DATA
    batches = [slice(0, 32), slice(32, 50), slice(50, 52)]
    losses = [float(one_training_step(model, images[b], labels[b], **how)) for b in batches]
    return {"losses": losses, "evaluation": evaluate(model, *DATA, batch_size=100)}


CASES = {
    "plain": trained,
    "eager": lambda: trained(run_eagerly=True),
    "batches smaller than the number of replicas": lambda: trained(batch_size=2),
    "one batch that is not full": lambda: trained(batch_size=1000),
    "shuffled": lambda: trained(shuffle=True, seed=5),
    "validated": lambda: trained(validation_data=(DATA[0][:41], DATA[1][:41])),
    "a layer that stands twice": lambda: trained(shared_model),
    "a frozen layer": lambda: trained(frozen_model),
    "sparse gradients": lambda: trained(Lookup),
    "a model of Keras": lambda: trained(keras_model),
    "a stream": lambda: trained(data=(stream(),)),
    "a shuffled stream": lambda: trained(data=(stream(),), shuffle=100, seed=3),
    "own momentum": lambda: trained(optimizer=lambda: optimizers.SGD(0.05, momentum=0.9)),
    "own Adam": lambda: trained(optimizer=lambda: optimizers.Adam(0.01)),
    "SGD": lambda: trained(optimizer=lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    "SGD, eagerly": lambda: trained(
        optimizer=lambda: keras.optimizers.SGD(0.05, momentum=0.9), run_eagerly=True
    ),
    "Adam": lambda: trained(optimizer=lambda: keras.optimizers.Adam(0.01)),
    "AdamW": lambda: trained(optimizer=lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1)),
    "clipnorm": lambda: trained(optimizer=lambda: keras.optimizers.SGD(0.1, clipnorm=0.05)),
    "global_clipnorm": lambda: trained(
        optimizer=lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.05)
    ),
    "clipvalue": lambda: trained(optimizer=lambda: keras.optimizers.SGD(0.1, clipvalue=0.01)),
    "averaged weights": lambda: trained(
        optimizer=lambda: keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
    ),
    "a loss that is not finite": lambda: trained(data=SPOILED),
    "a loss that is not finite, eagerly": lambda: trained(data=SPOILED, run_eagerly=True),
    "a loss that is not finite, Adam": lambda: trained(
        data=SPOILED, optimizer=lambda: keras.optimizers.Adam(0.01)
    ),
    "steps": lambda: by_steps(learning_rate=0.1),
    "steps with an optimizer": lambda: by_steps(optimizer=optimizers.SGD(0.05, momentum=0.9)),
}


def refusals(strategy):
    """What each call that cannot work says."""
    outside = small_model()
    adam, own = keras.optimizers.Adam(), optimizers.Adam()
    said = {}

    def tell(name, call):
        try:
            call()
            said[name] = "taken"
        except Exception as error:
            said[name] = f"{type(error).__name__}: {error}"

    with tempfile.TemporaryDirectory() as folder:
        kept = {"checkpoints": Checkpoints(folder), "verbose": 0}
        fit(noisy_model(), *DATA, 1, **kept)
        with strategy.scope():
            tell("random numbers of one replica", lambda: fit(noisy_model(), *DATA, 1, **kept))
    with strategy.scope():
        inside = small_model()
        slow = keras.optimizers.SGD(gradient_accumulation_steps=2)
        mixed = NaiveSequential([small_model().layers[0], outside.layers[1]])
        tell("a model made elsewhere", lambda: fit(outside, *DATA, 1, verbose=0))
        tell("a model made elsewhere, evaluated", lambda: evaluate(outside, *DATA))
        tell("a model half made elsewhere", lambda: fit(mixed, *DATA, 1, verbose=0))
        tell(
            "an optimizer made elsewhere", lambda: fit(inside, *DATA, 1, optimizer=adam, verbose=0)
        )
        tell("accumulated gradients", lambda: fit(inside, *DATA, 1, optimizer=slow, verbose=0))
        step = functools.partial(one_training_step, inside)
        tell("a step of two sizes", lambda: step(*DATA, learning_rate=0.1, optimizer=own))
        tell("a step on words", lambda: step(np.full(DATA[0].shape, "one"), DATA[1]))
        tell("within a replica", lambda: strategy.run(lambda: fit(inside, *DATA, 1, verbose=0)))
        tell("within a function", tf.function(lambda: evaluate(inside, *DATA)))
        tell(
            "an own optimizer made anywhere",
            lambda: fit(inside, *DATA, 1, optimizer=own, verbose=0),
        )
        later = keras.optimizers.Adam()
    tell("out of the scope", lambda: fit(inside, *DATA, 1, verbose=0))
    how = {"optimizer": later, "validation_data": DATA}
    tell("out of the scope, with an optimizer", lambda: fit(inside, *DATA, 1, verbose=0, **how))
    central = tf.distribute.experimental.CentralStorageStrategy(["CPU:0"])
    with central.scope():
        model = small_model()
        tell("another kind of strategy", lambda: fit(model, *DATA, 1, verbose=0))
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        tell("another strategy", lambda: fit(inside, *DATA, 1, verbose=0))
    with tf.distribute.OneDeviceStrategy("CPU:1").scope():
        tell("one device", lambda: fit(small_model(), *DATA, 1, verbose=0))
    return said


def main():
    devices = tf.config.list_physical_devices("CPU")
    three = [tf.config.LogicalDeviceConfiguration()] * REPLICAS
    tf.config.set_logical_device_configuration(devices[0], three)
    strategy = tf.distribute.MirroredStrategy([f"CPU:{k}" for k in range(REPLICAS)])
    results = {"refused": refusals(strategy)}
    for name, case in CASES.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        results[name] = {}
        for place, scope in (("alone", nullcontext()), ("together", strategy.scope())):
            with scope:
                results[name][place] = case()
    print(json.dumps(results))


main()
