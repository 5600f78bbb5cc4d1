"""What several test files share."""

import contextlib
import importlib.util
import os
import sys
import tempfile
import time
from pathlib import Path

# TensorFlow's start-up chatter helps nobody here.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# What whoever runs the tests has set for Keras and Matplotlib, or keeps in the home folder.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["KERAS_HOME"] = str(Path(tempfile.gettempdir(), "dlbook-keras"))
os.environ["MATPLOTLIBRC"] = str(Path(__file__).parent.parent / "docs" / "_kernel" / "matplotlibrc")
os.environ.pop("MPLBACKEND", None)
os.environ.pop("TF_USE_LEGACY_KERAS", None)

import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--expressions",
        type=int,
        default=2000,
        help="how many random expressions the tape is tried on (default: 2000)",
    )


def pytest_configure(config):
    """Keep from the processes that tests start what Python shall do in this one.

    They would only print what the packages of others do. Workers of pytest-xdist are not meant.
    """
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        os.environ.pop("PYTHONWARNDEFAULTENCODING", None)


@pytest.fixture(autouse=True)
def books_apart():
    """Leave nothing of the books that a test builds in this process to the next test.

    Extensions add their directives, roles and nodes to docutils, which all books share, and their
    suffixes of files to Sphinx's default.
    """
    if "sphinx.application" not in sys.modules:
        yield
        return
    from sphinx.config import Config
    from sphinx.util.docutils import docutils_namespace

    suffixes = Config.config_values["source_suffix"].default
    before = dict(suffixes)
    with docutils_namespace():
        yield
    suffixes.clear()
    suffixes.update(before)


@pytest.fixture(scope="session")
def mnist():
    """The real data, prepared for a dense layer."""
    from dlbook.datasets.mnist import load_data, prepare_images

    (train_images, train_labels), (test_images, test_labels) = load_data()
    return (
        (prepare_images(train_images), train_labels),
        (prepare_images(test_images), test_labels),
    )


@pytest.fixture
def rng():
    return np.random.default_rng(20260101)


# Once in a process, for all files: nox warns of sessions that it knows already.
@pytest.fixture(scope="session")
def noxfile():
    """The module of the tasks; what its import changes in the surroundings is undone."""
    root = Path(__file__).parent.parent
    if not os.access(root, os.W_OK):
        pytest.skip("the file would start nox anew in a copy of this folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for name in ("LC_ALL", "XDG_CACHE_HOME", "PYTHONDONTWRITEBYTECODE"):
            patch.setenv(name, os.environ.get(name, ""))
        spec = importlib.util.spec_from_file_location("noxfile", root / "noxfile.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def alive(pid):
    """Tell whether a process runs; one that only waits to be buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


@pytest.fixture
def all_end():
    """Wait for the end of processes that were sent a signal: it comes when the system has time."""

    def wait(pids):
        end = time.monotonic() + 30
        while any(map(alive, pids)) and time.monotonic() < end:
            time.sleep(0.02)
        return not any(map(alive, pids))

    return wait
