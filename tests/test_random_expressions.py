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
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st

from dlbook import _arrays
from dlbook import autodiff as ad

pytestmark = pytest.mark.numeric

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


def crossentropy(*, from_logits):
    def ours(x, labels):
        return ad.sparse_categorical_crossentropy(labels, x, from_logits=from_logits)

    def theirs(x, labels):
        p = tf.clip_by_value(x, ad.EPSILON, 1 - ad.EPSILON)
        logarithms = tf.math.log(p / tf.reduce_sum(p, -1, keepdims=True))
        logarithms = tf.nn.log_softmax(x) if from_logits else logarithms
        return -tf.gather(logarithms, labels, axis=-1, batch_dims=labels.ndim)

    return ours, theirs


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
    "divide by squares": same(lambda x, y: x / (y * y + 0.5)),
    "power": (lambda x, y: x**y, tf.pow),
    "power of squares": (lambda x, y: (x * x + 0.5) ** y, lambda x, y: tf.pow(x * x + 0.5, y)),
    "power of an array": (lambda x, y: x**y, lambda x, y: tf.pow(x, constant(y))),
    "power of a number": (lambda x, y: x**y, lambda x, y: tf.pow(x, constant(y))),
    "number to the power": (lambda x, y: y**x, lambda x, y: tf.pow(constant(y), x)),
    "constant": (lambda x, y: y - x * y, lambda x, y: constant(y) - x * constant(y)),
    "negative": same(lambda x: -x),
    "exp": (ad.exp, tf.exp),
    "log": (ad.log, tf.math.log),
    "log of squares": (lambda x: ad.log(x * x + 0.25), lambda x: tf.math.log(x * x + 0.25)),
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
    "crossentropy from logits": crossentropy(from_logits=True),
    "crossentropy from probabilities": crossentropy(from_logits=False),
}
TWO = {"add", "subtract", "multiply", "divide", "power", "where", "stack", "list", "matmul"}
TWO |= {"divide by squares", "power of squares"}


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
CLIPS = [(-1, 1), (0, None), (None, 0.5), (np.zeros(1), 2), (-0.5, np.array([[0.5], [1]]))]
CONSTANTS = [1, 0, 2.5, np.array([-1.0]), np.array([[2], [1]])]


class Chooser:
    """What is drawn at random, from a seed."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def whole(self, first, last):
        return int(self.rng.integers(first, last + 1))

    def one(self, options):
        return options[self.whole(0, len(options) - 1)]

    def chance(self, p):
        return bool(self.rng.random() < p)

    def order(self, n):
        return tuple(self.rng.permutation(n).tolist())

    def axis(self, x):
        return self.whole(-x.ndim, x.ndim - 1)

    def axes(self, x):
        """Of a reduction: all, one, or several of them in any order."""
        some = self.order(x.ndim)[: self.whole(0, x.ndim)]
        some = tuple(k - x.ndim if self.chance(0.5) else k for k in some)
        return self.one([None, some, self.axis(x)] if x.ndim else [None, ()])

    def array(self):
        """Half of the entries special, the others of few bits, so that float16 holds them."""
        shape = tuple(self.one([3, 2, 1, 3, 2, 4]) for _ in range(self.one([0, 1, 2, 2, 2, 3])))
        if self.chance(0.03):
            shape = (*shape, 0)
        tame = self.rng.integers(-192, 193, shape) / 64
        array = np.where(self.rng.random(shape) < 0.5, self.rng.choice(SPECIAL, shape), tame)
        return array.astype(np.float16).astype(np.float64)

    def index(self, shape):
        """What may stand in brackets: slices, whole numbers, arrays, booleans, None and ..."""
        used, rows, parts = shape[: self.whole(1, len(shape))], self.whole(1, 3), []
        if self.chance(0.2):
            return self.rng.random(used) < 0.6
        for n in used:
            start, stop = sorted(self.rng.integers(-n, n + 1, 2).tolist())
            names = self.rng.integers(-n, n, rows)
            parts.append(
                self.one(
                    [
                        *(slice(start, stop, self.one([1, 2])), slice(None, None, -1)),
                        *(self.whole(-n, n - 1), names, names.tolist()),
                    ]
                )
            )
        if self.chance(0.2):
            parts.insert(self.whole(0, len(parts)), None)
        if self.chance(0.2):
            parts.append(...)
        return parts[0] if len(parts) == 1 and self.chance(0.5) else tuple(parts)

    def exponents(self, x):
        lengths = x.shape[-1:] if self.chance(0.5) else ()
        kind = self.one(["bool", "int64", "uint8", "float64"])
        return np.resize(np.array([0, 1, 2])[list(self.order(3))], lengths).astype(kind)


PARAMETERS = {
    "power of an array": lambda c, x: (c.exponents(x),),
    "power of a number": lambda c, x: (
        c.one(
            [0, 1, 2, 3, True, 2.0, *([-1, -2, -0.5, 0.5, 1.5] if x.min(initial=9) > 0.1 else [])]
        ),
    ),
    "number to the power": lambda c, x: (c.one([2, 0.5, 1]),),
    "constant": lambda c, x: (c.one(CONSTANTS),),
    "clip": lambda c, x: c.one(CLIPS),
    "astype": lambda c, x: (np.float64,),
    "reshape": lambda c, x: (c.one([x.shape[::-1], (*x.shape, 1), (1, *x.shape), (x.size,)]),),
    "broadcast_to": lambda c, x: (c.one([x.shape, (2, *x.shape), (1, 2, *x.shape)]),),
    "transpose": lambda c, x: (
        c.one([None, c.order(x.ndim), tuple(k - x.ndim for k in c.order(x.ndim))]),
    ),
    "swapaxes": lambda c, x: (c.axis(x), c.axis(x)),
    "getitem": lambda c, x: (c.index(x.shape),),
    "concatenate": lambda c, x: (c.axis(x),),
    **dict.fromkeys(["sum", "mean", "max"], lambda c, x: (c.axes(x), c.chance(0.5))),
    **dict.fromkeys(["softmax", "log_softmax"], lambda c, x: (c.axis(x),)),
    **dict.fromkeys(
        ["crossentropy from logits", "crossentropy from probabilities"],
        lambda c, x: (c.rng.integers(0, x.shape[-1], x.shape[:-1]),),
    ),
}
"""What an operation takes besides its inputs."""

ranked = dict.fromkeys(["swapaxes", "concatenate"], lambda x: x.ndim > 0)
filled = dict.fromkeys(["mean", "max"], lambda x: x.size > 0)
both = dict.fromkeys(
    [name for name in OPERATIONS if "soft" in name or "cross" in name or name == "getitem"],
    lambda x: x.ndim > 0 and x.size > 0,
)
small = dict.fromkeys(["exp", "number to the power"], lambda x: np.abs(x).max(initial=0) < 4)
DOMAINS = {
    **(ranked | filled | both | small),
    "log": lambda x: x.min(initial=9) > 0.1,
    "power of squares": lambda x, y: np.abs(x).max(initial=0) < 4 and np.abs(y).max(initial=0) < 3,
    "divide": lambda x, y: np.abs(y).min(initial=9) > 0.1,
    "power": lambda x, y: (
        x.min(initial=9) > 0.1 and x.max(initial=0) < 4 and np.abs(y).max(initial=0) < 3
    ),
}
"""What an operation asks of its inputs, to have a derivative of moderate size."""


def expression_of(seed, length):
    """An expression of up to so many operations, all of them on some leaf or result before."""
    c = Chooser(seed)
    leaves = [c.array() for _ in range(c.whole(1, 3))]
    results, steps = list(leaves), []
    for _ in range(6 * length):
        name = c.one(list(OPERATIONS))
        count = c.whole(1, 3) if name == "concatenate" else 2 if name in TWO else 1
        recent = [len(results) - 1, *range(max(0, len(results) - 4), len(results))]
        inputs = tuple(c.one(recent) for _ in range(count))
        arrays = [results[k] for k in inputs]
        if not DOMAINS.get(name, lambda *x: True)(*arrays[: 2 if name in TWO else 1]):
            continue
        parameters = PARAMETERS.get(name, lambda c, x: ())(c, arrays[0])
        try:
            result = np.asarray(OPERATIONS[name][0](*arrays, *parameters))
        except (ValueError, IndexError):  # shapes that do not fit
            continue
        if result.size <= 100 and result.ndim <= 5 and np.all(np.abs(result) < 1e3):
            results.append(result)
            steps.append(Step(name, inputs, parameters))
        if len(steps) == length:
            break
    return Expression(leaves, steps)


expressions = st.builds(
    expression_of, st.integers(0, 2**64 - 1), st.sampled_from([4, 3, 2, 1, 5, 6, 7, 8])
)


# What is compared.


def weights(shape, first=0.0):
    """Numbers that differ from entry to entry, so that no mistake hides behind ones."""
    return np.cos(np.arange(math.prod(shape)) + first).reshape(tuple(shape))


def derivatives(expression, engine, dtype, around=contextlib.nullcontext):
    """The value, the gradients of its weighted sum, and of a weighted sum of the gradients."""
    total, side = (ad.sum, 0) if engine is ad else (tf.reduce_sum, 1)
    variables = [engine.Variable(leaf.astype(dtype)) for leaf in expression.leaves]

    def weighted(x, first=0.0):
        # Variables, so that our tapes record, and the noise sees, what comes from them alone.
        return total(x * engine.Variable(weights(x.shape, first).astype(dtype)))

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

    operation = ad.Operation

    def __init__(self, size, seed):
        self.size, self.seed = size, seed

    def disturbed(self, value):
        self.seed += 1  # as equal results of two operations may be rounded differently
        return value * (1 + self.size * np.sin(1e5 * np.abs(value) + self.seed))

    def __call__(self, name, inputs, output, *rest):
        if name not in EXACT:
            # A logarithm of probabilities rounds relative to 1 and to its logits on the way.
            inner = 0.0
            if name in ("log_softmax", "sparse_categorical_crossentropy"):
                inner = 1 + np.max(np.abs(_arrays.value(inputs[-1])), initial=0)
            output.value = np.asarray(self.disturbed(output.value + inner) - inner)
        return self.operation(name, inputs, output, *rest)


class Rounding(Noise):
    """Round what each operation gives to a dtype: comparisons then come out as they do there."""

    def __init__(self, dtype):
        self.dtype = dtype

    def disturbed(self, value):
        return value.astype(self.dtype).astype(np.float64)


def disturbed(expression, noise):
    """The derivatives with noise, also in the last walk back: a tape around it makes operations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ad, "Operation", noise)
        return derivatives(expression, ad, np.float64, ad.GradientTape)


ROUNDINGS = 64
"""An operation sums up to 100 terms and rounds a few times more. By that, its result is off by at
most half of so many units in the last place, relative to its terms; noise is one `size` at most."""


def tolerances(expression, exact, dtype):
    """How far each array may be from the exact one; None where rounding decides a comparison."""
    unit = np.finfo(dtype).eps
    size = max(2.0**-30, unit)
    noises = [Noise(size, 0), Noise(size, 100), *([Rounding(dtype)] if dtype != np.float64 else [])]
    runs = [disturbed(expression, noise) for noise in noises]
    result = []
    for right, *others in zip(exact, *runs, strict=True):
        scale = np.max(np.abs(right), initial=0)
        # NumPy's max, since Python's may skip the NaN of a result that float16 cannot hold.
        moved = np.max([np.max(np.abs(other - right), initial=0) for other in others])
        if not moved <= 256 * size * (scale + 1):  # a jump or an overflow, and not a slope
            return None
        result.append(ROUNDINGS * (unit * (moved / size + scale) + np.finfo(dtype).tiny))
    return result


def compare(expression, dtype):
    """Compare ours with TensorFlow's; return False where that would mean nothing."""
    if dtype is np.float16 and any("probabilities" in step.name for step in expression.steps):
        return False  # its 1 - 1e-7 is 1 there, so 1 is not clipped
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
    numbers = range(len(expression.leaves))
    return ["value", *(f"{kind} for leaf {k}" for kind in ("first", "second") for k in numbers)]


STEP = 2.0**-17


def compare_with_finite_differences(expression):
    """Move all leaves along a line, away from special points, and look how fast the sums change."""

    def at(t):
        leaves = [
            leaf + 0.01 * weights(leaf.shape, k) + t * STEP * weights(leaf.shape, k + 7)
            for k, leaf in enumerate(expression.leaves)
        ]
        return derivatives(Expression(leaves, expression.steps), ad, np.float64)

    count = len(expression.leaves)
    points = {t: at(t) for t in (-2, -1, 0, 1, 2)}
    if not all(np.isfinite(array).all() for arrays in points.values() for array in arrays):
        return
    for order, kind in [(1, "first"), (2, "second")]:
        parts = slice(0, 1) if order == 1 else slice(1, 1 + count)
        sums, scale = {}, 1e3  # which bounds all results on the way
        for t, arrays in points.items():
            terms = [x * weights(x.shape, order - 1 + k) for k, x in enumerate(arrays[parts])]
            sums[t] = sum(term.sum() for term in terms)
            scale = max(scale, *(np.abs(term).sum() for term in terms))
        gradients = points[0][1 + count * (order - 1) : 1 + count * order]
        ours = sum((g * weights(g.shape, k + 7)).sum() for k, g in enumerate(gradients))
        wide, narrow = ((sums[n] - sums[-n]) / (2 * n * STEP) for n in (2, 1))
        corner = abs((sums[1] - sums[0]) - (sums[0] - sums[-1])) / STEP
        rounding = ROUNDINGS * np.finfo(float).eps * scale / STEP
        # The error of a central difference grows as the square of the step, so that what is left
        # is a third of what the smaller step changes.
        assert abs(ours - narrow) <= abs(wide - narrow) + corner + rounding, (kind, ours, narrow)


@pytest.mark.parametrize(
    ("dtype", "share"), [(np.float64, 0.6), (np.float32, 0.2), (np.float16, 0.2)]
)
def test_random_expressions_equal_tensorflow(dtype, share, request):
    count = math.ceil(share * request.config.getoption("--expressions"))
    tried = []

    @settings(
        deadline=None,
        derandomize=True,
        database=None,
        max_examples=count,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(expressions)
    def check(expression):
        note(str(expression))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            if dtype is np.float64:
                compare_with_finite_differences(expression)
            tried.append(compare(expression, dtype))
        assume(tried[-1])  # Hypothesis draws another one in its place

    check()
    assert sum(tried) >= count
    assert sum(tried) > 0.7 * len(tried), "too many are left out"


BROKEN = {
    "power": lambda g, out, x, y: g * y * x ** (y - (y != 0)),  # no mixed derivative at y = 0
    "relu": lambda g, out, x: g * (out >= 0),
    "clip": lambda g, out, x, low, high: g * ((out == x) & (x != 1)),
    "max": lambda g, out, x, axis=None, **_: (
        ad.reshape(g, ad._kept(x, axis)) * (x == ad.reshape(out, ad._kept(x, axis)))
    ),
    "tanh": lambda g, out, x: g * (1 - _arrays.value(out) ** 2),  # no second derivative
    "sigmoid": lambda g, out, x: g * out * (1 - out) * (1 + 1e-9),
    "mean": lambda g, out, x, axis=None, **_: ad._sum_vjp(
        g / (x.size // out.size + 1e-9), out, x, axis
    ),
}
"""Wrong rules, at special points only, in second derivatives only, or in the ninth digit."""


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_few_hundred_expressions_find_a_wrong_rule(name, monkeypatch):
    operation = ad.Operation

    def broken(kind, inputs, output, values, options, vjps):
        vjps = (BROKEN[name], *vjps[1:]) if kind == name else vjps
        return operation(kind, inputs, output, values, options, vjps)

    def search():
        for seed in range(500):
            expression = expression_of(seed, 4)
            if any(step.name in (name, f"{name} of squares") for step in expression.steps):
                compare(expression, np.float64)

    monkeypatch.setattr(ad, "Operation", broken)
    with pytest.raises(AssertionError, match=r"(first|second) for leaf"):
        search()
