/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoy-log: carries one container's output to a server, or compresses a rotated log file; see
 * wire/log-record.h. Started by hoy-monitor and hoyd only.
 *
 * forward: (1) reads its file, starts the child that connects (logging/connect.h); (2) gives up
 * every right; (3) connects, says so, and carries. What a container writes and what a server
 * answers is read by a process that can do nothing but send.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "logging/forward.h"
#include "logging/gzip.h"
#include "sys/file.h"
#include "sys/sandbox.h"

enum { CONFIG_MAX = 4 << 20, NOBODY = 65534, EXIT_USAGE = 2 };

static int forward(const char *path, bool again, struct error *err)
{
	struct log_forward conf cleanup(log_forward_release) = { 0 };
	cleanup_free char *text = NULL;
	size_t len;
	int r = file_read_at(AT_FDCWD, path, CONFIG_MAX, &text, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s", path);
	r = json_decode(&log_forward_shape, text, len, &conf, err);
	if (r < 0)
		return r;
	log_set_formatter(conf.json ? log_json : NULL);
	forward_run(&conf, again);
	return r;
}

static int convert(int (*work)(int in, int out, struct error *err), struct error *err)
{
	const struct sandbox sandbox = { .uid = NOBODY, .gid = NOBODY };
	int r = sandbox_enter(&sandbox);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "enter the sandbox");
	return work(STDIN_FILENO, STDOUT_FILENO, err);
}

int main(int argc, char **argv)
{
	struct error err cleanup(error_release) = ERROR_INIT;
	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	log_init("hoy-log", LOG_WARNING);
	if (argc >= 3 && strcmp(argv[1], "forward") == 0)
		r = forward(argv[2], argc > 3, &err);
	else if (argc == 2 && strcmp(argv[1], "compress") == 0)
		r = convert(gzip_compress, &err);
	else if (argc == 2 && strcmp(argv[1], "decompress") == 0)
		r = convert(gzip_decompress, &err);
	else
		die(EXIT_USAGE, "started by hoy-monitor and hoyd only");
	if (r < 0)
		log_warning("%s", error_text(&err));
	return r < 0;
}
