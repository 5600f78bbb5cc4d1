"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-overfitting-patience
# Counts epochs from 0.
def stop(losses, patience):
    best = 0
    for epoch in range(len(losses)):
        best = epoch if losses[epoch] < losses[best] else best
        if epoch - best == patience:
            break
    return epoch, best


# %% ex-overfitting-patience
# Compares with the loss before, and not with the best.
def stop(losses, patience):
    waited, best = 0, 0
    for epoch in range(1, len(losses)):
        waited = waited + 1 if losses[epoch] >= losses[epoch - 1] else 0
        best = epoch if losses[epoch] < losses[best] else best
        if waited == patience:
            break
    return epoch + 1, best + 1


# %% ex-overfitting-patience
# Waits one epoch too long.
def stop(losses, patience):
    best = 0
    for epoch in range(len(losses)):
        best = epoch if losses[epoch] < losses[best] else best
        if epoch - best > patience:
            break
    return epoch + 1, best + 1


# %% right: ex-overfitting-patience
def stop(losses, patience):
    for epoch in range(1, len(losses) + 1):
        best = losses.index(min(losses[:epoch])) + 1
        if epoch - best >= patience:
            return epoch, best
    return epoch, best


# %% ex-overfitting-decay
# Takes the same amount away in each step.
def decayed(w, steps, rate, decay):
    return w * (1 - steps * rate * decay)


# %% ex-overfitting-decay
# Forgets the rate.
def decayed(w, steps, rate, decay):
    return w * (1 - decay) ** steps


# %% ex-overfitting-decay
# Keeps what is taken away.
def decayed(w, steps, rate, decay):
    return w * (rate * decay) ** steps


# %% right: ex-overfitting-decay
def decayed(w, steps, rate, decay):
    for _ in range(steps):
        w = w - rate * decay * w
    return w
