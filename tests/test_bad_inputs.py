"""Bad inputs of every public function and class: refused in words, or taken as NumPy takes them.

`REFUSED` holds what must raise, and how its message starts; `TAKEN` what looks odd and is right;
`AS_NUMPY` what goes as the function of NumPy goes, be it a value or an error. In all three nothing
may hang, warn, or change what it was given.
"""

import functools
import importlib
import inspect
import pkgutil
import re
import signal
from contextlib import contextmanager

import numpy as np
import pytest

import dlbook
from dlbook import NaiveDense, NaiveSequential, autodiff, geometry, plotting
from dlbook.autodiff import GradientTape, Variable
from dlbook.optimizers import SGD, Optimizer

pytestmark = pytest.mark.numeric

NAN, INF = float("nan"), float("inf")
LONG = 10**5000  # Python refuses to write so long a number
ONES = np.ones((2, 3))
MASKED = np.ma.masked_greater(np.array([[1.0, 2.0, 3.0]] * 2), 2)
TEXT = np.array([["a", "b", "c"]] * 2)
COMPLEX = ONES + 1j
DATES = np.zeros((2, 3), "datetime64[s]")
RECORDS = np.zeros(2, [("x", float)])
HUGE = np.broadcast_to(np.float64(0), (2**40, 2**10))  # 2**53 bytes if it were copied
RAGGED = [[1.0, 2.0], [3.0]]
GREY = np.zeros((2, 28, 28), np.uint8)


def stream():
    """A generator, which can be gone through once."""
    yield from ([1.0, 2.0], [3.0, 4.0])


def read_only(array):
    array = np.array(array)
    array.flags.writeable = False
    return array


def big_endian(array):
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder(">"))


def strided(array):
    """The same numbers, with gaps and backwards in memory."""
    array = np.asarray(array)
    wide = np.full([2 * n for n in array.shape], 99, array.dtype)
    view = wide[tuple(slice(None, None, -2) for _ in array.shape)]
    view[...] = array
    return view


def weights(inputs=2, hidden=3, classes=2, **other):
    """Weights of a network with one hidden layer; `other` replaces some by their number."""
    shapes = [(inputs, hidden), (hidden,), (hidden, classes), (classes,)]
    parts = [np.full(shape, 0.5) for shape in shapes]
    return [other.get(f"_{k}", part) for k, part in enumerate(parts)]


def batch(**other):
    """Arguments of `by_hand.gradients` and `train_step`; `other` replaces some."""
    return {"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "labels": [0, 1], "weights": weights()} | other


def network(**other):
    """Arguments of `playground.to_html`; `other` replaces some."""
    given = {"weights": weights(784, 3, 10), "images": GREY, "labels": [7, 2], "answers": [7, 2, 1]}
    return given | other


def votes(**other):
    """Arguments of `playground.pixel_votes`; `other` replaces some."""
    return {"weights": weights(), "image": [1.0, 2.0], "winner": 0, "rival": 1} | other


@functools.cache
def model():
    """A network on our own engine: two inputs, three classes. No test changes it."""
    return NaiveSequential([NaiveDense(2, 3, autodiff.softmax, seed=1, engine=autodiff)])


@functools.cache
def on_tensorflow():
    """The same on TensorFlow, which takes arrays as they come, and would lose their masks."""
    tf = importlib.import_module("tensorflow")
    return NaiveSequential([NaiveDense(2, 3, tf.nn.softmax, seed=1)])


def training(**other):
    """Arguments of `fit` and `evaluate`; `other` replaces some."""
    return {"model": model(), "images": np.ones((4, 2)), "labels": [0, 1, 2, 0]} | other


def one_epoch(**other):
    return training(epochs=1, verbose=0, **other)


def dense(**other):
    given = {"input_size": 2, "output_size": 3, "activation": None, "engine": autodiff, "seed": 1}
    return given | other


def taped():
    """A tape that was used, and what it recorded."""
    x = Variable(2.0)
    with GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    return tape, y, x


NO_NUMBERS = "expected real numbers. Received: dtype"

# For each name: arguments, error, and how the message starts (a regular expression).
REFUSED = {
    "ops.naive_relu": [
        ((ONES[0],), ValueError, r"x: expected an array of rank 2.*\(3,\)"),
        (([[1.0]],), TypeError, "x: expected a NumPy array. Received: list"),
        ((None,), TypeError, "x: expected a NumPy array. Received: NoneType"),
        (("text",), TypeError, "x: expected a NumPy array. Received: str"),
        ((stream(),), TypeError, "x: expected a NumPy array. Received: generator"),
        ((MASKED,), TypeError, "x: expected a NumPy array. Received: MaskedArray"),
        ((ONES.view(np.matrix),), TypeError, "x: expected a NumPy array.*: matrix"),
        ((COMPLEX,), TypeError, "x: expected real numbers.*: dtype complex128"),
        ((TEXT,), TypeError, "x: expected real numbers.*: dtype <U1"),
        ((DATES,), TypeError, "x: expected real numbers.*: dtype datetime64"),
        ((RECORDS,), TypeError, "x: expected real numbers.*: dtype"),
        ((ONES.astype(object),), TypeError, "x: expected real numbers.*: .*object"),
        ((HUGE,), MemoryError, "Unable to allocate"),
    ],
    "ops.naive_add": [
        ((ONES[0], ONES), ValueError, r"x: expected an array of rank 2.*\(3,\)"),
        ((ONES, ONES.T), ValueError, r"y: expected shape \(2, 3\).*: \(3, 2\)"),
        ((ONES, 1.0), TypeError, "y: expected a NumPy array. Received: float"),
        ((ONES, MASKED), TypeError, "y: expected a NumPy array.*MaskedArray"),
        ((ONES, COMPLEX), TypeError, "y: expected real numbers.*: dtype complex128"),
        ((HUGE, ONES), ValueError, "y: expected shape"),
    ],
    "ops.naive_add_matrix_and_vector": [
        ((ONES, ONES), ValueError, "y: expected an array of rank 1"),
        ((ONES, ONES[:, 0]), ValueError, r"y: .*\(3,\).*\(2,\)"),
        ((ONES[None], ONES[0]), ValueError, "x: .*: rank 3"),
    ],
    "ops.naive_vector_dot": [
        ((ONES[0], ONES[:, 0]), ValueError, r"y: expected shape \(3,\)"),
        ((ONES, ONES), ValueError, "x: expected an array of rank 1"),
        ((ONES[0], ONES), ValueError, "y: expected an array of rank 1"),
        ((np.float64(1), ONES[0]), TypeError, "x: expected a NumPy array"),
    ],
    "ops.naive_matrix_vector_dot": [
        ((ONES[0], ONES[0]), ValueError, "x: expected an array of rank 2"),
        ((ONES, ONES[:, 0]), ValueError, r"y: expected shape \(3,\)"),
        ((ONES, None), TypeError, "y: expected a NumPy array"),
    ],
    "ops.naive_matrix_dot": [
        ((ONES[0], ONES), ValueError, "x: expected an array of rank 2"),
        ((ONES, ONES), ValueError, r"y: expected shape \(3, 3\)"),
        ((ONES, TEXT.T), TypeError, "y: expected real numbers.*: dtype <U1"),
    ],
    "geometry.AffineMap": [
        (([1, 0], [0, 0]), ValueError, r"matrix: expected a matrix.*\(2,\)"),
        ((np.eye(2), [0]), ValueError, r"vector: expected shape \(2,\)"),
        ((np.ones((0, 2)), []), ValueError, r"matrix: expected a matrix"),
        (([[NAN]], [0]), ValueError, "matrix: expected finite.*nan"),
        (([[np.longdouble("1e4000")]], [0]), ValueError, "matrix: expected finite"),
        (([[1]], [-INF]), ValueError, "vector: expected finite.*-inf"),
        (([[LONG]], [0]), TypeError, f"matrix: {NO_NUMBERS} object"),
        (([["1"]], [0]), TypeError, f"matrix: {NO_NUMBERS} <U1"),
        (([[1j]], [0]), TypeError, f"matrix: {NO_NUMBERS} complex128"),
        (([[True]], [0]), TypeError, f"matrix: {NO_NUMBERS} bool"),
        ((RAGGED, [0]), ValueError, "matrix: expected rows of the same length"),
        ((stream(), [0]), TypeError, "matrix: expected an array.*generator"),
        ((None, [0]), TypeError, "matrix: expected an array.*NoneType"),
        ((MASKED, [0, 0]), TypeError, "matrix: expected an array without a mask"),
        ((HUGE, [0]), MemoryError, "Unable to allocate"),
    ],
    "geometry.AffineMap.__call__": [
        ((geometry.shear(1), [1, 2, 3]), ValueError, r"points: .*\(3,\)"),
        ((geometry.shear(1), [[NAN, 1]]), ValueError, "points: .*finite"),
        ((geometry.shear(1), [[INF, 1]]), ValueError, "points: .*finite"),
        ((geometry.shear(1), 5), ValueError, r"points: .*shape \(\)"),
        ((geometry.shear(1), "ab"), TypeError, f"points: {NO_NUMBERS}"),
        ((geometry.shear(1), MASKED[:, :2]), TypeError, "points: .*mask"),
        ((geometry.shear(1), HUGE), MemoryError, "Unable to allocate"),
    ],
    "geometry.compose": [
        ((geometry.shear(1), 4), TypeError, "inner: expected an AffineMap.*: 4"),
        ((None, geometry.shear(1)), TypeError, "outer: expected an AffineMap.*None"),
        (
            (geometry.shear(1), geometry.scaling([1, 1, 1])),
            ValueError,
            "inner: expected a map to 2 coordinates.*: a map to 3",
        ),
        (
            (geometry.scaling([1e300, 1]), geometry.scaling([1e300, 1])),
            ValueError,
            "inner: expected a map whose numbers times those of outer fit into float64",
        ),
    ],
    "geometry.translation": [
        (([[1, 2]],), ValueError, r"vector: expected a vector.*\(1, 2\)"),
        (([],), ValueError, r"vector: expected a vector.*\(0,\)"),
        (({1, 2},), TypeError, "vector: expected an array. Received: set"),
    ],
    "geometry.rotation": [
        (([1, 2],), ValueError, r"angle: expected one number.*\(2,\)"),
        ((INF,), ValueError, "angle: expected finite numbers.*inf"),
        (("90°",), TypeError, f"angle: {NO_NUMBERS} <U3"),
    ],
    "geometry.scaling": [
        ((2,), ValueError, r"factors: expected a vector.*\(\)"),
        (([None],), TypeError, f"factors: {NO_NUMBERS} object"),
    ],
    "geometry.shear": [
        ((NAN,), ValueError, "factor: expected finite numbers.*nan"),
        ((None,), TypeError, "factor: expected an array. Received: NoneType"),
    ],
    "geometry.grid": [
        ((0,), ValueError, "half_width: expected a whole number from 1 to 100.*: 0"),
        ((-LONG,), ValueError, "half_width: expected .*: an object of type int"),
        ((10**6,), ValueError, "half_width: expected a whole number from 1 to 100"),
        ((1.5,), TypeError, "half_width: expected a whole number.*: 1.5"),
        ((True,), TypeError, "half_width: expected a whole number.*: True"),
    ],
    "by_hand.gradients": [
        (batch(x=[[NAN, 1], [1, 1]]), ValueError, "x: expected finite numbers"),
        (batch(x=[[INF, 1], [1, 1]]), ValueError, "x: expected finite numbers"),
        (batch(x=ONES), ValueError, r"x: expected shape \(batch, 2\).*\(2, 3\)"),
        (batch(x=[1.0, 2.0]), ValueError, r"x: expected shape \(batch, 2\)"),
        (batch(x=np.ones((0, 2)), labels=[]), ValueError, "x: .*one example"),
        (batch(x=RAGGED), ValueError, "x: expected rows of the same length"),
        (batch(x=TEXT[:, :2]), TypeError, f"x: {NO_NUMBERS} <U1"),
        (batch(x=None), TypeError, "x: expected an array. Received: NoneType"),
        (batch(x=stream()), TypeError, "x: expected an array.*generator"),
        (batch(x=MASKED[:, :2]), TypeError, "x: expected an array without a mask"),
        (batch(labels=[0, 2]), ValueError, "labels: expected .* from 0 to 1.*0 to 2"),
        (batch(labels=[-1, 0]), ValueError, "labels: expected .* from 0 to 1.*-1"),
        (batch(labels=[0]), ValueError, "labels: expected as many.*2. Received: 1"),
        (batch(labels=[[0], [1]]), ValueError, r"labels: expected shape \(n,\)"),
        (batch(labels=[0.0, 1.0]), TypeError, "labels: expected whole numbers"),
        (batch(labels=[True, False]), TypeError, "labels: expected whole numbers"),
        (batch(weights=weights()[:3]), ValueError, r"weights: expected \[W1, b1"),
        (batch(weights=weights(_1=np.ones(4))), ValueError, "weights: .*shapes"),
        (batch(weights=weights(classes=0)), ValueError, "weights: .*no axis of len"),
        (batch(weights=weights(_0=None)), TypeError, r"weights\[0\]: expected an"),
        (batch(weights=weights(_3=1j * ONES[0])), TypeError, r"weights\[3\]: .*real"),
        (batch(weights=stream()), TypeError, "weights: expected a list.*generator"),
        (batch(weights=weights(_3=[NAN, 0])), ValueError, "weights: .*finite.*nan"),
        (
            batch(weights=weights(_0=np.full((2, 3), 1e308), _2=np.full((3, 2), 1e308))),
            ValueError,
            "weights: expected finite numbers that give a finite loss",
        ),
    ],
    "by_hand.train_step": [
        (batch(x=[[NAN, 1], [1, 1]]), ValueError, "x: expected finite numbers"),
        (batch(x=[[1, -INF], [1, 1]]), ValueError, "x: expected finite numbers"),
        (
            batch(weights=weights(_3=read_only([0.0, 0.0]))),
            ValueError,
            r"weights\[3\]: expected an array that can be changed. Received: a read-only one",
        ),
        (
            batch(weights=weights(_2=np.ones((3, 2), int))),
            TypeError,
            r"weights\[2\]: expected an array of floats. Received: int64",
        ),
        (
            batch(weights=weights(_1=[0.0, 0.0, 0.0])),
            TypeError,
            r"weights\[1\]: expected an array of floats. Received: list",
        ),
        (
            batch(weights=weights(_3=np.ma.masked_array([0.0, 0.0], [True, False]))),
            TypeError,
            r"weights\[3\]: expected an array of floats",
        ),
        (batch(learning_rate=0), ValueError, "learning_rate: expected .* above 0"),
        (batch(learning_rate=NAN), ValueError, "learning_rate: expected a finite"),
        (batch(learning_rate="fast"), TypeError, "learning_rate: expected a number"),
        (batch(learning_rate=LONG), ValueError, "learning_rate: expected a finite"),
        (
            batch(learning_rate=1e300, weights=[w.astype("f4") for w in weights()]),
            ValueError,
            "learning_rate: expected a number that leaves all weights finite",
        ),
    ],
    "playground.quantise": [
        (([1.0, 2.0],), ValueError, r"matrix: expected shape \(inputs, outputs\)"),
        ((np.ones((0, 3)),), ValueError, "matrix: expected shape .* not empty"),
        (([[NAN]],), ValueError, "matrix: expected finite numbers.*nan"),
        (([[1e300]],), ValueError, r"matrix: expected numbers of at most 4.*e\+40"),
        (([["1"]],), TypeError, f"matrix: {NO_NUMBERS} <U1"),
        ((COMPLEX,), TypeError, f"matrix: {NO_NUMBERS} complex128"),
        ((MASKED,), TypeError, "matrix: expected an array without a mask"),
        ((None,), TypeError, "matrix: expected an array. Received: NoneType"),
        ((HUGE,), MemoryError, "Unable to allocate"),
    ],
    "playground.to_field": [
        (([[0, NAN]],), ValueError, "drawing: expected finite numbers.*nan"),
        (([[INF, 0]],), ValueError, "drawing: expected finite numbers.*inf"),
        (([[-1, 0]],), ValueError, "drawing: expected no number below 0.*-1"),
        (([[1e300]],), ValueError, "drawing: expected no number above 1e.290"),
        (([0, 1],), ValueError, r"drawing: expected shape \(height, width\)"),
        (([["1"]],), TypeError, f"drawing: {NO_NUMBERS} <U1"),
        (([[None]],), TypeError, f"drawing: {NO_NUMBERS} object"),
        ((stream(),), TypeError, "drawing: expected an array.*generator"),
        ((RAGGED,), ValueError, "drawing: expected rows of the same length"),
        ((HUGE,), MemoryError, "Unable to allocate"),
    ],
    "playground.pixel_votes": [
        (votes(winner=-1), ValueError, "winner: expected .* from 0 to 1.*-1"),
        (votes(winner=2), ValueError, "winner: expected .* from 0 to 1.*: 2"),
        (votes(rival=-1), ValueError, "rival: expected .* from 0 to 1.*-1"),
        (votes(rival=0.5), TypeError, "rival: expected a whole number.*0.5"),
        (votes(image=[1.0]), ValueError, r"image: expected shape \(2,\)"),
        (votes(image=[1, NAN]), ValueError, "image: expected finite numbers"),
        (votes(image="ab"), TypeError, f"image: {NO_NUMBERS} <U2"),
        (votes(weights=weights()[1:]), ValueError, r"weights: expected \[W1"),
        (votes(weights=None), TypeError, "weights: expected a list.*NoneType"),
        (votes(weights=weights(_3=[NAN, 1])), ValueError, r"weights\[3\]: .*nan"),
    ],
    "playground.to_html": [
        (network(labels=[12, 2]), ValueError, "labels: expected .* 0 to 9.*to 12"),
        (network(labels=[-3, 2]), ValueError, "labels: expected .* 0 to 9.*-3"),
        (network(labels=[7]), ValueError, "labels: expected as many.*images, 2"),
        (network(labels=[7.0, 2.0]), TypeError, "labels: expected whole numbers"),
        (network(answers=[10]), ValueError, "answers: expected .* 0 to 9.*to 10"),
        (network(answers=[[1]]), ValueError, r"answers: expected shape \(n,\)"),
        (network(answers="721"), TypeError, "answers: expected whole numbers"),
        (network(images=GREY / 255), TypeError, "images: expected whole numbers"),
        (network(images=GREY.astype(int) - 300), ValueError, "images: .* 0 to 255.*-300"),
        (network(images=GREY[0]), ValueError, r"images: .*\(n, 28, 28\).*\(28, 28\)"),
        (network(images=GREY[:0], labels=[]), ValueError, "images: .*one example"),
        (network(weights=weights()), ValueError, "weights: expected 784 inputs"),
        (network(weights=weights(784, 3, 11)), ValueError, "weights: .*10 classes"),
        (network(weights=weights(784)[:2]), ValueError, r"weights: expected \[W1"),
    ],
    "datasets.mnist.load_data": [
        ((1,), TypeError, r"load_data\(\) takes 0 positional arguments"),
    ],
    "datasets.mnist.prepare_images": [
        ((GREY / 255,), TypeError, "images: .*uint8.*: dtype float64"),
        ((GREY[0],), ValueError, r"images: expected .*\(28, 28\)"),
        ((GREY.tolist(),), TypeError, "images: expected a NumPy array"),
        ((None,), TypeError, "images: expected a NumPy array.*NoneType"),
        ((np.ma.array(GREY),), TypeError, "images: .*MaskedArray"),
        ((GREY.astype("i1"),), TypeError, "images: .*: dtype int8"),
        ((HUGE,), TypeError, "images: .*uint8.*: dtype float64"),
    ],
    "event_files.read_curve": [
        (("/nowhere", "loss"), FileNotFoundError, "folder: expected a folder"),
        ((None, "loss"), TypeError, "folder: expected a path.*NoneType"),
        ((5, "loss"), TypeError, "folder: expected a path. Received: int"),
    ],
    "graphs.Node": [
        (("x",), TypeError, ".*missing 2 required positional arguments: 'kind' and 'sh"),
    ],
    "graphs.computation_graph": [
        ((None,), TypeError, "operations: expected .*tape.operations.*None"),
        ((GradientTape(),), TypeError, "operations: expected .*: GradientTape"),
        ((["matmul"],), TypeError, "operations: expected .*Received: str"),
    ],
    "bench.take_turns": [
        ({"runners": {"a": int}, "rounds": 0}, ValueError, "rounds: expected .* 1.*: 0"),
        ({"runners": {"a": int}, "rounds": 1.5}, TypeError, "rounds: expected a whole"),
        (({},), ValueError, "runners: expected at least one entry. Received: none"),
        (([int],), TypeError, "runners: expected a mapping. Received: list"),
        (({"a": 5},), TypeError, r"runners\['a'\]: expected a function. Received: int"),
        ({"runners": {"a": int}, "clock": 3}, TypeError, "clock: expected a function"),
    ],
    "bench.fitted_exponent": [
        (([8, 8], [1, 2]), ValueError, "sizes: expected at least two that differ"),
        (([8], [1]), ValueError, "seconds: expected one for each of at least two"),
        (([1, 2], [1]), ValueError, "seconds: expected one for each"),
        (([1, 0], [1, 2]), ValueError, r"sizes: expected numbers above 0.*\[1, 0\]"),
        (([1, 2], [1, -2]), ValueError, "seconds: expected numbers above 0"),
        (([1, 2], [1, NAN]), ValueError, "seconds: expected finite numbers"),
        (([1, INF], [1, 2]), ValueError, "sizes: expected finite numbers"),
        ((["1", "2"], [1, 2]), TypeError, f"sizes: {NO_NUMBERS} <U1"),
        ((None, [1, 2]), TypeError, "sizes: expected an array"),
    ],
    "bench.contestants.present": [
        ((1,), TypeError, r"present\(\) takes 0 positional arguments"),
    ],
    "checkpoints.Checkpoints": [
        ((None,), TypeError, "folder: expected a path. Received: None"),
        ((5,), TypeError, "folder: expected a path. Received: 5"),
        (("run", 0), ValueError, "every: expected a whole number of at least 1.*: 0"),
        (("run", 1.5), TypeError, "every: expected a whole number.*1.5"),
        ({"folder": "run", "keep": 0}, ValueError, "keep: expected .*at least 1.*: 0"),
    ],
    "data_parallel.chosen_strategy": [
        ((1,), TypeError, r"chosen_strategy\(\) takes 0 positional arguments"),
    ],
    "data_parallel.new_model": [
        ((1,), TypeError, r"new_model\(\) takes 0 positional arguments"),
    ],
    "data_parallel.train": [
        ((0,), ValueError, "batches: expected a whole number from 1 to 468. Received: 0"),
        ((469,), ValueError, "batches: expected a whole number from 1 to 468. Received: 469"),
        ((None,), TypeError, "batches: expected a whole number"),
    ],
    "data_parallel.main": [
        ((["--batches", "many"],), SystemExit, "2"),
    ],
    "workers.Ending": [
        ((0,), TypeError, ".*missing 1 required positional argument: 'reason'"),
    ],
    "workers.cluster_settings": [
        (([], 0), ValueError, "addresses: expected at least one.*: \\[\\]"),
        ((["a:1", "a:1"], 0), ValueError, "addresses: expected at least one, and each once"),
        ((["a:1"], 1), ValueError, "index: expected a whole number from 0 to 0. Received: 1"),
        ((["a:1"], "0"), TypeError, "index: expected a whole number"),
        ((["a"], 0), ValueError, r"addresses\[0\]: expected host:port. Received: 'a'"),
        ((["a:x"], 0), ValueError, r"addresses\[0\]: expected host:port. Received: 'a:x'"),
        ((["a:70000"], 0), ValueError, r"addresses\[0\]: expected host:port"),
        ((["a:1", 5], 0), TypeError, r"addresses\[1\]: expected text, host:port. Received: 5"),
        (("a:1", 0), TypeError, "addresses: expected a list of text.*'a:1'"),
        ((stream(), 0), TypeError, "addresses: expected a list of text.*generator"),
    ],
    "workers.run": [
        ((None,), TypeError, "command: expected a list of text.*NoneType"),
        (("train.py",), TypeError, "command: expected a list of text. Received: 'train.py'"),
        ((["train.py", 5],), TypeError, r"command: expected a list of text.*5\]"),
        (([],), ValueError, "command: expected a script and its arguments"),
        ((["nowhere.py"],), FileNotFoundError, r"command\[0\]: expected a script.*'nowhere.py'"),
        (([__file__], 0), ValueError, "workers: expected a whole number of at least 1.*: 0"),
        (([__file__], "2"), TypeError, "workers: expected a whole number.*'2'"),
        ({"command": [__file__], "timeout": 0}, ValueError, "timeout: expected .*above 0.*: 0"),
        ({"command": [__file__], "env": 5}, TypeError, "env: expected a mapping of text.*: 5"),
        ({"command": [__file__], "env": {"A": 5}}, TypeError, "env: expected a mapping of text"),
        (
            {"command": [__file__], "output": "log"},
            TypeError,
            "output: expected a text file.*'log'",
        ),
    ],
    "workers.main": [
        ((["--workers", "0", "train.py"],), SystemExit, "2"),
    ],
    "batches.BatchGenerator": [
        (([], []), ValueError, "images: expected at least one example"),
        ((ONES, [0]), ValueError, "labels: expected as many.*2. Received: 1"),
        ((ONES, [0.0, 1.0]), TypeError, "labels: expected whole numbers"),
        ((RAGGED, [0, 1]), ValueError, "images: expected rows of the same"),
        ((None, [0, 1]), TypeError, "images: expected an array.*NoneType"),
        ((stream(), [0, 1]), TypeError, "images: expected an array.*generator"),
        ((MASKED, [0, 1]), TypeError, "images: expected an array without a m"),
        ((COMPLEX, [0, 1]), TypeError, f"images: {NO_NUMBERS} complex128"),
        ((TEXT, [0, 1]), TypeError, f"images: {NO_NUMBERS} <U1"),
        ((ONES.astype(object), [0, 1]), TypeError, f"images: {NO_NUMBERS} object"),
        ((DATES, [0, 1]), TypeError, f"images: {NO_NUMBERS} datetime64"),
        ((ONES, [0, 1], 0), ValueError, "batch_size: expected .*at least 1.*: 0"),
        ((ONES, [0, 1], -LONG), ValueError, "batch_size: expected a whole num"),
        ((ONES, [0, 1], "8"), TypeError, "batch_size: expected a whole num"),
        (
            {"images": ONES, "labels": [0, 1], "shuffle": "yes"},
            TypeError,
            "shuffle: expected True or False. Received: 'yes'",
        ),
        (
            {"images": ONES, "labels": [0, 1], "seed": -1},
            ValueError,
            "seed: expected a whole number of at least 0. Received: -1",
        ),
    ],
    "layers.NaiveDense": [
        (dense(input_size=0), ValueError, "input_size: expected .*at least 1.*: 0"),
        (dense(input_size=None), TypeError, "input_size: expected a whole number"),
        (dense(output_size=2.0), TypeError, "output_size: expected a whole number"),
        (dense(activation="relu"), TypeError, "activation: expected a function or"),
        (dense(initializer="zeros"), ValueError, "initializer: expected 'uniform'"),
        (dense(initializer=lambda _: [1.0]), ValueError, "initializer: .*shape"),
        (dense(initializer=lambda _: TEXT), TypeError, f"initializer: {NO_NUMBERS} <U1"),
        (dense(initializer=lambda _: COMPLEX), TypeError, f"initializer: {NO_NUMBERS} complex128"),
        (dense(initializer=lambda _: MASKED), TypeError, "initializer: .*without a mask"),
        (dense(initializer=lambda _: None), TypeError, "initializer: expected an array"),
        (dense(initializer=lambda _: RAGGED), ValueError, "initializer: expected rows of the"),
        (dense(initializer=lambda _: ONES * NAN), ValueError, "initializer: .*finite.*nan"),
        (dense(initializer=lambda _: ONES * 1e300), ValueError, "initializer: .*finite.*inf"),
        (dense(input_size=2**40, output_size=2**20), ValueError, "input_size: expected one of"),
        (dense(output_size=LONG), ValueError, "input_size: expected one of which"),
        (dense(seed=-1), ValueError, "seed: expected a whole number of at least 0"),
        (dense(seed="1"), TypeError, "seed: expected a whole number"),
        (dense(engine=np), TypeError, "engine: expected a module with Variable"),
    ],
    "layers.NaiveDense.__call__": [
        ((NaiveDense(**dense()), RAGGED), ValueError, "inputs: expected rows of the same length"),
        ((NaiveDense(**dense()), "ab"), TypeError, f"inputs: {NO_NUMBERS} <U2"),
        ((NaiveDense(**dense()), None), TypeError, "inputs: expected an array.*NoneType"),
        ((NaiveDense(**dense()), stream()), TypeError, "inputs: expected an array.*generator"),
        ((NaiveDense(**dense()), COMPLEX), TypeError, f"inputs: {NO_NUMBERS} complex128"),
        ((NaiveDense(**dense()), MASKED), TypeError, "inputs: expected an array without a mask"),
        ((NaiveDense(**dense()), ONES), ValueError, r"inputs: expected shape \(batch, 2\)"),
    ],
    "layers.NaiveSequential": [
        (([],), ValueError, "layers: expected at least one layer"),
        ((None,), TypeError, "layers: expected a sequence of layers.*None"),
        (([NaiveDense],), TypeError, r"layers\[0\]: expected a layer.*a class"),
        (([np.tanh],), TypeError, r"layers\[0\]: expected a layer or model"),
    ],
    "training.fit": [
        (training(epochs=0), ValueError, "epochs: .*1"),
        (training(epochs="1"), TypeError, "epochs: expected a whole number.*'1'"),
        (one_epoch(model=None), TypeError, "model: expected a layer or model"),
        (one_epoch(labels=[0, 1]), ValueError, "labels: expected as many.*4"),
        (one_epoch(labels=[0, 1, 2, 3]), ValueError, "labels: expected .* from 0 to 2"),
        (one_epoch(images=np.ones((4, 3))), ValueError, "images: the model does not take"),
        (one_epoch(images=np.ones((4, 2), int)), TypeError, "images: expected floating"),
        (one_epoch(labels=None), TypeError, "labels: expected an array.*NoneType"),
        (one_epoch(checkpoints="run-1"), TypeError, "checkpoints: expected Checkpoints or None"),
        (one_epoch(shuffle=100), TypeError, "shuffle: expected True or False. Received: 100"),
        (one_epoch(images=None), TypeError, "images: expected an array.*NoneType"),
        (one_epoch(learning_rate=-1.0), ValueError, "learning_rate: expected .*above 0"),
        (one_epoch(learning_rate=NAN), ValueError, "learning_rate: expected a finite"),
        (one_epoch(optimizer="adam"), TypeError, "optimizer: expected an optimizer"),
        (training(epochs=1, verbose=3), ValueError, "verbose: expected 0, 1 or 2.*: 3"),
        (training(epochs=1, verbose=True), ValueError, "verbose: expected 0, 1 or 2.*: True"),
        (one_epoch(images=np.full((4, 2), "a")), TypeError, f"images: {NO_NUMBERS} <U1"),
        (one_epoch(images=np.full((4, 2), INF)), FloatingPointError, "loss at batch 0 of epoch 0"),
        (one_epoch(images=np.full((4, 2), NAN)), FloatingPointError, "loss at batch 0 of epoch 0"),
        (one_epoch(batch_size=0), ValueError, "batch_size: expected .*at least 1"),
        (one_epoch(validation_data=5), TypeError, "validation_data: expected a pair"),
    ],
    "training.evaluate": [
        (training(labels=[0, 1, 2, -1]), ValueError, "labels: expected .* 0 to 2"),
        (training(images=[]), ValueError, "images: expected at least one example"),
        (training(batch_size=0), ValueError, "batch_size: expected .*at least 1"),
    ],
    "training.Evaluation": [
        ((1.0,), TypeError, ".*missing 1 required positional argument: 'accuracy'"),
    ],
    "training.one_training_step": [
        (
            {
                "model": model(),
                "images_batch": ONES[:, :2],
                "labels_batch": [0, 1],
                "learning_rate": 0,
            },
            ValueError,
            "learning_rate: expected a finite number above 0",
        ),
        ((None, ONES, [0, 1]), TypeError, "model: expected a layer or model.*NoneType"),
        ((model(), MASKED[:, :2], [0, 1]), TypeError, "images_batch: .*without a mask"),
        ((model(), TEXT[:, :2], [0, 1]), TypeError, f"images_batch: {NO_NUMBERS} <U1"),
    ],
    "training.loss_and_gradients": [
        (
            (model(), np.ones((2, 2), "f4"), [0, 3]),
            ValueError,
            "labels: expected whole numbers from 0 to 2. Received: values from 0 to 3",
        ),
        ((None, ONES, [0, 1]), TypeError, "model: expected a layer or model.*NoneType"),
        ((NaiveDense, ONES, [0, 1]), TypeError, "model: expected a layer or model.*a class"),
        ((model(), None, [0, 1]), TypeError, "inputs: expected an array. Received: NoneType"),
        ((model(), stream(), [0, 1]), TypeError, "inputs: expected an array.*generator"),
        ((model(), RAGGED, [0, 1]), ValueError, "inputs: expected rows of the same length"),
        ((model(), MASKED[:, :2], [0, 1]), TypeError, "images_batch: .*without a mask"),
        ((model(), COMPLEX[:, :2], [0, 1]), TypeError, f"images_batch: {NO_NUMBERS} complex128"),
        ((model(), ONES[:, :2], None), TypeError, "labels_batch: expected an array.*NoneType"),
        ((model(), ONES[:, :2], stream()), TypeError, "labels_batch: .*generator"),
        ((model(), ONES[:, :2], list("ab")), TypeError, f"labels_batch: {NO_NUMBERS} <U1"),
        (
            (model(), ONES[:, :2], np.ma.array([0, 1], mask=[True, False])),
            TypeError,
            "labels_batch: expected an array without a mask",
        ),
        ((on_tensorflow(), MASKED[:, :2], [0, 1]), TypeError, "images_batch: .*without a mask"),
        (
            (on_tensorflow(), np.ones((2, 2), "f4"), np.ma.array([0, 1], mask=[True, False])),
            TypeError,
            "labels_batch: expected an array without a mask",
        ),
    ],
    "training.update_weights": [
        ((["steep"], [Variable([1.0])]), TypeError, r"gradients\[0\]: expected a tensor.*'steep'"),
        ((stream(), [Variable([1.0])]), TypeError, "gradients: expected a list.*: generator"),
        ((None, None), TypeError, "gradients: expected a list of tensors.*NoneType"),
        (([ONES], stream()), TypeError, "weights: expected a list of variables.*: generator"),
        (([ONES], [ONES]), TypeError, r"weights\[0\]: expected a Variable. Received: ndarray"),
        (([ONES], [None]), TypeError, r"weights\[0\]: expected a Variable. Received: NoneType"),
        (([MASKED], [Variable(ONES)]), TypeError, r"gradients\[0\]: .*without a mask"),
        (([TEXT], [Variable(ONES)]), TypeError, rf"gradients\[0\]: {NO_NUMBERS} <U1"),
        (([COMPLEX], [Variable(ONES)]), TypeError, rf"gradients\[0\]: {NO_NUMBERS} complex128"),
        (([], [Variable([1.0])]), ValueError, "gradients: expected one for each"),
        (([None], [Variable([1.0])]), ValueError, r"gradients\[0\]: .*None"),
        (([ONES], [Variable([1.0])]), ValueError, r"gradients\[0\]: .*\(1,\)"),
    ],
    "optimizers.Optimizer": [
        ((0,), ValueError, "learning_rate: expected a finite number above 0.*: 0"),
        ({"learning_rate": 1, "speed": "fast"}, TypeError, "speed: expected a number.*'fast'"),
        ({"learning_rate": 1, "speed": None}, TypeError, "speed: expected a number.*None"),
        (
            {"learning_rate": 1, "speed": NAN},
            ValueError,
            r"speed: expected a finite number\. R.*nan",
        ),
    ],
    "optimizers.Optimizer.apply_gradients": [
        (
            (Optimizer(1.0), [(ONES, Variable(ONES))]),
            NotImplementedError,
            "movement: expected a class with a rule of its own. Received: Optimizer",
        ),
    ],
    "optimizers.SGD": [
        ((NAN,), ValueError, "learning_rate: expected a finite number above 0.*nan"),
        (("0.1",), TypeError, "learning_rate: expected a number. Received: '0.1'"),
        ({"momentum": 1.5}, ValueError, "momentum: expected .*at most 1. Received: 1.5"),
        ({"nesterov": 1}, TypeError, "nesterov: expected True or False. Received: 1"),
    ],
    "optimizers.SGD.apply_gradients": [
        ((SGD(), [([1.0], Variable([1.0]))]), TypeError, r"gradients\[0\]: expected a tensor.*1.0"),
        ((SGD(), []), ValueError, "grads_and_vars: expected at least"),
        ((SGD(), None), TypeError, "grads_and_vars: expected a list of pairs.*NoneType"),
        ((SGD(), [1]), TypeError, r"grads_and_vars\[0\]: expected a pair, \(gradient, weight\)"),
        ((SGD(), [(1, 2, 3)]), TypeError, r"grads_and_vars\[0\]: expected a pair"),
        ((SGD(), [(ONES, ONES)]), TypeError, r"weights\[0\]: expected a Variable.*ndarray"),
        ((SGD(), [(ONES, None)]), TypeError, r"weights\[0\]: expected a Variable.*NoneType"),
        ((SGD(), [(MASKED, Variable(ONES))]), TypeError, r"gradients\[0\]: .*without a mask"),
    ],
    "optimizers.Adagrad": [
        ({"initial_accumulator_value": -1}, ValueError, "initial_accumulator_value"),
        ({"epsilon": INF}, ValueError, "epsilon: expected a finite number at least 0"),
    ],
    "optimizers.RMSprop": [
        ({"rho": -0.1}, ValueError, "rho: expected a finite number at least 0"),
        ({"rho": None}, TypeError, "rho: expected a number. Received: None"),
    ],
    "optimizers.Adam": [
        ({"beta_1": 1}, ValueError, "beta_1: expected .*below 1. Received: 1"),
        ({"beta_2": True}, TypeError, "beta_2: expected a number. Received: True"),
    ],
    "autodiff.Tensor": [
        (("text",), TypeError, "value: expected real numbers. Received: dtype <U4"),
        ((None,), TypeError, "value: expected an array. Received: NoneType"),
        (([None],), TypeError, "value: expected real numbers. Received: dtype object"),
        ((COMPLEX,), TypeError, "value: expected real numbers.*complex128"),
        ((RAGGED,), ValueError, "value: expected rows of the same length"),
        ((MASKED,), TypeError, "argument: expected a plain array.*MaskedArray"),
        (([MASKED],), TypeError, "value: expected an array without a mask.*one in a list"),
        ((HUGE,), MemoryError, "Unable to allocate"),
    ],
    "autodiff.Variable": [
        ((["a"],), TypeError, ".*: expected real numbers. Received: dtype <U1"),
        ((stream(),), TypeError, "value: expected an array. Received: generator"),
        ((MASKED,), TypeError, "argument: expected a plain array.*MaskedArray"),
    ],
    "autodiff.Variable.assign": [
        ((Variable([1.0]), [1, 2]), ValueError, r"value: expected .*\(1,\)"),
        ((Variable([1.0]), "a"), TypeError, f"value: {NO_NUMBERS} <U1"),
        ((Variable([1.0]), [1j]), TypeError, f"value: {NO_NUMBERS} complex128"),
        ((Variable([1.0]), None), TypeError, "value: expected an array. Received: NoneType"),
        ((Variable([1.0]), stream()), TypeError, "value: expected an array.*generator"),
        ((Variable([1.0]), RAGGED), ValueError, "value: expected rows of the same length"),
        ((Variable([1]), [1.5]), TypeError, "value: .*dtype int64 can hold.*: dtype float64"),
        ((Variable(ONES), MASKED), TypeError, "argument: expected a plain array"),
    ],
    "autodiff.Variable.assign_add": [
        ((Variable([1.0]), 1), ValueError, r"value: expected .*\(1,\)"),
        ((Variable([1.0]), [None]), TypeError, f"value: {NO_NUMBERS} object"),
        ((Variable(ONES), MASKED), TypeError, "argument: expected a plain array"),
    ],
    "autodiff.Variable.assign_sub": [
        ((Variable([1.0]), ONES), ValueError, r"value: expected .*\(1,\)"),
        ((Variable([1.0]), ["a"]), TypeError, f"value: {NO_NUMBERS} <U1"),
        ((Variable([1]), [1.5]), TypeError, "value: .*dtype int64 can hold.*: dtype float64"),
        ((Variable(ONES), MASKED), TypeError, "argument: expected a plain array"),
    ],
    "autodiff.differentiable": [
        ((5,), TypeError, r"vjps: expected functions or None. Received: \(5,\)"),
        ((None, "rule"), TypeError, r"vjps: expected functions or None.*\(None, 'rule'\)"),
    ],
    "autodiff.concatenate": [
        (([],), ValueError, "tensors: expected at least one. Received: none"),
        ((None,), TypeError, "tensors: expected a list of tensors. Received: NoneType"),
        ((5,), TypeError, "tensors: expected a list of tensors. Received: int"),
        ((["a"],), TypeError, "argument: expected numbers. Received: str"),
        (([RAGGED],), ValueError, "argument: expected rows of the same length"),
        (([MASKED],), TypeError, "argument: expected a plain array"),
    ],
    "autodiff.stack": [
        ((None,), TypeError, "tensors: expected a list of tensors. Received: NoneType"),
        (([],), ValueError, "tensors: expected at least one. Received: none"),
        (([MASKED],), TypeError, "argument: expected a plain array"),
    ],
    "autodiff.softmax": [
        ((None,), TypeError, "x: expected numbers. Received: None"),
        ((MASKED,), TypeError, "argument: expected a plain array"),
        ((stream(),), TypeError, "argument: expected an array. Received: generator"),
    ],
    "autodiff.log_softmax": [
        ((None,), TypeError, "x: expected numbers. Received: None"),
        ((RAGGED,), ValueError, "argument: expected rows of the same length"),
    ],
    "autodiff.GradientTape": [
        ({"persistent": "yes"}, TypeError, "persistent: expected True or False.*'yes'"),
        ({"persistent": 1}, TypeError, "persistent: expected True or False. Received: 1"),
        ((True,), TypeError, ".*takes 1 positional argument"),
    ],
    "autodiff.GradientTape.watch": [
        ((GradientTape(), ONES), TypeError, "tensor: expected a Variable"),
    ],
    "autodiff.GradientTape.gradient": [
        ((GradientTape(), 1.0, []), TypeError, "target: expected a Var"),
        (taped(), RuntimeError, "tape: expected .*persistent=True"),
    ],
    "autodiff.Operation": [
        (("add",), TypeError, ".*missing 5 required positional arguments: 'inputs'"),
    ],
    "autodiff.sparse_categorical_crossentropy": [
        (
            ([0, 2], np.full((2, 2), 0.5)),
            ValueError,
            "labels: expected whole numbers from 0 to 1. Received: values from 0 to 2",
        ),
        (
            ([0.0], np.full((1, 2), 0.5)),
            TypeError,
            "labels: expected whole numbers. Received: dtype float64",
        ),
        ((None, ONES), TypeError, "labels: expected whole numbers.*object"),
        ((stream(), ONES), TypeError, "argument: expected an array. Received: generator"),
        (([0], 0.5), ValueError, r"predictions: expected shape \(\.\.\., classes\).*shape \(\)"),
        (([0], None), ValueError, r"predictions: expected shape \(\.\.\., classes\)"),
        (([0, 1], ONES[:, :0]), ValueError, r"predictions: .*shape \(2, 0\)"),
        (([0, 1], MASKED), TypeError, "argument: expected a plain array"),
        (([0, 1], TEXT), TypeError, f"predictions: {NO_NUMBERS} <U1"),
        (([0, 1], COMPLEX), TypeError, f"predictions: {NO_NUMBERS} complex128"),
    ],
    "autodiff.numerical_gradient": [
        ((None, [1.0]), TypeError, "function: expected a function. Received: NoneType"),
        ((np.sum, None), TypeError, "x: expected an array. Received: NoneType"),
        ((np.sum, "a"), TypeError, f"x: {NO_NUMBERS} <U1"),
        ((np.sum, [1j]), TypeError, f"x: {NO_NUMBERS} complex128"),
        ((np.sum, [1, INF]), ValueError, "x: expected finite numbers. Received: inf"),
        ((np.sum, RAGGED), ValueError, "x: expected rows of the same length"),
        ((np.sum, stream()), TypeError, "x: expected an array. Received: generator"),
        ((np.sum, MASKED), TypeError, "x: expected an array without a mask"),
        ((lambda x: None, [1.0]), TypeError, "function: expected a real number.*None"),
        ((lambda x: "a", [1.0]), TypeError, "function: expected a real number.*'a'"),
        ((lambda x: 1j, [1.0]), TypeError, "function: expected a real number.*1.j"),
        ((np.sum, [1.0], "1"), TypeError, ".*positional argument"),
        ((np.sin, [1.0]), ValueError, "function: expected a scalar"),
    ],
}

SURFACE = {"x": [0.0, 1, 2], "y": [0.0, 1], "heights": np.arange(6.0).reshape(2, 3)}
PAPER = geometry.grid(1)
LINE = {"a": [1.0, 2.0]}
SIX = {name: [1.0, 2.0] for name in "abcdef"}


def two_paths(**other):
    """Arguments of `plotting.two_paths`; `other` replaces some."""
    return {"names": list("xuvf"), "values": [4, 3], "rates": [2, 1], "step": 0.4} | other


def curves(**other):
    """Arguments of `plotting.curves`; `other` replaces some."""
    return {"x": [0.0, 1.0], "ys": LINE, "xlabel": "x", "ylabel": "y"} | other


def below(**other):
    """Arguments of `plotting.curves_below`; `other` replaces some."""
    return {"x": [0.0, 1.0], "panels": {"p": LINE}, "xlabel": "x"} | other


def unit(**other):
    """Arguments of `plotting.enlarged_unit`; `other` replaces some."""
    return {"image": ONES, "weights": ONES, "bias": 0.0} | other


REFUSED_FIGURES = {
    "bugs.agreement": [
        (([1, 2], [1, 2, 3]), ValueError, r"computed: expected shape \(2,\).*\(3,\)"),
        (([], []), ValueError, r"oracle: expected shape \(0,\), not empty"),
        (([1, NAN], [1, 2]), ValueError, "oracle: expected finite numbers"),
    ],
    "bugs.rival_losses": [
        ((LINE,), ValueError, "window: expected a whole number from 1 to 2.*: 20"),
        (({},), ValueError, "losses: expected at least one entry"),
        (({name: [1.0] for name in "abcdef"},), ValueError, "losses: .*at most 5"),
    ],
    "costs.race": [
        (({"a": 0.0},), ValueError, "seconds: expected numbers above 0"),
        (({"a": NAN},), ValueError, r"seconds\['a'\]: expected finite numbers"),
        (({"a": "1"},), TypeError, rf"seconds\['a'\]: {NO_NUMBERS} <U1"),
        (([1.0],), TypeError, "seconds: expected a mapping. Received: list"),
        (({1: 1.0},), TypeError, "seconds, key 1: expected type str. Received: 1"),
    ],
    "costs.cost_growth": [
        (({"a": {8: 1.0}}, {"b": 2}), ValueError, r"exponents: expected the keys \['a"),
        (({"a": {0: 1.0}}, {"a": 2}), ValueError, r"seconds\['a'\]: .*above 0"),
    ],
    "costs.exponents": [
        (({"a": 2}, {"loops": {}}), ValueError, r"measured\['loops'\]: expected at l"),
        (({"a": 2}, {"loops": {"b": 1}}), ValueError, r"measured\['loops'\]: .*keys"),
    ],
    "digits.digits": [
        ((GREY[0],), ValueError, r"images: expected shape \(n, height, width\)"),
        ((GREY, [1]), ValueError, "labels: expected 2 entries, one for each example"),
        ((GREY, [1.5, 2.5]), TypeError, "labels: expected whole numbers"),
        ({"images": GREY, "columns": 0}, ValueError, "columns: expected .*at least 1"),
    ],
    "digits.class_probabilities": [
        (([0.5, -0.5],), ValueError, "probabilities: expected .*at least 0"),
        ({"probabilities": [1.0], "label": 1}, ValueError, "label: .*0 to 0"),
    ],
    "digits.layer_stack": [
        (([2, 0], "ab", "c"), TypeError, "names: expected a list. Received: str"),
        (([2, 0], ["a", "b"], ["c"]), ValueError, "sizes: expected .*at least 1"),
        (([2, 2], ["a", "b"], []), ValueError, "steps: expected 1 entry"),
        (([], [], []), ValueError, "sizes, their number: expected numbers at least 1"),
    ],
    "evaluation.confusion_matrix": [
        ((ONES[0],), ValueError, r"counts: expected shape \(classes, "),
        (([[1, 2]],), ValueError, r"counts: expected shape .*\(1, 2\)"),
        (([[0.5]],), TypeError, "counts: expected whole numbers"),
        (([[-1]],), ValueError, "counts: expected whole numbers from 0"),
    ],
    "evaluation.confident_mistakes": [
        (
            (GREY, [0, 3], np.full((2, 3), 0.3)),
            ValueError,
            "labels: expected whole numbers from 0 to 2. Received: values from 0 to 3",
        ),
    ],
    "evaluation.sampling_spread": [
        (([0.9, NAN], 0.9, 0.1), ValueError, "values: expected finite numbers. Received: nan"),
        (([[0.9]], 0.9, 0.1), ValueError, r"values: expected shape \(n,\)"),
        (([90.0], 0.9, 0.1), ValueError, "values: expected numbers at least 0 and at most 1"),
        (([0.9], 0.9, 0), ValueError, "error: expected numbers above 0"),
    ],
    "evaluation.learning_curves": [
        (({"loss": {"a": 1.0}},), ValueError, r"curves\['loss'\]\['a'\]: "),
        ({"curves": {"loss": LINE}, "marked_epoch": 0}, ValueError, "marked"),
    ],
    "geometry.vector_sum": [
        (([1, 2, 3], [1, 2]), ValueError, r"first: expected shape \(2,\).*\(3,\)"),
        (([1, 2], [1, INF]), ValueError, "second: expected finite numbers"),
    ],
    "geometry.area_by_cutting": [
        (([[3, 1, 0], [1, 2, 0]],), ValueError, r"matrix: expected shape \(2, 2\).*\(2, 3\)"),
        (([[3, 0], [1, 2]],), ValueError, "matrix: expected numbers above 0"),
        (([[1, 2], [3, 1]],), ValueError, "matrix, its determinant: expected numbers above 0"),
    ],
    "geometry.moved_grids": [
        ((PAPER, {}), ValueError, "after: expected at least one entry"),
        ((PAPER, {"a": PAPER[:1]}), ValueError, r"after\['a'\]: expected shape"),
    ],
    "geometry.folded_grids": [
        (
            ({"a": PAPER}, np.zeros(PAPER.shape[:2], int), ["kept", "lost"]),
            ValueError,
            "names: expected 1 entry, one for each part that has points. Received: 2",
        ),
        (({"a": PAPER}, [[0]], []), ValueError, "names, their number: expected .*at least 1"),
    ],
    "geometry.unfolded_classes": [
        (
            ({"a": [[0, 0], [1, 1]]}, [0, 1], [PAPER], [[0, 0, 1]]),
            ValueError,
            r"cuts\[0\], the size of \(a, b\): expected numbers above 0",
        ),
        (
            ({"a": [[0, 0], [1, 1]]}, [0, 2], [PAPER], [[1, 0, 1]]),
            ValueError,
            "labels: expected whole numbers from 0 to 1",
        ),
    ],
    "geometry.class_regions": [
        (
            ([[0, 0]], [0], np.zeros((2, 2, 2)), [[0, 1], [2, 3]]),
            ValueError,
            "probabilities: expected numbers at least 0 and at most 1",
        ),
    ],
    "gradients.tangent": [
        (
            {"x": [0, 2, 1], "y": [0, 1, 2], "point": (0, 0), "slope": 1, "step": 1},
            ValueError,
            "x, the steps between its numbers: expected numbers above 0",
        ),
        (
            {"x": [0, 1], "y": [0, 1], "point": (0, 0, 0), "slope": 1, "step": 1},
            ValueError,
            "point: expected 2 entries. Received: 3",
        ),
    ],
    "gradients.gradient_field": [
        (
            SURFACE | {"points": [[0, 0]], "gradients": [[1, 2], [1, 2]], "path": [[0, 0]]},
            ValueError,
            r"gradients: expected shape \(1, 2\). Received: shape \(2, 2\)",
        ),
    ],
    "gradients.step_sizes": [
        (
            SURFACE | {"heights": np.zeros((2, 3)), "paths": {"a": [[0, 0]]}},
            ValueError,
            "heights, the difference of the highest and the lowest: expected numbers above 0",
        ),
    ],
    "gradients.surface_paths": [
        (
            SURFACE | {"heights": np.zeros((3, 2)), "paths": {"a": [[0, 0]]}},
            ValueError,
            r"heights: expected shape \(2, 3\). Received: shape \(3, 2\)",
        ),
        (
            SURFACE | {"paths": {name: [[0, 0]] for name in "abcdefg"}},
            ValueError,
            "paths: expected at most 6 entries. Received: 7",
        ),
    ],
    "gradients.saddle": [
        (SURFACE | {"paths": {"a": [[0, 0]]}}, ValueError, r"paths\['a'\]: expected sh"),
    ],
    "gradients.descent_curves": [
        (({"a": [0.0, -1.0]},), ValueError, r"losses\['a'\], the largest"),
        (({"a": []},), ValueError, r"losses\['a'\]: expected shape \(steps,\)"),
    ],
    "gradients.marked_curves": [
        (({"a": ([0], [0])}, {"b": []}), ValueError, "points: expected the keys"),
        (({"a": ([0], [0, 1])}, {"a": []}), ValueError, r"curves\['a'\]\[1\]: "),
    ],
    "graphs.computation_graph": [
        (([], []), ValueError, "nodes, their number: expected .*at least 1"),
        (
            ([("a", "operation", ()), ("b", "operation", ())], [(1, 0)]),
            ValueError,
            r"edges\[0\]: expected two of 2 nodes, the first before the second. Received: \(1, 0\)",
        ),
        (([("a", "box", ())], []), ValueError, r"nodes\[0\]: expected a kind"),
    ],
    "graphs.chain": [
        ((["x", "y"], ["f"], [1.0], [1.0]), ValueError, "values: expected 2 entries"),
        ((["x"], [], [NAN], []), ValueError, r"values\[0\]: expected finite numbers"),
        (([], [], [], []), ValueError, "names, their number: expected numbers at least 1"),
    ],
    "graphs.small_network": [
        (
            ([["a"], ["b"]], [[[1.0, 2.0]]], [[["w"]]]),
            ValueError,
            r"weights\[0\]: expected shape \(1, 1\). Received: shape \(1, 2\)",
        ),
        (
            ([["a"], ["b"]], [[[1.0]]], [[[1.0]]]),
            TypeError,
            r"labels\[0\]: expected texts. Received: dtype float64",
        ),
    ],
    "graphs.two_paths": [
        (two_paths(names=["x", "u", "v"]), ValueError, "names: expected 4 entries, one for each"),
        (two_paths(values=[4.0]), ValueError, "values: expected 2 entries, one for each path"),
        (two_paths(values=[4.0, 0]), ValueError, "values: expected numbers above 0"),
        (two_paths(rates=[2, 1, 0]), ValueError, "rates: expected 2 entries, one for each path"),
        (two_paths(rates=[2, -1]), ValueError, "rates: expected numbers above 0"),
        (two_paths(step=0), ValueError, "step: expected numbers above 0"),
    ],
    "graphs.there_and_back": [
        (([], [], [], []), ValueError, "names, their number: expected numbers at least 1"),
        ((["x"], [], [None], []), ValueError, "values: expected 1 entry, one for each of names"),
        ((["x"], [ONES], [], []), ValueError, "gradients: expected 1 entry, one for each of"),
        ((["x"], [ONES], [None], ["f"]), ValueError, "steps: expected 0 entries, one between"),
        ((["x"], [[1.0]], [None], []), ValueError, r"values\[0\]: expected shape \(batch, width"),
        (
            (["x", "y"], [ONES, ONES.T], [None, None], ["f"]),
            ValueError,
            r"values\[1\]: expected shape \(2, width\). Received: shape \(3, 2\)",
        ),
        (
            (["x"], [ONES], [ONES.T], []),
            ValueError,
            r"gradients\[0\]: expected shape \(2, 3\). Received: shape \(3, 2\)",
        ),
    ],
    "graphs.tape": [
        (([],), ValueError, "lines, their number: expected numbers at least 1"),
        (("lines",), TypeError, "lines: expected a list. Received: str"),
    ],
    "hinges.hinge_sum": [
        (([[0, 1]], LINE, 0), ValueError, r"x: expected shape \(n,\).*\(1, 2\)"),
        (([0, NAN], LINE, 0), ValueError, "x: expected finite numbers"),
        (([0, 1, 2], LINE, 0), ValueError, r"hinges\['a'\]: expected shape \(3,\).*\(2,\)"),
        (([0, 1], SIX, 0), ValueError, "hinges: .*at most 5"),
    ],
    "hinges.curve_panels": [
        (([], LINE), ValueError, r"x: expected shape \(n,\), not empty"),
        (([0, INF], LINE), ValueError, "x: expected finite numbers"),
        (([0], LINE), ValueError, r"curves\['a'\]: expected shape \(1,\).*\(2,\)"),
        (
            {"x": [0, 1], "curves": LINE, "target": [0]},
            ValueError,
            r"target: expected shape \(2,\). Received: shape \(1,\)",
        ),
        (
            {"x": [0, 1], "curves": LINE, "marks": []},
            ValueError,
            "marks: expected 1 entry, one for each curve. Received: 0",
        ),
        (
            {"x": [0, 1], "curves": LINE, "marks": [[[0.5]]]},
            ValueError,
            r"marks\[0\]: expected shape \(n,\). Received: shape \(1, 1\)",
        ),
    ],
    "hinges.errors_by_size": [
        (([4], [0.1, 0.2], [[1]]), ValueError, r"built: expected shape \(1,\).*\(2,\)"),
        (([4], [0.1], [0.1]), ValueError, r"trained: expected shape \(1, runs\).*\(1,\)"),
        (([], [], []), ValueError, r"sizes: expected shape \(sizes,\), not empty"),
        (([0], [0.1], [[0.1]]), ValueError, "sizes: expected numbers at least 1"),
        (([4], [0], [[0.1]]), ValueError, "built: expected numbers above 0"),
        (([4], [0.1], [[0]]), ValueError, "trained: expected numbers above 0"),
        (([4], [0.1], [[NAN]]), ValueError, "trained: expected finite numbers"),
    ],
    "losses.bar_stages": [
        ((LINE, ["a"]), ValueError, r"stages\['a'\]: expected shape \(1,\).*\(2,\)"),
        ((LINE, []), ValueError, "names, their number: expected numbers at least 1"),
        ((LINE, ["a", "a"]), ValueError, "names: expected 2 entries, each another one.*: 1"),
        (({"a": [INF]}, ["a"]), ValueError, r"stages\['a'\]: expected finite numbers"),
    ],
    "losses.curves": [
        (curves(x=ONES), ValueError, r"x: expected shape \(n,\).*\(2, 3\)"),
        (curves(x=[0, NAN]), ValueError, "x: expected finite numbers"),
        (curves(ys={"a": [1.0]}), ValueError, r"ys\['a'\]: expected shape \(2,\).*\(1,\)"),
        (curves(ys=SIX), ValueError, "ys: expected at most 5"),
        (
            curves(scales=("linear", "square")),
            ValueError,
            r"scales\[1\]: expected 'linear' or 'log'. Received: 'square'",
        ),
        (curves(limits=(1, 1)), ValueError, "limits, the highest less the lowest: .*above 0"),
        (
            curves(limits=(0, 1), scales=("linear", "log")),
            ValueError,
            "limits: expected numbers above 0",
        ),
    ],
    "losses.curves_below": [
        (below(x=[]), ValueError, r"x: expected shape \(n,\), not empty"),
        (below(panels={"p": {"a": [1]}}), ValueError, r"panels\['p'\]\['a'\]: expected shape"),
        (
            below(panels={"p": LINE, "q": {"b": [1.0, 2.0]}}),
            ValueError,
            r"panels\['q'\]: expected the curves \['a'\]. Received: \['b'\]",
        ),
        (
            below(panels={"p": SIX}),
            ValueError,
            "panels, the curves of each: expected at most 5 entries. Received: 6",
        ),
    ],
    "losses.fitted_lines": [
        (([0, 1], [0], {"a": (0, 0)}), ValueError, r"y: expected shape \(2,\).*\(1,\)"),
        (([], [], {"a": (0, 0)}), ValueError, r"x: expected shape \(n,\), not empty"),
        (([0], [NAN], {"a": (0, 0)}), ValueError, "y: expected finite numbers"),
    ],
    "operations.equation": [
        (([ONES, "="], []), ValueError, "names: expected 1 entry, one for each array"),
        ((["="], []), ValueError, "parts, the number of arrays"),
        (([ONES[None]], ["x"]), ValueError, r"parts\[0\]: expected an array with en"),
    ],
    "operations.matrix_product": [
        ((ONES, ONES), ValueError, r"y: expected shape \(3, columns\)"),
        ({"x": ONES, "y": ONES.T, "row": 2}, ValueError, "row: .* 0 to 1"),
    ],
    "operations.broadcasting": [
        ((ONES, [1, 2]), ValueError, r"y: expected shape \(3,\).*\(2,\)"),
    ],
    "signs.signed_images": [
        ((GREY, ["a"]), ValueError, "titles: expected 2 entries, one for each image"),
        (([[[NAN]]], ["a"]), ValueError, "images: .*finite"),
    ],
    "signs.weight_images": [
        ((ONES, [0]), ValueError, "kernel: expected as many rows as a square has"),
        ((np.ones((4, 2)), [2]), ValueError, "units: expected .* at most 1"),
    ],
    "speed.epoch_race": [
        (({"a": -1.0},), ValueError, "seconds: expected numbers above 0"),
    ],
    "speed.time_shares": [
        (({"a": {"f": 1.0, "g": 1}, "b": {"g": 1.0}},), ValueError, r"parts\['b'\]: .*keys"),
        (({"a": {"f": 1.0}, "b": {"f": 1, "g": 1}},), ValueError, r"parts\['a'\]: .*keys"),
        (({"a": {"f": -1.0}},), ValueError, r"parts\['a'\]: expected .*at least 0"),
    ],
    "summary.training_loop": [
        ((["a"], []), ValueError, "forward, their number: expected .*at least 2"),
        ((["a", "b"], ["c", "d"]), ValueError, "back: expected 1 entry"),
    ],
    "tensors.digit": [
        ((GREY,), ValueError, r"image: expected shape \(height, width\).*\(2, 28, 28\)"),
        ((TEXT,), TypeError, f"image: {NO_NUMBERS} <U1"),
    ],
    "tensors.crops": [
        ((GREY[0], {"a": (slice(5, 2), slice(2))}), ValueError, r"windows\['a'\], its rows"),
        ((GREY[0], {"a": (1, 2)}), TypeError, r"windows\['a'\]\[0\]: expected type slice"),
    ],
    "tensors.number_grids": [
        (([ONES], ["a", "b"]), ValueError, "names: expected 1 entry"),
        (([np.ones((1,) * 4)], ["a"]), ValueError, r"arrays\[0\]: .*rank 0 to 3"),
    ],
    "tensors.picked_entries": [
        ((ONES[0], [0], [0]), ValueError, r"matrix: expected shape \(height, width\)"),
        ((ONES, [0, 1], [0]), ValueError, r"columns: expected shape \(2,\).*\(1,\)"),
        ((ONES, [2], [0]), ValueError, "rows: expected whole numbers from 0 to 1.*2 to 2"),
        ((ONES, [0], [-1]), ValueError, "columns: expected whole numbers from 0 to 2.*-1"),
        ((ONES, [0.0], [0]), TypeError, "rows: expected whole numbers. Received: dtype float"),
        ((ONES, [1, 1], [0, 1]), ValueError, "rows: expected 2 entries, each another one.*: 1"),
    ],
    "tensors.tensor_axes": [
        ((GREY[0],), ValueError, r"images: expected shape \(n, height, width\)"),
    ],
    "units.angle_and_shadow": [
        (([1, 2, 3], [1, 2]), ValueError, r"a: expected shape \(2,\).*\(3,\)"),
        (([1, 2], [1, INF]), ValueError, "b: expected finite numbers"),
        (([0, 0], [1, 2]), ValueError, "a, its length: expected numbers above 0"),
        (([1, 2], [0, 0]), ValueError, "b, its length: expected numbers above 0"),
        (([1, 2], [1, 2]), ValueError, "b, its distance from a: expected numbers above 0"),
    ],
    "units.on_and_off": [
        (([1], 0, [[0, 0]]), ValueError, r"weights: expected shape \(2,\).*\(1,\)"),
        (([0, 0], 0, [[0, 0]]), ValueError, "weights, the size of both: expected .*above 0"),
        (([1, 2], 0, [0, 0]), ValueError, r"points: expected shape \(n, 2\).*\(2,\)"),
        (([1, 2], 0, [[0, NAN]]), ValueError, "points: expected finite numbers"),
    ],
    "units.enlarged_unit": [
        ((ONES[0], ONES, 0), ValueError, r"image: expected shape \(height, width\)"),
        ((ONES, ONES.T, 0), ValueError, r"weights: expected shape \(2, 3\).*\(3, 2\)"),
        ((ONES, NAN * ONES, 0), ValueError, "weights: expected finite numbers"),
        (unit(sizes=(6, 2)), ValueError, "sizes, their number: expected numbers at least 3"),
        (unit(sizes=(6, 0, 2)), ValueError, "sizes: expected numbers at least 1"),
    ],
    "weights.sizes_by_layer": [
        ((LINE, {"b": [1.0]}), ValueError, r"backward: expected the ways \['a'\]"),
        (({"a": ONES}, LINE), ValueError, r"forward\['a'\]: expected shape \(layers,\)"),
        ((LINE, {"a": [0.0]}), ValueError, r"backward\['a'\]: expected numbers above 0"),
        ((SIX, SIX), ValueError, "forward: expected at most 5"),
    ],
    "weights.sum_histogram": [
        (([],), ValueError, r"sums: expected shape \(n,\), not empty"),
        ((ONES,), ValueError, r"sums: expected shape \(n,\).*\(2, 3\)"),
        (([1, NAN],), ValueError, "sums: expected finite numbers. Received: nan"),
    ],
    "workers.data_parallel_step": [
        (([1, 2], [0.5]), ValueError, "gradients: expected one for each of two to four workers"),
        (([1], [0.5]), ValueError, "gradients: expected one for each of two to four workers"),
        (([1, -2], [0.5, 0.5]), ValueError, "sizes: expected .*at least 0"),
        (([1, 2], ["a", "b"]), TypeError, f"gradients: {NO_NUMBERS} <U1"),
    ],
    "workers.ring_rounds": [
        ((1,), ValueError, "workers: expected a whole number from 2 to 6. Received: 1"),
        ((7,), ValueError, "workers: expected a whole number from 2 to 6. Received: 7"),
    ],
    "workers.step_times": [
        (([1], {"a": [1]}, {"b": [1]}), ValueError, "predicted: expected the keys"),
        (([1], {"a": [0]}, {"a": [1]}), ValueError, r"measured\['a'\]: expected .*above 0"),
        (([1], {"a": [1]}, {"a": [1, 2]}), ValueError, r"predicted\['a'\]: expected shape"),
        (([0], {"a": [1]}, {"a": [1]}), ValueError, "sizes: expected .*at least 1"),
    ],
    "workers.scaling": [
        (([1, 2], {"a": [1]}), ValueError, r"gains\['a'\]: expected shape"),
        (([1, 2], {"a": [1, -1]}), ValueError, r"gains\['a'\]: expected .*above 0"),
        (([0, 2], {"a": [1, 1]}), ValueError, "workers: expected .*at least 1"),
    ],
    "training.four_steps": [
        ((["a"],), ValueError, "steps: expected 4 entries, one for each corner"),
        ((["a", "b", "c", 4],), TypeError, r"steps\[3\]: expected type str"),
    ],
    "training.batch_losses": [
        (([1.0] * 9, 3), ValueError, "window: expected .*from 1 to 9.*: 100"),
        (([1.0] * 200, 0), ValueError, "batches_per_epoch: expected .*at least 1"),
    ],
    "training.compared_accuracies": [
        ((["a"], [[1.5]]), ValueError, "accuracies: expected .*at most 1"),
        ((["a"], [[1], [1]]), ValueError, r"accuracies: expected shape \(1,"),
        (([], []), ValueError, "names, their number: expected numbers at least 1"),
    ],
    "training.way_back": [
        ((["a", "b"], ["f"], []), ValueError, "backwards: expected 1 entry"),
        (([], [], []), ValueError, "names, their number: expected numbers at least 1"),
    ],
    "training.losses_of_ways": [
        ((["a"], ONES, {"f": ONES}, {"f": 1.0}), ValueError, r"losses: expected shape \(1, steps"),
        (([], ONES, {"f": ONES}, {"f": 1.0}), ValueError, "names, their number: expected .*1"),
        ((["a"], [[1.0]], {"f": ONES}, {"f": 1.0}), ValueError, r"differences\['f'\]: expected"),
        ((["a"], [[1.0]], {"f": [[0.0]]}, {"g": 1.0}), TypeError, r"bounds\['f'\]: expected"),
    ],
}
REFUSED |= {f"plotting.{name}": cases for name, cases in REFUSED_FIGURES.items()}


def hidden_by_hand():
    """What `by_hand.gradients` gives for `batch`, on paper: both classes are as likely."""
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    h = x @ np.full((2, 3), 0.5) + 0.5
    dz = np.array([[-0.25, 0.25], [0.25, -0.25]])  # (1/2 − 1 for the label, else 1/2) / 2 examples
    return np.log(2), [np.zeros((2, 3)), np.zeros(3), h.T @ dz, np.zeros(2)]


TINY = 1e-42  # as a float32, it has lost most of its digits
INK = np.zeros((40, 40))
INK[10:30, 15:25] = 1
BOX = np.zeros((28, 28))
BOX[5:25, 10:20] = 1  # its centre, between two pixels, goes to the later one
SHEAR = geometry.shear(1)
MOVED = np.array([[3.0, 2.0], [7.0, 4.0]])
POINTS = np.array([[1.0, 2.0], [3.0, 4.0]])

# For each name: arguments, and what is right.
TAKEN = {
    "by_hand.gradients": [
        (batch(), hidden_by_hand()),
        (batch(x=[[1, 2], [3, 4]]), hidden_by_hand()),
        (batch(weights=[w.tolist() for w in weights()]), hidden_by_hand()),
        (batch(weights=tuple(map(big_endian, weights()))), hidden_by_hand()),
        (batch(weights=[strided(w) for w in weights()]), hidden_by_hand()),
        (batch(weights=[read_only(w) for w in weights()]), hidden_by_hand()),
        (batch(x=POINTS.view(np.matrix)), hidden_by_hand()),
        (batch(x=big_endian(POINTS)), hidden_by_hand()),
        (batch(x=read_only(strided(POINTS))), hidden_by_hand()),
        (batch(labels=big_endian(np.array([0, 1]))), hidden_by_hand()),
        (batch(labels=np.array([0, 1], np.uint64)), hidden_by_hand()),
    ],
    "geometry.AffineMap.__call__": [
        ((SHEAR, POINTS.view(np.matrix)), MOVED),
        ((SHEAR, big_endian(POINTS)), MOVED),
        ((SHEAR, read_only(strided(POINTS))), MOVED),
        ((SHEAR, POINTS.astype(np.uint8)), MOVED),
        ((SHEAR, POINTS.astype(np.longdouble)), MOVED),
        ((SHEAR, np.ones((0, 2))), np.ones((0, 2))),
        ((geometry.scaling([1e300]), [1e300]), [INF]),
    ],
    "geometry.rotation": [
        ((np.array(0.0),), geometry.AffineMap(np.eye(2), [0, 0])),
    ],
    "geometry.grid": [
        ((np.int8(1),), PAPER),
    ],
    "playground.quantise": [
        (([[TINY], [-TINY]],), ([[0], [0]], [1.17549435e-38])),
        (([[0, 254], [0, -2]],), ([[0, 127], [0, -1]], [1, 2])),
        ((big_endian([[254.0], [-2.0]]),), ([[127], [-1]], [2])),
        ((strided([[254, 127], [-2, 1]]),), ([[127, 127], [-1, 1]], [2, 1])),
        (([[127e37], [-254e37]],), ([[64], [-127]], [2e37])),
    ],
    "playground.to_field": [
        ((INK,), BOX),
        ((INK.astype(bool),), BOX),
        ((strided(INK),), BOX),
        ((big_endian(read_only(INK)),), BOX),
        ((INK * 5e-324,), BOX * 0),
        ((INK * 1e-290,), BOX * 1e-290),
        ((INK * 1e290,), BOX * 1e290),
        ((np.zeros((0, 5)),), np.zeros((28, 28))),
    ],
    "playground.pixel_votes": [
        (votes(winner=np.uint8(1)), [0, 0]),
        (votes(weights=weights(_2=[[1, 0]] * 3)), [1.5, 3]),
    ],
    "datasets.mnist.prepare_images": [
        ((GREY[:0],), np.zeros((0, 784), np.float32)),
        ((read_only(strided(np.full((2, 3, 4), 255, np.uint8))),), np.ones((2, 12), np.float32)),
    ],
    "bench.fitted_exponent": [
        ((np.array([8, 16], np.int8), [1, 4]), 2.0),
        ((big_endian([8, 16]), strided([1, 4])), 2.0),
        (([5e-324, 1e308], [5e-324, 1e308]), 1.0),
    ],
    "graphs.computation_graph": [
        (((operation for operation in []),), ([], [])),
    ],
    "layers.NaiveDense.__call__": [
        ((NaiveDense(**dense(initializer=np.zeros)), ONES[:, :2]), ONES * 0),
    ],
    "training.Evaluation": [
        ((1, 2), (1, 2)),
    ],
    "autodiff.differentiable": [
        ((), autodiff.differentiable()),
    ],
    "autodiff.concatenate": [
        (([[1.0], big_endian([2.0])],), [1.0, 2.0]),
    ],
    "autodiff.sparse_categorical_crossentropy": [
        ((np.array([1], "u1"), np.full((1, 2), 0.5)), [np.log(2)]),
    ],
}

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
ODD = [big_endian(X), strided(X), read_only(X), X.astype(np.float16), X.astype(np.int8), X.tolist()]
ONE = {
    "negative": np.negative,
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-np.asarray(x, float))),
    "relu": lambda x: np.maximum(x, 0),
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "transpose": np.transpose,
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x), -1, keepdims=True),
    "log_softmax": lambda x: x - np.log(np.sum(np.exp(x), -1, keepdims=True)),
}
TWO = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "matmul": np.matmul,
}

# Name, arguments, and the function of NumPy that does the same.
AS_NUMPY = [
    *((f"autodiff.{name}", (x,), numpys) for name, numpys in ONE.items() for x in ODD),
    *((f"autodiff.{name}", (x, 2.0 * X[0]), TWO[name]) for name in list(TWO)[:4] for x in ODD),
    *((f"autodiff.{name}", (X, np.ones(2)), numpys) for name, numpys in TWO.items()),
    *((f"autodiff.{name}", (X, "text"), numpys) for name, numpys in list(TWO.items())[2:]),
    *((f"autodiff.{name}", ("text",), ONE[name]) for name in ("negative", "exp", "tanh", "relu")),
    *((f"autodiff.{name}", (None,), ONE[name]) for name in ("negative", "exp", "tanh", "relu")),
    *((f"autodiff.{name}", (X, 2), ONE[name]) for name in ("sum", "mean", "max")),
    *((f"autodiff.{name}", (X, "rows"), ONE[name]) for name in ("sum", "mean", "max")),
    ("autodiff.max", (X[:0],), np.max),
    ("autodiff.log", (-X,), np.log),
    ("autodiff.log", (np.zeros(2),), np.log),
    ("autodiff.matmul", (big_endian(X), strided(X.T)), np.matmul),
    ("autodiff.matmul", (X, 2.0), np.matmul),
    ("autodiff.clip", (strided(X), -1, 1), np.clip),
    ("autodiff.clip", (X, "a", "b"), np.clip),
    ("autodiff.astype", (X, "no dtype"), np.ndarray.astype),
    ("autodiff.astype", (strided(X), np.float32), np.ndarray.astype),
    ("autodiff.reshape", (X, (4, 2)), np.reshape),
    ("autodiff.reshape", (X, (-1, -1)), np.reshape),
    ("autodiff.reshape", (strided(X), -1), np.reshape),
    ("autodiff.broadcast_to", (X, (2, 2)), np.broadcast_to),
    ("autodiff.broadcast_to", (X, (-2, 3)), np.broadcast_to),
    ("autodiff.transpose", (X, (0, 0)), np.transpose),
    ("autodiff.transpose", (X, (0, 2)), np.transpose),
    ("autodiff.swapaxes", (X, 0, 2), np.swapaxes),
    ("autodiff.swapaxes", (strided(X), 0, -1), np.swapaxes),
    ("autodiff.getitem", (X, (slice(None), [True, False, True])), np.ndarray.__getitem__),
    ("autodiff.where", (X > 0, strided(X), 2.0), np.where),
    ("autodiff.where", (big_endian(X), X, read_only(-X)), np.where),
    ("autodiff.where", (X > 0, X, np.ones(2)), np.where),
    ("autodiff.getitem", (X, 2), np.ndarray.__getitem__),
    ("autodiff.getitem", (X, "a"), np.ndarray.__getitem__),
    ("autodiff.getitem", (X, 1.5), np.ndarray.__getitem__),
    ("autodiff.concatenate", ([X, X[:, :2]],), np.concatenate),
    ("autodiff.concatenate", ([X, X], 2), np.concatenate),
    ("autodiff.concatenate", ([X, strided(X)], -1), np.concatenate),
]
for name, (numpys, ranks) in {
    "naive_relu": (lambda x: np.maximum(x, 0), (2,)),
    "naive_add": (np.add, (2, 2)),
    "naive_add_matrix_and_vector": (np.add, (2, 1)),
    "naive_vector_dot": (np.dot, (1, 1)),
    "naive_matrix_vector_dot": (np.dot, (2, 1)),
}.items():
    odds = [*map(np.asarray, ODD), X / 0.1, np.where(X > 2, INF, X), X[:, :0]]
    # Products of huge numbers are infinite, and their sum depends on the order: not compared.
    odds += [X * 4e307] * (numpys is not np.dot)
    for odd in odds:
        given = tuple(odd if rank == 2 else odd[0] for rank in ranks)
        AS_NUMPY.append((f"ops.{name}", given, numpys))
AS_NUMPY += [("ops.naive_matrix_dot", (x, x.T), np.dot) for x in map(np.asarray, ODD)]


def found(name):
    """Return the function, class or method of the package that has this name."""
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(["dlbook", *parts[:split]]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(getattr, parts[split:], thing)
    raise AssertionError(f"there is no {name}")


def called(name, arguments):
    """Call a function of the package, with its arguments in a tuple or by their names."""
    function = found(name)
    return function(**arguments) if isinstance(arguments, dict) else function(*arguments)


def kept(value):
    """Return a copy of all arrays in lists, tuples and dicts."""
    if isinstance(value, dict):
        return {key: kept(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [kept(part) for part in value]
    return value.copy() if isinstance(value, np.ndarray) and value.nbytes < 1e9 else value


def assert_same(value, expected):
    """Compare numbers in lists, tuples and dicts."""
    if isinstance(expected, dict):
        assert value.keys() == expected.keys()
        value, expected = list(value.values()), list(expected.values())
    if isinstance(expected, (list, tuple)) and isinstance(value, (list, tuple)):
        assert len(value) == len(expected)
        for part, wanted in zip(value, expected, strict=True):
            assert_same(part, wanted)
    elif isinstance(expected, np.ndarray) and expected.nbytes < 1e9:
        np.testing.assert_array_equal(value, expected)


@contextmanager
def in_time():
    """Fail if something takes a minute, which takes milliseconds: it hangs."""

    def give_up(*_):
        raise AssertionError("this hangs")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def rows(table):
    return [
        pytest.param(name, *case, id=f"{name}-{k}")
        for name, cases in table.items()
        for k, case in enumerate(cases)
    ]


@pytest.mark.parametrize(("name", "arguments", "error", "message"), rows(REFUSED))
def test_what_makes_no_sense_is_refused_in_words(name, arguments, error, message):
    before = kept(arguments)
    with in_time(), pytest.raises(error) as refusal:
        called(name, arguments)
    assert re.match(message, str(refusal.value)), refusal.value
    assert len(str(refusal.value)) < 1000, "a message is read by people"
    assert_same(arguments, before)


@pytest.mark.parametrize(("name", "arguments", "expected"), rows(TAKEN))
def test_what_looks_odd_and_makes_sense_gives_what_is_right(name, arguments, expected):
    before = kept(arguments)
    with in_time():
        result = called(name, arguments)
    assert_close(result, expected)
    assert_same(arguments, before)


def assert_close(result, expected):
    """Compare what came with what is right; few numbers meet in each, so few rounding errors."""
    if isinstance(expected, geometry.AffineMap):
        assert_close((result.matrix, result.vector), (expected.matrix, expected.vector))
    elif callable(expected):
        assert callable(result)
    elif isinstance(result, (tuple, list)):
        assert len(result) == len(expected)
        for part, wanted in zip(result, expected, strict=True):
            assert_close(part, wanted)
    else:
        # Quantised scales are float32, with an eps of 1.2e-7; all else is float64.
        np.testing.assert_allclose(result, expected, rtol=2e-7, atol=1e-15)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy warns of infinity and NaN, too
@pytest.mark.parametrize(
    ("name", "arguments", "numpys"),
    [pytest.param(*row, id=f"{row[0]}-{k}") for k, row in enumerate(AS_NUMPY)],
)
def test_what_numpy_takes_or_refuses_is_taken_or_refused_in_the_same_way(name, arguments, numpys):
    before = kept(arguments)
    try:
        expected = numpys(*arguments)
    except (ValueError, TypeError, IndexError) as error:
        family = next(k for k in (ValueError, TypeError, IndexError) if isinstance(error, k))
        with in_time(), pytest.raises(family):
            called(name, arguments)
    else:
        with in_time():
            result = called(name, arguments)
        # Sums of three terms in another order, or exp and log written otherwise: a few eps of the
        # coarser of both dtypes, of the largest number that takes part.
        eps = max(np.finfo(np.result_type(r, np.float16)).eps for r in (result, expected))
        np.testing.assert_allclose(result, expected, rtol=8 * eps, atol=8 * eps)
        assert np.shape(result) == np.shape(expected)
    assert_same(arguments, before)


def public_names():
    """The functions and classes of all public modules, but for protocols."""
    for module in pkgutil.walk_packages(dlbook.__path__, "dlbook."):
        if any(part.startswith("_") for part in module.name.split(".")):
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            own = getattr(thing, "__module__", None) == module.name and not name.startswith("_")
            kind = inspect.isfunction(thing) or inspect.isclass(thing)
            if own and kind and not getattr(thing, "_is_protocol", False):
                yield f"{module.name}.{name}".removeprefix("dlbook.")


FIGURES = [
    name
    for name in public_names()
    if name.startswith("plotting.") and name.rpartition(".")[2] in plotting.__all__
]


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("nonsense", [None, MASKED, LONG], ids=["None", "mask", "long number"])
def test_every_figure_names_its_first_argument_if_that_is_nonsense(name, nonsense):
    needed = [
        parameter.name
        for parameter in inspect.signature(found(name)).parameters.values()
        if parameter.default is parameter.empty
    ]
    with in_time(), pytest.raises(TypeError, match=f"^{needed[0]}: expected .*Received: "):
        called(name, dict.fromkeys(needed, nonsense))


@pytest.mark.parametrize("given", [ONES, 5, None])
def test_a_decorator_without_its_parentheses_is_noticed_at_the_first_call(given):
    @autodiff.differentiable
    def double(x):
        return 2 * x

    with pytest.raises(TypeError, match=r"^function: expected one below @differentiable\(\.\.\.\)"):
        double(given)


@pytest.mark.parametrize("function", [autodiff.softmax, autodiff.log_softmax])
@pytest.mark.parametrize("x", [INF, [INF, 1.0], [[-INF, -INF]]], ids=str)
def test_softmax_of_what_has_no_largest_number_is_nan_and_numpy_warns_of_it(function, x):
    with pytest.warns(RuntimeWarning, match="invalid value encountered in subtract"):
        result = function(x)
    assert np.shape(result) == np.shape(x)
    assert np.isnan(result).all()


def test_infinite_examples_are_evaluated_without_a_word_and_have_a_loss_of_nan():
    assert np.isnan(called("training.evaluate", training(images=np.full((4, 2), INF))).loss)


def test_what_says_whether_there_are_logits_is_true_or_false():
    with pytest.raises(TypeError, match="^from_logits: expected True or False. Received: 'yes'"):
        autodiff.sparse_categorical_crossentropy([0, 1], ONES, from_logits="yes")


def test_a_figure_that_was_refused_leaves_no_open_window():
    plt = pytest.importorskip("matplotlib.pyplot")
    before = plt.get_fignums()
    with pytest.raises(ValueError, match="heights"):
        called("plotting.gradients.saddle", SURFACE | {"heights": [[NAN]], "paths": {"a": [[0]]}})
    assert plt.get_fignums() == before


def test_every_public_function_and_class_stands_in_the_table():
    """A new one needs a line in `REFUSED`, `TAKEN` or `AS_NUMPY`; figures have a test of all."""
    in_tables = {*REFUSED, *TAKEN, *FIGURES, *(name for name, *_ in AS_NUMPY)}
    assert set(public_names()) - in_tables == set()


def test_the_table_is_as_long_as_it_should_be():
    assert sum(map(len, REFUSED.values())) >= 250
    assert len(REFUSED) >= 90
