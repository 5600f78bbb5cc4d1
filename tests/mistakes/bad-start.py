"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-bad-start-clip
# Clips nothing.
def clipped_loss(probability):
    with np.errstate(divide="ignore"):
        return -np.log(probability)


# %% ex-bad-start-clip
# Adds in the place of clipping, which changes all small probabilities.
def clipped_loss(probability):
    return -np.log(probability + 1e-3)


# %% ex-bad-start-clip
# The logarithm to the base 10.
def clipped_loss(probability):
    return -np.log10(np.maximum(probability, 1e-7))


# %% right: ex-bad-start-clip
def clipped_loss(probability):
    return -np.log(np.clip(probability, 1e-7, 1 - 1e-7))


# %% right: ex-bad-start-clip
def clipped_loss(probability):
    return np.where(
        np.asarray(probability) < 1e-7, 7 * np.log(10), -np.log(np.maximum(probability, 1e-7))
    )
