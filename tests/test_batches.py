"""The batch generator hands out every example once in each epoch."""

import numpy as np
import pytest

from dlbook import BatchGenerator

pytestmark = pytest.mark.numeric


def numbered(count):
    """Images that hold their own number, and the number as label."""
    labels = np.arange(count)
    return np.repeat(labels[:, None], 3, axis=1).astype("float32"), labels


def epoch_of(generator):
    return [labels.tolist() for _, labels in generator]


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"),
    [
        (10, 4, [4, 4, 2]),
        (8, 4, [4, 4]),
        (3, 128, [3]),
        (1, 1, [1]),
        (300, 128, [128, 128, 44]),
    ],
)
def test_batch_size_counts_and_the_last_short_batch_is_kept(count, batch_size, sizes):
    generator = BatchGenerator(*numbered(count), batch_size=batch_size)
    assert [len(labels) for labels in epoch_of(generator)] == sizes
    assert len(generator) == generator.num_batches == len(sizes)


def test_batches_come_in_file_order_with_their_labels():
    images, labels = numbered(10)
    generator = BatchGenerator(images, labels, 4)
    first_images, first_labels = generator.next()
    np.testing.assert_array_equal(first_images, images[:4])
    np.testing.assert_array_equal(first_labels, [0, 1, 2, 3])
    assert generator.index == 4
    assert generator.batch_size == 4
    np.testing.assert_array_equal(generator.images, images)
    np.testing.assert_array_equal(generator.labels, labels)


def test_default_batch_size_is_128():
    assert BatchGenerator(*numbered(300)).batch_size == 128


def test_past_the_end_it_stops_like_any_iterator():
    generator = BatchGenerator(*numbered(3), batch_size=2)
    generator.next()
    generator.next()
    for _ in range(2):
        with pytest.raises(StopIteration):
            generator.next()
        with pytest.raises(StopIteration):
            next(generator)


def test_each_loop_is_a_new_epoch():
    generator = BatchGenerator(*numbered(5), batch_size=2)
    expected = [[0, 1], [2, 3], [4]]
    assert epoch_of(generator) == expected
    assert epoch_of(generator) == expected


def test_a_loop_that_was_left_early_starts_again():
    generator = BatchGenerator(*numbered(5), batch_size=2)
    for _ in generator:
        break
    assert epoch_of(generator) == [[0, 1], [2, 3], [4]]


def test_shuffling_deals_each_example_once_in_a_new_order_each_epoch():
    generator = BatchGenerator(*numbered(100), batch_size=7, shuffle=True, seed=1)
    orders = [[label for batch in epoch_of(generator) for label in batch] for _ in range(3)]
    for order in orders:
        assert sorted(order) == list(range(100))
        assert order != list(range(100))
    assert orders[0] != orders[1] != orders[2]


def test_shuffling_keeps_images_and_labels_together():
    for images, labels in BatchGenerator(*numbered(50), batch_size=8, shuffle=True, seed=1):
        np.testing.assert_array_equal(images[:, 0], labels)


def test_a_seed_fixes_the_orders_of_all_epochs():
    one, two, other = (
        BatchGenerator(*numbered(50), batch_size=8, shuffle=True, seed=seed) for seed in (1, 1, 2)
    )
    assert [epoch_of(one), epoch_of(one)] == [epoch_of(two), epoch_of(two)]
    assert epoch_of(one) != epoch_of(other)


def test_shuffling_leaves_the_data_alone():
    images, labels = numbered(50)
    before = images.copy()
    list(BatchGenerator(images, labels, shuffle=True, seed=1))
    np.testing.assert_array_equal(images, before)


IMAGES, LABELS = numbered(4)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((IMAGES, LABELS[:3]), ValueError, "labels: expected as many as there are images, 4. .*3"),
        ((IMAGES[:0], LABELS[:0]), ValueError, "images: expected at least one example"),
        ((IMAGES, LABELS, 0), ValueError, "batch_size: .* at least 1. Received: 0"),
        ((IMAGES, LABELS, -1), ValueError, "batch_size: .* at least 1. Received: -1"),
        ((IMAGES, LABELS, 2.0), TypeError, "batch_size: expected a whole number.*Received: 2.0"),
        ((IMAGES, LABELS, True), TypeError, "batch_size: expected a whole number.*Received: True"),
        ((IMAGES, LABELS * 1.0), TypeError, "labels: expected whole numbers.*float64"),
        ((IMAGES, LABELS[:, None]), ValueError, r"labels: expected shape \(n,\)"),
    ],
)
def test_wrong_input_is_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        BatchGenerator(*arguments)


def test_numpy_integers_are_whole_numbers():
    assert BatchGenerator(IMAGES, LABELS, np.int64(2)).num_batches == 2


@pytest.mark.parametrize("how", [{}, {"shuffle": True, "seed": 3}])
def test_a_batch_may_be_changed_and_nothing_else_changes(how):
    images, labels = numbered(10)
    generator = BatchGenerator(images, labels, 4, **how)
    for x, y in generator:
        x *= 0
        y += 100
    np.testing.assert_array_equal(images, numbered(10)[0])
    np.testing.assert_array_equal(labels, numbered(10)[1])
    np.testing.assert_array_equal(generator.images, images)
    assert sorted(label for batch in epoch_of(generator) for label in batch) == list(range(10))


def test_data_of_read_only_arrays_makes_batches_that_may_be_changed():
    images, labels = numbered(10)
    images.flags.writeable = labels.flags.writeable = False
    x, y = BatchGenerator(images, labels, 4).next()
    x += 1
    y += 1
    np.testing.assert_array_equal(x, images[:4] + 1)
    np.testing.assert_array_equal(y, labels[:4] + 1)


def test_what_is_changed_in_the_data_shows_in_the_batches_to_come():
    images, labels = numbered(10)
    generator = BatchGenerator(images, labels, 4)
    first, _ = generator.next()
    images += 100
    second, _ = generator.next()
    np.testing.assert_array_equal(first[:, 0], [0, 1, 2, 3])
    np.testing.assert_array_equal(second[:, 0], [104, 105, 106, 107])


def test_two_loops_over_one_generator_share_its_position_and_over_two_do_not():
    data = numbered(5)
    one = BatchGenerator(*data, 2)
    assert sum(1 for _ in one for _ in one) == 3  # the inner loop ends the epoch for both
    assert sum(1 for _ in BatchGenerator(*data, 2) for _ in BatchGenerator(*data, 2)) == 9
