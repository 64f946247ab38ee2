"""Owns what is behind each path of the monitoring server, and when the daemon is ready.

Knows nothing of sockets, and of where the figures come from.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from edge.monitoring import exposition
from edge.monitoring.figures import Figures
from edge.monitoring.webserver import Page

NO_ANSWER = "the daemon is starting, or its main thread is stuck: it gave no figures in time"


def pages(look: Callable[[], Figures | None], build: Mapping[str, str]) -> dict[str, Callable[[], Page]]:
    """Return the pages by path.

    Args:
        look: returns the figures of this moment; None where the main thread does not give them in time.
        build: as `exposition.exposition` takes it.
    """

    def metrics() -> Page:
        figures = look()
        if figures is None:
            return _unavailable(NO_ANSWER)
        body = exposition.exposition(figures, build)
        return Page(content_type=exposition.CONTENT_TYPE, body=body)

    def ready() -> Page:
        figures = look()
        troubles = (NO_ANSWER,) if figures is None else figures.now.troubles
        return _unavailable(*troubles) if troubles else Page(body=b"ready\n")

    return {"/metrics": metrics, "/ready": ready, "/ping": lambda: Page(body=b"pong\n")}


def _unavailable(*why: str) -> Page:
    body = "".join(f"{each}\n" for each in why).encode()
    return Page(status=HTTPStatus.SERVICE_UNAVAILABLE, body=body)
