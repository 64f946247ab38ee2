"""Owns the ways in which a conversion fails, and how they are said. Knows nothing of where they arise."""

from collections.abc import Mapping

from edge.errors import EdgeError
from edge.literal import JSON, dumps


class ConversionError(EdgeError):
    """A conversion that cannot go on; the output, if there was one before, stands as it was."""


class GgufError(ConversionError):
    """A GGUF file that cannot be read or written."""


class BaseModelError(ConversionError):
    """A base model that cannot be fetched, or that is not one for this adapter or this program."""


class AdapterError(ConversionError):
    """An adapter that cannot be read, or that merging as LoRA would get wrong."""


class VerificationError(ConversionError):
    """A result that is not what the recipe promises; the figures are in the message."""


def unexpected(document: Mapping[str, JSON], key: str, expected: str) -> AdapterError:
    """Return what is said of a value in an adapter's configuration.

    >>> str(unexpected({"r": 0}, "r", "a whole number above 0"))
    'r: expected a whole number above 0, got 0'
    """
    return AdapterError(f"{key}: expected {expected}, got {dumps(document.get(key))}")


def one_line(error: Exception) -> str:
    r"""Return what a program says of an error: a line without line breaks, the path first.

    >>> one_line(FileNotFoundError(2, "No such file or directory", "base.gguf"))
    'base.gguf: No such file or directory'
    >>> one_line(ConversionError("several\nlines"))
    'several lines'
    """
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())
