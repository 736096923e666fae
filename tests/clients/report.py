"""The verdicts as text: two tables of at most 80 columns, and where they go in docs/clients.md."""

import pathlib
import sys

from programs import PROGRAMS

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "whole"))
from deliveries import rows_for  # noqa: E402

BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
TITLE_COLUMNS, CELL_COLUMNS = 40, 3
SHORT = {"pi": "pi", "codex": "cx", "opencode": "oc", "claude-code": "cc", "openclaw": "cw", "gemini-cli": "ge", "qwen-code": "qw",
         "continue": "co", "cline": "cl", "aider": "ai", "mini-swe-agent": "ms", "hermes": "he", "goose": "go"}
LEGEND = """\
pi pi, cx Codex, oc OpenCode, cc Claude Code, cw OpenClaw, ge Gemini CLI,
qw Qwen Code, co Continue, cl Cline, ai aider, ms mini-swe-agent, he Hermes,
go Goose
Each cell: without our guard rails, then with them.
  +  the file is there with the right content, exit status 0
  f  the file is right, but the run ended with an error or had to be ended
  -  exit status 0, and nothing is on disk
  e  an error as exit status, and nothing is on disk
  w  a file with wrong content
  h  did not end by itself
  .  not run
"""


def sign(verdict):
    if not verdict or verdict["outcome"] == "broken":
        return "."
    outcome = verdict["outcome"]
    if outcome.startswith("file"):
        return "+" if outcome == "file" else "f"
    return {"nothing": "-", "wrong": "w", "hangs": "h"}.get(outcome, "e")


def programs_table(results):
    """Each program with an upstream that answers well."""
    lines = [f"{'program':15}{'version':11}{'offered':19}{'s':>5}{'asks':>6}{'back':>6}{'launch':>8}  left"]
    for program in PROGRAMS.values():
        got = results.get(program.name, "script", True, False)
        launched = results.get(program.name, "script", True, True)
        if not got or "seconds" not in got:
            lines.append(f"{program.name:15}{program.version:11}not run")
            continue
        what = program.tool if program.tool else "text"
        lines.append(f"{program.name:15}{program.version:11}{what + (' ' + sign(got)):19}{got['seconds']:5.1f}{got['requests']:6}"
                     f"{'yes' if got['restored'] else 'NO':>6}{sign(launched):>8}  {len(got['left']) or '-'}")
    return "\n".join(lines) + "\n"


def applies(name, mode):
    """A program that calls no tools has deliveries of its own."""
    return mode in rows_for(PROGRAMS[name].turns[0])


def modes_table(results, modes):
    """Each delivery by each program."""
    names = list(PROGRAMS)
    lines = [" " * TITLE_COLUMNS + "".join(f"{SHORT[name]:>{CELL_COLUMNS}}" for name in names)]
    right = {name: [0, 0, 0] for name in names}
    for mode in modes:
        cells = []
        for name in names:
            if not applies(name, mode):
                cells.append("")
                continue
            pair = [results.get(name, mode, guard, False) for guard in (False, True)]
            cells.append("".join(sign(v) for v in pair))
            right[name][0] += sign(pair[0]) == "+"
            right[name][1] += sign(pair[1]) == "+"
            right[name][2] += all(sign(v) != "." for v in pair)
        lines.append(f"{mode:{TITLE_COLUMNS}}" + "".join(f"{c:>{CELL_COLUMNS}}" for c in cells).rstrip())
    for which, title in ((0, "right without"), (1, "right with"), (2, "run both ways")):
        lines.append(f"{title:{TITLE_COLUMNS}}" + "".join(f"{right[name][which]:{CELL_COLUMNS}}" for name in names))
    return "\n".join(lines) + "\n" + "\n" + LEGEND


def dates(results):
    found = sorted({row["date"] for row in results.rows.values()})
    return found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}" if found else "never"


def text(results, modes):
    parts = [f"Measured {dates(results)}.\n", "```\n" + programs_table(results) + "```\n"]
    if modes:
        parts.append("```\n" + modes_table(results, modes) + "```\n")
    return "\n".join(parts)


def put_into(page, results, modes):
    page = pathlib.Path(page)
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(before + BEGIN + "\n" + text(results, modes) + "\n" + END + after)
