/*
 * family.c - the rows; see family.h.
 *
 * Narrow rows stand before wide ones: Qwen3-Coder before Qwen3. What rendering the template tells
 * by itself (whether it shows tools, whether it keeps thoughts) has no row. Sampling is what the
 * makers or a controlled study recommend for work with tools; "forge" is antoinezambelli/forge, 26
 * scenarios of 50 runs a cell, an interested party, but the only one that measured.
 */
#include "chat/family.h"

#include "chat/request.h"

const char *const family_replay_names[] = {
	[FAMILY_REPLAY_TEMPLATE] = "as the template does",
	[FAMILY_REPLAY_NONE] = "none",
	[FAMILY_REPLAY_WITHIN_TURN] = "within the turn",
	[FAMILY_REPLAY_FULL] = "all",
};

_Static_assert(sizeof family_replay_names / sizeof *family_replay_names == FAMILY_REPLAY_COUNT,
	"a name for each");

enum { NO_INT = CHAT_UNSET_INT };

#define NO_NUMBER CHAT_UNSET_DOUBLE
#define UNSAMPLED                                                                                  \
	{                                                                                          \
		NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_INT, NULL                                      \
	}

static const char forge_guide[] = "forge, MODEL_GUIDE.md";

const struct family families[] = {
	{
		.name = "Qwen3-Coder",
		.clues = { { .name = "qwen3coder" }, { .architecture = "qwen3next" } },
		.sampling = { 0.7, 0.8, 0, 20, forge_guide },
	},
	{
		.name = "Qwen3.5",
		.clues = { { .architecture = "qwen35" }, { .architecture = "qwen35moe" },
			{ .name = "qwen3.5" }, { .name = "qwen3.6" } },
		.sampling = { 1.0, 0.95, 0, 20, forge_guide },
		.replay = FAMILY_REPLAY_FULL,
		.replay_source = "forge: Qwen3.6-35B-A3B 88.0 without, 95.2 with replay",
		.prompted_source = "forge: Qwen3.5-27B with guard rails 93.2 native",
	},
	{
		.name = "Qwen3 8B and 14B",
		.clues = { { .architecture = "qwen3", .name = "qwen38b" },
			{ .architecture = "qwen3", .name = "qwen314b" } },
		.sampling = { 0.6, 0.95, 0, 20, forge_guide },
		.prefers_prompted = true,
		.prompted_source = "forge: better prompted than native at these sizes",
	},
	{
		.name = "Qwen3",
		.clues = { { .architecture = "qwen3" }, { .architecture = "qwen3moe" },
			{ .architecture = "qwen3vl" }, { .architecture = "qwen3vlmoe" } },
		.sampling = { 0.6, 0.95, 0, 20, forge_guide },
	},
	{
		.name = "gpt-oss",
		.clues = { { .architecture = "gpt-oss" }, { .name = "gptoss" },
			{ .mark = "<|channel|>analysis" } },
		.sampling = { 1.0, 1.0, NO_NUMBER, NO_INT, "hosts' documentation of gpt-oss" },
		.replay = FAMILY_REPLAY_FULL,
		.replay_source = "llama.cpp PR 15181; forge: 120b high 81.9 without, 90.8 with",
	},
	{
		.name = "Gemma 4",
		.clues = { { .architecture = "gemma4" }, { .name = "gemma4" } },
		.sampling = { 1.0, 0.95, NO_NUMBER, 64, "hosts' pages of the model" },
		.replay = FAMILY_REPLAY_FULL,
		.replay_source = "forge: 31B 88.7 without, 90.9 with replay",
		.prompted_source = "forge: native is better",
	},
	{
		.name = "Magistral",
		.clues = { { .name = "magistral" } },
		.sampling = { 0.7, 0.95, NO_NUMBER, NO_INT, "LM Studio's page of the model" },
	},
	{
		.name = "Ministral 3",
		.clues = { { .name = "ministral3" } },
		.sampling = { 0.05, NO_NUMBER, NO_NUMBER, NO_INT, forge_guide },
		.prompted_source = "forge: 84.2 prompted, 81.0 native: too little to give up the "
				   "native form",
	},
	{
		.name = "Nemotron 3",
		.clues = { { .architecture = "nemotron_h_moe" }, { .name = "nemotron3" } },
		.sampling = { 0.6, 0.95, NO_NUMBER, NO_INT, "Unsloth's documentation, for tools" },
		.prompted_source = "forge: with guard rails 71.3 native, 70.2 prompted",
	},
	{
		.name = "Granite 4",
		.clues = { { .architecture = "granitehybrid" }, { .name = "granite4" } },
		.sampling = { 0, NO_NUMBER, NO_NUMBER, NO_INT, forge_guide },
	},
	{
		.name = "Llama-3-Groq-Tool-Use",
		.clues = { { .name = "llama3groq" }, { .name = "groq8btooluse" },
			{ .name = "groq70btooluse" } },
		.sampling = { 0.5, 0.65, NO_NUMBER, NO_INT, "model card" },
	},
	{
		.name = "MiniMax",
		.clues = { { .architecture = "minimax-m2" }, { .architecture = "minimax-m3" },
			{ .name = "minimaxm" } },
		.sampling = { 1.0, 0.95, NO_NUMBER, NO_INT, "hosts' pages of the model" },
		.replay = FAMILY_REPLAY_WITHIN_TURN,
		.replay_source = "its template keeps them within a turn",
	},
	{ .name = "unknown", .clues = { { 0 } }, .sampling = UNSAMPLED },
};

const size_t family_count = sizeof families / sizeof *families;

/* Case, blanks, dashes and underscores do not count in a name. */
static bool is_skipped(char c)
{
	return c == ' ' || c == '-' || c == '_' || c == '/' || c == ':';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether `part`, written without what is skipped, stands in the name at or behind its start. */
static bool begins_with(struct str name, const char *part)
{
	size_t i = 0;
	for (; *part; part++, i++) {
		while (i < name.n && is_skipped(name.p[i]))
			i++;
		if (i == name.n || lower(name.p[i]) != *part)
			return false;
	}
	return true;
}

static bool name_holds(struct str name, const char *part)
{
	for (size_t i = 0; i < name.n; i++)
		if (begins_with(str_from(name, i), part))
			return true;
	return false;
}

static bool is_empty(const struct family_clue *c)
{
	return !c->architecture && !c->name && !c->mark;
}

static bool fits(const struct family_clue *c, const struct family_facts *f)
{
	return (!c->architecture || str_eq_z(f->architecture, c->architecture)) &&
	       (!c->name || name_holds(f->name, c->name)) &&
	       (!c->mark || str_find(f->chat_template, str_z(c->mark)) != SIZE_MAX);
}

const struct family *family_find(const struct family_facts *facts)
{
	for (size_t i = 0; i < family_count - 1; i++)
		for (size_t k = 0; k < FAMILY_CLUES && !is_empty(&families[i].clues[k]); k++)
			if (fits(&families[i].clues[k], facts))
				return &families[i];
	return &families[family_count - 1];
}
