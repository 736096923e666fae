# What the scripts in tools/ share: speaking, failing, hashes, room on disk. Sourced, not run; bash 3.2 suffices (macOS).
# shellcheck shell=bash

me=${0##*/}

set -E
trap 'echo "$me: stopped at line $LINENO: $BASH_COMMAND" >&2' ERR  # nothing fails without a word

# shellcheck source=tools/homebrew.sh
. "${BASH_SOURCE[0]%/*}/homebrew.sh"

cache_folder() { # the same places as fs_place() of the program
	if [ -n "${OFFGRID_CACHE_DIR:-}" ]; then echo "$OFFGRID_CACHE_DIR"
	elif [ -n "${XDG_CACHE_HOME:-}" ]; then echo "$XDG_CACHE_HOME/offgrid"
	elif [ "$(uname -s)" = Darwin ]; then echo "$HOME/Library/Caches/offgrid"
	else echo "$HOME/.cache/offgrid"; fi
}

data_folder() {
	if [ -n "${OFFGRID_DATA_DIR:-}" ]; then echo "$OFFGRID_DATA_DIR"
	elif [ -n "${XDG_DATA_HOME:-}" ]; then echo "$XDG_DATA_HOME/offgrid"
	elif [ "$(uname -s)" = Darwin ]; then echo "$HOME/Library/Application Support/offgrid"
	else echo "$HOME/.local/share/offgrid"; fi
}

say() { printf '%s: %s\n' "$me" "$*" >&2; }

die() { # die WHAT_HAPPENED WHAT_TO_DO
	printf '%s: %s\n%s: mend: %s\n' "$me" "$1" "$me" "$2" >&2
	exit 1
}

hash_of() { # hash_of 256|512 FILE -> hex digest
	if command -v "sha$1sum" >/dev/null; then "sha$1sum" "$2"; else shasum -a "$1" "$2"; fi | cut -d' ' -f1
}

size_of() { # bytes
	wc -c <"$1" | tr -d ' '
}

megabytes() { # megabytes BYTES, rounded
	echo $((($1 + 500000) / 1000000))
}

need_disk() { # need_disk MEGABYTES FOLDER HOW_TO_MOVE_IT
	local free
	free=$(df -Pk "$2" | awk 'NR == 2 { printf "%d", $4 * 1024 / 1000000 }')
	[ "$free" -ge "$1" ] || die "needs $1 MB in $2, $free MB are free" "free some space, or $3"
}

need_folder() { # need_folder FOLDER HOW_TO_MOVE_IT
	if ! mkdir -p "$1" 2>/dev/null || [ ! -w "$1" ]; then die "cannot write in $1" "make it writable, or $2"; fi
}

need_command() { # need_command NAME WHAT_FOR
	command -v "$1" >/dev/null || die "$1 is not installed, it is needed to $2" "run tools/setup build"
}

show_tail() { # show_tail FILE: the last lines of what a program said before it failed
	tail -n 20 "$1" | sed "s/^/$me:   /" >&2
}

find_pip() { # sets the array pip: any pip does, only its "download" is used and nothing is installed; $scratch is there
	local candidate
	for candidate in "python3 -m pip" "/usr/bin/python3 -m pip" pip3 pip; do
		read -r -a pip <<<"$candidate"
		! "${pip[@]}" --version >/dev/null 2>&1 || return 0
	done
	# shellcheck disable=SC2154 # scratch is the caller's folder
	if python3 -m venv "$scratch/venv" >/dev/null 2>&1; then
		pip=("$scratch/venv/bin/python" -m pip)
		return 0
	fi
	die "no pip found, it is needed to fetch packages" "run tools/setup build (or install python3-pip)"
}
