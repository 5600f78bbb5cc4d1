"""Training steps on several replicas of a model, by the strategies of ``tf.distribute``.

A **replica** is a copy of the model on one device, be it in this process or in another one. A
step has three parts: each batch is split over the replicas, each replica computes the gradients of
its part, and the **all-reduce** adds them up. So all replicas get the same sum, bit for bit, and
move their copies of the weights alike. The strategy moves the bytes; here is only what to add.
"""

import contextlib
import functools
import math
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dlbook import _engines, _updates

if TYPE_CHECKING:
    from dlbook._sources import Arrays, Stream

KNOWN = "OneDeviceStrategy", "MirroredStrategy", "MultiWorkerMirroredStrategy"
"""The strategies that compute the same step in all replicas, and wait for it."""

CLIPPING = "clipnorm", "clipvalue", "global_clipnorm"
"""The settings by which an optimizer of Keras looks at a gradient before it is added up."""


def strategy_of(model: Any) -> Any:
    """Return the strategy that trains a model, or None if one device does it by itself.

    It is that of the scope around the call, or else the one that has made the model's weights.
    """
    if not _engines.is_tensorflow(_engines.engine_of(model)):
        return None
    tf = _engines.tensorflow()
    weights = list(map(_updates.variable_of, model.weights))
    makers = [
        w.distribute_strategy for w in weights if isinstance(w, tf.distribute.DistributedValues)
    ]
    if not makers and not tf.distribute.has_strategy():
        return None
    strategy = tf.distribute.get_strategy() if tf.distribute.has_strategy() else makers[0]
    if not isinstance(strategy, tuple(getattr(tf.distribute, name) for name in KNOWN)):
        raise RuntimeError(  # noqa: TRY004 - the place of the call is wrong
            f"strategy: expected {', '.join(KNOWN)} or none. Received: {type(strategy).__name__}"
        )
    foreign = len(weights) - sum(maker is strategy for maker in makers)
    if foreign and not isinstance(strategy, tf.distribute.OneDeviceStrategy):
        raise ValueError(
            "model: expected one that was made in the scope of the strategy which is to train it, "
            f"with strategy.scope(). Received: {foreign} of {len(weights)} weights made elsewhere"
        )
    in_replica = tf.distribute.has_strategy() and not tf.distribute.in_cross_replica_context()
    if in_replica or not tf.executing_eagerly():
        raise RuntimeError(
            "strategy: expected a call from plain Python. Received: one inside of a tf.function or "
            "of strategy.run"
        )
    return strategy


def scope(strategy: Any) -> Any:
    """Return the scope of a strategy, or one that changes nothing."""
    return contextlib.nullcontext() if strategy is None else strategy.scope()


def check_optimizer(strategy: Any, optimizer: Any) -> None:
    """Raise if an optimizer of Keras cannot work for the strategy."""
    if strategy is None or not _updates.is_of_keras(optimizer):
        return
    if getattr(optimizer, "gradient_accumulation_steps", None):
        raise ValueError(
            "optimizer: expected one that moves the weights at each step. Received: "
            f"gradient_accumulation_steps={optimizer.gradient_accumulation_steps}"
        )
    one_device = isinstance(strategy, _engines.tensorflow().distribute.OneDeviceStrategy)
    made = _updates.variable_of(optimizer.iterations)
    if getattr(made, "distribute_strategy", None) is not strategy and not one_device:
        raise ValueError(
            "optimizer: expected one that was made in the scope of the strategy, as the model was. "
            f"Received: {type(optimizer).__name__}, made elsewhere"
        )


class Replicas:
    """All replicas of a model, which take a training step together.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        Where the replicas are.
    model : Model
        The network, made in the strategy's scope.
    eager : bool, default False
        Run every step as Python code, and not as graphs.
    """

    def __init__(self, strategy: Any, model: Any, *, eager: bool = False) -> None:
        self.strategy, self.model = strategy, model
        self.weights = _updates.trainable_weights(model)
        self.eager = eager
        self.gradients = self._graph_of(self._gradients)
        self.totals = self._graph_of(self._totals)

    def _graph_of(self, function: Callable[..., Any], *, autograph: bool = True) -> Any:
        """Return a function as TensorFlow runs it: as a graph, or step by step."""
        if self.eager:
            return function
        # TensorFlow warns of a function that it traces for the fifth time. A `partial` is a new one
        # in each training.
        return _engines.tensorflow().function(functools.partial(function), autograph=autograph)

    def parts(self, *arrays: Any) -> Any:
        """Split arrays along their first axis, and return the parts of this process' replicas.

        All parts of a batch have the same length, or some have one example more; with fewer
        examples than replicas, some are empty.
        """
        tf = _engines.tensorflow()

        def part(context: Any) -> tuple[Any, ...]:
            k, n = context.replica_id_in_sync_group, context.num_replicas_in_sync
            first, last = (place * len(arrays[0]) // n for place in (k, k + 1))
            return tuple(tf.convert_to_tensor(array[first:last]) for array in arrays)

        return self.strategy.experimental_distribute_values_from_function(part)

    def _gradients(self, parts: Any, batch_size: Any, *, summed: bool) -> Any:
        """Return the average loss of a batch, and for each replica the gradients of its part."""
        tf = _engines.tensorflow()

        def one_replica(images: Any, labels: Any) -> list[Any]:
            with tf.GradientTape() as tape:
                losses = _engines.losses(labels, self.model(images))
                # Divided by the size of the whole batch, so that the sum over all replicas is the
                # average over all examples, also if the parts are not equally large.
                loss = tf.reduce_sum(tf.cast(losses, tf.float32)) / batch_size
            gradients = tape.gradient(loss, self.weights)
            gradients = _updates.fitting_gradients(gradients, self.weights)
            # A graph can hide NaN: fused with a product, TensorFlow's relu makes 0 of it.
            finite = [tf.reduce_all(tf.math.is_finite(gradient)) for gradient in gradients]
            loss = tf.where(tf.reduce_all(finite), loss, math.nan)
            to_add, rest = ([loss, *gradients], []) if summed else ([loss], gradients)
            context = tf.distribute.get_replica_context()
            return [*context.all_reduce(tf.distribute.ReduceOp.SUM, to_add), *rest]

        loss, *gradients = self.strategy.run(one_replica, args=parts)
        if summed:
            gradients = [self._local(gradient) for gradient in gradients]
        return self._local(loss), gradients

    def _totals(self, parts: Any) -> Any:  # pragma: no cover - AutoGraph runs a copy of it
        """Return the sum of the losses of a batch, and how many answers are right."""
        tf = _engines.tensorflow()

        def one_replica(images: Any, labels: Any) -> Any:
            predictions = self.model(images)
            losses = tf.cast(_engines.losses(labels, predictions), tf.float64)
            right = tf.argmax(predictions, axis=1) == tf.cast(labels, tf.int64)
            sums = tf.reduce_sum(losses), tf.reduce_sum(tf.cast(right, tf.float64))
            return tf.distribute.get_replica_context().all_reduce(
                tf.distribute.ReduceOp.SUM, tf.stack(sums)
            )

        return self._local(self.strategy.run(one_replica, args=parts))

    def _local(self, value: Any) -> Any:
        """Return a value that is the same in all replicas."""
        return self.strategy.experimental_local_results(value)[0]

    def step_with(
        self, update_weights: Callable[..., None], learning_rate: float, optimizer: Any
    ) -> Callable[[Any, Any], float]:
        """Return a function that takes a batch, lets all replicas take a step, and gives the loss.

        If the loss is not finite, there is no step: the weights stay as they were.
        """
        tf = _engines.tensorflow()
        of_keras = _updates.is_of_keras(optimizer)
        # Optimizers of Keras add up the gradients of the replicas themselves, but clip before.
        clipped = of_keras and any(getattr(optimizer, name, None) is not None for name in CLIPPING)
        summed = not of_keras or clipped

        def by_keras(gradients: list[Any]) -> None:
            def one_replica(*gradients: Any) -> None:
                # Made anew on the replica's device, where the strategy looks for them.
                gradients = tuple(map(tf.identity, gradients))
                if clipped:  # the first replica brings the whole sum, and the others nothing
                    context = tf.distribute.get_replica_context()
                    first = context.replica_id_in_sync_group == 0
                    gradients = tuple(tf.where(first, g, tf.zeros_like(g)) for g in gradients)
                optimizer.apply_gradients(zip(gradients, self.weights, strict=True))

            self.strategy.run(one_replica, args=tuple(gradients))

        def by_rule(gradients: list[Any]) -> None:
            rate = learning_rate if optimizer is None else None
            update_weights(gradients, self.weights, learning_rate=rate, optimizer=optimizer)

        if of_keras:
            update = self._graph_of(by_keras, autograph=False)
        else:  # the package's own optimizers are Python code
            update = self._graph_of(by_rule, autograph=False) if optimizer is None else by_rule

        def step(images: Any, labels: Any) -> float:
            with self.strategy.scope():
                size = tf.constant(len(labels), tf.float32)
                result, gradients = self.gradients(self.parts(images, labels), size, summed=summed)
                loss = float(result)
                if loss < math.inf:
                    update(gradients)
            return loss

        return step


def step(
    strategy: Any,
    model: Any,
    update_weights: Callable[..., None],
    learning_rate: float,
    optimizer: Any,
) -> Callable[[Any, Any], Any]:
    """Return a function that takes one step on a batch and returns its loss."""
    check_optimizer(strategy, optimizer)
    replicas = Replicas(strategy, model, eager=True)
    return replicas.step_with(update_weights, learning_rate, optimizer)


def totals(strategy: Any, model: Any) -> Callable[[Any, Any], tuple[float, float]]:
    """Return a function that gives the sum of the losses of a batch, and of the right answers."""
    replicas = Replicas(strategy, model)

    def of_batch(images: Any, labels: Any) -> tuple[float, float]:
        with strategy.scope():
            loss, right = replicas.totals(replicas.parts(images, labels)).numpy().tolist()
        return loss, right

    return of_batch


def epoch(
    strategy: Any,
    model: Any,
    batches: "Arrays | Stream",
    update_weights: Callable[..., None],
    learning_rate: float,
    optimizer: Any,
    *,
    eager: bool,
) -> Callable[[], Iterator[tuple[float, int]]]:
    """Return a function that trains for one epoch; it yields loss and size of each batch."""
    rule = type(optimizer).__name__, learning_rate
    agree(strategy, {**batches.facts(), "seed": batches.random_state(), "optimizer": rule})
    step = Replicas(strategy, model, eager=eager).step_with(
        update_weights, learning_rate, optimizer
    )

    def one_epoch() -> Iterator[tuple[float, int]]:
        for images, labels in batches:
            yield step(images, labels), len(labels)

    return one_epoch


def agree(strategy: Any, facts: dict[str, Any]) -> None:
    """Raise in all workers if one of them was told something else than the others.

    Workers that disagree about the number of batches would wait for each other for ever.
    """
    own = [zlib.crc32(repr(fact).encode()) for fact in facts.values()]
    table = of_all_replicas(strategy, [own] * len(places_of(strategy).own))
    different = [name for name, column in zip(facts, table.T, strict=True) if len(set(column)) > 1]
    if different:
        raise ValueError(
            f"{different[0]}: expected the same in all workers. "
            f"Received: other {' and '.join(different)} in some of them"
        )


class Places(NamedTuple):
    """How many replicas there are, and the numbers of those that are in this process."""

    total: int
    own: list[int]


def places_of(strategy: Any) -> Places:
    """Return where the replicas of a strategy are; without one there is a single one."""
    if strategy is None:
        return Places(1, [0])
    numbers = strategy.experimental_distribute_values_from_function(
        lambda context: context.replica_id_in_sync_group
    )
    own = [int(number) for number in strategy.experimental_local_results(numbers)]
    return Places(strategy.num_replicas_in_sync, own)


def of_all_replicas(strategy: Any, own: Any) -> Any:
    """Return whole numbers of all replicas, one row for each, from those of this process."""
    if strategy is None:
        return np.asarray(own)
    tf = _engines.tensorflow()
    places = places_of(strategy)
    rows = dict(zip(places.own, own, strict=True))

    def table(context: Any) -> Any:
        number = context.replica_id_in_sync_group
        numbers = np.zeros((places.total, *np.shape(rows[number])), np.int64)
        numbers[number] = rows[number]
        return tf.constant(numbers)

    with strategy.scope():
        tables = strategy.experimental_distribute_values_from_function(table)
        return strategy.reduce(tf.distribute.ReduceOp.SUM, tables, axis=None).numpy()


def common_seed(strategy: Any) -> int | None:
    """Return a random number that all workers know; without a strategy, none is needed."""
    if strategy is None:
        return None
    own = int(np.random.default_rng().integers(2**62))
    return int(of_all_replicas(strategy, [own] * len(places_of(strategy).own))[0])


def copies(strategy: Any, variable: Any) -> list[Any]:
    """Return the copies of a variable in this process, one for each of its replicas."""
    return [variable] if strategy is None else list(strategy.experimental_local_results(variable))


def is_chief(strategy: Any) -> bool:
    """Tell whether this process is the one that writes files."""
    return 0 in places_of(strategy).own
