# Milliseconds to purge a million stored responses by one tag, kept on disk before it is in force.
add_executable(bench_purge ${CMAKE_CURRENT_LIST_DIR}/purge.cpp)
target_include_directories(bench_purge PRIVATE "${SLUICE_ROOT}")
target_compile_options(bench_purge PRIVATE -O2)
target_link_libraries(bench_purge PRIVATE sluice_cache)
