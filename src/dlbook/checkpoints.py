"""Checkpoints: what a training that was ended, by whom or what ever, goes on from.

With this module you can:

- tell `fit` to save how far it has come every so many batches: `Checkpoints`;
- call the same `fit` again, which then goes on from there, in the middle of an epoch if need be.

>>> fit(model, images, labels, 5, checkpoints=Checkpoints("run-1", every=200))  # doctest: +SKIP

The page `many-workers` explains them.
"""

import os
from pathlib import Path

from dlbook import _checks


class Checkpoints:
    """Where `fit` keeps checkpoints, and how often it makes one.

    Parameters
    ----------
    folder : str or path
        Where the files are. It is made if it is not there. Each training needs a folder of its
        own, and all workers of one training need the same folder.
    every : int, default 100
        After how many batches there is a new checkpoint, at least 1. There is also one at the end.
    keep : int, default 2
        How many of the newest checkpoints stay, at least 1.

    Attributes
    ----------
    folder : pathlib.Path
        Where the files are.
    every, keep : int
        As given.

    Raises
    ------
    TypeError
        If `folder` is no path, or a count is no whole number.
    ValueError
        If a count is below 1.

    Notes
    -----
    Explained on the page `many-workers`. A checkpoint holds the weights, the memory of the
    optimizer, the position in the epoch, the losses so far, and the states of the random
    generators: of the one that shuffles, and of each ``tf.random.Generator`` and Keras
    ``SeedGenerator`` that the model or one of its layers has. Random numbers from elsewhere, such
    as ``tf.random.uniform``, go on with other ones.

    The files are written by ``tf.train.CheckpointManager``: a new checkpoint counts from the moment
    when it is whole, so that a process may be killed at any time.
    """

    def __init__(self, folder: str | os.PathLike[str], every: int = 100, *, keep: int = 2) -> None:
        if not isinstance(folder, (str, os.PathLike)):
            raise TypeError(f"folder: expected a path. Received: {_checks.shown(folder)}")
        self.folder = Path(folder)
        self.every = _checks.whole_number("every", every, least=1)
        self.keep = _checks.whole_number("keep", keep, least=1)

    def __repr__(self) -> str:
        return f"Checkpoints({str(self.folder)!r}, {self.every}, keep={self.keep})"
