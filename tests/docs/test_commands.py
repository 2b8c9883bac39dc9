"""Each `inkdigits ...` in the documentation, in blocks and in sentences, is one that there is."""

import re
from pathlib import Path

import click
import pytest

from inkdigits.cli import cli
from inkdigits.cli.options import recipe_from
from inkdigits.errors import InkdigitsError
from tests.docs.not_run import NOT_RUN
from tests.docs.pages import PAGES, ROOT, blocks, commands, inline_code, name_of, text_of, words

STANDS_FOR = {"N": "2", "I": "47", "KEY=VALUE": "epochs=2"}
SCRIPT = re.compile(r"(?<![\w/])((?:benchmarks|attacks|fuzz|tests|docs/figures)/[\w/]+\.py)\b")


# What a sentence may leave out when it speaks of a command or of an option.
NO_ARGUMENTS = getattr(click.exceptions, "NoArgsIsHelpError", click.MissingParameter)  # click 8.2
LEFT_OUT = (click.MissingParameter, NO_ARGUMENTS)


def in_blocks(page: Path) -> list[str]:
    """The commands of a page's blocks of shell."""
    found = blocks(text_of(page))
    return [line for block in found if block.language == "sh" for line in commands(block.code)]


def in_sentences(page: Path) -> list[str]:
    """What a page's sentences and tables quote that could be a command."""
    return [code for code in inline_code(text_of(page)) if " " in code]


def arguments(command: str) -> list[str] | None:
    """The words after `inkdigits`; None for another command or one without a name."""
    match = re.search(r"(?:^|[|] |=\w+ )(?:\.venv/bin/)?inkdigits ([^|>]*)", command)
    if match is None or "COMMAND" in command:
        return None
    return [STANDS_FOR.get(word, word) for word in words(match[1])]


def parse(command: click.Command, given: list[str], parent: click.Context | None = None) -> None:
    """Take the words apart as the command line does, and change nothing."""
    with command.make_context(command.name, list(given), parent=parent) as context:
        if isinstance(command, click.Group):
            _, inner, rest = command.resolve_command(context, given)
            assert inner is not None
            parse(inner, rest, context)
        elif "settings" in context.params and context.params["recipe"] != "NAME":
            recipe_from(context.params)  # a recipe of that name, with entries of these names


def problem(command: str) -> tuple[str, bool]:
    """What the command line says against a command, and whether only that something is left out."""
    try:
        parse(cli, arguments(command) or ["--help"])
    except click.exceptions.Exit:  # --help, --version
        return "", False
    except click.ClickException as error:
        needs = isinstance(error, click.BadOptionUsage) and "requires an argument" in error.message
        return f"{command}: {error.format_message()}", needs or isinstance(error, LEFT_OUT)
    except InkdigitsError as error:
        return f"{command}: {error}", False
    return "", False


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_exists(page: Path) -> None:
    assert [said for command in in_blocks(page) if (said := problem(command)[0])] == []
    spoken = [problem(command) for command in in_sentences(page)]
    assert [said for said, left_out in spoken if said and not left_out] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_script_and_make_target_exists(page: Path) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for command in in_blocks(page) + in_sentences(page):
        for script in SCRIPT.findall(command):
            assert (ROOT / script).is_file(), f"{name_of(page)}: {command}"
        if match := re.match(r"make ([a-z]+)", command):
            assert match[1] in targets, f"{name_of(page)}: {command}"


def test_what_is_not_run_is_shown_somewhere() -> None:
    shown = [command for page in PAGES for command in in_blocks(page) + in_sentences(page)]
    for pattern in NOT_RUN:
        assert any(re.match(pattern, command) for command in shown), f"nothing is like {pattern}"
