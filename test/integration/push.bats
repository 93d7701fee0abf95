#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pushing images: to Debian's docker-registry and to one that misbehaves; others pull what was pushed.

# shellcheck disable=SC2030,SC2031
load lib.bash
load dockerd.bash

setup_file() {
	export HOY_STALL_SECONDS=1
	engine_setup push
	registry_start
	export REGISTRY REGISTRY_PID HOYD_PID
	mkdir -p "$T/two/d"
	head -c 3000000 /dev/urandom >"$T/two/d/random"
	touch "$T/two/.wh.tmp"
	tar -C "$(busybox_root)" --exclude ./.done -cf "$T/one.tar" .
	tar -C "$T/two" -cf "$T/two.tar" .
	mkdir -p "$T/bad/blobs" "$T/bad/manifests"
	"$BATS_TEST_DIRNAME/bad-registry.py" "$T/bad" "$T/bad.port" >"$T/bad.log" 2>&1 3>&- &
	export BAD_PID=$!
	wait_for test -s "$T/bad.port"
	BAD=localhost:$(cat "$T/bad.port")
	export BAD
}

teardown_file() {
	other_engines_stop
	kill "$BAD_PID" 2>/dev/null || true
	registry_stop
	engine_teardown
}

teardown() {
	hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	wait_for nothing_half_made
}

push_image() { "$BATS_TEST_DIRNAME/push-image.py" "$@"; }
manifest_of() { # NAME TAG
	curl -sf "http://$REGISTRY/v2/$1/manifests/$2" -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
		-H 'Accept: application/vnd.oci.image.manifest.v1+json'
}
forget_blobs() { sqlite3 "$T/data/hoy.db" 'PRAGMA foreign_keys = ON; DELETE FROM layer_blobs'; }

@test "push: docker's lines; a second push sends nothing; another repository of the registry mounts" {
	local id digest
	id=$(hoy import --change 'CMD ["sh"]' "$T/one.tar" "$REGISTRY/a/b:1")
	run_status 0 hoy push "$REGISTRY/a/b:1"
	digest=$(manifest_of a/b 1 | sha256sum | cut -d' ' -f1)
	[ "${lines[0]}" = "The push refers to repository [$REGISTRY/a/b]" ]
	[[ ${lines[1]} =~ ^[0-9a-f]{12}:\ Preparing$ ]]
	[[ ${lines[2]} =~ ^[0-9a-f]{12}:\ Pushed$ ]]
	[ "${lines[3]}" = "1: digest: sha256:$digest size: $(manifest_of a/b 1 | wc -c)" ]
	[ "$(manifest_of a/b 1 | jq -r .config.digest)" = "$id" ]
	run_status 0 hoy push "$REGISTRY/a/b:1"
	[[ ${lines[2]} == *"Layer already exists" && ${lines[3]} == "1: digest: sha256:$digest "* ]]
	[ "$(hoy inspect -f '{{index .RepoDigests 0}}' "$id")" = "$REGISTRY/a/b@sha256:$digest" ]
	hoy tag "$id" "$REGISTRY/c"
	run_status 0 hoy push "$REGISTRY/c"
	[ "${lines[0]}" = "Using default tag: latest" ]
	[[ ${lines[3]} == *": Mounted from a/b" ]]
	run_status 0 hoy push -q "$REGISTRY/c"
	[ "$output" = "$REGISTRY/c:latest" ]
	run_status 0 hoy events --since 1m --until 0s --filter event=push --format '{{.Actor.ID}} {{.Actor.Attributes.name}}'
	[ "${lines[0]}" = "$REGISTRY/a/b:1 $REGISTRY/a/b" ]
}

@test "compression gives the same bytes: an engine that remembers nothing uploads nothing" {
	hoy import "$T/one.tar" "$REGISTRY/same:1"
	hoy push -q "$REGISTRY/same:1"
	forget_blobs
	run_status 0 hoy push "$REGISTRY/same:1"
	[[ ${lines[2]} == *"Layer already exists" ]]
	hoy rmi "$REGISTRY/same:1"
	hoy import "$T/one.tar" "$REGISTRY/same:2"
	run_status 0 hoy push "$REGISTRY/same:2"
	[[ ${lines[2]} == *"Layer already exists" ]]
}

@test "what was pulled is pushed elsewhere with the same manifest, byte by byte" {
	local how digest n=0
	for how in "--gzip" "--zstd" "--plain" "--gzip --schema2"; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		digest=$(push_image $how "http://$REGISTRY/from/x:1" "$T/one.tar" "$T/two.tar" "$T/one.tar")
		hoy pull -q "$REGISTRY/from/x:1"
		hoy tag "$REGISTRY/from/x:1" "$REGISTRY/to/x$n:1"
		run_status 0 hoy push "$REGISTRY/to/x$n:1"
		[[ $output == *"Mounted from from/x"* && $output == *"1: digest: $digest size: "* ]]
		[ "sha256:$(manifest_of "to/x$n" 1 | sha256sum | cut -d' ' -f1)" = "$digest" ]
		hoy images -q | sort -u | xargs -r hoy rmi -f
	done
}

@test "to another registry layers are compressed again; id and diff-ids stay" {
	local digest id second other=$REGISTRY
	digest=$(push_image --zstd --config '{"Cmd":["true"]}' "http://$REGISTRY/from/z:1" "$T/one.tar" "$T/two.tar")
	hoy pull -q "$REGISTRY/from/z:1"
	id=$(hoy inspect -f '{{.Id}}' "$REGISTRY/from/z:1")
	hoy images --digests | grep -q "$digest"
	mkdir "$T/second"
	sed "s|$T/registry|$T/second|; s|127.0.0.1:[0-9]*|127.0.0.1:11999|" "$T/registry.yml" >"$T/second.yml"
	docker-registry serve "$T/second.yml" >"$T/second.log" 2>&1 3>&- &
	second=$! REGISTRY=localhost:11999
	wait_for curl -sf "http://$REGISTRY/v2/"
	hoy tag "$id" "$REGISTRY/z:1"
	run hoy push "$REGISTRY/z:1"
	run skopeo inspect --tls-verify=false --raw "docker://$REGISTRY/z:1"
	kill "$second"
	wait "$second" || true
	REGISTRY=$other
	[ "$(jq -r .config.digest <<<"$output")" = "$id" ]
	[ "$(jq -r .mediaType <<<"$output")" = application/vnd.oci.image.manifest.v1+json ]
	[ "$(jq -r '.layers[].mediaType' <<<"$output" | sort -u)" = application/vnd.oci.image.layer.v1.tar+gzip ]
}

@test "a layer whose files were changed is not sent" {
	hoy import "$T/two.tar" "$REGISTRY/damaged:1"
	# the file, or the archive that holds it
	printf y | dd of="$(find "$T/data/layers" -path '*/diff/d/random' -o -name tar)" conv=notrunc seek=100000 bs=1 status=none
	run_status 1 hoy push "$REGISTRY/damaged:1"
	[[ $output == *"is damaged: its files no longer make the archive that it came from"* ]]
	run curl -sf "http://$REGISTRY/v2/damaged/tags/list"
	[ "$status" != 0 ]
}

@test "all tags, and names that cannot be pushed" {
	local id
	id=$(hoy import "$T/one.tar" "$REGISTRY/all:1")
	hoy tag "$id" "$REGISTRY/all:2"
	hoy tag "$id" "$REGISTRY/all:latest"
	run_status 0 hoy push -a "$REGISTRY/all"
	[ "$(grep -c "digest: sha256:" <<<"$output")" = 3 ]
	[ "$(curl -sf "http://$REGISTRY/v2/all/tags/list" | jq -c '.tags | sort')" = '["1","2","latest"]' ]
	run_status 1 hoy push "$REGISTRY/nope"
	[[ $output == *"An image does not exist locally with the tag: $REGISTRY/nope" ]]
	run_status 1 hoy push "$REGISTRY/all:9"
	[[ $output == *"tag does not exist: $REGISTRY/all:9" ]]
	run_status 1 hoy push -a "$REGISTRY/all:1"
	[[ $output == *"tag can't be used with --all-tags/-a" ]]
	run_status 1 hoy push "$REGISTRY/all@$id"
	[[ $output == *"cannot push a digest reference" ]]
	run_status 1 hoy push --platform linux/s390x "$REGISTRY/all:1"
	[[ $output == *"does not match the specified platform: wanted linux/s390x, actual: linux/"* ]]
	run_status 1 hoy push localhost:1/x/y:1
	[[ $output == *"An image does not exist locally with the tag: localhost:1/x/y" ]]
	hoy tag "$id" localhost:1/x/y:1
	run_status 1 hoy push localhost:1/x/y:1
	[[ $output == *"connection refused"* ]]
}

@test "skopeo and podman take what was pushed; hoy takes what they push" {
	needs_own_mounts
	local id
	id=$(hoy import --change 'CMD ["echo","from hoy"]' "$T/one.tar" "$REGISTRY/swap:1")
	hoy push -q "$REGISTRY/swap:1"
	skopeo copy -q --src-tls-verify=false "docker://$REGISTRY/swap:1" "oci:$T/swap:1"
	skopeo copy -q --dest-tls-verify=false "oci:$T/swap:1" "docker://$REGISTRY/swap:skopeo"
	podman --root "$T/podman" --runroot "$T/podman-run" --storage-driver vfs pull -q --tls-verify=false "$REGISTRY/swap:1"
	[ "sha256:$(podman --root "$T/podman" --runroot "$T/podman-run" --storage-driver vfs images -q --no-trunc | cut -d: -f2)" = "$id" ]
	podman --root "$T/podman" --runroot "$T/podman-run" --storage-driver vfs push -q --tls-verify=false "$REGISTRY/swap:1" \
		"docker://$REGISTRY/swap:podman"
	hoy rmi "$REGISTRY/swap:1"
	run_status 0 hoy run --rm --network none "$REGISTRY/swap:podman"
	[[ $output == *"from hoy" ]]
	run_status 0 hoy run --rm --network none "$REGISTRY/swap:skopeo"
	[[ $output == *"from hoy" ]]
	[ "$(hoy inspect -f '{{.Id}}' "$REGISTRY/swap:podman")" = "$id" ]
}

@test "dockerd takes what was pushed, hoy what dockerd pushes; both say the same" {
	needs_own_mounts
	local id
	dockerd_start || skip "no dockerd that starts here"
	id=$(hoy import --change 'CMD ["echo","from hoy"]' "$T/two.tar" "$REGISTRY/dk/a:1")
	hoy tag "$id" "$REGISTRY/dk/hoy:1"
	hoy push -q "$REGISTRY/dk/a:1"
	docker_ pull -q "$REGISTRY/dk/a:1"
	[ "$(docker_ inspect -f '{{.Id}}' "$REGISTRY/dk/a:1")" = "$id" ]
	docker_ tag "$id" "$REGISTRY/dk/docker:1"
	docker_ push "$REGISTRY/dk/docker:1" | sed 's|dk/docker|X|' >"$T/docker.said"
	hoy push "$REGISTRY/dk/hoy:1" | sed 's|dk/hoy|X|' >"$T/hoy.said"
	diff "$T/docker.said" "$T/hoy.said" # the digest of the manifest too
	hoy rmi -f "$id"
	hoy pull -q "$REGISTRY/dk/docker:1"
	[ "$(hoy inspect -f '{{.Id}}' "$REGISTRY/dk/docker:1")" = "$id" ]
	other_engines_stop
}

@test "manifest inspect asks the registry without an engine; referrers" {
	local digest
	digest=$(push_image --index "http://$REGISTRY/m/x:1" "$T/one.tar")
	run_status 0 env -u HOY_CONFIG -u DOCKER_HOST hoy manifest inspect "$REGISTRY/m/x:1"
	[ "$(jq -r '.manifests | length' <<<"$output")" = 2 ]
	digest=$(jq -r '.manifests[0].digest' <<<"$output")
	run_status 0 hoy manifest inspect "$REGISTRY/m/x@$digest"
	[ "$(jq -r '.layers | length' <<<"$output")" = 1 ]
	[[ ${lines[1]} == $'\t"schemaVersion": 2,' ]]
	run_status 0 hoy manifest inspect --referrers "$REGISTRY/m/x@$digest"
	[ "$(jq -c .manifests <<<"$output")" = "[]" ]
	run_status 1 hoy manifest inspect "$REGISTRY/m/x:2"
	[ "$output" = "no such manifest: $REGISTRY/m/x:2" ]
	run_status 1 hoy manifest inspect --referrers "$REGISTRY/m/x:1"
	[[ $output == *"--referrers wants a name with a digest"* ]]
}

# How many of the requests to the registry that misbehaves have this.
asked() { grep -c -- "$1" "$T/bad.port.log" || true; }

@test "uploads that are cut, forgotten, too large at a time, or without PATCH arrive all the same" {
	local mode id
	for mode in ok upcut uplost up413 nopatch upaway; do
		rm -rf "$T/bad/blobs"/* "$T/bad.port.log"
		id=$(hoy import "$T/two.tar" "$BAD/$mode/x:1")
		run_status 0 hoy push "$BAD/$mode/x:1"
		[[ $output == *": Pushed"* ]]
		[ "$(tail -n +2 "$T/bad/manifests/x@1" | jq -r .config.digest)" = "$id" ]
		(cd "$T/bad/blobs" && for f in *; do echo "$f  $f"; done | sha256sum --quiet -c)
		case $mode in
		upcut) [ "$(asked "^PATCH")" = 3 ] && [ "$(asked "^GET.*/upload/")" = 2 ] ;;
		uplost) [ "$(asked "^POST")" -ge 2 ] ;;
		up413) [ "$(asked "^PATCH")" -ge 4 ] ;;
		nopatch) [ "$(asked "^PATCH")" = 1 ] ;;
		esac
		hoy rmi "$BAD/$mode/x:1"
	done
	import_busybox "$BAD/upfail/x:1"
	run_status 1 hoy push "$BAD/upfail/x:1"
	[[ $output == *"digest invalid: digest invalid" ]]
	import_busybox "$BAD/denied/x:1"
	run_status 1 hoy push "$BAD/denied/x:1"
	[[ $output == *"unauthorized: unauthorized" ]]
}

@test "credentials stay with the registry: not where a redirect or an upload leads, not where a token server is said to be" {
	mkdir "$T/config"
	echo '{"auths": {"'"$BAD"'": {"auth": "dXNlcjpzZWNyZXQ="}}}' >"$T/config/config.json"
	export DOCKER_CONFIG=$T/config
	rm -f "$T/bad.port.log"
	hoy import "$T/two.tar" "$BAD/basic/x:1"
	run_status 0 hoy push "$BAD/basic/x:1"
	[ "$(asked "^POST localhost.* auth")" -ge 1 ]
	rm -rf "$T/bad/blobs"/* "$T/bad.port.log"
	hoy tag "$BAD/basic/x:1" "$BAD/upaway/x:1"
	run_status 0 hoy push "$BAD/upaway/x:1"
	[ "$(asked "^P[A-Z]* 127.0.0.1")" -ge 2 ]
	run grep "127.0.0.1.* auth" "$T/bad.port.log"
	[ "$output" = "" ]
	rm -f "$T/bad.port.log"
	run_status 1 hoy pull "$BAD/steal/x:1"
	[[ $output == *"$BAD asks to log in at an unusable address"* ]]
	[ "$(asked "token")" = 0 ]
	run_status 1 hoy pull "$BAD/liar/x:1"
	[[ $output == *"the token server sent no usable token"* ]]
}

@test "headers without end; a registry that is busy; every tag of a repository, page by page" {
	local tag
	run_status 1 hoy pull "$BAD/headers/x:1"
	[[ $output == *"the answer is too long"* ]]
	for tag in a b c; do
		push_image --config '{"Env": ["tag='$tag'"]}' "dir:$T/bad/t:$tag" "$T/one.tar"
	done
	run_status 0 hoy pull "$BAD/busy/t:a"
	run_status 1 hoy pull "$BAD/busylong/t:a"
	[[ $output == *"429 Too Many Requests"* ]]
	run_status 0 hoy pull -a "$BAD/ok/t"
	[[ $output == *"a: Pulling from ok/t"*"b: Pulling from ok/t"*"c: Pulling from ok/t"*"Status: Downloaded newer image for $BAD/ok/t"* ]]
	[ "$(hoy images -q "$BAD/ok/t" | wc -l)" = 3 ]
	run_status 0 hoy pull -aq "$BAD/ok/t"
	[ "$output" = "$BAD/ok/t" ]
}

with_config() { jq ". + $1" "$T/daemon.json.saved" >"$HOY_CONFIG"; }

@test "mirrors and registries that are searched stand for docker.io, without its credentials; proxies are used" {
	cp "$HOY_CONFIG" "$T/daemon.json.saved"
	push_image "dir:$T/bad/nginx:latest" "$T/one.tar"
	mkdir -p "$T/hub"
	echo '{"auths": {"https://index.docker.io/v1/": {"auth": "dXNlcjpzZWNyZXQ="}}}' >"$T/hub/config.json"
	export DOCKER_CONFIG=$T/hub
	rm -f "$T/bad.port.log"
	with_config '{"registry-mirrors": ["http://localhost:1", "http://'"$BAD"'"]}'
	run_status 0 hoy pull ok/nginx
	[ "$(asked "manifests/latest")" = 1 ]
	[ "$(asked " auth")" = 0 ]
	[ "$(hoy images -q ok/nginx | wc -l)" = 1 ]
	hoy rmi ok/nginx
	with_config '{"search-registries": ["localhost:1", "'"$BAD"'/ok"]}'
	run_status 0 hoy pull nginx
	[[ $output == *"Status: Downloaded newer image for nginx:latest"* ]]
	run_status 1 hoy pull nothing
	[[ $output == *"manifest for nothing:latest not found"* ]]
	hoy rmi nginx
	with_config '{"registry-mirrors": ["ftp://x"]}'
	run_status 1 hoyd --config-file "$HOY_CONFIG" --validate
	[[ $output == *'invalid mirror "ftp://x"'* ]]
	rm -f "$T/bad.port.log"
	with_config '{"proxies": {"http-proxy": "http://'"$BAD"'"}, "insecure-registries": ["nowhere.invalid"]}'
	run hoy pull nowhere.invalid/ok/nginx
	[ "$(asked "^GET nowhere.invalid http://nowhere.invalid/v2/")" -ge 1 ]
	with_config '{"proxies": {"http-proxy": "http://localhost:1"}}'
	run_status 0 hoy pull "$BAD/ok/nginx"
	cp "$T/daemon.json.saved" "$HOY_CONFIG"
}

@test "a layer that the mirror lacks, or has wrong, is taken from the registry itself" {
	local mode
	cp "$HOY_CONFIG" "$T/daemon.json.saved"
	push_image --config '{"Env": ["mirror=1"]}' "dir:$T/bad/mirrored:latest" "$T/one.tar" "$T/two.tar"
	# docker.io is "insecure", so that a plain proxy may stand for it
	with_config '{"registry-mirrors": ["http://'"$BAD"'"], "insecure-registries": ["docker.io"],
		"proxies": {"http-proxy": "http://'"$BAD"'", "https-proxy": "http://'"$BAD"'"}}'
	for mode in lacks wronghere; do
		rm -f "$T/bad.port.log"
		run_status 0 hoy pull "$mode/mirrored"
		[[ $output == *": Retrying at the registry itself"*"Status: Downloaded newer image for $mode/mirrored:latest"* ]]
		[ "$(asked "^GET registry-1.docker.io .*/blobs/")" = 2 ]
		[ "$(asked "^GET registry-1.docker.io .*/manifests/")" = 0 ]
		run_status 0 hoy system check
		hoy rmi "$mode/mirrored"
	done
	# one that has everything is all that is asked
	rm -f "$T/bad.port.log"
	run_status 0 hoy pull ok/mirrored
	[ "$(asked "^GET registry-1.docker.io ")" = 0 ]
	hoy rmi ok/mirrored
	# who is refused by both hears of the registry's
	with_config '{"registry-mirrors": ["http://'"$BAD"'"], "insecure-registries": ["docker.io"],
		"proxies": {"http-proxy": "http://localhost:1", "https-proxy": "http://localhost:1"}}'
	run_status 1 hoy pull lacks/mirrored
	[ -z "$(find "$T/data/tmp" -mindepth 1)" ]
	cp "$T/daemon.json.saved" "$HOY_CONFIG"
}
