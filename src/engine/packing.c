/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a container's layers and packing its changes in a process of their own. */
#include "engine/packing.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/strv.h"
#include "layer/delta.h"
#include "sys/fd.h"
#include "sys/process.h"

void packing_release(struct packing *packing)
{
	free(packing->upper);
	layer_stack_release(&packing->layers);
	strv_release(&packing->diff_ids);
	idmaps_release(&packing->maps);
	*packing = (struct packing)PACKING_INIT;
}

int packing_open(struct engine *e, const struct container *rec, struct packing *ret,
		 struct error *err)
{
	cleanup(packing_release) struct packing p = PACKING_INIT;
	int r;

	if (!rec->image_id[0])
		return error_set(err, ERR_INVALID, 0,
				 "container %s has no image: its root is a directory of the host",
				 rec->name);
	p.upper = instance_data_path(e, rec->id, "upper");
	p.diff_ids = rec->layers[0] ? strv_split(rec->layers, ' ') : NULL;
	r = layer_stack_open(&e->store, p.diff_ids, &p.layers, err);
	if (r >= 0)
		r = idmaps_get(&e->store, rec->id, &p.maps, err);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct packing)PACKING_INIT;
	return 0;
}

static int write_to(void *arg, const void *data, size_t len)
{
	return fd_write_all(*(const int *)arg, data, len);
}

/* In the child. */
static _Noreturn void pack(const struct packing *packing, int tar_fd, int control_fd, pid_t parent)
{
	struct transfer_done done = { .diff_id = NULL };
	struct error err = ERROR_INIT;
	struct packer packer;
	size_t n = 0;
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	(void)signal(SIGPIPE, SIG_IGN);
	packer_init(&packer, write_to, &tar_fd);
	packer.maps = &packing->maps;
	r = delta_pack(packing->upper, packing->layers.lower, &packer, &n, &err);
	if (r < 0) {
		transfer_send_error(control_fd, &err);
		_exit(1);
	}
	done.size = (int64_t)n;
	r = transfer_send_json(control_fd, TRANSFER_DONE, &transfer_done_shape, &done);
	_exit(r < 0);
}

int packing_start(const struct packing *packing, struct transfer_child *ret_child, int *ret_tar_fd,
		  struct error *err)
{
	cleanup_fd int tar_read = -1, tar_write = -1, control_read = -1, control_write = -1;
	pid_t self = getpid(), pid;
	int r = fd_pipe(&tar_read, &tar_write);

	if (r >= 0)
		r = fd_pipe(&control_read, &control_write);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "make a pipe for the changes");
	pid = fork();
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "fork to pack the changes");
	if (pid == 0) {
		(void)close(tar_read);
		(void)close(control_read);
		pack(packing, tar_write, control_write, self);
	}
	*ret_child = (struct transfer_child)TRANSFER_CHILD_INIT;
	ret_child->pidfd = process_pidfd(pid);
	ret_child->control_fd = take_fd(&control_read);
	*ret_tar_fd = take_fd(&tar_read);
	return 0;
}
