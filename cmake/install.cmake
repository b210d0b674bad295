# cmake --install: programs, manual pages, completion, the library with its
# headers, a systemd unit, the licence.
include(GNUInstallDirs)
install(TARGETS proa RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} OPTIONAL)
if(TARGET proa-compiler)
    install(TARGETS proa-compiler proa-baseline RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/proa OPTIONAL)
endif()
if(TARGET libproa)
    install(TARGETS libproa LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(DIRECTORY include/proa DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    configure_file(cmake/proa.pc.in proa.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/proa.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

file(GLOB pages CONFIGURE_DEPENDS docs/man/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/completion/proa.bash RENAME proa
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/proa.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
configure_file(packaging/proa.service.in proa.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/proa.service packaging/proa.socket
    DESTINATION lib/systemd/system)

# The lab, which then needs no source tree; its programs, if they were built:
# cmake --build BUILD --target lab_programs.
install(DIRECTORY bench/lab DESTINATION ${CMAKE_INSTALL_DATADIR}/proa
    PATTERN __pycache__ EXCLUDE PATTERN native EXCLUDE PATTERN node_modules EXCLUDE)
install(PROGRAMS bench/peers DESTINATION ${CMAKE_INSTALL_DATADIR}/proa/lab)
foreach(name IN ITEMS lab_load lab_first lab_burn lab_init)
    install(PROGRAMS ${PROJECT_BINARY_DIR}/bench/${name} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/proa/lab OPTIONAL)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/bench/liblab_server.a ${PROJECT_BINARY_DIR}/bench/lab_server.link
    DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/proa/lab OPTIONAL)
