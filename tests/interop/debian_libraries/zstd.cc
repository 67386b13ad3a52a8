#include <zstd.h>

int main() {
  const char text[] = "moo moo moo moo moo";
  char packed[200], back[200];
  const size_t size = ZSTD_compress(packed, sizeof packed, text, sizeof text, 3);
  return !ZSTD_isError(size) && ZSTD_decompress(back, sizeof back, packed, size) == sizeof text ? 0 : 1;
}
