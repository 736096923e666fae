#!/usr/bin/env python3
"""Every test that docs/dialects.md names is there: a test that was renamed takes its row with it."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SHOWN_BY = "| trap | what we do | shown by |"


def named(text):
    """Names in the last column of the tables that have one."""
    inside = False
    for line in text.splitlines():
        inside = line.startswith("|") and (inside or line == SHOWN_BY)
        if inside and not line.startswith("|---") and line != SHOWN_BY:
            yield from re.findall(r"`([a-z_]+)`", line.rsplit("|", 2)[1])


def main():
    tests = "\n".join(path.read_text() for path in (TOP / "tests").rglob("*") if path.suffix in (".c", ".py"))
    names = set(named((TOP / "docs" / "dialects.md").read_text()))
    missing = sorted(n for n in names if not re.search(rf"\bstatic void {n}\(|\bdef test_{n}\(", tests))
    print(f"{len(names)} tests named, {len(missing)} of them missing: {', '.join(missing)}")
    return 1 if missing or len(names) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
