// Delays the frames between two network interfaces, for kernels without netem: `cluster/hosts/lab run --delay`.
//
//   delay MICROSECONDS INTERFACE INTERFACE
//
// What comes in at one interface goes out at the other one so much later, in both directions, in the order in which it came.
// Segments that the kernel has not cut yet pass whole. Needs the rights of root in its network namespace.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The longest frame: a segment of TCP that is not cut, with the header that tells how to.
enum { longest = 70000 };

struct frame {
    struct frame *next;
    long due, length;
    char bytes[];
};

// Frames that came in at one interface and wait for their time.
struct way {
    int in, out;
    struct frame *first, **end;
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int open_interface(const char *name) {
    int one = 1, room = 8 << 20, descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    address.sll_ifindex = (int)if_nametoindex(name);
    if (descriptor < 0 || address.sll_ifindex == 0) fail(name);
    // What goes out must not come in again.
    if (setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one)) fail("PACKET_IGNORE_OUTGOING");
    if (setsockopt(descriptor, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one)) fail("PACKET_VNET_HDR");
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address)) fail("bind");
    return descriptor;
}

static void take(struct way *way, long delay) {
    static char buffer[longest];
    for (;;) {
        ssize_t length = recv(way->in, buffer, sizeof buffer, 0);
        if (length <= 0) return;
        struct frame *frame = malloc(sizeof *frame + (size_t)length);
        if (!frame) fail("malloc");
        *frame = (struct frame){.due = now() + delay, .length = length};
        memcpy(frame->bytes, buffer, (size_t)length);
        *way->end = frame;
        way->end = &frame->next;
    }
}

// Sends what is due; until when nothing is.
static long give(struct way *way) {
    while (way->first && way->first->due <= now()) {
        struct frame *frame = way->first;
        // A queue that is full is tried again soon; anything else is lost, as on a wire.
        if (send(way->out, frame->bytes, (size_t)frame->length, 0) < 0 && (errno == EAGAIN || errno == ENOBUFS))
            return now() + 50000;
        way->first = frame->next;
        if (!way->first) way->end = &way->first;
        free(frame);
    }
    return way->first ? way->first->due : -1;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: delay MICROSECONDS INTERFACE INTERFACE\n");
        return 64;
    }
    long delay = atol(argv[1]) * 1000;
    int one = open_interface(argv[2]), other = open_interface(argv[3]);
    struct way ways[2] = {{.in = one, .out = other}, {.in = other, .out = one}};
    for (int i = 0; i < 2; i++) ways[i].end = &ways[i].first;
    // Before the programs of the hosts, which would make it late; where that is not allowed, it is late.
    struct sched_param priority = {.sched_priority = 5};
    sched_setscheduler(0, SCHED_RR, &priority);
    prctl(PR_SET_TIMERSLACK, 1);
    for (;;) {
        long due = -1;
        for (int i = 0; i < 2; i++) {
            long next = give(&ways[i]);
            if (next >= 0 && (due < 0 || next < due)) due = next;
        }
        struct pollfd descriptors[2] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};
        long rest = due - now();
        if (rest < 0) rest = 0;
        struct timespec time = {rest / 1000000000L, rest % 1000000000L};
        if (ppoll(descriptors, 2, due >= 0 ? &time : NULL, NULL) < 0 && errno != EINTR) fail("ppoll");
        for (int i = 0; i < 2; i++) take(&ways[i], delay);
    }
}
