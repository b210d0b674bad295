/*
 * Gathers load the parts of a vector from as many addresses, which are a vector
 * too. LLVM counts one as two loads wherever there is AVX-512, and then
 * computes addresses in vectors also where it takes them apart again, for what
 * is loaded or stored by itself. With 32-bit addresses, each of which is
 * extended, that cost more than the vectors saved wherever it was measured
 * (docs/decisions/0019-machine-code.md). LLVM decides both by these two
 * features; without them addresses stay scalar.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/gather.h"

#include <string.h>

#include "base/buffer.h"
#include "base/fail.h"

static const char key[] = "target-features";

enum { KEY_SIZE = sizeof key - 1, LIST_SIZE_MAX = 64 << 10 };

static const LLVMAttributeIndex whole_function = (LLVMAttributeIndex)-1;

enum proa_status proa_gather_hide(struct proa_unit *unit,
                                  struct proa_error *err)
{
    const char *features = unit->options->cpu_features;
    struct proa_buffer list;

    if (strncmp(unit->options->triple, "x86_64", 6) != 0)
        return PROA_OK;
    /* The function's list takes the place of the machine's. */
    proa_buffer_init(&list, LIST_SIZE_MAX);
    if (features != NULL && features[0] != '\0')
        proa_buffer_printf(&list, "%s,", features);
    proa_buffer_printf(&list, "-avx512f,-fast-gather");
    if (list.is_full) {
        proa_buffer_deinit(&list);
        return proa_fail(err, PROA_NOMEM, 0, "no memory to vectorise");
    }

    LLVMAttributeRef attribute = LLVMCreateStringAttribute(
        LLVMGetModuleContext(unit->llvm_module), key, KEY_SIZE,
        (const char *)list.bytes, (unsigned)list.size);

    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at))
        LLVMAddAttributeAtIndex(at, whole_function, attribute);
    proa_buffer_deinit(&list);
    return PROA_OK;
}

void proa_gather_show(struct proa_unit *unit)
{
    for (LLVMValueRef at = LLVMGetFirstFunction(unit->llvm_module); at != NULL;
         at = LLVMGetNextFunction(at))
        LLVMRemoveStringAttributeAtIndex(at, whole_function, key, KEY_SIZE);
}
