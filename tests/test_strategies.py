"""Several replicas end where one device does, and all of them with the same weights."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.numeric

# The replicas add up the losses and gradients of 32 examples in parts: some hundred additions in
# another order, of eps = 1.2e-7 at most, carried on over some ten steps. An example that is weighed
# wrongly changes the loss of a batch of 32 by a thousand times as much.
AS_ONE_DEVICE = {"rtol": 1e-5, "atol": 1e-6}
# Adam divides by the root of small squares, which multiplies rounding, in the weights above all.
DIVIDED = {"rtol": 1e-4, "atol": 1e-5}


@functools.cache
def run():
    """All cases, run once in a process with three devices."""
    program = Path(__file__).with_name("on_replicas.py")
    return subprocess.run(
        [sys.executable, program], capture_output=True, text=True, env={**os.environ}
    )


def results():
    assert run().returncode == 0, run().stderr
    return json.loads(run().stdout.splitlines()[-1])


def test_a_reader_who_trains_many_times_is_not_warned_of_it():
    assert results()
    assert "retracing" not in run().stderr


TRAININGS = [
    "plain",
    "eager",
    "batches smaller than the number of replicas",
    "one batch that is not full",
    "shuffled",
    "validated",
    "a layer that stands twice",
    "a frozen layer",
    "sparse gradients",
    "a model of Keras",
    "a stream",
    "a shuffled stream",
    "own momentum",
    "own Adam",
    "SGD",
    "SGD, eagerly",
    "Adam",
    "AdamW",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "averaged weights",
]


@pytest.mark.parametrize("name", TRAININGS)
def test_three_replicas_train_as_one_device_does(name):
    alone, together = (results()[name][place] for place in ("alone", "together"))
    bounds = DIVIDED if "Adam" in name else AS_ONE_DEVICE
    for key, values in alone["history"].items():
        np.testing.assert_allclose(together["history"][key], values, **bounds)
    for one, other in zip(alone["weights"], together["weights"], strict=True):
        np.testing.assert_allclose(other, one, **bounds)


@pytest.mark.parametrize("name", TRAININGS)
def test_all_replicas_end_with_the_same_weights_bit_for_bit(name):
    assert results()[name]["together"]["copies"] == 3
    assert results()[name]["together"]["spread"] == 0
    assert results()[name]["alone"]["copies"] == 1


def test_a_frozen_layer_is_left_alone_by_all_replicas():
    one, two = (results()[name]["together"]["weights"] for name in ("plain", "a frozen layer"))
    assert not np.allclose(one[0], two[0], rtol=1e-3)
    zeros = np.zeros_like(two[1])
    np.testing.assert_array_equal(two[1], zeros, "the bias of the frozen layer")


@pytest.mark.parametrize("more", ["", ", eagerly", ", Adam"])
def test_replicas_stop_at_a_loss_that_is_not_finite_with_the_weights_before_it(more):
    alone, together = (
        results()[f"a loss that is not finite{more}"][p] for p in ("alone", "together")
    )
    assert together["history"] == alone["history"]
    assert "at batch 2 of epoch 0" in together["history"]["error"]
    for one, other in zip(alone["weights"], together["weights"], strict=True):
        np.testing.assert_allclose(other, one, **DIVIDED)
    assert together["spread"] == 0


@pytest.mark.parametrize("name", ["steps", "steps with an optimizer"])
def test_single_steps_and_evaluation_are_split_as_well(name):
    alone, together = (results()[name][place] for place in ("alone", "together"))
    np.testing.assert_allclose(together["losses"], alone["losses"], **AS_ONE_DEVICE)
    np.testing.assert_allclose(together["evaluation"], alone["evaluation"], **AS_ONE_DEVICE)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("a model made elsewhere", "ValueError: model: expected one that was made in the scope"),
        ("a model made elsewhere, evaluated", "ValueError: model: .*Received: 4 of 4 weights"),
        ("a model half made elsewhere", "ValueError: model: .*Received: 2 of 4 weights"),
        ("another strategy", "ValueError: model: .*Received: 4 of 4 weights made elsewhere"),
        ("an optimizer made elsewhere", "ValueError: optimizer: .*Received: Adam, made elsewhere"),
        ("accumulated gradients", "ValueError: optimizer: .*gradient_accumulation_steps=2"),
        ("a step of two sizes", "ValueError: learning_rate: expected None when an optimizer"),
        ("a step on words", "TypeError: images_batch: expected "),
        ("random numbers of one replica", "ValueError: checkpoints: .*of 1 replicas, .* with 3$"),
        ("within a replica", "RuntimeError: strategy: expected a call from plain Python"),
        ("within a function", "RuntimeError: (?s:.*)expected a call from plain Python"),
        ("another kind of strategy", "RuntimeError: strategy: expected OneDeviceStrategy"),
        ("an own optimizer made anywhere", "taken"),
        ("out of the scope", "taken"),
        ("out of the scope, with an optimizer", "taken"),
        ("one device", "taken"),
    ],
)
def test_what_a_strategy_cannot_train_is_refused_in_words(what, message):
    assert re.match(message, results()["refused"][what]), results()["refused"][what]
