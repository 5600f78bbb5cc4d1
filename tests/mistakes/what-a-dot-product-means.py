"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-what-a-dot-product-means-right-angle
# Right for [3, -1] only.
def at_right_angle(v):
    return np.array([2, 6]) / length([2, 6])


# %% ex-what-a-dot-product-means-right-angle
# The length is that of v.
def at_right_angle(v):
    return np.array([-v[1], v[0]])


# %% ex-what-a-dot-product-means-right-angle
# Exchanges the entries and forgets the sign.
def at_right_angle(v):
    return np.array([v[1], v[0]]) / length(v)


# %% right: ex-what-a-dot-product-means-right-angle
def at_right_angle(v):
    turn = np.array([[0, 1], [-1, 0]])
    return turn @ v / np.hypot(*v)


# %% ex-what-a-dot-product-means-many
# The largest product: long examples win.
def nearest_label(queries, examples, labels):
    return labels[(queries @ examples.T).argmax(axis=1)]


# %% ex-what-a-dot-product-means-many
# Positions and not labels.
def nearest_label(queries, examples, labels):
    return (queries @ examples.T / length(examples, axis=1)).argmax(axis=1)


# %% ex-what-a-dot-product-means-many
# Divides by the lengths of the queries, which changes no answer.
def nearest_label(queries, examples, labels):
    cosines = queries @ examples.T / length(queries, axis=1)[:, None]
    return labels[cosines.argmax(axis=1)]
