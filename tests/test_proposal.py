"""From texts to a route: names, types and units, and the file that they become."""

import re
from pathlib import Path

import pytest
import yaml

from edge import config
from edge.errors import EdgeError
from edge.proposal import page, proposal
from edge.proposal.fields import Field
from edge.routes import Route

ROOT = Path(__file__).parent.parent
DEMO = yaml.safe_load((ROOT / "config/demo/messages.yaml").read_text(encoding="utf-8"))
DEVICES = re.findall(r"```text\n(.*?)\n```", (ROOT / "docs/cookbook.md").read_text(encoding="utf-8"), re.DOTALL)
HOSTILE = (
    'a"b: 1, \\n: 2',
    "x: {y: [1, 2]} # no comment",
    "\x7f\x01: 5 \u2028 t=3",
    "on: off, yes: no, null: null, true=false",
    "'T': 21\r\n- b: 2\r\n\ttab: 3",
    "\U0001f321=21.4C \ufeffx=2",
    "%TAG: 1 &a *b !c: |",
    "{1}: 3, {{x}}=2",
)


def fields(*texts: str) -> dict[str, Field]:
    """Return what is proposed, by name."""
    return {each.name: each for each in proposal.of(texts).fields}


def loaded(folder: Path, *texts: str) -> Route:
    """Return the route that the daemon reads from the file of a proposal."""
    path = folder / "proposed.yaml"
    text = page.yaml(proposal.of(texts), name="tank", subscribe="raw/+/tank", file="tank.yaml")
    path.write_text(text, encoding="utf-8")
    (route,) = config.load(path, hostname="pi").routes
    return route


def test_names_types_and_units() -> None:
    """A line of a sensor becomes the route that the README shows."""
    found = fields("BME280 -> T=21.4C RH=48% batt low", "BME280 -> T=19.8C RH=51% batt ok")

    assert found == {
        "temperature": Field(name="temperature", type="number", unit="°C"),
        "humidity": Field(name="humidity", type="number", unit="%", is_share=True),
        "battery": Field(
            name="battery", type="", words=("low", "ok"), remark="seen so far: add what else it may say"
        ),
    }


def test_a_field_that_some_texts_lack_is_optional() -> None:
    """The others are required."""
    found = fields("T=21.4C RH=48%", "T=19.8C")

    assert (found["temperature"].is_optional, found["humidity"].is_optional) == (False, True)


@pytest.mark.parametrize(
    ("texts", "name", "type_", "remark"),
    [
        (["temp=19.80"], "temperature", "number", "no unit seen; is it °C?"),
        (["T=68F", "T=20C", "T=21C"], "temperature", "number", "converted from °F"),
        (["motion=0", "motion=1"], "motion", "boolean", "0 and 1 so far"),
        (["relay: ON"], "relay", "boolean", "ON so far"),
        (["count=7", "count=8"], "count", "integer", ""),
        (["model: X1", "model: X1 "], "model", "string", "always 'X1' so far"),
    ],
)
def test_what_a_person_should_look_at(texts: list[str], name: str, type_: str, remark: str) -> None:
    """A remark says what the texts leave open."""
    found = fields(*texts)[name]

    assert (found.type, found.remark) == (type_, remark)


def test_a_label_that_the_name_has_not_is_the_description() -> None:
    """So the model is asked in the words of the text."""
    found = fields("Luftfeuchte 68 %, 1-0:1.4.0(02.351*kW)")

    assert {name: each.description for name, each in found.items()} == {
        "humidity": "Luftfeuchte",
        "power": "1-0:1.4.0",
    }


def test_values_without_labels_are_described_by_their_places() -> None:
    """The model counts to them."""
    assert [each.description for each in fields("21.4,48,1013.2").values()] == [
        "first value",
        "second value",
        "third value",
    ]


def test_two_values_of_one_name() -> None:
    """Each gets a name of its own."""
    assert list(fields("temp 21.4 C, temp 19.8 C")) == ["temperature", "temperature_2"]


def test_a_text_within_json(tmp_path: Path) -> None:
    """Its place goes into the route; ids, times and versions beside it are no texts."""
    payload = '{"id": "soil-17", "at": "2026-01-02T11:58:03Z", "fw": "1.2.3", "up": {"text": "soil 31.2 %"}}'
    route = loaded(tmp_path, payload)

    assert route.inlet.place == ("up", "text")
    assert [each.name for each in route.schema.root.properties] == ["soil_moisture"]


def test_json_that_is_the_text(tmp_path: Path) -> None:
    """Where no single place has a text, or not in all payloads, the whole is read."""
    for payloads in (['{"a": "T=1", "b": "T=2"}'], ['{"a": "T=1"}', "T=2"], ['{"t": 21.4}'], ["[1, 2]"]):
        assert loaded(tmp_path, *payloads).inlet.place is None


@pytest.mark.parametrize("payload", ["id=1 T=21.4C\nid=2 T=19.8C\n", '{"rx": "id=1 T=21.4C\\nid=2 T=19.8C"}'])
def test_lines_of_one_kind_are_split(tmp_path: Path, payload: str) -> None:
    """Each has the same labels, and gives a reading of its own; so do the test cases."""
    route = loaded(tmp_path, payload)

    assert route.inlet.splits_lines
    assert re.findall(r"expect: (.*)", (tmp_path / "proposed.yaml").read_text(encoding="utf-8")) == [
        "[{id: 1, temperature: 21.4}]",
        "[{id: 2, temperature: 19.8}]",
    ]


def test_very_many_values(tmp_path: Path) -> None:
    """As many as a model may be asked for are proposed; the file says how many more there were."""
    route = loaded(tmp_path, " ".join(f"v{chr(97 + n // 26)}{chr(97 + n % 26)}={n}" for n in range(70)))

    assert len(route.schema.root.properties) == 64
    assert "      # 6 more values were seen in the texts\n" in (tmp_path / "proposed.yaml").read_text(
        encoding="utf-8"
    )


def test_nothing_to_propose() -> None:
    """Texts without values are told, with what would be one."""
    with pytest.raises(EdgeError) as error:
        proposal.of(["hello"])

    assert str(error.value) == (
        "no value found in the texts: expected a number, or a word behind a label, as in `T=21.4C batt=low`"
    )


def test_what_the_labels_say_is_a_test_case(tmp_path: Path) -> None:
    """A text whose number would be converted has none."""
    route = loaded(tmp_path, "T=21.4C on=yes", "T=68F on=no", "T=3C on=no")
    cases = config.load(tmp_path / "proposed.yaml", hostname="pi")

    assert route.name == "tank"
    assert len(cases.routes) == 1
    text = (tmp_path / "proposed.yaml").read_text(encoding="utf-8")
    assert re.findall(r"input: (.*)", text) == ['"T=21.4C on=yes"', '"T=3C on=no"']
    assert re.findall(r"expect: (.*)", text) == [
        '{temperature: 21.4, "on": true}',
        '{temperature: 3, "on": false}',
    ]


def test_what_is_of_another_kind_in_one_text(tmp_path: Path) -> None:
    """That text makes no test case; the others do."""
    loaded(tmp_path, "st=ok on=yes", "st=low on=no", "st=5 on=yes", "st=ok on=7")

    text = (tmp_path / "proposed.yaml").read_text(encoding="utf-8")
    assert re.findall(r"input: (.*)", text) == ['"st=ok on=yes"', '"st=low on=no"']


@pytest.mark.parametrize("text", [*(each["text"] for each in DEMO if "text" in each), *DEVICES])
def test_a_real_text_becomes_a_route_that_the_daemon_takes(tmp_path: Path, text: str) -> None:
    """Those of the demonstration and of the cookbook, each alone."""
    assert loaded(tmp_path, text).filters[0].text == "raw/+/tank"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_becomes_a_route_or_nothing(tmp_path: Path, text: str) -> None:
    """No character of a text breaks out of the file."""
    try:
        route = loaded(tmp_path, text)
    except EdgeError as error:
        assert str(error).startswith("no value found")  # noqa: PT017  # either is right
        return

    assert route.name == "tank"
