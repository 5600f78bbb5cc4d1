"""Optimizers: rules that turn the gradients of a loss into movements of the weights.

With this module you can:

- take plain steps downhill, or steps with momentum, of two kinds: `SGD`;
- scale the step of each weight by the gradients that it has seen: `Adagrad`, `RMSprop`;
- do both at once: `Adam`;
- write a rule of your own: derive a class from `Optimizer` and give it a `movement`.

Each class is used as the Keras optimizer of the same name, has the same defaults, and moves
the weights the same way:

>>> from dlbook.autodiff import GradientTape, Variable
>>> w = Variable([3.0, 4.0])
>>> with GradientTape() as tape:
...     loss = w @ w
>>> SGD(learning_rate=0.25).apply_gradients([(tape.gradient(loss, w), w)])
>>> w.numpy()
array([1.5, 2. ])

The rules need no more of an array than its operators, and no more of a variable than
``assign_add``. So they work on the variables of `dlbook.autodiff`, of TensorFlow and of Keras,
and know none of these.

The pages `gradients` and `optimizers` explain them.
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np

from dlbook import _checks
from dlbook._updates import AllOrNone, fitting_gradients


class _Number:
    """A setting that is a number within bounds, which is checked whenever it is set."""

    def __init__(self, **bounds: float) -> None:
        self.bounds = bounds

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        return self if optimizer is None else vars(optimizer)[self.name]

    def __set__(self, optimizer: Any, value: Any) -> None:
        vars(optimizer)[self.name] = _checks.real_number(self.name, value, **self.bounds)


class _Switch(_Number):
    """A setting that is True or False, which is checked whenever it is set."""

    def __set__(self, optimizer: Any, value: Any) -> None:
        vars(optimizer)[self.name] = _checks.flag(self.name, value)


class Optimizer:
    """What all optimizers share: they go through the weights, and have a memory for each.

    Parameters
    ----------
    learning_rate : float
        The step size, finite and above 0. It may be changed between two steps, as all settings
        may; each is checked when it is set.
    **first_memory : float
        What is remembered of each weight before the first step: name and value.

    Attributes
    ----------
    learning_rate : float
        The step size.
    iterations : int
        How many steps have been taken.

    Raises
    ------
    TypeError
        If a setting or a first memory is not a number.
    ValueError
        If a setting is out of its range, or a first memory is not finite.

    Notes
    -----
    Explained on the page `optimizers`. Memories start as plain numbers, and become arrays of the
    weight's shape and dtype with the first step.

    Examples
    --------
    >>> class SignDescent(Optimizer):
    ...     def movement(self, gradient, memory):
    ...         return -self.learning_rate * np.sign(np.asarray(gradient))
    """

    learning_rate = _Number(above=0)

    def __init__(self, learning_rate: float, **first_memory: float) -> None:
        self.learning_rate = learning_rate
        self.iterations = 0
        for name, value in first_memory.items():
            _checks.real_number(name, value)
        self._first_memory = first_memory
        self._weights: list[Any] = []
        self._memories: list[SimpleNamespace] = []

    def movement(self, gradient: Any, memory: SimpleNamespace) -> Any:
        """Return what to add to a weight, and write down what to remember of it.

        Parameters
        ----------
        gradient : tensor of float
            The gradient of the loss for this weight, of the weight's shape.
        memory : types.SimpleNamespace
            What the step before has left here.

        Returns
        -------
        tensor of float
            The movement, of the weight's shape.
        """
        raise NotImplementedError(
            f"movement: expected a class with a rule of its own. Received: {type(self).__name__}"
        )

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Move each weight once; or none, if one cannot be moved.

        Parameters
        ----------
        grads_and_vars : iterable of (tensor, Variable)
            Each gradient with its weight. The first call says which weights there are, for the
            optimizer remembers something of each; later calls have these, or some of them.

        Raises
        ------
        TypeError
            If these are no pairs, a gradient is no tensor of real numbers, or a weight no variable.
        ValueError
            If there are no pairs, a weight is none of those of the first call or comes twice, a
            gradient is None or has not the shape of its weight, or a movement has not. No weight
            has moved then.
        """
        pairs = _checks.every("grads_and_vars", grads_and_vars, "pairs")
        for k, pair in enumerate(pairs):
            _checks.pair(f"grads_and_vars[{k}]", pair, "gradient, weight")
        if not pairs:
            raise ValueError("grads_and_vars: expected at least one gradient. Received: none")
        weights = [weight for _, weight in pairs]
        gradients = fitting_gradients([gradient for gradient, _ in pairs], weights)
        known = self._weights or weights
        places = {id(weight): place for place, weight in enumerate(known)}
        if not all(id(weight) in places for weight in weights):
            raise ValueError(
                f"weights: expected those of the first call, of shapes {_shapes(known)}. "
                f"Received: other weights, of shapes {_shapes(weights)}; they need an optimizer "
                "of their own"
            )
        # Copies, so that a movement that fails leaves the memories as they were.
        memories = self._memories or [SimpleNamespace(**self._first_memory) for _ in known]
        memories = [SimpleNamespace(**vars(memory)) for memory in memories]
        movements = [
            self._checked_movement(k, gradient, weight, memories[places[id(weight)]])
            for k, (gradient, weight) in enumerate(zip(gradients, weights, strict=True))
        ]
        with AllOrNone(weights):
            for weight, movement in zip(weights, movements, strict=True):
                weight.assign_add(movement)
            self._weights, self._memories = known, memories
            self.iterations += 1

    def _checked_movement(self, k: int, gradient: Any, weight: Any, memory: SimpleNamespace) -> Any:
        """Return the movement of a weight; raise if it is not of its shape."""
        movement = self.movement(gradient, memory)
        shape = tuple(np.shape(movement))
        if shape != tuple(weight.shape):
            raise ValueError(
                f"movement of weights[{k}]: expected the weight's shape {tuple(weight.shape)}. "
                f"Received: {shape}"
            )
        return movement


class SGD(Optimizer):
    """Gradient descent: step against the gradient; with momentum, keep some of the speed.

    For a weight ``w`` with the gradient ``g``::

        velocity = momentum * velocity - learning_rate * g
        w = w + velocity

    With Nesterov momentum the last line is::

        w = w + momentum * velocity - learning_rate * g

    Parameters
    ----------
    learning_rate : float, default 0.01
        The step size, above 0.
    momentum : float, default 0.0
        The share of the velocity that is left after each step, 0 to 1. At 0 this is plain
        gradient descent.
    nesterov : bool, default False
        Use Nesterov momentum [2]_ rather than classical momentum [1]_.

    Notes
    -----
    Explained on the page `optimizers`. Nothing in the rule itself is stochastic; the name comes
    from the batches, which are drawn by chance.

    References
    ----------
    .. [1] B. T. Polyak, "Some methods of speeding up the convergence of iteration methods",
       USSR Computational Mathematics and Mathematical Physics 4(5), 1964.
    .. [2] I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and
       momentum in deep learning", ICML 2013.
    """

    momentum = _Number(least=0, most=1)
    nesterov = _Switch()

    def __init__(
        self, learning_rate: float = 0.01, *, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(learning_rate, velocity=0.0)
        self.momentum = momentum
        self.nesterov = nesterov

    def movement(self, gradient: Any, memory: SimpleNamespace) -> Any:
        """Return the velocity, or with Nesterov momentum a look ahead of it."""
        memory.velocity = self.momentum * memory.velocity - self.learning_rate * gradient
        if self.nesterov:
            return self.momentum * memory.velocity - self.learning_rate * gradient
        return memory.velocity


class Adagrad(Optimizer):
    """Scale the step of each weight by all squares of its gradients so far.

    For a weight ``w`` with the gradient ``g``::

        total = total + g**2
        w = w - learning_rate * g / sqrt(total + epsilon)

    Parameters
    ----------
    learning_rate : float, default 0.001
        The step size, above 0.
    initial_accumulator_value : float, default 0.1
        What the total starts with, at least 0.
    epsilon : float, default 1e-7
        Keeps the divisor from 0; at least 0.

    Notes
    -----
    Explained on the page `optimizers`; from Duchi, Hazan and Singer [1]_.

    References
    ----------
    .. [1] J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
       stochastic optimization", JMLR 12, 2011.
    """

    epsilon = _Number(least=0)

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
    ) -> None:
        first = _checks.real_number("initial_accumulator_value", initial_accumulator_value, least=0)
        super().__init__(learning_rate, total=first)
        self.epsilon = epsilon

    def movement(self, gradient: Any, memory: SimpleNamespace) -> Any:
        """Return the step, divided by the root of the total."""
        memory.total = memory.total + gradient**2
        return -self.learning_rate * gradient / (memory.total + self.epsilon) ** 0.5


class RMSprop(Optimizer):
    """Scale the step of each weight by a mean of the recent squares of its gradients.

    For a weight ``w`` with the gradient ``g``::

        mean_square = rho * mean_square + (1 - rho) * g**2
        w = w - learning_rate * g / sqrt(mean_square + epsilon)

    Parameters
    ----------
    learning_rate : float, default 0.001
        The step size, above 0.
    rho : float, default 0.9
        The share of the mean that is left after each step, 0 to 1.
    epsilon : float, default 1e-7
        Keeps the divisor from 0; at least 0.

    Notes
    -----
    Explained on the page `optimizers`; from a lecture of Tieleman and Hinton [1]_. Keras' class
    also has `momentum` and `centered`, which are off by default and left out here.

    References
    ----------
    .. [1] T. Tieleman, G. Hinton, "Lecture 6.5: RMSprop", COURSERA: Neural Networks for Machine
       Learning, 2012.
    """

    rho = _Number(least=0, most=1)
    epsilon = _Number(least=0)

    def __init__(
        self, learning_rate: float = 0.001, *, rho: float = 0.9, epsilon: float = 1e-7
    ) -> None:
        super().__init__(learning_rate, mean_square=0.0)
        self.rho = rho
        self.epsilon = epsilon

    def movement(self, gradient: Any, memory: SimpleNamespace) -> Any:
        """Return the step, divided by the root of the mean square."""
        memory.mean_square = self.rho * memory.mean_square + (1 - self.rho) * gradient**2
        return -self.learning_rate * gradient / (memory.mean_square + self.epsilon) ** 0.5


class Adam(Optimizer):
    """Step along a mean of the recent gradients, scaled by a mean of their squares.

    For a weight ``w`` with the gradient ``g``, in step number ``t``, counted from 1::

        mean = beta_1 * mean + (1 - beta_1) * g
        mean_square = beta_2 * mean_square + (1 - beta_2) * g**2
        correction = sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w = w - learning_rate * correction * mean / (sqrt(mean_square) + epsilon)

    Parameters
    ----------
    learning_rate : float, default 0.001
        The step size, above 0.
    beta_1 : float, default 0.9
        The share of the mean that is left after each step, 0 or more and below 1.
    beta_2 : float, default 0.999
        The share of the mean square that is left after each step, 0 or more and below 1.
    epsilon : float, default 1e-7
        Keeps the divisor from 0; at least 0. It stands where Keras has it: the "epsilon hat" of
        the paper.

    Notes
    -----
    Explained on the page `optimizers`; from Kingma and Ba [1]_. Both means start at 0, so at
    first they are too small; the correction makes up for it.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015.
    """

    beta_1 = _Number(least=0, below=1)
    beta_2 = _Number(least=0, below=1)
    epsilon = _Number(least=0)

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(learning_rate, mean=0.0, mean_square=0.0)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def movement(self, gradient: Any, memory: SimpleNamespace) -> Any:
        """Return the step along the mean, divided by the root of the mean square."""
        memory.mean = self.beta_1 * memory.mean + (1 - self.beta_1) * gradient
        square = gradient**2
        memory.mean_square = self.beta_2 * memory.mean_square + (1 - self.beta_2) * square
        step = self.learning_rate * self._correction(gradient.dtype.name)
        return -step * memory.mean / (memory.mean_square**0.5 + self.epsilon)

    def _correction(self, dtype: str) -> float:
        """Return by how much the means are too small, since they started at 0."""
        # As in Keras: with float32 betas even for float64 weights, which the fifth digit shows.
        beta_1, beta_2 = np.array([self.beta_1, self.beta_2], np.float32).astype(dtype)
        t = self.iterations + 1
        return float((1 - beta_2**t) ** 0.5 / (1 - beta_1**t))


def _shapes(weights: list[Any]) -> str:
    """Return the shapes of the weights as text."""
    return ", ".join(str(tuple(weight.shape)) for weight in weights)
