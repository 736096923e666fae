#!/usr/bin/env bash
# run.sh VENV REQUIREMENTS SCRIPT [ARGUMENT...]: runs a Python script with the packages of a hashed list, in an
# environment of its own that is made once.
set -euo pipefail

venv=$1 requirements=$2
shift 2
stamp=$venv/$(cksum <"$requirements" | tr ' ' -)
if [ ! -e "$stamp" ]; then
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
	touch "$stamp"
fi
exec "$venv/bin/python" "$@"
