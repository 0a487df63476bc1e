# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Reads libfsw/sources.mk, the list that Kbuild includes: fsw_words(VARIABLE fsw-objs) gives the words of "fsw-objs += WORD" lines.
set(FSW_SOURCES_MK ${PROJECT_SOURCE_DIR}/libfsw/sources.mk)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${FSW_SOURCES_MK})

function(fsw_words variable name)
	file(STRINGS ${FSW_SOURCES_MK} lines REGEX "^${name} \\+= [^ ]+$")
	list(TRANSFORM lines REPLACE "^${name} \\+= " "")
	if(NOT lines)
		message(FATAL_ERROR "libfsw/sources.mk has no line '${name} += WORD'. The build takes its sources and flags from there: "
				    "restore the file (git checkout libfsw/sources.mk), one word a line.")
	endif()
	set(${variable} ${lines} PARENT_SCOPE)
endfunction()

function(fsw_sources variable name)
	fsw_words(objects ${name})
	list(TRANSFORM objects REPLACE "\\.o$" ".c")
	list(TRANSFORM objects PREPEND libfsw/)
	set(${variable} ${objects} PARENT_SCOPE)
endfunction()
