# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays down, and the package that find_package(shatterproof) finds.
include(CMakePackageConfigHelpers)

set(installed_targets shatterproof shatterproof_torch)
if(TARGET shatterproof_onnx)
  list(APPEND installed_targets shatterproof_onnx)
endif()
install(TARGETS ${installed_targets} EXPORT shatterproof_targets
  ARCHIVE LIBRARY
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET shatterproof_cli)
  install(TARGETS shatterproof_cli RUNTIME OPTIONAL)
endif()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/shatterproof)
install(EXPORT shatterproof_targets NAMESPACE shatterproof:: DESTINATION ${package_folder})
configure_package_config_file(cmake/shatterproof-config.cmake.in shatterproof-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(shatterproof-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/shatterproof-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/shatterproof-config-version.cmake
  DESTINATION ${package_folder})
