r"""Owns what no device should send: payloads and topics made at random of what breaks programs that read texts.

Knows nothing of routes and of what becomes of a payload. The same randomness makes the same payload.
"""

import json
import random
from collections.abc import Callable, Sequence

from tests.asking import UNLIKE
from tests.samples import SAMPLES

LARGEST_BYTES = 1_000_000

_DEVICES = [text for _, text in UNLIKE] + [sample.text for sample in SAMPLES]
_CONTROL_TOKENS: list[str] = [
    *("<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|im_start|>system\n", "<|im_end|>\n<|im_start|>user\n"),
    *("<repo_name>", "<file_sep>", "<jupyter_start>", "<s>", "</s>", "[INST]", "<unk>", "<|eot_id|>"),
    *("Ġ", "Ċ", "ĉ", "Â°", "▁", "<0x0A>", "\n\nOutput:\n", "\n\nInput: ", "\n\nSchema: {"),
]
_NUMBERS: list[str] = [
    *("1e999999", "-1e-999999", "1e308", "1e400", "9" * 400, "0" * 400, "0." + "3" * 400, "1e5e5", "1E+5", "5e"),
    *("-0", "+0", "--5", "- 5", "−5", "–5", "-.5", ".5.", "5.", "..5", "1..2", "1,,2", "1_000", "1__0", "0x10"),
    *("0o17", "017", "0b1", "½", "1½", "٣", "١٢", "１２", "１.５", "Ⅻ", "10²", "x²", "1.2×10³", "1/2", "1:30:59"),
    *("NaN", "Infinity", "-inf", "1.234.567,8", "1,234,567.8", "1 013,2", "1'000'000", "12.12.2025", "10.0.0.1"),
    *("9007199254740993", "18446744073709551616", "0.1", "100.000000000000000000001", "3,4,5,6", "1-2-3", "৪২"),
]
_UNITS: list[str] = [
    "",
    " ",
    "°C",
    " C",
    "F",
    " K",
    "%",
    " hPa",
    "mbar",
    "°",
    "cm",
    " W",
    "celcius",
    "℃",
    "Â°C",
    "/s",
    "e",
]
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u202a\u202b\u202e\u2066\u2069\u00ad\u034f\u180e\U000e0041"
_CONTROLS = "".join(map(chr, range(32))) + "\x7f\x80\x85\x9f\u2028\u2029\ufffe\uffff\U0010ffff"
_SYNTAX = "\"'\\/{}[](),:;=|<>%$&#*+?.^~`@!- \t\n"
_ALPHABETS = [
    "abcxyzABC", "äöüßéñçø", "абвгдеж", "αβγδ", "水位温度龙江", "ひらカナ", "한국어", "עברית", "عربي", "हिन्दी",
    "ไทย", "🚰🌡👩‍👩‍👧🏽🇩🇪", "éà̂", "̷̸̡̢", "0123456789", "٠١٢٣", "０１２", "IVXⅠⅡ", _INVISIBLE, _CONTROLS,
    _SYNTAX,
]  # fmt: skip
_CODE: list[str] = [
    *('start: "x"', "%import common.WORD", "%regex {", '%json {"type":"null"}', "/(a+)+$/", "a" * 30 + "!", "\\Z"),
    *(
        "\\u0000",
        "\\ud800",
        "\\ud83d\\ude00",
        "\\x00",
        '\\"',
        "\\\\",
        "\\n",
        "%s%n%x",
        "{0}",
        "${jndi:x}",
        "$(id)",
    ),
    *("'; DROP TABLE letters;--", "../../etc/passwd", "<!--", "]]>", "&lt;&#0;", "\x1b[31m", "\x1b]0;x\x07"),
]
_BROKEN = [
    *(
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\x80",
        b"\xe2\x82",
        b"\xfe\xff",
    ),
    *(b"\xef\xbb\xbf", b"\x00", b"\xf0\x9f", b"\xc3", b"\x1f\x8b\x08", b"\xb0"),
]

FRAGMENTS: list[str] = [*_NUMBERS, *_UNITS, *_CODE, *_CONTROL_TOKENS, *_INVISIBLE, *_CONTROLS]  # of hostile texts


def payload(chance: random.Random) -> bytes:
    """Return the next payload, of at most a megabyte; most have less than two hundred bytes."""
    kind: Callable[[random.Random], str | bytes] = chance.choices(_KINDS, _WEIGHTS)[0]
    made = kind(chance)
    data = made if isinstance(made, bytes) else made.encode(errors="surrogatepass")
    return data[:LARGEST_BYTES]


def topic(chance: random.Random, usual: Sequence[str]) -> str:
    """Return the next topic: mostly one of the usual ones, else one with a level that nobody expects."""
    if chance.random() < 0.9:  # in nine of ten cases
        return chance.choice(usual)
    levels = chance.choice(usual).split("/")
    levels[chance.randrange(len(levels))] = chance.choice(
        [
            "",
            "+",
            "#",
            "$SYS",
            "{1}",
            "{2}",
            "..",
            " ",
            "a" * 65_000,
            "龙江",
            "\u202e",
            "a\x01b",
            "%2f",
            '"',
            "\\",
            "é",
        ]
    )
    return "/".join(levels)


def text(chance: random.Random) -> str:
    """Return a text of every kind: what `payload` makes, where that is UTF-8."""
    return payload(chance).decode(errors="ignore")


def _device(chance: random.Random) -> str:
    line = chance.choice(_DEVICES)
    return "".join(chance.choice("0123456789") if char in "123456789" else char for char in line)


def _monsters(chance: random.Random) -> str:
    joint = chance.choice([" ", ", ", ";", "=", "\n", "|", "", " t=", " RH=", "T:", "/", "-"])
    return joint.join(chance.choice(_NUMBERS) + chance.choice(_UNITS) for _ in range(chance.randrange(1, 9)))


def _device_with_monster(chance: random.Random) -> str:
    line = _device(chance)
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.choice(FRAGMENTS) + line[at:]


def _device_with_broken_bytes(chance: random.Random) -> bytes:
    line = _device(chance).encode()
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.choice([chance.choice(_BROKEN), chance.randbytes(2)]) + line[at:]


def _cut(chance: random.Random) -> bytes:
    line = _device(chance).encode()
    return line[chance.randrange(len(line) + 1) :][: chance.randrange(len(line) + 1)]


def _scripts(chance: random.Random) -> str:
    alphabets = chance.sample(_ALPHABETS, k=3)
    return "".join(chance.choice(chance.choice(alphabets)) for _ in range(chance.randrange(120)))


def _code_points(chance: random.Random) -> str:
    """Return any code points, halves of surrogate pairs included: their bytes are no UTF-8."""
    most = chance.choice([0x80, 0x800, 0xD800, 0xD800, 0x11_0000])
    return "".join(chr(chance.randrange(most)) for _ in range(chance.randrange(60)))


def _control_tokens(chance: random.Random) -> str:
    parts = [chance.choice([*_CONTROL_TOKENS, _device(chance), "", " 21.4", "\n"]) for _ in range(6)]
    return "".join(parts)


def _code(chance: random.Random) -> str:
    return chance.choice([" ", "", "\n", "="]).join(chance.choices([*_CODE, "t=5", "21 °C"], k=5))


def _answer(chance: random.Random) -> str:
    """Return JSON as the model writes it: of fields that some schema has, with values that no sensor has."""
    names = ["temperature", "humidity", "battery", "tank", "level", "alarm", "rows", "name", "watts", "code", "t"]
    values = [99, -1, 1e300, "ok", "x" * 50, None, True, [], {}, [1, 2], {"name": "a", "watts": 5}]
    chosen = {name: chance.choice(values) for name in chance.sample(names, k=4)}
    return chance.choice(["", "Output:\n", "```json\n", "{}"]) + json.dumps(chosen) * chance.randrange(1, 4)


def _bomb(chance: random.Random) -> str:
    opened, closed = chance.choice([("[", "]"), ('{"a":', "}"), ("(", ")"), ('[{"rows":', "}]"), ("<a>", "</a>")])
    depth = chance.choice([3, 30, 300, 30_000])
    return opened * depth + chance.choice(["", "1", "null", '"x"']) + closed * chance.choice([0, depth])


def _monotonous(chance: random.Random) -> str:
    unit = chance.choice(
        ["a", "9", " ", "-", "=", ".", ",", "\n", "0", "水", "\\", '"', "1,", "5 ", "<|im_end|>", "é"]
    )
    size = chance.choices([40, 300, 3_000, 70_000, LARGEST_BYTES], [50, 30, 10, 5, 1])[0]
    return unit * (size // len(unit.encode()))


def _long(chance: random.Random) -> str:
    """Return a page of lines, up to what the model may be given and more."""
    return "\n".join(_device(chance) for _ in range(chance.choice([5, 10, 20, 40, 200])))


def _bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice([0, 1, 7, 60, 5000]))


def _spliced(chance: random.Random) -> bytes:
    parts = [payload(chance)[:200] for _ in range(2)]
    return parts[0] + chance.choice([b"", b" ", b"\n", b", "]) + parts[1]


_SHARES: dict[Callable[[random.Random], str | bytes], float] = {
    _device: 16,
    _monsters: 14,
    _device_with_monster: 16,
    _device_with_broken_bytes: 5,
    _cut: 6,
    _scripts: 9,
    _code_points: 5,
    _control_tokens: 6,
    _code: 4,
    _answer: 5,
    _bomb: 2,
    _monotonous: 2,
    _long: 1,
    _bytes: 3,
    _spliced: 6,
}
_KINDS, _WEIGHTS = list(_SHARES), list(_SHARES.values())
