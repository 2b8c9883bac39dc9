"""The training loop: what it repeats, what it visits, what it computes."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from inkdigits.data import Dataset, Split
from inkdigits.errors import DataError, TrainingError
from inkdigits.networks.build import build_network
from inkdigits.networks.predict import predict_logits
from inkdigits.training.engine import Engine, Precision
from inkdigits.training.hyperparameters import Augmentation, Optimizer, Schedule
from inkdigits.training.parameters import convolution_kernels, flat_parameters
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe
from inkdigits.training.trainer import Trainer

NEAR: dict[str, Any] = {"rtol": 0.1, "atol": 0.05}  # batches' means of spreads, in bfloat16 perhaps


def trained(recipe: Recipe, data: Dataset, engine: Engine, seed: int = 0) -> Trainer:
    trainer = Trainer(recipe, data.train, engine, seed)
    trainer.run()
    return trainer


class Watcher:
    """Notes which images each step saw, by their labels' place in an order of all images."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.epochs = 0

    def on_step(self, trainer: Trainer) -> None:
        self.positions.append(trainer.position)

    def on_epoch(self, trainer: Trainer) -> None:
        self.epochs += 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_bit_identical_weights(
    recipe: Recipe, bars: Dataset, engine: Engine, precision: Precision
) -> None:
    engine = replace(engine, precision=precision)
    first = trained(recipe, bars, engine, seed=7)
    # Whatever else draws random numbers in between must not matter.
    torch.rand(3)
    second = trained(recipe, bars, engine, seed=7)
    pairs = zip(first.network.state_dict().items(), second.network.state_dict().values(),
                strict=True)  # fmt: skip
    for (name, ours), again in pairs:
        assert torch.equal(ours, again), name
    assert first.history.losses == second.history.losses


def test_lab_on_mnist_with_two_threads_is_bit_identical(mnist: Dataset) -> None:
    # The real network in the machine's own precision, whose sums are split over threads.
    from inkdigits.training.engine import choose_engine
    from inkdigits.training.recipes import find_recipe

    engine = choose_engine("cpu", threads=2)
    engine.apply()
    recipe = replace(find_recipe("lab"), epochs=1)
    runs = [trained(recipe, mnist.first(1280, 10), engine, seed=1) for _ in range(2)]
    assert torch.equal(runs[0].parameters, runs[1].parameters)


def test_another_seed_gives_other_weights(recipe: Recipe, bars: Dataset, engine: Engine) -> None:
    one, other = (trained(recipe, bars, engine, seed) for seed in (0, 1))
    assert not torch.equal(one.parameters, other.parameters)


def test_training_draws_nothing_from_the_global_generator(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    before = torch.get_rng_state()
    numpy_before = np.random.get_state(legacy=False)  # noqa: NPY002 - looked at only
    trained(recipe, bars, engine)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_equal(np.random.get_state(legacy=False), numpy_before)  # noqa: NPY002


def test_every_epoch_sees_each_image_once_in_another_order(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    trainer = Trainer(recipe, bars.train, engine, 0)
    seen: list[list[int]] = [[]]

    original = trainer._run_step

    def record(batch: torch.Tensor) -> None:
        seen[-1] += batch.tolist()
        original(batch)
        if len(seen[-1]) == len(bars.train.images):
            seen.append([])

    trainer._run_step = record  # type: ignore[method-assign]  # listens, then does the real step
    trainer.run()
    epochs = seen[:-1]
    assert len(epochs) == 3
    for order in epochs:
        assert sorted(order) == list(range(330))
        assert order != sorted(order)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_the_last_short_batch_is_kept(recipe: Recipe, bars: Dataset, engine: Engine) -> None:
    trainer, watcher = Trainer(recipe, bars.train, engine, 0), Watcher()
    trainer.run([watcher])
    assert trainer.steps_per_epoch == 6  # 5 of 64 and one of 10
    assert watcher.positions[:6] == [64, 128, 192, 256, 320, 330]
    assert trainer.step == trainer.total_steps == 18
    assert watcher.epochs == 3


def test_the_epochs_means_count_images_and_not_batches(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    history = trained(replace(recipe, epochs=1), bars, engine).history
    sizes = [64] * 5 + [10]
    expected = sum(a * b for a, b in zip(history.losses, sizes, strict=True)) / 330
    assert math.isclose(history.epoch_losses[0], expected, rel_tol=1e-9)
    assert history.epoch_steps == [6]


def test_training_learns_the_bars(recipe: Recipe, bars: Dataset, engine: Engine) -> None:
    recipe = replace(recipe, epochs=30, network=replace(recipe.network, norm_momentum=0.9))
    trainer = trained(recipe, bars, engine)
    read = predict_logits(trainer.network, bars.test.images).argmax(1)
    assert (read == bars.test.labels).mean() > 0.95


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_steps_are_those_of_the_textbook_in_float64(
    recipe: Recipe, bars: Dataset, engine: Engine, name: str
) -> None:
    # An independent optimizer in numpy, fed with gradients of a network of its own.
    # Without normalisation: it makes a bias's gradient pure rounding, which Adam blows up.
    stages = tuple(replace(stage, norm="none") for stage in recipe.network.stages)
    network = replace(recipe.network, dropout=0.0, stages=stages)
    recipe = replace(recipe, network=network, epochs=1,
                     optimizer=Optimizer(name=name, learning_rate=0.003))  # type: ignore[arg-type]  # fmt: skip
    trainer = Trainer(recipe, bars.train, engine, 0)
    start = trainer.parameters.detach().clone()
    twin = build_network(recipe.network, torch.Generator().manual_seed(0)).train()
    flat = flat_parameters(twin)
    flat.data.copy_(start)
    trainer.order.set_state(trainer.order_state)
    order = torch.randperm(330, generator=trainer.order)
    trainer.order.set_state(trainer.order_state)
    weights = start.double().numpy()
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    images = torch.from_numpy(bars.train.images.copy())[:, None].float() / 255
    labels = torch.from_numpy(bars.train.labels.astype(np.int64))
    for step, batch in enumerate(order.split(64), 1):
        assert flat.grad is not None
        flat.grad.zero_()
        F.cross_entropy(twin(images[batch]), labels[batch]).backward()
        gradient = flat.grad.double().numpy()
        if name == "sgd":
            weights = weights - 0.003 * gradient
        else:  # Kingma and Ba, 2015, algorithm 1
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            corrected = mean / (1 - 0.9**step), square / (1 - 0.999**step)
            weights = weights - 0.003 * corrected[0] / (np.sqrt(corrected[1]) + 1e-7)
        flat.data.copy_(torch.from_numpy(weights).float())
    trainer.run()
    np.testing.assert_allclose(trainer.parameters.detach().numpy(), weights, atol=2e-4)


def test_mean_squared_error_is_that_of_probabilities_and_one_hot_labels(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    trainer = Trainer(replace(recipe, loss="mean_squared_error"), bars.train, engine, 0)
    logits = torch.tensor([[1.0, 2.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0]])
    exponentials = np.exp(logits.double().numpy())
    shares = exponentials / exponentials.sum(1, keepdims=True)
    expected = ((shares - np.eye(4)[[1, 3]]) ** 2).mean()
    assert math.isclose(trainer._loss(logits, torch.tensor([1, 3])).item(), expected, rel_tol=1e-5)


def test_l2_adds_the_kernels_sum_of_squares_and_nothing_else(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    plain, penal = (Trainer(replace(recipe, l2=l2), bars.train, engine, 0) for l2 in (0.0, 0.01))
    logits, labels = torch.zeros(2, 4), torch.tensor([0, 1])
    squares = sum(float(kernels.detach().double().square().sum())
                  for kernels in convolution_kernels(penal.network))  # fmt: skip
    difference = penal._loss(logits, labels).item() - plain._loss(logits, labels).item()
    assert math.isclose(difference, 0.01 * squares, rel_tol=1e-4)
    assert len(list(convolution_kernels(penal.network))) == 2


def test_label_smoothing_spreads_a_share_of_each_label(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    trainer = Trainer(replace(recipe, label_smoothing=0.2), bars.train, engine, 0)
    logits = torch.tensor([[1.0, 2.0, 0.0, -1.0]])
    exponentials = np.exp(logits.double().numpy()[0])
    logs = np.log(exponentials / exponentials.sum())
    expected = -(0.8 * logs[1] + 0.2 * logs.mean())
    assert math.isclose(trainer._loss(logits, torch.tensor([1])).item(), expected, rel_tol=1e-5)


def test_the_schedule_sets_the_rate_of_each_step(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    schedule = Schedule(warm_up=0.5, start=0.0, down="linear", end=0.0)
    settings = Optimizer(name="sgd", learning_rate=0.02)
    recipe = replace(recipe, epochs=1, schedule=schedule, optimizer=settings)
    trainer, rates = Trainer(recipe, bars.train, engine, 0), []
    step = trainer.optimizer.step

    def record(gradient: torch.Tensor, rate: float) -> None:
        rates.append(rate)
        step(gradient, rate)

    trainer.optimizer.step = record  # type: ignore[method-assign]  # listens, then steps
    trainer.run()
    assert rates == pytest.approx([0.02 * share for share in (0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3)])


def test_the_network_ends_with_the_running_average_of_its_weights(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    seen: list[np.ndarray[Any, Any]] = []

    class Weights(Watcher):
        def on_step(self, trainer: Trainer) -> None:
            seen.append(whole(trainer))

    def whole(trainer: Trainer) -> np.ndarray[Any, Any]:
        values = [value.detach().flatten() for value in trainer.network.state_dict().values()]
        return torch.cat(values).double().numpy()

    # Statistics of which nothing is left of the start after so few steps are averaged as weights.
    network = replace(recipe.network, norm_momentum=0.5)
    trainer = Trainer(replace(recipe, average=0.8, network=network), bars.train, engine, 0)
    expected = whole(trainer)
    trainer.run([Weights()])
    for step, weights in enumerate(seen):
        decay = min(0.8, (step + 1) / (step + 10))
        expected = decay * expected + (1 - decay) * weights
    assert len(seen) == 18
    np.testing.assert_allclose(whole(trainer), expected, atol=1e-5)
    assert not np.allclose(expected, seen[-1], atol=1e-3)


def test_the_last_plain_epochs_see_the_images_as_they_are(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    changed = replace(recipe, augmentation=Augmentation(shift=3), plain_epochs=1, epochs=2)
    trainer = Trainer(changed, bars.train, engine, 0)
    batch = torch.arange(10)
    plain = torch.from_numpy(bars.train.images[:10].copy())[:, None].float() / 255
    assert not torch.equal(trainer._batch(batch)[0], plain)
    trainer.epoch = 1
    assert torch.equal(trainer._batch(batch)[0], plain)


def test_changes_wane_to_nothing_before_the_plain_epochs(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    changes = Augmentation(rotation=20, shift=3, elastic=1, elastic_grid=6, erase=0.5)
    waning = replace(recipe, augmentation=changes, epochs=11, plain_epochs=1, waning=0.4)
    after = {0: 1.0, 5.9: 1.0, 6: 1.0, 7: 0.75, 9: 0.25, 9.9: 0.025, 10: 0.0, 10.5: 0.0}
    for epochs, share in after.items():
        there = waning.augmentation_after(epochs)
        for name in ("rotation", "shift", "elastic", "erase"):
            assert getattr(there, name) == pytest.approx(share * getattr(changes, name))
        assert there.is_on == (share > 0)
        assert not share or there.elastic_grid == 6
    trainer = Trainer(waning, bars.train, engine, 0)
    batch = torch.arange(10)
    plain = torch.from_numpy(bars.train.images[:10].copy())[:, None].float() / 255
    differences = []
    for trainer.epoch, trainer.position in ((6, 0), (9, 0), (9, len(bars.train.labels) - 1)):
        differences.append(float((trainer._batch(batch)[0] - plain).abs().mean()))
    assert differences == sorted(differences, reverse=True)
    assert differences[2] < differences[0] / 20


def test_a_loss_that_is_no_number_stops_with_its_step(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    recipe = replace(recipe, optimizer=Optimizer(name="sgd", learning_rate=1e6),
                     network=replace(recipe.network, stages=tuple(
                         replace(stage, norm="none", activation="linear")
                         for stage in recipe.network.stages)))  # fmt: skip
    with pytest.raises(TrainingError, match=r"The loss became .* at step \d+ \(epoch 1\)"):
        trained(recipe, bars, engine)


def test_predicting_in_batches_scores_every_image_once(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    network = Trainer(recipe, bars.train, engine, 0).network
    many = np.concatenate([bars.train.images] * 4)[:1203]  # no multiple of the batch
    whole = predict_logits(network, many)
    single = np.concatenate([predict_logits(network, image[None]) for image in many[::97]])
    assert whole.shape == (1203, 4)
    np.testing.assert_allclose(whole[::97], single, atol=1e-5)
    assert network.training  # as it was before
    np.testing.assert_array_equal(
        predict_logits(network, list(many[:9])), predict_logits(network, many[:9])
    )
    for wrong in (many[:1].tolist(), [[1], [1, 2]], None):
        with pytest.raises(DataError, match=r"and (int64|object)\.$|^The images make no array"):
            predict_logits(network, wrong)  # type: ignore[arg-type]


def test_parameters_stay_views_of_one_vector(recipe: Recipe, bars: Dataset, engine: Engine) -> None:
    trainer = Trainer(recipe, bars.train, engine, 0)
    trainer.run()
    joined = torch.cat([parameter.detach().flatten() for parameter in trainer.network.parameters()])
    assert torch.equal(joined, trainer.parameters.detach())


def test_labels_and_images_may_be_read_only(bars: Dataset, recipe: Recipe, engine: Engine) -> None:
    images, labels = bars.train.images.copy(), bars.train.labels.copy()
    images.flags.writeable = labels.flags.writeable = False
    Trainer(recipe, Split(images, labels), engine, 0).run()


def test_columns_are_trained_each_by_its_own_loss(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    network = replace(recipe.network, columns=2, dropout=0.0)
    trainer = Trainer(replace(recipe, network=network), bars.train, engine, 0)
    images = torch.from_numpy(bars.train.images[:64].copy())[:, None].float() / 255
    labels = torch.from_numpy(bars.train.labels[:64].astype(np.int64))
    trainer.network.train()
    columns = trainer.network.column_logits(images)
    each = [F.cross_entropy(logits, labels) for logits in columns]
    joint = trainer._loss(columns.flatten(0, 1), labels.repeat(2))
    torch.testing.assert_close(joint, (each[0] + each[1]) / 2)
    first = next(trainer.network.stages.parameters())
    (alone,) = torch.autograd.grad(each[0], first, retain_graph=True)
    (together,) = torch.autograd.grad(joint, first)
    torch.testing.assert_close(together, alone / 2)


def test_columns_together_read_no_worse_than_the_worst_alone(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    columns = replace(recipe, network=replace(recipe.network, columns=3))
    trainer = trained(columns, bars, engine)
    images = torch.from_numpy(bars.test.images.copy())[:, None].float() / 255
    trainer.network.eval()
    with torch.inference_mode():
        alone = trainer.network.column_logits(images).argmax(2).numpy() == bars.test.labels
    together = predict_logits(trainer.network, bars.test.images).argmax(1) == bars.test.labels
    assert together.mean() >= alone.mean(1).min()


def test_training_begins_with_the_weights_that_it_is_given(
    recipe: Recipe, bars: Dataset, engine: Engine
) -> None:
    taught = trained(recipe, bars, engine)
    further = Trainer(replace(recipe, average=0.9), bars.train, engine, 5)
    further.begin_with(taught.network.state_dict())
    assert torch.equal(further.parameters, taught.parameters)
    assert further.average is not None
    assert torch.equal(further.average[: len(taught.parameters)], taught.parameters)
    assert torch.equal(further.statistics, taught.statistics)


def test_after_few_steps_normalisation_has_the_averages_of_what_the_network_makes(
    mnist: Dataset, engine: Engine
) -> None:
    """Else its first steps' averages, hardly begun, would leave it near chance."""
    few = mnist.first(3000, 1000)
    trainer = trained(find_recipe("quick"), few, engine)
    assert trainer.step == 8
    logits = predict_logits(trainer.network, few.test.images)
    assert (logits.argmax(1) == few.test.labels).mean() > 0.85
    seen = torch.randperm(3000, generator=torch.Generator().manual_seed(trainer.seed))[:2688]
    images = torch.from_numpy(few.train.images[seen.numpy()]).unsqueeze(1).float() / 255
    trainer.network.eval()
    for stage in trainer.network.convolution_stages:
        with torch.no_grad():
            made = stage.convolution(images)
            if stage.stage.pool_first:
                made = F.max_pool2d(made, 2)
            images = stage(images)
        assert stage.norm is not None
        torch.testing.assert_close(stage.norm.running_mean, made.mean((0, 2, 3)), **NEAR)
        spread = made.var((0, 2, 3), correction=0)
        torch.testing.assert_close(stage.norm.running_variance, spread, **NEAR)
        assert stage.norm.momentum == trainer.recipe.network.norm_momentum
