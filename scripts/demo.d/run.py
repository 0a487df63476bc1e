# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Makes what the demo needs and plays it on the board. Started by scripts/demo."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import traceback

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "scripts" / "demo.d"), str(TOP / "tests" / "qemu")]
import report  # noqa: E402
import story  # noqa: E402
import timeline  # noqa: E402

DEMO = TOP / "build" / "demo"
IMAGES = DEMO / "images"
BUILD_LOG = DEMO / "build.log"
SERIAL_LOG = DEMO / "serial.log"
HERE = pathlib.Path(__file__).resolve().parent

MASTER, GUEST = "6.1", "6.12"
SWITCHES = 20
REHEARSALS = 5
# Quiet: what is not an error stays in dmesg.
QUIET = "console=ttyAMA0 loglevel=4"
MASTER_CMDLINE = f"{QUIET} kernelcore=128M"
BOOT = f"--kernel /boot/zImage-{GUEST} --initrd /boot/initrd --start 0x80000000 --contiguous 128M --memory 128M --name linux-{GUEST}"
TIMEOUT = 180  # seconds for any one thing; on a busy machine the board is slow

INTERACTIVE = f"""
  The board starts. You will be root in instance 1, Linux {MASTER}.
  To leave: Ctrl-A, then X.

  Try:   fswctl status
         fswctl map
         fswctl boot {BOOT.replace(' --contiguous 128M', '')}
         uname -a; fswctl switch 1        in the second, which you are in then
         fswctl switch 2                  and back again, as often as you like
         fswctl log

"""


class Failure(Exception):
    """What failed, the state, the next command, the log."""

    def __init__(self, what, state, next_, log):
        super().__init__(f"{what}. State: {state}. Next: {next_}. Log: {log.relative_to(TOP)}")


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


# -- what is made --

def script(steps, name, *words):
    """Run one of scripts/, all it says to the log, what it is at to the terminal; (its last word, what it said)."""
    start = BUILD_LOG.stat().st_size if BUILD_LOG.exists() else 0
    with open(BUILD_LOG, "ab") as log:
        # its own group, so that all of it ends with us
        child = subprocess.Popen([TOP / "scripts" / name, *map(str, words)], stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True,
                                 start_new_session=True)

        def said():
            with open(BUILD_LOG, "rb") as file:
                file.seek(start)
                return file.read().decode(errors="replace")
        try:
            while True:
                try:
                    out, _ = child.communicate(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    steps.at(re.sub(r"^scripts/\w[\w-]*: ([\d.]+: )?", "", last_line(said())))
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(30)
            raise
    if child.returncode:
        steps.failed()
        words = re.sub(r"^scripts/[\w-]+: ", "", last_line(said()))
        raise Failure(f"scripts/{name} failed: {words.rstrip('.')}", "the board was not started", "mend that, then scripts/demo again", BUILD_LOG)
    return last_line(out) if out.strip() else "", said()


def build(terminal, interactive):
    """All that the board is given; the folders of the kernels, the bootloader, the volume."""
    steps = timeline.Steps(terminal)
    kernels = {}
    for release in (MASTER, GUEST):
        steps.begin(f"Linux {release}")
        folder, said = script(steps, "kernel", release)
        kernels[release] = pathlib.Path(folder)
        built = re.search(r"built .*", said)
        steps.done(f"{(kernels[release] / 'release').read_text().strip()}, {'built now' if built else 'from the cache'}")

    steps.begin("bootloader")
    _, said = script(steps, "bootloader", IMAGES / "boot")
    steps.done(re.sub(r".*, (\d+ of \d+ bytes)$", r"\1", last_line(said)))

    part = HERE / "story"
    ready = IMAGES / "rc.local"
    ready.write_text("#!/bin/sh\nexec story ready\n")
    common = ["--with", f"{part}:/bin/story", "--with", f"{ready}:/etc/rc.local"]
    guest, master, volume = IMAGES / "guest.cpio", IMAGES / "master.cpio", IMAGES / ("interactive.img" if interactive else "volume.img")
    steps.begin("files")
    script(steps, "rootfs", guest, *common)
    boot = [word for release, folder in kernels.items() for word in ("--with", f"{folder / 'zImage'}:/boot/zImage-{release}")]
    script(steps, "rootfs", master, *common, *boot, "--with", f"{guest}:/boot/initrd")
    steps.done(f"busybox and fswctl, {timeline.size(guest.stat().st_size)}; with kernels in it {timeline.size(master.stat().st_size)}")

    steps.begin("boot volume")
    script(steps, "make-volume", volume, "--wait", 1000 if interactive else 0, "--instance", 1, f"linux-{MASTER}", "--kernel", kernels[MASTER] / "zImage",
           "--initrd", master, "--dtb", kernels[MASTER] / "board.dtb", "--cmdline", MASTER_CMDLINE)
    steps.done(f"linux-{MASTER} as instance 1")
    return kernels, IMAGES / "boot" / "flash0.img", volume, guest


# -- the story --

class Stage:
    """The board, and the story that its instances tell."""

    def __init__(self, board, tale):
        self.board = board
        self.tale = tale

    def hear(self, begun=None, until=None, doing=""):
        """Take the lines of the story until this command has ended, or this pattern comes."""
        number = begun[0] if begun else 0
        end = until or rf">{number}>(\d+)\r?\n"
        while True:
            match = self.board.expect(rf"@\w+ self=[^\r\n]*\r?\n|{end}", TIMEOUT)
            line = match.group(0).decode(errors="replace")
            if line.startswith("@"):
                self.tale.line(line)
            else:
                break
        if begun and int(match.group(1)):
            said = re.sub(r"\s+", " ", self.board.before)[-2000:]
            message = re.search(r'"message": "([^"]*)"', said)
            raise story.Wrong(f"{doing or begun[1]}: status {int(match.group(1))}: {message.group(1) if message else said[-200:]}")

    def do(self, command, doing=""):
        self.hear(self.board.begin(command), doing=doing)

    def ask(self, command):
        answer = self.board.run(command, TIMEOUT)
        if answer.status:
            raise story.Wrong(f"{command}: status {answer.status}: {last_line(answer.text)}")
        return answer

    def collect(self, number):
        """What an instance says of itself, in the end."""
        one = self.tale.instances[number]
        one["uname"] = self.ask("uname -a").text.strip()
        return self.ask("fswctl status --json").json()

    def play(self):
        tale, board = self.tale, self.board
        tale.note(0.0, 0, "power")
        self.hear(until="fsw-init: ready")
        board.expect("fsw1# ", TIMEOUT)
        self.do("story begin")
        tale.map("before", self.ask("fswctl map --json").json())

        in_1 = board.begin(f"story boot {BOOT} --cmdline '{QUIET}'")
        self.hear(until="fsw-init: ready")
        board.expect("fsw2# ", TIMEOUT)
        self.do("story begin")
        self.do(f"story rehearse {REHEARSALS}", "a rehearsal in instance 2")
        tale.rehearsed(2)
        # 2 gives the machine back for the first time
        in_2 = board.begin(f"story turns 1 {SWITCHES // 2}")
        self.hear(in_1, doing="booting instance 2")
        self.do(f"story rehearse {REHEARSALS}", "a rehearsal in instance 1")
        tale.rehearsed(1)

        in_1 = board.begin(f"story turns 2 {SWITCHES // 2}")
        self.hear(in_2, doing="a switch from instance 2")
        self.collect(2)
        board.begin("story turns 1 1")
        self.hear(in_1, doing="a switch from instance 1")
        status = self.collect(1)
        tale.map("after", self.ask("fswctl map --json").json())
        for instance in status["instances"]:
            tale.instances[instance["id"]]["name"] = instance["name"]
        if status["running"] != 1 or status["damages"]:
            raise story.Wrong(f"in the end instance {status['running']} runs and {status['damages']} things in the area are damaged")
        board.check()


def perform(terminal, kernels, bootloader, volume, guest):
    import harness  # labgrid takes a second to load
    tale = story.Story()
    lanes = timeline.Timeline(terminal)
    tale.heard = timeline.follow(tale.told, lanes.show)
    version = subprocess.run(["qemu-system-arm", "--version"], capture_output=True, text=True, check=True).stdout
    tale.board = {"machine": "vexpress-a9", "qemu": re.search(r"version ([\d.]+)", version).group(1), "memory_bytes": harness.RAM_BYTES, "cores": 1}
    board = harness.Board(DEMO / "board")
    SERIAL_LOG.unlink(missing_ok=True)
    # the same file: it can be followed while the board runs
    os.link(board.log, SERIAL_LOG)
    lanes.head({1: f"Linux {MASTER}", 2: f"Linux {GUEST}"})
    try:
        board.start(bootloader, volume, icount=True)
        Stage(board, tale).play()
    except (harness.Failed, story.Wrong, AssertionError, ValueError, KeyError) as reason:
        BUILD_LOG.open("a").write(traceback.format_exc())
        what = str(reason).split(". The console said last:")[0].splitlines()[0] if str(reason) else type(reason).__name__
        if isinstance(reason, (ValueError, KeyError)):
            what = f"an answer of an instance is not understood ({type(reason).__name__}: {what})"
        running = next((number for number, state in lanes.state.items() if state == "┃"), None)
        state = f"{tale.end:.3f} s of guest time, " + (f"instance {running} had the machine last" if running else "no instance was up")
        raise Failure(what, state, "read the end of the log, then scripts/demo again", SERIAL_LOG) from None
    finally:
        board.stop()
    tale.note(tale.end, 0, "end")
    tale.boot["files"] = {"kernel": (kernels[GUEST] / "zImage").stat().st_size, "initrd": guest.stat().st_size}
    return tale.result(SWITCHES)


def interactive(bootloader, volume):
    print(INTERACTIVE, end="", flush=True)
    words = ["qemu-system-arm", "-M", "vexpress-a9", "-cpu", "cortex-a9", "-m", "1G", "-smp", "1", "-nic", "none", "-display", "none", "-serial", "mon:stdio"]
    for path in (bootloader, volume):
        words += ["-drive", f"if=pflash,format=raw,readonly=on,file={path}"]
    os.environ["QEMU_AUDIO_DRV"] = "none"
    os.execvp(words[0], words)


def main(words):
    terminal = timeline.Terminal()
    start = time.monotonic()
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: sys.exit(128 + number))
    try:
        try:
            IMAGES.mkdir(parents=True, exist_ok=True)
            # what an earlier run left says nothing of this one
            for path in (DEMO / "report.html", DEMO / "report.json", BUILD_LOG, SERIAL_LOG):
                path.unlink(missing_ok=True)
        except PermissionError as reason:
            raise SystemExit(f"scripts/demo: {reason.filename} can not be written: another user made it. Nothing was run. "
                             f"As root: chown -R {os.getuid()} {TOP / 'build'}") from None
        terminal.line(terminal.paint("Two Linux kernels take turns on one board", "head"))
        terminal.line()
        kernels, bootloader, volume, guest = build(terminal, "--interactive" in words)
        if "--interactive" in words:
            interactive(bootloader, volume)
        result = perform(terminal, kernels, bootloader, volume, guest)
    except Failure as failure:
        terminal.clear()
        print(f"scripts/demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        terminal.clear()
        print("scripts/demo: ended by the keyboard", file=sys.stderr)
        return 130
    (DEMO / "report.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    (DEMO / "report.html").write_text(report.page(result))
    for line in timeline.summary(terminal, result):
        terminal.line(line)
    terminal.line()
    terminal.line(f"  build/demo/report.html   the same as a page, with pictures; report.json, serial.log beside it    {time.monotonic() - start:.0f} s")
    if not result["good"]:
        bad = [check for check in result["checks"] if not check["good"]]
        print(f"scripts/demo: not as it must be: {bad[0]['name']}: {bad[0]['found']}. State: the story was played to its end. "
              f"Next: look at build/demo/report.html. Log: {SERIAL_LOG.relative_to(TOP)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
