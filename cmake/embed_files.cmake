# octet_embed_files(<target> <header> <namespace> <folder> [subfolders...])
# Adds to <target> a source file that holds the text of each file in <folder>, or in its subfolders
# named, as embedded_files() of <header>: they are compiled into the program.
function(octet_embed_files target header namespace folder)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cpp)
  set(patterns ${ARGN})
  list(TRANSFORM patterns PREPEND ${folder}/)
  list(TRANSFORM patterns APPEND /*)
  if(NOT patterns)
    set(patterns ${folder}/*)
  endif()
  file(GLOB_RECURSE names CONFIGURE_DEPENDS RELATIVE ${folder} ${patterns})
  list(SORT names)
  list(TRANSFORM names PREPEND ${folder}/ OUTPUT_VARIABLE files)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${source} -DHEADER=${header} -DNAMESPACE=${namespace}
            -DFOLDER=${folder} "-DFILES=${names}" -P ${PROJECT_SOURCE_DIR}/cmake/write_embedded.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/write_embedded.cmake VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
