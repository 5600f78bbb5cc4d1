"""What the tests of workers and checkpoints run: a training, alone or as one of several workers.

``workers_train.py FOLDER NAME [--option value ...]`` writes ``NAME-<worker>.json`` into the folder.
"""

# ruff: noqa: E402 - the strategy must be made before anything else

import argparse
import json
import os
import signal
import time
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("name")
parser.add_argument("--optimizer", default="none")
parser.add_argument("--examples", type=int, default=1250)
parser.add_argument("--batch-size", type=int, default=100)
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--stream", action="store_true")
parser.add_argument("--shuffle", action="store_true", help="even without a seed")
parser.add_argument("--seed", type=int)
parser.add_argument("--every", type=int)
parser.add_argument("--die-at", type=int, help="kill the last worker after so many batches")
parser.add_argument("--fail", action="store_true", help="raise an error in the last worker")
parser.add_argument("--differ", action="store_true", help="give the last worker another batch size")
parser.add_argument("--noise", action="store_true", help="drop features at random")
options = parser.parse_args()

import tensorflow as tf

worker = json.loads(os.environ.get("TF_CONFIG", '{"task": {"index": 0}}'))["task"]["index"]
if "TF_CONFIG" in os.environ:
    strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before anything else
else:
    strategy = tf.distribute.get_strategy()
last = worker == strategy.num_replicas_in_sync - 1

import keras
import numpy as np

from dlbook import NaiveDense, NaiveSequential, _keeper, evaluate, fit, optimizers
from dlbook.checkpoints import Checkpoints
from noise import Noise

rng = np.random.default_rng(20260101)
images = rng.normal(size=(options.examples, 6)).astype("float32")
labels = rng.integers(0, 3, size=options.examples)
OPTIMIZERS = {
    "none": lambda: None,
    "own": lambda: optimizers.Adam(0.01),
    "keras": lambda: keras.optimizers.Adam(0.01),
    "clipped": lambda: keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.05),
}


class Dying(_keeper.Keeper):
    """Kills the process at some batch, without a word."""

    def after_batch(self):
        super().after_batch()
        if last and self._count() == options.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


if options.die_at:
    from dlbook import training

    training.Keeper = Dying

with strategy.scope():
    how = {"initializer": "glorot_uniform"}
    layers = [
        NaiveDense(6, 5, tf.nn.relu, seed=0, **how),
        NaiveDense(5, 3, tf.nn.softmax, seed=1, **how),
    ]
    model = NaiveSequential([*[Noise()] * options.noise, *layers])
    optimizer = OPTIMIZERS[options.optimizer]()
    if options.fail and last:
        raise ValueError("this worker was told to fail")
    data = (images, labels)
    shuffle = options.shuffle or options.seed is not None
    if options.stream:
        data = (tf.data.Dataset.from_tensor_slices(data),)
        shuffle = 300 * shuffle
    start = time.perf_counter()
    history = fit(
        model, *data, epochs=options.epochs,
        batch_size=options.batch_size + (options.differ and last),
        learning_rate=0.1 if optimizer is None else None, optimizer=optimizer,
        shuffle=shuffle, seed=options.seed, verbose=0,
        checkpoints=options.every and Checkpoints(options.folder / "checkpoints", options.every),
    )  # fmt: skip
    seconds = time.perf_counter() - start
    evaluation = evaluate(model, images, labels)

weights = [np.asarray(weight).astype(float).tolist() for weight in model.weights]
result = {"history": history, "weights": weights, "evaluation": evaluation, "seconds": seconds}
(options.folder / f"{options.name}-{worker}.json").write_text(json.dumps(result))
print(f"worker {worker} has trained on {len(history['batch_loss'])} batches")
