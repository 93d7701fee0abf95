# SPDX-License-Identifier: Apache-2.0
# AppArmor: containers run under the default profile unless they ask for another one, and it refuses what it should.
load lib

has_apparmor() {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] && [ -d /sys/kernel/security/apparmor ]
}

setup_file() {
	load lib
	engine_setup apparmor
	import_busybox busybox
}

teardown_file() {
	load lib
	engine_teardown
}

needs_apparmor() {
	has_apparmor || skip "the kernel has no AppArmor enabled"
	command -v apparmor_parser >/dev/null || skip "apparmor_parser is not installed"
}

label_of() { hoy run --rm "$@" busybox cat /proc/self/attr/current; }

@test "the default profile: loaded on demand, shown by inspect and info, by exec too" {
	needs_apparmor
	[ "$(label_of | tr -d '\0')" = "hoy-default (enforce)" ]
	grep -q '^hoy-default (enforce)' /sys/kernel/security/apparmor/profiles
	hoy run -d --name confined busybox sleep 1000
	[ "$(hoy inspect -f '{{.AppArmorProfile}}' confined)" = hoy-default ]
	[ "$(cat "/proc/$(pid_of confined)/attr/current")" = "hoy-default (enforce)" ]
	[ "$(hoy exec confined cat /proc/self/attr/current)" = "hoy-default (enforce)" ]
	[ "$(hoy exec --privileged confined cat /proc/self/attr/current)" = unconfined ]
	hoy stop -t 1 confined
	hoy rm confined
	[[ "$(hoy info)" == *apparmor* ]]
}

@test "unconfined and privileged containers, Docker's name for the default, a profile that is not loaded" {
	needs_apparmor
	[ "$(label_of --security-opt apparmor=unconfined)" = unconfined ]
	[ "$(label_of --privileged)" = unconfined ]
	[ "$(label_of --security-opt apparmor=docker-default)" = "hoy-default (enforce)" ]
	run_status 126 hoy run --rm --security-opt apparmor=no-such-profile busybox true ||
		run_status 127 hoy run --rm --security-opt apparmor=no-such-profile busybox true ||
		run_status 125 hoy run --rm --security-opt apparmor=no-such-profile busybox true
	[[ "$output" == *"apparmor profile 'no-such-profile'"* ]]
}

@test "what only the profile refuses: mounts and the kernel's files, with every capability" {
	needs_apparmor
	local all=(--cap-add ALL --security-opt seccomp=unconfined --security-opt systempaths=unconfined)
	run hoy run --rm "${all[@]}" busybox mount -t tmpfs none /mnt
	[ "$status" -ne 0 ]
	run hoy run --rm "${all[@]}" --security-opt apparmor=unconfined busybox sh -c 'mkdir -p /m && mount -t tmpfs none /m'
	[ "$status" -eq 0 ]
	run hoy run --rm "${all[@]}" busybox sh -c 'mount; echo 1 >/proc/sysrq-trigger'
	[ "$status" -ne 0 ]
	run hoy run --rm busybox sh -c 'kill -0 1 && echo signals reach its own'
	[ "$output" = "signals reach its own" ]
}

@test "without AppArmor: the defaults run, a profile of one's own is refused" {
	has_apparmor && skip "this kernel has it"
	hoy run --rm --security-opt apparmor=unconfined busybox true
	hoy run --rm --security-opt apparmor=docker-default busybox true
	run_status 125 hoy run --rm --security-opt apparmor=mine busybox true
	[[ "$output" == *"AppArmor is not enabled on the system, so that nothing would enforce the profile 'mine'"* ]]
}

@test "SELinux labels: ignored where no SELinux is, nonsense refused" {
	[ ! -e /sys/fs/selinux/enforce ] || skip "this kernel has SELinux"
	hoy run --rm --security-opt label=type:container_t --security-opt label=level:s0:c1,c2 busybox true
	hoy run --rm --security-opt label=disable busybox true
	run_status 125 hoy run --rm --security-opt label=colour:red busybox true
	[[ "$output" == *'bad SELinux option "label=colour:red"'* ]]
}
