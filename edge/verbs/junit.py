"""Owns the report of tests as JUnit XML, which the servers of continuous integration read.

Knows nothing of how the tests were run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2: Char


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One test of a report.

    Attributes:
        group: tests of one group stand together.
        failure: what went wrong, a line each; empty where it passed.
    """

    group: str
    name: str
    file: str
    line: int
    duration_s: float
    failure: Sequence[str]


def written(rows: Sequence[Row]) -> bytes:
    """Return a report as an XML file; characters that XML has no way to write are escaped as in JSON.

    >>> row = Row(group="tank", name="dry", file="edge.yaml", line=7, duration_s=0.25, failure=())
    >>> ET.fromstring(written([row])).find("testsuite/testcase").attrib["classname"]
    'edge.tank'
    """
    root = ET.Element("testsuites", _counts(rows))
    for group in dict.fromkeys(row.group for row in rows):
        below = [row for row in rows if row.group == group]
        suite = ET.SubElement(root, "testsuite", {"name": _clean(group), **_counts(below)})
        for row in below:
            _add(suite, row)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add(suite: ET.Element, row: Row) -> None:
    attributes = {
        "classname": _clean(f"edge.{row.group}"),
        "name": _clean(row.name),
        "file": _clean(row.file),
        "line": str(row.line),
        "time": f"{row.duration_s:.3f}",
    }
    test = ET.SubElement(suite, "testcase", attributes)
    if row.failure:
        ET.SubElement(test, "failure", message=_clean(row.failure[0])).text = _clean("\n".join(row.failure))


def _counts(rows: Sequence[Row]) -> dict[str, str]:
    return {
        "tests": str(len(rows)),
        "failures": str(sum(bool(row.failure) for row in rows)),
        "errors": "0",
        "time": f"{sum(row.duration_s for row in rows):.3f}",
    }


def _clean(text: str) -> str:
    r"""Return text that XML can hold.

    >>> _clean("T=21\x00")
    'T=21\\u0000'
    """
    return _NO_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
