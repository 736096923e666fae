"""From the start of the agent to a changed file and a receipt, with answers that cost nothing: what we add ourselves."""
import json
import sys
from pathlib import Path
from statistics import median

RUNS = 100
WALL_UNDER_US, PEAK_UNDER_MIB = 50_000, 20
SCRIPT = Path(__file__).resolve().parent / "agent.json"


def run(bench):
    content = json.loads(SCRIPT.read_text())["turns"][0]["calls"][0]["arguments"]["content"]
    folder = bench.scratch / "agent"
    for number in range(RUNS + 1):  # an empty folder for each run
        (folder / str(number)).mkdir(parents=True)
    ours = [bench.offgrid, "agent", "--script", SCRIPT, "-C", "{}", "create hello.txt with: hello from the desk"]
    [us] = bench.timed(RUNS, ours, cwd=folder)
    for number in range(RUNS + 1):
        if (folder / str(number) / "hello.txt").read_text() != content:
            sys.exit(f"bench: the agent did not write {folder}/{number}/hello.txt")
    bench.report.section("agent, from start to file and receipt (script upstream)")
    bench.report.row("until it has ended", median(us["wall_us"]), "us", under=WALL_UNDER_US)
    bench.report.row("processor time", median(us["cpu_us"]), "us")
    bench.report.row("most memory", median(us["peak_kib"]) / 1024, "MiB", under=PEAK_UNDER_MIB)
    bench.report.command([bench.programs / "timed", RUNS, *ours])
