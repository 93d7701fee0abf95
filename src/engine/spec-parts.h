/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of engine/spec: each fills its members of one struct oci_spec. */
#pragma once

#include "engine/mounts.h"
#include "engine/spec.h"
#include "engine/users.h"
#include "oci/runtime-spec.h"

/* What --security-opt says. Owned. */
struct security_options {
	bool no_new_privileges, seccomp_unconfined, systempaths_unconfined;
	char *seccomp;	/* a profile's text, NULL the default         */
	char *apparmor; /* profile name, NULL none given              */
};

struct spec_build {
	struct engine *e;
	const struct spec_inputs *in;
	const struct mount_list *mounts;
	struct security_options security;
	struct oci_spec spec;
};

/* ERR_INVALID for options that nobody knows. */
must_check int security_options_read(char *const *opts, struct security_options *ret,
				     struct error *err);
void security_options_release(struct security_options *opts);

/* The capability set ("CAP_CHOWN", …) for --cap-add, --cap-drop and --privileged; ERR_INVALID. */
must_check int spec_capabilities(char *const *add, char *const *drop, bool privileged, char ***ret,
				 struct error *err);
/* {bounding, effective, permitted} of one set. */
struct oci_capabilities *spec_capability_sets(char *const *caps);

must_check int spec_process(struct spec_build *b, struct error *err);
must_check int spec_security(struct spec_build *b, struct error *err);
must_check int spec_mounts(struct spec_build *b, struct error *err);
must_check int spec_devices(struct spec_build *b, struct error *err);
must_check int spec_resources(struct spec_build *b, struct error *err);
must_check int spec_namespaces(struct spec_build *b, struct error *err);

/* Docker's defaults, also shown by inspect; NULL-terminated, static. */
extern const char *const spec_masked_paths[], *const spec_readonly_paths[];

/* Limits of memory, CPU, processes and block I/O: put in the place of those that @res has. */
must_check int spec_limits(const struct host_config *host, struct oci_resources *res,
			   struct error *err);

/* The device node @path on the host. ERR_INVALID names what it was for. */
must_check int spec_device_number(const char *path, char *ret_type, int64_t *ret_major,
				  int64_t *ret_minor, struct error *err);

/* The environment of a process: PATH, HOSTNAME, TERM, then @env, then HOME. Owned. */
char **spec_environment(char *const *env, const char *hostname, bool tty, const char *home);

/* --init, and process 1 is the container's own: beside others it would have nothing to do. */
bool spec_has_init(const struct host_config *host);

/* linux.cgroupsPath, owned. */
char *spec_cgroup_path(const struct engine *e, const struct host_config *host, const char *id);

/* The layer directories a name look-up goes through: upper, then lower; or the rootfs. Owned. */
char **spec_root_dirs(const struct spec_inputs *in);
