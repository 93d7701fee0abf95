#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Health checks: Docker's rules and texts, run by the container's monitor whether hoyd lives or not.
# variants: ENGINE=private|ENGINE=daemon CLI=docker

load lib

setup_file() {
	load lib
	engine_setup health
	export HOYD_PID
	import_busybox busybox >/dev/null
}

teardown_file() {
	load lib
	engine_teardown
}

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	wait_for containers_gone || { cat "$T/left"; return 1; }
}

cli() { "${CLI:-hoy}" "$@"; }
up() { cli run -d --network none "$@"; }
health() { inspect "$1" '{{.State.Health.Status}} {{.State.Health.FailingStreak}}'; }
reaches() { [ "$(inspect "$1" "{{.State.Health.Status}}")" = "$2" ]; }
status_of() { cli ps -a --filter "name=^$1\$" --format '{{.Status}}'; }
results() { inspect "$1" '{{json .State.Health.Log}}' | jq -c "[.[] | $2]"; }

# api_create BODY NAME: what no client can write.
api_create() {
	local pid='' socket=$T/hoy.sock
	if [ "${ENGINE:-}" != daemon ]; then
		socket=$T/api.sock
		hoyd --config-file "$HOY_CONFIG" -H "unix://$socket" >"$T/api.log" 2>&1 3>&- &
		pid=$!
		wait_for test -S "$socket"
	fi
	curl -sS --unix-socket "$socket" -H 'Content-Type: application/json' -d "@$1" "http://h/containers/create?name=$2"
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; }
}

@test "starting, healthy, unhealthy and back: inspect, ps, filters, events" {
	local since
	since=$(date +%s)
	up --name hh --health-cmd 'test -e /ok && echo fine' --health-interval 200ms --health-retries 2 busybox sleep 1000
	[ "$(health hh)" = "starting 0" ]
	[[ "$(status_of hh)" == "Up "*" (health: starting)" ]]
	wait_for reaches hh unhealthy
	[ "$(results hh .ExitCode | jq 'length')" -ge 2 ]
	[[ "$(status_of hh)" == *" (unhealthy)" ]]
	[ "$(cli ps -q --filter health=unhealthy | wc -l)" -eq 1 ]
	[ -z "$(cli ps -q --filter health=healthy)" ]
	cli exec hh touch /ok
	wait_for reaches hh healthy
	[[ "$(status_of hh)" == *" (healthy)" ]]
	[ "$(results hh .ExitCode | jq -c '.[-1]')" = 0 ]
	[ "$(results hh .Output | jq -r '.[-1]')" = fine ]
	cli events --since "$since" --until "$(($(date +%s) + 1))" --filter container=hh --format '{{.Action}}' >"$BATS_TEST_TMPDIR/events"
	[ "$(grep health_status "$BATS_TEST_TMPDIR/events" | paste -sd' ')" = "health_status: unhealthy health_status: healthy" ]
	grep -q '^exec_create: /bin/sh -c test -e /ok' "$BATS_TEST_TMPDIR/events"
	grep -q exec_die "$BATS_TEST_TMPDIR/events"
}

@test "five results are kept, their output cut at 4096 bytes" {
	up --name hh --health-cmd 'seq 1 5000; exit 3' --health-interval 50ms busybox sleep 1000
	five() { [ "$(results hh .ExitCode)" = "[3,3,3,3,3]" ]; }
	wait_for five
	inspect hh '{{json .State.Health.Log}}' | jq -e 'length == 5 and all(.Output | length == 4099 and endswith("..."))' >/dev/null
	inspect hh '{{json .State.Health.Log}}' | jq -e '.[0].Start < .[0].End and .[0].End <= .[1].Start' >/dev/null
}

@test "a check that takes too long is killed, one that cannot be run says why" {
	up --name slow --health-cmd 'echo begun; sleep 1000' --health-interval 100ms --health-timeout 300ms --health-retries 1 \
		busybox sleep 1001
	wait_for reaches slow unhealthy
	[ "$(results slow .ExitCode | jq '.[0]')" = -1 ]
	# what it said by then, if it came so far
	[[ "$(results slow .Output | jq -r '.[0]')" =~ ^"Health check exceeded timeout (300ms)"(": begun")?$ ]]
	alone() { [ "$(cli top slow | grep -c 'sleep 1000')" -le 1 ]; }
	wait_for alone
	hoy rm -f slow
	printf '{"Image":"busybox","Cmd":["sleep","1000"],"HostConfig":{"NetworkMode":"none"},
		"Healthcheck":{"Test":["CMD","/nothere"],"Interval":100000000,"Retries":1}}' >"$BATS_TEST_TMPDIR/body"
	api_create "$BATS_TEST_TMPDIR/body" missing
	hoy start missing
	wait_for reaches missing unhealthy
	[ "$(results missing .ExitCode | jq '.[0]')" = -1 ]
	[[ "$(results missing .Output)" == *"no such file or directory"* ]]
}

@test "the start period: failures do not count, checks come at the start interval, one success ends it" {
	cli run --help | grep -q health-start-interval || skip "$(cli --version) has no --health-start-interval"
	up --name pp --health-cmd 'test -e /ok' --health-interval 1h --health-retries 1 --health-start-period 1h \
		--health-start-interval 100ms busybox sleep 1000
	three() { results pp .ExitCode | jq -e 'length >= 3 and all(. == 1)'; }
	wait_for three
	[[ "$(health pp)" == "starting 0" ]]
	cli exec pp touch /ok
	wait_for reaches pp healthy
	cli exec pp rm /ok
	n=$(results pp .ExitCode)
	sleep 0.5 # as long as nothing may happen
	[ "$(results pp .ExitCode)" = "$n" ]
}

@test "each run begins anew: restart policy, stop and start; paused containers are left alone" {
	up --name rr --health-cmd 'exit 1' --health-interval 100ms --health-retries 1 busybox sleep 1000
	wait_for reaches rr unhealthy
	cli pause rr
	n=$(results rr .Start)
	sleep 0.5 # as long as nothing may happen
	[ "$(results rr .Start)" = "$n" ]
	cli unpause rr
	more() { [ "$(results rr .Start)" != "$n" ]; }
	wait_for more
	cli stop -t 0 rr
	[[ "$(health rr)" == "unhealthy "* ]]
	[[ "$(status_of rr)" == "Exited (137)"* ]]
	cli start rr
	[ "$(health rr)" = "starting 0" ]
	cli rm -f rr
	up --name again --restart always --health-cmd 'test ! -e /bad' --health-interval 100ms --health-retries 1 busybox sleep 1000
	wait_for reaches again healthy
	cli exec again touch /bad
	wait_for reaches again unhealthy
	cli exec again rm /bad
	pid=$(inspect again '{{.State.Pid}}')
	kill_ours KILL "$pid"
	restarted() { [ "$(inspect again '{{.RestartCount}} {{.State.Running}}')" = "1 true" ]; }
	wait_for restarted
	wait_for reaches again healthy
}

@test "--health-on-failure: kill, stop, restart" {
	[ "${CLI:-hoy}" = hoy ] || skip "docker has no --health-on-failure"
	run_status 125 hoy run --health-on-failure explode busybox true
	[[ "$output" == *"invalid --health-on-failure 'explode'"* ]]
	for how in kill stop restart; do
		up --name "f$how" --stop-timeout 0 --health-on-failure "$how" --health-cmd 'test ! -e /bad' --health-interval 100ms \
			--health-retries 1 busybox sleep 1000
		wait_for reaches "f$how" healthy
	done
	started=$(inspect frestart '{{.State.StartedAt}}')
	for how in kill stop restart; do
		cli exec "f$how" touch /bad
	done
	for how in kill stop; do
		ended() { [ "$(inspect "f$how" '{{.State.Status}} {{.State.ExitCode}}')" = "exited 137" ]; }
		wait_for ended
	done
	newer() { [ "$(inspect frestart '{{.State.StartedAt}}')" != "$started" ]; }
	wait_for newer
}

@test "an image's check: taken, changed, turned off" {
	tar -C "$(busybox_root)" -c . | hoy import --change 'HEALTHCHECK --interval=100ms --retries=1 CMD test -e /ok' - checked
	up --name aa checked sleep 1000
	up --name bb --no-healthcheck checked sleep 1000
	up --name cc --health-cmd true checked sleep 1000
	wait_for reaches aa unhealthy
	wait_for reaches cc healthy
	[ "$(inspect bb '{{.State.Health}}')" = "<nil>" ]
	[ "$(inspect bb '{{.Config.Healthcheck.Test}}')" = "[NONE]" ]
	[[ "$(status_of bb)" != *"("* ]]
	hoy rm -f aa bb cc
	hoy rmi checked
}

@test "what cannot be" {
	printf '{"Image":"busybox","Cmd":["true"],"Healthcheck":{"Test":["CMD","true"],"Interval":1000}}' >"$BATS_TEST_TMPDIR/body"
	run api_create "$BATS_TEST_TMPDIR/body" xx
	[[ "$output" == *"Interval in Healthcheck cannot be less than 1ms"* ]]
	printf '{"Image":"busybox","Cmd":["true"],"Healthcheck":{"Test":["CMD","true"],"Retries":-1}}' >"$BATS_TEST_TMPDIR/body"
	run api_create "$BATS_TEST_TMPDIR/body" xx
	[[ "$output" == *"Retries in Healthcheck cannot be negative"* ]]
	run_status 125 cli run --no-healthcheck --health-cmd true busybox true
	[[ "$output" == *"--no-healthcheck conflicts with --health-* options"* ]]
}
