"""Owns the way from a text to an extraction: prompt, grammar, model, spans.

Knows nothing of MQTT and judges nothing: what the schema requires or bounds is the reading's matter.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

from edge.config.options import Limits
from edge.engine.engine import ALL_LEVERS, SLOTS, Engine, Levers, Request, sequences
from edge.engine.model import Model
from edge.errors import EdgeError, ModelError, Reason, Rejected
from edge.extraction import calibration, extraction, grammar, prompt, support
from edge.extraction.calibration import Calibration
from edge.extraction.extraction import Extraction
from edge.extraction.history import History
from edge.extraction.leaning import Leaning
from edge.extraction.prompt import Contract
from edge.extraction.reading import Validator
from edge.schema.schema import Node, Schema

_CORES_TO_SPARE = 4
_SAMPLE = 'Pump "P-301A"\nT=-21.4C at 14:03, 1,5 bar'  # a text of every kind, to try a schema's grammar on


@contextmanager
def open_model(
    path: Path,
    *,
    threads: int | None,
    context_tokens: int,
    limits: Limits,
    slots: int = SLOTS,
    levers: Levers = ALL_LEVERS,
    is_calibrated: bool = True,
    has_support: bool = True,
) -> Iterator["Extractor"]:
    """Load a model and give an extractor for as long as the block lasts.

    Args:
        path: a GGUF of one of the prompt contracts.
        threads: how many cores may compute; None for all, but one of four or more, which is left to the broker.
        context_tokens: tokens that the KV cache holds, prefixes of schemas included.
        limits: what one text may cost.
        slots: how many texts are read together, at most.
        levers: what makes it fast; all but when measuring.
        is_calibrated: whether confidences go through the calibration of the weights, where they have one.
        has_support: whether the text has a say beside the model.

    Raises:
        ModelError: the file cannot be loaded, or its weights were trained for another prompt.
    """
    cores = len(os.sched_getaffinity(0))
    threads = threads or (cores if cores < _CORES_TO_SPARE else cores - 1)
    model = Model(path, threads=threads, context_tokens=context_tokens, sequences=sequences(slots))
    try:
        contract = _contract(model)
        calibrated = _calibration(model) if is_calibrated else None
        engine = Engine(model, slots=slots, levers=levers)
        engine.start()
        try:
            yield Extractor(
                engine,
                tokenize=model.tokenize,
                context_tokens=context_tokens,
                limits=limits,
                calibration=calibrated,
                contract=contract,
                quantization=model.quantization,
                has_support=has_support,
            )
        finally:
            engine.close()
    finally:
        model.close()


def _contract(model: Model) -> Contract:
    name = model.metadata(prompt.CONTRACT_KEY)
    if name is None or name not in prompt.CONTRACTS:
        raise ModelError(
            f"{model.path}: expected a model of the prompt contract {' or '.join(prompt.CONTRACTS)} "
            f"({prompt.CONTRACT_KEY}), got {name or 'one without a contract'}; "
            "convert its adapter with edge-convert"
        )
    return prompt.CONTRACTS[name]


def _lean(root: Node, text: str) -> Leaning | None:
    fields = support.of_text(root, text)
    return Leaning(fields) if fields else None


def _calibration(model: Model) -> Calibration | None:
    try:
        return calibration.parse(model.metadata(calibration.SLOPE_KEY), model.metadata(calibration.INTERCEPT_KEY))
    except ModelError as error:
        raise ModelError(f"{model.path}: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A schema made ready once: its prompt prefix in tokens, its judge, and what was read under it lately.

    Attributes:
        flow: whose texts these are; flows take turns in the engine.
    """

    schema: Schema
    prefix: tuple[int, ...]
    validator: Validator
    flow: str = ""
    history: History = field(default_factory=History)


class Extractor:
    """Reads texts. May be used from several threads: the engine queues what they ask."""

    def __init__(
        self,
        engine: Engine,
        *,
        tokenize: Callable[[str], list[int]],
        context_tokens: int,
        limits: Limits,
        calibration: Calibration | None = None,
        contract: Contract = prompt.CONTRACTS[prompt.CONTRACT],
        quantization: str = "unknown",
        has_support: bool = True,
    ) -> None:
        self.engine = engine
        self.calibration = calibration
        self._has_support = has_support
        self.quantization = quantization  # of the weights
        self._tokenize = tokenize
        self._context_tokens = context_tokens
        self._limits = limits
        self.contract = contract
        self._suffix = tokenize(contract.suffix)

    def under(self, limits: Limits) -> "Extractor":
        """Return an extractor by the same engine, under other limits."""
        other = copy(self)
        other._limits = limits  # noqa: SLF001  # one of our own
        return other

    def prepare(self, schema: Schema, *, flow: str = "", validator: Validator | None = None) -> Prepared:
        """Return a schema made ready, its prompt and its grammar tried; flows with a name of their own take turns.

        Args:
            schema: what is asked for.
            flow: whose texts these are.
            validator: the schema's judge; None for one that asks for nothing beyond the schema.

        Raises:
            EdgeError: the schema leaves no room for a message in the context, or its grammar is refused.
        """
        prefix = tuple(self._tokenize(self.contract.prefix(schema.root)))
        needed = len(prefix) + len(self._suffix) + self._limits.message_tokens + self._limits.output_tokens
        if needed > self._context_tokens:
            raise EdgeError(
                f"schema of {len(prefix)} tokens, message of {self._limits.message_tokens} and reading of "
                f"{self._limits.output_tokens} need {needed} tokens; expected at most {self._context_tokens} "
                "(model.context_tokens; see limits.message_tokens and limits.output_tokens)"
            )
        if refusal := self.engine.grammar_error(grammar.build(schema.root, _SAMPLE)):
            raise EdgeError(f"llguidance refuses the grammar of this schema: {refusal}")
        return Prepared(schema=schema, prefix=prefix, validator=validator or Validator(schema), flow=flow)

    def extract(self, prepared: Prepared, text: str) -> Extraction:
        """Return what a text states of a schema's fields.

        Raises:
            Rejected: too_long, truncated, timeout.
            ModelError: the model failed; the text may be innocent.
        """
        tokens = self._tokenize(prompt.trimmed(text))
        if len(tokens) > self._limits.message_tokens:
            raise Rejected(
                Reason.TOO_LONG, f"expected at most {self._limits.message_tokens} tokens, got {len(tokens)}"
            )
        request = Request(
            prefix=prepared.prefix,
            body=(*tokens, *self._suffix),
            grammar=grammar.build(prepared.schema.root, text),
            output_tokens=self._limits.output_tokens,
            deadline_s=self._limits.deadline_s,
            draft=tuple(self._tokenize(prepared.history.guess(text))),
            flow=prepared.flow,
            lean=_lean(prepared.schema.root, text) if self._has_support else None,
        )
        decoded = self.engine.submit(request).result()
        found = extraction.assemble(text, prepared.schema.root, decoded, self.calibration)
        prepared.history.add(found)
        return found
