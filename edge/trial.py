"""Owns what becomes of one text on trial: read and judged as a route says, and published nowhere.

Knows nothing of who wants to know, and of how it is shown.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from edge.errors import Reason, Rejected
from edge.extraction import normalize
from edge.extraction.extraction import Extraction
from edge.extraction.extractor import Extractor, Prepared
from edge.extraction.reading import Reading
from edge.literal import JSON, Number, loads, pointer
from edge.routes import Route


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What came of one text.

    Attributes:
        extraction: None where the text was rejected before or while it was read.
        reading: None where it was rejected.
        published: the reading as its route publishes it.
    """

    extraction: Extraction | None
    reading: Reading | None
    rejected: Rejected | None
    published: str = ""


def of_payload(
    extractor: Extractor,
    prepared: Prepared,
    route: Route,
    payload: bytes,
    *,
    limit_bytes: int,
    arrived_at: datetime,
) -> Trial:
    """Return what becomes of a payload that arrives on a route.

    Raises:
        EdgeError: the model failed.
    """
    try:
        text = route.inlet.text(payload, limit_bytes=limit_bytes)
    except Rejected as rejected:
        return Trial(extraction=None, reading=None, rejected=rejected)
    return of_text(extractor, prepared, route, text, limit_bytes=limit_bytes, arrived_at=arrived_at)


def of_text(
    extractor: Extractor, prepared: Prepared, route: Route, text: str, *, limit_bytes: int, arrived_at: datetime
) -> Trial:
    """Return what becomes of a text that stood in a payload of a route; Raises: as `of_payload`."""
    extraction = None
    try:
        _check_size(text, limit_bytes)
        extraction = extractor.extract(prepared, text)
        reading = prepared.validator.judge(extraction)
        json = reading.json
        if route.zone is not None:
            json = normalize.with_moments(json, route.schema.root, route.zone, arrived_at)
        published = replace(route.outlet, has_meta=False).payload(json, {})  # no message, no source
        return Trial(extraction=extraction, reading=reading, rejected=None, published=published)
    except Rejected as rejected:
        return Trial(extraction=extraction, reading=None, rejected=rejected)


def document(trial: Trial) -> dict[str, JSON]:
    """Return all that is known of a trial, as JSON."""
    values = trial.extraction.values if trial.extraction else ()
    rejected: JSON = None
    if trial.rejected:
        rejected = {"reason": str(trial.rejected.reason), "detail": trial.rejected.detail}
    return {
        "reading": loads(trial.published) if trial.reading else None,
        "spans": {pointer(v.path): [v.span.start, v.span.end] for v in values if v.span},
        "units": {pointer(v.path): v.span.unit.symbol for v in values if v.span and v.span.unit},
        "confidence": {pointer(v.path): Number(f"{v.confidence:.4f}") for v in values},
        "rejected": rejected,
        "ms": Number(f"{trial.extraction.duration_s * 1000:.1f}") if trial.extraction else None,
    }


def _check_size(text: str, limit_bytes: int) -> None:
    size_bytes = len(text.encode())
    if size_bytes > limit_bytes:
        raise Rejected(Reason.OVERSIZE, f"expected at most {limit_bytes} bytes, got {size_bytes}")
