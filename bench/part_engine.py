"""How fast a model reads and answers: our engine beside llama-bench (which does not even sample) and llama-server.

All three run on the same library, with the same model and threads, one after the other in every round; at each depth the
answer stands behind so many tokens that are already known. Ours and llama-server stay for all rounds, so that both are
warm; who goes first changes from round to round.
"""
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

from part_serve import free_port

PROMPT, ANSWER, DEPTHS, ROUNDS, CONTEXT = 512, 128, (0, 500), 9, 2048
RATIO_AT_LEAST = 1.0
WORDS = "river table seven light under garden paper window early music stone winter letter market summer yellow".split()


def bench_words(bench, depth):
    return [bench.peers / "llama-bench", "-m", bench.model, "-p", PROMPT, "-n", ANSWER, "-d", depth, "-r", 1,
            "-t", os.cpu_count(), "-o", "json"]


def ask_bench(bench, depth):
    tests = json.loads(bench.run(bench_words(bench, depth)))
    return {"decode" if test["n_gen"] else "prefill": test["avg_ts"] for test in tests}


class Ours:
    """Our engine in the small program speed, kept for all rounds."""

    def __init__(self, bench):
        self.words = [bench.programs / "speed", bench.model, "-c", CONTEXT, "-t", os.cpu_count()]
        self.process = subprocess.Popen([str(w) for w in self.words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, depth):
        self.process.stdin.write(f"{PROMPT} {ANSWER} {depth}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("bench: speed ended before its time")
        return {what: rates[0] for what, rates in json.loads(line).items()}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Server:
    """llama-server, kept for all rounds: it is idle while the others run."""

    def __init__(self, bench):
        self.port, self.turn = free_port(), 0
        self.words = [bench.peers / "llama-server", "-m", bench.model, "-t", os.cpu_count(), "-c", CONTEXT, "-np", 1,
                      "--port", self.port]
        self.process = subprocess.Popen([str(w) for w in self.words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health").close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        sys.exit("bench: llama-server does not answer")

    def complete(self, prompt, count):
        body = {"prompt": prompt, "n_predict": count, "temperature": 0, "ignore_eos": True, "cache_prompt": True}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/completion", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["timings"]

    def text(self, count):
        self.turn += 1
        return "".join(f" {WORDS[(self.turn * 31 + i * (7 + self.turn)) % len(WORDS)]}" for i in range(count))

    def ask(self, depth):
        known = self.text(depth)
        if depth:
            self.complete(known, 1)
        prefill = self.complete(known + self.text(PROMPT), 1)["prompt_per_second"]
        return {"prefill": prefill, "decode": self.complete(known + self.text(1), ANSWER)["predicted_per_second"]}

    def close(self):
        self.process.terminate()
        self.process.wait()


def measure(bench, ours, server, depth):
    """Of all rounds the best: who -> {prefill, decode}; and the ratios of ours to theirs. What else runs on a machine only
    ever slows a round down, by a fifth and more where it is shared, so the best round is nearest to what a program can do."""
    asked = [("offgrid", ours.ask), ("llama-server", server.ask), ("llama-bench", lambda depth: ask_bench(bench, depth))]
    rounds = []
    for turn in range(ROUNDS):
        first = turn % len(asked)
        rounds.append({who: ask(depth) for who, ask in asked[first:] + asked[:first]})
    speeds = {who: {what: max(r[who][what] for r in rounds) for what in ("prefill", "decode")} for who in rounds[0]}
    ratios = {who: {what: speeds["offgrid"][what] / speeds[who][what] for what in ("prefill", "decode")}
              for who in ("llama-bench", "llama-server")}
    return speeds, ratios


def run(bench):
    ours, server = Ours(bench), Server(bench)
    try:
        for depth in DEPTHS:
            speeds, ratios = measure(bench, ours, server, depth)
            bench.report.section(f"engine, {depth} tokens known" if depth else "engine, nothing known")
            for what, about in ("prefill", f"reads {PROMPT} tokens"), ("decode", f"answers {ANSWER} tokens"):
                for peer, least in ("llama-server", RATIO_AT_LEAST), ("llama-bench", None):
                    bench.report.row(about, speeds["offgrid"][what], "tokens/s", peer=(peer, speeds[peer][what]),
                                     ratio=ratios[peer][what], at_least=least)
            bench.report.command(ours.words)
            bench.report.command(bench_words(bench, depth))
            bench.report.command(server.words)
    finally:
        ours.close()
        server.close()
