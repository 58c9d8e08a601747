/* A NAS with very many subscribers, for benchmarks: it is told what to send by lines on standard
 * input, and answers each with one line of JSON. Loopback only; every run ends by itself.
 *
 *   generator drive secret=S source=127.0.0.9 coa=3799 sessions=N
 *     run kind=interim port=P window=256 seconds=5 ...    one run, see `wish` in run.h
 *     classes first=0 file=PATH width=28 started=T        Class and start of prepared sessions
 *   generator echo PORT SECRET                            the floor: answers, and looks at nothing
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "echo.h"
#include "run.h"

static const char *const KIND_NAMES[KINDS] = {"pap", "chap", "mschap", "start", "interim", "stop"};

static void fail(const char *why) {
    printf("{\"error\":\"%s\"}\n", why);
    fflush(stdout);
}

/* The text behind `name=` in a line of words, in `out`; or NULL. */
static const char *said(const char *line, const char *name, char *out, size_t size) {
    size_t n = strlen(name);
    for (const char *at = line; (at = strstr(at, name)); at += n) {
        if ((at == line || at[-1] == ' ') && at[n] == '=') {
            size_t length = strcspn(at + n + 1, " \n");
            if (length >= size) length = size - 1;
            memcpy(out, at + n + 1, length);
            out[length] = 0;
            return out;
        }
    }
    return NULL;
}

static double number(const char *line, const char *name, double otherwise) {
    char text[64];
    return said(line, name, text, sizeof text) ? strtod(text, NULL) : otherwise;
}

/* ------------------------------------------------------------------ getting ready */

static int open_socket(uint32_t source, uint16_t own_port) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), octets = 4 << 20;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(own_port)};
    own.sin_addr.s_addr = htonl(source);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own)) return -1;
    return fd;
}

/* Fresh sockets for a run: no answer to an earlier one can be taken for one of this. */
static int open_sockets(driver *d) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(d->now.port)};
    int whole = 1;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    d->free_head = d->free_n = d->out_n = 0;
    d->oldest = d->newest = NOBODY;
    for (uint32_t s = 0; s < d->now.sockets; s++) {
        d->sockets[s] = open_socket(d->people.source, 0);
        if (d->sockets[s] < 0
            || connect(d->sockets[s], (struct sockaddr *)&server, sizeof server)) return 0;
        setsockopt(d->sockets[s], IPPROTO_UDP, UDP_GRO_OPTION, &whole, sizeof whole);
        d->queued_n[s] = 0;
    }
    if (!open_ears(d)) return 0;
    /* Neighbours in the ring share a socket, so that a batch is one call. */
    for (uint32_t block = 0; block < IDS; block += 32) {
        for (uint32_t s = 0; s < d->now.sockets; s++) {
            for (uint32_t id = block; id < block + 32; id++) {
                d->slots[s * IDS + id].waiting = 0;
                set_free(d, s * IDS + id);
            }
        }
    }
    return 1;
}

static int shuffle(driver *d) {
    uint32_t span = d->now.to - d->now.from;
    if (d->order && d->order_n == span && d->order_from == d->now.from) return 1;
    free(d->order);
    d->order = malloc((size_t)span * sizeof *d->order);
    if (!d->order) return 0;
    d->order_n = span;
    d->order_from = d->now.from;
    for (uint32_t i = 0; i < span; i++) {
        uint32_t other = (uint32_t)(roll(&d->people) % (i + 1));
        d->order[i] = d->order[other];
        d->order[other] = d->now.from + i;
    }
    return 1;
}

/* What a line asks for, within our bounds; a reason, or NULL when it is in order. */
static const char *understand(driver *d, const char *line) {
    wish *w = &d->now;
    char word[32] = "";
    said(line, "kind", word, sizeof word);
    for (w->kind = 0; w->kind < KINDS && strcmp(word, KIND_NAMES[w->kind]); w->kind++) {}
    if (w->kind == KINDS) return "no such kind";
    w->port = (uint16_t)number(line, "port", 0);
    w->from = (uint32_t)number(line, "from", 0);
    w->to = (uint32_t)number(line, "to", d->people.count);
    w->window = (uint32_t)number(line, "window", 1);
    w->rate = number(line, "rate", 0);
    w->seconds = number(line, "seconds", 5);
    w->warm_s = number(line, "warm", 0);
    w->count = (uint64_t)number(line, "count", 0);
    w->timeout_ns = (uint64_t)(number(line, "timeout", 1) * 1e9);
    w->tries = (int)number(line, "tries", 3);
    w->step = (uint64_t)number(line, "step", 1500000);
    w->poor_step = (uint64_t)number(line, "poor_step", 1e12);
    w->poor_every = (uint32_t)number(line, "poor_every", 0);
    w->poor_from = (uint32_t)number(line, "poor_from", 0);
    w->poor_to = (uint32_t)number(line, "poor_to", 0);
    w->shuffled = said(line, "order", word, sizeof word) && !strcmp(word, "random");
    w->flood = number(line, "flood", 0) != 0;
    w->stops = w->kind >= START;            /* they go to the port of accounting */
    w->sockets = (uint32_t)number(line, "sockets", 0);
    if (!w->sockets) w->sockets = w->rate > 0 ? 16 : (w->window + 127) / 128;
    if (w->from >= w->to || w->to > d->people.count) return "no such sessions";
    if (w->poor_to > d->people.count) return "no such poor sessions";
    if (!w->port || w->sockets > SOCKETS_MAX || w->window < 1) return "port, sockets or window";
    if (w->window > w->sockets * IDS) return "more outstanding than identifiers";
    if (w->seconds + w->warm_s > 600 || w->rate > 2e6 || w->tries < 1 || w->tries > 255)
        return "beyond the bounds of a run";
    if (w->poor_from > d->poor_next) d->poor_next = w->poor_from;
    return NULL;
}

static void print_outcome(const driver *d, const outcome *o) {
    double rate = o->counted_s > 0 ? (double)o->counted / o->counted_s : 0;
    printf("{\"sent\":%llu,\"again\":%llu,\"answered\":%llu,\"rejected\":%llu,\"lost\":%llu,"
           "\"stray\":%llu,\"bad\":%llu,\"unsent\":%llu,\"counted\":%llu,\"seconds\":%.4f,"
           "\"rate\":%.1f,\"whole_s\":%.4f,\"own_cpu_s\":%.3f,\"exhausted\":%llu,"
           "\"disconnects\":%llu,\"coas\":%llu,\"bad_orders\":%llu,\"sockets\":%u,\"waits\":",
           (unsigned long long)o->sent, (unsigned long long)o->again,
           (unsigned long long)o->answered, (unsigned long long)o->rejected,
           (unsigned long long)o->lost, (unsigned long long)o->stray, (unsigned long long)o->bad,
           (unsigned long long)o->unsent, (unsigned long long)o->counted, o->counted_s, rate,
           o->whole_s, o->own_cpu_s, (unsigned long long)o->exhausted,
           (unsigned long long)o->disconnects, (unsigned long long)o->coas,
           (unsigned long long)o->bad_orders, d->now.sockets);
    print_tally(stdout, &o->waits);
    fputs(",\"orders\":", stdout);
    print_tally(stdout, &o->orders);
    fputs(",\"tenths\":[", stdout);
    for (uint32_t i = 0; i < o->timeline_n; i++) printf("%s%u", i ? "," : "", o->timeline[i]);
    fputs("]}\n", stdout);
    fflush(stdout);
}

static void run(driver *d, const char *line) {
    static outcome result;
    const char *why = understand(d, line);
    if (why) { fail(why); return; }
    if (d->now.kind == MSCHAP && !prepare_responses(&d->people, d->now.to)) {
        fail("no memory");
        return;
    }
    if (d->now.shuffled && !shuffle(d)) { fail("no memory"); return; }
    if (!open_sockets(d)) { fail("cannot open sockets"); return; }
    drive(d, &result);
    for (uint32_t s = 0; s < d->now.sockets; s++) close(d->sockets[s]);
    close(d->ears);
    print_outcome(d, &result);
}

/* Class values of a fixed width, one for each session from `first` on. */
static void read_classes(driver *d, const char *line) {
    char path[512];
    uint32_t n = (uint32_t)number(line, "first", 0), begun = n;
    size_t width = (size_t)number(line, "width", 0);
    uint32_t started = (uint32_t)number(line, "started", 0);
    FILE *file = said(line, "file", path, sizeof path) ? fopen(path, "rb") : NULL;
    if (!file || !width || width > CLASS_MAX) { fail("no such file of Class values"); return; }
    for (; n < d->people.count && fread(d->people.all[n].class_, width, 1, file) == 1; n++) {
        d->people.all[n].class_length = (uint8_t)width;
        d->people.all[n].started_s = started;
    }
    fclose(file);
    printf("{\"read\":%u}\n", n - begun);
    fflush(stdout);
}

static void want_many_sockets(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files)) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static int drive_by_lines(const char *words) {
    static driver d;
    static char line[2048];
    char text[96];
    if (!said(words, "secret", text, sizeof text)) return 2;
    secret_set(&d.people.shared, text);
    if (!said(words, "source", text, sizeof text)) return 2;
    d.people.source = ntohl(inet_addr(text));
    if (d.people.source >> 24 != 127) return 2;
    d.people.count = (uint32_t)number(words, "sessions", 0);
    d.people.all = calloc(d.people.count, sizeof *d.people.all);
    d.stops = calloc(d.people.count, sizeof *d.stops);
    d.slots = calloc(SLOTS_MAX, sizeof *d.slots);
    d.people.dice = 0x9e3779b97f4a7c15ull ^ (uint64_t)time(NULL);
    d.coa = open_socket(d.people.source, (uint16_t)number(words, "coa", 0));
    if (!d.people.count || !d.people.all || !d.stops || !d.slots || d.coa < 0) return 2;
    want_many_sockets();
    prctl(PR_SET_TIMERSLACK, 1000ul, 0, 0, 0);
    puts("{\"ready\":true}");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "run ", 4)) run(&d, line);
        else if (!strncmp(line, "classes ", 8)) read_classes(&d, line);
        else fail("no such command");
    }
    return 0;
}

int main(int argc, char **argv) {
    char words[512] = "";
    if (argc == 4 && !strcmp(argv[1], "echo")) return echo_for_ever(atoi(argv[2]), argv[3]);
    if (argc < 3 || strcmp(argv[1], "drive")) {
        fputs("generator drive NAME=VALUE ... | generator echo PORT SECRET\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        if (strlen(words) + strlen(argv[i]) + 2 > sizeof words) return 2;
        strcat(words, " ");
        strcat(words, argv[i]);
    }
    return drive_by_lines(words);
}
