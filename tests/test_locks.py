"""What the constraints file locks, and how nox takes from it what a task needs."""

import re
from pathlib import Path

import nox
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "constraints.txt").read_text("utf-8")
ENTRIES = re.split(r"\n(?=\S)", LOCK.strip())
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
GROUPS = sorted(PROJECT["dependency-groups"])
PYTHONS = nox.project.python_versions(PROJECT)

FAKE = """\
apple==1.0 \\
    --hash=sha256:0a
    # via dlbook (pyproject.toml:fruit), pear
banana==2.0 ; python_full_version < '3.11' \\
    --hash=sha256:1a \\
    --hash=sha256:1b
    # via apple
banana==2.1 ; python_full_version >= '3.11' \\
    --hash=sha256:1c
    # via apple
cherry==3.0 \\
    --hash=sha256:2a
    # via banana
numpy==4.0 \\
    --hash=sha256:3a
    # via dlbook (pyproject.toml)
pear==5.0 \\
    --hash=sha256:4a
    # via dlbook (pyproject.toml:other)
"""


@pytest.fixture
def locked(noxfile):
    return noxfile.locked


def pins(text):
    """Return the names and versions of a list of requirements, with their markers."""
    heads = [line.removesuffix("\\") for line in text.splitlines() if re.match(r"\w", line)]
    return [Requirement(head) for head in heads]


def test_every_entry_has_a_version_and_hashes_and_nothing_has_an_address():
    form = re.compile(
        r"[\w.-]+==\S+( ; [^\n]+)? \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+ +# via [^\n]+"
    )
    assert [entry for entry in ENTRIES if not form.fullmatch(entry)] == []
    assert "//" not in LOCK
    assert " @ " not in LOCK
    assert "index" not in re.sub(r"(?m)^ .*$", "", LOCK)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_each_system_and_python_has_one_version_of_each_name(system, python):
    there = {"sys_platform": system, "python_version": python, "python_full_version": f"{python}.1",
             "platform_machine": "x86_64", "implementation_name": "cpython",
             "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[system],
             "platform_python_implementation": "CPython"}  # fmt: skip
    names = [pin.name for pin in pins(LOCK) if not pin.marker or pin.marker.evaluate(there)]
    assert sorted(names) == sorted(set(names))
    assert {"numpy", "tensorflow", "sphinx"} <= set(names)


@pytest.mark.parametrize("group", [*GROUPS, "the package"])
def test_what_is_locked_is_what_pyproject_asks_for(locked, group):
    package = group == "the package"
    needs = PROJECT["project"]["dependencies"]
    if not package:
        needs = nox.project.dependency_groups(PROJECT, group)
    part = pins(locked(LOCK, () if package else (group,), package=package))
    for need in map(Requirement, needs):
        name = re.sub(r"[-_.]+", "-", need.name).lower()
        versions = [str(pin.specifier).removeprefix("==") for pin in part if pin.name == name]
        assert versions, need
        assert all(need.specifier.contains(version) for version in versions), need


def test_a_part_holds_what_its_groups_ask_for_and_what_that_needs(locked):
    part = locked(FAKE, ("fruit",), package=False)
    assert [pin.name for pin in pins(part)] == ["apple", "banana", "banana", "cherry"]
    assert "--hash=sha256:1a \\\n    --hash=sha256:1b\nbanana" in part
    assert [pin.name for pin in pins(locked(FAKE, (), package=True))] == ["numpy"]
    assert len(pins(locked(FAKE, ("other",), package=True))) == 6
    assert locked(FAKE, ("none",), package=False) == ""


def test_lower_bounds_are_versions_that_a_test_can_install():
    needs = [*PROJECT["project"]["dependencies"]]
    for group in GROUPS:
        needs += nox.project.dependency_groups(PROJECT, group)
    for need in map(Requirement, needs):
        assert [s.operator for s in need.specifier if s.operator not in {"<", "!="}] == [">="], need


def test_the_oldest_python_of_the_tests_is_that_of_the_package():
    assert PROJECT["project"]["requires-python"].startswith(f">={PYTHONS[0]},")
    weekly = (ROOT / ".github/workflows/weekly.yml").read_text("utf-8")
    assert f'python-version: "{PYTHONS[0]}"' in weekly
