/*
 * unescape.h - a text with its escapes taken back: for finding in a rendered prompt what a template
 * may have written escaped.
 *
 * Taken back are those of JSON and Python strings (\" \' \\ \/ \uXXXX, pairs of surrogates too) and
 * of HTML (&lt; &gt; &amp; &quot; &#39; &#34;), wherever they stand: templates print names through
 * `tojson`, `string`, or an escaping filter. What is no escape stays as it is.
 */
#ifndef OFFGRID_CHAT_UNESCAPE_H
#define OFFGRID_CHAT_UNESCAPE_H

#include "base/buf.h"

/* Appends the text; never longer than it was. */
void unescape(struct str text, struct buf *out);

/* Whether `text` holds `part`, as it is or escaped. */
bool holds_escaped(struct str text, struct str part);

#endif
