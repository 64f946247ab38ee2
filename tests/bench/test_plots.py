"""The pictures: SVG whose words are words."""

import xml.etree.ElementTree as ET

import pytest

from edge_bench import plots
from edge_bench.command import PICTURES
from tests.bench.rows import RESULTS


@pytest.mark.parametrize("name", list(PICTURES))
def test_a_picture_is_an_svg_even_without_rows(name: str) -> None:
    """A bench of one row draws empty axes instead of failing."""
    for rows in (RESULTS.rows, ()):
        assert ET.fromstring(PICTURES[name](rows)).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # our own


def test_pictures_name_what_they_show() -> None:
    """Who was measured stands in the legend, and which lever was off on the axis."""
    assert "llama-cpp-python" in plots.throughput(RESULTS.rows)
    assert "llama-server" in plots.latencies(RESULTS.rows)
    assert "without draft" in plots.ablation(RESULTS.rows)


def test_the_same_rows_give_the_same_picture() -> None:
    """No date and no random name changes a file that is in version control."""
    assert plots.ablation(RESULTS.rows) == plots.ablation(RESULTS.rows)
