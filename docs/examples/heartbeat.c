/* A program that lets orchestrator watch it by real heartbeats. Needs libzmq alone.
 *
 *   cc -o heartbeat heartbeat.c -lzmq -lpthread
 *
 * A thread answers every PING from libzmq's own proxy loop, whatever the main thread is doing.
 * The protocol: docs/protocol.md.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

static volatile sig_atomic_t stopping = 0;

static void on_term(int signum) {
    (void) signum;
    stopping = 1;
}

/* A variable of the environment, or the end: without a supervisor there is nobody to talk to. */
static const char *need(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "%s is not set: start this program with orchestrator\n", name);
        exit(2);
    }
    return value;
}

/* The four frames of a message. */
static void tell(void *dealer, const char *kind, const char *body) {
    const char *unit = need("ORCHESTRATOR_UNIT");
    zmq_send(dealer, "ORC1", 4, ZMQ_SNDMORE);
    zmq_send(dealer, kind, strlen(kind), ZMQ_SNDMORE);
    zmq_send(dealer, unit, strlen(unit), ZMQ_SNDMORE);
    zmq_send(dealer, body, strlen(body), 0);
}

/* A connection to the supervisor that has said who it is. */
static void *hello(void *context) {
    char body[1024];
    void *dealer = zmq_socket(context, ZMQ_DEALER);
    int linger = 200; /* milliseconds; a program should not hang at its end */
    const char *id = getenv("ORCHESTRATOR_ROUTING_ID"); /* by which another supervisor finds us (up --keep) */
    zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
    if (id != NULL)
        zmq_setsockopt(dealer, ZMQ_ROUTING_ID, id, strlen(id));
    zmq_connect(dealer, need("ORCHESTRATOR_CONTROL"));
    snprintf(body, sizeof body, "{\"unit\":\"%s\",\"attempt\":%s,\"token\":\"%s\",\"pid\":%d,\"role\":\"heartbeat\"}",
             need("ORCHESTRATOR_UNIT"), need("ORCHESTRATOR_ATTEMPT"), need("ORCHESTRATOR_TOKEN"), (int) getpid());
    tell(dealer, "HELLO", body);
    return dealer;
}

/* Every PING goes back as it came, until the context ends. */
static void *echo(void *dealer) {
    zmq_proxy(dealer, dealer, NULL);
    zmq_close(dealer);
    return NULL;
}

int main(void) {
    struct sigaction action;
    sigset_t term;
    pthread_t thread;
    void *context = zmq_ctx_new();
    void *dealer;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_term;
    sigaction(SIGTERM, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);

    dealer = hello(context);
    /* Here the program gets ready for its work; then it says so. */
    tell(dealer, "READY", "");

    /* The signal is for the main thread: whoever else took it would not wake it. */
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &term, NULL);
    pthread_create(&thread, NULL, echo, dealer); /* from now on the connection is that thread's */
    pthread_sigmask(SIG_UNBLOCK, &term, NULL);
    puts("ready");

    while (!stopping)
        usleep(100000); /* the work */

    puts("stopped");
    zmq_ctx_shutdown(context); /* ends the proxy loop */
    pthread_join(thread, NULL);
    zmq_ctx_term(context);
    return 0;
}
