/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf(5) of the host, read and written again: what is written reads the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "network/resolv-conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = xstrndup((const char *)data, len);
	struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;
	struct resolv_conf conf;

	resolv_conf_parse(text, &conf);
	resolv_conf_filter(&conf, len % 2 == 0);
	resolv_conf_print(&conf, &once);
	resolv_conf_release(&conf);
	resolv_conf_parse(strbuf_str(&once), &conf);
	resolv_conf_print(&conf, &twice);
	if (strcmp(strbuf_str(&once), strbuf_str(&twice)) != 0)
		abort();
	resolv_conf_release(&conf);
	strbuf_release(&once);
	strbuf_release(&twice);
	free(text);
	return 0;
}
