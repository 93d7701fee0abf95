/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds: layers of a pull that has not come to its end, under way or killed. They are in their
 * place and have a record, but no image uses them yet, and their files may not be on the disk yet.
 * A hold keeps such a layer from being deleted as unused, so that the next pull finds it:
 *
 * (1) the transaction that puts an image on a held layer ends the hold; the files are synced then;
 * (2) a hold ends by itself HOLD_SECONDS after the layer came, and with the boot that it came in.
 */
#pragma once

#include "store/db.h"

enum { HOLD_SECONDS = 24 * 60 * 60 };

must_check int layer_hold_put(struct store *store, const char *diff_id, struct error *err);
/* diff_ids NULL: all there are. */
must_check int layer_hold_drop(struct store *store, char *const *diff_ids, struct error *err);
/* Whether any of these layers is held, and came at or after since (clock_monotonic; 0: any). */
must_check int layer_hold_find(struct store *store, char *const *diff_ids, int64_t since,
			       bool *ret_held, struct error *err);
/* Of this boot, "" when the kernel does not tell. And what a hold must be newer than. */
const char *hold_boot(void);
int64_t hold_since(void);
