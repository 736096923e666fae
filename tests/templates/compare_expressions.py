#!/usr/bin/env python3
"""Renders small templates, one language feature each, with ours and with Jinja2; the same rules as compare.py.

usage: compare_expressions.py RENDER
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare  # noqa: E402
import expressions  # noqa: E402
import reference  # noqa: E402


def main():
    ours, count, wrong = compare.Ours(sys.argv[1]), 0, 0
    for text in expressions.snippets():
        expected, fault = reference.Template(text, compare.NOW).render(expressions.CONTEXT)
        bad = compare.difference(ours.render(text, {}, expressions.CONTEXT), expected, fault)
        count += 1
        if bad:
            wrong += 1
            print(f"{text}\n    {bad}")
    ours.close()
    print(f"{count} templates: {count - wrong} equal, {wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
