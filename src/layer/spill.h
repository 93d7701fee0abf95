/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array of bytes that grows and whose memory does not: beyond a few megabytes it lives in an
 * unlinked file of @dirfd, mapped, and spill_trim gives back the memory that it takes. What is in
 * it moves when it grows: keep offsets, not pointers. -errno idiom: -ENOSPC, -EFBIG and the like.
 */
#pragma once

#include "base/macros.h"

struct spill {
	void *data;
	size_t len, cap;
	int dirfd; /* borrowed */
	int fd;	   /* -1 while it is small */
};

#define SPILL_INIT(dirfd)                                                                          \
	{                                                                                          \
		NULL, 0, 0, (dirfd), -1                                                            \
	}

/* @len bytes of zeros at the end; *ret_offset (may be NULL) is where. */
must_check int spill_add(struct spill *spill, size_t len, size_t *ret_offset);
void spill_trim(struct spill *spill);
void spill_release(struct spill *spill);
