"""Owns a TCP proxy between the daemon and its broker, which can do to a connection what networks do.

Knows MQTT only as far as it cuts packets in two and lets the witness see them. It runs in a thread of its own; the
methods are for the thread of the test.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.chaos import wire
from tests.chaos.patience import wait_until
from tests.chaos.wire import Reader
from tests.chaos.witness import Talk, Witness

_CHUNK = 65_536
_PAUSE_S = 0.02  # between two looks at a stalled line


class Way(Enum):
    """A direction on the line."""

    TO_DAEMON = auto()
    TO_BROKER = auto()


@dataclass(kw_only=True, eq=False)
class _Line:
    """One connection through the proxy: the daemon's end, the broker's end, and what the witness keeps of it."""

    daemon: asyncio.StreamWriter
    broker: asyncio.StreamWriter
    talk: Talk = field(default_factory=Talk)
    is_swallowing: bool = False

    def abort(self) -> None:
        for end in (self.daemon, self.broker):
            end.transport.abort()


class Proxy:
    """A proxy to one port of this machine.

    Args:
        port: where the broker listens.
    """

    def __init__(self, port: int) -> None:
        self.port = 0
        self.witness = Witness()
        self._broker_port = port
        self._lines: set[_Line] = set()
        self._is_refusing = False
        self._is_stalled = False
        self._bytes_per_s: int | None = None
        self._cut_within: Way | None = None
        self._reasons: list[int] = []
        self._refused = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="chaos-proxy")

    def start(self) -> None:
        """Listen on a free port, from now on `port`."""
        self._thread.start()
        wait_until(lambda: self.port > 0, what="the proxy to listen")

    def stop(self) -> None:
        """Cut all connections and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def lines(self) -> int:
        """How many connections stand."""
        return len(self._lines)

    def cut(self) -> None:
        """Reset all connections; new ones are let through."""
        self._to_all(_Line.abort)

    def refuse(self) -> None:
        """Cut all connections, and reset each new one until `allow`."""
        self._is_refusing = True
        self.cut()

    def allow(self) -> None:
        """Let new connections through, and stalled or slow ones go on as fast as they can."""
        self._is_refusing = self._is_stalled = False
        self._bytes_per_s = None

    def stall(self) -> None:
        """Forward nothing, on old connections and new ones, until `allow`; nobody is told."""
        self._is_stalled = True

    def slow(self, bytes_per_s: int) -> None:
        """Forward at most so much in each direction of each connection."""
        self._bytes_per_s = bytes_per_s

    def vanish(self) -> None:
        """Close the broker's end of all connections, and swallow what the daemon says on its own (half-open)."""
        self._to_all(self._swallow)

    def cut_within(self, way: Way) -> None:
        """Forward half of the next PUBLISH in a direction, then end its connection; wait until that was done."""
        self._cut_within = way
        wait_until(lambda: self._cut_within is None, what=f"a PUBLISH {way.name} to cut in two")

    def refuse_with(self, *reasons: int) -> None:
        """Answer the next connections with a CONNACK of a reason each, in the broker's place."""
        self._reasons = list(reasons)

    @property
    def refused(self) -> int:
        """How many connections got a CONNACK that refuses."""
        return self._refused

    def disconnect_with(self, reason: int) -> None:
        """End all connections as a broker does that says why (MQTT 5)."""
        self._to_all(lambda line: self._say_and_swallow(line, wire.disconnect(reason)))

    def _to_all(self, fault: Callable[[_Line], None]) -> None:
        """Do something to all connections, in the proxy's thread; wait until it was done."""
        done = threading.Event()

        def run() -> None:
            for line in list(self._lines):
                fault(line)
            done.set()

        self._loop.call_soon_threadsafe(run)
        wait_until(done.is_set, what="the proxy's thread")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._loop.run_forever()
        server.close()
        for line in list(self._lines):
            line.abort()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_refusing:
            writer.transport.abort()
            return
        if self._reasons:
            await self._say_no(reader, writer)
            return
        try:
            from_broker, to_broker = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(daemon=writer, broker=to_broker)
        self._lines.add(line)
        pumps = [
            asyncio.create_task(self._pump(line, Way.TO_BROKER, reader, to_broker)),
            asyncio.create_task(self._pump(line, Way.TO_DAEMON, from_broker, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if line.is_swallowing:
                await pumps[0]
        finally:
            self._lines.discard(line)
            self.witness.end(line.talk)
            for pump in pumps:
                pump.cancel()
            for end in (writer, to_broker):
                end.close()

    async def _pump(
        self, line: _Line, way: Way, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        """Forward whole packets in one direction until an end is gone."""
        packets = Reader()
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                await self._hold()
                if line.is_swallowing:
                    continue
                for packet in packets.feed(data):
                    if target.is_closing():
                        return
                    if self._cut_within is way and packet.kind == wire.PUBLISH:
                        target.write(packet.raw[: len(packet.raw) // 2])
                        await target.drain()
                        self._cut_within = None
                        return
                    self._see(line, way, packet)
                    target.write(packet.raw)
                    await self._brake(len(packet.raw))
                await target.drain()

    def _see(self, line: _Line, way: Way, packet: wire.Packet) -> None:
        if packet.kind == wire.CONNECT:
            line.talk = self.witness.begin(packet)
        elif way is Way.TO_BROKER:
            self.witness.from_daemon(line.talk, packet)
        else:
            self.witness.from_broker(line.talk, packet)

    async def _hold(self) -> None:
        while self._is_stalled:  # noqa: ASYNC110  # the test's thread ends it, and knows no asyncio.Event
            await asyncio.sleep(_PAUSE_S)

    async def _brake(self, size: int) -> None:
        if self._bytes_per_s is not None:
            await asyncio.sleep(size / self._bytes_per_s)

    async def _say_no(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packets = Reader().feed(await reader.read(_CHUNK))
        writer.write(wire.connack(self._reasons.pop(0), is_mqtt5=wire.speaks_mqtt5(packets[0])))
        self._refused += 1
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    def _swallow(self, line: _Line) -> None:
        line.is_swallowing = True
        line.broker.transport.abort()

    def _say_and_swallow(self, line: _Line, words: bytes) -> None:
        line.daemon.write(words)  # closed at once, it could take these words along unread
        self._swallow(line)


@contextmanager
def running(port: int) -> Iterator[Proxy]:
    """Give a proxy to a port for as long as the block lasts."""
    proxy = Proxy(port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
