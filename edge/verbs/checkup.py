"""Owns the verb `check`: the faults of a configuration, then the warnings; and the warnings at the start of `run`.

Knows nothing of the broker and of the model: it connects to neither. The files of secrets are looked at as the
daemon would; that they cannot be used is a warning here, for the check may run as another user, or elsewhere.
"""

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from edge import config
from edge.config.document import Document
from edge.config.options import Config
from edge.errors import ConfigError, Problem
from edge.mqtt import credentials, tls
from edge.verbs import advice

log = logging.getLogger(__name__)


def run(
    file: Path,
    *,
    overrides: Sequence[str],
    hostname: str,
    environment: Mapping[str, str],
    is_quiet: bool,
    denies_warnings: bool,
) -> None:
    """Print that a configuration is in order, and each warning.

    Raises:
        ConfigError: its faults; or its warnings, where they are denied.
    """
    checked, document = config.read(file, overrides=overrides, hostname=hostname)
    found = [*advice.find(checked, document, environment), *_unusable(checked, environment)]
    warnings = [replace(problem, message=f"warning: {problem.message}") for problem in found]
    if warnings and denies_warnings:
        raise ConfigError(warnings)
    sys.stderr.writelines(f"{warning}\n" for warning in warnings)
    if not is_quiet:
        count = len(checked.routes)
        sys.stdout.write(f"{file}: ok, {count} route{'s' if count > 1 else ''}\n")


def log_warnings(checked: Config, document: Document, environment: Mapping[str, str]) -> None:
    """Write the warnings to the log."""
    for warning in advice.find(checked, document, environment):
        log.warning("configuration_warning option=%s why=%s", warning.path, warning.message)


def _unusable(checked: Config, environment: Mapping[str, str]) -> list[Problem]:
    """Return what keeps this process from using the files of secrets."""
    problems: list[Problem] = []
    try:
        credentials.password(checked.mqtt, environment)
    except ConfigError as error:
        problems += error.problems
    try:
        if checked.mqtt.tls is not None:
            tls.context(checked.mqtt.tls, environment)
    except ConfigError as error:
        problems += error.problems
    return problems
