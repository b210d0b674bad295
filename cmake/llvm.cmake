# LLVMConfigVersion.cmake accepts only an exact major.minor, so asking for
# "LLVM 22" finds nothing: name the folder, then check the version here.
find_package(LLVM REQUIRED CONFIG PATHS /usr/lib/llvm-${PROA_LLVM_MAJOR} NO_DEFAULT_PATH)
if(NOT LLVM_VERSION_MAJOR EQUAL PROA_LLVM_MAJOR)
    message(FATAL_ERROR "LLVM ${LLVM_VERSION} found, ${PROA_LLVM_MAJOR} wanted")
endif()
set(PROA_LLVM_LIBRARIES LLVM)
if(PROA_LLVM_STATIC)
    # LLVM's own targets name every library that any of its tools could want.
    set(config ${LLVM_TOOLS_BINARY_DIR}/llvm-config --link-static)
    execute_process(COMMAND ${config} --libs x86 aarch64 passes
        OUTPUT_VARIABLE libraries OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(libraries)
    set(PROA_LLVM_LIBRARIES -L${LLVM_LIBRARY_DIR} ${libraries}
        -Wl,--as-needed -lz -lzstd -lxml2 -ldl -lm -lstdc++)
endif()
