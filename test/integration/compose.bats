#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's docker-compose with hoyd: an application of two services, from up to down.

load lib

setup_file() {
	load lib
	export ENGINE=daemon
	engine_setup compose
	export HOYD_PID PORT=$((20000 + $$ % 10000)) COMPOSE_PROJECT_NAME=t
	import_busybox busybox >/dev/null
	mkdir "$T/app"
	cat >"$T/app/docker-compose.yml" <<-END
	version: "2.4"
	services:
	  web:
	    image: busybox
	    command: sh -c 'mkdir -p /www; echo "hello \$\$GREETED" >/www/index.html; exec httpd -f -h /www -p 80'
	    ports: ["$PORT:80"]
	    networks: {front: {aliases: [greeter]}}
	    volumes: ["data:/data"]
	    environment: {GREETED: world}
	    labels: {role: front}
	    healthcheck: {test: ["CMD", "wget", "-qO-", "http://localhost/"], interval: 1s}
	    restart: unless-stopped
	    mem_limit: 64m
	    stop_grace_period: 1s
	  client:
	    image: busybox
	    command: sh -c 'wget -qO- http://greeter/; exec sleep 1000'
	    depends_on: {web: {condition: service_healthy}}
	    networks: [front]
	    volumes_from: [web]
	    stop_signal: SIGKILL
	networks: {front: {}}
	volumes: {data: {}}
	END
}

teardown_file() {
	load lib
	compose down -v >/dev/null 2>&1
	engine_teardown
}

compose() { (cd "$T/app" && docker-compose --ansi never "$@" 2>&1); }
states() { docker ps -a --format '{{.Names}} {{.State}}' | sort | tr '\n' ' '; }
greeting() { curl -fs "http://127.0.0.1:$PORT/"; }

@test "up: a network, a volume, a service that waits for the other's health, and the other's names" {
	run_status 0 compose up -d
	[[ "$(states)" == "t_client_1 running t_web_1 running " ]]
	wait_for greeting
	[ "$(greeting)" = "hello world" ]
	wait_for grep -q "hello world" <(compose logs --no-color client)
	[[ "$(compose ps)" == *"t_web_1 "*"Up (healthy)"*":$PORT->80/tcp"* ]]
	[ "$(docker network ls -q --filter label=com.docker.compose.project=t | wc -l)" = 1 ]
	[ "$(docker volume ls -q)" = t_data ]
	[ "$(docker ps -q --filter label=role=front | wc -l)" = 1 ]
}

@test "up again changes nothing; another configuration makes that service anew and keeps its volume" {
	local id
	run_status 0 compose exec -T web sh -c 'echo kept >/data/file; echo "$GREETED"'
	[ "$output" = world ]
	id=$(docker ps -q --no-trunc --filter name=t_web_1)
	run_status 0 compose up -d
	[ "$(docker ps -q --no-trunc --filter name=t_web_1)" = "$id" ]
	sed -i 's/GREETED: world/GREETED: moon/' "$T/app/docker-compose.yml"
	run_status 0 compose up -d
	[ "$(docker ps -q --no-trunc --filter name=t_web_1)" != "$id" ]
	wait_for greeting
	[ "$(greeting)" = "hello moon" ]
	[ "$(compose exec -T client cat /data/file)" = kept ]
}

@test "more of a service, a command of its own, processes, pause, stop, start, restart" {
	run_status 0 compose up -d --scale client=3
	[ "$(states)" = "t_client_1 running t_client_2 running t_client_3 running t_web_1 running " ]
	run_status 0 compose run --rm client sh -c 'wget -qO- http://web/; echo $GREETED-done'
	[[ $output == *"hello moon"*-done* ]]
	[[ "$(compose top web)" == *"httpd -f -h /www"* ]]
	run_status 0 compose pause web
	[[ "$(states)" == *"t_web_1 paused "* ]]
	run_status 0 compose unpause web
	run_status 0 compose stop
	[ "$(states)" = "t_client_1 exited t_client_2 exited t_client_3 exited t_web_1 exited " ]
	run_status 0 compose start
	run_status 0 compose restart -t 1 web
	[ "$(states)" = "t_client_1 running t_client_2 running t_client_3 running t_web_1 running " ]
	run_status 3 compose exec -T web sh -c 'exit 3'
}

@test "down -v: nothing is left of it" {
	run_status 0 compose down -v
	[ -z "$(docker ps -aq)$(docker volume ls -q)$(docker network ls -q --filter label=com.docker.compose.project=t)" ]
}
