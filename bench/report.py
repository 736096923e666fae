"""What bench/run prints and keeps: sections of rows, 80 columns wide, and the same as JSON.

A row holds one figure of ours, and beside it that of a peer measured in the same run. A ratio is always "how many times
better than the peer": theirs / ours for times, ours / theirs for speeds. A target bounds the figure or the ratio.
"""
import json
import os
import platform
import shlex
import textwrap
import time
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
WIDTH, LABEL, VALUE = 80, 36, 14


def show(value, unit):
    """A number in three or four figures with its unit: 2.41 ms, 18.9 MiB, 341 tokens/s."""
    if unit == "us":
        scale, unit = (1, "µs") if value < 1e3 else (1e3, "ms") if value < 1e6 else (1e6, "s")
        value /= scale
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def shorten(word):
    """A path inside this tree as seen from its root, where the commands are to be run."""
    return word.removeprefix(f"{TREE}/")


def machine():
    """Processor, cores, system."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    return {"processor": model or platform.machine(), "cores": os.cpu_count(), "system": platform.system()}


class Report:
    def __init__(self):
        self.figures, self.part, self.began = [], "", time.time()
        self.machine, self.load = machine(), os.getloadavg()[0]
        print(f"{self.machine['processor']}, {self.machine['cores']} cores, load {self.load:.1f}")

    def section(self, name):
        self.part = name
        print(f"\n── {name} " + "─" * (WIDTH - len(name) - 4))

    def row(self, label, value, unit, *, peer=None, ratio=None, at_least=None, under=None):
        """One figure. peer: (name, value) in the same unit; at_least bounds the ratio, under the value."""
        met = ratio >= at_least if at_least is not None else value < under if under is not None else None
        self.figures.append({"part": self.part, "what": label, "value": value, "unit": unit, "peer": peer and peer[0],
                             "peer_value": peer and peer[1], "ratio": ratio, "ratio_at_least": at_least,
                             "under": under, "met": met, "command": None})
        verdict = {None: "", True: ": met", False: ": MISSED"}[met]
        notes = []
        if ratio is not None:
            notes.append(f"ratio {ratio:.2f}")
        if at_least is not None:
            notes.append(f"≥ {at_least:g}{verdict}")
        if under is not None:
            notes.append(f"< {show(under, unit)}{verdict}")
        print(f"  {label:<{LABEL}}{show(value, unit):>{VALUE}}  {', '.join(notes)}".rstrip())
        if peer:
            print(f"    {peer[0]:<{LABEL - 2}}{show(peer[1], unit):>{VALUE}}")

    def command(self, words):
        """The command that made the figures above it, broken so that it can be pasted."""
        words = [shorten(str(word)) for word in words]
        line = "  $"
        for word in map(shlex.quote, words):
            if len(line) + len(word) + 3 > WIDTH and line.strip() != "$":
                print(line + " \\")
                line = "   "
            line += " " + word
        print(line)
        for figure in reversed(self.figures):
            if figure["command"] is not None or figure["part"] != self.part:
                break
            figure["command"] = shlex.join(words)

    def note(self, text):
        print(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  "))

    def finish(self, path):
        """The last lines, and the file."""
        judged = [f for f in self.figures if f["met"] is not None]
        missed = [f for f in judged if not f["met"]]
        load = os.getloadavg()[0]
        print(f"\n{len(judged) - len(missed)} of {len(judged)} targets met; load {self.load:.1f} before, {load:.1f} after")
        for figure in missed:
            print(f"  missed: {figure['part']}: {figure['what']}")
        everything = {"began_unix_s": round(self.began), "seconds": round(time.time() - self.began),
                      "machine": self.machine, "load": [self.load, load], "figures": self.figures}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n")
        print(f"written: {path}")
