"""Our server beside two gateways that people run for the same purpose: Portkey (Node) and LiteLLM (Python).

All stand in front of the same mock, each on a core of its own in its turn; nginx, which only passes bytes on, is the floor. A
gateway that cannot do a kind of request at all is told so, with what it answered, instead of a figure.
"""
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from part_serve import CONNECTIONS, KINDS, SECONDS, TRANSLATED, Proxies, free_port, measure, resident_mib

INSTALL = Path(__file__).resolve().parent / "gateways/install"
LITELLM = """model_list:
  - model_name: mock
    litellm_params: {model: openai/mock, api_base: "http://127.0.0.1:%d%s/v1", api_key: none}
"""
# No price list over the network, no key to administrate: as lean as it can be had.
LITELLM_ENV = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
SLOW = {("LiteLLM", "stream"): 5}  # takes longer than a round for its first streams: so many times the seconds
ASKED = b'{"model":"mock","stream":%s,"messages":[{"role":"user","content":"hello"}]}'


class Gateways(Proxies):
    def __init__(self, bench):
        super().__init__(bench)
        mock = self.targets["direct"]["whole"][0]
        folder = Path(subprocess.check_output([INSTALL], text=True).strip())  # into the user's own cache, once
        self.headers, self.unable = {}, {}
        del self.targets[TRANSLATED]  # Portkey does not translate
        portkey = self.start(["node", folder / "node_modules/@portkey-ai/gateway/build/start-server.js", "--headless",
                              f"--port={(port := free_port())}"], 1, port)
        self.targets["Portkey"] = {kind: portkey for kind in KINDS}
        self.targets["LiteLLM"] = {kind: self.litellm(folder, mock, kind) for kind in KINDS}
        for kind in KINDS:
            path = "/whole" if kind == "whole" else ""
            self.headers["Portkey", kind] = {"x-portkey-provider": "openai", "Authorization": "Bearer none",
                                             "x-portkey-custom-host": f"http://127.0.0.1:{mock}{path}/v1"}

    def litellm(self, folder, mock, kind):
        port = free_port()
        config = self.bench.scratch / f"litellm-{kind}.yaml"
        config.write_text(LITELLM % (mock, "/whole" if kind == "whole" else ""))
        words = [folder / "venv/bin/litellm", "--config", config, "--host", "127.0.0.1", "--port", port, "--telemetry", "False"]
        self.bench.env.update(LITELLM_ENV)
        return self.start(words, 1, port)

    def url(self, name, kind):
        """What stands in a gateway's own set-up does not stand in the path."""
        ours = name in ("Portkey", "LiteLLM") or name.startswith("offgrid")
        prefix = "/whole" if kind == "whole" and not ours else ""
        return f"http://127.0.0.1:{self.targets[name][kind][0]}{prefix}/v1/chat/completions"

    def ask_words(self, name, kind, connections, seconds):
        *words, _, _, last = super().ask_words(name, kind, connections, seconds)
        for header, value in self.headers.get((name, kind), {}).items():
            words += ["-H", f"{header}: {value}"]
        return [*words, self.url(name, kind), "--", last]

    def ask(self, name, kind, connections, seconds):
        return super().ask(name, kind, connections, seconds * SLOW.get((name, kind), 1))

    def drop_those_unable(self, kind):
        """Whoever does not answer one request of this kind is not measured in it."""
        for name in list(self.targets):
            asked = urllib.request.Request(self.url(name, kind), ASKED % (b"true" if kind == "stream" else b"false"),
                                           {"Content-Type": "application/json", **self.headers.get((name, kind), {})})
            try:
                with urllib.request.urlopen(asked, timeout=30) as answer:
                    answer.read()
            except urllib.error.HTTPError as refusal:
                self.unable[name, kind] = f"HTTP {refusal.code}: {refusal.read(200).decode(errors='replace')}"
        return {name: self.targets.pop(name) for name, unable in self.unable if unable == kind}


def tell(report, proxies, kind, alone, many):
    direct = alone["direct"]["p50_us"]
    ours, unit = many["offgrid"], "streams/s" if kind == "stream" else "requests/s"
    for name in [n for n in many if n not in ("direct", "offgrid")]:
        theirs = many[name]
        report.row("added to each", alone["offgrid"]["p50_us"] - direct, "us", peer=(name, alone[name]["p50_us"] - direct),
                   ratio=(alone[name]["p50_us"] - direct) / (alone["offgrid"]["p50_us"] - direct))
        report.row("processor time of each", ours["cpu_us"], "us", peer=(name, theirs["cpu_us"]), ratio=theirs["cpu_us"] / ours["cpu_us"])
        report.row("on one core", ours["rate"], unit, peer=(name, theirs["rate"]), ratio=ours["rate"] / theirs["rate"])
        memory = [resident_mib(proxies.targets[n][kind][1].pid) for n in ("offgrid", name)]
        report.row("memory afterwards", memory[0], "MiB", peer=(name, memory[1]), ratio=memory[1] / memory[0])


def run(bench):
    proxies = Gateways(bench)
    try:
        for kind, about in KINDS.items():
            bench.report.section(f"gateways, {about}")
            unable = proxies.drop_those_unable(kind)
            alone, many = (measure(proxies, kind, c) for c in CONNECTIONS)
            tell(bench.report, proxies, kind, alone, many)
            for name in unable:
                bench.report.note(f"{name} cannot: {proxies.unable[name, kind]}")
            bench.report.command(proxies.ask_words("offgrid", kind, CONNECTIONS[1], SECONDS))
            proxies.targets.update(unable)
    finally:
        proxies.stop()
