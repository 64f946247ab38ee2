"""Owns one process's part of a training: where it begins, its steps by the clock, what it writes.

Knows nothing of signals or of when to save.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice

import torch

from edge.errors import EdgeError
from edge.literal import JSON
from edge_convert import files
from edge_convert.adapter import WEIGHTS_NAME, Pair, Place
from edge_train.training import base, checkpoint, device, feed, pairs, record
from edge_train.training.base import Base
from edge_train.training.batches import Gathered
from edge_train.training.checkpoint import Checkpoint
from edge_train.training.device import Device
from edge_train.training.feed import Source
from edge_train.training.network import Network
from edge_train.training.progress import Progress, line
from edge_train.training.projection import Projection, Rounding
from edge_train.training.rounding import q4_0
from edge_train.training.schedule import Schedule
from edge_train.training.settings import Request, Settings
from edge_train.training.trainer import Trainer

ROUNDINGS: dict[str, Rounding] = {"Q4_0": q4_0, "none": lambda weight: weight}
CHECK_SEED = 999_331  # of generated samples that no training sees
_CHECKED = 32
_FIRST_STEPS = 5
_SHOWN_STEPS = 10
Say = Callable[[str], None]


class Session:
    """A training in this process.

    Args:
        request: what the user asked for.
        say: told how it goes, line by line.
        clock: seconds that only grow.

    Raises:
        EdgeError: the base, the adapter to go on from, or its checkpoint cannot be used.
    """

    def __init__(self, request: Request, *, say: Say, clock: Callable[[], float]) -> None:
        self._request = request
        self._say = say
        self._clock = clock
        self._base = base.read(request.base)
        self._device = device.choose(request.device, threads=request.threads)
        self._kept = request.settings.document() | {"base_sha256": self._base.sha256}
        found = checkpoint.read(request.resume, settings=self._kept) if request.resume else None
        self.source = Source(
            base=request.base,
            seed=request.settings.seed,
            edgejson=request.edgejson,
            edgejson_every=request.settings.edgejson_every,
            processes=request.processes,
        )
        network = build(self._base, _pairs(request, self._base), settings=request.settings, device=self._device)
        if request.is_compiled:
            network.compile()
        self.trainer = Trainer(network, batch_tokens=request.batch_tokens)
        self._began_from = _origin(request, found)
        self._before, self._elapsed_s = self._begin(found)
        self._schedule = Schedule(
            peak=request.settings.learning_rate, warm_up_steps=request.settings.warm_up_steps
        )
        self._started_s = clock()
        self._tokens_before = self.trainer.counts.tokens

    def step(self, gathered: Gathered) -> None:
        """Train one step, and say now and then how it goes."""
        counts = self.trainer.counts
        rate = self._schedule.rate(counts.steps, self.progress())
        self.trainer.step(gathered, rate=rate)
        if counts.steps <= _FIRST_STEPS or counts.steps % _SHOWN_STEPS == 0:
            latest = counts.losses[-_SHOWN_STEPS:]
            self._say(
                line(
                    Progress(
                        step=counts.steps,
                        loss=sum(latest) / len(latest),
                        rate=rate,
                        samples=counts.samples,
                        tokens=counts.tokens,
                        tokens_per_s=(counts.tokens - self._tokens_before) / max(1e-9, self._here_s()),
                        left_s=60 * self._request.minutes - self._total_s(),
                    )
                )
            )

    def progress(self) -> float:
        """Return which share of the training's time is over."""
        return min(1.0, self._total_s() / (60 * self._request.minutes))

    def is_over(self) -> bool:
        """Return whether the training, or this slice of it, is over."""
        slice_minutes = self._request.slice_minutes
        return self.progress() >= 1 or (slice_minutes is not None and self._here_s() >= 60 * slice_minutes)

    def save(self, *, is_finished: bool) -> None:
        """Write adapter, checkpoint, manifest and curve."""
        elapsed_s = self._total_s()
        output, settings = self._request.output, self._request.settings
        found = {
            place: Pair(a=projection.a.detach().cpu().numpy(), b=projection.b.detach().cpu().numpy())
            for place, projection in self.trainer.network.projections.items()
        }
        pairs.write(output, found, alpha=settings.alpha, hub_id=self._base.hub_id)
        checkpoint.write(
            output,
            self.trainer,
            settings=self._kept,
            began_from=self._began_from,
            before=self._before,
            elapsed_s=elapsed_s,
        )
        metrics: dict[str, JSON] = {"before": dict(self._before)}
        if is_finished:
            metrics["after"] = self._measured("after")
        record.write(
            output,
            base=self._base,
            counts=self.trainer.counts,
            settings=settings.document(),
            metrics=metrics,
            origin={
                "began_from_weights": self._began_from,
                "with_edgejson": self._request.edgejson is not None,
                "hardware": self._device.label,
                "minutes": round(elapsed_s / 60, 1),
            },
        )
        self._say(f"saved after step {self.trainer.counts.steps}")

    def _begin(self, found: Checkpoint | None) -> tuple[Mapping[str, JSON], float]:
        """Return how good the model was when the training began, and how long it has lasted."""
        if found is None:
            return self._measured("before"), 0.0
        checkpoint.restore(self.trainer, found)
        self._say(f"going on after step {found.counts.steps}")
        return found.before, found.elapsed_s

    def _measured(self, when: str) -> dict[str, JSON]:
        with feed.stream(replace(self.source, seed=CHECK_SEED, edgejson=None, processes=0)) as unseen:
            fitting = (example for example in unseen if len(example.tokens) <= self._request.settings.longest)
            measure = self.trainer.measure(list(islice(fitting, _CHECKED)))
        self._say(f"{when}: loss {measure.loss:.4f}, {measure.exact:.1%} of {_CHECKED} unseen samples exact")
        return {"loss": round(measure.loss, 4), "exact_without_grammar": measure.exact, "samples": _CHECKED}

    def _here_s(self) -> float:
        return self._clock() - self._started_s

    def _total_s(self) -> float:
        return self._elapsed_s + self._here_s()


def build(base_: Base, found: Mapping[Place, Pair], *, settings: Settings, device: Device) -> Network:
    """Return the network of a base with its pairs, on a device."""
    rounding = ROUNDINGS[settings.quantization]
    projections = {
        place: Projection(
            torch.from_numpy(weight),
            torch.from_numpy(found[place].a),
            torch.from_numpy(found[place].b),
            scale=settings.alpha / settings.rank,
            rounding=rounding,
            device=device,
        )
        for place, weight in base_.projections.items()
    }
    return Network(base_, projections, rounding=rounding, device=device)


def _origin(request: Request, found: Checkpoint | None) -> str | None:
    """Return the hash of the weights that the whole training began from."""
    if found is not None:
        return found.began_from
    return None if request.resume is None else files.sha256(request.resume / WEIGHTS_NAME)


def _pairs(request: Request, base_: Base) -> Mapping[Place, Pair]:
    settings = request.settings
    if request.resume is None:
        return pairs.fresh(base_, rank=settings.rank, seed=settings.seed)
    found = pairs.load(request.resume, base_)
    if not found.config.is_uniform:
        raise EdgeError(
            f"{request.resume}: expected an adapter of one rank and alpha / rank, got rsLoRA or patterns"
        )
    if (found.config.rank, found.config.alpha) != (settings.rank, settings.alpha):
        raise EdgeError(
            f"{request.resume}: expected to go on with the adapter's rank {found.config.rank} and alpha "
            f"{found.config.alpha:g}, got {settings.rank} and {settings.alpha:g}"
        )
    return found.pairs
