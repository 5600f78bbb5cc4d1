"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-optimizers-nesterov
# The gradient at p: classical momentum.
def looking_ahead(gradient, p, eta, beta, steps):
    v, ahead = 0.0, [p]
    for _ in range(steps):
        v = beta * v - eta * gradient(p)
        p = p + v
        ahead.append(p + beta * v)
    return np.array(ahead)


# %% ex-optimizers-nesterov
# Collects p itself.
def looking_ahead(gradient, p, eta, beta, steps):
    v, ahead = 0.0, [p]
    for _ in range(steps):
        v = beta * v - eta * gradient(p + beta * v)
        p = p + v
        ahead.append(p)
    return np.array(ahead)


# %% ex-optimizers-nesterov
# Moves before it has the new velocity.
def looking_ahead(gradient, p, eta, beta, steps):
    v, ahead = 0.0, [p]
    for _ in range(steps):
        p = p + v
        v = beta * v - eta * gradient(p + beta * v)
        ahead.append(p + beta * v)
    return np.array(ahead)


# %% ex-optimizers-sign
# Goes up.
class SignDescent(optimizers.Optimizer):
    def movement(self, gradient, memory):
        return self.learning_rate * np.sign(np.asarray(gradient))


# %% ex-optimizers-sign
# The gradient itself, as plain descent does.
class SignDescent(optimizers.Optimizer):
    def movement(self, gradient, memory):
        return -self.learning_rate * np.asarray(gradient)


# %% ex-optimizers-sign
# Forgets the learning rate.
class SignDescent(optimizers.Optimizer):
    def movement(self, gradient, memory):
        return -np.sign(np.asarray(gradient))


# %% right: ex-optimizers-sign
class SignDescent(optimizers.Optimizer):
    def movement(self, gradient, memory):
        g = np.asarray(gradient)
        return self.learning_rate * ((g < 0) * 1.0 - (g > 0))
