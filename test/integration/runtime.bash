# SPDX-License-Identifier: Apache-2.0
# Shared by runtime*.bats: a bundle of busybox, a runtime with a state directory of its own, jq-like edits by python.

HOY_BUILD=${HOY_BUILD:-$BATS_TEST_DIRNAME/../../build/src}
RUNTIME=${RUNTIME:-$HOY_BUILD/hoy-runtime}

bundle_setup() {
	T=$(mktemp -d "${BATS_TMPDIR:-/tmp}/hoy-rt.XXXXXX")
	ROOT=$T/state B=$T/bundle ID=rt-$$-$RANDOM
	CG=hoy-rt-$$-$RANDOM
	mkdir -p "$B"/rootfs/{bin,etc,tmp,proc,dev,sys,root,var}
	cp /bin/busybox "$B/rootfs/bin/busybox"
	for a in sh ls cat id ps mount hostname sleep true false echo grep stat kill readlink touch mkdir env head \
		awk wc tr ip sync test stty tty dd seq mknod ulimit uname date; do
		ln -s busybox "$B/rootfs/bin/$a"
	done
	echo "root:x:0:0:root:/root:/bin/sh" >"$B/rootfs/etc/passwd"
	echo "user:x:1000:1000::/home/user:/bin/sh" >>"$B/rootfs/etc/passwd"
	(cd "$B" && rt spec)
	config "c['process']['terminal'] = False; c['linux']['cgroupsPath'] = '/$CG'; c['root']['readonly'] = False"
}

# config PYTHON: change config.json, which is c.
config() {
	python3 - "$B/config.json" "$1" <<-'EOF'
	import json, sys
	with open(sys.argv[1]) as f:
	    c = json.load(f)
	exec(sys.argv[2])
	with open(sys.argv[1], 'w') as f:
	    json.dump(c, f)
	EOF
}

# args WORD...: the container's program.
args() {
	python3 - "$B/config.json" "$@" <<-'EOF'
	import json, sys
	with open(sys.argv[1]) as f:
	    c = json.load(f)
	c['process']['args'] = sys.argv[2:]
	with open(sys.argv[1], 'w') as f:
	    json.dump(c, f)
	EOF
}

rt() {
	"$RUNTIME" --root "$ROOT" "$@"
}

# Output of the program alone; 3 is bats' own.
rt_run() {
	rt run -b "$B" "$ID" 3>&-
}

# A container that sleeps, in the background.
rt_detached() {
	rt run -d -b "$B" "${1:-$ID}" >"$T/out" 2>&1 </dev/null 3>&-
}

bundle_teardown() {
	[ -n "${T:-}" ] || return 0
	local id left
	for id in $(rt list -q 2>/dev/null); do rt delete --force "$id" || true; done
	left=$(find /sys/fs/cgroup -maxdepth 2 -name "$CG*" 2>/dev/null)
	rm -rf "$T"
	[ -z "$left" ] || {
		echo "cgroups left: $left" >&2
		return 1
	}
}

state_of() {
	rt state "${1:-$ID}" | python3 -c 'import json,sys; print(json.load(sys.stdin)["status"])'
}

pid_of() {
	rt state "${1:-$ID}" | python3 -c 'import json,sys; print(json.load(sys.stdin)["pid"])'
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

stopped() {
	[ "$(state_of "$1")" = stopped ]
}

# A directory's control file in whichever version this machine has: cgfile CONTROLLER V1FILE V2FILE
cgfile() {
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		cat "/sys/fs/cgroup/$CG/$3"
	else
		cat "/sys/fs/cgroup/$1/$CG/$2"
	fi
}

is_v2() {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]
}

skip_or_fail() {
	[ "${MUST_RUN:-}" != 1 ] || { echo "MUST_RUN: $1" >&2; return 1; }
	skip "$1"
}
