/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stopwatch [-n RUNS] [-w WARMUPS] [-p PAUSE_MS] NAME COMMAND [NAME COMMAND]...
 *
 * Runs the commands in turn (A B C A B C …), so that a machine whose speed drifts treats them
 * alike, and prints for each "NAME median min p90 failures" in milliseconds, tab-separated. A
 * command is split at blanks and run without a shell; its output goes to /dev/null. Time is from
 * fork to the end of the process, as a person waits for it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 32, ARGS_MAX = 64, RUNS_MAX = 10000 };

struct command {
	const char *name;
	char *argv[ARGS_MAX];
	double *ms;
	int failures;
};

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double run_once(struct command *command, int *ret_failed)
{
	double start = now_ms();
	pid_t pid = vfork();
	int status = 0;

	if (pid < 0) {
		perror("vfork");
		exit(1);
	}
	if (pid == 0) {
		execvp(command->argv[0], command->argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	*ret_failed = status != 0;
	return now_ms() - start;
}

static void parse_command(struct command *command, const char *name, char *text)
{
	int n = 0;

	command->name = name;
	for (char *word = strtok(text, " "); word && n < ARGS_MAX - 1; word = strtok(NULL, " "))
		command->argv[n++] = word;
}

static void report(struct command *command, int runs)
{
	qsort(command->ms, (size_t)runs, sizeof(double), compare);
	printf("%s\t%.2f\t%.2f\t%.2f\t%d\n", command->name, command->ms[runs / 2], command->ms[0],
	       command->ms[runs * 9 / 10], command->failures);
}

static void measure(struct command *commands, int n, int warmups, int runs, int pause_ms)
{
	struct timespec pause = { pause_ms / 1000, (pause_ms % 1000) * 1000000L };

	for (int run = -warmups; run < runs; run++)
		for (int i = 0; i < n; i++) {
			int failed;
			double ms;

			/* measures the machine after it idled, as a person finds it */
			if (pause_ms)
				nanosleep(&pause, NULL);
			ms = run_once(&commands[i], &failed);
			if (run < 0)
				continue;
			commands[i].ms[run] = ms;
			commands[i].failures += failed;
		}
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	int runs = 30, warmups = 3, pause_ms = 0, n = 0, opt, null, out;

	while ((opt = getopt(argc, argv, "+n:w:p:")) != -1) {
		if (opt == 'n')
			runs = atoi(optarg);
		else if (opt == 'w')
			warmups = atoi(optarg);
		else if (opt == 'p')
			pause_ms = atoi(optarg);
		else
			return 2;
	}
	if (runs < 1 || runs > RUNS_MAX || optind >= argc || (argc - optind) % 2) {
		fprintf(stderr,
			"usage: stopwatch [-n RUNS] [-w WARMUPS] [-p PAUSE_MS] NAME COMMAND ...\n");
		return 2;
	}
	for (int i = optind; i + 1 < argc && n < COMMANDS_MAX; i += 2, n++) {
		parse_command(&commands[n], argv[i], argv[i + 1]);
		commands[n].ms = calloc((size_t)runs, sizeof(double));
	}
	out = dup(STDOUT_FILENO);
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!getenv("STOPWATCH_STDERR"))
		dup2(null, STDERR_FILENO);
	measure(commands, n, warmups, runs, pause_ms);
	dup2(out, STDOUT_FILENO);
	for (int i = 0; i < n; i++)
		report(&commands[i], runs);
	return 0;
}
