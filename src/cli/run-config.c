/* SPDX-License-Identifier: Apache-2.0 */
/* From the options of run and create to the request: what needs more than one option, a file, or a
 * check. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/parse.h"
#include "base/strv.h"
#include "cli/device-spec.h"
#include "cli/flag-values.h"
#include "cli/key-value.h"
#include "cli/mount-spec.h"
#include "cli/port-spec.h"
#include "cli/run-options.h"
#include "cli/security-spec.h"
#include "oci/reference.h"

static int finish_streams(struct run_options *o, struct error *err)
{
	struct container_config *c = &o->request.config;

	for (char **a = o->attach; a && *a; a++) {
		c->attach_stdin |= strcmp(*a, "stdin") == 0;
		c->attach_stdout |= strcmp(*a, "stdout") == 0;
		c->attach_stderr |= strcmp(*a, "stderr") == 0;
	}
	if (c->open_stdin)
		c->attach_stdin = true;
	if (!o->attach)
		c->attach_stdout = c->attach_stderr = true;
	c->stdin_once = c->open_stdin && c->attach_stdin;
	return 0;
}

/* Those with a source are binds; the others name anonymous volumes. */
static int finish_volumes(struct run_options *o, struct error *err)
{
	for (char **v = o->volumes; v && *v; v++) {
		cleanup_free char *bind = NULL;
		int r = volume_spec_parse(*v, &bind, err);

		if (r < 0)
			return r;
		if (bind)
			strv_push_take(&o->request.host_config.binds, take_ptr(bind));
		else if (!strv_contains(o->request.config.volumes, *v))
			strv_push(&o->request.config.volumes, *v);
	}
	return 0;
}

static struct port_map_entry *port_entry(struct host_config *hc, const char *port)
{
	for (size_t i = 0; i < hc->n_port_bindings; i++)
		if (strcmp(hc->port_bindings[i].key, port) == 0)
			return &hc->port_bindings[i];
	hc->port_bindings =
		xrealloc(hc->port_bindings, hc->n_port_bindings + 1, sizeof(*hc->port_bindings));
	hc->port_bindings[hc->n_port_bindings] = (struct port_map_entry){ .key = xstrdup(port) };
	return &hc->port_bindings[hc->n_port_bindings++];
}

static void add_binding(struct host_config *hc, struct port_mapping *map)
{
	struct port_map_entry *entry = port_entry(hc, map->port);

	entry->bindings =
		xrealloc(entry->bindings, entry->n_bindings + 1, sizeof(*entry->bindings));
	entry->bindings[entry->n_bindings++] =
		(struct port_binding){ take_ptr(map->host_ip), take_ptr(map->host_port) };
}

static int finish_ports(struct run_options *o, struct error *err)
{
	cleanup(port_list_release) struct port_list list = { NULL, 0 };
	size_t published;
	int r = 0;

	for (char **p = o->publish; p && *p && r == 0; p++)
		r = port_spec_parse(*p, &list, err);
	published = list.n;
	for (char **e = o->expose; e && *e && r == 0; e++)
		r = expose_spec_parse(*e, &list, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < list.n; i++) {
		if (!strv_contains(o->request.config.exposed_ports, list.items[i].port))
			strv_push(&o->request.config.exposed_ports, list.items[i].port);
		if (i < published)
			add_binding(&o->request.host_config, &list.items[i]);
	}
	return 0;
}

static int finish_devices(struct run_options *o, struct error *err)
{
	struct host_config *hc = &o->request.host_config;

	for (char **d = o->devices; d && *d; d++) {
		struct device_mapping dev = { NULL };
		int r = device_spec_parse(*d, &dev, err);

		if (r < 0)
			return r;
		hc->devices = xrealloc(hc->devices, hc->n_devices + 1, sizeof(*hc->devices));
		hc->devices[hc->n_devices++] = dev;
	}
	return 0;
}

static int finish_environment(struct run_options *o, struct error *err)
{
	cleanup(strv_release) char **labels = NULL;
	int r = key_values_read_files(o->env_files, true, &o->request.config.env, err);

	if (r < 0)
		return r;
	strv_extend(&o->request.config.env, o->env);
	r = key_values_read_files(o->label_files, false, &labels, err);
	if (r < 0)
		return r;
	strv_extend(&labels, o->labels);
	key_values_to_map(labels, &o->request.config.labels);
	return 0;
}

static int check_mode(const char *mode, const char *const *allowed, const char *text,
		      struct error *err)
{
	if (!mode || !*mode)
		return 0;
	for (; *allowed; allowed++) {
		size_t len = strlen(*allowed);

		if (strcmp(mode, *allowed) == 0)
			return 0;
		if ((*allowed)[len - 1] == ':' && strncmp(mode, *allowed, len) == 0 && mode[len])
			return 0;
	}
	return error_set(err, ERR_INVALID, 0, "%s", text);
}

static int check_modes(const struct host_config *hc, struct error *err)
{
	static const char *const pid[] = { "host", "container:", NULL };
	static const char *const host[] = { "host", NULL };
	static const char *const cgroup[] = { "host", "private", NULL };
	static const char *const user[] = { "host", "auto", "auto:", NULL };
	int r;

	r = check_mode(hc->pid_mode, pid, "--pid: invalid PID mode", err);
	if (r == 0)
		r = check_mode(hc->uts_mode, host, "--uts: invalid UTS mode", err);
	if (r == 0)
		r = check_mode(hc->userns_mode, user, "--userns: invalid USER mode", err);
	if (r == 0)
		r = check_mode(hc->cgroupns_mode, cgroup, "--cgroupns: invalid CGROUP mode", err);
	return r;
}

static int finish_restart(struct run_options *o, struct error *err)
{
	struct restart_policy *p = &o->request.host_config.restart_policy;
	int r = restart_parse(o->restart, p, err);

	if (r < 0)
		return r;
	if (o->request.host_config.auto_remove && *p->name && strcmp(p->name, "no") != 0)
		return error_set(err, ERR_INVALID, 0,
				 "conflicting options: cannot specify both --restart and --rm");
	return 0;
}

static int check_health(const struct health_flags *h, struct error *err)
{
	const struct {
		int64_t value;
		const char *name;
	} times[] = {
		{ h->interval, "interval" },
		{ h->timeout, "timeout" },
		{ h->start_period, "start-period" },
		{ h->start_interval, "start-interval" },
	};

	static const char *const actions[] = { "none", "kill", "restart", "stop" };
	bool known = !h->on_failure;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		if (times[i].value < 0)
			return error_set(err, ERR_INVALID, 0, "--health-%s cannot be negative",
					 times[i].name);
	for (size_t i = 0; !known && i < ARRAY_SIZE(actions); i++)
		known = strcmp(h->on_failure, actions[i]) == 0;
	if (!known)
		return error_set(err, ERR_INVALID, 0,
				 "invalid --health-on-failure '%s': none, kill, restart or stop",
				 h->on_failure);
	if (h->retries.set && h->retries.value < 0)
		return error_set(err, ERR_INVALID, 0, "--health-retries cannot be negative");
	return 0;
}

static int finish_health(struct run_options *o, struct error *err)
{
	const struct health_flags *h = &o->health;
	bool any = h->cmd || h->interval || h->timeout || h->start_period || h->start_interval ||
		   h->retries.set || h->on_failure;
	struct health_config *c;
	int r = check_health(h, err);

	if (r < 0)
		return r;
	if (h->none && any)
		return error_set(err, ERR_INVALID, 0,
				 "--no-healthcheck conflicts with --health-* options");
	if (!h->none && !any)
		return 0;
	c = o->request.config.healthcheck = xcalloc(1, sizeof(*c));
	if (h->none) {
		strv_push(&c->test, "NONE");
		return 0;
	}
	if (h->cmd) {
		strv_push(&c->test, "CMD-SHELL");
		strv_push(&c->test, h->cmd);
	}
	c->interval = h->interval;
	c->timeout = h->timeout;
	c->start_period = h->start_period;
	c->start_interval = h->start_interval;
	c->retries = h->retries.value;
	if (h->on_failure && strcmp(h->on_failure, "none") != 0)
		c->on_failure = xstrdup(h->on_failure);
	return 0;
}

static int finish_resources(struct run_options *o, struct error *err)
{
	struct host_config *hc = &o->request.host_config;
	int64_t swappiness = o->memory_swappiness;

	if (swappiness != -1 && (swappiness < 0 || swappiness > 100))
		return error_set(err, ERR_INVALID, 0,
				 "invalid value: %lld. Valid memory swappiness range is 0-100",
				 (long long)swappiness);
	hc->memory_swappiness = (struct opt_i64){ swappiness != -1, swappiness };
	hc->oom_kill_disable = (struct opt_bool){ true, o->oom_kill_disable };
	hc->pids_limit = o->pids_limit;
	hc->n_console_size = 2; /* {0, 0}: not known; run fills it in for a terminal */
	hc->console_size = xcalloc(2, sizeof(*hc->console_size));
	return 0;
}

/* A name, or a whole id, which is no name. */
static int check_image(const char *image, struct error *err)
{
	cleanup(reference_release) struct reference ref = REFERENCE_INIT;

	if (strlen(image) == 64 && strspn(image, "0123456789abcdef") == 64)
		return 0;
	return reference_parse(image, &ref, err);
}

static int finish_command(struct run_options *o, char *const *argv, struct error *err)
{
	struct container_config *c = &o->request.config;

	if (o->use_api_socket)
		return error_set(err, ERR_NOT_IMPLEMENTED, 0, "--use-api-socket is not supported");
	if (!o->request.host_config.rootfs) {
		if (!*argv)
			return error_set(err, ERR_INVALID, 0, "an image or --rootfs is needed");
		if (check_image(*argv, err) < 0)
			return -EINVAL;
		c->image = xstrdup(*argv++);
	}
	if (*argv)
		strv_extend(&c->cmd, argv);
	if (o->entrypoint)
		strv_push(&c->entrypoint, o->entrypoint);
	return 0;
}

int run_options_finish(struct run_options *o, char *const *argv, struct error *err)
{
	static int (*const steps[])(struct run_options * o, struct error * err) = {
		finish_streams, finish_resources,   finish_volumes, finish_ports,
		finish_devices, finish_environment, finish_restart, finish_health,
	};
	struct host_config *hc = &o->request.host_config;
	int r;

	if (strcmp(o->pull, "always") != 0 && strcmp(o->pull, "missing") != 0 &&
	    strcmp(o->pull, "never") != 0)
		return error_set(err, ERR_INVALID, 0,
				 "invalid pull option: '%s': must be one of \"always\", "
				 "\"missing\" or \"never\"",
				 o->pull);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		r = steps[i](o, err);
		if (r < 0)
			return r;
	}
	r = check_modes(hc, err);
	if (r < 0)
		return r;
	r = log_opts_configure(o->log_opts, &hc->log_config, err);
	if (r < 0)
		return r;
	r = security_opts_configure(o->security_opts, hc, err);
	if (r < 0)
		return r;
	r = storage_opts_configure(o->storage_opts, &hc->storage_opt, err);
	if (r < 0)
		return r;
	r = network_configure(&o->networks, &o->network_extras, &o->request, err);
	if (r < 0)
		return r;
	return finish_command(o, argv, err);
}
