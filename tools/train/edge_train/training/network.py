"""Owns the forward pass of a llama model with adapted projections. Knows nothing of data, losses or optimizers."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from edge_convert.adapter import Place
from edge_convert.architecture import PROJECTIONS
from edge_train.training.base import Base
from edge_train.training.device import Device
from edge_train.training.layer import Layer, Rotation, norm
from edge_train.training.projection import Projection, Rounding

Run = Callable[[Layer, Tensor, Rotation], Tensor]


class Network:
    """A model on a device.

    Args:
        base: whose embeddings, norms and figures it has.
        projections: all of the base's, by place.
        rounding: what the embeddings go through; the projections have it already.
        device: where it computes.
    """

    def __init__(
        self, base: Base, projections: Mapping[Place, Projection], *, rounding: Rounding, device: Device
    ) -> None:
        def put(array: object) -> Tensor:
            return torch.as_tensor(array).to(device.name, device.dtype)

        self.embedding = put(rounding(torch.as_tensor(base.embedding)))
        self.projections = projections
        self.device = device
        self._layers = [
            Layer(
                {name: projections[Place(number, name)] for name in PROJECTIONS},
                (put(first), put(second)),
                heads=base.figures.head_count,
                heads_kv=base.figures.head_count_kv,
                epsilon=base.epsilon,
            )
            for number, (first, second) in enumerate(base.norms)
        ]
        self._run: Run = _run
        self._output_norm = put(base.output_norm)
        self._epsilon = base.epsilon
        self._rotation_base = base.rotation_base
        self._head_size = len(base.projections[Place(0, "q_proj")]) // base.figures.head_count

    @property
    def parameters(self) -> list[Tensor]:
        """What is trained: the pairs, in the order of their places."""
        pairs = [self.projections[place] for place in sorted(self.projections)]
        return [tensor for projection in pairs for tensor in (projection.a, projection.b)]

    def compile(self, backend: str = "inductor") -> None:
        """Let torch compile what a layer does, once for all layers and lengths; worth its minute on a card."""
        self._run = torch.compile(_run, dynamic=True, backend=backend)

    def refresh(self) -> None:
        """Merge and round every projection anew, after a step of the optimizer."""
        for projection in self.projections.values():
            projection.refresh()

    def hidden(self, tokens: Tensor) -> Tensor:
        """Return what the last norm gives, shape (batch, length, width), for tokens of shape (batch, length).

        Rows are filled up at their ends: attention only looks back, so what stands behind a text changes nothing.
        """
        inputs = functional.embedding(tokens, self.embedding)
        rotation = self._rotation(tokens.shape[1])
        for layer in self._layers:
            inputs = self._run(layer, inputs, rotation)
        return norm(inputs, self._output_norm, self._epsilon)

    def _rotation(self, length: int) -> Rotation:
        steps = torch.arange(0, self._head_size, 2, device=self.device.name).float() / self._head_size
        angles = torch.outer(torch.arange(length, device=self.device.name).float(), self._rotation_base**-steps)
        return angles.cos().to(self.device.dtype), angles.sin().to(self.device.dtype)


def _run(layer: Layer, inputs: Tensor, rotation: Rotation) -> Tensor:
    return layer(inputs, rotation)
