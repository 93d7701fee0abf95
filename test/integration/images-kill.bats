#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# variants: DRIVER=erofs | DRIVER=overlay
# Image commands killed at random moments, one after the other. KILLS=500 for the whole (30 for each driver otherwise),
# SEED to repeat a run.

load lib.bash

setup_file() {
	engine_setup kill || return 0
	if [ "${DRIVER:-}" != overlay ]; then # once with the compressed copies that pulls may keep
		jq '. + {"keep-compressed": true}' "$HOY_CONFIG" >"$T/keep.json"
		mv "$T/keep.json" "$HOY_CONFIG"
	fi
	mkdir -p "$T/l1" "$T/l2/deep/er"
	cp -a "$(busybox_root)/." "$T/l1"
	head -c 2000000 /dev/urandom >"$T/l2/random"
	cp "$T/l1/etc/passwd" "$T/l2/deep/er"
	tar -C "$T/l1" --exclude ./.done -cf "$T/one.tar" .
	tar -C "$T/l2" -cf "$T/two.tar" .
	registry_start
	export REGISTRY REGISTRY_PID
	"$BATS_TEST_DIRNAME/push-image.py" "http://$REGISTRY/t/a:1" "$T/one.tar" "$T/two.tar" >/dev/null
	"$BATS_TEST_DIRNAME/push-image.py" --zstd "http://$REGISTRY/t/b:1" "$T/two.tar" "$T/one.tar" >/dev/null
	hoy pull -q "$REGISTRY/t/a:1" >/dev/null
	hoy tag "$REGISTRY/t/a:1" saved:1
	hoy import "$T/two.tar" saved:2 >/dev/null
	hoy save -o "$T/saved.tar" saved:1 saved:2
	hoy import "$T/one.tar" base >/dev/null
	hoy run --name keep --network none base sh -c 'echo changed >/etc/motd; mkdir /new; rm /bin/wget'
}

teardown_file() {
	registry_stop
	engine_teardown
}

nothing_is_wrong() {
	hoy system check >"$T/check"
}

nothing_is_left() { [ -z "$(find "$T/data/layers" "$T/data/tmp" -mindepth 1)" ]; }

@test "after kills at random moments nothing is wrong, and no byte is unaccounted for" {
	local seed=${SEED:-$RANDOM} left=${KILLS:-30} n
	while [ "$left" -gt 0 ]; do
		n=$((left < 50 ? left : 50))
		echo "SEED=$seed"
		"$BATS_TEST_DIRNAME/kill-images.py" "$n" "$seed" "$REGISTRY" "$T"
		daemon_start # sweeps
		wait_for nothing_is_wrong || { cat "$T/check"; return 1; }
		daemon_stop
		"$BATS_TEST_DIRNAME/accounts.py" "$T/data"
		left=$((left - n))
		seed=$((seed + 1))
	done
	run_status 0 hoy run --rm --network none base cat /etc/passwd
	hoy load -q -i "$T/saved.tar"
	run_status 0 hoy run --rm --network none saved:1 sha256sum /random
	[ "${output%% *}" = "$(sha256sum <"$T/l2/random" | cut -d' ' -f1)" ]
	hoy rm keep
	hoy image prune -af
	wait_for nothing_is_left
	"$BATS_TEST_DIRNAME/accounts.py" "$T/data"
}
