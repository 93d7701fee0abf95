#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a name without a registry means: default-registry, search-registries; docker.io stays docker.io. A proxy that serves
# images stands for docker.io.

# shellcheck disable=SC2030,SC2031
load lib.bash

setup_file() {
	export HOY_STALL_SECONDS=1
	engine_setup defreg
	registry_start
	export REGISTRY REGISTRY_PID DOCKER_CONFIG=$T/config
	mkdir -p "$DOCKER_CONFIG" "$T/bad/blobs" "$T/bad/manifests"
	"$BATS_TEST_DIRNAME/bad-registry.py" "$T/bad" "$T/bad.port" >"$T/bad.log" 2>&1 3>&- &
	export BAD_PID=$!
	wait_for test -s "$T/bad.port"
	BAD=localhost:$(cat "$T/bad.port")
	export BAD
	tar -C "$(busybox_root)" --exclude ./.done -cf "$T/one.tar" .
	push_image --config '{"Cmd": ["echo", "ours"]}' "http://$REGISTRY/team/app:1" "$T/one.tar"
	# docker.io/ok/app and docker.io/library/only have their like at the proxy
	push_image --config '{"Cmd": ["echo", "docker"]}' "dir:$T/bad/app:1" "$T/one.tar"
	cp "$HOY_CONFIG" "$T/plain.json"
	jq '. + {"default-registry": "'"$REGISTRY"'/team", "insecure-registries": ["docker.io"],
		"proxies": {"http-proxy": "http://'"$BAD"'", "https-proxy": "http://'"$BAD"'"}}' "$T/plain.json" >"$T/default.json"
	cp "$T/default.json" "$HOY_CONFIG"
}

teardown_file() {
	kill "$BAD_PID" 2>/dev/null || true
	registry_stop
	engine_teardown
}

setup() { echo '{}' >"$DOCKER_CONFIG/config.json"; }

teardown() {
	daemon_stop
	cp "$T/default.json" "$HOY_CONFIG"
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
}

push_image() { "$BATS_TEST_DIRNAME/push-image.py" "$@" >/dev/null; }

@test "a name without a registry is one of the default's, in every command; docker.io is named" {
	run_status 0 hoy pull app:1
	[ "${lines[-1]}" = "$REGISTRY/team/app:1" ]
	[ "$(hoy images --format '{{.Repository}}:{{.Tag}}')" = "$REGISTRY/team/app:1" ]
	[ "$(hoy inspect -f '{{index .RepoTags 0}}' app:1)" = "$REGISTRY/team/app:1" ]
	[ "$(hoy images -q app | wc -l)" = 1 ]
	[ "$(hoy images -q "$REGISTRY/team/app" | wc -l)" = 1 ]
	[ "$(hoy images -q "ap*" | wc -l)" = 1 ]
	run_status 0 hoy run --rm --network none app:1
	[ "$output" = ours ]
	hoy tag app:1 other/name
	[ "$(hoy images --format '{{.Repository}}:{{.Tag}}' other/name)" = "$REGISTRY/team/other/name:latest" ]
	run_status 0 hoy push -q other/name
	[ "$output" = "$REGISTRY/team/other/name:latest" ]
	curl -sf "http://$REGISTRY/v2/team/other/name/tags/list" | grep -q latest
	hoy import "$T/one.tar" imported
	[ "$(hoy images -q "$REGISTRY/team/imported" | wc -l)" = 1 ]
	run_status 0 hoy pull -q docker.io/ok/app:1
	[ "$(hoy images --format '{{.Repository}}' docker.io/ok/app)" = docker.io/ok/app ]
	run_status 0 hoy run --rm --network none docker.io/ok/app:1
	[ "$output" = docker ]
	run_status 1 hoy pull nothing
	[[ $output == *"manifest for $REGISTRY/team/nothing:latest not found"* ]]
	run_status 0 hoy rmi other/name
	[[ $output == "Untagged: $REGISTRY/team/other/name:latest"* ]]
	run_status 0 hoy info --format '{{.IndexServerAddress}}'
	[ "$output" = "$REGISTRY" ]
}

@test "what docker's archives call by a short name is docker.io's, before and after" {
	cp "$T/plain.json" "$HOY_CONFIG"
	import_busybox busybox:x
	hoy save -o "$T/short.tar" busybox:x
	hoy rmi busybox:x
	cp "$T/default.json" "$HOY_CONFIG"
	run_status 0 hoy load -i "$T/short.tar"
	[ "$output" = "Loaded image: docker.io/library/busybox:x" ]
	run_status 0 hoy save -o "$T/whole.tar" docker.io/busybox:x
	cp "$T/plain.json" "$HOY_CONFIG"
	run_status 0 hoy load -i "$T/whole.tar"
	[ "$output" = "Loaded image: busybox:x" ]
}

@test "docker.io's image of that name is taken only where there is no other, and said" {
	hoy pull -q docker.io/ok/app:1
	hoy create --name first ok/app:1 2>"$T/err"
	grep -qx "WARNING: ok/app:1 is docker.io/ok/app:1: $REGISTRY/team has no image of this name here" "$T/err"
	hoy rm first
	hoy pull -q app:1
	hoy tag app:1 ok/app:1
	hoy create --name first ok/app:1 2>"$T/err"
	[ ! -s "$T/err" ]
	[ "$(hoy inspect -f '{{.Image}}' first)" = "$(hoy inspect -f '{{.Id}}' app:1)" ]
}

@test "docker's client: short names it writes out are docker.io's; those it leaves short are ours first" {
	command -v docker >/dev/null || skip "no docker client here"
	ENGINE=daemon daemon_start
	run docker pull -q docker.io/ok/app:1
	if [ "$status" = 0 ]; then
		[ "$(docker image inspect -f '{{index .RepoTags 0}}' ok/app:1)" = docker.io/ok/app:1 ]
	else # a client that leaves docker.io out
		[[ $output == *"manifest for $REGISTRY/team/ok/app:1 not found"* ]]
	fi
	run_status 0 docker run --rm --network none "$REGISTRY/team/app:1"
	[[ $output == *ours ]]
	run_status 0 docker run --rm --network none app:1
	[[ $output == *ours ]]
}

@test "logins: the default registry's for its names, docker.io's for nobody else" {
	push_image --config '{"Cmd": ["echo", "basic"]}' "dir:$T/bad/x:1" "$T/one.tar"
	jq '. + {"default-registry": "'"$BAD"'/basic"}' "$T/plain.json" >"$HOY_CONFIG"
	echo '{"auths": {"https://index.docker.io/v1/": {"auth": "dXNlcjpzZWNyZXQ="}}}' >"$DOCKER_CONFIG/config.json"
	rm -f "$T/bad.port.log"
	run_status 1 hoy pull x:1
	! grep -q " auth$" "$T/bad.port.log" || false
	ENGINE=daemon daemon_start
	run_status 0 curl -s --unix-socket "$T/hoy.sock" -X POST "http://x/images/create?fromImage=x&tag=1" \
		-H "X-Registry-Auth: $(printf '{"username":"user","password":"secret","serveraddress":"https://index.docker.io/v1/"}' | base64 -w0)"
	[[ $output == *"no basic auth credentials"* ]]
	! grep -q " auth$" "$T/bad.port.log" || false
	daemon_stop
	echo '{"auths": {"'"$BAD"'": {"auth": "dXNlcjpzZWNyZXQ="}}}' >"$DOCKER_CONFIG/config.json"
	run_status 0 hoy pull -q x:1
	[ "$output" = "$BAD/basic/x:1" ]
}

@test "configurations that say two things, and what was searched says where it was found" {
	local bad
	for bad in '{"default-registry": "x y"}' '{"default-registry": "nohost"}' '{"default-registry": "http://x.example"}'; do
		jq ". + $bad" "$T/plain.json" >"$HOY_CONFIG"
		run_status 1 hoyd --config-file "$HOY_CONFIG" --validate
		[[ $output == *"for names without one: want HOST[:PORT][/PREFIX]"* ]]
	done
	jq '. + {"default-registry": "a.example", "search-registries": ["b.example"]}' "$T/plain.json" >"$HOY_CONFIG"
	run_status 1 hoyd --config-file "$HOY_CONFIG" --validate
	[[ $output == *"default-registry and search-registries exclude each other"* ]]
	jq '. + {"search-registries": ["localhost:1", "'"$REGISTRY"'/team"]}' "$T/plain.json" >"$HOY_CONFIG"
	run_status 0 hoy pull app:1
	[[ $output == *"1: Pulling from $REGISTRY/team/app"* ]]
	[ "$(hoy images --format '{{.Repository}}:{{.Tag}}')" = app:1 ]
	jq '. + {"default-registry": "docker.io"}' "$T/plain.json" >"$HOY_CONFIG"
	[ "$(hoy images --format '{{.Repository}}:{{.Tag}}')" = app:1 ]
}
