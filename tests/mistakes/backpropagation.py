"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-backpropagation-hand
# Forgets the slope of the inner function.
def slope_at(x):
    return 1 - np.tanh(x**2) ** 2


# %% ex-backpropagation-hand
# Takes the outer slope at x in the place of x².
def slope_at(x):
    return (1 - np.tanh(x) ** 2) * 2 * x


# %% ex-backpropagation-hand
# Adds the two factors.
def slope_at(x):
    return (1 - np.tanh(x**2) ** 2) + 2 * x


# %% right: ex-backpropagation-hand
def slope_at(x):
    return 2 * x / np.cosh(x * x) ** 2


# %% ex-backpropagation-lost
# Watches a copy.
def three_squares(x):
    copy = Variable(x.numpy())
    return copy**2 * 3


# %% ex-backpropagation-lost
# Wraps what NumPy has computed.
def three_squares(x):
    return Tensor(3 * x.numpy() ** 2)


# %% ex-backpropagation-lost
# One factor has lost its trace.
def three_squares(x):
    return x * x.numpy() * 3


# %% right: ex-backpropagation-lost
def three_squares(x):
    return Tensor(3.0) * x * x
