# agc_add_step(TARGET SOURCE step.agc [NAME name] [TARGETS target...] [CPU cpu]
#              [MAX_MEMORY size])
#
# A static library TARGET of a program: its object for the machines TARGETS (of
# `agc targets`; without them this one), and TARGET's users see its header, name.h.
# NAME, which its functions begin with, is SOURCE's without folder and suffix. SOURCE
# may be made by another command. Needs the language C or CXX.
function(agc_add_step target)
  cmake_parse_arguments(PARSE_ARGV 1 step "" "SOURCE;NAME;CPU;MAX_MEMORY" "TARGETS")
  if(NOT step_SOURCE OR step_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "agc_add_step(${target} SOURCE step.agc [NAME name] [TARGETS target...] "
                        "[CPU cpu] [MAX_MEMORY size]); got '${ARGN}'")
  endif()
  get_filename_component(source "${step_SOURCE}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  if(NOT step_NAME)
    get_filename_component(step_NAME "${step_SOURCE}" NAME_WE)
  endif()
  set(flags "")
  if(step_TARGETS)
    string(REPLACE ";" "," targets "${step_TARGETS}")
    list(APPEND flags --target=${targets})
  endif()
  if(step_CPU)
    list(APPEND flags --cpu=${step_CPU})
  endif()
  if(step_MAX_MEMORY)
    list(APPEND flags --max-memory=${step_MAX_MEMORY})
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.step")
  file(MAKE_DIRECTORY "${folder}")
  set(path "${folder}/${step_NAME}")
  add_custom_command(
    OUTPUT ${path}.o ${path}.h ${path}.json
    COMMAND agc::cli compile ${source} -o ${path} ${flags}
    DEPENDS ${source} agc::cli
    COMMENT "agc compile ${step_NAME}" VERBATIM)
  set_source_files_properties(${path}.o PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  add_library(${target} STATIC ${path}.o ${path}.h)
  # Of no language itself: whichever there is makes the library.
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
  else()
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  endif()
  target_include_directories(${target} INTERFACE "${folder}")
endfunction()
