"""Parts: each picture is in one of them, and which one depends on the listing alone."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits import DataError
from inkdigits.cluster import plan
from inkdigits.cluster.places import place
from inkdigits.cluster.plan import Plan, Span, cut, pictures, size
from inkdigits.cluster.sorting import in_order, without

groups = st.lists(st.integers(0, 300), max_size=12)


@given(groups, st.integers(0, 500))
def test_parts_hold_every_row_once_in_order_and_are_full(counts: list[int], first: int) -> None:
    spans = [Span(b"file", group, 0, count) for group, count in enumerate(counts)]
    parts = list(cut(spans, first))
    rows = [(span.group, row) for part in parts for span in part
            for row in range(span.start, span.stop)]  # fmt: skip
    assert rows == [(group, row) for group, count in enumerate(counts) for row in range(count)]
    sizes = [pictures(part) for part in parts]
    assert sizes[:-1] == [size(first + number) for number in range(len(parts) - 1)]
    assert all(0 < last <= size(first + len(parts) - 1) for last in sizes[-1:])


def test_few_pictures_are_many_parts_and_a_billion_not_too_many() -> None:
    assert len(list(cut(map(Span, [b"x"] * 64), 0))) == 4
    held = part = 0
    while held < 10**9:
        held += size(part)
        part += 1
    assert part < 250_000


@given(st.lists(st.binary(max_size=40)), st.integers(1, 7))
def test_names_are_sorted_whatever_fits_the_memory(names: list[bytes], chunk: int) -> None:
    assert list(in_order(names, chunk)) == sorted(names)


@given(st.sets(st.binary(max_size=2)), st.lists(st.binary(max_size=2)))
def test_what_is_known_is_left_out(names: set[bytes], known: list[bytes]) -> None:
    assert list(without(sorted(names), sorted(known))) == sorted(names - set(known))


@settings(max_examples=10)
@given(st.integers(1, 40))
def test_a_plan_is_read_as_it_was_written(count: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = place(folder)
        spans = [Span(b"%03d" % number) for number in range(count)]
        first = plan.write(out, spans[: count // 2], 0)
        more = plan.write(out, spans[count // 2 :], sum(each.parts for each in first))
        both = Plan(out, [*first, *more])
        parts = sum(each.parts for each in [*first, *more])
        assert [span for part in range(parts) for span in both[part]] == spans
        assert list(both.spans()) == spans


def test_a_damaged_plan_is_named(tmp_path: Path) -> None:
    out = place(str(tmp_path))
    written = plan.write(out, [Span(b"a")], 0)
    (tmp_path / written[0].name).write_bytes(b"PAR1 or not")
    with pytest.raises(DataError, match=r"00000000\.parquet is damaged"):
        Plan(out, written)[0]
