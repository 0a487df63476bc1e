#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The device-tree bindings are sound by dt-schema, a tree that was completed keeps to them, and one that does not is found."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BINDINGS = TOP / "docs" / "bindings"
ALL = sorted(BINDINGS.glob("*.yaml"))
# dt-schema is Debian's: its programs need Debian's python, whatever comes first on the path
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
TREE = """/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>; model = "board"; compatible = "fsw,test";
    reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges; %s }; };"""
NODE = 'fsw@9f000000 { compatible = "fsw,area"; reg = <0x9f000000 0x1000000>; no-map; };'
EXCLUDED = 'firmware@8d100000 { compatible = "fsw,excluded"; reg = <0x8d100000 0x100000>; };'


def run(*words, **options):
    return subprocess.run([str(word) for word in words], env=ENVIRONMENT, capture_output=True, check=False, **options)


@unittest.skipUnless(all(shutil.which(tool, path=ENVIRONMENT["PATH"]) for tool in ("dt-validate", "dt-doc-validate", "dtc", "gcc")), "dt-schema, dtc or gcc is not installed")
class Binding(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def compiled(self, source):
        done = run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "-", "-", input=source.encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def found(self, blob):
        """What dt-validate says of a tree and these bindings"""
        path = self.folder / "tree.dtb"
        path.write_bytes(blob)
        done = run("dt-validate", "-s", BINDINGS, path)
        text = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, 0, text)
        self.assertNotIn("Traceback", text)
        return [line.strip() for line in text.splitlines() if re.search("fsw|firmware@", line) and any(binding.name in text for binding in ALL)]

    def test_binding(self):
        for binding in ALL:
            done = run("dt-doc-validate", "-u", BINDINGS, binding)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_good(self):
        self.assertEqual(self.found(self.compiled(TREE % (NODE + EXCLUDED))), [])

    def test_bad(self):
        for old, new, says in ((" no-map;", "", "'no-map' is a required property"), ("fsw@", "area@", "does not match"), ("reg = <0x9f000000 0x1000000>;", "", "'reg' is a required property"),
                               ("0x1000000>", "0x1000000>, <1 2>", "is too long"), ("no-map;", 'no-map; status = "odd"; more;', "'more'")):
            self.assertIn(says, " ".join(self.found(self.compiled(TREE % NODE.replace(old, new)))), (old, new))
        for old, new, says in (("reg = <0x8d100000 0x100000>;", "", "'reg' is a required property"), ("0x100000>", "0x100000>, <1 2>", "is too long"), ("};", "reusable; };", "'reusable'")):
            self.assertIn(says, " ".join(self.found(self.compiled(TREE % EXCLUDED.replace(old, new)))), (old, new))

    def test_completed(self):
        program = self.folder / "complete"
        sources = [TOP / "libfsw" / (name[:-1] + "c") for name in re.findall(r"^fsw-(?:handover-)?objs \+= (\S+)$", (TOP / "libfsw" / "sources.mk").read_text(), re.M)]
        done = run("gcc", "-std=c11", "-I", TOP / "libfsw" / "include", "-I", TOP / "libfsw", "-I", TOP / "adapters", "-o", program, TOP / "tests" / "boot" / "complete.c",
                   TOP / "adapters" / "boot" / "tree.c", TOP / "adapters" / "boot" / "image.c", *sources, "-lfdt")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        for words in ((), ("fences",), ("closed",)):
            done = run(program, *words, input=self.compiled(TREE % "vram@4c000000 { reg = <0x4c000000 0x800000>; no-map; };"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.found(done.stdout), [])
            source = run("dtc", "-q", "-I", "dtb", "-O", "dts", input=done.stdout).stdout.decode()
            self.assertIn("fsw@9f000000 {", source)
            self.assertEqual(re.findall(r"fsw-fence@\w+", source), ["fsw-fence@68000000"] if words == ("fences",) else [])
            self.assertEqual(("fsw-firmware@68000000 {" in source, 'fsw,closed = "probed"' in source), (words == ("closed",),) * 2)

    def test_example(self):
        """The tree of a binding's example is one that the binding accepts."""
        for binding in ALL:
            example = re.search(r"examples:\n  - \|\n(.*)", binding.read_text(), re.S).group(1)
            self.assertEqual(self.found(self.compiled('/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; model = "a"; compatible = "fsw,test"; %s };' % example)), [])


if __name__ == "__main__":
    unittest.main()
