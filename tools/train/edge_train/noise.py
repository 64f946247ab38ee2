"""Owns what happens to texts on their way: damaged degree signs, colours of terminals, odd line ends, blanks.

Knows nothing of facts. What is damaged states the same as before, or the sample is thrown away by its check.
"""

from edge_train.chance import Chance

_SHARE = 0.07  # of texts
_DEGREES = ("Â°", "º", "\ufffd", "˚", "*", "deg ", "")
_MICRO = ("Âµ", "μ", "u", "\ufffd")
_COLOURS = ("\x1b[0;32m{}\x1b[0m", "\x1b[0;36m{}\x1b[0m", "\x1b[33m{}\x1b[0m", "\x1b[1m{}\x1b[0m")
_ENDS = ("{}\r\n", "{}\n", "\n{}", "{} ", "{}\r", " {}", "{}\x00", "\ufeff{}", "{}\n\n", "\r\n{}\r\n")


def roughened(chance: Chance, text: str) -> str:
    r"""Return a text as it arrives: most of them as they were sent.

    >>> [roughened(Chance(seed), "21 °C") for seed in (1, 31, 49)]
    ['21 °C', '21 \ufffdC', '\x1b[0;32m21 °C\x1b[0m']
    """
    if not chance.maybe(_SHARE):
        return text
    kind = chance.between(1, 5)
    if kind == 1 and "°" in text:
        return text.replace("°", chance.pick(_DEGREES))
    if kind <= len("ab") and "µ" in text:
        return text.replace("µ", chance.pick(_MICRO))
    if kind == len("abc") and "\n" not in text:
        return chance.pick(_COLOURS).format(text)
    if kind == len("abcd") and "  " in text:
        return text.replace("  ", "\t", chance.between(1, 3))
    return chance.pick(_ENDS).format(text)
