"""Pages of TIFFs and PDFs, and photos in HEIC."""

import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from inkdigits.errors import PictureError, UsageError
from inkdigits.images import apart, pdfium
from inkdigits.images.decode import decode
from inkdigits.images.formats import page_numbers, pages, split_page, suffixes
from tests.images.test_decode import encoded, page
from tests.recognition.pages import STORED


def pdf(
    content: str, size: tuple[int, int] = (144, 72), entries: str = "", further: Sequence[str] = ()
) -> bytes:
    """A PDF of one page of so many points, drawn by the operators of the PDF reference.

    Its further objects have the numbers from 5 on.
    """
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]} {size[1]}]/Contents 4 0 R{entries}>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        *further,
    ]
    body = b"%PDF-1.7\n"
    places = []
    for number, entry in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj{entry}endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    entry = f"<</Size {len(places) + 1}/Root 1 0 R>>"
    end = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}trailer{entry}\nstartxref\n"
    return body + f"{end}{len(body)}\n%%EOF".encode()


BAR = "0 g 36 18 9 36 re f"  # black, half an inch from the left, a quarter from below, in points


NO_PAGES = pdf("").replace(b"/Kids[3 0 R]/Count 1", b"/Kids[     ]/Count 0")


def of_several(form: str) -> bytes:
    first, second = page(), page().rotate(90, expand=True)
    options = {"resolution": 200} if form == "PDF" else {}
    return encoded(first, form, save_all=True, append_images=[second], **options)


def test_a_pdf_is_drawn_at_200_dots_an_inch_where_its_operators_say() -> None:
    picture = decode(pdf(BAR))
    assert picture.size == (200, 400)
    assert not picture.has_more_pages
    inked = picture.pixels.mean(2) < 128
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (50, 149, 100, 124)


def test_a_pdfs_page_that_lies_turned_is_put_upright_as_it_says() -> None:
    picture = decode(pdf(BAR, entries="/Rotate 90"))
    assert picture.size == (400, 200)
    inked = picture.pixels.mean(2) < 128
    assert (np.flatnonzero(inked.any(1))[[0, -1]] == (100, 124)).all()


def test_what_was_written_onto_a_pdf_is_seen() -> None:
    ink = (
        "/Annots[<</Type/Annot/Subtype/Ink/Rect[0 0 144 72]/C[0 0 0]/BS<</W 9>>"
        "/InkList[[40 18 40 54]]/F 4>>]"
    )
    blank, written = decode(pdf("")), decode(pdf("", entries=ink))
    assert blank.pixels.min() == 255
    assert written.pixels[100, 111].max() < 100


def test_a_plan_is_drawn_at_less_and_not_refused() -> None:
    picture = decode(pdf(BAR, (14400, 7200)))
    height, width = picture.size
    assert abs(width - 2 * height) < 2
    assert 15_900_000 < height * width < 16_100_000


def test_a_page_like_a_thread_is_drawn_no_longer_than_can_be_read() -> None:
    assert decode(pdf(BAR, (1, 10_000_000))).size == (65_536, 1)


@pytest.mark.parametrize("form", ["TIFF", "PDF"])
def test_pages_are_picked_by_number_or_name(form: str, tmp_path: Path) -> None:
    content = of_several(form)
    file = tmp_path / f"two.{form.lower()}"
    file.write_bytes(content)
    assert page_numbers(content) == [1, 2]
    assert list(map(str, pages(str(file)))) == [f"{file}#page=1", f"{file}#page=2"]
    first, second = (decode(name) for name in pages(str(file)))
    assert (first.size, second.size) == ((40, 60), (60, 40))
    assert np.abs(first.pixels.astype(int) - np.asarray(page())).mean() < 5
    assert np.array_equal(decode(content, page=2).pixels, second.pixels)
    assert np.array_equal(decode(content).pixels, first.pixels)
    assert [decode(content).has_more_pages, first.has_more_pages] == [True, False]
    for beyond in (3, 0, -1):
        with pytest.raises(PictureError, match=f"it has 2 pages, there is no page {beyond}"):
            decode(content, page=beyond)
    with pytest.raises(PictureError, match=r"#page=7 is no readable picture \(it has 2 pages"):
        decode(f"{file}#page=7")


def test_a_picture_of_one_page_has_a_first_page_only(tmp_path: Path) -> None:
    for form in ("PNG", "TIFF", "PDF", "GIF"):
        content = encoded(page(), form)
        assert page_numbers(content) == [None]
        assert np.array_equal(decode(content, page=1).pixels, decode(content).pixels)
        with pytest.raises(PictureError, match="it has 1 page, there is no page 2"):
            decode(content, page=2)


def test_a_file_may_be_called_like_a_page(tmp_path: Path) -> None:
    file = tmp_path / "odd.png#page=2"
    file.write_bytes(encoded(page(), "PNG"))
    assert split_page(file) == (file, None)
    assert decode(file).size == (40, 60)
    assert split_page("scans/odd.pdf#page=12") == (Path("scans/odd.pdf"), 12)
    assert split_page("odd.pdf#page=0") == (Path("odd.pdf#page=0"), None)


def test_a_pages_name_is_not_taken_for_a_file_that_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "two.pdf"
    file.write_bytes(of_several("PDF"))
    (tmp_path / "two.pdf#page=2").write_bytes(encoded(Image.new("L", (9, 9)), "PNG"))
    _, second = pages(str(file))
    assert decode(second).size == (60, 40)
    assert decode(str(second)).size == (9, 9)
    assert len({second, str(second)}) == 2
    assert second != str(second)


@pytest.mark.parametrize("number", ["0", "-1", "x", "03", ""])
def test_what_is_no_pages_number_is_said_to_be_none(number: str, tmp_path: Path) -> None:
    file = tmp_path / "two.pdf"
    file.write_bytes(b"")
    with pytest.raises(UsageError, match=rf"two\.pdf#page={number} names no page"):
        split_page(f"{file}#page={number}")


@pytest.mark.parametrize("folder", [".", "..", "a.pdf", "a.pdf/."])
def test_a_folder_has_no_pages(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.pdf").mkdir()
    with pytest.raises(UsageError, match="is a folder, which has no pages"):
        split_page(f"{folder}#page=1")


@pytest.mark.parametrize("page", [1.5, 2.0, "2", True])
def test_a_page_is_a_whole_number(page: Any) -> None:
    with pytest.raises(UsageError, match=f"page is {page!r}; pages are numbered"):
        decode(of_several("PDF"), page=page)


def test_an_image_and_an_array_have_no_page_but_the_one_that_they_show() -> None:
    array = np.asarray(page())
    with Image.open(io.BytesIO(of_several("TIFF"))) as image:
        assert decode(image, page=1).size == (40, 60)
        for source in (image, array):
            with pytest.raises(PictureError, match="only the page that it shows is there, no page"):
                decode(source, page=2)
        image.seek(1)
        assert decode(image).size == decode(image, page=2).size == (60, 40)
    assert np.array_equal(decode(array, page=1).pixels, array)


def test_damaged_documents_are_said_to_be(tmp_path: Path) -> None:
    content = of_several("PDF")
    for bad in (b"%PDF-1.7\n%", content[: len(content) // 3]):
        with pytest.raises(PictureError, match="is no readable picture"):
            decode(bad)
        assert page_numbers(bad) == [None]
    missing = str(tmp_path / "none.pdf")
    assert pages(missing) == [missing]


def test_what_is_wrong_with_a_document_is_not_told_with_another_ones_error() -> None:
    marks = b"<%s>" % (b"00" * 32)
    entry = b"<</Filter/Standard/V 1/R 2/P -4/O %s/U %s>>" % (marks, marks)
    locked = pdf(BAR).replace(b"/Root 1 0 R", b"/Root 1 0 R/ID[<00><00>]/Encrypt " + entry)
    for bad, said in (
        (b"%PDF-1.7 no more", "Data format error"),
        (locked, "it is locked by a password"),
        (NO_PAGES, "it has no pages"),
    ):
        with pytest.raises(PictureError, match=said):
            decode(bad)


def test_pages_that_a_pdf_only_claims_to_have_are_told_once() -> None:
    claiming = of_several("PDF").replace(b"/Count 2", b"/Count 9")
    assert page_numbers(claiming) == [1, 2, 3]
    assert decode(claiming, page=2).size == (60, 40)
    for missing in (3, 9):
        with pytest.raises(PictureError, match="damaged: its pages from 3 on are missing"):
            decode(claiming, page=missing)


def test_pages_that_are_not_there_are_not_looked_for_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    size = pdfium._size

    def counted(document: Any, number: int) -> tuple[float, float] | None:
        looked.append(number)
        return size(document, number)

    monkeypatch.setattr(pdfium, "_size", counted)
    claiming = pdf(BAR).replace(b"/Kids[3 0 R]/Count 1", b"/Kids[3 0 R 3 0 R 3 0 R]/Count 90000")
    assert pdfium.count(claiming + bytes(90000))[0]["there"] == 3
    assert len(looked) < 60


@pytest.mark.parametrize(
    ("count", "said"), [(1, "only page is"), (2, "pages are"), (90, "pages are")]
)
def test_a_pdf_of_damaged_pages_is_said_to_have_them(count: int, said: str) -> None:
    damaged = pdf(BAR).replace(b"/Kids[3 0 R]/Count 1", b"/Kids[9 0 R]/Count %d" % count)
    with pytest.raises(PictureError, match=rf"\(its {said} damaged\)"):
        decode(damaged)


def test_a_page_of_a_pdf_that_is_none_hides_no_other() -> None:
    content = of_several("PDF")
    broken = re.sub(rb"/Kids \[ \d+ 0 R", b"/Kids [ null", content, count=1)
    assert broken != content
    assert page_numbers(broken) == [1, 2]
    with pytest.raises(PictureError, match="Failed to load page"):
        decode(broken)
    assert decode(broken, page=2).size == (60, 40)


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n\n", b"Content-Type: text\r\n\r\n"])
def test_what_was_put_before_a_pdf_is_passed_over(before: bytes) -> None:
    content = before + of_several("PDF")
    assert page_numbers(content) == [1, 2]
    assert decode(content, page=2).size == (60, 40)


def test_a_picture_that_speaks_of_pdfs_is_none() -> None:
    content = encoded(page(), "JPEG", comment=b"%PDF-1.7")
    assert page_numbers(content) == [None]
    assert np.array_equal(decode(content).pixels, decode(encoded(page(), "JPEG")).pixels)


@pytest.mark.parametrize("form", ["TIFF", "PDF"])
def test_a_document_is_one_by_its_content(form: str, tmp_path: Path) -> None:
    for name in ("two.png", "two"):
        (tmp_path / name).write_bytes(of_several(form))
        assert [decode(each).size for each in pages(str(tmp_path / name))] == [(40, 60), (60, 40)]


def test_forms_of_adobes_own_are_drawn_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    form = b"/Type/Catalog/AcroForm<</Fields[]/XFA[(a)(b)]>>"
    assert decode(pdf(BAR).replace(b"/Type/Catalog", form)).size == (200, 400)
    assert not caplog.records


def test_pdfs_are_drawn_by_several_threads_as_by_one() -> None:
    content = of_several("PDF")
    one = [decode(content, page=number).pixels for number in (1, 2)]
    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(lambda number: decode(content, page=number).pixels, [1, 2] * 20))
    assert all(np.array_equal(each, one[place % 2]) for place, each in enumerate(many))


def of_nested_forms(depth: int) -> bytes:
    """A PDF of forms each of which draws the next one ten times over."""
    forms = [
        f"<</Type/XObject/Subtype/Form/BBox[0 0 144 72]/Resources<</XObject<</X {6 + level} 0 R>>>>"
        f"/Length 50>>stream\n{'/X Do' * 10}\nendstream"
        for level in range(depth)
    ]
    bar = f"<</Subtype/Form/BBox[0 0 144 72]/Length {len(BAR)}>>stream\n{BAR}\nendstream"
    first = "/Resources<</XObject<</X 5 0 R>>>>"
    return pdf("/X Do", entries=first, further=[*forms, bar])


@pytest.fixture
def anew() -> Iterator[None]:
    """PDFium's process is one of this test's own."""
    apart._end()
    yield
    apart._end()


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("MOST_BYTES", 100 << 20, "drawing it takes more than 100 MB of memory"),
        ("MOST_S", 0.2, "drawing it takes longer than 0.2 s"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell what a process has")
def test_a_pdf_of_forms_in_forms_takes_neither_all_memory_nor_all_time(
    limit: str, value: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decode(of_nested_forms(2)).pixels[100, 111].max() < 100
    apart._end()
    monkeypatch.setattr(apart, limit, value)
    with pytest.raises(PictureError, match=rf"no readable picture \({re.escape(said)}\)"):
        decode(of_nested_forms(12))
    assert decode(pdf(BAR)).size == (200, 400)


@pytest.mark.usefixtures("anew")
def test_pdfs_are_read_on_after_their_process_has_died(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decode(pdf(BAR)).size == (200, 400)
    first = apart._process
    assert first is not None
    first.kill()
    first.wait()
    assert decode(pdf(BAR)).size == (200, 400)
    monkeypatch.setattr(apart._process, "poll", lambda: None)  # it dies over the question
    apart._process.kill()  # type: ignore[union-attr]
    with pytest.raises(PictureError, match="PDFium, which draws PDFs, broke down over it"):
        decode(pdf(BAR))


@pytest.mark.usefixtures("anew")
def test_a_fork_asks_a_process_of_its_own() -> None:
    decode(pdf(BAR))
    first = apart._process
    assert first is not None
    apart._forget()  # as after os.fork
    assert decode(pdf(BAR)).size == (200, 400)
    assert apart._process is not first
    first.returncode = None
    with first:
        first.kill()


@pytest.mark.usefixtures("anew")
def test_what_lies_beside_pdfs_is_never_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pypdfium2", "json", "inkdigits"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert decode(pdf(BAR)).size == (200, 400)


def heic(image: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=90, **options)
    return stream.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_in_heic_come_out_upright(orientation: int) -> None:
    upright = page()
    image = upright.transpose(STORED[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(heic(image, exif=exif.tobytes()))
    assert picture.size == (40, 60)
    assert np.abs(picture.pixels.astype(int) - np.asarray(upright)).mean() < 8


def test_heic_has_the_limits_of_other_pictures() -> None:
    content = heic(page())
    with pytest.raises(PictureError, match="60x40 pixels; the limit is 2000"):
        decode(content, max_pixels=2000)
    with pytest.raises(PictureError, match="is no readable picture"):
        decode(content[:200])
    assert decode(content, working_pixels=600).pixels.shape[:2] == (20, 30)


def test_several_photos_of_a_heic_file_are_pages() -> None:
    file = pillow_heif.from_pillow(page())
    file.add_from_pillow(page().rotate(90, expand=True))
    for first in (0, 1):
        stream = io.BytesIO()
        file.save(stream, primary_index=first)
        content = stream.getvalue()
        assert page_numbers(content) == [1, 2]
        sizes = [decode(content, page=number).size for number in (1, 2, None)]
        assert sizes == [[(40, 60), (60, 40)][place != first] for place in (0, 1, 0)]
        assert decode(content).has_more_pages


def test_what_is_missing_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {".pdf", ".heic", ".heif"} <= suffixes()
    photo = heic(page())
    for module in ("pi_heif", "pypdfium2"):
        monkeypatch.setitem(sys.modules, module, None)
    for content, said in ((of_several("PDF"), "a PDF; save"), (photo, "HEIC; save it as JPEG")):
        with pytest.raises(PictureError, match=said) as refused:
            decode(content)
        assert "pip install 'inkdigits[formats]'" in str(refused.value)
    assert not {".pdf", ".heic", ".heif"} & suffixes()
