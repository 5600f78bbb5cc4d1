"""The programs that race: each trains the network of the first example for one epoch.

All of them do the same: 512 features with relu, 10 probabilities with softmax, plain gradient
descent, batches in the order of the file. Each function takes images of shape (n, inputs), labels
of shape (n,) and the number of features. It returns the function that trains for an epoch, which
returns the weights that it reached: a test holds them against each other. With one input and one
feature, next to no arithmetic is left, and what remains is what a program costs besides. PyTorch
and JAX take part if they are installed.
"""

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlbook import _engines, autodiff, by_hand
from dlbook.bench import Runner
from dlbook.layers import NaiveDense, NaiveSequential
from dlbook.training import fit

Images = NDArray[np.float32]
Labels = NDArray[np.integer[Any]]

FEATURES, CLASSES = 512, 10
BATCH_SIZE = 128
LEARNING_RATE = 1e-3

FLOOR = "matrix products"
"""The contestant that does nothing but the five matrix products of each step."""


def _first_weights(inputs: int, features: int) -> list[NDArray[np.float32]]:
    """Return the weights that all contestants start from: W1, b1, W2, b2."""
    rng = np.random.default_rng(0)
    shapes = ((inputs, features), (features,), (features, CLASSES), (CLASSES,))
    return [
        rng.uniform(0, 0.1, shape).astype(np.float32)
        if len(shape) == 2
        else np.zeros(shape, np.float32)
        for shape in shapes
    ]


def _batches(images: Images, labels: Labels) -> Iterator[tuple[Images, Labels]]:
    """Yield the batches in the order of the file."""
    for first in range(0, len(images), BATCH_SIZE):
        yield images[first : first + BATCH_SIZE], labels[first : first + BATCH_SIZE]


def _matrix_products(images: Images, labels: Labels, features: int = FEATURES) -> Runner:
    """Two products forward and three backward: what no program can leave out."""
    W1, _, W2, _ = _first_weights(images.shape[1], features)

    def epoch() -> None:
        for x, _ in _batches(images, labels):
            h = x @ W1
            p = h @ W2
            h.T @ p
            x.T @ (p @ W2.T)

    return epoch


def _numpy_by_hand(images: Images, labels: Labels, features: int = FEATURES) -> Runner:
    """Backpropagation written out for this one network, in NumPy."""
    weights = _first_weights(images.shape[1], features)

    def epoch() -> Any:
        for x, y in _batches(images, labels):
            by_hand.train_step(x, y, weights, learning_rate=LEARNING_RATE)
        return weights

    return epoch


def _book(engine: Any, images: Images, labels: Labels, features: int, **how: Any) -> Runner:
    """`fit` of the book with the weights of an engine; `how` goes to `fit`."""
    functions = engine if engine is autodiff else engine.nn
    model = NaiveSequential(
        [
            NaiveDense(images.shape[1], features, functions.relu, engine=engine),
            NaiveDense(features, CLASSES, functions.softmax, engine=engine),
        ]
    )
    for variable, value in zip(
        model.weights, _first_weights(images.shape[1], features), strict=True
    ):
        variable.assign(value)

    def epoch() -> Any:
        fit(model, images, labels, 1, BATCH_SIZE, learning_rate=LEARNING_RATE, verbose=0, **how)
        return model.weights

    return epoch


def _our_tape(images: Images, labels: Labels, features: int = FEATURES) -> Runner:
    """`fit` over the book's own tape: NumPy alone."""
    return _book(autodiff, images, labels, features)


def _fit_eager(images: Images, labels: Labels, features: int = FEATURES) -> Runner:
    """`fit` over TensorFlow's tape, each step as Python code."""
    return _book(_engines.tensorflow(), images, labels, features, run_eagerly=True)


def _fit_compiled(images: Images, labels: Labels, features: int = FEATURES) -> Runner:
    """`fit` as it comes: a hundred steps are one program."""
    return _book(_engines.tensorflow(), images, labels, features)


def _keras(images: Images, labels: Labels, features: int = FEATURES, **how: Any) -> Runner:
    """`fit` of Keras; `how` goes to `compile`."""
    keras = importlib.import_module("keras")
    model = keras.Sequential(
        [
            keras.Input(images.shape[1:]),
            keras.layers.Dense(features, activation="relu"),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.set_weights(_first_weights(images.shape[1], features))
    optimizer = keras.optimizers.SGD(LEARNING_RATE)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", **how)

    def epoch() -> Any:
        model.fit(images, labels, batch_size=BATCH_SIZE, shuffle=False, verbose=0)
        return model.get_weights()

    return epoch


def _keras_jit_compile(images: Images, labels: Labels, features: int = FEATURES) -> Runner:
    """Keras with its step compiled by XLA."""
    return _keras(images, labels, features, jit_compile=True)


def _keras_steps_per_execution(images: Images, labels: Labels, features: int = FEATURES) -> Runner:
    """Keras with a hundred steps to each call."""
    return _keras(images, labels, features, steps_per_execution=100)


def _pytorch(  # pragma: no cover - nox -s bench alone installs it
    images: Images, labels: Labels, features: int = FEATURES
) -> Runner:
    """PyTorch as its tutorials have it, data as tensors beforehand."""
    torch = importlib.import_module("torch")
    x, y = torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64))
    model = torch.nn.Sequential(
        torch.nn.Linear(images.shape[1], features),
        torch.nn.ReLU(),
        torch.nn.Linear(features, CLASSES),
    )
    with torch.no_grad():
        for parameter, value in zip(
            model.parameters(), _first_weights(images.shape[1], features), strict=True
        ):
            parameter.copy_(torch.from_numpy(value.T.copy()))
    loss_function = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def epoch() -> Any:
        for first in range(0, len(x), BATCH_SIZE):
            optimizer.zero_grad()
            chosen = slice(first, first + BATCH_SIZE)
            loss_function(model(x[chosen]), y[chosen]).backward()
            optimizer.step()
        return [parameter.detach().numpy().T for parameter in model.parameters()]

    return epoch


def _jax(  # pragma: no cover - nox -s bench alone installs it
    images: Images, labels: Labels, features: int = FEATURES
) -> Runner:
    """JAX with its step compiled, and the old weights given up to it."""
    jax = importlib.import_module("jax")
    jnp = jax.numpy
    x, y = jnp.asarray(images), jnp.asarray(labels)
    weights = [jnp.asarray(value) for value in _first_weights(images.shape[1], features)]

    def loss(weights: Any, x: Any, y: Any) -> Any:
        W1, b1, W2, b2 = weights
        logits = jax.nn.relu(x @ W1 + b1) @ W2 + b2
        return -jax.nn.log_softmax(logits)[jnp.arange(len(y)), y].mean()

    def move(weights: Any, x: Any, y: Any, first: Any, size: int) -> Any:
        batch = (jax.lax.dynamic_slice_in_dim(array, first, size) for array in (x, y))
        gradients = jax.grad(loss)(weights, *batch)
        return [w - LEARNING_RATE * g for w, g in zip(weights, gradients, strict=True)]

    step = jax.jit(move, static_argnames="size", donate_argnames="weights")

    def epoch() -> Any:
        for first in range(0, len(x), BATCH_SIZE):
            weights[:] = step(weights, x, y, first, size=min(BATCH_SIZE, len(x) - first))
        return jax.block_until_ready(weights)

    return epoch


CONTESTANTS = {
    FLOOR: _matrix_products,
    "NumPy by hand": _numpy_by_hand,
    "our tape": _our_tape,
    "fit, eager": _fit_eager,
    "fit, compiled": _fit_compiled,
    "Keras": _keras,
    "Keras, jit_compile": _keras_jit_compile,
    "Keras, steps_per_execution": _keras_steps_per_execution,
    "PyTorch": _pytorch,
    "JAX": _jax,
}
"""All contestants by name."""


def present() -> list[str]:
    """Return the names of the contestants whose library is installed.

    Returns
    -------
    list of str
        Names of `CONTESTANTS`, in their order.

    Notes
    -----
    Used on the page `faster`.
    """
    modules = {"PyTorch": "torch", "JAX": "jax"}
    return [
        name
        for name in CONTESTANTS
        if name not in modules or importlib.util.find_spec(modules[name]) is not None
    ]
