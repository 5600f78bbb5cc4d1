"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-relu-curves-maximum
# Adds to the wrong one.
def larger(u, v):
    return v + np.maximum(v - u, 0)


def largest_of_four(a, b, c, d):
    return larger(larger(a, b), larger(c, d))


# %% ex-relu-curves-maximum
# Compares with 0.
def larger(u, v):
    return np.maximum(u, 0) + np.maximum(v - u, 0)


def largest_of_four(a, b, c, d):
    return larger(larger(a, b), larger(c, d))


# %% ex-relu-curves-maximum
# Leaves the last one out.
def larger(u, v):
    return u + np.maximum(v - u, 0)


def largest_of_four(a, b, c, d):
    return larger(larger(a, b), c)


# %% right: ex-relu-curves-maximum
def larger(u, v):
    return np.where(u > v, u, v)


def largest_of_four(a, b, c, d):
    return larger(a, larger(b, larger(c, d)))


# %% ex-relu-curves-four
# One tooth.
def two_teeth(x):
    return tooth(x)


# %% ex-relu-curves-four
# The changes are the slopes themselves.
def two_teeth(x):
    ends, slopes = np.array([0, 0.25, 0.5, 0.75]), np.array([4, -4, 4, -4])
    return sum_of_hinges(x, ends, slopes, 0)


# %% ex-relu-curves-four
# Teeth of half the height.
def two_teeth(x):
    return tooth(tooth(x)) / 2


# %% right: ex-relu-curves-four
def two_teeth(x):
    return tooth(tooth(x))
