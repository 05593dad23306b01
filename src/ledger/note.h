/*
 * note -- signed texts of the ledger: C2SP signed-note, tlog-checkpoint, tlog-cosignature (its
 * Ed25519 form) and tlog-proof.
 *
 *     name/of/the/log                                  origin
 *     70000                                            size
 *     qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=     root (SHA-256)
 *     sm3 …                                            extension lines
 *                                                      (empty)
 *     — name/of/the/log AbCdEf…                        one line a signature
 *
 * Three types of keys sign. Ed25519 (0x01). SM2 under the type 0xff that the specification leaves
 * to others, followed by NOTE_SM2_TYPE: it signs the text as GB/T 32918.2 has it with SM3 and the
 * default id; the signature is DER, the public key 0x04 ‖ x ‖ y. And a witness (0x04), whose
 * Ed25519 signature covers the time at which it had seen no later head.
 *
 * Invariants  what is parsed is accepted in one spelling only: written again, it is the same bytes.
 * Lifetime    parsed values are views of the text that was parsed, or lie in the arena.
 * Threads     all functions are pure.
 */
#pragma once
#include "crypto/crypto.h"
#include "ledger/merkle.h"

#define NOTE_SM2_TYPE "yangguan.cn/sm2-with-sm3/v1"

enum { NOTE_MOST = 1 << 20, NOTE_SIGNATURES_MOST = 64 };

/* ---- keys --------------------------------------------------------------------------------- */

enum note_type { NOTE_ED25519, NOTE_SM2, NOTE_WITNESS };

/* A key that one trusts: its name and public half; `id` is computed from all three. */
struct note_key {
    str name;
    enum note_type type;
    str public;
    u32 id;
};

/* ERR_INPUT if the name is empty or has a space or plus, or the key isn't of its type's length. */
fallible note_key_make(str name, enum note_type type, str public, struct note_key *out);

/* "name+0a1b2c3d+base64(type ‖ public)": how keys are handed out and pinned. */
str note_key_text(struct arena *a, const struct note_key *key);
fallible note_key_parse(struct arena *a, str text, struct note_key *out);

/* ---- notes -------------------------------------------------------------------------------- */

struct note_signature {
    str name;
    u32 id;
    str bytes;
};

struct note {
    str text; /* with its last newline */
    struct note_signature *signatures;
    size_t count;
};

struct note_signer {
    str name;
    const struct key *key;
};

/* The note of `text`, signed by each. ERR_TEXT if the text is none that a note can hold. */
fallible note_sign(struct arena *a, str text, const struct note_signer *signers, size_t count,
                   str *note);

/* ERR_SYNTAX if it isn't a note, ERR_LIMIT above the limits. Says nothing about signatures. */
fallible note_parse(struct arena *a, str bytes, struct note *out);

/*
 * OK if the signatures of all keys of `known` that signed hold and there is at least one; bit i of
 * *by is set if known[i] signed. Other signatures are passed over. ERR_CRYPTO otherwise.
 */
fallible note_verify(const struct note *note, const struct note_key *known, size_t count, u32 *by);

/* ---- witnesses ---------------------------------------------------------------------------- */

/*
 * The note with one more line: that this witness, an Ed25519 key, had seen no later head of the log
 * at `seconds` since 1970. The caller has checked that the head is consistent with the last one
 * that the witness signed. ERR_SYNTAX if it isn't a note with a checkpoint.
 */
fallible note_cosign(struct arena *a, str note, const struct note_signer *witness, i64 seconds,
                     str *cosigned);

/* When the witness signed: the latest of its signatures, which all hold. ERR_CRYPTO otherwise. */
fallible note_cosigned_at(const struct note *note, const struct note_key *witness, i64 *seconds);

/* ---- checkpoints -------------------------------------------------------------------------- */

struct checkpoint {
    str origin;
    u64 size;
    digest root;
    str extensions; /* none, or whole lines, each with its newline */
};

/* The text to sign. ERR_TEXT if origin or extensions can't stand there. */
fallible checkpoint_text(struct arena *a, const struct checkpoint *c, str *text);
fallible checkpoint_parse(struct arena *a, str text, struct checkpoint *out);

/* The extension line "sm3 BASE64" of this ledger's heads, and its value. ERR_NOT_FOUND. */
str checkpoint_sm3_line(struct arena *a, digest root);
fallible checkpoint_sm3(struct arena *a, const struct checkpoint *c, digest *root);

/* ---- proofs ------------------------------------------------------------------------------- */

/* c2sp.org/tlog-proof@v1: an entry's place in the tree of the checkpoint (a whole note). */
struct tlog_proof {
    bool has_extra;
    str extra; /* not covered by any signature */
    u64 index;
    struct merkle_proof path;
    str checkpoint;
};

str tlog_proof_text(struct arena *a, const struct tlog_proof *proof);
fallible tlog_proof_parse(struct arena *a, str text, struct tlog_proof *out);
