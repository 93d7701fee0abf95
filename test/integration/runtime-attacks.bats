#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a hostile image or container would try against hoy-runtime, carried out. Each test names the attack that it is.

load runtime

setup() {
	bundle_setup
	mkdir "$T/host"
	echo untouched >"$T/host/file"
}

teardown() {
	[ -z "${swapper:-}" ] || kill "$swapper" 2>/dev/null || true
	bundle_teardown
}

host_untouched() {
	[ "$(cat "$T/host/file")" = untouched ]
	[ "$(ls -A "$T/host")" = file ]
	[ -z "$(grep "$T/host" /proc/self/mountinfo)" ]
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

# swapper DIR A B: exchanges the two names as fast as it can until it is killed; $swapper is its pid.
swapper() {
	python3 - "$@" 3>&- <<-'EOF' &
	import ctypes, os, sys
	libc = ctypes.CDLL(None)
	a, b = (os.path.join(sys.argv[1], n).encode() for n in sys.argv[2:4])
	while True:
	    libc.renameat2(-100, a, -100, b, 2)
	EOF
	swapper=$!
}

swapper_end() {
	kill $swapper
	wait $swapper || true
}

# rounds N: run until N mounts were raced with; some runs must have gone well or come past their first mount, or the
# attacker never let us come far (the mount that failed is named by its number).
rounds() {
	local far=0
	for _ in $(seq "$1"); do
		if rt_run >/dev/null 2>"$T/err"; then
			far=$((far + 1))
		elif [[ "$(cat "$T/err")" =~ /[a-z]+([1-9][0-9]*) ]]; then
			far=$((far + BASH_REMATCH[1]))
		fi
		host_untouched
	done
	[ "$far" -gt 0 ] || { cat "$T/err"; return 1; }
}

@test "mount targets that are exchanged for a link all the time, 3,000 rounds (CVE-2021-30465)" {
	mkdir "$B/rootfs/a"
	ln -s "/../../../../../../..$T/host" "$B/rootfs/b"
	mkdir -p "$B/rootfs$T/host"
	config "c['mounts'] += [{'destination': '/a/new%d' % i, 'type': 'tmpfs', 'source': 'tmpfs'} for i in range(100)]"
	args true
	swapper "$B/rootfs" a b
	rounds 30
	swapper_end
}

@test "directories and files are made inside while a part of the path is exchanged, 3,000 rounds (CVE-2024-45310)" {
	echo data >"$T/data"
	mkdir "$B/rootfs/a"
	ln -s "$T/host" "$B/rootfs/b"
	mkdir -p "$B/rootfs$T/host"
	config "
c['mounts'] += [{'destination': '/a/p%d/x/y' % i, 'type': 'bind', 'source': '$T/data', 'options': ['bind']} for i in range(50)]
c['mounts'] += [{'destination': '/a/q%d/x/y' % i, 'type': 'tmpfs', 'source': 'tmpfs'} for i in range(50)]
c['process']['cwd'] = '/a/r/x/y'"
	args true
	swapper "$B/rootfs" a b
	for _ in $(seq 30); do
		rt_run >/dev/null 2>&1 || true
		host_untouched
		find "$B/rootfs" -xdev -mindepth 2 -depth -name '[pqrxy]*' -delete 2>/dev/null || true # it is exchanged under find, too
	done
	swapper_end
	[ "$(cat "$T/data")" = data ]
}

@test "devices and masks on paths that are exchanged for a link, 3,000 rounds (CVE-2025-31133)" {
	mkdir "$B/rootfs/a"
	ln -s "/../../../../../../..$T/host" "$B/rootfs/b"
	mkdir -p "$B/rootfs$T/host"
	for i in $(seq 20); do touch "$B/rootfs/a/m$i" "$T/host/m$i"; done
	config "
c['linux']['devices'] = [{'type': 'c', 'path': '/a/n%d' % i, 'major': 1, 'minor': 3} for i in range(60)]
c['linux']['maskedPaths'] += ['/a/m%d' % i for i in range(1, 21)]
c['linux']['readonlyPaths'] += ['/a/m%d' % i for i in range(1, 21)]"
	args true
	swapper "$B/rootfs" a b
	for _ in $(seq 30); do
		rt_run >/dev/null 2>&1 || true
		[ -z "$(find "$T/host" -name 'n*')" ]
		[ -z "$(find "$T/host" -name 'm*' ! -type f)" ]
		[ -z "$(grep "$T/host" /proc/self/mountinfo)" ]
	done
	swapper_end
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
	echo secret >"$B/rootfs/secret"
	mkdir -p "$T/dev/shm" "$T/dev/pts" "$T/dev/mqueue"
	config "c['mounts'] = [m for m in c['mounts'] if not m['destination'].startswith('/dev')]
c['mounts'].append({'destination': '/dev', 'type': 'bind', 'source': '$T/dev', 'options': ['bind']})
c['linux']['maskedPaths'].append('/etc/passwd')"
	args cat /proc/keys /etc/passwd
	ln -s /secret "$T/dev/null"
	[ "$(rt_run)" = "" ]
	rm "$T/dev/null"
	echo secret >"$T/dev/null"
	[ "$(rt_run)" = "" ]
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

@test "/dev/console that is exchanged for a link all the time covers nothing else (CVE-2025-52565)" {
	config "c['process']['terminal'] = True; c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/dev']"
	mkdir -p "$B/rootfs/dev/pts" "$B/rootfs/dev/shm" "$B/rootfs/dev/mqueue"
	echo target >"$B/rootfs/etc/target"
	touch "$B/rootfs/dev/console"
	ln -s /etc/target "$B/rootfs/dev/b"
	args sh -c 'echo covered: $(grep -c /etc/target /proc/self/mountinfo)'
	swapper "$B/rootfs/dev" console b
	for _ in $(seq 40); do
		run script -qec "$RUNTIME --root $ROOT run -b $B $ID" /dev/null
		[[ "$output" == *terminal* || "$output" == *"covered: 0"* ]] || { echo "$output"; return 1; }
	done
	swapper_end
}

@test "a terminal comes from a devpts only, whatever is at /dev/pts (CVE-2025-52565)" {
	config "c['process']['terminal'] = True; c['mounts'] = [m for m in c['mounts'] if m['destination'] not in ('/dev', '/dev/pts')]"
	mkdir -p "$B/rootfs/dev/pts" "$B/rootfs/dev/shm" "$B/rootfs/dev/mqueue"
	echo secret >"$B/rootfs/dev/pts/ptmx"
	echo secret >"$B/rootfs/dev/pts/0"
	args true
	run script -qec "$RUNTIME --root $ROOT run -b $B $ID" /dev/null
	[ "$status" -eq 1 ]
	[[ "$output" == *terminal* ]]
}

@test "sysctls go to the kernel, not to a file that the image has at /proc (CVE-2025-52881)" {
	# A volume over /proc, with a link where the sysctl would be written.
	mkdir -p "$T/proc/sys/net/ipv4" "$T/proc/sys/kernel"
	ln -s "$T/host/file" "$T/proc/sys/net/ipv4/ip_unprivileged_port_start"
	echo trap >"$T/proc/sys/net/ipv4/ip_forward"
	mkdir -p "$B/rootfs$T/host"
	echo inside >"$B/rootfs$T/host/file"
	config "
c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/proc']
c['mounts'].append({'destination': '/proc', 'type': 'bind', 'source': '$T/proc', 'options': ['bind']})
c['mounts'].append({'destination': '/real', 'type': 'proc', 'source': 'proc'})
c['linux']['maskedPaths'] = c['linux']['readonlyPaths'] = []
c['linux']['sysctl'] = {'net.ipv4.ip_unprivileged_port_start': '77', 'net.ipv4.ip_forward': '1'}"
	args cat /real/sys/net/ipv4/ip_unprivileged_port_start /real/sys/net/ipv4/ip_forward
	run rt_run
	[ "$output" = $'77\n1' ] || { echo "$output"; return 1; }
	[ "$(cat "$T/proc/sys/net/ipv4/ip_forward" "$B/rootfs$T/host/file")" = $'trap\ninside' ]
	host_untouched
}

@test "sysctls: no other key by separators, dots or signs, none of the host (CVE-2022-0811)" {
	before=$(cat /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness)
	args true
	for key in 'kernel.shm_rmid_forced=1+kernel.core_pattern' 'kernel.shm_rmid_forced+kernel/core_pattern' kernel.core_pattern \
		kernel/core_pattern 'net.ipv4.../../kernel/core_pattern' net/../kernel/core_pattern net//../kernel/hostname \
		vm.swappiness /kernel/core_pattern ../sysrq-trigger 'net.ipv4.ip_forward\nkernel.core_pattern' net. fs.mqueue/../../kernel/hostname; do
		config "c['linux']['sysctl'] = {'$key': '|/bin/evil'}"
		run rt run -b "$B" "$ID"
		[ "$status" -eq 1 ] || { echo "$key: $output"; return 1; }
		[[ "$output" == *sysctl* ]] || { echo "$key: $output"; return 1; }
	done
	# Without a namespace of its own the same key is the host's.
	port=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
	config "c['linux']['sysctl'] = {'net.ipv4.ip_unprivileged_port_start': '77'}
c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'network']"
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = "$port" ]
	[ "$(cat /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness)" = "$before" ]
}

@test "ids beyond 32 bits, negative or in words are refused, not cut (CVE-2024-40635, CVE-2021-43784)" {
	args id -u
	for id in 4294967296 -1 1e3 99999999999999999999 '"0"' 0.5; do
		for what in "c['process']['user']['uid']" "c['process']['user']['gid']" "c['process']['user']['additionalGids']"; do
			cp "$B/config.json" "$T/saved"
			config "v = json.loads('$id'); $what = [v] if 'Gids' in \"\"\"$what\"\"\" else v"
			run rt run -b "$B" "$ID"
			[ "$status" -eq 1 ] || { echo "$what $id: $output"; return 1; }
			cp "$T/saved" "$B/config.json"
		done
	done
	for map in 4294967296:0:1 0:4294967296:1 0:0:4294967296 0:-1:1 0:0:0; do
		cp "$B/config.json" "$T/saved"
		config "
i, o, n = map(int, '$map'.split(':'))
c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': i, 'hostID': o, 'size': n}]"
		run rt run -b "$B" "$ID"
		[ "$status" -eq 1 ] || { echo "map $map: $output"; return 1; }
		cp "$T/saved" "$B/config.json"
	done
	args sleep 100
	rt_detached
	for user in 0x0 1000x 4294967296 4294967295 -1 ' 0' +0 '' 0: :0 0:x 0:4294967296 root; do
		run rt exec -u "$user" "$ID" id -u # CVE-2026-30892
		[ "$status" -eq 255 ] || { echo "exec -u '$user': $output"; return 1; }
	done
	run rt exec -g 4294967296 "$ID" id
	[ "$status" -eq 255 ]
}

@test "exec into a container that covered its /proc, /dev and /etc with its own" {
	# What exec needs of procfs it takes from the host, what it opens of the container it does not trust.
	config "c['process']['capabilities'] = {k: ['CAP_SYS_ADMIN', 'CAP_DAC_OVERRIDE'] for k in ('bounding', 'effective', 'permitted')}"
	ln -s busybox "$B/rootfs/bin/umount"
	ln -s busybox "$B/rootfs/bin/mkfifo"
	ln -s busybox "$B/rootfs/bin/ln"
	args sh -c 'mount -t tmpfs t /proc && mkdir -p /proc/self/attr /proc/self/fd /proc/thread-self/attr && echo x >/proc/self/attr/exec &&
		mkfifo /proc/self/status && mount -t tmpfs t /etc && mkfifo /etc/passwd /etc/group && echo ready; exec sleep 100'
	rt_detached
	wait_for grep -q ready "$T/out"
	for user in 0 1000; do
		run timeout 10 "$RUNTIME" --root "$ROOT" exec -u $user "$ID" sh -c 'echo $HOME; echo in'
		[ "$output" = $'/\nin' ] || { echo "$output"; return 1; }
	done
	# A label goes to the kernel or nowhere, never into the container's file (CVE-2019-16884).
	run timeout 10 "$RUNTIME" --root "$ROOT" exec --apparmor unconfined --process-label x "$ID" true
	[ "$(nsenter -t "$(pid_of)" -m cat /proc/self/attr/exec)" = x ]
}

@test "the container cannot look into exec before its program runs (CVE-2016-9962)" {
	# Without CAP_SYS_PTRACE, root of the container tries to open whatever process appears beside it.
	args sh -c 'while :; do for p in /proc/[0-9]*; do [ $p = /proc/1 ] && continue; for f in $p/fd/* $p/cwd/. $p/root/.; do
		l=$(readlink $f 2>/dev/null) && echo "$f -> $l"; done; done; done >/tmp/seen 2>/dev/null'
	rt_detached
	rt exec -d "$ID" sleep 100 </dev/null >/dev/null 2>&1 # this one it may look into: it does look
	wait_for test -s "$B/rootfs/tmp/seen"
	for _ in $(seq 40); do rt exec "$ID" true </dev/null >/dev/null; done
	# Its own shells are there, and pipes of exec's program; nothing that only the host has.
	run grep -E -- "-> ($T/|/sys/fs/cgroup/|/run/|/tmp/hoy|anon_inode:|mnt:|net:|pid:|user:)" "$B/rootfs/tmp/seen"
	[ "$status" -eq 1 ] || { echo "$output" | sort | uniq -c | sort -rn | head; return 1; }
}

@test "no fd of the host is left: neither as cwd nor in /proc/self/fd (CVE-2024-21626)" {
	args cat file # of the host's directory that is the caller's fd 7
	for path in /proc/self/fd/7 /proc/self/fd/7/../host /proc/1/fd/7 /proc/thread-self/fd/7; do
		config "c['process']['cwd'] = '$path'"
		exec 7<"$T/host"
		run rt_run
		exec 7<&-
		[ "$status" -ne 0 ] || { echo "cwd $path: $output"; return 1; }
		[[ "$output" == *cwd* || "$output" == *"working directory"* || "$output" == *mkdir* ]] || { echo "$output"; return 1; }
	done
	args true # and those that the runtime has open itself
	for fd in $(seq 3 16); do
		config "c['process']['cwd'] = '/proc/self/fd/$fd'"
		run rt_run
		[ "$status" -ne 0 ] || { echo "cwd fd $fd: $output"; return 1; }
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
