/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask what. Today's rule: whoever may connect may ask everything, because the Engine
 * API gives root to whoever has it; so the socket file is the border (0660, root and group hoy).
 * From the network they come by hoy-tls, which has let only those through whose certificate the
 * administrator's CA has signed (its socket pair was made by root), or by a port that he opened to
 * anyone. A private engine answers the user who started it, and root.
 */
#include "api/authorize.h"

#include <errno.h>

#include "sys/unixsock.h"

int authorize_request(const struct request *req, struct error *err)
{
	struct ucred peer;

	if (req->ctx->anyone)
		return 0;
	if (unixsock_peer(req->http->fd, &peer) < 0)
		return error_set(err, ERR_FORBIDDEN, EACCES,
				 "access denied: the client cannot be identified");
	if (req->ctx->private_engine && peer.uid != req->ctx->owner && peer.uid != 0)
		return error_set(err, ERR_FORBIDDEN, EACCES,
				 "access denied: this engine is private to uid %u",
				 req->ctx->owner);
	return 0;
}
