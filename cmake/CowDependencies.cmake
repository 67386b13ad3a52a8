# Everything comes from Debian's packages; scripts/packages.txt names them.
find_package(absl REQUIRED)
# Abseil comes as thirty shared objects, which cost each command 3 ms to load. The archives lie beside them.
get_property(cow_imported DIRECTORY PROPERTY IMPORTED_TARGETS)
list(FILTER cow_imported INCLUDE REGEX "^absl::")
foreach(target IN LISTS cow_imported)
  foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_NONE IMPORTED_LOCATION_RELEASE)
    get_target_property(shared ${target} ${property})
    string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${shared}")
    if(shared AND EXISTS "${archive}")
      set_target_properties(${target} PROPERTIES ${property} "${archive}")
    endif()
  endforeach()
endforeach()
find_package(GTest REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
find_library(COW_LMDB NAMES liblmdb.a lmdb REQUIRED)
find_library(COW_GMP NAMES libgmp.a gmp REQUIRED)
find_library(COW_CRYPTO_STATIC NAMES libcrypto.a REQUIRED)
find_library(COW_Z_STATIC NAMES libz.a REQUIRED)
find_library(COW_LZMA_STATIC NAMES liblzma.a REQUIRED)
find_library(COW_ZSTD_STATIC NAMES libzstd.a REQUIRED)
find_library(COW_YAML_STATIC NAMES libyaml-cpp.a REQUIRED)
find_program(COW_FLATC flatc REQUIRED)

# Debian builds abseil for C++14, where absl::string_view is a class of its own that does not convert to or from
# std::string_view. Three of its headers gain the conversions here (layouts and symbols stay the same), so that the
# tree uses std::string_view only. See docs/adr/0003-abseil-string-view.md.
find_path(COW_ABSL_INCLUDE absl/strings/string_view.h REQUIRED)
function(cow_patch_header header anchor addition)
  file(READ ${COW_ABSL_INCLUDE}/${header} text)
  string(FIND "${text}" "${anchor}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${header} has an unknown form; see docs/adr/0003-abseil-string-view.md")
  endif()
  string(REPLACE "${anchor}" "${anchor}${addition}" text "${text}")
  string(REPLACE "#include <string>\n" "#include <string>\n#include <string_view>\n" text "${text}")
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/generated/${header} CONTENT "${text}")
endfunction()
file(STRINGS ${COW_ABSL_INCLUDE}/absl/base/options.h cow_own_view REGEX "define ABSL_OPTION_USE_STD_STRING_VIEW 0")
if(cow_own_view)
  cow_patch_header(absl/strings/string_view.h "class string_view {\n public:\n"
    "  constexpr string_view(std::basic_string_view<char> s) noexcept : ptr_(s.data()), length_(s.size()) {}\n  constexpr operator std::basic_string_view<char>() const noexcept { return {ptr_, length_}; }\n")
  cow_patch_header(absl/strings/str_cat.h "class AlphaNum {\n public:\n"
    "  AlphaNum(std::basic_string_view<char> s) : piece_(s.data(), s.size()) {}\n")
  cow_patch_header(absl/strings/internal/str_split_internal.h "class ConvertibleToStringView {\n public:\n"
    "  ConvertibleToStringView(std::basic_string_view<char> s) : value_(s.data(), s.size()) {}\n")
endif()
