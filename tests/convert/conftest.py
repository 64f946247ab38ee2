"""Owns what the converter's tests share: one tiny base, one adapter, and the conversion of both."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from edge_convert import conversion
from edge_convert.conversion import Plan, Request, Result
from tests.convert import tiny

collect_ignore = [] if find_spec("peft") else ["peftreference.py"]  # which imports it, and torch


@pytest.fixture(scope="session")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the tiny base model."""
    return tiny.write_base(tmp_path_factory.mktemp("base") / "tiny.gguf")


@pytest.fixture(scope="session")
def adapter_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the tiny adapter's folder."""
    return tiny.PeftAdapter().write(tmp_path_factory.mktemp("adapter"))


@pytest.fixture(scope="session")
def planned(base_path: Path, adapter_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Give the plan to convert the tiny base and adapter."""
    request = Request(
        base=base_path,
        adapter=adapter_path,
        output=tmp_path_factory.mktemp("output") / "tiny-Q4_0.gguf",
        type_name="Q4_0",
        prompt_contract="edge-1",
    )
    return conversion.plan(request, conversion.identify(request))


@pytest.fixture(scope="session")
def converted(planned: Plan) -> Result:
    """Give the result of that plan; tests must not change it."""
    return conversion.convert(planned, threads=2)
