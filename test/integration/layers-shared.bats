#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Driver erofs: a layer is one superblock, and so one page cache, for all containers that run on it.

load lib

setup_file() {
	export DRIVER=erofs
	engine_setup shared || return 0
	import_busybox base >/dev/null
	id=$(hoy create --network none base true)
	echo more | hoy run -i --name more --network none base sh -c 'cat >/more'
	hoy commit more upper >/dev/null
	hoy rm -f "$id" more >/dev/null
}

teardown_file() {
	load lib
	[ -z "${T:-}" ] || engine_teardown
}

setup() {
	skipped_file
	needs_own_mounts
}

teardown() {
	[ -z "${SKIP_FILE:-}" ] || return 0
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	wait_for nobody_left
}

nobody_left() { [ -z "$(find "$T/run/layers" -mindepth 1)" ]; }
monitor_of() { pgrep -f "hoy-monitor --id $(hoy inspect -f '{{.Id}}' "$1")"; }
# The devices of the layers below a container's root, in no order: one number is one superblock.
superblocks() { awk '$0 ~ / - erofs / { print $3 }' "/proc/$(monitor_of "$1")/mountinfo" | sort -u | paste -sd' '; }
start() { hoy run -d --name "$1" --network none "${@:2}" sleep 1000 >/dev/null; }

@test "containers of an image, and of an image built on it, have the layer in common; whoever goes first" {
	start aa base
	start bb base
	start cc upper
	local one
	one=$(superblocks aa)
	[[ $one =~ ^[0-9]+:[0-9]+$ ]]
	[ "$(superblocks bb)" = "$one" ]
	[[ " $(superblocks cc) " == *" $one "* ]]
	[ "$(superblocks cc | wc -w)" = 2 ]
	hoy rm -f aa >/dev/null
	start dd base
	[ "$(superblocks dd)" = "$one" ]
	hoy rm -f bb cc >/dev/null
	[ "$(hoy exec dd cat /bin/busybox | cksum)" = "$(cksum <"$(busybox_root)/bin/busybox")" ]
	start ee upper
	[[ " $(superblocks ee) " == *" $one "* ]]
	hoy restart -t 0 dd >/dev/null
	start ff base
	[[ " $(superblocks ee) " == *" $(superblocks ff) "* ]]
}

@test "a monitor that was killed, or does not answer, keeps nobody from starting" {
	start aa base
	kill -9 "$(monitor_of aa)"
	[ -n "$(find "$T/run/layers" -type f)" ]
	start bb base
	[ "$(superblocks bb | wc -w)" = 1 ]
	[ "$(find "$T/run/layers" -type f)" = "$(find "$T/run/layers" -type f -name "$(hoy inspect -f '{{.Id}}' bb)")" ]
	kill -STOP "$(monitor_of bb)"
	start cc base
	[ "$(superblocks cc | wc -w)" = 1 ]
	[ "$(superblocks cc)" != "$(superblocks bb)" ]
	kill -CONT "$(monitor_of bb)"
	start dd base
	[[ " $(superblocks bb) $(superblocks cc) " == *" $(superblocks dd) "* ]]
}

@test "what a killed monitor left goes with its container" {
	start aa base
	kill -9 "$(monitor_of aa)"
	hoy rm -f aa >/dev/null
	swept() { hoy ps -a && nobody_left; }
	wait_for swept
}

@test "an image that was removed by force and pulled anew is not taken from one that still runs on the old files" {
	start aa base
	local old
	old=$(superblocks aa)
	# the same layer, as a repair makes it anew: another file
	for layer in "$T"/data/layers/*; do
		cp -a "$layer/index" "$layer/index.new"
		mv "$layer/index.new" "$layer/index"
	done
	start bb base
	[ "$(superblocks bb)" != "$old" ]
}

@test "many at once" {
	local i
	for i in $(seq 12); do start "m$i" upper & done
	wait
	for i in $(seq 12); do
		[ "$(superblocks "m$i" | wc -w)" = 2 ]
		[ "$(hoy exec "m$i" cat /more)" = more ]
	done
}
