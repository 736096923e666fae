/*
 * claims.c - see claims.h.
 *
 * A verb in the past form is a deed of the speaker if it opens the sentence ("Created a.txt"), if
 * its subject is "I" or "we" ("I have now created a.txt"), if it is joined to such a verb ("...,
 * and saved it to b.txt"), or if it is a passive about a file ("a.txt was created"). Then the row
 * of the verb says where its objects stand: directly behind it, or behind a preposition ("wrote the
 * text to a.txt", "changed x in a.txt").
 */
#include "agent/claims.h"

#include "base/limits.h"
#include "chat/words.h"

enum places {
	DIRECT = 1, /* directly behind the verb: "created a.txt" */
	TO = 2,     /* behind to, into, as, at: "saved it to a.txt" */
	IN = 4,     /* behind in, inside: "changed x in a.txt" */
	FROM = 8,   /* behind from: "removed x from a.txt" */
};

struct verb {
	const char *word;
	enum claim_kind kind;
	unsigned places;        /* where objects may stand */
	unsigned prefers;       /* if something stands there, it alone counts */
	bool describes_with_in; /* "is written in Python" */
};

static const struct verb verbs[] = {
	{ "created", CLAIM_MADE, DIRECT, 0, false },
	{ "generated", CLAIM_MADE, DIRECT, 0, false },
	{ "wrote", CLAIM_MADE, DIRECT | TO | IN, TO | IN, false },
	{ "written", CLAIM_MADE, DIRECT | TO | IN, TO | IN, true },
	{ "saved", CLAIM_MADE, DIRECT | TO | IN, TO | IN, false },
	{ "added", CLAIM_MADE, DIRECT | TO | IN, TO | IN, false },
	{ "appended", CLAIM_MADE, TO, 0, false },
	{ "inserted", CLAIM_MADE, TO | IN, 0, false },
	{ "changed", CLAIM_MADE, DIRECT | IN, IN, false },
	{ "edited", CLAIM_MADE, DIRECT | IN, IN, false },
	{ "updated", CLAIM_MADE, DIRECT | IN, IN, false },
	{ "modified", CLAIM_MADE, DIRECT | IN, IN, false },
	{ "replaced", CLAIM_MADE, IN, 0, false },
	{ "overwrote", CLAIM_MADE, DIRECT, 0, false },
	{ "overwritten", CLAIM_MADE, DIRECT, 0, false },
	{ "rewrote", CLAIM_MADE, DIRECT, 0, false },
	{ "rewritten", CLAIM_MADE, DIRECT, 0, true },
	{ "refactored", CLAIM_MADE, DIRECT | IN, IN, false },
	{ "fixed", CLAIM_MADE, DIRECT | IN, IN, false },
	{ "corrected", CLAIM_MADE, DIRECT | IN, IN, false },
	{ "renamed", CLAIM_MADE, TO, 0, false },
	{ "deleted", CLAIM_DELETED, DIRECT | FROM, 0, false },
	{ "removed", CLAIM_DELETED, DIRECT | FROM, 0, false },
	{ "erased", CLAIM_DELETED, DIRECT, 0, false },
};

enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static const char *const speakers[] = { "i", "i've", "i’ve", "we", "we've", "we’ve", NULL };
static const char *const fillers[] = { "have", "has", "just", "now", "also", "successfully", "then",
	"both", "all", "been", "finally", "first", "next", NULL };
static const char *const openers[] = { "done", "ok", "okay", "successfully", "then", "and", "also",
	"finally", "great", "now", "first", "next", "sure", "task", "completed", "complete",
	"finished", "result", "summary", "file", "files", NULL };
static const char *const be_words[] = { "is", "are", "was", "were", "been", NULL };
/* Before the verb, these say that the deed is not done, not now, or told by somebody else. */
static const char *const doubts[] = { "not", "no", "nothing", "none", "never", "cannot", "can't",
	"can’t", "couldn't", "couldn’t", "could", "can", "would", "will", "should", "shall", "may",
	"might", "must", "if", "when", "whenever", "unless", "until", "before", "once", "after",
	"need", "needs", "failed", "unable", "please", "tried", "want", "let", "wasn't", "isn't",
	"weren't", "aren't", "hasn't", "haven't", "didn't", "don't", "doesn't", "won't", "wasn’t",
	"isn’t", "hasn’t", "haven’t", "didn’t", "already", "previously", "without", "says", "said",
	"reads", "contains", "states", "prints", "printed", "shows", "message", "instead",
	"whether", "to", "had", "nor", "neither", NULL };
static const char *const joiners[] = { "and", "&", "or", "both", "the", "a", "an", "file", "files",
	"new", "named", "called", "your", "my", "our", "as", "well", "two", "three", NULL };
static const char *const to_words[] = { "to", "into", "as", "at", "onto", NULL };
static const char *const in_words[] = { "in", "inside", "within", NULL };
static const char *const from_words[] = { "from", NULL };
static const char *const other_prepositions[] = { "with", "by", "for", "of", "using", "via", "like",
	"than", "about", "on", "so", "which", "that", "because", "but", "containing", "based",
	"according", "when", "where", "while", "if", "instead", "without", "under", NULL };
static const char *const describers[] = { "by", "for", "when", "if", "whenever", "using", "every",
	"each", "automatically", "on", NULL };

struct reader {
	struct arena *arena;
	struct claim *items;
	size_t count;
	const struct sentence *s;
	struct str sentence; /* its copy */
};

static void add(struct reader *r, struct claim claim)
{
	if (r->count == LIMIT_CLAIMS)
		return;
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].kind == claim.kind && r->items[i].code == claim.code &&
			str_eq(r->items[i].subject, claim.subject))
			return;
	claim.subject = arena_str(r->arena, claim.subject);
	claim.sentence = r->sentence;
	r->items[r->count++] = claim;
}

static const struct word *word_at(const struct sentence *s, size_t i)
{
	return i < s->count ? &s->words[i] : NULL;
}

static const struct verb *verb_of(const struct word *w)
{
	if (w->is_code || w->is_quoted)
		return NULL;
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (str_eq_nocase(w->text, str_z(verbs[i].word)))
			return &verbs[i];
	return NULL;
}

static bool has_before(const struct sentence *s, size_t end, const char *const *list)
{
	for (size_t i = 0; i < end; i++)
		if (!s->words[i].is_code && word_is(&s->words[i], list))
			return true;
	return false;
}

static bool is_doubtful(const struct sentence *s, size_t verb)
{
	return has_before(s, verb, doubts);
}

/* How many words in front of `i` are fillers ("have now", "been"). */
static size_t fillers_before(const struct sentence *s, size_t i)
{
	size_t n = 0;
	while (n < i && word_is(&s->words[i - n - 1], fillers))
		n++;
	return n;
}

static bool only_openers_before(const struct sentence *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!word_is(&s->words[k], openers))
			return false;
	return true;
}

/* "I created", "Created", "and saved" behind a verb that counted. */
static bool is_own_deed(const struct sentence *s, size_t verb, bool has_deed)
{
	size_t i = verb - fillers_before(s, verb);
	if (i == 0 || only_openers_before(s, i))
		return true;
	const struct word *before = &s->words[i - 1];
	if (word_is(before, speakers))
		return true;
	static const char *const conjunctions[] = { "and", "then", "&", NULL };
	return has_deed && (word_is(before, conjunctions) || before->ends_clause);
}

/* The place that a word opens, DIRECT if it opens none, 0 if it ends what belongs to the verb. */
static unsigned place_after(const struct word *w, unsigned now)
{
	if (w->is_code)
		return now;
	if (word_is(w, to_words))
		return TO;
	if (word_is(w, in_words))
		return IN;
	if (word_is(w, from_words))
		return FROM;
	return word_is(w, other_prepositions) ? 0 : now;
}

/* Objects at one place behind the verb, [from, to): those that stand right where the place opens,
 * joined by "and" and commas. Calls add if `r` is not NULL; tells whether there are any. */
static bool take_objects(struct reader *r, const struct sentence *s, size_t from, size_t to,
	unsigned wanted, struct claim claim)
{
	unsigned now = DIRECT;
	bool is_near = true, has_any = false;
	for (size_t i = from; i < to && now; i++) {
		const struct word *w = &s->words[i];
		unsigned next = place_after(w, now);
		if (next != now) {
			now = next;
			is_near = true;
			continue;
		}
		bool is_file = word_is_file(w) && !w->is_quoted;
		if (is_file && now == wanted && is_near) {
			has_any = true;
			claim.subject = w->text;
			if (r)
				add(r, claim);
		} else if (!is_file && !word_is(w, joiners)) {
			is_near = wanted == DIRECT && now == DIRECT && !has_any;
		}
	}
	return has_any;
}

static size_t end_of_verb(const struct sentence *s, size_t verb)
{
	size_t i = verb + 1;
	while (i < s->count && !verb_of(&s->words[i]))
		i++;
	return i;
}

static void take_active(struct reader *r, size_t at, const struct verb *v)
{
	static const unsigned order[] = { IN, TO, FROM, DIRECT };
	const struct sentence *s = r->s;
	size_t end = end_of_verb(s, at);
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		unsigned place = order[i];
		struct claim claim = { .kind = v->kind };
		if (place == FROM)
			claim.kind = CLAIM_MADE; /* "removed x from a.txt" changed a.txt */
		if (!(v->places & place))
			continue;
		bool has = take_objects(r, s, at + 1, end, place, claim);
		if (has && (v->prefers & place || place == FROM))
			return;
	}
}

/* The files that are the subject of a passive: those right before its form of "to be". */
static bool take_subjects(struct reader *r, size_t be, struct claim claim)
{
	bool has_any = false;
	for (size_t i = be; i > 0; i--) {
		const struct word *w = &r->s->words[i - 1];
		if (word_is_file(w) && !w->is_quoted) {
			claim.subject = w->text;
			add(r, claim);
			has_any = true;
		} else if (!word_is(w, joiners) && !word_is(w, fillers)) {
			break;
		}
	}
	return has_any;
}

/* "a.txt is written." claims; "a.py is written in Python", "a.log is created by make" describe. */
static bool is_description(const struct sentence *s, size_t at, const struct verb *v)
{
	const struct word *next = word_at(s, at + 1), *after = word_at(s, at + 2);
	if (!next || s->words[at].ends_clause)
		return false;
	if (word_is(next, describers))
		return true;
	bool has_file_behind = after && word_is_file(after);
	return v->describes_with_in && word_is(next, in_words) && !has_file_behind;
}

/* The form of "to be" that belongs to the participle at `at`; SIZE_MAX if there is none. */
static size_t find_be(const struct sentence *s, size_t at)
{
	for (size_t i = at; i > 0; i--) {
		if (word_is(&s->words[i - 1], be_words))
			return i - 1;
		if (!word_is(&s->words[i - 1], fillers))
			break;
	}
	return SIZE_MAX;
}

/* "a.txt created", "a.txt and b.txt written successfully": a passive without its verb, which must
 * be the whole sentence. */
static bool is_headline(const struct sentence *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!word_is_file(&s->words[i]) && !word_is(&s->words[i], joiners) &&
			!word_is(&s->words[i], openers))
			return false;
	for (size_t i = at + 1; i < s->count; i++)
		if (!word_is(&s->words[i], fillers))
			return false;
	return at > 0;
}

static void take_passive(struct reader *r, size_t at, const struct verb *v)
{
	const struct sentence *s = r->s;
	struct claim claim = { .kind = v->kind };
	size_t be = find_be(s, at);
	if (be == SIZE_MAX && is_headline(s, at))
		take_subjects(r, at, claim);
	if (be == SIZE_MAX || is_description(s, at, v))
		return;
	if (take_subjects(r, be - fillers_before(s, be), claim) || v->kind == CLAIM_DELETED)
		return;
	claim.is_weak = true;
	size_t end = end_of_verb(s, at);
	if (!take_objects(r, s, at + 1, end, TO, claim))
		take_objects(r, s, at + 1, end, IN, claim);
}

static void take_deeds(struct reader *r)
{
	const struct sentence *s = r->s;
	bool has_deed = false;
	for (size_t i = 0; i < s->count; i++) {
		const struct verb *v = verb_of(&s->words[i]);
		if (!v || is_doubtful(s, i))
			continue;
		if (is_own_deed(s, i, has_deed)) {
			has_deed = true;
			take_active(r, i, v);
		} else {
			take_passive(r, i, v);
		}
	}
}

/* ---- commands ---- */

static const char *const test_words[] = { "tests", "checks", "suite", NULL };
static const char *const pass_words[] = { "pass", "passed", "passes", "passing", "succeed",
	"succeeded", "green", NULL };
static const char *const ran_words[] = { "ran", "executed", NULL };

/* "all tests pass", "the tests have now passed" */
static void take_tested(struct reader *r, size_t at)
{
	const struct sentence *s = r->s;
	size_t i = at + 1;
	while (i < s->count && word_is(&s->words[i], fillers))
		i++;
	if (i < s->count && word_is(&s->words[i], pass_words) && !is_doubtful(s, i))
		add(r, (struct claim){ .kind = CLAIM_TESTED });
}

static void take_ran(struct reader *r, size_t at)
{
	const struct word *next = word_at(r->s, at + 1);
	if (is_doubtful(r->s, at) || !is_own_deed(r->s, at, false) || !next)
		return;
	static const char *const articles[] = { "the", "all", "your", "unit", "command", NULL };
	for (size_t i = at + 1; next && word_is(next, articles) && !next->is_code; i++)
		next = word_at(r->s, i + 1);
	if (next && next->is_code)
		add(r, (struct claim){ .kind = CLAIM_RAN, .subject = next->text });
	else if (next && word_is(next, test_words))
		add(r, (struct claim){ .kind = CLAIM_RAN });
}

enum { MOST_EXIT_CODE = 255 };

/* "with exit code 1", "exited with code 0" */
static void take_exit(struct reader *r, size_t at)
{
	static const char *const exit_words[] = { "exit", "exited", "status", NULL };
	static const char *const conditions[] = { "if", "when", "should", "would", "will", "may",
		"might", "could", "unless", "until", "not", NULL };
	const struct sentence *s = r->s;
	const struct word *number = word_at(s, at + 1);
	uint64_t code;
	bool has_exit = (at >= 1 && word_is(&s->words[at - 1], exit_words)) ||
			(at >= 2 && word_is(&s->words[at - 2], exit_words));
	if (number && has_exit && str_to_u64(number->text, &code) && code <= MOST_EXIT_CODE &&
		!has_before(s, at, conditions))
		add(r, (struct claim){ .kind = CLAIM_EXITED, .code = (int)code });
}

static void take_commands(struct reader *r)
{
	static const char *const code_words[] = { "code", "status", NULL };
	for (size_t i = 0; i < r->s->count; i++) {
		const struct word *w = &r->s->words[i];
		if (w->is_code || w->is_quoted)
			continue;
		if (word_is(w, test_words))
			take_tested(r, i);
		if (word_is(w, ran_words))
			take_ran(r, i);
		if (word_is(w, code_words))
			take_exit(r, i);
	}
}

/* The verb of "I created the following files:" or "These files were created:", whose list is still
 * to come. */
static const struct verb *open_verb(const struct sentence *s)
{
	for (size_t i = s->count; s->ends_open && i > 0; i--) {
		const struct verb *v = verb_of(&s->words[i - 1]);
		bool counts = v && !is_doubtful(s, i - 1) &&
			      (is_own_deed(s, i - 1, false) || find_be(s, i - 1) != SIZE_MAX);
		if (counts)
			return v->places & DIRECT ? v : NULL;
	}
	return NULL;
}

struct claims claims_find(struct arena *a, struct str text)
{
	struct reader r = { .arena = a };
	struct sentence *s = arena_alloc(a, sizeof *s);
	const struct verb *open = NULL;
	bool in_code = false;
	r.items = arena_calloc(a, LIMIT_CLAIMS, sizeof *r.items);
	r.s = s;
	while (sentence_next(&text, &in_code, s)) {
		if (s->is_question)
			continue;
		r.sentence = arena_str(a, s->text);
		if (!s->is_item)
			open = open_verb(s);
		else if (open && word_is_file(&s->words[0]))
			add(&r, (struct claim){ .kind = open->kind, .subject = s->words[0].text });
		take_deeds(&r);
		take_commands(&r);
	}
	return (struct claims){ r.items, r.count };
}
