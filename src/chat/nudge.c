/*
 * nudge.c - see nudge.h.
 */
#include "chat/nudge.h"

#include "chat/words.h"

enum { LONGEST_BYTES = 600, REACH = 3 };

const char *const nudge_about[] = {
	[NUDGE_NONE] = "",
	[NUDGE_ANNOUNCED] = "it said what it would do and called no tool: asked once to do it",
	[NUDGE_EMPTY] = "it said nothing and called no tool: asked once to go on",
	[NUDGE_CLAIMED] = "it said what is not so: asked once to do it or to say what is true",
};

_Static_assert(sizeof nudge_about / sizeof nudge_about[0] == NUDGE_COUNT, "words for each");

static const char *const deeds[] = { "create", "write", "read", "edit", "update", "change",
	"modify", "add", "run", "execute", "check", "look", "open", "list", "search", "find",
	"delete", "remove", "fix", "make", "save", "install", "inspect", "examine", "start",
	"begin", "use", "try", "proceed", "test", "replace", "rename", "move", "implement",
	"review", "view", "put", "build", "take", NULL };
static const char *const offers[] = { "if", "once", "when", "unless", "know", "you", "would",
	"could", "can", "not", "never", NULL };
static const char *const after_intent[] = { "now", "first", "then", "next", "also", "go", "ahead",
	"and", "just", "quickly", "to", NULL };

/* How many words at `i` say "I will" in one of its forms; 0: none do. */
static size_t intent_words(const struct sentence *s, size_t i)
{
	static const char *const forms[][5] = {
		{ "i'll" },
		{ "i’ll" },
		{ "let's" },
		{ "i", "will" },
		{ "let", "me" },
		{ "i'm", "going", "to" },
		{ "i’m", "going", "to" },
		{ "i", "am", "going", "to" },
		{ "i", "need", "to" },
	};
	for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
		size_t n = 0;
		while (n < 4 && forms[f][n] && i + n < s->count &&
			str_eq_nocase(s->words[i + n].text, str_z(forms[f][n])))
			n++;
		if (!forms[f][n])
			return n;
	}
	return 0;
}

static bool announces(const struct sentence *s)
{
	for (size_t i = 0; i < s->count; i++) {
		size_t n = intent_words(s, i);
		size_t k = i + n, end = k + REACH < s->count ? k + REACH : s->count;
		while (n && k < end && word_is(&s->words[k], after_intent))
			k++;
		if (n && k < s->count && word_is(&s->words[k], deeds))
			return true;
	}
	return false;
}

static bool is_offer(const struct sentence *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (word_is(&s->words[i], offers))
			return true;
	return s->is_question;
}

enum nudge nudge_for(struct str text)
{
	struct sentence s, last = { .count = 0 };
	bool in_code = false;
	if (str_trim(text).n == 0)
		return NUDGE_EMPTY;
	if (text.n > LONGEST_BYTES)
		return NUDGE_NONE;
	while (sentence_next(&text, &in_code, &s))
		last = s;
	return announces(&last) && !is_offer(&last) ? NUDGE_ANNOUNCED : NUDGE_NONE;
}

void nudge_words(enum nudge n, struct str untrue, struct buf *out)
{
	static const char *const ending =
		" If something is left to do, call the tool now; if not, say "
		"what is done.";
	switch (n) {
	case NUDGE_ANNOUNCED:
		buf_printf(out, "You called no tool, so nothing has happened.%s", ending);
		break;
	case NUDGE_EMPTY:
		buf_printf(out, "You said nothing and you called no tool.%s", ending);
		break;
	case NUDGE_CLAIMED:
		buf_printf(out, "You called no tool for this: %.*s.%s", STR_ARG(untrue), ending);
		break;
	case NUDGE_NONE:
	case NUDGE_COUNT: break;
	}
}
