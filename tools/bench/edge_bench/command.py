"""Owns `edge bench`: the whole bench on this machine, its report, its pictures, its table on the screen.

Knows nothing of how a row is measured.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from edge.errors import EdgeError
from edge_bench import machine, ours, plots, report, row, server_build, suite, summary
from edge_bench.row import Row
from edge_bench.suite import Failure, Results, Step

BUSY = 0.5  # of the machine's load, before anything is measured
PICTURES = {"throughput": plots.throughput, "latencies": plots.latencies, "ablation": plots.ablation}


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What the command line asks of a bench.

    Attributes:
        limit: how many messages a row takes at most; None for all.
        only: the groups of rows to measure; none for all.
        docs: a Markdown file to write the report to as well, its pictures in a folder of its name.
        llama_server: a program that is built already; None builds it once where peers are measured.
    """

    model: Path
    out: Path
    has_peers: bool = False
    rounds: int = 3
    limit: int | None = None
    only: tuple[str, ...] = ()
    docs: Path | None = None
    llama_server: Path | None = None
    as_json: bool = False


def run(options: Options) -> int:
    """Measure, write the report, show the targets; return 0, or 1 where a row failed.

    Raises:
        EdgeError: a group of rows that does not exist, or a llama-server that does not build.
    """
    if unknown := set(options.only) - set(suite.GROUPS):
        raise EdgeError(f"--only: expected rows of {', '.join(suite.GROUPS)}; got {', '.join(sorted(unknown))}")
    console = Console(stderr=True, highlight=False)
    if (load := os.getloadavg()[0]) > BUSY:
        console.print(f"the machine is busy (load {load:.1f}): threads that wait for each other get far slower")
    steps = suite.plan(
        rounds=options.rounds,
        has_peers=options.has_peers,
        only=options.only,
        levers=[*ours.levers(), ours.GROUNDING],
    )

    def tell(number: int, step: Step, result: Row | Failure) -> None:
        console.print(
            f"{number}/{len(steps)} turn {step.turn}: {_outcome(step, result)}", markup=False, soft_wrap=True
        )

    results = suite.run(
        steps, model=options.model, program=_program(options, steps), limit=options.limit, report=tell
    )
    written = write(results, options.out)
    if options.docs:
        write_docs(results, options.docs)
    _show(results, written, as_json=options.as_json)
    return 1 if results.failures else 0


def document(results: Results) -> dict[str, object]:
    """Return what bench.json holds: summary, targets, machine, rows, failures."""
    found = summary.figures(results.rows)
    return {
        "summary": {name: figure and figure.value for name, figure in found.items()},
        "spread": {name: figure and [figure.low, figure.high] for name, figure in found.items()},
        "targets": {target.name: target.bound for target in summary.TARGETS},
        "exact": summary.accuracy(results.rows),
        "machine": dataclasses.asdict(machine.this()),
        "rows": [json.loads(row.dumps(each)) for each in results.rows],
        "failures": [
            {"arguments": failure.step.arguments, "turn": failure.step.turn, "why": failure.why}
            for failure in results.failures
        ],
    }


def write(results: Results, folder: Path) -> Path:
    """Write bench.json, bench.md and the pictures into a folder; return the report's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(
        json.dumps(document(results), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return _write_report(results, folder / "bench.md", pictures="bench")


def write_docs(results: Results, path: Path) -> Path:
    """Write the report to a file of the documentation, its pictures into a folder of its name beside it."""
    return _write_report(results, path, pictures=path.stem)


def _write_report(results: Results, path: Path, *, pictures: str) -> Path:
    folder = path.parent / pictures
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(draw(results.rows), encoding="utf-8")
    links = [f"{pictures}/{name}.svg" for name in PICTURES]
    path.write_text(report.render(results, machine.this(), plots=links), encoding="utf-8")
    return path


def _program(options: Options, steps: Sequence[Step]) -> Path | None:
    """Return the llama-server, built where a row needs it."""
    if not any(step.group == "llama-server" for step in steps):
        return None
    return options.llama_server or server_build.built()


def _outcome(step: Step, result: Row | Failure) -> str:
    if isinstance(result, Failure):
        return f"{' '.join(step.arguments)}: failed: {(result.why.splitlines() or [''])[-1]}"
    speed, p50_ms = result.messages_per_s, result.percentile_ms(50)
    if speed is None or p50_ms is None:
        return f"{result.name}: " + ", ".join(f"{name} {value:g}" for name, value in result.figures.items())
    return f"{result.name}: {speed:.2f} messages/s, p50 {p50_ms:.1f} ms"


def _show(results: Results, written: Path, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(document(results)["summary"]) + "\n")
        return
    table = Table("what", "target", "measured", "reached")
    for line in report.target_lines(results.rows):
        table.add_row(*line)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"report: {written}", markup=False, soft_wrap=True)
