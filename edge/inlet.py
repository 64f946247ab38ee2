"""Owns how the text of a message is taken from its payload: its size, its encoding, its place in JSON.

Knows nothing of topics and of what is read from the text.
"""

import re
from dataclasses import dataclass

from edge import literal
from edge.errors import Reason, Rejected
from edge.literal import JSON, Path

ENCODINGS = (  # Python's names of those that devices speak; none of them can do more than decode
    *("utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman"),
    *(f"iso8859-{part}" for part in range(1, 17) if part != 12),  # noqa: PLR2004  # there is no part 12
    *(f"cp125{page}" for page in range(9)),
    *("cp437", "cp850", "cp852", "cp855", "cp858", "cp865", "cp866", "cp932", "cp936", "cp949", "cp950"),
    *("gb18030", "gbk", "big5", "shift_jis", "euc_jp", "euc_kr"),
)
_PLACE = re.compile(r"\$((?:\.[^.\[\]\s]+|\[[0-9]{1,6}\])*)")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")


def place(written: str) -> Path:
    """Return a place in a JSON document, written with the dots and brackets of JSONPath (RFC 9535).

    >>> place("$.data[0].message"), place("$")
    (('data', 0, 'message'), ())

    Raises:
        ValueError: it is not written so.
    """
    found = _PLACE.fullmatch(written)
    if found is None:
        raise ValueError(f'expected a place such as $.message or $.data[0].text, got "{written}"')
    return tuple(key or int(index) for key, index in _STEP.findall(found[1]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Inlet:
    """The way from a payload to its text.

    Attributes:
        encoding: one of `ENCODINGS`.
        place: where the text stands in a payload that is JSON; None for a payload that is the text.
    """

    encoding: str = "utf-8"
    place: Path | None = None

    def text(self, payload: bytes, *, limit_bytes: int) -> str:
        r"""Return the text of a payload.

        >>> Inlet(encoding="iso8859-1").text(b"21 \xb0C", limit_bytes=100)
        '21 °C'
        >>> Inlet(place=("raw",)).text(b'{"device":7,"raw":"T=21.4C"}', limit_bytes=100)
        'T=21.4C'

        Raises:
            Rejected: oversize; not_utf8, with the place of the first byte that is none of the encoding; no_text,
                there is no text at the place.
        """
        if len(payload) > limit_bytes:
            raise Rejected(Reason.OVERSIZE, f"expected at most {limit_bytes} bytes, got {len(payload)}")
        try:
            text = payload.decode(self.encoding)
        except UnicodeDecodeError as error:
            name = self.encoding.upper() if self.encoding.startswith("utf") else self.encoding
            raise Rejected(
                Reason.NOT_UTF8, f"expected {name}, got byte 0x{payload[error.start]:02x} at offset {error.start}"
            ) from error
        return text if self.place is None else _at(text, self.place)


PLAIN = Inlet()  # a payload that is the text


def _at(document: str, path: Path) -> str:
    """Return the text at a place of a JSON document: a string as it is, other values as JSON."""
    where = f"expected JSON with text at {_written(path)}"
    try:
        value: JSON = literal.loads(document)
    except (ValueError, RecursionError) as error:
        raise Rejected(Reason.NO_TEXT, f"{where}, got what is not JSON") from error
    for number, step in enumerate(path):
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            raise Rejected(Reason.NO_TEXT, f"{where}, got nothing at {_written(path[: number + 1])}")
    if value is None or isinstance(value, bool):
        raise Rejected(Reason.NO_TEXT, f"{where}, got {literal.dumps(value)}")
    text = value if isinstance(value, str) else literal.dumps(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON may escape halves of surrogate pairs
        raise Rejected(Reason.NO_TEXT, f"{where}, got half of a surrogate pair in it") from error
    return text


def _written(path: Path) -> str:
    """Return a place as `place` reads it.

    >>> _written(("data", 0, "text"))
    '$.data[0].text'
    """
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
