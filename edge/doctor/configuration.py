"""Owns the check of the configuration: that it can be used, and what it had better not say.

Knows nothing of what else is needed; its faults and warnings are those of `edge check`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from edge import config
from edge.config.options import Config
from edge.doctor.finding import Finding, fail, ok, warn
from edge.errors import ConfigError
from edge.verbs import advice

CHECK = "configuration"


def look(
    file: Path, *, overrides: Sequence[str], hostname: str, environment: Mapping[str, str]
) -> tuple[Config | ConfigError, list[Finding]]:
    """Return the configuration, or its faults, and what is to be said of it.

    Args:
        file: as `config.read` takes it, like the next two.
        overrides: options that replace those of the file.
        hostname: of this machine.
        environment: with CREDENTIALS_DIRECTORY, where the secrets of the service are.
    """
    try:
        read, document = config.read(file, overrides=overrides, hostname=hostname)
    except ConfigError as error:
        count = len(error.problems)
        faults = "a fault" if count == 1 else f"{count} faults"
        return error, [fail(CHECK, f"{file}: {faults}, shown at the end", "mend it; `edge check` looks again")]
    count = len(read.routes)
    found = ok(CHECK, f"{file}, {count} route{'s' if count > 1 else ''}")
    warnings = advice.find(read, document, environment)
    return read, [found, *(warn(CHECK, str(warning)) for warning in warnings)]
