"""Run the cells of pages side by side, and say in plain words which claims do not hold.

nbclient runs the cells. Its command, jupyter-cache's executors and nbmake run one page after the
other or stop a page at its first error; here every page runs to its end, so that one build tells
all that is wrong.

As a program it runs the pages that it is given, without Sphinx and without a cache::

    python docs/_ext/book_runner.py docs/tensors.md docs/geometry.md
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

TIMEOUT = 600
"""Seconds that a cell may take; the longest needs about 20 on two quiet cores."""

KERNEL = Path(__file__).parent.parent / "_kernel"

# How many threads NumPy's BLAS and an operation of TensorFlow may have.
THREADS = ("OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")

# What TensorFlow's C++ code writes when it starts on a machine without a GPU. The lines come
# before Python can set the level of the log. All other lines are shown.
CHATTER = re.compile(
    r"absl::InitializeLog|oneDNN custom operations|cudart_stub|cuda_platform|cuda_executor"
    r"|cuda_diagnostics|cuInit|computation_placer|Unable to register cu\w+ factory"
    r"|cpu_feature_guard|rebuild TensorFlow with the appropriate compiler flags"
    r"|xla/service/service\.cc|device_compiler\.h|StreamExecutor device|TF-TRT"
    r"|without encryption|kernel over TCP|CurveZMQ"
)


@dataclass
class Failure:
    """What went wrong in a cell.

    Parameters
    ----------
    line : int
        The line of the page's source, from 1.
    claim : str
        The condition that was checked, or nothing.
    values : str
        Which values came, and which were expected.
    words : str
        The message of the check or of the error.
    """

    line: int
    claim: str = ""
    values: str = ""
    words: str = ""


@dataclass
class Run:
    """How the run of a page went."""

    page: str
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@dataclass
class Page:
    """A page whose cells are to be run; running fills the outputs of its notebook."""

    name: str
    path: Path
    notebook: nbformat.NotebookNode

    @property
    def measures_time(self) -> bool:
        """Whether a cell has the tag ``timing`` and not ``not-alone``: such a page runs alone."""
        tags = (cell.metadata.get("tags", ()) for cell in self.notebook.cells)
        return any("timing" in each and "not-alone" not in each for each in tags)

    @property
    def code(self) -> int:
        """How many characters of code there are."""
        return sum(len(cell.source) for cell in self.notebook.cells if cell.cell_type == "code")

    def first_line(self, index: int) -> int:
        """Return the line at which the code of a cell begins, from 1."""
        lines = self.path.read_text("utf-8").splitlines()
        start = self.notebook.metadata["source_map"][index] + 1
        code = self.notebook.cells[index].source.splitlines()
        # The map leads to the head of the cell; its options come before the code.
        for line in range(start, min(start + 40, len(lines)) + 1):
            if code and lines[line - 1 : line - 1 + len(code)] == code:
                return line
        return start


def settle_surroundings(folder: Path) -> None:
    """Set for all kernels what their output would otherwise take from whoever runs them.

    Parameters
    ----------
    folder : pathlib.Path
        Where the settings and caches of IPython, Matplotlib and Keras go.
    """
    shutil.copytree(KERNEL, folder / "ipython", dirs_exist_ok=True)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")
    os.environ["MATPLOTLIBRC"] = str(folder / "ipython" / "matplotlibrc")
    for name in ("MPLCONFIGDIR", "KERAS_HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        place = folder / "homes" / name.lower()
        place.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(place)
    # With PYTHONOPTIMIZE, Python leaves every check out.
    for name in ("MPLBACKEND", "TF_USE_LEGACY_KERAS", "PYTHONWARNINGS", "PYTHONOPTIMIZE"):
        os.environ.pop(name, None)
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Keep from the terminal what TensorFlow's C++ code says of itself when it is imported."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            caught.seek(0)
            for line in heard(caught.read()):
                print(line, file=sys.stderr)


def heard(text: str) -> list[str]:
    """Return the lines that are worth showing."""
    return [line for line in text.splitlines() if line.strip() and not CHATTER.search(line)]


async def run_page(page: Page, log: Path, threads: dict[str, str]) -> Run:
    """Run the cells of a page in a kernel of their own, to the end where that makes sense.

    `threads` are variables that say how many threads the libraries may have.

    A check that fails does not keep the other cells from running; any other error does, since
    what follows it would fail, too.
    """
    run = Run(page.name)
    surroundings = {**os.environ, **threads}
    start = time.perf_counter()
    # Times in the notebook would make each of its entries in a cache a new one.
    # Kernels cut what a cell prints into pieces, another time into others.
    client = NotebookClient(
        page.notebook, timeout=TIMEOUT, record_timing=False, coalesce_streams=True
    )
    index = 0
    try:
        with log.open("w+b") as errors:
            async with client.async_setup_kernel(
                cwd=str(page.path.parent), stderr=errors, env=surroundings
            ):
                leave_signals_alone()
                await client.kc.wait_for_ready(timeout=TIMEOUT)
                info = await client.kc.kernel_info(reply=True, timeout=TIMEOUT)
                page.notebook.metadata["language_info"] = info["content"]["language_info"]
                for index in range(len(page.notebook.cells)):
                    if failure := await run_cell(client, page, index):
                        run.failures.append(failure)
                        if not failure.claim:
                            break
    except CellTimeoutError:
        words = f"the cell was not done after {TIMEOUT} seconds"
        run.failures.append(Failure(page.first_line(index), words=words))
    except (DeadKernelError, RuntimeError) as error:
        words = f"the kernel died in this cell ({error})"
        run.failures.append(Failure(page.first_line(index), words=words))
    run.seconds = time.perf_counter() - start
    run.said = heard(log.read_text("utf-8", "replace"))
    return run


async def run_cell(client: NotebookClient, page: Page, index: int) -> Failure | None:
    """Run a cell, and return what went wrong."""
    count = client.code_cells_executed + 1
    try:
        await client.async_execute_cell(page.notebook.cells[index], index, execution_count=count)
    except CellExecutionError:
        return failure_of(page, index)
    return None


def leave_signals_alone() -> None:
    """Undo nbclient's handling of Ctrl-C, which ends one kernel and keeps the program running."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(RuntimeError, ValueError):  # Windows has no such handlers
            loop.remove_signal_handler(number)


def failure_of(page: Page, index: int) -> Failure:
    """Return what the kernel told about the error of a cell; see ``_kernel``."""
    first = page.first_line(index)
    errors = [out for out in page.notebook.cells[index].outputs if out.output_type == "error"]
    if not errors:
        return Failure(first, words="the cell failed and did not say why")
    output = errors[-1]
    try:
        said = json.loads(output.traceback[0])
    except (ValueError, IndexError):  # a cell that cannot be parsed, for example
        plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
        return Failure(first, words=plain or f"{output.ename}: {output.evalue}")
    words = "\n".join([said["words"], *said.get("trace", ())]).strip()
    return Failure(first + said["line"] - 1, said["claim"], said["values"], words)


def in_order(pages: Iterable[Page], seconds: dict[str, float]) -> list[Page]:
    """Return the pages, those that take longest first; of those unknown, those with most code."""
    return sorted(pages, key=lambda page: (-seconds.get(page.name, 0.0), -page.code, page.name))


def run_pages(
    pages: Sequence[Page],
    folder: Path,
    *,
    workers: int | None = None,
    seconds: dict[str, float] | None = None,
    tell: Callable[[str], None] = print,
    done: Callable[[Page, Run], None] = lambda page, run: None,
) -> list[Run]:
    """Run pages side by side, the longest first, and then alone those that measure time.

    Parameters
    ----------
    pages : sequence of Page
        What to run.
    folder : pathlib.Path
        Where the logs of the kernels go.
    workers : int, optional
        How many pages at a time, by default as many as there are cores for this process.
    seconds : dict of str to float, optional
        How long pages took before, to begin with the long ones.
    tell : callable
        Is given a line of text whenever there is something to report.
    done : callable
        Is given each page and how it went, as soon as it has run.

    Returns
    -------
    list of Run
        How each page went, in the order in which they ended.
    """
    workers = workers or cores()
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    together = in_order([page for page in pages if not page.measures_time], seconds or {})
    alone = in_order([page for page in pages if page.measures_time], seconds or {})
    runs: list[Run] = []
    running: list[str] = []

    async def one(page: Page, room: asyncio.Semaphore, threads: dict[str, str]) -> None:
        async with room:
            running.append(page.name)
            tell(f"running {page.name}")
            log = logs / f"{page.name.replace('/', '-')}.log"
            run = await run_page(page, log, threads)
            running.remove(page.name)
            runs.append(run)
            left = len(pages) - len(runs)
            verdict = "ran" if not run.failures else "FAILED"
            more = f"; now {', '.join(running)}" if running else ""
            tell(f"{verdict} {page.name} in {run.seconds:.0f} s, {left} left{more}")
            for line in run.said:
                tell(f"  {page.name}: {line}")
            done(page, run)

    async def everything() -> None:
        # More threads than cores wait for each other, those of NumPy's BLAS in busy loops: pages
        # side by side are a quarter faster without. Whoever builds may choose another number.
        fair = str(max(1, cores() // workers))
        share = {name: os.environ.get(name, fair) for name in THREADS}
        room = asyncio.Semaphore(workers)
        await asyncio.gather(*(one(page, room, share) for page in together))
        # In a busy loop, waiting for a thread that another program keeps from its core counts as
        # work done: so where time is measured, BLAS has one thread, whoever builds.
        room = asyncio.Semaphore(1)
        await asyncio.gather(*(one(page, room, {THREADS[0]: "1"}) for page in alone))

    tell(
        f"{len(pages)} pages to run: {len(together)} of them {workers} at a time, then "
        f"{len(alone)} that measure time, alone"
    )
    asyncio.run(everything())
    return runs


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def report(runs: Sequence[Run], paths: dict[str, Path]) -> str:
    """Return for each claim that does not hold where it stands and what came; or nothing."""
    failed = sorted((run for run in runs if run.failures), key=lambda run: run.page)
    if not failed:
        return ""
    parts = [f"{len(failed)} of {len(runs)} pages that ran failed:"]
    for run in failed:
        for failure in run.failures:
            lines = [f"{os.path.relpath(paths[run.page])}:{failure.line}"]
            if failure.claim:
                lines += [f"  claim:  {failure.claim}", f"  came:   {failure.values}"]
            if failure.words:
                lines.append("  words:  " + failure.words.replace("\n", "\n          "))
            parts.append("\n".join(lines))
    return "\n\n".join(parts)


def read_page(path: Path) -> Page:
    """Return the page of a file."""
    notebook = read_myst_markdown_notebook(path.read_text("utf-8"), add_source_map=True, path=path)
    return Page(path.stem, path, notebook)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the pages that are named, and return 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("pages", nargs="+", type=Path, help="files of pages, docs/*.md")
    parser.add_argument("--workers", type=int, help="how many pages at a time")
    parser.add_argument("--folder", type=Path, help="where settings and logs go")
    options = parser.parse_args(arguments)
    sources = [path for path in options.pages if "file_format: mystnb" in path.read_text("utf-8")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.folder or Path(scratch)).resolve()
        settle_surroundings(folder)
        os.environ.setdefault("DLBOOK_LOGS", str(folder / "tensorboard"))
        pages = [read_page(path) for path in sources]
        runs = run_pages(
            pages, folder, workers=options.workers, tell=lambda line: print(line, flush=True)
        )
    words = report(runs, {page.name: page.path for page in pages})
    print(words or f"{len(runs)} pages ran, and all their claims hold", flush=True)
    return bool(words)


if __name__ == "__main__":
    sys.exit(main())
