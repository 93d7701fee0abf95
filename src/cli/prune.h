/* SPDX-License-Identifier: Apache-2.0 */
/* The prunes of one kind each, as their commands and `system prune` do them. */
#pragma once

#include "cli/command.h"

/* Appends what was deleted to out ("Deleted Containers:\n…"; nothing when there was none), and adds
 * what that gave back to *space. filters: "key=value". */
typedef int (*prune_fn)(struct cli *cli, char *const *filters, struct strbuf *out, int64_t *space,
			struct error *err);

must_check int prune_containers(struct cli *cli, char *const *filters, struct strbuf *out,
				int64_t *space, struct error *err);
must_check int prune_networks(struct cli *cli, char *const *filters, struct strbuf *out,
			      int64_t *space, struct error *err);
must_check int prune_volumes(struct cli *cli, char *const *filters, struct strbuf *out,
			     int64_t *space, struct error *err);
must_check int prune_images(struct cli *cli, char *const *filters, struct strbuf *out,
			    int64_t *space, struct error *err);
/* Each kind in its turn; what was deleted is told as soon as it is, and the space at the end. */
must_check int prune_run(struct cli *cli, const prune_fn *kinds, size_t n, char *const *filters,
			 struct error *err);
