"""What it costs to keep an answer to a grammar: per sampled token, and for a mask of the whole vocabulary."""
import json
from statistics import median

ROUNDS = 5
RATIO_AT_LEAST = 0.97


def run(bench):
    words = [bench.programs / "guide", bench.model, ROUNDS]
    told = json.loads(bench.run(words))
    bench.report.section("constrained answers")
    bench.report.row("must be a JSON string", median(told["guided"]), "tokens/s", peer=("free", median(told["free"])),
                     ratio=median(g / f for g, f in zip(told["guided"], told["free"])), at_least=RATIO_AT_LEAST)
    for masks, count in ("mask_us", told["vocabulary"]), ("mask_big_us", told["vocabulary_big"]):
        bench.report.row(f"mask of {count:,} tokens, median", median(told[masks]), "us")
        bench.report.row("worst place of a call", max(told[masks]), "us")
    forced, sampled = told["call_forced"], told["call_sampled"]
    bench.report.row("of a call's tokens not sampled", 100 * forced / (forced + sampled), "%")
    bench.report.command(words)
