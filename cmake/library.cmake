# libproa: the engine for other programs, behind include/proa/ and nothing else.
set(parts base platform artifact runtime cache)
set(objects)
foreach(part IN LISTS parts)
    if(NOT TARGET proa_${part})
        return()
    endif()
    list(APPEND objects $<TARGET_OBJECTS:proa_${part}>)
endforeach()
add_library(libproa SHARED ${objects})
set_target_properties(libproa PROPERTIES OUTPUT_NAME proa
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_include_directories(libproa PUBLIC include)
target_link_libraries(libproa PRIVATE PkgConfig::CRYPTO Threads::Threads)
