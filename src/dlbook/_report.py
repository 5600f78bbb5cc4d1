"""What `fit` shows while it trains: nothing, a progress bar, or a log."""

from collections.abc import Iterable
from typing import Any

LOG_EVERY = 100
"""The log has a line for every so many batches."""


class PlainBar:
    """Stands for the progress bar of Keras where there is no Keras: in a browser.

    Parameters
    ----------
    target : int or None
        How many steps there are, if that is known.
    """

    def __init__(self, target: int | None) -> None:
        self.target = target

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, float]] = (),
        *,
        finalize: bool | None = None,
    ) -> None:
        """Write the line of the bar over again; end it with the last step."""
        place = f"{current}/{self.target or '?'}"
        said = [place, *(f"{name}: {value:.4f}" for name, value in values)]
        print("\r" + " - ".join(said), end="\n" if finalize else "", flush=True)


def _bar(batches: int | None) -> Any:
    """Return a progress bar: that of Keras if there is one."""
    try:
        from keras.utils import Progbar

        return Progbar(batches, stateful_metrics=["val_loss", "val_accuracy"])
    except ImportError:
        return PlainBar(batches)


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
            print(f"Epoch {epoch}/{self.epochs - 1}")
            self.bar = _bar(self.batches)
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
