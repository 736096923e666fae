"""Random weights, real format: for each family of models, a generated tiny model with the family's architecture, vocabulary
and template must give a valid call every time, and the call must run through agent and receipt to a file on disk.

usage: random_families.py OFFGRID MKTINY LLAMA VOCAB [--asks N] [--only FAMILY]

LLAMA and VOCAB are the scripts of tools/ that say where templates and vocabularies lie. Each model is written once, served by
`offgrid serve`, and asked N times, four at once, with tool_choice "required", temperature 1 and a seed of its own. The format
must be the family's own. Then it is asked some times more when it may think first, until a budget ends the thought. A client
that leaves in the middle must not matter to the next. At last an agent is given the served model (see demand.py), and the file
must lie on the disk and stand in the receipt.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import demand
from demanded import OFFERED, ask, judge, serve
from families import ROWS

ANSWER_TOKENS = 900
CONTEXT_TOKENS = 16384
AT_ONCE = 4
LEAST_THOUGHTS = 2
LINE = "{family:18} {kind:>5} {architecture:14} {vocabulary:14} {format:16} {asked:>5} {valid:>5} {cut:>4} {thought:>7} {file:>4}  {note}"
WRITTEN = re.compile(r"[a-z]{3,8}\.txt")


def said_by(script, *arguments):
    return subprocess.run([script, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def make_model(row, seed, places, mktiny, folder):
    """Writes the tiny model of a row."""
    model = folder / f"{row.kind}-{row.architecture}.gguf"
    words = [mktiny, model, "--arch", row.architecture, "--name", row.family, "--seed", str(seed), "--ctx", str(CONTEXT_TOKENS),
             "--template", places["source"] / "templates" / f"{row.template}.jinja"]
    if row.vocabulary:
        place, name = row.vocabulary.split("/")
        words += ["--vocab", places[place] / name]
    for option, tokens in (("--control", row.controls), ("--mark", row.marks)):
        for token in tokens:
            words += [option, token]
    for option, token in (("--bos", row.bos), ("--eos", row.eos)):
        if token:
            words += [option, token]
    subprocess.run(words, check=True)
    return model


def leave_in_the_middle(port):
    """A client that hangs up after the first bytes of a stream."""
    with contextlib.closing(demand.post(port, {"messages": [{"role": "user", "content": "Do something else."}], "tools": OFFERED,
                                               "max_tokens": ANSWER_TOKENS, "stream": True})) as answer:
        answer.read(1)


def format_of(offgrid, answer, folder):
    """How tools were offered for this answer, from its trace."""
    trace = said_by_env([offgrid, "trace", answer["id"].split("-")[1]], folder) if "id" in answer else ""
    found = re.search(r"tools as ([a-z-]+)", trace)
    return found.group(1) if found else "?"


def said_by_env(words, folder):
    return subprocess.run(words, capture_output=True, text=True, env=dict(os.environ, OFFGRID_STATE_DIR=str(folder))).stdout


def run_agent(offgrid, port, folder):
    """An agent on the served model, of which one call of its tool `write` is demanded. None, or what is wrong."""
    work = folder / "work"
    work.mkdir()
    bounds = {"path": {"type": "string", "pattern": f"^{WRITTEN.pattern}$"}, "content": {"type": "string", "maxLength": 30}}
    with demand.Proxy(port, "write", bounds) as proxy:
        done = subprocess.run([offgrid, "agent", "--json", "--upstream", proxy.url, "--model", "tiny", "--cwd", work, "Write a file."], capture_output=True,
                              text=True, env=dict(os.environ, OFFGRID_STATE_DIR=str(folder), OFFGRID_CONFIG_DIR=str(folder)))
    files = [path.name for path in work.iterdir()]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    receipt = next((line["receipt"] for line in reversed(lines) if "receipt" in line), None)
    if not receipt:
        return f"no receipt: {done.stderr.strip() or done.stdout[-300:]}"
    if proxy.faults:
        return proxy.faults[0]
    if len(files) != 1 or not WRITTEN.fullmatch(files[0]):
        return f"on the disk: {files}; receipt: {receipt}"
    created = [file["path"] for file in receipt["created"]]
    return None if created == files and receipt["exit_code"] == 0 else f"on the disk {files}, in the receipt {created}, exit {receipt['exit_code']}"


def ask_many(port, seeds, effort):
    """The answers, by seed."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(seeds, pool.map(lambda seed: ask(port, seed, ANSWER_TOKENS, reasoning_effort=effort), seeds)))


def count(answers, faults, what=""):
    """How many are valid, how many were cut; what is wrong with the others goes to the faults."""
    said = {seed: judge(answer) for seed, answer in answers.items()}
    faults += [f"{what}seed {seed}: {fault}" for seed, fault in said.items() if fault not in ("valid", "cut")]
    return [list(said.values()).count(kind) for kind in ("valid", "cut")]


def try_row(row, options, places):
    """What came of a row, for its line of the table, and the faults."""
    faults = []
    with tempfile.TemporaryDirectory(prefix="offgrid-families-") as name:
        folder = pathlib.Path(name)
        server, port = serve(options.offgrid, make_model(row, 1, places, options.mktiny, folder), folder)
        try:
            answers = ask_many(port, range(1, options.asks + 1), "none")
            valid, cut = count(answers, faults)
            thoughtful = ask_many(port, range(1, max(LEAST_THOUGHTS, options.asks // 10) + 1), "minimal")
            after_thoughts, cut_thoughts = count(thoughtful, faults, "with thoughts, ")
            leave_in_the_middle(port)
            count(ask_many(port, [1], "none"), faults, "after a client that left, ")
            written = run_agent(options.offgrid, port, folder)
            if written:
                faults.append(f"agent: {written}")
            found = format_of(options.offgrid, answers[1], folder)
        finally:
            server.terminate()
            server.wait()
    if found != row.format:
        faults.append(f"the format is {found}, it should be {row.format}")
    if (cut + cut_thoughts) * 10 > options.asks:
        faults.append("more than a tenth was cut by the limit of tokens")
    return {"format": found, "asked": options.asks, "valid": valid, "cut": cut, "thought": f"{after_thoughts}/{len(thoughtful)}",
            "file": "NO" if written else "yes"}, faults


def main():
    parser = argparse.ArgumentParser()
    for name in ("offgrid", "mktiny", "llama", "vocab"):
        parser.add_argument(name)
    parser.add_argument("--asks", type=int, default=6)
    parser.add_argument("--only")
    options = parser.parse_args()
    if subprocess.run([options.vocab, "--cached"]).returncode:
        sys.exit("the vocabularies are not there: run tools/vocab")
    places = {"source": pathlib.Path(said_by(options.llama, "--source")) / "models", "vocab": pathlib.Path(said_by(options.vocab, "--path"))}
    wrong = 0
    print(LINE.format(family="family", kind="class", architecture="architecture", vocabulary="vocabulary", format="format", asked="asked",
                      valid="valid", cut="cut", thought="thought", file="file", note=""))
    for row in ROWS:
        if options.only and options.only.lower() not in row.family.lower():
            continue
        came, faults = try_row(row, options, places)
        vocabulary = pathlib.Path(row.vocabulary or "generated").stem.removeprefix("ggml-vocab-")
        print(LINE.format(family=row.family, kind=row.kind, architecture=row.architecture, vocabulary=vocabulary, note=row.note, **came), flush=True)
        for fault in faults:
            print(f"    {fault[:300]}", flush=True)
        wrong += bool(faults)
    sys.exit(1 if wrong else 0)


main()
