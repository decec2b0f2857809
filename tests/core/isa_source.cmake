# Kernels choose by the context's isa: in the libraries of training only the context itself asks
# which one the machine has. cmake -DNM=... -DLIBRARIES=... -P isa_source.cmake
foreach(library ${LIBRARIES})
  execute_process(COMMAND ${NM} -A -C --undefined-only ${library}
    OUTPUT_VARIABLE symbols RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${NM} ${library}: ${code}")
  endif()
  string(REGEX MATCHALL "[^\n]*octet::(best_isa|available_isas)[^\n]*" users "${symbols}")
  list(APPEND all ${users})
endforeach()
list(FILTER all EXCLUDE REGEX ":prepare\\.cpp\\.o:.*available_isas")  # refuses a foreign one
if(NOT "${all}" MATCHES "^[^;]*:context\\.cpp\\.o:[^;]*best_isa[^;]*$")
  message(FATAL_ERROR "expected octet::best_isa in context.cpp.o alone, got: ${all}")
endif()
