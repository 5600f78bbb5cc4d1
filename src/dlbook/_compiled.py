"""The training steps as a graph: TensorFlow compiles a hundred of them to one program.

A graph does not see what changes in Python after it was made: an activation, a setting of the
optimizer, a number that a function finds in its surroundings. So there is one rule: each `fit`
traces the step anew. To **trace** is to run the Python code of one step, with stand-ins for the
tensors, and to write down the operations. That takes some hundredths of a second and sees
everything as it is. What takes seconds is compiling, and that is done only for steps that no
earlier one equals, operation by operation. A program takes the weights and the learning rate as
inputs, so models of the same form share it, and it holds on to none of them.
"""

import contextlib
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dlbook import _engines, _updates
from dlbook._report import LOG_EVERY
from dlbook._sources import Arrays, Stream

NUMBERED = "_gradient_op_type", "token"
"""Attributes of operations that are names with a running number. XLA refuses what has a token."""

# TensorFlow never gives back the memory of what it has compiled, some megabytes for each program,
# so it would be no use to forget one.
_programs: dict[Any, Any] = {}
_lock = threading.Lock()


def can_be_compiled(model: Any, optimizer: Any) -> bool:
    """Tell whether TensorFlow can make a graph of a step: all that takes part must be its own."""
    if not _engines.is_tensorflow(_engines.engine_of(model)):
        return False
    return optimizer is None or _updates.is_of_keras(optimizer)


def compiled_epoch(
    model: Any,
    batches: Arrays | Stream,
    short_step: Callable[..., Any],
    parts: tuple[Callable[..., Any], Callable[..., Any]],
    learning_rate: float,
    optimizer: Any,
) -> Callable[[], Iterator[tuple[float, int]]]:
    """Return a function that trains for one epoch and yields loss and size of each batch.

    Python is asked again only after every `LOG_EVERY` batches, when there is something to log or
    to save. A short batch at the end is not worth a program of its own: it takes an eager step.
    """
    tf = _engines.tensorflow()
    loss_and_gradients, update_weights = parts  # of `dlbook.training`
    weights = _updates.trainable_weights(model)
    variables = [*weights, *_updates.variables_of(optimizer)]
    rate = tf.constant(learning_rate, tf.float64)

    def step(images_batch: Any, labels_batch: Any, learning_rate: Any) -> Any:
        # As in `one_training_step`, a loss that is not finite leaves all as it was. A choice
        # between old and new entries costs nothing here; a condition would copy all weights.
        before = [tf.identity(variable) for variable in variables]
        loss, gradients = loss_and_gradients(model, images_batch, labels_batch)
        rule = _PlainDescent(learning_rate) if optimizer is None else optimizer
        update_weights(gradients, weights, optimizer=rule)
        for variable, old in zip(variables, before, strict=True):
            variable.assign(tf.where(loss < math.inf, variable, old))
        return tf.cast(loss, tf.float32)

    program = _program_of(step, batches) if batches.num_full else None

    def one_epoch() -> Iterator[tuple[float, int]]:
        for images, labels, order, first, last in batches.portions():
            if len(labels) < batches.batch_size:
                yield float(short_step(images, labels)), len(labels)
                continue
            traced, run = _program_of(step, batches) if program is None else program
            bounds = tf.constant(first), tf.constant(last)
            losses = _run(run, images, labels, order, *bounds, rate, traced.captured_inputs)
            for loss in losses[: last - first].tolist():
                yield loss, batches.batch_size

    return one_epoch


class _PlainDescent:
    """Plain gradient descent whose learning rate is an input of the graph."""

    def __init__(self, learning_rate: Any) -> None:
        self.learning_rate = learning_rate

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Move each weight against its gradient."""
        for gradient, weight in grads_and_vars:
            rate = _engines.tensorflow().cast(self.learning_rate, gradient.dtype)
            weight.assign_sub(gradient * rate)


def _program_of(step: Callable[..., Any], batches: Arrays | Stream) -> tuple[Any, Any]:
    """Return the step as a graph, and the program of many such steps, compiled when it first runs.

    The program may come from an earlier call with an equal step.
    """
    traced = _traced(step, batches)
    form = _form(traced)
    if form not in _programs:
        if _form(_traced(step, batches)) != form:
            raise ValueError(
                "model and optimizer: expected the same operations for each batch, of which a "
                "graph can be made. Received: other ones when the step was written down again; "
                "does their Python code draw random numbers or count? run_eagerly=True runs it "
                "for each batch"
            )
        with _lock:
            _programs.setdefault(form, _many_steps(traced, batches.batch_size))
    return traced, _programs[form]


def _traced(step: Callable[..., Any], batches: Arrays | Stream) -> Any:
    """Run the Python code of one step with stand-ins for the tensors; return its graph."""
    tf = _engines.tensorflow()
    stand_ins = (
        tf.TensorSpec([batches.batch_size, *batches.shape], tf.float32),
        tf.TensorSpec([batches.batch_size], batches.label_dtype),
        tf.TensorSpec([], tf.float64),
    )
    try:
        return tf.function(step, autograph=False).get_concrete_function(*stand_ins)
    except Exception as error:
        # It may be an `if` that asks a tensor, which AutoGraph can rewrite. It takes longer, and
        # buries an error of ours in one of its own.
        with contextlib.suppress(Exception):
            return tf.function(step).get_concrete_function(*stand_ins)
        if ": expected " in str(error):
            raise  # one of ours
        raise TypeError(
            "model and optimizer: expected operations of TensorFlow, of which a graph can be "
            f"made. Received: {error}; run_eagerly=True runs the step as Python code"
        ) from error


def _many_steps(traced: Any, batch_size: int) -> Any:
    """Return a program that takes a step for each of the batches from `first` to `last`."""
    tf = _engines.tensorflow()
    graph = traced.graph.as_graph_def()
    stand_ins = [tensor.name for tensor in traced.inputs]
    inputs = {name.partition(":")[0] for name in stand_ins}
    nodes = [node for node in graph.node if node.name not in inputs]
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name.partition(":")[0] for node in nodes for name in node.input}
    loss_name = traced.outputs[0].name

    # Coverage does not see the two functions below: AutoGraph runs copies that it has rewritten.
    def part(tensor: Any, start: Any) -> Any:  # pragma: no cover
        others = len(tensor.shape) - 1
        return tf.slice(tensor, [start, *[0] * others], [batch_size, *tensor.shape[1:]])

    # XLA makes one program of the loop and all that is in it, and moves the weights in place.
    # It also keeps NaN, which TensorFlow's own fused kernels turn into 0 at a relu.
    @tf.function(jit_compile=True)  # type: ignore[untyped-decorator]  # pragma: no cover
    def train(
        images: Any, labels: Any, order: Any, first: Any, last: Any, rate: Any, captures: Any
    ) -> Any:
        losses = tf.TensorArray(tf.float32, size=LOG_EVERY)
        for counter in tf.range(first, last):
            start = counter * batch_size
            if order is None:
                batch = part(images, start), part(labels, start)
            else:
                chosen = part(order, start)
                batch = tf.gather(images, chosen), tf.gather(labels, chosen)
            given = zip(stand_ins, (*batch, rate, *captures), strict=True)
            mapped = {
                name: tf.identity(value) for name, value in given if name.partition(":")[0] in used
            }
            (loss,) = tf.graph_util.import_graph_def(graph, mapped, [loss_name], name="step")
            losses = losses.write(counter - first, tf.ensure_shape(loss, []))
            if not loss < math.inf:
                break
        return losses.stack()

    return train


def _run(program: Any, *inputs: Any) -> Any:
    """Run a program, which is compiled now if it is new; return the losses."""
    tf = _engines.tensorflow()
    # A concrete function is asked for by hand: a call that compiles for the fifth time would warn
    # the reader of code that he has not written.
    concrete = program.get_concrete_function(*inputs)
    try:
        with tf.init_scope():  # the caller's tapes pause: a program is not to be differentiated
            return concrete(*inputs).numpy()
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
        reason = str(error.message).partition("\n")[0]
        raise TypeError(
            "model and optimizer: expected operations that XLA can compile. "
            f"Received: {reason}; run_eagerly=True runs the step as Python code"
        ) from error
    except tf.errors.InternalError as error:  # pragma: no cover - only on old processors
        # XLA writes code that asks for what the processor does not have: float16 without F16C.
        if "materialize symbols" not in str(error.message):
            raise
        raise TypeError(
            "model and optimizer: expected operations that XLA can compile for this processor. "
            f"Received: {error.message}; float16 needs a processor with F16C, and run_eagerly=True "
            "runs the step as Python code"
        ) from error


def _form(traced: Any) -> Any:
    """Return what two steps have in common if they are the same but for names and weights."""
    graph = traced.graph.as_graph_def()
    functions = {function.signature.name: function for function in graph.library.function}
    known: dict[str, int] = {}  # the number of each function of the graph

    def nodes(some: Any, arguments: Iterable[str] = ()) -> tuple[Any, ...]:
        numbers = {name: str(k) for k, name in enumerate([*arguments, *(n.name for n in some)])}
        return tuple(
            (
                node.op if node.op not in functions else function(node.op),
                node.device,
                tuple(renamed(name, numbers) for name in node.input),
                tuple(
                    (name, attribute(value))
                    for name, value in sorted(node.attr.items())
                    if name not in NUMBERED
                ),
            )
            for node in some
        )

    def renamed(name: str, numbers: dict[str, str]) -> str:
        mark = "^" if name.startswith("^") else ""
        name, colon, output = name.removeprefix("^").partition(":")
        return mark + numbers.get(name, name) + colon + output

    def attribute(value: Any) -> Any:
        called = [value.func] if value.HasField("func") else value.list.func
        return tuple(function(one.name) for one in called) or value.SerializeToString(
            deterministic=True
        )

    def function(name: str) -> Any:
        if name in known or name not in functions:
            return known.get(name, name)
        known[name] = len(known)
        one = functions[name]
        arguments = [argument.name for argument in one.signature.input_arg]
        numbers = {n: str(k) for k, n in enumerate([*arguments, *(n.name for n in one.node_def)])}
        results = tuple(
            renamed(one.ret[argument.name], numbers) for argument in one.signature.output_arg
        )
        effects = tuple(sorted(renamed(name, numbers) for name in one.control_ret.values()))
        return nodes(one.node_def, arguments), results, effects

    shapes = {id(variable.handle): tuple(variable.shape) for variable in traced.variables}
    captures = tuple(
        (tensor.dtype, shapes.get(id(tensor), tuple(tensor.shape)))
        for tensor in traced.captured_inputs
    )
    outputs = [tensor.name for tensor in traced.outputs]
    last = {node.name: str(k) for k, node in enumerate(graph.node)}
    return nodes(graph.node), tuple(renamed(n, last) for n in outputs), captures
