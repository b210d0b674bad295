# Two programs: `proa`, which meets the public and holds neither a wasm parser
# nor LLVM, and `proa-compiler`, which it starts.
if(EXISTS ${PROJECT_SOURCE_DIR}/src/cli/main.c)
    add_executable(proa src/cli/main.c)
    target_link_libraries(proa PRIVATE proa_cli)
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/src/compiler/main.c)
    add_executable(proa-compiler src/compiler/main.c)
    target_link_libraries(proa-compiler PRIVATE proa_compiler)
endif()
