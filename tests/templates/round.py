#!/usr/bin/env python3
"""Calls there and back through every chat template of the llama.cpp source: rendered as history, read again by the format
that the template was found to have. What does not come back is a template's defect, named in findings.txt.

usage: round.py ROUND TOOLS_LLAMA
"""
import collections
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def defects():
    """{(template, case)} of findings.txt."""
    text = (HERE / "findings.txt").read_text(encoding="utf-8").split("== round trips\n")[1]
    lines = [line.split(None, 2) for line in text.splitlines() if line and not line.startswith("#")]
    return {(template, case) for template, case, _ in lines}


def main():
    program, tools_llama = sys.argv[1:3]
    source = subprocess.run([tools_llama, "--source"], check=True, capture_output=True, text=True).stdout.strip()
    files = sorted((pathlib.Path(source) / "models" / "templates").glob("*.jinja"))
    out = subprocess.run([program, *map(str, files)], check=True, capture_output=True, text=True, encoding="utf-8").stdout
    known, seen, wrong, cells, formats = defects(), set(), 0, 0, collections.Counter()
    for item in map(json.loads, out.splitlines()):
        template = item["template"].removesuffix(".jinja")
        cells += item["cells"]
        formats[item["format"]] += 1
        for fault in item["faults"]:
            seen.add((template, fault["case"]))
            if (template, fault["case"]) not in known:
                wrong += 1
                print(f"{template}, {fault['case']}: written {fault['written']!r}, read {fault['got']!r}")
    for template, case in known - seen:
        wrong += 1
        print(f"{template}, {case}: named as a defect and not there")
    print(f"{len(files)} templates, {len(formats)} formats, {cells} calls there and back: "
          f"{cells - len(seen)} are the same, {len(seen)} are the template's defect by name, {wrong} faults")
    sys.exit(1 if wrong or not files else 0)


if __name__ == "__main__":
    main()
