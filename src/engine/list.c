/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ps: the records with their summaries (store/summaries.h), corrected by what lives, filtered and
 * written as the API's text. What a container has is read only where it can matter: lock and state
 * of a run that was begun, endpoints of those that are up, all in one query.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/strv.h"
#include "engine/disk.h"
#include "engine/health.h"
#include "engine/list-filter.h"
#include "engine/list-links.h"
#include "engine/list-look.h"
#include "engine/ports.h"
#include "engine/reap.h"
#include "engine/summary.h"
#include "engine/view.h"

/* The members that are not in the kept text. */
static const struct json_field live_fields[] = {
	FIELD_STR(struct container_summary, id, "Id"),
	FIELD_STRV(struct container_summary, names, "Names"),
	FIELD_ARRAY(struct container_summary, ports, n_ports, "Ports", &port_summary_shape),
	FIELD_I64_OMIT(struct container_summary, size_rw, "SizeRw"),
	FIELD_I64_OMIT(struct container_summary, size_root_fs, "SizeRootFs"),
	FIELD_STR(struct container_summary, state, "State"),
	FIELD_STR(struct container_summary, status, "Status"),
	FIELD_OBJP_FLAGS(struct container_summary, health, "Health",
			 &container_summary_health_shape, JSON_OMIT_EMPTY),
};
static const struct json_shape live_shape = JSON_SHAPE(struct container_summary, live_fields, 0);

enum { PIECE_SIZE = 32 * 1024 };

/* A list on its way. */
struct list {
	struct engine *e;
	const struct container_list_options *opts;
	struct list_filter filter;
	bool whole;		      /* not brief, or a filter looks at the rest */
	struct container_row *rows;   /* by id */
	struct container_row **order; /* newest first */
	struct list_look look;	      /* of rows */
	size_t n_rows;
	struct list_links links;
	struct endpoint *eps; /* of all containers, once one needs them */
	size_t n_eps;
	bool eps_read;
	const char *plain_name; /* a network, and what is kept of who asked nothing of it */
	struct strbuf plain;
	int64_t now;
	size_t n; /* were written */
	struct strbuf out;
};

static void list_release(struct list *l)
{
	list_look_release(&l->look); /* before what it looks at */
	list_filter_release(&l->filter);
	container_rows_free(l->rows, l->n_rows);
	free(l->order);
	list_links_release(&l->links);
	endpoint_list_free(l->eps, l->n_eps);
	strbuf_release(&l->plain);
	strbuf_release(&l->out);
}

/* One without a summary: of an older store, or its texts were changed since. It is kept after the
 * answer. One that has gone meanwhile stays without. */
static int row_complete(struct list *l, struct container_row *row, struct error *err)
{
	cleanup(container_release) struct container rec = CONTAINER_INIT;
	int r = container_get(&l->e->store, row->rec.id, &rec, err);

	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = summary_make(l->e, &rec, &row->summary, err);
	l->e->summaries_due = true;
	return r;
}

static int compare_age(const void *pa, const void *pb)
{
	const struct container *a = &(*(struct container_row *const *)pa)->rec;
	const struct container *b = &(*(struct container_row *const *)pb)->rec;

	if (a->created != b->created)
		return a->created > b->created ? -1 : 1;
	return strcmp(a->id, b->id);
}

static void order_by_age(struct list *l)
{
	l->order = xcalloc(l->n_rows, sizeof(struct container_row *));
	for (size_t i = 0; i < l->n_rows; i++)
		l->order[i] = &l->rows[i];
	qsort(l->order, l->n_rows, sizeof(struct container_row *), compare_age);
}

/* Who lives is looked at while the summaries are read. Of a part of the list nobody looks at more
 * than is asked for. */
static int rows_open(struct list *l, struct error *err)
{
	cleanup_free char *made = summary_made(l->e);
	int r = container_rows(&l->e->store, &l->rows, &l->n_rows, err);

	if (r < 0)
		return r;
	if (l->opts->limit <= 0)
		list_look_begin(&l->look, l->e, l->rows, l->n_rows);
	order_by_age(l);
	r = container_rows_summaries(&l->e->store, made, l->whole, l->rows, l->n_rows, err);
	list_look_end(&l->look);
	return r;
}

static int list_open(struct list *l, struct error *err)
{
	int r = list_filter_open(l->e, l->opts->filters_json, &l->filter, err);

	l->whole = !l->opts->brief || (r >= 0 && list_filter_needs_summary(&l->filter));
	if (r >= 0)
		r = rows_open(l, err);
	for (size_t i = 0; r >= 0 && i < l->n_rows; i++)
		if (!l->rows[i].summary.text)
			r = row_complete(l, &l->rows[i], err);
	if (r >= 0)
		r = list_links_read(l->rows, l->n_rows, &l->links, err);
	return r;
}

/* A run ended unseen: fold it. 0: with that the container has gone. */
static int row_fold(struct list *l, struct container *rec, struct error *err)
{
	cleanup(container_release) struct container whole = CONTAINER_INIT;
	cleanup(instance_release) struct instance in = INSTANCE_INIT;
	struct error own = ERROR_INIT;
	int r = container_get(&l->e->store, rec->id, &whole, &own);

	if (r >= 0)
		r = instance_from_record(l->e, &whole, &in, &own);
	if (r == -ENOENT && own.kind == ERR_NONE)
		return 0;
	if (r < 0 && err)
		*err = own;
	else
		error_release(&own);
	if (r < 0)
		return r;
	rec->life = in.rec.life;
	rec->life.error = NULL; /* in's own */
	return 1;
}

/* Correct what the record says of its life. 0: the container has gone. */
static int row_look(struct list *l, struct container_row *row, struct error *err)
{
	struct container *rec = &row->rec;
	struct row_look look = { false };

	if (l->look.looks)
		look = l->look.looks[row - l->rows];

	if (!look.done) {
		int r = instance_glance(l->e, rec->id, &rec->life, &look.news, err);

		if (r < 0)
			return r;
	}
	if (look.news.alive || (!look.news.changed && !reap_is_left_over(rec)))
		return 1;
	return row_fold(l, rec, err);
}

static bool is_wanted(const struct list *l, enum container_status status)
{
	return l->opts->all || l->filter.all || l->opts->limit > 0 ||
	       container_status_is_up(status);
}

static int row_endpoints(struct list *l, const struct container *rec, struct endpoint **ret,
			 size_t *ret_n, struct error *err)
{
	int r = 0;

	if (rec->life.status == CONTAINER_EXITED || rec->life.status == CONTAINER_CREATED)
		return 0;
	if (!l->eps_read)
		r = endpoint_list(&l->e->store, NULL, &l->eps, &l->n_eps, err);
	if (r < 0)
		return r;
	l->eps_read = true;
	*ret = endpoints_of(rec->id, l->eps, l->n_eps, ret_n);
	return 0;
}

/* What is kept of who asked nothing of a network: as good as always the same one. */
static const char *plain_network(struct list *l, const char *name)
{
	if (!l->plain_name || strcmp(l->plain_name, name) != 0) {
		l->plain_name = name;
		strbuf_reset(&l->plain);
		summary_add_network(name, &l->plain);
	}
	return strbuf_str(&l->plain);
}

/* From the endpoints straight into text. */
static void write_endpoints(const struct container *rec,
			    const struct container_summary_network_settings *asked,
			    const struct endpoint *eps, size_t n_eps, struct strbuf *out)
{
	strbuf_adds(out, "{\"Networks\":{");
	for (size_t i = 0; i < n_eps; i++) {
		const char *name = eps[i].network_name;
		struct endpoint_settings s = view_endpoint(
			&eps[i], view_asked(asked->networks, asked->n_networks, name), rec);

		strbuf_adds(out, i ? "," : "");
		json_quote(out, name, strlen(name));
		strbuf_addc(out, ':');
		json_encode(&endpoint_settings_shape, &s, out);
		strv_free(s.dns_names);
	}
	strbuf_adds(out, "}}");
}

static int add_networks(struct list *l, const struct container_row *row, const struct endpoint *eps,
			size_t n_eps, struct error *err)
{
	cleanup(container_summary_network_settings_release) struct
		container_summary_network_settings asked = { NULL, 0 };
	const char *networks = row->summary.networks;
	bool asked_nothing = networks[0] != '{';
	int r = 0;

	strbuf_adds(&l->out, ",\"NetworkSettings\":");
	if (n_eps == 0) {
		strbuf_adds(&l->out, asked_nothing ? plain_network(l, networks) : networks);
		return 0;
	}
	if (!asked_nothing)
		r = json_decode(&container_summary_network_settings_shape, networks,
				strlen(networks), &asked, err);
	if (r >= 0)
		write_endpoints(&row->rec, &asked, eps, n_eps, &l->out);
	return r;
}

static void add_ports(const struct container_row *row, const struct endpoint *eps, size_t n_eps,
		      struct container_summary *s)
{
	bool running = row->rec.life.status == CONTAINER_RUNNING && row->summary.exposed[0];
	cleanup(strv_release) char **exposed = running ? strv_split(row->summary.exposed, ' ')
						       : NULL;

	ports_summary(exposed, eps, n_eps, &s->ports, &s->n_ports);
}

/* The row's text behind what there is. */
static int row_write(struct list *l, const struct container_row *row, char **names,
		     struct container_summary_health *health, struct error *err)
{
	const struct container *rec = &row->rec;
	struct container_summary s = {
		.id = rec->id,
		.names = names,
		.state = (char *)container_status_name(rec->life.status),
	};
	struct endpoint *eps = NULL;
	size_t n_eps = 0;
	int r = row_endpoints(l, rec, &eps, &n_eps, err);

	if (r >= 0 && l->opts->size)
		r = disk_container_size(l->e, rec, &s.size_rw, &s.size_root_fs, err);
	if (r < 0)
		return r;
	s.status = view_status(&rec->life, health->status, l->now);
	s.health = health->status && !l->opts->no_health ? health : NULL;
	add_ports(row, eps, n_eps, &s);
	json_encode(&live_shape, &s, &l->out);
	free(s.status);
	json_release_array(&port_summary_shape, s.ports, s.n_ports);
	l->out.data[l->out.len - 1] = ','; /* more members follow */
	strbuf_adds(&l->out, row->summary.text + 1);
	if (!l->whole)
		return 0;
	l->out.len--;
	r = add_networks(l, row, eps, n_eps, err);
	strbuf_addc(&l->out, ',');
	summary_add_rest(&row->summary, !l->opts->no_annotations, &l->out);
	return r;
}

/* What was written from @start on, against filters that need all of it. */
static int row_fits(const struct list *l, size_t start, struct error *err)
{
	cleanup(container_summary_release) struct container_summary s = { 0 };
	int r;

	if (!list_filter_needs_summary(&l->filter))
		return 1;
	r = json_decode(&container_summary_shape, l->out.data + start, l->out.len - start, &s, err);
	return r < 0 ? r : list_filter_summary(&l->filter, &s);
}

/* 1: it is in the list, 0: it is not. */
static int list_one(struct list *l, struct container_row *row, struct error *err)
{
	cleanup(container_summary_health_release) struct container_summary_health health = { NULL };
	cleanup(strv_release) char **names = NULL;
	size_t end = l->out.len, start;
	int r = row->summary.text ? row_look(l, row, err) : 0;

	if (r <= 0 || !is_wanted(l, row->rec.life.status))
		return r < 0 ? r : 0;
	if (!list_filter_record(&l->filter, &row->rec))
		return 0;
	names = list_links_names(&l->links, &row->rec);
	if (row->summary.checked)
		r = health_read_summary(l->e, &row->rec, &health, err);
	if (r < 0 || !list_filter_health(&l->filter, health.status))
		return r < 0 ? r : 0;
	strbuf_adds(&l->out, l->n ? "," : "");
	start = l->out.len;
	r = row_write(l, row, names, &health, err);
	if (r >= 0)
		r = row_fits(l, start, err);
	if (r <= 0)
		l->out.len = end;
	return r;
}

/* A good piece of the text goes out before the rest of it is made. */
static int send_piece(struct list *l)
{
	return l->opts->send && l->out.len >= PIECE_SIZE ? l->opts->send(l->opts->send_arg, &l->out)
							 : 0;
}

static int list_rows(struct list *l, struct error *err)
{
	size_t max = l->opts->limit > 0 ? (size_t)l->opts->limit : SIZE_MAX;
	int r = 0;

	strbuf_addc(&l->out, '[');
	for (size_t i = 0; r >= 0 && i < l->n_rows && l->n < max; i++) {
		r = list_one(l, l->order[i], err);
		l->n += r > 0;
		if (r > 0)
			r = send_piece(l);
	}
	strbuf_addc(&l->out, ']');
	return r;
}

int engine_list(struct engine *e, const struct container_list_options *opts, struct strbuf *ret,
		struct error *err)
{
	cleanup(list_release) struct list l = { .e = e,
						.opts = opts,
						.filter.filters = FILTERS_INIT,
						.now = clock_now(),
						.plain = STRBUF_INIT,
						.out = STRBUF_INIT };
	int r = list_open(&l, err);

	if (r >= 0) {
		e->sweep_due = true;
		r = list_rows(&l, err);
	}
	if (r < 0)
		return r;
	*ret = l.out;
	l.out = (struct strbuf)STRBUF_INIT;
	return 0;
}
