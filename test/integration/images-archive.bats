#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# save and load: round trips with itself, skopeo, podman and dockerd; archives that are wrong.

load lib.bash
load dockerd.bash

setup_file() {
	ENGINE=daemon engine_setup archive
	export HOYD_PID
	import_busybox
	hoy run --name c1 busybox sh -c 'echo one >/one; ln /one /two; rm /etc/group; rm -r /var; mkdir /var; mknod /null c 1 3
		ln -s one /link; chmod 4755 /one; touch -d @1 /one'
	hoy commit -c 'CMD ["cat","/one"]' -c 'LABEL a=b' c1 app/one:1
	hoy rm c1
	hoy tag app/one:1 app/one:2
	hoy save -o "$T/good.tar" app/one busybox
	ONE=$(hoy inspect -f '{{.Id}}' app/one:1)
	BOX=$(hoy inspect -f '{{.Id}}' busybox)
	DIFFS=$(hoy inspect -f '{{json .RootFS.Layers}}' app/one:1)
	export ONE BOX DIFFS
	remove_all
}

teardown_file() {
	! mountpoint -q "$T/full" || umount "$T/full"
	other_engines_stop
	engine_teardown
}

teardown() {
	[ -z "${output:-}" ] || echo "last output: $output"
	remove_all
	wait_for disk_is_empty || { find "$T/data/layers" "$T/data/tmp" -maxdepth 2; return 1; }
}

remove_all() { hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null; }
disk_is_empty() { [ -z "$(find "$T/data/layers" "$T/data/tmp" -mindepth 1 2>/dev/null)" ]; }
ids() { hoy images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort; }
all_there() { diff <(ids) <(printf '%s\n' "app/one:1 $ONE" "app/one:2 $ONE" "busybox:latest $BOX" | sort); }

@test "a round trip: ids, names and layers stay, and the archive is the same byte by byte" {
	run_status 0 hoy load -i "$T/good.tar"
	[ "$output" = $'Loaded image: app/one:1\nLoaded image: app/one:2\nLoaded image: busybox:latest' ]
	all_there
	[ "$(hoy inspect -f '{{json .RootFS.Layers}}' app/one:1)" = "$DIFFS" ]
	[ "$(hoy run --rm app/one:2)" = one ]
	hoy save app/one busybox | cmp - "$T/good.tar"
	hoy save -o "$T/again.tar" app/one:1 app/one:2 busybox:latest
	cmp "$T/again.tar" "$T/good.tar"
	run_status 0 hoy load -i "$T/good.tar" # nothing new
	all_there
	remove_all
	hoy load -q <"$T/again.tar"
	all_there
}

@test "load: gzip, xz and zstd, from a file and from standard input" {
	local how
	for how in gzip xz zstd; do
		run_status 0 sh -c "$how -1 -c '$T/good.tar' | hoy load"
		[[ $output == *"Loaded image: busybox:latest"* ]]
		all_there
		remove_all
	done
}

@test "save by id has no name; several images share their layers in the archive" {
	hoy load -qi "$T/good.tar"
	hoy save -o "$T/id.tar" "${ONE#sha256:}" "$BOX"
	[ "$(tar -tf "$T/id.tar" | sort | uniq -d)" = "" ]
	remove_all
	run_status 0 hoy load -i "$T/id.tar"
	[ "$output" = "Loaded image ID: $ONE"$'\n'"Loaded image ID: $BOX" ]
	[ "$(ids | sort)" = "$(printf '%s\n' "<none>:<none> $ONE" "<none>:<none> $BOX" | sort)" ]
}

@test "load: a name that moves is told, the old image stays without it" {
	hoy load -qi "$T/good.tar"
	hoy tag busybox app/one:1
	run_status 0 hoy load -i "$T/good.tar"
	[ "${lines[0]}" = "The image app/one:1 already exists, renaming the old one with ID $BOX to empty string" ]
	all_there
	run_status 0 hoy events --since 1h --until 0s --filter event=load --filter "image=$ONE" --format '{{.Action}} {{.Actor.ID}}'
	[[ $output == *"load $ONE"* ]]
	hoy save busybox >/dev/null
	run_status 0 hoy events --since 1h --until 0s --filter event=save --format '{{.Actor.ID}}'
	[[ $output == *"$BOX"* ]]
}

@test "load and save with --platform" {
	run_status 1 hoy load --platform linux/s390x -i "$T/good.tar"
	[[ $output == *"the archive has image ${ONE:0:19} for linux/amd64, not for linux/s390x" || $(uname -m) != x86_64 ]]
	run_status 0 hoy load --platform linux -i "$T/good.tar"
	all_there
	run_status 1 hoy save --platform linux/s390x -o "$T/x.tar" busybox
	[[ $output == *"not for linux/s390x" ]]
	[ ! -e "$T/x.tar" ]
	run_status 1 hoy save --platform 'a/b/c/d' -o "$T/x.tar" busybox
	[[ $output == "invalid platform"* ]]
}

@test "save: what cannot be" {
	run_status 1 hoy save -o "$T/x.tar" nothing
	[ "$output" = "Error response from daemon: No such image: nothing:latest" ]
	run_status 1 hoy save -o "$T/none/x.tar" nothing
	[ "$output" = "failed to save image: invalid output path: stat $T/none: no such file or directory" ]
	run_status 1 hoy save -o /dev/null nothing
	[ "$output" = "failed to save image: cannot write to a character device file" ]
	run script -qec 'hoy save nothing' /dev/null
	[[ $output == *"cowardly refusing to save to a terminal. Use the -o flag or redirect"* ]]
	run script -qec 'hoy load' /dev/null
	[[ $output == *"requested load from stdin, but stdin is empty"* ]]
	run_status 1 hoy load -i "$T/none"
	[ "$output" = "open $T/none: no such file or directory" ]
	[ ! -e "$T/x.tar" ]
}

@test "the docker client saves and loads" {
	command -v docker >/dev/null || skip "no docker CLI on PATH"
	run_status 0 docker load -i "$T/good.tar"
	all_there
	docker save app/one busybox | cmp - "$T/good.tar"
	docker save -o "$T/d.tar" app/one:1 app/one:2 busybox
	cmp "$T/d.tar" "$T/good.tar"
}

@test "skopeo reads and writes: docker-archive and oci-archive" {
	hoy load -qi "$T/good.tar"
	hoy save -o "$T/one.tar" app/one:1
	run_status 0 skopeo inspect --raw --config "docker-archive:$T/one.tar"
	[ "sha256:$(printf %s "$output" | sha256sum | cut -d' ' -f1)" = "$ONE" ]
	skopeo inspect --raw --config "oci-archive:$T/one.tar" >"$T/config"
	[ "sha256:$(sha256sum <"$T/config" | cut -d' ' -f1)" = "$ONE" ]
	skopeo copy -q "docker-archive:$T/one.tar" "docker-archive:$T/s1.tar:app/one:1"
	skopeo copy -q "docker-archive:$T/good.tar:docker.io/app/one:2" "dir:$T/s2"
	rm -f "$T/s3.tar"
	skopeo copy -q --preserve-digests "oci-archive:$T/one.tar" "oci-archive:$T/s3.tar:app/one:2"
	remove_all
	run_status 0 hoy load -i "$T/s1.tar"
	[ "$output" = "Loaded image: app/one:1" ]
	run_status 0 hoy load -i "$T/s3.tar"
	[ "$output" = "Loaded image: app/one:2" ]
	[ "$(ids)" = "app/one:1 $ONE"$'\n'"app/one:2 $ONE" ]
	hoy save app/one:1 | cmp - "$T/one.tar"
	[ "$(hoy run --rm app/one:2)" = one ]
}

podman_() { podman --root "$T/podman" --runroot "$T/podman-run" --storage-driver vfs "$@"; }

@test "podman loads what hoy saves, and the reverse" {
	needs_own_mounts
	run_status 0 podman_ load -qi "$T/good.tar"
	[ "sha256:$(podman_ inspect --type image -f '{{.Id}}' localhost/app/one:1)" = "$ONE" ]
	podman_ save -q --format docker-archive -o "$T/p1.tar" localhost/app/one:1
	podman_ save -q --format oci-archive -o "$T/p2.tar" localhost/app/one:1
	podman_ rmi -af >/dev/null
	run_status 0 hoy load -i "$T/p1.tar"
	[ "$(ids)" = "localhost/app/one:1 $ONE" ]
	[ "$(hoy inspect -f '{{json .RootFS.Layers}}' localhost/app/one:1)" = "$DIFFS" ]
	run_status 0 hoy load -i "$T/p2.tar"
	[[ $output == *"Loaded image: localhost/app/one:1" ]] # its config may be written anew
	[ "$(hoy run --rm localhost/app/one:1)" = one ]
}

@test "dockerd loads what hoy saves, and the reverse" {
	needs_own_mounts
	dockerd_start || skip "no dockerd that starts here"
	run_status 0 docker_ load -qi "$T/good.tar"
	[[ $output == *"Loaded image: busybox:latest"* ]]
	[ "$(docker_ inspect -f '{{.Id}}' app/one:2)" = "$ONE" ]
	docker_ save -o "$T/d1.tar" app/one:1 app/one:2 busybox
	docker_ import "$T/data/none" 2>/dev/null || true
	run_status 0 hoy load -i "$T/d1.tar"
	all_there
	[ "$(hoy inspect -f '{{json .RootFS.Layers}}' app/one:1)" = "$DIFFS" ]
	hoy save app/one busybox | cmp - "$T/good.tar"
	tar -tvf "$T/d1.tar" | grep -q layer.tar # the old format
}

refused() {
	run_status 1 hoy load -i "$T/bad/$1.tar"
	[ "${#lines[@]}" -eq 1 ] || { echo "$1: $output"; return 1; }
	# shellcheck disable=SC2053
	[[ $output == $2 ]] || { echo "$1: $output"; return 1; }
	disk_is_empty && [ -z "$(hoy images -q)" ]
}

@test "archives that are wrong: one sentence, and nothing is kept" {
	local all
	all=$(sed -n 's/^\trefused \([a-z0-9-]*\) .*/\1/p' "$BATS_TEST_FILENAME")
	mkdir "$T/bad"
	# shellcheck disable=SC2086
	"$BATS_TEST_DIRNAME/bad-archive.py" "$T/good.tar" "$T/bad" $all
	refused layer-missing '*invalid archive: layer "blobs/sha256/*" is not in it'
	refused config-missing '*invalid archive: manifest.json names "blobs/sha256/*", which is not in it'
	refused manifest-leaves '*invalid archive: manifest.json names "../../etc/passwd", which is outside of it'
	refused layer-leaves '*invalid archive: manifest.json names "/../../etc/passwd", which is outside of it'
	refused entry-leaves '*refused archive entry "blobs/../../escape": it is outside of the archive'
	refused link-leaves '*refused archive entry "blobs/sha256/*": a link out of the archive'
	refused link-absolute '*refused archive entry "blobs/sha256/*": a link out of the archive'
	refused hardlink-leaves '*refused archive entry "x/y": a link out of the archive'
	refused link-loop '*invalid archive: layer "blobs/sha256/*" is not in it'
	refused diff-ids '*invalid archive: the content of layer "blobs/sha256/*" is sha256:*, the image'"'"'s config names sha256:0*'
	refused diff-ids-less '*layers length mismatch: expected 1, got 2'
	refused no-config-name '*manifest.json has an image without a config'
	refused bad-tag '*manifest.json: invalid reference format*lowercase*'
	refused twice '*invalid archive: it has "manifest.json" twice'
	refused layer-twice '*invalid archive: it has "blobs/sha256/*" twice'
	refused device '*refused archive entry "dev/null": a device'
	refused layer-is-text '*"blobs/sha256/*" is no layer'
	refused layer-broken '*layer "blobs/sha256/*": invalid compressed layer: damaged gzip data'
	refused config-is-layer '*"blobs/sha256/*", which manifest.json names, is no document'
	refused manifest-broken '*invalid archive: manifest.json: *'
	refused oci-other-content '*the content of blobs/sha256/* is another than its name says'
	refused oci-deep '*indexes point at indexes again and again'
	refused oci-blob-missing '*invalid archive: an index names "blobs/sha256/*", which is not in it'
	refused oci-schema1 '*schema 1 is too old to be supported*'
	refused oci-empty '*the archive holds no images'
	refused nothing '*the archive holds no images: neither manifest.json nor index.json is in it'
	refused many '*invalid archive: more than 65536 entries'
	rm -r "$T/bad"
}

@test "archives that are cut off or none at all" {
	local size n
	size=$(stat -c %s "$T/good.tar")
	for n in 0 100 5000 $((size / 2)) $((size - 3000)); do
		head -c "$n" "$T/good.tar" >"$T/cut.tar"
		run_status 1 hoy load -i "$T/cut.tar"
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == *"invalid tar archive: unexpected end"* || $output == *"holds no images"* ]]
	done
	gzip -c "$T/good.tar" | head -c 100000 >"$T/cut.tar"
	run_status 1 hoy load -i "$T/cut.tar"
	[[ $output == *"invalid compressed layer: unexpected end"* ]]
	run_status 1 sh -c 'head -c 100000 /dev/urandom | hoy load'
	[ "${#lines[@]}" -eq 1 ]
	tar -C "$(busybox_root)" -cf "$T/root.tar" bin/busybox etc
	run_status 1 hoy load -i "$T/root.tar"
	[[ $output == *"the archive holds no images: neither manifest.json nor index.json is in it" ]]
	[ -z "$(hoy images -q)" ]
}

@test "a full disk during load and commit: one sentence, nothing kept" {
	needs_own_mounts
	mkdir "$T/full"
	mount -t tmpfs -o size=4500k none "$T/full" || skip "no tmpfs can be mounted here"
	sed "s|, \"storage-driver\": [^,}]*||; s|$T/data|$T/full/data|; s|$T/run|$T/full-run|; s|$BRIDGE|${BRIDGE}f|" "$HOY_CONFIG" >"$T/full.json"
	full() { env -u DOCKER_HOST HOY_CONFIG="$T/full.json" "$@"; }
	run full hoy load -qi "$T/good.tar"
	local loaded=$status
	full hoy rmi -f app/one:1 app/one:2 busybox 2>/dev/null || true
	wait_for sh -c '[ -z "$(ls "$T/full/data/tmp")" ]'
	head -c 2800000 /dev/urandom >"$T/full/filler"
	run full hoy load -qi "$T/good.tar"
	local said=$status-$output n=${#lines[@]}
	run full hoy images -q
	local images=$output
	local left
	left=$(find "$T/full/data/layers" "$T/full/data/tmp" -mindepth 1 2>/dev/null)
	rm "$T/full/filler"
	full hoy load -qi "$T/good.tar"
	full hoy run --name cc --network none busybox sh -c 'head -c 1100000 /dev/urandom >/big'
	run full hoy commit cc big
	local committed=$status-$output
	full hoyd --config-file "$T/full.json" --reset >/dev/null
	umount "$T/full"
	[ "$loaded" = 0 ]
	[[ $said == 1-*"No space left on device"* ]]
	[ "$n" = 1 ]
	[ -z "$images" ]
	[ -z "$left" ]
	[[ $committed == 1-*"No space left on device"* ]]
}
