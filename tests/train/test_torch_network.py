"""What training computes with is what llama.cpp computes with: merged weights, rounding, logits."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[train]'")

from edge.engine.model import Feed, Model, quantize
from edge.extraction.prompt import CONTRACT
from edge_convert import conversion, gguffile, merge
from edge_convert.adapter import Place
from edge_convert.architecture import PROJECTIONS, tensor_name
from edge_convert.conversion import Request
from edge_train.training import base, device, pairs
from edge_train.training.loss import judge
from edge_train.training.projection import Projection
from edge_train.training.rounding import q4_0
from edge_train.training.session import build
from edge_train.training.settings import Settings
from tests.convert import tiny
from tests.train import scene

CPU = device.choose("cpu", threads=1)
TOKENS = [5, 70, 71, 9, 200, 33, 33, 102, 4, 250, 17]


def test_weights_that_training_sees_are_those_of_the_shipped_file_bit_for_bit(tmp_path: Path) -> None:
    """Merged and rounded in training is merged and quantized by edge-convert: projections and embedding."""
    request = Request(
        base=scene.base(tmp_path),
        adapter=scene.adapter(tmp_path / "adapter"),
        output=tmp_path / "shipped.gguf",
        type_name="Q4_0",
        prompt_contract=CONTRACT,
    )
    planned = conversion.plan(request, conversion.identify(request))
    merged = tmp_path / "merged.gguf"
    shapes = {name: tensor.shape for name, tensor in planned.base.tensors.items()}
    weights = (weight for _, weight in conversion.merged_weights(planned))
    gguffile.write(merged, conversion.result_fields(planned), shapes, weights)
    quantize(merged, request.output, file_type="Q4_0", threads=1)
    shipped = gguffile.read(request.output)

    opened = base.read(request.base)
    settings = Settings(rank=tiny.RANK, alpha=2.0 * tiny.RANK)
    network = build(opened, pairs.load(request.adapter, opened).pairs, settings=settings, device=CPU)

    assert (network.embedding.numpy() == shipped.tensors["token_embd.weight"].float32()).all()
    for place, projection in network.projections.items():
        heads = opened.figures.permuted_heads(place.projection)
        seen = projection.merged().numpy()
        expected = shipped.tensors[tensor_name(*place)].float32()
        assert ((seen if heads is None else merge.permute(seen, heads)) == expected).all(), place


def test_logits_are_those_of_llama_cpp(tmp_path: Path) -> None:
    """The forward pass gives what llama.cpp gives for the same float32 weights."""
    path = scene.base(tmp_path)
    opened = base.read(path)
    settings = Settings(rank=4, alpha=8, quantization="none")
    network = build(opened, pairs.fresh(opened, rank=4, seed=0), settings=settings, device=CPU)
    with torch.no_grad():
        ours = (network.hidden(torch.tensor([TOKENS])) @ network.embedding.t())[0].numpy()

    with closing(Model(path, threads=1, context_tokens=64, sequences=1)) as model:
        feed = Feed(tokens=TOKENS, position=0, sequence=0, wanted=range(len(TOKENS)))
        theirs = np.array(model.decode([feed])[0])

    assert np.abs(ours - theirs).max() < 0.01 * np.abs(theirs).max()


def test_what_fills_up_a_row_changes_nothing(tmp_path: Path) -> None:
    """A text reads the same alone and in a batch with a longer one."""
    opened = base.read(scene.base(tmp_path))
    settings = Settings(rank=4, alpha=8)
    network = build(opened, pairs.fresh(opened, rank=4, seed=0), settings=settings, device=CPU)
    with torch.no_grad():
        alone = network.hidden(torch.tensor([TOKENS[:6]]))
        together = network.hidden(torch.tensor([[*TOKENS[:6], 0, 0, 0, 0, 0], TOKENS]))

    assert torch.allclose(alone[0], together[0, :6], atol=1e-5)


def test_rounding_keeps_zeros_and_the_first_of_two_largest() -> None:
    """A block of zeros stays zero; of -1 and 1 the first gets the exact value, as ggml has it."""
    rows = torch.tensor([[0.0] * 32, [1.0, -1.0] + [0.0] * 30, [-1.0, 1.0] + [0.0] * 30])

    rounded = q4_0(rows)

    assert rounded[0].tolist() == [0.0] * 32
    assert rounded[1, :2].tolist() == [1.0, -0.875]
    assert rounded[2, :2].tolist() == [-1.0, 0.875]


def test_gradients_of_a_pair_are_those_of_the_merged_weight() -> None:
    """Without rounding, the low-rank gradients equal what torch derives from merging."""
    torch.manual_seed(0)
    weight, a, b, inputs = (torch.randn(shape) for shape in ((6, 5), (2, 5), (6, 2), (3, 4, 5)))
    projection = Projection(weight, a, b, scale=0.5, rounding=lambda merged: merged, device=CPU)
    plain_a, plain_b, plain_inputs = (tensor.clone().requires_grad_() for tensor in (a, b, inputs))
    inputs.requires_grad_()

    projection(inputs).square().sum().backward()
    torch.nn.functional.linear(plain_inputs, weight + 0.5 * plain_b @ plain_a).square().sum().backward()

    assert torch.allclose(projection.a.grad, plain_a.grad, atol=1e-4)
    assert torch.allclose(projection.b.grad, plain_b.grad, atol=1e-4)
    assert torch.allclose(inputs.grad, plain_inputs.grad, atol=1e-4)


def test_loss_and_its_gradient_are_those_of_cross_entropy() -> None:
    """The loss in pieces equals torch's own, and so does the way back."""
    torch.manual_seed(0)
    hidden, embedding = torch.randn(5000, 8), torch.randn(40, 8)
    targets = torch.randint(0, 40, (5000,))
    plain = hidden.clone().requires_grad_()
    hidden.requires_grad_()

    verdict = judge(hidden, embedding, targets)
    verdict.loss.backward()
    expected = torch.nn.functional.cross_entropy(plain @ embedding.t(), targets, reduction="sum")
    expected.backward()

    assert torch.allclose(verdict.loss, expected, rtol=1e-4)
    assert torch.allclose(hidden.grad, plain.grad, atol=1e-4)
    assert (verdict.right == ((plain @ embedding.t()).argmax(1) == targets)).all()


def test_a_base_has_every_projection(tmp_path: Path) -> None:
    """Seven projections of each layer are adapted."""
    opened = base.read(scene.base(tmp_path))

    assert set(opened.projections) == {Place(layer, name) for layer in range(tiny.BLOCKS) for name in PROJECTIONS}
