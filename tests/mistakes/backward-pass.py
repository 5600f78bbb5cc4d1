"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-backward-pass-label
# Forgets the mean.
def score_gradient(P, labels):
    return P - np.eye(P.shape[1])[labels]


# %% ex-backward-pass-label
# The other way round.
def score_gradient(P, labels):
    return (np.eye(P.shape[1])[labels] - P) / len(P)


# %% ex-backward-pass-label
# Divides by the number of classes.
def score_gradient(P, labels):
    return (P - np.eye(P.shape[1])[labels]) / P.shape[1]


# %% right: ex-backward-pass-label
def score_gradient(P, labels):
    result = P.copy()
    result[np.arange(len(P)), labels] -= 1
    return result / len(P)


# %% ex-backward-pass-deep
# Forgets the masks of relu.
def all_gradients(x, labels, layers):
    kept = [x]
    for W, b in layers:
        kept.append(np.maximum(kept[-1] @ W + b, 0))
    scores = kept[-2] @ layers[-1][0] + layers[-1][1]
    d, found = (autodiff.softmax(scores) - np.eye(scores.shape[1])[labels]) / len(x), []
    for h, (W, _) in zip(kept[-2::-1], layers[::-1]):
        found.append((h.T @ d, d.sum(axis=0)))
        d = d @ W.T
    return found[::-1]


# %% ex-backward-pass-deep
# Takes relu of the scores.
def all_gradients(x, labels, layers):
    kept = [x]
    for W, b in layers:
        kept.append(np.maximum(kept[-1] @ W + b, 0))
    scores = kept[-1]
    d, found = (autodiff.softmax(scores) - np.eye(scores.shape[1])[labels]) / len(x), []
    for h, (W, _) in zip(kept[-2::-1], layers[::-1]):
        found.append((h.T @ d, d.sum(axis=0)))
        d = (d @ W.T) * (h > 0)
    return found[::-1]


# %% ex-backward-pass-deep
# The last layer comes first.
def all_gradients(x, labels, layers):
    kept = [x]
    for W, b in layers:
        kept.append(np.maximum(kept[-1] @ W + b, 0))
    scores = kept[-2] @ layers[-1][0] + layers[-1][1]
    d, found = (autodiff.softmax(scores) - np.eye(scores.shape[1])[labels]) / len(x), []
    for h, (W, _) in zip(kept[-2::-1], layers[::-1]):
        found.append((h.T @ d, d.sum(axis=0)))
        d = (d @ W.T) * (h > 0)
    return found


# %% right: ex-backward-pass-deep
def all_gradients(x, labels, layers):
    variables = [Variable(np.array(part)) for pair in layers for part in pair]
    with GradientTape() as tape:
        h = x
        for k in range(0, len(variables) - 2, 2):
            h = autodiff.relu(h @ variables[k] + variables[k + 1])
        scores = h @ variables[-2] + variables[-1]
        loss = autodiff.mean(
            autodiff.sparse_categorical_crossentropy(labels, scores, from_logits=True)
        )
    found = [part.numpy() for part in tape.gradient(loss, variables)]
    return list(zip(found[::2], found[1::2]))
