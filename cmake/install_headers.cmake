# Included by installation scripts. Installed headers include each other by relative paths: no
# include path of a user's decides which file is meant.

cmake_policy(VERSION 3.25)  # installation scripts set none

# octet_install_headers(<source tree> <folder below the prefix> <headers...>): installs the headers
# and what they include. Those of include/octet/ become <folder>/..., others, such as core/tape.h,
# keep their places below it.
function(octet_install_headers source folder)
  set(left ${ARGN})
  set(seen)
  while(left)
    list(POP_FRONT left header)
    if(header IN_LIST seen)
      continue()
    endif()
    list(APPEND seen ${header})
    octet_install_header(${source} ${folder} ${header} included)
    list(APPEND left ${included})
  endwhile()
  set(CMAKE_INSTALL_MANIFEST_FILES ${CMAKE_INSTALL_MANIFEST_FILES} PARENT_SCOPE)
endfunction()

function(octet_install_header source folder header result)
  string(REGEX REPLACE "^include/octet/" "" place ${header})
  cmake_path(GET place PARENT_PATH here)
  file(READ ${source}/${header} text)
  file(STRINGS ${source}/${header} lines REGEX "^#include \"")
  set(included)
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^#include \"(.*)\".*" "\\1" name "${line}")
    list(APPEND included ${name})
    string(REGEX REPLACE "^include/octet/" "" to ${name})
    file(RELATIVE_PATH path /${here} /${to})
    string(REPLACE "#include \"${name}\"" "#include \"${path}\"" text "${text}")
  endforeach()
  set(${result} ${included} PARENT_SCOPE)

  set(file ${CMAKE_INSTALL_PREFIX}/${folder}/${place})
  set(old)
  if(EXISTS $ENV{DESTDIR}${file})
    file(READ $ENV{DESTDIR}${file} old)
  endif()
  if(text STREQUAL old)
    message(STATUS "Up-to-date: $ENV{DESTDIR}${file}")
  else()
    message(STATUS "Installing: $ENV{DESTDIR}${file}")
    file(WRITE $ENV{DESTDIR}${file} "${text}")
  endif()
  set(CMAKE_INSTALL_MANIFEST_FILES ${CMAKE_INSTALL_MANIFEST_FILES} ${file} PARENT_SCOPE)
endfunction()
