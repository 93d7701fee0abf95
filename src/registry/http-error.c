/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong on the way to a registry, in the words that people know from Docker. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "registry/http-internal.h"

/* error_set returns -EINVAL for texts without an errno: the class is ours. "Get", as Go says. */
static int fail(struct registry_http *http, struct error *err, int class, const char *text)
{
	const char *method = http->call->method;
	char name[8] = "";

	if (!method)
		method = http->call->form ? "POST" : "GET";
	for (size_t i = 0; i + 1 < sizeof(name) && method[i] != '\0'; i++)
		name[i] = i == 0 ? method[i] : (char)tolower((unsigned char)method[i]);
	(void)error_set(err, ERR_SYSTEM, 0, "%s \"%.512s\": %s", name, http->call->url, text);
	return -class;
}

static int fail_connect(struct registry_http *http, struct error *err)
{
	long number = 0;
	cleanup_free char *text = NULL, *why = NULL;

	(void)curl_easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &number);
	why = xstrdup(number > 0 ? strerror((int)number) : "no connection");
	why[0] = (char)tolower((unsigned char)why[0]);
	text = xasprintf("dial tcp %s: connect: %s", http->host, why);
	return fail(http, err, EHOSTUNREACH, text);
}

static int fail_lookup(struct registry_http *http, struct error *err)
{
	cleanup_free char *name = xstrndup(http->host, strcspn(http->host, ":"));
	cleanup_free char *text = xasprintf("dial tcp: lookup %s: no such host", name);

	return fail(http, err, EHOSTUNREACH, text);
}

/* "… tlsv13 alert certificate required, errno 0": what the server has against us; owned, NULL when
 * it was something else. */
static char *tls_alert(const struct registry_http *http)
{
	const char *alert = strstr(http->text, " alert ");

	if (!alert)
		return NULL;
	alert += strlen(" alert ");
	return xasprintf("remote error: tls: %.*s", (int)strcspn(alert, ","), alert);
}

static int fail_cut(struct registry_http *http, struct error *err)
{
	cleanup_free char *alert = tls_alert(http);

	return alert ? fail(http, err, EACCES, alert)
		     : fail(http, err, ECONNRESET, "the connection was cut (unexpected EOF)");
}

static int fail_code(struct registry_http *http, CURLcode code, struct error *err)
{
	cleanup_free char *text = NULL;

	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return fail_lookup(http, err);
	case CURLE_COULDNT_CONNECT:
		return fail_connect(http, err);
	case CURLE_SSL_CONNECT_ERROR:
		text = tls_alert(http);
		if (!text)
			text = xasprintf("tls: %s", http->text);
		return fail(http, err, EPROTO, text);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		text = xasprintf("tls: failed to verify certificate: %s", http->text);
		return fail(http, err, EACCES, text);
	case CURLE_SSL_CERTPROBLEM:
		text = xasprintf("tls: the client certificate cannot be used: %s", http->text);
		return fail(http, err, EACCES, text);
	case CURLE_TOO_MANY_REDIRECTS:
		text = xasprintf("stopped after %d redirects", REGISTRY_REDIRECTS_MAX);
		return fail(http, err, ELOOP, text);
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return fail_cut(http, err);
	case CURLE_OPERATION_TIMEDOUT:
		return fail(http, err, ECONNRESET, "i/o timeout");
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_WEIRD_SERVER_REPLY:
		return fail(http, err, EPROTO, "malformed HTTP response or redirect");
	default:
		return fail(http, err, EIO, *http->text ? http->text : curl_easy_strerror(code));
	}
}

int registry_http_fail(struct registry_http *http, int r, CURLcode code, struct error *err)
{
	cleanup_free char *text = NULL;

	if (r == -ECANCELED || http->sink_result < 0) {
		(void)error_set(err, ERR_SYSTEM, ECANCELED,
				http->call->body_len ? "upload" : "download");
		return -ECANCELED;
	}
	if (http->too_long)
		return fail(http, err, EFBIG, "the answer is too long");
	if (r == -ETIMEDOUT) {
		text = xasprintf("no data from %s for %lld seconds", http->host,
				 (long long)(http->stall_ns / 1000000000));
		return fail(http, err, ETIMEDOUT, text);
	}
	if (r < 0)
		return fail(http, err, EIO, "libcurl failed");
	return fail_code(http, code, err);
}

void registry_status_text(long status, struct strbuf *out)
{
	static const struct {
		long status;
		const char *text;
	} names[] = {
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 416, "Requested Range Not Satisfiable" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	strbuf_addf(out, "%ld", status);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].status == status)
			strbuf_addf(out, " %s", names[i].text);
	}
}
