#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# variants: DRIVER=erofs | DRIVER=overlay
# Looking at images: mounted without a container, as a tree, for a platform.

load lib.bash

setup_file() {
	ENGINE=daemon engine_setup look || return 0
	export HOYD_PID
	import_busybox
	hoy run --name c1 busybox sh -c 'echo one >/one; rm /etc/group; rm -r /var; mkdir /var; echo n >/var/new; chown 5:6 /one'
	hoy commit c1 two
	hoy rm c1
}

teardown_file() { engine_teardown; }
teardown() {
	[ -z "${SKIP_FILE:-}" ] || return 0
	[ -z "${output:-}" ] || echo "last output: $output"
	hoy image umount -fa >/dev/null
}

mounts_left() { grep -F " $T/run/images" /proc/self/mountinfo || true; }

@test "image mount: the image's files, read-only; listed; nothing is left afterwards" {
	local path
	path=$(hoy image mount two)
	[ "$(cat "$path/one")" = one ]
	[ "$(stat -c %u:%g "$path/one")" = 5:6 ]
	[ ! -e "$path/etc/group" ]
	[ "$(ls "$path/var")" = new ]
	run_status 1 touch "$path/x"
	[[ $output == *"Read-only file system"* ]]
	[ "$(hoy image mount two)" = "$path" ]
	[ "$(hoy image mount busybox two | wc -l)" -eq 2 ]
	run_status 0 hoy image mount --format '{{.Image}} {{.Mountpoint}}'
	[[ $output == *"two:latest $path"* && ${#lines[@]} = 2 ]]
	run_status 0 hoy image umount two busybox
	[ "${lines[0]}" = "$(hoy inspect -f '{{.Id}}' two)" ]
	[ -z "$(mounts_left)" ]
	[ "$(ls "$T/run/images")" = lock ]
	run_status 0 hoy image mount --format '{{.ID}}'
	[ -z "$output" ]
}

@test "image mount: one of one layer, by id; images that are mounted are not removed" {
	local id path
	id=$(hoy inspect -f '{{.Id}}' busybox)
	path=$(hoy image mount "${id:7:12}")
	[ -s "$path/bin/busybox" ]
	run_status 1 hoy rmi -f busybox
	[[ $output == *"conflict: unable to delete ${id:7:12} (cannot be forced) - image is mounted: unmount it first" ]]
	hoy tag two keep:1
	run_status 0 hoy image prune -af --filter label=none
	exec 7<"$path/bin/busybox"
	run_status 1 hoy image umount busybox
	[[ $output == *"is in use at $path: somebody has a file open there" ]]
	run_status 0 hoy image unmount -f busybox
	exec 7<&-
	[ -z "$(mounts_left)" ]
	run_status 1 hoy image umount busybox
	[[ $output == *"image busybox is not mounted" ]]
	run_status 1 hoy image mount nothing
	[ "$output" = "Error response from daemon: No such image: nothing:latest" ]
	run_status 1 hoy image umount
	[[ $output == "name the images to unmount, or give --all, and not both" ]]
	hoy rmi keep:1
}

@test "a reset unmounts what is mounted" {
	local path
	path=$(hoy image mount two)
	(
		daemon_stop
		hoyd --config-file "$HOY_CONFIG" --reset
	)
	[ ! -e "$path" ]
	[ -z "$(mounts_left)" ]
	daemon_start
	run_status 0 hoy run --rm two cat /one
}

@test "images --tree: an image once, with all its names and what it takes" {
	hoy tag two names:1
	run_status 0 hoy images --tree
	[[ ${lines[0]} == "IMAGE "*"ID "*"DISK USAGE"*"CONTENT SIZE"*"EXTRA" ]]
	[ "$(grep -c "$(hoy images -q two)" <<<"$output")" -eq 1 ]
	grep -qx 'two:latest *' <<<"$output"
	hoy create --name c1 busybox
	run_status 0 hoy images --tree busybox
	[[ ${lines[1]} == busybox:latest*U ]]
	hoy rm c1
	run_status 1 hoy images --tree -q
	[ "$output" = "--quiet is not supported with --tree" ]
	hoy rmi names:1
}

@test "--platform of inspect, history and rmi" {
	local cmd
	[ "$(uname -m)" = x86_64 ] || skip "the platforms are those of amd64"
	for cmd in "image inspect" history rmi; do
		# shellcheck disable=SC2086
		run_status 1 hoy $cmd --platform linux/arm64 two
		[[ $output == *"image with reference two was found but does not provide the specified platform (linux/arm64)" ]]
	done
	run_status 0 hoy image inspect --platform linux/amd64 -f '{{.Architecture}}' two
	[ "$output" = amd64 ]
	run_status 1 hoy history --platform linux/a/b/c two
	[[ $output == "invalid platform"* ]]
	hoy tag two other
	run_status 0 hoy rmi --platform linux/amd64 other
	[ "$output" = "Untagged: other:latest" ]
}
