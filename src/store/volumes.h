/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volume records, and where containers have volumes mounted. A volume's files lie in
 * <data root>/volumes/<name>/_data. A row in volume_mounts holds its volume (a foreign key), and
 * goes with its container; the mounts that --volumes-from took over from another container stand
 * there too, binds included.
 */
#pragma once

#include "store/db.h"

struct volume_record {
	char *name;
	char *labels; /* JSON object of strings */
	int64_t created;
};

#define VOLUME_RECORD_INIT                                                                         \
	{                                                                                          \
		NULL, NULL, 0                                                                      \
	}

void volume_record_release(struct volume_record *rec);
void volume_record_list_free(struct volume_record *recs, size_t n);

/* 1 found, 0 not. */
must_check int volume_record_get(struct store *store, const char *name, struct volume_record *ret,
				 struct error *err);
must_check int volume_record_insert(struct store *store, const struct volume_record *rec,
				    struct error *err);
/* Nobody may have it mounted any more. */
must_check int volume_record_delete(struct store *store, const char *name, struct error *err);
/* By name. */
must_check int volume_record_list(struct store *store, struct volume_record **ret, size_t *ret_n,
				  struct error *err);
/* Ids of the containers that have it mounted, running or not; owned vector. */
must_check int volume_users(struct store *store, const char *name, char ***ret, struct error *err);

struct volume_mount_record {
	char *container_id;
	char *target;	   /* absolute, cleaned                                            */
	char *volume;	   /* NULL: a bind that was taken over                              */
	char *source;	   /* host path of such a bind; NULL                               */
	char *mode;	   /* what inspect shows                                           */
	char *propagation; /* of a bind                                                    */
	bool rw;
	bool named; /* somebody gave the volume its name: it outlives `rm -v` */
};

void volume_mount_release(struct volume_mount_record *rec);
void volume_mount_list_free(struct volume_mount_record *recs, size_t n);
must_check int volume_mount_insert(struct store *store, const struct volume_mount_record *rec,
				   struct error *err);
/* Those of one container, or (NULL) of all, by container and target. */
must_check int volume_mount_list(struct store *store, const char *container_id,
				 struct volume_mount_record **ret, size_t *ret_n,
				 struct error *err);
/* Volumes without a given name that this container alone has mounted; owned vector. */
must_check int volume_mount_own(struct store *store, const char *container_id, char ***ret,
				struct error *err);
