#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy-monitor alone, driven as the engine drives it: argv, ready pipe, lock, frames. The runtime is hoy-runtime where it
# was built, else (or with RUNTIME=) another one with runc's command line.

bats_require_minimum_version 1.5.0
HOY_BUILD=${HOY_BUILD:-$BATS_TEST_DIRNAME/../../build/src}
CLIENT=$BATS_TEST_DIRNAME/monitor-client
STDIN=1 STDOUT=2 STDERR=4 EXIT=8 REAP=16

setup_file() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	for runtime in "${RUNTIME:-}" "$HOY_BUILD/hoy-runtime" /usr/sbin/runc /usr/bin/crun; do
		[ -n "$runtime" ] && [ -x "$runtime" ] && break
	done
	[ -x "$runtime" ] || skip "no OCI runtime"
	export RUNTIME=$runtime
	export LAYER=$BATS_FILE_TMPDIR/layer
	mkdir -p "$LAYER/bin" "$LAYER/proc" "$LAYER/dev" "$LAYER/sys" "$LAYER/tmp" "$LAYER/etc"
	cp "$(command -v busybox)" "$LAYER/bin/busybox"
	for applet in $("$LAYER/bin/busybox" --list | grep -vx busybox); do
		ln -sf busybox "$LAYER/bin/$applet"
	done
}

teardown_file() {
	rmdir "/sys/fs/cgroup/hoymon-${BATS_RUN_TMPDIR##*-}" /sys/fs/cgroup/*/"hoymon-${BATS_RUN_TMPDIR##*-}" 2>/dev/null || true
}

setup() {
	export PARENT=${BATS_RUN_TMPDIR##*-}
	ID=hoymon-$$-$BATS_TEST_NUMBER
	D=$BATS_TEST_TMPDIR/run
	LOG=$BATS_TEST_TMPDIR/c.log
	mkdir -p "$D/pending" "$BATS_TEST_TMPDIR/up" "$BATS_TEST_TMPDIR/work"
}

teardown() {
	[ ! -e "$D/state" ] || "$RUNTIME" --root "$BATS_FILE_TMPDIR/rt" delete --force "$ID" 2>/dev/null || true
	[ ! -e "$D/monitor.sock" ] || wait_for stopped
}

# bundle TERMINAL COMMAND...: config.json
bundle() {
	python3 - "$@" >"$D/config.json" <<'END'
import json, os, sys
caps = ["CAP_KILL", "CAP_SETUID", "CAP_SETGID"]
json.dump({
    "ociVersion": "1.0.2", "hostname": "mon", "root": {"path": "rootfs"},
    "process": {"terminal": sys.argv[1] == "tty", "consoleSize": {"height": 33, "width": 77},
                "user": {"uid": 0, "gid": 0}, "args": sys.argv[2:], "cwd": "/",
                "env": ["PATH=/bin", "TERM=xterm"],
                "capabilities": {k: caps for k in ("bounding", "effective", "permitted")}},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
               {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
               {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
                "options": ["newinstance", "ptmxmode=0666", "mode=0620"]}],
    "linux": {"cgroupsPath": "/hoymon-%s/%d" % (os.environ["PARENT"], os.getpid()),
              "namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")]}}, sys.stdout)
END
}

# start ARGS...: the monitor in the background; its answer in $ready.
start() {
	mkfifo "$BATS_TEST_TMPDIR/ready"
	# The lock's descriptor is inherited, as from the engine.
	python3 - "$D/lock" "$HOY_BUILD/hoy-monitor" --id "$ID" --dir "$D" --bundle "$D" --runtime "$RUNTIME" \
		--runtime-root "$BATS_FILE_TMPDIR/rt" --lower "$LAYER" --upper "$BATS_TEST_TMPDIR/up" \
		--work "$BATS_TEST_TMPDIR/work" --log-driver json-file --log-path "$LOG" --lock-fd 10 --ready-fd 11 "$@" \
		11>"$BATS_TEST_TMPDIR/ready" 3>&- 2>"$BATS_TEST_TMPDIR/stderr" <<'END' &
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
os.dup2(fd, 10)
fcntl.fcntl(10, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
os.set_inheritable(11, True)
os.execv(sys.argv[2], sys.argv[2:])
END
	MONITOR=$!
	ready=$(cat "$BATS_TEST_TMPDIR/ready")
	echo "ready: $ready"
}

wait_for() {
	local i
	for i in $(seq 400); do "$@" && return 0; sleep 0.025; done
	echo "timed out: $*" >&2
	return 1
}

state() { head -n 1 "$D/state" | cut -d' ' -f"$1"; }
stopped() { [ "$(state 2)" = stopped ]; }
running() { [ "$(state 2)" = running ]; }
stands_still() { # FILE: it has something, and no more than a moment ago
	local size
	size=$(stat -c %s "$1")
	sleep 0.2
	[ "$size" -gt 0 ] && [ "$(stat -c %s "$1")" -eq "$size" ]
}
log_text() { python3 -c 'import json, sys; sys.stdout.write("".join(json.loads(l)["log"] for l in open(sys.argv[1])))' "$1"; }

@test "output, exit code and state of a short run" {
	bundle no sh -c 'echo out; echo err >&2; exit 3'
	start
	[[ $ready == "ok "* ]]
	wait $MONITOR
	[ "$(state 2)" = stopped ]
	[ "$(state 7)" = 3 ]
	run -0 log_text "$LOG"
	[ "$output" = "out
err" ]
	grep -q '^{"log":"err\\n","stream":"stderr","time":"20[0-9-]*T[0-9:.]*Z"}$' "$LOG"
}

@test "the root is mounted for the container alone" {
	bundle no sh -c 'echo x >/made; sleep 100'
	start
	run grep "$BATS_TEST_TMPDIR" /proc/self/mountinfo
	[ "$status" -eq 1 ]
	wait_for test -s "$BATS_TEST_TMPDIR/up/made"
	run -0 "$CLIENT" signal "$D" 9
	[ "$output" = 0 ]
	wait $MONITOR
	[ "$(state 7)" = 137 ]
}

@test "a client that waits before the start misses nothing" {
	bundle no sh -c 'echo first; exit 4'
	"$CLIENT" pending "$D" $((STDOUT | STDERR | EXIT)) >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	client=$!
	wait_for grep -q listening "$BATS_TEST_TMPDIR/err"
	start
	wait $client
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = first ]
	grep -qx 'exit 4 0' "$BATS_TEST_TMPDIR/err"
}

@test "a stale pending socket is removed and holds nothing" {
	bundle no true
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind(sys.argv[1])' "$D/pending/e-1.sock"
	start
	[[ $ready == "ok "* ]]
	[ ! -e "$D/pending/e-1.sock" ]
}

@test "stdin goes through, its end with stdin-once closes the container's" {
	bundle no sh -c 'cat; echo end'
	start --stdin --stdin-once
	run -0 --separate-stderr bash -c "seq 1 100000 | '$CLIENT' attach '$D' $((STDIN | STDOUT | EXIT))"
	[ "$(printf '%s\n' "$output" | sha256sum)" = "$({ seq 1 100000; echo end; } | sha256sum)" ]
	[[ $stderr == *"exit 0 0"* ]]
	[ "$(log_text "$LOG" | sha256sum)" = "$({ seq 1 100000; echo end; } | sha256sum)" ]
}

@test "without stdin-once the input outlives its client" {
	bundle no sh -c 'read a; echo read >/read; read b; echo "$a $b"'
	start --stdin
	echo one | "$CLIENT" attach "$D" $STDIN 3>&- &
	wait_for test -s "$BATS_TEST_TMPDIR/up/read"
	run -0 --separate-stderr bash -c "echo two | '$CLIENT' attach '$D' $((STDIN | STDOUT | EXIT))"
	[ "$output" = "one two" ]
}

@test "many clients get the same output, one that does not read holds back but is not cut off" {
	bundle no sh -c 'read x; seq 1 200000'
	start --stdin
	for i in 1 2 3; do
		"$CLIENT" attach "$D" $((STDOUT | EXIT)) >"$BATS_TEST_TMPDIR/out$i" 2>"$BATS_TEST_TMPDIR/err$i" 3>&- &
	done
	mkfifo "$BATS_TEST_TMPDIR/hold"
	"$CLIENT" stall "$D" $((STDOUT | EXIT)) <"$BATS_TEST_TMPDIR/hold" >"$BATS_TEST_TMPDIR/out4" 2>"$BATS_TEST_TMPDIR/err4" 3>&- &
	exec 9>"$BATS_TEST_TMPDIR/hold"
	for i in 1 2 3 4; do wait_for grep -qE 'started|stalled' "$BATS_TEST_TMPDIR/err$i"; done
	echo go | "$CLIENT" attach "$D" $STDIN 3>&- 9>&- &
	# what it does not read stops the others, and so the program, long before the end
	wait_for stands_still "$BATS_TEST_TMPDIR/out1"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/out1")" -lt 200000 ]
	running
	exec 9>&-
	wait_for stopped
	wait $MONITOR
	for i in 1 2 3 4; do
		wait_for grep -q '^exit 0' "$BATS_TEST_TMPDIR/err$i"
		[ "$(sha256sum <"$BATS_TEST_TMPDIR/out$i")" = "$(seq 1 200000 | sha256sum)" ]
	done
}

@test "a terminal: size, resize, both ways" {
	bundle tty sh -c 'stty size; read x; stty size; test -t 1 && echo tty'
	start --terminal --stdin
	[[ $ready == "ok "* ]]
	wait_for grep -q '33 77' "$LOG"
	run -0 "$CLIENT" resize "$D" 40 100
	[ "$output" = 0 ]
	run -0 --separate-stderr bash -c "echo go | '$CLIENT' attach '$D' $((STDIN | STDOUT | EXIT))"
	[[ $output == *"40 100"*tty* ]]
	run -0 log_text "$LOG"
	[[ $output == *$'33 77\r\n'* ]]
}

@test "the runtime's words when the command is not there" {
	bundle no /no/such/command
	start
	[[ $ready == "error "*"no such file"* ]]
	status=0
	wait $MONITOR || status=$?
	[ "$status" = 1 ]
	[ "$(state 2)" = stopped ]
	sed -n 2p "$D/state" | grep -q "no such file"
}

@test "restart: on-failure counts, stops at its maximum" {
	bundle no sh -c 'echo run; exit 1'
	"$CLIENT" pending "$D" $EXIT 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	client=$!
	wait_for grep -q listening "$BATS_TEST_TMPDIR/err"
	start --restart on-failure --restart-max 2
	wait $MONITOR
	wait $client
	[ "$(grep -c run "$LOG")" = 3 ]
	[ "$(state 9)" = 2 ]
	[ "$(grep -c '^exit 1 1024' "$BATS_TEST_TMPDIR/err")" = 2 ]
	grep -qx 'exit 1 0' "$BATS_TEST_TMPDIR/err"
}

@test "restart: a stop ends it, also while it waits" {
	bundle no sh -c 'echo run; exit 0'
	start --restart always
	wait_for grep -q restarting "$D/state"
	run -0 "$CLIENT" signal "$D" 15 no-restart
	[ "$output" = 0 ]
	wait $MONITOR
	stopped
}

@test "restart: always comes back after a signal without no-restart" {
	bundle no sleep 100
	start --restart always
	run -0 "$CLIENT" signal "$D" 9
	restarted() { [ "$(state 9)" = 1 ]; }
	wait_for restarted
	wait_for running
	run -0 "$CLIENT" signal "$D" 9 no-restart
	wait $MONITOR
	[ "$(state 9)" = 1 ]
}

@test "the exit command runs when nobody reaps, outside of the private mounts" {
	bundle no true
	start --exit-arg /bin/sh --exit-arg -c --exit-arg "readlink /proc/self/ns/mnt >$BATS_TEST_TMPDIR/ns; flock -n $D/lock true; echo \$? >$BATS_TEST_TMPDIR/reaped"
	wait_for test -s "$BATS_TEST_TMPDIR/reaped"
	[ "$(cat "$BATS_TEST_TMPDIR/ns")" = "$(readlink /proc/self/ns/mnt)" ]
}

@test "and does not run when a client will reap" {
	bundle no sh -c 'read x'
	start --stdin --exit-arg /bin/touch --exit-arg "$BATS_TEST_TMPDIR/reaped"
	run -0 --separate-stderr bash -c "echo | '$CLIENT' attach '$D' $((STDIN | EXIT | REAP))"
	wait $MONITOR
	[ ! -e "$BATS_TEST_TMPDIR/reaped" ]
}

@test "a log is rotated at its size, the oldest goes" {
	bundle no sh -c 'seq 1 20000'
	start --log-max-size 100000 --log-max-file 3
	wait $MONITOR
	[ -e "$LOG.1" ] && [ -e "$LOG.2" ] && [ ! -e "$LOG.3" ]
	[ "$(stat -c %s "$LOG.1")" -lt 101000 ]
	[ "$(cat "$LOG.2" "$LOG.1" "$LOG" | tail -n 1 | grep -o '"log":"[0-9]*' | cut -d'"' -f4)" = 20000 ]
}

@test "frames that are none cost the connection, not the container" {
	bundle no sh -c 'read x; echo alive'
	start --stdin --stdin-once
	for bytes in 00 ff 0100000000000000ff 0200000000000000 4000000000000000 050000000000ffff 01000000ffff0000 \
		0300000000000000; do
		run "$CLIENT" raw "$D" "$bytes"
		[ -z "$output" ] || [[ $output == *Error* ]]
	done
	run -0 --separate-stderr bash -c "echo | '$CLIENT' attach '$D' $((STDIN | STDOUT | EXIT))"
	[ "$output" = alive ]
}

@test "a killed monitor leaves a free lock and a state that says running" {
	bundle no sleep 1000
	start
	pid=$(state 3)
	kill -9 $MONITOR
	wait $MONITOR || true
	running
	flock -n "$D/lock" true
	"$RUNTIME" --root "$BATS_FILE_TMPDIR/rt" delete --force "$ID"
	wait_for test ! -d "/proc/$pid/fd"
	rm "$D/state" "$D/monitor.sock"
}
