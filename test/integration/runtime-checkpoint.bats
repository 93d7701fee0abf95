#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy-runtime checkpoint and restore, by Debian's criu: a program that counts goes on counting.

load runtime

setup_file() {
	local why=
	command -v criu >/dev/null || "$BATS_TEST_DIRNAME/../../tools/install-packages" checkpoint >/dev/null 2>&1 || why="criu cannot be installed"
	[ -n "$why" ] || why=$(criu check 2>&1 >/dev/null | grep Error | tail -n 1)
	export WHY=$why
}

setup() {
	[ -z "$WHY" ] || [[ $BATS_TEST_DESCRIPTION == *"without criu"* ]] || skip_or_fail "criu does not work on this kernel: $WHY"
	bundle_setup
	args sh -c 'n=0; while :; do n=$((n + 1)); echo $n >/tmp/count; sleep 0.1; done'
}

teardown() { bundle_teardown; }

# Files of the host as output would tie it to the host.
start() { rt run -d -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-; }

count() { cat "$B/rootfs/tmp/count" 2>/dev/null || echo 0; }
counts() { [ "$(count)" -gt "${1:-0}" ]; }

# checkpoint OPTION...: with criu's words when it fails
checkpoint() {
	rt checkpoint --image-path "$T/images" --work-path "$T/work" "$@" || { grep -h Error "$T/work/dump.log"; return 1; }
}

restore() {
	rt restore -d -b "$B" --image-path "$T/images" --work-path "$T/work" "$@" </dev/null >"$T/out" 2>&1 3>&- || {
		cat "$T/out"
		grep -h -B 3 Error "$T/work/restore.log"
		return 1
	}
}

@test "checkpoint ends it, restore goes on where it was" {
	start
	wait_for counts 3
	checkpoint "$ID"
	run rt state "$ID"
	[ "$status" -eq 1 ]
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$CG")" ]
	before=$(count)
	restore --pid-file "$T/pid" "$ID"
	[ "$(state_of)" = running ]
	[ "$(cat "$T/pid")" = "$(pid_of)" ]
	wait_for counts "$before"
	[ "$(count)" -lt $((before + 100)) ]
	# it is what it was: namespaces, root, rights, cgroup
	[ "$(rt exec "$ID" sh -c 'echo $PPID; hostname; ls /proc | grep -c "^[0-9]"' | tr '\n' ' ')" != "" ]
	[ "$(rt exec "$ID" hostname)" = hoy ]
	grep -q "^Seccomp" "/proc/$(pid_of)/status"
	[ "$(awk '/CapEff/ { print $2 }' "/proc/$(pid_of)/status")" = 0000000020000420 ]
	grep -q "/$CG$" "/proc/$(pid_of)/cgroup"
	rt pause "$ID"
	rt resume "$ID"
	rt kill "$ID" KILL
	wait_for stopped "$ID"
	rt delete "$ID"
	[ -z "$(grep -s "$T" /proc/self/mountinfo)" ]
}

@test "a restored container can be checkpointed again, and under another name" {
	start
	wait_for counts 2
	checkpoint "$ID"
	restore "$ID"
	wait_for counts "$(($(count) + 2))"
	rm -rf "$T/images"
	checkpoint "$ID"
	before=$(count)
	restore "other-$ID"
	[ "$(state_of "other-$ID")" = running ]
	wait_for counts "$before"
	rt delete -f "other-$ID"
}

@test "--leave-running, and --pre-dump with --parent-path" {
	start
	wait_for counts 2
	rt checkpoint --pre-dump --image-path "$T/pre" --work-path "$T/prework" "$ID"
	[ "$(state_of)" = running ]
	run rt checkpoint --image-path "$T/images" --parent-path nothere "$ID"
	[[ "$status" -eq 1 && "$output" == *"find the images 'nothere'"* ]]
	run rt checkpoint --image-path "$T/images" --parent-path "$T/pre" "$ID"
	[[ "$status" -eq 1 && "$output" == *"must be relative"* ]]
	checkpoint --leave-running --parent-path ../pre "$ID"
	[ -L "$T/images/parent" ]
	[ "$(state_of)" = running ]
	before=$(count)
	wait_for counts "$before"
	rt delete -f "$ID"
	restore "$ID"
	wait_for counts "$(count)"
}

@test "file locks and open files" {
	args sh -c '/usr/bin/flock -x /tmp/lock sleep 1000 & n=0; while :; do n=$((n + 1)); echo $n >/tmp/count; sleep 0.1; done'
	local file
	for file in "$(command -v flock)" $(ldd "$(command -v flock)" | grep -o '/[^ ]*'); do # busybox has none
		install -D "$file" "$B/rootfs$file"
	done
	start
	wait_for counts 2
	locked() { ! flock -n "$B/rootfs/tmp/lock" true; }
	wait_for locked
	run rt checkpoint --image-path "$T/images" --work-path "$T/work" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"criu could not checkpoint: "* && "$output" == *dump.log* ]]
	[ "$(state_of)" = running ]
	rm -rf "$T/images"
	checkpoint --file-locks "$ID"
	restore --file-locks "$ID"
	locked
}

@test "pipes of the old container are ours in the new one" {
	args sh -c 'n=0; while read -r line; do n=$((n + 1)); echo "$n: $line"; done; echo end'
	(echo one; sleep 20) 3>&- | "$RUNTIME" --root "$ROOT" run -b "$B" "$ID" 2>&1 3>&- | cat >"$T/first" &
	wait_for grep -q '1: one' "$T/first"
	checkpoint "$ID"
	(echo two; sleep 1) | "$RUNTIME" --root "$ROOT" restore -b "$B" --image-path "$T/images" --work-path "$T/work" "$ID" 3>&- | cat >"$T/second"
	[ "$(tr '\n' ' ' <"$T/second")" = "2: two end " ]
	run rt state "$ID"
	[ "$status" -eq 1 ]
}

@test "a terminal: --shell-job, by console socket" {
	config "c['process']['terminal'] = True"
	args sh -c 'n=0; while :; do n=$((n + 1)); echo $n >/tmp/count; echo "tty $n"; sleep 0.2; done'
	python3 "$BATS_TEST_DIRNAME/console.py" "$RUNTIME" --root "$ROOT" run -d -b "$B" --console-socket "$T/s" "$ID" >"$T/first" 3>&- &
	wait_for grep -q 'tty 2' "$T/first"
	checkpoint --shell-job "$ID"
	wait
	before=$(count)
	python3 "$BATS_TEST_DIRNAME/console.py" "$RUNTIME" --root "$ROOT" restore -d -b "$B" --shell-job --image-path "$T/images" \
		--work-path "$T/work" --console-socket "$T/s2" "$ID" >"$T/second" 3>&- &
	wait_for grep -q "tty $((before + 2))" "$T/second"
	rt delete -f "$ID"
	wait
}

@test "--tcp-established: a connection outlives its processes" {
	args sh -c 'nc -l -p 7777 -e sh -c "while read -r l; do echo got \$l; done" & sleep 0.5; mkfifo /tmp/in; nc 127.0.0.1 7777 </tmp/in >/tmp/got & exec 9>/tmp/in; n=0; while :; do n=$((n + 1)); echo $n >&9; echo $n >/tmp/count; sleep 0.2; done'
	ln -s busybox "$B/rootfs/bin/nc"
	ln -s busybox "$B/rootfs/bin/mkfifo"
	start
	wait_for grep -q 'got 2' "$B/rootfs/tmp/got"
	run rt checkpoint --image-path "$T/images" --work-path "$T/work" "$ID"
	[ "$status" -eq 1 ]
	rm -rf "$T/images"
	checkpoint --tcp-established "$ID"
	before=$(count)
	restore --tcp-established "$ID"
	wait_for grep -q "got $((before + 2))" "$B/rootfs/tmp/got"
}

@test "bind mounts, and hooks at a restore" {
	mkdir "$T/share"
	echo shared >"$T/share/file"
	config "c['mounts'].append({'destination': '/mnt/share', 'type': 'bind', 'source': '$T/share', 'options': ['bind', 'ro', 'rprivate']});
c['mounts'].append({'destination': '/etc/one', 'type': 'bind', 'source': '$T/share/file', 'options': ['bind', 'rprivate']});
c['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', 'cat >>$T/hooked']}]}"
	start
	wait_for counts 2
	checkpoint "$ID"
	restore "$ID"
	[ "$(rt exec "$ID" cat /mnt/share/file /etc/one | tr '\n' ' ')" = "shared shared " ]
	[ "$(grep -o '"pid":[0-9]*' "$T/hooked" | tail -n 1)" = "\"pid\":$(pid_of)" ]
}

@test "what cannot be: not running, no images, a bad mode, lazy pages" {
	run rt checkpoint "$ID"
	[[ "$status" -eq 1 && "$output" == *"container does not exist"* ]]
	rt create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-
	run rt checkpoint "$ID"
	[[ "$status" -eq 1 && "$output" == *"cannot be checkpointed in created state"* ]]
	run rt checkpoint --manage-cgroups-mode what "$ID"
	[ "$status" -eq 1 ]
	rt delete -f "$ID"
	run rt restore -b "$B" --image-path "$T/nothere" "$ID"
	[[ "$status" -eq 1 && "$output" == *"$T/nothere"* ]]
	mkdir "$T/empty"
	run rt restore -b "$B" --image-path "$T/empty" "$ID"
	[[ "$status" -eq 1 && "$output" == *"criu could not restore: "* ]]
	run rt restore -b "$B" --lazy-pages --image-path "$T/empty" "$ID"
	[[ "$status" -eq 1 && "$output" == *"not supported"* ]]
	[ -z "$(rt list -q)" ]
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$CG")" ]
}

@test "without criu: one sentence" {
	start
	run rt --criu "$T/criu" checkpoint --image-path "$T/images" "$ID"
	[[ "$status" -eq 1 && "$output" == *"run $T/criu: No such file or directory"* ]]
	run env PATH=/nonexistent "$RUNTIME" --root "$ROOT" checkpoint --image-path "$T/images" "$ID"
	[[ "$status" -eq 1 && "$output" == *"criu is not installed"* ]]
	[ "$(state_of)" = running ]
}
