"""What is in hand: how much, since when, and how much of it at QoS 0."""

from edge.delivery.inhand import MOST_LOOSE_BYTES, InHand
from tests.made import message


def test_the_oldest_is_the_first_that_is_still_in_hand() -> None:
    """Ages count from the beginning of the work."""
    now_s = 0.0
    in_hand = InHand(most_loose=9, clock=lambda: now_s)
    first, second = message(b"a", packet_id=1), message(b"b", packet_id=2)
    assert (len(in_hand), in_hand.oldest_s) == (0, 0.0)
    in_hand.begin(first)
    now_s = 5.0
    in_hand.begin(second)
    now_s = 7.0

    assert (len(in_hand), in_hand.oldest_s) == (2, 7.0)
    in_hand.end(first)
    assert (len(in_hand), in_hand.oldest_s) == (1, 2.0)


def test_messages_at_qos_0_are_bounded_by_number() -> None:
    """One more has room only when another has its answer; QoS 1 is the broker's to bound."""
    in_hand = InHand(most_loose=2, clock=lambda: 0.0)
    loose = [message(b"a", qos=0, packet_id=0) for _ in range(3)]
    in_hand.begin(loose[0])
    in_hand.begin(loose[1])

    assert not in_hand.has_room(loose[2])
    assert in_hand.has_room(message(b"a"))
    in_hand.end(loose[0])
    assert in_hand.has_room(loose[2])


def test_messages_at_qos_0_are_bounded_by_bytes() -> None:
    """Large ones fill the room sooner, but one alone always has room."""
    in_hand = InHand(most_loose=1000, clock=lambda: 0.0)
    huge = message(b"x" * (MOST_LOOSE_BYTES + 1), qos=0, packet_id=0)
    assert in_hand.has_room(huge)
    in_hand.begin(huge)

    assert not in_hand.has_room(message(b"a", qos=0, packet_id=0))
    in_hand.end(huge)
    in_hand.end(huge)
    assert in_hand.has_room(message(b"a", qos=0, packet_id=0))
