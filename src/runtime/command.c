/* SPDX-License-Identifier: Apache-2.0 */
/* What all commands begin with. */
#include "runtime/command.h"

#include <stdio.h>

int command_parse(const struct arg_spec *spec, int argc, char **argv, void *target,
		  char ***ret_words, struct error *err)
{
	char **words = NULL;
	size_t n = 0;
	int r = args_parse(spec, argc, argv, target, &words, err);

	if (r == ARGS_HELP) {
		struct strbuf page = STRBUF_INIT;

		args_help(spec, 100, &page);
		(void)fputs(strbuf_str(&page), stdout);
		exit(fflush(stdout) == 0 ? 0 : 1);
	}
	if (r < 0)
		return r;
	while (words[n])
		n++;
	r = args_check_count(spec, n, err);
	if (r < 0) {
		free(words);
		return r;
	}
	*ret_words = words;
	return 0;
}
