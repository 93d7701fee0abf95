#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# variants: DRIVER=erofs | DRIVER=overlay
# system check: damage of each kind is found, told, and repaired where a registry has the image.

load lib.bash

setup_file() {
	engine_setup check || return 0
	mkdir -p "$T/l1" "$T/l2"
	cp -a "$(busybox_root)/." "$T/l1"
	head -c 100000 /dev/urandom >"$T/l2/random"
	tar -C "$T/l1" --exclude ./.done -cf "$T/l1.tar" .
	tar -C "$T/l2" -cf "$T/l2.tar" .
	registry_start
	export REGISTRY REGISTRY_PID
	"$BATS_TEST_DIRNAME/push-image.py" "http://$REGISTRY/t/x:1" "$T/l1.tar" "$T/l2.tar" >/dev/null
}

teardown_file() {
	registry_stop
	engine_teardown
}

setup() {
	skipped_file
	hoy pull -q "$REGISTRY/t/x:1" >/dev/null
}

teardown() {
	[ -z "${SKIP_FILE:-}" ] || return 0
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	"$BATS_TEST_DIRNAME/accounts.py" "$T/data"
}

sql() { sqlite3 -cmd '.timeout 10000' "$T/data/hoy.db" "$1"; }
# The directory of the layer with the file /random.
second_layer() { echo "$T/data/layers/$(sha256sum <"$T/l2.tar" | cut -d' ' -f1)"; }
data_of() { if [ -e "$1/tar" ]; then echo "$1/tar"; else echo "$1/diff/random"; fi; }
flip() { printf X | dd of="$1" bs=1 seek=5000 conv=notrunc status=none; }

is_whole() {
	run_status 0 hoy system check
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "Checked $1 image"*": 0 problems" ]]
	"$BATS_TEST_DIRNAME/accounts.py" "$T/data"
	run_status 0 hoy run --rm --network none "$REGISTRY/t/x:1" sha256sum /random
	[ "${output%% *}" = "$(sha256sum <"$T/l2/random" | cut -d' ' -f1)" ]
}

@test "nothing is wrong" { is_whole 1; }

@test "a damaged layer and one that is gone: told, pulled again by digest" {
	local layer
	layer=$(second_layer)
	flip "$(data_of "$layer")"
	run_status 1 hoy system check
	[[ ${lines[0]} == "layer sha256:$(basename "$layer"): its content is sha256:"* ]]
	[[ ${lines[1]} == "Checked 1 image and 2 layers ("*"): 1 problem" ]]
	run_status 0 hoy system check --repair
	[[ ${lines[0]} == *" (repaired)" ]]
	[[ ${lines[1]} == *": 1 problem, 1 repaired" ]]
	is_whole 1
	rm -r "$layer"
	run_status 1 hoy system check
	[[ ${lines[0]} == "layer sha256:$(basename "$layer"): "* ]]
	run_status 0 hoy system check --repair
	is_whole 1
}

@test "a damaged index, and that of another layer" {
	local layer other
	layer=$(second_layer)
	[ -e "$layer/index" ] || skip "the driver overlay has none"
	printf X | dd of="$layer/index" bs=1 seek=1290 conv=notrunc status=none
	run_status 1 hoy system check
	[[ ${lines[0]} == "layer sha256:$(basename "$layer"): its index is damaged" ]]
	run_status 0 hoy system check --repair
	is_whole 1
	other=$(find "$T/data/layers" -name index ! -path "$layer/*")
	cp "$other" "$layer/index"
	run_status 1 hoy system check
	[[ ${lines[0]} == "layer sha256:$(basename "$layer"): its index is that of another layer" ]]
	truncate -s 700 "$layer/index"
	run_status 1 hoy system check
	[[ ${lines[0]} == "layer sha256:$(basename "$layer"): its index is cut short" ]]
	run_status 0 hoy system check --repair
	is_whole 1
}

@test "a damaged config" {
	sql "UPDATE images SET config = replace(config, 'amd64', 'amd65')"
	run_status 1 hoy system check
	[[ ${lines[0]} == "image sha256:"*": its config has the digest sha256:"* ]]
	run_status 0 hoy system check --repair
	is_whole 1
}

@test "what belongs to nothing is told and removed" {
	local hex
	hex=$(printf '5%.0s' $(seq 64))
	mkdir -p "$T/data/layers/$hex/diff" "$T/data/tmp/0123"
	run_status 1 hoy system check
	[[ $output == *"stray layers/$hex: nothing refers to it"* ]]
	[[ $output == *"stray tmp/0123: nothing refers to it"* ]]
	run_status 0 hoy system check --repair
	[[ $output == *": 2 problems, 2 repaired" ]]
	is_whole 1
}

@test "what no registry has cannot be repaired, and is said so" {
	hoy rmi "$REGISTRY/t/x:1" >/dev/null
	hoy import "$T/l2.tar" mine
	flip "$(data_of "$(second_layer)")"
	run_status 1 hoy system check --repair
	[[ ${lines[0]} == "layer sha256:"*": its content is "*"; no registry is known that has it: remove the image" ]]
	[[ ${lines[1]} == *": 1 problem" ]]
	hoy rmi mine
	hoy pull -q "$REGISTRY/t/x:1"
	is_whole 1
}

@test "a registry that has the image no more" {
	flip "$(data_of "$(second_layer)")"
	registry_stop
	run_status 1 hoy system check --repair
	[[ ${lines[0]} == "layer sha256:"*"connection refused"* ]]
	[ "${#lines[@]}" -eq 2 ]
	registry_start # for the next: another port is no matter
}
