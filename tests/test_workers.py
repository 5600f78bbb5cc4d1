"""Workers end where one process does; when one fails, none of them is left."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dlbook import workers

PROGRAM = Path(__file__).with_name("workers_train.py")
# 520 batches: 40 epochs of 13, of which the last has 50 examples in place of 100.
LONG = ["--epochs", "40"]
posix = pytest.mark.skipif(os.name != "posix", reason="process groups are a thing of POSIX")
pytestmark = posix


def run(command, number, **how):
    output = io.StringIO()
    ending = workers.run([str(part) for part in command], number, output=output, **how)
    return ending, output.getvalue().splitlines()


def script(folder, code):
    path = folder / "script.py"
    path.write_text(code)
    return path


def read(folder, name, worker):
    return json.loads((folder / f"{name}-{worker}.json").read_text())


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The training of a single process."""
    folder = tmp_path_factory.mktemp("alone")
    command = [sys.executable, PROGRAM, folder, "one", *LONG]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return read(folder, "one", 0)


@pytest.mark.numeric
@pytest.mark.parametrize("number", [2, 4])
def test_workers_have_the_losses_of_one_process_and_all_the_same_weights(alone, tmp_path, number):
    ending, lines = run([PROGRAM, tmp_path, "many", *LONG], number, timeout=300)
    assert ending == (0, "all workers ended well"), lines
    results = [read(tmp_path, "many", worker) for worker in range(number)]
    losses, expected = (np.array(r["history"]["batch_loss"]) for r in (results[0], alone))
    assert len(losses) == len(expected) == 520
    # The bound. Losses are about 1, sums of 100 examples in parts differ by a few eps of
    # 1.2e-7, and 520 small steps of a smooth descent carry that on without making it larger.
    assert np.max(np.abs(losses - expected)) < 1e-5
    assert results[0]["evaluation"] == pytest.approx(alone["evaluation"], rel=1e-5)
    for result in results[1:]:
        assert result["history"] == results[0]["history"]
        assert result["weights"] == results[0]["weights"], "bit for bit"
        assert result["evaluation"] == results[0]["evaluation"]


@pytest.mark.numeric
def test_after_a_worker_was_killed_the_rest_ends_and_a_new_start_goes_on(tmp_path):
    how = ["--optimizer", "keras", "--seed", "3"]
    one = subprocess.Popen([sys.executable, PROGRAM, tmp_path, "one", *how], stderr=subprocess.PIPE)
    ending, lines = run([PROGRAM, tmp_path, "two", *how, "--every", "7", "--die-at", "17"], 2)
    assert ending.code == 128 + signal.SIGKILL
    assert lines[-1] == ending.reason
    assert lines[-1].startswith("worker 1 was ended by the signal SIGKILL")
    assert not (tmp_path / "two-0.json").exists()
    ending, lines = run([PROGRAM, tmp_path, "two", *how, "--every", "7"], 2, timeout=300)
    assert ending.code == 0, lines
    one.communicate(timeout=300)
    undisturbed, first, second = (
        read(tmp_path, *key) for key in (("one", 0), ("two", 0), ("two", 1))
    )
    losses, expected = (np.array(r["history"]["batch_loss"]) for r in (first, undisturbed))
    assert np.max(np.abs(losses - expected)) < 1e-5
    assert abs(losses[-1] - expected[-1]) < 1e-6, "some eps of a loss of about 1"
    assert second["history"] == first["history"]
    assert second["weights"] == first["weights"]


def test_the_error_of_a_worker_comes_last_and_the_others_do_not_wait(tmp_path):
    ending, lines = run([PROGRAM, tmp_path, "fails", "--fail"], 2, timeout=300)
    assert ending.code == 1
    assert lines[-1] == ending.reason
    assert lines[-1] == "worker 1 returned 1: ValueError: this worker was told to fail"
    assert any("Traceback" in line for line in lines)


def test_workers_that_were_told_different_things_say_so_and_do_not_wait_for_ever(tmp_path):
    ending, lines = run([PROGRAM, tmp_path, "differ", "--differ"], 2, timeout=300)
    assert ending.code == 1
    assert "ValueError: batch_size: expected the same in all workers" in lines[-1]


@pytest.mark.numeric
def test_workers_without_a_seed_agree_on_an_order(tmp_path):
    for name in ("one", "other"):
        ending, lines = run([PROGRAM, tmp_path, name, "--shuffle"], 2, timeout=300)
        assert ending.code == 0, lines
    first, second = (read(tmp_path, "one", worker) for worker in range(2))
    assert first["weights"] == second["weights"], "bit for bit"
    assert first["history"] == second["history"]
    other = read(tmp_path, "other", 0)["history"]
    assert other["batch_loss"] != first["history"]["batch_loss"], "another order each time"


def test_each_worker_is_told_its_place_and_its_lines_have_its_number(tmp_path):
    program = script(
        tmp_path,
        "import json, os, sys\n"
        "print(os.environ['TF_CONFIG'])\n"
        "print(sys.argv[1:], sys.path[0], __name__, os.environ['MORE'], file=sys.stderr)\n",
    )
    ending, lines = run([program, "--a", "b c"], 3, env={"MORE": "yes"})
    assert ending.code == 0
    assert len(lines) == 6
    ports = set()
    for worker in range(3):
        first, second = (
            line.removeprefix(f"[{worker}] ") for line in lines if line[1] == str(worker)
        )
        told = json.loads(first)
        assert told["task"] == {"type": "worker", "index": worker}
        ports.add(tuple(told["cluster"]["worker"]))
        assert second == f"['--a', 'b c'] {tmp_path} __main__ yes"
    (addresses,) = ports
    assert len(set(addresses)) == 3
    assert all(address.startswith("127.0.0.1:") for address in addresses)


@pytest.mark.parametrize(
    ("code", "expected", "reason"),
    [
        ("import sys; sys.exit(7)", 7, "worker {} returned 7"),
        ("import sys; sys.exit('no data')", 1, "worker {} returned 1: no data"),
        ("import os; os.kill(os.getpid(), 11)", 139, "worker {} was ended by the signal SIGSEGV"),
        ("x =", 1, "worker {} returned 1: SyntaxError: invalid syntax"),
        ("1 / 0", 1, "worker {} returned 1: ZeroDivisionError: division by zero"),
    ],
)
def test_the_code_and_the_reason_are_those_of_the_worker_that_failed(
    tmp_path, code, expected, reason
):
    ending, lines = run([script(tmp_path, code)], 2)
    assert ending.code == expected
    assert ending.reason in {reason.format(0), reason.format(1)}
    assert lines[-1] == ending.reason


def test_a_worker_that_does_not_want_to_end_is_killed_with_all_that_it_has_started(
    tmp_path, all_end
):
    code = f"""
import json, os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
open({str(tmp_path)!r} + f"/{{child.pid}}.pid", "w").close()
if json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0:
    while len(os.listdir({str(tmp_path)!r})) < 3: time.sleep(0.01)
    sys.exit(3)
time.sleep(600)
"""
    start = time.monotonic()
    ending, _ = run([script(tmp_path, code)], 2)
    assert ending.code == 3
    assert time.monotonic() - start < 30
    children = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert len(children) == 2
    assert all_end(children)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_when_the_launcher_is_ended_no_worker_is_left(tmp_path, all_end, number, code):
    program = script(
        tmp_path,
        "import os, sys, time\n"
        "open(sys.argv[1] + f'/{os.getpid()}.pid', 'w').close()\n"
        "time.sleep(600)\n",
    )
    launcher = subprocess.Popen(
        [sys.executable, "-m", "dlbook.workers", "--workers", "3", program, tmp_path],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    while len(list(tmp_path.glob("*.pid"))) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert len(pids) == 3
    launcher.send_signal(number)
    out, _ = launcher.communicate(timeout=60)
    assert launcher.returncode == code
    assert all_end(pids)
    if number != signal.SIGKILL:
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        assert out.splitlines()[-1] == f"All workers were ended by {name}"


def test_after_too_long_a_time_all_are_ended(tmp_path):
    start = time.monotonic()
    ending, lines = run([script(tmp_path, "import time; time.sleep(600)")], 2, timeout=0.5)
    assert ending == (124, "all workers were ended after 0.5 s")
    assert lines[-1] == ending.reason
    assert time.monotonic() - start < 30


def test_ports_are_free_again_and_no_file_descriptor_is_left(tmp_path):
    program = script(tmp_path, "import os; print(os.environ['TF_CONFIG'])")
    run([program], 2)
    open_files = Path("/proc/self/fd")
    before = len([*open_files.iterdir()]) if open_files.exists() else 0
    for _ in range(3):
        _, lines = run([program], 2)
    assert not before or len([*open_files.iterdir()]) == before
    for address in json.loads(lines[0][4:])["cluster"]["worker"]:
        with socket.socket() as one:
            one.bind(("127.0.0.1", int(address.rpartition(":")[2])))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0", "x.py"], "argument --workers: expected a whole number of at least 1"),
        (["--workers", "two", "x.py"], "argument --workers: expected a whole number of at least 1"),
        (["nowhere.py"], "command[0]: expected a script. Received: 'nowhere.py'"),
        ([], "the following arguments are required: script"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused_in_words(arguments, message, capsys):
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as refusal:
            workers.main(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert refusal.value.code == 2
    assert message in capsys.readouterr().err


def test_the_name_of_a_signal_that_has_none_is_its_number():
    assert [workers._signal_name(number) for number in (9, 4000)] == ["SIGKILL", "4000"]


def test_a_system_without_groups_of_processes_is_refused(monkeypatch):
    monkeypatch.setattr(workers.os, "name", "nt")
    with pytest.raises(RuntimeError, match="^workers: expected Linux or macOS"):
        workers.run([__file__], 1)


def test_workers_that_cannot_all_be_started_are_ended(monkeypatch, tmp_path):
    program = script(tmp_path, "import time\ntime.sleep(600)\n")
    start, started = workers._Crew._start, []

    def one_only(crew, index, *rest):
        if index:
            raise OSError("no more processes")
        start(crew, index, *rest)
        started.extend(crew.processes)

    monkeypatch.setattr(workers._Crew, "_start", one_only)
    with pytest.raises(OSError, match="^no more processes$"):
        run([program], 2)
    assert [process.poll() is None for process in started] == [False]


def test_workers_may_be_run_by_another_thread_than_the_first(tmp_path):
    with ThreadPoolExecutor(1) as pool:
        ending, _ = pool.submit(run, [script(tmp_path, "print('done')")], 1).result(60)
    assert ending.code == 0
