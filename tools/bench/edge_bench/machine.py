"""Owns what the report says of the machine and of the programs measured on it. Knows nothing of the rows."""

import os
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "f16c", "fma", "asimd", "asimddp", "asimdhp", "i8mm")
_LIBRARIES = ("edge-readings", "llama-cpp-python", "llguidance", "numpy", "paho-mqtt")


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """The machine of a report."""

    processor: str
    cores: int
    flags: tuple[str, ...]
    memory_gb: float
    kernel: str
    python: str
    libraries: dict[str, str]


def this() -> Machine:
    """Return this machine."""
    processor, flags = parse_processor(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return Machine(
        processor=processor,
        cores=len(os.sched_getaffinity(0)),
        flags=flags,
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
    )


def parse_processor(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Return the model of a processor and those of its flags that matter to ggml, from /proc/cpuinfo.

    >>> parse_processor("model name\t: Xeon\nflags\t\t: fpu fma avx2\n")
    ('Xeon', ('avx2', 'fma'))
    >>> parse_processor("Features\t: fp asimd asimddp\nModel\t\t: Raspberry Pi 5\n")
    ('Raspberry Pi 5', ('asimd', 'asimddp'))
    """
    found = dict(re.findall(r"^([\w ]+?)\s*:\s*(.*)$", text, re.MULTILINE))
    has = set(f"{found.get('flags', '')} {found.get('Features', '')}".split())
    model = found.get("model name") or found.get("Model") or "unknown"
    return model, tuple(flag for flag in _FLAGS if flag in has)
