"""The page's filters against SciPy's."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from tests.web.browsing import needs_browser

pytestmark = needs_browser
FILTERED = """async ([rows, name, Kind, size]) => {
  const [filters, { Plane }] = await Promise.all([import("./filters.js"), import("./arrays.js")]);
  const data = globalThis[Kind].from(rows.flat());
  const found = filters[name](new Plane(rows.length, rows[0].length, data), size);
  return [found.height, found.width, [...found.data]];
}"""
PLANE = np.random.default_rng(0).random((23, 31)).astype(np.float32)
EIGHT = np.ones((3, 3), int)


def filtered(page: Any, plane: "np.ndarray[Any, Any]", name: str, size: float) -> Any:
    kind = "Uint8Array" if plane.dtype == bool else "Float32Array"
    rows = plane.astype(float).tolist()
    height, width, data = page.evaluate(FILTERED, [rows, name, kind, size])
    return np.array(data).reshape(height, width)


@pytest.mark.parametrize("reach", [1, 3, 40])
def test_morphology_is_scipys(page: Any, reach: int) -> None:
    marked, solid = PLANE > 0.96, PLANE > 0.01
    grown = ndimage.binary_dilation(marked, EIGHT, iterations=reach)
    assert np.array_equal(filtered(page, marked, "dilated", reach), grown)
    shrunk = ndimage.binary_erosion(solid, EIGHT, iterations=reach)
    assert np.array_equal(filtered(page, solid, "eroded", reach), shrunk)
    long = ndimage.binary_dilation(marked, np.ones((1, 3)), iterations=reach)
    assert np.array_equal(filtered(page, marked, "lengthened", reach), long)


@pytest.mark.parametrize("size", [3, 5, 17, 41])
def test_extremes_and_means_are_scipys(page: Any, size: int) -> None:
    plane = PLANE - np.float32(0.5)  # of both signs
    most = ndimage.maximum_filter(plane, size, mode="nearest")
    assert np.array_equal(filtered(page, plane, "largest", size).astype(np.float32), most)
    around = np.pad(plane, size // 2, mode="edge")
    least = ndimage.minimum_filter(plane, size, mode="nearest")
    found = filtered(page, around, "smallestWithin", size)
    assert np.array_equal(found.astype(np.float32), least)
    mean = ndimage.uniform_filter(PLANE, size, mode="nearest")
    np.testing.assert_allclose(filtered(page, PLANE, "boxMean", size), mean, atol=1e-5)


@pytest.mark.parametrize("way", ["page", "fast"])  # without and with WebAssembly
@pytest.mark.parametrize("sigma", [0.8, 3, 17])
def test_gaussian_means_are_scipys(way: str, sigma: float, request: pytest.FixtureRequest) -> None:
    smooth = ndimage.gaussian_filter(PLANE, sigma, mode="nearest")
    found = filtered(request.getfixturevalue(way), PLANE, "gaussian", sigma)
    np.testing.assert_allclose(found, smooth, atol=1e-5)
