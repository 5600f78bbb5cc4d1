"""The data set is the published one, or an error says what is wrong with it."""

import hashlib
import pickle
import shutil
import socket
from importlib import resources

import numpy as np
import pytest

from dlbook.datasets import mnist

# The MD5 sums that public loaders give for the uncompressed files.
PUBLISHED = {
    "train-images": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels": "a25bea736e30d166cdddb491f175f624",
    "t10k-images": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels": "27ae3e4e09519cfbb04c329615203637",
}


def idx_bytes(array):
    """The array as an uncompressed IDX file."""
    header = np.array([0x0800 + array.ndim, *array.shape], dtype=">u4")
    return header.tobytes() + array.tobytes()


def test_arrays_have_the_shapes_and_types_of_keras():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert x_train.shape == (60000, 28, 28)
    assert y_train.shape == (60000,)
    assert x_test.shape == (10000, 28, 28)
    assert y_test.shape == (10000,)
    for array in (x_train, y_train, x_test, y_test):
        assert array.dtype == np.uint8
        assert array.flags.writeable
        assert array.flags.c_contiguous


def test_values_are_those_of_the_published_files():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    arrays = dict(zip(PUBLISHED, (x_train, y_train, x_test, y_test), strict=True))
    for name, array in arrays.items():
        assert hashlib.md5(idx_bytes(array)).hexdigest() == PUBLISHED[name]
    assert y_train[:3].tolist() == [5, 0, 4]
    assert y_train[-3:].tolist() == [5, 6, 8]
    assert y_test[:3].tolist() == [7, 2, 1]


def test_each_call_returns_arrays_of_its_own():
    (first, _), _ = mnist.load_data()
    first[:] = 0
    (second, _), _ = mnist.load_data()
    assert second.any()


def test_loading_needs_no_network_no_pickle_and_no_home(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise AssertionError("load_data reached for the network or for pickle")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    mnist.load_data()
    assert list(tmp_path.iterdir()) == []


FILES = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
]


@pytest.fixture
def copy_of_data(monkeypatch, tmp_path):
    """A copy of the data files that a test may spoil."""
    folder = resources.files("dlbook.datasets") / "data" / "mnist"
    for name in FILES:
        shutil.copy(folder / name, tmp_path / name)
    monkeypatch.setattr(mnist, "_FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copy_of_data, name):
    (copy_of_data / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name}.*missing.*SHA-256.*install dlbook again"):
        mnist.load_data()


def test_a_folder_in_the_place_of_a_file_is_named(copy_of_data):
    (copy_of_data / FILES[0]).unlink()
    (copy_of_data / FILES[0]).mkdir()
    with pytest.raises(IsADirectoryError, match=rf"{FILES[0]}.*cannot be read.*SHA-256"):
        mnist.load_data()


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(copy_of_data, name):
    path = copy_of_data / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=rf"{name}.*cut short or changed.*install dlbook again"):
        mnist.load_data()


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_one_changed_bit_is_named(copy_of_data, name):
    path = copy_of_data / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"{name}.*Expected: SHA-256.*Received:.*SHA-256"):
        mnist.load_data()


def test_an_empty_file_is_named(copy_of_data):
    (copy_of_data / FILES[0]).write_bytes(b"")
    with pytest.raises(ValueError, match=rf"{FILES[0]}.*Received: 0 bytes"):
        mnist.load_data()


def test_a_file_that_holds_less_than_its_shape_says_is_named(monkeypatch):
    monkeypatch.setattr(mnist, "_TEST_LABELS", mnist._TEST_LABELS._replace(shape=(10_001,)))
    with pytest.raises(
        ValueError, match=rf"{FILES[3]}: expected 10001 values\. Received: 10000\. .*install dlbook"
    ):
        mnist.load_data()


def test_prepared_images_are_rows_from_zero_to_one(rng):
    images = rng.integers(0, 256, size=(7, 28, 28), dtype=np.uint8)
    images[0, 0, :2] = 0, 255
    before = images.copy()
    rows = mnist.prepare_images(images)
    assert rows.shape == (7, 784)
    assert rows.dtype == np.float32
    assert (rows.min(), rows.max()) == (0, 1)
    np.testing.assert_array_equal(rows, images.reshape(7, 784).astype("float32") / 255)
    np.testing.assert_array_equal(images, before)


def test_no_images_make_no_rows():
    assert mnist.prepare_images(np.empty((0, 28, 28), np.uint8)).shape == (0, 784)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ([[[0]]], TypeError, "images: expected a NumPy array of uint8. Received: list"),
        (np.zeros((2, 28, 28)), TypeError, "images: .*uint8.*Received: dtype float64"),
        (np.zeros((28, 28), np.uint8), ValueError, r"images: .*Received: shape \(28, 28\)"),
    ],
)
def test_what_is_no_stack_of_grey_images_is_refused(images, error, message):
    with pytest.raises(error, match=message):
        mnist.prepare_images(images)
