#include <re2/re2.h>

int main() {
  int number = 0;
  return RE2::FullMatch("cow:42", "(?:\\w+):(\\d+)", &number) && number == 42 ? 0 : 1;
}
