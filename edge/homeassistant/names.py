"""Owns the spellings of names: ids that Home Assistant takes, words of a field's name, and what people read.

Knows nothing of what is named.
"""

import hashlib
import re
from collections.abc import Iterable

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[\W_]+")
_NO_ENTITY = re.compile(r"[^a-z0-9]+")
_DIGEST_CHARS = 8
_ID_CHARS = 80  # of one part; more of it tells nobody anything


def identifier(text: str) -> str:
    """Return a text as a part of an id: ASCII letters, digits, `-` and `_`.

    Texts that differ have ids that differ: where a character gives way, a digest says what it was.

    >>> identifier("pi-5a"), identifier("Küche"), identifier("a/b")
    ('pi-5a', 'K_che-a9ec872e', 'a_b-c14cddc0')
    """
    plain = _NO_ID.sub("_", text)
    if plain == text and len(plain) <= _ID_CHARS:
        return plain
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARS]
    return f"{plain[:_ID_CHARS]}-{digest}"


def words(name: str) -> str:
    """Return the words of a name, small and joined by underscores, to be looked through.

    >>> words("batteryVoltage"), words("PM2.5"), words("wind-dir")
    ('battery_voltage', 'pm2_5', 'wind_dir')
    """
    return _NO_WORD.sub("_", _HUMP.sub("_", name)).strip("_").lower()


def title(name: str) -> str:
    """Return a name as people read it: words apart, the first letter large.

    >>> title("bearing_temperature"), title("lineVoltage"), title("RSSI"), title("pump-2")
    ('Bearing temperature', 'Line voltage', 'RSSI', 'Pump 2')
    """
    apart = [each for each in _NO_WORD.split(_HUMP.sub("_", name)) if each]
    shown = [each if index == 0 or each.isupper() else each.lower() for index, each in enumerate(apart)]
    text = " ".join(shown) or name
    return text[:1].upper() + text[1:]


def entity(parts: Iterable[str]) -> str:
    """Return the second half of an entity id.

    >>> entity(["Greenhouse bench", "Temperature"]), entity(["Küche"])
    ('greenhouse_bench_temperature', 'k_che')
    """
    return _NO_ENTITY.sub("_", " ".join(parts).lower()).strip("_")
