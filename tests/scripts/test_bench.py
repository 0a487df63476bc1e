#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scripts/bench finds a value over its limit and a README that says something else."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
PATH = str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "bench")
loader = importlib.machinery.SourceFileLoader("bench", PATH)
bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
loader.exec_module(bench)
board = bench.bench_vexpress
memory = bench.bench_memory
hotplug = memory.bench_hotplug
cores = bench.bench_cores


class Bench(unittest.TestCase):
    def setUp(self):
        self.figures = [bench.figure("text", "bytes", 100, [90]), bench.figure("mark", "instructions/section", 8.0, [7.5, 7.0, 7.25])]
        self.readme = f"# x\n<!-- figures -->\n{bench.markdown(self.figures)}\n<!-- /figures -->\ny\n"

    def test_figure(self):
        self.assertEqual(self.figures[1], {"name": "mark", "value": 7.25, "unit": "instructions/section", "limit": 8.0, "median_of": 3, "min": 7.0, "max": 7.5})

    def test_over(self):
        self.assertEqual(bench.over(self.figures), [])
        self.figures[0]["limit"] = 90
        self.assertEqual(bench.over(self.figures), [])
        self.figures[0]["limit"] = 89
        self.assertEqual(bench.over(self.figures), ["text: 90 bytes, 89 are allowed"])

    def test_instructions(self):
        self.assertEqual(bench.instructions("events: Ir\nfn=(1)\n1 5\n\ntotals: 1234\n"), 1234)
        self.assertEqual(bench.instructions("summary: 99\n"), 99)
        self.assertEqual(bench.instructions("events: Ir\n"), 0)

    def test_cases(self):
        self.assertEqual(bench.parse_cases("a@64 instructions 1 150 one section at 64\n"), [("a@64", "instructions", 1, 150.0, "one section at 64")])
        for bad in ("", "a instructions 1 150\n", "a instructions x 150 text\n"):
            with self.assertRaises(SystemExit):
                bench.parse_cases(bad)

    def test_ratios(self):
        groups = {"a": [{"value": 100}, {"value": 106}], "b": [{"value": 3}]}
        found = bench.ratios(groups)
        self.assertEqual(len(found), 1)
        self.assertEqual(len(bench.over(found)), 1)
        groups["a"][1]["value"] = 105
        self.assertEqual(bench.over(bench.ratios(groups)), [])

    def test_readme(self):
        self.assertEqual(bench.readme_differs(self.readme, self.figures), [])
        self.assertEqual(bench.readme_differs(self.readme.replace("| 90 |", "| 82 |"), self.figures), [])
        for old, new, says in (("| 90 |", "| 80 |", "measured is 90"), ("| 90 |", "| ? |", "measured is 90"), ("| 100 |", "| 101 |", "says limit 101"),
                               ("bytes", "words", "says limit 100 words"), ("| text |", "| texts |", "has no row 'text'"),
                               ("<!-- figures -->", "", "has no <!-- figures -->")):
            problems = bench.readme_differs(self.readme.replace(old, new), self.figures)
            self.assertTrue(any(says in problem for problem in problems), (old, new, problems))
        self.assertIn("is not measured", bench.readme_differs(self.readme, self.figures[:1])[0])

    def test_readme_ratio(self):
        figures = [bench.figure("switch", "ratio", 1.02, [1.0])]
        readme = f"<!-- figures:vexpress -->\n{bench.markdown(figures)}\n<!-- /figures:vexpress -->\n"
        self.assertEqual(bench.readme_differs(readme.replace("| 1 |", "| 1.019 |"), figures, "figures:vexpress"), [])
        self.assertTrue(bench.readme_differs(readme.replace("| 1 |", "| 1.03 |"), figures, "figures:vexpress"))
        self.assertTrue(bench.readme_differs(readme, figures))

    def test_readme_real_time(self):
        figures = [bench.figure("switch, 4 cores, real time", "ratio", 1.05, [0.8, 0.9, 1.4])]
        readme = f"<!-- figures:cores -->\n{bench.markdown(figures, spread=True)}\n<!-- /figures:cores -->\n"
        self.assertIn("| 0.8 to 1.4 |", readme)
        self.assertEqual(bench.readme_differs(readme.replace("| 0.9 |", "| 0.7 |"), figures, "figures:cores"), [])
        self.assertTrue(bench.readme_differs(readme.replace("| 0.9 |", "| 0.6 |"), figures, "figures:cores"))
        figures[0]["value"] = 1.06
        self.assertEqual(len(bench.over(figures)), 1)

    def test_no_limit(self):
        figures = [bench.figure("x", "us/MiB", None, [20, 21, 22])]
        self.assertEqual(bench.over(figures), [])
        table = bench.markdown(figures, spread=True)
        self.assertEqual(table, "| figure | value | limit | unit | spread |\n|---|---|---|---|---|\n| x | 21 | none | us/MiB | 20 to 22 |")
        readme = f"<!-- figures:memory -->\n{table}\n<!-- /figures:memory -->\n"
        self.assertEqual(bench.readme_differs(readme, figures, "figures:memory"), [])
        self.assertIn("says limit 5 us/MiB", bench.readme_differs(readme.replace("none", "5"), figures, "figures:memory")[0])

    def test_readme_difference(self):
        figures = [bench.figure("each further sleeper visited", "ms", 0.8, [0.01])]
        readme = f"<!-- figures -->\n{bench.markdown(figures)}\n<!-- /figures -->\n"
        self.assertEqual(bench.readme_differs(readme.replace("0.01", "0.1"), figures), [])
        self.assertTrue(bench.readme_differs(readme.replace("0.01", "0.12"), figures))


class Board(unittest.TestCase):
    """What is made of what the instances say; the measuring itself needs the board."""

    def test_readings(self):
        said = "x\nboard: turn 2 1 10 20\nboard: turn 1 2 7 8\nboard: work 4294967290 6 (77)\nboard: turn 2 1 30 45\n"
        self.assertEqual(board.readings(said, "turn 2 1"), [(10, 20), (30, 45)])
        self.assertEqual(board.spans(board.readings(said, "work")), [12])

    def test_crossings(self):
        # 2 gives to 1 at 100; then by turns
        theirs, ours = [(100, 220), (240, 330), (345, 500)], [(210, 252), (320, 361)]
        self.assertEqual(board.crossings(ours, theirs), ([10, 10], [12, 16]))

    def test_phases(self):
        def entry(mode, other, total, handover):
            return {"mode": mode, "other": other, "total_ms": total, "ms": {"handover": handover}}
        log = {"entries": [entry("boot", 2, 9.0, 1.0), entry("none", None, 1.5, 0.007), entry("switch", 2, 2.0, 0.004), entry("switch", 3, 3.0, 0.004),
                           entry("switch", 2, 2.5, 0.005)]}
        self.assertEqual(board.phases(log, 2, 8), ([2.0, 2.5], [96, 120]))
        self.assertEqual(board.phases(log, 2, 1), ([2.0], [96]))
        self.assertEqual(board.phases(log, 0, 8), ([1.5], [168]))

    def test_over_plain(self):
        self.assertEqual(board.over_plain(([11, 12, 19], [20, 21, 22]), ([10, 10, 99], [20, 20, 0])), [one / 30 for one in (32, 33, 40, 32, 33, 34)])

    def test_lines(self):
        old = "a\nb\nc\n"
        self.assertEqual(board.lines_between(old, old), 0)
        self.assertEqual(board.lines_between(old, "a\nb\n+x\nc\n"), 1)
        self.assertEqual(board.lines_between(old, "a\nB\nc\n"), 2)


class Cores(unittest.TestCase):
    def test_all_cores(self):
        self.assertEqual(cores.all_cores("console=ttyAMA0 nr_cpus=1 norandmaps"), "console=ttyAMA0 norandmaps")
        # what the other figures are measured with leaves one core
        self.assertNotIn("cpus", cores.all_cores(cores.GUEST) + cores.all_cores(cores.MASTER))

    def test_pairs(self):
        said = []
        one = type("Board", (), {"log": "log", "run": lambda _, words, timeout: type("Answer", (), {"ok": lambda _: said.pop(0)})()})()
        said.append("0-3\n")
        cores.look(one)
        said.append("0-2\n")
        with self.assertRaises(cores.Failure):
            cores.look(one)


class Memory(unittest.TestCase):
    def test_steps(self):
        said = ("board: 2 request 9 4 4 4294967290 30 1 2 3 5 10\nboard: section 2 9 0 0\nboard: run at 7\n"
                "board: 2 alloc 9 1 1 50 90 33 0 0 0 0\n")
        found = memory.steps(said)
        self.assertEqual(found, [memory.Step(2, "request", 9, 4, 4, 36, [1, 2, 3, 5, 10]), memory.Step(2, "alloc", 9, 1, 1, 40, [33, 0, 0, 0, 0])])
        self.assertEqual(memory.named(found, "alloc"), found[1:])
        with self.assertRaises(memory.Failure):
            memory.steps("board: 2 request 9 4 3 1 2 0 0 0 0 0\n")

    def step(self, name, first, ticks, *values):
        return memory.Step(1, name, first, 1, 1, ticks, list(values) + [0] * (5 - len(values)))

    def test_beyond(self):
        # 3 ms, 1 ms of it zeroing; a plain suspend takes 1.5 ms
        self.assertEqual(memory.beyond([self.step("request", 9, 72000, 0, 0, 0, 24000)], 36000), [0.5])
        self.assertEqual(memory.without_zeroing([self.step("request", 9, 72000, 0, 0, 0, 24000)]), 48000)

    def test_over_bare(self):
        ours = [self.step("release", number, ticks) for number, ticks in ((9, 110), (10, 100))]
        bare = [self.step("alloc", number, 999, ticks) for number, ticks in ((9, 100), (10, 50))]
        self.assertEqual(memory.over_bare(ours, bare), [1.1, 2.0])
        self.assertEqual(memory.over_bare(ours, bare, paired=False), [110 / 75, 100 / 75])
        with self.assertRaises(memory.Failure):
            memory.over_bare(ours, bare[::-1])

    def test_visits(self):
        one, two, three = ([self.step("request", 9, 1, 0, 0, 0, 0, bits)] for bits in (0b10, 0b1010, 0b11010))
        memory.check_visits({1: one, 3: two, 4: three}, one)
        for asked in ({1: two, 3: two, 4: three}, {1: one, 3: [], 4: three}):
            with self.assertRaises(memory.Failure):
                memory.check_visits(asked, one)

    def test_longest_run(self):
        self.assertEqual(memory.longest_run([1, 2, 5, 6, 7, 9]), [5, 6, 7])
        self.assertEqual(memory.longest_run([]), [])

    def test_per_mib(self):
        self.assertEqual(memory.per_mib([self.step("release", 9, 384)]), [1.0])

    def hotplug_said(self, free=10, **counts):
        counts = {"nothing": hotplug.EMPTY_ROUNDS, "off-line": 3 * hotplug.EMPTY_ROUNDS + 3, "on-line": 3 * hotplug.EMPTY_ROUNDS + hotplug.FULL_ROUNDS,
                  "off-line-full": hotplug.FULL_ROUNDS, **counts}
        took = {"nothing": 100, "off-line": 3300, "on-line": 2660, "off-line-full": 171750}
        said, now = f"[    0.100000] hotplug: free pages: free     {free}\nhotplug: block size: {128 << 20:x}\n", 1.0
        for what, count in counts.items():
            for _ in range(count):
                said += f"[ {now:11.6f}] hotplug: {what} begin\n[ {now + took[what] / 1e6:11.6f}] hotplug: {what} end\n"
                now += 1
        return said

    def test_hotplug(self):
        found = hotplug.per_mib(self.hotplug_said())
        self.assertEqual({what: round(values[0], 3) for what, values in found.items()}, {"off-line": 25.0, "on-line": 20.0, "off-line-full": 1341.016})
        for said in (self.hotplug_said(free=9999), self.hotplug_said(nothing=1), self.hotplug_said().replace("size: 8", "size: 4"),
                     self.hotplug_said() + "hotplug: failed: memory16 offline\n"):
            with self.assertRaises(memory.Failure):
                hotplug.per_mib(said)


if __name__ == "__main__":
    unittest.main()
