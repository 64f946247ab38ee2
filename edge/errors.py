"""Owns the tree of errors and the closed list of rejection reasons. Knows nothing of where they arise.

`EdgeError` is what this program raises on purpose; anything else is a bug.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class EdgeError(Exception):
    """Something that the person who runs the program can act on; its text says what, where and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One fault of a file. Line and column count from 1; 0 where the fault has no place in the file.

    >>> str(Problem(file="edge.yaml", line=3, column=9, path="mqtt.port",
    ...             message="expected an integer from 1 to 65535, got 0"))
    'edge.yaml:3:9: mqtt.port: expected an integer from 1 to 65535, got 0'
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ConfigError(EdgeError):
    """A configuration or schema that cannot be used: every fault of it at once, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class ModelError(EdgeError):
    """A model file that cannot be loaded, or one that does not speak this program's prompt contract."""


class TooMuchMemory(EdgeError):
    """The daemon took more memory than it may, and left; its service manager starts it anew."""


class NoDaemon(EdgeError):
    """A verb that needs a running daemon, and none runs."""


class EngineClosed(ModelError):
    """The engine was closed before it could read a text; nothing is wrong with either."""


class BrokerError(EdgeError):
    """The MQTT client refused a request (not: the broker is away, which is waited out)."""


class TakenOver(BrokerError):
    """Another client keeps taking the session over: it has the same client id."""


class Reason(StrEnum):
    """Why a message got a dead letter instead of a reading: the whole list."""

    NO_ROUTE = "no_route"
    NOT_UTF8 = "not_utf8"
    NO_TEXT = "no_text"
    NO_TOPIC = "no_topic"
    OVERSIZE = "oversize"
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"
    MISSING = "missing"
    SCHEMA = "schema"
    UNIT_MISMATCH = "unit_mismatch"
    UNIT_UNKNOWN = "unit_unknown"
    AMBIGUOUS_UNIT = "ambiguous_unit"
    TIMESTAMP = "timestamp"
    TRUNCATED = "truncated"
    TIMEOUT = "timeout"
    LOW_CONFIDENCE = "low_confidence"
    MODEL_ERROR = "model_error"
    PUBLISH_REFUSED = "publish_refused"


class Rejected(EdgeError):
    """A message that yields no reading. The detail is for people and may quote the message."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
