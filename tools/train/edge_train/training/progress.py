"""Owns the lines that tell how far a training is. Knows nothing of how it is done."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a training is after a step.

    Attributes:
        step: counted from 1.
        loss: the mean of the latest steps, in nats a token.
        samples, tokens: trained on so far.
        tokens_per_s: since this process began.
        left_s: seconds until the end.
    """

    step: int
    loss: float
    rate: float
    samples: int
    tokens: int
    tokens_per_s: float
    left_s: float


def line(progress: Progress) -> str:
    """Return what is printed.

    >>> line(Progress(step=40, loss=0.07, rate=1e-4, samples=900, tokens=245_760, tokens_per_s=231, left_s=3725))
    'step 40  loss 0.0700  rate 1.00e-04  900 samples  245,760 tokens  231/s  1:02 h left'
    """
    minutes = round(max(0.0, progress.left_s) / 60)
    return (
        f"step {progress.step}  loss {progress.loss:.4f}  rate {progress.rate:.2e}  {progress.samples:,} samples  "
        f"{progress.tokens:,} tokens  {progress.tokens_per_s:,.0f}/s  {minutes // 60}:{minutes % 60:02} h left"
    )
