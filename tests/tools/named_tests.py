#!/usr/bin/env python3
"""Every trap in docs/dialects.md names the tests that show it, and each of them is there: a test that was renamed takes its row with it."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SHOWN_BY = "| trap | what we do | shown by |"


def shown(text):
    """The trap of each row, and the names in its last column."""
    inside = False
    for line in text.splitlines():
        inside = line.startswith("|") and (inside or line.startswith("| trap |"))
        if inside and not line.startswith("|---") and line != SHOWN_BY:
            yield line.split("|")[1].strip(), re.findall(r"`([a-z_0-9]+)`", line.rsplit("|", 2)[1])


def main():
    tests = "\n".join(path.read_text() for path in (TOP / "tests").rglob("*") if path.suffix in (".c", ".py"))
    rows = list(shown((TOP / "docs" / "dialects.md").read_text()))
    names = {name for _, tests_of_row in rows for name in tests_of_row}
    bare = [trap for trap, tests_of_row in rows if not tests_of_row]
    missing = sorted(n for n in names if not re.search(rf"\bstatic void {n}\(|\bdef test_{n}\(", tests))
    print(f"{len(rows)} traps, {len(bare)} shown by nothing: {'; '.join(bare)}")
    print(f"{len(names)} tests named, {len(missing)} of them missing: {', '.join(missing)}")
    return 1 if missing or bare or len(rows) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
