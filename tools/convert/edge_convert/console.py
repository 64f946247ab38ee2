"""Owns what a person sees of a conversion: a plan before, a bar or lines during, a table after.

Knows nothing of how any of it is done. On a terminal steps are bars; in a log each is a line when it ends.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from edge_convert.adapterconfig import AdapterConfig
from edge_convert.conversion import Plan, Result
from edge_convert.progress import Report, Step
from edge_convert.recipe import data_bytes


def show_plan(console: Console, plan: Plan) -> None:
    """Print what will be made of what."""
    config, figures = plan.adapter.config, plan.architecture
    types = sorted({tensor.type_name for tensor in plan.base.tensors.values()})
    size_mb = data_bytes(plan.base, plan.recipe) / 1e6
    rows = {
        "base": f"{plan.request.base}\n"
        f"{plan.base_hub_id or 'no base that is known'}, {figures.block_count} layers, {' '.join(types)}",
        "adapter": f"{plan.adapter.path}\n{_figures(config)}, {len(plan.adapter.pairs)} weights",
        "output": f"{plan.request.output}\n"
        f"{plan.recipe.type_name}, prompt contract {plan.request.prompt_contract}, {size_mb:.1f} MB of tensors",
    }
    _print(console, "plan", rows)


def show_result(console: Console, result: Result, seconds: float) -> None:
    """Print the figures of a conversion that succeeded."""
    figures = result.figures
    types = ", ".join(f"{count} {name}" for name, count in sorted(figures.tensor_types.items()))
    rows = {
        "file": f"{result.path}",
        "sha256": result.sha256,
        "size": f"{figures.size_bytes:,} bytes",
        "tensors": types,
        "worst tensor": f"{figures.worst_tensor}, changed by {figures.worst_error:.2%} of its norm",
        "agreement": f"{figures.agreement:.1%} of {figures.positions} tokens in {figures.golden_prompts} prompts",
        "accuracy": f"{figures.accuracy_before:.1%} of them before quantizing, {figures.accuracy_after:.1%} after",
        "tokenizer": f"as the base's on {figures.golden_strings} strings",
        "time": f"{seconds:.1f} s",
    }
    _print(console, "result", rows)


@contextmanager
def progress(console: Console) -> Iterator[Report]:
    """Give the function that shows how far the steps are."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as bars:
        yield _bars(bars)


def _figures(config: AdapterConfig) -> str:
    words = [f"rank {config.rank}", f"alpha {config.alpha:g}"]
    words += ["rank-stabilized"] if config.is_rank_stabilized else []
    words += ["others by patterns"] if config.rank_pattern or config.alpha_pattern else []
    return ", ".join(words)


def _bars(bars: Progress) -> Report:
    tasks: dict[Step, TaskID] = {}

    def report(step: Step, done: int, total: int) -> None:
        if step not in tasks:
            tasks[step] = bars.add_task(step, total=total)
        bars.update(tasks[step], completed=done)

    return report


def _lines(console: Console) -> Report:
    last_s = time.monotonic()

    def report(step: Step, done: int, total: int) -> None:
        nonlocal last_s
        if done == total:
            now_s = time.monotonic()
            console.print(f"{step}: {total} done in {now_s - last_s:.1f} s", markup=False, highlight=False)
            last_s = now_s

    return report


def _print(console: Console, title: str, rows: dict[str, str]) -> None:
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, Text(value))
    console.print(table)
