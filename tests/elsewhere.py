"""Run the pages and the numeric tests as other machines would: ``nox -s elsewhere``.

The libraries choose their code by the processor that they meet, and each choice adds up in an
order of its own, so that last digits differ. They can be told to choose as on an older
processor. Each environment below is such a machine; those that need instructions which this
processor does not have are left out, and that is said. The last one is this machine with three
busy neighbours for each core, which is what bounds on times have to bear.
"""

import argparse
import contextlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
RUNNER = ROOT / "docs" / "_ext" / "book_runner.py"
NEIGHBOURS = ROOT / "tests" / "neighbours.py"
# What would otherwise be taken over from the machine that this runs on.
CLEARED = (
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES", "ONEDNN_MAX_CPU_ISA", "XLA_FLAGS",
    "TF_ENABLE_ONEDNN_OPTS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "PYTHONHASHSEED",
)  # fmt: skip
THREADS = (
    "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip
ONE_THREAD = dict.fromkeys(THREADS, "1")


@dataclass
class Environment:
    """A machine to be like: its variables, and the instructions that it needs from this one.

    ``neighbours`` says how many other programs are busy there.
    """

    name: str
    variables: dict[str, str]
    needs: tuple[str, ...] = ()
    neighbours: int = 0
    failed: bool = False


def simd() -> list[str]:
    """Return the instruction sets that NumPy chooses from on this processor."""
    return list(np.show_config(mode="dicts")["SIMD Extensions"].get("found", ()))


def environments() -> list[Environment]:
    """Return the machines to be like, the oldest first."""
    plain = {"NPY_DISABLE_CPU_FEATURES": " ".join(simd())}
    busy = Environment("busy", {}, neighbours=3 * (os.cpu_count() or 1))
    if platform.machine() not in {"x86_64", "AMD64"}:
        return [
            Environment("as-it-comes", {}),
            Environment("one-thread", {**plain, **ONE_THREAD, "TF_ENABLE_ONEDNN_OPTS": "0"}),
            Environment("hash-seed", {"PYTHONHASHSEED": "20260101", "TF_ENABLE_ONEDNN_OPTS": "1"}),
            busy,
        ]
    avx2, avx512 = ("AVX2", "X86_V3"), ("AVX512_SKX", "X86_V4")
    return [
        Environment(
            "prescott",
            {**plain, "OPENBLAS_CORETYPE": "Prescott", "TF_ENABLE_ONEDNN_OPTS": "0"},
        ),
        Environment(
            "nehalem",
            {
                **plain, "OPENBLAS_CORETYPE": "Nehalem", "TF_ENABLE_ONEDNN_OPTS": "1",
                "ONEDNN_MAX_CPU_ISA": "SSE41", "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
            },
        ),
        Environment(
            "sandybridge",
            {
                "OPENBLAS_CORETYPE": "Sandybridge", "TF_ENABLE_ONEDNN_OPTS": "1",
                "ONEDNN_MAX_CPU_ISA": "AVX", "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
                "PYTHONHASHSEED": "1",
            },
        ),
        Environment(
            "haswell",
            {
                "OPENBLAS_CORETYPE": "Haswell", "TF_ENABLE_ONEDNN_OPTS": "1",
                "ONEDNN_MAX_CPU_ISA": "AVX2", "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
            },
            avx2,
        ),
        Environment(
            "zen",
            {"OPENBLAS_CORETYPE": "Zen", "TF_ENABLE_ONEDNN_OPTS": "0", **ONE_THREAD},
            avx2,
        ),
        Environment(
            "skylakex",
            {"OPENBLAS_CORETYPE": "SkylakeX", "PYTHONHASHSEED": "20260101", **ONE_THREAD},
            avx512,
        ),
        Environment("as-it-comes", {}),
        busy,
    ]  # fmt: skip


@contextlib.contextmanager
def neighbours(number: int) -> Iterator[None]:
    """Let so many other programs be busy meanwhile."""
    if not number:
        yield
        return
    command = [sys.executable, str(NEIGHBOURS), str(number)]
    with subprocess.Popen(command, env=os.environ | ONE_THREAD) as process:
        try:
            yield
        finally:
            ended = process.poll()
            process.terminate()
    if ended is not None:
        raise RuntimeError(f"the busy neighbours ended by themselves, with code {ended}")


def run(environment: Environment, pages: list[str], tests: list[str]) -> None:
    """Run pages and tests in an environment, and tell what did not hold there."""
    variables = {key: value for key, value in os.environ.items() if key not in CLEARED}
    variables |= environment.variables
    commands = {
        "pages": [str(RUNNER), *pages] if pages else [],
        "tests": ["-m", "pytest", "-q", "-p", "no:cacheprovider", *tests] if tests else [],
    }
    for what, command in commands.items():
        if not command:
            continue
        start = time.perf_counter()
        with neighbours(environment.neighbours):
            done = subprocess.run(
                [sys.executable, *command], cwd=ROOT, env=variables, check=False, text=True,
                capture_output=True,
            )  # fmt: skip
        verdict = "hold" if done.returncode == 0 else "DO NOT HOLD"
        seconds = time.perf_counter() - start
        print(f"{environment.name}: the {what} {verdict} ({seconds:.0f} s)", flush=True)
        if done.returncode:
            words = done.stdout[-20_000:]
            if what == "pages":
                words = words[words.rfind("\n", 0, words.find("pages that ran failed")) + 1 :]
            environment.failed = True
            told = " ".join(f"{k}={v!r}" for k, v in environment.variables.items())
            print(f"\n== {environment.name} ({told})\n\n{words.strip()}")
            print(f"{done.stderr[-2000:].strip()}\n", flush=True)


def main() -> int:
    """Run everything in each environment; return 1 if something does not hold somewhere."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known = environments()
    names = [each.name for each in known]
    parser.add_argument("names", nargs="*", help=f"environments: {', '.join(names)}")
    parser.add_argument("--pages", nargs="*", help="files of pages; all, if it is not given")
    parser.add_argument("--tests", nargs="*", default=["-m", "numeric", "-n", "2"])
    options, more = parser.parse_known_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"expected some of {', '.join(names)}. Received: {', '.join(unknown)}")
    pages = options.pages
    if pages is None:
        pages = [str(path) for path in sorted((ROOT / "docs").glob("*.md"))]
    found = set(simd())
    chosen = [each for each in known if not options.names or each.name in options.names]
    for environment in chosen:
        if environment.needs and found.isdisjoint(environment.needs):
            print(f"{environment.name}: left out, this processor has no {environment.needs[0]}")
            continue
        run(environment, pages, [*options.tests, *more])
    failed = [each.name for each in chosen if each.failed]
    print(f"\n{len(failed)} of {len(chosen)} environments fell short: {', '.join(failed) or '-'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
