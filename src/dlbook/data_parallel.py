"""The script of the page `many-workers`: it trains on MNIST, alone or as one of many workers.

``python -m dlbook.workers --workers 2 data_parallel.py --batches 100`` runs it twice, side by side.
"""

import argparse
import hashlib
import json
import os
import signal
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlbook import NaiveDense, NaiveSequential, _checks, _strategies, bench, fit, update_weights
from dlbook.checkpoints import Checkpoints
from dlbook.datasets import mnist


def chosen_strategy() -> Any:
    """Return the strategy for the place where this program runs. It must come first of all.

    Returns
    -------
    tf.distribute.Strategy
        ``MultiWorkerMirroredStrategy`` where Slurm has started several tasks or ``TF_CONFIG`` names
        other workers, and TensorFlow's default strategy elsewhere.
    """
    import tensorflow as tf

    if "SLURM_STEP_NODELIST" in os.environ:
        # The resolver counts graphics cards, and fails without one: one for each task, then.
        tasks = {"gpus_per_node": 64, "gpus_per_task": 1, "auto_set_gpu": False}
        there_are = tf.config.list_physical_devices("GPU")
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(**{} if there_are else tasks)
        return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
    if "TF_CONFIG" in os.environ:
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()


def new_model() -> NaiveSequential:
    """Return the two layers of the page `first-look`, the same in every call.

    Returns
    -------
    NaiveSequential
        784 inputs, 512 features, 10 probabilities.
    """
    import tensorflow as tf

    how = {"initializer": "glorot_uniform"}
    first = NaiveDense(784, 512, tf.nn.relu, seed=1, **how)
    return NaiveSequential([first, NaiveDense(512, 10, tf.nn.softmax, seed=2, **how)])


def _fingerprint(model: Any) -> str:
    """Return a checksum of the weights: other weights have, almost certainly, another one."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(np.asarray(weight).tobytes())
    return digest.hexdigest()[:8]


def _seconds_per_step(strategy: Any, batch_size: int, steps: int = 20) -> float:
    """Return how long a training step takes: the fastest of some, which nothing has disturbed."""
    (raw, labels), _ = mnist.load_data()
    images, labels = mnist.prepare_images(raw[:batch_size]), labels[:batch_size]
    replicas = _strategies.Replicas(strategy, new_model())
    step = replicas.step_with(update_weights, 1e-3, None)
    return _fastest(lambda: step(images, labels), steps)


def _seconds_per_exchange(strategy: Any, numbers: int, steps: int = 20) -> float:
    """Return how long it takes to add up vectors of so many numbers over all replicas."""
    import tensorflow as tf

    def one_replica(vector: Any) -> Any:  # pragma: no cover - AutoGraph runs a copy of it
        vector = tf.identity(vector)  # made on the replica's device
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, vector)

    exchange = tf.function(lambda vector: strategy.run(one_replica, args=(vector,)))
    vector = tf.zeros(numbers)
    local = strategy.experimental_local_results
    return _fastest(lambda: float(local(exchange(vector))[0][0]), steps)


def _fastest(run: Callable[[], Any], times: int) -> float:
    """Return the seconds of the fastest run, after one to warm up."""
    return float(bench.take_turns({"it": run}, rounds=times)["it"].min())


def _what_keras_says() -> str:
    """Return what comes of Keras' own `fit` in this scope: "it trains", or its error."""
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    try:
        model.fit(np.ones((8, 4)), np.arange(8) % 3, verbose=0)
    except Exception as error:  # noqa: BLE001 - the kind of error is what is asked
        first_line = (str(error).splitlines() or [""])[0]
        words = textwrap.shorten(first_line, 60, placeholder=" …")
        return f"{type(error).__name__}: {words}"
    return "it trains"


def train(
    batches: int = 100, *, checkpoints: str | None = None, die_after: int | None = None
) -> dict[str, Any]:
    """Train the model for one epoch of MNIST; to be called in a strategy's scope.

    Parameters
    ----------
    batches : int, default 100
        How many batches of 128 examples, from 1 to 468; the last one has 64.
    checkpoints : str, optional
        A folder from which to go on.
    die_after : int, optional
        After how many checkpoints this process kills itself, for a trial.

    Returns
    -------
    dict
        "losses" of the batches, and "weights", letters that are the same only if all weights are.

    Raises
    ------
    TypeError
        If `batches` is no whole number.
    ValueError
        If `batches` is out of its range.
    """
    batches = _checks.whole_number("batches", batches, least=1, most=468)
    examples = 128 * batches - 64
    (raw, labels), _ = mnist.load_data()
    images, labels = mnist.prepare_images(raw[:examples]), labels[:examples]
    if die_after and checkpoints:
        mark = Path(checkpoints, f"ckpt-{die_after}.index")
        threading.Thread(target=_die_when_there_is, args=[mark], daemon=True).start()
    model = new_model()
    history = fit(
        model, images, labels, learning_rate=0.1, shuffle=True, seed=3, verbose=0,
        checkpoints=Checkpoints(checkpoints, every=20) if checkpoints else None,
    )  # fmt: skip
    return {"losses": history["batch_loss"], "weights": _fingerprint(model)}


def _parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="where the first worker writes its results")
    parser.add_argument("--batches", type=int, default=100, help="of 128 examples (default: 100)")
    parser.add_argument("--checkpoints", help="a folder from which to go on")
    parser.add_argument("--die-after", type=int, help="of how many checkpoints the last one dies")
    parser.add_argument("--measure", type=int, nargs="*", help="batch sizes to measure instead")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, or measure, and write what came out as JSON.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line by default.
    """
    options = _parser().parse_args(arguments)
    strategy = chosen_strategy()
    resolver = strategy.cluster_resolver
    worker = resolver.task_id if resolver and resolver.task_id else 0
    results: dict[str, Any] = {}
    with strategy.scope():
        if options.measure is not None:
            results["steps"] = {size: _seconds_per_step(strategy, size) for size in options.measure}
            sizes = (1_000, 100_000, 400_000, 1_600_000)
            results["exchanges"] = {n: _seconds_per_exchange(strategy, n) for n in sizes}
            results["keras"] = _what_keras_says()
        else:
            last = worker == strategy.num_replicas_in_sync - 1
            dies = options.die_after if last else None
            results = train(options.batches, checkpoints=options.checkpoints, die_after=dies)
            said = f"weights {results['weights']}, loss {results['losses'][-1]:.7f}"
            print(f"worker {worker}: {said}")  # noqa: T201 - a program speaks
    if options.output and worker == 0:
        options.output.write_text(json.dumps(results), "utf-8")


def _die_when_there_is(path: Path) -> None:
    """Kill this process, without a word, as soon as a file is there."""
    while not path.exists():
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
