#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The exit code that comes on the stream itself (src/http/hijack.h): what it costs nobody who does not ask for it, and what
# happens when it does not come.

load lib

setup_file() { ENGINE=daemon engine_setup exit && import_busybox; }
teardown_file() { engine_teardown; }

setup() { skipped_file; }
teardown() { hoy rm -f one >/dev/null 2>&1 || true; }

runs() { [ "$(inspect one '{{.State.Running}}')" = true ]; }
monitor_of_one() { pgrep -f "hoy-monitor --id $(inspect one '{{.Id}}')"; }
# The only client is connected.
worker_of() { pgrep -P "$(cat "$T/service.pid")" -x hoyd | head -n 1; }
post() { # PATH [CURL-OPTION...]
	local path=$1
	shift
	curl -s --max-time 10 --unix-socket "$T/hoy.sock" -X POST -H 'Content-Type: application/json' "$@" "http://hoy/v1.45$path"
}

@test "run and exec: all exit codes, output before them" {
	run_status 7 hoy run --rm busybox sh -c 'echo out; echo err >&2; exit 7'
	[ "$output" = $'out\nerr' ] || [ "$output" = $'err\nout' ]
	hoy run -d --name one busybox sleep 1000
	run_status 9 hoy exec one sh -c 'echo out; exit 9'
	[ "$output" = out ]
	run_status 255 hoy exec one sh -c 'exit 255'
	run_status 137 hoy exec one sh -c 'kill -9 $$'
	run_status 126 hoy exec one /
	run_status 127 hoy exec one frobnicate
	[ "$(hoy exec one sh -c 'yes | head -c 3000000; exit 3' | wc -c)" = 3000000 ]
}

@test "the record has the end when the code is told" {
	run_status 5 hoy run --name one busybox sh -c 'exit 5'
	[ "$(inspect one '{{.State.Status}} {{.State.ExitCode}}')" = 'exited 5' ]
	run_status 0 hoy run --rm --name gone busybox true
	run_status 1 hoy inspect gone
}

@test "a restart policy: the first exit is told, the container goes on" {
	run_status 3 hoy run --restart always --name one busybox sh -c 'exit 3'
	[ "$(inspect one '{{.State.Status}}')" != exited ]
}

@test "start that fails: one answer, the container of --rm is gone, the other stays" {
	run_status 127 hoy run --rm --name gone busybox frobnicate
	[[ $output == *'"frobnicate": executable file not found'* ]]
	run_status 1 hoy inspect gone
	run_status 127 hoy run --name one busybox frobnicate
	[ "$(inspect one '{{.State.Status}}')" = created ]
}

@test "a worker that is killed: the client asks another" {
	hoy run --name one busybox sh -c 'trap "exit 6" TERM; sleep 1000 & wait' 3>&- &
	client=$!
	wait_for runs
	kill_ours KILL "$(worker_of)"
	hoy kill -s TERM one
	status=0
	wait "$client" || status=$?
	[ "$status" = 6 ]
}

@test "a monitor that is killed: 137, with --rm too" {
	for option in --rm --init=false; do
		hoy run "$option" --name one busybox sleep 1000 3>&- &
		client=$!
		wait_for runs
		kill_ours KILL "$(monitor_of_one)"
		status=0
		wait "$client" || status=$?
		[ "$status" = 137 ]
		hoy rm -f one >/dev/null 2>&1 || true
	done
}

@test "a client that goes: the container runs on, its end is recorded" {
	hoy run --name one busybox sh -c 'trap "exit 4" TERM; sleep 1000 & wait' 3>&- &
	client=$!
	wait_for runs
	kill -KILL "$client"
	wait "$client" || true
	hoy kill -s TERM one
	[ "$(hoy wait one)" = 4 ]
	[ "$(inspect one '{{.State.Status}} {{.State.ExitCode}}')" = 'exited 4' ]
}

@test "who does not ask gets Docker's frames alone" {
	hoy run -d --name one busybox sleep 1000
	id=$(post /containers/one/exec -d '{"Cmd": ["echo", "hi"], "AttachStdout": true}' | jq -r .Id)
	[ "$(post "/exec/$id/start" -d '{}' | od -An -tx1 | tr -d ' \n')" = 010000000000000368690a ]
	id=$(post /containers/one/exec -d '{"Cmd": ["echo", "hi"], "AttachStdout": true}' | jq -r .Id)
	[ "$(post "/exec/$id/start?hoy-exit=1" -d '{}' | od -An -tx1 | tr -d ' \n')" = 010000000000000368690a040000000000000130 ]
	# a terminal's stream has no frames
	id=$(post /containers/one/exec -d '{"Cmd": ["echo", "hi"], "AttachStdout": true, "Tty": true}' | jq -r .Id)
	[ "$(post "/exec/$id/start?hoy-exit=1" -d '{"Tty": true}' | tr -d '\r')" = hi ]
}

@test "hoy-start of one that runs, of one that is not there" {
	hoy run -d --name one busybox sleep 1000
	[[ "$(post '/containers/one/attach?stream=1&stdout=1&hoy-start=1')" == *'is running already"}'* ]]
	[[ "$(post '/containers/none/attach?stream=1&stdout=1&hoy-start=1')" == *'No such container: none"}'* ]]
	runs
}
