# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the Linux adapter promises beside switching: fences, clocks, plain suspends, what it shows in sysfs and by tracepoints."""
import re
import struct

import pytest

from conftest import boot_command
from harness import CARVE, SECTION, TOP, WORLD

PHASES = ("freeze", "devices", "core", "hand-over", "resume", "thaw")
ABI = TOP / "docs" / "abi" / "sysfs-class-misc-fsw"
FOLDER = "/sys/class/misc/fsw"
# idle time passes at once, and the real-time clock goes by the same time
RACING = ("-icount", "shift=0,sleep=off", "-rtc", "clock=vm,base=2025-01-01T00:00:00")


def test_tracepoints(pair):
    """Each phase, request and outcome can be traced."""
    pair.run("mount -t tracefs none /sys/kernel/tracing; echo >/sys/kernel/tracing/trace; echo 1 >/sys/kernel/tracing/events/fsw/enable").ok()
    pair.go(2).ok()
    pair.go(1).ok()
    trace = pair.run("echo 0 >/sys/kernel/tracing/events/fsw/enable; cat /sys/kernel/tracing/trace; umount /sys/kernel/tracing").ok()
    seen = re.findall(r"fsw_phase: (\S+) took (\d+) ticks", trace)
    assert [name for name, _ in seen] == list(PHASES), trace
    assert re.search(r"fsw_request: mode 1 target 2 error 0", trace), trace
    assert re.search(r"fsw_outcome: result 2 other 2 error 0", trace), trace
    # requested, armed; and, when it is back, idle
    assert [int(phase) for phase in re.findall(r"fsw_owner: owner 1 phase (\d)", trace)] == [2, 3, 1], trace


def test_sysfs(pair):
    """Every file is described, every described file is there, and they say what the area says."""
    listed = pair.run(f"cd {FOLDER}/ && find . -type f | sed 's|^./||'").ok().split()
    found = {re.sub(r"^instance/\d+/", "instance/<id>/", name) for name in listed} - {"dev", "uevent"}
    found = {name for name in found if not name.startswith("power/")}
    described = set(re.findall(rf"^What:\s+{FOLDER}/(\S+)$", ABI.read_text(), re.M))
    assert found == described
    area = pair.read_area()
    values = {name: pair.run(f"cat {FOLDER}/{name}").ok().strip() for name in ("self", "sections", "section_size", "base", "phase", "version")}
    assert values == {"self": "1", "sections": "64", "section_size": str(SECTION), "base": "0x60000000", "phase": "1",
                      "version": str(struct.unpack_from("<I", area.bytes, 4)[0])}
    for number, instance in area.instances().items():
        of = {name: pair.run(f"cat {FOLDER}/instance/{number}/{name}").ok().strip() for name in ("state", "name", "release", "parent", "sections")}
        assert of == {"state": instance["state"], "name": instance["name"], "release": instance["release"], "parent": str(instance["parent"] or 0),
                      "sections": str(len(area.sections(number)))}


def test_timings_in_the_page(pair):
    """What the last switch took is kept in the page of who came, for whoever reads the area."""
    pair.go(2).ok()
    pair.go(1, "fswctl switch 1 --json >/tmp/answer").ok()
    last = pair.run("fswctl log --json").json()["entries"][-1]
    kept = pair.read_area().instances()[1]["timings"]
    assert kept["ms"] == pytest.approx(last["ms"], abs=0.001) and all(value >= 0 for value in kept["ms"].values())
    assert kept["ms"]["freeze"] > 0 and kept["ms"]["devices"] > 0 and kept["ms"]["resume"] > 0


def test_plain_suspend(pair):
    """A suspend that nobody asked of fsw: it waits for a wake-up, here of the clock, and gives nothing away."""
    before = pair.read_area("before").picture()
    pair.run("echo 0 >/sys/class/rtc/rtc0/wakealarm; echo +2 >/sys/class/rtc/rtc0/wakealarm; cat /sys/class/rtc/rtc0/since_epoch >/tmp/slept;"
             " echo mem >/sys/power/state", timeout=60).ok()
    slept = pair.run("echo $(($(cat /sys/class/rtc/rtc0/since_epoch) - $(cat /tmp/slept)))").ok()
    assert 1 <= int(slept) <= 20
    assert pair.read_area("after").picture() == before
    pair.go(2).ok()
    pair.go(1).ok()


def test_cut_short(pair):
    """A suspend that Linux itself turns round (pm_test) is no switch, and leaves nothing pending."""
    before = pair.read_area("before").picture()
    pair.run("echo 0 >/sys/module/suspend/parameters/pm_test_delay")
    pair.run("echo devices >/sys/power/pm_test").ok()
    pair.run("fswctl switch 2", timeout=60).refused("pm_test", status=5)
    pair.run("fswctl rehearse", timeout=60).refused("pm_test", status=5)
    pair.run("echo none >/sys/power/pm_test").ok()
    assert pair.read_area("after").picture() == before
    pair.run("fswctl rehearse").ok()


def test_boot_anywhere(bench):
    """No start, no command line, a device tree that is given, and memory in two runs: the new instance uses all of it."""
    board = bench.board()
    board.boot(boot_command("6.12", start=0x70000000, sections=4))
    board.run("echo two >/tmp/mine").ok()
    board.go(1).ok()
    board.run("seq 100000 >/tmp/file; md5sum /tmp/file >/tmp/sum").ok()
    board.boot("fswctl boot --kernel /boot/zImage-6.1 --initrd /boot/initrd --dtb /boot/board.dtb --contiguous 8 --memory 12 --name three", number=3)
    area = board.read_area()
    # the lowest multiple of 128 MiB, and then what is above instance 2; behind a closed firmware, all of it is above
    assert area.sections(3) == ([*range(24, 36)] if WORLD == "closed" else [*range(8, 16), *range(20, 24)])
    assert area.sections(2) == list(range(16, 20))
    memory = int(re.search(r"MemTotal: +(\d+)", board.run("cat /proc/meminfo").ok()).group(1))
    # all but what the kernel itself and its page structures take (those for all of the board's memory)
    assert 12 * 16 - 24 <= memory >> 10 <= 12 * 16, memory
    # one the master's command line, as nothing else was said
    assert "kernelcore=128M" in board.run("cat /proc/cmdline").ok()
    board.run(f"dd if=/dev/zero of=/tmp/much bs=1M count={(memory >> 10) - 40} 2>&1", timeout=120).ok()
    board.go(2).ok()
    assert board.run("cat /tmp/mine").ok() == "two\n"
    board.go(1).ok()
    board.run("md5sum -c /tmp/sum").ok()


def test_refused_boot_gives_back(bench):
    """A boot into memory that was free, refused by a driver: it is free again, and what was the asker's is the asker's."""
    board = bench.board()
    board.boot(boot_command("6.12"))
    board.go(1).ok()
    # two of its sections are declared free, as an owner that is gone leaves them
    for section in (40, 41):
        board.write_memory(CARVE + 4096 + 4 * section, struct.pack("<I", guarded(0x0100, section)))
    area = board.read_area("free")
    before = area.picture()
    assert free(area) == [40, 41]
    board.run("echo devices >/sys/module/fsw/parameters/refuse").ok()
    board.run(boot_command("6.1", start=0x88000000, sections=4)).refused("fsw-fault", status=5)
    board.run("echo >/sys/module/fsw/parameters/refuse").ok()
    after = board.read_area("after")
    assert free(after) == [40, 41]
    assert after.picture() == before


def free(area):
    return [number for run in area.map() if run["kind"] == "free" for number in range(run["first"], run["first"] + run["count"])]


def guarded(payload, tag):
    """A guarded word, by docs/format.md."""
    word = payload * (1 - (0x9E37 << 16)) - ((tag * 0x6A3E + 0xA5C3) << 16)
    return word & 0xFFFFFFFF


def test_not_fenced(bench):
    """A new kernel whose device tree does not keep it from another's memory ends before it is acknowledged, and who booted it goes on."""
    board = bench.board()
    board.trouble_is_wanted = True
    board.run(boot_command("6.12", more="--stay")).ok()
    area = board.read_area()
    # the third argument register: the device tree
    tree = int(struct.unpack_from("<Q", area.bytes, 0x2000 + 4096 + 192 + 16 + 2 * 8)[0])
    with board.debugger() as debugger:
        blob = debugger.read(tree, 0x800)
        size = struct.unpack_from(">I", blob, 4)[0]
        blob = b"".join(debugger.read(tree + at, min(0x800, size - at)) for at in range(0, size, 0x800))
        name = blob.index(b"fsw-fence@88000000\0")
        # its only property is reg: two cells; it begins a section later, in memory that instance 1 does not use now
        reg = name + (len(b"fsw-fence@88000000\0") + 3 & ~3) + 12
        start, length = struct.unpack_from(">II", blob, reg)
        assert start == 0x88000000
        debugger.write(tree + reg, struct.pack(">II", start + SECTION, length - SECTION))
    begun = board.begin("fswctl boot --loaded --instance 2")
    board.expect(r"section 40 is another's and not fenced", 60)
    said = board.finish(begun)
    assert said.status == 6 and "instance 2 died" in said.text, said
    assert board.read_area("after").states() == {1: "running", 2: "dead"}


def test_long_sleep(bench):
    """The clock is right after a sleep that the shared counter wraps in, more than once (24 MHz, 32 bits: 179 s)."""
    board = bench.board(extra=RACING)
    board.boot(boot_command("6.12"))
    late = board.run("sleep 700; echo $(($(date +%s) - $(cat /sys/class/rtc/rtc0/since_epoch)))").ok()
    assert abs(int(late)) <= 1
    board.go(1).ok()
    late = board.run("echo $(($(date +%s) - $(cat /sys/class/rtc/rtc0/since_epoch)))").ok()
    assert abs(int(late)) <= 1
