# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the instances told, what must be so in it, and the figures that follow. Knows nothing of boards and pictures."""
import json
import re
import statistics

HZ = 24_000_000  # of the clock that the board shares out
WRAP = 1 << 32
PHASES = ("freeze", "devices", "core", "handover", "resume", "thaw")
CLOCK_LIMIT = 2.0  # seconds
SUMS = {128: "checksum 0x58f18e2f"}  # what need.c prints, by MiB, on any machine with enough memory
BLINK = 100.0  # ms
BASE = 1735689600  # 2025-01-01T00:00:00Z: the board's time of day when it is powered on

# What report.json consists of: where, and what is there.
KEYS = {
    "format": "of this file: 1; keys are only ever added",
    "fswctl": "version of fswctl in the instances",
    "board": "machine, qemu, memory_bytes, cores: what it ran on; firmware: what starts it, bootloader (this project's) or closed",
    "good": "whether all checks hold",
    "checks": "what must be so, each: name, good, found",
    "instances": "each: id, name, release, uname, ready_s (its init runs), kernel_s (its kernel began), began (what it had to find again: "
                 "at_s, process, counter, bytes, sha256, clock_error_s), counter (at the end)",
    "boot": "of instance 2. load_s: free memory and load; reset_s: leave, warm reset, to the first of its kernel; kernel_s: on to its init; "
            "start_s: these two; total_s: all; load_at_s, loaded_at_s: when; sections, section_bytes, start, name, cmdline; cold_s: power on to "
            "init of instance 1; files: bytes of kernel and initrd",
    "switches": "each, in order: number (0 is the first after the boot), from, to, left_s, back_s, total_ms, ms (by phase), outcome, and what "
                "was found: counter_left, counter_back, counter_on, process, file, clock_error_s (to the board's), clock_change_s (since it began)",
    "rehearsals": "plain suspends and resumes, each: instance, and the rest as in switches",
    "figures": "switches_counted; switch, plain: min, median, max, spread_percent of total_ms; by_direction, by_instance: for each phase and "
               "total the same; ratio: median switch of both directions over median plain suspend and resume of both kernels",
    "memory": "instance 2 runs short, asks, gives back, leaves. there, back: the switch to it, and its exit, as in switches; short, enough: a program "
              "without and with the sections: began_s, ended_s, needed_mib, total_kib and available_kib before, status, said; got: its request: "
              "wanted, got, bytes, sections (numbers), owners (who had them), visited (whom the claim round asked), ms (free, round, take, zero, "
              "total), the rest as in switches; gave: its release, whole: instance 1's request for what was free then: at_s, wanted, gave or got, ms",
    "maps": "before, loaded, after (they took turns), lent, given (back), home (instance 2 left): base, section_bytes, "
            "sections, runs (first, count, kind, owner), as fswctl map --json",
    "told": "all that happened, in order: at_s, who (0: the board), text",
    "guest_s": "guest time of all",
}


class Wrong(Exception):
    """The story did not go as it must."""


def seconds(ticks):
    return ticks / HZ


class Clock:
    """The board's clock has 32 bits and goes round in three minutes."""

    def __init__(self):
        self.last = 0

    def at(self, text):
        ticks = int(text, 16)
        while ticks < self.last:
            ticks += WRAP
        self.last = ticks
        return seconds(ticks)


def parse(line):
    """The word and the values of "@WORD KEY=VALUE... [said=JSON]", or nothing."""
    match = re.match(r"@(\w+) (.*)$", line.strip())
    if not match:
        return None
    word, rest = match.groups()
    values = {}
    rest, mark, said = rest.partition("said=")
    for part in rest.split():
        key, _, value = part.partition("=")
        values[key] = value
    if mark:
        try:
            values["said"] = json.loads(said)
        except ValueError:
            raise Wrong(f"what fswctl said is not JSON: {said[:200]}") from None
    return word, values


def spread(values):
    """Smallest, median, largest, and how far these are apart for the median."""
    middle = statistics.median(values)
    return {"count": len(values), "min": min(values), "median": round(middle, 6), "max": max(values),
            "spread_percent": round(100 * (max(values) - min(values)) / middle, 3) if middle else 0.0}


def phases(entries):
    """The spread of each phase and of the total."""
    result = {phase: spread([entry["ms"][phase] for entry in entries]) for phase in PHASES}
    result["total"] = spread([entry["total_ms"] for entry in entries])
    return result


class Story:
    """Takes the lines as they come; `heard` is called with what a person may want to know: (seconds, who, kind, values)."""

    def __init__(self, heard=lambda *_: None):
        self.heard = heard
        self.clock = Clock()
        self.instances = {}
        self.switches = []
        self.rehearsals = []
        self.maps = {}
        self.boot = {}
        self.memory = {}
        self.leaving = None
        self.final = {}
        self.board = {}
        self.fswctl = None
        self.told = []
        self.end = 0.0

    def note(self, at, who, kind, **values):
        self.end = max(self.end, at)
        self.heard(at, who, kind, values)

    def line(self, text):
        """A line from the console. True if it was one of ours."""
        parsed = parse(text)
        if not parsed:
            return False
        word, values = parsed
        getattr(self, "on_" + word, self.unknown)(values)
        return True

    def unknown(self, values):
        raise Wrong(f"an instance told something unheard of: {values}")

    def instance(self, values):
        return self.instances.setdefault(int(values["self"]), {"id": int(values["self"])})

    def clock_error(self, at, values):
        """The time of day in there, less that of the board."""
        return round(float(values["wall"]) - (BASE + at), 4)

    def on_ready(self, values):
        at = self.clock.at(values["ticks"])
        one = self.instance(values)
        one.update(release=values["release"], uname=values["said"], ready_s=at, kernel_s=max(0.0, at - float(values["uptime"])))
        if one["id"] == 1:
            self.boot["cold_s"] = at
        else:
            self.boot["kernel_s"] = at - one["kernel_s"]
            self.boot["reset_s"] = one["kernel_s"] - self.leaving["left_s"]
            self.boot["start_s"] = at - self.leaving["left_s"]
            self.boot["total_s"] = self.boot["start_s"] + self.boot["load_s"]
            self.leaving = None
        self.note(at, one["id"], "ready", instance=one)

    def on_begin(self, values):
        at = self.clock.at(values["ticks"])
        one = self.instance(values)
        one["began"] = {"at_s": at, "process": int(values["process"]), "counter": int(values["counter"]), "bytes": int(values["bytes"]),
                        "sha256": values["sum"], "clock_error_s": self.clock_error(at, values)}
        self.note(at, one["id"], "begin", instance=one)

    def on_rehearsed(self, values):
        number = int(values["self"])
        figures = spread([entry["total_ms"] for entry in self.rehearsals if entry["instance"] == number])
        self.note(self.clock.at(values["ticks"]), number, "rehearsals", figures=figures)

    def on_load(self, values):
        self.boot["load_at_s"] = self.clock.at(values["ticks"])
        self.note(self.boot["load_at_s"], int(values["self"]), "load")

    def on_loaded(self, values):
        at = self.clock.at(values["ticks"])
        said = values["said"]
        self.fswctl = said["fswctl"]
        self.boot.update(load_s=at - self.boot["load_at_s"], loaded_at_s=at, sections=said["sections"], start=said["start"], name=said["name"],
                         cmdline=said["cmdline"], section_bytes=said["section_bytes"])
        self.note(at, int(values["self"]), "loaded", boot=self.boot)

    def on_map(self, values):
        name, said = values["name"], values["said"]
        self.maps[name] = {key: said[key] for key in ("base", "section_bytes", "sections")}
        self.maps[name]["runs"] = [{key: run[key] for key in ("first", "count", "kind", "owner")} for run in said["runs"]]

    def on_leave(self, values):
        at = self.clock.at(values["ticks"])
        who = int(values["self"])
        self.leaving = {"from": who, "to": int(values["to"]), "left_s": at}
        self.instance(values)["counter"] = int(values["counter"])
        if self.leaving["to"] not in self.instances:
            self.note(at, who, "leave", to=self.leaving["to"], board=self.board)

    def found(self, values):
        """What an instance found that was resumed."""
        at = self.clock.at(values["ticks"])
        one = self.instance(values)
        if not self.leaving or self.leaving["to"] != one["id"]:
            raise Wrong(f"instance {one['id']} is back, and nobody gave it the machine")
        entry = {"from": self.leaving["from"], "to": one["id"], "left_s": self.leaving["left_s"], "back_s": at,
                 "counter_left": one["counter"], "counter_back": int(values["counter"]), "counter_on": int(values["again"]),
                 "process": values["process"], "file": values["file"], "clock_error_s": self.clock_error(at, values)}
        entry["clock_change_s"] = entry["clock_error_s"] - one["began"]["clock_error_s"]
        self.leaving = None
        one["counter"] = entry["counter_on"]
        return entry

    def look(self, values, outcome=None):
        """As found(), and what the switch took that led to it."""
        entry, said = self.found(values), values["said"]
        last = said["last"]
        if said["exit"] or not last or outcome and said["outcome"] != outcome:
            raise Wrong(f"a suspend and resume of instance {entry['to']} ended as '{said['outcome']}'")
        entry.update(total_ms=last["total_ms"], ms=last["ms"], outcome=said["outcome"])
        return entry

    def on_back(self, values):
        entry = {"number": len(self.switches), **self.look(values)}
        self.switches.append(entry)
        self.note(entry["back_s"], entry["to"], "switch", entry=entry)

    def on_rehearse(self, values):
        entry = self.look(values, "plain")
        entry["instance"] = entry.pop("to")
        del entry["from"]
        self.rehearsals.append(entry)

    # -- memory that moves --

    def on_again(self, values):
        entry = self.memory["there"] = {"number": "of the end", **self.look(values, "done")}
        self.note(entry["back_s"], entry["to"], "there", entry=entry)

    def attempt(self, name, values):
        began, ended = (self.clock.at(values[key]) for key in ("began", "ticks"))
        tried = self.memory[name] = {"began_s": began, "ended_s": ended, "needed_mib": int(values["needed"]), "total_kib": int(values["total"]),
                                     "available_kib": int(values["available"]), "status": int(values["status"]), "said": values["said"].strip()}
        self.note(ended, int(values["self"]), name, tried=tried)

    def on_short(self, values):
        self.attempt("short", values)

    def on_enough(self, values):
        self.attempt("enough", values)

    def on_got(self, values):
        said = values["said"]
        got = self.memory["got"] = {"number": "of the claim round", **self.found(values),
                                    **{key: said[key] for key in ("wanted", "got", "visited", "ms")}, "bytes": said["got"] * self.boot["section_bytes"],
                                    "sections": [one["section"] for one in said["listed"] if one["what"] == "done"],
                                    "owners": sorted({one["owner"] or 0 for one in said["listed"] if one["what"] == "done"})}
        self.note(got["back_s"], got["to"], "got", got=got)

    def on_gave(self, values):
        said = values["said"]
        gave = self.memory["gave"] = {"at_s": self.clock.at(values["ticks"]), "wanted": said["wanted"], "gave": said["gave"], "ms": said["ms"]}
        self.note(gave["at_s"], int(values["self"]), "gave", gave=gave)

    def on_heir(self, values):
        entry = self.memory["back"] = {"number": "of the exit", **self.look(values, "inherit")}
        self.note(entry["back_s"], entry["to"], "exit", entry=entry)

    def on_whole(self, values):
        said = values["said"]
        whole = self.memory["whole"] = {"at_s": self.clock.at(values["ticks"]), **{key: said[key] for key in ("wanted", "got", "ms")}}
        self.note(whole["at_s"], int(values["self"]), "whole", whole=whole)

    def on_end(self, values):
        at, said = self.clock.at(values["ticks"]), values["said"]
        there = [instance["id"] for instance in said["instances"]]
        for instance in said["instances"]:
            self.instances.setdefault(instance["id"], {"id": instance["id"]})["name"] = instance["name"]
        for number, one in self.instances.items():
            # it has left; who booted it gave it a name
            one.setdefault("name", self.boot["name"] if number != 1 else "")
        self.final = {"running": said["running"], "there": there, "damages": said["damages"]}
        self.note(at, int(values["self"]), "end")

    def on_failed(self, values):
        error = values["said"].get("error") or {}
        raise Wrong(f"in instance {values['self']}, fswctl {values['command']}: {error.get('message', 'failed')} ({error.get('state', 'no more is known')})")

    # -- what must be so --

    def checks(self, wanted):
        """(name, good, found) of all that must be so after `wanted` switches."""
        result = []

        def check(name, good, found):
            result.append({"name": name, "good": bool(good), "found": found})

        releases = [one.get("release", "?") for one in self.instances.values()]
        check("two different kernels", len(set(releases)) == 2, " and ".join(releases))
        count = max(0, len(self.switches) - 1)
        check(f"{wanted} switches, each of them done", count == wanted and all(entry["outcome"] == "done" for entry in self.switches),
              f"{count} switches: {', '.join(sorted({entry['outcome'] for entry in self.switches})) or 'none'}")
        check("in the end instance 1 runs, alone, nothing in the area is damaged", self.final == {"running": 1, "there": [1], "damages": 0},
              f"{self.final['running']} runs, of {self.final['there']}; {self.final['damages']} damaged" if self.final else "there was no end")
        for number, one in sorted(self.instances.items()):
            # a rehearsal must leave all as it was, too, and a claim round, and the end of another
            others = [self.memory[name] for name in ("there", "got", "back") if name in self.memory]
            visits = sorted([entry for entry in self.switches + others if entry["to"] == number] +
                            [{**entry, "number": "of a rehearsal"} for entry in self.rehearsals if entry["instance"] == number], key=lambda entry: entry["back_s"])
            gone = [entry["number"] for entry in visits if entry["process"] != "there"]
            check(f"instance {number}: its process is there each time", visits and not gone,
                  f"after switch {gone[0]} it was gone" if gone else f"{len(visits)} of {len(visits)} times")
            back = [entry for entry in visits if entry["counter_back"] < entry["counter_left"]]
            still = [entry for entry in visits if entry["counter_on"] <= entry["counter_back"]]
            says = f"from {one['began']['counter']} to {one['counter']}, never back, never still" if visits else "it never came back"
            if back:
                says = f"went back from {back[0]['counter_left']} to {back[0]['counter_back']} at switch {back[0]['number']}"
            elif still:
                says = f"stood at {still[0]['counter_back']} after switch {still[0]['number']}"
            check(f"instance {number}: it counts on", visits and not back and not still, says)
            changed = [entry["number"] for entry in visits if entry["file"] != "sound"]
            check(f"instance {number}: its file has the checksum it had", visits and not changed,
                  f"after switch {changed[0]} it had not" if changed else f"{len(visits)} of {len(visits)} times")
            late, change = (max((abs(entry[key]) for entry in visits), default=0.0) for key in ("clock_error_s", "clock_change_s"))
            check(f"instance {number}: its clock is right to {CLOCK_LIMIT:g} s", visits and max(late, change) <= CLOCK_LIMIT,
                  f"at most {late:.3f} s off the board's, {change:.3f} s more or less than when it began")
        if "loaded" in self.maps and "after" in self.maps:
            check("nobody's memory moved while they took turns", owners(self.maps["loaded"]) == owners(self.maps["after"]),
                  "the map of owners is the same" if owners(self.maps["loaded"]) == owners(self.maps["after"]) else "the maps differ")
        self.check_memory(check)
        return result

    def check_memory(self, check):
        """It ran short, asked, got, gave back, left."""
        missing = [name for name in ("there", "short", "got", "enough", "gave", "back", "whole") if name not in self.memory]
        missing += [name for name in ("before", "after", "lent", "given", "home") if name not in self.maps]
        if missing:
            check("memory moves", False, f"the story had no end: no {', '.join(missing)}")
            return
        short, got, enough, gave, whole = (self.memory[name] for name in ("short", "got", "enough", "gave", "whole"))
        after, lent, given = (cells(self.maps[name]) for name in ("after", "lent", "given"))
        check(f"instance 2 runs short: a program can not have {short['needed_mib']} MiB",
              short["status"] and "Cannot allocate memory" in short["said"], f"status {short['status']}: {short['said']}")
        check(f"it gets sections of who sleeps, in less than {BLINK:g} ms",
              got["got"] == got["wanted"] == len(got["sections"]) and got["visited"] == got["owners"] == [1] and got["ms"]["total"] < BLINK,
              f"{got['got']} of {got['wanted']}, of {' and '.join(str(owner or 'nobody') for owner in got['owners']) or 'nobody'}, "
              f"in {got['ms']['total']:.2f} ms")
        moved = [index for index, (one, other) in enumerate(zip(after, lent)) if one != other]
        check("these sections went from instance 1 to 2, no other",
              moved == got["sections"] and all(lent[index] == ("movable", 2) for index in moved),
              f"{len(moved)} of {len(after)} in the map are another's, {len(got['sections'])} were got")
        check("with them the program has its memory, and its checksum is right",
              not enough["status"] and enough["said"] == SUMS.get(enough["needed_mib"]), f"status {enough['status']}: {enough['said']}")
        back = [index for index, (one, other) in enumerate(zip(lent, given)) if one != other]
        check("it gives them back",
              gave["gave"] == gave["wanted"] and back == got["sections"] and all(given[index] == ("free", None) for index in back),
              f"{gave['gave']} of {gave['wanted']}, {len(back)} in the map changed")
        same = cells(self.maps["before"]) == cells(self.maps["home"])
        check("it has left, and all memory is instance 1's as before", same and whole["got"] == whole["wanted"],
              f"the map is {'as' if same else 'not as'} it was; {whole['got']} of the {whole['wanted']} that were free came")

    def figures(self):
        turns = [entry for entry in self.switches if entry["number"] > 0]
        direction = {f"{a}-{b}": phases([entry for entry in turns if (entry["from"], entry["to"]) == (a, b)])
                     for a, b in sorted({(entry["from"], entry["to"]) for entry in turns})}
        instance = {str(number): phases([entry for entry in self.rehearsals if entry["instance"] == number])
                    for number in sorted({entry["instance"] for entry in self.rehearsals})}
        # each way counts the same, each kernel counts the same
        switch = statistics.mean(each["total"]["median"] for each in direction.values())
        plain = statistics.mean(each["total"]["median"] for each in instance.values())
        return {"switches_counted": len(turns), "switch": spread([entry["total_ms"] for entry in turns]),
                "plain": spread([entry["total_ms"] for entry in self.rehearsals]), "by_direction": direction, "by_instance": instance,
                "ratio": round(switch / plain, 4)}

    def result(self, wanted):
        """report.json, as KEYS describes it."""
        checks = self.checks(wanted)
        return rounded({
            "format": 1, "fswctl": self.fswctl, "board": self.board, "good": all(check["good"] for check in checks), "checks": checks,
            "instances": [self.instances[number] for number in sorted(self.instances)], "boot": self.boot, "switches": self.switches,
            "rehearsals": self.rehearsals, "memory": self.memory, "figures": self.figures(), "maps": self.maps, "told": self.told, "guest_s": self.end,
            "keys": KEYS})


def owners(said):
    """Owner of each section; who owns none is named by what it is."""
    result = []
    for run in said["runs"]:
        result += [run["owner"] or run["kind"]] * run["count"]
    return result


def cells(said):
    """(kind, owner) of each section."""
    return [(run["kind"], run["owner"]) for run in said["runs"] for _ in range(run["count"])]


def rounded(value):
    """Times to a microsecond: no digits that mean nothing."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return value
