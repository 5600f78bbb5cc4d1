"""The MNIST database of handwritten digits, read from files inside the package."""

import gzip
import hashlib
import io
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dlbook import _engines

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]


class _File(NamedTuple):
    """A gzipped IDX file: its name, what it must hold, and the SHA-256 of its bytes."""

    name: str
    shape: tuple[int, ...]
    sha256: str


_TRAIN_IMAGES = _File(
    "train-images-idx3-ubyte.gz",
    (60_000, 28, 28),
    "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
)
_TRAIN_LABELS = _File(
    "train-labels-idx1-ubyte.gz",
    (60_000,),
    "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
)
_TEST_IMAGES = _File(
    "t10k-images-idx3-ubyte.gz",
    (10_000, 28, 28),
    "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
)
_TEST_LABELS = _File(
    "t10k-labels-idx1-ubyte.gz",
    (10_000,),
    "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
)

_FOLDER = resources.files("dlbook.datasets") / "data" / "mnist"
_REMEDY = (
    "To restore it, install dlbook again; in a clone of its repository, check the file out again."
)


def load_data() -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """Load the images and labels of MNIST, as ``keras.datasets.mnist.load_data`` does.

    The files are part of the package: nothing is downloaded and nothing is written.
    The bytes of each file are compared with their SHA-256 before they are used.

    Returns
    -------
    x_train : numpy.ndarray of uint8, shape (60000, 28, 28)
        Grey levels of the training images, from 0 (ground) to 255 (ink).
    y_train : numpy.ndarray of uint8, shape (60000,)
        Their classes, 0 to 9.
    x_test : numpy.ndarray of uint8, shape (10000, 28, 28)
        Grey levels of the test images.
    y_test : numpy.ndarray of uint8, shape (10000,)
        Their classes, 0 to 9.

        The four come as ``(x_train, y_train), (x_test, y_test)``.

    Raises
    ------
    FileNotFoundError
        If a data file is missing.
    ValueError
        If a data file is not the one that was published: cut short or changed.

    See Also
    --------
    prepare_images : Turn images into the rows that a dense layer takes.

    Notes
    -----
    The data set is described in [1]_; the page `first-look` trains on it.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, y_train[:3].tolist()
    ((60000, 28, 28), [5, 0, 4])
    """
    return (
        (_read(_TRAIN_IMAGES), _read(_TRAIN_LABELS)),
        (_read(_TEST_IMAGES), _read(_TEST_LABELS)),
    )


def prepare_images(images: NDArray[np.generic]) -> NDArray[np.float32]:
    """Turn grey images into rows of numbers from 0 to 1, as a dense layer takes them.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, height, width)
        Grey levels from 0 to 255.

    Returns
    -------
    numpy.ndarray of float32, shape (n, height * width)
        Each image as one row, divided by 255. `images` stays as it is.

    Raises
    ------
    TypeError
        If `images` is not an array of uint8. Images that were divided by 255 already
        would otherwise be divided twice without a word.
    ValueError
        If `images` is not of rank 3.

    Notes
    -----
    The page `first-look` uses it.

    Examples
    --------
    >>> prepare_images(np.full((2, 28, 28), 255, dtype=np.uint8)).shape
    (2, 784)
    """
    masked = isinstance(images, np.ma.MaskedArray)  # NumPy would lose the mask below
    if masked or not isinstance(images, np.ndarray):
        raise TypeError(
            f"images: expected a NumPy array of uint8. Received: {type(images).__name__}"
        )
    if images.dtype != np.uint8:
        raise TypeError(
            "images: expected grey levels of dtype uint8, from 0 to 255. "
            f"Received: dtype {images.dtype}"
        )
    if images.ndim != 3:
        raise ValueError(
            f"images: expected shape (n, height, width). Received: shape {images.shape}"
        )
    count, height, width = images.shape
    # Where `fit` can hand them to TensorFlow as they are.
    rows: NDArray[np.float32] = _engines.aligned((count, height * width), np.float32)
    np.divide(images.reshape(rows.shape), 255, out=rows)
    return rows


def _read(file: _File) -> NDArray[np.uint8]:
    """Return the checked contents of one file as a new array."""
    path = _FOLDER / file.name
    try:
        packed = path.read_bytes()
    except OSError as error:  # above all FileNotFoundError
        raise type(error)(
            f"{path}: this data file of MNIST is missing or cannot be read ({error.strerror}). "
            f"Expected: a file with SHA-256 {file.sha256}. {_REMEDY}"
        ) from error
    digest = hashlib.sha256(packed).hexdigest()
    if digest != file.sha256:
        raise ValueError(
            f"{path}: this data file of MNIST was cut short or changed. Expected: SHA-256 "
            f"{file.sha256}. Received: {len(packed)} bytes with SHA-256 {digest}. {_REMEDY}"
        )
    values = np.empty(file.shape, dtype=np.uint8)
    with gzip.open(io.BytesIO(packed)) as stream:
        # An IDX file starts with a magic number and the size of each axis, four bytes each.
        stream.read(4 * (1 + len(file.shape)))
        # Unpacked straight into the array: the images exist once in memory, not twice.
        count = stream.readinto(values.data.cast("B"))
    if count != values.nbytes:
        raise ValueError(f"{path}: expected {values.nbytes} values. Received: {count}. {_REMEDY}")
    return values
