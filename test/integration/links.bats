#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --link: what Docker has kept of it on the default bridge, and names of a container's own on networks of the user.
# variants: ENGINE=private|ENGINE=daemon CLI=docker

load lib

setup_file() {
	load lib
	engine_setup links
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
	wait_for containers_gone || { cat "$T/left"; return 1; }
}

cli() { "${CLI:-hoy}" "$@"; }
links_of() { inspect "$1" '{{json .HostConfig.Links}}'; }

@test "the other's address and name, its ports and its environment; inspect knows its new name" {
	local ip
	cli run -d --name my-db --expose 5432 --expose 80/tcp --expose 53/udp -e SECRET=x -e HOME=/h busybox sleep 1000
	ip=$(inspect my-db '{{(index .NetworkSettings.Networks "bridge").IPAddress}}')
	run_status 0 cli run --rm --name web --link my-db:store --link my-db busybox cat /etc/hosts
	grep -qx "$ip	store my-db" <<<"$output"
	grep -qx "$ip	my-db" <<<"$output"
	run_status 0 cli run --rm --name web --link my-db -e MY_DB_PORT_80_TCP_ADDR=mine busybox env
	for line in MY_DB_NAME=/web/my-db MY_DB_ENV_SECRET=x "MY_DB_PORT=udp://$ip:53" "MY_DB_PORT_53_UDP=udp://$ip:53" \
		"MY_DB_PORT_80_TCP=tcp://$ip:80" MY_DB_PORT_80_TCP_ADDR=mine MY_DB_PORT_5432_TCP_PORT=5432 MY_DB_PORT_5432_TCP_PROTO=tcp; do
		grep -qx "$line" <<<"$output" || { echo "no $line in $output"; return 1; }
	done
	[[ $output != *MY_DB_ENV_HOME* && $output != *MY_DB_ENV_PATH* ]]
	cli run -d --name web --link my-db:store busybox sleep 1000
	cli exec web env | grep -qx STORE_NAME=/web/store
	[ "$(links_of web)" = '["/my-db:/web/store"]' ]
	cli rename my-db other
	[ "$(links_of web)" = '["/other:/web/store"]' ]
}

knows() { cli exec "$1" grep -qx "$(inspect "$2" '{{(index .NetworkSettings.Networks "bridge").IPAddress}}')	$3" /etc/hosts; }

@test "whoever comes back with another address is found by those that are linked to it" {
	local before
	cli run -d --name db busybox sleep 1000
	cli run -d --name web --link db:store --link db --add-host other:10.9.9.9 busybox sleep 1000
	cli run -d --name off --link db:store busybox true
	knows web db "store db"
	knows web db db
	before=$(inspect db '{{(index .NetworkSettings.Networks "bridge").IPAddress}}')
	cli exec web sh -c 'echo "10.1.1.1 mine" >>/etc/hosts'
	cli stop -t 0 db
	cli run -d --name thief --network name=bridge busybox sleep 1000
	cli start db
	[ "$(inspect db '{{(index .NetworkSettings.Networks "bridge").IPAddress}}')" != "$before" ]
	knows web db "store db"
	knows web db db
	cli exec web ping -c 1 -W 5 store
	# all else stays: its own line, what was asked for, what was written in it
	knows web web "$(inspect web '{{.Config.Hostname}}')"
	cli exec web grep -qx "10.9.9.9	other" /etc/hosts
	cli exec web grep -qx "10.1.1.1 mine" /etc/hosts
	run_status 1 cli exec web grep "^$before	" /etc/hosts
	# over a connection, too; and a link that was taken away is none
	cli network disconnect bridge db
	before=$(cli exec web grep -w store /etc/hosts)
	cli rm --link /web/store
	cli run -d --name next busybox sleep 1000
	cli network connect bridge db
	knows web db db
	[ "$(cli exec web grep -w store /etc/hosts)" = "$before" ]
}

@test "a link is refused to who does not run or is not there, in the host's network, or in a form that is none" {
	cli create --name db busybox sleep 1000
	run_status 125 cli run --name web --link db:store busybox true
	[[ $output == *"annot link to a non running container: /db AS /web/store"* ]]
	cli rm web
	run_status 125 cli run --rm --link nosuch:x busybox true
	[[ $output == *"could not get container for nosuch: No such container: nosuch"* ]]
	# docker's client 20.10 has a word of its own for both
	run_status 125 cli run --rm --network host --link db:x busybox true
	[[ $output == *"host type networking can't be used with links"* || $output == *"links are only supported for user-defined networks"* ]]
	run_status 125 cli run --rm --network container:db --link db:x busybox true
	[[ $output == *"container type network can't be used with links"* || $output == *"links are only supported for user-defined networks"* ]]
	cli run -d --name onhost --network host busybox sleep 1000
	run_status 125 cli run --rm --link onhost:x busybox true
	[[ $output == *"host type networking can't be used with links"* ]]
	run_status 125 cli run --rm --link a:b:c busybox true
	[[ $output == *"bad format for links: a:b:c"* ]]
	[ "$(cli ps -aq | wc -l)" = 2 ]
}

@test "rm --link takes the name away and nothing else; a container that has gone is no hindrance" {
	cli run -d --name db busybox sleep 1000
	cli run -d --name web --link db:store --link db:more busybox sleep 1000
	run_status 1 cli rm --link /web/nosuch
	[[ $output == *"No such container: web/nosuch"* ]]
	run_status 1 cli rm --link web
	[[ $output == *"cannot remove the default name of the container"* ]]
	run_status 0 cli rm --link /web/store
	[ "$(links_of web)" = '["/db:/web/more"]' ]
	cli rm -f db
	[ "$(links_of web)" = null ]
	run_status 0 cli restart -t 0 web
}

@test "on a network of the user: a name for this container alone, whatever address the other gets" {
	cli network create lane >/dev/null
	cli run -d --network lane --name web --link later:store busybox sleep 1000
	cli run -d --network lane --name peer busybox sleep 1000
	cli run -d --network lane --name later busybox sleep 1000
	[ "$(cli exec web nslookup store | tail -n +3 | grep -c "$(inspect later '{{(index .NetworkSettings.Networks "lane").IPAddress}}')")" -ge 1 ]
	run_status 1 cli exec peer ping -c 1 -W 1 store
	cli exec web ping -c 1 -W 5 later
	cli network disconnect lane peer
	cli network connect --link later:box lane peer
	cli exec peer ping -c 1 -W 5 box
	run_status 1 cli exec peer ping -c 1 -W 1 store
	run_status 125 cli network connect --link a:b:c lane peer
}

@test "ps names what others call a container: in the order of names, with the names of now" {
	local names=(ps -a --no-trunc --format '{{.Names}}')
	cli run -d --name db busybox sleep 1000
	cli create --name web --link db:store busybox true
	cli create --name app --link db:more --link db busybox true
	[ "$(cli "${names[@]}" | tail -n 1)" = app/db,app/more,db,web/store ]
	[ "$(cli ps -a --format '{{.Names}}' | tail -n 1)" = db ]	# without --no-trunc only its own
	[ "$(cli ps -aq --filter name=store)" = "" ]
	cli rename web front
	cli rm --link app/db
	[ "$(cli "${names[@]}" | tail -n 1)" = app/more,db,front/store ]
	cli rm app
	cli rm -f db
	[ "$(cli "${names[@]}")" = front ]
}
