/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table of layer drivers. */
#pragma once

#include "layer/layer.h"

extern const struct layer_driver layer_driver_overlay, layer_driver_erofs;
