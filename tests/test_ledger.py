"""Messages are acknowledged once, in the order in which they came, and redeliveries are recognised."""

from edge.delivery.ledger import Arrival, Ledger
from edge.message import Message
from tests.made import message


def ledger_of(*messages: Message, epoch: int = 1) -> Ledger:
    """Return the ledger of a connection on which these messages have arrived."""
    ledger = Ledger()
    ledger.begin(epoch, is_same_session=True)
    for each in messages:
        ledger.admit(each)
    return ledger


def settled(ledger: Ledger, message: Message) -> list[Message]:
    """Settle a message and return what is due then."""
    ledger.settle(message)
    return ledger.take_due()


def test_in_order() -> None:
    """A settled message is due at once when it is the oldest."""
    a, b = message(b"a", packet_id=1), message(b"b", packet_id=2)
    ledger = ledger_of(a, b)

    assert [settled(ledger, a), settled(ledger, b)] == [[a], [b]]
    assert len(ledger) == 0


def test_out_of_order() -> None:
    """A message that was settled early waits for those before it, and then goes with them."""
    a, b, c = (message(b"x", packet_id=number) for number in (3, 1, 2))
    ledger = ledger_of(a, b, c)

    assert [settled(ledger, c), settled(ledger, b), settled(ledger, a)] == [[], [], [a, b, c]]


def test_a_message_is_due_once() -> None:
    """A second answer to a message acknowledges nothing."""
    a, b = message(b"a", packet_id=1), message(b"b", packet_id=2)
    ledger = ledger_of(a, b)

    assert [settled(ledger, each) for each in (b, b, a, a)] == [[], [], [a, b], []]


def test_a_redelivery_of_what_is_in_hand_is_recognised() -> None:
    """The answer that is under way is the redelivered message's, and is acknowledged on the new connection."""
    old, new = message(b"a", epoch=1), message(b"a", epoch=2)
    ledger = ledger_of(old)
    ledger.begin(2, is_same_session=True)

    assert ledger.admit(new) is Arrival.IN_HAND
    assert settled(ledger, old) == [new]


def test_a_redelivery_over_several_connections_is_recognised() -> None:
    """Connections may come and go while the model reads; the message stays one."""
    old = message(b"a", epoch=1)
    ledger = ledger_of(old)
    for epoch in (2, 3):
        ledger.begin(epoch, is_same_session=True)
        assert ledger.admit(message(b"a", epoch=epoch)) is Arrival.IN_HAND
    ledger.begin(4, is_same_session=True)
    ledger.begin(5, is_same_session=True)
    last = message(b"a", epoch=5)

    assert ledger.admit(last) is Arrival.IN_HAND
    assert settled(ledger, old) == [last]


def test_what_was_answered_between_two_connections_is_only_acknowledged() -> None:
    """A message whose answer the broker took, and whose PUBACK was never sent, is not answered again."""
    first, second = message(b"a", packet_id=1), message(b"b", packet_id=2)
    ledger = ledger_of(first, second)
    assert settled(ledger, second) == []  # waits for the first
    ledger.begin(2, is_same_session=True)
    assert settled(ledger, first) == []  # answered while there is no connection to acknowledge it on
    again = [message(b"a", packet_id=1, epoch=2), message(b"b", packet_id=2, epoch=2)]

    assert [ledger.admit(each) for each in again] == [Arrival.SETTLED, Arrival.SETTLED]
    assert ledger.take_due() == again


def test_an_acknowledged_message_is_forgotten() -> None:
    """An equal text under a packet id that is used again is another message, even where DUP is set."""
    ledger = ledger_of(message(b"OPEN"))
    assert settled(ledger, message(b"OPEN")) != []
    ledger.begin(2, is_same_session=True)

    assert ledger.admit(message(b"OPEN", epoch=2)) is Arrival.NEW


def test_a_new_session_knows_nothing_of_the_old() -> None:
    """When the broker has forgotten the session, packet ids start over: what looks alike is new."""
    old = message(b"a", epoch=1)
    ledger = ledger_of(old, message(b"b", packet_id=2))
    ledger.settle(message(b"b", packet_id=2))
    ledger.begin(2, is_same_session=False)
    new = message(b"a", epoch=2)

    assert [ledger.admit(new), ledger.admit(message(b"b", packet_id=2, epoch=2))] == [Arrival.NEW, Arrival.NEW]


def test_a_message_of_an_earlier_connection_is_not_admitted() -> None:
    """One that was still on its way through the mailbox when the connection changed is owed no PUBACK."""
    ledger = ledger_of(message(b"a", epoch=1), epoch=2)

    assert len(ledger) == 0


def test_qos_0_is_not_kept() -> None:
    """Nobody waits for the acknowledgement of a message at QoS 0."""
    loose = message(b"a", qos=0, packet_id=0, epoch=5)
    ledger = ledger_of(loose, epoch=5)

    assert (len(ledger), settled(ledger, loose)) == (0, [])


def test_an_unknown_message() -> None:
    """A message that was never admitted, even one of the same packet id, settles nothing."""
    ledger = ledger_of(message(b"a", packet_id=1))

    assert settled(ledger, message(b"b", packet_id=1)) == []
    assert len(ledger) == 1
