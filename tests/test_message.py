"""Bytes from the broker: their identity, and their text."""

import dataclasses

from tests.made import NOON, message


def test_a_redelivery_has_the_same_id() -> None:
    """The id says nothing of the connection, the QoS or the hour."""
    first = message(b"T=1")
    second = dataclasses.replace(first, epoch=9, received_at=NOON.replace(hour=13))

    assert first.id == second.id
    assert (len(first.id), set(first.id) <= set("0123456789abcdef")) == (32, True)


def test_other_messages_have_other_ids() -> None:
    """Topic, payload and packet id tell messages apart, and none runs into the next."""
    ids = {
        message(b"T=1").id,
        message(b"T=2").id,
        message(b"T=1", packet_id=8).id,
        message(b"T=1", topic="sensors/tan").id,
        message(b"7T=1", topic="sensors/tank", packet_id=0).id,
        message(b"", topic="sensors/tankT=1").id,
    }

    assert len(ids) == 6
