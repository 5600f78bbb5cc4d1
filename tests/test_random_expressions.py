"""Random expressions over all operations of the tape: values, first and second derivatives.

Hypothesis builds an expression of a few operations on arrays that are full of special points
(zeros, ties, ones). Ours is held against TensorFlow's in float64, and against finite differences,
which know neither of the two. A run takes 2,000 expressions; ``--expressions N`` takes more.

How far two right results may be apart is not the same for all expressions: a sum of terms that
cancel magnifies rounding, exp of a large number does. So it is measured. The same expression runs
again with each operation's result, forwards and backwards, multiplied by ``1 + size * noise``, and
what that moves the result by, divided by `size`, is how much the expression magnifies rounding.
See `Noise` and `tolerance`.
"""

import contextlib
import functools
import math
import operator
import os
import warnings
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from dlbook import autodiff as ad

# Each operation of our tape with TensorFlow's: functions of the inputs, then the parameters.


def picked(function):
    """Any rearrangement of entries in TensorFlow: gather what NumPy does to their positions."""

    def pick(x, *parameters):
        positions = np.arange(math.prod(x.shape)).reshape(tuple(x.shape))
        return tf.gather(tf.reshape(x, [-1]), function(positions, *parameters))

    return pick


def constant(x):
    return tf.constant(np.asarray(x), tf.float64)


def tensorflow_clip(x, low, high):
    shape = np.broadcast_shapes(x.shape, np.shape(low), np.shape(high))
    low = np.broadcast_to(-np.inf if low is None else low, shape)
    high = np.broadcast_to(np.inf if high is None else high, shape)
    return tf.clip_by_value(tf.broadcast_to(x, shape), constant(low), constant(high))


def tensorflow_matmul(x, y):
    vector_x, vector_y = len(x.shape) == 1, len(y.shape) == 1
    z = tf.matmul(x[None, :] if vector_x else x, y[:, None] if vector_y else y)
    z = z[..., 0] if vector_y else z
    return (z[..., 0] if vector_y else z[..., 0, :]) if vector_x else z


def tensorflow_crossentropy(predictions, labels, from_logits):
    if from_logits:
        logarithms = tf.nn.log_softmax(predictions)
    else:
        p = tf.clip_by_value(predictions, ad.EPSILON, 1 - ad.EPSILON)
        logarithms = tf.math.log(p / tf.reduce_sum(p, -1, keepdims=True))
    return -tf.gather(logarithms, labels, axis=-1, batch_dims=labels.ndim)


def our_crossentropy(predictions, labels, from_logits):
    return ad.sparse_categorical_crossentropy(labels, predictions, from_logits=from_logits)


def reduction(ours, theirs):
    return (
        lambda x, axis, keepdims: ours(x, axis, keepdims=keepdims),
        lambda x, axis, keepdims: theirs(x, axis, keepdims=keepdims),
    )


def same(function):
    return function, function


OPERATIONS = {
    "add": same(lambda x, y: x + y),
    "subtract": same(lambda x, y: x - y),
    "multiply": same(lambda x, y: x * y),
    "divide": same(lambda x, y: x / y),
    "power": (lambda x, y: x**y, tf.pow),
    "power of an array": (lambda x, y: x**y, lambda x, y: tf.pow(x, constant(y))),
    "power of a number": (lambda x, y: x**y, lambda x, y: tf.pow(x, constant(y))),
    "number to the power": (lambda x, y: y**x, lambda x, y: tf.pow(constant(y), x)),
    "constant": (lambda x, y: y - x * y, lambda x, y: constant(y) - x * constant(y)),
    "negative": same(lambda x: -x),
    "exp": (ad.exp, tf.exp),
    "log": (ad.log, tf.math.log),
    "tanh": (ad.tanh, tf.tanh),
    "sigmoid": (ad.sigmoid, tf.sigmoid),
    "relu": (ad.relu, tf.nn.relu),
    "clip": (ad.clip, tensorflow_clip),
    "where": (
        lambda x, y: ad.where(x > y, x, y * y),
        lambda x, y: tf.where(x > y, x, y * y),
    ),
    "astype": (lambda x, dtype: ad.astype(x, dtype), lambda x, dtype: x),
    "reshape": (ad.reshape, tf.reshape),
    "broadcast_to": (ad.broadcast_to, tf.broadcast_to),
    "transpose": (ad.transpose, picked(np.transpose)),
    "swapaxes": (ad.swapaxes, picked(np.swapaxes)),
    "getitem": (lambda x, index: x[index], picked(lambda x, index: x[index])),
    "concatenate": (
        lambda *x: ad.concatenate(x[:-1], x[-1]),
        lambda *x: tf.concat(x[:-1], x[-1]),
    ),
    "stack": (lambda x, y: ad.stack([x, y]), lambda x, y: tf.stack([x, y])),
    "list": (lambda x, y: ad.sum([[x, y], [y, y]], 0), lambda x, y: tf.stack([x + y, y + y])),
    "sum": reduction(ad.sum, tf.reduce_sum),
    "mean": reduction(ad.mean, tf.reduce_mean),
    "max": reduction(ad.max, tf.reduce_max),
    "matmul": (lambda x, y: x @ y, tensorflow_matmul),
    "softmax": (ad.softmax, tf.nn.softmax),
    "log_softmax": (ad.log_softmax, tf.nn.log_softmax),
    "crossentropy": (our_crossentropy, tensorflow_crossentropy),
}
TWO = {"add", "subtract", "multiply", "divide", "power", "where", "stack", "list", "matmul"}


# How an expression is drawn.


class Step(NamedTuple):
    name: str
    inputs: tuple[int, ...]
    parameters: tuple[Any, ...]


class Expression(NamedTuple):
    leaves: list[np.ndarray]
    steps: list[Step]

    def __call__(self, leaves, *, side=0):
        """The last result, by our operations (side 0, on any arrays) or TensorFlow's (side 1)."""
        results = list(leaves)
        for name, inputs, parameters in self.steps:
            results.append(OPERATIONS[name][side](*(results[k] for k in inputs), *parameters))
        return results[-1]


SPECIAL = np.array([0, 0, 0, 1, 1, -1, -1, 2, 0.5, -0.5, 1e-7, 3])


@st.composite
def indices(draw, shape):
    """What may stand in brackets: slices, whole numbers, arrays, booleans, None and ..."""
    kind = draw(st.sampled_from(["mask", "mixed", "mixed", "mixed"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    if kind == "mask":
        return rng.random(shape[: rng.integers(1, len(shape) + 1)]) < 0.6
    parts = []
    rows = int(rng.integers(1, 4))
    for length in shape[: rng.integers(1, len(shape) + 1)]:
        part = rng.choice(["slice", "slice", "whole", "array", "list", "all"])
        start, stop = sorted(rng.integers(-length, length + 1, 2).tolist())
        parts.append(
            {
                "slice": slice(start, stop, int(rng.choice([1, 2]))),
                "whole": start if start < length else 0,
                "array": rng.integers(-length, length, rows),
                "list": rng.integers(-length, length, rows).tolist(),
                "all": slice(None, None, -1),
            }[str(part)]
        )
    if rng.random() < 0.2:
        parts.insert(int(rng.integers(0, len(parts) + 1)), None)
    if rng.random() < 0.2:
        parts.append(...)
    return parts[0] if len(parts) == 1 and rng.random() < 0.5 else tuple(parts)


def axes(draw, rank, *, several=True):
    options = [st.integers(-rank, rank - 1)] if rank else [st.just(())]
    if several:
        every = st.permutations(range(rank)).flatmap(
            lambda p: st.integers(0, rank).map(lambda n: tuple(p[:n]))
        )
        options += [st.none(), every]
    return draw(st.one_of(options))


def parameters(draw, name, x, y):
    """The parameters of an operation for these inputs; None if they are out of its domain."""
    rank = x.ndim
    smallest, largest = np.min(x, initial=9), np.max(np.abs(x), initial=0)
    if name in ("exp", "number to the power") and largest > 4:
        return None
    if name == "log" and smallest < 0.1:
        return None
    if name in ("softmax", "log_softmax", "crossentropy") and (rank == 0 or 0 in x.shape):
        return None
    if name in ("mean", "max") and x.size == 0:
        return None
    if name == "divide" and np.min(np.abs(y), initial=9) < 0.1:
        return None
    if name == "power":
        good = smallest >= 0.1 and largest < 4 and np.max(np.abs(y), initial=0) < 3
        return () if good else None
    if name.startswith("power of"):
        exponents = [0, 1, 2, 3, True, 2.0]
        exponents += [-1, -2, -0.5, 0.5, 1.5] if smallest > 0.1 else []
        if name == "power of a number":
            return (draw(st.sampled_from(exponents)),)
        lengths = x.shape[-1:] if draw(st.booleans()) else ()
        kind = draw(st.sampled_from(["bool", "int64", "uint8", "float64"]))
        return (np.resize(draw(st.permutations([0, 1, 2])), lengths).astype(kind),)
    if name == "number to the power":
        return (draw(st.sampled_from([2, 0.5, 1])),)
    if name == "constant":
        return (draw(st.sampled_from([1, 0, 2.5, np.array([-1.0]), np.array([[2], [1]])])),)
    if name == "clip":
        low, high = draw(
            st.sampled_from([(-1, 1), (0, None), (None, 0.5), (np.zeros(1), 2), (1, 1)])
        )
        return low, high
    if name == "reshape":
        sizes = [(-1,), x.shape[::-1], (*x.shape, 1), (1, *x.shape)]
        return (draw(st.sampled_from(sizes[1:] if x.size == 0 else sizes)),)
    if name == "broadcast_to":
        return (draw(st.sampled_from([x.shape, (2, *x.shape), (1, 2, *x.shape)])),)
    if name == "transpose":
        order = draw(st.permutations(range(rank)))
        return (draw(st.sampled_from([None, tuple(order), tuple(k - rank for k in order)])),)
    if name == "swapaxes":
        return (axes(draw, rank, several=False), axes(draw, rank, several=False)) if rank else None
    if name == "getitem":
        return (draw(indices(x.shape)),) if rank and x.size else None
    if name == "concatenate":
        return (axes(draw, rank, several=False),) if rank else None
    if name in ("sum", "mean", "max"):
        return axes(draw, rank), draw(st.booleans())
    if name in ("softmax", "log_softmax"):
        return (axes(draw, rank, several=False),)
    if name == "crossentropy":
        from_logits = draw(st.booleans())
        classes = np.random.default_rng(x.size).integers(0, x.shape[-1], x.shape[:-1])
        return classes, from_logits
    if name == "astype":
        return (np.float64,)
    return ()


@st.composite
def expressions(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    leaves = []
    for _ in range(draw(st.integers(1, 3))):
        shape = tuple(draw(st.lists(st.sampled_from([3, 2, 1, 3, 2, 1, 0]), max_size=3)))
        tame = rng.integers(-192, 193, shape) / 64  # few bits, so that float16 holds it
        leaves.append(np.where(rng.random(shape) < 0.5, rng.choice(SPECIAL, shape), tame))
    leaves = [np.asarray(leaf, np.float16).astype(np.float64) for leaf in leaves]
    results, steps = list(leaves), []
    for _ in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(sorted(OPERATIONS)))
        count = 2 if name in TWO else draw(st.integers(1, 3)) if name == "concatenate" else 1
        inputs = tuple(
            max(0, len(results) - 1 - draw(st.integers(0, len(leaves)))) for _ in range(count)
        )
        if name == "concatenate":
            inputs = inputs[:1] * count
        arrays = [results[k] for k in inputs]
        chosen = parameters(draw, name, arrays[0], arrays[-1])
        if chosen is None:
            continue
        try:
            result = np.asarray(OPERATIONS[name][0](*arrays, *chosen))
        except (ValueError, IndexError):  # shapes that do not fit
            continue
        if result.size <= 200 and result.ndim <= 5 and np.all(np.abs(result) < 1e3):
            results.append(result)
            steps.append(Step(name, inputs, chosen))
    return Expression(leaves, steps)


# What is compared.


def weights(shape, first=0.0):
    """Numbers that differ from entry to entry, so that no mistake hides behind ones."""
    return np.cos(np.arange(math.prod(shape)) + first).reshape(tuple(shape))


def derivatives(expression, engine, dtype, around=contextlib.nullcontext):
    """The value, the gradients of its weighted sum, and of a weighted sum of the gradients."""
    total, side = (ad.sum, 0) if engine is ad else (tf.reduce_sum, 1)
    variables = [engine.Variable(leaf.astype(dtype)) for leaf in expression.leaves]

    def weighted(x, first=0.0):
        return total(x * weights(x.shape, first).astype(dtype))

    with around(), engine.GradientTape() as outer:
        with engine.GradientTape() as inner:
            value = expression(variables, side=side)
            loss = weighted(value)
        first = inner.gradient(loss, variables)
        along = [weighted(g, k) for k, g in enumerate(first, 1) if g is not None]
        second = [None] * len(variables)
        if along:
            second = outer.gradient(functools.reduce(operator.add, along), variables)
    gradients = [*first, *second]
    if engine is ad:
        wanted = [(x.shape, x.dtype) for x in variables] * 2
        for gradient, kind in zip(gradients, wanted, strict=True):
            assert gradient is None or (gradient.shape, gradient.dtype) == kind
    arrays = [
        np.zeros(x.shape) if gradient is None else gradient.numpy()
        for x, gradient in zip(variables * 2, gradients, strict=True)
    ]
    return [np.asarray(array, np.float64) for array in (value.numpy(), *arrays)]


EXACT = {
    *("negative", "relu", "clip", "where", "_masked", "astype", "reshape", "broadcast_to", "max"),
    *("transpose", "swapaxes", "getitem", "concatenate"),
}


class Noise:
    """In the place of `autodiff.Operation`: disturb what each operation gives by a tiny share.

    Equal entries of an array are disturbed equally, so ties stay, and 0 stays 0. Operations that
    only choose and move entries do not round, so they are left alone.
    """

    def __init__(self, size, seed):
        self.size, self.seed, self.kind = size, seed, ad.Operation

    def __call__(self, name, inputs, output, *rest):
        if name not in EXACT:
            noise = np.sin(1e5 * np.abs(output.value) + self.seed)
            output.value = np.asarray(output.value * (1 + self.size * noise))
        return self.kind(name, inputs, output, *rest)


def disturbed(expression, size, seed):
    """The derivatives with noise, also in the last walk back: a tape around it makes operations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ad, "Operation", Noise(size, seed))
        return derivatives(expression, ad, np.float64, ad.GradientTape)


ROUNDINGS = 64
"""An operation sums up to 27 terms and rounds a few times more, so its result is off by at most
half of so many units in the last place, relative to its terms; noise is at most one `size`."""


def tolerances(expression, exact, dtype):
    """How far each array may be from the exact one; None where rounding decides a comparison."""
    unit = np.finfo(dtype).eps
    size = max(2.0**-30, unit)
    runs = [disturbed(expression, size, seed) for seed in range(3)]
    result = []
    for right, *others in zip(exact, *runs, strict=True):
        scale = np.max(np.abs(right), initial=0)
        moved = max(np.max(np.abs(other - right), initial=0) for other in others)
        if not moved <= 256 * size * (scale + 1):  # a jump, and not a slope
            return None
        result.append(ROUNDINGS * (unit * (moved / size + scale) + np.finfo(dtype).tiny))
    return result


def compare(expression, dtype):
    """Compare ours with TensorFlow's; return False where that would mean nothing."""
    exact = derivatives(expression, tf, np.float64)
    if not all(np.isfinite(array).all() and np.abs(array).max(initial=0) < 1e4 for array in exact):
        return False
    allowed = tolerances(expression, exact, dtype)
    if allowed is None:
        return False
    ours = derivatives(expression, ad, dtype)
    for what, our, right, bound in zip(names(expression), ours, exact, allowed, strict=True):
        assert our.shape == right.shape, what
        gap = np.max(np.abs(our - right), initial=0)
        assert gap <= bound, f"{what}: {our}, expected {right}, up to {bound:.1e}"
    return True


def names(expression):
    count = len(expression.leaves)
    return [
        "value",
        *(f"{kind} derivative for leaf {k}" for kind in ("first", "second") for k in range(count)),
    ]


@pytest.mark.parametrize(
    ("dtype", "share"), [(np.float64, 0.6), (np.float32, 0.2), (np.float16, 0.2)]
)
def test_random_expressions_equal_tensorflow(dtype, share, request):
    count = math.ceil(share * request.config.getoption("--expressions"))
    compared = []

    @settings(
        deadline=None,
        derandomize=True,
        database=None,
        max_examples=count,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(expressions())
    def check(expression):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            compared.append(compare(expression, dtype))
        assume(compared[-1])

    check()
    print(len(compared), sum(compared))
