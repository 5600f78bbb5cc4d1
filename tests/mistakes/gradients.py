"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-gradients-sign
# Climbs.
def one_step(slope, x, step):
    return x + step * slope(x)


# %% ex-gradients-sign
# Always the same distance.
def one_step(slope, x, step):
    return x - step * np.sign(slope(x))


# %% ex-gradients-sign
# The movement, and not the place.
def one_step(slope, x, step):
    return -step * slope(x)


# %% ex-gradients-nudge
# Moves all entries at once.
def nudge(f, w):
    return np.full(len(w), (f(w + 1e-6) - f(w)) / 1e-6)


# %% ex-gradients-nudge
# Forgets to divide.
def nudge(f, w):
    return np.array([f(w + 1e-6 * move) - f(w) for move in np.eye(len(w))])


# %% ex-gradients-nudge
# Moves entries in place and leaves them there.
def nudge(f, w):
    slopes = []
    for k in range(len(w)):
        before = f(w)
        w[k] += 1e-6
        slopes.append((f(w) - before) / 1e-6)
    return np.array(slopes)


# %% right: ex-gradients-nudge
def nudge(f, w):
    moves = 1e-6 * np.eye(len(w))
    return [(f(w + move) - f(w - move)) / 2e-6 for move in moves]
