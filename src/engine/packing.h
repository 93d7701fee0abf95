/* SPDX-License-Identifier: Apache-2.0 */
/* A container's files on their way into an archive: for commit, export and changes. */
#pragma once

#include "engine/instance.h"
#include "image/child.h"
#include "layer/pack.h"
#include "store/idmaps.h"

/* What its root is made of. */
struct packing {
	char *upper;		   /* may be missing: it changed nothing */
	struct layer_stack layers; /* below that                         */
	char **diff_ids;	   /* of those, bottom first             */
	struct idmaps maps;	   /* of its user namespace, or empty    */
};

#define PACKING_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}

/* ERR_INVALID: its root is a directory of the host (--rootfs). */
must_check int packing_open(struct engine *e, const struct container *rec, struct packing *ret,
			    struct error *err);
void packing_release(struct packing *packing);

/* A child that writes the changes as a layer's tar into *ret_tar_fd (owned). It is over with
 * transfer_child_wait; child->size is then the number of changes. */
must_check int packing_start(const struct packing *packing, struct transfer_child *ret_child,
			     int *ret_tar_fd, struct error *err);
