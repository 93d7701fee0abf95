/* SPDX-License-Identifier: Apache-2.0 */
/* hoy port */
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "cli/command.h"
#include "client/containers.h"

static void add_bindings(const struct port_map_entry *entry, bool named, char ***lines)
{
	for (size_t i = 0; i < entry->n_bindings; i++) {
		const char *ip = entry->bindings[i].host_ip ? entry->bindings[i].host_ip : "";
		const char *number = entry->bindings[i].host_port;
		cleanup_free char *address = strchr(ip, ':') ? xasprintf("[%s]:%s", ip, number)
							     : xasprintf("%s:%s", ip, number);

		if (named)
			strv_pushf(lines, "%s -> %s", entry->key, address);
		else
			strv_push(lines, address);
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int print_lines(char **lines, struct error *err)
{
	cleanup(strbuf_release) struct strbuf out = STRBUF_INIT;

	if (lines)
		qsort(lines, strv_len(lines), sizeof(*lines), compare_lines);
	for (; lines && *lines; lines++)
		strbuf_addf(&out, "%s\n", *lines);
	return command_print(&out, err);
}

static int run_port(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(container_inspect_release) struct container_inspect c = { NULL };
	cleanup(strv_release) char **lines = NULL;
	cleanup_free char *wanted = NULL;
	int r = client_inspect(&cli->client, argv[0], &c, err);

	if (r < 0)
		return r;
	if (argv[1])
		wanted = xasprintf("%s%s", argv[1], strchr(argv[1], '/') ? "" : "/tcp");
	for (size_t i = 0; i < c.network_settings.n_ports; i++)
		if (!wanted || strcmp(c.network_settings.ports[i].key, wanted) == 0)
			add_bindings(&c.network_settings.ports[i], !wanted, &lines);
	if (wanted && !lines)
		return error_set(err, ERR_NOT_FOUND, 0,
				 "Error: No public port '%s' published for %s", argv[1], argv[0]);
	return print_lines(lines, err);
}

const struct command cmd_port = {
	.spec =
		{
			.usage = "CONTAINER [PRIVATE_PORT[/PROTO]]",
			.summary = "List port mappings or a specific mapping for the container",
			.min_args = 1,
			.max_args = 2,
		},
	.run = run_port,
};
