/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities that cannot be granted, members for other platforms. */
#include "runtime/warnings.h"

#include "base/strbuf.h"
#include "base/strv.h"
#include "runtime/journal.h"
#include "sys/caps.h"

/* Those of @names that are not in @have; names of none go to @unknown. */
static void add_missing(char *const *names, uint64_t have, char ***unknown, char ***missing)
{
	uint64_t bit;

	for (; names && *names; names++) {
		bool known = caps_bit(*names, &bit) == 0 && bit & caps_known();
		char ***list = known ? missing : unknown;

		if ((!known || !(bit & have)) && !strv_contains(*list, *names))
			strv_push(list, *names);
	}
}

static void warn_of(char **names, const char *what)
{
	cleanup_free char *list = strv_join(names, ", ");

	if (names)
		journal_warning("process.capabilities: %s: %s", what, list);
	strv_free(names);
}

/* A new user namespace has all that the kernel knows. */
static void warn_of_capabilities(const struct launch *l)
{
	const struct oci_capabilities *c = l->process->capabilities;
	bool user = l->ns_new[NS_USER] || l->ns_fd[NS_USER] >= 0;
	char **unknown = NULL, **missing = NULL, **inheritable = NULL;
	uint64_t have = caps_known();
	unsigned int n;

	if (!user && caps_permitted(&have) < 0)
		have = caps_known();
	add_missing(c->bounding, UINT64_MAX, &unknown, &missing);
	add_missing(c->permitted, have, &unknown, &missing);
	add_missing(c->effective, have, &unknown, &missing);
	add_missing(c->ambient, have, &unknown, &missing);
	add_missing(c->inheritable, caps_from_names(c->ambient, &n), &unknown, &inheritable);
	warn_of(unknown, "unknown here");
	warn_of(missing, "not ours to give");
	warn_of(inheritable, "never made inheritable unless ambient");
}

void launch_warn(const struct launch *l)
{
	if (l->process->capabilities)
		warn_of_capabilities(l);
	if (l->process->user.username)
		journal_warning("process.user.username is for Windows");
	if (l->process->command_line)
		journal_warning("process.commandLine is for Windows");
}
