"""Owns the way from base and adapter to the file that the daemon runs; its steps are the modules beside it.

Knows nothing of terminals. Read `convert` first: merge, write, quantize, verify, and only then the final name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.engine.model import quantize
from edge.extraction.calibration import INTERCEPT_KEY, SLOPE_KEY, Calibration
from edge.extraction.prompt import CONTRACT_KEY, CONTRACTS, Contract
from edge_convert import (
    adapter,
    agreement,
    architecture,
    calibrationfile,
    files,
    gguffile,
    hub,
    hubfolder,
    manifest,
    merge,
    origin,
    recipe,
    trimming,
)
from edge_convert.adapter import Adapter
from edge_convert.architecture import Architecture
from edge_convert.arrays import F32
from edge_convert.errors import ConversionError
from edge_convert.gguffile import Field, GgufFile
from edge_convert.manifest import Identity
from edge_convert.progress import Report, Step, silent
from edge_convert.verify import Verification, verify

MODEL_NAME = "edge-readings"
BASE_KEY = "edge.base_sha256"
ADAPTER_KEY = "edge.adapter_sha256"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the user asked for.

    Attributes:
        base: a GGUF, or a folder in Hugging Face's layout.
        vocabulary: a file with the tokens to keep; None keeps them all.
    """

    base: Path
    adapter: Path
    output: Path
    type_name: str
    prompt_contract: str
    is_base_forced: bool = False
    vocabulary: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A request whose inputs have been read and found to fit together."""

    request: Request
    identity: Identity
    base: GgufFile
    base_hub_id: str | None
    architecture: Architecture
    adapter: Adapter
    calibration: Calibration | None
    kept: Sequence[str] | None

    @property
    def recipe(self) -> recipe.Recipe:
        """The quantization asked for."""
        return recipe.RECIPES[self.request.type_name]

    @property
    def contract(self) -> Contract:
        """How the result will be prompted."""
        return CONTRACTS[self.request.prompt_contract]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A converted file under its final name."""

    path: Path
    sha256: str
    figures: Verification


def identify(request: Request) -> Identity:
    """Return what decides the bytes of the result, by hash; takes less than a second.

    Raises:
        ConversionError: the base is no model, or the output is no place for a file, or would replace an input.
        OSError: an input cannot be read.
    """
    is_folder = request.base.is_dir()
    config, weights = request.adapter / adapter.CONFIG_NAME, request.adapter / adapter.WEIGHTS_NAME
    calibration = request.adapter / calibrationfile.NAME
    identity = Identity(
        base_sha256=hubfolder.sha256(request.base) if is_folder else files.sha256(request.base),
        adapter_config_sha256=files.sha256(config),
        adapter_weights_sha256=files.sha256(weights),
        calibration_sha256=files.sha256(calibration) if calibration.exists() else None,
        vocabulary_sha256=files.sha256(request.vocabulary) if request.vocabulary else None,
        type_name=request.type_name,
        prompt_contract=request.prompt_contract,
        is_base_forced=request.is_base_forced,
        tools=manifest.tools(),
    )
    bases = hubfolder.parts(request.base) if is_folder else [request.base]
    _require_place(request.output, inputs=(*bases, config, weights))
    return identity


def plan(request: Request, identity: Identity) -> Plan:
    """Return the request with its inputs read, after seeing that they fit together.

    Raises:
        ConversionError: they do not, or one of them cannot be used.
        OSError: an input cannot be read.
    """
    loaded = adapter.load(request.adapter)
    base = _base(request.base)
    figures = architecture.inspect(base)
    hub_id = origin.hub_id(base, identity.base_sha256)
    if not request.is_base_forced:
        origin.require_match(base, hub_id, loaded.config.base, identity.base_sha256)
    merge.require_fit(loaded, base, figures)
    planned = Plan(
        request=request,
        identity=identity,
        base=base,
        base_hub_id=hub_id,
        architecture=figures,
        adapter=loaded,
        calibration=calibrationfile.load(request.adapter),
        kept=trimming.load(request.vocabulary) if request.vocabulary else None,
    )
    recipe.require_blocks(base, planned.recipe)
    return planned


def convert(plan: Plan, *, threads: int, report: Report = silent) -> Result:
    """Make the file that was planned; it gets its name only after it has been verified.

    Raises:
        ConversionError, edge.errors.ModelError: a step failed; the output is as it was before.
        OSError: the output's folder cannot be written.
    """
    output, base = plan.request.output, plan.base
    fields = result_fields(plan)
    with files.staging(output) as stage:
        merged, staged, note = stage / "merged", stage / "result", stage / "manifest"
        shapes = {name: tensor.shape for name, tensor in base.tensors.items()}
        gguffile.write(merged, fields, shapes, _reported(plan, report))
        report(Step.QUANTIZE, 0, 1)
        quantize(merged, staged, file_type=plan.recipe.type_name, threads=threads)
        report(Step.QUANTIZE, 1, 1)
        figures = verify(
            staged,
            before=agreement.ask(merged, plan.contract, threads=threads, step=Step.BEFORE, report=report),
            base=base,
            base_tokens=agreement.tokenize(merged if base.path.is_dir() else base.path),
            fields=fields,
            weights=merged_weights(plan),
            wanted=plan.recipe,
            contract=plan.contract,
            threads=threads,
            report=report,
        )
        if plan.kept is not None:
            staged = _trimmed(staged, stage / "trimmed", plan.kept, report)
            figures = replace(figures, size_bytes=staged.stat().st_size)
        result = Result(path=output, sha256=files.sha256(staged), figures=figures)
        text = manifest.render(output.name, result.sha256, plan.identity, plan.base_hub_id, figures)
        note.write_text(text, encoding="utf-8")
        files.publish([(staged, output), (note, manifest.path_beside(output))])
    return result


def merged_weights(plan: Plan) -> Iterator[tuple[str, F32]]:
    """Yield the merged tensors by name, in file order; see `merge.merged`."""
    return merge.merged(plan.base, plan.architecture, plan.adapter)


def result_fields(plan: Plan) -> dict[str, Field]:
    """Return the metadata of the result: the base's, under our name, with where they come from."""
    texts = {
        "general.name": MODEL_NAME,
        "general.finetune": MODEL_NAME,
        CONTRACT_KEY: plan.request.prompt_contract,
        BASE_KEY: plan.identity.base_sha256,
        ADAPTER_KEY: plan.identity.adapter_weights_sha256,
    }
    fields = plan.base.model_fields | {key: Field(value=text, type_name="STRING") for key, text in texts.items()}
    if plan.calibration:
        fields[SLOPE_KEY] = Field(value=plan.calibration.slope, type_name="FLOAT64")
        fields[INTERCEPT_KEY] = Field(value=plan.calibration.intercept, type_name="FLOAT64")
    return fields


def _base(path: Path) -> GgufFile:
    return hubfolder.read(path, hub.cached_id(path)) if path.is_dir() else gguffile.read(path)


def _trimmed(whole: Path, target: Path, kept: Sequence[str], report: Report) -> Path:
    report(Step.TRIM, 0, 1)
    trimming.trim(whole, target, kept)
    report(Step.TRIM, 1, 1)
    return target


def _require_place(output: Path, inputs: Iterable[Path]) -> None:
    if not output.parent.is_dir():
        raise ConversionError(f"{output}: expected a file in a folder that exists, got one in {output.parent}")
    for target in (output, manifest.path_beside(output)):
        if target.is_dir():
            raise ConversionError(f"{target}: expected the name of a file to write, got a folder")
        for path in inputs:
            if target.exists() and target.samefile(path):
                raise ConversionError(f"{target}: expected a file to write, got {path}, which is an input")


def _reported(plan: Plan, report: Report) -> Iterator[F32]:
    for done, (name, weight) in enumerate(merged_weights(plan), start=1):
        recipe.require_range(name, weight, plan.recipe)
        yield weight
        report(Step.MERGE, done, len(plan.base.tensors))
