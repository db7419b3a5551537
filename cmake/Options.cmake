# SPDX-License-Identifier: Apache-2.0
# Build options and the flags they stand for. The presets in CMakePresets.json choose among them.
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, 'address,undefined' or 'thread'")
option(SLUICE_COVERAGE "Instrument for llvm-cov source coverage" OFF)
option(SLUICE_FUZZ "Build the libFuzzer targets" OFF)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(WARNING "Sluice is built with clang-19: g++ 12 miscompiles larger coroutines (docs/design.md, 'Compiler').")
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter -Werror=return-type -Werror=unused-result -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # A precompiled header must not depend on time stamps, or ccache never hits.
  add_compile_options(-fpch-instantiate-templates -Xclang -fno-pch-timestamp)
  add_link_options(-fuse-ld=lld-19)
endif()
add_link_options(-Wl,--gc-sections)

if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
  add_compile_definitions(SLUICE_SANITIZED=1)
endif()
if(SLUICE_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
if(SLUICE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
