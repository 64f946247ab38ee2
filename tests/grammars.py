"""Owns how tests try a grammar: token by token, over the real vocabulary."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from llguidance import LLMatcher, LLTokenizer

from edge.extraction import grammar
from edge.literal import JSON
from edge.schema import schema
from edge.schema.schema import Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The model's tokens, as the engine uses them."""

    tokenize: Callable[[str], list[int]]
    tokenizer: LLTokenizer

    def matcher(self, root: Node, text: str) -> LLMatcher:
        """Return a fresh matcher for one schema and one text."""
        matcher = LLMatcher(self.tokenizer, LLMatcher.grammar_from_lark(grammar.build(root, text)), log_level=0)
        assert not matcher.is_error(), matcher.get_error()
        return matcher

    def accepts(self, root: Node, text: str, output: str) -> bool:
        """Return whether the grammar of a text takes an output whole, and could end behind it."""
        matcher = self.matcher(root, text)
        taken = all(matcher.consume_token(token) for token in self.tokenize(output))
        return taken and (matcher.is_accepting() or matcher.is_stopped())

    def forced_path(self, root: Node, text: str, output: str) -> tuple[bool, int]:
        """Return whether an output passes with every forced token its own, and how many tokens were forced."""
        matcher, tokens, at, forced_count = self.matcher(root, text), self.tokenize(output), 0, 0
        while at < len(tokens):
            forced = matcher.compute_ff_tokens() or []
            here = tokens[at : at + len(forced)]
            if forced != here:
                return False, forced_count
            forced_count += len(forced)
            step = forced or [tokens[at]]
            if not matcher.consume_tokens(step):
                return False, forced_count
            at += len(step)
        return matcher.is_accepting() or matcher.is_stopped(), forced_count

    def written_at_random(self, root: Node, text: str, chance: random.Random, *, most: int) -> str | None:
        """Return what a writer without a mind writes under a grammar; None where it takes too many tokens."""
        matcher, tokens = self.matcher(root, text), list[int]()
        while len(tokens) < most:
            forced = matcher.compute_ff_tokens() or []
            assert matcher.consume_tokens(forced)
            tokens += forced
            if matcher.is_stopped():
                return str(self.tokenizer.decode_bytes(tokens).decode())
            mask = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
            tokens.append(chance.choice(np.flatnonzero(np.unpackbits(mask, bitorder="little")).tolist()))
            assert matcher.consume_token(tokens[-1])
        return None


def root_of(**properties: JSON) -> Node:
    """Return the root of an object's schema."""
    return schema.parse({"type": "object", "properties": properties}).root
