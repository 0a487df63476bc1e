# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Linux's own memory hotplug, for comparison: off-line and on-line of memory blocks on QEMU's arm64 board `virt`, under -icount shift=0 as all else.

The kernel and busybox are Debian's own for arm64, fetched once into ${FSW_CACHE:-${XDG_CACHE_HOME:-~/.cache}/fsw}. On arm64 what memory there was
at boot does not go off-line; a virtio-mem device brings some that does. Times are the kernel's own stamps of lines that are written to its log.
"""
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

from bench_board import TIMEOUT, TOP, WORK, Failure, command, harness

CACHE = pathlib.Path(os.environ.get("FSW_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "fsw")
MODULES = "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_mem"
FILES = "vmlinuz", "busybox", "version", *(f"{name}.ko" for name in MODULES)
BLOCKS = 4
BLOCK_MIB = 128
EMPTY_ROUNDS, FULL_ROUNDS = 5, 3

INIT = f"""#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for name in {' '.join(MODULES)}; do insmod /$name.ko; done
cd /sys/devices/system/memory
movable() {{ grep -l Movable memory*/valid_zones | cut -d/ -f1; }}
while [ $(movable | wc -l) != {BLOCKS} ]; do sleep 1; done
set -- $(movable)
stamp() {{ echo "hotplug: $*" >/dev/kmsg; }}
turn() {{ stamp $3 begin; echo $2 >$1/state || echo "hotplug: failed: $1 $2"; stamp $3 end; }}
free() {{ echo "hotplug: free pages: $(grep -A1 Movable /proc/zoneinfo | grep -o 'free.*')"; }}
i=0
while [ $((i += 1)) -le {EMPTY_ROUNDS} ]; do
	stamp nothing begin; stamp nothing end
	for block in $2 $3 $4; do turn $block offline off-line; done
	for block in $2 $3 $4; do turn $block online_movable on-line; done
done
for block in $2 $3 $4; do turn $block offline off-line; done
mount -t tmpfs -o size=90% tmpfs /tmp
dd if=/dev/zero of=/tmp/file bs=1M count={BLOCK_MIB} 2>/dev/null
from=$1 to=$2 i=0
while [ $((i += 1)) -le {FULL_ROUNDS} ]; do
	free
	turn $to online_movable on-line
	turn $from offline off-line-full
	from=$to to=$1 && [ $from != $1 ] || to=$2
done
free
dmesg | grep hotplug:
cat block_size_bytes | sed 's/^/hotplug: block size: /'
poweroff -f
"""


def fetch(work):
    """Debian's kernel and busybox for arm64, unpacked in `work`: {name: file}"""
    release = re.search(r"^VERSION_CODENAME=(\S+)", pathlib.Path("/etc/os-release").read_text(), re.M).group(1)

    def packages(*names):
        command("bash", "-c", 'set -euo pipefail; . scripts/lib/suite.sh; suite_fetch "$@"', "suite.sh", release, "arm64", work, *names)
        return [next(work.glob(f"{name}_*.deb")) for name in names]

    stands_for, busybox = packages("linux-image-arm64", "busybox-static")
    name = re.search(r"linux-image-\d[^ ,]*", command("dpkg-deb", "-f", stands_for, "Depends")).group()
    image, = packages(name)
    for package in (image, busybox):
        command("dpkg-deb", "-x", package, work / "files")
    (work / "files" / "version").write_text(f"{name} {command('dpkg-deb', '-f', image, 'Version')}\n")
    found = {file.name.partition("-")[0]: file for file in (work / "files").rglob("*") if file.is_file()}
    return {name: found[name] for name in FILES if name in found}


def files():
    """The folder with them. What is missing is fetched."""
    folder = CACHE / "linux-arm64"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "linux-arm64.lock", "w") as lock:
        # two callers do not fetch the same
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all((folder / name).exists() for name in FILES):
            return folder
        with tempfile.TemporaryDirectory(prefix="linux-arm64.", dir=CACHE) as work:
            found = fetch(pathlib.Path(work))
            missing = set(FILES) - set(found)
            if missing:
                raise Failure(f"Debian's kernel for arm64 has no {', '.join(missing)}: mend bench_hotplug.py, run scripts/bench again")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name, file in found.items():
                shutil.move(file, folder / name)
    return folder


def initramfs(folder, path):
    root = WORK / "hotplug"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("bin", "dev", "proc", "sys", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(folder / "busybox", root / "bin")
    (root / "bin" / "sh").symlink_to("busybox")
    for name in MODULES:
        shutil.copy(folder / f"{name}.ko", root)
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)
    command("bash", "-c", 'set -o pipefail; cd "$1" && find . -mindepth 1 | sort | cpio --quiet -o -H newc -R 0:0 >"$2"', "cpio", root, path)


def run(folder):
    """All that its console said"""
    path = WORK / "hotplug.cpio"
    initramfs(folder, path)
    words = ["qemu-system-aarch64", "-M", "virt,dtb-randomness=off", "-cpu", "cortex-a53", "-m", f"512M,maxmem={512 + BLOCKS * BLOCK_MIB}M",
             "-object", f"memory-backend-ram,id=more,size={BLOCKS * BLOCK_MIB}M",
             "-device", f"virtio-mem-pci,memdev=more,requested-size={BLOCKS * BLOCK_MIB}M",
             "-nic", "none", "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot", "-icount", "shift=0,sleep=off",
             "-kernel", folder / "vmlinuz", "-initrd", path, "-append", "console=ttyAMA0 loglevel=4 nokaslr memhp_default_state=online_movable"]
    child = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             preexec_fn=harness().die_with_parent)
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            said = child.communicate(timeout=TIMEOUT)[0].decode(errors="replace").replace("\r", "")
            (WORK / "hotplug.log").write_text(said)
            return said
    finally:
        child.kill()
        child.wait()
    raise Failure(f"Linux on arm64 did not come to its end in {TIMEOUT} s")


def times(said):
    """{what: [us]} of all that was stamped"""
    found, begun = {}, None
    for at, what, edge in re.findall(r"^\[ *(\d+\.\d+)\] hotplug: (\S+) (begin|end)$", said, re.M):
        if edge == "begin":
            begun = float(at)
        else:
            found.setdefault(what, []).append((float(at) - begun) * 1e6)
    return found


def per_mib(said):
    """{what: [us per MiB]}, the cost of stamping taken off"""
    found = times(said)
    wanted = {"nothing": EMPTY_ROUNDS, "off-line": 3 * EMPTY_ROUNDS + 3, "on-line": 3 * EMPTY_ROUNDS + FULL_ROUNDS, "off-line-full": FULL_ROUNDS}
    seen = {what: len(values) for what, values in found.items()}
    free = [int(pages) for pages in re.findall(r"hotplug: free pages: free +(\d+)", said)]
    if seen != wanted or "hotplug: failed" in said or f"block size: {BLOCK_MIB << 20:x}" not in said:
        raise Failure(f"Linux's own memory hotplug on arm64: stamped were {seen}, wanted {wanted}: see {WORK / 'hotplug.log'}")
    # a block that is to be full is
    if max(free) > BLOCK_MIB * 256 // 20:
        raise Failure(f"Linux's own memory hotplug on arm64: {free} pages were free where none was to be: see {WORK / 'hotplug.log'}")
    nothing = statistics.median(found.pop("nothing"))
    return {what: [(one - nothing) / BLOCK_MIB for one in values] for what, values in found.items()}


def measure():
    """{what: [us per MiB]}, and which kernel that was"""
    folder = files()
    return per_mib(run(folder)), (folder / "version").read_text().strip()
