#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The API over TCP: with certificates on both sides, never by accident without; hoy and the docker client.

load lib

setup_file() {
	load lib
	engine_setup tls
	import_busybox busybox >/dev/null
	CERTS=$T/certs PORT=$((20000 + $$ % 10000))
	export CERTS PORT
	authority good
	authority evil
	certificate good server server serverAuth "IP:127.0.0.1,DNS:localhost"
	certificate good client client clientAuth
	certificate evil client client clientAuth
	certificate evil server server serverAuth "IP:127.0.0.1,DNS:localhost"
	certificate good other server serverAuth "DNS:elsewhere.example"
	unset DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_HOST
}

teardown_file() {
	load lib
	engine_teardown
}

setup() { export HOME=$BATS_TEST_TMPDIR; }
teardown() {
	stop
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
}

authority() { # NAME
	mkdir -p "$CERTS/$1"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1 authority" \
		-keyout "$CERTS/$1/ca-key.pem" -out "$CERTS/$1/ca.pem" 2>/dev/null
}

certificate() { # AUTHORITY NAME COMMON-NAME USAGE [ALT-NAMES]
	local dir=$CERTS/$1 name=$2
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" -keyout "$dir/$name-key.pem" -out "$dir/$name.csr" 2>/dev/null
	printf 'extendedKeyUsage=%s\n%s\n' "$4" "${5:+subjectAltName=$5}" >"$dir/ext"
	openssl x509 -req -in "$dir/$name.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca-key.pem" -CAcreateserial -days 2 -extfile "$dir/ext" \
		-out "$dir/$name.pem" 2>/dev/null
}

# serve OPTIONS...: hoyd on TCP; with the good authority's files unless the options say otherwise
serve() {
	hoyd --config-file "$HOY_CONFIG" -H "tcp://127.0.0.1:$PORT" "$@" >"$T/tls.log" 2>&1 3>&- &
	SERVER=$!
	wait_for nc -z 127.0.0.1 "$PORT"
}
server_files() { echo "--tlscacert=$CERTS/good/ca.pem --tlscert=$CERTS/$1.pem --tlskey=$CERTS/$1-key.pem"; }
# shellcheck disable=SC2046 # words
serve_tls() { serve --tlsverify $(server_files "${1:-good/server}"); }
stop() {
	[ -z "${SERVER:-}" ] || { kill "$SERVER" && wait "$SERVER"; } || true
	SERVER=
}

# as AUTHORITY/NAME CLIENT ARGUMENTS...: the client with this certificate, trusting the good authority
as() {
	local files=$CERTS/$1 client=$2
	shift 2
	"$client" -H "tcp://127.0.0.1:$PORT" --tlsverify --tlscacert "$CERTS/good/ca.pem" --tlscert "$files.pem" --tlskey "$files-key.pem" "$@"
}

@test "hoy and the docker client, with certificates: requests, streams, both ways and half-closed" {
	serve_tls
	for client in hoy docker; do
		[ "$(as good/client $client version --format '{{.Server.APIVersion}}')" = "$(hoy version --format '{{.Server.APIVersion}}')" ]
		[ "$(as good/client $client run --rm --network none busybox echo hello)" = hello ]
		[ "$(seq 1 200000 | as good/client $client run -i --rm --network none busybox sh -c 'sha256sum; echo end')" = \
			"$(seq 1 200000 | sha256sum; echo end)" ]
		run as good/client $client run --rm --network none busybox sh -c 'echo err >&2; exit 7'
		[ "$status" -eq 7 ]
		as good/client $client run -d --name "s$client" --network none busybox sh -c 'seq 1 300000; sleep 1000'
		wait_for sh -c "[ \"\$(hoy logs s$client | wc -l)\" = 300000 ]"
		[ "$(as good/client $client logs "s$client" | sha256sum)" = "$(seq 1 300000 | sha256sum)" ]
		as good/client $client rm -f "s$client"
	done
}

@test "a follower that goes takes its processes with it" {
	serve_tls
	as good/client hoy run -d --name ff --network none busybox sleep 1000
	hoy -H "tcp://127.0.0.1:$PORT" --tlsverify --tlscacert "$CERTS/good/ca.pem" --tlscert "$CERTS/good/client.pem" \
		--tlskey "$CERTS/good/client-key.pem" logs -f ff >/dev/null 3>&- &
	local client=$!
	carried() { [ "$(pgrep -fc "hoy-tls (server|client).*$CERTS")" -ge 2 ]; }
	wait_for carried
	kill "$client"
	wait "$client" || true
	none() { [ -z "$(pgrep -f "hoy-tls (server|client).*$CERTS")" ]; }
	wait_for none
	hoy rm -f ff
}

@test "environment and files as docker has them: DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, ~/.docker" {
	serve_tls
	mkdir -p "$HOME/.docker"
	cp "$CERTS/good/ca.pem" "$HOME/.docker/ca.pem"
	cp "$CERTS/good/client.pem" "$HOME/.docker/cert.pem"
	cp "$CERTS/good/client-key.pem" "$HOME/.docker/key.pem"
	[ "$(DOCKER_HOST=tcp://localhost:$PORT hoy --tlsverify ps -q)" = "" ]
	DOCKER_HOST=tcp://127.0.0.1:$PORT DOCKER_TLS_VERIFY=1 hoy ps
	mv "$HOME/.docker" "$HOME/elsewhere"
	DOCKER_HOST=tcp://127.0.0.1:$PORT DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$HOME/elsewhere hoy ps
	hoy -H "tcp://127.0.0.1:$PORT" --tls --tlscert "$CERTS/good/client.pem" --tlskey "$CERTS/good/client-key.pem" ps
}

@test "who has no certificate, or one of another authority, gets nothing" {
	serve_tls
	run as evil/client hoy ps
	[ "$status" -ne 0 ]
	run hoy -H "tcp://127.0.0.1:$PORT" --tlsverify --tlscacert "$CERTS/good/ca.pem" ps
	[ "$status" -ne 0 ]
	run curl -sS --max-time 5 "http://127.0.0.1:$PORT/_ping"
	[[ "$status" -ne 0 || "$output" != *OK* ]]
	run curl -sS --max-time 5 --cacert "$CERTS/good/ca.pem" "https://127.0.0.1:$PORT/_ping"
	[[ "$status" -ne 0 && "$output" != *OK* ]]
	run curl -sS --tls-max 1.1 --max-time 5 --cacert "$CERTS/good/ca.pem" --cert "$CERTS/good/client.pem" --key "$CERTS/good/client-key.pem" "https://127.0.0.1:$PORT/_ping"
	[ "$status" -ne 0 ]
	[ "$(curl -sS --cacert "$CERTS/good/ca.pem" --cert "$CERTS/good/client.pem" --key "$CERTS/good/client-key.pem" "https://127.0.0.1:$PORT/_ping")" = OK ]
}

@test "a server that is another one is not talked to" {
	serve_tls good/other
	run as good/client hoy ps
	[[ "$status" -ne 0 && "$output" == *"failed to verify certificate"* ]]
	stop
	# shellcheck disable=SC2046 # words
	serve --tlsverify --tlscacert="$CERTS/good/ca.pem" --tlscert="$CERTS/evil/server.pem" --tlskey="$CERTS/evil/server-key.pem"
	run as good/client hoy ps
	[[ "$status" -ne 0 && "$output" == *"failed to verify certificate"* ]]
}

@test "an engine at tcp:// that is not there" {
	run_status 1 hoy -H tcp://no.such.invalid:2375 ps
	[[ $output == "look up no.such.invalid: "* ]]
	run_status 1 hoy -H tcp://127.0.0.1:1 ps
	[ "$output" = "Cannot connect to the hoy engine at tcp://127.0.0.1:1. Is the engine running?" ]
	run_status 1 hoy -H 'tcp://[::1]:1' ps
	[ "$output" = "Cannot connect to the hoy engine at tcp://[::1]:1. Is the engine running?" ]
}

@test "without TLS only when it is said" {
	run_status 1 hoyd --config-file "$HOY_CONFIG" -H "tcp://127.0.0.1:$PORT"
	[[ "$output" == *"would give root to the network"* && "$output" == *"--tls=false"* ]]
	serve --tls=false
	grep -q 'whoever reaches it is root' "$T/tls.log"
	[ "$(hoy -H "tcp://127.0.0.1:$PORT" run --rm --network none busybox echo plain)" = plain ]
	[ "$(hoy -H "tcp://localhost:$PORT" ps -q)" = "" ]
	# an engine that has vanished is noticed
	timeout 30 hoy -H "tcp://127.0.0.1:$PORT" events >/dev/null 3>&- &
	wait_for sh -c "ss -Htnop state established dport = :$PORT | grep '\"hoy\"' | grep -q keepalive"
	kill $!
	[ "$(docker -H "tcp://127.0.0.1:$PORT" run --rm --network none busybox echo plain)" = plain ]
}

@test "files that are missing, wrong, or do not belong together: the start fails, in a sentence" {
	start() { run_status 1 timeout 10 hoyd --config-file "$HOY_CONFIG" -H "tcp://127.0.0.1:$PORT" --tlsverify "$@"; }
	start
	[[ "$output" == *"could not read CA certificate $HOME/.docker/ca.pem"* ]]
	start --tlscacert "$CERTS/good/ca.pem" --tlscert "$CERTS/good/server.pem" --tlskey "$CERTS/evil/server-key.pem"
	[[ "$output" == *"key"* ]]
	start --tlscacert "$CERTS/good/ca.pem" --tlscert "$HOY_CONFIG" --tlskey "$CERTS/good/server-key.pem"
	[[ "$output" == *"could not load certificate $HOY_CONFIG"* ]]
	run hoy -H "tcp://127.0.0.1:$PORT" --tlsverify --tlscacert "$HOME/nothere" ps
	[ "$status" -ne 0 ]
}
