"""Owns what a check says: a status, what was found, and what to do about it.

Knows nothing of checks.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check ended. Only FAIL counts as a failure; SKIP is a check that could not be made here."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check says.

    Attributes:
        check: its name, one or two words.
        found: what was found, in a few words, without secrets.
        hint: what to do, with the very command where there is one; empty where nothing is to be done.
    """

    check: str
    status: Status
    found: str
    hint: str = ""


def ok(check: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(check=check, status=Status.OK, found=found)


def warn(check: str, found: str, hint: str = "") -> Finding:
    """Return that something had better be different."""
    return Finding(check=check, status=Status.WARN, found=found, hint=hint)


def fail(check: str, found: str, hint: str = "") -> Finding:
    """Return that something keeps the daemon from its work."""
    return Finding(check=check, status=Status.FAIL, found=found, hint=hint)


def skip(check: str, found: str, hint: str = "") -> Finding:
    """Return that a check could not be made, and why."""
    return Finding(check=check, status=Status.SKIP, found=found, hint=hint)
