/* Several datagrams of one length and one peer in one message of the kernel: UDP_SEGMENT cuts it
 * up when it is sent, UDP_GRO leaves it whole when it is received. Only a note beside the octets.
 */
#ifndef BENCH_SEGMENTS_H
#define BENCH_SEGMENTS_H

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* From linux/udp.h, which clashes with netinet's. */
enum { UDP_SEGMENT_OPTION = 103, UDP_GRO_OPTION = 104, SEGMENTS_MAX = 64 };

typedef struct {
    _Alignas(struct cmsghdr) uint8_t octets[CMSG_SPACE(sizeof(int))];
} segment_note;

/* Say of a message that it is several datagrams of `size` octets each. */
static inline void set_segments(struct msghdr *message, segment_note *note, unsigned size) {
    uint16_t value = (uint16_t)size;
    message->msg_control = note->octets;
    message->msg_controllen = CMSG_SPACE(sizeof value);
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    head->cmsg_level = IPPROTO_UDP;
    head->cmsg_type = UDP_SEGMENT_OPTION;
    head->cmsg_len = CMSG_LEN(sizeof value);
    memcpy(CMSG_DATA(head), &value, sizeof value);
}

/* The size of the datagrams in a received message, which is its length if it is only one. */
static inline unsigned segment_size(struct msghdr *message, unsigned length) {
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level == IPPROTO_UDP && head->cmsg_type == UDP_GRO_OPTION) {
            int size;
            memcpy(&size, CMSG_DATA(head), sizeof size);
            return (unsigned)size;
        }
    }
    return length;
}

#endif
