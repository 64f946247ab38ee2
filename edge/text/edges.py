"""Owns where a string may be cut out of a text: between words, and not within a name, a number or a code.

Knows nothing of what is asked for. Of 7,500 strings that generated samples and EdgeJSON's training rows ask for,
all but a few begin and end so.
"""

from edge.text import pieces

_JOINTS = ".-+:"  # join what stands on both sides of them: lithium-ion, 12:30, 10.0.0.7
_MARKS = '"\\'  # which JSON escapes
_BEFORE = "-._+"  # after one of these, a string goes on and does not begin


class Edges:
    """The edges of one text, as JSON writes it.

    >>> edges = Edges("chemistry: lithium-ion, B-XY 1290")
    >>> edges.may_begin(b"lith"), edges.may_begin(b"ion")
    (True, False)
    >>> edges.may_be(b"lithium-ion"), edges.may_be(b"lithium"), edges.may_be(b"B-XY")
    (True, False, True)
    """

    def __init__(self, text: str) -> None:
        escaped = [(pieces.escape(char) if char in _MARKS or char < " " else char).encode() for char in text]
        self._written = b"".join(escaped)
        self._begins, self._ends = bytearray(len(self._written) + 1), bytearray(len(self._written) + 1)
        at = 0
        for index, char in enumerate(escaped):
            before, here = text[index - 1] if index else " ", text[index]
            behind = text[index + 1] if index + 1 < len(text) else " "
            self._begins[at] = not (before.isalnum() or before in _BEFORE)
            self._ends[at] = not (here.isalnum() or here == "_" or (here in _JOINTS and behind.isalnum()))
            at += len(char)
        self._ends[at] = True

    def may_begin(self, beginning: bytes) -> bool:
        """Return whether a string that begins so may stand at an edge of the text; True for what is not there."""
        return self._any(beginning, self._begins, None)

    def may_be(self, whole: bytes) -> bool:
        """Return whether a string begins and ends at an edge somewhere in the text; True for what is not there."""
        return self._any(whole, self._begins, self._ends)

    def _any(self, wanted: bytes, begins: bytearray, ends: bytearray | None) -> bool:
        at = self._written.find(wanted)
        is_there = at >= 0
        while at >= 0:
            if begins[at] and (ends is None or ends[at + len(wanted)]):
                return True
            at = self._written.find(wanted, at + 1)
        return not is_there
