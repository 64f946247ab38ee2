"""What the doctor says of the board: its heat, its power supply, its processor, its memory and its clock."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.doctor import clock, heat, processor, ram
from edge.doctor.doctor import shown
from edge.doctor.finding import Finding
from edge.doctor.processor import Processor
from edge.doctor.ram import Memory

SUPPLY = "      -> use the power supply made for this board (Pi 5: 27 W, 5 V at 5 A), and its own cable"
COOLING = "      -> give it a fan or a heat sink, and air; `watch vcgencmd measure_temp` shows what helps"
OTHER_WHEEL = (
    "      -> install llama-cpp-python compiled for this machine: "
    "the Debian package for it, or packaging/install.sh"
)
SET = "      -> `sudo timedatectl set-ntp true` sets it by the network; a Pi 5 takes a battery for its clock"


def text(finding: Finding) -> str:
    """Return what a finding looks like."""
    return shown(finding).plain


def saying(answers: dict[str, str]) -> Callable[[Sequence[str]], str | None]:
    """Return programs of which each writes the same thing always; others are not there."""
    return lambda command: answers.get(command[0])


def write(root: Path, file: str, content: str) -> None:
    """Write a file of the kernel."""
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    ("celsius", "said"),
    [
        (None, "skip  temperature    no thermometer here"),
        (52.3, "ok    temperature    52 °C"),
        (79.4, "ok    temperature    79 °C"),
        (80.0, f"warn  temperature    80 °C: from 80 °C on, a Pi slows itself down\n{COOLING}"),
    ],
)
def test_heat_is_told_where_the_firmware_acts_on_it(celsius: float | None, said: str) -> None:
    """A temperature is a warning from the limit on at which a Raspberry Pi slows down."""
    assert text(heat.judge_temperature(celsius)) == said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (0x0, "ok    power          no under-voltage, not throttled since the last boot"),
        (0x50005, f"FAIL  power          under-voltage now\n{SUPPLY}"),
        (0x50000, f"warn  power          under-voltage since the last boot, not now\n{SUPPLY}"),
        (0xE0008, f"warn  power          slowed by heat now\n{COOLING}"),
        (0x6, f"warn  power          frequency capped, throttled now\n{COOLING}"),
        (0x80000, f"warn  power          slowed by heat since the last boot, not now\n{COOLING}"),
        (None, "skip  power          the firmware cannot be asked as this user\n      -> `sudo edge doctor`"),
    ],
)
def test_each_flag_of_the_firmware_has_its_words(flags: int | None, said: str) -> None:
    """The worst comes first: under-voltage spoils cards, the rest only costs speed."""
    assert text(heat.judge_power(flags, is_pi=True)) == said


def test_what_is_no_raspberry_pi_has_no_firmware_to_ask() -> None:
    """Nobody is sent to sudo for an answer that root would not get either."""
    assert (
        text(heat.judge_power(None, is_pi=False)) == "skip  power          no Raspberry Pi, so no firmware to ask"
    )


def test_the_hottest_thermometer_counts(tmp_path: Path) -> None:
    """One that shows nothing at the moment is passed over."""
    write(tmp_path, "class/thermal/thermal_zone0/temp", "48312\n")
    write(tmp_path, "class/thermal/thermal_zone1/temp", "61000\n")
    write(tmp_path, "class/thermal/thermal_zone2/temp", "\n")
    write(tmp_path, "firmware/devicetree/base/model", "Raspberry Pi 5 Model B Rev 1.0\0")

    findings = heat.look(saying({"vcgencmd": "throttled=0x50000\n"}), tmp_path)

    assert [text(each).splitlines()[0] for each in findings] == [
        "ok    temperature    61 °C",
        "warn  power          under-voltage since the last boot, not now",
    ]


def test_the_flags_come_from_the_kernel_where_there_is_no_program(tmp_path: Path) -> None:
    """A system without vcgencmd has them in a file; a file that is no number says nothing."""
    write(tmp_path, "bus/platform/drivers/raspberrypi-firmware/soc:firmware/get_throttled", "50005\n")

    assert heat.flags(saying({}), tmp_path) == 0x50005
    assert heat.flags(saying({"vcgencmd": "VCHI initialization failed\n"}), tmp_path) is None
    assert heat.flags(saying({}), tmp_path / "elsewhere") is None


@pytest.mark.parametrize(
    ("machine", "bits", "flags", "compiled_for", "said"),
    [
        (
            "aarch64",
            64,
            "asimddp",
            "DOTPROD",
            "ok    processor      aarch64, 4 cores, asimddp, which llama.cpp uses",
        ),
        ("aarch64", 64, "asimddp", None, "ok    processor      aarch64, 4 cores, asimddp"),
        (
            *("aarch64", 64, "asimddp", "NEON"),
            (
                "warn  processor      aarch64, 4 cores, asimddp, "
                f"but llama.cpp here is compiled without DOTPROD: slow\n{OTHER_WHEEL}"
            ),
        ),
        (
            *("aarch64", 64, "asimd", "NEON"),
            (
                "warn  processor      aarch64, 4 cores, no asimddp: "
                "the model reads several times slower than on a Raspberry Pi 5"
            ),
        ),
        (
            *("x86_64", 64, "sse2", "AVX2"),
            "FAIL  processor      x86_64, 4 cores, no avx2, for which llama.cpp here is compiled\n" + OTHER_WHEEL,
        ),
        (
            *("aarch64", 32, "asimddp", None),
            (
                "FAIL  processor      aarch64, 4 cores: programs of 32 bits\n"
                "      -> install the 64-bit Raspberry Pi OS"
            ),
        ),
        ("riscv64", 64, "v", None, "warn  processor      riscv64, 4 cores: a kind that nobody has tried"),
    ],
)
def test_processor_and_library_must_fit(
    machine: str, bits: int, flags: str, compiled_for: str | None, said: str
) -> None:
    """A library that makes no use of the processor is slow, one that asks too much of it dies."""
    known = Processor(machine=machine, bits=bits, flags=frozenset({flags}), cores=4)
    compiled = None if compiled_for is None else frozenset({compiled_for})

    assert text(processor.judge(known, compiled)) == said


def test_a_processor_is_read_from_what_the_kernel_says(tmp_path: Path) -> None:
    """ARM calls the line Features; machine and cores are those of this process."""
    write(tmp_path, "cpuinfo", "processor\t: 0\nFeatures\t: fp asimd asimddp\n\nprocessor\t: 1\nFeatures\t: fp\n")

    known = processor.look(tmp_path)

    assert known.flags == {"fp", "asimd", "asimddp"}
    assert (known.machine, known.bits) == (os.uname().machine, 64)
    assert known.cores == len(os.sched_getaffinity(0))


BOUND = "edge leaves by itself at 784 MB (limits.memory_mb)"


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (
            Memory(total_mb=8000, available_mb=7000, swaps=("/var/swap",)),
            (
                "ok    memory         7000 of 8000 MB free, swap on /var/swap\n"
                f"ok    memory limit   the kernel holds the unit's MemoryMax; {BOUND}"
            ),
        ),
        (
            Memory(total_mb=900, available_mb=391, is_counted=False),
            (
                "warn  memory         391 of 900 MB free\n"
                "      -> edge takes about 392 MB; `ps aux --sort=-rss | head` shows who takes the rest\n"
                "warn  memory limit   the kernel does not count memory, so the unit's MemoryMax does nothing; "
                f"{BOUND}\n"
                "      -> to have the kernel hold it, too: add cgroup_enable=memory to the one line of "
                "/boot/firmware/cmdline.txt, then reboot"
            ),
        ),
        (
            Memory(total_mb=8000, available_mb=7000, is_counted=False, is_asked=True),
            (
                "ok    memory         7000 of 8000 MB free\n"
                "warn  memory limit   the kernel does not count memory, so the unit's MemoryMax does nothing; "
                f"{BOUND}\n"
                "      -> cgroup_enable=memory is set, and the kernel does not heed it: `sudo apt full-upgrade`, "
                "then reboot"
            ),
        ),
    ],
)
def test_memory_that_is_short_or_not_counted_is_a_warning(memory: Memory, said: str) -> None:
    """The kernel of a Raspberry Pi counts no memory unless told to, so the unit's limit does not bite there."""
    assert "\n".join(map(text, ram.judge(memory, limit_mb=784, is_running=False))) == said


def test_a_daemon_that_runs_has_its_memory_already() -> None:
    """What is free need not suffice for a second one."""
    room, _ = ram.judge(Memory(total_mb=900, available_mb=100), limit_mb=784, is_running=True)

    assert text(room) == "ok    memory         100 of 900 MB free"


def test_memory_is_read_from_what_the_kernel_says(tmp_path: Path) -> None:
    """The controller counts by its name in the one hierarchy, or by its folder in the old kind."""
    proc, sys = tmp_path / "proc", tmp_path / "sys"
    write(proc, "meminfo", "MemTotal:  8000000 kB\nMemAvailable:  7000000 kB\nHugePages_Total:   0\n")
    write(proc, "swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 2 0 100\n")
    write(proc, "cmdline", "console=tty1 cgroup_enable=memory rootwait\n")
    write(sys, "fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n")
    bare = Memory(total_mb=8000, available_mb=7000, swaps=("/dev/zram0",), is_counted=False, is_asked=True)

    assert ram.look(proc, sys) == bare
    write(sys, "fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n")
    assert ram.look(proc, sys).is_counted
    write(tmp_path, "old/fs/cgroup/memory/tasks", "")
    assert ram.look(proc, tmp_path / "old").is_counted


@pytest.mark.parametrize(
    ("year", "is_synchronized", "said"),
    [
        (2024, True, f"FAIL  clock          2024-05-06 07:08 UTC cannot be right\n{SET}"),
        (2026, True, "ok    clock          2026-05-06 07:08 UTC, set by the network"),
        (2026, False, f"warn  clock          2026-05-06 07:08 UTC, not set by the network\n{SET}"),
        (2026, None, "ok    clock          2026-05-06 07:08 UTC; whether the network sets it is not known"),
    ],
)
def test_a_clock_that_nobody_sets_is_told(year: int, is_synchronized: bool | None, said: str) -> None:
    """A Raspberry Pi without network starts in the past."""
    assert text(clock.judge(datetime(year, 5, 6, 7, 8, tzinfo=UTC), is_synchronized=is_synchronized)) == said


def test_who_sets_the_clock_is_asked_of_systemd_or_seen_by_its_mark(tmp_path: Path) -> None:
    """Where neither is there, nobody knows."""
    mark = tmp_path / "synchronized"

    assert clock.is_synchronized(saying({"timedatectl": "yes\n"}), mark) is True
    assert clock.is_synchronized(saying({"timedatectl": "no\n"}), mark) is False
    assert clock.is_synchronized(saying({}), mark) is None
    mark.touch()
    assert clock.is_synchronized(saying({}), mark) is True
