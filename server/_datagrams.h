/* Datagrams in and out of one UDP socket in batches: one call of the kernel for many (recvmmsg,
 * sendmmsg), and one pass through its stack for those that go the same way (UDP_GRO, UDP_SEGMENT).
 *
 * Nothing here allocates or waits, and nothing knows the interpreter. An inbox or outbox is a block
 * of memory that its owner allocates and zeroes once.
 */
#ifndef TOLLHOUSE_SERVER_DATAGRAMS_H
#define TOLLHOUSE_SERVER_DATAGRAMS_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum {
    TH_READ_MESSAGES = 8,       /* asked of the kernel in one call */
    TH_READ_SEGMENTS = 128,     /* the most that the kernel puts together in one of them */
    TH_READ_OCTETS = 65536,     /* a message: one datagram, or several of one peer in a row */
    TH_CUT_OCTETS = 4097,       /* one more than a packet may have, so that more is seen */
    TH_POSTS_MAX = 1024,        /* datagrams sent in one go */
    TH_SEGMENTS_MAX = 64,       /* of them in one message */
    TH_SEGMENT_OCTETS = 512,    /* longer ones travel alone: the message would be too long */
    TH_NAME_OCTETS = 28,        /* struct sockaddr_in6 */
    TH_ORIGIN_OCTETS = CMSG_SPACE(sizeof(struct in6_pktinfo)),
    TH_CONTROL_OCTETS = TH_ORIGIN_OCTETS + CMSG_SPACE(sizeof(int)) + 64
};

/* A datagram that was read: pointers into the inbox, good until the next read. */
typedef struct {
    const uint8_t *octets, *peer, *local;       /* local: 4 or 16 octets, or NULL if not told */
    uint32_t octets_n, peer_n, local_n;
} th_datagram;

typedef struct {
    struct mmsghdr heads[TH_READ_MESSAGES];
    struct iovec parts[TH_READ_MESSAGES];
    uint8_t names[TH_READ_MESSAGES][TH_NAME_OCTETS];
    _Alignas(struct cmsghdr) uint8_t controls[TH_READ_MESSAGES][TH_CONTROL_OCTETS];
    th_datagram found[TH_READ_MESSAGES * TH_READ_SEGMENTS];
    int drained;                /* the last read left nothing behind */
    uint8_t octets[TH_READ_MESSAGES][TH_READ_OCTETS];
} th_inbox;

/* A datagram to be sent. `target` is a socket address, `origin` a control message that names the
 * address of ours it leaves from, or NULL; both must stay the same memory for the same value,
 * since datagrams are put together by comparing pointers. */
typedef struct {
    const uint8_t *octets, *target, *origin;
    uint32_t octets_n, target_n, origin_n;
    int32_t message, place;                     /* ours */
} th_post;

typedef struct {
    struct mmsghdr heads[TH_POSTS_MAX];
    struct iovec parts[TH_POSTS_MAX];
    _Alignas(struct cmsghdr) uint8_t controls[TH_POSTS_MAX][TH_CONTROL_OCTETS];
    int32_t firsts[TH_POSTS_MAX];               /* of each message: a post of it */
    int32_t counts[TH_POSTS_MAX];               /* and how many it has */
    th_post posts[TH_POSTS_MAX];
} th_outbox;

/* Ask for the address of ours that each datagram came to, where `wild`, and for datagrams of one
 * peer in a row to come as one message. Returns 0, or an errno. */
int th_prepare(int fd, int six, int wild);

/* Read what has come, without waiting; how many are in `found`. */
int th_read(int fd, th_inbox *in);

/* Send the first `posts_n` posts; how many the kernel did not take. `*segmenting` is cleared when
 * the kernel cannot cut messages for this socket; then they are sent one by one. */
int th_send(int fd, th_outbox *out, int posts_n, int *segmenting);

/* Write the control message that names an address of ours (4 or 16 octets); its length. */
int th_origin(const uint8_t *address, int address_n, uint8_t *control);

/* Write a socket address; its length. `scope` is for link-local IPv6. */
int th_name(const uint8_t *address, int address_n, uint16_t port, uint32_t scope, uint8_t *name);

/* A timer that is a file: readable when it has rung. Returns it, or a negative errno. */
int th_timer(void);

/* Have it ring once in so many microseconds; 0: not at all, and what it has rung is forgotten. */
void th_timer_set(int fd, uint32_t delay_us);

/* Has it rung since it was set? Asked once, it has not. */
int th_timer_rang(int fd);

#endif
