# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the tests of the bootloader need: its image, volumes, areas, stand-ins for kernels, and a board to put them on."""
import json
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = TOP / "tests" / "qemu"
FLASH_BYTES = 64 * 1024 * 1024
RAM, AREA, CARVE = 0x60000000, 0x9F000000, 0x1000000
PROMPT = "fsw> "
CROSS = "arm-none-eabi-"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **options)


def compiled(output, source, *options):
    """An ARM program linked at 0, as plain bytes; `source` is a file."""
    elf = output.with_suffix(".elf")
    run(CROSS + "gcc", "-nostdlib", "-march=armv7-a", "-Wl,-Ttext=0,--build-id=none,-estart", "-I", TOP / "libfsw/include", *options, "-o", elf, source)
    run(CROSS + "objcopy", "-O", "binary", elf, output)
    return output


def flash(path, content):
    """A flash image of the size that QEMU wants."""
    path.write_bytes(content)
    os.truncate(path, FLASH_BYTES)
    return path


def volume(path, *arguments):
    run(TOP / "scripts" / "make-volume", path, *arguments)
    return path


class Board:
    """QEMU's vexpress-a9 on the two flash images. The serial console is a socket; all that it says is in `log`."""

    logged = set()

    def __init__(self, folder, flash0, flash1, memory=1024, cores=1, options=()):
        self.folder = folder
        self.log = ""
        self.seen = 0
        self.sockets = pathlib.Path(tempfile.mkdtemp(prefix="fsw-"))  # the path of a socket has at most 107 bytes
        serial, control = self.sockets / "serial", self.sockets / "control"
        drives = []
        for path in (flash0, flash1):
            drives += ["-drive", f"if=pflash,format=raw,file={path},readonly=on"]
        self.process = subprocess.Popen(
            ["qemu-system-arm", "-M", "vexpress-a9", "-m", str(memory), "-smp", str(cores), "-display", "none", "-S",
             "-gdb", f"unix:{self.sockets}/gdb,server=on,wait=off", "-serial", f"unix:{serial},server=on,wait=off", "-qmp", f"unix:{control},server=on,wait=off", *drives, *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ, QEMU_AUDIO_DRV="none"))
        self.serial = self._connect(serial)
        self.control = self._connect(control)
        self.replies = b""
        self._reply()  # the greeting
        self.ask("qmp_capabilities")
        self.ask("cont")

    def _connect(self, path):
        deadline = time.monotonic() + 60
        while True:
            try:
                line = socket.socket(socket.AF_UNIX)
                line.connect(str(path))
                return line
            except OSError:
                line.close()
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("QEMU does not run: " + self.process.stderr.read().decode()) from None
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.serial.close()
        self.control.close()
        shutil.rmtree(self.sockets, ignore_errors=True)
        # where those of all tests on the board are
        name = re.sub(r"[^\w.,=-]+", "_", os.environ.get("PYTEST_CURRENT_TEST", "board").split("::")[-1].rsplit(" ", 1)[0])[:100]
        folder = TOP / "build" / "qemu" / f"bootloader-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "serial.log", "w" if folder not in self.logged else "a") as file:
            file.write(self.log)
        self.logged.add(folder)

    def _reply(self):
        """A line of QEMU's. The console is read meanwhile: when nobody does, QEMU stops after some 270 characters, monitor and all."""
        deadline = time.monotonic() + 120
        while b"\n" not in self.replies:
            assert time.monotonic() < deadline and self.process.poll() is None, f"QEMU does not answer; the console said:\n{self.log}"
            ready = select.select([self.control, self.serial], [], [], 1)[0]
            if self.serial in ready:
                self._read(0)
            if self.control in ready:
                self.replies += self.control.recv(65536)
        line, self.replies = self.replies.split(b"\n", 1)
        return json.loads(line)

    def ask(self, command, **arguments):
        self.control.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            reply = self._reply()
            if "error" in reply:
                raise RuntimeError(f"{command}: {reply['error']}")
            if "return" in reply:
                return reply["return"]

    def memory(self, address, size):
        path = self.folder / "memory"
        self.ask("pmemsave", val=address, size=size, filename=str(path))
        content = path.read_bytes()
        path.unlink()
        return content

    def registers(self, core=0):
        """Of one core, by name, as numbers"""
        text = self.ask("human-monitor-command", **{"command-line": "info registers", "cpu-index": core})
        return {name: int(value, 16) for name, value in re.findall(r"(R\d\d|PSR)=([0-9a-f]{8})", text)}

    def send(self, text):
        self.serial.sendall(text.encode("latin-1"))

    def _read(self, seconds):
        if not select.select([self.serial], [], [], seconds)[0]:
            return False
        data = self.serial.recv(65536)
        self.log += data.decode("latin-1").replace("\r", "")
        return bool(data)

    def expect(self, pattern, seconds=60):
        """Wait until the console says this, from where the last expect() ended; the match. What was said before it is in `before`."""
        deadline = time.monotonic() + seconds
        while True:
            match = re.compile(pattern, re.S).search(self.log, self.seen)
            if match:
                self.before = self.log[self.seen:match.start()]
                self.seen = match.end()
                return match
            left = deadline - time.monotonic()
            assert left > 0 and self.process.poll() is None, f"not said within {seconds} s: {pattern!r}; was said:\n{self.log[self.seen:]}"
            self._read(min(left, 0.5))

    def quiet(self, seconds=0.5):
        """What is said in this time"""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(max(0, deadline - time.monotonic()))
        said, self.seen = self.log[self.seen:], len(self.log)
        return said

    def command(self, text):
        """At the prompt: type it, and what it said until the next prompt"""
        self.send(text + "\r")
        self.expect(re.escape(text) + "\n")
        self.expect(re.escape(PROMPT))
        return self.before


class Debugger:
    """A little of GDB's protocol, to put the board where it never goes by itself. The board stands while this is open."""

    def __init__(self, path):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(str(path))
        self.line.settimeout(60)
        self.data = b""
        self.ask("?")
        self.ask("qXfer:features:read:target.xml:0,ffb")  # before that it does not let registers be written

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ask("D")
        self.line.close()

    def ask(self, text):
        self.line.sendall(f"${text}#{sum(text.encode()) & 255:02x}".encode())
        while True:
            match = re.search(rb"\$([^#]*)#..", self.data, re.S)
            if not match:
                self.data += self.line.recv(4096)
                continue
            self.data = self.data[match.end():]
            self.line.sendall(b"+")
            # that the board stands now may be said at any time
            if text == "?" or not match.group(1).startswith(b"T"):
                return match.group(1)

    def undefined(self, address, thumb):
        """An undefined instruction there, and it is next."""
        assert b"OK" in self.ask(f"M{address:x},4:f000f0e7" if not thumb else f"M{address:x},4:ffdeffde")
        assert b"OK" in self.ask("P19=" + struct.pack("<I", 0x600001F3 if thumb else 0x600001D3).hex())  # SVC mode
        assert b"OK" in self.ask("Pf=" + struct.pack("<I", address).hex())



def need_tools():
    """What is not there, or nothing"""
    return [tool for tool in ("qemu-system-arm", CROSS + "gcc", "cpio", "dtc", "fdtget") if not shutil.which(tool)]
