# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=.. -DTOOLS=.. -DTEMPLATE=.. -DOUTPUT=.. -P source_hash.cmake: writes what `source_hash` returns.
file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE ${ROOT}
  ${ROOT}/src/*.cpp ${ROOT}/src/*.h ${ROOT}/include/shatterproof/*.h)
list(SORT files)
set(hashes "${TOOLS}")
foreach(file ${files})
  file(SHA256 ${ROOT}/${file} hash)
  string(APPEND hashes "\n${file} ${hash}")
endforeach()
string(SHA256 hash "${hashes}")
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
file(TOUCH ${OUTPUT})
