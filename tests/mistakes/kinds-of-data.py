"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-kinds-of-data-new
# Uses the table's own mean and deviation.
def standardise(table, reference):
    return (table - table.mean(axis=0)) / table.std(axis=0)


# %% ex-kinds-of-data-new
# One mean and one deviation for all features together.
def standardise(table, reference):
    return (table - reference.mean()) / reference.std()


# %% ex-kinds-of-data-new
# Forgets to divide.
def standardise(table, reference):
    return table - reference.mean(axis=0)


# %% ex-kinds-of-data-decode
# Looks along the columns.
def decode(vectors, vocabulary):
    return [vocabulary[code] for code in vectors.argmax(axis=0)]


# %% ex-kinds-of-data-decode
# Gives the codes and not the words.
def decode(vectors, vocabulary):
    return vectors.argmax(axis=1).tolist()


# %% ex-kinds-of-data-labels
# The matrix of all classes, whatever the labels.
def encode(labels, classes):
    return np.eye(classes, dtype="float32")


# %% ex-kinds-of-data-labels
# As many columns as the largest label needs.
def encode(labels, classes):
    return np.eye(max(labels) + 1, dtype="float32")[labels]


# %% ex-kinds-of-data-labels
# The default dtype.
def encode(labels, classes):
    return np.eye(classes)[labels]


# %% right: ex-kinds-of-data-labels
def encode(labels, classes):
    return (np.arange(classes) == np.reshape(labels, (-1, 1))).astype("float32")
