# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""With four cores in each instance: what scripts/bench measures in QEMU. How, scripts/lib/bench_board.py says, but for this: in real time.
With -icount several cores stall (each spins its slice away). Real time on a host that does other things too means nothing by itself; so each
switch follows a plain suspend, and medians of both, in one run, are compared.
"""
import statistics

from bench_board import GUEST, MASTER, RELEASES, TIMEOUT, WORK, Failure, board, boot_command, command, harness, images, milliseconds, readings, spans
from bench_firmware import section
from bench_vexpress import crossings, over_plain

CORES = 4
PAIRS = 100  # of a plain suspend and a switch, in each direction

# limits
SWITCH_OVER_PLAIN, PEN_BYTES = 1.05, 512


def all_cores(words):
    """A command line without the word that leaves one core"""
    return " ".join(word for word in words.split() if not word.startswith("nr_cpus="))


def source():
    folder, path = images().kernels[RELEASES[0]], WORK / "cores.img"
    command("scripts/make-volume", path, "--wait", "0", "--instance", 1, "linux-cores", "--kernel", folder / "zImage", "--initrd", images().master,
            "--dtb", folder / "board.dtb", "--cmdline", all_cores(MASTER))
    return harness().flashes(images().bootloader, path)


def pairs(target, count):
    return f"i=0; while [ $i -lt {count} ]; do i=$((i + 1)); board turn 0 1; board turn {target} 1 $i; done"


def look(one):
    online = one.run("cat /sys/devices/system/cpu/online", TIMEOUT).ok().strip()
    if online != f"0-{CORES - 1}":
        raise Failure(f"of {CORES} cores these are on-line: {online}: see {one.log}")


def take_turns(one):
    """Ticks of the plain suspends and of the switches, each of both instances"""
    hanging = one.begin(boot_command(RELEASES[1], 2, cmdline=all_cores(GUEST)))
    one.wait_shell()
    look(one)
    there_hangs = one.begin(pairs(1, PAIRS + 1))
    one.finish(hanging, TIMEOUT).ok()
    ours = one.run(pairs(2, PAIRS), TIMEOUT).ok()
    hanging = one.begin("board turn 2 1")
    theirs = one.finish(there_hangs, TIMEOUT).ok()
    look(one)
    one.begin("board turn 1 1")
    one.finish(hanging, TIMEOUT).ok()
    look(one)
    here, there = readings(ours, "turn 1 2"), readings(theirs, "turn 2 1")
    plain = [spans(readings(text, f"turn {number} 0"))[:PAIRS] for number, text in ((1, ours), (2, theirs))]
    seen = [len(here), len(there), *map(len, plain)]
    if seen != [PAIRS, PAIRS + 1, PAIRS, PAIRS]:
        raise Failure(f"{PAIRS} pairs each way were asked for, seen were {seen}: see {one.log}")
    return plain, crossings(here, there)


def measure(say=lambda text: None):
    """All figures as (name, unit, limit, values), and what they were made of"""
    with board("cores", source(), cores=CORES) as one:
        plain, switches = take_turns(one)
    pen = len(section(WORK / "boot" / "objects" / "arm-pen.S.o", ".text"))
    say(f"{2 * PAIRS} pairs")
    figures = [
        (f"switch there and back over both plain suspends, {CORES} cores, {' and '.join(RELEASES)}, real time", "ratio", SWITCH_OVER_PLAIN,
         over_plain(switches, plain)),
        ("code of the pen", "bytes", PEN_BYTES, [pen])]
    notes = {"plain_ms": [statistics.median(milliseconds(ticks)) for ticks in plain],
             "switch_ms": [statistics.median(milliseconds(ticks)) for ticks in switches]}
    return figures, {"cores": notes}
