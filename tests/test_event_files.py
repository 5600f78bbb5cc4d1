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
    first = keras.initializers.GlorotUniform(seed=0)
    layer = keras.layers.Dense(3, activation="softmax", kernel_initializer=first)
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    callback = keras.callbacks.TensorBoard(folder, write_graph=False)
    validation = (x[20:], y[20:])
    with warnings.catch_warnings():
        # Keras reads the learning rate in a way that NumPy 2 is about to drop.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        history = model.fit(
            x[:20], y[:20], epochs=epochs, validation_data=validation, callbacks=[callback],
            shuffle=False, verbose=0,
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
    # The files hold the numbers of the history, rounded to float32.
    np.testing.assert_array_equal(curve, np.float32(history[prefix + quantity]))


def test_the_folder_may_be_given_as_text(run):
    folder, history = run
    np.testing.assert_array_equal(
        read_curve(str(folder / "train"), "epoch_loss"), np.float32(history["loss"])
    )


def test_an_unknown_tag_is_answered_with_the_tags_that_exist(run):
    with pytest.raises(ValueError, match=r"tag: expected one of \[.*'epoch_loss'.*Received: 'los'"):
        read_curve(run[0] / "train", "los")


def test_a_folder_without_event_files_is_an_error(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        message = f"folder: expected a folder with event files. Received: {folder}"
        with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
            read_curve(folder, "epoch_loss")


def write(folder, quantities, steps=(0, 1, 2, 3), kind="scalar"):
    """Write 10 times the step, and more if `kind` needs it, under each of the names."""
    tf = pytest.importorskip("tensorflow")
    values = {
        "scalar": float,
        "histogram": lambda value: [value, value + 1],
        "text": str,
        "image": lambda value: tf.zeros((1, 4, 4, 1)) + value / 100,
    }[kind]
    with tf.summary.create_file_writer(str(folder)).as_default():
        for step in steps:
            for name in quantities:
                getattr(tf.summary, kind)(name, values(10 * step), step=step)
    return folder


def test_values_come_in_the_order_of_their_steps_not_of_their_writing(tmp_path):
    write(tmp_path, ["loss"], steps=(1, 3, 0, 2))
    np.testing.assert_array_equal(read_curve(tmp_path, "loss"), [0, 10, 20, 30])


def test_files_of_the_first_version_keep_what_was_written_before_an_earlier_step(tmp_path):
    # There the reader takes an earlier step for a new start; of old kinds of values it drops some.
    tf = pytest.importorskip("tensorflow")
    Event = tf.compat.v1.Event
    with tf.io.TFRecordWriter(str(tmp_path / "events.out.tfevents.1")) as file:
        file.write(Event(file_version="brain.Event:1").SerializeToString())
        for step in (0, 3, 1, 2):
            event = Event(step=step)
            value = event.summary.value.add(tag="loss")
            value.tensor.CopyFrom(tf.make_tensor_proto(10 * step))  # of int32
            value.metadata.plugin_data.plugin_name = "scalars"
            file.write(event.SerializeToString())
    curve = read_curve(tmp_path, "loss")
    np.testing.assert_array_equal(curve, [0, 10, 20, 30])
    assert curve.dtype == np.float32


def test_a_run_that_was_written_into_several_files_is_one_curve(tmp_path):
    for steps in ((2, 3), (0, 1)):
        write(tmp_path, ["loss"], steps)
    np.testing.assert_array_equal(read_curve(tmp_path, "loss"), [0, 10, 20, 30])


@pytest.mark.parametrize("name", ["tfevents", "my.tfevents.run", "out.tfevents.1.local"])
def test_a_folder_may_have_the_name_of_an_event_file(tmp_path, name):
    write(tmp_path / name, ["loss"])
    np.testing.assert_array_equal(read_curve(tmp_path / name, "loss"), [0, 10, 20, 30])
    np.testing.assert_array_equal(read_curve(f"{tmp_path / name}/", "loss"), [0, 10, 20, 30])


def test_a_folder_inside_that_is_named_as_an_event_file_is_no_event_file(tmp_path):
    write(tmp_path / "tfevents", ["loss"])
    with pytest.raises(FileNotFoundError, match="folder: expected a folder with event files"):
        read_curve(tmp_path, "loss")


@pytest.mark.parametrize("kind", ["histogram", "text", "image"])
def test_a_tag_that_holds_no_numbers_is_answered_with_those_that_do(tmp_path, kind):
    write(tmp_path, ["weights"], kind=kind)
    write(tmp_path, ["loss", "accuracy"])
    with pytest.raises(
        ValueError, match=r"tag: expected one of \['accuracy', 'loss'\]. .*'weights'"
    ):
        read_curve(tmp_path, "weights")
    np.testing.assert_array_equal(read_curve(tmp_path, "loss"), [0, 10, 20, 30])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
@pytest.mark.parametrize("damage", ["cut short", "one bit changed"])
def test_a_damaged_record_is_refused_and_not_taken_for_the_end(tmp_path, share, damage):
    (path,) = write(tmp_path, ["loss"], steps=range(20)).iterdir()
    whole = bytearray(path.read_bytes())
    place = int(share * len(whole))
    whole[place] ^= 1
    path.write_bytes(whole[:place] if damage == "cut short" else whole)
    message = rf"folder: expected whole event files. Received: .*{path.name}, which is cut short or"
    with pytest.raises(ValueError, match=message):
        read_curve(tmp_path, "loss")


def test_two_runs_in_one_folder_are_not_taken_for_one(tmp_path):
    for _ in range(2):
        write(tmp_path, ["epoch_loss"])
    message = (
        "folder: expected event files of one run. "
        f"Received: {tmp_path}, where 'epoch_loss' has a step twice"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_curve(tmp_path, "epoch_loss")
