#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A container's life as its owner steers it: stop, kill, restart, remove, pause, update; and that the record is true
# afterwards, whatever was killed.

load lib.bash

setup_file() {
	engine_setup life
	daemon_start
	export HOYD_PID DOCKER_HOST
	import_busybox busybox >/dev/null
}

teardown_file() { engine_teardown; }

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	wait_for containers_gone || { cat "$T/left"; return 1; }
}

monitor_of() { pgrep -f "hoy-monitor.* --id[= ]$1"; }
up() { hoy run -d --network none "$@"; }
forever() { up --name "$1" busybox sleep 1000; }

@test "whoever ends a container whose monitor was killed finds the record ended" {
	local id how
	for how in "stop -t 0" "kill" "restart -t 0" "rm -f"; do
		id=$(forever cc)
		kill -9 "$(monitor_of "$id")"
		# shellcheck disable=SC2086
		run hoy $how cc
		case $how in
		kill) [ "$status" -eq 0 ] || [[ $output == *"is not running"* ]] ;;
		*) [ "$status" -eq 0 ] ;;
		esac
		case $how in
		rm*) run_status 1 hoy inspect cc ;;
		restart*)
			[ "$(inspect cc '{{.State.Status}}')" = running ]
			hoy exec cc true
			hoy rm -f cc
			;;
		*)
			[ "$(inspect cc '{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}')" = "exited 0 137" ]
			[ "$(hoy ps -q)" = "" ]
			hoy rm cc
			;;
		esac
	done
}

# A monitor that dies slowly: its connections are closed, its lock is still held, until $T/hold is removed.
kill_slowly() {
	local pid
	pid=$(monitor_of "$1")
	mkfifo "$T/hold"
	python3 - "$pid" "$T/hold" <<'EOF' 3>&- &
import ctypes, os, signal, sys
pid = int(sys.argv[1])
args = open(f"/proc/{pid}/cmdline").read().split("\0")
lock = int(args[args.index("--lock-fd") + 1])
held = ctypes.CDLL(None, use_errno=True).syscall(438, os.pidfd_open(pid), lock, 0)  # pidfd_getfd
assert held >= 0
os.kill(pid, signal.SIGKILL)
open(sys.argv[2]).read()
EOF
	wait_for test ! -e "/proc/$pid/exe"
}

@test "nobody takes a run for ended whose monitor still holds the lock" {
	local id how
	for how in stop kill "rm -f"; do
		id=$(forever cc)
		kill_slowly "$id"
		# shellcheck disable=SC2086
		run_status 124 timeout 1 hoy $how cc
		: >"$T/hold"
		wait $!
		rm "$T/hold"
		run_status 0 hoy rm -f cc
	done
}

@test "remove by force wins against restarts of the same container" {
	local i
	for i in 1 2 3 4 5; do
		forever cc
		(while hoy restart -t 0 cc; do :; done) >/dev/null 2>&1 3>&- &
		run_status 0 hoy rm -f cc
		wait $!
		run_status 1 hoy inspect cc
	done
}
