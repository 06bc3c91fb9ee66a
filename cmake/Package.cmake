# What `cmake --install` puts under a prefix, so that a user's program needs
# nothing else: bin/agc, include/agc, both libraries, find_package(agc), and data to
# try it with.
include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/agc)
set(data_dir ${CMAKE_INSTALL_DATADIR}/agc)
# libagc finds the compiler beside itself; nobody links it.
install(TARGETS agc_compiler LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

install(EXPORT agc FILE agcTargets.cmake NAMESPACE agc::
        DESTINATION ${config_dir})
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/agcConfig.cmake.in
  ${CMAKE_BINARY_DIR}/agcConfig.cmake INSTALL_DESTINATION ${config_dir}
  PATH_VARS data_dir)
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/agcConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/agcConfig.cmake
              ${CMAKE_BINARY_DIR}/agcConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/agcAddStep.cmake
        DESTINATION ${config_dir})
# With where it is from.
install(FILES tests/data/digits.npz tests/data/README.md DESTINATION ${data_dir})
