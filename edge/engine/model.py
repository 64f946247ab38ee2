"""Owns the door to llama.cpp: load a GGUF, tokenize, decode, hold sequences in the KV cache, quantize a file.

Knows nothing of prompts, grammars or messages. The only importer of `llama_cpp`; its failures leave as ModelError.
One thread at a time may use a Model.
"""

import ctypes
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from llguidance import LLTokenizer
from numpy.typing import NDArray

from edge.errors import ModelError

# Threads of ggml that wait for each other spin, by default so long that busy neighbours on the machine make a
# message take 22 s instead of 0.6 s (two cores, two endless loops beside it; 0.3 s alone, both ways). libgomp
# reads this when it is loaded, so it is said before the import.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

import llama_cpp  # see above
from llguidance.llamacpp import lltokenizer_from_vocab  # imports llama_cpp itself

BATCH_TOKENS = 128  # the most that one decode call is given; llama.cpp aborts the process above its n_batch
BATCH_ROWS = 64  # the most rows of logits of a call: 196 kB each, twice
_FILE_TYPES = {"F16": 1, "Q4_0": 2, "Q8_0": 7, "IQ4_NL": 25}  # enum llama_ftype, llama.h
_COMPLAINTS = {3, 4}  # warnings and errors of enum ggml_log_level, ggml.h


class ContextFull(ModelError):
    """The KV cache has no room for the tokens of this call; nothing of it was kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """Consecutive tokens of one sequence on their way into the model.

    Attributes:
        position: of the first token.
        wanted: which of the tokens get a row of logits, counted from 0.
    """

    tokens: Sequence[int]
    position: int
    sequence: int
    wanted: Sequence[int] = ()


class Model:
    """A loaded GGUF with one KV cache that all its sequences share.

    Args:
        path: the GGUF file.
        threads: how many threads compute.
        context_tokens: cells of the KV cache, all sequences together; 23,040 bytes each for SmolLM2-135M.
        sequences: how many sequences can be told apart, numbered from 0.

    Raises:
        ModelError: the file is missing, damaged, or of a kind that llama.cpp does not know.
    """

    def __init__(self, path: Path, *, threads: int, context_tokens: int, sequences: int) -> None:
        if not path.is_file():
            raise ModelError(f"{path}: expected a GGUF model file, found none; `make model` builds it")
        self.path = path
        with _llama_log() as log:
            self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), _model_params())
            if not self._model:
                raise ModelError(f"{path}: expected a GGUF model that llama.cpp can load; it says: {_first(log)}")
            self._context = llama_cpp.llama_init_from_model(
                self._model, _context_params(threads, context_tokens, sequences)
            )
            if not self._context:
                raise ModelError(f"{path}: no context of {context_tokens} tokens; llama.cpp says: {_first(log)}")
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._columns = _Columns()
        self.context_tokens = context_tokens
        self.vocab_size: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.end_token: int = llama_cpp.llama_vocab_eos(self._vocab)

    def close(self) -> None:
        """Give back the model's memory; nothing else may be called after."""
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def metadata(self, key: str) -> str | None:
        """Return a scalar of the GGUF's metadata as text; None where the file has none of that name."""
        buffer = ctypes.create_string_buffer(1024)
        length = llama_cpp.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode(errors="replace") if length >= 0 else None

    @property
    def quantization(self) -> str:
        """How most weights are stored, as llama.cpp calls it: Q4_0, F16; `unknown` where the file does not say."""
        number = self.metadata("general.file_type")
        names: list[str] = dir(llama_cpp)
        for name in names:
            if name.startswith("LLAMA_FTYPE_") and str(getattr(llama_cpp, name)) == number:
                return name.removeprefix("LLAMA_FTYPE_").removeprefix("ALL_").removeprefix("MOSTLY_")
        return "unknown"

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of plain text; what looks like a control token (`<|im_end|>`) is plain text too."""
        data = text.encode()
        room = len(data) + 8  # a token is at least a byte
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), tokens, room, False, False)
        if count < 0:
            raise ModelError(f"llama_tokenize refused a text of {len(data)} bytes")
        return list(tokens[:count])

    def grammar_tokenizer(self) -> LLTokenizer:
        """Return this vocabulary as llguidance wants it. Takes about a second: do it once."""
        return lltokenizer_from_vocab(self._vocab)

    def decode(self, feeds: Sequence[Feed]) -> list[list[NDArray[np.float32]]]:
        """Run up to BATCH_TOKENS tokens through the model.

        Returns:
            For each feed the rows of logits that it wants, shape (vocab_size,): views, valid until the next call.

        Raises:
            ContextFull: the KV cache has too few free cells.
            ModelError: llama.cpp failed.
        """
        count = sum(len(feed.tokens) for feed in feeds)
        assert count <= min(BATCH_TOKENS, self.context_tokens), "llama.cpp would abort the process"
        assert sum(len(feed.wanted) for feed in feeds) <= BATCH_ROWS, "llama.cpp would abort the process"
        columns, start = self._columns, 0
        for feed in feeds:
            end = start + len(feed.tokens)
            columns.tokens[start:end] = feed.tokens
            columns.positions[start:end] = np.arange(feed.position, feed.position + end - start)
            columns.sequences[start:end] = feed.sequence
            columns.wants_logits[start:end] = 0
            columns.wants_logits[[start + index for index in feed.wanted]] = 1
            start = end
        code = llama_cpp.llama_decode(self._context, columns.batch(count))
        if code == 1:  # llama.h: could not find a KV slot for the batch
            raise ContextFull(f"no room for {count} more tokens in a context of {self.context_tokens}")
        if code != 0:
            raise ModelError(f"llama_decode failed with code {code} on {count} tokens")
        rows, start = [], 0
        for feed in feeds:
            rows.append([self._logits(start + index) for index in feed.wanted])
            start += len(feed.tokens)
        return rows

    def _logits(self, row: int) -> NDArray[np.float32]:
        pointer = llama_cpp.llama_get_logits_ith(self._context, row)
        if not pointer:
            raise ModelError(f"no logits for row {row} of the last call")
        return np.ctypeslib.as_array(pointer, shape=(self.vocab_size,))

    def share(self, source: int, target: int, length: int) -> None:
        """Let the target sequence begin with the first `length` positions of the source, without copying cells."""
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def forget(self, sequence: int) -> None:
        """Empty a sequence; cells that no other sequence shares become free."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def move(self, source: int, target: int, position: int) -> None:
        """Give the cells of a sequence, from a position on, to another sequence."""
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, position, -1)
        llama_cpp.llama_memory_seq_rm(self._memory, source, position, -1)


def system_info() -> str:
    """Return what this llama.cpp was compiled for, in its own words: "CPU : NEON = 1 | DOTPROD = 1 | "."""
    said: bytes = llama_cpp.llama_print_system_info()
    return said.decode(errors="replace")


def quantize(source: Path, target: Path, *, file_type: str, threads: int) -> None:
    """Write source's GGUF to target with every matrix in one type, embeddings included ("pure").

    Pure, because SmolLM2's rows of 576 do not divide into K-quant blocks of 256: llama.cpp would quietly mix
    types.

    Raises:
        ModelError: the type is not supported, or llama.cpp failed.
    """
    if file_type not in _FILE_TYPES:
        raise ModelError(f"expected a quantization among {', '.join(_FILE_TYPES)}, got {file_type}")
    params = llama_cpp.llama_model_quantize_default_params()
    params.nthread = threads
    params.ftype = _FILE_TYPES[file_type]
    params.pure = True
    with _llama_log() as log:
        code = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params))
    if code != 0:
        raise ModelError(f"{source}: llama_model_quantize failed with code {code}; llama.cpp says: {_first(log)}")


def _model_params() -> Any:
    params = llama_cpp.llama_model_default_params()
    # llama.cpp keeps its own, repacked copy of the weights; a mapped file would stay in memory beside it (60 MB)
    params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    return params


def _context_params(threads: int, context_tokens: int, sequences: int) -> Any:
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = context_tokens
    params.n_batch = BATCH_TOKENS
    params.n_ubatch = BATCH_TOKENS
    params.n_outputs_max = BATCH_ROWS  # the default reserves 100 MB for 512 of them
    # Of several ways to attend, this one passes over other sequences' cells, in calls below 64 tokens.
    params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED
    params.n_seq_max = sequences
    params.n_threads = threads
    params.n_threads_batch = threads
    params.kv_unified = True  # else sequences cannot share a prefix: a partial seq_cp aborts the process
    params.no_perf = True
    return params


class _Columns:
    """The arrays of a llama_batch, each of BATCH_TOKENS; every token is in one sequence."""

    def __init__(self) -> None:
        self.tokens = np.zeros(BATCH_TOKENS, dtype=np.int32)
        self.positions = np.zeros(BATCH_TOKENS, dtype=np.int32)
        self.sequences = np.zeros(BATCH_TOKENS, dtype=np.int32)
        self.wants_logits = np.zeros(BATCH_TOKENS, dtype=np.int8)
        self._sequence_counts = np.ones(BATCH_TOKENS, dtype=np.int32)
        address, size = self.sequences.ctypes.data, self.sequences.itemsize
        self._sequence_pointers = np.array([address + size * k for k in range(BATCH_TOKENS)], dtype=np.uintp)

    def batch(self, count: int) -> Any:
        """Return the first `count` tokens as a llama_batch, which points into these arrays."""
        return llama_cpp.llama_batch(
            n_tokens=count,
            token=_pointer(self.tokens, ctypes.c_int32),
            pos=_pointer(self.positions, ctypes.c_int32),
            n_seq_id=_pointer(self._sequence_counts, ctypes.c_int32),
            seq_id=_pointer(self._sequence_pointers, ctypes.POINTER(ctypes.c_int32)),
            logits=_pointer(self.wants_logits, ctypes.c_int8),
        )


def _pointer(array: NDArray[Any], kind: Any) -> Any:
    return ctypes.cast(array.ctypes.data, ctypes.POINTER(kind))


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp has no types
def _discard(_level: int, _text: bytes, _user_data: object) -> None:
    """Keep llama.cpp from writing to our stderr."""


@contextmanager
def _llama_log() -> Iterator[list[str]]:
    """Collect what llama.cpp complains of meanwhile; after that its log is discarded."""
    lines: list[str] = []

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp has no types
    def keep(level: int, text: bytes, _user_data: object) -> None:
        if level in _COMPLAINTS:
            lines.append(text.decode(errors="replace").strip())

    llama_cpp.llama_log_set(keep, None)
    try:
        yield lines
    finally:
        llama_cpp.llama_log_set(_discard, None)


def _first(log: Sequence[str]) -> str:
    """Return the first complaint: the later ones only say which caller gave up."""
    return next((line for line in log if line), "nothing")
