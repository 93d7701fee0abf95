#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# /containers/…/attach/ws: a container's streams over a WebSocket.

load lib.bash

setup_file() {
	engine_setup websocket
	daemon_start
	export HOYD_PID DOCKER_HOST
	import_busybox
}

teardown_file() { engine_teardown; }

teardown() { hoy ps -aq | xargs -r hoy rm -f >/dev/null; }

# ws CONTAINER QUERY WORD…
ws() { "$BATS_TEST_DIRNAME/websocket.py" "$T/hoy.sock" "/v1.45/containers/$1/attach/ws?$2" "${@:3}"; }

@test "input, output and errors, fragments, single bytes, pings, the end" {
	hoy run -di --name cat busybox sh -c 'echo ready; echo oops >&2; while read -r line; do echo "<$line>"; [ "$line" = end ] && exit 3; done'
	wait_for sh -c 'hoy logs cat 2>&1 | grep -q oops'
	run ws cat 'logs=1&stream=1&stdin=1&stdout=1&stderr=1' wait:ready wait:oops 'send:one\n' 'wait:<one>' ping 'pieces:two\n' 'wait:<two>' 'bytewise:three\n' 'wait:<three>' 'send:end\n'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"<one>"*"<two>"*"<three>"*"<end>"*"closed 1000" ]]
	[ "$(hoy wait cat)" = 3 ]
}

@test "only what was asked for; large output; logs alone" {
	hoy run -d --name out busybox sh -c 'sleep 0.1; head -c 3000000 /dev/zero | tr "\0" x; echo; echo errors >&2'
	hoy wait out
	ws out 'logs=1&stdout=1' >"$T/came"
	[ "$(head -c 3000000 "$T/came" | tr -d x | wc -c)" -eq 0 ]
	[ "$(grep -c errors "$T/came")" = 0 ]
	run ws out 'logs=1&stderr=1'
	[ "$output" = $'errors\nclosed 1000' ]
}

@test "a terminal: detach keys end the attachment, not the container" {
	hoy run -dit --name tty busybox sh -c 'while read -r x; do echo "got $x"; done'
	run ws tty 'stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,x' 'send:hi\r' 'wait:got hi' 'send:\x01x'
	echo "$output"
	[[ $output == *"closed 1000" ]]
	[ "$(hoy inspect -f '{{.State.Running}}' tty)" = true ]
}

@test "frames that no client may send are refused, the container stays" {
	local kind
	hoy run -di --name cat busybox cat
	for kind in unmasked reserved opcode longping continuation; do
		run ws cat 'stream=1&stdin=1&stdout=1' "bad:$kind"
		[ "$output" = "closed 1002" ]
	done
	run ws cat 'stream=1&stdin=1&stdout=1' 'send:fine\n' wait:fine close
	[ "$output" = $'fine\nclosed 1000' ]
	[ "$(hoy inspect -f '{{.State.Running}}' cat)" = true ]
}

@test "what is no WebSocket, no container, no state to attach to" {
	hoy create --name made busybox true
	[[ "$(curl -s -w '%{http_code}' --unix-socket "$T/hoy.sock" "http://x/v1.45/containers/made/attach/ws?stream=1&stdout=1")" == *'not websocket protocol'*400 ]]
	run ws nosuch 'stream=1'
	[ "$status" -eq 1 ]
	[[ $output == "404 Not Found"*'No such container: nosuch'* ]]
	run ws made 'stream=1&stdout=1&detachKeys=nonsense-key'
	[[ $output == "400 "* ]]
}

@test "clients that stall or are cut hold nobody up" {
	hoy run -di --name loud busybox sh -c 'while read -r n; do head -c "$n" /dev/zero | tr "\0" y; echo done; done'
	"$BATS_TEST_DIRNAME/websocket.py" "$T/hoy.sock" "/v1.45/containers/loud/attach/ws?stream=1&stdout=1" stall >"$T/stalled" 3>&- &
	stalled=$!
	wait_for grep -q stalled "$T/stalled"
	ws loud 'stream=1&stdin=1&stdout=1' 'send:100\n' wait:done cut
	ws loud 'stream=1&stdin=1&stdout=1' 'send:4000000\n' wait:done close >"$T/loud" || { kill "$stalled"; return 1; }
	kill "$stalled"
	[ "$(tail -n 1 "$T/loud")" = "closed 1000" ]
}
