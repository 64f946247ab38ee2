"""Owns the audits of replays: which one the model reads again, and what its verdict does.

Knows nothing of how shapes are learned and replayed, nor of delivery. An audit runs behind, on a worker.
"""

import logging
from collections import Counter

from edge.answer import Answer
from edge.delivery.crew import Crew
from edge.engine.engine import Engine
from edge.pipeline import Audit
from edge.shapes.shapes import ShapeCache

log = logging.getLogger(__name__)


class Auditor:
    """Has replays audited. For the main thread.

    Args:
        cache: whose replays; None for none.
    """

    def __init__(self, cache: ShapeCache | None, *, engine: Engine, crew: Crew) -> None:
        self._cache = cache
        self._engine = engine
        self._crew = crew

    @property
    def counts(self) -> Counter[str]:
        """What the cache has counted."""
        return self._cache.counts if self._cache is not None else Counter()

    def serve(self, cache: ShapeCache | None) -> None:
        """Audit the replays of a cache from now on; what another has learned is kept."""
        if self._cache is not None and self._cache is not cache:
            self._cache.flush()
        self._cache = cache

    def published(self, answer: Answer) -> None:
        """Note that the broker has a reading; if it was replayed, and an audit is due, begin one."""
        if answer.replay is None or self._cache is None:
            return
        if self._cache.published(answer.replay, answer.message.id, is_engine_idle=self._engine.is_idle):
            self._crew.audit(answer.replay)

    def audited(self, audit: Audit) -> None:
        """Let the cache take note of an audit; name the readings that it puts in doubt."""
        if self._cache is None:  # switched off meanwhile
            return
        if not audit.is_done:
            self._cache.abandoned(audit.replay, duration_s=audit.duration_s)
            return
        doubt = self._cache.audited(audit.replay, audit.json, duration_s=audit.duration_s)
        if doubt is not None:
            log.warning(
                "shape_dropped route=%s shape=%s why=the model reads it otherwise in_doubt=%d ids=%s",
                doubt.route,
                doubt.shape_id,
                doubt.count,
                ",".join(doubt.message_ids),
            )

    def tick(self) -> None:
        """Let the cache do what is due."""
        if self._cache is not None:
            self._cache.tick()

    def flush(self) -> None:
        """Have what was learned kept now."""
        if self._cache is not None:
            self._cache.flush()
