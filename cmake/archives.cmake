# The libraries of others inside proa itself: to find and bind them takes longer
# than the start of a small program. A target asks for it by its property
# PROA_ARCHIVES; all others link the shared ones. With this, an update of such a
# library on the system reaches proa only when it is built again.
foreach(name IN ITEMS CRYPTO SSL NGHTTP2 SECCOMP JANSSON YAML)
    if(NOT TARGET PkgConfig::${name} OR CMAKE_C_FLAGS MATCHES "-fsanitize")
        continue()
    endif()
    list(GET ${name}_LIBRARIES 0 library)
    find_library(${name}_ARCHIVE lib${library}.a HINTS ${${name}_LIBRARY_DIRS})
    get_target_property(shared PkgConfig::${name} INTERFACE_LINK_LIBRARIES)
    set(archives ${${name}_ARCHIVE})
    if(name STREQUAL "SSL")
        list(APPEND archives ${CRYPTO_ARCHIVE}) # which it uses
    endif()
    if(${name}_ARCHIVE)
        set_target_properties(PkgConfig::${name} PROPERTIES INTERFACE_LINK_LIBRARIES
            "$<IF:$<BOOL:$<TARGET_PROPERTY:PROA_ARCHIVES>>,${archives},${shared}>")
    endif()
endforeach()
