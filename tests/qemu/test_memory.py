# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Memory moves between three Linux kernels: who gets what from whom, in which order, what stays and why, and how the books follow.

Sections are of 16 MiB. Where they lie when a test begins: instance 1 has 0 to 31, 40 to 47 and 54 to 62, instance 2 has 32 to 39, 3 has 48 to 53;
63 is shared. Of 2 can be claimed 35 to 38, of 3 51 and 52, of 1 all but 0 to 7 and 62: in its highest section, too, a kernel keeps what it laid down
when it booted. An instance can have what lies above its own beginning.
"""
import os
import re

import pytest

from conftest import firmwares, kernel, rootfs
from harness import CARVE, SECTION, SECTIONS, WORLD, run
from memory_helper import (ALL, FAULTS, FENCE, HIGH, KIB, NONE, OF2, OF3, PAGES, SHARED, SOME, Books, Trio, address, ask, check_kernel, entry_of,
                           guest, hexes, holds, kinds, listed, naps, page_of, sections, shared_board, spoilt, spread, unchanged, view)


@pytest.fixture(scope="module")
def trios():
    trio = Trio()
    yield trio
    trio.stop()


@pytest.fixture
def trio(request, trios):
    yield from shared_board(request, trios)


def steady(board, *instances):
    return naps(board.read_area("asleep"), *instances)


def total(board):
    return int(re.search(r"\d+", board.run("grep MemTotal /proc/meminfo").ok()).group())


# -- any N ----------------------------------------------------------------------------------------------------------------


def test_any_all_free(trio):
    """As many as are free: taken at once, and nobody suspends."""
    given = [40, 41, 42, 43]
    said = ask(trio.here(1), f"release {hexes(given)}")
    assert (said["wanted"], said["gave"]) == (4, 4) and sorted(listed(said)) == given
    board = trio.here(2)
    before, asleep = Books(board), steady(board, 1, 3)
    log = board.run("fswctl log --json").json()["entries"][-1]["number"]
    said = ask(board, "request 3")
    assert (said["wanted"], said["got"], said["visited"], said["skipped"]) == (3, 3, [], [])
    assert listed(said) == {40: None, 41: None, 42: None}
    assert steady(board, 1, 3) == asleep
    assert board.run("fswctl log --json").json()["entries"][-1]["number"] == log
    after = check_kernel(board)
    assert after.total - before.total == 3 * KIB
    area = board.read_area()
    assert area.sections(2) == [*range(32, 43)] and sections(area, "free") == [43]
    assert sections(area, "movable", 2) == [*OF2, 40, 41, 42]


def test_any_part_free(trio):
    """What is free first, the rest from a sleeper; the other is not asked."""
    ask(trio.here(1), f"release {hexes([40, 41])}")
    board = trio.here(2)
    before, asleep = Books(board), steady(board, 3)
    said = ask(board, "request 4")
    assert (said["got"], said["visited"], said["skipped"]) == (4, [1], [])
    found = listed(said)
    assert found[40] is None and found[41] is None and sorted(found.values(), key=str) == [1, 1, None, None]
    assert steady(board, 3) == asleep
    assert check_kernel(board).total - before.total == 4 * KIB
    assert len(board.read_area().sections(2)) == trio.sizes[2] + 4
    check_kernel(trio.here(1))


def test_any_from_one(trio):
    """All from one sleeper, and what it is told: how many, from whom, how long."""
    board = trio.here(1)
    asleep = steady(board, 3)
    text = board.run("fswctl request 3").ok()
    assert re.search(r"got 3 of 3", text), text
    assert re.search(r"instance 2", text) and re.search(r"\d ms", text), text
    assert steady(board, 3) == asleep
    area = board.read_area()
    assert len(sections(area, "movable", 2)) == 1 and len(area.sections(1)) == len(trio.own[1]) + 3
    check_kernel(board)
    check_kernel(trio.here(2))


def test_any_from_two(trio):
    """One sleeper does not have enough: the next is asked for the rest only."""
    board = trio.here(1)
    said = ask(board, "request 5")
    assert (said["got"], said["visited"], said["skipped"]) == (5, [2, 3], [])
    assert sorted(listed(said).values()) == [2, 2, 2, 2, 3]
    area = board.read_area()
    assert sections(area, "movable", 2) == [] and len(sections(area, "movable", 3)) == 1
    for number in (1, 2, 3):
        check_kernel(trio.here(number))


def test_more_than_exists(trio):
    """All there are, and the exit status says: some. After that there is nothing, and the exit status says so too."""
    board = trio.here(1)
    said = ask(board, "request 40", SOME)
    assert (said["wanted"], said["got"], said["visited"]) == (40, 6, [2, 3])
    assert sorted(listed(said)) == [*OF2, *OF3]
    with unchanged(board):
        board.run("fswctl request 1").refused(status=NONE)
    text = board.run(f"fswctl release {hexes(OF2[:1])}; fswctl request 40").text
    assert re.search(r"got 1 of 40", text), text


@pytest.mark.parametrize("count", ["0", "-1", "nonsense", "99999999999"])
def test_no_number(trio, count):
    """Zero sections and what is no number: refused before anything is asked."""
    with unchanged(trio.board):
        for command in ("request", "release"):
            trio.board.run(f"fswctl {command} {count}").refused(re.escape(count), status=2)


# -- what does not move, and what only seems so ------------------------------------------------------------------------------


def ballast(board, command):
    return board.run(f"ballast {command}").ok()


def where(board, kind):
    """In which sections the ballast's pages are, and how many."""
    row = re.search(rf"^{kind}((?: \d+:\d+)*)$", ballast(board, "where"), re.M).group(1)
    return {int(section): int(pages) for section, pages in (part.split(":") for part in row.split())}


def lies(board, kind):
    return sorted(where(board, kind))


def test_locked_memory_moves(trio):
    """Memory that a process has locked moves like any other, and is the same afterwards."""
    board = trio.here(2)
    ballast(board, "start 2 locked=24 anon=8")
    there = [section for section in lies(board, "locked") if section in trio.movable[2]]
    assert there, "the locked memory lies in no movable section: the test would show nothing"
    said = ask(trio.here(1), f"request 1 --from {hex(address(there[0]))}")
    assert listed(said) == {there[0]: 2}
    board = trio.here(2)
    assert there[0] not in lies(board, "locked")
    ballast(board, "full 0")
    assert int(re.search(r"VmLck:\s+(\d+)", board.run("cat /proc/$(pidof ballast | tr ' ' '\\n' | head -n 1)/status").ok()).group(1)) >= 24 << 10
    # and out of its own hands
    there = [section for section in lies(board, "locked") if section in trio.movable[2]]
    if there:
        assert listed(ask(board, f"release {hexes(there[:1])}")) == {there[0]: 2}
        ballast(board, "full 0")
    ballast(board, "stop")


def pin_of_fault(board, section):
    board.run(f"echo {hex(address(section) + 0x5000)} >{FAULTS}/pin").ok()
    yield section
    board.run(f"echo 0 >{FAULTS}/pin").ok()


def pin_of_splice(board, section):
    """A page that a pipe holds, as for I/O."""
    ballast(board, "start 2 anon=20")
    section = [number for number in lies(board, "anon") if number in OF2][0]
    ballast(board, f"pin {section}")
    yield section
    ballast(board, "unpin")
    ballast(board, "full 0")
    ballast(board, "stop")


PINS = {"driver": (pin_of_fault, "allocated by the kernel or a driver"), "pipe": (pin_of_splice, "held by I/O or a pipe")}


@pytest.mark.parametrize("pin, why", PINS.values(), ids=PINS)
def test_pinned_stays(trio, pin, why):
    """A section with a page that cannot move stays, and is named with the reason: to who asks for it, to who would give it, in the map."""
    board = trio.here(2)
    pinning = pin(board, 37)
    section = next(pinning)
    before = Books(board)

    # in the map of who has it
    for command in ("map", "status"):
        said = ask(board, command)
        found = {entry["section"]: entry["why"] for entry in said["pinned"]}
        assert found == {section: why}, said["pinned"]
        text = board.run(f"fswctl {command}").ok()
        assert re.search(rf"{hex(address(section))}.*{why}", text), text

    # of its own will
    with unchanged(board):
        for dry in ("", " --dry-run"):
            said = ask(board, f"release {hexes([section])}{dry}", NONE)
            entry = entry_of(said, section)
            assert (entry["what"], entry["owner"], entry["why"]) == ("in-use", 2, why), entry
        board.run(f"fswctl release {hexes([section])}").refused(hex(address(section)), why, status=NONE)
    # any: passed over
    said = ask(board, "release 4", SOME)
    assert said["gave"] == 3 and section not in listed(said) and entry_of(said, section)["what"] == "in-use"
    ask(board, f"request 4 --from {hex(address(OF2[0]))}")
    assert check_kernel(board).total == before.total

    # a sleeper's
    board = trio.here(1)
    said = ask(board, f"request 4 --from {hex(address(OF2[0]))}", SOME)
    assert said["got"] == 3 and sorted(listed(said)) == [number for number in OF2 if number != section]
    entry = entry_of(said, section)
    assert (entry["what"], entry["owner"]) == ("in-use", 2), entry
    with unchanged(board, undisturbed=False):
        answer = board.run(f"fswctl request 1 --from {hex(address(section))}")
        assert answer.status == NONE and re.search(rf"{hex(address(section))}.*in use in instance 2", answer.text), answer.text
    board = trio.here(2)
    next(pinning, None)
    assert ask(board, "map")["pinned"] == []
    # and now it goes
    assert listed(ask(trio.here(1), f"request 1 --from {hex(address(section))}")) == {section: 2}


def test_pinned_for_dma(bench):
    """A page that a device is writing to stays: the disk is so slow that a read into memory lasts."""
    disk = bench.folder() / "disk.img"
    with open(disk, "wb") as file:
        file.truncate(4 << 20)
    # the lowest movable section is all the kernel's: beside what a firmware overwrites, one may use pages, but not give the section
    board = bench.board("6.12", "kernelcore=160M", disk=disk)
    slow = dict(device="disk", bps_rd=0, bps_wr=0, iops=0, iops_rd=0, iops_wr=0)
    board.driver.qmp.execute("block_set_io_throttle", bps=32768, **slow)
    board.run("dd if=/dev/vda of=/dev/null bs=1M count=4 iflag=direct 2>/dev/null & usleep 300000").ok()
    found = {entry["section"]: entry["why"] for entry in ask(board, "map")["pinned"]}
    section = next(iter(found))
    assert found == {section: "pinned for DMA or direct I/O"}, found
    with unchanged(board):
        board.run(f"fswctl release {hexes([section])}").refused(hex(address(section)), "pinned for DMA or direct I/O", status=NONE)
    board.driver.qmp.execute("block_set_io_throttle", bps=0, **slow)
    board.run("wait").ok()
    assert ask(board, "map")["pinned"] == []
    assert ask(board, f"release {hexes([section])}")["gave"] == 1


# -- from an address --------------------------------------------------------------------------------------------------------


def test_from_exactly(trio):
    """Those and no others, though lower ones and free ones could be had."""
    ask(trio.here(1), f"release {hexes([40, 60])}")
    board = trio.here(2)
    said = ask(board, f"request 3 --from {hex(address(44))}")
    assert listed(said) == {44: 1, 45: 1, 46: 1} and said["got"] == 3
    area = board.read_area()
    assert sections(area, "free") == [40, 60] and area.sections(2) == [*range(32, 40), 44, 45, 46]
    # its own, a free one, a sleeper's
    said = ask(board, f"request 5 --from {hex(address(39))}")
    assert said["got"] == 5 and {40: None, 41: 1, 42: 1, 43: 1}.items() <= listed(said).items()
    check_kernel(board)


def test_from_partly_own(trio):
    """What is there already counts as got."""
    board = trio.here(2)
    before = total(board)
    said = ask(board, f"request 4 --from {hex(address(38))}")
    assert said["got"] == 4 and listed(said).items() >= {40: 1, 41: 1}.items()
    assert total(board) - before == 2 * KIB
    with unchanged(board):
        said = ask(board, f"request 4 --from {hex(address(38))}")
        assert said["got"] == 4 and said["visited"] == []


@pytest.mark.parametrize("first, count", [(30, 4), (16, 2), (31, 1), (0, 64)])
def test_from_below_base(trio, first, count):
    """A 32-bit kernel cannot use what lies below its beginning: refused whole, also where part of it could be had."""
    board = trio.here(2)
    with unchanged(board):
        answer = board.run(f"fswctl request {count} --from {hex(address(first))}").refused("below", "0x0*80000000", status=NONE)
        assert "instance 2" in answer or "this instance" in answer, answer


def test_any_never_below_base(trio):
    """Any number: nothing below is taken, not even if it is free."""
    ask(trio.here(1), f"release {hexes([12, 20, 31])}")
    board = trio.here(2)
    said = ask(board, "request 60", SOME)
    assert sorted(listed(said)) == sorted([*HIGH, *OF3]) and said["got"] == len(HIGH) + 2
    assert sections(board.read_area(), "free") == [12, 20, 31]
    check_kernel(board)


def test_from_shared(trio):
    """The shared section is everyone's and nobody's to take: the others come, it is named."""
    board = trio.here(2)
    said = ask(board, f"request 4 --from {hex(address(60))}", SOME)
    assert said["got"] == 2 and listed(said) == {60: 1, 61: 1}
    entry = entry_of(said, SHARED)
    assert entry["what"] == "refused" and entry["error"] == "SHARED", entry
    with unchanged(board):
        board.run(f"fswctl request 1 --from {hex(CARVE)}").refused(hex(CARVE), "shared", status=NONE)


def test_from_kernel_core(trio):
    """What another's kernel keeps for itself never leaves it: named, and the rest comes."""
    board = trio.here(1)
    said = ask(board, f"request 4 --from {hex(address(33))}", SOME)
    assert said["got"] == 2 and listed(said) == {35: 2, 36: 2}
    for section in (33, 34):
        entry = entry_of(said, section)
        assert (entry["what"], entry["owner"], entry["error"]) == ("refused", 2, "KERNEL_CORE"), entry
    with unchanged(board):
        board.run(f"fswctl request 1 --from {hex(address(32))}").refused("0x80000000", "kernel core", status=NONE)
        # nor its own
        said = ask(board, f"release {hexes([2])}", NONE)
        assert entry_of(said, 2)["error"] == "KERNEL_CORE"


MAP, MULTIPLE = "the map goes from 0x60000000 to 0xa0000000", "is no multiple of the section size, 16 MiB"
WRONG = {"end": (address(SHARED), 2, "OUTSIDE", MAP), "beyond": (address(SECTIONS), 1, "OUTSIDE", MAP), "far": (0xFFFF000000, 1, "OUTSIDE", MAP),
         "wrap": (0xFFFFFFFFFF000000, 2, "OUTSIDE", MAP), "half": (address(40) + SECTION // 2, 1, "ALIGNMENT", MULTIPLE),
         "byte": (address(40) + 1, 2, "ALIGNMENT", MULTIPLE)}


@pytest.mark.parametrize("start, count, error, word", WRONG.values(), ids=WRONG)
def test_from_nowhere(trio, start, count, error, word):
    """Beyond all memory, and at no section's beginning: refused whole. Below the map: see the base."""
    board = trio.here(2)
    with unchanged(board):
        said = ask(board, f"request {count} --from {hex(start)}", NONE)
        assert said["error"]["name"] == error and said["got"] == 0, said
        board.run(f"fswctl request {count} --from {hex(start)}").refused(word, status=NONE)
        if count == 1 or error == "ALIGNMENT":
            said = ask(board, f"release {hex(start)}", NONE)
            assert said["error"]["name"] == error and said["gave"] == 0, said


# -- the round --------------------------------------------------------------------------------------------------------------

ROUNDS = {"2-stops": (2, 16, ALL, [1]), "2-goes-on": (2, 17, ALL, [1, 3]), "1-stops": (1, 4, ALL, [2]), "1-goes-on": (1, 6, ALL, [2, 3]),
          "3-stops": (3, 8, ALL, [1]), "3-gets-some": (3, 9, SOME, [1, 2])}


@pytest.mark.parametrize("source, count, status, visited", ROUNDS.values(), ids=ROUNDS)
def test_round(trio, source, count, status, visited):
    """From the lowest instance up, never the source, until there is enough: whoever is not visited does not even wake."""
    board = trio.here(source)
    others = [number for number in (1, 2, 3) if number != source]
    before = steady(board, *others)
    said = ask(board, f"request {count}", status)
    after = steady(board, *others)
    woken = [number for number in others if after[number] != before[number]]
    assert (said["visited"], said["skipped"], woken) == (visited, [], visited)
    assert said["got"] == min(count, 8 if source == 3 else 40)
    owners = list(listed(said).values())
    assert set(owners) <= set(visited)
    for number in visited:
        # who has the rest is asked only when all of the one before is there
        there = len([section for section in trio.movable[number] if section >= trio.own[source][0]])
        assert owners.count(number) == there or number == visited[-1]
    area = board.read_area()
    assert area.states() == {number: "running" if number == source else "sleeping" for number in (1, 2, 3)}
    for number in visited:
        assert re.search(r"fsw: gave \d+ sections", trio.here(number).run("dmesg").ok())


def test_round_passes_over_the_empty(trio):
    """An instance that never ran has nothing to say: it is not visited, and what was prepared for it stays its own."""
    board = trio.here(1)
    ask(board, f"free --start {hex(address(56))} --contiguous 2 --total 2")
    board.run(guest("6.1", address(24), 4, more="--stay", name="loaded")).ok()
    area = board.read_area()
    assert area.states() == {1: "running", 2: "sleeping", 3: "sleeping", 4: "empty", 5: "loaded"}
    assert area.sections(4) == [56, 57] and area.sections(5) == [24, 25, 26, 27]
    before = area.picture()["instances"]
    board = trio.here(2)
    said = ask(board, "request 60", SOME)
    assert said["visited"] == [1, 3] and said["skipped"] == []
    assert sorted(listed(said)) == [number for number in sorted([*HIGH, *OF3]) if number not in (56, 57)]
    said = ask(board, f"request 1 --from {hex(address(56))}", NONE)
    entry = entry_of(said, 56)
    assert (entry["what"], entry["owner"]) == ("refused", 4), entry
    board = trio.here(1)
    area = board.read_area()
    assert area.sections(4) == [56, 57] and area.sections(5) == [24, 25, 26, 27]
    assert [entry for entry in area.picture()["instances"] if entry["id"] > 3] == [entry for entry in before if entry["id"] > 3]
    ask(board, "kill 4")
    ask(board, "kill 5")


@pytest.mark.parametrize("source, lost, count, got, visited", [(1, 2, 5, 2, [3]), (1, 3, 5, 4, [2]), (2, 1, 2, 2, [3]), (3, 1, 1, 0, [2])])
def test_unreachable_is_skipped(trio, source, lost, count, got, visited):
    """A sleeper whose page is damaged is passed over and named, the next is asked; whole again, it resumes."""
    board = trio.here(source)
    with spoilt(board, lost):
        said = ask(board, f"request {count}", ALL if got == count else SOME if got else NONE)
        assert (said["got"], said["visited"], said["skipped"]) == (got, visited, [lost])
        assert set(listed(said).values()) <= set(visited)
        board.run("fswctl request 60").refused(rf"instance {lost}\b.* could not be reached", f"fswctl kill {lost}" if lost != 1 else "fswctl status")
        assert board.read_area().states() == {number: "running" if number == source else "sleeping" for number in (1, 2, 3)}
    trio.here(lost)


def test_nobody_is_reachable(trio):
    board = trio.here(1)
    with spoilt(board, 2), spoilt(board, 3):
        with unchanged(board):
            board.run("fswctl request 1").refused("instance 2", "instance 3", status=NONE)
        # what is free can still be had
        ask(board, f"release {hexes([61])}")
        said = ask(board, "request 2", SOME)
        assert said["got"] == 1 and said["skipped"] == [2, 3] and said["visited"] == []


def mend(board, instance, good):
    board.write_memory(CARVE + page_of(board.read_area("whole"), instance) + 64, good)


@pytest.mark.parametrize("count, got", [(5, 2), (2, 2), (1, 1)])
def test_spoilt_at_the_handover(trio, count, got):
    """The sleeper's page goes bad after the request had looked at it: the hand-over finds it, and the next is asked."""
    board = trio.here(1)
    good = naps(board.read_area("good"), 2)[2]
    board.run(f"echo 1 >{FAULTS}/spoil").ok()
    said = ask(board, f"request {count}", ALL if got == count else SOME)
    assert (said["got"], said["visited"], said["skipped"]) == (got, [3], [2])
    assert set(listed(said).values()) == {3}
    assert naps(board.read_area("spoilt"), 2)[2] != good
    mend(board, 2, good)
    check_kernel(trio.here(2))


def test_spoilt_at_the_only_handover(trio):
    """There is no next: the requester resumes all the same, and nothing was lost."""
    board = trio.here(3)
    good = naps(board.read_area("good"), 1)[1]
    board.run(f"echo 1 >{FAULTS}/spoil").ok()
    said = ask(board, "request 1", NONE)
    assert (said["got"], said["visited"], said["skipped"]) == (0, [2], [1])
    mend(board, 1, good)
    assert ask(board, "request 1")["visited"] == [1]
    check_kernel(board)


@pytest.mark.parametrize("step", ["devices", "late", "core"])
def test_requester_cannot_suspend(trio, step):
    """The round does not begin: what was free is here, nobody was asked, and it is said who refused."""
    board = trio.here(1)
    ask(board, f"release {hexes([61])}")
    asleep = steady(board, 2, 3)
    board.run(f"echo {step} >{FAULTS}/refuse").ok()
    said = ask(board, "request 2", SOME)
    board.run(f"echo >{FAULTS}/refuse").ok()
    assert said["got"] == 1 and said["visited"] == [] and listed(said) == {61: None}
    assert steady(board, 2, 3) == asleep
    assert board.read_area().status()["phase"] == "idle"
    assert ask(board, "request 1")["got"] == 1


def test_visited_sleeps_at_the_second_try(trio):
    """A driver of the sleeper's refuses once on its way back to sleep: it is tried again, and the requester does not notice."""
    board = trio.here(2)
    board.run(f"echo again-once >{FAULTS}/refuse").ok()
    board = trio.here(1)
    said = ask(board, "request 5")
    assert said["visited"] == [2, 3] and sorted(listed(said)) == [*OF2, OF3[0]]
    board = trio.here(2)
    assert board.run(f"cat {FAULTS}/refuse").ok() == "\n"
    assert "refuse_late returns -16" in board.run("dmesg").ok()
    check_kernel(board)


def test_requester_is_lost(trio):
    """The requester's page goes bad while a sleeper is visited: that one has the machine and says so; mended, the other has what it wanted."""
    board = trio.here(1)
    area = board.read_area()
    resume = int.from_bytes(area.bytes[page_of(area, 2) + 64:][:8], "little")
    with board.debugger() as debugger:
        board.hanging[1] = board.begin("fswctl request 2 --json 2>/dev/null")
        debugger.run_to(resume)
        good = debugger.read(CARVE + page_of(area, 1) + 64, 1)
        debugger.write(CARVE + page_of(area, 1) + 64, [good[0] ^ 0x04])
    answer = board.finish(board.hanging.pop(2))
    board.running = 2
    answer.refused("gave memory to instance 1, which can not be resumed", "fswctl status", status=1)
    area = board.read_area()
    assert area.states() == {1: "sleeping", 2: "running", 3: "sleeping"} and area.status()["phase"] == "idle"
    assert sections(area, "free") == OF2[:2]
    board.run("fswctl switch 1").refused("resume record: bad CRC", status=3)
    board.write_memory(CARVE + page_of(area, 1) + 64, good)
    answer = board.go(1)
    said = answer.json()
    assert answer.status == ALL and said["got"] == 2 and sorted(listed(said)) == OF2[:2], said
    check_kernel(board)


@pytest.mark.parametrize("reached, given", [(2, []), (3, OF2)])
def test_reset_in_a_round(trio, reached, given):
    """The board is reset while a sleeper is visited: that one is dead, and who asked resumes with what was released until then."""
    board = trio.here(1)
    area = board.read_area()
    resume = int.from_bytes(area.bytes[page_of(area, reached) + 64:][:8], "little")
    with board.debugger() as debugger:
        begun = board.begin("fswctl request 6 --json 2>/dev/null")
        debugger.run_to(resume)
        board.reset()
    answer = board.finish(begun)
    said = answer.json()
    assert answer.status == (SOME if given else NONE) and said["got"] == len(given) and sorted(listed(said)) == given, said
    assert (said["outcome"], said["other"]) == ("collect", reached), said
    if not given:
        assert said["note"] == "none of the 6 sections came"
    # nobody is named who had no turn, and for no reason that is not so
    assert said["visited"] == ([2] if given else []) and listed(said, "reserve") == {} and listed(said, "in-use") == {}
    area = board.read_area()
    assert area.states() == {1: "running", 2: "sleeping", 3: "sleeping", reached: "dead"} and area.status()["phase"] == "idle"
    check_kernel(board)
    ask(board, f"kill {reached}")
    board.hanging.pop(reached)
    # home again
    if reached == 3:
        ask(board, f"release {hexes(OF2)}")
        ask(trio.here(2), f"request 4 --from {hex(address(OF2[0]))}")
        trio.here(1)
    board.boot(guest(trio.kernels[reached], trio.starts[reached], trio.sizes[reached]), reached)
    board.go(1).ok()


def test_visited_cannot_sleep_again(trio):
    """A driver of the sleeper's refuses on its way back to sleep: the machine is not lost, and the requester has its answer in the end."""
    board = trio.here(2)
    board.run(f"echo again >{FAULTS}/refuse").ok()
    board = trio.here(1)
    board.hanging[1] = board.begin("fswctl request 2 --json 2>/dev/null")
    # it stays awake, says why, and whoever asked is resumed by the next switch
    answer = board.finish(board.hanging.pop(2))
    board.running = 2
    answer.refused("could not fall asleep again", "fsw-fault", "fswctl switch 1", status=5)
    area = board.read_area()
    assert area.states() == {1: "sleeping", 2: "running", 3: "sleeping"} and area.status()["phase"] == "idle"
    assert sections(area, "free") == OF2[:2]
    board.run(f"echo >{FAULTS}/refuse").ok()
    answer = board.go(1)
    said = answer.json()
    assert answer.status == ALL and said["got"] == 2 and sorted(listed(said)) == OF2[:2], said
    check_kernel(board)
    board = trio.here(2)
    assert re.search(r"fsw: gave memory to instance 1, and can not fall asleep again", board.run("dmesg").ok())
    check_kernel(board)


# -- the reserve ------------------------------------------------------------------------------------------------------------


def no_oom(board):
    assert board.run("dmesg | grep -iE 'out of memory|oom-kill'").status == 1


def test_reserve_of_a_sleeper(trio):
    """A sleeper that is nearly full of data gives only so much that it keeps its reserve; its data stay, nobody is killed for it."""
    board = trio.here(2)
    ballast(board, "start 2 tmpfs=16 tmpfs@/tmp/ballast")
    # one section less would be less than 16 MiB
    ballast(board, "level 24")
    with unchanged(board):
        said = ask(board, "release 2", NONE)
        assert set(listed(said, "reserve").values()) == {2}
        board.run("fswctl release 1").refused("reserve", status=NONE)
    board = trio.here(1)
    with unchanged(board, undisturbed=False):
        said = ask(board, f"request 4 --from {hex(address(OF2[0]))}", NONE)
        assert listed(said, "reserve") == {section: 2 for section in OF2} and said["visited"] == [2, 3]
        board.run(f"fswctl request 4 --from {hex(address(OF2[0]))}").refused("instance 2 .*reserve", status=NONE)
    board = trio.here(2)
    ballast(board, "full 0")
    no_oom(board)
    # and this way for one section, not for two
    ballast(board, "level 72")
    board.run(f"echo 48 >{FAULTS}/reserve").ok()
    board = trio.here(1)
    said = ask(board, f"request 4 --from {hex(address(OF2[0]))}", SOME)
    assert said["got"] == 1 and len(listed(said)) == 1
    assert listed(said, "reserve") == {section: 2 for section in OF2 if section not in listed(said)}
    board = trio.here(2)
    assert Books(board).available >= 48 << 10
    board.run(f"echo 16 >{FAULTS}/reserve").ok()
    ballast(board, "full 0")
    ballast(board, "stop")
    no_oom(board)
    check_kernel(board)


def test_reserve_can_be_set(trio):
    """The parameter counts at once, for a sleeper too, and is shown."""
    board = trio.here(2)
    assert board.run(f"cat {FAULTS}/reserve").ok() == "16\n"
    board.run(f"echo 1000 >{FAULTS}/reserve").ok()
    with unchanged(board):
        stays = set(listed(ask(board, "release 1", NONE), "reserve"))
        assert stays and stays <= set(OF2)
    assert ask(board, "status")["memory"]["reserve"] == 1000 << 20
    assert re.search(r"1000.0 as reserve", board.run("fswctl status").ok())
    board = trio.here(1)
    said = ask(board, f"request 4 --from {hex(address(OF2[0]))}", NONE)
    assert listed(said, "reserve") == {section: 2 for section in OF2}
    # the next is asked then
    said = ask(board, "request 2")
    assert set(listed(said).values()) == {3} and said["visited"] == [2, 3]
    board = trio.here(2)
    board.run(f"echo 16 >{FAULTS}/reserve").ok()
    assert ask(board, "release 1")["gave"] == 1


def test_reserve_of_a_booting(trio):
    """Preparing a boot, and the boot itself, leave the reserve."""
    board = trio.here(1)
    available = Books(board).available >> 10
    board.run(f"echo {available - 40} >{FAULTS}/reserve").ok()
    with unchanged(board):
        board.run(f"fswctl free --start {hex(address(24))} --contiguous 4 --total 4").refused("reserve", status=NONE)
        board.run(guest("6.1", address(24), 4)).refused("reserve", status=NONE)
    board.run(f"echo 16 >{FAULTS}/reserve").ok()
    said = ask(board, f"free --start {hex(address(24))} --contiguous 4 --total 4")
    ask(board, f"kill {said['instance']}")


# -- nobody reads what another left -----------------------------------------------------------------------------------------


def test_zeroed_by_who_takes(trio):
    """What a process wrote is still there when its instance has released the section, and gone before another can read it."""
    board = trio.here(2)
    pattern = f"fsw2 {board.run('uname -r').ok().strip()}".encode()
    board.run("fill").ok()
    board.run("rm /tmp/fill /tmp/part").ok()
    asked = ask(board, "release 4")
    freed = sorted(listed(asked))
    assert freed == OF2
    for section in freed:
        assert holds(board, section, pattern)[0], f"section {section} had no pattern: the test would show nothing"
    board = trio.here(1)
    said = ask(board, f"request 4 --from {hex(address(OF2[0]))}")
    assert sorted(listed(said)) == freed and said["ms"]["zero"] > 0
    for section in freed:
        found, used = holds(board, section, pattern)
        assert not found, f"section {section} still holds what instance 2 wrote"
        assert used < SECTION // 4, f"{used} bytes of section {section} are not 0"


def test_zeroed_by_a_claim(trio):
    """The same for what a sleeper gives in a round."""
    board = trio.here(2)
    pattern = f"fsw2 {board.run('uname -r').ok().strip()}".encode()
    board.run("fill; rm /tmp/fill /tmp/part").ok()
    assert any(holds(board, section, pattern)[0] for section in OF2)
    board = trio.here(1)
    said = ask(board, f"request 4 --from {hex(address(OF2[0]))}")
    assert sorted(listed(said)) == OF2 and said["ms"]["zero"] > 0
    for section in OF2:
        assert not holds(board, section, pattern)[0], f"section {section} still holds what instance 2 wrote"


def test_zeroed_for_a_new_instance(trio):
    """At its first instruction the memory of a new instance holds its images, and else nothing."""
    board = trio.here(1)
    # all that the master can fill, then given back: old data everywhere
    release = board.run("uname -r").ok().strip()
    board.run("fill 64; rm /tmp/fill /tmp/part").ok()
    dirty = [section for section in range(16, 24) if holds(board, section, f"fsw1 {release}".encode())[0]]
    assert len(dirty) >= 4, f"only {dirty} hold old data: the test would show little"
    board.run(guest("6.12", address(16), 8, cmdline="rdinit=/bin/memleave memleave=exit", more="--stay")).ok()
    area = board.read_area("loaded")
    assert area.sections(4) == list(range(16, 24))
    entry = int(area.instances()[4]["entry"], 16)
    # of its load record: the third argument
    tree = int.from_bytes(area.bytes[page_of(area, 4) + 192 + 32:][:8], "little")
    with board.debugger() as debugger:
        begun = board.begin("fswctl boot --loaded --instance 4")
        debugger.run_to(entry)
        memory = board.read_memory(address(16), 8 * SECTION, board.folder / "entry.bin").read_bytes()
    said = board.finish(begun)
    assert said.status == 0, said
    blob = memory[tree - address(16):]
    blob = blob[:int.from_bytes(blob[4:8], "big")]
    (board.folder / "tree.dtb").write_bytes(blob)
    initrd = int(run("fdtget", "-t", "x", board.folder / "tree.dtb", "/chosen", "linux,initrd-start").split()[-1], 16)
    images = {tree: blob, initrd: rootfs(False).read_bytes(), entry: (kernel("6.12") / "zImage").read_bytes()}
    at = address(16)
    for start in sorted(images):
        image = images[start]
        assert memory[start - address(16):][:len(image)] == image, f"the image at {hex(start)} is not what was loaded"
        rest = memory[at - address(16):start - address(16)]
        assert rest.count(0) == len(rest), f"not zero between {hex(at)} and {hex(start)}"
        at = start + len(image)
    rest = memory[at - address(16):]
    assert rest.count(0) == len(rest), f"not zero from {hex(at)} on"
    (board.folder / "entry.bin").unlink()


# -- the kernel's own books -------------------------------------------------------------------------------------------------


def kept(books):
    """Of each zone: how many pages it has, its watermarks, and what it keeps from those who could be served elsewhere."""
    words = ("managed", "min", "low", "high", "protection")
    return {name: {word: zone[word] for word in words} for name, zone in books.zones.items() if zone.get("managed")}


def recomputed(board):
    """What Linux makes of it when it computes all of that anew."""
    board.run("cd /proc/sys/vm; for file in watermark_scale_factor lowmem_reserve_ratio; do read -r line <$file; echo $line >$file; done; cd").ok()
    return kept(Books(board))


@pytest.mark.parametrize("number, gain", [(1, OF2), (2, [*range(40, 46)]), (3, [*range(54, 60)])],
                         ids=["6.1", "6.12", "6.1-debug"])
def test_books(trio, number, gain):
    """MemTotal, the pages and watermarks of the zone and the names in /proc/iomem follow each section, there and back."""
    board = trio.here(number)
    recomputed(board)  # it had more pages in the end than when it booted
    before = check_kernel(board)
    ask(board, f"request {len(gain)} --from {hex(address(gain[0]))}")
    more = check_kernel(board)
    assert more.total - before.total == len(gain) * KIB
    assert more.movable() - before.movable() == len(gain) * PAGES
    assert more.movable("low") > before.movable("low") and more.movable("high") > before.movable("high")
    assert recomputed(board) == kept(more)
    assert more.zones["Normal"]["managed"] == before.zones["Normal"]["managed"]
    assert before.fenced - more.fenced == set(gain)
    # it can be used, all of it
    if number != 1:  # which has too much
        ballast(board, f"start {number}")
        ballast(board, "level 16")
        ballast(board, "full 0")
        assert set(gain) <= set(lies(board, "anon"))
        ballast(board, "stop")
        no_oom(board)
    ask(board, f"release {hexes(gain)}")
    after = check_kernel(board)
    assert after.total == before.total and kept(after) == kept(before) and after.fenced == before.fenced
    # of one that is visited too
    asker, given = {1: (2, [40, 41]), 2: (1, OF2[:2]), 3: (1, OF3)}[number]
    ask(trio.here(asker), f"request 2 --from {hex(address(given[0]))}")
    board = trio.here(number)
    less = check_kernel(board)
    assert before.total - less.total == 2 * KIB and before.movable() - less.movable() == 2 * PAGES
    assert less.movable("low") < before.movable("low") and less.movable("high") < before.movable("high")
    assert recomputed(board) == kept(less) and less.fenced - before.fenced == set(given)


def test_iomem(trio):
    """/proc/iomem names what is not this instance's, within System RAM, and nothing else."""
    board = trio.here(3)
    names = re.findall(rf"^( *)([0-9a-f]+-[0-9a-f]+) : {FENCE}$", board.run("cat /proc/iomem").ok(), re.M)
    assert all(indent for indent, _ in names)
    assert [runs for _, runs in names] == ["96000000-9effffff"]
    ask(board, f"request 2 --from {hex(address(56))}")
    names = re.findall(rf"^ +([0-9a-f]+-[0-9a-f]+) : {FENCE}$", board.run("cat /proc/iomem").ok(), re.M)
    assert names == ["96000000-97ffffff", "9a000000-9effffff"]
    board = trio.here(1)
    names = re.findall(rf"^ +([0-9a-f]+-[0-9a-f]+) : {FENCE}$", board.run("cat /proc/iomem").ok(), re.M)
    assert names == ["80000000-87ffffff", "90000000-95ffffff", "98000000-99ffffff"]


def test_shown(trio):
    """status and map say the sizes, who owns what, and what can be claimed."""
    board = trio.here(1)
    status = ask(board, "status")
    rows = {row["id"]: row for row in status["instances"]}
    for number in (1, 2, 3):
        assert rows[number]["core_sections"] == len(trio.core[number]) and rows[number]["movable_sections"] == len(trio.movable[number])
    assert status["claimable"] == 6
    assert status["memory"]["total"] == Books(board).total << 10 and status["memory"]["reserve"] == 16 << 20
    said = ask(board, "map")
    assert spread(said["online"]) == trio.own[1]
    assert spread(said["taken"]) == [*trio.own[2], *trio.own[3]] and said["fenced"] == [] and said["pinned"] == []
    held = view(trio.here(2))
    assert sorted(held["fenced"] + held["taken"]) == [*range(40, 63)]
    assert ask(board, "status")["claimable"] == len(HIGH) + 2
    text = board.run("fswctl map").ok()
    assert "kernel core" in text and "movable" in text and "shared" in text


# -- what nobody may use ----------------------------------------------------------------------------------------------------


FIRMWARE = ((address(45) + 0x100000, 0x100000), (address(51) - 0x1000, 0x2000))


@pytest.fixture(scope="module")
def odd_tree():
    """The master has 1000 MiB, so half of section 62; and the board's firmware overwrites 1 MiB in 45 and what is around the seam of 50 and 51."""
    folder = rootfs(True).parent
    tree = folder / "board-excluded.dtb"
    source = folder / "board-excluded.dts"
    nodes = ""
    for start, size in FIRMWARE:
        nodes += f'firmware@{start:x} {{ compatible = "fsw,excluded"; reg = <0x{start:x} 0x{size:x}>; }};\n'
    text = run("dtc", "-q", "-I", "dtb", "-O", "dts", kernel("6.1") / f"{'closed' if WORLD == 'closed' else 'board'}.dtb")
    assert "reserved-memory {" in text
    text = re.sub(r"(reserved-memory \{(?:\n[^{}]*;)*\n)", lambda match: match.group(1) + nodes, text, count=1)
    source.write_text(text)
    run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tree, source)
    return tree


def test_excluded_and_partial(bench, odd_tree):
    """What the firmware overwrites, and what the master has only a part of, is nobody's for good."""
    odd = [45, 50, 51, 62]
    nobody = [*firmwares(), *odd]
    # from where the master's memory begins
    board = bench.board(cmdline=f"mem={984 if WORLD == 'closed' else 1000}M", tree=odd_tree)

    def still():
        area = board.read_area()
        found = kinds(area)
        assert [number for number in found if found[number] == ("nobody", None)] == nobody
        return area

    area = still()
    movable = sections(area, "movable", 1)
    assert sorted([*sections(area, "core", 1), *movable, *nobody, SHARED]) == list(range(SECTIONS)) and len(movable) > 40
    for section in nobody:
        said = ask(board, f"release {hexes([section])}", NONE)
        assert entry_of(said, section)["what"] == "refused", said
    for start, section in ((40, 45), (48, 50)):
        board.run(f"fswctl free --start {hex(address(start))} --contiguous 7").refused(rf"section {section}\b.* nobody", status=NONE)
    still()
    # all that goes: they are not among it
    said = ask(board, "release 60", SOME)
    assert not set(nobody) & set(listed(said)) and sections(still(), "free") == sorted(listed(said))
    assert ask(board, "request 60", SOME)["got"] == said["gave"]
    board.boot(guest("6.12", address(32), 8, cmdline="fsw.reserve=24"))
    assert board.run(f"cat {FAULTS}/reserve").ok() == "24\n"
    said = ask(board, "request 60", SOME)
    assert sorted(listed(said)) == [number for number in movable if number >= 40]
    still()
    for section in odd:
        said = ask(board, f"request 1 --from {hex(address(section))}", NONE)
        entry = entry_of(said, section)
        assert (entry["what"], entry["error"], entry["owner"]) == ("refused", "NO_MEMORY", None), entry
    # around the holes
    ask(board, "release 60", SOME)
    said = ask(board, f"request 8 --from {hex(address(40))}", SOME)
    assert said["got"] == 7 and entry_of(said, 45)["what"] == "refused"
    # a reset in the guest's turn, in which the firmware writes there
    board.run("ballast start 2 anon=40").ok()
    board.go(1).ok()
    board.run("ballast start 1 anon=400").ok()
    board.go(2).ok()
    firmware_resets(board)
    answer = board.finish(board.hanging.pop(1))
    board.running = 1
    assert answer.status == 6 and board.read_area().states() == {1: "running", 2: "dead"}, answer
    still()
    board.run("ballast full 0").ok()
    # nor does who kills get it
    ask(board, "kill 2")
    area = still()
    assert sorted(area.sections(1) + sections(area, "free")) == [number for number in range(62) if number not in nobody]
    check_kernel(board)
    # in the master's turn: the guest comes back
    board.boot(guest("6.12", address(32), 8))
    board.run("ballast start 2 anon=40").ok()
    board.go(1).ok()
    firmware_resets(board)
    answer = board.finish(board.hanging.pop(2))
    board.running = 2
    assert answer.status == 6 and board.read_area().states() == {1: "dead", 2: "running"}, answer
    still()
    board.run("ballast full 0").ok()
    check_kernel(board)
    # nobody sleeps: a cold start
    firmware_resets(board)
    board.wait_instance(1)
    board.running = 1
    still()


def firmware_resets(board):
    """A reset, in which what the firmware uses is overwritten."""
    with board.debugger() as debugger:
        board.reset()
        for start, size in FIRMWARE:
            for at in range(start, start + size, size // 8):
                debugger.write(at, os.urandom(512))


# -- while it goes on -------------------------------------------------------------------------------------------------------


def watched(board, command):
    """While a command runs: what sysfs says of its progress, and what comes to the terminal."""
    text = board.run(f"fswctl {command} >/tmp/said & while kill -0 $! 2>/dev/null; do read -r line </sys/class/misc/fsw/progress && echo $line;"
                     " done >/tmp/seen; wait; echo; cat /tmp/said; uniq /tmp/seen", timeout=180).ok()
    return [(label, int(done), int(all_)) for label, done, all_ in re.findall(r"^(\S+) (\d+) (\d+)$", text, re.M)], text


SEEN = {"request": ("request 16", ["request", "take"]), "free": (f"free --start {hex(address(56))} --contiguous 6", ["memory"])}


@pytest.mark.parametrize("command, labels", SEEN.values(), ids=SEEN)
def test_progress_labels(trio, command, labels):
    """Free sections are taken first; then, after a round in which nothing can be seen, what it brought. A boot's are freed."""
    if "request" in labels:
        ask(trio.here(1), f"release {hexes(range(54, 62))}")
    board = trio.here(2 if "request" in labels else 1)
    seen, text = watched(board, command)
    assert [label for index, (label, _, _) in enumerate(seen) if index == 0 or seen[index - 1][0] != label] == labels, text
    if "memory" in labels:
        ask(board, "kill 4")


def test_progress(trio):
    """A release of used memory takes its time: how far it is can be seen meanwhile, and the terminal shows it."""
    board = trio.here(1)
    ballast(board, "start 1")
    ballast(board, "level 180")
    full = [section for section, pages in where(board, "anon").items() if pages > PAGES - 200 and section in trio.movable[1]]
    # none beside another: those would go together
    used = [section for section in full if section % 2][-6:]
    assert len(used) == 6, f"only {full} are in use: the test would show nothing"
    seen, text = watched(board, f"release {hexes(used)}")
    assert {label for label, _, _ in seen} == {"release"} and len(set(seen)) >= 3, seen
    assert {all_ for _, _, all_ in seen} == {6} and [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    # the bar, drawn over again at the beginning of its line
    assert re.search(r"release +\[#+\.*\] +\d+ % +\d of 6 sections", text), text
    assert "gave 6 of 6" in text
    assert board.run("cat /sys/class/misc/fsw/progress").ok() == ""
    # meanwhile, nothing else can be asked
    ask(board, f"request 1 --from {hex(address(used[0]))}")
    command = f"fswctl release {hexes([used[0] - 1])}"
    answer = board.run(f"{command} >/tmp/said 2>&1 & until read -r line </sys/class/misc/fsw/progress; do :; done; fswctl request 1;"
                       " s=$?; wait; (exit $s)")
    answer.refused("another request is in progress", status=NONE)
    assert "gave 1 of 1" in board.run("cat /tmp/said").ok()
    ballast(board, "full 0")
    ballast(board, "stop")


def midway(done):
    """To put behind a command: kill it, once it is so far."""
    return (f"& set -- no 0 0; until [ $3 != 0 ] && [ $2 -ge {done} ]; do read -r line </sys/class/misc/fsw/progress && set -- $line; done;"
            " kill -9 $!; wait $!; true")


def test_ended_midway(trio):
    """Whoever asked is killed while used memory moves: some have gone, or for a boot none, and map, kernel and data agree."""
    board = trio.here(1)
    ballast(board, "start 1")
    ballast(board, "level 220")
    pages = where(board, "anon")
    # where a run may begin, and all of it is in use
    first = next(first for first in (8, 16, 24) if all(pages.get(section, 0) > PAGES // 2 for section in range(first, first + 8)))
    with unchanged(board):
        board.run(f"fswctl free --start {hex(address(first))} --contiguous 8 >/tmp/said 2>&1 {midway(0)}").ok()
        assert board.run("cat /sys/class/misc/fsw/progress").ok() == ""
    check_kernel(board)
    # none beside another: each goes by itself
    asked = [section for section, count in pages.items() if section % 2 and count > PAGES // 2 and section in trio.movable[1]][-8:]
    board.run(f"fswctl release {hexes(asked)} >/tmp/said 2>&1 {midway(2)}").ok()
    gone = sections(board.read_area(), "free")
    assert 2 <= len(gone) < 8 and set(gone) < set(asked)
    books = check_kernel(board)
    assert trio.totals[1] - books.total == len(gone) * KIB
    ballast(board, "full 0")
    ballast(board, "stop")


def test_dry_runs(trio):
    """They say what would come of it, and change nothing."""
    board = trio.here(1)
    ask(board, f"release {hexes([41])}")
    with unchanged(board):
        said = ask(board, "request 3 --dry-run")
        assert said["got"] == 3 and list(listed(said).values()).count(2) == 2 and listed(said)[41] is None
        said = ask(board, f"request 2 --from {hex(address(36))} --dry-run")
        assert listed(said) == {36: 2, 37: 2}
        said = ask(board, "release 3 --dry-run")
        assert said["gave"] == 3 and sorted(listed(said)) == [59, 60, 61]
        ask(board, f"release {hexes([42])} --dry-run")
        said = ask(board, f"free --start {hex(address(16))} --contiguous 2 --total 3 --dry-run")
        assert said["instance"] == 4
        ask(board, "kill 2 --dry-run")
        board.run("fswctl exit --dry-run").refused(status=NONE)
    board = trio.here(2)
    with unchanged(board):
        ask(board, "exit --dry-run")
        ask(board, "kill 3 --dry-run")
        ask(board, "request 1 --dry-run")
        ask(board, "kill 1 --dry-run", NONE)
        ask(board, "request 99 --dry-run", SOME)


@pytest.mark.parametrize("command", ["request 1", "release 1", "free --contiguous 1 --total 1", "exit", "kill 2"])
def test_privilege(trio, command):
    """All of it is root's alone."""
    with unchanged(trio.board):
        trio.board.run(f"su user -c 'fswctl {command}'").refused("root", status=4)
        trio.board.run(f"chmod 666 /dev/fsw; su user -c 'fswctl {command}'; s=$?; chmod 600 /dev/fsw; (exit $s)").refused("root", status=4)
