#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The Engine API on the wire: heads, errors, limits, framing, and how the service lives and ends.

load ../integration/lib

setup_file() {
	export ENGINE=daemon
	engine_setup api
	import_busybox bb >/dev/null
	export HOYD_PID DOCKER_HOST
}

teardown_file() { engine_teardown; }

api() { # METHOD PATH [curl options]: body, then the status on a line of its own
	local method=$1 path=$2
	shift 2
	curl -s -m 20 -X "$method" --unix-socket "$T/hoy.sock" -w '\n%{http_code}' "$@" "http://hoy$path"
}

# expect STATUS TEXT METHOD PATH [curl options]: the status, and TEXT somewhere in the body
expect() {
	local status=$1 text=$2 answer
	shift 2
	answer=$(api "$@")
	if [ "${answer##*$'\n'}" != "$status" ] || [[ "$answer" != *"$text"* ]]; then
		printf 'expected %s "%s"\ngot: %s\n' "$status" "$text" "$answer"
		return 1
	fi
}

json() { # METHOD PATH BODY
	api "$1" "$2" -H 'Content-Type: application/json' -d "$3"
}

raw() { # send stdin as it is, print what comes back
	timeout 20 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(15); s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read()); s.shutdown(socket.SHUT_WR)
while True:
    d = s.recv(65536)
    if not d: break
    sys.stdout.buffer.write(d)
' "$T/hoy.sock"
}

@test "_ping: GET and HEAD have the same head" {
	local get head
	get=$(curl -s -i --unix-socket "$T/hoy.sock" http://hoy/_ping | tr -d '\r')
	head=$(curl -s -I --unix-socket "$T/hoy.sock" http://hoy/v1.45/_ping | tr -d '\r')
	[ "$(sed -n '/^$/,$p' <<<"$get" | tail -n +2)" = OK ]
	[ "$(sed '/^$/,$d' <<<"$get")" = "$(sed '/^$/,$d' <<<"$head")" ]
	grep -x 'Api-Version: 1.55' <<<"$get"
	grep -x 'Docker-Experimental: false' <<<"$get"
	grep -x 'Ostype: linux' <<<"$get"
	grep -x 'Swarm: inactive' <<<"$get"
	grep -xE 'Server: hoy/[0-9.]+ \(linux\)' <<<"$get"
}

@test "versions: 1.40 to 1.55, others are refused in Docker's words" {
	expect 200 ApiVersion GET /v1.40/version
	expect 200 ApiVersion GET /v1.55/version
	expect 200 ApiVersion GET /version
	expect 400 '"client version 1.39 is too old. Minimum supported API version is 1.40, please upgrade your client to a newer version"' GET /v1.39/version
	expect 400 '"client version 1.56 is too new. Maximum supported API version is 1.55"' GET /v1.56/version
	expect 404 '{"message":"page not found"}' GET /v1.x/version
}

@test "what is not there: 404, what is not done yet: 501, swarm: 503" {
	expect 404 '{"message":"page not found"}' GET /nope
	expect 404 '{"message":"page not found"}' GET /
	expect 404 '{"message":"page not found"}' PUT /version
	expect 501 'does not implement POST /build' POST /build
	expect 501 'does not implement POST /session' POST /session
	expect 400 'container is required' POST /commit
	expect 404 'No such container: x' POST /containers/x/pause
	expect 503 'not a swarm manager' GET /nodes
	expect 404 'no such volume' GET /volumes/x
	expect 200 '{"Volumes":[],"Warnings":null}' GET /volumes
}

@test "a body of several megabytes that nobody reads does not cost the answer" {
	head -c 8000000 /dev/zero >"$T/big"
	expect 501 'does not implement POST /build' POST /build -H 'Content-Type: application/x-tar' --data-binary @"$T/big"
	expect 501 'does not implement POST /build' POST /build -H 'Content-Type: application/x-tar' -H 'Expect:' --data-binary @"$T/big"
	rm "$T/big"
}

@test "JSON bodies: type, syntax, member types, size" {
	expect 400 'got EOF while reading request body' POST /containers/create
	expect 400 "unsupported Content-Type header (text/plain): must be 'application/json'" \
		POST /containers/create -H 'Content-Type: text/plain' -d '{}'
	[[ $(json POST /containers/create '{"Image":') == *invalid\ JSON*400 ]]
	[[ $(json POST /containers/create '{"Image":1}') == *Image*string*400 ]]
	[[ $(json POST /containers/create '[]') == *invalid\ JSON*400 ]]
	{ printf '{"Image":"'; head -c 5000000 /dev/zero | tr '\0' a; printf '"}'; } >"$T/big"
	expect 400 'larger than 4 MiB' POST /containers/create -H 'Content-Type: application/json' --data-binary @"$T/big"
	rm "$T/big"
	# deep nesting
	{ printf '{"Image":'; head -c 100000 /dev/zero | tr '\0' '['; } >"$T/deep"
	expect 400 'invalid JSON' POST /containers/create -H 'Content-Type: application/json' --data-binary @"$T/deep"
	rm "$T/deep"
}

@test "parameters: numbers, times, conditions, streams, escapes" {
	expect 400 "invalid value for 't'" POST '/containers/x/stop?t=soon'
	expect 400 "invalid value for 'h'" POST '/containers/x/resize?h=x&w=1'
	expect 400 'invalid condition: \"maybe\"' POST '/containers/x/wait?condition=maybe'
	expect 400 'you must choose at least one stream' GET /containers/x/logs
	expect 400 'cannot be after' GET '/events?since=20&until=10'
	expect 400 'is not a time' GET '/events?since=yesterday'
	expect 400 'invalid filter' GET '/containers/json?filters=%7B%22nope%22%3A%5B%22x%22%5D%7D'
	expect 400 'invalid filters' GET '/containers/json?filters=%5B'
	expect 400 'invalid URL escape' GET '/containers/json?filters=%zz'
	expect 400 'fromImage or fromSrc is required' POST /images/create
	expect 400 'invalid reference format' POST '/images/create?fromImage=UPPER%20case&tag=x'
}

@test "names that lead nowhere: 404 with Docker's sentence" {
	local what
	for what in json top 'logs?stdout=1' 'stats?stream=0'; do
		expect 404 '"No such container: gone"' GET "/containers/gone/$what"
	done
	for what in start stop restart 'rename?name=x' wait 'attach?stream=1&stdout=1' 'resize?h=1&w=1'; do
		expect 404 '"No such container: gone"' POST "/containers/gone/$what"
	done
	expect 404 '"cannot kill container: gone: No such container: gone"' POST /containers/gone/kill
	expect 404 '"No such container: gone"' DELETE /containers/gone
	expect 404 'No such exec instance: gone' GET /exec/gone/json
	expect 404 'No such image: gone:latest' GET /images/gone/json
	expect 404 'No such image: gone:latest' DELETE /images/gone
	expect 404 'network gone not found' GET /networks/gone
	expect 404 'No such image: gone:latest' POST /containers/create -H 'Content-Type: application/json' -d '{"Image":"gone"}'
}

@test "a container's life: statuses and bodies" {
	local answer id
	answer=$(json POST '/containers/create?name=life' '{"Image":"bb","Cmd":["sh","-c","echo out; echo err >&2; exit 3"],"HostConfig":{"NetworkMode":"none"}}')
	[ "${answer##*$'\n'}" = 201 ]
	id=$(head -n1 <<<"$answer" | jq -r .Id)
	[ "$(head -n1 <<<"$answer" | jq -c .)" = "{\"Id\":\"$id\",\"Warnings\":[]}" ]
	answer=$(json POST '/containers/create?name=life' '{"Image":"bb"}')
	[[ "$answer" == *"The container name \\\"/life\\\" is already in use by container \\\"$id\\\""*409 ]]
	[ "$(api GET /containers/life/json | head -n1 | jq -r .State.Status)" = created ]
	expect 204 '' POST /containers/life/start
	expect 200 '{"StatusCode":3}' POST /containers/life/wait
	expect 304 '' POST /containers/life/stop
	[ "$(api GET /containers/life/json | head -n1 | jq -c '[.Id,.Name,.State.Status,.State.ExitCode,.State.Running]')" = "[\"$id\",\"/life\",\"exited\",3,false]" ]
	[ "$(api GET '/containers/json?all=1&filters=%7B%22name%22%3A%5B%22life%22%5D%7D' | head -n1 | jq -c '[.[].State]')" = '["exited"]' ]
	expect 409 'is not running' POST /containers/life/kill
	expect 204 '' POST '/containers/life/rename?name=life2'
	expect 204 '' DELETE /containers/life2
	expect 404 'No such container' GET "/containers/$id/json"
}

@test "logs: frames for two streams, raw for a terminal, content types by version" {
	local head
	json POST '/containers/create?name=lg' '{"Image":"bb","Cmd":["sh","-c","echo out; sleep 0.2; echo err >&2"],"HostConfig":{"NetworkMode":"none"}}' >/dev/null
	api POST /containers/lg/start >/dev/null
	api POST /containers/lg/wait >/dev/null
	curl -s --unix-socket "$T/hoy.sock" -D "$T/head" "http://hoy/containers/lg/logs?stdout=1&stderr=1" >"$T/body"
	grep -i '^content-type: application/vnd.docker.multiplexed-stream' "$T/head"
	printf '\1\0\0\0\0\0\0\4out\n\2\0\0\0\0\0\0\4err\n' | cmp - "$T/body"
	curl -s --unix-socket "$T/hoy.sock" -D "$T/head" "http://hoy/v1.41/containers/lg/logs?stderr=1" >"$T/body"
	grep -i '^content-type: application/vnd.docker.raw-stream' "$T/head"
	printf '\2\0\0\0\0\0\0\4err\n' | cmp - "$T/body"
	api DELETE /containers/lg >/dev/null
	json POST '/containers/create?name=lg' '{"Image":"bb","Tty":true,"Cmd":["echo","tty"],"HostConfig":{"NetworkMode":"none"}}' >/dev/null
	api POST /containers/lg/start >/dev/null
	api POST /containers/lg/wait >/dev/null
	curl -s --unix-socket "$T/hoy.sock" -D "$T/head" "http://hoy/containers/lg/logs?stdout=1" >"$T/body"
	grep -i '^content-type: application/vnd.docker.raw-stream' "$T/head"
	printf 'tty\r\n' | cmp - "$T/body"
	api DELETE /containers/lg >/dev/null
}

@test "attach: 101 with frames when asked to upgrade, 200 until close when not" {
	json POST '/containers/create?name=at' '{"Image":"bb","OpenStdin":true,"StdinOnce":true,"AttachStdin":true,"Cmd":["cat"],"HostConfig":{"NetworkMode":"none"}}' >/dev/null
	python3 - "$T/hoy.sock" <<'PY'
import socket, sys
def conn():
    s = socket.socket(socket.AF_UNIX); s.settimeout(15); s.connect(sys.argv[1]); return s
def upto(s, end):
    d = b''
    while not d.endswith(end):
        c = s.recv(1); assert c, d; d += c
    return d
def call(line):
    s = conn(); s.sendall(line + b' HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    d = b''
    while True:
        c = s.recv(4096)
        if not c: return d
        d += c
a = conn()
# bytes for stdin come along with the request
a.sendall(b'POST /containers/at/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly\n')
head = upto(a, b'\r\n\r\n')
assert head.startswith(b'HTTP/1.1 101 UPGRADED\r\n'), head
assert b'application/vnd.docker.multiplexed-stream' in head, head
assert call(b'POST /containers/at/start').startswith(b'HTTP/1.1 204 ')
frame = b'\1\0\0\0\0\0\0\6early\n'
assert upto(a, frame) == frame
b = conn()
b.sendall(b'POST /containers/at/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n')
head = upto(b, b'\r\n\r\n')
assert head.startswith(b'HTTP/1.1 200 OK\r\n') and b'application/vnd.docker.raw-stream' in head, head
a.sendall(b'late\n')
frame = b'\1\0\0\0\0\0\0\5late\n'
assert upto(a, frame) == frame and upto(b, frame) == frame
a.shutdown(socket.SHUT_WR)
assert a.recv(1) == b'' and b.recv(1) == b''
PY
	expect 200 '{"StatusCode":0}' POST /containers/at/wait
	api DELETE /containers/at >/dev/null
}

@test "exec: create, start with streams, inspect; errors" {
	local id
	json POST '/containers/create?name=ex' '{"Image":"bb","Cmd":["sleep","100"],"HostConfig":{"NetworkMode":"none"}}' >/dev/null
	[[ $(json POST /containers/ex/exec '{"Cmd":["true"]}') == *'is not running'*409 ]]
	api POST /containers/ex/start >/dev/null
	[[ $(json POST /containers/ex/exec '{"Cmd":[]}') == *400 ]]
	id=$(json POST /containers/ex/exec '{"Cmd":["sh","-c","echo o; exit 4"],"AttachStdout":true}' | head -n1 | jq -r .Id)
	[ "$(json POST "/exec/$id/start" '{}' | head -c 10 | od -An -c | tr -d ' \n')" = '001\0\0\0\0\0\0002o\n' ]
	[ "$(api GET "/exec/$id/json" | head -n1 | jq -c '[.Running,.ExitCode]')" = '[false,4]' ]
	[[ $(json POST "/exec/$id/start" '{}') == *409 ]]
	id=$(json POST /containers/ex/exec '{"Cmd":["sleep","50"]}' | head -n1 | jq -r .Id)
	[ "$(json POST "/exec/$id/start" '{"Detach":true}')" = $'\n200' ]
	[ "$(api GET "/exec/$id/json" | head -n1 | jq -c '[.Running,.ExitCode]')" = '[true,null]' ]
	api DELETE '/containers/ex?force=1' >/dev/null
}

@test "stats: one sample, a pair, a stream" {
	json POST '/containers/create?name=st' '{"Image":"bb","Cmd":["sleep","100"],"HostConfig":{"NetworkMode":"none"}}' >/dev/null
	api POST /containers/st/start >/dev/null
	[ "$(api GET '/containers/st/stats?stream=0&one-shot=1' | head -n1 | jq -c '[.name,.preread]')" = '["/st","0001-01-01T00:00:00Z"]' ]
	[ "$(api GET '/containers/st/stats?stream=0' | head -n1 | jq .precpu_stats.cpu_usage.total_usage)" -gt 0 ]
	[ "$(curl -s -m 2.5 --unix-socket "$T/hoy.sock" http://hoy/containers/st/stats | jq -c .name | wc -l)" -ge 2 ]
	api DELETE '/containers/st?force=1' >/dev/null
}

@test "wait: the head comes before the end; the removal too can be waited for" {
	json POST '/containers/create?name=wt' '{"Image":"bb","Cmd":["sh","-c","exit 9"],"HostConfig":{"NetworkMode":"none","AutoRemove":true}}' >/dev/null
	(curl -s -m 20 -D "$T/wait.head" -X POST --unix-socket "$T/hoy.sock" 'http://hoy/containers/wt/wait?condition=removed' >"$T/wait.body" 3>&-) &
	wait_for grep -q '200 OK' "$T/wait.head"
	[ ! -s "$T/wait.body" ]
	expect 204 '' POST /containers/wt/start
	wait $!
	[ "$(cat "$T/wait.body")" = '{"StatusCode":9}' ]
	expect 404 'No such container' GET /containers/wt/json
}

@test "events: only what comes, as lines; the past when asked" {
	local since
	since=$(date +%s.%N)
	(curl -s -N -m 20 -D "$T/ev.head" --unix-socket "$T/hoy.sock" 'http://hoy/events?filters=%7B%22type%22%3A%5B%22image%22%5D%7D' >"$T/ev" 3>&-) &
	wait_for grep -q '200 OK' "$T/ev.head"
	expect 201 '' POST '/images/bb/tag?repo=other&tag=1'
	wait_for grep -q tag "$T/ev"
	expect 200 Untagged DELETE /images/other:1
	wait_for grep -q untag "$T/ev"
	kill $!
	[ "$(jq -c '[.Type,.Action]' "$T/ev" | paste -sd' ')" = '["image","tag"] ["image","untag"]' ]
	[ "$(curl -s --unix-socket "$T/hoy.sock" "http://hoy/events?since=$since&until=$(date +%s.%N)" | jq -r .Action | paste -sd' ')" = 'tag untag' ]
}

@test "import: chunked body, progress as lines; a body that is cut short leaves nothing" {
	local before
	[[ $(tar -C "$(busybox_root)" -c bin/busybox | curl -s -X POST --unix-socket "$T/hoy.sock" -T - 'http://hoy/images/create?fromSrc=-&repo=up&tag=1&changes=CMD+sh') == *'"status":"sha256:'* ]]
	expect 200 Deleted DELETE /images/up:1
	[[ $(printf 'no tar' | curl -s -X POST --unix-socket "$T/hoy.sock" -T - 'http://hoy/images/create?fromSrc=-&repo=up') == *message* ]]
	expect 501 'does not download' POST '/images/create?fromSrc=http://x/y.tar&repo=up'
	before=$(api GET /images/json)
	{ printf 'POST /images/create?fromSrc=-&repo=cut HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n'
	  tar -C "$(busybox_root)" -c bin/busybox | head -c 100000; } | raw || true
	wait_for test ! -e "$T/data/tmp/*"
	[ "$(api GET /images/json)" = "$before" ]
}

@test "one connection, many requests; pipelined too" {
	[ "$(curl -s -o /dev/null -w '%{num_connects}' --unix-socket "$T/hoy.sock" http://hoy/_ping --next -s -o /dev/null -w '%{num_connects}' --unix-socket "$T/hoy.sock" http://hoy/nope)" = 10 ]
	[ "$(printf 'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\nGET /nope HTTP/1.1\r\nHost: x\r\n\r\nGET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | raw | grep -ao 'HTTP/1.1 [0-9]*' | paste -sd,)" = 'HTTP/1.1 200,HTTP/1.1 404,HTTP/1.1 200' ]
}

@test "what is not HTTP, and heads without end" {
	[[ $(printf 'hello\r\n\r\n' | raw) == 'HTTP/1.1 400 '* ]]
	[[ $({ printf 'GET / HTTP/1.1\r\nX: '; head -c 70000 /dev/zero | tr '\0' a; printf '\r\n\r\n'; } | raw) == 'HTTP/1.1 431 '* ]]
	[[ $(printf 'POST /containers/create HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n' | raw) == 'HTTP/1.1 400 '* ]]
	expect 200 OK GET /_ping
}

@test "requests in forms that are rarely seen: as Docker answers them" {
	ask() { printf '%s HTTP/%s\r\nHost: %s\r\n%s\r\n' "$1" "$2" "${3:-x}" "${4:+$4$'\r\n'}" | raw | tr -d '\r'; }
	[[ $(ask 'GET http://other/v1.45/_ping' 1.1) == 'HTTP/1.1 200 OK'*OK ]]
	[[ $(ask 'GET https://other/containers/x/json?size=1' 1.1) == 'HTTP/1.1 404 '*'No such container: x'* ]]
	[[ $(ask 'GET http://other' 1.1) == 'HTTP/1.1 404 '*'page not found'* ]]
	[[ $(ask 'GET /_ping' 1.0) == 'HTTP/1.1 200 OK'*OK ]]
	[[ $(ask 'GET /_ping' 2.0) == 'HTTP/1.1 505 HTTP Version Not Supported'* ]]
	[[ $(ask 'GET /_ping' 0.9) == 'HTTP/1.1 505 '* ]]
	[[ $(ask 'GET /_ping' 1.1 'a b') == 'HTTP/1.1 400 '*'malformed Host header'* ]]
	[[ $(ask 'GET /containers/json?all=1;limit=2' 1.1) == 'HTTP/1.1 400 '*'invalid semicolon separator in query'* ]]
	[[ $(ask 'POST /containers/x/stop' 1.1 x 'Transfer-Encoding: gzip') == 'HTTP/1.1 '[45]0[01]' '* ]]
	[[ $(ask 'POST /containers/x/stop' 1.1 x 'Transfer-Encoding: gzip, chunked') == 'HTTP/1.1 501 '* ]]
	[[ $(ask 'POST /containers/create' 1.1 x 'Expect: wonders') == 'HTTP/1.1 417 Expectation Failed'* ]]
	[[ $(ask 'GET /containers/%2e%2e%2f%2e%2e/json' 1.1) == 'HTTP/1.1 404 '* ]]
	[[ $(ask 'GET /containers/../_ping' 1.1) == 'HTTP/1.1 404 '* ]]
	[[ $(ask 'GET /containers/a%00b/json' 1.1) == 'HTTP/1.1 400 '*'invalid URL escape'* ]]
}

@test "a JSON body of 4 MiB is read, one byte more is refused; so with a head of 64 KiB" {
	local n=$((4 * 1024 * 1024)) more
	for more in 0 1; do
		{ printf '{"Image":"'; head -c $((n - 12 + more)) /dev/zero | tr '\0' a; printf '"}'; } >"$T/body"
		[ "$(wc -c <"$T/body")" -eq $((n + more)) ]
		api POST /containers/create -H 'Content-Type: application/json' --data-binary @"$T/body" >"$T/answer.$more"
		{ printf 'GET /_ping HTTP/1.1\r\nHost: x\r\nX: '; head -c $((65536 - 37 + more)) /dev/zero | tr '\0' a; printf '\r\n\r\n'; } >"$T/head"
		[ "$(wc -c <"$T/head")" -eq $((65536 + more)) ]
		raw <"$T/head" | head -n 1 | tr -d '\r' >"$T/line.$more"
	done
	grep -q 'invalid reference format' "$T/answer.0"
	grep -q 'the request body is larger than 4 MiB' "$T/answer.1"
	[ "$(cat "$T/line.0")" = 'HTTP/1.1 200 OK' ]
	[ "$(cat "$T/line.1")" = 'HTTP/1.1 431 Request Header Fields Too Large' ]
	rm "$T/body" "$T/head"
}

@test "a client that goes away ends its worker" {
	local worker
	curl -s -N --unix-socket "$T/hoy.sock" http://hoy/events >/dev/null 3>&- &
	wait_for pgrep -P "$HOYD_PID"
	worker=$(pgrep -P "$HOYD_PID")
	kill $!
	wait_for test ! -d "/proc/$worker"
}

@test "the service: memory, a second one, its end and its next start leave containers alone" {
	local pss
	pss=$(awk '/^Pss:/ { print $2 }' "/proc/$HOYD_PID/smaps_rollup")
	[ "$pss" -le 5120 ]
	run_status 1 hoyd --config-file "$HOY_CONFIG"
	[[ "$output" == *'another engine listens'* ]]
	[ "$(stat -c '%a %U' "$T/hoy.sock")" = '660 root' ]
	hoy run -d --name stays --network none bb sleep 1000
	kill "$HOYD_PID"
	wait_for test ! -e "$T/hoy.sock"
	wait_for test ! -d "/proc/$HOYD_PID"
	hoyd --config-file "$HOY_CONFIG" >"$T/hoyd.log" 2>&1 3>&- &
	echo $! >"$T/hoyd.pid"
	wait_for test -S "$T/hoy.sock"
	[ "$(api GET /containers/stays/json | head -n1 | jq -r .State.Status)" = running ]
	hoy rm -f stays
}

@test "the service restarts what wants to be restarted" {
	local pid
	pid=$(cat "$T/hoyd.pid")
	hoy run -d --name always --restart always --network none bb sleep 1000
	hoy run -d --name unless --restart unless-stopped --network none bb sleep 1000
	hoy run -d --name never --network none bb sleep 1000
	hoy stop -t 0 always unless never
	kill "$pid"
	wait_for test ! -d "/proc/$pid"
	hoyd --config-file "$HOY_CONFIG" >"$T/hoyd.log" 2>&1 3>&- &
	echo $! >"$T/hoyd.pid"
	wait_for test -S "$T/hoy.sock"
	wait_for sh -c "[ \"\$(hoy inspect -f '{{.State.Status}}' always)\" = running ]"
	[ "$(hoy inspect -f '{{.State.Status}}' unless)" = exited ]
	[ "$(hoy inspect -f '{{.State.Status}}' never)" = exited ]
	hoy rm -f always unless never
	kill "$(cat "$T/hoyd.pid")"
	wait_for test ! -e "$T/hoy.sock"
}

@test "options: what cannot be is refused in one sentence" {
	run_status 1 hoyd --config-file "$HOY_CONFIG" -H tcp://127.0.0.1:2375
	[[ "$output" == *'would give root to the network'* ]]
	run_status 1 hoyd --config-file "$T/none.json"
	[[ "$output" == *'none.json'* ]]
	echo '{"data-rot": "/x"}' >"$T/bad.json"
	run_status 1 hoyd --config-file "$T/bad.json"
	[[ "$output" == *'data-rot'* ]]
	run_status 1 hoyd --nope
	[[ "$output" == *'unknown flag: --nope'* ]]
	run_status 1 hoyd --log-level loud
	[[ "$output" == *'invalid logging level: loud'* ]]
	run_status 0 hoyd --version
	[[ "$output" == 'hoy version '* ]]
}
