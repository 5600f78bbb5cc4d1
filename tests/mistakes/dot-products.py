"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-dot-products-shapes
# Knows matrices only.
def shape_of_product(one, other):
    return (one[0], other[-1]) if one[-1] == other[0] else None


# %% ex-dot-products-shapes
# Compares the outer lengths.
def shape_of_product(one, other):
    return one[:-1] + other[1:] if one[0] == other[-1] else None


# %% ex-dot-products-shapes
# Never refuses.
def shape_of_product(one, other):
    return one[:-1] + other[1:]


# %% right: ex-dot-products-shapes
def shape_of_product(one, other):
    try:
        return np.dot(np.ones(one), np.ones(other)).shape
    except ValueError:
        return None


# %% ex-dot-products-count
# Multiplies all sizes.
def multiplications(sizes):
    product = 1
    for size in sizes:
        product *= size
    return product


# %% ex-dot-products-count
# Counts the biases, which are added.
def multiplications(sizes):
    return sum((a + 1) * b for a, b in zip(sizes, sizes[1:]))


# %% ex-dot-products-outer
# Keeps only the last round.
def dot_over_k(x, y):
    for k in range(x.shape[1]):
        total = x[:, k : k + 1] * y[k]
    return total


# %% ex-dot-products-outer
# One round too few.
def dot_over_k(x, y):
    total = np.zeros((x.shape[0], y.shape[1]))
    for k in range(x.shape[1] - 1):
        total += x[:, k : k + 1] * y[k]
    return total


# %% right: ex-dot-products-outer
def dot_over_k(x, y):
    return sum(np.outer(x[:, k], y[k]) for k in range(len(y)))


# %% right: ex-dot-products-outer
def dot_over_k(x, y):
    total = [[0] * len(y[0]) for _ in x]
    for k in range(len(y)):
        total = [
            [total[i][j] + x[i][k] * y[k][j] for j in range(len(y[0]))] for i in range(len(x))
        ]
    return total
