# What `cmake --install` puts where: libraries, headers (see slipway_layer), the command, the Python
# package and a CMake package, so that `find_package(slipway)` gives slipway::slipway, slipway::harness and slipway::harness_gtest.

include(CMakePackageConfigHelpers)
set(SLIPWAY_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/slipway")
set(SLIPWAY_LIBEXEC_INSTALL_DIR "${CMAKE_INSTALL_LIBEXECDIR}/slipway")
set(SLIPWAY_PYTHON_INSTALL_DIR "${CMAKE_INSTALL_DATADIR}/slipway/python")

install(TARGETS slipway slipway_protocol slipway_supervision slipway_actors slipway_harness slipway_harness_gtest
  EXPORT slipwayTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS slipway_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS slipway_fault_relay RUNTIME DESTINATION "${SLIPWAY_LIBEXEC_INSTALL_DIR}")
install(EXPORT slipwayTargets NAMESPACE slipway:: DESTINATION "${SLIPWAY_CMAKE_DIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/python/slipway_worker"
  DESTINATION "${SLIPWAY_PYTHON_INSTALL_DIR}"
  FILES_MATCHING PATTERN "*.py" PATTERN "py.typed")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/slipwayConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/slipwayConfig.cmake" INSTALL_DESTINATION "${SLIPWAY_CMAKE_DIR}"
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR SLIPWAY_LIBEXEC_INSTALL_DIR SLIPWAY_PYTHON_INSTALL_DIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/slipwayConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/slipwayConfig.cmake"
  "${PROJECT_BINARY_DIR}/slipwayConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake"
  "${PROJECT_SOURCE_DIR}/actors/package_dir.cpp"
  "${PROJECT_SOURCE_DIR}/harness/fault_relay_path.cpp"
  DESTINATION "${SLIPWAY_CMAKE_DIR}")
