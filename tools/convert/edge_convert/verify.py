"""Owns the judgement on a result: is this file what the recipe promises, and what did quantizing cost?

Knows nothing of how the file was made. Every check has a bound, and a result beyond it is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.extraction.prompt import Contract
from edge_convert import agreement, gguffile, recipe
from edge_convert.agreement import Choices
from edge_convert.arrays import F32, relative_error
from edge_convert.errors import VerificationError
from edge_convert.gguffile import Field, GgufFile, Tensor
from edge_convert.golden import PROMPTS, TOKENIZER_STRINGS
from edge_convert.progress import Report, Step
from edge_convert.recipe import Recipe

HEADER_ALLOWANCE_BYTES = 4096  # what our own metadata may add to the base's


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """The figures of a result that passed.

    Attributes:
        tensor_types: how many tensors there are of each type.
        worst_tensor, worst_error: the matrix that quantizing changed most; see `arrays.relative_error`.
        positions: of the golden outputs, at each of which the choices of two models were compared.
        agreement: the share of them with the same most likely token before and after quantizing.
        accuracy_before, accuracy_after: the share with the expected token. It tells of the adapter, not of the
            conversion, so it has no bound.
    """

    size_bytes: int
    tensor_types: Mapping[str, int]
    worst_tensor: str
    worst_error: float
    golden_strings: int
    golden_prompts: int
    positions: int
    agreement: float
    accuracy_before: float
    accuracy_after: float


def verify(
    path: Path,
    *,
    before: Choices,
    base: GgufFile,
    base_tokens: agreement.Tokens,
    fields: Mapping[str, Field],
    weights: Iterable[tuple[str, F32]],
    wanted: Recipe,
    contract: Contract,
    threads: int,
    report: Report,
) -> Verification:
    """Return the figures of a result that is what it should be.

    Args:
        path: the result.
        wanted: the recipe that it was to follow.
        contract: how it is prompted.
        threads: how many threads ask the model.
        report: told how far it is.
        base: whose tensors and tokenizer it must have.
        before: what the merged model chose before it was quantized.
        base_tokens: of the golden strings, by the base.
        fields: the metadata that were to be written.
        weights: the merged tensors, name by name, before they were quantized.

    Raises:
        VerificationError: a check failed.
        GgufError, edge.errors.ModelError: the result cannot even be read.
    """
    result = gguffile.read(path)
    require_contents(result, base, fields, wanted)
    worst_tensor, worst_error = require_weights(result, weights, wanted, report)
    after = agreement.ask(path, contract, threads=threads, step=Step.AFTER, report=report)
    require_tokens(base_tokens, after.tokens)
    return Verification(
        size_bytes=path.stat().st_size,
        tensor_types=dict(recipe.histogram(base, wanted)),
        worst_tensor=worst_tensor,
        worst_error=worst_error,
        golden_strings=len(TOKENIZER_STRINGS),
        golden_prompts=len(PROMPTS),
        positions=len(before.chosen),
        agreement=require_agreement(before, after, wanted),
        accuracy_before=before.accuracy,
        accuracy_after=after.accuracy,
    )


def require_contents(result: GgufFile, base: GgufFile, fields: Mapping[str, Field], wanted: Recipe) -> None:
    """See that the file has the base's tensors in the recipe's types, the metadata given, and not a byte too many.

    Raises:
        VerificationError: it has not; the message names what differs.
    """
    names, expected_names = set(result.tensors), set(base.tensors)
    if names != expected_names:
        raise VerificationError(
            f"result: expected the {len(expected_names)} tensors of the base, got {len(names)}; "
            f"they differ in {', '.join(sorted(names ^ expected_names)[:3])}"
        )
    for name, tensor in base.tensors.items():
        found, type_name = result.tensors[name], wanted.type_of(tensor.shape)
        if (found.shape, found.type_name) != (tensor.shape, type_name):
            raise VerificationError(
                f"result: {name}: expected {tensor.shape} in {type_name}, got {found.shape} in {found.type_name}"
            )
    for key, field in fields.items():
        if result.fields.get(key) != field:
            raise VerificationError(f"result: metadata {key}: expected it as it was written, got another or none")
    _require_size(result, base, wanted)


def require_weights(
    result: GgufFile, weights: Iterable[tuple[str, F32]], wanted: Recipe, report: Report
) -> tuple[str, float]:
    """Compare each tensor, dequantized, with what went into it; return the name and the error of the worst one.

    Raises:
        VerificationError: a matrix changed by more than the recipe allows, or a vector at all.
    """
    errors = {}
    for done, (name, weight) in enumerate(weights, start=1):
        bound = wanted.max_error if weight.ndim > 1 else 0.0
        errors[name] = relative_error(_aligned(weight, result.tensors[name]))
        if not errors[name] <= bound:  # so, because NaN is beyond every bound
            raise VerificationError(
                f"result: {name}: expected quantizing to change it by at most {bound:.4f} of its norm, "
                f"got {errors[name]:.4f}"
            )
        report(Step.WEIGHTS, done, len(result.tensors))
    return max(errors.items(), key=lambda item: item[1])


def require_tokens(expected: agreement.Tokens, got: agreement.Tokens) -> None:
    """See that the golden strings become the same tokens as with the base.

    Raises:
        VerificationError: one does not; the message quotes it.
    """
    for text, base_tokens, result_tokens in zip(TOKENIZER_STRINGS, expected, got, strict=True):
        if base_tokens != result_tokens:
            raise VerificationError(
                f"result: {text!r}: expected the base's tokens {list(base_tokens)}, got {list(result_tokens)}"
            )


def require_agreement(before: Choices, after: Choices, wanted: Recipe) -> float:
    """Return the share of golden positions at which quantizing left the most likely token as it was.

    Raises:
        VerificationError: it is below the recipe's bound.
    """
    share = agreement.agreement(before.chosen, after.chosen)
    if share < wanted.min_agreement:
        raise VerificationError(
            f"result: expected the most likely token unchanged at {wanted.min_agreement:.1%} of "
            f"{len(before.chosen)} positions or more, got {share:.1%}"
        )
    return share


def _aligned(weight: F32, tensor: Tensor) -> Iterator[tuple[F32, F32]]:
    """Yield a weight and a tensor of its shape piece by piece, so that neither is in memory twice."""
    start = 0
    for piece in tensor.pieces():
        yield weight[start : start + len(piece)], piece
        start += len(piece)


def _require_size(result: GgufFile, base: GgufFile, wanted: Recipe) -> None:
    size_bytes, data_bytes = result.path.stat().st_size, recipe.data_bytes(base, wanted)
    bound = base.header_bytes + HEADER_ALLOWANCE_BYTES + data_bytes
    if size_bytes > bound:
        raise VerificationError(f"result: expected at most {bound:,} bytes, got {size_bytes:,}")
