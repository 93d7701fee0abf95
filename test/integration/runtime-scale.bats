#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Many containers, and little memory. SCALE=1000 for the whole measure; `make test` takes fewer.

load runtime

setup() { bundle_setup; }
teardown() { bundle_teardown; }

# each COMMAND...: run it for 1 to $n, {} being the number; one line of microseconds for each on stdout.
each() {
	python3 - "$n" "$T/err" "$@" 3>&- <<-'EOF'
	import subprocess, sys, time
	err = open(sys.argv[2], 'w+') # not a pipe: the container holds it
	for i in range(1, int(sys.argv[1]) + 1):
	    start = time.monotonic()
	    r = subprocess.run([w.replace('{}', str(i)) for w in sys.argv[3:]], stdin=subprocess.DEVNULL,
	                       stdout=subprocess.DEVNULL, stderr=err)
	    if r.returncode:
	        err.seek(0)
	        sys.exit('%d: %s' % (i, err.read()))
	    print(int((time.monotonic() - start) * 1e6))
	EOF
}

# constant FILE: the last fifth takes no more than three times what the first fifth does. By the least of each, which says what
# the work costs; the machine may be busy with other things.
constant() {
	awk -v file="$(basename "$1")" '
		{ t[NR] = $1 }
		END {
			k = int(NR / 5)
			for (i = 1; i <= k; i++) {
				if (!first || t[i] < first) first = t[i]
				if (!last || t[NR + 1 - i] < last) last = t[NR + 1 - i]
			}
			printf "# %s: %d us at the start, %d us with %d\n", file, first, last, NR
			exit last > 3 * first
		}' "$1"
}

@test "many containers: each is created, started and deleted in the same time; nothing is left" {
	n=${SCALE:-60}
	args sleep 1000
	config "c['linux']['cgroupsPath'] = ''"
	before=$(find /sys/fs/cgroup -maxdepth 2 -name 'many-*' | wc -l)
	each "$RUNTIME" --root "$ROOT" create -b "$B" many-{} >"$T/create"
	each "$RUNTIME" --root "$ROOT" start many-{} >"$T/start"
	[ "$(rt list -q | wc -l)" = "$n" ]
	each "$RUNTIME" --root "$ROOT" exec many-{} true >"$T/exec"
	each "$RUNTIME" --root "$ROOT" delete --force many-{} >"$T/delete"
	for what in create start exec; do
		constant "$T/$what" >&3
	done
	tac "$T/delete" >"$T/delete-last-first" # the first had all the others beside it
	constant "$T/delete-last-first" >&3
	[ -z "$(rt list -q)" ]
	[ "$(ls "$ROOT")" = "" ]
	[ "$(find /sys/fs/cgroup -maxdepth 2 -name 'many-*' | wc -l)" = "$before" ]
	[ -z "$(grep -F "$T" /proc/self/mountinfo)" ]
	[ -z "$(pgrep -f -- "--root $ROOT")" ]
}

@test "at the same time: eight creators, no id twice, nothing is left" {
	n=${SCALE:-60}
	args true
	config "c['linux']['cgroupsPath'] = ''"
	seq "$n" | xargs -P 8 -I{} "$RUNTIME" --root "$ROOT" run -b "$B" par-{} 3>&-
	[ "$(ls "$ROOT")" = "" ]
	# One id for all: one of them gets it, the others are told.
	config "c['process']['args'] = ['sleep', '1000']"
	seq 16 | xargs -P 8 -I{} sh -c "'$RUNTIME' --root '$ROOT' create -b '$B' same >/dev/null 2>>'$T/told' && echo one" 3>&- >"$T/won" || true
	[ "$(wc -l <"$T/won")" = 1 ]
	[ "$(grep -c 'already exists' "$T/told")" = 15 ]
	rt delete --force same
}

# The runtime shares the container's limit from before its first mount: what it needs itself must fit.
@test "a container of 512 KiB starts" {
	cp "$B/config.json" "$T/saved"
	config "c['linux']['resources']['memory'] = {'limit': 512 << 10}"
	args true
	for _ in 1 2 3 4 5; do
		rt_run
	done
}

@test "the runtime itself runs within 2 MiB, page tables and kernel memory included" {
	is_v2 && dir=/sys/fs/cgroup/$CG-tool || dir=/sys/fs/cgroup/memory/$CG-tool
	mkdir "$dir"
	if is_v2; then limit=memory.max; else limit=memory.limit_in_bytes; fi
	[ -e "$dir/$limit" ] || { rmdir "$dir"; skip_or_fail "no memory controller here"; }
	echo $((2 << 20)) >"$dir/$limit"
	args true
	rt_run # reads its files into the page cache, which is then not charged to the group
	for _ in 1 2 3; do
		run sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$dir" "$RUNTIME" --root "$ROOT" run -b "$B" "$ID" 3>&-
		[ "$status" -eq 0 ] || break
	done
	rmdir "$dir"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}
