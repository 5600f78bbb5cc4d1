"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-scores-to-loss-stuck
# One half is taken for more than one half.
def repetitions(slope, score=-8.0):
    count = 0
    while (share := 1 / (1 + np.exp(-score))) < 0.5:
        score -= slope(share)
        count += 1
    return count


# %% ex-scores-to-loss-stuck
# Goes the wrong way.
def repetitions(slope, score=-8.0):
    count = 0
    while (share := 1 / (1 + np.exp(-score))) <= 0.5:
        score += slope(share)
        count += 1
    return count


# %% ex-scores-to-loss-stuck
# Gives the score to the slope.
def repetitions(slope, score=-8.0):
    count = 0
    while score <= 0:
        score -= slope(score)
        count += 1
    return count


# %% right: ex-scores-to-loss-stuck
def repetitions(slope, score=-8.0):
    for count in range(10**6):
        share = float(softmax(np.array([score, 0.0]))[0])
        if share > 0.5:
            return count
        score = score - slope(share)


# %% ex-scores-to-loss-log-softmax
# The logarithm of what has become 0.
def log_softmax(z):
    with np.errstate(divide="ignore"):
        return np.log(safe_softmax(z))


# %% ex-scores-to-loss-log-softmax
# Does not subtract the largest score.
def log_softmax(z):
    with np.errstate(over="ignore"):
        return z - np.log(np.exp(z).sum())


# %% ex-scores-to-loss-log-softmax
# Forgets the sum.
def log_softmax(z):
    return z - z.max()


# %% right: ex-scores-to-loss-log-softmax
def log_softmax(z):
    return z - np.logaddexp.reduce(z)
