"""Convolution in the browser, by WebAssembly and without: PyTorch's, in float64, is the oracle."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import wasmtime

import inkdigits.web
from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.serving.policy import POLICY
from tests.web.browsing import ACCELERATE, ask, needs_browser, visit

SOURCE = Path(inkdigits.web.__path__[0]) / "convolution.wat"
COMPILED = SOURCE.parent / "static" / "convolution.wasm"
CONVOLVE = """async (cases) => {
  const { convolve } = await import("./convolution.js");
  const tensor = ([shape, data]) => ({ shape, data: Float32Array.from(data) });
  // Twice each, as kernels that were met before are not laid out again.
  return cases.map(([tensors, settings]) => {
    const given = tensors.map(tensor);
    convolve(given, settings);
    const { shape, data } = convolve(given, settings);
    return [shape, [...data]];
  });
}"""


def cases(rng: np.random.Generator, count: int) -> list[tuple[list[torch.Tensor], dict[str, Any]]]:
    """Images, kernels and often a bias, and settings; of each axis its own."""
    found: list[tuple[list[torch.Tensor], dict[str, Any]]] = []
    while len(found) < count:
        channels, filters = int(rng.integers(1, 8)), int(rng.integers(1, 20))
        size, kernel = rng.integers(1, 16, 2).tolist(), rng.integers(1, 6, 2).tolist()
        strides, pads = rng.integers(1, 4, 2).tolist(), rng.integers(0, 3, 4).tolist()
        dilations = rng.integers(1, 3, 2).tolist() if rng.random() < 0.2 else [1, 1]
        reach = [step * (length - 1) + 1 for step, length in zip(dilations, kernel, strict=True)]
        if size[0] + pads[0] + pads[2] < reach[0] or size[1] + pads[1] + pads[3] < reach[1]:
            continue
        shapes = [(1, channels, *size), (filters, channels, *kernel), (filters,)]
        tensors = [torch.from_numpy(rng.normal(size=shape).astype(np.float32)) for shape in shapes]
        settings = {"strides": strides, "pads": pads, "dilations": dilations}
        found.append((tensors[: int(rng.integers(2, 4))], settings))
    return found


@needs_browser
@pytest.mark.parametrize("way", ["page", "fast"])
def test_any_convolution_is_pytorchs(way: str, request: pytest.FixtureRequest) -> None:
    given = cases(np.random.default_rng(8), 120)
    flat = [[[list(each.shape), each.flatten().tolist()] for each in some] for some, _ in given]
    answers = request.getfixturevalue(way).evaluate(
        CONVOLVE, [[some, settings] for some, (_, settings) in zip(flat, given, strict=True)]
    )
    for (tensors, settings), (shape, numbers) in zip(given, answers, strict=True):
        image, kernels, *bias = (each.double() for each in tensors)
        top, left, bottom, right = settings["pads"]
        expected = F.conv2d(
            F.pad(image, (left, right, top, bottom)), kernels, bias[0] if bias else None,
            stride=settings["strides"], dilation=settings["dilations"],
        )  # fmt: skip
        assert shape == list(expected.shape)
        np.testing.assert_allclose(numbers, expected.flatten(), rtol=0, atol=2e-5)


@needs_browser
def test_the_worker_may_use_webassembly_under_the_pages_policy(page: Any) -> None:
    assert page.workers[0].evaluate(ACCELERATE) is True


@needs_browser
def test_kernels_that_were_met_are_met_again_after_another_call_for_webassembly(fast: Any) -> None:
    kernels = "{ shape: [1, 1, 1, 1], data: Float32Array.of(5) }"
    image = "{ shape: [1, 1, 1, 2], data: Float32Array.of(2, 3) }"
    found = fast.evaluate(f"""async () => {{
      const {{ convolve }} = await import("./convolution.js");
      const kernels = {kernels};
      convolve([{image}, kernels], {{}});
      await ({ACCELERATE})();
      return [...convolve([{image}, kernels], {{}}).data];
    }}""")
    assert found == [10, 15]


@needs_browser
def test_ever_new_kernels_do_not_fill_the_memory(fast: Any) -> None:
    found = fast.evaluate("""async () => {
      const { convolve } = await import("./convolution.js");
      const image = { shape: [1, 64, 3, 3], data: new Float32Array(576).fill(1) };
      const sums = new Set();
      for (let k = 0; k < 300; k += 1) { // 88 MB
        const kernels = { shape: [128, 64, 3, 3], data: new Float32Array(73728).fill(k) };
        for (const sum of convolve([image, kernels], {}).data) sums.add(sum / 576);
      }
      return [...sums];
    }""")
    assert found == list(range(300))


@needs_browser
def test_what_follows_a_convolution_has_room_in_a_memory_that_was_never_used(
    browser: Any, host: Any
) -> None:
    context = browser.new_context(bypass_csp=True)
    page = visit(context, host.url)
    assert page.evaluate(ACCELERATE) is True
    found = page.evaluate("""async () => {
      const { convolve } = await import("./convolution.js");
      const image = { shape: [1, 1, 200, 200], data: new Float32Array(40000).fill(1) };
      const kernels = { shape: [2, 1, 1, 1], data: Float32Array.of(3, -3) };
      const largest = { window: [1, 1], strides: [1, 1], floor: 0 };
      const { shape, data } = convolve([image, kernels], { largest });
      const count = (wanted) => data.filter((sum) => sum === wanted).length;
      return [shape, count(3), count(0)];
    }""")
    context.close()
    assert found == [[1, 2, 200, 200], 40_000, 40_000]


@needs_browser
def test_a_window_larger_than_its_map_is_refused_in_a_sentence(fast: Any) -> None:
    said = fast.evaluate("""async () => {
      const { convolve } = await import("./convolution.js");
      const image = { shape: [1, 1, 3, 3], data: new Float32Array(9) };
      const kernels = { shape: [1, 1, 2, 2], data: new Float32Array(4) };
      const largest = { window: [3, 1], strides: [1, 1], floor: 0 };
      try { convolve([image, kernels], { largest }); } catch (error) { return error.message; }
    }""")
    assert said == "The network pools windows larger than its maps."


@needs_browser
@pytest.mark.parametrize("answer", [{"body": b"\0asm of another kind"}, {"status": 404}])
def test_where_webassembly_cannot_be_used_all_is_read_as_well(
    answer: dict[str, Any], browser: Any, host: Any, mnist: Dataset
) -> None:
    context = browser.new_context()
    asked = []

    def other(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(**answer)

    context.route("**/convolution.wasm", other)
    images = mnist.test.images[:20]
    crops = ask(visit(context, host.url), "classify", images.tobytes())["crops"]
    context.close()
    assert asked
    expected = Recognizer(threads=1).classify(images).probabilities
    found = [crop["probabilities"] for crop in crops]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@needs_browser
@pytest.mark.parametrize(("allowed", "is_fast"), [("", False), (" 'wasm-unsafe-eval'", True)])
def test_a_host_that_sends_the_services_policy_decides(
    allowed: str, is_fast: bool, browser: Any, host: Any, mnist: Dataset
) -> None:
    policy = POLICY.replace("script-src 'self'", f"script-src 'self'{allowed}")
    context = browser.new_context()

    def with_policy(route: Any) -> None:
        answer = route.fetch()
        headers = {**answer.headers, "content-security-policy": policy}
        route.fulfill(response=answer, headers=headers)

    context.route("**/worker.js", with_policy)
    page = visit(context, host.url)
    images = mnist.test.images[:3]
    crops = ask(page, "classify", images.tobytes())["crops"]
    assert [crop["value"] for crop in crops] == mnist.test.labels[:3].tolist()
    assert page.workers[0].evaluate(ACCELERATE) is is_fast
    context.unroute_all(behavior="wait")  # to keep the page, it is asked for twice
    context.close()


def test_what_is_compiled_is_the_source() -> None:
    compiled = wasmtime.wat2wasm(SOURCE.read_text())
    assert sections(COMPILED.read_bytes()) == sections(bytes(compiled))


def sections(module: bytes) -> list[tuple[int, bytes]]:
    """Kind and content of a module's sections, but for names, which compilers may write or not."""
    assert module[:8] == b"\0asm\1\0\0\0"
    found: list[tuple[int, bytes]] = []
    place = 8
    while place < len(module):
        kind, size, shift, place = module[place], 0, 0, place + 1
        while True:  # the size, seven bits a byte
            byte, place = module[place], place + 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if kind:
            found.append((kind, module[place : place + size]))
        place += size
    return found
