"""Owns the texts that a result is judged by: prompts with the output to expect, and strings to tokenize.

Knows nothing of models. The texts are this project's own: what sensors and people who read meters write.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.extraction.prompt import Contract
from edge.literal import JSON
from edge.schema.schema import parse

TOKENIZER_STRINGS = (
    "T=21.4 RH=55%",
    "  two leading spaces,\ttabs\tand a trailing one ",
    "0123456789 007 1,234,567.89 -40 +5 .5 1e-3",
    "line one\nline two\r\nline three\n\n\n",
    "21.4 °C, 1013 hPa, 12 µg/m³, 230 V±5 %, Ω, ½",
    "Füllstand: 82 %, Außentemperatur −3,5 °C",
    "温度：21.4 度 湿度：五十五",
    "Влажность 48% والرطوبة ٤٨",
    "🌡️ 21.4 🔋 low 👍🏽",
    "<|im_end|> <|im_start|>system <|endoftext|> are plain text in a message",
    '{"t":21.4,"note":"say \\"hi\\"\\n","path":"C:\\\\logs"}',
    "2025-11-22T15:04:05Z id=3f2b1c9a-0d4e-4b7a-9c1e-5a6b7c8d9e0f",
    "de\u0301compose\u0301 \u200bzero\u00a0width",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """One worked example, segment by segment; fields is schema shorthand."""

    fields: Mapping[str, JSON]
    text: str
    output: str

    def segments(self, contract: Contract) -> tuple[str, str, str]:
        """Return what goes before the output, in the pieces that are tokenized one by one."""
        required = [name for name in self.fields if name not in _OPTIONAL]
        document: JSON = {"type": "object", "properties": dict(self.fields), "required": list(required)}
        return contract.prefix(parse(document).root), self.text, contract.suffix


_OPTIONAL = {"battery", "note", "rssi"}
_NUMBER: JSON = {"type": "number"}
_INTEGER: JSON = {"type": "integer"}
_STRING: JSON = {"type": "string"}
_CELSIUS: JSON = {"type": "number", "unit": "°C"}
_PERCENT: JSON = {"type": "number", "unit": "%"}
_VOLT: JSON = {"type": "number", "unit": "V"}

PROMPTS = (
    Prompt(
        fields={"temperature": _CELSIUS, "humidity": _PERCENT},
        text="T=21.4 RH=55%",
        output='{"temperature":21.4,"humidity":55}',
    ),
    Prompt(
        fields={"sensor": _STRING, "temperature": _CELSIUS, "battery": {"enum": ["low", "ok"]}},
        text="greenhouse-3: air temp -4.25 °C, battery low",
        output='{"sensor":"greenhouse-3","temperature":-4.25,"battery":"low"}',
    ),
    Prompt(
        fields={
            "level": {"type": "number", "unit": "cm", "description": "Water level"},
            "pump_on": {"type": "boolean"},
        },
        text="Tank 2 level 184.0 cm, pump running",
        output='{"level":184.0,"pump_on":true}',
    ),
    Prompt(
        fields={
            "voltage": _VOLT,
            "current": {"type": "number", "unit": "A"},
            "power": {"type": "number", "unit": "W"},
        },
        text="U: 230.7 V; I: 4.02 A; P: 927 W",
        output='{"voltage":230.7,"current":4.02,"power":927}',
    ),
    Prompt(
        fields={"time": {"type": "string", "format": "date-time"}, "pressure": {"type": "number", "unit": "hPa"}},
        text="2025-11-22T15:04:05Z baro 1013.25hPa",
        output='{"time":"2025-11-22T15:04:05Z","pressure":1013.25}',
    ),
    Prompt(
        fields={"station": _STRING, "wind_speed": {"type": "number", "unit": "km/h"}, "note": _STRING},
        text="Station Harbour East reports wind at 31 km/h",
        output='{"station":"Harbour East","wind_speed":31}',
    ),
    Prompt(
        fields={"energy_kwh": _NUMBER, "meter": _STRING},
        text="Zähler 1EMH0012, Stand 1.204,5 kWh",
        output='{"energy_kwh":1204.5,"meter":"1EMH0012"}',
    ),
    Prompt(
        fields={
            "device": {"type": "object", "properties": {"id": _STRING, "firmware": _STRING}},
            "rssi": _INTEGER,
        },
        text="id=node-17 fw=v2.3.1 rssi=-71",
        output='{"device":{"id":"node-17","firmware":"v2.3.1"},"rssi":-71}',
    ),
    Prompt(
        fields={"readings": {"type": "array", "items": _NUMBER}, "unit": _STRING},
        text="probe values 3.1, 3.4, 2.9 bar",
        output='{"readings":[3.1,3.4,2.9],"unit":"bar"}',
    ),
    Prompt(
        fields={"co2": {"type": "integer", "unit": "ppm"}, "window": {"enum": ["open", "closed"]}},
        text="CO2 is at 1240 ppm and the window has been shut since morning",
        output='{"co2":1240,"window":"closed"}',
    ),
    Prompt(
        fields={"soil_moisture": _PERCENT, "soil_temperature": _CELSIUS, "vbat": _VOLT},
        text="soil,38.2,%;tsoil,12.7,C;vbat,3.61,V",
        output='{"soil_moisture":38.2,"soil_temperature":12.7,"vbat":3.61}',
    ),
    Prompt(
        fields={"alarm": _STRING, "room": _STRING, "count": _INTEGER},
        text="ALERT: smoke detected\nRoom: boiler room\nEvents today: 2",
        output='{"alarm":"smoke detected","room":"boiler room","count":2}',
    ),
)
