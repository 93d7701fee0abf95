/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that decides whether a request is allowed. It sees the whole request, and it
 * fails closed. */
#pragma once

#include "api/request.h"

/* ERR_FORBIDDEN. */
must_check int authorize_request(const struct request *req, struct error *err);
