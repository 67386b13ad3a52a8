# Layers and programs.
#
#   cow_layers_from(engine/layers.txt)  adds every folder named there; a layer links only what its line names.
#   cow_layer([SOURCES extra...] [LINK libs...])   in engine/<layer>/CMakeLists.txt: a static library
#       cow_<layer> of all *.cc but *_test.cc and *_main.cc, and cow_<layer>_test of all *_test.cc.
#   cow_program(name SOURCES ... LINK ...)   a program in build/<preset>/bin.
#   cow_test(name SOURCES ... LINK ...)      a gtest binary whose cases become ctests.

add_compile_options(-Wall -Wextra -Wshadow)
if(COW_WERROR)
  add_compile_options(-Werror)
endif()
# Debian's abseil is built as C++14: its own string_view must be std's in ours.
set(COW_BASE_LINK absl::status absl::statusor absl::strings absl::str_format absl::flat_hash_map
    absl::flat_hash_set absl::btree absl::synchronization absl::time absl::inlined_vector absl::cord)

function(cow_layers_from file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${file})
  file(STRINGS ${CMAKE_SOURCE_DIR}/${file} lines REGEX "^[a-z]")
  get_filename_component(folder ${file} DIRECTORY)
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z]+): *(.*)$" _ "${line}")
    set(layer ${CMAKE_MATCH_1})
    string(REPLACE " " ";" deps "${CMAKE_MATCH_2}")
    set(COW_LAYER_DEPS_${layer} ${deps} PARENT_SCOPE)
    set(COW_LAYER_DEPS_${layer} ${deps})
    set(COW_LAYER ${layer})
    if(EXISTS ${CMAKE_SOURCE_DIR}/${folder}/${layer}/CMakeLists.txt)
      add_subdirectory(${folder}/${layer})
    endif()
  endforeach()
endfunction()

function(cow_layer)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(NOT sources AND NOT ARG_SOURCES)
    return()
  endif()
  set(deps)
  foreach(dep IN LISTS COW_LAYER_DEPS_${COW_LAYER})
    if(TARGET cow_${dep})
      list(APPEND deps cow_${dep})
    endif()
  endforeach()
  add_library(cow_${COW_LAYER} STATIC ${sources} ${ARG_SOURCES})
  target_link_libraries(cow_${COW_LAYER} PUBLIC ${deps} ${COW_BASE_LINK} ${ARG_LINK})
  if(tests)
    cow_test(cow_${COW_LAYER}_test SOURCES ${tests} LINK cow_${COW_LAYER})
  endif()
endfunction()

function(cow_program name)
  cmake_parse_arguments(ARG "STATIC" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  if(ARG_STATIC)
    target_link_options(${name} PRIVATE -static)
  elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
endfunction()

function(cow_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE COW_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             COW_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  # One ctest per gtest suite binary keeps start-up costs low; gtest prints each case.
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()
