/* SPDX-License-Identifier: Apache-2.0 */
/* Inside image/: `--change` of import and commit: Dockerfile instructions that edit a config. */
#pragma once

#include "oci/image-config.h"

/* CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR, JSON and
 * shell forms, $VARIABLES of the config's environment replaced where Docker does. ERR_INVALID. */
must_check int image_changes_apply(char *const *changes, struct image_run_config *config,
				   struct error *err);

/* changes-words.c: a line's words, quotes and backslashes taken off, $VARIABLES replaced. */
must_check int change_words(const char *line, char *const *env, char ***ret, struct error *err);
/* ["a", "b"]: true when it is such a list. */
bool change_json_list(const char *line, char ***ret);
