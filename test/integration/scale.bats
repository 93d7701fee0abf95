#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Many containers at once, and sudden death of everything at random moments: afterwards nothing leaks and every record is true.

load lib

setup_file() {
	load lib
	PREFIX=22 engine_setup scale
	import_busybox busybox
}

teardown_file() {
	load lib
	engine_teardown
}

@test "300 containers at once run, list, and go away leaving nothing" {
	# eight at a time
	seq 300 | xargs -P 8 -I{} sh -c 'hoy run -d --name c{} busybox sleep 1000 >/dev/null || echo "c{} failed"' >"$T/failures"
	[ ! -s "$T/failures" ] || { head "$T/failures"; false; }
	[ "$(hoy ps -q | wc -l)" -eq 300 ]
	[ "$(hoy ps --format '{{.Names}}' | sort -u | wc -l)" -eq 300 ]
	# every one has an address of its own
	[ "$(hoy ps -q | xargs hoy inspect -f '{{.NetworkSettings.IPAddress}}' | sort -u | wc -l)" -eq 300 ]
	hoy ps -q | xargs hoy rm -f >/dev/null
	[ -z "$(hoy ps -aq)" ]
	wait_for containers_gone || { head -n 20 "$T/left"; false; }
}

# A process of this engine at random: monitors, runtimes, workers, fetchers, containers; never this test itself.
random_victim() {
	{
		grep -slE "$T/(data|run|daemon)" /proc/[0-9]*/cmdline
		grep -sl -- "$CGROUP/" /proc/[0-9]*/cgroup
	} | cut -d/ -f3 | grep -vx -e "$$" -e "$BASHPID" | shuf -n 1
}

# Something that users do, on what the last rounds have made. What follows for ever is given a second; whatever else takes
# minutes hangs.
some_load() { # NUMBER
	local i=$1 old=k$(($1 > 8 ? $1 - 1 - RANDOM % 8 : 1))
	case $((RANDOM % 16)) in
	0) hoy run -d --name "k$i" busybox sleep 1000 ;;
	1) hoy run --rm --name "k$i" -p "$((22000 + i)):80" busybox sh -c 'echo hello; sleep 0.05' ;;
	2) hoy create --name "k$i" busybox true && hoy start "k$i" && hoy rm -f "k$i" ;;
	3) hoy exec "$old" true && hoy stop -t 0 "$old" ;;
	4) hoy run -d --restart always --name "k$i" busybox sh -c 'echo again; sleep 0.2' ;;
	5) hoy run -d --health-cmd true --health-interval 100ms --name "k$i" busybox sleep 1000 ;;
	6) hoy run -d --name "k$i" busybox sh -c 'while :; do echo line; usleep 1000; done' ;;
	7) timeout 1 hoy logs -f "$old" ;;
	8) seq 2000 | hoy run --rm -i --name "k$i" busybox cat ;;
	9) hoy run -d -i --name "k$i" busybox cat && seq 2000 | timeout 1 hoy attach "k$i" ;;
	10) hoy cp "$old:/etc" - | hoy cp - "$old:/tmp" ;;
	11) hoy stats --no-stream ;;
	12) timeout 1 hoy events ;;
	13) hoy network create "n$i" && hoy run -d --network "n$i" --name "k$i" busybox sleep 1000 ;;
	14) hoy run -d --link "$old:other" --name "k$i" busybox sleep 1000 ;;
	15) hoy restart -t 0 "$old" && hoy pause "$old" && hoy unpause "$old" ;;
	esac
}
export -f some_load

# Processes in a container's cgroup. Who has died is in it too until its parent looks, and init here may be slow to.
living_in() { # CONTAINER
	local pid
	while read -r pid; do
		! grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$pid/status" || echo "$pid"
	done < <(grep -ls "$1" /proc/[0-9]*/cgroup | cut -d/ -f3)
}

# What the records say is so: who is said to run has a living process in its own cgroup, who is over has none.
records_are_true() {
	local id pid
	for id in $(hoy ps -q --no-trunc -f status=running -f status=paused); do
		pid=$(hoy inspect -f '{{.State.Pid}}' "$id")
		# between two runs of one that restarts
		[ "$pid" != 0 ] || [ "$(hoy inspect -f '{{.HostConfig.RestartPolicy.Name}}' "$id")" = always ] || return 1
		[ "$pid" = 0 ] || living_in "$id" | grep -qx "$pid" ||
			[ "$(hoy inspect -f '{{.State.Pid}}' "$id")" != "$pid" ] || { echo "$id is said to run as $pid"; return 1; }
	done
	for id in $(hoy ps -aq --no-trunc -f status=exited -f status=created -f status=dead); do
		[ -z "$(living_in "$id")" ] || { echo "$id is said to be over"; return 1; }
	done
}

# Bridges of networks that were made here, and names of those that the table of this engine still knows.
networks_left() { ip -br link | awk '{ print $1 }' | grep -xF -f "$T/bridges"; }

kill_at_random() { # FROM TO
	local victim i client clients=()
	for i in $(seq "$1" "$2"); do
		[ ! -s "$T/service.pid" ] || [ -d "/proc/$(cat "$T/service.pid")" ] || daemon_start
		timeout -v 120 bash -c "some_load $i" >/dev/null 2>"$T/load.$i" 3>&- &
		client=$!
		clients+=("$client")
		sleep "0.0$((RANDOM % 40))"
		victim=$(random_victim)
		if [ $((RANDOM % 3)) = 0 ]; then
			victim="$victim $client"
		fi
		kill_ours KILL $victim
		if [ $((i % 20)) = 0 ]; then
			hoy network ls -q --no-trunc -f type=custom | cut -c 1-12 | sed 's/^/br-/' >>"$T/bridges"
			hoy ps -aq | xargs -r hoy rm -f >/dev/null 2>&1 || true
			hoy network prune -f >/dev/null 2>&1 || true
		fi
	done
	wait "${clients[@]}" || true # not the service
}

@test "SIGKILL to client, worker, engine, monitor, runtime and container at random moments, ${KILLS:-200} times" {
	local half=$((${KILLS:-200} / 2))
	: >"$T/bridges"
	kill_at_random 1 "$half"
	# and with an engine that stays, until it is hit
	daemon_start
	kill_at_random $((half + 1)) $((2 * half))
	[ -d "/proc/$(cat "$T/service.pid")" ] || daemon_start
	! grep -l '^timeout: sending' "$T"/load.* || { echo "these hung"; false; }
	hoy ps -a >/dev/null
	wait_for records_are_true || records_are_true # a worker may yet be at a start, and who was killed takes a moment to die
	hoy network ls -q --no-trunc -f type=custom | cut -c 1-12 | sed 's/^/br-/' >>"$T/bridges"
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	[ -z "$(hoy ps -aq)" ]
	hoy network prune -f >/dev/null
	[ "$(hoy network ls -q | wc -l)" -eq 3 ]
	[ -z "$(networks_left)" ]
	daemon_stop
	hoy ps >/dev/null
	wait_for containers_gone || { head -n 20 "$T/left"; false; }
	run hoy run --rm busybox echo alive
	[ "$output" = alive ]
}

# Proportional share of memory of the service, in KiB.
service_kib() { awk '/^Pss:/ { print $2 }' "/proc/$(cat "$T/service.pid")/smaps_rollup"; }

# One of many: run --rm and create, start, rm in turn until the time is over. A line for each: when it began and how long it
# took (ms), and what went wrong.
run_loop() { # NUMBER SECONDS
	local begin now i=0 out
	while [ "$SECONDS" -lt "$2" ]; do
		i=$((i + 1)) begin=${EPOCHREALTIME/./}
		if [ $((i % 2)) = 0 ]; then
			out=$(hoy run --rm --name "loop$1" busybox echo "$1.$i" 2>&1)
		else
			out=$(hoy create --name "loop$1" busybox sleep 100 2>&1 >/dev/null && hoy start "loop$1" 2>&1 >/dev/null &&
				hoy exec "loop$1" echo "$1.$i" 2>&1 && hoy rm -f "loop$1" 2>&1 >/dev/null)
		fi
		now=${EPOCHREALTIME/./}
		echo "$((begin / 1000)) $(((now - begin) / 1000))"
		[ "$out" = "$1.$i" ] || echo "loop $1, round $i: $out" >&2
	done
}

@test "50 loops of run and rm in parallel for ${LOOP_SECONDS:-8} seconds: no error, nothing left, memory and times stay flat" {
	local i before after pids=() first last
	daemon_start
	for i in $(seq 50); do hoy run --rm busybox true; done # its memory has been in use once
	before=$(service_kib)
	SECONDS=0
	for i in $(seq 50); do
		run_loop "$i" "${LOOP_SECONDS:-8}" >"$T/loop.$i" 2>"$T/loop.$i.err" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	cat "$T"/loop.*.err >"$T/errors"
	[ ! -s "$T/errors" ] || { head "$T/errors"; return 1; }
	after=$(service_kib)
	sort -n "$T"/loop.[0-9]* | grep -v '^$' >"$T/times"
	first=$(head -n $(($(wc -l <"$T/times") / 2)) "$T/times" | awk '{ sum += $2 } END { print int(sum / NR) }')
	last=$(tail -n $(($(wc -l <"$T/times") / 2)) "$T/times" | awk '{ sum += $2 } END { print int(sum / NR) }')
	echo "# $(wc -l <"$T/times") rounds, $first ms each at first, $last ms at last; hoyd $before KiB, then $after KiB" >&3
	[ "$last" -le $((2 * first + 200)) ]
	[ "$after" -le $((before + 1024)) ]
	[ -z "$(hoy ps -aq)" ]
	daemon_stop
	wait_for containers_gone || { head -n 20 "$T/left"; return 1; }
}
