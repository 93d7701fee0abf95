/* SPDX-License-Identifier: Apache-2.0 */
/* From names to the five sets, with what the kernel demands of them. */
#include "runtime/capability-sets.h"

int capability_sets(const struct oci_process *process, struct caps *ret, struct error *err)
{
	const struct oci_capabilities *c = process->capabilities;
	unsigned int unknown;
	uint64_t have;
	int r = caps_permitted(&have);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read our capabilities");
	*ret = (struct caps){ 0 };
	if (!c)
		return 0;
	ret->bounding = caps_from_names(c->bounding, &unknown);
	ret->permitted = caps_from_names(c->permitted, &unknown) & have;
	ret->effective = caps_from_names(c->effective, &unknown) & ret->permitted;
	/* An ambient capability must be permitted and inheritable too (capabilities(7)). */
	ret->ambient = caps_from_names(c->ambient, &unknown) & ret->permitted;
	ret->inheritable = ret->ambient;
	return 0;
}
