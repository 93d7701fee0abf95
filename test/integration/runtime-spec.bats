#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The OCI runtime-spec, member by member: what docs/runtime-spec.md says is honoured or refused, and bad input. The rest of
# config.json is in runtime.bats (what a person types), runtime-cgroup.bats (linux.resources), runtime-attacks.bats.

load runtime

setup() { bundle_setup; }
teardown() {
	local p
	for p in ${HELPERS:-}; do kill -9 "$p" 2>/dev/null || true; done
	ip link del "hs${CG##*-}" 2>/dev/null || true
	bundle_teardown
}

needs_user_namespaces() {
	unshare --user true 2>/dev/null || skip_or_fail "no user namespaces here: disabled, or below a chroot"
}

# refuse PYTHON WORD...: the config changed so is refused with each of the words in one line, exit code 1, nothing left.
refuse() {
	local change=$1 word
	shift
	cp "$B/config.json" "$T/saved"
	config "$change"
	run rt run -b "$B" "$ID" 3>&-
	cp "$T/saved" "$B/config.json"
	[ "$status" -eq 1 ] || { echo "status $status: $change: $output"; return 1; }
	[ "${#lines[@]}" -eq 1 ] || { echo "more than a line: $change: $output"; return 1; }
	for word; do
		[[ "$output" == *"$word"* ]] || { echo "no '$word': $change: $output"; return 1; }
	done
	[ -z "$(rt list -q | grep -x "$ID")" ] || { echo "left: $change"; return 1; }
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "${CGLEFT:-$CG}")" ] || { echo "cgroup left: $change"; return 1; }
}

# ns_holder OPTION...: a process in new namespaces (unshare's options), its pid in $HOLDER.
ns_holder() {
	unshare "$@" sh -c 'echo ready; exec sleep 1000' >"$T/holder" 2>&1 3>&- &
	HOLDER=$!
	HELPERS="${HELPERS:-} $HOLDER"
	wait_for grep -q ready "$T/holder"
}

# ---- samples and bad input ----

@test "samples: every good one is read, and what it says is done or refused by name; every bad one is refused by name" {
	local f
	for f in "$BATS_TEST_DIRNAME"/../data/oci/good/*.json; do
		cp "$f" "$B/config.json"
		run rt run -b "$B" "$ID" 3>&-
		case ${f##*/} in
		minimal-for-start.json) [ "$status" -eq 0 ] ;;
		minimal.json | linux-rdma.json | linux-netdevice.json) [[ "$status" -eq 1 && "$output" == *"no process"* ]] ;;
		spec-example.json) [[ "$status" -eq 1 && "${#lines[@]}" -eq 1 ]] ;;
		*) false ;;
		esac || { echo "$f: $status $output"; return 1; }
	done
	for f in invalid-json:"invalid JSON" linux-hugepage:hugepageLimits linux-netdevice:netDevices.eth0.name \
		linux-rdma:rdma.mlx5_1.hcaHandles; do
		cp "$BATS_TEST_DIRNAME/../data/oci/bad/${f%%:*}.json" "$B/config.json"
		run rt run -b "$B" "$ID" 3>&-
		[[ "$status" -eq 1 && "${#lines[@]}" -eq 1 && "$output" == *"${f#*:}"* ]] || { echo "$f: $output"; return 1; }
		[ -z "$(rt list -q)" ]
	done
}

@test "bad input: versions, types, ranges, things named twice: one sentence with the member's name, nothing left" {
	refuse "c['ociVersion'] = '2.0.0'" ociVersion "not supported"
	refuse "c['ociVersion'] = 'x'" ociVersion
	refuse "c['ociVersion'] = '1.0'" ociVersion
	refuse "c['ociVersion'] = '01.0.0'" ociVersion
	refuse "del c['ociVersion']" "ociVersion is required"
	refuse "c['ociVersion'] = 1" "ociVersion must be a string"
	refuse "c['process']['user']['uid'] = -1" process.user.uid
	refuse "c['process']['user']['gid'] = 2**32" process.user.gid
	refuse "c['process']['user']['uid'] = 2**32 - 1" process.user
	refuse "c['process']['user']['umask'] = 0o1000" process.user.umask
	refuse "c['process']['user']['additionalGids'] = [1, 2**32]" "process.user.additionalGids[1]"
	refuse "c['process']['args'] = 'sh'" process.args
	refuse "c['process']['args'] = []" process.args
	refuse "c['process']['env'] = ['A']" "process.env[0]"
	refuse "c['process']['env'] = ['A=b', '=c']" "process.env[1]"
	refuse "c['process']['env'] = ['A=\0']" "process.env[0]"
	refuse "c['process']['cwd'] = 'x'" process.cwd
	refuse "c['process']['consoleSize'] = {'height': 70000, 'width': 1}" process.consoleSize
	refuse "c['process']['oomScoreAdj'] = 1001" process.oomScoreAdj
	refuse "c['process']['rlimits'] = [{'type': 'RLIMIT_CORE', 'soft': 0, 'hard': 0}] * 2" process.rlimits RLIMIT_CORE twice
	refuse "c['process']['rlimits'] = [{'type': 'RLIMIT_CORE', 'soft': 2, 'hard': 1}]" "process.rlimits[0]"
	refuse "c['process']['rlimits'] = [{'type': 'RLIMIT_WHAT', 'soft': 0, 'hard': 0}]" process.rlimits RLIMIT_WHAT
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_X'}" process.scheduler.policy
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_OTHER', 'nice': 20}" process.scheduler.nice
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_FIFO', 'priority': 100}" process.scheduler.priority
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_FIFO', 'priority': 0}" process.scheduler SCHED_FIFO
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_OTHER', 'runtime': 5}" process.scheduler SCHED_DEADLINE
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_OTHER', 'flags': ['X']}" process.scheduler.flags
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_OTHER', 'flags': ['SCHED_FLAG_UTIL_CLAMP_MIN']}" process.scheduler.flags
	refuse "c['process']['scheduler'] = {'policy': 'SCHED_ISO'}" process.scheduler SCHED_ISO
	refuse "c['process']['ioPriority'] = {'class': 'X'}" process.ioPriority.class
	refuse "c['process']['ioPriority'] = {'class': 'IOPRIO_CLASS_BE', 'priority': 8}" process.ioPriority.priority
	refuse "c['process']['execCPUAffinity'] = {'initial': 'a'}" process.execCPUAffinity.initial
	refuse "c['root']['path'] = 'missing'" root.path
	refuse "c['root'] = {}" root.path
	refuse "c['mounts'].append({'destination': ''})" "mounts[" .destination
	refuse "c['mounts'].append({'destination': '/x', 'type': 'tmpfs', 'uidMappings': [{'containerID': 0, 'hostID': 0, 'size': 1}]})" gidMappings
	refuse "c['hooks'] = {'poststop': [{'path': 'x'}]}" "hooks.poststop[0].path"
	refuse "c['hooks'] = {'createRuntime': [{'path': '/bin/true', 'timeout': 0}]}" "hooks.createRuntime[0].timeout"
	refuse "c['hooks'] = {'startContainer': [{'path': '/bin/true', 'env': ['x']}]}" "hooks.startContainer[0]"
	refuse "c['annotations'] = {'': 'x'}" annotations
	refuse "c['linux']['namespaces'].append({'type': 'x'})" linux.namespaces "'x'"
	refuse "c['linux']['namespaces'].append({'type': 'uts'})" linux.namespaces "'uts'"
	refuse "c['linux']['namespaces'] = [{'type': 'mount'}, {'type': 'network', 'path': 'net'}]" linux.namespaces absolute
	refuse "c['linux']['namespaces'][1]['path'] = '/proc/self/ns/user'" linux.namespaces
	refuse "c['linux']['namespaces'][1]['path'] = '/no/such'" linux.namespaces /no/such
	refuse "c['linux']['uidMappings'] = [{'containerID': 0, 'hostID': 0, 'size': 0}]" "linux.uidMappings[0]"
	refuse "c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 4294967295, 'size': 2}]" "linux.gidMappings[0]"
	refuse "c['linux']['timeOffsets'] = {'monotonic': {'nanosecs': 10**9}}" linux.timeOffsets.monotonic.nanosecs
	refuse "c['linux']['devices'] = [{'type': 'x', 'path': '/dev/x', 'major': 1, 'minor': 3}]" "linux.devices[0]" type
	refuse "c['linux']['devices'] = [{'type': 'c', 'path': 'dev/x', 'major': 1, 'minor': 3}]" "linux.devices[0]" path
	refuse "c['linux']['devices'] = [{'type': 'c', 'path': '/dev/x', 'major': -1, 'minor': 3}]" "linux.devices[0]" major
	refuse "c['linux']['devices'] = [{'type': 'c', 'path': '/dev/x', 'major': 1, 'minor': 1 << 20}]" "linux.devices[0]" minor
	refuse "c['linux']['devices'] = [{'type': 'c', 'path': '/dev/x', 'major': 1, 'minor': 3, 'fileMode': -1}]" "linux.devices[0]" fileMode
	refuse "c['linux']['devices'] = [{'type': 'c', 'path': '/dev/x', 'major': 1, 'minor': 3, 'uid': 2**32}]" "linux.devices[0]" uid
	refuse "c['linux']['netDevices'] = {'a b': {}}" linux.netDevices
	refuse "c['linux']['netDevices'] = {'a': {'name': 'x' * 16}}" linux.netDevices.a.name
	refuse "c['linux']['netDevices'] = {'a': {'name': 'x'}, 'b': {'name': 'x'}}" linux.netDevices twice
	refuse "c['linux']['rootfsPropagation'] = 'x'" linux.rootfsPropagation
	refuse "c['linux']['maskedPaths'] = ['/a', 'b']" "linux.maskedPaths[1]"
	refuse "c['linux']['readonlyPaths'] = ['b']" "linux.readonlyPaths[0]"
	refuse "c['linux']['personality'] = {'domain': 'X'}" linux.personality.domain
	refuse "c['linux']['personality'] = {'domain': 'LINUX', 'flags': ['X']}" linux.personality.flags
	refuse "c['linux']['intelRdt'] = {'closID': 'a/b'}" linux.intelRdt.closID
	refuse "c['linux']['intelRdt'] = {'memBwSchema': 'x'}" linux.intelRdt.memBwSchema
	refuse "c['linux']['memoryPolicy'] = {'mode': 'X'}" linux.memoryPolicy.mode
	refuse "c['linux']['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': 'x'}" linux.memoryPolicy.nodes
	refuse "c['linux']['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': '0', 'flags': ['X']}" linux.memoryPolicy.flags
	refuse "c['linux']['resources'] = {'hugepageLimits': [{'pageSize': '64kB', 'limit': 1}]}" hugepageLimits
	refuse "c['linux']['mountLabel'] = 'x'" linux.mountLabel
	refuse "c['process']['apparmorProfile'] = 'x'" process.apparmorProfile
	refuse "c['process']['selinuxLabel'] = 'x'" process.selinuxLabel
}

@test "bad input: no namespace to do it in" {
	refuse "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'uts']" hostname UTS
	refuse "c['hostname'] = ''; c['domainname'] = 'x'; c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'uts']" domainname UTS
	refuse "[n.update(path='/proc/self/ns/uts') for n in c['linux']['namespaces'] if n['type'] == 'uts']" hostname UTS
	refuse "c['linux']['timeOffsets'] = {'boottime': {'secs': 1}}" linux.timeOffsets
	refuse "c['linux']['netDevices'] = {'lo': {}}; c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'network']" linux.netDevices
	refuse "c['linux']['netDevices'] = {'lo': {}}; [n.update(path='/proc/self/ns/net') for n in c['linux']['namespaces'] if n['type'] == 'network']" linux.netDevices
	refuse "c['linux']['namespaces'].append({'type': 'user'})" linux.uidMappings
	refuse "c['linux']['uidMappings'] = [{'containerID': 0, 'hostID': 1, 'size': 1}]" linux.uidMappings
	local without="c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'mount']"
	refuse "$without" mounts "mount namespace"
	without+="; c['mounts'] = []; c['root']['readonly'] = True"
	refuse "$without" root.readonly "mount namespace"
	without+="; c['root']['readonly'] = False; p = c['linux']['maskedPaths']; r = c['linux'].pop('readonlyPaths')"
	refuse "$without" linux.maskedPaths "mount namespace"
	without+="; c['linux']['maskedPaths'] = []; c['linux']['rootfsPropagation'] = 'shared'"
	refuse "$without" linux.rootfsPropagation "mount namespace"
}

@test "bad input: 100 MB, a thousand levels, members named twice, no JSON at all" {
	python3 -c "print('{\"ociVersion\": \"1.0.0\", \"annotations\": {\"a\": \"' + 'x' * 100_000_000 + '\"}}')" >"$B/config.json"
	run rt run -b "$B" "$ID"
	[[ "$status" -eq 1 && "$output" == *"config.json is larger than 16 MiB"* ]]
	python3 -c "print('{\"ociVersion\": \"1.0.0\", \"unknown\": ' + '[' * 1000 + ']' * 1000 + '}')" >"$B/config.json"
	run rt run -b "$B" "$ID"
	[[ "$status" -eq 1 && "${#lines[@]}" -eq 1 && "$output" == *"config.json: "*"nest"* ]] || { echo "$output"; return 1; }
	head -c 1000000 /dev/zero >"$B/config.json"
	run rt run -b "$B" "$ID"
	[[ "$status" -eq 1 && "$output" == *"config.json: invalid JSON"* ]]
	: >"$B/config.json"
	run rt run -b "$B" "$ID"
	[[ "$status" -eq 1 && "$output" == *"config.json: invalid JSON"* ]]
	[ -z "$(rt list -q)" ]
}

@test "unknown members and members of other platforms are none of our business" {
	config "c['what'] = [1]; c['linux']['what'] = {}; c['windows'] = {'layerFolders': []}; c['solaris'] = {}"
	args echo fine
	run rt_run
	[ "$output" = fine ]
}

@test "10,000 mounts work" {
	config "c['mounts'] += [{'destination': '/tmp/m', 'type': 'tmpfs', 'source': 'm%d' % i} for i in range(10000)]"
	args sh -c 'wc -l </proc/self/mountinfo'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$output" -gt 10000 ]
}

# ---- namespaces ----

@test "without linux and without namespaces the root is changed all the same" {
	cp "$BATS_TEST_DIRNAME/../data/oci/good/minimal-for-start.json" "$B/config.json"
	args sh -c 'ls / | tr "\n" " "; echo; echo x >/dev/null && echo null'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "${lines[0]}" == "bin dev etc proc root sys tmp var "* ]]
	[ "${lines[-1]}" = null ]
}

@test "a mount namespace that is joined: root.path is a path in it" {
	unshare -m true 2>/dev/null || skip "below a chroot no mounts can be kept apart"
	ns_holder --mount
	nsenter -t "$HOLDER" -m mount --bind "$B/rootfs/etc" "$B/rootfs/tmp"
	config "
c['mounts'] = []
c['linux'] = {'namespaces': [{'type': 'mount', 'path': '/proc/$HOLDER/ns/mnt'}, {'type': 'pid'}], 'cgroupsPath': '/$CG'}
c.pop('hostname')"
	args ls /tmp
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$output" = passwd ]
	refuse "c['root']['path'] = '/no/such'" /no/such
}

@test "a user namespace that is joined, with new ones and joined ones besides" {
	needs_user_namespaces
	chmod 711 "$T" "$B"
	chown -R 100000:100000 "$B/rootfs"
	config "
c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]"
	args sleep 100
	rt_detached first-$ID
	pid=$(pid_of first-$ID)
	config "
c['linux']['cgroupsPath'] += '-b'
for n in c['linux']['namespaces']:
    if n['type'] in ('user', 'network'):
        n['path'] = '/proc/$pid/ns/' + {'network': 'net'}.get(n['type'], n['type'])"
	args sh -c 'id -u; cat /proc/self/uid_map; for n in user net pid mnt ipc; do readlink /proc/self/ns/$n; done; echo $$; hostname inside && hostname; touch /made && stat -c %u /made'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "${lines[0]}" = 0 ]
	[[ "${lines[1]}" == *0*100000*65536 ]]
	[ "${lines[2]}" = "$(readlink "/proc/$pid/ns/user")" ]
	[ "${lines[3]}" = "$(readlink "/proc/$pid/ns/net")" ]
	[ "${lines[4]}" != "$(readlink "/proc/$pid/ns/pid")" ]
	[ "${lines[5]}" != "$(readlink "/proc/$pid/ns/mnt")" ]
	[ "${lines[7]}" = 1 ]
	[ "$(stat -c %u "$B/rootfs/made")" = 100000 ]
	# All of the first's, the mount namespace aside.
	config "
for n in c['linux']['namespaces']:
    if n['type'] in ('pid', 'ipc', 'uts', 'cgroup'):
        n['path'] = '/proc/$pid/ns/' + n['type']"
	args sh -c 'for n in user net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	for i in 0:user 1:net 2:pid 3:ipc 4:uts 5:cgroup; do
		[ "${lines[${i%:*}]}" = "$(readlink "/proc/$pid/ns/${i#*:}")" ]
	done
	# Mappings may be given with it, but only its own.
	CGLEFT=$CG-b
	refuse "c['linux']['uidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65535}]" linux.uidMappings joined
	refuse "c['linux']['gidMappings'].append({'containerID': 70000, 'hostID': 0, 'size': 1})" linux.gidMappings joined
	config "del c['linux']['uidMappings']; del c['linux']['gidMappings']"
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "namespaces: sixty combinations of new, joined and the host's" {
	needs_user_namespaces
	chmod 711 "$T" "$B"
	chown -R 100000:100000 "$B/rootfs"
	run "$BATS_TEST_DIRNAME/namespace-combinations.py" "$RUNTIME" "$ROOT" "$B" "/$CG" 60 "${SEED:-1}" 3>&-
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "time namespace: offsets of both clocks, joined with the rest" {
	[ -e /proc/self/ns/time ] || skip_or_fail "no time namespaces"
	config "c['linux']['namespaces'].append({'type': 'time'}); c['linux']['timeOffsets'] = {'monotonic': {'secs': 86400, 'nanosecs': 5}, 'boottime': {'secs': -3}}"
	args sh -c 'cat /proc/self/timens_offsets; exec sleep 100'
	rt_detached first-$ID
	wait_for grep -q boottime "$T/out"
	[ "$(tr -s ' \t' ' ' <"$T/out" | head -n 2)" = "$(printf 'monotonic 86400 5\nboottime -3 0')" ] || { cat "$T/out"; return 1; }
	pid=$(pid_of first-$ID)
	config "c['linux']['cgroupsPath'] += '-b'; c['linux'].pop('timeOffsets')
for n in c['linux']['namespaces']:
    if n['type'] == 'time':
        n['path'] = '/proc/$pid/ns/time'"
	args readlink /proc/self/ns/time
	run rt_run
	[ "$output" = "$(readlink "/proc/$pid/ns/time")" ]
}

# ---- network devices ----

# A veth pair on the host: $1 and its peer, with addresses.
host_link() {
	ip link add "$1" type veth peer name "hp${CG##*-}" || skip_or_fail "no veth devices"
	ip addr add 10.213.7.2/24 brd 10.213.7.255 dev "$1"
	ip addr add fd00:213:7::2/64 dev "$1" nodad
}

@test "netDevices: moved with addresses, renamed, up; a name in use and a link that is not there are refused" {
	local link=hs${CG##*-}
	host_link "$link"
	config "c['linux']['netDevices'] = {'$link': {'name': 'ctr0'}}"
	refuse "c['linux']['netDevices'] = {'no-such0': {}}" linux.netDevices no-such0
	refuse "c['linux']['netDevices'] = {'$link': {'name': 'lo'}}" linux.netDevices "'lo'"
	ip link show "$link"
	# What fails after the move gives it back as it was.
	refuse "c['mounts'].append({'destination': '/x', 'type': 'nofs'})" nofs
	refuse "c['hooks'] = {'createRuntime': [{'path': '/bin/false'}]}" /bin/false
	[ "$(ip -br addr show "$link" | awk '{print $3, $4}')" = "10.213.7.2/24 fd00:213:7::2/64" ] || { ip addr show "$link"; return 1; }
	args sh -c 'ip -o addr show dev ctr0; ip link show ctr0'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "$output" == *"inet 10.213.7.2/24 brd 10.213.7.255 scope global"* && "$output" == *"inet6 fd00:213:7::2/64 scope global"* ]]
	[[ "$output" == *"UP"* ]]
	run ip link show "$link"
	[ "$status" -ne 0 ]
}

@test "netDevices: a template for the name, a namespace that is joined, the same name" {
	local link=hs${CG##*-}
	host_link "$link"
	ns_holder --net
	config "
c['linux']['netDevices'] = {'$link': {'name': 'eth%d'}}
for n in c['linux']['namespaces']:
    if n['type'] == 'network':
        n['path'] = '/proc/$HOLDER/ns/net'"
	nsenter -t "$HOLDER" -n ip link add eth0 type veth peer name eth2
	args ip -o link
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ "$output" == *" eth1@"* ]]
	nsenter -t "$HOLDER" -n ip link set eth1 netns 1 name "$link"
	config "c['linux']['netDevices'] = {'$link': {}}"
	run rt_run
	[[ "$output" == *" $link@"* ]]
}

# ---- process ----

@test "memoryPolicy: modes, nodes, flags" {
	[ -e /proc/self/numa_maps ] || skip_or_fail "a kernel without NUMA"
	config "c['linux']['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': '0', 'flags': ['MPOL_F_STATIC_NODES']}"
	args sh -c 'head -n 1 /proc/self/numa_maps'
	run rt_run
	[[ "$status" -eq 0 && "$output" == *"bind=static:0"* ]] || { echo "$output"; return 1; }
	for mode in MPOL_INTERLEAVE:interleave MPOL_PREFERRED:prefer MPOL_PREFERRED_MANY:prefer; do
		config "c['linux']['memoryPolicy'] = {'mode': '${mode%:*}', 'nodes': '0-0'}"
		run rt_run
		[[ "$status" -eq 0 && "$output" == *"${mode#*:}"* ]] || { echo "$mode: $output"; return 1; }
	done
	for mode in MPOL_DEFAULT MPOL_LOCAL; do
		config "c['linux']['memoryPolicy'] = {'mode': '$mode'}"
		run rt_run
		[ "$status" -eq 0 ] || { echo "$mode: $output"; return 1; }
	done
	# exec has it too, and what the kernel refuses is told by name.
	config "c['linux']['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': '0'}"
	args sleep 100
	rt_detached
	[[ "$(rt exec "$ID" head -n 1 /proc/self/numa_maps)" == *"bind:0"* ]]
	rt delete --force "$ID"
	refuse "c['linux']['memoryPolicy'] = {'mode': 'MPOL_BIND', 'nodes': '1023'}" linux.memoryPolicy MPOL_BIND
	refuse "c['linux']['memoryPolicy'] = {'mode': 'MPOL_BIND'}" linux.memoryPolicy MPOL_BIND
}

@test "execCPUAffinity: final after the cgroup, initial before it; init takes no notice" {
	[ "$(nproc)" -gt 1 ] || skip_or_fail "one CPU"
	config "c['process']['execCPUAffinity'] = {'initial': '0', 'final': '1'}"
	args sh -c 'grep Cpus_allowed_list /proc/self/status; exec sleep 100'
	rt_detached
	wait_for grep -q Cpus "$T/out"
	[ "$(awk '{print $2}' "$T/out")" = "$(awk '/Cpus_allowed_list/{print $2}' /proc/self/status)" ]
	[ "$(rt exec "$ID" awk '/Cpus_allowed_list/{print $2}' /proc/self/status)" = 1 ]
	rt delete --force "$ID"
	config "c['process']['execCPUAffinity'] = {'initial': '0'}; c['process']['args'] = ['sleep', '100']"
	rt_detached
	[ "$(rt exec "$ID" awk '/Cpus_allowed_list/{print $2}' /proc/self/status)" = 0 ]
	rt delete --force "$ID"
	config "c['process']['execCPUAffinity'] = {'final': '4000'}"
	rt_detached
	run rt exec "$ID" true
	[[ "$status" -eq 255 && "$output" == *process.execCPUAffinity.final* ]]
}

# ---- hooks ----

# hook_script: writes "NAME status pid cwd FOO P mnt" for each hook to $T/hooks; in the container to /tmp/hooks.
hook_script() {
	cat >"$T/hook" <<-EOF
	#!/bin/sh
	state=\$(cat)
	field() { echo "\$state" | sed "s/.*\"\$1\":\"*\([^,\"}]*\).*/\1/"; }
	echo "\$1 \$(field status) \$(field pid) \$(pwd) FOO=\${FOO:-} P=\${P:-}" >>$T/hooks
	EOF
	cat >"$B/rootfs/bin/hook" <<-'EOF'
	#!/bin/sh
	read -r state
	echo "$1 P=${P:-} $(id -u) $state" >>/tmp/hooks
	EOF
	chmod +x "$T/hook" "$B/rootfs/bin/hook"
	chmod 1777 "$B/rootfs/tmp"
}

@test "hooks: status, pid, working directory and environment of each kind" {
	hook_script
	config "
h = lambda n: [{'path': '$T/hook', 'args': ['hook', n]}]
c['hooks'] = {k: h(k) for k in ('prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop')}
c['hooks']['createRuntime'] += [{'path': '$T/hook', 'args': ['hook', 'empty'], 'env': []}, {'path': '$T/hook', 'args': ['hook', 'own'], 'env': ['FOO=own', 'PATH=/bin:/usr/bin']}]
c['hooks']['startContainer'] = [{'path': '/bin/hook', 'args': ['hook', 'startContainer']}]
c['process']['env'].append('P=process')
c['process']['user'] = {'uid': 1000, 'gid': 1000}"
	args sleep 100
	FOO=ours rt create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-
	pid=$(pid_of)
	FOO=ours rt start "$ID"
	FOO=ours rt delete --force "$ID"
	cat "$T/hooks"
	[ "$(sed -n 1p "$T/hooks")" = "prestart creating $pid $B FOO=ours P=" ]
	[ "$(sed -n 2p "$T/hooks")" = "createRuntime creating $pid $B FOO=ours P=" ]
	[ "$(sed -n 3p "$T/hooks")" = "empty creating $pid $B FOO= P=" ]
	[ "$(sed -n 4p "$T/hooks")" = "own creating $pid $B FOO=own P=" ]
	[ "$(sed -n 5p "$T/hooks")" = "createContainer creating $pid $B/rootfs FOO= P=process" ]
	[ "$(sed -n 6p "$T/hooks")" = "poststart running $pid $B FOO=ours P=" ]
	[[ "$(sed -n 7p "$T/hooks")" == "poststop stopped "*" $B FOO=ours P=" ]]
	grep -q "^startContainer P=process 1000 .*\"status\":\"created\",\"pid\":$pid," "$B/rootfs/tmp/hooks" || { cat "$B/rootfs/tmp/hooks"; return 1; }
}

@test "hooks: what one wrote is in the error, not in the container's output; its end is kept" {
	refuse "c['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo said this >&2; exit 3']}]}" "createRuntime hook '/bin/sh': exit status 3: said this"
	refuse "c['hooks'] = {'prestart': [{'path': '/bin/sh', 'args': ['sh', '-c', 'head -c 200000 /dev/zero | tr \"\\\\0\" x; echo the end; exit 1']}]}" "xxx" "the end"
	refuse "c['hooks'] = {'createContainer': [{'path': '/no/such'}]}" "createContainer hook '/no/such'" "No such file"
	config "c['hooks'] = {k: [{'path': '/bin/echo', 'args': ['echo', 'noise']}] for k in ('prestart', 'createRuntime', 'createContainer')}"
	args echo quiet
	run rt_run
	[ "$output" = quiet ]
}

@test "hooks: a failing startContainer or poststart stops the container" {
	config "c['hooks'] = {'startContainer': [{'path': '/bin/false'}]}"
	args touch /tmp/ran
	rt create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-
	run rt start "$ID"
	[[ "$status" -eq 1 && "$output" == *"startContainer hook '/bin/false': exit status 1"* ]]
	wait_for stopped "$ID"
	[ ! -e "$B/rootfs/tmp/ran" ]
	rt delete "$ID"
	config "c['hooks'] = {'poststart': [{'path': '/bin/false'}]}"
	args sleep 100
	rt create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-
	run rt start "$ID"
	[[ "$status" -eq 1 && "$output" == *"poststart hook '/bin/false': exit status 1"* ]]
	wait_for stopped "$ID"
	rt delete "$ID"
	run rt run -d -b "$B" "$ID" 3>&-
	[[ "$status" -eq 1 && "$output" == *"poststart hook '/bin/false'"* ]]
	[ -z "$(rt list -q)" ]
}

@test "hooks: a failing poststop is a warning, the next is run, the container is gone" {
	hook_script
	config "c['hooks'] = {'poststop': [{'path': '/bin/false'}, {'path': '$T/hook', 'args': ['hook', 'second']}]}"
	args true
	run rt_run
	[[ "$status" -eq 0 && "$output" == *"warning: error running poststop hook '/bin/false': exit status 1"* ]]
	grep -q ^second "$T/hooks"
	[ -z "$(rt list -q)" ]
	rt --log "$T/log" --log-format json run -b "$B" "$ID" 3>&-
	python3 -c 'import json,sys; l=[json.loads(x) for x in open(sys.argv[1])]; assert len(l) == 1 and l[0]["level"] == "warning" and "poststop" in l[0]["msg"], l' "$T/log"
}

@test "hooks: in a container that is deleted at once after create, none but those of its life" {
	hook_script
	config "h = lambda n: [{'path': '$T/hook', 'args': ['hook', n]}]
c['hooks'] = {k: h(k) for k in ('createRuntime', 'poststart', 'poststop')}"
	rt create -b "$B" "$ID" </dev/null >/dev/null 2>&1 3>&-
	rt delete --force "$ID"
	[ "$(awk '{print $1}' "$T/hooks" | tr '\n' ' ')" = "createRuntime poststop " ]
}

# ---- capabilities, devices ----

@test "capabilities: what cannot be granted is a warning, by name; the rest is given" {
	config "c['process']['capabilities'] = {k: ['CAP_CHOWN', 'CAP_NO_SUCH'] for k in ('bounding', 'effective', 'permitted')}
c['process']['capabilities']['inheritable'] = ['CAP_CHOWN']
c['process']['user']['username'] = 'x'; c['process']['commandLine'] = 'y'"
	args grep CapEff /proc/self/status
	run rt --log "$T/log" run -b "$B" "$ID" 3>&-
	[[ "$status" -eq 0 && "$output" == *0000000000000001 && "${#lines[@]}" -eq 1 ]] || { echo "$output"; return 1; }
	grep -q 'level=warning msg="process.capabilities: unknown here: CAP_NO_SUCH"' "$T/log"
	grep -q 'level=warning msg="process.capabilities: never made inheritable unless ambient: CAP_CHOWN"' "$T/log"
	grep -q 'process.user.username' "$T/log"
	grep -q 'process.commandLine' "$T/log"
	(((0x$(awk '/CapPrm/{print $2}' /proc/self/status) >> 24 & 1) == 0)) || return 0 # CAP_SYS_RESOURCE
	config "c['process']['capabilities']['permitted'].append('CAP_SYS_RESOURCE')"
	run rt run -b "$B" "$ID" 3>&-
	[[ "$status" -eq 0 && "$output" == *"warning: process.capabilities: not ours to give: CAP_SYS_RESOURCE"* ]]
}

@test "devices: every type, owner and mode, outside of /dev, instead of a default one; another file there is refused" {
	config "c['linux']['devices'] = [
 {'type': 'c', 'path': '/dev/null', 'major': 1, 'minor': 3, 'fileMode': 0o600, 'uid': 5, 'gid': 6},
 {'type': 'u', 'path': '/dev/my/zero', 'major': 1, 'minor': 5, 'fileMode': 0o640},
 {'type': 'b', 'path': '/var/disk', 'major': 7, 'minor': 9, 'gid': 7},
 {'type': 'p', 'path': '/var/pipe', 'fileMode': 0o622, 'uid': 8}]"
	args stat -c '%n %F %t:%T %a %u:%g' /dev/null /dev/my/zero /var/disk /var/pipe /dev/tty
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "${lines[0]}" = "/dev/null character special file 1:3 600 5:6" ]
	[ "${lines[1]}" = "/dev/my/zero character special file 1:5 640 0:0" ]
	[ "${lines[2]}" = "/var/disk block special file 7:9 666 0:7" ]
	[ "${lines[3]}" = "/var/pipe fifo 0:0 622 8:0" ]
	[ "${lines[4]}" = "/dev/tty character special file 5:0 666 0:0" ]
	rm -f "$B/rootfs/var/disk"
	touch "$B/rootfs/var/disk"
	refuse "pass" linux.devices /var/disk
}

@test "devices in a user namespace: the host's node, and only when it is that device; pipes are made" {
	needs_user_namespaces
	chmod 711 "$T" "$B"
	chown -R 100000:100000 "$B/rootfs"
	config "
c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
c['linux']['devices'] = [{'type': 'p', 'path': '/dev/pipe'}, {'type': 'c', 'path': '/dev/kmsg', 'major': 1, 'minor': 11}]"
	args stat -c '%n %F %t:%T %u' /dev/null /dev/pipe /dev/kmsg
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "${lines[0]}" = "/dev/null character special file 1:3 65534" ]
	[ "${lines[1]}" = "/dev/pipe fifo 0:0 0" ]
	[ "${lines[2]}" = "/dev/kmsg character special file 1:b 65534" ]
	refuse "c['linux']['devices'] = [{'type': 'c', 'path': '/dev/kmsg', 'major': 1, 'minor': 3}]" linux.devices /dev/kmsg
	refuse "c['linux']['devices'] = [{'type': 'c', 'path': '/dev/none-such', 'major': 1, 'minor': 3}]" linux.devices /dev/none-such
}

@test "rootfsPropagation: all four kinds" {
	local host=$B/host kind
	mkdir "$host"
	mount -t tmpfs tmpfs "$host"
	mount --make-shared "$host"
	cp -a "$B/rootfs" "$host/rootfs"
	mkdir "$host/rootfs/var/late"
	config "c['root']['path'] = '$host/rootfs'"
	for kind in slave private shared unbindable; do
		config "c['linux']['rootfsPropagation'] = '$kind'"
		args sh -c 'grep " / / " /proc/self/mountinfo || grep " /rootfs / " /proc/self/mountinfo; echo up; while [ ! -e /tmp/go ]; do sleep 0.1; done; ls /var/late; mount -t tmpfs none /var/late; touch /var/late/inner; exec sleep 100'
		config "[c['process']['capabilities'][k].append('CAP_SYS_ADMIN') for k in ('bounding', 'effective', 'permitted')]"
		rm -f "$host/rootfs/tmp/go"
		rt_detached
		wait_for grep -q up "$T/out"
		mount -t tmpfs tmpfs "$host/rootfs/var/late"
		touch "$host/rootfs/var/late/seen"
		touch "$host/rootfs/tmp/go"
		wait_for test -e "/proc/$(pid_of)/root/var/late/inner"
		[ ! -e "$host/rootfs/var/late/inner" ] || kind="$kind: leaks to the host"
		case $kind in
		slave) grep -q "master:" "$T/out" && grep -q seen "$T/out" ;;
		private) ! grep -q "master:\|shared:\|unbindable" "$T/out" && ! grep -q seen "$T/out" ;;
		shared) grep -q "shared:" "$T/out" && ! grep -q seen "$T/out" ;;
		unbindable) grep -q "unbindable" "$T/out" && ! grep -q seen "$T/out" ;;
		*) false ;;
		esac || { echo "$kind"; cat "$T/out"; umount -R "$host"; return 1; }
		rt delete --force "$ID"
		umount "$host/rootfs/var/late"
	done
	umount -R "$host"
}

# ---- seccomp ----

# seccomp_rules ACTION NAME...: everything is allowed but those.
seccomp_rules() {
	local action=$1 names
	shift
	names=$(printf "'%s'," "$@")
	config "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': [$names], 'action': '$action'}]}"
}

@test "seccomp: every action" {
	args sh -c 'mkdir /tmp/made; echo "status $?"'
	seccomp_rules SCMP_ACT_ERRNO mkdir mkdirat
	config "c['linux']['seccomp']['syscalls'][0]['errnoRet'] = 5"
	run rt_run
	[[ "$output" == *"Input/output error"*"status 1"* ]]
	seccomp_rules SCMP_ACT_ERRNO mkdir mkdirat
	run rt_run
	[[ "$output" == *"Operation not permitted"*"status 1"* ]]
	for action in KILL KILL_THREAD KILL_PROCESS TRAP; do
		seccomp_rules SCMP_ACT_$action mkdir mkdirat
		run rt_run
		[[ "$output" == *"status 159"* ]] || { echo "$action: $output"; return 1; }
	done
	seccomp_rules SCMP_ACT_TRACE mkdir mkdirat # nobody traces
	run rt_run
	[[ "$output" == *"Function not implemented"*"status 1"* ]]
	for action in ALLOW LOG; do
		seccomp_rules SCMP_ACT_$action mkdir mkdirat
		rm -rf "$B/rootfs/tmp/made"
		run rt_run
		[ "$output" = "status 0" ]
	done
	config "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_LOG'}"
	args echo logged
	run rt_run
	[ "$output" = logged ]
}

@test "seccomp: operators on arguments, several conditions" {
	[ "$(uname -m)" = x86_64 ] || skip "the number of chmod's argument is x86-64's"
	args sh -c 'touch /tmp/f; chmod 700 /tmp/f 2>/dev/null && echo -n 7; chmod 600 /tmp/f 2>/dev/null && echo 6'
	for c in EQ:0o700:6 NE:0o700:7 GT:0o600:6 GE:0o700:6 LT:0o700:7 LE:0o600:7; do
		IFS=: read -r op value want <<<"$c"
		seccomp_rules SCMP_ACT_ERRNO chmod
		config "c['linux']['seccomp']['syscalls'][0]['args'] = [{'index': 1, 'value': $value, 'op': 'SCMP_CMP_$op'}]"
		run rt_run
		[ "$output" = "$want" ] || { echo "$c: $output"; return 1; }
	done
	seccomp_rules SCMP_ACT_ERRNO chmod
	config "c['linux']['seccomp']['syscalls'][0]['args'] = [{'index': 1, 'value': 0o100, 'valueTwo': 0o100, 'op': 'SCMP_CMP_MASKED_EQ'}]"
	run rt_run
	[ "$output" = 6 ]
	config "c['linux']['seccomp']['syscalls'][0]['args'] += [{'index': 0, 'value': 0, 'op': 'SCMP_CMP_EQ'}]"
	run rt_run
	[ "$output" = 76 ]
}

@test "seccomp: flags, architectures" {
	seccomp_rules SCMP_ACT_ERRNO mkdir
	config "s = c['linux']['seccomp']
s['flags'] = ['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']
s['architectures'] = ['SCMP_ARCH_' + a for a in 'X86 X86_64 X32 LOONGARCH64 M68K SH SHEB'.split()]
s['listenerPath'] = '/no/such/socket'"
	args grep Seccomp: /proc/self/status
	run rt_run
	[[ "$status" -eq 0 && "$output" == *2 ]] || { echo "$output"; return 1; }
	config "c['linux']['seccomp']['architectures'] = ['SCMP_ARCH_' + a for a in 'ARM AARCH64 RISCV64'.split()]"
	run rt_run
	[[ "$status" -eq 0 && "$output" == *2 ]] || { echo "$output"; return 1; }
}

@test "seccomp: SCMP_ACT_NOTIFY for the container and for exec, the state on the listener's socket" {
	"$BATS_TEST_DIRNAME/seccomp-agent.py" "$T/agent" "$T/states" 3>&- &
	HELPERS=$!
	wait_for grep -q ready "$T/states"
	seccomp_rules SCMP_ACT_NOTIFY mkdir mkdirat execve
	config "c['linux']['seccomp'].update(listenerPath='$T/agent', listenerMetadata='some \"data\"', flags=['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'])
c['annotations'] = {'a': 'b'}"
	args sh -c 'mkdir /tmp/made; exec sleep 100'
	rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1 3>&-
	rt start "$ID"
	wait_for grep -q "No medium" "$T/out"
	run rt exec "$ID" mkdir /tmp/made
	[[ "$status" -eq 1 && "$output" == *"No medium"* ]]
	pid=$(pid_of)
	wait_for [ "$(wc -l <"$T/states")" -eq 3 ]
	python3 - "$T/states" "$pid" "$B" "$ID" <<-'EOF2'
	import json, sys
	path, pid, bundle, name = sys.argv[1:]
	lines = open(path).read().splitlines()[1:]
	for i, line in enumerate(lines):
	    text, fds, end = line.rsplit(' ', 2)
	    s = json.loads(text)
	    assert fds == '1' and end == 'eof', line
	    assert s['fds'] == ['seccompFd'] and s['metadata'] == 'some "data"' and s['ociVersion'].startswith('1.'), s
	    assert s['state']['id'] == name and s['state']['bundle'] == bundle and s['state']['annotations'] == {'a': 'b'}, s
	    assert s['state']['pid'] == int(pid) and s['state']['status'] == ['creating', 'running'][i], s
	    assert (s['pid'] == int(pid)) == (i == 0), s
	EOF2
	rt delete --force "$ID"
	refuse "c['linux']['seccomp']['listenerPath'] = '$T/none'" linux.seccomp.listenerPath "$T/none"
}

@test "seccomp: calls beyond those that the profile knows are told to be missing" {
	[ "$(uname -m)" = x86_64 ] || skip "numbers of x86-64"
	cat >"$T/call.c" <<-'EOF2'
	#include <errno.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		for (int i = 1; i < argc; i++)
			printf("%d ", syscall(atoi(argv[i]), -1, -1, -1, -1, -1, -1) < 0 ? errno : 0);
		return 0;
	}
	EOF2
	cc -static -o "$B/rootfs/bin/call" "$T/call.c" || skip_or_fail "no C compiler"
	python3 "$BATS_TEST_DIRNAME/default-seccomp.py" "$B/config.json"
	args call 1000 600 165 39 # none, none, mount, getpid
	run rt_run
	[ "$output" = "38 38 1 0 " ]
	config "c['linux']['seccomp']['defaultErrnoRet'] = 2"
	run rt_run
	[ "$output" = "38 38 2 0 " ]
	config "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['getpid'], 'action': 'SCMP_ACT_ERRNO'}]}"
	run rt_run
	[ "$output" = "38 38 14 1 " ] || [ "$output" = "38 38 22 1 " ] || { echo "$output"; return 1; }
}

@test "seccomp: what cannot be is refused by name" {
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_NOTIFY'}" linux.seccomp.defaultAction
	refuse "c['linux']['seccomp'] = {}" linux.seccomp.defaultAction
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_X'}" linux.seccomp SCMP_ACT_X
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_KILL', 'defaultErrnoRet': 1}" linux.seccomp SCMP_ACT_KILL
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'listenerMetadata': 'x'}" linux.seccomp.listenerMetadata
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': 'x'}" linux.seccomp.listenerPath
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['X']}" linux.seccomp "'X'"
	refuse "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': ['X']}" linux.seccomp.architectures "'X'"
	rule() { echo "c['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [dict({'names': ['mkdir'], 'action': 'SCMP_ACT_ERRNO'}, **{$1})]}"; }
	refuse "$(rule "'action': 'SCMP_ACT_NOTIFY'")" linux.seccomp.listenerPath
	refuse "$(rule "'names': []")" "linux.seccomp.syscalls[0].names"
	refuse "$(rule "'action': 'SCMP_ACT_TRAP', 'errnoRet': 1")" linux.seccomp SCMP_ACT_TRAP
	refuse "$(rule "'errnoRet': 70000")" linux.seccomp 70000
	refuse "$(rule "'args': [{'index': 6, 'value': 0, 'op': 'SCMP_CMP_EQ'}]")" linux.seccomp "argument 6"
	refuse "$(rule "'args': [{'index': 0, 'value': 0, 'op': 'X'}]")" linux.seccomp "'X'"
	refuse "$(rule "'names': ['sendmsg'], 'action': 'SCMP_ACT_NOTIFY'"); c['linux']['seccomp']['listenerPath'] = '/x'" linux.seccomp sendmsg
}

@test "keyring: one of the container's own, which exec joins; none with --no-new-keyring" {
	grep -q . /proc/keys || skip_or_fail "a kernel without keys"
	config "c['linux']['maskedPaths'] = []"
	args sh -c "grep _ses.$ID: /proc/keys; exec sleep 100"
	rt_detached
	wait_for grep -q "_ses.$ID" "$T/out"
	key=$(awk '{print $1}' "$T/out")
	[ "$(rt exec "$ID" grep "_ses.$ID:" /proc/keys | awk '{print $1}')" = "$key" ]
	rt delete --force "$ID"
	args grep -c "_ses.none-$ID:" /proc/keys
	run rt run --no-new-keyring -b "$B" "none-$ID" 3>&-
	[ "$output" = 0 ]
}

# ---- mounts ----

# opts PATH: the mount's options, as the container's mountinfo has them, from the output of `cat /proc/self/mountinfo`.
opts() {
	awk -v p="$1" '$5 == p {print $6; exit}' <<<"$output"
}

# A tree with a mount below: $T/tree/sub.
host_tree() {
	mkdir -p "$T/tree"
	mount -t tmpfs tmpfs "$T/tree"
	mkdir "$T/tree/sub"
	mount -t tmpfs tmpfs "$T/tree/sub"
}

@test "mounts: each attribute, on the mount and with r- on all below it" {
	host_tree
	args cat /proc/self/mountinfo
	for o in ro nosuid nodev noexec noatime nodiratime nosymfollow; do
		config "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/m'] + [{'destination': '/m', 'type': 'bind', 'source': '$T/tree', 'options': ['rbind', '$o']}]"
		run rt_run
		[[ ",$(opts /m)," == *",$o,"* && ",$(opts /m/sub)," != *",$o,"* ]] || { echo "$o: $output"; umount -R "$T/tree"; return 1; }
		config "c['mounts'][-1]['options'] = ['rbind', 'r$o']"
		run rt_run
		[[ ",$(opts /m)," == *",$o,"* && ",$(opts /m/sub)," == *",$o,"* ]] || { echo "r$o: $output"; umount -R "$T/tree"; return 1; }
	done
	# The other way: what was set above or by the host's mount is taken away again, recursively.
	mount -o remount,bind,nosuid,noexec,noatime "$T/tree/sub"
	config "c['mounts'][-1]['options'] = ['rbind', 'rsuid', 'rexec', 'ratime', 'rdev', 'rrw', 'rdiratime', 'rsymfollow']"
	run rt_run
	[[ ",$(opts /m/sub)," == ",rw,relatime," ]] || { echo "$output"; umount -R "$T/tree"; return 1; }
	for o in relatime:relatime strictatime:rw noatime:noatime; do
		config "c['mounts'][-1]['options'] = ['rbind', 'r${o%:*}']"
		run rt_run
		[[ ",$(opts /m)," == *",${o#*:},"* ]] || { echo "r$o: $output"; umount -R "$T/tree"; return 1; }
	done
	umount -R "$T/tree"
}

@test "mounts: a new file system's own options, superblock flags, the last word wins, unknown ones are refused by name" {
	config "c['mounts'].append({'destination': '/m', 'type': 'tmpfs', 'source': 'src', 'options': ['size=64k', 'mode=1750', 'uid=7', 'ro', 'rw', 'sync', 'dirsync', 'lazytime', 'nosuid', 'suid', 'silent', 'defaults', 'noexec']})"
	args sh -c 'stat -c "%a %u" /m; grep " /m " /proc/self/mountinfo'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "${lines[0]}" = "1750 7" ]
	[[ "${lines[1]}" == *" / /m rw,noexec,relatime - tmpfs src rw,sync,dirsync,lazytime,size=64k,mode=1750,uid=7"* ]] || { echo "$output"; return 1; }
	refuse "c['mounts'][-1]['options'] = ['nonsense']" /m nonsense
	refuse "c['mounts'][-1].pop('type')" /m type
	refuse "c['mounts'].append({'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['nonsense']})" /sys/fs/cgroup nonsense
	refuse "c['mounts'].append({'destination': '/x', 'type': 'proc', 'source': 'x', 'options': ['tmpcopyup']})" tmpcopyup
}

@test "mounts: propagation words; remount" {
	host_tree
	mount --make-rshared "$T/tree"
	args cat /proc/self/mountinfo
	for o in shared:shared: slave:master: private: unbindable:unbindable rshared:shared: rslave:master: rprivate: runbindable:unbindable; do
		config "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/m'] + [{'destination': '/m', 'type': 'bind', 'source': '$T/tree', 'options': ['rbind', '${o%%:*}']}]"
		run rt_run
		[ "$status" -eq 0 ] || { echo "$o: $output"; umount -R "$T/tree"; return 1; }
		line=$(grep " /m " <<<"$output")
		sub=$(grep " /m/sub " <<<"$output" || true)
		want=${o#*:}
		if [ -n "$want" ]; then [[ "$line" == *"$want"* ]]; else [[ "$line" != *shared:* && "$line" != *master:* ]]; fi || { echo "$o: $output"; umount -R "$T/tree"; return 1; }
		case $o in
		rshared* | rslave* | runbindable*) [[ "$sub" == *"$want"* ]] ;;
		rprivate*) [[ "$sub" != *master:* ]] ;;
		shared*) [[ "$sub" != *shared:* ]] ;;
		esac || { echo "$o, below: $output"; umount -R "$T/tree"; return 1; }
	done
	umount -R "$T/tree"
	config "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/m'] + [{'destination': '/m', 'type': 'tmpfs'}, {'destination': '/m', 'options': ['remount', 'ro', 'noexec']}]"
	run rt_run
	[[ ",$(opts /m)," == *",ro,"*noexec* ]] || { echo "$output"; return 1; }
}

@test "mounts: ids mapped by the mount's own mapping, by the container's, recursively, in a user namespace too" {
	needs_user_namespaces
	host_tree
	chmod 755 "$T" "$B"
	chown -R 100000:100000 "$B/rootfs"
	touch "$T/tree/f" "$T/tree/sub/f"
	chown 5:6 "$T/tree/f" "$T/tree/sub/f"
	args stat -c %u:%g /m/f /m/sub/f
	config "c['mounts'].append({'destination': '/m', 'type': 'bind', 'source': '$T/tree', 'options': ['rbind', 'idmap'],
 'uidMappings': [{'containerID': 0, 'hostID': 1000, 'size': 10}], 'gidMappings': [{'containerID': 0, 'hostID': 2000, 'size': 10}]})"
	run rt_run
	[[ "$status" -eq 0 && "${lines[0]}" = 1005:2006 && "${lines[1]}" = 5:6 ]] || { echo "$output"; umount -R "$T/tree"; return 1; }
	config "c['mounts'][-1]['options'] = ['rbind', 'ridmap']"
	run rt_run
	[[ "$status" -eq 0 && "${lines[0]}" = 1005:2006 && "${lines[1]}" = 1005:2006 ]] || { echo "$output"; umount -R "$T/tree"; return 1; }
	# With the container's mapping the files are its own.
	config "
c['linux']['namespaces'].append({'type': 'user'})
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
del c['mounts'][-1]['uidMappings']; del c['mounts'][-1]['gidMappings']"
	run rt_run
	[[ "$status" -eq 0 && "${lines[0]}" = 5:6 && "${lines[1]}" = 5:6 ]] || { echo "$output"; umount -R "$T/tree"; return 1; }
	umount -R "$T/tree"
	refuse "c['linux']['namespaces'].pop(); c['linux'].pop('uidMappings'); c['linux'].pop('gidMappings'); c['mounts'][-1]['source'] = '$T'" /m mapping
}

@test "mounts: cgroup and cgroup2, with a cgroup namespace and without" {
	local ns
	args sh -c 'cat /proc/self/cgroup; echo --; cat /proc/self/mountinfo; echo --; ls /sys/fs/cgroup'
	for ns in cgroup none; do
		run rt_run
		[ "$status" -eq 0 ] || { echo "$output"; return 1; }
		if is_v2; then
			grep -q " / /sys/fs/cgroup .* - cgroup2 " <<<"$output" || [ $ns = none ]
			grep -q "^cgroup.procs" <<<"$output"
		else
			grep -q " /sys/fs/cgroup/memory .* - cgroup " <<<"$output"
			[ $ns = none ] || grep -q ":memory:/$" <<<"$output"
			[ $ns = cgroup ] || grep -q ":memory:/$CG$" <<<"$output"
		fi
		[[ "$output" != *release_agent* ]]
		config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'cgroup']"
	done
	if is_v2 || [ ! -e /sys/fs/cgroup/unified/cgroup.procs ]; then return 0; fi
	config "[m.update(type='cgroup2') for m in c['mounts'] if m['type'] == 'cgroup']"
	args cat /sys/fs/cgroup/cgroup.procs
	run rt_run
	[ "$output" = 1 ] || { echo "$output"; return 1; }
	config "c['linux']['namespaces'].append({'type': 'cgroup'})"
	run rt_run
	[ "$output" = 1 ] || { echo "$output"; return 1; }
}

@test "rootfsPropagation shared on a host whose mounts are shared takes nothing away there" {
	unshare -m true 2>/dev/null || skip "below a chroot no mounts can be kept apart"
	config "c['linux']['rootfsPropagation'] = 'shared'"
	args true
	mounts() { awk '{print $5}' /proc/self/mountinfo | sort; }
	export -f mounts
	export RUNTIME ROOT B ID
	run unshare --mount bash -c 'mount --make-rshared / && mounts >"$B/before" && "$RUNTIME" --root "$ROOT" run -b "$B" "$ID" </dev/null; status=$?; mounts >"$B/after"; exit $status' 3>&-
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	diff "$B/before" "$B/after"
}

# ---- scheduling, limits, sysctls ----

@test "scheduler: every policy with its parameters and flags; ioPriority: every class" {
	args sh -c 'awk "{print \$19, \$40, \$41}" /proc/self/stat'
	# With groups of real-time scheduling a group has no such time until it is given some.
	[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || config "c['linux']['resources'].update(cpu={'realtimeRuntime': 50000, 'realtimePeriod': 1000000})"
	for s in "'policy': 'SCHED_OTHER', 'nice': 7":"7 0 0" "'policy': 'SCHED_BATCH', 'nice': 3":"3 0 3" "'policy': 'SCHED_IDLE'":"0 0 5" \
		"'policy': 'SCHED_FIFO', 'priority': 5":"0 5 1" "'policy': 'SCHED_RR', 'priority': 9":"0 9 2"; do
		config "c['process']['scheduler'] = {${s%:*}}"
		run rt_run
		[[ "$status" -eq 0 && "$output" = "${s##*:}" ]] || { echo "$s: $output"; return 1; }
	done
	config "c['process']['scheduler'] = {'policy': 'SCHED_DEADLINE', 'runtime': 10000000, 'deadline': 20000000, 'period': 30000000, 'flags': ['SCHED_FLAG_DL_OVERRUN', 'SCHED_FLAG_RECLAIM', 'SCHED_FLAG_RESET_ON_FORK']}"
	args awk '{print $41}' /proc/self/stat
	run rt_run
	[[ "$output" = 6 || "$output" == *"process.scheduler: set policy SCHED_DEADLINE"* ]] || { echo "$output"; return 1; }
	config "del c['process']['scheduler']"
	command -v ionice >/dev/null || skip_or_fail "no ionice"
	args sleep 100
	for p in BE:3:"best-effort: prio 3" IDLE:0:idle RT:2:"realtime: prio 2"; do
		IFS=: read -r class prio want <<<"$p"
		config "c['process']['ioPriority'] = {'class': 'IOPRIO_CLASS_$class', 'priority': $prio}"
		rt_detached
		[ "$(ionice -p "$(pid_of)")" = "$want" ] || { ionice -p "$(pid_of)"; return 1; }
		rt delete --force "$ID"
	done
}

@test "sysctl: those of namespaces of the container's own; not where a namespace is the host's" {
	config "c['linux']['sysctl'] = {'net.ipv4.ip_forward': '1', 'net/ipv4/conf/lo/forwarding': '1', 'kernel.msgmax': '4096', 'fs.mqueue.msg_max': '11', 'kernel.domainname': 'dom'}; c['domainname'] = 'first'"
	args sh -c 'cd /proc/sys && cat net/ipv4/ip_forward kernel/msgmax fs/mqueue/msg_max kernel/domainname'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "${lines[*]}" = "1 4096 11 dom" ]
	for t in network:net.ipv4.ip_forward ipc:kernel.msgmax ipc:fs.mqueue.msg_max; do
		refuse "c['linux']['sysctl'] = {'${t#*:}': '1'}; [n.update(path='/proc/self/ns/' + '${t%:*}'.replace('network', 'net')) for n in c['linux']['namespaces'] if n['type'] == '${t%:*}']" linux.sysctl "${t#*:}"
		refuse "c['linux']['sysctl'] = {'${t#*:}': '1'}; c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != '${t%:*}']" linux.sysctl "${t#*:}"
	done
	refuse "c['linux']['sysctl'] = {'vm.swappiness': '1'}" linux.sysctl vm.swappiness
	refuse "c['linux']['sysctl'] = {'kernel.hostname': 'x'}" linux.sysctl kernel.hostname
	refuse "c['linux']['sysctl'] = {'net.ipv4.no_such': 'x'}" net.ipv4.no_such
}

@test "sysctl in a user namespace with the host's processes" {
	needs_user_namespaces
	chmod 711 "$T" "$B"
	chown -R 100000:100000 "$B/rootfs"
	config "
c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid'] + [{'type': 'user'}]
c['linux']['uidMappings'] = c['linux']['gidMappings'] = [{'containerID': 0, 'hostID': 100000, 'size': 65536}]
c['linux']['sysctl'] = {'net.ipv4.ip_forward': '1'}"
	args cat /proc/sys/net/ipv4/ip_forward
	run rt_run
	[[ "$status" -eq 0 && "$output" = 1 ]] || { echo "$output"; return 1; }
	refuse "c['linux']['sysctl'] = {'kernel.core_pattern': 'x'}" linux.sysctl kernel.core_pattern
}

@test "rlimits: every name; hostname and domainname" {
	config "
names = 'AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NOFILE NPROC RSS RTTIME SIGPENDING STACK'.split()
import resource
c['process']['rlimits'] = [{'type': 'RLIMIT_' + n, 'soft': 2**64 - 1, 'hard': 2**64 - 1} for n in names]
for r in c['process']['rlimits']:
    hard = resource.getrlimit(getattr(resource, r['type'], resource.RLIMIT_NOFILE))[1] if hasattr(resource, r['type']) else 0
    r['hard'] = r['soft'] = 2**64 - 1 if hard < 0 else hard
c['process']['rlimits'] += [{'type': 'RLIMIT_NICE', 'soft': 0, 'hard': 0}, {'type': 'RLIMIT_RTPRIO', 'soft': 0, 'hard': 0}]
c['domainname'] = 'dom.example'; c['hostname'] = 'h1'"
	args sh -c 'cat /proc/self/limits; hostname; cat /proc/sys/kernel/domainname'
	run rt_run
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "${lines[-2]}" = h1 ]
	[ "${lines[-1]}" = dom.example ]
	[ "$(awk '/Max realtime priority/{print $4 $5}' <<<"$output")" = 00 ]
}
