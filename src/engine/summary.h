/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a container's summary that its life does not change, kept as text in the store
 * (store/summaries.h): made when the container is, and again after its record's texts changed. A
 * list writes the rest of the summary around it.
 */
#pragma once

#include "engine/instance.h"
#include "store/summaries.h"

/* How and where summaries are made now, owned: those that are marked otherwise do not count. */
char *summary_made(const struct engine *e);

/* The texts of a record, read. */
struct summary_source {
	const struct container_config *config;
	const struct host_config *host;
	const struct networking_config *networking;
};

/* Of a whole record; *ret is owned. */
must_check int summary_make(struct engine *e, const struct container *rec,
			    struct summary_record *ret, struct error *err);
/* Of a new container, in the transaction that makes it. */
must_check int summary_put(struct engine *e, const struct container *rec,
			   const struct summary_source *from, struct error *err);
/* Append the members of rest, and the bracket that ends the object. */
void summary_add_rest(const struct summary_record *s, bool annotations, struct strbuf *out);
/* Append a container_summary_network_settings: of one network, nothing asked. */
void summary_add_network(const char *name, struct strbuf *out);
/* Make and keep what is missing. After an answer: best effort. */
void summaries_fill(struct engine *e);
