#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pulls that are cut short, that want the same layers, and that would fill the disk.

load lib.bash

setup_file() {
	engine_setup pull
	mkdir -p "$T/l1" "$T/l2"
	cp -a "$(busybox_root)/." "$T/l1"
	head -c 3000000 /dev/urandom >"$T/l2/random"
	tar -C "$T/l1" --exclude ./.done -cf "$T/l1.tar" .
	tar -C "$T/l2" -cf "$T/l2.tar" .
	BAD_ROOT=$T/bad
	push "dir:$BAD_ROOT/x:1" "$T/l1.tar" "$T/l2.tar"
	"$BATS_TEST_DIRNAME/bad-registry.py" "$BAD_ROOT" "$T/bad.port" >"$T/bad.log" 2>&1 3>&- &
	export BAD_PID=$! BAD_ROOT
	wait_for test -s "$T/bad.port"
	BAD=localhost:$(cat "$T/bad.port")
	export BAD
}

teardown_file() {
	kill "$BAD_PID" 2>/dev/null || true
	engine_teardown
}

teardown() {
	touch "$BAD_ROOT/gate" # nobody waits any more
	daemon_stop
	forget_holds
	hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	hoy ps -a >/dev/null
	rm -f "$BAD_ROOT/gate" "$BAD_ROOT/gets"
	wait_for disk_is_empty || { find "$T/data/layers" "$T/data/tmp" -maxdepth 2; return 1; }
}

push() { "$BATS_TEST_DIRNAME/push-image.py" "$@" >/dev/null; }
sql() { sqlite3 -cmd '.timeout 10000' "$T/data/hoy.db" "PRAGMA foreign_keys = ON; $1"; }
layers() { find "$T/data/layers" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
layers_are() { [ "$(layers)" -eq "$1" ]; }
disk_is_empty() { [ -z "$(find "$T/data/layers" "$T/data/tmp" -mindepth 1 2>/dev/null)" ]; }
# What a boot does: they were of another one.
forget_holds() { sql "UPDATE layer_holds SET boot = 'another'"; }
gets_are() { [ "$(wc -l <"$BAD_ROOT/gets")" -eq "$1" ]; }

# killed_pull: one layer in its place, one that was on its way.
killed_pull() {
	hoy pull -q "$BAD/stallbig/x:1" >/dev/null 2>&1 &
	wait_for layers_are 1
	kill_ours KILL $(engine_pids)
	wait $! || true
	wait_for test -z "$(engine_pids)"
}

@test "a pull that is killed costs the layers that were on their way; the next one finds the others" {
	killed_pull
	[ -z "$(hoy images -q)" ]
	run_status 0 hoy pull "$BAD/ok/x:1"
	[ "$(grep -c 'Already exists' <<<"$output")" -eq 1 ]
	[ "$(grep -c 'Pull complete' <<<"$output")" -eq 1 ]
	[ "$(sql 'SELECT count(*) FROM layer_holds')" -eq 0 ]
	[ -z "$(find "$T/data/tmp" -mindepth 1)" ]
	run_status 0 hoy run --rm --network none "$BAD/ok/x:1" true
}

@test "what a killed pull left goes when nobody comes: after a day, or with the boot" {
	killed_pull
	hoy import "$T/l2.tar" other
	hoy rmi other
	[ "$(layers)" -eq 1 ]
	sql 'UPDATE layer_holds SET since = since - 86401 * 1000000000'
	hoy import "$T/l2.tar" other
	[ "$(layers)" -eq 1 ] # that of other
	hoy rmi other
	killed_pull
	forget_holds
	run_status 0 hoy pull "$BAD/ok/x:1"
	[ "$(grep -c 'Pull complete' <<<"$output")" -eq 2 ]
}

@test "an interrupted client is a killed pull; a registry that goes silent keeps what is whole; a damaged image keeps nothing" {
	hoy pull -q "$BAD/stallbig/x:1" >/dev/null 2>&1 &
	wait_for layers_are 1
	kill $!
	wait $! || true
	[ "$(layers)" -eq 1 ]
	forget_holds
	HOY_STALL_SECONDS=1 run_status 1 hoy pull -q "$BAD/stallbig/x:1"
	[[ $output == *"no data from $BAD for 1 seconds" ]]
	[ "$(layers)" -eq 1 ]
	forget_holds
	run_status 1 hoy pull -q "$BAD/wrongbig/x:1"
	[[ $output == *"verification failed"* ]]
	[ "${#lines[@]}" -eq 1 ]
	wait_for disk_is_empty
}

# pull_json: over the API, where progress is to be seen.
pull_json() {
	curl -sN --unix-socket "$T/hoy.sock" -X POST "http://localhost/v1.45/images/create?fromImage=$BAD/gate/x&tag=1"
}

@test "a layer that two pulls want is fetched once; the second waits and shows how far it is" {
	daemon_start
	pull_json >"$T/one.json" &
	local one=$!
	wait_for gets_are 2
	pull_json >"$T/two.json" &
	local two=$!
	wait_for sh -c "[ \$(grep -c '\"Waiting\"' $T/two.json) -eq 2 ]"
	wait_for grep -q '"Downloading".*"current":[1-9]' "$T/two.json"
	touch "$BAD_ROOT/gate"
	wait $one
	wait $two
	gets_are 2
	[ "$(grep -c '"Pull complete"' "$T/two.json")" -eq 2 ]
	# whichever was done first has the new image, the other may find it there
	grep -q 'Image is up to date\|Downloaded newer image' "$T/one.json"
	grep -q 'Image is up to date\|Downloaded newer image' "$T/two.json"
	cat "$T/one.json" "$T/two.json" | grep -q 'Downloaded newer image'
}

@test "when the first of two pulls dies the second takes over" {
	hoy pull -q "$BAD/gate/x:1" >/dev/null 2>&1 &
	local one=$! pids
	wait_for gets_are 2
	pids=$(engine_pids)
	hoy pull "$BAD/gate/x:1" >"$T/two.out" 2>&1 &
	local two=$!
	wait_for sh -c "[ \$(grep -c Waiting $T/two.out) -eq 2 ]"
	kill_ours KILL $pids
	wait $one || true
	wait_for gets_are 4
	touch "$BAD_ROOT/gate"
	wait $two
	[ "$(grep -c 'Pull complete' "$T/two.out")" -eq 2 ]
	hoy pull -q "$BAD/gate/x:1" # sweeps what the first was at
	[ -z "$(find "$T/data/tmp" -mindepth 1)" ]
}

small_disk_refuses() { # SIZE SUFFIX TEXT
	mkdir -p "$T/small"
	mount -t tmpfs -o size="$1" tmpfs "$T/small"
	sed "s|\"data-root\": \"[^\"]*\"|\"data-root\": \"$T/small\"|" "$HOY_CONFIG" >"$T/small.json"
	HOY_CONFIG=$T/small.json run hoy import "$T/zeros.tar.$2" zeros
	[ -z "$(find "$T/small/layers" "$T/small/tmp" -mindepth 1 2>/dev/null)" ] || status=2
	umount -l "$T/small"
	[ "$status" -eq 1 ]
	[[ $output == *"$3"* ]]
}

@test "layers of zeros are honest at any ratio; what grows beyond the disk, or a share of it out of all proportion, is refused" {
	head -c 100000000 /dev/zero >"$T/zeros"
	tar -C "$T" -cf "$T/zeros.tar" zeros
	zstd -q -19 "$T/zeros.tar"
	xz -0 -k "$T/zeros.tar"
	gzip -9 -c "$T/zeros.tar" >"$T/zeros.tar.gz"
	[ "$(stat -c %s "$T/zeros.tar.zst")" -lt 80000 ] # 1 : 1,250 and more
	[ "$(stat -c %s "$T/zeros.tar.xz")" -lt 80000 ]
	run_status 0 hoy import "$T/zeros.tar.zst" zeros
	run_status 0 hoy import "$T/zeros.tar.xz" zeros
	run_status 0 hoy import "$T/zeros.tar.gz" zeros # 1 : 1,028 is what deflate can
	needs_own_mounts
	small_disk_refuses 10m gz "No space left on device"
	small_disk_refuses 300m zst "it grows to more than 1,100 times its size and beyond 67.11MB"
	small_disk_refuses 300m xz "it grows to more than 1,100 times its size and beyond 67.11MB"
	rm -f "$T"/zeros*
}
