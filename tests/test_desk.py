"""What a running daemon answers to the verbs."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from edge.answer import Answer
from edge.control import desk
from edge.control.control import Asked
from edge.control.desk import MOST_EXTRACTIONS, Desk
from edge.dead.deadletters import DeadLetters
from edge.dead.deadstore import FILE, DeadStore
from edge.dead.rereads import DEADLINE_S
from edge.errors import EdgeError, Reason
from edge.literal import JSON
from edge.message import Message
from edge.state.database import StoreError
from tests.letters import PAYLOAD_BYTES, letter, options, rejection

KNOWN = ", ".join(desk.VERBS)
WAITING: dict[str, JSON] = {"messages": 3, "bytes": 100, "max_bytes": 1000, "oldest_at": None}


def letters(folder: Path | None = None) -> DeadLetters:
    """Return three letters."""
    dead = DeadLetters(options(), folder, payload_bytes=PAYLOAD_BYTES)
    dead.keep(rejection(1))
    dead.keep(rejection(2, b"\xff", route=None, reason=Reason.NOT_UTF8))
    dead.keep(rejection(3, route="pump"))
    return dead


def told(dead: DeadLetters, request: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what the desk answers at once."""
    asked = Asked(request=request)
    desk_of(dead).handle(asked)
    return asked.reply.result(timeout=0)


def desk_of(
    dead: DeadLetters,
    reread: Callable[[Message, Callable[[Answer], None]], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    extract: Callable[[str, str, Asked], None] | None = None,
) -> Desk:
    """Return a desk over dead letters."""
    return Desk(
        dead,
        lambda: WAITING,
        reread or read_never,
        reload=refuse,
        health=lambda: {"uptime_s": 7},
        extract=extract or (lambda route, text, asked: asked.answer({"read": f"{route}: {text}"})),
        discover=lambda forgets: {"enabled": True, "forgot": forgets},
        clock=clock,
    )


def refuse(asked: Asked) -> None:
    """Answer a request to reload."""
    asked.answer({"problems": ["edge.yaml: no"]})


def read_never(_message: Message, _done: Callable[[Answer], None]) -> None:
    """Take a message, and never answer."""


def listed(answer: Mapping[str, JSON]) -> list[str]:
    """Return the ids of a list."""
    found = answer["letters"]
    assert isinstance(found, list)
    return [str(each["id"])[:8] for each in found if isinstance(each, dict)]


def test_the_list() -> None:
    """All letters, or those of a route or a reason."""
    dead = letters()

    assert listed(told(dead, {"verb": "dead_list"})) == ["00000001", "00000002", "00000003"]
    assert listed(told(dead, {"verb": "dead_list", "route": "tank", "reason": None})) == ["00000001"]
    assert listed(told(dead, {"verb": "dead_list", "reason": "not_utf8"})) == ["00000002"]


def test_one_letter() -> None:
    """All of it, payload included."""
    found = told(letters(), {"verb": "dead_show", "id": "00000002abcdef"})["letter"]

    assert isinstance(found, dict)
    assert (found["route"], found["payload"], found["encoding"]) == (None, "/w==", "base64")


def test_purging(tmp_path: Path) -> None:
    """Letters are gone from the disk when the answer comes; one that was not there does not count."""
    dead = letters(tmp_path)

    assert told(dead, {"verb": "dead_purge", "ids": ["00000001abcdef", "00000003abcdef", "none"]}) == {"purged": 2}
    assert [each.id[:8] for each in DeadStore(tmp_path).listed()] == ["00000002"]


def test_purging_where_the_disk_refuses(tmp_path: Path) -> None:
    """The person is told that the file still has them."""
    dead = letters(tmp_path)
    (tmp_path / FILE).mkdir()

    with pytest.raises(StoreError) as error:
        told(dead, {"verb": "dead_purge", "ids": []})

    assert str(error.value) == f"{tmp_path / FILE}: unable to open database file"


def test_the_spool() -> None:
    """What the spool says is passed on."""
    assert told(letters(), {"verb": "spool_status"}) == {"spool": WAITING}


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({}, f"verb: expected one of {KNOWN}, got None"),
        ({"verb": "dead_drop"}, f"verb: expected one of {KNOWN}, got 'dead_drop'"),
        ({"verb": ["x"]}, f"verb: expected one of {KNOWN}, got ['x']"),
        ({"verb": "dead_list", "route": 1}, "route: expected text or null, got int"),
        ({"verb": "dead_list", "reason": []}, "reason: expected text or null, got list"),
        ({"verb": "dead_show"}, "no dead letter has the id None; `edge dead list` shows those there are"),
        ({"verb": "dead_show", "id": "x"}, "no dead letter has the id x; `edge dead list` shows those there are"),
        ({"verb": "dead_purge"}, "ids: expected a list of ids, got NoneType"),
        ({"verb": "dead_purge", "ids": [1]}, "ids: expected a list of ids, got list"),
        ({"verb": "dead_replay", "ids": "x"}, "ids: expected a list of ids, got str"),
        ({"verb": "log_level"}, "level: expected one of debug, info, warning, error, got NoneType"),
        (
            {"verb": "log_level", "level": "x" * 99},
            f'level: expected one of debug, info, warning, error, got "{"x" * 59}…',
        ),
        ({"verb": "extract", "route": "tank"}, "text: expected text, got NoneType"),
        ({"verb": "extract", "route": [], "text": "x"}, "route: expected text, got list"),
        (
            {"verb": "extract", "route": "tank", "text": "\ud800"},
            "text: expected text, got half of a surrogate pair in it",
        ),
    ],
)
def test_what_is_no_request(request_: dict[str, JSON], complaint: str) -> None:
    """What the desk does not know is refused, with what it does."""
    with pytest.raises(EdgeError) as error:
        told(letters(), request_)

    assert str(error.value) == complaint


def test_reading_again() -> None:
    """The answer comes when the messages have theirs, or when the time is up."""
    done: list[Callable[[Answer], None]] = []
    now_s = [0.0]
    busy = desk_of(letters(), lambda _message, then: done.append(then), lambda: now_s[0])
    first, second = (Asked(request={"verb": "dead_replay", "ids": [f"0000000{n}abcdef"]}) for n in (1, 3))
    for asked in (first, second):
        busy.handle(asked)
    before = first.reply.done()
    done[0](rejection(1, detail="again"))
    now_s[0] += DEADLINE_S
    busy.tick()

    assert not before
    assert first.reply.result(timeout=0) == {
        "outcomes": [{"id": "00000001abcdef", "outcome": "rejected", "reason": "missing", "detail": "again"}]
    }
    assert second.reply.result(timeout=0) == {"outcomes": [{"id": "00000003abcdef", "outcome": "under_way"}]}


def test_how_things_stand() -> None:
    """The health data are those of this moment."""
    assert told(letters(), {"verb": "health_check"}) == {"uptime_s": 7}


def test_another_log_level() -> None:
    """It holds at once, and for the program's own lines alone."""
    before = logging.getLogger("edge").level
    try:
        assert told(letters(), {"verb": "log_level", "level": "error"}) == {"level": "error"}
        assert logging.getLogger("edge.mainloop").getEffectiveLevel() == logging.ERROR
    finally:
        logging.getLogger("edge").setLevel(before)


def test_few_texts_are_read_on_trial_at_a_time() -> None:
    """One more is refused; when one is done, there is room again."""
    under_way: list[Asked] = []
    busy = desk_of(letters(), extract=lambda _route, _text, asked: under_way.append(asked))
    asked = [
        Asked(request={"verb": "extract", "route": "tank", "text": str(n)}) for n in range(MOST_EXTRACTIONS + 1)
    ]
    for each in asked:
        busy.handle(each)
    under_way[0].answer({})
    busy.handle(later := Asked(request={"verb": "extract", "route": "tank", "text": "later"}))

    with pytest.raises(EdgeError, match=r"^expected at most 4 texts at a time, got one more; try again$"):
        asked[-1].reply.result(timeout=0)
    assert under_way == [*asked[:-1], later]


def test_the_file_alone(tmp_path: Path) -> None:
    """What needs no daemon is answered from the file; reading again is not."""
    store = DeadStore(tmp_path)
    store.write([letter(1), letter(2)])

    assert listed(desk.looked_up(store, {"verb": "dead_list"})) == ["00000001", "00000002"]
    assert desk.looked_up(store, {"verb": "dead_purge", "ids": ["00000001abcdef"]}) == {"purged": 1}
    with pytest.raises(EdgeError, match="verb: expected one of"):
        desk.looked_up(store, {"verb": "dead_replay", "ids": []})
