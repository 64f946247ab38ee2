# Owns what of llama.cpp is left out. Included after project("llama.cpp") through CMAKE_PROJECT_llama.cpp_INCLUDE: the
# bindings switch `common` on by force, whose 57 files (chat templates, downloads, a JSON library) only programs use.
set(LLAMA_BUILD_COMMON OFF)
