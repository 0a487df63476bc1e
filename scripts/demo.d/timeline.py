# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The story as a person reads it in a terminal, while it happens: guest time, who runs, what happens. Plain text where it is not a terminal."""
import os
import shutil
import sys
import textwrap
import time

import story

MIB = 1 << 20
# As fswctl map has them: instance 1 green, 2 blue
COLORS = {1: "32", 2: "34", "head": "1", "dim": "2", "good": "32", "bad": "1;31", "core1": "1;97;42", "core2": "1;97;44", "shared": "7"}
NAMES = {"handover": "hand-over"}
LANE = 5  # columns between the lanes


def short(release):
    """6.1 of 6.1.192-fsw"""
    return ".".join(release.split("-")[0].split(".")[:2])


def ms(value):
    """Milliseconds as a person reads them."""
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def size(count):
    return f"{count // MIB} MiB" if count >= MIB else f"{count // 1024} KiB"


def off(value):
    """How far a clock is off."""
    return f"{abs(value):.2f} s" if abs(value) >= 1 else f"{abs(value) * 1000:.1f} ms"


def tell(who, kind, values):
    """What happened, in a sentence or two. None: not worth a line."""
    if kind == "power":
        return "Power on. The bootloader finds nobody in RAM, loads instance 1 from flash."
    if kind == "ready":
        one = values["instance"]
        return f"Linux {one['release']} is up, " + ("all memory is its own." if who == 1 else f"as instance {who}. Instance 1 sleeps in RAM.")
    if kind == "begin":
        began = values["instance"]["began"]
        return f"A process begins to count; {size(began['bytes'])} go into tmpfs, sha256 {began['sha256'][:8]}…"
    if kind == "loaded":
        boot = values["boot"]
        return f"fswctl boot: frees {boot['sections']} sections, {size(boot['sections'] * boot['section_bytes'])}, loads '{boot['name']}': {ms(boot['load_s'] * 1000)}"
    if kind == "leave":
        return "It suspends and resets the board; RAM stays. The bootloader starts 2."
    if kind == "rehearsals":
        figures = values["figures"]
        return f"{figures['count']} times it suspends and resumes alone, to compare: {ms(figures['median'])}"
    if kind == "switch":
        entry = values["entry"]
        found = [f"process {'at ' + str(entry['counter_back']) if entry['process'] == 'there' else 'GONE'}",
                 "file sound" if entry["file"] == "sound" else "file CHANGED", f"clock {off(entry['clock_change_s'])} off"]
        number = "first back" if entry["number"] == 0 else f"switch {entry['number']:>2}"
        return f"{number:<10}   {ms(entry['total_ms'])}   {', '.join(found)}"
    if kind == "end":
        return "The end. The board is switched off."
    return None


class Terminal:
    """Where it is printed, and whether colours are."""

    def __init__(self, file=sys.stdout, color=None):
        self.file = file
        tty = file.isatty()
        self.live = tty and os.environ.get("TERM", "dumb") != "dumb"
        self.color = color if color is not None else self.live and not os.environ.get("NO_COLOR")
        # lines of more than 120 are not read with pleasure
        self.width = min(120, shutil.get_terminal_size((100, 25)).columns) if tty else 100

    def paint(self, text, *names):
        codes = ";".join(COLORS[name] for name in names if name in COLORS)
        return f"\033[{codes}m{text}\033[0m" if self.color and codes else text

    def line(self, text=""):
        print(text, file=self.file, flush=True)

    def passing(self, text):
        """A line that the next one replaces; nothing where lines stay."""
        if self.live:
            print(f"\r\033[K{text[:self.width - 1]}", end="", file=self.file, flush=True)

    def clear(self):
        if self.live:
            print("\r\033[K", end="", file=self.file, flush=True)


class Steps:
    """What is made ready before the story: a line each, with what it is at while it lasts."""

    def __init__(self, terminal):
        self.terminal = terminal
        self.start = 0.0
        self.name = ""
        self.said = False

    def begin(self, name, doing="looking"):
        self.start, self.name, self.said = time.monotonic(), name, False
        self.at(doing)

    def at(self, doing):
        self.terminal.passing(f"    {self.name:<16}{doing}")
        # where lines stay, one says that something takes long
        if not self.terminal.live and not self.said and time.monotonic() > self.start + 20:
            self.said = True
            self.terminal.line(f"    {self.name:<16}{doing}")

    def done(self, what):
        self.terminal.clear()
        took = time.monotonic() - self.start
        mark = self.terminal.paint("✓", "good")
        self.terminal.line(f"  {mark} {self.name:<16}{what:<52}{took:>6.1f} s")

    def failed(self):
        self.terminal.clear()


class Timeline:
    """One row for each thing that happens; two lanes show who runs (┃) and who sleeps (┊)."""

    def __init__(self, terminal):
        self.terminal = terminal
        self.state = {1: " ", 2: " "}

    def head(self, names):
        dim = lambda text: self.terminal.paint(text, "dim")  # noqa: E731
        self.terminal.line()
        one, two = (self.terminal.paint(f"{names[number]:^{LANE + 1}}", number) for number in (1, 2))
        self.terminal.line(f"{dim('guest time')}  {one}{two}")

    def lanes(self, arrow=None):
        one, two = (self.terminal.paint(self.state[number], number) for number in (1, 2))
        between = " " * LANE
        if arrow:
            between = self.terminal.paint("─" * (LANE - 1) + "▶" if arrow == (1, 2) else "◀" + "─" * (LANE - 1), arrow[1])
        return f"  {one}{between}{two}  "

    def row(self, at, text, arrow=None):
        left = f"{at:>8.3f} s "
        room = max(30, self.terminal.width - len(left) - LANE - 8)
        for index, part in enumerate(textwrap.wrap(text, room, drop_whitespace=True) or [""]):
            self.terminal.line((left if index == 0 else " " * len(left)) + " " + self.lanes(arrow if index == 0 else None) + part)

    def show(self, at, who, kind, values):
        text = tell(who, kind, values)
        if text is None:
            return
        arrow = None
        if kind == "ready":
            self.state = {1: "┃" if who == 1 else "┊", 2: "┃" if who == 2 else " "}
            arrow = (1, 2) if who == 2 else None
        elif kind == "leave":
            self.state[1] = "┊"
        elif kind == "switch":
            entry = values["entry"]
            self.state = {entry["from"]: "┊", entry["to"]: "┃"}
            arrow = (entry["from"], entry["to"])
        elif kind == "end":
            self.state = {1: " ", 2: " "}
        self.row(at, text, arrow)


def follow(told, show=lambda *_: None):
    """For Story: writes what is worth telling to a list, and shows it."""
    def heard(at, who, kind, values):
        text = tell(who, kind, values)
        if text:
            columns = [" ".join(column.split()) for column in text.split("   ")]
            told.append({"at_s": at, "who": who, "text": ": ".join(columns[:2]) + "".join(f"; {column}" for column in columns[2:])})
        show(at, who, kind, values)
    return heard


# -- what is shown at the end --

def cell(terminal, kind, owner):
    """As fswctl map draws it: 1# kernel core, 1+ movable, s shared, . free, - nobody's"""
    if kind == "core":
        return terminal.paint(f"{owner}#", f"core{owner}")
    if kind == "movable":
        return terminal.paint(f"{owner}+", owner)
    return {"shared": " " + terminal.paint("s", "shared"), "free": " .", "nobody": " " + terminal.paint("-", "dim")}.get(kind, " X")


def maps(terminal, before, after, columns=16):
    """Two maps beside each other."""
    yield f"  {'before':<{columns * 2 + 14}}  after"
    pairs = [story.cells(said) for said in (before, after)]
    base = int(before["base"], 16)
    for first in range(0, len(pairs[0]), columns):
        address = f"  0x{base + first * before['section_bytes']:08x}  "
        rows = ["".join(cell(terminal, *one) for one in cells[first:first + columns]) for cells in pairs]
        yield terminal.paint(address, "dim") + "    ".join(rows)
    yield (f"  one cell is {size(before['section_bytes'])}: {cell(terminal, 'core', 1)} kernel core of instance 1, {cell(terminal, 'movable', 1)} its "
           f"movable memory,{cell(terminal, 'shared', None)} shared by all")


def timings(terminal, result):
    """Median of each phase, spread of the whole."""
    releases = {one["id"]: short(one["release"]) for one in result["instances"]}
    figures = result["figures"]
    yield "  " + f"{'medians in ms':<16}" + "".join(f"{NAMES.get(phase, phase):>10}" for phase in story.PHASES) + f"{'total':>9}   min … max"
    rows = [(f"{releases[int(key[0])]} → {releases[int(key[2])]}", value) for key, value in figures["by_direction"].items()]
    rows += [(f"{releases[int(key)]} alone", value) for key, value in figures["by_instance"].items()]
    for name, value in rows:
        total = value["total"]
        yield ("  " + f"{name:<16}" + "".join(f"{value[phase]['median']:>10.3f}" for phase in story.PHASES) +
               terminal.paint(f"{total['median']:>9.3f}", "head") + f"   {total['min']:.3f} … {total['max']:.3f}")


def summary(terminal, result):
    """All that is printed after the story."""
    figures, boot = result["figures"], result["boot"]
    yield ""
    yield from maps(terminal, result["maps"]["before"], result["maps"]["after"])
    yield ""
    for one in result["instances"]:
        yield f"  {terminal.paint(str(one['id']), one['id'])}  {one['uname']}"
    yield ""
    yield from timings(terminal, result)
    yield ""
    yield f"  A switch takes {figures['ratio']:.3f} times what the kernels' own suspend and resume take."
    yield f"  Booting the second took {boot['total_s']:.2f} s, {boot['load_s']:.2f} s of it freeing memory and loading."
    yield ""
    bad = [check for check in result["checks"] if not check["good"]]
    if not bad:
        yield f"  {terminal.paint('✓', 'good')} All {len(result['checks'])} things that must be so are so."
    for check in bad:
        yield f"  {terminal.paint('✗ ' + check['name'], 'bad')}: {check['found']}"
