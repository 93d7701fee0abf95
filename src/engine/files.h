/* SPDX-License-Identifier: Apache-2.0 */
/* The files of ours that a container sees: /etc/hostname, /etc/hosts, /etc/resolv.conf. */
#pragma once

#include "engine/instance.h"

struct files_inputs {
	const struct container *rec;
	const struct container_config *config;
	const struct host_config *host;
	const struct endpoint *endpoints;
	size_t n_endpoints;
	const char *shared_id; /* network container:X has X's files; NULL own ones */
};

/* Write them into <data>/containers/<id>/, in place: they are bound by inode. */
must_check int files_write(struct engine *e, const struct files_inputs *in, struct error *err);
