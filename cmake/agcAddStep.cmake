# agc_add_step(TARGET SOURCE step.agc [NAME name] [TARGETS target...] [CPU cpu]
#              [MAX_MEMORY size] [SANITIZE thread] [DEBUG_INFO] [PROFILE] [FORTRAN] [STRICT_FP])
#
# A static library TARGET of a program: its object for the machines TARGETS (of
# `agc targets`; without them this one), and TARGET's users see its header, name.h.
# NAME, which its functions begin with, is SOURCE's without folder and suffix. SOURCE
# may be made by another command. DEBUG_INFO: the lines of the model, as with -g.
# PROFILE: each kernel is timed. SANITIZE: TARGET's users have to link with
# -fsanitize=thread. FORTRAN: the library has a module NAME as well. STRICT_FP:
# convolutions as the sums that they are, docs/winograd.md.
# Needs the language C, CXX or Fortran.
function(agc_add_step target)
  cmake_parse_arguments(PARSE_ARGV 1 step "DEBUG_INFO;PROFILE;FORTRAN;STRICT_FP"
                        "SOURCE;NAME;CPU;MAX_MEMORY;SANITIZE" "TARGETS")
  if(NOT step_SOURCE OR step_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "agc_add_step(${target} SOURCE step.agc [NAME name] [TARGETS target...] "
                        "[CPU cpu] [MAX_MEMORY size] [SANITIZE thread] [DEBUG_INFO] [PROFILE] "
                        "[FORTRAN] [STRICT_FP]); got '${ARGN}'")
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
  if(step_SANITIZE)
    list(APPEND flags --sanitize=${step_SANITIZE})
  endif()
  if(step_DEBUG_INFO)
    list(APPEND flags -g)
  endif()
  if(step_FORTRAN)
    list(APPEND flags --fortran)
  endif()
  if(step_PROFILE)
    list(APPEND flags --profile)
  endif()
  if(step_STRICT_FP)
    list(APPEND flags --fp=strict)
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.step")
  file(MAKE_DIRECTORY "${folder}")
  set(path "${folder}/${step_NAME}")
  set(files ${path}.o ${path}.h)
  if(step_FORTRAN)
    list(APPEND files ${path}.f90)
  endif()
  # Within agc's own build the compiler may change, too.
  set(compiler "")
  if(TARGET agc_compiler)
    set(compiler agc_compiler)
  endif()
  add_custom_command(
    OUTPUT ${files} ${path}.json
    COMMAND agc::cli compile ${source} -o ${path} ${flags}
    DEPENDS ${source} agc::cli ${compiler}
    COMMENT "agc compile ${step_NAME}" VERBATIM)
  set_source_files_properties(${path}.o PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  add_library(${target} STATIC ${files})
  # Of no language itself: whichever there is makes the library.
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  foreach(language IN ITEMS C CXX Fortran)
    if(language IN_LIST languages)
      set_target_properties(${target} PROPERTIES LINKER_LANGUAGE ${language})
      break()
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES Fortran_MODULE_DIRECTORY "${folder}")
  target_include_directories(${target} INTERFACE "${folder}")
endfunction()
