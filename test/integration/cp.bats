#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Files in and out of containers: the API's archive endpoints, and cp, whose rules are docker's: each case is done by docker's
# client and by hoy, both with hoyd, and what comes of it is the same.

load lib.bash

setup_file() {
	engine_setup cp
	daemon_start
	export HOYD_PID DOCKER_HOST
	import_busybox
	make_files "$T/src"
	hoy run -d --name docker busybox sleep 1000
	hoy run -d --name hoy busybox sleep 1000
	for c in docker hoy; do
		tar -C "$T/src" -c . | hoy exec -i "$c" sh -c 'mkdir /src && tar -C /src -x && ln -s src /link && mkdir /empty'
	done
}

teardown_file() {
	hoy rm -f docker hoy >/dev/null 2>&1 || true
	hoy volume ls -q | xargs -r hoy volume rm -f >/dev/null
	engine_teardown
}

teardown() { rm -rf "$T/case"; }

# One of each kind of file, with owners, modes, links and attributes.
make_files() {
	mkdir -p "$1/dir/sub" "$1/full"
	echo first >"$1/file"
	echo second >"$1/dir/sub/deep"
	head -c 300000 /dev/urandom >"$1/dir/big"
	truncate -s 5M "$1/dir/holes"
	ln "$1/file" "$1/dir/hard"
	ln -s sub/deep "$1/dir/soft"
	ln -s dir "$1/to-dir"
	ln -s file "$1/to-file"
	ln -s missing "$1/to-nothing"
	mkfifo "$1/dir/fifo"
	echo kept >"$1/full/kept"
	chown 33:44 "$1/dir/sub/deep" "$1/dir/sub"
	chmod 4751 "$1/dir/big"
	setfattr -n user.colour -v blue "$1/dir/sub/deep"
	setcap cap_net_raw+ep "$1/full/kept"
	chmod 2775 "$1/dir/sub"
	touch -d '2001-02-03 04:05:06.789' "$1/dir/sub/deep" "$1/dir"
}

api() { curl -s -m 20 --unix-socket "$T/hoy.sock" "$@"; }
archive_url() { echo "http://hoy/v1.45/containers/$1/archive?path=$2"; }
put() { api -o "$T/answer" -w '%{http_code}' -X PUT -H 'Content-Type: application/x-tar' --data-binary "@$3" "$(archive_url "$1" "$2")"; }
path_stat() { api -I "$(archive_url "$1" "$2")" | tr -d '\r' | sed -n 's/^X-Docker-Container-Path-Stat: //p' | base64 -d; }

# What both say, without the names that differ: of temporary directories and containers.
words() { sed -e "s#$T/case/[a-z]*#DIR#g" -e 's/container \(docker\|hoy\)/container NAME/; s/"\(docker\|hoy\):/"NAME:/' -e '/^Run /d;/^$/d' -e 's/^hoy: //' -e '/^time=/d'; }

# Without the times of directories and links, which are those of the test.
facts() { tree_facts "$1" | sed 's/ \([dl] [0-9:]* [0-9]*\) [0-9.]* / \1 /'; }

# out ARGS…: cp of CONTAINER:args[0] to args[1] in a directory of each client's own, with a directory, a file and links in it.
out() {
	local client status=()
	rm -rf "$T/case"
	for client in docker hoy; do
		mkdir -p "$T/case/$client/dir/there"
		echo old >"$T/case/$client/file"
		ln -s dir "$T/case/$client/to-dir"
		ln -s file "$T/case/$client/to-file"
		ln -s new "$T/case/$client/to-nothing"
		touch -h -d '2002-02-02' "$T/case/$client"/*
		status+=("$(cd "$T/case/$client" && "$client" cp "${@:3}" "$client:$1" "$2" 2>"$T/case/$client.err" >/dev/null; echo $?)")
		words <"$T/case/$client.err" >"$T/case/$client.words"
	done
	[ "${status[0]}" = "${status[1]}" ] || { echo "$*: docker ends with ${status[0]}, hoy with ${status[1]}: $(cat "$T/case/hoy.err")"; return 1; }
	! docker_is_28 || diff "$T/case/docker.words" "$T/case/hoy.words" || { echo "$*: other words"; return 1; }
	diff <(facts "$T/case/docker") <(facts "$T/case/hoy") || { echo "$*: other files"; return 1; }
}

@test "out of a container: docker's rules, case by case" {
	local from to
	for from in /src/file /src/dir /src/dir/ /src/dir/. /src/to-file /src/to-dir /src/to-dir/ /src/to-dir/. /src/to-nothing /link/dir/soft; do
		for to in . new; do
			out "$from" "$to"
		done
	done
	for from in /src/file /src/dir; do
		for to in dir/ file new/ to-dir to-file to-nothing; do
			out "$from" "$to"
		done
	done
	out /src/file missing/new
	out /src/file file/new
	out /src/full/.. new
	out /nope new
	out /src/file/ new
	out src/file new # from the root, too
}

@test "out of a container: links followed with -L, archives to standard output" {
	local from
	for from in /src/to-file /src/to-dir /src/to-dir/. /src/to-nothing /src/dir/soft; do
		out "$from" new -L
	done
	out /src/to-dir/ dir -L
	out /link dir -L
	for from in /src/dir /src/file /src/to-dir /link/; do
		diff <(docker cp "docker:$from" - | tar tv --numeric-owner) <(hoy cp "hoy:$from" - | tar tv --numeric-owner)
	done
	mkdir -p "$T/case/tar"
	hoy cp "$T/src" hoy:/round
	hoy cp hoy:/round - | tar --xattrs --xattrs-include=* -x -C "$T/case/tar"
	compare_trees "$T/src" "$T/case/tar/round"
}

# in_ ARGS…: cp of a local args[0] to CONTAINER:args[1]; both containers are alike before and after.
in_() {
	local client status=()
	mkdir -p "$T/case"
	for client in docker hoy; do
		hoy exec "$client" sh -c 'rm -rf /in && mkdir -p /in/dir/there && echo old >/in/file && ln -s dir /in/to-dir && ln -s file /in/to-file && ln -s new /in/to-nothing && touch -d "2001-01-01 00:00:00" /in /in/* /in/dir/there'
		status+=("$(cd "$T/src" && "$client" cp "${@:3}" "$1" "$client:$2" 2>"$T/case/$client.err" >/dev/null; echo $?)")
		words <"$T/case/$client.err" >"$T/case/$client.words"
		hoy exec "$client" sh -c 'cd /in && find . | sort | xargs stat -c "%n %F %u:%g %a %h %s" && find . -type f | sort | xargs md5sum && find . -type l | sort | xargs ls -l | sed "s/.* [.]/./"' |
			grep -v ' directory .* [0-9]*$' >"$T/case/$client.tree"
	done
	[ "${status[0]}" = "${status[1]}" ] || { echo "$*: docker ends with ${status[0]}, hoy with ${status[1]}: $(cat "$T/case/hoy.err")"; return 1; }
	! docker_is_28 || diff "$T/case/docker.words" "$T/case/hoy.words" || { echo "$*: other words"; return 1; }
	diff "$T/case/docker.tree" "$T/case/hoy.tree" || { echo "$*: other files"; return 1; }
}

@test "into a container: docker's rules, case by case" {
	local from to
	for from in file dir dir/. to-dir to-dir/; do
		for to in /in /in/new; do
			in_ "$from" "$to"
		done
	done
	for from in file dir; do
		for to in /in/file /in/new/ /in/to-dir; do
			in_ "$from" "$to"
		done
	done
	in_ file /in/to-file
	in_ file /in/to-nothing
	in_ to-nothing /in
	in_ file /in/missing/new
	in_ file /in/file/new
	in_ nope /in
	in_ file/ /in
	in_ to-file /in/new -L
	in_ to-dir /in/new -L
	in_ to-dir/ /in -L
	in_ dir /in/new -a
	in_ dir in/new
}

@test "into a container: archives of standard input; arguments that make no sense" {
	tar -C "$T/src" -c dir | hoy cp - hoy:/empty
	tar -C "$T/src" -c dir | docker cp - docker:/empty
	diff <(hoy exec hoy sh -c 'find /empty | sort | xargs stat -c "%n %F %u:%g %a %s %Y"' | grep -v '^/empty dir') \
		<(hoy exec docker sh -c 'find /empty | sort | xargs stat -c "%n %F %u:%g %a %s %Y"' | grep -v '^/empty dir')
	run_status 1 hoy cp - hoy:/src/file </dev/null
	[[ $output == *'destination "hoy:/src/file" must be a directory'* ]]
	run_status 1 hoy cp hoy:/src docker:/
	[[ $output == *"copying between containers is not supported"* ]]
	run_status 1 hoy cp ./a /b
	[[ $output == *"must specify at least one container source"* ]]
	run_status 1 hoy cp "$T/src/file" nosuch:/new
	[[ $output == *"No such container: nosuch"* ]]
	cd "$T/src"
	echo colon >"a:b"
	hoy container cp ./a:b hoy:/empty
	[ "$(hoy exec hoy cat /empty/a:b)" = colon ]
	rm ./a:b
	run hoy cp -q file hoy:/empty
	[ -z "$output" ]
}

@test "cp tells what it did, on a terminal alone" {
	run script -qec "hoy cp $T/src/file hoy:/empty/told" /dev/null
	[[ $output == *"Successfully copied 6B (transferred "*"kB) to hoy:/empty/told"* ]]
	run script -qec "hoy cp hoy:/src/file $T/told" /dev/null
	[[ $output == *"Successfully copied 6B (transferred "*"kB) to $T/told"* ]]
}

@test "a container that never ran, one that stopped, one that is paused: with their volumes" {
	local c
	hoy create --name fresh -v cpvol:/deep/vol -v "$T/src:/bound" --mount "type=bind,src=$T/src/file,dst=/single,ro" busybox true
	hoy cp "$T/src/dir" fresh:/deep/vol
	hoy cp fresh:/bound/file "$T/bound" && cmp "$T/bound" "$T/src/file"
	hoy cp fresh:/single - | tar xO | cmp - "$T/src/file"
	[ -e "$T/data/volumes/cpvol/_data/dir/sub/deep" ]
	hoy cp "$T/src/file" fresh:/made
	hoy start fresh && hoy wait fresh
	hoy cp fresh:/made "$T/made" && cmp "$T/made" "$T/src/file"
	[ -z "$(grep "$T" /proc/self/mountinfo)" ]
	hoy run -d --name other -v cpvol:/v busybox sleep 1000
	for c in pause unpause; do
		hoy "$c" other
		hoy cp "$T/src/file" "other:/v/$c"
		hoy cp "other:/v/dir/sub/deep" "$T/deep" && cmp "$T/deep" "$T/src/dir/sub/deep"
	done
	hoy exec other cmp /v/pause /v/unpause
	hoy cp other:/etc/hosts - | tar xO | grep -q localhost
	hoy rm -f fresh other
}

@test "what the API says of a path" {
	[[ $(path_stat hoy /src/dir) == '{"name":"dir","size":'*',"mode":2147484141,"mtime":"20'*'Z","linkTarget":""}' ]]
	[[ $(path_stat hoy /src/dir/sub/deep) == *'"mtime":"2001-02-03T04:05:06Z",'* ]]
	[[ $(path_stat hoy /src/to-dir) == '{"name":"to-dir",'*'"mode":134218239,'*'"linkTarget":"/src/dir"}' ]]
	[[ $(path_stat hoy /src/to-dir/) == '{"name":"to-dir",'*'"mode":2147484141,'*'"linkTarget":""}' ]]
	[[ $(path_stat hoy /src/to-nothing) == *'"linkTarget":"/src/missing"}' ]]
	[[ $(path_stat hoy /src/dir/big) == *'"size":300000,"mode":8389097,'* ]]
	[[ $(path_stat hoy /) == '{"name":"/",'* ]]
	[[ $(path_stat hoy /src/.) == '{"name":".",'* ]]
	api -D "$T/head" -o "$T/file.tar" "$(archive_url hoy /src/file)"
	grep -qi '^Content-Type: application/x-tar' "$T/head"
	grep -q '^X-Docker-Container-Path-Stat: ' "$T/head"
	[ "$(tar tf "$T/file.tar")" = file ]
	[ "$(api -w ' %{http_code}' "$(archive_url hoy /nope)" | tr -d '\n')" = '{"message":"Could not find the file /nope in container hoy"} 404' ]
	[ "$(api -w ' %{http_code}' "http://hoy/containers/hoy/archive" | tr -d '\n')" = '{"message":"bad parameter: pathcannot be empty"} 400' ]
	[ "$(api -w ' %{http_code}' "$(archive_url nosuch /)" | tr -d '\n')" = '{"message":"No such container: nosuch"} 404' ]
	hoy events --since 1m --until 0s --filter event=archive-path --filter container=hoy | grep -q archive-path
}

@test "archives that are put: compressed, refused, read-only places, kinds kept" {
	local z
	tar -C "$T/src" --no-recursion -cf "$T/a.tar" file dir dir/sub
	for z in gzip zstd xz; do
		hoy exec hoy rm -rf /empty/file
		"$z" -c "$T/a.tar" >"$T/a.tar.z"
		[ "$(put hoy /empty "$T/a.tar.z")" = 200 ]
		[ "$(hoy exec hoy cat /empty/file)" = first ]
	done
	bzip2 -c "$T/a.tar" >"$T/a.tar.z"
	[ "$(put hoy /empty "$T/a.tar.z")" = 400 ]
	grep -q 'bzip2' "$T/answer"
	[ "$(put hoy /nope "$T/a.tar")" = 404 ]
	[ "$(put hoy /src/file "$T/a.tar")" = 400 ]
	grep -q 'extraction point is not a directory' "$T/answer"
	head -c 700 "$T/a.tar" >"$T/cut.tar"
	[ "$(put hoy /empty "$T/cut.tar")" = 400 ]
	echo nonsense >"$T/bad.tar"
	[ "$(put hoy /empty "$T/bad.tar")" = 400 ]
	: >"$T/none.tar"
	[ "$(put hoy /empty "$T/none.tar")" = 200 ]
	[ "$(put hoy '/src&noOverwriteDirNonDir=1' "$T/a.tar")" = 200 ]
	hoy exec hoy sh -c 'mkdir /kinds /kinds/file; touch /kinds/dir'
	[ "$(put hoy '/kinds&noOverwriteDirNonDir=1' "$T/a.tar")" = 400 ]
	grep -q 'cannot overwrite directory' "$T/answer"
	[ "$(put hoy /kinds "$T/a.tar")" = 200 ]
	hoy run -d --name locked --read-only -v cpvol:/rw -v cpvol:/ro:ro busybox sleep 1000
	[ "$(put locked / "$T/a.tar")" = 400 ]
	grep -q 'container rootfs is marked read-only' "$T/answer"
	[ "$(put locked /ro "$T/a.tar")" = 400 ]
	grep -q 'mounted volume is marked read-only' "$T/answer"
	[ "$(put locked /rw "$T/a.tar")" = 200 ]
	hoy rm -f locked
}

@test "copyUIDGID gives files to the container's user" {
	hoy run -d --name www -u www busybox sleep 1000
	tar -C "$T/src" -cf "$T/a.tar" file dir/sub
	[ "$(put www '/tmp&copyUIDGID=1' "$T/a.tar")" = 200 ]
	[ "$(hoy exec www stat -c %u:%g /tmp/file /tmp/dir/sub/deep | sort -u)" = 33:33 ]
	[ "$(put www /tmp "$T/a.tar")" = 200 ]
	[ "$(hoy exec www stat -c %u:%g /tmp/dir/sub/deep)" = 33:44 ]
	hoy rm -f www
}

@test "names and links of an archive stay in the container" {
	mkdir -p "$T/host"
	echo secret >"$T/host/secret"
	python3 - "$T/evil.tar" "$T/host" <<'PY'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w") as tar:
    def add(name, kind=tarfile.REGTYPE, link="", data=b"evil"):
        e = tarfile.TarInfo(name); e.type = kind; e.linkname = link; e.size = len(data) if kind == tarfile.REGTYPE else 0
        tar.addfile(e, io.BytesIO(data))
    add("out", tarfile.SYMTYPE, sys.argv[2]); add("out/secret"); add("out/new")
    add("up", tarfile.SYMTYPE, "../../../../../../../.." + sys.argv[2]); add("up/secret")
    add("proc", tarfile.SYMTYPE, "/proc/1/root"); add("proc/tmp/x")
PY
	put hoy /empty "$T/evil.tar"
	[ "$(cat "$T/host/secret")" = secret ] && [ "$(ls "$T/host")" = secret ]
	python3 -c 'import tarfile,sys; t=tarfile.open(sys.argv[1],"w"); e=tarfile.TarInfo("../../x"); t.addfile(e); t.close()' "$T/climb.tar"
	[ "$(put hoy /empty "$T/climb.tar")" = 400 ]
	grep -q 'outside' "$T/answer"
	python3 -c 'import tarfile,sys; t=tarfile.open(sys.argv[1],"w"); e=tarfile.TarInfo("h"); e.type=tarfile.LNKTYPE; e.linkname="../../etc/passwd"; t.addfile(e); t.close()' "$T/climb.tar"
	[ "$(put hoy /empty "$T/climb.tar")" = 400 ]
}

# RACES=3000 for a long run.
@test "a container that moves directories meanwhile gets nothing of the host" {
	mkdir -p "$T/prize"
	echo topsecret >"$T/prize/secret"
	hoy run -d --name racer -v racevol:/race/real/vol busybox sh -c "cd /race && echo public >real/secret
		while :; do mv real was && ln -s $T/prize real && rm real; mv was real; done 2>/dev/null"
	run "$BATS_TEST_DIRNAME/race-copy.py" "$T/hoy.sock" racer /race/real "${RACES:-30}"
	echo "$output"
	[[ $output != *topsecret* ]]
	[ "$(cat "$T/prize/secret")" = topsecret ] && [ "$(ls "$T/prize")" = secret ]
	hoy rm -f racer
	[ -z "$(find "$T/data/tmp" -mindepth 1)" ]
}

@test "a client that goes in the middle leaves nothing" {
	hoy exec hoy sh -c 'mkdir -p /large && head -c 60000000 /dev/zero >/large/zeros'
	api "$(archive_url hoy /large)" | head -c 100000 >/dev/null
	{ head -c 30000 "$T/src/dir/big"; } | timeout 1 curl -s --unix-socket "$T/hoy.sock" -X PUT -H 'Transfer-Encoding: chunked' -T . "$(archive_url hoy /empty)" || true
	gone() { ! pgrep -f "$HOY_BUILD/hoy-copy" >/dev/null; }
	wait_for gone
	hoy create --name held busybox true
	mkfifo "$T/stuck"
	curl -s --unix-socket "$T/hoy.sock" -X PUT -T "$T/stuck" "$(archive_url held /tmp)" >/dev/null 2>&1 3>&- &
	curl=$!
	exec 7>"$T/stuck"
	copying() { pgrep -f -- --root-only >/dev/null; }
	wait_for copying
	kill "$curl"
	exec 7>&-
	timeout 10 hoy start held
	hoy rm -f held
}

# Somebody waits to lock that file.
is_waited_for() { grep -q -- "-> OFDLCK .*:$(stat -c %i "$1") " /proc/locks; }

@test "a start waits for what is being copied into the run before it" {
	local id
	id=$(hoy run -d --name again busybox sleep 1000)
	mkdir -p "$T/case/in"
	head -c 1000000 /dev/urandom >"$T/case/in/a"
	cp "$T/case/in/a" "$T/case/in/b"
	tar -C "$T/case/in" -cf "$T/case/tar" a b
	mkfifo "$T/case/slow"
	curl -s -o "$T/answer" -w '%{http_code}' --unix-socket "$T/hoy.sock" -X PUT -T "$T/case/slow" "$(archive_url again /tmp)" >"$T/case/code" 3>&- &
	curl=$!
	exec 7>"$T/case/slow"
	head -c 1500000 "$T/case/tar" >&7
	wait_for hoy exec again test -e /tmp/b
	hoy restart -t 0 again >"$T/case/restarted" 3>&- 7>&- &
	restart=$!
	wait_for is_waited_for "$T/run/containers/$id/copies"
	[ "$(inspect again '{{.State.Running}}')" = false ]
	tail -c +1500001 "$T/case/tar" >&7
	exec 7>&-
	wait "$curl"
	[ "$(cat "$T/case/code")" = 200 ] || { cat "$T/answer"; return 1; }
	wait "$restart"
	[ "$(inspect again '{{.State.Running}}')" = true ]
	hoy exec again cmp /tmp/a /tmp/b
	hoy exec again cat /tmp/a | cmp - "$T/case/in/a"
	hoy rm -f again
}
