/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Container records: one row a container. The texts config, host and networking are the wire
 * shapes of wire/container.h
 * (container_config, host_config, networking_config) as JSON: what was asked, with the image's
 * part merged in.
 *
 * Whoever changes a row holds the container's mutex (<run>/containers/<id>/mutex); readers need
 * nothing.
 */
#pragma once

#include "base/strbuf.h"
#include "store/db.h"

enum container_status {
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_RESTARTING,
	CONTAINER_REMOVING,
	CONTAINER_EXITED,
	CONTAINER_DEAD,
};

/* "created", "running" …: Docker's words. */
const char *container_status_name(enum container_status status);
must_check int container_status_parse(const char *name, enum container_status *ret);

/* Running, paused or between two runs: a monitor is there for it. */
bool container_status_is_up(enum container_status status);

/* What changes in a container's life. */
struct container_life {
	enum container_status status;
	int64_t pid;		   /* host pid of init, 0 when none                      */
	int64_t started, finished; /* ns since 1970, 0 never                             */
	int64_t exit_code;
	bool oom_killed;
	bool manually_stopped; /* by stop or kill: unless-stopped stays down at boot */
	int64_t restart_count;
	char *error; /* of a start that failed; owned, NULL none           */
};

struct container {
	char *id;			  /* 64 hexadecimal digits                              */
	char *name;			  /* without "/"                                        */
	char *image;			  /* as it was asked for; "" with a --rootfs            */
	char *image_id;			  /* "sha256:…"; "" with a --rootfs                     */
	char *layers;			  /* diff-ids, bottom first, blanks between; "" none    */
	int64_t created;		  /* ns since 1970                                      */
	char *path;			  /* argv[0] of the process                             */
	char *args;			  /* the rest, JSON array of strings                    */
	char *config, *host, *networking; /* JSON, see above                                  */
	bool auto_remove;
	struct container_life life;
};

#define CONTAINER_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

void container_release(struct container *c);

/* By full id, name (with or without a leading "/"), or unambiguous id prefix, in this order.
 * ERR_NOT_FOUND "No such container: REF"; ERR_INVALID when a prefix fits several. */
must_check int container_find(struct store *store, const char *ref, struct container *ret,
			      struct error *err);
/* By exact id; -ENOENT with err unset when it is gone. */
must_check int container_get(struct store *store, const char *id, struct container *ret,
			     struct error *err);

/* In a transaction of the caller. ERR_CONFLICT when the name is taken: Docker's sentence, with the
 * holder's id. */
must_check int container_insert(struct store *store, const struct container *c, struct error *err);
must_check int container_rename(struct store *store, const char *id, const char *new_name,
				struct error *err);
/* All but manually_stopped. */
must_check int container_set_life(struct store *store, const char *id,
				  const struct container_life *life, struct error *err);
/* Only the mark that stop and kill leave: needs no mutex. */
must_check int container_set_stopped(struct store *store, const char *id, bool stopped,
				     struct error *err);
/* Replaces the texts host (update) or networking (connect); NULL leaves one as it is. */
must_check int container_set_texts(struct store *store, const char *id, const char *host,
				   const char *networking, struct error *err);
must_check int container_delete(struct store *store, const char *id, struct error *err);

/* Newest first. The list is owned: container_list_free. */
must_check int container_list(struct store *store, struct container **ret, size_t *ret_n,
			      struct error *err);
/* Only those whose status is not created, exited or dead: what reap and shutdown look at. */
must_check int container_list_active(struct store *store, struct container **ret, size_t *ret_n,
				     struct error *err);
void container_list_free(struct container *list, size_t n);

/* The containers whose image_id is @image_id (id, name, image, state filled as ever). */
must_check int containers_using_image(struct store *store, const char *image_id,
				      struct container **ret, size_t *ret_n, struct error *err);
/* Whether any container's root needs the layer @diff_id ("sha256:…"): it may not be deleted then,
 * even when its image was. */
must_check int containers_use_layer(struct store *store, const char *diff_id, bool *ret_used,
				    struct error *err);
