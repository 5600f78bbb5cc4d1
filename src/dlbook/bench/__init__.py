"""How fast the book's training is, next to others: what ``nox -s bench`` and a page run.

Times on a shared machine come and go, so no single run of a program means much here. All
contestants take turns, round after round, and what counts is the ratio of their medians.

pytest-benchmark, pyperf and asv measure one program after the other, none of them in turns,
which is why the few lines of `take_turns` are our own.
"""

import time
from collections.abc import Callable, Mapping
from statistics import linear_regression

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks

Runner = Callable[[], object]


def take_turns(
    runners: Mapping[str, Runner],
    *,
    rounds: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, NDArray[np.float64]]:
    """Run all runners in turn, round after round, and return how long each run took.

    Parameters
    ----------
    runners : mapping of str to callable
        What to run, at least one. Each runs once before the first round, to warm up.
    rounds : int, default 5
        How often to go round, at least 1.
    clock : callable, optional
        What tells the time in seconds. `time.process_time` leaves out what other programs take,
        and adds up the cores.

    Returns
    -------
    dict of str to numpy.ndarray of float64, shape (rounds,)
        Seconds for each run of each runner.

    Raises
    ------
    TypeError
        If `runners` is no mapping, or it or `clock` holds what cannot be called.
    ValueError
        If `rounds` is below 1, or there are no runners. Nothing has run then.

    Notes
    -----
    Used on the page `faster`.
    """
    rounds = _checks.whole_number("rounds", rounds, least=1)
    _checks.mapping("runners", runners)
    functions = {f"runners[{name!r}]": run for name, run in runners.items()}
    for name, function in (functions | {"clock": clock}).items():
        if not callable(function):
            raise TypeError(f"{name}: expected a function. Received: {type(function).__name__}")
    seconds = {name: np.empty(rounds) for name in runners}
    for run in runners.values():
        run()
    for turn in range(rounds):
        for name, run in runners.items():
            start = clock()
            run()
            seconds[name][turn] = clock() - start
    return seconds


def fitted_exponent(sizes: ArrayLike, seconds: ArrayLike) -> float:
    """Return the p of the cost ``c * size**p`` that fits the measurements best.

    Parameters
    ----------
    sizes : array_like of real numbers, shape (n,)
        The sizes at which was measured, more than 0; at least two that differ.
    seconds : array_like of real numbers, shape (n,)
        The time at each size, more than 0.

    Returns
    -------
    float
        The slope of the straight line through the logarithms, by least squares.

    Raises
    ------
    TypeError
        If `sizes` or `seconds` are not real numbers.
    ValueError
        If there are not two sizes that differ, not as many seconds, or one is not finite or not
        above 0.

    Notes
    -----
    Used on the page `dot-products`.

    Examples
    --------
    >>> round(fitted_exponent([10, 20, 40], [0.1, 0.4, 1.6]), 3)
    2.0
    """
    x, y = _checks.numbers("sizes", sizes), _checks.numbers("seconds", seconds)
    if x.shape != y.shape or x.ndim != 1 or len(x) < 2:
        raise ValueError(
            "seconds: expected one for each of at least two sizes. "
            f"Received: shape {y.shape} for sizes of shape {x.shape}"
        )
    for name, values in (("sizes", x), ("seconds", y)):
        if not np.all(values > 0):
            raise ValueError(
                f"{name}: expected numbers above 0. Received: {_checks.shown(values.tolist())}"
            )
    logarithms = np.log(x.astype(float)), np.log(y.astype(float))
    if np.ptp(logarithms[0]) == 0:
        raise ValueError(
            f"sizes: expected at least two that differ. Received: {_checks.shown(x.tolist())}"
        )
    return linear_regression(*map(np.ndarray.tolist, logarithms)).slope
