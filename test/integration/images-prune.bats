#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What takes disk space, and giving it back: system df, the prunes.

load lib.bash

setup_file() {
	ENGINE=daemon engine_setup prune
	export HOYD_PID
}

teardown_file() { engine_teardown; }

setup() { import_busybox >/dev/null; }

teardown() {
	[ -z "${output:-}" ] || echo "last output: $output"
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	hoy volume ls -q | xargs -r hoy volume rm >/dev/null
	hoy network prune -f >/dev/null
	wait_for disk_is_empty || { find "$T/data/layers" "$T/data/tmp" -maxdepth 2; return 1; }
}
disk_is_empty() { [ -z "$(find "$T/data/layers" "$T/data/tmp" -mindepth 1 2>/dev/null)" ]; }

# child NAME LABEL COMMAND: an image on busybox with one more layer.
child() {
	hoy run --name "cc-$1" busybox sh -c "$3"
	hoy commit -c "LABEL $2" "cc-$1" "$1" >/dev/null
	hoy rm "cc-$1" >/dev/null
}
usage() { curl -s --unix-socket "$T/hoy.sock" 'http://hoy/v1.55/system/df?verbose=1' >"$T/df.json"; }
du_of() { du -sc --block-size=1 "$@" | awk 'END { print $1 }'; }
layer_dir() { echo "$T/data/layers/$(hoy inspect -f "{{index .RootFS.Layers $2}}" "$1" | cut -d: -f2)"; }

@test "system df is what du says: layers once, shared and own, containers, volumes" {
	child one k=1 'head -c 300000 /dev/urandom >/f; ln /f /g; mkdir -p /d/e; truncate -s 50M /sparse'
	child two k=2 'head -c 70000 /dev/urandom >/f'
	hoy run -d --name c1 -v vol:/v one sh -c 'head -c 100000 /dev/urandom >/big; head -c 5000 /dev/urandom >/v/x; : >/ready; exec sleep 1000'
	hoy run --name c2 busybox sh -c 'head -c 20000 /dev/urandom >/x'
	hoy volume create idle
	wait_for sh -c 'test -e "$T"/data/containers/*/upper/ready'
	usage
	local base one two
	base=$(du_of "$(layer_dir busybox 0)")
	one=$(du_of "$(layer_dir one 1)")
	two=$(du_of "$(layer_dir two 1)")
	[ "$(jq .ImageUsage.TotalSize "$T/df.json")" -eq "$(du_of "$T"/data/layers/*)" ]
	[ "$(jq .ImageUsage.TotalSize "$T/df.json")" -eq $((base + one + two)) ]
	[ "$(jq .ImageUsage.Reclaimable "$T/df.json")" -eq "$two" ]
	[ "$(jq -c '[.ImageUsage.Items[] | select(.RepoTags[0] == "one:latest") | .Size, .SharedSize, .Containers]' "$T/df.json")" = "[$((base + one)),$base,1]" ]
	[ "$(jq -c '[.ImageUsage.Items[] | select(.RepoTags[0] == "busybox:latest") | .Size, .SharedSize, .Containers]' "$T/df.json")" = "[$base,$base,1]" ]
	[ "$(jq .ContainerUsage.TotalSize "$T/df.json")" -eq "$(du_of "$T"/data/containers/*/upper)" ]
	[ "$(jq -c '.ContainerUsage | [.ActiveCount, .TotalCount]' "$T/df.json")" = "[1,2]" ]
	[ "$(jq .VolumeUsage.TotalSize "$T/df.json")" -eq "$(du_of "$T"/data/volumes/*/_data)" ]
	[ "$(jq -c '.VolumeUsage | [.ActiveCount, .TotalCount, .Reclaimable]' "$T/df.json")" = "[1,2,$(du_of "$T/data/volumes/idle/_data")]" ]
	[ "$(jq -c '.BuildCacheUsage.TotalSize' "$T/df.json")" = 0 ]
	[ "$(curl -s --unix-socket "$T/hoy.sock" 'http://hoy/v1.55/system/df?type=volume' | jq -c 'keys, .VolumeUsage.Items')" = $'["VolumeUsage"]\nnull' ]
	[ "$(curl -s --unix-socket "$T/hoy.sock" 'http://hoy/v1.55/system/df?type=cows' | jq -r .message)" = "unknown object type: cows" ]
}

@test "system df: the words are docker's, plain and verbose" {
	needs_docker_28 # older ones give sizes four digits
	child one k=1 'head -c 300000 /dev/urandom >/f'
	hoy run --name c1 -v vol:/v busybox true
	hoy rmi busybox 2>/dev/null || true
	# ages may change in between
	words() { { "$@" && echo; } | sed -E 's/(Less than a|[0-9]+) seconds? ago/ago/g; s/ +/ /g'; }
	same() { diff -B <(words docker "$@") <(words hoy "$@"); }
	diff <(docker system df | grep -v ^Images) <(hoy system df | grep -v ^Images)
	same system df -v
	same system df --format '{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}'
	same system df -v --format '{{range .Volumes}}{{.Name}} {{.Size}} {{.Links}} {{end}}{{range .Images}}{{.ID}} {{.UniqueSize}} {{end}}'
	run_status 0 hoy system df --format json
	[ "$(jq -r .Type <<<"${lines[2]}")" = "Local Volumes" ]
}

@test "image prune: dangling ones, all, with filters; what a container uses stays" {
	child one k=1 'head -c 300000 /dev/urandom >/f'
	child two k=2 'head -c 70000 /dev/urandom >/f'
	child gone k=3 ': >/g'
	local gone used size
	gone=$(hoy inspect -f '{{.Id}}' gone)
	hoy tag two gone
	run_status 0 hoy image prune -f --filter label=k=9
	[ "$output" = "Total reclaimed space: 0B" ]
	run_status 0 hoy image prune -f --filter 'label!=k=3'
	[ "$output" = "Total reclaimed space: 0B" ]
	run_status 0 hoy image prune -f --filter until=1h
	[ "$output" = "Total reclaimed space: 0B" ]
	run_status 0 hoy image prune -f --filter until=0s --filter label=k=3
	[ "${lines[0]}" = "Deleted Images:" ]
	[ "${lines[1]}" = "deleted: $gone" ]
	[[ $output == *"Total reclaimed space: "*kB ]]
	used=$(hoy create one)
	size=$(du_of "$(layer_dir two 1)")
	run_status 0 hoy image prune -af
	[[ $output == *"untagged: two:latest"* && $output == *"untagged: gone:latest"* && $output == *"untagged: busybox:latest"* ]]
	[[ $output != *"untagged: one"* ]]
	[ "$(hoy images --format '{{.Repository}}')" = one ]
	[ "$(hoy events --since 1h --until 0s --filter type=image --filter event=prune --format '{{.Actor.Attributes.reclaimed}}' | tail -1)" -eq "$size" ]
	hoy start "$used"
	hoy rm -f "$used"
	run_status 0 hoy image prune -af
	[ -z "$(hoy images -q)" ]
	[ -z "$(ls "$T/data/layers")" ]
}

@test "container prune: those that do not run; filters" {
	local old
	old=$(hoy run -d --name c1 --label k=1 busybox true)
	hoy run --name c2 --label k=2 busybox sh -c 'head -c 50000 /dev/zero >/f'
	hoy create --name c3 busybox
	hoy run -d --name c4 busybox sleep 1000
	hoy wait c1
	run_status 0 hoy container prune -f --filter until=1h
	[ "$output" = "Total reclaimed space: 0B" ]
	run_status 0 hoy container prune -f --filter label=k=1
	[ "${lines[0]}" = "Deleted Containers:" ]
	[ "${lines[1]}" = "$old" ]
	run_status 0 hoy container prune -f --filter 'label!=k=2'
	[ "$(hoy ps -a --format '{{.Names}}' | sort | xargs)" = "c2 c4" ]
	run_status 0 hoy container prune -f
	[[ $output == *"Total reclaimed space: "*kB ]]
	[ "$(hoy ps -a --format '{{.Names}}')" = c4 ]
}

@test "the questions: no is no, and nothing is removed; filters that are wrong" {
	hoy create --name c1 busybox
	local what
	for what in "container prune" "image prune" "image prune -a" "volume prune" "network prune" "system prune -a --volumes"; do
		# shellcheck disable=SC2086
		run_status 0 hoy $what <<<n
		[[ $output == "WARNING! This will remove"*"Are you sure you want to continue? [y/N] " ]]
	done
	[ -n "$(hoy ps -aq)" ]
	run_status 1 hoy image prune -f --filter cows=1
	[ "$output" = "Error response from daemon: invalid filter 'cows'" ]
	run_status 1 hoy image prune -f --filter until=never
	[ "$output" = "Error response from daemon: invalid filter 'until=[never]'" ]
	run_status 1 hoy container prune -f --filter until=1h --filter until=2h
	[ "$output" = "Error response from daemon: more than one until filter specified" ]
	run_status 1 hoy system prune --volumes --filter until=1h
	[ "$output" = 'ERROR: The "until" filter is not supported with "--volumes"' ]
	run_status 0 hoy container prune <<<y
	[ -z "$(hoy ps -aq)" ]
}

@test "system prune: containers, networks, images; volumes when asked" {
	hoy create --name c1 -v /anon busybox
	hoy network create net1
	hoy volume create named
	run_status 0 hoy system prune -f
	[[ $output == *"Deleted Containers:"* && $output == *"Deleted Networks:"$'\n'net1* && $output != *"Deleted Images:"* ]]
	[ "$(hoy volume ls -q | wc -l)" -eq 2 ]
	run_status 0 hoy system prune -af --volumes
	[[ $output == *"Deleted Volumes:"* && $output == *"untagged: busybox:latest"* ]]
	[ "$(hoy volume ls -q)" = named ]
	[ -z "$(hoy images -q)" ]
	import_busybox
	if command -v docker >/dev/null; then
		run_status 0 docker system prune -af --volumes
		[[ $output == *"untagged: busybox:latest"* ]]
	fi
}
