"""What callers give for arrays: NumPy's own, and whatever else it can make one of."""

from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.errors import DataError


def as_array(what: str, values: object) -> npt.NDArray[Any]:
    """`values` as an array: lists, tables and torch's tensors too.

    Raises:
        DataError: where NumPy can make none of it, such as of lists of several lengths, or of a
            tensor on a GPU.
    """
    try:
        return np.asarray(values)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataError(f"The {what} make no array: {reason}.") from error
