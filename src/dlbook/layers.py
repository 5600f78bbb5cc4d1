"""A dense layer and a stack of layers, with nothing hidden."""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlbook import _checks, _engines
from dlbook._updates import each_once, trainable_weights

Activation = Callable[[Any], Any]
Initializer = Callable[[tuple[int, int]], Any]


class NaiveDense:
    """A dense layer: ``activation(inputs @ W + b)``.

    Parameters
    ----------
    input_size : int
        How many numbers come in for each example, at least 1.
    output_size : int
        How many numbers go out for each example, at least 1.
    activation : callable or None
        Applied to the weighted sums, for example ``tf.nn.relu``. None leaves them as they are.
    initializer : {"uniform", "glorot_uniform"} or callable, default "uniform"
        The first value of `W`: uniform from 0 to 0.1, as in the book that this one follows;
        uniform around 0 with the limit ``sqrt(6 / (input_size + output_size))`` [1]_; or a
        function that takes the shape and returns an array, such as a Keras initializer.
    seed : int or numpy.random.Generator, optional
        Makes the random weights repeatable. Without it, the seed comes from NumPy's global
        generator, which ``keras.utils.set_random_seed`` sets.
    engine : module, optional
        Where variables and gradients come from: TensorFlow (the default), or `dlbook.autodiff`.

    Attributes
    ----------
    W : Variable of float32, shape (input_size, output_size)
        The kernel.
    b : Variable of float32, shape (output_size,)
        The bias, zeros at first.
    weights : list of Variable
        ``[W, b]``.
    trainable : bool
        Whether training moves the weights; True until you set it to False.

    Raises
    ------
    TypeError
        If a size or `seed` is not a whole number, `activation` cannot be called, or `engine` is
        another module than these two; if `initializer` gives, or a call gets, no real numbers.
    ValueError
        If a size is below 1 or too large, `seed` is below 0, `initializer` is unknown, gives
        another shape or numbers that are not finite, or the inputs of a call do not have
        `input_size` numbers each.

    Notes
    -----
    Built on the page `from-scratch`.

    References
    ----------
    .. [1] X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010.

    Examples
    --------
    >>> layer = NaiveDense(784, 512, activation=None)
    >>> layer(np.ones((2, 784), dtype="float32")).shape.as_list()
    [2, 512]
    """

    trainable: bool = True

    def __init__(
        self,
        input_size: int,
        output_size: int,
        activation: Activation | None,
        *,
        initializer: str | Initializer = "uniform",
        seed: int | np.random.Generator | None = None,
        engine: Any = None,
    ) -> None:
        self.input_size = _checks.whole_number("input_size", input_size, least=1)
        self.output_size = _checks.whole_number("output_size", output_size, least=1)
        if activation is not None and not callable(activation):
            raise TypeError(f"activation: expected a function or None. Received: {activation!r}")
        self.activation = activation
        # Kept by name, since a module cannot be copied or pickled.
        self._engine = "tensorflow" if engine is None else _engines.checked(engine).__name__
        shape = (self.input_size, self.output_size)
        self.W = self.engine.Variable(_first_kernel(shape, initializer, seed))
        self.b = self.engine.Variable(np.zeros(self.output_size, dtype=np.float32))

    def __call__(self, inputs: Any) -> Any:
        """Return the layer's output for a batch of inputs.

        Parameters
        ----------
        inputs : tensor of float32, shape (batch, input_size)
            One row for each example.

        Returns
        -------
        tensor of float32, shape (batch, output_size)
            ``activation(inputs @ W + b)``.
        """
        _checks.plain_numbers("inputs", inputs)
        shape = np.shape(inputs)
        if len(shape) < 2 or shape[-1] != self.input_size:
            raise ValueError(
                f"inputs: expected shape (batch, {self.input_size}). Received: shape {tuple(shape)}"
            )
        outputs = inputs @ self.W + self.b
        return outputs if self.activation is None else self.activation(outputs)

    @property
    def engine(self) -> Any:
        """The module that the weights come from."""
        return _engines.by_name(self._engine)

    @property
    def weights(self) -> list[Any]:
        """The kernel and the bias."""
        return [self.W, self.b]


class NaiveSequential:
    """A stack of layers: each takes what the one before it gives.

    Parameters
    ----------
    layers : sequence of layers
        Each can be called with a batch and has `weights`. At least one.

    Attributes
    ----------
    layers : list
        The layers, first to last.
    weights : list of Variable
        The weights of all layers, in their order; those of a layer that stands twice only once.
    trainable : bool
        Whether training moves the weights; True until you set it to False. A single layer, or one
        weight, can be left out of training by its own `trainable`.

    Raises
    ------
    TypeError
        If a layer cannot be called or has no `weights`.
    ValueError
        If there are no layers, or they do not all use the same engine.

    Notes
    -----
    Built on the page `from-scratch`.
    """

    trainable: bool = True

    def __init__(self, layers: Sequence[Any]) -> None:
        if not isinstance(layers, Iterable):
            raise TypeError(f"layers: expected a sequence of layers. Received: {layers!r}")
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("layers: expected at least one layer. Received: none")
        for k, layer in enumerate(self.layers):
            _checks.network(f"layers[{k}]", layer)
        engines = {layer.engine for layer in self.layers if hasattr(layer, "engine")}
        if len(engines) > 1:
            raise ValueError(
                "layers: expected the same engine in all layers. "
                f"Received: {sorted(engine.__name__ for engine in engines)}"
            )

    @property
    def engine(self) -> Any:
        """The module that the weights come from."""
        engines = (layer.engine for layer in self.layers if hasattr(layer, "engine"))
        return next(engines, None) or _engines.tensorflow()

    def __call__(self, inputs: Any) -> Any:
        """Return the output of the last layer for a batch of inputs of the first."""
        x = inputs
        for layer in self.layers:
            x = layer(x)
        return x

    @property
    def weights(self) -> list[Any]:
        """The weights of all layers, first to last, each once."""
        return each_once(weight for layer in self.layers for weight in layer.weights)

    @property
    def trainable_weights(self) -> list[Any]:
        """Those weights that training moves."""
        if not self.trainable:
            return []
        return each_once(weight for layer in self.layers for weight in trainable_weights(layer))


def _first_kernel(
    shape: tuple[int, int],
    initializer: str | Initializer,
    seed: int | np.random.Generator | None,
) -> NDArray[np.float32]:
    """Return the kernel to start from, checked."""
    if 8 * math.prod(shape) > sys.maxsize:
        raise ValueError(
            "input_size: expected one of which, times output_size, an array can be made. "
            f"Received: {_checks.shown(shape[0])}, times {_checks.shown(shape[1])}"
        )
    if seed is None:
        seed = int(np.random.randint(2**31))  # noqa: NPY002 - here the global seed shall count
    rng = _checks.generator("seed", seed)
    if callable(initializer):
        kernel = _checks.numbers("initializer", initializer(shape))
        with np.errstate(over="ignore"):
            kernel = kernel.astype(np.float32)
        _checks.numbers("initializer", kernel)
    elif initializer == "uniform":
        kernel = rng.uniform(0, 0.1, size=shape).astype(np.float32)
    elif initializer == "glorot_uniform":
        limit = np.sqrt(6 / sum(shape))
        kernel = rng.uniform(-limit, limit, size=shape).astype(np.float32)
    else:
        raise ValueError(
            "initializer: expected 'uniform', 'glorot_uniform' or a function of the shape. "
            f"Received: {initializer!r}"
        )
    if kernel.shape != shape:
        raise ValueError(
            f"initializer: expected values of shape {shape}. Received: shape {kernel.shape}"
        )
    return kernel
