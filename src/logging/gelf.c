/* SPDX-License-Identifier: Apache-2.0 */
/* GELF 1.1: JSON, over UDP compressed and in chunks, over TCP with a zero byte behind each. */
#include <string.h>
#include <zlib.h>

#include "logging/format.h"

enum { LEVEL_ERROR = 3, LEVEL_INFO = 6, DATAGRAM = 1420, CHUNK_HEAD = 12, MS_NS = 1000000 };
enum { WINDOW_BITS = 15, GZIP_WRAPPER = 16, MEM_LEVEL = 8 };

static void add_str(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addc(out, ',');
	json_quote(out, name, strlen(name));
	strbuf_addc(out, ':');
	json_quote(out, value ? value : "", value ? strlen(value) : 0);
}

void gelf_fixed(struct log_format *format)
{
	const struct log_forward *conf = format->conf;
	struct strbuf *out = &format->fixed;
	const char *name = conf->container_name;

	add_str(out, "host", conf->host_name);
	add_str(out, "_command", conf->command);
	add_str(out, "_container_id", conf->container_id);
	add_str(out, "_container_name", name && name[0] == '/' ? name + 1 : name);
	add_str(out, "_created", conf->created);
	add_str(out, "_image_id", conf->image_id);
	add_str(out, "_image_name", conf->image_name);
	add_str(out, "_tag", conf->tag);
	for (size_t i = 0; i < conf->extra.n; i++) {
		const char *key = conf->extra.entries[i].key;
		cleanup_free char *marked = xasprintf("%s%s", key[0] == '_' ? "" : "_", key);

		add_str(out, marked, conf->extra.entries[i].value);
	}
}

static void add_json(const struct log_format *format, const struct log_message *message,
		     struct strbuf *out)
{
	int64_t ms = message->time / MS_NS;

	strbuf_adds(out, "{\"version\":\"1.1\",\"short_message\":");
	json_quote(out, message->text, message->len);
	strbuf_addf(out, ",\"timestamp\":%lld.%03d,\"level\":%d", (long long)(ms / 1000),
		    (int)(ms % 1000), message->stream == 2 ? LEVEL_ERROR : LEVEL_INFO);
	strbuf_add(out, format->fixed.data, format->fixed.len);
	strbuf_addc(out, '}');
}

static void compress_json(const struct gelf_options *opts, const struct strbuf *json,
			  struct strbuf *out)
{
	int bits = WINDOW_BITS + (opts->compression == GELF_GZIP ? GZIP_WRAPPER : 0);
	z_stream z = { .next_in = (Bytef *)json->data, .avail_in = (uInt)json->len };
	size_t room;

	if (deflateInit2(&z, opts->level, Z_DEFLATED, bits, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* out of memory, or a level that options_parse let through */
	room = deflateBound(&z, (uLong)json->len);
	strbuf_reserve(out, room);
	z.next_out = (Bytef *)out->data + out->len;
	z.avail_out = (uInt)room;
	(void)deflate(&z, Z_FINISH);
	out->len += room - z.avail_out;
	out->data[out->len] = '\0';
	(void)deflateEnd(&z);
}

/* What needs more chunks than the format has is cut off: such a message no receiver takes. */
static void add_chunks(const struct strbuf *data, struct packets *out)
{
	const size_t room = DATAGRAM - CHUNK_HEAD;
	size_t n = (data->len + room - 1) / room;
	char id[17];

	if (data->len <= DATAGRAM) {
		strbuf_add(&out->data, data->data, data->len);
		packets_end(out);
		return;
	}
	if (n > GELF_CHUNK_MAX)
		n = GELF_CHUNK_MAX;
	random_hex(id, 8);
	for (size_t i = 0; i < n; i++) {
		size_t left = data->len - i * room;
		const unsigned char head[] = { 0x1e, 0x0f };

		strbuf_add(&out->data, head, sizeof(head));
		strbuf_add(&out->data, id, 8);
		strbuf_addc(&out->data, (char)i);
		strbuf_addc(&out->data, (char)n);
		strbuf_add(&out->data, data->data + i * room, left < room ? left : room);
		packets_end(out);
	}
}

void gelf_message(const struct log_format *format, const struct log_message *message,
		  struct packets *out)
{
	cleanup(strbuf_release) struct strbuf json = STRBUF_INIT, small = STRBUF_INIT;

	if (format->transport == LOG_TCP) {
		add_json(format, message, &out->data);
		strbuf_addc(&out->data, '\0');
		packets_end(out);
		return;
	}
	add_json(format, message, &json);
	if (format->gelf.compression == GELF_NONE) {
		add_chunks(&json, out);
		return;
	}
	compress_json(&format->gelf, &json, &small);
	add_chunks(&small, out);
}
