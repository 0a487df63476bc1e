# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the tests of moving memory share: guests that can give, how a kernel sees its memory, and three instances that trade."""
import contextlib
import re
import shutil

import harness
from conftest import Bench, boot_command
from harness import CARVE, RAM, SECTION, SECTIONS, TROUBLE

KIB = SECTION >> 10
PAGES = SECTION >> 12
FAULTS = "/sys/module/fsw/parameters"
SHARED = (CARVE - RAM) // SECTION
FENCE = "fsw: not this instance's"
ALL, NONE, SOME = 0, 1, 8  # exit status of request and release
# Of a Trio: what can be claimed of the guests, and of the master above the beginning of instance 2
OF2, OF3, HIGH = [*range(35, 39)], [51, 52], [*range(40, 48), *range(54, 62)]


def address(section):
    return RAM + section * SECTION


def hexes(sections):
    """The sections as fswctl takes them."""
    return " ".join(hex(address(section)) for section in sections)


def guest(release, start, sections, cmdline="", **more):
    """The command that boots a guest which can give: beyond 48 MiB its memory is movable."""
    return boot_command(release, start=start, sections=sections, cmdline=f"kernelcore=48M {cmdline}".strip(), **more)


def kinds(area):
    """Of each section: what it is, and whose."""
    return {number: (run["kind"], run["owner"]) for run in area.map() for number in range(run["first"], run["first"] + run["count"])}


def sections(area, kind, owner=None):
    return [number for number, found in kinds(area).items() if found == (kind, owner)]


def ask(board, command, status=ALL, timeout=120):
    """What a command says as JSON; without what it says to a person."""
    answer = board.run(f"fswctl {command} --json 2>/dev/null", timeout)
    assert answer.status == status, f"'{command}' ended with status {answer.status}, not {status}:\n{answer.text}"
    said = answer.json()
    assert said["exit"] == status and said["command"] == command.split()[0], said
    return said


def listed(said, what="done"):
    """The sections of an answer that it came to this with, and who had them."""
    return {entry["section"]: entry["owner"] for entry in said["listed"] if entry["what"] == what}


def entry_of(said, section):
    found = [entry for entry in said["listed"] if entry["section"] == section]
    assert len(found) == 1, f"section {section} is to be listed once: {said['listed']}"
    assert found[0]["address"] == hex(address(section)), found[0]
    return found[0]


class Books:
    """How the running kernel sees its memory, by what every Linux has: /proc."""

    def __init__(self, board):
        # little of it: a serial line takes its time
        text = board.run("grep ^Mem /proc/meminfo; grep -E '^Node|pages free|min  |low  |high  |managed|protection' /proc/zoneinfo;"
                         f" grep -E \"System RAM|{FENCE}\" /proc/iomem").ok()
        self.total = int(re.search(r"^MemTotal: +(\d+) kB", text, re.M).group(1))
        self.available = int(re.search(r"^MemAvailable: +(\d+) kB", text, re.M).group(1))
        self.zones = {}
        for name, body in re.findall(r"^Node 0, zone +(\S+)\n(.*?)(?=^Node |\Z)", text, re.M | re.S):
            # of pages: how many are free, where the watermarks are, how many the zone has
            words = ("free", "min", "low", "high", "managed")
            found = {word: re.search(rf"^ +(?:pages )?{word} +(\d+)$", body, re.M) for word in words}
            self.zones[name] = {word: int(match.group(1)) for word, match in found.items() if match}
            self.zones[name]["protection"] = re.search(r"protection: \((.*)\)", body).group(1)
        self.ram = set()
        self.fenced = set()
        for start, end, name in re.findall(r"^ *([0-9a-f]+)-([0-9a-f]+) : (.*)$", text, re.M):
            if name not in ("System RAM", FENCE):
                continue
            first, last = (int(start, 16) - RAM) // SECTION, (int(end, 16) - RAM) // SECTION
            (self.ram if name == "System RAM" else self.fenced).update(range(first, last + 1))

    def managed(self):
        return sum(zone.get("managed", 0) for zone in self.zones.values())

    def movable(self, word="managed"):
        return self.zones["Movable"][word]


def spread(runs):
    return [number for first, count in runs for number in range(first, first + count)]


def view(board):
    """How the running kernel holds each section, by what the adapter knows."""
    said = ask(board, "map")
    return {name: spread(said[name]) for name in ("online", "fenced", "taken")}


def check_kernel(board):
    """Map, adapter and kernel agree on what is this instance's; the kernel complains of nothing."""
    area = board.read_area("check")
    own = area.sections(board.running)
    held = view(board)
    assert held["online"] == own
    books = Books(board)
    assert books.managed() * 4 == books.total
    base = (int(area.instances()[board.running]["base"], 16) - RAM) // SECTION
    foreign = {number for number, (kind, owner) in kinds(area).items()
               if number >= base and (kind == "free" or kind in ("core", "movable") and owner != board.running)}
    assert books.fenced == foreign
    assert sorted(held["fenced"] + held["taken"]) == sorted(foreign)
    assert set(own) <= books.ram
    # warnings and worse
    trouble = [line for line in board.run("dmesg -r | grep '^<[0-4]>'").text.splitlines() if TROUBLE.search(line)]
    assert not trouble, "\n".join(trouble)
    return books


def page_of(area, instance):
    """What the area keeps of an instance: its record of where it resumes changes each time that it goes to sleep."""
    size, first = (int.from_bytes(area.bytes[at:at + 4], "little") for at in (36, 44))
    return first + (instance - 1) * size


def naps(area, *instances):
    """A value for each sleeper that changes if it wakes and sleeps again, be it only to its core."""
    return {number: area.bytes[page_of(area, number) + 64:page_of(area, number) + 128] for number in instances}


@contextlib.contextmanager
def unchanged(board, undisturbed=True):
    """Nothing moved, and nobody else ran, not even for a visit."""
    before = board.read_area("before")
    asleep = [number for number, state in before.states().items() if state == "sleeping"]
    total = board.run("grep MemTotal /proc/meminfo").ok()
    yield
    after = board.read_area("after")
    assert after.picture() == before.picture()
    if undisturbed:
        assert naps(after, *asleep) == naps(before, *asleep)
    assert board.run("grep MemTotal /proc/meminfo").ok() == total


@contextlib.contextmanager
def spoilt(board, instance, at=64, bit=0x04):
    """One bit of what an instance needs to be resumed is wrong meanwhile. 64: where; the resume record."""
    place = CARVE + page_of(board.read_area("whole"), instance) + at
    with board.debugger() as debugger:
        good = debugger.read(place, 1)
        debugger.write(place, [good[0] ^ bit])
    yield
    board.write_memory(place, good)


def holds(board, section, *patterns):
    """Of a section, looked at from outside: which of the patterns are in it, and how many of its bytes are not 0."""
    path = board.read_memory(address(section), SECTION, board.folder / "section.bin")
    data = path.read_bytes()
    path.unlink()
    return [pattern for pattern in patterns if pattern in data], SECTION - data.count(0)


class Trio:
    """Instance 1 runs, 2 and 3 sleep, with kernels of their own: a board that many tests share. home() brings all sections back.

    The guests lie higher than those of conftest.three(): much of the master's is below where they begin.
    """

    starts = {2: 0x80000000, 3: 0x90000000}
    sizes = {2: 8, 3: 6}
    kernels = {1: "6.1", 2: "6.12", 3: "6.1-debug"}

    def __init__(self):
        self.bench = None
        self.board = None
        self.picture = None
        self.totals = {}
        self.own = {}
        self.movable = {}
        self.core = {}

    def get(self):
        if self.board:
            return self
        self.bench = Bench("trio")
        self.board = self.bench.board(self.kernels[1])
        for number in (2, 3):
            self.board.boot(guest(self.kernels[number], self.starts[number], self.sizes[number]), number)
            self.totals[number] = Books(self.board).total
            self.board.go(1).ok()
        self.totals[1] = Books(self.board).total
        area = self.board.read_area("home")
        self.picture = area.picture()
        for number in (1, 2, 3):
            self.own[number] = area.sections(number)
            self.movable[number] = sections(area, "movable", number)
            self.core[number] = sections(area, "core", number)
        # the tests count on this
        assert (self.movable[2], self.movable[3]) == (OF2, OF3), self.movable
        assert [number for number in self.movable[1] if number > 31] == HIGH, self.movable
        return self

    def here(self, number):
        """Have this instance run."""
        if self.board.running != number:
            self.board.go(number).ok()
        return self.board

    def strays(self, number):
        return [section for section in self.board.read_area("strays").sections(number) if section not in self.own[number]]

    def missing(self, number):
        here = self.board.read_area("missing").sections(number)
        return [section for section in self.own[number] if section not in here]

    def home(self):
        """Everybody gives back what was not his, then takes what was; the master runs, and all is as it was in the beginning."""
        for number in (2, 3, 1):
            if self.strays(number):
                ask(self.here(number), f"release {hexes(self.strays(number))}")
        for number in (2, 3, 1):
            missing = self.missing(number)
            while missing:
                count = next((at for at in range(1, len(missing)) if missing[at] != missing[0] + at), len(missing))
                ask(self.here(number), f"request {count} --from {hex(address(missing[0]))}")
                missing = missing[count:]
        self.here(1)
        assert self.board.read_area("home").picture() == self.picture
        assert Books(self.board).total == self.totals[1]

    def stop(self):
        if self.bench:
            self.bench.stop()
        self.bench = self.board = None


def shared_board(request, shared):
    """For a fixture: a board that tests share; after a failure the next gets a new one. A test's part of the console goes to a folder of its own."""
    board = shared.get().board
    start = board.log.stat().st_size
    yield shared
    good = getattr(request.node, "report_call", None) and request.node.report_call.passed
    try:
        if good:
            shared.home()
        board.check()
    except BaseException:
        good = False
        raise
    finally:
        folder = harness.BUILD / re.sub(r"[^\w.,=-]+", "_", request.node.name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "serial.log").write_bytes(board.log.read_bytes()[start:])
        if not good:
            shared.stop()


