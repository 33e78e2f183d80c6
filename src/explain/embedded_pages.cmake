# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=.. -DTEMPLATE=.. -DOUTPUT=.. -P embedded_pages.cmake: writes what `pages` returns.
file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE ${ROOT}/docs ${ROOT}/docs/*.md)
list(SORT files)
set(embedded "")
foreach(file ${files})
  file(READ ${ROOT}/docs/${file} text)
  string(REGEX REPLACE "\\.md$" "" name ${file})
  string(APPEND embedded "    {\"${name}\", R\"page(${text})page\"},\n")
endforeach()
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
