#include <lz4.h>

int main() {
  const char text[] = "moo moo moo moo moo moo";
  char packed[100], back[100];
  const int size = LZ4_compress_default(text, packed, sizeof text, sizeof packed);
  return LZ4_decompress_safe(packed, back, size, sizeof back) == sizeof text ? 0 : 1;
}
