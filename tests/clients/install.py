"""Installs the programs of programs.py as their lock files say, each once, in the user's cache folder.

An install that is whole has a file WHOLE, written last; one that was broken off is made anew. Its folder is named after the
hash of its lock file: another version is another folder. Scripts of packages are not run while they are installed; what a
program needs of them stands in its row.

usage: install.py [NAME...]      without a name: all; prints the folders
"""

import fcntl
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

from programs import PROGRAMS

HERE = pathlib.Path(__file__).resolve().parent
NODE = "node"  # the runtime of all programs from npm, pinned like them
SDK = HERE.parent / "sdk"
ELSEWHERE = {"sdk": SDK / "npm" / "package-lock.json",  # vendors' clients: no programs, but installed alike
             **{f"sdk-{name}": SDK / f"{name}.txt" for name in ("openai", "anthropic", "genai", "ollama")}}


class Missing(Exception):
    """What could not be installed, and why."""


def cache_folder():
    """The program's own (tools/common.sh), so that one variable moves all."""
    asked = subprocess.run(["bash", "-c", ". tools/common.sh && cache_folder"], cwd=HERE.parent.parent, check=True,
                           capture_output=True, text=True)
    return pathlib.Path(asked.stdout.strip()) / "clients"


def compiled_folder():
    """Where Node keeps what it has compiled, for all runs of all programs: a start from a fresh home costs half of its CPU."""
    return cache_folder() / "compiled"


def lock_of(name):
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    npm = HERE / "npm" / name / "package-lock.json"
    return npm if npm.exists() else HERE / "venv" / f"{name}.txt"


def place_of(name):
    system = f"{platform.system()}-{platform.machine()}".lower()
    return cache_folder() / f"{name}-{system}-{hashlib.sha256(lock_of(name).read_bytes()).hexdigest()[:12]}"


def run(words, folder, what, path=None):
    env = {**os.environ, "PATH": path or os.environ["PATH"]}
    try:
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError as why:
        raise Missing(f"{what} could not be installed: {why}") from why
    if done.returncode == 0:
        return
    said = done.stdout + done.stderr
    tail = "\n".join(said.strip().splitlines()[-15:])
    lost = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "Temporary failure", "Name or service", "Could not fetch")
    if any(word in said for word in lost):
        raise Missing(f"{what} is not installed here and there is no network to fetch it\n{tail}")
    raise Missing(f"{what} could not be installed\n{tail}")


def check_against_lock(lock, folder):
    """npm has fetched what the lock names and nothing else. (`npm ci` would refuse a lock whose packages for other systems
    were not to be had when it was made.)"""
    wanted = json.loads(lock.read_text())["packages"]
    for path, there in json.loads((folder / "node_modules" / ".package-lock.json").read_text())["packages"].items():
        if path not in wanted and there.get("optional"):
            print(f"install: {path} {there['version']}, made for this system, is not in the lock: pinned by version alone",
                  file=sys.stderr)
        elif path not in wanted or there.get("integrity") != wanted[path].get("integrity"):
            raise Missing(f"{path} {there.get('version')} is not what {lock} names")


def node_folder():
    """Where the pinned Node is; installed already."""
    found = list(place_of(NODE).glob("node_modules/node-*/bin/node"))
    if not found:
        raise Missing(f"there is no Node for {platform.system()} on {platform.machine()} in {lock_of(NODE)}")
    return found[0].parent


def install_npm(name, folder):
    lock = lock_of(name)
    for part in (lock, lock.with_name("package.json")):
        shutil.copy(part, folder)
    if not shutil.which("npm"):
        raise Missing("npm is not installed: tools/setup test")
    run(["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"], folder, name)
    check_against_lock(lock, folder)
    link_binary(name, folder)
    check_that_it_starts(name, folder)


def link_binary(name, folder):
    """A package that is one binary names its command after the system; here it is what its users type."""
    if name not in PROGRAMS or not PROGRAMS[name].binary:
        return
    program = PROGRAMS[name]
    for binary in (folder / "node_modules").glob(f"{program.package}/{program.binary}"):
        (folder / "node_modules" / ".bin" / binary.name).symlink_to(binary)


def check_that_it_starts(name, folder):
    """npm passes over a binary for this system that it could not fetch, and says that all is well."""
    if name == NODE:
        run([str(node_folder() / "node"), "--version"], folder, "Node")
    if name not in PROGRAMS:
        return
    for where, script in PROGRAMS[name].after:
        run([str(node_folder() / "node"), script], folder / "node_modules" / where, f"{name}: {script}")
    command = bin_of(name) / PROGRAMS[name].command[0]
    run([str(command), "--version"], folder, f"{name}: {command.name}", path_for(name))


def install_venv(name, folder):
    run([sys.executable, "-m", "venv", "."], folder, name)
    run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes",
         "-r", lock_of(name)], folder, name)


def bin_of(name):
    """The folder of an installed program's commands."""
    place = place_of(name)
    return place / "bin" if (place / "bin").is_dir() else place / "node_modules" / ".bin"


def ensure(name):
    """Installs it if it is not there; its folder."""
    place = place_of(name)
    whole = place / "WHOLE"
    if whole.exists():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place.parent / "lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not whole.exists():
            print(f"install: {name} into {place}", file=sys.stderr, flush=True)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            (install_venv if lock_of(name).suffix == ".txt" else install_npm)(name, place)
            whole.touch()
    return place


def ensure_with_runtime(name):
    if PROGRAMS[name].install == "npm":
        ensure(NODE)
    return ensure(name)


def path_for(name):
    """What PATH is for the program: its own commands and Node before the system's."""
    folders = [bin_of(name)] + ([node_folder()] if PROGRAMS[name].install == "npm" else [])
    return os.pathsep.join([*map(str, folders), "/usr/local/bin", "/usr/bin", "/bin"])


if __name__ == "__main__":
    try:
        for wanted in sys.argv[1:] or PROGRAMS:
            print(ensure_with_runtime(wanted))
    except Missing as why:
        sys.exit(f"install: {why}")
