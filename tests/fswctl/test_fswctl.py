#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""fswctl on areas in every state, damaged in every way, and on a device that is none; its texts, its JSON, its exit codes, its papers.

FSWCTL, FSWCTL_MAKE_AREA, FSWCTL_FAKE name what the build made (else: build/host). FSWCTL_SEED repeats a random run, FSWCTL_STEPS is
its length. The class Heavy takes long: test_fswctl.py Heavy runs it alone.
"""
import ctypes
import errno
import json
import os
import pathlib
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
HOST = TOP / "build" / "host"
FSWCTL = os.environ.get("FSWCTL", str(HOST / "bin" / "fswctl"))
MAKE_AREA = os.environ.get("FSWCTL_MAKE_AREA", str(HOST / "bin" / "make_area"))
FAKE = os.environ.get("FSWCTL_FAKE", str(HOST / "tests" / "fswctl" / "libfake_device.so"))
SOURCE = TOP / "tools" / "fswctl"
FORMAT = {name: int(value, 0) for name, value in
          re.findall(r"#define (FSW_\w+)\s+(0x[0-9a-f]+|\d+)\b", (TOP / "libfsw/include/fsw/format.h").read_text())}
ERRORS = re.findall(r"^\tX\((\w+), +\"(.*)\"\)", (TOP / "libfsw/include/fsw/error.h").read_text(), re.M)
ERROR = {name: -i for i, (name, _) in enumerate(ERRORS, 1)}
TEXT = dict(ERRORS)
RESULT = {"PLAIN": 1, "DONE": 2, "UNDONE": 3, "VISIT": 4, "COLLECT": 6, "INHERIT": 7, "SURVIVED": 8}
PHASES = ["freeze", "devices", "core", "handover", "resume", "thaw"]
ANY_START = "ffffffffffffffff"
PAGES = 8192  # with up to 1024 sections: behind header and map



def structures(header):
    """The structures of a header of plain members, as ctypes"""
    types = {"__u32": ctypes.c_uint32, "__s32": ctypes.c_int32, "__u64": ctypes.c_uint64, "char": ctypes.c_char}
    text = re.sub(r"(?s)/\*.*?\*/", "", header)
    sizes = {name: int(value) for name, value in re.findall(r"#define (\w+) (\d+)", text)}
    for name, body in re.findall(r"(?s)\bstruct (\w+) \{(.*?)\};", text):
        fields = []
        for type_, members in re.findall(r"(?s)(?:struct )?(\w+)\s+([^;]+);", body):
            for member, count in re.findall(r"(\w+)\s*(?:\[(\w+)\])?\s*(?:,|$)", members.strip()):
                fields.append((member, types[type_] * (int(sizes.get(count, count))) if count else types[type_]))
        types[name] = type(name, (ctypes.Structure,), {"_fields_": fields})
    return types


UAPI = structures((TOP / "adapters/linux/uapi/fsw.h").read_text())
MOVED = {"done": 1, "in-use": 2, "reserve": 3, "refused": 4, "unusable": 5}
ASKS = {"free": 4, "request": 5, "release": 6, "exit": 7, "kill": 8, "memory": 9, "firmware": 10}

work = None
areas = {}
seen_keys = set()


def setUpModule():
    global work
    work = pathlib.Path(tempfile.mkdtemp(prefix="fswctl-test-"))
    for state in subprocess.run([MAKE_AREA], check=True, text=True, capture_output=True).stdout.split():
        areas[state] = work / f"{state}.area"
        subprocess.run([MAKE_AREA, state, areas[state]], check=True)


def tearDownModule():
    shutil.rmtree(work)


def run(*words, fake=None, before=(), **environment):
    """The completed process of fswctl WORDS; bytes that are no UTF-8 would fail here."""
    env = {"PATH": os.environ["PATH"], "TZ": "UTC", **environment}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    if fake:
        env.update(FSW_FAKE=str(fake), LD_PRELOAD=FAKE)
    return subprocess.run([*before, FSWCTL, *map(str, words)], env=env, capture_output=True, encoding="utf-8", timeout=120)


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


class Case(unittest.TestCase):
    def three_lines(self, done, code):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        lines = done.stderr.splitlines()
        # notes and progress may come first
        self.assertGreaterEqual(len(lines), 3, done.stderr)
        self.assertRegex(lines[-3], "^Error: .+")
        self.assertRegex(lines[-2], "^Current state: .+")
        self.assertRegex(lines[-1], r": .|\.$")
        self.assertNotIn("Error", lines[-1])
        return lines[-3:]

    def good(self, *words, **how):
        done = run(*words, **how)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout + done.stderr)
        return done.stdout

    def json(self, code, *words, **how):
        done = run(*words, "--json", **how)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        value = json.loads(done.stdout)
        self.assertEqual(value["exit"], code)
        self.assertEqual(value["command"], words[0])
        if code:
            lines = self.three_lines(done, code)
            self.assertEqual([value["error"][key] for key in ("message", "state", "next")],
                             [lines[0][7:], lines[1][15:], lines[2]])
        else:
            self.assertEqual(done.stderr, "")
            self.assertIsNone(value["error"])
        seen_keys.update(keys_of(value))
        return value

    def refused(self, code, *words, **how):
        """The three lines; text and JSON say the same."""
        lines = self.three_lines(run(*words, **how), code)
        self.assertEqual(self.json(code, *words, **how)["error"]["message"], lines[0][7:])
        return "\n".join(lines)


    def random_areas(self, steps):
        """Bytes changed at random, often behind a header that is good: no crash, a code, three lines, JSON."""
        seed = int(os.environ.get("FSWCTL_SEED", random.randrange(1 << 32)))
        chance = random.Random(seed)
        path = work / "random.area"
        for step in range(int(os.environ.get("FSWCTL_STEPS", steps))):
            bytes_ = bytearray(areas[chance.choice([state for state in areas if state != "large"])].read_bytes())
            for _ in range(chance.choice((1, 3, 100))):
                bytes_[chance.choice((chance.randrange(512), chance.randrange(len(bytes_))))] = chance.randrange(256)
            if chance.random() < 0.5:
                at = chance.randrange(16, 60) & ~3
                struct.pack_into("<I", bytes_, at, chance.choice((0, 1, 12, 24, 0xffffffff, 1 << chance.randrange(32), chance.getrandbits(32))))
            if chance.random() < 0.8:
                struct.pack_into("<III", bytes_, 0, FORMAT["FSW_AREA_MAGIC"], 1, 1)
                struct.pack_into("<I", bytes_, 60, zlib.crc32(bytes_[:60]))
            path.write_bytes(bytes_)
            with self.subTest(f"FSWCTL_SEED={seed}, step {step}"):
                for command in ("status", "map", "log"):
                    done = run(command, "--area", path)
                    self.assertIn(done.returncode, (0, 3), done.stderr)
                    if done.returncode:
                        self.three_lines(done, 3)
                    self.assertNotRegex(done.stdout + done.stderr, r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
                    self.json(done.returncode, command, "--area", path)


class Status(Case):
    def status(self, state, code=0):
        return self.json(code, "status", "--area", areas[state]), run("status", "--area", areas[state]).stdout

    def test_guests(self):
        value, text = self.status("guests")
        self.assertEqual(value["area"], {"source": str(areas["guests"]), "bytes": areas["guests"].stat().st_size, "format": value["area"]["format"],
                                         "base": "0x80000000", "section_bytes": 1 << 24, "sections": 16, "instances": 4, "page_bytes": 4096})
        self.assertEqual((value["running"], value["phase"], value["operation"], value["damage"], value["damages"]), (1, "idle", None, [], 0))
        self.assertEqual(value["sections"], {"nobody": 1, "free": 0, "shared": 1, "core": 6, "movable": 8, "damaged": 0})
        one, two, three = value["instances"]
        self.assertEqual({key: one[key] for key in ("id", "name", "state", "parent", "cause", "release", "base", "entry", "core_sections",
                                                    "movable_sections", "bytes", "damage", "differences")},
                         {"id": 1, "name": "master", "state": "running", "parent": None, "cause": None, "release": "6.1.0-master", "base": "0x80000000",
                          "entry": "0x80008000", "core_sections": 4, "movable_sections": 6, "bytes": 10 << 24, "damage": None, "differences": None})
        self.assertEqual(one["devices"], [{"name": "rtc", "state": 1}])
        self.assertEqual((two["name"], two["state"], two["parent"], two["release"]), ("guest2", "sleeping", 1, "6.12.95"))
        self.assertEqual(two["differences"], [{"device": "10009000.uart", "here": 0, "there": 1}, {"device": "10013000.virtio", "here": 0, "there": 2}])
        self.assertEqual(three["differences"], [])
        ticks = {phase: 24000 * i + 2 for i, phase in enumerate(PHASES, 1)}
        self.assertEqual((two["timings"]["hz"], two["timings"]["ticks"]), (24000000, ticks))
        self.assertEqual(two["timings"]["ms"]["thaw"], 6.0)
        self.assertEqual(two["timings"]["total_ms"], 21.0)
        self.assertRegex(text, r"(?m)^Running: instance 1 'master'$")
        self.assertRegex(text, r"(?m)^ 2  guest2  sleeping  1 +6\.12\.95 +1 \(16 MiB\) +1 \(16 MiB\) +21\.00 ms$")
        self.assertIn("instance 2 left '10009000.uart' in state 1, instance 1 has it in state 0", text)
        self.assertNotIn("instance 3 left", text)
        self.assertRegex(text, r"(?m)^  instance 2 +1\.00 +2\.00 +3\.00 +4\.00 +5\.00 +6\.00 +21\.00$")

    def test_states(self):
        for state, running, phase, operation, says in (
                ("blank", None, "blank", None, "no master has set it up"),
                ("master", 1, "idle", None, "Pending: nothing"),
                ("loaded", 1, "idle", None, "fourth  loaded"),
                ("requested", 1, "requested", ("switch", 1, 2), "switch to instance 2 by instance 1; phase 'requested'"),
                ("armed", 1, "armed", ("switch", 1, 2), "phase 'armed'"),
                ("handed", 2, "handed", ("switch", 1, 2), "phase 'handed'"),
                ("freeing", 1, "requested", ("free", 1, 4), "freeing of memory for instance 4 by instance 1"),
                ("resetting", 1, "resetting", ("boot", 1, 4), "boot of instance 4 by instance 1; phase 'resetting'"),
                ("claiming", 2, "handed", ("claim", 1, 2), "claim of 2 sections by instance 1, now at instance 2"),
                ("skipping", 3, "handed", ("claim", 1, 3),
                 "Claim: 1 of 2 sections released, 1 stayed; at instance 3 'guest3'; could not be reached: instance 4"),
                ("asking", 1, "requested", ("claim", 1, 2), "Claim: 0 of 1 sections released; next: instance 2 'guest2'"),
                ("terminating", 2, "requested", ("terminate", 2, 1), "end of instance 2, instance 1 follows"),
                ("killed", 1, "idle", None, "Pending: nothing"),
                ("recovered", None, "armed", ("recover", 1, 1), "resumption of instance 1 after a reset (died); phase 'armed'; instance 2 died"),
                ("interrupted", None, "armed", ("recover", 3, 3), "resumption of instance 3 after a reset (died); phase 'armed'; instance 1 died; undone: switch"),
                ("dead", 1, "idle", None, "dead: reset")):
            with self.subTest(state):
                value, text = self.status(state)
                self.assertIn(says, text)
                self.assertEqual((value["running"], value["phase"]), (running, phase))
                found = value["operation"]
                self.assertEqual(found and (found["mode"], found["source"], found["target"]), operation)

    def test_dead(self):
        value, _ = self.status("dead")
        two = value["instances"][1]
        self.assertEqual((two["state"], two["cause"], two["devices"], two["core_sections"]), ("dead", "reset", [], 1))

    def test_claim(self):
        """A dump that was taken in the middle of a round"""
        self.assertIsNone(self.status("guests")[0]["claim"])
        self.assertEqual(self.status("skipping")[0]["claim"],
                         {"source": 1, "target": 3, "wanted": 2, "released": 1, "kept": 1, "skipped": [4]})
        self.assertEqual(self.status("claiming")[0]["claim"],
                         {"source": 1, "target": 2, "wanted": 2, "released": 1, "kept": 0, "skipped": []})
        self.assertIn("\nClaim: 1 of 2 sections released, 1 stayed; at instance 3", self.good("map", "--area", areas["skipping"]))
        for state in ("guests", "asking", "claiming", "skipping"):
            self.assertEqual(self.json(0, "map", "--area", areas[state])["claim"], self.status(state)[0]["claim"], state)

    def test_claimable(self):
        """Sleepers' movable memory above the base of who runs"""
        for state, sections in (("guests", 2), ("second", 7), ("master", 0), ("dead", 1), ("blank", None), ("recovered", None)):
            value, text = self.status(state)
            self.assertEqual((value["claimable"], value["memory"], value["pinned"]), (sections, None, None), state)
            self.assertEqual(self.json(0, "map", "--area", areas[state])["claimable"], sections, state)
            self.assertEqual("Claimable" in text, sections is not None)
            self.assertNotIn("This instance", text)
        self.assertIn("Claimable: 7 (112 MiB) of sleepers' movable memory, by instance 2, which begins at 0x84000000", self.status("second")[1])
        self.assertIn("Claimable by instance 2: 7 sections (112 MiB)", self.good("map", "--area", areas["second"]))

    def test_cores(self):
        """Whose each core is; the boot core has no entry of its own."""
        for state, says, boot, rows in (
                ("cores", "0 boot, 1-3 instance 1", 0, [("parked", None, False)] + 3 * [("running", 1, False)]),
                ("cores-parked", "0 boot, 1-3 parked", 0, [("parked", None, False)] + 3 * [("parked", None, True)]),
                ("cores-lost", "0 boot, 1 instance 1, 2 lost by instance 1, 3 parked", 0,
                 [("parked", None, False), ("running", 1, False), ("lost", 1, False), ("parked", None, True)]),
                ("cores-late", "0 boot, 1 instance 1, 2 lost by instance 1 (in the pen since), 3 parked", 0,
                 [("parked", None, False), ("running", 1, False), ("lost", 1, True), ("parked", None, True)]),
                ("cores-stray", "0 not in the pen, 1-2 instance 1, 3 not in the pen; one not in the pen is the boot core", None,
                 [("parked", None, False), ("running", 1, False), ("running", 1, False), ("parked", None, False)]),
                ("cores-armed", "0 boot, 1 parked, 2-3 not in the pen", 0, [("parked", None, False), ("parked", None, True)] + 2 * [("parked", None, False)])):
            with self.subTest(state):
                value, text = self.status(state)
                self.assertEqual(re.findall(r"(?m)^Cores: (.*)$", text), [says])
                self.assertEqual([(one["core"], one["boot"], one["damage"]) for one in value["cores"]],
                                 [(core, None if boot is None else core == boot, None) for core in range(4)])
                self.assertEqual([(one["state"], one["owner"], one["arrived"]) for one in value["cores"]], rows)
                self.assertEqual((value["damages"], len(value["instances"])), (0, 3))

    def test_formats(self):
        """As every version of the format wrote them; those without a map of cores have no line about them."""
        kept = sorted(path for path in (TOP / "tests/data").glob("v*.bin") if path.name != "v1-sar.bin")
        self.assertEqual({path.name[:2] for path in kept}, {"v1", "v2", "v3"})
        for path in kept:
            with self.subTest(path.name):
                value = self.json(0, "status", "--area", path)
                text = self.good("status", "--area", path)
                self.assertEqual((value["area"]["format"], value["damages"]), (int(path.name[1]), 0))
                self.assertIn("Running: instance", text)
                mapped = path.name == "v3-cores.bin"
                self.assertEqual((value["cores"] is not None, "Cores:" in text), (mapped, mapped))

    def test_large(self):
        value, text = self.status("large")
        self.assertEqual([one["id"] for one in value["instances"]], [1, 254])
        self.assertEqual(value["sections"]["movable"], (1 << 20) - 64)
        self.assertIn("1048576 sections of 1 MiB", text)

    def test_evil(self):
        value, text = self.status("evil")
        self.assertEqual(value["instances"][1]["name"], "\x1b[2Jx\"\\\n\x9b\ufffd\u00e9")
        self.assertEqual(value["instances"][2]["name"], "y" * 32)
        self.assertEqual(value["instances"][2]["release"], "\u20ac\U0001f600|\ufffd\ufffd\ufffd|\ufffd\ufffd\ufffd|\ufffd\ufffd\ufffd\ufffd|\ufffd\ufffd")
        self.assertIn("\u20ac\U0001f600|???|???|????|?? ", text)
        self.assertIn("?[2Jx\"\\???\u00e9 ", text)
        for command in ("status", "map", "log"):
            self.assertNotRegex(run(command, "--area", areas["evil"]).stdout, r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]")


class Map(Case):
    def test_picture(self):
        """The picture against the runs, the runs against the entries in the bytes."""
        for state in areas:
            with self.subTest(state):
                bytes_ = areas[state].read_bytes()
                value = self.json(0, "map", "--area", areas[state])
                cells = [(run_["kind"], run_["owner"], run_["marks"]) for run_ in value["runs"] for _ in range(run_["count"])]
                self.assertEqual(len(cells), value["sections"])
                for i in list(range(min(64, len(cells)))) + [len(cells) - 1]:
                    self.assertEqual(cells[i], entry_of(bytes_, i))
                first = 0
                for run_ in value["runs"]:
                    self.assertEqual((run_["first"], run_["address"]), (first, hex(int(value["base"], 16) + first * value["section_bytes"])))
                    first += run_["count"]
                text = self.good("map", "--area", areas[state])
                if state == "large":
                    continue
                rows = re.findall(r"(?m)^0x([0-9a-f]{8}) (.*)$", text)
                self.assertEqual([int(row[0], 16) for row in rows], [0x80000000 + (i << 28) for i in range(len(rows))])
                drawn = [drawn_cell(word) for row in rows for word in row[1].split()]
                self.assertEqual(drawn, [(kind, owner, marks[-1:]) for kind, owner, marks in cells])

    def test_legend(self):
        text = self.good("map", "--area", areas["loaded"])
        self.assertRegex(text, r"(?m)^ +4\+ +3 +48 MiB  instance 4 'fourth', movable$")
        self.assertRegex(text, r"(?m)^ +s +1 +16 MiB  shared by all$")
        self.assertRegex(text, r"(?m)^ +- +1 +16 MiB  nobody's$")
        self.assertNotIn("behind an entry", text)
        self.assertIn("behind an entry", self.good("map", "--area", areas["claiming"]))

    def test_large(self):
        lines = self.good("map", "--area", areas["large"]).splitlines()
        self.assertLess(len(lines), 20)
        self.assertEqual(lines.count("*"), 3)
        self.assertTrue(any(re.match(r"0x8000000000 +254\+ 254\+ 254\+ +1\+", line) for line in lines))
        self.assertTrue(any(line.startswith("0xfffe000000 ") for line in lines))

    def test_color(self):
        plain = self.good("map", "--area", areas["guests"])
        self.assertNotIn("\x1b", plain)
        self.assertEqual(plain, self.good("map", "--area", areas["guests"], "--color=never"))
        for how in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
            colored = self.good("map", "--area", areas["guests"], "--color", "always", **how)
            self.assertEqual(re.sub(r"\x1b\[[0-9;]*m", "", colored), plain)
            self.assertEqual(colored.count("\x1b[0m"), 16 + 8)
            codes = {re.search(r"(\x1b\[[0-9;]*m) *" + re.escape(symbol), colored)[1] for symbol in ("1#", "1+", "2#", "2+", "3#", "3+", "-", "s")}
            self.assertEqual(len(codes), 8)
        colored = self.good("map", "--area", areas["claiming"], "--color", "always")
        self.assertIn("\x1b[97m .f\x1b[0m", colored)
        self.assertIn("+c", self.good("map", "--area", areas["killed"]))
        broken = work / "one-entry.area"
        broken.write_bytes(areas["guests"].read_bytes()[:4096] + bytes(4) + areas["guests"].read_bytes()[4100:])
        self.assertIn("\x1b[1;97;41m X\x1b[0m", run("map", "--area", broken, "--color", "always").stdout)
        self.assertIn("always, never or auto", self.refused(2, "map", "--area", areas["guests"], "--color", "pink"))

    def test_terminal(self):
        for how, colored in (({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            self.assertEqual("\x1b" in on_terminal(["map", "--area", str(areas["guests"])], how)[1], colored, how)


def entry_of(bytes_, section):
    """kind, owner, marks from the bytes alone (docs/format.md)"""
    word, = struct.unpack_from("<I", bytes_, 4096 + 4 * section)
    salt = (section * FORMAT["FSW_GUARD_STRIDE"] + FORMAT["FSW_GUARD_START"]) << 16
    entry = (word * (1 + (FORMAT["FSW_GUARD_MULTIPLIER"] << 16)) + salt) & 0xffffffff
    assert entry < 0x10000
    owner = entry & 0xff
    marks = [name for bit, name in ((0x800, "requested"), (0x200, "ordered"), (0x400, "freed"), (0x1000, "claimed")) if entry & bit]
    if owner == 255:
        return "shared", None, marks
    if owner == 0:
        return ("free" if entry & 0x100 else "nobody"), None, marks
    return ("movable" if entry & 0x100 else "core"), owner, marks


def guard(payload, tag):
    salt = (tag * FORMAT["FSW_GUARD_STRIDE"] + FORMAT["FSW_GUARD_START"]) << 16
    return (payload * (1 - (FORMAT["FSW_GUARD_MULTIPLIER"] << 16)) - salt) & 0xffffffff


def drawn_cell(word):
    owner, symbol, mark = re.fullmatch(r"(\d*)([-.s#+X])([rofc]?)", word).groups()
    kind = {"-": "nobody", ".": "free", "s": "shared", "#": "core", "+": "movable", "X": "damaged"}[symbol]
    return kind, int(owner) if owner else None, [{"r": "requested", "o": "ordered", "f": "freed", "c": "claimed"}[mark]] if mark else []


def on_terminal(words, how, fake=None):
    """Standard output and error on a pseudo-terminal: status and what was written."""
    master, slave = pty.openpty()
    env = {"PATH": os.environ["PATH"], "TERM": "xterm", **how}
    if fake:
        env.update(FSW_FAKE=str(fake), LD_PRELOAD=FAKE)
    child = subprocess.Popen([FSWCTL, *words], env=env, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    written = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(master)
    return child.wait(), written.decode()


class Damaged(Case):
    """Each check of opening, by name; what can be shown is shown."""

    def area(self, change, state="guests"):
        bytes_ = bytearray(areas[state].read_bytes())
        change(bytes_)
        path = work / "damaged.area"
        path.write_bytes(bytes_)
        return path

    def header(self, offset, value, width="<I"):
        def change(bytes_):
            struct.pack_into(width, bytes_, offset, value)
            struct.pack_into("<I", bytes_, FORMAT["FSW_HEADER_CRC"], zlib.crc32(bytes_[:FORMAT["FSW_HEADER_CRC"]]))
        return change

    def test_header(self):
        sets = FORMAT
        for name, change in (
                ("NO_AREA", lambda b: struct.pack_into("<I", b, 0, 0)),
                ("BYTE_ORDER", lambda b: struct.pack_into(">I", b, 0, sets["FSW_AREA_MAGIC"])),
                ("MAGIC", lambda b: struct.pack_into("<I", b, 0, 0x12345678)),
                ("VERSION_NEW", self.header(sets["FSW_HEADER_LAST_COMPAT"], 99)),
                ("VERSION_OLD", self.header(sets["FSW_HEADER_VERSION"], 0)),
                ("HEADER_CRC", lambda b: struct.pack_into("<I", b, 24, 23)),
                ("SECTION_SIZE", self.header(sets["FSW_HEADER_SECTION_SHIFT"], 40)),
                ("SECTIONS", self.header(sets["FSW_HEADER_SECTIONS"], 1 << 21)),
                ("INSTANCES", self.header(sets["FSW_HEADER_INSTANCES"], 255)),
                ("PAGE_SIZE", self.header(sets["FSW_HEADER_PAGE_SIZE"], 4097)),
                ("BASE", self.header(sets["FSW_HEADER_BASE"], 0x80000001, "<Q")),
                ("LAYOUT", self.header(sets["FSW_HEADER_CMM_OFFSET"], 8192))):
            with self.subTest(name):
                path = self.area(change)
                for command in ("status", "map", "log"):
                    lines = self.refused(3, command, "--area", path)
                    self.assertIn(TEXT[name], lines)
                    self.assertEqual(run(command, "--area", path).stdout, "")
                    error = self.json(3, command, "--area", path)["error"]
                    self.assertEqual((error["name"], error["code"]), (name, ERROR[name]))

    def test_parts(self):
        page = PAGES + 4096  # of instance 2, which sleeps

        def flip(offset):
            def change(bytes_):
                bytes_[offset] ^= 0x40
            return change

        def word(offset, payload, tag):
            return lambda bytes_: struct.pack_into("<I", bytes_, offset, guard(payload, tag))

        sets = FORMAT
        cases = [
            ("SWITCH_WORD", flip(sets["FSW_AREA_SWITCH"]), "switch page"),
            ("SWITCH_VALUE", word(sets["FSW_AREA_SWITCH"], 0x9001, sets["FSW_TAG_SWITCH"]), "switch page"),
            ("RESULT_WORD", flip(sets["FSW_AREA_RESULT"]), "switch page"),
            ("ENTRY_CHECK", flip(4096 + 4 * 5), "section 5 at 0x85000000"),
            ("ENTRY_VALUE", word(4096 + 4 * 5, 0x2000, 5), "section 5 at 0x85000000"),
            ("ENTRY_OWNER", word(4096 + 4 * 5, 0x0107, 5), "section 5 at 0x85000000"),
            ("STATE_WORD", flip(page), "instance 2"),
            ("STATE_VALUE", word(page, 9, sets["FSW_TAG_STATE"] + 2), "instance 2"),
            ("PARENT_WORD", flip(page + 4), "instance 2"),
            ("PARENT_VALUE", word(page + 4, 200, sets["FSW_TAG_PARENT"] + 2), "instance 2"),
            ("LOAD_CRC", flip(page + sets["FSW_PAGE_LOAD"]), "instance 2"),
            ("MANIFEST_CRC", flip(page + sets["FSW_PAGE_MANIFEST"]), "instance 2"),
            ("RESUME_CRC", flip(page + sets["FSW_PAGE_RESUME"]), "instance 2"),
            ("SAR_MAGIC", flip(page + sets["FSW_PAGE_SAR"]), "instance 2"),
            ("SAR_CRC", flip(page + sets["FSW_PAGE_SAR"] + sets["FSW_SAR_HEADER_BYTES"]), "instance 2"),
        ]
        for name, change, where in cases:
            with self.subTest(name):
                path = self.area(change)
                text = run("status", "--area", path)
                lines = self.three_lines(text, 3)
                self.assertIn(TEXT[name], lines[0])
                self.assertIn(f"Damaged: {where}: {TEXT[name]}", text.stdout)
                self.assertIn("guest3", text.stdout)
                value = self.json(3, "status", "--area", path)
                self.assertEqual((value["error"]["name"], value["damages"]), (name, 1))
                self.assertEqual(value["damage"], [{"name": name, "where": where, "text": TEXT[name]}])
                self.assertEqual(value["instances"][0]["name"], "master")
                if where == "instance 2":
                    self.assertEqual(value["instances"][1]["damage"], name)
                picture = run("map", "--area", path)
                self.three_lines(picture, 3)
                self.assertIn("instance 1 'master', kernel core", picture.stdout)
                self.assertEqual("damaged entry" in picture.stdout, name.startswith("ENTRY"))
                runs = self.json(3, "map", "--area", path)["runs"]
                self.assertEqual([one["first"] for one in runs if one["damage"] == name], [5] if name.startswith("ENTRY") else [])

    def test_cores(self):
        """The others are shown; a damaged one is named, also when there is a second."""
        at = struct.unpack_from("<I", areas["cores"].read_bytes(), FORMAT["FSW_HEADER_CORES_OFFSET"])[0] + FORMAT["FSW_CORES_RECORDS"]
        two = at + 2 * FORMAT["FSW_CORE_BYTES"]

        def word(payload):
            return guard(payload, FORMAT["FSW_TAG_CORE"] + 2)

        for name, offset, value in (("CORE_WORD", FORMAT["FSW_CORE_WORD"], word(0x201) ^ 0x40), ("CORE_WORD", FORMAT["FSW_CORE_ARRIVED"], 0x12345678),
                                    ("CORE_VALUE", FORMAT["FSW_CORE_WORD"], word(0x205)), ("CORE_VALUE", FORMAT["FSW_CORE_WORD"], word(0x401)),
                                    ("CORE_VALUE", FORMAT["FSW_CORE_WORD"], word(0x101))):
            with self.subTest(f"{name} {value:x}"):
                path = self.area(lambda bytes_: struct.pack_into("<I", bytes_, two + offset, value), "cores")
                done = run("status", "--area", path)
                self.assertIn(f"core 2: {TEXT[name]}", self.three_lines(done, 3)[0])
                self.assertIn(f"Damaged: core 2: {TEXT[name]}", done.stdout)
                self.assertIn("Cores: 0 boot, 1 instance 1, 2 damaged, 3 instance 1\n", done.stdout)
                found = self.json(3, "status", "--area", path)
                self.assertEqual(found["damage"], [{"name": name, "where": "core 2", "text": TEXT[name]}])
                self.assertEqual(found["cores"][2], {"core": 2, "state": None, "owner": None, "arrived": None, "boot": False, "damage": name})
                self.assertEqual((found["error"]["name"], found["cores"][3]["state"]), (name, "running"))

        def both(bytes_):
            bytes_[at] ^= 1
            bytes_[two] ^= 1
        found = self.json(3, "status", "--area", self.area(both, "cores"))
        self.assertEqual([one["where"] for one in found["damage"]], ["core 0", "core 2"])
        self.assertEqual({one["boot"] for one in found["cores"]}, {None})

        def count(bytes_):
            self.header(FORMAT["FSW_HEADER_CORES"], FORMAT["FSW_CORES_MAX"] + 1)(bytes_)
        for state in ("cores", "guests"):
            self.assertIn(TEXT["CORES"], self.refused(3, "status", "--area", self.area(count, state)))

    def test_operation(self):
        slot = FORMAT["FSW_AREA_OPERATION"]
        for name, at, value in (("OPERATION_CRC", 4, None), ("OPERATION", 4, 77)):
            def change(bytes_):
                for start in (slot, slot + FORMAT["FSW_OPERATION_BYTES"]):
                    if value is None:
                        bytes_[start + at] ^= 1
                        continue
                    struct.pack_into("<I", bytes_, start + at, value)
                    end = start + FORMAT["FSW_OPERATION_CRC"]
                    struct.pack_into("<I", bytes_, end, zlib.crc32(bytes_[start:end]))
            path = self.area(change, "requested")
            self.assertIn(TEXT[name], self.refused(3, "status", "--area", path))
            self.assertIn("guest3", run("status", "--area", path).stdout)

    def test_many(self):
        def change(bytes_):
            for section in range(16):
                bytes_[4096 + 4 * section] ^= 1
        value = self.json(3, "status", "--area", self.area(change))
        self.assertEqual((value["damages"], len(value["damage"]), value["sections"]["damaged"]), (16, 16, 16))
        text = run("status", "--area", self.area(change)).stdout
        self.assertEqual(text.count("Damaged: section"), 8)
        self.assertIn("Damaged: 8 more", text)

        def large(bytes_):
            for section in range(100):
                bytes_[4096 + 4 * section] ^= 1
        value = self.json(3, "status", "--area", self.area(large, "large"))
        self.assertEqual((value["damages"], len(value["damage"])), (100, 64))

    def test_timings(self):
        """Timings are written without a commit: damage to them alone is told, and is no failure."""
        def change(bytes_):
            bytes_[PAGES + 4096 + FORMAT["FSW_PAGE_TIMINGS"]] ^= 1
        value = self.json(0, "status", "--area", self.area(change))
        self.assertEqual([one["name"] for one in value["damage"]], ["TIMINGS_CRC"])
        self.assertIsNone(value["instances"][1]["timings"])

    def test_truncated(self):
        whole = areas["guests"].read_bytes()
        for length in [0, 1, 63, 64, 127, 4095, 4096, PAGES, len(whole) - 1]:
            path = work / "short.area"
            path.write_bytes(whole[:length])
            for command in ("status", "map", "log"):
                self.assertIn(f"{length} bytes", self.refused(3, command, "--area", path))
        path.write_bytes(whole + b"more")
        self.good("status", "--area", path)

    def test_files(self):
        self.assertIn("No such file", self.refused(7, "status", "--area", work / "absent"))
        self.assertIn("Is a directory", self.refused(7, "map", "--area", work))
        self.assertIn(TEXT["NO_AREA"], self.refused(3, "status", "--area", "/dev/zero"))

    def test_pipe(self):
        """An area that can not be sought in"""
        done = subprocess.run([FSWCTL, "status", "--area", "/dev/stdin"], input=areas["guests"].read_bytes(), capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_random(self):
        self.random_areas(40)


class OnDevice(Case):
    """A device that answers what a test tells it to"""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=work))
        (self.folder / "dev").mkdir()
        (self.folder / "sys/class/misc/fsw").mkdir(parents=True)
        (self.folder / "sys/kernel/debug/fsw").mkdir(parents=True)
        (self.folder / "proc").mkdir()
        (self.folder / "proc/cmdline").write_text("console=ttyAMA0 root=/dev/ram\n")
        self.kernel = self.folder / "zImage-6.12"
        self.kernel.write_text("kernel")
        self.device("guests")

    def device(self, state):
        shutil.copy(areas[state], self.folder / "dev/fsw")

    def answer(self, number=0, error=0, index=0, outcome=0, other=0, undone=0, who="", what="", instance=0, ask=1):
        (self.folder / f"answer-{ask}").write_bytes(struct.pack("<iIiIIIII64s128s", number, instance, error, index, outcome, other, undone, 0,
                                                                who.encode(), what.encode()))

    def log(self, *entries, number=0):
        (self.folder / "answer-3").write_bytes(struct.pack("<i", number) + b"".join(entries))

    def gives(self, ask, number=0, flags=None, rows=None, listing=None, result=None, **fields):
        """The answer to one of the ioctls that move memory: members of its structure, of its result, and what is listed"""
        type_ = UAPI[f"fsw_ioc_{ask}"]
        if rows is not None:
            fields.setdefault("listed", len(rows))
            listing = ("moved", rows)
        value = type_(**fields)
        patches = [(getattr(type_, name).offset, getattr(type_, name).size) for name in fields]
        bytes_ = struct.pack("<i", number) + b"".join(struct.pack("<II", at, size) + bytes(value)[at:at + size] for at, size in patches)
        if result is not None:
            at = type_.result.offset
            whole = bytes(UAPI["fsw_ioc_result"](**result))
            bytes_ += struct.pack("<II", at, len(whole)) + whole
        if listing:
            whole = b"".join(map(bytes, listing[1]))
            bytes_ += struct.pack("<II", getattr(type_, listing[0]).offset, len(whole) | 0x80000000) + whole
        (self.folder / f"answer-{ASKS[ask]}{'' if flags is None else f'.{flags}'}").write_bytes(bytes_)

    def moved(self, section, owner=0, what="done", error=0, why=""):
        return UAPI["fsw_ioc_moved"](section, owner, MOVED[what], error, why.encode())

    def asked(self, ask):
        """What the last ioctl of this kind was asked, and all its words in `calls`"""
        mine = [call for call in self.calls() if call["ioctl"] == str(ASKS[ask])]
        return UAPI[f"fsw_ioc_{ask}"].from_buffer_copy(bytes.fromhex(mine[-1]["bytes"])), mine[-1]

    def calls(self):
        path = self.folder / "calls"
        if not path.exists():
            return []
        asked = [dict(line.partition(" ")[::2] for line in part.splitlines()) for part in path.read_text().split("\n\n") if part]
        path.unlink()
        return asked

    def fsw(self, *words, **how):
        return self.good(*words, fake=self.folder, **how)

    def refuses(self, code, *words):
        return self.refused(code, *words, fake=self.folder)

    def value(self, code, *words):
        return self.json(code, *words, fake=self.folder)

    def every_error(self, answer, *commands):
        """Each error of the library: its text, some state, a command, an exit code that fits"""
        for name, _ in ERRORS:
            damage = ERROR["SAR_RANGE"] <= ERROR[name] <= ERROR["TRUNCATED"] or ERROR["CORE_VALUE"] <= ERROR[name] <= ERROR["CORES"]
            code = 5 if name == "INTERRUPTED" else 3 if damage else 1
            for words in commands:
                with self.subTest(f"{name} {words}"):
                    answer(words, ERROR[name])
                    lines = self.refuses(code, *words)
                    self.assertIn(TEXT[name], lines)
                    self.assertRegex(lines.splitlines()[2], "fswctl (status|map|boot|switch|dump|rehearse|request|kill|exit|free)|dmesg")
                    error = self.value(code, *words)["error"]
                    self.assertEqual((error["name"], error["code"]), (name, ERROR[name]))

    def entry(self, number=1, mode=1, other=2, outcome=RESULT["DONE"], error=0, scale=1, hz=24000000):
        ticks = [int(24000 * i * scale) for i in range(1, 7)]
        return struct.pack("<QIIIIiI6I3II", 1700000000123456789 + number * 10**9, number, mode, other, outcome, error, hz, *ticks, *ticks[:3], 0)


class Device(OnDevice):
    """What is asked of the kernel, and what is made of its answers"""

    # looking

    def test_status(self):
        self.assertIn("Running: instance 1 'master', this one", self.fsw("status"))
        self.assertEqual(self.value(0, "status")["area"]["source"], "/dev/fsw")
        self.assertIn("1#", self.fsw("map"))

    def test_dump(self):
        out = self.folder / "out"
        self.assertIn("bytes saved", self.fsw("dump", out))
        self.assertEqual(out.read_bytes(), areas["guests"].read_bytes())
        self.assertEqual(self.value(0, "dump", out)["bytes"], out.stat().st_size)
        (self.folder / "dev/fsw").write_bytes(b"not an area" * 10000)
        self.fsw("dump", out)
        self.assertEqual(out.read_bytes(), b"not an area" * 10000)
        self.assertIn("cannot write", self.refuses(7, "dump", self.folder / "no/where"))

    def test_open(self):
        for number, code, says in (("EACCES", 4, "sudo fswctl"), ("EPERM", 4, "sudo fswctl"), ("ENOENT", 3, "dmesg | grep fsw"), ("ENXIO", 3, "dmesg | grep fsw"),
                                   ("ENODEV", 3, "dmesg | grep fsw")):
            (self.folder / "open").write_text(str(getattr(errno, number)))
            for words in (["status"], ["map"], ["log"], ["switch", "2"], ["rehearse"], ["dump", "x"], ["boot", "--kernel", self.kernel],
                          ["request", "1"], ["release", "1"], ["free", "--contiguous", "1"], ["exit"], ["kill", "2"]):
                with self.subTest(f"{number} {words[0]}"):
                    lines = self.refuses(code, *words)
                    self.assertIn(says, lines)
                    self.assertIn("cannot open /dev/fsw", lines)
        self.assertEqual(self.calls(), [])
        (self.folder / "open").write_text(str(errno.ENOENT))
        (self.folder / "sys/class/misc/fsw/dev").write_text("10:120\n")
        self.assertIn("mount -t devtmpfs", self.refuses(3, "status"))

    def test_read(self):
        (self.folder / "dev/fsw").unlink()
        (self.folder / "dev/fsw").mkdir()
        self.assertIn("cannot read '/dev/fsw': Is a directory", self.refuses(3, "status"))

    # the firmware

    RANGES = ((0x60000000, 0x1000), (0x68000000, 0x7dc000))

    def firmware(self, known, ranges=RANGES):
        rows = [UAPI["fsw_ioc_range"](*row) for row in ranges]
        self.gives("firmware", flags=0, firmware=known, count=len(rows), listing=("ranges", rows))

    def test_firmware_shown(self):
        for what, known, says in ((0, None, "Nothing is overwritten at a reset"), (1, "unknown", "is not known"), (2, "given", "By the device tree"),
                                  (3, "probed", "A probe found")):
            self.firmware(what)
            text = self.fsw("firmware-probe", "--show")
            self.assertIn(says, text)
            self.assertEqual(("0x68000000  8048 KiB" in text, "fsw,excluded" in text), (what > 0, what == 3))
            self.assertEqual([call["ioctl"] for call in self.calls()], ["10"])
            value = self.value(0, "firmware-probe", "--show")
            self.assertEqual((value["firmware"], value["known"]), ("closed" if what else "own", known))
            self.assertEqual(value["ranges"], [{"base": "0x60000000", "bytes": 4096}, {"base": "0x68000000", "bytes": 0x7dc000}])
            self.calls()

    def test_firmware_nodes(self):
        """What is to be added to a tree is a tree, by the compiler for trees; addresses beyond 32 bits have two cells."""
        for ranges, cells in ((self.RANGES, 1), (((0x60000000, 0x1000), (0x880000000, 0x100000000)), 2)):
            self.firmware(3, ranges=ranges)
            text = self.fsw("firmware-probe")
            self.assertIn(f"({cells} cell{'s' * (cells > 1)} for an address, {cells} for a size)", text)
            nodes = text[text.index("\n\tfirmware@"):]
            for base, size in ranges:
                words = [part >> shift & 0xffffffff for part in (base, size) for shift in (32, 0)[2 - cells:]]
                self.assertIn(f"firmware@{base:x} {{\n\t\tcompatible = \"fsw,excluded\";\n\t\treg = <{' '.join(self.cell(word, index, cells) for index, word in enumerate(words))}>;", nodes)

    @staticmethod
    def cell(word, index, cells):
        return f"0x{word:x}" if cells == 2 and index % 2 == 0 else f"0x{word:08x}"

    def test_firmware_probe(self):
        """With a result there is no probe, unless another is asked for; first it is asked whether it can be."""
        self.firmware(3)
        self.fsw("firmware-probe")
        self.assertEqual(len(self.calls()), 1)
        for what, words in ((3, ("--again",)), (1, ()), (2, ())):
            self.firmware(what)
            self.gives("firmware", -1, flags=1)
            done = run("firmware-probe", *words, fake=self.folder)
            self.assertEqual((done.returncode, done.stderr), (42, ""))
            self.assertIn("the board reset: this instance starts anew", done.stdout)
            self.assertEqual([call["bytes"][8:16] for call in self.calls()], ["00000000", "03000000", "01000000"])
        self.assertIn("nothing was changed", self.fsw("firmware-probe", "--dry-run"))
        self.assertEqual(len(self.calls()), 2)

    def test_firmware_refused(self):
        for number, what, says in (("EBUSY", "instance 2 is 'sleeping', and would be lost", "fswctl kill"), ("EPERM", "only instance 1 can probe: the firmware starts it", "fswctl switch 1"),
                                   ("EOPNOTSUPP", "no closed firmware starts this kernel: nothing is overwritten", "firmware-probe --show")):
            self.firmware(1)
            self.gives("firmware", getattr(errno, number), flags=3, result={"what": what.encode()})
            lines = self.refuses(1, "firmware-probe")
            self.assertIn(what, lines)
            self.assertIn(says, lines.splitlines()[2])
        self.firmware(1)
        self.gives("firmware", flags=3)
        self.gives("firmware", errno.EBUSY, flags=1,
                   result={"error": ERROR["INTERRUPTED"], "who": b"fsw-test.0", "what": b"Linux could not suspend (error -16)"})
        self.assertIn("fsw-test.0", self.refuses(5, "firmware-probe"))
        self.answer(errno.EPERM, what="it is not known what the closed firmware overwrites at a reset", ask=2)
        self.assertIn("fswctl firmware-probe", self.refuses(1, "boot", "--kernel", self.kernel).splitlines()[-1])

    # switch and rehearse

    def test_switch(self):
        self.answer(outcome=RESULT["DONE"], other=2)
        self.log(self.entry(1, scale=2), self.entry(2))
        text = self.fsw("switch", "2")
        self.assertEqual(text, "This instance runs again: instance 2 gave the machine back.\n"
                               "The switch to here took 21.00 ms: freeze 1.00, devices 2.00, core 3.00, handover 4.00, resume 5.00, thaw 6.00\n")
        self.assertEqual(self.calls()[0], {"ioctl": "switch", "size": "232", "flags": "0", "instance": "2"})
        value = self.value(0, "switch", "2")
        self.assertEqual((value["instance"], value["dry_run"], value["outcome"], value["other"], value["undone"]), (2, False, "done", 2, None))
        self.assertEqual((value["last"]["number"], value["last"]["total_ms"], value["last"]["time"]), (2, 21.0, "2023-11-14T22:13:22Z"))
        self.answer(outcome=RESULT["INHERIT"], other=2)
        self.assertIn("instance 2 ended, its memory is ours", self.fsw("switch", "2"))
        self.answer(outcome=RESULT["DONE"], other=2, who="rtc", what="x")
        self.assertIn("Note: rtc: x\n", self.fsw("switch", "2"))
        self.assertEqual(self.value(0, "switch", "2")["note"], "x")
        self.answer(outcome=RESULT["DONE"])
        self.log()
        self.assertEqual(self.fsw("switch", "2"), "This instance runs again.\n")
        self.assertIsNone(self.value(0, "switch", "2")["last"])

    def test_dry_run(self):
        self.answer(who="10009000.uart")
        self.calls()
        text = self.fsw("switch", "--dry-run", "2")
        self.assertIn("nothing was changed", text)
        self.assertIn("device '10009000.uart'", text)
        self.assertEqual([one["flags"] for one in self.calls()], ["1"])
        value = self.value(0, "switch", "2", "--dry-run")
        self.assertEqual((value["dry_run"], value["outcome"], value["last"], value["device"]), (True, None, None, "10009000.uart"))

    def test_rehearse(self):
        self.answer(outcome=RESULT["PLAIN"])
        self.log(self.entry(mode=0, other=0, outcome=RESULT["PLAIN"]))
        self.assertIn("every driver came back.\nIt took 21.00 ms", self.fsw("rehearse"))
        asked = self.calls()[0]
        self.assertEqual((asked["flags"], asked["instance"]), ("2", "0"))
        self.assertEqual(self.value(0, "rehearse")["outcome"], "plain")

    def test_survived(self):
        self.answer(outcome=RESULT["SURVIVED"], other=2)
        self.device("dead")
        lines = self.refuses(6, "switch", "2")
        self.assertIn("instance 2 died", lines)
        self.assertIn("2 is 'dead'", lines)
        self.answer(outcome=RESULT["SURVIVED"], undone=2)
        self.assertIn("the machine was reset, and this one was resumed; a boot did not take place", self.refuses(6, "switch", "2"))

    def test_visit(self):
        """It gave memory to a claim round, and could not fall asleep again."""
        for words, ask in ((["switch", "2"], 1), (["boot", "--kernel", self.kernel], 2)):
            self.answer(0, ERROR["INTERRUPTED"], outcome=RESULT["VISIT"], other=3, who="10009000.uart", ask=ask)
            lines = self.refuses(5, *words)
            self.assertIn("it gave memory to instance 3 and could not fall asleep again ('10009000.uart')", lines)
            self.assertIn("instance 1 'master' runs", lines)
            self.assertIn("Instance 3 sleeps and waits for its memory: fswctl switch 3", lines)
            value = self.value(5, *words)
            self.assertEqual((value["outcome"], value["other"], value["error"]["who"], value["last"]), ("visit", 3, "10009000.uart", None))
        self.answer(0, ERROR["UNREACHABLE"], outcome=RESULT["VISIT"], other=3)
        lines = self.refuses(1, "switch", "2")
        self.assertIn("it gave memory to instance 3, which can not be resumed", lines)
        self.assertIn("See what is wrong with instance 3: fswctl status", lines)
        self.answer(0, ERROR["INTERRUPTED"], outcome=RESULT["VISIT"], other=3, who="10009000.uart")
        (self.folder / "dev/fsw").write_text("unreadable")
        self.assertIn("Current state: instance 3 sleeps", self.refuses(5, "switch", "2"))
        self.answer(outcome=RESULT["COLLECT"])
        self.assertEqual(self.fsw("switch", "2"), "This instance runs again: its claim round is over.\n")

    def test_undone(self):
        """Handed over and refused there: the ioctl may say so by its errno or without."""
        for number in (0, errno.EIO):
            self.answer(number, ERROR["SAR_CRC"], index=2, outcome=RESULT["UNDONE"])
            self.assertIn(TEXT["SAR_CRC"], self.refuses(3, "switch", "2"))
        self.answer(0, ERROR["INTERRUPTED"], outcome=RESULT["UNDONE"], who="10013000.virtio")
        lines = self.refuses(5, "switch", "2")
        self.assertIn("interrupted ('10013000.virtio')", lines)
        self.assertIn("fswctl rehearse", lines)
        self.assertEqual(self.value(5, "switch", "2")["error"]["who"], "10013000.virtio")

    def test_refused(self):
        def answer(words, error):
            self.answer(errno.EIO, error, index=3, ask=1 if words[0] == "switch" else 2)
        self.every_error(answer, ["switch", "2"], ["boot", "--kernel", self.kernel, "--instance", "2", "--start", "0x88000000"])

    def test_switch_state(self):
        self.device("loaded")
        self.answer(errno.ESRCH, ERROR["STATE"])
        self.assertEqual(self.refuses(1, "switch", "4"), "Error: switch to instance 4: wrong state\nCurrent state: instance 4 is 'loaded' (needed: 'sleeping')\n"
                                                         "Start it first: fswctl boot --loaded --instance 4")
        self.answer(errno.ENOENT, ERROR["EMPTY"])
        self.device("guests")
        lines = self.refuses(1, "switch", "4")
        self.assertIn("instance 4 is 'empty' (needed: 'sleeping')", lines)
        self.assertIn("Load it first: fswctl boot --instance 4 --kernel FILE", lines)
        self.assertIn("List the instances: fswctl status", self.refuses(1, "switch", "200"))
        self.answer(errno.ESRCH, ERROR["STATE"])
        self.device("dead")
        lines = self.refuses(1, "switch", "2")
        self.assertIn("'dead', cause: reset (needed: 'sleeping')", lines)
        self.assertIn("It cannot come back; take its memory: fswctl kill 2", lines)
        self.answer(errno.EINVAL, ERROR["SELF"])
        self.assertIn("instance 1 'master' runs", self.refuses(1, "switch", "1"))
        self.answer(errno.EBUSY, ERROR["BUSY"])
        self.device("requested")
        lines = self.refuses(1, "switch", "3")
        self.assertIn("pending: switch to instance 2 by instance 1; phase 'requested'", lines)
        self.assertIn("Wait until it is over: fswctl status", lines)
        self.answer(errno.ESRCH, ERROR["STATE"], ask=2)
        self.device("guests")
        self.assertIn("Resume it: fswctl switch 3", self.refuses(1, "boot", "--loaded", "--instance", "3"))

    def test_cores(self):
        """A core that is not where it must be: which, where it is now, how to get it there."""
        online = "/sys/devices/system/cpu/cpu2/online"
        boot = ["boot", "--kernel", self.kernel]
        asks = ((["switch", "2"], 1, "fswctl switch 2"), (boot, 2, "fswctl boot ..."), (["exit"], 7, "fswctl exit"))
        for state, name, where, says in (
                ("cores-lost", "CORE_LOST", "lost by instance 1", "if it never does, only a reset brings it back: "),
                ("cores-late", "CORE_LOST", "lost by instance 1 (in the pen since)", "It has come, late; try again, that takes it back: "),
                ("cores", "CORE_LOST", "instance 1", "It is back, try again: "),
                ("cores-parked", "CORE_LOST", "parked", "It is back, try again: "),
                ("cores", "CORE_STATE", "instance 1", f"Take it off-line, then try again: echo 0 >{online} && "),
                ("cores-parked", "CORE_AWAY", "parked", "It is back, try again: "),
                ("cores-lost", "CORE_AWAY", "lost by instance 1", "Try again when fswctl status says that it has come; if it never does, only a reset brings it back: ")):
            self.device(state)
            for words, ask, again in asks:
                with self.subTest(f"{name} {state} {words[0]}"):
                    if ask == 7:
                        self.gives("exit", errno.EIO, result={"error": ERROR[name], "index": 2})
                    else:
                        self.answer(errno.EIO, ERROR[name], index=2, ask=ask)
                    lines = self.refuses(1, *words).splitlines()
                    self.assertRegex(lines[0], f": core 2: {TEXT[name]}$")
                    self.assertEqual(lines[1], f"Current state: it was undone; core 2: {where}; instance 1 'master' runs, 2 is 'sleeping', 3 is 'sleeping'; "
                                               "no operation pending")
                    self.assertTrue(lines[2].endswith(says + again), lines[2])
        self.device("cores-stray")
        self.answer(errno.EIO, ERROR["CORE_AWAY"], index=3)
        lines = self.refuses(1, "switch", "2")
        self.assertIn("core 3: not in the pen;", lines)
        self.assertIn("a reset of the board brings it to the pen, who runs ends by that: fswctl status", lines)

    def test_cores_request(self):
        """A claim round that could not begin"""
        self.device("cores-lost")
        for number, got, code in ((errno.EIO, 0, 1), (0, 1, 8)):
            rows = [self.moved(8)] * got
            self.gives("request", number, got=got, hz=1000, rows=rows, result={"error": ERROR["CORE_LOST"], "index": 2})
            lines = self.refuses(code, "request", "2").splitlines()
            self.assertEqual(lines[0], f"Error: request of 2 sections: {'got 1 of 2; ' if got else ''}core 2: core lost")
            self.assertIn("nobody was asked; core 2: lost by instance 1; instance 1 'master' runs", lines[1])
            self.assertRegex(lines[2], r"Try again when fswctl status says that it has come; .*: fswctl request \.\.\.$")

    def test_cores_damaged(self):
        """Found by the hand-over"""
        bytes_ = bytearray(areas["cores"].read_bytes())
        at = struct.unpack_from("<I", bytes_, FORMAT["FSW_HEADER_CORES_OFFSET"])[0] + FORMAT["FSW_CORES_RECORDS"] + 2 * FORMAT["FSW_CORE_BYTES"]
        bytes_[at] ^= 1
        (self.folder / "dev/fsw").write_bytes(bytes_)
        self.answer(errno.EIO, ERROR["CORE_WORD"], index=2)
        lines = self.refuses(3, "switch", "2")
        self.assertIn(f"switch to instance 2: core 2: {TEXT['CORE_WORD']}\nCurrent state: it was undone; core 2: damaged; instance 1 'master' runs", lines)
        self.assertIn("a reset of the board writes that record anew: fswctl dump FILE", lines)
        self.assertIn("a reset of the board writes that record anew: fswctl dump FILE", self.refuses(3, "status"))

    def test_cores_unknown(self):
        """The area can not be read, is of another shape, or the operation is still there."""
        self.answer(errno.EIO, ERROR["CORE_LOST"], index=7)
        self.device("cores-lost")
        self.assertIn("core 7: core lost", self.refuses(1, "switch", "2"))
        self.assertIn("dmesg | grep 'fsw: core'", self.refuses(1, "switch", "2"))
        self.answer(errno.EIO, ERROR["CORE_LOST"], index=3)
        self.device("cores-armed")
        lines = self.refuses(1, "switch", "2")
        self.assertIn("Current state: core 3: not in the pen; instance 1 'master' runs", lines)
        self.assertIn("pending: switch", lines)
        (self.folder / "dev/fsw").write_text("unreadable")
        lines = self.refuses(1, "switch", "2")
        self.assertIn("core 3: core lost", lines)
        self.assertIn("the area could not be read", lines)

    def test_boot_refused(self):
        boot = ["boot", "--kernel", self.kernel, "--memory", "8", "--contiguous", "7"]
        self.answer(errno.ENOMEM, ERROR["CONTIGUOUS"], ask=2)
        lines = self.refuses(1, *boot)
        self.assertIn("the longest run to be had is 6 sections (96 MiB) at 0x88000000, asked for: 7", lines)
        self.assertIn("fswctl boot --start 0x88000000 --contiguous 6 ...", lines)
        self.answer(errno.ENOMEM, ERROR["CONTIGUOUS"], index=5, ask=2)
        self.assertIn("section 5 at 0x85000000 is movable memory of instance 2", self.refuses(1, *boot, "--start", "0x84000000"))
        self.answer(errno.ENOMEM, ERROR["NOT_ENOUGH"], index=6, ask=2)
        lines = self.refuses(1, *boot)
        self.assertIn("6 sections (96 MiB) can be had, asked for: 8 (128 MiB)", lines)
        self.assertIn("Ask for less: fswctl boot --memory 6 ...", lines)
        self.answer(errno.ENOMEM, ERROR["NOT_ENOUGH"], index=0, ask=2)
        self.assertIn("fswctl map", self.refuses(1, *boot))
        self.answer(errno.EBUSY, ERROR["IN_USE"], ask=2)
        lines = self.refuses(1, *boot, "--instance", "3")
        self.assertIn("instance 3 is 'sleeping' (needed: 'empty')", lines)
        self.assertIn("Take an empty one: fswctl boot --instance 4 ...", lines)
        self.device("loaded")
        self.assertIn("All 4 are in use: fswctl status", self.refuses(1, *boot, "--instance", "3"))
        self.answer(errno.EINVAL, ERROR["ALIGNMENT"], ask=2)
        lines = self.refuses(1, *boot, "--start", "0x80000123")
        self.assertIn("0x80000123 is no multiple of 128 MiB: those around it are 0x80000000 and 0x88000000\nNo such run is free or movable", lines)
        self.answer(errno.ENOMEM, ERROR["OUTSIDE"], ask=2)
        self.assertIn("the map goes from 0x80000000 to 0x90000000", self.refuses(1, *boot, "--start", "0"))
        for name, says in (("NO_MEMORY", "section 14 at 0x8e000000 is nobody's"), ("SHARED", "section 15 at 0x8f000000 is shared by all"),
                           ("KERNEL_CORE", "section 4 at 0x84000000 is kernel core of instance 2"),
                           ("OTHERS", "section 11 at 0x8b000000 is movable memory of instance 1")):
            self.answer(errno.EIO, ERROR[name], index=int(says.split()[1]), ask=2)
            self.assertIn(says, self.refuses(1, *boot))

    def test_adapter_refuses(self):
        """The adapter's own reasons"""
        boot = ["boot", "--kernel", self.kernel, "--initrd", self.kernel, "--dtb", self.kernel]
        for number, who, what, code, says in (
                ("EPERM", "", "", 4, "sudo fswctl boot"),
                ("EINTR", "", "", 5, "Try again"),
                ("ENOTTY", "", "", 3, "do not speak the same interface"),
                ("EFAULT", "", "", 3, "fswctl --version"),
                ("E2BIG", "", "", 3, "fswctl --version"),
                ("EINVAL", "", "", 3, "fswctl --version"),
                ("EINVAL", "", "unknown flags 0x40", 3, "fswctl --version"),
                ("EBUSY", "", "another request is in progress", 1, "Wait until it is over: fswctl status"),
                ("ENOEXEC", "", "memory: does not begin at a multiple of 128 MiB", 1, "No such run is free or movable"),
                ("EBUSY", "", "section 9 at 0x89000000 is in use and does not free: all others are back", 1, "fswctl boot --start ADDRESS"),
                ("EBUSY", "fsw-test.0", "Linux could not suspend (error -16)", 5, "fswctl rehearse"),
                ("EBUSY", "rtc", "a wake-up source is active", 5, "a wake-up source is active ('rtc')"),
                ("EAGAIN", "", "Linux could not suspend (error -11)", 5, "fswctl rehearse"),
                ("ENOEXEC", "", "kernel image: for x86", 1, f"hexdump -C '{self.kernel}'"),
                ("ENOEXEC", "", "initrd: too large for this memory", 1, "hexdump -C"),
                ("ENOEXEC", "", "device tree: malformed", 1, "hexdump -C"),
                ("ENOSPC", "", "all 8 instances exist", 1, "fswctl status"),
                ("ENOMEM", "", "", 1, "dmesg"),
                ("EOPNOTSUPP", "", "4 cores, and no pen for them: boot with nr_cpus=1", 1, "Boot this kernel with nr_cpus=1"),
                ("EOPNOTSUPP", "", "something else", 1, "dmesg")):
            with self.subTest(f"{number} {what}"):
                self.answer(getattr(errno, number), who=who, what=what, ask=2)
                lines = self.refuses(code, *boot)
                self.assertIn(says, lines)
                self.assertIn(what or os.strerror(getattr(errno, number)), lines)
                self.assertIsNone(self.value(code, *boot)["error"]["name"])

    def test_busy(self):
        """Told by what sysfs says: reading the area would wait for the other request."""
        (self.folder / "dev/fsw").write_text("unreadable")
        self.answer(errno.EBUSY, what="another request is in progress")
        self.assertIn("another program's request has the machine", self.refuses(1, "switch", "2"))
        (self.folder / "sys/class/misc/fsw/progress").write_text("kernel 5 100\n")
        self.assertIn("another program's request is at: kernel 5 100", self.refuses(1, "switch", "2"))

    def test_begin(self):
        self.answer(errno.ENOEXEC, what="memory: does not begin at a multiple of 128 MiB", ask=2)
        lines = self.refuses(1, "boot", "--kernel", self.kernel, "--memory", "6")
        self.assertIn("Name an address: fswctl boot --start 0x88000000 ...", lines)
        self.assertNotIn("those around it", lines)
        lines = self.refuses(1, "boot", "--kernel", self.kernel, "--memory", "6", "--start", "0x89000000")
        self.assertIn("0x89000000 is no multiple of 128 MiB: those around it are 0x88000000 and 0x90000000\nName an address: fswctl boot --start 0x88000000", lines)

    def test_unsafe(self):
        """What the kernel says is cleaned as well, and need not end."""
        self.answer(errno.EBUSY, who="\x1b[2J" + "x" * 60, what="\x07" + "y" * 127)
        lines = self.refuses(5, "switch", "2")
        self.assertIn("?" + "y" * 127, lines)
        self.assertNotIn("\x1b", lines)

    def test_state_unknown(self):
        self.answer(errno.EBUSY, ERROR["BUSY"])
        bytes_ = bytearray(areas["guests"].read_bytes())
        bytes_[0] = 0
        (self.folder / "dev/fsw").write_bytes(bytes_)
        self.assertIn("the area could not be read", self.refuses(1, "switch", "2"))

    # boot

    def boot(self, *words, **how):
        text = self.fsw("boot", "--kernel", self.kernel, *words, **how)
        return text, next(one for one in self.calls() if one["ioctl"] == "boot")

    def test_boot(self):
        self.answer(outcome=RESULT["DONE"], other=3, instance=4, ask=2)
        self.log(self.entry())
        text, asked = self.boot()
        self.assertEqual(asked, {"ioctl": "boot", "size": str(288 + 8), "flags": "0", "instance": "0", "contiguous": "16", "total": "16", "start": ANY_START,
                                 "name": "zImage-6.12", "cmdline": "console=ttyAMA0 root=/dev/ram", "kernel": str(self.kernel), "initrd": "", "tree": ""})
        self.assertIn("command line as the running kernel's: console=ttyAMA0 root=/dev/ram\n", text)
        self.assertIn("Booting 'zImage-6.12': 16 sections (256 MiB), 16 of them in one run.\n", text)
        self.assertIn("instance 4 was booted, instance 3 gave the machine back.\nThe switch to here took 21.00 ms", text)
        text, asked = self.boot("--initrd", self.kernel, "--dtb", self.kernel, "--cmdline", "quiet", "--memory", "192M", "--contiguous=100M", "--start",
                                "0x88000000", "--instance", "4", "--name", "new one", "--direct")
        self.assertEqual({key: asked[key] for key in ("flags", "instance", "contiguous", "total", "start", "name", "cmdline", "initrd", "tree")},
                         {"flags": "1", "instance": "4", "contiguous": "7", "total": "12", "start": "88000000", "name": "new one", "cmdline": "quiet",
                          "initrd": str(self.kernel), "tree": str(self.kernel)})
        self.assertIn("contiguous 100M is rounded up to 7 sections of 16 MiB: 112 MiB\n", text)
        self.assertNotIn("command line", text)
        for size, sections in (("1", 1), ("0x10", 16), ("16384K", 1), ("16385k", 2), ("1g", 64), ("1M", 1), ("0x10m", 1)):
            self.assertEqual(self.boot("--memory", size)[1]["total"], str(sections), size)

    def test_boot_json(self):
        self.answer(outcome=RESULT["DONE"], other=4, instance=4, ask=2)
        self.log(self.entry())
        value = self.value(0, "boot", "--kernel", self.kernel, "--memory", "100M")
        self.assertEqual({key: value[key] for key in ("instance", "name", "sections", "contiguous", "section_bytes", "start", "cmdline", "outcome", "other",
                                                      "stay", "direct", "loaded", "dry_run")},
                         {"instance": 4, "name": "zImage-6.12", "sections": 7, "contiguous": 7, "section_bytes": 1 << 24, "start": None,
                          "cmdline": "console=ttyAMA0 root=/dev/ram", "outcome": "done", "other": 4, "stay": False, "direct": False, "loaded": False,
                          "dry_run": False})
        self.assertEqual(len(value["notes"]), 2)
        self.assertEqual(value["last"]["number"], 1)

    def test_boot_flags(self):
        self.answer(instance=4, ask=2)
        text, asked = self.boot("--dry-run")
        self.assertEqual(asked["flags"], "2")
        self.assertIn("Dry run: instance 4 could be booted; nothing was changed.", text)
        text, asked = self.boot("--stay")
        self.assertEqual(asked["flags"], "4")
        self.assertIn("Start it: fswctl boot --loaded --instance 4", text)
        self.answer(outcome=RESULT["DONE"], other=4, instance=4, ask=2)
        self.fsw("boot", "--loaded", "--instance", "4", "--direct")
        asked = self.calls()[0]
        self.assertEqual((asked["flags"], asked["instance"], asked["kernel"], asked["cmdline"]), ("9", "4", "", ""))
        self.answer(outcome=RESULT["SURVIVED"], other=4, instance=4, ask=2)
        self.assertIn("boot: instance 4 died", self.refuses(6, "boot", "--kernel", self.kernel))

    def test_boot_damaged(self):
        (self.folder / "dev/fsw").write_bytes(areas["guests"].read_bytes()[:4096] + bytes(20480))
        self.assertIn(TEXT["ENTRY_CHECK"], self.refuses(3, "boot", "--kernel", self.kernel))
        self.assertEqual(self.calls(), [])

    def test_boot_sysfs(self):
        """The section size from sysfs; the area is not even looked at."""
        (self.folder / "dev/fsw").write_text("unreadable")
        (self.folder / "sys/class/misc/fsw/section_size").write_text("33554432\n")
        self.answer(instance=4, ask=2)
        text, asked = self.boot("--stay")
        self.assertEqual(asked["total"], "8")
        self.assertIn("8 sections (256 MiB)", text)
        (self.folder / "sys/class/misc/fsw/section_size").write_text("33554433\n")
        self.assertIn(TEXT["TRUNCATED"], self.refuses(3, "boot", "--kernel", self.kernel))

    def test_interrupt(self):
        """Ctrl-C ends the wait, not the telling."""
        self.answer(errno.EINTR, ask=2)
        (self.folder / "steps").write_text("-\n" * 8)
        child = subprocess.Popen([FSWCTL, "boot", "--kernel", self.kernel], env={**os.environ, "FSW_FAKE": str(self.folder), "LD_PRELOAD": FAKE},
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        child.stdout.readline()
        child.stdout.readline()
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        self.assertIn("Error: boot: Interrupted system call", child.communicate()[1])
        self.assertEqual(child.returncode, 5)

    def test_boot_files(self):
        self.assertIn("cannot read", self.refuses(7, "boot", "--kernel", self.folder / "absent"))
        self.assertIn("cannot read", self.refuses(7, "boot", "--kernel", self.kernel, "--dtb", self.folder / "absent"))
        (self.folder / "proc/cmdline").unlink()
        self.assertIn("--cmdline STRING", self.refuses(7, "boot", "--kernel", self.kernel))
        self.assertEqual(self.calls(), [])

    def test_progress(self):
        self.answer(instance=4, ask=2)
        progress = self.folder / "sys/class/misc/fsw/progress"
        progress.write_text("")
        (self.folder / "steps").write_text("-\nmemory 1 4\nkernel 1000 5000000\nkernel 4000000 5000000\ninitrd 20 30\n"
                                           "rubbish\n 1 2\nkernel 3 2\nkernel 0 0\n-\n")
        done = run("boot", "--kernel", self.kernel, "--stay", fake=self.folder)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "freeing 4 sections\nloading: kernel, 5000000 bytes\nloading: initrd, 30 bytes\n")
        progress.write_text("")
        status, text = on_terminal(["boot", "--kernel", str(self.kernel), "--stay"], {}, self.folder)
        self.assertEqual(status, 0)
        self.assertRegex(text, r"kernel       \[#{32}\.{8}\]  80 %")
        self.assertTrue(text.endswith("Start it: fswctl boot --loaded --instance 4\r\n"))
        progress.write_text("")
        self.assertIn("loading: kernel, 5000000 bytes\r\n", on_terminal(["boot", "--kernel", str(self.kernel), "--stay"], {"TERM": "dumb"}, self.folder)[1])
        progress.write_text("")
        self.assertEqual(run("boot", "--kernel", self.kernel, "--stay", "--json", fake=self.folder).stderr, "")

    # log

    def test_log(self):
        self.assertIn("has not been suspended yet", self.fsw("log"))
        entries = [self.entry(i, scale=scale) for i, scale in enumerate((3, 1, 2, 10), 1)]
        entries += [self.entry(5, mode=0, other=0, outcome=RESULT["PLAIN"]), self.entry(6, error=ERROR["SAR_CRC"], outcome=RESULT["UNDONE"]),
                    self.entry(7, mode=2, other=3, outcome=RESULT["SURVIVED"]), self.entry(8, hz=0),
                    self.entry(9, mode=3, other=0, outcome=RESULT["COLLECT"]), self.entry(10, mode=3, other=0, outcome=RESULT["COLLECT"]),
                    self.entry(11, mode=1, other=3, outcome=RESULT["VISIT"]), self.entry(12, mode=4, other=1, outcome=RESULT["UNDONE"])]
        self.log(*entries)
        text = self.fsw("log")
        self.assertRegex(text, r"(?m)^   1  2023-11-14 22:13:21  switch        2  done +3\.00 +6\.00 +9\.00 +12\.00 +15\.00 +18\.00 +63\.00$")
        self.assertRegex(text, r"(?m)^   5  .*  suspend       -  plain ")
        self.assertRegex(text, r"(?m)^   6  .*  SAR blob: bad CRC$")
        self.assertRegex(text, r"(?m)^4 switches\n +median .* 52\.50\n +min .* 21\.00\n +max .* 210\.00\n\n1 plain suspend\n")
        self.assertRegex(text, r"(?m)^   9  .*  claim         -  collect  ")
        self.assertRegex(text, r"(?m)^  11  .*  switch        3  visit  ")
        self.assertRegex(text, r"(?m)^  12  .*  terminate     1  undone  ")
        self.assertRegex(text, r"(?m)^2 claim rounds, within handover\n +median .* 21\.00\n")
        value = self.value(0, "log")
        self.assertEqual([one["number"] for one in value["entries"]], list(range(1, 13)))
        first = value["entries"][0]
        self.assertEqual((first["mode"], first["other"], first["outcome"], first["error"], first["hz"], first["ms"]["freeze"], first["left_ms"]["core"],
                          first["wall_ns"]), ("switch", 2, "done", None, 24000000, 3.0, 9.0, 1700000001123456789))
        self.assertEqual(value["entries"][5]["error"], "SAR_CRC")
        self.assertEqual({name: group["count"] for name, group in value["spread"].items()}, {"switch": 4, "plain": 1, "claim": 2})
        self.assertEqual(value["spread"]["switch"]["total"], {"min": 21.0, "median": 52.5, "max": 210.0})
        for group in value["spread"].values():
            self.assertEqual(list(group), ["count", *PHASES, "total"])
        self.assertEqual(value["spread"]["switch"]["freeze"], {"min": 1.0, "median": 2.5, "max": 10.0})
        self.assertEqual(value["spread"]["plain"]["total"], {"min": 21.0, "median": 21.0, "max": 21.0})

    def test_log_long(self):
        self.log(*[self.entry(i) for i in range(1, 3001)])
        self.assertEqual(self.value(0, "log")["spread"]["switch"]["count"], 3000)

    def test_log_refused(self):
        self.log(number=errno.EPERM)
        self.assertIn("sudo fswctl log", self.refuses(4, "log"))
        self.log(number=errno.ENOTTY)
        self.assertIn("fswctl --version", self.refuses(3, "log"))

    def test_log_area(self):
        text = self.good("log", "--area", areas["guests"])
        self.assertRegex(text, r"(?m)^  2 guest2 .* 21\.00$")
        value = self.json(0, "log", "--area", areas["guests"])
        self.assertEqual([(one["instance"], one["ms"]["thaw"]) for one in value["entries"]], [(1, 6.0), (2, 6.0), (3, 6.0)])
        self.assertIn("No instance has been switched yet", self.good("log", "--area", areas["blank"]))

    def test_log_devices(self):
        path = self.folder / "sys/kernel/debug/fsw/devices"
        self.assertIn("mount -t debugfs debugfs /sys/kernel/debug", self.refuses(3, "log", "--devices"))
        (self.folder / "sys/kernel/debug/clear_warn_once").write_text("")
        self.assertIn("debugfs is mounted", self.refuses(3, "log", "--devices"))
        path.write_text("")
        self.assertIn("has not been suspended yet", self.fsw("log", "--devices"))
        path.write_text("10009000.uart uart-pl011 2400 4800 24000000\nbroken\n10013000.virtio virtio-mmio 57600 24000 24000000\n")
        lines = self.fsw("log", "--devices").splitlines()
        self.assertRegex(lines[1], r"^10013000\.virtio +virtio-mmio +2\.400 +1\.000$")
        self.assertRegex(lines[2], r"^10009000\.uart +uart-pl011 +0\.100 +0\.200$")
        self.assertRegex(lines[3], r"^all +2\.500 +1\.200$")
        self.assertEqual(self.value(0, "log", "--devices")["devices"][0],
                         {"device": "10013000.virtio", "driver": "virtio-mmio", "suspend_ms": 2.4, "resume_ms": 1.0})

    # usage

    def test_usage(self):
        kernel = ["boot", "--kernel", self.kernel]
        for words, says in (
                (["switch"], "missing: 'N'"),
                (["switch", "2", "3"], "one word too many: '3'"),
                (["switch", "0"], "not an instance number"),
                (["switch", "255"], "not an instance number"),
                (["switch", "two"], "not an instance number"),
                (["switch", "1K"], "not an instance number"),
                (["status", "--wrong"], "unknown option '--wrong'"),
                (["status", "-x"], "unknown option '-x'"),
                (["status", "--json=1"], "takes no value"),
                (["dump"], "missing: 'FILE'"),
                (["log", "--devices", "--area", "x"], "--devices asks the running kernel"),
                (["boot"], "--kernel FILE is missing"),
                (["boot", "--loaded"], "--loaded needs --instance N"),
                (["boot", "--loaded", "--instance", "2", "--kernel", "x"], "--loaded starts what was loaded"),
                ([*kernel, "--stay", "--direct"], "--stay only loads"),
                ([*kernel, "--memory", "0"], "--memory is a count of sections"),
                ([*kernel, "--memory", "1T"], "--memory is a count of sections"),
                ([*kernel, "--memory", "-1"], "--memory is a count of sections"),
                ([*kernel, "--memory", "M"], "--memory is a count of sections"),
                ([*kernel, "--memory", "99999999999999999999999"], "--memory is a count of sections"),
                ([*kernel, "--contiguous", "x"], "--contiguous is a count of sections"),
                ([*kernel, "--memory", "1", "--contiguous", "2"], "--contiguous is more than --memory"),
                ([*kernel, "--start", "here"], "--start is a physical address"),
                ([*kernel, "--prepared"], "--prepared needs --instance N"),
                ([*kernel, "--prepared", "--instance", "4", "--start", "0x80000000"], "--prepared takes the memory that 'fswctl free' gave"),
                (["boot", "--prepared", "--instance", "4"], "--kernel FILE is missing"),
                (["boot", "--prepared", "--loaded", "--instance", "4"], "--loaded starts what was loaded"),
                (["free"], "--contiguous SIZE is missing"),
                (["free", "--total", "2"], "--contiguous SIZE is missing"),
                (["free", "--contiguous", "3", "--total", "2"], "--contiguous is more than --total: '3'"),
                (["free", "--contiguous", "0"], "--contiguous is a count of sections"),
                (["free", "--contiguous", "1", "--start", "x"], "--start is a physical address"),
                (["free", "--contiguous", "1", "--instance", "300"], "not an instance number"),
                (["request"], "missing: 'SIZE'"),
                (["request", "0"], "SIZE is a count of sections"),
                (["request", "all"], "SIZE is a count of sections"),
                (["request", "1", "2"], "one word too many: '2'"),
                (["request", "1", "--from", "there"], "--from is a physical address"),
                (["release"], "missing: 'SECTIONS'"),
                (["release", "0"], "SIZE is a count of sections"),
                (["release", "2", "3"], "either one SIZE or addresses, which begin with 0x; not also '3'"),
                (["release", "2", "0x88000000"], "not also '0x88000000'"),
                (["release", "0x88000000", "2"], "not also '2'"),
                (["release", "0x88000000", "0xyz"], "ADDRESS is a physical address"),
                (["exit", "2"], "one word too many: '2'"),
                (["kill"], "missing: 'N'"),
                (["kill", "0"], "not an instance number"),
                ([*kernel, "--name", "x" * 32], "longer than 31 bytes"),
                ([*kernel, "--instance", "0"], "not an instance number")):
            with self.subTest(words):
                lines = self.refuses(2, *words)
                self.assertIn(says, lines)
                self.assertIn(f"fswctl {words[0]} --help", lines)
        self.assertEqual(self.calls(), [])
        self.assertIn("needs a value: option '--area'", "\n".join(self.three_lines(run("status", "--json", "--area"), 2)))
        for words, says in ((["frobnicate"], "unknown command 'frobnicate'"), ([], "no command given")):
            self.assertIn(says, "\n".join(self.three_lines(run(*words), 2)))
        self.answer(outcome=RESULT["DONE"], other=2)
        self.fsw("switch", "--", "2")

    def test_full(self):
        """Standard output that takes nothing"""
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([FSWCTL, "status", "--area", areas["guests"]], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 7)
            self.assertIn("cannot write to standard output", done.stderr)


class Memory(OnDevice):
    """Memory that moves"""

    def some(self, **more):
        """Three of five: a free one, two of instance 2; one in use, one kept as a reserve"""
        rows = [self.moved(8), self.moved(5, 2), self.moved(4, 2), self.moved(7, 3, "in-use"), self.moved(6, 3, "reserve")]
        self.gives("request", got=3, hz=1000, ticks_free=10, ticks_round=200, ticks_take=30, ticks_zero=25, visited=(12,), rows=rows,
                   result={"outcome": RESULT["COLLECT"]}, **more)

    def test_request(self):
        self.gives("request", got=2, hz=1000, ticks_free=12, ticks_zero=5, rows=[self.moved(8), self.moved(9)])
        text = self.fsw("request", "2")
        self.assertEqual(text, "got 2 of 2 sections (32 MiB of 32 MiB)\n  0x88000000  sections 8-9       32 MiB  was free\n"
                               "It took 12.00 ms: free ones 12.00, round 0.00, take 0.00; of it zeroing 5.00\n")
        asked, _ = self.asked("request")
        self.assertEqual((asked.flags, asked.count, hex(getattr(asked, "from"))), (0, 2, "0x" + ANY_START))
        self.assertGreaterEqual(asked.room, 4096)
        self.gives("request", got=2, rows=[])
        self.assertIn("SIZE 17M is rounded up to 2 sections of 16 MiB: 32 MiB\ngot 2 of 2", self.fsw("request", "17M"))
        self.fsw("request", "2", "--from", "0x88000000", "--free-only", "--dry-run")
        asked, _ = self.asked("request")
        self.assertEqual((asked.flags, asked.count, getattr(asked, "from")), (3, 2, 0x88000000))

    def test_request_some(self):
        self.some()
        done = run("request", "5", fake=self.folder)
        self.assertEqual(done.stdout, """got 3 of 5 sections (48 MiB of 80 MiB)
  0x84000000  sections 4-5       32 MiB  from instance 2 'guest2'
  0x88000000  section 8          16 MiB  was free
  0x86000000  section 6          16 MiB  not: instance 3 'guest3' keeps it: it would be left with less than its reserve
  0x87000000  section 7          16 MiB  not: in use in instance 3 'guest3': pages there do not move
Asked: instance 2, 3
It took 240.00 ms: free ones 10.00, round 200.00, take 30.00; of it zeroing 25.00
""")
        self.assertEqual(self.three_lines(done, 8), ["Error: request of 5 sections: got 3 of 5", "Current state: 1 in use, 1 kept as a reserve",
                                                     "See there what uses it, end that: fswctl switch 3"])
        value = self.value(8, "request", "5")
        self.assertEqual([value[key] for key in ("wanted", "got", "skipped", "visited", "dry_run", "outcome")], [5, 3, [], [2, 3], False, "collect"])
        self.assertEqual(value["ms"], {"free": 10.0, "round": 200.0, "take": 30.0, "zero": 25.0, "total": 240.0})
        self.assertEqual(value["listed"][0], {"section": 4, "address": "0x84000000", "owner": 2, "what": "done", "why": None, "error": None})
        self.assertEqual([(row["section"], row["owner"], row["what"]) for row in value["listed"][2:]], [(8, None, "done"), (6, 3, "reserve"), (7, 3, "in-use")])

    def test_request_none(self):
        self.gives("request", errno.ENOSPC, got=0, hz=1000, rows=[self.moved(7, 3, "in-use"), self.moved(9, 1, "in-use", why="mlock of sleep (41)")],
                   result={"what": b"none of the 5 sections came"})
        lines = self.refuses(1, "request", "5")
        self.assertIn("Error: request of 5 sections: got 0 of 5; none of the 5 sections came\nCurrent state: 2 in use\n", lines)
        self.assertIn("in use in this instance: mlock of sleep (41)", run("request", "5", fake=self.folder).stdout)
        value = self.value(1, "request", "5")
        self.assertEqual((value["got"], value["listed"][1]["why"]), (0, "mlock of sleep (41)"))
        self.gives("request", errno.ENOSPC, got=0, rows=[], result={"what": b"none of the 5 sections came"})
        self.assertIn("none of the 5 sections came", self.refuses(1, "request", "5"))

    def test_request_unusable(self):
        rows = [self.moved(8), self.moved(9, 0, "unusable"), self.moved(10, 0, "unusable"), self.moved(11, 0, "in-use")]
        self.gives("request", got=1, rows=rows, listed=5000)
        text = run("request", "4", fake=self.folder).stdout
        self.assertIn("0x89000000  sections 9-10      32 MiB  not: free, but this kernel can not use memory there\n", text)
        self.assertIn(f"  and {5000 - 4 - 4096} more\n", text)
        self.assertEqual(self.value(8, "request", "4")["error"]["state"], "1 in use, 2 not usable here")

    def test_request_from(self):
        """Exactly those: what the kernel does not list did not come by the rules."""
        self.gives("request", got=8, hz=1000, rows=[self.moved(5, 2)], visited=(4,))
        text = run("request", "13", "--from", "0x83000000", fake=self.folder).stdout
        self.assertEqual(text.splitlines()[:7], [
            "got 8 of 13 sections (128 MiB of 208 MiB), 7 of them this instance's before",
            "  0x85000000  section 5          16 MiB  from instance 2 'guest2'",
            "  0x84000000  section 4          16 MiB  not: kernel core of instance 2 'guest2'",
            "  0x86000000  section 6          16 MiB  not: kernel core of instance 3 'guest3'",
            "  0x87000000  section 7          16 MiB  not: of instance 3 'guest3', which was not asked",
            "  0x8e000000  section 14         16 MiB  not: nobody's: no memory that may be used",
            "  0x8f000000  section 15         16 MiB  not: shared by all"])
        value = self.value(8, "request", "13", "--from", "0x83000000")
        self.assertEqual([(row["section"], row["owner"], row["what"], row["error"]) for row in value["listed"]],
                         [(5, 2, "done", None), (4, 2, "refused", "KERNEL_CORE"), (6, 3, "refused", "KERNEL_CORE"),
                          (7, 3, "refused", "REQUEST_NEEDED"), (14, None, "refused", "NO_MEMORY"), (15, None, "refused", "SHARED")])
        self.assertIn("5 not to be had", value["error"]["state"])
        self.assertIn("which was not asked: --free-only", run("request", "13", "--from", "0x83000000", "--free-only", fake=self.folder).stdout)
        self.gives("request", got=8, rows=[self.moved(5, 2)], skipped=(8,))
        self.assertIn("of instance 3 'guest3', which could not be reached", run("request", "13", "--from", "0x83000000", fake=self.folder).stdout)
        self.device("dead")
        self.gives("request", got=1, rows=[])
        self.assertIn("of instance 2 'guest2', which does not sleep but is 'dead'", run("request", "3", "--from", "0x83000000", fake=self.folder).stdout)
        self.device("guests")
        self.gives("request", errno.ESRCH, got=0, rows=[], result={"error": ERROR["NOTHING"]})
        lines = self.refuses(1, "request", "2", "--from", "0x8e000000")
        self.assertIn(f"got 0 of 2; {TEXT['NOTHING']}\nCurrent state: 2 not to be had\n", lines)
        self.gives("request", got=2, rows=[])
        self.assertIn("got 2 of 2 sections (32 MiB of 32 MiB), 2 of them this instance's before", self.fsw("request", "2", "--from", "0x80000000"))

    def test_request_skipped(self):
        self.some(skipped=(1 << 4, 1 << 8))
        done = run("request", "5", fake=self.folder)
        self.assertIn("Skipped: instance 4 sleeps and could not be reached. See why: fswctl status\nSkipped: instance 40 sleeps", done.stdout)
        lines = self.three_lines(done, 8)
        self.assertEqual(lines[1:], ["Current state: 1 in use, 1 kept as a reserve; instance 4, 40 could not be reached",
                                     "See what is wrong with instance 4, or take all its memory: fswctl status | fswctl kill 4"])
        self.assertEqual(self.value(8, "request", "5")["skipped"], [4, 40])
        self.gives("request", errno.ENOSPC, got=0, rows=[], skipped=(1 << 3,), visited=(1 << 2,), result={"what": b"none of the 2 sections came"})
        done = run("request", "2", fake=self.folder)
        self.assertIn("got 0 of 2 sections (0 B of 32 MiB)\nAsked: instance 2\nSkipped: instance 3 'guest3' sleeps", done.stdout)
        self.assertEqual(self.three_lines(done, 1)[1:], ["Current state: instance 3 could not be reached",
                                                         "See what is wrong with instance 3, or take all its memory: fswctl status | fswctl kill 3"])
        self.gives("request", got=1, rows=[self.moved(5, 2)], skipped=(1 << 3,))
        self.assertIn("Skipped: instance 3 'guest3' sleeps", self.fsw("request", "1"))

    def test_request_dry(self):
        self.gives("request", got=2, rows=[self.moved(8), self.moved(5, 2)])
        text = self.fsw("request", "2", "--dry-run")
        self.assertIn("Dry run, nothing was changed: would have got 2 of 2 sections", text)
        self.assertIn("  is free\n", text)
        self.assertIn("would be asked of instance 2 'guest2'\n", text)
        self.assertNotIn("It took", text)

    def test_request_died(self):
        self.gives("request", got=1, rows=[self.moved(5, 2)], result={"outcome": RESULT["COLLECT"], "other": 3})
        self.assertIn("Note: instance 3 died in the round, and the board was reset: fswctl status", self.fsw("request", "1"))
        self.gives("request", got=1, rows=[self.moved(8)], result={"outcome": RESULT["SURVIVED"], "other": 3})
        value = self.value(6, "request", "2")
        self.assertEqual((value["got"], value["outcome"], value["listed"][0]["section"]), (1, "survived", 8))
        self.assertIn("got 1 of 2 sections", run("request", "2", fake=self.folder).stdout)
        self.gives("request", errno.EIO, got=0, result={"outcome": RESULT["SURVIVED"], "other": 3, "undone": 3})
        self.assertIn("instance 3 died, and this one was resumed; a claim did not take place", self.refuses(6, "request", "1"))

    def test_request_cut(self):
        """A reset ended the round: the kernel lists none that had no turn, and the sections that were named are not told of otherwise."""
        self.device("skipping")
        self.gives("request", got=0, number=errno.ENOSPC, rows=[], visited=(1 << 2,), result={"outcome": RESULT["COLLECT"], "what": b"none of the 4 sections came"})
        words = ["request", "4", "--from", "0x84000000"]
        text = run(*words, fake=self.folder).stdout
        self.assertIn("section 5          16 MiB  not: of instance 2 'guest2': a reset ended the round\n", text)
        self.assertIn("Asked: instance 2\n", text)
        value = self.value(1, *words)
        self.assertEqual((value["visited"], [row["what"] for row in value["listed"] if row["what"] == "reserve"]), ([2], []))

    def test_request_interrupted(self):
        """Free ones came, the round did not: a driver refused."""
        result = {"error": ERROR["INTERRUPTED"], "outcome": RESULT["UNDONE"], "who": b"10009000.uart"}
        self.gives("request", got=1, rows=[self.moved(8)], result=result)
        lines = self.refuses(8, "request", "3")
        self.assertIn(f"got 1 of 3; {TEXT['INTERRUPTED']} ('10009000.uart')", lines)
        self.assertIn("fswctl rehearse", lines)
        self.gives("request", errno.EBUSY, got=0, rows=[], result=result)
        self.assertIn("fswctl rehearse", self.refuses(5, "request", "3"))
        self.gives("request", got=1, rows=[self.moved(8)], result={"who": b"rtc", "what": b"a wake-up source is active: no suspend"})
        lines = self.refuses(8, "request", "3")
        self.assertIn("got 1 of 3; a wake-up source is active: no suspend ('rtc')", lines)
        self.assertIn("fswctl rehearse", lines)

    def test_request_refused(self):
        def lines(name, *words):
            self.gives("request", errno.EINVAL, got=0, result={"error": ERROR[name]})
            return self.refuses(1, "request", *words)
        self.device("second")
        said = lines("BELOW_BASE", "2", "--from", "0x80000000")
        self.assertIn("a 32-bit kernel drops RAM below its own base, and this instance begins at 0x84000000", said)
        self.assertIn("Ask from there on: fswctl request 2 --from 0x84000000", said)
        self.device("blank")
        self.assertIn("fswctl map", lines("BELOW_BASE", "2", "--from", "0x80000000"))
        self.device("guests")
        self.assertIn("0x85000001 is no multiple of the section size, 16 MiB: the sections around it begin at 0x85000000 and 0x86000000",
                      lines("ALIGNMENT", "1", "--from", "0x85000001"))
        self.assertIn("the map goes from 0x80000000 to 0x90000000", lines("OUTSIDE", "9", "--from", "0x8f000000"))
        self.assertIn("no section from 0x80000000 on, where this instance begins, is free, and no sleeper has movable memory there", lines("NOTHING", "1"))
        self.assertIn("begins, is free, and no instance sleeps\nSee who owns what", lines("NOBODY", "1"))
        self.assertIn("Wait until it is over: fswctl status", lines("BUSY", "1"))
        self.device("dead")
        self.assertIn("instance 2 'guest2' does not run and has 2 sections, take them: fswctl kill 2", lines("NOTHING", "1"))
        bytes_ = bytearray((self.folder / "dev/fsw").read_bytes())
        (self.folder / "sys/class/misc/fsw/section_size").write_text("16777216\n")
        bytes_[PAGES + 2 * 4096 + FORMAT["FSW_PAGE_RESUME"]] ^= 1
        (self.folder / "dev/fsw").write_bytes(bytes_)
        said = lines("NOBODY", "1")
        self.assertIn("is free, and instance 3 could not be reached\nSee what is wrong there: fswctl status", said)
        self.device("prepared")
        self.assertIn("instance 4 does not run and has 3 sections, take them: fswctl kill 4", lines("NOBODY", "1"))
        (self.folder / "dev/fsw").write_text("unreadable")
        self.gives("request", errno.EBUSY, result={"what": b"another request is in progress"})
        self.assertIn("another program's request has the machine", self.refuses(1, "request", "1"))
        self.gives("request", got=1, rows=[self.moved(9)])
        self.assertIn("\n  section 9          16 MiB  was free\n", self.fsw("request", "1"))
        self.assertIsNone(self.value(0, "request", "1")["listed"][0]["address"])

    def test_refused(self):
        def answer(words, error):
            self.gives(words[0], errno.EIO, result={"error": error, "index": 3})
        self.every_error(answer, ["request", "2", "--from", "0x8e000000"], ["request", "2"], ["release", "2"], ["release", "0x88000000"],
                         ["free", "--contiguous", "2", "--instance", "4"], ["exit"], ["kill", "2"])

    def test_adapter_refuses(self):
        for words in (["request", "2"], ["release", "2"], ["free", "--contiguous", "2"], ["exit"], ["kill", "2"]):
            for number, what, code, says in (("EPERM", "", 4, f"sudo fswctl {words[0]}"), ("ENOTTY", "", 3, "fswctl --version"),
                                             ("EBUSY", "another request is in progress", 1, "fswctl status"), ("EINTR", "", 5, "Try again")):
                with self.subTest(f"{words} {number}"):
                    self.gives(words[0], getattr(errno, number), result={"what": what.encode()})
                    self.assertIn(says, self.refuses(code, *words))

    def test_release(self):
        self.gives("release", gave=2, hz=1000, ticks=80, rows=[self.moved(13, 1), self.moved(12, 1)])
        self.assertEqual(self.fsw("release", "2"), "gave 2 of 2 sections (32 MiB of 32 MiB)\n  0x8c000000  sections 12-13     32 MiB  free now\n"
                                                   "It took 80.00 ms\n")
        asked, words = self.asked("release")
        self.assertEqual((asked.flags, asked.count, words["starts"]), (0, 2, ""))
        self.fsw("release", "0x8c000000", "--dry-run", "0x8d000000")
        asked, words = self.asked("release")
        self.assertEqual((asked.flags, asked.count, words["starts"]), (1, 2, "8c000000 8d000000"))
        value = self.value(0, "release", "0x8c000000", "0x8d000000")
        self.assertEqual((value["wanted"], value["gave"], value["ms"], [row["section"] for row in value["listed"]]), (2, 2, 80.0, [12, 13]))
        self.assertIn("would be free now", self.fsw("release", "2", "--dry-run"))

    def test_release_some(self):
        self.gives("release", gave=1, hz=1000, ticks=80, rows=[self.moved(13, 1), self.moved(12, 1, "in-use", why="mlock of sleep (41)"),
                                                               self.moved(11, 1, "reserve")])
        done = run("release", "3", fake=self.folder)
        self.assertIn("  0x8c000000  section 12         16 MiB  not: in use in this instance: mlock of sleep (41)\n", done.stdout)
        self.assertIn("not: this instance keeps it: it would be left with less than its reserve\n", done.stdout)
        self.assertEqual(self.three_lines(done, 8), ["Error: release of 3 sections: gave 1 of 3", "Current state: 1 in use, 1 kept as a reserve",
                                                     "End what uses it, then again (see fswctl map): fswctl release ..."])
        self.assertEqual(self.value(8, "release", "3")["listed"][2]["why"], "mlock of sleep (41)")

    def test_release_refused(self):
        """All are looked at before one goes."""
        rows = [self.moved(section, owner, "refused", ERROR[error]) for section, owner, error in (
            (3, 1, "KERNEL_CORE"), (15, 255, "SHARED"), (7, 3, "OTHERS"), (14, 0, "NOT_ONLINE"), (13, 0, "ENTRY_VALUE"))]
        self.gives("release", errno.EPERM, gave=0, rows=rows, result={"what": b"5 of 6 can not go, nothing released"})
        words = ["release", *(hex(0x80000000 + (section << 24)) for section in (3, 15, 7, 14, 13, 12))]
        self.assertIn("release of 6 sections: gave 0 of 6; 5 of 6 can not go, nothing released\nCurrent state: 5 not to be had", self.refuses(1, *words))
        text = run(*words, fake=self.folder).stdout
        for says in ("kernel core of this instance", "shared by all", "of instance 3 'guest3'", "nobody's", TEXT["ENTRY_VALUE"]):
            self.assertIn(f"not: {says}\n", text)
        self.assertEqual([row["owner"] for row in self.value(1, *words)["listed"]], [1, 3, None, None, None])
        for error, says in (("ALIGNMENT", "0x88000400 is no multiple of the section size, 16 MiB"), ("OUTSIDE", "the map goes from 0x80000000 to 0x90000000")):
            self.gives("release", errno.EINVAL, gave=0, result={"error": ERROR[error], "what": b"0x88000400: no"})
            self.assertIn(says, self.refuses(1, "release", "0x88000000", "0x88000400", "0x10000000"))

    def test_release_twice(self):
        self.gives("release", errno.EINVAL, gave=0, result={"what": b"0x8c000000: named twice, nothing released"})
        words = ["release", "0x8c000000", "0x8d000000", "0x8c000000"]
        lines = self.refuses(1, *words)
        self.assertIn("release of 3 sections: 0x8c000000: named twice, nothing released\n", lines)
        self.assertIn("Name each section once: fswctl release ADDRESS ...", lines)
        self.assertEqual((self.value(1, *words)["gave"], run(*words, fake=self.folder).stdout), (0, ""))

    def test_release_dry(self):
        """Pins and the reserve are looked at; what would be is not told as if it were."""
        self.gives("release", gave=1, rows=[self.moved(13, 1), self.moved(12, 1, "in-use", why="held by I/O or a pipe"), self.moved(11, 1, "reserve")])
        done = run("release", "3", "--dry-run", fake=self.folder)
        self.assertEqual(done.stdout, """Dry run, nothing was changed: would have given 1 of 3 sections (16 MiB of 48 MiB)
  0x8d000000  section 13         16 MiB  would be free now
  0x8b000000  section 11         16 MiB  not: this instance keeps it: it would be left with less than its reserve
  0x8c000000  section 12         16 MiB  not: in use in this instance: held by I/O or a pipe
""")
        self.assertEqual(self.three_lines(done, 8), ["Error: release of 3 sections: would have given 1 of 3", "Current state: 1 in use, 1 kept as a reserve",
                                                     "End what uses it, then again (see fswctl map): fswctl release ..."])
        self.gives("release", gave=2, rows=[self.moved(13, 1), self.moved(12, 1)])
        self.assertIn("Dry run, nothing was changed: would have given 2 of 2 sections", self.fsw("release", "2", "--dry-run"))
        at = b"section 9 at 0x89000000 does not free, all others are back: held by I/O or a pipe"
        self.gives("free", errno.EBUSY, result={"what": at})
        self.assertIn("or take another address: fswctl free --start ADDRESS", self.refuses(1, "free", "--contiguous", "2", "--dry-run"))

    def test_free(self):
        self.gives("free", instance=4, start=0x88000000, ticks=4321, hz=1000000)
        text = self.fsw("free", "--contiguous", "33M", "--total", "4")
        self.assertEqual(text, "--contiguous 33M is rounded up to 3 sections of 16 MiB: 48 MiB\n"
                               "Instance 4 has 4 sections (64 MiB), 3 of them in one run from 0x88000000\nIt took 4.32 ms\n"
                               "Go on: fswctl boot --prepared --instance 4 --kernel FILE ... (to undo it: fswctl kill 4)\n")
        asked, _ = self.asked("free")
        self.assertEqual((asked.flags, asked.instance, asked.contiguous, asked.total, hex(asked.start)), (0, 0, 3, 4, "0x" + ANY_START))
        text = self.fsw("free", "--start", "0x88000000", "--contiguous", "2", "--instance", "4", "--dry-run")
        self.assertEqual(text, "Dry run, nothing was changed: instance 4 could have 2 sections (32 MiB), from 0x88000000\n")
        asked, _ = self.asked("free")
        self.assertEqual((asked.flags, asked.instance, asked.contiguous, asked.total, asked.start), (1, 4, 2, 2, 0x88000000))
        value = self.value(0, "free", "--contiguous", "2")
        self.assertEqual((value["instance"], value["start"], value["ms"], value["sections"], value["contiguous"]), (4, "0x88000000", 4.321, 2, 2))

    def test_free_refused(self):
        def lines(number, what="", error=0, index=0, words=(), code=1):
            self.gives("free", number, result={"error": error, "index": index, "what": what.encode()})
            return self.refuses(code, "free", "--contiguous", "7", "--total", "8", *words)
        said = lines(errno.ENOMEM, error=ERROR["CONTIGUOUS"])
        self.assertIn("the longest run to be had is 6 sections (96 MiB) at 0x88000000, asked for: 7", said)
        self.assertIn("fswctl free --start 0x88000000 --contiguous 6 ...", said)
        self.assertIn("Ask for less: fswctl free --total 6 ...", lines(errno.ENOMEM, error=ERROR["NOT_ENOUGH"], index=6))
        self.assertIn("Take an empty one: fswctl free --instance 4 ...", lines(errno.EBUSY, error=ERROR["IN_USE"], words=["--instance", "2"]))
        self.assertIn("No such run is free or movable, ask for less in one run: fswctl free --contiguous SIZE", lines(errno.ENOEXEC, "memory: too far"))
        begin = "memory: does not begin at a multiple of 128 MiB"
        self.assertIn(f"freeing of 8 sections: {begin}\nCurrent state: 0x8a000000 is no multiple of 128 MiB: those around it are 0x88000000 and 0x90000000\n"
                      "No such run is free or movable, ask for less in one run: fswctl free --contiguous SIZE",
                      lines(errno.ENOEXEC, begin, words=["--start", "0x8a000000"]))
        lines_of = self.refuses(1, "free", "--contiguous", "6", "--start", "0x81000000")
        self.assertIn("0x81000000 is no multiple of 128 MiB: those around it are 0x80000000 and 0x88000000\n"
                      "Name an address: fswctl free --start 0x88000000 ...", lines_of)
        at = "section 9 at 0x89000000 does not free, all others are back: "
        self.assertIn("or take another address: fswctl free --start ADDRESS", lines(errno.EBUSY, at + "mlock of sleep (41)"))
        self.assertIn("lower the reserve: /sys/module/fsw/parameters/reserve", lines(errno.ENOMEM, at + "it is needed here (fsw.reserve)"))
        self.device("prepared")
        for number, what, error in ((errno.EBUSY, "", ERROR["IN_USE"]), (errno.EBUSY, "instance 4 has memory already", 0)):
            said = lines(number, what, error, words=["--instance", "4"])
            self.assertIn("instance 4 is 'empty', and has 3 sections already", said)
            self.assertIn("fswctl boot --prepared --instance 4 ... | fswctl kill 4", said)

    def test_boot_prepared(self):
        self.answer(outcome=RESULT["DONE"], other=4, instance=4, ask=2)
        text = self.fsw("boot", "--prepared", "--instance", "4", "--kernel", self.kernel)
        self.assertIn("Booting 'zImage-6.12' in the memory of instance 4.\n", text)
        asked = next(one for one in self.calls() if one["ioctl"] == "boot")
        self.assertEqual((asked["flags"], asked["instance"], asked["total"], asked["start"]), ("16", "4", "0", ANY_START))
        self.assertTrue(self.value(0, "boot", "--prepared", "--instance", "4", "--kernel", self.kernel)["prepared"])
        self.answer(errno.ENOENT, what="instance 4 has no memory yet: prepare some, or boot without", ask=2)
        self.assertIn("fswctl free --instance 4 --contiguous SIZE", self.refuses(1, "boot", "--prepared", "--instance", "4", "--kernel", self.kernel))
        self.answer(errno.ENOEXEC, what="memory: does not begin at a multiple of 128 MiB", ask=2)
        self.assertIn("fswctl kill 4; fswctl free --start ADDRESS", self.refuses(1, "boot", "--prepared", "--instance", "4", "--kernel", self.kernel))

    def test_exit(self):
        self.device("second")
        self.gives("exit", flags=1, heir=1)
        self.gives("exit", -1, flags=0)
        done = run("exit", fake=self.folder)
        self.assertEqual((done.returncode, done.stderr), (42, ""), "the machine is gone")
        self.assertEqual(done.stdout, "instance 2 'guest2' ends, instance 1 'master' resumes and gets its memory: 2 sections (32 MiB)\n")
        self.assertEqual([call["bytes"][8:16] for call in self.calls()], ["01000000", "00000000"])
        self.assertEqual(run("exit", "--json", fake=self.folder).stdout, "")
        text = self.fsw("exit", "--dry-run")
        self.assertIn("instance 2 'guest2' could end, instance 1 'master' resumes", text)
        self.assertIn("Dry run: nothing was changed.", text)
        value = self.value(0, "exit", "--dry-run")
        self.assertEqual((value["heir"], value["dry_run"]), (1, True))
        (self.folder / "dev/fsw").write_text("unreadable")
        self.assertIn("This instance could end, instance 1 resumes and gets its memory", self.fsw("exit", "--dry-run"))

    def test_exit_refused(self):
        self.gives("exit", errno.EINVAL, result={"error": ERROR["MASTER"]})
        lines = self.refuses(1, "exit")
        self.assertIn("instance 1 is the master: it starts the board, and neither ends nor is killed", lines)
        self.assertIn("fswctl switch N | fswctl kill N", lines)
        self.gives("exit", errno.ESRCH, result={"error": ERROR["NOBODY"]})
        self.assertIn("Somebody has to get the machine", self.refuses(1, "exit"))
        self.device("second")
        self.gives("exit", flags=1, heir=1)
        self.gives("exit", errno.EBUSY, flags=0, result={"error": ERROR["INTERRUPTED"], "who": b"10009000.uart"})
        lines = self.refuses(5, "exit")
        self.assertIn("('10009000.uart')", lines)
        self.assertIn("fswctl rehearse", lines)
        self.gives("exit", flags=0)
        self.assertIn("end of this instance: it goes on", self.refuses(1, "exit"))

    def test_kill(self):
        self.gives("kill", sections=3, online=3, hz=1000, ticks=50, ticks_zero=20)
        self.assertEqual(self.fsw("kill", "3"), "Instance 3 is gone: 3 sections (48 MiB) came back, 3 are on-line here\n"
                                                "It took 50.00 ms; of it zeroing 20.00\n")
        asked, _ = self.asked("kill")
        self.assertEqual((asked.flags, asked.instance), (0, 3))
        self.device("second")
        self.gives("kill", sections=3, online=1, hz=1000, ticks=50)
        self.assertIn("2 went to the free ones: a 32-bit kernel can not use memory below its base, here 0x84000000\n", self.fsw("kill", "3"))
        value = self.value(0, "kill", "3")
        self.assertEqual((value["instance"], value["sections"], value["online"], value["ms"], value["zero_ms"]), (3, 3, 1, 50.0, 0.0))
        self.assertIn("Dry run: instance 3 could be killed, it has 3 sections (48 MiB); nothing was changed.", self.fsw("kill", "3", "--dry-run"))
        self.assertEqual(self.asked("kill")[0].flags, 1)
        (self.folder / "dev/fsw").write_text("unreadable")
        self.assertIn("Instance 3 is gone: 3 sections came back, 1 are on-line here\n2 went to the free ones: this kernel", self.fsw("kill", "3"))

    def test_kill_progress(self):
        progress = self.folder / "sys/class/misc/fsw/progress"
        (self.folder / "steps").write_text("take 1 3\ntake 2 3\n-\n")
        self.gives("kill", sections=3, online=3)
        progress.write_text("")
        done = run("kill", "3", fake=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, "taking 3 sections\n"))
        status, text = on_terminal(["kill", "3"], {}, self.folder)
        self.assertEqual(status, 0)
        self.assertRegex(text, r"take         \[#{26}\.{14}\]  66 %  2 of 3 sections")
        self.assertEqual(run("kill", "3", "--json", fake=self.folder).stderr, "")

    def test_kill_refused(self):
        for name, instance, says in (("MASTER", 1, "neither ends nor is killed"), ("SELF", 2, "To end the instance that runs: fswctl exit"),
                                     ("EMPTY", 4, "instance 4 has neither a page nor memory"), ("BUSY", 3, "fswctl status")):
            self.gives("kill", errno.EINVAL, result={"error": ERROR[name]})
            self.assertIn(says, self.refuses(1, "kill", instance))

    def books(self, number=0):
        """Sections 0-3 and 8-13 on-line, two of them pinned; 4-7 fenced, but 5 off-lined since"""
        def section(i):
            held = 1 if i < 4 or 8 <= i < 14 else 3 if i == 5 else 2 if i < 8 else 0
            return UAPI["fsw_ioc_section"](held, 100 * (held == 1), {9: 12, 13: 1}.get(i, 0), 0, b"mlock of sleep (41)" if i == 9 else b"")
        self.gives_books(number, [section(i) for i in range(16)])

    def gives_books(self, number, sections):
        self.gives("memory", number, count=len(sections), total=160 << 20, available=100 << 20, reserve=16 << 20, listing=("sections", sections))

    def test_looks(self):
        self.books()
        text = self.fsw("status")
        self.assertIn("\nThis instance: 160.0 MiB in all, 100.0 available, of which it keeps 16.0 as reserve\n"
                      "Pinned: section 9 at 0x89000000: 12 pages: mlock of sleep (41)\nPinned: section 13 at 0x8d000000: 1 page\n", text)
        value = self.value(0, "status")
        self.assertEqual((value["memory"], value["claimable"]), ({"total": 160 << 20, "available": 100 << 20, "reserve": 16 << 20}, 2))
        pinned = value["pinned"]
        self.assertEqual(pinned, [{"section": 9, "address": "0x89000000", "pages": 12, "why": "mlock of sleep (41)"},
                                  {"section": 13, "address": "0x8d000000", "pages": 1, "why": None}])
        text = self.fsw("map")
        self.assertIn("Claimable by instance 1: 2 sections (32 MiB) of sleepers' movable memory\n"
                      "This kernel: 10 sections on-line, 3 fenced since boot, 1 off-lined since\nPinned: section 9", text)
        value = self.value(0, "map")
        self.assertEqual((value["online"], value["fenced"], value["taken"]), ([[0, 4], [8, 6]], [[4, 1], [6, 2]], [[5, 1]]))
        self.assertEqual((value["pinned"], value["claimable"], value["claim"]), (pinned, 2, None))

    def test_no_looks(self):
        """Who may not ask the kernel sees the rest."""
        for number in (errno.EPERM, errno.ENOTTY):
            self.books(number)
            self.assertNotIn("This instance:", self.fsw("status"))
            self.assertNotIn("This kernel:", self.fsw("map"))
            value = self.value(0, "status")
            self.assertEqual((value["memory"], value["pinned"], value["claimable"]), (None, None, 2))
            value = self.value(0, "map")
            self.assertEqual([value[key] for key in ("online", "fenced", "taken", "pinned", "claimable")], [None] * 4 + [2])

    def test_many_pinned(self):
        self.gives_books(0, [UAPI["fsw_ioc_section"](1, 1, 1, 0, b"x") for _ in range(16)])
        text = self.fsw("status")
        self.assertEqual(text.count("Pinned: section"), 8)
        self.assertIn("Pinned: 8 more sections\n", text)
        self.assertEqual(len(self.value(0, "status")["pinned"]), 16)

    def test_progress(self):
        progress = self.folder / "sys/class/misc/fsw/progress"
        progress.write_text("")
        (self.folder / "steps").write_text("request 0 2\n-\ntake 0 1\ntake 1 1\nrelease 3 5\n")
        self.gives("request", got=3, rows=[])
        done = run("request", "3", fake=self.folder)
        self.assertEqual(done.stderr, "requesting 2 sections\ntaking 1 section\nreleasing 5 sections\n")
        progress.write_text("")
        status, text = on_terminal(["request", "3"], {}, self.folder)
        self.assertEqual(status, 0)
        self.assertRegex(text, r"release      \[#{24}\.{16}\]  60 %  3 of 5 sections")
        progress.write_text("")
        self.assertEqual(run("request", "3", "--json", fake=self.folder).stderr, "")
        progress.write_text("")
        (self.folder / "steps").write_text("memory 1 4\n-\n")
        self.gives("free", instance=4, start=0x88000000)
        self.assertEqual(run("free", "--contiguous", "4", fake=self.folder).stderr, "freeing 4 sections\n")

    def test_interrupt(self):
        """Ctrl-C ends the wait, not the telling."""
        self.gives("release", gave=1, rows=[self.moved(13, 1)])
        (self.folder / "steps").write_text("-\n" * 8)
        child = subprocess.Popen([FSWCTL, "release", "17M"], env={**os.environ, "FSW_FAKE": str(self.folder), "LD_PRELOAD": FAKE},
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        child.stdout.readline()
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        self.assertIn("gave 1 of 2 sections", child.communicate()[0])
        self.assertEqual(child.returncode, 8)


class Heavy(Case):
    """What takes long"""

    def test_random(self):
        self.random_areas(400)

    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
    def test_valgrind(self):
        if any(name in pathlib.Path(FSWCTL).read_bytes() for name in (b"__asan_init", b"__ubsan_handle")):
            self.skipTest("built with sanitizers")
        before = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full"]
        broken = work / "broken.area"
        broken.write_bytes(areas["guests"].read_bytes()[:PAGES] + bytes(4) + areas["guests"].read_bytes()[PAGES + 4:])
        for words in (["status"], ["map"], ["log"], ["status", "--json"]):
            for path, code in ((areas["evil"], 0), (broken, 3), (work / "short.area", 3)):
                if path.name == "short.area":
                    path.write_bytes(areas["guests"].read_bytes()[:5000])
                done = run(*words, "--area", path, before=before)
                if "debuginfo reader" in done.stderr:
                    self.skipTest("valgrind can not read what this compiler writes")
                self.assertIn(done.returncode, (0, code), done.stderr)


class Papers(Case):
    """--help, the man page and the completion name the same commands and options."""

    def helped(self):
        text = self.good("--help")
        return {command: set(re.findall(r"(?m)^  --([a-z-]+)", self.good(command, "--help"))) for command in re.findall(r"(?m)^  ([a-z-]+) ", text)
                if command != "fswctl"}

    def manual(self):
        return (SOURCE / "fswctl.1").read_text()

    def test_manual(self):
        parts = re.split(r"(?m)^\.S[sh] (.*)$", self.manual())
        sections = dict(zip(parts[1::2], parts[2::2]))
        general = set(re.findall(r"(?m)^\.It Fl \\-([a-z-]+)", sections["DESCRIPTION"]))
        self.assertEqual(general, {"json", "dry-run", "area", "help"})
        helped = self.helped()
        self.assertEqual(set(helped), {"status", "map", "boot", "switch", "request", "release", "free", "exit", "kill", "rehearse", "log",
                                       "firmware-probe", "dump"})
        for command, options in helped.items():
            own = set(re.findall(r"(?m)^\.It Fl \\-([a-z-]+)", sections[command]))
            self.assertLessEqual(own, options, command)
            self.assertLessEqual(options, own | general, command)
        synopsis = {}
        for part in sections["SYNOPSIS"].split(".Nm\n"):
            command = re.match(r"\.Cm ([\w-]+)", part)
            if command:
                synopsis.setdefault(command[1], set()).update(re.findall(r"\\-([a-z-]+)", part))
        self.assertEqual(synopsis, {command: options - {"help"} for command, options in helped.items()})

    def test_exit_codes(self):
        codes = dict(re.findall(r"EXIT_(\w+) = (\d)", (SOURCE / "say.h").read_text()))
        section = re.search(r"(?s)\.Sh EXIT STATUS(.*?)\.Sh", self.manual())[1]
        self.assertEqual(re.findall(r"(?m)^\.It (\d)", section), sorted(codes.values()))
        text = re.search(r"(?s)Exit codes:(.*)", self.good("--help"))[1]
        self.assertEqual(sorted(re.findall(r"\b(\d) ", text)), sorted(codes.values()))

    def test_start(self):
        """Where a run begins, as the adapter has it"""
        align = int(re.search(r"FSW_IMAGE_BASE_ALIGN (0x\w+)", (TOP / "adapters/boot/image.h").read_text())[1], 0)
        for command in ("boot", "free"):
            self.assertRegex(self.good(command, "--help"), rf"(?m)^  --start ADDRESS .* a multiple of {align >> 20} MiB")
            section = re.search(rf"(?s)\n\.Ss {command}\n(.*?)\n\.S[sh] ", self.manual())[1]
            self.assertIn(f"a multiple of {align >> 20} MiB", re.search(r"(?s)Fl \\-start Ar ADDRESS(.*?)\.It", section)[1])

    def test_completion(self):
        def complete(*words):
            script = 'complete() { :; }; . "$0"; COMP_WORDS=(fswctl "$@"); COMP_CWORD=$#; _fswctl 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'
            bin_ = work / "bin"
            bin_.mkdir(exist_ok=True)
            (bin_ / "fswctl").write_text(f"#!/bin/sh\nexec '{FSWCTL}' status --area '{areas['guests']}' --json\n")
            (bin_ / "fswctl").chmod(0o755)
            done = subprocess.run(["bash", "-c", script, SOURCE / "fswctl.bash", *words], text=True, capture_output=True, check=True,
                                  env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"}, cwd=TOP)
            return set(done.stdout.split())
        helped = self.helped()
        self.assertEqual(complete(""), set(helped) | {"--help", "--version"})
        self.assertEqual(complete("sw"), {"switch"})
        for command, options in helped.items():
            self.assertEqual(complete(command, "--"), {f"--{option}" for option in options}, command)
        self.assertEqual(complete("map", "--color", ""), {"always", "never", "auto"})
        self.assertEqual(complete("map", "--color", "=", "n"), {"never"})
        for command in ("switch", "kill"):
            self.assertEqual(complete(command, ""), {"--dry-run", "--json", "--help", "1", "2", "3"})
        self.assertEqual(complete("boot", "--loaded", "--instance", ""), {"1", "2", "3"})
        self.assertIn("README.md", complete("status", "--area", "READ"))
        for command, option in (("boot", "--start"), ("request", "--from"), ("free", "--start")):
            self.assertEqual(complete(command, option, ""), set())
        self.assertIn("64M", complete("free", "--total", ""))

    def test_version(self):
        header = (TOP / "libfsw/include/fsw/version.h").read_text()
        version = re.search(r'FSW_VERSION_STRING "(.*)"', header)[1]
        area = re.search(r"FSW_AREA_VERSION (\d+)", header)[1]
        self.assertEqual(self.good("--version"), f"fswctl {version}, area format {area}\n")

    def test_lint(self):
        page = SOURCE / "fswctl.1"
        if shutil.which("mandoc"):
            done = subprocess.run(["mandoc", "-Tlint", page], text=True, capture_output=True)
            self.assertEqual(done.stdout, "")
        if shutil.which("man"):
            done = subprocess.run(["man", "--warnings", "-l", page], text=True, capture_output=True, env={**os.environ, "MANWIDTH": "80", "PAGER": "cat"})
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_zz_keys(self):
        """Runs last: every key that any test saw is in the man page."""
        words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"(?m)^\.(?:Va|Pq Va) (.*)$", self.manual()))))
        self.assertEqual(seen_keys - words, set())


def load_tests(loader, tests, pattern):
    suite = unittest.TestSuite()
    for case in (Status, Map, Damaged, Device, Memory, Papers):  # in this order; Heavy only by its name
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
