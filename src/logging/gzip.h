/* SPDX-License-Identifier: Apache-2.0 */
/* A rotated log, compressed and back: from standard input to standard output. */
#pragma once

#include "base/error.h"

must_check int gzip_compress(int in, int out, struct error *err);
must_check int gzip_decompress(int in, int out, struct error *err);
