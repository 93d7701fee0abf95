#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each system call of a start fails once (faults.c): every run ends by itself, with one sentence, and leaves nothing.
# FAULTS=all tries every call with three errors each; without it, one error and of the rarer commands a part.

load runtime

setup() {
	[ "$(uname -m)" = x86_64 ] || skip "faults.c knows the registers of x86-64 only"
	bundle_setup
	args true
	gcc -D_GNU_SOURCE -O1 -Wall -o "$T/faults" "$BATS_TEST_DIRNAME/faults.c"
	every=${FAULTS:+1}
	# Like a container of docker's: all that has a stage of its own.
	config "
c['process']['oomScoreAdj'] = 0
c['process']['noNewPrivileges'] = False
c['linux']['sysctl'] = {'net.ipv4.ip_unprivileged_port_start': '0'}
c['linux']['resources'].update({'memory': {'limit': 64 << 20}, 'pids': {'limit': 100}, 'cpu': {'shares': 512}})
c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['acct'], 'action': 'SCMP_ACT_ERRNO'}]}
c['mounts'].append({'destination': '/var/data', 'type': 'bind', 'source': '$T', 'options': ['rbind', 'ro']})"
	rt_run # the filter is in the cache now
}

teardown() { bundle_teardown; }

# faults [OPTION]... -- COMMAND...: told in full when an answer is wrong.
faults() {
	run timeout 300 "$T/faults" -r "$ROOT" -g "$CG" "$@" 3>&-
	[ "$status" -eq 0 ] || { echo "$output" | grep -v -- '->'; return 1; }
	[[ "$output" =~ ([0-9]+)\ of\ ([0-9]+)\ calls ]]
	[ "${BASH_REMATCH[2]}" -ge 10 ]
}

# What a test that could not fail would not see: a runtime that keeps silent, leaves a directory, or hangs.
@test "wrong answers are seen" {
	cat >"$T/bad.c" <<-'EOF'
	#include <fcntl.h>
	#include <stdio.h>
	#include <sys/stat.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		char path[4096];

		snprintf(path, sizeof(path), "%s/left-%d", argv[1], (int)getpid());
		if (mkdir(path, 0700) < 0)
			return 3;
		if (chdir(path) < 0)
			return puts("bad failed: silent on stderr"), 1;
		if (access(path, F_OK) < 0) {
			fprintf(stderr, "bad failed: but keeps its directory\n");
			return 1;
		}
		if (chdir("/") < 0)
			pause();
		return rmdir(path) < 0;
	}
	EOF
	gcc -static -o "$T/bad" "$T/bad.c"
	mkdir -p "$ROOT"
	run "$T/faults" -t 1 -r "$ROOT" -g "$CG" -- "$T/bad" "$ROOT" 3>&-
	echo "$output"
	[ "$status" -eq 1 ]
	[[ "$output" == *"mkdir 1: unexpected status"* ]]
	[[ "$output" == *"not one sentence"* ]]
	[[ "$output" == *"something is left: bad failed: but keeps its directory"* ]]
	[[ "$output" == *"it hangs"* ]]
	rm -rf "$ROOT"/left-*
}

@test "run: each call of the runtime and of the container's process fails once" {
	faults -a "$RUNTIME --root $ROOT delete --force $ID" -- "$RUNTIME" --root "$ROOT" run -b "$B" "$ID"
}

@test "run: each call is one that the kernel does not have, or does not permit" {
	for errnum in ${FAULTS:+22 12} 1 38; do
		faults -n "${every:-3}" -e $errnum -a "$RUNTIME --root $ROOT delete --force $ID" -- \
			"$RUNTIME" --root "$ROOT" run -b "$B" "$ID"
	done
}

@test "create, and start of what was created" {
	args true
	faults -n "${every:-4}" -a "$RUNTIME --root $ROOT delete --force $ID" -- \
		"$RUNTIME" --root "$ROOT" create -b "$B" "$ID"
	faults -b "$RUNTIME --root $ROOT create -b $B $ID >/dev/null 2>&1" -a "$RUNTIME --root $ROOT delete --force $ID" \
		-- "$RUNTIME" --root "$ROOT" start "$ID"
}

@test "exec: each call fails once, and the container goes on" {
	args sleep 1000
	rt_detached
	pid=$(pid_of)
	faults -n "${every:-2}" -- "$RUNTIME" --root "$ROOT" exec "$ID" true
	[ "$(state_of)" = running ]
	[ "$(pid_of)" = "$pid" ]
}

@test "delete: each call fails once, and another delete does the rest" {
	args sleep 1000
	faults -b "$RUNTIME --root $ROOT run -d -b $B $ID >/dev/null 2>&1" -a "$RUNTIME --root $ROOT delete --force $ID" \
		-- "$RUNTIME" --root "$ROOT" delete --force "$ID"
}

@test "a new user namespace: each call fails once" {
	unshare --user true 2>/dev/null || skip "no user namespaces here: disabled, or below a chroot"
	chown -R 100000:100000 "$B/rootfs"
	config "
c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/var/data']
del c['process']['rlimits']"
	chmod 755 "$T" "$B"
	rt_run
	faults -n "${every:-2}" -a "$RUNTIME --root $ROOT delete --force $ID" -- "$RUNTIME" --root "$ROOT" run -b "$B" "$ID"
}
