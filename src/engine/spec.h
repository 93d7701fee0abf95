/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a record to the OCI runtime's config.json, with Docker's defaults. Pure but for what it must
 * look up: user and group names in the container's own root, devices and bind sources on the host.
 */
#pragma once

#include "engine/instance.h"
#include "store/idmaps.h"
#include "wire/exec.h"

/* What a start knows beside the record. */
struct spec_inputs {
	const struct container *rec;
	const struct container_config *config;
	const struct host_config *host;
	char *const *lower;		 /* layer directories, uppermost first; NULL with rootfs */
	const char *upper;		 /* NULL with rootfs                                     */
	const char *rootfs;		 /* --rootfs DIR, NULL: layers                           */
	const char *netns_path;		 /* NULL: the host's                                     */
	const char *userns_path;	 /* NULL: the host's, and no maps                        */
	const struct idmaps *maps;	 /* NULL or empty: none                                  */
	const char *pid_path, *ipc_path; /* of container:X modes; NULL: own or the host's */
	const char *shm_path;		 /* a shared /dev/shm to bind, NULL: one of its own      */
	char *const *links_env;		 /* variables of --link, NULL none                       */
};

/* Append config.json. */
must_check int spec_write(struct engine *e, const struct spec_inputs *in, struct strbuf *out,
			  struct error *err);

/* Append process.json of an exec session in a running container: its user, rights and environment
 * as Docker's exec gives them. */
must_check int spec_write_exec(struct engine *e, const struct instance *in,
			       const struct exec_create_request *req, struct strbuf *out,
			       struct error *err);
