"""What can go wrong, as one small hierarchy; the command line maps it to exit codes.

Every message is one sentence (or a short list) that names the thing at fault and says what
to do about it; it is written for the person at the keyboard, who never sees a traceback.
"""


class InkdigitsError(Exception):
    """Base of all errors that this package raises on purpose. Exit code 1."""

    exit_code = 1


class UsageError(InkdigitsError):
    """The request itself cannot be met: a wrong path, an unknown name, contradictory options."""

    exit_code = 2


class DataError(InkdigitsError):
    """A data file is damaged, of another shape than needed, or cannot be had from any source."""


class RunError(InkdigitsError):
    """A run folder is incomplete, damaged or in use, or its weights do not fit its recipe."""


class OutputError(InkdigitsError):
    """Something could not be written: no right to, no space, no such folder."""


class TrainingError(InkdigitsError):
    """Training cannot go on, such as after a loss that is no number."""


class JobError(InkdigitsError):
    """Reading a collection cannot go on, such as where its workers end as they begin."""


class PictureError(InkdigitsError):
    """A picture cannot be read: not there, damaged, or larger than the limit."""


class ModelError(InkdigitsError):
    """A network's file is damaged, or is no network for digits."""
