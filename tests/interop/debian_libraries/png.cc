#include <png.h>

int main() {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  if (png == nullptr) return 1;
  png_destroy_write_struct(&png, nullptr);
  return png_access_version_number() == PNG_LIBPNG_VER ? 0 : 1;
}
