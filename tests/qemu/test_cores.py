# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Instances that run on several cores: switches, claim rounds, boots, ends and resets; cores that come and go; a core that does not come.

All boards here have four cores. FSW_BUDGET=shallow: fewer turns, rounds and resets.
"""
import os
import re
import time

import pytest

from conftest import GUEST_WORDS, boot_command, firmwares
from harness import AREA_BYTES, CARVE, Answer, Area, Board, Failed, budget
from test_rounds import Storm, images_disk, new_seed

SHALLOW = os.environ.get("FSW_BUDGET") == "shallow"
SWITCHES = budget(200, 60)
ROUNDS = budget(50, 20)
RESETS = budget(60, 10)
LATE_MS = 300
PATIENCE = 180
FLAPS = budget(25, 6)
CORES = 4
ALL = (0, 1, 2, 3)
PARKED, RUNNING, LOST = 1, 2, 3
LATE = "/sys/module/fsw/parameters/late"


def mask(online):
    return f"0x{sum(1 << core for core in online):x}"


def word(area, at):
    return int.from_bytes(area.bytes[at:at + 4], "little")


def core_map(area):
    """Of each core, from the area's records: state, owner, whether it waits in the pen. fswctl, which looks at their checks, says the same."""
    count, block = word(area, 48), word(area, 52)
    records = [block + 512 + 32 * core for core in range(count)]
    found = [(word(area, at) >> 8 & 0xff, word(area, at) & 0xff, word(area, at + 4) != 0) for at in records]
    said = [({"parked": PARKED, "running": RUNNING, "lost": LOST}[core["state"]], core["owner"] or 0, core["arrived"]) for core in area.status()["cores"]]
    assert said == found
    return found


def check_map(board, online=ALL, lost=()):
    """Each core is in the pen and nobody's, or the running instance's; the boot core goes with the machine, and is in neither."""
    expected = [(PARKED, 0, False)]
    for core in range(1, CORES):
        if core in online:
            expected.append((RUNNING, board.running, False))
        else:
            expected.append((LOST, board.running, False) if core in lost else (PARKED, 0, True))
    assert core_map(board.read_area("cores")) == expected


def look(board, online=ALL, lost=()):
    """All that must be so of the cores of the running instance."""
    answer = board.run(f"cores look {mask(online)}")
    answer.ok()
    check_map(board, online, lost)
    return answer.json()


def load(board):
    board.run("cores start").ok()


def pair(bench, master="6.1", guest="6.12", words=("", ""), sections=14, more="", **options):
    """Two instances, each with a load on all its cores; the second one runs."""
    board = bench.board(master, words[0], cores=CORES, **options)
    load(board)
    board.boot(boot_command(guest, sections=sections, cmdline=words[1], more=more))
    load(board)
    return board


def take_turns(board, count, online=(ALL, ALL), part=1):
    """Both take turns, `count` switches in each direction, and look after each; 1 runs again."""
    said = {}
    if board.running == 1:
        board.go(2).ok()
    words = [one if isinstance(one, str) else mask(one) for one in online]
    board.hanging[2] = board.begin(f"cores turns 1 {count} {words[1]} {part}")
    board.finish(board.hanging.pop(1)).ok()
    board.hanging[1] = board.begin(f"cores turns 2 {count} {words[0]} {part}")
    said[2] = board.finish(board.hanging.pop(2), timeout=600)
    said[1] = board.go(1)
    for number in (1, 2):
        turns = [int(turn) for turn in re.findall(rf"^turn (\d+) of {count} in instance {number}$", said[number].ok(), re.M)]
        assert turns == list(range(1, count + 1)), said[number]
    return {number: answer.json() for number, answer in said.items()}


def end_well(board, online=(ALL, ALL)):
    """Instance 1 runs. Each one's kernel has nothing to complain of."""
    look(board, online[0])
    board.check_kernel()
    assert board.read_area().states() == {1: "running", 2: "sleeping"}
    board.go(2).ok()
    look(board, online[1])
    board.check_kernel()


# -- switches and claim rounds under load ----------------------------------------------------------------------------------


PAIRS = [("6.1", "6.12", SWITCHES // 2), ("6.1", "6.1-debug", 2 if SHALLOW else 10), *([] if SHALLOW else [("6.12", "6.12", 10)])]


@pytest.mark.parametrize("master, guest, turns", PAIRS)
def test_switches(bench, say, master, guest, turns):
    """Under a load on all cores. After each return all cores are there, their timers and interrupts too, and nobody's memory has changed."""
    board = pair(bench, master, guest)
    assert board.run("uname -r").ok().startswith(guest.partition("-")[0] + ".")
    said = take_turns(board, turns)
    say(f"{2 * turns} switches on {CORES} cores, {master} and {guest}: {said}")
    end_well(board)


def test_claim_rounds(bench, say):
    """Under a load on all cores, of which each worker's memory moves: each instance in turn is given what the other has."""
    board = pair(bench, words=("", GUEST_WORDS))
    for number in (2, 1):
        board.run(f"ballast start {number} anon={24 * number} tmpfs=8 tmpfs@/tmp/held").ok()
        if number == 2:
            board.go(1).ok()
    for number in range(1, ROUNDS + 1):
        # what is said at the end, and nothing else, is of the one that asked: the other may have said something before
        answer = board.run("fswctl request 2 --json 2>/dev/null; echo asked; ballast check 64 && cores look 0xf; (exit $?)")
        assert answer.status == 0, f"round {number}: {answer}"
        said = Answer("", answer.text.partition("asked\n")[0], 0).json()
        other = 3 - board.running
        assert (said["exit"], said["got"], said["visited"]) == (0, 2, [other]), f"round {number}: {said}"
        check_map(board)
        assert set(board.read_area().states().values()) == {"running", "sleeping"}
        board.go(other).ok()
    for _ in range(2):
        board.run("ballast full 0").ok()
        look(board)
        board.check_kernel()
        board.go(3 - board.running).ok()


# -- instances that use different numbers of cores -------------------------------------------------------------------------

# words of the command line that leave so many cores to Linux, and those it then has
SOME = {1: ("nr_cpus=1", (0,)), 2: ("maxcpus=2", (0, 1)), 4: ("", ALL)}


def capped(board):
    """Linux's own warning that the tree has more cores than it was told to use is none of ours, and the only one."""
    said = board.run("dmesg -c >/tmp/boot; grep -E 'WARNING|capping' /tmp/boot | sed s/WARNING/warning/").ok().splitlines()
    assert len(said) == 2 and "arm_dt_init_cpu_maps" in said[0] and "capping" in said[1], said


@pytest.mark.parametrize("counts", [(4, 2, 1), (1, 4, 2)], ids=["4-2-1", "1-4-2"])
def test_numbers_of_cores(bench, counts):
    """Three on one board, each to each other: what one does not use waits in the pen, and is there for the next."""
    words, online = zip(*(SOME[count] for count in counts))
    board = bench.board(cmdline=words[0], cores=CORES)
    if counts[0] == 1:
        capped(board)
    load(board)
    for number, release in ((2, "6.12"), (3, "6.1")):
        look(board, online[0])
        board.boot(boot_command(release, start=0x70000000 + number * 0x8000000, sections=6, cmdline=words[number - 1]), number)
        if counts[number - 1] == 1:
            capped(board)
        load(board)
        look(board, online[number - 1])
        board.go(1).ok()
    # each to each other
    for target in (2, 3, 2, 1, 3, 1):
        board.go(target).ok()
        look(board, online[target - 1])
        board.check_kernel()


# -- a core that does not come ---------------------------------------------------------------------------------------------


def online(board, core, on):
    board.run(f"echo {on:d} >/sys/devices/system/cpu/cpu{core}/online").ok()


def late(board, core, ms):
    """From now on this core takes so long to the pen."""
    board.run(f"echo {core} {ms} >{LATE}").ok()


def refused_for(board, core):
    """A switch is refused for this core and no other, and nothing has moved."""
    before = board.read_area("before").picture()
    said = board.run("fswctl switch 2").refused(rf"core {core}\b", "lost", "fswctl", status=1)
    assert not re.search(rf"core [^{core}\D]", said), said
    area = board.read_area("after")
    assert area.picture() == before
    assert area.status()["phase"] == "idle"


def comes_late(board, core):
    """It is in the pen, and still the one's who lost it."""
    for _ in range(100):
        found = core_map(board.read_area("late"))[core]
        if found[2]:
            break
        board.wait(0.3)
    assert found == (LOST, board.running, True)


def test_lost(bench):
    """Beyond all patience: it is lost, by its number, and the switch is undone. It comes after all: the next switch is as any."""
    board = pair(bench)
    board.go(1).ok()
    look(board)
    for core in (3, 1):
        others = tuple(other for other in ALL if other != core)
        late(board, core, 8000)
        refused_for(board, core)
        assert f"core {core} is lost" in board.run("dmesg").ok()
        board.run(f"echo >{LATE}").ok()
        # this instance runs as before but for that core
        look(board, others, lost=[core])
        # until it has come nobody gets it
        refused_for(board, core)
        comes_late(board, core)
        board.go(2).ok()
        look(board)
        board.go(1).ok()
        look(board)
    end_well(board)


def test_lost_by_hand(bench):
    """It does not come when it is taken off-line by hand: no switch until it is there. Then it is brought on-line by hand."""
    board = pair(bench)
    board.go(1).ok()
    late(board, 2, 8000)
    online(board, 2, False)
    board.run(f"echo >{LATE}").ok()
    assert "core 2 is lost" in board.run("dmesg").ok()
    look(board, (0, 1, 3), lost=[2])
    refused_for(board, 2)
    assert board.run("echo 1 >/sys/devices/system/cpu/cpu2/online").status != 0
    look(board, (0, 1, 3), lost=[2])
    comes_late(board, 2)
    online(board, 2, True)
    look(board)
    board.go(2).ok()
    look(board)
    board.go(1).ok()
    end_well(board)


# -- cores that come and go by hand ----------------------------------------------------------------------------------------


def test_by_hand(bench):
    """Booted with one core, the others brought by hand; those that are off stay so over a switch, in each instance by itself."""
    board = bench.board(cmdline="maxcpus=1", cores=CORES)
    load(board)
    look(board, (0,))
    online(board, 2, True)
    look(board, (0, 2))
    board.boot(boot_command("6.12", sections=14, cmdline="maxcpus=1"))
    load(board)
    look(board, (0,))
    online(board, 3, True)
    online(board, 2, True)
    board.go(1).ok()
    look(board, (0, 2))
    online(board, 1, True)
    online(board, 2, False)
    look(board, (0, 1))
    board.go(2).ok()
    look(board, (0, 2, 3))
    online(board, 1, True)
    look(board)
    board.go(1).ok()
    look(board, (0, 1))
    online(board, 3, True)
    online(board, 2, True)
    take_turns(board, 2)
    end_well(board)


def test_flapping(bench, say):
    """A core goes off and on all the time in each of them, while they switch."""
    board = pair(bench)
    board.run("cores flap 3").ok()
    board.go(1).ok()
    board.run("cores flap 2").ok()
    take_turns(board, FLAPS, online=("+0xb", "+0x7"))
    for number, core in ((1, 2), (2, 3)):
        flaps = board.run("cores calm").json()["flaps"]
        say(f"instance {number}: core {core} came {flaps} times in {FLAPS} turns")
        assert flaps > 2 * FLAPS
        look(board)
        board.check_kernel()
        board.go(3 - number).ok()


# -- the seed's worst bug: the mode is reset, or the machine given away, while another core is still on its way ------------


class Samples:
    """Dumps of the area's first pages, taken as fast as it goes while the board runs."""

    def __init__(self, board):
        self.board = board
        self.taken = []

    def take(self, begun, timeout=60):
        """Until this command's end is on the console."""
        end = time.monotonic() + timeout
        path = self.board.folder / "sample.bin"
        while f">{begun[0]}>" not in self.board.text(begun[2]) and time.monotonic() < end:
            self.taken.append(self.board.read_memory(CARVE, AREA_BYTES, path).read_bytes())
            self.board.wait(0.001)

    def areas(self):
        """Those that differ."""
        for number, data in enumerate(dict.fromkeys(self.taken)):
            path = self.board.folder / f"sample-{number}.bin"
            path.write_bytes(data)
            yield Area(path)
            path.unlink()


def test_hand_over_waits(bench, say):
    """A core takes 300 ms to the pen: so long nobody is given the machine. Then the next instance gets that core out of the pen."""
    board = pair(bench)
    for core in (3, 1):
        for target in (1, 2):
            source = board.running
            late(board, core, LATE_MS)
            samples = Samples(board)
            board.hanging[source] = board.begin(f"fswctl switch {target}")
            samples.take(board.hanging[target])
            board.finish(board.hanging.pop(target)).ok()
            board.running = target
            seen = {"before": 0, "given": 0}
            for area in samples.areas():
                status = area.status()
                state, owner, arrived = core_map(area)[core]
                away = owner == source and not arrived
                # the switch word lies, and so was read, before the core's record
                given = status["phase"] in ("armed", "handed") or status["running"] == target
                assert not (given and away), f"core {core} is {state} of {owner}; it is {status['phase']}, and {status['running']} runs"
                seen["before"] += away
                seen["given"] += given
            last = board.run("fswctl log --json").json()["entries"][-1]
            say(f"{source} to {target}, core {core}: {seen} of {len(samples.taken)} dumps; {last['mode']}: {last['ms']}")
            assert seen["before"] and seen["given"], seen
            assert last["ms"]["core"] >= LATE_MS, last
            look(board)
    board.go(1).ok()
    for _ in range(2):
        board.run(f"echo >{LATE}").ok()
        board.go(3 - board.running).ok()
    end_well(board)


# -- memory, boots, ends -----------------------------------------------------------------------------------------------------


def test_boots_and_ends(bench):
    """Boots through a reset and directly, exits, kills, sections given and taken: whoever runs has all four cores."""
    board = bench.board(cores=CORES)
    load(board)
    ways = [("6.12", "", "exit"), ("6.1", "--direct", "kill"), ("6.1", "", "kill"), ("6.12", "--direct", "exit")]
    for release, more, end in ways[:2 if SHALLOW else 4]:
        board.boot(boot_command(release, sections=8, cmdline=GUEST_WORDS, more=more))
        load(board)
        look(board)
        board.check_kernel()
        # the one gives to nobody in particular, the other takes that and more
        board.run("fswctl release 1").ok()
        look(board)
        board.go(1).ok()
        look(board)
        said = board.run("fswctl request 2 --json 2>/dev/null").json()
        assert (said["got"], said["visited"]) == (2, [2]), said
        look(board)
        if end == "exit":
            board.go(2).ok()
            look(board)
            board.begin("fswctl exit")
            assert "instance 2 ended" in board.finish(board.hanging.pop(1)).ok()
            board.running = 1
        else:
            board.run("fswctl kill 2").ok()
            board.hanging.pop(2)
        area = board.read_area()
        assert area.states() == {1: "running"} and len(area.sections(1)) == 63 - len(firmwares())
        look(board)
        board.check_kernel()


class StormOnCores(Storm):
    """Instances with a load on all cores of each."""

    def furnish(self, number):
        self.board.running = number
        load(self.board)
        super().furnish(number)

    def look(self, spoken):
        super().look(spoken)
        look(self.board)


def test_resets(bench, say, monkeypatch):
    """The board is reset at random moments of all that instances do; whoever runs then has all four cores."""
    # with a load on all cores everything takes longer than the rounds are used to
    for wait in (Board.expect, Board.hear):
        monkeypatch.setattr(wait, "__defaults__", (PATIENCE,))
    seed = new_seed()
    say(f"{RESETS} resets, seed {seed}")
    disk = images_disk(bench.folder())
    storm = StormOnCores(lambda: bench.board(disk=disk, cores=CORES), seed)
    number = 0
    try:
        storm.prepare()
        for number in range(1, RESETS + 1):
            storm.round(number)
        storm.last_look()
    except Exception as reason:
        raise Failed(f"seed {seed}, reset {number}: {reason}") from reason
    say(f"{number} resets, seed {seed}: {dict(storm.landed)}, {dict(storm.counts)}")
    within = sum(storm.landed.values()) - storm.landed["between"]
    assert within > number / 5, f"only {within} of {number} resets came within a command: {dict(storm.landed)}"
