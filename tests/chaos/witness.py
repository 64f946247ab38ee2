"""Owns what passed on the wire between daemon and broker, and whether the daemon kept its word there.

Knows nothing of what the program logs or counts. Its word: an input is acknowledged only after the broker has
acknowledged its answer; on the connection that delivered it; in the order of delivery ([MQTT-4.6.0-2]).
"""

from dataclasses import dataclass, field

from tests.chaos import sensors, wire
from tests.chaos.wire import Packet


@dataclass(kw_only=True, slots=True)
class Talk:
    """One connection of a daemon.

    Attributes:
        inputs: what was delivered and not acknowledged yet: number by packet id, in order.
        answers: what was published and not acknowledged yet: number by packet id.
        greeting: the packet id of `online`, which a daemon says behind its subscriptions; 0 before and after.
        is_live: whether it still stands.
    """

    is_mqtt5: bool = True
    inputs: dict[int, int] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    greeting: int = 0
    is_live: bool = True


@dataclass(kw_only=True, slots=True)
class Witness:
    """What was seen on all connections.

    Attributes:
        answered: messages whose answer the broker has acknowledged.
        settled: messages that the daemon has acknowledged.
        early: messages acknowledged by the daemon before that; right only with a spool.
        stale: acknowledgements of packets that were not delivered on their connection.
        unordered: acknowledgements that overtook another one.
        refused: publications that the broker refused.
        connections: how often a daemon connected.
        online: how often one had its subscriptions, and the broker's word for that.
    """

    answered: set[int] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    early: set[int] = field(default_factory=set)
    stale: int = 0
    unordered: int = 0
    refused: int = 0
    connections: int = 0
    online: int = 0
    talks: list[Talk] = field(default_factory=list)

    def begin(self, connect: Packet) -> Talk:
        """Note that a daemon connects."""
        talk = Talk(is_mqtt5=wire.speaks_mqtt5(connect))
        self.talks.append(talk)
        self.connections += 1
        return talk

    def from_broker(self, talk: Talk, packet: Packet) -> None:
        """Note a packet on its way to the daemon."""
        if packet.kind == wire.PUBLISH:
            said = wire.publish(packet, is_mqtt5=talk.is_mqtt5)
            number = sensors.number_in(said.payload) if said.topic.startswith(sensors.INPUTS) else None
            if said.qos and number is not None:
                talk.inputs.pop(said.packet_id, None)
                talk.inputs[said.packet_id] = number
        elif packet.kind == wire.PUBACK:
            packet_id, reason = wire.puback(packet)
            if packet_id == talk.greeting:
                talk.greeting = 0
                self.online += 1
            answered = talk.answers.pop(packet_id, None)
            if reason >= wire.REFUSED:
                self.refused += 1
            elif answered is not None:
                self.answered.add(answered)

    def from_daemon(self, talk: Talk, packet: Packet) -> None:
        """Note a packet on its way to the broker."""
        if packet.kind == wire.PUBLISH:
            said = wire.publish(packet, is_mqtt5=talk.is_mqtt5)
            number = sensors.number_answered(said.topic, said.payload)
            if number is not None:
                talk.answers[said.packet_id] = number
            elif (said.topic, said.payload) == (sensors.STATUS, b"online"):
                talk.greeting = said.packet_id
        elif packet.kind == wire.PUBACK:
            self._acknowledged(talk, wire.puback(packet)[0])

    def end(self, talk: Talk) -> None:
        """Note that a connection is gone."""
        talk.is_live = False

    def in_hand(self) -> set[int]:
        """Return the messages that a connected daemon was given and has not acknowledged."""
        return {number for talk in list(self.talks) if talk.is_live for number in list(talk.inputs.values())}

    def _acknowledged(self, talk: Talk, packet_id: int) -> None:
        if packet_id not in talk.inputs:
            self.stale += 1
            return
        if packet_id != next(iter(talk.inputs)):
            self.unordered += 1
        number = talk.inputs.pop(packet_id)
        self.settled.add(number)
        if number not in self.answered:
            self.early.add(number)
