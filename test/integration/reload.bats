#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoyd's configuration: checked without a start, read again while it runs.

load lib

setup_file() {
	load lib
	engine_setup reload
	daemon_start
	export HOYD_PID DOCKER_HOST
}

teardown_file() {
	load lib
	engine_teardown
}

# change JQ-EXPRESSION: in daemon.json, then SIGHUP
change() {
	jq "$1" "$HOY_CONFIG" >"$T/new.json" && mv "$T/new.json" "$HOY_CONFIG"
	kill -HUP "$HOYD_PID"
}

@test "--validate" {
	run_status 0 hoyd --validate --config-file "$HOY_CONFIG"
	[ "$output" = "configuration OK" ]
	echo '{"bridge": 5}' >"$T/bad.json"
	run_status 1 hoyd --validate --config-file "$T/bad.json"
	[[ "$output" == *"$T/bad.json"*bridge* ]]
	echo '{"bridges": "x"}' >"$T/bad.json"
	run_status 1 hoyd --validate --config-file "$T/bad.json"
	[[ "$output" == *bridges* ]]
	run_status 1 hoyd --validate --config-file "$T/nothere"
	[[ "$output" == *"$T/nothere"* ]]
}

@test "SIGHUP: labels, registries, levels and defaults; running containers and workers go on" {
	import_busybox busybox >/dev/null
	hoy run -d --name cc --network none busybox sleep 1000
	hoy logs -f cc 3>&- &
	local follower=$!
	change '.labels = ["tier=new"] | ."insecure-registries" = ["registry.example:5000"] | ."log-driver" = "none" | .debug = true'
	changed() { [ "$(hoy info --format '{{json .Labels}}')" = '["tier=new"]' ]; }
	wait_for changed
	[[ "$(hoy info --format '{{json .RegistryConfig}}')" == *registry.example:5000* ]]
	[ "$(hoy info --format '{{.LoggingDriver}}')" = none ]
	hoy run -d --name dd --network none busybox sleep 1000
	[ "$(inspect dd '{{.HostConfig.LogConfig.Type}}')" = none ]
	[ "$(inspect cc '{{.HostConfig.LogConfig.Type}} {{.State.Running}}')" = "json-file true" ]
	kill -0 "$follower"
	kill "$follower"
	hoy rm -f cc dd
}

@test "what is only read at the start stays, and is told; a broken file changes nothing" {
	change '.bridge = "other0" | .labels = ["tier=third"]'
	third() { [ "$(hoy info --format '{{json .Labels}}')" = '["tier=third"]' ]; }
	wait_for third
	grep -q "'bridge' changes with a restart only" "$T/hoyd.log"
	[ ! -e /sys/class/net/other0 ]
	change ".bridge = \"$BRIDGE\""
	cp "$HOY_CONFIG" "$T/good.json"
	echo '{"labels": ' >"$HOY_CONFIG"
	kill -HUP "$HOYD_PID"
	wait_for grep -q 'was not read again' "$T/hoyd.log"
	third
	cp "$T/good.json" "$HOY_CONFIG"
}
