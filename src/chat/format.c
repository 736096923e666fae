/*
 * format.c - the table of string formats; see format.h.
 *
 * Dates know the lengths of months and leap years (RFC 3339, full-date). Mail addresses, host names
 * and URIs are held to the common part of their grammars, so that what is written is usable; what
 * their RFCs allow beyond that (quoted local parts, comments) is not produced.
 */
#include "chat/format.h"

#include <stddef.h>

#define LEAP_YEAR "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
#define DATE                                                                                       \
	"(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d" \
	"|30)|02-(?:0[1-9]|1\\d|2[0-8]))|" LEAP_YEAR "-02-29)"
#define TIME                                                                                       \
	"(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d" \
	")"
#define BYTE      "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
#define LABEL     "[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
#define HOST      LABEL "(?:\\." LABEL ")*"
#define H16       "[0-9A-Fa-f]{1,4}"
#define IPV4      BYTE "(?:\\." BYTE "){3}"
#define LS32      "(?:" H16 ":" H16 "|" IPV4 ")"
#define URI_CHARS "[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]|[\\u00a1-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef]"
#define WEEKS     "\\d{1,6}W"
#define HOURS     "T(?:\\d{1,6}H(?:\\d{1,6}M)?(?:\\d{1,6}S)?|\\d{1,6}M(?:\\d{1,6}S)?|\\d{1,6}S)"

static const struct format_row rows[] = {
	{ "date", DATE },
	{ "time", TIME },
	{ "date-time", DATE "T" TIME },
	{ "duration",
		"P(?:" WEEKS "|(?:\\d{1,6}Y(?:\\d{1,6}M)?(?:\\d{1,6}D)?|\\d{1,6}M(?:\\d{1,6}D)?|"
		"\\d{1,6}D)(?:" HOURS ")?|" HOURS ")" },
	{ "uuid", "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}" },
	{ "email", "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@" HOST },
	{ "hostname", HOST },
	{ "ipv4", IPV4 },
	{ "ipv6", "(?:" H16 ":){6}" LS32 "|::(?:" H16 ":){5}" LS32 "|(?:" H16 ")?::(?:" H16
		  ":){4}" LS32 "|(?:(?:" H16 ":){0,1}" H16 ")?::(?:" H16 ":){3}" LS32 "|(?:(?:" H16
		  ":){0,2}" H16 ")?::(?:" H16 ":){2}" LS32 "|(?:(?:" H16 ":){0,3}" H16 ")?::" H16
		  ":" LS32 "|(?:(?:" H16 ":){0,4}" H16 ")?::" LS32 "|(?:(?:" H16 ":){0,5}" H16
		  ")?::" H16 "|(?:(?:" H16 ":){0,6}" H16 ")?::" },
	{ "uri", "[A-Za-z][A-Za-z0-9+.-]*:(?:" URI_CHARS ")+" },
	{ "url", "[A-Za-z][A-Za-z0-9+.-]*:(?:" URI_CHARS ")+" },
	{ "iri", "[A-Za-z][A-Za-z0-9+.-]*:(?:" URI_CHARS ")+" },
	{ "uri-reference", "(?:" URI_CHARS ")*" },
	{ "json-pointer", "(?:/(?:[^/~]|~[01])*)*" },
	/* Said about numbers or about display: nothing to hold a string to. */
	{ "int32", NULL },
	{ "int64", NULL },
	{ "float", NULL },
	{ "double", NULL },
	{ "password", NULL },
	{ "path", NULL },
	{ "string", NULL },
};

const struct format_row *format_find(struct str name)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq_z(name, rows[i].name))
			return &rows[i];
	return NULL;
}
