"""How long until the program stands: `offgrid version`, beside the server that runs the same models."""
from statistics import median

RUNS = 200
START_UNDER_US = 5000


def run(bench):
    ours = [bench.offgrid, "version"]
    theirs = [bench.peers / "llama-server", "--version"]
    us, them = bench.timed(RUNS, ours, theirs)
    bench.report.section("program start")
    for what, under in ("wall_us", START_UNDER_US), ("cpu_us", None):
        a, b = median(us[what]), median(them[what])
        label = "until it has ended" if what == "wall_us" else "processor time"
        bench.report.row(label, a, "us", under=under, peer=("llama-server --version", b), ratio=b / a)
    bench.report.command([bench.programs / "timed", RUNS, *ours, "--", *theirs])
