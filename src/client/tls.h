/* SPDX-License-Identifier: Apache-2.0 */
/* Inside client/: a client's TLS settings. */
#pragma once

#include "http/tls.h"

void client_tls_free(struct tls_client *tls);
