# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The story as a person reads it in a terminal, while it happens: guest time, who runs, what happens. Plain text where it is not a terminal."""
import math
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


def found_again(entry):
    """What an instance had left, and has again."""
    return (f"process {'at ' + str(entry['counter_back']) if entry['process'] == 'there' else 'GONE'}, "
            f"file {'sound' if entry['file'] == 'sound' else 'CHANGED'}")


def tell_short(values):
    tried = values["tried"]
    said = tried["said"].split(": ", 1)[-1]
    return f"It runs short: {tried['available_kib'] // 1024} MiB left, a program needs {tried['needed_mib']}: {said}"


def tell_got(values):
    got = values["got"]
    owners = " and ".join(str(owner) for owner in got["owners"] if owner) or "nobody"
    return (f"fswctl request {got['wanted']}: got {got['got']} of {got['wanted']}, {size(got['bytes'])}, from {owners}, which sleeps: "
            f"{ms(got['ms']['total'])}")


def tell_enough(values):
    tried = values["tried"]
    right = not tried["status"] and tried["said"] == story.SUMS.get(tried["needed_mib"])
    return f"The same program, {tried['available_kib'] // 1024} MiB left: {'done' if right else 'NOT as it must be'}, {tried['said']}"


def tell_gave(values):
    gave = values["gave"]
    return f"fswctl release {gave['wanted']}: gave {gave['gave']} of {gave['wanted']} back: {ms(gave['ms'])}"


def tell_exit(values):
    entry = values["entry"]
    return f"fswctl exit: 1 runs, with 2's memory: {ms(entry['total_ms'])}, {found_again(entry)}"


def tell_whole(values):
    whole = values["whole"]
    return f"fswctl request {whole['wanted']}: the free ones, nobody asked: {ms(whole['ms']['total'])}. It owns all again."


MOVES = {"short": tell_short, "got": tell_got, "enough": tell_enough, "gave": tell_gave, "exit": tell_exit, "whole": tell_whole}


def tell(who, kind, values):
    """What happened, in a sentence or two. None: not worth a line."""
    if kind == "power":
        if values["board"]["firmware"] == "closed":
            return "Power on. The firmware loads a kernel, as ever. At its head: nobody in RAM, go on as instance 1."
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
        if values["board"]["firmware"] == "closed":
            return "It suspends and resets the board; RAM stays. The same kernel's head starts 2."
        return "It suspends and resets the board; RAM stays. The bootloader starts 2."
    if kind == "rehearsals":
        figures = values["figures"]
        return f"{figures['count']} times it suspends and resumes alone, to compare: {ms(figures['median'])}"
    if kind in ("switch", "there"):
        entry = values["entry"]
        number = "once more" if kind == "there" else "first back" if entry["number"] == 0 else f"switch {entry['number']:>2}"
        return f"{number:<10}   {ms(entry['total_ms'])}   {found_again(entry)}, clock {off(entry['clock_change_s'])} off"
    if kind in MOVES:
        return MOVES[kind](values)
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
            line = {(1, 2): "─" * (LANE - 1) + "▶", (2, 1): "◀" + "─" * (LANE - 1), (2, 2): "◀" + "─" * (LANE - 2) + "▶"}[arrow]
            between = self.terminal.paint(line, arrow[1])
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
        elif kind in ("switch", "there"):
            entry = values["entry"]
            self.state = {entry["from"]: "┊", entry["to"]: "┃"}
            arrow = (entry["from"], entry["to"])
        elif kind == "got":
            # who sleeps wakes to its core only, and sleeps again
            arrow = (2, 2)
        elif kind == "exit":
            self.state = {1: "┃", 2: " "}
            arrow = (2, 1)
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


def map_row(terminal, said, row, columns):
    return "".join(cell(terminal, *one) for one in story.cells(said)[row * columns:(row + 1) * columns])


def map_address(terminal, said, row, columns):
    return terminal.paint(f"  0x{int(said['base'], 16) + row * columns * said['section_bytes']:08x}  ", "dim")


def moves(terminal, said, columns=16):
    """After each move, the rows of the map that are not as they were before it."""
    words = {"lent": "2 got sections of 1", "given": "2 gave them back", "home": "2 has left, 1 has all"}
    last = "after"
    for name, what in words.items():
        for row in range(math.ceil(said[name]["sections"] / columns)):
            cells = map_row(terminal, said[name], row, columns)
            if cells != map_row(terminal, said[last], row, columns):
                yield map_address(terminal, said[name], row, columns) + cells + "    " + what
                what = ""
        last = name


def maps(terminal, before, after, columns=16):
    """Two maps beside each other."""
    yield f"  {'before':<{columns * 2 + 14}}  taking turns"
    for row in range(math.ceil(before["sections"] / columns)):
        yield map_address(terminal, before, row, columns) + "    ".join(map_row(terminal, said, row, columns) for said in (before, after))
    yield (f"  one cell is {size(before['section_bytes'])}: {cell(terminal, 'core', 1)} kernel core of instance 1, {cell(terminal, 'movable', 1)} its "
           f"movable memory,{cell(terminal, 'shared', None)} shared by all,{cell(terminal, 'free', None)} free"
           + (f",{cell(terminal, 'nobody', None)} the firmware's, nobody's" if any(run["kind"] == "nobody" for run in before["runs"]) else ""))


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
    yield from moves(terminal, result["maps"])
    yield ""
    for one in result["instances"]:
        yield f"  {terminal.paint(str(one['id']), one['id'])}  {one['uname']}"
    yield ""
    yield from timings(terminal, result)
    yield ""
    yield f"  A switch takes {figures['ratio']:.3f} times what the kernels' own suspend and resume take."
    got, took = result["memory"]["got"], result["memory"]["got"]["ms"]
    yield (f"  Getting {got['got']} sections, {size(got['bytes'])}, of who sleeps took {took['total']:.2f} ms: {took['round']:.2f} to ask, "
           f"{took['take']:.2f} to take them, {took['zero']:.2f} of it zeroing.")
    yield f"  Booting the second took {boot['total_s']:.2f} s, {boot['load_s']:.2f} s of it freeing memory and loading."
    yield ""
    bad = [check for check in result["checks"] if not check["good"]]
    if not bad:
        yield f"  {terminal.paint('✓', 'good')} All {len(result['checks'])} things that must be so are so."
    for check in bad:
        yield f"  {terminal.paint('✗ ' + check['name'], 'bad')}: {check['found']}"
