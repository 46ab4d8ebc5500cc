/* A PULL -> PUSH worker against libzmq, told nothing but two addresses: doubles the number in each message.
   Knows nothing of the orchestrator; printf is left block-buffered on purpose. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: worker PULL_ADDRESS PUSH_ADDRESS\n");
        return 2;
    }
    void *context = zmq_ctx_new();
    void *in = zmq_socket(context, ZMQ_PULL);
    void *out = zmq_socket(context, ZMQ_PUSH);
    if (zmq_connect(in, argv[1]) || zmq_connect(out, argv[2])) {
        fprintf(stderr, "worker: %s\n", zmq_strerror(errno));
        return 1;
    }
    char buffer[64];
    for (;;) {
        int size = zmq_recv(in, buffer, sizeof buffer - 1, 0);
        if (size < 0) {
            if (errno == EINTR) continue;
            break;
        }
        buffer[size < (int) sizeof buffer - 1 ? size : (int) sizeof buffer - 1] = 0;
        int length = snprintf(buffer, sizeof buffer, "%ld", 2 * strtol(buffer, NULL, 10));
        if (zmq_send(out, buffer, (size_t) length, 0) < 0) break;
        printf("doubled to %s\n", buffer);
    }
    return 0;
}
