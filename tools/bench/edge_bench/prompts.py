"""Owns the prompts of the peers: the same tokens that our engine feeds.

Knows nothing of who decodes them.
"""

from collections.abc import Callable

from edge.extraction import prompt
from edge.schema import schema
from edge.verbs.cases import Case


def tokens(message: Case, tokenize: Callable[[str], list[int]]) -> list[int]:
    r"""Return the prompt of a message, its segments tokenized one by one as the contract has it.

    >>> empty = {"type": "object", "properties": {}}
    >>> case = Case(id="t-1", schema=empty, text="ab\n", expected={}, family="short")
    >>> "".join(map(chr, tokens(case, lambda text: [ord(char) for char in text]))).splitlines()[2:]
    ['Schema: {}', '', 'Input: ab', '', 'Output:']
    """
    segments = (prompt.prefix(schema.parse(message.schema).root), message.text.rstrip(), prompt.SUFFIX)
    return [token for segment in segments for token in tokenize(segment)]
