"""A training that was broken off goes on as if nothing had happened."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

sys.path.insert(0, str(Path(__file__).parent))

from dlbook import NaiveDense, NaiveSequential, _keeper, autodiff, fit, optimizers, training
from dlbook.checkpoints import Checkpoints
from noise import Noise

pytestmark = pytest.mark.numeric

PROGRAM = Path(__file__).with_name("workers_train.py")


def small_model(*first, hidden=5):
    how = {"initializer": "glorot_uniform"}
    layers = [
        NaiveDense(6, hidden, tf.nn.relu, seed=0, **how),
        NaiveDense(hidden, 3, tf.nn.softmax, seed=1, **how),
    ]
    return NaiveSequential([*first, *layers])


@pytest.fixture
def data(rng):
    return rng.normal(size=(250, 6)).astype("float32"), rng.integers(0, 3, size=250)


class Breaks(_keeper.Keeper):
    """Breaks the training off after 12 batches, the seventh of them of the first epoch's eight."""

    def after_batch(self):
        super().after_batch()
        if self._count() == 12:
            raise KeyboardInterrupt


KINDS = {
    "plain": {},
    "eager": {"run_eagerly": True},
    "shuffled": {"shuffle": True, "seed": 5},
    "validated": {"validate": True},
    "Adam": {"optimizer": lambda: keras.optimizers.Adam(0.01), "shuffle": True, "seed": 1},
    "averages": {"optimizer": lambda: keras.optimizers.SGD(0.1, use_ema=True)},
    "own SGD": {"optimizer": lambda: optimizers.SGD(0.05, momentum=0.9)},
    "own Adam": {"optimizer": lambda: optimizers.Adam(0.01), "shuffle": True, "seed": 1},
    "random numbers": {"first": [Noise], "shuffle": True, "seed": 2},
    "random numbers, eagerly": {"first": [Noise], "run_eagerly": True},
    "dropout": {"first": [lambda: keras.layers.Dropout(0.2, seed=3)]},
    "a stream": {"stream": True},
    "a shuffled stream": {"stream": True, "shuffle": 100, "seed": 4},
}


def trained(data, kind, *, checkpoints=None):
    """The history and the weights of a training of three epochs of eight batches."""
    how = dict(KINDS[kind])
    model = small_model(*[make() for make in how.pop("first", [])])
    optimizer = how.pop("optimizer", lambda: None)()
    if how.pop("validate", False):
        how["validation_data"] = (data[0][:30], data[1][:30])
    if how.pop("stream", False):
        data = (tf.data.Dataset.from_tensor_slices(data),)
    history = fit(
        model, *data, epochs=3, batch_size=32, verbose=0, optimizer=optimizer,
        learning_rate=0.1 if optimizer is None else None, checkpoints=checkpoints, **how,
    )  # fmt: skip
    return history, [np.asarray(weight) for weight in model.weights]


@pytest.mark.parametrize(
    ("kind", "every"),
    [
        *[(kind, 5) for kind in KINDS],
        *itertools.product(["shuffled", "own Adam", "a shuffled stream"], [1, 8, 100]),
    ],
)
def test_a_training_that_was_broken_off_ends_as_one_that_was_not(
    data, tmp_path, monkeypatch, kind, every
):
    undisturbed, ends = trained(data, kind)
    with monkeypatch.context() as patched:
        patched.setattr(training, "Keeper", Breaks)
        with pytest.raises(KeyboardInterrupt):
            trained(data, kind, checkpoints=Checkpoints(tmp_path, every))
    left = tf.train.latest_checkpoint(tmp_path)
    assert (left is not None) == (every <= 12)
    history, weights = trained(data, kind, checkpoints=Checkpoints(tmp_path, every))
    # The same steps on the same numbers, so not even the last bit may differ.
    assert history == undisturbed
    for weight, end in zip(weights, ends, strict=True):
        np.testing.assert_array_equal(weight, end)


def test_a_training_that_is_over_is_not_run_again(data, tmp_path, monkeypatch):
    first, ends = trained(data, "Adam", checkpoints=Checkpoints(tmp_path, 5))
    monkeypatch.setattr(_keeper.Keeper, "after_batch", lambda self: pytest.fail("it trained"))
    again, weights = trained(data, "Adam", checkpoints=Checkpoints(tmp_path, 5))
    assert again == first
    for weight, end in zip(weights, ends, strict=True):
        np.testing.assert_array_equal(weight, end)


def test_with_more_epochs_a_training_goes_on_where_it_ended(data, tmp_path):
    def losses(epochs, folder=None):
        where = None if folder is None else Checkpoints(folder)
        how = {"shuffle": True, "seed": 3, "verbose": 0, "learning_rate": 0.1}
        return fit(small_model(), *data, epochs, 32, checkpoints=where, **how)

    losses(2, tmp_path)
    assert losses(5, tmp_path) == losses(5)


def test_checkpoints_do_not_change_the_training(data, tmp_path):
    plain, ends = trained(data, "shuffled")
    saved, weights = trained(data, "shuffled", checkpoints=Checkpoints(tmp_path, 3, keep=1))
    assert saved == plain
    for weight, end in zip(weights, ends, strict=True):
        np.testing.assert_array_equal(weight, end)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint", "ckpt-9.data-00000-of-00001", "ckpt-9.index",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": 7}, r"other shapes of weights, \[\[\[6, 5\], 'float32'\]"),
        ({"optimizer": "keras Adam"}, r"other optimizer, \['dlbook', 'Adam'\] in place of \['ker"),
        ({"optimizer": "SGD"}, r"other optimizer, .* in place of \['dlbook', 'SGD'\]"),
        ({"optimizer": None}, r"other optimizer, .* in place of \['', 'none'\]"),
        ({"batch_size": 16}, "other batch_size, 32 in place of 16"),
        ({"shuffle": True}, "other shuffle, False in place of True"),
        ({"fewer": 1}, r"other images, \[250, 6\] in place of \[249, 6\]"),
        ({"labels": 1}, "other labels"),
        ({"validated": True}, "other history"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused_in_words(data, tmp_path, change, message):
    makers = {
        "own Adam": lambda: optimizers.Adam(0.01),
        "keras Adam": lambda: keras.optimizers.Adam(0.01),
        "SGD": lambda: optimizers.SGD(0.01),
        None: lambda: None,
    }

    def train(*, hidden=5, optimizer="own Adam", fewer=0, labels=0, validated=False, **how):
        x, y = data[0][fewer:], (data[1][fewer:] + labels) % 3
        model = small_model(hidden=hidden)
        before = [weight.numpy() for weight in model.weights]
        try:
            fit(
                model, x, y, optimizer=makers[optimizer](), verbose=0,
                checkpoints=Checkpoints(tmp_path), **{"batch_size": 32, **how},
                validation_data=data if validated else None,
            )  # fmt: skip
        except ValueError:
            for weight, value in zip(model.weights, before, strict=True):
                np.testing.assert_array_equal(weight, value)
            raise

    train()
    with pytest.raises(ValueError, match=f"^checkpoints: expected .*Received: one with {message}"):
        train(**change)


def test_files_that_are_no_checkpoint_of_a_training_are_refused(data, tmp_path):
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(x=tf.Variable(1.0)), tmp_path, 1)
    manager.save()
    with pytest.raises(
        ValueError, match="^checkpoints: expected .*Received: .*ckpt-1, which cannot be read"
    ):
        trained(data, "plain", checkpoints=Checkpoints(tmp_path))


def test_a_checkpoint_that_was_cut_off_is_refused(data, tmp_path):
    trained(data, "plain", checkpoints=Checkpoints(tmp_path, keep=1))
    (values,) = tmp_path.glob("*.data-*")
    values.write_bytes(values.read_bytes()[:40])
    with pytest.raises(
        ValueError, match="^checkpoints: expected .*Received: .*ckpt-1, which cannot be read"
    ):
        trained(data, "plain", checkpoints=Checkpoints(tmp_path))


class Halves:
    """An optimizer of a reader's own, of which nobody knows what it remembers."""

    def apply_gradients(self, pairs):
        for gradient, weight in pairs:
            weight.assign_sub(gradient / 2)


def test_what_cannot_be_saved_is_refused_before_anything_is_written(data, tmp_path):
    own = NaiveSequential([NaiveDense(6, 3, autodiff.softmax, seed=1, engine=autodiff)])
    folder = tmp_path / "new"
    how = {"epochs": 1, "verbose": 0, "checkpoints": Checkpoints(folder)}
    with pytest.raises(TypeError, match="^checkpoints: expected a model on TensorFlow"):
        fit(own, *data, **how)
    with pytest.raises(TypeError, match="^checkpoints: expected an optimizer whose.*Halves"):
        fit(small_model(), *data, optimizer=Halves(), **how)
    with pytest.raises(TypeError, match="^checkpoints: expected Checkpoints or None. Received: '"):
        fit(small_model(), *data, 1, verbose=0, checkpoints=str(folder))
    assert not folder.exists()


def run(folder, name, *options, check=True):
    command = [sys.executable, PROGRAM, folder, name, "--epochs", "6", "--optimizer", "keras"]
    return subprocess.Popen(
        [*map(str, command), "--seed", "3", *options], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.STDOUT, env={**os.environ},
    )  # fmt: skip


def test_a_process_that_is_killed_while_it_saves_leaves_a_checkpoint_to_go_on_from(tmp_path):
    """It saves after each of 78 batches, so that nearly all of its time is spent in saving."""
    plain = run(tmp_path, "plain")
    rng = np.random.default_rng(5)
    folder = tmp_path / "checkpoints"
    kills, reached = 0, []
    for wait in (*rng.uniform(0.05, 0.4, 2), None):
        process = run(tmp_path, "saved", "--every", "1")
        if wait is not None:
            seen = len(list(folder.glob("*"))) and tf.train.latest_checkpoint(folder)
            while process.poll() is None and tf.train.latest_checkpoint(folder) == (seen or None):
                time.sleep(0.01)
            time.sleep(wait)
            process.kill()
        out, _ = process.communicate(timeout=300)
        kills += process.returncode == -signal.SIGKILL
        latest = tf.train.latest_checkpoint(folder)
        assert latest is not None, out
        reached.append(int(latest.rpartition("-")[2]))
        tf.train.load_checkpoint(latest).get_tensor("weights/0/.ATTRIBUTES/VARIABLE_VALUE")
    assert process.returncode == 0, out
    assert kills >= 1
    assert reached == sorted(reached)
    plain.communicate(timeout=300)
    one, two = (json.loads((tmp_path / f"{n}-0.json").read_text()) for n in ("plain", "saved"))
    assert two["history"] == one["history"]
    assert two["weights"] == one["weights"]
    assert not list(folder.glob("*temp*"))


def test_what_a_killed_process_has_left_half_written_is_removed(data, tmp_path):
    """The test above leaves such a folder only if the process dies at the right moment."""
    left = tmp_path / "ckpt-7_temp" / "part-00000-of-00001.data-00000-of-00001"
    left.parent.mkdir()
    left.write_bytes(b"half")
    trained(data, "plain", checkpoints=Checkpoints(tmp_path, keep=1))
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [
        "", ".data-00000-of-00001", ".index",
    ]  # fmt: skip


def test_the_place_of_checkpoints_is_shown_as_it_is_made(tmp_path):
    shown = repr(Checkpoints(tmp_path / "here", 5, keep=2))
    assert shown == f"Checkpoints({str(tmp_path / 'here')!r}, 5, keep=2)"
