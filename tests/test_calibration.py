"""What a probability is worth: the line through log-odds, and what the metadata of a model may state."""

from pathlib import Path

import pytest

from edge.config.options import Limits
from edge.engine.engine import Choice, Decoded
from edge.errors import ModelError
from edge.extraction import calibration
from edge.extraction.calibration import Calibration
from edge.extraction.extraction import assemble
from edge.extraction.extractor import open_model
from edge_convert import calibrationfile, conversion
from edge_convert.conversion import Request
from edge_convert.errors import AdapterError
from tests.convert import tiny
from tests.made import schema_of


def test_what_is_likelier_stays_likelier() -> None:
    """Calibrated confidences lie between 0 and 1, in the order of the probabilities."""
    worth = Calibration(slope=0.4, intercept=-1.0)
    confidences = [worth(probability) for probability in (0.0, 1e-9, 0.01, 0.5, 0.9, 0.999, 1.0)]

    assert confidences == sorted(confidences)
    assert 0 < confidences[0] < confidences[-1] < 1


def test_weights_without_a_calibration_leave_probabilities_as_they_are() -> None:
    """The metadata state none, so there is none."""
    assert calibration.parse(None, None) is None


@pytest.mark.parametrize(
    ("slope", "intercept"), [("0", "1"), ("-1", "0"), ("nan", "0"), ("1", "inf"), ("steep", "0"), ("1", None)]
)
def test_a_calibration_that_is_none_is_refused(slope: str, intercept: str | None) -> None:
    """A slope above 0 and an intercept are needed, both as numbers."""
    with pytest.raises(ModelError) as error:
        calibration.parse(slope, intercept)

    assert str(error.value) == (
        "expected a slope above 0 and an intercept (edge.calibration.slope, edge.calibration.intercept), "
        f"got {slope} and {intercept}"
    )


def test_an_extraction_tells_calibrated_confidences() -> None:
    """The probability of the model goes through the calibration of its weights."""
    root = schema_of({"t": {"type": "number"}}).root
    digits = Choice(start=5, end=7, probability=0.9, closing=0.0, beyond=0.1, gap=2.0)
    decoded = Decoded(text='{"t":21}', choices=(digits,), duration_s=0.1, fed_tokens=9, decode_calls=3)

    plain, calibrated = (
        assemble("21", root, decoded),
        assemble("21", root, decoded, Calibration(slope=1, intercept=-1)),
    )

    assert [round(one.values[0].confidence, 3) for one in (plain, calibrated)] == [0.9, 0.768]


def test_the_converter_puts_the_adapter_s_calibration_into_the_model(tmp_path: Path) -> None:
    """What `calibration.json` states is what the daemon reads with, and part of what decides the file."""
    plain = request(tmp_path)
    before = conversion.identify(plain)
    calibrationfile.write(plain.adapter / "calibration.json", Calibration(slope=0.75, intercept=-0.5))
    identity = conversion.identify(plain)

    conversion.convert(conversion.plan(plain, identity), threads=1)

    assert (before.calibration_sha256, identity == before) == (None, False)
    with open_model(plain.output, threads=1, context_tokens=256, limits=Limits()) as extractor:
        assert extractor.calibration == Calibration(slope=0.75, intercept=-0.5)
    with open_model(
        plain.output, threads=1, context_tokens=256, limits=Limits(), is_calibrated=False
    ) as extractor:
        assert extractor.calibration is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("slope", "expected JSON (Expecting value: line 1 column 1 (char 0))"),
        ("[]", 'expected numbers "slope", above 0, and "intercept", got {"slope":null,"intercept":null}'),
        (
            '{"slope": 0, "intercept": "low"}',
            'expected numbers "slope", above 0, and "intercept", got {"slope":0,"intercept":"low"}',
        ),
    ],
)
def test_a_file_that_states_no_calibration_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    """The message names the file, what it should state and what it states."""
    path = tmp_path / "calibration.json"
    path.write_text(text)

    with pytest.raises(AdapterError) as error:
        calibrationfile.load(tmp_path)

    assert str(error.value) == f"{path}: {expected}"


def request(folder: Path) -> Request:
    """Return a request to convert the tiny adapter."""
    (folder / "adapter").mkdir()
    return Request(
        base=tiny.write_base(folder / "base.gguf"),
        adapter=tiny.PeftAdapter().write(folder / "adapter"),
        output=folder / "out.gguf",
        type_name="Q4_0",
        prompt_contract="edge-1",
    )
