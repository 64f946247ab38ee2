"""Owns the row of llama-cpp-python: `create_completion` with a grammar of the JSON Schema, one by one.

Knows nothing of our engine. Its best fair settings: as many threads as ours, the prefix cache on, each grammar
made once, the messages in the order of their routes, so that its one sequence begins with the prefix that it has.
The RAM cache stays off: it copies the logits of the whole prompt for each message.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import llama_cpp

from edge.verbs.cases import Case
from edge_bench import closedloop, judged, memory, prompts, schemas, workload
from edge_bench.row import Row, percentiles

CONTEXT_TOKENS = 4096
OUTPUT_TOKENS = 300


def measure(*, model: Path, messages: Sequence[Case], threads: int) -> Row:
    """Return the row of llama-cpp-python on some messages."""
    ordered = sorted(messages, key=workload.route_of)
    llama: Any = llama_cpp.Llama(
        str(model), n_ctx=CONTEXT_TOKENS, n_threads=threads, n_threads_batch=threads, verbose=False
    )

    def tokenize(text: str) -> list[int]:
        return cast("list[int]", llama.tokenize(text.encode(), add_bos=False, special=False))

    asked = [
        (prompts.tokens(message, tokenize), json.dumps(schemas.standard(message.schema))) for message in ordered
    ]
    grammars = {
        document: llama_cpp.LlamaGrammar.from_json_schema(document, verbose=False) for _, document in asked
    }
    written: list[int] = []

    def ask(number: int) -> str:
        prompt, document = asked[number]
        done = llama.create_completion(
            prompt, max_tokens=OUTPUT_TOKENS, temperature=0.0, grammar=grammars[document]
        )
        written.append(done["usage"]["completion_tokens"])
        return str(done["choices"][0]["text"])

    ask(0)
    written.clear()
    loop = closedloop.run(len(ordered), 1, ask)
    held = memory.of_process()
    llama.close()
    return Row(
        kind="llama-cpp-python",
        concurrency=1,
        messages=len(ordered),
        duration_s=loop.duration_s,
        percentiles_ms=percentiles(loop.times_ms),
        exact=judged.exact_share(ordered, loop.answers),
        decode_calls=sum(written) + len(ordered),
        choices=sum(written),
        rss_mb=held.rss_mb,
        peak_rss_mb=held.peak_rss_mb,
        figures={"output_tokens": sum(written), "prompt_tokens": sum(len(prompt) for prompt, _ in asked)},
        notes={"build": llama_cpp.llama_print_system_info().decode(), "version": llama_cpp.__version__},
    )
