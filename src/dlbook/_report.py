"""What `fit` shows while it trains: nothing, a progress bar, or a log."""

LOG_EVERY = 100
"""The log has a line for every so many batches."""


class Report:
    """Show each epoch of a training, in one of three ways.

    Parameters
    ----------
    verbose : {0, 1, 2}
        Show nothing; a progress bar of Keras; or the loss of every hundredth batch.
    epochs : int
        How many epochs there are.
    batches : int or None
        How many batches make an epoch, if that is known.
    """

    def __init__(self, verbose: int, epochs: int, batches: int | None) -> None:
        self.verbose, self.epochs, self.batches = verbose, epochs, batches

    def start(self, epoch: int) -> None:
        """Show that an epoch begins."""
        if self.verbose == 1:
            from keras.utils import Progbar

            print(f"Epoch {epoch}/{self.epochs - 1}")
            self.bar = Progbar(self.batches, stateful_metrics=["val_loss", "val_accuracy"])
        elif self.verbose == 2:
            print(f"Epoch {epoch}")

    def batch(self, counter: int, loss: float) -> None:
        """Show the loss of a batch."""
        self.done = counter + 1
        if self.verbose == 1:
            self.bar.update(self.done, values=[("loss", loss)], finalize=False)
        elif self.verbose == 2 and counter % LOG_EVERY == 0:
            print(f"loss at batch {counter}: {loss:.2f}")

    def end(self, history: dict[str, list[float]]) -> None:
        """Show what is known at the end of the epoch."""
        if self.verbose == 1:
            last = {name: values[-1] for name, values in history.items() if name != "batch_loss"}
            self.bar.update(self.done, values=last.items(), finalize=True)
