/* SPDX-License-Identifier: Apache-2.0 */
/* "hoy __complete WORD...": one candidate a line for the last word; what the shell completions ask.
 */
#pragma once

#include "base/args.h"

int complete_words(const struct arg_spec *global, int argc, char *const *argv);
