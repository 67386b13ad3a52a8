#include <openssl/evp.h>

int main() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest("abc", 3, digest, &length, EVP_sha256(), nullptr);
  return length == 32 && digest[0] == 0xba && digest[31] == 0xad ? 0 : 1;
}
