"""Owns the choices that a training is made with. Knows nothing of what they do."""

from dataclasses import asdict, dataclass
from pathlib import Path

from edge.literal import JSON


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What decides how a training goes; two trainings with equal settings and data see the same examples.

    Attributes:
        rank, alpha: of the LoRA pairs.
        quantization: "Q4_0", or "none" to train without rounding.
        learning_rate: the peak.
        step_tokens: prompts and answers of one step of the optimizer, at least.
        longest: examples of more tokens are passed over.
        seed: of the generated samples, and of new pairs.
        edgejson_every: one row of EdgeJSON after so many generated samples, where EdgeJSON is used.
    """

    rank: int = 16
    alpha: float = 32
    quantization: str = "Q4_0"
    learning_rate: float = 1e-3
    warm_up_steps: int = 15
    step_tokens: int = 6144
    longest: int = 640
    seed: int = 1
    edgejson_every: int = 6

    def document(self) -> dict[str, JSON]:
        """Return the settings as JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the user asked for.

    Attributes:
        base: the GGUF of the base model.
        output: the folder of the adapter.
        resume: a folder of an adapter to go on from; None begins anew.
        edgejson: EdgeJSON's folder; None trains on generated samples alone.
        minutes: of the whole training, slices before this one included.
        slice_minutes: after how many this process stops, to be resumed; None for not before the end.
        device: "cpu", "cuda" or "auto".
        threads: of a processor; None leaves them to torch.
        processes: that make samples beside the training; 0 makes them within.
        batch_tokens: computed at once.
        is_compiled: whether torch compiles the layers.
    """

    base: Path
    output: Path
    resume: Path | None
    edgejson: Path | None
    minutes: float
    slice_minutes: float | None
    device: str
    threads: int | None
    processes: int
    batch_tokens: int
    is_compiled: bool
    settings: Settings
