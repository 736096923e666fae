#!/usr/bin/env python3
"""What is found about every chat template of the llama.cpp source, against two tables in findings.txt: what we find
(to the letter), and what was measured with Jinja2 by other probes. Where the two differ the file says why.

usage: lint.py LINT TOOLS_LLAMA [--write]    (--write: prints the first table anew)
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
# Columns of both tables, as keys of lint.
COLUMNS = {"tools": "tools", "call": "call", "result": "result", "text": "text_beside_call", "thought": "thought_beside_call",
           "system": "system", "string": "string_arguments", "two": "two_calls", "null": "null_content", "later": "thought_later",
           "kept": "earlier_bytes"}
WORDS = {"yes": "Y", "no": "n", "refuses": "ERR", "moves it": "moved", "writes it escaped twice": "esc",
         "prints None": "None!", "writes other bytes": "other", "not known": "-"}
PROBES_EACH = 40  # when a model is loaded, at most


def cells(found):
    """The answers of one template, by column."""
    row = {column: WORDS[found["answers"][key]] for column, key in COLUMNS.items()}
    if row["kept"] == "n":
        row["kept"] = f"{found['kept_percent']}%"
    return row


def table(lines):
    """Rows of words by their first one, with the names in the head."""
    head, *rows = [line.split() for line in lines]
    return {row[0]: dict(zip(head[1:], row[1:])) for row in rows}


def sections():
    """findings.txt: {title: lines}."""
    parts, title = {}, None
    for line in (HERE / "findings.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            title = line[3:]
            parts[title] = []
        elif line and not line.startswith("#"):
            parts[title].append(line)
    return parts


def same(column, ours, measured):
    """How much of a prompt is kept depends on the words of the probe: only whether all of it is counts."""
    if column == "kept":
        return (ours == "Y") == (measured == "Y") and (ours == "ERR") == (measured == "ERR")
    return ours == measured


def explained(differences, template, column):
    for line in differences:
        name, columns, _ = line.split(None, 2)
        if name in (template, "*") and column in columns.split(","):
            return line
    return None


def compare_measured(found, measured, differences):
    """Faults: cells that differ without a reason, reasons without a difference."""
    faults, used = [], set()
    for template, row in measured.items():
        ours = cells(found[template])
        for column, value in row.items():
            if same(column, ours[column], value):
                continue
            reason = explained(differences, template, column)
            used.add(reason)
            if not reason:
                faults.append(f"{template}: {column} is {ours[column]}, measured {value}, and nothing says why")
    return faults + [f"no cell needs: {line}" for line in differences if line not in used]


def compare_golden(found, golden):
    faults = []
    for template, item in found.items():
        ours = {"written": item["written_as"] or "-", "used": item["format"], **cells(item)}
        ours = {key: value.replace(" ", "_") for key, value in ours.items()}
        for column, value in ours.items():
            if golden.get(template, {}).get(column) != value:
                faults.append(f"{template}: {column} is {value}, should be {golden.get(template, {}).get(column)}")
    return faults + [f"{template} is in findings.txt and not there" for template in golden if template not in found]


def write(found):
    keys = ["template", "written", "used", *COLUMNS]
    rows = [keys] + [[name, item["written_as"] or "-", item["format"], *cells(item).values()] for name, item in found.items()]
    rows = [[value.replace(" ", "_") for value in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(keys))]
    for row in rows:
        print(" ".join(value.ljust(width) for value, width in zip(row, widths)).rstrip())


def main():
    lint, tools_llama = sys.argv[1:3]
    source = subprocess.run([tools_llama, "--source"], check=True, capture_output=True, text=True).stdout.strip()
    files = sorted((pathlib.Path(source) / "models" / "templates").glob("*.jinja"))
    out = subprocess.run([lint, *map(str, files)], check=True, capture_output=True, text=True, encoding="utf-8").stdout
    found = {item["template"].removesuffix(".jinja"): item for item in map(json.loads, out.splitlines())}
    if sys.argv[3:] == ["--write"]:
        write(found)
        return
    parts = sections()
    faults = compare_golden(found, table(parts["found"]))
    faults += compare_measured(found, table(parts["measured"]), parts["differences"])
    faults += [f"{name}: {item['renders']} probes" for name, item in found.items() if item["renders"] > PROBES_EACH]
    for fault in faults:
        print(fault)
    native = sum(item["format"] != "prompted" for item in found.values())
    known = sum(item["written_as"] is not None for item in found.values())
    times = sorted(item["ms"] for item in found.values())
    renders = sum(item["renders"] for item in found.values())
    print(f"{len(found)} templates, {renders} probes, {times[len(times) // 2]:.1f} ms each (longest {times[-1]:.1f}): "
          f"{known} write calls in a form that is known, {native} are used so, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
