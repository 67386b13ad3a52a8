// A stand-in for a compiler driver, an archiver and a linker that costs next to nothing, so that
// what is left of the time of a build is the build system's own.
//
//   gcc [...] -c SRC -o OUT [-MD -MF DEP] [-I DIR | -iquote DIR | -isystem DIR]...   compiles
//   gcc -o OUT IN...                                                                links
//   ar rcs OUT IN...                                                                archives (a name that ends in "ar")
//
// @FILE is expanded everywhere. The content of OUT is a function of the content of everything that
// was read: quoted includes are followed, lines that start with "//" are left out, so that a change
// of a comment gives the same object, as with a compiler without -g. Whatever else it is asked (-E,
// --version, ...) it leaves to the gcc and ar of the machine, so that build systems which examine
// their toolchain find one. It is deterministic and writes OUT in place, as gcc does.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMaxFiles = 65536, kMaxDirectories = 4096 };

static char **arguments;
static int argument_count, argument_room;

static char *directories[kMaxDirectories];
static int directory_count;

static char *visited[kMaxFiles];
static int visited_count;

static uint64_t hash = 1469598103934665603ull;

static void Die(const char *what) {
  fprintf(stderr, "fakecc: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void PushArgument(char *argument) {
  if (argument_count + 1 >= argument_room) {
    argument_room = argument_room ? argument_room * 2 : 256;
    arguments = realloc(arguments, argument_room * sizeof *arguments);
  }
  arguments[argument_count++] = argument;
  arguments[argument_count] = NULL;
}

static void PushDirectory(char *directory) {
  if (directory_count == kMaxDirectories) {
    errno = E2BIG;
    Die("include directories");
  }
  directories[directory_count++] = directory;
}

// The content of a regular file with a 0 behind it, or NULL.
static char *Read(const char *path, size_t *size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  struct stat st;
  if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
    close(fd);
    return NULL;
  }
  char *content = malloc(st.st_size + 1);
  size_t used = 0;
  ssize_t got;
  while (used < (size_t)st.st_size && (got = read(fd, content + used, st.st_size - used)) > 0) used += got;
  content[used] = 0;
  close(fd);
  *size = used;
  return content;
}

static int IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Cuts one shell word off `*text`, removes its quotes in place, and moves `*text` behind it. NULL at the end.
static char *NextWord(char **text) {
  char *p = *text;
  while (IsSpace(*p)) p++;
  if (!*p) return NULL;
  char *word = p;
  char *end = p;
  char quote = 0;
  for (; *p && (quote || !IsSpace(*p)); p++) {
    if (quote && *p == quote) {
      quote = 0;
    } else if (!quote && (*p == '"' || *p == '\'')) {
      quote = *p;
    } else if (!quote && *p == '\\' && p[1]) {
      *end++ = *++p;
    } else {
      *end++ = *p;
    }
  }
  if (*p) p++;
  *end = 0;
  *text = p;
  return word;
}

static void Expand(char *argument) {
  if (argument[0] != '@') {
    PushArgument(argument);
    return;
  }
  size_t size;
  char *text = Read(argument + 1, &size);
  if (!text) Die(argument);
  char *word;
  while ((word = NextWord(&text))) PushArgument(word);
}

// Eight bytes a step: cheap, not cryptographic.
static void Mix(const char *bytes, size_t size) {
  while (size >= 8) {
    uint64_t value;
    memcpy(&value, bytes, 8);
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 29;
    bytes += 8;
    size -= 8;
  }
  while (size--) hash = (hash ^ (unsigned char)*bytes++) * 1099511628211ull;
}

static void MixFile(const char *path) {
  size_t size;
  char *content = Read(path, &size);
  if (!content) Die(path);
  Mix(content, size);
  free(content);
}

static int Visit(const char *path);

// Beside the file that includes it, then in the directories in their order.
static void VisitIncluded(const char *from, const char *name, int length) {
  char path[8192];
  const char *slash = strrchr(from, '/');
  if (slash) {
    snprintf(path, sizeof path, "%.*s/%.*s", (int)(slash - from), from, length, name);
    if (Visit(path)) return;
  }
  for (int i = 0; i < directory_count; i++) {
    if (!strcmp(directories[i], ".")) {
      snprintf(path, sizeof path, "%.*s", length, name);
    } else {
      snprintf(path, sizeof path, "%s/%.*s", directories[i], length, name);
    }
    if (Visit(path)) return;
  }
  fprintf(stderr, "fakecc: %s: cannot find include %.*s\n", from, length, name);
  exit(1);
}

// Mixes a source and what it includes, each once. 0 if there is no such file.
static int Visit(const char *path) {
  static const char kInclude[] = "#include \"";
  for (int i = 0; i < visited_count; i++) {
    if (!strcmp(visited[i], path)) return 1;
  }
  size_t size;
  char *content = Read(path, &size);
  if (!content) return 0;
  if (visited_count == kMaxFiles) {
    errno = E2BIG;
    Die("includes");
  }
  visited[visited_count++] = strdup(path);
  const char *end = content + size;
  for (char *line = content; line < end;) {
    char *newline = memchr(line, '\n', end - line);
    if (!newline) newline = content + size;
    if (strncmp(line, "//", 2)) {
      Mix(line, newline - line);
      if (!strncmp(line, kInclude, sizeof kInclude - 1)) {
        char *name = line + sizeof kInclude - 1;
        char *quote = memchr(name, '"', newline - name);
        if (quote) VisitIncluded(path, name, (int)(quote - name));
      }
    }
    line = newline + 1;
  }
  free(content);
  return 1;
}

static void WriteOutput(const char *path, int mode) {
  char text[64];
  const int size = snprintf(text, sizeof text, "FAKE %016llx\n", (unsigned long long)hash);
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0 || write(fd, text, size) != size) Die(path);
  close(fd);
}

static void WriteDependencies(const char *path, const char *target) {
  FILE *file = fopen(path, "w");
  if (!file) Die(path);
  fprintf(file, "%s:", target);
  for (int i = 0; i < visited_count; i++) fprintf(file, " \\\n %s", visited[i]);
  fputc('\n', file);
  if (fclose(file)) Die(path);
}

static void BecomeRealTool(char **argv, char *tool) {
  char path[64];
  argv[0] = tool;
  snprintf(path, sizeof path, "/usr/bin/%s", tool);
  execv(path, argv);
  Die(path);
}

static int Archive(char **argv) {
  if (argument_count < 2 || arguments[0][0] == '-') BecomeRealTool(argv, "ar");
  for (int i = 2; i < argument_count; i++) MixFile(arguments[i]);
  WriteOutput(arguments[1], 0644);
  return 0;
}

static int Drive(char **argv) {
  char *out = NULL, *dependencies = NULL, *target = NULL;
  int compile = 0, examines = 0, input_count = 0;
  char **inputs = malloc((argument_count + 1) * sizeof *inputs);
  PushArgument("");  // so that an option at the end has a value
  for (int i = 0; i < argument_count - 1; i++) {
    char *a = arguments[i];
    if (!strcmp(a, "-c")) {
      compile = 1;
    } else if (!strcmp(a, "-o")) {
      out = arguments[++i];
    } else if (!strcmp(a, "-MF")) {
      dependencies = arguments[++i];
    } else if (!strcmp(a, "-MT") || !strcmp(a, "-MQ")) {
      target = arguments[++i];
    } else if (!strcmp(a, "-x")) {
      i++;
    } else if (!strcmp(a, "-I") || !strcmp(a, "-iquote") || !strcmp(a, "-isystem")) {
      PushDirectory(arguments[++i]);
    } else if (!strncmp(a, "-I", 2)) {
      PushDirectory(a + 2);
    } else if (!strcmp(a, "-E") || !strcmp(a, "-v") || !strcmp(a, "-") || !strncmp(a, "--", 2) ||
               !strncmp(a, "-print", 6)) {
      examines = 1;
    } else if (a[0] != '-') {
      inputs[input_count++] = a;
    }
  }
  if (examines || !out || !strcmp(out, "/dev/null") || !input_count) BecomeRealTool(argv, "gcc");
  if (!compile) {
    for (int i = 0; i < input_count; i++) MixFile(inputs[i]);
    WriteOutput(out, 0755);
    return 0;
  }
  const char *source = inputs[input_count - 1];
  if (!Visit(source)) Die(source);
  WriteOutput(out, 0644);
  if (dependencies) WriteDependencies(dependencies, target ? target : out);
  return 0;
}

int main(int argc, char **argv) {
  const size_t length = strlen(argv[0]);
  for (int i = 1; i < argc; i++) Expand(argv[i]);
  return length >= 2 && !strcmp(argv[0] + length - 2, "ar") ? Archive(argv) : Drive(argv);
}
