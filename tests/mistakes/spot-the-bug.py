"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-spot-the-bug-relu
# Cuts off the negative errors and not the units that are off.
def mended_loss_and_gradients(W, V, x, y):
    h = np.maximum(x @ W, 0)
    p = softmax(h @ V)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    error = (p - np.eye(10)[y]) / len(y)
    error_h = np.maximum(error @ V.T, 0)
    return loss, x.T @ error_h, h.T @ error


# %% ex-spot-the-bug-relu
# Multiplies by the outputs of relu.
def mended_loss_and_gradients(W, V, x, y):
    h = np.maximum(x @ W, 0)
    p = softmax(h @ V)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    error = (p - np.eye(10)[y]) / len(y)
    error_h = (error @ V.T) * h
    return loss, x.T @ error_h, h.T @ error


# %% ex-spot-the-bug-relu
# Takes out relu altogether: the gradient is right, but of another loss.
def mended_loss_and_gradients(W, V, x, y):
    h = x @ W
    p = softmax(h @ V)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    error = (p - np.eye(10)[y]) / len(y)
    return loss, x.T @ (error @ V.T), h.T @ error


# %% right: ex-spot-the-bug-relu
def mended_loss_and_gradients(W, V, x, y):
    a = x @ W
    h = np.where(a > 0, a, 0)
    p = softmax(h @ V)
    loss = -np.mean(np.log(p[np.arange(len(y)), y]))
    error = (p - np.eye(10)[y]) / len(y)
    error_h = np.where(a > 0, error @ V.T, 0)
    return loss, x.T @ error_h, h.T @ error


# %% ex-spot-the-bug-confusion
# Divides by the sums of the columns.
def mended_confusion(labels, predictions):
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, predictions), 1)
    return counts / counts.sum(axis=0, keepdims=True)


# %% ex-spot-the-bug-confusion
# Divides by the number of all images.
def mended_confusion(labels, predictions):
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, predictions), 1)
    return counts / counts.sum()


# %% ex-spot-the-bug-confusion
# Exchanges rows and columns to make the law hold.
def mended_confusion(labels, predictions):
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (predictions, labels), 1)
    return counts / counts.sum(axis=1, keepdims=True)


# %% right: ex-spot-the-bug-confusion
def mended_confusion(labels, predictions):
    rows = [np.bincount(predictions[labels == digit], minlength=10) for digit in range(10)]
    return np.array([row / sum(row) for row in rows])


# %% ex-spot-the-bug-batch
# Hands it on, but leaves the default.
def mended_batches(images, labels, batch_size=128):
    for start in range(0, len(images), batch_size):
        chosen = slice(start, start + batch_size)
        yield images[chosen], labels[chosen]


def mended_epoch(images, labels, batch_size, learning_rate=0.1):
    W, losses = np.zeros((196, 10)), []
    for x, y in mended_batches(images, labels, batch_size):
        p = softmax(x @ W)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        W -= learning_rate * x.T @ (p - np.eye(10)[y]) / len(y)
    return losses


# %% ex-spot-the-bug-batch
# Another fixed number.
def mended_batches(images, labels, batch_size):
    for start in range(0, len(images), batch_size):
        chosen = slice(start, start + batch_size)
        yield images[chosen], labels[chosen]


def mended_epoch(images, labels, batch_size, learning_rate=0.1):
    W, losses = np.zeros((196, 10)), []
    for x, y in mended_batches(images, labels, 32):
        p = softmax(x @ W)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        W -= learning_rate * x.T @ (p - np.eye(10)[y]) / len(y)
    return losses


# %% ex-spot-the-bug-batch
# Drops the last batch when it is not full.
def mended_batches(images, labels, batch_size):
    for start in range(0, len(images) - batch_size + 1, batch_size):
        chosen = slice(start, start + batch_size)
        yield images[chosen], labels[chosen]


def mended_epoch(images, labels, batch_size, learning_rate=0.1):
    W, losses = np.zeros((196, 10)), []
    for x, y in mended_batches(images, labels, batch_size):
        p = softmax(x @ W)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        W -= learning_rate * x.T @ (p - np.eye(10)[y]) / len(y)
    return losses


# %% ex-spot-the-bug-report
# Sorts the texts, so that 100% comes before 60%.
def mended_report(labels, predictions):
    lines = []
    for digit in range(10):
        share = np.mean(predictions[labels == digit] == digit)
        lines.append((f"{share:.0%}", digit))
    return [(digit, share) for share, digit in sorted(lines)]


# %% ex-spot-the-bug-report
# All classes, but in their own order.
def mended_report(labels, predictions):
    return [(digit, np.mean(predictions[labels == digit] == digit)) for digit in range(10)]


# %% ex-spot-the-bug-report
# More digits make the same key rarer, not impossible.
def mended_report(labels, predictions):
    digit_of = {}
    for digit in range(10):
        digit_of[np.mean(predictions[labels == digit] == digit)] = digit
    return [(digit, share) for share, digit in sorted(digit_of.items())]


# %% right: ex-spot-the-bug-report
def mended_report(labels, predictions):
    shares = [np.mean(predictions[labels == digit] == digit) for digit in range(10)]
    return [(digit, f"{shares[digit]:.0%}") for digit in np.argsort(shares)]


# %% ex-spot-the-bug-descent
# Computes the gradient once only.
def mended_descend(gradient_of, w, steps, learning_rate=0.1):
    gradient = gradient_of(w)
    for _ in range(steps):
        w = w - learning_rate * gradient
    return w


# %% ex-spot-the-bug-descent
# Averages the gradients of all steps.
def mended_descend(gradient_of, w, steps, learning_rate=0.1):
    gradient = np.zeros_like(w)
    for step in range(steps):
        gradient += gradient_of(w)
        w = w - learning_rate * gradient / (step + 1)
    return w


# %% ex-spot-the-bug-descent
# Moves the start itself.
def mended_descend(gradient_of, w, steps, learning_rate=0.1):
    for _ in range(steps):
        w -= learning_rate * gradient_of(w)
    return w


# %% right: ex-spot-the-bug-descent
def mended_descend(gradient_of, w, steps, learning_rate=0.1):
    w = np.array(w, dtype=float)
    for _ in range(steps):
        gradient = np.zeros_like(w)
        gradient += gradient_of(w)
        w -= learning_rate * gradient
    return w


# %% ex-spot-the-bug-softmax
# Divides by the right sums, but subtracts one maximum for all images.
def mended_probabilities(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=-1, keepdims=True)


# %% ex-spot-the-bug-softmax
# All images together add up to 1.
def mended_probabilities(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


# %% ex-spot-the-bug-softmax
# No powers, only shares of the scores.
def mended_probabilities(scores):
    rest = scores - scores.min(axis=-1, keepdims=True) + 1
    return rest / rest.sum(axis=-1, keepdims=True)


# %% right: ex-spot-the-bug-softmax
def mended_probabilities(scores):
    rows = []
    for row in scores:
        powers = np.exp(row - max(row))
        rows.append(powers / sum(powers))
    return np.array(rows)


# %% ex-spot-the-bug-epoch
# Counts, and does not look.
def epoch_is_right(generator, count, batch_size, seed):
    labels = np.arange(count)
    epoch = generator(10.0 * labels[:, None], labels, batch_size, shuffle=True, seed=seed)
    return sum(len(y) for _, y in epoch) == count


# %% ex-spot-the-bug-epoch
# Compares images with labels, but does not ask whether all have come.
def epoch_is_right(generator, count, batch_size, seed):
    labels = np.arange(count)
    epoch = generator(10.0 * labels[:, None], labels, batch_size, shuffle=True, seed=seed)
    return all(np.array_equal(x[:, 0], 10 * y) for x, y in epoch)


# %% ex-spot-the-bug-epoch
# Expects the examples in their order, although they are shuffled.
def epoch_is_right(generator, count, batch_size, seed):
    labels = np.arange(count)
    epoch = generator(10.0 * labels[:, None], labels, batch_size, shuffle=True, seed=seed)
    return np.array_equal(np.concatenate([y for _, y in epoch]), labels)


# %% right: ex-spot-the-bug-epoch
def epoch_is_right(generator, count, batch_size, seed):
    labels = np.arange(count)
    pairs = []
    for x, y in generator(labels[:, None] + 0.5, labels, batch_size, shuffle=True, seed=seed):
        pairs += zip(x[:, 0].tolist(), y.tolist())
    return sorted(pairs) == [(k + 0.5, k) for k in range(count)]
