/*
 * cuts.h - the law of every decoder: what comes out does not depend on how the input was cut.
 */
#ifndef OFFGRID_TESTS_CUTS_H
#define OFFGRID_TESTS_CUTS_H

#include "base/buf.h"

/* Feeds the pieces, one after the other, to a new decoder, ends it, and writes down everything that
 * came out, errors too. */
typedef void transcriber(const struct str *pieces, size_t count, struct buf *out);

/*
 * Transcribes the input whole, in two pieces cut at every place (the empty ones too), and byte by
 * byte; the transcripts are the same, or the first cut that makes a difference is shown. Returns
 * the transcript; the caller clears it.
 */
struct buf assert_every_cut(struct str input, transcriber *transcribe);

#endif
