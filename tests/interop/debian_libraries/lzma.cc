#include <lzma.h>

int main() { return lzma_check_is_supported(LZMA_CHECK_CRC64) && lzma_version_number() >= 50000000 ? 0 : 1; }
