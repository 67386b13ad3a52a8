#include <bzlib.h>

int main() {
  char text[] = "moo moo moo", packed[200], back[200];
  unsigned int size = sizeof packed, length = sizeof back;
  if (BZ2_bzBuffToBuffCompress(packed, &size, text, sizeof text, 9, 0, 0) != BZ_OK) return 1;
  return BZ2_bzBuffToBuffDecompress(back, &length, packed, size, 0, 0) == BZ_OK && length == sizeof text ? 0 : 1;
}
