"""Owns the report of a bench in Markdown: targets, all rows, ablation, roofline, how it was measured, the machine.

Knows nothing of files and of how rows are measured.
"""

from collections.abc import Iterable, Sequence
from statistics import median

from edge_bench import summary
from edge_bench.machine import Machine
from edge_bench.row import Row
from edge_bench.suite import Results
from edge_bench.summary import Figure

_ABLATION_TURN = 0
_HEAD = (
    "row",
    "messages/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "exact",
    "fed tokens",
    "tokens/s",
    "decode calls",
    "choices",
    "peak RSS MB",
)
_HOW = """\
Every row is a process of its own, on the same machine, with the same GGUF, the same prompts as tokens and the
same messages, greedy. Before counting, each row has read one message of each route, so that prefixes are decoded
and pages are in memory. A client asks anew as soon as it has its answer; as many clients at once as the row says.
Rows that are compared are measured in turns; a ratio is taken within a turn, and of the turns the median is quoted
with the least and the most. JSONExact is the share of messages whose object equals the expected one, before
`required` and bounds are judged. `decode calls` counts a call once for each message that it served. All peers get
the route's own JSON Schema with its own `required`, without the keywords that only this program knows, and all
programs wait for their threads in the same way (`GOMP_SPINCOUNT=10000`).

- **llama-cpp-python**: `create_completion` with `LlamaGrammar.from_json_schema`, each grammar made once, prefix
  cache on, the messages in the order of their routes, so that its one sequence holds the prefix that comes next.
- **llama-server**: built in Release from the llama.cpp sources inside llama-cpp-python's source distribution, 16
  slots in one unified KV cache of 4,096 tokens, prompt cache on, `json_schema` requests to `/completion` over
  connections that stay open.
- **engine**: `Extractor.extract` from as many threads, no broker, no shape cache.
- **daemon**: `edge run` as systemd starts it, behind a private mosquitto, QoS 1 in and out; cold is without the
  shape cache; warm with a cache that was filled with 72 wordings, on those of them that the model had read right
  (`shapes` says how many); stream from an empty cache through 36 formats that change on the way. The load keeps at
  most 64 messages without an answer (cold: 16).
- **echo**: a bare paho client under the same load, QoS 1 in and out, manual acknowledgement, no work. Load, echo
  and broker send without delay (`TCP_NODELAY`).
- **roofline**: tokens a second of `llama_decode` in calls of several sizes, with the KV cache filled as in
  serving, the best of them divided by the tokens of a message and its reading.
"""


def render(results: Results, machine: Machine, *, plots: Sequence[str]) -> str:
    """Return the report; plots are the pictures to show, as relative links."""
    rows = results.rows
    parts = [
        "# Performance\n\nWritten by `edge bench --docs`, the figures of one run.\n",
        _machine(machine),
        "## Targets\n",
        _targets(rows),
        _accuracy(rows),
        *(f"![{plot.rpartition('/')[2].removesuffix('.svg')}]({plot})\n" for plot in plots),
        "## Rows\n\nMedians over the turns.\n",
        _rows(row for row in rows if row.turn != _ABLATION_TURN and row.messages),
        "## Ablation\n\nEach lever off in turn, 8 at a time.\n",
        _rows(row for row in rows if row.turn == _ABLATION_TURN),
        "## Other figures\n",
        _others(rows),
        "## How it was measured\n\n" + _HOW,
        "## Command lines\n",
        "".join(f"- `{command}`\n" for command in dict.fromkeys(_without_turn(row.command) for row in rows)),
        _notes(rows),
    ]
    if results.failures:
        failed = "".join(
            f"- `{' '.join(failure.step.arguments)}` (turn {failure.step.turn}): {_line(failure.why)}\n"
            for failure in results.failures
        )
        parts.insert(2, f"## Rows that failed\n\n{failed}")
    return "\n".join(part for part in parts if part)


def target_lines(rows: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Return for each target what it says, its bound, what was measured, and whether it is reached."""
    found, lines = summary.figures(rows), []
    for target in summary.TARGETS:
        figure = found[target.name]
        bound = f"{'≤' if target.is_at_most else '≥'} {target.bound:g}"
        if figure is None:
            lines.append((target.says, bound, "not measured", "–"))
        else:
            lines.append(
                (target.says, bound, _shown(figure), "yes" if summary.is_reached(target, figure) else "no")
            )
    return lines


def _targets(rows: Sequence[Row]) -> str:
    return _table(("what", "target", "measured", "reached"), target_lines(rows))


def _accuracy(rows: Sequence[Row]) -> str:
    shares = ", ".join(f"{kind} {100 * share:.1f} %" for kind, share in summary.accuracy(rows).items())
    return f"JSONExact on the workload: {shares}.\n" if shares else ""


def _machine(machine: Machine) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return (
        f"{machine.processor}, {machine.cores} cores ({' '.join(machine.flags)}), {machine.memory_gb} GB, "
        f"{machine.kernel}, Python {machine.python}; {libraries}.\n"
    )


def _rows(rows: Iterable[Row]) -> str:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.name, []).append(row)
    return _table(_HEAD, [_cells(name, group) for name, group in groups.items()])


def _cells(name: str, group: Sequence[Row]) -> tuple[str, ...]:
    first = group[0]
    fed_per_s = [row.fed_tokens / row.duration_s for row in group if row.fed_tokens and row.duration_s]
    return (
        name,
        _middle([row.messages_per_s for row in group], 2),
        *(_middle([row.percentile_ms(percent) for row in group], 1) for percent in (50, 95, 99)),
        "–" if first.exact is None else f"{100 * first.exact:.1f} %",
        _count(first.fed_tokens),
        _middle(list(fed_per_s), 0),
        _count(first.decode_calls),
        _count(first.choices),
        _middle([row.peak_rss_mb for row in group], 0),
    )


def _others(rows: Sequence[Row]) -> str:
    """Return what single kinds measure beside the common columns, of the first turn."""
    chosen = [row for row in rows if row.figures and row.kind in {"roofline", "daemon", "ready"} and row.turn == 1]
    return "".join(
        f"- {row.name}: " + ", ".join(f"{name} {value:g}" for name, value in row.figures.items()) + "\n"
        for row in chosen
    )


def _notes(rows: Sequence[Row]) -> str:
    notes = dict.fromkeys(
        f"- {row.kind}, {name}: `{text.strip()}`\n" for row in rows for name, text in row.notes.items()
    )
    return "## Builds\n\n" + "".join(notes) if notes else ""


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table.

    >>> print(_table(("a", "b"), [("1", "2")]))
    | a | b |
    |---|---|
    | 1 | 2 |
    <BLANKLINE>
    """
    rendered = [head, *lines]
    rendered_lines = ["| " + " | ".join(line) + " |" for line in rendered]
    return "\n".join([rendered_lines[0], "|" + "---|" * len(head), *rendered_lines[1:]]) + "\n"


def _shown(figure: Figure) -> str:
    if figure.low == figure.high:
        return f"{figure.value:g}"
    return f"{figure.value:g} ({figure.low:g}–{figure.high:g})"


def _middle(values: Sequence[float | None], decimals: int) -> str:
    known = [value for value in values if value is not None]
    return f"{median(known):,.{decimals}f}" if known else "–"


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no word"


def _without_turn(command: str) -> str:
    """Return a command without the number of its turn.

    >>> _without_turn("python -m edge_bench echo --turn 2 --limit 9")
    'python -m edge_bench echo --limit 9'
    """
    words = command.split()
    if "--turn" not in words:
        return command
    at = words.index("--turn")
    return " ".join(words[:at] + words[at + 2 :])
