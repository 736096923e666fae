#!/usr/bin/env bash
# tools/llama against a registry of its own: an npm that serves two small packages made here, a "llama" of two functions.
# shellcheck source=tests/tools/check.sh
. "$(dirname "$0")/check.sh"

export XDG_CACHE_HOME=$scratch/cache LLAMA_LOCK=$scratch/llama.lock STAND_IN=$scratch PATH=$scratch/bin:$PATH
version=9.8.7
platform=linux-x64

integrity() { # as npm writes it
	python3 -c 'import base64, hashlib, sys
print("sha512-" + base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$1"
}

make_bundle_package() { # the headers, in a git bundle, in an archive
	local repo=$scratch/repo
	mkdir -p "$repo/include" "$repo/ggml/include" "$repo/models/templates" "$scratch/a/package/llama"
	echo 'const char *llama_version(void);' >"$repo/include/llama.h"
	echo 'int ggml_answer(void);' >"$repo/ggml/include/ggml.h"
	echo '{{ bos }}' >"$repo/models/templates/one.jinja"
	git -C "$repo" init -q
	git -C "$repo" add .
	git -C "$repo" -c user.name=n -c user.email=e commit -qm source
	commit=$(git -C "$repo" rev-parse HEAD)
	git -C "$repo" bundle create -q "$scratch/a/package/llama/gitRelease.bundle" HEAD
	tar -czf "$scratch/node-llama-cpp.tgz" -C "$scratch/a" package
}

make_library_package() { # three libraries that search "$ORIGIN:", as the real ones do
	local bins=$scratch/b/package/bins/$platform
	mkdir -p "$bins"
	echo "const char *llama_version(void); const char *llama_version(void) { return \"$version-dev\"; }" >"$scratch/l.c"
	# shellcheck disable=SC2016 # the dollar is meant
	cc -shared -fPIC "$scratch/l.c" -o "$bins/libllama.v$version.so" -Wl,-soname,"libllama.v$version.so" -Wl,-rpath,'$ORIGIN:'
	echo 'int ggml_answer(void); int ggml_answer(void) { return 42; }' >"$scratch/g.c"
	cc -shared -fPIC "$scratch/g.c" -o "$bins/libggml.v$version.so" -Wl,-soname,"libggml.v$version.so"
	cc -shared -fPIC "$scratch/g.c" -o "$bins/libggml-base.so" -Wl,-soname,libggml-base.so
	tar -czf "$scratch/$platform.tgz" -C "$scratch/b" package
}

write_lock() {
	cat >"$LLAMA_LOCK" <<-EOT
		llama.cpp $version git-$commit
		node-llama-cpp 1.0.0 $(integrity "$scratch/node-llama-cpp.tgz")
		@node-llama-cpp/$platform 1.0.0 $(integrity "$scratch/$platform.tgz")
	EOT
}

stand_in npm <<'EOT'
echo "$*" >>"$STAND_IN/log"
[ ! -e "$STAND_IN/unreachable" ] || { echo "npm error network ENOTFOUND" >&2; exit 1; }
name=${!#}
name=${name%@*}
cp "$STAND_IN/${name#@node-llama-cpp/}.tgz" package-1.0.0.tgz
EOT
stand_in uname <<<'case "$*" in -s) echo Linux ;; *) echo Linux x86_64 ;; esac'
stand_in getconf <<<'echo glibc 2.36'
stand_in pkg-config <<<'exit 1'
make_bundle_package
make_library_package
write_lock
home=$XDG_CACHE_HOME/offgrid/llama/$version-$platform

run "$tree/tools/llama" --needs
holds "an empty cache needs a fetch" grep -qx fetch "$scratch/out"

touch "$scratch/unreachable"
run "$tree/tools/llama"
fails_saying "a registry that cannot be reached is called that" "could not fetch node-llama-cpp@1.0.0" "ENOTFOUND" "mend: check the network"
rm "$scratch/unreachable"

cp "$scratch/$platform.tgz" "$scratch/good.tgz"
echo junk >>"$scratch/$platform.tgz"
run "$tree/tools/llama"
fails_saying "a package with another hash is refused" "@node-llama-cpp/$platform@1.0.0 is not what data/llama.lock pins" "refused"
holds "and leaves nothing that looks whole" test ! -e "$home"
cp "$scratch/good.tgz" "$scratch/$platform.tgz"

run "$tree/tools/llama" --describe
succeeds "the pinned packages become a library that links and starts"
holds "which describes itself" grep -q "^libllama $version, prebuilt for $platform" "$scratch/out"
holds "headers of both kinds lie together" test -e "$home/include/llama.h" -a -e "$home/include/ggml.h"
holds "the search path has lost its current folder" bash -c "readelf -d '$home/lib/libllama.so' | grep -qF '[\$ORIGIN]'"
holds "no temporary folder and no lock stay behind" bash -c "! compgen -G '$XDG_CACHE_HOME/offgrid/llama/.*[a-zA-Z0-9]'"

: >"$scratch/log"
run "$tree/tools/llama" --libs
succeeds "a second call prints the linker flags"
holds "with the path for run time" grep -qF -- "-Wl,-rpath,$home/lib" "$scratch/out"
holds "and asks npm nothing" test ! -s "$scratch/log"
run "$tree/tools/llama" --source
succeeds "the source is unpacked from the kept bundle"
holds "with its templates" test -e "$(tail -n 1 "$scratch/out")/models/templates/one.jinja"
holds "without npm" test ! -s "$scratch/log"

run env MESON_INSTALL_DESTDIR_PREFIX="$scratch/prefix" "$tree/tools/llama" --install "$home/lib"
succeeds "the library is installed beside the program"
holds "whole" cmp "$scratch/prefix/lib/offgrid/libllama.so" "$home/lib/libllama.so"

rm -r "$home"
mkdir "$XDG_CACHE_HOME/offgrid/llama/.tmp.dead"
ln -s 2147483646 "$XDG_CACHE_HOME/offgrid/llama/.lock"
run "$tree/tools/llama"
succeeds "the lock and the leavings of a killed run are no hindrance"
holds "and are gone" test ! -e "$XDG_CACHE_HOME/offgrid/llama/.tmp.dead"

stand_in getconf <<<'echo glibc 2.31'
run "$tree/tools/llama" --needs
holds "an old glibc means building from source" grep -qx compile "$scratch/out"
stand_in getconf <<<'exit 1'
run "$tree/tools/llama" --needs
holds "so does another libc" grep -qx compile "$scratch/out"
run env LLAMA=cuda "$tree/tools/llama"
fails_saying "a variant that does not exist here is refused with the reason" "another libc" "mend: LLAMA=source"
run env LLAMA=system "$tree/tools/llama"
fails_saying "LLAMA=system without it is refused" "pkg-config knows no llama $version"
run env LLAMA=magic "$tree/tools/llama"
fails_saying "an unknown LLAMA is refused with the list" "auto, system, cpu, cuda, vulkan, source"
finish
