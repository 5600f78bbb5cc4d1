"""Where the batches of a training come from: arrays, or a stream that need not fit into memory.

Both can start in the middle of an epoch, as a training does that goes on from a checkpoint.
"""

import functools
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dlbook import _checks, _engines, _inputs, _strategies
from dlbook._report import LOG_EVERY
from dlbook.batches import BatchGenerator

EVALUATED_AT_ONCE = 1024
"""How many examples go through a model at once that does not learn."""

PORTION = 2**24
"""How many bytes of a stream are trained on before the next ones are read."""


class Arrays(BatchGenerator):
    """Batches of arrays.

    Attributes
    ----------
    first : int
        The example with which the next epoch starts; those after it start with 0.
    state : dict or None
        The state of the generator of random numbers when this epoch began.
    at_most : function
        Returns how many batches may be trained on before somebody looks at the weights.
    """

    first = 0
    state: Any = None
    at_most: Callable[[], int] = staticmethod(lambda: LOG_EVERY)

    def _start_epoch(self) -> None:
        self.state = None if self._rng is None else self._rng.bit_generator.state
        super()._start_epoch()
        self.index, self.first = self.first, 0

    def random_state(self) -> Any:
        """Return the state from which the order of the next epoch comes."""
        return None if self._rng is None else self._rng.bit_generator.state

    def go_on(self, state: Any, first: int) -> None:
        """Let the next epoch be the one that began with this state, from an example on."""
        if self._rng is not None:
            self._rng.bit_generator.state = state
        self.first = first

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.images.shape[1:]

    @property
    def label_dtype(self) -> Any:
        """The dtype of the labels, as this processor has it."""
        return self.labels.dtype.newbyteorder("=")

    @property
    def num_full(self) -> int:
        """How many batches of an epoch have `batch_size` examples."""
        return len(self.images) // self.batch_size

    @functools.cached_property
    def on_device(self) -> tuple[Any, Any]:
        """All images and labels, as tensors where TensorFlow computes."""
        return _engines.to_device(self.images), _engines.to_device(self.labels)

    def portions(self) -> Iterator[tuple[Any, ...]]:
        """Start an epoch, and yield what a program of many steps takes.

        These are images, labels, the order of the examples, and the numbers of the first batch to
        train on and of the one after the last. A short batch at the end comes by itself.
        """
        iter(self)
        order = None if self.order is None else _engines.tensorflow().constant(self.order)
        first = -(-self.index // self.batch_size)
        while first < self.num_full:
            last = min(self.num_full, first + min(LOG_EVERY, self.at_most()))
            yield *self.on_device, order, first, last
            first = last
        self.index = first * self.batch_size
        if self.index < len(self.images):
            yield *self.next(), None, 0, 1

    def facts(self) -> dict[str, Any]:
        """Return what must stay the same for a training to go on, or to run on many workers."""
        return {
            "images": self.images.shape,
            "labels": self.labels.tobytes(),
            "batch_size": self.batch_size,
            "shuffle": self._rng is not None,
        }


class Stream:
    """Batches of a ``tf.data.Dataset``, of which only a few are in memory.

    Attributes
    ----------
    num_batches : int or None
        How many batches make an epoch, if the dataset tells its length.
    shape : tuple of int
        The shape of one example.
    """

    def __init__(
        self, model: Any, dataset: Any, batch_size: int, *, shuffle: Any, seed: Any, name: str
    ) -> None:
        self.name, self.dataset = name, dataset
        self.batch_size = _checks.whole_number("batch_size", batch_size, least=1)
        self.buffer = 0
        if shuffle is True:
            raise TypeError(
                "shuffle: expected, for a tf.data.Dataset, the number of examples among which each "
                "next one is drawn. Received: True"
            )
        if shuffle is not False:
            self.buffer = _checks.whole_number("shuffle", shuffle, least=1)
        self._rng = _checks.generator("seed", seed)
        self.first, self.state = 0, self._rng.bit_generator.state
        self.at_most: Callable[[], int] = lambda: LOG_EVERY
        tf = _engines.tensorflow()
        if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError(f"{name}: expected a dataset that ends. Received: one that does not")
        _check_elements(name, dataset.element_spec)
        start = list(dataset.take(1).as_numpy_iterator())
        if not start:
            raise ValueError(f"{name}: expected at least one example. Received: an empty dataset")
        image, label = start[0]
        _, _, self.classes = _inputs.checked_examples(
            model, image[np.newaxis], np.array([label]), names=(name, f"labels of {name}")
        )
        self.shape = image.shape
        self.label_dtype = label.dtype
        count = int(dataset.cardinality())  # below 0 if the dataset does not know it
        self.num_batches = -(-count // self.batch_size) if count > 0 else None
        self.num_full = count // self.batch_size if count > 0 else 1

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Start an epoch."""
        self.state = self._rng.bit_generator.state
        dataset, first, self.first = self.dataset, self.first, 0
        if self.buffer:
            seed = int(self._rng.integers(2**62))
            dataset = dataset.shuffle(self.buffer, seed=seed, reshuffle_each_iteration=False)
        dataset = dataset.skip(first).batch(self.batch_size).prefetch(2)
        return map(self._checked, dataset.as_numpy_iterator())

    def portions(self) -> Iterator[tuple[Any, ...]]:
        """Start an epoch, and yield what a program of many steps takes; see `Arrays.portions`.

        All portions but short batches at the end lie in the same memory, one after the other.
        """
        batches, size = iter(self), self.batch_size
        most = PORTION // (4 * size * max(1, math.prod(self.shape)))
        most = max(1, min(LOG_EVERY, most))
        images = _engines.aligned((most * size, *self.shape), np.float32)
        labels = _engines.aligned((most * size,), self.label_dtype)
        images[:], labels[:] = 0, 0
        while some := list(itertools.islice(batches, min(most, self.at_most()))):
            full = 0
            for images_batch, labels_batch in some:
                if len(labels_batch) == size:
                    images[full * size :][:size], labels[full * size :][:size] = (
                        images_batch,
                        labels_batch,
                    )
                    full += 1
            if full:
                yield *map(_engines.to_device, (images, labels)), None, 0, full
            if full < len(some):
                yield *some[-1], None, 0, 1

    def _checked(self, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        images, labels = batch
        if labels.min() < 0 or labels.max() >= self.classes:
            raise ValueError(
                f"labels of {self.name}: expected whole numbers from 0 to {self.classes - 1}. "
                f"Received: values from {labels.min()} to {labels.max()}"
            )
        return images.astype(np.float32, copy=False), labels

    def random_state(self) -> Any:
        """Return the state from which the order of the next epoch comes."""
        return self._rng.bit_generator.state if self.buffer else None

    def go_on(self, state: Any, first: int) -> None:
        """Let the next epoch be the one that began with this state, from an example on."""
        self._rng.bit_generator.state = state
        self.first = first

    def facts(self) -> dict[str, Any]:
        """Return what must stay the same for a training to go on, or to run on many workers."""
        return {
            "images": (int(self.dataset.cardinality()), *self.shape),
            "batch_size": self.batch_size,
            "shuffle": self.buffer,
        }


def batches_of(
    model: Any,
    images: Any,
    labels: Any,
    batch_size: int,
    *,
    shuffle: Any = False,
    seed: Any = None,
    names: tuple[str, str] = ("images", "labels"),
) -> Arrays | Stream:
    """Return the batches of arrays or of a dataset; raise if the model cannot take them."""
    _checks.network("model", model)
    if is_dataset(images):
        if labels is not None:
            raise TypeError(
                f"{names[1]}: expected None when {names[0]} is a tf.data.Dataset, which has them. "
                f"Received: {_checks.shown(labels)}"
            )
        _inputs.context(model)
        if shuffle and seed is None:
            seed = _strategies.common_seed(_strategies.strategy_of(model))
        return Stream(model, images, batch_size, shuffle=shuffle, seed=seed, name=names[0])
    x, y, _ = _inputs.checked_examples(model, images, labels, names=names)
    if _checks.flag("shuffle", shuffle) and seed is None:
        seed = _strategies.common_seed(_strategies.strategy_of(model))
    return Arrays(x, y, batch_size, shuffle=shuffle, seed=seed)


def held_out(model: Any, data: Any) -> Arrays | Stream | None:
    """Return the batches of validation data, if there are any; raise as `batches_of` does."""
    if data is None:
        return None
    if is_dataset(data):
        names, pair = ("validation_data", ""), (data, None)
    else:
        names = "validation_data[0]", "validation_data[1]"
        pair = _checks.pair("validation_data", data, "images, labels")
    return batches_of(model, *pair, EVALUATED_AT_ONCE, names=names)


def is_dataset(value: Any) -> bool:
    """Tell whether a value is a ``tf.data.Dataset``, without importing TensorFlow."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(value, tf.data.Dataset)


def _check_elements(name: str, spec: Any) -> None:
    """Raise unless a dataset has pairs of one image, of real numbers, and its class."""
    if (
        not isinstance(spec, tuple)
        or len(spec) != 2
        or not all(hasattr(s, "rank") or hasattr(s, "shape") for s in spec)
    ):
        raise TypeError(
            f"{name}: expected a dataset of pairs, (image, label). "
            f"Received: elements of {_checks.shown(spec)}"
        )
    image, label = spec
    if label.shape.rank not in (0, None):
        raise ValueError(
            f"{name}: expected a dataset of single examples, of which batch_size makes batches. "
            f"Received: labels of shape {label.shape}; is there a batch() too many?"
        )
    if not label.dtype.is_integer:
        raise TypeError(
            f"labels of {name}: expected whole numbers, the classes of the examples. "
            f"Received: dtype {label.dtype.name}"
        )
    if not image.dtype.is_floating:
        raise TypeError(
            f"{name}: expected floating-point numbers. Received: dtype {image.dtype.name}"
        )
