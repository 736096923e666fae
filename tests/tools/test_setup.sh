#!/usr/bin/env bash
# tools/setup on a machine that lacks one library: a pkg-config that does not know it, and an apt-get that "installs" it.
# shellcheck source=tests/tools/check.sh
. "$(dirname "$0")/check.sh"

modules=$scratch/pkgconfig
export XDG_CACHE_HOME=$scratch/cache STAND_IN=$scratch PATH=$scratch/bin:$PATH

stand_in pkg-config <<'EOT'
name=${!#}
[ -e "$STAND_IN/pkgconfig/$name" ]
EOT
stand_in apt-get <<'EOT'
echo "apt-get $*" >>"$STAND_IN/log"
if [ -e "$STAND_IN/refusal" ]; then cat "$STAND_IN/refusal"; exit 100; fi
for word in "$@"; do
	case "$word" in libjansson-dev) touch "$STAND_IN/pkgconfig/jansson" ;; npm) touch "$STAND_IN/bin/npm" && chmod +x "$STAND_IN/bin/npm" ;; esac
done
EOT
for name in cc meson ninja make npm bwrap cmocka-dummy; do stand_in $name </dev/null; done
stand_in id <<<'echo 0'
stand_in uname <<<'case "$*" in -s) echo Linux ;; *) echo Linux x86_64 ;; esac'
mkdir "$modules"
for name in libevent libcurl sqlite3 libgit2 libpcre2-8 nettle inih cmocka; do touch "$modules/$name"; done

run "$tree/tools/setup" --check build
fails_saying "--check names the missing library, its package and why it is needed" "libjansson-dev" "pc:jansson" "JSON"
holds "--check installs nothing" test ! -e "$scratch/log"

echo "E: Unable to locate package libjansson-dev" >"$scratch/refusal"
run "$tree/tools/setup" build
fails_saying "a package the lists lack is named, with a mend" "lists lack libjansson-dev" "mend: install that one by hand"

echo "Err:1 Temporary failure resolving 'a.server'" >"$scratch/refusal"
run "$tree/tools/setup" build
fails_saying "an unreachable server is called that, with the command to run again" "cannot be reached" "apt-get install -y --no-install-recommends libjansson-dev"

echo "E: You don't have enough free space in /var/cache/apt/archives/." >"$scratch/refusal"
run "$tree/tools/setup" build
fails_saying "a full disk is called that" "the disk is full" "mend: free some space"

stand_in id <<<'echo 1000'
stand_in sudo <<<'exit 1'
run "$tree/tools/setup" build </dev/null
fails_saying "without root the exact command to run is given" "needs root" "mend: sudo apt-get install -y --no-install-recommends libjansson-dev"
stand_in id <<<'echo 0'

rm "$scratch/refusal"
: >"$scratch/log"
run "$tree/tools/setup" build
succeeds "what is missing is installed"
holds "nothing but what was missing" grep -qxF "apt-get install -y --no-install-recommends libjansson-dev" "$scratch/log"

: >"$scratch/log"
stand_in id <<<'echo 1000'
run "$tree/tools/setup" build
succeeds "a second run needs no root"
holds "and says nothing" test ! -s "$scratch/out"
holds "and asks apt nothing" test ! -s "$scratch/log"

run "$tree/tools/setup" everything
fails_saying "an unknown group is a usage error" "usage: tools/setup"
finish
