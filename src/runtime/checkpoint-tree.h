/* SPDX-License-Identifier: Apache-2.0 */
/* What of a container belongs to the machine it is on: criu is told of it by name, at the
 * checkpoint that it is there, at the restore what to put there. */
#pragma once

#include "oci/runtime-spec.h"
#include "runtime/criu-rpc.h"

/* Of the running container @pid: binds, masks and devices by mount point, namespaces by number. */
must_check int tree_describe(const struct oci_spec *spec, pid_t pid, struct criu_request *req,
			     struct error *err);
/* The same names, with what this machine has. *fds are what criu gets as its fds 4 and on. */
must_check int tree_provide(const struct oci_spec *spec, struct criu_request *req, int **ret_fds,
			    size_t *ret_n, struct error *err);
/* Make what is mounted upon, in a root that has not been used before. */
must_check int tree_make_targets(const struct oci_spec *spec, const char *rootfs,
				 struct error *err);

/* Standard input, output and error: written down beside the images, and given anew where they were
 * pipes. */
must_check int stdio_record(pid_t pid, int images_fd, struct error *err);
must_check int stdio_provide(struct criu_request *req, struct error *err);
