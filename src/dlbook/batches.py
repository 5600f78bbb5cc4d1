"""Batches: the training data in small portions, one for each training step."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlbook import _checks


class BatchGenerator:
    """Hand out images and labels in batches, epoch after epoch.

    A ``for`` loop over the generator is one epoch: each example comes exactly once.
    The next loop starts again.

    Parameters
    ----------
    images : array_like of real numbers, shape (n, ...)
        The examples; the first axis is the batch axis. At least one.
    labels : array_like of int, shape (n,)
        The class of each example.
    batch_size : int, default 128
        How many examples a batch holds, at least 1. The last batch of an epoch may be shorter.
    shuffle : bool, default False
        Draw a new random order for each epoch. Otherwise examples come in the given order.
    seed : int or numpy.random.Generator, optional
        Makes the random orders repeatable.

    Attributes
    ----------
    images, labels : numpy.ndarray
        The data, in the order in which they were given. Arrays are kept, not copied: what you
        change in them shows in the batches to come.
    batch_size : int
        The size of every batch but perhaps the last.
    num_batches : int
        How many batches make an epoch; also ``len(generator)``.
    index : int
        The position in this epoch of the next example to come.
    order : numpy.ndarray of int, shape (n,), or None
        With `shuffle`, the order of the examples in this epoch.

    Raises
    ------
    TypeError
        If `images` are no real numbers, `labels` are not whole ones, or `batch_size`, `shuffle` or
        `seed` is of a wrong type.
    ValueError
        If there are no examples, the numbers of images and labels differ, `batch_size` is
        below 1, or `seed` below 0.

    Notes
    -----
    Used on the page `from-scratch`. A batch is a copy: you may change it, and nothing else changes.

    A generator has one position, as a file has. Two loops over the same generator, one within the
    other, share it: the inner one starts the epoch again and ends it for both. Give each loop a
    generator of its own; they may share the data.

    Examples
    --------
    >>> generator = BatchGenerator(np.zeros((5, 784)), [0, 1, 2, 3, 4], batch_size=2)
    >>> [labels.tolist() for images, labels in generator]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        batch_size: int = 128,
        *,
        shuffle: bool = False,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        self.images, self.labels = _checks.examples(images, labels)
        self.batch_size = _checks.whole_number("batch_size", batch_size, least=1)
        self.num_batches = -(-len(self.images) // self.batch_size)
        rng = _checks.generator("seed", seed)
        self._rng = rng if _checks.flag("shuffle", shuffle) else None
        self._start_epoch()

    def __len__(self) -> int:
        return self.num_batches

    def __iter__(self) -> "BatchGenerator":
        self._start_epoch()
        return self

    def __next__(self) -> tuple[np.ndarray, np.ndarray]:
        if self.index >= len(self.images):
            raise StopIteration
        chosen: Any = slice(self.index, self.index + self.batch_size)
        self.index += self.batch_size
        if self.order is not None:
            chosen = self.order[chosen]
        return self.images[chosen].copy(), self.labels[chosen].copy()

    def next(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the next batch of this epoch.

        Returns
        -------
        images : numpy.ndarray, shape (batch_size, ...)
            The images of the batch; fewer in the last batch of an epoch.
        labels : numpy.ndarray of int, shape (batch_size,)
            Their classes.

        Raises
        ------
        StopIteration
            If the epoch is over. ``iter(generator)`` starts the next one.
        """
        return next(self)

    def _start_epoch(self) -> None:
        self.index = 0
        self.order = None if self._rng is None else self._rng.permutation(len(self.images))
