#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The demo's story, timeline and report, on canned lines of instances: what must be so is found when it is not, and each figure comes from the data."""
import html.parser
import io
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree

sys.dont_write_bytecode = True
DEMO = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "demo.d"
sys.path.insert(0, str(DEMO))
import report  # noqa: E402
import story  # noqa: E402
import timeline  # noqa: E402

TURNS = 20


def ticks(at):
    return f"0x{int(at * story.HZ) % story.WRAP:08X}"


def wall(at, error=0.0):
    return f"{story.BASE + at + error:.6f}"


def entry(at, other, mode="switch", shift=0.0):
    parts = {"freeze": 0.412 + shift, "devices": 0.733, "core": 0.127, "handover": 0.005, "resume": 0.861 - shift / 2, "thaw": 0.214}
    return {"number": 1, "wall_ns": 0, "time": "", "mode": mode, "other": other, "outcome": "done", "error": None, "hz": story.HZ, "ms": parts,
            "total_ms": round(sum(parts.values()), 3), "left_ms": {}}


def said(**values):
    return json.dumps({"fswctl": "0.1.0", "exit": 0, "error": None, **values})


LENT = {"lent": ("movable", 2), "given": ("free", None)}


def area_map(guest, lent=None):
    """Of four sections beyond the guest's own, too, if `lent`: what they are then."""
    runs = [(0, 8, "core", 1), (8, 24, "movable", 1), (32, 1, "core", 2), (33, 7, "movable", 2), (40, 23, "movable", 1), (63, 1, "shared", None)]
    if lent:
        runs[4:5] = [(40, 4, *LENT[lent]), (44, 19, "movable", 1)]
    if not guest:
        runs = [(0, 8, "core", 1), (8, 55, "movable", 1), (63, 1, "shared", None)]
    return {"fswctl": "0.1.0", "command": "map", "base": "0x60000000", "section_bytes": 16 << 20, "sections": 64, "exit": 0, "error": None,
            "runs": [{"first": a, "count": b, "address": hex(0x60000000 + (a << 24)), "kind": c, "owner": d, "marks": [], "damage": None}
                     for a, b, c, d in runs]}


class Canned:
    """The lines that two instances print. Times start late enough for the clock of 32 bits to go round."""

    def __init__(self, start=0.5, turns=TURNS):
        self.at = start
        self.counter = {1: 3, 2: 2}
        self.lines = []
        self.put("ready", 1, 'uptime=0.41 release=6.1.192 said="Linux fsw1 6.1.192 #1 SMP armv7l GNU/Linux"')
        self.begin(1)
        self.put("map", 1, "name=before said=" + json.dumps(area_map(False)))
        self.put("load", 1)
        self.wait(0.061)
        self.put("loaded", 1, "said=" + said(instance=2, sections=8, start="0x80000000", name="linux-6.12", cmdline="console=ttyAMA0",
                                             section_bytes=16 << 20, outcome=None, last=None))
        self.put("map", 1, "name=loaded said=" + json.dumps(area_map(True)))
        self.leave(1, 2)
        self.wait(0.4)
        self.put("ready", 2, 'uptime=0.36 release=6.12.95 said="Linux fsw2 6.12.95 #1 SMP armv7l GNU/Linux"')
        self.begin(2)
        self.rehearse(2)
        self.turn(2, 1, 0)
        self.rehearse(1)
        for number in range(1, turns + 1):
            one, other = (1, 2) if number % 2 else (2, 1)
            self.turn(one, other, number)
        self.put("map", 1, "name=after said=" + json.dumps(area_map(True)))
        self.trade()
        self.put("end", 1, "said=" + said(running=1, damages=0, instances=[{"id": 1, "name": "linux-6.1"}]))

    def trade(self):
        """Instance 2 runs short, asks, gives back, leaves."""
        listed = [{"section": number, "owner": 1, "what": "done"} for number in range(40, 44)]
        ms = {"free": 0.001, "round": 3.6, "take": 2.9, "zero": 2.2, "total": 6.501}
        self.leave(1, 2)
        self.look("again", 2, outcome="done", last=entry(self.at, 1))
        self.tried("short", 119596, 104364, 1, "need: Cannot allocate memory ")
        self.leave(2, 2)
        self.look("got", 2, wanted=4, got=4, listed=listed, skipped=[], visited=[1], ms=ms, outcome="collect")
        self.put("map", 2, "name=lent said=" + json.dumps(area_map(True, "lent")))
        self.tried("enough", 185132, 165876, 0, story.SUMS[128] + " ")
        self.put("gave", 2, "total=119596 said=" + said(wanted=4, gave=4, listed=listed, ms=0.686))
        self.put("map", 2, "name=given said=" + json.dumps(area_map(True, "given")))
        self.leave(2, 1)
        self.look("heir", 1, outcome="inherit", last=entry(self.at, 2))
        self.put("whole", 1, "said=" + said(wanted=4, got=4, listed=listed, visited=[], ms={**ms, "total": 3.106}))
        self.put("map", 1, "name=home said=" + json.dumps(area_map(False)))

    def tried(self, word, total, available, status, words):
        began = ticks(self.at)
        self.put(word, 2, f'began={began} needed=128 total={total} available={available} status={status} said="{words}"')

    def wait(self, time):
        self.at += time

    def put(self, word, who, rest=""):
        self.wait(0.004)
        self.lines.append(f"@{word} self={who} ticks={ticks(self.at)} {rest}")

    def begin(self, who):
        self.wait(0.2)
        self.put("begin", who, f"wall={wall(self.at + 0.004, -0.4)} counter={self.counter[who]} process={70 + who} bytes=4194304 sum={who}f3e{'0' * 60}")

    def leave(self, who, to):
        self.counter[who] += 9
        self.put("leave", who, f"to={to} counter={self.counter[who]}")

    def rehearse(self, who):
        for index in range(5):
            self.leave(who, who)
            self.look("rehearse", who, outcome="plain", last=entry(self.at, None, "none", 0.001 * index))
        self.put("rehearsed", who)

    def look(self, word, who, **values):
        self.wait(0.006)
        here = self.counter[who] + 1
        self.counter[who] = here + 2
        self.put(word, who, f"counter={here} again={here + 2} process=there file=sound wall={wall(self.at + 0.004, -0.41)} said=" + said(**values))
        self.wait(0.12)

    def turn(self, one, other, number):
        self.leave(one, other)
        self.look("back", other, outcome="done", last=entry(self.at, one, "boot" if number == 0 else "switch",
                                                            0.0005 * ((number * 7) % 5) + (0.01 if other == 2 else 0)))


def change(lines, number, pattern, new):
    """The lines, with the number-th line that has this pattern changed."""
    found = [index for index, line in enumerate(lines) if re.search(pattern, line)]
    lines = list(lines)
    index = found[number]
    lines[index] = re.sub(pattern, new, lines[index])
    return lines


def play(lines, show=lambda *_: None):
    """The story of these lines."""
    one = story.Story()
    one.heard = timeline.follow(one.told, show)
    one.board = {"machine": "vexpress-a9", "qemu": "7.2.0", "memory_bytes": 1 << 30, "cores": 1, "firmware": "bootloader"}
    one.note(0.0, 0, "power", board=one.board)
    for line in lines:
        one.line(line)
    one.boot["files"] = {"kernel": 3_210_000, "initrd": 2_100_000}
    return one


class TestStory(unittest.TestCase):
    def setUp(self):
        self.lines = Canned().lines

    def bad(self, lines, turns=TURNS):
        return {check["name"]: check["found"] for check in play(lines).checks(turns) if not check["good"]}

    def test_good(self):
        self.assertEqual(self.bad(self.lines), {})
        self.assertTrue(play(self.lines).result(TURNS)["good"])

    def test_what_is_not_as_it_must_be(self):
        for pattern, new, number, name, found in (
                ("process=there", "process=gone", 4, "instance 1: its process is there each time", "after switch 4 it was gone"),
                ("file=sound", "file=changed", 3, "instance 2: its file has the checksum it had", "after switch 3 it had not"),
                (r"counter=\d+ again", "counter=1 again", 8, "instance 1: it counts on", "went back from"),
                (r"counter=(\d+) again=\d+", r"counter=\1 again=\1", 5, "instance 2: it counts on", "stood at"),
                (r"wall=\d+", "wall=1735689609", 6, "instance 1: its clock is right to 2 s", "s off"),
                ("release=6.12.95", "release=6.1.192", 0, "two different kernels", "6.1.192 and 6.1.192"),
                ('"outcome": "done"', '"outcome": "survived"', -3, "20 switches, each of them done", "survived")):
            # in what is told after a switch, but for the release
            pattern = pattern if "release" in pattern or "outcome" in pattern else "(?<=@back)(.*)" + pattern
            new = new if pattern.startswith(("release", '"out')) else r"\g<1>" + new.replace(r"\1", r"\2")
            with self.subTest(name):
                bad = self.bad(change(self.lines, number, pattern, new))
                self.assertEqual(list(bad), [name])
                self.assertIn(found, bad[name])

    def test_too_few(self):
        self.assertEqual(self.bad(Canned(turns=18).lines), {"20 switches, each of them done": "18 switches: done"})
        self.assertIn("instance 1: it counts on", self.bad(self.lines[:2]))

    def test_memory_moved(self):
        one = play(change(self.lines, 0, "@map.*name=after.*", "@map self=1 name=after said=" + json.dumps(area_map(False))))
        self.assertEqual([check["name"] for check in one.checks(TURNS) if not check["good"]], 
                         ["nobody's memory moved while they took turns", "these sections went from instance 1 to 2, no other"])

    def test_memory_that_moves(self):
        blink, gone = "it gets sections of who sleeps, in less than 100 ms", "these sections went from instance 1 to 2, no other"
        right, back = "with them the program has its memory, and its checksum is right", "it gives them back"
        home = "it has left, and all memory is instance 1's as before"
        for pattern, new, *names in (("(@short.*)status=1", r"\1status=0", "instance 2 runs short: a program can not have 128 MiB"),
                                     ("(@short.*)Cannot allocate", r"\1No such", "instance 2 runs short: a program can not have 128 MiB"),
                                     ('(@got.*)"total": 6.5', r'\1"total": 100.5', blink), ('(@got.*)"got": 4', r'\1"got": 3', blink),
                                     ('(@got.*)"visited": .1.', r'\1"visited": []', blink),
                                     ('(@got.*)("section": 42, "owner": )1', r'\1\g<2>null', blink),
                                     ('(@got.*)"section": 42', r'\1"section": 44', gone, back),
                                     ("(@enough.*)status=0", r"\1status=1", right), ("(@enough.*)0x58f", r"\1 0x59f", right),
                                     ('(@gave.*)"gave": 4', r'\1"gave": 3', back), ('(@map.*given.*)"free"', r'\1"movable"', back),
                                     ("@map.*name=home.*", "@map self=1 name=home said=" + json.dumps(area_map(True)), home),
                                     ('(@whole.*)"got": 4', r'\1"got": 2', home),
                                     ("(@end.*)linux-6.1\"}", r'\1linux-6.1"}, {"id": 2, "name": "linux-6.12"}',
                                      "in the end instance 1 runs, alone, nothing in the area is damaged"),
                                     ("(@got.*)file=sound", r"\1file=changed", "instance 2: its file has the checksum it had"),
                                     ("(@heir.*)process=there", r"\1process=gone", "instance 1: its process is there each time")):
            with self.subTest(pattern):
                self.assertEqual(list(self.bad(change(self.lines, 0, pattern, new))), names)
        self.assertIn("no whole", self.bad([line for line in self.lines if "@whole" not in line])["memory moves"])

    def test_the_program(self):
        """On any machine it prints what the demo takes for right; without memory it says so."""
        with tempfile.TemporaryDirectory() as work:
            program = pathlib.Path(work) / "need"
            subprocess.run(["cc", "-O2", "-o", program, DEMO / "need.c"], check=True)
            for mib, words in story.SUMS.items():
                self.assertEqual(subprocess.run([program, str(mib)], capture_output=True, text=True, check=True).stdout.strip(), words)
            run = subprocess.run([program, "128"], capture_output=True, text=True, check=False,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (100 << 20, 100 << 20)))
            self.assertEqual((run.returncode, run.stderr), (1, "need: Cannot allocate memory\n"))

    def test_wrong(self):
        for pattern, new in (('(@heir.*)"outcome": "inherit"', r'\1"outcome": "done"'),
                             ('(@back.*)"exit": 0', r'\1"exit": 5'), ("said=", "said=x"), ("@leave", "@left"), ("@leave self=1", "@rehearsed self=1"),
                             ('"outcome": "plain"', '"outcome": "undone"'), ('"last": {', '"last": null, "was": {')):
            with self.subTest(pattern), self.assertRaises((story.Wrong, KeyError, ValueError)):
                play(change(self.lines, 0, pattern, new))
        error = '{"exit": 1, "error": {"message": "boot: not enough memory", "state": "nothing was changed", "next": "-"}}'
        with self.assertRaisesRegex(story.Wrong, r"in instance 1, fswctl boot: boot: not enough memory \(nothing was changed\)"):
            play([*self.lines[:4], f"@failed self=1 command=boot said={error}"])
        with self.assertRaisesRegex(story.Wrong, "nobody gave it the machine"):
            play([line for line in self.lines if "@leave self=2 ticks=" not in line])

    def test_other_lines(self):
        one = story.Story()
        self.assertFalse(one.line("[    1.234567] fsw: whatever"))
        self.assertFalse(one.line("fsw1# story begin"))

    def test_clock_goes_round(self):
        plain, round_ = play(self.lines).result(TURNS), play(Canned(start=177.5).lines).result(TURNS)
        self.assertLess(plain["switches"][-1]["back_s"], 179)
        self.assertGreater(round_["switches"][-1]["back_s"], story.seconds(story.WRAP))
        for one, other in zip(plain["switches"], round_["switches"]):
            self.assertAlmostEqual(one["back_s"] + 177.0, other["back_s"], places=5)
            self.assertAlmostEqual(one["clock_error_s"], other["clock_error_s"], places=3)

    def test_figures(self):
        result = play(self.lines).result(TURNS)
        figures = result["figures"]
        turns = [entry["total_ms"] for entry in result["switches"][1:]]
        self.assertEqual(figures["switches_counted"], len(turns))
        self.assertEqual((figures["switch"]["min"], figures["switch"]["max"]), (min(turns), max(turns)))
        self.assertEqual([figures["by_direction"][key]["total"]["count"] for key in ("1-2", "2-1")], [10, 10])
        self.assertEqual([figures["by_instance"][key]["total"]["count"] for key in ("1", "2")], [5, 5])
        self.assertAlmostEqual(figures["ratio"], (figures["by_direction"]["1-2"]["total"]["median"] + figures["by_direction"]["2-1"]["total"]["median"]) /
                               (figures["by_instance"]["1"]["total"]["median"] + figures["by_instance"]["2"]["total"]["median"]), places=3)
        boot = result["boot"]
        self.assertAlmostEqual(boot["total_s"], boot["load_s"] + boot["reset_s"] + boot["kernel_s"], places=5)
        self.assertAlmostEqual(boot["load_s"], 0.065, places=5)

    def test_who_starts_it(self):
        """What is told of power-on and of the boot is true of the firmware that there is."""
        for firmware, words, others in (("bootloader", ("The bootloader",), "firmware"), ("closed", ("firmware", "head"), "bootloader")):
            told = "\n".join(timeline.tell(1, kind, {"board": {"firmware": firmware}}) for kind in ("power", "leave"))
            self.assertTrue(all(word in told for word in words), told)
            self.assertNotIn(others, told)

    def test_keys(self):
        result = play(self.lines).result(TURNS)
        self.assertEqual(set(result) - {"keys"}, set(story.KEYS))
        for key in ("boot", "switches", "instances", "figures", "memory"):
            one = result[key][0] if isinstance(result[key], list) else result[key]
            for name in one:
                self.assertRegex(story.KEYS[key], rf"\b{name}\b", f"{key}: {name}")
        json.dumps(result)


class Tty(io.StringIO):
    def isatty(self):
        return True


class TestTimeline(unittest.TestCase):
    def said(self, file, **options):
        terminal = timeline.Terminal(file, **options)
        lanes = timeline.Timeline(terminal)
        lanes.head({1: "6.1", 2: "6.12"})
        result = play(Canned().lines, lanes.show).result(TURNS)
        for line in timeline.summary(terminal, result):
            terminal.line(line)
        return file.getvalue()

    def test_plain(self):
        text = self.said(io.StringIO())
        self.assertNotIn("\033", text)
        self.assertNotIn("\r", text)
        self.assertEqual(len(re.findall("┊────▶┃", text)), 12)  # the boot, ten switches, one more
        self.assertEqual(len(re.findall("┃◀────┊", text)), 11)
        for words in ("┊◀───▶┃  fswctl request 4: got 4 of 4, 64 MiB, from 1, which sleeps: 6.50 ms", "┃◀────   fswctl exit: 1 runs, with 2's memory: "):
            self.assertEqual(text.count(words), 1, words)
        times = [float(time) for time in re.findall(r"^ *(\d+\.\d+) s ", text, re.M)]
        self.assertEqual(times, sorted(times))
        self.assertGreater(len(times), 25)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 130, line)

    def test_color(self):
        self.assertIn("\033[32m", self.said(io.StringIO(), color=True))
        plain = re.sub(r"\033\[[\d;]*m", "", self.said(io.StringIO(), color=True))
        self.assertEqual(plain, self.said(io.StringIO()))

    def test_when_color(self):
        for environment, wanted in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "xterm", "NO_COLOR": ""}, True),
                                    ({"TERM": "dumb"}, False), ({}, False)):
            with unittest.mock.patch.dict("os.environ", environment, clear=True):
                self.assertEqual(timeline.Terminal(Tty()).color, wanted, environment)
                self.assertFalse(timeline.Terminal(io.StringIO()).color)

    def test_trouble_is_seen(self):
        terminal = timeline.Terminal(io.StringIO())
        lines = change(Canned().lines, 4, "(@back.*)file=sound", r"\1file=changed")
        text = "\n".join(timeline.summary(terminal, play(lines).result(TURNS)))
        self.assertIn("✗ instance 1: its file has the checksum it had: after switch 4 it had not", text)
        entry = play(lines).switches[4]
        self.assertIn("file CHANGED", timeline.tell(1, "switch", {"entry": entry}))

    def test_maps(self):
        text = "\n".join(timeline.maps(timeline.Terminal(io.StringIO()), area_map(False), area_map(True)))
        row = r"0x80000000  (.{32})    (.*)"
        self.assertEqual(re.findall(row, "\n".join(timeline.moves(timeline.Terminal(io.StringIO()), play(Canned().lines).maps))),
                         [("2#" + 7 * "2+" + 4 * "2+" + 4 * "1+", "2 got sections of 1"), ("2#" + 7 * "2+" + 4 * " ." + 4 * "1+", "2 gave them back"),
                          (16 * "1+", "2 has left, 1 has all")])
        cells = "".join(re.findall(r"^  0x\w+  (\S.*)$", text, re.M))
        self.assertEqual([cells.count(cell) for cell in ("1#", "1+", "2#", "2+", "s")], [16, 55 + 47, 1, 7, 2])


class Pages(html.parser.HTMLParser):
    """Each tag that is opened is closed; what is loaded from elsewhere."""

    VOID = {"meta", "br", "hr", "img", "link"}

    def __init__(self):
        super().__init__()
        self.open, self.refers, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.refers += [(tag, name, value) for name, value in attrs if name in ("src", "href", "srcset", "data") or "url(" in (value or "")]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.words.append(data)


def text_of(page):
    """Without styles and coordinates."""
    return re.sub(r"<style>.*?</style>|<path[^>]*>| (x|y|x1|x2|y1|y2|cx|cy|width|height|d)=\"[^\"]*\"", "", page, flags=re.S)


class TestReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.result = play(Canned().lines).result(TURNS)
        cls.page = report.page(cls.result)
        cls.svgs = [xml.etree.ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", cls.page, re.S)]
        cls.timeline, *cls.maps, cls.phases, cls.spread = cls.svgs

    def of(self, svg, tag, name=None):
        return [one for one in svg.iter("{http://www.w3.org/2000/svg}" + tag) if name is None or name in one.get("class", "").split()]

    def test_one_file(self):
        pages = Pages()
        pages.feed(self.page)
        self.assertEqual(pages.open, [])
        self.assertEqual(pages.refers, [])
        for word in ("http:", "https:", "@import", "url(", "<script", "<link"):
            self.assertFalse(word in self.page.replace('xmlns="http://www.w3.org/2000/svg"', ""), word)
        for word in ("prefers-color-scheme: dark", "width=device-width"):
            self.assertTrue(word in self.page, word)

    def test_timeline(self):
        bars = [(one.get("class"), one.find("{*}title").text) for one in self.of(self.timeline, "rect") if one.find("{*}title") is not None]
        for who, since, until in report.runs(self.result):
            self.assertIn((("one", "two")[who - 1], f"instance {who} runs from {since:.3f} s to {until:.3f} s"), bars)
        self.assertEqual(len(report.runs(self.result)), TURNS + 5)
        for one, other in zip(report.runs(self.result), report.runs(self.result)[1:]):
            self.assertLessEqual(one[2], other[1])

    def test_maps(self):
        wanted = [area_map(False), area_map(True), area_map(True, "lent"), area_map(False)]
        self.assertEqual(len(self.maps), len(wanted))
        for svg, area in zip(self.maps, wanted):
            cells = story.cells(area)
            for name, cell in (("one", ("core", 1)), ("s1", ("movable", 1)), ("two", ("core", 2)), ("s2", ("movable", 2)), ("shared", ("shared", None))):
                self.assertEqual(len(self.of(svg, "rect", name)), cells.count(cell), name)

    def test_timings(self):
        dots = [one.find("{*}title").text for one in self.of(self.spread, "circle")]
        self.assertEqual(len(dots), TURNS + 10)
        for entry in self.result["switches"][1:]:
            self.assertIn(f"switch {entry['number']}: {entry['total_ms']:.3f} ms", dots)
        bars = [one.find("{*}title").text for one in self.of(self.phases, "rect") if one.find("{*}title") is not None]
        wanted = [f"{timeline.NAMES.get(phase, phase)}: {value[phase]['median']:.3f} ms" for _, value in report.rows_of(self.result) for phase in story.PHASES]
        self.assertEqual(bars, wanted)

    def test_each_number_is_of_the_run(self):
        """Another run gives other numbers, wherever they stand."""
        other = json.loads(json.dumps(self.result))
        other["figures"]["ratio"] = 1.2345
        other["figures"]["by_direction"]["1-2"]["total"].update(median=7.77, min=6.66, max=8.88)
        other["figures"]["by_instance"]["2"]["total"]["median"] = 5.55
        other["figures"]["by_direction"]["1-2"]["core"]["median"] = 0.4567
        other["boot"]["total_s"] = 3.21
        other["memory"]["got"]["ms"].update(total=41.23, zero=31.45)
        other["memory"]["back"]["total_ms"] = 17.89
        other["board"]["qemu"] = "9.8.7"
        other["instances"][1]["uname"] = "Linux <other> & more"
        page = report.page(other)
        for word in ("1.234 <small>", "7.77 / ", "6.660 – 8.880", "5.55 ms", "0.457", "3.21 <small>", "41.23 <small>", "41.2 ms", "31.45 of it",
                     "17.89 <small>", "9.8.7", "Linux &lt;other&gt; &amp; more"):
            self.assertFalse(word in text_of(self.page), word)
            self.assertTrue(word in text_of(page), word)

    def test_bad(self):
        result = play(change(Canned().lines, 4, "(@back.*)file=sound", r"\1file=changed")).result(TURNS)
        page = report.page(result)
        for word in ("1 of 18 checks do not hold", "<li class=bad>instance 1: its file", "19 <small>of 20"):
            self.assertTrue(word in page, word)

    def test_axis(self):
        for low, high in ((0, 4.4), (2.3517, 2.3583), (0, 0.01), (100, 3000)):
            values, digits = report.steps(low, high, 7)
            self.assertTrue(3 <= len(values) <= 12, (low, high, values))
            self.assertEqual(len({f"{value:.{digits}f}" for value in values}), len(values))
            self.assertTrue(all(low <= value <= high + 1e-9 for value in values))


if __name__ == "__main__":
    unittest.main()
