// Which instruction sets this compiler and system have kernels for beyond what the architecture
// always allows: macros only.
#pragma once

// The system must be asked for the tile registers; how is Linux's.
#if defined(__x86_64__) && defined(__linux__)
#define OCTET_AMX 1
#endif

// Clang before 16 has the intrinsics only where the whole file is compiled for the extension.
#if defined(__aarch64__) && \
    (!defined(__clang__) || __clang_major__ >= 16 || defined(__ARM_FEATURE_DOTPROD))
#define OCTET_NEON_DOT 1
#endif
