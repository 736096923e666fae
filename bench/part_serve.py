"""Our server as a proxy: what it adds to an upstream that answers at once, beside nginx that only passes bytes on.

Mock and load share one core, the proxy has another to itself. nginx is the floor: it neither reads the request nor the
answer, keeps no trace and no ledger. Ours is measured as it comes, without its store (as peers are, which keep nothing), and
without it for clients of another dialect (Messages), for which request and answer are translated. What is to be reached is
meant without the store.
"""
import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROUNDS, SECONDS, WARM_SECONDS = 3, 2, 1
CONNECTIONS = 1, 16
EVENTS = 100  # of a stream, see mock.c
MANY = 100000  # requests over which memory is to stay as it is
# What is to be reached: processor time of a request (us), on one core (a second), resident memory (MiB), its growth.
GOALS = {"whole": (60, 15000), "stream": (None, 6000)}
TRANSLATED_US, MEMORY_MIB, GROWTH_MIB = 150, 15, 1
BARE, TRANSLATED = "offgrid --no-store", "offgrid --no-store, from Messages"
KINDS = {"whole": "whole answers of 1.9 KB", "stream": f"streams of {EVENTS} events at once"}
ASK = Path(__file__).resolve().parent / "ask.lua"
NGINX = """daemon off; master_process off; pid %(folder)s/nginx.pid; error_log %(folder)s/nginx.log warn;
events {}
http {
	access_log off; client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/proxy;
	fastcgi_temp_path %(folder)s/f; uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
	upstream mock { server 127.0.0.1:%(mock)d; keepalive 64; }
	server {
		listen 127.0.0.1:%(port)d; keepalive_requests 10000000;
		location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
	}
}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process):
    for _ in range(6000):  # two minutes: some of the peers take long to start
        if process.poll() is not None:
            break
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit(f"bench: {process.args[0]} does not listen on port {port}")


def on_core(core):
    """A command's first words that keep it on one core, where that can be had."""
    return ["taskset", "-c", str(core)] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else []


def cpu_us(pid):
    """Processor time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")


class Proxies:
    """The mock and what stands in front of it, each started once: name -> (port, path, process)."""

    def __init__(self, bench):
        self.bench, self.processes, self.targets = bench, [], {}
        atexit.register(self.stop)  # also where one of them does not start
        mock = self.start([bench.programs / "mock"], 0)
        self.targets["direct"] = {kind: mock for kind in KINDS}
        port = free_port()
        conf = bench.scratch / "nginx.conf"
        conf.write_text(NGINX % {"folder": bench.scratch, "mock": mock[0], "port": port})
        nginx = self.start([shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-p", bench.scratch, "-c", conf], 1, port)
        self.targets["nginx"] = {kind: nginx for kind in KINDS}
        for name, more in ("offgrid", []), ("offgrid --no-store", ["--no-store"]):
            self.targets[name] = {kind: self.offgrid(mock[0], "/whole" if kind == "whole" else "", more) for kind in KINDS}
        self.targets[TRANSLATED] = self.targets[BARE]

    def offgrid(self, mock_port, path, more):
        port = free_port()
        words = [self.bench.offgrid, "serve", "--listen", f"127.0.0.1:{port}", "--upstream",
                 f"mock=http://127.0.0.1:{mock_port}{path}/v1", *more]
        return self.start(words, 1, port)

    def start(self, words, core, port=None):
        if port is None:
            port = free_port()
            words = [*words, port]
        log = open(self.bench.scratch / "proxies.log", "ab")  # what they say is nobody's figure
        process = subprocess.Popen(on_core(core) + [str(w) for w in words], env=self.bench.env, stdout=log, stderr=log)
        self.processes.append(process)
        wait_for(port, process)
        return port, process

    def ask_words(self, name, kind, connections, seconds):
        port = self.targets[name][kind][0]
        prefix = "/whole" if kind == "whole" and not name.startswith("offgrid") else ""
        path = "messages" if name == TRANSLATED else "chat/completions"
        return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", ASK, f"http://127.0.0.1:{port}{prefix}/v1/{path}", "--", kind]

    def ask(self, name, kind, connections, seconds):
        process = self.targets[name][kind][1]
        before = cpu_us(process.pid)
        told = self.bench.run(on_core(0) + self.ask_words(name, kind, connections, seconds))
        figures = json.loads(told.strip().splitlines()[-1])
        if figures["errors"] or not figures["requests"]:
            sys.exit(f"bench: {name}, {kind}: {figures['errors']} errors in {figures['requests']} requests")
        figures["cpu_us"] = (cpu_us(process.pid) - before) / figures["requests"]
        figures["rate"] = figures["requests"] * 1e6 / figures["us"]
        return figures

    def stop(self):
        for process in self.processes:
            process.terminate()
        while self.processes:
            self.processes.pop().wait()


def measure(proxies, kind, connections):
    """Medians over the rounds: name -> {p50_us, p99_us, cpu_us, rate}."""
    rounds = {name: [] for name in proxies.targets}
    for name in rounds:
        proxies.ask(name, kind, connections, WARM_SECONDS)
    for _ in range(ROUNDS):
        for name, figures in rounds.items():
            figures.append(proxies.ask(name, kind, connections, SECONDS))
    return {name: {key: median(f[key] for f in figures) for key in figures[0]} for name, figures in rounds.items()}


def resident_mib(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def tell(report, kind, alone, many):
    direct = alone["direct"]["p50_us"]
    cpu_goal, rate_goal = GOALS[kind]
    unit = "streams/s" if kind == "stream" else "requests/s"
    for name in "offgrid", BARE, TRANSLATED:
        added = [alone[n]["p50_us"] - direct for n in (name, "nginx")]
        goal = {BARE: cpu_goal, TRANSLATED: TRANSLATED_US if kind == "whole" else None}.get(name)
        report.row(f"{name}:", many[name]["cpu_us"], "us", peer=("nginx", many["nginx"]["cpu_us"]),
                   ratio=many["nginx"]["cpu_us"] / many[name]["cpu_us"], **({"under": goal} if goal else {}))
        report.row("added to each", added[0], "us", peer=("nginx", added[1]), ratio=added[1] / added[0])
        report.row("on one core", many[name]["rate"], unit, peer=("nginx", many["nginx"]["rate"]),
                   ratio=many[name]["rate"] / many["nginx"]["rate"])
        if name == BARE:  # wrk and the mock share the other core, so this counts what ours takes, not what they can ask
            report.row("by its processor time, on one core", 1e6 / many[name]["cpu_us"], unit)
            report.note(f"to reach: {rate_goal:,} {unit}")
    report.row("the mock itself", many["direct"]["rate"], unit)


def tell_memory(report, proxies):
    """Resident memory after the measurements, and what many more requests add to it."""
    for kind in KINDS:
        pid = proxies.targets[BARE][kind][1].pid
        before, asked = resident_mib(pid), 0
        while kind == "whole" and asked < MANY:
            asked += proxies.ask(BARE, kind, CONNECTIONS[1], SECONDS)["requests"]
        report.row(f"{BARE}: memory, {kind}", resident_mib(pid), "MiB", under=MEMORY_MIB)
        if asked:
            report.row(f"grown by, over {asked:,} requests", resident_mib(pid) - before, "MiB", under=GROWTH_MIB)


def run(bench):
    proxies = Proxies(bench)
    try:
        for kind, about in KINDS.items():
            bench.report.section(f"server, {about}")
            alone, many = (measure(proxies, kind, c) for c in CONNECTIONS)
            tell(bench.report, kind, alone, many)
            bench.report.command(proxies.ask_words("offgrid", kind, CONNECTIONS[1], SECONDS))
        tell_memory(bench.report, proxies)
    finally:
        proxies.stop()
