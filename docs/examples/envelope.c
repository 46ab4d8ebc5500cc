/* A reader and a writer of the envelope, for messages between nodes. C99, needs nothing but libc.
 *
 *   cc -std=c99 -o envelope envelope.c
 *   echo 'c15a0107…' | ./envelope read      the message's frames in hexadecimal, `-` for an empty one
 *   echo 'source=…' | ./envelope write      what `read` has printed
 *
 * A line for each line: `read` prints the fields, or `refused` and why. The format: docs/protocol.md.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ the format */

enum { FIXED = 56, LONGEST = 255 * 8 };
enum { BATCH = 1, DETACHED = 2, END = 4, ERROR = 8, SHARED = 16, NOTHING = 32 };
enum { TRACE = 1, DEADLINE, ANSWERS, ATTEMPT, CODEC, SENDER, REQUEST, POOL };
enum { CODECS = 11, COMPRESSIONS = 4, NAMED = 255 };

static const char *const codecs[CODECS] = {"",     "raw",  "text",  "json",  "msgpack", "protobuf",
                                           "cbor", "avro", "arrow", "numpy", "pickle"};
static const char *const compressions[COMPRESSIONS] = {"", "zstd", "lz4", "gzip"};

typedef struct {
    const uint8_t *data;
    size_t size;
} bytes;

typedef struct {
    int given;
    uint64_t source, number;
} message_id;

typedef struct {
    unsigned flags, codec, compression, attempt;
    uint64_t source, sequence, fingerprint, number;
    int64_t timestamp;
    uint32_t count, plain_size;
    bytes name, sender, trace; /* size 0: not there; a trace has 25 bytes */
    int has_deadline;
    int64_t deadline;
    message_id answers, request, offer; /* an offer: the group and the pool of shared memory */
    size_t length;
} envelope;

static uint64_t get(const uint8_t *at, int size) {
    uint64_t value = 0;
    while (size-- > 0)
        value = value << 8 | at[size];
    return value;
}

static uint8_t *put(uint8_t *at, uint64_t value, int size) {
    for (; size > 0; size--, value >>= 8)
        *at++ = (uint8_t) value;
    return at;
}

static int64_t get_signed(const uint8_t *at) {
    uint64_t value = get(at, 8);
    return value >> 63 ? -(int64_t) ~value - 1 : (int64_t) value;
}

/* Whether these bytes are UTF-8 (RFC 3629): no long forms, no surrogates, nothing above U+10FFFF. */
static int is_utf8(bytes text) {
    size_t i = 0;
    while (i < text.size) {
        unsigned first = text.data[i++], more, low = 0x80, high = 0xBF;
        if (first < 0x80)
            continue;
        if (first < 0xC2 || first > 0xF4)
            return 0;
        more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if (first == 0xE0) low = 0xA0;
        if (first == 0xED) high = 0x9F;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
        for (; more > 0; more--, i++, low = 0x80, high = 0xBF)
            if (i == text.size || text.data[i] < low || text.data[i] > high)
                return 0;
    }
    return 1;
}

/* One extension; 0 when it has not the size or the form that its kind has. Unknown kinds are passed over. */
static int read_extension(envelope *out, unsigned kind, bytes body) {
    message_id *id = kind == ANSWERS ? &out->answers : kind == REQUEST ? &out->request : &out->offer;
    switch (kind) {
    case TRACE:
        out->trace = body;
        return body.size == 25;
    case DEADLINE:
        if (body.size != 8)
            return 0;
        out->has_deadline = 1;
        out->deadline = get_signed(body.data);
        return 1;
    case ANSWERS:
    case REQUEST:
    case POOL:
        if (body.size != 16)
            return 0;
        id->given = 1;
        id->source = get(body.data, 8);
        id->number = get(body.data + 8, 8);
        return 1;
    case ATTEMPT:
        if (body.size != 2)
            return 0;
        out->attempt = (unsigned) get(body.data, 2);
        return 1;
    case CODEC:
        out->name = body;
        return is_utf8(body);
    case SENDER:
        out->sender = body;
        return is_utf8(body);
    }
    return 1;
}

/* A codec that has a number may be given by its name as well. */
static unsigned codec_number(bytes name) {
    unsigned i;
    for (i = 1; i < CODECS; i++)
        if (strlen(codecs[i]) == name.size && memcmp(codecs[i], name.data, name.size) == 0)
            return i;
    return NAMED;
}

/* Read the header that a frame begins with; it points into the frame. Returns NULL, or what is wrong. */
static const char *envelope_read(envelope *out, bytes frame) {
    const uint8_t *data = frame.data;
    size_t at;
    memset(out, 0, sizeof *out);
    out->attempt = 1;
    if (frame.size < FIXED)
        return "short";
    if (data[0] != 0xC1 || data[1] != 'Z')
        return "magic";
    if (data[2] != 1)
        return "version";
    out->length = (size_t) data[3] * 8;
    if (out->length < FIXED || out->length > frame.size)
        return "length";
    out->flags = (unsigned) get(data + 4, 2);
    out->codec = data[6];
    out->compression = data[7];
    out->source = get(data + 8, 8);
    out->sequence = get(data + 16, 8);
    out->timestamp = get_signed(data + 24);
    out->fingerprint = get(data + 32, 8);
    out->count = (uint32_t) get(data + 40, 4);
    out->plain_size = (uint32_t) get(data + 44, 4);
    out->number = get(data + 48, 8);
    for (at = FIXED; at < out->length && data[at] != 0;) {
        bytes body = {NULL, 0};
        if (out->length - at < 2)
            return "extension";
        body.size = data[at + 1];
        body.data = data + at + 2;
        if (out->length - at - 2 < body.size || !read_extension(out, data[at], body))
            return "extension";
        at += 2 + body.size;
    }
    if (out->codec >= CODECS && (out->codec != NAMED || out->name.size == 0))
        return "codec";
    if (out->codec == NAMED)
        out->codec = codec_number(out->name);
    if (out->compression >= COMPRESSIONS)
        return "compression";
    return NULL;
}

static uint8_t *put_extension(uint8_t *at, unsigned kind, const uint8_t *data, size_t size) {
    *at++ = (uint8_t) kind;
    *at++ = (uint8_t) size;
    memcpy(at, data, size);
    return at + size;
}

static uint8_t *put_id(uint8_t *at, unsigned kind, message_id id) {
    uint8_t body[16];
    put(put(body, id.source, 8), id.number, 8);
    return put_extension(at, kind, body, sizeof body);
}

/* Write a header; `out` has room for LONGEST bytes. Returns its length. Texts have at most 255 bytes. */
static size_t envelope_write(const envelope *header, uint8_t *out) {
    uint8_t body[8], *at = out + FIXED;
    if (header->codec == NAMED)
        at = put_extension(at, CODEC, header->name.data, header->name.size);
    if (header->sender.size > 0)
        at = put_extension(at, SENDER, header->sender.data, header->sender.size);
    if (header->trace.size > 0)
        at = put_extension(at, TRACE, header->trace.data, header->trace.size);
    if (header->has_deadline) {
        put(body, (uint64_t) header->deadline, 8);
        at = put_extension(at, DEADLINE, body, 8);
    }
    if (header->answers.given)
        at = put_id(at, ANSWERS, header->answers);
    if (header->request.given)
        at = put_id(at, REQUEST, header->request);
    if (header->attempt != 1) {
        put(body, header->attempt, 2);
        at = put_extension(at, ATTEMPT, body, 2);
    }
    if (header->offer.given)
        at = put_id(at, POOL, header->offer);
    while ((at - out) % 8 != 0)
        *at++ = 0;
    memcpy(out, "\xC1Z\x01", 3);
    out[3] = (uint8_t) ((at - out) / 8);
    put(out + 4, header->flags, 2);
    out[6] = (uint8_t) header->codec;
    out[7] = (uint8_t) header->compression;
    put(out + 8, header->source, 8);
    put(out + 16, header->sequence, 8);
    put(out + 24, (uint64_t) header->timestamp, 8);
    put(out + 32, header->fingerprint, 8);
    put(out + 40, header->count, 4);
    put(out + 44, header->plain_size, 4);
    put(out + 48, header->number, 8);
    return (size_t) (at - out);
}

/* Whether the payload is exactly the records it is said to hold. */
static int is_batch(bytes payload, uint32_t count) {
    uint64_t end = (uint64_t) count * 4;
    uint32_t i;
    if (end > payload.size)
        return 0;
    for (i = 0; i < count; i++)
        end += get(payload.data + (size_t) i * 4, 4);
    return end == payload.size;
}

/* Whether the records lie in the payload as they are. */
static int has_records(const envelope *header) {
    return (header->flags & BATCH) && !(header->flags & (SHARED | END | NOTHING)) && header->compression == 0;
}

enum { MOST_FRAMES = 64 };

/* Read a message, without the frames that belong to its socket's type. Returns NULL, or what is wrong. */
static const char *message_read(envelope *header, const bytes *frames, size_t count, bytes *payload,
                                size_t *parts) {
    const char *flaw = envelope_read(header, frames[0]);
    size_t i;
    if (flaw != NULL)
        return flaw;
    if (header->flags & DETACHED) {
        if (count < 2 || header->length != frames[0].size)
            return "frames";
        for (i = 1; i < count; i++)
            payload[i - 1] = frames[i];
        *parts = count - 1;
    } else {
        if (count != 1)
            return "frames";
        payload[0].data = frames[0].data + header->length;
        payload[0].size = frames[0].size - header->length;
        *parts = 1;
    }
    if (has_records(header) && (*parts != 1 || !is_batch(payload[0], header->count)))
        return "batch";
    return NULL;
}

/* ------------------------------------------------------------------ lines of text for it */

static void print_hex(const char *key, bytes of) {
    size_t i;
    printf("%s", key);
    for (i = 0; i < of.size; i++)
        printf("%02x", of.data[i]);
}

static void print_list(const char *key, const bytes *list, size_t count) {
    size_t i;
    printf(" %s=", key);
    for (i = 0; i < count; i++)
        print_hex(i ? "," : "", list[i]);
}

static void print_id(const char *key, message_id id) {
    if (id.given)
        printf(" %s=%016llx-%llu", key, (unsigned long long) id.source, (unsigned long long) id.number);
}

static void print_message(const envelope *header, const bytes *payload, size_t parts) {
    printf("source=%016llx sequence=%llu number=%llu timestamp_ns=%lld", (unsigned long long) header->source,
           (unsigned long long) header->sequence, (unsigned long long) header->number,
           (long long) header->timestamp);
    if (header->codec == NAMED)
        print_hex(" codec=name:", header->name);
    else
        printf(" codec=%s", codecs[header->codec]);
    printf(" compression=%s flags=%u fingerprint=%016llx count=%lu plain_size=%lu",
           compressions[header->compression], header->flags, (unsigned long long) header->fingerprint,
           (unsigned long) header->count, (unsigned long) header->plain_size);
    print_hex(" sender=", header->sender);
    if (header->trace.size > 0)
        print_hex(" trace=", header->trace);
    if (header->has_deadline)
        printf(" deadline_ns=%lld", (long long) header->deadline);
    print_id("answers", header->answers);
    print_id("request", header->request);
    print_id("offer", header->offer);
    printf(" attempt=%u", header->attempt);
    print_list("payload", payload, parts);
    if (has_records(header)) {
        size_t at = (size_t) header->count * 4;
        uint32_t i;
        printf(" records=%lu", (unsigned long) header->count);
        for (i = 0; i < header->count; i++) {
            bytes record;
            record.size = (size_t) get(payload[0].data + (size_t) i * 4, 4);
            record.data = payload[0].data + at;
            at += record.size;
            print_hex(":", record);
        }
    }
    printf("\n");
}

static void *need(void *memory) {
    if (memory == NULL) {
        fprintf(stderr, "no memory\n");
        exit(1);
    }
    return memory;
}

static int digit(int c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of their own for what is written in hexadecimal. */
static bytes from_hex(const char *text, size_t length) {
    bytes out = {NULL, 0};
    uint8_t *data;
    size_t i;
    if (length == 1 && text[0] == '-')
        length = 0;
    data = need(malloc(length / 2 > 0 ? length / 2 : 1));
    for (i = 0; i + 1 < length; i += 2) {
        int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0) {
            fprintf(stderr, "no hexadecimal: %.20s\n", text + i);
            exit(2);
        }
        data[i / 2] = (uint8_t) (high << 4 | low);
    }
    out.data = data;
    out.size = length / 2;
    return out;
}

static size_t from_list(const char *text, char separator, bytes *list) {
    size_t count = 0;
    for (;;) {
        const char *end = strchr(text, separator);
        if (count == MOST_FRAMES) {
            fprintf(stderr, "more than %d frames\n", MOST_FRAMES);
            exit(2);
        }
        list[count++] = from_hex(text, end == NULL ? strlen(text) : (size_t) (end - text));
        if (end == NULL)
            return count;
        text = end + 1;
    }
}

static void drop(const bytes *list, size_t count) {
    while (count-- > 0)
        free((void *) list[count].data);
}

static void read_line(const char *line) {
    bytes frames[MOST_FRAMES], payload[MOST_FRAMES];
    size_t count = from_list(line, ' ', frames), parts = 0;
    envelope header;
    const char *flaw = message_read(&header, frames, count, payload, &parts);
    if (flaw != NULL)
        printf("refused %s\n", flaw);
    else
        print_message(&header, payload, parts);
    drop(frames, count);
}

static unsigned number_of(const char *name, const char *const *names, unsigned count) {
    unsigned i;
    for (i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    fprintf(stderr, "%s is not known\n", name);
    exit(2);
}

static message_id from_id(const char *text) {
    message_id id;
    char *rest;
    id.given = 1;
    id.source = strtoull(text, &rest, 16);
    id.number = strtoull(*rest == '-' ? rest + 1 : rest, NULL, 10);
    return id;
}

/* One field of a line into the header. */
static void set_field(envelope *header, const char *key, const char *value) {
    size_t length = strlen(value);
    if (!strcmp(key, "source")) header->source = strtoull(value, NULL, 16);
    else if (!strcmp(key, "sequence")) header->sequence = strtoull(value, NULL, 10);
    else if (!strcmp(key, "number")) header->number = strtoull(value, NULL, 10);
    else if (!strcmp(key, "timestamp_ns")) header->timestamp = strtoll(value, NULL, 10);
    else if (!strcmp(key, "fingerprint")) header->fingerprint = strtoull(value, NULL, 16);
    else if (!strcmp(key, "flags")) header->flags = (unsigned) strtoul(value, NULL, 10);
    else if (!strcmp(key, "count")) header->count = (uint32_t) strtoul(value, NULL, 10);
    else if (!strcmp(key, "plain_size")) header->plain_size = (uint32_t) strtoul(value, NULL, 10);
    else if (!strcmp(key, "attempt")) header->attempt = (unsigned) strtoul(value, NULL, 10);
    else if (!strcmp(key, "sender")) header->sender = from_hex(value, length);
    else if (!strcmp(key, "trace")) header->trace = from_hex(value, length);
    else if (!strcmp(key, "answers")) header->answers = from_id(value);
    else if (!strcmp(key, "request")) header->request = from_id(value);
    else if (!strcmp(key, "offer")) header->offer = from_id(value);
    else if (!strcmp(key, "compression")) header->compression = number_of(value, compressions, COMPRESSIONS);
    else if (!strcmp(key, "deadline_ns")) {
        header->has_deadline = 1;
        header->deadline = strtoll(value, NULL, 10);
    } else if (!strcmp(key, "codec") && !strncmp(value, "name:", 5)) {
        header->codec = NAMED;
        header->name = from_hex(value + 5, length - 5);
    } else if (!strcmp(key, "codec")) header->codec = number_of(value, codecs, CODECS);
}

static void write_line(char *line) {
    uint8_t out[LONGEST];
    bytes payload[MOST_FRAMES], head = {out, 0};
    size_t parts = 0, i;
    envelope header;
    char *field;
    memset(&header, 0, sizeof header);
    header.attempt = 1;
    for (field = strtok(line, " "); field != NULL; field = strtok(NULL, " ")) {
        char *value = strchr(field, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        if (!strcmp(field, "payload"))
            parts = from_list(value, ',', payload);
        else
            set_field(&header, field, value);
    }
    head.size = envelope_write(&header, out);
    print_hex("", head);
    for (i = 0; i < parts; i++)
        print_hex(!(header.flags & DETACHED) ? "" : payload[i].size ? " " : " -", payload[i]);
    printf("\n");
    drop(payload, parts);
    free((void *) header.name.data);
    free((void *) header.sender.data);
    free((void *) header.trace.data);
}

/* The next line of the input without its end, or NULL. */
static char *next_line(void) {
    size_t size = 256, used = 0;
    char *line = need(malloc(size));
    while (fgets(line + used, (int) (size - used), stdin) != NULL) {
        used += strlen(line + used);
        if (line[used - 1] == '\n') {
            line[used - 1] = '\0';
            return line;
        }
        line = need(realloc(line, size *= 2));
    }
    if (used > 0)
        return line;
    free(line);
    return NULL;
}

int main(int argc, char **argv) {
    char *line;
    int writing = argc == 2 && !strcmp(argv[1], "write");
    if (!writing && (argc != 2 || strcmp(argv[1], "read") != 0)) {
        fprintf(stderr, "usage: envelope read|write\n");
        return 2;
    }
    for (; (line = next_line()) != NULL; free(line)) {
        if (writing)
            write_line(line);
        else
            read_line(line);
    }
    return 0;
}
