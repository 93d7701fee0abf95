/* SPDX-License-Identifier: Apache-2.0 */
/* hoy login, hoy logout */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/credentials.h"
#include "sys/fd.h"
#include "wire/registry.h"

enum { SECRET_MAX = 32 * 1024 };

struct login_flags {
	char *password, *username;
	bool password_stdin;
};

static const struct arg_option login_rows[] = {
	ARG_STR(struct login_flags, password, "password", 'p', "string",
		"Password or access token (visible to other users of this machine)"),
	ARG_BOOL(struct login_flags, password_stdin, "password-stdin", 0,
		 "Take the password or access token from stdin"),
	ARG_STR(struct login_flags, username, "username", 'u', "string", "Username"),
};

static bool given(const char *text)
{
	return text && *text;
}

static int read_stdin(char **ret, struct error *err)
{
	size_t len;
	int r = fd_read_all(STDIN_FILENO, SECRET_MAX, ret, &len);

	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the password from stdin");
	while (len > 0 && ((*ret)[len - 1] == '\n' || (*ret)[len - 1] == '\r'))
		(*ret)[--len] = '\0';
	return 0;
}

/* A line from the terminal, shown as it is typed or not. */
static int ask(const char *prompt, bool hidden, char **ret, struct error *err)
{
	struct termios old, quiet;
	char line[4096];
	bool ok;

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return error_set(
			err, ERR_INVALID, 0,
			"Error: Cannot perform an interactive login from a non TTY device");
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	printf("%s", prompt);
	(void)fflush(stdout);
	if (hidden)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	ok = fgets(line, sizeof(line), stdin);
	if (hidden) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		puts("");
	}
	if (!ok)
		return error_set(err, ERR_INVALID, 0, "nothing was typed");
	line[strcspn(line, "\r\n")] = '\0';
	*ret = xstrdup(line);
	explicit_bzero(line, sizeof(line));
	return 0;
}

static int check_flags(struct login_flags *flags, struct error *err)
{
	if (given(flags->password)) {
		(void)fprintf(stderr, "WARNING! Using --password via the CLI is insecure. "
				      "Use --password-stdin.\n");
		if (flags->password_stdin)
			return error_set(err, ERR_INVALID, 0,
					 "conflicting options: cannot specify both --password and "
					 "--password-stdin");
	}
	if (!flags->password_stdin)
		return 0;
	if (!given(flags->username))
		return error_set(err, ERR_INVALID, 0,
				 "the --password-stdin option requires --username to be set");
	return read_stdin(&flags->password, err);
}

/* Out of options, what is stored, and the terminal. */
static int gather(const struct login_flags *flags, const char *key, struct credentials *ret,
		  bool *ret_stored, struct error *err)
{
	int r;

	if (!given(flags->username) && !given(flags->password)) {
		r = credentials_get(key, ret, err);
		if (r > 0)
			puts("Authenticating with existing credentials...");
		*ret_stored = r > 0;
		if (r != 0)
			return r < 0 ? r : 0;
	}
	ret->username = xstrdup(flags->username);
	ret->password = xstrdup(flags->password);
	r = given(ret->username) ? 0 : ask("Username: ", false, &ret->username, err);
	if (r >= 0 && !given(ret->username))
		return error_set(err, ERR_INVALID, 0, "Error: Non-null Username Required");
	if (r >= 0 && !given(ret->password))
		r = ask("Password: ", true, &ret->password, err);
	if (r >= 0 && !given(ret->password))
		return error_set(err, ERR_INVALID, 0, "Error: Password Required");
	return r;
}

static int check(struct cli *cli, const char *key, struct credentials *credentials,
		 struct error *err)
{
	const struct auth_request request = { .username = credentials->username,
					      .password = credentials->password,
					      .identity_token = credentials->identity_token,
					      .server_address = (char *)key };
	cleanup(strbuf_release) struct strbuf body = STRBUF_INIT, answer = STRBUF_INIT;
	cleanup(auth_reply_release) struct auth_reply reply = { 0 };
	struct client_call call = { .method = "POST", .target = "/auth" };
	int r;

	json_encode(&auth_request_shape, &request, &body);
	call.body = body.data;
	r = client_call(&cli->client, &call, &answer, err);
	if (r >= 0 && answer.len > 0)
		r = json_decode(&auth_reply_shape, answer.data, answer.len, &reply, err);
	if (r < 0 || !given(reply.identity_token))
		return r;
	free(credentials->password);
	credentials->password = NULL;
	free(credentials->identity_token);
	credentials->identity_token = take_ptr(reply.identity_token);
	return 0;
}

static int run_login(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup(credentials_release) struct credentials credentials = { 0 };
	cleanup_free char *key = credentials_key(argc > 0 ? argv[0] : "");
	cleanup_free char *plain = NULL;
	bool stored = false;
	int r = check_flags(options, err);

	if (r >= 0)
		r = gather(options, key, &credentials, &stored, err);
	if (r >= 0)
		r = check(cli, key, &credentials, err);
	if (r >= 0)
		r = credentials_store(key, &credentials, &plain, err);
	if (r < 0)
		return r;
	if (plain && !stored)
		(void)fprintf(stderr,
			      "\nWARNING! Your credentials are stored unencrypted in '%s'.\n"
			      "Configure a credential helper to remove this warning. See\n"
			      "https://docs.docker.com/go/credential-store/\n\n",
			      plain);
	puts("Login Succeeded");
	return 0;
}

const struct command cmd_login = {
	.spec =
		{
			.usage = "[OPTIONS] [SERVER]",
			.summary = "Authenticate to a registry",
			ARG_OPTIONS(login_rows),
			.min_args = 0,
			.max_args = 1,
		},
	.options_size = sizeof(struct login_flags),
	.run = run_login,
};

static int run_logout(struct cli *cli, void *options, int argc, char **argv, struct error *err)
{
	cleanup_free char *key = credentials_key(argc > 0 ? argv[0] : "");
	int r;

	printf("Removing login credentials for %s\n", key);
	(void)fflush(stdout);
	r = credentials_erase(key, err);
	return r < 0 ? r : 0;
}

const struct command cmd_logout = {
	.spec =
		{
			.usage = "[SERVER]",
			.summary = "Log out from a registry",
			.min_args = 0,
			.max_args = 1,
		},
	.run = run_logout,
};
