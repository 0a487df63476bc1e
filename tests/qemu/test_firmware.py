# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Behind a firmware that cannot be changed: whose turn it is after a reset, what a probe finds, and a kernel that has no area stays as it was."""
import re
import subprocess

import pytest

from conftest import boot_command, firmwares, kernel
from harness import CARVE, RAM, SECTION
from memory_helper import page_of

PAGE = 4096
IMAGE = 0x60010000  # where QEMU's -kernel puts a zImage
PROGRAM = CARVE + 0x100000  # which the hook copies there and calls
HEAD = "fsw: head of the kernel, "
GUEST = boot_command("6.12")


def tree(name, release="6.1"):
    return kernel(release) / f"{name}.dtb"


def loaded(board):
    """What QEMU copies into RAM at each reset, in whole pages; neighbours are one."""
    ranges = []
    for at, size in re.findall(r"addr=([0-9a-f]+) size=(0x[0-9a-f]+) mem=ram", board.monitor("info roms")):
        base = int(at, 16) // PAGE * PAGE
        end = -(-(int(at, 16) + int(size, 16)) // PAGE) * PAGE
        if base < RAM:
            continue
        if ranges and ranges[-1][1] >= base:
            ranges[-1][1] = max(end, ranges[-1][1])
        else:
            ranges.append([base, end])
    return [{"base": f"0x{base:08x}", "bytes": end - base} for base, end in ranges]


def nobodys(board):
    """By the map"""
    return [number for run in board.read_area().map() if run["kind"] == "nobody" for number in range(run["first"], run["first"] + run["count"])]


def touched(ranges):
    """The sections that ranges lie in"""
    found = set()
    for one in ranges:
        base = int(one["base"], 16)
        found |= set(range((base - RAM) // SECTION, (base + one["bytes"] - 1 - RAM) // SECTION + 1))
    return sorted(found)


def area_by(debugger):
    """The bytes of the area, in parts that the debugger's line takes"""
    return b"".join(debugger.read(at, 1024) for at in range(CARVE, CARVE + 0xB000, 1024))


def head(tmp_path, release="6.1"):
    """Addresses of the first instruction of the hook, and of what follows its last"""
    start = tmp_path / "start"
    subprocess.run(["arm-linux-gnueabi-objcopy", "-O", "binary", "-j", ".start", kernel(release) / "head" / "fsw-head.o", start], check=True)
    at = (kernel(release) / "zImage").read_bytes()[:0x1000].find(start.read_bytes()[:16])
    assert at > 0
    return IMAGE + at, IMAGE + at + start.stat().st_size


def test_probe(bench):
    """It finds what QEMU says that it loads, to the page; that is nobody's then, and stays so over resets."""
    board = bench.board(tree=tree("closed-unknown"))
    for command in (GUEST, "fswctl free --contiguous 4"):
        board.run(command).refused("not known what the closed firmware overwrites", "fswctl firmware-probe", status=1)
    assert board.run("fswctl firmware-probe --show --json").json()["known"] == "unknown"
    board.run("fswctl firmware-probe --dry-run").ok()
    board.send("fswctl firmware-probe")
    board.expect("fsw: probe: looking for what the firmware overwrites")
    board.wait_instance(1)
    said = board.run("fswctl firmware-probe --json").ok()
    found = board.run("fswctl firmware-probe --json").json()
    assert (found["firmware"], found["known"]) == ("closed", "probed"), said
    assert found["ranges"] == loaded(board)
    assert nobodys(board) == touched(found["ranges"])
    # the nodes that it asks for are those of the tree that knows
    assert "firmware@60000000 {\n\t\tcompatible = \"fsw,excluded\";\n\t\treg = <0x60000000 0x00001000>;" in board.run("fswctl firmware-probe").ok()
    # now there can be others; a probe would cost them their memory
    board.boot(GUEST)
    board.run("fswctl firmware-probe").refused("only instance 1 can probe", status=1)
    board.go(1).ok()
    before = board.read_area().picture()
    board.run("fswctl firmware-probe --again").refused("instance 2 is 'sleeping', and would be lost", "fswctl kill", status=1)
    assert board.read_area().picture() == before
    board.reset()
    board.expect(HEAD)
    board.expect("fsw: resume instance 2 'guest-6.12'")
    board.running = 2
    board.finish(board.hanging.pop(2)).refused("instance 1 died", status=6)
    # the record outlives a cold start
    board.reset()
    board.expect("fsw: cold start: no instance sleeps")
    board.wait_instance(1)
    board.running = 1
    assert board.run("fswctl firmware-probe --json").json()["ranges"] == found["ranges"]


def test_given(bench):
    """The tree says what the firmware overwrites: no probe is needed. What it loads is nobody's, and initrd and tree are not there any more."""
    board = bench.board()
    shown = board.run("fswctl firmware-probe --show --json").json()
    assert shown["known"] == "given"
    assert nobodys(board) == touched(loaded(board)) == firmwares()
    values = board.run("for name in start end; do od -An -tx1 /proc/device-tree/chosen/linux,initrd-$name; done").ok().split()
    start, end = (int("".join(values[4 * i:4 * i + 4]), 16) for i in (0, 1))
    tree_at = int(re.search(r"device tree (0x[0-9a-f]+)", board.text()).group(1), 16)
    for one in loaded(board):
        base = int(one["base"], 16)
        for low, high in ((start, end), (tree_at, tree_at + 0x20000)):
            assert high <= base or low >= base + one["bytes"], (one, hex(low), hex(high))


def test_resets(bench, tmp_path):
    """A reset in each state: the area says whose turn it is."""
    first, _ = head(tmp_path)
    board = bench.board(wait=False)
    # formatted, and not yet set up
    board.expect("fsw: start instance 1: memory from 0x61000000")
    board.reset()
    board.expect("fsw: cold start: it was formatted, but never set up")
    board.wait_instance(1)
    # nobody sleeps
    board.reset()
    board.expect("fsw: instance 1 'master' died: the machine was reset while it ran")
    board.expect("fsw: cold start: no instance sleeps")
    board.wait_instance(1)
    # in the reset of a boot, before the hook: it is booted by the next one
    board.run(f"{GUEST} --stay").ok()
    with board.debugger() as debugger:
        board.hanging[1] = board.begin("fswctl boot --loaded --instance 2")
        debugger.run_to(first)
        board.monitor("system_reset")
    board.wait_instance(2)
    board.running = 2
    assert board.text().count(HEAD) == 3, "a boot is entered by the hook, without a word"
    board.go(1).ok()
    # the running one dies, the sleeper goes on
    board.hanging[1] = board.begin("fswctl switch 2")
    board.finish(board.hanging.pop(2)).ok()
    board.reset()
    board.expect("fsw: instance 2 'guest-6.12' died: the machine was reset while it ran")
    board.expect("fsw: resume instance 1 'master': next in line")
    board.finish(board.hanging.pop(1)).refused("instance 2 died", status=6)
    assert board.read_area().states()[2] == "dead"


@pytest.mark.parametrize("what", ["image", "header"])
def test_refused(bench, tmp_path, what):
    """In the reset of a boot, the record of the image is damaged, or the area's header: the hook enters nobody and stores nothing."""
    first, _ = head(tmp_path)
    board = bench.board(cores=4)
    board.run(f"{GUEST} --stay").ok()
    # of the load record one bit of the entry; of the header one of where the cores' block is
    place = CARVE + (page_of(board.read_area(), 2) + 192 + 8 if what == "image" else 52)
    with board.debugger() as debugger:
        board.hanging[1] = board.begin("fswctl boot --loaded --instance 2")
        debugger.run_to(first)
        debugger.write(place, [debugger.read(place, 1)[0] ^ 0x40])
        before = area_by(debugger)
        debugger.run_to(PROGRAM)
        after = area_by(debugger)
    if what == "header":
        # until it calls the program, not a byte
        assert after == before
        board.expect(r"fsw: area at 0x9f000000: header: .*It is as it was")
        board.expect("fsw> ")
        return
    board.expect("fsw: resume instance 1 'master'")
    answer = board.finish(board.hanging.pop(1))
    assert answer.status and board.read_area().states() == {1: "running", 2: "dead"}, answer


def test_damaged(bench):
    """An area that cannot be read is left as it is; a person decides at the prompt."""
    board = bench.board()
    board.boot(GUEST)
    board.write_memory(CARVE + PAGE + 4 * 20, b"\1\2\3\4")
    before = board.read_memory(CARVE, 0x10000).read_bytes()
    board.reset()
    board.expect(re.escape("entry: bad check (section 20). It is as it was"))
    board.expect("fsw> ")
    board.send("boot")
    board.expect("boot 1!, to lose them and start from what the firmware loaded")
    board.expect("fsw> ")
    assert board.read_memory(CARVE, 0x10000).read_bytes() == before
    board.send("boot 2!")
    board.expect("Error: the firmware loads no instance 2")
    board.expect("fsw> ")
    board.send("boot 1!")
    board.wait_instance(1)
    assert board.read_area().states()[1] == "running"


@pytest.mark.parametrize("memory", ["1G", "512M"])
def test_no_area(bench, tmp_path, memory):
    """The tree names no area: the hook says nothing, and writes nothing but to the kernel's own bss; the kernel boots."""
    first, last = head(tmp_path)
    board = bench.board(tree=tree("board"), wait=False, memory=memory)
    board.expect("fsw-init: ready")
    end = RAM + (int(memory[:-1]) << (30 if memory[-1] == "G" else 20))
    image = (kernel("6.1") / "zImage").stat().st_size
    with board.debugger() as debugger:
        board.monitor("system_reset")
        debugger.run_to(first)
        before = [board.read_memory(base, size).read_bytes() for base, size in ((RAM, IMAGE + image - RAM), (end - SECTION, SECTION))]
        debugger.run_to(last)
        after = [board.read_memory(base, size).read_bytes() for base, size in ((RAM, IMAGE + image - RAM), (end - SECTION, SECTION))]
        assert before == after
    board.expect("fsw-init: ready")
    assert HEAD not in board.text()
    assert not re.search(r"fsw: ", board.text())


def test_too_little_memory(bench):
    """The tree names an area where the board has no memory: said, and the kernel boots alone."""
    board = bench.board(wait=False, memory="512M")
    board.expect(r"fsw: there is no memory at .*0x9f000000-0x9fffffff")
    board.expect("fsw-init: ready")
    assert HEAD not in board.text()


@pytest.mark.parametrize("cores", [1, 4])
def test_guest_has_a_head(bench, cores):
    """A guest's kernel has the hook too. It lets the guest boot, directly entered or through a reset."""
    board = bench.board(cores=cores)
    board.boot(boot_command("6.12", more="--direct"))
    board.go(1).ok()
    board.boot(boot_command("6.1", start=0x88000000), 3)
    assert board.text().count(HEAD) == 1
    assert board.read_area().states() == {1: "sleeping", 2: "sleeping", 3: "running"}
    board.go(2).ok()
    board.go(1).ok()
