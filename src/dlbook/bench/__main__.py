"""``python -m dlbook.bench``: measure everything once, and write table, numbers and picture.

``nox -s bench`` runs it.
"""

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlbook import _checks, ops, plotting
from dlbook.bench import fitted_exponent, take_turns
from dlbook.bench.contestants import CONTESTANTS, FLOOR, present
from dlbook.datasets.mnist import load_data, prepare_images

EXAMPLES = 60_000
"""How many examples there are to train on."""

SIZES = (8, 16, 32, 64)
SIZES_OF_NUMPY = (256, 512, 1024, 2048)

Rows = list[dict[str, Any]]


def epochs(rounds: int, examples: int) -> Rows:
    """Race all contestants over whole epochs."""
    (images, labels), _ = load_data()
    data = prepare_images(images[:examples]), labels[:examples]
    seconds = take_turns({name: CONTESTANTS[name](*data) for name in present()}, rounds=rounds)
    medians = {name: float(np.median(runs)) for name, runs in seconds.items()}
    return [
        {
            "contestant": name,
            "seconds": median,
            "fastest": float(seconds[name].min()),
            "slowest": float(seconds[name].max()),
            "ratio to the floor": median / medians[FLOOR],
            "ratio to Keras": median / medians["Keras"],
        }
        for name, median in medians.items()
    ]


def naive_operations(rounds: int) -> Rows:
    """Time the loops and NumPy at several sizes, and fit how the cost grows."""
    rng = np.random.default_rng(0)
    pairs: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[int, ...], int]] = {
        "relu": (ops.naive_relu, lambda x: np.maximum(x, 0), (2,), 2),
        "add": (ops.naive_add, np.add, (2, 2), 2),
        "add matrix and vector": (ops.naive_add_matrix_and_vector, np.add, (2, 1), 2),
        "vector dot": (ops.naive_vector_dot, np.dot, (1, 1), 1),
        "matrix vector dot": (ops.naive_matrix_vector_dot, np.dot, (2, 1), 2),
        "matrix dot": (ops.naive_matrix_dot, np.dot, (2, 2), 3),
    }

    def fastest(function: Callable[..., Any], ranks: tuple[int, ...], size: int) -> float:
        arguments = [rng.normal(size=(size,) * rank) for rank in ranks]
        timer = timeit.Timer(lambda: function(*arguments))
        number, _ = timer.autorange()
        return min(timer.repeat(rounds, max(1, number // 10))) / max(1, number // 10)

    rows = []
    for name, (loops, in_numpy, ranks, expected) in pairs.items():
        # A vector is short work; sizes as for matrices would time the call alone.
        factor = 64 if ranks == (1, 1) else 1
        slow = [fastest(loops, ranks, factor * size) for size in SIZES]
        fast = [fastest(in_numpy, ranks, factor * size) for size in SIZES_OF_NUMPY]
        last = factor * SIZES[-1]
        rows.append(
            {
                "operation": name,
                "size": last,
                "loops, microseconds": 1e6 * slow[-1],
                "loops / NumPy": slow[-1] / fastest(in_numpy, ranks, last),
                "expected exponent": expected,
                "exponent of the loops": fitted_exponent(SIZES, slow),
                "exponent of NumPy": fitted_exponent(SIZES_OF_NUMPY, fast),
            }
        )
    return rows


def start_up(rounds: int) -> Rows:
    """Time `load_data`, and what `import dlbook` adds to `import numpy` in a new process."""
    probe = (
        "import time; import numpy; start = time.perf_counter(); import dlbook; "
        "print(time.perf_counter() - start)"
    )
    added = [float(_python(probe)) for _ in range(rounds)]
    loads = timeit.repeat(load_data, number=1, repeat=rounds)
    return [
        {"what": "import dlbook, after import numpy", "seconds": float(np.median(added))},
        {"what": "load_data()", "seconds": float(np.median(loads))},
    ]


MEMORY = """
import resource, sys
from dlbook.bench.contestants import CONTESTANTS
from dlbook.datasets.mnist import load_data, prepare_images
(images, labels), _ = load_data()
data = prepare_images(images[:{examples}]), labels[:{examples}]
def peak():
    try:  # on Linux, ru_maxrss also counts what the parent had
        with open("/proc/self/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if "VmHWM" in line) * 1.024e-3
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
{prepare}
before = peak()
{measured}
print(data[0].nbytes / 1e6, before, peak())
"""


def memory(examples: int) -> Rows:
    """Measure the peak resident memory of each contestant in a process of its own."""
    if sys.platform == "win32":
        return []
    # Libraries are loaded and one batch is trained first: their own size is not what is asked.
    rows = []
    for name in present():
        program = MEMORY.format(
            examples=examples,
            prepare=f"CONTESTANTS[{name!r}](data[0][:128], data[1][:128])()",
            measured=f"CONTESTANTS[{name!r}](*data)()",
        )
        data, before, after = map(float, _python(program).split())
        added = after - before
        rows.append({"what": name, "data, MB": data, "before, MB": before, "added, MB": added})
    return rows


def _python(code: str) -> str:
    """Run code in a new Python process and return what it prints."""
    run = subprocess.run(  # noqa: S603 - our own code in our own interpreter
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    return run.stdout


def _count(text: str) -> int:
    """Return an argument of the command line as a whole number from 1 to `EXAMPLES`."""
    try:
        return _checks.whole_number("a count", int(text), least=1, most=EXAMPLES)
    except ValueError:
        message = f"expected a whole number from 1 to {EXAMPLES}. Received: {text!r}"
        raise argparse.ArgumentTypeError(message) from None


def _prepare(parser: argparse.ArgumentParser, folder: Path) -> None:
    """Make the folder, and stop before minutes of measuring if nothing could be written."""
    if importlib.util.find_spec("tabulate") is None:
        parser.error(
            "expected the package tabulate, which writes the tables, and which dlbook itself does "
            'not need. Received: none; install it with "python -m pip install tabulate"'
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        parser.error(f"argument --output: expected a folder to write into. Received: {error}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results.json``, ``results.md`` and ``results.svg``."""
    parser = argparse.ArgumentParser(prog="python -m dlbook.bench", description=__doc__)
    parser.add_argument("--rounds", type=_count, default=5, help="at least 1 (default: 5)")
    parser.add_argument(
        "--examples", type=_count, default=EXAMPLES, help="of an epoch (default: all)"
    )
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="a folder")
    options = parser.parse_args(arguments)
    _prepare(parser, options.output)
    from tabulate import tabulate

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    training = epochs(options.rounds, options.examples)
    tables = {
        f"Training for an epoch of {options.examples:,} examples, 784-512-10, batch 128": training,
        "Loops against NumPy": naive_operations(options.rounds),
        "Start": start_up(options.rounds),
        "Peak memory of training for an epoch": memory(options.examples),
    }
    report = [f"# Benchmarks\n\n{machine}; {options.rounds} rounds in turn; medians.\n"]
    for title, rows in tables.items():
        table = tabulate(rows, headers="keys", tablefmt="github", floatfmt=".3g")
        report.append(f"## {title}\n\n{table}\n")
    results = {"machine": machine, "rounds": options.rounds, **tables}
    figure = plotting.epoch_race({row["contestant"]: row["seconds"] for row in training})

    (options.output / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    (options.output / "results.md").write_text("\n".join(report), "utf-8")
    figure.savefig(options.output / "results.svg")
    print("\n".join(report))
    print(f"Written to {options.output}.")


if __name__ == "__main__":
    main()
