# SPDX-License-Identifier: Apache-2.0
# For runtime-engines.bats: containerd, Podman and dockerd with roots, sockets and cgroups of their own, hoy-runtime in
# runc's place, and one vocabulary (c_run, c_start …) for what they are all asked.
# ENGINE: docker, podman, podman-user (as an ordinary user), containerd.  CGROUPS: cgroupfs (default) or systemd.

HOY_BUILD=${HOY_BUILD:-$BATS_TEST_DIRNAME/../../build/src}
ENGINE=${ENGINE:-podman}
CGROUPS=${CGROUPS:-cgroupfs}
# The engines' own limits are more than a machine without CAP_SYS_RESOURCE gives.
ULIMITS=(--ulimit nofile=1024:1024 --ulimit nproc=4096:4096)

# wait_for COMMAND...: until it succeeds, half a minute at most (emulated machines are slow).
wait_for() {
	for _ in $(seq 300); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "timed out waiting for: $*" >&2
	return 1
}

# Why this engine cannot run here; nothing when it can.
engine_unavailable() {
	[ "$(id -u)" = 0 ] || { echo "not root"; return; }
	"$BATS_TEST_DIRNAME/../../tools/install-packages" engines >/dev/null 2>&1 || { echo "its package cannot be installed"; return; }
	if [ "$CGROUPS" = systemd ] && [ "$(cat /proc/1/comm)" != systemd ]; then
		echo "process 1 is not systemd"
		return
	fi
	[ "$ENGINE" != podman-user ] || ! unshare --user true 2>&1 | grep -q . || echo "no user namespaces here"
}

engine_setup() {
	E=$(mktemp -d /tmp/hoy-eng.XXXXXX)
	PARENT=/hoy-eng-$$
	[ "$CGROUPS" = cgroupfs ] || PARENT=hoyeng$$.slice
	chmod 755 "$E"
	install -m 755 "$HOY_BUILD/hoy-runtime" "$E/hoy-runtime"
	mkdir -p "$E"/root/{bin,etc,tmp,proc,sys,dev}
	cp "$(command -v busybox)" "$E/root/bin/busybox"
	local applet
	for applet in $("$E/root/bin/busybox" --list); do
		[ "$applet" = busybox ] || ln -sf busybox "$E/root/bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$E/root/etc/passwd"
	export E PARENT
	case $ENGINE in
	docker) containerd_start && docker_start ;;
	containerd) containerd_start && containerd_image ;;
	podman) podman_image ;;
	podman-user) podman_user && podman_image ;;
	esac
}

containerd_start() {
	cat >"$E/containerd.toml" <<-END
	version = 2
	root = "$E/containerd"
	state = "$E/containerd-run"
	disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
	[grpc]
	address = "$E/containerd.sock"
	END
	containerd -c "$E/containerd.toml" >"$E/containerd.log" 2>&1 3>&- &
	echo $! >"$E/containerd.pid"
	wait_for test -S "$E/containerd.sock"
}

containerd_image() {
	"$BATS_TEST_DIRNAME/tar-to-oci" <(tar -C "$E/root" -c .) "$E/oci" '{}'
	tar -C "$E/oci" -cf "$E/oci.tar" .
	wait_for ctr_ version
	ctr_ image import --base-name bb "$E/oci.tar" >"$E/import.log"
	IMAGE=$(ctr_ image ls -q | head -n 1)
	export IMAGE
}

ctr_() { ctr -a "$E/containerd.sock" -n hoy "$@"; }

docker_start() {
	local dockerd
	dockerd=$(PATH=$PATH:/usr/sbin command -v dockerd)
	"$dockerd" --data-root "$E/docker" --exec-root "$E/docker-run" -p "$E/docker.pid" -H "unix://$E/docker.sock" \
		--containerd "$E/containerd.sock" --containerd-namespace hoy --containerd-plugins-namespace hoyp \
		--bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --storage-driver vfs \
		--add-runtime "hoy=$E/hoy-runtime" --default-runtime hoy --cgroup-parent "$PARENT" \
		--exec-opt "native.cgroupdriver=$CGROUPS" >"$E/docker.log" 2>&1 3>&- &
	wait_for engine version || { tail -n 3 "$E/docker.log"; return 1; }
	tar -C "$E/root" -c . | engine import -c 'CMD ["sh"]' - bb >/dev/null
}

podman_user() {
	ENGINE_USER=hoyeng$$
	useradd -m -d "$E/home" "$ENGINE_USER"
	grep -q "^$ENGINE_USER:" /etc/subuid || usermod --add-subuids 700000-765535 --add-subgids 700000-765535 "$ENGINE_USER"
	mkdir -m 700 "$E/home/run"
	chown "$ENGINE_USER" "$E/home/run"
	export ENGINE_USER
}

podman_image() {
	local base=$E
	[ -z "${ENGINE_USER:-}" ] || base=$E/home
	cat >"$E/containers.conf" <<-END
	[engine]
	lock_type = "file"
	events_logger = "file"
	[containers]
	default_sysctls = []
	END
	PODMAN_BASE=$base
	export PODMAN_BASE
	tar -C "$E/root" -c . | engine import --change 'CMD ["sh"]' - bb >"$E/import.log" 2>&1 || { cat "$E/import.log"; return 1; }
}

podman_() {
	local as=()
	[ -z "${ENGINE_USER:-}" ] || as=(setpriv --reuid "$ENGINE_USER" --regid "$ENGINE_USER" --init-groups
		env -C / HOME="$E/home" USER="$ENGINE_USER" XDG_RUNTIME_DIR="$E/home/run" DBUS_SESSION_BUS_ADDRESS=)
	CONTAINERS_CONF=$E/containers.conf "${as[@]}" podman --root "$PODMAN_BASE/storage" --runroot "$PODMAN_BASE/runroot" \
		--tmpdir "$PODMAN_BASE/tmpdir" --cgroup-manager "$CGROUPS" --storage-driver vfs --runtime "$E/hoy-runtime" "$@"
}

engine() {
	case $ENGINE in
	docker) DOCKER_HOST=unix://$E/docker.sock docker "$@" ;;
	podman*) podman_ "$@" ;;
	esac
}

engine_options() {
	case $ENGINE in
	podman-user) echo --network none ;; # where it has no cgroups a parent is refused
	*) echo --network none --cgroup-parent "$PARENT" ;;
	esac
}

ctr_run() { ctr_ run --runc-binary "$E/hoy-runtime" --runc-root "$E/runc" --snapshotter native "$@"; }

# c_run COMMAND...: in the foreground, removed afterwards
c_run() {
	# shellcheck disable=SC2046 # words
	case $ENGINE in
	containerd) ctr_run --rm --cgroup "$PARENT/k$RANDOM" "$IMAGE" "k$RANDOM" "$@" ;;
	*) engine run --rm $(engine_options) "${ULIMITS[@]}" bb "$@" ;;
	esac
}

# c_run_tty CODE TEXT COMMAND...: the same, on a terminal: it shows TEXT and ends with CODE
c_run_tty() {
	local function code=$1 text=$2
	shift 2
	function=$(declare -f engine podman_ ctr_ ctr_run)
	# shellcheck disable=SC2046
	case $ENGINE in
	containerd) set -- ctr_run -t --rm --cgroup "$PARENT/k$RANDOM" "$IMAGE" "k$RANDOM" "$@" ;;
	*) set -- engine run --rm -it $(engine_options) "${ULIMITS[@]}" bb "$@" ;;
	esac
	printf '%s\n' "$function" "ENGINE=$ENGINE CGROUPS=$CGROUPS" "$(printf '%q ' "$@")" >"$E/tty.sh"
	PYTHONPATH=$BATS_TEST_DIRNAME PYTHONDONTWRITEBYTECODE=1 python3 -c '
import sys
from terminal import Terminal
Terminal("bash", sys.argv[1]).expect(sys.argv[2]).end(int(sys.argv[3]))' "$E/tty.sh" "$text" "$code"
}

# c_start NAME COMMAND...: in the background, with 64 MiB of memory, half a CPU, 50 processes (not containerd)
c_start() {
	local name=$1
	shift
	# shellcheck disable=SC2046
	case $ENGINE in
	containerd)
		ctr_run -d --cgroup "$PARENT/$name" --memory-limit 67108864 --cpus 0.5 "$IMAGE" "$name" "$@" </dev/null >/dev/null 2>&1 3>&-
		;;
	podman-user) engine run -d --name "$name" $(engine_options) "${ULIMITS[@]}" bb "$@" ;;
	*) engine run -d --name "$name" $(engine_options) "${ULIMITS[@]}" -m 64m --cpus 0.5 --pids-limit 50 bb "$@" ;;
	esac
}

c_exec() {
	local name=$1
	shift
	case $ENGINE in
	containerd) ctr_ task exec --exec-id "e$RANDOM" "$name" "$@" ;;
	*) engine exec "$name" "$@" ;;
	esac
}

c_status() {
	case $ENGINE in
	containerd) ctr_ task ls | awk -v name="$1" '$1 == name { print tolower($3) }' ;;
	*) engine inspect -f '{{.State.Status}}' "$1" ;;
	esac
}

c_pid() {
	case $ENGINE in
	containerd) ctr_ task ls | awk -v name="$1" '$1 == name { print $2 }' ;;
	*) engine inspect -f '{{.State.Pid}}' "$1" ;;
	esac
}

c_pause() { if [ "$ENGINE" = containerd ]; then ctr_ task pause "$1"; else engine pause "$1"; fi; }
c_resume() { if [ "$ENGINE" = containerd ]; then ctr_ task resume "$1"; else engine unpause "$1"; fi; }
c_signal() { if [ "$ENGINE" = containerd ]; then ctr_ task kill -s "$2" "$1"; else engine kill -s "$2" "$1"; fi; }

# The exit code of a container that ends.
c_wait() {
	case $ENGINE in
	containerd)
		wait_for c_is "$1" stopped
		ctr_ task rm "$1" 2>&1 | sed -n 's/.*exit code \([0-9]*\).*/\1/p'
		;;
	*) engine wait "$1" ;;
	esac
}

c_is() { [ "$(c_status "$1")" = "$2" ]; }

c_rm() {
	case $ENGINE in
	containerd)
		ctr_ task rm -f "$1" >/dev/null 2>&1 || true
		ctr_ container rm "$1"
		;;
	*) engine rm -f "$1" ;;
	esac
}

# limit_of NAME CONTROLLER V1FILE V2FILE: what the kernel has for the container's process
limit_of() {
	local pid path
	pid=$(c_pid "$1")
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
		cat "/sys/fs/cgroup$path/$4"
	else
		path=$(awk -F: -v c="$2" '("," $2 ",") ~ ("," c ",") { print $3 }' "/proc/$pid/cgroup")
		cat "/sys/fs/cgroup/$2$path/$3"
	fi
}

engine_stop() {
	local pid
	for pid in "$E/docker.pid" "$E/containerd.pid"; do
		[ -s "$pid" ] || continue
		kill "$(cat "$pid")" 2>/dev/null || true
		wait_for process_gone "$(cat "$pid" 2>/dev/null)"
	done
	[ -z "${ENGINE_USER:-}" ] || podman_ system migrate >/dev/null 2>&1 || true # ends its pause process
}

process_gone() { [ ! -e "/proc/${1:-0}/exe" ]; }

# What is left on the machine, said on stderr. The cgroup parent is the test's own.
engine_teardown() {
	local left p
	[ -n "${E:-}" ] || return 0
	engine_stop
	awk -v dir="$E/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l
	[ "$CGROUPS" = cgroupfs ] || systemctl stop "$PARENT" 2>/dev/null || true
	# shellcheck disable=SC2013 # one name a line
	left=$(for p in $(grep -slF "$E" /proc/[0-9]*/cmdline); do
		p=${p#/proc/} p=${p%/cmdline}
		[ "$p" = $$ ] || [ "$p" = "$BASHPID" ] || grep -q bats "/proc/$p/cmdline" || tr '\0' ' ' <"/proc/$p/cmdline"
	done)
	find /sys/fs/cgroup -depth -type d -path "*${PARENT#/}*" -exec rmdir {} + 2>/dev/null || true
	left=$left$(find /sys/fs/cgroup -type d -path "*${PARENT#/}*" 2>/dev/null)
	[ -z "${ENGINE_USER:-}" ] || userdel "$ENGINE_USER" 2>/dev/null || true
	rm -rf --one-file-system "$E"
	# Podman gives the runtime no root: of its own one only the cache of filters is left
	[ "$(ls -A /run/hoy-runtime 2>/dev/null)" != .seccomp ] || rm -r /run/hoy-runtime/.seccomp
	rmdir /run/hoy-runtime 2>/dev/null || true
	[ -z "$left" ] || { echo "left behind: $left" >&2; return 1; }
}
