#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Manifest lists: made, annotated, looked at and pushed by the client alone, against Debian's docker-registry; docker's
# client reads what hoy keeps, hoy what docker keeps, and both push the same bytes.

# shellcheck disable=SC2030,SC2031
load lib.bash

setup_file() {
	T=$(mktemp -d /tmp/hoy-manifest.XXXXXX)
	export T DOCKER_CONFIG=$T/config
	unset HOY_CONFIG DOCKER_HOST HOY_HOST
	mkdir -p "$DOCKER_CONFIG" "$T/d"
	registry_start
	export REGISTRY REGISTRY_PID
	echo one >"$T/d/one"
	tar -C "$T/d" -cf "$T/one.tar" .
	push_image --arch amd64 --schema2 "http://$REGISTRY/a/amd:1" "$T/one.tar"
	push_image --arch arm64 --schema2 "http://$REGISTRY/a/arm:1" "$T/one.tar"
	push_image --arch s390x "http://$REGISTRY/b/oci:1" "$T/one.tar"
	push_image --arch riscv64 "http://$REGISTRY/b/oci:2" "$T/one.tar"
	push_image --index "http://$REGISTRY/b/index:1" "$T/one.tar"
}

teardown_file() {
	registry_stop
	rm -rf "$T"
}

setup() { rm -rf "$DOCKER_CONFIG/manifests"; }

push_image() { "$BATS_TEST_DIRNAME/push-image.py" "$@" >/dev/null; }
raw() { # NAME REFERENCE
	curl -sf "http://$REGISTRY/v2/$1/manifests/$2" -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
		-H 'Accept: application/vnd.oci.image.index.v1+json' -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
		-H 'Accept: application/vnd.oci.image.manifest.v1+json'
}
digest_of() { raw "$1" "$2" | sha256sum | sed 's/^\([0-9a-f]*\).*/sha256:\1/'; }
docker_() { docker --config "$DOCKER_CONFIG" "$@"; }
needs_docker() { command -v docker >/dev/null || skip "no docker client here"; }

@test "create, annotate, inspect, push: a list of members from other repositories" {
	local list=$REGISTRY/m/list:1 digest amd arm
	run_status 0 hoy manifest create "$list" "$REGISTRY/a/amd:1" "$REGISTRY/a/arm:1"
	[ "$output" = "Created manifest list $list" ]
	run_status 0 hoy manifest annotate --variant v8 --os-features "a,b" --os-features b "$list" "$REGISTRY/a/arm:1"
	[ "$output" = "" ]
	run_status 0 hoy manifest inspect "$list"
	[ "$(jq -c '[.manifests[].platform]' <<<"$output")" = '[{"architecture":"amd64","os":"linux"},{"architecture":"arm64","os":"linux","os.features":["a","b"],"variant":"v8"}]' ]
	run_status 0 hoy manifest inspect "$list" "$REGISTRY/a/arm:1"
	[ "$(jq -cS . <<<"$output")" = "$(raw a/arm 1 | jq -cS .)" ]
	amd=$(digest_of a/amd 1) arm=$(digest_of a/arm 1)
	run_status 0 hoy manifest push "$list"
	[ "${lines[0]}" = "Pushed ref $REGISTRY/m/list@$amd with digest: $amd" ]
	[ "${lines[1]}" = "Pushed ref $REGISTRY/m/list@$arm with digest: $arm" ]
	digest=$(digest_of m/list 1)
	[ "${lines[2]}" = "$digest" ]
	[ "$(digest_of m/list "$amd")" = "$amd" ]
	raw m/list 1 | grep -q '"mediaType": "application/vnd.docker.distribution.manifest.list.v2+json"'
	# it is still here; a second push gives the same, and with -p it goes
	run_status 0 hoy manifest push -p "$list"
	[ "${lines[2]}" = "$digest" ]
	[ -z "$(ls -A "$DOCKER_CONFIG/manifests")" ]
	run_status 0 skopeo inspect --tls-verify=false --override-arch arm64 --override-variant v8 --raw "docker://$REGISTRY/m/list:1"
	[ "$(jq -r '.manifests | length' <<<"$output")" = 2 ]
}

@test "an OCI index of members of the same repository; amend keeps what was annotated" {
	local list=$REGISTRY/b/oci:both
	hoy manifest create "$list" "$REGISTRY/b/oci:1"
	hoy manifest annotate --os-version 7 "$list" "$REGISTRY/b/oci:1"
	run_status 1 hoy manifest create "$list" "$REGISTRY/b/oci:2"
	[ "$output" = "refusing to amend an existing manifest list with no --amend flag" ]
	hoy manifest create -a "$list" "$REGISTRY/b/oci:1" "$REGISTRY/b/oci:2@$(digest_of b/oci 2)"
	run_status 0 hoy manifest push "$list"
	[ "${#lines[@]}" = 1 ]
	[ "$output" = "$(digest_of b/oci both)" ]
	[ "$(raw b/oci both | jq -c '[.mediaType, .manifests[0].platform."os.version", .manifests[1].platform.architecture]')" = \
		'["application/vnd.oci.image.index.v1+json","7","riscv64"]' ]
}

@test "inspect of what a registry has: lists and images, verbose" {
	run_status 0 hoy manifest inspect -v "$REGISTRY/b/oci:1"
	[ "$(jq -r .Ref <<<"$output")" = "$REGISTRY/b/oci:1" ]
	[ "$(jq -r .Descriptor.digest <<<"$output")" = "$(digest_of b/oci 1)" ]
	[ "$(jq -r .Descriptor.platform.architecture <<<"$output")" = s390x ]
	[ "$(jq -r .Raw <<<"$output" | base64 -d | sha256sum)" = "$(raw b/oci 1 | sha256sum)" ]
	[ "$(jq -cS .OCIManifest <<<"$output")" = "$(raw b/oci 1 | jq -cS .)" ]
	run_status 0 hoy manifest inspect -v "$REGISTRY/b/index:1"
	[ "$(jq -r '[.[].Ref] | join(" ")' <<<"$output")" = "$(raw b/index 1 | jq -r "[.manifests[] | \"$REGISTRY/b/index:1@\" + .digest] | join(\" \")")" ]
	[ "$(jq -cS '[.[].Descriptor.platform]' <<<"$output")" = "$(raw b/index 1 | jq -cS '[.manifests[].platform]')" ]
	run_status 0 hoy manifest inspect "$REGISTRY/b/index:1"
	[ "${lines[1]}" = '   "schemaVersion": 2,' ]
	[ "$(jq -cS . <<<"$output")" = "$(raw b/index 1 | jq -cS .)" ]
}

@test "docker's client says, keeps and pushes the same" {
	local list=$REGISTRY/c/list:1 command
	needs_docker
	rm -f "$T"/*.said
	for command in hoy docker_; do
		rm -rf "$DOCKER_CONFIG/manifests"
		{
			$command manifest create --insecure "$list" "$REGISTRY/a/amd:1" "$REGISTRY/a/arm:1"
			$command manifest annotate --variant v8 "$list" "$REGISTRY/a/arm:1"
			$command manifest inspect --insecure "$list"
			$command manifest inspect --insecure "$REGISTRY/a/amd:1"
			$command manifest push -p --insecure "$list"
			$command manifest inspect --insecure "$list"
			$command manifest rm "$list"
			$command manifest push --insecure "$list"
			$command manifest annotate --arch none "$list" "$REGISTRY/a/arm:1"
			$command manifest create --insecure "$list" "$REGISTRY/a/none:1"
			$command manifest create --insecure "$list" "$REGISTRY/b/index:1"
			$command manifest inspect --insecure "$REGISTRY/a/none:1"
		} >"$T/$command.said" 2>&1 || true
	done
	diff "$T/docker_.said" "$T/hoy.said"
}

@test "either client takes what the other keeps" {
	local list=$REGISTRY/c/swap:1 digest
	needs_docker
	hoy manifest create "$list" "$REGISTRY/a/amd:1" "$REGISTRY/a/arm:1"
	docker_ manifest annotate --variant v7 "$list" "$REGISTRY/a/arm:1"
	run_status 0 hoy manifest inspect -v "$list"
	[ "$(jq -r '.[1].Descriptor.platform.variant' <<<"$output")" = v7 ]
	digest=$(docker_ manifest push --insecure -p "$list" | tail -n1)
	[ "$digest" = "$(digest_of c/swap 1)" ]
	docker_ manifest create --insecure "$list" "$REGISTRY/a/amd:1" "$REGISTRY/a/arm:1"
	hoy manifest annotate --variant v7 "$list" "$REGISTRY/a/arm:1"
	run_status 0 hoy manifest push -p "$list"
	[ "${lines[2]}" = "$digest" ]
}

@test "what cannot be: unknown lists and members, no platform, two for one platform, other registries" {
	local list=$REGISTRY/x/y:1
	run_status 1 hoy manifest push nothing
	[ "$output" = "No such manifest: docker.io/library/nothing:latest" ]
	run_status 1 hoy manifest rm nothing "$list"
	[ "${lines[0]}" = "No such manifest: docker.io/library/nothing:latest" ]
	[ "${lines[1]}" = "No such manifest: $list" ]
	run_status 1 hoy manifest create "$list" "$REGISTRY/a/amd:1" "$REGISTRY/a/amd:9"
	[ "$output" = "no such manifest: $REGISTRY/a/amd:9" ]
	run_status 1 hoy manifest create "$list" "$REGISTRY/b/index:1"
	[ "$output" = "$REGISTRY/b/index:1 is a manifest list" ]
	[ ! -e "$DOCKER_CONFIG/manifests" ] # nothing half-made
	run_status 1 hoy manifest create "$list" localhost:1/a
	[[ $output == *"connection refused"* ]]
	run_status 1 hoy manifest create "Bad/Name" "$REGISTRY/a/amd:1"
	[[ $output == "error parsing name for manifest list Bad/Name: invalid reference format"* ]]
	hoy manifest create "$list" "$REGISTRY/a/amd:1" "$REGISTRY/a/arm:1"
	run_status 1 hoy manifest annotate "$list" "$REGISTRY/a/none:1" --arch arm
	[ "$output" = "manifest for image $REGISTRY/a/none:1 does not exist in $list" ]
	run_status 1 hoy manifest annotate --arch none "$list" "$REGISTRY/a/arm:1"
	[ "$output" = "manifest entry for image has unsupported os/arch combination: linux/none" ]
	hoy manifest annotate --arch amd64 "$list" "$REGISTRY/a/arm:1"
	run_status 1 hoy manifest push "$list"
	[ "$output" = "$REGISTRY/a/amd:1 and $REGISTRY/a/arm:1 are both for the platform linux/amd64: annotate one of them" ]
	hoy manifest create localhost:1/x "$REGISTRY/a/amd:1"
	run_status 1 hoy manifest push localhost:1/x
	[ "$output" = "cannot use source images from a different registry than the target image: $REGISTRY != localhost:1" ]
	# two names, one directory: never silently the same list
	hoy manifest create "$REGISTRY/x-y:1" "$REGISTRY/a/amd:1"
	run_status 1 hoy manifest inspect "$REGISTRY/x:y-1"
	[[ $output == "the manifest list $REGISTRY/x-y:1 stands where $REGISTRY/x:y-1 would be kept"* ]]
	# a file that is damaged
	sed -i 's/"Raw":"..../"Raw":"AAAA/' "$DOCKER_CONFIG"/manifests/*x_y-1/*amd-1
	run_status 1 hoy manifest push "$list"
	run_status 1 hoy manifest inspect "$list" "$REGISTRY/a/amd:1"
	[[ $output == "the manifest of $REGISTRY/a/amd:1 is not kept here as it was"* ]]
	echo '{' >"$(ls "$DOCKER_CONFIG"/manifests/*x_y-1/*amd-1)"
	run_status 1 hoy manifest inspect "$list"
	[[ $output == "$DOCKER_CONFIG/manifests/"*"_x_y-1/"* ]]
}
