"""The starter model's adapter: applied at run time, merged into the model, and none at all."""
import json
import os
from statistics import median

from report import TREE

ADAPTER = TREE / "data/pilot.gguf"
ROUNDS, DEPTH = 3, 500
RATIO_AT_LEAST = 0.9


def run(bench):
    merged = bench.run([bench.programs.parent / "tests/programs/merge", bench.model, ADAPTER]).strip()
    ways = {"bare": [bench.model], "merged": [merged], "at run time": [bench.model, "-a", ADAPTER]}
    words = {way: [bench.programs / "speed", *which, "-d", DEPTH, "-r", 1, "-t", os.cpu_count()] for way, which in ways.items()}
    rounds = [{way: json.loads(bench.run(words[way])) for way in ways} for _ in range(ROUNDS)]
    bench.report.section(f"adapter, {DEPTH} tokens known")
    for what, about in ("prefill", "reads"), ("decode", "answers"):
        speeds = {way: median(r[way][what][0] for r in rounds) for way in ways}
        for way, least in ("merged", RATIO_AT_LEAST), ("at run time", None):
            ratio = median(r[way][what][0] / r["bare"][what][0] for r in rounds)
            bench.report.row(f"{about}, {way}", speeds[way], "tokens/s", peer=("bare", speeds["bare"]), ratio=ratio, at_least=least)
    for way in "merged", "at run time":
        bench.report.command(words[way])
