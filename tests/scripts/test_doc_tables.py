#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The documents say what the headers, the sources and the library say; and the code of docs/porting.md does what that page says."""
import functools
import importlib.machinery
import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import zlib

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parent.parent.parent
loader = importlib.machinery.SourceFileLoader("doc_tables", str(TOP / "scripts" / "doc-tables"))
doc = importlib.util.module_from_spec(importlib.util.spec_from_loader("doc_tables", loader))
loader.exec_module(doc)

PORTING = TOP / "docs" / "porting"
ARM = TOP / "adapters" / "arm"
BOOTLOADER = TOP / "adapters" / "bootloader"
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Werror"]


@functools.cache
def tables():
    return doc.make_tables()


def cells(table):
    """Rows of a table made by doc-tables, without its head"""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:] if line.startswith("|")]


def definition(name):
    return int(re.search(rf"#define {name}\s+(\w+)", (doc.INCLUDE / "format.h").read_text()).group(1), 0)


class Parsing(unittest.TestCase):
    def test_structures(self):
        text = "struct fsw_in {\n\tuint32_t low; /* the low\n\t\t\t * part */\n};\n\nstruct fsw_out {\n\tstruct fsw_in in;\n\tchar name[8];\n\tuint32_t crc;\n};\n"
        found = doc.parse_structures(text)
        self.assertEqual(found["fsw_in"], [("uint32_t", "low", "", "the low part")])
        self.assertEqual([row[0] for row in doc.flatten(found, "fsw_out")], ["in.low", "name", "crc"])

    def test_definitions(self):
        found = doc.parse_definitions("#define FSW_A 1 /* see fsw_b() */\n#define FSW_B (2 << 3)\n")
        self.assertEqual(found, {"FSW_A": "see `fsw_b()`", "FSW_B": ""})

    def test_enumerations(self):
        found = doc.parse_enumerations("enum fsw_e {\n\tFSW_E_ONE = 1, /* one\n\t\t\t * and more */\n\tFSW_E_TWO = 2,\n};\n")
        self.assertEqual(found, {"fsw_e": [("FSW_E_ONE", "one and more"), ("FSW_E_TWO", "")]})

    def test_errors(self):
        found = doc.parse_errors('#define FSW_ERRORS(X) \\\n\tX(A, "a") \\\n\t/* what comes next */ \\\n\tX(B,  "b")\n/* clang-format on */\n')
        self.assertEqual(found, [("A", "a"), "what comes next", ("B", "b")])

    def test_meaning(self):
        self.assertEqual(doc.meaning("fsw_x.crc", "", doc.FIELDS, "crc"), doc.FIELDS["crc"])
        for own, key in (("", "fsw_x.unknown"), ("says so", "fsw_header.magic")):
            with self.assertRaises(SystemExit):
                doc.meaning(key, own, doc.FIELDS, key.partition(".")[2])


class Documents(unittest.TestCase):
    def test_renewed(self):
        used = set()
        text = "a\n<!-- table:one -->\nold\n<!-- /table -->\nb\n"
        self.assertEqual(doc.renew(text, {"one": "| new |"}, used), "a\n<!-- table:one -->\n| new |\n<!-- /table -->\nb\n")
        self.assertEqual(used, {"one"})
        with self.assertRaises(SystemExit):
            doc.renew(text, {}, set())

    def test_quotation(self):
        quoted = doc.quotation("examples/who_owns.c", "int main(void)", "^}")
        self.assertTrue(quoted.startswith("```c\nint main(void)\n{\n\tstruct") and quoted.endswith("\n}\n```"))
        self.assertFalse(doc.quotation("examples/who_owns.c", "\tcheck(fsw_area_size", "check(").split("\n")[1].startswith("\t"))
        self.assertEqual(doc.quotation("adapters/bootloader/volume.h", "fsw-volume 1", "wait").split("\n")[:2], ["```", "fsw-volume 1"])
        for missing in (("examples/none.c", "", ""), ("examples/who_owns.c", "no such line", "}"), ("examples/who_owns.c", "int main", "no such line")):
            with self.assertRaises(SystemExit):
                doc.quotation(*missing)

    def test_mistakes(self):
        known = {"fsw_open", "FSW_PHASE_IDLE"}
        good = "# A b, `c`!\n`fsw_open()` `FSW_PHASE_*` `CONFIG_FSW=y` `CONFIG_FSW` `libfsw/` [x](#a-b-c) [y](https://example.org/)\n```\n`fsw_no()`\n```\n"
        self.assertEqual(list(doc.mistakes("README.md", good, known)), [])
        for bad in ("`CONFIG_FSW=n`", "`CONFIG_NONE`", "`tools/none.c`", "`fsw_opne()`", "`FSW_PHASE_IDEL`", "`docs/none.md`", "[x](docs/none.md)", "[x](#none)", '<img src="none.svg">'):
            self.assertEqual(len(list(doc.mistakes("README.md", bad, known))), 1, bad)

    def test_demo(self):
        """A transcript stands there as it was kept, and nothing is made up before there is one."""
        text = "<!-- demo -->\nold\n<!-- /demo -->\n"
        with tempfile.TemporaryDirectory() as work, unittest.mock.patch.object(doc, "DEMO", pathlib.Path(work) / "demo.txt"):
            self.assertEqual(doc.renew(text, {}, set()), "<!-- demo -->\n<!-- /demo -->\n")
            doc.DEMO.write_text("a line\n\n")
            self.assertEqual(doc.renew(text, {}, set()), "<!-- demo -->\n```\na line\n```\n<!-- /demo -->\n")

    def test_folders(self):
        """The tables of folders name those that there are."""
        def folders(page):
            return set(re.findall(r"`([\w/-]+/)`", "\n".join(re.findall(r"^\| (`.*?) \|", (TOP / page).read_text(), re.M))))

        tracked = subprocess.run(["git", "ls-files"], cwd=TOP, check=True, capture_output=True, text=True).stdout.split("\n")
        top = {name.split("/")[0] + "/" for name in tracked if "/" in name and not name.startswith((".", "LICENSES"))}
        self.assertEqual({name for name in folders("README.md") if name.count("/") == 1}, top)
        inside = {"/".join(name.split("/")[:2]) + "/" for name in tracked if name.startswith(("adapters/", "tools/")) and name.count("/") > 1}
        self.assertEqual({name for name in folders("docs/design.md") if name.startswith(("adapters/", "tools/"))}, inside)

    def test_documents(self):
        done = subprocess.run([TOP / "scripts" / "doc-tables", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


class Bytes(unittest.TestCase):
    """What the library computed, computed again"""

    def test_crc(self):
        values = [int(row[1].strip("`"), 16) for row in cells(tables()["crc"])]
        self.assertEqual(values, [zlib.crc32(b"12345678"), zlib.crc32(bytes(4)), zlib.crc32(bytes(60))])

    def test_header(self):
        header = bytes.fromhex("".join(tables()["header-dump"].strip("`").split()))
        self.assertEqual(len(header), 64)
        self.assertEqual(header[:4], b"FSWA")
        self.assertEqual(zlib.crc32(header[:60]), int.from_bytes(header[60:], "little"))
        self.assertEqual(int.from_bytes(header[16:24], "little"), 0x80000000)

    def test_sar(self):
        blob = bytes.fromhex("".join(row[1].strip("`") for row in cells(tables()["sar-example"])))
        self.assertEqual((blob[:4], blob[-16:-12]), (b"FSAR", b"SEND"))
        self.assertEqual(int.from_bytes(blob[12:16], "little"), len(blob))
        self.assertEqual(zlib.crc32(blob[:-4]), int.from_bytes(blob[-4:], "little"))

    def test_guarded_words(self):
        multiplier, stride, start = (definition(f"FSW_GUARD_{name}") for name in ("MULTIPLIER", "STRIDE", "START"))
        page = (TOP / "docs" / "format.md").read_text()
        for number in (multiplier, stride, start):
            self.assertIn(f"{number:#x}", page)
        for _, payload, tag, stored in cells(tables()["guards"]):
            payload, tag, stored = (int(cell.strip("`"), 16) for cell in (payload, tag, stored))
            self.assertEqual((payload * (1 - (multiplier << 16)) - ((tag * stride + start) << 16)) % 2**32, stored)
            self.assertEqual((stored * (1 + (multiplier << 16)) + ((tag * stride + start) << 16)) % 2**32, payload)

    def test_damage_is_found(self):
        self.assertEqual([row[2] for row in cells(tables()["damage"])], ["0", "0"])

    def test_order_of_opening(self):
        """error.h promises that its order is that of the checks. The length is looked at twice; opening does not look at timings."""
        measured = [row[2].strip("`") for row in cells(tables()["opening"])]
        again = len(measured) - 1 - measured[::-1].index("TRUNCATED")
        self.assertEqual(measured.pop(again), "TRUNCATED")
        names = [one[0] for one in doc.parse_errors((doc.INCLUDE / "error.h").read_text()) if not isinstance(one, str)]
        promised = names[names.index("ALIGNMENT"):names.index("SAR_RANGE")]
        promised.remove("TIMINGS_CRC")
        # these came later
        promised.insert(promised.index("BASE") + 1, "CORES")
        promised += ["CORE_WORD", "CORE_VALUE"]
        self.assertEqual(measured, promised)

    def test_all_errors_are_shown(self):
        values = [int(row[0]) for row in cells(tables()["errors"]) if row[0]]
        self.assertEqual(values, list(range(-1, -len(values) - 1, -1)))


class Protocol(unittest.TestCase):
    """What docs/protocol.md says of the adapters beside its tables"""

    def page(self):
        return (TOP / "docs" / "protocol.md").read_text()

    def test_no_area(self):
        """What leads to a cold start, and what to the prompt"""
        body = doc.one(r"^static enum standing say_no_area\(.*?\n(.*?)^\}", BOOTLOADER / "resume.c")
        names = re.findall(r"error == FSW_ERR\((\w+)\)", body.partition("STANDING_COLD")[0])
        self.assertEqual(names, re.findall(r"`(\w+)`", re.search(r"\*\*No area\*\* \((.*?):", self.page()).group(1)))

    def test_manifest(self):
        """The lines that the page shows are those that the parser knows."""
        shown = doc.quotation("adapters/bootloader/volume.h", "fsw-volume 1", "end CRC32").strip("`\n").split("\n")
        known = set(re.findall(r'is\(&verb, "(\w+)"\)', (BOOTLOADER / "volume.c").read_text())) | {"fsw-volume", "end"}
        self.assertEqual({line.split()[0] for line in shown}, known)

    def test_picture(self):
        """Addresses in the picture of the board are of its memories, or of sections."""
        picture = (TOP / "docs" / "pictures" / "board.svg").read_text()
        known = {int(row[0].strip("`"), 16) for row in cells(tables()["board"])}
        found = {int(number, 16) for number in re.findall(r"0x[0-9a-f]+", picture)}
        ram, section = 0x60000000, 16 << 20
        self.assertEqual(known - found, set())
        for address in found - known:
            self.assertTrue(ram <= address < ram + (1 << 30) and address % section == 0, hex(address))
        self.assertEqual(len(re.findall(r'<rect class="(?:core|movable|b|c|shared)" x="\d+" y="(?:40|76|112|148)"', picture)), 64)

    def test_placement(self):
        """Within the first 128 MiB, as the picture says, in its order"""
        at = [int(row[1].strip("`"), 16) for row in cells(tables()["placement"])]
        self.assertEqual(at, sorted(at))
        self.assertTrue(all(0x80000000 < address < 0x88000000 for address in at))

    def test_resets(self):
        """Each phase in which a board can be left"""
        phases = {row[1].split(",")[0] for row in cells(tables()["resets"])}
        self.assertEqual(phases, {row[1].strip("`").removeprefix("FSW_PHASE_") for row in cells(tables()["phases"])})


class Memory(unittest.TestCase):
    """What docs/memory.md shows beside its tables"""

    def test_picture(self):
        """Each cell is as the map has it, in its colour; the bases are where the text says."""
        picture = (TOP / "docs" / "pictures" / "memory.svg").read_text()
        rows = [line.split() for line in tables()["memory-moved"].split("\n")[1:-1]]
        signs = [sign for _, *row in rows for sign in row]
        self.assertEqual(re.findall(r'class="sign"[^>]*>([^<]+)<', picture), signs)
        self.assertEqual(re.findall(r'class="mono"[^>]*>([^<]+)<', picture), [address for address, *_ in rows])
        kinds = {"s": "shared", "-": "nobody", ".": "free"}
        wanted = [kinds.get(sign) or {"#": "core", "+": "movable"}[sign[-1]] + sign[:-1] for sign in signs]
        self.assertEqual(re.findall(r'<rect class="(\w+)"[^>]* width="46"', picture), wanted)
        for number, address in ((1, 0x60000000), (2, 0x68000000), (3, 0x70000000)):
            self.assertEqual(signs.index(f"{number}#"), (address - 0x60000000) >> 24)

    def test_excluded(self):
        """The range that the firmware of the example overwrites is the same in text, picture, code and binding."""
        for page in ("memory.md", "pictures/memory.svg", "memory.c", "bindings/fsw,excluded.yaml"):
            self.assertIn("0x8d100000", (TOP / "docs" / page).read_text(), page)
        signs = [sign for line in tables()["memory-moved"].split("\n")[1:-1] for sign in line.split()[1:]]
        self.assertEqual([i for i, sign in enumerate(signs) if sign == "-"], [(0x8d100000 - 0x60000000) >> 24])


class Porting(unittest.TestCase):
    def compiled(self, *command):
        done = subprocess.run(list(command), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{' '.join(map(str, command))}\n{done.stderr}")

    def test_story(self):
        with tempfile.TemporaryDirectory() as work:
            program = pathlib.Path(work) / "story"
            self.compiled("gcc", "-std=gnu11", "-g", *WARNINGS, "-I", doc.INCLUDE.parent, PORTING / "adapter.c", PORTING / "story.c",
                          *doc.sources(), "-o", program)
            done = subprocess.run([program], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, r"story: \d+ checks\n$")

    def board(self, work):
        """The program for the board: the whole library compiled as the hand-over subset must be"""
        flags = [line.split()[2] for line in (TOP / "libfsw" / "sources.mk").read_text().splitlines()
                 if re.match(r"fsw-handover-flags(-arm)? \+= \S+$", line)]
        program = pathlib.Path(work) / "board.elf"
        self.compiled("arm-none-eabi-gcc", "-mcpu=cortex-a9", "-marm", "-std=gnu11", "-O2", "-g", *flags, *WARNINGS, "-nostdlib",
                      "-ffunction-sections", "-Wl,-Ttext=0x60100000,-e,start,--gc-sections,--no-warn-rwx-segments", "-I", doc.INCLUDE.parent,
                      "-I", ARM, PORTING / "board-armv7.c", PORTING / "adapter.c", ARM / "leave.S", *doc.sources(), "-lgcc", "-o", program)
        return program

    def test_board_builds(self):
        with tempfile.TemporaryDirectory() as work:
            self.board(work)

    @unittest.skipUnless(shutil.which("qemu-system-arm"), "qemu-system-arm is not installed")
    def test_board(self):
        with tempfile.TemporaryDirectory() as work:
            done = subprocess.run(["qemu-system-arm", "-M", "vexpress-a9", "-m", "256", "-display", "none", "-audiodev", "none,id=none", "-monitor", "none",
                                   "-serial", "stdio", "-semihosting", "-kernel", self.board(work)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("board: 100 turns, and a damaged target refused\n", done.stdout)
            self.assertIn("board: boot from the reset vector\n", done.stdout)
            self.assertTrue(done.stdout.endswith("board: all went well\n"), done.stdout)


if __name__ == "__main__":
    unittest.main()
