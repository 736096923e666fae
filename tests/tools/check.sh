# What the tests of tools/ share: assertions, a scratch folder, stand-ins for programs that would reach the network.
# A test prints one line per fact and ends with 1 if any does not hold. Sourced, not run.
# shellcheck shell=bash disable=SC2034 # what is set here is used by the tests

set -u
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset OFFGRID_CACHE_DIR OFFGRID_DATA_DIR LLAMA
mkdir "$scratch/bin"
failures=0

verdict() { # verdict STATUS FACT [EVIDENCE_FILE]
	if [ "$1" = 0 ]; then
		echo "ok: $2"
	else
		echo "NOT SO: $2"
		[ -z "${3:-}" ] || sed 's/^/    /' "$3"
		failures=$((failures + 1))
	fi
}

holds() { # holds FACT COMMAND...
	local fact=$1
	shift
	"$@" >/dev/null 2>&1
	verdict $? "$fact"
}

run() { # run COMMAND...: what it says goes to $scratch/out, its exit status to $status
	"$@" >"$scratch/out" 2>&1
	status=$?
}

succeeds() { # succeeds FACT: the last run did
	verdict "$status" "$1" "$scratch/out"
}

fails_saying() { # fails_saying FACT WORDS...: the last run failed, and said each of these
	local fact=$1 word bad=0
	shift
	[ "$status" != 0 ] || bad=1
	for word in "$@"; do grep -qF -- "$word" "$scratch/out" || bad=1; done
	verdict $bad "$fact" "$scratch/out"
}

stand_in() { # stand_in NAME: a program that hides the real one; its text comes on stdin
	{ echo '#!/usr/bin/env bash'; cat; } >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}

finish() { [ "$failures" = 0 ]; }
