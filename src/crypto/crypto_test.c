#include "crypto/crypto.h"
#include "tests/test.h"

#include <pthread.h>

/* GB/T 32905-2016 annex A; RFC 6234; GM/T 0042-2015 D.3. */
TEST(the_digests_are_those_of_the_standards_examples)
{
    scoped_arena a = arena_open();
    str sixteen = S("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd");
    u8 key[32];
    digest d;

    sm3(S("abc"), &d);
    assert_str(hex_of(a, d.at, 32),
               S("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    sm3(sixteen, &d);
    assert_str(hex_of(a, d.at, 32),
               S("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"));
    sha256(S("abc"), &d);
    assert_str(hex_of(a, d.at, 32),
               S("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    memset(key, 0x0b, sizeof key);
    hmac_sm3((str){(char *)key, sizeof key}, S("Hi There"), &d);
    assert_str(hex_of(a, d.at, 32),
               S("c0ba18c68b90c88bc07de794bfc7d2c8d19ec31ed8773bc2b390c9604e0be11e"));
}

TEST(two_digests_differ_by_any_bit)
{
    digest a, b;

    sm3(S("abc"), &a);
    for (size_t bit = 0; bit < sizeof a.at * 8; bit++) {
        b = a;
        assert_true(digest_eq(a, b));
        b.at[bit / 8] = (u8)(b.at[bit / 8] ^ 1 << bit % 8);
        assert_false(digest_eq(a, b));
    }
}

TEST(parts_and_streams_hash_like_the_joined_text)
{
    scoped_arena a = arena_open();
    digest whole, parts, stream, sha_whole, sha_parts;
    char *text = arena_take(a, 1000, 1);
    str pieces[40];

    for (size_t i = 0; i < 1000; i++)
        text[i] = (char)(i * 7);
    for (size_t count = 0; count <= COUNT(pieces); count++) {
        str all = {text, count * 25};
        scoped_sm3 s = sm3_open();

        for (size_t i = 0; i < count; i++) {
            pieces[i] = (str){text + i * 25, 25};
            sm3_add(&s, pieces[i]);
        }
        sm3_end(&s, &stream);
        sm3(all, &whole);
        sm3_parts(pieces, count, &parts);
        sha256(all, &sha_whole);
        sha256_parts(pieces, count, &sha_parts);
        assert_true(digest_eq(whole, parts) && digest_eq(whole, stream));
        assert_true(digest_eq(sha_whole, sha_parts) && !digest_eq(whole, sha_whole));
    }
}

TEST(a_stream_left_without_an_end_is_released)
{
    scoped_sm3 s = sm3_open();

    sm3_add(&s, S("abc"));
}

TEST(an_empty_key_and_an_empty_message_have_a_tag)
{
    scoped_arena a = arena_open();
    digest d;

    /* Python: hmac.new(b"", b"", "sm3"). */
    hmac_sm3((str){0}, (str){0}, &d);
    assert_str(hex_of(a, d.at, 32),
               S("0d23f72ba15e9c189a879aefc70996b06091de6e64d31b7a84004356dd915261"));
}

TEST(a_seeded_thread_draws_the_same_bytes_again_and_a_free_one_does_not)
{
    u8 seed[32] = {1}, first[48], second[48], again[48], freely[48];

    random_seed_for_tests(seed);
    random_fill(first, sizeof first);
    random_fill(second, sizeof second);
    random_seed_for_tests(seed);
    random_fill(again, sizeof again);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, second, sizeof first);
    random_seed_for_tests(NULL);
    random_fill(again, sizeof again);
    random_fill(freely, sizeof freely);
    assert_memory_not_equal(again, freely, sizeof again);
}

TEST(a_seal_opens_with_its_key_and_data_and_with_nothing_else)
{
    scoped_arena a = arena_open();
    sm4_key key = {{7}}, other = {{8}};
    char text[130];
    str sealed, plain;

    memset(text, 'x', sizeof text);
    for (size_t len = 0; len <= sizeof text; len += 13) {
        assert_ok(sm4_gcm_seal(a, &key, S("case 7"), (str){text, len}, &sealed));
        assert_int_equal(sealed.len, len + SM4_OVERHEAD);
        assert_ok(sm4_gcm_open(a, &key, S("case 7"), sealed, &plain));
        assert_str(plain, ((str){text, len}));
        assert_err(sm4_gcm_open(a, &key, S("case 8"), sealed, &plain), ERR_CRYPTO);
        assert_err(sm4_gcm_open(a, &other, S("case 7"), sealed, &plain), ERR_CRYPTO);
        assert_err(sm4_gcm_open(a, &key, S("case 7"), str_sub(sealed, 0, sealed.len - 1), &plain),
                   ERR_CRYPTO);
    }
}

TEST(every_flipped_bit_of_a_seal_is_noticed)
{
    scoped_arena a = arena_open();
    sm4_key key = {{7}};
    str sealed, plain;

    assert_ok(sm4_gcm_seal(a, &key, S(""), S("身份证号"), &sealed));
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        char *bytes = str_z(a, sealed);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        assert_err(sm4_gcm_open(a, &key, S(""), (str){bytes, sealed.len}, &plain), ERR_CRYPTO);
    }
    assert_err(sm4_gcm_open(a, &key, S(""), S("short"), &plain), ERR_CRYPTO);
}

TEST(a_wrapped_key_opens_under_its_own_label_only)
{
    scoped_arena a = arena_open();
    sm4_key under = {{1}};
    str wrapped, secret;

    assert_ok(key_wrap(a, &under, S("person 5"), S("0123456789abcdef"), &wrapped));
    assert_ok(key_unwrap(a, &under, S("person 5"), wrapped, &secret));
    assert_str(secret, S("0123456789abcdef"));
    assert_err(key_unwrap(a, &under, S("person 6"), wrapped, &secret), ERR_CRYPTO);
    assert_err(sm4_gcm_open(a, &under, S("person 5"), wrapped, &secret), ERR_CRYPTO);
}

/* RFC 8998 A.2: SM4-CCM; GB/T 32907-2016 A.1. */
TEST(sm4_gives_the_standards_examples_in_ccm_and_ecb)
{
    scoped_arena a = arena_open();
    sm4_key key;
    struct sm4_box box = {.mode = SM4_CCM, .key = &key};
    u8 iv[12], aad[20], plain[64], out[64], tag[16], back[64];

    assert_ok(hex_to(S("0123456789abcdeffedcba9876543210"), key.at, 16));
    assert_ok(hex_to(S("00001234567800000000abcd"), iv, 12));
    assert_ok(hex_to(S("feedfacedeadbeeffeedfacedeadbeefabaddad2"), aad, 20));
    for (size_t i = 0; i < 64; i++)
        plain[i] = (u8) "\xaa\xbb\xcc\xdd\xee\xff\xee\xaa"[i / 8];
    box.iv = (str){(char *)iv, 12};
    box.aad = (str){(char *)aad, 20};
    assert_ok(sm4_box_seal(&box, (str){(char *)plain, 64}, out, tag, 16));
    assert_str(hex_of(a, tag, 16), S("16842d4fa186f56ab33256971fa110f4"));
    assert_ok(sm4_box_open(&box, (str){(char *)out, 64}, (str){(char *)tag, 16}, back));
    assert_memory_equal(back, plain, 64);

    assert_ok(sm4_encrypt(SM4_ECB, &key, S(""), (str){(char *)key.at, 16}, out));
    assert_str(hex_of(a, out, 16), S("681edf34d206965e86b3e94f536e4246"));
}

TEST(the_bare_modes_come_back_and_refuse_wrong_lengths)
{
    sm4_key key = {{3}};
    u8 out[48], back[48];

    for (int mode = SM4_ECB; mode <= SM4_OFB; mode++)
        for (size_t len = 0; len <= 48; len++) {
            str text = {"一二三四五六七八九十一二三四五六", len};
            str iv = mode == SM4_ECB ? S("") : S("0123456789abcdef");
            bool blocks = mode == SM4_ECB || mode == SM4_CBC;

            if (blocks && len % 16) {
                assert_err(sm4_encrypt((enum sm4_mode)mode, &key, iv, text, out), ERR_INPUT);
                assert_err(sm4_decrypt((enum sm4_mode)mode, &key, iv, text, out), ERR_INPUT);
                continue;
            }
            assert_ok(sm4_encrypt((enum sm4_mode)mode, &key, iv, text, out));
            assert_ok(sm4_decrypt((enum sm4_mode)mode, &key, iv, (str){(char *)out, len}, back));
            assert_memory_equal(back, text.ptr, len);
            assert_err(sm4_encrypt((enum sm4_mode)mode, &key, S("short"), text, out), ERR_INPUT);
        }
}

TEST(an_aead_refuses_an_iv_or_tag_of_a_wrong_length)
{
    sm4_key key = {{5}};
    struct sm4_box box = {.mode = SM4_GCM, .key = &key, .iv = {"", 0}};
    u8 out[16], tag[32];

    assert_err(sm4_box_seal(&box, S("x"), out, tag, 16), ERR_INPUT);
    box.iv = S("0123456789ab");
    for (size_t len = 0; len <= 32; len++) {
        bool fits = len == 4 || len == 8 || (len >= 12 && len <= 16);
        err e = sm4_box_seal(&box, S("x"), out, tag, len);
        assert_int_equal(e == OK, fits);
    }
    box.mode = SM4_CCM;
    for (size_t len = 0; len <= 20; len++) {
        box.iv = (str){"0123456789abcdef0123", len};
        err e = sm4_box_seal(&box, S("x"), out, tag, 16);
        assert_int_equal(e == OK, len >= 7 && len <= 13);
    }
}

TEST(a_text_that_was_forged_is_not_left_behind)
{
    static const u8 zero[9];
    sm4_key key = {{5}};
    u8 out[9], back[9], tag[16];

    for (int mode = SM4_GCM; mode <= SM4_CCM; mode++) {
        struct sm4_box box = {(enum sm4_aead)mode, &key, S("0123456789ab"), S("")};

        assert_ok(sm4_box_seal(&box, S("9 letters"), out, tag, 16));
        tag[0] ^= 1;
        assert_err(sm4_box_open(&box, (str){(char *)out, 9}, (str){(char *)tag, 16}, back),
                   ERR_CRYPTO);
        assert_memory_equal(back, zero, 9);
    }
}

static void *thread_of_its_own(void *arg)
{
    scoped_arena a = arena_open();
    sm4_key key = {{9}};
    str sealed, plain;
    err e = sm4_gcm_seal(a, &key, S(""), S("text"), &sealed);

    if (e == OK)
        e = sm4_gcm_open(a, &key, S(""), sealed, &plain);
    *(bool *)arg = e == OK && str_eq(plain, S("text"));
    return NULL;
}

TEST(each_thread_seals_with_handles_of_its_own)
{
    pthread_t threads[4];
    bool right[4] = {0};

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thread_of_its_own, &right[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(right[i]);
    }
}

TEST(a_signature_holds_for_its_message_and_key_only)
{
    static const enum key_kind kinds[] = {KEY_ED25519, KEY_SM2};
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct key *key, *other;
        str signature;

        assert_ok(key_create(a, kinds[i], &key));
        assert_ok(key_create(a, kinds[i], &other));
        str public = key_public(a, key);
        assert_ok(key_sign(a, key, S("受理"), &signature));
        assert_ok(key_verify(kinds[i], public, S("受理"), signature));
        assert_err(key_verify(kinds[i], public, S("不受理"), signature), ERR_CRYPTO);
        assert_err(key_verify(kinds[i], key_public(a, other), S("受理"), signature), ERR_CRYPTO);
        assert_err(key_verify(kinds[1 - i], public, S("受理"), signature), ERR_CRYPTO);
        assert_err(key_verify(kinds[i], public, S("受理"), S("")), ERR_CRYPTO);
        assert_err(key_verify(kinds[i], S(""), S("受理"), signature), ERR_CRYPTO);
        assert_err(key_verify(kinds[i], public, S("受理"), str_format(a, "%.*sx", STR(signature))),
                   ERR_CRYPTO);
    }
}

TEST(a_key_comes_back_from_its_secret_bytes_and_a_damaged_one_does_not)
{
    static const enum key_kind kinds[] = {KEY_ED25519, KEY_SM2};
    scoped_arena a = arena_open();

    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct key *key, *again;
        str signature;

        assert_ok(key_create(a, kinds[i], &key));
        str secret = key_secret(a, key), public = key_public(a, key);
        assert_ok(key_load(a, secret, &again));
        assert_int_equal(key_kind_of(again), kinds[i]);
        assert_ok(key_sign(a, again, S("m"), &signature));
        assert_ok(key_verify(kinds[i], public, S("m"), signature));
        for (size_t at = 0; at < secret.len; at++) {
            char *bytes = str_z(a, secret);
            bytes[at] = (char)(bytes[at] ^ 0x10);
            assert_err(key_load(a, (str){bytes, secret.len}, &again), ERR_CORRUPT);
            assert_err(key_load(a, str_sub(secret, 0, at), &again), ERR_CORRUPT);
        }
    }
}

/* RFC 8032 7.1 test 2. */
TEST(ed25519_signs_as_the_rfc_shows)
{
    scoped_arena a = arena_open();
    char secret[65] = {'1'};
    struct key *key;
    str signature;

    assert_ok(hex_to(S("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
                     secret + 1, 32));
    assert_ok(hex_to(S("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
                     secret + 33, 32));
    assert_ok(key_load(a, (str){secret, 65}, &key));
    assert_ok(key_sign(a, key, S("r"), &signature));
    assert_str(hex_of(a, signature.ptr, signature.len),
               S("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"));
}

/* GB/T 32918.5-2017 A.2. */
TEST(sm2_knows_the_signer_and_the_signature_of_the_standards_example)
{
    scoped_arena a = arena_open();
    char public[65], der[72], secret[98] = {'2'};
    struct key *key;
    digest za;

    assert_ok(hex_to(S("0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                       "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"),
                     public, 65));
    assert_ok(hex_to(S("3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
                       "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"),
                     der, 72));
    assert_ok(hex_to(S("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"),
                     secret + 1, 32));
    memcpy(secret + 33, public, 65);
    str signer = {public, 65}, signature = {der, 72};

    assert_ok(sm2_identity(signer, S("1234567812345678"), &za));
    assert_str(hex_of(a, za.at, 32),
               S("b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"));
    assert_ok(key_verify(KEY_SM2, signer, S("message digest"), signature));
    assert_err(sm2_verify(signer, S("another id"), S("message digest"), signature), ERR_CRYPTO);
    assert_ok(key_load(a, (str){secret, 98}, &key)); /* its public half is computed and compared */
}

TEST(a_point_off_the_curve_is_no_public_key)
{
    scoped_arena a = arena_open();
    struct key *key;
    str signature, cipher;

    assert_ok(key_create(a, KEY_SM2, &key));
    assert_ok(key_sign(a, key, S("m"), &signature));
    str public = key_public(a, key);
    for (size_t at = 0; at < public.len; at += 8) {
        char *bytes = str_z(a, public);

        bytes[at] = (char)(bytes[at] ^ 2); /* the first byte becomes 6, a hybrid form */
        str off = {bytes, public.len};
        assert_err(key_verify(KEY_SM2, off, S("m"), signature), ERR_CRYPTO);
        assert_err(sm2_encrypt(a, off, S("m"), &cipher), ERR_CRYPTO);
    }
}

TEST(sm2_text_opens_with_the_secret_and_not_when_forged)
{
    scoped_arena a = arena_open();
    struct key *key;
    str cipher, plain;

    assert_ok(key_create(a, KEY_SM2, &key));
    str secret = str_sub(key_secret(a, key), 1, 33);
    assert_ok(sm2_encrypt(a, key_public(a, key), S("会话密钥"), &cipher));
    assert_ok(sm2_decrypt(a, secret, cipher, &plain));
    assert_str(plain, S("会话密钥"));
    for (size_t at = 0; at < cipher.len; at++) {
        char *bytes = str_z(a, cipher);
        bytes[at] = (char)(bytes[at] ^ 1);
        assert_err(sm2_decrypt(a, secret, (str){bytes, cipher.len}, &plain), ERR_CRYPTO);
    }
}

TEST(a_password_is_recognised_by_its_record)
{
    scoped_arena a = arena_open();
    str record, second;
    bool right;

    assert_ok(password_hash(a, S("阳关大道"), &record));
    assert_true(str_starts(record, S("$argon2id$v=19$m=65536,t=2,p=1$")));
    assert_ok(password_check(record, S("阳关大道"), &right));
    assert_true(right);
    assert_ok(password_check(record, S("独木桥"), &right));
    assert_false(right);
    assert_ok(password_hash(a, S("阳关大道"), &second));
    assert_false(str_eq(record, second));
    assert_err(password_check(S("nonsense"), S(""), &right), ERR_CORRUPT);
    assert_err(password_hash(a, (str){"", PASSWORD_MOST + 1}, &record), ERR_LIMIT);
}
