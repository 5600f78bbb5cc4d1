"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-from-scratch-steps
# The last batch is forgotten.
def steps_of(examples, batch_size, epochs):
    return epochs * (examples // batch_size)


# %% ex-from-scratch-steps
# Rounds up at the end only.
def steps_of(examples, batch_size, epochs):
    return int(np.ceil(epochs * examples / batch_size))


# %% ex-from-scratch-steps
# One batch more than there are.
def steps_of(examples, batch_size, epochs):
    return epochs * (examples // batch_size + 1)


# %% right: ex-from-scratch-steps
def steps_of(examples, batch_size, epochs):
    return epochs * len(range(0, examples, batch_size))


# %% ex-from-scratch-empty
# Computes the losses and never moves.
def train_by_tape(weights, images, labels, step):
    (W1, b1, W2, b2), losses = weights, []
    for first in range(0, len(images), 128):
        x, y = images[first : first + 128], labels[first : first + 128]
        p = autodiff.softmax(autodiff.relu(x @ W1 + b1) @ W2 + b2)
        losses.append(float(autodiff.mean(autodiff.sparse_categorical_crossentropy(y, p))))
    return losses


# %% ex-from-scratch-empty
# Moves uphill.
def train_by_tape(weights, images, labels, step):
    (W1, b1, W2, b2), losses = weights, []
    for first in range(0, len(images), 128):
        x, y = images[first : first + 128], labels[first : first + 128]
        with autodiff.GradientTape() as tape:
            p = autodiff.softmax(autodiff.relu(x @ W1 + b1) @ W2 + b2)
            loss = autodiff.mean(autodiff.sparse_categorical_crossentropy(y, p))
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(-step * gradient)
        losses.append(float(loss))
    return losses


# %% ex-from-scratch-empty
# Leaves out the batch that is not full.
def train_by_tape(weights, images, labels, step):
    (W1, b1, W2, b2), losses = weights, []
    for k in range(len(images) // 128):
        x, y = images[128 * k : 128 * (k + 1)], labels[128 * k : 128 * (k + 1)]
        with autodiff.GradientTape() as tape:
            p = autodiff.softmax(autodiff.relu(x @ W1 + b1) @ W2 + b2)
            loss = autodiff.mean(autodiff.sparse_categorical_crossentropy(y, p))
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(step * gradient)
        losses.append(float(loss))
    return losses


# %% right: ex-from-scratch-empty
def train_by_tape(weights, images, labels, step):
    losses = []
    for first in range(0, len(images), 128):
        x, y = images[first : first + 128], labels[first : first + 128]
        with autodiff.GradientTape() as tape:
            h = autodiff.relu(x @ weights[0] + weights[1])
            scores = h @ weights[2] + weights[3]
            each = autodiff.sparse_categorical_crossentropy(y, scores, from_logits=True)
            loss = autodiff.mean(each)
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign(weight - step * gradient)
        losses.append(loss)
    return np.array(losses, dtype=float)
