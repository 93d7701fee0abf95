/* SPDX-License-Identifier: Apache-2.0 */
/* Completion: from the tables of commands and options, nothing else is asked. */
#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static void offer(const char *candidate, const char *prefix, const char *word)
{
	cleanup_free char *text = xasprintf("%s%s", prefix, candidate);

	if (strncmp(text, word, strlen(word)) == 0)
		puts(text);
}

static void offer_options(const struct arg_spec *spec, const char *word)
{
	for (; spec; spec = spec->parent)
		for (size_t i = 0; i < spec->n_options; i++)
			if (!(spec->options[i].flags & ARG_HIDDEN))
				offer(spec->options[i].name, "--", word);
	offer("help", "--", word);
}

static void offer_commands(const char *group, const char *word)
{
	const char *last = "";

	for (size_t i = 0; i < n_command_names; i++) {
		const char *of = command_names[i].group;

		if (group ? of && strcmp(of, group) == 0 : !of)
			offer(command_names[i].name, "", word);
		if (!group && of && strcmp(of, last) != 0)
			offer(of, "", word);
		last = of ? of : "";
	}
}

/* argv: the words behind "hoy", the last one being typed. */
int complete_words(const struct arg_spec *global, int argc, char *const *argv)
{
	const char *word = argc ? argv[argc - 1] : "", *group = NULL;
	const struct command *command = NULL;

	for (int i = 0; i < argc - 1 && !command; i++) {
		if (argv[i][0] == '-')
			continue;
		command = command_find(group, argv[i]);
		if (!command && !group && command_is_group(argv[i]))
			group = argv[i];
	}
	if (*word == '-')
		offer_options(command ? &command->spec : global, word);
	else if (!command)
		offer_commands(group, word);
	return 0;
}
