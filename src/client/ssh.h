/* SPDX-License-Identifier: Apache-2.0 */
/* Inside client/: an engine on another machine, by ssh(1). */
#pragma once

#include "base/error.h"
#include "http/url.h"

/* ssh://[USER@]HOST[:PORT][/SOCKET]: runs `hoy system dial-stdio` there (docker's, where there is
 * no hoy). Authentication, host keys and configuration are ssh's, its words go to our stderr. */
must_check int ssh_dial(const struct host_url *url, int *ret_fd, struct error *err);
