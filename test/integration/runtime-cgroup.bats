#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy-runtime and cgroups: every resource as files of v1 or v2, devices, places, ends; the systemd driver.

load runtime

setup() {
	bundle_setup
	args sleep 100
}
teardown() { bundle_teardown; }

not() { ! "$@"; } # "!" alone fails no test
resources() { config "c['linux']['resources'] = {$1}"; }

# The container's control files: v FILE (v2), v1 CONTROLLER FILE.
v() { cat "/sys/fs/cgroup/$CG/$1"; }
v1() { cat "/sys/fs/cgroup/$1/$CG/$2"; }

on_v1() { ! is_v2 || skip "this machine has cgroup v2"; }
on_v2() { is_v2 || skip "this machine has cgroup v1"; }
on_systemd() { [ -d /run/systemd/system ] || skip_or_fail "systemd is not running here"; }

# refused WORDS: run fails with them, and nothing is left.
refused() {
	args true
	run rt_run
	[ "$status" -eq 1 ] || { echo "status $status: $output"; return 1; }
	[[ "$output" == *"$1"* ]] || { echo "not \"$1\": $output"; return 1; }
	[ -z "$(rt list -q)" ]
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$CG*")" ]
}

# A whole disk, for block I/O.
disk() { lsblk -dno MAJ:MIN,TYPE 2>/dev/null | awk '$2 == "disk" { print $1; exit }'; }

# ---- v1 ----

@test "v1: memory, all of it" {
	on_v1
	resources "'memory': {'limit': 1 << 26, 'swap': 1 << 27, 'reservation': 1 << 25, 'swappiness': 10, 'useHierarchy': True,
		'kernelTCP': 1 << 24, 'disableOOMKiller': True}"
	rt_detached
	[ "$(v1 memory memory.limit_in_bytes)" = $((1 << 26)) ]
	[ "$(v1 memory memory.memsw.limit_in_bytes)" = $((1 << 27)) ]
	[ "$(v1 memory memory.soft_limit_in_bytes)" = $((1 << 25)) ]
	[ "$(v1 memory memory.swappiness)" = 10 ]
	[ "$(v1 memory memory.kmem.tcp.limit_in_bytes)" = $((1 << 24)) ]
	[[ "$(v1 memory memory.oom_control)" == "oom_kill_disable 1"* ]]
	# Growing and shrinking: memory stays below memory+swap at every step.
	rt update --memory $((1 << 28)) --memory-swap $((1 << 29)) "$ID"
	[ "$(v1 memory memory.limit_in_bytes) $(v1 memory memory.memsw.limit_in_bytes)" = "$((1 << 28)) $((1 << 29))" ]
	rt update --memory $((1 << 25)) --memory-swap $((1 << 25)) "$ID"
	[ "$(v1 memory memory.limit_in_bytes) $(v1 memory memory.memsw.limit_in_bytes)" = "$((1 << 25)) $((1 << 25))" ]
	rt update --memory -1 "$ID"
	[ "$(v1 memory memory.limit_in_bytes)" -gt $((1 << 50)) ]
	[ "$(v1 memory memory.memsw.limit_in_bytes)" -gt $((1 << 50)) ]
	# Below what is used: said, with the numbers. The kernel gives back what it can first.
	rt exec "$ID" sh -c 'dd if=/dev/zero of=/dev/shm/fill bs=1M count=32 2>/dev/null'
	run rt update --memory 1000000 --memory-swap 1000000 "$ID"
	[ "$status" -eq 1 ]
	[[ "$output" == *"unable to set memory limit to 1000000 (current usage: "*", peak usage: "* ]]
}

@test "v1: what cannot be is refused by name" {
	on_v1
	resources "'memory': {'limit': 1 << 26, 'swap': 1 << 25}"
	refused "memory+swap limit must be larger than memory limit"
	resources "'memory': {'kernel': 1 << 26}"
	refused "memory.kernel cannot be limited"
	resources "'memory': {'swappiness': 101}"
	refused "101"
	resources "'unified': {'memory.max': '5'}"
	refused "resources.unified needs cgroup v2"
	resources "'cpu': {'shares': 1}"
	refused "the minimum allowed cpu-shares is 2"
	resources "'cpu': {'shares': 300000}"
	refused "the maximum allowed cpu-shares is 262144"
	resources "'cpu': {'cpus': '4000'}"
	refused 'write "4000" to cpuset.cpus'
	resources "'hugepageLimits': [{'pageSize': '3MB', 'limit': 4096}]"
	refused "hugetlb"
	[ -e /sys/fs/cgroup/net_cls ] || { resources "'network': {'classID': 5}"; refused "net_cls"; }
	[ -e /sys/fs/cgroup/net_prio ] || {
		resources "'network': {'priorities': [{'name': 'lo', 'priority': 5}]}"
		refused "net_prio"
	}
	[ -e /sys/fs/cgroup/rdma ] || { resources "'rdma': {'mlx5_1': {'hcaHandles': 3}}"; refused "rdma"; }
}

@test "v1: cpu, cpuset, pids; period, quota and burst in whatever order they must" {
	on_v1
	resources "'cpu': {'shares': 512, 'quota': 50000, 'period': 100000, 'burst': 20000, 'cpus': '0', 'mems': '0'}, 'pids': {'limit': 33}"
	rt_detached
	[ "$(v1 cpu cpu.shares) $(v1 cpu cpu.cfs_quota_us) $(v1 cpu cpu.cfs_period_us)" = "512 50000 100000" ]
	[ "$(v1 cpu cpu.cfs_burst_us)" = 20000 ]
	[ "$(v1 cpuset cpuset.cpus) $(v1 cpuset cpuset.mems) $(v1 pids pids.max)" = "0 0 33" ]
	# A burst above the old quota and below the new; then both down again.
	rt update --cpu-quota 90000 --cpu-burst 80000 "$ID"
	[ "$(v1 cpu cpu.cfs_quota_us) $(v1 cpu cpu.cfs_burst_us)" = "90000 80000" ]
	rt update --cpu-quota 10000 --cpu-burst 5000 "$ID"
	[ "$(v1 cpu cpu.cfs_quota_us) $(v1 cpu cpu.cfs_burst_us)" = "10000 5000" ]
	rt update --cpu-quota 2000 --cpu-period 4000 --cpu-burst 0 "$ID"
	[ "$(v1 cpu cpu.cfs_quota_us) $(v1 cpu cpu.cfs_period_us) $(v1 cpu cpu.cfs_burst_us)" = "2000 4000 0" ]
	rt update --cpu-quota -1 --pids-limit -1 "$ID"
	[ "$(v1 cpu cpu.cfs_quota_us) $(v1 pids pids.max)" = "-1 max" ]
	rt update --cpu-idle 1 "$ID"
	[ "$(v1 cpu cpu.idle)" = 1 ]
}

@test "v1: a period below its parent's share is set after the quota that makes it fit" {
	on_v1
	mkdir "/sys/fs/cgroup/cpu/$CG"
	echo 100000 >"/sys/fs/cgroup/cpu/$CG/cpu.cfs_period_us"
	echo 50000 >"/sys/fs/cgroup/cpu/$CG/cpu.cfs_quota_us"
	config "c['linux']['cgroupsPath'] = '/$CG/one'"
	resources "'cpu': {'quota': 50000, 'period': 100000}"
	rt_detached
	rt update --cpu-quota 5000 --cpu-period 10000 "$ID"
	[ "$(cat "/sys/fs/cgroup/cpu/$CG/one/cpu.cfs_period_us")" = 10000 ]
	rt delete --force "$ID"
	for d in /sys/fs/cgroup/*/"$CG"; do rmdir "$d"; done
}

@test "v1: block I/O by device and by weight" {
	on_v1
	dev=$(disk)
	[ -n "$dev" ] || skip_or_fail "no disk"
	m="'major': ${dev%:*}, 'minor': ${dev#*:}"
	resources "'blockIO': {'throttleReadBpsDevice': [{$m, 'rate': 1048576}], 'throttleWriteBpsDevice': [{$m, 'rate': 2097152}],
		'throttleReadIOPSDevice': [{$m, 'rate': 100}], 'throttleWriteIOPSDevice': [{$m, 'rate': 200}]}"
	rt_detached
	[ "$(v1 blkio blkio.throttle.read_bps_device)" = "$dev 1048576" ]
	[ "$(v1 blkio blkio.throttle.write_bps_device)" = "$dev 2097152" ]
	[ "$(v1 blkio blkio.throttle.read_iops_device)" = "$dev 100" ]
	[ "$(v1 blkio blkio.throttle.write_iops_device)" = "$dev 200" ]
	if [ -e "/sys/fs/cgroup/blkio/$CG/blkio.bfq.weight" ]; then
		rt update --blkio-weight 300 "$ID"
		[ "$(v1 blkio blkio.bfq.weight)" = 300 ]
	else
		run rt update --blkio-weight 300 "$ID"
		[[ "$status" -eq 1 && "$output" == *"blkio.bfq.weight"* ]]
	fi
	rt delete --force "$ID"
	resources "'blockIO': {'leafWeight': 300}"
	[ -e /sys/fs/cgroup/blkio/blkio.leaf_weight ] || refused "blkio.leaf_weight"
}

@test "v1: network class and priorities, huge pages" {
	on_v1
	[ -e /sys/fs/cgroup/net_cls ] && [ -e /sys/fs/cgroup/net_prio ] || skip "no net_cls or net_prio mounted here"
	resources "'network': {'classID': 1048577, 'priorities': [{'name': 'lo', 'priority': 5}]}"
	rt_detached
	[ "$(v1 net_cls net_cls.classid)" = 1048577 ]
	v1 net_prio net_prio.ifpriomap | grep -q "^lo 5"
}

@test "v1: the files of the device cgroup are those of the config and what every container needs" {
	on_v1
	resources "'devices': [{'allow': False, 'access': 'rwm'}, {'allow': True, 'type': 'c', 'major': 10, 'minor': 229, 'access': 'rw'}]"
	rt_detached
	v1 devices devices.list | grep -qx "c 10:229 rw"
	v1 devices devices.list | grep -qx "c 1:3 rwm"
	not grep -q "^a" "/sys/fs/cgroup/devices/$CG/devices.list"
}

# ---- v2 ----

@test "v2: memory and swap, as all runtimes convert them" {
	on_v2
	resources "'memory': {'limit': 1 << 26, 'swap': 1 << 27, 'reservation': 1 << 25, 'useHierarchy': True}"
	rt_detached
	[ "$(v memory.max) $(v memory.low)" = "$((1 << 26)) $((1 << 25))" ]
	[ ! -e "/sys/fs/cgroup/$CG/memory.swap.max" ] || [ "$(v memory.swap.max)" = $((1 << 26)) ]
	rt update --memory-swap $((3 << 26)) "$ID" # beyond the limit that holds
	[ ! -e "/sys/fs/cgroup/$CG/memory.swap.max" ] || [ "$(v memory.swap.max)" = $((2 << 26)) ]
	rt update --memory $((1 << 25)) --memory-swap $((1 << 25)) "$ID"
	[ "$(v memory.max)" = $((1 << 25)) ]
	[ ! -e "/sys/fs/cgroup/$CG/memory.swap.max" ] || [ "$(v memory.swap.max)" = 0 ]
	rt update --memory -1 "$ID"
	[ "$(v memory.max)" = max ]
	[ ! -e "/sys/fs/cgroup/$CG/memory.swap.max" ] || [ "$(v memory.swap.max)" = max ]
	run rt update -r - "$ID" <<<'{"memory": {"limit": 4096, "checkBeforeUpdate": true}}'
	[ "$status" -eq 1 ]
	[[ "$output" == *"unable to set memory limit to 4096 (current usage: "* ]]
	[ "$(v memory.max)" = max ]
}

@test "v2: cpu weight by the curve through 2, 1024 and 262144; quota, period, burst, idle; cpuset, pids" {
	on_v2
	resources "'cpu': {'shares': 1024, 'quota': 50000, 'period': 100000, 'burst': 20000, 'cpus': '0', 'mems': '0'}, 'pids': {'limit': 33}"
	rt_detached
	[ "$(v cpu.weight) $(v cpu.max) $(v cpu.max.burst) $(v pids.max)" = "100 50000 100000 20000 33" ]
	[ "$(v cpuset.cpus) $(v cpuset.mems)" = "0 0" ]
	for pair in 2:1 3:2 512:59 2048:174 262144:10000; do
		rt update --cpu-share "${pair%:*}" "$ID"
		[ "$(v cpu.weight)" = "${pair#*:}" ] || { echo "$pair: $(v cpu.weight)"; false; }
	done
	rt update --cpu-quota 90000 --cpu-burst 80000 "$ID"
	[ "$(v cpu.max) $(v cpu.max.burst)" = "90000 100000 80000" ]
	rt update --cpu-quota 10000 --cpu-burst 5000 "$ID"
	[ "$(v cpu.max) $(v cpu.max.burst)" = "10000 100000 5000" ]
	rt update --cpu-period 50000 "$ID" # the quota stays
	[ "$(v cpu.max)" = "10000 50000" ]
	rt update --cpu-quota -1 "$ID"
	[ "$(v cpu.max)" = "max 50000" ]
	rt update --cpu-idle 1 "$ID"
	[ "$(v cpu.idle)" = 1 ]
	rt update --cpu-idle 0 --cpu-share 1024 "$ID"
	[ "$(v cpu.idle) $(v cpu.weight)" = "0 100" ]
}

@test "v2: block I/O, huge pages, unified, several lines a file" {
	on_v2
	dev=$(disk)
	[ -n "$dev" ] || skip_or_fail "no disk"
	m="'major': ${dev%:*}, 'minor': ${dev#*:}"
	resources "'blockIO': {'weight': 505, 'throttleReadBpsDevice': [{$m, 'rate': 1048576}], 'throttleWriteIOPSDevice': [{$m, 'rate': 200}]},
		'unified': {'memory.high': '100000000', 'io.max': '$dev wbps=3000000\n$dev riops=70'}"
	rt_detached
	[ "$(v io.max)" = "$dev rbps=1048576 wbps=3000000 riops=70 wiops=200" ]
	[[ "$(v io.weight)" == "default 5000"* || "$(v io.bfq.weight)" == "default 505"* ]]
	[ "$(v memory.high)" = 99999744 ]
	if [ -e /sys/fs/cgroup/hugetlb.2MB.events ] || grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers; then
		rt update -r - "$ID" <<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
		[ "$(v hugetlb.2MB.max) $(v hugetlb.2MB.rsvd.max)" = "4194304 4194304" ]
	fi
}

@test "v2: what it has not is refused by name" {
	on_v2
	resources "'memory': {'kernel': 1 << 26}"
	refused "kernel memory has no limit on cgroup v2"
	resources "'memory': {'swappiness': 60}"
	refused "swappiness cannot be set on cgroup v2"
	resources "'memory': {'disableOOMKiller': True}"
	refused "the OOM killer cannot be disabled on cgroup v2"
	resources "'memory': {'useHierarchy': False}"
	refused "always accounts memory hierarchically"
	resources "'memory': {'limit': 1 << 26, 'swap': 1 << 25}"
	refused "memory+swap limit must be larger than memory limit"
	resources "'memory': {'swap': 1 << 26}"
	refused "a limit of swap needs a limit of memory"
	resources "'cpu': {'realtimeRuntime': 5000}"
	refused "realtime CPU time cannot be given on cgroup v2"
	resources "'blockIO': {'leafWeight': 300}"
	refused "blockIO.leafWeight is of cgroup v1"
	resources "'network': {'classID': 5}"
	refused "resources.network is of cgroup v1"
	resources "'unified': {'nothing.max': '5'}"
	refused "the controller nothing is not available"
	resources "'unified': {'memory.nothing': '5'}"
	refused "this kernel has no memory.nothing"
	resources "'unified': {'../memory.max': '5'}"
	refused "must be a file name"
	resources "'unified': {'cgroup.freeze': '1'}"
	refused "must be a file name"
}

@test "v2: a parent with processes of its own gives no controllers: the sentence says so" {
	on_v2
	mkdir "/sys/fs/cgroup/$CG"
	sleep 100 3>&- &
	holder=$!
	echo $holder >"/sys/fs/cgroup/$CG/cgroup.procs"
	config "c['linux']['cgroupsPath'] = '/$CG/one'"
	resources "'memory': {'limit': 1 << 26}"
	run rt_run
	[ "$status" -eq 1 ]
	[[ "$output" == *"cannot set memory.max: cgroup /$CG has processes of its own, so that its children cannot have the controller memory"* ]]
	[ ! -e "/sys/fs/cgroup/$CG/one" ]
	resources "" # nothing that needs one
	rt_detached
	rt delete --force "$ID"
	kill -0 $holder
	kill $holder
	wait $holder || true
	rmdir "/sys/fs/cgroup/$CG"
}

@test "v2: a threaded parent is refused in words" {
	on_v2
	mkdir -p "/sys/fs/cgroup/$CG/threads"
	echo threaded >"/sys/fs/cgroup/$CG/threads/cgroup.type"
	config "c['linux']['cgroupsPath'] = '/$CG/one'"
	resources ""
	run rt_run
	[ "$status" -eq 1 ]
	[[ "$output" == *"cgroup '/$CG/one' is domain invalid: its parent is threaded"* ]]
	[ ! -e "/sys/fs/cgroup/$CG/one" ]
	rmdir "/sys/fs/cgroup/$CG/threads" "/sys/fs/cgroup/$CG"
}

@test "v2: controllers come down a path that is there already, and the process is born in its group" {
	on_v2
	mkdir -p "/sys/fs/cgroup/$CG/a/b"
	config "c['linux']['cgroupsPath'] = '/$CG/a/b/one'"
	resources "'memory': {'limit': 1 << 26}, 'cpu': {'cpus': '0'}"
	rt_detached
	[ "$(cat "/sys/fs/cgroup/$CG/a/b/one/memory.max")" = $((1 << 26)) ]
	rt delete --force "$ID"
	rmdir "/sys/fs/cgroup/$CG/a/b" "/sys/fs/cgroup/$CG/a" "/sys/fs/cgroup/$CG"
}

# ---- devices, either version ----

# may DEVICE: whether the container can read a node of it that is there.
may() { rt exec "$ID" sh -c "head -c 1 /dev/$1 >/dev/null 2>&1"; }

# A node of a disk, beside those of what everybody may; in the container's /dev, for /tmp may be nodev.
device_nodes() {
	dev=$(disk)
	[ -n "$dev" ] || skip_or_fail "no disk"
	config "c['linux']['devices'] = [{'path': '/dev/disk', 'type': 'b', 'major': ${dev%:*}, 'minor': ${dev#*:}}]"
	DISK="\"type\": \"b\", \"major\": ${dev%:*}, \"minor\": ${dev#*:}"
}

@test "devices: only what is allowed opens; an update replaces the rules, others' updates keep them" {
	device_nodes
	resources "'devices': [{'allow': False, 'access': 'rwm'}, {'allow': True, $DISK, 'access': 'r'}]"
	rt_detached
	may zero
	may disk
	not rt exec "$ID" sh -c ': >>/dev/disk' 2>/dev/null # reading alone was allowed
	rt update --pids-limit 50 "$ID"
	may disk
	rt update -r - "$ID" <<<'{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 229}]}'
	may zero
	not may disk
	rt update -r - "$ID" <<<'{"devices": [{"allow": true, "access": "rwm"}]}'
	may disk
	rt update -r - "$ID" <<<'{"devices": [{"allow": false, "access": "rwm"}]}'
	not may disk
	may zero
}

@test "devices: everything but one" {
	device_nodes
	resources "'devices': [{'allow': True, 'access': 'rwm'}, {'allow': False, $DISK, 'access': 'rw'}]"
	rt_detached
	may zero
	not may disk
}

# ---- places ----

@test "a path in all its forms" {
	for path in "/$CG/a" "$CG/a" "//$CG//a/"; do
		config "c['linux']['cgroupsPath'] = '$path'"
		rt_detached
		grep -q ":/$CG/a$" "/proc/$(pid_of)/cgroup"
		rt delete --force "$ID"
	done
	config "c['linux']['cgroupsPath'] = '/$CG/../x'"
	run rt_run
	[ "$status" -eq 1 ]
	for d in /sys/fs/cgroup/"$CG" /sys/fs/cgroup/*/"$CG"; do [ ! -d "$d" ] || rmdir "$d"; done
}

@test "a group that is in use is refused, and its processes live on" {
	rt_detached
	other=$(pid_of)
	run rt run -b "$B" "$ID-2" 3>&-
	[ "$status" -eq 1 ]
	[[ "$output" == *"container's cgroup is not empty: '/$CG' has processes"* ]]
	run rt state "$ID-2"
	[ "$status" -eq 1 ]
	rt delete --force "$ID-2"
	[ "$(state_of)" = running ]
	kill -0 "$other"
}

@test "an own cgroup namespace shows the container's group as the root; a container within it too" {
	args cat /proc/self/cgroup
	run rt_run
	[ "$status" -eq 0 ]
	not grep -v ':/$' <<<"$output"
	config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'cgroup']"
	run rt_run
	[[ "$output" == *":/$CG"* ]]
}

# ---- ends ----

@test "delete --force takes groups that the container made, a fork bomb, and frozen ones" {
	args sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; while :; do sleep 0.01 & sleep 0.01; done'
	resources "'pids': {'limit': 64}"
	config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']"
	rt_detached
	for d in /sys/fs/cgroup/"$CG" /sys/fs/cgroup/*/"$CG"; do [ ! -d "$d" ] || mkdir -p "$d/sub/sub"; done
	rt delete --force "$ID"
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$CG")" ]
	args sleep 100
	rt_detached
	rt pause "$ID"
	[ "$(state_of)" = paused ]
	rt delete --force "$ID"
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$CG")" ]
}

@test "v1 alone, without a v2 hierarchy beside it: frozen, signalled, waited for, removed" {
	on_v1
	[ -d /sys/fs/cgroup/unified ] || skip "there is none beside it here"
	unshare -m true 2>/dev/null || skip "below a chroot no mounts can be kept apart"
	alone() { unshare --mount sh -c 'umount /sys/fs/cgroup/unified && exec "$@"' sh "$RUNTIME" --root "$ROOT" "$@"; }
	args sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; while :; do sleep 0.01 & sleep 0.01; done'
	resources "'pids': {'limit': 64}"
	config "c['linux']['namespaces'] = [n for n in c['linux']['namespaces'] if n['type'] != 'pid']"
	alone run -d -b "$B" "$ID" >"$T/out" 2>&1 </dev/null 3>&-
	not grep -q "^0::/$CG" "/proc/$(pid_of)/cgroup"
	for d in /sys/fs/cgroup/*/"$CG"; do mkdir -p "$d/sub/sub"; done
	alone exec "$ID" true
	alone pause "$ID"
	[ "$(alone state "$ID" | jq -r .status)" = paused ]
	alone delete --force "$ID"
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "$CG")" ]
}

# killed OPTION...: kill -9 the runtime a little later each time; delete --force leaves nothing.
killed() {
	local i
	for i in $(seq 1 30); do
		timeout -s KILL "0.0$(printf %02d $((i * 2)))" "$RUNTIME" --root "$ROOT" "$@" run -d -b "$B" "$ID" >"$T/out" 2>&1 </dev/null 3>&- || true
		"$RUNTIME" --root "$ROOT" delete --force "$ID"
		[ ! -e "$ROOT/$ID" ]
		wait_for no_groups || { find /sys/fs/cgroup -name "*$CG*"; return 1; }
	done
}
no_groups() { [ -z "$(find /sys/fs/cgroup -type d -name "*$CG*")" ]; }

@test "kill -9 of the runtime at any moment: delete --force leaves nothing" {
	resources "'memory': {'limit': 1 << 26}, 'pids': {'limit': 20}"
	killed
}

# ---- systemd ----

scope() { systemctl show -P "$1" "hoy-$CG.scope"; }

systemd_detached() {
	rt --systemd-cgroup run -d -b "$B" "$ID" >"$T/out" 2>&1 </dev/null 3>&- || { cat "$T/out"; return 1; }
}

@test "systemd: a scope in its slice, with the limits as properties and as files" {
	on_systemd
	config "c['linux']['cgroupsPath'] = 'hoytest-a.slice:hoy:$CG'"
	resources "'memory': {'limit': 1 << 26, 'reservation': 1 << 25, 'swap': 1 << 26}, 'pids': {'limit': 33},
		'cpu': {'shares': 512, 'quota': 52500, 'period': 100000, 'cpus': '0'}"
	systemd_detached
	[ "$(scope ActiveState) $(scope Slice) $(scope Delegate)" = "active hoytest-a.slice yes" ]
	grep -q ":/hoytest.slice/hoytest-a.slice/hoy-$CG.scope$" "/proc/$(pid_of)/cgroup"
	[ "$(scope TasksMax) $(scope DevicePolicy)" = "33 strict" ]
	[ "$(scope CPUQuotaPerSecUSec)" = 530ms ] # whole percents, upwards
	if is_v2; then
		d=/sys/fs/cgroup/hoytest.slice/hoytest-a.slice/hoy-$CG.scope
		[ "$(scope MemoryMax) $(scope MemoryLow) $(scope MemorySwapMax)" = "$((1 << 26)) $((1 << 25)) 0" ]
		[ "$(scope CPUWeight) $(scope AllowedCPUs)" = "59 0" ]
		[ "$(cat $d/memory.max) $(cat $d/pids.max) $(cat $d/cpu.max)" = "$((1 << 26)) 33 52500 100000" ]
		[ "$(cat $d/cpuset.cpus) $(cat $d/cpu.weight)" = "0 59" ]
	else
		d=hoytest.slice/hoytest-a.slice/hoy-$CG.scope
		[ "$(scope MemoryLimit) $(scope CPUShares)" = "$((1 << 26)) 512" ]
		[ "$(cat "/sys/fs/cgroup/memory/$d/memory.limit_in_bytes")" = $((1 << 26)) ]
		[ "$(cat "/sys/fs/cgroup/pids/$d/pids.max")" = 33 ]
		[ "$(cat "/sys/fs/cgroup/cpuset/$d/cpuset.cpus")" = 0 ]
	fi
	rt delete --force "$ID"
	[ "$(scope LoadState)" = not-found ]
	[ -z "$(find /sys/fs/cgroup -name "*$CG*")" ]
}

@test "systemd: an update and its reload of everything keep the limits, and the devices work" {
	on_systemd
	config "c['linux']['cgroupsPath'] = ':hoy:$CG'"
	resources "'memory': {'limit': 1 << 26}, 'pids': {'limit': 33}, 'devices': [{'allow': False, 'access': 'rwm'}]"
	device_nodes
	systemd_detached
	grep -q ":/system.slice/hoy-$CG.scope$" "/proc/$(pid_of)/cgroup"
	rt update --memory $((1 << 27)) --pids-limit 20 "$ID"
	systemctl daemon-reload
	systemctl set-property --runtime "hoy-$CG.scope" "CPUWeight=50"
	if is_v2; then
		[ "$(scope MemoryMax) $(cat "/sys/fs/cgroup/system.slice/hoy-$CG.scope/memory.max")" = "$((1 << 27)) $((1 << 27))" ]
		[ "$(cat "/sys/fs/cgroup/system.slice/hoy-$CG.scope/pids.max")" = 20 ]
	else
		[ "$(scope MemoryLimit) $(cat "/sys/fs/cgroup/memory/system.slice/hoy-$CG.scope/memory.limit_in_bytes")" = "$((1 << 27)) $((1 << 27))" ]
	fi
	may zero
	not may disk
	rt update -r - "$ID" <<<"{\"devices\": [{\"allow\": false, \"access\": \"rwm\"}, {\"allow\": true, $DISK, \"access\": \"r\"}]}"
	may disk
	rt pause "$ID"
	[ "$(state_of)" = paused ]
	rt resume "$ID"
	rt kill "$ID" KILL
	wait_for stopped "$ID"
	rt delete "$ID"
	[ "$(scope LoadState)" = not-found ]
}

@test "systemd: by the bus alone, without its own socket" {
	on_systemd
	[ -S /run/dbus/system_bus_socket ] || skip_or_fail "no system bus"
	config "c['linux']['cgroupsPath'] = ':hoy:$CG'"
	unshare --mount sh -c "mount --bind /dev/null /run/systemd/private && exec $RUNTIME --root $ROOT --systemd-cgroup run -d -b $B $ID" \
		>"$T/out" 2>&1 </dev/null 3>&- || { cat "$T/out"; false; }
	[ "$(scope ActiveState)" = active ]
	unshare --mount sh -c "mount --bind /dev/null /run/systemd/private && exec $RUNTIME --root $ROOT delete --force $ID"
	[ "$(scope LoadState)" = not-found ]
}

@test "systemd: annotations are properties, wrong ones are refused" {
	on_systemd
	config "c['linux']['cgroupsPath'] = ':hoy:$CG'; c['annotations'] = {'org.systemd.property.TimeoutStopSec': '17',
		'org.systemd.property.CollectMode': \"'inactive-or-failed'\", 'org.systemd.property.After': \"['basic.target']\"}"
	systemd_detached
	[ "$(scope TimeoutStopUSec)" = 17s ]
	[[ "$(scope After)" == *basic.target* ]]
	rt delete --force "$ID"
	config "c['annotations'] = {'org.systemd.property.Nonsense': 'true'}"
	run rt --systemd-cgroup run -b "$B" "$ID" 3>&-
	[ "$status" -eq 1 ]
	[[ "$output" == *"systemd did not start unit hoy-$CG.scope: "*Nonsense* ]]
	config "c['annotations'] = {'org.systemd.property.TimeoutStopSec': 'soon'}"
	run rt --systemd-cgroup run -b "$B" "$ID" 3>&-
	[[ "$status" -eq 1 && "$output" == *"'soon' is no value of a property"* ]]
	[ -z "$(rt list -q)" ]
	[ "$(scope LoadState)" = not-found ]
}

@test "systemd: paths that are none are refused" {
	on_systemd
	for path in "/$CG" "a.slice:b" "a/b.slice:hoy:$CG" "nothing:hoy:$CG" "a--b.slice:hoy:$CG" ":hoy:" ":hoy:x.slice"; do
		config "c['linux']['cgroupsPath'] = '$path'"
		run rt --systemd-cgroup run -b "$B" "$ID" 3>&-
		[ "$status" -eq 1 ] || { echo "$path: $output"; false; }
		[ -z "$(rt list -q)" ]
	done
}

@test "systemd: kill -9 of the runtime at any moment: delete --force leaves nothing" {
	on_systemd
	config "c['linux']['cgroupsPath'] = ':hoy:$CG'"
	killed --systemd-cgroup
	[ "$(scope LoadState)" = not-found ]
}

@test "--systemd-cgroup without systemd is refused in words" {
	[ ! -d /run/systemd/system ] || skip "systemd is running here"
	run rt --systemd-cgroup run -b "$B" "$ID" 3>&-
	[ "$status" -eq 1 ]
	[[ "$output" == *"systemd is not running here: --systemd-cgroup cannot be used"* ]]
	[ -z "$(rt list -q)" ]
}
