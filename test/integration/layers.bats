#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Both layer drivers, by one suite: what they make of an archive is what GNU tar makes of it, and the same.

load lib

setup() {
	needs_own_mounts
	ENGINES=()
}

teardown() {
	local t
	for t in "${ENGINES[@]}"; do
		driver_use "$t"
		engine_teardown
	done
	rm -rf "${WORK:-}"
}

driver_use() { IFS=' ' read -r T BRIDGE CGROUP HOY_CONFIG DRIVER <<<"$1" && export T HOY_CONFIG; }

# each_driver COMMAND...: with an engine of each driver in turn; they stay until the end of the test.
each_driver() {
	local i
	for i in 0 1; do
		if [ -n "${ENGINES[$i]:-}" ]; then
			driver_use "${ENGINES[$i]}"
		else
			DRIVER=$([ "$i" = 0 ] && echo erofs || echo overlay)
			engine_setup "layers-$DRIVER"
			ENGINES[i]="$T $BRIDGE $CGROUP $HOY_CONFIG $DRIVER"
		fi
		"$@" || { echo "driver $DRIVER: $*"; return 1; }
	done
}

work() {
	WORK=$(mktemp -d /tmp/hoy-layers.XXXXXX)
	mkdir "$WORK/ref"
}

import_and_compare() { # TAR REFERENCE
	hoy import "$1" x >/dev/null
	compare_trees "$2" "$(layer_trees)" || return 1
	if [ "$DRIVER" = erofs ]; then
		cmp "$1" "$T"/data/layers/*/tar || return 1
		index_check "$T"/data/layers/* || return 1
	fi
	layer_trees_unmount
	hoy rmi x >/dev/null
	wait_for nothing_kept
}

nothing_kept() {
	local left
	left=$(find "$T/data/layers" "$T/data/tmp" -mindepth 1 2>/dev/null)
	[ -z "$left" ] || { echo "$left"; return 1; }
}

# fsck.erofs knows blocks of 512 bytes since 1.6.
index_check() {
	local version
	version=$(fsck.erofs -V 2>&1 | grep -o '[0-9][0-9]*\.[0-9][0-9]*' | head -n 1)
	dpkg --compare-versions "${version:-0}" lt 1.6 || fsck.erofs "--device=$1/tar" "$1/index"
}

nasty_tree() { # DIR
	local i long
	long=$(printf 'n%.0s' $(seq 255))
	mkdir -p "$1"/{many,sizes,"$long/$long",deep,odd}
	python3 - "$1" <<'EOF'
import os, sys
os.chdir(os.fsencode(sys.argv[1]))
for i in range(3000):
    open(b"many/%s%d" % (b"x" * (i * 7 % 230), i), "w").close()
for size in (0, 1, 511, 512, 513, 4095, 4096, 4097, 70000, 3 << 20):
    with open("sizes/%d" % size, "wb") as f:
        f.write(os.urandom(size))
for name in (b"!", b" ", b"-x", b"...", b"..x", b".x", b"\xff\xfe", b"a\nb", b"\xc3\xa4", b"\\", b"*", b"~"):
    open(b"odd/" + name, "w").close()
os.symlink("t" * 4000, "odd/target")
os.symlink("/" + "u" * 460, "odd/inline")
path = b"deep"
for i in range(60):
    path += b"/" + b"d" * 40
    os.mkdir(path)
open(path + b"/end", "w").close()
for i, name in enumerate((b"many/0", b"sizes/513", b"odd/target")):
    for k in range(3):
        os.link(name, b"odd/link%d.%d" % (i, k), follow_symlinks=False)
for i in range(40):
    for k in range(i % 4):
        os.setxattr(b"many/%s%d" % (b"x" * (i * 7 % 230), i), "user.k%d" % k, b"v" * (100 * k))
os.setxattr("odd", "user.big", os.urandom(3000))
with open("odd/sparse", "wb") as f:
    for i in range(20):
        f.seek(i * 3 * 65536)
        f.write(os.urandom(65536))
    f.truncate(100 << 20)
os.truncate(os.open("odd/hole", os.O_RDWR | os.O_CREAT), 5 << 30)
for i, ns in enumerate((-2250000000, 0, 1, 981173106123456789, 7258118400000000001)):
    os.utime("odd/link1.0" if i == 9 else "sizes/%d" % (511, 512, 513, 4095, 4096)[i], ns=(ns, ns))
os.chown("sizes/0", 4000000000, 3000000000)
os.chmod("sizes/1", 0o6711)
os.chmod("many", 0o1777)
EOF
	mkfifo "$1/odd/fifo"
	mknod "$1/odd/char" c 4095 1048575
	mknod "$1/odd/block" b 7 300
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$1/sizes/4097"
	setfacl -m u:1234:r,g:4321:rwx "$1/sizes/70000"
	setfacl -d -m u:7:rwx "$1/many"
	touch -d '2001-02-03 04:05:06.5' "$1/deep" "$1"
}

@test "what GNU tar unpacks and what each driver keeps are the same: nasty trees in the formats of GNU and POSIX" {
	work
	nasty_tree "$WORK/src"
	local format xattrs
	for format in gnu pax; do
		xattrs=(--xattrs "--xattrs-include=*")
		[ $format = pax ] || xattrs=()
		tar --sparse --format=$format "${xattrs[@]}" --numeric-owner -C "$WORK/src" -cf "$WORK/x.tar" .
		rm -rf "$WORK/ref"
		mkdir "$WORK/ref"
		tar "${xattrs[@]}" --numeric-owner -p -C "$WORK/ref" -xf "$WORK/x.tar"
		each_driver import_and_compare "$WORK/x.tar" "$WORK/ref"
	done
}

@test "duplicates, entries that replace others, implied parents, links across: both drivers see the same" {
	work
	python3 - "$WORK/x.tar" <<'EOF'
import io, sys, tarfile
t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
def add(name, type=tarfile.REGTYPE, data=b"", **kw):
    e = tarfile.TarInfo(name)
    e.type, e.size, e.mtime, e.mode = type, len(data), 1e9 + 0.25, 0o755
    for k, v in kw.items():
        setattr(e, k, v)
    t.addfile(e, io.BytesIO(data))
D, S, H = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
add("d", D)
add("d/twice", data=b"first" * 200)
add("d/twice", data=b"second")
add("d/file-then-dir", data=b"x")
add("d/file-then-dir", D)
add("d/file-then-dir/in", data=b"in")
add("d/dir-then-file", D)
add("d/empty", D)
add("d/link-then-file", S, linkname="/etc/passwd")
add("d/link-then-file", data=b"mine")
add("real", D)
add("link", S, linkname="real/../real")
add("link/through", data=b"through")
add("abs", S, linkname="/real")
add("abs/../abs/absolute", data=b"absolute")
add("d/orig", data=b"o" * 1000)
add("z/../d/hard", H, linkname="d/orig")
add("d/hard2", H, linkname="./d/hard")
add("d/symhard", H, linkname="link")
add("d", D, mode=0o700, mtime=5)
add("./", D, mode=0o711, mtime=77)
t.close()
EOF
	each_driver import_facts "$WORK/x.tar"
	diff "$WORK/facts.erofs" "$WORK/facts.overlay"
	grep -q '^d/twice f 0:0 755 1000000000.2500000000 1' "$WORK/facts.erofs"
	grep -q '^d/hard f .* 3 $' "$WORK/facts.erofs"
	grep -q '^real/absolute f' "$WORK/facts.erofs"
	grep -q '^real/through f' "$WORK/facts.erofs"
	grep -q '^d/file-then-dir/in f' "$WORK/facts.erofs"
}

import_facts() { # TAR
	hoy import "$1" x >/dev/null
	tree_facts "$(layer_trees)" >"$WORK/facts.$DRIVER"
	layer_trees_unmount
}

@test "whiteouts: hidden names, opaque directories, what the same layer has by the name, aufs' own files" {
	work
	python3 - "$WORK/x.tar" <<'EOF'
import io, sys, tarfile
t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
def add(name, type=tarfile.REGTYPE, data=b"", **kw):
    e = tarfile.TarInfo(name)
    e.type, e.size, e.mtime, e.mode = type, len(data), 5, 0o755
    for k, v in kw.items():
        setattr(e, k, v)
    t.addfile(e, io.BytesIO(data))
D = tarfile.DIRTYPE
add("d", D)
for name in (".wh.gone", ".wh..wh.plnk", "new", ".wh.new", "opaque/.wh..wh..opq", "opaque/in", ".wh.back"):
    add("d/" + name)
add("d/back", D)
add("d/back/in")
add("d/kept", D)
add("d/.wh.kept")
add("d/null", tarfile.CHRTYPE, devmajor=0, devminor=0)
add("d/.wh.again")
add("d/again", data=b"file")
t.close()
EOF
	each_driver import_whiteouts "$WORK/x.tar"
	sed -i '/^d\/opaque d/d' "$WORK"/facts.* # its time is that of the entry, or that of the unpacking
	diff <(grep -v '^d/\(gone\|null\) c' "$WORK/facts.erofs") <(grep -v '^d/\(gone\|null\) c' "$WORK/facts.overlay")
	[ "$(cat "$WORK/opaque.erofs")" = "back kept opaque " ]
	[ "$(cat "$WORK/opaque.overlay")" = "back kept opaque " ]
	for driver in erofs overlay; do
		grep -q '^./d/gone 0:0$' "$WORK/facts.$driver"
		grep -q '^./d/null 0:0$' "$WORK/facts.$driver"
		grep -q '^d/new f' "$WORK/facts.$driver"
		grep -q '^d/again f' "$WORK/facts.$driver"
		! grep -q 'plnk\|\.wh\.' "$WORK/facts.$driver"
	done
}

import_whiteouts() { # TAR
	local d
	hoy import "$1" x >/dev/null
	d=$(layer_trees)
	tree_facts "$d" >"$WORK/facts.$DRIVER"
	(cd "$d/d" && getfattr --absolute-names -n trusted.overlay.opaque -- * 2>/dev/null | sed -n 's/^# file: //p' | tr '\n' ' ') >"$WORK/opaque.$DRIVER"
	layer_trees_unmount
}

@test "what cannot be a layer is refused in one sentence, and nothing is kept" {
	work
	python3 - "$WORK" <<'EOF'
import io, os, sys, tarfile
def make(name, *entries):
    t = tarfile.open(os.path.join(sys.argv[1], name + ".tar"), "w", format=tarfile.GNU_FORMAT)
    for path, type, link in entries:
        e = tarfile.TarInfo(path)
        e.type, e.linkname = type, link
        t.addfile(e)
    t.close()
R, D, S, H = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
make("outside", ("../x", R, ""))
make("link-outside", ("x", H, "../../etc/passwd"))
make("link-nowhere", ("x", H, "y"))
make("link-dir", ("y", D, ""), ("x", H, "y"))
make("below-file", ("x", R, ""), ("x/y", R, ""))
make("below-dangling", ("x", S, "nowhere"), ("x/y", R, ""))
make("below-loop", ("x", S, "x"), ("x/y", R, ""))
make("long-name", ("n" * 256, R, ""))
make("long-path", ("d/" * 2100 + "x", R, ""))
make("whiteout-of-none", (".wh...", R, ""))
make("root-file", ("./", R, ""))
make("name-4097", ("/".join(["d" * 255] * 16) + "/x", R, "")) # 255 * 16 + 16 + 1
def header(name, type=b"0", size=None): # what no library writes
    h = bytearray(tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT))
    h[156:157] = type
    h[124:136] = size or h[124:136]
    h[148:156] = b"%06o\0 " % (sum(h[:148]) + sum(h[156:512]) + 8 * ord(" "))
    with open(os.path.join(sys.argv[1], name + ".tar"), "wb") as f:
        f.write(bytes(h) + bytes(1024))
header("type-unknown", type=b"Z")
header("size-negative", size=b"\xff" * 11 + b"\xf0")
header("size-minus", size=b"-0000000001\0")
header("size-huge", size=b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7)
EOF
	head -c 700 "$WORK/link-dir.tar" >"$WORK/truncated.tar"
	each_driver refuse_all
}

refuse_all() {
	local tar
	for tar in "$WORK"/*.tar; do
		run hoy import "$tar" x
		[ "$status" = 1 ] || { echo "$tar: status $status: $output"; return 1; }
		[ "$(wc -l <<<"$output")" = 1 ] || { echo "$tar: $output"; return 1; }
		nothing_kept || return 1
	done
}

@test "many entries take little memory: 200,000 files" {
	work
	python3 - "$WORK" <<'EOF'
import os, sys, tarfile
t = tarfile.open(os.path.join(sys.argv[1], "x.tar"), "w", format=tarfile.GNU_FORMAT)
for i in range(200000):
    e = tarfile.TarInfo("usr/share/%03d/some-file-name-%07d" % (i * 7919 % 1000, i))
    e.mtime = i
    t.addfile(e)
t.close()
EOF
	mkdir "$WORK/layer"
	touch "$WORK/layer/tar" "$WORK/layer/index"
	run_status 0 python3 - "$HOY_BUILD/hoy-unpack" "$WORK" <<'EOF'
import os, resource, socket, subprocess, sys
program, work = sys.argv[1:3]
ours, jobs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
frames, control = os.pipe()
temp, layer, tar = (os.open(p, os.O_RDONLY) for p in (work, work + "/layer", work + "/x.tar"))
job = subprocess.Popen(["bash", "-c", '"$0" <&%d 4<&%d 5</dev/null' % (jobs.fileno(), temp), program],
                       pass_fds=(jobs.fileno(), temp))
socket.send_fds(ours, [b"u"], [control, tar, layer])
for s in (ours, jobs):
    s.close()
os.close(control)
last = b""
while piece := os.read(frames, 65536):
    last = (last + piece)[-400:]
assert job.wait() == 0 and b'"diffID":"sha256:' in last, last
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
EOF
	echo "$output MB"
	[ "$output" -lt 64 ]
	[ -z "$(find "$WORK/layer" -name '.*' -type f)" ]
}

@test "127 layers; volumes and users come out of them" {
	work
	python3 - "$WORK" "$(busybox_root)" <<'EOF'
import hashlib, io, json, os, subprocess, sys, tarfile
work, root = sys.argv[1:3]
out = tarfile.open(os.path.join(work, "image.tar"), "w")
def add(name, data):
    e = tarfile.TarInfo(name)
    e.size = len(data)
    out.addfile(e, io.BytesIO(data))
diff_ids, layers = [], []
for i in range(127):
    if i == 0:
        data = subprocess.run(["tar", "-C", root, "-c", "."], check=True, stdout=subprocess.PIPE).stdout
    else:
        b = io.BytesIO()
        t = tarfile.open(fileobj=b, mode="w")
        for name in ("data/%d" % i, "data/last"):
            e = tarfile.TarInfo(name)
            e.size = 4
            t.addfile(e, io.BytesIO(b"%4d" % i))
        t.close()
        data = b.getvalue()
    diff_ids.append("sha256:" + hashlib.sha256(data).hexdigest())
    layers.append("%d/layer.tar" % i)
    add(layers[-1], data)
config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Cmd": ["sh"], "Volumes": {"/data": {}}},
                     "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
add("c.json", config)
add("manifest.json", json.dumps([{"Config": "c.json", "RepoTags": ["many:1"], "Layers": layers}]).encode())
out.close()
EOF
	each_driver run_many
}

run_many() {
	hoy load -q -i "$WORK/image.tar" || return 1
	run_status 0 hoy run --rm --user www many:1 sh -c 'id -u; ls /data | wc -l; cat /data/last' || return 1
	[ "$output" = $'33\n127\n 126' ] || { echo "$output"; return 1; }
	hoy rmi many:1 >/dev/null
	wait_for nothing_kept
}

@test "a store keeps its driver; an unknown one is refused" {
	work
	tar -C "$(busybox_root)" -cf "$WORK/x.tar" .
	each_driver keep_driver
	driver_use "${ENGINES[0]}"
	sed -i 's/"storage-driver": "[a-z]*"/"storage-driver": "zfs"/' "$HOY_CONFIG"
	run_status 1 hoy images
	[[ $output == *'storage-driver "zfs": there are erofs and overlay'* ]]
	sed -i 's/"storage-driver": "[a-z]*"/"storage-driver": "erofs"/' "$HOY_CONFIG"
}

keep_driver() {
	local other=overlay name=$DRIVER
	[ "$DRIVER" = erofs ] || other=erofs name=overlay2
	[ "$(hoy info -f '{{.Driver}}')" = "$name" ] || return 1
	hoy import "$WORK/x.tar" x >/dev/null
	sed -i "s/\"storage-driver\": \"$DRIVER\"/\"storage-driver\": \"$other\"/" "$HOY_CONFIG"
	[ "$(hoy info -f '{{.Driver}}')" = "$name" ] || return 1
	run_status 0 hoy run --rm x true || return 1
	hoy rmi x >/dev/null
	hoy info >/dev/null # an empty one takes what it is told
	[ "$(cat "$T/data/layer-driver")" = "$other" ] || return 1
	sed -i "s/\"storage-driver\": \"$other\"/\"storage-driver\": \"$DRIVER\"/" "$HOY_CONFIG"
}

@test "system migrate: layers change their driver, images stay; it may be killed and goes on; refused while a container runs" {
	work
	tar -C "$(busybox_root)" -cf "$WORK/x.tar" .
	DRIVER=overlay
	engine_setup layers-migrate
	ENGINES[0]="$T $BRIDGE $CGROUP $HOY_CONFIG $DRIVER"
	local id i tree
	id=$(hoy import "$WORK/x.tar" x)
	for i in 1 2 3; do
		mkdir "$WORK/$i"
		head -c 3000000 /dev/urandom >"$WORK/$i/file$i"
		tar -C "$WORK/$i" -cf "$WORK/$i.tar" .
		hoy import "$WORK/$i.tar" "x$i" >/dev/null
	done
	hoy save -o "$WORK/before.tar" x x1 x2 x3
	hoy run -d --name up x sleep 1000
	run_status 1 hoy system migrate --driver erofs
	[[ $output == *"container up runs: stop all containers first"* ]]
	hoy rm -f up
	hoy image mount x1 >/dev/null
	run_status 1 hoy system migrate --driver erofs
	[[ $output == *"is mounted: unmount it first"* ]]
	hoy image umount x1 >/dev/null
	run_status 1 hoy system migrate --driver zfs
	[[ $output == *'storage-driver "zfs": there are erofs and overlay'* ]]
	# killed in the middle: each layer is of one driver or the other, and works
	daemon_start
	hoy system migrate --driver erofs >"$WORK/out" 2>&1 3>&- &
	local client=$!
	wait_for sh -c "ls $T/data/layers/*/index"
	# shellcheck disable=SC2046 # one pid a word
	kill_ours KILL $(pgrep -f "hoyd --config-file $HOY_CONFIG") || true
	wait "$client" "$HOYD_PID" || true
	HOYD_PID=
	unset DOCKER_HOST
	[ "$(find "$T"/data/layers -maxdepth 2 -name index -o -maxdepth 2 -name diff | wc -l)" = 4 ]
	hoy run --rm x true
	hoy system migrate --driver erofs
	[ "$(find "$T"/data/layers -maxdepth 2 -name index | wc -l)" = 4 ]
	[ "$(find "$T"/data/layers -maxdepth 2 -name diff | wc -l)" = 0 ]
	[ "$(hoy info -f '{{.Driver}}')" = erofs ]
	hoy run --rm x cat /etc/passwd
	hoy save -o "$WORK/after.tar" x x1 x2 x3
	cmp "$WORK/before.tar" "$WORK/after.tar"
	run_status 0 hoy system migrate --driver overlay
	[[ $output == *"Layers migrated to overlay: 4"* ]]
	[ "$(find "$T"/data/layers -maxdepth 2 -name diff | wc -l)" = 4 ]
	[ "$(hoy info -f '{{.Driver}}')" = overlay2 ]
	for i in 1 2 3; do
		tree=$(layer_trees "$(hoy inspect -f '{{index .RootFS.Layers 0}}' "x$i")")
		cmp "$WORK/$i/file$i" "$tree/file$i"
	done
	[ "$(hoy inspect -f '{{.Id}}' x)" = "$id" ]
	wait_for test -z "$(find "$T/data/tmp" -mindepth 1)"
}
