"""Busy neighbours are busy, and end with the one who asked for them."""

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import elsewhere

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="no /proc to ask")


def told_by_the_system(pid):
    """Return a process's parent and the ticks of processor time that it took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), int(fields[11]) + int(fields[12])


def ticks_of_children(parent):
    """Return the ticks of each child of a process, by its number."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            of, ticks = told_by_the_system(place.name)
        except OSError:
            continue  # it has ended meanwhile
        if of == parent:
            found[int(place.name)] = ticks
    return found


@needs_proc
def test_neighbours_are_busy_and_end_with_the_one_who_asked_for_them(all_end):
    before = ticks_of_children(os.getpid())
    end = time.monotonic() + 60
    with elsewhere.neighbours(2):
        [asked] = ticks_of_children(os.getpid()).keys() - before.keys()
        while time.monotonic() < end:
            busy = ticks_of_children(asked)
            if len(busy) == 2 and min(busy.values()) > 10:
                break
            time.sleep(0.05)
    assert len(busy) == 2
    assert min(busy.values()) > 10, "a tenth of a second each"
    assert all_end([asked, *busy])


@needs_proc
def test_without_neighbours_nothing_is_started():
    before = ticks_of_children(os.getpid())
    with elsewhere.neighbours(0):
        assert ticks_of_children(os.getpid()).keys() == before.keys()


@needs_proc
def test_neighbours_that_end_by_themselves_are_told_of(tmp_path, monkeypatch, all_end):
    program = tmp_path / "ends.py"
    program.write_text("import sys; sys.exit(7)\n", "utf-8")
    monkeypatch.setattr(elsewhere, "NEIGHBOURS", program)
    before = ticks_of_children(os.getpid())
    with (
        pytest.raises(RuntimeError, match="ended by themselves, with code 7"),
        elsewhere.neighbours(1),
    ):
        assert all_end(ticks_of_children(os.getpid()).keys() - before.keys())
