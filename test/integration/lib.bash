# SPDX-License-Identifier: Apache-2.0
# Shared by the bats files: an engine of the test's own (data root, run dir, bridge, subnet, cgroup parent), images made
# from Debian packages, a registry on loopback, and the check that nothing is left.

HOY_BUILD=${HOY_BUILD:-$BATS_TEST_DIRNAME/../../build/src}
PATH=$HOY_BUILD:$PATH
HOY_CACHE=${HOY_CACHE:-$HOY_BUILD/../test-cache}

# engine_setup NAME: a configuration of its own in $T; with ENGINE=daemon hoyd runs as a service, otherwise each `hoy`
# starts a private one. DRIVER is how layers are kept; without it the engine chooses.
engine_setup() {
	T=$(mktemp -d "/tmp/hoy-$1.XXXXXX")
	local n=$((($$ + RANDOM) % 200 + 20)) more=
	[ -z "${DRIVER:-}" ] || more=", \"storage-driver\": \"$DRIVER\""
	BRIDGE=hoyt$n
	while [ -e "/sys/class/net/$BRIDGE" ]; do
		n=$((n % 200 + 21))
		BRIDGE=hoyt$n
	done
	GATEWAY=172.29.$n.1
	CGROUP=hoy-test-$n-$$
	export HOY_CONFIG=$T/daemon.json T BRIDGE GATEWAY CGROUP
	cat >"$HOY_CONFIG" <<EOF
{"data-root": "$T/data", "exec-root": "$T/run", "bridge": "$BRIDGE", "bip": "$GATEWAY/${PREFIX:-24}",
 "cgroup-parent": "/$CGROUP", "hosts": ["unix://$T/hoy.sock"]$more}
EOF
	unset DOCKER_HOST HOY_HOST
	driver_there || return 1
	[ "${ENGINE:-}" != daemon ] || daemon_start
}

# Who has no setup of his own has this one; others call skipped_file first.
setup() { skipped_file; }
skipped_file() { [ -z "${SKIP_FILE:-}" ] || skip "$SKIP_FILE"; }

# A driver that was asked for and that this kernel, or the file system of $T, cannot have: 1, and every test is skipped.
driver_there() {
	local said
	[ "${DRIVER:-}" = erofs ] || return 0
	said=$(hoy images 2>&1) && return 0
	[[ $said == *"storage-driver erofs: needs "* ]] || return 0
	rm -rf "$T"
	T=
	export SKIP_FILE=${said##*daemon: }
	return 1
}

daemon_start() { # [OPTIONS OF hoyd...]
	hoyd --config-file "$HOY_CONFIG" "$@" >"$T/hoyd.log" 2>&1 3>&- &
	HOYD_PID=$!
	echo "$HOYD_PID" >"$T/service.pid"
	export DOCKER_HOST=unix://$T/hoy.sock
	# not only its socket: one that was killed has left it
	wait_for curl -s --unix-socket "$T/hoy.sock" http://hoy/_ping
}

daemon_stop() {
	# the last that was started: a test may have done that, in a process of its own
	[ ! -s "$T/service.pid" ] || HOYD_PID=$(cat "$T/service.pid")
	[ -n "${HOYD_PID:-}" ] || return 0
	rm -f "$T/service.pid"
	kill "$HOYD_PID" 2>/dev/null || true
	wait "$HOYD_PID" 2>/dev/null || true
	HOYD_PID=
	unset DOCKER_HOST
}

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for() {
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	echo "timed out waiting for: $*" >&2
	return 1
}

# Whatever was on its way in or out is gone: for wait_for, since a removed layer's files go behind the answer.
nothing_half_made() { [ -z "$(find "$T/data/tmp" -mindepth 1 2>/dev/null)" ]; }

# The directories in which the files of layers are, one a line: of all layers, or of those with these diff-ids.
layer_trees() {
	local layer
	[ $# -gt 0 ] || set -- "$T"/data/layers/*
	for layer in "$@"; do
		layer=${layer##*/}
		layer=${layer#sha256:}
		if [ -e "$T/data/layers/$layer/index" ]; then
			[ -d "$T/trees/$layer" ] || {
				mkdir -p "$T/trees/$layer"
				"$BATS_TEST_DIRNAME/mount-layer" "$T/data/layers/$layer" "$T/trees/$layer" || return 1
			}
			echo "$T/trees/$layer"
		elif [ -d "$T/data/layers/$layer/diff" ]; then
			echo "$T/data/layers/$layer/diff"
		fi
	done
}

layer_trees_unmount() {
	[ ! -d "$T/trees" ] || umount "$T"/trees/*
	rm -rf "$T/trees"
}

# Names, types, owners, modes, times, sizes, links, contents, devices and attributes; not the roots themselves.
compare_trees() { diff <(tree_facts "$1") <(tree_facts "$2"); }

tree_facts() {
	(cd "$1" && find . -mindepth 1 -printf '%P %y %U:%G %m %T@ %n %l\n' | sort &&
		find . -mindepth 1 ! -type d -printf '%P %s\n' | sort && find . -type c -o -type b | sort | xargs -r stat -c '%n %t:%T' &&
		find . -type f -size +0 -size -20000k -print0 | sort -z | xargs -0r sha256sum &&
		{ find . -mindepth 1 -print0 | sort -z | xargs -0r getfattr -h -d -m - -e hex 2>/dev/null || true; })
}

# Remove everything of this engine; then nothing may be left of it on the machine.
engine_teardown() {
	local left
	[ -n "${T:-}" ] || return 0
	layer_trees_unmount
	hoy ps -aq 2>/dev/null | xargs -r hoy rm -f >/dev/null 2>&1 || true
	daemon_stop
	hoyd --config-file "$HOY_CONFIG" --reset >"$T/reset.log" 2>&1 || { cat "$T/reset.log"; return 1; }
	wait_for engine_gone || true
	left=$(engine_left)
	if [ -n "$left" ]; then
		echo "left behind: $left" >&2
		return 1
	fi
	rm -rf "$T"
}

engine_gone() { [ -z "$(engine_left)" ]; }
containers_gone() {
	containers_left >"$T/left"
	[ ! -s "$T/left" ]
}

# What of the containers of the engine in $T is still on the machine: processes, mounts, cgroups, files.
containers_left() {
	local p
	# shellcheck disable=SC2013 # one name a line
	for p in $(grep -slE "$T/(data|run)" /proc/[0-9]*/cmdline); do
		p=${p#/proc/}
		echo "process ${p%/cmdline}: $(tr '\0' ' ' <"/proc/$p" 2>/dev/null)"
	done
	grep -sl -- "$CGROUP/" /proc/[0-9]*/cgroup
	grep -F " $T/" /proc/self/mountinfo | grep -vF " $T/trees/" # layer_trees
	find /sys/fs/cgroup -mindepth 2 -maxdepth 4 -type d -path "*/$CGROUP/*" 2>/dev/null
	[ ! -d "$T/run/containers" ] || find "$T/run/containers" -mindepth 1
	[ ! -d "$T/data/tmp" ] || find "$T/data/tmp" -mindepth 1
	[ ! -d "$T/data/containers" ] || find "$T/data/containers" -mindepth 1
	[ ! -d "/sys/class/net/$BRIDGE/brif" ] || ls "/sys/class/net/$BRIDGE/brif"
	true
}

# The same, and what the engine itself made: bridge, table, parent cgroup.
engine_left() {
	containers_left
	find /sys/fs/cgroup -maxdepth 3 -type d -name "$CGROUP" 2>/dev/null
	[ ! -e "/sys/class/net/$BRIDGE" ] || echo "device $BRIDGE"
	nft list tables 2>/dev/null | grep -wF "$BRIDGE"
	true
}

# A root directory with busybox and its applets, made once.
busybox_root() {
	local root=$HOY_CACHE/busybox applet
	if [ ! -e "$root/.done" ]; then
		rm -rf "$root"
		mkdir -p "$root"/{bin,etc,tmp,proc,sys,dev,root,var/www}
		cp "$(command -v busybox)" "$root/bin/busybox"
		for applet in $("$root/bin/busybox" --list); do
			[ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"
		done
		printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/sh\n' >"$root/etc/passwd"
		printf 'root:x:0:\nwww:x:33:\nextra:x:44:www\n' >"$root/etc/group"
		touch "$root/.done"
	fi
	echo "$root"
}

import_busybox() {
	tar -C "$(busybox_root)" --exclude ./.done -c . | hoy import --change 'CMD ["sh"]' - "${1:-busybox}"
}

# A Debian root with nginx, memcached, bash and procps, made once by mmdebstrap; the tar is kept for the next run.
debian_tar() {
	local tar=$HOY_CACHE/debian-apps.tar
	if [ ! -e "$tar" ]; then
		mkdir -p "$HOY_CACHE"
		mmdebstrap --format=tar --variant=essential --include=nginx-light,memcached,bash,procps,iproute2,ca-certificates \
			--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='APT::Install-Recommends "false"' \
			bookworm "$tar.new.tar" >"$HOY_CACHE/mmdebstrap.log" 2>&1 || {
			cat "$HOY_CACHE/mmdebstrap.log" >&2
			return 1
		}
		mv "$tar.new.tar" "$tar"
	fi
	echo "$tar"
}

# registry_start: Debian's docker-registry on a free loopback port, $REGISTRY is its address.
registry_start() {
	local port=$((12000 + RANDOM % 8000)) # below the range that the kernel picks from
	REGISTRY=localhost:$port
	mkdir -p "$T/registry"
	cat >"$T/registry.yml" <<EOF
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $T/registry}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$port"}
EOF
	docker-registry serve "$T/registry.yml" >"$T/registry.log" 2>&1 3>&- &
	REGISTRY_PID=$!
	echo "$REGISTRY_PID" >"$T/registry.pid"
	wait_for curl -sf "http://$REGISTRY/v2/"
}

registry_stop() {
	[ ! -s "$T/registry.pid" ] || REGISTRY_PID=$(cat "$T/registry.pid")
	rm -f "$T/registry.pid"
	[ -n "${REGISTRY_PID:-}" ] || return 0
	kill "$REGISTRY_PID" 2>/dev/null || true
	wait "$REGISTRY_PID" 2>/dev/null || true
	REGISTRY_PID=
}

# push_tar TAR NAME:TAG CONFIG_JSON: make an OCI image of one layer from a root tar and push it with skopeo.
push_tar() {
	"$BATS_TEST_DIRNAME/tar-to-oci" "$1" "$T/oci" "$3"
	skopeo copy --quiet --dest-tls-verify=false "oci:$T/oci:latest" "docker://$REGISTRY/$2"
	rm -rf "$T/oci"
}

# kill_ours SIGNAL PID...: signal what was found by looking, if it is still a process of this engine.
kill_ours() {
	local signal=$1
	shift
	"$BATS_TEST_DIRNAME/kill-ours" "$signal" "$T/" "$@"
	"$BATS_TEST_DIRNAME/kill-ours" "$signal" "$CGROUP/" "$@"
}

# Every process of this engine but the service itself: known by its environment.
engine_pids() {
	local p
	for p in /proc/[0-9]*; do
		[ "${p#/proc/}" != "${HOYD_PID:-}" ] || continue
		{ tr '\0' '\n' <"$p/environ"; } 2>/dev/null | grep -qx "HOY_CONFIG=$HOY_CONFIG" || continue
		case $(readlink "$p/exe") in */hoyd | */hoy-fetch | */hoy-unpack) echo "${p#/proc/}" ;; esac
	done
}

# Below a chroot "/" is no mount point: neither can a mount be kept from others there, nor is there a user namespace.
# Debian 12's docker client is 20.10, with other words and fewer flags.
docker_is_28() { [[ "$(docker --version)" =~ version\ (2[89]|[3-9][0-9])\. ]]; }
needs_docker_28() { docker_is_28 || skip "the words are those of docker CLI 28; here is $(docker --version)"; }

needs_own_mounts() { unshare -m true 2>/dev/null || skip "below a chroot no mounts can be kept apart"; }

# run_status STATUS COMMAND...: run it, compare the exit status, show the output on a difference.
run_status() {
	local want=$1
	shift
	run "$@"
	[ "$status" -eq "$want" ] || { echo "status $status, expected $want: $*"; echo "$output"; return 1; }
}

inspect() { hoy inspect -f "$2" "$1"; }
pid_of() { inspect "$1" '{{.State.Pid}}'; }
