# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The figures of the board: what scripts/bench measures in QEMU. How, scripts/lib/bench_board.py says. A disk and a network are outside of
the board: where these are waited for, sleep=on.
"""
import ctypes
import difflib
import os
import pathlib
import re
import selectors
import statistics
import struct
import subprocess
import time

from bench_board import (GUEST, HZ, RELEASES, SECTIONS, TICK_NS, TIMEOUT, TOP, WORK, Failure, board, boot, boot_command, command, difference, harness,
                         images, milliseconds, reading, readings, spans)

TURNS = 48
DEVICE_TURNS = 24
BOOTS = 3
WORKS = 7
# of which the board has, the second instance finds from its base on, and gets
RAM_ALL, RAM_SEEN, RAM_OWN = "1G", "512M", "128M"
NEIGHBOUR = "10.0.2.2"  # of QEMU's user-mode network: it answers itself
DEVICES = f"ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up && sleep 1 && board echo {NEIGHBOUR} && mount -t ext4 /dev/vda"
USE = f"dd if=/bin/busybox of=/mnt/part bs=64k count=4 conv=fsync 2>/dev/null && cmp -n 262144 /bin/busybox /mnt/part && board echo {NEIGHBOUR}"

# limits
SWITCH_OVER_PLAIN, SWITCH_MS, SWITCH_DEVICES_MS = 1.02, 3, 8
HANDOVER, BOOT_OVER_COLD, WORK_OVER_WITHOUT = 6000, 1.10, 1.001
AREA_BYTES, BOOTLOADER_BYTES, CHANGED_LINES = 64 * 1024, 48 * 1024, 3


# -- what the instances say --

def crossings(ours, theirs):
    """Ticks of each switch of two instances that took turns: from just before the one's request to just after the other's return.

    `ours` and `theirs` are each one's readings around its requests; the other's first request came before all of ours.
    """
    there = [difference(left, came) for (left, _), (_, came) in zip(ours, theirs)]
    back = [difference(left, came) for (left, _), (_, came) in zip(theirs[1:], ours)]
    return there, back


def phases(log, other, count):
    """Milliseconds of all phases, and ticks of the hand-over, of the first `count` switches from `other`; of plain suspends if that is 0."""
    wanted = ("switch", other) if other else ("none", None)
    entries = [entry for entry in log["entries"] if (entry["mode"], entry["other"]) == wanted]
    return [entry["total_ms"] for entry in entries[:count]], [round(entry["ms"]["handover"] * HZ / 1e3) for entry in entries[:count]]


# -- what the board is given --

# -- switches --

class Pair:
    """Instances 1 and N, just booted by 1, which hangs in that command: each one's plain suspends, then turns. All in ticks."""

    def __init__(self, one, number, releases, hanging, count, use=""):
        def turns(target, times):
            if not use:
                return f"board turn {target} {times}"
            return f"i=0; while [ $i -lt {times} ]; do i=$((i + 1)); {{ {use}; }} || break; board turn {target} 1 $i; done"

        def say():
            return [one.run(f"fswctl log {words} --json", TIMEOUT).json() for words in ("", "--devices")]

        plain_there = readings(one.run(turns(0, count), TIMEOUT).ok(), f"turn {number} 0")
        there_hangs = one.begin(turns(1, count + 1))
        one.finish(hanging, TIMEOUT).ok()
        plain_here = readings(one.run(turns(0, count), TIMEOUT).ok(), "turn 1 0")
        here = readings(one.run(turns(number, count), TIMEOUT).ok(), f"turn 1 {number}")
        log_here, devices_here = say()
        hanging = one.begin(f"board turn {number} 1")
        there = readings(one.finish(there_hangs, TIMEOUT).ok(), f"turn {number} 1")
        log_there, devices_there = say()
        # and instance 1 runs again
        one.begin("board turn 1 1")
        one.finish(hanging, TIMEOUT).ok()
        seen = [len(pairs) for pairs in (plain_here, plain_there, here, there[1:])]
        if seen != [count] * 4:
            raise Failure(f"{count} turns of 1 and {number} were asked for, seen were {seen}: see {one.log}")
        self.releases = releases
        self.plain = spans(plain_here), spans(plain_there)
        # to N, to 1
        self.switches = crossings(here, there)
        arrived = phases(log_there, 1, count), phases(log_here, number, count)
        self.phases = arrived[0][0], arrived[1][0]
        self.handovers = arrived[0][1] + arrived[1][1]
        self.devices = devices_here["devices"], devices_there["devices"]

    def directions(self):
        return ((f"{self.releases[0]} to {self.releases[1]}", self.switches[0]), (f"{self.releases[1]} to {self.releases[0]}", self.switches[1]))


def over_plain(switches, plain):
    """Both directions' medians together, over both plain suspends': each kernel's way out and way in is in both sums. One value for each
    switch, with its own deviation."""
    total, alone = (sum(map(statistics.median, ticks)) for ticks in (switches, plain))
    return [(total + one - statistics.median(direction)) / alone for direction in switches for one in direction]


# -- figures: name, unit, limit, values --

def measure_switches():
    """Console alone: the same kernel twice, and both kernels."""
    figures, notes = [], {"switches": []}
    with board("switches", "master") as one:
        for number, release in ((2, "6.1"), (3, "6.12")):
            hanging, _ = boot(one, release, number)
            pair = Pair(one, number, ("6.1", release), hanging, TURNS)
            figures += switch_figures(pair, "console alone", SWITCH_MS)
            if release == "6.1":
                figures.append(("switch over plain suspend, 6.1 to 6.1", "ratio", SWITCH_OVER_PLAIN, [
                    ticks / statistics.median(pair.plain[0] + pair.plain[1]) for ticks in pair.switches[0] + pair.switches[1]]))
            else:
                figures.append(("switch there and back over both plain suspends, 6.1 and 6.12", "ratio", SWITCH_OVER_PLAIN,
                                over_plain(pair.switches, pair.plain)))
            figures.append((f"hand-over, 6.1 and {release}", "instructions", HANDOVER, [ticks * TICK_NS for ticks in pair.handovers]))
            notes["switches"].append(switch_notes(pair))
    return figures, notes


def switch_figures(pair, what, limit):
    both = dict.fromkeys(name for name, _ in pair.directions())
    for name, ticks in pair.directions():
        both[name] = (both[name] or []) + milliseconds(ticks)
    return [(f"switch {name}, {what}", "ms", limit, values) for name, values in both.items()]


def switch_notes(pair):
    """What the figures were made of: the same in the adapter's own phases, which leave out what lies between them"""
    return {"releases": pair.releases,
            "plain_ms": [statistics.median(milliseconds(ticks)) for ticks in pair.plain],
            "switch_ms": [statistics.median(milliseconds(ticks)) for ticks in pair.switches],
            "switch_phases_ms": [statistics.median(values) for values in pair.phases],
            "handover_resolution_instructions": TICK_NS}


def measure_devices():
    """With a disk, mounted and written before each switch, and a network, on which packets went before each switch."""
    # What they wait for is outside: host time, as far as the guest is idle. No fsync on the host: that is not the guest's.
    disk = harness().disk_image(WORK / "disk.img", 32, 32)
    extra = ["-drive", f"if=none,id=disk,format=raw,cache=unsafe,file={disk}", "-device", "virtio-blk-device,drive=disk",
             "-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"]
    with board("devices", "master", sleep="on", extra=extra) as one:
        one.run(f"{DEVICES}1 /mnt", TIMEOUT).ok()
        hanging, _ = boot(one, "6.12", 2)
        one.run(f"{DEVICES}2 /mnt", TIMEOUT).ok()
        pair = Pair(one, 2, ("6.1", "6.12"), hanging, DEVICE_TURNS, USE)
    rows = [{"release": release, **row} for release, devices in zip(pair.releases, pair.devices) for row in devices[:4]]
    return switch_figures(pair, "console, disk and network in use", SWITCH_DEVICES_MS), {"devices": rows, "devices_switches": switch_notes(pair)}


def cold_boot(release, memory):
    """Ticks from power-on to init's first instruction, by QEMU's own loader"""
    # QEMU adds the virtio transports to a tree that it loads: they must not be there twice. The other name is as long.
    tree = WORK / "cold.dtb"
    tree.write_bytes((images().kernels["6.1"] / "board.dtb").read_bytes().replace(b"virtio,mmio\0", b"virtio,none\0"))
    words = ["qemu-system-arm", "-M", "vexpress-a9", "-cpu", "cortex-a9", "-m", memory, "-smp", "1", "-nic", "none", "-display", "none", "-serial", "stdio",
             "-monitor", "none", "-icount", "shift=0,sleep=off", "-rtc", "clock=vm,base=2025-01-01T00:00:00", "-kernel", images().kernels[release] / "zImage",
             "-initrd", images().guest, "-dtb", tree, "-append", GUEST]
    child = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                             env=dict(os.environ, QEMU_AUDIO_DRV="none"))
    try:
        os.set_blocking(child.stdout.fileno(), False)
        said, end = b"", time.monotonic() + TIMEOUT
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            while time.monotonic() < end:
                ready.select(1)
                part = child.stdout.read()
                said += part or b""
                found = re.search(rb"board: init at (\d+)\r?\n", said)
                if found:
                    return int(found.group(1))
                if part == b"":
                    break
    finally:
        child.kill()
        child.wait()
    raise Failure(f"a cold boot of {release} by -kernel did not come to init. It said last:\n" + said.decode(errors="replace")[-2000:])


def measure_boots():
    """From the command in instance 1 to init's first instruction in instance 2, over the same from power-on by QEMU's -kernel.

    How long a boot takes depends on how much RAM there is. The figure is over one of as much as instance 2 finds, fenced or its own: all
    from its base on. The notes have all of the board, and as much as is its own.
    """
    figures, notes = [], {"boots": []}
    for release in RELEASES:
        cold = [cold_boot(release, RAM_SEEN) for _ in range(BOOTS)]
        others = {memory: milliseconds([cold_boot(release, memory)])[0] for memory in (RAM_ALL, RAM_OWN)}
        warm = []
        for _ in range(BOOTS):
            with board("boots", "master") as one:
                warm.append(boot(one, release, 2)[1])
        parts = boot_parts(release)
        median = statistics.median(milliseconds(warm))
        # idle time that nothing ends but the host is not measured: it must not be there
        if not 0.9 < sum(parts.values()) / median < 1.1:
            raise Failure(f"a boot of {release} takes {median:.1f} ms, and its parts take {parts}: the clock jumped, so something idles through the reset")
        base = statistics.median(cold)
        figures.append((f"boot of {release} as second instance, over a cold boot by -kernel", "ratio", BOOT_OVER_COLD, [ticks / base for ticks in warm]))
        notes["boots"].append({"release": release, "second_instance_ms": median, "cold_ms": {RAM_SEEN: statistics.median(milliseconds(cold)), **others},
                               "parts_ms": parts})
    return figures, notes


def boot_parts(release):
    """Where the time of such a boot goes, in ms. In two commands: loading and starting; the debugger stops the clock at the entry."""
    with board("parts", "master") as one:
        begun = one.begin(f"board run {boot_command(release, 2, '--stay')}; board run true")
        load_at, loaded_at = reading(one, "run"), reading(one, "run")
        one.finish(begun).ok()
        entry = int(one.read_area().instances()[2]["entry"], 16)
        with one.debugger() as debugger:
            begun = one.begin("board run fswctl boot --loaded --instance 2")
            debugger.run_to(entry, TIMEOUT)
            entry_at = int(one.monitor("xp /1wx 0x1000005c").split(":")[1], 16)
        start_at, init_at = reading(one, "run"), reading(one, "init")
        one.wait_shell()
        one.begin("fswctl switch 1")
        one.finish(begun, TIMEOUT).ok()
        left = [entry for entry in one.run("fswctl log --json").json()["entries"] if entry["mode"] == "boot"][-1]["left_ms"]
    leaving = difference(start_at, entry_at) * 1e3 / HZ
    return {"free and load": difference(load_at, loaded_at) * 1e3 / HZ, "suspend": sum(left.values()), "reset and bootloader": leaving - sum(left.values()),
            "kernel": difference(entry_at, init_at) * 1e3 / HZ}


def measure_work():
    """The same load under the same kernel, with the adapter and without it"""
    ticks = {}
    for volume in ("alone", "without"):
        with board(volume, volume) as one:
            ticks[volume] = spans(readings(one.run(f"board work {WORKS}", TIMEOUT).ok(), "work"))
    base = statistics.median(ticks["without"])
    return ([("run time of a fixed load, with the adapter over without", "ratio", WORK_OVER_WITHOUT, [one / base for one in ticks["alone"]])],
            {"work_ms": {volume: milliseconds(values) for volume, values in ticks.items()}})


def area_bytes(sections, instances, cores):
    """By the library itself: struct fsw_geometry is a shared format."""
    command("cmake", "--preset", "host")
    command("cmake", "--build", "--preset", "host", "--target", "fsw_shared")
    library = ctypes.CDLL(str(TOP / "build" / "host" / "libfsw.so"))
    size = ctypes.c_uint32()
    error = library.fsw_area_size(struct.pack("<QIIIIIIII", 0x60000000, 24, sections, instances, 4096, 0, 0, cores, 0), ctypes.byref(size))
    if error:
        raise Failure(f"fsw_area_size: error {error}")
    return size.value


def changed_lines(release):
    """Lines that differ, in all files that the package has, between a kernel tree with the adapter in it and the package."""
    tree = pathlib.Path(command("scripts/kernel", release, "--tree").splitlines()[-1])
    version = pathlib.Path(f"{tree}.version")
    # everything in the package is older than the end of its unpacking
    newer = command("find", "-H", tree, "-newer", version, "-type", "f", "-not", "-path", f"{tree}/drivers/fsw/*").splitlines()
    names = [str(pathlib.Path(name).relative_to(tree)) for name in newer]
    pristine = WORK / f"pristine-{version.read_text().strip()}"
    wanted = [f"{tree.name}/{name}" for name in names if not (pristine / tree.name / name).exists()]
    if wanted:
        pristine.mkdir(exist_ok=True)
        command("tar", "-xf", f"/usr/src/{tree.name}.tar.xz", "-C", pristine, "--occurrence=1", *wanted)
    return sum(lines_between((pristine / tree.name / name).read_text(), (tree / name).read_text()) for name in names)


def lines_between(old, new):
    return sum(line[0] in "+-" and line[:3] not in ("+++", "---") for line in difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))


def measure_sizes():
    return [("fsw area, 64 sections, 4 instances, 4 cores", "bytes", AREA_BYTES, [area_bytes(64, 4, 4)]),
            ("bootloader image, with libfdt", "bytes", BOOTLOADER_BYTES, [(WORK / "boot" / "bootloader.bin").stat().st_size]),
            ("changed lines in files of Linux 6.1", "lines", CHANGED_LINES, [changed_lines("6.1")]),
            ("changed lines in files of Linux 6.12", "lines", CHANGED_LINES, [changed_lines("6.12")])], {}


def measure(say=lambda text: None):
    """All figures as (name, unit, limit, values), and what they were made of"""
    figures, notes = [], {}
    for part in (measure_switches, measure_devices, measure_boots, measure_work, measure_sizes):
        start = time.monotonic()
        found, made_of = part()
        figures += found
        notes.update(made_of)
        say(f"{part.__name__.partition('_')[2]}: {time.monotonic() - start:.0f} s")
    return figures, notes
