/* SPDX-License-Identifier: Apache-2.0 */
/* From records to the shapes of the API. */
#include "engine/view.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"
#include "engine/start-net.h"

enum { SHORT_ID = 12 };

static void add_health(const char *health, struct strbuf *out)
{
	strbuf_addf(out, " (%s%s)", strcmp(health, "starting") == 0 ? "health: " : "", health);
}

char *view_status(const struct container_life *life, const char *health, int64_t now)
{
	struct strbuf out = STRBUF_INIT;

	switch (life->status) {
	case CONTAINER_RUNNING:
	case CONTAINER_PAUSED:
		strbuf_adds(&out, "Up ");
		clock_human(now - life->started, &out);
		if (life->status == CONTAINER_PAUSED)
			strbuf_adds(&out, " (Paused)");
		else if (health)
			add_health(health, &out);
		break;
	case CONTAINER_RESTARTING:
		strbuf_addf(&out, "Restarting (%lld) ", (long long)life->exit_code);
		clock_human(now - life->finished, &out);
		strbuf_adds(&out, " ago");
		break;
	case CONTAINER_REMOVING:
		strbuf_adds(&out, "Removal In Progress");
		break;
	case CONTAINER_DEAD:
		strbuf_adds(&out, "Dead");
		break;
	case CONTAINER_EXITED:
		if (life->finished == 0)
			break;
		strbuf_addf(&out, "Exited (%lld) ", (long long)life->exit_code);
		clock_human(now - life->finished, &out);
		strbuf_adds(&out, " ago");
		break;
	case CONTAINER_CREATED:
		strbuf_adds(&out, "Created");
		break;
	}
	return strbuf_take(&out);
}

/* A JSON array of strings stands alone as the member of a shape. */
struct args_view {
	char **args;
};

static const struct json_field args_fields[] = { FIELD_STRV(struct args_view, args, "a") };
static const struct json_shape args_shape = JSON_SHAPE(struct args_view, args_fields, 0);

char **view_args(const struct container *rec)
{
	cleanup_free char *text = xasprintf("{\"a\":%s}", rec->args);
	struct args_view view = { NULL };

	if (json_decode(&args_shape, text, strlen(text), &view, NULL) < 0)
		return NULL;
	return view.args;
}

char *view_command(const struct container *rec)
{
	cleanup(strv_release) char **args = view_args(rec);
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, rec->path);
	for (size_t i = 0; args && args[i]; i++) {
		bool quote = strchr(args[i], ' ') != NULL;

		strbuf_adds(&out, quote ? " '" : " ");
		strbuf_adds(&out, args[i]);
		if (quote)
			strbuf_addc(&out, '\'');
	}
	return strbuf_take(&out);
}

struct endpoint_settings view_endpoint(const struct endpoint *ep,
				       const struct endpoint_settings *asked,
				       const struct container *rec)
{
	struct endpoint_settings s = asked ? *asked : (struct endpoint_settings){ 0 };

	s.key = ep->network_name;
	s.mac_address = ep->mac;
	s.network_id = ep->network_id;
	s.endpoint_id = ep->endpoint_id;
	s.gateway = ep->gateway;
	s.ip_address = ep->ip;
	s.ip_prefix_len = ep->ip ? ep->prefix_len : 0;
	s.ipv6_gateway = ep->gateway6;
	s.global_ipv6_address = ep->ip6;
	s.global_ipv6_prefix_len = ep->ip6 ? ep->prefix6_len : 0;
	s.dns_names = NULL;
	if (ep->user_defined) {
		strv_push(&s.dns_names, rec->name);
		strv_extend(&s.dns_names, ep->names);
	}
	return s;
}

const struct endpoint_settings *view_asked(const struct endpoint_settings *asked, size_t n,
					   const char *name)
{
	for (size_t i = 0; i < n; i++) {
		const char *key = asked[i].key;

		if (key && (strcmp(key, name) == 0 ||
			    (strcmp(key, "default") == 0 && strcmp(name, "bridge") == 0)))
			return &asked[i];
	}
	return NULL;
}

static struct endpoint_settings *settings_add(struct endpoint_settings **list, size_t *n)
{
	*list = xrealloc(*list, *n + 1, sizeof(**list));
	(*list)[*n] = (struct endpoint_settings){ 0 };
	return &(*list)[(*n)++];
}

/* A network that it will join with its next start: by the name that was asked for. */
static void view_add_down(const char *key, const struct endpoint_settings *asked,
			  struct endpoint_settings **ret, size_t *ret_n)
{
	struct endpoint_settings *s = settings_add(ret, ret_n);

	if (asked)
		json_copy(&endpoint_settings_shape, asked, s);
	free(s->key);
	s->key = xstrdup(key);
}

void view_networks(const struct container *rec, const struct host_config *host,
		   const struct networking_config *networking, const struct endpoint *eps,
		   size_t n_eps, struct endpoint_settings **ret, size_t *ret_n)
{
	const char *mode = host->network_mode && host->network_mode[0] ? host->network_mode
								       : "bridge";
	const struct endpoint_settings *asked = networking->endpoints_config, *first;
	size_t n_asked = networking->n_endpoints_config;

	first = view_asked(asked, n_asked, mode);
	for (size_t i = 0; i < n_eps; i++) {
		struct endpoint_settings s = view_endpoint(
			&eps[i], view_asked(asked, n_asked, eps[i].network_name), rec);

		json_copy(&endpoint_settings_shape, &s, settings_add(ret, ret_n));
		strv_free(s.dns_names);
	}
	if (n_eps > 0 || mode_container(mode))
		return;
	if (!networking->complete)
		view_add_down(mode, first, ret, ret_n);
	for (size_t i = 0; i < n_asked; i++) {
		const struct endpoint_settings *s = &asked[i];

		if (s->key && (s != first || networking->complete))
			view_add_down(s->key, s, ret, ret_n);
	}
}

void view_mounts(const struct mount_list *mounts, struct mount_point **ret, size_t *ret_n)
{
	static const char *const types[] = {
		[MOUNT_BIND] = "bind", [MOUNT_TMPFS] = "tmpfs", [MOUNT_VOLUME] = "volume"
	};
	struct mount_point *out = xcalloc(mounts->n + 1, sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct container_mount *m = &mounts->items[i];

		if (m->kind == MOUNT_TMPFS && !m->from_mounts)
			continue;
		out[n++] = (struct mount_point){
			.type = xstrdup(types[m->kind]),
			.name = xstrdup(m->volume),
			.driver = m->kind == MOUNT_VOLUME ? xstrdup("local") : NULL,
			.source = xstrdup(m->source),
			.destination = xstrdup(m->target),
			.mode = xstrdup(m->mode),
			.rw = m->rw,
			.propagation = xstrdup(m->kind == MOUNT_VOLUME ? "" : m->propagation),
		};
	}
	*ret = out;
	*ret_n = n;
}
