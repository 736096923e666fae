/*
 * clients.c - the programs, a row each; see client.h. What stands in their files is in
 * client_settings.c.
 */
#include "client/clients_int.h"

#include "base/nearest.h"

static const char *const pi_words[] = { "--provider", "offgrid", "--model", "{model}", NULL };
static const char *const gemini_words[] = { "--skip-trust", "-m", "{model}", NULL };
static const char *const gemini_env[] = { "GOOGLE_GEMINI_BASE_URL={url}", "GEMINI_API_KEY={key}",
	NULL };
static const char *const cline_words[] = { "-P", "openai-compatible", "-m", "{model}", NULL };
/* Without a variable that moves a client's files its home is moved. */
static const char *const no_words[] = { NULL };
static const char *const home_env[] = { "HOME={home}", NULL };
static const char *const any_env[] = { "OPENAI_BASE_URL={url}/v1", "OPENAI_API_BASE={url}/v1",
	"OPENAI_API_KEY={key}", "OPENAI_MODEL={model}", NULL };

const struct client clients[] = {
	{
		.name = "opencode",
		.title = "OpenCode",
		.program = "opencode",
		.measured = "opencode-ai 1.18.33",
		.dialect = "openai",
		.note = "without a terminal start it with --auto: what it would ask is refused "
			"without a word",
		.moved = { "XDG_CONFIG_HOME", "~/.config/" },
		.files = { { "~/.config/opencode/opencode.json",
			"~/.config/opencode/opencode.jsonc", CONF_JSON, NULL } },
		.over = opencode_over,
		.settings = opencode_settings,
		.warnings = opencode_warnings,
		.launch_words = no_words,
		.launch_env = no_words,
	},
	{
		.name = "openclaw",
		.title = "OpenClaw",
		.program = "openclaw",
		.measured = "openclaw 2026.9.6",
		.dialect = "openai",
		.least_context = 4096,
		.note = "openclaw agent exec --cwd . works in this folder; openclaw agent --local "
			"writes into ~/.openclaw/workspace",
		.moved = { "OPENCLAW_STATE_DIR", "~/.openclaw/" },
		.files = { { "~/.openclaw/openclaw.json", NULL, CONF_JSON, NULL } },
		.settings = openclaw_settings,
		.warnings = openclaw_warnings,
		.launch_words = no_words,
		.launch_env = home_env,
	},
	{
		.name = "codex",
		.title = "Codex",
		.program = "codex",
		.measured = "@openai/codex 0.169.0",
		.dialect = "responses",
		.note = "codex exec only reads, unless it is given --sandbox workspace-write",
		.moved = { "CODEX_HOME", "~/.codex/" },
		.files = { { "~/.codex/config.toml", NULL, CONF_TOML, NULL } },
		.settings = codex_settings,
		.warnings = codex_warnings,
		.launch_words = no_words,
		.launch_env = no_words,
	},
	{
		.name = "claude-code",
		.title = "Claude Code",
		.program = "claude",
		.measured = "@anthropic-ai/claude-code 2.1.330",
		.dialect = "anthropic",
		.note = "for small models: claude --bare, 4 kB of request in place of 49",
		.moved = { "CLAUDE_CONFIG_DIR", "~/.claude/" },
		.files = { { "~/.claude/settings.json", NULL, CONF_JSON, NULL } },
		.over = claude_over,
		.settings = claude_settings,
		.warnings = claude_warnings,
		.launch_words = no_words,
		.launch_env = no_words,
	},
	{
		.name = "pi",
		.title = "pi",
		.program = "pi",
		.measured = "@earendil-works/pi-coding-agent 0.87.1",
		.dialect = "openai",
		.note = "start it with: pi --provider offgrid",
		.moved = { "PI_CODING_AGENT_DIR", "~/.pi/agent/" },
		.files = { { "~/.pi/agent/models.json", NULL, CONF_JSON, NULL },
			{ "~/.pi/agent/settings.json", NULL, CONF_JSON, NULL } },
		.settings = pi_settings,
		.launch_words = pi_words,
		.launch_env = home_env,
	},
	{
		.name = "gemini-cli",
		.title = "Gemini CLI",
		.program = "gemini",
		.measured = "@google/gemini-cli 0.61.0",
		.dialect = "gemini",
		.note = "without -y it is offered no tool that writes; in a folder that is not "
			"trusted it does not read its .env",
		.moved = { "GEMINI_CLI_HOME", "~/" },
		.files = { { "~/.gemini/.env", NULL, CONF_ENV, "" },
			{ "~/.gemini/settings.json", NULL, CONF_JSON, NULL } },
		.over = gemini_over,
		.settings = gemini_settings,
		.warnings = gemini_warnings,
		.launch_words = gemini_words,
		.launch_env = gemini_env,
	},
	{
		.name = "qwen-code",
		.title = "Qwen Code",
		.program = "qwen",
		.measured = "@qwen-code/qwen-code 0.24.4",
		.dialect = "openai",
		.note = "without -y or --approval-mode auto-edit it is offered no tool that writes",
		.moved = { "QWEN_HOME", "~/.qwen/" },
		.files = { { "~/.qwen/settings.json", NULL, CONF_JSON, NULL } },
		.over = qwen_over,
		.settings = qwen_settings,
		.warnings = qwen_warnings,
		.launch_words = no_words,
		.launch_env = home_env,
	},
	{
		.name = "continue",
		.title = "Continue",
		.program = "cn",
		.measured = "@continuedev/cli 1.5.47",
		.dialect = "openai",
		.note = "without --auto it is offered no tool that writes, but Bash, unasked",
		.moved = { "CONTINUE_GLOBAL_DIR", "~/.continue/" },
		.files = { { "~/.continue/config.yaml", NULL, CONF_YAML, NULL },
			{ "~/.continue/index/globalContext.json", NULL, CONF_JSON, NULL } },
		.settings = continue_settings,
		.warnings = continue_warnings,
		.launch_words = no_words,
		.launch_env = home_env,
	},
	{
		.name = "cline",
		.title = "Cline",
		.program = "cline",
		.measured = "cline 3.0.65",
		.dialect = "openai",
		.note = "it leaves a daemon running when it ends; it gives up after 300 seconds of "
			"silence, whatever is set",
		.files = { { "~/.cline/data/settings/providers.json", NULL, CONF_JSON, NULL } },
		.settings = cline_settings,
		.warnings = cline_warnings,
		.launch_words = cline_words,
		.launch_env = home_env,
	},
	{
		.name = "aider",
		.title = "aider",
		.program = "aider",
		.measured = "aider-chat 0.86.2",
		.dialect = "openai",
		.note = "it calls no tools: the model writes edit blocks as text; its exit status "
			"is always 0",
		.files = { { "~/.aider.conf.yml", NULL, CONF_YAML, "AIDER_" },
			{ "~/.aider.model.metadata.json", NULL, CONF_JSON, NULL } },
		.over = aider_over,
		.settings = aider_settings,
		.launch_words = no_words,
		.launch_env = home_env,
	},
	{
		.name = "mini-swe-agent",
		.title = "mini-swe-agent",
		.program = "mini",
		.measured = "mini-swe-agent 2.4.6",
		.dialect = "openai",
		.note = "it needs the Python package mcp, or it never asks anything",
		.moved = { "MSWEA_GLOBAL_CONFIG_DIR", "~/.config/mini-swe-agent/" },
		.files = { { "~/.config/mini-swe-agent/.env", NULL, CONF_ENV, "" } },
		.settings = mini_settings,
		.launch_words = no_words,
		.launch_env = home_env,
	},
	{
		.name = "hermes",
		.title = "Hermes agent",
		.program = "hermes",
		.measured = "hermes-agent 0.19.0",
		.dialect = "openai",
		.least_context = 64000,
		.note = "hermes -t file,terminal sends 18 kB of request in place of 45",
		.moved = { "HERMES_HOME", "~/.hermes/" },
		.files = { { "~/.hermes/config.yaml", NULL, CONF_YAML, NULL } },
		.settings = hermes_settings,
		.launch_words = no_words,
		.launch_env = no_words,
	},
	{
		.name = "goose",
		.title = "Goose",
		.program = "goose",
		.measured = "@aaif/goose-binary-linux-x64 1.52.0",
		.dialect = "openai",
		.note = "without a terminal it needs GOOSE_MODE: auto, its default; its exit "
			"status is 0 also when no answer came",
		.moved = { "XDG_CONFIG_HOME", "~/.config/" },
		.files = { { "~/.config/goose/custom_providers/offgrid.json", NULL, CONF_JSON,
				   NULL },
			{ "~/.config/goose/config.yaml", NULL, CONF_YAML, "" } },
		.settings = goose_settings,
		.warnings = goose_warnings,
		.launch_words = no_words,
		.launch_env = home_env,
	},
	{
		.name = "crush",
		.title = "Crush",
		.program = "crush",
		.dialect = "openai",
		.note = "a crushrc beside this file or in a project outweighs it",
		.moved = { "XDG_CONFIG_HOME", "~/.config/" },
		.files = { { "~/.config/crush/crush.json", NULL, CONF_JSON, NULL } },
		.over = crush_over,
		.settings = crush_settings,
		.warnings = crush_warnings,
		.launch_words = no_words,
		.launch_env = no_words,
	},
	{
		.name = "any",
		.title = "any OpenAI-compatible program",
		.dialect = "openai",
		.note = "programs that read none of these variables want the same values in their "
			"own settings: base URL, key, model",
		.files = { { NULL, NULL, CONF_ENV, "" } },
		.settings = any_settings,
		.launch_words = no_words,
		.launch_env = any_env,
	},
};

const size_t client_count = sizeof clients / sizeof *clients;

const struct client *client_find(struct str name, struct err *e)
{
	struct nearest near = nearest_to(name);
	for (size_t i = 0; i < client_count; i++) {
		const struct client *c = &clients[i];
		if (str_eq(name, str_z(c->name)) || (c->program && str_eq(name, str_z(c->program))))
			return c;
		nearest_try(&near, str_z(c->name));
	}
	fail(e, ERR_USAGE, LAYER_NONE, "nothing is known of a client '%.*s'", STR_ARG(name));
	if (near.best.n)
		err_mend(e,
			"did you mean %.*s? All of them: offgrid connect; for one that is not "
			"among them: offgrid connect any",
			STR_ARG(near.best));
	else
		err_mend(e, "offgrid connect lists those that are known; for any other: offgrid "
			    "connect any");
	return NULL;
}
