"""Owns the picture of a training: its loss over the steps, as a small SVG. Knows nothing of how it came about."""

import math
from collections.abc import Sequence

_WIDTH, _HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 16, 36
_MOST_POINTS = 400
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_LEAST = 1e-4


def svg(losses: Sequence[float]) -> str:
    """Return the loss of each step as a line, averaged where steps are many; the loss is on a logarithmic scale.

    >>> picture = svg([2.0, 1.0, 0.5])
    >>> picture.startswith("<svg"), picture.count("<polyline"), ">0.5<" in picture
    (True, 1, True)
    """
    width = max(1, math.ceil(len(losses) / _MOST_POINTS))
    parts = [losses[start : start + width] for start in range(0, len(losses), width)]
    means = [max(_LEAST, sum(part) / len(part)) for part in parts]
    low, high = 0.9 * min(means, default=_LEAST), 1.1 * max(means, default=1.0)

    def y(loss: float) -> float:
        share = (math.log(loss) - math.log(low)) / (math.log(high) - math.log(low))
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def x(part: int) -> float:
        return _LEFT + part * (_WIDTH - _LEFT - _RIGHT) / max(1, len(means) - 1)

    line = " ".join(f"{x(part):.1f},{y(mean):.1f}" for part, mean in enumerate(means))
    ticks = "".join(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in _TICKS
        if low <= tick <= high
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>{ticks}\n'
        f'<polyline points="{line}" fill="none" stroke="#0b6e4f" stroke-width="1.5"/>\n'
        f'<text x="{_LEFT}" y="{_HEIGHT - 10}">nats a token of the answer, {len(losses)} steps</text>\n</svg>\n'
    )
