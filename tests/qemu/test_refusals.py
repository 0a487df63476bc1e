# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What must be refused is refused, with a message, and nothing has changed: map and states are compared before and after."""
import contextlib
import re

import pytest

from conftest import boot_command

FAULTS = "/sys/module/fsw/parameters"
ELSEWHERE = dict(start=0x90000000, sections=4)


@contextlib.contextmanager
def unchanged(board):
    before = board.read_area("before").picture()
    yield before
    after = board.read_area("after").picture()
    assert after == before
    # and the board is none the worse: both still take their turn
    assert board.run("fswctl rehearse").ok()


def test_absent(pair):
    with unchanged(pair):
        pair.run("fswctl switch 5").refused("no such instance|wrong state", "'empty'", status=1)


def test_out_of_range(pair):
    with unchanged(pair):
        pair.run("fswctl switch 9").refused(status=1)
        pair.run("fswctl switch 255").refused("not an instance number", status=2)


def test_itself(pair):
    with unchanged(pair):
        pair.run("fswctl switch 1").refused("target is asker", status=1)


def test_no_privilege(pair):
    with unchanged(pair):
        pair.run("su user -c 'fswctl switch 2'").refused("[Pp]ermission|not permitted", "root", status=4)
        # by the capability too, not only by the file
        pair.run("chmod 666 /dev/fsw; su user -c 'fswctl switch 2'; s=$?; chmod 600 /dev/fsw; (exit $s)").refused("root", status=4)


KERNELS = {
    "empty": (": >/tmp/image", "too short"),
    "short": ("head -c 40 /boot/zImage-6.1 >/tmp/image", "too short"),
    "cut": ("head -c 1000000 /boot/zImage-6.1 >/tmp/image", "cut short"),
    "no-magic": ("cp /boot/zImage-6.1 /tmp/image; printf 'XXXX' | dd of=/tmp/image bs=1 seek=36 conv=notrunc", "not a zImage"),
    "text": ("yes | head -c 100000 >/tmp/image", "not a zImage"),
    "elf": ("cp /bin/busybox /tmp/image", "ELF"),
    "gzip": ("gzip -c /bin/sh >/tmp/image", "gzip"),
    "arm64": ("head -c 100000 /dev/zero >/tmp/image; printf 'ARM\\144' | dd of=/tmp/image bs=1 seek=56 conv=notrunc", "64-bit ARM"),
    "x86": ("head -c 100000 /dev/zero >/tmp/image; printf 'MZ' | dd of=/tmp/image conv=notrunc;"
            " printf 'HdrS' | dd of=/tmp/image bs=1 seek=514 conv=notrunc", "x86|not a zImage"),
    "uimage": ("printf '\\047\\005\\031\\126' >/tmp/image; cat /boot/zImage-6.1 >>/tmp/image", "U-Boot"),
    "big-endian": ("cp /boot/zImage-6.1 /tmp/image; printf '\\004\\003\\002\\001' | dd of=/tmp/image bs=1 seek=48 conv=notrunc", "big-endian"),
}


@pytest.mark.parametrize("make, text", KERNELS.values(), ids=KERNELS)
def test_kernel(pair, make, text):
    with unchanged(pair):
        pair.run(f"{{ {make}; }} 2>/dev/null").ok()
        command = boot_command("6.1", **ELSEWHERE).replace("/boot/zImage-6.1", "/tmp/image")
        pair.run(f"{command}").refused(text, status=1)
        pair.run("rm /tmp/image").ok()


IMAGES = {
    "initrd-large": ("--initrd", "truncate -s 200M /tmp/image", "initrd: too large"),
    "tree-large": ("--dtb", "cp /boot/board.dtb /tmp/image; truncate -s 70000 /tmp/image", "device tree: too large"),
    "tree-cut": ("--dtb", "head -c 5000 /boot/board.dtb >/tmp/image", "device tree: malformed"),
    "tree-no-magic": ("--dtb", "yes | head -c 5000 >/tmp/image", "device tree: malformed"),
    "tree-spoilt": ("--dtb", "cp /boot/board.dtb /tmp/image; yes | dd of=/tmp/image bs=1 seek=60 count=4000 conv=notrunc", "device tree: malformed"),
    "tree-empty": ("--dtb", ": >/tmp/image", "device tree: malformed"),
}


@pytest.mark.parametrize("option, make, text", IMAGES.values(), ids=IMAGES)
def test_image(pair, option, make, text):
    with unchanged(pair):
        pair.run(f"{{ {make}; }} 2>/dev/null").ok()
        command = boot_command("6.1", **ELSEWHERE)
        if option == "--initrd":
            command = command.replace("/boot/initrd", "/tmp/image")
        else:
            command += " --dtb /tmp/image"
        pair.run(command).refused(text, status=1)
        pair.run("rm /tmp/image").ok()


def test_no_file(pair):
    with unchanged(pair):
        command = boot_command("6.1", **ELSEWHERE)
        pair.run(command.replace("zImage-6.1", "absent")).refused("No such file", "absent")


def test_not_enough(pair):
    with unchanged(pair):
        answer = pair.run("fswctl boot --kernel /boot/zImage-6.1 --memory 60 --contiguous 4").refused("not enough", status=1)
        assert re.search(r"\d+ sections \(.*\) can be had", answer)


def test_not_contiguous(pair):
    with unchanged(pair):
        # instance 2 lies in the middle
        pair.run("fswctl boot --kernel /boot/zImage-6.1 --memory 40 --contiguous 40").refused("no such run free", "the longest run", status=1)


NOT_FREE = {"kernel-core": (0x60000000, 8), "into-2": (0x78000000, 16), "in-2": (0x80000000, 4), "shared": (0x98000000, 8)}


@pytest.mark.parametrize("start, sections", NOT_FREE.values(), ids=NOT_FREE)
def test_not_free(pair, start, sections):
    with unchanged(pair):
        pair.run(boot_command("6.1", start=start, sections=sections)).refused("no such run free", r"section \d+ at 0x", status=1)


@pytest.mark.parametrize("start, text", [(0x91000000, "multiple of 128 MiB"), (0x90100000, "multiple"), (0xC0000000, "outside the map")],
                         ids=["section", "unaligned", "outside"])
def test_start(pair, start, text):
    with unchanged(pair):
        pair.run(boot_command("6.1", start=start, sections=4)).refused(text, status=1)


def test_id_in_use(pair):
    with unchanged(pair):
        pair.run(boot_command("6.1", more="--instance 2", **ELSEWHERE)).refused("in use", status=1)


def test_section_in_use(pair):
    """One section does not free: all others come back. Tried again, it is refused again, and nothing is loaded over it."""
    with unchanged(pair):
        pair.run(f"echo 0x92000000 >{FAULTS}/pin").ok()
        free = pair.run("grep MemTotal /proc/meminfo").ok()
        command = boot_command("6.1", start=0x90000000, sections=4)
        for _ in range(2):
            pair.run(command).refused("section 50", "does not free.*allocated by the kernel", status=1)
            assert pair.run("grep MemTotal /proc/meminfo").ok() == free
        pair.run(f"echo 0 >{FAULTS}/pin").ok()


def test_not_loaded(pair):
    """What was not loaded does not start, nor does what sleeps start anew."""
    with unchanged(pair):
        pair.run("fswctl boot --loaded --instance 4").refused("no such instance|wrong state", status=1)
        pair.run("fswctl boot --loaded --instance 2").refused("wrong state", "'sleeping'", status=1)


@pytest.mark.parametrize("step", ["devices", "late", "core"])
def test_driver_refuses(pair, step):
    """The machine stays here; who refused is named."""
    with unchanged(pair):
        pair.run(f"echo {step} >{FAULTS}/refuse").ok()
        pair.run("fswctl switch 2").refused(*(["fsw-fault"] if step != "core" else []), status=5)
        pair.run(f"echo >{FAULTS}/refuse").ok()


def test_driver_refuses_boot(pair):
    """A boot that fails at the suspend gives the memory back."""
    with unchanged(pair):
        free = pair.run("grep MemTotal /proc/meminfo").ok()
        pair.run(f"echo devices >{FAULTS}/refuse").ok()
        pair.run(boot_command("6.1", **ELSEWHERE)).refused("fsw-fault", status=5)
        pair.run(f"echo >{FAULTS}/refuse").ok()
        assert pair.run("grep MemTotal /proc/meminfo").ok() == free


def test_wakeup_source(pair):
    with unchanged(pair):
        pair.run("echo busy-here >/sys/power/wake_lock").ok()
        pair.run("fswctl switch 2").refused("wake-up source", "busy-here", status=5)
        pair.run("echo busy-here >/sys/power/wake_unlock").ok()


def test_pending(pair):
    """A second request while one is at work."""
    with unchanged(pair):
        pair.run(f"echo devices >{FAULTS}/refuse").ok()
        first = boot_command("6.1", start=0x90000000, sections=8)
        # once it says how far it is, it is at work
        answer = pair.run(f"{first} >/tmp/first 2>&1 & until read -r line </sys/class/misc/fsw/progress; do :; done; fswctl switch 2; s=$?; wait; (exit $s)")
        answer.refused("another request is in progress", "fswctl status", status=1)
        assert "fsw-fault" in pair.run("cat /tmp/first").ok()
        pair.run("rm /tmp/first").ok()
        pair.run(f"echo >{FAULTS}/refuse").ok()


def page_of(board, instance):
    """Where an instance's page is."""
    header = board.read_area("header").bytes
    page_size, pages = (int.from_bytes(header[at:at + 4], "little") for at in (36, 44))
    return 0x9F000000 + pages + (instance - 1) * page_size


# Of the page: the resume address, and the first byte of what the blob of saved registers has behind its head
@pytest.mark.parametrize("offset, text", [(64, "resume record: bad CRC"), (1024 + 12, "SAR")], ids=["resume", "sar"])
def test_spoilt_sleeper(pair, offset, text):
    """One bit of what the sleeper needs is wrong: refused at once, and when the bit is right again, done."""
    address = page_of(pair, 2) + offset
    with unchanged(pair):
        with pair.debugger() as debugger:
            good = debugger.read(address, 1)
            debugger.write(address, [good[0] ^ 0x04])
        pair.run("fswctl switch 2").refused(text, status=3)
        pair.write_memory(address, good)
    pair.go(2).ok()
    pair.go(1).ok()


def test_spoilt_handover(pair):
    """The bit goes wrong after all checks of the request: the hand-over finds it, and the requester is resumed."""
    address = page_of(pair, 2) + 64 + 8
    with unchanged(pair):
        good = pair.read_memory(address, 8).read_bytes()
        pair.run(f"echo 1 >{FAULTS}/spoil").ok()
        pair.run("fswctl switch 2").refused("resume record: bad CRC", status=3)
        assert "did not take place" in pair.run("dmesg | tail -n 20").ok()
        assert pair.read_memory(address, 8).read_bytes() != good
        pair.write_memory(address, good)
    pair.go(2).ok()
    pair.go(1).ok()
