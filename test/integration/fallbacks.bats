#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Kernels that lack what docs/kernel.md names: the fallback works, or one sentence tells what is missing and nothing is
# left. System calls are taken away by a filter (without) for all programs, or made to fail in one program by strace.

load lib

WITHOUT=$BATS_TEST_DIRNAME/without

setup_file() {
	DRIVER=overlay engine_setup fallbacks # its way of mounting has the most fallbacks
	# Programs find each other in their directory: one of them can be replaced here.
	mkdir "$T/bin"
	find "$HOY_BUILD" -maxdepth 1 -type f -name 'hoy*' -perm -100 -exec cp -t "$T/bin" {} +
	import_busybox
}

teardown_file() { engine_teardown; }

teardown() {
	[ -z "${output:-}" ] || echo "last output: $output"
	[ ! -e "$T/bin/hoy-monitor.real" ] || mv "$T/bin/hoy-monitor.real" "$T/bin/hoy-monitor"
	[ -z "$(hoy ps -aq)" ]
	wait_for containers_gone
}

# in_monitor SPEC: calls of hoy-monitor, and of it alone, are changed: -e inject=SPEC. strace attaches, for as its parent
# it would hold the pipe on which the engine waits.
in_monitor() {
	mv "$T/bin/hoy-monitor" "$T/bin/hoy-monitor.real"
	cat >"$T/bin/hoy-monitor" <<-END
	#!/bin/bash
	(
		for fd in /proc/self/fd/*; do
			n=\${fd##*/}
			[ "\$n" -le 2 ] || eval "exec \$n>&-" 2>/dev/null
		done
		exec strace -q -o $T/trace -e trace=${1%%:*} -e inject=$1 -p \$\$
	) &
	until grep -q "^TracerPid:	[1-9]" /proc/\$\$/status; do :; done
	exec $T/bin/hoy-monitor.real "\$@"
	END
	chmod +x "$T/bin/hoy-monitor"
}

# It runs, on the layers and with what it writes, and the call did fail.
runs_anyway() {
	run_status 0 "$T/bin/hoy" run --rm "$@" busybox sh -c 'touch /etc/new && test -s /etc/passwd && id -u'
	[ "$output" = 0 ]
	grep -q INJECTED "$T/trace"
}

# one_sentence TEXT COMMAND...: fails with a sentence that has TEXT.
one_sentence() {
	local text=$1
	shift
	run_status 125 "$@"
	[[ $output = *"$text"* ]]
	[ "$(grep -c "Error response" <<<"$output")" -eq 1 ]
}

@test "overlay without lowerdir+ (before 6.8): one string" {
	in_monitor fsconfig:error=EINVAL:when=1
	runs_anyway
}

@test "overlay that takes every option and refuses the mount (before 6.5)" {
	in_monitor fsconfig:error=EINVAL:when=5
	runs_anyway
	grep -q 'FSCONFIG_CMD_CREATE.*INJECTED' "$T/trace"
}

@test "an overlay that cannot be mounted either way: what the kernel says" {
	in_monitor fsconfig,mount:error=EINVAL
	one_sentence "mount the container's overlay root" "$T/bin/hoy" run --rm busybox true
	grep -q INJECTED "$T/trace"
}

@test "monitor without fsopen (before 5.2): one string" {
	in_monitor fsopen:error=ENOSYS
	runs_anyway
}

@test "statx does not tell of mount points (before 5.8): every mount becomes a slave" {
	needs_own_mounts
	in_monitor statx:poke_exit=@arg5="$(printf '00%.0s' $(seq 128))"
	runs_anyway
	run findmnt -rno TARGET
	[[ $output != *"$T"* ]]
}

@test "a mount whose propagation cannot be changed alone: every mount becomes a slave" {
	needs_own_mounts
	in_monitor mount_setattr:error=ENOSYS:when=1
	runs_anyway
}

@test "id-mapped layers (5.19) have no fallback" {
	needs_own_mounts
	mkdir -p "$T/sub"
	printf 'hoy:1000000:65536\n' >"$T/sub/ids"
	in_monitor mount_setattr:error=EINVAL:when=2
	# shellcheck disable=SC2016
	one_sentence "(needs Linux 5.19 and a file system that can)" unshare -m --propagation slave sh -c \
		'mount --bind "$T/sub/ids" /etc/subuid && mount --bind "$T/sub/ids" /etc/subgid && exec "$T/bin/hoy" run --rm --userns=auto busybox true'
	[ "$(sqlite3 "$T/data/hoy.db" 'SELECT count(*) FROM id_maps')" -eq 0 ]
}

@test "no user namespaces on this machine" {
	needs_own_mounts
	one_sentence "this machine allows no further user namespace" unshare -m --propagation slave "$WITHOUT" clone3=ENOSPC -- sh -c \
		'mount --bind "$T/sub/ids" /etc/subuid && mount --bind "$T/sub/ids" /etc/subgid && exec hoy run --rm --userns=auto busybox true'
}

@test "no close_range (before 5.11): fd by fd" {
	[ "$("$WITHOUT" close_range -- hoy run --rm busybox sh -c 'ls /proc/self/fd | wc -l')" = "$(hoy run --rm busybox sh -c 'ls /proc/self/fd | wc -l')" ]
	[ "$("$WITHOUT" close_range=EINVAL -- hoy run --rm busybox echo runs)" = runs ]
}

@test "no time namespaces (before 5.6): the host's clocks" {
	[ "$(hoy run --rm busybox readlink /proc/self/ns/time)" != "$(readlink /proc/self/ns/time)" ]
	run_status 0 strace -f -q -o "$T/trace" -e trace=access,faccessat,faccessat2 -P /proc/self/ns/time \
		-e inject=access,faccessat,faccessat2:error=ENOENT hoy run --rm busybox readlink /proc/self/ns/time
	grep -q INJECTED "$T/trace"
	[ "$output" = "$(readlink /proc/self/ns/time)" ]
}

@test "EROFS cannot be mounted from files (before 6.12): a new store is of the driver overlay" {
	local config=$T/fresh.json
	sed "s|$T/data|$T/fresh|; s|, \"storage-driver\": \"overlay\"||" "$HOY_CONFIG" >"$config"
	run_status 0 env HOY_CONFIG="$config" "$WITHOUT" fsopen -- hoy info -f '{{.Driver}}'
	[ "$output" = overlay2 ]
	[ "$(cat "$T/fresh/layer-driver")" = overlay ]
	rm -r "$T/fresh"
	sed -i 's|"bridge"|"storage-driver": "erofs", "bridge"|' "$config"
	run_status 1 env HOY_CONFIG="$config" "$WITHOUT" fsopen -- hoy images
	[[ $output == *"storage-driver erofs: needs Linux 6.12, and a file system that it can mount from"* ]]
	[ ! -e "$T/fresh/layer-driver" ]
	[ -z "$(ls "$T/fresh/tmp")" ]
	rm -r "$T/fresh"
}

@test "no Landlock (before 5.13): images come in all the same" {
	tar -C "$(busybox_root)" --exclude ./.done -c . | "$WITHOUT" landlock_create_ruleset -- hoy import - again
	hoy run --rm again true
	hoy rmi again
}

# What has no fallback says so in one sentence, and nothing is left (teardown looks).
@test "calls that nothing replaces" {
	local call
	for call in openat2 open_tree move_mount fsmount clone3 pidfd_open; do
		run "$WITHOUT" $call -- hoy run --rm busybox true
		echo "$call: $status $output"
		[ "$status" -eq 125 ]
		[ "$(grep -c "Error response" <<<"$output")" -eq 1 ]
		[[ ${output,,} = *"function not implemented"* ]]
		[ -z "$(hoy ps -aq)" ]
	done
}
