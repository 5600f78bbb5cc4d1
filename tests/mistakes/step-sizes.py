"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-step-sizes-limit
# The flattest direction.
def largest_step(curvatures):
    return 2 / min(curvatures)


# %% ex-step-sizes-limit
# The step that ends a single direction at once.
def largest_step(curvatures):
    return 1 / max(curvatures)


# %% ex-step-sizes-limit
# The best step, which is below the largest.
def largest_step(curvatures):
    return 2 / (max(curvatures) + min(curvatures))


# %% ex-step-sizes-houses
# Leaves out the column of ones.
def bowl_of(features):
    low, *_, high = np.linalg.eigvalsh(2 / len(features) * features.T @ features)
    return 2 / high, high / low


# %% ex-step-sizes-houses
# Does not divide by the number of examples.
def bowl_of(features):
    X = np.column_stack([features, np.ones(len(features))])
    low, *_, high = np.linalg.eigvalsh(2 * X.T @ X)
    return 2 / high, high / low


# %% ex-step-sizes-houses
# The condition number upside down.
def bowl_of(features):
    X = np.column_stack([features, np.ones(len(features))])
    low, *_, high = np.linalg.eigvalsh(2 / len(X) * X.T @ X)
    return 2 / high, low / high


# %% right: ex-step-sizes-houses
def bowl_of(features):
    X = np.column_stack([features, np.ones(len(features))])
    sizes = np.linalg.svd(X, compute_uv=False)
    return len(X) / sizes[0] ** 2, (sizes[0] / sizes[-1]) ** 2
