"""How fast the book's training is, next to others: what ``nox -s bench`` and a page run.

Times on a shared machine come and go, so no single run of a program means much here. All
contestants take turns, round after round, and what counts is the ratio of their medians.

pytest-benchmark, pyperf and asv measure one program after the other, none of them in turns,
which is why the few lines of `take_turns` are our own.
"""

import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks

Runner = Callable[[], object]


def take_turns(runners: Mapping[str, Runner], *, rounds: int = 5) -> dict[str, NDArray[np.float64]]:
    """Run all runners in turn, round after round, and return how long each run took.

    Parameters
    ----------
    runners : mapping of str to callable
        What to run. Each runs once before the first round, to warm up.
    rounds : int, default 5
        How often to go round, at least 1.

    Returns
    -------
    dict of str to numpy.ndarray of float64, shape (rounds,)
        Seconds for each run of each runner.

    Raises
    ------
    ValueError
        If `rounds` is below 1.

    Notes
    -----
    Used on the page `faster`.
    """
    rounds = _checks.whole_number("rounds", rounds, least=1)
    seconds = {name: np.empty(rounds) for name in runners}
    for run in runners.values():
        run()
    for turn in range(rounds):
        for name, run in runners.items():
            start = time.perf_counter()
            run()
            seconds[name][turn] = time.perf_counter() - start
    return seconds


def fitted_exponent(sizes: ArrayLike, seconds: ArrayLike) -> float:
    """Return the p of the cost ``c * size**p`` that fits the measurements best.

    Parameters
    ----------
    sizes : array_like, shape (n,)
        The sizes at which was measured, more than 0; at least two.
    seconds : array_like, shape (n,)
        The time at each size, more than 0.

    Returns
    -------
    float
        The slope of the straight line through the logarithms, by least squares.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, not as many seconds, or one is not above 0.

    Notes
    -----
    Used on the page `faster`.

    Examples
    --------
    >>> round(fitted_exponent([10, 20, 40], [0.1, 0.4, 1.6]), 3)
    2.0
    """
    x, y = np.asarray(sizes, dtype=float), np.asarray(seconds, dtype=float)
    if x.shape != y.shape or x.ndim != 1 or len(x) < 2:
        raise ValueError(
            "seconds: expected one for each of at least two sizes. "
            f"Received: shape {y.shape} for sizes of shape {x.shape}"
        )
    for name, values in (("sizes", x), ("seconds", y)):
        if not np.all(values > 0):
            raise ValueError(f"{name}: expected numbers above 0. Received: {values.tolist()}")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
