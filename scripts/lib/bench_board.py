# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What those parts of scripts/bench share that measure on the board in QEMU. Runs under Debian's python3, which has labgrid.

Under -icount shift=0 one instruction is one nanosecond of guest time. All times are read from the board's 24 MHz counter, which all
instances share and no suspend stops, by a program in the instances (tests/bench/board.c). Where nothing outside of the board is waited
for, sleep=off: idle time is what the guest's timers say, and not what the host makes of it.
"""
import contextlib
import functools
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = TOP / "build" / "bench" / "board"
HZ = 24_000_000
TICK_NS = 1e9 / HZ

TIMEOUT = 300  # seconds for any one thing: on a busy machine the board is slow
RELEASES = "6.1", "6.12"
# One core: the kernel waits a second for each that is absent. Quiet: what is not an error stays in dmesg.
CMDLINE = "console=ttyAMA0 loglevel=4 nr_cpus=1 norandmaps"
GUEST = f"{CMDLINE} rdinit=/bin/board"
MASTER = f"{CMDLINE} kernelcore=128M"
SECTIONS = 8
STARTS = {2: 0x80000000, 3: 0x88000000, 4: 0x90000000}


class Failure(Exception):
    """What could not be measured, and where to look."""


# -- what the instances say --

def difference(before, after):
    """Ticks between two readings of a counter of 32 bits"""
    return (after - before) % (1 << 32)


def readings(text, word):
    """The pairs of readings in what `board` printed"""
    return [(int(before), int(after)) for before, after in re.findall(rf"^board: {word} (\d+) (\d+)", text, re.M)]


def milliseconds(ticks):
    return [one * 1e3 / HZ for one in ticks]


def spans(pairs):
    return [difference(before, after) for before, after in pairs]


# -- what the board is given --

def command(*words):
    words = [str(word) for word in words]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=TOP)
    except FileNotFoundError:
        raise Failure(f"{words[0]} is not installed: run scripts/test --install as root, then scripts/bench again") from None
    if done.returncode:
        raise Failure(f"{' '.join(words)} ended with status {done.returncode}: mend that, then run scripts/bench again\n"
                      f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.strip()


def kernel(release, *options):
    """The folder with zImage, board.dtb, release"""
    return pathlib.Path(command("scripts/kernel", release, *options).splitlines()[-1])


class Images:
    """Everything that is booted. The volumes are made when they are first asked for."""

    def __init__(self):
        WORK.mkdir(parents=True, exist_ok=True)
        # reads what the area has
        command("cmake", "--preset", "host")
        command("cmake", "--build", "--preset", "host", "--target", "fswctl")
        self.kernels = {release: kernel(release) for release in RELEASES}
        program = WORK / "board"
        command("arm-linux-gnueabi-gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-s", "-I", "adapters/linux/uapi",
                "tests/bench/board.c", "-o", program)
        command("scripts/bootloader", WORK / "boot")
        self.bootloader = WORK / "boot" / "flash0.img"
        self.guest, self.master = WORK / "guest.cpio", WORK / "master.cpio"
        command("scripts/rootfs", self.guest, "--with", f"{program}:/bin/board")
        inside = [word for release, folder in self.kernels.items() for word in ("--with", f"{folder / 'zImage'}:/boot/zImage-{release}")]
        command("scripts/rootfs", self.master, "--with", f"{program}:/bin/board", "--with", f"{self.guest}:/boot/initrd", *inside)

    @functools.lru_cache(maxsize=None)
    def volume(self, name):
        """master, master-6.12: can boot others; alone, without (the adapter): can not."""
        folder, initrd = {"master": (self.kernels["6.1"], self.master), "master-6.12": (self.kernels["6.12"], self.master),
                          "alone": (self.kernels["6.1"], self.guest), "without": (self.kernels["6.1"], self.guest)}[name]
        if name == "without":
            folder = kernel("6.1", "--without-adapter")
        path = WORK / f"{name}.img"
        command("scripts/make-volume", path, "--wait", "0", "--instance", 1, f"linux-{name}", "--kernel", folder / "zImage", "--initrd", initrd,
                "--dtb", folder / "board.dtb", "--cmdline", MASTER)
        return path


@functools.lru_cache(maxsize=None)
def images():
    """Once, however many parts ask"""
    return Images()


def harness():
    """Of the tests on the board. It needs labgrid, which what is tested without a board does not."""
    sys.path.insert(0, str(TOP / "tests" / "qemu"))
    try:
        import harness as module
    except ImportError as reason:
        raise Failure(f"{reason}: run scripts/test --install as root, then scripts/bench again") from None
    return module


@contextlib.contextmanager
def board(name, volume, sleep="off", extra=(), cores=1):
    """A board whose instance 1 has booted. Of several cores no instructions are counted: in real time."""
    module = harness()
    one = module.Board(WORK / name)
    try:
        # the last one counts
        source = volume if isinstance(volume, list) else module.flashes(images().bootloader, images().volume(volume))
        counted = ["-icount", f"shift=0,sleep={sleep}"] if cores == 1 else []
        one.start(source, cores=cores, icount=cores == 1, extra=[*counted, *extra])
        one.wait_shell = lambda: (one.expect("fsw-init: ready", TIMEOUT), one.expect(r"fsw[\d?]# ", TIMEOUT))
        one.wait_shell()
        yield one
        one.check()
    except AssertionError as reason:
        raise Failure(f"on the board '{name}': {reason}") from None
    finally:
        one.stop()


def boot_command(release, number, more="", start=None, memory=SECTIONS, cmdline=GUEST):
    return (f"fswctl boot --kernel /boot/zImage-{release} --initrd /boot/initrd --start 0x{start or STARTS[number]:x} --contiguous {SECTIONS}"
            f" --memory {memory} --instance {number} --name linux-{release} --cmdline '{cmdline}' {more}").strip()


def boot(one, release, number, **options):
    """Boot a guest. The command that the one who boots it hangs in, and the ticks from the command to init's first instruction."""
    begun = one.begin(f"board run {boot_command(release, number, **options)}")
    run_at = reading(one, "run")
    init_at = reading(one, "init")
    one.wait_shell()
    return begun, difference(run_at, init_at)


def reading(one, word):
    return int(one.expect(rf"board: {word} at (\d+)\r?\n", TIMEOUT).group(1))


def machine():
    return [command("qemu-system-arm", "--version").splitlines()[0], command("arm-linux-gnueabi-gcc", "--version").splitlines()[0],
            *(f"linux-source-{release} {command('dpkg-query', '-W', '-f', '${Version}', f'linux-source-{release}')}" for release in RELEASES)]
