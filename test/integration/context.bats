#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy context: docker's contexts, read and written by both clients.

load lib.bash

setup() {
	D=$(mktemp -d /tmp/hoy-context.XXXXXX)
	export DOCKER_CONFIG=$D/config
	unset DOCKER_HOST HOY_HOST DOCKER_CONTEXT HOY_CONTEXT
	mkdir "$DOCKER_CONFIG"
	echo '{"auths": {}}' >"$DOCKER_CONFIG/config.json"
	chmod 600 "$DOCKER_CONFIG/config.json"
	cd "$D" || return 1
}

teardown() { rm -rf "$D"; }

certificates() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
	cp cert.pem ca.pem
}

# Both say the same, on both outputs, and end alike; each in a configuration of its own that starts as the present one is.
both() {
	local client
	for client in docker hoy; do
		rm -rf "${D:?}/$client"
		cp -a "$DOCKER_CONFIG" "$D/$client"
		(DOCKER_CONFIG=$D/$client "$client" context "$@" >"$D/$client.out" 2>"$D/$client.err" || echo "ends with $?" >>"$D/$client.out")
		sed -i -e "s#$D/$client#DIR#g; s/^hoy: //; /^$/d; /^Run /d" -e 's#unix:///var/run/docker.sock#DEFAULT#; s#unix:///run/hoy.sock#DEFAULT#' \
			-e 's/DEFAULT */DEFAULT /; s/DOCKER ENDPOINT */DOCKER ENDPOINT /; s/ *$//' "$D/$client.out" "$D/$client.err"
	done
	echo "context $*"
	diff "$D/docker.out" "$D/hoy.out" || return 1
	diff "$D/docker.err" "$D/hoy.err" || return 1
	find "$D/docker" "$D/hoy" -type d -empty -delete
	diff <(cd "$D/docker" && find . -type f -o -type d | sort | xargs stat -c '%n %F %a') <(cd "$D/hoy" && find . -type f -o -type d | sort | xargs stat -c '%n %F %a')
	diff -r "$D/docker" "$D/hoy"
}

# The same, and what hoy made of it is the present configuration.
step() {
	both "$@" || return 1
	rm -rf "$DOCKER_CONFIG"
	mv "$D/hoy" "$DOCKER_CONFIG"
}

@test "made, listed, used, changed, removed: in docker's words, on docker's files" {
	needs_docker_28
	certificates
	step create --docker host=tcp://192.0.2.1:2375 --description "my own" one
	both create --docker host=tcp://192.0.2.1:2375 one
	step create --docker "host=tcp://192.0.2.1:2376,ca=ca.pem,cert=cert.pem,key=key.pem" tls1
	step create --docker skip-tls-verify=true,host=ssh://me@example.org two2
	step create --from tls1 copy
	step create --docker from=one,host=ignored copy10
	both create --from one --docker host=unix:///x wrong
	both create --docker host=tcp://h:1,foo=bar wrong
	both create default --docker host=unix:///x
	both create 'a b' --docker host=unix:///x
	both create x --docker host=unix:///x
	both create wrong --docker host=zzz
	both create wrong --docker ca=/nonexistent
	both create wrong --docker skip-tls-verify=maybe
	both create wrong --from nosuch
	both ls
	both ls -q
	both ls --format '{{.Name}} {{.Current}} {{.DockerEndpoint}} {{.Description}}'
	both ls --format json
	both inspect one tls1
	both inspect one nosuch
	both inspect -f '{{.Name}} {{.Endpoints.docker.Host}}' tls1
	step use one
	both show
	both ls
	both rm one
	both rm nosuch
	both rm default
	step update one --description changed
	step update tls1 --docker host=tcp://192.0.2.9:1
	both update nosuch --description x
	both inspect tls1
	step rm -f one
	both show
	step rm copy copy10
	both use nosuch
	step use tls1
	step use default
}

@test "exported by one, imported by the other" {
	needs_docker_28
	certificates
	hoy context create a1 --docker "host=tcp://192.0.2.1:2376,ca=ca.pem,cert=cert.pem,key=key.pem" --description words
	hoy context export a1 hoy.tar
	docker context export a1 docker.tar
	diff <(tar tvf docker.tar 2>/dev/null) <(tar tvf hoy.tar | sed 's#/$##') # docker's has no end
	run hoy context export a1 hoy.tar
	[ "$status" -eq 1 ] && [[ $output == *"open hoy.tar: file exists"* ]]
	[ "$(stat -c %a hoy.tar)" = 600 ]
	hoy context import b1 docker.tar
	docker context import b2 hoy.tar
	hoy context export a1 - | hoy context import b3 -
	diff <(docker context inspect b1 b2 | grep -v Path | sed 's/"b[12]"//') <(hoy context inspect b2 b3 | grep -v Path | sed 's/"b[23]"//')
	both export nosuch
	run hoy context import b3 hoy.tar
	[[ $output == *'context "b3" already exists'* ]]
	python3 - <<'PY'
import io, tarfile
for n, name in enumerate(["tls/docker/../../../evil", "../evil", "/evil", "tls/docker/a/b", "other", "tls/docker/.."]):
    with tarfile.open(f"bad{n}.tar", "w") as t:
        for path, data in ((name, b"x"), ("meta.json", b'{"Name":"q","Metadata":{},"Endpoints":{}}')):
            e = tarfile.TarInfo(path); e.size = len(data); t.addfile(e, io.BytesIO(data))
PY
	tar cf none.tar --files-from /dev/null
	printf 'PK\003\004zip' >a.zip
	for f in bad?.tar none.tar a.zip /etc/passwd /nonexistent; do
		run hoy context import "worse$RANDOM" "$f"
		[ "$status" -eq 1 ]
		[ "$(hoy context ls -q | grep -c worse)" = 0 ]
	done
	[ -z "$(find "$D" -name '*evil*' ! -name '*.tar')" ]
}

@test "which context counts" {
	hoy context create c1 --docker host=unix:///nonexistent/one.sock
	hoy context create c2 --docker host=unix:///nonexistent/two.sock
	names() { hoy "$@" version 2>&1 | grep -o 'one.sock\|two.sock\|three.sock' | head -1; }
	[ "$(names --context c1)" = one.sock ]
	[ "$(HOY_CONTEXT=c1 names)" = one.sock ]
	[ "$(DOCKER_CONTEXT=c1 names)" = one.sock ]
	[ "$(HOY_CONTEXT=c2 DOCKER_CONTEXT=c1 names)" = two.sock ]
	docker context use c1 >/dev/null
	[ "$(names)" = one.sock ]
	[ "$(DOCKER_HOST=unix:///nonexistent/three.sock names)" = three.sock ]
	[ "$(DOCKER_HOST=unix:///nonexistent/three.sock names -c c2)" = two.sock ]
	[ "$(names -H unix:///nonexistent/three.sock)" = three.sock ]
	mkdir "$D/elsewhere"
	[ "$(hoy --config "$D/elsewhere" context ls -q)" = default ]
	run hoy -c c1 -H unix:///x ps
	[[ $output == *"conflicting options: cannot specify both --host and --context"* ]]
	run hoy -c nosuch ps
	[ "$status" -eq 1 ]
	[[ $output == *'Failed to initialize: unable to resolve docker endpoint: context "nosuch": context not found: open '*'/meta.json: no such file or directory'* ]]
	DOCKER_CONTEXT=nosuch hoy context ls | grep -q '^nosuch \*'
	DOCKER_HOST=unix:///x hoy context ls 2>&1 | grep -q 'DOCKER_HOST environment variable overrides'
	hoy login --help >/dev/null
	echo '{"auths":{"x":{"auth":"eDp5"}},"other":[1]}' >"$DOCKER_CONFIG/config.json"
	hoy context use c2
	diff <(python3 -m json.tool "$DOCKER_CONFIG/config.json") <(echo '{"auths":{"x":{"auth":"eDp5"}},"other":[1],"currentContext":"c2"}' | python3 -m json.tool)
}

@test "a context with TLS reaches its engine" {
	certificates
	engine_setup contexttls
	port=$((21000 + RANDOM % 9000))
	hoyd --config-file "$HOY_CONFIG" -H "tcp://127.0.0.1:$port" --tlsverify --tlscacert ca.pem --tlscert cert.pem --tlskey key.pem >"$T/hoyd.log" 2>&1 3>&- &
	pid=$!
	hoy context create far --docker "host=tcp://localhost:$port,ca=ca.pem,cert=cert.pem,key=key.pem"
	wait_for hoy -c far version
	hoy -c far version | grep -q Server
	docker -c far version | grep -q Server
	hoy context create bare --docker "host=tcp://localhost:$port"
	run hoy -c bare version
	[ "$status" -ne 0 ]
	kill "$pid"
	wait "$pid" || true
	engine_teardown
}
