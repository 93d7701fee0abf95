/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms: this machine's, parsed ones, and how well an image suits. */
#include "oci/platform.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/strv.h"

static const struct {
	const char *name, *architecture, *variant;
} machines[] = {
	{ "x86_64", "amd64", NULL },	{ "x86-64", "amd64", NULL },
	{ "i386", "386", NULL },	{ "i486", "386", NULL },
	{ "i586", "386", NULL },	{ "i686", "386", NULL },
	{ "aarch64", "arm64", NULL },	{ "armv8l", "arm", "v7" },
	{ "armv7l", "arm", "v7" },	{ "armhf", "arm", "v7" },
	{ "armv6l", "arm", "v6" },	{ "armel", "arm", "v6" },
	{ "ppc64le", "ppc64le", NULL }, { "s390x", "s390x", NULL },
	{ "riscv64", "riscv64", NULL }, { "loongarch64", "loong64", NULL },
	{ "mips64", "mips64le", NULL },
};

static const char *const architectures[] = {
	"amd64", "386", "arm64", "arm", "ppc64le", "s390x", "riscv64", "loong64", "mips64le",
};

static const char *const systems[] = { "linux", "windows", "darwin", "freebsd" };

void platform_release(struct platform *platform)
{
	if (!platform)
		return;
	free(platform->os);
	free(platform->architecture);
	free(platform->variant);
	*platform = (struct platform)PLATFORM_INIT;
}

static bool list_has(const char *const *list, size_t n, const char *str)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], str) == 0)
			return true;
	}
	return false;
}

/* "x86_64" or "amd64" into the image-spec's words; false when it is no architecture. */
static bool platform_set_architecture(struct platform *platform, const char *name)
{
	const char *architecture = NULL, *variant = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (strcmp(machines[i].name, name) == 0) {
			architecture = machines[i].architecture;
			variant = machines[i].variant;
		}
	}
	if (!architecture && list_has(architectures, ARRAY_SIZE(architectures), name))
		architecture = name;
	if (!architecture)
		return false;
	free(platform->architecture);
	free(platform->variant);
	platform->architecture = xstrdup(architecture);
	platform->variant = xstrdup(variant);
	return true;
}

void platform_host(struct platform *ret)
{
	struct utsname un = { 0 };

	*ret = (struct platform)PLATFORM_INIT;
	(void)uname(&un);
	ret->os = xstrdup("linux");
	if (!platform_set_architecture(ret, un.machine))
		ret->architecture = xstrdup(un.machine);
}

int platform_parse(const char *str, struct platform *ret, struct error *err)
{
	cleanup(strv_release) char **parts = strv_split(str, '/');
	cleanup(platform_release) struct platform p = PLATFORM_INIT;
	size_t n = strv_len(parts), arch = 1;

	platform_host(&p);
	if (n == 1 && !list_has(systems, ARRAY_SIZE(systems), parts[0]))
		arch = 0;
	if (n < 1 || n > 3 || (arch == 1 && !list_has(systems, ARRAY_SIZE(systems), parts[0])))
		return error_set(err, ERR_INVALID, EINVAL,
				 "\"%s\" is an invalid platform: os/architecture[/variant]", str);
	if (arch == 1) {
		free(p.os);
		p.os = xstrdup(parts[0]);
	}
	if (n > arch && !platform_set_architecture(&p, parts[arch]))
		return error_set(err, ERR_INVALID, EINVAL,
				 "\"%s\": unknown operating system or architecture", str);
	if (n > 2) {
		free(p.variant);
		p.variant = xstrdup(parts[2]);
	}
	*ret = p;
	p = (struct platform)PLATFORM_INIT;
	return 0;
}

void platform_format(const struct platform *platform, struct strbuf *out)
{
	strbuf_addf(out, "%s/%s", platform->os, platform->architecture);
	if (platform->variant && *platform->variant)
		strbuf_addf(out, "/%s", platform->variant);
}

/* "v7" -> 7; without one, the architecture's usual: arm is v7, arm64 is v8. */
static int variant_number(const char *architecture, const char *variant)
{
	if (variant && variant[0] == 'v' && variant[1] >= '1' && variant[1] <= '9')
		return variant[1] - '0';
	if (strcmp(architecture, "arm") == 0)
		return 7;
	return strcmp(architecture, "arm64") == 0 ? 8 : 1;
}

int platform_score(const struct platform *want, const char *os, const char *architecture,
		   const char *variant)
{
	int have, limit;

	if (!os || !architecture || strcmp(want->os, os) != 0 ||
	    strcmp(want->architecture, architecture) != 0)
		return 0;
	have = variant_number(architecture, variant);
	limit = variant_number(architecture, want->variant);
	return have > limit ? 0 : have;
}
