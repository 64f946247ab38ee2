"""Owns the shape cache: wordings that the model has read alike are replayed without it, and audited behind.

Knows nothing of MQTT, of threads or of the engine. One thread owns a `ShapeCache`.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from edge.config.options import Shapes
from edge.errors import Rejected
from edge.extraction.extraction import Extraction
from edge.extraction.reading import Validator
from edge.schema.schema import Node
from edge.shapes import lesson as lessons
from edge.shapes import shape as shaping
from edge.shapes import shelf, shelfrows
from edge.shapes.audits import Budget
from edge.shapes.keeper import Keeper
from edge.shapes.replay import Disagreement, Replay
from edge.shapes.shape import Shape
from edge.shapes.shapestore import ShapeStore
from edge.shapes.shelf import Entry, Shelf

MOST_CONFIRMATIONS = 64  # that a shape which proved unstable must bring


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteShapes:
    """What the cache must know of a route.

    Attributes:
        fingerprint: of program, prompt, schema and model; what was learned under another one does not count.
    """

    root: Node
    validator: Validator
    fingerprint: str


class ShapeCache:
    """The shapes of all routes.

    Args:
        options: how many, how sure, how often audited.
        routes: by name.
        store: the file that keeps what is learned; None for none.
        clock: monotonic seconds.
        now: seconds since 1970, for what people are shown.
    """

    def __init__(
        self,
        options: Shapes,
        routes: Mapping[str, RouteShapes],
        *,
        store: ShapeStore | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._routes = routes
        self._now = now
        self._budget = Budget(share=options.audit_share, clock=clock)
        self._shelves = {name: Shelf(name, size=options.per_route) for name in routes}
        self.counts: Counter[str] = Counter()
        self._keeper = Keeper(
            store,
            fingerprints={name: route.fingerprint for name, route in routes.items()},
            counts=self.counts,
            clock=clock,
        )
        for entry in self._keeper.load({name: route.validator for name, route in routes.items()}):
            self._add(entry)

    def serve(self, options: Shapes, routes: Mapping[str, RouteShapes]) -> None:
        """Serve other routes from now on; what is known of a route stays where its fingerprint does."""
        self.flush()
        kept = {
            name
            for name, route in routes.items()
            if name in self._routes and self._routes[name].fingerprint == route.fingerprint
        }
        for entry in [entry for entry in self if entry.route not in kept]:
            entry.recipe = None  # for a replay of it that is still under way
        self._options = options
        self._routes = {name: self._routes[name] if name in kept else route for name, route in routes.items()}
        self._budget.share = options.audit_share
        self._shelves = {
            name: self._shelves[name] if name in kept else Shelf(name, size=options.per_route) for name in routes
        }
        for name in kept:
            for gone in self._shelves[name].resize(options.per_route):
                self._give_way(gone)
        self._keeper.serve({name: route.fingerprint for name, route in routes.items()})
        for entry in self._keeper.load({name: route.validator for name, route in routes.items()}):
            if entry.route not in kept:
                self._add(entry)

    def recall(self, route: str, text: str, *, is_first: bool = True) -> Replay | None:
        """Return the reading of a text whose shape is trusted; None means that the model must read it.

        That is counted where it is the first time that the text is asked for.
        """
        shape = shaping.of(text)
        entry = self._shelves[route].find(shape) if shape is not None else None
        recipe = entry.recipe if entry is not None else None
        json = recipe.replay(shape.runs) if recipe is not None and shape is not None else None
        if json is None:
            self.counts["misses"] += is_first
            return None
        assert entry is not None
        assert recipe is not None
        assert shape is not None
        self.counts["hits"] += 1
        return Replay(json, text, shape, entry, recipe)

    def learn(self, route: str, text: str, extraction: Extraction) -> bool:
        """Take note of a reading of the model's that was accepted; return whether its shape is known from now on.

        One that lost values to surer ones teaches nothing: another text of its shape may lose others.
        """
        shape = shaping.of(text)
        if shape is None or extraction.left_out:
            return False
        entry = self._entry(route, shape, extraction)
        lesson = lessons.first(shape, self._routes[route].root, extraction)
        was_trusted = entry.recipe is not None
        merged = lessons.confirmed(entry.lesson, lesson, needed=entry.needed) if entry.lesson else lesson
        if merged is None:
            self.counts["unstable"] += 1
            entry.distrust(most_needed=max(MOST_CONFIRMATIONS, self._options.confirmations))
            merged = lesson
        entry.lesson, entry.recipe, entry.is_changed = merged, None, True
        if merged.is_settled and len(merged.seen) >= entry.needed:
            self._trust(entry, shape, extraction)
        if was_trusted != (entry.recipe is not None):
            self.counts["learned"] += not was_trusted
            self._keeper.write([entry])
            return not was_trusted
        return False

    def published(self, replay: Replay, message_id: str, *, is_engine_idle: bool) -> bool:
        """Note that a replay was published; return whether the model should read its text now, as an audit.

        Whoever is told so reports back with `audited` or `abandoned`.
        """
        entry = replay.entry
        if entry.recipe is None:  # dropped meanwhile
            return False
        entry.replays += 1
        entry.since_audit += 1
        entry.is_changed = True
        entry.named.append(message_id)
        every = self._options.audit_every
        if not every or entry.is_in_audit or entry.since_audit < every:
            return False
        if is_engine_idle and self._budget.is_open():
            entry.is_in_audit = True
            return True
        self.counts["audits_skipped"] += entry.since_audit % every == 0
        return False

    def audited(self, replay: Replay, json: str | None, *, duration_s: float) -> Disagreement | None:
        """Take note of what the model made of a replayed text; return what a disagreement puts in doubt.

        Args:
            replay: as in `published`.
            json: of the model's reading; None where it was rejected.
            duration_s: the engine's time that it took.
        """
        self.counts["audits"] += 1
        self._budget.spend(duration_s)
        entry = replay.entry
        entry.is_in_audit = False
        if json == replay.json:
            entry.since_audit, entry.audited_at, entry.is_changed = 0, self._now(), True
            entry.audits += 1
            entry.named.clear()
            return None
        self.counts["disagreements"] += 1
        found = Disagreement(
            route=entry.route,
            shape_id=shelf.identity(entry.key, entry.variant),
            message_ids=tuple(entry.named),
            count=entry.since_audit,
        )
        if entry.recipe is not None:
            self.counts["dropped"] += 1
            entry.distrust(most_needed=max(MOST_CONFIRMATIONS, self._options.confirmations))
            self._keeper.write([entry])
        return found

    def abandoned(self, replay: Replay, *, duration_s: float) -> None:
        """Take note of an audit that the model did not finish: a timeout, a failure, the end of the daemon."""
        self.counts["audits_skipped"] += 1
        self._budget.spend(duration_s)
        replay.entry.is_in_audit = False

    def tick(self) -> None:
        """Do what is due: look whether another process dropped shapes, write what has changed. Call it often."""
        self._look()
        if self._keeper.is_due:
            self.flush()

    def flush(self) -> None:
        """Write the lessons and counters that have changed; call it before the daemon leaves."""
        self._look(is_urgent=True)  # else a shape that was just dropped would be written again
        self._keeper.write([entry for entry in self if entry.is_changed], is_flush=True)

    def __iter__(self) -> Iterator[Entry]:
        return (entry for each in self._shelves.values() for entry in each)

    def _entry(self, route: str, shape: Shape, extraction: Extraction) -> Entry:
        shelf_ = self._shelves[route]
        entry = shelf_.find(shape)
        if entry is None:
            labels = shelf_.labels(shape.key)
            if labels is None:
                labels = lessons.labels(shaping.cut(extraction.text, shape), extraction)
            entry = Entry(
                route=route,
                key=shape.key,
                labels=labels,
                variant=shelf.variant(labels, shape),
                needed=self._options.confirmations,
            )
            self._add(entry)
        return entry

    def _add(self, entry: Entry) -> None:
        gone = self._shelves[entry.route].add(entry)
        if gone is not None:
            self._give_way(gone)

    def _give_way(self, gone: Entry) -> None:
        self.counts["evicted"] += 1
        gone.recipe = None  # for a replay of it that is under audit
        self._keeper.forget(gone)

    def _look(self, *, is_urgent: bool = False) -> None:
        """Forget what another process has dropped from the file, and lessons that it could not know of."""
        kept = self._keeper.dropped(is_urgent=is_urgent)
        if kept is None:
            return
        for each in self._shelves.values():
            for entry in [entry for entry in each if entry.name not in kept]:
                each.remove(entry)
                self.counts["dropped"] += entry.recipe is not None
                entry.recipe = None

    def _trust(self, entry: Entry, shape: Shape, extraction: Extraction) -> None:
        """Make a recipe of a settled lesson, if what it gives for a text just read is what the model read.

        The unit beside a number stands in the key, so units judged once are judged for all texts of the shape.
        """
        assert entry.lesson is not None
        recipe = shelfrows.recipe(entry.lesson, shape, self._routes[entry.route].validator)
        again = recipe.extraction(extraction.text, shape)
        obstacle = None
        if again.json != extraction.json:
            obstacle = "the reading is not spelled as its sources are"
        try:
            if self._routes[entry.route].validator.normalizer.json(again) != recipe.replay(shape.runs):
                obstacle = obstacle or "a replay would say it otherwise"
        except Rejected as rejected:
            obstacle = str(rejected)
        if obstacle is None:
            entry.recipe = recipe
        else:
            entry.lesson = replace(entry.lesson, obstacle=obstacle)
