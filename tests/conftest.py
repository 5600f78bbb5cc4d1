"""What several test files share."""

import os

# TensorFlow's start-up chatter helps nobody here.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

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
