"""``python -m dlbook.workers --workers N script.py``: run a script in N processes that cooperate.

With this module you can:

- start several workers on this machine, and read what they say in one place: ``python -m
  dlbook.workers --workers 2 train.py --epochs 5``;
- do the same from Python: `run`.

Each worker is a process of its own, with the variable ``TF_CONFIG`` that tells TensorFlow's
``MultiWorkerMirroredStrategy`` where the others are. On a cluster something else sets this
variable, and the script is the same. When one worker fails, or you press Ctrl-C, all are ended.

The page `many-workers` explains it.
"""

import argparse
import collections
import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, NamedTuple, TextIO

from dlbook import _checks

PATIENCE = 5.0
"""How many seconds a worker has to end by itself when it is asked to; then it is killed."""

REMEMBERED = 40
"""How many of its last lines are shown again of a worker that has failed."""

LEASH = "DLBOOK_LEASH"
"""The environment variable by which a worker learns where to notice that the launcher is gone."""


class Ending(NamedTuple):
    """How a run of workers ended.

    Parameters
    ----------
    code : int
        0 if all workers ended well; otherwise what the first that failed has returned, or 128 and
        the number of the signal by which it was ended.
    reason : str
        Why the run ended, in a sentence.
    """

    code: int
    reason: str


def cluster_settings(addresses: Sequence[str], index: int) -> str:
    """Return the value of ``TF_CONFIG`` for one worker.

    Parameters
    ----------
    addresses : sequence of str
        Host and port of each worker, such as ``"127.0.0.1:2222"``; at least one.
    index : int
        The number of the worker that it is for, from 0.

    Returns
    -------
    str
        The cluster and the worker's place in it, as JSON.

    Raises
    ------
    TypeError
        If the addresses are no list of text, or `index` is no whole number.
    ValueError
        If there are no addresses, one has no port, one comes twice, or `index` is out of range.

    Notes
    -----
    Used on the page `many-workers`.

    Examples
    --------
    >>> cluster_settings(["10.0.0.1:2222"], 0)
    '{"cluster": {"worker": ["10.0.0.1:2222"]}, "task": {"type": "worker", "index": 0}}'
    """
    if isinstance(addresses, str) or not isinstance(addresses, Sequence):
        raise TypeError(
            f"addresses: expected a list of text, host:port. Received: {_checks.shown(addresses)}"
        )
    for k, address in enumerate(addresses):
        if not isinstance(address, str):
            raise TypeError(
                f"addresses[{k}]: expected text, host:port. Received: {_checks.shown(address)}"
            )
        host, _, port = address.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
            raise ValueError(f"addresses[{k}]: expected host:port. Received: {address!r}")
    if len(set(addresses)) < len(addresses) or not addresses:
        raise ValueError(
            "addresses: expected at least one, and each once. "
            f"Received: {_checks.shown(list(addresses))}"
        )
    index = _checks.whole_number("index", index, least=0, most=len(addresses) - 1)
    cluster = {"worker": list(addresses)}
    return json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})


def run(
    command: Sequence[str],
    workers: int = 2,
    *,
    env: Mapping[str, str] | None = None,
    output: TextIO | None = None,
    timeout: float | None = None,
) -> Ending:
    """Run a script in several processes that know of each other, and wait for them.

    Parameters
    ----------
    command : sequence of str
        The script and its arguments, such as ``["train.py", "--epochs", "5"]``.
    workers : int, default 2
        How many processes, at least 1.
    env : mapping of str to str, optional
        Environment variables for the workers, in addition to those of this process.
    output : text file, optional
        Where their lines go, each after the worker's number; standard output by default.
    timeout : float, optional
        After how many seconds all are ended; never by default.

    Returns
    -------
    Ending
        A code, which is 0 if all went well, and a reason. The reason is also the last line of the
        output if something went wrong.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If there is no script, or `workers` is below 1.
    FileNotFoundError
        If there is no such script.
    RuntimeError
        If this is neither Linux nor macOS.

    Notes
    -----
    Used on the page `many-workers`. While it runs in the main thread, SIGTERM ends the workers too;
    Ctrl-C ends them and is raised again as KeyboardInterrupt.
    """
    parts = _checks.every("command", command, "text")
    if isinstance(command, str) or not all(isinstance(part, (str, os.PathLike)) for part in parts):
        raise TypeError(f"command: expected a list of text. Received: {_checks.shown(command)}")
    if not parts:
        raise ValueError("command: expected a script and its arguments. Received: an empty list")
    workers = _checks.whole_number("workers", workers, least=1)
    if timeout is not None:
        timeout = _checks.real_number("timeout", timeout, above=0)
    pairs = env.items() if isinstance(env, Mapping) else [(env, "")] * (env is not None)
    if not all(isinstance(part, str) for pair in pairs for part in pair):
        raise TypeError(f"env: expected a mapping of text to text. Received: {_checks.shown(env)}")
    if output is not None and not hasattr(output, "write"):
        raise TypeError(f"output: expected a text file. Received: {_checks.shown(output)}")
    if not os.path.isfile(parts[0]):  # noqa: PTH113 - as it was given
        raise FileNotFoundError(f"command[0]: expected a script. Received: {str(parts[0])!r}")
    if os.name != "posix":
        raise RuntimeError(
            "workers: expected Linux or macOS, whose groups of processes can be ended together. "
            f"Received: {sys.platform}"
        )
    crew = _Crew(
        [os.fspath(part) for part in parts], workers, dict(env or {}), output or sys.stdout
    )
    with crew:
        return crew.watch(timeout)


class _Crew:
    """Some worker processes, which end together."""

    def __init__(
        self, command: list[str], workers: int, env: dict[str, str], output: TextIO
    ) -> None:
        self.command, self.workers, self.env, self.output = command, workers, env, output
        self.processes: list[subprocess.Popen[str]] = []
        self.lines: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        self.last = [collections.deque[str](maxlen=REMEMBERED) for _ in range(workers)]
        self.readers: list[threading.Thread] = []

    def __enter__(self) -> None:
        # When this process ends, in whatever way, the pipe is closed, and the workers notice.
        leash, self.held = os.pipe()
        try:
            for index, settings in enumerate(_settings(self.workers)):
                self._start(index, settings, leash)
        except BaseException:
            self.__exit__()
            raise
        finally:
            os.close(leash)

    def __exit__(self, *_: object) -> None:
        with _undisturbed():
            self.stop()
            os.close(self.held)

    def stop(self) -> None:
        """End all workers that still run, with whatever they have started, and show the rest."""
        self._send(signal.SIGTERM)
        end = time.monotonic() + PATIENCE
        while any(p.poll() is None for p in self.processes) and time.monotonic() < end:
            time.sleep(0.02)
        self._send(signal.SIGKILL, everything=True)
        for process, reader in zip(self.processes, self.readers, strict=False):
            process.wait()
            reader.join(PATIENCE)
        self._show()

    def _start(self, index: int, settings: str, leash: int) -> None:
        threads = max(1, (os.cpu_count() or 1) // self.workers)
        # Where nobody has said otherwise: workers share the cores, and TensorFlow's notes on
        # the processor, which are the same in all workers, stay away.
        defaults = {"TF_NUM_INTRAOP_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "2"}
        env = {**defaults, **os.environ, "PYTHONUNBUFFERED": "1", **self.env}
        env |= {"TF_CONFIG": settings, LEASH: str(leash)}
        process = subprocess.Popen(  # noqa: S603 - the script that the caller wants to run
            [sys.executable, "-m", "dlbook._worker", *self.command],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            pass_fds=[leash],
        )
        self.processes.append(process)
        reader = threading.Thread(target=self._read, args=[index, process.stdout], daemon=True)
        reader.start()
        self.readers.append(reader)

    def _read(self, index: int, said: IO[str]) -> None:
        with said:
            for line in said:
                self.lines.put((index, line.rstrip("\n")))

    def _show(self) -> None:
        """Write the lines that have come, each after the number of its worker."""
        while not self.lines.empty():
            index, line = self.lines.get()
            self.last[index].append(line)
            print(f"[{index}] {line}", file=self.output)
        self.output.flush()

    def _send(self, number: signal.Signals, *, everything: bool = False) -> None:
        """Send a signal to the workers that run; or to all that they have started as well."""
        for process in self.processes:
            if process.poll() is None or everything:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, number)

    def watch(self, timeout: float | None) -> Ending:
        """Wait until all workers have ended, or one has failed; return how it went."""
        end = None if timeout is None else time.monotonic() + timeout
        while self._failed() is None and any(p.poll() is None for p in self.processes):
            self._show()
            time.sleep(0.02)
            if end is not None and time.monotonic() > end:
                return self._end(Ending(124, f"all workers were ended after {timeout:g} s"))
        failed = self._failed()
        if failed is None:
            self.stop()
            return Ending(0, "all workers ended well")
        code = self.processes[failed].returncode
        how = f"returned {code}"
        if code < 0:
            how = f"was ended by the signal {_signal_name(-code)}"
            code = 128 - code
        return self._end(Ending(code, f"worker {failed} {how}"), failed)

    def _failed(self) -> int | None:
        """Return the number of a worker that has failed, if there is one."""
        codes = [process.poll() for process in self.processes]
        return next((k for k, code in enumerate(codes) if code), None)

    def _end(self, ending: Ending, failed: int | None = None) -> Ending:
        """End the workers, and say why, last of all."""
        self.stop()
        if failed is not None:
            lines = self.last[failed]
            print(f"The last lines of worker {failed}:", *lines, sep="\n    ", file=self.output)
            said = [line for line in lines if line.strip()]
            # The error of a program begins with the last line that is not indented.
            first = next((line for line in reversed(said) if not line[0].isspace()), None)
            if first is not None and self.processes[failed].returncode > 0:
                more = f" … {said[-1].strip()}" * (first != said[-1])
                ending = Ending(ending.code, f"{ending.reason}: {first}{more}")
        print(ending.reason, file=self.output, flush=True)
        return ending


def _settings(workers: int) -> list[str]:
    """Return ``TF_CONFIG`` for each of some workers on this machine, with free ports."""
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(socket.socket()) for _ in range(workers)]
        for place in places:  # all at once, so that no port is given out twice
            place.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{place.getsockname()[1]}" for place in places]
    return [cluster_settings(addresses, index) for index in range(workers)]


def _signal_name(number: int) -> str:
    """Return the name of a signal, such as SIGKILL, or its number."""
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return str(number)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C disturb the clearing away after the first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _count(text: str) -> int:
    """Return the number of workers from the command line."""
    try:
        return _checks.whole_number("--workers", int(text), least=1)
    except ValueError:
        message = f"expected a whole number of at least 1. Received: {text!r}"
        raise argparse.ArgumentTypeError(message) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line ``--workers N script.py [arguments]``, and return the code to exit with.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments; those of this process by default.

    Returns
    -------
    int
        0 if all workers ended well. 130 after Ctrl-C, 143 after SIGTERM.
    """
    parser = argparse.ArgumentParser(prog="python -m dlbook.workers", description=__doc__)
    parser.add_argument("--workers", type=_count, default=2, help="at least 1 (default: 2)")
    parser.add_argument("script", help="the Python program that each worker runs")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script is given")
    options = parser.parse_args(arguments)

    def stop(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` lets it be ignored
    try:
        return run([options.script, *options.arguments], options.workers).code
    except FileNotFoundError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("All workers were ended by Ctrl-C", flush=True)  # noqa: T201 - a program speaks
        return 128 + signal.SIGINT
    except SystemExit:
        print("All workers were ended by SIGTERM", flush=True)  # noqa: T201
        raise


if __name__ == "__main__":
    sys.exit(main())
