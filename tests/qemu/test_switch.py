# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Linux kernels take turns on one board, and each finds all as it left it."""
import re

import pytest

from conftest import boot_command, firmwares
from harness import RAM, RAM_BYTES, SECTION, SECTIONS, budget, check_disk, disk_image

LED = 0x10000008  # of the system registers
TURNS = budget(200, 200)


def take_turns(board, count, disk=False):
    """Instance 2 runs, and instance 1 waits for it. Both take turns; then 1 runs again."""
    said = {}
    board.hanging[2] = board.begin(f"turns 1 {count}{' 2' if disk else ''}")
    board.finish(board.hanging.pop(1)).ok()
    board.hanging[1] = board.begin(f"turns 2 {count}{' 1' if disk else ''}")
    said[2] = board.finish(board.hanging.pop(2), timeout=600).ok()
    said[1] = board.go(1).ok()
    # every turn was seen on the console, in order
    for number in (1, 2):
        turns = [int(turn) for turn in re.findall(rf"^turn (\d+) of {count} in instance {number}$", said[number], re.M)]
        assert turns == list(range(1, count + 1)), said[number]
        assert f"turns: done in instance {number}" in said[number]


def test_200_turns(bench):
    """6.1 boots 6.12 by a warm reset, and they hand the machine to each other 200 times, each using its part of one disk."""
    disk = disk_image(bench.folder() / "disk.img", 32, 32)
    board = bench.board(disk=disk)
    board.boot(boot_command("6.12", sections=14))
    assert board.run("uname -r").ok().startswith("6.12")
    take_turns(board, TURNS, disk=True)
    assert board.run("uname -r").ok().startswith("6.1.")
    log = board.run("fswctl log --json").json()
    switches = [entry for entry in log["entries"] if entry["mode"] == "switch"]
    assert len(switches) == TURNS and all(entry["outcome"] == "done" for entry in switches)
    status = board.run("fswctl status --json").json()
    assert status["running"] == 1 and status["damages"] == 0
    assert board.read_area().states() == {1: "running", 2: "sleeping"}
    board.stop()
    check_disk(disk, 32, 32)


@pytest.mark.parametrize("master, guest", [("6.1", "6.1"), ("6.12", "6.1"), ("6.12", "6.12")])
def test_pair_of_kernels(bench, master, guest):
    """The same kernel twice; the newer one as master."""
    board = bench.board(master)
    board.boot(boot_command(guest, sections=14))
    assert board.run("uname -r").ok().startswith(guest + ".")
    take_turns(board, 5)
    assert board.run("uname -r").ok().startswith(master + ".")
    instances = board.read_area().instances()
    assert [instances[id]["release"].rsplit(".", 1)[0] for id in (1, 2)] == [master, guest]


def test_third_instance(bench):
    """A third is loaded beside two, and the three go round."""
    board = bench.board()
    board.run("echo one >/tmp/mine").ok()
    board.boot(boot_command("6.12", sections=4))
    board.run("echo two >/tmp/mine").ok()
    board.go(1).ok()
    board.boot(boot_command("6.1", start=0x90000000, sections=4), number=3)
    board.run("echo three >/tmp/mine").ok()
    words = {1: "one", 2: "two", 3: "three"}
    for target in (2, 1, 3, 1, 2, 3, 2, 1):
        board.go(target).ok()
        assert board.run("cat /tmp/mine").ok().strip() == words[target]
        assert board.run("cat /sys/class/misc/fsw/self").ok().strip() == str(target)
    area = board.read_area()
    assert area.states() == {1: "running", 2: "sleeping", 3: "sleeping"}
    assert len(area.sections(2)) == 4 and len(area.sections(3)) == 4


@pytest.mark.parametrize("direct", [False, True], ids=["reset", "direct"])
def test_foreign_memory(bench, direct):
    """From its first instruction on, whatever it does, instance 2 changes no byte that instance 1 owns."""
    board = bench.board()
    board.run("fill 224").ok()
    board.run(boot_command("6.12", more="--stay")).ok()
    area = board.read_area("loaded")
    assert area.states() == {1: "running", 2: "loaded"}
    entry = int(area.instances()[2]["entry"], 16)
    with board.debugger() as debugger:
        board.hanging[1] = board.begin(f"fswctl boot --loaded --instance 2{' --direct' if direct else ''}")
        debugger.run_to(entry)
        before = board.read_memory(RAM, RAM_BYTES, board.folder / "before.bin")
    board.wait_instance(2)
    board.running = 2
    said = board.run("fill").ok()
    assert int(re.search(r"filled (\d+) MiB", said).group(1)) >= 80
    board.run("filled").ok()
    owned = board.read_area().sections(1)
    assert len(owned) == SECTIONS - len(firmwares()) - 9
    after = board.read_memory(RAM, RAM_BYTES, board.folder / "after.bin")
    with open(before, "rb") as one, open(after, "rb") as other:
        for section in owned:
            one.seek(section * SECTION)
            other.seek(section * SECTION)
            old, new = one.read(SECTION), other.read(SECTION)
            if old != new:
                at = next(index for index in range(SECTION) if old[index] != new[index])
                raise AssertionError(f"section {section} of instance 1 changed, first at 0x{RAM + section * SECTION + at:x}")
    before.unlink()
    after.unlink()
    # and each finds its own as it left it
    for target, command in ((1, "filled 8"), (2, "filled")):
        board.go(target).ok()
        board.run(command).ok()


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "reset"])
def test_direct_boot(bench, direct):
    """Without a reset in between: a register that a reset clears keeps what was put there."""
    board = bench.board()
    board.run(f"devmem {LED:#x} 32 0xa5").ok()
    board.boot(boot_command("6.12", sections=14, more="--direct" if direct else ""))
    led = int(board.monitor(f"xp /1wx {LED:#x}").split()[-1], 16)
    assert led == (0xA5 if direct else 0)
    take_turns(board, 3)


def test_rehearsal(pair):
    """Suspend and resume at once: nothing is given away."""
    before = pair.read_area("before").picture()
    answer = pair.run("fswctl rehearse --json").json()
    assert answer["exit"] == 0 and answer["outcome"] == "plain", answer
    assert answer["last"]["total_ms"] > 0
    assert pair.read_area("after").picture() == before


def test_dry_run(pair):
    """All is checked, nothing changes, the machine is not given away."""
    before = pair.read_area("before").picture()
    for command in ("fswctl switch 2 --dry-run", boot_command("6.1", start=0x90000000, more="--dry-run")):
        assert "nothing was changed" in pair.run(command).ok()
        assert pair.read_area("after").picture() == before


def test_timings(pair):
    """Of each phase, in a clock that all share: they add up to what a person sees."""
    pair.go(2, "fswctl switch 2 --json >/tmp/answer").ok()
    pair.go(1).ok()
    last = pair.run("cat /tmp/answer").json()["last"]
    assert set(last["ms"]) == {"freeze", "devices", "core", "handover", "resume", "thaw"}
    assert all(value >= 0 for value in last["ms"].values())
    assert last["total_ms"] == pytest.approx(sum(last["ms"].values()), abs=0.01)
    assert 0.05 < last["total_ms"] < 3000
    drivers = pair.run("fswctl log --devices --json").json()["devices"]
    assert any(row["driver"] == "uart-pl011" for row in drivers), drivers


@pytest.mark.parametrize("running", [1, 2])
def test_board_reset(bench, running):
    """The board is reset while two exist: the one that slept goes on, the other is dead and says so when it is asked for."""
    other = 3 - running
    board = bench.board()
    board.boot(boot_command("6.12"))
    board.run("echo 2 >/tmp/mine").ok()
    board.go(1).ok()
    board.run("echo 1 >/tmp/mine").ok()
    if running == 2:
        board.go(2).ok()
    board.reset()
    said = board.finish(board.hanging.pop(other))
    assert said.status == 6 and re.search(rf"instance {running} died", said.text), said
    assert board.run("cat /tmp/mine").ok().strip() == str(other)
    assert board.run("cat /sys/class/misc/fsw/self").ok().strip() == str(other)
    assert "survived" in board.run("dmesg").ok()
    area = board.read_area()
    assert area.states() == {other: "running", running: "dead"}
    assert area.instances()[running]["cause"] == "reset"
    before = area.picture()
    board.run(f"fswctl switch {running}").refused("wrong state", "'dead'", status=1)
    assert board.read_area("after").picture() == before
    board.run("fswctl rehearse").ok()
    assert board.run("echo still here").ok() == "still here\n"


def test_other_devices(bench):
    """One leaves the console on, the other does not: said by the device's name, in the answer, in the status and in the log."""
    board = bench.board()
    board.boot(boot_command("6.12", cmdline="no_console_suspend"))
    board.go(1).ok()
    status = board.run("fswctl status --json").json()
    instance = next(instance for instance in status["instances"] if instance["id"] == 2)
    assert [row["device"] for row in instance["differences"]] == ["ttyAMA0"], instance
    assert "ttyAMA0" in board.run("fswctl status").ok()
    board.go(2, "fswctl switch 2 --json >/tmp/answer").ok()
    assert "device ttyAMA0" in board.run("dmesg").ok()
    board.go(1).ok()
    answer = board.run("cat /tmp/answer").json()
    assert answer["exit"] == 0 and answer["device"] == "ttyAMA0", answer
    assert "device ttyAMA0" in board.run("dmesg").ok()
