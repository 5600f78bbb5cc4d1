"""The optimizers are held against Keras' own, and against their formulas at the edges."""

import copy
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from dlbook import (
    NaiveDense,
    NaiveSequential,
    autodiff,
    fit,
    one_training_step,
    optimizers,
    update_weights,
)

pytestmark = pytest.mark.numeric

repeatable = settings(deadline=None, derandomize=True, max_examples=25)

# All these numbers are exact in float32: Keras rounds some settings to it, even for float64.
EXACT = [
    ("SGD", dict(learning_rate=0.03125, momentum=0.875)),
    ("SGD", dict(learning_rate=0.25, momentum=0.125, nesterov=True)),
    ("SGD", dict(learning_rate=0.0078125, momentum=1.0)),
    ("Adagrad", dict(learning_rate=0.125)),
    ("Adagrad", dict(learning_rate=0.5, initial_accumulator_value=0.0, epsilon=0.0625)),
    ("RMSprop", dict(learning_rate=0.0625)),
    ("RMSprop", dict(learning_rate=0.0625, rho=0.0, epsilon=0.125)),
    ("Adam", dict(learning_rate=0.0625)),
    ("Adam", dict(learning_rate=0.0625, beta_1=0.0, beta_2=0.75, epsilon=0.125)),
]
USUAL = [
    ("SGD", {}),
    ("SGD", dict(learning_rate=0.01, momentum=0.9, nesterov=True)),
    ("Adagrad", {}),
    ("RMSprop", {}),
    ("Adam", dict(learning_rate=0.01)),
]
ALL = [optimizers.SGD, optimizers.Adagrad, optimizers.RMSprop, optimizers.Adam]
ENGINES = {"tape": (autodiff.Variable, autodiff.Tensor), "tensorflow": (tf.Variable, tf.constant)}


def cases(settings_of_each):
    return pytest.mark.parametrize(
        ("name", "how"),
        settings_of_each,
        ids=[f"{n}-{k}" for k, (n, _) in enumerate(settings_of_each)],
    )


def path(optimizer, variable, tensor, starts, gradients):
    """All positions of the weights on the way, when the optimizer is given these gradients."""
    weights = [variable(start) for start in starts]
    positions = [[weight.numpy() for weight in weights]]
    for step in gradients:
        optimizer.apply_gradients(zip(map(tensor, step), weights, strict=True))
        positions.append([weight.numpy() for weight in weights])
    return positions


def random_walk(rng, dtype, steps=200):
    """Starts of two weights, and gradients for each step, of sizes from 0.01 to 10."""
    shapes = [(3, 4), ()]

    def draw(shape):
        return np.asarray(rng.normal(size=shape) * 10 ** rng.uniform(-2, 1, shape), dtype)

    return [draw(shape) for shape in shapes], [[draw(s) for s in shapes] for _ in range(steps)]


def assert_same_path(ours, theirs, dtype, tolerance):
    assert len(ours) == len(theirs) == 201
    for mine, keras_own in zip(ours, theirs, strict=True):
        for a, b in zip(mine, keras_own, strict=True):
            assert a.dtype == b.dtype == dtype
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@cases(EXACT)
def test_in_float64_the_path_is_that_of_keras(rng, name, how):
    starts, gradients = random_walk(rng, "float64")
    own = path(getattr(keras.optimizers, name)(**how), *ENGINES["tensorflow"], starts, gradients)
    for engine in ENGINES.values():
        ours = path(getattr(optimizers, name)(**how), *engine, starts, gradients)
        assert_same_path(ours, own, "float64", 1e-6)


@cases(USUAL)
def test_in_float32_the_path_is_that_of_keras(rng, name, how):
    starts, gradients = random_walk(rng, "float32")
    own = path(getattr(keras.optimizers, name)(**how), *ENGINES["tensorflow"], starts, gradients)
    for engine in ENGINES.values():
        ours = path(getattr(optimizers, name)(**how), *engine, starts, gradients)
        assert_same_path(ours, own, "float32", 1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_in_float16_the_betas_of_adam_are_halves_as_in_keras(engine):
    # As a half 0.999 is 0.99902, so its distance from 1 is 2.3 % less and its root 1.2 %. Each
    # operation rounds by 2**-11 at most, and there are about eight on either way: 0.8 %.
    own = keras.optimizers.Adam(0.0625)
    moved = []
    for optimizer, (variable, tensor) in [
        (own, ENGINES["tensorflow"]),
        (optimizers.Adam(0.0625), ENGINES[engine]),
    ]:
        weight = variable(np.zeros(3, "float16"))
        optimizer.apply_gradients([(tensor(np.array([0.5, 1, -2], "float16")), weight)])
        moved.append(np.asarray(weight.numpy(), "float64"))
    np.testing.assert_allclose(moved[1], moved[0], rtol=16 * 2**-11)


@pytest.mark.parametrize("optimizer", ALL)
def test_defaults_are_those_of_keras(optimizer):
    config = getattr(keras.optimizers, optimizer.__name__)().get_config()
    ours = {name: value for name, value in vars(optimizer()).items() if name in config}
    assert {"learning_rate"} < set(ours)
    for name, value in ours.items():
        assert value == pytest.approx(config[name], rel=1e-7), name


def test_adagrad_starts_with_the_total_of_keras():
    """With a gradient of 1 the first step is 1 / sqrt(0.1 + 1)."""
    w = autodiff.Variable([0.0])
    optimizers.Adagrad(1.0, epsilon=0).apply_gradients([(np.array([1.0]), w)])
    assert float(w[0]) == pytest.approx(-1 / math.sqrt(1.1))


def test_weights_of_a_keras_model_can_be_moved():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    before = model.get_weights()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(tf.ones((1, 2))))
    gradients = tape.gradient(loss, model.trainable_weights)
    update_weights(gradients, model.trainable_weights, optimizer=optimizers.SGD(0.5))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_allclose(new, old - 0.5, atol=1e-7)


def small_model(engine):
    options = {"initializer": "glorot_uniform", "engine": engine}
    return NaiveSequential(
        [
            NaiveDense(6, 5, engine.tanh, seed=0, **options),
            NaiveDense(
                5, 3, autodiff.softmax if engine is autodiff else tf.nn.softmax, seed=1, **options
            ),
        ]
    )


@pytest.mark.parametrize("optimizer", ALL)
def test_fit_takes_the_same_way_with_ours_under_both_tapes_as_with_that_of_keras(rng, optimizer):
    data = rng.normal(size=(100, 6)).astype("float32"), rng.integers(0, 3, size=100)
    twin = getattr(keras.optimizers, optimizer.__name__)(learning_rate=0.01)
    how = dict(epochs=2, batch_size=32, verbose=0, run_eagerly=True)
    wanted = fit(small_model(tf), *data, optimizer=twin, **how)["batch_loss"]
    for engine in (tf, autodiff):
        losses = fit(small_model(engine), *data, optimizer=optimizer(0.01), **how)["batch_loss"]
        np.testing.assert_allclose(losses, wanted, rtol=1e-5)
    assert len(set(wanted)) == 8


def test_training_steps_lower_the_loss_of_one_batch(rng):
    images, labels = rng.normal(size=(32, 6)).astype("float32"), rng.integers(0, 3, size=32)
    for make in ALL:
        model, optimizer = small_model(autodiff), make(0.01)
        losses = [
            float(one_training_step(model, images, labels, optimizer=optimizer)) for _ in range(20)
        ]
        assert losses[-1] < losses[0], make.__name__
        assert optimizer.iterations == 20


@repeatable
@given(st.floats(0.01, 1), st.floats(0, 0.95), st.floats(0.1, 5), st.booleans())
def test_under_a_constant_gradient_momentum_reaches_its_final_speed(rate, momentum, g, nesterov):
    w = autodiff.Variable(0.0)
    optimizer = optimizers.SGD(rate, momentum=momentum, nesterov=nesterov)
    for _ in range(400):
        before = float(w)
        optimizer.apply_gradients([(np.array(g), w)])
    assert float(w) - before == pytest.approx(-rate * g / (1 - momentum), rel=1e-5)


@repeatable
@given(st.floats(0.1, 1e3), st.sampled_from([-1.0, 1.0]))
def test_the_first_step_of_adam_has_the_size_of_the_learning_rate(size, sign):
    w = autodiff.Variable(0.0)
    optimizers.Adam(0.25).apply_gradients([(np.array(sign * size), w)])
    assert float(w) == pytest.approx(-sign * 0.25, rel=1e-3)


@repeatable
@given(st.floats(0.01, 100))
def test_rules_that_scale_do_not_see_the_scale_of_the_loss(scale):
    gradients = np.random.default_rng(0).normal(size=(20, 3))
    for make in (
        lambda: optimizers.Adagrad(0.1, initial_accumulator_value=0, epsilon=0),
        lambda: optimizers.RMSprop(0.1, epsilon=0),
        lambda: optimizers.Adam(0.1, epsilon=0),
    ):
        ends = []
        for factor in (1, scale):
            w = autodiff.Variable(np.zeros(3))
            optimizer = make()
            for gradient in gradients:
                optimizer.apply_gradients([(factor * gradient, w)])
            ends.append(w.numpy())
        np.testing.assert_allclose(*ends, rtol=1e-8)


@pytest.mark.parametrize("make", ALL)
def test_a_weight_moves_as_it_would_alone(rng, make):
    """Each weight has a memory of its own."""
    gradients = rng.normal(size=(10, 2))
    together, alone = make(0.1), [make(0.1), make(0.1)]
    pair = [autodiff.Variable(1.0), autodiff.Variable(2.0)]
    singles = [autodiff.Variable(1.0), autodiff.Variable(2.0)]
    for step in gradients:
        together.apply_gradients(zip(step, pair, strict=True))
        for optimizer, gradient, weight in zip(alone, step, singles, strict=True):
            optimizer.apply_gradients([(gradient, weight)])
    assert [float(w) for w in pair] == [float(w) for w in singles]


def test_gradients_are_left_as_they_are(rng):
    gradient = rng.normal(size=3)
    for make in ALL:
        kept = gradient.copy()
        optimizer, w = make(0.1), autodiff.Variable(np.zeros(3))
        for _ in range(3):
            optimizer.apply_gradients([(gradient, w)])
        np.testing.assert_array_equal(gradient, kept)


def test_the_learning_rate_can_be_changed_between_steps():
    w, optimizer = autodiff.Variable(0.0), optimizers.SGD(1.0)
    optimizer.apply_gradients([(np.array(1.0), w)])
    optimizer.learning_rate = 0.5
    optimizer.apply_gradients([(np.array(1.0), w)])
    assert float(w) == -1.5


def test_a_copy_of_weights_and_optimizer_goes_on_by_itself():
    w, optimizer = autodiff.Variable([1.0]), optimizers.Adam(0.1)
    optimizer.apply_gradients([(np.array([1.0]), w)])
    w_2, optimizer_2 = copy.deepcopy((w, optimizer))
    optimizer_2.apply_gradients([(np.array([1.0]), w_2)])
    assert float(w_2[0]) < float(w[0])
    optimizer.apply_gradients([(np.array([1.0]), w)])
    assert float(w_2[0]) == float(w[0])


def test_a_rule_of_ones_own_needs_a_movement_only():
    class SignDescent(optimizers.Optimizer):
        def movement(self, gradient, memory):
            memory.steps = memory.steps + 1
            return -self.learning_rate * np.sign(gradient) / memory.steps

    w, optimizer = autodiff.Variable([0.0, 0.0]), SignDescent(0.5, steps=0)
    for _ in range(2):
        optimizer.apply_gradients([(np.array([3.0, -0.1]), w)])
    np.testing.assert_allclose(w.numpy(), [-0.75, 0.75])
    with pytest.raises(NotImplementedError):
        optimizers.Optimizer(0.1).apply_gradients([(np.array([1.0, 1.0]), w)])


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        (dict(learning_rate=0), ValueError, "learning_rate: .* above 0. Received: 0"),
        (dict(learning_rate=-1.0), ValueError, "learning_rate: "),
        (dict(learning_rate=math.nan), ValueError, "learning_rate: expected a finite number"),
        (dict(learning_rate=math.inf), ValueError, "learning_rate: "),
        (dict(learning_rate="fast"), TypeError, "learning_rate: expected a number.*'fast'"),
        (dict(learning_rate=True), TypeError, "learning_rate: "),
        (dict(momentum=1.5), ValueError, "momentum: .* at least 0 and at most 1. Received: 1.5"),
        (dict(momentum=-0.1), ValueError, "momentum: "),
        (dict(momentum=None), TypeError, "momentum: "),
        (dict(initial_accumulator_value=-1), ValueError, "initial_accumulator_value: "),
        (dict(rho=1.1), ValueError, "rho: .* at least 0 and at most 1"),
        (dict(rho="0.9"), TypeError, "rho: "),
        (dict(beta_1=1.0), ValueError, "beta_1: .* at least 0 and below 1. Received: 1.0"),
        (dict(beta_2=1), ValueError, "beta_2: .* below 1"),
        (dict(epsilon=-1e-9), ValueError, "epsilon: .* at least 0"),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(how, error, message):
    (setting,) = how
    takers = [make for make in ALL if setting in make.__init__.__annotations__]
    assert takers
    for make in takers:
        with pytest.raises(error, match=message):
            make(**how)


def test_a_missing_gradient_is_an_error_and_moves_nothing():
    weights = [autodiff.Variable([1.0]), autodiff.Variable([2.0])]
    with pytest.raises(ValueError, match=r"gradients\[1\]: .*Received: None"):
        optimizers.SGD().apply_gradients(zip([np.array([1.0]), None], weights, strict=True))
    assert [float(w[0]) for w in weights] == [1.0, 2.0]


def test_a_first_call_that_failed_leaves_the_optimizer_as_new():
    optimizer = optimizers.Adam()
    with pytest.raises(ValueError, match="Received: None"):
        optimizer.apply_gradients([(None, autodiff.Variable([1.0]))])
    weight = autodiff.Variable([2.0])
    optimizer.apply_gradients([(np.array([1.0]), weight)])
    assert weight.numpy() < 2


def test_a_switch_is_true_or_false():
    with pytest.raises(TypeError, match="nesterov: expected True or False. Received: 'no'"):
        optimizers.SGD(nesterov="no")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_gradient_of_another_shape_is_an_error(engine):
    variable, tensor = ENGINES[engine]
    with pytest.raises(ValueError, match=r"gradients\[0\]: .* shape \(2,\). Received: \(\)"):
        optimizers.SGD().apply_gradients([(tensor(1.0), variable([1.0, 2.0]))])


def test_no_gradients_at_all_are_an_error():
    with pytest.raises(ValueError, match="grads_and_vars: .*Received: none"):
        optimizers.SGD().apply_gradients([])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("others", [[(2,)], [(2,), (3,), (3,)], [(3,), (2,)], [(2,), (3,)]])
def test_other_weights_than_those_of_the_first_call_are_an_error(engine, others):
    variable, tensor = ENGINES[engine]
    optimizer = optimizers.Adam()

    def step(weights):
        gradients = [tensor(np.ones(weight.shape)) for weight in weights]
        optimizer.apply_gradients(zip(gradients, weights, strict=True))

    first = [variable(np.zeros(2)), variable(np.zeros(3))]
    step(first)
    weights = [variable(np.zeros(shape)) for shape in others]
    with pytest.raises(
        ValueError,
        match=r"weights: .* of shapes \(2,\), \(3,\)\. Received: other weights, of shapes .*; "
        "they need an optimizer of their own$",
    ):
        step(weights)
    assert all(np.all(weight.numpy() == 0) for weight in weights)
    step(first)
    assert optimizer.iterations == 2


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(
    ("value", "error"),
    [(math.nan, ValueError), (math.inf, ValueError), (-5, ValueError), (0, ValueError),
     ("x", TypeError), (None, TypeError), (True, TypeError)],
)  # fmt: skip
def test_a_bad_learning_rate_is_refused_when_it_is_set(make, value, error):
    optimizer = make(0.25)
    with pytest.raises(error, match="learning_rate: expected a "):
        optimizer.learning_rate = value
    assert optimizer.learning_rate == 0.25


@pytest.mark.parametrize(
    ("make", "setting", "good", "bad"),
    [
        (optimizers.SGD, "momentum", 0.5, 2),
        (optimizers.SGD, "momentum", 0, math.nan),
        (optimizers.SGD, "nesterov", True, 1),
        (optimizers.Adagrad, "epsilon", 1, -1),
        (optimizers.RMSprop, "rho", 0.5, 1.5),
        (optimizers.RMSprop, "epsilon", 1, "small"),
        (optimizers.Adam, "beta_1", 0.5, 1.0),
        (optimizers.Adam, "beta_2", 0.5, -0.5),
        (optimizers.Adam, "epsilon", 0, math.inf),
    ],
)
def test_other_settings_are_checked_when_they_are_set(make, setting, good, bad):
    optimizer = make(0.25)
    setattr(optimizer, setting, good)
    with pytest.raises((TypeError, ValueError), match=f"{setting}: expected "):
        setattr(optimizer, setting, bad)
    assert getattr(optimizer, setting) == good


def test_a_setting_can_be_a_number_of_numpy_and_is_kept_as_a_float():
    optimizer = optimizers.SGD(np.float32(0.5))
    optimizer.momentum = np.int8(1)
    assert type(optimizer.learning_rate) is type(optimizer.momentum) is float


def test_the_settings_of_a_class_say_what_they_allow():
    assert optimizers.Adam.beta_1.bounds == {"least": 0, "below": 1}
    assert optimizers.SGD.nesterov.name == "nesterov"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_weight_that_comes_twice_is_refused(engine):
    variable, tensor = ENGINES[engine]
    w, other, optimizer = variable([1.0]), variable([2.0]), optimizers.SGD(0.5)
    pairs = [(tensor(np.ones(1, "float32")), weight) for weight in (w, other, w)]
    with pytest.raises(ValueError, match=r"weights: .*once.*weights\[2\] is weights\[0\]"):
        optimizer.apply_gradients(pairs)
    assert [float(weight[0]) for weight in (w, other)] == [1.0, 2.0]
    assert optimizer.iterations == 0


@pytest.mark.parametrize("make", [optimizers.SGD, optimizers.Adam])
def test_some_of_the_first_weights_may_stay_away_as_in_keras(rng, make):
    """As after a layer was frozen; the others go on with their memories, in any order."""
    starts, gradients = random_walk(rng, "float64", steps=3)
    how = {"learning_rate": 0.25} | ({"momentum": 0.5} if make is optimizers.SGD else {})
    ends = []
    for optimizer in (make(**how), getattr(keras.optimizers, make.__name__)(**how)):
        weights = [tf.Variable(start) for start in starts]
        for k, step in enumerate(gradients):
            pairs = list(zip(map(tf.constant, step), weights, strict=True))
            optimizer.apply_gradients([pairs, pairs[:1], pairs[::-1]][k])
        ends.append([weight.numpy() for weight in weights])
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("fault", ["raises", "shape"])
def test_a_movement_that_fails_moves_no_weight_and_leaves_the_memories(fault):
    class Counts(optimizers.Optimizer):
        broken = False

        def movement(self, gradient, memory):
            memory.steps = memory.steps + 1
            if self.broken and gradient.size == 2:
                if fault == "shape":
                    return np.ones(3)
                raise RuntimeError("stumbled")
            return memory.steps * gradient

    weights = [autodiff.Variable([0.0]), autodiff.Variable([0.0, 0.0])]
    optimizer = Counts(0.5, steps=0)

    def step():
        optimizer.apply_gradients(zip([np.ones(1), np.ones(2)], weights, strict=True))

    step()
    optimizer.broken = True
    with pytest.raises((RuntimeError, ValueError), match=r"stumbled|movement of weights\[1\]: "):
        step()
    assert [weight.numpy().tolist() for weight in weights] == [[1.0], [1.0, 1.0]]
    optimizer.broken = False
    step()
    assert [weight.numpy().tolist() for weight in weights] == [[3.0], [3.0, 3.0]]
    assert optimizer.iterations == 2
