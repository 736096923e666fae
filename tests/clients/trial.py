"""One trial, inside its own namespace: an upstream, `offgrid serve` before it, the program set up by `offgrid connect` and given
its task; then what came of it. Run by run.py; the plan comes as JSON on stdin, the verdict goes as JSON to stdout.

The verdict is read from the disk and the process table, never from what the program says.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import install
import programs
from programs import PROGRAMS

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "whole"))
from deliveries import Misbehaving, rows_for  # noqa: E402
from program import PROGRAM, Home, Server  # noqa: E402

MODEL = "script"
FAREWELL = 3  # seconds a program's children have to end after it
OUTPUT_KEPT = 4000  # characters of what it said


class Trial:
    """The folders and the environment of one run."""

    def __init__(self, plan):
        self.plan, self.program = plan, PROGRAMS[plan["client"]]
        self.home = Home()
        self.user, self.work = self.home.path / "user", self.home.path / "work"
        temporary = self.home.path / "tmp"  # Codex will not run commands if its home is below it
        for folder in (self.user, self.work, temporary):
            folder.mkdir()
        path = install.path_for(self.program.name)
        self.client_env = {"PATH": path, "HOME": str(self.user), "TMPDIR": str(temporary), "TERM": "dumb",
                           "LANG": "C.UTF-8", "USER": "somebody", "NODE_COMPILE_CACHE": str(install.compiled_folder())}
        self.home.env.update(HOME=str(self.user), PATH=path, TMPDIR=str(temporary))
        self.holes = {"path": programs.FILE, "file": str(self.work / programs.FILE), "content": programs.CONTENT,
                      "task": programs.TASK, "model": MODEL, "home": str(self.user), "work": str(self.work)}
        for place, text in self.program.before.items():
            file = self.user / place.removeprefix("~/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.turns = programs.filled(self.program.turns, self.holes)

    def offgrid(self, *words):
        done = subprocess.run([PROGRAM, *words], env=self.home.env, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=60)
        if done.returncode:
            raise RuntimeError(f"offgrid {words[0]} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr}")

    def files(self):
        """What the user's configuration is, byte for byte: every place that connecting may write."""
        return {str(f.relative_to(self.user)): f.read_bytes() for f in sorted(self.user.rglob("*")) if f.is_file()}

    @contextlib.contextmanager
    def upstream(self):
        """The words that tell `offgrid serve` who answers; the upstream that misbehaves, if that is the mode."""
        if self.plan["mode"] == "script":
            script = {"models": [MODEL], "context_tokens": 65536, "turns": list(self.turns)}
            yield ["--script", self.home.write("script.json", script)], None
            return
        first, last = self.turns[0], self.turns[-1]
        source = Misbehaving(rows_for(first)[self.plan["mode"]], first, last, lambda messages: (self.work / programs.FILE).exists())
        try:
            yield ["--upstream", f"up={source.url}"], source
        finally:
            source.close()

    def command(self, url):
        if self.plan["launch"]:
            return [PROGRAM, "launch", self.program.name, *self.target(url), "--", *programs.filled(self.program.launch, self.holes)]
        return programs.filled(self.program.command, self.holes)

    def target(self, url):
        """Where `connect` and `launch` are to point the program."""
        known = [] if self.plan["mode"] == "script" else ["--model", MODEL, "--context", self.program.context]
        return ["--url", url, *known]

    def client(self, url):
        """Runs the program to its end or its limit: its exit status (None: it had to be ended), the seconds, what it said."""
        env = {**self.home.env, **self.client_env} if self.plan["launch"] else self.client_env
        began, said = time.monotonic(), self.home.path / "said"
        with open(said, "wb") as out:
            child = subprocess.Popen(self.command(url), cwd=self.work, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=subprocess.STDOUT, start_new_session=True)
            try:
                code = child.wait(self.plan["limit"])
            except subprocess.TimeoutExpired:
                code = None
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        return code, time.monotonic() - began, said.read_text(errors="replace")[-OUTPUT_KEPT:]


def others(server):
    """The names of all processes of this namespace that are not ours."""
    if not os.path.exists("/proc/self") or os.getppid() != 1:
        return []  # no namespace of our own: whose they are cannot be told
    mine, found = {1, os.getpid(), server}, []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with contextlib.suppress(OSError):
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if pid not in mine and state != "Z":
                found.append(" ".join(w.decode(errors="replace") for w in words[:4]).strip())
    return found


def left_running(server):
    """What the program started and did not end, after a farewell."""
    until = time.monotonic() + FAREWELL
    while (found := others(server)) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def outcome_of(code, file):
    """One word for the table. `file`: right content and exit status 0."""
    there = file.read_text(errors="replace") if file.exists() else None
    if there is not None and there.rstrip("\n") == programs.CONTENT.rstrip("\n"):
        return "file" if code == 0 else "file, not ended" if code is None else f"file, exit {code}"
    if there is not None:
        return "wrong"
    return "hangs" if code is None else "nothing" if code == 0 else f"exit {code}"


def offered(trial):
    """Whether some request offered the tool that writes, as our own traces have it."""
    listed = subprocess.run([PROGRAM, "trace", "--json", "--limit", "100"], env=trial.home.env, capture_output=True, text=True)
    ids = [row["id"] for row in json.loads(listed.stdout or "[]")]
    for one in ids:
        shown = subprocess.run([PROGRAM, "trace", one, "--json"], env=trial.home.env, capture_output=True, text=True)
        if f'"{trial.program.tool}"' in shown.stdout.replace('\\"', '"'):
            return len(ids), True
    return len(ids), False


def tried(plan):
    trial = Trial(plan)
    with contextlib.closing(trial.home), trial.upstream() as (who, source):
        server = Server(trial.home, *who, *([] if plan["guard"] else ["--no-guard"]))
        try:
            is_alone = source and not plan["guard"] and trial.program.speaks_chat
            url = source.url.removesuffix("/v1") if is_alone else f"http://127.0.0.1:{server.port}"
            before = trial.files()
            if not plan["launch"]:
                trial.offgrid("connect", trial.program.name, "--yes", *trial.target(url))
            connected = trial.files()
            code, seconds, said = trial.client(url)
            left = left_running(server.child.pid)
            file = trial.work / programs.FILE
            verdict = {"outcome": outcome_of(code, file), "exit": code, "seconds": round(seconds, 1), "left": left}
            if file.exists() and verdict["outcome"] == "wrong":
                verdict["written"] = file.read_text(errors="replace")[:300]
        finally:
            server.stop()
        verdict["requests"], verdict["offered"] = offered(trial)
        touched = [name for name, was in connected.items() if before.get(name) != was]
        changed = [name for name in touched if trial.files().get(name) != connected[name]]
        verdict["changed by it"] = {name: [connected[name].decode(), trial.files().get(name, b"").decode()] for name in changed}
        if not plan["launch"]:
            trial.offgrid("disconnect", trial.program.name)
        after = trial.files()
        verdict["restored"] = all(after.get(name) == before.get(name) for name in touched)
        if plan["launch"]:
            verdict["restored"] = all(after.get(name) == was for name, was in before.items())
        verdict["work"] = sorted(str(f.relative_to(trial.work)) for f in trial.work.rglob("*") if ".git/" not in str(f))[:20]
        verdict["said"] = said
        return verdict


if __name__ == "__main__":
    json.dump(tried(json.load(sys.stdin)), sys.stdout)
