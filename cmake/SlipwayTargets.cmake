# Functions that every CMakeLists.txt of ours uses to declare a target, so that warnings, sanitizers and
# the include path `<slipway/LAYER/…>` are the same everywhere.

set(SLIPWAY_INCLUDE_ROOT "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${SLIPWAY_INCLUDE_ROOT}/slipway")

# Sets what holds for each target of ours: warnings, sanitizers, no reliance on compiler extensions.
function(slipway_target_defaults target)
  # GCC 12 sees overlapping and overflowing copies in correct uses of std::string when it optimises
  # (its bug 105651).
  set(false_alarms "")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    set(false_alarms -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
    $<$<CXX_COMPILER_ID:Clang>:-Wreserved-identifier>
    ${false_alarms}
    $<$<BOOL:${SLIPWAY_WERROR}>:-Werror>)
  if(SLIPWAY_SANITIZE STREQUAL "address")
    target_compile_options(${target} PRIVATE
      -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      # Relative to where Ninja runs the compiler, so that ccache knows the command in every clone.
      file(RELATIVE_PATH ignorelist "${CMAKE_BINARY_DIR}" "${PROJECT_SOURCE_DIR}/cmake/ubsan-ignorelist.txt")
      target_compile_options(${target} PRIVATE "-fsanitize-ignorelist=${ignorelist}")
    endif()
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  elseif(SLIPWAY_SANITIZE STREQUAL "thread")
    target_compile_options(${target} PRIVATE -fsanitize=thread -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=thread)
  elseif(NOT SLIPWAY_SANITIZE STREQUAL "")
    message(FATAL_ERROR "SLIPWAY_SANITIZE is '${SLIPWAY_SANITIZE}'; expected address, thread or nothing")
  endif()
endfunction()

# slipway_layer(NAME SOURCES … LINK … PRIVATE_LINK …)
# Declares the library of one layer. Its headers stand beside its sources and are included as
# <slipway/NAME/…>, in the build tree by a link and once installed by a real folder.
function(slipway_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${SLIPWAY_INCLUDE_ROOT}/slipway/${name}" SYMBOLIC)
  add_library(slipway_${name} STATIC ${arg_SOURCES})
  add_library(slipway::${name} ALIAS slipway_${name})
  set_target_properties(slipway_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(slipway_${name} PUBLIC cxx_std_20)
  target_include_directories(slipway_${name} PUBLIC
    "$<BUILD_INTERFACE:${SLIPWAY_INCLUDE_ROOT}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(slipway_${name} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
  slipway_target_defaults(slipway_${name})
  install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/slipway/${name}"
    FILES_MATCHING PATTERN "*.hpp" PATTERN "internal" EXCLUDE)
endfunction()

# The same for tests and what they share. With sanitizers half of the time went into optimising these.
# Not for those that start actors of CAF: where that is not optimised, its headers bind a reference to null.
function(slipway_test_defaults target)
  slipway_target_defaults(${target})
  if(NOT SLIPWAY_SANITIZE STREQUAL "")
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# slipway_test(NAME SOURCES … LINK … LABELS … TIMEOUT n)
# One GoogleTest program. Every test in it becomes a ctest test with the labels and the time limit [s].
function(slipway_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  if("caf" IN_LIST arg_LABELS)
    slipway_target_defaults(${name})
  else()
    slipway_test_defaults(${name})
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock_main)
  list(LENGTH arg_SOURCES sources)
  if(sources GREATER 2)  # with fewer it costs more than it spares
    target_precompile_headers(${name} PRIVATE <gtest/gtest.h> <gmock/gmock.h> <string> <vector>)
    # Without its time stamp a precompiled header is the same bytes each time, which ccache relies upon.
    target_compile_options(${name} PRIVATE
      "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
    # Clang's names its files by their full paths: it is of one clone, and so is what is made with it.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_LAUNCHER STREQUAL "ccache")
      set_target_properties(${name} PROPERTIES
        CXX_COMPILER_LAUNCHER "env;-u;CCACHE_BASEDIR;-u;CCACHE_NOHASHDIR;ccache")
    endif()
  endif()
  # The thread sanitizer says nothing true about these, so there they are built only when asked for.
  if(SLIPWAY_SANITIZE STREQUAL "thread" AND "caf" IN_LIST arg_LABELS)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}: " TEST_LIST ${name}_tests)
  # Its PROPERTIES would take a list of labels apart, so they are set where ctest reads the list of tests.
  set(properties "${CMAKE_CURRENT_BINARY_DIR}/${name}_properties.cmake")
  file(CONFIGURE OUTPUT "${properties}" CONTENT [[
if(@name@_tests)
  set_tests_properties(${@name@_tests} PROPERTIES LABELS "@arg_LABELS@" TIMEOUT @arg_TIMEOUT@)
endif()
]] @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${properties}")
endfunction()
