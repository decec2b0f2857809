# octet::openblas, for the build and for the installed package: OpenBLAS by its own header and
# library; the generic cblas.h/libblas may be another BLAS.
if(NOT TARGET octet::openblas)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(OPENBLAS_PC QUIET openblas)
  endif()
  find_path(OPENBLAS_INCLUDE_DIR openblas_config.h
    HINTS ${OPENBLAS_PC_INCLUDE_DIRS}
    PATH_SUFFIXES openblas-pthread openblas-openmp openblas-serial openblas)
  find_library(OPENBLAS_LIBRARY openblas
    HINTS ${OPENBLAS_PC_LIBRARY_DIRS}
    PATH_SUFFIXES openblas-pthread openblas-openmp openblas-serial openblas)
  if(OPENBLAS_INCLUDE_DIR AND OPENBLAS_LIBRARY)
    add_library(octet::openblas INTERFACE IMPORTED GLOBAL)
    target_include_directories(octet::openblas SYSTEM INTERFACE ${OPENBLAS_INCLUDE_DIR})
    target_link_libraries(octet::openblas INTERFACE ${OPENBLAS_LIBRARY})
  endif()
endif()
