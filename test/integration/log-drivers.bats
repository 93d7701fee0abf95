#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Log drivers: what a container writes arrives where it was sent, as docker's drivers send it, and the container is never
# worse off than its user asked for.

setup_file() {
	load lib
	export ENGINE=daemon
	engine_setup logs
	import_busybox >/dev/null
}

teardown_file() {
	load lib
	servers_stop
	engine_teardown
}

setup() {
	load lib
	bats_require_minimum_version 1.5.0
	PORT=$((21000 + RANDOM % 9000)) # below the range that the kernel picks from
	OUT=$BATS_TEST_TMPDIR/out SERVER=
	: >"$OUT"
}

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	servers_stop
}

servers_stop() {
	local pid
	[ -e "$T/servers" ] || return 0
	while read -r pid; do
		kill "$pid" 2>/dev/null || true
		tail --pid="$pid" -f /dev/null
	done <"$T/servers"
	rm -f "$T/servers"
}

# server KIND ADDRESS [MODE]: what it gets is in $OUT.
server() {
	rm -f "$OUT.ready"
	python3 "$BATS_TEST_DIRNAME/log-server.py" "$1" "$2" "$OUT" "${3:-}" 2>"$OUT.err" 3>&- &
	SERVER=$!
	echo "$SERVER" >>"$T/servers"
	wait_for test -e "$OUT.ready"
}

got() { wait_for grep -q -- "$1" "$OUT" || { tail -n 5 "$OUT" "$OUT.err"; return 1; }; }
field() { python3 -c 'import json,sys
for line in open(sys.argv[1]):
    if line[0] in "{[":
        print(eval(sys.argv[2], {"m": json.loads(line)}))' "$OUT" "$1"; }

@test "options and addresses that are wrong are refused at create, in docker's words" {
	while IFS='|' read -r options want; do
		# shellcheck disable=SC2086
		run ! hoy run -d $options busybox true # 125, or 127 where a file is missing, as docker
		[[ $output == *"$want"* ]] || { echo "$options: $output"; return 1; }
	done <<'ROWS'
--log-driver=nope|logger: no log driver named 'nope' is registered
--log-driver=splunk --log-opt=a=b|logger: no log driver named 'splunk' is registered
--log-driver=awslogs --log-opt=a=b|logger: no log driver named 'awslogs' is registered
--log-driver=gcplogs --log-opt=a=b|logger: no log driver named 'gcplogs' is registered
--log-driver=etwlogs --log-opt=a=b|logger: no log driver named 'etwlogs' is registered
--log-opt=a=b|unknown log opt 'a' for json-file log driver
--log-driver=local --log-opt=a=b|unknown log opt 'a' for log driver local
--log-driver=journald --log-opt=a=b|unknown log opt 'a' for journald log driver
--log-driver=gelf --log-opt=a=b|unknown log opt "a" for gelf log driver
--log-driver=gelf|gelf-address is a required parameter
--log-driver=gelf --log-opt=gelf-address=x|gelf-address should be in form proto://address, got x
--log-driver=gelf --log-opt=gelf-address=unix:///x|gelf: endpoint needs to be TCP or UDP
--log-driver=gelf --log-opt=gelf-address=udp://x|gelf: please provide gelf-address as proto://host:port
--log-driver=gelf --log-opt=gelf-address=udp://x:1 --log-opt=gelf-compression-type=xz|unknown value "xz" for log opt "gelf-compression-type" for gelf log driver
--log-driver=syslog --log-opt=syslog-address=x|syslog-address should be in form proto://address, got x
--log-driver=syslog --log-opt=syslog-address=unix:///none|no such file or directory
--log-driver=syslog --log-opt=syslog-facility=x|invalid syslog facility
--log-driver=syslog --log-opt=syslog-format=x|Invalid syslog format
--log-driver=fluentd --log-opt=fluentd-address=ftp://x|invalid fluentd-address (ftp://x): unsupported scheme: 'ftp'
--log-opt=mode=x|logger: logging mode not supported: x
--log-opt=max-buffer-size=1m|logger: max-buffer-size option is only supported with 'mode=non-blocking'
--log-opt=mode=non-blocking --log-opt=max-buffer-size=x|error parsing option max-buffer-size
--log-opt=cache-disabled=x|invalid value for option cache-disabled: x
ROWS
	[ -z "$(hoy ps -aq)" ]
}

@test "a server that is not there fails the start" {
	for options in "--log-driver=fluentd --log-opt=fluentd-address=127.0.0.1:$PORT" \
		"--log-driver=syslog --log-opt=syslog-address=tcp://127.0.0.1:$PORT" \
		"--log-driver=gelf --log-opt=gelf-address=tcp://127.0.0.1:$PORT"; do
		# shellcheck disable=SC2086
		run -125 hoy run $options busybox true
		[[ $output == *"failed to initialize logging driver: dial tcp 127.0.0.1:$PORT: connect: connection refused"* ]]
	done
	run -0 hoy run --rm --log-driver=fluentd --log-opt=fluentd-address=127.0.0.1:$PORT --log-opt=fluentd-async=true busybox echo hi
	[ "$output" = hi ]
}

@test "json-file: attributes in each record" {
	hoy run --name cc --label l=1 --label other=2 -e E=3 --log-opt labels=l --log-opt env-regex='^E$' --log-opt 'tag={{.Name}}/{{.ImageName}}' \
		busybox echo hi
	hoy logs --details cc | grep -qx 'l=1,E=3,tag=cc/busybox hi'
	python3 -c 'import json,sys; assert json.load(open(sys.argv[1]))["attrs"] == {"l": "1", "E": "3", "tag": "cc/busybox"}' \
		"$(inspect cc '{{.LogPath}}')"
}

@test "local: kept, cut, compressed, and read from either end" {
	hoy run --name cc --log-driver local --log-opt max-size=50k --log-opt max-file=4 busybox \
		sh -c 'echo err >&2; seq 1 9000; printf %040000d 7; echo; printf end'
	[ -z "$(inspect cc '{{.LogPath}}')" ]
	dir=$T/data/containers/$(inspect cc '{{.Id}}')/local-logs
	wait_for test -e "$dir/container.log.1.gz"
	[ -e "$dir/container.log.3.gz" ] && [ ! -e "$dir/container.log.1" ] && [ ! -e "$dir/container.log.4.gz" ]
	hoy logs cc 2>/dev/null >"$BATS_TEST_TMPDIR/all"
	last=$(grep -xE '[0-9]{4}' "$BATS_TEST_TMPDIR/all" | tail -n 1)
	[ "$last" = 9000 ]
	first=$(head -n 1 "$BATS_TEST_TMPDIR/all")
	diff <(seq "$first" 9000) <(grep -xE '[0-9]{1,4}' "$BATS_TEST_TMPDIR/all")
	[ "$(hoy logs -n 1 cc)" = end ]
	[ "$(hoy logs -n 2 cc | head -n 1 | wc -c)" = 40001 ]
	[ "$(hoy logs -n 2000 cc 2>/dev/null | head -n 1)" = $((9000 - 1997)) ]
}

@test "json-file: compressed rotation, and a follower that sees every line across it" {
	hoy run -d --name cc --log-opt max-size=40k --log-opt max-file=50 --log-opt compress=true busybox \
		sh -c 'for i in $(seq 1 60); do seq 1 100; usleep 5000; done'
	hoy logs -f cc >"$BATS_TEST_TMPDIR/all"
	diff <(for i in $(seq 1 60); do seq 1 100; done) "$BATS_TEST_TMPDIR/all"
	dir=$T/data/containers/$(inspect cc '{{.Id}}')
	[ "$(find "$dir" -name '*-json.log.*.gz' | wc -l)" -ge 2 ]
	[ "$(hoy logs -n 500 cc | wc -l)" = 500 ]
}

@test "syslog: both RFCs over tcp and udp, /dev/log's over unix sockets" {
	server raw "tcp:$PORT"
	hoy run --rm --name cc --log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:$PORT --log-opt syslog-format=rfc5424micro \
		--log-opt syslog-facility=local3 --log-opt 'tag=a/{{.Name}}' busybox sh -c 'echo out; echo err >&2'
	got err
	grep -qE "^<158>1 [0-9-]{10}T[0-9:]{8}\.[0-9]{6}(Z|[+-][0-9:]{5}) $(hostname) a/cc [0-9]+ a/cc - out$" "$OUT"
	grep -qE "^<155>1 .* - err$" "$OUT"
	servers_stop
	: >"$OUT"
	server raw "udp:$PORT"
	hoy run --rm --log-driver syslog --log-opt syslog-address=udp://127.0.0.1:$PORT --log-opt syslog-format=rfc3164 busybox echo hi
	got hi
	grep -qE "^<30>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} $(hostname) [0-9a-f]{12}\[[0-9]+\]: hi$" "$OUT"
	for kind in unix unixgram; do
		servers_stop
		: >"$OUT"
		server raw "$kind:$BATS_TEST_TMPDIR/sock"
		hoy run --rm --log-driver syslog --log-opt "syslog-address=$kind://$BATS_TEST_TMPDIR/sock" busybox echo hi
		got hi
		grep -qE '^<30>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9a-f]{12}\[[0-9]+\]: hi$' "$OUT"
	done
}

# Debian's own syslog daemon, with a configuration of the test's: what it understood is in $OUT.
rsyslogd_start() {
	PATH=$PATH:/usr/sbin command -v rsyslogd >/dev/null || skip "needs rsyslogd"
	cat >"$BATS_TEST_TMPDIR/conf" <<EOF
module(load="imtcp")
module(load="imudp")
module(load="imuxsock" SysSock.Use="off")
input(type="imtcp" address="127.0.0.1" port="$PORT")
input(type="imudp" address="127.0.0.1" port="$PORT")
input(type="imuxsock" socket="$BATS_TEST_TMPDIR/sock" useSpecialParser="on")
template(name="fields" type="string" string="%inputname% %syslogfacility-text%.%syslogseverity-text% %app-name% %procid% %msgid% v%protocol-version% %msg%|%timereported:::date-rfc3339%\\n")
*.* action(type="omfile" file="$OUT" template="fields")
EOF
	PATH=$PATH:/usr/sbin rsyslogd -n -f "$BATS_TEST_TMPDIR/conf" -i "$BATS_TEST_TMPDIR/pid" >"$OUT.err" 2>&1 3>&- &
	echo $! >>"$T/servers"
	wait_for test -S "$BATS_TEST_TMPDIR/sock"
	wait_for sh -c "nc -z 127.0.0.1 $PORT"
}

@test "syslog: rsyslogd takes it, over tcp, udp and its unix socket, in each format" {
	local format transport today want
	rsyslogd_start
	today=$(date -u +%Y-%m-)
	for transport in tcp udp; do
		for format in rfc5424 rfc5424micro rfc3164; do
			: >"$OUT"
			hoy run --rm --log-driver syslog --log-opt "syslog-address=$transport://127.0.0.1:$PORT" --log-opt syslog-format=$format \
				--log-opt syslog-facility=local3 --log-opt tag=shop busybox sh -c 'echo out; echo err >&2; echo "a  b <6>"'
			want="^im$transport local3.info shop [0-9]*"
			got "$want .* out|$today" && got "^im$transport local3.err shop [0-9]* .* err|$today" && got "$want .*a  b <6>|$today" ||
				{ echo "$transport $format"; return 1; }
			[ "$(wc -l <"$OUT")" = 3 ]
			[ $format = rfc3164 ] || got "$want shop v1 out|"
		done
	done
	: >"$OUT" # as programs of the host write to /dev/log
	hoy run --rm --log-driver syslog --log-opt "syslog-address=unixgram://$BATS_TEST_TMPDIR/sock" --log-opt tag=plain busybox echo hi
	got "^imuxsock daemon.info plain [0-9]* .*hi|$today"
}

@test "syslog inside TLS: counted, the server's name is checked" {
	cd "$BATS_TEST_TMPDIR"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>/dev/null
	server raw "tls:$PORT"
	run -125 hoy run --log-driver syslog --log-opt "syslog-address=tcp+tls://127.0.0.1:$PORT" \
		--log-opt "syslog-tls-ca-cert=$PWD/cert.pem" busybox true
	[[ $output == *"failed to verify certificate"* ]]
	hoy run --rm --log-driver syslog --log-opt "syslog-address=tcp+tls://localhost:$PORT" --log-opt syslog-format=rfc5424 \
		--log-opt "syslog-tls-ca-cert=$PWD/cert.pem" busybox echo hi there
	got 'hi there'
	line=$(head -n 1 "$OUT")
	[[ $line =~ ^([0-9]+)\ (\<30\>1\ .*\ hi\ there)$ ]]
	[ "${BASH_REMATCH[1]}" = $((${#BASH_REMATCH[2]} + 1)) ]
	hoy run --rm --log-driver syslog --log-opt "syslog-address=tcp+tls://127.0.0.1:$PORT" --log-opt syslog-tls-skip-verify=1 \
		busybox echo any
	got any
}

@test "fluentd: forward protocol, sub-second times, acknowledgements, pieces of lines" {
	server fluentd "tcp:$PORT" ack
	hoy run --name cc --label l=1 --log-driver fluentd --log-opt fluentd-address=127.0.0.1:$PORT --log-opt fluentd-request-ack=true \
		--log-opt fluentd-sub-second-precision=true --log-opt labels=l --log-opt 'tag=t.{{.Name}}' busybox \
		sh -c 'echo out; echo err >&2; printf %020000d 7; echo; seq 1 300'
	got '"300"'
	[ "$(field 'm[0], m[1]["ext"], m[2]["container_name"], m[2]["l"]' | sort -u)" = "('t.cc', 0, '/cc', '1')" ]
	[ "$(field 'm[2]["source"] if m[2]["log"] == "err" else ""' | grep .)" = stderr ]
	[ "$(field '(m[2].get("partial_ordinal"), m[2].get("partial_last"), len(m[2]["log"])) if "partial_message" in m[2] else ""' | grep .)" = \
		"('1', 'false', 16384)
('2', 'true', 3616)" ]
	diff <(seq 1 300) <(field 'm[2]["log"] if m[2]["source"] == "stdout" else ""' | grep -xE '[0-9]{1,3}')
	[ "$(hoy logs cc 2>/dev/null | tail -n 1)" = 300 ]
	servers_stop
	: >"$OUT"
	server fluentd "unix:$BATS_TEST_TMPDIR/sock"
	hoy run --rm --log-driver fluentd --log-opt "fluentd-address=unix://$BATS_TEST_TMPDIR/sock" busybox echo hi
	got '"hi"'
	[ "$(field 'type(m[1]).__name__, m[3]')" = "('int', {})" ]
}

@test "gelf: udp compressed, in chunks; tcp" {
	server gelf "udp:$PORT"
	hoy run --name cc -e A=b --log-driver gelf --log-opt gelf-address=udp://127.0.0.1:$PORT --log-opt env=A busybox sh -c 'echo out; echo err >&2'
	got '"err"'
	[ "$(field 'm["version"], m["_container_name"], m["_A"], m["_command"], m["_image_name"], m["host"]' | sort -u)" = \
		"('1.1', 'cc', 'b', 'sh -c echo out; echo err >&2', 'busybox', '$(hostname)')" ]
	[ "$(field '(m["level"], m["short_message"])' | sort)" = "(3, 'err')
(6, 'out')" ]
	hoy run --rm --log-driver gelf --log-opt gelf-address=udp://127.0.0.1:$PORT --log-opt gelf-compression-type=none busybox \
		sh -c 'head -c 6000 /dev/zero | tr "\0" x; echo'
	got xxxx
	grep -qx 'chunks 5' "$OUT"
	servers_stop
	: >"$OUT"
	server gelf "tcp:$PORT"
	hoy run --rm --log-driver gelf --log-opt gelf-address=tcp://127.0.0.1:$PORT busybox seq 1 500
	got '"500"'
	diff <(seq 1 500) <(field 'm["short_message"]')
}

@test "journald: the native protocol" {
	local socket=/run/systemd/journal/socket made=
	if [ ! -S "$socket" ]; then
		made=$(mkdir -pv "${socket%/*}" | sed -n "1s/.*'\(.*\)'/\1/p")
		server journald "unixgram:$socket"
	fi
	run hoy run --name cc --label a.b=1 --log-driver journald --log-opt labels=a.b --log-opt 'tag=t/{{.Name}}' busybox \
		sh -c 'echo out; echo err >&2; printf %017000d 7'
	if [ "$SERVER" ]; then
		got CONTAINER_PARTIAL_ORDINAL.*2
		rm -f "$socket"
		[ -z "$made" ] || find "$made" -depth -type d -empty -delete
	else # the machine's own
		journalctl --sync
		journalctl -o json CONTAINER_ID_FULL="$(inspect cc '{{.Id}}')" >"$OUT"
	fi
	[ "$status" = 0 ]
	[ "$(field 'm["CONTAINER_NAME"], m["CONTAINER_TAG"], m["SYSLOG_IDENTIFIER"], m["IMAGE_NAME"], m["A_B"]' | sort -u)" = \
		"('cc', 't/cc', 't/cc', 'busybox', '1')" ]
	[ "$(field '(m["PRIORITY"], m["MESSAGE"]) if len(m["MESSAGE"]) < 9 else ""' | grep . | sort)" = "('3', 'err')
('6', 'out')" ]
}

@test "non-blocking: a server that takes nothing, and one that goes away, cost no container its time" {
	server raw "tcp:$PORT" stall
	for i in 1 2; do
		run -0 --separate-stderr timeout 30 "$HOY_BUILD/hoy" run --name "c$i" --log-driver fluentd --log-opt fluentd-address=127.0.0.1:$PORT \
			--log-opt mode=non-blocking --log-opt max-buffer-size=64k busybox sh -c 'seq 1 300000 >&2; echo done'
		[ "$output" = "done" ]
	done
	[ "$(hoy logs -n 1 c1 2>&1 >/dev/null)" = "" ]
	[ "$(hoy logs -n 1 c1)" = "done" ]
	wait_for grep -q 'messages were lost' "$T/hoyd.log"
	[ "$(grep -c 'slower than the container' "$T/hoyd.log")" = 2 ]
}

@test "blocking: the container waits for the server, loses nothing, and can be stopped" {
	server fluentd "tcp:$PORT"
	hoy run -d --name cc --log-driver fluentd --log-opt fluentd-address=127.0.0.1:$PORT --log-opt fluentd-retry-wait=100ms \
		-v "$BATS_TEST_TMPDIR:/t" busybox sh -c 'echo first; while [ ! -e /t/go ]; do usleep 10000; done; seq 1 8000 | while read -r i; do echo "$i $PATH$PATH$PATH"; done; touch /t/end'
	got first
	servers_stop
	touch "$BATS_TEST_TMPDIR/go"
	wait_for grep -q 'the server closed the connection: connecting again' "$T/hoyd.log"
	[ ! -e "$BATS_TEST_TMPDIR/end" ]
	server fluentd "tcp:$PORT"
	wait_for test -e "$BATS_TEST_TMPDIR/end"
	got '"8000 '
	wait_for grep -q 'connected again' "$T/hoyd.log"
	diff <(seq 1 8000) <(field 'm[2]["log"].split()[0]' | grep -v first)
	servers_stop
	rm "$BATS_TEST_TMPDIR"/{go,end}
}

@test "hoy-log comes back when it is killed, and survives hoyd" {
	server raw "tcp:$PORT"
	hoy run -d --name cc --log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:$PORT -v "$BATS_TEST_TMPDIR:/t" busybox \
		sh -c 'i=0; while :; do [ -e /t/say ] && { echo "said $i"; i=$((i+1)); rm /t/say; }; usleep 10000; done'
	touch "$BATS_TEST_TMPDIR/say"
	got 'said 0'
	daemon_stop
	touch "$BATS_TEST_TMPDIR/say"
	got 'said 1'
	daemon_start
	id=$(inspect cc '{{.Id}}')
	sleep_is_over() { [ "$(($(date +%s%N) - started))" -gt 1000000000 ]; }
	started=$(date +%s%N)
	wait_for sleep_is_over
	grep -slaE "^hoy-log.forward.$T/run/containers/$id" /proc/[0-9]*/cmdline | cut -d/ -f3 >"$BATS_TEST_TMPDIR/pids"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/pids")" = 2 ]
	while read -r pid; do
		kill_ours KILL "$pid"
	done <"$BATS_TEST_TMPDIR/pids"
	touch "$BATS_TEST_TMPDIR/say"
	got 'said 2'
	hoy rm -f cc
}

@test "a copy is kept for logs, unless it is not wanted" {
	server raw "udp:$PORT"
	hoy run --name cc --log-driver syslog --log-opt syslog-address=udp://127.0.0.1:$PORT busybox echo hi
	[ "$(hoy logs cc)" = hi ]
	[ "$(hoy logs -f cc)" = hi ]
	hoy run --name dd --log-driver syslog --log-opt syslog-address=udp://127.0.0.1:$PORT --log-opt cache-disabled=true busybox echo hi
	run ! hoy logs dd
	[[ $output == *"configured logging driver does not support reading"* ]]
	[ ! -e "$T/data/containers/$(inspect dd '{{.Id}}')/container-cached.log" ]
}

@test "what the engine gives containers that ask for nothing" {
	daemon_stop
	cp "$HOY_CONFIG" "$HOY_CONFIG.old"
	sed -i 's|^{|{"log-driver": "local", "log-opts": {"max-size": "1m", "cache-disabled": "true"},|' "$HOY_CONFIG"
	daemon_start
	hoy create --name aa busybox >/dev/null
	hoy create --name bb --log-driver json-file busybox >/dev/null
	[ "$(inspect aa '{{.HostConfig.LogConfig}}')" = "{local map[cache-disabled:true max-size:1m]}" ]
	[ "$(inspect bb '{{.HostConfig.LogConfig}}')" = "{json-file map[cache-disabled:true]}" ]
	hoy info -f '{{.LoggingDriver}} {{.Plugins.Log}}' | grep -qx 'local \[fluentd gelf journald json-file local syslog\]'
	daemon_stop
	sed -i 's|"max-size"|"bad"|' "$HOY_CONFIG"
	run -1 hoyd --config-file "$HOY_CONFIG" --validate
	[[ $output == *"unknown log opt 'bad' for log driver local"* ]]
	mv "$HOY_CONFIG.old" "$HOY_CONFIG"
	daemon_start
}
