#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The bootloader on the board: cold start, every decision of a recovery, what is wrong with volumes and memory, the prompt, exceptions."""
import collections
import random
import re
import struct
import subprocess
import sys
import time
import zlib

import pytest

import bootloader_helper as helper
from bootloader_helper import AREA, HERE, RAM, TOP, Board

pytestmark = pytest.mark.skipif(helper.need_tools() != [], reason=f"not installed: {' '.join(helper.need_tools())}")

HANG, UNDEFINED, SUPERVISOR, PREFETCH, DATA, INTERRUPT, FAST, RESET, CORES, GUARDED = 0, 1, 2, 3, 4, 6, 7, 8, 9, 10
MIB = 0x100000
HOMES = {1: RAM, 2: RAM + 32 * 16 * MIB, 3: RAM + 48 * 16 * MIB}
SEE_VOLUME = r"Nothing was started\. Write a good volume \(scripts/make-volume\) to the second flash, then: reset\n"
ENTERED = r"KERNEL: (\w{8}) (\w{8}) (\w{8}) (\w{8}) (\w{8}) (\w{8}) (\w{8}) \.\n"

Built = collections.namedtuple("Built", "folder flash0 elf make_area tree kernel")
Entered = collections.namedtuple("Entered", "place r0 r1 r2 psr control led")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The bootloader, a device tree like the board's, a stand-in for a kernel, the maker of areas: made once."""
    folder = tmp_path_factory.mktemp("bootloader")
    helper.run(TOP / "scripts" / "bootloader", folder)
    sources = [f"{TOP}/libfsw/{line.split()[-1][:-2]}.c" for line in (TOP / "libfsw" / "sources.mk").read_text().splitlines() if re.match(r"fsw-(handover-)?objs \+=", line)]
    make_area = folder / "make_area"
    helper.run("gcc", "-std=c11", "-O1", "-Wall", "-Werror", "-I", TOP / "libfsw" / "include", "-o", make_area, HERE / "make_area.c", *sources)
    tree = folder / "board.dtb"
    source = folder / "board.dts"
    source.write_text("""/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; model = "V2P-CA9"; chosen { bootargs = "old"; };
        cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; reg = <0>; }; cpu@1 { device_type = "cpu"; reg = <1>; };
            cpu@2 { device_type = "cpu"; reg = <2>; }; cpu@3 { device_type = "cpu"; reg = <3>; }; };
        memory@60000000 { device_type = "memory"; reg = <0x60000000 0x100>; };
        reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges; vram@4c000000 { reg = <0x4c000000 0x800000>; no-map; }; }; };""")
    helper.run("dtc", "-q", "-o", tree, source)
    kernel = helper.compiled(folder / "kernel", HERE / "fake_kernel.S", f"-DEND={HANG}")
    return Built(folder, folder / "flash0.img", folder / "bootloader.elf", make_area, tree, kernel)


def kernel_that(built, folder, end, payload=None, *more):
    options = [f"-DEND={end}", *more]
    if payload is not None:
        path = folder / "payload"
        content = b"".join(struct.pack("<II", address, len(data)) + data for address, data in payload)
        path.write_bytes(content + bytes(8))
        options.append(f'-DPAYLOAD="{path}"')
    return helper.compiled(folder / f"kernel-{end}", HERE / "fake_kernel.S", *options)


def simple_volume(built, folder, kernel=None, wait=0, more=()):
    return helper.volume(folder / "flash1.img", "--wait", wait, "--instance", 1, "first", "--kernel", kernel or built.kernel, "--dtb", built.tree, *more)


@pytest.fixture
def volume(built, tmp_path):
    return simple_volume(built, tmp_path)


@pytest.fixture
def no_volume(tmp_path):
    return helper.flash(tmp_path / "flash1.img", b"")


def entered(board):
    """A kernel says what it was entered with."""
    return Entered(*(int(word, 16) for word in board.expect(ENTERED).groups()))


def area_of(built, scenario, stop=0, cores=0):
    return helper.run(built.make_area, "write", scenario, stop, cores).stdout


def loaded(folder, address, content, name):
    """The option by which QEMU puts this into RAM at power-on and at each reset"""
    path = folder / name
    path.write_bytes(content)
    return ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]


def on_area(built, folder, content, flash1, **options):
    """A board on which somebody left this area, and resume code and images where it says"""
    words = loaded(folder, AREA, content, "area")
    kernel = built.kernel.read_bytes()
    for home, base in HOMES.items():
        words += loaded(folder, base + MIB, kernel, f"resume-{home}") + loaded(folder, base + 2 * MIB, kernel, f"image-{home}")
    return Board(folder, built.flash0, flash1, options=words, **options)


def assert_in_svc_masked_off(state):
    """SVC mode, ARM state, interrupts masked; MMU, caches and branch prediction off"""
    assert state.psr & 0x3F == 0x13 and state.psr & 0xC0 == 0xC0
    assert state.control & 0x1805 == 0


def fdt(path, node, name, *options):
    return helper.run("fdtget", *options, path, node, name).stdout.decode().strip()


def completed_tree(board, state):
    """The one that a kernel was given, in a file"""
    tree = board.folder / "completed.dtb"
    tree.write_bytes(board.memory(state.r2, struct.unpack(">I", board.memory(state.r2 + 4, 4))[0]))
    helper.run("dtc", "-q", "-I", "dtb", "-O", "dts", "-o", board.folder / "completed.dts", tree)
    return tree


# ---- cold start ----

def test_size(built):
    size = (built.folder / "bootloader.bin").stat().st_size
    assert size <= 48 * 1024
    assert built.flash0.stat().st_size == helper.FLASH_BYTES


def test_cold_start(built, tmp_path):
    initrd = tmp_path / "initrd"
    initrd.write_bytes(bytes(range(256)) * 41 + b"end")
    flash1 = simple_volume(built, tmp_path, wait=10, more=["--initrd", initrd, "--cmdline", "console=ttyAMA0  quiet", "--instance", 2, "x", "--kernel", built.kernel, "--dtb", built.tree])
    with Board(tmp_path, built.flash0, flash1) as board:
        board.expect("cold start: no area here\nfsw: any key within 10 ms: prompt\nfsw: start instance 1 'first': kernel 0x62000000")
        state = entered(board)
        assert (state.place, state.r0, state.r1) == (0x62000000, 0, 0xFFFFFFFF)
        assert_in_svc_masked_off(state)
        assert board.memory(state.place, built.kernel.stat().st_size) == built.kernel.read_bytes()
        tree = completed_tree(board, state)
        assert fdt(tree, "/memory@60000000", "reg", "-tx") == "60000000 40000000"
        assert fdt(tree, "/memory@60000000", "device_type") == "memory"
        assert fdt(tree, "/chosen", "bootargs") == "console=ttyAMA0  quiet"
        assert fdt(tree, "/reserved-memory/fsw@9f000000", "reg", "-tx") == "9f000000 1000000"
        assert fdt(tree, "/reserved-memory/fsw@9f000000", "compatible") == "fsw,area"
        assert helper.run("fdtget", "-l", tree, "/reserved-memory").stdout.decode().split() == ["fsw@9f000000", "vram@4c000000"]
        assert helper.run("fdtget", "-l", tree, "/").stdout.decode().split() == ["memory@60000000", "chosen", "cpus", "reserved-memory"]
        start, end = (int(fdt(tree, "/chosen", f"linux,initrd-{which}", "-tx"), 16) for which in ("start", "end"))
        assert board.memory(start, end - start) == initrd.read_bytes()
        # the area: as a fresh one, and all a master needs
        assert board.memory(AREA, 40960) == area_of(built, "format", cores=1)[:40960]


def test_key(built, tmp_path):
    """A key gives the prompt; without one it goes on after the time said, not before and not much later."""
    flash1 = simple_volume(built, tmp_path, wait=20000)
    with Board(tmp_path, built.flash0, flash1) as board:
        board.expect("any key within 20000 ms: prompt\n")
        board.send(" ")
        board.expect(helper.PROMPT, 5)
        assert "start instance" not in board.log
        board.send("boot\r")
        entered(board)


def test_no_key(built, tmp_path):
    """Without a key it goes on, after the time said and not before."""
    flash1 = simple_volume(built, tmp_path, wait=1500)
    with Board(tmp_path, built.flash0, flash1) as board:
        board.expect("any key within 1500 ms: prompt\n")
        start = time.monotonic()
        entered(board)
        assert time.monotonic() - start > 1.2


@pytest.mark.parametrize("cores", [1, 2, 3, 4])
def test_cores_in_tree(built, tmp_path, volume, cores):
    with Board(tmp_path, built.flash0, volume, cores=cores) as board:
        tree = completed_tree(board, entered(board))
        said = [helper.run("fdtget", "-d", "", tree, f"/cpus/cpu@{core}", "status").stdout.decode().strip() for core in range(4)]
        assert said == [""] * cores + ["fail"] * (4 - cores)


def test_second_instance(built, tmp_path):
    flash1 = simple_volume(built, tmp_path, wait=20000, more=["--instance", 2, "other", "--kernel", built.kernel, "--dtb", built.tree])
    with Board(tmp_path, built.flash0, flash1) as board:
        board.expect("any key")
        board.send("x")
        board.expect(helper.PROMPT)
        assert "Error: instance 3 is not in the boot volume\nThe volume has: 1 2\n" in board.command("boot 3")
        board.send("boot 2\r")
        board.expect("start instance 2 'other': kernel 0x62000000")
        assert entered(board).place == 0x62000000


# ---- what is wrong with a volume ----

def refused(board, text):
    """One line, and the prompt; nothing was written to RAM."""
    board.expect(text + " " + SEE_VOLUME)
    board.expect(helper.PROMPT)
    assert board.before.count("\n") == 1  # the prompt's own line
    assert "help" in board.command("help")
    assert board.memory(AREA, 4096) == bytes(4096) and board.memory(0x62000000, 4096) == bytes(4096)


def archive_of(path):
    content = path.read_bytes()
    return bytearray(content[:content.index(b"TRAILER!!!") + 16])


@pytest.mark.parametrize("cut, text", [(0, r"boot volume: no boot volume here \(at byte 0\)\."), (3, r"boot volume: no boot volume here \(at byte 0\)\."),
                                       (60, r"boot volume: not a header of a newc CPIO archive \(at byte 0\)\."),
                                       (150, r"boot volume: not a header of a newc CPIO archive \(at byte \d+\)\."),
                                       (-40, r"boot volume: not a header of a newc CPIO archive \(at byte \d+\)\.")],
                         ids=["empty", "3", "60", "150", "trailer"])
@pytest.mark.parametrize("fill", [0x00, 0xFF], ids=["zeros", "erased"])
def test_cut_volume(built, tmp_path, volume, cut, text, fill):
    content = archive_of(volume)[:cut]
    helper.flash(volume, bytes(content) + bytes([fill]) * 65536)
    with Board(tmp_path, built.flash0, volume) as board:
        refused(board, text)


def wrong(volume, find, change, offset=0):
    """The volume with other bytes where `find` is"""
    content = archive_of(volume)
    at = content.index(find) + offset
    content[at:at + len(change)] = change
    helper.flash(volume, bytes(content))


@pytest.mark.parametrize("find, change, text", [
    (b"fsw-volume 1", b"fsw-volume 2", r"boot volume: manifest does not begin with 'fsw-volume 1' \(at line 1\)\."),
    (b"wait 0", b"wait 1", r"boot volume: manifest has a bad CRC \(at line \d\)\."),
    (b"\nend ", b"\nENd ", r"boot volume: manifest has no whole 'end' line \(at line \d\)\."),
    (b"manifest\0", b"Manifest\0", r"boot volume: first member of the archive is not 'manifest' \(at byte 0\)\."),
    (b"\x18\x28\x6f\x01", b"\x18\x28\x6f\x02", r"instance 1: kernel: file has a bad CRC\."),
    (b"V2P-CA9", b"V2P-CA8", r"instance 1: device tree: file has a bad CRC\."),
    (b"an initrd", b"no initrd", r"instance 1: initrd: file has a bad CRC\."),
], ids=["version", "crc", "end", "name", "kernel", "tree", "initrd"])
def test_wrong_volume(built, tmp_path, find, change, text):
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"an initrd")
    flash1 = simple_volume(built, tmp_path, more=["--initrd", initrd])
    wrong(flash1, find, change)
    with Board(tmp_path, built.flash0, flash1) as board:
        refused(board, text)


def hand_made(path, files, lines):
    """A volume that scripts/make-volume would not make"""
    text = b"fsw-volume 1\nwait 0\ninstance 1 a\n"
    for kind, name in lines:
        text += f"{kind} {name} {len(files[name])} {zlib.crc32(files[name]):08x}\n".encode()
    text += f"end {zlib.crc32(text):08x}\n".encode()
    archive = b""
    for name, data in [("manifest", text), *files.items(), ("TRAILER!!!", b"")]:
        head = b"070701" + b"".join(b"%08X" % value for value in (0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)) + name.encode() + b"\0"
        archive += head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return helper.flash(path, archive)


@pytest.mark.parametrize("kernel, tree, text", [
    (b"\x7fELF" + bytes(60), None, "kernel image: an ELF file, a zImage is needed"),
    (b"MZ" + bytes(54) + b"ARM\x64" + bytes(60), None, "kernel image: for 64-bit ARM"),
    (bytes(40), None, "kernel image: too short to hold a header"),
    ("short", None, "kernel image: cut short"),
    ("large", None, "kernel image: too large for this memory"),
    (None, b"\xd0\x0d\xfe\xed" + bytes(60), "device tree: malformed"),
    (None, "short", "device tree: malformed"),
    (None, "large", "device tree: too large"),
], ids=["elf", "arm64", "short", "truncated", "large", "bad-tree", "short-tree", "large-tree"])
def test_wrong_images(built, tmp_path, kernel, tree, text):
    good = built.kernel.read_bytes()
    good_tree = built.tree.read_bytes()
    kernel = {None: good, "short": good[:-4], "large": good + bytes(33 * MIB)}.get(kernel, kernel)
    tree = {None: good_tree, "short": good_tree[:-1], "large": good_tree[:4] + struct.pack(">I", 70000) + good_tree[8:] + bytes(70000)}.get(tree, tree)
    flash1 = hand_made(tmp_path / "flash1.img", {"k": kernel, "t": tree}, [("kernel", "k"), ("dtb", "t")])
    with Board(tmp_path, built.flash0, flash1) as board:
        refused(board, rf"instance 1: {text}\.")


def test_initrd_too_large(built, tmp_path):
    # 30 MiB and what it makes when it unpacks leave less than this
    kernel = built.kernel.read_bytes() + bytes(23 * MIB)
    flash1 = hand_made(tmp_path / "flash1.img", {"k": kernel, "t": built.tree.read_bytes(), "i": bytes(12 * MIB)}, [("kernel", "k"), ("dtb", "t"), ("initrd", "i")])
    with Board(tmp_path, built.flash0, flash1) as board:
        refused(board, r"instance 1: initrd: too large for this memory\.")


def test_no_memory(built, tmp_path, volume):
    with Board(tmp_path, built.flash0, volume, memory=512) as board:
        board.expect(r"fsw: no memory at 0x9f000000, where the fsw area goes: this board needs 1024 MiB. Nothing was started. Add memory, then: reset\n")
        board.expect(helper.PROMPT)
        assert board.memory(0x62000000, 4096) == bytes(4096)
        assert "Error: area at 0x9f000000: no area here" in board.command("insts")


# ---- what is found in the area ----

def test_garbage(built, tmp_path, volume):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    with on_area(built, tmp_path, random.Random(seed).randbytes(65536), volume) as board:
        board.expect("cold start: not an fsw area\n")
        assert entered(board).place == 0x62000000
        assert board.memory(AREA, 40960) == area_of(built, "format", cores=1)[:40960]


def with_word(area, offset, value):
    return area[:offset] + struct.pack("<I", value) + area[offset + 4:]


@pytest.mark.parametrize("change, text", [
    (lambda area: with_word(with_word(area, 4, 9), 8, 9), "version too new"),
    (lambda area: with_word(area, 4, 0), "version too old"),
    (lambda area: with_word(area, 60, 0), "header: bad CRC"),
    (lambda area: with_word(area, 384, 0), "switch word: bad check"),
    (lambda area: with_word(with_word(area, 252, 0), 380, 0), "operation: bad CRC"),
    (lambda area: with_word(area, 4096 + 4 * 7, 0), r"entry: bad check \(section 7\)"),
    # the first 4096 bytes of one area, the rest of RAM as it was: half-written
    (lambda area: area[:4096] + bytes(len(area) - 4096), r"entry: bad check \(section 0\)"),
], ids=["new", "old", "header", "switch-word", "operation", "entry", "half"])
def test_damaged(built, tmp_path, volume, change, text):
    area = change(area_of(built, "switch"))
    with on_area(built, tmp_path, area, volume) as board:
        board.expect(rf"fsw: area at 0x9f000000: {text}. It is as it was, and instances may sleep in it. To look: insts, map, hexdump. To start anew and lose them: boot 1!\n")
        board.expect(helper.PROMPT)
        assert "Error" in board.command("insts")
        assert "Error: instances may sleep in the damaged area\nNext: boot 1!" in board.command("boot 1")
        assert "boot 1!" in board.command("boot")
        assert board.memory(AREA, len(area)) == area and board.memory(0x62000000, 64) == bytes(64)
        board.send("boot 1!\r")
        assert entered(board).place == 0x62000000
        assert board.memory(AREA, 40960) == area_of(built, "format", cores=1)[:40960]


WHY = {1: "it was formatted, but never set up", 2: "no instance sleeps", 3: "its boot asked for this reset", 4: "the hand-over was not final, who asked goes on",
       5: "the hand-over was final", 6: "its claim round was cut short, it takes what was released", 7: "next in line"}
MODES = {1: "switch", 2: "boot", 3: "claim", 4: "terminate", 5: "kill", 6: "free", 7: "recover"}
NAMES = {1: "first", 2: "second", 3: "third"}


def expect_decision(board, error, action, why, instance, died, undone, condemned):
    """What the console says is what the library said of the same area; and whoever is next is entered as it should be."""
    if error:
        board.expect("fsw: cold start: no area here\n")
    else:
        words = r"fsw: bootloader [\d.]+ on vexpress-a9\n"
        if died:
            words += f"fsw: instance {died} '{NAMES[died]}' died: the machine was reset while it ran\n"
        if condemned:
            words += f"fsw: instances with a damaged page, marked dead: {condemned}\n"
        if undone:
            words += f"fsw: the {MODES[undone]} that was in progress is undone\n"
        board.expect(words + {1: f"fsw: cold start: {WHY[why]}\n", 2: f"fsw: resume instance {instance} '{NAMES.get(instance)}': {WHY[why]}\n",
                              3: f"fsw: boot instance {instance} '{NAMES.get(instance)}': {WHY[why]}\n"}[action])
    state = entered(board)
    if error or action == 1:
        assert state.place == 0x62000000
    elif action == 2:
        assert (state.place, state.r0, state.led & 0xFF) == (HOMES[instance] + MIB, instance, 0x80 | instance)
    else:
        assert (state.place, state.r0, state.r1, state.r2) == (HOMES[instance] + 2 * MIB, 0x10 + instance, 0xFFFFFFFF, HOMES[instance])
    assert_in_svc_masked_off(state)


def test_each_decision(built, tmp_path, volume):
    """Each operation stopped before each store: one board for each thing that recovery says of any of them, at its first and its last such store."""
    first, last = {}, {}
    for line in helper.run(built.make_area, "list").stdout.decode().splitlines():
        scenario, stop, *numbers = line.split()
        case = tuple(map(int, numbers))
        first.setdefault(case, (scenario, stop))
        last[case] = (scenario, stop)
    assert len(first) > 15
    done = 0
    for case, where in [*first.items(), *last.items()]:
        if case in first and where == first[case] and done >= len(first):
            continue
        print("area", *where, case)
        with on_area(built, tmp_path, area_of(built, *where), volume) as board:
            expect_decision(board, *case)
        done += 1


@pytest.mark.parametrize("cores", [1, 4])
def test_refused_start(built, tmp_path, volume, cores):
    """A sleeper whose registers may not be written is passed over, and the next is taken; all cores are in the pen for it."""
    area = bytearray(area_of(built, "reset", 1, cores))
    blob = 8192 + 1024  # of instance 1, which is next
    size = struct.unpack_from("<I", area, blob + 12)[0]
    assert area[blob:blob + 4] == b"FSAR" and struct.unpack_from("<Q", area, blob + 16)[0] == 0x10000008
    struct.pack_into("<Q", area, blob + 16, RAM)  # memory, not a register
    struct.pack_into("<I", area, blob + size - 4, zlib.crc32(area[blob:blob + size - 4]))
    with on_area(built, tmp_path, bytes(area), volume, cores=cores) as board:
        board.expect("fsw: instance 2 'second' died: the machine was reset while it ran\nfsw: resume instance 1 'first': next in line\n"
                     "fsw: instance 1 cannot be entered: SAR record not allowed: marked dead\n")
        board.expect("fsw: resume instance 3 'third': next in line\nKERNEL:")
        block = struct.unpack("<I", board.memory(AREA + 52, 4))[0]
        marks = [struct.unpack("<I", board.memory(AREA + block + 512 + 32 * core + 4, 4))[0] != 0 for core in range(4)]
        assert marks == [1 <= core < cores for core in range(4)]


def test_reset_chain(built, tmp_path):
    """Over warm resets with real RAM: a kernel leaves an area behind, each who is resumed dies, until nobody sleeps."""
    dying = kernel_that(built, tmp_path, RESET).read_bytes()
    payload = [(AREA, area_of(built, "switch"))] + [(base + MIB, dying) for base in HOMES.values()]
    flash1 = simple_volume(built, tmp_path, kernel_that(built, tmp_path, RESET, payload))
    with Board(tmp_path, built.flash0, flash1) as board:
        assert entered(board).place == 0x62000000
        # the machine was switched to 2 when it was reset
        seen = []
        for _ in range(2):
            died = int(board.expect(r"fsw: instance (\d) '\w+' died").group(1))
            instance = int(board.expect(r"fsw: resume instance (\d) '\w+': next in line\n").group(1))
            seen.append((died, instance))
            assert entered(board).place == HOMES[instance] + MIB
        assert [one[0] for one in seen] == [2, seen[0][1]] and sorted([seen[0][1], seen[1][1]]) == [1, 3]
        board.expect(rf"fsw: instance {seen[1][1]} '\w+' died: the machine was reset while it ran\nfsw: cold start: no instance sleeps\n")
        assert entered(board).place == 0x62000000


def test_ram_is_kept(built, tmp_path):
    """All of RAM, before and after a warm reset that resumes somebody: only the area differs."""
    payload = [(AREA, area_of(built, "reset", 1)), (HOMES[1] + MIB, built.kernel.read_bytes())]
    flash1 = simple_volume(built, tmp_path, kernel_that(built, tmp_path, HANG, payload, "-DFILL"))
    with Board(tmp_path, built.flash0, flash1) as board:
        entered(board)
        board.expect("PUT\n", 60)
        board.ask("stop")
        before = board.memory(RAM, 0x40000000)
        assert struct.unpack_from("<II", before, 0x20000000) == (RAM + 0x20000000, RAM + 0x20000004)
        board.ask("cont")
        board.ask("system_reset")
        board.expect("fsw: resume instance 1 'first': next in line\n")
        assert entered(board).place == HOMES[1] + MIB
        board.ask("stop")
        after = board.memory(RAM, 0x40000000)
        here = AREA - RAM
        assert before[:here] == after[:here] and before[here + 65536:] == after[here + 65536:]
        assert before[here:here + 65536] != after[here:here + 65536]


# ---- the prompt ----

@pytest.fixture
def prompt(built, tmp_path, no_volume):
    """A board at its prompt, with an area in which 1 runs and 2 and 3 sleep: put there by a kernel that then makes an exception"""
    payload = [(AREA, area_of(built, "switch", 1))] + [(base + MIB, built.kernel.read_bytes()) for base in HOMES.values()]
    del no_volume
    flash1 = simple_volume(built, tmp_path, kernel_that(built, tmp_path, UNDEFINED, payload))
    with Board(tmp_path, built.flash0, flash1) as board:
        board.expect("PUT\n")
        board.expect("Exception: undefined instruction at 62000")
        board.expect(helper.PROMPT)
        yield board


def test_help(prompt):
    text = prompt.command("help")
    for command in ("help", "ver", "insts", "map", "page N", "sar N", "hexdump ADDRESS COUNT [1|2|4|8]", "regs", "bt", "boot", "reset"):
        assert re.search("^" + re.escape(command) + r"\b|^" + re.escape(command), text, re.M), command
    for line in ("helpx", "h", "HELP", "?", "help help help help help"):
        assert "Error:" in prompt.command(line) and "Next: help" in prompt.before
    assert prompt.command("") == "" and prompt.command("    ") == ""


def test_looking(prompt, built):
    size = (built.folder / "bootloader.bin").stat().st_size
    assert re.search(rf"^fsw bootloader \d\.\d+\.\d+ on vexpress-a9, {size} of 49152 bytes", prompt.command("ver"))
    insts = prompt.command("insts")
    assert re.search(r"^owner 1, phase idle", insts)
    for line in (r"  1 running   parent 0, base 0x60000000, 'first'", r"  2 sleeping  parent 1, base 0x80000000, 'second'", r"  3 sleeping  parent 1, base 0x90000000, 'third'"):
        assert line in insts
    rows = re.findall(r"^ *\d+ 0x[0-9a-f]{8} (\S+)$", prompt.command("map"), re.M)
    assert rows == ["AAAA" + "1" * 28, "B222" + "1" * 12 + "C333" + "1" * 11 + "="]
    page = prompt.command("page 2")
    assert "instance 2: sleeping, cause 0, parent 1\n" in page and "resume: address 0x80100000, argument 0x2" in page
    assert "load: 'second', base 0x80000000, entry 0x80200000, arguments 0x12 0xffffffff 0x80000000 0x0\n" in page
    assert "resume" not in prompt.command("page 1")
    assert "0x10000008, 4 bytes by 4: 00000083\n" in prompt.command("sar 3")
    # looking changes nothing
    assert prompt.memory(AREA, 65536) == area_of(built, "switch", 1)


@pytest.mark.parametrize("command", ["page", "sar"])
def test_wrong_instances(prompt, command):
    for words in ("", " x", " -1", " 1x", " 0x", " 4294967296", " 99999999999999999999"):
        assert "Error: an instance number is needed\nNext: insts\n" in prompt.command(command + words)
    for words in (" 0", " 9", " 255", " 4294967295", " 0xffffffff"):
        assert "Error: no instance " in prompt.command(command + words) and "this area has 1 to 8" in prompt.before
    assert "empty" in prompt.command(command + " 8")
    if command == "sar":
        assert "Error: instance 1 keeps no saved registers\nCurrent state: running (needed: sleeping)" in prompt.command("sar 1")


def test_hexdump(prompt):
    area = prompt.memory(AREA, 64)
    lines = [f"{AREA + at:08x}:" + "".join(f" {byte:02x}" for byte in area[at:at + 16]) for at in (0, 16)]
    assert prompt.command("hexdump 0x9f000000 32") == "\n".join(lines) + "\n"
    words = struct.unpack("<8I", area[:32])
    assert prompt.command("hexdump 0x9f000000 4 4") == f"9f000000: {words[0]:08x}\n"
    assert prompt.command("hexdump 0x9f000000 16 8") == f"9f000000: {words[1]:08x}{words[0]:08x} {words[3]:08x}{words[2]:08x}\n"
    assert prompt.command("hexdump 0x9f000002 2 2") == f"9f000002: {area[2] | area[3] << 8:04x}\n"
    assert prompt.command("hexdump 2667577344 1") == f"9f000000: {area[0]:02x}\n"
    # the first and the last of each memory, and one beside it
    for start, size in ((0, 0x4000000), (0x40000000, 0x4000000), (0x44000000, 0x4000000), (0x48000000, 0x2000000), (RAM, 0x40000000)):
        assert prompt.command(f"hexdump {start:#x} 1").startswith(f"{start:08x}: ")
        assert prompt.command(f"hexdump {start + size - 1:#x} 1").startswith(f"{start + size - 1:08x}: ")
        assert "is not memory as a whole" in prompt.command(f"hexdump {start + size - 1:#x} 2")
    for words in ("0x10009000 4", "0x10000000 4 4", "0x1e001000 1", "0x4a000000 1", "0xa0000000 1", "0xffffffff 1", "0x9fffffff 2", "0xfffffff0 65536"):
        assert "is not memory as a whole: device registers are not read\nMemory is:\n" in prompt.command("hexdump " + words)
        assert "0x60000000 to 0x9fffffff RAM\n" in prompt.before
    for words in ("", "0", "x 1", "0 0", "0 65537", "0 x", "0 1 3", "0 1 16", "0 1 x", "0x100000000 1", "4294967296 1", "0x1g 1", "0 4294967297", "0 -1"):
        assert "hexdump ADDRESS COUNT [1|2|4|8], COUNT bytes, at most 65536" in prompt.command("hexdump " + words)
    assert "must be multiples of 4\nNext: hexdump 0x00000000 8 4" in prompt.command("hexdump 2 5 4")
    assert "must be multiples of 8\nNext: hexdump 0x60000000 16 8" in prompt.command("hexdump 0x60000004 16 8")
    assert "too many words" in prompt.command("hexdump 1 2 3 4")


def test_editing(prompt):
    for typed, echoed in (("verx\b", "verx\b \b"), ("xx\x7f\x7fver", "xx\b \b\b \bver"), ("garbage\x15ver", "garbage" + "\b \b" * 7 + "ver"), ("\b\bver", "ver")):
        prompt.send(typed + "\r")
        prompt.expect(re.escape(echoed) + "\n")
        prompt.expect(re.escape(helper.PROMPT))
        assert prompt.before.startswith("fsw bootloader")
    prompt.send("reset\x03")
    prompt.expect(re.escape("reset^C\n" + helper.PROMPT))
    prompt.send("a" * 500 + "\r")
    prompt.expect("Error: no command 'a{79}'\n")
    prompt.expect(re.escape(helper.PROMPT))
    # bytes that are no text are not taken; the bell
    prompt.send("\x01\x1b\xe4ver\r")
    prompt.expect("\a\a\aver\n")
    prompt.expect(re.escape(helper.PROMPT))


def test_boot_sleeper(prompt):
    """Recovery says who is next; another one is not started behind its back."""
    for words in (" 0", " x", " 255", " !", " 2!!", " -1"):
        assert "Error: an instance number is needed\nNext: boot 1\n" in prompt.command("boot" + words)
    text = prompt.command("boot 2")
    assert "fsw: instance 1 'first' died" in text and "fsw: resume instance 3 'third': next in line\n" in text
    assert "Error: it is not the turn of instance 2\n" in text and "boot 2!, to lose them" in text
    assert "to lose them" in prompt.command("boot 1")
    prompt.send("boot 3\r")
    state = entered(prompt)
    assert (state.place, state.r0, state.led) == (HOMES[3] + MIB, 3, 0x83)


def test_boot_next(prompt):
    prompt.send("boot\r")
    assert entered(prompt).place == HOMES[3] + MIB


def test_boot_sure(prompt, built):
    assert "Error: instance 7 is not in the boot volume\nThe volume has: 1\n" in prompt.command("boot 7!")
    prompt.send("boot 1!\r")
    prompt.expect("start instance 1 'first'")
    assert entered(prompt).place == 0x62000000


def test_reset(prompt):
    prompt.send("reset\r")
    prompt.expect("fsw: instance 1 'first' died: the machine was reset while it ran\nfsw: resume instance 3 'third': next in line\n")
    assert entered(prompt).place == HOMES[3] + MIB


def test_nothing_yet(built, tmp_path, no_volume):
    with Board(tmp_path, built.flash0, no_volume) as board:
        board.expect(helper.PROMPT)
        assert "No exception since the reset" in board.command("regs")
        assert board.command("bt").count("\n") >= 2
        for command in ("insts", "map", "page 1", "sar 1"):
            assert "Error: area at 0x9f000000: no area here" in board.command(command)
        assert "no boot volume here" in board.command("boot 1!")
        board.send("reset\r")
        board.expect("fsw: bootloader")
        board.expect(helper.PROMPT)


# ---- exceptions ----

@pytest.mark.parametrize("end, text", [(UNDEFINED, "undefined instruction"), (SUPERVISOR, "supervisor call"), (PREFETCH, "prefetch abort"),
                                       (DATA, "data abort"), (INTERRUPT, "interrupt"), (FAST, "fast interrupt")],
                         ids=["undefined", "call", "prefetch", "data", "interrupt", "fast"])
def test_exceptions(built, tmp_path, end, text):
    flash1 = simple_volume(built, tmp_path, kernel_that(built, tmp_path, end))
    with Board(tmp_path, built.flash0, flash1) as board:
        entered(board)
        board.expect(rf"\nException: {text} at (62000\w\w\w)\n")
        board.expect(r" r4 \w{8}   r5 55555555   r6 66666666   r7 ")
        board.expect(r" sp \w{8}   lr 62000\w{3}   pc 62000\w{3}  psr \w{6}(\w)3\n")
        board.expect("pc  62000...\nlr  62000...\n")
        board.expect("Whoever ran is lost, those who sleep are not. To go on with them: reset\n")
        board.expect(helper.PROMPT)
        # what was shown can be seen again, and all works
        assert "r5 55555555" in board.command("regs") and "lr  62000" in board.command("bt")
        assert "phase blank" in board.command("insts")
        board.send("reset\r")
        entered(board)


def symbols_of(built):
    """Address and size by name"""
    symbols = {}
    for line in helper.run(helper.CROSS + "nm", "-S", built.elf).stdout.decode().splitlines():
        words = line.split()
        symbols[words[-1]] = (int(words[0], 16) & ~1, int(words[1], 16) if len(words) == 4 else 0)
    return symbols


def test_expected_fault(built, tmp_path):
    """What hexdump reads by comes back from an abort. Nothing on this board aborts: a kernel calls it, with alignment faults switched on."""
    kernel = kernel_that(built, tmp_path, GUARDED, None, f"-DGUARDED_READ={symbols_of(built)['guarded_read'][0]}")
    with Board(tmp_path, built.flash0, simple_volume(built, tmp_path, kernel)) as board:
        entered(board)
        board.expect("RETURNED: 00000001 55555555 00000000\n")
        assert "Exception" not in board.quiet()


def test_exception_in_bootloader(built, tmp_path, no_volume):
    """Its own: with a backtrace that leads to the prompt, which comes back, again and again."""
    symbols = symbols_of(built)
    with Board(tmp_path, built.flash0, no_volume) as board:
        board.expect(helper.PROMPT)
        for turn in range(4):
            with helper.Debugger(board.sockets / "gdb") as debugger:
                debugger.undefined(0x48200000, turn % 2)
            board.expect(r"Exception: undefined instruction at 48200000\n")
            calls = re.findall(r"^ *\d+  (\w{8})  (\w+)\+0x(\w+)$", board.expect(r"(.*)Whoever ran is lost").group(1), re.M)
            assert "prompt" in [name for _, name, _ in calls]
            for address, name, offset in calls:
                assert int(address, 16) == symbols[name][0] + int(offset, 16) and int(offset, 16) <= symbols[name][1]
            board.expect(helper.PROMPT)
            assert "fsw bootloader" in board.command("ver")


# ---- cores ----

def test_cores_are_held(built, tmp_path):
    flash1 = simple_volume(built, tmp_path, kernel_that(built, tmp_path, CORES))
    with Board(tmp_path, built.flash0, flash1, cores=4) as board:
        entered(board)
        assert board.log.count("bootloader") == 1
        board.expect("NOW:")
        for core in (1, 2, 3):
            assert board.log.endswith("NOW:") or set(board.log.split("NOW:")[1]) <= set("123")
        said = board.quiet(1)
        assert sorted(said) == ["1", "2", "3"]
        # and after a reset they are in there again
        board.ask("system_reset")
        entered(board)
        board.expect("NOW:")
        assert sorted(board.quiet(1)) == ["1", "2", "3"]


def test_cores_at_the_prompt(built, tmp_path, no_volume):
    with Board(tmp_path, built.flash0, no_volume, cores=4) as board:
        board.expect(helper.PROMPT)
        for core in (1, 2, 3):
            assert board.registers(core)["R15"] < 0x200
        assert "fsw bootloader" in board.command("ver")


if __name__ == "__main__":
    sys.exit(subprocess.call([sys.executable, "-m", "pytest", __file__, *sys.argv[1:]]))
