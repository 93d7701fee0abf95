/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for people. */
#include "cli/json-text.h"

int json_with_tabs(const char *text, size_t len, struct strbuf *out, struct error *err)
{
	cleanup(strbuf_release) struct strbuf pretty = STRBUF_INIT;
	bool at_start = true;
	int r = json_pretty(text, len, 1, &pretty, err);

	for (size_t i = 0; r >= 0 && i < pretty.len; i++) {
		char c = pretty.data[i];

		strbuf_addc(out, at_start && c == ' ' ? '\t' : c);
		at_start = c == '\n' || (at_start && c == ' ');
	}
	return r;
}
