/*
 * clients_int.h - the parts of the rows: client_settings.c holds them, clients.c names them.
 */
#ifndef OFFGRID_CLIENT_CLIENTS_INT_H
#define OFFGRID_CLIENT_CLIENTS_INT_H

#include "client/client.h"

extern const struct client_setting opencode_settings[], openclaw_settings[], codex_settings[],
	claude_settings[], pi_settings[], gemini_settings[], qwen_settings[], continue_settings[],
	cline_settings[], aider_settings[], mini_settings[], hermes_settings[], goose_settings[],
	crush_settings[], any_settings[];
extern const struct client_warning opencode_warnings[], openclaw_warnings[], codex_warnings[],
	claude_warnings[], gemini_warnings[], qwen_warnings[], continue_warnings[],
	cline_warnings[], goose_warnings[], crush_warnings[];
extern const struct client_over opencode_over[], claude_over[], gemini_over[], qwen_over[],
	aider_over[], crush_over[];

#endif
