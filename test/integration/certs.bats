#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who we are to a registry, but for a password: client certificates (certs.d) against Debian's docker-registry, and refresh
# tokens (identity tokens) against one that is written for it.

load lib.bash

setup_file() {
	export HOY_STALL_SECONDS=2
	engine_setup certs
	export DOCKER_CONFIG=$T/config
	HOST=$(hostname -I | cut -d' ' -f1)
	PORT=$((12000 + RANDOM % 8000))
	TLS=$HOST:$PORT CERTS=/etc/hoy/certs.d/$HOST:$PORT
	export HOST PORT TLS CERTS
	mkdir -p "$DOCKER_CONFIG" "$CERTS" "$T/ca" "$T/bad/blobs" "$T/bad/manifests"
	make_ca ours
	make_ca other
	make_cert ours server "subjectAltName=IP:$HOST"
	make_cert ours client "extendedKeyUsage=clientAuth"
	make_cert other stranger "extendedKeyUsage=clientAuth"
	cat >"$T/tls.yml" <<-EOF
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $T/registry}}
		http: {addr: "0.0.0.0:$PORT", tls: {certificate: $T/ca/server.crt, key: $T/ca/server.key, clientcas: [$T/ca/ours.crt]}}
	EOF
	docker-registry serve "$T/tls.yml" >"$T/tls.log" 2>&1 3>&- &
	export REGISTRY_PID=$!
	wait_for curl -sf --cacert "$T/ca/ours.crt" --cert "$T/ca/client.crt" --key "$T/ca/client.key" "https://$TLS/v2/"
	"$BATS_TEST_DIRNAME/bad-registry.py" "$T/bad" "$T/bad.port" >"$T/bad.log" 2>&1 3>&- &
	export BAD_PID=$!
	wait_for test -s "$T/bad.port"
	BAD=localhost:$(cat "$T/bad.port")
	export BAD
	import_busybox "$TLS/p/x:1"
}

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=ca $1" -keyout "$T/ca/$1.key" \
		-out "$T/ca/$1.crt" >/dev/null 2>&1
}

make_cert() { # CA NAME EXTENSION
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$T/ca/$2.key" -out "$T/ca/$2.csr" >/dev/null 2>&1
	openssl x509 -req -in "$T/ca/$2.csr" -CA "$T/ca/$1.crt" -CAkey "$T/ca/$1.key" -CAcreateserial -days 2 -out "$T/ca/$2.crt" \
		-extfile <(echo "$3") >/dev/null 2>&1
}

teardown_file() {
	kill "$BAD_PID" 2>/dev/null || true
	registry_stop
	rm -rf "$CERTS"
	rmdir --ignore-fail-on-non-empty /etc/hoy/certs.d /etc/hoy 2>/dev/null || true
	engine_teardown
}

setup() {
	rm -rf "$CERTS"
	mkdir -p "$CERTS"
	cp "$T/ca/ours.crt" "$CERTS/ca.crt"
}

show() { # NAME: as the client certificate
	cp "$T/ca/$1.crt" "$CERTS/client.cert"
	cp "$T/ca/$1.key" "$CERTS/client.key"
	chmod 600 "$CERTS/client.key"
}

@test "a registry that asks for a client certificate gets the one of certs.d; the key is root's alone" {
	show client
	chmod 700 "$CERTS"
	run_status 0 hoy push -q "$TLS/p/x:1"
	run_status 0 hoy manifest inspect "$TLS/p/x:1"
	hoy rmi "$TLS/p/x:1"
	run_status 0 hoy pull -q "$TLS/p/x:1"
	# a link, as certificates are often kept; any name; other files are nobody's business
	rm "$CERTS"/client.*
	ln -s "$T/ca/client.crt" "$CERTS/me.cert"
	ln -s "$T/ca/client.key" "$CERTS/me.key"
	touch "$CERTS/README"
	run_status 0 hoy pull -q "$TLS/p/x:1"
}

# A pull fails with the server's word for it. With TLS 1.3 the end of the connection may come first and take the word away:
# not each time.
rejected() {
	local try
	for try in 1 2 3 4 5; do
		run_status 1 hoy pull "$TLS/p/x:1"
		[[ $output != *"https://$TLS/v2/p/x/manifests/1\": remote error: tls: "*@(certificate|unknown ca)* ]] || return 0
		[[ $output == *"was cut"* ]] || break
	done
	echo "try $try: $output"
	return 1
}

@test "without it, with a stranger's, with half of one: one sentence, and at once" {
	rejected
	show stranger
	rejected
	show client
	rm "$CERTS/client.key"
	run_status 1 hoy pull "$TLS/p/x:1"
	[[ $output == *"missing key client.key for client certificate client.cert in $CERTS. CA certificates must use the extension .crt" ]]
	show client
	rm "$CERTS/client.cert"
	run_status 1 hoy pull "$TLS/p/x:1"
	[[ $output == *"missing client certificate client.cert for key client.key in $CERTS" ]]
	show client
	cp "$T/ca/stranger.crt" "$CERTS/z.cert"
	cp "$T/ca/stranger.key" "$CERTS/z.key"
	run_status 1 hoy pull "$TLS/p/x:1"
	[[ $output == *"$CERTS has more than one client certificate: keep one of them" ]]
	show client
	rm "$CERTS"/z.*
	cp "$T/ca/stranger.key" "$CERTS/client.key"
	run_status 1 hoy pull "$TLS/p/x:1"
	[[ $output == *"tls: the client certificate cannot be used: "* ]]
	rm -f "$CERTS"/* # nobody vouches for the server
	run_status 1 hoy pull "$TLS/p/x:1"
	[[ $output == *"tls: failed to verify certificate: "* ]]
	ln -s /nonexistent "$CERTS/ca.crt"
	run_status 1 hoy pull "$TLS/p/x:1"
	[[ $output == *"read '$CERTS/ca.crt': No such file or directory" ]]
}

@test "a login that gives a refresh token: that is kept instead of the password, and is what is used" {
	echo refresh >"$T/bad/login"
	"$BATS_TEST_DIRNAME/push-image.py" --config '{"Env": ["refresh=1"]}' "dir:$T/bad/x:1"
	echo '{}' >"$DOCKER_CONFIG/config.json"
	run_status 1 sh -c 'echo wrong | hoy login -u user --password-stdin "$BAD"'
	run_status 0 sh -c 'echo secret | hoy login -u user --password-stdin "$BAD"'
	[[ $output == *"Login Succeeded" ]]
	[ "$(jq -c ".auths[\"$BAD\"]" "$DOCKER_CONFIG/config.json")" = '{"auth":"dXNlcjo=","identitytoken":"R1"}' ]
	rm -f "$T/bad.port.log"
	run_status 0 hoy pull "$BAD/refresh/x:1"
	grep -q '^POST .*/token/refresh' "$T/bad.port.log"
	run_status 0 hoy push "$BAD/refresh/x:1"
	run_status 0 hoy manifest inspect "$BAD/refresh/x:1"
	run_status 0 hoy login "$BAD" # with what is there
	[[ $output == *"Login Succeeded" ]]
	sed -i 's/R1/R2/' "$DOCKER_CONFIG/config.json"
	hoy rmi "$BAD/refresh/x:1"
	run_status 1 hoy pull "$BAD/refresh/x:1"
	[[ $output == *nauthorized* || $output == *"pull access denied"* ]]
	run_status 0 hoy logout "$BAD"
	[ "$(jq -c .auths "$DOCKER_CONFIG/config.json")" = '{}' ]
	rm "$T/bad/login"
}

@test "docker's client keeps the same token, and pulls with it" {
	command -v docker >/dev/null || skip "no docker client here"
	echo refresh >"$T/bad/login"
	"$BATS_TEST_DIRNAME/push-image.py" --config '{"Env": ["refresh=2"]}' "dir:$T/bad/y:1"
	echo '{}' >"$DOCKER_CONFIG/config.json"
	ENGINE=daemon daemon_start
	run_status 0 sh -c 'echo secret | docker login -u user --password-stdin "$BAD"'
	[ "$(jq -r ".auths[\"$BAD\"].identitytoken" "$DOCKER_CONFIG/config.json")" = R1 ]
	run_status 0 docker pull -q "$BAD/refresh/y:1"
	daemon_stop
	run_status 0 hoy pull -q "$BAD/refresh/y:1"
	hoy rmi "$BAD/refresh/y:1"
	rm "$T/bad/login"
}
