#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Logins: Debian's docker-registry with TLS and basic auth; where credentials are kept, and who gets them.

load lib.bash

setup_file() {
	engine_setup login
	export DOCKER_CONFIG=$T/config
	HOST=$(hostname -I | cut -d' ' -f1)
	PORT=$((12000 + RANDOM % 8000))
	LOCKED=$HOST:$PORT CERTS=/etc/hoy/certs.d/$HOST:$PORT
	export HOST PORT LOCKED CERTS
	mkdir -p "$DOCKER_CONFIG" "$T/bin" "$CERTS"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -keyout "$T/key.pem" -out "$CERTS/ca.crt" \
		-addext "subjectAltName=IP:$HOST,DNS:localhost" >/dev/null 2>&1
	# bcrypt of "secret"
	python3 -W ignore -c 'import crypt; print("user:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' \
		>"$T/htpasswd"
	cat >"$T/locked.yml" <<-EOF
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $T/registry}}
		http: {addr: "0.0.0.0:$PORT", tls: {certificate: $CERTS/ca.crt, key: $T/key.pem}}
		auth: {htpasswd: {realm: test, path: $T/htpasswd}}
	EOF
	docker-registry serve "$T/locked.yml" >"$T/locked.log" 2>&1 3>&- &
	export REGISTRY_PID=$!
	wait_for curl -sk -o /dev/null "https://$LOCKED/v2/"
	# a credential helper that keeps what it is given in a file
	cat >"$T/bin/docker-credential-test" <<-'EOF'
		#!/bin/sh
		echo "$1" >>"$T/helper.log"
		case $1 in
		store) cat >"$T/helper.secret" ;;
		get) cat "$T/helper.secret" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
		erase) rm -f "$T/helper.secret" ;;
		esac
	EOF
	chmod +x "$T/bin/docker-credential-test"
	export PATH=$T/bin:$PATH
}

teardown_file() {
	registry_stop
	rm -rf "$CERTS"
	rmdir --ignore-fail-on-non-empty /etc/hoy/certs.d /etc/hoy 2>/dev/null || true
	engine_teardown
}

setup() { echo '{"psFormat": "kept", "auths": {"other.example": {"auth": "YTpi"}}, "n": [1, {"a": null}]}' >"$DOCKER_CONFIG/config.json"; }

login() { echo "${1:-secret}" | hoy login -u user --password-stdin "$LOCKED"; }

@test "login: proven, kept in config.json beside what is there, used, forgotten" {
	run_status 1 login wrong
	[[ $output == *"login attempt to https://$LOCKED/v2/ failed with status: 401 Unauthorized" ]]
	run_status 0 login
	[[ $output == *"stored unencrypted in '$DOCKER_CONFIG/config.json'"*"Login Succeeded" ]]
	[ "$(stat -c %a "$DOCKER_CONFIG/config.json")" = 600 ]
	[ "$(jq -c . "$DOCKER_CONFIG/config.json")" = '{"psFormat":"kept","auths":{"other.example":{"auth":"YTpi"},"'"$LOCKED"'":{"auth":"dXNlcjpzZWNyZXQ="}},"n":[1,{"a":null}]}' ]
	run_status 0 hoy login "$LOCKED"
	[[ $output == "Authenticating with existing credentials..."*"Login Succeeded" ]]
	import_busybox "$LOCKED/p/x:1"
	run_status 0 hoy push -q "$LOCKED/p/x:1"
	run_status 0 hoy pull -q "$LOCKED/p/x:1"
	run_status 0 hoy search --format '{{.Name}}' "$LOCKED/x"
	[ "$output" = p/x ]
	run_status 0 hoy logout "$LOCKED"
	[ "$output" = "Removing login credentials for $LOCKED" ]
	[ "$(jq -c .auths "$DOCKER_CONFIG/config.json")" = '{"other.example":{"auth":"YTpi"}}' ]
	run_status 1 hoy push "$LOCKED/p/x:1"
	[[ $output == *"no basic auth credentials" ]]
	run_status 1 hoy pull "$LOCKED/p/x:1"
	[[ $output == *"no basic auth credentials" ]]
	hoy rmi -f "$LOCKED/p/x:1"
}

@test "credential helpers: credHelpers for one registry, credsStore for all; one that is missing" {
	echo '{"credsStore": "nobody", "credHelpers": {"'"$LOCKED"'": "test"}}' >"$DOCKER_CONFIG/config.json"
	run_status 0 login
	[[ $output != *unencrypted* ]]
	[ "$(jq -c . "$T/helper.secret")" = '{"ServerURL":"'"$LOCKED"'","Username":"user","Secret":"secret"}' ]
	[ "$(jq -c .auths "$DOCKER_CONFIG/config.json")" = '{"'"$LOCKED"'":{}}' ]
	! grep -q c2VjcmV0 "$DOCKER_CONFIG/config.json" || false
	import_busybox "$LOCKED/h:1"
	run_status 0 hoy push -q "$LOCKED/h:1"
	run_status 0 hoy logout "$LOCKED"
	[ ! -e "$T/helper.secret" ]
	[ "$(paste -sd' ' "$T/helper.log")" = "store get erase" ]
	run_status 1 hoy push -q "$LOCKED/h:1"
	echo '{"credsStore": "nobody"}' >"$DOCKER_CONFIG/config.json"
	run_status 1 login
	[[ $output == *"docker-credential-nobody: executable file not found in \$PATH" ]]
	run_status 1 hoy pull "$LOCKED/h:1"
	[[ $output == *"WARNING: error getting credentials: docker-credential-nobody: executable file not found"*"no basic auth credentials" ]]
	hoy rmi -f "$LOCKED/h:1"
}

@test "login: what cannot be" {
	run_status 1 hoy login -u user "$LOCKED" </dev/null
	[[ $output == *"Cannot perform an interactive login from a non TTY device" ]]
	run_status 1 hoy login --password-stdin "$LOCKED" </dev/null
	[[ $output == *"the --password-stdin option requires --username to be set" ]]
	run_status 1 hoy login -u user -p x --password-stdin "$LOCKED" </dev/null
	[[ $output == *"cannot specify both --password and --password-stdin" ]]
	run_status 1 hoy login -u user -p x "a b"
	[[ $output == *"invalid registry address"* ]]
	run_status 1 hoy login -u user -p x localhost:1
	[[ $output == *"connection refused"* ]]
	echo '{"auths": {"'"$LOCKED"'": {"auth": "!"}}}' >"$DOCKER_CONFIG/config.json"
	run_status 1 hoy pull "$LOCKED/x"
	[[ $output == *"Invalid auth configuration file" ]]
	echo '{"auths": [' >"$DOCKER_CONFIG/config.json"
	run_status 1 login
	[[ $output == *"$DOCKER_CONFIG/config.json"* ]]
	[ "$(cat "$DOCKER_CONFIG/config.json")" = '{"auths": [' ]
}

@test "the docker client sees the same" {
	ENGINE=daemon daemon_start
	run_status 0 sh -c 'echo secret | docker login -u user --password-stdin "$LOCKED"'
	[[ $output == *"Login Succeeded" ]]
	import_busybox "$LOCKED/d:1"
	docker push "$LOCKED/d:1" >"$T/docker.out"
	hoy push "$LOCKED/d:1" >"$T/hoy.out"
	run_status 0 curl -sf --unix-socket "$T/hoy.sock" "http://x/distribution/$LOCKED/d:1/json" \
		-H "X-Registry-Auth: $(printf '{"username":"user","password":"secret"}' | base64 -w0)"
	daemon_stop
	sed -i -E 's/: (Pushed|Mounted from .*)$/: Layer already exists/' "$T/docker.out"
	diff "$T/docker.out" "$T/hoy.out"
	[ "$(jq -r '.Platforms[0].os' <<<"$output")" = linux ]
	[ "$(jq -r .Descriptor.digest <<<"$output")" = "$(sed -n 's/.*digest: \(sha256:[0-9a-f]*\) .*/\1/p' "$T/hoy.out")" ]
	hoy rmi -f "$LOCKED/d:1"
}
