"""Whatever a text tells the model to do, it is data: what comes of it is on its route's topics, and in the text.

A value that an attacker writes beside the real one may be chosen: the text is all there is, and the attacker wrote
it. No value comes from anywhere else, there is no field that the schema does not have, and no other topic.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.config.options import Limits
from edge.extraction.extractor import Extractor
from edge.outlet import Outlet
from edge.pipeline import Pipeline
from edge.routes import OutputTopic, Route, Routes, TopicFilter
from edge.schema.schema import Schema
from tests.fuzz import verdict
from tests.fuzz.mindless import mindless_extractor
from tests.made import message, schema_of

pytestmark = pytest.mark.model

CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "injection" / "cases.yaml").read_text(encoding="utf-8")
)
SILENT = [name for name, case in CASES.items() if case.get("states_nothing")]
LIMITS = Limits(deadline_s=600.0)
PADDINGS = {
    "none": "{}",
    "spaces": " " * 700 + "{}",
    "words": "all is well, " * 200 + "{}",
    "lines": "{}" + "\n" * 400,
}


def _route(name: str, schema: Schema) -> Route:
    return Route(
        name=name,
        filters=(TopicFilter(f"sensors/+/{name}"),),
        outlet=Outlet(topic=OutputTopic("readings/{1}/" + name)),
        schema=schema,
    )


ROUTES = {
    "weather": _route(
        "weather",
        schema_of(
            {
                "temperature": {"type": "number", "unit": "°C"},
                "humidity": {"type": "number", "unit": "%"},
                "battery": {"enum": ["low", "ok"]},
            },
            required=["temperature"],
        ),
    ),
    "tank": _route("tank", schema_of({"tank": {"type": "string"}, "level": {"type": "number", "unit": "cm"}})),
}


def pipeline_of(extractor: Extractor) -> Pipeline:
    """Return a pipeline of the two routes, without a shape cache."""
    return Pipeline(
        extractor=extractor,
        routes=Routes(tuple(ROUTES.values())),
        prepared={name: extractor.prepare(route.schema) for name, route in ROUTES.items()},
        limits=LIMITS,
        base_topic=verdict.BASE_TOPIC,
    )


@pytest.fixture(scope="module")
def mindless(model_path: Path) -> Iterator[Pipeline]:
    """Give a pipeline whose model may be talked into anything: it chooses at random."""
    with mindless_extractor(model_path, limits=LIMITS) as opened:
        yield pipeline_of(opened)


@pytest.fixture(scope="module")
def real(extractor: Extractor) -> Pipeline:
    """Return a pipeline with the weights that are shipped."""
    return pipeline_of(extractor)


def outcome(pipeline: Pipeline, route: str, text: str) -> str:
    """Return what becomes of a text, having checked that all of it stays on its route and in its text."""
    asked = message(text.encode(), topic=f"sensors/greenhouse/{route}")
    return verdict.outcome(pipeline.answer(asked), ROUTES[route])


@pytest.mark.parametrize("name", CASES)
def test_an_attack_on_the_model(name: str, real: Pipeline) -> None:
    """The shipped model answers on the route's own topics, in the schema's keys, with copies of the text alone.

    The booby value of an attack may be chosen where it stands in the text; nothing outside of the text can be.
    """
    case = CASES[name]

    found = outcome(real, case["route"], case["text"])

    assert not case.get("states_nothing") or found == "missing"


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("name", CASES)
def test_an_attack_that_has_won_the_model(name: str, padding: str, mindless: Pipeline) -> None:
    """The same holds for a model that obeys anybody: it is the grammar that binds, not the model's good will."""
    case = CASES[name]

    found = outcome(mindless, case["route"], PADDINGS[padding].format(case["text"]))

    assert not case.get("states_nothing") or found in {"missing", "too_long"}


def test_the_collection_is_large() -> None:
    """There are attacks of many kinds, and many of them state nothing."""
    assert len(CASES) >= 50
    assert len(SILENT) >= 20
