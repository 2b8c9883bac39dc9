"""What TensorBoard itself reads back from a run."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from inkdigits.data import Dataset
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe
from inkdigits.training.tensorboard import graph_of
from inkdigits.workflow import train


def test_every_batch_and_epoch_the_graph_histograms_and_pictures_are_there(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    result = train(replace(recipe, epochs=2), bars, folder=tmp_path, name="run", threads=1)
    events = EventAccumulator(str(result.run.path), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    tags = events.Tags()
    batches = events.Scalars("batch/loss")
    assert [event.step for event in batches] == list(range(1, 13))
    assert [event.value for event in batches] == pytest.approx(result.history.losses)
    assert [event.step for event in events.Scalars("epoch/accuracy")] == [6, 12]
    assert events.Scalars("test/accuracy")[0].value == pytest.approx(result.evaluation.accuracy)
    assert "stages/0/convolution/weight" in tags["histograms"]
    assert "dense/weight" in tags["histograms"]
    (picture,) = events.Images("test-47")
    drawn = result.run.figures / "test-47.png"
    assert picture.encoded_image_string == drawn.read_bytes()
    with Image.open(drawn) as shown:
        assert (picture.width, picture.height) == shown.size
    assert tags["graph"]


def test_the_graph_is_a_chain_of_the_summarys_layers() -> None:
    graph = graph_of(find_recipe("lab"))
    names = [node.name for node in graph.node]
    assert names[:5] == [
        "images",
        "stage_1/conv2d",
        "stage_1/batch_normalization",
        "stage_1/re_lu",
        "stage_1/max_pooling2d",
    ]
    assert names[-1] == "classifier/dense"
    for previous, node in zip(names, list(graph.node)[1:], strict=False):
        assert list(node.input) == [previous]
    several = find_recipe("lab").with_settings("network.columns=2", "network.memory.images=9")
    last = [node.name for node in graph_of(several).node][-3:]
    assert last == ["classifier/dense_1", "classifier/average", "classifier/neighbours"]
