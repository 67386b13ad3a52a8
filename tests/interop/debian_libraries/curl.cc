#include <curl/curl.h>

#include <cstring>

int main() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  CURL* curl = curl_easy_init();
  char* escaped = curl_easy_escape(curl, "a b", 0);
  const bool good = std::strcmp(escaped, "a%20b") == 0 && info->ssl_version != nullptr;
  curl_free(escaped);
  curl_easy_cleanup(curl);
  return good ? 0 : 1;
}
