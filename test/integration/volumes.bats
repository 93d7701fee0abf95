#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Volumes: made by name and without, filled from the image, shared, kept and removed as Docker does it.

load lib.bash

setup_file() {
	engine_setup volumes
	daemon_start
	export HOYD_PID DOCKER_HOST
	make_image
}

teardown_file() { engine_teardown; }

teardown() {
	hoy ps -aq | xargs -r hoy rm -fv >/dev/null
	hoy volume ls -q | xargs -r hoy volume rm -f >/dev/null
	wait_for containers_gone || { cat "$T/left"; return 1; }
	wait_for no_files || { find "$T/data/volumes"; return 1; }
}

no_files() { [ -z "$(ls "$T/data/volumes" 2>/dev/null)" ]; }

# busybox with something in /data that is worth looking at, and VOLUME /data.
make_image() {
	local r=$T/root
	cp -a "$(busybox_root)/." "$r"
	rm -f "$r/.done"
	mkdir -p "$r/data/sub/deep"
	echo content >"$r/data/file"
	ln "$r/data/file" "$r/data/sub/hard"
	ln -s ../file "$r/data/sub/soft"
	ln -s /etc/passwd "$r/data/absolute"
	ln -s data "$r/link"
	mkfifo "$r/data/fifo"
	mknod "$r/data/null" c 1 3
	chown -h 33:44 "$r/data/file" "$r/data/sub/soft"
	chmod 4751 "$r/data/file"
	setfattr -n user.colour -v blue "$r/data/sub"
	setfattr -n security.capability -v 0sAQAAAgAEAAAAAAAAAAAAAAAAAAA= "$r/data/sub/deep" 2>/dev/null || true
	touch -d 2001-02-03 "$r/data/file" "$r/data/sub/deep"
	chown 7:8 "$r/data"
	chmod 1771 "$r/data"
	touch -d 2002-03-04 "$r/data"
	tar -C "$r" --xattrs --xattrs-include='*' -cf "$T/root.tar" .
	hoy import --change 'VOLUME /data' "$T/root.tar" filled
	import_busybox busybox
}

up() { hoy run -d --network none "$@" sleep 1000; }
vol() { echo "$T/data/volumes/$1/_data"; }
volumes() { hoy volume ls -q | wc -l; }

# What a tree is made of, without what a copy cannot keep.
tree_of() {
	(cd "$1" && find . -printf '%P %y %m %U:%G %T@ %l\n' | sort && find . -type f -links +1 | sort && getfattr -R -d -m '^user' . 2>/dev/null)
}

@test "volume create, ls, inspect and rm say and print what docker's do" {
	run_status 0 hoy volume create --label a=b --label c one
	[ "$output" = one ]
	run_status 0 hoy volume create one # is there already
	[ "$output" = one ]
	run_status 0 hoy volume create
	[[ $output =~ ^[0-9a-f]{64}$ ]]
	[ "$(hoy volume inspect -f '{{.Labels}}' "$output")" = "map[com.docker.volume.anonymous:]" ]
	hoy volume rm "$output"
	[ "$(hoy volume ls)" = "$(printf 'DRIVER    VOLUME NAME\nlocal     one')" ]
	[ "$(hoy volume ls --format '{{.Name}} {{.Driver}} {{.Scope}} {{.Mountpoint}} {{.Label "a"}}')" = "one local local $(vol one) b" ]
	[ "$(hoy volume inspect one -f '{{.Name}} {{.Driver}} {{.Mountpoint}} {{.Scope}} {{.Options}} {{.Labels.a}}')" = "one local $(vol one) local map[] b" ]
	[ "$(hoy inspect --type volume -f '{{.Name}}' one) $(hoy inspect -f '{{.Name}}' one)" = "one one" ]
	[ "$(hoy volume ls -q --filter label=a=b) $(hoy volume ls -q --filter name=on)" = "one one" ]
	[ "$(hoy volume ls -q --filter dangling=true --filter driver=local)" = one ]
	[ -z "$(hoy volume ls -q --filter dangling=false)$(hoy volume ls -q --filter label=zzz)" ]
	run_status 1 hoy volume inspect two
	[[ $output == *"[]"*"Error response from daemon: get two: no such volume"* ]]
	run_status 1 hoy volume rm two
	[ "$output" = "Error response from daemon: get two: no such volume" ]
	run_status 0 hoy volume rm -f two
	run_status 0 hoy volume rm one
	[ "$output" = one ]
	run_status 1 hoy volume create x
	[ "$output" = "Error response from daemon: create x: volume name is too short, names should be at least two alphanumeric characters" ]
	run_status 1 hoy volume create 'a/b'
	[[ $output == *'create a/b: "a/b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed.'* ]]
	run_status 1 hoy volume create ..
	run_status 1 hoy volume create -d nfs three
	[ "$output" = 'Error response from daemon: error looking up volume plugin nfs: plugin "nfs" not found' ]
	run_status 1 hoy volume create -o type=tmpfs three
	[[ $output == *"option 'type' of a volume is not supported yet"* ]]
	[ "$(volumes)" = 0 ]
}

@test "a named volume is made, keeps what was written, and is seen by the next container" {
	up --name one -v store:/s busybox
	hoy exec one sh -c 'echo kept >/s/file'
	[ "$(cat "$(vol store)/file")" = kept ]
	hoy rm -fv one
	[ "$(hoy run --rm --network none -v store:/other:ro busybox cat /other/file)" = kept ]
	run_status 1 hoy run --rm --network none --mount type=volume,source=store,target=/s,readonly busybox touch /s/x
	[[ $output == *"Read-only file system"* ]]
	[ "$(hoy volume ls -q)" = store ]
}

@test "an empty volume gets the image's content: owners, modes, times, links, devices, attributes" {
	hoy create --name one -v named:/data filled true
	[ "$(tree_of "$(vol named)")" = "$(tree_of "$T/root/data")" ]
	hoy create --name two -v through:/link filled true # a symlink of the image, resolved in its root
	[ "$(cat "$(vol through)/file")" = content ]
	hoy create --name three --mount type=volume,source=bare,target=/data,volume-nocopy filled true
	hoy create --name four -v bare2:/data:nocopy filled true
	[ -z "$(ls -A "$(vol bare)")$(ls -A "$(vol bare2)")" ]
	echo mine >"$(vol bare)/own"
	hoy create --name five -v bare:/data filled true # not empty any more
	[ "$(ls -A "$(vol bare)")" = own ]
}

@test "a copy that was cut short is finished by the next container" {
	hoy volume create half
	echo content >"$(vol half)/file"
	touch "$T/data/volumes/half/copying"
	echo rest >"$(vol half)/.hoy-copy"
	hoy create --name one -v half:/data filled true
	[ -e "$(vol half)/sub/soft" ]
	[ ! -e "$(vol half)/.hoy-copy" ]
	[ ! -e "$T/data/volumes/half/copying" ]
}

@test "VOLUME of an image: a volume without a name, removed by rm -v and --rm, kept by rm" {
	local name
	up --name one filled
	[ "$(volumes)" = 1 ]
	name=$(hoy volume ls -q)
	[[ $name =~ ^[0-9a-f]{64}$ ]]
	[ "$(hoy exec one cat /data/file)" = content ]
	[ "$(inspect one '{{range .Mounts}}{{.Type}} {{.Name}} {{.Source}} {{.Destination}} {{.Driver}} {{.Mode}} {{.RW}}{{end}}')" = "volume $name $(vol "$name") /data local  true" ]
	[ "$(hoy ps --format '{{.LocalVolumes}}')" = 1 ]
	[ "$(hoy ps -q --filter volume=/data) $(hoy ps -q --filter "volume=$name")" = "$(hoy ps -q) $(hoy ps -q)" ]
	run_status 1 hoy volume rm "$name"
	[ "$output" = "Error response from daemon: remove $name: volume is in use - [$(inspect one '{{.Id}}')]" ]
	hoy rm -f one
	[ "$(volumes)" = 1 ]
	hoy volume rm "$name"
	hoy run --rm --network none filled true
	hoy create --name two -v /anon filled true
	[ "$(volumes)" = 2 ]
	hoy rm -v two
	[ "$(volumes)" = 0 ]
	wait_for no_files
	hoy run --rm --network none -v /data -v named:/n filled true # --rm: only those without a name
	[ "$(hoy volume ls -q)" = named ]
}

@test "what is mounted by name, by bind or as tmpfs takes the place of an image's VOLUME" {
	mkdir "$T/bound"
	hoy create --name one -v "$T/bound:/data" filled true
	hoy create --name two --tmpfs /data filled true
	hoy create --name three -v named:/data filled true
	[ "$(hoy volume ls -q)" = named ]
}

@test "--volumes-from: volumes and binds of another container, read-only on request, kept while used" {
	local name
	mkdir "$T/bound2"
	echo bound >"$T/bound2/b"
	up --name one -v "$T/bound2:/b" -v named:/n filled
	name=$(inspect one '{{range .Mounts}}{{if eq .Destination "/data"}}{{.Name}}{{end}}{{end}}')
	hoy exec one sh -c 'echo new >/data/new; echo n >/n/n'
	up --name two --volumes-from one busybox
	[ "$(hoy exec two cat /data/new /n/n /b/b)" = "$(printf 'new\nn\nbound')" ]
	run_status 1 hoy run --rm --network none --volumes-from one:ro busybox touch /data/x
	[[ $output == *"Read-only file system"* ]]
	[ "$(hoy run --rm --network none --volumes-from one --tmpfs /data busybox ls /data)" = "" ]
	hoy rm -fv one
	[ "$(hoy volume ls -q | grep -c "$name")" = 1 ] # two still has it
	hoy rm -fv two
	[ "$(hoy volume ls -q)" = named ]
	run_status 1 hoy create --volumes-from nobody busybox true
	[[ $output == *"No such container: nobody"* ]]
	run_status 1 hoy create --volumes-from nobody:rx busybox true
	[[ $output == *"invalid mode for volumes-from: rx"* ]]
}

@test "bad volumes are refused in a sentence, and leave neither container nor volume" {
	local what
	for what in "-v x:/a" "-v a/b:/a" "-v ok:relative" "-v ok:/" "-v ok:/a:sideways" "-v ok:/a -v other:/a" \
		"--mount type=volume,source=ok" "--mount type=volume,source=ok,target=/a,volume-subpath=x" \
		"--mount type=volume,source=ok,target=/a,volume-opt=type=tmpfs" "--volume-driver nfs -v ok:/a"; do
		# shellcheck disable=SC2086
		run hoy create $what busybox true
		[ "$status" -eq 1 ] || [ "$status" -eq 125 ] || { echo "$what: $status $output"; return 1; }
	done
	run_status 1 hoy create -v ok:/etc/passwd filled true
	[[ $output == *"cannot mount volume over existing file, file exists /etc/passwd"* ]]
	[ -z "$(hoy ps -aq)" ]
	[ "$(hoy volume ls -q | grep -vx ok | wc -l)" = 0 ]
}

@test "an image's VOLUME is data: it names no path of the host" {
	local r=$T/evil v
	mkdir -p "$r/bin" "$T/secret"
	echo secret >"$T/secret/s"
	cp "$(busybox_root)/bin/busybox" "$r/bin/busybox"
	ln -s "$T/secret" "$r/out"
	ln -s ../../../../../../../../../../"$T/secret" "$r/up"
	ln -s /proc/self/root/etc "$r/magic"
	for v in /out /up /magic "/x/../../../../$T/secret"; do
		tar -C "$r" -c . | hoy import --change "VOLUME $v" - evil
		hoy create --name one evil /bin/busybox sleep 1000 || continue
		for data in "$T"/data/volumes/*/_data; do [ -z "$(ls -A "$data")" ]; done
		hoy rm -fv one
	done
	[ "$(ls "$T/secret")" = s ]
}

@test "prune removes what nobody has: those without a name, with -a all" {
	hoy volume create named
	hoy volume create --label keep=1 labelled
	up --name one filled
	hoy create --name two filled true
	hoy rm two
	[ "$(volumes)" = 4 ]
	run_status 0 sh -c 'echo n | hoy volume prune'
	[[ $output == "WARNING! This will remove anonymous local volumes not used by at least one container."*"[y/N] " ]]
	[ "$(volumes)" = 4 ]
	run_status 0 hoy volume prune -f
	[[ $output == "Deleted Volumes:"*"Total reclaimed space: "*B ]]
	[ "$(volumes)" = 3 ]
	run_status 0 hoy volume prune -af --filter label!=keep
	[[ $output == *named* && $output != *labelled* ]]
	run_status 0 hoy volume prune -af
	[ "$(volumes)" = 1 ]
	run_status 0 hoy volume prune -af
	[ "$output" = "Total reclaimed space: 0B" ]
}

@test "events tell of volumes; the docker client and its statuses agree" {
	local since
	since=$(date +%s)
	hoy volume create ev
	hoy volume rm ev
	run hoy events --since "$since" --until "$(($(date +%s) + 1))" --filter type=volume --filter volume=ev --format '{{.Action}} {{.Actor.ID}}'
	[ "$output" = "$(printf 'create ev\ndestroy ev')" ]
	code() { curl -s -o "$T/answer" -w '%{http_code}' --unix-socket "$T/hoy.sock" "$@"; }
	[ "$(code -X POST -H 'Content-Type: application/json' -d '{"Name":"api"}' http://d/v1.41/volumes/create)" = 201 ]
	[ "$(jq -r '.Name+.Driver+.Scope' "$T/answer")" = apilocallocal ]
	[ "$(code http://d/volumes/api)" = 200 ]
	[ "$(code http://d/volumes/none)" = 404 ]
	[ "$(code http://d/volumes)" = 200 ]
	[ "$(jq -c '[.Volumes[].Name],.Warnings' "$T/answer" | tr '\n' ' ')" = '["api"] null ' ]
	hoy create --name one -v api:/x busybox true
	[ "$(code -X DELETE http://d/volumes/api)" = 409 ]
	hoy rm one
	[ "$(code -X POST http://d/v1.41/volumes/prune)" = 200 ] # old clients mean named ones too
	[ "$(jq -c .VolumesDeleted "$T/answer")" = '["api"]' ]
	if docker --version >/dev/null 2>&1; then
		[ "$(docker volume create dd)" = dd ]
		[ "$(docker volume ls -q)" = dd ]
		[ "$(docker run --rm --network none -v dd:/x busybox touch /x/y; ls "$(vol dd)")" = y ]
		[ "$(docker volume inspect -f '{{.Mountpoint}}' dd)" = "$(vol dd)" ]
		docker volume rm dd
	fi
}

@test "kill -9 of clients and engines while volumes come and go leaves records and files that agree" {
	local i name
	for i in $(seq 12); do
		timeout -s KILL "0.0$((i % 9 + 1))" env -u DOCKER_HOST hoy run --rm --network none -v "k$i:/data" filled true >/dev/null 2>&1 || true
	done
	wait_for sh -c '[ -z "$(hoy ps -q)" ]'
	hoy ps -aq | xargs -r hoy rm -fv >/dev/null
	for name in $(hoy volume ls -q); do
		[ -d "$(vol "$name")" ]
		hoy run --rm --network none -v "$name:/data" filled cat /data/sub/soft >/dev/null
	done
	hoy volume prune -af
	for name in "$T"/data/volumes/*; do
		[ ! -e "$name" ] || [ -z "$(ls -A "$name/_data")" ] # made, and no record yet
		rm -rf "$name"
	done
}
