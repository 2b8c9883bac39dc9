"""Any network that training exports runs in the browser: ONNX Runtime's logits are the oracle."""

import base64
from typing import Any

import numpy as np
import pytest
import torch

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


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_each_operation_that_is_exported_gives_what_python_gives(
    name: str, page: Any, mnist: Dataset
) -> None:
    network = trained_like(DESCRIPTIONS[name], mnist)
    together = 2 if name == "lab" else 1
    content = to_onnx([network] * together, {TEMPERATURE: "1.5"})
    expected = DigitNetwork(content, threads=1)
    images = mnist.test.images[:5]
    found = page.evaluate(SCORE, [base64.b64encode(content).decode(), images.tolist()])
    logits = [answer["logits"] for answer in found]
    np.testing.assert_allclose(logits, expected.logits(images), rtol=1e-4, atol=1e-4)
    scores = expected.score(images)
    for answer, probabilities, digit in zip(found, *scores, strict=True):
        np.testing.assert_allclose(answer["probabilities"], probabilities, atol=1e-5)
        assert answer["digit"] == pytest.approx(digit, abs=1e-5)


def test_a_damaged_network_is_refused_in_a_sentence(page: Any) -> None:
    network = build_network(DESCRIPTIONS["lab"], torch.Generator().manual_seed(1))
    content = to_onnx(network, {})
    for damaged in (b"\xff" * 40, content[: len(content) // 2], b"\x0a\xff\xff\xff\xff\x7f", b""):
        said = page.evaluate(
            f"(given) => ({SCORE})(given).then(() => '', (error) => error.message)",
            [base64.b64encode(damaged).decode(), []],
        )
        assert said == "The network's file is damaged."
