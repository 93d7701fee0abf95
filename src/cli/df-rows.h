/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of `system df -v`. */
#pragma once

#include "cli/listing.h"
#include "wire/disk-usage.h"

extern const struct listing df_images, df_containers, df_volumes, df_build_cache;

/* whole: ids and commands are not cut. */
void df_image_rows(const struct image_usage *usage, bool whole, char ***ret);
void df_container_rows(const struct container_usage *usage, bool whole, char ***ret);
void df_volume_rows(const struct volumes_usage *usage, char ***ret);
