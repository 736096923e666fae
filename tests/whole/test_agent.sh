#!/usr/bin/env bash
# The agent on scripts, through the program as a person runs it, onto a real disk. No model, no network.
# usage: test_agent.sh OFFGRID
# shellcheck source=tests/tools/check.sh disable=SC2154 # scratch comes from there
. "$(dirname "$0")/../tools/check.sh"

offgrid=$1
export OFFGRID_STATE_DIR=$scratch/state OFFGRID_CONFIG_DIR=$scratch/config HOME=$scratch/home
work=$scratch/work
mkdir -p "$work" "$HOME"

script() { # script: the turns come on stdin
	{ printf '{"chunk_bytes": 7, "turns": ['; cat; printf ']}'; } >"$scratch/script.json"
}

agent() { # agent ARGUMENTS...: a run in the working folder on the script
	run "$offgrid" agent --script "$scratch/script.json" --cwd "$work" "$@"
}

says() { # says FACT WORDS...: the last run printed each of these
	local fact=$1 word bad=0
	shift
	for word in "$@"; do grep -qF -- "$word" "$scratch/out" || bad=1; done
	verdict $bad "$fact" "$scratch/out"
}

ends_with() { # ends_with CODE FACT
	verdict "$([ "$status" = "$1" ]; echo $?)" "$2 (exit $1)" "$scratch/out"
}

receipt() { # receipt EXPRESSION: of the last run's JSON receipt, as Python says it
	python3 -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
r = lines[-1]["receipt"]
print(eval(sys.argv[2]))' "$scratch/out" "$1"
}

is_said() { # is_said FACT EXPRESSION: true of the receipt
	verdict "$([ "$(receipt "$2")" = True ]; echo $?)" "$1" "$scratch/out"
}

write_hello='{"calls": [{"name": "write", "arguments": {"path": "hello.txt", "content": "hello\n"}}]}'
listing='{"calls": [{"name": "list", "arguments": {"path": "."}}], "repeat": true}'

script <<<"$write_hello, {\"text\": \"hello.txt is written.\"}"
agent "make hello"
ends_with 0 "a run that writes a file ends well"
holds "the file is there" test "$(cat "$work/hello.txt")" = hello
says "the receipt names it" "created  hello.txt" "end      done; exit 0"
holds "no line is wider than 80 columns" test "$(LC_ALL=C.UTF-8 wc -L <"$scratch/out")" -le 80

rm -f "$work"/*
agent --json "make hello"
is_said "as JSON it is the same" 'r["exit_code"] == 0 and [f["path"] for f in r["created"]] == ["hello.txt"] and r["final"] == "hello.txt is written."'
id=$(receipt 'r["traces"][-1]')
run "$offgrid" trace "$id"
succeeds "each turn left a trace"

script <<<'{"text": "hello.txt is written.", "repeat": true}'
rm -f "$work"/*
agent "make hello"
ends_with 1 "a claim that is not so is no success"
says "it was answered once, and the receipt says what is not so" "asked once" "but hello.txt does not exist" "claimed in vain"
agent --json "make hello"
is_said "once, not twice" 'r["turns"] == 2'

script <<<"{\"text\": \"I'll create hello.txt now.\"}, $write_hello, {\"text\": \"Done.\"}"
agent --json "make hello"
ends_with 0 "a model that only announced is asked once and does it"
is_said "in three turns" 'r["turns"] == 3 and len(r["created"]) == 1'

script <<<"$listing"
agent --json "look"
ends_with 1 "a circle is no success"
is_said "and is stopped at the third round" 'r["end"] == "repeated" and r["turns"] == 3'
agent --json --max-turns 2 "look"
is_said "a budget of turns ends a run" 'r["end"] == "budget" and r["turns"] == 2'
agent --json --max-tokens 5 "look"
is_said "a budget of tokens ends a run" 'r["end"] == "budget" and r["turns"] == 1'

script <<<'{"text": "Nothing to do."}'
agent --check "test -f missing.txt" "make it"
ends_with 1 "the judge decides against"
agent --check "true" "make it"
ends_with 0 "the judge decides for"
says "and stands in the receipt" "check    true"

script <<<'{"fail": {"kind": "unreachable", "layer": "wire", "what": "no route to the desk", "mend": "plug it in"}}'
agent "make it"
ends_with 7 "a failing upstream gives its own exit code"
says "with its layer and its mend" "wire: no route to the desk" "plug it in"

script <<<'{"calls": [{"name": "write", "arguments": {"path": "../out.txt", "content": "x"}}, {"name": "read", "arguments": {"path": "/etc/passwd"}}]}, {"text": "I could not."}'
agent "break out"
holds "a path that climbs out writes nothing" test ! -e "$scratch/out.txt"
says "and is refused" "error: ../out.txt: outside the working directory" "error: /etc/passwd: outside"

script <<<'{"calls": [{"name": "shell", "arguments": {"command": "touch ../out.txt /etc/offgrid-test; touch in.txt; env"}}]}, {"text": "Ran it."}'
OFFGRID_TEST_KEY=hunter2 agent --json "run it"
holds "a command changes nothing outside" test ! -e "$scratch/out.txt" -a ! -e /etc/offgrid-test
verdict "$(grep -q hunter2 "$scratch/out"; [ $? = 1 ]; echo $?)" "a command sees no keys"
if [ "$(receipt 'len(r["commands"])')" = 1 ]; then
	is_said "it was caged, and what it did inside is in the receipt" 'r["commands"][0]["caged"] and "in.txt" in [f["path"] for f in r["created"]]'
else
	is_said "where no cage works it was refused, and says so" 'len(r["refused"]) == 1'
fi
agent --json --cage none "run it"
is_said "without a cage a command is refused when nobody can be asked" 'r["commands"] == [] and len(r["refused"]) == 1'
agent --json --policy read-only "run it"
is_said "read-only runs nothing" 'r["commands"] == [] and len(r["refused"]) == 1'
agent --json --cage bubblewrap --policy auto "run it"
[ "$status" = 0 ] || says "a cage that does not work here says why" "bubblewrap"

script <<<'{"calls": [{"name": "shell", "arguments": {"command": "echo begun; sleep 1000"}}]}, {"text": "It hung."}'
agent --json --policy auto --command-time 300ms "hang"
is_said "a command that hangs is stopped" 'r["commands"][0]["timed_out"] and r["end"] == "done"'

rm -f "$work"/*
script <<<"$write_hello, {\"text\": \"hello.txt is written.\"}, {\"match\": \"again\", \"text\": \"I wrote hello.txt before.\"}"
agent --json "make hello"
session=$(receipt 'r["session"]')
agent --json --continue "once again"
is_said "a session is taken up again" "r['session'] == '$session' and r['end'] == 'done' and r['not_so'] == []"
agent --json --resume "$session" "again and again"
is_said "by its id too" "r['session'] == '$session'"
agent --resume zzzz "again"
ends_with 3 "a session that is none is an error"

# Killed in the middle of an answer: what was said before is kept, and the session goes on.
script <<<"$write_hello, {\"delay_ms\": 100000, \"text\": \"never\"}, {\"match\": \"go on\", \"text\": \"Going on.\"}"
rm -f "$work"/*
"$offgrid" agent --json --script "$scratch/script.json" --cwd "$work" "make hello" >"$scratch/killed" 2>&1 &
pid=$!
for _ in $(seq 500); do
	[ "$(grep -c '"turn":2' "$scratch/killed")" = 0 ] || break
	sleep 0.02
done
{ kill -9 $pid && wait $pid; } 2>/dev/null
agent --json --continue "go on"
is_said "after kill -9 the session goes on" 'r["end"] == "done" and r["final"] == "Going on."'

# Stopped by ctrl-C: a receipt all the same.
script <<<"$write_hello, {\"delay_ms\": 100000, \"text\": \"never\"}"
"$offgrid" agent --json --script "$scratch/script.json" --cwd "$work" "make hello" >"$scratch/out" 2>&1 &
pid=$!
for _ in $(seq 500); do
	[ "$(grep -c '"turn":2' "$scratch/out")" = 0 ] || break
	sleep 0.02
done
kill -TERM $pid
wait $pid
status=$?
ends_with 130 "a run that is stopped says so"
is_said "and has its receipt" 'r["end"] == "cancelled" and r["turns"] == 2'

# Line by line, from a pipe.
rm -f "$work"/*
script <<<"{\"match\": \"first\", \"text\": \"One.\"}, {\"match\": \"second\", \"text\": \"Two.\"}"
printf 'the first\n\nthe \\\nsecond\n/quit\n' >"$scratch/lines"
run bash -c '"$@" <"$0"' "$scratch/lines" "$offgrid" agent --script "$scratch/script.json" --cwd "$work"
says "tasks are read line by line from a file" "One." "Two."
run bash -c 'cat "$0" | "$@"' "$scratch/lines" "$offgrid" agent --script "$scratch/script.json" --cwd "$work"
says "and from a pipe" "One." "Two."

# What others say cannot move the cursor.
printf 'a\033[2Jb' >"$work/evil.txt"
script <<<'{"text": "\u001b[2Jcleared \u009b2J", "calls": [{"name": "read", "arguments": {"path": "evil.txt"}}]}, {"text": "Done."}'
agent "read it"
verdict "$(grep -q $'\033' "$scratch/out"; [ $? = 1 ]; echo $?)" "control characters do not reach the terminal" "$scratch/out"

# A disk that is full: the work goes on, and says that the session is not kept.
if [ -w /dev/full ]; then
	mkdir -p "$scratch/full"
	ln -s /dev/full "$scratch/full/offgrid.db"
	script <<<'{"text": "Nothing to do."}'
	OFFGRID_STATE_DIR=$scratch/full agent "go"
	ends_with 0 "where nothing can be kept the work goes on"
	says "and says so" "not kept"
fi

# A server in place of a script, over the loopback.
script <<<"$write_hello, {\"text\": \"hello.txt is written.\"}"
rm -f "$work"/*
"$offgrid" serve --script "$scratch/script.json" --listen 127.0.0.1:0 --no-store >"$scratch/served" 2>&1 &
pid=$!
for _ in $(seq 500); do
	grep -q 'http://' "$scratch/served" && break
	sleep 0.02
done
url=$(grep -o 'http://[^ ,]*' "$scratch/served" | head -1)
run "$offgrid" agent --json --upstream "$url" --model script --cwd "$work" "make hello"
kill $pid
wait $pid
is_said "a server answers as well" 'r["exit_code"] == 0 and [f["path"] for f in r["created"]] == ["hello.txt"]'
run "$offgrid" agent --upstream "$url" --model script --cwd "$work" "make hello"
ends_with 7 "a server that is gone is a fault of the wire"
says "and named so" "wire:"

finish
