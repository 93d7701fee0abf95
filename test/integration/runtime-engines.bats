#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy-runtime in runc's place: what people ask of Docker, Podman and containerd, with Debian's packages of these. An engine
# that cannot run here skips all with its reason.
# variants: ENGINE=docker | ENGINE=containerd | ENGINE=podman | ENGINE=podman-user | ENGINE=docker CGROUPS=systemd | ENGINE=podman CGROUPS=systemd

load engines

setup_file() {
	local why
	why=$(engine_unavailable)
	if [ -z "$why" ]; then
		engine_setup || why="$ENGINE does not start here: $(cat "$E"/*.log | tail -n 2)"
	fi
	export WHY=$why
}

teardown_file() { engine_teardown; }

setup() {
	[ -z "$WHY" ] || {
		[ "${MUST_RUN:-}" != 1 ] || { echo "MUST_RUN: $WHY"; return 1; }
		skip "$WHY"
	}
	N=c$BATS_TEST_NUMBER
	cd "$BATS_TEST_TMPDIR" # conmon leaves a file where it is started
}

teardown() {
	[ -n "$WHY" ] || c_rm "$N" >/dev/null 2>&1 || true
}

@test "run: output, exit code, a process of its own" {
	[ "$(c_run echo hello)" = hello ]
	run c_run sh -c 'exit 7'
	[ "$status" -eq 7 ]
	[ "$(c_run sh -c 'echo $$')" = 1 ]
}

@test "run: a program that is missing, and one that cannot be executed" {
	run c_run nothere
	echo "$output"
	[[ "$output" == *"executable file not found"* ]]
	[ "$ENGINE" = containerd ] || [ "$status" -eq 127 ]
	run c_run /etc/passwd
	[[ "$output" == *"ermission denied"* ]]
	[ "$ENGINE" = containerd ] || [ "$status" -eq 126 ]
}

@test "exec: in the same namespaces, exit code, a program that is missing" {
	c_start "$N" sleep 1000
	for ns in pid mnt net uts ipc; do
		[ "$(c_exec "$N" readlink /proc/self/ns/$ns)" = "$(readlink "/proc/$(c_pid "$N")/ns/$ns")" ]
	done
	run c_exec "$N" sh -c 'exit 5'
	[ "$status" -eq 5 ]
	run c_exec "$N" nothere
	[[ "$status" -ne 0 && "$output" == *"executable file not found"* ]]
}

@test "exec: user, directory, environment, input" {
	[ "$ENGINE" != containerd ] || skip "ctr task exec has other options"
	c_start "$N" sleep 1000
	[ "$(engine exec -u 1000:1001 "$N" id -u)" = 1000 ]
	[ "$(engine exec -w /tmp -e A=b "$N" sh -c 'echo $PWD $A')" = "/tmp b" ]
	[ "$(echo typed | engine exec -i "$N" cat)" = typed ]
}

@test "limits: memory, processes, CPU" {
	[ "$ENGINE" != podman-user ] || skip "without delegation a user's container has no cgroup of its own"
	c_start "$N" sleep 1000
	[ "$(limit_of "$N" memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$ENGINE" = containerd ] || [ "$(limit_of "$N" pids pids.max pids.max)" = 50 ]
	[[ "$(limit_of "$N" cpu cpu.cfs_quota_us cpu.max)" == 50000* ]]
}

@test "update: other limits" {
	[ "$ENGINE" = docker ] || skip "$ENGINE of Debian 12 has no update"
	c_start "$N" sleep 1000
	engine update -m 32m --memory-swap 64m --pids-limit 33 --cpus 0.3 "$N"
	[ "$(limit_of "$N" memory memory.limit_in_bytes memory.max)" = 33554432 ]
	[ "$(limit_of "$N" pids pids.max pids.max)" = 33 ]
	[[ "$(limit_of "$N" cpu cpu.cfs_quota_us cpu.max)" == 30000* ]]
}

@test "more memory than allowed ends it, and the engine says so" {
	case $ENGINE in
	podman-user | containerd) skip "limits and their end are told by the other variants" ;;
	esac
	# shellcheck disable=SC2046
	run engine run --name "$N" $(engine_options) "${ULIMITS[@]}" -m 8m --memory-swap 8m bb \
		sh -c 'x=$(dd if=/dev/zero bs=1M count=100 2>/dev/null | tr "\0" x); echo survived'
	[[ "$output" != *survived* ]]
	[ "$status" -eq 137 ]
}

@test "pause and resume" {
	[ "$ENGINE" != podman-user ] || skip "without delegation a user's container has no cgroup of its own"
	c_start "$N" sh -c 'while :; do :; done'
	c_pause "$N"
	[ "$(c_status "$N")" = paused ]
	before=$(awk '{print $14}' "/proc/$(c_pid "$N")/stat")
	sleep 0.5 # as long as nothing may happen
	[ "$(awk '{print $14}' "/proc/$(c_pid "$N")/stat")" = "$before" ]
	c_resume "$N"
	[ "$(c_status "$N")" = running ]
	moved() { [ "$(awk '{print $14}' "/proc/$(c_pid "$N")/stat")" -gt "$before" ]; }
	wait_for moved
}

@test "signals reach the program; its exit code comes back" {
	c_start "$N" sh -c 'trap "exit 9" TERM; trap "echo >/tmp/usr1" USR1; echo ready >/tmp/ready; while :; do sleep 0.1; done'
	wait_for c_exec "$N" test -e /tmp/ready
	c_signal "$N" USR1
	wait_for c_exec "$N" test -e /tmp/usr1
	[ "$(c_status "$N")" = running ]
	c_signal "$N" TERM
	[ "$(c_wait "$N")" = 9 ]
}

@test "stop: a program that does not listen is killed" {
	[ "$ENGINE" != containerd ] || skip "ctr has no stop"
	c_start "$N" sleep 1000
	engine stop -t 1 "$N"
	[ "$(engine inspect -f '{{.State.Status}} {{.State.ExitCode}}' "$N")" = "exited 137" ]
	engine start "$N"
	[ "$(c_status "$N")" = running ]
}

@test "a terminal" {
	c_run_tty 4 /dev/pts/0 sh -c 'tty; exit 4'
}

@test "top, stats, logs" {
	[ "$ENGINE" != containerd ] || skip "ctr has its own words for these"
	c_start "$N" sh -c 'echo said; sleep 1000'
	wait_for test "$(engine logs "$N")" = said
	engine top "$N" | grep -q 'sleep 1000'
	[ "$ENGINE" = podman-user ] || engine stats --no-stream "$N" | grep -qE '64M|67.11M'
}

@test "read-only root, tmpfs, bind mount, capabilities, privileged" {
	[ "$ENGINE" != containerd ] || skip "asked of the other engines"
	mkdir -p "$E/share"
	echo shared >"$E/share/file"
	# shellcheck disable=SC2046
	run engine run --rm $(engine_options) "${ULIMITS[@]}" --read-only --tmpfs /scratch -v "$E/share:/mnt:ro" --cap-drop ALL \
		bb sh -c 'exec 2>&1; touch /x; touch /scratch/y && echo scratch; cat /mnt/file; touch /mnt/z; grep CapEff /proc/self/status'
	[[ "$output" == *"/x: Read-only"*scratch*shared*"/mnt/z: Read-only"*0000000000000000* ]]
	# shellcheck disable=SC2046
	run engine run --rm $(engine_options) "${ULIMITS[@]}" --privileged bb sh -c 'ls /dev | wc -l; grep -c Seccomp_filters:.0 /proc/self/status'
	[ "${lines[0]}" -gt 15 ]
	[ "${lines[1]}" = 1 ]
}

@test "a user namespace" {
	[ "$ENGINE" = podman ] || skip "asked of Podman"
	# shellcheck disable=SC2046
	run engine run --rm $(engine_options) "${ULIMITS[@]}" --uidmap 0:100000:65536 bb cat /proc/self/uid_map
	echo "$output"
	[[ "$output" == *"0     100000      65536"* ]]
}

@test "nothing is left of removed containers" {
	c_start "$N" sleep 1000
	pid=$(c_pid "$N")
	c_rm "$N"
	gone() { [ ! -e "/proc/$pid/exe" ]; }
	wait_for gone
	[ -z "$(find /sys/fs/cgroup -path "*${PARENT#/}*$N*" -type d 2>/dev/null)" ]
	[ -z "$(ls "$E/runc/hoy" 2>/dev/null)" ]
}
