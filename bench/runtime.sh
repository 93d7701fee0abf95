# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by bench/run: the runtimes by themselves, on one bundle of docker's defaults (six namespaces, seccomp, cgroups).

# runtimes: NAME COMMAND of each that is here.
runtimes() {
	printf 'hoy-runtime\t%s\n' "$(command -v hoy-runtime) --root $W/rt"
	[ -z "$CRUN" ] || printf 'crun\t%s\n' "$CRUN --root $W/crun"
	! command -v runc >/dev/null || printf 'runc\t%s\n' "$(command -v runc) --root $W/runc"
}

# bundle_change FROM TO FILTER
bundle_change() {
	mkdir -p "$2"
	jq "$3" "$1/config.json" >"$2/config.json"
}

# each_ms N COMMAND...: mean milliseconds of N calls, {} being their number; "-" when one fails.
each_ms() {
	local n=$1 i start
	shift
	start=$(date +%s%N)
	for i in $(seq "$n"); do
		"${@//\{\}/$i}" </dev/null >/dev/null 2>&1 || { echo -; return; }
	done
	awk -v ns="$(($(date +%s%N) - start))" -v n="$n" 'BEGIN { printf "%.2f", ns / n / 1e6 }'
}

# bundles_many N: $W/many/1 to N, each with a cgroup of its own (crun wants one by name).
bundles_many() {
	local config
	config=$(jq -c '.process.args = ["/bin/sleep", "10000"] | .linux.cgroupsPath = "/hoy-bench-many-@"' "$W/bundle-none/config.json")
	seq "$1" | sed "s|^|$W/many/|" | xargs mkdir -p
	printf '%s\n' "$config" | awk -v n="$1" -v dir="$W/many/" '{
		split($0, part, "hoy-bench-many-@")
		for (i = 1; i <= n; i++) {
			file = dir i "/config.json"
			print part[1] "hoy-bench-many-" i part[2] >file
			close(file)
		}
	}'
}

thousand() { # NAME COMMAND: create, start and delete of many containers at once
	local name=$1 n=${MANY:-1000}
	# shellcheck disable=SC2086 # a command with options
	set -- $2
	printf '| %s | %s | %s | %s |\n' "$name" "$(each_ms "$n" "$@" create -b "$W/many/{}" many-{})" \
		"$(each_ms "$n" "$@" start many-{})" "$(each_ms "$n" "$@" delete --force many-{})"
}

least_memory() { # COMMAND: the smallest limit of the container's memory, in KiB, with which three of three start
	local kib good=- i
	for kib in 16384 8192 4096 2048 1024 512 384 320 256 224 192 160 128; do
		bundle_change "$W/bundle-none" "$W/bundle-memory" ".linux.resources.memory = {limit: ($kib * 1024)} | .linux.cgroupsPath = \"/hoy-bench-mem\""
		for i in 1 2 3; do
			# shellcheck disable=SC2086 # a command with options
			$1 run -b "$W/bundle-memory" "mem-$kib-$i" >/dev/null 2>&1 || { echo "$good"; return; }
		done
		good=$kib
	done
	echo "$good"
}

runtime_tables() {
	local name command run_cmds=() exec_cmds=()
	bundles_many "${MANY:-1000}"
	while IFS=$'\t' read -r name command; do
		run_cmds+=("$name" "$command run -b $W/bundle-none b-$name")
		bundle_change "$W/many/1" "$W/target-$name" ".linux.cgroupsPath = \"/hoy-bench-target-$name\""
		# shellcheck disable=SC2086 # a command with options
		$command run -d -b "$W/target-$name" "target-$name" </dev/null >/dev/null 2>&1
		exec_cmds+=("$name" "$command exec target-$name /bin/true")
	done < <(runtimes)
	measure -n "${RUNTIME_RUNS:-100}" "${run_cmds[@]}" floor "$W/floor $root $W /bin/true" | table 'The runtime alone: run of a bundle' hoy-runtime
	measure -n 10 -p 500 "${run_cmds[@]}" | table 'the same, one start per half a second' hoy-runtime
	measure -n "${RUNTIME_RUNS:-100}" "${exec_cmds[@]}" | table 'The runtime alone: exec true' hoy-runtime
	while IFS=$'\t' read -r name command; do
		# shellcheck disable=SC2086 # a command with options
		$command delete --force "target-$name" >/dev/null 2>&1
	done < <(runtimes)
	printf '\n### %s containers: create, start, delete of each in turn (mean ms)\n\n| | create | start | delete |\n|---|---|---|---|\n' "${MANY:-1000}"
	while IFS=$'\t' read -r name command; do [ "$name" = runc ] || thousand "$name" "$command"; done < <(runtimes)
	printf '\n### Least memory limit that a container starts with (KiB)\n\n| | KiB |\n|---|---|\n'
	while IFS=$'\t' read -r name command; do printf '| %s | %s |\n' "$name" "$(least_memory "$command")"; done < <(runtimes)
}
