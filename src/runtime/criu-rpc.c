/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol buffers for criu: a field is a varint of its number and kind, then a varint, or a length
 * and bytes. */
#include "runtime/criu-rpc.h"

#include <errno.h>
#include <string.h>

#include "base/strv.h"

enum { KIND_VARINT = 0, KIND_64 = 1, KIND_BYTES = 2, KIND_32 = 5, VARINT_BYTES_MAX = 10 };

/* criu_opts */
enum {
	OPT_IMAGES_DIR_FD = 1,
	OPT_PID = 2,
	OPT_LEAVE_RUNNING = 3,
	OPT_EXT_UNIX_SK = 4,
	OPT_TCP_ESTABLISHED = 5,
	OPT_EVASIVE_DEVICES = 6,
	OPT_SHELL_JOB = 7,
	OPT_FILE_LOCKS = 8,
	OPT_LOG_LEVEL = 9,
	OPT_LOG_FILE = 10,
	OPT_PAGE_SERVER = 11,
	OPT_NOTIFY_SCRIPTS = 12,
	OPT_ROOT = 13,
	OPT_PARENT_IMG = 14,
	OPT_TRACK_MEM = 15,
	OPT_AUTO_DEDUP = 16,
	OPT_WORK_DIR_FD = 17,
	OPT_EXT_MNT = 23,
	OPT_MANAGE_CGROUPS = 24,
	OPT_CG_ROOT = 25,
	OPT_RST_SIBLING = 26,
	OPT_INHERIT_FD = 27,
	OPT_MANAGE_CGROUPS_MODE = 34,
	OPT_EXTERNAL = 37,
	OPT_EMPTY_NS = 38,
	OPT_FREEZE_CGROUP = 44,
	OPT_ORPHAN_PTS_MASTER = 50,
	OPT_LSM_PROFILE = 53,
	OPT_LSM_MOUNT_CONTEXT = 63,
};

enum { REQ_TYPE = 1, REQ_OPTS = 2, REQ_NOTIFY_SUCCESS = 3 };
enum { RESP_TYPE = 1, RESP_SUCCESS = 2, RESP_RESTORE = 4, RESP_NOTIFY = 5, RESP_ERRNO = 7 };
enum { RESP_ERRMSG = 9, RESTORE_PID = 1, NOTIFY_SCRIPT = 1, NOTIFY_PID = 2 };

static void put_varint(struct strbuf *out, uint64_t value)
{
	while (value >= 0x80) {
		strbuf_addc(out, (char)(value | 0x80));
		value >>= 7;
	}
	strbuf_addc(out, (char)value);
}

static void put_number(struct strbuf *out, unsigned int field, uint64_t value)
{
	put_varint(out, (uint64_t)field << 3 | KIND_VARINT);
	put_varint(out, value);
}

static void put_flag(struct strbuf *out, unsigned int field, bool value)
{
	if (value)
		put_number(out, field, 1);
}

static void put_bytes(struct strbuf *out, unsigned int field, const void *data, size_t len)
{
	put_varint(out, (uint64_t)field << 3 | KIND_BYTES);
	put_varint(out, len);
	strbuf_add(out, data, len);
}

static void put_text(struct strbuf *out, unsigned int field, const char *text)
{
	if (text)
		put_bytes(out, field, text, strlen(text));
}

static void put_message(struct strbuf *out, unsigned int field, struct strbuf *message)
{
	put_bytes(out, field, strbuf_str(message), message->len);
	strbuf_release(message);
}

/* Messages of two strings. */
static void put_pairs(struct strbuf *out, unsigned int field, char *const *pairs)
{
	for (; pairs && pairs[0] && pairs[1]; pairs += 2) {
		struct strbuf message = STRBUF_INIT;

		put_text(&message, 1, pairs[0]);
		put_text(&message, 2, pairs[1]);
		put_message(out, field, &message);
	}
}

static void put_options_of_dump(struct strbuf *out, const struct criu_request *req)
{
	struct strbuf server = STRBUF_INIT;

	put_number(out, OPT_PID, (uint64_t)req->pid);
	put_flag(out, OPT_LEAVE_RUNNING, req->leave_running);
	put_flag(out, OPT_TRACK_MEM, req->type == CRIU_PRE_DUMP || req->parent_images);
	put_text(out, OPT_PARENT_IMG, req->parent_images);
	put_text(out, OPT_FREEZE_CGROUP, req->freeze_cgroup);
	if (!req->page_server)
		return;
	put_text(&server, 1, req->page_server);
	put_number(&server, 2, req->page_server_port);
	put_message(out, OPT_PAGE_SERVER, &server);
}

/* The restored tree is to be our child, not criu's, which ends. */
static void put_options_of_restore(struct strbuf *out, const struct criu_request *req)
{
	put_flag(out, OPT_RST_SIBLING, true);
	put_flag(out, OPT_EVASIVE_DEVICES, true);
	put_text(out, OPT_LSM_PROFILE, req->lsm_profile);
	put_text(out, OPT_LSM_MOUNT_CONTEXT, req->lsm_mount_context);
	put_pairs(out, OPT_CG_ROOT, req->cgroup_roots);
	for (size_t i = 0; i < req->n_inherited; i++) {
		struct strbuf message = STRBUF_INIT;

		put_text(&message, 1, req->inherited[i].key);
		put_number(&message, 2, (uint64_t)req->inherited[i].fd);
		put_message(out, OPT_INHERIT_FD, &message);
	}
}

static void put_options(struct strbuf *out, const struct criu_request *req)
{
	enum { LOG_LEVEL = 4 };

	put_number(out, OPT_IMAGES_DIR_FD, (uint64_t)req->images_fd);
	put_number(out, OPT_WORK_DIR_FD, (uint64_t)req->work_fd);
	put_number(out, OPT_LOG_LEVEL, LOG_LEVEL);
	put_text(out, OPT_LOG_FILE, req->log_file);
	put_text(out, OPT_ROOT, req->root);
	put_flag(out, OPT_NOTIFY_SCRIPTS, true);
	put_flag(out, OPT_ORPHAN_PTS_MASTER, true);
	put_flag(out, OPT_MANAGE_CGROUPS, true);
	if (req->cgroups_mode != CRIU_CGROUPS_DEFAULT)
		put_number(out, OPT_MANAGE_CGROUPS_MODE, (uint64_t)req->cgroups_mode);
	put_flag(out, OPT_EXT_UNIX_SK, req->ext_unix_sk);
	put_flag(out, OPT_TCP_ESTABLISHED, req->tcp_established);
	put_flag(out, OPT_SHELL_JOB, req->shell_job);
	put_flag(out, OPT_FILE_LOCKS, req->file_locks);
	put_flag(out, OPT_AUTO_DEDUP, req->auto_dedup);
	if (req->empty_ns)
		put_number(out, OPT_EMPTY_NS, req->empty_ns);
	put_pairs(out, OPT_EXT_MNT, req->mounts);
	for (char **e = req->external; e && *e; e++)
		put_text(out, OPT_EXTERNAL, *e);
	if (req->type == CRIU_RESTORE)
		put_options_of_restore(out, req);
	else
		put_options_of_dump(out, req);
}

void criu_request_encode(const struct criu_request *req, struct strbuf *out)
{
	struct strbuf options = STRBUF_INIT;

	put_number(out, REQ_TYPE, req->type);
	put_options(&options, req);
	put_message(out, REQ_OPTS, &options);
}

void criu_notify_encode(bool success, struct strbuf *out)
{
	put_number(out, REQ_TYPE, CRIU_NOTIFY);
	put_number(out, REQ_NOTIFY_SUCCESS, success);
}

struct reader {
	const unsigned char *p, *end;
};

struct field {
	unsigned int number, kind;
	uint64_t value; /* of a varint; length of bytes */
	const unsigned char *bytes;
};

static int get_varint(struct reader *in, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < VARINT_BYTES_MAX && in->p < in->end; i++) {
		unsigned char c = *in->p++;

		value |= (uint64_t)(c & 0x7f) << (7 * i);
		if (!(c & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return -EBADMSG;
}

static int get_field(struct reader *in, struct field *ret)
{
	uint64_t key, value = 0;
	size_t left;
	int r = get_varint(in, &key);

	if (r < 0 || key >> 3 > UINT32_MAX)
		return -EBADMSG;
	*ret = (struct field){ .number = (unsigned int)(key >> 3), .kind = key & 7 };
	switch (ret->kind) {
	case KIND_VARINT:
		return get_varint(in, &ret->value);
	case KIND_BYTES:
		r = get_varint(in, &value);
		break;
	case KIND_64:
		value = 8;
		break;
	case KIND_32:
		value = 4;
		break;
	default:
		return -EBADMSG;
	}
	left = (size_t)(in->end - in->p);
	if (r < 0 || value > left)
		return -EBADMSG;
	ret->value = value;
	ret->bytes = in->p;
	in->p += value;
	return 0;
}

static void copy_text(const struct field *f, char *ret, size_t size)
{
	size_t len = f->value < size ? (size_t)f->value : size - 1;

	memcpy(ret, f->bytes, len);
	ret[len] = '\0';
}

/* criu_restore_resp and criu_notify: a pid, and in the latter a name. */
static int get_inner(const struct field *outer, unsigned int pid_field, struct criu_response *ret)
{
	struct reader in = { outer->bytes, outer->bytes + outer->value };
	struct field f;

	while (in.p < in.end) {
		if (get_field(&in, &f) < 0)
			return -EBADMSG;
		if (f.number == pid_field && f.kind == KIND_VARINT)
			ret->pid = (pid_t)f.value;
		else if (f.number == NOTIFY_SCRIPT && f.kind == KIND_BYTES)
			copy_text(&f, ret->script, sizeof(ret->script));
	}
	return 0;
}

int criu_response_decode(const void *data, size_t len, struct criu_response *ret)
{
	struct reader in = { data, (const unsigned char *)data + len };
	struct criu_response resp = { 0 };
	struct field f;
	int r = 0;

	while (!r && in.p < in.end) {
		r = get_field(&in, &f);
		if (r < 0)
			return r;
		if (f.kind == KIND_VARINT && f.number == RESP_TYPE)
			resp.type = (int)f.value;
		else if (f.kind == KIND_VARINT && f.number == RESP_SUCCESS)
			resp.success = f.value != 0;
		else if (f.kind == KIND_VARINT && f.number == RESP_ERRNO)
			resp.errnum = (int)f.value;
		else if (f.kind == KIND_BYTES && f.number == RESP_ERRMSG)
			copy_text(&f, resp.message, sizeof(resp.message));
		else if (f.kind == KIND_BYTES && f.number == RESP_RESTORE)
			r = get_inner(&f, RESTORE_PID, &resp);
		else if (f.kind == KIND_BYTES && f.number == RESP_NOTIFY)
			r = get_inner(&f, NOTIFY_PID, &resp);
	}
	if (r < 0 || !resp.type)
		return -EBADMSG;
	*ret = resp;
	return 0;
}

void criu_request_release(struct criu_request *req)
{
	strv_free(req->mounts);
	strv_free(req->cgroup_roots);
	strv_free(req->external);
	for (size_t i = 0; i < req->n_inherited; i++)
		free(req->inherited[i].key);
	free(req->inherited);
	*req = (struct criu_request){ .images_fd = -1, .work_fd = -1 };
}
