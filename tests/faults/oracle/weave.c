// The tools of the oracle's workspaces: what they write is a plain function of the names, exec bits
// and contents of what they read, which naive.py computes a second time. Static, one system call
// deep, so that an action costs what cow makes it cost.
//
//   weave mix OUT SALT IN...    a line for every file in or below IN; the exec bit of OUT is a bit of its content
//   weave head OUT SALT IN...   only the first byte of every file: most edits change nothing
//   weave tree OUT SALT IN...   a directory whose names, sub-directories and exec bits depend on the contents
//   gcc ... -c SRC -o OUT       follows quoted includes as a compiler does; lines that start with // do not matter
//   gcc ... -o OUT IN...        links: the order of IN does not matter
//   ar rcsD OUT IN...           archives
//
// Every tool also writes down the version that is appended to its own file. @FILE is expanded.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMaxArguments = 8192, kMaxText = 1 << 22, kMaxPaths = 4096 };

static char *arguments[kMaxArguments];
static int argument_count;
static char *text;  // what will be written
static size_t text_size;
static char *directories[kMaxPaths];
static int directory_count;
static char *visited[kMaxPaths];
static int visited_count;

static void Fail(const char *path, const char *what) {
  fprintf(stderr, "weave: %s: %s\n", path, what);
  exit(1);
}

static uint32_t Crc32(const unsigned char *bytes, size_t size) {
  static uint32_t table[256];
  if (!table[1]) {
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
      table[i] = value;
    }
  }
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 0; i < size; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

static uint32_t Adler32(const unsigned char *bytes, size_t size) {
  uint32_t a = 1, b = 0;
  for (size_t i = 0; i < size; i++) {
    a = (a + bytes[i]) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

// NULL if it is not a regular file. A zero follows the bytes.
static char *Read(const char *path, size_t *size, int *executable) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  if (fd < 0) return NULL;
  if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
    close(fd);
    return NULL;
  }
  char *bytes = malloc(st.st_size + 1);
  size_t used = 0;
  ssize_t got;
  while (used < (size_t)st.st_size && (got = read(fd, bytes + used, st.st_size - used)) > 0) used += got;
  close(fd);
  bytes[used] = 0;
  *size = used;
  *executable = (st.st_mode & 0100) != 0;
  return bytes;
}

static char *MustRead(const char *path, size_t *size, int *executable) {
  char *bytes = Read(path, size, executable);
  if (!bytes) Fail(path, strerror(errno));
  if (!strncmp(bytes, "!error", 6)) Fail(path, "this file is broken");
  return bytes;
}

static void Say(const char *format, ...) {
  __builtin_va_list list;
  __builtin_va_start(list, format);
  text_size += vsnprintf(text + text_size, kMaxText - text_size, format, list);
  __builtin_va_end(list);
  if (text_size >= kMaxText) Fail("output", "too long");
}

// Paths of outputs without the part that names the configuration.
static const char *ShortPath(const char *path) {
  const char *bin = strstr(path, "/bin/");
  return !strncmp(path, "cow-out/", 8) && bin ? bin + 5 : path;
}

static void Write(const char *path, const char *bytes, size_t size, int mode) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || fchmod(fd, mode) || close(fd)) Fail(path, strerror(errno));
}

static int BitOfContent(void) { return Crc32((unsigned char *)text, text_size) & 1 ? 0755 : 0644; }

typedef void (*Visitor)(const char *path, int number);

// `path`, or every file below it in the order of names.
static void Walk(const char *path, int number, Visitor visit) {
  struct stat st;
  if (stat(path, &st)) Fail(path, strerror(errno));
  if (!S_ISDIR(st.st_mode)) {
    visit(path, number);
    return;
  }
  struct dirent **names;
  const int count = scandir(path, &names, NULL, alphasort);
  if (count < 0) Fail(path, strerror(errno));
  for (int i = 0; i < count; i++) {
    char child[4096];
    if (!strcmp(names[i]->d_name, ".") || !strcmp(names[i]->d_name, "..")) continue;
    snprintf(child, sizeof child, "%s/%s", path, names[i]->d_name);
    Walk(child, number, visit);
  }
}

static void SayFile(const char *path, int number) {
  size_t size;
  int executable;
  unsigned char *bytes = (unsigned char *)MustRead(path, &size, &executable);
  (void)number;
  Say("%c %zu %08x %08x %s\n", executable ? 'x' : '-', size, Crc32(bytes, size), Adler32(bytes, size), ShortPath(path));
}

static void SayHead(const char *path, int number) {
  size_t size;
  int executable;
  const char *bytes = MustRead(path, &size, &executable);
  (void)number;
  Say("%c", size ? *bytes : '.');
}

static const char *tree_root;

static void AddToTree(const char *path, int number) {
  size_t size;
  int executable;
  unsigned char *bytes = (unsigned char *)MustRead(path, &size, &executable);
  const uint32_t crc = Crc32(bytes, size);
  char out[4096], line[4200];
  snprintf(out, sizeof out, "%s/d%u", tree_root, crc % 3);
  mkdir(out, 0755);
  snprintf(out, sizeof out, "%s/d%u/f%d_%u", tree_root, crc % 3, number, crc % 5);
  const int length = snprintf(line, sizeof line, "%08x %s\n%s", crc, ShortPath(path), text);
  Write(out, line, length, crc & 8 ? 0755 : 0644);
}

static void SayVersion(const char *self) {
  char end[32] = "";
  const int fd = open(self, O_RDONLY | O_CLOEXEC);
  if (fd < 0) Fail(self, strerror(errno));
  if (lseek(fd, -16, SEEK_END) < 0 || read(fd, end, 16) != 16) Fail(self, "too short");
  close(fd);
  const char *version = strstr(end, "V=");
  Say("tool %.*s\n", version ? (int)strcspn(version + 2, "\n") : 0, version ? version + 2 : "");
}

static int Weave(const char *what, const char *out, const char *salt, char **inputs, int count) {
  Say("%s %s\n", what, salt);
  if (!strcmp(what, "tree")) {
    tree_root = out;
    mkdir(out, 0755);
    for (int i = 0; i < count; i++) Walk(inputs[i], i, AddToTree);
    return 0;
  }
  for (int i = 0; i < count; i++) Walk(inputs[i], i, !strcmp(what, "head") ? SayHead : SayFile);
  Write(out, text, text_size, BitOfContent());
  return 0;
}

static int Exists(const char *path) {
  struct stat st;
  return !stat(path, &st) && S_ISREG(st.st_mode);
}

// Beside the file that asks, then in the directories in their order.
static char *Find(const char *from, const char *name) {
  static char path[4096];
  const char *slash = strrchr(from, '/');
  if (slash) {
    snprintf(path, sizeof path, "%.*s/%s", (int)(slash - from), from, name);
  } else {
    snprintf(path, sizeof path, "%s", name);
  }
  if (Exists(path)) return path;
  for (int i = 0; i < directory_count; i++) {
    if (!strcmp(directories[i], ".")) {
      snprintf(path, sizeof path, "%s", name);  // one file has one path, or it would be included twice
    } else {
      snprintf(path, sizeof path, "%s/%s", directories[i], name);
    }
    if (Exists(path)) return path;
  }
  return NULL;
}

static char *Quoted(char *line, const char *before) {
  if (strncmp(line, before, strlen(before))) return NULL;
  char *name = strdup(line + strlen(before));
  name[strcspn(name, "\"\\")] = 0;
  return name;
}

static void Compile(const char *path) {
  size_t size;
  int executable;
  for (int i = 0; i < visited_count; i++) {
    if (!strcmp(visited[i], path)) return;
  }
  if (visited_count == kMaxPaths) Fail(path, "too many includes");
  visited[visited_count++] = strdup(path);
  char *rest = MustRead(path, &size, &executable);
  Say("> %s\n", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
  for (char *line; (line = strsep(&rest, "\n"));) {
    char *name;
    if (!strncmp(line, "//", 2) || !*line) continue;
    Say("%s\n", line);
    if ((name = Quoted(line, "#include \""))) {
      char *found = Find(path, name);
      if (!found) Fail(name, "no such header");
      Compile(strdup(found));
    } else if ((name = Quoted(line, "#if __has_include(\""))) {
      Say("%s\n", Find(path, name) ? "yes" : "no");
    } else if ((name = Quoted(line, "__asm__(\".incbin \\\""))) {
      SayFile(name, 0);
    }
  }
  Say("<\n");
}

static int CompareText(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// What the inputs hold, sorted, each once.
static void SayContents(char **inputs, int count) {
  char **lines = calloc(count + 1, sizeof *lines);
  for (int i = 0; i < count; i++) {
    size_t size;
    int executable;
    unsigned char *bytes = (unsigned char *)MustRead(inputs[i], &size, &executable);
    if (asprintf(&lines[i], "%zu %08x %08x\n", size, Crc32(bytes, size), Adler32(bytes, size)) < 0) exit(1);
  }
  qsort(lines, count, sizeof *lines, CompareText);
  for (int i = 0; i < count; i++) {
    if (i == 0 || strcmp(lines[i], lines[i - 1])) Say("%s", lines[i]);
  }
}

static void WriteDepfile(const char *path, const char *target) {
  FILE *file = fopen(path, "w");
  if (!file) Fail(path, strerror(errno));
  fprintf(file, "%s:", target);
  for (int i = 0; i < visited_count; i++) fprintf(file, " \\\n %s", visited[i]);
  fputc('\n', file);
  if (fclose(file)) Fail(path, strerror(errno));
}

static int Drive(void) {
  char *out = NULL, *depfile = NULL, *inputs[kMaxArguments], *defines[kMaxArguments];
  int compile = 0, input_count = 0, define_count = 0;
  for (int i = 0; i < argument_count; i++) {
    char *a = arguments[i];
    if (!strcmp(a, "-c")) {
      compile = 1;
    } else if (!strcmp(a, "-o")) {
      out = arguments[++i];
    } else if (!strcmp(a, "-MF")) {
      depfile = arguments[++i];
    } else if (!strcmp(a, "-iquote") || !strcmp(a, "-I") || !strcmp(a, "-isystem")) {
      directories[directory_count++] = arguments[++i];
    } else if (!strncmp(a, "-DW_", 4)) {
      defines[define_count++] = a;
    } else if (a[0] != '-') {
      inputs[input_count++] = a;
    }
  }
  if (!out || !input_count) Fail("gcc", "no output or no input");
  if (!compile) {
    Say("program\n");
    SayContents(inputs, input_count);
    Write(out, text, text_size, 0755);
    return 0;
  }
  qsort(defines, define_count, sizeof *defines, CompareText);
  Say("object");
  for (int i = 0; i < define_count; i++) Say(" %s", defines[i]);
  Say("\n");
  Compile(inputs[0]);
  Write(out, text, text_size, 0644);
  if (depfile) WriteDepfile(depfile, out);
  return 0;
}

static int Archive(void) {
  Say("archive\n");
  for (int i = 2; i < argument_count; i++) {
    size_t size;
    int executable;
    unsigned char *bytes = (unsigned char *)MustRead(arguments[i], &size, &executable);
    Say("%zu %08x %08x\n", size, Crc32(bytes, size), Adler32(bytes, size));
  }
  Write(arguments[1], text, text_size, 0644);
  return 0;
}

static void Expand(char *argument) {
  if (argument_count + 1 >= kMaxArguments) Fail("arguments", "too many");
  if (argument[0] != '@') {
    arguments[argument_count++] = argument;
    return;
  }
  size_t size;
  int executable;
  char *rest = MustRead(argument + 1, &size, &executable);
  for (char *line; (line = strsep(&rest, "\n"));) {
    const size_t length = strlen(line);
    if (length > 1 && line[0] == '\'' && line[length - 1] == '\'') {
      line[length - 1] = 0;
      line++;
    }
    if (*line) arguments[argument_count++] = line;
  }
}

int main(int argc, char **argv) {
  text = malloc(kMaxText);
  for (int i = 1; i < argc; i++) Expand(argv[i]);
  SayVersion(argv[0]);
  const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
  if (!strcmp(name, "gcc")) return Drive();
  if (!strcmp(name, "ar")) return Archive();
  if (argument_count < 3) Fail("usage", "weave WHAT OUT SALT IN...");
  return Weave(arguments[0], arguments[1], arguments[2], arguments + 3, argument_count - 3);
}
