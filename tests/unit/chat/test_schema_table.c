/*
 * test_schema_table.c - what docs/schema.md says about keywords, formats and odd schemas is so.
 *
 *   test_chat_schema_table docs/schema.md
 *
 * Each row of its tables is a schema with values that are taken and values that are not, whether it
 * is enforced, and what the trace says of it.
 */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "chat/schema.h"
#include "walk.h"

enum { CELLS = 8, LEAST_ROWS = 80 };

static struct str page;

/* One row, its cells without the blanks around them. */
struct row {
	struct str cells[CELLS];
	size_t n;
};

static bool read_row(struct str line, struct row *out)
{
	struct str cell;
	*out = (struct row){ 0 };
	line = str_trim(line);
	if (line.n < 2 || line.p[0] != '|')
		return false;
	line = str_sub(line, 1, line.n - 1);
	while (str_cut(&line, '|', &cell)) {
		assert_true(out->n < CELLS);
		out->cells[out->n++] = str_trim(cell);
	}
	return true;
}

/* The next text between two backticks; false if there is none. */
static bool next_code(struct str *cell, struct str *out)
{
	struct str before;
	return str_cut(cell, '`', &before) && cell->n && str_cut(cell, '`', out);
}

/* What a row claims. */
struct claim {
	struct str name, is, schema, taken, not_taken, said;
};

struct trial {
	struct schema *schema;
	struct schema_grammar grammar;
	struct guide guide;
	json_t *document;
};

static void trial_init(struct trial *t, struct str schema)
{
	const struct schema_options options = { .order = SCHEMA_ANY_ORDER,
		.spacing = SCHEMA_SPACES_FREE,
		.unsaid = SCHEMA_UNSAID_CLOSED };
	t->document = json_loadb(schema.p, schema.n, JSON_DECODE_ANY, NULL);
	assert_non_null(t->document);
	t->schema = schema_new(&options);
	t->grammar.root = schema_add(t->schema, t->document, STR("it"), SCHEMA_TOP_ANY);
	t->grammar.schema = t->schema;
	schema_seal(t->schema);
	t->guide = schema_guide(&t->grammar);
}

static size_t check_values(
	const struct claim *c, const struct trial *t, struct str cell, bool is_taken)
{
	size_t n = 0;
	for (struct str value; next_code(&cell, &value); n++) {
		bool got = walk_takes(&t->guide, value);
		if (got != is_taken)
			print_error("%.*s: %.*s should be %s\n", STR_ARG(c->name), STR_ARG(value),
				is_taken ? "taken" : "refused");
		assert_int_equal(got, is_taken);
	}
	return n;
}

static void check_notes(const struct claim *c, const struct trial *t)
{
	const struct schema_note *notes;
	size_t n = schema_notes(t->schema, &notes);
	bool is_relaxed = str_eq(c->is, STR("relaxed"));
	assert_true(is_relaxed || str_eq(c->is, STR("enforced")) || str_eq(c->is, STR("no limit")));
	if (n != is_relaxed || (n && !str_eq_z(c->said, notes[0].why)))
		print_error("%.*s (%.*s): %zu notes, the first: %s: %s\n", STR_ARG(c->name),
			STR_ARG(c->schema), n, n ? notes[0].keyword : "", n ? notes[0].why : "");
	assert_int_equal(n, is_relaxed);
	if (!n)
		return;
	assert_true(str_eq_z(c->said, notes[0].why));
	/* A keyword is told by its name; a schema as a whole as that. */
	assert_true(
		str_eq_z(c->name, notes[0].keyword) || str_eq_z(STR("$schema"), notes[0].keyword));
}

static void check_claim(const struct claim *c)
{
	struct trial t;
	trial_init(&t, c->schema);
	assert_true(check_values(c, &t, c->taken, true) > 0);
	check_values(c, &t, c->not_taken, false);
	check_notes(c, &t);
	schema_free(t.schema);
	json_decref(t.document);
}

static struct str code_of(struct str cell)
{
	struct str code;
	return next_code(&cell, &code) ? code : cell;
}

static void check_format(const struct row *r)
{
	struct claim c = { code_of(r->cells[0]), r->cells[1], { 0 }, r->cells[2], r->cells[3],
		{ 0 } };
	char schema[200];
	snprintf(schema, sizeof schema, "{\"type\": \"string\", \"format\": \"%.*s\"}",
		STR_ARG(c.name));
	c.schema = str_z(schema);
	check_claim(&c);
}

static void check_row(const struct row *r, size_t from)
{
	struct claim c = { code_of(r->cells[0]), r->cells[from], code_of(r->cells[from + 1]),
		r->cells[from + 2], r->cells[from + 3],
		from + 4 < r->n ? r->cells[from + 4] : (struct str){ 0 } };
	check_claim(&c);
}

static void every_row_of_the_page_is_true(void **state)
{
	(void)state;
	struct str rest = page, line, table = { 0 };
	struct row r;
	size_t rows = 0;
	while (str_cut(&rest, '\n', &line)) {
		if (!read_row(line, &r)) {
			table = (struct str){ 0 };
		} else if (!table.n) {
			table = r.cells[0];
		} else if (!str_starts(r.cells[0], STR("---"))) {
			rows++;
			if (str_eq(table, STR("keyword")))
				check_row(&r, 2);
			else if (str_eq(table, STR("what")))
				check_row(&r, 1);
			else
				check_format(&r);
		}
	}
	assert_true(rows >= LEAST_ROWS);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row_of_the_page_is_true) };
	struct buf text;
	struct err e = { 0 };
	buf_init(&text, 1 << 20);
	if (argc < 2 || !fs_read(argv[1], &text, &e)) {
		print_error("%s\n", argc < 2 ? "which page?" : e.what);
		return 2;
	}
	page = buf_str(&text);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_clear(&text);
	return failed;
}
