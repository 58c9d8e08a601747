/* One run: requests go out in a closed loop (so many outstanding) or an open one (so many a
 * second), answers are verified, what stays unanswered is sent again, orders of the server are
 * acknowledged. A slot is a source socket and an identifier, and holds its request as sent.
 *
 * An open loop counts waiting from the instant at which a request was due, not from when it could
 * leave: a server that stalls is charged for all that queued up behind the stall. A flood is an open
 * loop that looks at nothing: a session is told of whether or not it was answered, what cannot leave
 * in time is not made up for, and a request is given up when its identifier is needed again. So what
 * was sent says what was offered.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"
#include "segments.h"
#include "tally.h"

enum { SOCKETS_MAX = 3072, IDS = 256, BATCH = 64, SLOTS_MAX = SOCKETS_MAX * IDS, BUCKETS_MAX = 6000 };
static const uint32_t NOBODY = UINT32_MAX;
#define SECOND 1000000000ull

typedef struct {
    packet request;
    uint64_t due_ns, sent_ns;
    uint32_t session, before, after;    /* neighbours in the line of those outstanding */
    uint8_t tries, waiting, kind;
} slot;

typedef struct {
    enum kind kind;
    uint32_t from, to, window, sockets;
    double rate, seconds, warm_s;
    uint64_t count;                     /* 0: until the time is over */
    int shuffled, tries, stops, flood;
    uint64_t timeout_ns;
    uint32_t poor_every, poor_from, poor_to;
    uint64_t step, poor_step;
    uint16_t port;
} wish;

typedef struct {
    uint64_t sent, again, answered, rejected, lost, stray, bad, unsent, counted;
    uint64_t exhausted, disconnects, coas, bad_orders;
    tally waits, orders;
    double counted_s, whole_s, own_cpu_s;
    uint32_t timeline[BUCKETS_MAX], timeline_n;
} outcome;

typedef struct {
    crowd people;
    wish now;
    outcome *result;
    int sockets[SOCKETS_MAX], coa, ears;
    slot *slots;
    uint32_t free_ring[SLOTS_MAX], free_head, free_n;
    uint32_t oldest, newest, out_n;
    uint32_t *order, order_n, order_from, cursor[KINDS];
    uint32_t *stops, stops_head, stops_n;
    struct iovec parts[SOCKETS_MAX][BATCH];
    uint32_t queued_n[SOCKETS_MAX];
    uint64_t begun_ns, warm_ns, counted_ns; /* counted_ns: the end of the warm-up, to the end */
    uint32_t poor_next, owed_n;         /* Disconnects that the server owes us */
} driver;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* ------------------------------------------------------------------ the line of the outstanding */

static void line_up(driver *d, uint32_t at) {
    slot *one = d->slots + at;
    one->before = d->newest;
    one->after = NOBODY;
    if (d->newest == NOBODY) d->oldest = at; else d->slots[d->newest].after = at;
    d->newest = at;
}

static void step_out(driver *d, uint32_t at) {
    slot *one = d->slots + at;
    if (one->before == NOBODY) d->oldest = one->after;
    else d->slots[one->before].after = one->after;
    if (one->after == NOBODY) d->newest = one->before;
    else d->slots[one->after].before = one->before;
}

static void set_free(driver *d, uint32_t at) {
    d->free_ring[(d->free_head + d->free_n++) % SLOTS_MAX] = at;
}

static void finish(driver *d, uint32_t at) {
    slot *one = d->slots + at;
    step_out(d, at);
    one->waiting = 0;
    d->people.all[one->session].busy = 0;
    d->out_n--;
    set_free(d, at);
}

/* ------------------------------------------------------------------ sending */

/* Requests of one length that follow one another go through the kernel's stack as one (UDP_SEGMENT)
 * and arrive as the datagrams they are: the time saved belongs to the server under test.
 */
static uint32_t gather(driver *d, uint32_t s, uint32_t from, struct mmsghdr *head,
                       segment_note *note) {
    struct iovec *parts = d->parts[s] + from;
    uint32_t n = 1, left = d->queued_n[s] - from;
    while (n < left && n < SEGMENTS_MAX && parts[n].iov_len == parts[0].iov_len) n++;
    memset(head, 0, sizeof *head);
    head->msg_hdr.msg_iov = parts;
    head->msg_hdr.msg_iovlen = n;
    if (n > 1) set_segments(&head->msg_hdr, note, (unsigned)parts[0].iov_len);
    return n;
}

static void flush_socket(driver *d, uint32_t s) {
    static struct mmsghdr heads[BATCH];
    static segment_note notes[BATCH];
    uint32_t heads_n = 0, gone = 0, refusals = 0;
    for (uint32_t from = 0; from < d->queued_n[s]; heads_n++) {
        from += gather(d, s, from, heads + heads_n, notes + heads_n);
    }
    while (gone < heads_n) {
        int n = sendmmsg(d->sockets[s], heads + gone, heads_n - gone, MSG_DONTWAIT);
        if (n > 0) { gone += (uint32_t)n; continue; }
        if (errno == ECONNREFUSED && refusals++ < 3) continue;    /* an old one's news */
        d->result->unsent += heads_n - gone;                      /* the timeout sends them again */
        break;
    }
    d->queued_n[s] = 0;
}

static void queue(driver *d, uint32_t at) {
    uint32_t s = at / IDS;
    if (d->queued_n[s] == BATCH) flush_socket(d, s);
    d->parts[s][d->queued_n[s]++] =
        (struct iovec){d->slots[at].request.octets, d->slots[at].request.length};
}

static void flush_all(driver *d) {
    for (uint32_t s = 0; s < d->now.sockets; s++) if (d->queued_n[s]) flush_socket(d, s);
}

/* The next session of the run that has nothing outstanding, or NOBODY. Logins of whatever kind go on
 * one behind the other, so that as many Starts, and then Stops, are of those who logged in. */
static uint32_t next_session(driver *d) {
    uint32_t span = d->now.to - d->now.from, tries = span < 4096 ? span : 4096;
    uint32_t *cursor = d->cursor + (d->now.kind <= MSCHAP ? PAP : d->now.kind);
    while (tries--) {
        uint32_t at = (*cursor)++ % span;
        uint32_t n = d->now.shuffled ? d->order[at] : d->now.from + at;
        if (!d->people.all[n].busy || d->now.flood) return n;
    }
    return NOBODY;
}

static int send_request(driver *d, uint32_t n, enum kind kind, uint64_t due_ns) {
    uint32_t at = d->free_ring[d->free_head];
    slot *one = d->slots + at;
    d->free_head = (d->free_head + 1) % SLOTS_MAX;
    d->free_n--;
    one->session = n;
    one->kind = (uint8_t)kind;
    one->tries = 1;
    one->waiting = 1;
    one->due_ns = due_ns;
    one->sent_ns = now_ns();
    d->people.all[n].busy = 1;
    if (kind <= MSCHAP) login(&one->request, &d->people, n, kind, (uint8_t)(at % IDS));
    else record(&one->request, &d->people, n, kind, (uint8_t)(at % IDS), (uint32_t)time(NULL));
    line_up(d, at);
    d->out_n++;
    d->result->sent++;
    queue(d, at);
    return 1;
}

/* The next request of the run; 0 when there is none to be made just now. */
static int send_next(driver *d, uint64_t due_ns) {
    wish *w = &d->now;
    if (!d->free_n && w->flood && d->oldest != NOBODY) {
        d->result->lost++;
        finish(d, d->oldest);
    }
    if (!d->free_n) return 0;
    if (w->kind == INTERIM && w->poor_every && d->poor_next < w->poor_to
        && d->result->sent % w->poor_every == w->poor_every - 1) {
        session *one = d->people.all + d->poor_next;
        one->octets += w->poor_step;
        one->exhausted_ns = now_ns();
        d->owed_n++;
        d->result->exhausted++;
        return send_request(d, d->poor_next++, INTERIM, due_ns);
    }
    uint32_t n = next_session(d);
    if (n == NOBODY) return 0;
    if (w->kind == INTERIM) d->people.all[n].octets += w->step;
    return send_request(d, n, w->kind, due_ns);
}

/* Stops of the sessions that were disconnected, as a NAS owes them. */
static void send_stops(driver *d) {
    while (d->stops_n && d->free_n) {
        uint32_t n = d->stops[d->stops_head];
        if (d->people.all[n].busy) return;
        d->stops_head = (d->stops_head + 1) % d->people.count;
        d->stops_n--;
        send_request(d, n, STOP, now_ns());
    }
}

/* What waits for longer than the timeout goes out again, octet for octet, or is given up. */
static void look_at_timeouts(driver *d, uint64_t now) {
    while (d->oldest != NOBODY && now - d->slots[d->oldest].sent_ns > d->now.timeout_ns) {
        uint32_t at = d->oldest;
        slot *one = d->slots + at;
        if (one->tries >= d->now.tries) {
            d->result->lost++;
            finish(d, at);
            continue;
        }
        one->tries++;
        one->sent_ns = now;
        step_out(d, at);
        line_up(d, at);
        d->result->again++;
        queue(d, at);
    }
}

/* ------------------------------------------------------------------ receiving */

static void learn(driver *d, slot *one, const uint8_t *octets, unsigned length) {
    unsigned n = 0;
    const uint8_t *value = first(octets, length, 25, &n);
    session *who = d->people.all + one->session;
    if (one->kind > MSCHAP || octets[0] != ACCESS_ACCEPT) return;
    who->class_length = 0;
    if (value && n <= CLASS_MAX) {
        memcpy(who->class_, value, n);
        who->class_length = (uint8_t)n;
    }
}

static int genuine(driver *d, const slot *one, const uint8_t *octets, unsigned length) {
    const uint8_t *asked = one->request.octets + 4, *signature;
    uint8_t expected[16];
    unsigned n = 0;
    if (one->kind <= MSCHAP ? octets[0] != ACCESS_ACCEPT && octets[0] != ACCESS_REJECT
                            : octets[0] != ACCOUNTING_RESPONSE) return 0;
    sum(octets, length, asked, &d->people.shared, expected);
    if (memcmp(expected, octets + 4, 16)) return 0;
    signature = first(octets, length, 80, &n);
    if (!signature) return 1;
    if (n != 16) return 0;
    message_sum(octets, length, asked, signature, &d->people.shared, expected);
    return !memcmp(expected, signature, 16);
}

static void take_answer(driver *d, uint32_t s, const uint8_t *octets, unsigned received,
                        uint64_t now) {
    unsigned length = well_formed(octets, received);
    if (!length) { d->result->bad++; return; }
    uint32_t at = s * IDS + octets[1];
    slot *one = d->slots + at;
    if (!one->waiting) { d->result->stray++; return; }     /* of a request that was sent twice */
    if (!genuine(d, one, octets, length)) {
        /* In a flood the identifier may be another request's by now. */
        if (d->now.flood) d->result->stray++; else d->result->bad++;
        return;
    }
    learn(d, one, octets, length);
    d->result->answered++;
    if (octets[0] == ACCESS_REJECT) d->result->rejected++;
    if (now >= d->warm_ns && one->kind == d->now.kind) {
        d->result->counted++;
        count(&d->result->waits, (now - one->due_ns) / 1000);
    }
    uint64_t tenth = (now - d->begun_ns) / (SECOND / 10);
    if (tenth < BUCKETS_MAX) {
        d->result->timeline[tenth]++;
        if (tenth >= d->result->timeline_n) d->result->timeline_n = (uint32_t)tenth + 1;
    }
    finish(d, at);
}

/* Answers that a server has sent as one message arrive as one (UDP_GRO). The odd octets keep the
 * beginnings of messages out of one another's place in the processor's cache. */
static uint8_t taken[BATCH][65536 + 192];

static int receive(driver *d, uint32_t s) {
    static struct mmsghdr heads[BATCH];
    static struct iovec parts[BATCH];
    static segment_note notes[BATCH];
    int any = 0;
    for (int rounds = 0; rounds < 8; rounds++) {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){taken[i], sizeof taken[i]};
            heads[i].msg_hdr = (struct msghdr){
                .msg_iov = parts + i, .msg_iovlen = 1,
                .msg_control = notes[i].octets, .msg_controllen = sizeof notes[i]};
        }
        int n = recvmmsg(d->sockets[s], heads, BATCH, MSG_DONTWAIT, NULL);
        if (n <= 0) break;
        uint64_t now = now_ns();
        for (int i = 0; i < n; i++) {
            unsigned length = heads[i].msg_len, size = segment_size(&heads[i].msg_hdr, length);
            for (unsigned at = 0; at < length && size; at += size)
                take_answer(d, s, taken[i] + at, size < length - at ? size : length - at, now);
        }
        any = 1;
        if (n < BATCH) break;
    }
    return any;
}

/* Disconnect and CoA requests: verified, answered with an ACK, and the session is stopped. */
static void take_orders(driver *d) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t received;
    while ((received = recvfrom(d->coa, taken[0], sizeof taken[0], MSG_DONTWAIT,
                                (struct sockaddr *)&from, &size)) > 0) {
        uint64_t now = now_ns();
        uint8_t *octets = taken[0], expected[16];
        unsigned length = well_formed(octets, (unsigned)received), n = 0;
        if (length) sum(octets, length, ZEROS, &d->people.shared, expected);
        if (!length || memcmp(expected, octets + 4, 16)
            || (octets[0] != DISCONNECT_REQUEST && octets[0] != COA_REQUEST)) {
            d->result->bad_orders++;
            continue;
        }
        const uint8_t *id = first(octets, length, 44, &n);
        uint32_t who = id ? number_of(id, n, NOBODY) : NOBODY;
        packet reply;
        begin(&reply, octets[0] == COA_REQUEST ? COA_ACK : DISCONNECT_ACK, octets[1]);
        set_length(&reply);
        sum(reply.octets, HEADER, octets + 4, &d->people.shared, reply.octets + 4);
        if (octets[0] == COA_REQUEST) d->result->coas++;
        else if (who < d->people.count && d->people.all[who].exhausted_ns) {
            d->result->disconnects++;
            if (d->people.all[who].exhausted_ns >= d->counted_ns)
                count(&d->result->orders, (now - d->people.all[who].exhausted_ns) / 1000);
            d->people.all[who].exhausted_ns = 0;
            if (d->owed_n) d->owed_n--;
            d->stops[(d->stops_head + d->stops_n++) % d->people.count] = who;
        }
        sendto(d->coa, reply.octets, HEADER, MSG_DONTWAIT, (struct sockaddr *)&from, size);
        size = sizeof from;
    }
}

/* ------------------------------------------------------------------ the loop */

/* Listen for events of every socket of the run; 0 when that cannot be. */
static int open_ears(driver *d) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = NOBODY};
    d->ears = epoll_create1(EPOLL_CLOEXEC);
    if (d->ears < 0 || epoll_ctl(d->ears, EPOLL_CTL_ADD, d->coa, &wanted)) return 0;
    for (uint32_t s = 0; s < d->now.sockets; s++) {
        wanted.data.u32 = s;
        if (epoll_ctl(d->ears, EPOLL_CTL_ADD, d->sockets[s], &wanted)) return 0;
    }
    return 1;
}

static int hear(driver *d) {
    struct epoll_event ready[BATCH];
    int any = 0, n = epoll_wait(d->ears, ready, BATCH, 0);
    for (int i = 0; i < n; i++) {
        if (ready[i].data.u32 == NOBODY) take_orders(d);
        else any |= receive(d, ready[i].data.u32);
    }
    return any;
}

static void rest(driver *d, uint64_t until_ns) {
    struct pollfd eye = {d->ears, POLLIN, 0};
    uint64_t now = now_ns(), left = until_ns > now ? until_ns - now : 0;
    struct timespec limit = {(time_t)(left / SECOND), (long)(left % SECOND)};
    ppoll(&eye, 1, &limit, NULL);
}

static double own_cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
        + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Requests that are due now; the instant at which the next is, if none waits for an answer. */
static uint64_t send_due(driver *d, uint64_t now, uint64_t *next_n, int more) {
    wish *w = &d->now;
    uint64_t soon = now + SECOND / 200;
    if (d->stops_n && w->stops) send_stops(d);
    if (!more) return soon;
    if (w->rate <= 0) {
        while (d->out_n < w->window && (!w->count || *next_n < w->count) && send_next(d, now_ns()))
            ++*next_n;
        return soon;
    }
    for (;;) {
        uint64_t due = d->begun_ns + (uint64_t)((double)*next_n * 1e9 / w->rate);
        /* Sleep for 0.25 ms at least: a wakeup for each packet would be taken from the server. */
        if (due > now) return due > now + SECOND / 4000 ? due : now + SECOND / 4000;
        if (w->flood && now - due > SECOND / 50) {
            *next_n = (uint64_t)((double)(now - d->begun_ns) / 1e9 * w->rate);
            continue;
        }
        if ((w->count && *next_n >= w->count) || !send_next(d, due)) return soon;
        ++*next_n;
    }
}

static void drive(driver *d, outcome *result) {
    wish *w = &d->now;
    uint64_t next_n = 0, counting_until = 0, now;
    double cpu_s = own_cpu_s();
    memset(result, 0, sizeof *result);
    d->result = result;
    d->begun_ns = now = now_ns();
    d->warm_ns = d->counted_ns = d->begun_ns + (uint64_t)(w->warm_s * 1e9);
    uint64_t end_ns = d->begun_ns + (uint64_t)((w->seconds + w->warm_s) * 1e9);
    uint64_t drained_ns = end_ns + (uint64_t)w->tries * w->timeout_ns + SECOND;
    for (;;) {
        int more = now < end_ns && (!w->count || next_n < w->count);
        if (!more && !counting_until && (now >= end_ns || !d->out_n)) {
            counting_until = now;
            result->counted_s = (double)(now - d->warm_ns) / 1e9;
            if (now < d->warm_ns) result->counted_s = 0;
            d->warm_ns = UINT64_MAX;        /* what comes later is verified and not counted */
        }
        int quiet = !d->out_n && !d->owed_n && (!w->stops || !d->stops_n);
        if (counting_until && (quiet || now > drained_ns)) break;
        uint64_t wake = send_due(d, now, &next_n, more);
        flush_all(d);
        int any = hear(d);
        look_at_timeouts(d, now_ns());
        flush_all(d);
        if (!any) rest(d, wake);
        now = now_ns();
    }
    while (d->oldest != NOBODY) { result->lost++; finish(d, d->oldest); }
    d->owed_n = 0;                          /* what never came is `exhausted` less `disconnects` */
    result->whole_s = (double)(now - d->begun_ns) / 1e9;
    result->own_cpu_s = own_cpu_s() - cpu_s;
}

#endif
