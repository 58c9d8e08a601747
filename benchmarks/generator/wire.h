/* RADIUS packets as a NAS writes and checks them: attributes appended to a buffer, and the sums of
 * RFC 2865, 2866, 2869 and 5176. The digests are those of the server (radius/_md.h, radius/_des.h);
 * SHA-1 is here because only MS-CHAPv2 clients need it. Nothing here allocates or does I/O.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "_des.h"
#include "_md.h"

enum {
    ACCESS_REQUEST = 1, ACCESS_ACCEPT = 2, ACCESS_REJECT = 3,
    ACCOUNTING_REQUEST = 4, ACCOUNTING_RESPONSE = 5,
    DISCONNECT_REQUEST = 40, DISCONNECT_ACK = 41, COA_REQUEST = 43, COA_ACK = 44
};
enum { HEADER = 20, PACKET_MAX = 512, CLASS_MAX = 48 };

typedef struct {
    uint8_t octets[PACKET_MAX];
    unsigned length;
} packet;

/* A secret, and the HMAC that begins with it: the key's two blocks are hashed once. */
typedef struct {
    uint8_t octets[64];
    size_t length;
    th_hmac keyed;
} secret;

static inline void secret_set(secret *s, const char *text) {
    s->length = strlen(text);
    if (s->length > sizeof s->octets) s->length = sizeof s->octets;
    memcpy(s->octets, text, s->length);
    th_hmac_begin(&s->keyed, s->octets, s->length);
}

static inline void store_be(uint8_t *p, uint64_t value, int octets) {
    while (octets--) { p[octets] = (uint8_t)value; value >>= 8; }
}

static inline uint64_t load_be(const uint8_t *p, int octets) {
    uint64_t value = 0;
    for (int i = 0; i < octets; i++) value = value << 8 | p[i];
    return value;
}

static inline void begin(packet *p, uint8_t code, uint8_t identifier) {
    p->octets[0] = code;
    p->octets[1] = identifier;
    p->length = HEADER;
}

/* Room for a value of n octets; where it stands. */
static inline uint8_t *room(packet *p, uint8_t kind, unsigned n) {
    uint8_t *at = p->octets + p->length;
    at[0] = kind;
    at[1] = (uint8_t)(n + 2);
    p->length += n + 2;
    return at + 2;
}

static inline void put(packet *p, uint8_t kind, const void *value, unsigned n) {
    memcpy(room(p, kind, n), value, n);
}

static inline void put_text(packet *p, uint8_t kind, const char *text) {
    put(p, kind, text, (unsigned)strlen(text));
}

static inline void put_number(packet *p, uint8_t kind, uint32_t value) {
    store_be(room(p, kind, 4), value, 4);
}

/* An attribute of Microsoft (RFC 2548), whose number is 311. */
static inline uint8_t *room_microsoft(packet *p, uint8_t kind, unsigned n) {
    uint8_t *at = room(p, 26, n + 6);
    store_be(at, 311, 4);
    at[4] = kind;
    at[5] = (uint8_t)(n + 2);
    return at + 6;
}

static inline void set_length(packet *p) { store_be(p->octets + 2, p->length, 2); }

/* MD5 over header, an authenticator, attributes and secret: every sum of RADIUS but one. */
static inline void sum(const uint8_t *octets, unsigned length, const uint8_t authenticator[16],
                       const secret *s, uint8_t out[16]) {
    th_md h;
    th_md_begin(&h);
    th_md5_feed(&h, octets, 4);
    th_md5_feed(&h, authenticator, 16);
    th_md5_feed(&h, octets + HEADER, length - HEADER);
    th_md5_feed(&h, s->octets, s->length);
    th_md5_end(&h, out);
}

static const uint8_t ZEROS[16];

/* Finish a request whose authenticator is a sum (accounting, orders). */
static inline void sign_sum(packet *p, const secret *s) {
    uint8_t out[16];
    set_length(p);
    sum(p->octets, p->length, ZEROS, s, out);
    memcpy(p->octets + 4, out, 16);
}

/* Message-Authenticator over a packet in which its own value, at `at`, counts as zeros. */
static inline void message_sum(const uint8_t *octets, unsigned length,
                               const uint8_t authenticator[16], const uint8_t *at,
                               const secret *s, uint8_t out[16]) {
    th_hmac m = s->keyed;
    th_hmac_feed(&m, octets, 4);
    th_hmac_feed(&m, authenticator, 16);
    th_hmac_feed(&m, octets + HEADER, (size_t)(at - octets) - HEADER);
    th_hmac_feed(&m, ZEROS, 16);
    th_hmac_feed(&m, at + 16, length - (size_t)(at - octets) - 16);
    th_hmac_end(&m, out);
}

/* The first attribute of a kind; its value and length, or NULL. The area was checked before. */
static inline const uint8_t *first(const uint8_t *octets, unsigned length, uint8_t kind,
                                   unsigned *n) {
    for (unsigned at = HEADER; at < length; at += octets[at + 1]) {
        if (octets[at] == kind) {
            *n = octets[at + 1] - 2u;
            return octets + at + 2;
        }
    }
    return NULL;
}

/* Does the datagram hold one well-formed packet? Its length on the wire, or 0. */
static inline unsigned well_formed(const uint8_t *octets, unsigned received) {
    if (received < HEADER) return 0;
    unsigned length = (unsigned)load_be(octets + 2, 2);
    if (length < HEADER || length > received) return 0;
    for (unsigned at = HEADER; at < length; at += octets[at + 1]) {
        if (at + 2 > length || octets[at + 1] < 2 || at + octets[at + 1] > length) return 0;
    }
    return length;
}

/* User-Password of at most 16 octets (RFC 2865 section 5.2). */
static inline void hide(const char *password, const uint8_t authenticator[16], const secret *s,
                        uint8_t out[16]) {
    size_t n = strlen(password);
    th_md h;
    th_md_begin(&h);
    th_md5_feed(&h, s->octets, s->length);
    th_md5_feed(&h, authenticator, 16);
    th_md5_end(&h, out);
    for (size_t i = 0; i < n && i < 16; i++) out[i] ^= (uint8_t)password[i];
}

/* SHA-1 (RFC 3174) of fewer than 120 octets. */
static inline void sha1(const uint8_t *text, size_t n, uint8_t out[20]) {
    uint32_t h[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u}, w[80];
    uint8_t blocks[128] = {0};
    size_t total = n < 56 ? 64 : 128;
    memcpy(blocks, text, n);
    blocks[n] = 0x80;
    store_be(blocks + total - 8, (uint64_t)n * 8, 8);
    for (const uint8_t *p = blocks; p < blocks + total; p += 64) {
        uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++) w[i] = (uint32_t)load_be(p + 4 * i, 4);
        for (int i = 16; i < 80; i++) {
            w[i] = th_rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        }
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999u
                       : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1u
                       : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu
                                : (b ^ c ^ d) + 0xca62c1d6u;
            uint32_t next = th_rotl(a, 5) + f + e + w[i];
            e = d; d = c; c = th_rotl(b, 30); b = a; a = next;
        }
        h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e;
    }
    for (int i = 0; i < 5; i++) store_be(out + 4 * i, h[i], 4);
}

/* The NT-Response of MS-CHAPv2 (RFC 2759 section 8.1). */
static inline void nt_response(const uint8_t challenge[16], const uint8_t peer[16],
                               const char *name, const char *password, uint8_t out[24]) {
    uint8_t text[96], digest[20], wide[64], key[21] = {0};
    size_t named = strlen(name), n = strlen(password);
    memcpy(text, peer, 16);
    memcpy(text + 16, challenge, 16);
    memcpy(text + 32, name, named);
    sha1(text, 32 + named, digest);
    for (size_t i = 0; i < n; i++) { wide[2 * i] = (uint8_t)password[i]; wide[2 * i + 1] = 0; }
    th_md4(wide, 2 * n, key);
    for (int i = 0; i < 3; i++) th_des(key + 7 * i, digest, out + 8 * i);
}

#endif
