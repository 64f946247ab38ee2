"""Owns the suspicion that another client has the same client id: the two then take the session from each other.

Knows nothing of the broker's client. An MQTT 5 broker may say so (0x8E, session taken over); mosquitto before 2.1
often only closes the connection, and so does one over MQTT 3.1.1: then short connections in a row are the sign.
"""

import logging
from collections import deque
from collections.abc import Callable

from edge.errors import TakenOver

log = logging.getLogger(__name__)

MOST, WITHIN_S = 3, 60.0  # more takeovers, or short connections, in that time are no accident
SHORT_S = 5.0  # a connection that lasts less is short
SAY_AGAIN_S = 600.0


class Rivalry:
    """How connections end.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._connected_at_s: float | None = None
        self._takeovers_s: deque[float] = deque(maxlen=MOST + 1)
        self._short_s: deque[float] = deque(maxlen=MOST + 1)
        self._said_at_s: float | None = None

    def connected(self) -> None:
        """Note that a connection stands."""
        self._connected_at_s = self._clock()

    def disconnected(self, *, is_takeover: bool) -> None:
        """Note that a connection has ended, or that an attempt has failed.

        Raises:
            TakenOver: the broker has said too often that another client took the session over.
        """
        now_s = self._clock()
        started_s, self._connected_at_s = self._connected_at_s, None
        if started_s is None:
            return
        if is_takeover and _are_many(self._takeovers_s, now_s):
            raise TakenOver(
                "expected a client id that no other client of the broker has; "
                f"one took the session over {MOST + 1} times within a minute"
            )
        was_said = self._said_at_s is not None and now_s - self._said_at_s < SAY_AGAIN_S
        if now_s - started_s < SHORT_S and _are_many(self._short_s, now_s) and not was_said:
            self._said_at_s = now_s
            log.warning(
                "connections_short count=%d within_s=%.0f "
                "hint=does another client have this client id (mqtt.client_id)?",
                MOST + 1,
                WITHIN_S,
            )


def _are_many(moments_s: deque[float], now_s: float) -> bool:
    """Note one more moment; return whether there have been too many of late."""
    moments_s.append(now_s)
    return len(moments_s) > MOST and now_s - moments_s[0] < WITHIN_S
