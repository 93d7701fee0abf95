#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# /metrics at an address of its own, and hoyd's own log as JSON.

setup_file() {
	load lib
	engine_setup metrics
	PORT=$((21000 + RANDOM % 9000)) # below the range that the kernel picks from
	export PORT
	sed -i "s|^{|{\"metrics-addr\": \":$PORT\", \"log-format\": \"json\",|" "$HOY_CONFIG"
	daemon_start
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

metrics() { curl -sf "http://127.0.0.1:$PORT/metrics"; }

@test "engine and containers, in the text format" {
	hoy run -d --name 'aa' --memory 64m busybox sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 1000' >/dev/null
	hoy run --name bb busybox true
	metrics >"$BATS_TEST_TMPDIR/m"
	grep -qx 'engine_daemon_container_states_containers{state="running"} 1' "$BATS_TEST_TMPDIR/m"
	grep -qx 'engine_daemon_container_states_containers{state="stopped"} 1' "$BATS_TEST_TMPDIR/m"
	grep -q '^engine_daemon_engine_info{architecture="' "$BATS_TEST_TMPDIR/m"
	local labels
	labels="id=\"$(inspect aa '{{.Id}}')\",image=\"busybox\",name=\"aa\""
	grep -qF "container_spec_memory_limit_bytes{$labels} 67108864" "$BATS_TEST_TMPDIR/m"
	grep -qE "^container_processes\{$labels\} [1-9]" "$BATS_TEST_TMPDIR/m"
	grep -qE "^container_network_receive_bytes_total\{$labels,interface=\"eth0\"\} [0-9]" "$BATS_TEST_TMPDIR/m"
	grew() { [ "$(metrics | grep -F "container_cpu_usage_seconds_total{$labels}" | cut -d' ' -f2)" != 0 ]; }
	wait_for grew
	run ! grep -q 'name="bb"' "$BATS_TEST_TMPDIR/m"
	# each metric once, described, and every line of a known shape
	[ -z "$(grep '^# TYPE' "$BATS_TEST_TMPDIR/m" | sort | uniq -d)" ]
	run ! grep -vE '^(# (HELP|TYPE) [a-z_]+ .*|[a-z_]+(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? [0-9.e+-]+)$' "$BATS_TEST_TMPDIR/m"
	curl -si "http://127.0.0.1:$PORT/metrics" | grep -qi '^content-type: text/plain; version=0.0.4; charset=utf-8'
	hoy rm -f aa bb
}

@test "that address serves nothing else, on loopback only" {
	for path in / /_ping /containers/json /v1.55/info /metrics/x; do
		[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT$path")" = 404 ]
	done
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST "http://127.0.0.1:$PORT/metrics")" = 400 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$T/hoy.sock" http://x/metrics)" = 404 ]
	for address in $(hostname -I); do
		[[ $address == *:* ]] || run ! curl -s --max-time 2 "http://$address:$PORT/metrics"
	done
}

@test "the log is JSON, a line each" {
	kill -HUP "$(cat "$T/service.pid")"
	wait_for grep -q 'read again' "$T/hoyd.log"
	python3 - "$T/hoyd.log" <<-'END'
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1])]
		assert lines and all({"level", "msg", "time"} <= set(line) for line in lines)
		assert [line["level"] for line in lines if "read again" in line["msg"]] == ["info"]
	END
}

@test "addresses and formats that are none are refused" {
	echo '{}' >"$T/empty.json"
	echo "{}" >"$T/empty.json"
	while IFS='|' read -r option want; do
		run -1 hoyd --config-file "$T/empty.json" --data-root "$T/x" --exec-root "$T/x" -H "unix://$T/x.sock" "$option"
		[[ $output == *"$want"* ]] || { echo "$option: $output"; return 1; }
	done <<-'END'
		--metrics-addr=nowhere|metrics-addr: 'nowhere' is not an address and a port
		--metrics-addr=x:99999|not an address and a port
		--log-format=xml|invalid log format: xml
	END
}
