"""Any network that training exports runs in the browser: ONNX Runtime's logits are the oracle."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from inkdigits import recognition
from inkdigits.data import Dataset
from inkdigits.networks.build import build_network
from inkdigits.recognition.network import TEMPERATURE, DigitNetwork
from inkdigits.training.export import to_onnx
from tests.recognition.test_network import DESCRIPTIONS, trained_like
from tests.web.browsing import needs_browser

pytestmark = needs_browser
SCORE = """async ([content, images]) => {
  const { DigitNetwork } = await import("./network.js");
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const network = new DigitNetwork(bytes);
  return images.map((image) => ({
    logits: [...network.logits(Uint8Array.from(image.flat()))],
    ...network.score(Uint8Array.from(image.flat())),
  }));
}"""


@pytest.mark.parametrize("way", ["page", "fast"])
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_each_operation_that_is_exported_gives_what_python_gives(
    name: str, way: str, request: pytest.FixtureRequest, mnist: Dataset
) -> None:
    network = trained_like(DESCRIPTIONS[name], mnist)
    together = 2 if name == "lab" else 1
    content = to_onnx([network] * together, {TEMPERATURE: "1.5"})
    expected = DigitNetwork(content, threads=1)
    images = mnist.test.images[:5]
    found = request.getfixturevalue(way).evaluate(
        SCORE, [base64.b64encode(content).decode(), images.tolist()]
    )
    logits = [answer["logits"] for answer in found]
    np.testing.assert_allclose(logits, expected.logits(images), rtol=1e-4, atol=1e-4)
    scores = expected.score(images)
    for answer, probabilities, digit in zip(found, *scores, strict=True):
        np.testing.assert_allclose(answer["probabilities"], probabilities, atol=1e-5)
        assert answer["digit"] == pytest.approx(digit, abs=1e-5)


RUN = """async (given) => {
  const { Graph } = await import("./network.js");
  return given.map(([content, shape, image]) => {
    const graph = new Graph(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)));
    const made = graph.tensors({ shape, data: Float32Array.from(image) }, graph.outputs);
    return made.map(({ shape, data }) => [shape, [...data]]);
  });
}"""
AFTER = [
    [], ["Relu"], ["MaxPool"], ["MaxPool", "Relu"], ["Relu", "MaxPool"], ["Relu", "Relu"],
    ["MaxPool", "MaxPool"], ["LeakyRelu", "Relu"], ["Relu", "MaxPool", "LeakyRelu"],
]  # fmt: skip


@pytest.mark.parametrize("way", ["page", "fast"])
def test_whatever_follows_a_convolution_onnx_runtime_makes_the_same(
    way: str, request: pytest.FixtureRequest
) -> None:
    """Maps that fill eights or not, windows with gaps, overlaps and margins, outputs on the way."""
    rng = np.random.default_rng(7)
    given, expected = [], []
    for case in range(6 * len(AFTER)):
        size = [1, int(rng.integers(1, 10)), *rng.integers(16, 24, 2).tolist()]
        model = convolved(AFTER[case % len(AFTER)], size[1], rng)
        image = rng.normal(size=size).astype(np.float32)
        session = ort.InferenceSession(model)
        expected.append(session.run(None, {"image": image}))
        given.append([base64.b64encode(model).decode(), size, image.flatten().tolist()])
    answers = request.getfixturevalue(way).evaluate(RUN, given)
    for made, right in zip(answers, expected, strict=True):
        assert [shape for shape, _ in made] == [list(each.shape) for each in right]
        for (_, numbers), each in zip(made, right, strict=True):
            np.testing.assert_allclose(numbers, each.flatten(), rtol=1e-4, atol=1e-4)


def test_of_networks_that_ship_convolution_does_all_that_follows_it(page: Any) -> None:
    left = page.evaluate(
        """async (contents) => {
          const { parseNetwork } = await import("./onnx.js");
          const { fused } = await import("./fusing.js");
          return contents.map((content) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const { nodes, outputs } = parseNetwork(bytes);
            return fused(nodes, outputs).map(({ operation }) => operation);
          });
        }""",
        [encoded("stages.onnx"), encoded("touching.onnx")],
    )
    assert left == [
        [*6 * ["Conv"], "GlobalMaxPool", "Flatten", "Gemm", "Mean"],
        [*6 * ["Conv"], *5 * ["Conv", "Add"], "Conv"],
    ]


def test_a_graph_is_run_fused_where_webassembly_convolves(fast: Any) -> None:
    called = fast.evaluate(
        """async (content) => {
          const { Graph } = await import("./network.js");
          const { OPERATIONS } = await import("./operations.js");
          const called = [];
          for (const operation of ["Conv", "MaxPool", "Relu"]) {
            const own = OPERATIONS[operation];
            OPERATIONS[operation] = (...given) => (called.push(operation), own(...given));
          }
          const graph = new Graph(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)));
          graph.run({ shape: [1, 1, 32, 40], data: new Float32Array(32 * 40).fill(1) });
          return called;
        }""",
        encoded("touching.onnx"),
    )
    assert called == 12 * ["Conv"]


def encoded(name: str) -> str:
    """A file of the package, as text."""
    return base64.b64encode((Path(recognition.__path__[0]) / name).read_bytes()).decode()


def convolved(after: list[str], channels: int, rng: np.random.Generator) -> bytes:
    """A graph of a convolution, what follows it, and another; often with what is between read.

    By whoever runs it, or by a second operation.
    """
    filters = int(rng.integers(1, 20))
    kernels = {
        "first": rng.normal(size=(filters, channels, 3, 2)),
        "bias": rng.normal(size=filters),
        "second": rng.normal(size=(5, filters, 1, 1)),
    }
    steps: dict[str, Any] = {"strides": [1, 2], "dilations": [2 if rng.random() < 0.2 else 1, 1]}
    nodes = [helper.make_node("Conv", ["image", "first", "bias"], ["0"], **steps)]
    for operation in after:
        window, stride, pad = (
            rng.integers(least, most, 2, endpoint=True).tolist()
            for least, most in ((1, 3), (1, 2), (0, 1))
        )
        pads = [one if length > 1 else 0 for one, length in zip(pad, window, strict=True)]
        margins = 2 * pads if rng.random() < 0.3 else 4 * [0]
        pool = {"kernel_shape": window, "strides": stride, "pads": margins}
        settings = pool if operation == "MaxPool" else {}
        name = str(len(nodes))
        nodes.append(helper.make_node(operation, [nodes[-1].output[0]], [name], **settings))
    asked = [node.output[0] for node in nodes if rng.random() < 0.3]
    if rng.random() < 0.3:
        read = str(rng.integers(len(nodes)))
        nodes.append(helper.make_node("Neg", [read], ["twice"]))
        asked.append("twice")
    nodes.append(helper.make_node("Conv", [str(len(after)), "second"], ["last"]))
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in [*asked, "last"]],
        [numpy_helper.from_array(each.astype(np.float32), name) for name, each in kernels.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    model: bytes = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return model


def test_a_damaged_network_is_refused_in_a_sentence(page: Any) -> None:
    network = build_network(DESCRIPTIONS["lab"], torch.Generator().manual_seed(1))
    content = to_onnx(network, {})
    for damaged in (b"\xff" * 40, content[: len(content) // 2], b"\x0a\xff\xff\xff\xff\x7f", b""):
        said = page.evaluate(
            f"(given) => ({SCORE})(given).then(() => '', (error) => error.message)",
            [base64.b64encode(damaged).decode(), []],
        )
        assert said == "The network's file is damaged."
