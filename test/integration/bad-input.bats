#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad input gets one clear sentence that names the thing, the right exit code, and leaves nothing half-made.
# (A registry that misbehaves: pull.bats.)

load lib

setup_file() {
	load lib
	engine_setup bad
	import_busybox busybox
}

teardown_file() {
	load lib
	engine_teardown
}

teardown() {
	hoy ps -aq | xargs -r hoy rm -f >/dev/null
}

# refused STATUS TEXT COMMAND...: exit status, the sentence, and no container left from it.
refused() {
	local want=$1 text=$2
	shift 2
	run "$@"
	[ "$status" -eq "$want" ] || { echo "status $status, expected $want: $output"; return 1; }
	[[ "$output" == *"$text"* ]] || { echo "expected: $text"; echo "got: $output"; return 1; }
	[ -z "$(hoy ps -aq)" ] || { hoy ps -a; return 1; }
}

@test "unknown image" {
	refused 125 "Unable to find image 'localhost:1/nothing:latest' locally" hoy run --rm localhost:1/nothing true
	refused 1 "No such image: nothing:latest" hoy rmi nothing
	refused 125 "No such image: nothing:latest" hoy run --rm --pull never nothing true
	refused 1 "o such object: nothing" hoy inspect nothing
}

@test "a reference that is none" {
	refused 125 "invalid reference format" hoy run --rm 'UPPER:::x' true
	refused 1 "invalid reference format" hoy tag busybox 'x:y:z'
	refused 1 "Error parsing reference: \"Upper\" is not a valid repository/tag: invalid reference format: repository name (library/Upper) must be lowercase" \
		hoy tag busybox Upper
	refused 1 "repository name (library/Upper) must be lowercase" hoy tag Upper busybox
	refused 1 "repository name (Up/per) must be lowercase" hoy pull localhost:1/Up/per
}

@test "unknown command and flag" {
	refused 1 "unknown command: hoy frobnicate" hoy frobnicate
	refused 125 "unknown flag: --frob" hoy run --frob busybox
	refused 125 "unknown flag: --frob" hoy ps --frob
	refused 125 "unknown shorthand flag: 'y' in -y" hoy ps -y
	refused 1 "requires" hoy run
}

@test "unknown user and network" {
	refused 125 "nobody-here" hoy run --rm --user nobody-here busybox true
	refused 125 "failed to set up container networking: network nowhere not found" hoy run --rm --network nowhere busybox true
	refused 125 "No such container: gone" hoy run --rm --network container:gone busybox true
}

@test "a name in use says by whom; a bad name is refused" {
	id=$(hoy run -d --name taken busybox sleep 1000)
	run hoy run -d --name taken busybox true
	[ "$status" -eq 125 ]
	[[ "$output" == *'Conflict. The container name "/taken" is already in use by container "'$id'"'* ]]
	run hoy create --name other busybox
	run hoy rename other taken
	[ "$status" -eq 1 ]
	[[ "$output" == *'"/taken" is already in use by container'* ]]
	hoy rm -f taken other >/dev/null
	refused 125 "Invalid container name" hoy run --name 'a b' busybox true
}

@test "a port in use, by a container and by a program of the host" {
	port=$((26000 + RANDOM % 2000))
	hoy run -d --name holder -p "$port:80" busybox sleep 1000
	run hoy run -d --name late -p "$port:80" busybox sleep 1000
	[ "$status" -eq 125 ]
	[[ "$output" == *"$port"*"already"* ]]
	[[ "$output" == *holder* ]]
	hoy rm -f late holder >/dev/null 2>&1
	nc -l -s 127.0.0.1 -p "$port" >/dev/null 2>&1 3>&- &
	holder=$!
	wait_for sh -c "ss -Hltn 'sport = :$port' | grep -q ."
	run hoy run -d --name late -p "127.0.0.1:$port:80" busybox sleep 1000
	kill "$holder"
	[ "$status" -eq 125 ]
	[[ "$output" == *"$port"*"address already in use"* ]]
}

@test "sizes, cpus, ports, mounts, env files that are none" {
	refused 125 "invalid" hoy run -m 5x busybox true
	refused 125 "6MB" hoy run -m 1m busybox true
	refused 125 "invalid" hoy run --cpus nope busybox true
	refused 125 "invalid" hoy run -p 99999:80 busybox true
	refused 125 "invalid" hoy run -p a:b busybox true
	refused 125 "/no/such/dir" hoy run --mount type=bind,src=/no/such/dir,dst=/x busybox true
	refused 125 "/no/such/file" hoy run --env-file /no/such/file busybox true
	refused 125 "invalid" hoy run --ulimit nofile=x busybox true
	refused 125 "invalid" hoy run --restart sometimes busybox true
	refused 125 "apability" hoy run --rm --cap-add FLY busybox true
	refused 127 "no-such-device" hoy run --rm --device /dev/no-such-device busybox true
}

@test "an entrypoint that is missing: 127; that cannot be executed: 126" {
	run hoy run --rm --entrypoint /missing busybox
	[ "$status" -eq 127 ]
	[[ "$output" == *'exec: "/missing": '*'no such file or directory'* ]]
	run hoy run --rm busybox missing
	[ "$status" -eq 127 ]
	[[ "$output" == *'exec: "missing": executable file not found in $PATH'* ]]
	run hoy run --rm --entrypoint /etc/passwd busybox
	[ "$status" -eq 126 ]
	[[ "$output" == *'exec: "/etc/passwd": permission denied'* ]]
	printf 'no program' >"$T/junk" && chmod 755 "$T/junk"
	run hoy run --rm -v "$T/junk:/junk" busybox /junk
	[ "$status" -eq 126 ]
	[[ "$output" == *'exec /junk: exec format error'* ]]
	rm "$T/junk"
	[ -z "$(hoy ps -aq)" ]
}

@test "no such container, for every command that names one" {
	for command in start stop restart kill rm logs wait top "exec nothing true" "rename nothing other" attach "stats --no-stream"; do
		case $command in
		*nothing*) run hoy $command ;;
		*) run hoy $command nothing ;;
		esac
		[ "$status" -eq 1 ] || { echo "$command: status $status"; false; }
		[[ "$output" == *"No such container: nothing"* ]] || { echo "$command: $output"; false; }
	done
}

@test "an archive that is broken or hostile is refused whole" {
	cd "$T"
	before=$(hoy images -aq | wc -l)
	head -c 5000 /dev/urandom >garbage.tar
	run hoy import garbage.tar
	[ "$status" -eq 1 ]
	tar -C "$(busybox_root)" -cf whole.tar bin
	head -c 600000 whole.tar >cut.tar
	run hoy import cut.tar
	[ "$status" -eq 1 ]
	[[ "$output" == *truncated* || "$output" == *"unexpected end"* ]]
	: >empty
	run hoy import empty
	python3 - <<'PY'
import io, tarfile
def make(name, *infos):
    with tarfile.open(name, "w") as t:
        for info in infos:
            t.addfile(info, io.BytesIO(b"x" * info.size))
def entry(name, kind=tarfile.REGTYPE, link="", size=0):
    i = tarfile.TarInfo(name); i.type = kind; i.linkname = link; i.size = size; i.mode = 0o755
    return i
make("dotdot.tar", entry("../../../../../../tmp/hoy-escaped", size=3))
make("abslink.tar", entry("link", tarfile.SYMTYPE, "/tmp"), entry("link/hoy-escaped", size=3))
make("rellink.tar", entry("link", tarfile.SYMTYPE, "../../../../../../../tmp"), entry("link/hoy-escaped", size=3))
make("hardlink.tar", entry("hard", tarfile.LNKTYPE, "../../../../../../etc/passwd"))
make("abshard.tar", entry("hard", tarfile.LNKTYPE, "/etc/passwd"))
PY
	for tar in dotdot abslink rellink hardlink abshard; do
		run timeout 20 hoy import "$tar.tar" "evil-$tar"
		[ ! -e /tmp/hoy-escaped ] || { echo "$tar escaped"; rm -f /tmp/hoy-escaped; false; }
		[ "$status" -eq 0 ] || [ "$status" -eq 1 ]
		hoy rmi -f "evil-$tar" >/dev/null 2>&1 || true
	done
	[ "$(stat -c %h /etc/passwd)" -eq 1 ]
	[ "$(hoy images -aq | wc -l)" -ge "$before" ]
	wait_for nothing_half_made
}

@test "a 10 GB hole costs no 10 GB" {
	cd "$T"
	truncate -s 10G hole
	tar --sparse -cf hole.tar hole
	rm hole
	run timeout 60 hoy import hole.tar holes
	[ "$status" -eq 0 ]
	[ "$(du -sm "$T/data" | cut -f1)" -lt 500 ]
	hoy rmi holes
}

@test "a full disk during import is a clean failure" {
	mkdir -p "$T/small"
	mount -t tmpfs -o size=8m tmpfs "$T/small"
	sed "s|\"data-root\": \"[^\"]*\"|\"data-root\": \"$T/small/data\"|; s|$T/run|$T/run2|" "$HOY_CONFIG" >"$T/small.json"
	head -c 20000000 /dev/urandom >"$T/big"
	tar -C "$T" -cf "$T/big.tar" big
	HOY_CONFIG=$T/small.json run hoy import "$T/big.tar" big
	local code=$status text=$output
	HOY_CONFIG=$T/small.json run hoy images -q
	local images=$output
	left=$(find "$T/small/data/tmp" "$T/small/data/layers" -mindepth 1 2>/dev/null | head -n 3)
	umount "$T/small"
	[ "$code" -eq 1 ]
	[[ "$text" == *"No space left on device"* || "$text" == *"no space left on device"* ]]
	[ -z "$images" ]
	[ -z "$left" ]
}

@test "an OCI runtime that is not there is the engine's fault, not the program's" {
	local b=$T/no-runtime
	mkdir "$b"
	cp "$HOY_BUILD"/{hoy,hoyd,hoy-monitor} "$b"
	refused 125 "cannot execute the OCI runtime $b/hoy-runtime (ENOENT)" env PATH="$b:$PATH" "$b/hoy" run --rm --network none busybox true
	rm -r "$b"
}

@test "a command that cannot be executed in a container, in Docker's words" {
	hoy run -d --name ee --network none busybox sleep 100
	run_status 127 hoy exec ee frobnicate
	[ "${output%$'\r'}" = 'OCI runtime exec failed: exec failed: unable to start container process: exec: "frobnicate": executable file not found in $PATH' ]
	run_status 126 hoy exec ee /etc
	[ "${output%$'\r'}" = 'OCI runtime exec failed: exec failed: unable to start container process: exec: "/etc": is a directory' ]
}
