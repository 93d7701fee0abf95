/* SPDX-License-Identifier: Apache-2.0 */
/* state.json: a container is opened or refused with one sentence, and its state is JSON. */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "runtime/container.h"
#include "sys/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[] = "/tmp/fuzz-state.XXXXXX";
static int root_fd = -1;

static void root_remove(void)
{
	ignore_result(dir_remove_all_at(AT_FDCWD, root));
}

static void root_make(void)
{
	if (root_fd >= 0)
		return;
	if (!mkdtemp(root) || atexit(root_remove) != 0)
		abort();
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0 || mkdirat(root_fd, "c", 0700) < 0)
		abort();
}

static void check_state(const struct container *c)
{
	cleanup(strbuf_release) struct strbuf state = STRBUF_INIT, pretty = STRBUF_INIT;

	container_state_json(c, "running", true, &state);
	if (json_pretty(state.data, state.len, 2, &pretty, NULL) < 0)
		abort();
	(void)container_status(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container c = CONTAINER_INIT;
	struct error err = ERROR_INIT;

	root_make();
	if (file_replace_at(root_fd, "c/state.json", data, size, 0600) < 0)
		abort();
	if (container_open(root, "c", &c, &err) == 0)
		check_state(&c);
	else if (!*error_text(&err) || strchr(error_text(&err), '\n'))
		abort();
	error_release(&err);
	container_unload(&c);
	return 0;
}
