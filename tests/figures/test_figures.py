"""Figures: what is on them, not only that they are drawn."""

import io
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Annotation, Text
from PIL import Image

from inkdigits.errors import OutputError, UsageError
from inkdigits.evaluation.metrics import Evaluation, evaluate_logits
from inkdigits.figures.augmented import augmented_figure
from inkdigits.figures.confusion import confusion_figure
from inkdigits.figures.curves import curves_figure
from inkdigits.figures.gallery import gallery_figure, images_figure
from inkdigits.figures.inside import filters_figure, maps_figure
from inkdigits.figures.prediction import prediction_figure
from inkdigits.figures.style import (
    DPI,
    RIGHT,
    WRONG,
    mosaic,
    png_bytes,
    save_png,
    shortened,
    text_width,
)
from inkdigits.figures.svg import svg_element
from tests.figures.drawing import a_curve, digits, texts

NAMES = tuple("0123456789")
FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")


def some_logits(classes: int = 10, images: int = 300) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    labels = generator.integers(0, classes, images)
    logits = generator.normal(size=(images, classes))
    logits[np.arange(images), labels] += 2
    return logits, labels


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape)


UNSURE = np.full(10, 0.1)
# Drawn when a test asks: collected by each worker, all of them would take each two seconds.
FIGURES: dict[str, Callable[[], Figure]] = {
    "confusion": lambda: confusion_figure(evaluate_logits(*some_logits(), NAMES)),
    "confusion of long names": lambda: confusion_figure(
        evaluate_logits(*some_logits(5), FASHION), ["a very long name indeed", *FASHION[1:]]
    ),
    "curves": lambda: curves_figure([a_curve()]),
    "many curves": lambda: curves_figure(
        [a_curve(f"{i} with a long name", seed=i) for i in range(9)]
    ),
    "prediction": lambda: prediction_figure(digits(1)[0], UNSURE, NAMES, 3),
    "prediction of long names": lambda: prediction_figure(digits(1)[0], UNSURE[:5], FASHION, None),
    "gallery of one": lambda: gallery_figure(
        digits(1), ["a caption wider than the picture above it"], "T"
    ),
    "gallery": lambda: gallery_figure(digits(7), ["two\nlines"] * 7, "A title of some length " * 3),
    "no gallery": lambda: gallery_figure(digits(0), [], "A title of some length " * 4),
    "images": lambda: images_figure(digits(40), np.arange(40) % 5, FASHION),
    "first filters": lambda: filters_figure(noise(6, 1, 3, 3), "Stage 1"),
    "deep filters": lambda: filters_figure(noise(32, 16, 3, 3), "Stage 2"),
    "many filters": lambda: filters_figure(noise(256, 16, 4, 4), "Stage 3"),
    "maps": lambda: maps_figure(
        digits(1)[0],
        [
            ("Stage 1", np.abs(noise(5, 14, 14))),
            ("Stage 2", noise(20, 7, 7)),
            ("3", noise(90, 1, 1)),
        ],
    ),
    "augmented": lambda: augmented_figure(
        digits(3), np.stack([digits(4)] * 3), "Training images " * 4, "rotation 10"
    ),
}


@cache
def figure_named(name: str) -> Figure:
    return FIGURES[name]()


def pictures(figure: Figure) -> list[AxesImage]:
    return [picture for axes in figure.axes for picture in axes.images]


def shown(picture: AxesImage) -> np.ndarray:
    return np.asarray(picture.get_array())


@pytest.mark.parametrize("name", FIGURES)
def test_figure_decodes_at_its_size_and_repeats_byte_for_byte(name: str) -> None:
    figure = figure_named(name)
    first = png_bytes(figure)
    assert first == png_bytes(figure)
    image = Image.open(io.BytesIO(first))
    expected = np.round(figure.get_size_inches() * DPI)
    assert np.abs(np.array(image.size) - expected).max() <= 1
    assert np.asarray(image.convert("L")).std() > 1
    assert "Software" not in image.info


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_clipped_by_the_edge_or_covers_another(name: str) -> None:
    figure = figure_named(name)
    png_bytes(figure)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # of an Agg canvas
    width, height = figure.get_size_inches() * DPI
    # Ticks outside an axis' limits exist as objects but are not drawn.
    drawn = {label for axes in figure.axes for label in _drawn_ticks(axes)}
    undrawn = {label for axes in figure.axes for label in _ticks(axes)} - drawn
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip()
        if text not in undrawn
    ]
    boxes = [(text, box) for text, box in boxes if box.width and box.height]
    for text, box in boxes:
        assert box.x0 >= 1, text
        assert box.y0 >= 1, text
        assert box.x1 <= width - 1, text
        assert box.y1 <= height - 1, text
    upright = [
        item for item in boxes if name != "confusion of long names"
    ]  # slanted ones' boxes do
    for index, (text, box) in enumerate(upright):
        for other, another in upright[index + 1 :]:
            apart = (
                box.x1 <= another.x0 + 1
                or another.x1 <= box.x0 + 1
                or box.y1 <= another.y0 + 1
                or another.y1 <= box.y0 + 1
            )
            assert apart, (text, other)


def _ticks(axes: Axes) -> list[Text]:
    return [*axes.get_xticklabels(), *axes.get_yticklabels()]


def _drawn_ticks(axes: Axes) -> list[Text]:
    low_x, high_x = sorted(axes.get_xlim())
    low_y, high_y = sorted(axes.get_ylim())
    x = [t for t in axes.get_xticklabels() if low_x <= t.get_position()[0] <= high_x]
    y = [t for t in axes.get_yticklabels() if low_y <= t.get_position()[1] <= high_y]
    return x + y


def test_confusion_figure_names_counts_recalls_accuracy_and_interval() -> None:
    evaluation = evaluate_logits(*some_logits(), NAMES)
    figure = confusion_figure(evaluation)
    found = texts(figure)
    # Recalls are annotations beside the matrix, counts plain texts in it.
    cells = [t for t in figure.axes[0].texts if not isinstance(t, Annotation)]
    placed = {t.get_position(): t.get_text() for t in cells}
    for (row, column), count in np.ndenumerate(evaluation.confusion):
        if count or row == column:
            assert placed[(column, row)] == str(count)
        else:
            assert (column, row) not in placed
    for score in evaluation.scores:
        assert f"{score.recall:.1%}" in found
    low, high = evaluation.interval
    assert any(text.startswith(f"{evaluation.accuracy:.2%} right") for text in found)
    assert any(f"{low:.2%} to {high:.2%}" in text for text in found)


def test_confusion_shading_leaves_the_diagonal_out() -> None:
    evaluation = evaluate_logits(*some_logits(), NAMES)
    mistakes = evaluation.confusion.copy()
    np.fill_diagonal(mistakes, 0)
    np.testing.assert_array_equal(shown(*pictures(confusion_figure(evaluation))), mistakes)


@pytest.mark.parametrize("most", [5, 20])
def test_numbers_of_mistakes_stand_out_from_their_cell(most: int) -> None:
    confusion = np.zeros((most + 1, most + 1), np.int64)
    confusion[0, 1:] = np.arange(1, most + 1)
    axes = confusion_figure(Evaluation(("x",) * (most + 1), 0.1, confusion)).axes[0]
    (cells,) = axes.images
    for count in range(1, most + 1):
        numbers = [text for text in axes.texts if not isinstance(text, Annotation)]
        (number,) = [text for text in numbers if text.get_position() == (count, 0)]
        assert number.get_text() == str(count)
        red, green, blue = cells.to_rgba(np.array([[count]]))[0, 0, :3]
        ground = (float(red), float(green), float(blue))
        lights = sorted(relative_luminance(each) for each in (to_rgb(number.get_color()), ground))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) > 3.8


def relative_luminance(colour: tuple[float, float, float]) -> float:
    """As the Web Content Accessibility Guidelines define it."""
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour
    ]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def test_perfect_confusion_and_a_class_without_images_are_drawn() -> None:
    figure = confusion_figure(evaluate_logits(np.eye(3)[:2] * 9, np.arange(2), ["a", "b", "c"]))
    assert "100.0%" in texts(figure)
    assert "–" in texts(figure)


@pytest.mark.parametrize("count", [1, 2, 7, 40, 100])
def test_gallery_shows_each_image_over_its_caption(count: int) -> None:
    images = digits(count)
    captions = [f"caption {index}" for index in range(count)]
    figure = gallery_figure(images, captions, "Mistakes")
    for picture, image in zip(pictures(figure), images, strict=True):
        np.testing.assert_array_equal(shown(picture), image)
        assert picture.get_clim() == (0, 255)
    assert set(captions) <= set(texts(figure))
    assert "Mistakes" in texts(figure)
    width, height = figure.get_size_inches()
    assert width <= 13
    assert 0.4 < width / height < 3


def test_a_picture_that_is_no_square_keeps_its_proportions() -> None:
    figure = gallery_figure(digits(1)[:, :, 4:20], ["tall"], "Narrow")
    (box,) = (picture.get_window_extent() for picture in pictures(figure))
    assert box.width / box.height == pytest.approx(16 / 28)


def test_empty_gallery_says_that_there_are_no_mistakes() -> None:
    figure = gallery_figure(digits(0), [], "Mistakes")
    assert "no mistakes" in texts(figure)
    assert not pictures(figure)


def test_gallery_refuses_captions_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="2 images but 1 captions"):
        gallery_figure(digits(2), ["one"], "Mistakes")


def test_images_figure_names_each_class() -> None:
    figure = images_figure(digits(3), np.array([4, 0, 4], np.uint8), FASHION)
    assert texts(figure).count("Coat") == 2
    assert texts(figure).count("T-shirt/top") == 1


@pytest.mark.parametrize(("label", "colour"), [(2, RIGHT), (7, WRONG)])
def test_prediction_figure_has_the_notebooks_titles_and_the_bars(label: int, colour: str) -> None:
    image, probabilities = digits(1)[0], np.full(10, 0.02)
    probabilities[2] = 0.82
    figure = prediction_figure(image, probabilities, NAMES, label)
    assert f"Label: {label}" in texts(figure)
    title = next(
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_text() == "Predicted label: 2"
    )
    assert title.get_color() == colour
    np.testing.assert_array_equal(shown(*pictures(figure)), image)
    _, bars = figure.axes
    widths = [bar.get_width() for bar in bars.containers[1]]
    np.testing.assert_allclose(widths, probabilities)
    assert "82.0%" in texts(figure)


def test_prediction_without_label_says_so() -> None:
    assert "No label" in texts(prediction_figure(digits(1)[0], np.eye(10)[4], NAMES, None))


def test_first_filters_share_one_scale_around_zero() -> None:
    kernels = np.random.default_rng(2).normal(size=(6, 1, 3, 3)).astype(np.float32)
    drawn = pictures(filters_figure(kernels, "Stage 1"))[:6]
    for picture, kernel in zip(drawn, kernels[:, 0], strict=True):
        np.testing.assert_array_equal(shown(picture), kernel)
        low, high = picture.get_clim()
        assert -low == high == pytest.approx(np.abs(kernels).max())


def test_deep_filters_lie_in_rows_of_filters_and_columns_of_channels() -> None:
    kernels = np.random.default_rng(2).normal(size=(4, 3, 3, 3))
    picture = shown(pictures(filters_figure(kernels, "Stage 2"))[0])
    finite = ~np.isnan(np.ma.filled(np.ma.asarray(picture), np.nan))
    rows, columns = finite.any(axis=1), finite.any(axis=0)
    inner = np.ma.filled(np.ma.asarray(picture), np.nan)[rows][:, columns]
    times = inner.shape[0] // 12
    expected = kernels.transpose(0, 2, 1, 3).reshape(12, 9)
    np.testing.assert_array_equal(inner[::times, ::times], expected)


def test_filters_of_zeros_are_drawn() -> None:
    assert png_bytes(filters_figure(np.zeros((2, 1, 3, 3)), "untrained"))


def test_maps_figure_labels_each_stage_with_number_and_size() -> None:
    maps = np.random.default_rng(0).random((32, 14, 14))
    figure = maps_figure(digits(1)[0], [("Stage 1, receptive field 4 × 4", maps)])
    assert "Stage 1, receptive field 4 × 4: 32 maps of 14 × 14" in texts(figure)
    assert pictures(figure)[1].get_clim() == (0, maps.max())
    signed = maps_figure(digits(1)[0], [("Stage 1", maps - 0.9)])
    assert pictures(signed)[1].get_clim() == (-0.9 + maps.min(), 0.9 - maps.min())


@pytest.mark.parametrize(("height", "width"), [(10, 20), (6, 2), (1, 2)])
def test_maps_that_are_no_squares_keep_their_proportions(height: int, width: int) -> None:
    image = np.zeros((2 * height, 2 * width), np.uint8)
    figure = maps_figure(image, [("Stage 1", np.ones((9, height, width)))])
    assert f"Stage 1: 9 maps of {width} × {height}" in texts(figure)
    assert f"The image, {2 * width} × {2 * height}" in texts(figure)
    axes = pictures(figure)[1].axes
    box = axes.get_window_extent()
    high, wide = shown(pictures(figure)[1]).shape
    assert box.width / wide == pytest.approx(box.height / high, rel=0.15)


def test_mosaic_places_tiles_with_gaps() -> None:
    tiles = np.arange(4.0).reshape(2, 2, 1, 1)
    n = np.nan
    np.testing.assert_array_equal(mosaic(tiles, 1), [[0, n, 1], [n, n, n], [2, n, 3]])


def test_shortened_keeps_both_ends() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcd…ghijk"


def test_names_with_dollars_are_no_formulas() -> None:
    evaluation = evaluate_logits(np.eye(2), np.array([1, 0]), ["$x", "y$_$"])
    assert png_bytes(confusion_figure(evaluation))
    assert png_bytes(gallery_figure(digits(1), ["$\\broken$"], "$\\broken$"))
    assert png_bytes(prediction_figure(digits(1)[0], np.array([1.0, 0]), ["$\\bad$", "b"], 0))


def test_saved_png_is_what_png_bytes_gives(tmp_path: Path) -> None:
    figure = figure_named("prediction")
    save_png(figure, tmp_path / "new folder" / "figure.png")
    assert (tmp_path / "new folder" / "figure.png").read_bytes() == png_bytes(figure)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        save_png(figure, tmp_path / "file" / "figure.png")


def test_figures_never_load_pyplot_nor_change_settings() -> None:
    code = (
        "import sys, matplotlib, numpy as np; before = repr(matplotlib.rcParams.copy());"
        "from inkdigits.figures import confusion, curves, gallery, inside, prediction, style;"
        "style.png_bytes(gallery.gallery_figure(np.zeros((2, 9, 9), np.uint8), ['a', 'b'], 'T'));"
        "print('matplotlib.pyplot' in sys.modules, 'torch' in sys.modules,"
        " before == repr(matplotlib.rcParams.copy()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True"]


def test_terminal_pictures_need_no_matplotlib() -> None:
    code = "import sys, inkdigits.figures.terminal; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.filterwarnings("error")
def test_escapes_in_names_are_no_warning_which_would_take_them_to_the_terminal() -> None:
    assert png_bytes(gallery_figure(digits(1), ["a\x1b[31m"], "b\x07\x7f\nc"))
    assert text_width("a\x1b") > text_width("a")


def test_letters_that_matplotlib_lacks_are_drawn_without_a_warning() -> None:
    logits, labels = some_logits(3)
    figure = confusion_figure(evaluate_logits(logits, labels, ("七", "\U0010fffd", "3")))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert png_bytes(figure)
        assert "<path" in svg_element(figure, "name", "about", "c")
