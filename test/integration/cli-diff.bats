#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hoy and the docker CLI, given the same lines, ask an engine the same and print the same. The engine is a recorder.

load lib

setup() {
	command -v docker >/dev/null || skip "no docker CLI on PATH"
	docker --version | grep -q 'version 28\.' ||
		skip "the lines are those of docker CLI 28; here is $(docker --version)"
}

setup_file() {
	C=$(mktemp -d /tmp/hoy-cli.XXXXXX)
	export C
	"$BATS_TEST_DIRNAME/record-api" "$C/api.sock" "$C/log" >"$C/out" 2>&1 3>&- &
	echo $! >"$C/pid"
	wait_for grep -q ready "$C/out"
	cd "$C"
	printf '{\n  "defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": [ ]\n}\n' >profile.json
	printf '\xef\xbb\xbfA=1\n# c\n\n  B=2 x\nFOO\nNOTSET\nC=\n' >'env'
	printf 'l1=a\nl2\n' >labels
	printf 'A B=1\n' >bad-env
	touch exists
	tar -cf empty.tar -T /dev/null
}

teardown_file() {
	[ -z "${C:-}" ] || { kill "$(cat "$C/pid")"; rm -rf "$C"; }
}

compare() {
	run "$BATS_TEST_DIRNAME/compare-cli" "$C/api.sock" "$C/log" "$C" "$BATS_TEST_DIRNAME/../data/cli/$1"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "create and run: the same requests" {
	compare create
}

@test "create and run: the same words for what is wrong" {
	compare create-bad
}

@test "every other command: the same requests and the same output" {
	compare commands
}
