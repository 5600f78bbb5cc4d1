"""The training loop, written out: a step, an update of the weights, epochs, and the test."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from dlbook import _checks, _compiled, _engines, _inputs, _sources, _strategies
from dlbook._inputs import LEARNING_RATE as LEARNING_RATE
from dlbook._keeper import Keeper
from dlbook._progress import Progress
from dlbook._report import Report
from dlbook._sources import Arrays, Stream
from dlbook._updates import AllOrNone, fitting_gradients, trainable_weights, variables_of
from dlbook.checkpoints import Checkpoints


class Model(Protocol):
    """What can be trained: a function of a batch of inputs, with weights."""

    @property
    def weights(self) -> list[Any]:
        """The variables, of which those with `trainable` False are left alone."""

    def __call__(self, inputs: Any) -> Any:
        """Return the probabilities of the classes, shape (batch, classes)."""


class Evaluation(NamedTuple):
    """How well a model does on a set of examples.

    Parameters
    ----------
    loss : float
        The mean cross-entropy of the examples.
    accuracy : float
        The share of examples whose most probable class is their label, 0 to 1.
    """

    loss: float
    accuracy: float


def one_training_step(
    model: Model,
    images_batch: Any,
    labels_batch: Any,
    *,
    learning_rate: float | None = None,
    optimizer: Any = None,
) -> Any:
    """Run a batch forward and backward, and move the weights once.

    Parameters
    ----------
    model : NaiveSequential
        The network, ending in probabilities (softmax). Its weights change.
    images_batch : array_like of float32, shape (batch, inputs)
        The inputs.
    labels_batch : array_like of int, shape (batch,)
        Their classes, from 0.
    learning_rate : float, optional
        The step size of plain gradient descent, 0.001 by default.
    optimizer : optimizer of Keras or of `dlbook.optimizers`, optional
        What moves the weights, in place of plain gradient descent.

    Returns
    -------
    scalar tensor of float32
        The average loss of the batch, before the step. If it is not finite, there is no step:
        the weights stay as they were.

    Notes
    -----
    Explained on the page `from-scratch`. The loss is the cross-entropy. If a strategy has made the
    model, the batch is split over all replicas, and each worker gives the whole batch.
    """
    _checks.network("model", model)
    strategy = _strategies.strategy_of(model)
    if strategy is not None:
        _inputs.check_batch(model, images_batch, labels_batch)
        learning_rate = _inputs.step_size(learning_rate, optimizer)
        step = _strategies.step(strategy, model, update_weights, learning_rate, optimizer)
        return step(images_batch, labels_batch)
    average_loss, gradients = loss_and_gradients(model, images_batch, labels_batch)
    if average_loss < math.inf:
        update_weights(
            gradients,
            trainable_weights(model),
            learning_rate=learning_rate,
            optimizer=optimizer,
        )
    return average_loss


def loss_and_gradients(model: Model, images_batch: Any, labels_batch: Any) -> tuple[Any, list[Any]]:
    """Run a batch forward under a tape, then walk the tape backward.

    Parameters
    ----------
    model : NaiveSequential
        The network, ending in probabilities (softmax). It stays as it is.
    images_batch : array_like of float32, shape (batch, inputs)
        The inputs.
    labels_batch : array_like of int, shape (batch,)
        Their classes, from 0.

    Returns
    -------
    average_loss : scalar tensor of float32
        The mean cross-entropy of the batch.
    gradients : list of tensors
        The gradient of that loss for each weight that may learn, of the weight's shape. A weight
        that stands at several places of the model has one gradient, their sum.

    Raises
    ------
    TypeError
        If `model` is no model, the images are no real numbers, or the labels no whole ones.

    Notes
    -----
    Explained on the page `from-scratch`.
    """
    _inputs.check_batch(model, images_batch, labels_batch)
    engine = _engines.engine_of(model)
    with engine.GradientTape() as tape:
        predictions = model(images_batch)
        average_loss = _engines.average_loss(engine, labels_batch, predictions)
    return average_loss, tape.gradient(average_loss, trainable_weights(model))


def update_weights(
    gradients: Sequence[Any],
    weights: Sequence[Any],
    *,
    learning_rate: float | None = None,
    optimizer: Any = None,
) -> None:
    """Move each weight a small step against its gradient.

    Parameters
    ----------
    gradients : sequence of tensors
        The gradient of the loss for each weight, of the weight's shape.
    weights : sequence of Variable
        The weights, changed in place.
    learning_rate : float, optional
        The step size of plain gradient descent, 0.001 by default.
    optimizer : optimizer of Keras or of `dlbook.optimizers`, optional
        What moves the weights, in place of plain gradient descent.

    Raises
    ------
    TypeError
        If a gradient is no tensor of real numbers, a weight is no variable, or the optimizer none.
    ValueError
        If there are not as many gradients as weights, a weight comes twice, a gradient is None or
        of another shape than its weight, `learning_rate` is not a finite number above 0, both a
        learning rate and an optimizer are given, or the optimizer has a setting out of its range
        or scales the loss.

    Notes
    -----
    Explained on the page `from-scratch`. Whatever goes wrong, also in the optimizer: either all
    weights have moved, or none. Gradients are converted to the dtype of their weight. NaN in a
    gradient is not looked for, and makes weights NaN; `fit` looks at these after each epoch.
    """
    learning_rate = _inputs.step_size(learning_rate, optimizer)
    gradients = fitting_gradients(gradients, weights)
    with AllOrNone([*weights, *variables_of(optimizer)]):
        if optimizer is not None:
            optimizer.apply_gradients(zip(gradients, weights, strict=True))
            return
        for gradient, weight in zip(gradients, weights, strict=True):
            weight.assign_sub(gradient * learning_rate)


@_checks.IN_SILENCE
def fit(
    model: Model,
    images: ArrayLike | Any,
    labels: ArrayLike | None = None,
    epochs: int = 1,
    batch_size: int = 128,
    *,
    learning_rate: float | None = None,
    optimizer: Any = None,
    shuffle: bool | int = False,
    seed: int | np.random.Generator | None = None,
    validation_data: tuple[ArrayLike, ArrayLike] | Any = None,
    verbose: int = 2,
    run_eagerly: bool = False,
    checkpoints: Checkpoints | None = None,
) -> dict[str, list[float]]:
    """Train a model: for each epoch, for each batch, one training step.

    Parameters
    ----------
    model : NaiveSequential
        The network, ending in probabilities (softmax). Its weights change.
    images : array_like of float, shape (n, inputs), or tf.data.Dataset
        The training examples. A dataset has single examples, pairs of an image and its label, of
        which `batch_size` makes batches; it need not fit into memory.
    labels : array_like of int, shape (n,), optional
        Their classes, from 0 to one below the number of the model's outputs; None for a dataset.
    epochs : int, default 1
        How often to go through the data, at least 1.
    batch_size : int, default 128
        How many examples make a step, at least 1; under a strategy, those of all replicas.
    learning_rate : float, optional
        The step size of plain gradient descent, 0.001 by default.
    optimizer : optimizer of Keras or of `dlbook.optimizers`, optional
        What moves the weights, in place of plain gradient descent.
    shuffle : bool or int, default False
        Go through the examples in a new random order in each epoch. For a dataset, among how many
        of its next examples each one is drawn.
    seed : int or numpy.random.Generator, optional
        Makes the random orders repeatable.
    validation_data : (images, labels) or tf.data.Dataset, optional
        Examples to evaluate the model on after each epoch. It does not learn from them.
    verbose : {0, 1, 2}, default 2
        0 is silent; 1 shows a progress bar for each epoch; 2 logs the loss of every hundredth
        batch.
    run_eagerly : bool, default False
        Run every step as Python code, so that a debugger can stop in it. Otherwise TensorFlow
        compiles the steps to a graph, which is much faster and gives the same losses; see below.
    checkpoints : dlbook.checkpoints.Checkpoints, optional
        Where to save how far the training has come. If there is a checkpoint, it goes on from it.

    Returns
    -------
    dict of str to list of float
        The history: "batch_loss" for each batch, "loss" for each epoch (the mean over its
        examples), and with `validation_data` also "val_loss" and "val_accuracy".

    Raises
    ------
    TypeError
        If an argument is of the wrong type, for example labels that are not whole numbers; or if
        TensorFlow cannot make a graph of the model, or cannot compile it for this processor.
    ValueError
        If an argument has a wrong value, for example not as many labels as images, or a label
        beyond the model's outputs; if two graphs of the same model differ, a checkpoint is one of
        another training, or the model was not made in the scope of the strategy.
    RuntimeError
        If it is called inside of a ``tf.function`` or a replica.
    FloatingPointError
        If a loss is not finite; the message tells the epoch and the batch. The weights are
        those before that batch. Also if weights are not finite after an epoch.

    Notes
    -----
    Explained on the page `from-scratch`. Weights and layers whose `trainable` is False are left
    alone, and a weight that stands at several places moves once, by the sum of its gradients. An
    interruption, such as Ctrl-C, leaves the weights as they are after some whole step.

    The graph is made in each call, from the model and the optimizer as they are then. So the
    Python code of the model runs a few times in each call and not once for each batch, and what
    it does besides calling TensorFlow is not seen: a number that it draws with NumPy, or a counter
    that it moves. Code that gives another graph each time is refused; code that would give another
    one only after some batches cannot be noticed and needs ``run_eagerly=True``. TensorFlow's own
    random numbers are drawn for each batch, but other ones than without a graph. Optimizers of
    `dlbook.optimizers` are Python code, and models on `dlbook.autodiff` too: they always run
    eagerly.

    A model that was made in the scope of ``MirroredStrategy`` or ``MultiWorkerMirroredStrategy`` is
    trained by all replicas of the strategy: each batch is split over them, and all move their
    weights by the same sum; see the page `many-workers`.

    Examples
    --------
    >>> import tensorflow as tf
    >>> from dlbook import NaiveDense, NaiveSequential
    >>> from dlbook.datasets.mnist import load_data, prepare_images
    >>> (images, labels), _ = load_data()
    >>> model = NaiveSequential([NaiveDense(784, 10, activation=tf.nn.softmax)])
    >>> history = fit(model, prepare_images(images[:256]), labels[:256], epochs=1, verbose=0)
    >>> len(history["batch_loss"])
    2
    """
    epochs = _checks.whole_number("epochs", epochs, least=1)
    _checks.choice("verbose", verbose, (0, 1, 2))
    _inputs.step_size(learning_rate, optimizer)
    batches = _sources.batches_of(model, images, labels, batch_size, shuffle=shuffle, seed=seed)
    held_out = _sources.held_out(model, validation_data)
    eager = _checks.flag("run_eagerly", run_eagerly)
    keeper = Keeper(checkpoints, model, batches, optimizer)
    # All input has been checked: only now is the optimizer bound to the model.
    _inputs.bind(optimizer, model)
    one_epoch = _one_epoch(model, batches, learning_rate, optimizer, eager=eager)
    progress = keeper.begin(Progress(validated=held_out is not None))
    report = Report(verbose, epochs, batches.num_batches)

    for epoch in range(progress.epoch, epochs):
        report.start(epoch)
        for loss, size in one_epoch():
            _check_loss(loss, progress.batch, epoch)
            report.batch(progress.batch, loss)
            progress.add(loss, size)
            keeper.after_batch()
        _check_weights(model, epoch)
        progress.end_epoch(None if held_out is None else _evaluation(model, held_out))
        report.end(progress.history)
    keeper.end()
    _inputs.finish(optimizer, model)
    return progress.history


@_checks.IN_SILENCE
def evaluate(
    model: Model,
    images: ArrayLike | Any,
    labels: ArrayLike | None = None,
    *,
    batch_size: int = 1024,
) -> Evaluation:
    """Measure a model on examples, without changing it.

    Parameters
    ----------
    model : NaiveSequential
        The network, ending in probabilities (softmax).
    images : array_like of float, shape (n, inputs), or tf.data.Dataset
        The examples; a dataset has pairs of an image and its label.
    labels : array_like of int, shape (n,), optional
        Their classes, from 0 to one below the number of the model's outputs; None for a dataset.
    batch_size : int, default 1024
        How many examples go through the model at once, at least 1; it does not change the
        result.

    Returns
    -------
    Evaluation
        The mean loss and the accuracy, as ``(loss, accuracy)``. The loss is NaN if the model gives
        NaN for an example, as it does for infinite numbers.

    Raises
    ------
    TypeError
        If an argument is of the wrong type, for example labels that are not whole numbers.
    ValueError
        If an argument has a wrong value, for example no examples at all.

    Notes
    -----
    Used on the page `from-scratch`.
    """
    return _evaluation(model, _sources.batches_of(model, images, labels, batch_size))


def _evaluation(model: Model, batches: Arrays | Stream) -> Evaluation:
    """Return how well a model does on the examples of all batches."""
    strategy = _strategies.strategy_of(model)
    totals = partial(_totals, model) if strategy is None else _strategies.totals(strategy, model)
    loss = right = 0.0
    examples = 0
    for images_batch, labels_batch in batches:
        batch_loss, batch_right = totals(images_batch, labels_batch)
        loss += batch_loss
        right += batch_right
        examples += len(labels_batch)
    return Evaluation(loss / examples, right / examples)


def _totals(model: Model, images_batch: Any, labels_batch: Any) -> tuple[float, int]:
    """Return the sum of the losses of a batch, and how many answers are right."""
    predictions = model(images_batch)
    loss = _engines.average_loss(_engines.engine_of(model), labels_batch, predictions)
    right = np.sum(np.argmax(predictions, axis=1) == labels_batch)
    return float(loss) * len(labels_batch), int(right)


def _one_epoch(
    model: Model,
    batches: Arrays | Stream,
    learning_rate: float | None,
    optimizer: Any,
    *,
    eager: bool,
) -> Callable[[], Iterator[tuple[float, int]]]:
    """Return a function that trains for one epoch; it yields loss and size of each batch."""
    rate = _inputs.step_size(learning_rate, optimizer)
    strategy = _strategies.strategy_of(model)
    if strategy is not None:
        return _strategies.epoch(
            strategy, model, batches, update_weights, rate, optimizer, eager=eager
        )
    step = partial(one_training_step, model, learning_rate=learning_rate, optimizer=optimizer)
    if not eager and _compiled.can_be_compiled(model, optimizer):
        parts = loss_and_gradients, update_weights
        return _compiled.compiled_epoch(model, batches, step, parts, rate, optimizer)

    def one_epoch() -> Iterator[tuple[float, int]]:
        for images_batch, labels_batch in batches:
            yield float(step(images_batch, labels_batch)), len(labels_batch)

    return one_epoch


def _check_loss(loss: float, counter: int, epoch: int) -> None:
    """Raise if the loss of a batch is not finite."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"loss at batch {counter} of epoch {epoch}: expected a finite number. "
            f"Received: {loss}. Training stopped; the weights are those before this "
            "batch. A smaller learning rate, or inputs from 0 to 1, may help."
        )


def _check_weights(model: Model, epoch: int) -> None:
    """Raise if an epoch has spoiled the weights."""
    if not all(np.isfinite(np.asarray(weight)).all() for weight in model.weights):
        raise FloatingPointError(
            f"weights after epoch {epoch}: expected finite numbers. Received: NaN or infinite "
            "ones, though all losses were finite. Are there infinite numbers in the images?"
        )
