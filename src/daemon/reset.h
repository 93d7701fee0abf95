/* SPDX-License-Identifier: Apache-2.0 */
/* hoyd --reset: the machine as it was before this engine. Images stay. */
#pragma once

#include "engine/engine.h"

/* Remove every container, the bridge and its nft table, the containers' cgroup and what lies in
 * the run root. */
must_check int reset_engine(struct engine_config *config, struct error *err);
