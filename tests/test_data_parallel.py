"""The program of the page `many-workers` trains in several processes as in one, and measures."""

import io
import json
import os
import re
import signal
import threading

import numpy as np
import pytest

from dlbook import data_parallel, workers

pytestmark = pytest.mark.numeric

# Sums of 128 losses and gradients in two parts, as in test_strategies.py, over three times as many
# steps. An example that is weighed wrongly changes a loss by a hundred times as much.
IN_PARTS = {"rtol": 1e-5, "atol": 1e-6}


def started(folder, *options, output=None):
    """How two workers end that train on 30 batches, with a checkpoint after 20 of them."""
    command = [data_parallel.__file__, "--output", folder / "results.json", "--batches", "30"]
    command += ["--checkpoints", folder / "checkpoints", *options]
    return workers.run(list(map(str, command)), 2, output=output or io.StringIO(), timeout=300)


def test_two_workers_of_whom_one_dies_end_where_one_process_does(tmp_path):
    assert started(tmp_path, "--die-after", "1").code != 0
    assert not (tmp_path / "results.json").exists()
    said = io.StringIO()
    assert started(tmp_path, output=said).code == 0
    results = json.loads((tmp_path / "results.json").read_text())
    alone = data_parallel.train(batches=30)
    np.testing.assert_allclose(results["losses"], alone["losses"], **IN_PARTS)
    both = re.findall(r"worker (\d): weights (\w+)", said.getvalue())
    assert sorted(both) == [("0", results["weights"]), ("1", results["weights"])]


def test_the_one_that_shall_die_kills_itself_when_the_checkpoint_is_there(tmp_path, monkeypatch):
    checkpoint, killed = tmp_path / "ckpt-1.index", []
    told = threading.Event()

    def kill(*given):
        killed.append((*given, checkpoint.exists()))
        told.set()

    monkeypatch.setattr(os, "kill", kill)
    data_parallel.train(batches=21, checkpoints=str(tmp_path), die_after=1)
    assert told.wait(60)
    assert killed == [(os.getpid(), signal.SIGKILL, True)]


def test_what_is_measured_has_a_time_for_each_size(tmp_path):
    data_parallel.main(["--measure", "8", "16", "--output", str(tmp_path / "results.json")])
    results = json.loads((tmp_path / "results.json").read_text())
    assert list(results["steps"]) == ["8", "16"]
    assert list(results["exchanges"]) == ["1000", "100000", "400000", "1600000"]
    assert min(*results["steps"].values(), *results["exchanges"].values()) > 0
    assert results["keras"] == "it trains"


@pytest.mark.parametrize(
    ("error", "said"), [(KeyError("a" * 90), "KeyError: …"), (OSError(), "OSError: ")]
)
def test_an_error_of_keras_is_told_in_a_line(monkeypatch, error, said):
    import keras

    def fails(*_, **__):
        raise error

    monkeypatch.setattr(keras.Sequential, "fit", fails)
    assert data_parallel._what_keras_says() == said
