# proa alone, to run and serve what is compiled already: one static file for an
# image that holds nothing else. It has no compiler to start and no LLVM to name.
set(LLVM_PACKAGE_VERSION none)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
# pkg-config's --static knows what each archive wants besides.
foreach(name IN ITEMS CRYPTO SSL NGHTTP2 SECCOMP JANSSON YAML)
    if(TARGET PkgConfig::${name})
        set_target_properties(PkgConfig::${name} PROPERTIES
            INTERFACE_LINK_LIBRARIES "${${name}_STATIC_LDFLAGS}")
    endif()
endforeach()
add_link_options(-static-pie -s)
