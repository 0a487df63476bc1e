# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Behind a firmware that cannot be changed: what scripts/bench measures in QEMU. How, scripts/lib/bench_board.py says.

What the head of the kernel takes is counted by the debugger, one instruction after the other, from the first after a reset to the first of whom
it enters. (The board's clock jumps at a reset: QEMU takes a board for idle then.)
"""
import time

from bench_board import MASTER, RELEASES, TIMEOUT, WORK, Failure, board, boot_command, command, harness, images

STEPS = 100000
IMAGE = 0x60010000  # where QEMU's -kernel puts a zImage
SLEEPS, PENDING = 2, 3  # beside the master

# limits
HEAD_OVER_SUBSET, DECISION = 2048, 20000


def section(path, name):
    """The bytes of a section of an object file"""
    out = WORK / "section.bin"
    out.unlink(missing_ok=True)
    command("arm-linux-gnueabi-objcopy", "-O", "binary", "-j", name, path, out)
    return out.read_bytes() if out.exists() else b""


def head_begins(folder):
    """Physical address of the first instruction of the head of a kernel"""
    image = (folder / "zImage").read_bytes()[:0x1000]
    at = image.find(section(folder / "head" / "fsw-head.o", ".start")[:16])
    if at < 0:
        raise Failure(f"{folder}/zImage does not begin with the head in {folder}/head")
    return IMAGE + at


def instructions(one, debugger, begins, ends):
    debugger.run_to(begins, TIMEOUT)
    for count in range(1, STEPS + 1):
        debugger.step()
        # QEMU tells the monitor of each stop, too: somebody has to take that
        if count % 50 == 0:
            one.monitor("info status")
        if debugger.registers()[15] == ends:
            return count
    raise Failure(f"not at {ends:#x} within {STEPS} instructions after {begins:#x}")


def closed(name, release):
    folder = images().kernels[release]
    return board(name, harness().closed_firmware(kernel=folder / "zImage", initrd=images().master, tree=folder / "closed.dtb", cmdline=MASTER))


def measure_head(release):
    """Of three instances, one is entered that waits for its first start."""
    begins = head_begins(images().kernels[release])
    with closed("firmware", release) as one:
        for number in (SLEEPS, PENDING):
            one.run(boot_command(release, number, "--stay"), TIMEOUT).ok()
        begun = one.begin(f"fswctl boot --loaded --instance {SLEEPS}")
        one.wait_shell()
        one.begin("fswctl switch 1")
        one.finish(begun, TIMEOUT).ok()
        entry = int(one.read_area().instances()[PENDING]["entry"], 16)
        with one.debugger() as debugger:
            one.begin(f"fswctl boot --loaded --instance {PENDING}")
            count = instructions(one, debugger, begins, entry)
        one.wait_shell()
    return count


def measure(say=lambda text: None):
    """All figures as (name, unit, limit, values), and what they were made of"""
    figures = []
    for release in RELEASES:
        start = time.monotonic()
        folder = images().kernels[release] / "head"
        figures += [
            (f"reset for a boot, three instances, one core: decision at the head of {release}", "instructions", DECISION, [measure_head(release)]),
            (f"head of {release} beyond the hand-over subset in it", "bytes", HEAD_OVER_SUBSET,
             [len(section(folder / "fsw-head.o", ".start")) - len(section(folder / "subset.o", ".text"))]),
            (f"program that {release} carries beside, for all else", "bytes", None, [(folder / "program.bin").stat().st_size])]
        say(f"{release}: {time.monotonic() - start:.0f} s")
    return figures, {}
