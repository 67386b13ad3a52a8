# The presets asan and tsan set COW_SANITIZER to their name. Every program of theirs then knows its sanitizer's options;
# those that are linked statically have none.
set(COW_SANITIZER "" CACHE STRING "asan or tsan in the presets of these names")
if(COW_SANITIZER)
  set(COW_REPORT_DIR ${CMAKE_BINARY_DIR}/reports)
  file(MAKE_DIRECTORY ${COW_REPORT_DIR})
  add_library(cow_sanitizer_options OBJECT ${CMAKE_SOURCE_DIR}/tests/sanitizers/options.cc)
  # They are asked before the sanitizer runs.
  target_compile_options(cow_sanitizer_options PRIVATE -fno-sanitize=all)
  target_compile_definitions(cow_sanitizer_options PRIVATE COW_REPORT_DIR="${COW_REPORT_DIR}"
                             COW_TSAN_SUPPRESSIONS="${CMAKE_SOURCE_DIR}/tests/sanitizers/tsan.supp")
  # These presets compile slowly: what most sources include is parsed once.
  file(CONFIGURE OUTPUT generated/precompiled.cc CONTENT "")
  foreach(name headers test_headers)
    add_library(cow_${name} OBJECT ${CMAKE_BINARY_DIR}/generated/precompiled.cc)
    target_link_libraries(cow_${name} PRIVATE ${COW_BASE_LINK})
    target_precompile_headers(cow_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/sanitizers/headers.h)
  endforeach()
  target_link_libraries(cow_test_headers PRIVATE GTest::gmock)
  target_precompile_headers(cow_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()

# `headers` for libraries, `test_headers` for tests.
function(cow_share_headers target headers)
  if(COW_SANITIZER)
    target_precompile_headers(${target} REUSE_FROM cow_${headers})
  endif()
endfunction()

function(cow_sanitize target)
  if(COW_SANITIZER)
    target_link_libraries(${target} PRIVATE cow_sanitizer_options)
  endif()
endfunction()

# Sanitizers cannot be linked statically. What needs no runtime stays: undefined behaviour is an illegal instruction.
function(cow_sanitize_static target)
  target_compile_options(${target} PRIVATE -fno-sanitize=all)
  if(COW_SANITIZER STREQUAL "asan")
    target_compile_options(${target} PRIVATE -fsanitize=undefined -fno-sanitize=vptr -fsanitize-undefined-trap-on-error)
  endif()
  target_link_options(${target} PRIVATE -fno-sanitize=all)
endfunction()
