/* checkpoint.c: a state as the bytes of a .safetensors file, and back.
 *
 * Compiled and linked as step.c is, under the same rules. The file's header is a
 * constant of the object but for two numbers of fixed width: the steps made and a
 * checksum of the whole file, in which the checksum's own digits count as zeros. What
 * is read may be anything: all of it is checked before a byte of the state changes. */
#include "runtime/core/checkpoint.h"
#include "runtime/shipped/step.h"

#include <stddef.h>

/*===-- Writing --------------------------------------------------------------===*/

int32_t agc_shipped_save(const struct agc_program *program, const void *state,
                         void *buffer, uint64_t bytes) {
  int32_t status = agc_shipped_check_state(program, state);
  if (status)
    return status;
  if (!buffer)
    return AGC_STATUS_NULL;
  if (bytes < program->checkpoint_bytes)
    return AGC_STATUS_SHORT_BUFFER;
  char *out = (char *)buffer;
  __builtin_memcpy(out, program->header, program->header_bytes);
  agc_write_digits(out + program->steps_at, AGC_STEPS_DIGITS, 10,
                   ((const struct agc_state *)state)->steps);
  for (uint64_t i = 0; i < program->num_tensors; ++i) {
    const struct agc_tensor *t = &program->tensors[i];
    __builtin_memcpy(out + program->header_bytes + t->saved, (const char *)state + t->offset,
                     t->bytes);
  }
  agc_write_digits(
      out + program->checksum_at, AGC_HASH_DIGITS, 16,
      agc_checksum_of_file(out, program->checkpoint_bytes, program->checksum_at));
  return AGC_STATUS_OK;
}

/*===-- Reading --------------------------------------------------------------===*/

/* What is left of the header to read; `ok` goes when it is not what it should be. */
struct reader {
  const char *at, *end;
  int ok;
};

static void skipSpace(struct reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
    ++r->at;
}

static int take(struct reader *r, char c) {
  skipSpace(r);
  if (r->at < r->end && *r->at == c) {
    ++r->at;
    return 1;
  }
  return 0;
}
static void expect(struct reader *r, char c) { r->ok &= take(r, c); }

struct text {
  const char *begin, *end; /* with its escapes */
};

static struct text readString(struct reader *r) {
  struct text text = {NULL, NULL};
  expect(r, '"');
  text.begin = r->at;
  while (r->ok && r->at < r->end && *r->at != '"')
    r->at += *r->at == '\\' && r->end - r->at > 1 ? 2 : 1;
  text.end = r->at;
  if (r->at > r->end)
    r->ok = 0;
  if (r->ok)
    expect(r, '"');
  return text;
}

/* The next byte of a string, or -1: one that is written with an escape that agc does
 * not write is none of the bytes that it looks for. */
static int nextByte(struct text *text) {
  const char *p = text->begin;
  if (*p != '\\') {
    text->begin = p + 1;
    return (unsigned char)*p;
  }
  uint64_t code;
  if (text->end - p >= 6 && p[1] == 'u' && agc_read_digits(p + 2, 4, 16, &code) &&
      code < 128) {
    text->begin = p + 6;
    return (int)code;
  }
  text->begin = p + 2;
  return text->end - p >= 2 && (p[1] == '"' || p[1] == '\\') ? p[1] : -1;
}

static int equals(struct text text, const char *name) {
  for (; *name && text.begin < text.end; ++name)
    if (nextByte(&text) != (unsigned char)*name)
      return 0;
  return text.begin == text.end && !*name;
}

static uint64_t readNumber(struct reader *r) {
  uint64_t value = 0;
  skipSpace(r);
  const char *first = r->at;
  for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; ++r->at) {
    if (value > (UINT64_MAX - 9) / 10) {
      r->ok = 0;
      return 0;
    }
    value = value * 10 + (uint64_t)(*r->at - '0');
  }
  r->ok &= r->at != first;
  return value;
}

/* A tensor of the file, as far as it is of use. */
struct entry {
  struct text name, dtype;
  uint64_t rank, shape[AGC_MAX_RANK];
  uint64_t begin, end;
};

static void readTensor(struct reader *r, struct entry *e) {
  int hasType = 0, hasShape = 0, hasOffsets = 0;
  expect(r, '{');
  do {
    struct text key = readString(r);
    expect(r, ':');
    if (equals(key, "dtype")) {
      e->dtype = readString(r);
      ++hasType;
    } else if (equals(key, "shape")) {
      e->rank = 0;
      expect(r, '[');
      if (!take(r, ']')) {
        do {
          uint64_t size = readNumber(r);
          if (e->rank < AGC_MAX_RANK)
            e->shape[e->rank] = size;
          ++e->rank;
        } while (r->ok && take(r, ','));
        expect(r, ']');
      }
      ++hasShape;
    } else if (equals(key, "data_offsets")) {
      expect(r, '[');
      e->begin = readNumber(r);
      expect(r, ',');
      e->end = readNumber(r);
      expect(r, ']');
      ++hasOffsets;
    } else {
      r->ok = 0;
    }
  } while (r->ok && take(r, ','));
  expect(r, '}');
  r->ok &= hasType == 1 && hasShape == 1 && hasOffsets == 1;
}

struct metadata {
  struct text format, steps, checksum;
};

static void readMetadata(struct reader *r, struct metadata *m) {
  expect(r, '{');
  if (take(r, '}'))
    return;
  do {
    struct text key = readString(r), value;
    expect(r, ':');
    value = readString(r);
    if (equals(key, "format"))
      m->format = value;
    else if (equals(key, "agc.steps"))
      m->steps = value;
    else if (equals(key, "agc.checksum"))
      m->checksum = value;
  } while (r->ok && take(r, ','));
  expect(r, '}');
}

/* Reads the header's next entry, which is a tensor or else the metadata. */
static void readEntry(struct reader *r, struct metadata *m, struct entry *e) {
  e->name = readString(r);
  e->dtype.begin = e->dtype.end = NULL;
  expect(r, ':');
  if (equals(e->name, "__metadata__"))
    readMetadata(r, m);
  else
    readTensor(r, e);
}

/* All of the header. */
static void readHeader(struct reader *r, struct metadata *m) {
  struct entry e;
  expect(r, '{');
  do
    readEntry(r, m, &e);
  while (r->ok && take(r, ','));
  expect(r, '}');
  skipSpace(r);
  r->ok &= r->at == r->end;
}

/* Looks for the tensor from where `r` is on, once around the header, which was read
 * before and is good: at its end it begins anew with `start`. So a file that has the
 * tensors in this order is read once. */
static int findTensor(struct reader *r, struct reader start, const char *name,
                      struct entry *e) {
  struct metadata unused;
  const char *first = r->at;
  do {
    readEntry(r, &unused, e);
    if (!take(r, ','))
      *r = start;
    if (equals(e->name, name))
      return 1;
  } while (r->at != first);
  return 0;
}

static const char *const dtypeNames[] = {"",    "F32", "F64", "BF16", "F16",
                                         "I64", "I32", "I8",  "U8",   "BOOL"};

int32_t agc_shipped_load(const struct agc_program *program, void *state,
                         const void *buffer, uint64_t bytes) {
  if (!state || !buffer)
    return AGC_STATUS_NULL;
  if ((uintptr_t)state & 63)
    return AGC_STATUS_MISALIGNED;
  const char *in = (const char *)buffer;
  uint64_t length = 0;
  if (bytes < 8)
    return AGC_STATUS_BAD_CHECKPOINT;
  __builtin_memcpy(&length, in, 8);
  if (length > bytes - 8)
    return AGC_STATUS_BAD_CHECKPOINT;
  const char *data = in + 8 + length;
  uint64_t dataBytes = bytes - 8 - length;

  struct metadata m = {{NULL, NULL}, {NULL, NULL}, {NULL, NULL}};
  struct entry e;
  struct reader start = {in + 8, data, 1}, whole = start;
  readHeader(&whole, &m);
  uint64_t steps, checksum;
  if (!whole.ok || !m.format.begin || !equals(m.format, AGC_CHECKPOINT_FORMAT) ||
      !m.steps.begin || m.steps.end - m.steps.begin != AGC_STEPS_DIGITS ||
      !agc_read_digits(m.steps.begin, AGC_STEPS_DIGITS, 10, &steps) ||
      !m.checksum.begin || m.checksum.end - m.checksum.begin != AGC_HASH_DIGITS ||
      !agc_read_digits(m.checksum.begin, AGC_HASH_DIGITS, 16, &checksum) ||
      checksum != agc_checksum_of_file(in, bytes, (uint64_t)(m.checksum.begin - in)))
    return AGC_STATUS_BAD_CHECKPOINT;
  take(&start, '{');
  /* Twice the same way: first only to see that all of it fits. */
  for (int write = 0; write < 2; ++write) {
    struct reader r = start;
    for (uint64_t i = 0; i < program->num_tensors; ++i) {
      const struct agc_tensor *t = &program->tensors[program->saved[i]];
      if (!findTensor(&r, start, t->name, &e))
        return AGC_STATUS_OTHER_CHECKPOINT;
      int fits = equals(e.dtype, dtypeNames[t->dtype]) && e.rank == t->rank;
      for (uint64_t d = 0; fits && d < t->rank; ++d)
        fits = e.shape[d] == t->shape[d];
      if (!fits)
        return AGC_STATUS_OTHER_CHECKPOINT;
      if (e.begin > e.end || e.end > dataBytes || e.end - e.begin != t->bytes)
        return AGC_STATUS_BAD_CHECKPOINT;
      if (write)
        __builtin_memcpy((char *)state + t->offset, data + e.begin, t->bytes);
    }
  }
  __builtin_memset((char *)state + program->timers, 0,
                   program->num_kernels * sizeof(struct agc_timer));
  agc_shipped_write_header(program, state, steps);
  return AGC_STATUS_OK;
}
