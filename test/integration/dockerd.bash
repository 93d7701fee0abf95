# SPDX-License-Identifier: Apache-2.0
# Another engine beside the one in $T: containerd and dockerd, below $T as well.

# dockerd with a root of its own, without a network.
dockerd_start() {
	local dockerd
	dockerd=$(PATH=$PATH:/usr/sbin command -v dockerd) && command -v containerd docker >/dev/null || return 1
	printf 'version = 2\nroot = "%s/containerd"\nstate = "%s/containerd-run"\n' "$T" "$T" >"$T/containerd.toml"
	printf 'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]\n[grpc]\naddress = "%s/containerd.sock"\n' \
		"$T" >>"$T/containerd.toml"
	containerd -c "$T/containerd.toml" >"$T/containerd.log" 2>&1 3>&- &
	echo $! >"$T/containerd.pid"
	wait_for test -S "$T/containerd.sock" || return 1
	"$dockerd" --data-root "$T/docker" --exec-root "$T/docker-run" -p "$T/docker.pid" -H "unix://$T/docker.sock" \
		--containerd "$T/containerd.sock" --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
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
	rm -rf "$T"/{docker,docker-run,containerd,containerd-run,podman,podman-run}
}
