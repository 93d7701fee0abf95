#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images that go by themselves, as daemon.json's image-cleanup says: by age, and between two marks of the disk.

load lib.bash

setup() {
	engine_setup cleanup
	for n in 1 2 3; do
		mkdir -p "$T/l$n"
		head -c 4000000 /dev/urandom >"$T/l$n/data"
		tar -C "$T/l$n" -cf "$T/$n.tar" .
	done
}

teardown() {
	[ ! -d "$T/small" ] || umount -l "$T/small" 2>/dev/null || true
	engine_teardown
}

sql() { sqlite3 -cmd '.timeout 10000' "$(jq -r '.["data-root"]' "$HOY_CONFIG")/hoy.db" "$1"; }
configure() { jq "$1" "$HOY_CONFIG" >"$T/new" && mv "$T/new" "$HOY_CONFIG"; }
# used HOURS NAME: that long ago
used() {
	sql "UPDATE image_uses SET at = at - $1 * 3600 * 1000000000 WHERE image_id = (SELECT image_id FROM tags WHERE name = 'docker.io/library/$2:latest')"
}
images() { hoy images --format '{{.Repository}}' | sort | tr '\n' ' '; }
images_are() { [ "$(images)" = "$1" ]; }

@test "off by default; by age: what no container uses and nobody wanted for so long" {
	for n in 1 2 3; do hoy import "$T/$n.tar" "i$n" >/dev/null; done
	for n in 1 2 3; do used 100 i$n; done
	hoy import "$T/1.tar" other >/dev/null
	[ "$(images)" = "i1 i2 i3 other " ]
	hoy create --name user i1 x >/dev/null
	configure '.["image-cleanup"] = {"max-age": "99h"}'
	hoy import "$T/1.tar" more >/dev/null # made anew: wanted
	wait_for images_are "i1 more other "
	[ "$(find "$T/data/layers" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ]
	hoy rm user # the use ends now
	daemon_start
	daemon_stop
	[ "$(images)" = "i1 more other " ]
	used 100 i1
	daemon_start # a service looks when it starts
	wait_for images_are "more other "
}

@test "by the marks of the disk: longest unwanted first, until it is low enough; not what was wanted within the hour" {
	needs_own_mounts
	mkdir "$T/small"
	mount -t tmpfs -o size=20m tmpfs "$T/small"
	configure ".[\"data-root\"] = \"$T/small\" | .[\"image-cleanup\"] = {\"high-water\": 50, \"low-water\": 45}"
	hoy import "$T/1.tar" i1 >/dev/null
	hoy import "$T/2.tar" i2 >/dev/null
	used 2 i1
	used 3 i2
	[ "$(images)" = "i1 i2 " ]
	hoy import "$T/3.tar" i3 >/dev/null
	wait_for images_are "i1 i3 "
	used 1 i1 # now three hours
	hoy import "$T/2.tar" i2 >/dev/null
	wait_for images_are "i2 i3 "
	hoy import "$T/1.tar" i1 >/dev/null
	[ "$(images)" = "i1 i2 i3 " ]
	hoy rmi i1 i2 i3
}

@test "a policy that makes no sense is refused" {
	local policy
	for policy in '{"max-age": "soon"}' '{"high-water": 80}' '{"high-water": 50, "low-water": 60}' '{"high-water": 120, "low-water": 10}'; do
		jq ".[\"image-cleanup\"] = $policy" "$HOY_CONFIG" >"$T/bad.json"
		HOY_CONFIG=$T/bad.json run hoyd --config-file "$T/bad.json" --validate
		[ "$status" -ne 0 ]
		[[ $output == *"image-cleanup: "* ]]
	done
}
