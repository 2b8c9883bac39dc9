"""What fuzzing began with and what it found, once more: taken, or refused in a sentence."""

from pathlib import Path

import pytest

from fuzz.run import MOST_BYTES, MOST_FILES
from fuzz.targets import CORPUS, TARGETS, refused


def files(name: str) -> list[Path]:
    return sorted((CORPUS / name).iterdir())


# A form that ends within a file leaves Starlette's file to the garbage collector.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.Spooled:ResourceWarning")
@pytest.mark.parametrize("name", TARGETS)
def test_every_input_is_taken_or_refused_with_a_documented_error(name: str) -> None:
    answers = {path.name: refused(TARGETS[name], path.read_bytes()) for path in files(name)}
    assert "" in answers.values(), "no input is good"
    assert any(answers.values()), "no input is refused"


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_small(name: str) -> None:
    sizes = [path.stat().st_size for path in files(name)]
    assert 2 <= len(sizes) <= MOST_FILES
    assert sum(sizes) <= MOST_BYTES


def test_every_corpus_has_its_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
