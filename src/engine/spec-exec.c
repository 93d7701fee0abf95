/* SPDX-License-Identifier: Apache-2.0 */
/* process.json of an exec session: the container's process with what the request changes. */
#include <errno.h>
#include <string.h>

#include "base/strv.h"
#include "engine/apparmor.h"
#include "engine/links.h"
#include "engine/spec-parts.h"
#include "layer/layer.h"

/* The container's own description, as far as a further process takes after it. */
struct exec_base {
	struct container_config config;
	struct host_config host;
	struct layer_stack layers;
	struct links links;
	struct idmaps maps;
	char *upper;
};

static void exec_base_release(struct exec_base *base)
{
	container_config_release(&base->config);
	host_config_release(&base->host);
	layer_stack_release(&base->layers);
	idmaps_release(&base->maps);
	links_release(&base->links);
	free(base->upper);
}

static int exec_base_read(struct engine *e, const struct instance *in, struct exec_base *base,
			  struct error *err)
{
	cleanup(strv_release) char **diff_ids = in->rec.layers[0] ? strv_split(in->rec.layers, ' ')
								  : NULL;
	int r;

	r = instance_config(in, &base->config, err);
	if (r >= 0)
		r = instance_host_config(in, &base->host, err);
	if (r >= 0)
		r = idmaps_get(&e->store, in->rec.id, &base->maps, err);
	if (r >= 0) /* of those that still run */
		ignore_result(links_read(e, &in->rec, &base->host, &base->links, NULL));
	if (r < 0 || !in->rec.image_id[0])
		return r;
	base->upper = instance_data_path(e, in->rec.id, "upper");
	return layer_stack_open(&e->store, diff_ids, &base->layers, err);
}

/* The request's members over the container's config: what spec_process then reads. */
static void exec_merge(const struct exec_create_request *req, struct exec_base *base)
{
	struct container_config *c = &base->config;
	struct host_config *h = &base->host;

	strv_release(&c->entrypoint);
	strv_free(c->cmd);
	c->cmd = strv_copy(req->cmd);
	for (size_t i = 0; req->env && req->env[i]; i++)
		strv_env_set(&c->env, req->env[i]);
	if (req->user && req->user[0]) {
		free(c->user);
		c->user = xstrdup(req->user);
	}
	if (req->working_dir && req->working_dir[0]) {
		free(c->working_dir);
		c->working_dir = xstrdup(req->working_dir);
	}
	c->tty = req->tty;
	h->init.set = false;
	h->n_console_size = 0;
	if (req->n_console_size != 2)
		return;
	free(h->console_size);
	h->console_size = xcalloc(2, sizeof(*h->console_size));
	memcpy(h->console_size, req->console_size, 2 * sizeof(*h->console_size));
	h->n_console_size = 2;
}

static int exec_rights(struct spec_build *b, bool privileged, struct error *err)
{
	const struct host_config *host = b->in->host;
	cleanup(strv_release) char **caps = NULL;
	const char *profile = NULL;
	int r;

	r = security_options_read(host->security_opt, &b->security, err);
	if (r >= 0)
		r = spec_capabilities(host->cap_add, host->cap_drop, privileged || host->privileged,
				      &caps, err);
	if (r < 0)
		return r;
	b->spec.process->capabilities = spec_capability_sets(caps);
	b->spec.process->no_new_privileges = b->security.no_new_privileges && !privileged;
	r = apparmor_choose(b->security.apparmor, privileged || host->privileged, &profile, err);
	b->spec.process->apparmor_profile = r < 0 ? NULL : xstrdup(profile);
	return r;
}

static void exec_build_release(struct spec_build *b)
{
	oci_spec_release(&b->spec);
	security_options_release(&b->security);
}

int spec_write_exec(struct engine *e, const struct instance *in,
		    const struct exec_create_request *req, struct strbuf *out, struct error *err)
{
	cleanup(exec_base_release) struct exec_base base = { 0 };
	cleanup(exec_build_release) struct spec_build b = { .e = e };
	struct spec_inputs inputs = { .rec = &in->rec };
	int r = exec_base_read(e, in, &base, err);

	if (r < 0)
		return r;
	exec_merge(req, &base);
	inputs.config = &base.config;
	inputs.host = &base.host;
	inputs.lower = base.layers.lower;
	inputs.upper = base.upper;
	inputs.maps = &base.maps;
	inputs.links_env = base.links.env;
	inputs.rootfs = base.host.rootfs && base.host.rootfs[0] ? base.host.rootfs : NULL;
	b.in = &inputs;
	b.spec.process = xcalloc(1, sizeof(*b.spec.process));
	r = spec_process(&b, err);
	if (r >= 0)
		r = exec_rights(&b, req->privileged, err);
	if (r >= 0)
		json_encode(&oci_process_shape, b.spec.process, out);
	return r;
}
