/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl behind registry/http.h: one easy handle, driven by a multi handle so that we own the
 * clock. */
#include "registry/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry/http-internal.h"

static const char *const cert_dirs[] = { "/etc/hoy/certs.d", "/etc/docker/certs.d" };

void registry_answer_release(struct registry_answer *answer)
{
	if (!answer)
		return;
	free(answer->content_type);
	free(answer->challenge);
	strbuf_release(&answer->body);
	*answer = (struct registry_answer)REGISTRY_ANSWER_INIT;
}

static void set_certificates(CURL *easy, const char *host)
{
	for (size_t i = 0; i < ARRAY_SIZE(cert_dirs); i++) {
		cleanup_free char *ca = xasprintf("%s/%s/ca.crt", cert_dirs[i], host);
		cleanup_free char *cert = xasprintf("%s/%s/client.cert", cert_dirs[i], host);
		cleanup_free char *key = xasprintf("%s/%s/client.key", cert_dirs[i], host);

		if (access(ca, R_OK) == 0)
			(void)curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
		if (access(cert, R_OK) == 0 && access(key, R_OK) == 0) {
			(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, cert);
			(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, key);
		}
	}
}

int registry_http_new(const char *host, bool verify, int64_t stall_seconds, int watch_fd,
		      struct registry_http **ret, struct error *err)
{
	struct registry_http *http = xcalloc(1, sizeof(*http));
	CURL *easy = curl_easy_init();

	http->easy = easy;
	http->multi = curl_multi_init();
	http->host = xstrdup(host);
	http->stall_ns = stall_seconds * INT64_C(1000000000);
	http->watch_fd = watch_fd;
	if (!easy || !http->multi) {
		registry_http_free(http);
		return error_set(err, ERR_SYSTEM, ENOMEM, "start libcurl");
	}
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "hoy/" HOY_VERSION);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REGISTRY_REDIRECTS_MAX);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 512L * 1024);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->text);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, http);
	set_certificates(easy, host);
	*ret = http;
	return 0;
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
	static const char name[] = "www-authenticate:";
	struct registry_http *http = arg;
	struct registry_answer *answer = http->answer;
	size_t len = size * n;

	http->last_byte = clock_monotonic();
	if (len > 5 && memcmp(data, "HTTP/", 5) == 0) { /* each answer of a chain of redirects */
		free(answer->challenge);
		answer->challenge = NULL;
	}
	if (len > REGISTRY_HEADER_MAX)
		return 0;
	if (len >= sizeof(name) && strncasecmp(data, name, sizeof(name) - 1) == 0) {
		free(answer->challenge);
		while (len > 0 && (data[len - 1] == '\n' || data[len - 1] == '\r'))
			len--;
		answer->challenge = xstrndup(data + sizeof(name) - 1, len - (sizeof(name) - 1));
	}
	return size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct registry_http *http = arg;
	const struct registry_get *get = http->get;
	size_t len = size * n;
	long status = 0;

	(void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	if (get->sink && (status == 200 || status == 206)) {
		if (http->skip > 0 && status == 200) { /* asked for the rest, gets all */
			size_t drop = len < http->skip ? len : (size_t)http->skip;

			http->skip -= drop;
			data += drop;
			len -= drop;
		}
		http->sink_result = len > 0 ? get->sink(get->sink_arg, data, len) : 0;
		http->last_byte = clock_monotonic(); /* the sink may have taken its time */
		return http->sink_result < 0 ? 0 : size * n;
	}
	http->last_byte = clock_monotonic();
	if (http->answer->body.len + len > (get->max ? get->max : REGISTRY_HEADER_MAX)) {
		http->too_long = true;
		return 0;
	}
	strbuf_add(&http->answer->body, data, len);
	return size * n;
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
		rest = http->last_byte + http->stall_ns - clock_monotonic();
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

static struct curl_slist *make_headers(const struct registry_get *get)
{
	struct curl_slist *list = NULL;

	if (get->accept) {
		cleanup_free char *line = xasprintf("Accept: %s", get->accept);

		list = curl_slist_append(list, line);
	}
	if (get->authorization && *get->authorization) { /* curl drops it at another host */
		cleanup_free char *line = xasprintf("Authorization: %s", get->authorization);

		list = curl_slist_append(list, line);
	}
	if (get->offset > 0) {
		cleanup_free char *line =
			xasprintf("Range: bytes=%llu-", (unsigned long long)get->offset);

		list = curl_slist_append(list, line);
	}
	return list;
}

static void http_prepare(struct registry_http *http, const struct registry_get *get,
			 struct curl_slist *headers, struct registry_answer *answer)
{
	CURL *easy = http->easy;
	bool tls = strncmp(get->url, "https:", 6) == 0;

	http->get = get;
	http->answer = answer;
	http->skip = get->offset;
	http->sink_result = 0;
	http->too_long = false;
	http->text[0] = '\0';
	http->last_byte = clock_monotonic();
	(void)curl_easy_setopt(easy, CURLOPT_URL, get->url);
	(void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (get->form)
		(void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, get->form);
	else
		(void)curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
}

int registry_http_get(struct registry_http *http, const struct registry_get *get,
		      struct registry_answer *ret, struct error *err)
{
	cleanup(registry_answer_release) struct registry_answer answer = REGISTRY_ANSWER_INIT;
	struct curl_slist *headers = make_headers(get);
	CURLcode code = CURLE_OK;
	char *type = NULL;
	int r;

	http_prepare(http, get, headers, &answer);
	(void)curl_multi_add_handle(http->multi, http->easy);
	r = http_drive(http, &code);
	(void)curl_multi_remove_handle(http->multi, http->easy);
	(void)curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	if (r < 0 || code != CURLE_OK)
		return registry_http_fail(http, r, code, err);
	(void)curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	(void)curl_easy_getinfo(http->easy, CURLINFO_CONTENT_TYPE, &type);
	answer.content_type = xstrdup(type);
	*ret = answer;
	answer = (struct registry_answer)REGISTRY_ANSWER_INIT;
	return 0;
}

int registry_http_backoff(struct registry_http *http, unsigned int attempt)
{
	struct pollfd p = { .fd = http->watch_fd, .events = 0 };
	int n;

	do
		n = poll(&p, 1, 200 << (attempt < 5 ? attempt : 5));
	while (n < 0 && errno == EINTR);
	return n == 0 ? 0 : -ECANCELED;
}
