#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# keep-compressed: the blobs of pulled layers stay, so that a push and a save have the manifest that the image came with;
# with both layer drivers.

# shellcheck disable=SC2030,SC2031
load lib.bash

setup_file() {
	export HOY_STALL_SECONDS=1
	engine_setup keep
	jq '. + {"keep-compressed": true}' "$HOY_CONFIG" >"$T/keep.json"
	cp "$HOY_CONFIG" "$T/plain.json"
	cp "$T/keep.json" "$HOY_CONFIG"
	registry_start
	OTHER=localhost:$((${REGISTRY#*:} + 1))
	sed "s|$T/registry|$T/second|; s|127.0.0.1:[0-9]*|127.0.0.1:${OTHER#*:}|" "$T/registry.yml" >"$T/second.yml"
	docker-registry serve "$T/second.yml" >"$T/second.log" 2>&1 3>&- &
	export SECOND_PID=$! REGISTRY REGISTRY_PID OTHER
	wait_for curl -sf "http://$OTHER/v2/"
	mkdir -p "$T/two/d"
	head -c 3000000 /dev/urandom >"$T/two/d/random"
	echo three >"$T/three"
	tar -C "$(busybox_root)" --exclude ./.done -cf "$T/one.tar" .
	tar -C "$T/two" -cf "$T/two.tar" .
	tar -C "$T" -cf "$T/three.tar" three
}

teardown_file() {
	kill "$SECOND_PID" 2>/dev/null || true
	registry_stop
	engine_teardown
}

teardown() {
	cp "$T/keep.json" "$HOY_CONFIG"
	hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	wait_for nothing_kept
}
nothing_kept() { [ -z "$(find "$T/data/tmp" "$T/data/layers" -mindepth 1)" ]; }

push_image() { "$BATS_TEST_DIRNAME/push-image.py" "$@"; }
blobs() { find "$T/data/layers" -name 'blob-*' | sort; }
digest_at() { # HOST NAME TAG
	curl -sf "http://$1/v2/$2/manifests/$3" -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
		-H 'Accept: application/vnd.oci.image.manifest.v1+json' | sha256sum | sed 's/^\([0-9a-f]*\).*/sha256:\1/'
}
# What the engine says that images take, and what the disk has of them.
df_is_du() {
	local sum
	sum=$(curl -sf --unix-socket "$T/hoy.sock" http://x/system/df | jq '.LayersSize // .ImageUsage.TotalSize')
	[ "$sum" = "$(find "$T/data/layers" -mindepth 1 -maxdepth 1 -print0 | du --files0-from=- -s --block-size=1 -c | tail -n1 | cut -f1)" ]
}

@test "a push to another registry, and a save, have the manifest that came, whatever compressed it" {
	local how digest
	for how in "--gzip" "--zstd" "--plain" "--gzip --schema2"; do
		rm -rf "$T/second"
		# shellcheck disable=SC2086
		digest=$(push_image $how "http://$REGISTRY/from/x:1" "$T/one.tar" "$T/two.tar" "$T/one.tar")
		hoy pull -q "$REGISTRY/from/x:1"
		if [ "$how" = --plain ]; then [ -z "$(blobs)" ]; else [ "$(blobs | wc -l)" = 2 ]; fi
		for blob in $(blobs); do echo "${blob##*/blob-}  $blob"; done | { [ "$how" = --plain ] || sha256sum --quiet -c; }
		hoy tag "$REGISTRY/from/x:1" "$OTHER/to/x:1"
		run_status 0 hoy push "$OTHER/to/x:1"
		[[ $output == *"1: digest: $digest size: "* && $output != *Compressing* ]]
		[ "$(digest_at "$OTHER" to/x 1)" = "$digest" ]
		hoy save -o "$T/saved.tar" "$REGISTRY/from/x:1"
		rm -rf "$T/layout"
		mkdir "$T/layout"
		tar -C "$T/layout" -xf "$T/saved.tar"
		[ "$(jq -r '.manifests[0].digest' "$T/layout/index.json")" = "$digest" ]
		(cd "$T/layout/blobs/sha256" && for f in *; do echo "$f  $f"; done | sha256sum --quiet -c)
		run_status 0 hoy system check
		hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
		[ -z "$(find "$T/data/layers" -mindepth 1)" ]
		# what was saved is read by others, and by us
		run_status 0 hoy load -i "$T/saved.tar"
		[[ $output == "Loaded image: $REGISTRY/from/x:1" ]]
		# a manifest of layers as they are on the disk is none that a registry has
		[ "$how" = --plain ] || digest="$REGISTRY/from/x@$digest"
		[ "$(hoy inspect -f '{{join .RepoDigests " "}}' "$REGISTRY/from/x:1")" = "$([ "$how" = --plain ] || echo "$digest")" ]
		skopeo inspect "docker-archive:$T/saved.tar" >/dev/null
		hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	done
}

@test "system df is what du says; rmi frees all of it; prune removes what was kept when nothing is any more" {
	local before digest
	push_image --zstd "http://$REGISTRY/df/x:1" "$T/one.tar" "$T/two.tar"
	push_image --gzip "http://$REGISTRY/df/y:1" "$T/one.tar" "$T/three.tar"
	ENGINE=daemon daemon_start
	hoy pull -q "$REGISTRY/df/x:1"
	hoy pull -q "$REGISTRY/df/y:1" # its first layer is here: no other blob of it
	[ "$(blobs | wc -l)" = 3 ]
	df_is_du
	hoy rmi "$REGISTRY/df/x:1"
	[ "$(blobs | wc -l)" = 2 ]
	df_is_du
	daemon_stop
	run_status 0 hoy image prune -f # they are wanted
	[ "$(blobs | wc -l)" = 2 ]
	cp "$T/plain.json" "$HOY_CONFIG"
	before=$(blobs | xargs du -c --block-size=1 | tail -n1 | cut -f1)
	run_status 0 hoy image prune -f
	[ "$(hoy events --since 1m --until 0s --filter event=prune --format '{{.Actor.Attributes.reclaimed}}' | tail -n1)" = "$before" ]
	[ -z "$(blobs)" ]
	hoy pull -q "$REGISTRY/df/y:1"
	[ -z "$(blobs)" ]
	run_status 0 hoy system check
	# without them the archive is made again
	hoy tag "$REGISTRY/df/y:1" "$OTHER/df/y:1"
	run_status 0 hoy push "$OTHER/df/y:1"
	[[ $output == *": Pushed"* ]]
}

@test "a damaged copy is found, removed by --repair, and not missed; a cut one is not sent" {
	local digest
	digest=$(push_image --gzip "http://$REGISTRY/damaged/x:1" "$T/two.tar")
	hoy pull -q "$REGISTRY/damaged/x:1"
	printf y | dd of="$(blobs)" conv=notrunc seek=100000 bs=1 status=none
	run_status 1 hoy system check
	[[ $output == *"blob layers/"*"/blob-"*": its content is sha256:"* ]]
	hoy tag "$REGISTRY/damaged/x:1" "$OTHER/damaged/x:1"
	run_status 1 hoy push "$OTHER/damaged/x:1"
	[[ $output == *"digest"* ]]
	run_status 0 hoy system check --repair
	[[ $output == *"repaired"* ]]
	[ -z "$(blobs)" ]
	run_status 0 hoy system check
	run_status 0 hoy push "$OTHER/damaged/x:1"
	hoy rmi -f "$(hoy images -q "$REGISTRY/damaged/x:1")"
	hoy pull -q "$REGISTRY/damaged/x:1"
	truncate -s 1000 "$(blobs)"
	rm -rf "$T/second"
	run_status 0 hoy push "$REGISTRY/damaged/x:1" # there already
	[[ $output == *"1: digest: $digest size: "* ]]
	hoy tag "$REGISTRY/damaged/x:1" "$OTHER/damaged/z:1"
	run_status 0 hoy push "$OTHER/damaged/z:1"
	[[ $output == *": Pushed"* ]]
	run_status 0 hoy system check --repair
}

@test "layers keep their blobs when the store goes to the other driver" {
	local driver other digest
	digest=$(push_image --zstd "http://$REGISTRY/driver/x:1" "$T/one.tar" "$T/two.tar")
	hoy pull -q "$REGISTRY/driver/x:1"
	driver=$(cat "$T/data/layer-driver")
	other=overlay
	[ "$driver" = erofs ] || other=erofs
	hoy system migrate --driver "$other" || skip "no $other here"
	[ "$(blobs | wc -l)" = 2 ]
	hoy tag "$REGISTRY/driver/x:1" "$OTHER/driver/x:1"
	run_status 0 hoy push "$OTHER/driver/x:1"
	[[ $output == *"1: digest: $digest size: "* ]]
	hoy system migrate --driver "$driver"
	[ "$(blobs | wc -l)" = 2 ]
	run_status 0 hoy system check
}

@test "a pull that is killed leaves nothing that is not counted; one without room ends clean" {
	local id
	push_image --zstd "http://$REGISTRY/kill/x:1" "$T/two.tar" "$T/one.tar"
	for _ in 1 2 3; do
		hoy pull -q "$REGISTRY/kill/x:1" >/dev/null 2>&1 &
		id=$!
		wait_for sh -c "ls $T/data/tmp/*/*.blob $T/data/layers/*/blob-* 2>/dev/null | grep -q ."
		kill_ours KILL $(engine_pids)
		wait $id || true
		hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	done
	run_status 0 hoy system check --repair
	run_status 0 hoy system check
	hoy pull -q "$REGISTRY/kill/x:1"
	[ "$(blobs | wc -l)" = 2 ]
	hoy rmi "$REGISTRY/kill/x:1"
	needs_own_mounts
	mkdir "$T/small"
	mount -t tmpfs -o size=7m tmpfs "$T/small" # enough without the copy
	jq ". + {\"data-root\": \"$T/small\"}" "$T/keep.json" >"$T/small.json"
	HOY_CONFIG=$T/small.json run hoy pull "$REGISTRY/kill/x:1"
	[ -z "$(find "$T/small/layers" "$T/small/tmp" -mindepth 1 2>/dev/null)" ] || status=2
	umount -l "$T/small"
	[ "$status" -eq 1 ]
	[[ $output == *"No space left on device"* ]]
}
