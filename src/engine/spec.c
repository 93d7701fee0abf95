/* SPDX-License-Identifier: Apache-2.0 */
/* Putting a config.json together from its parts. */
#include "engine/spec.h"

#include <errno.h>
#include <string.h>

#include "engine/spec-parts.h"
#include "engine/volume-mounts.h"

/* The oldest version that has all members in use: older runtimes refuse a higher number. */
#define SPEC_VERSION "1.0.2"

typedef int (*spec_part)(struct spec_build *b, struct error *err);

/* Rights before devices and resources: those read what was decided there. */
static const spec_part parts[] = { spec_process,   spec_security, spec_namespaces,
				   spec_resources, spec_devices,  spec_mounts };

static void spec_begin(struct spec_build *b)
{
	b->spec.oci_version = xstrdup(SPEC_VERSION);
	b->spec.process = xcalloc(1, sizeof(*b->spec.process));
	b->spec.root = xcalloc(1, sizeof(*b->spec.root));
	b->spec.root->path = xstrdup("rootfs");
	b->spec.root->readonly = b->in->host->readonly_rootfs;
	b->spec.linux_ = xcalloc(1, sizeof(*b->spec.linux_));
	b->spec.linux_->resources = xcalloc(1, sizeof(*b->spec.linux_->resources));
	strmap_copy(&b->spec.annotations, &b->in->host->annotations);
}

static void spec_build_release(struct spec_build *b)
{
	oci_spec_release(&b->spec);
	security_options_release(&b->security);
}

int spec_write(struct engine *e, const struct spec_inputs *in, struct strbuf *out,
	       struct error *err)
{
	cleanup(spec_build_release) struct spec_build b = { .e = e, .in = in };
	cleanup(mount_list_release) struct mount_list mounts = { NULL, 0 };
	int r;

	b.mounts = &mounts;
	r = volume_mounts_read(e, in->rec->id, in->config, in->host, &mounts, err);
	if (r >= 0)
		r = mount_list_sources(&mounts, true, err);
	if (r < 0)
		return r;
	spec_begin(&b);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](&b, err);
	if (r >= 0)
		json_encode(&oci_spec_shape, &b.spec, out);
	return r;
}
