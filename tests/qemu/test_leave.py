# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Instances come and go, and no section is lost on the way: the two halves of a boot, exit, kill, and the same memory again a hundred times.

Each test begins and ends with the master alone on the board, with checksummed memory of its own.
"""
import re

import pytest

import harness
from conftest import QUIET, Bench, boot_command, firmwares, kernel, rootfs
from memory_helper import (ALL, FAULTS, KIB, NONE, SHARED, Books, address, ask, check_kernel, guest, holds, kinds, listed, sections, shared_board, unchanged)

CYCLES = harness.budget(100, 20)
# A guest of 128 MiB, of which 64 MiB can be claimed
START, SIZE = 0x80000000, 8
OWN = list(range(32, 40))


def images():
    """A disk with a kernel and a root file system, so that a guest can boot another."""
    folder = harness.BUILD / "given" / "disk"
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in (("zImage-6.1", kernel("6.1") / "zImage"), ("initrd", rootfs(False))):
        (folder / name).write_bytes(source.read_bytes())
    return harness.disk_image(folder.with_suffix(".img"), 48, files=folder)


class Alone:
    """A board with the master alone: whoever else there was must be gone when a test ends, and all must be the master's again."""

    def __init__(self):
        self.bench = None
        self.board = None
        self.picture = None
        self.movable = []
        self.total = 0

    def get(self):
        if self.board:
            return self
        self.bench = Bench("alone")
        self.board = self.bench.board(disk=images())
        self.board.run("ballast start 1 anon=96 locked=16 tmpfs=48 tmpfs@/tmp/ballast").ok()
        self.picture = self.board.read_area("home").picture()
        self.movable = sections(self.board.read_area("movable"), "movable", 1)
        self.total = Books(self.board).total
        assert self.picture["map"][-1]["kind"] == "shared"
        assert [number for number, (_, owner) in kinds(self.board.read_area("map")).items() if owner != 1] == [*firmwares(), SHARED]
        return self

    def home(self):
        """Nothing is lost, nobody is left, the books are as they were and the master's memory too."""
        assert self.board.running == 1
        area = self.board.read_area("home")
        assert area.states() == {1: "running"}
        assert area.picture() == self.picture
        assert check_kernel(self.board).total == self.total
        self.board.run("ballast full 0").ok()

    def stop(self):
        if self.bench:
            self.bench.stop()
        self.bench = self.board = None


@pytest.fixture(scope="module")
def alones():
    alone = Alone()
    yield alone
    alone.stop()


@pytest.fixture
def alone(request, alones):
    yield from shared_board(request, alones)


def bring(board, number=2, release="6.12", start=START, size=SIZE, **more):
    """A guest, which sleeps; the one that booted it runs."""
    parent = board.running
    board.boot(guest(release, start, size, **more), number)
    board.go(parent).ok()


def leave(board, heir=1):
    """The running instance ends; what its heir hears."""
    board.begin("fswctl exit")
    answer = board.finish(board.hanging.pop(heir))
    board.running = heir
    return answer


def pattern_of(board, number):
    return f"fsw{number} {board.run('uname -r').ok().strip()}".encode()


def clean(board, numbers, pattern):
    """Nothing in these sections tells what another instance wrote; None: it wrote nothing."""
    for section in numbers:
        assert not pattern or not holds(board, section, pattern)[0], f"section {section} still holds what another instance wrote"


# -- the two halves of a boot ---------------------------------------------------------------------------------------------


def test_free_then_boot(alone):
    """Sections first, an image later, and nothing moves in between."""
    board = alone.board
    said = ask(board, f"free --start {hex(START)} --contiguous 6 --total 8")
    assert (said["instance"], said["start"]) == (2, hex(START))
    area = board.read_area()
    assert area.sections(2) == OWN
    assert area.states() == {1: "running", 2: "empty"}
    assert check_kernel(board).total == alone.total - SIZE * KIB
    assert ask(board, "status")["instances"]
    # what is prepared for somebody is not free
    said = ask(board, f"request 1 --from {hex(START)}", NONE)
    assert said["got"] == 0
    # an image that is none: refused, and all stays prepared
    before = board.read_area().picture()
    board.run("fswctl boot --prepared --instance 2 --kernel /bin/busybox").refused("ELF", status=1)
    assert board.read_area().picture() == before
    board.run("fswctl boot --prepared --instance 3 --kernel /boot/zImage-6.1").refused("instance 3", "fswctl free", status=1)
    board.boot("fswctl boot --prepared --instance 2 --kernel /boot/zImage-6.12 --initrd /boot/initrd --name second"
               f" --cmdline '{QUIET} kernelcore=48M'")
    assert board.run("uname -r").ok().startswith("6.12")
    area = board.read_area()
    assert area.sections(2) == OWN and area.instances()[2]["base"] == hex(START)
    check_kernel(board)
    leave(board)


@pytest.mark.parametrize("where", [f"--start {hex(START)}", ""], ids=["here", "anywhere"])
def test_free_undone(alone, where):
    """What was prepared comes back by a kill."""
    board = alone.board
    said = ask(board, f"free {where} --contiguous 2 --total 5")
    assert said["instance"] == 2
    assert len(board.read_area().sections(2)) == 5 and Books(board).total == alone.total - 5 * KIB
    said = ask(board, "kill 2")
    assert (said["sections"], said["online"]) == (5, 5)


@pytest.mark.parametrize("pinned", [32, 34, 37])
def test_free_all_or_nothing(alone, pinned):
    """One section cannot go: all others are back, the page was not touched, and the refusal names the section."""
    board = alone.board
    board.run(f"echo {hex(address(pinned) + 0x3000)} >{FAULTS}/pin").ok()
    with unchanged(board):
        for _ in range(2):
            board.run(f"fswctl free --start {hex(START)} --contiguous 4 --total 6").refused(rf"section {pinned}\b", "in use", status=1)
            check_kernel(board)
    board.run(f"echo 0 >{FAULTS}/pin").ok()
    ask(board, f"free --start {hex(START)} --contiguous 4 --total 6")
    ask(board, "kill 2")


REFUSED_FREE = {"none": ("--contiguous 0", 2, "0"), "more-in-one": ("--contiguous 4 --total 3", 2, "more than --total"),
                "much": ("--contiguous 2 --total 70", 1, "not enough sections"),
                "core": ("--start 0x60000000 --contiguous 2", 1, "nobody's" if harness.WORLD == "closed" else "kernel core of instance 1"),
                "shared": ("--start 0x98000000 --contiguous 8", 1, "section 6[23]"),
                "outside": ("--start 0xa0000000 --contiguous 1", 1, "outside the map"),
                "unaligned": ("--start 0x80800000 --contiguous 1", 1, "multiple of"),
                # a section may begin there, and no kernel
                "no-beginning": ("--start 0x81000000 --contiguous 1", 1, "multiple of 128 MiB"),
                "itself": ("--start 0x80000000 --contiguous 1 --instance 1", 1, "in use"), "who": ("--contiguous 1 --instance 99", 1, "bad argument")}


@pytest.mark.parametrize("options, status, word", REFUSED_FREE.values(), ids=REFUSED_FREE)
def test_free_refused(alone, options, status, word):
    with unchanged(alone.board):
        alone.board.run(f"fswctl free {options}").refused(word, status=status)


# -- exit -------------------------------------------------------------------------------------------------------------------


def test_exit_with_memory_lent(alone):
    """Memory lent both ways: the parent has all of it afterwards, its kernel core too, movable and on-line, with nothing of the child in it."""
    board = alone.board
    bring(board)
    said = ask(board, f"request 2 --from {hex(address(36))}")
    assert listed(said) == {36: 2, 37: 2}
    board.go(2).ok()
    said = ask(board, f"request 3 --from {hex(address(44))}")
    assert listed(said) == {44: 1, 45: 1, 46: 1}
    board.run("fill; rm /tmp/fill").ok()
    pattern = pattern_of(board, 2)
    area = board.read_area()
    had = area.sections(2)
    assert had == [32, 33, 34, 35, 38, 39, 44, 45, 46] and sections(area, "core", 2) == [32, 33, 34, 39]
    assert any(holds(board, section, pattern)[0] for section in had)
    with unchanged(board):
        said = ask(board, "exit --dry-run")
    answer = leave(board)
    assert answer.status == ALL and re.search(r"instance 2 ended", answer.text), answer
    clean(board, had, pattern)
    found = kinds(board.read_area())
    assert {found[section] for section in [*OWN, 44, 45, 46]} == {("movable", 1)}
    # and it is memory like any other: it can go again
    said = ask(board, f"release {hex(address(33))} {hex(address(45))}")
    assert said["gave"] == 2
    assert ask(board, "request 2")["got"] == 2


def test_exit_of_a_parent(alone):
    """1 boots 2, 2 boots 3 from its own memory, 2 leaves while 3 sleeps: 3 is 1's child then, and as it was."""
    board = alone.board
    board.boot(guest("6.12", START, 14))
    board.run("mount -t ext4 -o ro /dev/vda1 /mnt").ok()
    command = guest("6.1", 0x88000000, 4, name="grandchild").replace("/boot/", "/mnt/").replace("kernelcore=48M", "")
    board.boot(command, 3)
    board.run("ballast start 3 anon=16; echo three >/tmp/mine").ok()
    area = board.read_area()
    assert area.instances()[3]["parent"] == 2 and area.sections(3) == [40, 41, 42, 43]
    board.go(2).ok()
    answer = leave(board)
    assert re.search(r"instance 2 ended", answer.text), answer
    area = board.read_area()
    assert area.states() == {1: "running", 3: "sleeping"} and area.instances()[3]["parent"] == 1
    assert area.sections(3) == [40, 41, 42, 43]
    assert sections(area, "movable", 1) == [section for section in alone.movable if section not in range(40, 44)]
    assert check_kernel(board).total == alone.total - 4 * KIB
    # it was put to sleep by a command that waits for 2
    board.go(3).ok()
    assert board.run("cat /tmp/mine; uname -r").ok().startswith("three\n6.1")
    board.run("ballast full 0").ok()
    check_kernel(board)
    leave(board)


def test_exit_to_who_is_left(alone):
    """The parent is gone: its parent inherits."""
    board = alone.board
    board.boot(guest("6.12", START, 14))
    board.run("mount -t ext4 -o ro /dev/vda1 /mnt").ok()
    board.boot(guest("6.1", 0x88000000, 4).replace("/boot/", "/mnt/").replace("kernelcore=48M", ""), 3)
    board.go(1).ok()
    said = ask(board, "kill 2")
    assert (said["sections"], said["online"]) == (10, 10)
    area = board.read_area()
    assert area.states() == {1: "running", 3: "sleeping"} and area.instances()[3]["parent"] == 1
    board.hanging.pop(2)
    board.go(3).ok()
    leave(board)


def test_exit_refused(alone):
    """The master cannot leave; a guest that cannot suspend does not."""
    board = alone.board
    with unchanged(board):
        board.run("fswctl exit").refused("master", status=1)
        board.run("fswctl exit --dry-run").refused("master", status=1)
    board.boot(guest("6.12", START, SIZE))
    for step in ("devices", "late", "core"):
        board.run(f"echo {step} >{FAULTS}/refuse").ok()
        with unchanged(board):
            board.run("fswctl exit").refused(status=5)
    board.run(f"echo >{FAULTS}/refuse; echo 1 >{FAULTS}/spoil").ok()
    # who should inherit is beyond reach: the guest goes on
    board.run("fswctl exit").refused(status=3)
    assert board.read_area().states() == {1: "sleeping", 2: "running"}
    page = 0x9F000000 + int.from_bytes(board.read_area().bytes[44:48], "little")
    with board.debugger() as debugger:
        # what the fault has spoilt: the argument of the resume record
        debugger.write(page + 64 + 8, [debugger.read(page + 64 + 8, 1)[0] ^ 1])
    leave(board)


# -- kill -------------------------------------------------------------------------------------------------------------------


def a_sleeper(board):
    bring(board)
    # with memory of the master's, and lent some
    ask(board, f"request 1 --from {hex(address(37))}")
    board.go(2).ok()
    ask(board, f"request 2 --from {hex(address(50))}")
    board.run("fill").ok()
    pattern = pattern_of(board, 2)
    board.go(1).ok()
    board.hanging.pop(2)
    return [*[section for section in OWN if section != 37], 50, 51], pattern


def a_loaded(board):
    board.run(guest("6.1", START, 6, more="--stay")).ok()
    # of its kernel, as it lies in the file
    return OWN[:6], (kernel("6.1") / "zImage").read_bytes()[0x100000:0x100040]


def a_prepared(board):
    ask(board, f"free --start {hex(START)} --contiguous 3 --total 4")
    return OWN[:4], None


def a_dead(board):
    board.boot(guest("6.12", START, SIZE))
    board.run("fill").ok()
    pattern = pattern_of(board, 2)
    board.reset()
    said = board.finish(board.hanging.pop(1))
    board.running = 1
    assert said.status == 6 and board.read_area().states() == {1: "running", 2: "dead"}, said
    return OWN, pattern


@pytest.mark.parametrize("make", [a_sleeper, a_loaded, a_prepared, a_dead])
def test_kill(alone, make):
    """Whoever does not run can be ended: all of its memory is here at once, nobody suspends for it, and nothing of the dead can be read."""
    board = alone.board
    had, pattern = make(board)
    assert board.read_area().sections(2) == had
    assert not pattern or any(holds(board, section, pattern)[0] for section in had), "the test would show nothing"
    before = Books(board).total
    log = board.run("fswctl log --json").json()["entries"]
    with unchanged(board):
        assert ask(board, "kill 2 --dry-run")["sections"] == len(had)
    said = ask(board, "kill 2")
    assert (said["sections"], said["online"]) == (len(had), len(had)), said
    assert Books(board).total - before == len(had) * KIB
    assert board.run("fswctl log --json").json()["entries"] == log
    clean(board, had, pattern)
    found = kinds(board.read_area())
    assert {found[section] for section in had} == {("movable", 1)}
    with unchanged(board):
        board.run("fswctl kill 2").refused("no such instance|empty", status=1)
        board.run("fswctl switch 2").refused(status=1)


def test_kill_refused(alone):
    board = alone.board
    with unchanged(board):
        board.run("fswctl kill 1").refused("asker|itself|master", status=1)
        board.run("fswctl kill 4").refused("no such instance|empty", status=1)
        board.run("fswctl kill 0").refused("not an instance number", status=2)
        board.run("fswctl kill 99").refused("bad argument", status=1)
        board.run("fswctl kill").refused(status=2)
    board.boot(guest("6.12", START, SIZE))
    with unchanged(board):
        board.run("fswctl kill 1").refused("master", status=1)
        board.run("fswctl kill 2").refused("asker|itself", status=1)
        board.run("fswctl kill 3").refused("no such instance|empty", status=1)
    leave(board)


def test_kill_by_a_guest(alone):
    """What the killer cannot use, below its base, is free; the master asks for it and has it."""
    board = alone.board
    bring(board, 2, "6.12", START, SIZE)
    bring(board, 3, "6.1", 0x70000000, 4)
    board.go(3).ok()
    ask(board, f"request 2 --from {hex(address(40))}")
    board.run("fill; rm /tmp/fill").ok()
    pattern = pattern_of(board, 3)
    assert board.read_area().sections(3) == [16, 17, 18, 19, 40, 41]
    board.go(2).ok()
    before = Books(board).total
    said = ask(board, "kill 3")
    board.hanging.pop(3)
    assert (said["sections"], said["online"]) == (6, 2), said
    area = board.read_area()
    assert area.states() == {1: "sleeping", 2: "running"}
    assert sections(area, "free") == [16, 17, 18, 19] and area.sections(2) == [*OWN, 40, 41]
    assert check_kernel(board).total - before == 2 * KIB
    clean(board, [40, 41], pattern)
    board.go(1).ok()
    said = ask(board, f"request 4 --from {hex(address(16))}")
    assert listed(said) == {number: None for number in range(16, 20)} and said["visited"] == []
    clean(board, range(16, 20), pattern)
    ask(board, "kill 2")
    board.hanging.pop(2)


# -- again and again --------------------------------------------------------------------------------------------------------


def test_same_memory_again(alone):
    """Booted, ended, booted again into the memory that came back: after each turn all sections are there, and what the master holds is whole."""
    board = alone.board
    board.run("ballast check 16").ok()
    for turn in range(CYCLES):
        how = ("exit", "switch")[turn % 2]
        release = ("6.1", "6.12")[turn // 2 % 2]
        start = (0x80000000, 0x78000000, 0x90000000)[turn % 3]
        command = boot_command(release, start, 3, f"turn-{turn}", f"rdinit=/bin/memleave memleave={how}", "--direct" if turn // 4 % 2 else "")
        end = "&& fswctl kill 2 " if how == "switch" else ""
        answer = board.run(f"{{ {command} {end}; }} >/tmp/said 2>&1; status=$?; cat /tmp/said; grep MemTotal /proc/meminfo; (exit $status)",
                           timeout=60)
        assert answer.status == 0 and re.search("instance 2 ended" if how == "exit" else "Instance 2 is gone", answer.text), f"turn {turn}: {answer}"
        found = re.search(r"MemTotal: +(\d+) kB", answer.text)
        assert found and int(found.group(1)) == alone.total, f"turn {turn}: {answer}"
        area = board.read_area()
        assert area.picture() == alone.picture, f"turn {turn}: {answer}"
        if turn % 10 == 9:
            board.run("ballast check 16").ok()
            check_kernel(board)
