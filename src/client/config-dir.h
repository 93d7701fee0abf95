/* SPDX-License-Identifier: Apache-2.0 */
/* Where docker's client keeps what is the user's, and hoy with it. */
#pragma once

/* $DOCKER_CONFIG, else ~/.docker; owned. NULL: neither DOCKER_CONFIG nor HOME is set. */
char *client_config_dir(void);
