#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy-init as process 1: it reaps, it forwards, it ends as its program does, and it stays out of the terminal's way.

load lib

setup_file() {
	engine_setup init
	daemon_start
	export HOYD_PID DOCKER_HOST
	import_busybox
}

teardown_file() { engine_teardown; }

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	wait_for containers_gone || { cat "$T/left"; return 1; }
}

init() { hoy run --init --network none "$@"; }

# How many of the processes below process 1 of $1 are in one of the states $2.
children_in_state() {
	local pid
	pid=$(pid_of "$1")
	grep -shE "^[0-9]+ \(.*\) [$2] $pid " /proc/[0-9]*/stat | wc -l
}

has_children_in_state() { test "$(children_in_state "$1" "$2")" "-$3" "$4"; }

released() { # the readers of /f that are there by now find its end
	hoy exec "$1" sh -c ': <>/f'
	has_children_in_state "$@"
}

@test "what others leave behind is reaped, hundreds of them at once; without it they stay" {
	local orphans='mkfifo /f; i=0; while [ $i -lt 300 ]; do (cat /f &); i=$((i+1)); done; touch /made; exec sleep 1000'
	hoy run -d --name plain --network none busybox sh -c "$orphans"
	init -d --name ii busybox sh -c "$orphans"
	wait_for hoy exec plain test -e /made
	wait_for hoy exec ii test -e /made
	wait_for released plain Z ge 300
	wait_for released ii ZSRD eq 1 # its program alone
	[ "$(hoy exec ii cat /proc/1/comm)" = docker-init ]
}

@test "an orphan is adopted, and reaped when it ends" {
	init -d --name ii busybox sh -c '(sh -c "echo \$\$ >/orphan; while [ ! -e /go ]; do sleep 0.05; done" &); exec sleep 1000'
	wait_for hoy exec ii test -s /orphan
	wait_for hoy exec ii sh -c 'grep -q "^PPid:[[:space:]]*1$" "/proc/$(cat /orphan)/status"'
	hoy exec ii touch /go
	wait_for hoy exec ii sh -c '[ ! -e "/proc/$(cat /orphan)" ]'
}

@test "every signal that can be forwarded reaches the program, and ends nothing" {
	local all="1 2 3 10 12 13 14 15 16 18 20 23 24 25 26 27 28 29 30 34 50 64" s
	init -d --name ii busybox sh -c "for s in $all; do trap \"echo got-\$s-\" \$s; done; echo ready-
		while :; do sleep 1000 & wait; done"
	wait_for sh -c 'hoy logs ii | grep ready-'
	for s in $all; do
		run_status 0 hoy kill -s "$s" ii
		wait_for sh -c "hoy logs ii | grep got-$s-"
	done
	[ "$(inspect ii '{{.State.Status}}')" = running ]
	[ "$(hoy logs ii | grep -c got-)" -eq "$(wc -w <<<"$all")" ]
}

@test "signals of job control and of faults do not stop process 1" {
	local s
	init -d --name ii busybox sh -c 'trap "exit 9" TERM; while :; do sleep 0.05; done'
	for s in TTIN TTOU SEGV FPE ILL BUS ABRT TRAP SYS; do
		hoy kill -s "$s" ii
	done
	has_children_in_state ii SR eq 1
	hoy stop -t 20 ii
	[ "$(hoy wait ii)" = 9 ]
}

@test "a signal goes to the program alone, to its whole group where TINI_KILL_PROCESS_GROUP is set" {
	local both='sh -c "trap \"echo child- >>/out; exit\" USR1; echo >/up; while :; do sleep 0.05; done" &
		trap "echo program- >>/out" USR1; while :; do sleep 0.05; done'
	init -d --name one busybox sh -c "$both"
	init -d --name all -e TINI_KILL_PROCESS_GROUP=1 busybox sh -c "$both"
	wait_for hoy exec one test -e /up
	wait_for hoy exec all test -e /up
	hoy kill -s USR1 one all
	wait_for hoy exec all grep child- /out
	wait_for hoy exec all grep program- /out
	wait_for hoy exec one grep program- /out
	run_status 1 hoy exec one grep child- /out
}

@test "the exit code is the program's, 128 + n when signal n ended it, 127 and 126 when it could not begin" {
	local n
	for n in 0 7 255; do
		run_status $n init --rm busybox sh -c "exit $n"
	done
	for n in 1 2 9 11 15; do
		run_status $((128 + n)) init --rm busybox sh -c "kill -$n \$\$"
	done
	run_status 127 init --rm busybox frobnicate
	[[ $output == *"hoy-init: exec frobnicate: No such file or directory"* ]]
	run_status 126 init --rm busybox /etc
}

@test "the container ends with the program, whatever else still runs" {
	run_status 4 timeout 20 hoy run --rm --init --network none busybox sh -c '(trap "" TERM HUP; sleep 1000) & exit 4'
}

@test "a program that ignores SIGTERM is killed after the grace time; one that handles it ends by itself" {
	init -d --name deaf busybox sh -c 'trap "" TERM; echo ready-; while :; do sleep 0.05; done'
	init -d --name good busybox sh -c 'trap "exit 6" TERM; echo ready-; while :; do sleep 0.05; done'
	wait_for sh -c 'hoy logs deaf | grep ready-; hoy logs good | grep ready-'
	hoy stop -t 1 deaf
	hoy stop -t 30 good
	[ "$(hoy wait deaf) $(hoy wait good)" = "137 6" ]
}

@test "kill -9 of process 1 ends all of it" {
	local pid child
	init -d --name ii busybox sh -c 'sleep 1000 & sleep 1001'
	pid=$(pid_of ii)
	wait_for has_children_in_state ii S eq 1
	child=$(pgrep -P "$pid")
	kill -9 "$pid"
	[ "$(hoy wait ii)" = 137 ]
	[ ! -e "/proc/$child" ]
}

@test "at a terminal: job control of a shell, Ctrl-C for the program and not for process 1, Ctrl-Z" {
	env PYTHONPATH="$BATS_TEST_DIRNAME" PYTHONDONTWRITEBYTECODE=1 python3 -c '
import subprocess, time
from terminal import Terminal
name = "job-control"
t = Terminal("hoy", "run", "-it", "--rm", "--init", "--name", name, "--network", "none", "busybox", "sh")
t.expect("/ # ").type("sh -c \"echo go; exec sleep 1000\"\n").expect("go\r\n").type("\x1a").expect("Stopped").expect("/ # ")
t.type("jobs\n").expect("Stopped").expect("sleep 1000").expect("/ # ")
t.type("fg\n").expect("sleep 1000")
while subprocess.run(["hoy", "exec", name, "sh", "-c", "grep -q sleep /proc/$(cut -d\" \" -f8 /proc/1/stat)/comm"]).returncode:
    time.sleep(0.05)  # the shell says the name, then gives the terminal away
t.type("\x03").expect("/ # ")
t.type("ps -o pid,stat,comm | grep docker-init\n").expect("docker-init").expect("/ # ").type("exit 3\n").end(3)
t = Terminal("hoy", "run", "-it", "--rm", "--init", "--network", "none", "busybox", "sh", "-c", "trap \"exit 5\" INT; echo go; while :; do sleep 0.05; done")
t.expect("go").type("\x03").end(5)'
}

@test "beside a pid namespace that is not its own there is nothing for it to do" {
	local c
	init -d --name ii busybox sleep 1000
	init -d --name host --pid host busybox sleep 1000
	init -d --name guest --pid container:ii busybox sleep 1000
	for c in host guest; do
		[ "$(tr '\0' ' ' <"/proc/$(pid_of $c)/cmdline")" = "sleep 1000 " ]
	done
	[[ $(tr '\0' ' ' <"/proc/$(pid_of ii)/cmdline") == "/sbin/docker-init -- sleep 1000 " ]]
}
