# ns a head: our parser against Beast's.
add_executable(bench_head_parser ${CMAKE_CURRENT_LIST_DIR}/head_parser.cpp)
target_include_directories(bench_head_parser PRIVATE "${SLUICE_ROOT}")
target_include_directories(bench_head_parser SYSTEM PRIVATE ${Boost_INCLUDE_DIRS})
target_link_libraries(bench_head_parser PRIVATE sluice_http)
