# llhttp, the HTTP/1 parser. Debian ships its generated C source in the package
# node-llhttp; it stays where it is and becomes a static library here, in strict
# mode. Where that package is missing, libllhttp-dev is taken instead.
set(PROA_LLHTTP_SOURCE /usr/share/llhttp CACHE PATH "llhttp's C source")
set(PROA_LLHTTP_INCLUDE /usr/share/include/llhttp CACHE PATH "llhttp.h")

if(EXISTS ${PROA_LLHTTP_SOURCE}/llhttp.c AND EXISTS ${PROA_LLHTTP_INCLUDE}/llhttp.h)
    add_library(llhttp STATIC ${PROA_LLHTTP_SOURCE}/api.c
        ${PROA_LLHTTP_SOURCE}/http.c ${PROA_LLHTTP_SOURCE}/llhttp.c)
    target_include_directories(llhttp SYSTEM PUBLIC ${PROA_LLHTTP_INCLUDE})
    target_compile_definitions(llhttp PUBLIC LLHTTP_STRICT_MODE=1)
    # Not our code: our warnings are none of its business.
    target_compile_options(llhttp PRIVATE -w)
else()
    find_path(llhttp_include llhttp.h)
    find_library(llhttp_library llhttp)
    if(llhttp_include AND llhttp_library)
        add_library(llhttp INTERFACE)
        target_include_directories(llhttp SYSTEM INTERFACE ${llhttp_include})
        target_link_libraries(llhttp INTERFACE ${llhttp_library})
    else()
        message(FATAL_ERROR "llhttp is missing: install node-llhttp or libllhttp-dev")
    endif()
endif()
