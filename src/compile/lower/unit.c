/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/lower/unit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "wasm/limits.h"

static_assert(sizeof(struct proa_func) == PROA_SIZEOF_FUNC, "ABI");
static_assert(sizeof(struct proa_table_entry) == PROA_SIZEOF_TABLE_ENTRY,
              "ABI");
static_assert(sizeof(struct proa_import_slot) == PROA_SIZEOF_IMPORT_SLOT,
              "ABI");
static_assert(sizeof(struct proa_memory_slot) == PROA_SIZEOF_SLOT, "ABI");
static_assert(sizeof(struct proa_table_slot) == PROA_SIZEOF_SLOT, "ABI");
static_assert(sizeof(union proa_value) == PROA_SIZEOF_VALUE, "ABI");

static void make_types(struct proa_unit *unit)
{
    LLVMContextRef context = unit->context;

    unit->i1 = LLVMInt1TypeInContext(context);
    unit->i8 = LLVMInt8TypeInContext(context);
    unit->i16 = LLVMInt16TypeInContext(context);
    unit->i32 = LLVMInt32TypeInContext(context);
    unit->i64 = LLVMInt64TypeInContext(context);
    unit->f32 = LLVMFloatTypeInContext(context);
    unit->f64 = LLVMDoubleTypeInContext(context);
    unit->v128 = LLVMVectorType(unit->i64, 2);
    unit->ptr = LLVMPointerTypeInContext(context, 0);
    unit->nothing = LLVMVoidTypeInContext(context);
}

static LLVMAttributeRef enum_attribute(const struct proa_unit *unit,
                                       const char *name, uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

    assert(kind != 0);
    return LLVMCreateEnumAttribute(unit->context, kind, value);
}

static LLVMAttributeRef string_attribute(const struct proa_unit *unit,
                                         const char *name, const char *value)
{
    return LLVMCreateStringAttribute(unit->context, name,
                                     (unsigned)strlen(name), value,
                                     (unsigned)strlen(value));
}

static void make_attributes(struct proa_unit *unit)
{
    unit->nounwind = enum_attribute(unit, "nounwind", 0);
    unit->noredzone = enum_attribute(unit, "noredzone", 0);
    unit->noinline = enum_attribute(unit, "noinline", 0);
    unit->alwaysinline = enum_attribute(unit, "alwaysinline", 0);
    unit->optnone = enum_attribute(unit, "optnone", 0);
    unit->cold = enum_attribute(unit, "cold", 0);
    unit->noreturn = enum_attribute(unit, "noreturn", 0);
    unit->noundef = enum_attribute(unit, "noundef", 0);
    unit->nonnull = enum_attribute(unit, "nonnull", 0);
    unit->dereferenceable =
        enum_attribute(unit, "dereferenceable", unit->plan->layout.size);
    unit->frame_pointer = string_attribute(unit, "frame-pointer", "all");
    unit->probe_stack = string_attribute(unit, "probe-stack", "inline-asm");
    unit->no_builtins = string_attribute(unit, "no-builtins", "");
    unit->no_tail_calls = string_attribute(unit, "disable-tail-calls", "true");
}

static unsigned metadata_kind(const struct proa_unit *unit, const char *name)
{
    return LLVMGetMDKindIDInContext(unit->context, name,
                                    (unsigned)strlen(name));
}

static LLVMMetadataRef metadata_string(const struct proa_unit *unit,
                                       const char *text)
{
    return LLVMMDStringInContext2(unit->context, text, strlen(text));
}

/* A list of one alias scope, which its name makes the same in every module. */
static LLVMValueRef make_scope(const struct proa_unit *unit, const char *name,
                               LLVMMetadataRef domain)
{
    LLVMMetadataRef fields[] = { metadata_string(unit, name), domain };
    LLVMMetadataRef scope = LLVMMDNodeInContext2(unit->context, fields, 2);
    LLVMMetadataRef list = LLVMMDNodeInContext2(unit->context, &scope, 1);

    return LLVMMetadataAsValue(unit->context, list);
}

static void make_metadata(struct proa_unit *unit)
{
    LLVMMetadataRef domain_name = metadata_string(unit, "proa");
    LLVMMetadataRef domain =
        LLVMMDNodeInContext2(unit->context, &domain_name, 1);
    LLVMMetadataRef weights[] = {
        metadata_string(unit, "branch_weights"),
        LLVMValueAsMetadata(proa_unit_i32(unit, 1)),
        LLVMValueAsMetadata(proa_unit_i32(unit, 1 << 20)),
    };

    unit->md_alias_scope = metadata_kind(unit, "alias.scope");
    unit->md_noalias = metadata_kind(unit, "noalias");
    unit->md_invariant = metadata_kind(unit, "invariant.load");
    unit->md_prof = metadata_kind(unit, "prof");
    unit->scopes_memory = make_scope(unit, "memory", domain);
    unit->scopes_host = make_scope(unit, "host", domain);
    unit->empty_node = LLVMMetadataAsValue(
        unit->context, LLVMMDNodeInContext2(unit->context, NULL, 0));
    unit->weights_unlikely = LLVMMetadataAsValue(
        unit->context, LLVMMDNodeInContext2(unit->context, weights, 3));
}

enum proa_status proa_unit_init(struct proa_unit *unit,
                                const struct proa_codegen_plan *plan,
                                const struct proa_codegen_options *options,
                                struct proa_error *err)
{
    *unit = (struct proa_unit){ .plan = plan,
                                .module = plan->module,
                                .options = options };
    unit->function_types =
        calloc((size_t)plan->module->type_count + 1, sizeof(LLVMTypeRef));
    unit->callees =
        calloc((size_t)plan->module->function_count + 1, sizeof(LLVMValueRef));
    if (unit->function_types == NULL || unit->callees == NULL) {
        free(unit->function_types);
        free(unit->callees);
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a partition");
    }
    unit->features = proa_features_make(options->triple, options->cpu,
                                        options->cpu_features);
    unit->context = LLVMContextCreate();
    unit->llvm_module =
        LLVMModuleCreateWithNameInContext("proa", unit->context);
    make_types(unit);
    make_attributes(unit);
    make_metadata(unit);
    return PROA_OK;
}

void proa_unit_deinit(struct proa_unit *unit)
{
    LLVMDisposeModule(unit->llvm_module);
    LLVMContextDispose(unit->context);
    free(unit->function_types);
    free(unit->callees);
}

LLVMTypeRef proa_unit_valtype(const struct proa_unit *unit,
                              enum proa_valtype type)
{
    switch (type) {
    case PROA_I32:
        return unit->i32;
    case PROA_I64:
        return unit->i64;
    case PROA_F32:
        return unit->f32;
    case PROA_F64:
        return unit->f64;
    case PROA_V128:
        return unit->v128;
    case PROA_FUNCREF:
    case PROA_EXTERNREF:
        break;
    }
    return unit->ptr;
}

uint32_t proa_unit_type_size(LLVMTypeRef type)
{
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        return LLVMGetIntTypeWidth(type) / 8;
    case LLVMFloatTypeKind:
        return 4;
    case LLVMDoubleTypeKind:
        return 8;
    default:
        assert(LLVMGetTypeKind(type) == LLVMVectorTypeKind);
        return LLVMGetVectorSize(type) *
               proa_unit_type_size(LLVMGetElementType(type));
    }
}

LLVMTypeRef proa_unit_functype(struct proa_unit *unit, uint32_t type_index)
{
    const struct proa_functype *type = &unit->module->types[type_index];
    LLVMTypeRef params[PROA_PARAMS_MAX + 2];
    LLVMTypeRef result = unit->nothing;
    unsigned count = 0;

    if (unit->function_types[type_index] != NULL)
        return unit->function_types[type_index];
    params[count++] = unit->ptr;
    for (uint32_t i = 0; i < type->param_count; i++)
        params[count++] = proa_unit_valtype(unit, type->params[i]);
    if (type->result_count == 1)
        result = proa_unit_valtype(unit, type->results[0]);
    else if (type->result_count > 1)
        params[count++] = unit->ptr;
    unit->function_types[type_index] =
        LLVMFunctionType(result, params, count, false);
    return unit->function_types[type_index];
}

void proa_unit_attribute(LLVMValueRef function, LLVMAttributeRef attribute)
{
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)-1, attribute);
}

LLVMValueRef proa_unit_function(struct proa_unit *unit, const char *name,
                                LLVMTypeRef type)
{
    LLVMValueRef function = LLVMGetNamedFunction(unit->llvm_module, name);

    if (function != NULL)
        return function;
    function = LLVMAddFunction(unit->llvm_module, name, type);
    LLVMSetVisibility(function, LLVMHiddenVisibility);
    LLVMSetSection(function, ".text"); /* also where LLVM calls it cold */
    proa_unit_attribute(function, unit->nounwind);
    proa_unit_attribute(function, unit->noredzone);
    proa_unit_attribute(function, unit->frame_pointer);
    proa_unit_attribute(function, unit->probe_stack);
    proa_unit_attribute(function, unit->no_builtins);
    proa_unit_attribute(function, unit->no_tail_calls);
    return function;
}

LLVMValueRef proa_unit_callee(struct proa_unit *unit, uint32_t function_index)
{
    bool has_tail = unit->plan->has_tail[function_index];
    LLVMValueRef function = unit->callees[function_index];
    uint32_t type_index;
    char name[16];

    if (function != NULL)
        return function;
    type_index = unit->module->functions[function_index].type_index;
    snprintf(name, sizeof name, "%c%u", has_tail ? 't' : 'f', function_index);
    function =
        proa_unit_function(unit, name, proa_unit_functype(unit, type_index));
    LLVMSetFunctionCallConv(function,
                            proa_unit_call_convention(unit, function_index));
    unit->callees[function_index] = function;
    return function;
}

unsigned proa_unit_call_convention(const struct proa_unit *unit,
                                   uint32_t function_index)
{
    return unit->plan->has_tail[function_index] ? PROA_CC_TAIL : PROA_CC_C;
}

void proa_unit_mark_memory(const struct proa_unit *unit, LLVMValueRef access)
{
    LLVMSetMetadata(access, unit->md_alias_scope, unit->scopes_memory);
    LLVMSetMetadata(access, unit->md_noalias, unit->scopes_host);
}

void proa_unit_mark_host(const struct proa_unit *unit, LLVMValueRef access)
{
    LLVMSetMetadata(access, unit->md_alias_scope, unit->scopes_host);
    LLVMSetMetadata(access, unit->md_noalias, unit->scopes_memory);
}

LLVMValueRef proa_unit_i32(const struct proa_unit *unit, uint32_t value)
{
    return LLVMConstInt(unit->i32, value, false);
}

LLVMValueRef proa_unit_i64(const struct proa_unit *unit, uint64_t value)
{
    return LLVMConstInt(unit->i64, value, false);
}

LLVMValueRef proa_unit_offset(const struct proa_unit *unit,
                              LLVMBuilderRef builder, LLVMValueRef base,
                              uint64_t offset)
{
    LLVMValueRef index = proa_unit_i64(unit, offset);

    if (offset == 0)
        return base;
    return LLVMBuildGEP2(builder, unit->i8, base, &index, 1, "");
}

/* A v128 of the host's is where a union proa_value is: not on 16 bytes. */
static void align_host(LLVMValueRef access, LLVMTypeRef type)
{
    if (LLVMGetTypeKind(type) == LLVMVectorTypeKind)
        LLVMSetAlignment(access, _Alignof(union proa_value));
}

LLVMValueRef proa_unit_host_load(const struct proa_unit *unit,
                                 LLVMBuilderRef builder, LLVMTypeRef type,
                                 LLVMValueRef address, bool is_invariant)
{
    LLVMValueRef load = LLVMBuildLoad2(builder, type, address, "");

    align_host(load, type);
    proa_unit_mark_host(unit, load);
    if (is_invariant)
        LLVMSetMetadata(load, unit->md_invariant, unit->empty_node);
    return load;
}

void proa_unit_host_store(const struct proa_unit *unit, LLVMBuilderRef builder,
                          LLVMValueRef value, LLVMValueRef address)
{
    LLVMValueRef store = LLVMBuildStore(builder, value, address);

    align_host(store, LLVMTypeOf(value));
    proa_unit_mark_host(unit, store);
}

void proa_unit_state_store(LLVMBuilderRef builder, LLVMValueRef value,
                           LLVMValueRef address)
{
    /* No scopes: for all that LLVM knows it may touch linear memory. */
    LLVMValueRef store = LLVMBuildStore(builder, value, address);

    align_host(store, LLVMTypeOf(value));
    LLVMSetVolatile(store, true);
}
