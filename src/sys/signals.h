/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as readable fds, and a clean slate before exec. -errno idiom. */
#pragma once

#include <signal.h>

#include "base/macros.h"

/* Block the n signals and return a CLOEXEC, non-blocking signalfd of them. */
must_check int signals_open(const int *signals, size_t n);
/* Next pending signal's number; 0 when there is none. */
must_check int signals_read(int fd);
/* All signals default and unblocked, as a program expects them at its start. */
void signals_reset(void);
