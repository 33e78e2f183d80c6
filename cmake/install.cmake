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
  # Made by the program, which not every build builds.
  set(words ${PROJECT_BINARY_DIR}/cli)
  install(FILES ${words}/shatterproof.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
  install(FILES ${words}/shatterproof.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME shatterproof OPTIONAL)
  install(FILES ${words}/_shatterproof DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
  install(FILES ${words}/shatterproof.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)
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
