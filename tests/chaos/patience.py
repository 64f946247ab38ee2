"""Owns waiting: for something that another process does, with an end to it and words for what did not come."""

import time
from collections.abc import Callable

PATIENCE_S = 60.0  # no test asserts how long something took; this is when one gives up
_LOOK_EVERY_S = 0.01


def wait_until(
    is_so: Callable[[], object],
    *,
    what: str,
    patience_s: float = PATIENCE_S,
    progress: Callable[[], object] = lambda: None,
    details: Callable[[], str] = str,
) -> None:
    """Return once something is so.

    Args:
        is_so: asked again and again.
        what: is awaited, for the failure.
        patience_s: when to give up, counted from the last progress.
        progress: gives another value whenever something has come that is on the way.
        details: what to say beside, asked when giving up.
    """
    before = progress()
    deadline_s = time.monotonic() + patience_s
    while not is_so():
        now = progress()
        if now != before:
            before, deadline_s = now, time.monotonic() + patience_s
        if time.monotonic() > deadline_s:
            raise AssertionError(f"waited {patience_s:.0f} s for {what}\n{details()}".rstrip())
        time.sleep(_LOOK_EVERY_S)
