"""Saving how far a training has come, and going on from there."""

import base64
import io
import json
import shutil
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from dlbook import _checks, _engines, _strategies, _updates, optimizers
from dlbook._progress import Progress
from dlbook._report import LOG_EVERY
from dlbook._sources import Arrays, Stream
from dlbook.checkpoints import Checkpoints

REFUSED = "checkpoints: expected a folder with checkpoints of this training, or an empty one. "


class _OtherError(ValueError):
    """A checkpoint is one of another training."""


class Keeper:
    """Save the state of a training every so many batches, if that was asked for.

    Parameters
    ----------
    checkpoints : Checkpoints or None
        Where and how often; None to save nothing.
    model : Model
        The network.
    batches : Arrays or Stream
        The data.
    optimizer : optimizer or None
        What moves the weights.
    """

    def __init__(
        self, checkpoints: Any, model: Any, batches: Arrays | Stream, optimizer: Any
    ) -> None:
        self.checkpoints, self.saved = checkpoints, (0, -1)
        self.model, self.batches, self.optimizer = model, batches, optimizer
        if checkpoints is None:
            return
        if not isinstance(checkpoints, Checkpoints):
            raise TypeError(
                f"checkpoints: expected Checkpoints or None. Received: {_checks.shown(checkpoints)}"
            )
        if not _engines.is_tensorflow(_engines.engine_of(model)):
            raise TypeError(
                "checkpoints: expected a model on TensorFlow, which writes them. Received: one on "
                "dlbook.autodiff"
            )
        known = _updates.is_of_keras(optimizer) or isinstance(optimizer, optimizers.Optimizer)
        if optimizer is not None and not known:
            raise TypeError(
                "checkpoints: expected an optimizer whose memory is known, of Keras or of "
                f"dlbook.optimizers. Received: {type(optimizer).__name__}"
            )

    def begin(self, progress: Progress) -> Progress:
        """Return how far the training has come; weights and all else are put to that state."""
        self.progress = progress
        if self.checkpoints is None:
            return progress
        tf = _engines.tensorflow()
        self.strategy = _strategies.strategy_of(self.model)
        self.about = _python_state(self._written, self._read)
        variables = map(_updates.variable_of, _updates.variables_of(self.optimizer))
        self.checkpoint = tf.train.Checkpoint(
            about=self.about,
            weights=list(map(_updates.variable_of, self.model.weights)),
            optimizer=list(variables),
        )
        folder = str(self.checkpoints.folder)
        self.manager = tf.train.CheckpointManager(
            self.checkpoint, folder, max_to_keep=self.checkpoints.keep
        )
        # Under a strategy, all workers make this variable together.
        self.checkpoint.save_counter  # noqa: B018
        latest = self.manager.latest_checkpoint
        if self.strategy is not None:
            _strategies.agree(self.strategy, {"checkpoints": latest and latest.rpartition("/")[2]})
        if latest is not None:
            self._go_on(latest)
        if _strategies.is_chief(self.strategy):
            # What processes have left that were killed while they wrote.
            for left in self.checkpoints.folder.glob("ckpt-*_temp*"):
                shutil.rmtree(left, ignore_errors=True)
        every = self.checkpoints.every
        self.batches.at_most = lambda: min(LOG_EVERY, every - self._count() % every)
        return progress

    def after_batch(self) -> None:
        """Save the state of the training if it is time to."""
        if self.checkpoints is not None and self._count() % self.checkpoints.every == 0:
            self._save()

    def end(self) -> None:
        """Save the state of the training, and what it was in the end."""
        if self.checkpoints is not None and self.saved != (self.progress.epoch, self._count()):
            self._save()

    def _count(self) -> int:
        return len(self.progress.history["batch_loss"])

    def _save(self) -> None:
        self.random = [state.tolist() for state in self._random_states()]
        if _strategies.is_chief(self.strategy):
            self.manager.save()
        self.saved = self.progress.epoch, self._count()

    def _go_on(self, latest: str) -> None:
        """Put everything to the state of a checkpoint; raise if it is none of this training."""
        tf = _engines.tensorflow()
        try:
            # First the text, then what it says that there is; TensorFlow has many kinds of errors.
            tf.train.Checkpoint(about=self.about).restore(latest).expect_partial()
            self._compare(self.found["form"])
            self.checkpoint.restore(latest).assert_existing_objects_matched()
        except _OtherError:
            raise
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise ValueError(
                f"{REFUSED}Received: {latest}, which cannot be read: {reason}"
            ) from error
        found = self.found
        vars(self.progress).update(found["progress"])
        self.batches.go_on(found["order"], self.progress.batch * self.batches.batch_size)
        self.saved = self.progress.epoch, self._count()
        if found["memory"] is not None:
            _remember(self.optimizer, _updates.trainable_weights(self.model), found["memory"])
        self._set_random_states(found["random"])

    def _compare(self, saved: dict[str, Any]) -> None:
        """Raise unless a checkpoint is one of this training."""
        for name, value in json.loads(json.dumps(self._form())).items():
            if saved.get(name) != value:
                raise _OtherError(
                    f"{REFUSED}Received: one with other {name}, "
                    f"{_checks.shown(saved.get(name))} in place of {_checks.shown(value)}"
                )

    def _form(self) -> dict[str, Any]:
        """Return what must be the same when a training goes on."""

        def shapes(variables: Any) -> list[Any]:
            variables = map(_updates.variable_of, variables)
            return [[list(v.shape), np.dtype(v.dtype.as_numpy_dtype).name] for v in variables]

        facts = self.batches.facts()
        if "labels" in facts:
            facts["labels"] = zlib.crc32(facts["labels"])
        optimizer = "none" if self.optimizer is None else type(self.optimizer).__name__
        package = "" if self.optimizer is None else type(self.optimizer).__module__.split(".")[0]
        return {
            "shapes of weights": shapes(self.model.weights),
            "optimizer": [package, optimizer],
            "variables of the optimizer": shapes(_updates.variables_of(self.optimizer)),
            "history": sorted(self.progress.history),
            "random generators": len(random_states(self.model)),
            **facts,
        }

    def _written(self) -> str:
        """Return all that is not in variables, as text."""
        memory = None
        if isinstance(self.optimizer, optimizers.Optimizer):
            memory = _memory(self.optimizer)
        state = {
            "form": self._form(),
            "progress": vars(self.progress),
            # Between two epochs the next order has not been drawn.
            "order": self.batches.state if self.progress.batch else self.batches.random_state(),
            "memory": memory,
            "random": self.random,
        }
        return json.dumps(state, default=lambda array: np.asarray(array).tolist())

    def _read(self, text: str) -> None:
        self.found = json.loads(text)

    def _random_states(self) -> list[Any]:
        """Return, for each generator of the model, its states in all replicas."""
        return [
            _strategies.of_all_replicas(
                self.strategy,
                [copy.numpy() for copy in _strategies.copies(self.strategy, variable)],
            )
            for variable in random_states(self.model)
        ]

    def _set_random_states(self, tables: list[Any]) -> None:
        places = _strategies.places_of(self.strategy)
        for variable, table in zip(random_states(self.model), tables, strict=True):
            if len(table) != places.total:
                raise ValueError(
                    f"{REFUSED}Received: one with random generators of {len(table)} replicas, for "
                    f"a training with {places.total}"
                )
            for part, place in zip(
                _strategies.copies(self.strategy, variable), places.own, strict=True
            ):
                part.assign(table[place])


def random_states(model: Any) -> list[Any]:
    """Return the variables in which the generators of a model and its layers keep their state."""
    tf = _engines.tensorflow()
    found: dict[int, Any] = {}
    seen: set[int] = set()

    def look(part: Any) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        if isinstance(part, (list, tuple)):
            for one in part:
                look(one)
            return
        if isinstance(part, tf.random.Generator):
            found[id(part)] = part.state
        elif type(part).__name__ == "SeedGenerator" and hasattr(part, "state"):
            found[id(part)] = _updates.variable_of(part.state)
        elif hasattr(part, "weights") or part is model:
            inside = [*getattr(part, "__dict__", {}).values()]
            inside += [getattr(part, name, None) for name in getattr(type(part), "__slots__", ())]
            for one in inside:
                look(one)

    look(model)
    return list(found.values())


def _python_state(write: Callable[[], str], read: Callable[[str], None]) -> Any:
    """Return what puts a text into a checkpoint, and takes it out again."""

    class State(_engines.tensorflow().train.experimental.PythonState):  # type: ignore[misc]
        def serialize(self) -> str:
            return write()

        def deserialize(self, string_value: bytes) -> None:
            read(string_value.decode())

    return State()


def _memory(optimizer: optimizers.Optimizer) -> str:
    """Return what an optimizer of the package remembers, as text."""
    memories = [
        {name: np.asarray(value) for name, value in vars(memory).items()}
        for memory in optimizer._memories
    ]
    arrays = {f"{k}.{name}": a for k, memory in enumerate(memories) for name, a in memory.items()}
    file = io.BytesIO()
    np.savez(file, iterations=optimizer.iterations, count=len(memories), **arrays)  # type: ignore[arg-type]
    return base64.b64encode(file.getvalue()).decode()


def _remember(optimizer: optimizers.Optimizer, weights: list[Any], text: str) -> None:
    """Let an optimizer remember what a text says."""
    with np.load(io.BytesIO(base64.b64decode(text))) as arrays:
        memories: list[Any] = [SimpleNamespace() for _ in range(int(arrays["count"]))]
        for key in set(arrays.files) - {"iterations", "count"}:
            place, _, name = key.partition(".")
            setattr(memories[int(place)], name, arrays[key][()])
        optimizer.iterations = int(arrays["iterations"])
    optimizer._memories = memories
    optimizer._weights = weights if memories else []
