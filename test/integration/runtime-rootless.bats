#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy-runtime without root: an ordinary user, made for the test, with a user namespace.

load runtime

setup_file() {
	unshare --user true 2>/dev/null || return 0 # none here at all, or below a chroot
	export TEST_USER=hoyt$((RANDOM % 10000))
	useradd --no-create-home --shell /bin/sh "$TEST_USER"
	# Debian's useradd gives ranges of subordinate ids; where it does not, some that nobody has.
	grep -q "^$TEST_USER:" /etc/subuid || echo "$TEST_USER:700000:65536" >>/etc/subuid
	grep -q "^$TEST_USER:" /etc/subgid || echo "$TEST_USER:700000:65536" >>/etc/subgid
}

teardown_file() {
	[ -n "${TEST_USER:-}" ] || return 0
	if [ -d /run/systemd/system ]; then
		systemctl stop "user@$(id -u "$TEST_USER").service" || true
	fi
	userdel "$TEST_USER"
	sed -i "/^$TEST_USER:/d" /etc/subuid /etc/subgid
}

setup() {
	[ -n "${TEST_USER:-}" ] || skip_or_fail "no user namespaces for ordinary users here"
	bundle_setup
	UID_=$(id -u "$TEST_USER") GID_=$(id -g "$TEST_USER")
	install -m 755 "$RUNTIME" "$T/hoy-runtime" # where the user can reach it
	rm "$B/config.json"
	mkdir "$T/home"
	chmod 755 "$T"
	chown -R "$TEST_USER" "$B" "$T/home"
	(cd "$B" && rtu spec --rootless)
	config "c['process']['terminal'] = False; c['root']['readonly'] = False"
}

teardown() {
	[ -n "${T:-}" ] || return 0
	local id
	for id in $(rtu list -q 2>/dev/null); do rtu delete --force "$id" || true; done
	bundle_teardown
}

# as_user COMMAND...: as the user, with none of our environment.
as_user() {
	setpriv --reuid "$UID_" --regid "$GID_" --clear-groups env -i PATH="$PATH" HOME="$T/home" \
		XDG_RUNTIME_DIR="${RUNDIR:-$T/home}" "$@"
}

rtu() { as_user "$T/hoy-runtime" "$@"; }
rtu_run() { rtu run -b "$B" "$ID" 3>&-; }
rtu_detached() { rtu run -d -b "$B" "$ID" >"$T/out" 2>&1 </dev/null 3>&- || { cat "$T/out"; return 1; }; }

ranges() {
	local sub
	sub=$(sed -n "s/^$TEST_USER:\([0-9]*\):.*/\1/p" /etc/subuid | head -n 1)
	config "
m = lambda own: [{'containerID': 0, 'hostID': own, 'size': 1}, {'containerID': 1, 'hostID': ${1:-$sub}, 'size': 65536}]
c['linux']['uidMappings'] = m($UID_); c['linux']['gidMappings'] = m($GID_)"
}

@test "spec --rootless runs as it is: one id, setgroups denied, nothing left" {
	args sh -c 'id -u; cat /proc/self/uid_map /proc/self/setgroups; echo x >/dev/null && echo written; ls /sys/class >/dev/null'
	run rtu_run
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | tr -s ' ')" = "0
 0 $UID_ 1
deny
written" ]
	[ -z "$(rtu list -q)" ]
	[ -z "$(find "$T/home/hoy-runtime" -mindepth 1 -not -name '.*')" ]
}

@test "the state is in XDG_RUNTIME_DIR/hoy-runtime and belongs to the user; exec, ps or why not, kill, delete" {
	args sleep 100
	rtu_detached
	[ "$(stat -c %U "$T/home/hoy-runtime/$ID")" = "$TEST_USER" ]
	[[ "$(rtu list)" == *running*"$TEST_USER"* ]]
	run rtu exec "$ID" sh -c 'id -u; echo $$; cat /proc/1/cmdline | tr "\0" " "'
	[ "$status" -eq 0 ]
	[[ "$output" == "0
"*"sleep 100 " ]]
	run rtu exec "$ID" sh -c 'exit 9'
	[ "$status" -eq 9 ]
	rtu kill "$ID" KILL
	wait_for sh -c "[ \"\$(setpriv --reuid $UID_ --regid $GID_ --clear-groups env XDG_RUNTIME_DIR=$T/home $T/hoy-runtime state $ID | jq -r .status)\" = stopped ]"
	rtu delete "$ID"
	[ -z "$(rtu list -q)" ]
}

@test "create and start, network of its own or the host's" {
	args sh -c 'ls /sys/class/net >/dev/null; cat /proc/net/dev | tail -n +3 | wc -l'
	config "c['linux']['namespaces'].append({'type': 'network'})"
	run rtu_run
	[ "$status" -eq 0 ]
	[ "$output" = 1 ] # lo alone
	args sleep 100
	rtu create -b "$B" "$ID" </dev/null >"$T/out" 2>&1 3>&-
	[ "$(rtu state "$ID" | jq -r .status)" = created ]
	rtu start "$ID"
	[ "$(rtu state "$ID" | jq -r .status)" = running ]
	rtu delete --force "$ID"
}

@test "a terminal" {
	config "c['process']['terminal'] = True"
	args sh -c 'tty; test -t 0 && echo terminal'
	run as_user script -qec "$T/hoy-runtime run -b $B $ID" /dev/null
	[ "$status" -eq 0 ]
	[[ "$output" == */dev/pts/0*terminal* ]]
}

@test "ranges of ids by newuidmap and newgidmap, with other users and groups inside" {
	command -v newuidmap >/dev/null || skip_or_fail "no newuidmap"
	ranges
	config "c['process']['user'] = {'uid': 33, 'gid': 33, 'additionalGids': [5, 6]}"
	args sh -c 'id; wc -l </proc/self/uid_map; cat /proc/self/setgroups'
	run rtu_run
	[ "$status" -eq 0 ]
	[[ "$output" == *"uid=33 gid=33 groups=5,6"*2*allow ]]
}

@test "ranges that the user has not are refused in words, and nothing is left" {
	command -v newuidmap >/dev/null || skip_or_fail "no newuidmap"
	ranges 1
	run rtu_run
	[ "$status" -eq 1 ]
	[[ "$output" == *"newuidmap refused the id mappings: are they in /etc/subuid?"* ]]
	[ -z "$(rtu list -q)" ]
}

@test "without a user namespace: refused in words" {
	config "
c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'user']
del c['linux']['uidMappings'], c['linux']['gidMappings']"
	run rtu_run
	[ "$status" -eq 1 ]
	[[ "$output" == *"needs a user namespace"* ]]
}

@test "no cgroup is given to the user: without limits it runs, with limits it is refused; pause and ps say why" {
	args sleep 100
	rtu_detached
	run rtu pause "$ID"
	[[ "$status" -eq 1 && "$output" == *"has no cgroup"* ]]
	run rtu ps "$ID"
	[[ "$status" -eq 1 && "$output" == *"has no cgroup"* ]]
	run rtu update --memory 100000000 "$ID"
	[[ "$status" -eq 1 && "$output" == *"has no cgroup"* ]]
	rtu kill --all "$ID" KILL
	rtu delete --force "$ID"
	for limit in "'memory': {'limit': 100000000}" "'pids': {'limit': 10}" "'cpu': {'shares': 512}" "'unified': {'pids.max': '5'}"; do
		config "c['linux']['resources'] = {$limit}"
		run rtu_run
		[ "$status" -eq 1 ]
		[[ "$output" == *"limits need a cgroup, and none is delegated to this user"* ]]
	done
	config "c['linux']['resources'] = {}; c['linux']['cgroupsPath'] = '/$CG'"
	run rtu_run
	[ "$status" -eq 1 ]
	[[ "$output" == *"make cgroup '/$CG': Permission denied"* ]]
	[ -z "$(rtu list -q)" ]
}

@test "cgroup v1 directories that are the user's: limits in those, refusal in words for others" {
	is_v2 && skip "cgroup v2"
	for c in memory pids; do
		mkdir "/sys/fs/cgroup/$c/$CG"
		chown -R "$TEST_USER" "/sys/fs/cgroup/$c/$CG"
	done
	args sleep 100
	config "c['linux']['cgroupsPath'] = '/$CG/one'; c['linux']['resources'] = {'memory': {'limit': 1 << 26}, 'pids': {'limit': 20}}"
	rtu_detached
	[ "$(cat "/sys/fs/cgroup/memory/$CG/one/memory.limit_in_bytes")" = $((1 << 26)) ]
	[ "$(cat "/sys/fs/cgroup/pids/$CG/one/pids.max")" = 20 ]
	grep -q "memory:/$CG/one" "/proc/$(rtu state "$ID" | jq .pid)/cgroup"
	rtu exec "$ID" true
	[ "$(rtu ps -f json "$ID" | jq length)" = 1 ]
	rtu update --pids-limit 10 "$ID"
	[ "$(cat "/sys/fs/cgroup/pids/$CG/one/pids.max")" = 10 ]
	run rtu update --cpu-share 512 "$ID"
	[ "$status" -eq 1 ]
	rtu delete --force "$ID"
	[ ! -e "/sys/fs/cgroup/memory/$CG/one" ]
	config "c['linux']['resources'] = {'cpu': {'shares': 512}}"
	run rtu_run
	[[ "$status" -eq 1 && "$output" == *"cpu.shares"* ]]
	rmdir "/sys/fs/cgroup/memory/$CG" "/sys/fs/cgroup/pids/$CG"
}

@test "a cgroup v2 directory that is the user's: the container is beside the shell, with limits" {
	is_v2 || skip "cgroup v1"
	local d=/sys/fs/cgroup/$CG
	mkdir -p "$d/shell"
	echo "+memory +pids" >/sys/fs/cgroup/cgroup.subtree_control
	chown -R "$TEST_USER" "$d"
	args sleep 100
	config "c['linux']['resources'] = {'memory': {'limit': 1 << 26}, 'pids': {'limit': 20}}"
	(
		echo 0 >"$d/shell/cgroup.procs"
		rtu_detached
		rtu exec "$ID" true
		rtu pause "$ID"
		[ "$(rtu state "$ID" | jq -r .status)" = paused ]
		rtu resume "$ID"
	)
	[ "$(cat "$d/$ID/memory.max")" = $((1 << 26)) ]
	[ "$(cat "$d/$ID/pids.max")" = 20 ]
	(
		echo 0 >"$d/shell/cgroup.procs"
		rtu delete --force "$ID"
	)
	[ ! -e "$d/$ID" ]
	rmdir "$d/shell" "$d"
}

@test "--systemd-cgroup: a scope of the user's manager" {
	is_v2 && [ -d /run/systemd/system ] || skip_or_fail "needs systemd and cgroup v2"
	systemctl start "user@$UID_.service"
	RUNDIR=/run/user/$UID_
	args sleep 100
	config "c['linux']['cgroupsPath'] = 'user.slice:hoy:$ID'; c['linux']['resources'] = {'memory': {'limit': 1 << 26}, 'pids': {'limit': 20}}"
	rtu --systemd-cgroup run -d -b "$B" "$ID" >"$T/out" 2>&1 </dev/null 3>&- || { cat "$T/out"; false; }
	path=$(sed -n 's/^0:://p' "/proc/$(rtu state "$ID" | jq .pid)/cgroup")
	[ "$path" = "/user.slice/user-$UID_.slice/user@$UID_.service/user.slice/hoy-$ID.scope" ]
	[ "$(cat "/sys/fs/cgroup$path/memory.max")" = $((1 << 26)) ]
	[ "$(cat "/sys/fs/cgroup$path/pids.max")" = 20 ]
	as_user systemctl --user is-active "hoy-$ID.scope"
	rtu exec "$ID" true
	rtu update --memory $((1 << 27)) --memory-swap $((1 << 27)) "$ID"
	[ "$(as_user systemctl --user show -P MemoryMax "hoy-$ID.scope")" = $((1 << 27)) ]
	rtu delete --force "$ID"
	[ ! -e "/sys/fs/cgroup$path" ]
	[ "$(as_user systemctl --user show -P LoadState "hoy-$ID.scope")" = not-found ]
}

@test "--rootless takes true, false and auto" {
	args true
	rtu --rootless true run -b "$B" "$ID" 3>&-
	rtu --rootless=auto run -b "$B" "$ID" 3>&-
	run rtu --rootless maybe run -b "$B" "$ID" 3>&-
	[ "$status" -eq 1 ]
	[[ "$output" == *"invalid --rootless 'maybe'"* ]]
	# Not tolerant then: the hierarchies' root is not the user's.
	run rtu --rootless false run -b "$B" "$ID" 3>&-
	[ "$status" -eq 1 ]
	[[ "$output" == *"cgroup"* ]]
	[ -z "$(rtu list -q)" ]
}

@test "root of a user namespace is a user too" {
	args id -u
	run as_user unshare --user --map-root-user --mount "$T/hoy-runtime" --root "$T/home/inner" run -b "$B" "$ID" 3>&-
	[ "$status" -eq 1 ] # the ids of the config are not those of that namespace
	config "c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 0, 'size': 1}]"
	run as_user unshare --user --map-root-user --mount "$T/hoy-runtime" --root "$T/home/inner" run -b "$B" "$ID" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = 0 ]
}
