"""Change code of the book in small ways, and see which changes the tests do not notice.

``nox -s mutation -- ops book_css`` tries two modules, each with its own tests; without names all
of MODULES and EXTENSIONS. ``nox -s mutation -- plotting/units --sample 40`` tries 40 mutants of one
of the OTHERS. ``nox -s mutation -- explore/descent`` tries a script of the site, with tests in a
browser: see ``mutation_scripts.py``. For modules mutmut makes the mutants and runs the tests, which
it loads once for all of them. The mutants that live are listed; those that change nothing which a
test could see are explained in ``tests/mutants.toml``, by name and change. A module passes if 95 in
100 of the others die, one of the OTHERS, an extension of Sphinx or a script if 90 do.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
MODULES = {
    "ops": ["test_ops.py"],
    "geometry": ["test_geometry.py"],
    "batches": ["test_batches.py"],
    "by_hand": ["test_by_hand.py"],
    "optimizers": ["test_optimizers.py"],
    "autodiff": ["test_autodiff.py", "test_random_expressions.py"],
    "event_files": ["test_event_files.py"],
    "graphs": ["test_graphs.py"],
    "datasets/mnist": ["test_mnist.py"],
    "playground": ["test_playground.py"],
    "layers": ["test_layers.py"],
    "training": ["test_training.py", "test_strategies.py"],
}
"""The modules whose tests must bite, and their tests; the table of refused input is for all."""

FIGURES = ["test_figure_arguments.py", "test_drawings.py"]
OTHERS = {
    "_arrays": ["test_autodiff.py", "test_random_expressions.py"],
    "_checks": [],
    "_compiled": ["test_training.py"],
    "_engines": ["test_layers.py", "test_training.py"],
    "_inputs": ["test_training.py"],
    "_keeper": ["test_checkpoints.py", "test_workers.py"],
    "_progress": ["test_training.py"],
    "_report": ["test_training.py"],
    "_sources": ["test_streams.py", "test_training.py"],
    "_strategies": ["test_strategies.py", "test_workers.py"],
    "_updates": ["test_training.py", "test_optimizers.py"],
    "_worker": ["test_workers.py"],
    "checkpoints": ["test_checkpoints.py"],
    "data_parallel": ["test_data_parallel.py"],
    "workers": ["test_workers.py"],
    "bench/__init__": ["test_bench.py"],
    "plotting/_cells": ["test_plotting_tensors.py", "test_plotting_geometry.py", *FIGURES],
    "plotting/_inputs": FIGURES,
    "plotting/_style": FIGURES,
    "plotting/summary": ["test_plotting_bugs.py", *FIGURES],
} | {
    f"plotting/{path.stem.removeprefix('test_plotting_')}": [path.name, *FIGURES]
    for path in sorted((ROOT / "tests").glob("test_plotting_*.py"))
}
"""The rest of the package, which is tried by name, and its tests."""

EXTENSIONS = {
    path.stem: [f"test_ext_{path.stem.removeprefix('book_')}.py"]
    for path in sorted((ROOT / "docs" / "_ext").glob("book_*.py"))
} | {
    "book_execution": ["test_execution.py"],
    "book_live": ["test_live_build.py"],
    "book_live_files": ["test_live_build.py"],
    "book_reading_time": ["test_reading_time.py"],
    "book_runner": ["test_execution.py"],
    "book_search": ["test_search.py"],
    "book_terms": ["test_terms.py", "test_ext_terms.py"],
}
"""The extensions in ``docs/_ext`` and the tests that build small books with them."""

EXPLORERS = ["test_explorers.py"]
SCRIPTS = {
    "explore/explore": (EXPLORERS, "shared_ or opened_from_disk"),
    "explore/broadcasting": (EXPLORERS, "broadcasting_"),
    "explore/descent": (EXPLORERS, "descent_ or paths or gradients or momentum"),
    "explore/geometry": (
        EXPLORERS,
        "presets or two_maps or relu or dragged or sliders or geometry_",
    ),
    "explore/playground": (
        EXPLORERS,
        "drawings or drawing_ or votes or drawn or finger or strokes or digits or playground_",
    ),
    "explore/training": (EXPLORERS, "training_"),
    "explore/questions": (
        ["test_questions.py"],
        "numbers or shapes or verdict or keyboard or no_answer or first-look and (right or minus)",
    ),
    "search/engine": (
        ["test_search.py"],
        "teaches or spellings or definition or excerpt or words or forms or slips or typed or best",
    ),
    "search/search": (
        ["test_search.py"],
        "results_ or mended_slip or arrows or tried_again or answer or same_page or fetched",
    ),
    "book": (
        ["test_reader.py", "test_policy.py"],
        "folded or paper or formula or prints or sidebar or marks",
    ),
}
"""The scripts in ``docs/_static``: files with their tests, and which tests these are, as in -k."""

OPTIONS = ["-p", "no:randomly", "-p", "no:cacheprovider", "-q", "-x"] + [
    f"--deselect=tests/test_bad_inputs.py::{name}"
    for name in (
        "test_every_public_function_and_class_stands_in_the_table",
        "test_what_makes_no_sense_is_refused_in_words[datasets.mnist.load_data-0]",
    )
]
"""How pytest runs: in one order, until a test fails, and without those tests of the bad inputs that
see mutmut's work, which keeps all mutants in the module, as functions with names of their own."""

ENVIRONMENT = os.environ | {"PYTHONWARNDEFAULTENCODING": "1"}  # as in noxfile.py

PRELOADED = ["tensorflow", "keras", "matplotlib.pyplot", "myst_nb"]
"""What takes long to import is imported once, and the process of each mutant is forked from there.

The tests are not among it: TensorFlow starts threads with the first tensor, a forked process has
none of them, and it would wait for them until its time is over.
"""

NONE = "no.such.mutant"
NEEDED, NEEDED_OF_OTHERS = 0.95, 0.90
PATIENCE = 300  # seconds for a mutant alone
CONFIGURATION = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/{module}.py"]
also_copy = ["docs", "conf.py", "noxfile.py", "constraints.txt"]
process_isolation = "forkserver"
forkserver_warmup = "import"
preload_modules_file = "preloaded.txt"
pytest_add_cli_args = [{options}]
pytest_add_cli_args_test_selection = [{tests}]
"""


@dataclass
class Result:
    """What became of the mutants of a module."""

    killed: int = 0
    explained: list[str] = field(default_factory=list)
    alive: dict[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The share of the mutants that die, of those that a test could notice."""
        return self.killed / max(self.killed + len(self.alive), 1)


def change_of(shown: str) -> str:
    """Return what a mutant changes, from the difference that mutmut shows."""
    lines = [
        line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}
    ]
    return "\n".join(line[0] + " " + line[1:].strip() for line in lines)


def judge(statuses: dict[str, str], changes: dict[str, str], known: dict[str, str]) -> Result:
    """Sort mutants by what became of them; `known` tells the changes that are explained.

    Only a test that fails kills. One that ran out of time, or whose process crashed, says nothing
    before somebody has looked why.
    """
    result = Result(killed=list(statuses.values()).count("killed"))
    for name in left_by(statuses):
        if changes[name] in known:
            result.explained.append(name)
        else:
            result.alive[name] = f"({statuses[name]})\n{changes[name]}"
    return result


def explanations(module: str) -> dict[str, str]:
    """Return the changes of a module that no test can notice, each with the reason."""
    table = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))
    return {entry["change"].strip(): entry["because"] for entry in table.get(module, ())}


def mutmut(folder: Path, *arguments: str) -> str:
    """Run mutmut, and return what it says."""
    environment = ENVIRONMENT | {"PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments], cwd=folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and arguments[0] == "run" and arguments[1:] != (NONE,):
        raise SystemExit(f"mutmut failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def left_by(statuses: dict[str, str]) -> list[str]:
    """Return the mutants that no test has killed."""
    return [name for name, status in statuses.items() if status not in {"killed", "skipped"}]


def dies_alone(folder: Path, mutant: str, tests: list[str]) -> bool:
    """Tell whether the tests fail with a mutant if all run, from the start, in a new process.

    mutmut runs those tests that call the function. So it leaves functions that are called when the
    module is imported; and it says "timeout" when pytest finds no tests, since the mutant refuses
    to make what their parameters need.
    """
    command = [
        sys.executable, "-m", "pytest", "--rootdir=.", *OPTIONS,
        *(f"tests/{name}" for name in tests),
    ]  # fmt: skip
    # By its path: processes that a test starts in another folder shall get the mutants, too.
    source = (folder / "mutants" / "src").resolve()
    environment = ENVIRONMENT | {"PYTHONPATH": str(source), "MUTANT_UNDER_TEST": mutant}
    try:
        done = subprocess.run(
            command, cwd=folder / "mutants", env=environment,
            capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}


def decorated_below(source: str) -> str:
    """Move decorators behind their functions: ``f = decorator(f)`` instead of ``@decorator``.

    mutmut leaves functions out that have a decorator. Of ours these are all figures, all operations
    of the tape, and `fit`.
    """
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    # From the end, so that the numbers of the lines before stay right.
    for node in sorted(functions, key=lambda node: node.lineno, reverse=True):
        if not node.decorator_list:
            continue
        value = node.name
        for decorator in reversed(node.decorator_list):
            value = f"({ast.unparse(decorator)})({value})"
        above = min(decorator.lineno for decorator in node.decorator_list) - 1
        body = lines[node.lineno - 1 : node.end_lineno]
        lines[above : node.end_lineno] = [*body, f"{' ' * node.col_offset}{node.name} = {value}"]
    return "\n".join(lines) + "\n"


def furnish(folder: Path, module: str) -> list[str]:
    """Fill a folder with what mutmut needs for a module, and return the module's test files."""
    for name in ("src", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conf.py", "noxfile.py", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    if module in EXTENSIONS:
        # mutmut knows a module by its path within src, so there the extensions are, for once.
        for path in (folder / "docs" / "_ext").iterdir():
            path.rename(folder / "src" / path.name)
        names, file = EXTENSIONS[module], module
    else:
        tests = MODULES[module] if module in MODULES else OTHERS[module]
        names, file = [*tests, "test_bad_inputs.py"], f"dlbook/{module}"
    path = folder / "src" / f"{file}.py"
    path.write_text(decorated_below(path.read_text("utf-8")), "utf-8")
    tests = ", ".join(f'"tests/{name}"' for name in names)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    options = ", ".join(f'"{option}"' for option in OPTIONS)
    configuration = CONFIGURATION.format(module=file, tests=tests, options=options)
    (folder / "pyproject.toml").write_text(project + configuration, "utf-8")
    (folder / "preloaded.txt").write_text("\n".join(PRELOADED), "utf-8")
    return names


def statuses_of(folder: Path) -> dict[str, str]:
    """Return by name what became of each mutant."""
    lines = mutmut(folder, "results", "--all", "true").splitlines()
    found = (line.strip().rpartition(": ") for line in lines)
    return {name: status for name, colon, status in found if colon}


def try_module(module: str, folder: Path, *, size: int, seed: int) -> Result:
    """Make the mutants of a module, and run its tests on each, or on some; 0 stands for all."""
    names = furnish(folder, module)
    if size:
        mutmut(folder, "run", NONE)  # makes the mutants, and tries none of them
        mutants = sorted(statuses_of(folder))
        chosen = random.Random(seed).sample(mutants, min(size, len(mutants)))
    else:
        chosen = []
    mutmut(folder, "run", *chosen)
    statuses = statuses_of(folder)
    statuses = {name: statuses[name] for name in chosen or statuses}
    known = explanations(module)
    changes = {name: change_of(mutmut(folder, "show", name)) for name in left_by(statuses)}
    unclear = [name for name, change in changes.items() if change not in known]
    if unclear and dies_alone(folder, "", names):
        raise SystemExit(f"the tests of {module} fail without a mutant, in a process of their own")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        dead = pool.map(lambda name: dies_alone(folder, name, names), unclear)
    statuses |= {name: "killed" for name, dies in zip(unclear, dead, strict=True) if dies}
    return judge(statuses, changes, known)


def try_one(name: str, *, size: int, seed: int) -> Result:
    """Try what a name stands for: a module, an extension or a script."""
    if name in SCRIPTS:
        from mutation_scripts import try_script

        known = explanations(name)
        statuses, changes = try_script(name, SCRIPTS[name], known.keys(), size=size, seed=seed)
        return judge(statuses, changes, known)
    with tempfile.TemporaryDirectory() as folder:
        return try_module(name, Path(folder), size=size, seed=seed)


def main() -> int:
    """Try modules and scripts; return 1 if too many mutants of one live."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*MODULES, *EXTENSIONS]
    known = [*names, *OTHERS, *SCRIPTS]
    parser.add_argument("names", nargs="*", choices=[*known, []], metavar="NAME")
    parser.add_argument("--sample", type=int, help="mutants; 0: all (of a script 20, or else all)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the mutants of a sample (0)")
    given = parser.parse_args()
    failed = False
    for name in given.names or names:
        size = given.sample if given.sample is not None else 20 * (name in SCRIPTS)
        result = try_one(name, size=size, seed=given.seed)
        for mutant, change in result.alive.items():
            print(f"ALIVE {mutant}\n{change}")
        print(f"{name}: {result.killed} mutants die, {len(result.alive)} live, "
              f"{len(result.explained)} are explained: {result.score:.1%}", flush=True)  # fmt: skip
        failed |= result.score < (NEEDED if name in MODULES else NEEDED_OF_OTHERS)
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
