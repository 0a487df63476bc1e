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


if __name__ == "__main__":
    unittest.main()
