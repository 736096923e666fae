"""The real programs on `offgrid serve`, headless, with no network but the loopback.

Each trial (trial.py) runs in namespaces of its own: no network, no processes of others, a fresh home; when it is over nothing it
started can be alive. The mode `script` is the script backend, which answers well; all others are upstreams that misbehave
(tests/whole/deliveries.py), with the guard rails and without. "Without" is the program by itself where it speaks the upstream's
dialect: it is connected to it with nothing between; only a program of another dialect has `offgrid serve --no-guard` before it,
which still mends what any translation must. With --results every verdict is kept in a file as it comes, and what is in there is
not run again. Exit status 1 if a trial did not end as it must (see `faults`).
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import install
import report
from programs import PROGRAMS

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "whole"))
from deliveries import rows_for  # noqa: E402

SCRIPT, ENDLESS = "script", "the same call for ever"
OVERHEAD = 60  # seconds of a trial beside the program itself


def namespace():
    """The words before a command that take network and processes away from it; none where the system has no such thing."""
    if platform.system() != "Linux":
        return []
    if not shutil.which("bwrap"):
        sys.exit("run.py: bwrap is missing: tools/setup build")
    return ["bwrap", "--die-with-parent", "--unshare-net", "--unshare-pid", "--dev-bind", "/", "/", "--proc", "/proc", "--"]


def trial(client, mode, guard, launch, limit):
    """The verdict of one trial, as trial.py has it; "broken" if it could not be held."""
    limit = min(limit, PROGRAMS[client].limit)
    plan = {"client": client, "mode": mode, "guard": guard, "launch": launch, "limit": limit}
    words = [*namespace(), sys.executable, str(HERE / "trial.py")]
    try:
        done = subprocess.run(words, input=json.dumps(plan), capture_output=True, text=True, timeout=limit + OVERHEAD)
        if done.returncode == 0:
            return json.loads(done.stdout)
        why = done.stderr[-2000:]
    except subprocess.TimeoutExpired:
        why = f"not over after {limit + OVERHEAD} s"
    return {"outcome": "broken", "said": why}


def faults(client, mode, guard, verdict):
    """What is not as it must be. Without guard rails nothing is demanded but that nobody loses a configuration."""
    program, found = PROGRAMS[client], []
    if verdict["outcome"] == "broken":
        return ["the trial could not be held: " + verdict["said"]]
    came = verdict["outcome"] == "file" or mode == ENDLESS and verdict["outcome"].startswith("file")  # its own end to circles
    if guard and not came and (must_write(client, mode) or verdict["outcome"] == "wrong" and program.tool):
        found.append(f"the file: {verdict['outcome']}")
    if not verdict["restored"]:
        found.append("its configuration was not restored")
    left = [line for line in verdict["left"] if not any(known in line for known in program.stays)]
    if left and guard and verdict["exit"] is not None:  # who had to be ended could not end them
        found.append(f"left running: {'; '.join(left)}")
    if mode == "script" and program.tool and not verdict["offered"]:
        found.append(f"no request offered {program.tool}")
    return found


def must_write(client, mode):
    """Whether the file has to come: the call can be understood, or the model says it well when it is asked again."""
    return mode == SCRIPT or modes_of(client)[mode].must_write


def modes_of(client):
    return rows_for(PROGRAMS[client].turns[0])


class Results:
    """Verdicts by client, mode and guard; kept in a file if there is one."""

    def __init__(self, path):
        self.path = pathlib.Path(path) if path else None
        self.rows = json.loads(self.path.read_text()) if self.path and self.path.exists() else {}

    def key(self, client, mode, guard, launch):
        return "|".join((client, PROGRAMS[client].version, mode, "guarded" if guard else "bare", *(["launch"] if launch else [])))

    def get(self, *which):
        return self.rows.get(self.key(*which))

    def put(self, verdict, *which):
        self.rows[self.key(*which)] = {**verdict, "date": datetime.date.today().isoformat()}
        if self.path:
            half = self.path.with_suffix(".half")
            half.write_text(json.dumps(self.rows, indent=1))
            half.rename(self.path)


def line_of(client, mode, guard, launch, verdict, wrong):
    where = ", launched" if launch else "" if mode == "script" else f" | {mode} | {'guarded' if guard else 'bare'}"
    seconds = f" in {verdict['seconds']} s" if "seconds" in verdict else ""
    return f"{client}{where}: {verdict['outcome']}{seconds}" + "".join(f"\n    FAULT {w}" for w in wrong)


def chosen(words, mark, known, what):
    names = words.split(mark) if words else list(known)
    for name in names:
        if name not in known:
            sys.exit(f"run.py: there is no {what} {name!r}; known: {', '.join(known)}")
    return names


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--clients", default=os.environ.get("CLIENTS", ""), help="names, with commas; all")
    asked.add_argument("--modes", default=os.environ.get("MODES", ""), help="names, with semicolons; script; all")
    asked.add_argument("--guard", choices=("on", "off", "both"), default="on")
    asked.add_argument("--launch", action="store_true", help="try `offgrid launch` too, on the script backend")
    asked.add_argument("--results", help="a file that keeps verdicts")
    asked.add_argument("--limit", type=int, default=600, help="seconds of one run, if fewer than the program's own limit")
    asked.add_argument("--table", action="store_true", help="print the tables of all verdicts kept")
    asked.add_argument("--report", metavar="PAGE", help="and put them into this page")
    asked.add_argument("--say", action="store_true", help="print what the program said, too")
    args = asked.parse_args()
    clients = chosen(args.clients, ",", PROGRAMS, "client")
    known = list(dict.fromkeys([SCRIPT, *(mode for client in PROGRAMS for mode in modes_of(client))]))
    modes = known if args.modes == "all" else chosen(args.modes or SCRIPT, ";", known, "mode")
    guards = {"on": (True,), "off": (False,), "both": (False, True)}[args.guard]
    if not namespace():
        print("run.py: this system has no namespaces: the programs see the network, and what they leave running is not seen")
    results, bad = Results(args.results), 0
    for client in clients:
        try:
            install.ensure_with_runtime(client)
        except install.Missing as why:
            print(f"{client}: FAULT {why}")
            bad += 1
            continue
        own = [mode for mode in modes if mode == SCRIPT or mode in modes_of(client)]
        which = [(client, mode, guard, False) for mode in own for guard in (guards if mode != SCRIPT else (True,))]
        which += [(client, "script", True, True)] if args.launch else []
        for one in which:
            verdict = results.get(*one)
            if not verdict:
                verdict = trial(*one, args.limit)
                results.put(verdict, *one)
            wrong = faults(*one[:3], verdict)
            bad += bool(wrong)
            print(line_of(*one, verdict, wrong), flush=True)
            if args.say or wrong:
                print("    " + verdict["said"].strip().replace("\n", "\n    "), flush=True)
    if args.table:
        print("\n" + report.text(results, known[1:]))
    if args.report:
        report.put_into(args.report, results, known[1:])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
