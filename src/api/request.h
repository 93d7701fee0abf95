/* SPDX-License-Identifier: Apache-2.0 */
/* A request as handlers see it: path argument, query parameters in Docker's reading, and the
 * body as a struct. */
#pragma once

#include "api/api.h"
#include "http/server.h"
#include "http/url.h"

struct request {
	struct api_context *ctx;
	struct http_server *http;
	char *path; /* decoded, without the version */
	struct url_query query;
	unsigned int minor; /* API version asked for: 40 … 55 */
	char *arg;	    /* what the route's '*' stands for; NULL */
};

#define REQUEST_INIT                                                                               \
	{                                                                                          \
		.minor = API_MINOR                                                                 \
	}

/* Take server->head's target apart: version, path, query. ERR_INVALID, ERR_NOT_FOUND. */
must_check int request_parse(struct request *req, struct error *err);
void request_release(struct request *req);

/* The engine, opened at its first use in this worker. */
must_check int request_engine(struct request *req, struct engine **ret, struct error *err);

const char *request_str(const struct request *req, const char *name); /* NULL when absent or "" */
/* ?platform=, a JSON object of the OCI's or as people write it, or a list of one, as
 * "os/arch/variant": owned, NULL when it is not given. */
must_check int request_platform(const struct request *req, const char *name, char **ret,
				struct error *err);
/* Every value of a parameter that may come several times, appended to *ret. */
void request_list(const struct request *req, const char *name, char ***ret);
/* all but "" 0 no false none, any case */
bool request_bool(const struct request *req, const char *name);
must_check int request_i64(const struct request *req, const char *name, struct opt_i64 *ret,
			   struct error *err);
must_check int request_u32(const struct request *req, const char *name, uint32_t *ret,
			   struct error *err);
/* A time of ?since= and ?until=: nanoseconds; 0 when absent. */
must_check int request_time(const struct request *req, const char *name, int64_t *ret,
			    struct error *err);

/* The JSON body into obj, zero-filled when there is no body. ERR_INVALID: not JSON, wrong type,
 * larger than 4 MiB. */
must_check int request_json(struct request *req, const struct json_shape *shape, void *obj,
			    struct error *err);
must_check int request_json_required(struct request *req, const struct json_shape *shape, void *obj,
				     struct error *err);
