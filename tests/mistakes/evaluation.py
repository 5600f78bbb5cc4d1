"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-evaluation-recall
# Divides by the columns: how many of the answers were right, the precision.
def recall_of(confusion):
    return np.diag(confusion) / confusion.sum(axis=0)


# %% ex-evaluation-recall
# Divides by all images.
def recall_of(confusion):
    return np.diag(confusion) / confusion.sum()


# %% ex-evaluation-recall
# The whole table.
def recall_of(confusion):
    return confusion / confusion.sum(axis=1, keepdims=True)


# %% right: ex-evaluation-recall
def recall_of(confusion):
    return [row[k] / sum(row) for k, row in enumerate(confusion)]


# %% ex-evaluation-plan
# Does not square the error.
def images_needed(accuracy, error):
    return accuracy * (1 - accuracy) / error


# %% ex-evaluation-plan
# The standard deviation in the place of the variance.
def images_needed(accuracy, error):
    return np.sqrt(accuracy * (1 - accuracy)) / error**2


# %% ex-evaluation-plan
# Always the worst case.
def images_needed(accuracy, error):
    return 0.25 / error**2


# %% right: ex-evaluation-plan
def images_needed(accuracy, error):
    return int(np.ceil(round((1 - accuracy) * accuracy / error**2, 6)))
