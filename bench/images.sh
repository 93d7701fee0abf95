#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench/images.sh BINDIR: images, hoy beside its peers: pull, first run, remove, disk, memory; from a registry on loopback. The
# section "## Images" of bench/RESULTS.md. RUNS=n (default 3), MANY=n small images (default 1000; peers a tenth), KEEP=1: print only.
# What is pulled is made once from this machine's apt sources and kept in build/bench-cache.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
# crun takes no machine with v1 controllers and a v2 mount beside them: hide the latter in a namespace of ours.
if [ -z "${BENCH_NS:-}" ] && [ "$(stat -f -c %T /sys/fs/cgroup/unified 2>/dev/null)" = cgroup2fs ]; then
	export BENCH_NS=1
	exec unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/unified && exec "$0" "$@"' bench/images.sh "$@"
fi
PATH=$(realpath "$1"):$PATH:/usr/sbin
runs=${RUNS:-3} many=${MANY:-1000}
cache=${BENCH_CACHE:-build/bench-cache}
mkdir -p "$cache"
cache=$(realpath "$cache")
W=$(mktemp -d /tmp/hoy-bench-images.XXXXXX)
registry_pid='' dockerd_pid='' bridge='' group=''
finish() {
	local pid
	for pid in $dockerd_pid $registry_pid; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[ -z "$bridge" ] || ip link del hoybimg 2>/dev/null || true
	for driver in erofs overlay; do
		[ ! -e "$W/$driver.json" ] || HOY_CONFIG=$W/$driver.json hoyd --config-file "$W/$driver.json" --reset >/dev/null 2>&1 || true
	done
	umount -l "$W/podman/overlay" "$W"/docker* 2>/dev/null || true
	rm -rf "$W"
	[ -z "$group" ] || rmdir "$group" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT TERM
trap 'echo "bench/images.sh: line $LINENO failed" >&2' ERR

now() { echo $((${EPOCHREALTIME/./} / 1000)); } # ms
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# timed COMMAND...: its milliseconds
timed() {
	local start
	start=$(now)
	"$@" >"$W/out" 2>&1 || { echo "bench: failed: $*" >&2; tail -n 3 "$W/out" >&2; exit 1; }
	echo $(($(now) - start))
}

# --- what is pulled: about a gigabyte in five layers; a small image many times over; 127 layers
make_tars() {
	[ ! -e "$cache/5.tar" ] || return 0
	[ -e "$cache/root.tar" ] || mmdebstrap --variant=minbase --include=g++,clang,python3,git,make,perl --aptopt='APT::Install-Recommends "false"' \
		bookworm "$cache/root.tar.new.tar" >"$cache/mmdebstrap.log" 2>&1 || { cat "$cache/mmdebstrap.log" >&2; exit 1; }
	[ -e "$cache/root.tar" ] || mv "$cache/root.tar.new.tar" "$cache/root.tar"
	mkdir "$W/root"
	tar -C "$W/root" --exclude './dev/*' -xf "$cache/root.tar"
	# the directories first, then the files in the order of their names, a fifth of the bytes in each
	(cd "$W/root" && find . -type d | sort >"$W/dirs" && find . ! -type d -printf '%s %p\n' | sort -k2 |
		awk -v w="$W" '{ size[NR] = $1; sub(/^[0-9]+ /, ""); name[NR] = $0; total += size[NR] }
			END { for (i = 1; i <= NR; i++) { sum += size[i]; n = int(5 * sum / (total + 1)) + 1; print name[i] >(w "/files." n) } }')
	cat "$W/files.1" >>"$W/dirs" && mv "$W/dirs" "$W/files.1"
	for n in 1 2 3 4 5; do
		tar -C "$W/root" --no-recursion --sort=name -T "$W/files.$n" -cf "$cache/$n.tar.new"
		mv "$cache/$n.tar.new" "$cache/$n.tar"
	done
	rm -rf "$W/root" "$cache/root.tar"
}

registry_run() {
	local port=$((12000 + RANDOM % 8000))
	registry=localhost:$port
	printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s"}\n' \
		"$cache/registry" "$port" >"$W/registry.yml"
	docker-registry serve "$W/registry.yml" >"$W/registry.log" 2>&1 &
	registry_pid=$!
	for _ in $(seq 100); do curl -sf "http://$registry/v2/" >/dev/null && return; sleep 0.1; done
	cat "$W/registry.log" >&2
	exit 1
}

fill_registry() {
	local push=test/integration/push-image.py i
	if [ ! -e "$cache/fat.done" ]; then
		$push --config '{"Cmd":["true"]}' "http://$registry/b/fat:1" "$cache"/[1-5].tar >/dev/null
		touch "$cache/fat.done"
	fi
	if [ ! -e "$cache/deep.done" ]; then
		mkdir -p "$W/deep"
		for i in $(seq 127); do
			head -c 20000 /dev/urandom >"$W/file-$i"
			tar -C "$W" -cf "$W/deep/$i.tar" "file-$i"
		done
		# shellcheck disable=SC2046 # 127 names without blanks
		$push "http://$registry/b/deep:1" $(seq -f "$W/deep/%g.tar" 127) >/dev/null
		touch "$cache/deep.done"
	fi
	[ ! -e "$cache/many-$many.done" ] || return 0
	for i in $(seq "$many"); do
		echo "$i" >"$W/small"
		tar -C "$W" -cf "$W/small.tar" small
		$push "http://$registry/b/small-$i:1" "$W/small.tar" >/dev/null
	done
	touch "$cache/many-$many.done"
}

# --- the engines: NAME_cmd is the client, NAME_root where its data is, NAME_pids who works for it
hoy_config() {
	printf '{"data-root": "%s", "exec-root": "%s", "bridge": "hoybi%s", "bip": "172.31.245.1/24", "storage-driver": "%s"}\n' \
		"$W/$1/data" "$W/$1/run" "${1:0:3}" "$1" >"$W/$1.json"
}
client() { # ENGINE ARGUMENTS...
	local engine=$1
	shift
	case $engine in
	hoy-*) HOY_CONFIG=$W/${engine#hoy-}.json hoy "$@" ;;
	docker) docker -H "unix://$W/docker.sock" "$@" ;;
	podman) podman --root "$W/podman" --runroot "$W/podman-run" --cgroup-manager cgroupfs "$@" ;;
	esac
}
# The processor time of pulls is counted by a cgroup: that of the client, and of docker's service.
group=/sys/fs/cgroup/cpuacct/hoy-bench-images
[ -d /sys/fs/cgroup/cpuacct ] || group=/sys/fs/cgroup/hoy-bench-images
mkdir -p "$group"
used_cpu() { # ms
	if [ -e "$group/cpuacct.usage" ]; then echo $(($(cat "$group/cpuacct.usage") / 1000000)); else
		awk '$1 == "usage_usec" { print int($2 / 1000) }' "$group/cpu.stat"
	fi
}
pull() {
	local options=-q
	[ "$1" != podman ] || options="-q --tls-verify=false"
	# shellcheck disable=SC2086 # a list of options
	(echo "$BASHPID" >"$group/cgroup.procs" && client "$1" pull $options "$2")
}
root_of() { case $1 in hoy-*) echo "$W/${1#hoy-}/data" ;; *) echo "$W/$1" ;; esac; }
run_true() {
	case $1 in
	podman) client podman run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$2" true ;;
	*) client "$1" run --rm --network none "$2" true ;;
	esac
}
disk() { # MB; files come and go while it counts
	local path
	path=$(root_of "$1")
	mkdir -p "$path"
	{ du -sm "$path" 2>/dev/null || true; } | cut -f1
}

dockerd_run() {
	command -v dockerd >/dev/null || return 0
	ip link add hoybimg type bridge
	bridge=hoybimg
	ip addr add 172.31.246.1/24 dev hoybimg
	ip link set hoybimg up
	dockerd --host "unix://$W/docker.sock" --data-root "$W/docker" --exec-root "$W/docker-run" --pidfile "$W/docker.pid" \
		--bridge hoybimg >"$W/dockerd.log" 2>&1 &
	dockerd_pid=$!
	echo "$dockerd_pid" >"$group/cgroup.procs"
	for _ in $(seq 100); do client docker version >/dev/null 2>&1 && return 0; sleep 0.2; done
	tail -n 3 "$W/dockerd.log" >&2
	exit 1
}

# peak ENGINE IMAGE: the most that all processes of a pull have together (PSS, MB), beyond what an idle service has
peak() {
	python3 - "$1" "$W" "${dockerd_pid:-0}" <<-'P' &
		import os, sys, time
		engine, work, dockerd = sys.argv[1:]
		def parent_tree(root):
		    pids, more = {root}, True
		    while more:
		        more = False
		        for p in filter(str.isdigit, os.listdir('/proc')):
		            try: ppid = open(f'/proc/{p}/stat').read().rsplit(')', 1)[1].split()[1]
		            except OSError: continue
		            if ppid in pids and p not in pids: pids.add(p); more = True
		    return pids
		def of_environ(word):
		    found = set()
		    for p in filter(str.isdigit, os.listdir('/proc')):
		        try:
		            if word in open(f'/proc/{p}/environ', 'rb').read(): found.add(p)
		        except OSError: pass
		    return found
		def pss(p):
		    try: return next(int(l.split()[1]) for l in open(f'/proc/{p}/smaps_rollup') if l.startswith('Pss:'))
		    except (OSError, StopIteration): return 0
		top = 0
		while not os.path.exists(work + '/pulled'):
		    pids = parent_tree(dockerd) if engine == 'docker' else of_environ(b'BENCH_PULL=1')
		    top = max(top, sum(map(pss, pids)))
		    time.sleep(0.02)
		open(work + '/peak', 'w').write(f'{top / 1024:.0f}\n')
	P
	local watcher=$!
	rm -f "$W/pulled"
	BENCH_PULL=1 pull "$1" "$2" >/dev/null
	touch "$W/pulled"
	wait $watcher
	rm -f "$W/pulled"
	cat "$W/peak"
}

engines=()
for driver in erofs overlay; do
	hoy_config $driver
	HOY_CONFIG=$W/$driver.json hoy images >/dev/null 2>&1 && engines+=("hoy-$driver")
done
make_tars
registry_run
fill_registry
dockerd_run
[ -z "$dockerd_pid" ] || engines+=(docker)
command -v podman >/dev/null && engines+=(podman)

fat=$registry/b/fat:1
blobs() { curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/b/fat/manifests/1" | jq -r '.layers[].digest'; }
floor_curl() { blobs | sed "s|.*|url = http://$registry/v2/b/fat/blobs/&\noutput = /dev/null|" | curl -s -Z -K -; }
# Each layer: digest of what came, igzip, digest of what is in it; the biggest first, two at a time. OpenSSL uses SHA-NI.
floor_unpack() {
	# shellcheck disable=SC2016 # for the inner shell
	blobs | sed 's/sha256://' | xargs -P 2 -I{} sh -c 'f=$0/registry/docker/registry/v2/blobs/sha256/$(echo {} | cut -c1-2)/{}/data
		openssl dgst -sha256 "$f" >/dev/null; igzip -dc "$f" | openssl dgst -sha256 >/dev/null' "$cache"
}
# measured COMMAND: its processor time, in seconds, to floor.cpu (the last run's)
measured() {
	local before
	before=$(used_cpu)
	(echo "$BASHPID" >"$group/cgroup.procs" && "$@")
	awk -v a="$before" -v b="$(used_cpu)" 'BEGIN { printf "%.2f", (b - a) / 1000 }' >"$W/floor.cpu"
}
floor_write() {
	mkdir -p "$W/write"
	cp "$cache"/[1-5].tar "$W/write"
	sync -f "$W/write"
	rm -r "$W/write"
}

one_round() { # ENGINE: a line of its file of numbers
	local engine=$1 before pulled ran removed used cpu
	before=$(disk "$engine")
	cpu=$(used_cpu)
	pulled=$(timed pull "$engine" "$fat")
	cpu=$(($(used_cpu) - cpu))
	used=$(($(disk "$engine") - ${before:-0}))
	ran=$(timed run_true "$engine" "$fat")
	removed=$(timed client "$engine" rmi -f "$fat")
	echo "$pulled $ran $removed $used $cpu" >>"$W/numbers.$engine"
}
column() { cut -d' ' -f"$2" "$W/numbers.$1" | median; }

table_fat() {
	local engine base
	for _ in $(seq "$runs"); do
		for engine in "${engines[@]}"; do one_round "$engine"; done
	done
	base=$(column "${engines[0]}" 1)
	printf '\n### The fat image: %s layers, %s MB of gzip, %s MB of tar\n\n' "$(blobs | wc -l)" \
		"$(curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/b/fat/manifests/1" | jq '[.layers[].size] | add / 1e6 | floor')" \
		"$(du -cm "$cache"/[1-5].tar | tail -n 1 | cut -f1)"
	printf '| | pull s | x hoy | its processor s | first run s | remove s | disk MB | peak memory MB |\n|---|---|---|---|---|---|---|---|\n'
	for engine in "${engines[@]}"; do
		awk -v e="$engine" -v p="$(column "$engine" 1)" -v b="$base" -v r="$(column "$engine" 2)" -v d="$(column "$engine" 3)" \
			-v u="$(column "$engine" 4)" -v c="$(column "$engine" 5)" -v m="$(peak "$engine" "$fat")" \
			'BEGIN { printf "| %s | %.2f | %.2f | %.2f | %.3f | %.3f | %d | %d |\n", e, p / 1000, p / b, c / 1000, r / 1000, d / 1000, u, m }'
		client "$engine" rmi -f "$fat" >/dev/null
	done
	for floor in curl unpack write; do
		for _ in $(seq "$runs"); do timed measured floor_$floor; done >"$W/floor"
		median <"$W/floor" | awk -v c="$(cat "$W/floor.cpu")" -v f="$floor" -v b="$base" '
				BEGIN { t["curl"] = "all blobs by curl"; t["unpack"] = "igzip and both digests, two at a time"; t["write"] = "writing the tars, and sync" }
				{ printf "| floor: %s | %.2f | %.2f | %s | | | | |\n", t[f], $1 / 1000, $1 / b, c }'
	done
}

pull_many() { local i; for i in $(seq "$2"); do pull "$1" "$registry/b/small-$i:1" >/dev/null; done; }
remove_many() { local i names=(); for i in $(seq "$2"); do names+=("$registry/b/small-$i:1"); done; client "$1" rmi "${names[@]}"; }

deep() { # ENGINE: three columns
	local pulled created image=$registry/b/deep:1
	pull "$1" "$image" >/dev/null 2>&1 || { echo "refused | | "; return; }
	client "$1" rmi "$image" >/dev/null
	pulled=$(timed pull "$1" "$image")
	created=$(timed client "$1" create --name deep "$image" x)
	client "$1" rm deep >/dev/null
	awk -v p="$pulled" -v c="$created" -v r="$(timed client "$1" rmi "$image")" \
		'BEGIN { printf "%.2f | %.3f | %.3f", p / 1000, c / 1000, r / 1000 }'
}

table_many() {
	local engine n
	printf '\n### Many small images, and one of 127 layers\n\n| | images | pull ms each | images ms | remove ms each | 127 layers: pull s | create s | remove s |\n|---|---|---|---|---|---|---|---|\n'
	for engine in "${engines[@]}"; do
		case $engine in hoy-*) n=$many ;; *) n=$((many / 10)) ;; esac
		awk -v e="$engine" -v n="$n" -v p="$(timed pull_many "$engine" "$n")" -v i="$(timed client "$engine" images)" \
			-v r="$(timed remove_many "$engine" "$n")" -v deep="$(deep "$engine")" \
			'BEGIN { printf "| %s | %d | %.1f | %d | %.1f | %s |\n", e, n, p / n, i, r / n, deep }'
	done
}

main() {
	cat <<-EOF
		## Images

		Made by \`make bench-images\` ($(date -u +%Y-%m-%d), $(nproc) cores, kernel $(uname -r), medians of $runs in turn; load at the start: $(cut -d' ' -f1-3 /proc/loadavg)).
		Registry: Debian's docker-registry on loopback. Peers: $(podman --version 2>/dev/null), $(dockerd --version 2>/dev/null | cut -d, -f1). hoy's pull includes a sync of the disk, the peers' does not.
		Peak memory: all processes of the pull (PSS); of docker its service, containerd included.
	EOF
	table_fat
	[ "$many" -eq 0 ] || table_many
}
main | tee "$W/section"
[ -z "${KEEP:-}" ] || exit 0
sed '/^## Images$/,$d' bench/RESULTS.md >"$W/results"
cat "$W/section" >>"$W/results"
cp "$W/results" bench/RESULTS.md
