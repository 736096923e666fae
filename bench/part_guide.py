"""What it costs to keep an answer to a grammar: per sampled token, for a mask of the whole vocabulary, for making the guide."""
import json
from statistics import median

ROUNDS = 5
RATIO_AT_LEAST = 0.97
MASK_US_UNDER = 1000
TOOLS, SCHEMA_BYTES, COMPILE_US_UNDER = 60, 100_000, 50_000


def run(bench):
    words = [bench.programs / "guide", bench.model, ROUNDS]
    told = json.loads(bench.run(words))
    bench.report.section("constrained answers")
    bench.report.row("must be a JSON string", median(told["guided"]), "tokens/s", peer=("free", median(told["free"])),
                     ratio=median(g / f for g, f in zip(told["guided"], told["free"])), at_least=RATIO_AT_LEAST)
    for masks, count in ("mask_us", told["vocabulary"]), ("mask_big_us", told["vocabulary_big"]):
        took = sorted(told[masks])
        bench.report.row(f"mask of {count:,} tokens, median", median(took), "us", under=MASK_US_UNDER)
        bench.report.row("p99 of all places of a call", took[len(took) * 99 // 100], "us")
        bench.report.row("worst place of a call", took[-1], "us", under=MASK_US_UNDER)
    forced, sampled = told["call_forced"], told["call_sampled"]
    bench.report.row("of a call's tokens not sampled", 100 * forced / (forced + sampled), "%")
    bench.report.command(words)
    words = [bench.programs / "compile", TOOLS, SCHEMA_BYTES]
    made = json.loads(bench.run(words))
    bench.report.row(f"a guide of {made['tools']} tools, {made['schema_bytes'] / 1000:.0f} kB", median(made["compile_us"]), "us",
                     under=COMPILE_US_UNDER)
    bench.report.command(words)
    words = [bench.programs / "forced", bench.model]
    rows = json.loads(bench.run(words))
    bench.report.section("steps of sampling that a typical call saves, by family")
    for name, (tokens, fed) in rows.items():
        bench.report.row(f"{name}, {tokens} tokens", 100 * fed / tokens, "%")
    bench.report.command(words)
