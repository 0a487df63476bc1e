#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scripts/check-tree refuses each kind of file that it should."""
import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "check-tree"
LINE = "SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause\n"


def check(files, *which):
    """Run check-tree in a new checkout with these files."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder) / "a" / "checkout"
        work.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", work], check=True)
        for name, text in files.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.replace("TOP", str(work)).encode())
        return subprocess.run([CHECK, *which], cwd=work, text=True, capture_output=True)


class CheckTree(unittest.TestCase):
    def accepts(self, files, *which):
        done = check(files, *which)
        self.assertEqual(done.returncode, 0, done.stderr)

    def refuses(self, text, files, *which):
        done = check(files, *which)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(text, done.stderr)

    def test_spdx(self):
        self.accepts({"a.c": "/* " + LINE})
        self.accepts({"a.c": "/* " + LINE, "LICENSES/x.txt": "text", "d/x.bin": "1", ".reuse/dep5": LINE + "\nFiles: d/*.bin\n"})
        self.refuses("a.c: no 'SPDX", {"a.c": "int x;\n"}, "spdx")
        self.refuses("a.c: no 'SPDX", {"a.c": "\n" * 5 + "/* " + LINE}, "spdx")
        self.refuses("a.c: no 'SPDX", {"a.c": "/* SPDX-License-Identifier: MIT */\n"}, "spdx")
        self.refuses("exempts no file", {".reuse/dep5": LINE + "Files: d/*.bin\n"}, "spdx")

    def test_made(self):
        self.refuses("bytes, more than", {"a.c": LINE + "x" * 262144}, "made")
        self.refuses("a tool made", {"x/a.o": LINE}, "made")
        self.refuses("a tool made", {"build/a.c": LINE}, "made")
        self.refuses("not text", {"a.dat": LINE + "\0"}, "made")
        self.accepts({"a.dat": "\0", ".reuse/dep5": LINE + "Files: *.dat\n"})

    def test_machine(self):
        self.refuses("which is of this machine", {"a.c": LINE + "TOP/include"}, "machine")
        sites = subprocess.run(["apt-get", "indextargets", "--no-release-info", "--format", "$(SITE)"], check=True, text=True, capture_output=True)
        self.refuses("which is of this machine", {"a.c": LINE + sites.stdout.split()[0]}, "machine")
        self.accepts({"a.c": LINE + "/usr/include"}, "machine")

    def test_nothing(self):
        self.refuses("git lists no file", {})


if __name__ == "__main__":
    unittest.main()
