# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Makes what the demo needs and plays it on the board. Started by scripts/demo."""
import fcntl
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
QEMU_LOG = DEMO / "qemu.log"
HERE = pathlib.Path(__file__).resolve().parent

MASTER, GUEST = "6.1", "6.12"
SWITCHES = 20
REHEARSALS = 10
# Quiet: what is not an error stays in dmesg. One core: absent ones are waited for.
QUIET = "console=ttyAMA0 loglevel=4 nr_cpus=1"
MASTER_CMDLINE = f"{QUIET} kernelcore=128M"
TIMEOUT = 180  # seconds for any one thing; on a busy machine the board is slow

INTERACTIVE = f"""
  The board starts. You will be root in instance 1, Linux {MASTER}. A key within the first second leads to the bootloader's prompt instead.
  To leave: Ctrl-A, then X.

  Try:   fswctl status
         fswctl map
         fswctl boot --kernel /boot/zImage-{GUEST} --initrd /boot/initrd --start 0x80000000 --memory 128M \\
             --cmdline "{QUIET} kernelcore=64M"
         uname -a; fswctl switch 1        in the second, which you are in then
         fswctl switch 2                  and back again, as often as you like
         need 128; fswctl request 4       in the second: too little memory for that; 64 MiB of the first, which sleeps
         need 128; fswctl release 4       now it goes; they are free again
         fswctl exit                      the second ends, the first has its memory
         fswctl request 4                 and takes the free ones too
         fswctl log

"""


INTERACTIVE_CLOSED = INTERACTIVE.replace(" A key within the first second leads to the bootloader's prompt instead.", "")


class Failure(Exception):
    """What failed, the state, the next command, the log."""

    def __init__(self, what, state, next_, log):
        super().__init__(f"{what}. State: {state}. Next: {next_}. Log: {log.relative_to(TOP)}")


class Ended(BaseException):
    """Somebody wants it to end."""


def ended(number, _):
    raise Ended(signal.Signals(number).name)


def last_line(text, none="it said nothing"):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else none


# -- what is made --

def script(steps, name, *words):
    """Run one of scripts/, or a program, all it says to the log, what it is at to the terminal; (its last word, what it said)."""
    program = TOP / "scripts" / name if (TOP / "scripts" / name).is_file() else name
    start = BUILD_LOG.stat().st_size if BUILD_LOG.exists() else 0
    with open(BUILD_LOG, "ab") as log:
        # its own group, so that all of it ends with us
        child = subprocess.Popen([program, *map(str, words)], stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True,
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
                    steps.at(re.sub(r"^scripts/[\w-]+: ([\d.]+: )?", "", last_line(said(), "at work")))
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(30)
            raise
    if child.returncode:
        steps.failed()
        words = re.sub(r"^scripts/[\w-]+: ", "", last_line(said()))
        raise Failure(f"{name} failed: {words.rstrip('.')}", "the board was not started", "mend that, then scripts/demo again", BUILD_LOG)
    return last_line(out) if out.strip() else "", said()


def build(terminal, interactive, closed):
    """All that the board is given; the folders of the kernels, QEMU's words for what the board starts from, the guest's files."""
    steps = timeline.Steps(terminal)
    kernels = {}
    for release in (MASTER, GUEST):
        steps.begin(f"Linux {release}")
        folder, said = script(steps, "kernel", release)
        kernels[release] = pathlib.Path(folder)
        built = re.search(r"built .*", said)
        steps.done(f"{(kernels[release] / 'release').read_text().strip()}, {'built now' if built else 'from the cache'}")

    if not closed:
        steps.begin("bootloader")
        _, said = script(steps, "bootloader", IMAGES / "boot")
        steps.done(re.sub(r".*, (\d+ of \d+ bytes)$", r"\1", last_line(said)))

    steps.begin("files")
    guest, master = IMAGES / "guest.cpio", IMAGES / "master.cpio"
    part = ["--with", f"{HERE / 'story'}:/etc/rc.local"]
    for name in ("count", "need"):
        script(steps, "arm-linux-gnueabi-gcc", "-static", "-Os", "-s", "-Wall", "-Werror", "-o", IMAGES / name, HERE / f"{name}.c")
        part += ["--with", f"{IMAGES / name}:/bin/{name}"]
    boot = [word for release, folder in kernels.items() for word in ("--with", f"{folder / 'zImage'}:/boot/zImage-{release}")]
    script(steps, "rootfs", guest, *part)
    script(steps, "rootfs", master, *part, *boot, "--with", f"{guest}:/boot/initrd")
    steps.done(f"busybox and fswctl, {timeline.size(guest.stat().st_size)}; with kernels in it {timeline.size(master.stat().st_size)}")

    cmdline = MASTER_CMDLINE if interactive else f"{MASTER_CMDLINE} story={SWITCHES},{REHEARSALS},{GUEST}"
    import harness  # labgrid takes a second to load
    if closed:
        return kernels, harness.closed_firmware(kernels[MASTER] / "zImage", master, kernels[MASTER] / "closed.dtb", cmdline), guest
    steps.begin("boot volume")
    volume = IMAGES / ("interactive.img" if interactive else "story.img")
    script(steps, "make-volume", volume, "--wait", 1000 if interactive else 0, "--instance", 1, f"linux-{MASTER}", "--kernel", kernels[MASTER] / "zImage",
           "--initrd", master, "--dtb", kernels[MASTER] / "board.dtb", "--cmdline", cmdline)
    steps.done(f"linux-{MASTER} as instance 1")
    return kernels, harness.flashes(IMAGES / "boot" / "flash0.img", volume), guest


# -- the story --

def listen(board, tale):
    """Take the lines of the story as they come, up to the last."""
    while not tale.final:
        match = board.expect(r"@(\w+ self=[^\r\n]*)\r?\n|((?:Kernel panic|Nothing was started|Exception:)[^\r\n]*)\r?\n", TIMEOUT)
        if match.group(2):
            raise story.Wrong(match.group(2).decode(errors="replace"))
        tale.line("@" + match.group(1).decode(errors="replace"))
    board.check()


def perform(terminal, kernels, source, guest, closed):
    import harness
    tale = story.Story()
    lanes = timeline.Timeline(terminal)
    tale.heard = timeline.follow(tale.told, lanes.show)
    version = subprocess.run(["qemu-system-arm", "--version"], capture_output=True, text=True, check=True).stdout
    tale.board = {"machine": "vexpress-a9", "qemu": re.search(r"version ([\d.]+)", version).group(1), "memory_bytes": harness.RAM_BYTES, "cores": 1,
                  "firmware": "closed" if closed else "bootloader"}
    board = harness.Board(DEMO / "board")
    SERIAL_LOG.unlink(missing_ok=True)
    # the same file: it can be followed while the board runs
    os.link(board.log, SERIAL_LOG)
    lanes.head({1: MASTER, 2: GUEST})
    try:
        # Guest time is a count of instructions; nobody waits for the host, and nothing depends on it.
        board.start(source, extra=["-icount", "shift=0,sleep=off", "-rtc", "clock=vm,base=2025-01-01T00:00:00"])
        tale.note(0.0, 0, "power", board=tale.board)
        listen(board, tale)
        tale.boot["files"] = {"kernel": (kernels[GUEST] / "zImage").stat().st_size, "initrd": guest.stat().st_size}
        return tale.result(SWITCHES)
    except (harness.Failed, story.Wrong, AssertionError, ValueError, KeyError) as reason:
        BUILD_LOG.open("a").write(traceback.format_exc())
        what = (str(reason).split(". The console said last:")[0].splitlines() or [type(reason).__name__])[0]
        trouble = next((line for line in board.text().splitlines() if harness.TROUBLE.search(line)), None)
        if trouble:
            what = f"a kernel is in trouble: {trouble.strip()}"
        elif what.startswith("no '"):
            what = f"the story did not go on for {TIMEOUT} s"
        elif isinstance(reason, (ValueError, KeyError)):
            what = f"an answer of an instance is not understood ({type(reason).__name__}: {what})"
        running = next((number for number, state in lanes.state.items() if state == "┃"), None)
        state = f"{tale.end:.3f} s of guest time, " + (f"instance {running} had the machine last" if running else "no instance was up")
        raise Failure(what, state, "read the end of the log, then scripts/demo again", SERIAL_LOG) from None
    finally:
        board.stop()


def interactive(source, closed):
    print(INTERACTIVE_CLOSED if closed else INTERACTIVE, end="", flush=True)
    words = ["qemu-system-arm", "-M", "vexpress-a9", "-cpu", "cortex-a9", "-m", "1G", "-smp", "1", "-nic", "none", "-display", "none", "-serial", "mon:stdio", *map(str, source)]
    # what it says of itself, which is little of use, does not get between what the board says
    with open(QEMU_LOG, "wb") as log:
        status = subprocess.run(words, stderr=log, check=False, env=dict(os.environ, QEMU_AUDIO_DRV="none")).returncode
    print()
    if status:
        raise Failure(f"QEMU ended with status {status}: {last_line(QEMU_LOG.read_text(errors='replace'))}", "the board is off",
                      "mend that, then scripts/demo --interactive again", QEMU_LOG)


def main(words):
    terminal = timeline.Terminal()
    start = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, ended)
    try:
        try:
            IMAGES.mkdir(parents=True, exist_ok=True)
            lock = open(DEMO / "lock", "w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SystemExit("scripts/demo: another one runs in this folder. Nothing was run. Wait for its end, then: scripts/demo") from None
            # what an earlier run left says nothing of this one
            report_files = [] if "--interactive" in words else [DEMO / "report.html", DEMO / "report.json", SERIAL_LOG]
            for path in (*report_files, BUILD_LOG, QEMU_LOG):
                path.unlink(missing_ok=True)
        except PermissionError as reason:
            raise SystemExit(f"scripts/demo: {reason.filename} can not be written: another user made it. Nothing was run. "
                             f"As root: chown -R {os.getuid()} {TOP / 'build'}") from None
        terminal.line(terminal.paint("Two Linux kernels take turns on one board", "head"))
        terminal.line()
        closed = "--closed" in words
        kernels, source, guest = build(terminal, "--interactive" in words, closed)
        if "--interactive" in words:
            interactive(source, closed)
            return 0
        result = perform(terminal, kernels, source, guest, closed)
    except Failure as failure:
        terminal.clear()
        print(f"scripts/demo: {failure}", file=sys.stderr)
        return 1
    except Ended as reason:
        terminal.clear()
        print(f"scripts/demo: ended by {reason}. State: nothing of it runs any more. Next: scripts/demo. Log: {SERIAL_LOG.relative_to(TOP)}", file=sys.stderr)
        return 128 + signal.Signals[str(reason)]
    (DEMO / "report.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    (DEMO / "report.html").write_text(report.page(result))
    for line in timeline.summary(terminal, result):
        terminal.line(line)
    terminal.line()
    terminal.line(f"  build/demo/report.html: the same with pictures; beside it report.json and serial.log    {time.monotonic() - start:.0f} s")
    if not result["good"]:
        bad = [check for check in result["checks"] if not check["good"]]
        print(f"scripts/demo: not as it must be: {bad[0]['name']}: {bad[0]['found']}. State: the story was played to its end. "
              f"Next: look at build/demo/report.html. Log: {SERIAL_LOG.relative_to(TOP)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
