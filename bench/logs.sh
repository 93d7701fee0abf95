#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench/logs.sh BINDIR: 200 MB in lines of 100 bytes from a container into its log, and the last lines of a log of 10 GB, hoy
# beside docker. The section "## Logs" of bench/RESULTS.md. RUNS=n (default 3), KEEP=1: print only.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
HOY_BUILD=$(realpath "$1") BATS_TEST_DIRNAME=$PWD/test/integration
export PATH=$PATH:/usr/sbin
. test/integration/lib.bash
. test/integration/dockerd.bash
runs=${RUNS:-3} lines=2000000
finish() {
	if [ -e "$T/docker.pid" ]; then
		docker_ ps -aq | xargs -r docker --host "unix://$T/docker.sock" rm -f >/dev/null
		other_engines_stop
	fi
	engine_teardown
}
ENGINE=daemon engine_setup bench
trap finish EXIT
trap 'exit 130' INT TERM

now() { echo $((${EPOCHREALTIME/./} / 1000)); } # ms
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
client() { # ENGINE ARGUMENTS...
	local engine=$1
	shift
	case $engine in hoy) hoy "$@" ;; docker) docker_ "$@" ;; esac
}
# Milliseconds of processor time that these processes have had.
cpu_of() { cat "${@/%//stat}" 2>/dev/null | awk -v hz="$(getconf CLK_TCK)" '{ sum += $14 + $15 } END { print int(sum * 1000 / hz) }'; }
# The processes that the container's output goes through.
log_processes() { # ENGINE ID
	case $1 in
		hoy) grep -slaE "^[^ ]*hoy-monitor.*$2" /proc/[0-9]*/cmdline ;;
		docker) echo "/proc/$(cat "$T/docker.pid")/cmdline" && grep -slaE "^[^ ]*containerd-shim.*$2" /proc/[0-9]*/cmdline ;;
	esac | sed 's,/cmdline$,,'
}

# ENGINE OPTIONS...: "ms cpu" of one container's output.
output() {
	local engine=$1 id start ms before after
	shift
	rm -f "$T"/t/go "$T"/t/end
	id=$(client "$engine" run -d --network none -v "$T/t:/t" "$@" busybox \
		sh -c 'while [ ! -e /t/go ]; do usleep 10000; done; cat /t/lines; touch /t/end; sleep 1000')
	mapfile -t procs < <(log_processes "$engine" "$id")
	before=$(cpu_of "${procs[@]}")
	start=$(now)
	touch "$T/t/go"
	until [ -e "$T/t/end" ]; do sleep 0.01; done
	ms=$(($(now) - start))
	until [ "$(client "$engine" logs -n 1 "$id" 2>/dev/null)" = last ]; do sleep 0.1; done
	after=$(cpu_of "${procs[@]}")
	client "$engine" rm -f "$id" >/dev/null
	echo "$ms $((after - before))"
}

rows() {
	local engine driver n
	for engine in "${engines[@]}"; do
		for driver in json-file local; do
			for ((n = 0; n < runs; n++)); do
				output "$engine" --log-driver "$driver" --log-opt max-size=1g --log-opt max-file=2 --log-opt compress=false
			done >"$T/rows"
			awk -v e="$engine" -v d="$driver" -v ms="$(cut -d' ' -f1 "$T/rows" | median)" -v cpu="$(cut -d' ' -f2 "$T/rows" | median)" \
				'BEGIN { printf "| %s, %s | %d | %d | %d |\n", e, d, ms, 200000 / ms, cpu }'
		done
	done
}

# A log of ten gigabytes, all but its ends a hole, and what its last lines take.
tail_of_much() {
	local id log start
	id=$(client hoy run -d --network none --log-opt max-size=-1 busybox sh -c 'seq 1 100000')
	client hoy wait "$id" >/dev/null
	log=$(client hoy inspect -f '{{.LogPath}}' "$id")
	cp "$log" "$T/end"
	truncate -s 10G "$log"
	cat "$T/end" >>"$log"
	start=$(now)
	[ "$(client hoy logs -n 1000 "$id" | tail -n 1)" = 100000 ]
	echo $(($(now) - start))
}

main() {
	mkdir "$T/t"
	{ awk -v n=$((lines - 1)) 'BEGIN { for (i = 0; i < n; i++) printf "%099d\n", i }' && echo last; } >"$T/t/lines"
	import_busybox busybox >/dev/null
	engines=(hoy)
	if dockerd_start; then
		engines+=(docker)
		tar -C "$(busybox_root)" --exclude ./.done -c . | docker_ import - busybox >/dev/null
	fi
	cat <<-END
		## Logs

		Made by \`bench/logs.sh\` ($(date -u +%Y-%m-%d), $(nproc) cores, kernel $(uname -r), medians of $runs; load at the start: $(cut -d' ' -f1-3 /proc/loadavg)).
		A container writes 200 MB in lines of 100 bytes: until its last write(2) returns, and the processor time of what takes them (hoy-monitor; dockerd and its shim).

		| | ms | MB/s | CPU ms |
		|---|---|---|---|
	END
	rows
	printf '\nThe last 1,000 lines of a log of 10 GB: %d ms.\n' "$(tail_of_much)"
}
main | tee "$T/section"
[ -z "${KEEP:-}" ] || exit 0
# before the images, which are last
awk -v section="$T/section" '
	/^## / { skip = /^## Logs$/ }
	/^## Images$/ { while ((getline line <section) > 0) print line; print ""; done = 1 }
	!skip { print }
	END { if (!done) while ((getline line <section) > 0) print line }' bench/RESULTS.md >"$T/results"
cp "$T/results" bench/RESULTS.md
