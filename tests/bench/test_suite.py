"""The order of a bench, and that it survives a row that fails."""

from pathlib import Path

import pytest

from edge_bench import suite
from edge_bench.row import Row
from edge_bench.suite import Failure, Step


def test_what_is_compared_is_measured_in_turns() -> None:
    """Ours and the peers alternate, and all of a turn comes before the next."""
    steps = suite.plan(rounds=2, has_peers=True, only=["engine", "llama-server"], levers=[])

    shown = [(step.turn, step.arguments[0], step.arguments[-1]) for step in steps]
    assert shown[:4] == [
        (1, "engine", "1"),
        (1, "llama-server", "1"),
        (1, "engine", "4"),
        (1, "llama-server", "4"),
    ]
    assert [turn for turn, *_ in shown[:-1]] == [1] * 8 + [2] * 8


def test_without_peers_only_ours_is_measured() -> None:
    """Peers take the longest and need a build, so they are asked for."""
    steps = suite.plan(rounds=1, has_peers=False, only=[], levers=[])

    assert {step.group for step in steps} == set(suite.GROUPS) - {"llama-server", "llama-cpp-python"}


def test_the_ablation_turns_one_lever_off_at_a_time() -> None:
    """First with all of them, as what the others are compared with."""
    steps = suite.plan(rounds=1, has_peers=False, only=["ablation"], levers=["draft", "grounding"])

    assert [step.arguments[3:] for step in steps] == [(), ("--without", "draft"), ("--without", "grounding")]


def test_a_row_that_fails_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    """The model is missing, which both rows say in their last words."""
    steps = [
        Step(group="engine", turn=1, arguments=("engine",)),
        Step(group="ready", turn=1, arguments=("nothing",)),
    ]
    told = list[Row | Failure]()

    results = suite.run(
        steps, model=tmp_path / "no.gguf", program=None, limit=1, report=lambda _n, _s, row: told.append(row)
    )

    assert results.rows == ()
    assert list(results.failures) == told
    assert [failure.step for failure in results.failures] == steps
    assert "expected a GGUF model file, found none" in results.failures[0].why
    assert "invalid choice: 'nothing'" in results.failures[1].why


@pytest.mark.parametrize("group", suite.GROUPS)
def test_every_group_has_rows(group: str) -> None:
    """No name that `--only` takes is empty."""
    assert suite.plan(rounds=1, has_peers=True, only=[group], levers=[])
