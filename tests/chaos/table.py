"""Owns how the accounts are shown: build/chaos.json, a table on the terminal, and that of docs/reliability.md.

Knows nothing of how they came about.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.books import Books

BEGIN, END = "<!-- counts: begin -->", "<!-- counts: end -->"
_COLUMNS = {
    "scenario": "scenario",
    "inputs": "inputs",
    "readings": "readings",
    "dead letters": "dead_letters",
    "lost by the broker": "lost_by_broker",
    "shed": "shed",
    "**lost**": "lost",
    "**corrupted**": "corrupted",
    "duplicates": "duplicates",
    "with another id": "other_ids",
    "out of order": "out_of_order",
    "connections": "connections",
}


def write(accounts: Sequence[Books], *, build: Path, page: Path | None) -> None:
    """Write the accounts to `chaos.json` in a folder, print them, and put them on a page between its marks."""
    build.mkdir(exist_ok=True)
    figures = [each.as_json() for each in accounts]
    (build / "chaos.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    lines = rendered(accounts)
    print(f"\n{lines}")  # noqa: T201  # shown with pytest -s, as `make chaos` does
    if page is not None:
        page.write_text(replaced(page.read_text(encoding="utf-8"), lines), encoding="utf-8")


def rendered(accounts: Sequence[Books]) -> str:
    """Return the accounts as a table in Markdown."""
    rows = [list(_COLUMNS), ["---", *["--:"] * (len(_COLUMNS) - 1)]]
    rows += [[_cell(getattr(each, name)) for name in _COLUMNS.values()] for each in accounts]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def replaced(page: str, lines: str) -> str:
    r"""Return a page with other lines between its marks.

    >>> replaced(f"a\n{BEGIN}\nold\n{END}\nz", "new") == f"a\n{BEGIN}\nnew\n{END}\nz"
    True
    """
    return re.sub(f"(?<={BEGIN}\n).*?(?=\n{END})", lambda _: lines, page, flags=re.DOTALL)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
