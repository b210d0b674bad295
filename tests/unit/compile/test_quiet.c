/*
 * Quieting signalling NaNs survives what the optimiser makes of it: two that
 * lie side by side become a vector that LLVM 22 ends the process over.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/module.h"

#include "check.h"

/*
 * (func (export "f") (param i32)
 *   (f32.store (local.get 0) (f32.mul (f32.load (local.get 0)) (f32.const 1)))
 *   (f32.store offset=4 (local.get 0)
 *     (f32.mul (f32.load offset=4 (local.get 0)) (f32.const 1))))
 */
static const uint8_t pair[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60,
    0x01, 0x7f, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05, 0x03, 0x01, 0x00, 0x01,
    0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, 0x0a, 0x24, 0x01, 0x22, 0x00,
    0x20, 0x00, 0x20, 0x00, 0x2a, 0x02, 0x00, 0x43, 0x00, 0x00, 0x80, 0x3f,
    0x94, 0x38, 0x02, 0x00, 0x20, 0x00, 0x20, 0x00, 0x2a, 0x02, 0x04, 0x43,
    0x00, 0x00, 0x80, 0x3f, 0x94, 0x38, 0x02, 0x04, 0x0b,
};

int main(void)
{
    static const struct {
        const char *triple;
        const char *cpu;
        enum proa_arch arch;
    } targets[] = {
        { "x86_64-unknown-linux-gnu", "x86-64-v2", PROA_ARCH_X86_64 },
        { "x86_64-unknown-linux-gnu", "x86-64-v4", PROA_ARCH_X86_64 },
        { "aarch64-unknown-linux-gnu", "generic", PROA_ARCH_AARCH64 },
    };

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        for (int level = 0; level <= 3; level++) {
            struct proa_compile_request request = {
                .bytes = pair,
                .size = sizeof pair,
                .codegen = { .triple = targets[i].triple,
                             .cpu = targets[i].cpu,
                             .cpu_features = "",
                             .opt_level = level },
                .arch = targets[i].arch,
                .artifact_features = "",
                .producer = "test",
                .thread_count = 1,
            };
            struct proa_buffer artifact;
            struct proa_error err = { 0 };

            proa_buffer_init(&artifact, 1 << 20);
            CHECK_EQ(proa_compile_module(&request, &artifact, &err), PROA_OK);
            CHECK_EQ(artifact.size > sizeof pair, true);
            proa_buffer_deinit(&artifact);
        }
    }
    return 0;
}
