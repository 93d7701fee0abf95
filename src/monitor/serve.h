/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's loop: wakes only for events, has a timeout only while it waits for one. */
#pragma once

#include "monitor/session.h"

/* From the first start until the state is STOPPED and every client has what it is owed, or was
 * given up. */
void serve(struct session *s);
