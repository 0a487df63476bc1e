# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Three kernels trade memory for hundreds of random rounds, and each finds every word of its own as it left it.

FSW_SEED=N does the same again. FSW_BUDGET=shallow: fewer rounds.
"""
import collections
import json
import os
import random
import re
import time

from conftest import GUESTS, three
from harness import Failed, PRINTK, RAM, SECTION, disk_image

SHALLOW = os.environ.get("FSW_BUDGET") == "shallow"
ROUNDS = 100 if SHALLOW else 500
FULL_EVERY = 50  # rounds between two looks at every word
ALL_EVERY = 10  # and between two looks at all instances
KIB = SECTION >> 10
# of ballast, in MiB: anon, tmpfs, cache
HOLD = {1: (300, 32, 32), 2: (24, 8, 8), 3: (24, 8, 8)}


def new_seed():
    return int(os.environ.get("FSW_SEED") or random.SystemRandom().randrange(1, 1 << 31))


def address(section):
    return f"0x{RAM + section * SECTION:x}"


def sections_of(area):
    """Of each section: what it is, and whose."""
    return {number: (run["kind"], run["owner"] or 0) for run in area.map() for number in range(run["first"], run["first"] + run["count"])}


class Said(dict):
    """Whole in the message of a failure."""

    def __repr__(self):
        return json.dumps(self)


class Spoken:
    """What `round` printed in an instance. If others ran in between, only the end is its own."""

    def __init__(self, answer):
        self.text = PRINTK.sub("", answer.text)
        if answer.status or "FAILED" in answer.text:
            raise Failed(f"'{answer.command}' ended with status {answer.status}:\n{answer.text[-3000:]}")
        books = re.findall(r"^books (\{.*\})$", self.text, re.M)
        objects = re.findall(r"^\{$.*?^\}$", self.text, re.M | re.S)
        if not books or not objects:
            raise Failed(f"'{answer.command}' says nothing of the memory:\n{answer.text[-3000:]}")
        self.books = json.loads(books[-1])
        self.map = json.loads(objects[-1])
        self.said = Said(json.loads(objects[-2])) if " fswctl " in answer.command else None


class Trade:
    """The board, and what its map is to be."""

    def __init__(self, board, seed):
        self.board = board
        self.random = random.Random(seed)
        self.model = sections_of(board.read_area())
        self.base = {number: (int(instance["base"], 16) - RAM) // SECTION for number, instance in board.read_area().instances().items()}
        self.first_books = {}
        self.counts = collections.Counter()

    def owned(self, instance):
        return [number for number, (_, owner) in self.model.items() if owner == instance]

    def movable(self, instance):
        return [number for number, found in self.model.items() if found == ("movable", instance)]

    def free(self):
        return [number for number, (kind, _) in self.model.items() if kind == "free"]

    def wanted(self, asker):
        """What others have that this one could be given."""
        return [number for number, (kind, owner) in self.model.items() if kind == "movable" and owner != asker and number > self.base[asker]]

    def look(self, spoken):
        """The running kernel has what the map says, no more and no less."""
        number, books = self.board.running, spoken.books
        owned = self.owned(number)
        online = [section for first, count in spoken.map["online"] for section in range(first, first + count)]
        assert online == owned, f"instance {number} has {online} on-line, the map says {owned}"
        assert books["tainted"] == 0, f"the kernel of instance {number} is tainted: {books['tainted']}"
        assert books["total"] == 4 * books["managed"], books
        total, count = self.first_books.setdefault(number, (books["total"], len(owned)))
        assert books["total"] == total + KIB * (len(owned) - count), f"MemTotal of instance {number}: {books}; it was {total} with {count} sections"

    def look_outside(self):
        found = sections_of(self.board.read_area())
        different = {number: (found[number], self.model[number]) for number in found if found[number] != self.model[number]}
        assert not different, f"sections that are not what they are to be (found, expected): {different}"

    def go(self, target):
        spoken = Spoken(self.board.go(target, f"round fswctl switch {target}"))
        assert spoken.said["exit"] == 0, spoken.said
        self.look(spoken)
        self.counts["switches"] += 1

    def go_round(self, instances):
        """To each of them, the one that runs first of all."""
        instances = [number for number in instances if number != self.board.running]
        self.random.shuffle(instances)
        for number in instances:
            self.go(number)

    def do(self, command):
        spoken = Spoken(self.board.run(f"round {command}"))
        self.taken(command, spoken)
        self.look(spoken)
        self.look_outside()
        return spoken

    def taken(self, command, spoken):
        """The map after it."""
        self_ = self.board.running
        said = spoken.said
        if not said:
            return
        done = {row["section"]: row["owner"] or 0 for row in said["listed"] if row["what"] == "done"}
        if said["command"] == "request":
            for section, owner in done.items():
                assert self.model[section] == (("movable", owner) if owner else ("free", 0)), (section, owner, self.model[section])
                self.model[section] = ("movable", self_)
        else:
            for section in done:
                assert self.model[section] == ("movable", self_), (section, self.model[section])
                self.model[section] = ("free", 0)

    # -- what can be asked

    def request(self):
        asker = self.board.running
        free = [section for section in self.free() if section > self.base[asker]]
        wanted = self.wanted(asker)
        count = self.random.choice((1, 1, 2, 3, 5, 8, len(free) + 1, len(free) + 3, len(free) + 6))
        said = self.do(f"fswctl request {count}").said
        rows = {row["section"]: row for row in said["listed"]}
        done = [section for section, row in rows.items() if row["what"] == "done"]
        assert said["got"] == len(done) <= count, said
        assert len([section for section in done if section in free]) == min(count, len(free)), said
        # whoever was not wanted was not asked; whoever kept something said why
        if len(free) >= count:
            assert not said["visited"], said
        elif said["got"] < count:
            for section in wanted:
                assert section in rows, f"section {section} was not asked for: {said}"
                assert rows[section]["what"] in ("done", "in-use", "reserve"), rows[section]
        assert said["exit"] == (0 if said["got"] == count else 8 if said["got"] else 1), said
        return self.givers(said)

    def request_from(self):
        asker = self.board.running
        first = self.random.randrange(64)
        count = self.random.choice((1, 1, 2, 3, 5))
        before = dict(self.model)
        said = self.do(f"fswctl request {count} --from {address(first)}").said
        if first < self.base[asker] or first + count > 64:
            assert said["exit"] == 1 and not said["listed"] and self.model == before, said
            self.counts["refused"] += 1
            return []
        rows = {row["section"]: row for row in said["listed"]}
        own = [section for section in range(first, first + count) if before[section][1] == asker]
        assert sorted([*rows, *own]) == list(range(first, first + count)), said
        for section, row in rows.items():
            kind, _ = before[section]
            if kind == "free":
                assert row["what"] == "done", row
            elif kind == "movable":
                assert row["what"] in ("done", "in-use", "reserve"), row
            else:
                assert row["what"] == "refused", row
        assert said["got"] == len(own) + len([row for row in rows.values() if row["what"] == "done"]), said
        return self.givers(said)

    def givers(self, said):
        owners = {row["owner"] for row in said["listed"] if row["what"] == "done"} - {None, 0, self.board.running}
        self.counts["requests"] += 1
        self.counts[{0: "all", 8: "some", 1: "none"}[said["exit"]]] += 1
        self.counts["claim rounds"] += bool(said["visited"])
        self.counts["from two"] += len(owners) > 1
        self.counts["sections"] += said["got"]
        assert owners <= set(said["visited"]) and not said["skipped"], said
        return owners

    def release(self):
        mine = self.movable(self.board.running)
        count = self.random.choice((1, 2, 3, 6))
        said = self.do(f"fswctl release {count}").said
        rows = {row["section"]: row["what"] for row in said["listed"]}
        done = [section for section, what in rows.items() if what == "done"]
        assert said["gave"] == len(done) <= count, said
        # from the highest down; what was passed over is named
        for section in mine:
            if done and section > min(done):
                assert section in rows, f"section {section} was not asked for: {said}"
        self.counts["releases"] += 1
        self.counts["given"] += len(done)
        return []

    def release_named(self):
        self_ = self.board.running
        mine = self.movable(self_)
        chosen = sorted(self.random.sample(mine, min(len(mine), self.random.choice((1, 1, 2, 3)))))
        if self.random.random() < 0.2 or not chosen:
            chosen.append(self.random.choice([section for section in self.model if section not in chosen]))
        before = dict(self.model)
        said = self.do(f"fswctl release {' '.join(address(section) for section in chosen)}").said
        rows = {row["section"]: row["what"] for row in said["listed"]}
        for section in chosen:
            if section in rows:
                assert rows[section] in (("done", "in-use", "reserve") if before[section] == ("movable", self_) else ("refused",)), said
        self.counts["releases"] += 1
        self.counts["given"] += len([what for what in rows.values() if what == "done"])
        return []

    def level(self):
        """Hold more, or less."""
        self.do(f"ballast level {self.random.choice((20, 30, 50, 80, 120, 200))}")
        return []

    def switch(self):
        self.go(self.random.choice([number for number in (1, 2, 3) if number != self.board.running]))
        return []

    ACTIONS = {request: 30, request_from: 18, release: 14, release_named: 12, level: 12, switch: 14}

    def round(self, number):
        action = self.random.choices(list(self.ACTIONS), self.ACTIONS.values())[0]
        givers = action(self)
        # at once, as what they gave is still warm
        self.go_round(givers)
        if number % ALL_EVERY == 0:
            self.go_round((1, 2, 3))
        if number % FULL_EVERY == 0:
            self.full()
        self.look_outside()

    def full(self):
        """Every word of all."""
        for number in (self.board.running, *[number for number in (1, 2, 3) if number != self.board.running]):
            if number != self.board.running:
                self.go(number)
            self.board.run("ballast full 0").ok()
        self.counts["full checks"] += 1


def start_ballast(board, number, hold, more=""):
    anon, tmpfs, cache = hold
    board.run(f"mount -t ext4 /dev/vda{number} /mnt && mount -t tmpfs -o size=1g tmpfs /run && "
              f"ballast start {number} anon={anon} tmpfs={tmpfs} cache={cache} tmpfs@/run/held cache@/mnt/held {more}").ok()


def test_trade(bench):
    """Random requests, releases and switches: after each, the map, each kernel's view, its books and all words agree."""
    seed = new_seed()
    print(f"seed {seed}")
    disk = disk_image(bench.folder() / "disk.img", 64, 64, 64)
    board = three(bench, disk=disk)
    for number in (1, 2, 3):
        if number > 1:
            board.go(number)
        start_ballast(board, number, HOLD[number])
    trade = Trade(board, seed)
    # who slept hangs in something else than `round`, and is seen for the first time
    for number in (1, 2):
        board.go(number, f"round fswctl switch {number}")
    number = 0
    start = time.monotonic()
    try:
        for number in range(1, ROUNDS + 1):
            trade.round(number)
        trade.full()
        for _ in range(3):
            board.check_kernel()
            trade.go(board.running % 3 + 1)
    except Exception as reason:
        raise Failed(f"seed {seed}, round {number}: {reason}") from reason
    print(f"{number} rounds in {time.monotonic() - start:.0f} s, seed {seed}: {dict(trade.counts)}")
    assert GUESTS.keys() == {2, 3}
    assert trade.counts["claim rounds"] > number / 20 and trade.counts["from two"] and trade.counts["some"] and trade.counts["none"], trade.counts
