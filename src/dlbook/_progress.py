"""How far a training has come: what `fit` returns in the end, and what a checkpoint keeps."""

from typing import Any


class Progress:
    """Count the batches and epochs of a training, and write down its losses.

    Parameters
    ----------
    validated : bool
        Whether there are validation data.

    Attributes
    ----------
    epoch, batch : int
        How many epochs are over, and how many batches of the one that runs.
    history : dict of str to list of float
        What `fit` returns.
    """

    def __init__(self, *, validated: bool) -> None:
        self.epoch = self.batch = self.examples = 0
        self.total = 0.0
        names = ["loss", "batch_loss", *["val_loss", "val_accuracy"] * validated]
        self.history: dict[str, list[float]] = {name: [] for name in names}

    def add(self, loss: float, size: int) -> None:
        """Write down the loss of a batch and its size."""
        self.total += loss * size
        self.examples += size
        self.batch += 1
        self.history["batch_loss"].append(loss)

    def end_epoch(self, evaluation: Any) -> None:
        """Write down the mean over the epoch's examples, and what the validation gave."""
        self.history["loss"].append(self.total / self.examples)
        if evaluation is not None:
            self.history["val_loss"].append(evaluation.loss)
            self.history["val_accuracy"].append(evaluation.accuracy)
        self.epoch, self.batch, self.examples, self.total = self.epoch + 1, 0, 0, 0.0
