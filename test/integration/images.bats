#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images end to end: pull from a good registry and from one that misbehaves, import, list, tag, remove.

load lib.bash

setup_file() {
	export HOY_STALL_SECONDS=1 # before the service starts, which hands it on
	engine_setup images
	registry_start
	export REGISTRY REGISTRY_PID HOYD_PID
	make_layers
	BAD_ROOT=$T/bad
	"$BATS_TEST_DIRNAME/push-image.py" --config '{"Cmd":["cat","/etc/motd"]}' "dir:$BAD_ROOT/x:1" \
		"$T/l1.tar" "$T/l2.tar" >"$T/bad.digest"
	"$BATS_TEST_DIRNAME/bad-registry.py" "$BAD_ROOT" "$T/bad.port" >"$T/bad.log" 2>&1 3>&- &
	export BAD_PID=$!
	HOST_IP=$(hostname -I | cut -d' ' -f1)
	export HOST_IP
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$T/key.pem" \
		-out "$T/cert.pem" -addext "subjectAltName=DNS:localhost,IP:$HOST_IP" >/dev/null 2>&1
	"$BATS_TEST_DIRNAME/bad-registry.py" "$BAD_ROOT" "$T/tls.port" "$T/cert.pem" "$T/key.pem" \
		>"$T/tls.log" 2>&1 3>&- &
	export TLS_PID=$!
	wait_for test -s "$T/bad.port"
	wait_for test -s "$T/tls.port"
	BAD=localhost:$(cat "$T/bad.port")
	TLS_PORT=$(cat "$T/tls.port")
	export BAD TLS_PORT
}

teardown_file() {
	kill "$BAD_PID" "$TLS_PID" 2>/dev/null || true
	registry_stop
	engine_teardown
}

teardown() {
	hoy images -q | sort -u | xargs -r hoy rmi -f >/dev/null
	wait_for disk_is_empty || { find "$T/data/layers" "$T/data/tmp" -maxdepth 2; return 1; }
}

disk_is_empty() { [ -z "$(find "$T/data/layers" "$T/data/tmp" -mindepth 1 2>/dev/null)" ]; }

# Two layers: busybox; and one that whites out, makes opaque, adds.
make_layers() {
	local a=$T/l1 b=$T/l2
	mkdir -p "$a" "$b"/{d,etc,many}
	cp -a "$(busybox_root)/." "$a"
	rm -f "$a/.done"
	mkdir -p "$a/d" "$a/w"
	echo old >"$a/d/hidden"
	echo old >"$a/w/gone"
	touch "$b/d/.wh..wh..opq" "$b/.wh.w"
	echo new >"$b/d/fresh"
	echo "hello from the second layer" >"$b/etc/motd"
	head -c 3000000 /dev/urandom >"$b/many/random"
	tar -C "$a" --sort=name -cf "$T/l1.tar" .
	tar -C "$b" --sort=name -cf "$T/l2.tar" .
}

push() { "$BATS_TEST_DIRNAME/push-image.py" "$@"; }

@test "pull by tag and digest: gzip, zstd and plain, OCI and Docker manifests, an index" {
	local how digest
	for how in "--gzip" "--zstd --index" "--plain --schema2" "--gzip --schema2 --index"; do
		# shellcheck disable=SC2086
		digest=$(push $how --config '{"Cmd":["cat","/etc/motd"]}' "http://$REGISTRY/t/app:1" "$T/l1.tar" "$T/l2.tar")
		run_status 0 hoy pull "$REGISTRY/t/app:1"
		[[ $output == *"1: Pulling from t/app"* ]]
		[[ $output == *"Digest: $digest"* ]]
		[[ $output == *"Status: Downloaded newer image for $REGISTRY/t/app:1"* ]]
		run_status 0 hoy pull "$REGISTRY/t/app:1"
		[[ $output == *"Status: Image is up to date for $REGISTRY/t/app:1"* ]]
		[[ $output == *"Already exists"* ]]
		run_status 0 hoy inspect -f '{{index .RepoDigests 0}}' "$REGISTRY/t/app:1"
		[ "$output" = "$REGISTRY/t/app@$digest" ]
		run_status 0 hoy pull -q "$REGISTRY/t/app@$digest"
		hoy images -q | sort -u | xargs hoy rmi -f
	done
}

@test "whiteouts, opaque directories and the layers' order are seen in a container" {
	push "http://$REGISTRY/t/white:1" "$T/l1.tar" "$T/l2.tar"
	run_status 0 hoy run --rm --network none "$REGISTRY/t/white:1" sh -c 'ls /d; ls -d /w; cat /etc/motd'
	[[ $output == *fresh* && $output != *hidden* ]]
	[[ $output == *"/w: No such file"* ]]
	[[ $output == *"hello from the second layer"* ]]
	push "http://$REGISTRY/t/twice:1" "$T/l1.tar" "$T/l2.tar" "$T/l1.tar"
	run_status 0 hoy run --rm --network none "$REGISTRY/t/twice:1" sh -c 'ls /d /w'
	[[ $output == *hidden* && $output == *gone* ]]
}

@test "an unpacked layer is what GNU tar unpacks: owners, modes, times, xattrs, devices, odd names" {
	local src=$T/odd
	mkdir -p "$src/a/b" "$src/ref"
	printf 'x%.0s' $(seq 5000) >"$src/a/file"
	ln "$src/a/file" "$src/a/hard"
	ln -s /nowhere "$src/a/link"
	mkfifo "$src/a/fifo"
	mknod "$src/a/null" c 1 3
	mknod "$src/a/loop" b 7 0
	truncate -s 20M "$src/a/sparse"
	echo end >>"$src/a/sparse"
	touch "$src/a/suid" "$src/"$'odd\nname\t*\xff'
	chown 3000000000:4000000000 "$src/a/suid"
	chmod 6755 "$src/a/suid"
	setfattr -n user.hoy -v value "$src/a/file"
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$src/a/hard"
	touch -d '1990-01-02 03:04:05.123456789' "$src/a/file"
	chmod 1777 "$src/a/b"
	touch -d '2001-01-01 00:00:00.5' "$src/a/b" "$src/a"
	local format
	for format in pax gnu; do
		rm -rf "${src:?}/ref"
		mkdir "$src/ref"
		local xattrs=(--xattrs "--xattrs-include=*")
		[ $format = pax ] || xattrs=()
		tar --sparse --format=$format "${xattrs[@]}" -C "$src" -cf "$T/odd.tar" a $'odd\nname\t*\xff'
		hoy import "$T/odd.tar" odd
		tar "${xattrs[@]}" --numeric-owner -p -C "$src/ref" -xf "$T/odd.tar"
		compare_trees "$src/ref" "$(layer_trees)"
		[ "$(du -k "$T"/data/layers | tail -n 1 | cut -f 1)" -lt 200 ] # a hole takes no room
		archive_of "$T"/data/layers/* | cmp - "$T/odd.tar"
		layer_trees_unmount
		hoy rmi odd
	done
}

# The archive of a stored layer, made again.
archive_of() { "$HOY_BUILD/hoy-pack" plain 4<"$1" 3>/dev/null; }

@test "a layer's archive is made again byte by byte: duplicates, whiteouts, other people's files, what stands behind the end" {
	local src=$T/again
	mkdir -p "$src"/{a,b/d,c}
	head -c 200000 /dev/urandom >"$src/a/x"
	head -c 200 /dev/urandom >"$src/b/x"
	head -c 70000 /dev/urandom >"$src/c/x"
	echo secret >"$src/a/mine"
	chown 1234:5678 "$src/a/mine"
	chmod 0 "$src/a/mine"
	touch "$src/b/d/.wh..wh..opq" "$src/b/.wh.gone"
	tar -C "$src/a" -cf "$T/again.tar" .
	tar -C "$src/b" -rf "$T/again.tar" ./x ./d ./.wh.gone
	tar -C "$src/c" -rf "$T/again.tar" ./x
	echo "behind the end" >>"$T/again.tar"
	gzip -c "$T/again.tar" >"$T/again.tar.gz"
	hoy import "$T/again.tar.gz" again
	archive_of "$T"/data/layers/* | cmp - "$T/again.tar"
	[ "$(hoy info -f '{{.Driver}}')" = erofs ] || [ "$(find "$T/data/layers" -path "*/replaced/0" | wc -l)" = 1 ]
	hoy rmi again
	hoy import "$T/l2.tar" again
	archive_of "$T"/data/layers/* | cmp - "$T/l2.tar"
	[ "$(find "$T/data/layers" -name replaced | wc -l)" = 0 ]
	hoy rmi again
}

@test "names that the registry does not have" {
	run_status 1 hoy pull "$REGISTRY/t/nope"
	[[ $output == *"manifest for $REGISTRY/t/nope:latest not found: manifest unknown: manifest unknown"* ]]
	run_status 1 hoy pull "$BAD/ok/nope:2"
	[[ $output == *"manifest for $BAD/ok/nope:2 not found: manifest unknown: manifest unknown"* ]]
	run_status 1 hoy pull "$BAD/ok/x@sha256:$(printf '0%.0s' $(seq 64))"
	[[ $output == *"not found"* ]]
	run_status 1 hoy pull "$BAD/ok/x@sha256:../../../etc/passwd"
	[[ $output == *"invalid reference format"* ]]
	run_status 1 hoy pull --platform linux/s390x "$BAD/ok/x:1"
	[[ $output == *"does not match the specified platform: wanted linux/s390x"* ]]
}

@test "a registry that is down, answers 500, or goes round in circles" {
	run_status 1 hoy pull localhost:1/x
	[[ $output == *"dial tcp localhost:1: connect: connection refused"* ]]
	run_status 1 hoy pull no-such-host.invalid/x
	[[ $output == *"no-such-host.invalid"* ]]
	run_status 1 hoy pull "$BAD/e500/x:1"
	[[ $output == *"$BAD: received unexpected HTTP status: 500 Internal Server Error"* ]]
	run_status 1 hoy pull "$BAD/e500blob/x:1"
	[[ $output == *"500 Internal Server Error"* ]]
	run_status 1 hoy pull "$BAD/redirect/x:1"
	[[ $output == *"stopped after 10 redirects"* ]]
}

@test "layers that are not what the manifest says" {
	local mode
	for mode in wrong short long; do
		run_status 1 hoy pull "$BAD/$mode/x:1"
		[[ $output == *"filesystem layer verification failed for digest sha256:"* ]]
		disk_is_empty
	done
}

@test "a config whose diff-id is not the layer's" {
	push "dir:$T/lie/x:1" "$T/l1.tar" >/dev/null
	python3 - "$T/lie" <<-'P'
		import hashlib, json, os, sys
		root = sys.argv[1]
		path = root + '/manifests/x@1'
		media, body = open(path, 'rb').read().split(b'\n', 1)
		m = json.loads(body)
		config = json.loads(open(root + '/blobs/' + m['config']['digest'][7:], 'rb').read())
		config['rootfs']['diff_ids'] = ['sha256:' + '5' * 64]
		text = json.dumps(config).encode()
		m['config'].update(digest='sha256:' + hashlib.sha256(text).hexdigest(), size=len(text))
		open(root + '/blobs/' + m['config']['digest'][7:], 'wb').write(text)
		open(path, 'wb').write(media + b'\n' + json.dumps(m).encode())
	P
	cp "$T"/lie/blobs/* "$T/bad/blobs/"
	cp "$T/lie/manifests/x@1" "$T/bad/manifests/lie@1"
	run_status 1 hoy pull "$BAD/ok/lie:1"
	[[ $output == *"failed to register layer: its content is sha256:"* ]]
	disk_is_empty
}

@test "cut connections are resumed, with Range and without; in the end there is one sentence" {
	run_status 0 hoy pull "$BAD/cut/x:1"
	hoy rmi -f "$BAD/cut/x:1"
	run_status 0 hoy pull "$BAD/norange/x:1"
	hoy rmi -f "$BAD/norange/x:1"
	run_status 1 hoy pull -q "$BAD/cutalways/x:1"
	[[ $output == *"the connection was cut (unexpected EOF)"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a registry that stalls" {
	run_status 1 hoy pull -q "$BAD/stall/x:1"
	[[ $output == *"no data from $BAD for 1 seconds"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "manifests that are none" {
	run_status 1 hoy pull "$BAD/schema1/x:1"
	[[ $output == *"schema 1 is too old"* ]]
	run_status 1 hoy pull "$BAD/badjson/x:1"
	[[ $output == *"manifest: "* ]]
	run_status 1 hoy pull "$BAD/both/x:1"
	[[ $output == *"both layers and manifests"* ]]
	run_status 1 hoy pull "$BAD/toolong/x:1"
	[[ $output == *"too long"* ]]
	run_status 1 hoy pull "$BAD/evil/x:1"
	[[ $output == *"invalid or unsupported digest"* ]]
	run_status 1 hoy pull "$BAD/nolayer/x:1"
	[[ $output == *'application/x-shockwave-flash'* ]]
	run_status 1 hoy pull "$BAD/negative/x:1"
	[[ $output == *"size"* ]]
	run_status 1 hoy pull "$BAD/nested/x:1"
	[[ $output == *"no matching manifest for linux/"* ]]
	disk_is_empty
}

# pull_as AUTH_JSON REPOSITORY: over the API, as clients send credentials.
pull_as() {
	local auth
	auth=$(printf %s "$1" | base64 -w0 | tr '+/' '-_')
	curl -s --unix-socket "$T/hoy.sock" -X POST -H "X-Registry-Auth: $auth" \
		"http://localhost/v1.45/images/create?fromImage=$2&tag=1"
}

@test "logins: none, Bearer with and without credentials, Basic" {
	local own=
	[ -n "${DOCKER_HOST:-}" ] || { daemon_start; own=yes; }
	run_status 0 hoy pull -q "$BAD/anon/x:1"
	run_status 1 hoy pull "$BAD/denied/x:1"
	[[ $output == *unauthorized* ]]
	run_status 1 hoy pull "$BAD/basic/x:1"
	[[ $output == *"no basic auth credentials"* ]]
	local who='{"username":"user","password":"secret"}'
	run_status 0 pull_as "$who" "$BAD/auth/x"
	[[ $output == *"Downloaded newer image"* ]]
	run_status 0 pull_as "$who" "$BAD/basic/x"
	[[ $output == *"Downloaded newer image"* ]]
	run_status 0 pull_as '{"username":"user","password":"wrong"}' "$BAD/basic/x"
	[[ $output == *unauthorized* ]]
	[ -z "$own" ] || daemon_stop
}

@test "TLS: by a certificate that is trusted, else refused; loopback may be unverified" {
	local dir=/etc/hoy/certs.d/$HOST_IP:$TLS_PORT
	[ -n "$HOST_IP" ] || skip "this host has no address but loopback"
	run_status 1 hoy pull "$HOST_IP:$TLS_PORT/ok/x:1"
	[[ $output == *"failed to verify certificate"* ]]
	mkdir -p "$dir"
	cp "$T/cert.pem" "$dir/ca.crt"
	run hoy pull "$HOST_IP:$TLS_PORT/ok/x:1"
	rm -r "$dir"
	[ "$status" -eq 0 ]
	run_status 0 hoy pull "localhost:$TLS_PORT/ok/x:1"
}

@test "two pulls of the same image at once" {
	hoy pull -q "$BAD/ok/x:1" &
	local first=$!
	hoy pull -q "$BAD/ok/x:1"
	wait $first
	[ "$(hoy images -q | wc -l)" -eq 1 ]
}

# rights PROGRAM FIELD: of those that run now; one line when they agree.
rights() {
	local p
	for p in $(engine_pids); do
		[ "$(basename "$(readlink "/proc/$p/exe")")" = "$1" ] || continue
		sed -n "s/^$2:\t\([^\t]*\).*/\1/p" "/proc/$p/status"
	done | sort -u
}
is_confined() { [ "$(rights "$1" Seccomp)" = 2 ]; }

@test "what handles the registry's bytes has no rights" {
	HOY_STALL_SECONDS=20 hoy pull -q "$BAD/stall/x:1" >/dev/null 2>&1 &
	wait_for is_confined hoy-unpack
	wait_for is_confined hoy-fetch
	local program
	for program in hoy-fetch hoy-unpack; do
		[ "$(rights $program Uid)" -gt 2147000000 ]
		[ "$(rights $program Gid)" -gt 2147000000 ]
		[ "$(rights $program NoNewPrivs)" = 1 ]
		[ -z "$(rights $program Groups | tr -d ' ')" ]
	done
	[ "$(rights hoy-fetch CapPrm)" = 0000000000000000 ]
	# CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, FSETID 4, MKNOD 27, SETFCAP 31
	[ "$(rights hoy-unpack CapPrm)" = 000000008800001b ]
	[ "$(rights hoy-unpack CapBnd)" = 0000000000000000 ]
	kill_ours KILL $(engine_pids)
	wait $! || true
	hoy pull -q "$BAD/ok/x:1"
}

@test "SIGKILL during a pull leaves nothing behind the next image command" {
	for _ in 1 2 3 4 5; do
		hoy pull -q "$BAD/stall/x:1" >/dev/null 2>&1 &
		wait_for sh -c "[ -n \"\$(ls $T/data/tmp)\" ]"
		kill_ours KILL $(engine_pids)
		wait $! || true
	done
	[ -z "$(engine_pids)" ]
	hoy pull -q "$BAD/ok/x:1"
	[ "$(find "$T/data/layers" -mindepth 1 -maxdepth 1 | wc -l)" -eq 2 ]
	[ -z "$(find "$T/data/tmp" -mindepth 1)" ]
}

@test "a full disk during a pull is a clean failure" {
	mkdir -p "$T/small"
	mount -t tmpfs -o size=3m tmpfs "$T/small"
	sed "s|\"data-root\": \"[^\"]*\"|\"data-root\": \"$T/small\"|" "$HOY_CONFIG" >"$T/small.json"
	# told before, by what the manifest says; and when it shows, in the middle of layers that are bigger inside
	head -c 20000000 /dev/zero | tr '\0' x >"$T/big"
	tar -C "$T" -cf "$T/big.tar" big
	push --zstd "http://$REGISTRY/t/big:1" "$T/l1.tar" "$T/big.tar"
	local image
	for image in "$BAD/ok/x:1" "$REGISTRY/t/big:1"; do
		DOCKER_HOST='' HOY_CONFIG=$T/small.json run hoy pull -q "$image"
		echo "$output"
		[ "$status" -eq 1 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == *"No space left on device" ]]
		case $image in
		"$BAD"*) [[ $output == *"the missing layers are more than 4"*"MB, and $T/small has "*" left: "* ]] ;;
		*) [[ $output == *"failed to register layer: "* ]] ;;
		esac
		[ -z "$(find "$T/small/layers" "$T/small/tmp" -mindepth 1 2>/dev/null)" ]
	done
	DOCKER_HOST='' HOY_CONFIG=$T/small.json run hoy images -q
	umount -l "$T/small"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "import: compressions, changes, message, platform, stdin and file; the history says so" {
	gzip -k "$T/l1.tar"
	zstd -q "$T/l1.tar"
	run_status 0 hoy import --change 'CMD ["echo", "hi"]' --change 'ENV A=b' -m 'a message' "$T/l1.tar.gz" imp:1
	[[ $output == sha256:* ]]
	run_status 0 hoy run --rm --network none imp:1
	[ "$output" = hi ]
	run_status 0 hoy inspect -f '{{json .Config.Env}} {{.Comment}}' imp:1
	[ "$output" = '["A=b"] a message' ]
	run_status 0 sh -c "hoy import - imp:2 <'$T/l1.tar.zst'"
	run_status 0 hoy history --format '{{.Comment}}' imp:2
	[ "$output" = "Imported from -" ]
	[ "$(ls "$T/data/layers" | wc -l)" -eq 1 ]
	run_status 1 hoy import --change 'RUN x' "$T/l1.tar"
	[[ $output == *"RUN is not a valid change command"* ]]
	run_status 1 sh -c 'head -c 100000 /dev/urandom | hoy import - junk'
	[[ $output == *"invalid tar archive"* ]]
	run_status 1 sh -c "bzip2 -c <'$T/l1.tar' | hoy import - junk"
	[[ $output == *"compression with bzip2 is not supported"* ]]
	run_status 0 sh -c "xz -0c <'$T/l1.tar' | hoy import - imp:3"
	[ "$(ls "$T/data/layers" | wc -l)" -eq 1 ]
}

@test "an image for another machine: told, and not taken where another platform is asked for" {
	[ "$(uname -m)" = x86_64 ] || skip "the platforms are those of amd64"
	hoy import --platform linux/arm64 --change 'CMD ["echo", "hi"]' "$T/l1.tar" foreign:1
	run_status 0 hoy run --rm --network none foreign:1
	[ "${lines[0]}" = "WARNING: The requested image's platform (linux/arm64) does not match the detected host platform (linux/amd64) and no specific platform was requested" ]
	[ "${lines[1]}" = hi ]
	run_status 0 hoy run --rm --network none --platform linux/arm64 foreign:1
	[ "$output" = hi ]
	run_status 125 hoy run --rm --pull never --platform linux/amd64 foreign:1
	[[ $output == *"image with reference foreign:1 was found but does not provide the specified platform (linux/amd64)"* ]]
	run_status 1 hoy create --platform linux/odd/v1/x foreign:1
	[[ $output == *"is an invalid platform"* ]]
	# it is looked for at the registry then
	hoy tag foreign:1 "$BAD/other/x:1"
	run_status 0 hoy run --rm --network none --platform linux/amd64 "$BAD/other/x:1"
	[ "${lines[0]}" = "Unable to find image '$BAD/other/x:1' locally" ]
	[ "${lines[-1]}" = "hello from the second layer" ]
	[ -z "$(hoy ps -aq)" ]
	hoy rmi foreign:1 "$BAD/other/x:1"
}

@test "list: filters, digests, dangling" {
	hoy import "$T/l1.tar" list/a:1
	hoy tag list/a:1 list/a:2
	hoy tag list/a:1 other
	hoy import --change 'LABEL k=v' "$T/l2.tar"
	[ "$(hoy images -q list/a | wc -l)" -eq 2 ]
	[ "$(hoy images -q --filter reference='list/*:2' | wc -l)" -eq 1 ]
	[ "$(hoy images -q --filter dangling=true | wc -l)" -eq 1 ]
	[ "$(hoy images -q --filter label=k=v | wc -l)" -eq 1 ]
	[ "$(hoy images -q --filter label=k=x | wc -l)" -eq 0 ]
	[ "$(hoy images -q --filter before=other | wc -l)" -eq 0 ]
	[ "$(hoy images -q --filter since=other | wc -l)" -eq 1 ]
	run_status 1 hoy images --filter nope=1
}

@test "rmi: names, ids, several repositories, containers that use it" {
	local id
	id=$(hoy import --change 'CMD ["sleep", "100"]' "$T/l1.tar" a:1)
	id=${id#sha256:}
	hoy tag a:1 b:1
	run_status 1 hoy rmi "${id:0:12}"
	[[ $output == *"conflict: unable to delete ${id:0:12} (must be forced) - image is referenced in multiple repositories"* ]]
	run_status 0 hoy rmi b:1
	[ "$output" = "Untagged: b:1" ]
	hoy create --name user a:1 >/dev/null
	run_status 1 hoy rmi a:1
	[[ $output == *'conflict: unable to remove repository reference "a:1" (must force) - container '*" is using its referenced image ${id:0:12}"* ]]
	run_status 1 hoy rmi "$id"
	[[ $output == *"(must be forced) - image is being used by stopped container "* ]]
	hoy start user >/dev/null
	run_status 1 hoy rmi -f "$id"
	[[ $output == *"(cannot be forced) - image is being used by running container "* ]]
	hoy stop -t 0 user >/dev/null
	run_status 0 hoy rmi -f a:1
	[[ $output == *"Deleted: sha256:$id"* ]]
	[ "$(ls "$T/data/layers" | wc -l)" -eq 1 ] # the container still stands on it
	hoy start user >/dev/null
	hoy rm -f user >/dev/null
	run_status 1 hoy rmi a:1
	[[ $output == *"No such image: a:1"* ]]
}
