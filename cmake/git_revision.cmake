# cmake -D SOURCE_DIR=... -D OUTPUT=... -P git_revision.cmake
# Writes a header with OCTET_REVISION; leaves the file alone if nothing changed.
cmake_minimum_required(VERSION 3.25)
set(revision "unknown")
find_program(GIT git)
if(GIT AND EXISTS ${SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT} describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE output RESULT_VARIABLE status
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(status EQUAL 0 AND output)
    set(revision ${output})
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define OCTET_REVISION \"@revision@\"\n" @ONLY)
