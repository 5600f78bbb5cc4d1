"""A layer of which the tests of checkpoints, replicas and workers need the random numbers."""

import tensorflow as tf


class Noise:
    """A layer without weights that draws random numbers."""

    weights = ()

    def __init__(self):
        self.generator = tf.random.Generator.from_seed(7)

    def __call__(self, x):
        return x * (1 + 0.1 * self.generator.normal(tf.shape(x)))
