/* The same loops in C, with libzmq itself: loop send|receive ADDRESS SIZE PACED GAP_NS FLOOD RESULT. See traffic.py. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { WARM = 1, PACED, FLOOD, END, WARM_UP = 200, READ_FROM = 64 * 1024, BUFFERS = 64 };

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static void rest(long nanoseconds) {
    struct timespec t = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    nanosleep(&t, NULL);
}

static void need(int fine) {
    if (!fine) {
        fprintf(stderr, "%s\n", zmq_strerror(zmq_errno()));
        exit(1);
    }
}

static void keep(void *data, void *hint) {
    (void) data;
    (void) hint;
}

/* Small ones are copied, large ones are read by libzmq where they lie. */
static void put(void *socket, char *data, size_t size) {
    if (size < READ_FROM) {
        need(zmq_send(socket, data, size, 0) >= 0);
    } else {
        zmq_msg_t message;
        zmq_msg_init_data(&message, data, size, keep, NULL);
        need(zmq_msg_send(&message, socket, 0) >= 0);
    }
}

static char *stamped(char *data, int phase, uint64_t when) {
    uint64_t value = (uint64_t) phase << 56 | when;
    memcpy(data, &value, sizeof value);
    return data;
}

static void sending(void *socket, size_t size, long paced, long gap, long flood) {
    char *buffers[BUFFERS];
    uint64_t began;
    long i;
    for (i = 0; i < BUFFERS; i++)
        need((buffers[i] = calloc(1, size)) != NULL);
    for (i = 0; i < WARM_UP + paced; i++) {
        put(socket, stamped(buffers[i % BUFFERS], i < WARM_UP ? WARM : PACED, now()), size);
        rest(i + 1 == WARM_UP || i + 1 == WARM_UP + paced ? 300000000 : gap);
    }
    began = now();
    stamped(buffers[0], FLOOD, began);
    for (i = 0; i < flood; i++)
        put(socket, buffers[0], size);
    put(socket, stamped(buffers[1], END, began), size);
}

static volatile uint64_t seen;

static void read_all(const char *data, size_t size) {
    const uint64_t *words = (const uint64_t *) (const void *) data;
    uint64_t sum = 0;
    size_t i;
    for (i = 0; i < size / 8; i++)
        sum += words[i];
    seen = sum;
}

static void receiving(void *socket, long paced, const char *result) {
    long count = 0, flood = 0, i;
    uint64_t *latencies = calloc((size_t) paced + 1, sizeof *latencies), value = 0, at = 0, when = 0;
    FILE *out = fopen(result, "w");
    zmq_msg_t message;
    need(latencies != NULL && out != NULL);
    zmq_msg_init(&message);
    while (value >> 56 != END) {
        const char *data;
        need(zmq_msg_recv(&message, socket, 0) >= 0);
        data = zmq_msg_data(&message);
        if (zmq_msg_size(&message) >= READ_FROM)
            read_all(data, zmq_msg_size(&message));
        memcpy(&value, data, sizeof value);
        if (value >> 56 == FLOOD) {
            flood++;
            continue;
        }
        at = now();
        when = value & (((uint64_t) 1 << 56) - 1);
        if (value >> 56 == PACED && count < paced)
            latencies[count++] = at - when;
    }
    fprintf(out, "{\"flood\": %ld, \"seconds\": %.9f, \"latencies_ns\": [", flood, (double) (at - when) / 1e9);
    for (i = 0; i < count; i++)
        fprintf(out, "%s%llu", i ? ", " : "", (unsigned long long) latencies[i]);
    fprintf(out, "]}\n");
    fclose(out);
}

int main(int argc, char **argv) {
    void *context = zmq_ctx_new(), *socket;
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    if (argc == 2 && !strcmp(argv[1], "version")) {
        printf("%d.%d.%d\n", major, minor, patch);
        return 0;
    }
    if (argc != 8)
        return 2;
    if (!strcmp(argv[1], "send")) {
        socket = zmq_socket(context, ZMQ_PUSH);
        need(zmq_connect(socket, argv[2]) == 0);
        sending(socket, (size_t) atol(argv[3]), atol(argv[4]), atol(argv[5]), atol(argv[6]));
        pause(); /* whoever closes now may lose the tail (libzmq #4660) */
    } else {
        socket = zmq_socket(context, ZMQ_PULL);
        need(zmq_bind(socket, argv[2]) == 0);
        receiving(socket, atol(argv[4]), argv[7]);
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
