#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ps: what is kept of a container for lists is never older than the container, and is made anew where it is missing; who
# died unseen is not shown as running.
# variants: ENGINE=private|ENGINE=daemon

load lib

setup_file() {
	load lib
	engine_setup ps
	export HOYD_PID
	import_busybox busybox >/dev/null
}

teardown_file() {
	load lib
	engine_teardown
}

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	hoy network ls -q --filter type=custom | xargs -r hoy network rm >/dev/null
	hoy volume ls -q | xargs -r hoy volume rm >/dev/null
	wait_for containers_gone || { cat "$T/left"; return 1; }
}

all=(ps -a --no-trunc --format '{{.Names}} {{.Image}} {{.Command}} {{.Labels}} {{.Mounts}} {{.Networks}} {{.Ports}} {{.State}}')
row() { hoy "${all[@]}" --filter "name=^$1\$"; }
sql() { python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); [print(*r) for r in db.execute(sys.argv[2])]; db.commit()' "$T/data/hoy.db" "$1"; }
# It has let go of all that it held, its lock too.
is_dead() { [ -z "$(ls "/proc/$1/fd" 2>/dev/null)" ]; }
no_worker() { ! pgrep -P "$HOYD_PID" >/dev/null; }
all_kept() { [ "$(sql 'SELECT count(*) FROM container_summaries')" = "$1" ]; }

@test "what is kept for lists is made with the container, and made again where it is missing" {
	local kept
	hoy create --name web --label a=b -v data:/data --annotation x=y --expose 80 --health-cmd true busybox sleep 1000
	hoy create --name db -v "$T:/host:ro" --network none busybox sh -c 'exit 0'
	all_kept 2
	kept=$(hoy "${all[@]}")
	[[ $kept = *'web busybox "sleep 1000" a=b data bridge  created'* && $kept = *"db busybox \"sh -c 'exit 0'\"  $T none  created"* ]]
	# a store of before, or one whose data lay elsewhere
	for change in "DELETE FROM container_summaries" "UPDATE container_summaries SET made = '1 /elsewhere', summary = '{}'"; do
		sql "$change"
		[ "$(hoy "${all[@]}")" = "$kept" ]
		wait_for all_kept 2
		[ "$(hoy "${all[@]}")" = "$kept" ]
	done
	[[ $(sql 'SELECT DISTINCT made FROM container_summaries') = *" $T/data" ]]
	hoy rm web
	all_kept 1
}

@test "the table is made of a brief answer; formats and filters that need more get it" {
	hoy create --name web -l a=b -v data:/data -p 127.0.0.1::80 busybox sleep 1000 >/dev/null
	hoy create --name db --network none busybox sleep 1000 >/dev/null
	[ "$(hoy ps -a --format '{{.Names}} {{.Image}} {{.Command}} {{.Status}}')" = $'db busybox "sleep 1000" Created\nweb busybox "sleep 1000" Created' ]
	[ "$(hoy ps -a --format '{{.Names}} {{.Networks}}')" = $'db none\nweb bridge' ]
	[ "$(hoy ps -a --filter label=a --filter volume=data --filter network=bridge --format '{{.Names}}')" = web ]
	[ "$(hoy ps -a --filter network=none --format '{{.Names}}')" = db ]
	hoy start web >/dev/null
	[[ $(hoy ps --format '{{.Ports}}') = 127.0.0.1:*'->80/tcp' ]]
}

@test "connect, disconnect, rename and update are seen by the next list" {
	hoy network create one >/dev/null
	hoy network create two >/dev/null
	hoy create --name web --network one busybox sleep 1000
	[[ $(row web) = *" one  created" ]]
	hoy network connect two web
	[[ $(row web) = *" one,two  created" ]]
	hoy network disconnect one web
	[[ $(row web) = *" two  created" ]]
	hoy update --restart always web
	hoy rename web front
	[[ $(row front) = "front "*" two  created" ]]
	hoy start front
	hoy network connect one front
	[[ $(row front) = *" one,two  running" || $(row front) = *" two,one  running" ]]
	[ "$(hoy ps -q --filter network=one --filter network=nosuch)" = "$(hoy ps -q)" ]
	[ "$(hoy ps -q --filter network=nosuch)" = "" ]
}

@test "each container has its own addresses and ports in the list" {
	for i in 1 2 3; do
		hoy run -d --name "c$i" -p "127.0.0.1:$((20500 + i)):80" --expose "8$i/udp" busybox sleep 1000
	done
	for i in 1 2 3; do
		[[ $(row "c$i") = *" 8$i/udp, 127.0.0.1:$((20500 + i))->80/tcp running" ]]
		[ "$(hoy ps -q --no-trunc --filter "publish=$((20500 + i))")" = "$(inspect "c$i" '{{.Id}}')" ]
	done
	hoy stop -t 0 c2
	[[ $(row c2) = *"bridge  exited" ]]
}

@test "who died with the monitor is not shown as running, and the list writes that down" {
	local monitor
	for i in 1 2 3; do hoy run -d --name "c$i" --network none busybox sleep 1000; done
	monitor=$(awk '/^PPid:/ { print $2 }' "/proc/$(pid_of c2)/status")
	[ "$(basename "$(readlink "/proc/$monitor/exe")")" = hoy-monitor ]
	kill -9 "$monitor"
	wait_for is_dead "$monitor"
	[ "$(hoy ps --format '{{.Names}}')" = "$(printf 'c3\nc1')" ]
	[[ $(row c2) = *exited ]]
	[[ $(hoy ps -a --filter name=c2 --format '{{.Status}}') = "Exited (137) "* ]]
	[ "$(sql "SELECT status FROM containers WHERE name = 'c2'")" = 5 ]
	hoy rm c2
}

@test "a list that threads look through is as true as a short one" {
	local name monitor
	for name in first last; do
		hoy run -d --name "$name" --network none busybox sleep 1000
		[ "$name" = last ] || seq 300 | xargs -P 4 -I{} hoy create --name "c{}" --network none busybox true >/dev/null
	done
	monitor=$(awk '/^PPid:/ { print $2 }' "/proc/$(pid_of first)/status")
	kill -9 "$monitor"
	wait_for is_dead "$monitor"
	[ "$(hoy ps --format '{{.Names}}')" = last ]
	[ "$(hoy ps -a --format '{{.Status}}' | sort | cut -d' ' -f1 | uniq -c | awk '{ print $1 $2 }' | tr '\n' ' ')" = "300Created 1Exited 1Up " ]
	[ "$(hoy ps -aq -n 2 | wc -l)" -eq 2 ]
	[ "$ENGINE" = daemon ] || return 0
	# a long one goes out in pieces
	curl -s -D "$T/head" --unix-socket "$T/hoy.sock" 'http://hoy/v1.47/containers/json?all=1' >"$T/list"
	grep -qi '^transfer-encoding: chunked' "$T/head"
	[ "$(jq -r '.[].Id' "$T/list")" = "$(hoy ps -aq --no-trunc)" ]
	[ "$(jq -r '.[].Id' "$T/list" | sort -u | wc -l)" -eq 302 ]
	curl -s -D "$T/head" --unix-socket "$T/hoy.sock" 'http://hoy/v1.47/containers/json?all=1&limit=2' >"$T/list"
	grep -qi '^content-length' "$T/head"
	[ "$(jq length "$T/list")" -eq 2 ]
	# who turns away in the middle leaves no worker behind
	curl -s --unix-socket "$T/hoy.sock" 'http://hoy/v1.47/containers/json?all=1' | head -c 100 >/dev/null
	wait_for no_worker
}
