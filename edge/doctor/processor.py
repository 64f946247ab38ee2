"""Owns the check of the processor: whether it multiplies fast, and whether the model's library lets it.

Knows nothing of the model.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from edge.doctor.finding import Finding, fail, ok, warn

CHECK = "processor"
_BITS = 8 * struct.calcsize("P")
_WIDE = 64
_FAST = MappingProxyType(  # what a processor calls it in /proc/cpuinfo, and what llama.cpp does
    {"aarch64": ("asimddp", "DOTPROD"), "x86_64": ("avx2", "AVX2")}
)
_OTHER_WHEEL = (
    "install llama-cpp-python compiled for this machine: the Debian package for it, or packaging/install.sh"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Processor:
    """What is known of the processor.

    Attributes:
        machine: as `uname -m` has it.
        bits: of the programs that run here, which may be fewer than the kernel's.
        flags: what it can do, as /proc/cpuinfo has it.
        cores: how many this process may use.
    """

    machine: str
    bits: int
    flags: frozenset[str]
    cores: int


def look(proc: Path = Path("/proc")) -> Processor:
    """Return what is known of this machine's processor."""
    return Processor(
        machine=os.uname().machine,
        bits=_BITS,
        flags=flags((proc / "cpuinfo").read_text(encoding="utf-8", errors="replace")),
        cores=len(os.sched_getaffinity(0)),
    )


def flags(cpuinfo: str) -> frozenset[str]:
    r"""Return what a processor can do: the line is called "flags" on x86, "Features" on ARM.

    >>> sorted(flags("processor: 0\nFeatures : fp asimddp\n"))
    ['asimddp', 'fp']
    """
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    return frozenset(
        flag for name, _, rest in lines if name.strip() in {"flags", "Features"} for flag in rest.split()
    )


def features(system_info: str) -> frozenset[str]:
    """Return what a llama.cpp was compiled for, from the line in which it says so.

    >>> sorted(features("CPU : NEON = 1 | DOTPROD = 1 | SVE = 0 | "))
    ['DOTPROD', 'NEON']
    """
    pairs = (part.rpartition(":")[2].partition("=") for part in system_info.split("|"))
    return frozenset(name.strip() for name, _, value in pairs if value.strip() == "1")


def judge(processor: Processor, compiled_for: frozenset[str] | None) -> Finding:
    """Return whether the processor is fit for the model.

    Args:
        processor: what it is.
        compiled_for: the features of the model's library; None where that is not known.
    """
    shown = f"{processor.machine}, {processor.cores} core{'s' if processor.cores > 1 else ''}"
    if processor.bits != _WIDE:
        return fail(CHECK, f"{shown}: programs of {processor.bits} bits", "install the 64-bit Raspberry Pi OS")
    if processor.machine not in _FAST:
        return warn(CHECK, f"{shown}: a kind that nobody has tried")
    flag, feature = _FAST[processor.machine]
    if flag not in processor.flags and compiled_for is not None and feature in compiled_for:
        return fail(CHECK, f"{shown}, no {flag}, for which llama.cpp here is compiled", _OTHER_WHEEL)
    if flag not in processor.flags:
        return warn(CHECK, f"{shown}, no {flag}: the model reads several times slower than on a Raspberry Pi 5")
    if compiled_for is not None and feature not in compiled_for:
        return warn(
            CHECK, f"{shown}, {flag}, but llama.cpp here is compiled without {feature}: slow", _OTHER_WHEEL
        )
    used = "" if compiled_for is None else ", which llama.cpp uses"
    return ok(CHECK, f"{shown}, {flag}{used}")
