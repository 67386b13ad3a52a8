// stat_sweep THREADS LIST: stats every file that LIST names, one a line, and does nothing else: what a
// build system that looks at its sources cannot do without.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMaxThreads = 256 };

typedef struct {
  const char *begin, *end;
  const char *missing;
} Share;

static void *Sweep(void *argument) {
  Share *share = argument;
  for (const char *path = share->begin; path < share->end; path += strlen(path) + 1) {
    struct stat st;
    if (stat(path, &st)) share->missing = path;
  }
  return NULL;
}

static char *ReadLines(const char *path, size_t *size) {
  struct stat st;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st)) return NULL;
  char *text = malloc(st.st_size + 1);
  size_t used = 0;
  ssize_t got;
  while ((got = read(fd, text + used, st.st_size - used)) > 0) used += got;
  close(fd);
  for (size_t i = 0; i < used; i++) {
    if (text[i] == '\n') text[i] = 0;
  }
  *size = used;
  return text;
}

int main(int argc, char **argv) {
  const int threads = argc == 3 ? atoi(argv[1]) : 0;
  if (threads < 1 || threads > kMaxThreads) {
    fprintf(stderr, "usage: stat_sweep THREADS LIST\n");
    return 2;
  }
  size_t size;
  const char *begin = ReadLines(argv[2], &size);
  if (!begin) {
    perror(argv[2]);
    return 1;
  }
  const char *end = begin + size;
  Share shares[kMaxThreads];
  pthread_t ids[kMaxThreads];
  for (int i = 0; i < threads; i++) {
    const char *cut = i + 1 == threads ? end : begin + size / threads;
    while (cut > begin && cut < end && cut[-1]) cut++;
    shares[i] = (Share){begin, cut < end ? cut : end, NULL};
    begin = shares[i].end;
    if (pthread_create(&ids[i], NULL, Sweep, &shares[i])) return 1;
  }
  int missing = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    if (shares[i].missing) fprintf(stderr, "%s: missing\n", shares[i].missing);
    missing |= shares[i].missing != NULL;
  }
  return missing;
}
