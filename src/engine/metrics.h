/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine and its containers count, as Prometheus reads it. */
#pragma once

#include "engine/engine.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Append all of it. The names: man/hoyd.8. */
must_check int engine_metrics(struct engine *e, struct strbuf *out, struct error *err);
