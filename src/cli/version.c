/* SPDX-License-Identifier: Apache-2.0 */
/* hoy version */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/template.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "client/containers.h"
#include "wire/system.h"

struct version_flags {
	char *format;
};

static const struct arg_option version_rows[] = {
	ARG_STR(struct version_flags, format, "format", 'f', "string", FORMAT_HELP),
};

/* What Go calls this machine's architecture, as everywhere in the API. */
static const char *go_arch(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "i686", "386" },
		{ "armv7l", "arm" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(machine, names[i][0]) == 0)
			return names[i][1];
	return machine;
}

static char *client_json(const struct client *client, const char *arch)
{
	struct strbuf row = STRBUF_INIT;

	row_add(&row, "Version", HOY_VERSION);
	row_add(&row, "ApiVersion", client->api_version);
	row_add(&row, "DefaultAPIVersion", CLIENT_API_VERSION);
	row_add(&row, "GitCommit", "");
	row_add(&row, "GoVersion", "");
	row_add(&row, "Os", "linux");
	row_add(&row, "Arch", arch);
	row_add(&row, "BuildTime", "");
	row_add(&row, "Context", "default");
	return row_take(&row);
}

static void add_line(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, " %-18s %s\n", name, value);
}

static void add_client(struct strbuf *out, const struct client *client, const char *arch)
{
	cleanup_free char *os = xasprintf("linux/%s", arch);

	strbuf_adds(out, "Client:\n");
	add_line(out, "Version:", HOY_VERSION);
	add_line(out, "API version:", client->api_version);
	add_line(out, "OS/Arch:", os);
	add_line(out, "Context:", "default");
}

static void add_inner(struct strbuf *out, const char *name, const char *value)
{
	if (value && *value)
		strbuf_addf(out, "  %-17s %s\n", name, value);
}

static void add_component(struct strbuf *out, const struct system_component *c)
{
	strbuf_addf(out, " %s:\n", c->name);
	add_inner(out, "Version:", c->version);
	for (size_t i = 0; i < c->details.n; i++) {
		cleanup_free char *name = xasprintf("%s:", c->details.entries[i].key);

		add_inner(out, name, c->details.entries[i].value);
	}
}

static void add_server(struct strbuf *out, const struct system_version *v)
{
	cleanup_free char *api =
		xasprintf("%s (minimum version %s)", v->api_version, v->min_api_version);
	cleanup_free char *os = xasprintf("%s/%s", v->os, v->arch);

	strbuf_adds(out, "\nServer:");
	if (v->platform.name && *v->platform.name)
		strbuf_addf(out, " %s", v->platform.name);
	strbuf_adds(out, "\n Engine:\n");
	add_inner(out, "Version:", v->version);
	add_inner(out, "API version:", api);
	add_inner(out, "Go version:", v->go_version);
	add_inner(out, "Git commit:", v->git_commit);
	add_inner(out, "Built:", v->build_time);
	add_inner(out, "OS/Arch:", os);
	add_inner(out, "Experimental:", v->experimental ? "true" : "false");
	for (size_t i = 0; i < v->n_components; i++)
		if (v->components[i].name && strcmp(v->components[i].name, "Engine") != 0)
			add_component(out, &v->components[i]);
}

static int print_template(const char *format, const char *client, const struct strbuf *server,
			  struct error *err)
{
	cleanup(template_release) struct template *tmpl = NULL;
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT, out = STRBUF_INIT;
	cleanup_free char *text = NULL;
	bool table;
	int r;

	template_format(format, &table, &text);
	r = template_compile(text ? text : "{{json .}}", &tmpl, err);
	if (r < 0)
		return r;
	strbuf_addf(&json, "{\"Client\":%s,\"Server\":%s}", client,
		    server->len ? server->data : "null");
	r = template_execute(tmpl, 0, strbuf_str(&json), json.len, &out, err);
	strbuf_addc(&out, '\n');
	return r < 0 ? r : command_print(&out, err);
}

static int print_text(struct cli *cli, const char *arch, const struct strbuf *server,
		      struct error *err)
{
	cleanup(system_version_release) struct system_version v = { .version = NULL };
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;
	int r;

	add_client(&out, &cli->client, arch);
	if (server->len) {
		r = json_decode(&system_version_shape, server->data, server->len, &v, err);
		if (r < 0)
			return r;
		add_server(&out, &v);
	}
	return command_print(&out, err);
}

static int run_version(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	const struct version_flags *flags = options;
	cleanup(strbuf_release) struct strbuf server = STRBUF_INIT;
	cleanup(error_release) struct error down = ERROR_INIT;
	cleanup_free char *client = NULL;
	struct client_call call = { .target = "/version" };
	struct utsname uts;
	const char *arch;
	int r;

	if (uname(&uts) < 0)
		return error_set(err, ERR_SYSTEM, errno, "uname");
	arch = go_arch(uts.machine);
	if (client_call(&cli->client, &call, &server, &down) < 0)
		strbuf_reset(&server);
	client = client_json(&cli->client, arch);
	if (flags->format && *flags->format)
		r = print_template(flags->format, client, &server, err);
	else
		r = print_text(cli, arch, &server, err);
	if (r == 0 && down.kind != ERR_NONE) {
		fprintf(stderr, "%s\n", error_text(&down));
		return 1;
	}
	return r;
}

const struct command cmd_version = {
	.spec =
		{
			.usage = "[OPTIONS]",
			.summary = "Show the hoy version information",
			ARG_OPTIONS(version_rows),
		},
	.options_size = sizeof(struct version_flags),
	.run = run_version,
};
