"""The event files that TensorBoard shows, read back as arrays with TensorBoard's own reader."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
from tensorboard.util.tensor_util import make_ndarray


def read_curve(folder: str | Path, tag: str) -> NDArray[np.float32]:
    """Read the values of one quantity, step by step, from the event files of one run.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder that holds the event files themselves. The TensorBoard callback of Keras
        makes two of them in its log folder: ``train`` and ``validation``.
    tag : str
        The name of the quantity, for example ``"epoch_loss"``.

    Returns
    -------
    numpy.ndarray of float32, shape (steps,)
        The values in the order of their steps; for the tags that start with ``epoch_``,
        one for each epoch.

    Raises
    ------
    FileNotFoundError
        If there is no event file in `folder`.
    ValueError
        If the files do not hold `tag`, or hold a step of it twice, because two runs
        were written into the same folder.

    Notes
    -----
    The page `overfitting` draws its curves with it. Keras writes every number as a tensor of
    rank 0, so it is read as one; and the reader is told to keep all of them (size 0), since
    by default it keeps ten values of a tag and leaves out others at random.
    """
    if not any(Path(folder).glob("*tfevents*")):
        raise FileNotFoundError(f"folder: expected a folder with event files. Received: {folder}")
    reader = EventAccumulator(str(folder), size_guidance={TENSORS: 0})
    reader.Reload()
    tags = reader.Tags()[TENSORS]
    if tag not in tags:
        raise ValueError(f"tag: expected one of {sorted(tags)}. Received: {tag!r}")
    events = reader.Tensors(tag)
    steps = [event.step for event in events]
    if len(set(steps)) < len(steps):
        raise ValueError(
            "folder: expected event files of one run. "
            f"Received: {folder}, where {tag!r} has a step twice"
        )
    values = [make_ndarray(event.tensor_proto) for event in events]
    return np.array(values, dtype=np.float32)
