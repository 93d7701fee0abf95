/* SPDX-License-Identifier: Apache-2.0 */
/* os/architecture[/variant] as the image-spec names them (Go's words), and which of an index's
 * entries suits one. */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

struct platform {
	char *os, *architecture, *variant; /* owned; variant may be NULL */
};

#define PLATFORM_INIT                                                                              \
	{                                                                                          \
		NULL, NULL, NULL                                                                   \
	}

void platform_release(struct platform *platform);
/* This machine's: linux and uname's machine in Go's words ("amd64", "arm64", "arm" "v7"). */
void platform_host(struct platform *ret);
/* "linux", "amd64", "linux/arm/v7", "x86_64" …: what is missing is this machine's. ERR_INVALID. */
must_check int platform_parse(const char *str, struct platform *ret, struct error *err);
void platform_format(const struct platform *platform, struct strbuf *out);

/* How well an offer suits: 0 not at all, larger is better (arm/v6 also runs where v7 is wanted). */
int platform_score(const struct platform *want, const char *os, const char *architecture,
		   const char *variant);
