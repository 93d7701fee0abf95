/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list of containers shows of each that does not change from one list to the next, ready as
 * text. engine/summary.h makes it of the record's texts and of the container's mounts; the table
 * is a cache: the database itself takes a row away when the texts change, whoever misses one makes
 * it again.
 */
#pragma once

#include "store/containers.h"

struct summary_record {
	char *text;	/* an object: members of container_summary; NULL: there is no row */
	char *rest;	/* another: members that only some ask for                        */
	char *networks; /* container_summary_network_settings while it has no endpoint;   */
			/* a name: of this network it asked nothing                       */
	char *exposed;	/* ports, "80/tcp 443/tcp"                                        */
	char *links;	/* to others, "ID:ALIAS ID:ALIAS"                                 */
	bool checked;	/* it has a health check                                          */
};

#define SUMMARY_RECORD_INIT                                                                        \
	{                                                                                          \
		0                                                                                  \
	}

void summary_record_release(struct summary_record *s);

/* made: how and where it was made; rows that were made otherwise count as missing. */
must_check int summary_record_put(struct store *store, const char *container_id, const char *made,
				  const struct summary_record *s, struct error *err);
/* Ids of the containers without a row, owned vector (NULL: none). */
must_check int summary_records_missing(struct store *store, const char *made, char ***ret,
				       struct error *err);

/* A container as a list needs it: of rec only id, name, image_id, created, auto_remove and life
 * (without error) are there. */
struct container_row {
	struct container rec;
	struct summary_record summary;
};

void container_row_release(struct container_row *row);
/* All of them, in order of their ids and without summaries; owned. */
must_check int container_rows(struct store *store, struct container_row **ret, size_t *ret_n,
			      struct error *err);
/* Their summaries, in one more pass whatever their number; rest and networks only when whole. Who
 * came meanwhile is not in rows, who went may have none. rec is left alone. */
must_check int container_rows_summaries(struct store *store, const char *made, bool whole,
					struct container_row *rows, size_t n, struct error *err);
void container_rows_free(struct container_row *rows, size_t n);
