# octet_embed_files(<target> <header> <namespace> <folder> FILES...)
# Adds to <target> a source file that holds the text of each of the FILES, which are relative to
# <folder>, as embedded_files() of <header>: they are compiled into the program.
function(octet_embed_files target header namespace folder)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cpp)
  list(TRANSFORM ARGN PREPEND ${folder}/ OUTPUT_VARIABLE files)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${source} -DHEADER=${header} -DNAMESPACE=${namespace}
            -DFOLDER=${folder} "-DFILES=${ARGN}" -P ${PROJECT_SOURCE_DIR}/cmake/write_embedded.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/write_embedded.cmake VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
