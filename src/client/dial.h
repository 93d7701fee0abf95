/* SPDX-License-Identifier: Apache-2.0 */
/* Inside client/: connecting. */
#pragma once

#include "client/client.h"

/* A new connection; may start the private engine. */
must_check int client_dial(struct client *client, struct http_client *ret, struct error *err);
