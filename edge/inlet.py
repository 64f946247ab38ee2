"""Owns how texts are taken from a payload: its size, its encoding, their place in JSON, the lines they are.

Knows nothing of topics and of what is read from the text.
"""

import json
import re
from dataclasses import dataclass

from edge import jsonpath, literal
from edge.errors import Reason, Rejected
from edge.literal import JSON, Path

ENCODINGS = (  # Python's names of those that devices speak; none of them can do more than decode
    *("utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman"),
    *(f"iso8859-{part}" for part in range(1, 17) if part != 12),  # noqa: PLR2004  # there is no part 12
    *(f"cp125{page}" for page in range(9)),
    *("cp437", "cp850", "cp852", "cp855", "cp858", "cp865", "cp866", "cp932", "cp936", "cp949", "cp950"),
    *("gb18030", "gbk", "big5", "shift_jis", "euc_jp", "euc_kr"),
)
_WIDE = ("utf-16", "utf-16-le", "utf-16-be")  # in all others, the bytes of a line break are nothing else
_BREAK = re.compile(r"\r\n|\n|\r")
_BLANK = " \t\v\f"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Content:
    """What a payload holds.

    Attributes:
        text: what is to be read.
        document: the payload, where it is JSON with the text in it; None where it is the text.
    """

    text: str
    document: JSON = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Inlet:
    """The way from a payload to its text.

    Attributes:
        encoding: one of `ENCODINGS`.
        place: where the text stands in a payload that is JSON; None for a payload that is the text.
        splits_lines: whether each line of the text is a text of its own.
    """

    encoding: str = "utf-8"
    place: Path | None = None
    splits_lines: bool = False

    def text(self, payload: bytes, *, limit_bytes: int) -> str:
        r"""Return the text of a payload; Raises as `content`.

        >>> Inlet(encoding="iso8859-1").text(b"21 \xb0C", limit_bytes=100)
        '21 °C'
        >>> Inlet(place=("raw",)).text(b'{"device":7,"raw":"T=21.4C"}', limit_bytes=100)
        'T=21.4C'
        """
        return self.content(payload, limit_bytes=limit_bytes).text

    def content(self, payload: bytes, *, limit_bytes: int) -> Content:
        """Return the text of a payload, with what stands beside it.

        Raises:
            Rejected: oversize; not_utf8, with the place of the first byte that is none of the encoding; no_text,
                there is no text at the place.
        """
        _check_size(payload, limit_bytes)
        text = _decoded(payload, self.encoding)
        if self.place is None:
            return Content(text)
        document = _document(text, self.place)
        return Content(_at(document, self.place), document)

    def parts(self, payload: bytes, *, limit_bytes: int, most: int) -> tuple[bytes, ...]:
        r"""Return a payload for each line that is not blank, as if the device had sent each line alone.

        >>> Inlet().parts(b"a 1\r\n\nb 2\n", limit_bytes=100, most=10)
        (b'a 1', b'b 2')
        >>> Inlet(place=("raw",)).parts(b'{"raw":"a 1\\nb 2","id":7}', limit_bytes=100, most=10)
        (b'{"raw":"a 1","id":7}', b'{"raw":"b 2","id":7}')

        Args:
            payload: of one message.
            limit_bytes: of the payload, and of all that is returned together.
            most: how many lines there may be.

        Raises:
            Rejected: as `content`; no_text, all lines are blank; too_many, there are more lines than that. A byte
                that is none of the encoding spoils its own line alone, where line breaks are bytes of their own.
        """
        _check_size(payload, limit_bytes)
        if self.place is None:
            encoding = self.encoding if self.encoding in _WIDE else "iso8859-1"  # which takes all bytes
            return tuple(line.encode(encoding) for line in _lines(_decoded(payload, encoding), most))
        document = _document(_decoded(payload, self.encoding), self.place)
        found: list[bytes] = []
        size_bytes = 0
        for line in _lines(_at(document, self.place), most):
            found.append(_encoded(jsonpath.replaced(document, self.place, line), self.encoding))
            size_bytes += len(found[-1])
            if size_bytes > limit_bytes:
                raise Rejected(
                    Reason.OVERSIZE,
                    f"expected at most {limit_bytes} bytes with the rest of the JSON beside each line",
                )
        return tuple(found)


PLAIN = Inlet()  # a payload that is the text


def _check_size(payload: bytes, limit_bytes: int) -> None:
    if len(payload) > limit_bytes:
        raise Rejected(Reason.OVERSIZE, f"expected at most {limit_bytes} bytes, got {len(payload)}")


def _decoded(payload: bytes, encoding: str) -> str:
    try:
        return payload.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.upper() if encoding.startswith("utf") else encoding
        raise Rejected(
            Reason.NOT_UTF8, f"expected {name}, got byte 0x{payload[error.start]:02x} at offset {error.start}"
        ) from error


def _lines(text: str, most: int) -> list[str]:
    """Return the lines of a text that are not blank.

    Raises:
        Rejected: no_text, there is none; too_many, there are more than that.
    """
    lines = [line for line in _BREAK.split(text) if line.strip(_BLANK)]
    if not lines:
        raise Rejected(Reason.NO_TEXT, "expected a line of text, got none")
    if len(lines) > most:
        raise Rejected(Reason.TOO_MANY, f"expected at most {most} lines (limits.lines), got {len(lines)}")
    return lines


def _document(text: str, path: Path) -> JSON:
    """Return the document that a text is, in which a text is looked for at a place."""
    try:
        return literal.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rejected(Reason.NO_TEXT, f"{_expected(path)}, got what is not JSON") from error


def _at(document: JSON, path: Path) -> str:
    """Return the text at a place of a JSON document: a string as it is, other values as JSON."""
    try:
        value = jsonpath.find(document, path)
    except LookupError as error:
        raise Rejected(Reason.NO_TEXT, f"{_expected(path)}, got {error}") from error
    if value is None or isinstance(value, bool):
        raise Rejected(Reason.NO_TEXT, f"{_expected(path)}, got {literal.dumps(value)}")
    text = value if isinstance(value, str) else literal.dumps(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON may escape halves of surrogate pairs
        raise Rejected(Reason.NO_TEXT, f"{_expected(path)}, got half of a surrogate pair in it") from error
    return text


def _expected(path: Path) -> str:
    return f"expected JSON with text at {jsonpath.written(path)}"


def _encoded(document: JSON, encoding: str) -> bytes:
    r"""Return a document as JSON in an encoding; what the encoding lacks is escaped.

    >>> _encoded({"t": "21 °C", "to": "€"}, "utf-8").decode(), _encoded({"t": "°", "to": "€"}, "iso8859-1")
    ('{"t":"21 °C","to":"€"}', b'{"t":"\\u00b0","to":"\\u20ac"}')
    """
    text = literal.dumps(document)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return _BEYOND_ASCII.sub(lambda char: json.dumps(char[0])[1:-1], text).encode(encoding)
