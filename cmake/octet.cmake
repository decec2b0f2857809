# What every target of the project shares: warnings, the floating-point contract, sanitizers, and
# find_package calls that name the Debian package when something is missing.

find_package(Threads REQUIRED QUIET)

add_library(octet_options INTERFACE)
# Results must not depend on what the compiler fuses: FMA only by intrinsic (docs/design.md).
target_compile_options(octet_options INTERFACE -ffp-contract=off
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual)
# GCC 12 is wrong about "literal" + std::string (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(octet_options INTERFACE -Wno-restrict)
endif()
# clang warns of each loop asked to be vectorized that it left as it is: speed, not correctness.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(octet_options INTERFACE -Wno-pass-failed)
endif()
target_include_directories(octet_options INTERFACE ${PROJECT_SOURCE_DIR})
if(OCTET_WERROR)
  target_compile_options(octet_options INTERFACE -Werror)
endif()
if(OCTET_SANITIZE)
  target_compile_options(octet_options INTERFACE -fsanitize=${OCTET_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(octet_options INTERFACE -fsanitize=${OCTET_SANITIZE})
endif()

# octet_compile_alone(<sources>...): each a translation unit of its own in a unity build too, for its
# names clash with a neighbour's.
function(octet_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# octet_precompile(<target> [headers...]): these and the parts of the standard library that most sources
# include, compiled once for the target. For targets of many translation units whose code GCC 12 does not
# warn of: at -O3 it no longer knows std::string's as a system's. A source still includes what it uses:
# builds with CMAKE_DISABLE_PRECOMPILE_HEADERS, as of preset dev, hold it to that.
function(octet_precompile target)
  target_precompile_headers(${target} PRIVATE <algorithm> <array> <cmath> <cstdint> <cstring> <functional>
    <limits> <map> <memory> <optional> <span> <sstream> <string> <string_view> <utility> <vector> ${ARGN})
endfunction()

# Kernels are compiled alone: what the compiler inlines there does not hang on their neighbours. With
# sanitizers they are optimized, and beside the address sanitizer without the other one's checks of every
# pointer, which take half to four fifths of the time to compile them.
set(kernel_options $<$<CONFIG:Debug>:-O1>)
if(OCTET_SANITIZE MATCHES undefined AND OCTET_SANITIZE MATCHES address)
  list(APPEND kernel_options -fno-sanitize=alignment,null,object-size,pointer-overflow)
endif()

# octet_library(name SOURCES ... [PUBLIC libs ...] [PRIVATE libs ...])
function(octet_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  list(FILTER arg_SOURCES INCLUDE REGEX "^kernels/")
  octet_compile_alone(${arg_SOURCES})
  set_property(SOURCE ${arg_SOURCES} APPEND PROPERTY COMPILE_OPTIONS ${kernel_options})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE octet_options ${arg_PRIVATE})
endfunction()

# Off, the runtime takes half the time to compile: for tests of what it does.
set(small ON)
if(NOT CMAKE_BUILD_TYPE STREQUAL Release OR OCTET_SANITIZE)
  set(small OFF)
endif()
option(OCTET_SMALL_RUNTIME "Compile the runtime for size where speed does not need it" ${small})

# octet_runtime_library(...): the same, for the parts of the deployable runtime: only what is marked
# OCTET_API is visible, and a program that links it statically keeps what it uses.
function(octet_runtime_library name)
  octet_library(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(OCTET_SMALL_RUNTIME)  # one by one they come out smaller
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  target_compile_options(${name} PRIVATE -ffunction-sections -fdata-sections)
endfunction()

# octet_fuzzed(<target> [folders...]): with OCTET_FUZZ, the fuzzers see which of the target's code an
# input reaches; of the sources in these folders only, if any are named.
option(OCTET_FUZZ "Build the fuzz targets (clang, with sanitizers)" OFF)
function(octet_fuzzed target)
  if(NOT OCTET_FUZZ)
    return()
  endif()
  if(NOT ARGN)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(JOIN ARGN "|" folders)
  list(FILTER sources INCLUDE REGEX "^(${folders})/")
  set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS -fsanitize=fuzzer-no-link)
endfunction()

# octet_public_library(<target>): its users include <octet/...>, in the tree and installed.
include(GNUInstallDirs)
function(octet_public_library target)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# octet_debug_quickly(): unoptimized with the sanitizers, for code that is run little beside kernels.
macro(octet_debug_quickly)
  add_compile_options($<$<CONFIG:Debug>:-O0>)
endmacro()

# octet_compile_quickly(): for the targets of this folder and those below, where the time to compile
# counts more than speed. OCTET_OPTIMIZED is for the exceptions.
set(OCTET_OPTIMIZED $<$<CONFIG:Release>:-O3> $<$<CONFIG:Debug>:-O1>)
macro(octet_compile_quickly)
  octet_debug_quickly()
  add_compile_options($<$<CONFIG:Release>:-O1>)
  # At -O1 GCC 12 takes the value of an empty std::optional for one that is used.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options($<$<CONFIG:Release>:-Wno-maybe-uninitialized>)
  endif()
endmacro()

# octet_find(<package> <Debian package> [arguments of find_package])
macro(octet_find package debian)
  find_package(${package} QUIET ${ARGN})
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} was not found. On Debian: apt-get install ${debian}")
  endif()
endmacro()
