"""The training loop, written out: a step, an update of the weights, epochs, and the test."""

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlbook import _checks, _engines
from dlbook.batches import BatchGenerator

LEARNING_RATE = 1e-3
"""The step size of plain gradient descent where none is given."""

LOG_EVERY = 100
"""The log has a line for every so many batches."""


class Model(Protocol):
    """What can be trained: a function of a batch of inputs, with weights."""

    @property
    def weights(self) -> list[Any]:
        """The variables to train."""

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
    Explained on the page `from-scratch`. The loss is the cross-entropy.
    """
    average_loss, gradients = loss_and_gradients(model, images_batch, labels_batch)
    if average_loss < math.inf:
        update_weights(
            gradients,
            model.weights,
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
        The gradient of that loss for each weight, of the weight's shape.

    Notes
    -----
    Explained on the page `from-scratch`.
    """
    engine = _engines.engine_of(model)
    with engine.GradientTape() as tape:
        predictions = model(images_batch)
        average_loss = _engines.average_loss(engine, labels_batch, predictions)
    return average_loss, tape.gradient(average_loss, model.weights)


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
    ValueError
        If there are not as many gradients as weights, a gradient is None or of another shape
        than its weight, `learning_rate` is not a finite number above 0, or both a learning rate
        and an optimizer are given. No weight has moved then.

    Notes
    -----
    Explained on the page `from-scratch`.
    """
    learning_rate = _checked_step(learning_rate, optimizer)
    if len(gradients) != len(weights):
        raise ValueError(
            f"gradients: expected one for each of {len(weights)} weights. "
            f"Received: {len(gradients)}"
        )
    for k, (gradient, weight) in enumerate(zip(gradients, weights, strict=True)):
        _checks.gradient(f"gradients[{k}]", gradient, weight)
    if optimizer is not None:
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return
    for gradient, weight in zip(gradients, weights, strict=True):
        weight.assign_sub(gradient * learning_rate)


def fit(
    model: Model,
    images: ArrayLike,
    labels: ArrayLike,
    epochs: int,
    batch_size: int = 128,
    *,
    learning_rate: float | None = None,
    optimizer: Any = None,
    shuffle: bool = False,
    seed: int | np.random.Generator | None = None,
    validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    verbose: int = 2,
    run_eagerly: bool = False,
) -> dict[str, list[float]]:
    """Train a model: for each epoch, for each batch, one training step.

    Parameters
    ----------
    model : NaiveSequential
        The network, ending in probabilities (softmax). Its weights change.
    images : array_like of float, shape (n, inputs)
        The training examples.
    labels : array_like of int, shape (n,)
        Their classes, from 0 to one below the number of the model's outputs.
    epochs : int
        How often to go through the data, at least 1.
    batch_size : int, default 128
        How many examples make a step, at least 1.
    learning_rate : float, optional
        The step size of plain gradient descent, 0.001 by default.
    optimizer : optimizer of Keras or of `dlbook.optimizers`, optional
        What moves the weights, in place of plain gradient descent.
    shuffle : bool, default False
        Go through the examples in a new random order in each epoch.
    seed : int or numpy.random.Generator, optional
        Makes the random orders repeatable.
    validation_data : (images, labels), optional
        Examples to evaluate the model on after each epoch. It does not learn from them.
    verbose : {0, 1, 2}, default 2
        0 is silent; 1 shows a progress bar for each epoch; 2 logs the loss of every hundredth
        batch.
    run_eagerly : bool, default False
        Run every step as Python code, so that a debugger can stop in it. Otherwise TensorFlow
        compiles the steps to a graph, which is much faster and gives the same losses.

    Returns
    -------
    dict of str to list of float
        The history: "batch_loss" for each batch, "loss" for each epoch (the mean over its
        examples), and with `validation_data` also "val_loss" and "val_accuracy".

    Raises
    ------
    TypeError
        If an argument is of the wrong type, for example labels that are not whole numbers.
    ValueError
        If an argument has a wrong value, for example as many labels as there are no images, or
        a label beyond the model's outputs.
    FloatingPointError
        If a loss is not finite; the message tells the epoch and the batch. The weights are
        those before that batch. Also if weights are not finite after an epoch.

    Notes
    -----
    Explained on the page `from-scratch`.

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
    _checked_step(learning_rate, optimizer)
    _checks.choice("verbose", verbose, (0, 1, 2))
    x, y = _examples(model, images, labels)
    batches = BatchGenerator(x, y, batch_size, shuffle=shuffle, seed=seed)
    history: dict[str, list[float]] = {"loss": [], "batch_loss": []}
    if validation_data is not None:
        held_out = _checks.pair("validation_data", validation_data)
        names = ("validation_data[0]", "validation_data[1]")
        validation_data = _examples(model, *held_out, names=names)
        history |= {"val_loss": [], "val_accuracy": []}
    # All input has been checked: only now is the optimizer bound to the model.
    step = partial(one_training_step, model, learning_rate=learning_rate, optimizer=optimizer)
    if _checks.flag("run_eagerly", run_eagerly) or not _can_be_compiled(model, optimizer):
        one_epoch = _eager_epoch(batches, step)
    else:
        graph = _graph_of(model, batches.batch_size, learning_rate, optimizer)
        one_epoch = _compiled_epoch(batches, step, graph)

    for epoch in range(epochs):
        report = _Report(verbose, epoch, epochs, len(batches))
        total = 0.0
        for counter, loss in enumerate(one_epoch()):
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"loss at batch {counter} of epoch {epoch}: expected a finite number. "
                    f"Received: {loss}. Training stopped; the weights are those before this "
                    "batch. A smaller learning rate, or inputs from 0 to 1, may help."
                )
            total += loss * min(batches.batch_size, len(y) - counter * batches.batch_size)
            history["batch_loss"].append(loss)
            report.batch(counter, loss)
        if not all(np.isfinite(np.asarray(weight)).all() for weight in model.weights):
            raise FloatingPointError(
                f"weights after epoch {epoch}: expected finite numbers. Received: NaN or infinite "
                "ones, though all losses were finite. Are there infinite numbers in the images?"
            )
        history["loss"].append(total / len(y))
        if validation_data is not None:
            val_loss, val_accuracy = evaluate(model, *validation_data)
            history["val_loss"].append(val_loss)
            history["val_accuracy"].append(val_accuracy)
        report.epoch(history)
    return history


def evaluate(
    model: Model, images: ArrayLike, labels: ArrayLike, *, batch_size: int = 1024
) -> Evaluation:
    """Measure a model on examples, without changing it.

    Parameters
    ----------
    model : NaiveSequential
        The network, ending in probabilities (softmax).
    images : array_like of float, shape (n, inputs)
        The examples.
    labels : array_like of int, shape (n,)
        Their classes, from 0 to one below the number of the model's outputs.
    batch_size : int, default 1024
        How many examples go through the model at once, at least 1; it does not change the
        result.

    Returns
    -------
    Evaluation
        The mean loss and the accuracy, as ``(loss, accuracy)``.

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
    x, y = _examples(model, images, labels)
    engine = _engines.engine_of(model)
    loss, right = 0.0, 0
    for images_batch, labels_batch in BatchGenerator(x, y, batch_size):
        predictions = model(images_batch)
        loss += float(_engines.average_loss(engine, labels_batch, predictions)) * len(labels_batch)
        right += int(np.sum(np.argmax(predictions, axis=1) == labels_batch))
    return Evaluation(loss / len(y), right / len(y))


def _eager_epoch(
    batches: BatchGenerator, step: Callable[..., Any]
) -> Callable[[], Iterator[float]]:
    """Return a function that trains for one epoch and yields the loss of each batch."""

    def one_epoch() -> Iterator[float]:
        for images_batch, labels_batch in batches:
            yield float(step(images_batch, labels_batch))

    return one_epoch


def _compiled_epoch(
    batches: BatchGenerator, step: Callable[..., Any], graph: Callable[..., Any]
) -> Callable[[], Iterator[float]]:
    """Return what `_eager_epoch` does, with the steps of full batches in a graph.

    The data is copied to the device once. Python is asked again only after every `LOG_EVERY`
    batches, when there is something to log. A short batch at the end is not worth a graph of its
    own: it takes an eager step.
    """
    tf = _engines.tensorflow()
    images, labels = map(_engines.to_device, (batches.images, batches.labels))
    full = len(batches.images) // batches.batch_size

    def one_epoch() -> Iterator[float]:
        iter(batches)  # starts the epoch, and shuffles if that was asked for
        order = None if batches.order is None else tf.constant(batches.order)
        for first in range(0, full, LOG_EVERY):
            count = min(LOG_EVERY, full - first)
            losses = graph(images, labels, order, tf.constant(first), tf.constant(first + count))
            yield from losses.numpy()[:count].tolist()
        batches.index = full * batches.batch_size
        if full < len(batches):
            yield float(step(*batches.next()))

    return one_epoch


def _graph_of(
    model: Model, batch_size: int, learning_rate: float | None, optimizer: Any
) -> Callable[..., Any]:
    """Return the training steps of some batches as a graph, from the model's cache if it is there.

    Making the graph takes a few seconds, so a model keeps the last one. It is used again only
    while all that went into it is the same: `NaiveSequential.parts` lists the model's share.
    """
    tf = _engines.tensorflow()
    settings = () if optimizer is None else vars(optimizer).values()
    parts = [batch_size, learning_rate, optimizer, *settings]
    parts += getattr(model, "parts", [object()])
    kept_parts, graph = getattr(model, "_graph", ([], None))
    if len(parts) == len(kept_parts) and all(map(operator.is_, parts, kept_parts)):
        return cast("Callable[..., Any]", graph)

    variables = [*model.weights, *(() if optimizer is None else optimizer.variables)]

    def part(tensor: Any, start: Any) -> Any:
        others = len(tensor.shape) - 1
        return tf.slice(tensor, [start, *[0] * others], [batch_size, *tensor.shape[1:]])

    # XLA makes one program of the loop and all that is in it, and moves the weights in place.
    # It also keeps NaN, which TensorFlow's own fused kernels turn into 0 at a relu.
    @tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
    def train(images: Any, labels: Any, order: Any, first: Any, last: Any) -> Any:
        losses = tf.TensorArray(tf.float32, size=LOG_EVERY)
        for counter in tf.range(first, last):
            start = counter * batch_size
            if order is None:
                images_batch, labels_batch = part(images, start), part(labels, start)
            else:
                chosen = part(order, start)
                images_batch, labels_batch = tf.gather(images, chosen), tf.gather(labels, chosen)
            # As in `one_training_step`, a loss that is not finite leaves all as it was. A choice
            # between old and new entries costs nothing here; a condition would copy all weights.
            before = [tf.identity(variable) for variable in variables]
            loss, gradients = loss_and_gradients(model, images_batch, labels_batch)
            update_weights(
                gradients, model.weights, learning_rate=learning_rate, optimizer=optimizer
            )
            is_finite = loss < math.inf
            for variable, old in zip(variables, before, strict=True):
                variable.assign(tf.where(is_finite, variable, old))
            losses = losses.write(counter - first, tf.cast(loss, tf.float32))
            if not is_finite:
                break
        return losses.stack()

    if hasattr(model, "parts"):
        model._graph = parts, train  # type: ignore[attr-defined]
    return cast("Callable[..., Any]", train)


def _can_be_compiled(model: Model, optimizer: Any) -> bool:
    """Tell whether TensorFlow can make a graph of a step: all that takes part must be its own."""
    if not _engines.is_tensorflow(_engines.engine_of(model)):
        return False
    if optimizer is None:
        return True
    if not isinstance(optimizer, _engines.tensorflow().keras.optimizers.Optimizer):
        return False
    optimizer.build(model.weights)  # its own variables must exist before the graph is made
    return True


def _checked_step(learning_rate: float | None, optimizer: Any) -> float:
    """Return the step size of plain gradient descent; raise if what was given makes no sense."""
    if learning_rate is None:
        if isinstance(optimizer, type) or not (
            optimizer is None or hasattr(optimizer, "apply_gradients")
        ):
            raise TypeError(
                "optimizer: expected an optimizer of Keras or of dlbook.optimizers. "
                f"Received: {optimizer!r}"
            )
        return LEARNING_RATE
    if optimizer is not None:
        raise ValueError("learning_rate: expected None when an optimizer is given; it has its own")
    return _checks.real_number("learning_rate", learning_rate, above=0)


def _examples(
    model: Model,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    names: tuple[str, str] = ("images", "labels"),
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return examples that the model can take, as arrays; raise if it cannot take them."""
    _checks.network("model", model)
    x, y = _checks.examples(images, labels, names=names)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{names[0]}: expected floating-point numbers, as "
            "dlbook.datasets.mnist.prepare_images returns them. "
            f"Received: dtype {x.dtype}"
        )
    x = x.astype(np.float32, copy=False)
    try:
        outputs = model(x[:1])
    except ValueError as error:
        raise ValueError(f"{names[0]}: the model does not take them: {error}") from error
    if len(outputs.shape) != 2:
        raise ValueError(
            f"{names[0]}: expected a shape of which the model makes (n, classes), mostly "
            f"(n, inputs). Received: shape {x.shape}"
        )
    engine = _engines.engine_of(model)
    if not isinstance(outputs, engine.Tensor):
        raise TypeError(
            f"model: expected tensors of {engine.__name__}. Received: {type(outputs).__name__}; "
            "do all activations come from there?"
        )
    classes = outputs.shape[-1]
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"{names[1]}: expected whole numbers from 0 to {classes - 1}, for a model with "
            f"{classes} outputs. Received: values from {y.min()} to {y.max()}"
        )
    return x, y


class _Report:
    """What `fit` shows of one epoch: nothing, a progress bar, or a log."""

    def __init__(self, verbose: int, epoch: int, epochs: int, batches: int) -> None:
        self.verbose, self.batches = verbose, batches
        if verbose == 1:
            from keras.utils import Progbar

            print(f"Epoch {epoch}/{epochs - 1}")
            self.bar = Progbar(batches, stateful_metrics=["val_loss", "val_accuracy"])
        elif verbose == 2:
            print(f"Epoch {epoch}")

    def batch(self, counter: int, loss: float) -> None:
        """Show the loss of a batch."""
        if self.verbose == 1:
            self.bar.update(counter + 1, values=[("loss", loss)], finalize=False)
        elif self.verbose == 2 and counter % LOG_EVERY == 0:
            print(f"loss at batch {counter}: {loss:.2f}")

    def epoch(self, history: dict[str, list[float]]) -> None:
        """Show what is known at the end of the epoch."""
        if self.verbose == 1:
            last = {name: values[-1] for name, values in history.items() if name != "batch_loss"}
            self.bar.update(self.batches, values=last.items(), finalize=True)
