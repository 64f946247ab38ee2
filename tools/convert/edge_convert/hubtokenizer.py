"""Owns the tokenizer of a model in Hugging Face's layout: its files in, the metadata of a GGUF out.

Knows nothing of weights. Only byte-level BPE is read, and of the ways to cut a text into words before it only
those that llama.cpp cuts alike; everything else is refused by name.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.literal import JSON, dumps
from edge_convert import jsonfile
from edge_convert.errors import BaseModelError
from edge_convert.gguffile import Field
from edge_convert.vocabulary import MERGES_KEY, TOKENS_KEY, TYPES_KEY

NAME = "tokenizer.json"
SETTINGS_NAME = "tokenizer_config.json"
TEMPLATE_NAME = "chat_template.jinja"
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5  # LLAMA_TOKEN_TYPE_…, llama.h
_BYTE_LEVEL: Mapping[str, JSON] = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
_DIGITS: Mapping[str, JSON] = {"type": "Digits", "individual_digits": True}
_CUTS: Mapping[str, Sequence[Mapping[str, JSON]]] = {  # llama.cpp's names, llama-vocab.cpp
    "smollm": (_DIGITS, _BYTE_LEVEL),
    "gpt-2": (_BYTE_LEVEL,),
}
_WITHOUT_EFFECT = {"trim_offsets"}  # on the tokens of a text
_OFF = ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges")
_NUMBERED = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}  # Hugging Face's words, and GGUF's


def fields(folder: Path, config: Mapping[str, JSON], size: int) -> dict[str, Field]:
    """Return the tokenizer's metadata.

    Args:
        folder: the model's.
        config: its `config.json`, which may number the control tokens, too.
        size: of the vocabulary; numbers without a token get one that no text has.

    Raises:
        BaseModelError: llama.cpp would not cut texts as this tokenizer does, or it contradicts itself.
        OSError: a file cannot be read.
    """
    path = folder / NAME
    document = jsonfile.read(path, BaseModelError)
    settings_path = folder / SETTINGS_NAME
    settings = jsonfile.read(settings_path, BaseModelError) if settings_path.exists() else {}
    try:
        tokens, types = _vocabulary(document, size)
        made = {
            "tokenizer.ggml.add_space_prefix": Field(value=False, type_name="BOOL"),
            "tokenizer.ggml.add_bos_token": Field(value=settings.get("add_bos_token") is True, type_name="BOOL"),
            "tokenizer.ggml.model": Field(value="gpt2", type_name="STRING"),
            "tokenizer.ggml.pre": Field(value=_cut(document), type_name="STRING"),
            TOKENS_KEY: Field(value=tokens, type_name="STRING"),
            TYPES_KEY: Field(value=types, type_name="INT32"),
            MERGES_KEY: Field(value=_merges(document), type_name="STRING"),
        }
        for word, number in _numbers(tokens, settings, config).items():
            made[f"tokenizer.ggml.{_NUMBERED[word]}_token_id"] = Field(value=number, type_name="UINT32")
    except BaseModelError as error:
        raise BaseModelError(f"{path}: {error}") from error
    if template := _template(folder, settings):
        made["tokenizer.chat_template"] = Field(value=template, type_name="STRING")
    return made


def _cut(document: Mapping[str, JSON]) -> str:
    """Return llama.cpp's name for the way in which texts are cut into words."""
    if document.get("normalizer"):
        raise BaseModelError(f"normalizer: expected none, got {_short(document['normalizer'])}")
    found = document.get("pre_tokenizer")
    parts = found.get("pretokenizers", [found]) if isinstance(found, dict) else []
    steps = [_effective(part) for part in parts] if isinstance(parts, list) else []
    for name, expected in _CUTS.items():
        if steps == list(expected):
            return name
    raise BaseModelError(
        f"pre_tokenizer: expected ByteLevel without a space before the text, alone or behind Digits one by one, "
        f"got {_short(found)}"
    )


def _effective(part: JSON) -> JSON:
    """Return a step of cutting with its defaults, and without what changes no token."""
    if not isinstance(part, dict):
        return part
    defaults: dict[str, JSON] = {"use_regex": True} if part.get("type") == "ByteLevel" else {}
    return defaults | {key: value for key, value in part.items() if key not in _WITHOUT_EFFECT}


def _vocabulary(document: Mapping[str, JSON], size: int) -> tuple[list[str], list[int]]:
    """Return the tokens by number, and their types."""
    model = document.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        raise BaseModelError(
            f"model.type: expected BPE, got {_short(model.get('type') if isinstance(model, dict) else model)}"
        )
    for key in _OFF:
        if model.get(key):
            raise BaseModelError(f"model.{key}: expected none, got {_short(model[key])}")
    words = model.get("vocab")
    if not isinstance(words, dict):
        raise BaseModelError(f"model.vocab: expected tokens and their numbers, got {_short(words)}")
    named = [(token, number, _NORMAL) for token, number in words.items()]
    added = {token: (token, number, kind) for token, number, kind in _added(document)}
    tokens, types = [f"[PAD{number}]" for number in range(size)], [_UNUSED] * size
    for token, number, kind in [*(each for each in named if each[0] not in added), *added.values()]:
        if not isinstance(number, int) or not 0 <= number < size:
            raise BaseModelError(f"{dumps(token)}: expected a number below {size}, got {_short(number)}")
        if types[number] != _UNUSED:
            raise BaseModelError(
                f"{dumps(token)}: expected a number of its own, got {number}, {dumps(tokens[number])}"
            )
        tokens[number], types[number] = token, kind
    return tokens, types


def _added(document: Mapping[str, JSON]) -> list[tuple[str, JSON, int]]:
    """Return the tokens that stand beside the vocabulary, with numbers and types."""
    listed = document.get("added_tokens") or []
    made: list[tuple[str, JSON, int]] = []
    for token in listed if isinstance(listed, list) else [listed]:
        content = token.get("content") if isinstance(token, dict) else None
        if not isinstance(token, dict) or not isinstance(content, str):
            raise BaseModelError(f"added_tokens: expected objects with their content, got {_short(token)}")
        is_control = bool(token.get("special")) or (content.startswith("<|") and content.endswith("|>"))
        made.append((content, token.get("id"), _CONTROL if is_control else _USER_DEFINED))
    return made


def _merges(document: Mapping[str, JSON]) -> list[str]:
    """Return the merges as GGUF has them, two tokens with a blank between."""
    model = document.get("model")
    listed = model.get("merges") if isinstance(model, dict) else None
    if not isinstance(listed, list) or not listed:
        raise BaseModelError(f"model.merges: expected pairs of tokens, got {_short(listed)}")
    return [_merge(each) for each in listed]


def _merge(merge: JSON) -> str:
    """Return one merge; newer files have pairs in place of texts."""
    pair = merge.split(" ") if isinstance(merge, str) else merge
    parts = [part for part in pair if isinstance(part, str) and part] if isinstance(pair, list) else []
    if len(parts) != len(("left", "right")) or pair != parts or " " in "".join(parts):
        raise BaseModelError(f"model.merges: expected pairs of tokens, got {_short(merge)}")
    return " ".join(parts)


def _numbers(tokens: Sequence[str], settings: Mapping[str, JSON], config: Mapping[str, JSON]) -> dict[str, int]:
    """Return the numbers of the tokens that control; the tokenizer's settings count before the model's."""
    by_token = {token: number for number, token in enumerate(tokens)}
    numbers: dict[str, int] = {}
    for word in _NUMBERED:
        named = settings.get(f"{word}_token")
        content = named.get("content") if isinstance(named, dict) else named
        number = by_token.get(content) if isinstance(content, str) else config.get(f"{word}_token_id")
        if isinstance(number, int) and 0 <= number < len(tokens):
            numbers[word] = number
    if "eos" not in numbers:
        raise BaseModelError(
            f"expected a token that ends texts: eos_token in {SETTINGS_NAME}, or eos_token_id in config.json"
        )
    return numbers


def _template(folder: Path, settings: Mapping[str, JSON]) -> str | None:
    path, inline = folder / TEMPLATE_NAME, settings.get("chat_template")
    if path.exists():
        return path.read_text(encoding="utf-8")
    return inline if isinstance(inline, str) else None


def _short(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  # a line
