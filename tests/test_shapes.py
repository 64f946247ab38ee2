"""The shape cache: what is replayed, what is not, and what audits make of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config.options import Shapes
from edge.extraction.reading import Validator
from edge.literal import JSON, loads
from edge.schema.schema import Schema
from edge.shapes import shapes
from edge.shapes.keeper import FLUSH_S, LOOK_S
from edge.shapes.replay import Replay
from edge.shapes.shapes import RouteShapes, ShapeCache
from edge.shapes.shapestore import ShapeStore
from edge.shapes.shelf import NAMED_REPLAYS
from tests import streams
from tests.made import extracted, schema_of

CELSIUS: JSON = {"type": "number", "unit": "°C"}
TANK = schema_of({"t": CELSIUS, "level": {"type": "number", "minimum": 0, "maximum": 100}})


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now_s


def cache(
    asked: Schema = TANK,
    *,
    options: Shapes | None = None,
    store: ShapeStore | None = None,
    clock: Clock | None = None,
    fingerprint: str = "one",
) -> ShapeCache:
    """Return a cache of one route, `tank`."""
    route = RouteShapes(root=asked.root, validator=Validator(asked), fingerprint=fingerprint)
    return ShapeCache(options or Shapes(), {"tank": route}, store=store, clock=clock or Clock(), now=lambda: 1e9)


def text(number: int) -> str:
    """Return one of many messages of a shape."""
    return f"T={20 + number}.5C level {30 + number}"


def learn(taught: ShapeCache, message: str, json: str | None = None, asked: Schema = TANK) -> None:
    """Let a cache learn a reading: of `text`, the true one."""
    if json is None:
        t, level = message.removeprefix("T=").split("C level ")
        json = f'{{"t":{t},"level":{level}}}'
    taught.learn("tank", message, extracted(message, asked, json))


def trusted(**options: object) -> ShapeCache:
    """Return a cache that has learned the shape of `text`."""
    taught = cache(**options)  # type: ignore[arg-type]  # passed through
    for number in range(3):
        learn(taught, text(number))
    return taught


def recalled(taught: ShapeCache, message: str) -> Replay:
    """Return the replay of a message that has one."""
    found = taught.recall("tank", message)
    assert found is not None
    return found


def test_three_different_readings_are_trusted() -> None:
    """The model reads three messages; the fourth is replayed."""
    taught = cache()
    before = []
    for number in range(3):
        before.append(taught.recall("tank", text(number)))
        learn(taught, text(number))

    assert before == [None, None, None]
    assert recalled(taught, "T=7.25C level 99").json == '{"t":7.25,"level":99}'
    assert taught.counts == {"misses": 3, "learned": 1, "hits": 1}


def test_a_repetition_teaches_nothing() -> None:
    """The same message three times is one confirmation."""
    taught = cache()
    for _ in range(5):
        learn(taught, text(0))

    assert taught.recall("tank", text(0)) is None


def test_a_text_without_digits_is_learned_by_repetition() -> None:
    """Where there is nothing to vary, the text is all there is: read alike three times, it is replayed."""
    asked = schema_of({"door": {"enum": ["open", "closed"]}})
    taught = cache(asked)
    for _ in range(3):
        assert taught.recall("tank", "door open") is None
        learn(taught, "door open", '{"door":"open"}', asked)

    assert recalled(taught, "door open").json == '{"door":"open"}'
    assert taught.recall("tank", "door closed") is None


def test_readings_that_lost_a_value_teach_nothing() -> None:
    """What the model wrote twice from one place may be written once for another message."""
    taught = cache()
    for number in range(3):
        message = f"T={20 + number}C"
        learn(taught, message, f'{{"t":{20 + number},"level":{20 + number}}}')

    assert taught.recall("tank", "T=25C") is None
    assert list(taught) == []


def test_a_contradiction_asks_for_twice_as_much() -> None:
    """A shape that was read in two ways is learned anew, with six confirmations instead of three."""
    taught = trusted()
    learn(taught, "T=50.5C level 60", '{"t":50.5}')

    assert taught.recall("tank", text(1)) is None
    for number in range(5):
        learn(taught, text(number))
    assert taught.recall("tank", text(9)) is None
    learn(taught, text(5))
    assert taught.counts["unstable"] == 2  # its first reading was of the other kind
    for number in range(20):
        learn(taught, text(number))
    assert taught.recall("tank", text(9)) is not None


def test_doubling_has_an_end() -> None:
    """However often a shape contradicts itself, it is not asked for more than the cap."""
    taught = cache()
    for number in range(40):
        learn(taught, text(number), f'{{"t":{20 + number}.5}}' if number % 2 else None)

    assert [entry.needed for entry in taught] == [shapes.MOST_CONFIRMATIONS]


def test_values_are_judged_as_in_any_reading() -> None:
    """A number that the schema does not allow is no replay: the model's path rejects it, and says why."""
    taught = trusted()

    assert taught.recall("tank", "T=21.5C level 100") is not None
    assert taught.recall("tank", "T=21.5C level 101") is None


def test_schemas_that_compare_values_judge_the_whole_reading() -> None:
    """`uniqueItems` is judged in each replay."""
    asked = schema_of({"v": {"type": "array", "items": {"type": "number"}, "uniqueItems": True}})
    taught = cache(asked)
    for a, b in [(2, 3), (4, 5), (6, 7)]:
        learn(taught, f"v {a}.5 and {b}.5", f'{{"v":[{a}.5,{b}.5]}}', asked)

    assert taught.recall("tank", "v 8.5 and 9.5") is not None
    assert taught.recall("tank", "v 8.5 and 8.5") is None


def test_a_unit_that_is_none_of_the_field_is_never_replayed() -> None:
    """Units are judged when a recipe is made, as the key fixes them; what the judge refuses is not replayed."""
    asked = schema_of({"t": CELSIUS})
    taught = cache(asked)
    for number in range(3):
        learn(taught, f"T={20 + number}V", f'{{"t":{20 + number}}}', asked)

    assert taught.recall("tank", "T=25V") is None
    (entry,) = taught
    assert entry.lesson is not None
    assert entry.lesson.obstacle == "unit_mismatch: t: '22' is in V, expected °C"


def test_a_unit_that_differs_is_converted_in_replays_too() -> None:
    """Bounds are judged on what is published; another unit is another shape."""
    asked = schema_of({"t": {"type": "number", "unit": "°C", "maximum": 50}, "level": {"type": "number"}})
    taught = cache(asked)
    for number in range(3):
        t, level = 60 + number, 30 + number
        learn(taught, f"T={t}F level {level}", f'{{"t":{t},"level":{level}}}', asked)

    assert recalled(taught, "T=68F level 7").json == '{"t":20.00,"level":7}'
    assert taught.recall("tank", "T=123F level 7") is None
    assert taught.recall("tank", "T=20C level 7") is None


def test_another_label_is_another_shape() -> None:
    """T1 and T2 have one key, and each has a recipe of its own."""
    asked = schema_of({"t1": {"type": "number"}, "t2": {"type": "number"}})
    taught = cache(asked)
    for number in range(3):
        for channel in (1, 2):
            learn(taught, f"T{channel}=2{number}.5", f'{{"t{channel}":2{number}.5}}', asked)

    assert recalled(taught, "T1=7.5").json == '{"t1":7.5}'
    assert recalled(taught, "T2=7.5").json == '{"t2":7.5}'
    assert taught.recall("tank", "T3=7.5") is None
    assert len({entry.key for entry in taught}) == 1


def test_the_least_recently_used_gives_way() -> None:
    """A full route lets go of what is still being learned first, and of trusted shapes last."""
    taught = trusted(options=Shapes(per_route=3))
    for word in ("a", "b", "c", "d"):
        learn(taught, f"{word}=5 T=6.5C", '{"t":6.5}')

    assert taught.recall("tank", text(7)) is not None
    assert [entry.key[1] for entry in taught] == ["c", "d", "T"]
    assert taught.counts["evicted"] == 2


def test_new_shapes_find_room_among_trusted_ones() -> None:
    """Where all are trusted, the one that was not used for longest gives way to a new shape."""
    taught = trusted(options=Shapes(per_route=1))
    learn(taught, "a=5 T=6.5C", '{"t":6.5}')

    assert taught.recall("tank", text(7)) is None
    assert [entry.key[1] for entry in taught] == ["a"]


def replays(taught: ShapeCache, count: int, *, is_engine_idle: bool = True) -> Iterator[tuple[Replay, bool]]:
    """Replay messages; yield each replay, and whether it is to be audited."""
    for number in range(count):
        found = recalled(taught, text(number % 50))
        yield found, taught.published(found, f"id-{number}", is_engine_idle=is_engine_idle)


def audited() -> tuple[ShapeCache, Clock]:
    """Return a cache that has learned `text`, and whose audits have a minute's share of time."""
    clock = Clock()
    taught = trusted(options=Shapes(audit_every=4), clock=clock)
    clock.now_s = 60.0
    return taught, clock


def test_one_replay_in_so_many_is_audited() -> None:
    """The fourth replay is due, and no other until its audit is done."""
    taught, _ = audited()
    due = [(found, is_due) for found, is_due in replays(taught, 12)]

    assert [is_due for _, is_due in due] == [False, False, False, True] + [False] * 8
    assert taught.audited(due[3][0], due[3][0].json, duration_s=0.1) is None
    assert [is_due for _, is_due in replays(taught, 4)] == [False, False, False, True]
    assert taught.counts["audits"] == 1


def test_audits_wait_for_an_idle_engine() -> None:
    """While the engine has work, audits are skipped and counted, one for each that was due."""
    taught, _ = audited()

    assert not any(is_due for _, is_due in replays(taught, 9, is_engine_idle=False))
    assert taught.counts["audits_skipped"] == 2
    assert next(is_due for _, is_due in replays(taught, 1))


def test_audits_have_a_share_of_the_time() -> None:
    """An audit that took 7 s of the 6 s that a minute gave waits until the 7th is there again."""
    taught, clock = audited()
    found = next(found for found, is_due in replays(taught, 4) if is_due)
    taught.audited(found, found.json, duration_s=7.0)

    assert not any(is_due for _, is_due in replays(taught, 8))
    clock.now_s += 9.0
    assert not any(is_due for _, is_due in replays(taught, 1))
    clock.now_s += 2.0
    assert all(is_due for _, is_due in replays(taught, 1))


def test_no_audits() -> None:
    """With `audit_every: 0` nothing is ever audited, nor skipped."""
    clock = Clock()
    taught = trusted(options=Shapes(audit_every=0), clock=clock)
    clock.now_s = 60.0

    assert not any(is_due for _, is_due in replays(taught, 100))
    assert taught.counts["audits_skipped"] == 0


@pytest.mark.parametrize("json", ['{"t":1}', None])
def test_a_disagreement_drops_the_recipe_and_names_its_readings(json: str | None) -> None:
    """Another reading, or a rejection, puts in doubt what was published since the last good audit."""
    taught, _ = audited()
    first = next(found for found, is_due in replays(taught, 4) if is_due)
    taught.audited(first, first.json, duration_s=0.1)
    second = next(found for found, is_due in list(replays(taught, 6)) if is_due)

    found = taught.audited(second, json, duration_s=0.1)

    assert found is not None
    assert found.message_ids == ("id-0", "id-1", "id-2", "id-3", "id-4", "id-5")
    assert (found.route, found.count) == ("tank", 6)
    assert taught.recall("tank", text(1)) is None
    assert (taught.counts["disagreements"], taught.counts["dropped"]) == (1, 1)
    assert [entry.needed for entry in taught] == [6]


def test_so_many_readings_are_named() -> None:
    """Of more readings in doubt than are kept, the last are named, and all are counted."""
    taught, _ = audited()
    found = next(found for found, is_due in list(replays(taught, NAMED_REPLAYS + 10)) if is_due)

    disagreement = taught.audited(found, None, duration_s=0.1)

    assert disagreement is not None
    assert len(disagreement.message_ids) == NAMED_REPLAYS
    assert disagreement.message_ids[-1] == f"id-{NAMED_REPLAYS + 9}"
    assert disagreement.count == NAMED_REPLAYS + 10


def test_an_audit_that_was_not_finished() -> None:
    """An audit that the engine did not finish is skipped, and a later replay is audited instead."""
    taught, _ = audited()
    found = next(found for found, is_due in replays(taught, 4) if is_due)
    taught.abandoned(found, duration_s=0.1)

    assert taught.counts["audits_skipped"] == 1
    assert next(is_due for _, is_due in replays(taught, 1))


def test_an_audit_of_what_was_dropped_meanwhile() -> None:
    """A shape that is gone when its audit ends is not dropped twice, and its replays are no longer counted."""
    taught, _ = audited()
    found = next(found for found, is_due in replays(taught, 4) if is_due)
    learn(taught, "T=50.5C level 60", '{"t":50.5}')

    assert not taught.published(found, "late", is_engine_idle=True)
    assert taught.audited(found, "{}", duration_s=0.1) is not None
    assert taught.counts["dropped"] == 0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ShapeStore]:
    """Give a file in a folder of its own."""
    opened = ShapeStore(tmp_path)
    yield opened
    opened.close()


def test_recipes_are_kept_as_soon_as_they_are_trusted(store: ShapeStore) -> None:
    """A daemon that starts again replays what the last one had learned, without a flush in between."""
    trusted(store=store)

    again = cache(store=store)

    assert recalled(again, "T=7.25C level 99").json == '{"t":7.25,"level":99}'
    assert again.recall("tank", "T=7.25C level 101") is None


def test_lessons_are_kept_at_the_end(store: ShapeStore) -> None:
    """Two confirmations before a restart and one after it make three; without a flush they are lost."""
    first = cache(store=store)
    for number in range(2):
        learn(first, text(number))
    lost = list(cache(store=store))
    first.flush()
    again = cache(store=store)
    learn(again, text(2))

    assert lost == []
    assert again.recall("tank", text(3)) is not None


def test_another_fingerprint_learns_anew(store: ShapeStore) -> None:
    """What another model or schema taught does not count, and is deleted."""
    trusted(store=store)

    assert list(cache(store=store, fingerprint="two")) == []
    assert store.rows() == []


def route_of(asked: Schema = TANK, fingerprint: str = "one") -> RouteShapes:
    """Return what a cache must know of a route."""
    return RouteShapes(root=asked.root, validator=Validator(asked), fingerprint=fingerprint)


def test_a_route_that_stays_as_it_was_keeps_its_shapes_when_others_come(store: ShapeStore) -> None:
    """A reload leaves trusted shapes and lessons alone, in memory and in the file; new routes begin empty."""
    taught = trusted(store=store)
    learn(taught, "a=5 T=6.5C", '{"t":6.5}')

    taught.serve(Shapes(), {"tank": route_of(), "cellar": route_of(fingerprint="two")})

    assert recalled(taught, text(7)).json == '{"t":27.5,"level":37}'
    assert [entry.key[1] for entry in taught] == ["a", "T"]
    assert taught.recall("cellar", text(7)) is None
    assert {row.route for row in store.rows()} == {"tank"}


def test_a_route_whose_schema_changed_learns_anew(store: ShapeStore) -> None:
    """What was learned under the other schema is forgotten at once, also by a replay that is still under way."""
    taught = trusted(store=store)
    under_way = recalled(taught, text(7))

    taught.serve(Shapes(), {"tank": route_of(fingerprint="two")})

    assert list(taught) == []
    assert store.rows() == []
    assert taught.published(under_way, "id", is_engine_idle=True) is False


def test_a_smaller_shelf_lets_go_of_the_least_used() -> None:
    """`shapes.per_route` holds from the reload on: trusted shapes stay longest."""
    taught = trusted()
    for word in ("a", "b"):
        learn(taught, f"{word}=5 T=6.5C", '{"t":6.5}')

    taught.serve(Shapes(per_route=1), {"tank": route_of()})

    assert [entry.key[1] for entry in taught] == ["T"]
    assert taught.counts["evicted"] == 2


def test_what_another_process_drops_is_forgotten(store: ShapeStore, tmp_path: Path) -> None:
    """A second after the file was changed the dropped shape is read by the model again, and not written back."""
    clock = Clock()
    taught = trusted(store=store, clock=clock)
    other = ShapeStore(tmp_path)
    other.write((), gone=[row.name for row in other.rows()])
    other.close()

    taught.tick()
    assert taught.recall("tank", text(5)) is not None
    clock.now_s += LOOK_S
    taught.tick()
    assert taught.recall("tank", text(5)) is None
    taught.flush()
    assert store.rows() == []


def test_lessons_are_written_four_times_an_hour(store: ShapeStore) -> None:
    """Ticks write what has changed every 15 minutes, no sooner."""
    clock = Clock()
    taught = cache(store=store, clock=clock)
    learn(taught, text(0))
    clock.now_s = FLUSH_S - 1
    taught.tick()
    before = store.rows()
    clock.now_s = FLUSH_S
    taught.tick()

    assert before == []
    assert len(store.rows()) == 1


def test_a_file_that_cannot_be_written_is_counted_and_told_once(
    store: ShapeStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The cache goes on in memory; the log says why, once for each trouble."""
    taught = cache(store=store)
    store.close()
    for number in range(3):
        learn(taught, text(number))
    taught.flush()

    assert taught.recall("tank", text(5)) is not None
    assert taught.counts["store_failures"] >= 2
    told = [record.message for record in caplog.records]
    assert len(told) == 1
    assert told[0].startswith("shapes_not_kept why=")


def test_a_stream_of_devices_is_never_replayed_wrongly() -> None:
    """Ten devices change wordings, signs, orders and thresholds: no replay differs from the true reading.

    Half of the messages at least are replayed.
    """
    routes = {
        device.name: RouteShapes(root=device.schema.root, validator=Validator(device.schema), fingerprint="")
        for device in streams.DEVICES
    }
    taught = ShapeCache(Shapes(), routes)
    sent_count, wrong = 0, []
    for sent in streams.stream(per_device=200, seed=20):
        sent_count += 1
        replay = taught.recall(sent.device.name, sent.text)
        if replay is None:
            taught.learn(sent.device.name, sent.text, extracted(sent.text, sent.device.schema, sent.json))
        elif replay.json != sent.json or not _is_copied(replay):
            wrong.append((sent.text, replay.json, sent.json))

    print(f"\n{taught.counts['hits']} of {sent_count} replayed")  # noqa: T201  # pytest -s shows the rate
    assert wrong == []
    assert taught.counts["hits"] > sent_count // 2


def _is_copied(replay: Replay) -> bool:
    """Whether each number of a replay is read again from the characters of its span."""
    extraction = replay.extraction()
    assert loads(replay.json) == loads(extraction.json)
    spans = [(value, value.span) for value in extraction.values if value.span]
    return all(
        str(streams.literal(extraction.text[span.start : span.end])) == str(value.value)
        for value, span in spans
        if not isinstance(value.value, str)
    )
