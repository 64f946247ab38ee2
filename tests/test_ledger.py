"""Messages are acknowledged once, in the order in which they came."""

from edge.ledger import Ledger
from edge.message import Message
from tests.made import message


def ledger_of(*messages: Message, epoch: int = 1) -> Ledger:
    """Return the ledger of a connection on which these messages have arrived."""
    ledger = Ledger()
    ledger.begin(epoch)
    for each in messages:
        ledger.admit(each)
    return ledger


def test_in_order() -> None:
    """An answered message is due at once when it is the oldest."""
    a, b = message(b"a", packet_id=1), message(b"b", packet_id=2)
    ledger = ledger_of(a, b)

    assert [ledger.settle(a), ledger.settle(b)] == [[a], [b]]
    assert len(ledger) == 0


def test_out_of_order() -> None:
    """A message that was answered early waits for those before it, and then goes with them."""
    a, b, c = (message(b"x", packet_id=number) for number in (3, 1, 2))
    ledger = ledger_of(a, b, c)

    assert [ledger.settle(c), ledger.settle(b), ledger.settle(a)] == [[], [], [a, b, c]]


def test_a_message_is_due_once() -> None:
    """A second answer to a message acknowledges nothing."""
    a, b = message(b"a", packet_id=1), message(b"b", packet_id=2)
    ledger = ledger_of(a, b)

    assert [ledger.settle(b), ledger.settle(b), ledger.settle(a), ledger.settle(a)] == [[], [], [a, b], []]


def test_a_new_connection_forgets_the_old() -> None:
    """An answer to a message of an earlier connection acknowledges nothing: it will be delivered again."""
    old = message(b"a", packet_id=1, epoch=1)
    ledger = ledger_of(old)
    ledger.begin(2)
    new = message(b"a", packet_id=1, epoch=2)
    ledger.admit(new)

    assert (ledger.is_current(old), ledger.is_current(new)) == (False, True)
    assert [ledger.settle(old), ledger.settle(new)] == [[], [new]]


def test_a_message_of_an_earlier_connection_is_not_admitted() -> None:
    """One that was still on its way through the inbox when the connection changed is not kept."""
    ledger = ledger_of(message(b"a", epoch=1), epoch=2)

    assert len(ledger) == 0


def test_qos_0_is_not_kept() -> None:
    """Nobody waits for the acknowledgement of a message at QoS 0, and its answer always counts."""
    loose = message(b"a", qos=0, packet_id=0)
    ledger = ledger_of(loose, epoch=5)

    assert len(ledger) == 0
    assert ledger.is_current(loose)
    assert ledger.settle(loose) == []


def test_an_unknown_message() -> None:
    """A message that was never admitted, even one of the same packet id, settles nothing."""
    ledger = ledger_of(message(b"a", packet_id=1))

    assert ledger.settle(message(b"b", packet_id=1)) == []
    assert len(ledger) == 1
