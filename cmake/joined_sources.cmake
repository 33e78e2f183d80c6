# SPDX-License-Identifier: Apache-2.0
option(SHATTERPROOF_JOIN_SOURCES "Compile sources of one folder together: half the time from nothing, worse increments" OFF)

# shatterproof_join(TARGET FOLDER SOURCES): a dozen sources of one folder are compiled as one. Folders never mix, so a new
# file changes what is joined within its own folder only.
function(shatterproof_join target folder sources)
  if(NOT SHATTERPROOF_JOIN_SOURCES)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  string(REPLACE / _ group ${folder})
  set(position 0)
  foreach(source ${sources})
    math(EXPR dozen "${position} / 12")
    set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${group}_${dozen})
    math(EXPR position "${position} + 1")
  endforeach()
endfunction()
