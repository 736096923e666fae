"""Runs one official client of PyPI's: reads jobs, one JSON document a line, and writes what the client made of each, in the words of
all runners (see ../cases.py). It judges nothing.

usage: runner.py CLIENT

A client is a module of_CLIENT with a class Client(job), which has
  models()                          ids
  loop(ask, run)                    the last text of its own loop, where it has one; run(name, arguments) gives a tool's result
  unserved()                        asks for something of its vendor's that is not served here
  begin(ask)                        the history in the client's own words
  send(history, ask, seen)          (answer, said): what came, and what the history gets of it; seen() is called with every
                                    piece of a stream
  follow(history, said, answer, results)  the history with that and the results of calls
  close()
"""

import asyncio
import importlib
import json
import os
import sys
import traceback
import urllib.request

PATIENCE = 20  # seconds; only a hang reaches it
ABOUT_REPEATS = ("retry-after", "retry-after-ms", "x-should-retry")
requests = []  # of the job that runs


def watch(library):
    """Every request of a client goes through here, so that repeats are seen and each is known by its id."""
    plain = library.AsyncClient.send

    async def send(self, request, **options):
        one = {"status": None, "id": None, "told": {}}
        requests.append(one)
        answer = await plain(self, request, **options)
        one.update(status=answer.status_code, id=answer.headers.get("x-request-id"),
                   told={name: answer.headers[name] for name in ABOUT_REPEATS if name in answer.headers})
        return answer

    library.AsyncClient.send = send


class Left(Exception):
    """The client goes away."""


async def leave_when_arrived(gate, conversing):
    """The gate answers when the last upstream has got the request."""
    await asyncio.to_thread(lambda: urllib.request.urlopen(gate, timeout=PATIENCE).read())
    conversing.cancel()


async def loop(client, ask, done):
    """The client itself runs the tools and asks on until there are no more calls."""
    def run(name, arguments):
        done["ran"].append({"name": name, "arguments": arguments})
        return ask["results"][name]

    done["ran"] = []
    done["text"] = await client.loop(ask, run)


async def converse(client, ask, answers):
    def seen():
        if ask.get("leave") == "begun":
            raise Left

    history = client.begin(ask)
    answer, said = await client.send(history, ask, seen)
    answers.append(answer)
    if "results" in ask:
        ask = {name: value for name, value in ask.items() if name != "choice"}
        history = client.follow(history, said, answer, ask["results"])
        answers.append((await client.send(history, ask, seen))[0])


def told_error(error):
    return {"class": type(error).__name__, "name": type(error).__name__,
            "status": getattr(error, "status_code", None) or getattr(error, "code", None), "message": str(error)}


async def run(job, make):
    requests.clear()
    done = {"id": job["id"], "answers": [], "error": None}
    client, ask = make(job), job["ask"]
    try:
        if job["do"] == "models":
            done["models"] = await asyncio.wait_for(client.models(), PATIENCE)
            return done
        if job["do"] == "unserved":
            await asyncio.wait_for(client.unserved(), PATIENCE)
            return done
        if job["do"] == "loop":
            await asyncio.wait_for(loop(client, ask, done), PATIENCE)
            return done
        conversing = asyncio.create_task(converse(client, ask, done["answers"]))
        if ask.get("leave") == "waiting":
            await leave_when_arrived(job["gate"], conversing)
        await asyncio.wait_for(conversing, PATIENCE)
    except (Exception, asyncio.CancelledError) as error:
        done["error"] = told_error(error)
        if "OFFGRID_SHOW" in os.environ:
            traceback.print_exc()
    finally:
        done["requests"] = list(requests)
        await client.close()
    return done


async def main():
    client = importlib.import_module("of_" + sys.argv[1])
    for library in ("httpx", "httpx2"):
        if library in sys.modules:
            watch(sys.modules[library])
    for line in sys.stdin:
        print(json.dumps(await run(json.loads(line), client.Client)), flush=True)


asyncio.run(main())
