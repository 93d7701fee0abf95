#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The walkthrough as a person types it, with real nginx and memcached pulled from a real registry: with `hoy` alone, with
# hoyd running, and with docker's own client.
# variants: ENGINE=private|ENGINE=daemon|ENGINE=daemon CLI=docker

load lib

setup_file() {
	load lib
	engine_setup walk
	registry_start
	export REGISTRY REGISTRY_PID HOYD_PID
	push_tar "$(debian_tar)" nginx:latest \
		'{"Cmd": ["nginx", "-g", "daemon off;"], "ExposedPorts": {"80/tcp": {}}, "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "StopSignal": "SIGQUIT"}'
	push_tar "$(debian_tar)" memcached:latest \
		'{"Cmd": ["memcached", "-u", "nobody"], "ExposedPorts": {"11211/tcp": {}}, "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}'
	import_busybox busybox
}

teardown_file() {
	load lib
	registry_stop
	engine_teardown
}

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
}

# hoy, or docker's own client against the same engine.
cli() { "${CLI:-hoy}" "$@"; }

memcached_run() { cli run -d --name memcached "$@" "$REGISTRY/memcached"; }
webserver_run() { cli run -d --name webserver "$@" "$REGISTRY/nginx"; }

answers() { printf 'stats\r\nquit\r\n' | nc -w 2 "$1" 11211 | grep -q '^STAT pid'; }
serves() { curl -sf -m 5 "http://$1/" | grep -qi 'welcome to nginx'; }

@test "19: an image that is not here is pulled from its registry, the digest is the same" {
	cli rmi -f "$REGISTRY/nginx" >/dev/null 2>&1 || true
	run cli pull "$REGISTRY/nginx"
	[ "$status" -eq 0 ]
	[[ "$output" == *"latest: Pulling from nginx"* ]]
	[[ "$output" == *"Status: Downloaded newer image for $REGISTRY/nginx:latest"* ]]
	digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$REGISTRY/nginx:latest")
	[[ "$output" == *"Digest: $digest"* ]]
	[ "$(cli inspect -f '{{index .RepoDigests 0}}' "$REGISTRY/nginx")" = "$REGISTRY/nginx@$digest" ]
	run cli pull "$REGISTRY/nginx"
	[[ "$output" == *"Status: Image is up to date for $REGISTRY/nginx:latest"* ]]
}

@test "1: run -d prints the id; top and the host's ps show the same process" {
	id=$(memcached_run)
	[[ "$id" =~ ^[0-9a-f]{64}$ ]]
	[ "$(cli ps -q --no-trunc)" = "$id" ]
	pid=$(pid_of memcached)
	[ "$(cli top memcached | tail -n +2 | wc -l)" -eq 1 ]
	cli top memcached | tail -n +2 | awk '{print $2}' | grep -qx "$pid"
	ps -o comm= -p "$pid" | grep -qx memcached
	wait_for answers "$(inspect memcached '{{.NetworkSettings.IPAddress}}')"
}

@test "2: a file made in /proc/PID/root is seen inside, one made inside from the host" {
	memcached_run
	root=/proc/$(pid_of memcached)/root
	touch "$root/from-host"
	cli exec memcached ls / | grep -qx from-host
	cli exec memcached touch /tmp/from-inside
	[ -e "$root/tmp/from-inside" ]
}

@test "3: an interactive shell by exec -it" {
	webserver_run
	tmux -L "hoy-$$" new-session -d -x 80 -y 24
	tmux -L "hoy-$$" send-keys "PATH=$PATH HOY_CONFIG=$HOY_CONFIG DOCKER_HOST=${DOCKER_HOST:-} ${CLI:-hoy} exec -it webserver /bin/bash" Enter
	wait_for sh -c "tmux -L hoy-$$ capture-pane -p | grep -q 'root@.*#'"
	tmux -L "hoy-$$" send-keys "touch test_file.txt; tty; exit" Enter
	wait_for test -e "/proc/$(pid_of webserver)/root/test_file.txt"
	wait_for sh -c "tmux -L hoy-$$ capture-pane -p | grep -q '/dev/pts/'"
	tmux -L "hoy-$$" kill-server
}

@test "4: namespaces of its own, nsenter shows its network" {
	webserver_run
	pid=$(pid_of webserver)
	for ns in mnt pid net uts ipc cgroup time; do
		[ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ] || { echo "shares $ns"; false; }
	done
	[ "$(readlink "/proc/$pid/ns/user")" = "$(readlink /proc/self/ns/user)" ]
	nsenter -t "$pid" -n ip -4 addr show eth0 | grep -qF "$(inspect webserver '{{.NetworkSettings.IPAddress}}')"
}

@test "5: pid 1 inside, another pid outside" {
	memcached_run
	[ "$(cli exec memcached sh -c 'cat /proc/1/comm')" = memcached ]
	cli exec memcached ps -e -o comm= | sort -u | tr '\n' ' ' | grep -q 'memcached ps '
	[ "$(cli exec memcached sh -c 'ls -d /proc/[0-9]* | wc -l')" -le 4 ]
	[ "$(pid_of memcached)" -gt 1 ]
}

@test "7: --network none has only lo, --network host the host's interfaces" {
	[ "$(cli run --rm --network none busybox ls /sys/class/net)" = lo ]
	run cli run --rm --network host busybox ip -o link
	# veths come and go with other containers, and with those of the test before
	[ "$(echo "$output" | grep -vc ': veth')" -eq "$(ip -o link | grep -vc ': veth')" ]
}

@test "8: --pid and --network of another container; host's uts, pid, ipc, cgroup namespaces" {
	webserver_run --ipc=shareable
	wait_for serves "$(inspect webserver '{{.NetworkSettings.IPAddress}}')"
	run cli run --rm --pid=container:webserver --network=container:webserver busybox sh -c 'ps; netstat -tln; wget -qO- http://127.0.0.1/'
	[[ "$output" == *nginx* ]]
	[[ "$output" == *":80 "* ]]
	[[ "$output" == *"Welcome to nginx"* ]]
	[ "$(cli run --rm --uts=host busybox hostname)" = "$(hostname)" ]
	[ "$(cli run --rm --pid=host busybox readlink /proc/self/ns/pid)" = "$(readlink /proc/self/ns/pid)" ]
	[ "$(cli run --rm --ipc=host busybox readlink /proc/self/ns/ipc)" = "$(readlink /proc/self/ns/ipc)" ]
	[ "$(cli run --rm --cgroupns=host busybox readlink /proc/self/ns/cgroup)" = "$(readlink /proc/self/ns/cgroup)" ]
	[ "$(cli run --rm --userns=host busybox readlink /proc/self/ns/user)" = "$(readlink /proc/self/ns/user)" ]
	[ "$(cli run --rm --ipc=container:webserver busybox readlink /proc/self/ns/ipc)" = "$(readlink "/proc/$(pid_of webserver)/ns/ipc")" ]
}

@test "9: a root directory runs without an image" {
	[ "${CLI:-hoy}" = hoy ] || skip "docker's client has no --rootfs"
	mkdir -p "$T/root"
	tar -C "$T/root" -xf "$(debian_tar)"
	run hoy run --rm --rootfs "$T/root" bash -c 'ps -e -o comm=; cat /etc/debian_version'
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | grep -c -x -e bash -e ps)" -eq 2 ]
	[[ "$output" == *12.* ]]
}

cgroup_file() { # PID V1CONTROLLER V1FILE V2FILE
	local path
	path=$(sed -n "s/^[0-9]*:\(.*,\)\?$2\(,.*\)\?://p" "/proc/$1/cgroup")
	if [ -n "$path" ]; then
		cat "/sys/fs/cgroup/$2$path/$3"
	else
		cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/$4"
	fi
}

@test "10: --memory and --cpus stand in the cgroup's files; a process over the limit is killed" {
	memcached_run --memory=512m --cpus=0.5
	pid=$(pid_of memcached)
	grep -q "$(cli ps -q --no-trunc)" "/proc/$pid/cgroup"
	[ "$(cgroup_file "$pid" memory memory.limit_in_bytes memory.max)" = 536870912 ]
	[[ "$(cgroup_file "$pid" cpu cpu.cfs_quota_us cpu.max)" =~ ^50000 ]]
	cli run --name hog -m 16m --memory-swap 16m busybox sh -c 'x=x; while :; do x=$x$x; done' || status=$?
	[ "$status" -eq 137 ]
	[ "$(inspect hog '{{.State.OOMKilled}} {{.State.ExitCode}}')" = "true 137" ]
}

@test "11: a limit written into the file shows in stats" {
	memcached_run --memory=512m
	pid=$(pid_of memcached)
	path=$(sed -n 's/^[0-9]*:memory://p' "/proc/$pid/cgroup")
	if [ -n "$path" ]; then
		echo 268435456 >"/sys/fs/cgroup/memory$path/memory.limit_in_bytes"
	else
		echo 268435456 >"/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/memory.max"
	fi
	cli stats --no-stream --format '{{.MemUsage}}' memcached | grep -q '/ 256MiB'
}

@test "13: --init reaps and forwards; stop ends by the grace time, at once when handled" {
	cli run -d --name init --init busybox sh -c 'sh -c "sleep 0.1 & exit" ; exec sleep 1000'
	[ "$(cli exec init cat /proc/1/comm)" != sleep ]
	wait_for sh -c "hoy exec init ps | grep -c '\[sleep\]' | grep -qx 0"
	start=$(date +%s%N)
	cli stop -t 20 init
	[ $((($(date +%s%N) - start) / 1000000)) -lt 5000 ]
	cli run -d --name deaf busybox sh -c 'trap "" TERM; while :; do sleep 1; done'
	start=$(date +%s%N)
	cli stop -t 2 deaf
	took=$((($(date +%s%N) - start) / 1000000))
	[ $took -ge 2000 ] && [ $took -lt 8000 ]
	[ "$(inspect deaf '{{.State.ExitCode}}')" = 137 ]
	cli run -d --name polite busybox sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
	wait_for cli exec polite true
	start=$(date +%s%N)
	cli stop -t 20 polite
	[ $((($(date +%s%N) - start) / 1000000)) -lt 5000 ]
	[ "$(inspect polite '{{.State.ExitCode}}')" = 3 ]
}

@test "14: exit codes are Docker's" {
	run_status 0 cli run --rm busybox true
	run_status 42 cli run --rm busybox sh -c 'exit 42'
	# (pid 1 takes no signal from inside: the child does)
	run_status 137 cli run --rm busybox sh -c 'sleep 9 & kill -9 $!; wait $!'
	run_status 143 cli run --rm --init busybox sh -c 'kill -15 $$'
	run_status 127 cli run --rm busybox no-such-program
	run_status 127 cli run --rm busybox /no/such/program
	# docker's client before 23 takes this sentence for 125
	[ "${CLI:-hoy}" = docker ] || run_status 126 cli run --rm busybox /etc
	run_status 126 cli run --rm busybox /etc/passwd
	run_status 125 cli run --rm --no-such-flag busybox true
	run_status 125 cli run --rm --network nowhere busybox true
}

@test "15: a published port answers on every host address, localhost and from containers; twice is refused" {
	port=$((28000 + RANDOM % 2000))
	webserver_run -p "$port:80"
	wait_for serves "127.0.0.1:$port"
	serves "localhost:$port"
	serves "$GATEWAY:$port"
	for addr in $(ip -4 -o addr show scope global | awk '{split($4, a, "/"); print a[1]}'); do
		serves "$addr:$port" || { echo "not on $addr"; false; }
	done
	cli run --rm busybox wget -qO- "http://$GATEWAY:$port/" | grep -qi 'welcome to nginx'
	run cli run -d --name second -p "$port:80" "$REGISTRY/nginx"
	[ "$status" -eq 125 ]
	[[ "$output" == *"$port"* ]]
	[[ "$output" == *"already"* ]]
	cli rm -f second >/dev/null 2>&1 || true
	cli rm -f webserver
	run curl -sf -m 2 "http://127.0.0.1:$port/"
	[ "$status" -eq 7 ] # refused
}

@test "15: ranges, udp, random ports, -P, one address only" {
	port=$((24000 + RANDOM % 2000))
	webserver_run -p "127.0.0.1:$port:80" -p "$((port + 1))-$((port + 3)):8001-8003" -p "$port:53/udp" -P
	wait_for serves "127.0.0.1:$port"
	run curl -sf -m 1 "http://$GATEWAY:$port/"
	[ "$status" -eq 7 ] # refused
	# As docker: only ports published under their own number are put together to ranges.
	[[ "$(cli ps --format "{{.Ports}}")" == *":$((port + 1))->8001/tcp, "*":$((port + 3))->8003/tcp"* ]]
	[ "$(inspect webserver '{{(index (index .NetworkSettings.Ports "53/udp") 0).HostPort}}')" = "$port" ]
	cli rm -f webserver
	webserver_run -P
	random=$(inspect webserver '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}')
	[ "$random" -ge 1024 ]
	wait_for serves "127.0.0.1:$random"
}

@test "16: containers reach the outside through NAT" {
	ip netns add "hoy-out-$$"
	ip link add "ho$$" type veth peer name eth0 netns "hoy-out-$$"
	ip addr add 10.99.77.1/24 dev "ho$$"
	ip link set "ho$$" up
	# (nsenter: "ip -n" would mount, which a chroot does not allow)
	nsenter --net="/run/netns/hoy-out-$$" ip addr add 10.99.77.2/24 dev eth0
	nsenter --net="/run/netns/hoy-out-$$" ip link set eth0 up
	nsenter --net="/run/netns/hoy-out-$$" sh -c 'echo outside | nc -l -p 7777 -q 1 >"'"$T"'/peer" & echo $! >"'"$T"'/nc.pid"'
	wait_for sh -c "nsenter --net='/run/netns/hoy-out-$$' ss -ltn | grep -q ':7777 '"
	run cli run --rm busybox nc -w 3 10.99.77.2 7777
	kill "$(cat "$T/nc.pid")" 2>/dev/null || true
	ip netns del "hoy-out-$$"
	ip link del "ho$$" 2>/dev/null || true
	[[ "$output" == *outside* ]]
}

status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$(pid_of "$1")/status"; }

@test "17: rights: capabilities, no-new-privileges, seccomp, read-only, privileged, user" {
	memcached_run
	[ "$(status_of memcached CapBnd)" = 00000000a80425fb ]
	[ "$(status_of memcached CapInh)" = 0000000000000000 ]
	[ "$(status_of memcached CapAmb)" = 0000000000000000 ]
	[ "$(status_of memcached Seccomp)" = 2 ]
	[ "$(status_of memcached NoNewPrivs)" = 0 ]
	cli run -d --name drop --cap-drop=ALL --cap-add=NET_BIND_SERVICE --security-opt no-new-privileges busybox sleep 1000
	[ "$(status_of drop CapEff)" = 0000000000000400 ]
	[ "$(status_of drop NoNewPrivs)" = 1 ]
	cli run -d --name open --security-opt seccomp=unconfined busybox sleep 1000
	[ "$(status_of open Seccomp)" = 0 ]
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >"$T/seccomp.json"
	run cli run --rm --security-opt "seccomp=$T/seccomp.json" busybox mkdir /tmp/x
	[ "$status" -eq 1 ]
	[[ "$output" == *"not permitted"* ]]
	run cli run --rm --read-only --tmpfs /tmp busybox sh -c 'touch /tmp/ok && touch /no'
	[ "$status" -eq 1 ]
	[[ "$output" == *"/no: Read-only file system"* ]]
	cli run -d --name priv --privileged busybox sleep 1000
	[ "$(status_of priv Seccomp)" = 0 ]
	[ "$(status_of priv CapEff)" = "$(sed -n 's/^CapBnd:\t//p' /proc/self/status)" ]
	cli run -d --name user --user 1000:1001 --group-add 44 busybox sleep 1000
	[ "$(status_of user Uid | tr -s '\t' ' ')" = "1000 1000 1000 1000" ]
	[ "$(status_of user Gid | tr -s '\t' ' ')" = "1001 1001 1001 1001" ]
	[[ "$(status_of user Groups)" == *44* ]]
	[ "$(status_of user CapEff)" = 0000000000000000 ]
	[ "$(cli run --rm --user www busybox id -un)" = www ]
}
