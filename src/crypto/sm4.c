#include "crypto/crypto_int.h"

#include <gcrypt.h>
#include <pthread.h>

enum { MOST_SEALED = 1 << 30, BLOCK = 16 };

/* One handle a mode and thread: opening one allocates, setting a key doesn't. */
enum slot { ECB, CBC, CTR, CFB, OFB, GCM, CCM, SLOTS };

static const int library_modes[SLOTS] = {
    [ECB] = GCRY_CIPHER_MODE_ECB, [CBC] = GCRY_CIPHER_MODE_CBC, [CTR] = GCRY_CIPHER_MODE_CTR,
    [CFB] = GCRY_CIPHER_MODE_CFB, [OFB] = GCRY_CIPHER_MODE_OFB, [GCM] = GCRY_CIPHER_MODE_GCM,
    [CCM] = GCRY_CIPHER_MODE_CCM,
};

static _Thread_local gcry_cipher_hd_t handles[SLOTS];
static pthread_key_t at_thread_end;

static void handles_close(void *of_thread)
{
    gcry_cipher_hd_t *all = of_thread;

    for (int i = 0; i < SLOTS; i++) {
        gcry_cipher_close(all[i]);
        all[i] = NULL;
    }
}

static void prepare(void)
{
    int code = pthread_key_create(&at_thread_end, handles_close);

    assert(code == 0);
}

/* This thread's handle of the mode with the key set. */
static gcry_cipher_hd_t handle(enum slot slot, const sm4_key *key)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (handles[slot] == NULL) {
        crypto_ready();
        (void)pthread_once(&once, prepare);
        gcry_error_t opened =
            gcry_cipher_open(&handles[slot], GCRY_CIPHER_SM4, library_modes[slot], 0);
        assert(opened == 0);
        int kept = pthread_setspecific(at_thread_end, handles);
        assert(kept == 0);
    }
    gcry_error_t set = gcry_cipher_setkey(handles[slot], key->at, sizeof key->at);
    assert(set == 0);
    return handles[slot];
}

static const void *bytes_of(str s)
{
    return s.len ? s.ptr : "";
}

/* ---- authenticated ------------------------------------------------------------------------ */

static bool tag_fits(enum sm4_aead mode, size_t len)
{
    if (mode == SM4_GCM)
        return len == 4 || len == 8 || (len >= 12 && len <= 16);
    return len >= 4 && len <= 16 && len % 2 == 0;
}

static bool iv_fits(enum sm4_aead mode, size_t len)
{
    return mode == SM4_GCM ? len > 0 : len >= 7 && len <= 13;
}

/* The handle with key, iv and additional data in place, ready for text. */
static fallible box_start(const struct sm4_box *box, size_t text_len, size_t tag_len,
                          gcry_cipher_hd_t *out)
{
    REQUIRE(iv_fits(box->mode, box->iv.len), ERR_INPUT, "an iv of %zu bytes", box->iv.len);
    REQUIRE(tag_fits(box->mode, tag_len), ERR_INPUT, "a tag of %zu bytes", tag_len);
    REQUIRE(text_len <= MOST_SEALED && box->aad.len <= MOST_SEALED, ERR_LIMIT,
            "%zu bytes are too much for one seal", text_len);
    gcry_cipher_hd_t h = handle(box->mode == SM4_GCM ? GCM : CCM, box->key);

    gcry_error_t code = gcry_cipher_setiv(h, box->iv.ptr, box->iv.len);
    REQUIRE(code == 0, ERR_INPUT, "iv: %s", gcry_strerror(code));
    if (box->mode == SM4_CCM) {
        u64 lengths[3] = {text_len, box->aad.len, tag_len};

        code = gcry_cipher_ctl(h, GCRYCTL_SET_CCM_LENGTHS, lengths, sizeof lengths);
        REQUIRE(code == 0, ERR_INPUT, "lengths: %s", gcry_strerror(code));
    }
    code = gcry_cipher_authenticate(h, bytes_of(box->aad), box->aad.len);
    REQUIRE(code == 0, ERR_CRYPTO, "additional data: %s", gcry_strerror(code));
    *out = h;
    return OK;
}

fallible sm4_box_seal(const struct sm4_box *box, str plain, u8 *out, u8 *tag, size_t tag_len)
{
    gcry_cipher_hd_t h;

    TRY(box_start(box, plain.len, tag_len, &h));
    gcry_error_t code = gcry_cipher_encrypt(h, out, plain.len, bytes_of(plain), plain.len);
    REQUIRE(code == 0, ERR_CRYPTO, "SM4: %s", gcry_strerror(code));

    code = gcry_cipher_gettag(h, tag, tag_len);
    REQUIRE(code == 0, ERR_CRYPTO, "SM4 tag: %s", gcry_strerror(code));
    return OK;
}

fallible sm4_box_open(const struct sm4_box *box, str cipher, str tag, u8 *out)
{
    gcry_cipher_hd_t h;

    TRY(box_start(box, cipher.len, tag.len, &h));
    gcry_error_t code = gcry_cipher_decrypt(h, out, cipher.len, bytes_of(cipher), cipher.len);
    REQUIRE(code == 0, ERR_CRYPTO, "SM4: %s", gcry_strerror(code));

    if (gcry_cipher_checktag(h, tag.ptr, tag.len) != 0) {
        secret_wipe(out, cipher.len);
        FAIL(ERR_CRYPTO, "a seal of %zu bytes doesn't open", cipher.len);
    }
    return OK;
}

fallible sm4_gcm_seal(struct arena *a, const sm4_key *key, str aad, str plain, str *sealed)
{
    REQUIRE(plain.len <= MOST_SEALED, ERR_LIMIT, "%zu bytes are too much for one seal", plain.len);
    u8 *bytes = arena_take(a, plain.len + SM4_OVERHEAD, 1);
    struct sm4_box box = {SM4_GCM, key, {(char *)bytes, SM4_IV}, aad};

    random_fill(bytes, SM4_IV);
    TRY(sm4_box_seal(&box, plain, bytes + SM4_IV, bytes + SM4_IV + plain.len, SM4_TAG));
    *sealed = (str){(char *)bytes, plain.len + SM4_OVERHEAD};
    return OK;
}

fallible sm4_gcm_open(struct arena *a, const sm4_key *key, str aad, str sealed, str *plain)
{
    REQUIRE(sealed.len >= SM4_OVERHEAD, ERR_CRYPTO, "a seal of %zu bytes", sealed.len);
    REQUIRE(sealed.len <= MOST_SEALED, ERR_LIMIT, "a seal of %zu bytes", sealed.len);
    size_t len = sealed.len - SM4_OVERHEAD;
    str cipher = {sealed.ptr + SM4_IV, len}, tag = {sealed.ptr + SM4_IV + len, SM4_TAG};
    struct sm4_box box = {SM4_GCM, key, {sealed.ptr, SM4_IV}, aad};

    u8 *bytes = arena_take(a, len + 1, 1);
    TRY(sm4_box_open(&box, cipher, tag, bytes));
    *plain = (str){(char *)bytes, len};
    return OK;
}

/* The label's kind of use stands before it, so that no other seal's `aad` equals it. */
static str wrap_label(struct arena *a, str label)
{
    return str_format(a, "yangguan wrapped key\n%.*s", STR(label));
}

fallible key_wrap(struct arena *a, const sm4_key *under, str label, str secret, str *wrapped)
{
    return sm4_gcm_seal(a, under, wrap_label(a, label), secret, wrapped);
}

fallible key_unwrap(struct arena *a, const sm4_key *under, str label, str wrapped, str *secret)
{
    return sm4_gcm_open(a, under, wrap_label(a, label), wrapped, secret);
}

/* ---- bare modes --------------------------------------------------------------------------- */

static const enum slot bare_slots[] = {
    [SM4_ECB] = ECB, [SM4_CBC] = CBC, [SM4_CTR] = CTR, [SM4_CFB] = CFB, [SM4_OFB] = OFB};

/* This thread's handle with key and iv in place. */
static fallible bare_start(enum sm4_mode mode, const sm4_key *key, str iv, size_t text_len)
{
    bool blocks = mode == SM4_ECB || mode == SM4_CBC;

    REQUIRE(!blocks || text_len % BLOCK == 0, ERR_INPUT, "%zu bytes aren't whole blocks", text_len);
    REQUIRE(iv.len == (mode == SM4_ECB ? 0 : BLOCK), ERR_INPUT, "an iv of %zu bytes", iv.len);
    gcry_cipher_hd_t h = handle(bare_slots[mode], key);

    gcry_error_t code = 0;
    if (mode == SM4_CTR)
        code = gcry_cipher_setctr(h, iv.ptr, iv.len);
    else if (mode != SM4_ECB)
        code = gcry_cipher_setiv(h, iv.ptr, iv.len);
    REQUIRE(code == 0, ERR_INPUT, "iv: %s", gcry_strerror(code));
    return OK;
}

fallible sm4_encrypt(enum sm4_mode mode, const sm4_key *key, str iv, str text, u8 *out)
{
    TRY(bare_start(mode, key, iv, text.len));
    gcry_error_t code =
        gcry_cipher_encrypt(handles[bare_slots[mode]], out, text.len, bytes_of(text), text.len);

    REQUIRE(code == 0, ERR_CRYPTO, "SM4: %s", gcry_strerror(code));
    return OK;
}

fallible sm4_decrypt(enum sm4_mode mode, const sm4_key *key, str iv, str text, u8 *out)
{
    TRY(bare_start(mode, key, iv, text.len));
    gcry_error_t code =
        gcry_cipher_decrypt(handles[bare_slots[mode]], out, text.len, bytes_of(text), text.len);

    REQUIRE(code == 0, ERR_CRYPTO, "SM4: %s", gcry_strerror(code));
    return OK;
}
