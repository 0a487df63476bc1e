#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scripts/check-objects accepts good objects and refuses each kind of bad one by name."""
import json
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CHECK = TOP / "scripts" / "check-objects"
THUMB = ["arm-none-eabi-gcc", "-mthumb", "-march=armv7-a", "-Os"]
ARM = ["arm-none-eabi-gcc", "-marm", "-march=armv7-a", "-O2"]
AARCH64 = ["aarch64-linux-gnu-gcc", "-O2"]
COMMON = ["-g", "-ffreestanding", "-fcallgraph-info=su", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", f"-I{TOP}/libfsw/include"]
STRICT = ["-fno-jump-tables", "-fno-builtin", "-fno-tree-loop-distribute-patterns", "-mgeneral-regs-only", "-fno-align-functions"]
ALIGNED = {THUMB[0]: "-mno-unaligned-access", AARCH64[0]: "-mstrict-align"}

REST = "int fsw_ask(int x) { return x + 1; }\n"
SUBSET = """
__attribute__((noinline)) int fsw__helper(int x);
int fsw__helper(int x) { return x * 3; }
int fsw_handover(int x) { return fsw__helper(x) + fsw__helper(x + 1); }
int fsw_start(int x) { return fsw__helper(x); }
"""


def run(rest=REST, subset=SUBSET, compiler=THUMB, flags=(), subset_flags=None, options=()):
    """Compile the two sources, check them, and return the completed process and the figures."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "sources.mk").write_text("fsw-objs += rest.o\nfsw-handover-objs += subset.o\n")
        if subset_flags is None:
            subset_flags = [*STRICT, ALIGNED[compiler[0]]]
        for name, text, extra in (("rest", rest, []), ("subset", subset, subset_flags)):
            (work / f"{name}.c").write_text(text)
            subprocess.run([*compiler, *COMMON, *flags, *extra, "-c", f"{name}.c", "-o", f"{name}.o"], cwd=work, check=True)
        done = subprocess.run([CHECK, work, "--sources", work / "sources.mk", "--json", work / "figures.json", *options],
                              text=True, capture_output=True)
        figures = work / "figures.json"
        return done, json.loads(figures.read_text()) if figures.exists() else {}


class CheckObjects(unittest.TestCase):
    def accepts(self, **how):
        done, figures = run(**how)
        self.assertEqual(done.returncode, 0, done.stderr)
        return figures

    def refuses(self, text, **how):
        done, _ = run(**how)
        self.assertNotEqual(done.returncode, 0, "accepted:\n" + done.stdout)
        self.assertIn(text, done.stderr)

    def test_good(self):
        for compiler in (THUMB, ARM, AARCH64):
            figures = self.accepts(compiler=compiler)
            self.assertEqual((figures["data"], figures["bss"], figures["undefined"]), (0, 0, []))
            self.assertGreater(figures["text"], figures["subset_text"])

    def test_sections(self):
        self.refuses("4 bytes of data", rest=REST + "int fsw__state = 1;")
        self.refuses("4 bytes of bss", rest=REST + "int fsw__state;")

    def test_size(self):
        big = 'const char fsw__big[12289] = "x";'
        self.accepts(rest=REST + big)
        self.refuses("12288 are allowed", rest=REST + big, options=["--size"])
        large = SUBSET + '__asm__(".space 2048");'
        self.accepts(subset=large)
        self.refuses("2048 are allowed", subset=large, options=["--size"])

    def test_undefined(self):
        figures = self.accepts(rest="#include <fsw/env.h>\nvoid fsw_copy(char *a, char *b, unsigned n) { memcpy(a, b, n); memset(b, 0, n); }")
        self.assertEqual(figures["undefined"], ["memcpy", "memset"])
        self.refuses("needs puts", rest="int puts(const char *);\nint fsw_ask(void) { return puts(\"\"); }")
        self.refuses("needs __aeabi_uldivmod", rest="unsigned long long fsw_ask(unsigned long long a, unsigned long long b) { return a / b; }")
        self.refuses("needs __aeabi_f", rest="float fsw_ask(float a, float b) { return a * b; }")

    def test_subset_relocations(self):
        outside = SUBSET + "int fsw_ask(int);\nint fsw__out(int x) { return fsw_ask(x) + 1; }"
        pointer = SUBSET + "static int a(void) { return 1; }\nint (*fsw__at(void))(void) { return a; }"
        for compiler in (THUMB, ARM, AARCH64):
            self.refuses("calls fsw_ask, which is not in the hand-over subset", compiler=compiler, subset=outside)
            self.refuses("not a PC-relative call", compiler=compiler, subset=pointer)

    def test_subset_sections(self):
        constants = SUBSET + "extern const int fsw__table[];\nconst int fsw__table[] = { 1, 2, 3 };"
        for compiler in (THUMB, ARM, AARCH64):
            self.refuses("section .rodata", compiler=compiler, subset=constants)
        self.refuses("section .eh_frame", compiler=AARCH64, subset_flags=[*STRICT, "-mstrict-align", "-fasynchronous-unwind-tables"])
        self.refuses("section .ARM.exidx", subset_flags=[*STRICT, "-mno-unaligned-access", "-funwind-tables"])
        self.accepts(subset_flags=[*STRICT, "-mno-unaligned-access", "-funwind-tables"], options=["--ignore", ".ARM.exidx", "--ignore", ".ARM.extab"])
        self.refuses("is aligned to 64", subset=SUBSET + "__attribute__((aligned(64))) int fsw__far(void) { return 1; }")

    def test_subset_instructions(self):
        call = SUBSET + "int fsw__call(int (*f)(void)) { return f() + 1; }"
        jump = SUBSET + "int fsw__jump(int (*f)(void)) { return f(); }"
        for compiler in (THUMB, ARM, AARCH64):
            self.refuses("jumps through a register", compiler=compiler, subset=call, options=["--no-stack"])
            self.refuses("jumps through a register", compiler=compiler, subset=jump, options=["--no-stack"])
        cases = "".join(f"case {i}: fsw__helper({i * i % 7}); return fsw__helper(x) + {i};" for i in range(12))
        table = SUBSET + f"int fsw__choose(int x) {{ switch (x) {{ {cases} }} return 0; }}"
        self.refuses("jump table", subset=table, subset_flags=["-mno-unaligned-access"])
        self.refuses("jump table", subset=table, compiler=ARM, subset_flags=["-mno-unaligned-access"])
        atomic = SUBSET + "void fsw__add(int *x) { __atomic_fetch_add(x, 1, __ATOMIC_RELAXED); }"
        for compiler in (THUMB, ARM):
            self.refuses("exclusive", compiler=compiler, subset=atomic)
        self.refuses("exclusive", compiler=AARCH64, subset=atomic, subset_flags=[*STRICT, "-mstrict-align", "-mno-outline-atomics"])
        real = SUBSET + "double fsw__sum(double *x) { return x[0] + x[1]; }"
        self.refuses("floating-point unit", compiler=AARCH64, subset=real, subset_flags=["-mstrict-align", "-fno-align-functions"])
        self.refuses("floating-point unit", compiler=[*ARM, "-mfloat-abi=softfp", "-mfpu=vfpv3-d16"], subset=real, subset_flags=["-mno-unaligned-access"])

    def test_subset_alignment_option(self):
        self.refuses("-mno-unaligned-access is missing", subset_flags=STRICT)
        self.refuses("-mstrict-align", compiler=AARCH64, subset_flags=STRICT)

    def test_stack(self):
        deep = "void fsw__use(char *);\n__attribute__((noinline)) void fsw__use(char *x) { *x = 1; __asm__ volatile(\"\" ::: \"memory\"); }\n"
        frame = deep + "void fsw_ask(void) { char x[%d]; fsw__use(x); __asm__ volatile(\"\" ::: \"memory\"); }"
        self.assertGreaterEqual(self.accepts(rest=frame % 440)["stack"], 440)
        self.refuses("512 are allowed", rest=frame % 520)
        chain = deep + """
__attribute__((noinline)) static void two(void) { char x[300]; fsw__use(x); __asm__ volatile("" ::: "memory"); }
__attribute__((noinline)) static void one(void) { char x[300]; fsw__use(x); two(); __asm__ volatile("" ::: "memory"); }
void fsw_ask(void) { one(); __asm__ volatile("" ::: "memory"); }"""
        self.refuses("512 are allowed", rest=chain)
        over = SUBSET.replace("{ return fsw__helper(x); }", "{ volatile char y[260]; y[x] = 1; return fsw__helper(y[1]); }")
        self.refuses("256 are allowed", subset=over)
        self.refuses("frame of unknown size", rest=deep + "void fsw_ask(int n) { char x[n]; fsw__use(x); __asm__ volatile(\"\" ::: \"memory\"); }")
        self.refuses("recursion: fsw__a -> fsw__b -> fsw__a",
                     rest="int fsw__b(int); __attribute__((noinline)) int fsw__a(int x) { return x ? fsw__b(x - 1) * 3 + x : 1; }\n"
                          "__attribute__((noinline)) int fsw__b(int x) { return x ? fsw__a(x - 1) * 5 + x : 2; }\nint fsw_ask(int x) { return fsw__a(x); }")
        self.refuses("calls through a pointer", rest="int fsw_ask(int (*f)(void)) { return f() + 1; }")
        port = "#include <fsw/port.h>\nint fsw_ask(const struct fsw_port *p) { fsw_port_trace(p, FSW_EVENT_STATE, 1, 2); return 1; }"
        self.accepts(rest=port)
        self.refuses("has no fsw_start()", subset=SUBSET.replace("fsw_start", "fsw_begin"))

    def test_subset_only(self):
        self.accepts(rest=REST + "int fsw__state = 1;", options=["--subset-only"])
        self.refuses("bytes of data", subset=SUBSET + "int fsw__state = 1;", options=["--subset-only"])

    def test_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([CHECK, folder], text=True, capture_output=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("is missing: build it first", done.stderr)


if __name__ == "__main__":
    unittest.main()
