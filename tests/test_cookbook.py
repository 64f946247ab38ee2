"""The cookbook: each device's text becomes, by its route, exactly the reading that the page shows."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge import config, pipeline
from edge.answer import Answer
from edge.config.options import Config
from edge.extraction.extractor import Extractor
from edge.literal import JSON, dumps, loads
from edge.pipeline import Pipeline
from tests.made import ScriptedExtractor, message

PAGE = (Path(__file__).parent.parent / "docs" / "cookbook.md").read_text(encoding="utf-8")
ROUTE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
ON = re.compile(r"On `([^`]+)`:\n\n```(?:text|json)\n(.*?)\n```", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """One device of the page: what it sends, its route, and what is published, a line a reading."""

    about: str
    topic: str
    payload: bytes
    route: str
    output_topic: str
    readings: list[str]


def recipe(section: str) -> Recipe:
    """Return the device that a section is about."""
    (route,) = ROUTE.findall(section)
    (topic, text), (output_topic, readings) = ON.findall(section)
    return Recipe(
        about=section,
        topic=topic,
        payload=text.encode(),
        route=route,
        output_topic=output_topic,
        readings=readings.splitlines(),
    )


SECTIONS = dict(section.split("\n", 1) for section in PAGE.split("\n## ")[1:])
RECIPES = {name: recipe(section) for name, section in SECTIONS.items()}


each_device = pytest.mark.parametrize("device", RECIPES.values(), ids=RECIPES.keys())


def loaded(device: Recipe, folder: Path) -> Config:
    """Return the configuration that a route of the page is, by itself."""
    path = folder / "edge.yaml"
    path.write_text(device.route, encoding="utf-8")
    return config.load(path, hostname="pi")


def pipeline_of(found: Config, extractor: Extractor) -> Pipeline:
    """Return what answers messages under a configuration."""
    return Pipeline(
        extractor=extractor,
        routes=found.routes,
        prepared={route.name: pipeline.prepare(extractor, route) for route in found.routes},
        limits=found.limits,
        base_topic=found.base_topic,
    )


def said(answered: Answer) -> tuple[str, str]:
    """Return where an answer went, and what it says."""
    if answered.rejected is not None:
        return "rejected", str(answered.rejected)
    return answered.publication.topic, answered.publication.payload.decode()


def test_the_page_has_its_devices() -> None:
    """There are ten or more, each with a link to what describes its format."""
    assert len(RECIPES) >= 10
    assert [name for name, section in SECTIONS.items() if not re.search(r"\]\(https?://", section)] == []


@each_device
def test_each_route_takes_its_text(device: Recipe, tmp_path: Path) -> None:
    """Were the model to read what the page says, this would come out: topic, units, times, constants."""
    found = loaded(device, tmp_path)
    (route,) = found.routes
    names = {each.name for each in route.schema.root.properties}
    parts = pipeline_of(found, ScriptedExtractor("{}")).parts(message(device.payload, topic=device.topic))

    for part, reading in zip(parts, device.readings, strict=True):
        document = loads(reading)
        assert isinstance(document, dict)
        script: dict[str, JSON] = {name: value for name, value in document.items() if name in names}
        answering = pipeline_of(found, ScriptedExtractor(dumps(script)))
        assert said(answering.answer(part)) == (device.output_topic, reading)


@each_device
@pytest.mark.model
def test_a_device_is_read_as_the_page_says(device: Recipe, tmp_path: Path, extractor: Extractor) -> None:
    """The text goes all the way that a message goes, and comes out to the letter."""
    answering = pipeline_of(loaded(device, tmp_path), extractor)

    parts = answering.parts(message(device.payload, topic=device.topic))

    answers = [said(answering.answer(part)) for part in parts]
    assert answers == [(device.output_topic, reading) for reading in device.readings]
