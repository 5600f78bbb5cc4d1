"""The event files that TensorBoard shows, read back as arrays with TensorBoard's own reader."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
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
    TypeError
        If `folder` is no path.
    ValueError
        If the files do not hold `tag`, or under it not one number for each step, or a step of
        it twice, because two runs were written into the same folder; or if a file is damaged.

    Notes
    -----
    The page `overfitting` draws its curves with it. Keras writes every number as a tensor of
    rank 0, so it is read as one; and the reader is told to keep all of them (size 0), since
    by default it keeps ten values of a tag and leaves out others at random. Values that were not
    written in the order of their steps are put into it here.
    """
    _check_files(folder)
    # With "/." at its end, no folder is taken for an event file because of its name.
    reader = EventAccumulator(f"{folder}/.", size_guidance={TENSORS: 0})
    reader.Reload()
    tags = [name for name in reader.Tags()[TENSORS] if _holds_numbers(reader.Tensors(name))]
    if tag not in tags:
        raise ValueError(f"tag: expected one of {sorted(tags)}. Received: {tag!r}")
    events = sorted(reader.Tensors(tag), key=lambda event: event.step)
    steps = [event.step for event in events]
    if len(set(steps)) < len(steps):
        raise ValueError(
            "folder: expected event files of one run. "
            f"Received: {folder}, where {tag!r} has a step twice"
        )
    values = [make_ndarray(event.tensor_proto) for event in events]
    return np.array(values, dtype=np.float32)


FRAME = 16
"""How many bytes an event file needs for each record beside the record: lengths and sums."""


def _check_files(folder: str | Path) -> None:
    """Raise unless there are event files in a folder, and all of them are whole."""
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"folder: expected a path. Received: {type(folder).__name__}")
    files = sorted(path for path in Path(folder).glob("*tfevents*") if path.is_file())
    if not files:
        raise FileNotFoundError(f"folder: expected a folder with event files. Received: {folder}")
    for path in files:
        # TensorBoard stops at a damaged record without a word.
        read = sum(FRAME + len(record) for record in RawEventFileLoader(str(path)).Load())
        if read != path.stat().st_size:
            raise ValueError(
                f"folder: expected whole event files. Received: {path}, which is cut short or "
                f"damaged after {read} bytes"
            )


def _holds_numbers(events: Iterable[Any]) -> bool:
    """Tell whether each event holds one real number: no text, histogram or image."""
    arrays = (make_ndarray(event.tensor_proto) for event in events)
    return all(array.ndim == 0 and array.dtype.kind in "biuf" for array in arrays)
