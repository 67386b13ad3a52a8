#include <zlib.h>

int main() { return crc32(0, reinterpret_cast<const Bytef*>("123456789"), 9) == 0xcbf43926u ? 0 : 1; }
