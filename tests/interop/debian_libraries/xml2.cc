#include <libxml/parser.h>

int main() {
  xmlDocPtr document = xmlReadMemory("<a><b/></a>", 11, "x", nullptr, 0);
  if (document == nullptr) return 1;
  xmlFreeDoc(document);
  xmlCleanupParser();
  return 0;
}
