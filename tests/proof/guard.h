/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Included before every source that CBMC sees: check bits without the multiplication, whose sums the solver cannot compare.
 *
 * Nothing is lost. `words` proves, of the real ones, that opening is the inverse of guarding and leaves the low half alone, and
 * adding a flag's part adds the flag with either. So every run of the library has its like with the other kind, word by word, in
 * which each word opens to the same; and what is proved is proved of any words.
 */
#include "fsw/format.h"

#undef FSW_GUARD_MULTIPLIER
#define FSW_GUARD_MULTIPLIER 0
