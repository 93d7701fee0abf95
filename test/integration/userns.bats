#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# User namespaces of containers: root inside is nobody outside. The engine runs in a mount namespace of its own, where
# /etc/subuid and /etc/subgid are files of the test.

load lib

# The subordinate ids: UIDS and GIDS are the texts of the two files.
subids() {
	printf '%s\n' "$1" >"$T/subuid"
	printf '%s\n' "${2:-$1}" >"$T/subgid"
}

remapped_daemon() {
	[ -e /etc/subuid ] || touch /etc/subuid
	[ -e /etc/subgid ] || touch /etc/subgid
	# shellcheck disable=SC2016
	unshare -m --propagation slave sh -c 'mount --bind "$T/subuid" /etc/subuid && mount --bind "$T/subgid" /etc/subgid &&
		exec hoyd --config-file "$HOY_CONFIG" "$@"' sh "$@" >"$T/hoyd.log" 2>&1 3>&- &
	echo $! >"$T/hoyd.pid"
	export DOCKER_HOST=unix://$T/hoy.sock
	wait_for test -S "$T/hoy.sock"
}

# Each test is a process of its own: the pid is kept in a file.
remapped_stop() {
	kill "$(cat "$T/hoyd.pid")"
	wait_for sh -c '! kill -0 "$(cat "$T/hoyd.pid")"'
	unset DOCKER_HOST
}

setup() { needs_own_mounts; }

setup_file() {
	unshare -m true 2>/dev/null || return 0
	engine_setup userns
	subids hoy:1000000:262144 hoy:3000000:262144
	remapped_daemon
	import_busybox
}

teardown_file() {
	unshare -m true 2>/dev/null || return 0
	remapped_stop
	engine_teardown
}

teardown() {
	[ -z "${output:-}" ] || echo "last output: $output"
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	subids hoy:1000000:262144 hoy:3000000:262144
}

auto() { hoy run --rm --userns=auto "$@"; }
held() { sqlite3 "$T/data/hoy.db" 'SELECT count(*) FROM id_maps'; }
# The id outside of root inside, from the kernel.
outside() { awk '{print $2; exit}' "/proc/$(pid_of "$1")/$2_map"; }

@test "root inside is an unprivileged uid outside, in a namespace of its own" {
	hoy run -d --name aa --userns=auto busybox sleep 1000
	local pid
	pid=$(pid_of aa)
	[ "$(tr -s ' ' <"/proc/$pid/uid_map")" = " 0 1000000 65536" ]
	[ "$(tr -s ' ' <"/proc/$pid/gid_map")" = " 0 3000000 65536" ]
	grep -q "^Uid:	1000000	1000000	1000000	1000000" "/proc/$pid/status"
	grep -q "^Gid:	3000000	3000000	3000000	3000000" "/proc/$pid/status"
	[ "$(readlink "/proc/$pid/ns/user")" != "$(readlink /proc/self/ns/user)" ]
	lsns -p "$pid" -no TYPE | grep -qx user
	[ "$(hoy exec aa id -u)" = 0 ]
	# its capabilities are over its own namespaces only
	grep -q "^CapEff:	00000000a80425fb" "/proc/$pid/status"
	run_status 1 hoy exec aa mount -t tmpfs x /tmp
}

@test "the network namespace belongs to it: ping, low ports, sysfs and sysctls are the container's own" {
	run auto busybox sh -c "ping -c1 -w2 $GATEWAY >/dev/null && ls /sys/class/net && cat /proc/sys/net/ipv4/ping_group_range"
	[ "$status" -eq 0 ]
	[ "${lines[*]}" = "$(printf 'eth0 lo 0\t65535')" ]
	hoy run -d --name aa --userns=auto -u 33 --sysctl net.ipv4.ip_forward=0 -p 127.0.0.1:18081:80 busybox httpd -f -p 80 -h /etc
	wait_for busybox wget -qO- http://127.0.0.1:18081/hostname
	busybox wget -qO- http://127.0.0.1:18081/hosts | grep -q localhost
}

@test "layers are not chowned, files written come out shifted" {
	hoy run -d --name aa --userns=auto busybox sh -c 'touch /etc/new; chown 33:33 /etc/passwd; sleep 1000'
	local upper layer
	upper=$T/data/containers/$(hoy inspect -f '{{.Id}}' aa)/upper
	layer=$(layer_trees)
	wait_for test -e "$upper/etc/passwd"
	[ "$(stat -c %u:%g "$upper" "$upper/etc/new")" = $'1000000:3000000\n1000000:3000000' ]
	[ "$(stat -c %u:%g "/proc/$(pid_of aa)/root/bin/busybox")" = 1000000:3000000 ]
	[ "$(hoy exec aa stat -c %u:%g /etc/passwd /bin/busybox | paste -sd' ')" = "33:33 0:0" ]
	[ "$(stat -c %u:%g "$upper/etc/passwd")" = 1000033:3000033 ]
	[ -z "$(find "$layer" ! -uid 0)" ]
}

@test "containers with different ids, and with none, have a layer's mount in common" {
	local name pid
	compgen -G "$T/data/layers/*/index" >/dev/null || skip "the layers are directories"
	hoy run -d --name aa --userns=auto busybox sleep 1000
	hoy run -d --name ab --userns=auto busybox sleep 1000
	hoy run -d --name ac busybox sleep 1000
	hoy run -d --name ad --userns=auto --read-only busybox sleep 1000
	for name in aa ab ac ad; do
		pid=$(pgrep -f "hoy-monitor --id $(hoy inspect -f '{{.Id}}' $name)")
		awk '$0 ~ / - erofs / { print $3 }' "/proc/$pid/mountinfo"
		[ "$(hoy exec $name stat -c %u /bin/busybox)" = 0 ]
	done | sort -u >"$T/superblocks"
	[ "$(wc -l <"$T/superblocks")" = 1 ]
	hoy rm -f ab ac ad
}

@test "bind mounts are not shifted, whoever may look at their sources" {
	mkdir -p "$T/closed/open" "$T/closed/mine"
	chmod 700 "$T/closed"
	chmod 777 "$T/closed/open"
	echo private >"$T/closed/mine/file"
	chmod 600 "$T/closed/mine/file"
	auto -v "$T/closed/open:/o" -v "$T/closed/mine:/m:ro" --tmpfs /t busybox sh -c \
		'touch /o/file /t/file && test "$(stat -c %u /t/file)" = 0 && ! cat /m/file && ! touch /m/x'
	[ "$(stat -c %u:%g "$T/closed/open/file")" = 1000000:3000000 ]
}

@test "standard streams can be opened again, the terminal is its own" {
	[ "$(auto busybox sh -c 'echo out >/dev/stdout; echo err >/dev/stderr' 2>&1)" = $'out\nerr' ]
	hoy run -d --name aa --userns=auto busybox sleep 1000
	[ "$(hoy exec -u 33 aa sh -c 'echo more >/dev/stdout')" = more ]
	[ "$(hoy exec -t aa stat -c %U:%a /dev/pts/0 | tr -d '\r')" = root:620 ]
}

@test "ranges do not overlap, and come back with the container" {
	local name
	[ "$(held)" -eq 0 ]
	for name in aa bb; do hoy run -d --name $name --userns=auto busybox sleep 1000; done
	hoy create --name cc --userns=auto:size=1000 busybox
	hoy start cc
	[ "$(outside aa uid) $(outside bb uid) " = "1000000 1065536 " ]
	[ "$(sqlite3 "$T/data/hoy.db" "SELECT outside, size FROM id_maps WHERE size = 1000" | paste -sd' ')" = "1131072|1000 3131072|1000" ]
	run_status 125 hoy run --rm --userns=auto:size=131073 busybox true
	[[ $output = *"no 131073 subordinate ids in a row are free"* ]]
	hoy rm -f aa
	hoy run -d --name aa --userns=auto:size=65000 busybox sleep 1000
	[ "$(outside aa uid)" = 1000000 ]
	hoy rm -f aa bb cc
	[ "$(held)" -eq 0 ]
}

@test "twelve at once get twelve ranges" {
	local i
	for i in $(seq 12); do hoy run -d --userns=auto:size=20000 busybox sleep 1000 >/dev/null & done
	wait
	[ "$(hoy ps -q | wc -l)" -eq 12 ]
	[ "$(hoy ps -q | while read -r i; do outside "$i" uid; done | sort -u | wc -l)" -eq 12 ]
	[ "$(sqlite3 "$T/data/hoy.db" 'SELECT count(*) FROM id_maps a JOIN id_maps b ON a.of_groups = b.of_groups AND
		a.container_id < b.container_id AND a.outside < b.outside + b.size AND b.outside < a.outside + a.size')" -eq 0 ]
}

@test "the ids stay over stop, start, restart policy and SIGKILL of all parts" {
	hoy run -d --name aa --userns=auto --restart=always busybox sh -c 'echo x >>/root/runs; sleep 1000'
	local pid
	pid=$(pid_of aa)
	kill_ours KILL "$pid"
	wait_for sh -c "hoy exec aa grep -c x /root/runs | grep -qx 2"
	[ "$(outside aa uid)" = 1000000 ]
	hoy restart -t0 aa
	[ "$(outside aa uid)" = 1000000 ]
	wait_for sh -c "hoy exec aa grep -c x /root/runs | grep -qx 3"
	kill_ours KILL "$(pgrep -f "hoy-monitor --id $(hoy inspect -f '{{.Id}}' aa)")"
	wait_for sh -c "hoy inspect -f '{{.State.Status}}' aa | grep -qx exited"
	[ "$(held)" -eq 2 ]
	hoy start aa
	[ "$(outside aa uid)" = 1000000 ]
	hoy rm -f aa
	wait_for containers_gone || { cat "$T/left"; false; }
	[ "$(held)" -eq 0 ]
}

@test "namespaces are shared together with the user namespace" {
	hoy run -d --name aa --userns=auto busybox httpd -f -p 80
	hoy run -d --name bb --userns=auto busybox sleep 1000
	[ "$(auto --network=container:aa busybox readlink /proc/self/ns/user)" = "$(readlink "/proc/$(pid_of aa)/ns/user")" ]
	auto --network=container:aa busybox wget -qO- http://127.0.0.1/etc/hostname
	auto --pid=container:aa busybox ps | grep -q "httpd -f"
	run_status 125 auto --pid=container:aa --network=container:bb busybox true
	[[ $output = *"cannot join namespaces of container "*": it is in another user namespace"* ]]
	hoy run -d --name dd busybox sleep 1000
	run_status 125 auto --pid=container:dd busybox true
	[[ $output = *"cannot join a namespace of container dd from a user namespace: it has none itself"* ]]
	# the host's root may go anywhere
	hoy run --rm --network=container:aa busybox wget -qO- http://127.0.0.1/etc/hostname
}

@test "what does not go together is refused in Docker's words" {
	run_status 125 auto --network host busybox true
	[[ $output = *"cannot share the host's network namespace when user namespaces are enabled"* ]]
	run_status 125 auto --pid host busybox true
	[[ $output = *"cannot share the host PID namespace when user namespaces are enabled"* ]]
	run_status 125 auto --privileged busybox true
	[[ $output = *"privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode"* ]]
	run_status 125 hoy run --rm --userns=keep-id busybox true
	[[ $output = *"--userns: invalid USER mode"* ]]
	run_status 125 hoy run --rm --userns=auto:uidmapping=0:1:2 busybox true
	[[ $output = *"invalid USER mode"* ]]
	run_status 125 auto -u 70000 busybox true
	[[ $output = *"user 70000:0 or one of its groups is not among the ids of the container's user namespace"* ]]
	auto --ipc=host --uts=host --cgroupns=host busybox true
	subids other:1:2
	run_status 125 auto busybox true
	[[ $output = *"--userns=auto needs subordinate ids: add the line"* ]]
	subids containers:500000:65536
	[ "$(auto busybox awk '{print $2}' /proc/self/uid_map)" = 500000 ]
	[ "$(held)" -eq 0 ]
	[ -z "$(hoy ps -aq)" ]
}

@test "a small range, an init and a read-only root" {
	[ "$(hoy run --rm --userns=auto:size=3 --read-only --init --tmpfs /run busybox sh -c 'id -u; cat /proc/self/uid_map | tr -s " "')" = $'0\n 0 1000000 3' ]
}

@test "a root directory without an image" {
	cp -a "$(busybox_root)" "$T/rootfs"
	[ "$(hoy run --rm --userns=auto --rootfs "$T/rootfs" sh -c 'id -u; stat -c %u /bin/busybox; touch /made; cat /proc/self/uid_map | tr -s " "')" = \
		$'0\n0\n 0 1000000 65536' ]
	rm -rf "$T/rootfs"
}

@test "the host's files and processes are out of reach" {
	mkdir -p "$T/host"
	echo secret >"$T/host/secret"
	chmod 600 "$T/host/secret"
	run auto -v "$T/host:/host" --cap-add=ALL busybox sh -c 'cat /host/secret; chown 0 /host/secret; mknod /tmp/sda b 8 0; mount -o remount,rw,bind /host'
	[[ $output = *"can't open '/host/secret': Permission denied"* ]]
	[[ $output = *"/host/secret: Operation not permitted"* ]]
	[[ $output = *"/tmp/sda: Operation not permitted"* ]]
	# the data root is closed to its ids
	[ "$(stat -c %a "$T/data" "$T/run/containers" | paste -sd' ')" = "700 700" ]
}

@test "userns-remap: the engine's rule" {
	remapped_stop
	subids $'hoyremap:700000:1000\nhoyremap:800000:65536\nhoy:1000000:262144'
	sed -i '1s/{/{"userns-remap": "default", /' "$HOY_CONFIG"
	remapped_daemon
	hoy info | grep -q userns
	hoy run -d --name aa busybox sleep 1000
	[ "$(tr -s ' ' <"/proc/$(pid_of aa)/uid_map")" = $' 0 700000 1000\n 1000 800000 65536' ]
	[ "$(hoy run --rm -u 1001 busybox sh -c 'id -u; stat -Lc %u /proc/self')" = $'1001\n1001' ]
	[ "$(hoy run --rm --userns=host busybox readlink /proc/self/ns/user)" = "$(readlink /proc/self/ns/user)" ]
	hoy run --rm --userns=host --privileged --network host busybox true
	run_status 125 hoy run --rm --privileged busybox true
	run_status 125 hoy run --rm --network host busybox true
	[ "$(hoy run --rm --userns=auto busybox awk '{print $2}' /proc/self/uid_map)" = 1000000 ]
	# what was created under the rule keeps its ids without it
	hoy stop -t0 aa
	remapped_stop
	sed -i 's/"userns-remap": "default", //' "$HOY_CONFIG"
	remapped_daemon
	hoy start aa
	[ "$(outside aa uid)" = 700000 ]
	[ "$(hoy run --rm busybox readlink /proc/self/ns/user)" = "$(readlink /proc/self/ns/user)" ]
}

@test "userns-remap: a user without ids, by a flag and by its number" {
	remapped_stop
	run_status 1 hoyd --config-file "$HOY_CONFIG" --userns-remap nobody:nogroup
	[[ $output = *'no subordinate ids of "nobody" in /etc/subuid'* ]]
	run_status 1 hoyd --config-file "$HOY_CONFIG" --userns-remap :x
	[[ $output = *'invalid userns-remap ":x"'* ]]
	subids 65534:900000:65536 nogroup:910000:65536
	remapped_daemon --userns-remap nobody:nogroup
	run_status 0 hoy run --rm busybox sh -c 'cat /proc/self/uid_map /proc/self/gid_map | tr -s " "'
	[ "$output" = $' 0 900000 65536\n 0 910000 65536' ]
	remapped_stop
	subids hoy:1000000:262144
	remapped_daemon
}

@test "volumes: ids are the container's own, whichever range it has" {
	hoy run -d --name va --userns=auto -v shared:/v --user 5:6 busybox sleep 1000
	hoy exec --user 0 va sh -c 'chown 5:6 /v && echo a >/v/zero'
	hoy exec va sh -c 'echo a >/v/five'
	[ "$(stat -c %u:%g "$T/data/volumes/shared/_data/zero" "$T/data/volumes/shared/_data/five")" = "$(printf '0:0\n5:6')" ]
	[ "$(auto -v shared:/v busybox stat -c %u:%g /v/zero /v/five)" = "$(printf '0:0\n5:6')" ]
	[ "$(hoy run --rm -v shared:/v busybox stat -c %u:%g /v/five)" = 5:6 ]
	hoy rm -f va
	hoy volume rm shared
}

@test "cp: files have the ids of the container, running or stopped, in volumes too" {
	mkdir -p "$T/cp/dir/sub"
	echo first >"$T/cp/dir/file"
	echo second >"$T/cp/dir/sub/deep"
	chown 33:44 "$T/cp/dir/sub/deep" "$T/cp/dir/sub"
	setfattr -n user.colour -v blue "$T/cp/dir/file"
	hoy run -d --name ids --userns auto:size=70 -v idvol:/v busybox sleep 1000
	hoy cp "$T/cp/dir" ids:/tmp
	hoy cp "$T/cp/dir" ids:/v
	[ "$(hoy exec ids stat -c %u:%g /tmp/dir/file /tmp/dir/sub/deep /v/dir/sub/deep | xargs)" = "0:0 33:44 33:44" ]
	hoy cp ids:/tmp/dir "$T/cp/back"
	[ "$(getfattr --only-values -n user.colour "$T/cp/back/file")" = blue ]
	hoy exec ids sh -c 'echo changed >/tmp/own; chown 7:8 /tmp/own'
	hoy cp ids:/tmp/own - | tar tv --numeric-owner | grep -q ' 7/8 '
	hoy stop -t 0 ids
	hoy cp ids:/tmp/own - | tar tv --numeric-owner | grep -q ' 7/8 '
	hoy cp ids:/v/dir/sub/deep - | tar tv --numeric-owner | grep -q ' 33/44 '
	hoy cp "$T/cp/dir" ids:/root
	hoy start ids
	[ "$(hoy exec ids stat -c %u:%g /root/dir/sub/deep)" = 33:44 ]
	chown 100:100 "$T/cp/dir/file"
	run hoy cp "$T/cp/dir" ids:/srv
	[ "$status" -eq 1 ]
	[[ $output == *"Invalid argument"* ]]
	hoy rm -fv ids
	hoy volume rm -f idvol
}
