/* SPDX-License-Identifier: Apache-2.0 */
/* hoy-runtime features: what the runtime can do, as JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "runtime/command.h"
#include "runtime/filter.h"
#include "runtime/mount-options.h"
#include "sys/caps.h"
#include "sys/lsm.h"
#include "sys/namespace.h"

static const struct arg_spec features_spec = {
	.command = "features",
	.usage = "",
	.summary = "Print what this runtime can do",
};

static void add_names(struct strbuf *out, const char *key, const char *const *names)
{
	strbuf_addf(out, "\"%s\":[", key);
	for (size_t i = 0; names[i]; i++)
		strbuf_addf(out, "%s\"%s\"", i ? "," : "", names[i]);
	strbuf_addc(out, ']');
}

static void add_capabilities(struct strbuf *out)
{
	const char *names[65] = { NULL };
	size_t n = 0;

	for (unsigned int i = 0; i < 64; i++) {
		if (caps_known() & 1ULL << i && caps_name(i))
			names[n++] = caps_name(i);
	}
	add_names(out, "capabilities", names);
}

static void add_linux(struct strbuf *out)
{
	static const char *const modes[] = { "MPOL_DEFAULT",
					     "MPOL_PREFERRED",
					     "MPOL_BIND",
					     "MPOL_INTERLEAVE",
					     "MPOL_LOCAL",
					     "MPOL_PREFERRED_MANY",
					     "MPOL_WEIGHTED_INTERLEAVE",
					     NULL };
	static const char *const flags[] = { "MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES",
					     "MPOL_F_NUMA_BALANCING", NULL };
	static const char *const namespaces[] = { "cgroup", "ipc",  "mount", "network", "pid",
						  "time",   "user", "uts",   NULL };

	strbuf_adds(out, "\"linux\":{");
	add_names(out, "namespaces", namespaces);
	strbuf_addc(out, ',');
	add_capabilities(out);
	strbuf_adds(out,
		    ",\"cgroup\":{\"v1\":true,\"v2\":true,\"systemd\":true,\"systemdUser\":true,"
		    "\"rdma\":true},\"seccomp\":{\"enabled\":true,");
	add_names(out, "actions", filter_actions);
	strbuf_addc(out, ',');
	add_names(out, "operators", filter_operators);
	strbuf_addc(out, ',');
	add_names(out, "archs", filter_archs);
	strbuf_addc(out, ',');
	add_names(out, "knownFlags", filter_flag_names);
	strbuf_addc(out, ',');
	add_names(out, "supportedFlags", filter_flag_names);
	strbuf_adds(out, "},\"apparmor\":{\"enabled\":true},\"selinux\":{\"enabled\":true},"
			 "\"intelRdt\":{\"enabled\":false},\"memoryPolicy\":{");
	add_names(out, "modes", modes);
	strbuf_addc(out, ',');
	add_names(out, "flags", flags);
	strbuf_adds(out, "},\"mountExtensions\":{\"idmap\":{\"enabled\":true}},"
			 "\"netDevices\":{\"enabled\":true}}");
}

static int run_features(const struct globals *g, int argc, char **argv, int *ret_status,
			struct error *err)
{
	static const char *const hooks[] = { "prestart",
					     "createRuntime",
					     "createContainer",
					     "startContainer",
					     "poststart",
					     "poststop",
					     NULL };
	struct strbuf compact = STRBUF_INIT, text = STRBUF_INIT;
	cleanup_free char **words = NULL;
	char version[32];
	int r = command_parse(&features_spec, argc, argv, NULL, &words, err);

	(void)g;
	*ret_status = 0;
	if (r < 0)
		return r;
	filter_library_version(version, sizeof(version));
	strbuf_adds(&compact,
		    "{\"ociVersionMin\":\"1.0.0\",\"ociVersionMax\":\"" OCI_RUNTIME_VERSION "\",");
	add_names(&compact, "hooks", hooks);
	strbuf_addc(&compact, ',');
	add_names(&compact, "mountOptions", mount_options_known());
	strbuf_addc(&compact, ',');
	add_linux(&compact);
	strbuf_addf(&compact,
		    ",\"annotations\":{\"io.github.seccomp.libseccomp.version\":\"%s\","
		    "\"org.opencontainers.runc.checkpoint.enabled\":\"true\"},"
		    "\"potentiallyUnsafeConfigAnnotations\":[]}",
		    version);
	r = json_pretty(compact.data, compact.len, 4, &text, err);
	if (!r)
		(void)puts(strbuf_str(&text));
	strbuf_release(&compact);
	strbuf_release(&text);
	return r;
}

const struct command cmd_features = { .spec = &features_spec, .run = run_features };
