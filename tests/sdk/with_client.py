"""Runs a Python program with one of the vendors' clients, which is installed once (../clients/install.py).

usage: with_client.py sdk-NAME PROGRAM [ARGUMENT...]
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "clients"))

import install  # noqa: E402

if __name__ == "__main__":
    try:
        python = str(install.ensure(sys.argv[1]) / "bin" / "python")
    except install.Missing as why:
        sys.exit(f"with_client: {why}")
    os.execv(python, [python, *sys.argv[2:]])
