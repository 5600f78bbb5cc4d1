"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-first-weights-limit
# The limit is the standard deviation.
def he_uniform(rng, inputs, units):
    a = np.sqrt(2 / inputs)
    return rng.uniform(-a, a, (inputs, units))


# %% ex-first-weights-limit
# Glorot's limit.
def he_uniform(rng, inputs, units):
    a = np.sqrt(6 / (inputs + units))
    return rng.uniform(-a, a, (inputs, units))


# %% ex-first-weights-limit
# Draws from a normal distribution.
def he_uniform(rng, inputs, units):
    return rng.normal(0, np.sqrt(2 / inputs), (inputs, units))


# %% right: ex-first-weights-limit
def he_uniform(rng, inputs, units):
    return (2 * rng.random((inputs, units)) - 1) * (6 / inputs) ** 0.5


# %% ex-first-weights-linear
# Leaves relu in.
def growth_without_relu(x, deviation, layers, rng):
    h = x
    for _ in range(layers):
        h = np.maximum(h @ rng.normal(0, deviation, (h.shape[1], h.shape[1])), 0)
    return size(h) / size(x)


# %% ex-first-weights-linear
# The size itself, and not how many times it grew.
def growth_without_relu(x, deviation, layers, rng):
    h = x
    for _ in range(layers):
        h = h @ rng.normal(0, deviation, (h.shape[1], h.shape[1]))
    return size(h)


# %% ex-first-weights-linear
# Sends x through each layer and not the result of the layer before.
def growth_without_relu(x, deviation, layers, rng):
    h = x
    for _ in range(layers):
        h = x @ rng.normal(0, deviation, (x.shape[1], x.shape[1]))
    return size(h) / size(x)
