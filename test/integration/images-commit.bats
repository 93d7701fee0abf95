#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# variants: DRIVER=erofs | DRIVER=overlay
# What a container changed: diff, commit, export.

load lib.bash

setup_file() {
	engine_setup commit || return 0
	if unshare -m true 2>/dev/null; then
		daemon_with_subids
	else
		daemon_start
	fi
	export HOYD_PID
	make_base
}

teardown_file() { engine_teardown; }

# In a mount namespace of its own, where /etc/subuid and /etc/subgid are files of the test.
daemon_with_subids() {
	[ -e /etc/subuid ] || touch /etc/subuid
	[ -e /etc/subgid ] || touch /etc/subgid
	echo hoy:1000000:262144 >"$T/subids"
	# shellcheck disable=SC2016
	unshare -m --propagation slave sh -c 'mount --bind "$T/subids" /etc/subuid && mount --bind "$T/subids" /etc/subgid &&
		exec hoyd --config-file "$HOY_CONFIG"' >"$T/hoyd.log" 2>&1 3>&- &
	HOYD_PID=$!
	export DOCKER_HOST=unix://$T/hoy.sock
	wait_for test -S "$T/hoy.sock"
}

teardown() {
	[ -z "${SKIP_FILE:-}" ] || return 0
	[ -z "${output:-}" ] || echo "last output: $output"
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
	hoy images --format '{{.ID}} {{.Repository}}' | awk '$2 != "base" { print $1 }' | sort -u | xargs -r hoy rmi -f >/dev/null
	wait_for nothing_half_made
}

# busybox with something to change and to delete.
make_base() {
	local root=$T/base
	mkdir -p "$root"
	cp -a "$(busybox_root)/." "$root"
	rm "$root/.done"
	mkdir -p "$root"/{keep/sub,gone/deep,again/old,meta,empty}
	echo one | tee "$root"/keep/{a,b,sub/c} "$root"/gone/{x,deep/y} "$root"/again/{old/f,stays} >/dev/null
	tar -C "$root" -c . | hoy import --change 'CMD ["sh"]' --change 'ENV A=1' --change 'LABEL l=base' - base
}

# Not the mount points that a run leaves, nor the times of the directories that they are in.
facts() {
	rm -rf "${1:?}"/{dev,proc,sys,etc/hostname,etc/hosts,etc/resolv.conf}
	touch -d @0 "$1/etc"
	(cd "$1" && find . -mindepth 1 ! -type d -printf '%P %y %U:%G %m %T@ %s %n %l\n' | sort &&
		find . -mindepth 1 -type d -printf '%P %y %U:%G %m %T@\n' | sort &&
		find . -type c -o -type b | sort | xargs -r stat -c '%n %t:%T' &&
		find . -type f -exec sha256sum {} + | sort -k2 &&
		getfattr -R -P -d -m - -e hex . 2>/dev/null)
}

# export_to CONTAINER DIR: its files, unpacked by GNU tar.
export_to() {
	mkdir -p "$2"
	hoy export "$1" | tar --xattrs '--xattrs-include=*' --numeric-owner -p -C "$2" -x
}

CHANGES='set -e
echo two >/keep/a; rm /keep/b; rm -r /gone; chmod 700 /meta; chown 5:6 /keep/sub
rm -r /again; mkdir -p /again/new; echo n >/again/new/f
mkdir /added; echo x >/added/f; ln /added/f /added/hard; ln -s ../keep /added/link
mknod /added/dev c 1 3; mkfifo /added/pipe; chmod 4755 /added/f
truncate -s 30M /added/sparse; echo end >>/added/sparse
mkdir -p /added/$(printf "%0150d" 1)/$(printf "%0150d" 2); echo long >/added/$(printf "%0150d" 1)/$(printf "%0150d" 2)/f
rm -r /empty; echo now-a-file >/empty; rm /root -r; ln -s /tmp /root'

@test "diff: added, changed, deleted, directories only with what is in them" {
	hoy run --name c1 base sh -c 'echo two >/keep/a; rm /keep/b; rm -r /gone; mkdir -p /added/d; touch /added/d/f
		rm -r /again; mkdir /again; echo n >/again/fresh; chmod 700 /meta; cat /etc/hosts >/dev/null'
	run_status 0 hoy diff c1
	echo "$output"
	diff <(echo "$output") - <<END
A /added
A /added/d
A /added/d/f
C /again
D /again/old
D /again/stays
A /again/fresh
D /gone
C /keep
C /keep/a
D /keep/b
C /meta
END
	hoy create --name c2 base
	run_status 0 hoy diff c2
	[ -z "$output" ]
	hoy run --name c3 --init base true
	run_status 0 hoy diff c3
	[ -z "$output" ]
	run_status 1 hoy diff nobody
	[[ $output == "Error response from daemon: No such container: nobody" ]]
}

@test "diff: the docker client prints the same" {
	command -v docker >/dev/null || skip "no docker CLI on PATH"
	hoy run --name c1 base sh -c 'echo two >/keep/a; rm /keep/b; mkdir /added'
	diff <(hoy diff c1) <(docker diff c1)
}

@test "commit: the image's files are the container's, byte for byte" {
	hoy run --name c1 base sh -c "$CHANGES"
	setfattr -n user.x -v y "$T"/data/containers/*/upper/added/f
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$T"/data/containers/*/upper/added/sparse
	touch -d '1969-12-31 23:59:58.25' "$T"/data/containers/*/upper/added/f
	run_status 0 hoy commit c1 made:1
	[[ $output == sha256:* ]]
	hoy create --name c2 made:1
	export_to c1 "$T/one"
	export_to c2 "$T/two"
	facts "$T/one" >"$T/one.facts"
	facts "$T/two" >"$T/two.facts"
	diff "$T/one.facts" "$T/two.facts"
	grep -q '^added/f f 0:0 4755 -2.25' "$T/one.facts"
	grep -q security.capability "$T/one.facts"
	# EROFS does not tell where a file has holes
	[ "$(hoy info -f '{{.Driver}}')" = erofs ] || [ "$(stat -c %b "$T/two/added/sparse")" -lt 100 ]
	run_status 0 hoy run --rm made:1 sh -c 'ls /again /gone /keep; ls -d /root/'
	[[ $output != *stays* && $output == *new* && $output == *"/gone: No such file"* ]]
	rm -r "$T/one" "$T/two"
}

@test "commit: the layer has the changes and nothing else" {
	hoy run --name c1 base sh -c 'echo two >/keep/a; rm /keep/b; rm -r /again; mkdir /again; : >/again/fresh'
	hoy commit c1 made:1
	run_status 0 find "$(layer_trees "$(hoy inspect -f '{{index .RootFS.Layers 1}}' made:1)")" -mindepth 1 -printf '%P %y\n'
	diff <(sort <<<"$output") - <<END
again d
again/fresh f
keep d
keep/a f
keep/b c
END
	run_status 0 hoy history --format '{{.CreatedBy}}|{{.Comment}}' made:1
	[[ ${lines[0]} == "sh -c echo two"* ]]
	[ "${lines[1]}" = "|Imported from -" ]
}

@test "commit: config, changes, message, author; an image without changes has no new layer" {
	hoy run --name c1 -e B=2 --label l2=own base true
	run_status 0 hoy commit -m "the message" -a "An Author" -c 'CMD ["/bin/echo", "hi"]' -c 'ENV C=3' c1 registry.test/made:1
	run_status 0 hoy inspect -f '{{.Author}}|{{.Comment}}|{{.Config.Cmd}}|{{.Config.Env}}|{{json .Config.Labels}}|{{len .RootFS.Layers}}' registry.test/made:1
	[ "$output" = 'An Author|the message|[/bin/echo hi]|[B=2 A=1 C=3]|{"l2":"own","l":"base"}|1' ]
	run_status 0 hoy run --rm registry.test/made:1
	[ "$output" = hi ]
	run_status 0 hoy history --format '{{.Size}}' registry.test/made:1
	[ "${lines[0]}" = 0B ]
	run_status 0 hoy commit c1
	run_status 0 hoy inspect -f '{{.RepoTags}}' "$output"
	[ "$output" = "[]" ]
	run_status 0 hoy events --since 1h --until 0s --filter event=commit --format '{{.Actor.Attributes.comment}}|{{.Actor.Attributes.imageRef}}'
	[[ $output == *"the message|registry.test/made:1"* ]]
}

@test "commit: a running container is paused and goes on" {
	hoy run -d --name c1 base sh -c 'while :; do date >>/log; done'
	run_status 0 hoy commit c1 made:1
	[ "$(inspect c1 '{{.State.Status}}')" = running ]
	run_status 0 hoy events --since 1h --until 0s --filter container=c1 --format '{{.Action}}'
	[[ $output == *pause*unpause*commit* ]]
	run_status 0 hoy commit --pause=false c1 made:2
	[ "$(hoy events --since 1h --until 0s --filter container=c1 --filter event=pause --format x)" = x ]
	run_status 0 hoy run --rm made:1 test -e /log
	hoy pause c1
	run_status 0 hoy commit c1 made:3
	[ "$(inspect c1 '{{.State.Status}}')" = paused ]
}

@test "commit: whoever is killed while the container is paused for it, it goes on" {
	local client
	hoy run -d --name c1 base sh -c 'head -c 300000000 /dev/zero >/big; touch /ready; exec sleep 1000'
	wait_for hoy exec c1 test -e /ready
	hoy commit c1 made:1 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	client=$!
	wait_for sh -c "[ \"\$(hoy inspect -f '{{.State.Status}}' c1)\" = paused ]"
	# the worker that serves the client: the child of its engine
	# shellcheck disable=SC2046 # one pid a word
	kill_ours KILL $(pgrep -P "$(pgrep -P "$client")")
	run ! wait "$client"
	wait_for hoy exec c1 true
	[ "$(inspect c1 '{{.State.Status}}')" = running ]
	run_status 0 hoy commit c1 made:1
}

@test "commit: ids of a user namespace become those that the container knows" {
	needs_own_mounts
	hoy run --name c1 --userns auto base sh -c 'echo x >/own; chown 7:8 /keep/a; mkdir /d; chown 9 /d'
	setfattr -n security.capability -v 0x0100000300200000000000000000000000000000a0860100 "$T"/data/containers/*/upper/own
	run_status 0 hoy diff c1
	[ "$output" = $'A /d\nC /keep\nC /keep/a\nA /own' ]
	run_status 0 hoy commit c1 made:1
	run_status 0 hoy run --rm made:1 stat -c '%n %u:%g' /own /keep/a /keep /d
	[ "$output" = $'/own 0:0\n/keep/a 7:8\n/keep 0:0\n/d 9:0' ]
	run_status 0 getfattr -d -m - -e hex "$(layer_trees "$(hoy inspect -f '{{index .RootFS.Layers 1}}' made:1)")/own"
	[[ $output == *security.capability=0x0100000200200000000000000000000000000000* ]]
	hoy export c1 | tar --numeric-owner -tv own keep/a bin/busybox >"$T/list"
	grep -q ' 7/8 .* keep/a' "$T/list"
	grep -q ' 0/0 .* own' "$T/list"
	grep -q ' 0/0 .* bin/busybox' "$T/list"
}

@test "export: of running, stopped and fresh containers; to a file and to standard output" {
	hoy run -d --name c1 -v "$T/base:/mnt" base sh -c 'echo x >/made; exec sleep 100'
	wait_for sh -c "test -e $T/data/containers/*/upper/made"
	run_status 0 hoy export -o "$T/c1.tar" c1
	tar -tf "$T/c1.tar" >"$T/list"
	grep -qx made "$T/list"
	grep -qx keep/b "$T/list"
	[ -z "$(grep '^mnt/.' "$T/list")" ]
	hoy rm -f c1
	hoy create --name c2 base
	hoy export c2 | hoy import - again:1
	[ "$(hoy run --rm again:1 cat /keep/a)" = one ]
	run_status 1 hoy export -o "$T/none/x.tar" c2
	[ "$output" = "failed to export container: invalid output path: stat $T/none: no such file or directory" ]
	run_status 1 hoy export -o "$T" c2
	[ "$output" = "failed to export container: cannot write to a directory" ]
	run_status 1 hoy export -o "$T/x.tar" nobody
	[ "$output" = "Error response from daemon: No such container: nobody" ]
	[ ! -e "$T/x.tar" ]
	run script -qec 'hoy export c2' /dev/null
	[[ $output == *"cowardly refusing to save to a terminal. Use the -o flag or redirect"* ]]
}

@test "commit: what cannot be is one sentence, and nothing is kept" {
	local before
	before=$(ls "$T/data/layers"; hoy images -q)
	hoy run --name c1 base sh -c ': >/keep/.wh.b'
	run_status 1 hoy commit c1 made:1
	[ "$output" = 'Error response from daemon: /keep/.wh.b cannot be in a layer: names that begin with ".wh." stand for deleted files' ]
	run_status 1 hoy commit -c 'FROM x' c1 made:1
	[[ $output == "Error response from daemon: "* && ${#lines[@]} = 1 ]]
	run_status 1 hoy commit c1 UPPER
	[[ $output == *"repository name (library/UPPER) must be lowercase"* ]]
	run_status 1 hoy commit c1 "made@sha256:$(printf '0%.0s' $(seq 64))"
	[ "$output" = "refusing to create a tag with a digest reference" ]
	run_status 1 hoy commit nobody made:1
	[ "$output" = "Error response from daemon: No such container: nobody" ]
	[ "$before" = "$(ls "$T/data/layers"; hoy images -q)" ]
}
