# Owns the toolchain of a Raspberry Pi 5: Debian's cross compiler for arm64, told to compile for Cortex-A76. Knows
# nothing of what is compiled.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Armv8.2 with half floats and dot products; no i8mm, no SVE. llama.cpp chooses its kernels by what this defines.
set(CMAKE_C_FLAGS_INIT -mcpu=cortex-a76)
set(CMAKE_CXX_FLAGS_INIT -mcpu=cortex-a76)
# Programs are this machine's, libraries and headers are the Pi's.
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
