# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What scripts/place-linux does to a kernel tree."""
import difflib
import pathlib
import re
import subprocess

import pytest

from conftest import script
from harness import run


@pytest.mark.parametrize("release", ["6.1", "6.12"])
def test_three_lines(release, tmp_path):
    """Compared with the package it was unpacked from: three files of the tree have one line more each, all else is in drivers/fsw."""
    tree = pathlib.Path(script("kernel", release, "--tree"))
    archive = f"/usr/src/{tree.name}.tar.xz"
    excluded = tree.with_name(tree.name + ".excluded").read_text().splitlines()
    # one pass through the archive says which names it has and what differs; who owns a file and its date are not its content
    compared = subprocess.run(["tar", "-dvf", archive, "-C", tree.parent, *excluded], capture_output=True, text=True, check=False)
    differ = {line.split(":")[0] for line in compared.stdout.splitlines() if re.search("Contents differ|Size differs|Mode differs|File type", line)}
    assert differ == {f"{tree.name}/{name}" for name in ("drivers/Kconfig", "drivers/Makefile", "arch/arm/boot/compressed/Makefile")}, sorted(differ) + compared.stderr.splitlines()[:10]
    assert "Warning" not in compared.stderr, compared.stderr
    run("tar", "--occurrence", "-xf", archive, "-C", tmp_path, *differ)
    added = []
    for name in sorted(differ):
        old, new = ((top / name).read_text().splitlines() for top in (tmp_path, tree.parent))
        added += [line for line in difflib.unified_diff(old, new, lineterm="", n=0) if re.match(r"[+-](?![+-])", line)]
    assert len(added) == 3 and all(line.startswith("+") for line in added), added

    names = set(compared.stdout.splitlines())
    new = [path for path in tree.rglob("*") if path.is_file() and str(path.relative_to(tree.parent)) not in names]
    assert new and all(path.is_relative_to(tree / "drivers" / "fsw") for path in new), new
