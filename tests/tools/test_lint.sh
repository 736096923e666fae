#!/usr/bin/env bash
# tools/lint --rules on a small tree of its own, first clean, then with one fault at a time.
# shellcheck source=tests/tools/check.sh
. "$(dirname "$0")/check.sh"

export LINT_ROOT=$scratch/tree
mkdir -p "$LINT_ROOT"/{src/low,src/high,tests/unit/low,tools}
printf 'low:\nhigh: low\n---\nsqlite3.h event2/: high\nggml*.h: low\n' >"$LINT_ROOT/src/MODULES"
echo "| pc:jansson |" >"$LINT_ROOT/tools/setup"
echo "dependency('jansson')" >"$LINT_ROOT/meson.build"
opening='/*\n * A file of a test.\n */\n'

write() { # write PATH TEXT: a source file that opens as it should
	printf '%b%b' "$opening" "$2" >"$LINT_ROOT/$1"
}

finds() { # finds FACT PLACE: the error, and the exit status that goes with it
	run "$tree/tools/lint" --rules
	fails_saying "$1" "$2"
}

clean() { rm -f "$LINT_ROOT"/src/*/*.[ch] "$LINT_ROOT"/tests/unit/low/*.c; }

write src/low/low.h 'int low(void);\n'
write src/low/low.c '#include "low/low.h"\n#include <ggml-cpu.h>\n'
write src/high/high.c '#include "low/low.h"\n#include <sqlite3.h>\n#include <event2/http.h>\n'
write tests/unit/low/test_low.c '#include "../unit.h"\n#include "low/low.h"\n'
run "$tree/tools/lint" --rules
succeeds "a tree that keeps the rules is clean"

write src/low/up.c '#include "high/high.h"\n'
finds "a lower module may not include a higher one" "src/low/up.c:4: error: low/ may not include high/high.h"
clean
write tests/unit/low/test_up.c '#include "high/high.h"\n'
finds "nor may its test" "tests/unit/low/test_up.c:4: error: low/ may not include"
clean
write src/high/x.c '#include "low/low_int.h"\n'
finds "an internal header stays in its folder" "low/low_int.h never leaves its folder"
clean
write src/low/db.c '#include <sqlite3.h>\n'
finds "a library's header belongs to its module" "sqlite3.h belongs to high/ alone"
clean
write src/low/ev.c '#include <event2/buffer.h>\n'
finds "so does a folder of headers" "event2/buffer.h belongs to high/ alone"
clean
write src/high/g.c '#include "ggml-cpu.h"\n'
finds "and a pattern, however it is quoted" "ggml-cpu.h belongs to low/ alone"
clean
echo 'int x;' >"$LINT_ROOT/src/low/bare.c"
finds "a file opens with what it owns" "src/low/bare.c:1: error: opens with no comment"
clean
opening='/*\n * A file.\n * Layer: cellar.\n */\n' write src/low/cellar.c 'int x;\n'
finds "a layer is one of the nine" "no such layer: cellar"
clean
write src/low/f.c 'int f(void)\n{\n\tstatic int n;\n\treturn ++n;\n}\n'
finds "a function remembers nothing" "src/low/f.c:6: error: no hidden statics"
clean
write src/low/f.c 'int f(void)\n{\n#ifdef X\n\treturn 1;\n#endif\n}\n'
finds "a function has no #ifdef in it" "src/low/f.c:6: error: no #if inside"
clean
write src/low/f.c "int f(void)\n{\n$(for _ in $(seq 61); do printf '\\tg();\\n'; done)}\n"
run "$tree/tools/lint" --rules
holds "a long function is a note, not an error" bash -c "[ $status = 0 ] && grep -q 'src/low/f.c:5: note: a function of 62 lines' '$scratch/out'"
clean
git -C "$LINT_ROOT" init -q
printf 'one\n<<<<<<< HEAD\n' >"$LINT_ROOT/page.md"
git -C "$LINT_ROOT" add page.md
finds "a merge is finished, in pages too" "page.md:2: error: a merge was left unfinished"
git -C "$LINT_ROOT" rm -qf page.md
printf 'low: high\nhigh: low\n' >"$LINT_ROOT/src/MODULES"
finds "the modules stand in order, so no circle is possible" "low may not include high: it stands below it"
printf 'low:\n' >"$LINT_ROOT/src/MODULES"
finds "every folder has a row" "src/high:1: error: this folder has no row"
echo "dependency('mystery')" >>"$LINT_ROOT/meson.build"
finds "every library has a row in tools/setup" "meson.build:1: error: tools/setup does not know how to install mystery"
echo "| pc:unused |" >>"$LINT_ROOT/tools/setup"
finds "and every row a library" "unused is installed, and meson.build asks for no such library"
finish
