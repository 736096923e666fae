"""Every official client on `offgrid serve` before every kind of upstream: runs all cases, judges what came, prints the counts.

usage: conformance.py [--clients NAMES] [--upstreams NAMES] [--cases WORDS] [--show]

Servers are started once and shared; each client runs in a process of its own (npm/runner.mjs, pypi/runner.py), one case after the other. What
was written down is judged when the servers have ended: one row of the ledger for each request, with the numbers the client was told.
Exit status 1 if anything is not as it must be.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))

import install  # noqa: E402
from cases import CASES, SCHEMA, SCRIPT, TOOLS, WRITE, asked  # noqa: E402
from clients import BY_NAME, OVERFLOW  # noqa: E402
from fleet import KEY, UPSTREAMS, Fleet, own_model  # noqa: E402

AT_ONCE = 5     # clients; they wait a good part of their time
PATIENCE = 280  # seconds for all cases of a client; only a hang reaches it


def name_of(client, upstream, case):
    """What the gate knows a case by."""
    return "".join(c for c in f"{client.name}-{upstream}-{case.name}" if c.isalnum())


def plan(fleet, client, options):
    """What is asked of a client: (upstream, case) each, and its jobs."""
    rows = [(upstream, case) for upstream in options.upstreams for case in CASES
            if upstream in case.upstreams and options.cases in case.name and not set(case.needs) & set(client.cannot)]
    jobs = []
    for number, (upstream, case) in enumerate(rows):
        name, model = name_of(client, upstream, case), case.model or fleet.model[upstream]
        if case.says == "context" and upstream != "engine":
            model = own_model(client.name, upstream)
        jobs.append({"id": number, "client": client.name, "do": case.does, "origin": fleet.fronts[upstream].origin,
                     "key": case.key or KEY, "model": model, "ask": asked(case, name),
                     "gate": f"{fleet.gate.origin}/arrived/{name}"})
    return rows, jobs


def runner_of(client):
    """The words that start it, where, and with which environment."""
    place, env = install.ensure(client.package), {**os.environ, "NO_COLOR": "1"}
    if client.package != "sdk":
        return [str(place / "bin" / "python"), "runner.py", client.name.removeprefix("py:")], HERE / "pypi", env
    install.ensure(install.NODE)
    words = [str(install.node_folder() / "node"), "--import", "./packages.mjs", "runner.mjs", client.name]
    return words, HERE / "npm", {**env, "OFFGRID_PACKAGES": str(place)}


def run(client, jobs):
    words, folder, env = runner_of(client)
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    done = subprocess.run(words, input=lines, capture_output=True, text=True, cwd=folder, env=env, timeout=PATIENCE)
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    if len(outcomes) != len(jobs):
        raise RuntimeError(f"{client.name}: {len(outcomes)} of {len(jobs)} cases came back\n{done.stderr[-4000:]}")
    return outcomes


# ---- judging ----------------------------------------------------------------------------------------------------------


class Judge:
    """Collects what is wrong with one outcome."""

    def __init__(self, fleet, client, upstream, case, outcome):
        self.fleet, self.client, self.upstream, self.case, self.outcome = fleet, client, upstream, case, outcome
        self.front, self.wrong = fleet.fronts[upstream], []

    def demand(self, is_so, what, found=""):
        if not is_so:
            self.wrong.append(f"{what}: {found}" if found != "" else what)

    def same(self, found, wanted, what):
        self.demand(found == wanted, what, f"{found!r}, not {wanted!r}")

    def judge(self):
        case, outcome = self.case, self.outcome
        if case.status or case.error:
            self.judge_error(outcome["error"])
        elif outcome["error"]:
            self.demand(False, "an error", f"{outcome['error']['class']}: {outcome['error']['message'][:300]}")
        elif case.does == "models":
            self.demand(self.fleet.model[self.upstream] in outcome["models"], "models", outcome["models"])
        elif case.does == "loop":
            self.same(outcome["ran"], [WRITE], "calls that it ran")
            self.same(outcome["text"], "Done.", "text at its end")
            self.judge_sent()
        else:
            self.judge_answers(outcome["answers"])
        self.judge_requests(outcome["requests"])
        return self.wrong

    def judge_requests(self, requests):
        """None too many, and with what tells a client whether and when to ask again."""
        case, asked = self.case, self.fleet.gate.asked[name_of(self.client, self.upstream, self.case)]
        most = self.client.loop_asks if case.does == "loop" else case.requests or max(1, len(case.answers))
        if case.may_be_fewer:
            self.demand(len(requests) <= most, "requests", len(requests))
        else:
            self.same(len(requests), most, "requests")
        if case.model == "gate":
            self.same(asked, most if case.answers else len(requests), "how often the upstream was asked")
        for request in requests:
            if request["status"] == 400:
                self.same(request["told"].get("x-should-retry"), "false", "whether to ask again")
            if request["status"] == 429:
                self.same(request["told"].get("retry-after"), "1", "when to ask again")

    # what came

    def judge_answers(self, answers):
        if self.upstream == "engine":
            for number, answer in enumerate(answers):
                self.judge_form(answer, is_first=number == 0)
        else:
            for answer, wanted in zip(answers, self.case.answers, strict=True):
                self.judge_answer(answer, wanted)
        for request, answer in zip(self.outcome["requests"][-len(answers):], answers, strict=True):
            self.judge_usage(request["id"], answer)
        self.judge_sent()

    def judge_sent(self):
        if self.case.carries and self.upstream in UPSTREAMS[2:]:
            self.judge_carried(self.outcome["requests"][-1]["id"])

    def judge_answer(self, answer, wanted):
        self.same(answer["text"], wanted["text"], "text")
        self.same([{k: call[k] for k in ("name", "arguments")} for call in answer["calls"]], wanted["calls"], "calls")
        self.same(answer["finish"], self.client.word_for(wanted["finish"]), "finish")
        for member in ("json", "thought"):
            if member in wanted:
                self.same(answer.get(member), wanted[member], member)
        for member, count in wanted.get("usage", {}).items():
            if member not in self.client.cannot:
                self.same(answer["usage"].get(member), count, f"usage, {member}")

    def judge_form(self, answer, is_first):
        """Nobody knows what random weights say, but all of it must fit."""
        was_cut = answer["finish"] == self.client.word_for("length")
        ask, offered = self.case.ask, {tool["name"] for tool in TOOLS}
        finishes = ("end", "length", "calls")
        self.demand(answer["finish"] in map(self.client.word_for, finishes), "finish", answer["finish"])
        self.demand(answer["usage"]["answer"] > 0 or answer["text"] == "", "usage of an answer", answer["usage"])
        if "limit" in ask:
            self.demand(answer["usage"]["answer"] <= ask["limit"], "more tokens than allowed", answer["usage"])
        for call in answer["calls"][:-1] if was_cut else answer["calls"]:
            self.demand(call["name"] in offered and isinstance(call["arguments"].get("path"), str), "a call", call)
        if "schema" in ask:
            self.demand(set(answer["json"]) == set(SCHEMA["required"]) and isinstance(answer["json"]["a"], int), "JSON", answer["json"])
        if is_first and ask.get("choice") == "required":
            self.demand(answer["calls"] or was_cut, "no call", answer)

    def judge_error(self, error):
        case = self.case
        if error is None:
            return self.demand(False, "no error", self.outcome["answers"])
        if case.status:
            found = {error["class"], error["name"]}
            self.demand(self.client.errors[case.status] in found, "class of the error", f"{found}, not {self.client.errors[case.status]}")
            self.demand(error["status"] in (case.status, None), "status of the error", error["status"])
            self.same({r["status"] for r in self.outcome["requests"]}, {case.status}, "status")
        if case.says == "context":
            self.demand(OVERFLOW[self.client.dialect] in error["message"], "words of an overflow", error["message"])
        if case.error == "timed out":
            self.demand(self.client.times_out in (error["class"], error["name"]), "class of the error", error)
        if case.says == "image":
            self.demand("reads text only here" in error["message"], "words about an image", error["message"])
        if case.error == "left" and self.upstream == "engine":
            for request in self.outcome["requests"]:
                outcomes = [row[0] for row in self.front.ledger.get(request["id"], [])]
                self.same(outcomes, ["left"], "outcome in the ledger")
        elif case.error in ("left", "timed out"):
            name, times = name_of(self.client, self.upstream, case), len(self.outcome["requests"])
            self.demand(self.fleet.gate.has_left(name, times), "the upstream does not know that the client left", self.fleet.gate.left[name])

    # what was written down

    def judge_usage(self, request, answer):
        """The ledger has it once, and as the client was told."""
        self.same(answer["usage_count"], 1, "reports of usage")
        rows = self.front.ledger.get(request, [])
        self.same(len(rows), 1, f"rows of the ledger for {request}")
        for outcome, prompt, cached, spent in rows:
            told = answer["usage"]
            self.same(outcome, "ok", "outcome in the ledger")
            self.same((told["prompt"], told["answer"]), (prompt, spent), "usage against the ledger")
            if "cached" not in self.client.cannot:
                self.same(told["cached"], cached, "cached tokens against the ledger")

    def judge_carried(self, request):
        sent = self.front.sent(request)
        if self.client.dialect == self.upstream:  # as the client wrote it, who may have chosen the alphabet for URLs
            sent = sent.replace("-", "+").replace("_", "/")
        places = [sent.find(words) for words in self.case.carries]
        self.demand(-1 not in places, "what reached the upstream", sent[-600:])
        if self.client.dialect != self.upstream:
            self.demand(places == sorted(places), "the order in which it reached the upstream", sent[-600:])


def judge_all(fleet, clients, rows, outcomes):
    """Counts by client and upstream, and what is wrong."""
    counts, wrong = collections.Counter(), []
    for client in clients:
        for (upstream, case), outcome in zip(rows[client.name], outcomes[client.name], strict=True):
            found = Judge(fleet, client, upstream, case, outcome).judge()
            counts[client.name, upstream, not found] += 1
            wrong += [f"{client.name} on {upstream}, {case.name}: {line}" for line in found]
    return counts, wrong


# ---- the whole --------------------------------------------------------------------------------------------------------


def print_counts(clients, upstreams, counts):
    print("cases that hold, of those asked; upstreams by column\n")
    print(f"{'client':14}" + "".join(f"{name:>11}" for name in upstreams))
    for client in clients:
        cells = [(counts[client.name, name, True], counts[client.name, name, False]) for name in upstreams]
        print(f"{client.name:14}" + "".join(f"{f'{good}/{good + bad}':>11}" for good, bad in cells))
    print("\nwhat a client cannot be asked")
    for client in clients:
        for what, why in client.cannot.items():
            print(f"{client.name:14} {what}: {why}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=lambda s: s.split(","), default=list(BY_NAME))
    parser.add_argument("--upstreams", type=lambda s: s.split(","), default=list(UPSTREAMS))
    parser.add_argument("--cases", default="", help="only those whose name contains this")
    parser.add_argument("--show", action="store_true", help="print every outcome")
    options = parser.parse_args()
    clients = [BY_NAME[name] for name in options.clients]
    models = [own_model(client.name, upstream) for client in clients for upstream in options.upstreams]
    fleet = Fleet({**SCRIPT, "models": ["script", *models]}, options.upstreams)
    try:
        rows, jobs = {}, {}
        for client in clients:
            rows[client.name], jobs[client.name] = plan(fleet, client, options)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            runs = {client.name: pool.submit(run, client, jobs[client.name]) for client in clients}
            outcomes = {name: done.result() for name, done in runs.items()}
        for front in fleet.fronts.values():
            front.stop()
        if options.show:
            for name in outcomes:
                for (upstream, case), outcome in zip(rows[name], outcomes[name]):
                    print(name, upstream, case.name, json.dumps(outcome, ensure_ascii=False))
        counts, wrong = judge_all(fleet, clients, rows, outcomes)
    except install.Missing as why:
        sys.exit(f"conformance: {why}")
    finally:
        fleet.close()
    wrong += [f"{name}, a broken rule: {rule}" for name, front in fleet.fronts.items() for rule in front.broken()]
    print_counts(clients, options.upstreams, counts)
    print("\n" + "\n".join(wrong) if wrong else f"\nall {sum(counts.values())} hold")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
