# SPDX-License-Identifier: Apache-2.0
# make install: every program, page and unit in its place, and the installed programs find each other.
load lib

setup_file() {
	D=$(mktemp -d /tmp/hoy-install.XXXXXX)
	export D
	# what `make test` has built, as it is: its prefix is the default one
	DESTDIR=$D meson install -C "$HOY_BUILD/.." --no-rebuild --quiet >"$D/log" 2>&1 || cat "$D/log" >&2
	INSTALLED=$(meson introspect "$HOY_BUILD/.." --buildoptions | jq -r '.[] | select(.name == "prefix").value')
	export INSTALLED
}

teardown_file() {
	rm -rf "$D"
}

@test "programs, manual, completion, units and the group are in their places" {
	local file
	for file in bin/hoy bin/hoyd bin/hoy-runtime libexec/hoy/hoy-monitor libexec/hoy/hoy-init libexec/hoy/hoy-relay \
		libexec/hoy/hoy-fetch libexec/hoy/hoy-unpack libexec/hoy/hoy-pack libexec/hoy/hoy-copy libexec/hoy/hoy-tls libexec/hoy/hoy-dial \
		libexec/hoy/hoy-log; do
		[ -x "$D$INSTALLED/$file" ] || { echo "$file is missing"; false; }
	done
	for file in lib/systemd/system/hoyd.service lib/systemd/system/hoyd.socket lib/sysusers.d/hoy.conf \
		share/bash-completion/completions/hoy share/man/man1/hoy-run.1 share/man/man8/hoyd.8; do
		[ -s "$D$INSTALLED/$file" ] || { echo "$file is missing"; false; }
	done
	grep -qx "ExecStart=$INSTALLED/bin/hoyd -H fd://" "$D$INSTALLED/lib/systemd/system/hoyd.service"
}

@test "the installed hoy runs a container with the installed helpers" {
	needs_own_mounts
	engine_setup install
	import_busybox
	mkdir "$T/empty"
	# a mount namespace where the staged tree is at its prefix and the build tree is gone
	run unshare -m sh -c 'mount --bind "$D$INSTALLED" "$INSTALLED" && mount --bind "$T/empty" "$HOY_BUILD" &&
		"$INSTALLED/bin/hoy" run --rm --init busybox echo from the prefix'
	engine_teardown
	[ "$status" = 0 ] || { echo "$output"; false; }
	[ "$output" = "from the prefix" ]
}
