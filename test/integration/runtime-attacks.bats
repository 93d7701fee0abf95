#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a hostile image or container would try against hoy-runtime, carried out. Each test names the attack that it is.

load runtime

setup() {
	bundle_setup
	mkdir "$T/host"
	echo untouched >"$T/host/file"
}

teardown() { bundle_teardown; }

host_untouched() {
	[ "$(cat "$T/host/file")" = untouched ]
	[ "$(ls -A "$T/host")" = file ]
	! grep -q "$T/host" /proc/self/mountinfo
}

@test "the runtime's file cannot be written through /proc/PID/exe (CVE-2019-5736)" {
	# Held open while it runs, written to when nobody runs it any more: "text file busy" is no protection.
	cat >"$T/hook" <<-EOF
	#!/bin/sh
	pid=\$(sed 's/.*"pid":\([0-9]*\).*/\1/')
	exec 4</proc/\$pid/exe
	sleep 100 >/dev/null 2>&1 </dev/null &
	echo \$! >$T/holder
	EOF
	chmod +x "$T/hook"
	config "c['hooks'] = {'createRuntime': [{'path': '$T/hook', 'env': ['PATH=/bin:/usr/bin']}]}"
	cp "$RUNTIME" "$T/runtime"
	RUNTIME=$T/runtime
	args true
	rt_run
	holder=$(cat "$T/holder")
	cmp "/proc/$holder/fd/4" "$RUNTIME"
	run bash -c "echo evil >>/proc/$holder/fd/4"
	kill "$holder"
	[ "$status" -ne 0 ]
	[[ "$output" == *"Read-only file system"* ]]
}

@test "a program that is /proc/self/exe, or has it behind #!, gets a read-only runtime (CVE-2019-5736)" {
	sum=$(sha256sum <"$RUNTIME")
	args /proc/self/exe --version
	run rt_run
	printf '#!/proc/self/exe\n' >"$B/rootfs/bin/evil"
	chmod +x "$B/rootfs/bin/evil"
	args /bin/evil
	run rt_run
	args sh -c 'exec 3</proc/self/exe'
	run rt_run
	[ "$(sha256sum <"$RUNTIME")" = "$sum" ]
	config "c['process']['capabilities'] = {k: ['CAP_SYS_PTRACE', 'CAP_DAC_OVERRIDE'] for k in ('bounding', 'effective', 'permitted')}"
	args sh -c 'while :; do for p in /proc/[0-9]*; do (echo evil >>$p/exe) 2>/dev/null; done; done'
	rt_detached
	for _ in $(seq 20); do rt exec "$ID" true; done
	[ "$(sha256sum <"$RUNTIME")" = "$sum" ]
}

@test "/proc and /sys that are links of the image are refused (CVE-2019-19921, CVE-2023-27561)" {
	for dir in proc sys; do
		rmdir "$B/rootfs/$dir"
		mkdir -p "$B/rootfs/tmp/$dir"
		ln -s "/tmp/$dir" "$B/rootfs/$dir"
		args true
		run rt run -b "$B" "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"must be mounted on ordinary directory"* ]]
		rm "$B/rootfs/$dir"
		mkdir "$B/rootfs/$dir"
	done
}

@test "nothing is mounted over a part of /proc (CVE-2019-16884, CVE-2025-52881)" {
	for target in /proc/sys /proc/self/attr /proc/sys/kernel /link; do
		ln -sfn /proc/sys "$B/rootfs/link"
		cp "$B/config.json" "$T/saved"
		config "c['mounts'].append({'destination': '$target', 'type': 'bind', 'source': '$T/host', 'options': ['bind']})"
		args true
		run rt run -b "$B" "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"cannot be mounted because it is inside /proc"* || "$output" == *mountpoint* ]] || { echo "$output"; return 1; }
		cp "$T/saved" "$B/config.json"
	done
	echo 99 >"$T/uptime"
	config "c['mounts'].append({'destination': '/proc/uptime', 'type': 'bind', 'source': '$T/uptime', 'options': ['bind', 'ro']})"
	args cat /proc/uptime
	[ "$(rt_run)" = 99 ]
}

@test "mount targets that lead out of the root stay inside (CVE-2021-30465, CVE-2024-45310)" {
	ln -s "/../../../../../../../..$T/host" "$B/rootfs/up"
	ln -s "$T/host" "$B/rootfs/abs"
	ln -s /proc/self/root "$B/rootfs/magic"
	mkdir -p "$B/rootfs$T/host"
	config "c['mounts'] += [{'destination': '/' + d + '/new', 'type': 'tmpfs', 'source': 'tmpfs'} for d in ('up', 'abs')]"
	args true
	rt_run
	host_untouched
	config "c['mounts'].append({'destination': '/magic/new', 'type': 'tmpfs', 'source': 'tmpfs'})"
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[ ! -e /new ]
	host_untouched
}

@test "a mount target that is exchanged for a link all the time (CVE-2021-30465)" {
	mkdir "$B/rootfs/a"
	ln -s "/../../../../../../..$T/host" "$B/rootfs/b"
	config "c['mounts'].append({'destination': '/a/new', 'type': 'tmpfs', 'source': 'tmpfs'})"
	args true
	python3 - "$B/rootfs" 3>&- <<-'EOF' &
	import ctypes, os, sys
	libc = ctypes.CDLL(None)
	a, b = (os.path.join(sys.argv[1], n).encode() for n in 'ab')
	while True:
	    libc.renameat2(-100, a, -100, b, 2)
	EOF
	swapper=$!
	for _ in $(seq 60); do rt_run >/dev/null 2>&1 || true; done
	kill $swapper
	wait $swapper || true
	host_untouched
}

@test "/dev that is a link makes no device outside (CVE-2026-41579)" {
	rmdir "$B/rootfs/dev"
	ln -s "/../../../../../../..$T/host" "$B/rootfs/dev"
	config "c['mounts'] = [m for m in c['mounts'] if not m['destination'].startswith('/dev')]"
	args true
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	host_untouched
}

@test "masks do not come from the container's /dev/null (CVE-2025-31133)" {
	config "c['mounts'] = [m for m in c['mounts'] if not m['destination'].startswith('/dev')]"
	echo secret >"$B/rootfs/secret"
	ln -s /secret "$B/rootfs/dev/null"
	args cat /proc/keys
	run rt_run
	[[ "$output" != *secret* ]]
	[ "$(cat "$B/rootfs/secret")" = secret ]
}

@test "/dev/console that is a link is not followed (CVE-2025-52565)" {
	config "c['process']['terminal'] = True; c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/dev']"
	ln -s /etc/passwd "$B/rootfs/dev/console"
	mkdir -p "$B/rootfs/dev/pts" "$B/rootfs/dev/shm" "$B/rootfs/dev/mqueue"
	args true
	run script -qec "$RUNTIME --root $ROOT run -b $B $ID" /dev/null
	[ "$status" -eq 1 ]
	[[ "$output" == *terminal* ]]
}

@test "no fd of the host is left: neither as cwd nor in /proc/self/fd (CVE-2024-21626)" {
	for fd in $(seq 3 30); do
		for path in /proc/self/fd/$fd /proc/self/fd/$fd/../..; do
			config "c['process']['cwd'] = '$path'"
			args ls "$T/host"
			run rt_run
			[ "$status" -ne 0 ] || { echo "cwd $path: $output"; return 1; }
			[[ "$output" != *file* || "$output" == *"No such file"* || "$output" == *chdir* || "$output" == *cwd* ]]
		done
	done
	config "c['process']['cwd'] = '/'"
	args sh -c 'for f in /proc/self/fd/*; do echo $f $(readlink $f); done'
	exec 7<"$T/host" 8<"$T/host/file"
	run bash -c "$RUNTIME --root $ROOT run -b $B $ID 3>&-"
	exec 7<&- 8<&-
	[[ "$output" != *"$T/host"* ]]
	ln -s /proc/self/fd/7 "$B/rootfs/wd"
	args sleep 100
	rt_detached
	exec 7<"$T/host"
	run rt exec --cwd /wd "$ID" ls
	exec 7<&-
	[ "$status" -ne 0 ]
}

@test "supplementary groups of the caller are not inherited (CVE-2022-36109)" {
	args sh -c 'grep Groups /proc/self/status'
	run setpriv --groups 5,6,7 "$RUNTIME" --root "$ROOT" run -b "$B" "$ID" 3>&-
	[ "$status" -eq 0 ]
	[[ "$output" =~ ^Groups:[[:space:]]*$ ]]
}

@test "capabilities are never inheritable, for exec neither (CVE-2022-29162)" {
	config "c['process']['capabilities']['inheritable'] = ['CAP_KILL']"
	args sleep 100
	rt_detached
	[ "$(awk '/CapInh/{print $2}' "/proc/$(pid_of)/status")" = 0000000000000000 ]
	[ "$(rt exec --cap CAP_CHOWN "$ID" grep CapInh /proc/self/status | awk '{print $2}')" = 0000000000000000 ]
}

@test "cgroup hierarchies: no release_agent, nothing of others (CVE-2022-0492)" {
	config "c['mounts'] = [dict(m, options=[o for o in m.get('options', []) if o != 'ro']) if m['type'] == 'cgroup' else m for m in c['mounts']]"
	args sh -c 'ls /sys/fs/cgroup /sys/fs/cgroup/*; cat /proc/self/cgroup'
	run rt_run
	[ "$status" -eq 0 ]
	[[ "$output" != *release_agent* ]]
	[[ "$output" != *"$CG"* ]]
}

@test "a link that /proc/self/fd swaps below the container's /etc/passwd cannot block or leak" {
	rm "$B/rootfs/etc/passwd"
	mkfifo "$B/rootfs/etc/passwd"
	args sh -c 'echo home=$HOME'
	run timeout 10 "$RUNTIME" --root "$ROOT" run -b "$B" "$ID" 3>&-
	[ "$output" = home=/ ]
}

@test "state is for its owner alone" {
	args sleep 100
	rt_detached
	[ "$(stat -c %a "$ROOT/$ID")" = 700 ]
	[ "$(stat -c %a "$ROOT/$ID/state.json")" = 600 ]
}

@test "the old root is out of reach" {
	config "c['process']['capabilities'] = {k: ['CAP_SYS_CHROOT', 'CAP_SYS_ADMIN', 'CAP_DAC_READ_SEARCH'] for k in ('bounding', 'effective', 'permitted')}"
	args sh -c "cd /; for i in 1 2 3 4 5 6 7 8; do cd ..; done; ls .$T/host; ls /proc/1/root$T/host; umount -l / ; ls .$T/host"
	ln -s busybox "$B/rootfs/bin/umount"
	run rt_run
	[[ "$output" != *$'\nfile'* && "$output" != file* ]]
}
