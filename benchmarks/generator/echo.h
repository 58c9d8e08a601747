/* The floor: a server that answers whatever arrives with a signed packet and does nothing else. It
 * keeps nothing and checks nothing, so no server that speaks RADIUS on this machine is much faster.
 */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include <arpa/inet.h>

#include "segments.h"
#include "wire.h"

enum { ECHO_MESSAGES = 16, ECHO_OCTETS = 65536 };

/* Turn the requests of one message into replies, in place one behind the other; their octets. */
static unsigned reply_to_all(uint8_t *octets, unsigned length, unsigned size, const secret *s) {
    unsigned written = 0;
    for (unsigned at = 0; at + HEADER <= length; at += size) {
        uint8_t out[16], head[HEADER];
        memcpy(head, octets + at, HEADER);
        head[0] = head[0] == ACCESS_REQUEST ? ACCESS_ACCEPT : ACCOUNTING_RESPONSE;
        store_be(head + 2, HEADER, 2);
        sum(head, HEADER, head + 4, s, out);
        memcpy(head + 4, out, 16);
        memcpy(octets + written, head, HEADER);
        written += HEADER;
    }
    return written;
}

static int echo_for_ever(int port, const char *text) {
    static uint8_t octets[ECHO_MESSAGES][ECHO_OCTETS];
    static struct mmsghdr heads[ECHO_MESSAGES];
    static struct iovec parts[ECHO_MESSAGES];
    static struct sockaddr_in peers[ECHO_MESSAGES], own = {.sin_family = AF_INET};
    static segment_note notes[ECHO_MESSAGES];
    int fd = socket(AF_INET, SOCK_DGRAM, 0), room_octets = 4 << 20, one = 1;
    secret shared;
    secret_set(&shared, text);
    own.sin_port = htons((uint16_t)port);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room_octets, sizeof room_octets);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room_octets, sizeof room_octets);
    setsockopt(fd, IPPROTO_UDP, UDP_GRO_OPTION, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own)) return 1;
    puts("serving");
    fflush(stdout);
    for (;;) {
        for (int i = 0; i < ECHO_MESSAGES; i++) {
            parts[i] = (struct iovec){octets[i], ECHO_OCTETS};
            heads[i].msg_hdr = (struct msghdr){
                .msg_iov = parts + i, .msg_iovlen = 1,
                .msg_name = peers + i, .msg_namelen = sizeof peers[i],
                .msg_control = notes[i].octets, .msg_controllen = sizeof notes[i].octets};
        }
        int n = recvmmsg(fd, heads, ECHO_MESSAGES, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++) {
            struct msghdr *message = &heads[i].msg_hdr;
            unsigned size = segment_size(message, heads[i].msg_len);
            parts[i].iov_len = size ? reply_to_all(octets[i], heads[i].msg_len, size, &shared) : 0;
            message->msg_control = NULL;
            message->msg_controllen = 0;
            if (parts[i].iov_len > HEADER) set_segments(message, notes + i, HEADER);
        }
        for (int gone = 0, m; gone < n; gone += m) {
            m = sendmmsg(fd, heads + gone, (unsigned)(n - gone), 0);
            if (m <= 0) m = 1;      /* the peer has gone */
        }
    }
}

#endif
