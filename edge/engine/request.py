"""Owns what is asked of the engine and what it answers: tokens and a grammar in, decoded text and choices out.

Knows nothing of how decoding is done, nor of schemas, routes or MQTT.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Lean = Callable[[bytes, Sequence[bytes]], NDArray[np.float32]]
"""Given what is written and what may be written next, how much each option gains: nats, shape (options,)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to decode: the prompt in its two parts, what may be written, and how much of it.

    Attributes:
        prefix: tokens that come before the text, the same for every message of a schema.
        body: tokens of the text and of what follows it; at least one.
        grammar: llguidance's Lark.
        output_tokens: the most that may be written.
        deadline_s: how long body and output may take, from when they have a slot and the prefix is there; neither
            waiting for other messages nor the decoding of a prefix is on a message's account.
        draft: tokens of what will probably be written; empty for no guess. It saves time where it is right, and
            changes nothing where it is wrong.
        flow: whose message it is; flows take turns, so that one that floods does not starve the others.
        lean: what is known of the output beside the model; None for nothing.
    """

    prefix: tuple[int, ...]
    body: tuple[int, ...]
    grammar: str
    output_tokens: int
    deadline_s: float
    draft: tuple[int, ...] = ()
    flow: str = ""
    lean: Lean | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A token that the model chose, out[start:end] in bytes; tokens that the grammar forced are no choices.

    Attributes:
        probability: of this token, among those that the grammar allowed.
        closing: of all allowed tokens together that begin with a quotation mark, and so end a string here.
        beyond: of all allowed tokens together that cannot continue a number, and so end one here.
        gap: by how much its logit exceeds that of the runner-up; infinite where there was none.
    """

    start: int
    end: int
    probability: float
    closing: float
    beyond: float
    gap: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """What the model wrote, and what it took.

    Attributes:
        fed_tokens: tokens of this message that went through the model: body, output, and drafts that were wrong;
            and its prefix, where this message was the first to need it.
        decode_calls: calls that carried tokens of this message; other messages may have shared them.
        duration_s: from when the message was taken up, waiting not counted.
    """

    text: str
    choices: tuple[Choice, ...]
    fed_tokens: int
    decode_calls: int
    duration_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Levers:
    """What makes the engine fast. Each can be turned off, to measure what it gives; the readings stay the same.

    Attributes:
        share_prefixes: decode the prefix of a schema once, and let every message begin with it.
        batch_messages: decode several messages in one call.
        feed_forced: feed the tokens that the grammar forces together with the one that was chosen.
        draft: feed what will probably come next as well, and keep what the model agrees with.
        few_rows: compute logits only where a choice is made.
        small_steps: keep each call below the size at which llama.cpp attends to every cell of the cache.
    """

    share_prefixes: bool = True
    batch_messages: bool = True
    feed_forced: bool = True
    draft: bool = True
    few_rows: bool = True
    small_steps: bool = True
