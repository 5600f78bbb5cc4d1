"""The benchmark compares like with like: all contestants do the same training."""

import itertools
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from dlbook import bench
from dlbook.bench import __main__ as report
from dlbook.bench import contestants

pytestmark = pytest.mark.numeric


@pytest.fixture(scope="module")
def reached(mnist):
    """The weights that each contestant reaches in an epoch of three batches, the last one short."""
    (images, labels), _ = mnist
    return {
        name: contestants.CONTESTANTS[name](images[:300], labels[:300])()
        for name in contestants.present()
    }


def test_all_contestants_but_the_floor_reach_the_same_weights(reached):
    expected = reached["NumPy by hand"]
    assert reached[contestants.FLOOR] is None
    others = set(reached) - {"NumPy by hand", contestants.FLOOR}
    assert {"our tape", "fit, eager", "fit, compiled", "Keras"} <= others
    for name in others:
        for weight, first, wanted in zip(
            reached[name], contestants._first_weights(784, 512), expected, strict=True
        ):
            moved, should_move = np.asarray(weight) - first, wanted - first
            scale = np.abs(should_move).max()
            # Each of three steps rounds a weight below 0.125 to a float32: off by 3.7e-9 each time,
            # and so is the other program. Gradients are sums of up to 784 products: off by 784
            # half eps (6e-8) of their sizes if all go one way, and measured at 1e-5 of the largest.
            # All first weights are above 0, so no unit is near the corner of relu.
            bound = 6 * 3.8e-9 + 784 * 6e-8 * scale
            np.testing.assert_allclose(moved, should_move, rtol=0, atol=bound, err_msg=name)
            assert bound < scale / 100


def test_runners_take_turns_after_one_warm_up_each():
    order = []
    ticks = itertools.count()
    seconds = bench.take_turns(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")},
        rounds=3,
        clock=lambda: next(ticks),
    )
    assert order == ["a", "b"] * 4
    assert {name: runs.shape for name, runs in seconds.items()} == {"a": (3,), "b": (3,)}
    assert all((runs == 1).all() for runs in seconds.values()), "from one tick to the next"


def test_there_are_five_rounds_if_nobody_says_how_many():
    assert bench.take_turns({"a": int})["a"].shape == (5,)


def test_no_rounds_are_refused():
    with pytest.raises(ValueError, match="rounds: expected a whole number of at least 1"):
        bench.take_turns({"a": int}, rounds=0)


@pytest.mark.parametrize("exponent", [0, 1, 2.5])
def test_the_fitted_exponent_is_that_of_a_power_law(exponent):
    sizes = np.array([8, 16, 32, 100])
    # Logarithms up to 13 are off by 2e-15, and the logarithms of the sizes span 2.5.
    fitted = bench.fitted_exponent(sizes, 3e-6 * sizes**exponent)
    assert fitted == pytest.approx(exponent, rel=0, abs=1e-13)


@pytest.mark.parametrize(
    ("sizes", "seconds", "message"),
    [
        ([1], [1], "seconds: expected one for each of at least two sizes"),
        ([1, 2], [1], "seconds: expected one for each of at least two sizes"),
        ([1, 0], [1, 2], "sizes: expected numbers above 0"),
        ([1, 2], [1, -2], "seconds: expected numbers above 0"),
        ([64, 64, 64], [1, 2, 3], "sizes: expected at least two that differ"),
        ([1e300, 1e300 * (1 + 2**-52)], [1, 2], "sizes: expected at least two that differ"),
        ([1, 2], [1, np.inf], "seconds: expected finite numbers"),
    ],
)
def test_measurements_that_fit_no_power_are_refused(sizes, seconds, message):
    with pytest.raises(ValueError, match=message):
        bench.fitted_exponent(sizes, seconds)


def test_nothing_runs_if_a_runner_is_none():
    ran = []
    with pytest.raises(
        TypeError, match="runners\\['b'\\]: expected a function. Received: NoneType"
    ):
        bench.take_turns({"a": lambda: ran.append("a"), "b": None})
    assert ran == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rounds", "0"], "argument --rounds: expected a whole number from 1 to .*'0'"),
        (["--rounds", "many"], "argument --rounds: expected a whole number from 1 to .*'many'"),
        (["--examples", "-5"], "argument --examples: expected a whole number from 1 to .*'-5'"),
        (["--examples", "60001"], "argument --examples: .*from 1 to 60000.*'60001'"),
        (["--output", __file__], "argument --output: expected a folder to write into"),
    ],
)
def test_the_command_refuses_bad_options_before_it_measures(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        report.main(arguments)
    assert re.search(message, capsys.readouterr().err)


def test_the_command_says_which_package_is_missing(tmp_path):
    code = (
        "import runpy, sys\n"
        "sys.modules['tabulate'] = None  # as if it were not installed\n"
        "runpy.run_module('dlbook.bench', run_name='__main__')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "--output", tmp_path], capture_output=True, text=True
    )
    assert run.returncode == 2
    assert "expected the package tabulate" in run.stderr
    assert "pip install tabulate" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_report_holds_a_table_the_numbers_and_a_picture(tmp_path, monkeypatch):
    some = [contestants.FLOOR, "NumPy by hand", "Keras"]
    monkeypatch.setattr(report, "present", lambda: some)
    for sizes in ("SIZES", "SIZES_OF_NUMPY"):  # each size is timed for half a second
        monkeypatch.setattr(report, sizes, (8, 16))
    report.main(["--rounds", "1", "--examples", "256", "--output", str(tmp_path / "new")])
    results = json.loads((tmp_path / "new/results.json").read_text())
    training, operations, start, memory = (v for v in results.values() if isinstance(v, list))
    assert [row["contestant"] for row in training] == some
    assert training[0]["ratio to the floor"] == training[2]["ratio to Keras"] == 1
    assert len(operations) == 6
    # A loop takes some hundred times as long: other programs cannot make up for that.
    assert all(row["loops / NumPy"] > 1 for row in operations)
    assert [row["what"] for row in start] == ["import dlbook, after import numpy", "load_data()"]
    assert [row["what"] for row in memory] == some
    assert all(row["added, MB"] >= 0 and row["before, MB"] > row["data, MB"] for row in memory)
    assert "| Keras " in (tmp_path / "new/results.md").read_text()
    assert (tmp_path / "new/results.svg").stat().st_size > 1000


def test_windows_tells_no_peak_of_memory(monkeypatch):
    monkeypatch.setattr(report.sys, "platform", "win32")
    assert report.memory(100) == []


def test_without_the_package_that_writes_tables_nothing_is_measured(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(report.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        report.main(["--output", str(tmp_path / "new")])
    assert "expected the package tabulate" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
