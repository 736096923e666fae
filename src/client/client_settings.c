/*
 * client_settings.c - what stands in each program's files; see client.h.
 *
 * What all programs have in common: the address, the model, both limits (a program that does not
 * know them assumes a cloud model's and sends what does not fit), and patience for a prompt that
 * takes minutes to read. What only decorates is left to its user.
 */
#include "client/clients_int.h"

#define WITHOUT_LIMIT    "unset, the limits of a cloud model are assumed: the prompt outgrows this one"
#define WITHOUT_PATIENCE "unset, it gives up after minutes of silence, while a long prompt is read"

/* ---- OpenCode ---- */

const struct client_setting opencode_settings[] = {
	{ 0, CLIENT_ONCE, "$schema", "\"https://opencode.ai/config.json\"",
		"else it puts it there itself, and the file is no longer as we left it" },
	{ 0, CLIENT_NEEDED, "provider/offgrid/npm", "\"@ai-sdk/openai-compatible\"",
		"names the dialect; of the bundled ones, since any other is fetched from the "
		"network" },
	{ 0, CLIENT_NEEDED, "provider/offgrid/name", "\"offgrid\"", "the name in its menu" },
	{ 0, CLIENT_NEEDED, "provider/offgrid/options/baseURL", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "provider/offgrid/options/apiKey", "\"{key}\"", "who asks" },
	{ 0, CLIENT_PATIENCE, "provider/offgrid/options/timeout", "false", WITHOUT_PATIENCE },
	{ 0, CLIENT_PATIENCE, "provider/offgrid/options/headerTimeout", "false",
		"a limit of its own, 5 minutes, whatever timeout says" },
	{ 0, CLIENT_PATIENCE, "provider/offgrid/options/chunkTimeout", "false",
		"a limit of its own, 5 minutes, whatever timeout says" },
	{ 0, CLIENT_NEEDED, "provider/offgrid/models/<{model}>/name", "\"{model}\"",
		"without models there is only an unexpected server error" },
	{ 0, CLIENT_LIMIT, "provider/offgrid/models/<{model}>/limit/context", "{context}",
		"unset, it never compacts by itself" },
	{ 0, CLIENT_LIMIT, "provider/offgrid/models/<{model}>/limit/output", "{output}",
		"unset, it asks for 32,000 tokens of answer" },
	{ 0, CLIENT_NEEDED, "model", "\"offgrid/{model}\"", "which model it starts with" },
	{ 0, CLIENT_QUIET, "small_model", "\"offgrid/{model}\"",
		"titles are asked of this one; unset, of a cloud model" },
	{ 0, CLIENT_QUIET, "autoupdate", "false", "it looks for a newer one else" },
	{ 0, CLIENT_LISTED, "enabled_providers/[]", "\"offgrid\"",
		"only the providers in this list exist for it" },
	{ .path = NULL },
};

const struct client_warning opencode_warnings[] = {
	{ 0, "tools/write", "false", "true", false,
		"it is not offered the tool that writes files" },
	{ 0, "tools/edit", "false", "true", false, "it is not offered the tool that edits files" },
	{ 0, "tools/bash", "false", "true", false,
		"it is not offered the tool that runs commands" },
	{ 0, "agent/build/tools/write", "false", "true", false,
		"its usual agent is not offered the tool that writes files" },
	{ 0, "agent/build/tools/edit", "false", "true", false,
		"its usual agent is not offered the tool that edits files" },
	{ 0, "agent/build/tools/bash", "false", "true", false,
		"its usual agent is not offered the tool that runs commands" },
	{ 0, "permission", "\"deny\"", "\"ask\"", false, "everything is refused" },
	{ 0, "permission/*", "\"deny\"", "\"ask\"", false,
		"everything is refused that no other line allows" },
	{ 0, "permission/edit", "\"deny\"", "\"ask\"", false, "every edit is refused" },
	{ 0, "permission/bash", "\"deny\"", "\"ask\"", false, "every command is refused" },
	{ 0, "agent/build/permission/edit", "\"deny\"", "\"ask\"", false,
		"every edit of its usual agent is refused" },
	{ 0, "agent/build/permission/bash", "\"deny\"", "\"ask\"", false,
		"every command of its usual agent is refused" },
	{ 0, "provider/offgrid/models/<{model}>/tool_call", NULL, NULL, true,
		"is written and never read: all tools are offered either way" },
	{ 0, "provider/offgrid/models/<{model}>/tools", NULL, NULL, true,
		"is no setting of a model: all tools are offered either way" },
	{ 0, "provider/offgrid/options/num_ctx", NULL, NULL, true,
		"is passed on and read by nobody" },
	{ .path = NULL },
};

/* All of them are merged; what is nearer to the project counts more. */
const struct client_over opencode_over[] = {
	{ 0, "./opencode.json" },
	{ 0, "./opencode.jsonc" },
	{ 0, "$OPENCODE_CONFIG" },
	{ 0, "=OPENCODE_CONFIG_CONTENT" },
	{ 0, "/etc/opencode/opencode.json" },
	{ .place = NULL },
};

/* ---- OpenClaw ---- */

#define CLAW "models/providers/offgrid/models/[id={model}]/"
const struct client_setting openclaw_settings[] = {
	{ 0, CLIENT_NEEDED, "models/providers/offgrid/baseUrl", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "models/providers/offgrid/apiKey", "\"{key}\"", "who asks" },
	{ 0, CLIENT_NEEDED, "models/providers/offgrid/api", "\"openai-completions\"",
		"names the dialect" },
	{ 0, CLIENT_PATIENCE, "models/providers/offgrid/timeoutSeconds", "3600", WITHOUT_PATIENCE },
	{ 0, CLIENT_NEEDED, CLAW "name", "\"{model}\"", "the name in its menu" },
	{ 0, CLIENT_NEEDED, CLAW "reasoning", "false", "its schema wants it" },
	{ 0, CLIENT_NEEDED, CLAW "input", "[\"text\"]", "its schema wants it" },
	{ 0, CLIENT_NEEDED, CLAW "cost",
		"{\"input\": 0, \"output\": 0, \"cacheRead\": 0, \"cacheWrite\": 0}",
		"its schema wants it" },
	{ 0, CLIENT_LIMIT, CLAW "contextWindow", "{context}", WITHOUT_LIMIT },
	{ 0, CLIENT_LIMIT, CLAW "maxTokens", "{output}", WITHOUT_LIMIT },
	{ 0, CLIENT_NEEDED, "agents/defaults/model/primary", "\"offgrid/{model}\"",
		"which model it starts with" },
	{ 0, CLIENT_NEEDED, "agents/defaults/models/<offgrid/{model}>", "{}",
		"a model that is not listed may not be used" },
	{ .path = NULL },
};

const struct client_warning openclaw_warnings[] = {
	{ 0, CLAW "compat/supportsTools", "false", "true", false, "removes every tool" },
	{ 0, "tools/profile", "\"messaging\"", "\"full\"", false,
		"leaves four tools, none for files" },
	{ 0, "tools/profile", "\"minimal\"", "\"full\"", false,
		"leaves three tools, none for files" },
	{ 0, CLAW "tools", NULL, NULL, false, "is an unknown key, and those end every run" },
	{ 0, CLAW "tool_call", NULL, NULL, false, "is an unknown key, and those end every run" },
	{ 0, CLAW "limit", NULL, NULL, false, "is an unknown key, and those end every run" },
	{ 0, "tools/allow", NULL, NULL, false, "only the tools in this list are offered" },
	{ 0, "tools/deny/[]", NULL, NULL, false, "the tools in this list are not offered" },
	{ 0, "tools/toolSearch", "false", "true", false,
		"sends all its tools at once: 98 kB of first request in place of 37" },
	{ .path = NULL },
};

/* ---- Codex ---- */

const struct client_setting codex_settings[] = {
	{ 0, CLIENT_NEEDED, "model", "\"{model}\"", "which model it starts with" },
	{ 0, CLIENT_NEEDED, "model_provider", "\"offgrid\"", "which server it asks" },
	{ 0, CLIENT_LIMIT, "model_context_window", "{context}", WITHOUT_LIMIT },
	{ 0, CLIENT_LIMIT, "model_auto_compact_token_limit", "{compact}",
		"unset, it compacts too late for a small context" },
	{ 0, CLIENT_QUIET, "web_search", "\"disabled\"",
		"a tool that only its maker's servers have" },
	{ 0, CLIENT_NEEDED, "model_providers/offgrid/name", "\"offgrid\"", "the name in its menu" },
	{ 0, CLIENT_NEEDED, "model_providers/offgrid/base_url", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "model_providers/offgrid/wire_api", "\"responses\"",
		"the only dialect that it still speaks" },
	{ 0, CLIENT_NEEDED, "model_providers/offgrid/requires_openai_auth", "false",
		"else it wants a login" },
	{ 0, CLIENT_NEEDED, "model_providers/offgrid/experimental_bearer_token", "\"{key}\"",
		"who asks" },
	{ 0, CLIENT_PATIENCE, "model_providers/offgrid/stream_idle_timeout_ms", "{patience}",
		WITHOUT_PATIENCE },
	{ 0, CLIENT_QUIET, "analytics/enabled", "false",
		"it calls home else: without a network it takes five seconds to end" },
	{ .path = NULL },
};

const struct client_warning codex_warnings[] = {
	{ 0, "sandbox_mode", "\"read-only\"", "\"workspace-write\"", false,
		"nothing can be written" },
	{ 0, "profile", NULL, NULL, false,
		"is refused when it is read, and nothing starts: what it names belongs into a file "
		"of its own" },
	{ 0, "model_providers/offgrid/wire_api", "\"chat\"", NULL, false,
		"is refused when it is read" },
	{ .path = NULL },
};

/* ---- Claude Code ---- */

const struct client_setting claude_settings[] = {
	{ 0, CLIENT_NEEDED, "env/ANTHROPIC_BASE_URL", "\"{url}\"",
		"where we are; without /v1, which it adds itself" },
	{ 0, CLIENT_NEEDED, "env/ANTHROPIC_AUTH_TOKEN", "\"{key}\"", "who asks" },
	{ 0, CLIENT_NEEDED, "env/ANTHROPIC_MODEL", "\"{model}\"", "which model it starts with" },
	{ 0, CLIENT_NEEDED, "env/ANTHROPIC_DEFAULT_HAIKU_MODEL", "\"{model}\"",
		"side jobs ask for this name" },
	{ 0, CLIENT_NEEDED, "env/ANTHROPIC_DEFAULT_SONNET_MODEL", "\"{model}\"",
		"its own names for models lead here" },
	{ 0, CLIENT_NEEDED, "env/ANTHROPIC_DEFAULT_OPUS_MODEL", "\"{model}\"",
		"its own names for models lead here" },
	{ 0, CLIENT_LIMIT, "env/CLAUDE_CODE_MAX_CONTEXT_TOKENS", "\"{context}\"",
		"unset, an unknown model is taken to have a million tokens" },
	{ 0, CLIENT_LIMIT, "env/CLAUDE_CODE_MAX_OUTPUT_TOKENS", "\"{output}\"",
		"unset, it asks for 32,000 tokens of answer" },
	{ 0, CLIENT_PATIENCE, "env/API_TIMEOUT_MS", "\"{patience}\"", WITHOUT_PATIENCE },
	{ 0, CLIENT_QUIET, "env/CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "\"1\"",
		"it calls home else" },
	{ 0, CLIENT_QUIET, "env/CLAUDE_CODE_ATTRIBUTION_HEADER", "\"0\"",
		"a line that changes and so breaks the known prefix" },
	{ .path = NULL },
};

const struct client_warning claude_warnings[] = {
	{ 0, "env/CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS", "\"1\"", "\"0\"", false,
		"grows every request from 49 to 78 kB" },
	{ 0, "env/ENABLE_TOOL_SEARCH", "\"0\"", "\"1\"", false,
		"grows every request from 49 to 78 kB" },
	{ 0, "permissions/deny/[]", "\"Write\"", NULL, false, "files cannot be written" },
	{ 0, "permissions/deny/[]", "\"Edit\"", NULL, false, "files cannot be edited" },
	{ 0, "permissions/deny/[]", "\"Bash\"", NULL, false, "no command can be run" },
	{ .path = NULL },
};

const struct client_over claude_over[] = {
	{ 0, "./.claude/settings.local.json" },
	{ 0, "./.claude/settings.json" },
	{ .place = NULL },
};

/* ---- pi ---- */

#define PI "providers/offgrid/models/[id={model}]/"
const struct client_setting pi_settings[] = {
	{ 0, CLIENT_NEEDED, "providers/offgrid/baseUrl", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "providers/offgrid/api", "\"openai-completions\"",
		"names the dialect" },
	{ 0, CLIENT_NEEDED, "providers/offgrid/apiKey", "\"{key}\"", "who asks" },
	{ 0, CLIENT_NEEDED, PI "name", "\"{model}\"", "the name in its menu" },
	{ 0, CLIENT_NEEDED, PI "reasoning", "false", "its schema wants it" },
	{ 0, CLIENT_NEEDED, PI "input", "[\"text\"]", "its schema wants it" },
	{ 0, CLIENT_LIMIT, PI "contextWindow", "{context}", WITHOUT_LIMIT },
	{ 0, CLIENT_LIMIT, PI "maxTokens", "{output}", WITHOUT_LIMIT },
	{ 1, CLIENT_PATIENCE, "httpIdleTimeoutMs", "{patience}", WITHOUT_PATIENCE },
	{ .path = NULL },
};

/* ---- Gemini CLI ---- */

const struct client_setting gemini_settings[] = {
	{ 0, CLIENT_NEEDED, "GOOGLE_GEMINI_BASE_URL", "\"{url}\"",
		"where we are; without any path, since one would be kept" },
	{ 0, CLIENT_NEEDED, "GEMINI_API_KEY", "\"{key}\"",
		"without one it ends with exit code 41" },
	{ 1, CLIENT_NEEDED, "security/auth/selectedType", "\"gemini-api-key\"",
		"else it wants a login" },
	{ 1, CLIENT_NEEDED, "model/name", "\"{model}\"", "which model it starts with" },
	{ 1, CLIENT_LIMIT, "model/compressionThreshold", "{share}",
		"it takes every model to have 1,048,576 tokens, and condenses at this share of "
		"them; it has no key for the number itself" },
	{ 1, CLIENT_QUIET, "general/enableAutoUpdate", "false", "it looks for a newer one else" },
	{ 1, CLIENT_QUIET, "privacy/usageStatisticsEnabled", "false", "it calls home else" },
	{ .path = NULL },
};

const struct client_over gemini_over[] = {
	{ 1, "./.gemini/settings.json" },
	{ .place = NULL },
};

const struct client_warning gemini_warnings[] = {
	{ 1, "tools/core", NULL, NULL, false, "only the tools in this list are offered" },
	{ 1, "tools/exclude/[]", NULL, NULL, false, "the tools in this list are not offered" },
	{ .path = NULL },
};

/* ---- Qwen Code ---- */

#define QWEN "modelProviders/openai/[id={model}]/"
const struct client_setting qwen_settings[] = {
	{ 0, CLIENT_ONCE, "$version", "4", "else it puts it there itself" },
	{ 0, CLIENT_NEEDED, "env/OFFGRID_API_KEY", "\"{key}\"",
		"the key that envKey names must exist" },
	{ 0, CLIENT_NEEDED, QWEN "name", "\"{model}\"", "the name in its menu" },
	{ 0, CLIENT_NEEDED, QWEN "envKey", "\"OFFGRID_API_KEY\"", "where its key is" },
	{ 0, CLIENT_NEEDED, QWEN "baseUrl", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_LIMIT, QWEN "generationConfig/contextWindowSize", "{context}",
		"unset, an unknown model is taken to have 200,000 tokens" },
	{ 0, CLIENT_LIMIT, QWEN "generationConfig/samplingParams/max_tokens", "{output}",
		"unset, it asks for 32,000 tokens of answer" },
	{ 0, CLIENT_PATIENCE, QWEN "generationConfig/timeout", "{patience}", WITHOUT_PATIENCE },
	{ 0, CLIENT_PATIENCE, QWEN "generationConfig/streamIdleTimeoutMs", "{patience}",
		WITHOUT_PATIENCE },
	{ 0, CLIENT_NEEDED, "security/auth/selectedType", "\"openai\"", "else it wants a login" },
	{ 0, CLIENT_NEEDED, "model/name", "\"{model}\"", "which model it starts with" },
	{ 0, CLIENT_PATIENCE, "env/QWEN_STREAM_MAX_LIFETIME_MS", "\"0\"",
		"unset, an answer is cut off after 15 minutes" },
	{ 0, CLIENT_QUIET, "general/enableAutoUpdate", "false", "it looks for a newer one else" },
	{ 0, CLIENT_QUIET, "privacy/usageStatisticsEnabled", "false", "it calls home else" },
	{ 0, CLIENT_QUIET, "memory/enableManagedAutoMemory", "false",
		"else a second request goes out after answers, and 5 kB more in each" },
	{ .path = NULL },
};

const struct client_over qwen_over[] = {
	{ 0, "./.qwen/settings.json" },
	{ .place = NULL },
};

const struct client_warning qwen_warnings[] = {
	{ 0, "permissions/deny/[]", NULL, NULL, false, "the tools in this list are refused" },
	{ 0, "tools/core", NULL, NULL, false, "only the tools in this list are offered" },
	{ 0, "tools/exclude/[]", NULL, NULL, false, "the tools in this list are not offered" },
	{ 0, QWEN "generationConfig/streamMaxLifetimeMs", NULL, NULL, true,
		"changes nothing here: an answer ends after 15 minutes, unless the variable "
		"QWEN_STREAM_MAX_LIFETIME_MS says 0" },
	{ .path = NULL },
};

/* ---- Continue ---- */

#define CN "models/[name=offgrid]/"
const struct client_setting continue_settings[] = {
	{ 0, CLIENT_ONCE, "name", "\"Local\"", "the file needs a name" },
	{ 0, CLIENT_ONCE, "version", "\"1.0.0\"", "the file needs a version" },
	{ 0, CLIENT_ONCE, "schema", "\"v1\"", "the file needs a schema" },
	{ 0, CLIENT_NEEDED, CN "provider", "\"openai\"", "names the dialect" },
	{ 0, CLIENT_NEEDED, CN "model", "\"{model}\"", "which model it asks for" },
	{ 0, CLIENT_NEEDED, CN "apiBase", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, CN "apiKey", "\"{key}\"", "who asks" },
	{ 0, CLIENT_LIMIT, CN "defaultCompletionOptions/contextLength", "{context}",
		WITHOUT_LIMIT },
	{ 0, CLIENT_LIMIT, CN "defaultCompletionOptions/maxTokens", "{output}",
		"must not be over contextLength, or no request goes out" },
	{ 0, CLIENT_PATIENCE, CN "requestOptions/timeout", "{patience}",
		"milliseconds; " WITHOUT_PATIENCE },
	{ 1, CLIENT_NEEDED, "cliSelectedModel", "\"offgrid\"",
		"which of its models it starts with; unset, the first of them" },
	{ .path = NULL },
};

const struct client_warning continue_warnings[] = {
	{ 0, CN "capabilities", NULL, NULL, true, "changes nothing: the same tools are offered" },
	{ 0, CN "roles", NULL, NULL, true, "changes nothing: the same tools are offered" },
	{ .path = NULL },
};

/* ---- Cline ---- */

#define CL "providers/openai-compatible/"
const struct client_setting cline_settings[] = {
	{ 0, CLIENT_ONCE, "version", "1", "the file needs a version" },
	{ 0, CLIENT_NEEDED, "lastUsedProvider", "\"openai-compatible\"",
		"which provider it starts with" },
	{ 0, CLIENT_ONCE, "modes", "{}", "the file needs it" },
	{ 0, CLIENT_NEEDED, CL "settings/provider", "\"openai-compatible\"", "names the dialect" },
	{ 0, CLIENT_NEEDED, CL "settings/apiKey", "\"{key}\"", "who asks" },
	{ 0, CLIENT_NEEDED, CL "settings/model", "\"{model}\"", "which model it asks for" },
	{ 0, CLIENT_NEEDED, CL "settings/baseUrl", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_ONCE, CL "updatedAt", "\"2026-01-01T00:00:00.000Z\"", "the file needs it" },
	{ 0, CLIENT_ONCE, CL "tokenSource", "\"manual\"", "the file needs it" },
	{ .path = NULL },
};

const struct client_warning cline_warnings[] = {
	{ 0, CL "settings/timeout", NULL, NULL, true, "changes nothing" },
	{ 0, CL "settings/maxTokens", NULL, NULL, true,
		"does not do what it says: beside contextWindow it makes it ask for 32,000 "
		"tokens" },
	{ .path = NULL },
};

/* ---- aider ---- */

#define AIDER "<openai/{model}>/"
const struct client_setting aider_settings[] = {
	{ 0, CLIENT_NEEDED, "model", "\"openai/{model}\"", "the prefix chooses the dialect" },
	{ 0, CLIENT_NEEDED, "openai-api-base", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "openai-api-key", "\"{key}\"", "must not be empty" },
	{ 0, CLIENT_NEEDED, "edit-format", "\"diff\"",
		"unset, an unknown model writes whole files anew" },
	{ 0, CLIENT_PATIENCE, "timeout", "3600", WITHOUT_PATIENCE },
	{ 0, CLIENT_QUIET, "analytics-disable", "true", "it calls home else" },
	{ 0, CLIENT_QUIET, "check-update", "false", "it calls home else" },
	{ 0, CLIENT_QUIET, "show-model-warnings", "false",
		"it asks about every model it does not know" },
	{ 0, CLIENT_QUIET, "show-release-notes", "false", "it calls home else" },
	{ 1, CLIENT_LIMIT, AIDER "max_input_tokens", "{context}", "for its warnings" },
	{ 1, CLIENT_LIMIT, AIDER "max_output_tokens", "{output}", "for its warnings" },
	{ 1, CLIENT_LIMIT, AIDER "litellm_provider", "\"openai\"", "the entry needs it" },
	{ 1, CLIENT_LIMIT, AIDER "mode", "\"chat\"", "the entry needs it" },
	{ .path = NULL },
};

const struct client_over aider_over[] = {
	{ 0, "./.aider.conf.yml" },
	{ 1, "./.aider.model.metadata.json" },
	{ .place = NULL },
};

/* ---- mini-swe-agent ---- */

const struct client_setting mini_settings[] = {
	{ 0, CLIENT_NEEDED, "MSWEA_CONFIGURED", "\"true\"", "else it asks at its first start" },
	{ 0, CLIENT_NEEDED, "MSWEA_MODEL_NAME", "\"openai/{model}\"",
		"the prefix chooses the dialect" },
	{ 0, CLIENT_NEEDED, "MSWEA_COST_TRACKING", "\"ignore_errors\"",
		"else it stops at a model without a price" },
	{ 0, CLIENT_NEEDED, "OPENAI_API_BASE", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "OPENAI_API_KEY", "\"{key}\"", "who asks" },
	{ 0, CLIENT_QUIET, "LITELLM_LOCAL_MODEL_COST_MAP", "\"True\"",
		"else it tries three times to fetch a list of prices" },
	{ .path = NULL },
};

/* ---- Hermes agent ---- */

const struct client_setting hermes_settings[] = {
	{ 0, CLIENT_NEEDED, "model/provider", "\"custom\"", "else its own servers are asked" },
	{ 0, CLIENT_NEEDED, "model/default", "\"{model}\"", "which model it starts with" },
	{ 0, CLIENT_NEEDED, "model/base_url", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "model/api_key", "\"{key}\"", "who asks" },
	{ 0, CLIENT_LIMIT, "model/context_length", "{context}", WITHOUT_LIMIT },
	{ 0, CLIENT_LIMIT, "model/max_tokens", "{output}",
		"unset, it asks for 65,536 tokens of answer" },
	{ 0, CLIENT_QUIET, "security/allow_lazy_installs", "false",
		"else it installs packages while it starts" },
	{ .path = NULL },
};

/* ---- Goose ---- */

const struct client_setting goose_settings[] = {
	{ 0, CLIENT_NEEDED, "name", "\"offgrid\"", "the name that GOOSE_PROVIDER means" },
	{ 0, CLIENT_NEEDED, "engine", "\"openai\"", "names the dialect" },
	{ 0, CLIENT_NEEDED, "display_name", "\"offgrid\"", "the name in its menu" },
	{ 0, CLIENT_NEEDED, "api_key_env", "\"\"", "its entry needs it" },
	{ 0, CLIENT_NEEDED, "requires_auth", "false", "else it wants a key in its own store" },
	{ 0, CLIENT_NEEDED, "headers/Authorization", "\"Bearer {key}\"",
		"who asks: without a key in its store it sends none" },
	{ 0, CLIENT_NEEDED, "base_url", "\"{url}/v1/chat/completions\"", "where we are" },
	{ 0, CLIENT_LIMIT, "models/[name={model}]/context_limit", "{context}", WITHOUT_LIMIT },
	{ 0, CLIENT_NEEDED, "supports_streaming", "true", "else nothing is shown until the end" },
	{ 0, CLIENT_PATIENCE, "timeout_seconds", "3600", WITHOUT_PATIENCE },
	{ 1, CLIENT_NEEDED, "GOOSE_PROVIDER", "\"offgrid\"", "which server it asks" },
	{ 1, CLIENT_NEEDED, "GOOSE_MODEL", "\"{model}\"", "which model it starts with" },
	{ 1, CLIENT_LIMIT, "GOOSE_CONTEXT_LIMIT", "{context}",
		"where it stands, it outweighs the size that the model's entry names" },
	{ 1, CLIENT_LIMIT, "GOOSE_MAX_TOKENS", "{output}",
		"unset, an answer may go on to the end of the context" },
	{ .path = NULL },
};

const struct client_warning goose_warnings[] = {
	{ 1, "GOOSE_MODE", "\"chat\"", "\"approve\"", false,
		"tools are offered, and no call of one is carried out: nothing is written" },
	{ 1, "GOOSE_TOOLSHIM", "true", "false", false,
		"no tools are offered: a second model is to read calls out of prose" },
	{ 1, "extensions/developer/enabled", "false", "true", false,
		"the tools that write, edit and run commands are not offered" },
	{ 1, "extensions/developer/available_tools/[]", NULL, NULL, false,
		"of the tools for files and commands only those in this list are offered" },
	{ 1, "GOOSE_STREAM_TIMEOUT", NULL, NULL, true,
		"is read for Ollama's own dialect alone: what counts is timeout_seconds of the "
		"provider" },
	{ .path = NULL },
};

/* ---- Crush ---- */

#define CRUSH "providers/offgrid/models/[id={model}]/"
const struct client_setting crush_settings[] = {
	{ 0, CLIENT_NEEDED, "providers/offgrid/name", "\"offgrid\"", "the name in its menu" },
	{ 0, CLIENT_NEEDED, "providers/offgrid/type", "\"openai-compat\"", "names the dialect" },
	{ 0, CLIENT_NEEDED, "providers/offgrid/base_url", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "providers/offgrid/api_key", "\"{key}\"", "who asks" },
	{ 0, CLIENT_NEEDED, "providers/offgrid/discover_models", "false",
		"else it asks at its start, and drops a server that does not answer in 3 "
		"seconds" },
	{ 0, CLIENT_NEEDED, CRUSH "name", "\"{model}\"", "the name in its menu" },
	{ 0, CLIENT_LIMIT, CRUSH "context_window", "{context}",
		"unset, it never condenses by itself" },
	{ 0, CLIENT_LIMIT, CRUSH "default_max_tokens", "{output}", WITHOUT_LIMIT },
	{ 0, CLIENT_NEEDED, CRUSH "cost_per_1m_in", "0", "its schema wants it" },
	{ 0, CLIENT_NEEDED, CRUSH "cost_per_1m_out", "0", "its schema wants it" },
	{ 0, CLIENT_NEEDED, CRUSH "cost_per_1m_in_cached", "0", "its schema wants it" },
	{ 0, CLIENT_NEEDED, CRUSH "cost_per_1m_out_cached", "0", "its schema wants it" },
	{ 0, CLIENT_NEEDED, CRUSH "can_reason", "false", "its schema wants it" },
	{ 0, CLIENT_NEEDED, CRUSH "supports_attachments", "false", "its schema wants it" },
	{ 0, CLIENT_NEEDED, "models/large/provider", "\"offgrid\"", "which server it asks" },
	{ 0, CLIENT_NEEDED, "models/large/model", "\"{model}\"", "which model it starts with" },
	{ 0, CLIENT_NEEDED, "models/small/provider", "\"offgrid\"", "titles are asked there" },
	{ 0, CLIENT_NEEDED, "models/small/model", "\"{model}\"", "titles are asked of it" },
	{ 0, CLIENT_PATIENCE, "options/request_timeout", "3600", WITHOUT_PATIENCE },
	{ 0, CLIENT_QUIET, "options/disable_provider_auto_update", "true",
		"else it waits up to 45 seconds for a catalogue from the network" },
	{ 0, CLIENT_QUIET, "options/disable_metrics", "true", "it calls home else" },
	{ .path = NULL },
};

const struct client_warning crush_warnings[] = {
	{ 0, "providers/offgrid/disable", "true", "false", false, "the server is not asked" },
	{ 0, "options/disabled_tools/[]", NULL, NULL, false,
		"the tools in this list are not offered" },
	{ 0, "options/disable_auto_summarize", "true", "false", false,
		"the prompt outgrows the context" },
	{ .path = NULL },
};

const struct client_over crush_over[] = {
	{ 0, "./crush.json" },
	{ 0, "./.crush.json" },
	{ .place = NULL },
};

/* ---- any other ---- */

const struct client_setting any_settings[] = {
	{ 0, CLIENT_NEEDED, "OPENAI_BASE_URL", "\"{url}/v1\"", "where we are" },
	{ 0, CLIENT_NEEDED, "OPENAI_API_BASE", "\"{url}/v1\"", "the older name of the same" },
	{ 0, CLIENT_NEEDED, "OPENAI_API_KEY", "\"{key}\"", "who asks" },
	{ 0, CLIENT_NEEDED, "OPENAI_MODEL", "\"{model}\"", "which model it asks for" },
	{ .path = NULL },
};
