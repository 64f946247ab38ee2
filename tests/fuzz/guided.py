"""Owns the fuzzing that is guided by coverage: `python -m tests.fuzz.guided -max_total_time=600`, with atheris.

Knows nothing of the pipeline. Arguments are libFuzzer's; a folder among them keeps what was found. Needs the extra
`fuzz`.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> None:
    """Try inputs until one breaks a property, or until libFuzzer is told to stop."""
    import atheris  # noqa: PLC0415  # an extra

    with atheris.instrument_imports(include=["edge"]):
        from tests.fuzz import properties  # noqa: PLC0415  # what is imported before is not seen

    def try_one(data: bytes) -> None:
        properties.payloads_are_texts_or_refused(data)
        text = data.decode(errors="ignore")
        for holds in properties.OF_TEXTS:
            holds(text)

    atheris.Setup(list(arguments), try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
