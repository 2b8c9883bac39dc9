"""Training in pieces: what is kept of the images seen, and that pieces go on where others ended."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from inkdigits.data import Dataset, Split
from inkdigits.networks.description import Memory
from inkdigits.networks.memory import Neighbours
from inkdigits.networks.predict import predict_logits
from inkdigits.training import piecewise
from inkdigits.training.engine import Engine
from inkdigits.training.piecewise import REMEMBERED, learn, learn_more
from inkdigits.training.recipe import Recipe


def numbered(start: int, count: int) -> Split:
    """Images whose first two pixels are their number."""
    numbers = np.arange(start, start + count)
    images = np.zeros((count, 1, 2), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = numbers // 256, numbers % 256
    return Split(images, (numbers % 7).astype(np.uint8))


def test_the_sample_holds_early_and_late_images_with_the_same_chance() -> None:
    counts = np.zeros(2000)
    for seed in range(60):
        rng, sample, seen = np.random.default_rng(seed), numbered(0, 0), 0
        for size in (1, 100, 3, 696, 1200):
            sample = piecewise._sampled(sample, seen, numbered(seen, size), rng)
            seen += size
            assert len(sample.labels) == min(seen, REMEMBERED)
        numbers = sample.images[:, 0].astype(np.int64) @ (256, 1)
        assert len(set(numbers.tolist())) == REMEMBERED
        np.testing.assert_array_equal(sample.labels, numbers % 7)
        counts[numbers] += 1
    tenths = counts.reshape(10, -1).sum(axis=1)
    assert stats.chisquare(tenths).pvalue > 0.001


def test_pieces_are_learned_to_the_same_bits_each_time_and_leave_what_was(
    bars: Dataset, recipe: Recipe, engine: Engine
) -> None:
    whole = learn(recipe, bars.train, engine, 0)
    before = whole.weights["dense.weight"].copy()
    more = [learn_more(recipe, bars.train, engine, 0, whole) for _ in range(2)]
    np.testing.assert_array_equal(whole.weights["dense.weight"], before)
    for name, values in more[0].weights.items():
        np.testing.assert_array_equal(values, more[1].weights[name])
    assert np.abs(more[0].weights["dense.weight"] - before).max() > 0
    assert int(more[0].optimizer["step"]) > int(whole.optimizer["step"])
    assert more[0].seen == 2 * len(bars.train.labels)


def test_single_images_do_not_lead_normalisation_astray(
    bars: Dataset, recipe: Recipe, engine: Engine
) -> None:
    def accuracy(learned: piecewise.Learned) -> float:
        logits = predict_logits(learned.network(recipe), bars.test.images)
        return float((logits.argmax(1) == bars.test.labels).mean())

    learned = learn(recipe.lasting(330, 60), bars.train, engine, 0)
    assert accuracy(learned) == pytest.approx(1, abs=0.05)
    tops = bars.train.images[bars.train.labels == 0]
    for image in tops[:40]:
        piece = Split(image[None], np.zeros(1, np.uint8))
        learned = learn_more(recipe, piece, engine, 0, learned)
    assert accuracy(learned) == pytest.approx(1, abs=0.05)


def remembering(recipe: Recipe) -> Recipe:
    """For MNIST, with a memory of 400 images."""
    network = replace(recipe.network, memory=Memory(images=400))
    return replace(recipe, network=network).for_data(10, (28, 28))


def test_a_memory_keeps_what_was_seen_before_a_piece(
    mnist: Dataset, recipe: Recipe, engine: Engine
) -> None:
    recipe = remembering(recipe)
    (images, labels), _ = mnist.first(700, 1)

    def part(start: int, end: int) -> Split:
        return Split(images[start:end], labels[start:end])

    whole = learn(recipe, part(0, 300), engine, 0)
    more = learn_more(recipe, part(300, 301), engine, 0, whole)
    classes = more.weights["memory.classes"]
    np.testing.assert_array_equal(classes[:301], labels[:301])
    assert (classes[301:] == -1).all()
    keys = whole.weights["memory.keys"][:300]
    np.testing.assert_array_equal(more.weights["memory.keys"][:300], keys)
    memory = more.network(recipe).memory
    assert memory is not None
    alone = memory(torch.from_numpy(images[300:301].copy())[:, None].float() / 255)
    assert int(alone.argmax()) == labels[300]
    full = learn_more(recipe, part(301, 700), engine, 0, more)
    assert (full.weights["memory.classes"] >= 0).all()
    kept = (full.weights["memory.keys"][:300] == keys).all(1).sum()
    assert 130 < kept < 210  # 400 of the 700 seen: some 171 of the first 300


def test_a_memory_that_grows_from_small_pieces_describes_all_of_them(
    mnist: Dataset, recipe: Recipe, engine: Engine
) -> None:
    recipe = remembering(recipe)
    (images, labels), _ = mnist.first(200, 1)
    learned = None
    for start in range(0, 200, 50):
        piece = Split(images[start : start + 50], labels[start : start + 50])
        learned = learn_more(recipe, piece, engine, 0, learned)
    assert learned is not None
    memory = Neighbours(recipe.network)
    memory.remember(torch.from_numpy(images.copy())[:, None], torch.from_numpy(labels.astype(int)))
    assert sorted(learned.weights["memory.classes"].tolist()) == sorted(memory.classes.tolist())
    distances = np.linalg.norm(learned.weights["memory.keys"][:200], axis=1)
    expected = memory.keys[:200].norm(dim=1).numpy()
    np.testing.assert_allclose(np.sort(distances), np.sort(expected), rtol=1e-3)
