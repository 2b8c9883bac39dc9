"""Exported networks: torch's own logits, in float64 where it matters, are the oracle."""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
import scipy.special
import torch

from inkdigits.data import Dataset
from inkdigits.errors import DataError, ModelError
from inkdigits.evaluation.metrics import softmax
from inkdigits.networks.build import Network, build_network
from inkdigits.networks.description import Memory, NetworkDescription, Stage
from inkdigits.networks.predict import predict_logits, stage_maps
from inkdigits.recognition.network import CLASSES, NAME, TEMPERATURE, DigitNetwork
from inkdigits.training.export import to_onnx

FLOAT = onnx.TensorProto.FLOAT
DESCRIPTIONS = {
    "lab": NetworkDescription(),
    "pooled first": NetworkDescription(
        stages=(Stage(4, kernel=5, pool_first=True), Stage(6, pooling="none")), head="global_max"
    ),
    "strides, valid": NetworkDescription(
        stages=(Stage(4, padding="valid", stride=2, pooling="none"),), head="global_average"
    ),
    "leaky, average": NetworkDescription(
        stages=(Stage(4, activation="leaky_relu", pooling="average"),)
    ),
    "sigmoid, min": NetworkDescription(stages=(Stage(4, activation="sigmoid", pooling="min"),)),
    "reflected, plain": NetworkDescription(
        stages=(Stage(4, kernel=5, padding="reflect", norm="none", activation="linear"),)
    ),
    "symmetric": NetworkDescription(stages=(Stage(4, padding="symmetric"),)),
    "columns": NetworkDescription(stages=(Stage(3), Stage(4)), columns=3),
    "memory": NetworkDescription(
        stages=(Stage(3),), columns=2, memory=Memory(images=300, components=20, weight=2.0)
    ),
}


def trained_like(description: NetworkDescription, dataset: Dataset) -> Network:
    """A network with statistics and scales as after training, some below 0, and a full memory."""
    network = build_network(description, torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for values in [*network.parameters(), *network.buffers()]:
            if values.is_floating_point():
                values.add_(0.3 * torch.randn(values.shape, generator=generator))
        for key, values in network.named_buffers():
            if key.endswith("variance"):
                values.abs_()
    if network.memory is not None:
        images = torch.from_numpy(dataset.train.images[:300].copy())[:, None]
        labels = torch.from_numpy(dataset.train.labels[:300].astype(np.int64))
        network.memory.remember(images, labels)
    return network


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_an_exported_network_gives_torchs_logits(name: str, mnist: Dataset) -> None:
    network = trained_like(DESCRIPTIONS[name], mnist)
    images = mnist.test.images[:70]
    exported = DigitNetwork(to_onnx(network, {NAME: "trial"}), threads=1)
    assert exported.name == "trial"
    assert not exported.refuses
    network.double()
    exact = predict_logits(network, images)
    assert exact.dtype == np.float64
    # What float32 rounds hangs on the largest terms that are summed, and on the processor.
    difference, largest = np.abs(exported.logits(images) - exact).max(1), np.abs(exact).max(1)
    np.testing.assert_array_less(difference, 1e-5 * largest)


def test_networks_together_give_their_mean_probabilities(mnist: Dataset) -> None:
    description, images = DESCRIPTIONS["memory"], mnist.test.images[:70]
    networks = [trained_like(description, mnist), trained_like(description, mnist)]
    with torch.no_grad():
        networks[1].dense.weight.neg_()
    logits = [predict_logits(network, images).astype(np.float64) for network in networks]
    exported = DigitNetwork(to_onnx(networks, {}), threads=1)
    mean = np.mean([scipy.special.softmax(each, axis=1) for each in logits], axis=0)
    found = scipy.special.softmax(exported.logits(images), axis=1)
    np.testing.assert_allclose(found, mean, atol=1e-5)
    assert not np.allclose(found, scipy.special.softmax(np.mean(logits, axis=0), axis=1), atol=1e-3)


def test_each_node_of_networks_together_has_a_name_of_its_own(mnist: Dataset) -> None:
    # ONNX Runtime 1.18 names the nodes that it makes of several after them, and refuses doubles.
    networks = [trained_like(DESCRIPTIONS["memory"], mnist) for _ in range(2)]
    names = [node.name for node in onnx.load_from_string(to_onnx(networks, {})).graph.node]
    assert all(names)
    assert len(set(names)) == len(names)


def test_feature_maps_are_torchs(mnist: Dataset) -> None:
    network = build_network(DESCRIPTIONS["pooled first"], torch.Generator().manual_seed(1))
    image = mnist.test.images[0].copy()
    maps = DigitNetwork(to_onnx(network, {}, stages=True), threads=1).stages(image)
    for ours, theirs in zip(maps, stage_maps(network, image), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_temperature_divides_the_logits(mnist: Dataset) -> None:
    network = build_network(NetworkDescription(), torch.Generator().manual_seed(1))
    images = mnist.test.images[:5]
    warm = DigitNetwork(to_onnx(network, {TEMPERATURE: "2.5"}), threads=1)
    expected = softmax(predict_logits(network, images).astype(np.float64) / 2.5)
    np.testing.assert_allclose(warm.score(images).probabilities, expected, atol=1e-5)


def test_an_eleventh_output_is_no_digit(mnist: Dataset) -> None:
    description = NetworkDescription(classes=11)
    network = build_network(description, torch.Generator().manual_seed(1))
    images = mnist.test.images[:5]
    scores = DigitNetwork(to_onnx(network, {}), threads=1).score(images)
    joint = softmax(predict_logits(network, images).astype(np.float64))
    np.testing.assert_allclose(scores.joint, joint[:, :10], atol=1e-6)


def test_columns_are_averaged(mnist: Dataset) -> None:
    network = build_network(DESCRIPTIONS["columns"], torch.Generator().manual_seed(1)).eval()
    images = torch.from_numpy(mnist.test.images[:4].copy())[:, None].float() / 255
    with torch.inference_mode():
        alone = network.column_logits(images)
        assert not torch.equal(alone[0], alone[1])
        torch.testing.assert_close(network(images), alone.mean(0))


@pytest.mark.parametrize("temperature", ["0", "nan", "warm"])
def test_a_temperature_that_is_none_is_named(temperature: str) -> None:
    network = build_network(NetworkDescription(), torch.Generator())
    with pytest.raises(ModelError, match="temperature"):
        DigitNetwork(to_onnx(network, {TEMPERATURE: temperature}))


def test_a_network_whose_training_failed_is_named() -> None:
    network = build_network(NetworkDescription(), torch.Generator())
    with torch.no_grad():
        network.dense.bias[3] = torch.nan
    with pytest.raises(ModelError, match="logits that are no numbers"):
        DigitNetwork(to_onnx(network, {}))
    network = build_network(NetworkDescription(), torch.Generator())
    with torch.no_grad():
        network.dense.weight[3] = torch.inf  # which an empty image does not show
    with pytest.raises(ModelError, match="logits that are no numbers"):
        DigitNetwork(to_onnx(network, {})).score(np.full((1, 28, 28), 200, np.uint8))


def test_networks_for_something_else_are_named(tmp_path: Path) -> None:
    for description in (
        NetworkDescription(classes=7),
        NetworkDescription(image_size=(20, 20)),
    ):
        path = tmp_path / "other.onnx"
        path.write_bytes(to_onnx(build_network(description, torch.Generator()), {}))
        with pytest.raises(ModelError, match=r"other\.onnx is no network for digits"):
            DigitNetwork(path)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (json.dumps([*"0123456789", "no digit"]), ""),
        (json.dumps([*"1234567890"]), "no network for digits: its classes are '1', '2', '3' and 7"),
        (json.dumps([*"0123456789", "ten"]), "no network for digits: its classes are '0', '1'"),
        (json.dumps(["0", "1"]), "no network for digits: its classes are '0', '1'."),
        ("0, 1, 2", "no list of names"),
        ("7", "no list of names"),
        ("[" * 100_000, "no list of names"),
    ],
)
def test_a_network_of_other_classes_is_named_with_them(classes: str, said: str) -> None:
    network = build_network(NetworkDescription(classes=11), torch.Generator())
    content = to_onnx(network, {CLASSES: classes})
    if not said:
        assert DigitNetwork(content).refuses
        return
    with pytest.raises(ModelError, match=re.escape(said)):
        DigitNetwork(content)


def other_end(outputs: dict[str, int], *nodes: onnx.NodeProto) -> bytes:
    """A network whose logits `dense` go through further nodes to outputs of these types."""
    network = onnx.load_from_string(
        to_onnx(build_network(NetworkDescription(), torch.Generator()), {})
    )
    network.graph.node[-1].output[0] = "dense"
    network.graph.node.extend(nodes)
    del network.graph.output[:]
    for name, kind in outputs.items():
        shape: list[str | int | None] | None = ["N", 10] if name == "logits" else None
        network.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, shape))
    return bytes(network.SerializeToString())


def cast(name: str, kind: int) -> onnx.NodeProto:
    return onnx.helper.make_node("Cast", ["dense"], [name], to=kind)


@pytest.mark.parametrize("kind", ["STRING", "BOOL", "INT64", "UINT8"])
def test_logits_that_are_no_floats_are_no_logits(kind: str) -> None:
    number = onnx.TensorProto.DataType.Value(kind)
    with pytest.raises(ModelError, match="is no network for digits"):
        DigitNetwork(other_end({"logits": number}, cast("logits", number)))


def test_logits_of_fewer_images_than_were_asked_are_told() -> None:
    mean = onnx.helper.make_node("ReduceMean", ["dense"], ["logits"], axes=[0])
    network = DigitNetwork(other_end({"logits": FLOAT}, mean))
    with pytest.raises(ModelError, match=r"gives 1 logits of 3 images\.$"):
        network.score(np.zeros((3, 28, 28), np.uint8))


@pytest.mark.parametrize(
    "node",
    [cast("stage_1", onnx.TensorProto.STRING),
     onnx.helper.make_node("ReduceMax", ["dense"], ["stage_1"], keepdims=0),
     onnx.helper.make_node("Log", ["images"], ["stage_1"])],  # of no ink: infinite
    ids=["text", "a number", "infinite"],
)  # fmt: skip
def test_outputs_that_are_called_stages_and_hold_no_maps_are_told(node: onnx.NodeProto) -> None:
    same = onnx.helper.make_node("Identity", ["dense"], ["logits"])
    kind = onnx.TensorProto.STRING if node.op_type == "Cast" else FLOAT
    content = other_end({"logits": FLOAT, "stage_1": kind}, same, node)
    with pytest.raises(ModelError, match=r"gives no feature maps as stage_1\.$"):
        DigitNetwork(content).stages(np.zeros((28, 28), np.uint8))


def test_images_of_another_kind_are_named() -> None:
    network = DigitNetwork(to_onnx(build_network(NetworkDescription(), torch.Generator()), {}))
    with pytest.raises(DataError, match="28"):
        network.logits(np.zeros((1, 20, 20), np.uint8))


def test_probabilities_sum_to_one_however_sure_the_refusal(mnist: Dataset) -> None:
    network = build_network(NetworkDescription(classes=11), torch.Generator().manual_seed(1))
    images = mnist.test.images[:5]
    for refusal, expected in ((3000.0, 0.0), (-3000.0, 1.0)):
        with torch.no_grad():
            network.dense.bias[10] = refusal
        scores = DigitNetwork(to_onnx(network, {}), threads=1).score(images)
        np.testing.assert_allclose(scores.probabilities.sum(1), 1)
        np.testing.assert_allclose(scores.digit, expected, atol=1e-12)
