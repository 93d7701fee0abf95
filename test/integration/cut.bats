#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Connections that end where nobody expects it, and more of them than there are files for: what was said counts, nothing is left.

load lib

setup_file() {
	load lib
	ENGINE=daemon engine_setup cut
	PORT=$((20000 + $$ % 10000))
	import_busybox busybox >/dev/null
	export HOYD_PID DOCKER_HOST PORT
}

teardown_file() {
	load lib
	engine_teardown
}

setup() {
	T1=$BATS_TEST_TMPDIR
	HOYD_PID=$(cat "$T/service.pid") # a test before may have started it again
}
teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
}

cut() { "$BATS_TEST_DIRNAME/cut.py" "${WHERE:-$T/hoy.sock}" "$@"; }

# No connection is served, and neither the service nor the container's monitor holds more than at first.
workers() { pgrep -P "$HOYD_PID" -c || true; }
files() { ls "/proc/$1/fd" | wc -l; }
monitor_of() { pgrep -f "hoy-monitor.*--id[ =]$(hoy inspect -f '{{.Id}}' "$1")"; }
quiet() { [ "$(workers)" -eq 0 ]; }
has_files() { [ "$(files "$1")" -eq "$2" ]; }
line_is() { [ "$(head -n "$2" "$1" | tail -n 1)" = "$3" ]; }

# A container that takes no input until it is told to, and counts it then.
counter() { # NAME
	hoy create -i --name "$1" busybox sh -c 'while [ ! -e /go ]; do usleep 20000; done; wc -c' >/dev/null
	hoy start "$1" >/dev/null
}

@test "what was said before the end is taken, though the container takes its time" {
	local how
	for how in close half ws wscut; do
		counter "$how"
		cut say "$how" "$how" >"$T1/$how" 3>&- &
		wait_for test -s "$T1/$how"
		[ "$(cat "$T1/$how")" -gt 100000 ]
		if [ "$how" != half ] && [ "$how" != ws ]; then wait $!; fi # the client is gone before a byte was read
		hoy exec "$how" touch /go
		wait
		[ "$(timeout 20 hoy wait "$how")" = 0 ]
		[ "$(hoy logs "$how")" = "$(cat "$T1/$how")" ] || { echo "$how: $(hoy logs "$how") of $(cat "$T1/$how")"; false; }
	done
	wait_for quiet
}

@test "the input of a client ends with it, though output is held back for it" {
	hoy create -i --name held busybox sh -c 'head -c 3000000 /dev/zero | tr "\\0" x; cat >/dev/null; echo ended >&2' >/dev/null
	mkfifo "$T1/in"
	cut mute held typed <"$T1/in" >"$T1/out" 3>&- &
	exec 4>"$T1/in"
	wait_for grep -q here "$T1/out"
	hoy start held >/dev/null
	exec 4>&-
	wait $!
	[ "$(timeout 20 hoy wait held)" = 0 ]
	[ "$(hoy logs held 2>&1 >/dev/null)" = ended ]
	[ "$(hoy logs held 2>/dev/null | wc -c)" -eq 3000000 ]
	wait_for quiet
}

@test "who does not read may still type" {
	hoy create -i --name deaf busybox sh -c 'yes & read line; kill $!; echo "$line" >/got; sleep 100' >/dev/null
	mkfifo "$T1/in"
	cut mute deaf stop <"$T1/in" >"$T1/out" 3>&- &
	exec 4>"$T1/in"
	wait_for grep -q here "$T1/out"
	hoy start deaf >/dev/null
	wait_for sh -c '[ "$(hoy logs deaf | wc -c)" -gt 200000 ]'
	echo >&4
	wait_for grep -q typed "$T1/out"
	wait_for hoy exec deaf grep -x stop /got
	exec 4>&-
	wait $!
	wait_for quiet
}

# all_cuts CONTAINER: every kind of stream, cut at every byte, in every way; then nothing is left and all still works.
all_cuts() {
	local monitor at_hoyd at_monitor how
	monitor=$(monitor_of "$1")
	wait_for quiet
	at_hoyd=$(files "$HOYD_PID") at_monitor=$(files "$monitor")
	for how in $2; do
		cut head "$how" "/v1.45/containers/$1/attach?stream=1&stdin=1&stdout=1" "said by $how"$'\n' >&3
		cut head "$how" "/containers/$1/attach/ws?stream=1&stdin=1&stdout=1" "said in a frame by $how"$'\n' >&3
		cut head "$how" "/containers/$1/logs?stdout=1&follow=1" "" >&3
		cut head "$how" "/exec/{exec}/start?of=$1" "said to it by $how"$'\n' >&3
	done
	wait_for quiet
	wait_for has_files "$HOYD_PID" "$at_hoyd"
	wait_for has_files "$monitor" "$at_monitor"
	[ "$(hoy inspect -f '{{.State.Running}}' "$1")" = true ]
}

@test "a stream is cut behind every byte: nothing is left of it, the container runs on, the log has everything once" {
	hoy run -d -i --name cat busybox sh -c 'while read -r line; do echo "<$line>"; done' >/dev/null
	all_cuts cat "fin half"
	# what was made meanwhile, and what a new client says
	(seq 1000 | sed 's/^/after /'; sleep 0.2) | timeout 5 hoy attach --sig-proxy=false cat >"$T1/seen" || true
	wait_for sh -c '[ "$(hoy logs cat | grep -c "^<after .*>$")" -eq 1000 ]'
	[ "$(hoy logs cat | grep -c '^<.*after 1>$')" -eq 1 ]
	# no exec session lives on
	[ "$(hoy top cat -o pid | tail -n +2 | wc -l)" -eq 1 ]
}

# served_with -n|-Sn FILES [OPTIONS]: the service again, with as many files
served_with() {
	daemon_stop
	(ulimit "$1" "$2" && shift 2 && daemon_start "$@")
	HOYD_PID=$(cat "$T/service.pid")
	export HOYD_PID DOCKER_HOST=unix://$T/hoy.sock
}

# It listens on TCP as well, and cut goes there.
serve_tcp() {
	served_with -n "$(ulimit -n)" -H "unix://$T/hoy.sock" -H "tcp://127.0.0.1:$PORT" --tls=false
	WHERE=127.0.0.1:$PORT
	wait_for nc -z 127.0.0.1 "$PORT"
}

@test "over TCP: cut off hard behind every byte; output is whole though input comes behind its end" {
	serve_tcp
	hoy run -d -i --name cat busybox sh -c 'while read -r line; do echo "<$line>"; done' >/dev/null
	all_cuts cat rst
	hoy create -i --name pour busybox sh -c 'head -c 3000000 /dev/zero' >/dev/null
	[ "$(cut pour pour)" = 3000000 ]
	wait_for quiet
}

@test "a client over ssh that is gone ends what it began, though the engine is silent" {
	local dial
	mkfifo "$T1/in" "$T1/out"
	hoy system dial-stdio <"$T1/in" >"$T1/out" 3>&- &
	dial=$!
	exec 4>"$T1/in" 5<"$T1/out"
	printf 'GET /events HTTP/1.1\r\nHost: x\r\n\r\n' >&4
	head -n 1 <&5 | grep -q '200 OK'
	wait_for pgrep -P "$HOYD_PID"
	exec 5<&-
	wait_for test ! -d "/proc/$dial"
	wait_for quiet
	exec 4>&-
}

# N connections by way of in and out, until the end of fd 4
crowd_begins() { # COMMAND OF CUT...
	rm -f "$T1/in"
	mkfifo "$T1/in"
	cut "$@" <"$T1/in" >"$T1/out" 3>&- &
	CROWD=$!
	exec 4>"$T1/in"
	wait_for grep -q here "$T1/out"
}
crowd_ends() {
	exec 4>&-
	wait "$CROWD"
	wait_for quiet
}

service_kib() { awk '/^Pss:/ { print $2 }' "/proc/$HOYD_PID/smaps_rollup"; }

@test "hundreds that begin a request and do not end it cost little, and others are served" {
	local before
	hoy ps >/dev/null
	before=$(service_kib)
	crowd_begins idle 400 $'POST /containers/create HTTP/1.1\r\nHost: x\r\nX-Long: '
	wait_for sh -c "[ \$(pgrep -cP $HOYD_PID) -eq 400 ]"
	[ "$(timeout 10 hoy run --rm busybox echo served)" = served ]
	[ "$(service_kib)" -le $((before + 1024)) ]
	crowd_ends
	[ "$(service_kib)" -le $((before + 1024)) ]
}

@test "more clients than the soft limit has files: the hard one counts, for monitors too; containers have what they had" {
	served_with -Sn 60
	crowd_begins idle 200
	[ "$(timeout 10 hoy run --rm busybox sh -c 'ulimit -n')" = 60 ]
	wait_for sh -c "[ \$(pgrep -cP $HOYD_PID) -eq 200 ]"
	crowd_ends
	hoy run -d --name many busybox sh -c 'ulimit -n; exec sleep 1000' >/dev/null
	crowd_begins crowd 100 many
	[ "$(timeout 10 hoy exec many sh -c 'ulimit -n')" = 60 ]
	timeout 10 hoy restart -t 0 many >/dev/null
	timeout 10 hoy stop -t 0 many >/dev/null
	[ "$(hoy logs many)" = $'60\n60' ]
	crowd_ends
}

@test "more clients than there can be files: they wait for one, and hoyd does not ask without pause" {
	served_with -n 40
	crowd_begins idle 100
	wait_for grep -q 'accept: Too many open files' "$T/hoyd.log"
	run_status 124 timeout 0.5 hoy version
	[ "$(grep -c 'accept:' "$T/hoyd.log")" -le 3 ]
	crowd_ends
	[ "$(hoy run --rm busybox echo served)" = served ]
	served_with -n "$(ulimit -n)"
}
