"""Thirty tasks through the real agent onto a real disk, by the starter model bare and taught, judged by what is on disk.

usage: tasks_on_disk.py OFFGRID [--count N] [--first SEED] [--need N] [--keep DIR] [--verbose]

The tasks are of the kinds in tools/pilot/tasks.py, from seeds the adapter was not made with. Each gets a folder of its own
with the files that its words take for granted. A task counts as done only if the folder afterwards holds exactly what was
asked for; a question counts as done if the answer holds what the file says and the folder is untouched. The receipt is
held against the folder too: a file it names as created, changed or deleted must be so, and none may be missing from it.
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools" / "pilot"))
from tasks import task  # noqa: E402

SECONDS_MAX = 240  # a fail-safe against hanging, not a measure


def vocabulary(texts):
    """Everyday words: those that the texts use at least twice."""
    seen = {}
    for _, _, body in texts:
        for word in set(re.findall(r"\b[a-z]{3,10}\b", body)):
            seen[word] = seen.get(word, 0) + 1
    return sorted(word for word, count in seen.items() if count > 1)


def calls_of(steps):
    return [json.loads(call[len("<tool_call>"):-len("</tool_call>")]) for call, _ in steps]


def generate(seed, words, texts):
    """One task whose words can be taken in one way only: no line breaks inside a quoted request line."""
    rng = random.Random(seed)
    while True:
        kind, user, steps, final = task(rng, words, texts)
        if "\n" not in user:
            return kind, user, steps, final


def put(root, path, text):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def prepare(root, kind, steps):
    calls = calls_of(steps)
    arguments = calls[0]["arguments"] if calls else {}
    if kind == "read":
        put(root, arguments["path"], steps[0][1])
    elif kind == "edit":
        put(root, arguments["path"], "first line\n" + arguments["old"] + "\nlast line\n")
    elif kind == "list":
        for name in steps[0][1].split("\n"):
            put(root, os.path.join(arguments["path"], name), "x\n")
    elif kind == "search":
        name, _, text = steps[0][1].split(":", 2)
        put(root, name, "nothing here\n" + text.strip() + "\n")


def snapshot(root):
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def run_agent(offgrid, root, user, adapter):
    command = [offgrid, "agent", "--json", "--cwd", str(root), "--max-answer", "160", "--max-turns", "8"] + ([] if adapter else ["--no-adapter"]) + ["--", user]
    with tempfile.TemporaryDirectory(prefix="offgrid-state-") as state:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS_MAX,
                              env=dict(os.environ, OFFGRID_STATE_DIR=state))
    lines = [json.loads(line) for line in done.stdout.decode().splitlines() if line.strip()]
    receipts = [line["receipt"] for line in lines if "receipt" in line]
    if len(receipts) != 1:
        raise SystemExit(f"no receipt from the agent (exit {done.returncode}):\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return receipts[0], done.returncode


def is_done(kind, steps, before, after, receipt):
    arguments = [call["arguments"] for call in calls_of(steps)]
    said = receipt["final"]
    if kind in ("write", "two"):
        want = dict(before)
        want.update({os.path.normpath(a["path"]): a["content"].encode() for a in arguments})
        return {k: v.rstrip(b"\n") for k, v in after.items()} == {k: v.rstrip(b"\n") for k, v in want.items()}
    if kind == "free":
        path = os.path.normpath(arguments[0]["path"])
        return set(after) == {path} and after[path].strip() != b""
    if kind == "edit":
        path = os.path.normpath(arguments[0]["path"])
        want = before[path].decode().replace(arguments[0]["old"], arguments[0]["new"], 1).encode()
        return after == {path: want}
    if after != before:
        return False
    if kind == "read":
        return steps[0][1].strip() in said
    if kind == "list":
        return all(name in said for name in steps[0][1].split("\n"))
    if kind == "search":
        return steps[0][1].split(":")[0] in said
    if kind in ("shell", "fail"):
        return [c["command"] for c in receipt["commands"]] == [arguments[0]["command"]]
    if kind == "miss":
        return "no file" in said or "does not exist" in said
    return said.strip() != "" and not receipt["commands"]


def receipt_lies(before, after, receipt):
    """What the receipt says of the folder and is not so, in words; empty if it tells the truth."""
    truth = {
        "created": sorted(set(after) - set(before)),
        "changed": sorted(k for k in after if k in before and after[k] != before[k]),
        "deleted": sorted(set(before) - set(after)),
    }
    return [f"{word}: says {sorted(f['path'] for f in receipt[word])}, is {is_so}" for word, is_so in truth.items()
            if sorted(f["path"] for f in receipt[word]) != is_so]


def one_task(options, seed, adapter, words, texts):
    kind, user, steps, _ = generate(seed, words, texts)
    with tempfile.TemporaryDirectory(prefix="offgrid-task-", dir=options.keep) as folder:
        root = pathlib.Path(folder)
        prepare(root, kind, steps)
        before = snapshot(root)
        receipt, code = run_agent(options.offgrid, root, user, adapter)
        after = snapshot(root)
    done = is_done(kind, steps, before, after, receipt)
    lies = receipt_lies(before, after, receipt)
    if options.verbose:
        print(f"{'taught' if adapter else 'bare':6} {seed} {kind:6} {'done' if done else '----'} exit {code} {user!r} -> {receipt['final']!r}"[:240])
    return kind, done, lies


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("offgrid")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--first", type=int, default=70001)
    parser.add_argument("--need", type=int, default=22, help="tasks that the taught model must do; leaves room for another processor's rounding")
    parser.add_argument("--keep", default=None, help="the folder to make the tasks' folders in")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    texts = json.loads((HERE.parent.parent / "tools" / "pilot" / "texts.json").read_text())
    words = vocabulary(texts)
    kinds, done, lies = {}, {False: 0, True: 0}, []
    for seed in range(options.first, options.first + options.count):
        for adapter in (False, True):
            kind, is_done_here, found = one_task(options, seed, adapter, words, texts)
            row = kinds.setdefault(kind, {"tasks": 0, False: 0, True: 0})
            row["tasks"] += 0 if adapter else 1
            row[adapter] += is_done_here
            done[adapter] += is_done_here
            lies += [f"seed {seed}: {lie}" for lie in found]
    print(f"{'kind':8} {'tasks':>5} {'bare':>5} {'taught':>6}")
    for kind, row in sorted(kinds.items()):
        print(f"{kind:8} {row['tasks']:5} {row[False]:5} {row[True]:6}")
    print(f"{'all':8} {options.count:5} {done[False]:5} {done[True]:6}   (needed: {options.need})")
    for lie in lies:
        print("the receipt says what is not so:", lie)
    if lies or done[True] < options.need or done[True] <= done[False]:
        raise SystemExit(1)


main()
