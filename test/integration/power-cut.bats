#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a power cut leaves of images: the data root lies on a journalled file system of its own, which is shut down as
# a power cut would (what the kernel has not written is lost), checked and mounted again.

load lib.bash

setup() {
	engine_setup power
	mkdir "$T/data"
	truncate -s 256M "$T/disk"
	mkfs.ext4 -q "$T/disk"
	mount -o loop "$T/disk" "$T/data" || skip "no loop devices here"
	tar -C "$(busybox_root)" --exclude ./.done -cf "$T/root.tar" .
}

teardown() {
	if mountpoint -q "$T/data"; then
		layer_trees_unmount
		find "$T/data" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
		umount "$T/data"
	fi
	engine_teardown
}

# EXT4_IOC_SHUTDOWN without a flush of the journal; then the journal is played back as at boot.
power_cut() {
	python3 - "$T/data" <<'EOF'
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))
EOF
	layer_trees_unmount
	umount "$T/data"
	mount -o loop "$T/disk" "$T/data"
}

layers_are_gone() { [ -z "$(ls "$T/data/layers")" ]; }

# Every layer that has a record has its files, byte by byte.
layers_are_whole() {
	local layer n=0
	for layer in $(layer_trees); do
		[ -d "$layer/bin" ]
		diff -r --no-dereference "$(busybox_root)" "$layer" | grep -v '^Only in .*: \.done$' && return 1
		n=$((n + 1))
	done
	[ "$n" -eq "$1" ]
}

@test "an image that was imported is whole after a power cut" {
	local id
	id=$(hoy import --change 'CMD ["cat","/etc/passwd"]' "$T/root.tar" busybox)
	power_cut
	[ "$(hoy images -q --no-trunc)" = "$id" ]
	layers_are_whole 1
	run_status 0 hoy run --rm --network none busybox
	[[ $output == root:x:0:0:* ]]
}

@test "an image that was removed does not come back as a record without files" {
	hoy import "$T/root.tar" busybox
	power_cut
	hoy rmi busybox
	wait_for layers_are_gone
	power_cut
	[ -z "$(hoy images -q)" ]
	hoy import "$T/root.tar" busybox
	layers_are_whole 1
}
