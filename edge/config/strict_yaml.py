"""Owns the dialect of YAML that is read here: what is refused, what a bare word means, how bad syntax is named.

Knows nothing of files or of what the values are for. Stricter than YAML 1.1, which PyYAML speaks: no tags, no
merge keys, and only JSON's own spellings of booleans, null and numbers, with `~` and nothing at all as null. Every
other bare word is a string, so that `enum: [on, off]`, `True`, `1:30`, `010` and `2025-11-22` mean what they show.
"""

import json
import re
from contextlib import suppress
from decimal import InvalidOperation

import yaml

from edge.literal import JSON, Number

MAX_NODES = 50_000  # values and keys, aliases counted each time they are used
_MAX_SHOWN = 200  # characters of a message: it may quote what is a megabyte long
MAX_DEPTH = 64  # levels; a JSON Schema needs three for one of a reading, which may have 16

_WORDS: dict[str, JSON] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,999})")  # longer ones stay exact decimals, like fractions
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MEANINGS = [  # what PyYAML says, and what we say instead
    (r"found character '\\t' .*", "expected spaces, got a tab; YAML does not indent with tabs"),
    (
        r"found character '(.*)' that cannot start any token",
        r'expected a value, got "\1"; put quotes around the text',
    ),
    (r"mapping values are not allowed here", 'expected one value, got a second ":"; put quotes around the text'),
    (r"sequence entries are not allowed here", 'expected one value, got "-"; put lists on lines of their own'),
    (r"could not find expected ':'", 'expected ":" after the key'),
    (r"found unexpected end of stream", "expected a closing quote before the end of the file"),
    (r"found unknown escape character .*", r"expected an escape of YAML; put text with \\ in single quotes"),
    (r"expected escape sequence of (\d) hexadecimal.*", r"expected \1 hexadecimal digits in the escape"),
    (r"expected alphabetic or numeric character.*", "expected the name of an alias; put quotes around the text"),
    (r"found undefined alias '(.*)'", r'expected an alias that exists, got "*\1"; put quotes around the text'),
    (r"second occurrence", "expected each anchor once, got one again"),
    (r"but found another document", 'expected one document, got a second one after "---"'),
    (
        r"expected '?,'? or '([]}])', but got .*",
        r'expected "," or "\1" {opened}; put quotes around text with braces',
    ),
    (r"expected <block end>, but found '-'", 'expected a key, got "-"; check the indentation'),
    (r"expected <block end>, but found .*", "expected the indentation of the lines above, or one value alone"),
    (r"expected '<document start>', but found .*", "expected nothing after the value; check the indentation"),
    (r"expected the node content, but found '(.*)'", r'expected a value, got "\1"'),
]


class SyntaxFault(ValueError):
    """Text that is not in the dialect: one sentence, with line and column from 1."""

    def __init__(self, message: str, *, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def compose(text: str) -> yaml.Node | None:
    """Return the tree of a YAML text, its scalars as written; None for a text without a value.

    Raises:
        SyntaxFault: the first thing that is not in the dialect.
    """
    return _composed(text, _Composer)


def compose_json(text: str) -> yaml.Node | None:
    """Return the tree of a JSON text, as `compose` does; what JSON does not allow is refused.

    Raises:
        SyntaxFault: the first thing that is not JSON, or is nested too deeply.
    """
    try:
        json.loads(text, parse_int=len, parse_float=len)  # numbers are not used: 9,999 digits need no int
    except json.JSONDecodeError as error:
        message = f"expected JSON: {error.msg[0].lower()}{error.msg[1:]}".removesuffix(" at")
        raise SyntaxFault(message, line=error.lineno, column=error.colno) from error
    except RecursionError:
        pass  # the composer stops sooner, and knows where
    return _composed(text.replace("\t", " "), _JsonComposer)  # JSON has tabs between tokens and nowhere else


def bare(text: str) -> JSON:
    """Return what a word without quotes means: JSON's constants and numbers as such, all else as a string.

    >>> [bare(word) for word in ("true", "True", "on", "~", "7", "-0.10", "010", "1_000", "1:30", "3.1.1")]
    [True, 'True', 'on', None, 7, -0.10, '010', '1_000', '1:30', '3.1.1']
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        with suppress(InvalidOperation):  # an exponent of 20 digits is beyond even a Decimal
            return Number(text)
    return text


def _composed(text: str, kind: "type[_Composer]") -> yaml.Node | None:
    if odd := re.search("[\x85\u2028\u2029]", text):
        raise _unprintable(text, odd.start())  # line breaks to YAML 1.1, but to no editor
    composer = None
    try:
        composer = kind(text)
        return composer.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _fault(error) from error
    except yaml.reader.ReaderError as error:
        raise _unprintable(text, error.position) from error
    except (ValueError, OverflowError) as error:  # "\U00110000" goes to chr() unchecked
        assert composer is not None
        message = "expected a character of Unicode, got a number beyond them"
        raise SyntaxFault(message, line=composer.line + 1, column=composer.column + 1) from error


def _unprintable(text: str, position: int) -> SyntaxFault:
    before = text[:position]
    message = f"expected printable text, got the character U+{ord(text[position]):04X}"
    return SyntaxFault(message, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


def _fault(error: yaml.MarkedYAMLError) -> SyntaxFault:
    """Return PyYAML's complaint in plain words, at the place where the reader should look."""
    problem, mark = error.problem or "not valid YAML", error.problem_mark or error.context_mark
    assert mark is not None, "PyYAML marks each of its complaints"
    if problem == "found unexpected end of stream" and error.context_mark is not None:
        mark = error.context_mark  # the opening quote; the end of the file helps nobody
    for pattern, meaning in _MEANINGS:
        if match := re.fullmatch(pattern, problem):
            message = match.expand(meaning).replace("{opened}", _opened(error))
            break
    else:
        message = problem if problem.startswith("expected") else f"expected YAML: {problem}"
    return SyntaxFault(_cut(message), line=mark.line + 1, column=mark.column + 1)


def _cut(message: str) -> str:
    return message if len(message) <= _MAX_SHOWN else message[:_MAX_SHOWN] + "…"


def _opened(error: yaml.MarkedYAMLError) -> str:
    """Return where the bracket stands that the next one should close."""
    return f"for the bracket on line {error.context_mark.line + 1}" if error.context_mark else "for the bracket"


class _Composer(yaml.SafeLoader):
    """Builds the tree and no objects; stops at tags and before a text can exhaust stack or memory."""

    depth = 0
    count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
        if tag := getattr(event, "tag", None):
            written = tag.replace("tag:yaml.org,2002:", "!!")
            raise _complaint(f"expected a value without a tag, got {written}", event.start_mark)
        self.depth, self.count = self.depth + 1, self.count + 1
        if self.depth > MAX_DEPTH:
            raise _complaint(f"expected at most {MAX_DEPTH} levels", event.start_mark)
        if self.count > MAX_NODES:
            raise _complaint(f"expected at most {MAX_NODES} values", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _JsonComposer(_Composer):
    """Builds the tree of a text that Python's parser takes for JSON, which is lenient with NaN and Infinity."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode) and node.style is None and isinstance(bare(node.value), str):
            what = "a number with a shorter exponent" if _NUMBER.fullmatch(node.value) else "JSON"
            raise _complaint(f"expected {what}, got {node.value}", node.start_mark)
        return node


def _complaint(problem: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
