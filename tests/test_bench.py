"""The benchmark compares like with like: all contestants do the same training."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from dlbook import bench
from dlbook.bench import __main__ as report
from dlbook.bench import contestants


@pytest.fixture(scope="module")
def reached(mnist):
    """The weights that each contestant reaches in an epoch of three batches, the last one short."""
    (images, labels), _ = mnist
    return {
        name: contestants.CONTESTANTS[name](images[:300], labels[:300])()
        for name in contestants.present()
    }


def test_all_contestants_but_the_floor_reach_the_same_weights(reached):
    expected = reached.pop("NumPy by hand")
    assert reached.pop(contestants.FLOOR) is None
    assert {"our tape", "fit, eager", "fit, compiled", "Keras"} <= set(reached)
    for name, weights in reached.items():
        for weight, first, wanted in zip(
            weights, contestants._first_weights(784, 512), expected, strict=True
        ):
            moved, should_move = np.asarray(weight) - first, wanted - first
            scale = np.abs(should_move).max()
            np.testing.assert_allclose(moved, should_move, atol=5e-3 * scale, err_msg=name)


def test_runners_take_turns_after_one_warm_up_each():
    order = []
    seconds = bench.take_turns(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3
    )
    assert order == ["a", "b"] * 4
    assert {name: runs.shape for name, runs in seconds.items()} == {"a": (3,), "b": (3,)}
    assert all((runs > 0).all() for runs in seconds.values())


def test_no_rounds_are_refused():
    with pytest.raises(ValueError, match="rounds: expected a whole number of at least 1"):
        bench.take_turns({"a": int}, rounds=0)


@pytest.mark.parametrize("exponent", [0, 1, 2.5])
def test_the_fitted_exponent_is_that_of_a_power_law(exponent):
    sizes = np.array([8, 16, 32, 100])
    assert bench.fitted_exponent(sizes, 3e-6 * sizes**exponent) == pytest.approx(exponent, abs=1e-9)


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
    report.main(["--rounds", "1", "--examples", "256", "--output", str(tmp_path / "new")])
    results = json.loads((tmp_path / "new/results.json").read_text())
    training, operations, start, memory = (v for v in results.values() if isinstance(v, list))
    assert [row["contestant"] for row in training] == some
    assert training[0]["ratio to the floor"] == training[2]["ratio to Keras"] == 1
    assert len(operations) == 6
    assert all(row["loops / NumPy"] > 1 for row in operations)
    assert [row["what"] for row in start] == ["import dlbook, after import numpy", "load_data()"]
    assert [row["what"] for row in memory] == some
    assert all(row["added, MB"] >= 0 and row["before, MB"] > row["data, MB"] for row in memory)
    assert "| Keras " in (tmp_path / "new/results.md").read_text()
    assert (tmp_path / "new/results.svg").stat().st_size > 1000
