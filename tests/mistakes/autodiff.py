"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-autodiff-sin
# Drops what comes back.
@differentiable(lambda g, out, x: np.cos(x))
def sin(x, /):
    return np.sin(x)


# %% ex-autodiff-sin
# The derivative of the cosine.
@differentiable(lambda g, out, x: -g * np.sin(x))
def sin(x, /):
    return np.sin(x)


# %% ex-autodiff-sin
# Takes the cosine of the output.
@differentiable(lambda g, out, x: g * np.cos(out))
def sin(x, /):
    return np.sin(x)


# %% right: ex-autodiff-sin
@differentiable(lambda g, out, x: g * np.sin(x + np.pi / 2))
def sin(x, /):
    return np.sin(x)


# %% ex-autodiff-broken
# The output is missing.
@differentiable(lambda g, out, x: g * 0.5)
def mended(x, /):
    return np.sqrt(x)


# %% ex-autodiff-broken
# Divides by x and not by its root.
@differentiable(lambda g, out, x: g * 0.5 / x)
def mended(x, /):
    return np.sqrt(x)


# %% ex-autodiff-broken
# Drops what comes back.
@differentiable(lambda g, out, x: 0.5 / out)
def mended(x, /):
    return np.sqrt(x)


# %% right: ex-autodiff-broken
@differentiable(lambda g, out, x: g * 0.5 * x**-0.5)
def mended(x, /):
    return np.sqrt(x)


# %% ex-autodiff-dual
# Multiplies the slopes.
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        return Dual(self.value * other.value, self.slope * other.slope)


# %% ex-autodiff-dual
# Returns a plain number.
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return self.value + other.value

    def __mul__(self, other):
        return self.value * other.value


# %% ex-autodiff-dual
# Lets only the first factor change.
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        return Dual(self.value * other.value, self.slope * other.value)
