"""Owns the pictures of a bench, as SVG: throughput by concurrency, latencies, ablation.

Knows nothing of files and of how rows are measured. The only importer of matplotlib.
"""

import io
from collections.abc import Sequence
from statistics import median

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edge_bench.row import Row
from edge_bench.summary import LIBRARY, OURS, SERVER

_COLOURS = {OURS: "#0b6e4f", SERVER: "#c1666b", LIBRARY: "#8d99ae"}
_SIZE = (7.0, 3.6)  # inches
_ABLATION_TURN = 0


def throughput(rows: Sequence[Row]) -> str:
    """Return messages a second by concurrency, of us and of the peers."""
    figure, axes = _figure("clients at once", "messages a second")
    for kind, colour in _COLOURS.items():
        found = [row for row in rows if row.kind == kind and not row.variant and row.turn]
        points = {
            concurrency: median(row.messages_per_s or 0.0 for row in found if row.concurrency == concurrency)
            for concurrency in sorted({row.concurrency for row in found if row.concurrency})
        }
        if points:
            axes.plot(list(points), list(points.values()), marker="o", color=colour, label=kind)
    axes.set_xscale("log", base=2)
    axes.set_ylim(bottom=0)
    return _svg(figure, axes)


def latencies(rows: Sequence[Row]) -> str:
    """Return which share of messages was answered within which time, one message alone."""
    figure, axes = _figure("milliseconds", "share of messages answered")
    for kind, colour in _COLOURS.items():
        alone = [row for row in rows if (row.kind, row.variant, row.concurrency) == (kind, "", 1)]
        if alone and alone[0].percentiles_ms:
            times_ms = list(alone[0].percentiles_ms)
            axes.plot(times_ms, [percent / 100 for percent in range(1, 100)], color=colour, label=kind)
    axes.set_xlim(left=0)
    return _svg(figure, axes)


def ablation(rows: Sequence[Row]) -> str:
    """Return messages a second with each lever off in turn, all on first."""
    figure, axes = _figure("messages a second", "")
    found = [row for row in rows if row.kind == OURS and row.turn == _ABLATION_TURN]
    names = [row.variant or "all levers" for row in found]
    axes.barh(names, [row.messages_per_s or 0.0 for row in found], color=_COLOURS[OURS])
    axes.invert_yaxis()
    return _svg(figure, axes)


def _figure(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, alpha=0.25)
    return figure, axes


def _svg(figure: Figure, axes: Axes) -> str:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    written = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edge"}):  # text as text, the same file each time
        figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()
