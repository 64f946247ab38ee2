"""`edge shapes`: what people see of the shape cache, and how they drop it."""

import json
from pathlib import Path

import pytest

from edge.config.options import Shapes
from edge.errors import EdgeError
from edge.extraction.reading import Validator
from edge.schema.schema import Schema
from edge.shapes.shapes import RouteShapes, ShapeCache
from edge.shapes.shapestore import FILE, ShapeStore
from edge.verbs import shapelist
from tests.made import extracted, schema_of

TANK = schema_of({"t": {"type": "number"}, "battery": {"enum": ["low", "ok"]}})


def learned(folder: Path) -> None:
    """Let a cache learn: a shape that is trusted, one with two confirmations, and one that is not replayed."""
    store = ShapeStore(folder)
    routes = {
        name: RouteShapes(root=TANK.root, validator=Validator(TANK), fingerprint="one")
        for name in ("tank", "pump")
    }
    taught = ShapeCache(Shapes(), routes, store=store, now=lambda: 1e9)
    for number in (1, 2, 3):
        teach(taught, "tank", f"T1=2{number}.5 batt ok", f'{{"t":2{number}.5,"battery":"ok"}}')
        if number < 3:
            teach(taught, "tank", f"t=2{number} u=2{number}", f'{{"t":2{number}}}')
    teach(taught, "pump", "t=20.5 batt 9%", '{"t":20.5,"battery":"low"}')
    replay = taught.recall("tank", "T1=7.5 batt ok")
    assert replay is not None
    taught.published(replay, "id", is_engine_idle=False)
    taught.audited(replay, replay.json, duration_s=0.1)
    taught.flush()
    store.close()


def teach(taught: ShapeCache, route: str, text: str, reading: str, asked: Schema = TANK) -> None:
    """Let a cache learn one reading."""
    taught.learn(route, text, extracted(text, asked, reading))


def listed(folder: Path, capsys: pytest.CaptureFixture[str], route: str | None = None) -> list[dict[str, object]]:
    """Return the list as JSON."""
    shapelist.list_(folder, route=route, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, list)
    return found


def id_of(folder: Path, capsys: pytest.CaptureFixture[str], shape: str) -> str:
    """Return the id of a shape of the list."""
    (found,) = (row["id"] for row in listed(folder, capsys) if row["shape"] == shape)
    return str(found)


def test_the_list_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each shape is a row: how far it is learned, what stands in its way, how often it was replayed."""
    learned(tmp_path)

    rows = {row.pop("shape"): row for row in listed(tmp_path, capsys)}

    assert list(rows) == ["t=#.# batt #%", "T1=#.# batt ok", "t=# u=#"]
    assert {shape: row["is_trusted"] for shape, row in rows.items()} == {
        "t=#.# batt #%": False,
        "T1=#.# batt ok": True,
        "t=# u=#": False,
    }
    trusted = rows["T1=#.# batt ok"]
    assert len(str(trusted.pop("id"))) == 12
    assert trusted == {
        "route": "tank",
        "is_trusted": True,
        "confirmations": 3,
        "needed": 3,
        "obstacle": None,
        "replays": 1,
        "audits": 1,
        "audited_at": "2001-09-09T01:46:40+00:00",
    }
    assert rows["t=#.# batt #%"]["obstacle"] == "battery is inferred, and a number of the text may decide it"


def test_the_list_of_a_route(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the shapes of the route are listed; a route without shapes has an empty list."""
    learned(tmp_path)

    assert [row["shape"] for row in listed(tmp_path, capsys, "pump")] == ["t=#.# batt #%"]
    assert listed(tmp_path, capsys, "boiler") == []


def test_the_list_for_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table says in words what is trusted, what is being learned, and what is not replayed."""
    monkeypatch.setenv("COLUMNS", "160")
    learned(tmp_path)

    shapelist.list_(tmp_path, route=None, as_json=False)

    shown = capsys.readouterr().out
    assert "T1=#.# batt ok" in shown
    assert "trusted" in shown
    assert "learning (2 of 3)" in shown
    assert "not replayed: battery is inferred, and a number of the text may" in shown
    assert "never" in shown


def test_one_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each value with its source, by an example; an open one with all that are left."""
    learned(tmp_path)

    shapelist.show(tmp_path, "tank", id_of(tmp_path, capsys, "T1=#.# batt ok"), as_json=False)
    trusted = capsys.readouterr().out
    shapelist.show(tmp_path, "tank", id_of(tmp_path, capsys, "t=# u=#")[:8], as_json=True)
    learning = json.loads(capsys.readouterr().out)

    assert "T1=#.# batt ok" in trusted
    assert "21.5, copied from character 3 of 'T1=21.5 batt ok'" in trusted
    assert '"ok", inferred' in trusted
    assert "1 replays, 1 audits, last audit 2001-09-0" in trusted
    assert learning["values"] == [
        {
            "path": "t",
            "from": [
                "21, copied from character 2 of 't=21 u=21'",
                "21, copied from character 7 of 't=21 u=21'",
            ],
        }
    ]


def test_dropping(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One shape, all of a route, or all of all routes are forgotten."""
    learned(tmp_path)

    shapelist.drop(tmp_path, "tank", id_of(tmp_path, capsys, "t=# u=#"))
    first = capsys.readouterr().out
    left = [row["shape"] for row in listed(tmp_path, capsys)]
    shapelist.drop(tmp_path, "tank", None)
    shapelist.drop(tmp_path, None, None)
    capsys.readouterr()

    assert first == "dropped 1 shape\n"
    assert left == ["t=#.# batt #%", "T1=#.# batt ok"]
    assert listed(tmp_path, capsys) == []
    shapelist.drop(tmp_path, None, None)
    assert capsys.readouterr().out == "dropped 0 shapes\n"


@pytest.mark.parametrize(
    ("route", "shape_id", "complaint"),
    [
        ("boiler", "0123456789", "expected a route that has shapes (pump, tank), got boiler"),
        ("boiler", None, "expected a route that has shapes (pump, tank), got boiler"),
        ("tank", "0123", "expected at least 8 digits of a shape's id, got 0123"),
        ("tank", "012345678", "tank: no shape has the id 012345678; `edge shapes list` shows those there are"),
    ],
)
def test_what_is_not_there(route: str, shape_id: str | None, complaint: str, tmp_path: Path) -> None:
    """A wrong route or id is told, and nothing is dropped."""
    learned(tmp_path)

    with pytest.raises(EdgeError) as error:
        shapelist.drop(tmp_path, route, shape_id)

    assert str(error.value) == complaint


def test_an_id_that_several_shapes_begin_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id must name one shape."""
    learned(tmp_path)
    monkeypatch.setattr("edge.shapes.shelf.identity", lambda _key, _variant: "0123456789ab")

    with pytest.raises(EdgeError) as error:
        shapelist.show(tmp_path, "tank", "01234567", as_json=True)

    assert str(error.value) == "tank: expected one shape, got 01234567, which 2 ids begin with"


def test_no_file(tmp_path: Path) -> None:
    """A folder in which nothing is kept is told, and stays as it is."""
    with pytest.raises(EdgeError) as error:
        shapelist.list_(tmp_path, route=None, as_json=False)

    assert str(error.value) == (
        f"{tmp_path / FILE}: expected what a daemon has learned, found nothing; --state names its state directory "
        "(/var/lib/edge where systemd starts it)"
    )
    assert list(tmp_path.iterdir()) == []
