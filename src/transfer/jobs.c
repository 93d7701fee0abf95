/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs out of a socket, each in its thread. */
#include "transfer/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "sys/unixsock.h"
#include "wire/transfer.h"

struct jobs {
	job_run run;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned int n_running;
};

struct job_thread {
	struct job job;
	struct jobs *jobs;
};

static void job_release(struct job *job)
{
	free(job->text);
	macros_close_fd(&job->fd);
	macros_close_fd(&job->to_fd);
	macros_close_fd(&job->control_fd); /* last: the engine takes it for the end of the rest */
}

static void *run_thread(void *arg)
{
	cleanup(error_release) struct error err = ERROR_INIT;
	struct job_thread *thread = arg;
	struct jobs *jobs = thread->jobs;

	if (jobs->run(&thread->job, &err) < 0)
		transfer_send_error(thread->job.control_fd, &err);
	job_release(&thread->job);
	free(thread);
	(void)pthread_mutex_lock(&jobs->lock);
	jobs->n_running--;
	(void)pthread_cond_signal(&jobs->ended);
	(void)pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

/* 0: the end. */
static ssize_t take_job(struct job *ret, struct error *err)
{
	int fds[UNIXSOCK_FDS_MAX] = { -1, -1, -1, -1 };
	cleanup_free char *text = xcalloc(1, TRANSFER_JOB_MAX + 1);
	size_t n_fds = 0;
	ssize_t n = unixsock_recv_fds(TRANSFER_JOBS_FD, text, TRANSFER_JOB_MAX, fds, &n_fds);

	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "take a job");
	*ret = (struct job){ take_ptr(text), (size_t)n, fds[0], fds[1], fds[2] };
	return n;
}

static int start_job(struct jobs *jobs, const struct job *job, struct error *err)
{
	struct job_thread *thread = xcalloc(1, sizeof(*thread));
	pthread_t id;
	int r;

	*thread = (struct job_thread){ *job, jobs };
	(void)pthread_mutex_lock(&jobs->lock);
	jobs->n_running++;
	(void)pthread_mutex_unlock(&jobs->lock);
	r = pthread_create(&id, NULL, run_thread, thread);
	if (r == 0)
		return -pthread_detach(id);
	jobs->n_running--;
	free(thread);
	return error_set(err, ERR_SYSTEM, r, "start a thread");
}

static void wait_all(struct jobs *jobs)
{
	(void)pthread_mutex_lock(&jobs->lock);
	while (jobs->n_running > 0)
		(void)pthread_cond_wait(&jobs->ended, &jobs->lock);
	(void)pthread_mutex_unlock(&jobs->lock);
}

int jobs_serve(job_prepare prepare, job_run run, struct error *err)
{
	struct jobs jobs = { run, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
	bool first = true;
	int r = 0;

	while (r >= 0) {
		struct job job = { NULL, 0, -1, -1, -1 };
		ssize_t n = take_job(&job, err);

		r = n < 0 ? (int)n : n > 0 && first ? prepare(&job, err) : 0;
		if (r >= 0 && n > 0)
			r = start_job(&jobs, &job, err);
		if (r < 0 && n > 0)
			transfer_send_error(job.control_fd, err);
		if (r < 0 || n == 0)
			job_release(&job);
		if (n == 0)
			break;
		first = false;
	}
	wait_all(&jobs);
	return r;
}
