/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzzer without a fuzzing engine: every file of the directories and files given, then
 * changed copies of each for half a second of processor time; FUZZ_CHANGES: so many of each,
 * however long it takes. The changes of a file come from a generator with a fixed seed, so that a
 * failure comes again. When a case kills the process, its bytes are in ./crash-<fuzzer> (written
 * before each run when FUZZ_KEEP is set).
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/parse.h"
#include "base/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20, CHANGES_DEFAULT = 2000 };

/* Processor time for the changes of a file: a suite of many parsers has to end. */
#define CHANGES_TIME (CLOCKS_PER_SEC / 2)

static uint64_t random_state;
static const char *program;
static bool keep, unhurried;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static size_t random_below(size_t n)
{
	return n ? (size_t)(random_next() % n) : 0;
}

static void run_one(const char *data, size_t len)
{
	cleanup_free char *path = keep ? xasprintf("crash-%s", program) : NULL;
	FILE *file = path ? fopen(path, "we") : NULL;

	if (file) {
		(void)fwrite(data, 1, len, file);
		(void)fclose(file);
	}
	(void)LLVMFuzzerTestOneInput((const uint8_t *)data, len);
}

static void replace(struct strbuf *sb, size_t at, size_t old, const char *with, size_t len)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_add(&out, sb->data, at);
	strbuf_add(&out, with, len);
	strbuf_add(&out, sb->data + at + old, sb->len - at - old);
	strbuf_release(sb);
	*sb = out;
}

/* One small change: a bit, a byte of those that mean something in texts, a piece taken out,
 * doubled or put elsewhere. */
static void change(struct strbuf *sb)
{
	static const char telling[] =
		"{}[]()<>\"'`\\/.,:;$|=-+%#@!~*&0189aeEnftuxX \t\r\n\0\x01\x7f\x80\xc3\xff";
	size_t at = random_below(sb->len),
	       n = random_below(sb->len - at < 32 ? sb->len - at : 32) + 1;
	cleanup_free char *piece = NULL;
	char byte;

	if (sb->len == 0 || random_below(5) == 0) {
		byte = telling[random_below(sizeof(telling) - 1)];
		replace(sb, at, 0, &byte, 1);
		return;
	}
	n = n > sb->len - at ? sb->len - at : n;
	piece = xmalloc(n);
	memcpy(piece, sb->data + at, n);
	switch (random_below(5)) {
	case 0:
		sb->data[at] ^= (char)(1 << random_below(8));
		break;
	case 1:
		sb->data[at] = telling[random_below(sizeof(telling) - 1)];
		break;
	case 2:
		replace(sb, at, n, "", 0);
		break;
	case 3:
		replace(sb, at, 0, piece, n);
		break;
	default:
		replace(sb, random_below(sb->len), 0, piece, n);
	}
}

static void run_changed(const char *data, size_t len, unsigned int changes)
{
	clock_t end = clock() + CHANGES_TIME;

	random_state = 0x9e3779b97f4a7c15u;
	for (unsigned int i = 0; i < changes && (unhurried || clock() < end); i++) {
		struct strbuf sb = STRBUF_INIT;

		strbuf_reserve(&sb, 1);
		if (len > 0)
			strbuf_add(&sb, data, len);
		for (size_t n = random_below(8) + 1; n > 0 && sb.len < INPUT_MAX; n--)
			change(&sb);
		run_one(strbuf_str(&sb), sb.len);
		strbuf_release(&sb);
	}
}

static int run_file(int dirfd, const char *name, unsigned int changes)
{
	cleanup(strbuf_release) struct strbuf data = STRBUF_INIT;
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	char block[4096];
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, block, sizeof(block))) > 0 && data.len < INPUT_MAX)
		strbuf_add(&data, block, (size_t)n);
	run_one(strbuf_str(&data), data.len);
	run_changed(data.data, data.len, changes);
	return n < 0 ? -1 : 0;
}

static int run_path(const char *path, unsigned int changes, unsigned int *files)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		(*files)++;
		return run_file(AT_FDCWD, path, changes);
	}
	while (r == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(*files)++;
		r = run_file(dirfd(dir), entry->d_name, changes);
	}
	(void)closedir(dir);
	return r;
}

int main(int argc, char **argv)
{
	const char *text = getenv("FUZZ_CHANGES");
	uint32_t changes = CHANGES_DEFAULT;
	unsigned int files = 0;

	program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	keep = getenv("FUZZ_KEEP") != NULL;
	unhurried = text != NULL;
	if (text && parse_u32(text, &changes) < 0) {
		(void)fprintf(stderr, "FUZZ_CHANGES must be a number\n");
		return 2;
	}
	run_one("", 0);
	for (int i = 1; i < argc; i++) {
		if (run_path(argv[i], changes, &files) < 0) {
			(void)fprintf(stderr, "%s: cannot read %s\n", program, argv[i]);
			return 1;
		}
	}
	(void)printf("%s: %u files, at most %u changes of each\n", program, files, changes);
	return files > 0 ? 0 : 1;
}
