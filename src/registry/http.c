/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl behind registry/http.h: one easy handle, driven by a multi handle so that we own the
 * clock. */
#include "registry/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry/http-internal.h"

void registry_answer_release(struct registry_answer *answer)
{
	if (!answer)
		return;
	free(answer->content_type);
	free(answer->challenge);
	free(answer->location);
	free(answer->range);
	free(answer->link);
	free(answer->digest);
	strbuf_release(&answer->body);
	*answer = (struct registry_answer)REGISTRY_ANSWER_INIT;
}

static struct curl_blob blob_of(const struct strbuf *text)
{
	return (struct curl_blob){ text->data, text->len, CURL_BLOB_NOCOPY };
}

/* The machine's own CAs stay trusted: libcurl has them from a directory, too. */
static void set_certificates(CURL *easy, const struct registry_certificates *c)
{
	const struct curl_blob ca = blob_of(&c->ca), cert = blob_of(&c->cert);
	const struct curl_blob key = blob_of(&c->key);

	if (ca.len > 0)
		(void)curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
	if (cert.len > 0) {
		(void)curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &cert);
		(void)curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
	}
}

int registry_http_new(const struct registry_http_options *opts, struct registry_http **ret,
		      struct error *err)
{
	struct registry_http *http = xcalloc(1, sizeof(*http));
	CURL *easy = curl_easy_init();

	http->easy = easy;
	http->multi = curl_multi_init();
	http->host = xstrdup(opts->host);
	http->certificates = opts->certificates;
	http->stall_ns = opts->stall_seconds * INT64_C(1000000000);
	http->watch_fd = opts->watch_fd;
	if (!easy || !http->multi) {
		registry_http_free(http);
		return error_set(err, ERR_SYSTEM, ENOMEM, "start libcurl");
	}
	http->verify = opts->verify;
	*ret = http;
	return 0;
}

bool registry_http_resume(struct registry_http *http, const char *host, bool verify, int watch_fd)
{
	if (strcmp(http->host, host) != 0 || http->verify != verify)
		return false;
	http->watch_fd = watch_fd;
	return true;
}

void registry_http_free(struct registry_http *http)
{
	if (!http)
		return;
	if (http->multi)
		(void)curl_multi_cleanup(http->multi);
	if (http->easy)
		curl_easy_cleanup(http->easy);
	free(http->host);
	free(http);
}

void registry_http_release(struct registry_http **http)
{
	registry_http_free(*http);
	*http = NULL;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct registry_http *http = arg;
	size_t len = size * n;

	http->last_byte = clock_monotonic();
	http->header_len += len;
	if (len > REGISTRY_HEADER_MAX || http->header_len > REGISTRY_HEADERS_MAX) {
		http->too_long = true;
		return 0;
	}
	registry_answer_header(http->answer, data, len);
	return len;
}

static size_t on_read(char *data, size_t size, size_t n, void *arg)
{
	struct registry_http *http = arg;
	const struct registry_call *call = http->call;
	uint64_t left = call->body_len - http->sent;
	size_t want = left < size * n ? (size_t)left : size * n;
	ssize_t got;

	if (want == 0)
		return 0;
	do
		got = pread(call->body_fd, data, want, (off_t)(call->body_offset + http->sent));
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return CURL_READFUNC_ABORT;
	http->sent += (uint64_t)got;
	http->last_byte = clock_monotonic();
	if (call->sent)
		call->sent(call->sent_arg, (uint64_t)got);
	return (size_t)got;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct registry_http *http = arg;
	const struct registry_call *call = http->call;
	size_t len = size * n;
	long status = 0;

	(void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	if (call->sink && (status == 200 || status == 206)) {
		if (http->skip > 0 && status == 200) { /* asked for the rest, gets all */
			size_t drop = len < http->skip ? len : (size_t)http->skip;

			http->skip -= drop;
			data += drop;
			len -= drop;
		}
		http->sink_result = len > 0 ? call->sink(call->sink_arg, data, len) : 0;
		http->last_byte = clock_monotonic(); /* the sink may have taken its time */
		return http->sink_result < 0 ? 0 : size * n;
	}
	http->last_byte = clock_monotonic();
	if (http->answer->body.len + len > (call->max ? call->max : REGISTRY_HEADER_MAX)) {
		http->too_long = true;
		return 0;
	}
	strbuf_add(&http->answer->body, data, len);
	return size * n;
}

enum { PATIENCE = 20 };

static int64_t stall_limit(const struct registry_http *http)
{
	return http->call->patient ? http->stall_ns * PATIENCE : http->stall_ns;
}

/* Drive the transfer to its end. -ETIMEDOUT: no byte for too long; -ECANCELED: the watcher went. */
static int http_drive(struct registry_http *http, CURLcode *ret_code)
{
	int running = 1, left = 0;
	CURLMsg *msg;

	while (true) {
		struct curl_waitfd watch = { .fd = http->watch_fd, .events = 0 };
		int64_t rest;

		if (curl_multi_perform(http->multi, &running) != CURLM_OK)
			return -EIO;
		if (!running)
			break;
		rest = http->last_byte + stall_limit(http) - clock_monotonic();
		if (rest <= 0)
			return -ETIMEDOUT;
		if (curl_multi_poll(http->multi, &watch, http->watch_fd >= 0,
				    (int)(rest / 1000000) + 1, NULL) != CURLM_OK)
			return -EIO;
		if (http->watch_fd >= 0 && registry_watcher_gone(http->watch_fd))
			return -ECANCELED;
	}
	msg = curl_multi_info_read(http->multi, &left);
	if (!msg || msg->msg != CURLMSG_DONE)
		return -EIO;
	*ret_code = msg->data.result;
	return 0;
}

bool registry_watcher_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = 0 };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
	cleanup_free char *line = NULL;

	if (!value || !*value)
		return;
	line = xasprintf("%s: %s", name, value);
	*list = curl_slist_append(*list, line);
}

static struct curl_slist *make_headers(const struct registry_call *call)
{
	struct curl_slist *list = NULL;
	cleanup_free char *range = NULL;

	if (call->offset > 0)
		range = xasprintf("bytes=%llu-", (unsigned long long)call->offset);
	add_header(&list, "Accept", call->accept);
	add_header(&list, "Authorization", call->authorization); /* curl drops it elsewhere */
	add_header(&list, "Range", range);
	add_header(&list, "Content-Type", call->content_type);
	add_header(&list, "Content-Range", call->content_range);
	return curl_slist_append(list, "Expect:"); /* no waiting for "100 Continue" */
}

static void set_base_options(struct registry_http *http)
{
	CURL *easy = http->easy;

	curl_easy_reset(easy); /* connections stay */
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "hoy/" HOY_VERSION);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REGISTRY_REDIRECTS_MAX);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 512L * 1024);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, http->verify ? 1L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, http->verify ? 2L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->text);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, http);
	set_certificates(easy, http->certificates);
}

/*
 * What is sent. There is no way back to the beginning of a body: when a connection that was kept
 * turns out to be closed, libcurl would send it again by itself, and a server that has taken a part
 * of it would have that part twice. A body is never sent to another place than it was meant for:
 * redirects are followed only where there is none.
 */
static void set_method(struct registry_http *http, const struct registry_call *call)
{
	CURL *easy = http->easy;

	if (call->form) {
		(void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, call->form);
		(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	} else if (!call->method) {
		(void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	} else if (strcmp(call->method, "HEAD") == 0) {
		(void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	} else {
		(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
		(void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		(void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
		(void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body_len);
		(void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		(void)curl_easy_setopt(easy, CURLOPT_READDATA, http);
	}
}

static void http_prepare(struct registry_http *http, const struct registry_call *call,
			 struct curl_slist *headers, struct registry_answer *answer)
{
	CURL *easy = http->easy;
	bool tls = strncmp(call->url, "https:", 6) == 0;

	http->call = call;
	http->answer = answer;
	http->skip = call->offset;
	http->sink_result = 0;
	http->too_long = false;
	http->header_len = 0;
	http->sent = 0;
	http->text[0] = '\0';
	http->last_byte = clock_monotonic();
	set_base_options(http);
	(void)curl_easy_setopt(easy, CURLOPT_URL, call->url);
	(void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	set_method(http, call);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
}

int registry_http_call(struct registry_http *http, const struct registry_call *call,
		       struct registry_answer *ret, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	struct curl_slist *headers = make_headers(call);
	CURLcode code = CURLE_OK;
	curl_off_t length = -1;
	char *type = NULL;
	int r;

	http_prepare(http, call, headers, &answer);
	(void)curl_multi_add_handle(http->multi, http->easy);
	r = http_drive(http, &code);
	(void)curl_multi_remove_handle(http->multi, http->easy);
	(void)curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	if (r < 0 || code != CURLE_OK)
		return registry_http_fail(http, r, code, err);
	(void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	(void)curl_easy_getinfo(http->easy, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(http->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	answer.length = length;
	answer.content_type = xstrdup(type);
	*ret = answer;
	answer = (struct registry_answer)REGISTRY_ANSWER_INIT;
	return 0;
}

int registry_http_backoff(struct registry_http *http, unsigned int attempt, int64_t seconds)
{
	struct pollfd p = { .fd = http->watch_fd, .events = 0 };
	int wait = 200 << (attempt < 5 ? attempt : 5), n;

	if (seconds > 0 && seconds <= INT_MAX / 1000 && seconds * 1000 > wait)
		wait = (int)seconds * 1000;
	do
		n = poll(&p, 1, wait);
	while (n < 0 && errno == EINTR);
	return n == 0 ? 0 : -ECANCELED;
}
