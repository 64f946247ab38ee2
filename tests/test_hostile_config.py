"""Configurations and schemas made to exhaust or to mislead the program: each is refused in one sentence."""

import json
import os
from pathlib import Path

import pytest

from edge import config
from edge.config import document
from edge.config.fields import from_file
from edge.errors import ConfigError
from edge.literal import JSON
from edge.schema import schema
from edge.schema.schema import SchemaError


def refusal(path: Path) -> str:
    """Return what is said of a schema file that is refused, its folder left out."""
    with pytest.raises(ConfigError) as error:
        from_file(path)
    return str(error.value).replace(f"{path.parent}/", "")


def faults(properties: JSON) -> list[str]:
    """Return the faults of the properties of a schema."""
    with pytest.raises(SchemaError) as error:
        schema.parse({"type": "object", "properties": properties})
    return [fault.message for fault in error.value.faults]


def written(folder: Path, value: object) -> Path:
    """Return a file that holds a value as JSON."""
    path = folder / "schema.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe that nobody writes into is refused, not read."""
    os.mkfifo(tmp_path / "schema.json")

    assert refusal(tmp_path / "schema.json") == "schema.json: cannot read it: expected a file, got a pipe"


def test_a_device_is_not_read() -> None:
    """What never ends is refused before it is read."""
    with pytest.raises(ConfigError) as error:
        document.read(Path("/dev/zero"))

    assert str(error.value) == "zero: cannot read /dev/zero: expected a file, got a device"


def test_a_link_that_leads_to_itself(tmp_path: Path) -> None:
    """A loop of links is told as the system tells it."""
    (tmp_path / "schema.json").symlink_to("schema.json")

    assert refusal(tmp_path / "schema.json") == ("schema.json: cannot read it: Too many levels of symbolic links")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    """A file of somebody else is told as the system tells it."""
    (tmp_path / "schema.json").touch(mode=0)

    assert refusal(tmp_path / "schema.json") == "schema.json: cannot read it: Permission denied"


def test_ten_megabytes(tmp_path: Path) -> None:
    """A file that no person wrote is refused by its size, for the configuration as for a schema."""
    (tmp_path / "edge.yaml").write_bytes(b"routes:\n" + b"- {name: a}\n" * 900_000)
    (tmp_path / "schema.json").write_bytes(b'{"type": "object", "description": "' + b"x" * 10_000_000)

    with pytest.raises(ConfigError) as error:
        config.load(tmp_path / "edge.yaml", hostname="pi")

    assert str(error.value) == f"{tmp_path}/edge.yaml: expected at most 1000000 bytes"
    assert refusal(tmp_path / "schema.json") == "schema.json: expected at most 1000000 bytes"


def test_thousands_of_properties(tmp_path: Path) -> None:
    """A schema that no prompt has room for is refused, once, however many properties it has."""
    properties = {f"p{number}": {"type": "number"} for number in range(2500)}

    told = refusal(written(tmp_path, {"type": "object", "properties": properties}))

    assert told.endswith("properties.p511: expected at most 16 levels and 512 properties in all")
    assert told.count("\n") == 0


def test_properties_within_properties(tmp_path: Path) -> None:
    """Levels are counted where the file is read, and again where the schema is."""
    nested: dict[str, object] = {"type": "number"}
    for _ in range(20):
        nested = {"type": "object", "properties": {"in": nested}}
    deeper: list[object] = []
    for _ in range(40):
        deeper = [deeper, {"default": deeper}]

    assert refusal(written(tmp_path, nested)).endswith("expected at most 16 levels and 512 properties in all")
    assert refusal(written(tmp_path, [[[[json.loads("[" * 70 + "]" * 70)]]]])).endswith(
        "expected at most 64 levels"
    )


def test_an_endless_enum(tmp_path: Path) -> None:
    """An enum has as many values as a prompt has room for; 100,000 are not even kept in memory."""
    many: JSON = [f"state {number}" for number in range(501)]
    endless = {"type": "object", "properties": {"state": {"enum": list(range(100_000))}}}

    assert faults({"state": {"enum": many}}) == ["expected at most 500 values, got 501"]
    assert refusal(written(tmp_path, endless)).endswith("expected at most 50000 values")


def test_an_integer_of_a_million_digits(tmp_path: Path) -> None:
    """A number that only its exponent makes large is compared as it is written, not written out."""
    path = tmp_path / "schema.yaml"
    path.write_text(
        "type: object\nproperties:\n  n: {type: integer, enum: [1e999999999999, 1e-999999999999]}",
        encoding="utf-8",
    )

    assert refusal(path) == (
        'schema.yaml:3:28: properties.n.enum: expected values of type "integer", got 1e-999999999999'
    )


def test_five_thousand_digits(tmp_path: Path) -> None:
    """Digits beyond what Python turns into an integer stay a number; a message quotes the first of them."""
    (tmp_path / "edge.yaml").write_text(f"mqtt: {{port: {'7' * 5000}}}", encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        config.load(tmp_path / "edge.yaml", hostname="pi")

    assert f"mqtt.port: expected an integer from 1 to 65535, got {'7' * 60}…" in str(error.value)


def test_messages_are_short() -> None:
    """Half a megabyte without a space does not come back in a message."""
    text = "x" * 500_000
    for broken in (
        f"a: !{text} 1",
        f"a: *{text}",
        f"{text}: 1\n{text}: 2",
        f"a: {{{text}: {{b: 1, b: 2}}}}",
        f"? [{text}]\n: 1",
    ):
        with pytest.raises(ConfigError) as error:
            document.parse(broken, file="f")

        assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        (
            "(?=a)",
            'expected a regular expression without lookahead and lookbehind, as linear time has none, got "(?=a)"',
        ),
        ("(" * 501 + ")" * 500, "expected a regular expression of at most 1000 characters, got 1001"),
    ],
)
def test_patterns_are_refused_when_the_configuration_is_loaded(pattern: str, complaint: str) -> None:
    """A pattern that cannot be matched in linear time is a fault of the configuration, not of a message."""
    assert faults({"tag": {"type": "string", "pattern": pattern}}) == [complaint]
