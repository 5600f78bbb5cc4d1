"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-tensors-flip
# The batch is turned, and not the images.
def by_slice(images):
    return images[::-1]


def by_places(images):
    return images[list(range(len(images) - 1, -1, -1))]


# %% ex-tensors-flip
# Left and right are exchanged.
def by_slice(images):
    return images[:, :, ::-1]


def by_places(images):
    return images[:, :, list(range(images.shape[2] - 1, -1, -1))]


# %% ex-tensors-flip
# The list of positions leaves out the first row.
def by_slice(images):
    return images[:, ::-1]


def by_places(images):
    return images[:, list(range(images.shape[1] - 1, 0, -1))]


# %% right: ex-tensors-flip
def by_slice(images):
    return np.flip(images, axis=1)


def by_places(images):
    return images[:, np.arange(images.shape[1])[::-1]]


# %% ex-tensors-mean
# One number for each class: all axes are averaged.
def class_means(images, labels):
    return np.array([images[labels == k].mean() for k in range(10)])


# %% ex-tensors-mean
# The sum of small integers wraps around.
def class_means(images, labels):
    means = []
    for k in range(10):
        chosen = images[labels == k]
        means.append(chosen.sum(axis=0, dtype="uint8") / len(chosen))
    return np.array(means)


# %% ex-tensors-mean
# The classes stand in the order in which they appear.
def class_means(images, labels):
    return np.array([images[labels == k].mean(axis=0) for k in dict.fromkeys(labels.tolist())])


# %% right: ex-tensors-mean
def class_means(images, labels):
    sums = np.zeros((10, *images.shape[1:]), dtype="float32")
    np.add.at(sums, labels, images)
    return sums / np.bincount(labels, minlength=10)[:, None, None]


# %% ex-tensors-batch
# Counts examples where it should count batches.
def nth_batch(examples, n, size):
    return examples[n : n + size]


# %% ex-tensors-batch
# Counts batches from 1.
def nth_batch(examples, n, size):
    return examples[(n - 1) * size : n * size]
