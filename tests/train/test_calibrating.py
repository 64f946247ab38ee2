"""Finding a calibration: from values of known truth to a line, and how far confidences lie from the truth."""

from random import Random

from edge.extraction.calibration import Calibration
from edge_train.evaluation import calibrating, report
from edge_train.evaluation.calibrating import Judgement


def overconfident(seed: int, count: int) -> list[Judgement]:
    """Return values of a model that is right less often than it says: its log-odds are doubled."""
    dice, truth = Random(seed), Calibration(slope=0.5, intercept=0.0)  # noqa: S311  # no secret
    made = []
    for number in range(count):
        confidence = dice.uniform(0.3, 1.0)
        is_right = dice.random() < truth(confidence)
        made.append(Judgement(group=str(number // 3), confidence=confidence, is_right=is_right))
    return made


def test_the_line_of_the_truth_is_found() -> None:
    """Of many values, the figures come out that they were drawn with."""
    found = calibrating.fit(overconfident(1, 20_000))

    assert abs(found.slope - 0.5) < 0.05
    assert abs(found.intercept) < 0.05


def test_calibrated_confidences_keep_their_word() -> None:
    """The error falls, though no value was calibrated by its own case."""
    sets = {"one": overconfident(2, 2000), "two": overconfident(3, 2000)}

    calibrated = calibrating.cross_fitted(sets)

    assert {name: len(one) for name, one in calibrated.items()} == {"one": 2000, "two": 2000}
    assert calibrating.expected_error(calibrating.together(sets)) > 0.05
    assert calibrating.expected_error(calibrating.together(calibrated)) < 0.02


def test_values_that_were_all_right_have_a_calibration() -> None:
    """It exists, and says that they are likely right."""
    found = calibrating.fit([Judgement(group="", confidence=0.9, is_right=True)] * 50)

    assert 0.98 < found(0.9) < 1


def test_without_values_nothing_changes() -> None:
    """The line stays where it began."""
    assert calibrating.fit([]) == Calibration(slope=1.0, intercept=0.0)


def test_the_report_has_a_row_for_each_set() -> None:
    """Each row has the count of values, the share of right ones and the error of each series."""
    half = [Judgement(group=str(right), confidence=0.9, is_right=right) for right in (True, False)]
    whole = [Judgement(group="", confidence=1.0, is_right=True)]

    lines = report.confidences({"as they are": {"one": half, "two": whole}}).splitlines()

    assert lines[-4:] == [
        "|---|---|---|---|",
        "| one | 2 | 50.0 % | 0.400 |",
        "| two | 1 | 100.0 % | 0.000 |",
        "| all | 3 | 66.7 % | 0.267 |",
    ]
