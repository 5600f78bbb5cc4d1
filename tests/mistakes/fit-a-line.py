"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-fit-a-line-two-points
# Forgets the factor 2 of the slope.
def steps_until(limit, day, height):
    w = b = count = 0
    while np.mean((error := w * day + b - height) ** 2) >= limit:
        w, b = w - 0.1 * np.mean(error * day), b - 0.1 * np.mean(error)
        count += 1
    return count, w, b


# %% ex-fit-a-line-two-points
# Takes one step too many.
def steps_until(limit, day, height):
    w = b = count = 0
    while True:
        error = w * day + b - height
        w, b = w - 0.2 * np.mean(error * day), b - 0.2 * np.mean(error)
        count += 1
        if np.mean(error**2) < limit:
            return count, w, b


# %% ex-fit-a-line-two-points
# Moves w first, and then b with the error of the new w.
def steps_until(limit, day, height):
    w = b = count = 0
    while np.mean((w * day + b - height) ** 2) >= limit:
        w = w - 0.2 * np.mean((w * day + b - height) * day)
        b = b - 0.2 * np.mean(w * day + b - height)
        count += 1
    return count, w, b


# %% ex-fit-a-line-back
# What one spread is worth, and not one unit.
def per_unit(features, price):
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    inputs = np.column_stack([scaled, np.ones(len(price))])
    w = np.zeros(3)
    for _ in range(200):
        w = w - 0.3 * 2 * inputs.T @ (inputs @ w - price) / len(price)
    return w[:2]


# %% ex-fit-a-line-back
# Multiplies by the spread where it should divide.
def per_unit(features, price):
    spread = features.std(axis=0)
    inputs = np.column_stack([(features - features.mean(axis=0)) / spread, np.ones(len(price))])
    w = np.zeros(3)
    for _ in range(200):
        w = w - 0.3 * 2 * inputs.T @ (inputs @ w - price) / len(price)
    return w[:2] * spread


# %% ex-fit-a-line-back
# Returns the bias, too.
def per_unit(features, price):
    spread = features.std(axis=0)
    inputs = np.column_stack([(features - features.mean(axis=0)) / spread, np.ones(len(price))])
    return np.linalg.lstsq(inputs, price, rcond=None)[0] / [*spread, 1]


# %% right: ex-fit-a-line-back
def per_unit(features, price):
    spread = features.std(axis=0)
    x = (features - features.mean(axis=0)) / spread
    w, b = np.zeros(x.shape[1]), 0.0
    for _ in range(200):
        error = x @ w + b - price
        w, b = w - 0.6 * np.mean(error[:, None] * x, axis=0), b - 0.6 * np.mean(error)
    return list(w / spread)
