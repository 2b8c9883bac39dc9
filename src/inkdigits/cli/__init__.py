"""The command line: parsing and printing only.

Commands are imported when they are called, so that `inkdigits --help` and reading stay fast.
Exit codes: 0 done; 1 it failed; 2 the request itself cannot be met; 130 Ctrl-C, 143 SIGTERM.
"""

import codecs
import importlib
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from inkdigits import __version__
from inkdigits.cli.stopping import sigterm_stops
from inkdigits.cli.text import LOSSY, lossy, printable
from inkdigits.errors import InkdigitsError
from inkdigits.extras import MissingLibraryError, missing

# Each command's module under inkdigits.cli and the line that --help shows for it.
_COMMANDS = {
    "read": ("reading", "Read the digits in photos, scans, drawings, or folders of them."),
    "classify": ("reading", "Say which digit each ready crop shows, and if it is one."),
    "serve": ("serve", "Start the HTTP service, on this machine only by default."),
    "export": (
        "export",
        "Write a network as an ONNX file, or the page as a folder: export onnx, web.",
    ),
    "label": ("label", "Write the digits of pictures into folders, for you to correct."),
    "train": ("train", "Train a network by a recipe, in a second or two by default."),
    "summary": ("summary", "Print a recipe's layers, output shapes and parameters."),
    "recipes": ("summary", "List the recipes."),
    "evaluate": ("evaluate", "Score a run on the whole test set."),
    "show": ("show", "Show a test image and its prediction, mistakes, filters, feature maps."),
    "compare": ("compare", "Put models side by side; test whether one reads better."),
    "report": ("report", "Write a page about a model: accuracy, calibration, attacks, insight."),
    "study": ("study", "Put the lab notebook's claims to the test over several seeds."),
    "board": ("board", "Open TensorBoard on the runs."),
    "model": ("model", "Make the network that the package ships anew, and its card."),
    "doctor": ("doctor", "Say what is installed and used here; check runs and networks."),
    "data": ("data", "Fetch the data, say where it came from, and show a sheet of it."),
}


_NO_MEMORY = (
    "There is not enough memory for this; training takes less with a smaller --batch-size or fewer "
    "filters."
)


class _Commands(click.Group):
    """A group whose commands are imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"inkdigits.cli.{_COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="inkdigits")
def cli() -> None:
    """Handwritten digits become data: train a network in seconds, see what it learned."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and exit with its code; every failure is a sentence on standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error(LOSSY, lossy)
        sys.stdout.reconfigure(errors=LOSSY)
    # matplotlib's windows, of which we open none; of a name that it does not know it fails.
    os.environ.pop("MPLBACKEND", None)
    try:
        with sigterm_stops():
            code = cli.main(args=arguments, prog_name="inkdigits", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InkdigitsError as error:
        _fail(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        said = missing("This command", error)
        if isinstance(said, MissingLibraryError):
            _fail(str(said), 1)
        raise
    except ImportError as error:
        # A native module makes an error of its own of a Ctrl-C that comes while it is imported.
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        _stop(error.__cause__)
    except (KeyboardInterrupt, click.Abort) as error:
        _stop(error)
    except BrokenPipeError:
        # The reader, such as head, has seen enough; nothing more can be written, not even at exit.
        sys.stderr.close()
        sys.exit(1)
    except MemoryError:
        _fail(_NO_MEMORY, 1)
    except RuntimeError as error:
        # torch says so in words only.
        if "alloc" not in str(error) and "out of memory" not in str(error):
            raise
        _fail(_NO_MEMORY, 1)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        _fail(f"{name}{error.strerror or error}.", 1)


def _fail(message: str, code: int) -> NoReturn:
    # Further lines of a list are indented, so that no file's name can pose as a message of ours.
    lines = re.sub(r"\n(?! )", "\n  ", printable(message))
    click.echo(f"Error: {lines}", err=True)
    sys.exit(code)


def _stop(error: BaseException) -> NoReturn:
    """Say what was saved, if something was; click hides the interruption behind its own Abort."""
    interruption = error.__cause__ if isinstance(error, click.Abort) else error
    click.echo(printable(str(interruption or "") or "Stopped."), err=True)
    sys.exit(getattr(interruption, "exit_code", 130))
