/* The subscribers of a NAS: who they are by number, how far their counters have come, and the
 * requests that are made of that. Names follow from the number alone, so that whoever prepares a
 * database knows them: login user7, password secret7, Acct-Session-Id 800000007 (see names.py).
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "wire.h"

enum kind { PAP, CHAP, MSCHAP, START, INTERIM, STOP, KINDS };
enum { STATUS_START = 1, STATUS_STOP = 2, STATUS_INTERIM = 3 };

typedef struct {
    uint64_t octets;        /* sent to the subscriber so far; an eighth of it came back */
    uint64_t exhausted_ns;  /* when the record left that used up the money; 0: none, or answered */
    uint32_t started_s;     /* since 1970 */
    uint8_t busy;           /* a record of it is outstanding */
    uint8_t class_length;
    uint8_t class_[CLASS_MAX];
} session;

typedef struct {
    session *all;
    uint32_t count;
    uint8_t (*responses)[24];  /* NT-Responses, made before the clock runs; NULL before */
    uint32_t responses_n;
    secret shared;
    uint32_t source;        /* our address, host order */
    uint64_t dice;          /* xorshift64; authenticators must differ, not surprise */
} crowd;

static inline uint64_t roll(crowd *c) {
    c->dice ^= c->dice << 13;
    c->dice ^= c->dice >> 7;
    c->dice ^= c->dice << 17;
    return c->dice;
}

static inline char *decimal(char *at, uint32_t value) {
    char digits[10];
    int n = 0;
    do { digits[n++] = (char)('0' + value % 10); value /= 10; } while (value);
    while (n) *at++ = digits[--n];
    *at = 0;
    return at;
}

static inline void hexadecimal(char *at, uint32_t value, int digits) {
    for (at[digits] = 0; digits--; value >>= 4) at[digits] = "0123456789ABCDEF"[value & 15];
}

static inline void name_of(char out[24], const char *word, uint32_t n) {
    size_t length = strlen(word);
    memcpy(out, word, length);
    decimal(out + length, n);
}

static inline void session_id_of(char out[10], uint32_t n) {
    out[0] = '8';
    hexadecimal(out + 1, n, 8);
}

/* The number behind an Acct-Session-Id, or `none`. */
static inline uint32_t number_of(const uint8_t *text, unsigned n, uint32_t none) {
    uint32_t value = 0;
    if (n != 9 || text[0] != '8') return none;
    for (unsigned i = 1; i < 9; i++) {
        int digit = text[i] >= '0' && text[i] <= '9' ? text[i] - '0'
                  : text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 10 : -1;
        if (digit < 0) return none;
        value = value << 4 | (uint32_t)digit;
    }
    return value;
}

/* What every request of a RouterOS says about the connection. */
static inline void put_connection(packet *p, const crowd *c, uint32_t n) {
    char station[18] = "02:00:00:00:00:00", octet[3];
    for (int i = 0; i < 4; i++) {
        hexadecimal(octet, n >> (24 - 8 * i), 2);
        memcpy(station + 6 + 3 * i, octet, 2);
    }
    put_number(p, 5, 15728640u + n);            /* NAS-Port */
    put_number(p, 61, 15);                      /* NAS-Port-Type: Ethernet */
    put_number(p, 6, 2);                        /* Service-Type: Framed */
    put_number(p, 7, 1);                        /* Framed-Protocol: PPP */
    put(p, 31, station, 17);                    /* Calling-Station-Id */
    put_text(p, 30, "service1");                /* Called-Station-Id */
    put_text(p, 87, "ether2-clients");          /* NAS-Port-Id */
    put_text(p, 32, "bench");                   /* NAS-Identifier */
    put_number(p, 4, c->source);                /* NAS-IP-Address */
}

static inline void login(packet *p, crowd *c, uint32_t n, enum kind kind, uint8_t identifier) {
    char name[24], password[24];
    uint8_t *authenticator = p->octets + 4, *value, *signature;
    name_of(name, "user", n);
    name_of(password, "secret", n);
    begin(p, ACCESS_REQUEST, identifier);
    store_be(authenticator, roll(c), 8);
    store_be(authenticator + 8, roll(c), 8);
    signature = room(p, 80, 16);                /* Message-Authenticator, first (BLR) */
    put_text(p, 1, name);
    if (kind == PAP) {
        hide(password, authenticator, &c->shared, room(p, 2, 16));
    } else if (kind == CHAP) {
        th_md h;
        value = room(p, 3, 17);
        value[0] = identifier;
        th_md_begin(&h);
        th_md5_feed(&h, value, 1);
        th_md5_feed(&h, (uint8_t *)password, strlen(password));
        th_md5_feed(&h, authenticator, 16);
        th_md5_end(&h, value + 1);
        put(p, 60, authenticator, 16);          /* CHAP-Challenge */
    } else {
        /* One pair of challenges for all: what DES costs us would otherwise be in the figures. */
        memset(room_microsoft(p, 11, 16), 0x11, 16);
        value = room_microsoft(p, 25, 50);
        memset(value, 0, 50);
        value[0] = 1;
        memset(value + 2, 0x22, 16);
        memcpy(value + 26, c->responses[n], 24);
    }
    put_connection(p, c, n);
    set_length(p);
    message_sum(p->octets, p->length, authenticator, signature, &c->shared, signature);
}

static inline void record(packet *p, crowd *c, uint32_t n, enum kind kind, uint8_t identifier,
                          uint32_t now_s) {
    session *one = c->all + n;
    char name[24], id[10];
    name_of(name, "user", n);
    session_id_of(id, n);
    begin(p, ACCOUNTING_REQUEST, identifier);
    put_text(p, 1, name);
    put_number(p, 40, kind == START ? STATUS_START : kind == STOP ? STATUS_STOP : STATUS_INTERIM);
    put(p, 44, id, 9);
    if (one->class_length) put(p, 25, one->class_, one->class_length);
    put_number(p, 8, 0x64400000u + n);          /* Framed-IP-Address */
    put_connection(p, c, n);
    put_number(p, 55, now_s);                   /* Event-Timestamp */
    put_number(p, 45, 1);                       /* Acct-Authentic: RADIUS */
    if (kind == START) {
        one->started_s = now_s;
    } else {
        uint64_t output = one->octets, input = one->octets >> 3;
        put_number(p, 46, now_s - one->started_s);
        put_number(p, 42, (uint32_t)input);
        put_number(p, 43, (uint32_t)output);
        put_number(p, 52, (uint32_t)(input >> 32));
        put_number(p, 53, (uint32_t)(output >> 32));
        put_number(p, 47, (uint32_t)(input / 700));
        put_number(p, 48, (uint32_t)(output / 1100));
    }
    if (kind == STOP) put_number(p, 49, 1);
    sign_sum(p, &c->shared);
}

/* NT-Responses of the first `count` subscribers; returns 0 when there is no memory. */
static inline int prepare_responses(crowd *c, uint32_t count) {
    uint8_t challenge[16], peer[16];
    char name[24], password[24];
    if (count <= c->responses_n) return 1;
    void *grown = realloc(c->responses, (size_t)count * 24);
    if (!grown) return 0;
    c->responses = grown;
    memset(challenge, 0x11, 16);
    memset(peer, 0x22, 16);
    for (uint32_t n = c->responses_n; n < count; n++) {
        name_of(name, "user", n);
        name_of(password, "secret", n);
        nt_response(challenge, peer, name, password, c->responses[n]);
    }
    c->responses_n = count;
    return 1;
}

#endif
