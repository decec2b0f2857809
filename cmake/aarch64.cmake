# Cross-building the int8 runtime and its tests for 64-bit ARM; tests run under qemu. On Debian:
# apt-get install g++-aarch64-linux-gnu qemu-user. For example
#   cmake -G Ninja -B build/aarch64 -DCMAKE_TOOLCHAIN_FILE=$PWD/cmake/aarch64.cmake \
#         -DCMAKE_BUILD_TYPE=Release -DOCTET_BUILD_TRAINING=OFF -DOCTET_BUILD_APPS=OFF
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# The libraries of the cross compiler, also where some of the architecture are installed beside the
# machine's own: mixed, threads wait for ever.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64;-L;/usr/aarch64-linux-gnu;-E;LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)

# doctest and FlatBuffers are headers only and come from the build machine, in a folder of their
# own: the rest of its /usr/include must not be seen.
set(octet_headers ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${octet_headers})
foreach(name doctest flatbuffers)
  file(CREATE_LINK /usr/include/${name} ${octet_headers}/${name} SYMBOLIC)
endforeach()
file(WRITE ${octet_headers}/doctestConfig.cmake "
if(NOT TARGET doctest::doctest)
  add_library(doctest::doctest INTERFACE IMPORTED)
  target_include_directories(doctest::doctest SYSTEM INTERFACE ${octet_headers})
endif()
")
set(doctest_DIR ${octet_headers} CACHE PATH "")
set(OCTET_FLATBUFFERS_INCLUDE ${octet_headers} CACHE PATH "")
