/* SPDX-License-Identifier: Apache-2.0 */
/* A session's state, shared by http.c and http-error.c. */
#pragma once

#include <curl/curl.h>

#include "registry/http.h"

struct registry_http {
	CURL *easy;
	CURLM *multi;
	char *host;
	const struct registry_certificates *certificates;
	int64_t stall_ns;
	int watch_fd; /* -1 none */
	/* of the exchange that runs */
	const struct registry_call *call;
	struct registry_answer *answer;
	uint64_t skip;
	int64_t last_byte; /* monotonic */
	int sink_result;
	bool too_long;
	size_t header_len; /* of all header lines so far */
	uint64_t sent;
	bool verify;
	char text[CURL_ERROR_SIZE];
};

bool registry_watcher_gone(int fd);
/* Words and the -errno class for an exchange that failed. */
int registry_http_fail(struct registry_http *http, int r, CURLcode code, struct error *err);
