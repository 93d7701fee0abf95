/* SPDX-License-Identifier: Apache-2.0 */
/* From a container's record to the text that lists show of it. */
#include "engine/summary.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "engine/health.h"
#include "engine/links.h"
#include "engine/view.h"
#include "engine/volume-mounts.h"

/* To be counted up when what is in a row, or means, changes. */
enum { SUMMARY_FORMAT = 2 };

static const struct json_field text_fields[] = {
	FIELD_STR(struct container_summary, image, "Image"),
	FIELD_STR(struct container_summary, image_id, "ImageID"),
	FIELD_STR(struct container_summary, command, "Command"),
	FIELD_I64(struct container_summary, created, "Created"),
};
static const struct json_shape text_shape = JSON_SHAPE(struct container_summary, text_fields, 0);

/* What the client's table does not show. */
static const struct json_field rest_fields[] = {
	FIELD_MAP(struct container_summary, labels, "Labels"),
	FIELD_OBJ(struct container_summary, host_config, "HostConfig",
		  &container_summary_host_config_shape),
	FIELD_ARRAY(struct container_summary, mounts, n_mounts, "Mounts", &mount_point_shape),
};
static const struct json_shape rest_shape = JSON_SHAPE(struct container_summary, rest_fields, 0);

/* A volume's directory lies below the data root. */
char *summary_made(const struct engine *e)
{
	return xasprintf("%d %s", SUMMARY_FORMAT, e->config->data_root);
}

/* The kept members, as text. Labels and annotations are only looked at. */
static void add_texts(const struct container *rec, const struct summary_source *from,
		      const struct mount_list *mounts, struct summary_record *ret)
{
	struct strbuf text = STRBUF_INIT, rest = STRBUF_INIT;
	cleanup_free char *command = view_command(rec);
	struct container_summary s = {
		.image = rec->image[0] ? rec->image : from->host->rootfs,
		.image_id = rec->image_id,
		.command = command,
		.created = rec->created / 1000000000,
		.labels = from->config->labels,
		.host_config.network_mode = from->host->network_mode,
		.host_config.annotations = from->host->annotations,
	};

	view_mounts(mounts, &s.mounts, &s.n_mounts);
	json_encode(&text_shape, &s, &text);
	json_encode(&rest_shape, &s, &rest);
	json_release_array(&mount_point_shape, s.mounts, s.n_mounts);
	ret->text = strbuf_take(&text);
	ret->rest = strbuf_take(&rest);
}

void summary_add_network(const char *name, struct strbuf *out)
{
	struct endpoint_settings none = { .key = (char *)name };
	const struct container_summary_network_settings plain = { &none, 1 };

	json_encode(&container_summary_network_settings_shape, &plain, out);
}

/* Nearly all containers are on one network, and ask nothing of it. */
static char *networks_text(const struct container *rec, const struct summary_source *from)
{
	cleanup(container_summary_network_settings_release) struct
		container_summary_network_settings s = { NULL, 0 };
	cleanup(strbuf_release) struct strbuf plain = STRBUF_INIT;
	struct strbuf text = STRBUF_INIT;

	view_networks(rec, from->host, from->networking, NULL, 0, &s.networks, &s.n_networks);
	json_encode(&container_summary_network_settings_shape, &s, &text);
	if (s.n_networks == 1)
		summary_add_network(s.networks[0].key, &plain);
	if (s.n_networks == 1 && strcmp(strbuf_str(&text), strbuf_str(&plain)) == 0) {
		strbuf_reset(&text);
		strbuf_adds(&text, s.networks[0].key);
	}
	return strbuf_take(&text);
}

static int make(struct engine *e, const struct container *rec, const struct summary_source *from,
		struct summary_record *ret, struct error *err)
{
	cleanup(mount_list_release) struct mount_list mounts = { NULL, 0 };
	int r = volume_mounts_read(e, rec->id, from->config, from->host, &mounts, err);

	if (r < 0)
		return r;
	*ret = (struct summary_record){
		.networks = networks_text(rec, from),
		.exposed = strv_join(from->config->exposed_ports, " "),
		.links = strv_join(links_of(from->host), " "),
		.checked = health_is_checked(from->config),
	};
	add_texts(rec, from, &mounts, ret);
	return 0;
}

int summary_make(struct engine *e, const struct container *rec, struct summary_record *ret,
		 struct error *err)
{
	cleanup(container_config_release) struct container_config config = { 0 };
	cleanup(host_config_release) struct host_config host = { 0 };
	cleanup(networking_config_release) struct networking_config networking = { 0 };
	const struct summary_source from = { &config, &host, &networking };
	const struct instance in = { *rec, -1, -1 };
	int r = instance_config(&in, &config, err);

	if (r >= 0)
		r = instance_host_config(&in, &host, err);
	if (r >= 0)
		r = instance_networking(&in, &networking, err);
	return r < 0 ? r : make(e, rec, &from, ret, err);
}

int summary_put(struct engine *e, const struct container *rec, const struct summary_source *from,
		struct error *err)
{
	cleanup(summary_record_release) struct summary_record s = SUMMARY_RECORD_INIT;
	cleanup_free char *made = summary_made(e);
	int r = make(e, rec, from, &s, err);

	return r < 0 ? r : summary_record_put(&e->store, rec->id, made, &s, err);
}

/* Its own text, decoded, cannot fail; the annotations are in it only when there are some. */
void summary_add_rest(const struct summary_record *s, bool annotations, struct strbuf *out)
{
	cleanup(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct container_summary kept;

	if (annotations || !strstr(s->rest, "\"Annotations\":") ||
	    json_decode(&rest_shape, s->rest, strlen(s->rest), &kept, NULL) < 0) {
		strbuf_adds(out, s->rest + 1);
		return;
	}
	strmap_release(&kept.host_config.annotations);
	json_encode(&rest_shape, &kept, &text);
	json_release(&rest_shape, &kept);
	strbuf_adds(out, strbuf_str(&text) + 1);
}

/* In a transaction, so that the texts are those that the row will stand beside. */
static int fill_missing(struct engine *e, const char *made)
{
	cleanup(strv_release) char **ids = NULL;
	int r = summary_records_missing(&e->store, made, &ids, NULL);

	for (char **id = ids; r >= 0 && id && *id; id++) {
		cleanup(summary_record_release) struct summary_record s = SUMMARY_RECORD_INIT;
		cleanup(container_release) struct container rec = CONTAINER_INIT;

		r = container_get(&e->store, *id, &rec, NULL);
		if (r >= 0)
			r = summary_make(e, &rec, &s, NULL);
		if (r >= 0)
			r = summary_record_put(&e->store, *id, made, &s, NULL);
	}
	return r;
}

void summaries_fill(struct engine *e)
{
	cleanup_free char *made = summary_made(e);

	if (store_begin(&e->store, NULL) < 0)
		return;
	if (fill_missing(e, made) >= 0)
		ignore_result(store_commit(&e->store, NULL));
	store_rollback(&e->store);
}
