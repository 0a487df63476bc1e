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
        self.refuses("a.c: is under 'MIT'", {"a.c": "/* SPDX-License-Identifier: MIT */\n"}, "spdx")
        self.refuses("exempts no file", {".reuse/dep5": LINE + "Files: d/*.bin\n"}, "spdx")

    def test_spdx_of_linux(self):
        """What becomes a part of Linux is under its license alone, its uapi headers under theirs, and nothing else is."""
        tag = "SPDX-License-Identifier: "
        dual, gpl, uapi = "GPL-2.0-only OR BSD-2-Clause", "GPL-2.0-only", "GPL-2.0-only WITH Linux-syscall-note OR BSD-2-Clause"
        must = {
            "a.c": dual, "adapters/arm/a.S": dual, "adapters/boot/a.c": dual, "adapters/linux.c": dual, "uapi/a.h": dual,
            "adapters/linux/a.c": gpl, "adapters/linux/d/a.h": gpl, "adapters/linux-x/a.dts": gpl, "adapters/linux-x/d/Makefile": gpl,
            "adapters/linux/uapi/a.c": gpl, "adapters/linux-x/uapi/a.h": gpl, "adapters/linux/uapi/a.h": uapi,
        }
        for form in ("/* {} */\n", "// {}\n", "# {}\n", "# {}", "<!-- {} -->\n", "; {} \n", "{}\r\n", '"{}"}},\n'):
            self.accepts({name: form.format(tag + license) for name, license in must.items()}, "spdx")
        for other in (dual, gpl, uapi, gpl + "+", dual + " OR MIT", "MIT"):
            said = check({name: f"/* {tag}{other} */\n" for name in must}, "spdx").stderr.splitlines()
            self.assertEqual(sorted(said), sorted(f"check-tree: {name}: is under '{other}': here it must be '{tag}{license}'"
                                                  for name, license in must.items() if license != other))
        said = check({name: "\n" for name in must}, "spdx").stderr
        for name, license in must.items():
            self.assertIn(f"check-tree: {name}: no '{tag}{license}' in", said)
        self.refuses("is under 'MIT'", {"a.c": f"/* {tag}MIT */\n/* {tag}{dual} */\n"}, "spdx")

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
