# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What it takes to move sections: what scripts/bench measures in QEMU. How, scripts/lib/bench_board.py says.

Requests, releases and boot preparations are timed in the program that asks, from before the system call to after it. What they are
compared with, Linux's own functions without the adapter, is timed inside the kernel (adapters/linux/fault.c).
"""
import collections
import functools
import re
import statistics
import time

import bench_hotplug
from bench_board import GUEST, HZ, RELEASES, TIMEOUT, Failure, board, boot, difference, milliseconds, readings, spans

TURNS = 48
ROUNDS = 3  # of sections that go and come back
EMPTY = 16  # sections
RANGE = 4
FULL = 8
PREPARED = 16
BEGINNINGS = 8  # a kernel can begin at a multiple of so many sections
PREPARATIONS = 5
SECTION_MIB = 16
NAMES = "alloc,release,request,online"
# number: (release, where, sections). Each has its kernel core and, above that, what it can give.
ROOM = f"{GUEST} kernelcore=64M"
GUESTS = {2: ("6.1", 0x70000000, 8), 3: ("6.12", 0x78000000, 12), 4: ("6.1", 0x88000000, 12)}
FILL_MIB = 500  # of the master's movable memory; what its pages can move to is left

# limits
ASKED_MS, VISITED_MS = 0.8, 0.8
OVER_BARE, PREPARED_OVER_BARE = 1.05, 1.0

Step = collections.namedtuple("Step", "self name first count done ticks values")


def steps(text):
    """What `board memory` printed"""
    found = []
    for line in re.findall(r"^board: (\d+) ([a-z]+) (\d.*)$", text, re.M):
        first, count, done, before, after, *values = map(int, line[2].split())
        if done != count:
            raise Failure(f"instance {line[0]}: {line[1]} of {count} sections from {first} on: {done} were done")
        found.append(Step(int(line[0]), line[1], first, count, done, difference(before, after), values))
    return found


def named(found, name):
    return [one for one in found if one.name == name]


def beyond(found, base):
    """Milliseconds of each request without zeroing, less the median `base`"""
    return [(one.ticks - one.values[3] - base) * 1e3 / HZ for one in found]


def without_zeroing(found):
    return statistics.median(one.ticks - one.values[3] for one in found)


def over_bare(found, bare, paired=True):
    """Each one's time over that of the bare function: of the same sections, or the median of others that are as full."""
    if not paired:
        base = statistics.median(one.values[0] for one in bare)
        return [one.ticks / base for one in found]
    if [(one.first, one.count) for one in found] != [(one.first, one.count) for one in bare]:
        raise Failure("the bare functions did not have the same sections")
    return [one.ticks / other.values[0] for one, other in zip(found, bare)]


def per_mib(found, less=lambda one: 0):
    """Microseconds"""
    return [(one.ticks - less(one)) * 1e6 / HZ / (one.count * SECTION_MIB) for one in found]


class Instances:
    """A board, and which command each sleeper hangs in."""

    def __init__(self, one):
        self.one = one
        self.hanging = {}
        self.running = 1

    def boot(self, number):
        release, start, memory = GUESTS[number]
        self.hanging[self.running], _ = boot(self.one, release, number, start=start, memory=memory, cmdline=ROOM)
        self.running = number

    def go(self, target):
        self.hanging[self.running] = self.one.begin(f"fswctl switch {target}")
        self.one.finish(self.hanging.pop(target), TIMEOUT).ok()
        self.running = target

    def memory(self, *words):
        text = self.one.run("board memory " + " ".join(map(str, words)), TIMEOUT).ok()
        return steps(text)

    def settled(self, spare, names, *sections):
        """Steps that all begin alike: `spare` is an empty section. What the program did before shows in its first ones: they are left out."""
        return self.memory(f"@{spare}", names, sections[0], *sections)[names.count(",") + 1:]

    def ask(self, asker, sleepers, unused):
        """{sleeper: requests by the running instance} for each one's unused sections, which then go back to it"""
        asked = {sleeper: [] for sleeper in sleepers}
        for _ in range(ROUNDS):
            for sleeper in sleepers:
                asked[sleeper] += self.memory("request", *unused[sleeper])
            self.memory("release", *(number for sleeper in sleepers for number in unused[sleeper]))
            for sleeper in sleepers:
                self.go(sleeper)
                self.memory("request", *unused[sleeper])
            self.go(asker)
        return asked

    def plain(self):
        """Ticks of the running instance's plain suspends"""
        found = spans(readings(self.one.run(f"board turn 0 {TURNS}", TIMEOUT).ok(), f"turn {self.running} 0"))
        if len(found) != TURNS:
            raise Failure(f"{TURNS} plain suspends were asked for, seen were {len(found)}: see {self.one.log}")
        return found

    def sections(self, wanted):
        """Numbers of the running instance's movable sections whose pages in use are `wanted`"""
        movable = {number for run in self.one.read_area().map() if run["owner"] == self.running and run["kind"] == "movable"
                   for number in range(run["first"], run["first"] + run["count"])}
        said = self.one.run("board sections", TIMEOUT).ok()
        used = {int(number): int(pages) for number, pages in re.findall(rf"^board: section {self.running} (\d+) (\d+) \d+", said, re.M)}
        return [number for number in sorted(movable) if used.get(number) == wanted]


    def away(self, unused):
        """Milliseconds that the running instance sleeps in requests of one section of instance 1 each: hand-over, visit, hand-over"""
        count = len(self.memory("request", *unused))
        log = self.one.run("fswctl log --json", TIMEOUT).json()["entries"]
        asker = self.running
        self.memory("release", *unused)
        self.go(1)
        self.memory("request", *unused)
        self.go(asker)
        return [entry["ms"]["handover"] for entry in log if entry["mode"] == "claim"][-count:]


# -- figures: name, unit, limit, values --

def measure_requests():
    """One requester, one to three sleepers; each of them gives an unused section."""
    with board("memory-move", "master") as one:
        all_of = Instances(one)
        unused = {}
        for number in GUESTS:
            all_of.boot(number)
            unused[number] = all_of.sections(0)
            all_of.go(1)
        unused[1] = [number for number in all_of.sections(0) if number >= section_at(GUESTS[3][1])]
        all_of.go(2)
        plain = all_of.plain()
        asked = all_of.ask(2, (1, 3, 4), unused)
        away = all_of.away(unused[1])
        all_of.go(3)
        plain_3 = all_of.plain()
        asked_3 = all_of.ask(3, (1,), unused)[1]
    check_visits(asked, asked_3)
    medians = {sleeper: without_zeroing(found) for sleeper, found in asked.items()}
    base, base_3 = statistics.median(plain), statistics.median(plain_3)
    what = "request of an unused section from one sleeper, without zeroing, beyond a plain suspend"
    figures = [
        (f"{what}, 6.1 from 6.1", "ms", ASKED_MS, beyond(asked[1], base)), (f"{what}, 6.12 from 6.1", "ms", ASKED_MS, beyond(asked_3, base_3)),
        ("each further sleeper visited", "ms", VISITED_MS, beyond(asked[3], medians[1]) + beyond(asked[4], medians[3])),
        ("claim round to one sleeper, from the last instruction of who asks to its first", "ms", None, away),
    ]
    notes = {"plain_ms": {"6.1": summary(plain), "6.12": summary(plain_3)},
             "requests_ms": [{"requester": release, "visited": len(visited), "total": summary(one.ticks for one in found),
                              **{name: summary(one.values[index] for one in found) for index, name in enumerate(("free", "round", "take", "zero"))}}
                             for release, visited, found in (("6.1", (1,), asked[1]), ("6.1", (1, 3), asked[3]), ("6.1", (1, 3, 4), asked[4]),
                                                             ("6.12", (1,), asked_3))]}
    return figures, notes


def section_at(address):
    return (address - 0x60000000) // (SECTION_MIB << 20)


def check_visits(asked, asked_3):
    """Who was visited is what the figures say"""
    for found, wanted in ((asked[1], {1}), (asked[3], {1, 3}), (asked[4], {1, 3, 4}), (asked_3, {1})):
        if not found:
            raise Failure(f"no section was asked of {wanted}: no instance there has an unused one")
        for one in found:
            visited = {number for number in range(32) if one.values[4] >> number & 1}
            if visited != wanted:
                raise Failure(f"a request of section {one.first} was to visit {sorted(wanted)}, and visited {sorted(visited)}")


def summary(ticks):
    values = milliseconds(ticks)
    return {"median": round(statistics.median(values), 4), "min": round(min(values), 4), "max": round(max(values), 4)}


def measure_own():
    """An instance alone: sections of its own go to the free ones and come back, beside Linux's own functions on the same sections."""
    figures, notes, ours = [], {"own_ms": []}, {}
    for release in RELEASES:
        with board("memory-own", {"6.1": "master", "6.12": "master-6.12"}[release]) as one:
            master = Instances(one)
            *run, spare = longest_run(master.sections(0))
            if len(run) < max(EMPTY, PREPARED + BEGINNINGS):
                raise Failure(f"only {len(run)} unused sections of Linux {release} are in one run: see {one.log}")
            settled = functools.partial(master.settled, spare)
            single = settled(NAMES, *run[:EMPTY])
            ranges = settled(NAMES, *(f"{number}:{RANGE}" for number in run[:EMPTY:RANGE]))
            begin = next(number for number in run if number % BEGINNINGS == 0)
            free = settled("free", *[f"{begin}:{PREPARED}"] * PREPARATIONS)
            bare = settled("alloc", *range(begin, begin + PREPARED))
            # the spare one stays empty
            one.run(f"board memory release {spare} && board fill {FILL_MIB} && board memory request {spare}", TIMEOUT).ok()
            full = master.sections(SECTION_MIB << 8)
            if len(full) < 2 * FULL + 1:
                raise Failure(f"only {len(full)} sections of Linux {release} were full of used pages: see {one.log}")
            pairs = zip(full[1:2 * FULL:2], full[2:2 * FULL + 1:2])
            used = master.memory(f"@{spare}", "alloc", full[0], *(word for one, other in pairs for word in ("alloc", one, "release", other)))[1:]
        figures += own_figures(release, single, ranges, used, free, bare)
        notes["own_ms"].append({"release": release,
                                **{f"{name} of {found[0].count}": of_steps(named(found, name)) for name in NAMES.split(",") for found in (single, ranges)},
                                **{f"{name} of 1 full": of_steps(named(used, name)) for name in ("alloc", "release")},
                                "free": of_steps(free), "alloc of each": of_steps(bare)})
        ours = ours or {"off-line": per_mib(named(single, "release")), "off-line-full": per_mib(named(used, "release")),
                        "on-line": per_mib(named(single, "request"), lambda step: step.values[3]), "zero": per_mib(named(single, "request"))}
    compared, version = compare(ours)
    return figures + compared, {**notes, "hotplug": version}


def own_figures(release, single, ranges, used, free, bare):
    figures = []
    for what, found in (("a section that is free", single), (f"{RANGE} sections that are free", ranges)):
        figures.append((f"request of {what}, over bare free_reserved_page and zeroing, {release}", "ratio", OVER_BARE,
                        over_bare(named(found, "request"), named(found, "online"))))
    for what, found in (("a section", single), (f"{RANGE} sections", ranges)):
        figures.append((f"release of {what}, empty, over bare alloc_contig_range, {release}", "ratio", OVER_BARE,
                        over_bare(named(found, "release"), named(found, "alloc"))))
    once = sum(step.values[0] for step in bare)
    figures.append((f"release of a section, full of used pages, over bare alloc_contig_range, {release}", "ratio", OVER_BARE,
                    over_bare(named(used, "release"), named(used, "alloc"), paired=False)))
    figures.append((f"preparation of a boot with {PREPARED} sections, over {PREPARED} x bare alloc_contig_range, {release}", "ratio", PREPARED_OVER_BARE,
                    [one.ticks / once for one in free]))
    return figures


def of_steps(found):
    """As its asker saw it, and by the kernel's own ticks"""
    return {"asked": summary(one.ticks for one in found), "kernel": summary(one.values[0] for one in found)}


def longest_run(numbers):
    best, run = [], []
    for number in numbers:
        run = run + [number] if run and run[-1] == number - 1 else [number]
        best = max(best, run, key=len)
    return best


def compare(ours):
    """Beside Linux's own memory hotplug, which has no limit"""
    linux, version = bench_hotplug.measure()
    figures = []
    for key, mine, its in (("off-line", "release of an empty section", "off-line of an empty block"),
                           ("off-line-full", "release of a full section", "off-line of a full block"),
                           ("on-line", "request of a free section, without zeroing", "on-line of a block")):
        figures += [(f"{mine}, 6.1", "us/MiB", None, ours[key]), (f"Linux's own memory hotplug, arm64: {its}", "us/MiB", None, linux[key])]
    figures.append(("request of a free section, with zeroing, 6.1", "us/MiB", None, ours["zero"]))
    return figures, version


def measure(say=lambda text: None):
    """All figures as (name, unit, limit, values), and what they were made of"""
    figures, notes = [], {}
    for part in (measure_requests, measure_own):
        start = time.monotonic()
        found, made_of = part()
        figures += found
        notes.update(made_of)
        say(f"{part.__name__.partition('_')[2]}: {time.monotonic() - start:.0f} s")
    return figures, notes
