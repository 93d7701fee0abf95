#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Sessions as a person has them: shells, keys, sizes, signals; and the terminal as it was, however they end.

load lib

setup_file() {
	engine_setup tty
	import_busybox
}

teardown_file() { engine_teardown; }

teardown() { hoy rm -f shell >/dev/null 2>&1 || true; }

# Python lines with Terminal and signal at hand.
typed() {
	run env PYTHONPATH="$BATS_TEST_DIRNAME" PYTHONDONTWRITEBYTECODE=1 python3 -c "
import os, signal, subprocess, time
from terminal import Terminal
$1"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "run -it: size, resize, Ctrl-C, exit code" {
	typed '
t = Terminal("hoy", "run", "-it", "--rm", "busybox", "sh")
t.expect("/ # ").type("stty size\n").expect("33 99").expect("/ # ")
t.size(44, 111)
t.type("while ! stty size | grep 44; do sleep 0.05; done\n").expect("44 111").expect("/ # ")
t.type("sh -c \"echo go; exec sleep 100\"\n").expect("go\r\n").type("\x03").expect("/ # ").type("echo got $?\n").expect("got 130")
t.type("exit 5\n").end(5)'
	[ -z "$(hoy ps -aq)" ]
}

@test "detach from run, attach again, detach, attach to the end" {
	typed '
Terminal("hoy", "run", "-it", "--name", "shell", "busybox", "sh").expect("/ # ").type("cd /tmp\n").expect("/tmp # ") \
    .type("\x10\x11").end(0)
t = Terminal("hoy", "attach", "shell").type("\n").expect("/tmp # ")
t.type("\x10\x11").expect("read escape sequence").end(1)
Terminal("hoy", "attach", "--detach-keys", "ctrl-a,d", "shell").type("\n").expect("/tmp # ").type("\x01d").end(1)
Terminal("hoy", "attach", "shell").type("\n").expect("/tmp # ").type("exit 4\n").end(4)'
	[ "$(inspect shell '{{.State.ExitCode}}')" = 4 ]
}

@test "a key of the detach sequence alone goes to the program" {
	typed '
t = Terminal("hoy", "run", "-it", "--rm", "busybox", "sh", "-c", "stty raw -echo; echo ready; head -c 2 | od -An -tx1")
t.expect("ready").type("\x10x").expect("10 78").end(0)'
}

@test "exec -it: size, exit code, detach, and a signal that ends hoy" {
	hoy run -d --name shell busybox sleep 1000
	typed '
t = Terminal("hoy", "exec", "-it", "shell", "sh", rows=21, cols=71)
t.expect("/ # ").type("stty size\n").expect("21 71").expect("/ # ").type("exit 3\n").end(3)
Terminal("hoy", "exec", "-it", "shell", "sh").expect("/ # ").type("\x10\x11").expect("read escape").end(1)
t = Terminal("hoy", "exec", "-it", "shell", "sh").expect("/ # ")
t.kill(signal.SIGTERM)
t.end(-signal.SIGTERM)'
}

@test "start -ai: the same shell again" {
	hoy create -it --name shell busybox sh
	typed '
Terminal("hoy", "start", "-ai", "shell").expect("/ # ").type("echo one\n").expect("one\r\n").type("exit 2\n").end(2)
Terminal("hoy", "start", "-ai", "shell").expect("/ # ").type("exit 0\n").end(0)'
}

@test "without a terminal Ctrl-C and SIGTERM go to the program" {
	typed '
t = Terminal("hoy", "run", "--rm", "busybox", "sh", "-c",
             "trap \"echo int; exit 9\" INT; echo ready; while :; do sleep 0.05; done")
t.expect("ready").type("\x03").expect("int").end(9)
t = Terminal("hoy", "run", "--rm", "busybox", "sh", "-c",
             "trap \"echo term; exit 8\" TERM; echo ready; while :; do sleep 0.05; done")
t.expect("ready").kill(signal.SIGTERM)
t.expect("term").end(8)'
	[ -z "$(hoy ps -aq)" ]
}

@test "-t without a terminal on stdin is refused with -i, and works without" {
	run_status 1 hoy run --rm -it busybox true </dev/null
	[ "$output" = "the input device is not a TTY" ]
	run_status 0 hoy run --rm -t busybox echo hi </dev/null
	[ "$output" = $'hi\r' ]
}

@test "stdin: a file, a pipe, its end; more than fits into any buffer, both ways" {
	head -c 3000000 /dev/zero | tr '\0' a >"$T/big"
	hoy run --rm -i busybox cat <"$T/big" | cmp - "$T/big"
	hoy run -d --name shell busybox sleep 1000
	hoy exec -i shell cat <"$T/big" | cmp - "$T/big"
	[ "$(echo in | hoy run --rm -i busybox sh -c 'read x; echo "got $x"; read y || echo end')" = $'got in\nend' ]
}

@test "stdout and stderr come apart, -a chooses" {
	hoy run --rm busybox sh -c 'echo out; echo err >&2' >"$T/out" 2>"$T/err"
	[ "$(cat "$T/out")/$(cat "$T/err")" = out/err ]
	run hoy run --rm -a stderr busybox sh -c 'echo out; echo err >&2'
	[ "$output" = err ]
}

@test "the manual has every command and every option" {
	"$BATS_TEST_DIRNAME/../../man/update" --check "$HOY_BUILD"
}

@test "completion offers commands and options" {
	[ "$(hoy __complete con | tr '\n' ' ')" = "container context " ]
	[ "$(hoy __complete container st | sort | tr '\n' ' ')" = "start stats stop " ]
	[ "$(hoy __complete run --mem)" = "$(printf -- '--memory\n--memory-reservation\n--memory-swap\n--memory-swappiness')" ]
}
