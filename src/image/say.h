/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: progress, as it goes out. */
#pragma once

#include "base/error.h"
#include "image/image.h"

struct say {
	progress_sink sink;
	void *arg;
};

/* {"status": TEXT, "id": ID}; id NULL: none. A sink that fails is "canceled". */
must_check int say_status(const struct say *to, const char *id, struct error *err, const char *fmt,
			  ...) format_printf(4, 5);
/* {"aux": JSON} */
must_check int say_aux(const struct say *to, const char *json, struct error *err);
/* {"stream": TEXT} */
int say_stream(const struct say *to, struct error *err, const char *fmt, ...) format_printf(3, 4);
/* With "progressDetail"; total 0: an empty one. */
must_check int say_progress(const struct say *to, const char *id, const char *status,
			    int64_t current, int64_t total, struct error *err);
