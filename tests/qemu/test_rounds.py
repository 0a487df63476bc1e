# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Three kernels trade memory for hundreds of random rounds, and each finds every word of its own as it left it.

FSW_SEED=N does the same again. FSW_BUDGET=shallow: fewer rounds.
"""
import collections
import json
import os
import random
import re
import shutil
import time

from conftest import GUEST_WORDS, QUIET, RELEASES, firmwares, kernel, rootfs, three
from harness import Failed, PRINTK, RAM, SECTION, WORLD, budget, disk_image

# What is said first after a reset. Behind a closed firmware, the image that a boot asked the reset for is entered without a word.
AGAIN = "fsw: head of the kernel" if WORLD == "closed" else "fsw: bootloader"
SHALLOW = os.environ.get("FSW_BUDGET") == "shallow"
ROUNDS = budget(500, 80)
RESETS = budget(200, 20)
FULL_EVERY = 25  # rounds between two looks at every word
KIB = SECTION >> 10
PAGES = SECTION >> 12
# of ballast, in MiB: anon, tmpfs, cache
HOLD = {1: (240, 24, 24), 2: (24, 8, 8), 3: (24, 8, 8)}


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


def whole_objects(text):
    """A reset may come in the middle of one."""
    for start in re.finditer(r"^\{$", text, re.M):
        try:
            yield Said(json.JSONDecoder().raw_decode(text, start.start())[0])
        except json.JSONDecodeError:
            pass


class Spoken:
    """What `round` printed in an instance. If others ran in between, only the end is its own."""

    def __init__(self, answer):
        self.text = PRINTK.sub("", answer.text)
        if answer.status or "FAILED" in answer.text:
            raise Failed(f"'{answer.command}' ended with status {answer.status}:\n{answer.text[-3000:]}")
        books = re.findall(r"^books (\{.*\})$", self.text, re.M)
        objects = list(whole_objects(self.text))
        if not books or not objects:
            raise Failed(f"'{answer.command}' says nothing of the memory:\n{answer.text[-3000:]}")
        self.books = json.loads(books[-1])
        self.map = objects[-1]
        self.said = objects[-2] if answer.command.startswith("round fswctl") else None


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
        # the reverse can not be seen: free pages in each core's lists have no flag, and in 6.12 that may be a whole section
        for section, count in enumerate(books["hands"]):
            # the master uses what a firmware leaves of a section
            if section not in owned and not (number == 1 and section in firmwares()):
                assert not count, f"instance {number} does not have section {section}, and its Linux has {count} pages there"
        total, count = self.first_books.setdefault(number, (books["total"], len(owned)))
        assert books["total"] == total + KIB * (len(owned) - count), f"MemTotal of instance {number}: {books}; it was {total} with {count} sections"

    def sound(self):
        """The map from outside, and the status: no operation is open, or left a mark."""
        area = self.board.read_area()
        status, found = area.status(), sections_of(area)
        assert (status["phase"], status["running"], status["damages"]) == ("idle", self.board.running, 0), status
        marked = [run for run in area.map() if run["marks"] or run["damage"]]
        assert not marked, marked
        assert sorted(found) == list(range(64)) and [number for number, (kind, _) in found.items() if kind == "shared"] == [63], found
        return found, status

    def look_outside(self):
        found, _ = self.sound()
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
        self.count(said)

    def request_from(self):
        asker = self.board.running
        first = self.random.randrange(64)
        count = self.random.choice((1, 1, 2, 3, 5))
        before = dict(self.model)
        said = self.do(f"fswctl request {count} --from {address(first)}").said
        if first < self.base[asker] or first + count > 64:
            assert said["exit"] == 1 and not said["listed"] and self.model == before, said
            self.counts["refused"] += 1
            return
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
        self.count(said)

    def count(self, said):
        owners = {row["owner"] for row in said["listed"] if row["what"] == "done"} - {None, 0, self.board.running}
        self.counts["requests"] += 1
        self.counts[{0: "all", 8: "some", 1: "none"}[said["exit"]]] += 1
        self.counts["claim rounds"] += bool(said["visited"])
        self.counts["from two"] += len(owners) > 1
        self.counts["sections"] += said["got"]
        assert owners <= set(said["visited"]) and not said["skipped"], said

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

    def level(self):
        """Hold more, or less."""
        self.do(f"ballast level {self.random.choice((20, 30, 50, 80, 120, 200))}")

    def switch(self):
        self.go(self.random.choice([number for number in (1, 2, 3) if number != self.board.running]))

    ACTIONS = {request: 30, request_from: 18, release: 14, release_named: 12, level: 12, switch: 14}

    def round(self, number):
        action = self.random.choices(list(self.ACTIONS), self.ACTIONS.values())[0]
        action(self)
        self.go_round((1, 2, 3))
        if number % FULL_EVERY == 0:
            self.full()
        self.look_outside()

    def full(self):
        """Every word of all, and every page's flags."""
        for number in (self.board.running, *[number for number in (1, 2, 3) if number != self.board.running]):
            if number != self.board.running:
                self.go(number)
            self.look(Spoken(self.board.run(f"ballast look 0 {PAGES}; fswctl map --json 2>/dev/null")))
        self.counts["full checks"] += 1


def start_ballast(board, number, hold, mount=""):
    anon, tmpfs, cache = hold
    words = ""
    if cache:
        mount, words = f"{mount}mount -t ext4 /dev/vda{number} /mnt && ", f"cache={cache} cache@/mnt/held"
    board.run(f"{mount}mount -t tmpfs -o size=1g tmpfs /run && ballast start {number} anon={anon} tmpfs={tmpfs} tmpfs@/run/held {words}").ok()


def test_trade(bench, say):
    """Random requests, releases and switches: after each, the map is what it is to be, and all three have it so: adapter, Linux, and two words of
    each page that is held, now and then every word."""
    seed = new_seed()
    say(f"{ROUNDS} rounds, seed {seed}")
    disk = disk_image(bench.folder() / "disk.img", 64, 64, 64)
    board = three(bench, disk=disk)
    for number in (1, 2, 3):
        if number > 1:
            board.go(number)
        start_ballast(board, number, HOLD[number])
        board.run("ballast size locked 4 && ballast size busy 2").ok()
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
    say(f"{number} rounds in {time.monotonic() - start:.0f} s, seed {seed}: {dict(trade.counts)}")
    assert trade.counts["claim rounds"] > number / 20, trade.counts
    assert trade.counts["sections"] > number / 2 and trade.counts["given"] > number / 10, trade.counts
    # in few rounds not all may happen
    assert SHALLOW or all(trade.counts[what] for what in ("from two", "all", "some", "none", "refused")), trade.counts


class Storm(Trade):
    """Instances that trade, boot and kill each other while the board is reset again and again."""

    MOST = 4  # instances
    ALIVE = ("running", "sleeping")
    SECTIONS = 6

    def __init__(self, make, seed):
        self.make = make
        super().__init__(make(), seed)
        self.states = {1: "running"}
        self.took = collections.defaultdict(lambda: 0.1, boot=1.5)  # of each kind of command, seconds
        self.landed = collections.Counter()

    def prepare(self):
        """On a board where instance 1 has just booted: it leaves memory to others, and boots two."""
        self.furnish(1)
        self.command("release", "fswctl release 30")
        self.do_chores()

    def renew(self):
        """Where a dead master has the memory, nothing more can be booted."""
        self.board.check()
        self.board.stop()
        self.board = self.make()
        self.counts["new boards"] += 1
        self.first_books.clear()
        self.prepare()

    def alive(self):
        return [number for number, state in self.states.items() if state in self.ALIVE]

    def read(self):
        self.model, status = self.sound()
        self.states = {instance["id"]: instance["state"] for instance in status["instances"]}
        self.base = {instance["id"]: (int(instance["base"], 16) - RAM) // SECTION for instance in status["instances"] if instance["base"]}
        for number, (what, owner) in self.model.items():
            assert what in ("free", "core", "movable", "shared") or (what == "nobody" and number in firmwares()), f"section {number} is {what}"
            assert not owner or owner in self.states, f"section {number} is of instance {owner}, which does not exist"

    # -- commands. Each is a kind and words for a shell.

    def boot_words(self, number, prepared=False):
        release = self.random.choices(RELEASES, (4, 4, 1))[0]
        memory = "--prepared" if prepared else f"--contiguous {self.SECTIONS} --memory {self.SECTIONS}"
        return (f"fswctl boot --instance {number} --kernel /boot/zImage-{release} --initrd /boot/initrd {memory}"
                f" --name guest-{release} --cmdline '{QUIET} {GUEST_WORDS}'")

    def vacant(self):
        return next((id for id in range(2, self.MOST + 1) if self.states.get(id, "empty") == "empty" and not self.owned(id)), None)

    def chore(self):
        """What is to be done until three live: a dead one's memory comes back, another is booted in its place."""
        for number, state in self.states.items():
            if number == 1 or state in self.ALIVE or state == "empty" and not self.owned(number):
                continue
            # what `free` gave may be gone on with
            if state == "empty" and len(self.owned(number)) == self.SECTIONS and self.random.random() < 0.5:
                return "boot", self.boot_words(number, prepared=True)
            return "kill", f"fswctl kill {number}"
        if len(self.alive()) < 3:
            return "boot", self.boot_words(self.vacant())
        return None

    def some(self):
        """Anything else."""
        kind = self.random.choices(("request", "request from", "release", "level", "switch", "exit", "free"), (36, 14, 12, 4, 22, 8, 4))[0]
        running = self.board.running
        if kind == "exit" and running != 1:
            return kind, "fswctl exit"
        if kind == "free" and self.vacant() and not any(state == "empty" for state in self.states.values()):
            return kind, f"fswctl free --instance {self.vacant()} --contiguous {self.SECTIONS} --total {self.SECTIONS}"
        if kind == "request":
            free = [section for section in self.free() if section > self.base[running]]
            return kind, f"fswctl request {self.random.choice((1, 2, len(free) + 1, len(free) + 2, len(free) + 4))}"
        if kind == "request from":
            return kind, f"fswctl request {self.random.choice((1, 2, 4))} --from {address(self.random.randrange(min(self.base[running] + 4, 58), 60))}"
        if kind == "release":
            return kind, f"fswctl release {self.random.choice((1, 2, 4))}"
        if kind == "level":
            return kind, f"ballast level {self.random.choice((24, 32, 48, 64))}"
        target = self.random.choice([number for number in self.alive() if number != running])
        return "switch", f"fswctl switch {target}"

    def settle(self, number, spoken):
        """The instance runs, and said how it found its memory."""
        self.board.running = number
        self.read()
        self.look(spoken)

    def furnish(self, number):
        """An instance that has just booted."""
        self.first_books.pop(number, None)
        self.board.running = number
        self.read()
        start_ballast(self.board, number, (20, 4, 4 if number < 4 else 0), "mount -t ext4 -o ro /dev/vda4 /boot && ")
        self.look(Spoken(self.board.run("round true")))

    def command(self, kind, words):
        """One that nothing disturbs. False: a boot, for which there is no room."""
        board = self.board
        begun = board.begin(f"round {words}")
        running = board.running
        board.expect("round: begun")
        since = time.monotonic()
        if kind == "boot":
            number = int(re.search(r"--instance (\d+)", words).group(1))
            board.hanging[running] = begun
            _, ended = board.hear(rf"fsw-init: ready|>{begun[0]}>(\d+)\r?\n", 60)
            if ended:
                said = Spoken(board.ended(board.hanging.pop(running), int(ended))).said
                self.counts[f"no room: {said['error']['message']}"] += 1
                return False
            self.took[kind] += (time.monotonic() - since - self.took[kind]) / 4
            board.expect(rf"fsw{number}# ")
            self.furnish(number)
            return True
        board.expect("round: done")
        self.took[kind] += (time.monotonic() - since - self.took[kind]) / 4
        if kind == "switch":
            target = int(words.split()[-1])
            board.hanging[running] = begun
            self.settle(target, Spoken(board.finish(board.hanging.pop(target))))
        elif kind == "exit":
            ends = {hanging[0]: number for number, hanging in board.hanging.items()}
            _, end, status = board.hear(rf">({'|'.join(map(str, ends))})>(\d+)\r?\n", 60)
            heir = ends[int(end)]
            self.first_books.pop(running)
            self.settle(heir, Spoken(board.ended(board.hanging.pop(heir), int(status))))
            assert self.states.get(running, "empty") == "empty" and not self.owned(running), self.states
        else:
            spoken = Spoken(board.finish(begun))
            if kind == "kill":
                assert spoken.said["exit"] == 0, spoken.said
            self.settle(running, spoken)
        return True

    def make_room(self):
        """A boot found no run of sections: all give back what is not theirs from birth."""
        for number in (self.board.running, *[number for number in self.alive() if number != self.board.running]):
            if number != self.board.running:
                self.command("switch", f"fswctl switch {number}")
            self.command("release", "ballast level 400")
            self.command("release", "fswctl release 60")
        self.counts["made room"] += 1

    def do_chores(self):
        for attempt in range(8):
            chore = self.chore()
            if not chore:
                return
            if not self.command(*chore):
                if attempt:
                    return self.renew()
                self.make_room()
        raise Failed(f"there are still things to do: {self.chore()}")

    # -- the reset

    def interrupt(self, kind, words):
        """Begin a command, reset the board within it, and see who is there, and that nothing else is lost."""
        board = self.board
        actor = board.running
        before, states = dict(self.model), dict(self.states)
        start = board.log.stat().st_size
        board.hanging[actor] = board.begin(f"round {words}")
        board.expect("round: begun")
        board.wait(self.random.uniform(0, 1.1 * self.took[kind]))
        board.reset()
        number, why, answer = self.come_back(start)
        said = board.text(start)
        self.note(kind, said)
        board.running = number
        self.read()
        if why == "cold":
            # the heir of one who left, and ran when the reset came, was the last
            others = [id for id, state in states.items() if state == "sleeping"]
            assert len(others) <= (kind == "exit"), f"a cold start, and {others} slept"
            self.counts["cold starts"] += 1
            self.first_books.clear()
            board.hanging.clear()
        else:
            self.compare(kind, actor, before, states)
        if why == "resume":
            self.look(Spoken(answer))
        else:
            self.furnish(number)

    def come_back(self, start):
        """Until somebody's shell waits: who, how it came to run, and what its command said that hung meanwhile."""
        board = self.board
        first = board.hear(rf"{AGAIN}|fsw-init: ready")[0]
        while True:
            # whose command ended before the reset was awake
            ended = re.findall(r"^>(\d+)>\d+$", board.text(start).rpartition(first)[0], re.M)
            board.hanging = {id: begun for id, begun in board.hanging.items() if str(begun[0]) not in ended}
            if first != AGAIN:
                return int(board.hear(r"fsw(\d)# ")[1]), "boot", None
            _, how, number = board.hear(r"fsw: (resume|boot|start) instance (\d+)|fsw> ")
            if not how:
                board.fail("the bootloader's prompt came")
            number = int(number)
            if how == "resume":
                if number not in board.hanging:
                    board.fail(f"instance {number} is resumed, which does not sleep in a command")
                _, ended = board.hear(rf">{board.hanging[number][0]}>(\d+)\r?\n|{AGAIN}", 60)
                if ended:
                    return number, how, board.ended(board.hanging.pop(number), int(ended))
            else:
                _, prompt = board.hear(rf"(fsw{number}# )|{AGAIN}", 60)
                if prompt:
                    return number, "cold" if how == "start" else how, None

    def note(self, kind, said):
        """Where the reset came, by what was said."""
        undone = re.findall(r"^fsw: the (\w+) that was in progress is undone", said, re.M)
        why = re.findall(r"^fsw: (?:resume|boot) instance \d+ '[^']*': (.*)$", said, re.M)
        if undone:
            where = f"{undone[-1]} undone"
        elif why and why[-1] != "next in line":
            where = why[-1]
        elif "round: done" not in said.partition(AGAIN)[0] or kind == "boot":
            where = f"within {kind}"
        else:
            where = "between"
        self.landed[where] += 1

    def compare(self, kind, actor, before, states):
        """Nobody lost what was not asked of him; at most one instance died."""
        dead = [id for id, state in states.items() if state in self.ALIVE and self.states.get(id, "empty") not in self.ALIVE]
        if kind == "exit" and self.states.get(actor, "empty") == "empty":
            dead.remove(actor)
        assert len(dead) <= 1, f"instances {dead} died at once"
        gone = {id for id in states if self.states.get(id, "empty") == "empty"}
        newcomers = set(self.states) - set(states) | {id for id, state in states.items() if state not in self.ALIVE}
        for number, now in self.model.items():
            was = before[number]
            if was == now:
                continue
            allowed = {"request": was[0] in ("free", "movable") and now in (("free", 0), ("movable", actor)),
                       "request from": was[0] in ("free", "movable") and now in (("free", 0), ("movable", actor)),
                       "release": was == ("movable", actor) and now == ("free", 0),
                       "exit": was[1] == actor and actor in gone and (now == ("free", 0) or now[1] in states),
                       "free": was in (("free", 0), ("movable", actor)) and (now in (("free", 0), ("movable", actor)) or now[1] in newcomers),
                       "kill": was[1] in newcomers and now in (("free", 0), ("movable", actor)),
                       "boot": was in (("free", 0), ("movable", actor)) and (now in (("free", 0), ("movable", actor)) or now[1] in newcomers),
                       }.get(kind, False)
            # what free gave to one who is not loaded is undone by any reset
            allowed = allowed or states.get(was[1]) == "empty" and now == ("free", 0)
            assert allowed, f"section {number} was {was}, is {now} after a reset in '{kind}' of instance {actor}"

    def last_look(self):
        """Every word of all who live, and their kernels' logs."""
        for number in (self.board.running, *[number for number in self.alive() if number != self.board.running]):
            if number != self.board.running:
                self.command("switch", f"fswctl switch {number}")
            self.board.run("ballast full 0").ok()
            self.board.check_kernel()

    def round(self, number):
        if self.random.random() < 0.1:
            self.board.run("ballast full 0").ok()
        # what it has is lost to all if it dies
        if self.board.running == 1 and len(self.movable(1)) > 3:
            self.command("release", f"fswctl release {len(self.movable(1)) - 3}")
        chore = self.chore()
        if chore and chore[0] == "kill" and self.random.random() < 0.8:
            self.command(*chore)
            chore = self.chore()
        if not chore or self.random.random() < 0.7:
            self.do_chores()
            # a master that dies stays dead: mostly others run when the reset comes
            if self.board.running == 1 and self.random.random() < 0.9:
                self.command("switch", f"fswctl switch {self.random.choice([id for id in self.alive() if id != 1])}")
            if self.random.random() < 0.5:
                self.command(*self.some())
            chore = self.some()
        self.interrupt(*chore)


def images_disk(folder):
    """A disk with a partition for each of three instances, and one with what an instance is booted from."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    for release in RELEASES:
        shutil.copy(kernel(release) / "zImage", files / f"zImage-{release}")
    shutil.copy(rootfs(False), files / "initrd")
    return disk_image(folder / "disk.img", 48, 48, 48, 32, files=files)


def test_resets(bench, say):
    """The board is reset at random moments of that load: no instance that slept is lost, no section has two owners, and none is lost."""
    seed = new_seed()
    say(f"{RESETS} resets, seed {seed}")
    disk = images_disk(bench.folder())
    storm = Storm(lambda: bench.board(disk=disk), seed)
    start = time.monotonic()
    number = 0
    try:
        storm.prepare()
        for number in range(1, RESETS + 1):
            storm.round(number)
        storm.last_look()
    except Exception as reason:
        raise Failed(f"seed {seed}, reset {number}: {reason}") from reason
    within = sum(storm.landed.values()) - storm.landed["between"]
    say(f"{number} resets in {time.monotonic() - start:.0f} s, seed {seed}: {dict(storm.landed)}, {dict(storm.counts)}")
    assert within > number / 4, f"only {within} of {number} resets came within a command: {dict(storm.landed)}"
    undone = sum(count for where, count in storm.landed.items() if where.endswith("undone"))
    assert undone > number / 20, f"only {undone} operations were undone: {dict(storm.landed)}"
