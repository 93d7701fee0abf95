#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Namespaces of another container, over restarts: a guest holds what it joined, not the number of a process.

load lib

setup_file() {
	engine_setup shared
	import_busybox
}

teardown_file() { engine_teardown; }

teardown() {
	[ -z "${VICTIM:-}" ] || kill "$VICTIM" 2>/dev/null || true
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
}

# A process of the host with this pid, once it is free.
take_pid() {
	for _ in $(seq 200); do
		echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 1000 3>&- &
		VICTIM=$!
		[ "$VICTIM" -ne "$1" ] || return 0
		kill "$VICTIM"
		wait "$VICTIM" 2>/dev/null || true
	done
	VICTIM=
	return 1
}

@test "a guest that restarts does not join whoever has the pid now" {
	hoy run -d --name host busybox sleep 1000
	hoy run -d --name guest --pid=container:host --ipc=private --restart=always busybox sleep 1000
	local pid
	pid=$(pid_of host)
	hoy rm -f host
	take_pid "$pid" || skip "pid $pid was not to be had"
	# its own process ended with the namespace; each restart has to fail, for that is gone
	wait_for sh -c "hoy inspect -f '{{.State.Status}}' guest | grep -qx exited"
	run hoy inspect -f '{{.State.Pid}} {{.State.Error}}' guest
	[[ $output = "0 "* ]]
	[ "$(grep -slE "^NSpid:	[0-9]+$" $(grep -sl "/$CGROUP/" /proc/[0-9]*/cgroup | sed 's/cgroup$/status/') | wc -l)" -eq 0 ]
}

@test "a restarted guest is with the same others" {
	hoy run -d --name host --ipc=shareable busybox sleep 1000
	hoy run -d --name guest --pid=container:host --ipc=container:host --network=container:host --restart=always busybox sleep 1000
	local old new type
	old=$(pid_of guest)
	kill -9 "$old"
	wait_for sh -c "p=\$(hoy inspect -f '{{.State.Pid}}' guest); test \$p -gt 0 && test \$p -ne $old"
	new=$(pid_of guest)
	for type in pid ipc net; do
		[ "$(readlink "/proc/$new/ns/$type")" = "$(readlink "/proc/$(pid_of host)/ns/$type")" ]
	done
	[ "$(hoy exec guest ps | grep -c "sleep 1000")" -eq 2 ]
}
