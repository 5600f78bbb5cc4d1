"""What the TensorBoard callback of Keras writes can be read back."""

import re
import warnings

import numpy as np
import pytest

from dlbook.event_files import read_curve

EPOCHS = 12  # more than the ten values of a tag that TensorBoard's reader keeps by default


def train_small_network(folder, epochs):
    import keras

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 4)), rng.integers(0, 3, size=32)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    callback = keras.callbacks.TensorBoard(folder, write_graph=False)
    validation = (x[20:], y[20:])
    with warnings.catch_warnings():
        # Keras reads the learning rate in a way that NumPy 2 is about to drop.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        history = model.fit(
            x[:20], y[:20], epochs=epochs, validation_data=validation, callbacks=[callback],
            verbose=0,
        )  # fmt: skip
    return history.history


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder that the callback wrote into, and the history that Keras kept."""
    folder = tmp_path_factory.mktemp("logs")
    return folder, train_small_network(folder, EPOCHS)


@pytest.mark.parametrize("quantity", ["loss", "accuracy"])
@pytest.mark.parametrize(("part", "prefix"), [("train", ""), ("validation", "val_")])
def test_curves_equal_the_history_of_keras(run, part, prefix, quantity):
    folder, history = run
    curve = read_curve(folder / part, f"epoch_{quantity}")
    assert curve.shape == (EPOCHS,)
    assert curve.dtype == np.float32
    np.testing.assert_allclose(curve, history[prefix + quantity], rtol=1e-6)


def test_the_folder_may_be_given_as_text(run):
    folder, history = run
    np.testing.assert_allclose(
        read_curve(str(folder / "train"), "epoch_loss"), history["loss"], rtol=1e-6
    )


def test_an_unknown_tag_is_answered_with_the_tags_that_exist(run):
    with pytest.raises(ValueError, match=r"tag: expected one of \[.*'epoch_loss'.*Received: 'los'"):
        read_curve(run[0] / "train", "los")


def test_a_folder_without_event_files_is_an_error(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        message = f"folder: expected a folder with event files. Received: {folder}"
        with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
            read_curve(folder, "epoch_loss")


def test_two_runs_in_one_folder_are_not_taken_for_one(tmp_path):
    tf = pytest.importorskip("tensorflow")
    for values in ([3.0, 2.0], [5.0, 4.0]):
        with tf.summary.create_file_writer(str(tmp_path)).as_default():
            for step, value in enumerate(values):
                tf.summary.scalar("epoch_loss", value, step=step)
    with pytest.raises(ValueError, match="folder: expected event files of one run"):
        read_curve(tmp_path, "epoch_loss")
