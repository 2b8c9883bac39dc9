"""Whether a store fails, or one object of it.

A picture that cannot be had is a row with an error, and is not tried again. Where the store itself
cannot be reached, has too much to do or no longer takes the keys, that would be the end of all
pictures that are left; so the job ends then, and goes on later.
"""

import re

from inkdigits.errors import JobError, PictureError

REFUSED = 8  # pictures in a row, with which it is the store that refuses
# Of what pyarrow says of S3 all but this is of the store: codes of its SDK's, and HTTP's statuses.
_ABSENT = r"NO_SUCH_KEY|RESOURCE_NOT_FOUND"
_REFUSED = r"ACCESS_DENIED|OBJECT_|\w+ \(HTTP status 4(?!08|29)"
_S3 = re.compile(rf"AWS Error (?!{_ABSENT}|{_REFUSED})")
_S3_REFUSES = re.compile(rf"AWS Error (?!{_ABSENT})")
_GOOGLE = re.compile(r"Status\((UNAVAILABLE|DEADLINE_EXCEEDED|UNAUTHENTICATED|RESOURCE_EXHAUSTED)")
_GOES_ON = "whole parts stay, and the same command goes on"


class RefusedError(PictureError):
    """A store holds a picture and does not give it."""


def fails(error: BaseException, *, gave: bool = False) -> bool:
    """Whether an error is of the store itself.

    Args:
        gave: whether it has given before what it refuses now.
    """
    if isinstance(error, ConnectionError | TimeoutError):  # fsspec's
        return True
    text = str(error)
    return bool((_S3_REFUSES if gave else _S3).search(text) or _GOOGLE.search(text))


def failed(where: str, why: str) -> JobError:
    """The error that ends a job for now."""
    return JobError(f"{where} cannot be read any more: {why}; {_GOES_ON}.")
