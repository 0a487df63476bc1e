#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scripts/make-volume makes what cpio can read and the manifest says, the same twice; what it refuses it names, and leaves nothing."""
import pathlib
import subprocess
import tempfile
import unittest
import zlib

MAKE = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "make-volume"
KERNEL = bytes(36) + b"\x18\x28\x6f\x01" + b"kernel" * 9
TREE = b"\xd0\x0d\xfe\xed" + b"tree" * 7


class MakeVolume(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, content in (("kernel", KERNEL), ("again", KERNEL), ("other", KERNEL + b"x"), ("initrd", b"initrd"), ("tree", TREE), ("empty", b"")):
            (self.folder / name).write_bytes(content)
        self.out = self.folder / "flash1.img"

    def make(self, *words):
        return subprocess.run([str(MAKE), str(self.out), *map(str, words)], cwd=self.folder, capture_output=True, text=True, check=False)

    def made(self, *words):
        done = self.make(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        content = self.out.read_bytes()
        self.assertEqual(len(content), 64 * 1024 * 1024)
        return content

    def refused(self, says, *words):
        done = self.make(*words)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertIn("No volume was made", done.stderr)
        self.assertFalse(self.out.exists() or pathlib.Path(str(self.out) + ".part").exists())

    def test_made(self):
        content = self.made("--wait", 0, "--instance", 1, "first", "--kernel", "kernel", "--initrd", "initrd", "--dtb", "tree", "--cmdline", "a  b",
                            "--instance", 2, "second", "--kernel", "again", "--dtb", "tree", "--instance", "003", "third", "--kernel", "other", "--dtb", "tree")
        names = subprocess.run(["cpio", "-t", "--quiet"], input=content, capture_output=True, check=True).stdout.decode().split()
        # what is the same is stored once
        self.assertEqual(names, ["manifest", "kernel-1", "initrd-1", "dtb-1", "kernel-3"])
        subprocess.run(["cpio", "-id", "--quiet"], input=content, cwd=self.folder, capture_output=True, check=True)
        for name, expected in (("kernel-1", KERNEL), ("kernel-3", KERNEL + b"x"), ("initrd-1", b"initrd"), ("dtb-1", TREE)):
            self.assertEqual((self.folder / name).read_bytes(), expected)
        manifest = (self.folder / "manifest").read_bytes()
        kernel, tree = f"{len(KERNEL)} {zlib.crc32(KERNEL):08x}", f"{len(TREE)} {zlib.crc32(TREE):08x}"
        text = (f"fsw-volume 1\nwait 0\ninstance 1 first\nkernel kernel-1 {kernel}\ninitrd initrd-1 6 {zlib.crc32(b'initrd'):08x}\ndtb dtb-1 {tree}\ncmdline a  b\n"
                f"instance 2 second\nkernel kernel-1 {kernel}\ndtb dtb-1 {tree}\n"
                f"instance 3 third\nkernel kernel-3 {len(KERNEL) + 1} {zlib.crc32(KERNEL + b'x'):08x}\ndtb dtb-1 {tree}\n").encode()
        self.assertEqual(manifest, text + f"end {zlib.crc32(text):08x}\n".encode())

    def test_same_twice(self):
        words = ("--instance", 1, "first", "--kernel", "kernel", "--dtb", "tree")
        once = self.made(*words)
        for name in ("kernel", "tree"):
            (self.folder / name).chmod(0o600)
            (self.folder / name).touch()
        self.assertEqual(once, self.made(*words))

    def test_refused(self):
        good = ("--instance", 1, "first", "--kernel", "kernel", "--dtb", "tree")
        large = self.folder / "large"
        with open(large, "wb") as file:
            file.truncate(64 * 1024 * 1024)
        for says, words in (("there is no instance", ()), ("instance 1 has no kernel", ("--instance", 1, "first", "--dtb", "tree")),
                            ("instance 1 has no device tree", ("--instance", 1, "first", "--kernel", "kernel")),
                            ("instance 2 has no kernel", good + ("--instance", 2, "x")), ("instance 1 is there twice", good + good),
                            ("--kernel stands before the first --instance", ("--kernel", "kernel")), ("has --kernel twice", good + ("--kernel", "other")),
                            ("a number from 1 to 254", ("--instance", 0, "x")), ("a number from 1 to 254", ("--instance", 255, "x")), ("a number from 1 to 254", ("--instance", "one", "x")),
                            ("a name of 1 to 31", ("--instance", 1, "a b")), ("a name of 1 to 31", ("--instance", 1, "a" * 32)), ("a name of 1 to 31", ("--instance", 1, "")),
                            ("needs a number and a name", ("--instance", 1)), ("needs a value", good + ("--cmdline",)), ("is not understood", good + ("--what", 1)),
                            ("0 to 60000", ("--wait", 60001) + good), ("0 to 60000", ("--wait", "1s") + good), ("it goes before the first", good + ("--wait", 1)),
                            ("--wait is there twice", ("--wait", 1, "--wait", 2) + good), ("there is no file", good + ("--initrd", "nothing")), ("is empty", good + ("--initrd", "empty")),
                            ("is not a compiled device tree", ("--instance", 1, "first", "--kernel", "kernel", "--dtb", "kernel")),
                            ("is not a zImage", ("--instance", 1, "first", "--kernel", "tree", "--dtb", "tree")),
                            ("printable characters of one line", good + ("--cmdline", "a\nend 0")), ("printable characters of one line", good + ("--cmdline", "")),
                            ("printable characters of one line", good + ("--cmdline", "a" * 1024)), ("the flash has 67108864", good + ("--initrd", "large"))):
            with self.subTest(words=words):
                self.refused(says, *words)
        # what was there stays, too
        self.made(*good)
        before = self.out.read_bytes()
        self.assertEqual(self.make(*good, "--initrd", "nothing").returncode, 1)
        self.assertEqual(self.out.read_bytes(), before)

    def test_usage(self):
        for words in (["--help"], [], ["-h"]):
            done = subprocess.run([str(MAKE), *words], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--instance ID NAME --kernel FILE", done.stderr)


if __name__ == "__main__":
    unittest.main()
