# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the tests on the board are given: kernels, root file systems, the bootloader, boot volumes, and boards."""
import fcntl
import functools
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402


def own_folder():
    """build/qemu, or another if somebody else tests here at the same time. The lock goes with this process."""
    for number in range(1, 100):
        folder = harness.BUILD if number == 1 else harness.BUILD.with_name(f"qemu-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        return folder, lock
    raise harness.Failed("99 others test here")


harness.BUILD, LOCK = own_folder()
# what is about the one or the other alone
collect_ignore = ["test_bootloader.py", "test_tree.py"] if harness.WORLD == "closed" else ["test_firmware.py"]
IMAGES = harness.BUILD / "images"
BOOT = harness.BUILD / "boot"
SCRIPTS = sorted(pathlib.Path(__file__).resolve().parent.glob("guest/*"))
# Quiet: what is not an error stays in dmesg, out of the way of what the tests read.
QUIET = "console=ttyAMA0 loglevel=4"


def script(name, *words):
    done = subprocess.run([harness.TOP / "scripts" / name, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise harness.Failed(f"scripts/{name} {' '.join(map(str, words))}:\n{done.stderr[-2000:]}")
    return done.stdout.strip()


RELEASES = ("6.1", "6.12", "6.1-debug")


@functools.cache
def kernel(release):
    """The folder with zImage, board.dtb, config, release."""
    release, _, debug = release.partition("-")
    return pathlib.Path(script("kernel", release, *(["--debug"] if debug else [])).splitlines()[-1])


@functools.cache
def program(name):
    """One of programs/, for an instance."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / name
    harness.run("arm-linux-gnueabi-gcc", "-static", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-s", "-pthread", "-o", path,
                pathlib.Path(__file__).resolve().parent / "programs" / f"{name}.c")
    return path


@functools.cache
def bootloader():
    script("bootloader", BOOT)
    return BOOT / "flash0.img"


@functools.cache
def rootfs(master):
    """A guest's, or the master's, which has kernels and a guest's root file system in /boot."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / ("master.cpio" if master else "guest.cpio")
    words = [f"--with={file}:/bin/{file.name}" for file in [*SCRIPTS, program("ballast"), program("cores")]]
    if master:
        words += [f"--with={kernel(release)}/zImage:/boot/zImage-{release}" for release in RELEASES]
        words += [f"--with={kernel('6.1')}/board.dtb:/boot/board.dtb", f"--with={rootfs(False)}:/boot/initrd"]
    script("rootfs", path, *[part for word in words for part in word.split("=", 1)])
    return path


@functools.cache
def source(release, cmdline="", tree=None):
    """What a board starts from whose instance 1 is this release: QEMU's words."""
    words = f"{QUIET} kernelcore=128M {cmdline}".strip()
    closed = harness.WORLD == "closed"
    images = {"kernel": kernel(release) / "zImage", "initrd": rootfs(True),
              "tree": tree or kernel(release) / ("closed.dtb" if closed else "board.dtb")}
    if closed:
        return harness.closed_firmware(**images, cmdline=words)
    name = hashlib.sha256(f"{words} {tree}".encode()).hexdigest()[:8]
    path = IMAGES / f"volume-{release}-{name}.img"
    script("make-volume", path, "--wait", 0, "--instance", 1, f"linux-{release}", "--kernel", images["kernel"], "--initrd", images["initrd"],
           "--dtb", images["tree"], "--cmdline", words)
    return harness.flashes(bootloader(), path)


@functools.cache
def firmwares():
    """The sections that nobody may use: in them is what a closed firmware writes at each reset."""
    if harness.WORLD != "closed":
        return []
    # its first instructions and the kernel at the beginning of RAM; 128 MiB above it initrd and device tree
    loaded = rootfs(True).stat().st_size + 0x10000
    return [0, *range(8, 8 + -(-loaded // harness.SECTION))]


class Bench:
    """Makes boards; all of them end with the test."""

    def __init__(self, name):
        self.name = name
        self.boards = []

    def folder(self):
        """For what a board is to be given."""
        folder = harness.BUILD / "given" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def board(self, master="6.1", cmdline="", wait=True, tree=None, **options):
        """A board on which instance 1 has booted and its shell waits. `tree`: another than that of the board."""
        folder = harness.BUILD / (self.name if not self.boards else f"{self.name}-{len(self.boards) + 1}")
        board = harness.Board(folder)
        self.boards.append(board)
        board.start(source(master, cmdline, tree), **options)
        if wait:
            board.wait_instance(1)
        return board

    def stop(self):
        for board in self.boards:
            board.stop()


def boot_command(release, start=0x80000000, sections=8, name=None, cmdline="", more=""):
    """The command that boots a guest."""
    return (f"fswctl boot --kernel /boot/zImage-{release} --initrd /boot/initrd --start 0x{start:x} --contiguous {sections} --memory {sections}"
            f" --name {name or 'guest-' + release} --cmdline '{QUIET} {cmdline}' {more}").strip()


# Of three instances: the kernel and where it begins. So low that nearly all sections can be anybody's; a closed firmware is at 0x68000000.
LOWEST = 0x70000000 if harness.WORLD == "closed" else 0x68000000
GUESTS = {2: ("6.12", LOWEST), 3: ("6.1-debug", LOWEST + 0x8000000)}
GUEST_WORDS = "kernelcore=64M"


def three(bench, sections=8, cmdline="", guests=(2, 3), **options):
    """A board with 6.1 as master, 6.12 and the second configuration of 6.1, each with movable memory. Instance 1 runs."""
    board = bench.board(cmdline=cmdline, **options)
    for number in guests:
        release, start = GUESTS[number]
        board.boot(boot_command(release, start, sections, cmdline=f"{GUEST_WORDS} {cmdline}".strip()), number)
        board.go(1).ok()
    return board


def file_name(request):
    return re.sub(r"[^\w.,=-]+", "_", request.node.name)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


@pytest.fixture
def bench(request):
    bench = Bench(file_name(request))
    yield bench
    try:
        for board in bench.boards:
            board.check()
    finally:
        bench.stop()


@pytest.fixture
def say(capsys):
    """Print what is to be seen of a test that passes."""
    def say(*words):
        with capsys.disabled():
            print("\n ", *words, flush=True)
    return say


class Pair:
    """Instance 1 runs, instance 2 sleeps: a board that many tests share, as each leaves it as it was."""

    def __init__(self):
        self.bench = None
        self.board = None

    def get(self):
        if not self.board:
            self.bench = Bench("pair")
            self.board = self.bench.board()
            self.board.boot(boot_command("6.12"))
            self.board.go(1).ok()
        return self.board

    def stop(self):
        if self.bench:
            self.bench.stop()
        self.bench = self.board = None


@pytest.fixture(scope="session")
def shared_pair():
    pair = Pair()
    yield pair
    pair.stop()


@pytest.fixture
def pair(request, shared_pair):
    """The shared board. After a failure the next test gets a new one. The test's part of the console goes to a folder of its own."""
    board = shared_pair.get()
    start = board.log.stat().st_size
    yield board
    good = getattr(request.node, "report_call", None) and request.node.report_call.passed
    try:
        board.check()
        if good:
            board.run("true", timeout=10).ok()
    except BaseException:
        good = False
        raise
    finally:
        folder = harness.BUILD / file_name(request)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "serial.log").write_bytes(board.log.read_bytes()[start:])
        if not good:
            shared_pair.stop()
