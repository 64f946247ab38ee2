"""Owns the picture of a calibration: how many values were right, by how sure the program was, as a small SVG.

Knows nothing of how values were judged.
"""

from collections.abc import Mapping, Sequence

from edge_train.evaluation import calibrating
from edge_train.evaluation.calibrating import Judgement

_SIZE, _LEFT, _BOTTOM, _TOP = 320, 48, 40, 24
_COLOURS = ("#b0413e", "#0b6e4f")


def svg(series: Mapping[str, Sequence[Judgement]]) -> str:
    """Return the reliability of one or two series of judgements; a dot's area is the share of values in its bin.

    >>> made = [Judgement(group="", confidence=0.95, is_right=True)]
    >>> picture = svg({"calibrated": made})
    >>> picture.startswith("<svg"), picture.count("<circle"), "calibrated" in picture
    (True, 1, True)
    """
    marks = "".join(
        _series(name, judgements, colour, number)
        for number, ((name, judgements), colour) in enumerate(zip(series.items(), _COLOURS, strict=False))
    )
    width, height = _LEFT + _SIZE + 16, _TOP + _SIZE + _BOTTOM
    ticks = "".join(
        f'<text x="{_x(tick):.0f}" y="{_TOP + _SIZE + 16}" text-anchor="middle">{tick:g}</text>'
        f'<text x="{_LEFT - 6}" y="{_y(tick) + 4:.0f}" text-anchor="end">{tick:g}</text>'
        for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{ticks}\n'
        f'<path d="M{_x(0):.0f} {_y(0):.0f} L{_x(1):.0f} {_y(1):.0f}" stroke="#bbb" stroke-dasharray="4"/>\n'
        f"{marks}\n"
        f'<text x="{_LEFT}" y="{height - 6}">confidence; upwards: the share of right values</text>\n</svg>\n'
    )


def _series(name: str, judgements: Sequence[Judgement], colour: str, number: int) -> str:
    found = [each for each in calibrating.bins(judgements) if each.count]
    dots = "".join(
        f'<circle cx="{_x(each.confidence):.1f}" cy="{_y(each.right):.1f}" '
        f'r="{3 + 12 * (each.count / len(judgements)) ** 0.5:.1f}" fill="{colour}" fill-opacity="0.6"/>'
        for each in found
    )
    label = f"{name}: error {calibrating.expected_error(judgements):.3f}, {len(judgements)} values"
    return f'{dots}<text x="{_LEFT + 8}" y="{_TOP + 4 + 16 * number}" fill="{colour}">{label}</text>'


def _x(share: float) -> float:
    return _LEFT + share * _SIZE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIZE
