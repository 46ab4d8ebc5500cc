/* What the lanes call of libzmq, found at run time in the copy that pyzmq has loaded (zmq_msg_send(3) and its
 * kin). Nothing is linked and no header of libzmq is needed: since 4.1 a zmq_msg_t has 64 bytes. */
#ifndef ORCHESTRATOR_LANES_CALLS_H
#define ORCHESTRATOR_LANES_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#define LANES_DONTWAIT 1
#define LANES_SNDMORE 2
#define LANES_FD 14
#define LANES_EVENTS 15
#define LANES_POLLIN 1

typedef union {
    unsigned char bytes[64];
    void *aligned;
} message_t;

typedef struct {
    int (*msg_init)(message_t *);
    int (*msg_init_size)(message_t *, size_t);
    int (*msg_close)(message_t *);
    int (*msg_copy)(message_t *, message_t *);
    void *(*msg_data)(message_t *);
    size_t (*msg_size)(const message_t *);
    int (*msg_more)(const message_t *);
    int (*msg_send)(message_t *, void *, int);
    int (*msg_recv)(message_t *, void *, int);
    const char *(*msg_gets)(const message_t *, const char *);
    int (*getsockopt)(void *, int, void *, size_t *);
} calls_t;

extern calls_t libzmq;

/* Close a message that has been received. Whoever sent it within this process may have lent its memory and is told
 * now: pyzmq waits in that call for a thread that needs the interpreter's lock. So what may be lent is closed without
 * the lock: all that is large, and `careful`ly all that has memory of its own. Called with the lock held. */
void calls_close(message_t *message, bool careful);

/* zmq_msg_recv(3), zmq_msg_send(3), and zmq_getsockopt(3) for ZMQ_EVENTS. libzmq may close messages in them, of a topic
 * that nobody wants any more or for a peer that is gone: where those may be lent (`careful`), the lock is given up.
 * errno is libzmq's. */
int calls_receive(message_t *message, void *handle, bool careful);
int calls_send(message_t *message, void *handle, int flags, bool careful);
int calls_events(void *handle, int *events, bool careful);

/* Find libzmq in the library at `path`, which is loaded already, or in one that it needs. 0, or -1 with an
 * OSError set. */
int calls_load(const char *path);

#endif
