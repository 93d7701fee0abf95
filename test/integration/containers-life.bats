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
		kill_ours KILL "$(monitor_of "$id")"
		# shellcheck disable=SC2086
		run hoy $how cc
		case $how in
		kill) [ "$status" -eq 0 ] || [[ $output == *"is not running"* ]] ;;
		*) [ "$status" -eq 0 ] ;;
		esac
		case $how in
		rm*) run_status 1 hoy container inspect cc ;;
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
monitor = os.pidfd_open(pid)
held = ctypes.CDLL(None, use_errno=True).syscall(438, monitor, lock, 0)  # pidfd_getfd
assert held >= 0
signal.pidfd_send_signal(monitor, signal.SIGKILL)
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
	for _ in 1 2 3 4 5; do
		forever cc
		(while hoy restart -t 0 cc; do :; done) >/dev/null 2>&1 3>&- &
		run_status 0 hoy rm -f cc
		wait $!
		run_status 1 hoy container inspect cc
	done
}

# The limit that the kernel has: $2 is HIERARCHY/FILE of cgroup v1, $3 the file of v2.
kernel_limit() {
	local id
	id=$(inspect "$1" '{{.Id}}')
	cat "/sys/fs/cgroup/$CGROUP/$id/$3" 2>/dev/null ||
		cat "/sys/fs/cgroup/${2%%/*}/$CGROUP/$id/${2#*/}"
}

frozen() { # whether the first process of $1 stands still
	local pid
	pid=$(pid_of "$1")
	grep -q '^[0-9]* (.*) D' "/proc/$pid/stat" || grep -qE "$(printf '^frozen 1')" \
		"/sys/fs/cgroup/$CGROUP/$(inspect "$1" '{{.Id}}')/cgroup.events" 2>/dev/null
}

@test "pause stops every process, unpause lets them go on, and Docker's rules hold between" {
	local id since before n
	id=$(up --name cc busybox sh -c 'i=0; while :; do i=$((i+1)); echo $i >/dev/shm/n; done')
	n=/proc/$(pid_of cc)/root/dev/shm/n # in memory: a disk that is busy makes each write wait
	wait_for test -s "$n"
	since=$(date +%s)
	run_status 0 hoy pause cc
	[ "$output" = cc ]
	[ "$(inspect cc '{{.State.Status}} {{.State.Running}} {{.State.Paused}}')" = "paused true true" ]
	[[ $(hoy ps --format '{{.Status}}') == *"(Paused)" ]]
	[ "$(hoy ps -q --filter status=paused)" = "${id:0:12}" ]
	frozen cc
	before=$(cat "$n")
	timeout 0.3 tail -f /dev/null || true
	[ "$(cat "$n")" = "$before" ]
	run_status 1 hoy pause cc
	[ "$output" = "Error response from daemon: container $id is already paused" ]
	run_status 1 hoy exec cc true
	[ "$output" = "Error response from daemon: container cc is paused, unpause the container before exec" ]
	run_status 1 hoy start cc
	[[ $output == *"cannot start a paused container, try unpause instead"* ]]
	run_status 1 hoy rm cc
	[[ $output == *"container is paused and must be unpaused first"* ]]
	run_status 1 hoy attach cc
	[[ $output == *"cannot attach to a paused container, unpause it first"* ]]
	run_status 0 hoy stats --no-stream cc
	run_status 0 hoy top cc
	run_status 0 hoy unpause cc
	[ "$(inspect cc '{{.State.Status}} {{.State.Paused}}')" = "running false" ]
	before=$(cat "$n")
	wait_for sh -c "[ \$(cat '$n') != '$before' ]"
	run_status 1 hoy unpause cc
	[ "$output" = "Error response from daemon: container $id is not paused" ]
	hoy rm -f cc
	run_status 1 hoy pause cc
	[ "$output" = "Error response from daemon: No such container: cc" ]
	run hoy events --since "$since" --until "$(($(date +%s) + 1))" --format '{{.Action}}'
	[[ $output == *pause*unpause* ]]
}

@test "a stopped container cannot be paused" {
	local id
	id=$(hoy create --name cc busybox true)
	run_status 1 hoy pause cc
	[ "$output" = "Error response from daemon: container $id is not running" ]
}

@test "a paused container can be stopped, killed, restarted, removed by force, and survives its monitor's death as a record" {
	local how id
	for how in "stop -t 5" "stop -t 0" "kill" "kill -s TERM" "restart -t 5" "rm -f"; do
		id=$(up --name cc busybox sh -c 'trap "exit 7" TERM; while :; do sleep 0.05; done')
		hoy exec cc true
		hoy pause cc
		# shellcheck disable=SC2086
		run_status 0 timeout 20 hoy $how cc
		case $how in
		"stop -t 5") [ "$(hoy wait cc)" = 7 ] ;;
		kill*) hoy wait cc ;;
		restart*) [ "$(inspect cc '{{.State.Status}}')" = running ] ;;
		esac
		hoy rm -f cc
	done
	id=$(forever cc)
	hoy pause cc
	kill_ours KILL "$(monitor_of "$id")"
	wait_for sh -c "[ \"\$(hoy inspect -f '{{.State.Status}}' cc)\" = exited ]"
}

@test "update sets limits in the kernel at once, in stats, in the record and for the next start" {
	local id
	id=$(up --name cc -m 64m busybox sleep 1000)
	[ "$(kernel_limit cc memory/memory.limit_in_bytes memory.max)" = 67108864 ]
	run_status 0 hoy update --memory 96m --cpu-shares 512 --pids-limit 50 cc
	[ "$output" = cc ]
	[ "$(kernel_limit cc memory/memory.limit_in_bytes memory.max)" = 100663296 ]
	[ "$(kernel_limit cc pids/pids.max pids.max)" = 50 ]
	[[ $(hoy stats --no-stream --format '{{.MemUsage}}' cc) == *"/ 96MiB" ]]
	[ "$(inspect cc '{{.HostConfig.Memory}} {{.HostConfig.CpuShares}} {{.HostConfig.PidsLimit}}')" = "100663296 512 50" ]
	hoy update --memory 32m --memory-swap 64m --cpus 0.5 cc
	[ "$(kernel_limit cc memory/memory.limit_in_bytes memory.max)" = 33554432 ]
	hoy update --pids-limit -1 cc
	[ "$(kernel_limit cc pids/pids.max pids.max)" = max ]
	hoy restart -t 0 cc
	[ "$(kernel_limit cc memory/memory.limit_in_bytes memory.max)" = 33554432 ]
	hoy stop -t 0 cc
	run_status 0 hoy update --memory 48m cc
	hoy start cc
	[ "$(kernel_limit cc memory/memory.limit_in_bytes memory.max)" = 50331648 ]
	hoy rm -f cc
	up --name cc busybox sleep 1000
	hoy update -m 20m cc
	[ "$(kernel_limit cc memory/memory.limit_in_bytes memory.max)" = 20971520 ]
	[ "$(inspect cc '{{.HostConfig.MemorySwap}}')" = 41943040 ]
}

@test "update refuses in Docker's words and changes nothing then" {
	local id
	id=$(up --name cc -m 64m --cpus 1 busybox sleep 1000)
	run_status 1 hoy update cc
	[ "$output" = "you must provide one or more flags when using this command" ]
	run_status 0 hoy update --cpu-shares 0 cc # as with docker: a flag that leaves things as they are
	run_status 1 hoy update -m 1m cc
	[ "$output" = "Error response from daemon: Minimum memory limit allowed is 6MB" ]
	run_status 1 hoy update -m 1g cc
	[ "$output" = "Error response from daemon: Cannot update container $id: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time" ]
	run_status 1 hoy update --cpu-quota 50000 cc
	[ "$output" = "Error response from daemon: Cannot update container $id: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set" ]
	run_status 1 hoy update --restart sometimes cc
	[[ $output == *"invalid restart policy: unknown policy 'sometimes'"* ]]
	run_status 1 hoy update --cpu-shares 2 nobody cc
	[[ $output == *"No such container: nobody"* && $output == *cc ]]
	[ "$(inspect cc '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}} {{.HostConfig.CpuShares}}')" = "67108864 0 2" ]
	hoy rm -f cc
	up --rm --name cc busybox sleep 1000
	run_status 1 hoy update --restart always cc
	[[ $output == *"Restart policy cannot be updated because AutoRemove is enabled for the container" ]]
}

@test "update of the restart policy and of limits counts for the run that a monitor restarts" {
	up --name cc -m 64m busybox sh -c 'while [ ! -e /go ]; do sleep 0.05; done; rm /go; exit 3'
	hoy update --restart on-failure:1 --memory 40m cc
	[ "$(inspect cc '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}')" = "on-failure 1" ]
	hoy exec cc touch /go
	wait_for sh -c "[ \"\$(hoy inspect -f '{{.RestartCount}} {{.State.Status}}' cc)\" = '1 running' ]"
	[ "$(kernel_limit cc memory/memory.limit_in_bytes memory.max)" = 41943040 ]
	hoy update --restart no cc
	hoy exec cc touch /go
	[ "$(hoy wait cc)" = 3 ]
	[ "$(inspect cc '{{.State.Status}}')" = exited ]
}

@test "a wait that comes just when the container ends hears of it" {
	local i
	for i in $(seq 40); do
		up --name "end$i" busybox sh -c "sleep 0.0$((i % 10)); exit $i" >/dev/null
		run_status 0 timeout 20 hoy wait "end$i"
		[ "$output" = "$i" ]
		hoy rm "end$i" >/dev/null
	done
}
