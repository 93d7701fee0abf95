# SPDX-License-Identifier: Apache-2.0
# Another engine beside the one in $T: containerd and dockerd, below $T as well.

# dockerd with a root of its own; without a network unless the options given say another.
dockerd_start() {
	local dockerd
	[ $# -gt 0 ] || set -- --bridge none
	dockerd=$(PATH=$PATH:/usr/sbin command -v dockerd) && command -v containerd docker >/dev/null || return 1
	printf 'version = 2\nroot = "%s/containerd"\nstate = "%s/containerd-run"\n' "$T" "$T" >"$T/containerd.toml"
	printf 'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]\n[grpc]\naddress = "%s/containerd.sock"\n' \
		"$T" >>"$T/containerd.toml"
	containerd -c "$T/containerd.toml" >"$T/containerd.log" 2>&1 3>&- &
	echo $! >"$T/containerd.pid"
	wait_for test -S "$T/containerd.sock" || return 1
	"$dockerd" --data-root "$T/docker" --exec-root "$T/docker-run" -p "$T/docker.pid" -H "unix://$T/docker.sock" \
		--containerd "$T/containerd.sock" "$@" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
		--storage-driver vfs >"$T/docker.log" 2>&1 3>&- &
	wait_for docker_ version
}
docker_() { DOCKER_HOST=unix://$T/docker.sock docker "$@"; }

other_engines_stop() {
	local file pid
	for file in docker.pid containerd.pid; do
		pid=$(cat "$T/$file" 2>/dev/null) || continue # it takes the file along
		kill "$pid" 2>/dev/null || continue
		tail --pid="$pid" -f /dev/null
	done
	umount "$T"/docker-run/netns/* 2>/dev/null || true # of containers in the host's network: dockerd leaves it
	rm -rf "$T"/{docker,docker-run,containerd,containerd-run,podman,podman-run}
}

# dockerd on a bridge of its own, so that containers run with addresses, and in a cgroup of its own.
dockerd_networked_start() {
	local n=$((($$ + RANDOM) % 200 + 20))
	while [ -e "/sys/class/net/hoyd$n" ]; do
		n=$((n % 200 + 21))
	done
	BRIDGE=hoyd$n CGROUP=hoy-dockerd-$n-$$
	ip link add "$BRIDGE" type bridge && ip address add "172.28.$n.1/24" dev "$BRIDGE" && ip link set "$BRIDGE" up || return 1
	dockerd_start --bridge "$BRIDGE" --cgroup-parent "/$CGROUP" --default-address-pool base=172.27.0.0/16,size=24
}

dockerd_networked_stop() {
	docker_ ps -aq 2>/dev/null | xargs -r docker -H "unix://$T/docker.sock" rm -f >/dev/null 2>&1
	docker_ network prune -f >/dev/null 2>&1
	other_engines_stop
	ip link delete "$BRIDGE" 2>/dev/null
	find /sys/fs/cgroup -depth -type d -path "*/$CGROUP*" -exec rmdir {} + 2>/dev/null
	rm -rf --one-file-system "$T"
}
