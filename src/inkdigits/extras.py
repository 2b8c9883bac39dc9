"""Which extra brings a library that is not installed."""

_EXTRAS = {
    **dict.fromkeys(
        ("torch", "matplotlib", "tensorboard", "safetensors", "filelock", "scipy", "onnx"), "train"
    ),
    **dict.fromkeys(("uvicorn", "fastapi", "prometheus_client", "fastapi_swagger"), "serve"),
    **dict.fromkeys(("HersheyFonts", "sklearn"), "model"),
    **dict.fromkeys(("pyarrow", "ray", "pandas"), "cluster"),
}


class MissingLibraryError(ModuleNotFoundError):
    """A library is not installed that an extra brings; the message says which one."""


def missing(what: str, error: ModuleNotFoundError, extra: str = "") -> ModuleNotFoundError:
    """`error`, or one that says what to install for `what` where an extra brings the library.

    Args:
        extra: that is needed in all; without it, the one that brings the library.
    """
    brings = _EXTRAS.get((error.name or "").partition(".")[0])
    if brings is None or isinstance(error, MissingLibraryError):
        return error
    return MissingLibraryError(
        f"{what} needs {error.name}, which comes with: pip install 'inkdigits[{extra or brings}]'",
        name=error.name,
    )
