/* SPDX-License-Identifier: Apache-2.0 */
/* hoy info */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"
#include "base/template.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "wire/system.h"

struct info_flags {
	char *format;
};

static const struct arg_option info_rows[] = {
	ARG_STR(struct info_flags, format, "format", 'f', "string", FORMAT_HELP),
};

static void add(struct strbuf *out, const char *name, const char *value)
{
	if (value && *value)
		strbuf_addf(out, " %s: %s\n", name, value);
}

static void add_list(struct strbuf *out, const char *name, char *const *items)
{
	if (!items || !*items)
		return;
	strbuf_addf(out, " %s:\n", name);
	for (; *items; items++)
		strbuf_addf(out, "  %s\n", *items);
}

static void add_plugins(struct strbuf *out, const char *name, char *const *plugins)
{
	cleanup_free char *joined = strv_join(plugins, " ");

	if (*joined)
		strbuf_addf(out, "  %s: %s\n", name, joined);
}

static void add_counts(struct strbuf *out, const struct system_info *i)
{
	strbuf_addf(out,
		    " Containers: %lld\n  Running: %lld\n  Paused: %lld\n  Stopped: %lld\n Images: "
		    "%lld\n",
		    (long long)i->containers, (long long)i->containers_running,
		    (long long)i->containers_paused, (long long)i->containers_stopped,
		    (long long)i->images);
	add(out, "Server Version", i->server_version);
	add(out, "Storage Driver", i->driver);
	for (size_t k = 0; k < i->n_driver_status; k++)
		if (strv_len(i->driver_status[k].items) == 2)
			strbuf_addf(out, "  %s: %s\n", i->driver_status[k].items[0],
				    i->driver_status[k].items[1]);
	add(out, "Logging Driver", i->logging_driver);
	add(out, "Cgroup Driver", i->cgroup_driver);
	add(out, "Cgroup Version", i->cgroup_version);
}

static void add_runtimes(struct strbuf *out, const struct system_info *i)
{
	strbuf_adds(out, " Plugins:\n");
	add_plugins(out, "Volume", i->plugins.volume);
	add_plugins(out, "Network", i->plugins.network);
	add_plugins(out, "Log", i->plugins.log);
	add(out, "Swarm", i->swarm.local_node_state);
	if (i->n_runtimes) {
		strbuf_adds(out, " Runtimes:");
		for (size_t k = 0; k < i->n_runtimes; k++)
			strbuf_addf(out, " %s", i->runtimes[k].key);
		strbuf_addc(out, '\n');
	}
	add(out, "Default Runtime", i->default_runtime);
	add(out, "Init Binary", i->init_binary);
	add(out, "containerd version", i->containerd_commit.id);
	add(out, "runc version", i->runc_commit.id);
	add(out, "init version", i->init_commit.id);
}

/* "name=seccomp,profile=builtin" -> "seccomp" and below it "Profile: builtin". */
static void add_security(struct strbuf *out, char *const *options)
{
	if (!options || !*options)
		return;
	strbuf_adds(out, " Security Options:\n");
	for (; *options; options++) {
		cleanup(strv_release) char **parts = strv_split(*options, ',');

		for (char **p = parts; *p; p++) {
			if (strncmp(*p, "name=", 5) == 0)
				strbuf_addf(out, "  %s\n", *p + 5);
			else if (strncmp(*p, "profile=", 8) == 0)
				strbuf_addf(out, "   Profile: %s\n", *p + 8);
		}
	}
}

static void add_machine(struct strbuf *out, const struct system_info *i)
{
	cleanup(strbuf_release) struct strbuf memory = STRBUF_INIT;

	size_human_binary((double)i->mem_total, &memory);
	add_security(out, i->security_options);
	add(out, "Kernel Version", i->kernel_version);
	add(out, "Operating System", i->operating_system);
	add(out, "OSType", i->os_type);
	add(out, "Architecture", i->architecture);
	strbuf_addf(out, " CPUs: %lld\n Total Memory: %s\n", (long long)i->ncpu,
		    strbuf_str(&memory));
	add(out, "Name", i->name);
	add(out, "ID", i->id);
	add(out, "Root Dir", i->docker_root_dir);
	strbuf_addf(out, " Debug Mode: %s\n", i->debug ? "true" : "false");
	add(out, "HTTP Proxy", i->http_proxy);
	add(out, "HTTPS Proxy", i->https_proxy);
	add(out, "No Proxy", i->no_proxy);
	add_list(out, "Labels", i->labels);
	strbuf_addf(out, " Experimental: %s\n", i->experimental_build ? "true" : "false");
	add_list(out, "Insecure Registries", i->registry_config.insecure_registry_cidrs);
	add_list(out, "Registry Mirrors", i->registry_config.mirrors);
	strbuf_addf(out, " Live Restore Enabled: %s\n", i->live_restore_enabled ? "true" : "false");
	add(out, "Firewall Backend", i->firewall_backend ? i->firewall_backend->driver : NULL);
}

static int print_text(struct cli *cli, const struct strbuf *body, struct error *err)
{
	cleanup(system_info_release) struct system_info info = { .id = NULL };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r;

	strbuf_addf(&out,
		    "Client:\n Version:    %s\n Context:    default\n Debug Mode: %s\n\nServer:\n",
		    HOY_VERSION, cli->debug ? "true" : "false");
	if (body->len == 0)
		return command_print(&out, err);
	r = json_decode(&system_info_shape, body->data, body->len, &info, err);
	if (r < 0)
		return r;
	add_counts(&out, &info);
	add_runtimes(&out, &info);
	add_machine(&out, &info);
	r = command_print(&out, err);
	for (char **w = info.warnings; w && *w; w++)
		fprintf(stderr, "%s\n", *w);
	return r;
}

static int print_template(const char *format, const struct strbuf *body, struct error *err)
{
	cleanup(template_release) struct template *tmpl = NULL;
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	cleanup_free char *text = NULL;
	bool table;
	int r;

	template_format(format, &table, &text);
	r = template_compile(text ? text : "{{json .}}", &tmpl, err);
	if (r == 0)
		r = template_execute(tmpl, TEMPLATE_STRICT, body->len ? body->data : "{}",
				     body->len ? body->len : 2, &out, err);
	strbuf_addc(&out, '\n');
	return r < 0 ? r : command_print(&out, err);
}

static int run_info(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct info_flags *flags = options;
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT;
	cleanup(error_release) struct error down = ERROR_INIT;
	struct client_call call = { .target = "/info" };
	int r;

	if (client_call(&cli->client, &call, &body, &down) < 0)
		strbuf_reset(&body);
	r = flags->format && *flags->format ? print_template(flags->format, &body, err)
					    : print_text(cli, &body, err);
	if (r == 0 && down.kind != ERR_NONE) {
		fprintf(stderr, "%s\n", error_text(&down));
		return 1;
	}
	return r;
}

const struct command cmd_info = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Display system-wide information",
			ARG_OPTIONS(info_rows),
		},
	.options_size = sizeof(struct info_flags),
	.run = run_info,
};
