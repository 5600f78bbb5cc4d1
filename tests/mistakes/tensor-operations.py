"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-tensor-operations-silent
# Hides the wrong table behind a mean of its own.
def mean_squared_error(predictions, targets):
    return np.mean(predictions - targets) ** 2


# %% ex-tensor-operations-silent
# Turns the column the other way, which still makes a table when the target is a column.
def mean_squared_error(predictions, targets):
    return np.mean((predictions.T - targets) ** 2)


# %% ex-tensor-operations-silent
# Adds up and does not average.
def mean_squared_error(predictions, targets):
    return np.sum((predictions.reshape(-1) - targets.reshape(-1)) ** 2)


# %% right: ex-tensor-operations-silent
def mean_squared_error(predictions, targets):
    errors = [(float(p) - float(t)) ** 2 for p, t in zip(predictions.flat, targets.flat)]
    return sum(errors) / len(errors)


# %% ex-tensor-operations-lists
# For lists, + joins.
def add_relu_lists(x, y):
    return [a + b for a, b in zip(x, y)]


# %% ex-tensor-operations-lists
# Takes relu before adding.
def add_relu_lists(x, y):
    return [[max(a, 0) + max(b, 0) for a, b in zip(*rows)] for rows in zip(x, y)]


# %% ex-tensor-operations-lists
# Writes into its argument.
def add_relu_lists(x, y):
    for i in range(len(x)):
        for j in range(len(x[0])):
            x[i][j] = max(x[i][j] + y[i][j], 0.0)
    return x
