/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: the parts that v1 and v2 share. */
#include "runtime/resources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int resource_write(const struct cgroup *cg, const char *controller, const char *file,
		   const char *value, struct error *err)
{
	int r = cgroup_write(cg, controller, file, value);

	if (r == -ENODEV || r == -ENOENT)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "this machine has no %s: cannot set it to \"%s\"", file, value);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write \"%s\" to %s", value, file);
	return 0;
}

int resource_write_i64(const struct cgroup *cg, const char *controller, const char *file,
		       const struct opt_i64 *value, struct error *err)
{
	char text[24];

	if (!value->set)
		return 0;
	(void)snprintf(text, sizeof(text), "%lld", (long long)value->value);
	return resource_write(cg, controller, file, text, err);
}

static int hugepages(const struct cgroup *cg, const struct oci_resources *res, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < res->n_hugepage_limits; i++) {
		const struct oci_hugepage_limit *h = &res->hugepage_limits[i];
		char file[64], value[24];

		(void)snprintf(file, sizeof(file), "hugetlb.%.20s.%s", h->page_size,
			       cg->mode == CGROUP_V2 ? "max" : "limit_in_bytes");
		(void)snprintf(value, sizeof(value), "%llu", (unsigned long long)h->limit);
		r = resource_write(cg, "hugetlb", file, value, err);
	}
	return r;
}

static int rdma(const struct cgroup *cg, const struct oci_resources *res, struct error *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < res->n_rdma; i++) {
		const struct oci_rdma *d = &res->rdma[i];
		struct strbuf value = STRBUF_INIT;

		strbuf_adds(&value, d->key);
		if (d->hca_handles.set)
			strbuf_addf(&value, " hca_handle=%lld", (long long)d->hca_handles.value);
		if (d->hca_objects.set)
			strbuf_addf(&value, " hca_object=%lld", (long long)d->hca_objects.value);
		r = resource_write(cg, "rdma", "rdma.max", strbuf_str(&value), err);
		strbuf_release(&value);
	}
	return r;
}

static int unified(const struct cgroup *cg, const struct strmap *map, struct error *err)
{
	int r = 0;

	if (map->n && cg->mode == CGROUP_V1)
		return error_set(err, ERR_INVALID, EOPNOTSUPP,
				 "resources.unified needs cgroup v2, this machine has v1");
	for (size_t i = 0; !r && i < map->n; i++) {
		const char *file = map->entries[i].key;

		if (!*file || strchr(file, '/') || !strncmp(file, "cgroup.", 7))
			return error_set(err, ERR_INVALID, 0,
					 "unified resource \"%s\" must be a file name", file);
		r = resource_write(cg, "", file, map->entries[i].value, err);
	}
	return r;
}

int resources_apply(const struct cgroup *cg, const struct oci_resources *res, bool update,
		    struct error *err)
{
	static const struct oci_resources none;
	int r;

	if (!res && update)
		return 0;
	if (!res)
		res = &none;
	r = update ? 0 : device_rules_apply(cg, res, err);
	if (!r)
		r = cg->mode == CGROUP_V2 ? resources_v2(cg, res, err) : resources_v1(cg, res, err);
	if (!r)
		r = hugepages(cg, res, err);
	if (!r)
		r = rdma(cg, res, err);
	return r < 0 ? r : unified(cg, &res->unified, err);
}
