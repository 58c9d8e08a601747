/* What `_datagrams.h` promises. The kernel's side: control messages, segments, errors. */
#define _GNU_SOURCE
#include "_datagrams.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* From linux/udp.h, which clashes with netinet's. */
enum { SEGMENT_OPTION = 103, GRO_OPTION = 104 };

int th_prepare(int fd, int six, int wild) {
    int on = 1;
    /* A kernel that cannot is no error: then each datagram comes as a message of its own. */
    (void)setsockopt(fd, IPPROTO_UDP, GRO_OPTION, &on, sizeof on);
    if (!wild) return 0;
    int done = six ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                   : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    return done ? errno : 0;
}

/* ------------------------------------------------------------------ in */

static void expect(th_inbox *in, int n) {
    struct msghdr *head = &in->heads[n].msg_hdr;
    in->parts[n].iov_base = in->octets[n];
    in->parts[n].iov_len = TH_READ_OCTETS;
    head->msg_name = in->names[n];
    head->msg_namelen = TH_NAME_OCTETS;
    head->msg_iov = &in->parts[n];
    head->msg_iovlen = 1;
    head->msg_control = in->controls[n];
    head->msg_controllen = TH_CONTROL_OCTETS;
    head->msg_flags = 0;
}

/* What is said beside a message: our address, and how long its datagrams are, 0 if it is one. */
static unsigned beside(struct msghdr *head, th_datagram *one) {
    unsigned size = 0;
    one->local = NULL;
    one->local_n = 0;
    for (struct cmsghdr *note = CMSG_FIRSTHDR(head); note; note = CMSG_NXTHDR(head, note)) {
        if (note->cmsg_level == IPPROTO_IP && note->cmsg_type == IP_PKTINFO) {
            one->local = CMSG_DATA(note) + offsetof(struct in_pktinfo, ipi_spec_dst);
            one->local_n = 4;
        } else if (note->cmsg_level == IPPROTO_IPV6 && note->cmsg_type == IPV6_PKTINFO) {
            one->local = CMSG_DATA(note) + offsetof(struct in6_pktinfo, ipi6_addr);
            one->local_n = 16;
        } else if (note->cmsg_level == IPPROTO_UDP && note->cmsg_type == GRO_OPTION) {
            int told;
            memcpy(&told, CMSG_DATA(note), sizeof told);
            size = told > 0 ? (unsigned)told : 0;
        }
    }
    return size;
}

int th_read(int fd, th_inbox *in) {
    for (int n = 0; n < TH_READ_MESSAGES; n++) expect(in, n);
    int messages_n = recvmmsg(fd, in->heads, TH_READ_MESSAGES, MSG_DONTWAIT, NULL);
    int found_n = 0;
    in->drained = messages_n < TH_READ_MESSAGES;
    const int room_n = (int)(sizeof in->found / sizeof in->found[0]);
    for (int n = 0; n < messages_n; n++) {
        th_datagram one;
        unsigned length = in->heads[n].msg_len, at = 0;
        unsigned size = beside(&in->heads[n].msg_hdr, &one);
        one.peer = in->names[n];
        one.peer_n = in->heads[n].msg_hdr.msg_namelen;
        do {
            unsigned left = length - at;
            one.octets = in->octets[n] + at;
            one.octets_n = size && size < left ? size : left;
            at += one.octets_n;
            if (one.octets_n > TH_CUT_OCTETS) one.octets_n = TH_CUT_OCTETS;
            in->found[found_n++] = one;
        } while (at < length && found_n < room_n);
    }
    return found_n;
}

/* ------------------------------------------------------------------ out */

int th_origin(const uint8_t *address, int address_n, uint8_t *control) {
    struct cmsghdr *note = (struct cmsghdr *)control;
    memset(control, 0, TH_ORIGIN_OCTETS);
    if (address_n == 4) {
        note->cmsg_level = IPPROTO_IP;
        note->cmsg_type = IP_PKTINFO;
        note->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        memcpy(CMSG_DATA(note) + offsetof(struct in_pktinfo, ipi_spec_dst), address, 4);
        return CMSG_SPACE(sizeof(struct in_pktinfo));
    }
    note->cmsg_level = IPPROTO_IPV6;
    note->cmsg_type = IPV6_PKTINFO;
    note->cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo));
    memcpy(CMSG_DATA(note) + offsetof(struct in6_pktinfo, ipi6_addr), address, 16);
    return CMSG_SPACE(sizeof(struct in6_pktinfo));
}

int th_name(const uint8_t *address, int address_n, uint16_t port, uint32_t scope, uint8_t *name) {
    if (address_n == 4) {
        struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&four.sin_addr, address, 4);
        memcpy(name, &four, sizeof four);
        return sizeof four;
    }
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    six.sin6_scope_id = scope;
    memcpy(&six.sin6_addr, address, 16);
    memcpy(name, &six, sizeof six);
    return sizeof six;
}

static int together(const th_post *a, const th_post *b) {
    return a->target == b->target && a->origin == b->origin && a->octets_n == b->octets_n;
}

/* Say for each post which message it goes with: those of one length, one way and one origin go
 * together. A small table remembers the message of each way; a collision only starts a new one. */
static int sort(th_outbox *out, int posts_n, int segmenting) {
    enum { WAYS = 256 };
    int32_t open[WAYS];
    int messages_n = 0;
    memset(open, -1, sizeof open);
    for (int n = 0; n < posts_n; n++) {
        th_post *post = &out->posts[n];
        uint64_t mixed = ((uintptr_t)post->target ^ (uintptr_t)post->origin << 7
                          ^ (uint64_t)post->octets_n << 20) * 0x9E3779B97F4A7C15u;
        int32_t *way = &open[mixed >> 56];
        int at = *way;
        int alone = !segmenting || post->octets_n > TH_SEGMENT_OCTETS || post->octets_n == 0;
        if (at < 0 || alone || out->counts[at] == TH_SEGMENTS_MAX
            || !together(&out->posts[out->firsts[at]], post)) {
            at = *way = messages_n++;
            out->firsts[at] = n;
            out->counts[at] = 0;
        }
        post->message = at;
        post->place = out->counts[at]++;
    }
    return messages_n;
}

static void compose(th_outbox *out, int posts_n, int messages_n) {
    struct iovec *next = out->parts;
    for (int n = 0; n < messages_n; n++) {
        struct msghdr *head = &out->heads[n].msg_hdr;
        const th_post *first = &out->posts[out->firsts[n]];
        memset(head, 0, sizeof *head);
        head->msg_name = (void *)(uintptr_t)first->target;
        head->msg_namelen = first->target_n;
        head->msg_iov = next;
        head->msg_iovlen = (size_t)out->counts[n];
        next += out->counts[n];
        head->msg_control = out->controls[n];
        if (first->origin) memcpy(out->controls[n], first->origin, first->origin_n);
        head->msg_controllen = first->origin ? first->origin_n : 0;
        if (out->counts[n] > 1) {
            struct cmsghdr *note = (struct cmsghdr *)(out->controls[n] + head->msg_controllen);
            uint16_t size = (uint16_t)first->octets_n;
            memset(note, 0, CMSG_SPACE(sizeof size));
            note->cmsg_level = IPPROTO_UDP;
            note->cmsg_type = SEGMENT_OPTION;
            note->cmsg_len = CMSG_LEN(sizeof size);
            memcpy(CMSG_DATA(note), &size, sizeof size);
            head->msg_controllen += CMSG_SPACE(sizeof size);
        }
        if (!head->msg_controllen) head->msg_control = NULL;
    }
    for (int n = 0; n < posts_n; n++) {
        const th_post *post = &out->posts[n];
        struct iovec *part = out->heads[post->message].msg_hdr.msg_iov + post->place;
        part->iov_base = (void *)(uintptr_t)post->octets;
        part->iov_len = post->octets_n;
    }
}

/* Send a message that the kernel would not cut, datagram by datagram; how many it did not take. */
static int one_by_one(int fd, const struct msghdr *whole) {
    struct msghdr one = *whole;
    int unsent_n = 0;
    one.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    if (!one.msg_controllen) one.msg_control = NULL;
    one.msg_iovlen = 1;
    for (size_t n = 0; n < whole->msg_iovlen; n++) {
        one.msg_iov = whole->msg_iov + n;
        unsent_n += sendmsg(fd, &one, MSG_DONTWAIT) < 0;
    }
    return unsent_n;
}

int th_send(int fd, th_outbox *out, int posts_n, int *segmenting) {
    int unsent_n = 0, done_n = 0, messages_n = sort(out, posts_n, *segmenting);
    compose(out, posts_n, messages_n);
    while (done_n < messages_n) {
        unsigned left_n = (unsigned)(messages_n - done_n);
        int sent_n = sendmmsg(fd, out->heads + done_n, left_n, MSG_DONTWAIT);
        if (sent_n > 0) {
            done_n += sent_n;
            continue;
        }
        if (errno == EINTR) continue;
        /* It is the first message that was not taken; the others have their own luck. Where its
         * datagrams go out one by one, this way or this system cannot do it at once. */
        const struct msghdr *failed = &out->heads[done_n++].msg_hdr;
        if (failed->msg_iovlen == 1) {
            unsent_n++;
        } else {
            int refused_n = one_by_one(fd, failed);
            if (refused_n < (int)failed->msg_iovlen) *segmenting = 0;
            unsent_n += refused_n;
        }
    }
    return unsent_n;
}

/* --------------------------------------------------------------- pauses */

int th_timer(void) {
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

void th_timer_set(int fd, uint32_t delay_us) {
    struct itimerspec once = {
        .it_value = {.tv_sec = delay_us / 1000000, .tv_nsec = (long)(delay_us % 1000000) * 1000}};
    (void)timerfd_settime(fd, 0, &once, NULL);
}

int th_timer_rang(int fd) {
    uint64_t times;
    return read(fd, &times, sizeof times) == (ssize_t)sizeof times;
}
