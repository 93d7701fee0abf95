#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Looking on: many followers of one log, events in three types, stats, top.

setup_file() {
	load lib
	export ENGINE=daemon
	engine_setup observe
	import_busybox busybox >/dev/null
}

teardown_file() {
	load lib
	engine_teardown
}

setup() {
	load lib
	bats_require_minimum_version 1.5.0
}

teardown() { hoy ps -aq | xargs -r hoy rm -f >/dev/null; }

api() { curl -s --unix-socket "$T/hoy.sock" "$@"; }

@test "as many followers as there are clients, beyond what one user has of inotify" {
	local n
	n=${FOLLOWERS:-$(($(cat /proc/sys/fs/inotify/max_user_instances) + 40))}
	[ "$n" -le 1000 ] || n=300
	hoy run -d --name cc -v "$BATS_TEST_TMPDIR:/t" busybox \
		sh -c 'echo first; while [ ! -e /t/go ]; do usleep 20000; done; seq 1 1000; usleep 100000; seq 1 1000' >/dev/null
	python3 "$BATS_TEST_DIRNAME/follow-logs.py" "$T/hoy.sock" cc "$n" >"$BATS_TEST_TMPDIR/out" 3>&- &
	local pid=$!
	for _ in 1 2 3 4 5 6; do
		wait_for grep -q following "$BATS_TEST_TMPDIR/out" && break
	done
	touch "$BATS_TEST_TMPDIR/go"
	wait "$pid"
	want=$({ echo first && seq 1 1000 && seq 1 1000; } | wc -c)
	[ "$(tail -n +2 "$BATS_TEST_TMPDIR/out")" = "$n followers: $want bytes" ] ||
		{ cat "$BATS_TEST_TMPDIR/out"; false; }
}

@test "events: jsonl, ndjson, json-seq by Accept; application/json for older clients" {
	local since
	since=$(date +%s)
	hoy run --rm --name ee busybox true
	until=$(date +%s.%N)
	for type in application/jsonl application/x-ndjson application/json-seq; do
		api -D "$BATS_TEST_TMPDIR/h" -H "Accept: text/html, $type;q=0.5" "http://x/events?since=$since&until=$until" >"$BATS_TEST_TMPDIR/b"
		grep -qi "^content-type: $type" "$BATS_TEST_TMPDIR/h"
		[ "$(grep -c create "$BATS_TEST_TMPDIR/b")" -ge 1 ]
		marks=$(tr -cd '\036' <"$BATS_TEST_TMPDIR/b" | wc -c)
		case $type in
		*seq) [ "$marks" = "$(wc -l <"$BATS_TEST_TMPDIR/b")" ] ;;
		*) [ "$marks" = 0 ] ;;
		esac
		tr -d '\036' <"$BATS_TEST_TMPDIR/b" | jq -e .Action >/dev/null
	done
	api -D "$BATS_TEST_TMPDIR/h" "http://x/events?since=$since&until=$until" >/dev/null
	grep -qi '^content-type: application/json.$' "$BATS_TEST_TMPDIR/h"
	api -D "$BATS_TEST_TMPDIR/h" -H 'Accept: application/json-seq' "http://x/v1.51/events?since=$since&until=$until" >/dev/null
	grep -qi '^content-type: application/json.$' "$BATS_TEST_TMPDIR/h"
	filters=$(jq -rn '{container: ["ee"], event: ["die"]} | tojson | @uri')
	[ "$(api "http://x/events?since=$since&until=$until&filters=$filters" | jq -r '.Action + " " + .Actor.Attributes.exitCode')" = "die 0" ]
}

@test "stats: each member that docker has" {
	hoy run -d --name cc --memory 64m busybox sleep 1000 >/dev/null
	api 'http://x/containers/cc/stats?stream=0&one-shot=1' >"$BATS_TEST_TMPDIR/s"
	[ "$(jq -r 'keys | sort | join(" ")' "$BATS_TEST_TMPDIR/s")" = \
		"blkio_stats cpu_stats id memory_stats name networks num_procs os_type pids_stats precpu_stats preread read storage_stats" ]
	[ "$(jq '.memory_stats.limit' "$BATS_TEST_TMPDIR/s")" = $((64 << 20)) ]
	jq -e '.cpu_stats.cpu_usage.total_usage > 0 and .cpu_stats.system_cpu_usage > 0 and .pids_stats.current == 1 and
		.networks.eth0.rx_bytes >= 0 and .cpu_stats.online_cpus > 0' "$BATS_TEST_TMPDIR/s" >/dev/null
	[ "$(hoy stats --no-stream --format '{{.Name}} {{.PIDs}}')" = "cc 1" ]
}

@test "stats --no-stream of many: each once, with what it used within a second" {
	local n
	for n in $(seq 15); do hoy run -d --name "n$n" --network none busybox sleep 1000 >/dev/null; done
	hoy run -d --name busy --network none busybox sh -c 'while :; do :; done' >/dev/null
	hoy stats --no-stream --format '{{.Name}} {{.CPUPerc}} {{.PIDs}}' >"$BATS_TEST_TMPDIR/s"
	[ "$(sort "$BATS_TEST_TMPDIR/s" | cut -d' ' -f1 | uniq | wc -l)" = 16 ]
	awk '$1 == "busy" && $2 + 0 > 1 && $3 == 1 { found = 1 } END { exit !found }' "$BATS_TEST_TMPDIR/s"
	hoy stop -t 0 n1
	[ "$(hoy stats -a --no-stream --format '{{.Name}} {{.PIDs}}' | sort | head -n 2)" = "$(printf -- '-- --\nbusy 1')" ]
	run -1 hoy stats --no-stream busy nope $(seq -f n%g 15)
	[ "$output" = "Error response from daemon: No such container: nope" ]
}

@test "top: any arguments of ps, answered on the host's side" {
	hoy run -d --name cc busybox sh -c 'sleep 1001 & sleep 1002; true' >/dev/null
	three() { [ "$(hoy top cc | wc -l)" = 4 ]; }
	wait_for three
	hoy top cc -eo pid,comm,args | grep -q 'sleep 1001$'
	hoy top cc aux | head -n 1 | grep -q '^USER'
	[ "$(hoy top cc -o pid,args | grep -c sleep)" = 3 ]
	run ! hoy top cc -eo comm
	[[ $output == *"Couldn't find PID field in ps output"* ]]
	run ! hoy top cc --no-such-option
	[[ $output == *"error running ps"* || $output == *"ps: "* ]]
}
