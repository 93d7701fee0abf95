/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an archive: hoy-archive takes it apart, a hoy-unpack for each layer runs beside it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "base/strv.h"
#include "image/load.h"
#include "layer/unpack.h"
#include "store/layers.h"
#include "sys/fd.h"
#include "sys/unixsock.h"

enum { UNPACKERS_MAX = 4, LINKS_MAX = 8 };

struct reading {
	struct load *load;
	struct transfer_child archive;
	int answer_fd;
	struct load_file *document; /* whose bytes come next; NULL none */
	struct load_layer *current; /* what is being read */
	uint64_t said;
	struct error err; /* ours, while a frame was taken */
};

static void reading_release(struct reading *r)
{
	transfer_child_release(&r->archive);
	macros_close_fd(&r->answer_fd);
	error_release(&r->err);
}

static void layer_free(struct load_layer *layer)
{
	transfer_child_release(&layer->unpack);
	macros_close_fd(&layer->dirfd);
	put_layer_release(&layer->put);
	free(layer->diff_id);
	error_release(&layer->error);
	free(layer);
}

void load_release_files(struct load *load)
{
	for (size_t i = 0; i < load->n_files; i++) {
		free(load->files[i].name);
		strbuf_release(&load->files[i].text);
		free(load->files[i].target);
	}
	free(load->files);
	for (size_t i = 0; i < load->n_layers; i++)
		layer_free(load->layers[i]);
	free(load->layers);
	load->files = NULL;
	load->layers = NULL;
	load->n_files = load->cap_files = load->n_layers = 0;
}

static struct load_file *file_add(struct load *load, enum load_kind kind, const char *name)
{
	if (load->n_files == load->cap_files) {
		load->cap_files = load->cap_files ? 2 * load->cap_files : 64;
		load->files = xrealloc(load->files, load->cap_files, sizeof(*load->files));
	}
	load->files[load->n_files] = (struct load_file){ .kind = kind, .name = xstrdup(name) };
	return &load->files[load->n_files++];
}

/* The first 64 hexadecimal digits of a name, or none. */
static const char *name_hex(const char *name)
{
	for (const char *p = name; *p; p++) {
		size_t n = strspn(p, "0123456789abcdef");

		if (n == DIGEST_HEX_LEN)
			return p;
		p += n > 0 ? n - 1 : 0;
	}
	return NULL;
}

/* A layer whose file is named by its diff-id, which we have: nothing to unpack. Should the name not
 * be true, then the image's config will not name this layer. */
static int layer_is_known(struct load *load, const char *name, struct load_layer *layer,
			  struct error *err)
{
	const char *hex = name_hex(name);
	cleanup_free char *diff_id = hex ? xasprintf("sha256:%.64s", hex) : NULL;
	int r = diff_id ? layer_record_get(load->ctx->store, diff_id, NULL, err) : 0;

	if (r <= 0)
		return r;
	layer->known = true;
	layer->diff_id = take_ptr(diff_id);
	return 1;
}

static struct load_layer *layer_add(struct load *load, const struct transfer_entry *entry)
{
	struct load_layer *layer = xcalloc(1, sizeof(*layer));
	const char *hex = name_hex(entry->name);

	*layer = (struct load_layer){
		.unpack = TRANSFER_CHILD_INIT,
		.dirfd = -1,
		.size_in = entry->size,
	};
	memcpy(layer->id, hex ? hex : entry->name, hex ? 12 : strnlen(entry->name, 12));
	load->layers = xrealloc(load->layers, load->n_layers + 1, sizeof(struct load_layer *));
	load->layers[load->n_layers] = layer;
	file_add(load, LOAD_LAYER, entry->name)->layer = load->n_layers++;
	return layer;
}

/* Its hoy-unpack is over. What is wrong with the archive counts only if an image has this layer;
 * what is wrong with the machine counts at once. */
static int layer_over(struct load *load, struct load_layer *layer, struct error *err)
{
	struct transfer_child *child = &layer->unpack;
	int r;

	if (!child->done) {
		if (child->error.kind != ERR_INVALID)
			return transfer_child_fail(child, err);
		layer->error = child->error;
		child->error = (struct error)ERROR_INIT;
		return 0;
	}
	if (!digest_is_valid(child->diff_id))
		return error_set(err, ERR_SYSTEM, EBADMSG, "hoy-unpack's answer");
	r = layer_finish(layer->dirfd, child->opaque, err);
	macros_close_fd(&layer->dirfd);
	layer->dirfd = -1;
	if (r < 0)
		return r;
	layer->diff_id = xstrdup(child->diff_id);
	layer->put.diff_id = xstrdup(child->diff_id);
	layer->put.size = child->size;
	return 0;
}

static size_t count_running(const struct load *load)
{
	size_t n = 0;

	for (size_t i = 0; i < load->n_layers; i++)
		n += load->layers[i]->unpack.control_fd >= 0;
	return n;
}

/* Wait until something is told, by an unpacker or (unless NULL) hoy-archive, and take it. */
static int wait_once(struct load *load, struct transfer_child *archive, struct error *err)
{
	cleanup_free struct pollfd *fds = xcalloc(load->n_layers + 1, sizeof(*fds));
	size_t n_layers = load->n_layers; /* hoy-archive may add one */
	int n, r = 0;

	for (size_t i = 0; i < n_layers; i++)
		fds[i] = (struct pollfd){ load->layers[i]->unpack.control_fd, POLLIN, 0 };
	fds[n_layers] = (struct pollfd){ archive ? archive->control_fd : -1, POLLIN, 0 };
	do
		n = poll(fds, n_layers + 1, -1);
	while (n < 0 && errno == EINTR);
	for (size_t i = 0; r >= 0 && i < n_layers; i++) {
		if (!fds[i].revents)
			continue;
		transfer_child_read(&load->layers[i]->unpack);
		if (load->layers[i]->unpack.control_fd < 0)
			r = layer_over(load, load->layers[i], err);
	}
	if (r >= 0 && archive && fds[n_layers].revents)
		transfer_child_read(archive);
	return r;
}

static int layer_start(struct reading *r, struct load_layer *layer, struct error *err)
{
	struct load *load = r->load;
	cleanup_fd int read_fd = -1, write_fd = -1;
	char answer = TRANSFER_TAKE;
	int n = 0;

	while (n >= 0 && count_running(load) >= UNPACKERS_MAX)
		n = wait_once(load, NULL, err);
	if (n < 0)
		return n;
	layer->put.temp_name = xasprintf("%zu", load->n_layers);
	n = layer_begin(load->ctx->store, &load->temp, layer->put.temp_name, &layer->dirfd, err);
	if (n < 0)
		return n;
	n = fd_pipe(&read_fd, &write_fd);
	if (n < 0)
		return error_set(err, ERR_SYSTEM, -n, "make a pipe");
	(void)fcntl(write_fd, F_SETPIPE_SZ, TRANSFER_PIPE_SIZE); /* a smaller one works too */
	n = transfer_child_unpack(load->ctx, &load->temp, read_fd, layer->dirfd, &layer->unpack,
				  err);
	if (n < 0)
		return n;
	n = unixsock_send_fd(r->answer_fd, &answer, 1, write_fd);
	return n < 0 ? error_set(err, ERR_SYSTEM, -n, "answer hoy-archive") : 0;
}

/* The bar of the layer that was read is full. */
static int say_read(struct reading *r, struct error *err)
{
	struct load_layer *layer = r->current;

	r->current = NULL;
	r->said = 0;
	if (!layer)
		return 0;
	return say_progress(&r->load->progress, layer->id, "Loading layer", layer->size_in,
			    layer->size_in, err);
}

static int take_layer(struct reading *r, const struct transfer_entry *entry, struct error *err)
{
	struct load_layer *layer = layer_add(r->load, entry);
	char answer = TRANSFER_SKIP;
	int n = layer_is_known(r->load, entry->name, layer, err);

	if (n < 0)
		return n;
	r->archive.progress = 0;
	if (n == 0) {
		r->current = layer;
		return layer_start(r, layer, err);
	}
	n = unixsock_send_fd(r->answer_fd, &answer, 1, -1);
	return n < 0 ? error_set(err, ERR_SYSTEM, -n, "answer hoy-archive") : 0;
}

static int take_entry(struct reading *r, const struct transfer_entry *entry, struct error *err)
{
	static const char *const kinds[] = {
		[LOAD_DOCUMENT] = "document",
		[LOAD_LAYER] = "layer",
		[LOAD_LINK] = "link",
		[LOAD_OTHER] = "other",
	};
	size_t kind = 0;
	int n = say_read(r, err);

	if (n < 0)
		return n;
	while (kind < ARRAY_SIZE(kinds) && strcmp(kinds[kind], entry->kind ? entry->kind : ""))
		kind++;
	if (kind == ARRAY_SIZE(kinds) || !entry->name || entry->size < 0 ||
	    r->load->n_files >= TRANSFER_ENTRIES_MAX)
		return error_set(err, ERR_SYSTEM, EBADMSG, "hoy-archive's word");
	if (kind == LOAD_LAYER)
		return take_layer(r, entry, err);
	file_add(r->load, (enum load_kind)kind, entry->name);
	if (kind == LOAD_DOCUMENT)
		r->document = &r->load->files[r->load->n_files - 1];
	if (kind == LOAD_LINK)
		r->load->files[r->load->n_files - 1].target =
			xstrdup(entry->target ? entry->target : "");
	return 0;
}

/* What hoy-archive tells beside its progress. -EBADMSG: it makes no sense; -ECANCELED: reading->err
 * says why. */
static int take_frame(void *arg, enum transfer_type type, const char *data, size_t len)
{
	struct transfer_entry entry = { 0 };
	struct reading *r = arg;
	int n;

	if (type == TRANSFER_DOCUMENT) {
		if (!r->document || len > TRANSFER_DOCUMENT_MAX ||
		    (r->load->documents_len += len) > TRANSFER_DOCUMENTS_MAX)
			return -EBADMSG;
		strbuf_add(&r->document->text, data, len);
		r->document = NULL;
		return 0;
	}
	if (r->document || json_decode(&transfer_entry_shape, data, len, &entry, NULL) < 0)
		return -EBADMSG;
	n = take_entry(r, &entry, &r->err);
	json_release(&transfer_entry_shape, &entry);
	return n < 0 ? -ECANCELED : 0;
}

static int say_more(struct reading *r, struct error *err)
{
	if (!r->current || r->archive.progress == r->said)
		return 0;
	r->said = r->archive.progress;
	return say_progress(&r->load->progress, r->current->id, "Loading layer", (int64_t)r->said,
			    r->current->size_in, err);
}

static int read_all(struct reading *r, struct error *err)
{
	int n = 0;

	while (n >= 0 && (r->archive.control_fd >= 0 || count_running(r->load) > 0)) {
		n = wait_once(r->load, &r->archive, err);
		if (n >= 0 && r->err.kind != ERR_NONE) {
			*err = r->err;
			r->err = (struct error)ERROR_INIT;
			return -ECANCELED;
		}
		if (n >= 0)
			n = say_more(r, err);
		if (n >= 0 && r->archive.control_fd < 0 && !r->archive.done)
			return transfer_child_fail(&r->archive, err);
	}
	return n < 0 ? n : say_read(r, err);
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct load_file *)a)->name, ((const struct load_file *)b)->name);
}

static int sort_files(struct load *load, struct error *err)
{
	if (load->n_files > 1)
		qsort(load->files, load->n_files, sizeof(*load->files), compare_files);
	for (size_t i = 1; i < load->n_files; i++) {
		if (strcmp(load->files[i - 1].name, load->files[i].name) == 0)
			return error_set(err, ERR_INVALID, EINVAL,
					 "invalid archive: it has \"%.256s\" twice",
					 load->files[i].name);
	}
	return 0;
}

int load_read(struct load *load, int tar_fd, struct error *err)
{
	cleanup(reading_release) struct reading reading = { .load = load,
							    .archive = TRANSFER_CHILD_INIT,
							    .answer_fd = -1 };
	cleanup(error_release) struct error own = ERROR_INIT;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	reading.answer_fd = pair[0];
	r = transfer_child_archive(load->ctx, tar_fd, pair[1], &reading.archive, err);
	(void)close(pair[1]);
	if (r < 0)
		return r;
	reading.archive.entry = take_frame;
	reading.archive.entry_arg = &reading;
	r = read_all(&reading, &own);
	if (r < 0)
		return error_set(err, own.kind, 0, "%s", error_text(&own));
	return sort_files(load, err);
}

const struct load_file *load_find(const struct load *load, const char *name)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		const struct load_file key = { .name = (char *)name };
		const struct load_file *file =
			load->n_files > 0 ? bsearch(&key, load->files, load->n_files,
						    sizeof(*load->files), compare_files)
					  : NULL;

		if (!file || file->kind != LOAD_LINK)
			return file;
		name = file->target;
	}
	return NULL;
}
