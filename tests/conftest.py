"""What several test files share."""

import os
import tempfile
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
