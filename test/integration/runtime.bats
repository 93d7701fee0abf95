#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy-runtime as a person or an engine types it: every command and option, every part of config.json.

load runtime

setup() { bundle_setup; }
teardown() { bundle_teardown; }

# ---- commands ----

@test "run: exit code, output, nothing left" {
	args sh -c 'echo out; echo err >&2; exit 7'
	run rt_run
	[ "$status" -eq 7 ]
	[[ "$output" == *out* && "$output" == *err* ]]
	[ -z "$(rt list -q)" ]
}

@test "run: a program that a signal ends gives 128 + n" {
	# Process 1 of a pid namespace takes no signal without a handler; so it runs in the host's.
	config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']"
	args sh -c 'kill -9 $$'
	run rt_run
	[ "$status" -eq 137 ]
}

@test "run --keep keeps it; delete removes it" {
	args true
	rt run --keep -b "$B" "$ID" 3>&-
	[ "$(state_of)" = stopped ]
	rt delete "$ID"
	run rt state "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"container does not exist"* ]]
}

@test "create, state, start, kill, delete" {
	args sleep 100
	rt create -b "$B" --pid-file "$T/pid" "$ID" </dev/null >/dev/null 2>&1 3>&-
	[ "$(state_of)" = created ]
	[ "$(cat "$T/pid")" = "$(pid_of)" ]
	run rt state "$ID"
	[[ "$output" == *'"ociVersion": "1.'* && "$output" == *"\"bundle\": \"$B\""* && "$output" == *'"created": "20'* ]]
	rt start "$ID"
	[ "$(state_of)" = running ]
	[ "$(tr '\0' ' ' <"/proc/$(pid_of)/cmdline")" = "sleep 100 " ]
	run rt start "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"already running"* ]]
	run rt delete "$ID"
	[[ "$output" == *"cannot delete container $ID that is not stopped: running"* ]]
	rt kill "$ID" 0
	[ "$(state_of)" = running ]
	rt kill "$ID" KILL
	wait_for stopped "$ID"
	run rt kill "$ID" TERM
	[[ "$output" == *"container not running"* ]]
	rt delete "$ID"
	[ -z "$(rt list -q)" ]
}

@test "a created container is deleted without force, and its program never ran" {
	args touch /tmp/ran
	rt create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-
	rt delete "$ID"
	[ ! -e "$B/rootfs/tmp/ran" ]
}

@test "delete --force: running, and not there" {
	args sleep 100
	rt_detached
	pid=$(pid_of)
	rt delete --force "$ID"
	# Whoever inherits it may not have reaped it yet.
	[ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status"
	rt delete --force nothing
	run rt delete nothing
	[ "$status" -eq 1 ]
}

@test "an id that is in use, an id that is none" {
	args sleep 100
	rt_detached
	run rt run -d -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"container with given ID already exists"* ]]
	for bad in ../x 'a b' '' .hidden a/b; do
		run rt run -b "$B" "$bad"
		[ "$status" -eq 1 ]
	done
}

@test "list: table, json, quiet" {
	args sleep 100
	rt_detached
	run rt list
	[[ "${lines[0]}" =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER ]]
	[[ "${lines[1]}" == "$ID"*running* ]]
	[ "$(rt list -q)" = "$ID" ]
	rt list -f json | python3 -c 'import json,sys; l=json.load(sys.stdin); assert l[0]["status"]=="running", l'
}

@test "ps: table and json" {
	args sleep 100
	rt_detached
	run rt ps "$ID"
	[[ "${lines[0]}" == *PID* && "${lines[1]}" == *"sleep 100"* ]]
	[ "$(rt ps -f json "$ID")" = "[$(pid_of)]" ]
}

@test "pause and resume" {
	args sleep 100
	rt_detached
	rt pause "$ID"
	[ "$(state_of)" = paused ]
	run rt exec "$ID" true
	[ "$status" -eq 255 ]
	[[ "$output" == *"paused container"* ]]
	rt resume "$ID"
	[ "$(state_of)" = running ]
	run rt resume "$ID"
	[[ "$output" == *"not paused"* ]]
	rt pause "$ID"
	rt delete --force "$ID"
}

@test "kill --all reaches every process" {
	args sh -c 'sleep 100 & sleep 100 & wait'
	config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']"
	rt_detached
	wait_for test "$(rt ps -f json "$ID" | tr ',' '\n' | wc -l)" -ge 1
	rt kill --all "$ID" KILL
	wait_for stopped "$ID"
	[ "$(rt ps -f json "$ID")" = "[]" ]
}

@test "update: memory and pids, by options and by JSON" {
	args sleep 100
	rt_detached
	rt update --memory 64m --pids-limit 33 "$ID"
	[ "$(cgfile memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(cgfile pids pids.max pids.max)" = 33 ]
	echo '{"memory":{"limit":33554432},"cpu":{"quota":20000,"period":100000}}' | rt update -r - "$ID"
	[ "$(cgfile memory memory.limit_in_bytes memory.max)" = 33554432 ]
}

@test "spec does not overwrite; features is JSON; version; help; unknown command and option" {
	run bash -c "cd $B && $RUNTIME spec"
	[ "$status" -eq 1 ]
	rt features | python3 -c 'import json,sys; f=json.load(sys.stdin); assert "rro" in f["mountOptions"]; l=f["linux"]; assert l["cgroup"]["v2"] and l["cgroup"]["systemd"] and l["netDevices"]["enabled"] and "MPOL_BIND" in l["memoryPolicy"]["modes"]; assert f["annotations"]["org.opencontainers.runc.checkpoint.enabled"] == "true"'
	run rt update --l3-cache-schema "L3:0=f" "$ID"
	[ "$status" -eq 1 ]
	[[ "$(rt --version)" == "hoy-runtime version "* ]]
	[[ "$(rt --help)" == *checkpoint* ]]
	run rt nonsense
	[ "$status" -eq 1 ]
	run rt kill --nonsense "$ID"
	[ "$status" -eq 1 ]
}

@test "--log in JSON and in text, and stderr" {
	args nothere
	run rt --log "$T/log" --log-format json run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	python3 - "$T/log" <<-'EOF'
	import json, sys
	line = json.loads(open(sys.argv[1]).read())
	assert line["level"] == "error" and 'exec: "nothere": executable file not found in $PATH' in line["msg"], line
	EOF
	[[ "$output" == *'executable file not found in $PATH'* ]]
	run rt --log "$T/text" run -b "$B" "$ID"
	grep -q 'level=error msg="' "$T/text"
}

@test "exec: code, stdin, user, cwd, env, caps, detach, pid file" {
	args sleep 100
	rt_detached
	run rt exec "$ID" sh -c 'exit 3'
	[ "$status" -eq 3 ]
	[ "$(echo hello | rt exec "$ID" cat 3>&-)" = hello ]
	[ "$(rt exec -u 1000:1001 "$ID" id -u)" = 1000 ]
	[ "$(rt exec -u 1000:1001 "$ID" id -g)" = 1001 ]
	[ "$(rt exec --cwd /etc "$ID" readlink /proc/self/cwd)" = /etc ]
	[ "$(rt exec -e X=y "$ID" sh -c 'echo $X')" = y ]
	[ "$(rt exec "$ID" sh -c 'echo $HOME')" = /root ]
	[ "$(rt exec -u 1000 "$ID" sh -c 'echo $HOME')" = /home/user ]
	[ "$(rt exec --cap CAP_NET_ADMIN "$ID" grep CapEff /proc/self/status | awk '{print $2}')" = 0000000020001420 ]
	rt exec -d --pid-file "$T/epid" "$ID" sleep 50 3>&-
	[ "$(tr '\0' ' ' <"/proc/$(cat "$T/epid")/cmdline")" = "sleep 50 " ]
	run rt exec -u nobody "$ID" true
	[ "$status" -eq 255 ]
	run rt exec -u 10x "$ID" true
	[ "$status" -eq 255 ]
	run rt exec -e X "$ID" true
	[[ "$status" -eq 255 && "$output" == *"'X': name=value wanted"* ]]
	run rt exec "$ID" nothere
	[ "$status" -eq 255 ]
	[[ "$output" == *'exec: "nothere": executable file not found in $PATH'* ]]
	for ns in pid mnt net uts ipc cgroup; do
		[ "$(rt exec "$ID" readlink /proc/self/ns/$ns)" = "$(readlink /proc/$(pid_of)/ns/$ns)" ]
	done
	[ "$(rt exec "$ID" cat /proc/self/cgroup | grep -c -v ':/$')" = 0 ]
}

@test "exec -p process.json" {
	args sleep 100
	rt_detached
	cat >"$T/p.json" <<-EOF
	{"terminal":false,"user":{"uid":5,"gid":6,"additionalGids":[7,8]},"args":["sh","-c","id; pwd; echo \$A"],
	 "env":["PATH=/bin","A=b"],"cwd":"/tmp","noNewPrivileges":true}
	EOF
	run rt exec -p "$T/p.json" "$ID"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == *"uid=5 gid=6 groups="*7*8* ]]
	[ "${lines[1]}" = /tmp ]
	[ "${lines[2]}" = b ]
}

@test "kill KILL ends every process of a container without a pid namespace of its own" {
	args sh -c 'sleep 100 & sleep 100 & wait'
	config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']"
	rt_detached
	three() { [ "$(rt ps -f json "$ID" | tr ',' '\n' | wc -l)" = 3 ]; }
	none() { [ "$(rt ps -f json "$ID")" = "[]" ]; }
	wait_for three
	rt kill "$ID" KILL
	wait_for none
}

@test "exec --cgroup: below the container's own, in some hierarchies or all; nowhere else" {
	args sleep 100
	rt_detached
	# shellcheck disable=SC2044 # no blanks in them
	for dir in $(find /sys/fs/cgroup -maxdepth 2 -name "$CG"); do
		mkdir "$dir/sub"
		for file in cpuset.cpus cpuset.mems; do # v1 does not hand them down
			is_v2 || [ ! -e "$dir/$file" ] || cat "$dir/$file" >"$dir/sub/$file"
		done
	done
	if is_v2; then
		[[ "$(rt exec --cgroup sub "$ID" readlink /proc/self/cwd)" = / ]]
	else
		rt exec --cgroup pids:/sub "$ID" cat /proc/self/cgroup >"$T/cg"
		grep -q "pids:/sub$" "$T/cg"
		[ "$(grep -c '/sub$' "$T/cg")" = 1 ]
	fi
	rt exec -d --cgroup sub --pid-file "$T/pid" "$ID" sleep 50 3>&-
	grep -q "/$CG/sub$" "/proc/$(cat "$T/pid")/cgroup"
	[ "$(grep -c "/$CG$" "/proc/$(cat "$T/pid")/cgroup")" = 0 ]
	for bad in ../sub nothere pids,nothing:sub memory: ''; do
		[ "$bad" != pids,nothing:sub ] || ! is_v2 || continue
		run rt exec --cgroup "$bad" "$ID" touch /tmp/ran
		[ "$status" -eq 255 ] || { echo "accepted: '$bad'"; return 1; }
	done
	[ ! -e "$B/rootfs/tmp/ran" ]
}

@test "events: figures at an interval and once, and the end" {
	args sh -c 'sleep 2.5'
	rt_detached
	rt events --stats "$ID" >"$T/stats"
	rt events --interval 500ms "$ID" >"$T/events"
	[ "$(wc -l <"$T/stats")" = 1 ]
	[ "$(wc -l <"$T/events")" -ge 2 ]
	python3 - "$ID" "$T/stats" "$T/events" <<-'EOF'
	import json, sys
	for name in sys.argv[2:]:
	    for line in open(name):
	        e = json.loads(line)
	        assert e["type"] == "stats" and e["id"] == sys.argv[1], e
	        d = e["data"]
	        assert d["pids"]["current"] == 1 and d["memory"]["usage"]["usage"] > 0, d
	        assert d["cpu"]["usage"]["total"] > 0 and "anon" in str(d["memory"]["raw"]), d
	EOF
	run rt events --interval 0 "$ID"
	[[ "$status" -eq 1 && "$output" == *"must be greater than 0"* ]]
	run rt events "$ID"
	[[ "$status" -eq 1 && "$output" == *"is not running"* ]]
}

@test "events: the out-of-memory killer" {
	config "c['linux']['resources']['memory'] = {'limit': 16777216, 'swap': 16777216}"
	args sh -c 'read x </tmp/go; (x=$(dd if=/dev/zero bs=1M count=100 2>/dev/null | tr "\\0" x)); sleep 1'
	mkfifo "$B/rootfs/tmp/go"
	rt_detached
	"$RUNTIME" --root "$ROOT" events --interval 300s "$ID" >"$T/events" 3>&- &
	wait_for grep -qE '^(7|73|271) ' "/proc/$!/syscall" # poll, ppoll (also arm64's)
	echo go >"$B/rootfs/tmp/go"
	wait
	[ "$(sort -u "$T/events")" = "{\"type\":\"oom\",\"id\":\"$ID\"}" ]
}

@test "--pidfd-socket and \$LISTEN_FDS" {
	cat >"$T/listen.py" <<-'EOF'
	import array, os, socket, subprocess, sys
	s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
	p = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	c, _ = s.accept()
	data, anc, _, _ = c.recvmsg(64, socket.CMSG_SPACE(4))
	fd = array.array('i', anc[0][2])[0]
	info = dict(l.split(':\t') for l in open(f'/proc/self/fdinfo/{fd}').read().strip().split('\n'))
	print(data.decode(), info['Pid'])
	sys.exit(p.wait())
	EOF
	args sleep 100
	run python3 "$T/listen.py" "$T/s1" "$RUNTIME" --root "$ROOT" run -d -b "$B" --pidfd-socket "$T/s1" "$ID" 3>&-
	[ "$output" = "standard $(pid_of)" ] || { echo "$output"; return 1; }
	run python3 "$T/listen.py" "$T/s2" "$RUNTIME" --root "$ROOT" exec -d --pid-file "$T/pid" --pidfd-socket "$T/s2" "$ID" sleep 50 3>&-
	[ "$output" = "setns $(cat "$T/pid")" ]
	echo passed >"$T/file"
	run bash -c "exec 3<'$T/file'; LISTEN_FDS=1 LISTEN_PID=\$BASHPID exec '$RUNTIME' --root '$ROOT' exec '$ID' sh -c 'echo \$LISTEN_FDS \$LISTEN_PID; cat <&3'"
	[ "$output" = "$(printf '1 1\npassed')" ]
	run bash -c "exec 3<&-; LISTEN_FDS=1 LISTEN_PID=1 '$RUNTIME' --root '$ROOT' exec '$ID' sh -c 'echo \$LISTEN_FDS; ls /proc/self/fd | wc -l'"
	[ "$output" = "$(printf '\n4')" ]
	run bash -c "exec 3<&- 4<&-; '$RUNTIME' --root '$ROOT' exec --preserve-fds 2 '$ID' true"
	[[ "$status" -eq 255 && "$output" == *"file descriptor 3 is to be passed but is not open"* ]]
}

@test "run adopts what the container's process leaves behind, unless --no-subreaper" {
	config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']"
	args sh -c '(sh -c "sleep 0.2; awk \"{print \\\$4}\" /proc/self/stat" & ) ; sleep 1'
	"$RUNTIME" --root "$ROOT" run -b "$B" "$ID" >"$T/parent" 3>&- &
	p=$!
	wait $p
	[ "$(cat "$T/parent")" = "$p" ]
	"$RUNTIME" --root "$ROOT" run --no-subreaper -b "$B" "$ID" >"$T/other" 3>&- &
	p=$!
	wait $p
	[[ -s "$T/other" && "$(cat "$T/other")" != "$p" ]]
}

@test "list: the owner's name" {
	args sleep 100
	rt_detached
	[[ "$(rt list | tail -n 1)" == *" root" ]]
	chown 12345 "$ROOT/$ID"
	[[ "$(rt list | tail -n 1)" == *" #12345" ]]
	[[ "$(rt list -f json)" == *'"owner":"#12345"'* ]]
}

# ---- what a program cannot be ----

@test "failures of the program have the words that engines map to 126 and 127" {
	echo data >"$B/rootfs/etc/data"
	check() {
		args "$1"
		run rt_run
		[ "$status" -eq 1 ]
		[[ "$output" == *"exec: \"$1\": $2"* ]] || { echo "$output"; return 1; }
		run rt create -b "$B" "$ID"
		[ "$status" -eq 1 ]
		[[ "$output" == *"exec: \"$1\": $2"* ]]
		[ -z "$(rt list -q)" ]
	}
	check nothere 'executable file not found in $PATH'
	check /nothere 'no such file or directory'
	check /etc/data 'permission denied'
	check /etc 'is a directory'
}

@test "a program whose interpreter is missing" {
	printf '#!/no/such/interpreter\n' >"$B/rootfs/bin/script"
	chmod +x "$B/rootfs/bin/script"
	args script
	run rt_run
	[ "$status" -eq 1 ]
	[[ "$output" == *"no such file or directory"* ]]
}

@test "configs that cannot be obeyed are refused with a sentence and leave nothing" {
	refuse() {
		cp "$B/config.json" "$T/saved"
		config "$1"
		run rt run -b "$B" "$ID"
		cp "$T/saved" "$B/config.json"
		[ "$status" -eq 1 ] || { echo "accepted: $1"; return 1; }
		[[ "$output" == *"$2"* ]] || { echo "$1: $output"; return 1; }
		[ -z "$(rt list -q)" ]
	}
	refuse "c['process']['args'] = []" "args must not be empty"
	refuse "c['process']['cwd'] = 'tmp'" "absolute"
	refuse "del c['process']" "no process"
	refuse "del c['root']" "root.path"
	refuse "c['root']['path'] = 'missing'" "missing"
	refuse "c['root']['path'] = '/'" "host's root"
	refuse "c['process']['rlimits'] = [{'type': 'RLIMIT_NONE', 'soft': 1, 'hard': 1}]" "RLIMIT_NONE"
	refuse "c['linux']['namespaces'].append({'type': 'pid'})" "multiple namespaces"
	refuse "c['linux']['namespaces'].append({'type': 'what'})" "what"
	refuse "c['linux']['uidMappings'] = [{'containerID': 0, 'hostID': 1, 'size': 1}]" "user namespace"
	refuse "c['linux']['namespaces'].append({'type': 'user'})" "no uid and gid mappings"
	refuse "c['linux']['sysctl'] = {'kernel.core_pattern': 'x'}" "separate kernel namespace"
	refuse "c['linux']['sysctl'] = {'net.x=1+kernel.core_pattern': 'x'}" "separate kernel namespace"
	refuse "c['linux']['sysctl'] = {'net/../kernel/core_pattern': 'x'}" "separate kernel namespace"
	refuse "c['process']['apparmorProfile'] = 'none-such'" "none-such"
	refuse "c['linux']['intelRdt'] = {'closID': 'x'}" "intelRdt"
	refuse "c['linux']['timeOffsets'] = {'boottime': {'secs': 1}}" "time namespace"
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_NONE'}" "SCMP_ACT_NONE"
	refuse "c['mounts'].append({'destination': '/x', 'type': 'nofs', 'source': 'x'})" "nofs"
	refuse "c['mounts'].append({'destination': '/x', 'type': 'bind', 'source': '/no/such', 'options': ['bind']})" "/no/such"
	refuse "c['hostname'] = 'x'; c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'uts']" "UTS"
	echo '{' >"$B/config.json"
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	rm "$B/config.json"
	run rt run -b "$B" "$ID"
	[[ "$output" == *"config.json not found"* ]]
}

# ---- process ----

@test "process: user, groups, umask, cwd, env, rlimits, oom score, no new privileges" {
	config "p = c['process']; p['user'] = {'uid': 1000, 'gid': 1001, 'additionalGids': [10, 11], 'umask': 0o27}; p['cwd'] = '/tmp'; p['env'].append('A=b'); p['oomScoreAdj'] = 321; p['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 77, 'hard': 99}]"
	args sh -c 'id; pwd; echo $A; umask; ulimit -n; ulimit -H -n; cat /proc/self/oom_score_adj; grep NoNew /proc/self/status'
	run rt_run
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == "uid=1000(user) gid=1001 groups="*10*11* ]]
	[ "${lines[1]}" = /tmp ]
	[ "${lines[2]}" = b ]
	[ "${lines[3]}" = 0027 ]
	[ "${lines[4]}" = 77 ]
	[ "${lines[5]}" = 99 ]
	[ "${lines[6]}" = 321 ]
	[[ "${lines[7]}" == *1 ]]
}

@test "capabilities: only those given; inheritable stays empty; ambient for a user who is not root" {
	config "c['process']['capabilities'] = {k: ['CAP_CHOWN', 'CAP_NET_RAW'] for k in ('bounding', 'effective', 'permitted', 'inheritable')}"
	args grep Cap /proc/self/status
	run rt_run
	[[ "$output" == *"CapInh:"*"0000000000000000"*"CapPrm:"*"0000000000002001"*"CapEff:"*"0000000000002001"*"CapBnd:"*"0000000000002001"*"CapAmb:"*"0000000000000000"* ]]
	config "c['process']['capabilities']['ambient'] = ['CAP_NET_RAW']; c['process']['user'] = {'uid': 1000, 'gid': 1000}"
	run rt_run
	[[ "$output" == *"CapPrm:"*"0000000000002000"*"CapEff:"*"0000000000002000"*"CapAmb:"*"0000000000002000"* ]]
	config "del c['process']['capabilities']; c['process']['user'] = {'uid': 0, 'gid': 0}"
	run rt_run
	[[ "$output" == *"CapBnd:"*"0000000000000000"* ]]
}

@test "a negative oom score is set where it may be, and otherwise refused clearly" {
	config "c['process']['oomScoreAdj'] = -900"
	args cat /proc/self/oom_score_adj
	run rt_run
	if [ "$status" -eq 0 ]; then
		[ "$output" = -900 ]
	else
		[[ "$output" == *"set oom_score_adj to -900"* ]]
	fi
}

@test "scheduler, I/O priority and personality" {
	config "c['process']['scheduler'] = {'policy': 'SCHED_BATCH', 'nice': 5}; c['process']['ioPriority'] = {'class': 'IOPRIO_CLASS_IDLE', 'priority': 0}; c['linux']['personality'] = {'domain': 'LINUX32'}"
	args sh -c 'awk "{print \$19, \$41}" /proc/self/stat; uname -m'
	run rt_run
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "5 3" ]
	[ "${lines[1]}" = i686 ] || [ "${lines[1]}" = armv8l ]
}

@test "stdin, stdout and stderr belong to the user" {
	config "c['process']['user'] = {'uid': 1000, 'gid': 1000}"
	args sh -c 'echo again >/dev/stdout; echo err >/dev/stderr'
	rt run -b "$B" "$ID" >"$T/o" 2>"$T/e" 3>&-
	[ "$(cat "$T/o")" = again ]
	[ "$(cat "$T/e")" = err ]
}

@test "--preserve-fds passes those and no more" {
	args sh -c 'ls /proc/self/fd; cat <&3'
	echo three >"$T/three"
	run bash -c "exec 3<$T/three 4<$T/three; $RUNTIME --root $ROOT run --preserve-fds 1 -b $B $ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *three* ]]
	# 0 1 2 3 and the directory that ls opened itself
	[ "${#lines[@]}" -eq 6 ]
}

# ---- terminal ----

@test "terminal: console socket, size, controlling tty, /dev/console" {
	config "c['process']['terminal'] = True; c['process']['consoleSize'] = {'height': 33, 'width': 111}"
	args sh -c 'tty; stty size; stat -c %t:%T /dev/console; echo done >/dev/tty'
	run python3 "$BATS_TEST_DIRNAME/console.py" "$RUNTIME" --root "$ROOT" run -d -b "$B" --console-socket "$T/s" "$ID"
	[ "$status" -eq 0 ]
	[[ "$output" == *"/dev/pts/0"*"33 111"*"88:0"*"done"* ]]
}

@test "terminal in the foreground, and exec -t" {
	config "c['process']['terminal'] = True"
	args sh -c 'tty; exit 4'
	run script -qec "$RUNTIME --root $ROOT run -b $B $ID" /dev/null
	[ "$status" -eq 4 ]
	[[ "$output" == */dev/pts/0* ]]
	config "c['process']['terminal'] = False"
	args sleep 100
	rt_detached
	run script -qec "$RUNTIME --root $ROOT exec -t $ID tty" /dev/null
	[[ "$output" == */dev/pts/* ]]
	run rt exec -t -d "$ID" true
	[ "$status" -eq 255 ]
	[[ "$output" == *"console socket"* ]]
}

@test "a terminal without a socket for a detached container is refused" {
	config "c['process']['terminal'] = True"
	run rt run -d -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"console socket"* ]]
	config "c['process']['terminal'] = False"
	run rt create --console-socket "$T/none" -b "$B" "$ID"
	[ "$status" -eq 1 ]
}

# ---- root and mounts ----

@test "root: read-only, own, nothing of the host is left" {
	config "c['root']['readonly'] = True"
	args sh -c 'touch /x; cat /proc/self/mountinfo'
	run rt_run
	[[ "${lines[0]}" == *"Read-only file system"* ]]
	[[ "$output" != *"/tmp/"* || "$output" == *"/bundle/rootfs / "* ]]
	[ "$(grep -c ' / / ' <<<"$output")" -eq 0 ]
}

@test "--no-pivot" {
	args ls /
	rt run --no-pivot -b "$B" "$ID" 3>&- | grep -q bin
}

@test "mounts: bind of a file and a directory, ro, made targets, order" {
	mkdir -p "$T/dir/sub"
	echo file >"$T/file"
	config "c['mounts'] += [
	 {'destination': '/made/deep/dir', 'type': 'bind', 'source': '$T/dir', 'options': ['rbind', 'ro']},
	 {'destination': '/made/file', 'type': 'bind', 'source': '$T/file', 'options': ['bind', 'rw']},
	 {'destination': '/made/deep/dir/sub', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=700', 'size=1m', 'noexec']}]"
	args sh -c 'cat /made/file; touch /made/deep/dir/x; touch /made/deep/dir/sub/y && echo ok; grep made /proc/self/mountinfo'
	run rt_run
	[ "${lines[0]}" = file ]
	[[ "${lines[1]}" == *"Read-only file system"* ]]
	[ "${lines[2]}" = ok ]
	[[ "$output" == *"/made/deep/dir/sub "*noexec*"tmpfs"*"size=1024k,mode=700"* ]]
}

@test "mounts: recursive options, propagation, atime modes" {
	mkdir -p "$T/dir/sub"
	mount -t tmpfs t "$T/dir/sub"
	config "c['mounts'] += [
	 {'destination': '/a', 'type': 'bind', 'source': '$T/dir', 'options': ['rbind', 'rro', 'rslave']},
	 {'destination': '/b', 'type': 'bind', 'source': '$T/dir', 'options': ['bind', 'noatime', 'nosuid', 'nodev', 'private']}]"
	args sh -c 'grep -E " /[ab]" /proc/self/mountinfo'
	run rt_run
	umount "$T/dir/sub"
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == *" /a ro,"* ]]
	[[ "${lines[1]}" == *" /a/sub ro,"* ]]
	[[ "${lines[2]}" == *" /b "*nosuid,nodev,noatime* ]]
}

@test "mounts: tmpcopyup" {
	mkdir "$B/rootfs/data"
	echo x >"$B/rootfs/data/f"
	ln -s f "$B/rootfs/data/l"
	chmod 640 "$B/rootfs/data/f"
	config "c['mounts'].append({'destination': '/data', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['tmpcopyup']})"
	args sh -c 'cat /data/l; stat -c %a /data/f; echo new >/data/f'
	run rt_run
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = x ]
	[ "${lines[1]}" = 640 ]
	[ "$(cat "$B/rootfs/data/f")" = x ]
}

# The kernel makes no user namespace for a process below a chroot (user_namespaces(7)).
needs_user_namespaces() {
	unshare --user true 2>/dev/null || skip "no user namespaces here: disabled, or below a chroot"
}

@test "mounts: idmapped" {
	needs_user_namespaces
	mkdir "$T/dir"
	touch "$T/dir/f"
	config "c['mounts'].append({'destination': '/m', 'type': 'bind', 'source': '$T/dir', 'options': ['bind'],
	 'uidMappings': [{'containerID': 0, 'hostID': 4000, 'size': 100}], 'gidMappings': [{'containerID': 0, 'hostID': 4000, 'size': 100}]})"
	args stat -c %u:%g /m/f
	run rt_run
	[[ "$status" -eq 0 || "$output" == *"map the ids"* ]] || { echo "$output"; return 1; }
	[ "$status" -ne 0 ] || [ "$output" = 4000:4000 ]
}

@test "a bind with an option that is none is refused" {
	config "c['mounts'].append({'destination': '/m', 'type': 'bind', 'source': '$T', 'options': ['bind', 'nonsense']})"
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *nonsense* ]]
}

@test "masked and read-only paths" {
	args sh -c 'cat /proc/keys | wc -c; ls /sys/firmware | wc -l; echo 1 >/proc/sys/kernel/domainname; grep -c /proc/sys /proc/self/mountinfo'
	run rt_run
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = 0 ]
	[[ "${lines[2]}" == *"Read-only file system"* ]]
}

@test "devices: the standard ones, one of the config with owner and mode, and links" {
	config "c['linux']['devices'] = [{'path': '/dev/mine', 'type': 'c', 'major': 1, 'minor': 5, 'fileMode': 0o640, 'uid': 7, 'gid': 8}, {'path': '/opt/fifo', 'type': 'p', 'fileMode': 0o600}]"
	args sh -c 'stat -c %t:%T:%a:%u:%g /dev/mine; stat -c %F /opt/fifo; head -c 3 /dev/zero | wc -c; readlink /dev/ptmx; readlink /dev/fd'
	run rt_run
	[ "${lines[0]}" = 1:5:640:7:8 ]
	[ "${lines[1]}" = fifo ]
	[ "${lines[2]}" = 3 ]
	[ "${lines[3]}" = pts/ptmx ]
	[ "${lines[4]}" = /proc/self/fd ]
}

@test "sysctl and host name" {
	config "c['linux']['sysctl'] = {'net.ipv4.ip_forward': '1', 'kernel.msgmax': '4242', 'net/ipv4/ip_default_ttl': '33'}; c['hostname'] = 'boat'; c['domainname'] = 'sea'"
	args sh -c 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_default_ttl; hostname; cat /proc/sys/kernel/domainname'
	run rt_run
	[ "$output" = "$(printf '1\n4242\n33\nboat\nsea')" ]
}

# ---- namespaces ----

@test "every namespace is the container's own, and lo is up" {
	config "c['linux']['namespaces'].append({'type': 'time'})"
	args sh -c 'for n in pid mnt net uts ipc cgroup time; do readlink /proc/self/ns/$n; done; ip link show lo'
	run rt_run
	[ "$status" -eq 0 ]
	i=0
	for n in pid mnt net uts ipc cgroup time; do
		[ "${lines[$i]}" != "$(readlink /proc/self/ns/$n)" ]
		i=$((i + 1))
	done
	[[ "$output" == *"LOOPBACK,UP"* ]]
}

@test "time offsets" {
	config "c['linux']['namespaces'].append({'type': 'time'}); c['linux']['timeOffsets'] = {'boottime': {'secs': 1000000}, 'monotonic': {'secs': 2000, 'nanosecs': 5}}"
	args cat /proc/uptime
	run rt_run
	[ "$status" -eq 0 ]
	[ "${output%%.*}" -gt 1000000 ]
}

@test "namespaces by path" {
	args sleep 100
	rt_detached first-$ID
	pid=$(pid_of first-$ID)
	config "
for n in c['linux']['namespaces']:
    if n['type'] in ('pid', 'network', 'ipc', 'uts'):
        n['path'] = '/proc/$pid/ns/' + {'network': 'net'}.get(n['type'], n['type'])
c.pop('hostname')
c['linux']['cgroupsPath'] += '-b'"
	args sh -c 'for n in pid net uts ipc; do readlink /proc/self/ns/$n; done; ps | grep -c "sleep 100"'
	run rt_run
	[ "$status" -eq 0 ]
	for i in 0:pid 1:net 2:uts 3:ipc; do
		[ "${lines[${i%:*}]}" = "$(readlink /proc/$pid/ns/${i#*:})" ]
	done
}

@test "user namespace: root inside, not outside; mounts, devices, exec and sysctl work" {
	needs_user_namespaces
	chmod 711 "$T" "$B"
	chown -R 100000:100000 "$B/rootfs"
	config "
c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
c['linux']['sysctl'] = {'net.ipv4.ip_forward': '1'}"
	args sh -c 'id -u; cat /proc/self/uid_map; echo x >/dev/null && echo null; touch /made; hostname; sleep 100'
	rt_detached
	wait_for grep -q hoy "$T/out"
	[[ "$(cat "$T/out")" == 0*"0     100000      65536"*null*hoy* ]]
	[ "$(stat -c %u "$B/rootfs/made")" = 100000 ]
	[ "$(stat -c %u "/proc/$(pid_of)")" = 100000 ]
	[ "$(rt exec "$ID" id -u)" = 0 ]
	[ "$(rt exec -u 1000 "$ID" id -u)" = 1000 ]
}

# ---- cgroups ----

@test "limits: memory, cpu, pids, cpuset, and the process is in its group" {
	config "c['linux']['resources'].update({'memory': {'limit': 67108864, 'swap': 67108864, 'reservation': 33554432}, 'cpu': {'shares': 512, 'quota': 50000, 'period': 100000, 'cpus': '0'}, 'pids': {'limit': 20}})"
	args sleep 100
	rt_detached
	[ "$(cgfile memory memory.limit_in_bytes memory.max)" = 67108864 ]
	[ "$(cgfile pids pids.max pids.max)" = 20 ]
	[ "$(cgfile cpuset cpuset.cpus cpuset.cpus)" = 0 ]
	if is_v2; then
		[ "$(cgfile cpu x cpu.max)" = "50000 100000" ]
		[ "$(cgfile memory x memory.swap.max)" = 0 ]
	else
		[ "$(cgfile cpu cpu.cfs_quota_us x)" = 50000 ]
		[ "$(cgfile cpu cpu.shares x)" = 512 ]
		[ "$(cgfile memory memory.memsw.limit_in_bytes x)" = 67108864 ]
	fi
	[ "$(grep -c "/$CG$" "/proc/$(pid_of)/cgroup")" -ge 1 ]
	grep -q "$(pid_of)" <(cgfile memory cgroup.procs cgroup.procs)
}

@test "memory over the limit is killed" {
	config "c['linux']['resources']['memory'] = {'limit': 16777216, 'swap': 16777216}"
	args sh -c 'x=$(dd if=/dev/zero bs=1M count=100 2>/dev/null | tr "\\0" x); echo survived'
	run rt_run
	[[ "$output" != *survived* ]]
}

@test "devices: what the rules refuse cannot be opened" {
	config "c['linux']['devices'] = [{'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229}]"
	config "c['process']['capabilities']['bounding'] += ['CAP_MKNOD']"
	args sh -c '(exec 3</dev/fuse) && echo opened; head -c 1 /dev/zero | wc -c'
	run rt_run
	[[ "$output" != *opened* ]]
	[[ "$output" == *1 ]]
	config "c['linux']['resources']['devices'].append({'allow': True, 'type': 'c', 'major': 10, 'minor': 229, 'access': 'r'})"
	args sh -c 'exec 3</dev/fuse && echo opened; (exec 3>/dev/fuse) && echo written'
	run rt_run
	[[ "$output" == *opened* && "$output" != *written* ]]
}

@test "limits that this machine does not have are refused by name" {
	config "c['linux']['resources']['hugepageLimits'] = [{'pageSize': '3MB', 'limit': 1}]"
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"hugetlb.3MB"* ]]
}

@test "unified resources" {
	config "c['linux']['resources']['unified'] = {'pids.max': '12'}"
	args true
	run rt_run
	if is_v2; then
		[ "$status" -eq 0 ]
	else
		[[ "$output" == *"needs cgroup v2"* ]]
	fi
}

@test "a container without a cgroup path gets one by its id" {
	config "del c['linux']['cgroupsPath']"
	args sleep 100
	rt_detached
	grep -q ":/$ID$" "/proc/$(pid_of)/cgroup"
	rt delete -f "$ID"
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$ID")" ]
}

# ---- seccomp ----

@test "seccomp: errno, allow, arguments, log of a compiled program in the cache" {
	config "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [
	 {'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 95},
	 {'names': ['kill'], 'action': 'SCMP_ACT_ERRNO', 'args': [{'index': 1, 'value': 10, 'op': 'SCMP_CMP_EQ'}]}]}"
	args sh -c 'mkdir /tmp/a; kill -10 $$; kill -0 $$ && echo fine; grep Seccomp: /proc/self/status'
	for nnp in True False; do
		config "c['process']['noNewPrivileges'] = $nnp"
		run rt_run
		[[ "$output" == *"not supported"* ]]
		[[ "$output" == *"not permitted"* ]]
		[[ "$output" == *fine*Seccomp:*2* ]]
	done
	[ "$(find "$ROOT/.seccomp" -type f | wc -l)" -eq 1 ]
	[ "$(stat -c %a "$ROOT/.seccomp" "$ROOT"/.seccomp/* | tr '\n' ' ')" = "700 600 " ]
	printf 'damaged' >"$(echo "$ROOT"/.seccomp/*)"
	run rt_run
	[[ "$output" == *"not supported"* ]]
}

@test "seccomp: the default profile, and a user who is not root" {
	python3 "$BATS_TEST_DIRNAME/default-seccomp.py" "$B/config.json"
	config "c['process']['user'] = {'uid': 1000, 'gid': 1000}; c['process']['noNewPrivileges'] = False"
	args sh -c 'grep -E "Seccomp:|CapEff" /proc/self/status; mount -t tmpfs x /tmp; echo end'
	run rt_run
	[ "$status" -eq 0 ]
	[[ "$output" == *"CapEff:"*"0000000000000000"*"Seccomp:"*2*end* ]]
}

# ---- hooks ----

@test "hooks: all six, in order, with the state on stdin" {
	cat >"$T/hook" <<-EOF
	#!/bin/sh
	read -r state
	echo "\$1 \$(readlink /proc/self/ns/mnt) \$state" >>$T/hooks
	EOF
	chmod +x "$T/hook"
	cat >"$B/rootfs/bin/hook" <<-'EOF'
	#!/bin/sh
	read -r state
	echo "$1 inside $state" >>/tmp/hooks
	EOF
	chmod +x "$B/rootfs/bin/hook"
	config "
h = lambda n: [{'path': '$T/hook', 'args': ['hook', n], 'env': ['PATH=/bin:/usr/bin']}]
c['hooks'] = {k: h(k) for k in ('prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop')}
c['hooks']['startContainer'] = [{'path': '/bin/hook', 'args': ['hook', 'startContainer'], 'env': ['PATH=/bin']}]
c['annotations'] = {'a': 'b'}"
	args sleep 100
	rt create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-
	[ "$(awk '{print $1}' "$T/hooks" | tr '\n' ' ')" = "prestart createRuntime createContainer " ]
	pid=$(pid_of)
	line=$(grep ^createRuntime "$T/hooks")
	[[ "$line" == *"$(readlink /proc/self/ns/mnt)"*"\"id\":\"$ID\""*"\"pid\":$pid,"*'"annotations":{"a":"b"}'* ]]
	line=$(grep ^createContainer "$T/hooks")
	[[ "$line" != *"$(readlink /proc/self/ns/mnt)"* && "$line" == *"\"pid\":$pid,"* ]]
	rt start "$ID"
	grep -q "startContainer inside" "$B/rootfs/tmp/hooks"
	rt delete --force "$ID"
	[ "$(awk '{print $1}' "$T/hooks" | tail -n 2 | tr '\n' ' ')" = "poststart poststop " ]
}

@test "a hook that fails or takes too long ends the start and leaves nothing" {
	config "c['hooks'] = {'createRuntime': [{'path': '/bin/false'}]}"
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"createRuntime hook '/bin/false': exit status 1"* ]]
	[ -z "$(rt list -q)" ]
	config "c['hooks'] = {'createContainer': [{'path': '/bin/sleep', 'args': ['sleep', '100'], 'timeout': 1}]}"
	run rt run -b "$B" "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"ran out of its 1 s"* ]]
	[ -z "$(rt list -q)" ]
}

# ---- killed at any moment ----

@test "a create that is killed at a random moment leaves nothing that delete --force does not remove" {
	args sleep 100
	for i in $(seq 40); do
		"$RUNTIME" --root "$ROOT" create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&- &
		p=$!
		python3 -c "import time; time.sleep($((RANDOM % 12)) / 1000)"
		kill -9 $p 2>/dev/null || true
		wait $p 2>/dev/null || true
		rt delete --force "$ID"
		[ -z "$(rt list -q)" ]
		[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$CG")" ]
	done
}
