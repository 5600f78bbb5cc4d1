"""The sabotage of check cells finds those that cannot fail, and no others."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).parent / "sabotage.py"
spec = importlib.util.spec_from_file_location("sabotage", SOURCE)
sabotage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sabotage)


def weak(source, **names):
    return [condition for _, condition, _ in sabotage.sabotage_cell(source, {"np": np} | names)]


@pytest.mark.parametrize(
    "condition",
    [
        "accuracy > -7",
        "len(row) >= 0",
        "np.isfinite(row).all()",
        "abs(accuracy) < 10_000",
        "2 + 2 == 4",
    ],
)
def test_a_check_that_cannot_fail_is_found(condition):
    names = {"accuracy": 0.9, "row": np.arange(5.0)}
    assert weak(f"assert {condition}", **names) == [condition.replace("_", "")]


@pytest.mark.parametrize(
    "condition",
    [
        "accuracy > 0.8",
        "row.shape == (5,)",
        "row.dtype == np.float64",
        "row.tolist() == [0, 1, 2, 3, 4]",
        "np.all(np.diff(row) > 0)",
        "np.allclose(row @ other, other @ row)",
        "double(3) == 6",
        "name == 'relu'",
        "settings['rate'] < 0.2",
        "right",
    ],
)
def test_a_check_that_can_fail_is_not(condition):
    names = {
        "accuracy": 0.9, "row": np.arange(5.0), "other": np.arange(5.0) ** 2, "name": "relu",
        "settings": {"rate": 0.1}, "right": True,
    }  # fmt: skip
    exec("def double(x): return 2 * x", names)
    assert weak(f"assert {condition}", **names) == []


def test_of_several_checks_in_a_cell_the_weak_one_is_found():
    source = "total = row.sum()\nassert total == 10\nassert total == total or total < 11\n"
    assert weak(source, row=np.arange(5.0)) == ["total == total or total < 11"]


def test_the_names_stay_as_they_were():
    row = np.arange(5.0)
    weak("row.sort()\nassert (row >= 0).all()", row=row)
    assert row.tolist() == [0, 1, 2, 3, 4]
