#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks of the user: made and removed, joined and left, closed against each other; and the names on them.
# variants: ENGINE=private|ENGINE=daemon CLI=docker

load lib

setup_file() {
	load lib
	engine_setup nets
	export HOYD_PID
	import_busybox busybox
}

teardown_file() {
	load lib
	[ ! -e "$T/hoyd.pid" ] || HOYD_PID=$(cat "$T/hoyd.pid")
	engine_teardown
}

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	hoy network prune -f >/dev/null
	[ -z "${DNS_PID:-}" ] || kill "$DNS_PID"
	for bridge in ${BRIDGES:-}; do
		[ ! -e "/sys/class/net/$bridge" ] || { echo "left behind: $bridge"; return 1; }
	done
}

cli() { "${CLI:-hoy}" "$@"; }
not() { ! "$@"; }

# network NAME [OPTIONS]: make one, and remember its bridge, which must be gone at the end of the test.
network() {
	local name=$1 id
	shift
	id=$(cli network create "$@" "$name")
	[[ "$id" =~ ^[0-9a-f]{64}$ ]]
	BRIDGES="${BRIDGES:-} br-${id:0:12}"
}

box() { # NAME NETWORK [OPTIONS]: a container that sleeps
	local name=$1 net=$2
	shift 2
	cli run -d --name "$name" --network "$net" "$@" busybox sleep 1000 >/dev/null
}

addr() { inspect "$1" "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}"; }
reaches() { cli exec "$1" ping -c 1 -W 2 "$2" >/dev/null; }
reaches_not() { ! cli exec "$1" ping -c 1 -W 1 "$2" >/dev/null; }
# answers of a container's resolver, sorted: from inside by busybox, or by our own client in its namespace
lookup() { cli exec "$1" nslookup "$2" | awk '/^Name:/ {n = 1} n && /^Address/ {print $NF}' | sort | tr '\n' ' '; }
ask() { nsenter -t "$(pid_of "$1")" -n "$BATS_TEST_DIRNAME/dns-server.py" ask 127.0.0.11 "${@:2}"; }
resolver_of() { pgrep -f "^hoy-dns --container=$(inspect "$1" '{{.Id}}')"; }

dns_server() { # a server on the bridge's own address, which is the host's
	rm -f "$T/dns.log"
	"$BATS_TEST_DIRNAME/dns-server.py" "$1" "$T/dns.log" >/dev/null 2>&1 3>&- &
	DNS_PID=$!
	wait_for grep -q ready "$T/dns.log"
}

@test "16: containers of a network find each other by name" {
	network web
	box shop web --network-alias store --network-alias till --hostname shop-host
	box client web
	ip=$(addr shop web)
	for name in shop store till shop-host "$(inspect shop '{{printf "%.12s" .Id}}')" shop.web store.web SHOP; do
		[ "$(lookup client "$name")" = "$ip " ] || { echo "$name: $(lookup client "$name"), not $ip"; return 1; }
	done
	reaches client shop
	reaches shop client
	# the resolver, as Docker's: address, one word is a name
	[ "$(cli exec client grep -v '^#' /etc/resolv.conf | grep nameserver)" = "nameserver 127.0.0.11" ]
	cli exec client grep -q '^options.*ndots:0' /etc/resolv.conf
	# and back: the address has a name
	rev=$(awk -F. '{print $4"."$3"."$2"."$1".in-addr.arpa"}' <<<"$ip")
	cli exec client nslookup -type=ptr "$rev" | grep -q 'name = shop.web'
	[ "$(inspect shop '{{json (index .NetworkSettings.Networks "web").DNSNames}}')" = \
		"[\"shop\",\"store\",\"till\",\"$(inspect shop '{{printf "%.12s" .Id}}')\",\"shop-host\"]" ]
}

# Flags and words of docker's client that older ones do not have.
needs_new_client() { [ "${CLI:-hoy}" = hoy ] || needs_docker_28; }

@test "the default bridge has no names" {
	needs_new_client
	box one bridge
	not cli exec one grep -q 127.0.0.11 /etc/resolv.conf
	[ -z "$(resolver_of one)" ]
	run cli run --rm --network-alias x busybox true
	[ "$status" -eq 125 ]
	[[ "$output" == *"network-scoped aliases are only supported for user-defined networks"* ]]
}

@test "several that share an alias take turns; who leaves is forgotten, who is renamed is known anew" {
	network web
	box ann web --network-alias all
	box bob web --network-alias all
	box client web
	[ "$(lookup client all)" = "$(printf '%s\n' "$(addr ann web)" "$(addr bob web)" | sort | tr '\n' ' ')" ]
	first=$(for _ in $(seq 30); do ask client all; done | sort -u | wc -l)
	[ "$first" -eq 2 ]
	cli rm -f bob >/dev/null
	[ "$(lookup client all)" = "$(addr ann web) " ]
	[ -z "$(lookup client bob)" ]
	cli rename ann again
	[ "$(lookup client again)" = "$(addr again web) " ]
	[ -z "$(lookup client ann)" ]
}

@test "create: docker's words for what cannot be, and nothing is left of it" {
	network web --subnet 10.209.1.0/24
	before=$(ip -br link show type bridge | wc -l)
	refused() { # WORDS ARGS...
		run cli network create "${@:2}"
		[ "$status" -eq 1 ] && [[ "$output" == *"$1"* ]] || { echo "$status: $output, not: $1"; return 1; }
	}
	refused "network with name web already exists" web
	refused "invalid pool request: Pool overlaps with other one on this address space" --subnet 10.209.1.128/25 x
	refused "invalid pool request: Pool overlaps with other one on this address space" --subnet "${GATEWAY%.*}.0/25" x
	refused "operation is not permitted on predefined bridge network" bridge
	refused "operation is not permitted on predefined host network" host
	refused 'only one instance of "host" network is allowed' -d host x
	refused 'plugin "nosuch" not found' -d nosuch x
	refused 'network driver "macvlan" is not supported' -d macvlan x
	refused "no matching subnet for gateway 10.210.0.1" --subnet 10.209.2.0/24 --gateway 10.210.0.1 x
	refused "every ip-range or gateway must have a corresponding subnet" --gateway 10.210.0.1 x
	refused "invalid CIDR block notation" --subnet 10.209.2.0 x
	refused "it should be 10.209.2.0/24" --subnet 10.209.2.5/24 x
	refused 'failed to parse com.docker.network.bridge.enable_icc value: maybe' -o com.docker.network.bridge.enable_icc=maybe x
	refused "networks have same bridge name" -o com.docker.network.bridge.name="${BRIDGE:?}" x
	refused "the host has an interface named lo already" -o com.docker.network.bridge.name=lo x
	refused "This node is not a swarm manager" --scope swarm x
	[ "$(ip -br link show type bridge | wc -l)" -eq "$before" ]
	[ "$(cli network ls -q --filter type=custom | wc -l)" -eq 1 ]
}

@test "create: subnet, gateway, range, reserved addresses, labels, device, MTU" {
	network web --subnet 10.209.1.0/24 --gateway 10.209.1.9 --ip-range 10.209.1.128/30 --aux-address r=10.209.1.129 \
		--label tier=front -o com.docker.network.bridge.name="${BRIDGE}u" -o com.docker.network.driver.mtu=1400
	BRIDGES="$BRIDGES ${BRIDGE}u"
	ip -br addr show "${BRIDGE}u" | grep -q '10.209.1.9/24'
	box ann web
	box bob web
	[ "$(addr ann web)" = 10.209.1.128 ]
	[ "$(addr bob web)" = 10.209.1.130 ]
	cli exec ann ip route | grep -q '^default via 10.209.1.9 '
	[ "$(cli exec ann cat /sys/class/net/eth0/mtu)" = 1400 ]
	[ "$(cli network inspect -f '{{(index .IPAM.Config 0).Subnet}} {{.Labels.tier}}' web)" = "10.209.1.0/24 front" ]
	[ "$(cli network ls --filter label=tier=front --format '{{.Name}}')" = web ]
	cli network inspect -f '{{range .Containers}}{{.Name}} {{.IPv4Address}};{{end}}' web | grep -q 'ann 10.209.1.128/24;'
}

@test "an address by wish: given, refused when taken, outside, or the subnet is nobody's wish" {
	needs_new_client
	network web --subnet 10.209.1.0/24
	network auto
	box ann web --ip 10.209.1.77 --mac-address 02:42:0a:00:00:77 --link-local-ip 169.254.7.7
	[ "$(addr ann web)" = 10.209.1.77 ]
	cli exec ann ip addr show eth0 | grep -q 02:42:0a:00:00:77
	cli exec ann ip addr show eth0 | grep -q 'inet 169.254.7.7/16'
	refused() {
		run cli run --rm "${@:2}" busybox true
		[ "$status" -eq 125 ] && [[ "$output" == *"$1"* ]] || { echo "$status: $output, not: $1"; return 1; }
	}
	refused "Address already in use" --network web --ip 10.209.1.77
	refused "Address already in use" --network web --ip 10.209.1.1
	refused "no configured subnet contains IP address 10.9.9.9" --network web --ip 10.9.9.9
	refused "user specified IP address is supported only when connecting to networks with user configured subnets" \
		--network auto --ip 172.18.0.9
	refused "user specified IP address is supported on user defined networks only" --ip "${GATEWAY%.*}.9"
	refused "network nosuch not found" --network nosuch
	[ "$(cli network inspect -f '{{len .Containers}}' web)" = 1 ]
}

@test "networks are closed against each other" {
	network one
	network two
	box ann one
	box bob two
	box cat bridge
	reaches_not ann "$(addr bob two)"
	reaches_not bob "$(addr ann one)"
	reaches_not ann "$(addr cat bridge)"
	reaches_not cat "$(addr ann one)"
	[ -z "$(lookup ann bob)" ]
	box amy one
	reaches ann "$(addr amy one)"
}

@test "internal: neighbours, and nobody else" {
	network inside --internal
	network other
	box ann inside
	box bob inside -p 18391:80
	box cat other
	reaches ann bob
	not grep default <<<"$(cli exec ann ip route)"
	# with a route of its own making it gets no further
	gw=$(cli network inspect -f '{{(index .IPAM.Config 0).Gateway}}' inside)
	nsenter -t "$(pid_of ann)" -n ip route add default via "$gw"
	reaches_not ann "$(addr cat other)"
	reaches_not cat "$(addr ann inside)"
	[ -z "$(cli port bob)" ]
	not nc -z -w 1 127.0.0.1 18391
	# and asks nobody outside
	dns_server "$GATEWAY"
	box dan inside --dns "$GATEWAY"
	[ "$(ask dan example.com)" = "code 2" ]
	not grep -q example.com "$T/dns.log"
}

@test "enable_icc=false: neighbours do not reach each other, but published ports" {
	network quiet -o com.docker.network.bridge.enable_icc=false
	echo hello >"$T/index.html"
	cli run -d --name ann --network quiet -p 18392:80 -v "$T/index.html:/var/www/index.html" busybox httpd -f -p 80 -h /var/www >/dev/null
	box bob quiet
	reaches_not bob "$(addr ann quiet)"
	gw=$(cli network inspect -f '{{(index .IPAM.Config 0).Gateway}}' quiet)
	reaches bob "$gw"
	[ "$(cli exec bob wget -q -O - "http://$gw:18392/index.html")" = hello ]
}

@test "published ports on a network of the user" {
	network web
	echo hello >"$T/index.html"
	cli run -d --name ann --network web -p 18393:80 -v "$T/index.html:/var/www/index.html" busybox httpd -f -p 80 -h /var/www >/dev/null
	for host in 127.0.0.1 "$GATEWAY" "[::1]"; do
		[ "$(curl -s -m 5 "http://$host:18393/index.html")" = hello ]
	done
	[ "$(cli port ann 80/tcp | head -1)" = "0.0.0.0:18393" ]
}

@test "several networks: the default route by priority, names of all of them" {
	needs_new_client
	network one
	network two
	cli create --name ann --network one busybox sleep 1000 >/dev/null
	cli network connect --gw-priority 1 --alias second two ann
	cli start ann >/dev/null
	box bob one
	box cat two
	[ "$(cli exec ann ip -o -4 addr | grep -c ' eth[01] ')" -eq 2 ]
	cli exec ann ip route | grep -q "^default via $(inspect ann '{{(index .NetworkSettings.Networks "two").Gateway}}') "
	[ "$(lookup ann bob)" = "$(addr bob one) " ]
	[ "$(lookup ann cat)" = "$(addr cat two) " ]
	[ "$(lookup cat second)" = "$(addr ann two) " ]
	[ -z "$(lookup bob second)" ]
}

@test "connect and disconnect while it runs" {
	network one
	network two
	cli run -d --name ann --network one -p 18394:80 busybox httpd -f -p 80 -h /var/www >/dev/null
	box bob two
	reaches_not ann bob
	cli network connect --alias late two ann
	[ "$(lookup bob late)" = "$(addr ann two) " ]
	reaches ann bob
	cli exec ann grep -q "^$(addr ann two)[[:space:]]" /etc/hosts
	run cli network connect two ann
	[ "$status" -eq 1 ]
	[[ "$output" == *"endpoint with name ann already exists in network two"* ]]
	old=$(addr ann one)
	# the way out and the port move to the network that is left
	cli network disconnect one ann
	[ "$(inspect ann '{{len .NetworkSettings.Networks}}')" = 1 ]
	not cli exec ann grep -q "^${old}[[:space:]]" /etc/hosts
	cli exec ann ip route | grep -q "^default via $(inspect ann '{{(index .NetworkSettings.Networks "two").Gateway}}') "
	nc -z -w 2 127.0.0.1 18394
	reaches ann bob
	run cli network disconnect one ann
	[ "$status" -eq 1 ]
	[[ "$output" == *"container $(inspect ann '{{.Id}}') is not connected to network one"* ]]
	# and so it stays
	cli restart -t 0 ann >/dev/null
	[ "$(inspect ann '{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}')" = "two " ]
	[ "$(lookup bob late)" = "$(addr ann two) " ]
}

@test "from the default bridge to a network: names from then on" {
	network web
	box ann bridge
	box bob web
	cli network connect web ann
	cli exec ann grep -q 'nameserver 127.0.0.11' /etc/resolv.conf
	[ "$(lookup ann bob)" = "$(addr bob web) " ]
	[ "$(lookup bob ann)" = "$(addr ann web) " ]
	cli network disconnect web ann
	[ "$(ask ann bob)" != "$(addr bob web)" ]
	[ -n "$(resolver_of ann)" ]
}

@test "connect: what has no network of its own cannot be connected" {
	network web
	box hans host
	box nan none
	box sue container:nan
	box ann web
	refused() {
		run cli network "${@:2}"
		[ "$status" -eq 1 ] && [[ "$output" == *"$1"* ]] || { echo "$status: $output, not: $1"; return 1; }
	}
	refused "container sharing network namespace with another container or host cannot be connected to any other network" connect web hans
	refused "container sharing network namespace with another container or host cannot be connected to any other network" connect web sue
	refused "container cannot be connected to multiple networks with one of the networks in private (none) mode" connect web nan
	refused "container cannot be disconnected from host network or connected to host network" disconnect host hans
	refused "network nosuch not found" connect nosuch ann
	refused "No such container: nosuch" connect web nosuch
}

@test "rm and prune: refused while somebody is on it, by whom" {
	needs_new_client
	network web
	network idle --label old=1
	network idle2
	box ann web
	run cli network rm web nosuch bridge
	[ "$status" -eq 1 ]
	[[ "$output" == *"error while removing network: network web has active endpoints (name:\"ann\" id:\""* ]]
	[[ "$output" == *"network nosuch not found"* ]]
	[[ "$output" == *"bridge is a pre-defined network and cannot be removed"* ]]
	[ "$(cli network ls -q --filter dangling=true | wc -l)" -eq 2 ]
	run cli network prune -f --filter label=old
	[ "$output" = "$(printf 'Deleted Networks:\nidle\n')" ]
	cli network prune -f | grep -qx idle2
	cli stop -t 0 ann >/dev/null
	[ "$(cli network rm web)" = web ]
	run cli start ann
	[ "$status" -eq 1 ]
	[[ "$output" == *"not found"* ]]
}

@test "what is no name here is asked of the servers, by UDP and by TCP" {
	network web
	dns_server "$GATEWAY"
	box ann web --dns 127.0.0.3 --dns "$GATEWAY"
	# nobody serves at the first: the second answers
	[ "$(ask ann example.com)" = 192.0.2.53 ]
	[ "$(ask ann example.org tcp)" = 192.0.2.53 ]
	[ "$(ask ann ann tcp)" = "$(addr ann web)" ]
	grep -qx "udp example.com" "$T/dns.log"
	grep -qx "tcp example.org" "$T/dns.log"
	not grep -q " ann$" "$T/dns.log"
}

@test "a container may have a name server of its own" {
	network web
	cli run -d --name ann --network web busybox sh -c 'nc -ll -p 53 -e echo own & sleep 1000' >/dev/null
	wait_for sh -c "hoy exec ann netstat -ltn | grep -q ':::53 \|0.0.0.0:53 '"
	[ "$(cli exec ann sh -c 'echo | nc -w 2 127.0.0.1 53')" = own ]
	[ "$(lookup ann ann)" = "$(addr ann web) " ]
}

@test "the resolver has no rights, and little memory" {
	network web
	box ann web
	pid=$(resolver_of ann)
	[ "$(awk '/^(Uid|Gid):/ {print $2, $3, $4, $5}' "/proc/$pid/status" | sort -u)" = "65534 65534 65534 65534" ]
	[ "$(awk '/^Cap(Inh|Prm|Eff|Bnd|Amb):/ {print $2}' "/proc/$pid/status" | sort -u)" = 0000000000000000 ]
	[ "$(awk '/^NoNewPrivs:/ {print $2}' "/proc/$pid/status")" = 1 ]
	[ "$(awk '/^Seccomp:/ {print $2}' "/proc/$pid/status")" = 2 ]
	[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]
	# its own; the program's pages are shared with all others
	pss=$(awk '/^Pss_Anon:/ {print $2}' "/proc/$pid/smaps_rollup")
	[ "$pss" -lt 100 ] || { echo "$pss kB"; return 1; }
}

@test "SIGKILL to resolver, monitor or engine leaves nothing" {
	network web
	box ann web -p 18395:80
	box bob web
	kill -9 "$(resolver_of ann)"
	cli stop -t 0 ann >/dev/null
	pid=$(resolver_of bob)
	id=$(inspect bob '{{.Id}}')
	kill -9 "$(pgrep -f "hoy-monitor.*$id" | head -1)"
	wait_for sh -c "hoy inspect -f '{{.State.Status}}' bob | grep -qx exited"
	wait_for test ! -e "/proc/$pid"
	[ "$(cli network inspect -f '{{len .Containers}}' web)" = 0 ]
	if [ -n "${HOYD_PID:-}" ]; then
		cli start bob >/dev/null
		kill -9 "$HOYD_PID"
		wait "$HOYD_PID" 2>/dev/null || true
		daemon_start
		echo "$HOYD_PID" >"$T/hoyd.pid" # for the end of this file
		[ "$(lookup bob bob)" = "$(addr bob web) " ]
	fi
}

another_resolver() { local pid; pid=$(resolver_of "$1") && [ "$pid" != "$2" ] && [ "$(wc -w <<<"$pid")" = 1 ]; }
# Its resolver is killed: there is another one soon, and only one, which knows its own name.
kill_resolver() {
	local pid
	pid=$(resolver_of "$1")
	kill -9 "$pid"
	wait_for another_resolver "$1" "$pid" || return 1
	wait_for answers "$1" "$1" "$(addr "$1" web)"
}
answers() { [ "$(lookup "$1" "$2")" = "$3 " ]; }

@test "a resolver that is killed while its container runs is replaced" {
	network web
	network more
	box ann web --restart always
	kill_resolver ann
	kill_resolver ann # the one that came
	box bob bridge
	cli network connect web bob # a monitor that began without
	kill_resolver bob
	cli network connect more bob # the next one's end is seen as well
	kill_resolver bob
	cli network disconnect more bob
	kill_resolver bob
	cli pause bob
	pid=$(resolver_of bob)
	kill -9 "$pid"
	wait_for another_resolver bob "$pid"
	cli unpause bob
	wait_for answers bob ann "$(addr ann web)"
	# while it waits for its restart there is nobody to ask; then there is
	pid=$(resolver_of ann)
	kill -9 "$pid" "$(cli inspect -f '{{.State.Pid}}' ann)"
	wait_for another_resolver ann "$pid"
	wait_for sh -c "hoy inspect -f '{{.State.Status}}' ann | grep -qx running"
	wait_for answers ann ann "$(addr ann web)"
}

@test "an interface's name inside can be chosen" {
	local line ifname=com.docker.network.endpoint.ifname
	network web
	network lan
	cli run -d --name ann --network "name=web,driver-opt=$ifname=front0" busybox sleep 1000 >/dev/null
	cli network connect lan ann # docker's client 20.10 names no second network at once
	[ "$(cli exec ann ls /sys/class/net | tr '\n' ' ')" = "eth0 front0 lo " ]
	cli exec ann ip -4 address show front0 | grep -qF " $(addr ann web)/"
	cli exec ann ip -4 address show eth0 | grep -qF " $(addr ann lan)/"
	[ "$(inspect ann "{{index (index .NetworkSettings.Networks \"web\").DriverOpts \"$ifname\"}}")" = front0 ]
	cli restart -t 0 ann >/dev/null
	cli exec ann ip -4 address show front0 | grep -qF " $(addr ann web)/"
	# connected while it runs: by the name that was asked for, then by the next free one
	cli network connect --driver-opt $ifname=eth1 bridge ann
	cli network disconnect lan ann
	[ "$(cli exec ann ls /sys/class/net | tr '\n' ' ')" = "eth1 front0 lo " ]
	cli network connect lan ann
	[ "$(cli exec ann ls /sys/class/net | tr '\n' ' ')" = "eth0 eth1 front0 lo " ]
	cli network disconnect lan ann
	run cli network connect --driver-opt $ifname=front0 lan ann
	[ "$status" = 1 ]
	[ "${lines[0]}" = "Error response from daemon: the container has an interface front0 already, on another network" ]
	[ "$(cli exec ann ls /sys/class/net | tr '\n' ' ')" = "eth1 front0 lo " ]
	for name in lo a/b "a b" sixteen-is-too-long all ""; do
		run cli network connect --driver-opt "$ifname=$name" lan ann
		line="Error response from daemon: invalid $ifname value: $name"
		[ "$status" = 1 ] && [ "${lines[0]% }" = "${line% }" ] || { echo "$output"; return 1; } # docker's client takes the space away
	done
}

@test "IPv6: addresses beside those of IPv4, names for both" {
	network six --ipv6 --subnet fd00:6::/64 --subnet 10.209.6.0/24
	network auto6 --ipv6
	box ann six
	box bob six --ip6 fd00:6::77
	[ "$(inspect bob '{{(index .NetworkSettings.Networks "six").GlobalIPv6Address}}')" = fd00:6::77 ]
	cli exec ann ping6 -c 1 -W 2 fd00:6::77 >/dev/null
	[[ "$(lookup ann bob)" == *"fd00:6::77 "* ]]
	[[ "$(cli network inspect -f '{{(index .IPAM.Config 1).Subnet}}' auto6)" == fd*::/64 ]]
}

@test "networks make events" {
	network web
	box ann web
	cli network connect bridge ann
	cli network disconnect bridge ann
	since=$(($(date +%s) - 60))
	cli events --since "$since" --until "$(date +%s)" --filter type=network --format '{{.Action}} {{.Actor.Attributes.name}}' >"$T/events"
	grep -qx "create web" "$T/events"
	grep -qx "connect web" "$T/events"
}
