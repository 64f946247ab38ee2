"""The report in Markdown: targets beside what was measured, all rows, what failed, the machine."""

from edge_bench import report
from edge_bench.machine import Machine
from edge_bench.suite import Results
from tests.bench.rows import RESULTS

MACHINE = Machine(
    processor="Cortex-A76",
    cores=4,
    flags=("asimd", "asimddp"),
    memory_gb=8.2,
    kernel="Linux 6.6 aarch64",
    python="3.11.2",
    libraries={"llguidance": "1.9.1"},
)


def test_targets_stand_beside_what_was_measured() -> None:
    """Reached, missed, and not measured are three different things."""
    text = report.render(RESULTS, MACHINE, plots=[])

    assert "| cold, 8 at a time: messages/s, in llama-server's best | ≥ 1.2 | 1.5 | yes |" in text
    assert "| alone: llama-cpp-python's median, in ours | ≥ 3.5 | 3.5 | yes |" in text
    assert "| resident while serving, MB | ≤ 300 | not measured | – |" in text


def test_every_row_and_every_failure_is_there() -> None:
    """A row that failed is said at the top, with its last words."""
    text = report.render(RESULTS, MACHINE, plots=[])

    assert "## Rows that failed\n\n- `warm` (turn 2): EdgeError: no broker\n" in text
    assert "| engine, 8 at a time | 9.00 | 10.0 | 10.0 | 10.0 | 90.0 % | 5,000 | 450 | 70 | 2,000 | 250 |" in text
    assert "| engine, 8 at a time, without draft | 5.00 | – |" in text
    assert "- `python -m edge_bench llama-server`\n" in text
    assert "- llama-server, build: `AVX2 = 1`\n" in text


def test_the_report_names_the_machine_and_shows_the_pictures() -> None:
    """The processor, its cores, and a link to each picture."""
    text = report.render(Results(rows=(), failures=()), MACHINE, plots=["bench/throughput.svg"])

    assert (
        "Cortex-A76, 4 cores (asimd asimddp), 8.2 GB, Linux 6.6 aarch64, Python 3.11.2; llguidance 1.9.1." in text
    )
    assert "![throughput](bench/throughput.svg)" in text
