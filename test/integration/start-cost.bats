#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a start costs, counted rather than timed: programs executed, processes made, system calls. docs/design/003 and 006
# say where they go; who adds some sees it here.

load lib

teardown() { engine_teardown; }

@test "hoy run executes each program once: the runtime through a read-only mount, and once more to delete" {
	engine_setup cost
	import_busybox
	hoy run --rm --network none busybox true # the filter is compiled now
	strace -f -qq -e trace=execve,execveat,clone,clone3,fork,vfork -e status=successful -o "$T/trace" \
		hoy run --rm --network none busybox true 3>&-
	grep -o 'exec[a-z]*("[^"]*"' "$T/trace" | sed 's/.*("//; s/"$//; s/.*\/hoy/hoy/' | sort >"$T/executed"
	cat "$T/executed"
	[ "$(tr '\n' ' ' <"$T/executed")" = "/bin/true /proc/self/fd/$(grep -o 'fd/[0-9]*' "$T/executed" | cut -d/ -f2) hoy hoy-monitor hoy-runtime hoyd " ]
	[ "$(grep -c execveat "$T/trace")" = 0 ] # the seal's second one
	# hoyd, the worker of its one connection, monitor, runtime, container, delete
	[ "$(grep -cE '(clone|fork)3?\(' "$T/trace")" -le 6 ]
}

@test "hoy exec: one connection, five processes" {
	engine_setup cost
	import_busybox
	hoy run -d --name one --network none busybox sleep 1000
	strace -f -qq -e trace=clone,clone3,fork,vfork,accept4 -e status=successful -o "$T/trace" hoy exec one true 3>&-
	# hoyd, its worker, monitor, runtime, the program
	[ "$(grep -cE '(clone|fork)3?\(' "$T/trace")" -le 5 ]
	[ "$(grep -c 'accept4(' "$T/trace")" -le 2 ] # of hoy; of the worker, from the monitor
}

@test "hoy-runtime run of docker's default bundle: at most 720 system calls in both processes" {
	unshare -m true 2>/dev/null || skip "below a chroot the mounts are reduced to its tree first: some calls more"
	engine_setup cost
	import_busybox
	id=$(hoy run -d --network none busybox sleep 1000)
	mkdir "$T/bundle"
	jq --arg root "$(busybox_root)" --arg cg "/$CGROUP/oci" '.root.path = $root | .process.args = ["/bin/true"] | .linux.cgroupsPath = $cg
		| .linux.namespaces |= map(if .type == "network" then del(.path) else . end)' \
		"$T/run/containers/$id/config.json" >"$T/bundle/config.json"
	hoy-runtime --root "$T/rt" run -b "$T/bundle" c 3>&-
	strace -f -c -o "$T/count" hoy-runtime --root "$T/rt" run -b "$T/bundle" c 3>&-
	calls=$(awk '$NF == "total" { print $4 }' "$T/count")
	echo "$calls system calls"
	[ "$calls" -le 720 ]
	hoy rm -f "$id"
}
