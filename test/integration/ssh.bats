#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ssh://: hoy and the docker client reach an engine through `hoy system dial-stdio`, which a stand-in for ssh(1) runs here:
# it looks at its arguments as sshd would, and gives the command to a shell.

load lib

setup_file() {
	load lib
	engine_setup ssh
	import_busybox busybox >/dev/null
	mkdir "$T/bin"
	cat >"$T/bin/ssh" <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$SSH_SEEN"
while [ "$1" != -- ]; do shift; done
[ "$2" != refused ] || { echo "ssh: connect to host refused port 22: Connection refused" >&2; exit 255; }
shift 2
unset DOCKER_HOST HOY_HOST
exec sh -c "$*"
END
	chmod +x "$T/bin/ssh"
	export PATH=$T/bin:$PATH SSH_SEEN=$T/ssh
}

teardown_file() {
	load lib
	engine_teardown
}

setup() { export HOME=$BATS_TEST_TMPDIR; }

@test "requests, streams and half-closes, by a private engine at the other end" {
	[ "$(hoy -H ssh://me@far:2222 run --rm --network none busybox echo hello)" = hello ]
	[ "$(head -n 8 "$SSH_SEEN" | paste -sd' ')" = "-o ConnectTimeout=30 -T -l me -p 2222 --" ]
	[ "$(seq 1 100000 | HOY_HOST=ssh://far hoy run -i --rm --network none busybox sh -c 'sha256sum; echo end')" = \
		"$(seq 1 100000 | sha256sum; echo end)" ]
	run hoy -H ssh://far run --rm --network none busybox sh -c 'echo err >&2; exit 7'
	[ "$status" -eq 7 ]
	[ -z "$(pgrep -f "$T/run/private")" ]
}

@test "a socket of one's own at the other end" {
	daemon_start
	unset DOCKER_HOST
	[ "$(hoy -H "ssh://far$T/hoy.sock" version --format '{{.Server.Version}}')" = "$(hoy version --format '{{.Server.Version}}')" ]
	grep -q -- "exec hoy --host 'unix://$T/hoy.sock' system dial-stdio" "$SSH_SEEN"
	kill "$HOYD_PID"
	wait "$HOYD_PID" || true
	HOYD_PID=
}

@test "the docker client, where docker is hoy" {
	sed -i "s|^exec sh.*|exec sh -c \"\$(echo \"\$*\" \| sed 's,docker system,hoy system,')\"|" "$T/bin/ssh"
	[ "$(docker -H ssh://me@far run --rm --network none busybox echo hello)" = hello ]
}

@test "what cannot be" {
	run hoy -H ssh://refused ps
	[ "$status" -eq 1 ]
	[[ "$output" == *"Connection refused"* ]]
	run env PATH=/nowhere "$HOY_BUILD/hoy" -H ssh://far ps
	[[ "$status" -eq 1 && "$output" == *"ssh is not installed"* ]]
	run hoy -H ssh:// ps
	[ "$status" -ne 0 ]
}
