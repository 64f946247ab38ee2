"""Owns `calibration.json` in an adapter's folder: how its confidences are to be taken, from file to value.

Knows nothing of how it was found. Adapters of other makers have none: their confidences stay what the model gives.
"""

import json
import math
from pathlib import Path

from edge.extraction.calibration import Calibration
from edge.literal import dumps
from edge_convert.errors import AdapterError

NAME = "calibration.json"


def load(folder: Path) -> Calibration | None:
    """Return the calibration of an adapter; None where it has none.

    Raises:
        AdapterError: the file states no slope above 0, or no intercept.
        OSError: it cannot be read.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise AdapterError(f"{path}: expected JSON ({error})") from error
    figures = document if isinstance(document, dict) else {}
    slope, intercept = _number(figures.get("slope")), _number(figures.get("intercept"))
    if slope is None or intercept is None or slope <= 0:
        got = {key: figures.get(key) for key in ("slope", "intercept")}
        raise AdapterError(f'{path}: expected numbers "slope", above 0, and "intercept", got {dumps(got)}')
    return Calibration(slope=slope, intercept=intercept)


def write(path: Path, calibration: Calibration) -> None:
    """Write a calibration where `load` finds it."""
    document = {"slope": round(calibration.slope, 6), "intercept": round(calibration.intercept, 6)}
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]  # see above
